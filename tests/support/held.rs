//! What holds for every reader, whatever octets it is given: in replays, corpora and fuzzing alike.

use castore::baseline::{self, compare};
use castore::format::{Decoding, Means, x509};
use castore::limits::Bounds;
use castore::model::{Body, Fingerprint, Gap, Note, Slot, Timestamp};
use sha2::{Digest, Sha256};

/// Entries that [`means`] allow.
pub const ENTRIES: usize = 10_000;

/// Means under which the derivation of keys is no part of what a reading costs.
pub fn means() -> Means<'static> {
    // Two rounds of 2,048, what OpenSSL writes (PKCS12_DEFAULT_ITER), and not those of a slow store.
    Means {
        bounds: Bounds { entries: ENTRIES, kdf_iterations: 5_000, kdf_memory: 1 << 20, ..Bounds::default() },
        ..Means::default()
    }
}

/// Holds a reading: no more entries than the bound, places inside the file, certificates that are one
/// DER value each, or said to be BER, and can be looked at, and nothing of the file in what is said about it.
pub fn hold(bytes: &[u8], read: &Decoding) {
    assert!(read.entries.len() <= ENTRIES, "{} entries", read.entries.len());
    for entry in &read.entries {
        hold_slot(bytes.len() as u64, &entry.slot);
        match &entry.body {
            Body::Certificate(der) => {
                let is_ber = entry.notes.contains(&Note::Ber);
                assert!(is_ber || first_value(der) == Some(der.len()), "not one DER value, and no word of it");
                hold_certificate(der);
            }
            Body::Malformed(malformation) => assert!(!malformation.expected.is_empty(), "nothing was expected"),
            Body::Reference(reference) => assert!(**reference != Default::default(), "a reference to nothing"),
            Body::PrivateKey | Body::Other(_) => {}
        }
    }
    // These go to terminals as they are.
    let said = read.container.protection.iter().cloned().chain(read.gaps.iter().map(Gap::to_string));
    for text in said {
        let plain = text.chars().all(|character| character.is_ascii_graphic() || character == ' ');
        assert!(plain && !text.is_empty() && text.len() < 300, "{text:?}");
    }
    assert!(read.gaps.len() <= ENTRIES, "{} gaps", read.gaps.len());
}

/// Holds what octets are as a snapshot: refused with a short reason; or read, and then written to be read as the
/// same, which does not differ from itself.
#[allow(dead_code, reason = "each crate of tests uses a part")]
pub fn hold_snapshot(bytes: &[u8]) {
    let baseline = match baseline::read(bytes) {
        Ok(baseline) => baseline,
        Err(error) => {
            let said = error.to_string();
            assert!(said.chars().count() < 1000, "{said}");
            return;
        }
    };
    let again = baseline::read(baseline::write(&baseline).as_bytes());
    assert_eq!(again.as_ref(), Ok(&baseline));
    for at in [0, i64::MAX].map(Timestamp::from_unix) {
        let effective = baseline.effective(at);
        assert!(compare(&effective, &effective).is_same());
        let _ = compare(&baseline.inventory, &effective);
    }
    for acceptance in &baseline.accepted {
        assert!(acceptance.standing(&baseline.inventory) <= acceptance.changes.len());
    }
}

fn hold_slot(length: u64, slot: &Slot) {
    match slot {
        Slot::Offset(offset) => assert!(*offset <= length, "byte {offset} of {length}"),
        Slot::Block(block) => assert!(block.offset <= length && block.line > 0, "{block:?} of {length}"),
        // What is inside is counted inside.
        Slot::File(..) | Slot::Inside(..) | Slot::Whole | Slot::Alias(_) | Slot::Index(_) | Slot::Row(_) => {}
    }
}

fn hold_certificate(der: &[u8]) {
    let certificate = x509::read(der.into());
    assert_eq!(certificate.fingerprint(), Fingerprint::from_bytes(Sha256::digest(der).into()));
    assert_eq!(certificate.der(), der);
    let _ = (x509::details(&certificate), x509::brief(&certificate));
}

/// The length of the DER value at the beginning, tag and length included.
fn first_value(der: &[u8]) -> Option<usize> {
    let (&first, rest) = der.get(1..)?.split_first()?;
    let (octets, length) = match first {
        0..0x80 => (0, usize::from(first)),
        _ => {
            let octets = usize::from(first & 0x7f);
            let length = rest.get(..octets)?.iter().try_fold(0usize, |all, octet| {
                all.checked_mul(256).and_then(|all| all.checked_add(usize::from(*octet)))
            })?;
            (octets, length)
        }
    };
    length.checked_add(2 + octets)
}
