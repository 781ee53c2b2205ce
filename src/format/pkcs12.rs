//! PKCS#12 (RFC 7292): Java's keystores since version 9, `.p12` and `.pfx`.
//!
//! It is read by our own hands on the primitives of RustCrypto, so that a bag that cannot be read
//! hides no other: libraries take all of a file or nothing. Private keys are counted and never
//! decrypted.
//!
//! ```text
//! PFX ::= SEQUENCE { version 3, authSafe ContentInfo, macData OPTIONAL }
//! authSafe's octets = SEQUENCE OF ContentInfo     (each in clear, or encrypted with a password)
//! each one's octets = SEQUENCE OF SafeBag         (certificate, key, CRL, secret, or more bags)
//! ```
//!
//! - `bags`: the bags and their attributes
//! - `java`: which of the certificates Java lists
//! - `mac`, `scheme`, `kdf`, `hash`: the seal, the ciphers, the keys for both, the digests under all
//! - `passwords`: which passwords are tried, in which order, at which cost
//! - `write`: files that Java lists
//! - `amend`: files with other certificates in one of their parts, and all else as it was

mod amend;
mod bags;
mod hash;
mod java;
mod kdf;
mod mac;
mod passwords;
mod scheme;
mod write;

use super::ber::Walk;
use super::der::tag;
use super::pkcs7::{DATA, SIGNED_DATA};
use super::{Decoding, Means};
use crate::model::{Container, Format, Gap, Integrity, Malformation, Oid};
use bags::Bags;
use passwords::Opener;
use scheme::Scheme;

pub(crate) use amend::{Change, Frames};
pub use write::{Protection, write};

/// EnvelopedData: public-key privacy mode.
const ENVELOPED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.3");
/// EncryptedData: password privacy mode.
const ENCRYPTED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.6");

/// Gaps and forms of protection that are told apart: 64. A file has one or two of each, and a hostile
/// one could have a million, which nobody reads.
const TOLD: usize = 64;

/// Why a part could not be opened or a seal not computed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Trouble {
    /// It is not laid out as it should be.
    Malformed(Malformation),
    /// By an algorithm or form that is not known here.
    Unsupported(String),
    /// It would cost more than the bounds allow.
    Bound(Gap),
    /// No password that was tried fits.
    Password,
}

impl From<Malformation> for Trouble {
    fn from(why: Malformation) -> Self {
        Self::Malformed(why)
    }
}

/// An algorithm by its identifier, as something that is not known here.
fn unsupported(kind: &str, oid: Option<Oid>) -> Trouble {
    Trouble::Unsupported(oid.map_or(format!("{kind} of another form"), |oid| format!("{kind} {oid}")))
}

/// Octets of a string in pieces or in cipher have no place in the file.
fn unplaced(why: Malformation) -> Malformation {
    Malformation { offset: None, ..why }
}

/// Reads a file.
#[must_use]
pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let mut reader = Reader {
        container: Container::default(),
        gaps: Vec::new(),
        opener: Opener::new(means),
        bags: Bags::new(means.bounds.entries),
        locked: 0,
    };
    match reader.pfx(Walk::new(bytes)) {
        // What breaks the innermost element breaks those around it too, and is said once.
        Ok(Some(why)) | Err(why) if !reader.is_broken() => reader.gaps.push(Gap::Broken(why)),
        _ => {}
    }
    reader.finish()
}

struct Reader<'a> {
    container: Container,
    gaps: Vec<Gap>,
    opener: Opener<'a>,
    bags: Bags,
    /// Parts that no password opened.
    locked: usize,
}

impl Reader<'_> {
    fn is_broken(&self) -> bool {
        self.gaps.iter().chain(&self.bags.gaps).any(|gap| matches!(gap, Gap::Broken(_)))
    }

    /// Gives what is wrong with the frame of what could be read.
    fn pfx(&mut self, mut file: Walk<'_>) -> Result<Option<Malformation>, Malformation> {
        // Java asks for either (`DerValue.toDerInputStream`; 11.0.10 to 25.0.2), OpenSSL for the one that it is.
        let outer = if file.peek() == Some(tag::SET) { tag::SET } else { tag::SEQUENCE };
        if outer == tag::SET {
            let why = Malformation::new("a PFX (a SEQUENCE)", "a SET, which Java takes for one").at(file.at());
            self.gaps.push(Gap::Broken(why));
        }
        let (mut pfx, cut) = file.open(outer, "a PFX (a SEQUENCE)")?;
        let at = pfx.at();
        let version = pfx.unsigned("a version (an INTEGER)")?;
        self.container.version = u32::try_from(version).ok();
        if version != 3 {
            let why = Malformation::new("version 3 (RFC 7292, 4)", format!("version {version}")).at(at);
            self.gaps.push(Gap::Broken(why));
        }
        let (mut info, cut_info) = pfx.open(tag::SEQUENCE, "a ContentInfo (a SEQUENCE)")?;
        let oid = info.oid()?;
        if oid != Some(DATA) {
            self.container.integrity = Integrity::Unverified;
            self.unknown_content(oid);
            return Ok(None);
        }
        let (mut content, cut_content) = info.open(tag::context(0), "the content ([0])")?;
        let (safe, cut_safe) = content.string(tag::OCTET_STRING, "the AuthenticatedSafe (an OCTET STRING)")?;
        let cut = cut_safe.or(cut_content).or(cut_info).or(cut);
        if pfx.is_empty() {
            // Of a file that is cut nobody knows whether it was sealed.
            self.container.integrity = if cut.is_some() { Integrity::Unverified } else { Integrity::Unsealed };
        } else {
            self.seal(&mut pfx, &safe);
        }
        let inner = self.authenticated_safe(&safe, content.depth());
        self.bags.trailing = file.left();
        inner.map(|inner| inner.map(unplaced).or(cut)).map_err(unplaced)
    }

    /// Checks the seal over the content octets, as they stand in the file (RFC 7292, 4).
    fn seal(&mut self, pfx: &mut Walk<'_>, sealed: &[u8]) {
        let mut said = None;
        let outcome = mac::read(pfx).and_then(|mac| {
            said = Some(mac.words());
            self.container.seal = Some(mac.seal());
            self.opener.verify(&mac, sealed)
        });
        self.say(said);
        self.container.integrity = match outcome {
            Ok(()) => Integrity::Verified,
            Err(Trouble::Password) => Integrity::Mismatch,
            Err(trouble) => {
                self.trouble(trouble);
                Integrity::Unverified
            }
        };
    }

    fn say(&mut self, protection: Option<String>) {
        if let Some(words) = protection
            && self.container.protection.len() < TOLD
            && !self.container.protection.contains(&words)
        {
            self.container.protection.push(words);
        }
    }

    fn trouble(&mut self, trouble: Trouble) {
        let gap = match trouble {
            Trouble::Malformed(why) => Gap::Broken(why),
            Trouble::Unsupported(what) => Gap::Unsupported { what },
            Trouble::Bound(gap) => gap,
            Trouble::Password => {
                self.locked += 1;
                return;
            }
        };
        if self.gaps.len() < TOLD && !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    fn unknown_content(&mut self, oid: Option<Oid>) {
        let trouble = match oid {
            Some(SIGNED_DATA) => Trouble::Unsupported("public-key integrity mode (SignedData)".to_owned()),
            Some(ENVELOPED_DATA) => Trouble::Unsupported("public-key privacy mode (EnvelopedData)".to_owned()),
            other => unsupported("content type", other),
        };
        self.trouble(trouble);
    }

    fn authenticated_safe(&mut self, octets: &[u8], depth: usize) -> Result<Option<Malformation>, Malformation> {
        let mut whole = Walk::at_depth(octets, depth);
        let (mut parts, mut fault) = whole.open(tag::SEQUENCE, "an AuthenticatedSafe (a SEQUENCE)")?;
        while !parts.is_empty() && !self.bags.is_full() {
            let (part, cut) = parts.open(tag::SEQUENCE, "a ContentInfo (a SEQUENCE)")?;
            let cut_part = match self.part(part) {
                Ok(cut_part) => cut_part,
                Err(Trouble::Malformed(why)) => {
                    self.trouble(Trouble::Malformed(unplaced(why)));
                    None
                }
                Err(trouble) => {
                    self.trouble(trouble);
                    None
                }
            };
            fault = cut_part.or(cut).or(fault);
        }
        Ok(fault)
    }

    /// Reads the bags of one part; gives what is wrong with the frame of what could be read.
    fn part(&mut self, mut part: Walk<'_>) -> Result<Option<Malformation>, Trouble> {
        match part.oid()? {
            Some(DATA) => {
                let (mut content, cut) = part.open(tag::context(0), "the content ([0])")?;
                let (octets, cut_octets) = content.string(tag::OCTET_STRING, "SafeContents (an OCTET STRING)")?;
                self.bags.safe(&octets, content.depth());
                Ok(cut_octets.or(cut))
            }
            Some(ENCRYPTED_DATA) => {
                let mut content = part.enter(tag::context(0), "the content ([0])")?;
                let mut data = content.enter(tag::SEQUENCE, "an EncryptedData (a SEQUENCE)")?;
                data.unsigned("a version (an INTEGER)")?;
                let mut content = data.enter(tag::SEQUENCE, "an EncryptedContentInfo (a SEQUENCE)")?;
                content.oid()?;
                let scheme = Scheme::read(&mut content)?;
                self.say(Some(scheme.words()));
                let (sealed, cut) = content.string(0x80, "encrypted octets ([0])")?;
                if let Some(why) = cut {
                    return Err(why.into());
                }
                let opened = self.opener.open(&scheme, &sealed)?;
                self.bags.opened(&opened, content.depth());
                Ok(None)
            }
            other => {
                self.unknown_content(other);
                Ok(None)
            }
        }
    }

    fn finish(mut self) -> Decoding {
        self.container.password = self.opener.which();
        if self.locked > 0 {
            let what = if self.locked == 1 { "1 part".to_owned() } else { format!("{} parts", self.locked) };
            self.gaps.push(Gap::Password { what });
        }
        let is_whole = self.gaps.is_empty() && self.bags.gaps.is_empty();
        let (entries, owner) = java::judge(self.bags.found, is_whole, self.bags.trailing);
        self.container.owner = owner;
        self.gaps.append(&mut self.bags.gaps);
        let (container, gaps, rounds) = (self.container, self.gaps, self.opener.spent());
        Decoding { entries, container, gaps, rounds, ..Decoding::new(Format::Pkcs12) }
    }
}

#[cfg(test)]
mod tests;
