//! Which comments above a block are its own, and go with it.
//!
//! Only what names the certificate is: the fields that certifi writes, the lines that castore writes, a title that is
//! a name in the subject. Everything else may be somebody's note on the blocks that stay.

use crate::format::x509;
use crate::model::{Body, Decoded, Fingerprint};

/// The fields above a certificate in certifi, in their order (certifi/cacert.pem); the last three were added one
/// after the other.
const FIELDS: [&str; 7] =
    ["Issuer", "Subject", "Label", "Serial", "MD5 Fingerprint", "SHA1 Fingerprint", "SHA256 Fingerprint"];

/// What castore writes of a certificate beside its subject.
pub(super) fn fingerprint_line(fingerprint: Fingerprint) -> String {
    format!("sha256 {fingerprint}")
}

/// Where the comments of a block begin that fills the lines from `line` to `after`; `line` where none is its own.
pub(super) fn own(text: &[u8], line: usize, after: usize, entry: &Decoded) -> usize {
    let Body::Certificate(der) = &entry.body else { return line };
    let certificate = x509::read(der.clone());
    let above = Above { text, at: line };
    let found = castore(&above, certificate.fingerprint())
        .or_else(|| certifi(&above, certificate.fingerprint()))
        .or_else(|| title(&above, &certificate));
    let Some(start) = found else { return line };
    // Of two blank lines that would meet, one goes.
    let is_blank_after = text.get(after..).is_some_and(|rest| rest.starts_with(b"\n") || rest.starts_with(b"\r\n"));
    let mut before = Above { text, at: start };
    if is_blank_after && before.next().is_some_and(|blank| blank.trim().is_empty()) { before.at } else { start }
}

/// The lines above a place, from the nearest.
#[derive(Clone)]
struct Above<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Above<'a> {
    type Item = &'a str;

    /// The next line upwards; nothing where it is no UTF-8.
    fn next(&mut self) -> Option<&'a str> {
        let before = self.text.get(..self.at)?.strip_suffix(b"\n")?;
        let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let line = std::str::from_utf8(before.get(start..)?).ok()?;
        self.at = start;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }
}

impl<'a> Above<'a> {
    /// The next comment upwards, without its mark.
    fn comment(&mut self) -> Option<&'a str> {
        let mut ahead = self.clone();
        let line = ahead.next()?.strip_prefix('#')?.trim();
        *self = ahead;
        Some(line)
    }
}

/// What castore writes: the subject, the fingerprint, and from which stores it came.
fn castore(above: &Above<'_>, fingerprint: Fingerprint) -> Option<usize> {
    let mut lines = above.clone();
    let said = std::iter::from_fn(|| lines.comment()).find(|line| !line.starts_with("from "))?;
    if said != fingerprint_line(fingerprint) {
        return None;
    }
    lines.comment()?;
    Some(lines.at)
}

/// What certifi writes: fields in their order, of which a fingerprint must be this one's.
fn certifi(above: &Above<'_>, fingerprint: Fingerprint) -> Option<usize> {
    let mut lines = above.clone();
    let mut fields = FIELDS.iter().rev();
    loop {
        let (name, value) = lines.comment()?.split_once(':')?;
        fields.find(|field| **field == name.trim())?;
        if name.trim() == "SHA256 Fingerprint" && value.trim().parse() != Ok(fingerprint) {
            return None;
        }
        if name.trim() == "Issuer" {
            return Some(lines.at);
        }
    }
}

/// A title: one comment alone, or a line that is underlined as curl underlines it, with a name of the subject.
fn title(above: &Above<'_>, certificate: &crate::model::Certificate) -> Option<usize> {
    let names = x509::subject(certificate).ok()?;
    let is_name = |text: &str| {
        let attributes = names.rdns.iter().flatten();
        !text.is_empty() && attributes.into_iter().any(|attribute| attribute.value.raw() == text)
    };
    let mut lines = above.clone();
    match lines.comment() {
        Some(comment) => (is_name(comment) && lines.clone().comment().is_none()).then_some(lines.at),
        None => {
            let underline = lines.next()?;
            let is_underline = underline.len() >= 3 && underline.bytes().all(|octet| octet == b'=');
            (is_underline && is_name(lines.next()?.trim())).then_some(lines.at)
        }
    }
}
