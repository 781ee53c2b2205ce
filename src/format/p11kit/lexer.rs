//! Lines of a p11-kit file: headers of objects, attributes, PEM (common/lexer.c).

use crate::model::{Block, Malformation, Untrusted};
use memchr::memchr;

/// What stands at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `[name]`.
    Section(&'a [u8]),
    /// `name: value`, both without the white space around them.
    Field(&'a [u8], &'a [u8]),
    /// From BEGIN to the end of the line of END, or to where the block must have ended.
    Pem(&'a [u8]),
    /// None of these. p11-kit takes nothing from the file.
    Bad(Malformation),
}

/// Reads a file, line by line.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const MARK: &[u8] = b"\xef\xbb\xbf";

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, line: 1 }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next line with its end, which is taken.
    fn take_line(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let end = memchr(b'\n', rest).map_or(rest.len(), |found| found + 1);
        self.at += end;
        self.line += 1;
        rest.get(..end).unwrap_or_default()
    }

    /// A PEM block. p11-kit looks for the next END wherever it is; a block that has none is ended here
    /// by the next header or BEGIN, so that the objects behind it are read.
    fn pem(&mut self) -> Token<'a> {
        let start = self.at;
        self.take_line();
        while !self.rest().is_empty() && !self.rest().starts_with(BEGIN) && !self.rest().starts_with(b"[") {
            if self.take_line().starts_with(END) {
                break;
            }
        }
        Token::Pem(self.bytes.get(start..self.at).unwrap_or_default())
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = (Block, Token<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let place = Block { line: self.line, offset: self.at as u64 };
            if self.rest().is_empty() {
                return None;
            }
            if self.at == 0 && self.bytes.starts_with(MARK) {
                self.at = MARK.len();
                return Some((place, Token::Bad(Malformation::new("a first line", "a byte order mark"))));
            }
            if self.rest().starts_with(BEGIN) {
                return Some((place, self.pem()));
            }
            if let Some(token) = line(self.take_line()) {
                return Some((place, token));
            }
        }
    }
}

/// White space as C's `isspace` has it.
fn trim(text: &[u8]) -> &[u8] {
    let blank = |octet: &u8| matches!(octet, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|octet| !blank(octet)).unwrap_or(text.len());
    let end = text.iter().rposition(|octet| !blank(octet)).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

/// A line that is no PEM; nothing where it is blank or a comment.
fn line(text: &[u8]) -> Option<Token<'_>> {
    let text = trim(text);
    let bad = |expected| Some(Token::Bad(Malformation { expected, found: excerpt(text), offset: None }));
    match text {
        [] | [b'#', ..] => None,
        [b'[', name @ .., b']'] => Some(Token::Section(until_nul(name))),
        [b'[', ..] => bad("a bracket at the end of a header"),
        _ => match memchr(b':', text) {
            Some(colon) => {
                let (name, value) = text.split_at(colon);
                let value = value.get(1..).unwrap_or_default();
                Some(Token::Field(until_nul(trim(name)), until_nul(trim(value))))
            }
            None => bad("an attribute (name: value)"),
        },
    }
}

/// p11-kit copies names and values as C strings.
fn until_nul(text: &[u8]) -> &[u8] {
    memchr(0, text).and_then(|nul| text.get(..nul)).unwrap_or(text)
}

/// The beginning of a line, for people.
pub(super) fn excerpt(text: &[u8]) -> Untrusted {
    Untrusted::from_utf8_lossy(text.get(..60).unwrap_or(text))
}
