//! What holds for every store that is changed, whatever octets it is of: in replays and fuzzing alike.

use castore::format::{Decoding, Means, decode_with, x509};
use castore::model::{Body, Fingerprint, Format, Password, Timestamp};
use castore::plan::edit::{Edited, Wanted, file};
use sha1::{Digest, Sha1};
use std::collections::BTreeSet;
use std::slice::from_ref;
use std::sync::Arc;

/// What is added.
const ADDED: &[u8] = include_bytes!("../data/certificates/one.der");

/// Octets of the digest of a Java keystore.
const DIGEST: usize = 20;

/// A Java keystore sealed anew with `changeit`, so that what was changed in it is reached.
pub fn resealed(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes[..bytes.len().saturating_sub(DIGEST)].to_vec();
    let password: Vec<u8> = "changeit".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let digest = Sha1::new().chain_update(password).chain_update("Mighty Aphrodite").chain_update(&out).finalize();
    out.extend_from_slice(&digest);
    out
}

fn held(read: &Decoding) -> BTreeSet<Fingerprint> {
    let certificates = read.entries.iter().filter_map(|entry| match &entry.body {
        Body::Certificate(der) => Some(x509::read(der.clone()).fingerprint()),
        _ => None,
    });
    certificates.collect()
}

fn keys(read: &Decoding) -> usize {
    read.entries.iter().filter(|entry| matches!(entry.body, Body::PrivateKey)).count()
}

/// Holds changes to a store: nothing comes or goes but what was wanted, no key is lost, doing it again does nothing,
/// and taking out what was put in gives the very octets.
pub fn hold_edits(bytes: &[u8], means: &Means<'_>) {
    let read = decode_with(bytes, means);
    // What is dear to open is dear to change.
    if !read.gaps.is_empty() {
        return;
    }
    let added = Arc::new(x509::read(ADDED.into()));
    let before = held(&read);
    let no_passwords: &[Password] = &[];
    let at = Timestamp::from_unix(0);
    let first: BTreeSet<Fingerprint> = before.iter().next().copied().into_iter().collect();
    for remove in [&BTreeSet::new(), &first] {
        for add in [&[][..], from_ref(&added)] {
            let wanted = Wanted { add, remove, passwords: no_passwords, at };
            let Ok(Edited::Bytes(new)) = file(read.format, bytes, &wanted) else { continue };
            let again = decode_with(&new, means);
            let after = held(&again);
            let mut expected = before.clone();
            expected.extend(add.iter().map(|certificate| certificate.fingerprint()));
            assert!(after.is_subset(&expected), "something came");
            let stays = expected.difference(remove).all(|fingerprint| after.contains(fingerprint));
            assert!(stays, "something went");
            assert_eq!(keys(&again), keys(&read), "keys");
            if again.format == read.format {
                assert_eq!(file(again.format, &new, &wanted), Ok(Edited::Same), "not the same again");
            }
        }
    }
    let is_exact = matches!(read.format, Format::Pem | Format::Jks | Format::Jceks) && bytes.last() != Some(&b'\r');
    if is_exact && !before.contains(&added.fingerprint()) {
        let (nothing, out) = (BTreeSet::new(), BTreeSet::from([added.fingerprint()]));
        let put = Wanted { add: &[added], remove: &nothing, passwords: no_passwords, at };
        if let Ok(Edited::Bytes(with)) = file(read.format, bytes, &put) {
            let taken = file(read.format, &with, &Wanted { add: &[], remove: &out, passwords: no_passwords, at });
            assert_eq!(taken, Ok(Edited::Bytes(bytes.to_vec())), "not the octets that were there");
        }
    }
}
