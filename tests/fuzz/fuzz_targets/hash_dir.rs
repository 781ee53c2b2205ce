//! Any octets hash or are no name, and any text is a hash name or none.

#![no_main]

use castore::format::hash_dir;
use std::ffi::OsStr;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = hash_dir::subject_hash(bytes);
    let _ = hash_dir::subject_hash_old(bytes);
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Some(name) = hash_dir::parse_name(OsStr::new(text))
    {
        let again = format!("{:08x}.{}{}", name.hash, if name.crl { "r" } else { "" }, name.index);
        assert_eq!(again, text.to_ascii_lowercase());
    }
});
