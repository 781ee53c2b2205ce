//! PEM inside a program: text as it stands in memory, or as the source of a program writes it.
//!
//! Lines end in LF, CR LF or CR, or in `\n` and `\r\n` written out, once or twice escaped; lines may be
//! strings of their own, joined by `+`, by a comma or by nothing. Around it is anything.

use crate::format::der;
use crate::format::pem::labels;
use crate::limits::PROGRAM_TEXT;
use crate::model::{Body, Malformation, Note};

/// What every block begins with.
pub(super) const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// Octets that show that a certificate was meant: a full line of 64 characters. Programs that write
/// PEM hold BEGIN and END with nothing or a few words between.
const MEANT: usize = 48;
/// Octets between two strings that are joined: quotes, `+`, a line break and its indentation.
const JOINT: usize = 128;

/// A block that holds a certificate or should.
pub(super) struct Block {
    pub(super) body: Body<Box<[u8]>>,
    pub(super) notes: Vec<Note>,
    pub(super) length: usize,
}

/// Whether a block of certificate begins `bytes`, whatever is in it.
pub(super) fn is_certificate(bytes: &[u8]) -> bool {
    bytes.strip_prefix(BEGIN).and_then(label).is_some()
}

/// Reads the block that begins `bytes`; none where it is only the words of one.
pub(super) fn read(bytes: &[u8]) -> Option<Block> {
    let bytes = &bytes[..bytes.len().min(PROGRAM_TEXT)];
    let label = label(bytes.strip_prefix(BEGIN)?)?;
    let start = BEGIN.len() + label.len() + DASHES.len();
    let (base64, stop) = characters(bytes, start);
    // The forgiving decoder takes seven times as long as the strict one, and is needed for bits left over alone.
    let strict = base64_simd::STANDARD_NO_PAD.decode_to_vec(&base64);
    let octets = strict.or_else(|_| base64_simd::forgiving_decode_to_vec(&base64)).ok()?;
    let mut notes = Vec::new();
    if label != labels::CERTIFICATE {
        notes.push(Note::Label(label.to_owned()));
    }
    let end = bytes[stop..].strip_prefix(END).and_then(self::label);
    let length = match end {
        Some(end) => stop + END.len() + end.len() + DASHES.len(),
        None => stop,
    };
    match end {
        None => notes.push(Note::NoEnd),
        Some(end) if end != label => notes.push(Note::EndLabel(end.to_owned())),
        Some(_) => {}
    }
    match der::first_sequence(&octets) {
        Ok(whole) if der::is_certificate(&octets) => {
            if whole < octets.len() && end.is_some() && label != labels::TRUSTED {
                notes.push(Note::Trailing(octets.len() - whole));
            }
            Some(Block { body: Body::Certificate(octets[..whole].into()), notes, length })
        }
        _ if octets.len() < MEANT || octets[0] != der::tag::SEQUENCE => None,
        read => {
            let why = match (end, read) {
                (None, _) => Malformation::new("an END line", format!("none after {} octets of base64", octets.len())),
                (Some(_), Ok(_)) => Malformation::new("a certificate", der::describe(&octets)).at(0),
                (Some(_), Err(why)) => why,
            };
            Some(Block { body: Body::Malformed(Box::new(why)), notes: Vec::new(), length })
        }
    }
}

/// The label of a certificate that stands here, dashes after it.
fn label(bytes: &[u8]) -> Option<&'static str> {
    let stands = |label: &&str| bytes.strip_prefix(label.as_bytes()).is_some_and(|rest| rest.starts_with(DASHES));
    labels::OF_CERTIFICATES.into_iter().find(stands)
}

/// The characters of base64 from `at` on, without padding, as many as can be decoded, and where
/// something else begins.
fn characters(bytes: &[u8], mut at: usize) -> (Vec<u8>, usize) {
    let mut base64 = Vec::new();
    let mut padded = false;
    while let Some(&octet) = bytes.get(at) {
        let run = if padded { 0 } else { bytes[at..].iter().take_while(|octet| is_base64(**octet)).count() };
        if run > 0 {
            base64.extend_from_slice(&bytes[at..at + run]);
            at += run;
            continue;
        }
        let (character, length) = match octet {
            b'=' => {
                padded = true;
                (None, 1)
            }
            b' ' | b'\t' | b'\r' | b'\n' => (None, 1),
            b'\\' => match escaped(&bytes[at..]) {
                Some((Some(_), _)) if padded => break,
                Some(read) => read,
                None => break,
            },
            b'"' | b'\'' => match joint(&bytes[at..]) {
                Some(length) => (None, length),
                None => break,
            },
            _ => break,
        };
        base64.extend(character);
        at += length;
    }
    let whole = base64.len() - usize::from(base64.len() % 4 == 1);
    base64.truncate(whole);
    (base64, at)
}

/// Which octets are characters of base64: a table, since a hundred kilobytes are asked for.
const CHARACTERS: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0;
    while octet < table.len() {
        table[octet] = (octet as u8).is_ascii_alphanumeric() || matches!(octet as u8, b'+' | b'/');
        octet += 1;
    }
    table
};

fn is_base64(octet: u8) -> bool {
    CHARACTERS[usize::from(octet)]
}

/// What backslashes and the octet after them stand for in a string, and how many octets they are: the
/// end of a line, or a slash as JSON may write it.
fn escaped(bytes: &[u8]) -> Option<(Option<u8>, usize)> {
    // Escaped once for each language around: three times is seen, nine would be no string any more.
    let backslashes = bytes.iter().take(9).take_while(|octet| **octet == b'\\').count();
    match bytes.get(backslashes)? {
        b'n' | b'r' | b't' | b'\n' | b'\r' => Some((None, backslashes + 1)),
        b'/' => Some((Some(b'/'), backslashes + 1)),
        _ => None,
    }
}

/// From the quote that ends a string to after the one that begins the next.
fn joint(bytes: &[u8]) -> Option<usize> {
    let (&quote, rest) = bytes.split_first()?;
    let between =
        rest.iter().take(JOINT).position(|octet| !matches!(octet, b' ' | b'\t' | b'\r' | b'\n' | b'+' | b','))?;
    (rest.get(between) == Some(&quote)).then_some(between + 2)
}
