//! Any octets are read as bks to an end, with every place inside the file.

#![no_main]

use castore::format::bks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold(bytes, &bks::read(bytes, &castore_fuzz::means())));
