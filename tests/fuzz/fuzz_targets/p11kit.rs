//! Any octets are read as p11kit to an end, with every place inside the file.

#![no_main]

use castore::format::p11kit;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold(bytes, &p11kit::read(bytes, &castore_fuzz::means())));
