//! Any octets are read as jks to an end, with every place inside the file.

#![no_main]

use castore::format::jks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold(bytes, &jks::read(bytes, &castore_fuzz::means())));
