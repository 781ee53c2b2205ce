//! Files with one defect, in `tests/data/malformed/FORMAT/DEFECT`, for any program that reads the
//! format.
//!
//! ```text
//! expect: jks; alias "one": certificate one, trusted; unsealed; gap: expected a length at byte 12
//! defect: the second entry ends in the middle of its alias
//! octets: 812
//!
//! (the file)
//! ```
//!
//! Each is made by the test of its format, from the certificates in `tests/data/certificates`, the
//! same every time: `CASTORE_MAKE_VECTORS=1 cargo test --lib` writes them, and what castore reads
//! from them. A test without the variable holds what is there to both.

#![allow(clippy::disallowed_methods, reason = "a test makes and reads its data")]

use crate::format::{Decoding, Means, decode_with};
use crate::model::{Body, Decoded, Integrity, Ruling, Slot, Trust};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A file with one defect.
pub(crate) struct Vector {
    /// The defect in a word, its file name.
    pub(crate) name: &'static str,
    /// The defect in a line.
    pub(crate) why: &'static str,
    /// The file.
    pub(crate) bytes: Vec<u8>,
}

/// A vector.
pub(crate) fn vector(name: &'static str, why: &'static str, bytes: Vec<u8>) -> Vector {
    Vector { name, why, bytes }
}

/// What tests read.
pub(crate) fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// A file of it.
pub(crate) fn load(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The certificates that vectors are made of: authorities with P-256 keys.
pub(crate) fn one() -> Vec<u8> {
    load(&data().join("certificates/one.der"))
}

/// The other of them.
pub(crate) fn two() -> Vec<u8> {
    load(&data().join("certificates/two.der"))
}

/// A seed of the fuzzers, as `TARGET/FILE`.
pub(crate) fn seed(name: &str) -> Vec<u8> {
    load(&data().join("../fuzz/seeds").join(name))
}

/// Holds the vectors of a format to what is made and to what is read; names in the directory and in
/// `made` are the same.
pub(crate) fn hold(format: &str, made: &[Vector]) {
    let directory = data().join("malformed").join(format);
    if std::env::var_os("CASTORE_MAKE_VECTORS").is_some() {
        std::fs::create_dir_all(&directory).unwrap();
        for vector in made {
            let head = head(vector);
            std::fs::write(directory.join(vector.name), [head.as_bytes(), &vector.bytes].concat()).unwrap();
        }
    }
    let names: BTreeSet<String> =
        std::fs::read_dir(&directory).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names, made.iter().map(|vector| vector.name.to_owned()).collect(), "{format}");
    for vector in made {
        let file = load(&directory.join(vector.name));
        let (found, body) = file.split_at(memchr::memmem::find(&file, b"\n\n").unwrap() + 2);
        assert!(body == vector.bytes, "{format}/{}: the file is not what is made", vector.name);
        assert_eq!(String::from_utf8_lossy(found), head(vector), "{format}/{}", vector.name);
    }
}

fn head(vector: &Vector) -> String {
    let read = decode_with(&vector.bytes, &Means::default());
    format!("expect: {}\ndefect: {}\noctets: {}\n\n", summary(&read), vector.why, vector.bytes.len())
}

/// What was read, in a line.
pub(crate) fn summary(read: &Decoding) -> String {
    let mut parts = vec![read.format.name().to_owned()];
    parts.extend(read.entries.iter().map(entry));
    match read.container.integrity {
        Integrity::Unsealed => {}
        Integrity::Verified => parts.push("seal verified".to_owned()),
        Integrity::Unverified => parts.push("seal not verified".to_owned()),
        Integrity::Mismatch => parts.push("seal does not fit".to_owned()),
    }
    if let Some(owner) = read.container.owner {
        parts.push(format!("{} lists {}: {}", owner.program, owner.lists, owner.because));
    }
    parts.extend(read.gaps.iter().map(|gap| format!("gap: {gap}")));
    parts.join("; ")
}

fn entry(entry: &Decoded) -> String {
    let body = match &entry.body {
        Body::Certificate(der) if **der == *one() => "one".to_owned(),
        Body::Certificate(der) if **der == *two() => "two".to_owned(),
        Body::Certificate(_) => "another certificate".to_owned(),
        Body::PrivateKey => "private key".to_owned(),
        Body::Reference(_) => "reference".to_owned(),
        Body::Other(label) => format!("other ({:?})", label.raw()),
        Body::Malformed(m) => format!("malformed (expected {}, found {:?})", m.expected, m.found.raw()),
    };
    let notes: String = entry.notes.iter().map(|note| format!(" {note:?}")).collect();
    format!("{}{body}{}{notes}", slot(&entry.slot), trust(&entry.trust))
}

fn slot(place: &Slot) -> String {
    match place {
        Slot::Whole => String::new(),
        Slot::Block(block) => format!("line {} ", block.line),
        Slot::File(name, inner) => format!("{name:?} {}", slot(inner)),
        Slot::Alias(alias) => format!("{:?} ", alias.raw()),
        Slot::Index(index) => format!("{index} "),
        Slot::Offset(offset) => format!("at {offset} "),
        Slot::Row(row) => format!("row {row} "),
        Slot::Inside(name, inner) => format!("{:?} {}", name.raw(), slot(inner)),
    }
}

fn trust(trust: &Trust) -> &'static str {
    match trust {
        Trust::Unstated => "",
        Trust::Trusted => " trusted",
        Trust::Present => " present",
        Trust::Distrusted => " distrusted",
        Trust::Purposes(_) => " with purposes",
        Trust::Limited(limited) => match limited.ruling(crate::model::trust::SERVER_AUTH) {
            Ruling::Trusted => " trusted within limits",
            Ruling::Present => " present within limits",
            Ruling::Distrusted => " distrusted within limits",
        },
    }
}
