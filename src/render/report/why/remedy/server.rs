//! What the server is to send.

use super::super::{issuer_of, label, place, quoted};
use super::Said;
use crate::chain::Place;
use crate::chain::member::Member;
use crate::render::report::hex;
use std::sync::Arc;

pub(super) fn send_intermediates(sent: &[(Arc<Member>, Option<Place>)]) -> Said {
    let names: Vec<_> = sent.iter().map(|(member, _)| label(member)).collect();
    let places = sent.iter().filter_map(|(_, place)| place.as_ref());
    let places: Vec<_> = places.map(|(store, slot)| place(store, slot).text()).collect();
    let places = if places.is_empty() { String::new() } else { format!("; castore has it from {}", places.join(", ")) };
    let names = names.join(", then ");
    Said::words("send-intermediate", format!("have the server send {names} after its own certificate{places}"))
}

pub(super) fn send_first(member: &Member) -> Said {
    let says = format!("have the server send {}, its own certificate, before all others", label(member));
    Said::words("send-first", says)
}

pub(super) fn send_issuer(of: &Member, offered_at: &[String]) -> Said {
    let (issuer, offered) = (issuer(of), offered(of, offered_at));
    let says = format!("where it is an intermediate, have the server send {issuer} after its own certificate{offered}");
    Said::words("send-issuer", says)
}

/// An issuer that is not here, as far as what it issued tells.
pub(super) fn issuer(of: &Member) -> String {
    let authority = of.authority_key_id.value().and_then(|authority| authority.key_id.as_deref());
    let key = authority.map(|id| format!(" (key identifier {})", hex(id))).unwrap_or_default();
    format!("the certificate of {}{key}", issuer_of(of))
}

/// Where a certificate says that its issuer's is offered.
pub(super) fn offered(of: &Member, at: &[String]) -> String {
    if at.is_empty() { String::new() } else { format!("; {} says that it is at {}", quoted(of), at.join(" and ")) }
}
