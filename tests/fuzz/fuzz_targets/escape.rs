//! Any text acts nowhere that castore writes it, and is read there as what it was.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold_escapes(bytes));
