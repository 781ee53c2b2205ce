//! The search: where a certificate may begin, and whether it is one.

use super::{image, text};
use crate::format::{Decoding, der, openssl};
use crate::limits;
use crate::model::{Body, Decoded, Fingerprint, Format, Gap, Note, Slot, Trust};
use memchr::memmem::Finder;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::ops::Range;

/// Octets searched for one opening and then for the other, while they are in the processor's cache.
const CHUNK: usize = 64 * 1024;
/// Octets of a part that are searched with the part after it, so that what begins there is whole.
const KEPT: usize = 256 * 1024;
/// A SEQUENCE with two octets of length: 256 to 65,535 octets of content.
const OPENING: &[u8] = &[0x30, 0x82];

const _: () = assert!(KEPT > text::LONGEST + 1024 && KEPT > 0xffff + 4);

/// What a certificate may begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Opening {
    Der,
    Text,
}

/// A search through a file, part by part.
pub(crate) struct Search {
    der: Finder<'static>,
    text: Finder<'static>,
    /// What is not searched.
    left_out: Vec<Range<u64>>,
    seen: HashSet<Fingerprint>,
    entries: Vec<Decoded>,
    most: usize,
    /// Octets that may still be decoded for nothing.
    left: u64,
    gaps: Vec<Gap>,
    /// Where what was found last ends: inside it nothing begins.
    resume: u64,
}

impl Search {
    /// A search for at most `most` certificates in the file that begins with `head`.
    pub(crate) fn new(head: &[u8], most: usize) -> Self {
        Self {
            der: Finder::new(OPENING),
            text: Finder::new(text::BEGIN),
            left_out: image::signatures(head),
            seen: HashSet::new(),
            entries: Vec::new(),
            most,
            left: limits::BINARY_REJECTED,
            gaps: Vec::new(),
            resume: 0,
        }
    }

    /// Searches the part of the file that stands at `at`. Where there is more after it, its end is
    /// left for the next part: gives how many octets are done with.
    pub(crate) fn part(&mut self, bytes: &[u8], at: u64, more: bool) -> usize {
        let end = if more { bytes.len().saturating_sub(KEPT) } else { bytes.len() };
        let mut openings = Vec::new();
        for from in (0..end).step_by(CHUNK) {
            self.openings(bytes, from..end.min(from + CHUNK), &mut openings);
            for (place, opening) in openings.drain(..) {
                let from = at + place as u64;
                if !self.gaps.is_empty() {
                    return end;
                }
                if from >= self.resume && !self.left_out.iter().any(|range| range.contains(&from)) {
                    self.look(&bytes[place..], from, opening);
                }
            }
        }
        end
    }

    /// What was found.
    pub(crate) fn finish(self, format: Format) -> Decoding {
        Decoding { entries: self.entries, gaps: self.gaps, ..Decoding::new(format) }
    }

    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.gaps.is_empty()
    }

    /// Where a certificate may begin within `range`, in order.
    fn openings(&self, bytes: &[u8], range: Range<usize>, found: &mut Vec<(usize, Opening)>) {
        let window = |needle: &[u8]| &bytes[range.start..bytes.len().min(range.end + needle.len() - 1)];
        let der = self.der.find_iter(window(OPENING)).map(|n| range.start + n);
        found.extend(der.filter(|&at| is_plausible(&bytes[at..])).map(|at| (at, Opening::Der)));
        let text = self.text.find_iter(window(text::BEGIN)).map(|n| (range.start + n, Opening::Text));
        found.extend(text);
        found.sort_unstable();
    }

    /// Whether a certificate begins here.
    fn look(&mut self, bytes: &[u8], at: u64, opening: Opening) {
        match opening {
            Opening::Der => {
                if let Some(length) = self.certificate(bytes) {
                    self.take(at, length, Body::Certificate(bytes[..length].into()), Vec::new());
                }
            }
            Opening::Text => {
                if let Some(block) = text::read(bytes) {
                    self.take(at, block.length, block.body, block.notes);
                }
            }
        }
    }

    /// The length of the DER certificate that begins here: it has the whole frame of one, and OpenSSL
    /// decodes it. What is decoded for nothing is counted, since beginnings may stand in each other.
    fn certificate(&mut self, bytes: &[u8]) -> Option<usize> {
        let length = der::first_sequence(bytes).ok()?;
        let whole = bytes.get(..length)?;
        if !der::is_certificate(whole) {
            return None;
        }
        if openssl::decodes(whole) {
            return Some(length);
        }
        self.left = self.left.saturating_sub(length as u64);
        if self.left == 0 {
            let what = "bytes that begin like certificates and are none";
            self.gaps.push(Gap::Bound { what, bound: limits::BINARY_REJECTED });
        }
        None
    }

    fn take(&mut self, at: u64, length: usize, body: Body<Box<[u8]>>, notes: Vec<Note>) {
        self.resume = at.saturating_add(length as u64);
        if let Body::Certificate(der) = &body
            && !self.seen.insert(Fingerprint::from_bytes(Sha256::digest(der).into()))
        {
            return;
        }
        if self.entries.len() >= self.most {
            self.gaps.push(Gap::Bound { what: "entries", bound: self.most as u64 });
            return;
        }
        let trust = if matches!(body, Body::Certificate(_)) { Trust::Present } else { Trust::Unstated };
        self.entries.push(Decoded { slot: Slot::Offset(at), trust, body, notes });
    }
}

/// Whether the first octets and the lengths among them could be those of a certificate: a SEQUENCE that
/// ends inside the file, in it a SEQUENCE that begins with a version or a serial number, and after that
/// another SEQUENCE, the algorithm.
fn is_plausible(bytes: &[u8]) -> bool {
    let &[_, _, a, b, 0x30, long @ (0x81 | 0x82), c, d, ..] = bytes else { return false };
    let total = 4 + usize::from(u16::from_be_bytes([a, b]));
    let (content, inner) =
        if long == 0x81 { (7, usize::from(c)) } else { (8, usize::from(u16::from_be_bytes([c, d]))) };
    let after = content + inner;
    after < total
        && total <= bytes.len()
        && matches!(bytes.get(content), Some(&(der::tag::INTEGER | 0xa0)))
        && bytes.get(after) == Some(&der::tag::SEQUENCE)
}
