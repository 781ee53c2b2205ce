//! Any octets are read as a snapshot to an end, or refused with a short reason.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castore_fuzz::hold_snapshot(bytes));
