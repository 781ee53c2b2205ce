//! libpkix, as `CERT_PKIXVerifyCert` drives it: a search over issuers that are valid now.
//!
//! A candidate must be an authority, valid, and have the key identifier that the certificate below names;
//! then it is looked into like an intermediate, the anchor too: key usage, critical extensions (the authority
//! key identifier is none that it processes), name constraints, path length. `lib/libpkix/pkix/top/pkix_build.c`
//! and `checker`; what it tells of several faults was compared with `vfychain -pp` of 3.87.

use super::certificate::{is_authority, time_fault};
use super::{At, Candidate, Fit, Found, Work, check_leaf, check_signature, identifier_fits, names};
use crate::chain::member::{Member, oids};
use crate::chain::search::{self, with};
use crate::chain::{From, Hop, Outcome};
use crate::model::Oid;
use crate::policy::{Fault, Printed};

/// Certificates of a path (`PKIX_FORWARDBUILDERSTATE` stops at `maxDepth`, which vfychain leaves open); ours.
const LENGTH: usize = 20;

pub(super) fn verify(work: &Work<'_>) -> Found {
    let Some(leaf) = work.question.sent.first() else { return Err(work.missing(0, &[])) };
    let path = with(&[], leaf, From::Sent(0));
    check_leaf(work, leaf, &path)?;
    forward(work, &path)
}

/// From the last of a path on: the first candidate that leads to an anchor, else the last fault.
fn forward(work: &Work<'_>, path: &[Hop]) -> Found {
    let Some(last) = path.last() else { return Err(work.missing(0, path)) };
    let depth = path.len() - 1;
    let child = &last.member;
    let mut failed = None;
    let mut candidates = work.named(search::issuer(child));
    candidates.sort_by_key(|candidate| !candidate.trusted);
    if candidates.iter().any(|_| work.notes.spend()) || path.len() >= LENGTH {
        candidates.clear();
    }
    for candidate in candidates {
        let (from, member) = (candidate.from, &candidate.member);
        if path.iter().any(|hop| hop.member.is(member)) && !candidate.trusted {
            // A self-signed certificate that was sent and is no anchor.
            if child.is(member) || search::subject(member) == search::issuer(member) {
                let longer = with(path, member, from);
                let fault = if member.is_ca() { Fault::SelfSignedSent } else { Fault::NotCa };
                failed = work.refuse(fault, At::subject(member, depth), &longer).err().or(failed);
            }
            work.notes.pass(depth, from, "it is in the path already");
            continue;
        }
        let longer = with(path, member, from);
        match issuer(work, child, &candidate, &longer) {
            Ok(true) => {
                work.notes.step(depth, from, Outcome::Taken);
                if candidate.trusted {
                    return Ok(longer);
                }
                match forward(work, &longer) {
                    Ok(path) => return Ok(path),
                    Err(why) => failed = Some(why),
                }
            }
            Ok(false) => work.notes.pass(depth, from, "it is not valid now"),
            Err(why) => {
                work.notes.pass(depth, from, why.0.printed.text.clone());
                failed = Some(why);
            }
        }
    }
    match failed {
        Some(failed) => Err(failed),
        None if work.forgiven.lets_missing() => Ok(path.to_vec()),
        None => Err(work.missing(depth, path)),
    }
}

/// Whether a candidate serves; false where it is not looked at further.
fn issuer(
    work: &Work<'_>,
    child: &Member,
    candidate: &Candidate,
    path: &[Hop],
) -> Result<bool, (search::Stop, Vec<Hop>)> {
    let member = &candidate.member;
    let above = path.len() - 1;
    if let Some(fault) = time_fault(member, work.question.at, super::SLACK)
        && !work.forgiven.lets(fault, member)
    {
        return Ok(false);
    }
    if identifier_fits(child, member) == Fit::No {
        told(work.refuse(Fault::IssuerNotFound, At::subject(child, above - 1), path), NOT_FOUND)?;
    }
    if !candidate.trusted && !is_authority(member) {
        work.refuse(Fault::NotCa, At::issuer(member, above), path)?;
    }
    if member.key_usage.value().is_some_and(|usage| !usage.key_cert_sign()) {
        work.refuse(Fault::KeyUsageNoCertSign, At::issuer(member, above), path)?;
    }
    for (depth, hop) in path.iter().enumerate() {
        if has_unprocessed_critical(&hop.member) {
            work.refuse(Fault::CriticalUnknown, At { member: &hop.member, depth, is_issuer: depth > 0 }, path)?;
        }
    }
    let between = path[1..above].iter().filter(|hop| !hop.member.is_self_issued()).count();
    if let Some(limit) = member.basic_constraints.value().and_then(|found| found.path_len)
        && i64::try_from(between).unwrap_or(i64::MAX) > limit
    {
        work.refuse(Fault::PathLength, At::issuer(member, above), path)?;
    }
    check_signature(work, At::subject(child, above - 1), member, path)?;
    if let Some(constraints) = member.name_constraints.value() {
        for (depth, hop) in path[..above].iter().enumerate() {
            if let Err(fault) = names::within(&hop.member, depth == 0, constraints) {
                let code = if candidate.trusted { NOT_FOUND } else { INVALID };
                told(work.refuse(fault, At::issuer(member, above), path), code)?;
            }
        }
    }
    Ok(true)
}

/// The codes that its checkers leave behind, which name other things than the one that is wrong: as
/// `vfychain -pp` of 3.87 prints them.
const NOT_FOUND: (i32, &str, &str) = (-8157, "SEC_ERROR_EXTENSION_NOT_FOUND", "Certificate extension not found.");
const INVALID: (i32, &str, &str) = (-8187, "SEC_ERROR_INVALID_ARGS", "security library: invalid arguments.");

type Refused = Result<(), (search::Stop, Vec<Hop>)>;

fn told(refused: Refused, (code, name, text): (i32, &'static str, &str)) -> Refused {
    refused.map_err(|(mut stop, path)| {
        stop.printed = Printed { code: Some(code), name: Some(name), text: text.to_owned() };
        (stop, path)
    })
}

/// Critical extensions that no checker of libpkix takes.
pub(super) fn has_unprocessed_critical(member: &Member) -> bool {
    const PROCESSED: [Oid; 9] = [
        oids::KEY_USAGE,
        oids::SUBJECT_ALT_NAME,
        oids::BASIC_CONSTRAINTS,
        oids::NAME_CONSTRAINTS,
        oids::POLICIES,
        oids::POLICY_MAPPINGS,
        oids::POLICY_CONSTRAINTS,
        oids::EXTENDED_KEY_USAGE,
        oids::INHIBIT_ANY_POLICY,
    ];
    member.extensions.iter().any(|(oid, critical)| *critical && !PROCESSED.contains(oid))
}
