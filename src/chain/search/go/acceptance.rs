//! What a program built with Go refuses of an authority by itself.

use super::issuer::{cannot_sign, refused_scheme, short_key};
use super::parse::parse;
use super::path::{is_distrusted, is_for_others};
use super::scheme::key_of;
use crate::chain::acceptance::Place;
use crate::chain::member::Member;
use crate::policy::Fault;
use crate::policy::go::Go;

/// An anchor that Go cannot read is none of its roots; one that was sent and cannot be read ends the handshake.
pub(in crate::chain) fn faults(member: &Member, place: Place, go: Go) -> Vec<Fault> {
    let parsed = match parse(member, go) {
        Ok(parsed) => parsed,
        Err(refused) => return vec![refused.fault],
    };
    let mut faults = cannot_sign(member, &parsed);
    let between = place == Place::Between;
    // `isValid` wants basic constraints of an intermediate whatever its version.
    let no_authority = between && !parsed.basic.is_some_and(|(ca, _)| ca);
    let kind = key_of(member).0;
    let unknown_key = kind.is_empty() || (kind == "ML-DSA" && !go.is(27));
    let found = [
        (no_authority, Fault::NotCa),
        (parsed.unhandled, Fault::CriticalUnknown),
        (is_for_others(&parsed), Fault::PurposeUnsuitable),
        (unknown_key, Fault::AlgorithmUnsupported),
        (short_key(member, go).is_some(), Fault::CaKeyWeak),
        (go.is(27) && is_distrusted(member), Fault::AnchorDistrusted),
    ];
    faults.extend(found.into_iter().filter(|(broken, _)| *broken).map(|(_, fault)| fault));
    if between {
        faults.extend(refused_scheme(member, go).map(|(fault, _)| fault));
    }
    faults
}
