//! What NSS's verifiers refuse of an authority by itself.

use super::certificate::{Algorithm, SSL_CA, algorithm, cert_type, has_known_key, has_unknown_critical, is_authority};
use super::{libpkix, mozilla};
use crate::chain::acceptance::Place;
use crate::chain::member::Member;
use crate::policy::Fault;
use crate::policy::nss::{Nss, Verifier};

/// The faults of an anchor, which its store trusts, or of one between.
pub(in crate::chain) fn faults(member: &Member, place: Place, nss: Nss) -> Vec<Fault> {
    let trusted = place == Place::Anchor;
    // What cannot be put into a database is no anchor there.
    if trusted && !has_known_key(member, nss) {
        return vec![Fault::AlgorithmUnsupported];
    }
    match nss.verifier {
        Verifier::Classic => classic(member, trusted, nss),
        Verifier::LibPkix => pkix(member, trusted, nss),
        Verifier::Mozilla => mozilla::form(member, 1, trusted, 2).into_iter().collect(),
    }
}

fn classic(member: &Member, trusted: bool, nss: Nss) -> Vec<Fault> {
    let basic = member.basic_constraints.value();
    if trusted {
        return basic.filter(|found| !found.ca).map(|_| Fault::NotCa).into_iter().collect();
    }
    let mut faults = own_algorithm(member, nss);
    let no_authority = !basic.is_some_and(|found| found.ca) || cert_type(member) & SSL_CA == 0;
    let cannot_sign = member.key_usage.value().is_some_and(|usage| !usage.key_cert_sign());
    let found = [
        (no_authority, Fault::NotCa),
        (cannot_sign, Fault::KeyUsageNoCertSign),
        (has_unknown_critical(member), Fault::CriticalUnknown),
        (!member.algorithms_agree(), Fault::AlgorithmMismatch),
    ];
    faults.extend(found.into_iter().filter(|(broken, _)| *broken).map(|(_, fault)| fault));
    faults
}

fn pkix(member: &Member, trusted: bool, nss: Nss) -> Vec<Fault> {
    let cannot_sign = member.key_usage.value().is_some_and(|usage| !usage.key_cert_sign());
    let found = [
        (!trusted && !is_authority(member), Fault::NotCa),
        (cannot_sign, Fault::KeyUsageNoCertSign),
        (libpkix::has_unprocessed_critical(member), Fault::CriticalUnknown),
    ];
    let mut faults: Vec<Fault> = found.into_iter().filter(|(broken, _)| *broken).map(|(_, fault)| fault).collect();
    if !trusted {
        faults.extend(own_algorithm(member, nss));
    }
    faults
}

/// What is said of the algorithm that a certificate is signed with.
fn own_algorithm(member: &Member, nss: Nss) -> Vec<Fault> {
    match algorithm(member, nss) {
        Algorithm::Known => Vec::new(),
        Algorithm::Disabled => vec![Fault::DigestWeak],
        Algorithm::Unknown => vec![Fault::AlgorithmUnsupported],
    }
}
