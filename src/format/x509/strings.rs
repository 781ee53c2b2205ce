//! The strings of names: a dozen types, of which certificates use seven.

use crate::format::der::tag;
use crate::model::Untrusted;

/// The characters of a string, and whether all of its octets were valid; nothing for a type that
/// is no text.
pub(crate) fn characters(tag: u8, octets: &[u8]) -> Option<(String, bool)> {
    match tag {
        tag::UTF8 => Some(match std::str::from_utf8(octets) {
            Ok(text) => (text.to_owned(), true),
            Err(_) => (String::from_utf8_lossy(octets).into_owned(), false),
        }),
        // T.61 is read as Latin-1 by everyone, and so is what should be ASCII.
        tag::PRINTABLE | tag::IA5 | tag::VISIBLE | tag::TELETEX | tag::NUMERIC => match std::str::from_utf8(octets) {
            Ok(text) if text.is_ascii() => Some((text.to_owned(), true)),
            _ => Some((octets.iter().map(|&octet| char::from(octet)).collect(), tag == tag::TELETEX)),
        },
        tag::BMP => Some(bmp(octets)),
        tag::UNIVERSAL => Some(universal(octets)),
        _ => None,
    }
}

fn bmp(octets: &[u8]) -> (String, bool) {
    let (pairs, odd) = octets.as_chunks::<2>();
    let decoded = char::decode_utf16(pairs.iter().map(|&pair| u16::from_be_bytes(pair)));
    let mut valid = odd.is_empty();
    let text = decoded.map(|c| c.unwrap_or_else(|_| replacement(&mut valid))).collect();
    (text, valid)
}

fn universal(octets: &[u8]) -> (String, bool) {
    let (quads, odd) = octets.as_chunks::<4>();
    let mut valid = odd.is_empty();
    let decoded = quads.iter().map(|&quad| char::from_u32(u32::from_be_bytes(quad)));
    let text = decoded.map(|c| c.unwrap_or_else(|| replacement(&mut valid))).collect();
    (text, valid)
}

fn replacement(valid: &mut bool) -> char {
    *valid = false;
    char::REPLACEMENT_CHARACTER
}

/// A value for people: its characters, or `#` and its octets in hexadecimal (RFC 4514, 2.4).
pub(super) fn text(tag: u8, octets: &[u8]) -> Untrusted {
    match characters(tag, octets) {
        Some((text, true)) => Untrusted::new(text),
        Some((text, false)) => Untrusted::lossy(text),
        None => Untrusted::new(octets.iter().fold("#".to_owned(), |text, octet| text + &format!("{octet:02x}"))),
    }
}

/// Whether OpenSSL can put a value into the canonical form of its name: what is not among the
/// types it converts is copied as it is (`asn1_string_canon`, crypto/x509/x_name.c).
pub(crate) fn converts(universal: u8, octets: &[u8]) -> bool {
    match universal {
        tag::UTF8 => std::str::from_utf8(octets).is_ok(),
        tag::BMP => {
            octets.as_chunks::<2>().0.iter().all(|&pair| char::from_u32(u16::from_be_bytes(pair).into()).is_some())
        }
        tag::UNIVERSAL => {
            octets.as_chunks::<4>().0.iter().all(|&quad| char::from_u32(u32::from_be_bytes(quad)).is_some())
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_every_type_that_names_use() {
        let valid = |text: &str| Some((text.to_owned(), true));
        assert_eq!(characters(tag::UTF8, "Ä".as_bytes()), valid("Ä"));
        assert_eq!(characters(tag::TELETEX, b"\xc4"), valid("Ä"));
        assert_eq!(characters(tag::PRINTABLE, b"\xc4"), Some(("Ä".to_owned(), false)));
        assert_eq!(characters(tag::BMP, &[0, 0xc4, 0xd8, 0x3d, 0xde, 0]), valid("Ä😀"));
        assert_eq!(characters(tag::UNIVERSAL, &[0, 1, 0xf6, 0]), valid("😀"));
        assert_eq!(characters(tag::OCTET_STRING, b"x"), None);
    }

    #[test]
    fn remembers_what_it_replaced() {
        for (tag, octets) in [(tag::UTF8, &b"a\xff"[..]), (tag::BMP, b"\0a\0"), (tag::UNIVERSAL, &[0, 0x11, 0, 0])] {
            assert!(text(tag, octets).is_lossy());
        }
        assert_eq!(text(tag::SEQUENCE, &[1, 0xab]).raw(), "#01ab");
    }
}
