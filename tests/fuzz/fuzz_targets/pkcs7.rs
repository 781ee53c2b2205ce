//! Any octets are read as pkcs7 to an end, with every place inside the file.

#![no_main]

use castore::format::pkcs7;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold(bytes, &pkcs7::read(bytes, &castore_fuzz::means())));
