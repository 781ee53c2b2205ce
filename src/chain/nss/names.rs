//! Names as NSS compares them: the host (`CERT_VerifyCertName`), and names with constraints
//! (`CERT_CompareNameSpace`, lib/certdb/genname.c).

use crate::chain::member::Member;
use crate::chain::member::extension::NameConstraints;
use crate::chain::member::general_name::GeneralName;
use crate::chain::name::{ServerName, common_names};
use crate::policy::Fault;
use crate::policy::names::{CommonName, Matching, WHOLE_LABELS};
use crate::policy::nss::Verifier;

/// Whether a certificate is for a host. The common name counts without any alternative name, and never for
/// mozilla::pkix.
pub(super) fn host_matches(member: &Member, name: &ServerName, verifier: Verifier) -> bool {
    let common_name = match verifier {
        Verifier::Mozilla => CommonName::Never,
        _ => CommonName::WithoutDnsNameOrAddress,
    };
    Matching { common_name, ..WHOLE_LABELS }.matches(member, name)
}

/// The names of one certificate with constraints: the subject, its alternative names, and the server's
/// common name where it has no dNSName.
pub(super) fn within(member: &Member, is_leaf: bool, constraints: &NameConstraints) -> Result<(), Fault> {
    let subject = GeneralName::Directory { der: Box::default(), canonical: member.subject.clone() };
    check(&subject, constraints)?;
    let mut has_dns = false;
    for name in member.alt_names() {
        has_dns |= matches!(name, GeneralName::Dns(_));
        check(name, constraints)?;
    }
    if is_leaf
        && !has_dns
        && let Some(common) = common_names(member).last()
    {
        check(&GeneralName::Dns(common.as_bytes().into()), constraints)?;
    }
    Ok(())
}

fn check(name: &GeneralName, constraints: &NameConstraints) -> Result<(), Fault> {
    let mut same = constraints.excluded.iter().filter_map(|subtree| compare(name, &subtree.base));
    if same.any(|within| within) {
        return Err(Fault::NameExcluded);
    }
    let permitted: Vec<bool> =
        constraints.permitted.iter().filter_map(|subtree| compare(name, &subtree.base)).collect();
    if !permitted.is_empty() && !permitted.contains(&true) { Err(Fault::NameNotPermitted) } else { Ok(()) }
}

/// Whether a name is within a subtree of its kind; nothing where the kinds differ.
fn compare(name: &GeneralName, base: &GeneralName) -> Option<bool> {
    Some(match (name, base) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => ends_in(name, base, true),
        (GeneralName::Email(name), GeneralName::Email(base)) => {
            let (name, base) = (lower(name), lower(base));
            if base.is_empty() || base == "." {
                true
            } else if base.contains('@') {
                name == base
            } else {
                name.strip_suffix(&base).is_some_and(|before| base.starts_with('.') || before.ends_with('@'))
            }
        }
        (GeneralName::Uri(name), GeneralName::Uri(base)) => {
            let (name, base) = (lower(name), lower(base));
            let host =
                name.split_once("://").map_or("", |(_, rest)| rest.split(['/', ':', '?', '#']).next().unwrap_or(""));
            if base.starts_with('.') {
                ends_in(host.as_bytes(), base.as_bytes(), false)
            } else {
                !base.is_empty() && host == base
            }
        }
        (GeneralName::Ip(name), GeneralName::Ip(base)) => {
            let (network, mask) = base.split_at(base.len() / 2);
            name.len() == network.len() && name.iter().zip(network).zip(mask).all(|((a, b), mask)| (a ^ b) & mask == 0)
        }
        (GeneralName::Directory { canonical: name, .. }, GeneralName::Directory { canonical: base, .. }) => {
            name.starts_with(base)
        }
        _ => return None,
    })
}

fn lower(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).to_ascii_lowercase()
}

/// `compareDNSN2C`: the end of the name, after a dot or with one at its beginning.
fn ends_in(name: &[u8], base: &[u8], empty_is_all: bool) -> bool {
    if base.is_empty() {
        return empty_is_all;
    }
    let Some(before) = name.len().checked_sub(base.len()) else { return false };
    let (before, end) = name.split_at(before);
    end.eq_ignore_ascii_case(base) && (before.is_empty() || (before.ends_with(b".") ^ base.starts_with(b".")))
}
