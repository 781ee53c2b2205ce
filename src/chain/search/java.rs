//! Java: the list as it was sent where it chains, a search where it does not.
//!
//! `PKIXValidator` walks down what was sent. The first member that is in the store, or that has the name and
//! key of one that is, ends the list, and the certificates before it are validated from the anchor down, each
//! by every checker before the next. A list that does not chain is given to the builder, which takes only
//! certificates that are valid now, so that an expired one is told as one that is not there. From
//! `sun.security.validator.PKIXValidator`, `EndEntityChecker`, `sun.security.provider.certpath` and
//! `sun.security.util.HostnameChecker` of OpenJDK 25.0.3.

pub(in crate::chain) mod acceptance;
mod algorithms;
mod builder;
mod names;
mod parse;
mod server;

use super::{Forgiven, Notes, Stop, Walked, anchors, answer, policies, with};
use crate::chain::member::Member;
use crate::chain::member::extension::Found;
use crate::chain::{From, Hop, Judged, Outcome, Pool, Question};
use crate::model::Slot;
use crate::policy::Fault;
use crate::policy::java::{CHAIN, Java, MESSAGE, Told};
use algorithms::{has_unknown_critical, is_blocked, knows, knows_curve, unsupported_by_tls, useless, weak, weak_key};
use std::sync::Arc;

/// Would a Java program with the default trust manager accept this chain.
pub(crate) fn judge(question: &Question, pool: &Pool, policy: &Java) -> Judged {
    // Anchors that Java can read.
    let known: Vec<_> = anchors(pool).filter(|(_, anchor)| parse::read(anchor).is_ok()).collect();
    answer(|forgiven, notes| {
        let manager = Manager { question, pool, known: &known, java: policy, forgiven, notes };
        match manager.check() {
            Ok(path) => Walked::accepts(path),
            Err(Ended::Depends(because)) => Walked::depends(because),
            Err(Ended::Refused(failed) | Ended::Thrown(failed)) => failed.walked(policy),
        }
    })
}

struct Manager<'m> {
    question: &'m Question,
    pool: &'m Pool,
    known: &'m [(From, &'m Arc<Member>)],
    java: &'m Java,
    forgiven: &'m Forgiven,
    notes: &'m Notes,
}

/// What ends the work.
enum Ended {
    Refused(Box<Failed>),
    /// An exception that no one expects ends the search, too.
    Thrown(Box<Failed>),
    Depends(String),
}

impl Ended {
    fn thrown(self) -> Self {
        match self {
            Self::Refused(failed) => Self::Thrown(failed),
            ended => ended,
        }
    }
}

/// A refusal: the fault, and what is told.
struct Failed {
    fault: Fault,
    depth: usize,
    of: Option<Arc<Member>>,
    told: Told,
    path: Vec<Hop>,
}

impl Failed {
    fn walked(self, java: &Java) -> Walked {
        let text = self.told.text(java, self.fault);
        let stop = match &self.of {
            Some(member) => Stop::new(self.fault, self.depth, member, text),
            None => Stop::missing(self.fault, self.depth, text),
        };
        Walked::refuses(self.path, stop)
    }
}

type Checked<T> = Result<T, Ended>;

/// A path, the server's certificate first; the anchor, where one was used, last.
struct Path {
    hops: Vec<Hop>,
}

impl Path {
    fn members(&self) -> Vec<&Member> {
        self.hops.iter().map(|hop| &*hop.member).collect()
    }
}

impl Manager<'_> {
    /// `X509TrustManagerImpl.checkTrusted`: the chain, then the name.
    fn check(&self) -> Checked<Vec<Hop>> {
        let Some(leaf) = self.question.sent.first() else {
            return Err(self.refused(
                Fault::Malformed,
                0,
                None,
                Told::Own("certificate_unknown", "Empty server certificate chain".to_owned()),
                &[],
            ));
        };
        self.message(leaf)?;
        for (depth, member) in self.question.sent.iter().enumerate() {
            if let Err((fault, _)) = parse::read(member)
                && !self.forgiven.lets(fault, member)
            {
                let told = Told::Own("bad_certificate", "Failed to parse server certificates".to_owned());
                return Err(self.refused(fault, depth, Some(member), told, &with(&[], leaf, From::Sent(0))));
            }
        }
        let path = self.validate().map_err(|ended| match ended {
            Ended::Refused(failed) if self.known.is_empty() => {
                Ended::Refused(Box::new(Failed { told: Told::NoAnchors, ..*failed }))
            }
            ended => ended,
        })?;
        if path.hops.len() > 1 {
            self.end_entity(&path)?;
            self.distrusted(&path)?;
        }
        if let Some(name) = &self.question.name {
            self.identity(leaf, name, &path)?;
        }
        Ok(path.hops)
    }

    /// What is read before there are certificates: `SSLEngineInputRecord`, then `CertificateMessage`.
    fn message(&self, leaf: &Arc<Member>) -> Checked<()> {
        let sent = &self.question.sent;
        let path = with(&[], leaf, From::Sent(0));
        // RFC 8446, 4.4.2; RFC 5246, 7.4.2, is without extensions and the context. An OCSP response comes on top.
        let octets: usize = sent.iter().map(|member| member.certificate().der().len()).sum();
        let (newest, older) = (octets + 5 * sent.len() + 4, octets + 3 * sent.len() + 3);
        if older > MESSAGE {
            let why =
                format!("The size of the handshake message ({newest}) exceeds the maximum allowed size ({MESSAGE})");
            self.refuse(Fault::LimitReached, 0, leaf, Told::Protocol(why), &path)?;
        }
        if sent.len() > CHAIN {
            let why =
                format!("The certificate chain length ({}) exceeds the maximum allowed length ({CHAIN})", CHAIN + 1);
            self.refuse(Fault::PathTooLong, 0, leaf, Told::Protocol(why), &path)?;
        }
        Ok(())
    }

    fn refused(&self, fault: Fault, depth: usize, of: Option<&Arc<Member>>, told: Told, path: &[Hop]) -> Ended {
        Ended::Refused(Box::new(Failed { fault, depth, of: of.cloned(), told, path: path.to_vec() }))
    }

    /// Refuses, unless the fault is forgiven.
    fn refuse(&self, fault: Fault, depth: usize, of: &Arc<Member>, told: Told, path: &[Hop]) -> Checked<()> {
        if self.forgiven.lets(fault, of) { Ok(()) } else { Err(self.refused(fault, depth, Some(of), told, path)) }
    }

    fn anchors(&self) -> impl Iterator<Item = (From, &Arc<Member>)> {
        self.known.iter().copied()
    }

    /// `PKIXValidator.engineValidate`.
    fn validate(&self) -> Checked<Path> {
        let sent = &self.question.sent;
        let mut list: Vec<Hop> = Vec::new();
        for (at, member) in sent.iter().enumerate() {
            let own = self.anchors().find(|(_, anchor)| anchor.is(member));
            if at == 0 {
                if let Some((from, _)) = own {
                    self.notes.step(0, from, Outcome::Taken);
                    return Ok(Path { hops: with(&[], member, from) });
                }
            } else {
                let below = &sent[at - 1];
                if !names::issued(below, member) {
                    return builder::build(self);
                }
                let stands_for = self
                    .anchors()
                    .any(|(_, anchor)| names::same_subject(anchor, member) && anchor.spki() == member.spki());
                if own.is_some() || stands_for {
                    return self.validate_list(&list);
                }
            }
            list.push(Hop { member: Arc::clone(member), from: From::Sent(at) });
        }
        let Some(last) = sent.last() else { return builder::build(self) };
        if self.anchors().any(|(_, anchor)| names::issued(last, anchor)) {
            return self.validate_list(&list);
        }
        builder::build(self)
    }

    /// `doValidate`: every anchor that fits the last of the list is tried.
    fn validate_list(&self, list: &[Hop]) -> Checked<Path> {
        let Some(last) = list.last() else { return builder::build(self) };
        let depth = list.len() - 1;
        let (mut failed, mut valid): (Option<Ended>, Vec<Path>) = (None, Vec::new());
        for (from, anchor) in self.anchors().filter(|(_, anchor)| names::issued(&last.member, anchor)) {
            if !selector_fits(&last.member, anchor) {
                self.notes.pass(
                    depth,
                    from,
                    "its key identifier or serial number is not the authority key identifier's",
                );
                continue;
            }
            self.notes.step(depth, from, Outcome::Taken);
            let path = Path { hops: with(list, anchor, from) };
            match self.checkers(&path, false) {
                Ok(()) => valid.push(path),
                Err(refused @ Ended::Refused(_)) => failed = Some(refused),
                Err(ended) => return Err(ended),
            }
        }
        // The first of them is the anchor, and the set has no order that anyone knows.
        let mut fits = valid.iter().map(|path| self.anchor(path, false).is_ok());
        if let Some(first) = fits.next()
            && fits.any(|other| other != first)
        {
            let because = "on which of the anchors of one name and key Java meets first";
            return Err(Ended::Depends(because.to_owned()));
        }
        if let Some(path) = valid.into_iter().next() {
            self.anchor(&path, false)?;
            return Ok(path);
        }
        Err(match failed {
            Some(failed) => failed,
            None if self.forgiven.lets_missing() => return Ok(Path { hops: list.to_vec() }),
            None => {
                let told = Told::NotValidated("Path does not chain with any of the trust anchors".to_owned());
                self.refused(Fault::IssuerNotFound, depth, None, told, list)
            }
        })
    }

    /// `PKIXMasterCertPathValidator`: from the one below the anchor to the server's, every checker of each.
    fn checkers(&self, path: &Path, built: bool) -> Checked<()> {
        let Some((anchor, list)) = path.hops.split_last() else { return Ok(()) };
        let above = path.hops.len() - 1;
        if is_blocked(&anchor.member) {
            self.refuse(Fault::AnchorDistrusted, above, &anchor.member, blocked(), &path.hops)?;
        }
        let jdk = self.is_from_the_jdk(anchor.from);
        let mut limit = i64::try_from(list.len()).unwrap_or(i64::MAX);
        let mut issuer = &anchor.member;
        let unmet = policies::invalid_at(&path.members());
        let refuse = |fault, depth, of: &Arc<Member>, why: String| {
            self.refuse(fault, depth, of, Told::NotValidated(why), &path.hops)
        };
        for (depth, hop) in list.iter().enumerate().rev() {
            let member = &hop.member;
            if is_blocked(member) {
                self.refuse(Fault::AnchorDistrusted, depth, member, blocked(), &path.hops)?;
            }
            if depth + 1 == list.len()
                && let Some((fault, why)) = weak_key(&anchor.member, true, jdk, self.question.at, self.java)
            {
                refuse(fault, above, &anchor.member, why)?;
            }
            if let Some((fault, why)) = weak(member, depth, jdk, self.question.at, self.java) {
                refuse(fault, depth, member, why)?;
            }
            if depth > 0 {
                if member.key_usage.value().is_some_and(|usage| !usage.key_cert_sign()) {
                    refuse(
                        Fault::KeyUsageNoCertSign,
                        depth,
                        member,
                        "CA key usage check failed: keyCertSign bit is not set".to_owned(),
                    )?;
                }
                self.basic_constraints(member, depth, list.len(), &mut limit, &path.hops)?;
            }
            if !built || self.java.checks_built {
                self.name_constraints(path, depth)?;
            }
            if unmet == Some(depth) {
                refuse(Fault::PolicyUnmet, depth, member, POLICY_UNMET.to_owned())?;
            }
            let date = &self.question.at;
            if member.not_before.at.is_none_or(|begins| *date < begins) {
                refuse(Fault::NotYetValid, depth, member, "validity check failed".to_owned())?;
            } else if member.not_after.at.is_none_or(|ends| *date > ends) {
                refuse(Fault::Expired, depth, member, "validity check failed".to_owned())?;
            }
            if member.issuer.is_empty() {
                let why = "subject/issuer name chaining check failed: empty/null issuer DN in certificate is invalid";
                refuse(Fault::IssuerEmpty, depth, member, why.to_owned())?;
            }
            self.signature(issuer, member, depth, &path.hops)?;
            let above = (depth + 1 < list.len()).then_some(&**issuer);
            if let Some(why) = unsupported_by_tls(member, above, self.java) {
                refuse(Fault::AlgorithmUnsupported, depth, member, why)?;
            }
            if self.java.release >= 21
                && let Some((fault, why)) = useless(member)
            {
                refuse(fault, depth, member, why)?;
            }
            if has_unknown_critical(member) {
                refuse(Fault::CriticalUnknown, depth, member, "unrecognized critical extension(s)".to_owned())?;
            }
            issuer = member;
        }
        Ok(())
    }

    /// `ConstraintsChecker.checkBasicConstraints`, of one that is not the server's.
    fn basic_constraints(
        &self,
        member: &Arc<Member>,
        depth: usize,
        length: usize,
        limit: &mut i64,
        path: &[Hop],
    ) -> Checked<()> {
        let first = depth + 1 == length;
        let own = match (member.version, member.basic_constraints.value()) {
            (1 | 2, _) => (first && names::is_self_issued(member)).then_some(i64::MAX),
            // -1 stands for one that is no authority (`X509CertImpl.getBasicConstraints`).
            (_, Some(found)) if found.ca && found.path_len != Some(-1) => Some(found.path_len.unwrap_or(i64::MAX)),
            _ => None,
        };
        let Some(own) = own else {
            let told = Told::NotValidated("basic constraints check failed: this is not a CA certificate".to_owned());
            return self.refuse(Fault::NotCa, depth, member, told, path);
        };
        if !names::is_self_issued(member) {
            if *limit <= 0 {
                let why = "basic constraints check failed: pathLenConstraint violated - this cert must be the last cert in \
                           the certification path";
                self.refuse(Fault::PathLength, depth, member, Told::NotValidated(why.to_owned()), path)?;
            }
            *limit -= 1;
        }
        *limit = (*limit).min(own);
        Ok(())
    }

    /// `ConstraintsChecker.verifyNameConstraints`: the constraints of those between, not of the anchor.
    fn name_constraints(&self, path: &Path, depth: usize) -> Checked<()> {
        let member = &path.hops[depth].member;
        if depth > 0 && names::is_self_issued(member) {
            return Ok(());
        }
        let between = path.hops.get(depth + 1..path.hops.len() - 1).unwrap_or_default();
        for (step, hop) in between.iter().enumerate().rev() {
            let Some(constraints) =
                hop.member.name_constraints.value().filter(|_| parse::constraints_are_read(&hop.member))
            else {
                continue;
            };
            let at = depth + 1 + step;
            match names::within(member, constraints, false, self.java) {
                Ok(()) => {}
                Err(names::Outside::Thrown(why)) => {
                    let (fault, told) = (Fault::ConstraintMalformed, Told::Own("internal_error", why));
                    self.refuse(fault, at, &hop.member, told, &path.hops).map_err(Ended::thrown)?;
                }
                Err(names::Outside::Unsupported) => {
                    // Of a minimum it says "Non-zero minimum", and few constraints have one.
                    let why = "java.io.IOException: Maximum BaseDistance in name constraints not supported";
                    let told = Told::NotValidated(why.to_owned());
                    self.refuse(Fault::ConstraintUnsupported, at, &hop.member, told, &path.hops)?;
                }
                Err(names::Outside::Refused(fault)) => {
                    let told = Told::NotValidated("name constraints check failed".to_owned());
                    self.refuse(fault, at, &hop.member, told, &path.hops)?;
                }
            }
        }
        Ok(())
    }

    /// `BasicChecker.verifySignature`.
    fn signature(&self, issuer: &Arc<Member>, member: &Arc<Member>, depth: usize, path: &[Hop]) -> Checked<()> {
        let why = || Told::NotValidated("signature check failed".to_owned());
        if !knows(&member.algorithm.to_string(), self.java) || !knows_curve(issuer, self.java) {
            return self.refuse(Fault::AlgorithmUnsupported, depth, member, why(), path);
        }
        if self.notes.signed(issuer, member) {
            Ok(())
        } else {
            self.refuse(Fault::SignatureBad, depth, member, why(), path)
        }
    }

    /// `verifyTrustAnchor`.
    fn anchor(&self, path: &Path, built: bool) -> Checked<()> {
        let Some(hop) = path.hops.last() else { return Ok(()) };
        let (anchor, depth) = (&hop.member, path.hops.len() - 1);
        for fault in algorithms::anchor_faults(anchor, self.java) {
            let name = parse::name_text(anchor);
            let why = match fault {
                Fault::AnchorNotCa => format!("TrustAnchor with subject \"{name}\" is not a CA certificate"),
                _ => format!(
                    "TrustAnchor with subject \"{name}\" does not have keyCertSign bit set in KeyUsage extension"
                ),
            };
            self.refuse(fault, depth, anchor, Told::Anchor(built, why), &path.hops)?;
        }
        Ok(())
    }

    /// Whether an anchor came with the JDK: its alias says so (`AnchorCertificates`).
    fn is_from_the_jdk(&self, from: From) -> bool {
        let From::Pool(at) = from else { return false };
        let slot = self.pool.anchors.get(at).and_then(|held| held.place.as_ref()).map(|(_, slot)| slot);
        matches!(slot, Some(Slot::Alias(alias)) if alias.raw().contains(" [jdk"))
    }
}

/// `AdaptableX509CertSelector.match`: of a certificate without extensions the validity must hold that of the one below.
fn is_valid_with(below: &Member, anchor: &Member) -> bool {
    let (from, until) = (anchor.not_before.at, anchor.not_after.at);
    let within = |moment| from.is_some_and(|from| from <= moment) && until.is_some_and(|until| moment <= until);
    anchor.version > 2 || [below.not_before.at, below.not_after.at].into_iter().flatten().all(within)
}

/// `AdaptableX509CertSelector` with the authority key identifier of the certificate below.
fn selector_fits(below: &Member, anchor: &Member) -> bool {
    let Some(authority) = below.authority_key_id.value() else { return true };
    let key = match (&authority.key_id, &anchor.subject_key_id) {
        (Some(wanted), Found::Present { value, .. }) => wanted == value,
        (Some(_), Found::Malformed { .. }) => false,
        _ => true,
    };
    let serial = authority
        .serial
        .as_deref()
        .is_none_or(|serial| anchor.version < 3 || parse::same_number(serial, anchor.serial()));
    key && serial
}

/// What `PolicyChecker` says.
const POLICY_UNMET: &str = "non-null policy tree required and policy tree is null";

fn blocked() -> Told {
    Told::NotValidated("Untrusted certificate".to_owned())
}

#[cfg(test)]
mod tests;
