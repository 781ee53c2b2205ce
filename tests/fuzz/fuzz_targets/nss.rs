//! Any octets are read as nss to an end, with every place inside the file.

#![no_main]

use castore::format::nss;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold(bytes, &nss::read(bytes, &castore_fuzz::means())));
