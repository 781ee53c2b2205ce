//! What p11-kit does with a file that it does not take: it reads it as PEM (`p11_token_new` gives the
//! parser both formats), and takes its certificates without what the file says of them.

use super::objects::decoded;
use crate::format::pem::labels;
use crate::model::{Body, Decoded, Note, Slot};
use memchr::memmem;
use std::collections::BTreeSet;

/// Where the blocks begin that p11-kit decodes (`p11_pem_parse`, common/pem.c).
fn taken(bytes: &[u8]) -> BTreeSet<u64> {
    // It searches as C does, to the first NUL.
    let bytes = memchr::memchr(0, bytes).and_then(|nul| bytes.get(..nul)).unwrap_or(bytes);
    let mut taken = BTreeSet::new();
    let mut at = 0;
    while let Some((begin, label, inner, end)) = next(bytes, at) {
        if [labels::CERTIFICATE, labels::TRUSTED].iter().any(|known| known.as_bytes() == label)
            && decoded(inner).is_some()
        {
            taken.insert(begin as u64);
        }
        at = end;
    }
    taken
}

/// The next block from `at`: where it begins, its label, what is in it, and where it ends. An END of
/// another label ends the search.
fn next(bytes: &[u8], at: usize) -> Option<(usize, &[u8], &[u8], usize)> {
    const DASHES: usize = 5;
    let find = |from: usize, what: &[u8]| memmem::find(bytes.get(from..)?, what).map(|found| from + found);
    let begin = find(at, b"-----BEGIN ")?;
    let label = begin + b"-----BEGIN ".len();
    let suffix = find(label, b"-----")?;
    let label = bytes.get(label..suffix).filter(|label| !label.contains(&b'\n'))?;
    let inner = suffix + DASHES;
    let end = find(inner, b"-----END ")?;
    let after = end + b"-----END ".len();
    bytes.get(after..)?.strip_prefix(label)?.strip_prefix(b"-----")?;
    Some((begin, label, bytes.get(inner..end)?, end + DASHES))
}

/// The entries of the file as PEM, with those of its objects that are in no block.
pub(super) fn entries(bytes: &[u8], blocks: Vec<Decoded>, objects: Vec<Decoded>) -> Vec<Decoded> {
    let taken = taken(bytes);
    let offset = |entry: &Decoded| match entry.slot {
        Slot::Block(block) => block.offset,
        _ => 0,
    };
    let mut entries = blocks;
    for entry in entries.iter_mut().filter(|entry| matches!(entry.body, Body::Certificate(_))) {
        if !taken.contains(&offset(entry)) {
            entry.notes.push(Note::NotListed("p11-kit does not decode its block"));
        } else if entry.notes.iter().any(|note| matches!(note, Note::Trailing(_))) {
            entry.notes.push(Note::NotListed("octets follow the certificate"));
        }
    }
    let places: BTreeSet<u64> = entries.iter().map(offset).collect();
    for mut entry in objects {
        // What an object lacks may be in the line that cannot be read.
        let lacks = matches!(&entry.body, Body::Malformed(malformation) if malformation.expected == super::CLASS);
        if lacks || places.contains(&offset(&entry)) {
            continue;
        }
        if matches!(entry.body, Body::Certificate(_) | Body::Reference(_)) {
            entry.notes.retain(|note| !matches!(note, Note::NotListed(_)));
            entry.notes.push(Note::NotListed("p11-kit takes the file for PEM"));
        }
        entries.push(entry);
    }
    entries
}
