//! Names as pyca/cryptography compares them (`types.rs`, and `evaluate_constraints` in `lib.rs`).

use crate::chain::member::Member;
use crate::chain::member::extension::{NameConstraints, Subtree};
use crate::chain::member::general_name::GeneralName;
use crate::chain::name::ServerName;
use crate::policy::Fault;
use crate::policy::pyca::Pyca;
use std::net::IpAddr;

/// Whether one of the alternative names is the one that was asked for; a wildcard is the whole first label.
pub(super) fn host_matches(member: &Member, name: &ServerName) -> bool {
    member.alt_names().any(|found| match (found, name) {
        (GeneralName::Dns(pattern), ServerName::Dns(name)) => {
            let pattern = String::from_utf8_lossy(pattern);
            match pattern.strip_prefix("*.") {
                Some(rest) => {
                    is_dns_name(rest)
                        && name.split_once('.').is_some_and(|(_, parent)| parent.eq_ignore_ascii_case(rest))
                }
                None => is_dns_name(&pattern) && pattern.eq_ignore_ascii_case(name),
            }
        }
        (GeneralName::Ip(octets), ServerName::Ip(address)) => match address {
            IpAddr::V4(address) => **octets == address.octets(),
            IpAddr::V6(address) => **octets == address.octets(),
        },
        _ => false,
    })
}

/// `DNSName::new`.
fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        let plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        !label.is_empty() && label.len() <= 63 && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    !name.is_empty() && name.len() <= 253 && name.split('.').all(label)
}

/// `evaluate_constraints`: every alternative name against the subtrees of its kind.
pub(super) fn within(member: &Member, constraints: &NameConstraints, pyca: Pyca) -> Result<(), (Fault, String)> {
    for name in member.alt_names() {
        let mut permitted = None;
        for subtree in &constraints.permitted {
            match compare(name, subtree, false, pyca)? {
                Some(true) => {
                    permitted = Some(true);
                    break;
                }
                Some(false) => permitted = Some(false),
                None => {}
            }
        }
        if permitted == Some(false) {
            return Err((Fault::NameNotPermitted, "no permitted name constraints matched SAN".to_owned()));
        }
        for subtree in &constraints.excluded {
            if compare(name, subtree, true, pyca)? == Some(true) {
                return Err((Fault::NameExcluded, "excluded name constraint matched SAN".to_owned()));
            }
        }
    }
    Ok(())
}

/// `evaluate_single_constraint`: nothing where the kinds differ.
fn compare(name: &GeneralName, subtree: &Subtree, excluded: bool, pyca: Pyca) -> Result<Option<bool>, (Fault, String)> {
    let broken = |why: String| Err((Fault::ConstrainedNameMalformed, why));
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    match (&subtree.base, name) {
        (GeneralName::Dns(base), GeneralName::Dns(name)) => {
            let (base, name) = (text(base), text(name));
            let bare = name.strip_prefix("*.").unwrap_or(&name);
            if !is_dns_name(bare) {
                return broken(format!("unsatisfiable DNS name constraint: malformed SAN {name}"));
            }
            if !is_dns_name(&base) {
                return Err((Fault::ConstraintMalformed, format!("malformed DNS name constraint: {base}")));
            }
            let wildcard = bare.len() != name.len();
            // A wildcard stands for every name below it: all must be permitted, none may be excluded.
            let overlaps = wildcard
                && excluded
                && base.split_once('.').is_some_and(|(_, parent)| parent.eq_ignore_ascii_case(bare));
            Ok(Some(overlaps || is_below(bare, &base)))
        }
        (GeneralName::Ip(base), GeneralName::Ip(name)) => {
            let (network, mask) = base.split_at(base.len() / 2);
            if !matches!(name.len(), 4 | 16) {
                return broken("unsatisfiable IP name constraint: malformed SAN".to_owned());
            }
            let ones: u32 = mask.iter().map(|octet| octet.leading_ones()).sum();
            let total: u32 = mask.iter().map(|octet| octet.count_ones()).sum();
            if !matches!(base.len(), 8 | 32) || ones != total {
                return Err((Fault::ConstraintMalformed, "malformed IP name constraints".to_owned()));
            }
            let same = name.len() == network.len();
            let fits = name.iter().zip(network).zip(mask).all(|((name, network), mask)| name & mask == network & mask);
            Ok(Some(same && fits))
        }
        (GeneralName::Email(base), GeneralName::Email(name)) => {
            let (base, name) = (text(base), text(name));
            let Some((local, domain)) =
                name.split_once('@').filter(|(local, domain)| !local.is_empty() && is_dns_name(domain))
            else {
                return broken(format!("unsatisfiable RFC822 name constraint: malformed SAN {name:?}"));
            };
            Ok(Some(match base.strip_prefix('.') {
                Some(parent) => domain.len() > parent.len() && is_below(domain, parent),
                None => match base.split_once('@') {
                    Some((wanted, at)) => wanted == local && at.eq_ignore_ascii_case(domain),
                    None => domain.eq_ignore_ascii_case(&base),
                },
            }))
        }
        (GeneralName::Directory { .. }, GeneralName::Directory { .. }) if excluded && pyca.is_49 => Ok(Some(false)),
        (GeneralName::Directory { .. }, GeneralName::Directory { .. }) if pyca.is_49 => {
            let why = "directoryName matching is not implemented, so a SAN cannot satisfy a permitted directoryName name \
                       constraint";
            Err((Fault::ConstraintUnsupported, why.to_owned()))
        }
        (GeneralName::Other(..), GeneralName::Other(..))
        | (GeneralName::Uri(_), GeneralName::Uri(_))
        | (GeneralName::Directory { .. }, GeneralName::Directory { .. }) => {
            Err((Fault::ConstraintUnsupported, "unsupported name constraint".to_owned()))
        }
        (GeneralName::Unused(one), GeneralName::Unused(other)) if one == other => {
            Err((Fault::ConstraintUnsupported, "unsupported name constraint".to_owned()))
        }
        _ => Ok(None),
    }
}

/// Whether there is a constraint of directory names.
pub(super) fn has_directory(constraints: &NameConstraints) -> bool {
    let mut all = constraints.permitted.iter().chain(&constraints.excluded);
    all.any(|subtree| matches!(subtree.base, GeneralName::Directory { .. }))
}

/// Whether the last labels of a name are those of another.
fn is_below(name: &str, base: &str) -> bool {
    let (labels, wanted): (Vec<&str>, Vec<&str>) = (name.rsplit('.').collect(), base.rsplit('.').collect());
    labels.len() >= wanted.len() && labels.iter().zip(&wanted).all(|(label, wanted)| label.eq_ignore_ascii_case(wanted))
}
