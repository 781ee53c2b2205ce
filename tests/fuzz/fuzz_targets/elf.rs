//! Any octets are read as elf to an end, with every place inside the file.

#![no_main]

use castore::format::elf;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold(bytes, &elf::read(bytes, &castore_fuzz::means())));
