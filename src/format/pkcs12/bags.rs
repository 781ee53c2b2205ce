//! The bags of a part and their attributes (RFC 7292, 4.2).

use crate::format::ber::{self, Walk};
use crate::format::der::tag;
use crate::format::x509::strings;
use crate::model::{Body, Decoded, Entry, Gap, Malformation, Note, Oid, Slot, Untrusted};

/// Bags (RFC 7292, D).
const KEY_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.1");
const SHROUDED_KEY_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.2");
pub(super) const CERT_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.3");
const CRL_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.4");
const SECRET_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.5");
pub(super) const SAFE_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.6");
/// x509Certificate (RFC 7292, 4.2.3).
pub(super) const X509: Oid = Oid::new_unwrap("1.2.840.113549.1.9.22.1");
/// friendlyName (RFC 2985, 5.5.1).
pub(super) const FRIENDLY_NAME: Oid = Oid::new_unwrap("1.2.840.113549.1.9.20");
/// localKeyId (RFC 2985, 5.5.2).
const LOCAL_KEY_ID: Oid = Oid::new_unwrap("1.2.840.113549.1.9.21");
/// Oracle's trusted key usage: what makes a certificate an entry of its own for Java
/// (`TrustedKeyUsage_OID`, sun.security.pkcs12.PKCS12KeyStore).
pub(super) const TRUSTED_KEY_USAGE: Oid = Oid::new_unwrap("2.16.840.1.113894.746875.1.1");

/// What a bag holds, as far as Java's way with it differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Certificate,
    PrivateKey,
    SecretKey,
    Other,
}

/// A bag that was found.
#[derive(Debug)]
pub(super) struct Bag {
    pub(super) entry: Decoded,
    pub(super) kind: Kind,
    pub(super) attributes: Attributes,
    /// It is the first of the bags it stands among.
    pub(super) is_first: bool,
    /// It stands in another bag.
    pub(super) is_nested: bool,
}

/// The attributes that matter.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    pub(super) friendly_name: Option<Untrusted>,
    pub(super) local_key_id: Option<Box<[u8]>>,
    /// Java's attribute is there, whatever it says.
    pub(super) is_trusted: bool,
}

/// The bags of a file.
pub(super) struct Bags {
    pub(super) found: Vec<Bag>,
    pub(super) gaps: Vec<Gap>,
    /// Octets after the file.
    pub(super) trailing: usize,
    most: usize,
    is_full: bool,
    /// Bags that the ones read now stand in.
    nesting: usize,
    /// Whether the part that is read now was encrypted.
    is_encrypted: bool,
}

impl Bags {
    pub(super) fn new(most: usize) -> Self {
        Self { found: Vec::new(), gaps: Vec::new(), trailing: 0, most, is_full: false, nesting: 0, is_encrypted: false }
    }

    /// Whether the bound is reached.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Reads SafeContents that were encrypted.
    pub(super) fn opened(&mut self, octets: &[u8], depth: usize) {
        self.is_encrypted = true;
        self.safe(octets, depth);
        self.is_encrypted = false;
    }

    /// Reads SafeContents that stand so deep in other elements.
    pub(super) fn safe(&mut self, octets: &[u8], depth: usize) {
        if let Err(why) = self.bags(Walk::at_depth(octets, depth)) {
            self.broken(why);
        }
    }

    fn broken(&mut self, why: Malformation) {
        let gap = Gap::Broken(super::unplaced(why));
        if self.gaps.len() < super::TOLD && !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    fn bags(&mut self, mut whole: Walk<'_>) -> Result<(), Malformation> {
        let (mut bags, cut) = whole.open(tag::SEQUENCE, "SafeContents (a SEQUENCE)")?;
        let mut is_first = true;
        while !bags.is_empty() {
            if self.found.len() >= self.most {
                if !std::mem::replace(&mut self.is_full, true) {
                    self.gaps.push(Gap::Bound { what: "entries", bound: self.most as u64 });
                }
                return Ok(());
            }
            let bag = bags.next()?;
            if bag.tag == tag::SEQUENCE {
                self.bag(bags.inside(&bag)?, is_first);
            } else {
                let why = Malformation::new("a SafeBag (a SEQUENCE)", format!("tag {:#04x}", bag.tag)).at(0);
                self.push(malformed(why), Kind::Other, Attributes::default(), Vec::new(), is_first);
            }
            is_first = false;
        }
        cut.map_or(Ok(()), Err)
    }

    fn push(&mut self, body: Body<Box<[u8]>>, kind: Kind, attributes: Attributes, notes: Vec<Note>, is_first: bool) {
        let slot = match &attributes.friendly_name {
            Some(name) => Slot::Alias(name.clone()),
            None => Slot::Index(self.found.len()),
        };
        let mut entry = Decoded { notes, ..Entry::new(slot, body) };
        if self.is_encrypted && kind == Kind::Certificate {
            entry.notes.push(Note::Encrypted);
        }
        self.found.push(Bag { entry, kind, attributes, is_first, is_nested: self.nesting > 0 });
    }

    /// Reads a bag, whose octets are all there.
    fn bag(&mut self, mut bag: Walk<'_>, is_first: bool) {
        let start = bag.at();
        // Places in a bag count from its beginning.
        let here = |why: Malformation| Malformation { offset: why.offset.map(|at| at.saturating_sub(start)), ..why };
        let (oid, value) = match head(&mut bag) {
            Ok(found) => found,
            Err(why) => {
                return self.push(malformed(here(why)), Kind::Other, Attributes::default(), Vec::new(), is_first);
            }
        };
        let attributes = if bag.is_empty() { Attributes::default() } else { attributes(&mut bag) };
        let mut notes = Vec::new();
        let (kind, body) = match oid {
            Some(CERT_BAG) => match certificate(value) {
                Ok(Found { body, is_ber, trailing }) => {
                    if trailing > 0 {
                        notes.push(Note::Trailing(trailing));
                    }
                    if is_ber {
                        notes.push(Note::Ber);
                    }
                    (Kind::Certificate, body)
                }
                Err(why) => (Kind::Certificate, malformed(here(why))),
            },
            Some(KEY_BAG | SHROUDED_KEY_BAG) => (Kind::PrivateKey, Body::PrivateKey),
            Some(SECRET_BAG) => (Kind::SecretKey, other("secret key")),
            Some(CRL_BAG) => (Kind::Other, other(crate::format::pem::labels::CRL)),
            Some(SAFE_BAG) => {
                self.nesting += 1;
                if let Err(why) = self.bags(value) {
                    self.broken(why);
                }
                self.nesting -= 1;
                return;
            }
            Some(oid) => (Kind::Other, other(&format!("bag of type {oid}"))),
            None => (Kind::Other, other("bag of another type")),
        };
        self.push(body, kind, attributes, notes, is_first);
    }
}

fn malformed(why: Malformation) -> Body<Box<[u8]>> {
    Body::Malformed(Box::new(why))
}

fn other(what: &str) -> Body<Box<[u8]>> {
    Body::Other(Untrusted::new(what))
}

/// The type of a bag and its value.
pub(super) fn head<'a>(bag: &mut Walk<'a>) -> Result<(Option<Oid>, Walk<'a>), Malformation> {
    let oid = bag.oid()?;
    Ok((oid, bag.enter(tag::context(0), "the value of a bag ([0])")?))
}

/// What a CertBag holds.
struct Found {
    body: Body<Box<[u8]>>,
    is_ber: bool,
    trailing: usize,
}

/// Reads a CertBag.
fn certificate(mut value: Walk<'_>) -> Result<Found, Malformation> {
    let mut bag = value.enter(tag::SEQUENCE, "a CertBag (a SEQUENCE)")?;
    let oid = bag.oid()?;
    let mut content = bag.enter(tag::context(0), "a certificate ([0])")?;
    if oid != Some(X509) {
        let what = oid.map_or("another form".to_owned(), |oid| oid.to_string());
        return Ok(Found { body: other(&format!("certificate of type {what}")), is_ber: false, trailing: 0 });
    }
    let octets = content.octet_string("a certificate (an OCTET STRING)")?;
    // A place in the certificate is none in the bag: the string may be in pieces.
    let (end, is_ber) = ber::certificate(&octets).map_err(|why| Malformation { offset: None, ..why })?;
    let der = octets.get(..end).unwrap_or_default();
    Ok(Found { body: Body::Certificate(der.into()), is_ber, trailing: octets.len() - der.len() })
}

/// Reads the attributes, as far as they can be read.
fn attributes(bag: &mut Walk<'_>) -> Attributes {
    let mut found = Attributes::default();
    let Ok(mut set) = bag.enter(tag::SET, "attributes (a SET)") else { return found };
    while let Ok(mut attribute) = set.enter(tag::SEQUENCE, "an attribute (a SEQUENCE)") {
        let Ok(oid) = attribute.oid() else { continue };
        let value = || {
            let mut values = attribute.clone().enter(tag::SET, "values (a SET)").ok()?;
            let first = values.next().ok()?;
            Some((first.tag, values.octets_at(&first.content)))
        };
        match oid {
            Some(TRUSTED_KEY_USAGE) => found.is_trusted = true,
            Some(FRIENDLY_NAME) => found.friendly_name = value().map(|(tag, octets)| text(tag, octets)),
            Some(LOCAL_KEY_ID) => found.local_key_id = value().map(|(_, octets)| octets.into()),
            _ => {}
        }
    }
    found
}

/// A name: BMPString, or what someone wrote instead.
fn text(tag: u8, octets: &[u8]) -> Untrusted {
    match strings::characters(tag, octets) {
        Some((text, true)) => Untrusted::new(text),
        Some((text, false)) => Untrusted::lossy(text),
        None => Untrusted::from_utf8_lossy(octets),
    }
}
