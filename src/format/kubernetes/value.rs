//! One named value, decoded as a file of its own, with its places put into the file it stands in.

use super::place::{Lines, Place};
use super::trail::Trail;
use super::tree::{Id, Style, Tree, Value};
use super::{inside, say};
use crate::format::{Decoding, Means, decode_with, sniff};
use crate::limits::{self, Bounds};
use crate::model::{Block, Body, Container, Decoded, Format, Gap, Integrity, Malformation, Slot, Trust, Untrusted};
use std::borrow::Cow;

/// How octets are written in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Text,
    Base64,
    /// A `data:` URL.
    Url,
}

/// What is known of a value by where it stands.
pub(super) struct Expected {
    pub(super) coding: Coding,
    /// What it means for a certificate to stand there.
    pub(super) trust: Trust,
    /// Certificates must be there, so that anything else is a fault.
    pub(super) certificates: bool,
    /// It is a private key, whose octets are not looked at.
    pub(super) key: bool,
}

/// Decodes values.
pub(super) struct Reader<'a, 'm> {
    pub(super) source: &'a str,
    pub(super) means: &'m Means<'m>,
    level: usize,
    /// Octets of values decoded. Without aliases they are no more than the file's.
    taken: usize,
    /// Entries or octets were more than the bounds.
    full: bool,
    spent: bool,
}

/// Why there is no certificate in a value.
type Fault = Malformation;

impl<'a, 'm> Reader<'a, 'm> {
    pub(super) fn new(source: &'a str, means: &'m Means<'m>, level: usize) -> Self {
        Self { source, means, level, taken: 0, full: false, spent: false }
    }

    /// Says which bounds were reached.
    pub(super) fn finish(self, read: &mut Decoding) {
        if self.full {
            say(read, Gap::Bound { what: "entries", bound: self.means.bounds.entries as u64 });
        }
        if self.spent {
            read.gaps
                .push(Gap::Bound { what: "bytes of values through aliases", bound: limits::ALIASED_OCTETS as u64 });
        }
    }

    /// Reads a value.
    pub(super) fn value(
        &mut self,
        tree: &Tree<'_>,
        id: Id,
        trail: &Trail<'_>,
        expected: &Expected,
        read: &mut Decoding,
    ) {
        let Some(node) = tree.get(id) else { return };
        let Value::Text(text, style) = &node.value else { return };
        if !self.has_room(text, read) {
            return;
        }
        if expected.key {
            if !text.trim().is_empty() {
                read.entries.push(inside(&trail.text(), Slot::Block(node.at.block(self.source)), Body::PrivateKey));
            }
            return;
        }
        let site =
            Site { trail, at: node.at, style: if expected.coding == Coding::Text { *style } else { Style::Inline } };
        match octets(text, expected) {
            Ok(Some(octets)) => self.nested(&octets, &site, expected, read),
            Ok(None) => {}
            Err(fault) => read.entries.push(site.entry(self.source, Body::Malformed(Box::new(fault)))),
        }
    }

    /// Says something of the document that is no certificate.
    pub(super) fn remark(&mut self, tree: &Tree<'_>, id: Id, trail: &Trail<'_>, what: &str, read: &mut Decoding) {
        let Some(node) = tree.get(id).filter(|_| self.has_room("", read)) else { return };
        let site = Site { trail, at: node.at, style: Style::Inline };
        read.entries.push(site.entry(self.source, Body::Other(Untrusted::new(what))));
    }

    /// Says that a value is of another kind than its place wants.
    pub(super) fn wrong(
        &mut self,
        tree: &Tree<'_>,
        id: Id,
        trail: &Trail<'_>,
        expected: &'static str,
        read: &mut Decoding,
    ) {
        let Some(node) = tree.get(id).filter(|_| self.has_room("", read)) else { return };
        let site = Site { trail, at: node.at, style: Style::Inline };
        let fault = Malformation::new(expected, "another value");
        read.entries.push(site.entry(self.source, Body::Malformed(Box::new(fault))));
    }

    fn has_room(&mut self, text: &str, read: &Decoding) -> bool {
        self.taken = self.taken.saturating_add(text.len());
        self.spent |= self.taken > self.source.len().saturating_add(limits::ALIASED_OCTETS);
        self.full |= read.entries.len() >= self.means.bounds.entries;
        !self.full && !self.spent
    }

    fn nested(&mut self, octets: &[u8], site: &Site<'_>, expected: &Expected, read: &mut Decoding) {
        let Some(found) = self.decode(octets, read) else { return };
        let nothing = found.entries.is_empty() && found.gaps.is_empty() && !octets.trim_ascii().is_empty();
        if nothing {
            self.without(found.format, site, expected, read);
        }
        merge(&mut read.container, found.container);
        read.rounds = read.rounds.saturating_add(found.rounds);
        found.gaps.into_iter().for_each(|gap| say(read, whole(gap, &self.means.bounds)));
        let mut lines = Lines::from(self.source, site.at);
        for mut entry in found.entries {
            entry.slot = site.slot(self.source, &mut lines, entry.slot);
            if entry.trust == Trust::Unstated && matches!(entry.body, Body::Certificate(_)) {
                entry.trust = expected.trust.clone();
            }
            read.entries.push(entry);
        }
    }

    /// A value in which nothing was found.
    fn without(&self, format: Format, site: &Site<'_>, expected: &Expected, read: &mut Decoding) {
        let unread = format.why_unread().is_some() && format != Format::Unknown;
        let keystore = matches!(format, Format::Jks | Format::Jceks | Format::Pkcs12 | Format::Bks);
        if format.is_unread_store() || (unread && expected.certificates) {
            say(read, Gap::Unsupported { what: format!("{format} in a value") });
        } else if expected.certificates && !keystore {
            let fault = Malformation::new("certificates", format!("a value in format {format}"));
            read.entries.push(site.entry(self.source, Body::Malformed(Box::new(fault))));
        }
    }

    fn decode(&self, octets: &[u8], read: &mut Decoding) -> Option<Decoding> {
        let left = self.means.bounds.entries.saturating_sub(read.entries.len());
        let kdf_iterations = self.means.bounds.kdf_iterations.saturating_sub(read.rounds);
        let bounds = Bounds { entries: left, kdf_iterations, ..self.means.bounds };
        let means = Means { bounds, journal: None, ..*self.means };
        match sniff(octets) {
            Format::Kubernetes if self.level < limits::DOCUMENT_LEVELS => {
                Some(super::read_inside(octets, &means, self.level + 1))
            }
            Format::Kubernetes => {
                say(
                    read,
                    Gap::Bound { what: "documents inside each other", bound: limits::DOCUMENT_LEVELS as u64 + 1 },
                );
                None
            }
            _ => Some(decode_with(octets, &means)),
        }
    }
}

/// A bound that was reached with what the values before it had left of it, as that of the file.
pub(super) fn whole(gap: Gap, bounds: &Bounds) -> Gap {
    match gap {
        Gap::Bound { what: what @ "entries", .. } => Gap::Bound { what, bound: bounds.entries as u64 },
        Gap::Bound { what: what @ "rounds of key derivation", .. } => Gap::Bound { what, bound: bounds.kdf_iterations },
        other => other,
    }
}

/// Where a value stands.
struct Site<'p> {
    trail: &'p Trail<'p>,
    at: Place,
    style: Style,
}

impl Site<'_> {
    fn entry(&self, source: &str, body: Body<Box<[u8]>>) -> Decoded {
        inside(&self.trail.text(), Slot::Block(self.at.block(source)), body)
    }

    /// A place in the value as a place in the file.
    fn slot(&self, source: &str, lines: &mut Lines<'_>, slot: Slot) -> Slot {
        Slot::Inside(Untrusted::new(self.trail.text()), Box::new(self.place(source, lines, slot)))
    }

    /// The line of a block of text is a line of the file, what is coded stands where its value
    /// begins, what has no line stays as it is.
    fn place(&self, source: &str, lines: &mut Lines<'_>, slot: Slot) -> Slot {
        match slot {
            Slot::Block(Block { line, .. }) if self.style == Style::Literal => {
                let line = self.at.line().saturating_add(line);
                Slot::Block(lines.at_line(line).block(source))
            }
            Slot::Block(_) | Slot::Whole => Slot::Block(self.at.block(source)),
            Slot::Inside(name, inner) => Slot::Inside(name, Box::new(self.place(source, lines, *inner))),
            other => other,
        }
    }
}

/// The octets of a value; nothing where it is empty, or is not what it might have been.
fn octets<'t>(text: &'t str, expected: &Expected) -> Result<Option<Cow<'t, [u8]>>, Fault> {
    if text.trim().is_empty() || text.contains("{{") {
        return Ok(None);
    }
    match expected.coding {
        Coding::Text => Ok(Some(Cow::Borrowed(text.as_bytes()))),
        Coding::Url => Ok(url(text).map(Cow::Owned)),
        Coding::Base64 => match read_base64(text) {
            Some(octets) => Ok(Some(Cow::Owned(octets))),
            None if !expected.certificates => Ok(None),
            None if text.contains("-----BEGIN ") => Err(Malformation::new("base64 of certificates", "PEM itself")),
            None => Err(Malformation::new("base64 of certificates", "other text")),
        },
    }
}

/// Base64 with its padding; white space is passed over, as Go does with ends of lines.
fn read_base64(text: &str) -> Option<Vec<u8>> {
    let plain: Vec<u8> = text.bytes().filter(|octet| !octet.is_ascii_whitespace()).collect();
    base64_simd::STANDARD.decode_to_vec(plain).ok()
}

/// The octets of `data:[TYPE][;base64],OCTETS` (RFC 2397).
fn url(text: &str) -> Option<Vec<u8>> {
    let (kind, data) = text.strip_prefix("data:")?.split_once(',')?;
    let octets = percent(data);
    if kind.ends_with(";base64") { read_base64(std::str::from_utf8(&octets).ok()?) } else { Some(octets) }
}

/// Octets in which some are written as `%` and two digits (RFC 3986, 2.1).
fn percent(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        let octet = || u8::try_from(digit(0)? * 16 + digit(1)?).ok();
        match octet().filter(|_| first == b'%') {
            Some(octet) => {
                out.push(octet);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(first);
                rest = after;
            }
        }
    }
    out
}

/// Adds what is to be said of a store in a value to what is said of the file.
fn merge(container: &mut Container, inner: Container) {
    let rank = |integrity: Integrity| match integrity {
        Integrity::Unsealed => 0,
        Integrity::Verified => 1,
        Integrity::Unverified => 2,
        Integrity::Mismatch => 3,
    };
    if rank(inner.integrity) > rank(container.integrity) {
        container.integrity = inner.integrity;
    }
    container.password = container.password.or(inner.password);
    for protection in inner.protection {
        if !container.protection.contains(&protection) && container.protection.len() < limits::DOCUMENT_DEPTH {
            container.protection.push(protection);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn only_two_digits_stand_for_an_octet() {
        assert_eq!(percent("a%2b%0A"), b"a+\n");
        assert_eq!(percent("%+1%g0%2"), b"%+1%g0%2");
    }
}
