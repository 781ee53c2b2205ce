//! Who says what is in a store, and takes nothing that is cut.

use super::Set;
use castore::format::{Journal, Means, decode_with, x509};
use castore::model::Body;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

fn octets(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn fingerprint(der: &[u8]) -> String {
    x509::read(der.into()).fingerprint().to_string()
}

/// A bundle. Not by castore's own reader; each block that begins is ended.
pub fn pem(path: &Path) -> Result<Set, String> {
    let octets = octets(path)?;
    let blocks = ::pem::parse_many(&octets).map_err(|error| format!("{}: {error}", path.display()))?;
    let begun = octets.windows(11).filter(|window| window == b"-----BEGIN ").count();
    if blocks.is_empty() || blocks.len() != begun {
        return Err(format!("{}: {begun} blocks begin and {} are whole", path.display(), blocks.len()));
    }
    Ok(blocks.iter().map(|block| fingerprint(block.contents())).collect())
}

/// A keystore or a database, by castore's reader, which holds the seals of Java's and of PKCS#12; everything in it is
/// to be a certificate. The same octets are read once: the seal of a PKCS#12 takes as long as a run.
pub fn keystore(path: &Path) -> Result<Set, String> {
    static KNOWN: Mutex<BTreeMap<[u8; 32], Set>> = Mutex::new(BTreeMap::new());
    let octets = octets(path)?;
    let beside =
        |suffix: &str| fs::read(format!("{}{suffix}", path.display())).ok().filter(|journal| !journal.is_empty());
    let (rollback, log) = (beside("-journal"), beside("-wal"));
    let mut all = Sha256::new();
    for part in [Some(&octets), rollback.as_ref(), log.as_ref()] {
        all.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
        all.update(part.map_or(&[][..], |part| part));
    }
    let all: [u8; 32] = all.finalize().into();
    if let Some(known) = KNOWN.lock().expect("what was read").get(&all) {
        return Ok(known.clone());
    }
    let journal = rollback.as_deref().map(Journal::Rollback).or(log.as_deref().map(Journal::WriteAhead));
    let decoded = decode_with(&octets, &Means { journal, ..Means::default() });
    let certificate = |body: &Body<Box<[u8]>>| match body {
        Body::Certificate(der) => Some(fingerprint(der)),
        _ => None,
    };
    let set: Option<Set> = decoded.entries.iter().map(|entry| certificate(&entry.body)).collect();
    match set {
        Some(set) if decoded.gaps.is_empty() && !set.is_empty() => {
            KNOWN.lock().expect("what was read").insert(all, set.clone());
            Ok(set)
        }
        _ => Err(format!("{}: {} octets, {:?}", path.display(), octets.len(), decoded.gaps)),
    }
}

/// A directory as OpenSSL looks into it: of each hash `.0`, `.1` and so on, to the first that is not there. What is
/// behind a gap is found by nobody.
pub fn hash_directory(path: &Path) -> Result<Set, String> {
    let mut slots: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir(path).map_err(|error| error.to_string())? {
        let name = entry.map_err(|error| error.to_string())?.file_name().to_string_lossy().into_owned();
        let Some((hash, number)) = name.split_once('.') else { continue };
        if let (8, true, Ok(number)) = (hash.len(), hash.bytes().all(|octet| octet.is_ascii_hexdigit()), number.parse())
        {
            slots.entry(hash.to_owned()).or_default().push(number);
        }
    }
    let mut set = Set::new();
    for (hash, mut numbers) in slots {
        numbers.sort_unstable();
        for (expected, number) in (0..).zip(numbers) {
            if number != expected {
                return Err(format!("{hash}.{expected} is missing before {hash}.{number}"));
            }
            set.extend(pem(&path.join(format!("{hash}.{number}")))?);
        }
    }
    Ok(set)
}

/// A directory whose files with this ending are read, whole.
pub fn directory(path: &Path, extension: &str) -> Result<Set, String> {
    let mut set = Set::new();
    for entry in fs::read_dir(path).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.extension().is_some_and(|own| own == extension) {
            set.extend(pem(&path)?);
        }
    }
    Ok(set)
}
