//! What the keystores of Java and of Bouncy Castle have in common: octets as Java writes them
//! (`input`), entries under aliases, certificates with the name of their type, and which of them the
//! keystore's own program lists.

mod input;

use super::der;
use crate::model::{Body, Decoded, Gap, Malformation, Note, Owner, Slot, Trust};
use std::collections::HashMap;
use std::ops::Range;

pub(super) use input::{Input, Utf, broken};

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

    /// How many entries there are so far.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether its program has nothing of it so far.
    pub(super) fn is_refused(&self) -> bool {
        self.refused
    }

    /// From here on entries belong to this alias.
    pub(super) fn open(&mut self, alias: Utf<'a>) {
        self.refused |= !alias.is_text();
        self.groups.push((alias, self.entries.len()..self.entries.len()));
    }

    /// An error where it is full with so many more.
    pub(super) fn has_room(&self, beside: usize) -> Result<(), Gap> {
        match self.entries.len().saturating_add(beside) < self.most {
            true => Ok(()),
            false => Err(Gap::Bound { what: "entries", bound: self.most as u64 }),
        }
    }

    /// Puts down something of the entry that was opened last.
    pub(super) fn push(&mut self, body: Body<Box<[u8]>>, trust: Trust, notes: Vec<Note>) -> Result<(), Gap> {
        self.has_room(0)?;
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
pub(super) mod tests;
