//! Who may do what with a file is the same after a write, or nothing is written.

use crate::certificates::{NOW, root};
use crate::place::Place;
use crate::{is_root, long, require, skip, words};
use rustix::fs::XattrFlags;
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

/// Neither root's nor a user's.
const NOBODY: u32 = 65534;

/// `user::rw- user:65534:r-- group::r-- mask::r-- other::---` as the kernel keeps it: version 2, then tag, permissions
/// and id of each entry, little-endian (include/uapi/linux/posix_acl_xattr.h).
fn access_control_list() -> Vec<u8> {
    const UNDEFINED: u32 = u32::MAX;
    let entries: [(u16, u16, u32); 5] =
        [(0x01, 6, UNDEFINED), (0x02, 4, NOBODY), (0x04, 4, UNDEFINED), (0x10, 4, UNDEFINED), (0x20, 0, UNDEFINED)];
    let mut octets = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        octets.extend(tag.to_le_bytes());
        octets.extend(permissions.to_le_bytes());
        octets.extend(id.to_le_bytes());
    }
    octets
}

/// What a combination is made of, one bit each.
#[derive(Clone, Copy)]
struct Combination(u32);

impl Combination {
    const OWNER: u32 = 1;
    const GROUP: u32 = 2;
    const MODE: u32 = 4;
    const LIST: u32 = 8;
    const ATTRIBUTES: u32 = 16;
    const LINK: u32 = 32;

    /// All of them; for a writer that looks at the whole machine first, in an ordinary run some.
    fn all(writer: &str) -> impl Iterator<Item = Self> {
        let each = if writer == "export" || long() { 1 } else { 5 };
        (0..64).step_by(each).map(Self)
    }

    fn has(self, bit: u32) -> bool {
        self.0 & bit != 0
    }

    /// Makes `file` so; what the file system lacks is an error.
    fn give(self, file: &Path) -> Result<(), Errno> {
        let owner = self.has(Self::OWNER).then_some(NOBODY);
        let group = self.has(Self::GROUP).then_some(NOBODY);
        if owner.is_some() || group.is_some() {
            chown(file, owner, group).expect("root gives a file away");
        }
        let mode = if self.has(Self::MODE) { 0o2640 } else { 0o644 };
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("a mode");
        if self.has(Self::LIST) {
            rustix::fs::setxattr(file, "system.posix_acl_access", &access_control_list(), XattrFlags::empty())?;
        }
        if self.has(Self::ATTRIBUTES) {
            rustix::fs::setxattr(file, "user.note", b"kept for \0 us", XattrFlags::empty())?;
            if is_root() {
                rustix::fs::setxattr(file, "security.selinux", b"system_u:object_r:cert_t:s0\0", XattrFlags::empty())?;
            }
        }
        Ok(())
    }
}

/// Owner, group, mode and attributes.
pub fn kept(path: &Path) -> (u32, u32, u32, BTreeMap<String, Vec<u8>>) {
    let metadata = fs::symlink_metadata(path).expect("a file");
    let mut names = vec![0; 1 << 16];
    let length = rustix::fs::llistxattr(path, &mut names).unwrap_or(0);
    let mut attributes = BTreeMap::new();
    for name in names[..length].split(|octet| *octet == 0).filter(|name| !name.is_empty()) {
        let name = String::from_utf8_lossy(name).into_owned();
        let mut value = vec![0; 1 << 16];
        let length = rustix::fs::lgetxattr(path, &name, &mut value).unwrap_or(0);
        attributes.insert(name, value[..length].to_vec());
    }
    (metadata.uid(), metadata.gid(), metadata.mode(), attributes)
}

/// A store with a combination of its own, and the path that castore is given.
fn store(place: &Place, combination: Combination) -> Option<PathBuf> {
    let name = format!("store/{}.pem", combination.0);
    place.put(&name, root("Old").make().pem());
    if let Err(error) = combination.give(&place.path(&name)) {
        skip(&format!("the file system of {} keeps no such attributes: {error}", place.path("").display()));
        return None;
    }
    let link = place.path(&format!("store/{}-link.pem", combination.0));
    if !combination.has(Combination::LINK) {
        return Some(place.path(&name));
    }
    symlink(format!("{}.pem", combination.0), &link).expect("a link");
    Some(link)
}

/// What writes to a path, from `source/new.pem`.
type Writes = fn(&Place, &Path) -> Vec<OsString>;

const WRITERS: [(&str, Writes); 2] = [("export", export), ("sync", sync)];

fn export(place: &Place, target: &Path) -> Vec<OsString> {
    words!["export", "--from", place.path("source/new.pem"), "--out", target, "--at", NOW]
}

fn sync(place: &Place, target: &Path) -> Vec<OsString> {
    let (from, state) = (place.path("source/new.pem"), place.path("home/state"));
    words!["sync", "--from", from, "--to", target, "--at", NOW, "--write", "--yes", "--no-refresh", "--state", state]
}

#[test]
fn root_keeps_all_of_it() {
    if !is_root() {
        return skip("only root can give files away");
    }
    for (name, writes) in WRITERS {
        let place = Place::new();
        place.put("source/new.pem", root("New").make().pem());
        let mut kept_all = 0;
        for combination in Combination::all(name) {
            let Some(target) = store(&place, combination) else { continue };
            let file = place.path(&format!("store/{}.pem", combination.0));
            let before = (kept(&file), fs::read_link(&target).ok());
            let output = place.run(&writes(&place, &target));
            assert!(output.status.success(), "{name} {}: {output:?}", combination.0);
            assert_eq!((kept(&file), fs::read_link(&target).ok()), before, "{name}: combination {}", combination.0);
            assert_ne!(fs::read_to_string(&file).expect("the file"), root("Old").make().pem());
            kept_all += 1;
        }
        println!(
            "{name}: {kept_all} combinations of owner, group, mode, access control list, attributes and link kept"
        );
    }
}

/// A user who may replace a file and not give the new one what the old one had.
#[test]
fn who_cannot_keep_it_writes_nothing() {
    if !is_root() || !require("setpriv") {
        return skip("only root can make what a user cannot");
    }
    for (name, writes) in WRITERS {
        let place = Place::new();
        fs::set_permissions(place.path(""), fs::Permissions::from_mode(0o755)).expect("a mode");
        place.put("source/new.pem", root("New").make().pem());
        // A copy that this user can reach, written by another process: see `without_rights` of the harness.
        let copy = words![env!("CARGO_BIN_EXE_castore"), place.path("source/castore")];
        let copied = place.command("cp", &copy).status();
        assert!(copied.is_ok_and(|status| status.success()), "a copy");
        for directory in ["store", "home", "tmp"] {
            chown(place.path(directory), Some(NOBODY), Some(NOBODY)).expect("root gives a directory away");
        }
        let (mut refused, mut written) = (0, 0);
        for combination in Combination::all(name) {
            let Some(target) = store(&place, combination) else { continue };
            let file = place.path(&format!("store/{}.pem", combination.0));
            let (before, octets) = ((kept(&file), fs::read_link(&target).ok()), fs::read(&file).expect("the file"));
            let number = NOBODY.to_string();
            let identity = ["--reuid", &number, "--regid", &number, "--clear-groups", "--"];
            let mut arguments: Vec<OsString> = identity.iter().map(OsString::from).collect();
            arguments.push(place.path("source/castore").into());
            arguments.extend(writes(&place, &target));
            let output = place.command("setpriv", &arguments).output().expect("setpriv runs");
            let after = (kept(&file), fs::read_link(&target).ok());
            assert_eq!(after, before, "{name}: combination {}: {output:?}", combination.0);
            if output.status.success() {
                written += 1;
            } else {
                assert_eq!(fs::read(&file).expect("the file"), octets, "{name} {}: {output:?}", combination.0);
                refused += 1;
            }
            let mut names = fs::read_dir(place.path("store")).expect("the store");
            assert!(!names.any(|entry| entry.is_ok_and(|entry| entry.path().extension() == Some("tmp".as_ref()))));
        }
        println!("a user by {name}: {written} combinations kept, {refused} refused beforehand");
        assert!(written > 0 && refused > 0, "{name}: {written} and {refused}");
    }
}
