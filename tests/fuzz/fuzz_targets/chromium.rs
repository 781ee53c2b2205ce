//! Any octets are read as chromium to an end, with every place inside the file.

#![no_main]

use castore::format::chromium;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold(bytes, &chromium::read(bytes, &castore_fuzz::means())));
