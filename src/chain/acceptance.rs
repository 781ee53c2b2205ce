//! What a verifier holds against an authority by itself, whatever it issued.
//!
//! That a root is in a store does not make every verifier end a path with it: one wants critical basic
//! constraints of it, another looks at its extended key usage, a third cannot read its key. Each family says here
//! what it would refuse of a certificate as an anchor, or between one and the server's own; what depends on the
//! rest of a path (dates of others, names, path lengths) is left out, and so are its own dates. The rules are the
//! functions that the engines themselves ask, so that an authority that is named here is in no path that they
//! accept.

use super::member::Member;
use super::{Trusted, gnutls, nss, openssl, search};
use crate::model::Timestamp;
use crate::policy::{Fault, Policy};
use std::sync::Arc;

/// Where an authority stands in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The path ends with it.
    Anchor,
    /// It was sent, or stands in a store, and the path goes on above it.
    Between,
}

/// Faults by which a certificate is no certification authority.
#[must_use]
pub const fn is_no_authority(fault: Fault) -> bool {
    matches!(fault, Fault::NotCa | Fault::AnchorNotCa | Fault::KeyUsageNoCertSign)
}

/// Why no path with this certificate in this place is accepted, as far as the certificate itself says; `trust` is
/// what the store says of an anchor.
#[must_use]
pub fn faults(member: &Arc<Member>, place: Place, trust: Trusted, at: Timestamp, policy: &Policy) -> Vec<Fault> {
    let found = match policy {
        Policy::OpenSsl(policy) => openssl::acceptance::faults(member, place, trust, at, policy),
        Policy::Go(policy) => search::go::acceptance::faults(member, place, *policy),
        Policy::Java(policy) => search::java::acceptance::faults(member, place, at, policy),
        Policy::Rustls(policy) => search::webpki::acceptance::faults(member, place, *policy),
        Policy::Pyca(policy) => search::pyca::acceptance::faults(member, place, *policy),
        Policy::GnuTls(policy) => gnutls::acceptance::faults(member, place, policy),
        Policy::Nss(policy) => nss::acceptance::faults(member, place, *policy),
    };
    let mut faults: Vec<Fault> = Vec::new();
    for fault in found {
        // Its dates and its place are no matter of its form.
        let depends = matches!(fault, Fault::Expired | Fault::NotYetValid | Fault::PathLength);
        if !depends && !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    // What is no authority is not fit for the purpose of one either, which says nothing more.
    if faults.iter().any(|fault| is_no_authority(*fault)) {
        faults.retain(|fault| *fault != Fault::PurposeUnsuitable);
    }
    faults
}

/// Whether Java reads a certificate at all: a keystore with one that it does not read, it does not open.
#[must_use]
pub fn is_read_by_java(member: &Member) -> bool {
    search::java::acceptance::is_read(member)
}

#[cfg(test)]
mod tests;
