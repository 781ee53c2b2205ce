//! Any octets are read as edk2 to an end, with every place inside the file.

#![no_main]

use castore::format::edk2;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold(bytes, &edk2::read(bytes, &castore_fuzz::means())));
