//! UEFI signature lists, `cacerts.bin` of edk2: what the firmware of virtual machines trusts for HTTPS boot.
//!
//! ```text
//! EFI_SIGNATURE_LIST (UEFI specification 2.10, 32.4.1), little-endian, one after the other:
//!   type GUID 16 | list size u32 | header size u32 | signature size u32 | header | signatures
//!   signature: owner GUID 16 | octets
//! ```
//!
//! A list whose own size does not fit ends the reading: there is no other mark by which the next could be
//! found. edk2 itself then takes nothing from the file, nor from one with a list of another type or with
//! a header (`TlsConfigCertificate`, NetworkPkg/HttpDxe/HttpsSupport.c).

use super::{Decoding, Means, der};
use crate::model::{Body, Decoded, Format, Gap, Malformation, Owner, Slot, Trust, Untrusted};

/// A GUID as it is stored: the first three fields little-endian.
type Guid = [u8; 16];

/// EFI_CERT_X509_GUID, a5c059a1-94e4-4aa7-87b5-ab155c2bf072.
const X509: Guid = [0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72];
/// dcdd3b50-f405-43fd-96be-bd33b1734776, p11-kit as the owner of a signature (trust/extract-edk2.c).
const P11_KIT: Guid = [0x50, 0x3b, 0xdd, 0xdc, 0x05, 0xf4, 0xfd, 0x43, 0x96, 0xbe, 0xbd, 0x33, 0xb1, 0x73, 0x47, 0x76];
/// Octets of a list before its header.
const HEAD: usize = 28;
/// Octets of the owner before a signature.
const OWNER: usize = 16;

/// The other types of signatures, by the name of their constant without EFI_CERT_ (UEFI specification
/// 2.10, 32.4.1).
const TYPES: &[(&str, Guid)] = &[
    ("SHA256", guid(0xc1c4_1626, 0x504c, 0x4092, [0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28])),
    ("RSA2048", guid(0x3c57_58e8, 0x266e, 0x4838, [0x81, 0x50, 0x51, 0x5a, 0xc1, 0x7f, 0xf0, 0x36])),
    ("RSA2048_SHA256", guid(0xe2b3_6190, 0x879b, 0x4a3d, [0xad, 0x8d, 0xf2, 0xe7, 0xbb, 0xa3, 0x27, 0x84])),
    ("SHA1", guid(0x826c_a512, 0xcf10, 0x4ac9, [0xb1, 0x87, 0xbe, 0x01, 0x49, 0x66, 0x31, 0xbd])),
    ("RSA2048_SHA1", guid(0x67f8_444f, 0x8743, 0x48f1, [0xa3, 0x28, 0x1e, 0xaa, 0xb8, 0x73, 0x60, 0x80])),
    ("SHA384", guid(0xff3e_5307, 0x9fd0, 0x48c9, [0x85, 0xf1, 0x8a, 0xd5, 0x6c, 0x70, 0x1e, 0x01])),
    ("SHA512", guid(0x093e_0fae, 0xa6c4, 0x4f50, [0x9f, 0x1b, 0xd4, 0x1e, 0x2b, 0x89, 0xc1, 0x9a])),
    ("X509_SHA256", guid(0x3bd2_a492, 0x96c0, 0x4079, [0xb4, 0x20, 0xfc, 0xf9, 0x8e, 0xf1, 0x03, 0xed])),
    ("X509_SHA384", guid(0x7076_876e, 0x80c2, 0x4ee6, [0xaa, 0xd2, 0x28, 0xb3, 0x49, 0xa6, 0x86, 0x5b])),
    ("X509_SHA512", guid(0x446d_bf63, 0x2502, 0x4cda, [0xbc, 0xfa, 0x24, 0x65, 0xd2, 0xb0, 0xfe, 0x9d])),
    ("TYPE_PKCS7", guid(0x4aaf_d29d, 0x68df, 0x49ee, [0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7])),
];

const fn guid(first: u32, second: u16, third: u16, last: [u8; 8]) -> Guid {
    let ([a, b, c, d], [e, f], [g, h]) = (first.to_le_bytes(), second.to_le_bytes(), third.to_le_bytes());
    let [i, j, k, l, m, n, o, p] = last;
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
}

/// Reads a file.
#[must_use]
pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let mut decoding = Decoding::new(Format::Edk2);
    let mut at = 0;
    let mut refused = false;
    while at < bytes.len() {
        if decoding.entries.len() >= means.bounds.entries {
            decoding.gaps.push(Gap::Bound { what: "entries", bound: means.bounds.entries as u64 });
            break;
        }
        match List::at(bytes, at) {
            Ok(list) => {
                refused |= list.kind != X509 || list.has_header;
                at = list.signatures(&mut decoding, means.bounds.entries);
            }
            Err(Fault { malformation, next }) => {
                refused = true;
                let Some(next) = next else {
                    decoding.gaps.push(Gap::Broken(malformation.at(at)));
                    break;
                };
                let body = Body::Malformed(Box::new(malformation.at(at)));
                decoding.entries.push(Decoded::new(Slot::Offset(at as u64), body));
                at = next;
            }
        }
    }
    if refused && decoding.entries.iter().any(|entry| matches!(entry.body, Body::Certificate(_))) {
        let because = "it takes nothing from a file in which one list is not as it should be";
        decoding.container.owner = Some(Owner { program: "edk2", lists: 0, because });
    }
    decoding
}

/// Why a list cannot be read, and where the next begins, where its own size tells.
struct Fault {
    malformation: Malformation,
    next: Option<usize>,
}

/// A list whose sizes fit.
struct List<'a> {
    bytes: &'a [u8],
    kind: Guid,
    has_header: bool,
    /// Where its first signature begins, and where it ends.
    from: usize,
    end: usize,
    signature: usize,
}

impl<'a> List<'a> {
    fn at(bytes: &'a [u8], at: usize) -> Result<Self, Fault> {
        let left = bytes.len() - at;
        let end = |expected, found| Fault { malformation: Malformation::new(expected, found), next: None };
        let short = || end("a signature list of at least 28 octets", format!("{left}"));
        let kind = field::<16>(bytes, at).ok_or_else(short)?;
        let size = |n: usize| {
            let size = field(bytes, at + 16 + 4 * n).map(u32::from_le_bytes).ok_or_else(short)?;
            // More than the machine can address is more than is there.
            Ok(usize::try_from(size).unwrap_or(usize::MAX))
        };
        let (list, header, signature) = (size(0)?, size(1)?, size(2)?);
        if list > left {
            return Err(end("as many octets as declared", format!("{list} declared, {left} there")));
        }
        // A list of no octets would never end.
        let room = list.checked_sub(HEAD).ok_or_else(|| end("a list of at least 28 octets", format!("{list}")))?;
        let skip = |expected, found| Fault { next: Some(at + list), ..end(expected, found) };
        let beyond = || skip("a list with room for its header", format!("{header} octets of header"));
        let room = room.checked_sub(header).ok_or_else(beyond)?;
        if signature <= OWNER {
            return Err(skip("signatures of more than 16 octets", format!("{signature}")));
        }
        if room % signature != 0 {
            return Err(skip("a whole number of signatures", format!("{room} octets in signatures of {signature}")));
        }
        let has_header = header != 0;
        Ok(Self { bytes, kind, has_header, from: at + HEAD + header, end: at + list, signature })
    }

    /// Takes the signatures, no more than the bound allows; where it stopped.
    fn signatures(&self, decoding: &mut Decoding, most: usize) -> usize {
        let mut at = self.from;
        while at < self.end && decoding.entries.len() < most {
            let octets = self.bytes.get(at + OWNER..at + self.signature).unwrap_or_default();
            decoding.entries.push(self.entry(at + OWNER, octets));
            at += self.signature;
        }
        // A list without signatures ends where its size says.
        if at < self.end { at } else { self.end }
    }

    fn entry(&self, at: usize, octets: &[u8]) -> Decoded {
        let slot = Slot::Offset(at as u64);
        if self.kind != X509 {
            let name = TYPES.iter().find(|(_, kind)| *kind == self.kind).map_or("unknown", |(name, _)| *name);
            return Decoded::new(slot, Body::Other(Untrusted::new(format!("EFI signature of type {name}"))));
        }
        let mut entry = der::read(octets).pop().unwrap_or_else(|| {
            Decoded::new(Slot::Whole, Body::Malformed(Box::new(Malformation::new("a certificate", "nothing"))))
        });
        entry.slot = slot;
        // There is nothing but anchors in it.
        entry.trust = if matches!(entry.body, Body::Certificate(_)) { Trust::Trusted } else { Trust::Unstated };
        entry
    }
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// Writes certificates as p11-kit does: a list for each. Nothing where one is longer than a list can say.
#[must_use]
pub fn write(certificates: &[&[u8]]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for der in certificates {
        let signature = u32::try_from(OWNER + der.len()).ok()?;
        let list = signature.checked_add(HEAD as u32)?;
        out.extend_from_slice(&X509);
        for size in [list, 0, signature] {
            out.extend_from_slice(&size.to_le_bytes());
        }
        out.extend_from_slice(&P11_KIT);
        out.extend_from_slice(der);
    }
    Some(out)
}

#[cfg(test)]
mod tests;
