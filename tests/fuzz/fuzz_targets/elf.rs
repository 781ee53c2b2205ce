//! Any octets are searched to an end, with every place inside the file, in order, and each certificate once.

#![no_main]

use castore::format::elf;
use castore::model::Body;
use std::collections::HashSet;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let read = elf::read(bytes, &castore_fuzz::means());
    castore_fuzz::hold(bytes, &read);
    assert!(read.entries.windows(2).all(|pair| pair[0].slot < pair[1].slot), "in the order of the file");
    let mut seen = HashSet::new();
    for entry in &read.entries {
        if let Body::Certificate(der) = &entry.body {
            assert!(seen.insert(der), "each once");
        }
    }
});
