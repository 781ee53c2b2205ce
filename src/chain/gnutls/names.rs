//! Names as GnuTLS compares them: the host, and the server's names with constraints.
//!
//! Only the server's certificate is compared with the constraints of the whole path, and only names of the
//! kinds that the library knows; a constraint of another kind counts where it excludes. From
//! `lib/x509/hostname-verify.c`, `lib/str.c` and `lib/x509/name_constraints.c` of 3.7.9 as Debian has it (3.7.9-2+deb12u7),
//! which is 3.8.13 in this.

use super::constraints::{Constraints, Kind};
use super::list::EMAIL;
use crate::chain::member::Member;
use crate::chain::member::general_name::GeneralName;
use crate::chain::name::{COMMON_NAME, ServerName, attributes};
use crate::format::der::{Walk, tag};
use crate::format::x509;
use crate::model::Oid;
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
            return alt_names(member).any(|found| matches!(found, GeneralName::Ip(other) if **other == *octets));
        }
        ServerName::Dns(name) => name,
    };
    let mut falls_back = true;
    for found in alt_names(member) {
        if let GeneralName::Dns(pattern) = found
            && is_printed(pattern)
            && pattern_matches(pattern, name)
        {
            return true;
        }
        // `PRECLUDES_CN_FALLBACK`.
        falls_back &= match found {
            GeneralName::Dns(_) | GeneralName::Ip(_) | GeneralName::Uri(_) => false,
            GeneralName::Other(kind, _) => *kind != Some(SERVICE),
            _ => true,
        };
    }
    if !falls_back || !super::certificate::has_purpose(member, true) {
        return false;
    }
    let Ok(Some(only)) = only(member, COMMON_NAME) else { return false };
    is_printed(only.as_bytes()) && pattern_matches(only.as_bytes(), name)
}

/// id-on-dnsSRV, RFC 4985.
const SERVICE: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.8.7");

/// The value of the only attribute of a kind of the subject (`gnutls_x509_crt_get_dn_by_oid`).
///
/// # Errors
/// Where there are more, or it is none of the strings that it can be.
fn only(member: &Member, kind: &[u8]) -> Result<Option<String>, Fault> {
    let (kind_of_string, octets) = match attributes(member, kind)[..] {
        [] => return Ok(None),
        [only] => only,
        _ => return Err(Fault::NameNotPermitted),
    };
    let known: &[u8] = if kind == EMAIL { &[tag::IA5] } else { &[tag::UTF8, tag::PRINTABLE, tag::TELETEX, tag::BMP] };
    let text = x509::strings::characters(kind_of_string, octets).filter(|_| known.contains(&kind_of_string));
    text.map(|(text, _)| Some(text)).ok_or(Fault::NameNotPermitted)
}

/// The alternative names as far as they are read: an empty directory name ends them
/// (`gnutls_x509_ext_import_subject_alt_names`).
fn alt_names(member: &Member) -> impl Iterator<Item = &GeneralName> {
    member.alt_names().take_while(|name| match name {
        GeneralName::Directory { der, .. } => Walk::new(der).next().is_ok_and(|name| !name.content.is_empty()),
        _ => true,
    })
}

fn is_printed(octets: &[u8]) -> bool {
    octets.iter().all(|octet| (0x20..0x7f).contains(octet))
}

/// `_gnutls_hostname_compare`: a wildcard begins the pattern and stands for any part of the first label, before a name of
/// two labels at least.
fn pattern_matches(pattern: &[u8], name: &str) -> bool {
    let name = name.as_bytes();
    let Some(rest) = pattern.strip_prefix(b"*") else { return pattern.eq_ignore_ascii_case(name) };
    let dots = pattern.iter().filter(|octet| **octet == b'.').count();
    if dots < 2 || pattern.ends_with(b".") {
        return false;
    }
    let label = name.iter().position(|octet| *octet == b'.').unwrap_or(name.len());
    name.len().checked_sub(rest.len()).is_some_and(|at| at <= label && name[at..].eq_ignore_ascii_case(rest))
}

/// The server's names with the constraints of every issuer above it (`verify_crt` and
/// `gnutls_x509_name_constraints_check_crt`).
///
/// # Errors
/// Where one is excluded or not permitted.
pub(super) fn within(member: &Member, constraints: &Constraints) -> Result<(), Fault> {
    let of = |kind| {
        alt_names(member).filter_map(move |name| match (kind, name) {
            (Kind::Dns, GeneralName::Dns(octets))
            | (Kind::Email, GeneralName::Email(octets))
            | (Kind::Ip, GeneralName::Ip(octets)) => Some(&**octets),
            _ => None,
        })
    };
    for (kind, attribute) in [(Kind::Dns, COMMON_NAME), (Kind::Email, EMAIL)] {
        if !constraints.has(kind) {
            continue;
        }
        let mut names = of(kind).peekable();
        // The common name counts for what has the purpose of a server.
        let counts = kind == Kind::Email || super::certificate::has_purpose(member, true);
        if names.peek().is_none()
            && counts
            && let Some(name) = only(member, attribute)?
        {
            constraints.check(kind, name.as_bytes())?;
        }
        names.try_for_each(|name| constraints.check(kind, name))?;
    }
    if constraints.excludes_any(Kind::Directory) {
        return Err(Fault::NameExcluded);
    }
    let has_uri = alt_names(member).any(|found| matches!(found, GeneralName::Uri(_)));
    if has_uri && constraints.excludes_any(Kind::Uri) {
        return Err(Fault::NameExcluded);
    }
    of(Kind::Ip).try_for_each(|name| constraints.check(Kind::Ip, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `gnutls_x509_crt_check_hostname` of 3.7.9 says.
    #[test]
    fn a_wildcard_stands_for_a_part_of_the_first_label() {
        for (pattern, name, is) in [
            ("*.example.com", "a.example.com", true),
            ("*.EXAMPLE.com", "a.example.com", true),
            ("*a.example.com", "a.example.com", true),
            ("*a.example.com", "xn--a.example.com", true),
            ("*.example.com", "a.b.example.com", false),
            ("*a.example.com", "b.a.example.com", false),
            ("a*.example.com", "ab.example.com", false),
            ("*.com", "a.com", false),
            ("*.example.com.", "a.example.com", false),
        ] {
            assert_eq!(pattern_matches(pattern.as_bytes(), name), is, "{pattern} for {name}");
        }
    }
}
