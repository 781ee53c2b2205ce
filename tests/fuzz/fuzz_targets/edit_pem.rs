//! Any octets that are a store are changed exactly as is wanted, or not at all.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold_edits(bytes, &castore_fuzz::means()));
