//! What extensions say, and whether a verifier can decode them.
//!
//! The rules are those of OpenSSL's decoder, on which most clients stand (crypto/asn1/tasn_dec.c and
//! the templates in crypto/x509/v3_*.c): trailing octets behind the outermost element are passed over,
//! within an element they are an error; an INTEGER has no needless octets; and an extension that occurs
//! twice is none (`X509V3_get_d2i`, crypto/x509/v3_lib.c).

use super::general_name::{GeneralName, names, subtree};
use crate::format::der::{Tlv, Walk, tag};
use crate::model::{KeyUsage, Oid};
use std::ops::Range;

/// What was decoded, or nothing where a verifier cannot.
pub(super) type Asn1<T> = Option<T>;

/// An extension: whether it is there, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<T> {
    /// It is not there.
    Absent,
    /// It is there and says this.
    Present {
        /// What it says.
        value: T,
        /// Whether it is critical.
        critical: bool,
    },
    /// It is there and cannot be decoded.
    Malformed {
        /// Whether it is critical.
        critical: bool,
    },
    /// It is there more than once, so that verifiers differ in what it says.
    Repeated {
        /// Whether one of them is critical.
        critical: bool,
        /// What the first of them says, where it can be decoded: what verifiers take that do not look
        /// for a second one.
        first: Option<T>,
    },
}

impl<T> Found<T> {
    /// What it says, where it is there once and can be decoded.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Present { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Whether it is there and critical.
    pub fn is_critical(&self) -> bool {
        match self {
            Self::Absent => false,
            Self::Present { critical, .. } | Self::Malformed { critical } | Self::Repeated { critical, .. } => {
                *critical
            }
        }
    }

    /// Whether it is there, readable or not.
    pub fn is_there(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// Whether it is there and cannot be taken for what it says.
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Malformed { .. } | Self::Repeated { .. })
    }

    /// Adds one occurrence.
    pub(super) fn take(&mut self, critical: bool, value: Asn1<T>) {
        let before = std::mem::replace(self, Self::Absent);
        *self = match (before, value) {
            (Self::Absent, Some(value)) => Self::Present { value, critical },
            (Self::Absent, None) => Self::Malformed { critical },
            (Self::Present { value, critical: was }, _) => {
                Self::Repeated { critical: was || critical, first: Some(value) }
            }
            (Self::Malformed { critical: was }, _) => Self::Repeated { critical: was || critical, first: None },
            (Self::Repeated { critical: was, first }, _) => Self::Repeated { critical: was || critical, first },
        };
    }
}

/// Basic constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Constraint {
    /// Whether the subject is a certification authority.
    pub ca: bool,
    /// How many intermediates may follow, where it is limited; negative where it is so written, the
    /// largest number where it is larger.
    pub path_len: Option<i64>,
}

/// The authority key identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityKeyId {
    /// The identifier of the issuer's key.
    pub key_id: Option<Box<[u8]>>,
    /// The issuer of the issuer's certificate.
    pub issuer: Option<Vec<GeneralName>>,
    /// The serial number of the issuer's certificate, its content octets.
    pub serial: Option<Box<[u8]>>,
}

/// Name constraints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// Names of a kind that occurs here must be within one of them.
    pub permitted: Vec<Subtree>,
    /// Names must be within none of them.
    pub excluded: Vec<Subtree>,
}

/// One subtree of name constraints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subtree {
    /// Where it begins.
    pub base: GeneralName,
    /// Whether `minimum` is absent or zero and `maximum` absent.
    pub plain: bool,
}

/// Policy constraints (RFC 5280, 4.2.1.11): certificates until each comes into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyConstraints {
    /// Until a policy is demanded.
    pub require_explicit: Option<u32>,
    /// Until mappings count no longer.
    pub inhibit_mapping: Option<u32>,
}

/// Whether an INTEGER has an octet and none too many (`c2i_ibuf`, crypto/asn1/a_int.c of OpenSSL; `checkASN1Integer`,
/// x/crypto/cryptobyte of Go).
pub(in crate::chain) fn integer_is_plain(octets: &[u8]) -> bool {
    match octets {
        [] => false,
        [_] => true,
        [first, second, ..] => !((*first == 0 && *second < 0x80) || (*first == 0xff && *second >= 0x80)),
    }
}

/// Whether octets are an object identifier (`c2i_ASN1_OBJECT`, crypto/asn1/a_object.c).
pub(super) fn oid_is_plain(octets: &[u8]) -> bool {
    let ends = octets.last().is_some_and(|&octet| octet < 0x80);
    let pads = |at: usize, octet: u8| octet == 0x80 && (at == 0 || octets[at - 1] < 0x80);
    ends && !octets.iter().enumerate().any(|(at, &octet)| pads(at, octet))
}

/// The content of the SEQUENCE OF that a value begins with: of lists OpenSSL does not ask that they be
/// constructed.
fn list(value: &[u8]) -> Asn1<Range<usize>> {
    let found = Walk::new(value).next().ok()?;
    matches!(found.tag, tag::SEQUENCE | 0x10).then_some(found.content)
}

/// The content of the SEQUENCE that a value begins with.
fn sequence(value: &[u8]) -> Asn1<Range<usize>> {
    Walk::new(value).expect(tag::SEQUENCE, "a SEQUENCE").ok().map(|found| found.content)
}

/// A number that is not negative; the largest where it is larger.
fn number(octets: &[u8]) -> Asn1<u32> {
    integer_is_plain(octets).then_some(())?;
    let value = signed(octets);
    Some(u32::try_from(value.max(0)).unwrap_or(u32::MAX))
}

fn signed(octets: &[u8]) -> i64 {
    let negative = octets.first().is_some_and(|&first| first >= 0x80);
    if octets.len() > 8 {
        return if negative { i64::MIN } else { i64::MAX };
    }
    octets.iter().fold(if negative { -1 } else { 0 }, |value, &octet| (value << 8) | i64::from(octet))
}

/// `BASIC_CONSTRAINTS`, crypto/x509/v3_bcons.c.
pub(super) fn basic_constraints(value: &[u8]) -> Asn1<Constraint> {
    let mut fields = Walk::inside(value, &sequence(value)?);
    let ca = match fields.optional(tag::BOOLEAN).ok()? {
        // `asn1_ex_c2i`, crypto/asn1/tasn_dec.c: one octet, whatever it is.
        Some(flag) => {
            let [octet] = value[flag.content] else { return None };
            octet != 0
        }
        None => false,
    };
    let path_len = match fields.optional(tag::INTEGER).ok()? {
        Some(limit) => {
            let octets = &value[limit.content];
            integer_is_plain(octets).then_some(())?;
            Some(signed(octets))
        }
        None => None,
    };
    fields.is_empty().then_some(Constraint { ca, path_len })
}

/// The octets of a BIT STRING with the unused bits cleared (`ossl_c2i_ASN1_BIT_STRING`,
/// crypto/asn1/a_bitstr.c).
fn bit_string(value: &[u8]) -> Asn1<Vec<u8>> {
    let found = Walk::new(value).expect(tag::BIT_STRING, "a BIT STRING").ok()?;
    let (&unused, octets) = value[found.content].split_first()?;
    (unused <= 7).then_some(())?;
    let mut octets = octets.to_vec();
    if let Some(last) = octets.last_mut() {
        *last &= 0xff << unused;
    }
    Some(octets)
}

/// Key usage; bit 0 (digitalSignature) is the first of the first octet.
pub(super) fn key_usage(value: &[u8]) -> Asn1<KeyUsage> {
    let octets = bit_string(value)?;
    let at = |place: usize| u16::from(octets.get(place).copied().unwrap_or_default().reverse_bits());
    Some(KeyUsage(at(0) | (at(1) << 8)))
}

/// Netscape's certificate type: its first octet.
pub(super) fn netscape_type(value: &[u8]) -> Asn1<u8> {
    Some(bit_string(value)?.first().copied().unwrap_or_default())
}

/// `EXTENDED_KEY_USAGE`: any number of object identifiers, none included.
pub(super) fn extended_key_usage(value: &[u8]) -> Asn1<Vec<Oid>> {
    let mut inside = Walk::inside(value, &list(value)?);
    let mut all = Vec::new();
    while !inside.is_empty() {
        all.push(oid(value, &inside.next().ok()?)?);
    }
    Some(all)
}

/// An identifier that [`Oid`] cannot hold stands as `0.0`, which no extension has.
pub(super) const UNKNOWN: Oid = Oid::new_unwrap("0.0");

fn oid(value: &[u8], element: &Tlv) -> Asn1<Oid> {
    let octets = &value[element.content.clone()];
    (element.tag == tag::OID && oid_is_plain(octets)).then(|| Oid::from_bytes(octets).unwrap_or(UNKNOWN))
}

/// An OCTET STRING.
pub(super) fn octet_string(value: &[u8]) -> Asn1<Box<[u8]>> {
    let found = Walk::new(value).expect(tag::OCTET_STRING, "an OCTET STRING").ok()?;
    Some(value[found.content].into())
}

/// `AUTHORITY_KEYID`, crypto/x509/v3_akeya.c.
pub(super) fn authority_key_id(value: &[u8]) -> Asn1<AuthorityKeyId> {
    let mut fields = Walk::inside(value, &sequence(value)?);
    let key_id = fields.optional(0x80).ok()?.map(|found| value[found.content].into());
    let issuer = match fields.optional(tag::context(1)).ok()? {
        Some(found) => Some(names(value, &found.content)?),
        None => None,
    };
    let serial: Option<Box<[u8]>> = fields.optional(0x82).ok()?.map(|found| value[found.content].into());
    let plain = serial.as_deref().is_none_or(integer_is_plain);
    (plain && fields.is_empty()).then_some(AuthorityKeyId { key_id, issuer, serial })
}

/// A SEQUENCE OF GeneralName.
pub(super) fn alt_names(value: &[u8]) -> Asn1<Vec<GeneralName>> {
    names(value, &list(value)?)
}

/// `NAME_CONSTRAINTS`, crypto/x509/v3_ncons.c.
pub(super) fn name_constraints(value: &[u8]) -> Asn1<NameConstraints> {
    let mut fields = Walk::inside(value, &sequence(value)?);
    let mut subtrees = |context: u8| -> Asn1<Vec<Subtree>> {
        let Some(list) = fields.optional(tag::context(context)).ok()? else { return Some(Vec::new()) };
        let mut inside = Walk::inside(value, &list.content);
        let mut all = Vec::new();
        while !inside.is_empty() {
            let (base, plain) = subtree(value, &inside.next().ok()?)?;
            all.push(Subtree { base, plain });
        }
        Some(all)
    };
    let found = NameConstraints { permitted: subtrees(0)?, excluded: subtrees(1)? };
    fields.is_empty().then_some(found)
}

/// `CERTIFICATEPOLICIES`: the identifiers; qualifiers are passed over.
pub(super) fn policies(value: &[u8]) -> Asn1<Vec<Oid>> {
    let mut inside = Walk::inside(value, &list(value)?);
    let mut all = Vec::new();
    while !inside.is_empty() {
        let policy = inside.expect(tag::SEQUENCE, "a policy").ok()?;
        let mut fields = Walk::inside(value, &policy.content);
        all.push(oid(value, &fields.next().ok()?)?);
        fields.optional(tag::SEQUENCE).ok()?;
        fields.is_empty().then_some(())?;
    }
    Some(all)
}

/// `POLICY_MAPPINGS`.
pub(super) fn policy_mappings(value: &[u8]) -> Asn1<Vec<(Oid, Oid)>> {
    let mut inside = Walk::inside(value, &list(value)?);
    let mut all = Vec::new();
    while !inside.is_empty() {
        let pair = inside.expect(tag::SEQUENCE, "a mapping").ok()?;
        let mut fields = Walk::inside(value, &pair.content);
        all.push((oid(value, &fields.next().ok()?)?, oid(value, &fields.next().ok()?)?));
        fields.is_empty().then_some(())?;
    }
    Some(all)
}

/// `POLICY_CONSTRAINTS`.
pub(super) fn policy_constraints(value: &[u8]) -> Asn1<PolicyConstraints> {
    let mut fields = Walk::inside(value, &sequence(value)?);
    let mut limit = |context: u8| -> Asn1<Option<u32>> {
        match fields.optional(context).ok()? {
            Some(found) => number(&value[found.content]).map(Some),
            None => Some(None),
        }
    };
    let found = PolicyConstraints { require_explicit: limit(0x80)?, inhibit_mapping: limit(0x81)? };
    fields.is_empty().then_some(found)
}

/// An INTEGER.
pub(super) fn integer(value: &[u8]) -> Asn1<u32> {
    let found = Walk::new(value).expect(tag::INTEGER, "an INTEGER").ok()?;
    number(&value[found.content])
}

/// `PROXY_CERT_INFO_EXTENSION`, crypto/x509/v3_pcia.c: how many proxies may follow.
pub(super) fn proxy(value: &[u8]) -> Asn1<Option<u32>> {
    let mut fields = Walk::inside(value, &sequence(value)?);
    let limit = match fields.optional(tag::INTEGER).ok()? {
        Some(found) => Some(number(&value[found.content])?),
        None => None,
    };
    fields.expect(tag::SEQUENCE, "a proxy policy").ok()?;
    fields.is_empty().then_some(limit)
}

/// `CRL_DIST_POINTS` and RFC 3779's extensions: nothing here decides by what is in them.
pub(super) fn anything(value: &[u8]) -> Asn1<()> {
    if value.is_empty() { None } else { Some(()) }
}
