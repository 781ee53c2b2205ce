//! macOS trust settings: a property list that says of certificates in keychains for what they are
//! trusted or refused (`/Library/Security/Trust Settings/Admin.plist`, and one a user beside it).
//!
//! It holds no certificate. Each of its entries names one by SHA-1, with issuer and serial number.

mod items;
mod settings;

use super::der::{self, Walk, tag};
use super::{Decoding, Means};
use crate::limits;
use crate::model::{Body, Decoded, Format, Gap, Malformation, Reference, Slot, Untrusted};
use items::Item;

/// Stands for every root of the system in its own domain (SecTrustSettings.h,
/// `kSecTrustSettingsDefaultRootCertSetting`; TrustSettingsSchema.h).
const DEFAULT_ROOT: &str = "kSecTrustRecordDefaultRootCert";

/// Reads a file.
#[must_use]
pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let mut read = Decoding::new(Format::TrustSettings);
    if bytes.len() > limits::PROPERTY_LIST_SIZE {
        let bound = limits::PROPERTY_LIST_SIZE as u64;
        read.gaps.push(Gap::Bound { what: "bytes of a property list", bound });
        return read;
    }
    let (root, gap) = items::read(bytes);
    let version = root.get("trustVersion").and_then(Item::integer);
    read.container.version = version.and_then(|version| u32::try_from(version).ok());
    match root.get("trustList") {
        Some(Item::Dictionary(list, _)) => entries(list, means, &mut read),
        _ if gap.is_some() => {}
        _ => read.gaps.push(Gap::Broken(Malformation::new("a dictionary trustList", root.kind()))),
    }
    read.gaps.extend(gap);
    read
}

fn entries(list: &[(String, Item)], means: &Means<'_>, read: &mut Decoding) {
    for (key, settings) in list {
        if read.entries.len() >= means.bounds.entries {
            read.gaps.push(Gap::Bound { what: "entries", bound: means.bounds.entries as u64 });
            return;
        }
        let slot = Slot::Alias(Untrusted::new(key.as_str()));
        read.entries.push(match entry(key, settings) {
            Ok((reference, trust)) => Decoded { trust, ..Decoded::new(slot, Body::Reference(Box::new(reference))) },
            Err(malformation) => Decoded::new(slot, Body::Malformed(Box::new(malformation))),
        });
    }
}

fn entry(key: &str, settings: &Item) -> Result<(Reference, crate::model::Trust), Malformation> {
    if !settings.is_whole() {
        // What is missing may refuse it.
        return Err(Malformation::new("the whole of an entry", "the end"));
    }
    let Item::Dictionary(..) = settings else {
        return Err(Malformation::new("a dictionary of trust settings", settings.kind()));
    };
    let mut reference = Reference::default();
    if key == DEFAULT_ROOT {
        reference.label = Some(Untrusted::new("every root of the system"));
    } else {
        reference.sha1 = Some(sha1(key).ok_or_else(|| Malformation::new("a SHA-1 of 40 digits", key))?);
    }
    reference.issuer = settings.get("issuerName").and_then(Item::octets).filter(|name| is_name(name)).map(Box::from);
    reference.serial = settings.get("serialNumber").and_then(Item::octets).and_then(serial);
    Ok((reference, settings::trust(settings)?))
}

fn sha1(key: &str) -> Option<[u8; 20]> {
    let digits = key.as_bytes();
    if digits.len() != 40 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut out = [0; 20];
    for (octet, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *octet = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

/// Whether octets are one SEQUENCE, as a Name is.
fn is_name(octets: &[u8]) -> bool {
    Walk::new(octets).expect(tag::SEQUENCE, "a name").is_ok_and(|name| name.whole.end == octets.len())
}

/// The content octets of a serial number, as an INTEGER.
fn serial(octets: &[u8]) -> Option<Box<[u8]>> {
    (!octets.is_empty()).then(|| der::element(tag::INTEGER, octets).into())
}

#[cfg(test)]
mod tests;
