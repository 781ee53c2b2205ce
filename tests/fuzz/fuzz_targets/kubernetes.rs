//! Any octets are read as kubernetes to an end, with every place inside the file.

#![no_main]

use castore::format::kubernetes;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold(bytes, &kubernetes::read(bytes, &castore_fuzz::means())));
