//! Name constraints as BoringSSL reads them (`NAME_CONSTRAINTS_check`, crypto/x509/v3_ncons.cc).
//!
//! It compares directory names, host names, mail addresses and URIs; every other kind that a constraint and a name have in
//! common is refused. Since 2026 it asks that mail addresses (1616d692b) and the hosts of URIs (b84dc6064) are ones; builds
//! before compare them as OpenSSL does. A common name is within nothing: where constraints are met, a server's certificate
//! without alternative names may have none that looks like a host name ([`common_name_is_host`]).

use super::super::member::Member;
use super::super::member::extension::{NameConstraints, Subtree};
use super::super::member::general_name::GeneralName;
use super::super::name;
use super::{COMPARISONS, Compared, EMAIL_ADDRESS, attributes, comparisons};
use crate::format::der::tag;
use crate::policy::Fault;

/// Which of its constraints a build has.
#[derive(Debug, Clone, Copy)]
pub struct Build {
    /// Whether mail addresses and hosts have to be ones.
    pub holds_syntax: bool,
}

/// Whether the names of a certificate are within constraints.
///
/// # Errors
/// The fault of the first name that is not.
pub fn check(member: &Member, constraints: &NameConstraints, build: Build) -> Result<(), Fault> {
    if comparisons(member, constraints) > COMPARISONS {
        return Err(Fault::LimitReached);
    }
    if attributes(member) > 0 {
        let directory = GeneralName::Directory { der: Box::default(), canonical: member.subject.clone() };
        check_name(&directory, constraints, build, false)?;
        for (kind, octets) in name::attributes(member, EMAIL_ADDRESS) {
            if kind != tag::IA5 {
                return Err(Fault::ConstrainedNameMalformed);
            }
            check_name(&GeneralName::Email(octets.into()), constraints, build, true)?;
        }
    }
    member.alt_names().try_for_each(|name| check_name(name, constraints, build, false))
}

/// Whether a common name looks like a host name (`reject_dns_name_in_common_name`, `x509v3_looks_like_dns_name`).
#[must_use]
pub fn common_name_is_host(member: &Member) -> bool {
    name::common_names(member).iter().any(|name| looks_like_host(name.as_bytes()))
}

fn looks_like_host(name: &[u8]) -> bool {
    let name = name.strip_suffix(b".").unwrap_or(name);
    let name = name.strip_prefix(b"*.").unwrap_or(name);
    let is_label = |label: &[u8]| {
        let plain = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b':');
        !label.is_empty() && !label.starts_with(b"-") && label.iter().all(plain)
    };
    name.split(|&octet| octet == b'.').all(is_label)
}

/// `nc_match`: in what is excluded, letters of a mail address of the subject count alike.
fn check_name(name: &GeneralName, constraints: &NameConstraints, build: Build, folds: bool) -> Result<(), Fault> {
    let of_kind = |subtree: &&Subtree| same_kind(name, &subtree.base);
    let mut permitted = None;
    for subtree in constraints.permitted.iter().filter(of_kind) {
        if !subtree.plain {
            return Err(Fault::ConstraintMinMax);
        }
        if permitted != Some(true) {
            permitted = Some(is_within(name, &subtree.base, build, false)?);
        }
    }
    if permitted == Some(false) {
        return Err(Fault::NameNotPermitted);
    }
    for subtree in constraints.excluded.iter().filter(of_kind) {
        if !subtree.plain {
            return Err(Fault::ConstraintMinMax);
        }
        if is_within(name, &subtree.base, build, folds)? {
            return Err(Fault::NameExcluded);
        }
    }
    Ok(())
}

fn same_kind(name: &GeneralName, base: &GeneralName) -> bool {
    use GeneralName::{Directory, Dns, Email, Ip, Other, Unused, Uri};
    match (name, base) {
        (Unused(one), Unused(other)) => one == other,
        (Other(..), Other(..)) | (Email(_), Email(_)) | (Dns(_), Dns(_)) => true,
        (Uri(_), Uri(_)) | (Ip(_), Ip(_)) | (Directory { .. }, Directory { .. }) => true,
        _ => false,
    }
}

/// `nc_match_single`.
fn is_within(name: &GeneralName, base: &GeneralName, build: Build, folds: bool) -> Compared {
    use GeneralName::{Directory, Dns, Email, Uri};
    match (name, base) {
        (Directory { canonical: name, .. }, Directory { canonical: base, .. }) => Ok(name.starts_with(base)),
        (Dns(name), Dns(base)) => Ok(dns(name, base)),
        (Email(name), Email(base)) if build.holds_syntax => email(name, base, folds),
        (Email(name), Email(base)) => super::email(name, base),
        (Uri(name), Uri(base)) if build.holds_syntax => uri(name, base),
        (Uri(name), Uri(base)) => super::uri(name, base),
        _ => Err(Fault::ConstraintUnsupported),
    }
}

/// `nc_dns`, its wildcards apart ([`super::excludes_part`]): a dot at the end counts for nothing.
fn dns(name: &[u8], base: &[u8]) -> bool {
    let bare = |octets| without_dot(octets);
    base.is_empty() || (!bare(base).is_empty() || bare(name).is_empty()) && super::dns(bare(name), bare(base))
}

fn without_dot(octets: &[u8]) -> &[u8] {
    octets.strip_suffix(b".").unwrap_or(octets)
}

/// `nc_email`: both have to be mail addresses or domains by their characters.
fn email(name: &[u8], base: &[u8], folds: bool) -> Compared {
    const MALFORMED: Fault = Fault::ConstrainedNameMalformed;
    let parts = |octets: &'_ [u8]| -> Result<Option<usize>, Fault> {
        let mut ats = octets.iter().enumerate().filter(|(_, octet)| **octet == b'@').map(|(at, _)| at);
        let first = ats.next();
        if ats.next().is_some() { Err(MALFORMED) } else { Ok(first) }
    };
    let at = parts(name)?.ok_or(MALFORMED)?;
    let (local, host) = (&name[..at], &name[at + 1..]);
    if !is_local_part(local) || !is_domain(host) {
        return Err(MALFORMED);
    }
    let Some(base_at) = parts(base)? else {
        if !is_domain(base) {
            return Err(MALFORMED);
        }
        return Ok(match base.starts_with(b".") {
            true => super::ends_with_ignoring_case(host, base),
            false => host.eq_ignore_ascii_case(base),
        });
    };
    let (base_local, base_host) = (&base[..base_at], &base[base_at + 1..]);
    if !is_local_part(base_local) || !is_domain(base_host) {
        return Err(MALFORMED);
    }
    let same = if folds { local.eq_ignore_ascii_case(base_local) } else { local == base_local };
    Ok(same && host.eq_ignore_ascii_case(base_host))
}

/// `is_allowed_rfc822_local_part`.
fn is_local_part(octets: &[u8]) -> bool {
    !octets.is_empty()
        && octets.iter().all(|octet| octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(octet))
}

/// `is_allowed_rfc822_domain`.
fn is_domain(octets: &[u8]) -> bool {
    !octets.is_empty() && octets.iter().all(|octet| octet.is_ascii_alphanumeric() || b"-.".contains(octet))
}

/// `nc_uri`: the host has to be a name in the DNS.
fn uri(name: &[u8], base: &[u8]) -> Compared {
    let host = uri_host(name).ok_or(Fault::ConstrainedNameMalformed)?;
    let base = without_dot(base);
    if !is_host(base.strip_prefix(b".").unwrap_or(base)) {
        return Err(Fault::ConstraintMalformed);
    }
    Ok(match base.starts_with(b".") {
        true => super::ends_with_ignoring_case(host, base),
        false => host.eq_ignore_ascii_case(base),
    })
}

/// `nc_get_valid_uri_host`: a URI with an authority that is a host, and a port at most.
fn uri_host(uri: &[u8]) -> Option<&[u8]> {
    let colon = uri.iter().position(|&octet| octet == b':')?;
    let (scheme, rest) = (&uri[..colon], uri[colon + 1..].strip_prefix(b"//")?);
    let plain = |octet: &u8| octet.is_ascii_alphanumeric() || b"+-.".contains(octet);
    if !scheme.first().is_some_and(u8::is_ascii_alphabetic) || !scheme.iter().all(plain) {
        return None;
    }
    let end = rest.iter().position(|octet| b"/?#".contains(octet)).unwrap_or(rest.len());
    let mut host = &rest[..end];
    if let Some(at) = host.iter().position(|&octet| octet == b':') {
        if !host[at + 1..].iter().all(u8::is_ascii_digit) {
            return None;
        }
        host = &host[..at];
    }
    Some(without_dot(host)).filter(|host| is_host(host))
}

/// `nc_uri_is_fqdn`: labels of letters, digits and hyphens within, of which the last is no number.
fn is_host(host: &[u8]) -> bool {
    let is_label = |label: &[u8]| {
        let ends = |octet: Option<&u8>| octet.is_some_and(u8::is_ascii_alphanumeric);
        let plain = label.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-');
        label.len() <= 63 && ends(label.first()) && ends(label.last()) && plain
    };
    let last = host.rsplit(|&octet| octet == b'.').next().unwrap_or_default();
    let is_number = match last {
        [b'0', b'x' | b'X', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
        digits => digits.iter().all(u8::is_ascii_digit),
    };
    host.split(|&octet| octet == b'.').all(is_label) && !is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_names_that_look_like_hosts() {
        for (text, is_host) in [
            ("a.example.com", true),
            ("a", true),
            ("10.0.0.1", true),
            ("*.example.com.", true),
            ("2001:db8::1", true),
            ("Acme Server", false),
            ("", false),
            ("a..b", false),
            ("a.-b", false),
        ] {
            assert_eq!(looks_like_host(text.as_bytes()), is_host, "{text}");
        }
    }

    #[test]
    fn dots_at_the_end_count_for_nothing() {
        for (name, base, within) in [
            ("a.example.com.", "example.com", true),
            ("a.example.com", "example.com.", true),
            ("example.com", ".example.com", false),
            ("a", "", true),
        ] {
            assert_eq!(dns(name.as_bytes(), base.as_bytes()), within, "{name} in {base}");
        }
    }

    #[test]
    fn mail_addresses_have_to_be_ones() {
        for (name, base, within) in [
            ("joe@example.com", "example.com", Ok(true)),
            ("Joe@example.com", "joe@example.com", Ok(false)),
            ("joe@a.example.com", ".example.com", Ok(true)),
            ("joe@example.com", "@example.com", Err(Fault::ConstrainedNameMalformed)),
            ("joe@example.com", "", Err(Fault::ConstrainedNameMalformed)),
            ("a b@example.com", "example.com", Err(Fault::ConstrainedNameMalformed)),
        ] {
            assert_eq!(email(name.as_bytes(), base.as_bytes(), false), within, "{name} in {base}");
        }
        assert_eq!(email(b"Joe@example.com", b"joe@example.com", true), Ok(true));
    }

    #[test]
    fn hosts_of_uris_have_to_be_ones() {
        for (name, base, within) in [
            ("https://a.example.com:8443/x", "a.example.com", Ok(true)),
            ("https://a.example.com./x", ".example.com", Ok(true)),
            ("https://u@a.example.com/", "a.example.com", Err(Fault::ConstrainedNameMalformed)),
            ("https://10.0.0.1/", "a.example.com", Err(Fault::ConstrainedNameMalformed)),
            ("https://[::1]/", "a.example.com", Err(Fault::ConstrainedNameMalformed)),
            ("urn:x", "a.example.com", Err(Fault::ConstrainedNameMalformed)),
            ("https://a.example.com/", "https://a.example.com", Err(Fault::ConstraintMalformed)),
            ("https://a.example.com/", "", Err(Fault::ConstraintMalformed)),
        ] {
            assert_eq!(uri(name.as_bytes(), base.as_bytes()), within, "{name} in {base}");
        }
    }
}
