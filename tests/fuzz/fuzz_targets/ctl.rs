//! Any octets are read as ctl to an end, with every place inside the file.

#![no_main]

use castore::format::ctl;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold(bytes, &ctl::read(bytes, &castore_fuzz::means())));
