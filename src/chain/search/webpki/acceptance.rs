//! What rustls refuses of an authority by itself: of an anchor its key alone, of one between all that it reads.

use super::walk::{form, readable, supports_key};
use crate::chain::acceptance::Place;
use crate::chain::member::Member;
use crate::policy::Fault;
use crate::policy::rustls::Rustls;

/// The faults of an anchor, or of one between.
pub(in crate::chain) fn faults(member: &Member, place: Place, rustls: Rustls) -> Vec<Fault> {
    let mut faults: Vec<Fault> = supports_key(member, rustls).err().into_iter().collect();
    if place == Place::Anchor {
        faults.extend(unread(member));
        return faults;
    }
    faults.extend(readable(member));
    faults.extend(form(member, 1));
    if !super::walk::knows_algorithm(member, rustls) {
        faults.push(Fault::AlgorithmUnsupported);
    }
    faults
}

/// Whether the library makes no anchor of it.
#[cfg(feature = "signatures")]
fn unread(member: &Member) -> Option<Fault> {
    let der = pki_types::CertificateDer::from(member.certificate().der());
    webpki::anchor_from_trusted_cert(&der).is_err().then_some(Fault::Malformed)
}

#[cfg(not(feature = "signatures"))]
fn unread(_: &Member) -> Option<Fault> {
    None
}
