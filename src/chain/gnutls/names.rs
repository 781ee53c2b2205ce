//! Names as GnuTLS compares them: the host, and the server's names with constraints.
//!
//! Only the server's certificate is compared with the constraints of the whole path, and only names of the
//! kinds that the library knows; a constraint of another kind counts where it excludes. From
//! `lib/x509/hostname-verify.c`, `lib/str.c` and `lib/x509/name_constraints.c` of 3.7.9.

use crate::chain::member::Member;
use crate::chain::member::extension::{NameConstraints, Subtree};
use crate::chain::member::general_name::GeneralName;
use crate::chain::name::{ServerName, common_names};
use crate::policy::Fault;
use std::net::IpAddr;

/// `gnutls_x509_crt_check_hostname2`: a common name counts where no alternative name of any kind is there, it
/// is the only one, and the purpose is a TLS server's.
pub(super) fn host_matches(member: &Member, name: &ServerName) -> bool {
    let name = match name {
        ServerName::Ip(address) => {
            let octets = match address {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => address.octets().to_vec(),
            };
            return member.alt_names().any(|found| matches!(found, GeneralName::Ip(other) if **other == *octets));
        }
        ServerName::Dns(name) => name,
    };
    let mut any = false;
    for found in member.alt_names() {
        any = true;
        if let GeneralName::Dns(pattern) = found
            && is_printed(pattern)
            && pattern_matches(pattern, name)
        {
            return true;
        }
    }
    let common = common_names(member);
    let [only] = &common[..] else { return false };
    !any && super::certificate::has_purpose(member, true)
        && is_printed(only.as_bytes())
        && pattern_matches(only.as_bytes(), name)
}

fn is_printed(octets: &[u8]) -> bool {
    octets.iter().all(|octet| (0x20..0x7f).contains(octet))
}

/// `_gnutls_hostname_compare`: a wildcard is the whole first label, before a name of two labels at least.
fn pattern_matches(pattern: &[u8], name: &str) -> bool {
    let name = name.as_bytes();
    let Some(rest) = pattern.strip_prefix(b"*") else { return pattern.eq_ignore_ascii_case(name) };
    let dots = pattern.iter().filter(|octet| **octet == b'.').count();
    if dots < 2 || pattern.ends_with(b".") {
        return false;
    }
    let Some(dot) = name.iter().position(|octet| *octet == b'.') else { return false };
    name[dot..].eq_ignore_ascii_case(rest)
}

/// The server's names with the constraints of every issuer above it.
pub(super) fn within(member: &Member, all: &[NameConstraints]) -> Result<(), Fault> {
    for constraints in all {
        check(member, constraints)?;
    }
    Ok(())
}

fn check(member: &Member, constraints: &NameConstraints) -> Result<(), Fault> {
    let subtrees = || constraints.permitted.iter().chain(&constraints.excluded);
    if subtrees().any(|subtree| !is_known(&subtree.base)) {
        return Err(Fault::ConstraintUnsupported);
    }
    let has = |of: fn(&GeneralName) -> bool| subtrees().any(|subtree| of(&subtree.base));
    if has(is_dns) {
        let names: Vec<&[u8]> = member.alt_names().filter_map(dns).collect();
        let common: Vec<String>;
        let names = if names.is_empty() && super::certificate::has_purpose(member, true) {
            common = common_names(member);
            if common.len() > 1 {
                return Err(Fault::NameNotPermitted);
            }
            common.iter().map(String::as_bytes).collect()
        } else {
            names
        };
        for name in names {
            one(constraints, dns, |constraint| dns_fits(name, constraint))?;
        }
    }
    if has(is_email) {
        for name in member.alt_names().filter_map(email) {
            one(constraints, email, |constraint| email_fits(name, constraint))?;
        }
    }
    for name in member.alt_names().filter_map(ip) {
        let same = |constraint: &[u8]| constraint.len() == 2 * name.len();
        let kind = |found: &'_ GeneralName| matches!(found, GeneralName::Ip(octets) if same(octets));
        let fits = |subtree: &Subtree| ip(&subtree.base).is_some_and(|constraint| ip_fits(name, constraint));
        if constraints.excluded.iter().any(|subtree| kind(&subtree.base) && fits(subtree)) {
            return Err(Fault::NameExcluded);
        }
        let permitted: Vec<&Subtree> = constraints.permitted.iter().filter(|subtree| kind(&subtree.base)).collect();
        if !permitted.is_empty() && !permitted.iter().any(|subtree| fits(subtree)) {
            return Err(Fault::NameNotPermitted);
        }
    }
    // A directory name is excluded by any that is there, a URI where the certificate has one.
    if constraints.excluded.iter().any(|subtree| matches!(subtree.base, GeneralName::Directory { .. })) {
        return Err(Fault::NameExcluded);
    }
    let uris = member.alt_names().any(|found| matches!(found, GeneralName::Uri(_)));
    if uris && constraints.excluded.iter().any(|subtree| matches!(subtree.base, GeneralName::Uri(_))) {
        return Err(Fault::NameExcluded);
    }
    Ok(())
}

/// One name of a kind: excluded by one that fits or is empty, and permitted by one where any is.
fn one(
    constraints: &NameConstraints,
    kind: fn(&GeneralName) -> Option<&[u8]>,
    fits: impl Fn(&[u8]) -> bool,
) -> Result<(), Fault> {
    let mut excluded = constraints.excluded.iter().filter_map(|subtree| kind(&subtree.base));
    if excluded.any(|constraint| constraint.is_empty() || fits(constraint)) {
        return Err(Fault::NameExcluded);
    }
    let permitted = constraints.permitted.iter().filter_map(|subtree| kind(&subtree.base));
    let mut permitted = permitted.filter(|constraint| !constraint.is_empty()).peekable();
    let limited = permitted.peek().is_some();
    if limited && !permitted.any(fits) { Err(Fault::NameNotPermitted) } else { Ok(()) }
}

fn dns(name: &GeneralName) -> Option<&[u8]> {
    match name {
        GeneralName::Dns(octets) => Some(octets),
        _ => None,
    }
}

fn email(name: &GeneralName) -> Option<&[u8]> {
    match name {
        GeneralName::Email(octets) => Some(octets),
        _ => None,
    }
}

fn ip(name: &GeneralName) -> Option<&[u8]> {
    match name {
        GeneralName::Ip(octets) => Some(octets),
        _ => None,
    }
}

fn is_dns(name: &GeneralName) -> bool {
    dns(name).is_some()
}

fn is_email(name: &GeneralName) -> bool {
    email(name).is_some()
}

/// `validate_name_constraints_node`.
fn is_known(name: &GeneralName) -> bool {
    match name {
        GeneralName::Ip(octets) => {
            let mask = &octets[octets.len() / 2..];
            let ones: u32 = mask.iter().map(|octet| octet.leading_ones()).sum();
            let total: u32 = mask.iter().map(|octet| octet.count_ones()).sum();
            matches!(octets.len(), 8 | 32) && ones == total
        }
        GeneralName::Other(..) | GeneralName::Unused(_) => false,
        _ => true,
    }
}

/// `dnsname_matches`: the same, or the end of it after a dot; capitals are other letters.
fn dns_fits(name: &[u8], constraint: &[u8]) -> bool {
    name == constraint
        || name
            .strip_suffix(constraint)
            .is_some_and(|before| before.ends_with(b".") || (constraint.starts_with(b".") && !before.is_empty()))
}

/// `email_matches`: an address, a host, or what ends in a domain.
fn email_fits(name: &[u8], constraint: &[u8]) -> bool {
    if name == constraint {
        return true;
    }
    let Some(before) = name.strip_suffix(constraint) else { return false };
    if constraint.starts_with(b".") { !before.is_empty() } else { before.ends_with(b"@") }
}

/// `ip_in_cidr`.
fn ip_fits(name: &[u8], constraint: &[u8]) -> bool {
    let (network, mask) = constraint.split_at(constraint.len() / 2);
    name.len() == network.len() && name.iter().zip(network).zip(mask).all(|((a, b), mask)| a & mask == b & mask)
}
