//! Any octets are read as sst to an end, with every place inside the file.

#![no_main]

use castore::format::sst;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold(bytes, &sst::read(bytes, &castore_fuzz::means())));
