//! The search: where a certificate may begin, and whether it is one.

use super::{icu, image, text};
use crate::format::{Decoding, der, openssl};
use crate::limits;
use crate::model::{Body, Decoded, Fingerprint, Format, Gap, Note, Slot, Trust};
use memchr::memmem::Finder;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Octets searched for one opening and then for the other, while they are in the processor's cache.
const CHUNK: usize = 64 * 1024;
/// Octets at the end of a part that are searched with the part after it: what is told from the first
/// octets of an opening is told from these.
const KEPT: usize = 64;
/// A SEQUENCE with two octets of length: 256 to 65,535 octets of content.
const OPENING: &[u8] = &[0x30, 0x82];

/// What a certificate may begin with, or what holds none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Opening {
    Der,
    Text,
    Icu,
}

/// A search through a file, part by part.
pub(crate) struct Search {
    der: Finder<'static>,
    text: Finder<'static>,
    icu: Finder<'static>,
    /// What is not searched.
    left_out: Vec<Range<u64>>,
    /// By length and last octets the first certificate with these, as its place among `entries`.
    seen: HashMap<(usize, [u8; 16]), usize>,
    /// Certificates that have them in common with another, which only a forged file holds.
    alike: HashSet<Fingerprint>,
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
            icu: Finder::new(icu::FORMAT),
            left_out: image::signatures(head),
            seen: HashMap::new(),
            alike: HashSet::new(),
            entries: Vec::new(),
            most,
            left: limits::BINARY_REJECTED,
            gaps: Vec::new(),
            resume: 0,
        }
    }

    /// Searches the part of the file that stands at `at`. Where there is more after it, what its end
    /// cuts is left for the next part: gives how many octets are done with.
    pub(crate) fn part(&mut self, bytes: &[u8], at: u64, more: bool) -> usize {
        let end = if more { bytes.len().saturating_sub(KEPT) } else { bytes.len() };
        let mut openings = Vec::new();
        for from in (0..end).step_by(CHUNK) {
            let to = end.min(from + CHUNK);
            if at + to as u64 <= self.resume {
                continue;
            }
            self.openings(bytes, from..to, more, &mut openings);
            for (place, opening) in openings.drain(..) {
                let from = at + place as u64;
                if !self.gaps.is_empty() {
                    return end;
                }
                if from >= self.resume && !self.left_out.iter().any(|range| range.contains(&from)) {
                    if more && is_cut(&bytes[place..], opening) {
                        return place;
                    }
                    self.look(&bytes[place..], from, opening);
                }
            }
        }
        end
    }

    /// Where in the file the search goes on: nothing begins before.
    pub(crate) fn resume(&self) -> u64 {
        self.resume
    }

    /// What was found.
    pub(crate) fn finish(self, format: Format) -> Decoding {
        Decoding { entries: self.entries, gaps: self.gaps, ..Decoding::new(format) }
    }

    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.gaps.is_empty()
    }

    /// What begins within `range`, in order; `more` octets may follow those there are.
    fn openings(&self, bytes: &[u8], range: Range<usize>, more: bool, found: &mut Vec<(usize, Opening)>) {
        let window = |needle: &[u8]| &bytes[range.start..bytes.len().min(range.end + needle.len() - 1)];
        let der = self.der.find_iter(window(OPENING)).map(|n| range.start + n);
        found.extend(der.filter(|&at| is_plausible(&bytes[at..], more)).map(|at| (at, Opening::Der)));
        let text = self.text.find_iter(window(text::BEGIN)).map(|n| (range.start + n, Opening::Text));
        found.extend(text);
        let icu = self.icu.find_iter(window(icu::FORMAT)).filter_map(|n| (range.start + n).checked_sub(icu::BEFORE));
        found.extend(icu.map(|at| (at, Opening::Icu)));
        found.sort_unstable();
    }

    /// Whether what may begin here does.
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
            Opening::Icu => {
                if let Some(length) = icu::length(bytes) {
                    self.resume = at.saturating_add(length);
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

    /// Whether this certificate has not been found before. A hash is taken of those alone that have
    /// their length and end in common with another.
    fn is_new(&mut self, der: &[u8]) -> bool {
        let first = self.seen.get(&key(der)).and_then(|&first| self.entries.get(first));
        match first.map(|first| &first.body) {
            None => true,
            Some(Body::Certificate(known)) if **known == *der => false,
            Some(_) => self.alike.insert(Fingerprint::of(der)),
        }
    }

    fn take(&mut self, at: u64, length: usize, body: Body<Box<[u8]>>, notes: Vec<Note>) {
        self.resume = at.saturating_add(length as u64);
        if let Body::Certificate(der) = &body
            && !self.is_new(der)
        {
            return;
        }
        if self.entries.len() >= self.most {
            self.gaps.push(Gap::Bound { what: "entries", bound: self.most as u64 });
            return;
        }
        if let Body::Certificate(der) = &body {
            self.seen.entry(key(der)).or_insert(self.entries.len());
        }
        let trust = if matches!(body, Body::Certificate(_)) { Trust::Present } else { Trust::Unstated };
        self.entries.push(Decoded { slot: Slot::Offset(at), trust, body, notes });
    }
}

/// The length and the last octets, which belong to the signature and so look random.
fn key(der: &[u8]) -> (usize, [u8; 16]) {
    (der.len(), der.last_chunk().copied().unwrap_or_default())
}

/// Whether octets that were not read yet decide what begins here.
fn is_cut(bytes: &[u8], opening: Opening) -> bool {
    match opening {
        Opening::Der => der_length(bytes) > bytes.len(),
        Opening::Text => bytes.len() < limits::PROGRAM_TEXT && text::is_certificate(bytes),
        Opening::Icu => icu::is_cut(bytes),
    }
}

/// The length of a SEQUENCE with two octets of length.
fn der_length(bytes: &[u8]) -> usize {
    bytes.get(2..4).map_or(0, |length| 4 + usize::from(u16::from_be_bytes([length[0], length[1]])))
}

/// Whether the first octets and the lengths among them could be those of a certificate: a SEQUENCE that
/// ends inside the file, in it a SEQUENCE that begins with a version or a serial number, and after that
/// another SEQUENCE, the algorithm. Where there is `more` after `bytes`, octets beyond them could be any.
fn is_plausible(bytes: &[u8], more: bool) -> bool {
    let &[_, _, _, _, 0x30, long @ (0x81 | 0x82), c, d, ..] = bytes else { return false };
    let total = der_length(bytes);
    let (content, inner) =
        if long == 0x81 { (7, usize::from(c)) } else { (8, usize::from(u16::from_be_bytes([c, d]))) };
    let after = content + inner;
    let stands = |at: usize, tags: &[u8]| bytes.get(at).map_or(more, |tag| tags.contains(tag));
    after < total
        && (more || total <= bytes.len())
        && stands(content, &[der::tag::INTEGER, 0xa0])
        && stands(after, &[der::tag::SEQUENCE])
}
