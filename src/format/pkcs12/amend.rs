//! A file with other certificates in its parts, and all else octet for octet as it was.
//!
//! A part that does not change is copied as it stands, encrypted or not. One that does is encrypted as it was, by the
//! same algorithms with as many iterations and the same password, under a new salt; its other bags are copied into it.
//! So private keys, which are encrypted once more in their bags, are neither read nor made anew. The seal is computed
//! by the algorithm it states.

use super::bags::{self, CERT_BAG, SAFE_BAG};
use super::hash::Hash;
use super::passwords::{Opener, Secret};
use super::scheme::Scheme;
use super::write::{bag, content_info, encrypted, fresh, legacy, modern, number, octets};
use super::{DATA, ENCRYPTED_DATA, Trouble, mac};
use crate::format::Means;
use crate::format::ber::Walk;
use crate::format::der::{element, sequence, tag};
use crate::model::{Malformation, Oid};
use std::collections::HashSet;
use std::ops::Range;

/// A part: its octets in the file, how it is encrypted, what is in it.
struct Part {
    octets: Range<usize>,
    scheme: Option<Scheme>,
    safe: Vec<u8>,
    /// Its bags.
    bags: Vec<Range<usize>>,
    /// Whether one of them is a certificate.
    has_certificates: bool,
}

/// A file taken apart.
pub(crate) struct Frames<'a> {
    opener: Opener<'a>,
    safe: Vec<u8>,
    parts: Vec<Part>,
    /// The MacData, and where in it the digest stands.
    seal: Option<(Vec<u8>, Range<usize>)>,
    hash: Option<Hash>,
    /// What stands behind the file.
    rest: Vec<u8>,
}

/// What becomes of a file.
#[derive(Debug)]
pub(crate) struct Change<'c> {
    /// Which of its bags stay, in the order in which they are read.
    pub(crate) stays: Vec<bool>,
    /// Certificates that become entries of their own, each with the alias that is wanted for it.
    pub(crate) added: Vec<(String, &'c [u8])>,
    /// Aliases in use, in lower case as Java compares them.
    pub(crate) aliases: HashSet<String>,
}

/// What is read and not written here.
fn layout<T>(what: &str) -> Result<T, Trouble> {
    Err(Trouble::Unsupported(what.to_owned()))
}

impl<'a> Frames<'a> {
    /// Takes a file apart that is whole; `None` where no password that is tried fits.
    pub(crate) fn read(bytes: &[u8], means: &'a Means<'a>) -> Result<Option<Self>, String> {
        match Self::pfx(bytes, Opener::new(means)) {
            Ok(frames) => Ok(Some(frames)),
            Err(Trouble::Password) => Ok(None),
            Err(Trouble::Unsupported(what)) => Err(what),
            Err(Trouble::Malformed(why)) => Err(format!("expected {}", why.expected)),
            Err(Trouble::Bound(gap)) => Err(gap.to_string()),
        }
    }

    fn pfx(bytes: &[u8], mut opener: Opener<'a>) -> Result<Self, Trouble> {
        let mut file = Walk::new(bytes);
        let mut pfx = file.enter(tag::SEQUENCE, "a PFX (a SEQUENCE)")?;
        pfx.unsigned("a version (an INTEGER)")?;
        let mut info = pfx.enter(tag::SEQUENCE, "a ContentInfo (a SEQUENCE)")?;
        if info.oid()? != Some(DATA) {
            return layout("content of another type");
        }
        let mut content = info.enter(tag::context(0), "the content ([0])")?;
        let safe = content.octet_string("the AuthenticatedSafe (an OCTET STRING)")?.into_owned();
        let (mut seal, mut hash) = (None, None);
        if !pfx.is_empty() {
            let stated = mac::read(&mut pfx.clone())?;
            opener.verify(&stated, &safe)?;
            hash = Some(stated.hash());
            let whole = pfx.next()?.whole;
            let octets = pfx.octets_at(&whole).to_vec();
            let Some(place) = mac::place_of_digest(&mut Walk::new(&octets)) else {
                return layout("a digest in pieces");
            };
            seal = Some((octets, place));
        }
        let rest = bytes.get(bytes.len() - file.left()..).unwrap_or_default().to_vec();
        let parts = parts(&safe, &mut opener)?;
        Ok(Self { opener, safe, parts, seal, hash, rest })
    }

    /// How many bags there are.
    pub(crate) fn bags(&self) -> usize {
        self.parts.iter().map(|part| part.bags.len()).sum()
    }

    /// The file with a change.
    pub(crate) fn changed(&self, mut change: Change<'_>) -> Option<Vec<u8>> {
        let new: Vec<u8> = std::mem::take(&mut change.added)
            .into_iter()
            .flat_map(|(alias, der)| bag(&change.unused(&alias), der))
            .collect();
        // New bags go where certificates are, behind the last of them.
        let home = self.parts.iter().rposition(|part| part.has_certificates);
        let mut stays = change.stays.into_iter();
        let mut parts: Vec<u8> = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            let bags: Vec<(&Range<usize>, bool)> = part.bags.iter().zip(stays.by_ref()).collect();
            let added = if home == Some(index) { &new[..] } else { &[] };
            if added.is_empty() && bags.iter().all(|(_, stays)| *stays) {
                parts.extend_from_slice(self.safe.get(part.octets.clone())?);
                continue;
            }
            let kept = bags.iter().filter(|(_, stays)| *stays);
            let mut bags: Vec<u8> = Vec::with_capacity(part.safe.len() + added.len());
            for (place, _) in kept {
                bags.extend_from_slice(part.safe.get((*place).clone())?);
            }
            bags.extend_from_slice(added);
            parts.extend(self.part(part.scheme.as_ref(), &element(tag::SEQUENCE, &bags))?);
        }
        if home.is_none() && !new.is_empty() {
            let safe = element(tag::SEQUENCE, &new);
            let scheme = match self.hash {
                Some(Hash::Sha1) => Some(legacy(&safe)),
                Some(_) => Some(modern(&safe)),
                None => None,
            };
            parts.extend(self.part(scheme.as_ref(), &safe)?);
        }
        self.sealed(&element(tag::SEQUENCE, &parts))
    }

    /// A part that is made anew.
    fn part(&self, scheme: Option<&Scheme>, safe: &[u8]) -> Option<Vec<u8>> {
        let Some(scheme) = scheme else { return Some(content_info(DATA, &octets(safe))) };
        let scheme = scheme.renewed(&|what, count| fresh(what, safe, count));
        encrypted(&scheme, self.secret()?, safe)
    }

    fn secret(&self) -> Option<&Secret> {
        self.opener.secret()
    }

    /// The file around its parts.
    fn sealed(&self, parts: &[u8]) -> Option<Vec<u8>> {
        let mut fields = vec![number(3), content_info(DATA, &octets(parts))];
        if let Some((seal, place)) = &self.seal {
            let stated = mac::read(&mut Walk::new(seal)).ok()?;
            let digest = stated.compute(self.secret()?, parts)?;
            let mut seal = seal.clone();
            seal.get_mut(place.clone()).filter(|old| old.len() == digest.len())?.copy_from_slice(&digest);
            fields.push(seal);
        }
        let mut file = sequence(&fields);
        file.extend_from_slice(&self.rest);
        Some(file)
    }
}

impl Change<'_> {
    /// An alias that no entry has.
    fn unused(&mut self, wanted: &str) -> String {
        let numbered = (2u64..).map(|number| format!("{wanted} {number}"));
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        let found = names.find(|name| self.aliases.insert(name.to_lowercase()));
        found.unwrap_or_default()
    }
}

fn parts(safe: &[u8], opener: &mut Opener<'_>) -> Result<Vec<Part>, Trouble> {
    let mut all = Walk::new(safe).enter(tag::SEQUENCE, "an AuthenticatedSafe (a SEQUENCE)")?;
    let mut parts = Vec::new();
    while !all.is_empty() {
        let whole = all.expect(tag::SEQUENCE, "a ContentInfo (a SEQUENCE)")?;
        let mut part = all.inside(&whole)?;
        let oid = part.oid()?;
        let mut content = part.enter(tag::context(0), "the content ([0])")?;
        let (scheme, safe) = match oid {
            Some(DATA) => (None, content.octet_string("SafeContents (an OCTET STRING)")?.into_owned()),
            Some(ENCRYPTED_DATA) => opened(content, opener)?,
            _ => return layout("parts that are not encrypted with a password"),
        };
        let (bags, has_certificates) = places(&safe)?;
        parts.push(Part { octets: whole.whole, scheme, safe, bags, has_certificates });
    }
    Ok(parts)
}

fn opened(mut content: Walk<'_>, opener: &mut Opener<'_>) -> Result<(Option<Scheme>, Vec<u8>), Trouble> {
    let mut data = content.enter(tag::SEQUENCE, "an EncryptedData (a SEQUENCE)")?;
    data.unsigned("a version (an INTEGER)")?;
    let mut content = data.enter(tag::SEQUENCE, "an EncryptedContentInfo (a SEQUENCE)")?;
    content.oid()?;
    let scheme = Scheme::read(&mut content)?;
    let (sealed, cut) = content.string(0x80, "encrypted octets ([0])")?;
    match cut {
        Some(why) => Err(why.into()),
        None => opener.open(&scheme, &sealed).map(|safe| (Some(scheme), safe)),
    }
}

/// Where the bags of a part stand, and whether one is a certificate.
fn places(safe: &[u8]) -> Result<(Vec<Range<usize>>, bool), Trouble> {
    let mut all = Walk::new(safe).enter(tag::SEQUENCE, "SafeContents (a SEQUENCE)")?;
    let (mut places, mut has_certificates) = (Vec::new(), false);
    while !all.is_empty() {
        let whole = all.expect(tag::SEQUENCE, "a SafeBag (a SEQUENCE)")?;
        let kind: Result<(Option<Oid>, Walk<'_>), Malformation> = bags::head(&mut all.inside(&whole)?);
        match kind?.0 {
            Some(SAFE_BAG) => return layout("bags in bags"),
            kind => has_certificates |= kind == Some(CERT_BAG),
        }
        places.push(whole.whole);
    }
    Ok((places, has_certificates))
}
