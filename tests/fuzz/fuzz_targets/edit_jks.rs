//! Any octets that are a keystore of Java, sealed so that it opens, are changed exactly as is wanted, or not at all.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    castore_fuzz::hold_edits(&castore_fuzz::resealed(bytes), &castore_fuzz::means());
});
