//! `castore export`: one file, written whole.

use super::{Kind, OLD, Other, Set, Together, Writer, bundle, read, sources};
use crate::certificates::NOW;
use crate::place::Place;
use crate::words;
use std::ffi::OsString;

pub const WRITERS: &[Writer] = &[OVER, NEW];

/// A bundle in the place of another.
const OVER: Writer = Writer {
    name: "export over a bundle",
    kind: Kind::Bundle,
    needs: None,
    make: |place| {
        sources(place);
        place.put("store/ca.pem", bundle(OLD));
    },
    arguments: |place| export(place, "source/new.pem"),
    held: |place| read::pem(&place.path("store/ca.pem")),
    at_once: true,
    other: Some(Other { arguments: |place| export(place, "source/other.pem"), together: Together::Either }),
};

/// A bundle where none was.
const NEW: Writer = Writer {
    name: "export to a new file",
    make: sources,
    held: |place| match place.path("store/ca.pem") {
        path if path.exists() => read::pem(&path),
        _ => Ok(Set::new()),
    },
    ..OVER
};

fn export(place: &Place, from: &str) -> Vec<OsString> {
    words!["export", "--from", place.path(from), "--out", place.path("store/ca.pem"), "--at", NOW]
}
