//! Every reader, whatever the file looks like, what its readings come to and how long they take.

#![allow(dead_code, reason = "each crate of tests uses a part")]

use castore::format::{self, Decoding, Means};
use castore::model::{Body, Gap, Malformation};
use std::time::Duration;

/// A reader by its name.
pub type Reader = (&'static str, fn(&[u8], &Means<'_>) -> Decoding);

/// What [`format::decode_with`] chooses from, and that function itself.
pub const READERS: &[Reader] = &[
    ("decode", format::decode_with),
    ("der", |bytes, _| Decoding { entries: format::der::read(bytes), ..Decoding::new(castore::model::Format::Der) }),
    ("bks", format::bks::read),
    ("certdata", format::certdata::read),
    #[cfg(feature = "sqlite")]
    ("chromium", format::chromium::read),
    ("ctl", format::ctl::read),
    ("edk2", format::edk2::read),
    ("elf", format::elf::read),
    ("jks", format::jks::read),
    #[cfg(feature = "yaml")]
    ("kubernetes", format::kubernetes::read),
    #[cfg(feature = "plist")]
    ("native_trust", format::native_trust::read),
    #[cfg(feature = "sqlite")]
    ("nss", format::nss::read),
    ("p11kit", format::p11kit::read),
    ("pem", |bytes, _| {
        let read = format::pem::read(bytes);
        Decoding { entries: read.entries, gaps: read.gaps, ..Decoding::new(castore::model::Format::Pem) }
    }),
    #[cfg(feature = "pkcs12")]
    ("pkcs12", format::pkcs12::read),
    ("pkcs7", format::pkcs7::read),
    ("sst", format::sst::read),
];

/// What a reading came to, as a person would ask: certificates, or why none.
pub fn outcome(read: &Decoding) -> &'static str {
    let any = |wanted: fn(&Body<Box<[u8]>>) -> bool| read.entries.iter().any(|entry| wanted(&entry.body));
    if any(|body| matches!(body, Body::Certificate(_) | Body::Reference(_))) {
        "certificates"
    } else if any(|body| matches!(body, Body::Malformed(_))) {
        "malformed"
    } else if read.gaps.iter().any(|gap| matches!(gap, Gap::Broken(Malformation { .. }))) {
        "broken"
    } else if !read.gaps.is_empty() {
        "gap"
    } else if any(|body| matches!(body, Body::PrivateKey | Body::Other(_))) {
        "only others"
    } else if !read.format.is_read() {
        "unread format"
    } else {
        "nothing"
    }
}

/// The processor time of this thread so far.
#[cfg(unix)]
pub fn processor_time() -> Duration {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock of this thread").into()
}

/// Elsewhere time is not held to a bound.
#[cfg(not(unix))]
pub fn processor_time() -> Duration {
    Duration::ZERO
}

/// The processor time that reading one ordinary file may take, the derivation of keys apart.
pub const LONGEST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1000 } else { 50 });
