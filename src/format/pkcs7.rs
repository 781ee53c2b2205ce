//! PKCS#7 SignedData (RFC 2315, 9; RFC 5652, 5): `.p7b`, `.p7c`, `.spc`, and PEM blocks labelled
//! `PKCS7`, `CMS` or `PKCS #7 SIGNED DATA`.
//!
//! It serves as a bag of certificates: nothing is signed, and the format has no word for trust. The
//! bag is a SET; writers leave it unsorted and put certificates into it twice, and it may hold what
//! is no X.509 certificate. OpenSSL reads all of that, BER, and files that go on after the end.

use super::ber::{self, Walk};
use super::der::{element, oid, sequence, tag};
use super::{Decoding, Means};
use crate::model::{Body, Container, Decoded, Entry, Format, Gap, Malformation, Note, Oid, Slot, Untrusted};

/// SignedData (RFC 2315, 14).
pub(super) const SIGNED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.2");
/// Data (RFC 2315, 14).
pub(super) const DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.1");

/// What was in a SignedData.
#[derive(Debug, Default)]
pub(crate) struct Bag {
    pub(crate) entries: Vec<Decoded>,
    pub(crate) gaps: Vec<Gap>,
    version: Option<u32>,
}

/// Reads a file.
#[must_use]
pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let bag = bag(bytes, means.bounds.entries, |at| Slot::Offset(at as u64));
    let container = Container { version: bag.version, ..Container::default() };
    Decoding { entries: bag.entries, container, gaps: bag.gaps, ..Decoding::new(Format::Pkcs7) }
}

/// Reads at most so many entries of a ContentInfo; `slot` makes a place of an offset in it.
pub(crate) fn bag(bytes: &[u8], most: usize, slot: impl Fn(usize) -> Slot) -> Bag {
    let mut reader = Reader { bag: Bag::default(), most, slot };
    match reader.content_info(Walk::new(bytes)) {
        // What breaks the innermost element breaks those around it too, and is said once.
        Ok(Some(fault)) | Err(fault) if reader.bag.gaps.is_empty() => reader.bag.gaps.push(Gap::Broken(fault)),
        _ => {}
    }
    reader.bag
}

struct Reader<S> {
    bag: Bag,
    most: usize,
    slot: S,
}

impl<S: Fn(usize) -> Slot> Reader<S> {
    /// Gives what is wrong with the frame of what could be read.
    fn content_info(&mut self, mut file: Walk<'_>) -> Result<Option<Malformation>, Malformation> {
        let (mut info, cut) = file.open(tag::SEQUENCE, "a ContentInfo (a SEQUENCE)")?;
        match info.oid()? {
            Some(SIGNED_DATA) => {}
            other => {
                let what =
                    other.map_or("a content type of another form".to_owned(), |oid| format!("content type {oid}"));
                self.bag.gaps.push(Gap::Unsupported { what });
                return Ok(None);
            }
        }
        let (mut content, cut_content) = info.open(tag::context(0), "the content ([0])")?;
        let (data, cut_data) = content.open(tag::SEQUENCE, "a SignedData (a SEQUENCE)")?;
        let fault = self.signed_data(data)?.or(cut_data).or(cut_content).or(cut);
        if fault.is_none()
            && file.left() > 0
            && let Some(last) = self.bag.entries.last_mut()
        {
            last.notes.push(Note::Trailing(file.left()));
        }
        Ok(fault)
    }

    fn signed_data(&mut self, mut data: Walk<'_>) -> Result<Option<Malformation>, Malformation> {
        self.bag.version = u32::try_from(data.unsigned("a version (an INTEGER)")?).ok();
        data.expect(tag::SET, "digest algorithms (a SET)")?;
        data.expect(tag::SEQUENCE, "the content (a SEQUENCE)")?;
        let mut fault = None;
        for (wanted, what, one) in [
            (tag::context(0), "certificates ([0])", Self::certificate as fn(&mut Self, u8, &[u8], usize)),
            (tag::context(1), "certificate lists ([1])", Self::list),
        ] {
            if data.peek() == Some(wanted) {
                let (list, cut) = data.open(wanted, what)?;
                if let Err(why) = self.set(list, one) {
                    self.bag.gaps.push(Gap::Broken(why));
                }
                fault = fault.or(cut);
            }
        }
        if fault.is_none() {
            data.expect(tag::SET, "signers (a SET)")?;
        }
        Ok(fault)
    }

    /// Goes through a SET, past what is malformed inside an element.
    fn set(&mut self, mut list: Walk<'_>, one: fn(&mut Self, u8, &[u8], usize)) -> Result<(), Malformation> {
        while !list.is_empty() {
            if self.bag.entries.len() >= self.most {
                self.bag.gaps.push(Gap::Bound { what: "entries", bound: self.most as u64 });
                return Ok(());
            }
            let element = list.next()?;
            one(self, element.tag, list.octets_at(&element.whole), element.whole.start);
        }
        Ok(())
    }

    fn push(&mut self, at: usize, body: Body<Box<[u8]>>, notes: Vec<Note>) {
        let entry = Entry::new((self.slot)(at), body);
        self.bag.entries.push(Decoded { notes, ..entry });
    }

    fn other(&mut self, at: usize, what: &str) {
        self.push(at, Body::Other(Untrusted::new(what)), Vec::new());
    }

    /// A member of CertificateChoices (RFC 5652, 10.2.2).
    fn certificate(&mut self, found: u8, octets: &[u8], at: usize) {
        match found {
            tag::SEQUENCE => match ber::certificate(octets) {
                Ok((_, is_ber)) => {
                    let notes = if is_ber { vec![Note::Ber] } else { Vec::new() };
                    self.push(at, Body::Certificate(Box::from(octets)), notes);
                }
                Err(why) => self.push(at, Body::Malformed(Box::new(why)), Vec::new()),
            },
            0xa0 => self.other(at, "PKCS#6 extended certificate"),
            0xa1 => self.other(at, "attribute certificate of version 1"),
            0xa2 => self.other(at, "attribute certificate"),
            0xa3 => self.other(at, "certificate of another format"),
            _ => {
                let why = Malformation::new("a certificate", format!("tag {found:#04x}")).at(0);
                self.push(at, Body::Malformed(Box::new(why)), Vec::new());
            }
        }
    }

    /// A member of RevocationInfoChoices (RFC 5652, 10.2.1).
    fn list(&mut self, found: u8, _octets: &[u8], at: usize) {
        self.other(at, if found == tag::SEQUENCE { super::pem::labels::CRL } else { "revocation information" });
    }
}

/// Writes certificates as SignedData without a signer, in DER: the certificates each once, in the
/// order of their octets that DER asks of a SET (X.690, 11.6).
#[must_use]
pub fn write(certificates: &[&[u8]]) -> Vec<u8> {
    let mut sorted = certificates.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let none = || element(tag::SET, &[]);
    let certificates = if sorted.is_empty() { Vec::new() } else { element(tag::context(0), &sorted.concat()) };
    let data = sequence(&[element(tag::INTEGER, &[1]), none(), sequence(&[oid(DATA)]), certificates, none()]);
    sequence(&[oid(SIGNED_DATA), element(tag::context(0), &data)])
}

/// The same as a PEM block labelled `PKCS7`, as `openssl crl2pkcs7` writes it.
#[must_use]
pub fn write_pem(certificates: &[&[u8]]) -> String {
    super::pem::write_block(super::pem::labels::PKCS7, &write(certificates), &[])
}

#[cfg(test)]
mod tests;
