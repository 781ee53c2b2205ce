//! Someone else on the machine, who exchanges what root writes to by links that lead elsewhere.
//!
//! The directory is one like `/tmp`, where everyone may put files. The attacker makes of the name that castore writes
//! to a link to a file outside, a link to nothing, a file, a directory and nothing, and of the directory above it a
//! link and a directory, as fast as it can. What is outside may not change, not by a bit.

use crate::certificates::{NOW, root};
use crate::place::Place;
use crate::{count, is_root, require, skip, words};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Stdio};

/// `nobody`.
const NOBODY: &str = "65534";

/// Flips the name given first between everything it can be; the second is what links lead to. `os.rename` over a
/// file or a link exchanges it in one moment.
const FLIP: &str = r#"
import os, sys
name, outside = sys.argv[1:]
own = name + ".attacker"
def away(path):
    for remove in os.unlink, os.rmdir:
        try: remove(path)
        except OSError: pass
def link(to): os.symlink(to, own)
def file(): open(own, "w").close()
def directory(): os.mkdir(own)
makes = [lambda: link(outside), lambda: link(outside + ".none"), file, directory, lambda: link("."), None]
print("ready", flush=True)
turn = 0
while True:
    turn += 1
    away(own)
    make = makes[turn % len(makes)]
    try:
        if make is None:
            away(name)
            continue
        make()
        try: os.rename(own, name)
        except OSError:
            away(name)
            os.rename(own, name)
    except OSError: pass
"#;

/// Ends with the test.
struct Attacker(Child);

impl Attacker {
    fn on(place: &Place, name: &Path, outside: &Path) -> Self {
        use std::io::Read;
        let arguments =
            words!["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--", "python3", "-c", FLIP, name, outside];
        let mut command = place.command("setpriv", &arguments);
        let mut child = command.current_dir("/").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("setpriv");
        let mut ready = [0; 5];
        child.stdout.as_mut().expect("its output").read_exact(&mut ready).expect("an attacker");
        Self(child)
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// All that can be seen of a file.
fn seen(path: &Path) -> (Vec<u8>, [i64; 7]) {
    let metadata = fs::symlink_metadata(path).expect("the file outside");
    let numbers = [
        i64::from(metadata.mode()),
        i64::from(metadata.uid()),
        metadata.ino() as i64,
        metadata.nlink() as i64,
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    ];
    (fs::read(path).expect("the file outside"), numbers)
}

/// What writes to a name, from `source/new.pem`.
type Writes = fn(&Place, &str) -> Vec<OsString>;

fn export(place: &Place, target: &str) -> Vec<OsString> {
    words!["export", "--from", place.path("source/new.pem"), "--out", place.path(target), "--at", NOW]
}

/// Not with `--root`: what the links name is on this machine.
fn sync(place: &Place, target: &str) -> Vec<OsString> {
    let (from, to, state) = (place.path("source/new.pem"), place.path(target), place.path("state"));
    words!["sync", "--from", from, "--to", to, "--at", NOW, "--write", "--yes", "--no-refresh", "--state", state]
}

/// Writes `times` to a name while it, or the directory above it, is exchanged; counts those that ended well.
fn attacked(flipped: &str, target: &str, outside_is_directory: bool, writes: Writes, times: usize) -> usize {
    let place = Place::new();
    let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
    open(&place.path(""), 0o755);
    fs::create_dir(place.path("store/shared")).expect("a directory");
    open(&place.path("store/shared"), 0o1777);
    // Nobody may write it but root, who is to be led there.
    fs::create_dir(place.path("store/outside")).expect("a directory");
    place.put("store/outside/ca.pem", root("Canary").make().pem());
    place.put("source/new.pem", root("New").make().pem());
    let canary = place.path("store/outside/ca.pem");
    let before = seen(&canary);
    let names = |path: &Path| fs::read_dir(path).expect("a directory").count();
    let outside = if outside_is_directory { place.path("store/outside") } else { canary.clone() };
    let attacker = Attacker::on(&place, &place.path(flipped), &outside);
    let arguments = writes(&place, target);
    let mut well = 0;
    for run in 0..times {
        let output = place.run(&arguments);
        assert_eq!(seen(&canary), before, "{target}: run {run}: {output:?}");
        assert_eq!(names(&place.path("store/outside")), 1, "{target}: run {run}: {output:?}");
        if output.status.success() {
            well += 1;
            // Root's now, so that the attacker cannot exchange it.
            let _ = fs::remove_file(place.path(target));
        }
    }
    drop(attacker);
    well
}

#[test]
fn who_exchanges_names_leads_nothing_outside() {
    if !is_root() {
        return skip("only root can become another user who attacks");
    }
    if !require("setpriv") || !require("python3") {
        return;
    }
    // Each sync looks at the whole machine first.
    let writers = [("export", export as Writes, count(1000, 10_000) / 2), ("sync", sync, count(120, 10_000) / 2)];
    for (name, writes, times) in writers {
        let file = attacked("store/shared/ca.pem", "store/shared/ca.pem", false, writes, times);
        let directory = attacked("store/shared/certs", "store/shared/certs/ca.pem", true, writes, times);
        let all = times * 2;
        println!("{name}: {all} writes beside an attacker: {file} of a file and {directory} in a directory ended well");
        assert_eq!(directory, 0, "{name} wrote into the attacker's directory");
    }
}
