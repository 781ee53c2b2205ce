//! What a program on GnuTLS refuses of an authority by itself.

use super::certificate::{
    Algorithm, algorithm, has_purpose, has_unknown_critical, knows_key, may_sign_certificates, unreadable,
};
use super::constraints::Constraints;
use super::list::is_issuer;
use super::{authority, is_weak};
use crate::chain::acceptance::Place;
use crate::chain::member::Member;
use crate::policy::Fault;
use crate::policy::gnutls::GnuTls;

/// What `verify_crt` asks of an issuer; of one that was sent also what it asks of the certificate below another.
pub(in crate::chain) fn faults(member: &Member, place: Place, policy: &GnuTls) -> Vec<Fault> {
    let by_anchor = place == Place::Anchor;
    let mut faults = Vec::new();
    // A root of version 1 is not asked whether it may sign.
    if !by_anchor || member.version != 1 {
        faults.extend(authority(member, by_anchor && is_issuer(member, member)).err());
        match may_sign_certificates(member) {
            Ok(true) => {}
            Ok(false) => faults.push(Fault::KeyUsageNoCertSign),
            Err(fault) => faults.push(fault),
        }
    }
    let found = [
        (!knows_key(member, policy), Fault::AlgorithmUnsupported),
        (has_unknown_critical(member), Fault::CriticalUnknown),
        (is_weak(member, policy), Fault::CaKeyWeak),
    ];
    faults.extend(found.into_iter().filter(|(broken, _)| *broken).map(|(_, fault)| fault));
    faults.extend(Constraints::default().add(member).err());
    faults.extend(unreadable(member).map(|unread| unread.fault));
    if by_anchor {
        return faults;
    }
    if policy.purpose && !has_purpose(member, false) {
        faults.push(Fault::PurposeUnsuitable);
    }
    match algorithm(member, policy) {
        Algorithm::Unknown => faults.push(Fault::AlgorithmUnsupported),
        Algorithm::Insecure if !is_issuer(member, member) => faults.push(Fault::DigestWeak),
        _ => {}
    }
    faults
}
