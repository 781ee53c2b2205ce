//! Extended attributes: access control lists, security labels, what users put there.
//!
//! A store that loses its SELinux label is one that a confined service may no longer read, and
//! one that loses its access control list may be read by nobody it was meant for. Both are
//! extended attributes on Linux (xattr(7)), so all of them are copied by descriptor, and one
//! that cannot be ends the write. On macOS access control lists are none of them and are not kept.

use super::super::text;
use super::attributes::MADE_BY_THE_KERNEL;
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;

/// What the kernel says of the content: a hash or a signature.
const IMA: &str = "security.ima";

/// How `security.ima` starts when it is a signature and no hash (`EVM_IMA_XATTR_DIGSIG`,
/// security/integrity/integrity.h): nobody but the signer can make one for other content.
const SIGNATURE: u8 = 3;

/// Makes the attributes of `new` those.
pub(super) fn give(wanted: &BTreeMap<String, Vec<u8>>, new: &File) -> io::Result<()> {
    let found = all(new)?;
    let is_given = |name: &&String| !MADE_BY_THE_KERNEL.contains(&name.as_str());
    if wanted.get(IMA).and_then(|value| value.first()) == Some(&SIGNATURE) {
        return Err(io::Error::other("security.ima: the file is signed, and its signature would not fit"));
    }
    for name in found.keys().filter(|name| !wanted.contains_key(*name)).filter(is_given) {
        // The directory gave it one: a default access control list.
        rustix::fs::fremovexattr(new, octets(name)).map_err(|error| named(name, error))?;
    }
    for (name, value) in wanted.iter().filter(|(name, _)| is_given(name)) {
        if found.get(name) != Some(value) {
            rustix::fs::fsetxattr(new, octets(name), value, rustix::fs::XattrFlags::empty())
                .map_err(|error| named(name, error))?;
        }
    }
    Ok(())
}

/// All attributes this user may see, by their names as text; none where the file system has none.
pub(super) fn all(file: &File) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let names = match grown(|buffer| rustix::fs::flistxattr(file, buffer)) {
        Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(BTreeMap::new()),
        names => names?,
    };
    let mut all = BTreeMap::new();
    for name in names.split(|octet| *octet == 0).filter(|name| !name.is_empty()) {
        let text = text::written(name);
        let value = grown(|buffer| rustix::fs::fgetxattr(file, name, buffer)).map_err(|error| named(&text, error))?;
        all.insert(text, value);
    }
    Ok(all)
}

fn octets(name: &str) -> Vec<u8> {
    text::octets(name).unwrap_or_default()
}

/// Asks with ever larger buffers: Linux has no attribute and no list above 64 KiB (xattr(7)),
/// macOS has no such bound on what a file system takes.
fn grown(mut ask: impl FnMut(&mut [u8]) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    let mut size = 1 << 10;
    loop {
        let mut buffer = vec![0; size];
        match ask(&mut buffer) {
            Ok(length) => {
                buffer.truncate(length);
                return Ok(buffer);
            }
            Err(Errno::RANGE) if size < 1 << 26 => size <<= 4,
            Err(error) => return Err(error),
        }
    }
}

/// The error with the attribute it is about.
fn named(name: &str, error: Errno) -> io::Error {
    let error = io::Error::from(error);
    io::Error::new(error.kind(), format!("{name}: {error}"))
}
