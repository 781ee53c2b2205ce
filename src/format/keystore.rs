//! What the keystores of Java and of Bouncy Castle have in common: octets as `java.io.DataOutput`
//! writes them, entries under aliases, certificates with the name of their type.
//!
//! Lengths and counts in these files are unsigned, unbounded and chosen by whoever wrote them: each
//! is held against what is left, and nothing is set aside for what is only declared.

use super::der;
use crate::model::{Body, Decoded, Gap, Malformation, Note, Owner, Slot, Trust, Untrusted};
use std::collections::HashMap;
use std::ops::Range;

/// Takes a file apart from its beginning to its end.
#[derive(Debug, Clone)]
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// What was taken since `start`.
    pub(super) fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// The next octets.
    pub(super) fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], Gap> {
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
    pub(super) fn number<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Gap> {
        let from = self.at;
        let Some((number, _)) = self.bytes.get(from..).and_then(|rest| rest.split_first_chunk::<N>()) else {
            return Err(broken(what, "the end", from));
        };
        self.at += N;
        Ok(*number)
    }

    pub(super) fn u8(&mut self, what: &'static str) -> Result<u8, Gap> {
        self.number(what).map(|[octet]| octet)
    }

    pub(super) fn u16(&mut self, what: &'static str) -> Result<u16, Gap> {
        self.number(what).map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self, what: &'static str) -> Result<u32, Gap> {
        self.number(what).map(u32::from_be_bytes)
    }

    /// A time or another number of eight octets that nothing is made of.
    pub(super) fn skip_u64(&mut self, what: &'static str) -> Result<(), Gap> {
        self.number::<8>(what).map(drop)
    }

    /// Octets with their length, four octets, in front.
    pub(super) fn block(&mut self, what: &'static str) -> Result<&'a [u8], Gap> {
        let length = self.u32(what)?;
        // What a pointer cannot say is longer than any file.
        self.take(usize::try_from(length).unwrap_or(usize::MAX), what)
    }

    /// Text with its length, two octets, in front (`DataInput.readUTF`).
    pub(super) fn utf(&mut self, what: &'static str) -> Result<Utf<'a>, Gap> {
        let length = self.u16(what)?;
        self.take(usize::from(length), what).map(Utf)
    }
}

/// From `at` on the file cannot be read.
pub(super) fn broken(expected: &'static str, found: impl Into<String>, at: usize) -> Gap {
    Gap::Broken(Malformation::new(expected, found).at(at))
}

/// Text in what Java calls modified UTF-8: NUL takes two octets, and a character beyond the first
/// 65,536 is a pair of surrogates of three octets each (java.io.DataInput, "Modified UTF-8").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Utf<'a>(pub(super) &'a [u8]);

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
    pub(super) fn is_text(self) -> bool {
        self.0.is_ascii() || self.units().is_some()
    }

    /// The text; lossy where it holds half a pair of surrogates or is no modified UTF-8.
    pub(super) fn text(self) -> Untrusted {
        let Some(units) = self.units() else { return Untrusted::lossy(String::from_utf8_lossy(self.0)) };
        match String::from_utf16(&units) {
            Ok(text) => Untrusted::new(text),
            Err(_) => Untrusted::lossy(String::from_utf16_lossy(&units)),
        }
    }
}

/// A certificate as it stands in a keystore.
pub(super) struct Encoded<'a> {
    /// The name of its type, where the keystore gives it.
    pub(super) kind: Option<Utf<'a>>,
    /// Its octets.
    pub(super) octets: &'a [u8],
}

impl<'a> Encoded<'a> {
    /// The next certificate, with or without the name of its type in front.
    pub(super) fn read(input: &mut Input<'a>, typed: bool) -> Result<Self, Gap> {
        let kind = if typed { Some(input.utf("the name of a certificate's type")?) } else { None };
        Ok(Self { kind, octets: input.block("a certificate")? })
    }

    /// Whether Java has a factory for its type (`CertificateFactory.X.509` and its alias, in any
    /// case).
    fn is_x509(&self) -> bool {
        self.kind.is_none_or(|kind| kind.0.eq_ignore_ascii_case(b"X.509") || kind.0.eq_ignore_ascii_case(b"X509"))
    }

    /// What it is, and what is odd about it.
    fn decode(&self) -> (Body<Box<[u8]>>, Vec<Note>) {
        let name = self.kind.filter(|kind| kind.0 != b"X.509").map(Utf::text);
        let (body, mut notes) = match der::read(self.octets).pop() {
            Some(Decoded { body: Body::Malformed(_), .. }) if !self.is_x509() => {
                (Body::Other(name.clone().unwrap_or_default()), Vec::new())
            }
            Some(Decoded { body, notes, .. }) => (body, notes),
            None => (Body::Malformed(Box::new(Malformation::new("a certificate", "nothing"))), Vec::new()),
        };
        notes.extend(name.map(|name| Note::TypeName(name.raw().to_owned())));
        (body, notes)
    }

    /// Whether it is certain that Java's factory refuses it: it takes PEM, and BER of indefinite
    /// length, where castore sees no certificate (`readOneBlock`, sun.security.provider.X509Factory).
    fn is_refused(&self, body: &Body<Box<[u8]>>) -> bool {
        let is_der = || self.octets.first() == Some(&der::tag::SEQUENCE) && self.octets.get(1) != Some(&0x80);
        !self.is_x509() || (matches!(body, Body::Malformed(_)) && (self.octets.is_empty() || is_der()))
    }
}

/// The program that owns a keystore, and how it sees aliases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeper {
    /// `JavaKeyStore.JKS` and `JceKeyStore` of OpenJDK: aliases are kept as they are read, and asked
    /// for in lower case.
    Java,
    /// `BcKeyStoreSpi` of Bouncy Castle: aliases are what they are.
    BouncyCastle,
}

impl Keeper {
    const fn program(self) -> &'static str {
        match self {
            Self::Java => "Java",
            Self::BouncyCastle => "Bouncy Castle",
        }
    }

    const fn refuses(self) -> &'static str {
        match self {
            Self::Java => "Java refuses a keystore as a whole for an entry that it cannot read",
            Self::BouncyCastle => "Bouncy Castle refuses a keystore as a whole for an entry that it cannot read",
        }
    }
}

/// Why a certificate under an alias that comes again is not listed.
const REPEATED: &str = "a later entry has the same alias";
/// Why a certificate under an alias with capital letters is not listed.
const CASE: &str = "Java looks for aliases in lower case only";

/// The entries of one keystore, as they are found.
pub(super) struct Shelf<'a> {
    keeper: Keeper,
    most: usize,
    entries: Vec<Decoded>,
    /// The alias of each entry of the store and which of `entries` belong to it.
    groups: Vec<(Utf<'a>, Range<usize>)>,
    refused: bool,
}

impl<'a> Shelf<'a> {
    pub(super) fn new(keeper: Keeper, most: usize) -> Self {
        Self { keeper, most, entries: Vec::new(), groups: Vec::new(), refused: false }
    }

    /// From here on entries belong to this alias.
    pub(super) fn open(&mut self, alias: Utf<'a>) {
        self.refused |= !alias.is_text();
        self.groups.push((alias, self.entries.len()..self.entries.len()));
    }

    /// Puts down something of the entry that was opened last.
    pub(super) fn push(&mut self, body: Body<Box<[u8]>>, trust: Trust, notes: Vec<Note>) -> Result<(), Gap> {
        if self.entries.len() >= self.most {
            return Err(Gap::Bound { what: "entries", bound: self.most as u64 });
        }
        let slot = self.groups.last().map_or(Slot::Whole, |(alias, _)| Slot::Alias(alias.text()));
        self.entries.push(Decoded { slot, trust, body, notes });
        if let Some((_, range)) = self.groups.last_mut() {
            range.end = self.entries.len();
        }
        Ok(())
    }

    /// Puts down a certificate.
    pub(super) fn certificate(&mut self, found: &Encoded<'_>, trust: Trust, place: Option<usize>) -> Result<(), Gap> {
        let (body, mut notes) = found.decode();
        self.refused |= found.is_refused(&body);
        notes.extend(place.map(Note::ChainOfKey));
        self.push(body, trust, notes)
    }

    /// Its program stops before the end, and has nothing.
    pub(super) fn refuse(&mut self) {
        self.refused = true;
    }

    /// The entries with what their program does not list of them, and why.
    pub(super) fn finish(mut self) -> (Vec<Decoded>, Option<Owner>) {
        let last: HashMap<Utf<'_>, usize> =
            self.groups.iter().enumerate().map(|(index, (alias, _))| (*alias, index)).collect();
        for (index, (alias, range)) in self.groups.iter().enumerate() {
            let is_replaced = last.get(alias) != Some(&index);
            let unlisted = match self.keeper {
                _ if self.refused => Some(self.keeper.refuses()),
                _ if is_replaced => Some(REPEATED),
                Keeper::Java if !is_lower_case(*alias) => Some(CASE),
                _ => None,
            };
            for entry in self.entries.get_mut(range.clone()).unwrap_or_default() {
                if is_replaced {
                    entry.notes.push(Note::SameAlias);
                }
                if matches!(entry.body, Body::Certificate(_)) {
                    entry.notes.extend(unlisted.map(Note::NotListed));
                }
                entry.notes.sort();
            }
        }
        let owner = owner(self.keeper, &self.entries);
        (self.entries, owner)
    }
}

fn is_lower_case(alias: Utf<'_>) -> bool {
    if alias.0.is_ascii() {
        return !alias.0.iter().any(u8::is_ascii_uppercase);
    }
    let text = alias.text();
    text.raw().to_lowercase() == text.raw()
}

/// What the program lists, where that is not every certificate.
fn owner(keeper: Keeper, entries: &[Decoded]) -> Option<Owner> {
    let unlisted = |entry: &Decoded| {
        entry.notes.iter().find_map(|note| match note {
            Note::NotListed(because) => Some(*because),
            _ => None,
        })
    };
    let because = entries.iter().find_map(unlisted)?;
    let is_listed = |entry: &&Decoded| matches!(entry.body, Body::Certificate(_)) && unlisted(entry).is_none();
    Some(Owner { program: keeper.program(), lists: entries.iter().filter(is_listed).count(), because })
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
