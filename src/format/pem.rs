//! PEM, read more tolerantly than any program reads it and reported exactly.
//!
//! Every reader of PEM stumbles over something else: a byte order mark, two blocks joined on one
//! line, a blank line, a missing END. Some then lose one certificate without a word, OpenSSL
//! loses all of them. So castore takes what can be taken, names what is odd about each block,
//! and predicts OpenSSL apart from that (in `openssl`).
//!
//! Almost every block on a machine is canonical, so that is tried first and costs little more
//! than its base64.

mod armour;
mod block;
mod fast;
mod golang;
pub mod labels;
mod lines;
mod places;
mod text;

use super::openssl::load;
use super::{Decoding, Means, gnutls, pkcs7};
use crate::limits;
use crate::model::{Block, Body, Decoded, Format, Gap, GnutlsLoad, Note, OpensslLoad, Slot};
use armour::{Begin, Keyword};
use memchr::{memchr_iter, memmem};
use std::borrow::Cow;

pub(crate) use fast::Canonical;
pub(crate) use places::{Place, places};

/// What was in a file of PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Every block, in its order.
    pub entries: Vec<Decoded>,
    /// What OpenSSL's file loader takes from it.
    pub openssl: OpensslLoad,
    /// What GnuTLS's file loader takes from it, where that is not all.
    pub gnutls: Option<GnutlsLoad>,
    /// The certificates that Go does not see, by their number among the entries, where it may not see all.
    pub go: Option<Box<[usize]>>,
    /// Limits that were hit.
    pub gaps: Vec<Gap>,
}

/// Reads every block of a file.
#[must_use]
pub fn read(bytes: &[u8]) -> Reading {
    read_with(bytes, &Means::default())
}

/// Decodes a file of PEM.
pub(super) fn decode(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let Reading { entries, openssl, gnutls, go, gaps } = read_with(bytes, means);
    Decoding { entries, openssl: Some(openssl), gnutls, go, gaps, ..Decoding::new(Format::Pem) }
}

fn read_with(bytes: &[u8], means: &Means<'_>) -> Reading {
    let mut scanner = Scanner::new(bytes, means.bounds.entries);
    while scanner.step() {}
    let openssl = load::predict(bytes, &scanner.canonical, &scanner.entries, means.known);
    // What is canonical throughout no reader stumbles over.
    let gnutls = if scanner.is_canonical { None } else { gnutls::load::predict(bytes, &scanner.entries) };
    let go = if scanner.is_canonical { None } else { Some(golang::unseen(bytes, &scanner.entries)) };
    Reading { entries: scanner.entries, openssl, gnutls, go, gaps: scanner.gaps }
}

/// Whether a file holds the beginning of a block in any form that [`read`] takes.
#[must_use]
pub fn has_block(bytes: &[u8]) -> bool {
    let text = text::narrow(bytes);
    let dashes = memmem::Finder::new(b"---");
    let mut from = 0;
    while let Some(found) = text.octets.get(from..).and_then(|rest| dashes.find(rest)) {
        match armour::at(&text.octets, from + found) {
            Keyword::Begin(_) => return true,
            Keyword::End(end) => from = end.after,
            Keyword::None(after) => from = after,
        }
    }
    false
}

/// Goes through a file, block by block.
struct Scanner<'a> {
    text: Cow<'a, [u8]>,
    /// Octets of the file for each octet of `text`, and octets in front of it: UTF-16 has two.
    unit: usize,
    skipped: usize,
    dashes: memmem::Finder<'static>,
    at: usize,
    /// Line of `counted`, from 1; what ends a line.
    line: u64,
    counted: usize,
    newline: u8,
    /// A byte order mark opened the file and no block has been found yet.
    marked: bool,
    entries: Vec<Decoded>,
    canonical: Vec<Canonical>,
    /// Whether every mark of a block so far belongs to a canonical one.
    is_canonical: bool,
    scratch: Vec<u8>,
    most: usize,
    gaps: Vec<Gap>,
}

impl<'a> Scanner<'a> {
    fn new(bytes: &'a [u8], most: usize) -> Self {
        let text = text::narrow(bytes);
        let newline = if memchr::memchr(b'\n', &text.octets).is_some() { b'\n' } else { b'\r' };
        Self {
            marked: text.octets.starts_with(text::MARK),
            unit: text.unit,
            skipped: text.skipped,
            text: text.octets,
            dashes: memmem::Finder::new(b"---"),
            at: 0,
            line: 1,
            counted: 0,
            newline,
            // Some 1,500 octets each: a guess that saves moving them while they become more.
            entries: Vec::with_capacity((bytes.len() / 1500).min(most)),
            canonical: Vec::new(),
            is_canonical: true,
            scratch: Vec::new(),
            most,
            gaps: Vec::new(),
        }
    }

    /// Takes the next block or skips what only looks like one; false at the end.
    fn step(&mut self) -> bool {
        let Some(found) = self.text.get(self.at..).and_then(|rest| self.dashes.find(rest)) else { return false };
        if self.entries.len() >= self.most {
            self.gaps.push(Gap::Bound { what: "entries", bound: self.most as u64 });
            return false;
        }
        let at = self.at + found;
        if !self.marked
            && self.unit == 1
            && let Some((end, der)) = fast::block(&self.text, at, &mut self.scratch)
        {
            self.canonical.push(Canonical { start: at, end, entry: self.entries.len() });
            let slot = self.slot(at);
            self.entries.push(Decoded::new(slot, Body::Certificate(der)));
            self.at = end;
            return true;
        }
        self.is_canonical = false;
        match armour::at(&self.text, at) {
            Keyword::Begin(begin) => self.block(&begin),
            Keyword::End(end) => self.at = end.after,
            Keyword::None(after) => self.at = after,
        }
        true
    }

    /// Takes the block that begins here.
    fn block(&mut self, begin: &Begin) {
        let block = block::read(&self.text, begin);
        self.at = block.after;
        if block.is_prose {
            return;
        }
        if block.too_long && self.gaps.is_empty() {
            self.gaps.push(Gap::Bound { what: "bytes in a block", bound: limits::PEM_BLOCK as u64 });
        }
        let slot = self.slot(begin.start);
        let mut notes = block.notes;
        if std::mem::take(&mut self.marked) {
            notes.push(Note::ByteOrderMark);
        }
        if self.unit == 2 {
            notes.push(Note::Utf16);
        }
        let found = block.signed_data.map(|octets| self.signed_data(&octets, &slot)).unwrap_or_default();
        if !found.is_empty() {
            self.entries.extend(found.into_iter().map(|entry| noted(entry, &notes)));
            return;
        }
        // What is no certificate has no use for the label as a note.
        if let Body::Other(label) = &block.body {
            notes.retain(|note| !matches!(note, Note::Label(noted) if noted == label.raw()));
        }
        self.entries.push(noted(Decoded { slot, trust: block.trust, body: block.body, notes: Vec::new() }, &notes));
    }

    /// What is in a block of PKCS#7, each at the place of the block; nothing where it is none, or an
    /// empty one.
    fn signed_data(&mut self, octets: &[u8], slot: &Slot) -> Vec<Decoded> {
        let most = self.most.saturating_sub(self.entries.len());
        let bag = pkcs7::bag(octets, most, |_| slot.clone());
        let mut entries = bag.entries;
        for gap in bag.gaps {
            match gap {
                // Its place is one in the block.
                Gap::Broken(why) => entries.push(Decoded::new(slot.clone(), Body::Malformed(Box::new(why)))),
                Gap::Bound { what, .. } => self.gaps.push(Gap::Bound { what, bound: self.most as u64 }),
                // CMS that is encrypted, or signs something else.
                _ => {}
            }
        }
        entries
    }

    fn slot(&mut self, at: usize) -> Slot {
        let between = self.text.get(self.counted..at).unwrap_or_default();
        self.line += memchr_iter(self.newline, between).count() as u64;
        self.counted = at;
        Slot::Block(Block { line: self.line, offset: (self.skipped + at * self.unit) as u64 })
    }
}

/// The entry with more notes.
fn noted(mut entry: Decoded, notes: &[Note]) -> Decoded {
    entry.notes.extend_from_slice(notes);
    entry.notes.sort();
    entry.notes.dedup();
    entry
}

/// Longest comment line written: OpenSSL reads lines in pieces of 254 octets
/// (`LINESIZE`, crypto/pem/pem_lib.c).
const COMMENT: usize = 200;

/// Writes a certificate: comment lines, then one block of 64 columns; LF, and one at the end.
///
/// Comments are ASCII without anything that a reader could take for the edge of a block.
#[must_use]
pub fn write(der: &[u8], comments: &[&str]) -> String {
    write_block(labels::CERTIFICATE, der, comments)
}

/// The same with another label.
pub(crate) fn write_block(label: &str, der: &[u8], comments: &[&str]) -> String {
    let mut out = String::new();
    for comment in comments {
        let plain: String =
            comment.chars().take(COMMENT).map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect();
        out.push_str("# ");
        out.push_str(plain.replace("--", "..").trim_end());
        out.push('\n');
    }
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    out.push_str(&pem::encode_config(&pem::Pem::new(label, der), config));
    out
}

#[cfg(test)]
mod tests;
