//! pyca/cryptography: depth first, an anchor held to the same profile as every authority.
//!
//! `build_chain_inner` (`cryptography-x509-verification`, src/lib.rs): the server's certificate is checked first;
//! then at each step a certificate that is in the store ends the path, and else each candidate is checked as an
//! authority, its key and the signature's algorithm against lists, and the signature itself. Which fault is
//! told is that of the last candidate.

pub(in crate::chain) mod acceptance;
mod names;
mod profile;

use super::{Forgiven, Notes, Stop, Walked, anchors, answer, intermediates, issuer, subject, with};
use crate::chain::member::Member;
use crate::chain::{From, Hop, Judged, Outcome, Pool, Question};
use crate::model::PublicKey;
use crate::policy::Fault;
use crate::policy::pyca::{COMPARISONS, Pyca, SIGNATURES, text};
use std::sync::Arc;

/// Would `ServerVerifier.verify` accept this chain.
pub(crate) fn judge(question: &Question, pool: &Pool, policy: &Pyca) -> Judged {
    answer(|forgiven, notes| {
        let mut work = Work {
            question,
            pool,
            pyca: *policy,
            forgiven,
            notes,
            signatures: 0,
            comparisons: 0,
            furthest: Vec::new(),
        };
        match work.run() {
            Ok(path) => Walked::accepts(path),
            Err(failed) => {
                let printed = text(&failed.why, failed.exhausted);
                let stop = match &failed.of {
                    Some(member) => Stop::new(failed.fault, failed.depth, member, printed),
                    None => Stop::missing(failed.fault, failed.depth, printed),
                };
                Walked::refuses(work.furthest, stop)
            }
        }
    })
}

struct Work<'w> {
    question: &'w Question,
    pool: &'w Pool,
    pyca: Pyca,
    forgiven: &'w Forgiven,
    notes: &'w Notes,
    signatures: usize,
    comparisons: usize,
    furthest: Vec<Hop>,
}

/// A `ValidationError`.
struct Failed {
    fault: Fault,
    depth: usize,
    of: Option<Arc<Member>>,
    why: String,
    /// Whether it is told as the last of the candidates.
    exhausted: bool,
    /// Whether it ends the whole search.
    fatal: bool,
}

impl Failed {
    fn of(fault: Fault, depth: usize, of: &Arc<Member>, why: impl Into<String>) -> Self {
        Self { fault, depth, of: Some(Arc::clone(of)), why: why.into(), exhausted: false, fatal: false }
    }
}

impl Work<'_> {
    fn run(&mut self) -> Result<Vec<Hop>, Failed> {
        let Some(leaf) = self.question.sent.first().cloned() else {
            return Err(Failed {
                fault: Fault::Malformed,
                depth: 0,
                of: None,
                why: String::new(),
                exhausted: false,
                fatal: true,
            });
        };
        self.furthest = with(&[], &leaf, From::Sent(0));
        for (at, member) in self.question.sent.iter().enumerate() {
            self.check(profile::unreadable(member, self.pyca).map_or(Ok(()), Err), member, at)?;
        }
        self.check(profile::duplicate(&leaf).map_or(Ok(()), Err), &leaf, 0)?;
        self.check(profile::basic(&leaf, self.question.at), &leaf, 0)?;
        let name = self.question.name.as_ref();
        for fault in profile::end_entity(&leaf, name) {
            self.check(Err(fault), &leaf, 0)?;
        }
        self.continued(&with(&[], &leaf, From::Sent(0)))
    }

    /// A fault of a profile, unless it is forgiven.
    fn check(&self, found: Result<(), (Fault, String)>, of: &Arc<Member>, depth: usize) -> Result<(), Failed> {
        match found {
            Err((fault, why)) if !self.forgiven.lets(fault, of) => Err(Failed::of(fault, depth, of, why)),
            _ => Ok(()),
        }
    }

    /// The path from its last certificate on to an anchor (`build_chain_inner`).
    fn continued(&mut self, path: &[Hop]) -> Result<Vec<Hop>, Failed> {
        let Some(last) = path.last() else { return Ok(Vec::new()) };
        let (child, depth) = (Arc::clone(&last.member), path.len() - 1);
        self.constrain(path, &child)?;
        if let Some((from, _)) = self.anchors().find(|(_, anchor)| anchor.is(&child)) {
            let mut whole = path.to_vec();
            if let Some(end) = whole.last_mut() {
                end.from = from;
            }
            return Ok(whole);
        }
        if depth > self.pyca.max_depth {
            return Err(Failed::of(Fault::PathTooLong, depth, &child, "chain construction exceeds max depth"));
        }
        let mut failed: Option<Failed> = None;
        for (from, candidate) in self.candidates(&child) {
            match self.through(path, &child, from, &candidate)? {
                Ok(path) => return Ok(path),
                Err(why) if why.fatal => return Err(why),
                Err(why) => {
                    self.notes.pass(depth, from, why.why.clone());
                    failed = Some(why);
                }
            }
        }
        match failed {
            Some(mut failed) => {
                failed.exhausted = true;
                Err(failed)
            }
            None if self.forgiven.lets_missing() => Ok(path.to_vec()),
            None => Err(Failed {
                fault: Fault::IssuerNotFound,
                depth,
                of: None,
                why: "all candidates exhausted with no interior errors".to_owned(),
                exhausted: true,
                fatal: false,
            }),
        }
    }

    /// Whether the names of a path are within the constraints of its last certificate.
    fn constrain(&mut self, path: &[Hop], child: &Arc<Member>) -> Result<(), Failed> {
        let Some(constraints) = child.name_constraints.value() else { return Ok(()) };
        let depth = path.len() - 1;
        if self.pyca.is_49 && child.name_constraints.is_critical() && names::has_directory(constraints) {
            let why =
                "fatal error: critical nameConstraints extension contains an unsupported directoryName constraint";
            let found = Err((Fault::ConstraintUnsupported, why.to_owned()));
            self.check(found, child, depth).map_err(|failed| Failed { fatal: true, ..failed })?;
        }
        for hop in path {
            let self_issued_between = !hop.member.is(&path[0].member) && subject(&hop.member) == issuer(&hop.member);
            if self_issued_between {
                continue;
            }
            self.comparisons +=
                hop.member.alt_names().count() * (constraints.permitted.len() + constraints.excluded.len());
            if self.comparisons > COMPARISONS {
                let why = "fatal error: Exceeded maximum name constraint check limit";
                return Err(Failed { fatal: true, ..Failed::of(Fault::LimitReached, depth, child, why) });
            }
            self.check(names::within(&hop.member, constraints, self.pyca), child, depth)?;
        }
        Ok(())
    }

    /// The path through one candidate as the issuer; the outer error ends the search at this place, whichever
    /// candidates are left, as what is not read of one does.
    fn through(
        &mut self,
        path: &[Hop],
        child: &Arc<Member>,
        from: From,
        candidate: &Arc<Member>,
    ) -> Result<Result<Vec<Hop>, Failed>, Failed> {
        let depth = path.len() - 1;
        let longer = with(path, candidate, from);
        if longer.len() > self.furthest.len() {
            self.furthest.clone_from(&longer);
        }
        self.check(profile::duplicate(candidate).map_or(Ok(()), Err), candidate, depth + 1)?;
        let valid = self.valid_issuer(candidate, child, depth);
        if valid.is_ok() && subject(candidate) != issuer(candidate) {
            self.check(profile::undecodable_names(candidate).map_or(Ok(()), Err), candidate, depth + 1)?;
        }
        Ok(valid.and_then(|()| {
            self.notes.step(depth, from, Outcome::Taken);
            self.continued(&longer)
        }))
    }

    /// The store, in which nothing is that cannot be read.
    fn anchors(&self) -> impl Iterator<Item = (From, &Arc<Member>)> {
        anchors(self.pool).filter(|(_, anchor)| profile::unreadable(anchor, self.pyca).is_none())
    }

    /// `potential_issuers`: the store first, then what was sent; since 49.0 those whose key identifier fits before others.
    fn candidates(&self, child: &Member) -> Vec<(From, Arc<Member>)> {
        let name = issuer(child);
        let all = self.anchors().chain(intermediates(self.question));
        let mut found: Vec<(From, Arc<Member>)> = all
            .filter(|(_, member)| subject(member) == name)
            .map(|(from, member)| (from, Arc::clone(member)))
            .collect();
        let wanted = child.authority_key_id.value().and_then(|authority| authority.key_id.as_ref());
        if !self.pyca.is_49 {
            return found;
        }
        // Of one with an extension twice none is read.
        let identifier = |member: &'_ Arc<Member>| {
            let read = profile::duplicate(member).is_none();
            member.subject_key_id.value().filter(|_| read).cloned()
        };
        found.sort_by_key(|(_, member)| match (wanted, identifier(member)) {
            (Some(wanted), Some(found)) if *wanted == found => 0,
            (Some(_), Some(_)) => 2,
            _ => 1,
        });
        found
    }

    /// `valid_issuer`.
    fn valid_issuer(&mut self, candidate: &Arc<Member>, child: &Arc<Member>, depth: usize) -> Result<(), Failed> {
        let above = depth + 1;
        self.check(profile::basic(candidate, self.question.at), candidate, above)?;
        for fault in profile::authority(candidate, depth) {
            self.check(Err(fault), candidate, above)?;
        }
        if !knows_key(candidate, self.pyca) {
            let why = "Forbidden public key algorithm".to_owned();
            self.check(Err((Fault::AlgorithmUnsupported, why)), candidate, above)?;
        }
        let known = is_permitted(child) || (self.pyca.ml_dsa && is_ml_dsa(&child.algorithm.to_string()));
        if !known {
            self.check(Err((Fault::DigestWeak, "Forbidden signature algorithm".to_owned())), child, depth)?;
        }
        if is_short(candidate) {
            self.check(Err((Fault::CaKeyWeak, "RSA key is too weak".to_owned())), candidate, above)?;
        }
        self.signatures += 1;
        if self.signatures > SIGNATURES {
            let mut failed =
                Failed::of(Fault::LimitReached, depth, child, "fatal error: Exceeded maximum signature check limit");
            failed.fatal = true;
            return Err(failed);
        }
        if self.notes.signed(candidate, child) {
            return Ok(());
        }
        self.check(Err((Fault::SignatureBad, "signature does not match".to_owned())), child, depth)
    }
}

/// `WEBPKI_PERMITTED_SPKI_ALGORITHMS`.
fn knows_key(member: &Member, pyca: Pyca) -> bool {
    match &member.key {
        PublicKey::Rsa { .. } if member.key_algorithm.to_string() == "1.2.840.113549.1.1.1" => true,
        PublicKey::Ec { curve, .. } => ["P-256", "P-384", "P-521"].contains(&curve.as_str()),
        _ => pyca.ml_dsa && is_ml_dsa(&member.key_algorithm.to_string()),
    }
}

/// Whether an RSA key has less than 2048 bits, counted in octets as the verifier does.
fn is_short(member: &Member) -> bool {
    matches!(member.key, PublicKey::Rsa { bits } if (bits / 8 + 1) * 8 < 2048)
}

fn is_ml_dsa(algorithm: &str) -> bool {
    matches!(algorithm, "2.16.840.1.101.3.4.3.17" | "2.16.840.1.101.3.4.3.18" | "2.16.840.1.101.3.4.3.19")
}

/// `WEBPKI_PERMITTED_SIGNATURE_ALGORITHMS`: with the parameters that the CA/Browser Forum demands.
fn is_permitted(member: &Member) -> bool {
    let algorithm = member.octets(&member.outer_algorithm);
    match member.algorithm.to_string().as_str() {
        "1.2.840.113549.1.1.11" | "1.2.840.113549.1.1.12" | "1.2.840.113549.1.1.13" => algorithm.ends_with(&[5, 0]),
        "1.2.840.113549.1.1.10" => super::pss_digest(member).is_some(),
        // Without parameters: the identifier alone, ten octets and two of the frame.
        "1.2.840.10045.4.3.2" | "1.2.840.10045.4.3.3" | "1.2.840.10045.4.3.4" => algorithm.len() == 12,
        _ => false,
    }
}
