//! A chain that leads to none of a client's anchors: whoever verifies at all refuses that, whatever its rules are.
//!
//! An anchor is the end of a chain by its name, in whatever way a verifier compares names, or by its key where the name
//! was forgotten; where no certificate that was sent has either in common with any anchor, no verifier finds one. What
//! one fetches from elsewhere (the address of an issuer, RFC 5280, 4.2.2.1) is its own affair.

use super::member::{Member, oids};
use super::{From, Hop, Judged, Located, Pool, Question, Verdict};
use crate::facts::Facts;
use crate::format::x509;
use crate::model::Name;
use crate::policy::{Fault, Printed};
use std::sync::Arc;

/// The refusal of a chain of which nothing leads to any anchor; nothing where something may.
#[must_use]
pub fn refused(question: &Question, pool: &Pool) -> Option<Judged> {
    let may_end = |sent: &Arc<Member>| {
        let fits = |anchor: &Member| {
            anchor.is(sent)
                || anchor.subject == sent.issuer
                || anchor.subject == sent.subject
                || anchor.spki() == sent.spki()
        };
        pool.anchors.iter().any(|held| fits(&held.member))
    };
    if question.sent.is_empty() || question.sent.iter().any(may_end) {
        return None;
    }
    let path = path(question);
    let fault = Located { fault: Fault::IssuerNotFound, depth: path.len() - 1 };
    let verdict = Verdict::Refuses { fault, printed: Printed::default() };
    Some(Judged { path, ..Judged::of(verdict) })
}

/// The server's certificate and those of its issuers that were sent, by their names.
fn path(question: &Question) -> Vec<Hop> {
    let mut path: Vec<Hop> = Vec::new();
    let mut next = Some(0);
    while let Some((at, member)) = next.and_then(|at| Some((at, question.sent.get(at)?))) {
        path.push(Hop { member: Arc::clone(member), from: From::Sent(at) });
        let is_new = |sent: &Arc<Member>| path.iter().all(|hop| !hop.member.is(sent));
        let ends = member.is_self_issued();
        next = (!ends)
            .then(|| question.sent.iter().position(|sent| sent.subject == member.issuer && is_new(sent)))
            .flatten();
    }
    path
}

/// Whether what was refused for want of an issuer leads to no root of any public programme that castore has a table of:
/// what has such roots and does not show them refuses it all the same.
///
/// A root is known by its fingerprint, and one that is not at hand by its name: roots of a programme are called in the
/// tables as they call themselves. Who `fetches` issuers, or brings intermediates, may reach one from a certificate that
/// says where its issuer is. Tables that are old at the moment asked for do not know the roots of today.
#[must_use]
pub fn is_no_ones(judged: &Judged, question: &Question, fetches: bool) -> bool {
    let Verdict::Refuses { fault, .. } = &judged.verdict else { return false };
    let wants_issuer = matches!(
        fault.fault,
        Fault::IssuerNotFound | Fault::LeafUnverifiable | Fault::SelfSignedLeaf | Fault::SelfSignedSent
    );
    let Some(last) = judged.path.last().map(|hop| &hop.member) else { return false };
    let is_own = last.is_self_issued();
    if !wants_issuer || !is_own && fetches && last.has(oids::AUTHORITY_INFO_ACCESS) {
        return false;
    }
    let facts = Facts::built_in();
    let is_old = facts.files().iter().any(|file| file.is_old(question.at));
    let is_known = question.sent.iter().any(|sent| !facts.standings(&sent.fingerprint()).is_empty());
    let is_named = |name: &Name| {
        let values = ["CN", "OU", "O"].into_iter().flat_map(|kind| name.values(kind)).map(|value| value.raw());
        let values: Vec<&str> = values.collect();
        facts.programs().iter().flat_map(crate::facts::Program::names).any(|known| {
            // The tables put the organisation behind a name that does not say it.
            let bare = known.split(" (").next().unwrap_or(known);
            values.iter().any(|value| value.eq_ignore_ascii_case(known) || value.eq_ignore_ascii_case(bare))
        })
    };
    !is_old
        && !is_known
        && question.sent.iter().all(|sent| {
            let details = x509::details(sent.certificate());
            details.is_ok_and(|details| !is_named(&details.issuer))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{Held, Trusted};
    use crate::model::Timestamp;

    fn member(der: &[u8]) -> Arc<Member> {
        Arc::new(Member::new(Arc::new(x509::read(der.to_vec().into()))).unwrap())
    }

    /// An authority of a name, and a server's certificate of it, with or without where its issuer is.
    fn issued(name: &str, says_where: bool) -> (Arc<Member>, Arc<Member>) {
        let mut root = rcgen::CertificateParams::default();
        root.distinguished_name = rcgen::DistinguishedName::new();
        root.distinguished_name.push(rcgen::DnType::CommonName, name);
        root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let made = root.self_signed(&key).unwrap();
        let issuer = rcgen::Issuer::new(root, key);
        let mut leaf = rcgen::CertificateParams::new(["a.test".to_owned()]).unwrap();
        if says_where {
            // caIssuers at "i".
            let access = vec![0x30, 15, 0x30, 13, 6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2, 0x86, 1, b'i'];
            let oid = [1, 3, 6, 1, 5, 5, 7, 1, 1];
            leaf.custom_extensions = vec![rcgen::CustomExtension::from_oid_content(&oid, access)];
        }
        let leaf = leaf.signed_by(&rcgen::KeyPair::generate().unwrap(), &issuer).unwrap();
        (member(made.der()), member(leaf.der()))
    }

    fn question(sent: &[&Arc<Member>]) -> Question {
        let sent = sent.iter().map(|member| Arc::clone(member)).collect();
        // A day on which the tables are new.
        Question { sent, name: None, at: Timestamp::from_unix(1_795_000_000), stapled: None }
    }

    fn pool(roots: &[&Arc<Member>]) -> Pool {
        let held = |member: &&Arc<Member>| Held {
            member: Arc::clone(member),
            place: None,
            ends_chain: true,
            trust: Trusted::Unstated,
        };
        Pool { anchors: roots.iter().map(held).collect() }
    }

    #[test]
    fn what_leads_to_no_anchor_is_refused_and_what_may_is_left_open() {
        let ((root, leaf), (other, _)) = (issued("Corp", false), issued("Other", false));
        let refused = |sent: &[&Arc<Member>], roots: &[&Arc<Member>]| {
            super::refused(&question(sent), &pool(roots)).map(|judged| judged.path.len())
        };
        assert_eq!(refused(&[&leaf], &[]), Some(1));
        assert_eq!(refused(&[&leaf, &root], &[&other]), Some(2));
        assert_eq!(refused(&[&leaf], &[&root, &other]), None);
        assert_eq!(refused(&[&root], &[&root]), None);
        assert_eq!(refused(&[], &[&root]), None);
        // One of the same name and another key may be the one.
        assert_eq!(refused(&[&leaf], &[&issued("Corp", false).0]), None);
    }

    #[test]
    fn no_public_programme_has_a_root_for_a_private_chain() {
        let is_no_ones = |sent: &[&Arc<Member>], fetches: bool| {
            let question = question(sent);
            let judged = super::refused(&question, &Pool::default()).unwrap();
            super::is_no_ones(&judged, &question, fetches)
        };
        let (root, leaf) = issued("Corp Root 7", false);
        assert!(is_no_ones(&[&leaf], true) && is_no_ones(&[&leaf, &root], true));
        let (_, public) = issued("isrg root x1", false);
        assert!(!is_no_ones(&[&public], false));
        let (root, leaf) = issued("Corp Root 7", true);
        assert!(is_no_ones(&[&leaf], false) && !is_no_ones(&[&leaf], true) && is_no_ones(&[&leaf, &root], true));
    }
}
