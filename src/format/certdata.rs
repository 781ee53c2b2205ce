//! Mozilla's `certdata.txt`: the source of every root that NSS, and by way of it most distributions, trust.
//!
//! A certificate and the trust in it are two objects, joined by issuer and serial number and held
//! together by a hash. A reader that takes every certificate for a root trusts those that are there to
//! be distrusted; one that reads `CKA_TRUST_SERVER_AUTH` alone loses the date after which new
//! certificates of a root are refused, which stands on either object.

mod objects;

use super::der;
use super::{Decoding, Means, x509};
use crate::model::{
    Body, Decoded, Format, Limited, Malformation, Note, Oid, Reference, Ruling, Slot, Timestamp, Trust, Untrusted,
};
use objects::{Class, Object};
use std::collections::{BTreeMap, BTreeSet};

/// Issuer and serial number.
type Name = (Box<[u8]>, Box<[u8]>);

/// Reads a file.
#[must_use]
pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    let (objects, gaps) = objects::read(bytes, means.bounds.entries);
    let trusts = Trusts::new(&objects);
    let mut joined = vec![false; objects.len()];
    let mut entries: Vec<Decoded> = Vec::new();
    for object in &objects {
        entries.extend(object.faults.iter().map(|(place, fault)| malformed(*place, fault.clone())));
        if object.class == Class::Certificate {
            entries.extend(certificate(object, &objects, &trusts, &mut joined));
        } else if object.class == Class::Other {
            entries.push(Decoded::new(Slot::Block(object.place), Body::Other(object.called.clone())));
        }
    }
    let is_orphan = |(index, object): &(usize, &Object)| object.class == Class::Trust && !joined[*index];
    entries.extend(objects.iter().enumerate().filter(is_orphan).map(|(_, object)| orphan(object)));
    entries.sort_by_key(|entry| match entry.slot {
        Slot::Block(block) => block.offset,
        _ => 0,
    });
    Decoding { entries, gaps, ..Decoding::new(Format::Certdata) }
}

fn malformed(place: crate::model::Block, malformation: Malformation) -> Decoded {
    Decoded::new(Slot::Block(place), Body::Malformed(Box::new(malformation)))
}

/// Objects of trust by what they are about. The first counts, as a search for it finds it first.
struct Trusts {
    /// By issuer and serial number, and by the hash where it is stated.
    first: BTreeMap<(Name, Option<[u8; 20]>), usize>,
    names: BTreeSet<Name>,
}

impl Trusts {
    fn new(objects: &[Object]) -> Self {
        let mut trusts = Self { first: BTreeMap::new(), names: BTreeSet::new() };
        for (index, object) in objects.iter().enumerate().filter(|(_, object)| object.class == Class::Trust) {
            if let Some(name) = object.name() {
                trusts.first.entry((name.clone(), object.sha1)).or_insert(index);
                trusts.names.insert(name);
            }
        }
        trusts
    }

    /// The first for this certificate.
    fn find(&self, name: &Name, sha1: [u8; 20]) -> Option<usize> {
        let find = |sha1| self.first.get(&(name.clone(), sha1)).copied();
        find(Some(sha1)).into_iter().chain(find(None)).min()
    }
}

/// A certificate with the trust that another object states.
fn certificate(object: &Object, objects: &[Object], trusts: &Trusts, joined: &mut [bool]) -> Option<Decoded> {
    let Some(value) = &object.value else {
        let fault = Malformation::new("the value of a certificate (CKA_VALUE)", "an object without");
        // Where a value cannot be read that is said at its line.
        return object.faults.is_empty().then(|| malformed(object.place, fault));
    };
    let mut entry = der::read(value).pop().unwrap_or_else(|| malformed(object.place, Malformation::new("DER", "none")));
    entry.slot = Slot::Block(object.place);
    let Body::Certificate(found) = &entry.body else { return Some(entry) };
    let sha1: [u8; 20] = {
        use sha1::Digest;
        sha1::Sha1::digest(found).into()
    };
    entry.trust = Trust::Present;
    let Some(name) = object.name().or_else(|| name(found)) else { return Some(entry) };
    match trusts.find(&name, sha1).and_then(|index| objects.get(index).zip(joined.get_mut(index))) {
        Some((trust, joined)) => {
            entry.trust = summed_up(trust.rulings.clone(), distrusted_after(&[object, trust]));
            *joined = true;
        }
        None if trusts.names.contains(&name) => entry.notes.push(Note::HashDiffers),
        None => {}
    }
    Some(entry)
}

/// Issuer and serial number of a certificate.
fn name(der: &[u8]) -> Option<Name> {
    let certificate = x509::read(der.into());
    Some((certificate.issuer_der()?.into(), x509::serial_number(&certificate)?.into()))
}

/// Trust in a certificate that is not there, or that has another hash.
fn orphan(object: &Object) -> Decoded {
    let reference = Reference {
        label: None,
        issuer: object.issuer.clone(),
        serial: object.serial.clone(),
        sha1: object.sha1,
        sha256: None,
        public_key: None,
    };
    if reference == Reference::default() {
        let expected = "issuer and serial number or hash of a certificate";
        return malformed(object.place, Malformation::new(expected, "trust in none"));
    }
    let trust = summed_up(object.rulings.clone(), distrusted_after(&[object]));
    let body = Body::Reference(Box::new(Reference { label: object.label.clone(), ..reference }));
    Decoded { trust, ..Decoded::new(Slot::Block(object.place), body) }
}

/// The moments that the objects state, the earliest for each purpose.
fn distrusted_after(objects: &[&Object]) -> Vec<(Oid, Timestamp)> {
    let mut all = Vec::new();
    for (purpose, when) in objects.iter().flat_map(|object| &object.distrusted_after) {
        earliest(&mut all, *purpose, *when);
    }
    all
}

/// Adds a moment; one for each purpose.
fn earliest(all: &mut Vec<(Oid, Timestamp)>, purpose: Oid, when: Timestamp) {
    match all.iter_mut().find(|(known, _)| *known == purpose) {
        Some((_, before)) => *before = (*before).min(when),
        None => all.push((purpose, when)),
    }
}

/// Rulings for the purposes that NSS knows, in the shortest form that says the same.
pub(super) fn summed_up(purposes: Vec<(Oid, Ruling)>, distrusted_after: Vec<(Oid, Timestamp)>) -> Trust {
    let all = |wanted| purposes.iter().all(|(_, ruling)| *ruling == wanted);
    match purposes.is_empty() {
        false if all(Ruling::Distrusted) => Trust::Distrusted,
        _ if all(Ruling::Present) => Trust::Present,
        _ => {
            let limited = Limited { purposes, otherwise: Ruling::Present, distrusted_after, names: None };
            Trust::Limited(Box::new(limited))
        }
    }
}

/// A moment after which certificates are distrusted: `YYMMDDHHMMSSZ` or with four digits of the year;
/// nothing for the octet 0 that stands for none, and for what is no time.
pub(super) fn moment(octets: &[u8]) -> Option<Timestamp> {
    let digits = octets.strip_suffix(b"Z")?;
    let number = |range: std::ops::Range<usize>| std::str::from_utf8(digits.get(range)?).ok()?.parse::<u8>().ok();
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (century, at) = match digits.len() {
        12 if number(0..2)? >= 50 => (19, 0),
        12 => (20, 0),
        14 => (number(0..2)?, 2),
        _ => return None,
    };
    let field = |n: usize| number(at + 2 * n..at + 2 * n + 2);
    let year = i32::from(century) * 100 + i32::from(field(0)?);
    Timestamp::from_civil(year, field(1)?, field(2)?, field(3)?, field(4)?, field(5)?)
}

/// A label as text.
fn text(octets: &[u8]) -> Untrusted {
    Untrusted::from_utf8_lossy(octets)
}

#[cfg(test)]
mod tests;
