//! Go's `crypto/x509`: every path to every root, each candidate's signature tried, the root checked too.
//!
//! `Verify` (`crypto/x509/verify.go`) checks the server's certificate by itself, then its name, and only then
//! looks for issuers; so an expired certificate is told before a root that is missing. At each step roots
//! come before what was sent, and among them those whose key identifier fits. What the root says counts:
//! its dates, its basic constraints and key usage, its extended key usage and its name constraints.

pub(in crate::chain) mod acceptance;
mod constraints;
mod host;
mod issuer;
mod names;
mod parse;
mod path;
mod lenient;
mod scheme;

use super::{Forgiven, Notes, Stop, Walked, anchors, answer, subject, with};
use crate::chain::member::Member;
use crate::chain::{From, Hop, Judged, Outcome, Pool, Question};
use crate::model::PublicKey;
use crate::policy::Fault;
use crate::policy::go::{self, Go, Told};
use parse::{Parsed, parse};
use path::{already_in, called, fitting, is_distrusted, policies_are_valid, wrong_usage};
use scheme::{is_unknown_key, key_of, scheme};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Would a program built with Go accept this chain.
pub(crate) fn judge(question: &Question, pool: &Pool, policy: &Go) -> Judged {
    answer(|forgiven, notes| {
        Search { question, pool, go: *policy, forgiven, notes, signatures: 0, furthest: Vec::new() }.run()
    })
}

struct Search<'s> {
    question: &'s Question,
    pool: &'s Pool,
    go: Go,
    forgiven: &'s Forgiven,
    notes: &'s Notes,
    /// `sigChecks`.
    signatures: usize,
    furthest: Vec<Hop>,
}

/// One certificate of the path being built, as Go has it.
struct Link {
    member: Arc<Member>,
    parsed: Arc<Parsed>,
}

/// A path from the server's certificate to a root, as Go has it and as it is told.
type Whole = (Vec<Link>, Vec<Hop>);

/// What ends a branch: the fault and what is told.
struct Failed {
    fault: Fault,
    depth: usize,
    of: Option<Arc<Member>>,
    told: Told,
}

impl Failed {
    fn of(fault: Fault, depth: usize, of: &Arc<Member>, told: Told) -> Self {
        Self { fault, depth, of: Some(Arc::clone(of)), told }
    }
}

/// A certificate that may be the next, with where it is from.
struct Candidate {
    from: From,
    link: Link,
}

impl Search<'_> {
    fn run(mut self) -> Walked {
        match self.verify() {
            Ok(path) => Walked::accepts(path),
            Err(failed) => {
                let text = failed.told.text(self.go);
                let stop = match &failed.of {
                    Some(member) => Stop::new(failed.fault, failed.depth, member, text),
                    None => Stop::missing(failed.fault, failed.depth, text),
                };
                Walked::refuses(self.furthest, stop)
            }
        }
    }

    /// `verifyServerCertificate` (`crypto/tls/handshake_client.go`), then `Certificate.Verify`.
    fn verify(&mut self) -> Result<Vec<Hop>, Failed> {
        let Some(leaf) = self.question.sent.first() else {
            let told = Told::Own("tls: received empty certificates message".to_owned());
            return Err(Failed { fault: Fault::Malformed, depth: 0, of: None, told });
        };
        self.furthest = with(&[], leaf, From::Sent(0));
        let mut sent = Vec::new();
        for (at, member) in self.question.sent.iter().enumerate() {
            match parse(member, self.go) {
                Ok(parsed) => sent.push((at, Link { member: Arc::clone(member), parsed: Arc::new(parsed) })),
                Err(refused) => {
                    if !self.forgiven.lets(refused.fault, member) {
                        return Err(Failed::of(refused.fault, at, member, Told::NotParsed(refused.says)));
                    }
                    sent.push((at, Link { member: Arc::clone(member), parsed: Arc::new(lenient::lenient(member)) }));
                }
            }
            if let PublicKey::Rsa { bits } = member.key
                && at == 0
                && bits > 8192
                && self.go.is(21)
            {
                let text = format!("tls: server sent certificate containing RSA key larger than 8192 bits: {bits}");
                return Err(Failed::of(Fault::LimitReached, at, member, Told::Own(text)));
            }
        }
        let mut sent = sent.into_iter();
        let Some((_, leaf)) = sent.next() else { return Ok(Vec::new()) };
        self.is_valid(Role::Leaf, &leaf, &[])?;
        self.host(&leaf)?;
        let hop = with(&[], &leaf.member, From::Sent(0));
        let own = anchors(self.pool).find(|(_, anchor)| anchor.is(&leaf.member));
        let chains = match own {
            Some((from, _)) => {
                self.notes.step(0, from, Outcome::Taken);
                vec![(vec![leaf], hop)]
            }
            None => {
                let sent: Vec<Candidate> = sent.map(|(at, link)| Candidate { from: From::Sent(at), link }).collect();
                let mut by_name: HashMap<&[u8], Vec<&Candidate>> = HashMap::new();
                // A pool has each certificate once (`addCertFunc`, `cert_pool.go`).
                let mut seen = HashSet::new();
                for candidate in sent.iter().filter(|candidate| seen.insert(candidate.link.member.fingerprint())) {
                    by_name.entry(subject(&candidate.link.member)).or_default().push(candidate);
                }
                self.build(&[&leaf], &hop, &by_name)?
            }
        };
        self.choose(chains)
    }

    /// What `Verify` does with the paths that were found.
    fn choose(&mut self, chains: Vec<Whole>) -> Result<Vec<Hop>, Failed> {
        let mut first: Option<Failed> = None;
        let mut keep = |failed: Failed| {
            if first.is_none() {
                first = Some(failed);
            }
        };
        let (mut usage, mut policy): (Option<Failed>, Option<Failed>) = (None, None);
        let (mut usages, mut policies) = (0, 0);
        for (links, hops) in chains {
            self.furthest.clone_from(&hops);
            if self.go.policies
                && !policies_are_valid(&links)
                && !self.forgiven.lets(Fault::PolicyUnmet, &links[0].member)
            {
                policies += 1;
                let told = Told::Own(String::new());
                policy.get_or_insert_with(|| Failed::of(Fault::PolicyUnmet, 0, &links[0].member, told));
                continue;
            }
            if let Some(depth) = wrong_usage(&links)
                && !self.forgiven.lets(Fault::PurposeUnsuitable, &links[depth].member)
            {
                let failed = Failed::of(
                    Fault::PurposeUnsuitable,
                    depth,
                    &links[depth].member,
                    Told::Plain(go::INCOMPATIBLE_USAGE),
                );
                usages += 1;
                usage.get_or_insert(failed);
                continue;
            }
            if self.go.is(26)
                && let Err(failed) = self.constraints_of_chain(&links)
            {
                keep(failed);
                continue;
            }
            if self.go.is(27)
                && let Some(depth) = links.iter().position(|link| is_distrusted(&link.member))
            {
                let text = "x509: no valid chains built".to_owned();
                keep(Failed::of(Fault::AnchorDistrusted, depth, &links[depth].member, Told::Own(text)));
                continue;
            }
            return Ok(hops);
        }
        if let Some(policy) = &mut policy {
            let kind = if self.go.is(26) { "candidate chains" } else { "chains" };
            let of_usage = format!("{usages} {kind} with incompatible key usage, ");
            policy.told = Told::Own(match usages {
                0 if !self.go.is(26) => {
                    "x509: no valid chains built: all candidate chains have invalid policies".to_owned()
                }
                0 => format!("x509: no valid chains built: {policies} {kind} with invalid policies"),
                _ => format!("x509: no valid chains built: {of_usage}{policies} {kind} with invalid policies"),
            });
        }
        Err(first.or(policy).or(usage).unwrap_or_else(|| Failed {
            fault: Fault::IssuerNotFound,
            depth: 0,
            of: None,
            told: Told::UnknownAuthority(None),
        }))
    }

    /// `buildChains`: roots first, then what was sent; each in the order of how well the key identifier fits.
    fn build(
        &mut self,
        chain: &[&Link],
        hops: &[Hop],
        sent: &HashMap<&[u8], Vec<&Candidate>>,
    ) -> Result<Vec<Whole>, Failed> {
        let Some(&child) = chain.last() else { return Ok(Vec::new()) };
        let depth = chain.len() - 1;
        let mut found = Vec::new();
        let mut failed: Option<Failed> = None;
        let mut hint: Option<Failed> = None;
        let roots = self.roots(super::issuer(&child.member));
        let roots = fitting(roots.iter().collect(), child);
        let others = fitting(sent.get(super::issuer(&child.member)).cloned().unwrap_or_default(), child);
        let both =
            roots.into_iter().map(|c| (Role::Root, c)).chain(others.into_iter().map(|c| (Role::Intermediate, c)));
        for (role, candidate) in both {
            let from = candidate.from;
            if self.go.is(21) && is_unknown_key(&candidate.link.member) {
                self.notes.pass(depth, from, "its key is of a kind that crypto/x509 does not know");
                continue;
            }
            if already_in(&candidate.link.member, chain) {
                self.notes.pass(depth, from, "its name and key are in the path already");
                continue;
            }
            self.signatures += 1;
            if self.signatures > go::SIGNATURES {
                failed = Some(Failed::of(Fault::LimitReached, depth, &child.member, Told::Plain(go::SIGNATURE_LIMIT)));
                break;
            }
            if let Err((fault, why, whose)) = self.signed_by(child, &candidate.link) {
                self.notes.pass(depth, from, why.clone());
                let at = if whose.is(&child.member) { depth } else { depth + 1 };
                hint.get_or_insert_with(|| {
                    let told = Told::UnknownAuthority(Some((why, called(&candidate.link.member))));
                    Failed::of(fault, at, &whose, told)
                });
                continue;
            }
            if let Err(invalid) = self.is_valid(role, &candidate.link, chain) {
                self.notes.pass(depth, from, invalid.told.bare());
                self.note_furthest(&with(hops, &candidate.link.member, from));
                failed = Some(invalid);
                continue;
            }
            failed = None;
            self.notes.step(depth, from, Outcome::Taken);
            let longer = with(hops, &candidate.link.member, from);
            self.note_furthest(&longer);
            let mut links = chain.to_vec();
            links.push(&candidate.link);
            match role {
                Role::Root => found.push((links.iter().map(|link| link.copy()).collect(), longer)),
                _ => match self.build(&links, &longer, sent) {
                    Ok(more) => found.extend(more),
                    Err(why) => failed = Some(why),
                },
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
        if let Some(failed) = failed {
            return Err(failed);
        }
        if self.forgiven.lets_missing() {
            return Ok(vec![(chain.iter().map(|link| link.copy()).collect(), hops.to_vec())]);
        }
        let nobody = Failed { fault: Fault::IssuerNotFound, depth, of: None, told: Told::UnknownAuthority(None) };
        Err(hint.unwrap_or(nobody))
    }

    /// The roots of this name; those that Go cannot read are not among its roots (`AppendCertsFromPEM`).
    fn roots(&self, name: &[u8]) -> Vec<Candidate> {
        let same = anchors(self.pool).filter(|(_, anchor)| subject(anchor) == name);
        let read = same.filter_map(|(from, member)| {
            let parsed = Arc::new(parse(member, self.go).ok()?);
            Some(Candidate { from, link: Link { member: Arc::clone(member), parsed } })
        });
        read.collect()
    }

    fn note_furthest(&mut self, hops: &[Hop]) {
        if hops.len() > self.furthest.len() {
            self.furthest = hops.to_vec();
        }
    }

    /// `CheckSignatureFrom`: whether the parent may sign, then whether it did.
    fn signed_by(&self, child: &Link, parent: &Link) -> Result<(), (Fault, String, Arc<Member>)> {
        let (of_parent, of_child) = (&parent.member, &child.member);
        let against = |fault, text: &str, whose: &Arc<Member>| {
            if self.forgiven.lets(fault, whose) { Ok(()) } else { Err((fault, text.to_owned(), Arc::clone(whose))) }
        };
        for fault in issuer::cannot_sign(of_parent, &parent.parsed) {
            against(fault, go::CANNOT_SIGN, of_parent)?;
        }
        if let Some((fault, text)) = issuer::refused_scheme(of_child, self.go) {
            return against(fault, &text, of_child);
        }
        if let Some(text) = issuer::short_key(of_parent, self.go) {
            return against(Fault::CaKeyWeak, &text, of_parent);
        }
        let scheme = scheme(of_child);
        let wanted = scheme.key();
        let (kind, have) = key_of(of_parent);
        if wanted.is_some_and(|wanted| wanted != kind) {
            let text = match have {
                Some(have) => format!(
                    "x509: signature algorithm specifies an {} public key, but have public key of type {have}",
                    wanted.unwrap_or_default()
                ),
                None => go::UNIMPLEMENTED.to_owned(),
            };
            return against(Fault::SignatureBad, &text, of_child);
        }
        if self.notes.signed(of_parent, of_child) {
            return Ok(());
        }
        let text = match kind {
            "RSA" => "crypto/rsa: verification error",
            "Ed25519" => "x509: Ed25519 verification failure",
            _ => "x509: ECDSA verification failure",
        };
        against(Fault::SignatureBad, text, of_child)
    }

    /// `isValid`: what is checked of each certificate by its place.
    fn is_valid(&self, role: Role, link: &Link, chain: &[&Link]) -> Result<(), Failed> {
        let (member, depth) = (&link.member, chain.len());
        let check = |fault, told| {
            if self.forgiven.lets(fault, member) { Ok(()) } else { Err(Failed::of(fault, depth, member, told)) }
        };
        if link.parsed.unhandled {
            check(Fault::CriticalUnknown, Told::Plain(go::UNHANDLED_CRITICAL))?;
        }
        let now = self.question.at;
        if let Some(before) = member.not_before.at
            && now < before
        {
            check(Fault::NotYetValid, Told::NotYetValid { now, before })?;
        }
        if let Some(after) = member.not_after.at
            && now > after
        {
            check(Fault::Expired, Told::Expired { now, after })?;
        }
        if role != Role::Leaf && !self.go.is(26) {
            self.constraints_of(link, chain)?;
        }
        if role == Role::Intermediate && !link.parsed.basic.is_some_and(|(ca, _)| ca) {
            check(Fault::NotCa, Told::Plain(go::NOT_AUTHORIZED_TO_SIGN))?;
        }
        if let Some((_, Some(limit))) = link.parsed.basic
            && u64::try_from(chain.len()).unwrap_or(u64::MAX) > limit.saturating_add(1)
        {
            check(Fault::PathLength, Told::Plain(go::TOO_MANY_INTERMEDIATES))?;
        }
        Ok(())
    }
}

/// The place of a certificate in a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Leaf,
    Intermediate,
    Root,
}

impl Link {
    fn copy(&self) -> Self {
        Self { member: Arc::clone(&self.member), parsed: Arc::clone(&self.parsed) }
    }
}
