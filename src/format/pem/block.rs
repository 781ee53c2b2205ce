//! One block that is not canonical: what can be taken from it, and what is odd about it.

use super::armour::{self, Begin, End, Keyword, Label};
use super::lines::{Lines, is_body};
use super::text::MARK;
use crate::format::{ber, der, openssl_trusted};
use crate::limits;
use crate::model::{Body, Malformation, Note, Trust, Untrusted};

/// What was made of a block.
pub(super) struct Block {
    pub(super) body: Body<Box<[u8]>>,
    pub(super) trust: Trust,
    pub(super) notes: Vec<Note>,
    /// The octets of a PKCS#7, which hold any number of certificates.
    pub(super) signed_data: Option<Vec<u8>>,
    /// Where the scan goes on.
    pub(super) after: usize,
    /// It is text that mentions a BEGIN.
    pub(super) is_prose: bool,
    /// It is longer than the limit.
    pub(super) too_long: bool,
}

/// Reads the block that begins at `begin`.
pub(super) fn read(text: &[u8], begin: &Begin) -> Block {
    let label = Label::of(&begin.label);
    // A PKCS#7 holds as many certificates as a bundle does, and has the bound of its file.
    let most = if label == Label::SignedData { text.len() } else { limits::PEM_BLOCK };
    let (end, stop, too_long) = find_end(text, begin.after, most);
    let inside = &text[begin.after..stop];
    let mut block = Block {
        body: Body::PrivateKey,
        trust: Trust::Unstated,
        notes: around(text, begin, end.as_ref()),
        signed_data: None,
        after: end.as_ref().map_or(stop, |end| end.after),
        is_prose: false,
        too_long,
    };
    if is_prose(text, begin, inside) {
        return Block { after: begin.after, is_prose: true, ..block };
    }
    match label {
        Label::PrivateKey => return block,
        Label::Other => {
            block.body = Body::Other(Untrusted::new(begin.label.clone()));
            return block;
        }
        _ if too_long => {
            let found = format!("no END within {} octets", limits::PEM_BLOCK);
            block.body = Body::Malformed(Box::new(Malformation::new("an END line", found)));
            return Block { after: begin.after, ..block };
        }
        Label::Certificate => {}
        Label::Legacy | Label::Trusted | Label::SignedData => block.notes.push(Note::Label(begin.label.clone())),
    }
    let lines = Lines::read(inside);
    block.notes.extend(lines.notes.iter().cloned());
    if label == Label::SignedData {
        let is_whole = lines.stopped.is_none() && lines.is_padded();
        block.notes.extend((end.is_some() && !is_whole).then_some(Note::NotBase64));
        block.body = Body::Other(Untrusted::new(begin.label.clone()));
        block.signed_data = Some(lines.decode());
        return block;
    }
    match certificate(&lines, end.as_ref(), begin) {
        Ok(found) => take(&mut block, found, &lines, end.is_some(), label),
        Err(malformation) => block.body = Body::Malformed(Box::new(malformation)),
    }
    block
}

/// The END that closes a block, or where the next begins or the file ends.
fn find_end(text: &[u8], from: usize, most: usize) -> (Option<End>, usize, bool) {
    let limit = text.len().min(from.saturating_add(most));
    let mut at = from;
    while let Some(found) = memchr::memmem::find(&text[at..limit], b"---") {
        match armour::at(text, at + found) {
            Keyword::Begin(begin) => return (None, begin.start, false),
            Keyword::End(end) => {
                let start = end.start;
                return (Some(end), start, false);
            }
            Keyword::None(after) => at = after.min(limit),
        }
    }
    (None, limit, limit < text.len())
}

/// What is odd about the edges of a block.
fn around(text: &[u8], begin: &Begin, end: Option<&End>) -> Vec<Note> {
    let mut notes = Vec::new();
    if !begin.exact || end.is_some_and(|end| !end.exact) {
        notes.push(Note::Armour);
    }
    let line = line_before(text, begin.start);
    let unmarked = line.strip_prefix(MARK).unwrap_or(line);
    if unmarked.len() < line.len() {
        notes.push(Note::ByteOrderMark);
    }
    if unmarked.contains(&0) || end.is_some_and(|end| is_followed_by_nul(text, end.after)) {
        notes.push(Note::Nul);
    }
    let printed = unmarked.iter().position(|octet| !matches!(octet, b' ' | b'\t' | 0));
    match printed {
        None if unmarked.iter().any(|octet| *octet != 0) => notes.push(Note::Indented),
        None => {}
        Some(_) if ends_block(unmarked) => notes.push(Note::Joined),
        Some(_) => notes.push(Note::TextBeforeBegin),
    }
    match end {
        None => notes.push(Note::NoEnd),
        Some(end) if !end.label.eq_ignore_ascii_case(&begin.label) => notes.push(Note::EndLabel(end.label.clone())),
        Some(_) => {}
    }
    notes
}

/// Whether NUL comes next, on this line or the next.
fn is_followed_by_nul(text: &[u8], at: usize) -> bool {
    let mut rest = text.get(at..).unwrap_or_default().iter();
    rest.find(|octet| !matches!(octet, b'\r' | b'\n')) == Some(&0)
}

/// What stands on the line before `at`.
fn line_before(text: &[u8], at: usize) -> &[u8] {
    // No line in front of a block needs to be looked at further back than a label is long.
    let from = at.saturating_sub(1024);
    let before = &text[from..at];
    let start = memchr::memrchr2(b'\n', b'\r', before).map_or(0, |newline| newline + 1);
    &before[start..]
}

/// Whether the text before a BEGIN is the END of the block before it.
fn ends_block(line: &[u8]) -> bool {
    memchr::memmem::rfind(line, b"END ").is_some_and(|at| line[..at].ends_with(b"---"))
}

/// Whether this is a sentence about PEM: words before BEGIN, and after it no base64 but more
/// words, or nothing at all.
fn is_prose(text: &[u8], begin: &Begin, inside: &[u8]) -> bool {
    let before = line_before(text, begin.start);
    let before = before.strip_prefix(MARK).unwrap_or(before);
    if before.iter().all(|octet| matches!(octet, b' ' | b'\t' | 0)) || ends_block(before) {
        return false;
    }
    let line = &inside[..memchr::memchr2(b'\n', b'\r', inside).unwrap_or(inside.len())];
    // Fewer characters than a line of base64 between BEGIN and END are the words of a sentence.
    let is_sentence = line.len() == inside.len() && inside.len() < 64;
    is_sentence || !line.iter().all(|&octet| is_body(octet)) || inside.trim_ascii().is_empty()
}

/// A certificate and what follows it in its block.
struct Found {
    der: Box<[u8]>,
    tail: Vec<u8>,
    is_ber: bool,
}

/// The certificate in a block.
fn certificate(lines: &Lines, end: Option<&End>, begin: &Begin) -> Result<Found, Malformation> {
    if lines.encrypted {
        return Err(Malformation::new("a certificate", "encrypted octets (Proc-Type)"));
    }
    let mut octets = lines.decode();
    match ber::certificate(&octets) {
        Ok((length, is_ber)) => {
            let tail = octets.split_off(length);
            Ok(Found { der: octets.into_boxed_slice(), tail, is_ber })
        }
        Err(why) if der::first_sequence(&octets).is_ok() => Err(why),
        Err(short) => Err(why_short(lines, end, begin, octets.len(), short)),
    }
}

/// The nearest reason why a block has no whole certificate in it.
fn why_short(lines: &Lines, end: Option<&End>, begin: &Begin, octets: usize, short: Malformation) -> Malformation {
    match (lines.stopped, end) {
        (Some((octet, at)), _) => {
            let octet = char::from(octet).escape_default();
            Malformation::new("base64", format!("'{octet}' after {} characters", lines.base64.len())).at(at)
        }
        (None, None) => Malformation::new("an END line", format!("none for {}, and no whole certificate", begin.label)),
        (None, Some(_)) if octets == 0 => Malformation::new("base64", "nothing"),
        (None, Some(_)) => short,
    }
}

/// Fills in a certificate.
fn take(block: &mut Block, found: Found, lines: &Lines, ended: bool, label: Label) {
    let Found { der, tail, is_ber } = found;
    block.body = Body::Certificate(der);
    if is_ber {
        block.notes.push(Note::Ber);
    }
    if ended && (lines.stopped.is_some() || !lines.is_padded()) {
        block.notes.push(Note::NotBase64);
    }
    // Without an END, what follows is the text between two blocks.
    if tail.is_empty() || !ended {
        return;
    }
    let mut trailing = tail.len();
    if label == Label::Trusted
        && let Ok((purposes, length)) = openssl_trusted::read(&tail)
    {
        block.trust = Trust::Purposes(Box::new(purposes));
        trailing -= length;
    }
    if trailing > 0 {
        block.notes.push(Note::Trailing(trailing));
    }
}
