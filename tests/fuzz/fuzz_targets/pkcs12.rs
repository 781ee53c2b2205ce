//! Any octets are read as pkcs12 to an end, with every place inside the file.

#![no_main]

use castore::format::pkcs12;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold(bytes, &pkcs12::read(bytes, &castore_fuzz::means())));
