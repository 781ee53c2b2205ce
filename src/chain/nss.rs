//! NSS's verifiers: the classic one here, the two that search in files of their own.
//!
//! `CERT_VerifyCertificate` checks the server's certificate by itself (dates with a day of slack before they
//! begin, key usage by the kind of key, type), then goes up one issuer at a time: of those with the name,
//! those whose key identifier fits, that are certification authorities, and of them the one that is of the
//! right type, valid, trusted and newest. The first that is trusted ends the work, and most of what it says
//! of itself does not count. `lib/certhigh/certvfy.c`, `lib/certdb/certdb.c` and `lib/pki/{certificate,pkibase}.c`.

pub(in crate::chain) mod acceptance;
mod certificate;
mod libpkix;
mod mozilla;
mod names;

use super::member::Member;
use super::search::{self, Forgiven, Notes, Stop, Walked, anchors, answer, intermediates, with};
use super::{From, Hop, Judged, Outcome, Pool, Question};
use crate::model::Timestamp;
use crate::policy::Fault;
use crate::policy::nss::{Nss, Verifier, printed};
use certificate::{
    Algorithm, SSL_CA, SSL_SERVER, algorithm, cert_type, has_known_key, has_unknown_critical, is_authority,
    leaf_usage_fits, time_fault,
};
use std::collections::HashMap;
use std::sync::Arc;

/// Would a program on NSS accept this chain.
pub(crate) fn judge(question: &Question, pool: &Pool, policy: &Nss) -> Judged {
    answer(|forgiven, notes| {
        let work = Work { question, pool, nss: *policy, forgiven, notes };
        let found = match policy.verifier {
            Verifier::Classic => classic(&work),
            Verifier::LibPkix => libpkix::verify(&work),
            Verifier::Mozilla => mozilla::verify(&work),
        };
        match found.and_then(|path| work.host().map(|()| path)) {
            Ok(path) => Walked::accepts(path),
            Err((stop, path)) => Walked::refuses(path, stop),
        }
    })
}

struct Work<'w> {
    question: &'w Question,
    pool: &'w Pool,
    nss: Nss,
    forgiven: &'w Forgiven,
    notes: &'w Notes,
}

type Found = Result<Vec<Hop>, (Stop, Vec<Hop>)>;

type Checked = Result<(), (Stop, Vec<Hop>)>;

/// A certificate of a path, and as what it is looked at: NSS has other words for an issuer.
#[derive(Clone, Copy)]
struct At<'m> {
    member: &'m Member,
    depth: usize,
    is_issuer: bool,
}

impl<'m> At<'m> {
    const fn subject(member: &'m Member, depth: usize) -> Self {
        Self { member, depth, is_issuer: false }
    }

    const fn issuer(member: &'m Member, depth: usize) -> Self {
        Self { member, depth, is_issuer: true }
    }
}

/// One certificate that may be an issuer.
struct Candidate {
    from: From,
    member: Arc<Member>,
    trusted: bool,
}

/// Seconds before a certificate begins at which the classic verifier takes it already: a day
/// (`PENDING_SLOP`, lib/certdb/certdb.c).
const SLACK: i64 = 24 * 60 * 60;
/// Certificates of a path (`CERT_MAX_CERT_CHAIN`, lib/certdb/certt.h).
const LENGTH: usize = 20;

impl Work<'_> {
    /// Refuses, unless the fault is forgiven.
    fn refuse(&self, fault: Fault, at: At<'_>, path: &[Hop]) -> Checked {
        if self.forgiven.lets(fault, at.member) {
            return Ok(());
        }
        let mut stop = Stop::new(fault, at.depth, at.member, String::new());
        stop.printed = printed(self.nss, fault, at.is_issuer);
        Err((stop, path.to_vec()))
    }

    fn missing(&self, depth: usize, path: &[Hop]) -> (Stop, Vec<Hop>) {
        let mut stop = Stop::missing(Fault::IssuerNotFound, depth, String::new());
        stop.printed = printed(self.nss, Fault::IssuerNotFound, false);
        (stop, path.to_vec())
    }

    /// Those whose subject is this name, octet for octet: what was sent, then the store.
    fn named(&self, name: &[u8]) -> Vec<Candidate> {
        let mut all: Vec<Candidate> = Vec::new();
        let mut known = HashMap::new();
        let sent = intermediates(self.question).map(|(from, member)| (from, member, false));
        let own = self.question.sent.first().map(|member| (From::Sent(0), member, false));
        let stored = anchors(self.pool).filter(|(_, member)| has_known_key(member, self.nss));
        let stored = stored.map(|(from, member)| (from, member, true));
        for (from, member, trusted) in own.into_iter().chain(sent).chain(stored) {
            if search::subject(member) != name {
                continue;
            }
            // A certificate is one object, whoever brought it, and its trust is the store's.
            let at = *known.entry(member.fingerprint()).or_insert(all.len());
            match all.get_mut(at) {
                Some(known) if trusted => (known.from, known.trusted) = (from, true),
                Some(_) => {}
                None => all.push(Candidate { from, member: Arc::clone(member), trusted }),
            }
        }
        all
    }

    fn host(&self) -> Checked {
        let (true, Some(name), Some(leaf)) = (self.nss.host, &self.question.name, self.question.sent.first()) else {
            return Ok(());
        };
        if names::host_matches(leaf, name, self.nss.verifier) {
            return Ok(());
        }
        let address = matches!(name, super::name::ServerName::Ip(_));
        let fault = if address { Fault::AddressMismatch } else { Fault::HostMismatch };
        self.refuse(fault, At::subject(leaf, 0), &with(&[], leaf, From::Sent(0)))
    }
}

/// `CERT_VerifyCertificate` and `cert_VerifyCertChainOld`.
fn classic(work: &Work<'_>) -> Found {
    let Some(leaf) = work.question.sent.first() else { return Err(work.missing(0, &[])) };
    let mut path = with(&[], leaf, From::Sent(0));
    check_leaf(work, leaf, &path)?;
    let mut names: Vec<(Arc<Member>, bool)> = Vec::new();
    let mut subject = Arc::clone(leaf);
    for depth in 0..LENGTH {
        names.push((Arc::clone(&subject), depth == 0));
        if has_unknown_critical(&subject) {
            work.refuse(Fault::CriticalUnknown, At::subject(&subject, depth), &path)?;
        }
        if !subject.algorithms_agree() {
            work.refuse(Fault::AlgorithmMismatch, At::subject(&subject, depth), &path)?;
        }
        let Some(issuer) = find_issuer(work, &subject, depth) else {
            if work.forgiven.lets_missing() {
                return Ok(path);
            }
            return Err(work.missing(depth, &path));
        };
        let above = depth + 1;
        path = with(&path, &issuer.member, issuer.from);
        let member = &issuer.member;
        if let Some(fault) = time_fault(member, work.question.at, SLACK) {
            work.refuse(fault, At::issuer(member, above), &path)?;
        }
        check_signature(work, At::subject(&subject, depth), member, &path)?;
        check_constraints(work, At::issuer(member, above), &names, &path)?;
        if issuer.trusted {
            return Ok(path);
        }
        let basic = member.basic_constraints.value();
        let ca = basic.is_some_and(|found| found.ca) && cert_type(member) & SSL_CA != 0;
        if !ca {
            work.refuse(Fault::NotCa, At::issuer(member, above), &path)?;
        }
        if member.key_usage.value().is_some_and(|usage| !usage.key_cert_sign()) {
            work.refuse(Fault::KeyUsageNoCertSign, At::issuer(member, above), &path)?;
        }
        if search::issuer(member) == search::subject(member) {
            work.refuse(Fault::SelfSignedSent, At::issuer(member, above), &path)?;
            return Ok(path);
        }
        subject = Arc::clone(member);
    }
    Err(work.missing(LENGTH, &path))
}

/// What is looked at in the server's certificate alone.
fn check_leaf(work: &Work<'_>, leaf: &Member, path: &[Hop]) -> Checked {
    let at = At::subject(leaf, 0);
    if let Some(fault) = time_fault(leaf, work.question.at, SLACK) {
        work.refuse(fault, at, path)?;
    }
    if !leaf_usage_fits(leaf) {
        work.refuse(Fault::KeyUsageNoCertSign, at, path)?;
    }
    if cert_type(leaf) & SSL_SERVER == 0 {
        work.refuse(Fault::PurposeUnsuitable, at, path)?;
    }
    Ok(())
}

/// Whether an issuer signed a certificate, in a way that counts.
fn check_signature(work: &Work<'_>, at: At<'_>, issuer: &Member, path: &[Hop]) -> Checked {
    match algorithm(at.member, work.nss) {
        Algorithm::Disabled => work.refuse(Fault::DigestWeak, at, path),
        Algorithm::Unknown => work.refuse(Fault::AlgorithmUnsupported, at, path),
        Algorithm::Known if !work.notes.signed(issuer, at.member) => work.refuse(Fault::SignatureBad, at, path),
        Algorithm::Known => Ok(()),
    }
}

/// What an issuer says of what may stand below it: the certificates so far, each with whether it is the server's.
fn check_constraints(work: &Work<'_>, at: At<'_>, below: &[(Arc<Member>, bool)], path: &[Hop]) -> Checked {
    let basic = at.member.basic_constraints.value();
    if basic.is_some_and(|found| !found.ca) {
        work.refuse(Fault::NotCa, at, path)?;
    }
    if let Some(limit) = basic.and_then(|found| found.path_len)
        && i64::try_from(at.depth.saturating_sub(1)).unwrap_or(i64::MAX) > limit
    {
        work.refuse(Fault::PathLength, at, path)?;
    }
    if let Some(constraints) = at.member.name_constraints.value() {
        for (named, is_leaf) in below {
            if let Err(fault) = names::within(named, *is_leaf, constraints) {
                work.refuse(fault, at, path)?;
            }
        }
    }
    Ok(())
}

/// `find_cert_issuer`: by name, key identifier and being an authority; then the best.
fn find_issuer(work: &Work<'_>, subject: &Member, depth: usize) -> Option<Candidate> {
    let mut all = work.named(search::issuer(subject));
    if search::issuer(subject) == search::subject(subject) {
        // `CERT_FindCertIssuer`: a root is its own issuer.
        let own = all.into_iter().find(|candidate| candidate.member.is(subject));
        return own.inspect(|own| work.notes.step(depth, own.from, Outcome::Taken));
    }
    let fits: Vec<Fit> = all.iter().map(|candidate| identifier_fits(subject, &candidate.member)).collect();
    let best_fit = if fits.contains(&Fit::Yes) { Fit::Yes } else { Fit::Unknown };
    let mut fits = fits.into_iter();
    all.retain(|candidate| {
        let keeps = fits.next() == Some(best_fit);
        if !keeps {
            work.notes.pass(depth, candidate.from, "its key identifier is not the authority key identifier");
        }
        keeps
    });
    all.retain(|candidate| {
        let ca =
            candidate.trusted || is_authority(&candidate.member) || work.forgiven.lets(Fault::NotCa, &candidate.member);
        if !ca {
            work.notes.pass(depth, candidate.from, "it is no certification authority");
        }
        ca
    });
    let now = work.question.at;
    let mut best: Option<(usize, Rank)> = None;
    for (at, candidate) in all.iter().enumerate() {
        let member = &candidate.member;
        let usage = member.key_usage.value().is_none_or(|usage| usage.key_cert_sign());
        let rank = Rank {
            matches: usage && (candidate.trusted || cert_type(member) & SSL_CA != 0),
            valid: time_fault(member, now, SLACK).is_none(),
            trusted: candidate.trusted,
        };
        best = match best {
            Some((before, known)) if !prefers(&all[before], known, candidate, rank, now) => {
                work.notes.pass(depth, candidate.from, "another of the same name is newer, valid or trusted");
                Some((before, known))
            }
            Some((before, _)) => {
                work.notes.pass(depth, all[before].from, "another of the same name is newer, valid or trusted");
                Some((at, rank))
            }
            None => Some((at, rank)),
        };
    }
    let chosen = all.swap_remove(best?.0);
    work.notes.step(depth, chosen.from, Outcome::Taken);
    Some(chosen)
}

/// What `nssCertificateArray_FindBestCertificate` compares, in its order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    matches: bool,
    valid: bool,
    trusted: bool,
}

/// Whether the later one is taken: it ranks higher, or as high and the earlier is not newer.
fn prefers(before: &Candidate, known: Rank, candidate: &Candidate, rank: Rank, now: Timestamp) -> bool {
    match rank.cmp(&known) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => !is_newer(&before.member, &candidate.member, now),
    }
}

/// `CERT_IsNewer`.
fn is_newer(one: &Member, other: &Member, now: Timestamp) -> bool {
    let (Some(one_begins), Some(one_ends)) = (one.not_before.at, one.not_after.at) else { return false };
    let (Some(begins), Some(ends)) = (other.not_before.at, other.not_after.at) else { return true };
    match (one_begins > begins, one_ends > ends) {
        (true, true) => true,
        (false, false) => false,
        (true, false) => one_ends >= now,
        (false, true) => ends < now,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    Unknown,
}

/// `nss3certificate_matchIdentifier`.
fn identifier_fits(subject: &Member, issuer: &Member) -> Fit {
    let Some(authority) = subject.authority_key_id.value() else { return Fit::Unknown };
    let mut fit = Fit::Unknown;
    if let (Some(wanted), Some(found)) = (&authority.key_id, issuer.subject_key_id.value()) {
        if wanted != found {
            return Fit::No;
        }
        fit = Fit::Yes;
    }
    if let Some(names) = &authority.issuer {
        let named = names.iter().find_map(|name| name.directory());
        let same =
            named.is_some_and(|name| *name == *issuer.issuer) && authority.serial.as_deref() == Some(issuer.serial());
        fit = if same { Fit::Yes } else { Fit::Unknown };
    }
    fit
}
