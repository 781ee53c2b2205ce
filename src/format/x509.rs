//! DER to a certificate, in the two steps of [`crate::model::certificate`].
//!
//! The frame of a certificate is walked here and never refused as a whole: a strict parser that
//! rejects a negative serial or one broken extension would hide a root that OpenSSL or Go goes on
//! trusting. x509-parser then reads what is inside the extensions, one at a time.

mod algorithms;
mod extensions;
mod key;
mod locations;
mod names;
pub(crate) mod strings;
pub(crate) mod time;
mod written;

use super::der::{Tlv, Walk, element, tag};
use crate::model::{Certificate, Details, Fingerprint, Malformation, Name, Oid, Outline, PublicKey, Untrusted};
use std::ops::Range;

pub use locations::{Locations, locations};
pub(crate) use names::{Value, attributes};
pub(crate) use written::{extensions, written};

/// Makes a certificate of its DER: fingerprint and outline.
#[must_use]
pub fn read(der: Box<[u8]>) -> Certificate {
    let fingerprint = Fingerprint::of(&der);
    let outline = outline(&der);
    Certificate::new(der, fingerprint, outline)
}

/// Everything else that castore reads of a certificate, read when first asked for.
pub fn details(certificate: &Certificate) -> Result<&Details, &Malformation> {
    let details = certificate.details.get_or_init(|| Box::new(read_details(certificate)));
    (**details).as_ref()
}

/// The serial number of a certificate as an INTEGER, as PKCS#11 keeps it; none where it was not found.
pub(crate) fn serial_number(certificate: &Certificate) -> Option<Vec<u8>> {
    Some(element(tag::INTEGER, certificate.slice(&certificate.outline().ok()?.serial)))
}

/// The public key of a certificate and the identifier of its algorithm, read without the rest of [`details`].
pub(crate) fn public_key(certificate: &Certificate) -> Result<(PublicKey, Oid), Malformation> {
    let der = certificate.der();
    let spki = &certificate.outline().map_err(Clone::clone)?.spki;
    Ok((key::read(der, spki)?, key::algorithm(der, spki)?))
}

/// What a list says of a certificate, read without the rest of [`details`].
#[derive(Debug, Clone)]
pub struct Brief {
    /// The issuer.
    pub issuer: Name,
    /// The subject.
    pub subject: Name,
    /// Whether it is a certification authority, as [`Details::is_ca`] has it; nothing where its
    /// basic constraints cannot be read.
    pub ca: Option<bool>,
}

/// Reads what a list says of a certificate.
pub fn brief(certificate: &Certificate) -> Result<Brief, Malformation> {
    let der = certificate.der();
    let outline = certificate.outline().map_err(Clone::clone)?;
    let constraints = extensions::basic_constraints(der, &outline.extensions);
    let is_ca = |constraints: Option<crate::model::BasicConstraints>| match constraints {
        Some(constraints) => constraints.ca,
        None => certificate.is_self_issued() && frame(der).is_ok_and(|frame| version(der, frame.version.as_ref()) == 1),
    };
    let subject = names::read(der, &outline.subject)?;
    Ok(Brief {
        issuer: if certificate.is_self_issued() { subject.clone() } else { names::read(der, &outline.issuer)? },
        subject,
        ca: constraints.ok().map(is_ca),
    })
}

/// The subject alone, where [`brief`] reads a certificate.
pub fn subject(certificate: &Certificate) -> Result<Name, Malformation> {
    let der = certificate.der();
    let outline = certificate.outline().map_err(Clone::clone)?;
    if !certificate.is_self_issued() {
        names::check(der, &outline.issuer)?;
    }
    names::read(der, &outline.subject)
}

/// What people call the subject, see [`Name::short`], where [`brief`] reads a certificate.
pub fn called(certificate: &Certificate) -> Result<Untrusted, Malformation> {
    let der = certificate.der();
    let outline = certificate.outline().map_err(Clone::clone)?;
    if !certificate.is_self_issued() {
        names::check(der, &outline.issuer)?;
    }
    names::short(der, &outline.subject)
}

/// A Name from its DER.
pub(crate) fn name(der: &[u8]) -> Result<Name, Malformation> {
    names::read(der, &(0..der.len()))
}

/// The fields before the serial number and around the others (RFC 5280, 4.1).
struct Frame<'a> {
    /// The version as encoded, where it is there.
    version: Option<Tlv>,
    serial: Tlv,
    /// After the serial number.
    rest: Walk<'a>,
    /// The algorithm after the TBSCertificate.
    signature: Tlv,
}

fn frame(der: &[u8]) -> Result<Frame<'_>, Malformation> {
    let whole = Walk::new(der).expect(tag::SEQUENCE, "a certificate (a SEQUENCE)")?;
    let mut outer = Walk::inside(der, &whole.content);
    let tbs = outer.expect(tag::SEQUENCE, "a TBSCertificate (a SEQUENCE)")?;
    let signature = outer.expect(tag::SEQUENCE, "a signature algorithm (a SEQUENCE)")?;
    let mut rest = Walk::inside(der, &tbs.content);
    let version = rest.optional(tag::context(0))?;
    let serial = rest.expect(tag::INTEGER, "a serial number (an INTEGER)")?;
    Ok(Frame { version, serial, rest, signature })
}

fn outline(der: &[u8]) -> Result<Outline, Malformation> {
    let Frame { serial, mut rest, .. } = frame(der)?;
    rest.expect(tag::SEQUENCE, "a signature algorithm (a SEQUENCE)")?;
    let issuer = rest.expect(tag::SEQUENCE, "an issuer (a SEQUENCE)")?;
    let validity = rest.expect(tag::SEQUENCE, "a validity (a SEQUENCE)")?;
    let subject = rest.expect(tag::SEQUENCE, "a subject (a SEQUENCE)")?;
    let spki = rest.expect(tag::SEQUENCE, "a public key (a SEQUENCE)")?;
    let mut dates = Walk::inside(der, &validity.content);
    let mut date = || dates.next().and_then(|element| time::read(der, &element)).map_err(Box::new);
    Ok(Outline {
        serial: serial.content,
        issuer: issuer.whole,
        subject: subject.whole,
        spki: spki.whole,
        extensions: extensions_in(der, rest),
        not_before: date(),
        not_after: date(),
    })
}

/// The SEQUENCE of extensions among what follows the public key; empty where there is none, or
/// where what is there cannot be walked.
fn extensions_in(der: &[u8], mut rest: Walk<'_>) -> Range<usize> {
    while let Ok(element) = rest.next() {
        if element.tag == tag::context(3) {
            let inner = Walk::inside(der, &element.content).expect(tag::SEQUENCE, "extensions");
            return inner.map_or(0..0, |sequence| sequence.whole);
        }
    }
    0..0
}

fn read_details(certificate: &Certificate) -> Result<Details, Malformation> {
    let der = certificate.der();
    let outline = certificate.outline().map_err(Clone::clone)?;
    let frame = frame(der)?;
    let extensions = extensions::read(der, &outline.extensions);
    Ok(Details {
        version: version(der, frame.version.as_ref()),
        serial: certificate.slice(&outline.serial).to_vec(),
        issuer: names::read(der, &outline.issuer)?,
        subject: names::read(der, &outline.subject)?,
        key: key::read(der, &outline.spki)?,
        signature: algorithms::named(key::identifier(der, &frame.signature.content)?),
        subject_key_id: extensions.subject_key_id,
        authority_key_id: extensions.authority_key_id,
        basic_constraints: extensions.basic_constraints,
        key_usage: extensions.key_usage,
        extended_key_usage: extensions.extended_key_usage,
        extensions: extensions.list,
    })
}

/// The version as people count: one where it is absent, and one more than is written.
fn version(der: &[u8], explicit: Option<&Tlv>) -> u32 {
    let number = explicit.and_then(|outer| Walk::inside(der, &outer.content).next().ok());
    let octets = number.map_or(&[][..], |number| &der[number.content]);
    octets.iter().take(4).fold(0u32, |value, &octet| (value << 8) | u32::from(octet)).saturating_add(1)
}

#[cfg(test)]
mod tests;
