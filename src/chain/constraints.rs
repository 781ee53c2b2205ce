//! Name constraints: is every name of a certificate within what an issuer above it permits.
//!
//! The rules are those of RFC 5280, 4.2.1.10, as `NAME_CONSTRAINTS_check` of OpenSSL reads them
//! (crypto/x509/v3_ncons.c). Other verifiers differ in which names they look at and in a handful of edges;
//! what compares two names is here, each on its own, for all of them.

pub mod boring;

use super::member::Member;
use super::member::extension::{NameConstraints, Subtree};
use super::member::general_name::GeneralName;
use super::name;
use crate::format::der::tag;
use crate::format::x509;
use crate::model::Oid;
use crate::policy::Fault;

/// Comparisons of a name with a subtree that OpenSSL makes for one certificate and one issuer: 2^20
/// (`NAME_CHECK_MAX`, crypto/x509/v3_ncons.c).
pub const COMPARISONS: usize = 1 << 20;

/// id-on-SmtpUTF8Mailbox (RFC 8398): a mail address as otherName.
const SMTP_UTF8_MAILBOX: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.8.9");

/// emailAddress, 1.2.840.113549.1.9.1, with tag and length.
const EMAIL_ADDRESS: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];

/// What a name is to a subtree.
type Compared = Result<bool, Fault>;

/// Whether the names of a certificate are within constraints, OpenSSL's way: its subject as a directory
/// name, the mail addresses in it, its alternative names.
///
/// # Errors
/// The fault of the first name that is not.
pub fn check(member: &Member, constraints: &NameConstraints) -> Result<(), Fault> {
    if comparisons(member, constraints) > COMPARISONS {
        return Err(Fault::LimitReached);
    }
    if attributes(member) > 0 {
        let directory = GeneralName::Directory { der: Box::default(), canonical: member.subject.clone() };
        check_name(&directory, constraints)?;
        for (kind, octets) in name::attributes(member, EMAIL_ADDRESS) {
            if kind != tag::IA5 {
                return Err(Fault::ConstrainedNameMalformed);
            }
            check_name(&GeneralName::Email(octets.into()), constraints)?;
        }
    }
    member.alt_names().try_for_each(|name| check_name(name, constraints))
}

/// Comparisons that a check takes at most: names times subtrees.
#[must_use]
pub fn comparisons(member: &Member, constraints: &NameConstraints) -> usize {
    let subtrees = constraints.permitted.len() + constraints.excluded.len();
    (attributes(member) + member.alt_names().count()).saturating_mul(subtrees)
}

/// How many attributes the subject has.
fn attributes(member: &Member) -> usize {
    let subject = member.certificate().subject_der().unwrap_or_default();
    x509::attributes(subject, &(0..subject.len())).iter().flatten().map(Vec::len).sum()
}

/// Whether the common names that look like host names are within constraints, which OpenSSL asks of a
/// server's certificate without a dNSName (`NAME_CONSTRAINTS_check_CN`).
///
/// # Errors
/// The fault of the first that is not.
pub fn check_common_names(member: &Member, constraints: &NameConstraints) -> Result<(), Fault> {
    for common_name in name::common_names(member) {
        let host = common_name.trim_end_matches('\0');
        if host.contains('\0') {
            return Err(Fault::ConstrainedNameMalformed);
        }
        if looks_like_host(host.as_bytes()) {
            check_name(&GeneralName::Dns(host.as_bytes().into()), constraints)?;
        }
    }
    Ok(())
}

/// Two labels or more of letters, digits, hyphens within and underscores (`cn2dnsid`).
fn looks_like_host(text: &[u8]) -> bool {
    let labels: Vec<&[u8]> = text.split(|&octet| octet == b'.').collect();
    let is_label = |label: &&[u8]| {
        let plain = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-');
        !label.is_empty() && label.iter().all(plain) && !label.starts_with(b"-") && !label.ends_with(b"-")
    };
    labels.len() > 1 && labels.iter().all(is_label)
}

/// One name against all subtrees (`nc_match`).
fn check_name(name: &GeneralName, constraints: &NameConstraints) -> Result<(), Fault> {
    let mut permitted = None;
    for subtree in constraints.permitted.iter().filter(|subtree| same_kind(name, &subtree.base)) {
        if !subtree.plain {
            return Err(Fault::ConstraintMinMax);
        }
        if permitted != Some(true) {
            permitted = Some(is_within(name, subtree)?);
        }
    }
    if permitted == Some(false) {
        return Err(Fault::NameNotPermitted);
    }
    for subtree in constraints.excluded.iter().filter(|subtree| same_kind(name, &subtree.base)) {
        if !subtree.plain {
            return Err(Fault::ConstraintMinMax);
        }
        if is_within(name, subtree)? {
            return Err(Fault::NameExcluded);
        }
    }
    Ok(())
}

/// Whether a wildcard of the certificate stands for a host that is excluded, itself not excluded: `*.example.com`, where
/// `a.example.com` is.
#[must_use]
pub fn excludes_part(member: &Member, constraints: &NameConstraints) -> bool {
    let below = |octets: &[u8]| {
        let plain = octets.strip_suffix(b".").unwrap_or(octets);
        let dot = plain.iter().position(|octet| *octet == b'.')?;
        Some(plain[dot + 1..].to_ascii_lowercase())
    };
    let excluded: Vec<Vec<u8>> = constraints
        .excluded
        .iter()
        .filter_map(|subtree| match &subtree.base {
            GeneralName::Dns(base) if !base.starts_with(b".") => below(base),
            _ => None,
        })
        .collect();
    member.alt_names().any(|name| match name {
        GeneralName::Dns(name) if name.starts_with(b"*.") => below(name).is_some_and(|name| excluded.contains(&name)),
        _ => false,
    })
}

/// Whether a constraint speaks of names of this kind.
fn same_kind(name: &GeneralName, base: &GeneralName) -> bool {
    use GeneralName::{Directory, Dns, Email, Ip, Other, Unused, Uri};
    match (name, base) {
        (Other(Some(SMTP_UTF8_MAILBOX), _), Email(_)) => true,
        (Other(Some(SMTP_UTF8_MAILBOX), _), _) => false,
        (Other(one, _), Other(other, _)) => one == other,
        (Unused(one), Unused(other)) => one == other,
        (Email(_), Email(_)) | (Dns(_), Dns(_)) | (Uri(_), Uri(_)) | (Ip(_), Ip(_)) => true,
        (Directory { .. }, Directory { .. }) => true,
        _ => false,
    }
}

fn is_within(name: &GeneralName, subtree: &Subtree) -> Compared {
    use GeneralName::{Directory, Dns, Email, Ip, Other, Uri};
    match (name, &subtree.base) {
        (Directory { canonical: name, .. }, Directory { canonical: base, .. }) => Ok(name.starts_with(base)),
        (Dns(name), Dns(base)) => Ok(dns(name, base)),
        (Email(name), Email(base)) => email(name, base),
        (Uri(name), Uri(base)) => uri(name, base),
        (Ip(name), Ip(base)) => ip(name, base),
        // RFC 8398, 6: the host part, which may be written in U-labels.
        (Other(_, name), Email(base)) => mailbox(name, base),
        _ => Err(Fault::ConstraintUnsupported),
    }
}

/// A host name is within a domain: equal to it or below it; a dot before the domain leaves out the domain
/// itself; an empty one holds every name (`nc_dns`).
#[must_use]
pub fn dns(name: &[u8], base: &[u8]) -> bool {
    if base.is_empty() {
        return true;
    }
    let Some(before) = name.len().checked_sub(base.len()) else { return false };
    let begins_label = before == 0 || base.starts_with(b".") || name[before - 1] == b'.';
    begins_label && name[before..].eq_ignore_ascii_case(base)
}

/// A mail address is within a mailbox, a host or, with a dot before it, a domain (`nc_email`).
///
/// # Errors
/// Where it is no mail address.
pub fn email(name: &[u8], base: &[u8]) -> Compared {
    let at = |octets: &[u8]| octets.iter().rposition(|&octet| octet == b'@');
    let Some(name_at) = at(name) else { return Err(Fault::ConstrainedNameMalformed) };
    let mut base_host = base;
    match at(base) {
        None if base.starts_with(b".") => {
            return Ok(name.len() > base.len() && ends_with_ignoring_case(name, base));
        }
        None => {}
        Some(base_at) => {
            let (local, base_local) = (&name[..name_at], &base[..base_at]);
            if !base_local.is_empty() {
                if base_local.len() != local.len() {
                    return Ok(false);
                }
                if base_local.contains(&0) || local.contains(&0) {
                    return Err(Fault::ConstrainedNameMalformed);
                }
                if base_local != local {
                    return Ok(false);
                }
            }
            base_host = &base[base_at + 1..];
        }
    }
    Ok(name[name_at + 1..].eq_ignore_ascii_case(base_host))
}

/// The host of a mailbox in UTF-8 against a host in ASCII; internationalised hosts are not converted, and
/// are then outside (`nc_email_eai`).
fn mailbox(value: &[u8], base: &[u8]) -> Compared {
    if base.contains(&0) {
        return Err(Fault::ConstrainedNameMalformed);
    }
    let mut walk = crate::format::der::Walk::new(value);
    let Ok(text) = walk.expect(tag::UTF8, "a mailbox") else { return Err(Fault::ConstrainedNameMalformed) };
    let text = &value[text.content];
    let Some(at) = text.iter().rposition(|&octet| octet == b'@') else {
        return Err(Fault::ConstrainedNameMalformed);
    };
    if base.starts_with(b".") {
        return Ok(text.len() > base.len() && ends_with_ignoring_case(text, base));
    }
    Ok(text[at + 1..].eq_ignore_ascii_case(base))
}

/// The host of a URI is a host or, with a dot before it, within a domain (`nc_uri`).
///
/// # Errors
/// Where it has no host.
pub fn uri(name: &[u8], base: &[u8]) -> Compared {
    let Some(host) = uri_host(name).filter(|host| !host.is_empty()) else {
        return Err(Fault::ConstrainedNameMalformed);
    };
    if base.starts_with(b".") {
        return Ok(host.len() > base.len() && ends_with_ignoring_case(host, base));
    }
    Ok(host.eq_ignore_ascii_case(base))
}

/// The host of a URI with an authority (RFC 3986, 3.2), without user and port.
fn uri_host(uri: &[u8]) -> Option<&[u8]> {
    let colon = uri.iter().position(|&octet| octet == b':').filter(|&at| at > 0)?;
    let rest = uri.get(colon + 1..)?.strip_prefix(b"//")?;
    let end = rest.iter().position(|octet| matches!(octet, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let authority = &rest[..end];
    let host = match authority.iter().position(|&octet| octet == b'@') {
        Some(at) => &authority[at + 1..],
        None => authority,
    };
    let end = match host.first() {
        Some(b'[') => host.iter().position(|&octet| octet == b']').map(|at| at + 1)?,
        _ => host.iter().position(|&octet| octet == b':').unwrap_or(host.len()),
    };
    Some(&host[..end])
}

/// An address is within a network: as many octets of address as of mask, `10.0.0.0` and `255.0.0.0`
/// (`nc_ip`).
///
/// # Errors
/// Where one of the two is neither IPv4 nor IPv6.
pub fn ip(address: &[u8], network: &[u8]) -> Compared {
    if !matches!(address.len(), 4 | 16) || !matches!(network.len(), 8 | 32) {
        return Err(Fault::ConstrainedNameMalformed);
    }
    if address.len() * 2 != network.len() {
        return Ok(false);
    }
    let (base, mask) = network.split_at(address.len());
    Ok(address.iter().zip(base).zip(mask).all(|((address, base), mask)| (address ^ base) & mask == 0))
}

fn ends_with_ignoring_case(text: &[u8], end: &[u8]) -> bool {
    text.len() >= end.len() && text[text.len() - end.len()..].eq_ignore_ascii_case(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_domains() {
        for (name, base, within) in [
            ("a.example.com", "example.com", true),
            ("example.com", "example.com", true),
            ("aexample.com", "example.com", false),
            ("EXAMPLE.com", "example.COM", true),
            ("a.example.com", ".example.com", true),
            ("example.com", ".example.com", false),
            ("a", "", true),
            ("com", "example.com", false),
        ] {
            assert_eq!(dns(name.as_bytes(), base.as_bytes()), within, "{name} in {base}");
        }
    }

    #[test]
    fn mail_addresses() {
        for (name, base, within) in [
            ("joe@example.com", "example.com", Ok(true)),
            ("joe@a.example.com", "example.com", Ok(false)),
            ("joe@a.example.com", ".example.com", Ok(true)),
            ("joe@EXAMPLE.com", "joe@example.com", Ok(true)),
            ("Joe@example.com", "joe@example.com", Ok(false)),
            ("joe@example.com", "@example.com", Ok(true)),
            ("joe", "example.com", Err(Fault::ConstrainedNameMalformed)),
        ] {
            assert_eq!(email(name.as_bytes(), base.as_bytes()), within, "{name} in {base}");
        }
    }

    #[test]
    fn hosts_of_uris() {
        for (name, base, within) in [
            ("https://a.example.com/x", "a.example.com", Ok(true)),
            ("https://u@a.example.com:8/x", ".example.com", Ok(true)),
            ("https://example.com?q", ".example.com", Ok(false)),
            ("urn:a", "example.com", Err(Fault::ConstrainedNameMalformed)),
            ("https:///x", "example.com", Err(Fault::ConstrainedNameMalformed)),
        ] {
            assert_eq!(uri(name.as_bytes(), base.as_bytes()), within, "{name} in {base}");
        }
    }

    #[test]
    fn addresses_and_networks() {
        let ten = [10, 0, 0, 0, 255, 0, 0, 0];
        assert_eq!(ip(&[10, 1, 2, 3], &ten), Ok(true));
        assert_eq!(ip(&[11, 1, 2, 3], &ten), Ok(false));
        assert_eq!(ip(&[0; 16], &ten), Ok(false));
        assert_eq!(ip(&[10, 1, 2], &ten), Err(Fault::ConstrainedNameMalformed));
    }

    #[test]
    fn common_names_that_look_like_hosts() {
        for (text, is_host) in [("a.example", true), ("example", false), ("a-.example", false), ("a b.example", false)]
        {
            assert_eq!(looks_like_host(text.as_bytes()), is_host, "{text}");
        }
    }

    #[test]
    fn excluded_wins_and_other_kinds_are_left_alone() {
        let subtree = |base: &str| Subtree { base: GeneralName::Dns(base.as_bytes().into()), plain: true };
        let limits = NameConstraints { permitted: vec![subtree("example")], excluded: vec![subtree("b.example")] };
        let said = |name: &str| check_name(&GeneralName::Dns(name.as_bytes().into()), &limits);
        assert_eq!(said("a.example"), Ok(()));
        assert_eq!(said("b.example"), Err(Fault::NameExcluded));
        assert_eq!(said("b.test"), Err(Fault::NameNotPermitted));
        assert_eq!(check_name(&GeneralName::Ip([1; 4].into()), &limits), Ok(()));
        let odd = NameConstraints { excluded: vec![Subtree { plain: false, ..subtree("x") }], ..limits };
        assert_eq!(check_name(&GeneralName::Dns(b"a.example".as_slice().into()), &odd), Err(Fault::ConstraintMinMax));
    }
}
