//! Bouncy Castle keystores: BKS, and UBER, which has the same head and is encrypted behind it.
//!
//! Certificates stand in the clear; private keys are sealed one by one, and a MAC with a key made
//! from the password stands at the end. Stores of version 0 and 1 make that key of two octets, so
//! that their MAC proves nothing (CVE-2018-5382). Layout: `engineLoad` and `loadStore` in
//! org.bouncycastle.jcajce.provider.keystore.bc.BcKeyStoreSpi.
//!
//! ```text
//! u32 version (0, 1, 2) | u32 20 | salt | u32 iterations | entries | u8 0 | HMAC-SHA-1
//! entry: u8 kind | utf alias | u64 milliseconds | u32 count | certificates of the chain
//!   1, certificate:  certificate
//!   2, key:          u8 kind (0 private, 1 public, 2 secret) | utf format | utf algorithm | u32 length | octets
//!   3, 4, sealed:    u32 length | octets
//! certificate: utf type | u32 length | DER
//! ```

mod mac;

use super::keystore::{Encoded, Input, Keeper, Shelf, broken};
use super::{Decoding, Means};
use crate::model::{Body, Container, Format, Gap, Integrity, Password, Trust, Untrusted, WhichPassword};
use mac::{OUTPUT, Sealed, fits};

/// Octets that the cipher of UBER takes at a time (Twofish in CBC).
const CIPHER_BLOCK: usize = 16;
/// Octets of the key for the MAC, by version: BKS gave the length of 20 octets as one of bits.
const WEAK: usize = 2;

/// Reads a file.
#[must_use]
pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let mut input = Input::new(bytes);
    let head = match Head::read(&mut input) {
        Ok(head) => head,
        Err(gap) => return Decoding { gaps: vec![gap], ..Decoding::new(Format::Bks) },
    };
    if is_uber(&input) {
        let container = Container { version: Some(head.version), ..Container::default() };
        return Decoding { container, ..Decoding::new(Format::Uber) };
    }
    let start = input.at();
    let mut shelf = Shelf::new(Keeper::BouncyCastle, means.bounds.entries);
    let end = entries(&mut input, &mut shelf);
    let mut container = Container { version: Some(head.version), ..Container::default() };
    container.protection.push(head.protection());
    let mut left = means.bounds.kdf_iterations;
    let gaps = match end {
        Ok(()) => {
            let sealed = head.sealed(input.since(start));
            let gaps = seal(&mut input, &sealed, means, &mut left, &mut container);
            // Without a MAC at the end it stops at the end of the file, password or not.
            if container.integrity == Integrity::Unsealed {
                shelf.refuse();
            }
            gaps
        }
        Err(gap) => {
            if matches!(gap, Gap::Broken(_)) {
                shelf.refuse();
            }
            seal_of_rest(bytes, start, &head, means, &mut left, &mut container);
            vec![gap]
        }
    };
    let (entries, owner) = shelf.finish();
    container.owner = owner;
    let rounds = means.bounds.kdf_iterations.saturating_sub(left);
    Decoding { entries, container, gaps, rounds, ..Decoding::new(Format::Bks) }
}

/// What stands in front of the entries.
struct Head<'a> {
    version: u32,
    salt: &'a [u8],
    iterations: u32,
}

impl<'a> Head<'a> {
    fn read(input: &mut Input<'a>) -> Result<Self, Gap> {
        let version = input.u32("version 0, 1 or 2")?;
        if version > 2 {
            return Err(broken("version 0, 1 or 2", format!("version {version}"), 0));
        }
        Ok(Self { version, salt: input.block("a salt")?, iterations: input.u32("a number of iterations")? })
    }

    const fn key_length(&self) -> usize {
        if self.version == 2 { OUTPUT } else { WEAK }
    }

    fn protection(&self) -> String {
        let bits = self.key_length() * 8;
        let weak = if self.version == 2 { "" } else { ", which proves nothing" };
        format!("MAC HMAC-SHA-1 with a key of {bits} bits{weak}, {} iterations", self.iterations)
    }

    const fn sealed<'b>(&'b self, body: &'b [u8]) -> Sealed<'b> {
        Sealed { salt: self.salt, iterations: self.iterations, key_length: self.key_length(), body }
    }
}

/// Whether what stands behind the head is no entry and can be a ciphertext.
fn is_uber(input: &Input<'_>) -> bool {
    let left = input.left();
    let opens_entry = |mut input: Input<'_>| -> Result<bool, Gap> {
        let kind = input.u8("a kind")?;
        if kind == 0 {
            return Ok(input.left() == OUTPUT);
        }
        let alias = input.utf("an alias")?;
        input.skip_u64("a time")?;
        input.u32("a number")?;
        Ok(kind <= 4 && alias.is_text())
    };
    left > 0 && left.is_multiple_of(CIPHER_BLOCK) && !opens_entry(input.clone()).unwrap_or(false)
}

fn entries<'a>(input: &mut Input<'a>, shelf: &mut Shelf<'a>) -> Result<(), Gap> {
    loop {
        let start = input.at();
        match input.u8("another entry or the end of them")? {
            0 => return Ok(()),
            kind @ 1..=4 => entry(kind, input, shelf)?,
            kind => return Err(broken("the kind of an entry (1 to 4)", format!("kind {kind}"), start)),
        }
    }
}

fn entry<'a>(kind: u8, input: &mut Input<'a>, shelf: &mut Shelf<'a>) -> Result<(), Gap> {
    shelf.open(input.utf("an alias")?);
    input.skip_u64("the time of an entry")?;
    let mut chain = Vec::new();
    let count = input.u32("the number of certificates in a chain")?;
    let complete = (0..count).try_for_each(|place| {
        shelf.has_room(place as usize)?;
        Encoded::read(input, true).map(|found| chain.push(found))
    });
    let own = complete.and_then(|()| match kind {
        1 => Encoded::read(input, true).map(Own::Certificate),
        2 => key(input).map(Own::Other),
        3 => input.block("a sealed value").map(|_| Own::Other(Body::Other(Untrusted::new("sealed value")))),
        _ => input.block("a sealed key").map(|_| Own::Other(sealed_key(chain.is_empty()))),
    });
    let put = match &own {
        Ok(Own::Certificate(found)) => shelf.certificate(found, Trust::Trusted, None),
        Ok(Own::Other(body)) => shelf.push(body.clone(), Trust::Unstated, Vec::new()),
        Err(_) if kind == 1 => Ok(()),
        Err(_) => shelf.push(sealed_key(chain.is_empty()), Trust::Unstated, Vec::new()),
    };
    put?;
    for (place, found) in chain.iter().enumerate() {
        shelf.certificate(found, Trust::Present, Some(place))?;
    }
    own.map(drop)
}

/// What an entry holds beside a chain.
enum Own<'a> {
    Certificate(Encoded<'a>),
    Other(Body<Box<[u8]>>),
}

/// A key in the clear.
fn key(input: &mut Input<'_>) -> Result<Body<Box<[u8]>>, Gap> {
    let kind = input.u8("the kind of a key")?;
    input.utf("the format of a key")?;
    input.utf("the algorithm of a key")?;
    input.block("a key")?;
    Ok(match kind {
        0 => Body::PrivateKey,
        1 => Body::Other(Untrusted::new("public key")),
        _ => Body::Other(Untrusted::new("secret key")),
    })
}

/// Private and secret keys are sealed alike; only a private key has a chain.
fn sealed_key(is_alone: bool) -> Body<Box<[u8]>> {
    if is_alone { Body::Other(Untrusted::new("sealed key")) } else { Body::PrivateKey }
}

/// Tries the MAC that comes next; says what of it could not be tried, and what follows it.
fn seal(
    input: &mut Input<'_>,
    sealed: &Sealed<'_>,
    means: &Means<'_>,
    left: &mut u64,
    container: &mut Container,
) -> Vec<Gap> {
    let at = input.at();
    let mac = match input.number::<OUTPUT>("a MAC of 20 octets") {
        Ok(mac) => mac,
        Err(gap) => return vec![gap],
    };
    let mut gaps = Vec::new();
    let bound = means.bounds.kdf_iterations;
    match verify(sealed, &mac, means.passwords, left) {
        Tried::Fits(which) => {
            container.integrity = Integrity::Verified;
            container.password = Some(which);
        }
        Tried::None => container.integrity = Integrity::Mismatch,
        Tried::TooCostly => {
            container.integrity = Integrity::Unverified;
            gaps.push(Gap::Bound { what: "rounds of key derivation", bound });
        }
    }
    if input.left() > 0 {
        gaps.push(broken("the end of the keystore", format!("{} octets", input.left()), at + OUTPUT));
    }
    gaps
}

/// Tries the last octets of a file whose end was not reached: where they fit, nothing is missing or
/// changed, and the fault is in how it was written.
fn seal_of_rest(
    bytes: &[u8],
    start: usize,
    head: &Head<'_>,
    means: &Means<'_>,
    left: &mut u64,
    container: &mut Container,
) {
    container.integrity = Integrity::Unverified;
    let rest = bytes.get(start..).and_then(<[u8]>::split_last_chunk::<OUTPUT>);
    if let Some((body, mac)) = rest
        && let Tried::Fits(which) = verify(&head.sealed(body), mac, means.passwords, left)
    {
        container.integrity = Integrity::Verified;
        container.password = Some(which);
    }
}

enum Tried {
    Fits(WhichPassword),
    None,
    /// The rounds allowed were spent before every password was tried.
    TooCostly,
}

fn verify(sealed: &Sealed<'_>, mac: &[u8; OUTPUT], given: &[Password], left: &mut u64) -> Tried {
    let tried = [("changeit", WhichPassword::Changeit), ("", WhichPassword::Empty)].into_iter();
    let given = given.iter().map(|password| (password.reveal(), WhichPassword::Given));
    for (password, which) in tried.chain(given) {
        let Some(rest) = left.checked_sub(u64::from(sealed.iterations)) else { return Tried::TooCostly };
        *left = rest;
        if fits(password, sealed, mac) {
            return Tried::Fits(which);
        }
    }
    Tried::None
}

#[cfg(test)]
mod tests;
