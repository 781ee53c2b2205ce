//! What GnuTLS makes of a file of certificates and of one certificate, so that the answer is known without it.
//!
//! A file is all or nothing: one block that it cannot read, or one certificate that it does not import, and no root of
//! the file is taken (`gnutls_x509_crt_list_import`, lib/x509/x509.c, which every trust file goes through). What it
//! takes for a block and for base64 differs from OpenSSL, so a file may be whole for one and lost for the other.
//!
//! - [`load`]: the blocks of a file
//! - [`unread`]: whether `gnutls_x509_crt_import` takes a certificate
//! - [`dates`]: dates as libtasn1 and GnuTLS read them
//!
//! Read in 3.7.9, and held against it by `tests/oracles/gnutls.rs`.

pub(crate) mod dates;
pub(crate) mod load;

use super::der::{Walk, tag};
use super::x509;
use crate::model::{Certificate, NotImported, Oid};

/// subjectAltName and issuerAltName.
const NAMES: [Oid; 2] = [Oid::new_unwrap("2.5.29.17"), Oid::new_unwrap("2.5.29.18")];

/// What GnuTLS says of octets that are no DER, or not of a certificate.
const NO_DER: &str = "ASN1 parser: Error in DER parsing.";

impl NotImported {
    /// What GnuTLS says.
    pub(crate) fn says(self) -> &'static str {
        match self {
            Self::Der => NO_DER,
            Self::DateEncoding => "The DER time encoding is invalid.",
            Self::Algorithms | Self::Version => "Error in the certificate.",
            Self::Names(text) => text,
            Self::Twice => "Duplicate extension in X.509 certificate.",
            Self::Date => "Error in the time fields of certificate.",
        }
    }
}

/// Whether octets are a Certificate as libtasn1 decodes one: every element where it belongs, nothing behind it. What
/// stands in an ANY must be an element, and is not looked into (`pkix.asn`, lib/x509).
fn is_certificate(der: &[u8]) -> bool {
    certificate(der).is_some()
}

fn certificate(der: &[u8]) -> Option<()> {
    let sequence =
        |walk: &mut Walk<'_>| walk.expect(tag::SEQUENCE, "").ok().map(|found| Walk::inside(der, &found.content));
    let mut file = Walk::new(der);
    let mut whole = sequence(&mut file)?;
    let mut tbs = sequence(&mut whole)?;
    if let Some(version) = tbs.optional(tag::context(0)).ok()? {
        let mut inside = Walk::inside(der, &version.content);
        inside.expect(tag::INTEGER, "").ok()?;
        ended(&inside)?;
    }
    tbs.expect(tag::INTEGER, "").ok()?;
    algorithm(der, sequence(&mut tbs)?)?;
    name(der, sequence(&mut tbs)?)?;
    let mut validity = sequence(&mut tbs)?;
    for _ in 0..2 {
        let date = validity.next().ok()?;
        matches!(date.tag, tag::UTC_TIME | tag::GENERALIZED_TIME).then_some(())?;
    }
    ended(&validity)?;
    name(der, sequence(&mut tbs)?)?;
    let mut key = sequence(&mut tbs)?;
    algorithm(der, sequence(&mut key)?)?;
    key.expect(tag::BIT_STRING, "").ok()?;
    ended(&key)?;
    // issuerUniqueID and subjectUniqueID, BIT STRINGs under tags of their own.
    tbs.optional(0x81).ok()?;
    tbs.optional(0x82).ok()?;
    if let Some(extensions) = tbs.optional(tag::context(3)).ok()? {
        let mut outer = Walk::inside(der, &extensions.content);
        let mut list = sequence(&mut outer)?;
        ended(&outer)?;
        while !list.is_empty() {
            let mut extension = sequence(&mut list)?;
            identifier(der, &mut extension)?;
            extension.optional(tag::BOOLEAN).ok()?;
            extension.expect(tag::OCTET_STRING, "").ok()?;
            ended(&extension)?;
        }
    }
    ended(&tbs)?;
    algorithm(der, sequence(&mut whole)?)?;
    whole.expect(tag::BIT_STRING, "").ok()?;
    ended(&whole)?;
    ended(&file)
}

/// AlgorithmIdentifier: an identifier and at most one element.
fn algorithm(der: &[u8], mut fields: Walk<'_>) -> Option<()> {
    identifier(der, &mut fields)?;
    if !fields.is_empty() {
        fields.next().ok()?;
    }
    ended(&fields)
}

/// An identifier without superfluous octets (`asn1_get_object_id_der`).
fn identifier(der: &[u8], fields: &mut Walk<'_>) -> Option<()> {
    let octets = der.get(fields.expect(tag::OID, "").ok()?.content)?;
    let begins = octets.iter().enumerate().filter(|(at, _)| *at == 0 || octets[at - 1] < 0x80);
    let is_short = begins.map(|(_, octet)| *octet).all(|octet| octet != 0x80);
    (is_short && octets.last().is_some_and(|last| *last < 0x80)).then_some(())
}

fn name(der: &[u8], mut names: Walk<'_>) -> Option<()> {
    while !names.is_empty() {
        let set = names.expect(tag::SET, "").ok()?;
        let mut set = Walk::inside(der, &set.content);
        while !set.is_empty() {
            let attribute = set.expect(tag::SEQUENCE, "").ok()?;
            let mut attribute = Walk::inside(der, &attribute.content);
            identifier(der, &mut attribute)?;
            attribute.next().ok()?;
            ended(&attribute)?;
        }
    }
    Some(())
}

fn ended(walk: &Walk<'_>) -> Option<()> {
    walk.is_empty().then_some(())
}

/// Why `gnutls_x509_crt_import` does not take a certificate, where it does not.
pub(crate) fn unread(certificate: &Certificate) -> Option<NotImported> {
    *certificate.gnutls.get_or_init(|| judge(certificate))
}

fn judge(certificate: &Certificate) -> Option<NotImported> {
    let Some(whole) = x509::written(certificate).filter(|_| is_certificate(certificate.der())) else {
        return Some(NotImported::Der);
    };
    let extensions = x509::extensions(certificate);
    let is_twice = || {
        let mut all: Vec<Oid> = extensions.iter().map(|(oid, ..)| *oid).collect();
        all.sort_unstable();
        all.windows(2).any(|two| two[0] == two[1])
    };
    let first = |oid: Oid| extensions.iter().find(|(other, ..)| *other == oid).map(|(.., value)| *value);
    if !whole.dates.iter().all(|(kind, text)| dates::is_der(*kind, text)) {
        Some(NotImported::DateEncoding)
    } else if !algorithms_agree(whole.algorithms) {
        Some(NotImported::Algorithms)
    } else if let Some(text) = NAMES.into_iter().filter_map(first).find_map(unread_names) {
        Some(NotImported::Names(text))
    } else if whole.version < 3 && !extensions.is_empty() {
        Some(NotImported::Version)
    } else if is_twice() {
        Some(NotImported::Twice)
    } else if dates::validity(certificate).is_none() {
        Some(NotImported::Date)
    } else {
        None
    }
}

/// `compare_sig_algorithm`: parameters that are NULL are the same as none.
fn algorithms_agree([inner, outer]: [&[u8]; 2]) -> bool {
    let parts = |algorithm: &[u8]| {
        let whole = Walk::new(algorithm).expect(tag::SEQUENCE, "").ok()?;
        let mut fields = Walk::inside(algorithm, &whole.content);
        let kind = fields.expect(tag::OID, "").ok()?;
        let parameters = algorithm.get(fields.at()..whole.content.end)?;
        Some((algorithm[kind.content].to_vec(), if parameters == [5, 0] { Vec::new() } else { parameters.to_vec() }))
    };
    let inner = parts(inner);
    inner.is_some() && inner == parts(outer)
}

/// `gnutls_x509_ext_import_subject_alt_names`: what is said of a list of names that is not one. A name of no octets is
/// of no kind that the library knows.
fn unread_names(value: &[u8]) -> Option<&'static str> {
    let whole = match Walk::new(value).expect(tag::SEQUENCE, "") {
        Ok(whole) => whole,
        Err(_) if value.is_empty() => return Some(NO_DER),
        Err(_) => return Some("ASN1 parser: Error in TAG."),
    };
    if whole.whole.end != value.len() {
        return Some(NO_DER);
    }
    let mut names = Walk::inside(value, &whole.content);
    while !names.is_empty() {
        let Ok(name) = names.next() else { return Some(NO_DER) };
        match name.tag {
            0x81 | 0x82 | 0x86 | 0x87 | 0x88 if name.content.is_empty() => {
                return Some("Unknown Subject Alternative name in X.509 certificate.");
            }
            // x400Address and ediPartyName have content that is not looked into here.
            0xa3 | 0xa5 if name.content.is_empty() => return Some(NO_DER),
            0x81 | 0x82 | 0x86..=0x88 | 0xa0 | 0xa3..=0xa5 => {}
            _ => return Some(NO_DER),
        }
    }
    None
}
