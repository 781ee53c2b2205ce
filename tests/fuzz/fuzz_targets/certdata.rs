//! Any octets are read as certdata to an end, with every place inside the file.

#![no_main]

use castore::format::certdata;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold(bytes, &certdata::read(bytes, &castore_fuzz::means())));
