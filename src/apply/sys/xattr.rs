//! Extended attributes: access control lists, security labels, what users put there.
//!
//! A store that loses its SELinux label is one that a confined service may no longer read, and
//! one that loses its access control list may be read by nobody it was meant for. Both are
//! extended attributes on Linux (xattr(7)), so all of them are copied by descriptor, and one
//! that cannot be ends the write. On macOS access control lists are none of them and are not kept.

use rustix::io::Errno;
use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;

type Attributes = BTreeMap<CString, Vec<u8>>;

/// What the kernel says of the content: a hash or a signature.
const IMA: &CStr = c"security.ima";

/// Values that belong to the content or to the inode and that the kernel makes itself: copied,
/// those of IMA and EVM would say that the file was forged (security/integrity in Linux), and macOS lets nobody set the last.
const MADE_BY_THE_KERNEL: [&CStr; 3] = [IMA, c"security.evm", c"com.apple.provenance"];

/// How `security.ima` starts when it is a signature and no hash (`EVM_IMA_XATTR_DIGSIG`,
/// security/integrity/integrity.h): nobody but the signer can make one for other content.
const SIGNATURE: u8 = 3;

/// Makes the attributes of `new` those of `old`.
pub(super) fn copy(old: &File, new: &File) -> io::Result<()> {
    let (wanted, found) = (all(old)?, all(new)?);
    if wanted.get(IMA).and_then(|value| value.first()) == Some(&SIGNATURE) {
        return Err(io::Error::other("security.ima: the file is signed, and its signature would not fit"));
    }
    let copied = |name: &&CString| !MADE_BY_THE_KERNEL.contains(&name.as_c_str());
    for name in found.keys().filter(|name| !wanted.contains_key(*name)).filter(copied) {
        // The directory gave it one: a default access control list.
        rustix::fs::fremovexattr(new, name).map_err(|error| named(name, error))?;
    }
    for (name, value) in wanted.iter().filter(|(name, _)| copied(name)) {
        if found.get(name) != Some(value) {
            rustix::fs::fsetxattr(new, name, value, rustix::fs::XattrFlags::empty())
                .map_err(|error| named(name, error))?;
        }
    }
    Ok(())
}

/// All attributes this user may see; none where the file system has none.
fn all(file: &File) -> io::Result<Attributes> {
    let names = match grown(|buffer| rustix::fs::flistxattr(file, buffer)) {
        Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(Attributes::new()),
        names => names?,
    };
    let mut all = Attributes::new();
    for name in names.split_inclusive(|octet| *octet == 0) {
        let Ok(name) = CStr::from_bytes_with_nul(name) else { continue };
        let value = grown(|buffer| rustix::fs::fgetxattr(file, name, buffer)).map_err(|error| named(name, error))?;
        all.insert(name.to_owned(), value);
    }
    Ok(all)
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
fn named(name: &CStr, error: Errno) -> io::Error {
    let error = io::Error::from(error);
    io::Error::new(error.kind(), format!("{}: {error}", name.to_string_lossy()))
}
