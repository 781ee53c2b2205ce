//! The blocks of a file as `gnutls_x509_crt_list_import` (lib/x509/x509.c) goes from one to the next.
//!
//! A block begins at its BEGIN wherever that stands, ends at the next `-----END `, whatever it names, and between them is
//! base64 with blanks and line ends in any place, up to a dash; headers and text are no base64. A begin without an end,
//! a sentence that mentions one, and the file is lost.

use super::{NO_DER, unread};
use crate::format::{der, x509};
use crate::model::{Body, Decoded, Fingerprint, GnutlsLoad};
use memchr::{memchr_iter, memmem};
use std::collections::HashSet;

const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE";
const X509_CERTIFICATE: &[u8] = b"-----BEGIN X509 CERTIFICATE";
const DASHES: &[u8] = b"-----";
const END: &[u8] = b"-----END ";

/// What is said of a block that cannot be decoded: of the second label, which is tried where the first gives nothing.
const NO_BLOCK: &str = "Base64 unexpected header error.";
/// What is said where there is one of that label, which cannot be decoded either.
const NOT_DECODED: &str = "Base64 decoding error.";

/// What GnuTLS takes of a file, where it is not every certificate among its entries.
pub(crate) fn predict(text: &[u8], entries: &[Decoded]) -> Option<GnutlsLoad> {
    let mut blocks = Blocks {
        text,
        certificate: Next::new(CERTIFICATE),
        other: Next::new(X509_CERTIFICATE),
        end: Next::new(END),
        of_other: None,
    };
    let (mut from, mut taken) = (0, HashSet::new());
    while let Some(at) = blocks.next(from) {
        match blocks.import(at) {
            Ok(fingerprint) => drop(taken.insert(fingerprint)),
            Err(because) => {
                let line = 1 + memchr_iter(b'\n', &text[..at]).count() as u64;
                return Some(GnutlsLoad::Refuses { because, line });
            }
        }
        from = at + 1;
    }
    let is_unseen = |entry: &Decoded| match &entry.body {
        Body::Certificate(der) => !taken.contains(&Fingerprint::of(der)),
        _ => false,
    };
    let unseen: Box<[usize]> = (0..).zip(entries).filter(|(_, entry)| is_unseen(entry)).map(|(at, _)| at).collect();
    (!unseen.is_empty()).then_some(GnutlsLoad::Misses(unseen))
}

/// The next place of some octets, looked for once however often it is asked for by rising places.
struct Next {
    finder: memmem::Finder<'static>,
    /// From where it was looked for last, and where it is.
    known: Option<(usize, Option<usize>)>,
}

impl Next {
    fn new(octets: &'static [u8]) -> Self {
        Self { finder: memmem::Finder::new(octets), known: None }
    }

    fn find(&mut self, text: &[u8], from: usize) -> Option<usize> {
        match self.known {
            Some((asked, None)) if asked <= from => None,
            Some((asked, Some(at))) if (asked..=at).contains(&from) => Some(at),
            _ => {
                let found = text.get(from..).and_then(|rest| self.finder.find(rest)).map(|at| from + at);
                self.known = Some((from, found));
                found
            }
        }
    }
}

struct Blocks<'t> {
    text: &'t [u8],
    certificate: Next,
    other: Next,
    end: Next,
    /// A block of the other label that was looked at, and what came of it.
    of_other: Option<(usize, Result<Fingerprint, &'static str>)>,
}

impl Blocks<'_> {
    /// The next block: the first of one label, and of the other only where there is none.
    fn next(&mut self, from: usize) -> Option<usize> {
        self.certificate.find(self.text, from).or_else(|| self.other.find(self.text, from))
    }

    /// `gnutls_x509_crt_import` of what begins here: where that is no block that can be decoded, it looks for one of
    /// the other label, anywhere behind.
    fn import(&mut self, at: usize) -> Result<Fingerprint, &'static str> {
        if self.text[at..].starts_with(CERTIFICATE)
            && let Some(octets) = self.decoded(at)
        {
            return imported(octets);
        }
        let other = self.other.find(self.text, at).ok_or(NO_BLOCK)?;
        if let Some((known, result)) = self.of_other
            && known == other
        {
            return result;
        }
        let result = self.decoded(other).map_or(Err(NOT_DECODED), imported);
        self.of_other = Some((other, result));
        result
    }

    /// `_gnutls_fbase64_decode` (lib/x509_b64.c).
    fn decoded(&mut self, at: usize) -> Option<Vec<u8>> {
        let label = at + 1 + memmem::find(&self.text[at + 1..], DASHES)?;
        let body = label + DASHES.len();
        let end = self.end.find(self.text, body)?;
        let digits = self.text[body..end].iter().copied().take_while(|octet| *octet != b'-');
        // Blanks and line ends by `cpydata`, the others by nettle's decoder.
        let digits: Vec<u8> = digits.filter(|octet| !matches!(octet, 9..=13 | b' ')).collect();
        base64_simd::STANDARD.decode_to_vec(&digits).ok().filter(|octets| !octets.is_empty())
    }
}

/// Whether `gnutls_x509_crt_import` takes octets, and why not.
fn imported(octets: Vec<u8>) -> Result<Fingerprint, &'static str> {
    match der::first_sequence(&octets) {
        Ok(end) if end == octets.len() => {
            let certificate = x509::read(octets.into_boxed_slice());
            unread(&certificate).map_or_else(|| Ok(certificate.fingerprint()), |why| Err(why.says()))
        }
        Ok(_) => Err(NO_DER),
        Err(_) if octets.first() != Some(&der::tag::SEQUENCE) => Err("ASN1 parser: Error in TAG."),
        Err(_) => Err(NO_DER),
    }
}
