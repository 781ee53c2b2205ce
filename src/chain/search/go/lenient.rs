//! A certificate that Go refuses to read, read nonetheless.

use super::super::{dns_names, usages};
use super::parse::{Names, Parsed};
use crate::chain::member::Member;

/// A certificate that Go refuses to read, as far as it says what others go by: to see what is behind.
pub(super) fn lenient(member: &Member) -> Parsed {
    let id = |found: Option<&Box<[u8]>>| found.map(|octets| octets.to_vec()).unwrap_or_default();
    Parsed {
        basic: member.basic_constraints.value().map(|bc| (bc.ca, bc.path_len.and_then(|len| u64::try_from(len).ok()))),
        key_usage: member.key_usage.value().map_or(0, |usage| usage.0),
        usages: usages(member).unwrap_or_default().to_vec(),
        names: member.subject_alt_name.is_there().then(|| Names { dns: dns_names(member), ..Names::default() }),
        authority: id(member.authority_key_id.value().and_then(|authority| authority.key_id.as_ref())),
        identifier: id(member.subject_key_id.value()),
        ..Parsed::default()
    }
}
