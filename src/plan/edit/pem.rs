//! A bundle of PEM: blocks are put behind the last one and cut out with the comments that are theirs.
//!
//! OpenSSL takes all of a bundle or nothing. So nothing is added to one of which it loads nothing, and nothing that
//! it cannot decode: both would be a success that no program sees. Of a bundle that nobody loads a certificate can
//! still be removed.

mod comments;

use super::{CannotEdit, Wanted, anchors, fingerprint};
use crate::format::openssl;
use crate::format::pem::{self, Place, labels, places};
use crate::format::{Decoding, x509};
use crate::model::{Certificate, Decoded, Format, Note, OpensslLoad};
use std::ops::Range;
use std::sync::Arc;

/// The byte order mark of UTF-8, which stays where it is.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether programs that load certificates load blocks with this label, other than the plain one
/// (`PEM_X509_INFO_read_bio`, crypto/pem/pem_info.c).
pub(super) fn is_loaded(label: &str) -> bool {
    matches!(label, labels::LEGACY | labels::TRUSTED)
}

/// Whether a text holds nothing but blank lines and comments.
pub(super) fn is_blank(text: &[u8]) -> bool {
    text.split(|octet| *octet == b'\n').all(|line| {
        let line = line.trim_ascii();
        line.is_empty() || (line.starts_with(b"#") && line.is_ascii())
    })
}

/// What a bundle becomes.
pub(super) fn edit(old: &[u8], read: &Decoding, wanted: &Wanted<'_>) -> Result<Vec<u8>, CannotEdit> {
    let blocks = places(old).ok_or(CannotEdit::Utf16)?;
    let cuts = cuts(old, &blocks, &read.entries, wanted)?;
    let mut text = without(old, &cuts);
    let missing = wanted.missing(&anchors(read));
    if missing.is_empty() {
        return Ok(text);
    }
    for entry in &read.entries {
        let found = fingerprint(entry).filter(|_| !entry.trust.allows_server());
        if let Some(found) = found.filter(|found| missing.iter().any(|new| new.fingerprint() == *found)) {
            return Err(CannotEdit::Distrusts(found));
        }
    }
    if is_signed_data_alone(&read.entries) {
        return Err(CannotEdit::Format(Format::Pkcs7));
    }
    let before = match loads(&text) {
        OpensslLoad::Refuses { because, line } => {
            return Err(CannotEdit::Broken { line: line_before(old, &cuts, line), because });
        }
        load => load.count(),
    };
    if let Some(refused) = missing.iter().find(|certificate| !openssl::decodes(certificate.der())) {
        return Err(CannotEdit::NotLoadable(refused.fingerprint()));
    }
    append(&mut text, &missing);
    let after = loads(&text);
    match !after.is_refused() && after.count() == before + missing.len() {
        true => Ok(text),
        false => Err(CannotEdit::Hidden),
    }
}

/// Whether all certificates of a file stand in PKCS#7: who reads that takes one block of it, and who reads blocks of
/// certificates passes over it.
fn is_signed_data_alone(entries: &[Decoded]) -> bool {
    let is_in_one = |entry: &Decoded| {
        entry.notes.iter().any(|note| matches!(note, Note::Label(label) if labels::is_signed_data(label)))
    };
    let mut certificates = entries.iter().filter(|entry| fingerprint(entry).is_some()).peekable();
    certificates.peek().is_some() && certificates.all(is_in_one)
}

/// What OpenSSL loads of a file.
fn loads(text: &[u8]) -> OpensslLoad {
    pem::read(text).openssl
}

/// The places that are cut out of a file, in its order.
fn cuts(
    old: &[u8],
    blocks: &[Place],
    entries: &[Decoded],
    wanted: &Wanted<'_>,
) -> Result<Vec<Range<usize>>, CannotEdit> {
    let mut cuts: Vec<Range<usize>> = Vec::new();
    for block in blocks {
        let inside = entries.get(block.entries.clone()).unwrap_or_default();
        let is_removed =
            |entry: &&Decoded| fingerprint(entry).is_some_and(|fingerprint| wanted.remove.contains(&fingerprint));
        match inside.iter().filter(is_removed).count() {
            0 => continue,
            removed if removed < inside.len() => return Err(CannotEdit::Joint { line: block.line }),
            _ => {}
        }
        if inside.iter().any(|entry| entry.notes.contains(&Note::NoEnd)) && !is_its_own(old, block) {
            return Err(CannotEdit::NoEnd { line: block.line });
        }
        let earliest = cuts.last().map_or(0, |cut| cut.end);
        let cut = extent(old, block, inside);
        cuts.push(cut.start.max(earliest)..cut.end);
    }
    Ok(cuts)
}

/// Whether a block without END is followed by nothing but its base64 up to the next one.
fn is_its_own(old: &[u8], block: &Place) -> bool {
    let inside = old.get(block.octets.clone()).unwrap_or_default();
    let mut lines = inside.split(|octet| *octet == b'\n').skip(1);
    let is_base64 = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=' | b'\r');
    lines.all(|line| line.iter().all(is_base64))
}

/// What goes with a block: its lines, and the comments that are its own.
fn extent(old: &[u8], block: &Place, inside: &[Decoded]) -> Range<usize> {
    let Range { start, end } = block.octets.clone();
    let line = line_start(old, start);
    let before = old.get(line..start).unwrap_or_default();
    let mark = if line == 0 && before.starts_with(MARK) { MARK.len() } else { 0 };
    if !before.get(mark..).unwrap_or_default().iter().all(|octet| matches!(octet, b' ' | b'\t')) {
        return start..end;
    }
    let is_ended = end > start && old.get(end - 1) == Some(&b'\n');
    let after = if is_ended { end } else { line_end(old, end) };
    let comments = match inside {
        [entry] if mark == 0 => comments::own(old, line, after, entry),
        _ => line + mark,
    };
    comments..after
}

/// Where the line of `at` begins.
fn line_start(text: &[u8], at: usize) -> usize {
    text.get(..at).and_then(|before| memchr::memrchr(b'\n', before)).map_or(0, |newline| newline + 1)
}

/// Where the line of `at` ends, its newline included; `at` itself where something else follows on it.
fn line_end(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let blank = rest.iter().take_while(|octet| matches!(octet, b' ' | b'\t' | b'\r')).count();
    match rest.get(blank) {
        None => text.len(),
        Some(b'\n') => at + blank + 1,
        Some(_) => at,
    }
}

/// A file without some places. One whose last line is not ended stays such a one.
fn without(old: &[u8], cuts: &[Range<usize>]) -> Vec<u8> {
    let mut text = Vec::with_capacity(old.len());
    let mut from = 0;
    for cut in cuts {
        text.extend_from_slice(old.get(from..cut.start).unwrap_or_default());
        from = cut.end;
    }
    text.extend_from_slice(old.get(from..).unwrap_or_default());
    if from == old.len() && old.last() != Some(&b'\n') && text.last() == Some(&b'\n') {
        text.pop();
        text.pop_if(|octet| *octet == b'\r');
    }
    text
}

/// The line in the old file of a line in the one without some places.
fn line_before(old: &[u8], cuts: &[Range<usize>], line: u64) -> u64 {
    let lines = |place: Range<usize>| memchr::memchr_iter(b'\n', old.get(place).unwrap_or_default()).count() as u64;
    let (mut kept, mut cut_out, mut from) = (0, 0, 0);
    for cut in cuts {
        kept += lines(from..cut.start);
        if kept >= line {
            break;
        }
        cut_out += lines(cut.clone());
        from = cut.end;
    }
    line + cut_out
}

/// Puts blocks behind the last line, with its ends of lines. Where the last line was not ended the new last one is
/// not either, so that taking it out again gives the very file.
fn append(text: &mut Vec<u8>, certificates: &[&Arc<Certificate>]) {
    let is_open = !text.is_empty() && text.last() != Some(&b'\n');
    let is_commented = text.starts_with(b"#") || memchr::memmem::find(text, b"\n#").is_some();
    let newline = memchr::memchr(b'\n', text);
    let is_crlf = newline.is_some_and(|at| at > 0 && text.get(at - 1) == Some(&b'\r'));
    let ended = |block: String| if is_crlf { block.replace('\n', "\r\n") } else { block };
    let blocks: String = certificates.iter().map(|certificate| ended(block(certificate, is_commented))).collect();
    if !is_open {
        text.extend_from_slice(blocks.as_bytes());
        return;
    }
    text.extend_from_slice(if is_crlf { b"\r\n" } else { b"\n" });
    text.extend_from_slice(blocks.trim_end().as_bytes());
}

/// A block, with a comment where the file has comments.
fn block(certificate: &Certificate, is_commented: bool) -> String {
    if !is_commented {
        return pem::write(certificate.der(), &[]);
    }
    let subject = x509::subject(certificate).map(|subject| subject.text().raw().to_owned()).unwrap_or_default();
    pem::write(certificate.der(), &[&subject, &comments::fingerprint_line(certificate.fingerprint())])
}
