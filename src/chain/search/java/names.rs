//! Names as Java compares them: the host (`HostnameChecker`), and names with constraints
//! (`NameConstraintsExtension`).

use super::super::{issuer, subject};
use super::parse;
use crate::chain::member::Member;
use crate::chain::member::extension::NameConstraints;
use crate::chain::member::general_name::GeneralName;
use crate::chain::name::punycode::to_letters;
use crate::chain::name::{ServerName, common_names};
use crate::format::der::tag;
use crate::format::x509;
use crate::policy::Fault;
use crate::policy::java::Java;
use std::net::IpAddr;

/// `HostnameChecker.match`: the message where the certificate is not for the name.
pub(super) fn matches(
    member: &Member,
    adopted: Option<&GeneralName>,
    name: &ServerName,
    java: &Java,
) -> Result<(), String> {
    // An alternative name that cannot be decoded was none until 17; 21 throws (`getExtensionIfParseable`).
    if java.release >= 21 && !parse::alt_names_are_read(member) {
        let is_empty = member.subject_alt_name.value().is_some_and(Vec::is_empty);
        // `IPAddressName(byte[])` takes 4, 8, 16 and 32 octets.
        let is_address = |name: &GeneralName| matches!(name, GeneralName::Ip(octets) if !parse::is_address(octets));
        let why = match () {
            () if is_empty => "No data available in passed DER encoded value.",
            () if member.alt_names().any(is_address) => "Invalid IPAddressName",
            () => "not enough content",
        };
        return Err(why.to_owned());
    }
    match name {
        ServerName::Ip(address) => matches_address(member, adopted, *address),
        ServerName::Dns(name) => matches_host(member, adopted, name, java),
    }
}

/// The alternative names; none where they cannot be read, which is passed over where they are not critical.
fn alternatives(member: &Member) -> impl Iterator<Item = &GeneralName> {
    member.alt_names().filter(move |_| parse::alt_names_are_read(member))
}

fn matches_address(member: &Member, adopted: Option<&GeneralName>, address: IpAddr) -> Result<(), String> {
    // An alternative name of any kind that can be read is an alternative name.
    if alternatives(member).next().is_none() {
        return Err("No subject alternative names present".to_owned());
    }
    // `InetAddress.getByName`, by which both are compared, makes an IPv4 address of one that is mapped into IPv6.
    let of = |octets: &[u8]| match octets.len() {
        4 => <[u8; 4]>::try_from(octets).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(octets).ok().map(|octets| IpAddr::from(octets).to_canonical()),
    };
    let is =
        |found: &GeneralName| matches!(found, GeneralName::Ip(octets) if of(octets) == Some(address.to_canonical()));
    let found = alternatives(member).chain(adopted).any(is);
    if found { Ok(()) } else { Err(format!("No subject alternative names matching IP address {address} found")) }
}

fn matches_host(member: &Member, adopted: Option<&GeneralName>, name: &str, java: &Java) -> Result<(), String> {
    if name.is_ascii() && !is_host_name(name) {
        return Err(format!("Illegal given domain name: {name}"));
    }
    let mut found = false;
    for alternative in alternatives(member).chain(adopted) {
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

/// `isMatched`: both in letters (`IDN.toUnicode`), wildcards anywhere in a label before a dot; in the first label alone since 21 at the latest
/// (`matchLeftmostWildcard`; `matchAllWildcards` in 17).
fn pattern_matches(name: &str, pattern: &str, java: &Java) -> bool {
    let plain = |name: &str| to_letters(&name.to_ascii_lowercase()).to_lowercase();
    let (name, pattern) = (plain(name), plain(pattern));
    if let Some(star) = pattern.rfind('*')
        && (matches!(pattern.as_str(), "*" | "*.") || !pattern[star..].contains('.'))
    {
        return false;
    }
    if pattern.is_ascii() && !is_host_name(&pattern.replace('*', "z")) {
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

/// Whether the name of an issuer is another certificate's.
pub(super) fn issued(below: &Member, above: &Member) -> bool {
    comparable(below)[1] == comparable(above)[0]
}

/// Whether two certificates are of one name.
pub(super) fn same_subject(one: &Member, other: &Member) -> bool {
    comparable(one)[0] == comparable(other)[0]
}

/// `X509CertImpl.isSelfIssued`.
pub(super) fn is_self_issued(member: &Member) -> bool {
    let [subject, issuer] = comparable(member);
    subject == issuer
}

/// Subject and issuer as `X500Principal.equals` compares them, in octets that are the same where the names are.
fn comparable(member: &Member) -> &[Box<[u8]>; 2] {
    member.rfc2253.get_or_init(|| {
        [subject(member), issuer(member)].map(|name| {
            let mut octets = Vec::new();
            for relative in canonical(name) {
                octets.extend((relative.len() as u64).to_be_bytes());
                for part in relative.iter().flat_map(|(kind, value)| [kind, value]) {
                    octets.extend((part.len() as u64).to_be_bytes());
                    octets.extend(part);
                }
            }
            octets.into()
        })
    })
}

/// Attributes that RFC 2253 has a keyword for, as DER: common name, country, locality, state, street, organisation,
/// unit, domain component, user identifier.
const KEYWORDS: [&[u8]; 9] = [
    &[6, 3, 0x55, 4, 3],
    &[6, 3, 0x55, 4, 6],
    &[6, 3, 0x55, 4, 7],
    &[6, 3, 0x55, 4, 8],
    &[6, 3, 0x55, 4, 9],
    &[6, 3, 0x55, 4, 10],
    &[6, 3, 0x55, 4, 11],
    b"\x06\x0a\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19",
    b"\x06\x0a\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01",
];

/// One attribute: its kind, and its value.
type Attribute = (Vec<u8>, Vec<u8>);

/// `X500Name.canonicalName`, by relative names: the text of a PrintableString or UTF8String counts without case and
/// with each run of spaces as one, where the attribute has a keyword; the octets of any other value count as they are
/// (`AVA.toRFC2253CanonicalString`, `isDerString`).
fn canonical(name: &[u8]) -> Vec<Vec<Attribute>> {
    let rdns = x509::attributes(name, &(0..name.len())).unwrap_or_default();
    let attribute = |value: x509::Value| {
        let kind = name.get(value.kind).unwrap_or_default();
        let octets = name.get(value.content).unwrap_or_default();
        let text = matches!(value.tag, tag::PRINTABLE | tag::UTF8) && KEYWORDS.contains(&kind);
        let value = match std::str::from_utf8(octets).ok().filter(|_| text) {
            Some(text) => text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ").into_bytes(),
            None => [&[value.tag], octets].concat(),
        };
        (kind.to_vec(), value)
    };
    let relative = |rdn: Vec<x509::Value>| {
        let mut all: Vec<Attribute> = rdn.into_iter().map(attribute).collect();
        all.sort();
        all
    };
    rdns.into_iter().map(relative).collect()
}

/// Why a name is not within constraints.
#[derive(Debug)]
pub(super) enum Outside {
    /// It is outside.
    Refused(Fault),
    /// A subtree has a minimum or maximum.
    Unsupported,
    /// The comparison itself fails with this message.
    Thrown(String),
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
pub(super) fn within(member: &Member, constraints: &NameConstraints, built: bool, java: &Java) -> Result<(), Outside> {
    if constraints.permitted.iter().chain(&constraints.excluded).any(|subtree| !subtree.plain) {
        return Err(Outside::Unsupported);
    }
    if !member.subject.is_empty() {
        let subject = GeneralName::Directory { der: subject(member).into(), canonical: member.subject.clone() };
        check(&subject, constraints, java)?;
    }
    for name in alternatives(member) {
        check(name, constraints, java)?;
    }
    match common_name(member).filter(|_| java.checks_built || !built) {
        Some(name) => check(&name, constraints, java),
        None => Ok(()),
    }
}

/// The common name as the kind of name that it looks like, where there is no alternative name of that kind.
fn common_name(member: &Member) -> Option<GeneralName> {
    let names = common_names(member);
    let common = names.last()?;
    let (name, there) = match common.parse::<IpAddr>() {
        Ok(address) => {
            let octets: Box<[u8]> = match address {
                IpAddr::V4(address) => address.octets().into(),
                IpAddr::V6(address) => address.octets().into(),
            };
            (GeneralName::Ip(octets), alternatives(member).any(|found| matches!(found, GeneralName::Ip(_))))
        }
        Err(_) if is_dns_name(common) => {
            let there = alternatives(member).any(|found| matches!(found, GeneralName::Dns(_)));
            (GeneralName::Dns(common.as_bytes().into()), there)
        }
        Err(_) => return None,
    };
    (!there).then_some(name)
}

/// What the check of name constraints leaves among the alternative names, where the certificate has any.
pub(super) fn adopted(member: &Member) -> Option<GeneralName> {
    alternatives(member).next()?;
    common_name(member)
}

/// What `DNSName(String)` takes.
pub(super) fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        label.bytes().enumerate().all(|(at, b)| b.is_ascii_alphanumeric() || (b == b'-' && at > 0)) && !label.is_empty()
    };
    !name.is_empty() && name.split('.').all(label)
}

fn check(name: &GeneralName, constraints: &NameConstraints, java: &Java) -> Result<(), Outside> {
    // `OtherName.constrains` throws.
    let mut all = constraints.permitted.iter().chain(&constraints.excluded);
    if matches!(name, GeneralName::Other(..)) && all.any(|subtree| matches!(subtree.base, GeneralName::Other(..))) {
        let why = "Narrowing, widening, and matching are not supported for OtherName.";
        return Err(Outside::Thrown(why.to_owned()));
    }
    for subtree in &constraints.excluded {
        if compare(name, &subtree.base, java)? == Compared::Within {
            return Err(Outside::Refused(Fault::NameExcluded));
        }
    }
    let mut same = false;
    for subtree in &constraints.permitted {
        match compare(name, &subtree.base, java)? {
            Compared::Within => return Ok(()),
            Compared::Same => same = true,
            Compared::Other => {}
        }
    }
    if same { Err(Outside::Refused(Fault::NameNotPermitted)) } else { Ok(()) }
}

fn compare(name: &GeneralName, base: &GeneralName, java: &Java) -> Result<Compared, Outside> {
    // `DNSName.constrains` looks at the first character of the constraint since it may be a dot.
    if let (GeneralName::Dns(base), GeneralName::Dns(name)) = (base, name)
        && base.is_empty()
        && !name.is_empty()
        && java.leading_dot
    {
        let why = if java.release < 21 { "String index out of range: 0" } else { "Index 0 out of bounds for length 0" };
        return Err(Outside::Thrown(why.to_owned()));
    }
    let result = |within: bool| if within { Compared::Within } else { Compared::Same };
    Ok(match (base, name) {
        (GeneralName::Dns(base), GeneralName::Dns(name)) => result(dns_within(name, base, java)),
        (GeneralName::Email(base), GeneralName::Email(name)) => result(email_within(&lower(name), &lower(base))),
        (GeneralName::Uri(base), GeneralName::Uri(name)) => {
            let (base, name) = (lower(base), lower(name));
            let host =
                name.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#', ':']).next().unwrap_or(""));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            // A domain is compared without its dot (`URIName.nameConstraint`), and is no host itself (`constrains`).
            let below = |domain: &str| host != domain && dns_within(host.as_bytes(), domain.as_bytes(), java);
            result(match base.strip_prefix('.') {
                Some(domain) => below(domain),
                None => host == base,
            })
        }
        (GeneralName::Ip(base), GeneralName::Ip(name)) => {
            // `IPAddressName.constrains` goes through the octets of the network, whatever kind of address the other is: of
            // IPv6 the first four are compared with a network of IPv4, and the other way round an index is out of bounds.
            let (network, mask) = base.split_at(base.len() / 2);
            let fits = name.iter().zip(network).zip(mask).all(|((name, network), mask)| name & mask == *network);
            let is_network = matches!(base.len(), 8 | 32);
            if is_network && fits && name.len() < network.len() {
                let end = name.len();
                return Err(Outside::Thrown(format!("Index {end} out of bounds for length {end}")));
            }
            result(base == name || is_network && fits)
        }
        (GeneralName::Directory { der: base, .. }, GeneralName::Directory { der: name, .. }) => {
            // `X500Name.isWithinSubtree`: the relative names at the beginning are the same.
            result(canonical(name).starts_with(&canonical(base)))
        }
        _ => Compared::Other,
    })
}

fn lower(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).to_ascii_lowercase()
}

/// `DNSName.constrains`: a dot stands before the constraint or, where that may be, at its beginning, not both.
fn dns_within(name: &[u8], base: &[u8], java: &Java) -> bool {
    let Some(before) = name.len().checked_sub(base.len()) else { return false };
    let (before, end) = name.split_at(before);
    let at_dot = before.ends_with(b".") ^ (java.leading_dot && base.starts_with(b"."));
    end.eq_ignore_ascii_case(base) && (before.is_empty() || at_dot)
}

/// `RFC822Name.constrains`.
fn email_within(name: &str, base: &str) -> bool {
    if name == base {
        return true;
    }
    let Some(before) = name.strip_suffix(base) else { return false };
    !base.contains('@') && (base.starts_with('.') || before.ends_with('@'))
}
