//! The names of a subject alternative name, an authority key identifier and of name constraints.

use super::extension::{Asn1, integer_is_plain, oid_is_plain};
use crate::format::ber::STRING_DEPTH;
use crate::format::der::{Tlv, Walk, tag};
use crate::format::hash_dir::canonical;
use crate::model::Oid;
use std::ops::Range;

/// A GeneralName (RFC 5280, 4.2.1.6). Texts are octets: nothing says that they are ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneralName {
    /// otherName: its type, and its value with the header; the type is nothing where it is longer than
    /// an [`Oid`] can hold.
    Other(Option<Oid>, Box<[u8]>),
    /// rfc822Name: a mail address.
    Email(Box<[u8]>),
    /// dNSName.
    Dns(Box<[u8]>),
    /// directoryName: the DER of the Name, and its canonical form.
    Directory {
        /// The Name as it is, DER.
        der: Box<[u8]>,
        /// In OpenSSL's canonical form.
        canonical: Box<[u8]>,
    },
    /// uniformResourceIdentifier.
    Uri(Box<[u8]>),
    /// iPAddress: 4 or 16 octets, in constraints 8 or 32; other lengths occur.
    Ip(Box<[u8]>),
    /// x400Address, ediPartyName or registeredID: the number of its tag.
    Unused(u8),
}

impl GeneralName {
    /// The canonical form of a directory name.
    #[must_use]
    pub fn directory(&self) -> Option<&[u8]> {
        match self {
            Self::Directory { canonical, .. } => Some(canonical),
            _ => None,
        }
    }
}

/// A SEQUENCE OF GeneralName, whose content this is (`GENERAL_NAMES`, crypto/x509/v3_genn.c).
pub(super) fn names(der: &[u8], content: &Range<usize>) -> Asn1<Vec<GeneralName>> {
    let mut inside = Walk::inside(der, content);
    let mut all = Vec::new();
    while !inside.is_empty() {
        all.push(name(der, &inside.next().ok()?)?);
    }
    Some(all)
}

/// One GeneralName.
pub(super) fn name(der: &[u8], element: &Tlv) -> Asn1<GeneralName> {
    Some(match element.tag {
        0xa0 => {
            let mut fields = Walk::inside(der, &element.content);
            let kind = fields.expect(tag::OID, "a type").ok()?;
            oid_is_plain(&der[kind.content.clone()]).then_some(())?;
            let value = fields.expect(tag::context(0), "a value").ok()?;
            let mut within = Walk::inside(der, &value.content);
            let value = within.next().ok()?;
            (within.is_empty() && fields.is_empty()).then_some(())?;
            GeneralName::Other(Oid::from_bytes(&der[kind.content]).ok(), der[value.whole].into())
        }
        0x81 | 0xa1 => GeneralName::Email(text(der, element)?),
        0x82 | 0xa2 => GeneralName::Dns(text(der, element)?),
        0x86 | 0xa6 => GeneralName::Uri(text(der, element)?),
        0x87 | 0xa7 => GeneralName::Ip(text(der, element)?),
        0xa4 => {
            let mut within = Walk::inside(der, &element.content);
            let name = within.expect(tag::SEQUENCE, "a name").ok()?;
            within.is_empty().then_some(())?;
            let der = &der[name.whole];
            GeneralName::Directory { der: der.into(), canonical: canonical(der)?.into() }
        }
        0x88 => {
            oid_is_plain(&der[element.content.clone()]).then_some(())?;
            GeneralName::Unused(8)
        }
        0xa3 | 0xa5 => GeneralName::Unused(element.tag & 0x1f),
        _ => return None,
    })
}

/// A string, which BER lets be put together of several (`asn1_collect`, crypto/asn1/tasn_dec.c).
fn text(der: &[u8], element: &Tlv) -> Asn1<Box<[u8]>> {
    if element.tag & 0x20 == 0 {
        return Some(der[element.content.clone()].into());
    }
    let mut out = Vec::new();
    collect(der, &element.content, 0, &mut out)?;
    Some(out.into())
}

fn collect(der: &[u8], content: &Range<usize>, depth: usize, out: &mut Vec<u8>) -> Asn1<()> {
    let mut parts = Walk::inside(der, content);
    while !parts.is_empty() {
        let part = parts.next().ok()?;
        if part.tag & 0x20 == 0 {
            out.extend_from_slice(&der[part.content]);
        } else if depth < STRING_DEPTH {
            collect(der, &part.content, depth + 1, out)?;
        } else {
            return None;
        }
    }
    Some(())
}

/// A GeneralSubtree (`GENERAL_SUBTREE`, crypto/x509/v3_ncons.c), and whether `minimum` is absent or zero
/// and `maximum` absent, as RFC 5280, 4.2.1.10, demands.
pub(super) fn subtree(der: &[u8], element: &Tlv) -> Asn1<(GeneralName, bool)> {
    (element.tag == tag::SEQUENCE).then_some(())?;
    let mut fields = Walk::inside(der, &element.content);
    let base = name(der, &fields.next().ok()?)?;
    let mut plain = true;
    for context in [0x80, 0x81] {
        if let Some(number) = fields.optional(context).ok()? {
            let octets = &der[number.content];
            integer_is_plain(octets).then_some(())?;
            plain &= context == 0x80 && octets == [0];
        }
    }
    fields.is_empty().then_some((base, plain))
}
