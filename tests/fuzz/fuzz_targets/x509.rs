//! Any octets make a certificate whose fields lie inside it.

#![no_main]

use castore::format::x509;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let certificate = x509::read(bytes.into());
    if let Ok(outline) = certificate.outline() {
        for range in [&outline.serial, &outline.issuer, &outline.subject, &outline.spki, &outline.extensions] {
            assert!(bytes.get(range.clone()).is_some());
        }
    }
    let _ = x509::details(&certificate);
});
