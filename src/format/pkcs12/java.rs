//! What Java makes of the bags (`PKCS12KeyStore.engineLoad` and `loadSafeContents`,
//! sun.security.pkcs12), held against keytool by `tests/oracles/pkcs.rs`.
//!
//! A certificate with Java's own attribute is an entry; one without serves only to build the chain of
//! a private key, and is invisible where it is in none. Aliases that differ in case alone are one, and
//! the last bag of it wins. Bags in bags are passed over. A bag that cannot be read, or that holds a
//! certificate which is none of X.509, keeps the whole file from loading.
//!
//! What Java passes over is present and not trusted: the format has no word for trust but Java's.

use super::bags::{Bag, Kind};
use crate::format::x509;
use crate::model::{Body, Certificate, Decoded, Note, Owner, Trust};
use std::collections::{HashMap, HashSet};

const NO_ATTRIBUTE: &str = "it has no attribute for trusted key usage";
const NESTED: &str = "it stands in a bag of bags";
const HIDDEN: &str = "it lists certificates with its attribute for trusted key usage, and the chains of private keys";
const SAME_ALIAS: &str = "of entries whose aliases differ in case alone it keeps the last";
const BROKEN: &str = "a bag in it that it cannot read keeps it from loading any";
const IN_BAGS: &str = "it does not look into bags of bags";

/// Makes entries of bags, and what Java lists of them; that it lists fewer is known only of a file
/// that is read as a whole.
pub(super) fn judge(mut bags: Vec<Bag>, is_whole: bool, trailing: usize) -> (Vec<Decoded>, Option<Owner>) {
    let chains = chains(&bags);
    let lost = lost(&bags);
    let mut lists = 0;
    for (index, bag) in bags.iter_mut().enumerate() {
        if lost.contains(&index) {
            bag.entry.notes.push(Note::SameAlias);
        }
        if bag.kind != Kind::Certificate || !matches!(bag.entry.body, Body::Certificate(_)) {
            continue;
        }
        let is_entry = is_entry(bag) && !lost.contains(&index);
        bag.entry.trust = if is_entry { Trust::Trusted } else { Trust::Present };
        let place = chains.get(&index);
        if let Some(place) = place {
            bag.entry.notes.push(Note::ChainOfKey(*place));
        } else if bag.is_nested {
            bag.entry.notes.push(Note::NotListed(NESTED));
        } else if !bag.attributes.is_trusted {
            bag.entry.notes.push(Note::NotListed(NO_ATTRIBUTE));
        }
        lists += usize::from(is_entry || place.is_some());
    }
    let owner = if is_whole { owner(&bags, lists) } else { None };
    let mut entries: Vec<Decoded> = bags.into_iter().map(|bag| bag.entry).collect();
    if trailing > 0
        && let Some(last) = entries.last_mut()
    {
        last.notes.push(Note::Trailing(trailing));
    }
    (entries, owner)
}

fn owner(bags: &[Bag], lists: usize) -> Option<Owner> {
    let of = |fits: &dyn Fn(&Bag) -> bool| bags.iter().any(|bag| bag.kind == Kind::Certificate && fits(bag));
    let program = "Java";
    if bags.iter().any(|bag| !bag.is_nested && is_unreadable(bag)) {
        return Some(Owner { program, lists: 0, because: BROKEN });
    }
    let reasons =
        [(Note::NotListed(NO_ATTRIBUTE), HIDDEN), (Note::NotListed(NESTED), IN_BAGS), (Note::SameAlias, SAME_ALIAS)];
    let because = reasons.iter().find(|(note, _)| of(&|bag| bag.entry.notes.contains(note)))?.1;
    Some(Owner { program, lists, because })
}

/// Whether Java stops at a bag.
fn is_unreadable(bag: &Bag) -> bool {
    match bag.entry.body {
        Body::Malformed(_) => true,
        Body::Other(_) => bag.kind == Kind::Certificate,
        _ => false,
    }
}

/// Whether a bag is an entry for Java.
fn is_entry(bag: &Bag) -> bool {
    !bag.is_nested
        && match bag.kind {
            Kind::Certificate => bag.attributes.is_trusted && matches!(bag.entry.body, Body::Certificate(_)),
            Kind::PrivateKey | Kind::SecretKey => true,
            Kind::Other => false,
        }
}

/// Entries that a later one of the same alias replaces.
fn lost(bags: &[Bag]) -> HashSet<usize> {
    let (mut last, mut lost, mut unnamed) = (HashMap::new(), HashSet::new(), 0);
    for (index, bag) in bags.iter().enumerate() {
        if !is_entry(bag) {
            continue;
        }
        let alias = match &bag.attributes.friendly_name {
            Some(name) => name.raw().to_lowercase(),
            // Bags without a name are numbered (`getUnfriendlyName`).
            None => {
                unnamed += 1;
                unnamed.to_string()
            }
        };
        lost.extend(last.insert(alias, index));
    }
    lost
}

/// The certificates in chains of private keys, with their place: the one with the key's localKeyId,
/// then its issuer by name, and so on up to one that names itself.
fn chains(bags: &[Bag]) -> HashMap<usize, usize> {
    let mut places = HashMap::new();
    let keys: Vec<&Bag> = bags.iter().filter(|bag| bag.kind == Kind::PrivateKey && !bag.is_nested).collect();
    if keys.is_empty() {
        return places;
    }
    let certificates: Vec<(usize, Certificate)> = bags
        .iter()
        .enumerate()
        .filter_map(|(index, bag)| match &bag.entry.body {
            Body::Certificate(der) if !bag.is_nested => Some((index, x509::read(der.clone()))),
            _ => None,
        })
        .collect();
    let mut by_subject: HashMap<&[u8], usize> = HashMap::new();
    for (position, (_, certificate)) in certificates.iter().enumerate() {
        if let Some(subject) = certificate.subject_der() {
            by_subject.entry(subject).or_insert(position);
        }
    }
    let mut by_id: HashMap<&[u8], usize> = HashMap::new();
    for (position, (index, _)) in certificates.iter().enumerate() {
        if let Some(id) = bags.get(*index).and_then(|bag| key_id(bag, keys.len())) {
            by_id.entry(id).or_insert(position);
        }
    }
    for key in &keys {
        let mut next = key_id(key, keys.len()).and_then(|id| by_id.get(id)).copied();
        let mut place = 0;
        while let Some((index, certificate)) = next.and_then(|position| certificates.get(position)) {
            // Where another key's chain has been, the rest is the same.
            if places.contains_key(index) {
                break;
            }
            places.insert(*index, place);
            place += 1;
            let issuer = certificate.issuer_der().filter(|_| !certificate.is_self_issued());
            next = issuer.and_then(|issuer| by_subject.get(issuer)).copied();
        }
    }
    places
}

/// The localKeyId of a bag; with one private key, Java makes up what is missing of it and of the first
/// certificate among its bags.
fn key_id(bag: &Bag, keys: usize) -> Option<&[u8]> {
    let made_up = keys == 1 && (bag.kind == Kind::PrivateKey || bag.is_first);
    bag.attributes.local_key_id.as_deref().or(if made_up { Some(b"01") } else { None })
}
