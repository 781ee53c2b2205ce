//! Directories, of files alone: what a link would save it costs when the directory is copied into an image, a
//! ConfigMap or an archive.

use super::{BadExport, Content, Lost, Options, Row, Shape, Written, anything, bare, lost};
use crate::format::hash_dir::{self, layout};
use crate::format::{der, directory, pem};
use crate::model::{Body, Certificate};
use crate::plan::Kept;
use std::collections::{BTreeMap, BTreeSet};

/// For importers that take file by file.
pub(super) const DER: Row = Row {
    name: "der-dir",
    about: "a directory of one .cer of DER for each certificate",
    shape: Shape::Directory,
    is_bundle: false,
    holds: anything,
    write: |kept, options| {
        let files = directory::der(&certificates(kept));
        Ok(bare(kept, Content::Directory(files), options.purpose))
    },
};

/// What OpenSSL looks things up in by the hash of their subjects.
pub(super) const HASH: Row = Row {
    name: "hash-dir",
    about: "a directory as OpenSSL looks things up in it, without links",
    shape: Shape::Directory,
    is_bundle: false,
    holds: anything,
    write: hashed,
};

fn certificates(kept: &[Kept]) -> Vec<&Certificate> {
    kept.iter().map(|kept| &*kept.certificate).collect()
}

/// A file under each hash name, of which a certificate has two where both hashes are asked for. One that no hash name leads to has one of its own, which readers of whole directories
/// find.
fn hashed(kept: &[Kept], options: &Options<'_>) -> Result<Written, BadExport> {
    let layout = layout(&certificates(kept), options.hashes);
    // The layout has bare blocks: each is looked up by its octets to get its comments.
    let commented: BTreeMap<Vec<u8>, Vec<u8>> = kept
        .iter()
        .map(|kept| {
            let write = |comments: &[&str]| pem::write(kept.certificate.der(), comments);
            (write(&[]).into_bytes(), super::single::with_comments(kept, options, write).into_bytes())
        })
        .collect();
    let by_name: BTreeMap<&str, &Vec<u8>> =
        layout.files.iter().filter_map(|(name, bare)| Some((name.as_str(), commented.get(bare)?))).collect();
    let linked: BTreeSet<&str> = layout.links.iter().map(|(_, to)| to.as_str()).collect();
    let loose = layout.files.iter().map(|(name, _)| (name, name)).filter(|(_, to)| !linked.contains(to.as_str()));
    let links = layout.links.iter().map(|(name, to)| (name, to));
    let mut files: Vec<(String, Vec<u8>)> =
        links.chain(loose).filter_map(|(name, to)| Some((name.clone(), by_name.get(to.as_str())?.to_vec()))).collect();
    files.sort();
    let unlinked: BTreeSet<_> = layout.unlinked.iter().collect();
    let lost = kept.iter().map(|kept| {
        let mut lost = lost::of_all(kept, options.purpose);
        if unlinked.contains(&kept.certificate.fingerprint()) {
            lost.push(Lost::Other("a hash by which OpenSSL would find it"));
        }
        lost
    });
    Ok(Written { lost: lost.collect(), content: Content::Directory(files) })
}

/// Whether a file is as castore writes it into such a directory, by its name and every octet: one that is not is
/// somebody else's.
#[must_use]
pub fn is_own(row: &Row, name: &str, bytes: &[u8]) -> bool {
    match row.name {
        "der-dir" => {
            let [entry] = &der::read(bytes)[..] else { return false };
            let Body::Certificate(found) = &entry.body else { return false };
            **found == *bytes && directory::is_named_after(name, &crate::format::x509::read(found.clone()), "cer")
        }
        "hash-dir" => is_own_pem(name, bytes),
        _ => false,
    }
}

/// Comments, and one block as castore writes it.
fn is_own_pem(name: &str, bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let block: String = text.split_inclusive('\n').skip_while(|line| line.starts_with("# ")).collect();
    let read = pem::read(block.as_bytes());
    let [entry] = &read.entries[..] else { return false };
    let Body::Certificate(found) = &entry.body else { return false };
    let certificate = crate::format::x509::read(found.clone());
    // By either hash, so that --replace takes away the names of one that is no longer asked for.
    let leads_here = |hash| {
        let Some(subject) = certificate.subject_der() else { return false };
        hash_dir::subject_hash(subject) == Some(hash) || hash_dir::subject_hash_old(subject) == hash
    };
    let is_named = match hash_dir::parse_name(name.as_ref()) {
        Some(parsed) => !parsed.crl && !parsed.uppercase && leads_here(parsed.hash),
        None => directory::is_named_after(name, &certificate, "pem"),
    };
    is_named && block == pem::write(found, &[])
}
