//! Names of the system as text: a path may be no Unicode, and a journal is read by people, too.
//!
//! As in an address: what is no printable ASCII or no UTF-8 letter, and `%` itself, is `%` and two digits.

use std::ffi::{OsStr, OsString};
use std::fmt::Write;

/// The octets as text.
pub(super) fn written(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for part in octets.utf8_chunks() {
        for c in part.valid().chars() {
            if c == '%' || c.is_control() {
                let mut buffer = [0; 4];
                escape(&mut text, c.encode_utf8(&mut buffer).as_bytes());
            } else {
                text.push(c);
            }
        }
        escape(&mut text, part.invalid());
    }
    text
}

fn escape(text: &mut String, octets: &[u8]) {
    for octet in octets {
        let _ = write!(text, "%{octet:02x}");
    }
}

/// The octets of a text that [`written`] made.
pub(super) fn octets(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        if octet != b'%' {
            octets.push(octet);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        octets.push(u8::try_from(high * 16 + low).ok()?);
    }
    Some(octets)
}

/// A name of the system as text.
pub(super) fn of(name: impl AsRef<OsStr>) -> String {
    written(name.as_ref().as_encoded_bytes())
}

/// The name of a text that [`of`] made.
pub(super) fn name(text: &str) -> Option<OsString> {
    octets(text).map(|octets| crate::host::native::text(&octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for octets_of in [&b"/etc/ssl/certs/ca.pem"[..], b"100%\n\xff\xfe\x80x", "/Zertifikate/Ä".as_bytes(), b""] {
            assert_eq!(octets(&written(octets_of)).unwrap(), octets_of);
        }
        assert_eq!(written(b"a%\n\xff"), "a%25%0a%ff");
        assert_eq!(octets("%2"), None);
        assert_eq!(octets("%zz"), None);
    }
}
