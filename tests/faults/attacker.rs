//! Someone else on the machine, who exchanges what root writes to by links that lead elsewhere.
//!
//! The directory is one like `/tmp`, where everyone may put files. The attacker makes of the name that castore writes
//! to a link to a file outside, a link to nothing, a file, a directory and nothing, and of the directory above it a
//! link and a directory, as fast as it can. What is outside may not change, not by a bit.
//!
//! The attacker rests now and then where a name is its own for a while only, and not where a directory is its own. And where a store is to be changed there is one of root's some of the time, put there
//! and taken away by root at any moment: while it stands the attacker cannot take its name (the directory is sticky), so
//! that a run that has it from its first look to its last ends well, and each other meets something else at another step. A
//! writer that is refused every time shows nothing, so each must end well sometimes, and each must be refused sometimes.
//!
//! All of it is in memory: on a disk unlink(2) waits when the name is gone already, so that most of the time there would be
//! nothing.

use crate::certificates::{NOW, root};
use crate::numbers::Numbers;
use crate::place::Place;
use crate::{count, is_root, require, skip, words};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// `nobody`.
const NOBODY: &str = "65534";

/// Flips the name given first between everything it can be; the second is what links lead to. `os.rename` over a
/// file or a link exchanges it in one moment. It rests for up to so many seconds as are given third, each time that it
/// has worked for up to twice as many, when nothing has the name.
const FLIP: &str = r#"
import os, random, sys, time
name, outside, rest = sys.argv[1:]
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
turn, rest = 0, float(rest)
until = float("inf") if rest == 0 else 0
while True:
    turn += 1
    away(own)
    make = makes[turn % len(makes)]
    try:
        if make is None:
            away(name)
            if time.monotonic() > until:
                time.sleep(random.random() * rest)
                until = time.monotonic() + random.random() * 2 * rest
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
    fn on(place: &Place, name: &Path, outside: &Path, rest: Duration) -> Self {
        use std::io::Read;
        let mut arguments = words!["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--", "python3", "-c", FLIP];
        arguments.extend(words![name, outside, rest.as_secs_f32().to_string()]);
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

/// Root, who puts a store at the name for as long as up to six runs take, and takes it away again for up to two.
struct Owner {
    is_over: Arc<AtomicBool>,
    works: Option<JoinHandle<()>>,
}

impl Owner {
    fn of(place: &Place, name: &str, store: String, run: Duration) -> Self {
        let (name, own) = (place.path(name), place.path("source/store.pem"));
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let works = std::thread::spawn(move || {
            let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
            let mut pause = |runs: u64| {
                let most = run.as_nanos() as u64 * runs;
                std::thread::sleep(Duration::from_nanos(numbers.next() % most.max(1)));
            };
            while !ends.load(Ordering::Relaxed) {
                fs::write(&own, &store).expect("a store");
                // Over a directory of the attacker's it has no name for once.
                if fs::rename(&own, &name).is_ok() {
                    pause(6);
                    let _ = fs::remove_file(&name);
                }
                pause(2);
            }
        });
        Self { is_over, works: Some(works) }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(works) = self.works.take() {
            let _ = works.join();
        }
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

/// Writes `times` to a name while it, or the directory above it, is exchanged; counts those that ended well, and says why
/// the others did not.
fn attacked(flipped: &str, target: &str, outside_is_directory: bool, writer: &Writer, times: usize) -> Came {
    let place = Place::in_memory();
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
    let arguments = (writer.writes)(&place, target);
    let old = root("Old").make().pem();
    let parent = place.path(target).parent().expect("a directory").to_path_buf();
    fs::create_dir_all(&parent).expect("a directory");
    if writer.changes {
        place.put(target, &old);
    }
    let started = Instant::now();
    let output = place.run(&arguments);
    let took = started.elapsed();
    assert!(output.status.success(), "undisturbed: {output:?}");
    fs::remove_file(place.path(target)).expect("a store to remove");
    // Into the attacker's own directory root puts nothing.
    let owner = match flipped == target {
        true => writer.changes.then(|| Owner::of(&place, target, old, took)),
        false => {
            fs::remove_dir(&parent).expect("a directory to remove");
            None
        }
    };
    let rest = if flipped == target { took * 2 } else { Duration::ZERO };
    let attacker = Attacker::on(&place, &place.path(flipped), &outside, rest);
    let mut came = Came::default();
    for run in 0..times {
        let output = place.run(&arguments);
        assert_eq!(seen(&canary), before, "{target}: run {run}: {output:?}");
        assert_eq!(names(&place.path("store/outside")), 1, "{target}: run {run}: {output:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            came.well += 1;
            // Root's now, so that the attacker cannot exchange it.
            let _ = fs::remove_file(place.path(target));
        } else {
            let why = error.lines().find_map(|line| line.strip_prefix("castore: error: "));
            // One whose plan has nothing to do with what it was asked for says so on standard output.
            let said = why.map_or_else(|| String::from_utf8_lossy(&output.stdout).into_owned(), str::to_owned);
            assert!(!said.is_empty() && !error.contains("panicked"), "{target}: run {run}: {output:?}");
            let place = place.path("").display().to_string();
            *came.refused.entry(said.replace(&place, "").lines().take(3).collect::<Vec<_>>().join(" ")).or_default() +=
                1;
        }
        // What is kept of runs is read by the next: that of thousands is no part of this.
        if run % 50 == 49 {
            let _ = fs::remove_dir_all(place.path("state/runs"));
        }
    }
    drop((attacker, owner));
    came
}

/// What came of the writes.
#[derive(Debug, Default)]
struct Came {
    well: usize,
    /// Why the others ended, and how many.
    refused: BTreeMap<String, usize>,
}

/// Who writes beside the attacker.
struct Writer {
    name: &'static str,
    writes: Writes,
    /// Whether it changes a store that is there, or makes a file.
    changes: bool,
    times: usize,
}

#[test]
fn who_exchanges_names_leads_nothing_outside() {
    if !is_root() {
        return skip("only root can become another user who attacks");
    }
    if !require("setpriv") || !require("python3") {
        return;
    }
    // Ten thousand writes in all are what is demanded. Each sync looks at the whole machine first.
    let writers = [
        Writer { name: "export", writes: export, changes: false, times: count(1000, 5_000) / 2 },
        Writer { name: "sync", writes: sync, changes: true, times: count(120, 5_000) / 2 },
    ];
    for writer in &writers {
        let (name, times) = (writer.name, writer.times);
        let file = attacked("store/shared/ca.pem", "store/shared/ca.pem", false, writer, times);
        let directory = attacked("store/shared/certs", "store/shared/certs/ca.pem", true, writer, times);
        println!("{name}: {times} writes of a file beside an attacker: {file:#?}");
        println!("{name}: {times} writes in a directory: {directory:#?}");
        assert_eq!(directory.well, 0, "{name} wrote into the attacker's directory");
        // One in twenty, each way.
        assert!(file.well * 20 >= times, "{name}: {} of {times} ended well: it was hardly ever tried", file.well);
        assert!((times - file.well) * 20 >= times, "{name}: {} of {times} ended well: nobody attacked", file.well);
    }
}
