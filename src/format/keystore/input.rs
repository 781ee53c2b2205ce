//! Octets as `java.io.DataOutput` writes them, and its text.
//!
//! Lengths and counts in these files are unsigned, unbounded and chosen by whoever wrote them: each
//! is held against what is left, and nothing is set aside for what is only declared.

use crate::model::{Gap, Malformation, Untrusted};

/// Takes a file apart from its beginning to its end.
#[derive(Debug, Clone)]
pub(crate) struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// What was taken since `start`.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// The next octets.
    pub(crate) fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], Gap> {
        let from = self.at;
        let taken = from.checked_add(count).and_then(|end| self.bytes.get(from..end));
        let Some(taken) = taken else {
            let found = format!("{count} octets declared, {} there", self.left());
            return Err(broken(what, found, from));
        };
        self.at += count;
        Ok(taken)
    }

    /// Octets of a known number.
    pub(crate) fn number<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Gap> {
        let from = self.at;
        let Some((number, _)) = self.bytes.get(from..).and_then(|rest| rest.split_first_chunk::<N>()) else {
            return Err(broken(what, "the end", from));
        };
        self.at += N;
        Ok(*number)
    }

    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, Gap> {
        self.number(what).map(|[octet]| octet)
    }

    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, Gap> {
        self.number(what).map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, Gap> {
        self.number(what).map(u32::from_be_bytes)
    }

    /// A time or another number of eight octets that nothing is made of.
    pub(crate) fn skip_u64(&mut self, what: &'static str) -> Result<(), Gap> {
        self.number::<8>(what).map(drop)
    }

    /// Octets with their length, four octets, in front.
    pub(crate) fn block(&mut self, what: &'static str) -> Result<&'a [u8], Gap> {
        let length = self.u32(what)?;
        // What a pointer cannot say is longer than any file.
        self.take(usize::try_from(length).unwrap_or(usize::MAX), what)
    }

    /// Text with its length, two octets, in front (`DataInput.readUTF`).
    pub(crate) fn utf(&mut self, what: &'static str) -> Result<Utf<'a>, Gap> {
        let length = self.u16(what)?;
        self.take(usize::from(length), what).map(Utf)
    }
}

/// From `at` on the file cannot be read.
pub(crate) fn broken(expected: &'static str, found: impl Into<String>, at: usize) -> Gap {
    Gap::Broken(Malformation::new(expected, found).at(at))
}

/// Text in what Java calls modified UTF-8: NUL takes two octets, and a character beyond the first
/// 65,536 is a pair of surrogates of three octets each (java.io.DataInput, "Modified UTF-8").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Utf<'a>(pub(crate) &'a [u8]);

impl Utf<'_> {
    /// The units of UTF-16 that Java makes of it; none where it refuses the text. Longer forms than
    /// needed are taken, as `DataInputStream.readUTF` takes them.
    fn units(self) -> Option<Vec<u16>> {
        let mut units = Vec::with_capacity(self.0.len());
        let mut rest = self.0;
        while let [first, after @ ..] = rest {
            let (unit, after) = match (first, after) {
                (0..=0x7f, after) => (u16::from(*first), after),
                (0xc0..=0xdf, [a @ 0x80..=0xbf, after @ ..]) => {
                    (u16::from(first & 0x1f) << 6 | u16::from(a & 0x3f), after)
                }
                (0xe0..=0xef, [a @ 0x80..=0xbf, b @ 0x80..=0xbf, after @ ..]) => {
                    (u16::from(first & 0x0f) << 12 | u16::from(a & 0x3f) << 6 | u16::from(b & 0x3f), after)
                }
                _ => return None,
            };
            units.push(unit);
            rest = after;
        }
        Some(units)
    }

    /// Whether Java takes it for text.
    pub(crate) fn is_text(self) -> bool {
        self.0.is_ascii() || self.units().is_some()
    }

    /// The text; lossy where it holds half a pair of surrogates or is no modified UTF-8.
    pub(crate) fn text(self) -> Untrusted {
        let Some(units) = self.units() else { return Untrusted::lossy(String::from_utf8_lossy(self.0)) };
        match String::from_utf16(&units) {
            Ok(text) => Untrusted::new(text),
            Err(_) => Untrusted::lossy(String::from_utf16_lossy(&units)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_java_makes_of_it() {
        let text = |octets: &[u8]| Utf(octets).text();
        assert_eq!(text("Főtanúsítvány".as_bytes()), Untrusted::new("Főtanúsítvány"));
        assert_eq!(text(b"a\xc0\x80b"), Untrusted::new("a\0b"));
        assert_eq!(text(b"a\0b"), Untrusted::new("a\0b"));
        assert_eq!(text(b"\xed\xa0\xbd\xed\xb8\x80"), Untrusted::new("\u{1f600}"));
        assert_eq!(text(b"\xed\xa0\xbd"), Untrusted::lossy("\u{fffd}"));
        assert_eq!(text(b"\xc1\xa1"), Untrusted::new("a"));
        assert!(!Utf("\u{1f600}".as_bytes()).is_text());
        for wrong in [&b"\xc3"[..], b"\xe2\x82", b"\x80", b"\xf0\x9f\x98\x80", b"\xc3\x41", b"\xff"] {
            assert!(!Utf(wrong).is_text() && text(wrong).is_lossy(), "{wrong:x?}");
        }
    }

    #[test]
    fn a_declared_length_is_held_against_what_is_there() {
        let mut input = Input::new(&[0xff, 0xff, 0xff, 0xff, 1, 2]);
        assert!(matches!(input.block("octets"), Err(Gap::Broken(_))));
        assert_eq!((input.at(), input.left()), (4, 2));
        assert_eq!(input.u16("a number"), Ok(0x102));
        assert_eq!(input.u8("a number"), Err(broken("a number", "the end", 6)));
    }
}
