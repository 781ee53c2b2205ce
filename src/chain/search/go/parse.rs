//! What Go's parser takes of a certificate, and what it refuses to read at all.
//!
//! `ParseCertificate` is stricter than most in places (a critical authority key identifier, a duplicate
//! extension, a curve it lacks) and looser in others (an alternative name of an unknown kind is passed
//! over), and a client refuses the handshake when any certificate that was sent cannot be read. Followed
//! from `crypto/x509/parser.go`, function by function, with its texts.

use super::super::{dates, elements, extensions, issuer, subject};
use crate::chain::member::extension::integer_is_plain;
use crate::chain::member::{Member, oids};
use crate::format::der::{Tlv, Walk, tag};
use crate::model::{Oid, PublicKey};
use crate::policy::Fault;
use crate::policy::go::Go;
use std::collections::BTreeSet;

/// A certificate as `crypto/x509` has it, as far as it decides.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// A critical extension is not known or not understood.
    pub(super) unhandled: bool,
    /// Basic constraints, where they are there: whether a CA, and the path length.
    pub(super) basic: Option<(bool, Option<u64>)>,
    /// Key usage, 0 where there is none.
    pub(super) key_usage: u16,
    /// Extended key usages; empty where there are none.
    pub(super) usages: Vec<Oid>,
    /// The alternative names, where the extension is there.
    pub(super) names: Option<Names>,
    /// Name constraints, where the extension is there.
    pub(super) constraints: Option<Constraints>,
    /// The authority key identifier, empty where there is none.
    pub(super) authority: Vec<u8>,
    /// The subject key identifier, empty where there is none.
    pub(super) identifier: Vec<u8>,
}

/// Alternative names of the kinds that Go knows.
#[derive(Debug, Default, Clone)]
pub(super) struct Names {
    pub(super) dns: Vec<String>,
    pub(super) emails: Vec<String>,
    pub(super) uris: Vec<String>,
    pub(super) ips: Vec<Vec<u8>>,
    /// All of them as they stand: the kind, as Go calls it, and the place among those of the kind.
    pub(super) listed: Vec<(&'static str, usize)>,
}

/// Name constraints.
#[derive(Debug, Default)]
pub(super) struct Constraints {
    pub(super) permitted: Subtrees,
    pub(super) excluded: Subtrees,
}

/// One side of name constraints.
#[derive(Debug, Default)]
pub(super) struct Subtrees {
    pub(super) dns: Vec<String>,
    pub(super) emails: Vec<String>,
    pub(super) uris: Vec<String>,
    pub(super) ips: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A certificate that Go refuses to read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// What is wrong with it.
    pub(super) fault: Fault,
    /// What Go says.
    pub(super) says: String,
}

impl From<String> for Refused {
    fn from(says: String) -> Self {
        Self { fault: Fault::Malformed, says }
    }
}

impl From<&str> for Refused {
    fn from(says: &str) -> Self {
        says.to_owned().into()
    }
}

type Read<T> = Result<T, Refused>;

/// Refuses what is malformed.
fn refuse<T>(says: impl Into<String>) -> Read<T> {
    refuse_as(Fault::Malformed, says)
}

fn refuse_as<T>(fault: Fault, says: impl Into<String>) -> Read<T> {
    Err(Refused { fault, says: says.into() })
}

/// `parseCertificate`.
pub(super) fn parse(member: &Member, go: Go) -> Read<Parsed> {
    if member.version > 3 {
        return refuse_as(Fault::VersionUnsupported, "x509: invalid version");
    }
    let serial = member.serial();
    if !integer_is_plain(serial) {
        return refuse_as(Fault::SerialUnacceptable, "x509: malformed serial number");
    }
    if serial.first().is_some_and(|&first| first >= 0x80) && !go.negative_serial {
        return refuse_as(Fault::SerialUnacceptable, "x509: negative serial number");
    }
    if !member.algorithms_agree() {
        return refuse_as(
            Fault::AlgorithmMismatch,
            "x509: inner and outer signature algorithm identifiers don't match",
        );
    }
    name(issuer(member))?;
    let written = dates(member).ok_or("x509: malformed validity")?;
    for ((kind, text), date) in written.into_iter().zip([member.not_before, member.not_after]) {
        if date.at.is_none() || !is_date(kind, text) {
            let what = if kind == tag::GENERALIZED_TIME { "GeneralizedTime" } else { "UTCTime" };
            return refuse(format!("x509: malformed {what}"));
        }
    }
    name(subject(member))?;
    public_key(member)?;
    if member.version < 3 {
        return Ok(Parsed::default());
    }
    let all = extensions(member);
    let mut seen = BTreeSet::new();
    for (oid, ..) in &all {
        if !seen.insert(oid.as_bytes()) {
            return refuse(if go.is(23) {
                format!("x509: certificate contains duplicate extension with OID \"{oid}\"")
            } else {
                "x509: certificate contains duplicate extensions".to_owned()
            });
        }
    }
    let mut parsed = Parsed::default();
    for (oid, critical, value) in all {
        let handled = take(&mut parsed, oid, critical, value, go)?;
        parsed.unhandled |= critical && !handled;
    }
    Ok(parsed)
}

/// The forms of a date that are read: a UTCTime may lack its seconds, and either may have another zone than `Z`, which
/// must not be written as the offset zero (`ReadASN1UTCTime`, `ReadASN1GeneralizedTime`, x/crypto/cryptobyte).
fn is_date(kind: u8, text: &[u8]) -> bool {
    let digits = text.iter().take_while(|octet| octet.is_ascii_digit()).count();
    let lengths: &[usize] = if kind == tag::GENERALIZED_TIME { &[14] } else { &[12, 10] };
    let is_zone = match &text[digits..] {
        b"Z" => true,
        [b'+' | b'-', offset @ ..] => {
            offset.len() == 4 && offset.iter().all(u8::is_ascii_digit) && offset.iter().any(|digit| *digit != b'0')
        }
        _ => false,
    };
    lengths.contains(&digits) && is_zone
}

/// `processExtensions`: whether the extension is understood.
fn take(parsed: &mut Parsed, oid: Oid, critical: bool, value: &[u8], go: Go) -> Read<bool> {
    let marked = |what: &str, fault: Fault| -> Read<()> {
        // Since 1.23.
        if critical && go.is(23) {
            refuse_as(fault, format!("x509: {what} incorrectly marked critical"))
        } else {
            Ok(())
        }
    };
    match oid {
        oids::KEY_USAGE => parsed.key_usage = key_usage(value)?,
        oids::BASIC_CONSTRAINTS => parsed.basic = Some(basic_constraints(value, go)?),
        oids::SUBJECT_ALT_NAME => {
            let names = alt_names(value, go)?;
            let none = names.dns.is_empty() && names.emails.is_empty() && names.ips.is_empty() && names.uris.is_empty();
            parsed.names = Some(names);
            return Ok(!none);
        }
        oids::NAME_CONSTRAINTS => {
            let (constraints, handled) = name_constraints(value, go)?;
            parsed.constraints = Some(constraints);
            return Ok(handled);
        }
        oids::DISTRIBUTION_POINTS => sequences(value, "x509: invalid CRL distribution points")?,
        oids::AUTHORITY_KEY_ID => {
            marked("authority key identifier", Fault::AuthorityKeyIdCritical)?;
            parsed.authority = authority(value)?;
        }
        oids::SUBJECT_KEY_ID => {
            marked("subject key identifier", Fault::SubjectKeyIdCritical)?;
            let found =
                Walk::new(value).expect(tag::OCTET_STRING, "").map_err(|_| "x509: invalid subject key identifier")?;
            parsed.identifier = value[found.content].to_vec();
        }
        oids::EXTENDED_KEY_USAGE => parsed.usages = usages(value)?,
        oids::POLICIES => {
            const BROKEN: &str = "x509: invalid certificate policies";
            sequences(value, BROKEN)?;
            // No policy twice (`parseCertificatePoliciesExtension`, 1.27.3; 1.21.13 takes it. Where between it came is not
            // known).
            if go.is(27) && policies(value).is_none_or(|found| !distinct(&found)) {
                return refuse(BROKEN);
            }
        }
        oids::AUTHORITY_INFO_ACCESS => {
            marked("authority info access", Fault::Malformed)?;
            sequences(value, "x509: invalid authority info access")?;
        }
        // Since 1.24.
        oids::POLICY_CONSTRAINTS if go.is(24) => sequence(value, "x509: invalid policy constraints extension")?,
        oids::POLICY_MAPPINGS if go.is(24) => sequences(value, "x509: invalid policy mappings extension")?,
        oids::INHIBIT_ANY_POLICY if go.is(24) => {
            let found = Walk::new(value).expect(tag::INTEGER, "");
            if !found.is_ok_and(|found| integer_is_plain(&value[found.content])) {
                return refuse("x509: invalid inhibit any policy extension");
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// `parseName`: the kinds of string that Go reads, and what may stand in each.
fn name(der: &[u8]) -> Read<()> {
    let broken = || Refused::from("x509: invalid RDNSequence");
    let sequence = Walk::new(der).expect(tag::SEQUENCE, "").map_err(|_| broken())?;
    for set in elements(der, &sequence).ok_or_else(broken)? {
        if set.tag != tag::SET {
            return Err(broken());
        }
        for attribute in elements(der, &set).ok_or_else(broken)? {
            let fields = elements(der, &attribute).ok_or_else(broken)?;
            let [kind, value, ..] = &fields[..] else { return refuse("x509: invalid RDNSequence: invalid attribute") };
            if kind.tag != tag::OID {
                return refuse("x509: invalid RDNSequence: invalid attribute type");
            }
            string(value.tag, &der[value.content.clone()]).map_err(|why| Refused {
                says: format!("x509: invalid RDNSequence: invalid attribute value: {}", why.says),
                ..why
            })?;
        }
    }
    Ok(())
}

/// `parseASN1String`.
fn string(kind: u8, octets: &[u8]) -> Read<()> {
    let fits = match kind {
        tag::TELETEX => true,
        tag::PRINTABLE => octets.iter().all(|b| b.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(b)),
        tag::UTF8 => std::str::from_utf8(octets).is_ok(),
        tag::BMP => octets.len().is_multiple_of(2),
        tag::IA5 => octets.is_ascii(),
        tag::NUMERIC => octets.iter().all(|b| b.is_ascii_digit() || *b == b' '),
        other => return refuse(format!("unsupported string type: {other}")),
    };
    let what = match kind {
        tag::PRINTABLE => "invalid PrintableString",
        tag::UTF8 => "invalid UTF-8 string",
        tag::BMP => "invalid BMPString",
        tag::IA5 => "invalid IA5String",
        _ => "invalid NumericString",
    };
    if fits { Ok(()) } else { refuse(what) }
}

/// `parsePublicKey`: keys of an algorithm that Go knows and that it cannot decode.
fn public_key(member: &Member) -> Read<()> {
    match &member.key {
        PublicKey::EcExplicit => refuse_as(Fault::KeyExplicitCurve, "x509: invalid ECDSA parameters"),
        PublicKey::Ec { bits, curve } => {
            let known = matches!(bits, Some(224 | 256 | 384 | 521)) && curve.starts_with("P-");
            if known { Ok(()) } else { refuse_as(Fault::AlgorithmUnsupported, "x509: unsupported elliptic curve") }
        }
        PublicKey::Rsa { .. } if !rsa_has_null(member.spki()) => {
            refuse_as(Fault::KeyUndecodable, "x509: RSA key missing NULL parameters")
        }
        _ => Ok(()),
    }
}

/// Whether the algorithm of an RSA key has the NULL that RFC 3279, 2.3.1, demands.
fn rsa_has_null(spki: &[u8]) -> bool {
    let first = |der: &[u8]| -> Option<bool> {
        let whole = Walk::new(der).expect(tag::SEQUENCE, "").ok()?;
        let algorithm = elements(der, &whole)?.into_iter().next()?;
        let fields = elements(der, &algorithm)?;
        Some(fields.get(1).is_some_and(|parameters| der[parameters.whole.clone()] == [5, 0]))
    };
    first(spki).unwrap_or(false)
}

/// `parseKeyUsageExtension`.
fn key_usage(value: &[u8]) -> Read<u16> {
    let bits = || -> Option<u16> {
        let found = Walk::new(value).expect(tag::BIT_STRING, "").ok()?;
        let (&unused, octets) = value[found.content].split_first()?;
        let pad = octets.last().map_or(unused == 0, |last| unused < 8 && last & ((1u8 << unused) - 1) == 0);
        pad.then_some(())?;
        let at = |place: usize| u16::from(octets.get(place).copied().unwrap_or_default().reverse_bits());
        Some((at(0) | (at(1) << 8)) & 0x1ff)
    };
    bits().ok_or_else(|| Refused::from("x509: invalid key usage"))
}

/// `parseBasicConstraintsExtension`: what follows the two fields is passed over.
fn basic_constraints(value: &[u8], go: Go) -> Read<(bool, Option<u64>)> {
    let found = || -> Option<(bool, Option<u64>)> {
        let whole = Walk::new(value).expect(tag::SEQUENCE, "").ok()?;
        let mut fields = Walk::inside(value, &whole.content);
        let ca = match fields.optional(tag::BOOLEAN).ok()? {
            Some(flag) => match value[flag.content] {
                [0] => false,
                [0xff] => true,
                _ => return None,
            },
            None => false,
        };
        let limit = match fields.optional(tag::INTEGER).ok()? {
            Some(number) => {
                let octets = &value[number.content];
                let is_negative = octets.first().is_some_and(|&first| first >= 0x80);
                // A negative number was taken for none before 1.25, as -1 is.
                (integer_is_plain(octets) && octets.len() <= 8 && !(is_negative && go.is(25))).then_some(())?;
                (!is_negative).then(|| octets.iter().fold(0u64, |value, &octet| (value << 8) | u64::from(octet)))
            }
            None => None,
        };
        Some((ca, limit))
    };
    found().ok_or_else(|| Refused::from("x509: invalid basic constraints"))
}

/// `parseAuthorityKeyIdentifier`: the key identifier alone.
fn authority(value: &[u8]) -> Read<Vec<u8>> {
    let found = || -> Option<Vec<u8>> {
        let whole = Walk::new(value).expect(tag::SEQUENCE, "").ok()?;
        let mut fields = Walk::inside(value, &whole.content);
        let key = fields.optional(0x80).ok()?;
        Some(key.map_or_else(Vec::new, |key| value[key.content].to_vec()))
    };
    found().ok_or_else(|| Refused::from("x509: invalid authority key identifier"))
}

/// `parseExtKeyUsageExtension`.
fn usages(value: &[u8]) -> Read<Vec<Oid>> {
    let found = || -> Option<Vec<Oid>> {
        let whole = Walk::new(value).expect(tag::SEQUENCE, "").ok()?;
        let mut inside = Walk::inside(value, &whole.content);
        let mut all = Vec::new();
        while !inside.is_empty() {
            all.push(inside.oid().ok()?.unwrap_or(Oid::new_unwrap("0.0")));
        }
        Some(all)
    };
    found().ok_or_else(|| Refused::from("x509: invalid extended key usages"))
}

/// `parseSANExtension`: kinds that Go does not know are passed over.
fn alt_names(value: &[u8], go: Go) -> Read<Names> {
    let Ok(whole) = Walk::new(value).expect(tag::SEQUENCE, "") else {
        return refuse("x509: invalid subject alternative names");
    };
    let Some(all) = elements(value, &whole) else { return refuse("x509: invalid subject alternative name") };
    let mut names = Names::default();
    for element in all {
        let octets = &value[element.content];
        match element.tag {
            0x81 => {
                names.listed.push(("email address", names.emails.len()));
                names.emails.push(ia5(octets).ok_or("x509: SAN rfc822Name is malformed")?);
            }
            0x82 => {
                names.listed.push(("DNS name", names.dns.len()));
                names.dns.push(ia5(octets).ok_or("x509: SAN dNSName is malformed")?);
            }
            0x86 => {
                let text = ia5(octets).ok_or("x509: SAN uniformResourceIdentifier is malformed")?;
                if text.bytes().any(|b| b < 0x20 || b == 0x7f) {
                    return refuse(format!("x509: cannot parse URI {text:?}: invalid control character in URL"));
                }
                if let Some(why) = super::names::bad_authority(&text) {
                    return refuse(format!("x509: cannot parse URI {text:?}: parse {text:?}: {why}"));
                }
                let host = super::names::uri_host(&text);
                if host.is_some_and(|host| !host.is_empty() && !super::names::domain_is_valid(host, false, go)) {
                    return refuse(format!("x509: cannot parse URI {text:?}: invalid domain"));
                }
                names.listed.push(("URI", names.uris.len()));
                names.uris.push(text);
            }
            0x87 => {
                if octets.len() == 16 && octets.starts_with(&MAPPED) && go.is(27) {
                    return refuse("x509: SAN iPAddress contains IPv4-mapped IPv6 address");
                }
                if octets.len() != 4 && octets.len() != 16 {
                    return refuse(format!("x509: cannot parse IP address of length {}", octets.len()));
                }
                names.listed.push(("IP address", names.ips.len()));
                names.ips.push(octets.to_vec());
            }
            _ => {}
        }
    }
    Ok(names)
}

/// The beginning of an IPv6 address that holds an IPv4 address (RFC 4291, 2.5.5.2).
const MAPPED: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

fn ia5(octets: &[u8]) -> Option<String> {
    octets.is_ascii().then(|| String::from_utf8_lossy(octets).into_owned())
}

/// `parseNameConstraintsExtension`: the constraints, and whether every kind in them is known.
fn name_constraints(value: &[u8], go: Go) -> Read<(Constraints, bool)> {
    let invalid = || Refused::from("x509: invalid NameConstraints extension");
    let whole = Walk::new(value).expect(tag::SEQUENCE, "").map_err(|_| invalid())?;
    if whole.whole.end != value.len() {
        return Err(invalid());
    }
    let mut fields = Walk::inside(value, &whole.content);
    let permitted = fields.optional(tag::context(0)).map_err(|_| invalid())?;
    let excluded = fields.optional(tag::context(1)).map_err(|_| invalid())?;
    if !fields.is_empty() {
        return Err(invalid());
    }
    if [&permitted, &excluded].iter().all(|side| side.as_ref().is_none_or(|side| side.content.is_empty())) {
        return refuse("x509: empty name constraints extension");
    }
    let mut handled = true;
    let mut side = |list: Option<crate::format::der::Tlv>| -> Read<Subtrees> {
        let Some(list) = list else { return Ok(Subtrees::default()) };
        let mut subtrees = Subtrees::default();
        for subtree in elements(value, &list).ok_or_else(invalid)? {
            if subtree.tag != tag::SEQUENCE {
                return Err(invalid());
            }
            let fields = elements(value, &subtree).ok_or_else(invalid)?;
            let base = fields.first().ok_or_else(invalid)?;
            handled &= constraint(&mut subtrees, base.tag, &value[base.content.clone()], go)?;
        }
        Ok(subtrees)
    };
    let constraints = Constraints { permitted: side(permitted)?, excluded: side(excluded)? };
    Ok((constraints, handled))
}

/// One subtree: whether its kind is known.
fn constraint(into: &mut Subtrees, kind: u8, octets: &[u8], go: Go) -> Read<bool> {
    use super::names::{domain_is_valid, mailbox};
    let text = || {
        ia5(octets).ok_or_else(|| {
            let text = String::from_utf8_lossy(octets);
            format!("x509: invalid constraint value: x509: {text:?} cannot be encoded as an IA5String")
        })
    };
    match kind {
        0x82 => {
            let domain = text()?;
            if !domain_is_valid(&domain, true, go) {
                return refuse(format!("x509: failed to parse dnsName constraint {domain:?}"));
            }
            into.dns.push(domain);
        }
        0x87 => {
            let half = match octets.len() {
                8 => 4,
                32 => 16,
                length => return refuse(format!("x509: IP constraint contained value of length {length}")),
            };
            let (ip, mask) = octets.split_at(half);
            let bits: u32 = mask.iter().map(|octet| octet.leading_ones()).sum();
            let whole = mask.iter().enumerate().all(|(at, octet)| {
                let ones = bits.saturating_sub(at as u32 * 8).min(8);
                *octet == if ones == 0 { 0 } else { 0xffu8 << (8 - ones) }
            });
            if !whole {
                let hex: String = mask.iter().map(|octet| format!("{octet:02x}")).collect();
                return refuse(format!("x509: IP constraint contained invalid mask {hex}"));
            }
            if ip.starts_with(&MAPPED) && ip.len() == 16 && go.is(27) {
                return refuse("x509: IP constraint contained IPv4-mapped IPv6 address");
            }
            into.ips.push((ip.to_vec(), mask.to_vec()));
        }
        0x81 => {
            let address = text()?;
            let fits = if address.contains('@') {
                mailbox(&address, go).is_some()
            } else {
                domain_is_valid(&address, true, go)
            };
            if !fits {
                return refuse(format!("x509: failed to parse rfc822Name constraint {address:?}"));
            }
            into.emails.push(address);
        }
        0x86 => {
            let domain = text()?;
            if domain.parse::<std::net::IpAddr>().is_ok() {
                return refuse(format!("x509: failed to parse URI constraint {domain:?}: cannot be IP address"));
            }
            if !domain_is_valid(&domain, true, go) {
                return refuse(format!("x509: failed to parse URI constraint {domain:?}"));
            }
            into.uris.push(domain);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn sequence(value: &[u8], else_say: &str) -> Read<()> {
    Walk::new(value).expect(tag::SEQUENCE, "").map(drop).map_err(|_| Refused::from(else_say))
}

/// A SEQUENCE of SEQUENCEs, none of whose inside decides here.
/// The identifiers of policies, as octets.
fn policies(value: &[u8]) -> Option<Vec<&[u8]>> {
    let whole = Walk::new(value).expect(tag::SEQUENCE, "").ok()?;
    let identifier = |policy: &Tlv| {
        let found = Walk::inside(value, &policy.content).expect(tag::OID, "").ok()?;
        Some(&value[found.content])
    };
    elements(value, &whole)?.iter().map(identifier).collect()
}

fn distinct(all: &[&[u8]]) -> bool {
    all.iter().collect::<std::collections::BTreeSet<_>>().len() == all.len()
}

fn sequences(value: &[u8], else_say: &str) -> Read<()> {
    let inside = Walk::new(value).expect(tag::SEQUENCE, "").ok().and_then(|whole| elements(value, &whole));
    match inside {
        Some(all) if all.iter().all(|element| element.tag == tag::SEQUENCE) => Ok(()),
        _ => refuse(else_say),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Version;

    fn go(version: &str) -> Go {
        Go::new(&Version::parse(version).unwrap(), None)
    }

    /// What `x509.ParseCertificate` of 1.21.13 and 1.27.3 reads.
    #[test]
    fn dates_without_seconds_and_with_another_zone_are_read() {
        for (kind, text, is) in [
            (tag::UTC_TIME, "270917201500Z", true),
            (tag::UTC_TIME, "2709172015Z", true),
            (tag::UTC_TIME, "270917201500+0100", true),
            (tag::UTC_TIME, "270917201500+0000", false),
            (tag::UTC_TIME, "270917201500", false),
            (tag::GENERALIZED_TIME, "20270917201500Z", true),
            (tag::GENERALIZED_TIME, "202709172015Z", false),
            (tag::GENERALIZED_TIME, "20270917201500.5Z", false),
        ] {
            assert_eq!(is_date(kind, text.as_bytes()), is, "{text}");
        }
    }

    /// What a certificate holds is in what Go says of it, and decides nothing.
    #[test]
    fn a_text_of_the_certificate_is_not_its_fault() {
        let uri = b"http://RSA elliptic curve:x/";
        let value: Vec<u8> =
            [&[0x30, u8::try_from(uri.len() + 2).unwrap(), 0x86, u8::try_from(uri.len()).unwrap()], &uri[..]].concat();
        let refused = alt_names(&value, go("1.27.3")).expect_err("no URI of Go's");
        assert!(refused.says.contains("RSA elliptic curve"), "{}", refused.says);
        assert_eq!(refused.fault, Fault::Malformed);
    }

    #[test]
    fn a_negative_path_length_is_refused_since_1_25() {
        let value = [0x30, 6, 1, 1, 0xff, 2, 1, 0xff];
        assert_eq!(basic_constraints(&value, go("1.24.11")), Ok((true, None)));
        assert!(basic_constraints(&value, go("1.25.0")).is_err());
    }
}
