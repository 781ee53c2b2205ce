//! What a Java program refuses of an authority by itself.

use super::algorithms::{
    anchor_faults, has_unknown_critical, is_blocked, is_ml_dsa, knows, knows_curve, unsupported_by_tls, weak, weak_key,
};
use super::parse;
use crate::chain::acceptance::Place;
use crate::chain::member::Member;
use crate::model::Timestamp;
use crate::policy::Fault;
use crate::policy::java::Java;

/// Whether `X509CertImpl` takes its octets.
pub(in crate::chain) fn is_read(member: &Member) -> bool {
    parse::read(member).is_ok()
}

/// Of an anchor the name, the key and whether it is an authority count.
pub(in crate::chain) fn faults(member: &Member, place: Place, at: Timestamp, java: &Java) -> Vec<Fault> {
    if let Err((fault, _)) = parse::read(member) {
        return vec![fault];
    }
    let mut faults = Vec::new();
    if is_blocked(member) {
        faults.push(Fault::AnchorDistrusted);
    }
    // A key of these kinds verifies signatures of the same identifier alone.
    let key = member.key_algorithm.to_string();
    if !knows_curve(member, java) {
        faults.push(Fault::AlgorithmUnsupported);
    }
    if is_ml_dsa(&key) || matches!(key.as_str(), "1.3.101.112" | "1.3.101.113") && !knows(&key, java) {
        faults.push(Fault::AlgorithmUnsupported);
    }
    if place == Place::Anchor {
        faults.extend(weak_key(member, true, false, at, java).map(|(fault, _)| fault));
        faults.extend(anchor_faults(member, java));
        return faults;
    }
    let algorithm = member.algorithm.to_string();
    let cannot_sign = member.key_usage.value().is_some_and(|usage| !usage.key_cert_sign());
    let no_authority = member.version < 3 || !member.is_ca();
    let unsupported = !knows(&algorithm, java) || unsupported_by_tls(member, None, java).is_some();
    faults.extend(weak(member, 1, false, at, java).map(|(fault, _)| fault));
    let found = [
        (no_authority, Fault::NotCa),
        (cannot_sign, Fault::KeyUsageNoCertSign),
        (unsupported, Fault::AlgorithmUnsupported),
        (has_unknown_critical(member), Fault::CriticalUnknown),
    ];
    faults.extend(found.into_iter().filter(|(broken, _)| *broken).map(|(_, fault)| fault));
    faults
}
