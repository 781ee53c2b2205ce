//! Objects of a p11-kit file: each a header and the attributes and PEM below it.

use super::attributes::{self, X_509, class, kind};
use super::lexer::{Lexer, Token, excerpt};
use super::value::{self, Value};
use crate::format::{der, pem};
use crate::model::{Block, Body, Decoded, Gap, Malformation, Note, Slot};
use memchr::memmem;
use std::collections::BTreeMap;

/// The only header that p11-kit knows.
const HEADER: &[u8] = b"p11-kit-object-v1";

/// An object.
#[derive(Debug)]
pub(super) struct Object {
    /// Its header.
    pub(super) place: Block,
    pub(super) attributes: BTreeMap<u64, Value>,
    /// The PEM block that its value came from, and what is odd about that.
    pub(super) pem: Option<(Block, Vec<Note>)>,
    /// What stands in it beside its value.
    pub(super) beside: Vec<Decoded>,
    /// It has another header, or none, and p11-kit passes over it.
    pub(super) foreign: bool,
}

/// A file, taken apart.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) objects: Vec<Object>,
    /// The first thing for which p11-kit rejects the whole file.
    pub(super) rejected: Option<Decoded>,
    pub(super) gaps: Vec<Gap>,
}

/// Takes a file apart, up to `most` objects.
pub(super) fn read(bytes: &[u8], most: usize) -> File {
    let mut file = File::default();
    for (place, token) in Lexer::new(bytes) {
        match token {
            Token::Section(name) => {
                if file.objects.len() >= most {
                    file.gaps.push(Gap::Bound { what: "entries", bound: most as u64 });
                    break;
                }
                file.objects.push(Object::new(place, name != HEADER));
            }
            Token::Bad(malformation) => file.reject(place, malformation),
            Token::Field(name, value) => file.field(place, name, value),
            Token::Pem(text) => file.pem(place, text),
        }
    }
    file
}

impl File {
    /// p11-kit stops at the first fault and forgets all objects: only that one is told.
    fn reject(&mut self, place: Block, malformation: Malformation) {
        self.rejected.get_or_insert_with(|| Decoded::new(Slot::Block(place), Body::Malformed(Box::new(malformation))));
    }

    /// The object that this belongs to; what stands before the first header is an object of its own.
    fn current(&mut self, place: Block) -> &mut Object {
        if self.objects.is_empty() {
            self.objects.push(Object::new(place, true));
            self.reject(place, Malformation::new("a header ([p11-kit-object-v1])", "something before it"));
        }
        let last = self.objects.len() - 1;
        &mut self.objects[last]
    }

    fn field(&mut self, place: Block, name: &[u8], text: &[u8]) {
        if self.current(place).foreign {
            return;
        }
        let Some(number) = attributes::number(name) else {
            let found = excerpt(name);
            let expected = "the name of an attribute that p11-kit knows";
            return self.reject(place, Malformation { expected, found, offset: None });
        };
        match value::read(text) {
            Ok((value, takes)) => {
                self.current(place).set(number, value);
                if !takes {
                    let expected = "an object identifier as p11-kit reads it (without the digit 8)";
                    self.reject(place, Malformation { expected, found: excerpt(text), offset: None });
                }
            }
            Err(malformation) => self.reject(place, malformation),
        }
    }

    fn pem(&mut self, place: Block, text: &[u8]) {
        let object = self.current(place);
        if let Some(malformation) = object.pem(place, text)
            && !object.foreign
        {
            self.reject(place, malformation);
        }
    }
}

impl Object {
    fn new(place: Block, foreign: bool) -> Self {
        Self { place, attributes: BTreeMap::new(), pem: None, beside: Vec::new(), foreign }
    }

    /// An attribute as it is written, which wins over those from PEM and over the one before.
    fn set(&mut self, number: u64, value: Value) {
        let before = self.attributes.insert(number, value);
        if number == kind::VALUE
            && let Some((place, mut notes)) = self.pem.take()
            && let Some(Value::Octets(octets)) = before
        {
            notes.push(Note::NotListed("its object states another value"));
            self.beside.push(entry(place, &octets, notes));
        }
    }

    /// A PEM block; why p11-kit would not take it.
    fn pem(&mut self, place: Block, text: &[u8]) -> Option<Malformation> {
        match strict(text) {
            Some((b"CERTIFICATE", octets)) => {
                self.certificate(place, octets, Vec::new());
                None
            }
            Some((b"PUBLIC KEY", octets)) => {
                self.attributes.entry(kind::PUBLIC_KEY_INFO).or_insert(Value::Octets(octets));
                None
            }
            Some((label, _)) => {
                self.tolerant(place, text);
                Some(refused(excerpt(label)))
            }
            None => {
                self.tolerant(place, text);
                Some(refused(excerpt(b"one that it cannot decode")))
            }
        }
    }

    fn certificate(&mut self, place: Block, octets: Box<[u8]>, mut notes: Vec<Note>) {
        if !self.foreign {
            self.attributes.entry(kind::CLASS).or_insert(Value::Number(class::CERTIFICATE));
            self.attributes.entry(kind::CERTIFICATE_TYPE).or_insert(Value::Number(X_509));
        }
        if self.foreign || self.attributes.contains_key(&kind::VALUE) {
            let why = if self.foreign { "it has no header that p11-kit knows" } else { "its object has another value" };
            notes.push(Note::NotListed(why));
            self.beside.push(entry(place, &octets, notes));
            return;
        }
        self.attributes.insert(kind::VALUE, Value::Octets(octets));
        self.pem = Some((place, notes));
    }

    /// What [`pem::read`] finds in a block that p11-kit does not take.
    fn tolerant(&mut self, place: Block, text: &[u8]) {
        let found = pem::read(text).entries;
        if found.is_empty() {
            let malformation = Malformation::new("a PEM block", "one without end");
            self.beside.push(Decoded::new(Slot::Block(place), Body::Malformed(Box::new(malformation))));
        }
        for mut found in found {
            let place = match found.slot {
                Slot::Block(at) => Block { line: place.line + at.line - 1, offset: place.offset + at.offset },
                _ => place,
            };
            found.slot = Slot::Block(place);
            match found.body {
                Body::Certificate(der) if found.trust == crate::model::Trust::Unstated => {
                    self.certificate(place, der, found.notes);
                }
                _ => self.beside.push(found),
            }
        }
    }

    pub(super) fn get(&self, number: u64) -> Option<&Value> {
        self.attributes.get(&number)
    }

    pub(super) fn octets(&self, number: u64) -> Option<&[u8]> {
        self.get(number).and_then(Value::octets)
    }

    pub(super) fn bool(&self, number: u64) -> Option<bool> {
        self.get(number).and_then(Value::bool)
    }

    pub(super) fn class(&self) -> Option<u64> {
        self.get(kind::CLASS).and_then(Value::number)
    }

    /// Its value as an entry without trust.
    pub(super) fn value(&self) -> Option<Decoded> {
        let octets = self.octets(kind::VALUE)?;
        let (place, notes) = self.pem.clone().unwrap_or((self.place, Vec::new()));
        Some(entry(place, octets, notes))
    }

    /// Why p11-kit would not build it (`build_for_schema`, trust/builder.c). It then takes none of the
    /// objects that follow either.
    pub(super) fn refused(&self) -> Option<&'static str> {
        if self.get(kind::TOKEN).and_then(Value::bool) == Some(false) {
            return Some("it says that it is not on the token");
        }
        let Some(class) = self.class() else { return Some("it has no class") };
        let allowed = match class {
            class::CERTIFICATE => match self.get(kind::CERTIFICATE_TYPE).and_then(Value::number) {
                Some(X_509) => CERTIFICATE,
                Some(_) => return Some("it is a certificate of another type than X.509"),
                None => return Some("it is a certificate without a type"),
            },
            class::X_EXTENSION if self.get(kind::VALUE).is_none() || self.get(kind::PUBLIC_KEY_INFO).is_none() => {
                return Some("it is an extension without a value or a public key");
            }
            class::X_EXTENSION => EXTENSION,
            class::DATA => DATA,
            class::NSS_TRUST | class::NSS_ROOT_LIST | class::X_ASSERTION => {
                let is_foreign = |number: &u64| NOT_GENERATED.contains(number);
                return self.attributes.keys().any(is_foreign).then_some(ATTRIBUTE);
            }
            _ => return Some("it is of a class that p11-kit does not take"),
        };
        let fits = |number: &u64| COMMON.contains(number) || allowed.contains(number);
        (!self.attributes.keys().all(fits)).then_some(ATTRIBUTE)
    }
}

const ATTRIBUTE: &str = "it has an attribute that its class has not";

/// Attributes that every object may have (`COMMON_ATTRS`, trust/builder.c).
const COMMON: &[u64] = &[kind::CLASS, kind::TOKEN, kind::MODIFIABLE, kind::PRIVATE, kind::LABEL];
/// And a certificate (`certificate_schema`).
const CERTIFICATE: &[u64] = &[
    kind::CERTIFICATE_TYPE,
    kind::TRUSTED,
    kind::X_DISTRUSTED,
    kind::MOZILLA_POLICY,
    kind::SERVER_DISTRUST_AFTER,
    kind::EMAIL_DISTRUST_AFTER,
    kind::CATEGORY,
    kind::CHECK_VALUE,
    kind::START_DATE,
    kind::END_DATE,
    kind::SUBJECT,
    kind::ID,
    kind::ISSUER,
    kind::SERIAL_NUMBER,
    kind::VALUE,
    kind::URL,
    kind::HASH_OF_SUBJECT_KEY,
    kind::HASH_OF_ISSUER_KEY,
    kind::JAVA_DOMAIN,
    kind::PUBLIC_KEY_INFO,
];
/// And an extension (`extension_schema`).
const EXTENSION: &[u64] = &[kind::VALUE, kind::PUBLIC_KEY_INFO, kind::OBJECT_ID, kind::ID];
/// And data (`data_schema`).
const DATA: &[u64] = &[kind::VALUE, kind::APPLICATION, kind::OBJECT_ID];
/// What the objects that p11-kit computes have not (`trust_schema`, `assertion_schema`, `builtin_schema`).
const NOT_GENERATED: &[u64] =
    &[kind::VALUE, kind::CERTIFICATE_TYPE, kind::TRUSTED, kind::X_DISTRUSTED, kind::PUBLIC_KEY_INFO, kind::CATEGORY];

fn refused(found: crate::model::Untrusted) -> Malformation {
    Malformation { expected: "a PEM block that p11-kit takes (CERTIFICATE, PUBLIC KEY)", found, offset: None }
}

fn entry(place: Block, octets: &[u8], notes: Vec<Note>) -> Decoded {
    let nothing = || Body::Malformed(Box::new(Malformation::new("a certificate", "nothing")));
    let mut read = der::read(octets).pop().unwrap_or_else(|| Decoded::new(Slot::Whole, nothing()));
    read.slot = Slot::Block(place);
    read.notes.extend(notes);
    read.notes.sort();
    read
}

/// A PEM block as p11-kit reads one (common/pem.c): its label and octets.
fn strict(text: &[u8]) -> Option<(&[u8], Box<[u8]>)> {
    let rest = text.strip_prefix(b"-----BEGIN ")?;
    let (label, rest) = rest.split_at(memmem::find(rest, b"-----")?);
    if label.contains(&b'\n') {
        return None;
    }
    let rest = rest.get(5..)?;
    let (inner, end) = rest.split_at(memmem::find(rest, b"-----END ")?);
    end.get(9..)?.strip_prefix(label)?.strip_prefix(b"-----")?;
    Some((label, decoded(inner)?))
}

/// The octets of a block that p11-kit decodes; there are some.
pub(super) fn decoded(inner: &[u8]) -> Option<Box<[u8]>> {
    // A blank line ends headers, which nothing here needs.
    let inner = memmem::find(inner, b"\n\n").and_then(|blank| inner.get(blank..)).unwrap_or(inner);
    let digits: Vec<u8> = inner.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
    let octets = base64_simd::STANDARD.decode_to_vec(&digits).ok()?;
    (!octets.is_empty()).then(|| octets.into())
}
