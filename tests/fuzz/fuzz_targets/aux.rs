//! Any octets are auxiliary trust or refused, and what is read is written and read the same.

#![no_main]

use castore::format::openssl_trusted;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok((purposes, length)) = openssl_trusted::read(bytes) {
        assert!(length <= bytes.len());
        let written = openssl_trusted::encode(&purposes);
        if !written.is_empty() && purposes.alias.as_ref().is_none_or(|alias| !alias.is_lossy()) {
            assert_eq!(openssl_trusted::read(&written), Ok((purposes, written.len())));
        }
    }
});
