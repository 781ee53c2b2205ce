//! This machine's files to write in, and none of them written: a test runs again in a mount namespace of its own,
//! whose root is an overlay that is gone with it.
//!
//! Only where `CASTORE_NAMESPACE_TESTS=1` and by root. Whatever happens inside, the machine's own stores are held to
//! be the same afterwards, by name, owner, mode, time and content.

#![allow(dead_code, reason = "each crate of tests uses a part")]

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set inside.
const INSIDE: &str = "CASTORE_INSIDE_NAMESPACE";

/// `f_type` of an overlay (statfs(2)).
const OVERLAY: i64 = 0x794c_7630;

/// An overlay of everything, with what is no file of a disk bound into it; then the command, with the overlay as root.
const ENTER: &str = r#"
set -e
place=$1; build=$2; shift 2
mount --make-rprivate /
mount -t tmpfs -o mode=0755 castore "$place"
mkdir "$place/upper" "$place/work" "$place/root"
mount -t overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" castore "$place/root"
for name in dev proc sys; do mount --rbind "/$name" "$place/root/$name"; done
# Where it is on a disk of its own, an overlay of the root's does not show it.
mkdir -p "$place/root$build"
mount --bind "$build" "$place/root$build"
mount -o remount,bind,ro "$place/root$build"
exec chroot "$place/root" "$@"
"#;

/// Runs the test called `name` inside, by running this program for it alone; `body` is what it does there.
pub fn inside(name: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        // Twice sure: nothing below is to be done to a machine.
        let kind = rustix::fs::statfs("/").expect("the root").f_type;
        assert_eq!(kind as i64, OVERLAY, "the root is no overlay");
        return body();
    }
    if std::env::var("CASTORE_NAMESPACE_TESTS").as_deref() != Ok("1") {
        return eprintln!("SKIPPED: CASTORE_NAMESPACE_TESTS is not 1");
    }
    assert!(rustix::process::geteuid().is_root(), "CASTORE_NAMESPACE_TESTS=1 needs root");
    let before = stores();
    let place = tempfile::Builder::new().prefix("castore-overlay-").tempdir().expect("a temporary directory");
    let own = std::env::current_exe().expect("the path of this program");
    let mut command = enter(place.path(), &own);
    command.args(["--exact", name, "--nocapture", "--include-ignored"]);
    let output = command.output().expect("unshare runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{said}");
    assert!(output.status.success(), "inside: {}", output.status);
    assert!(said.contains("1 passed"), "no test inside is called {name}");
    let after = stores();
    for (path, was) in &before {
        assert_eq!(after.get(path), Some(was), "{}: changed outside", path.display());
    }
    assert_eq!(before.len(), after.len(), "a file came outside");
}

/// The command that runs a program inside, over an empty directory. What it starts ends with it.
pub fn enter(place: &Path, program: &Path) -> Command {
    let build = Path::new(env!("CARGO_BIN_EXE_castore")).parent().expect("where programs are built");
    let mut command = Command::new("unshare");
    command.args(["--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]);
    command.args(["sh", "-c", ENTER, "enter"]).args([place, build, program]).current_dir("/");
    command.env(INSIDE, "1").env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

/// What can be told of a file without its time of access.
type Seen = (u32, u32, u32, i64, i64, PathBuf, String);

/// The machine's own stores and what they are made from.
pub fn stores() -> BTreeMap<PathBuf, Seen> {
    const PLACES: [&str; 9] = [
        "/etc/ssl",
        "/etc/pki",
        "/etc/ca-certificates",
        "/etc/ca-certificates.conf",
        "/etc/pkcs11",
        "/usr/share/ca-certificates",
        "/usr/local/share/ca-certificates",
        "/usr/lib/ssl",
        "/var/lib/castore",
    ];
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let at_home = [".pki", ".mozilla", ".local/share/mkcert", ".local/state/castore"];
    let at_home = at_home.iter().filter_map(|name| home.as_ref().map(|home| home.join(name)));
    let mut seen = BTreeMap::new();
    for place in PLACES.iter().map(PathBuf::from).chain(at_home).chain(copies_of_certifi()) {
        add(&place, &mut seen);
    }
    seen
}

/// The bundles of Pythons, where writers that were let loose would go.
fn copies_of_certifi() -> Vec<PathBuf> {
    let roots = ["/usr/lib/python3", "/usr/local/lib"].map(PathBuf::from).into_iter();
    let pyenv = std::env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv/versions"));
    let mut found = Vec::new();
    for root in roots.chain(pyenv) {
        find(&root, OsStr::new("cacert.pem"), 8, &mut found);
    }
    found
}

fn find(directory: &Path, name: &OsStr, deep: usize, found: &mut Vec<PathBuf>) {
    let Some(deeper) = deep.checked_sub(1) else { return };
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            find(&entry.path(), name, deeper, found);
        } else if entry.file_name() == name {
            found.push(entry.path());
        }
    }
}

fn add(path: &Path, seen: &mut BTreeMap<PathBuf, Seen>) {
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    let to = if metadata.is_symlink() { fs::read_link(path).unwrap_or_default() } else { PathBuf::new() };
    let content = if metadata.is_file() { fs::read(path).unwrap_or_default() } else { Vec::new() };
    let sha256 = Sha256::digest(&content).iter().map(|octet| format!("{octet:02x}")).collect();
    let times = (metadata.mtime(), metadata.mtime_nsec());
    seen.insert(path.into(), (metadata.mode(), metadata.uid(), metadata.gid(), times.0, times.1, to, sha256));
    if metadata.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            add(&entry.path(), seen);
        }
    }
}
