//! Any octets are a database and what its program left beside it, read to an end.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold_journals(bytes, &castore_fuzz::means()));
