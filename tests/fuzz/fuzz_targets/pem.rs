//! Any file decodes, every place is inside it, and what is read can be written and read again.

#![no_main]

use castore::format::{decode, pem};
use castore::model::{Body, Slot};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    drop(decode(bytes));
    let found = pem::read(bytes);
    assert!(found.gaps.is_empty() || bytes.len() > 1 << 20);
    for entry in found.entries {
        let Slot::Block(block) = entry.slot else { panic!("a block without a place") };
        assert!(block.offset < bytes.len() as u64);
        if let Body::Certificate(der) = entry.body {
            let again = pem::read(pem::write(&der, &["comment"]).as_bytes()).entries;
            assert!(again.len() == 1 && again[0].body == Body::Certificate(der));
        }
    }
});
