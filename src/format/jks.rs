//! Java keystores: JKS, and JCEKS, which has the same frame and secret keys too.
//!
//! No password is needed to read one. The digest at the end, over the password and everything before
//! it, only tells whether it was changed by somebody who did not know the password; Java itself reads
//! its `cacerts` without looking at it. Layout: `engineLoad` in sun.security.provider.JavaKeyStore and
//! com.sun.crypto.provider.JceKeyStore.
//!
//! ```text
//! u32 magic | u32 version (1, 2) | u32 count | entries | SHA-1(password ‖ "Mighty Aphrodite" ‖ all before)
//! entry: u32 tag | utf alias | u64 milliseconds
//!   1, private key:  u32 length | EncryptedPrivateKeyInfo | u32 count | certificates, its own first
//!   2, certificate:  certificate
//!   3, secret key:   Java object stream (JCEKS)
//! certificate: utf type (version 2) | u32 length | DER
//! ```

mod frames;
mod sealed;
mod write;

use super::keystore::{Encoded, Input, Keeper, Shelf, broken};
use super::{Decoding, Means};
use crate::model::{Body, Container, Format, Gap, Integrity, Password, Trust, Untrusted, WhichPassword};
use sha1::{Digest, Sha1};

pub(crate) use frames::{Change, Frames};
pub use write::{CHANGEIT, write};

const JKS: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
const JCEKS: [u8; 4] = [0xce, 0xce, 0xce, 0xce];

/// Octets of the digest at the end.
const DIGEST: usize = 20;
/// What is hashed between password and file (`getPreKeyedHash`).
const WHITENER: &[u8] = b"Mighty Aphrodite";

/// Reads a file.
#[must_use]
pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let mut reading = Reading::new(bytes, means.bounds.entries);
    let format = reading.format;
    let end = reading.store();
    if let Err(Gap::Broken(why)) = &end
        && why.expected != sealed::EXPECTED
    {
        reading.shelf.refuse();
    }
    let mut container = Container { version: reading.version, ..Container::default() };
    let mut gaps = Vec::new();
    match end {
        Ok(()) => gaps.extend(seal(bytes, reading.input.at(), means, &mut container)),
        Err(gap) => {
            gaps.push(gap);
            seal_of_rest(bytes, means, &mut container);
        }
    }
    let (entries, owner) = reading.shelf.finish();
    container.owner = owner;
    Decoding { entries, container, gaps, ..Decoding::new(format) }
}

struct Reading<'a> {
    input: Input<'a>,
    format: Format,
    version: Option<u32>,
    shelf: Shelf<'a>,
}

impl<'a> Reading<'a> {
    fn new(bytes: &'a [u8], most: usize) -> Self {
        let format = if bytes.starts_with(&JCEKS) { Format::Jceks } else { Format::Jks };
        Self { input: Input::new(bytes), format, version: None, shelf: Shelf::new(Keeper::Java, most) }
    }

    fn store(&mut self) -> Result<(), Gap> {
        let count = self.head()?;
        (0..count).try_for_each(|_| self.entry())
    }

    /// What stands before the entries; gives how many there are.
    fn head(&mut self) -> Result<u32, Gap> {
        let magic = self.input.take(JKS.len(), "a Java keystore")?;
        if magic != JKS && magic != JCEKS {
            return Err(broken("a Java keystore", "other octets", 0));
        }
        let version = self.input.u32("version 1 or 2")?;
        self.version = Some(version);
        if !matches!(version, 1 | 2) {
            return Err(broken("version 1 or 2", format!("version {version}"), 4));
        }
        self.input.u32("a number of entries")
    }

    fn entry(&mut self) -> Result<(), Gap> {
        let start = self.input.at();
        let tag = self.input.u32("another entry")?;
        let is_known = matches!((tag, self.format), (1 | 2, _) | (3, Format::Jceks));
        if !is_known {
            return Err(broken("the tag of an entry", format!("tag {tag}"), start));
        }
        let alias = self.input.utf("an alias")?;
        self.shelf.open(alias);
        self.input.skip_u64("the time of an entry")?;
        match tag {
            1 => self.private_key(),
            2 => {
                let found = self.encoded()?;
                self.shelf.certificate(&found, Trust::Trusted, None)
            }
            _ => {
                self.shelf.push(Body::Other(Untrusted::new("secret key")), Trust::Unstated, Vec::new())?;
                sealed::skip(&mut self.input)
            }
        }
    }

    fn private_key(&mut self) -> Result<(), Gap> {
        self.shelf.push(Body::PrivateKey, Trust::Unstated, Vec::new())?;
        self.input.block("a private key")?;
        let count = self.input.u32("the number of certificates in a chain")?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        (0..count).try_for_each(|place| {
            let found = self.encoded()?;
            self.shelf.certificate(&found, Trust::Present, Some(place))
        })
    }

    fn encoded(&mut self) -> Result<Encoded<'a>, Gap> {
        Encoded::read(&mut self.input, self.version != Some(1))
    }
}

/// Tries the digest that stands at `at`; says what is wrong with where it stands.
fn seal(bytes: &[u8], at: usize, means: &Means<'_>, container: &mut Container) -> Option<Gap> {
    let (body, rest) = bytes.split_at(at.min(bytes.len()));
    let Some((digest, after)) = rest.split_first_chunk::<DIGEST>() else {
        return Some(broken("a digest of 20 octets", format!("{} octets", rest.len()), at));
    };
    container.protection.push("digest SHA-1".to_owned());
    container.password = fitting(body, digest, means.passwords);
    container.integrity = if container.password.is_some() { Integrity::Verified } else { Integrity::Mismatch };
    (!after.is_empty()).then(|| broken("the end of the keystore", format!("{} octets", after.len()), at + DIGEST))
}

/// Tries the last octets of a file whose end was not reached: where they fit, nothing is missing or
/// changed, and the fault is in how it was written.
fn seal_of_rest(bytes: &[u8], means: &Means<'_>, container: &mut Container) {
    if let Some((body, digest)) = bytes.split_last_chunk::<DIGEST>() {
        container.protection.push("digest SHA-1".to_owned());
        container.password = fitting(body, digest, means.passwords);
        container.integrity = if container.password.is_some() { Integrity::Verified } else { Integrity::Unverified };
    }
}

/// Which password gives this digest.
fn fitting(body: &[u8], digest: &[u8; DIGEST], given: &[Password]) -> Option<WhichPassword> {
    opening(body, digest, given).map(|(_, which)| which)
}

/// The same, with the password.
fn opening<'p>(body: &[u8], digest: &[u8; DIGEST], given: &'p [Password]) -> Option<(&'p str, WhichPassword)> {
    let tried = [(CHANGEIT, WhichPassword::Changeit), ("", WhichPassword::Empty)].into_iter();
    let given = given.iter().map(|password| (password.reveal(), WhichPassword::Given));
    tried.chain(given).find(|(password, _)| digest_of(password, body) == *digest)
}

/// The digest of a keystore: over the password in UTF-16, big end first, and the octets before it.
fn digest_of(password: &str, body: &[u8]) -> [u8; DIGEST] {
    let mut hash = Sha1::new();
    for unit in password.encode_utf16() {
        hash.update(unit.to_be_bytes());
    }
    hash.update(WHITENER);
    hash.update(body);
    hash.finalize().into()
}

#[cfg(test)]
mod tests;
