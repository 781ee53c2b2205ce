//! The edges of a block: `-----BEGIN LABEL-----` and what people and editors make of it.

use super::labels;
use memchr::memchr2;

/// Dashes on each side (RFC 7468, 3).
const DASHES: usize = 5;
/// Fewer dashes than this are an underline, an option or a dash in prose.
const FEWEST: usize = 3;
/// Longest label taken: the longest in use, `ANY PRIVATE KEY` and the like, have under 40.
const LABEL: usize = 128;

/// What stands at a run of dashes.
#[derive(Debug)]
pub(super) enum Keyword {
    Begin(Begin),
    End(End),
    /// Neither; go on from here.
    None(usize),
}

/// The beginning of a block.
#[derive(Debug)]
pub(super) struct Begin {
    /// Of its first dash.
    pub(super) start: usize,
    /// After its last dash.
    pub(super) after: usize,
    /// As it is written.
    pub(super) label: String,
    /// Whether it is written as RFC 7468 has it.
    pub(super) exact: bool,
}

/// The end of a block.
#[derive(Debug)]
pub(super) struct End {
    /// Of its first dash.
    pub(super) start: usize,
    /// After its last dash.
    pub(super) after: usize,
    /// As it is written.
    pub(super) label: String,
    /// Whether it is written as RFC 7468 has it.
    pub(super) exact: bool,
}

/// What a label promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Certificate,
    /// `X509 CERTIFICATE`, `X.509 CERTIFICATE`.
    Legacy,
    /// OpenSSL's, with auxiliary trust after the certificate.
    Trusted,
    PrivateKey,
    /// PKCS#7: certificates may be in it. Programs that load certificates skip such blocks.
    SignedData,
    Other,
}

impl Label {
    pub(super) fn of(label: &str) -> Self {
        let upper = label.to_ascii_uppercase();
        match upper.as_str() {
            labels::CERTIFICATE => Self::Certificate,
            labels::LEGACY | "X.509 CERTIFICATE" => Self::Legacy,
            labels::TRUSTED => Self::Trusted,
            other if labels::is_signed_data(other) => Self::SignedData,
            _ if upper.contains("PRIVATE KEY") => Self::PrivateKey,
            _ => Self::Other,
        }
    }
}

fn run(text: &[u8], at: usize) -> usize {
    text.get(at..).unwrap_or_default().iter().take_while(|&&octet| octet == b'-').count()
}

/// What stands at the run of dashes that begins at `at`.
pub(super) fn at(text: &[u8], at: usize) -> Keyword {
    let dashes = run(text, at);
    let after = at + dashes;
    let rest = text.get(after..).unwrap_or_default();
    let spaces = rest.iter().take_while(|&&octet| octet == b' ').count();
    let word = &rest[spaces..];
    let is = |keyword: &str| {
        word.len() > keyword.len()
            && word[..keyword.len()].eq_ignore_ascii_case(keyword.as_bytes())
            && matches!(word[keyword.len()], b' ' | b'\t' | b'-')
    };
    let (begins, length) = if is("BEGIN") {
        (true, 5)
    } else if is("END") {
        (false, 3)
    } else {
        return Keyword::None(after);
    };
    let upper = word[..length].iter().all(u8::is_ascii_uppercase);
    let exact = dashes == DASHES && spaces == 0 && upper;
    let from = after + spaces + length;
    match label(text, from) {
        Some((label, closing)) if begins => begin(text, at, label, closing, exact),
        Some((label, closing)) => end(text, at, label, closing, exact),
        None => Keyword::None(after),
    }
}

/// The text up to the closing dashes or the end of the line, and where those begin.
fn label(text: &[u8], from: usize) -> Option<(&[u8], usize)> {
    let rest = &text[from..text.len().min(from + LABEL + FEWEST)];
    let line = &rest[..memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())];
    let closing = memchr::memmem::find(line, b"---");
    let length = closing.unwrap_or(line.len());
    if length > LABEL { None } else { Some((&line[..length], from + length)) }
}

/// Whether the label is set off by one space and by nothing on its other side.
fn is_exact(label: &[u8]) -> bool {
    label.first() == Some(&b' ')
        && label.trim_ascii().len() + 1 == label.len()
        && !label.iter().any(u8::is_ascii_lowercase)
}

/// The words of a label, without what is left of closing dashes that were cut.
fn words(label: &[u8]) -> String {
    String::from_utf8_lossy(label).trim().trim_end_matches('-').to_owned()
}

fn begin(text: &[u8], start: usize, label: &[u8], closing: usize, exact: bool) -> Keyword {
    let dashes = run(text, closing);
    let exact = exact && dashes == DASHES && is_exact(label);
    let label = words(label);
    // Prose and SSH's `---- BEGIN SSH2 PUBLIC KEY ----` are no blocks; a certificate is worth
    // taking from under any armour.
    if !exact && Label::of(&label) == Label::Other && !(run(text, start) == DASHES && dashes == DASHES) {
        return Keyword::None(closing + dashes);
    }
    Keyword::Begin(Begin { start, after: closing + dashes, label, exact })
}

fn end(text: &[u8], start: usize, label: &[u8], closing: usize, exact: bool) -> Keyword {
    let dashes = run(text, closing);
    let exact = exact && dashes == DASHES && is_exact(label);
    // Joined to the BEGIN of the next block: the dashes are shared out, five to each.
    let joined =
        text.get(closing + dashes..).unwrap_or_default().get(..5).is_some_and(|w| w.eq_ignore_ascii_case(b"BEGIN"));
    let own = match (joined, dashes) {
        (false, _) => dashes,
        (true, 0..=7) => 0,
        (true, _) => dashes - DASHES.min(dashes),
    };
    Keyword::End(End { start, after: closing + own, label: words(label), exact: exact || (joined && own == DASHES) })
}
