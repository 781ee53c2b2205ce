//! What holds for every reader, whatever octets it is given.

use castore::format::{Decoding, Means, x509};
use castore::limits::Bounds;
use castore::model::{Body, Slot};

/// Means with bounds that keep one run under a second.
pub fn means() -> Means<'static> {
    let bounds = Bounds { entries: 10_000, kdf_iterations: 5_000, kdf_memory: 1 << 20 };
    Means { bounds, ..Means::default() }
}

/// Holds a reading: no more entries than octets and bound, places inside the file, certificates that
/// can be looked at.
pub fn hold(bytes: &[u8], read: &Decoding) {
    assert!(read.entries.len() <= 10_000);
    for entry in &read.entries {
        if let Slot::Offset(offset) = entry.slot {
            assert!(offset <= bytes.len() as u64);
        }
        if let Body::Certificate(der) = &entry.body {
            let _ = x509::details(&x509::read(der.clone()));
        }
    }
}
