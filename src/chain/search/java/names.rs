//! Names as Java compares them: the host (`HostnameChecker`), and names with constraints
//! (`NameConstraintsExtension`).

use crate::chain::member::Member;
use crate::chain::member::extension::NameConstraints;
use crate::chain::member::general_name::GeneralName;
use crate::chain::name::{ServerName, common_names};
use crate::policy::Fault;
use crate::policy::java::Java;
use std::net::IpAddr;

/// `HostnameChecker.match`: the message where the certificate is not for the name.
pub(super) fn matches(member: &Member, name: &ServerName, java: &Java) -> Result<(), String> {
    // An alternative name that cannot be decoded was none until 17; 21 throws (`getExtensionIfParseable`).
    if java.release >= 21 && member.subject_alt_name.is_broken() {
        return Err("not enough content".to_owned());
    }
    match name {
        ServerName::Ip(address) => matches_address(member, *address),
        ServerName::Dns(name) => matches_host(member, name, java),
    }
}

fn matches_address(member: &Member, address: IpAddr) -> Result<(), String> {
    // An alternative name of any kind that can be read is an alternative name.
    if member.alt_names().next().is_none() {
        return Err("No subject alternative names present".to_owned());
    }
    let octets = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let found = member.alt_names().any(|found| matches!(found, GeneralName::Ip(other) if **other == *octets));
    if found { Ok(()) } else { Err(format!("No subject alternative names matching IP address {address} found")) }
}

fn matches_host(member: &Member, name: &str, java: &Java) -> Result<(), String> {
    let mut found = false;
    for alternative in member.alt_names() {
        if let GeneralName::Dns(pattern) = alternative {
            found = true;
            if pattern_matches(name, &String::from_utf8_lossy(pattern), java) {
                return Ok(());
            }
        }
    }
    if found {
        return Err(format!("No subject alternative DNS name matching {name} found."));
    }
    // `findMostSpecificAttribute`: the last.
    let common = common_names(member);
    if common.last().is_some_and(|pattern| pattern_matches(name, pattern, java)) {
        return Ok(());
    }
    Err(format!("No name matching {name} found"))
}

/// `isMatched`: wildcards anywhere in a label before a dot; in the first label alone since 21 at the latest
/// (`matchLeftmostWildcard`; `matchAllWildcards` in 17).
fn pattern_matches(name: &str, pattern: &str, java: &Java) -> bool {
    let (name, pattern) = (name.to_ascii_lowercase(), pattern.to_ascii_lowercase());
    if let Some(star) = pattern.rfind('*')
        && (matches!(pattern.as_str(), "*" | "*.") || !pattern[star..].contains('.'))
    {
        return false;
    }
    if !is_host_name(&pattern.replace('*', "z")) {
        return false;
    }
    if java.release < 21 {
        let (labels, wanted): (Vec<&str>, Vec<&str>) = (name.split('.').collect(), pattern.split('.').collect());
        return labels.len() == wanted.len()
            && labels.iter().zip(&wanted).all(|(label, wanted)| label_matches(label, wanted));
    }
    let (first, rest) = name.split_at(name.find('.').unwrap_or(name.len()));
    let (wanted, tail) = pattern.split_at(pattern.find('.').unwrap_or(pattern.len()));
    label_matches(first, wanted) && rest == tail
}

/// What `SNIHostName` takes: labels of letters, digits and hyphens, not at their ends.
fn is_host_name(name: &str) -> bool {
    let label = |label: &str| {
        let plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        !label.is_empty() && label.len() <= 63 && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    !name.is_empty() && name.len() <= 255 && name.split('.').all(label)
}

/// `matchWildCards`.
fn label_matches(name: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return name == pattern };
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// What a name is to a subtree (`GeneralNameInterface.constrains`).
#[derive(PartialEq)]
enum Compared {
    /// Of another kind.
    Other,
    /// Of the same kind, and not within.
    Same,
    /// Within.
    Within,
}

/// `NameConstraintsExtension.verify`: the subject, the alternative names, and the common name as the kind of
/// name it looks like where there is none of that kind.
pub(super) fn within(member: &Member, constraints: &NameConstraints) -> Result<(), Fault> {
    if constraints.permitted.iter().chain(&constraints.excluded).any(|subtree| !subtree.plain) {
        return Err(Fault::ConstraintUnsupported);
    }
    if !member.subject.is_empty() {
        let subject = GeneralName::Directory { der: Box::default(), canonical: member.subject.clone() };
        check(&subject, constraints)?;
    }
    for name in member.alt_names() {
        check(name, constraints)?;
    }
    if let Some(common) = common_names(member).last() {
        let has = |kind: fn(&GeneralName) -> bool| member.alt_names().any(kind);
        let name = match common.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => GeneralName::Ip(address.octets().into()),
            Ok(IpAddr::V6(address)) => GeneralName::Ip(address.octets().into()),
            Err(_) if is_dns_name(common) => GeneralName::Dns(common.as_bytes().into()),
            Err(_) => return Ok(()),
        };
        let there = match name {
            GeneralName::Ip(_) => has(|found| matches!(found, GeneralName::Ip(_))),
            _ => has(|found| matches!(found, GeneralName::Dns(_))),
        };
        if !there {
            check(&name, constraints)?;
        }
    }
    Ok(())
}

/// What `DNSName(String)` takes.
fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        label.bytes().enumerate().all(|(at, b)| b.is_ascii_alphanumeric() || (b == b'-' && at > 0)) && !label.is_empty()
    };
    !name.is_empty() && name.split('.').all(label)
}

fn check(name: &GeneralName, constraints: &NameConstraints) -> Result<(), Fault> {
    // `OtherName.constrains` throws.
    let mut all = constraints.permitted.iter().chain(&constraints.excluded);
    if matches!(name, GeneralName::Other(..)) && all.any(|subtree| matches!(subtree.base, GeneralName::Other(..))) {
        return Err(Fault::ConstraintUnsupported);
    }
    if constraints.excluded.iter().any(|subtree| compare(name, &subtree.base) == Compared::Within) {
        return Err(Fault::NameExcluded);
    }
    let mut same = false;
    for subtree in &constraints.permitted {
        match compare(name, &subtree.base) {
            Compared::Within => return Ok(()),
            Compared::Same => same = true,
            Compared::Other => {}
        }
    }
    if same { Err(Fault::NameNotPermitted) } else { Ok(()) }
}

fn compare(name: &GeneralName, base: &GeneralName) -> Compared {
    let result = |within: bool| if within { Compared::Within } else { Compared::Same };
    match (base, name) {
        (GeneralName::Dns(base), GeneralName::Dns(name)) => result(dns_within(name, base)),
        (GeneralName::Email(base), GeneralName::Email(name)) => result(email_within(&lower(name), &lower(base))),
        (GeneralName::Uri(base), GeneralName::Uri(name)) => {
            let (base, name) = (lower(base), lower(name));
            let host =
                name.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#', ':']).next().unwrap_or(""));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            result(host == base || (base.starts_with('.') && dns_within(host.as_bytes(), base.as_bytes())))
        }
        (GeneralName::Ip(base), GeneralName::Ip(name)) => {
            let (network, mask) = base.split_at(base.len() / 2);
            let fits = name.iter().zip(network).zip(mask).all(|((name, network), mask)| name & mask == *network);
            result(base == name || (name.len() == network.len() && fits))
        }
        (GeneralName::Directory { canonical: base, .. }, GeneralName::Directory { canonical: name, .. }) => {
            // Relative names stand one after the other, so a subtree is a beginning.
            result(name.starts_with(base))
        }
        _ => Compared::Other,
    }
}

fn lower(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).to_ascii_lowercase()
}

/// `DNSName.constrains`: a dot stands before the constraint or at its beginning, not both.
fn dns_within(name: &[u8], base: &[u8]) -> bool {
    if base.is_empty() {
        return true;
    }
    let Some(before) = name.len().checked_sub(base.len()) else { return false };
    let (before, end) = name.split_at(before);
    end.eq_ignore_ascii_case(base) && (before.is_empty() || (before.ends_with(b".") ^ base.starts_with(b".")))
}

/// `RFC822Name.constrains`.
fn email_within(name: &str, base: &str) -> bool {
    if name == base {
        return true;
    }
    let Some(before) = name.strip_suffix(base) else { return false };
    !base.contains('@') && (base.starts_with('.') || before.ends_with('@'))
}
