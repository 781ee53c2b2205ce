//! Any octets are read as native_trust to an end, with every place inside the file.

#![no_main]

use castore::format::native_trust;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold(bytes, &native_trust::read(bytes, &castore_fuzz::means())));
