//! mozilla::pkix, as Firefox drives it: read in its source, compared with no program.
//!
//! Depth first over everything of the right name, each certificate checked by itself before its issuer is
//! looked for, signatures last (`PathBuildingStep::Check`, lib/mozpkix/lib/pkixbuild.cpp;
//! `CheckIssuerIndependentProperties`, pkixcheck.cpp). An error of the server's own certificate is told only
//! once a path was found. What the trust domain adds is from `NSSCertDBTrustDomain.cpp`: RSA keys of 1016
//! bits at least, SHA-256 and later, the curves of NIST.

use super::{At, Found, Work, names};
use crate::chain::member::{Member, oids};
use crate::chain::search::{self, with};
use crate::chain::{From, Hop, Outcome};
use crate::model::trust::{OCSP_SIGNING, SERVER_AUTH};
use crate::model::{Oid, PublicKey};
use crate::policy::Fault;
use std::sync::Arc;

/// Certificates between the server's and the anchor (`MAX_SUBCA_COUNT`).
const BETWEEN: usize = 6;
/// Candidates looked at (`buildForwardCallBudget`).
const BUDGET: usize = 200_000;
/// Bits of RSA keys (`MIN_RSA_BITS_WEAK`, security/certverifier/CertVerifier.cpp).
const RSA_BITS: u32 = 1016;

pub(super) fn verify(work: &Work<'_>) -> Found {
    let Some(leaf) = work.question.sent.first() else { return Err(work.missing(0, &[])) };
    let mut budget = BUDGET;
    forward(work, &with(&[], leaf, From::Sent(0)), false, &mut budget)
}

/// `BuildForward`.
fn forward(work: &Work<'_>, path: &[Hop], trusted: bool, budget: &mut usize) -> Found {
    let Some(last) = path.last() else { return Err(work.missing(0, path)) };
    let (member, depth) = (&last.member, path.len() - 1);
    let own = own_fault(work, member, depth, trusted, path);
    let deferred = match own {
        Some(fault) if !work.forgiven.lets(fault, member) => {
            if depth > 0 {
                work.refuse(fault, At::issuer(member, depth), path)?;
            }
            Some(fault)
        }
        _ => None,
    };
    if trusted {
        return Ok(path.to_vec());
    }
    if depth > BETWEEN {
        return Err(work.missing(depth, path));
    }
    let mut result: Option<(search::Stop, Vec<Hop>)> = None;
    let mut differs = false;
    let mut candidates = work.named(search::issuer(member));
    if candidates.iter().any(|_| work.notes.spend()) {
        candidates.clear();
    }
    for candidate in candidates {
        if *budget == 0 {
            break;
        }
        *budget -= 1;
        let repeated = |hop: &Hop| {
            hop.member.spki() == candidate.member.spki()
                && search::subject(&hop.member) == search::subject(&candidate.member)
        };
        if path.iter().any(repeated) {
            work.notes.pass(depth, candidate.from, "its name and key are in the path already");
            result.get_or_insert_with(|| work.missing(depth, path));
            continue;
        }
        match step(work, path, member, &candidate.member, candidate.from, candidate.trusted, budget) {
            Ok(found) => {
                work.notes.step(depth, candidate.from, Outcome::Taken);
                if let Some(fault) = deferred {
                    work.refuse(fault, At::subject(member, 0), &found)?;
                }
                return Ok(found);
            }
            Err(why) => {
                work.notes.pass(depth, candidate.from, why.0.printed.text.clone());
                differs |= result.as_ref().is_some_and(|(known, _)| known.fault != why.0.fault);
                result = Some(why);
            }
        }
    }
    match result {
        // Errors that differ become one.
        Some(failed) if !differs => Err(failed),
        None if work.forgiven.lets_missing() => Ok(path.to_vec()),
        _ => Err(work.missing(depth, path)),
    }
}

/// `PathBuildingStep::Check`.
fn step(
    work: &Work<'_>,
    path: &[Hop],
    child: &Arc<Member>,
    issuer: &Arc<Member>,
    from: From,
    trusted: bool,
    budget: &mut usize,
) -> Found {
    let depth = path.len() - 1;
    let longer = with(path, issuer, from);
    if let Some(constraints) = issuer.name_constraints.value() {
        for (at, hop) in path.iter().enumerate() {
            if let Err(fault) = names::within(&hop.member, at == 0, constraints) {
                work.refuse(fault, At::issuer(issuer, depth + 1), &longer)?;
            }
        }
    }
    let found = forward(work, &longer, trusted, budget)?;
    if !work.notes.signed(issuer, child) {
        work.refuse(Fault::SignatureBad, At::subject(child, depth), &longer)?;
    }
    Ok(found)
}

/// `CheckIssuerIndependentProperties`.
fn own_fault(work: &Work<'_>, member: &Member, depth: usize, trusted: bool, path: &[Hop]) -> Option<Fault> {
    form(member, depth, trusted, path.len()).or_else(|| super::certificate::time_fault(member, work.question.at, 0))
}

/// The same without its dates, for a certificate at the end of a path of `length`.
pub(super) fn form(member: &Member, depth: usize, trusted: bool, length: usize) -> Option<Fault> {
    let is_ca = depth > 0;
    if has_unknown_critical(member) {
        return Some(Fault::CriticalUnknown);
    }
    if !trusted && !member.algorithms_agree() {
        return Some(Fault::AlgorithmMismatch);
    }
    if !trusted && !knows(member) {
        return Some(Fault::DigestWeak);
    }
    match &member.key {
        PublicKey::Rsa { bits } if *bits < RSA_BITS => {
            return Some(if is_ca { Fault::CaKeyWeak } else { Fault::LeafKeyWeak });
        }
        PublicKey::Rsa { .. } => {}
        PublicKey::Ec { curve, .. } if ["P-256", "P-384", "P-521"].contains(&curve.as_str()) => {}
        _ => return Some(Fault::AlgorithmUnsupported),
    }
    if member.issuer.is_empty() {
        return Some(Fault::IssuerEmpty);
    }
    if is_ca && member.key_usage.value().is_some_and(|usage| !usage.key_cert_sign()) {
        return Some(Fault::KeyUsageNoCertSign);
    }
    let basic = member.basic_constraints.value();
    let ca = match basic {
        Some(found) => found.ca,
        None if is_ca && member.version == 1 && trusted => true,
        None if is_ca && member.version == 1 => return Some(Fault::VersionUnsupported),
        None => false,
    };
    match (is_ca, ca) {
        (false, true) => return Some(Fault::LeafIsCa),
        (true, false) => return Some(Fault::NotCa),
        _ => {}
    }
    let between = i64::try_from(length.saturating_sub(2)).unwrap_or(i64::MAX);
    if is_ca && basic.and_then(|found| found.path_len).is_some_and(|limit| between > limit) {
        return Some(Fault::PathLength);
    }
    if search::usages(member).is_some_and(|usages| !usages.contains(&SERVER_AUTH)) || (!is_ca && signs_ocsp(member)) {
        return Some(Fault::PurposeUnsuitable);
    }
    None
}

fn signs_ocsp(member: &Member) -> bool {
    search::usages(member).is_some_and(|usages| usages.contains(&OCSP_SIGNING))
}

/// Algorithms of signatures that it decodes and the trust domain accepts.
fn knows(member: &Member) -> bool {
    let algorithm = member.algorithm.to_string();
    let known = [
        "1.2.840.113549.1.1.11",
        "1.2.840.113549.1.1.12",
        "1.2.840.113549.1.1.13",
        "1.2.840.10045.4.3.2",
        "1.2.840.10045.4.3.3",
        "1.2.840.10045.4.3.4",
    ];
    known.contains(&algorithm.as_str())
        || (algorithm == "1.2.840.113549.1.1.10" && search::pss_digest(member).is_some())
}

/// Critical extensions that `BackCert` does not remember (lib/mozpkix/lib/pkixcert.cpp).
fn has_unknown_critical(member: &Member) -> bool {
    const KNOWN: [Oid; 12] = [
        oids::KEY_USAGE,
        oids::SUBJECT_ALT_NAME,
        oids::BASIC_CONSTRAINTS,
        oids::NAME_CONSTRAINTS,
        oids::POLICIES,
        oids::POLICY_CONSTRAINTS,
        oids::POLICY_MAPPINGS,
        oids::EXTENDED_KEY_USAGE,
        oids::INHIBIT_ANY_POLICY,
        oids::AUTHORITY_INFO_ACCESS,
        oids::OCSP_NO_CHECK,
        // id-pe-tlsfeature, RFC 7633.
        Oid::new_unwrap("1.3.6.1.5.5.7.1.24"),
    ];
    member.extensions.iter().any(|(oid, critical)| *critical && !KNOWN.contains(oid))
}
