//! The servers that a list of exceptions takes from a proxy, as curl reads it (`Curl_check_noproxy`,
//! lib/noproxy.c of 7.88).
//!
//! A name excepts itself and what is below it, with a dot before it or without; an address excepts itself,
//! or its network with `/BITS`; names are never resolved to be compared with networks. A lone `*` excepts
//! everything. Commas and blanks stand between entries; to later versions a blank ends the list
//! (docs/DEPRECATE.md), which is not followed: whoever wrote it meant to except what comes after it.

use super::target::Host;
use std::net::IpAddr;

/// The entry of `list` that excepts `host`.
pub(super) fn excepting<'l>(list: &'l str, host: &Host) -> Option<&'l str> {
    if list == "*" {
        return Some(list);
    }
    entries(list).find(|entry| match host {
        Host::Name(name) => is_below(name.as_str(), entry),
        Host::Address(address) => is_in(*address, entry),
    })
}

fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty())
}

fn is_below(name: &str, entry: &str) -> bool {
    let entry = entry.strip_suffix('.').unwrap_or(entry);
    let entry = entry.strip_prefix('.').unwrap_or(entry);
    let Some(before) = name.len().checked_sub(entry.len()) else { return false };
    let is_whole = before == 0 || name.as_bytes().get(before - 1) == Some(&b'.');
    is_whole && name.get(before..).is_some_and(|end| end.eq_ignore_ascii_case(entry))
}

/// Whether an address is that of the entry, or in its network. `/0` is no network but the address itself.
fn is_in(address: IpAddr, entry: &str) -> bool {
    let (network, bits) = entry.split_once('/').unwrap_or((entry, "0"));
    // Of an IPv6 entry curl does not take off brackets.
    let (Ok(network), Some(bits)) = (network.parse::<IpAddr>(), leading(bits)) else { return false };
    let (address, network, width) = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            (u128::from(u32::from(address)), u128::from(u32::from(network)), 32)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => (u128::from(address), u128::from(network), 128),
        _ => return false,
    };
    let kept = if bits == 0 { width } else { bits };
    kept <= width && (address ^ network) >> (width - kept) == 0
}

/// The number that a text begins with, as `atoi` reads it; none if it is negative or large.
fn leading(text: &str) -> Option<u32> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    match text.get(..digits) {
        Some("") => {
            if text.starts_with('-') {
                None
            } else {
                Some(0)
            }
        }
        Some(number) => number.parse().ok(),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `oracles/handshake` holds against curl itself, too.
    #[test]
    fn exceptions_are_read_as_curl_reads_them() {
        for (list, host, is_excepted) in [
            ("*", "h.example", true),
            ("* ", "h.example", false),
            ("x,*", "h.example", false),
            ("h.example", "h.example", true),
            ("H.Example", "h.eXample", true),
            ("example", "h.example", true),
            (".example", "h.example", true),
            (".h.example", "h.example", true),
            ("ample", "h.example", false),
            ("g.h.example", "h.example", false),
            ("h.example.", "h.example", true),
            ("a , h.example", "h.example", true),
            ("a h.example", "h.example", true),
            ("a,,h.example", "h.example", true),
            (" h.example", "h.example", true),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.0/24", "192.0.2.1", true),
            ("192.0.2.0/24", "192.0.3.1", false),
            ("192.0.2.0/33", "192.0.2.0", false),
            ("0.0.0.0/0", "192.0.2.1", false),
            ("192.0.2.1/0", "192.0.2.1", true),
            ("192.0.2", "192.0.2.1", false),
            (".2.1", "192.0.2.1", false),
            ("2001:db8::/32", "2001:db8::1", true),
            ("2001:db8::1", "2001:db8::1", true),
            ("[2001:db8::1]", "2001:db8::1", false),
            ("192.0.2.0/24", "::ffff:192.0.2.1", false),
            ("", "h.example", false),
        ] {
            let host: Host = host.parse().unwrap();
            assert_eq!(excepting(list, &host).is_some(), is_excepted, "{list:?} {host}");
        }
    }
}
