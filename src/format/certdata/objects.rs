//! Objects of a `certdata.txt`: lines `NAME TYPE VALUE`, and octets in octal over many lines
//! (lib/ckfw/builtins/certdata.perl of NSS).

use super::{Name, earliest, moment, text};
use crate::model::trust::{CLIENT_AUTH, CODE_SIGNING, EMAIL_PROTECTION, SERVER_AUTH, TIME_STAMPING};
use crate::model::{Block, Gap, Malformation, Oid, Ruling, Timestamp, Untrusted};
use memchr::memchr;

/// id-kp-clientAuth and the like (RFC 5280, 4.2.1.12), by the end of the names of their attributes:
/// `CKA_TRUST_CODE_SIGNING`, `CKA_NSS_TRUST_CODE_SIGNING`, `CKA_PKCS_TRUST_CODE_SIGNING`.
const PURPOSES: &[(&str, Oid)] = &[
    ("TRUST_SERVER_AUTH", SERVER_AUTH),
    ("TRUST_CLIENT_AUTH", CLIENT_AUTH),
    ("TRUST_CODE_SIGNING", CODE_SIGNING),
    ("TRUST_EMAIL_PROTECTION", EMAIL_PROTECTION),
    ("TRUST_TIME_STAMPING", TIME_STAMPING),
];

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Certificate,
    Trust,
    /// The head of the list, which says nothing of a certificate.
    RootList,
    Other,
}

/// An object, as far as it matters.
#[derive(Debug)]
pub(super) struct Object {
    /// The line of its CKA_CLASS.
    pub(super) place: Block,
    pub(super) class: Class,
    /// The class as it is written.
    pub(super) called: Untrusted,
    pub(super) label: Option<Untrusted>,
    pub(super) issuer: Option<Box<[u8]>>,
    pub(super) serial: Option<Box<[u8]>>,
    pub(super) value: Option<Box<[u8]>>,
    pub(super) sha1: Option<[u8; 20]>,
    pub(super) rulings: Vec<(Oid, Ruling)>,
    pub(super) distrusted_after: Vec<(Oid, Timestamp)>,
    /// Attributes that cannot be read.
    pub(super) faults: Vec<(Block, Malformation)>,
}

impl Object {
    fn new(place: Block, class: &[u8]) -> Self {
        Self {
            place,
            class: match class {
                b"CKO_CERTIFICATE" => Class::Certificate,
                b"CKO_NSS_TRUST" | b"CKO_NETSCAPE_TRUST" | b"CKO_TRUST" => Class::Trust,
                b"CKO_NSS_BUILTIN_ROOT_LIST" | b"CKO_NETSCAPE_BUILTIN_ROOT_LIST" => Class::RootList,
                _ => Class::Other,
            },
            called: text(class.get(..60).unwrap_or(class)),
            label: None,
            issuer: None,
            serial: None,
            value: None,
            sha1: None,
            rulings: Vec::new(),
            distrusted_after: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Issuer and serial number, where both are stated.
    pub(super) fn name(&self) -> Option<Name> {
        self.issuer.clone().zip(self.serial.clone())
    }

    fn octets(&mut self, name: &[u8], octets: Vec<u8>, place: Block) {
        match name {
            b"CKA_VALUE" => self.value = Some(octets.into()),
            b"CKA_ISSUER" => self.issuer = Some(octets.into()),
            b"CKA_SERIAL_NUMBER" => self.serial = Some(octets.into()),
            b"CKA_CERT_SHA1_HASH" | b"CKA_NSS_CERT_SHA1_HASH" => match octets.try_into() {
                Ok(hash) => self.sha1 = Some(hash),
                Err(octets) => self.fault(place, "a hash of 20 octets", format!("{} octets", octets.len())),
            },
            b"CKA_NSS_SERVER_DISTRUST_AFTER" => self.distrusted(SERVER_AUTH, &octets, place),
            b"CKA_NSS_EMAIL_DISTRUST_AFTER" => self.distrusted(EMAIL_PROTECTION, &octets, place),
            _ => {}
        }
    }

    fn distrusted(&mut self, purpose: Oid, octets: &[u8], place: Block) {
        match moment(octets) {
            Some(when) => earliest(&mut self.distrusted_after, purpose, when),
            // The one octet stands for false, as `CK_BBOOL CK_FALSE` does.
            None if octets == [0] => {}
            None => {
                let found = octets.iter().take(40).map(|&octet| char::from(octet)).collect::<String>();
                self.fault(place, "a time (YYMMDDHHMMSSZ)", found);
            }
        }
    }

    fn word(&mut self, name: &[u8], value: &[u8]) {
        let Ok(name) = std::str::from_utf8(name) else { return };
        if name == "CKA_LABEL" {
            self.label = Some(label(value));
        } else if let Some((_, purpose)) = PURPOSES.iter().find(|(end, _)| name.ends_with(end))
            && self.rulings.iter().all(|(known, _)| known != purpose)
        {
            self.rulings.push((*purpose, ruling(value)));
        }
    }

    fn fault(&mut self, place: Block, expected: &'static str, found: String) {
        self.faults.push((place, Malformation::new(expected, found).at(place.offset as usize)));
    }
}

/// The words for trust: those of NSS, those of before 2012, those of PKCS#11 3.2.
fn ruling(value: &[u8]) -> Ruling {
    match value {
        b"CKT_NSS_TRUSTED_DELEGATOR" | b"CKT_NSS_TRUSTED" => Ruling::Trusted,
        b"CKT_NETSCAPE_TRUSTED_DELEGATOR" | b"CKT_NETSCAPE_TRUSTED" => Ruling::Trusted,
        b"CKT_TRUST_ANCHOR" | b"CKT_TRUSTED" => Ruling::Trusted,
        b"CKT_NSS_NOT_TRUSTED" | b"CKT_NETSCAPE_UNTRUSTED" | b"CKT_NOT_TRUSTED" => Ruling::Distrusted,
        _ => Ruling::Present,
    }
}

/// Takes a file apart, up to `most` objects.
pub(super) fn read(bytes: &[u8], most: usize) -> (Vec<Object>, Vec<Gap>) {
    let mut lines = Lines { bytes, at: 0, line: 1 };
    let mut objects: Vec<Object> = Vec::new();
    let mut gaps = Vec::new();
    // Nothing before it counts; without it, everything does.
    if !lines.any(|(_, line)| line == b"BEGINDATA") {
        lines = Lines { bytes, at: 0, line: 1 };
    }
    while let Some((place, line)) = lines.next() {
        let Some((name, kind, value)) = attribute(line) else { continue };
        if name == b"CKA_CLASS" {
            if objects.len() >= most {
                gaps.push(Gap::Bound { what: "entries", bound: most as u64 });
                break;
            }
            objects.push(Object::new(place, value));
            continue;
        }
        let octets = (kind == b"MULTILINE_OCTAL").then(|| lines.octal());
        let Some(object) = objects.last_mut() else { continue };
        match octets {
            Some(Ok(octets)) => object.octets(name, octets, place),
            Some(Err((place, malformation))) => object.faults.push((place, malformation)),
            None => object.word(name, value),
        }
    }
    (objects, gaps)
}

/// Name, type and value; nothing for what is no attribute.
fn attribute(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    if !line.starts_with(b"CKA_") {
        return None;
    }
    let word = |text: &'_ [u8]| text.iter().position(|octet| octet.is_ascii_whitespace()).unwrap_or(text.len());
    let (name, rest) = line.split_at(word(line));
    let rest = rest.trim_ascii_start();
    let (kind, value) = rest.split_at(word(rest));
    Some((name, kind, value.trim_ascii()))
}

/// The lines, without white space around them.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (Block, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let place = Block { line: self.line, offset: self.at as u64 };
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        self.at += (end + 1).min(rest.len());
        self.line += 1;
        Some((place, rest.get(..end)?.trim_ascii()))
    }
}

impl Lines<'_> {
    /// Octets until END. A fault ends them, and the next attribute is read.
    fn octal(&mut self) -> Result<Vec<u8>, (Block, Malformation)> {
        let mut octets = Vec::new();
        let mut fault = None;
        loop {
            let before = (self.at, self.line);
            let Some((place, line)) = self.next() else {
                let place = Block { line: self.line, offset: self.at as u64 };
                return Err(fault.unwrap_or((place, Malformation::new("END", "the end of the file"))));
            };
            if line == b"END" {
                return fault.map_or(Ok(octets), Err);
            }
            if line.starts_with(b"CKA_") {
                (self.at, self.line) = before;
                return Err(fault.unwrap_or((place, Malformation::new("END", "another attribute"))));
            }
            if fault.is_none() && add_octal(line, &mut octets).is_none() {
                let expected = "octets in octal (\\000 to \\377)";
                let found = text(line.get(..60).unwrap_or(line));
                fault = Some((place, Malformation { expected, found, offset: Some(place.offset as usize) }));
            }
        }
    }
}

/// Adds the octets of a line.
fn add_octal(line: &[u8], octets: &mut Vec<u8>) -> Option<()> {
    let (groups, rest) = line.as_chunks::<4>();
    for group in groups {
        let [b'\\', digits @ ..] = group else { return None };
        let value = digits
            .iter()
            .try_fold(0u16, |value, digit| matches!(digit, b'0'..=b'7').then(|| value * 8 + u16::from(digit - b'0')))?;
        octets.push(u8::try_from(value).ok()?);
    }
    rest.is_empty().then_some(())
}

/// A label in quotes, with `\xNN` for octets beyond ASCII.
fn label(value: &[u8]) -> Untrusted {
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let mut rest = value.strip_suffix(b"\"").unwrap_or(value);
    let digit = |octet: u8| char::from(octet).to_digit(16);
    let mut octets = Vec::with_capacity(rest.len());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'\\', [b'x', high, low, after @ ..]) if digit(*high).is_some() && digit(*low).is_some() => {
                let value = |octet| digit(octet).unwrap_or_default();
                octets.push(((value(*high) << 4) | value(*low)) as u8);
                rest = after;
            }
            (b'\\', [escaped, after @ ..]) => {
                octets.push(*escaped);
                rest = after;
            }
            _ => octets.push(*first),
        }
    }
    text(&octets)
}
