//! Any octets are read as der to an end, with every place inside the file.

#![no_main]

use castore::format::{Decoding, der};
use castore::model::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    castore_fuzz::hold(bytes, &Decoding { entries: der::read(bytes), ..Decoding::new(Format::Der) });
});
