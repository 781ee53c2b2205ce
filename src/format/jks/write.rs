//! Writes trusted certificates as JKS version 2, the same octets for the same certificates.

use super::{DIGEST, JKS, digest_of};
use crate::model::Password;
use std::collections::BTreeSet;

/// The password of Java's own keystores.
pub const CHANGEIT: &str = "changeit";

/// Octets that the length of an alias, two octets, can say.
pub(super) const ALIAS: usize = 65_535;
/// The time of every entry: a real one would change the file at each writing. Java shows it as 1970.
const TIME: u64 = 0;
/// Tag of a trusted certificate.
pub(super) const TRUSTED: u32 = 2;

/// Writes certificates, each DER with the alias wanted for it, in the order of their aliases.
///
/// Aliases become lower case, since Java finds no others; where several certificates want one, all
/// but the first by their octets get `-1`, `-2` and so on behind it. A certificate that comes twice
/// under one alias is written once.
///
/// Whoever opens the file with a password needs this one: `changeit` is what Java's programs expect.
#[must_use]
pub fn write<'a>(certificates: impl IntoIterator<Item = (&'a str, &'a [u8])>, password: &Password) -> Vec<u8> {
    // What four octets of length cannot say is larger than any file castore reads.
    let wanted: BTreeSet<(String, &[u8])> = certificates
        .into_iter()
        .filter(|(_, der)| u32::try_from(der.len()).is_ok())
        .map(|(alias, der)| (alias.to_lowercase(), der))
        .collect();
    let entries = named(wanted);
    let mut out = JKS.to_vec();
    out.extend_from_slice(&2u32.to_be_bytes());
    out.extend_from_slice(&(entries.len() as u32).to_be_bytes());
    for (alias, der) in entries {
        put_certificate(&mut out, &alias, TIME, true, der);
    }
    let digest: [u8; DIGEST] = digest_of(password.reveal(), &out);
    out.extend_from_slice(&digest);
    out
}

/// Appends an entry: a certificate under an alias in modified UTF-8, with the name of its type where the version has it.
pub(super) fn put_certificate(out: &mut Vec<u8>, alias: &[u8], milliseconds: u64, is_typed: bool, der: &[u8]) {
    out.extend_from_slice(&TRUSTED.to_be_bytes());
    put_utf(out, alias);
    out.extend_from_slice(&milliseconds.to_be_bytes());
    if is_typed {
        put_utf(out, b"X.509");
    }
    out.extend_from_slice(&(der.len() as u32).to_be_bytes());
    out.extend_from_slice(der);
}

/// Gives each certificate an alias of its own, in modified UTF-8, and puts them in order.
fn named(wanted: BTreeSet<(String, &[u8])>) -> Vec<(Vec<u8>, &[u8])> {
    let plain: BTreeSet<Vec<u8>> = wanted.iter().map(|(alias, _)| encode(alias, ALIAS)).collect();
    let mut taken = BTreeSet::new();
    let mut entries: Vec<(Vec<u8>, &[u8])> = Vec::with_capacity(wanted.len());
    let mut number = 0u64;
    let mut before = Vec::new();
    for (alias, der) in wanted {
        let mut own = encode(&alias, ALIAS);
        if own != before {
            (number, before) = (0, own.clone());
        }
        // A number may lead to an alias that another certificate wants.
        while taken.contains(&own) || (number > 0 && plain.contains(&own)) {
            number += 1;
            let suffix = format!("-{number}");
            own = encode(&alias, ALIAS - suffix.len());
            own.extend_from_slice(suffix.as_bytes());
        }
        taken.insert(own.clone());
        entries.push((own, der));
    }
    entries.sort();
    entries
}

/// Text in modified UTF-8 (java.io.DataInput), cut before a character that would make it longer
/// than `most`.
pub(super) fn encode(text: &str, most: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len().min(most));
    for character in text.chars() {
        let before = out.len();
        match character {
            '\0' => out.extend_from_slice(&[0xc0, 0x80]),
            '\u{10000}'.. => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.extend_from_slice(&[
                        0xe0 | (*unit >> 12) as u8,
                        0x80 | (*unit >> 6 & 0x3f) as u8,
                        0x80 | (*unit & 0x3f) as u8,
                    ]);
                }
            }
            other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        if out.len() > most {
            out.truncate(before);
            break;
        }
    }
    out
}

/// Appends octets with their length, two octets, in front; they are no more than it can say.
fn put_utf(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(&(text.len() as u16).to_be_bytes());
    out.extend_from_slice(text);
}
