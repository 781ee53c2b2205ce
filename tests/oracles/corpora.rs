//! Corpora that others made to break readers of certificates, through every reader of castore.
//!
//! No program is asked here: what is held is that each file is read to an end, within bounds, to
//! certificates or to a reason why none. The long run fetches pyca's `cryptography_vectors` from PyPI
//! into `$CASTORE_CORPORA`, or a temporary directory; `CASTORE_CORPORA_DIRS` names directories of
//! others, separated by colons: zlint's test data, OpenSSL's fuzz corpora. With them there are 12,000 files at least.
//! Nothing of them is committed.
//!
//! Files are read in a process of their own, with as much more memory as the goal allows, so that
//! an overflow of the stack or an allocation beyond the bound ends that process, and is counted.

use crate::held::{hold, means};
use crate::readings::{LONGEST, READERS, outcome, processor_time};
use crate::{long, require, skip};
use castore::format::decode_with;
use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

/// Files of pyca's at least: 2,514 in `cryptography_vectors` 50.0.2.
const PYCA: usize = 2_500;
/// Files of all corpora at least, where others are named beside pyca's.
const ALL: usize = 12_000;
/// Octets that reading one file may take beyond what the process had.
const MEMORY: u64 = 256 << 20;
/// What a reading process may take of processor time in all, in seconds: it hangs.
const PATIENCE: u64 = 1200;
/// The files to read, one path a line, for the process that reads them.
const LIST: &str = "CASTORE_CORPORA_LIST";

/// The files below a directory, in order; links and what Git keeps are passed over.
fn files_below(directory: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(directory).unwrap().map(Result::unwrap).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() && entry.file_name() != ".git" {
            files_below(&entry.path(), found);
        } else if kind.is_file() && !entry.path().to_string_lossy().contains('\n') {
            found.push(entry.path());
        }
    }
}

/// pyca's vectors, fetched where they are not yet there.
fn pyca(cache: &Path) -> Option<PathBuf> {
    let directory = cache.join("cryptography_vectors");
    if directory.is_dir() {
        return Some(directory);
    }
    if !require("python3") {
        return None;
    }
    let wheels = tempfile::tempdir().unwrap();
    let python = |arguments: &[&str]| {
        Command::new("python3")
            .arg("-m")
            .args(arguments)
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|ended| ended.success())
    };
    let target = wheels.path().to_str()?;
    let fetched =
        python(&["pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", target, "cryptography_vectors"]);
    let wheel = fs::read_dir(wheels.path()).unwrap().find_map(|file| Some(file.ok()?.path()));
    let (true, Some(wheel)) = (fetched, wheel) else {
        skip("cryptography_vectors cannot be fetched from PyPI");
        return None;
    };
    fs::create_dir_all(cache).unwrap();
    assert!(python(&["zipfile", "-e", wheel.to_str()?, cache.to_str()?]), "a wheel is not unpacked");
    Some(directory)
}

/// What the reading of one file came to.
#[derive(Debug, Clone, Default)]
struct Read {
    format: String,
    outcome: String,
    /// Of the choice that all files go through.
    microseconds: u64,
    /// Of the slowest reader, whatever the file looks like.
    slowest: u64,
    peak_kib: u64,
    /// What is wrong, or nothing.
    wrong: String,
}

impl Read {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        let mut field = || fields.next();
        Some(Self {
            format: field()?.to_owned(),
            outcome: field()?.to_owned(),
            microseconds: field()?.parse().ok()?,
            slowest: field()?.parse().ok()?,
            peak_kib: field()?.parse().ok()?,
            wrong: field()?.to_owned(),
        })
    }
}

/// Reads files in other processes: another one after each that dies.
fn read_apart(files: &[PathBuf], scratch: &Path) -> Vec<Read> {
    let mut reads = Vec::new();
    while reads.len() < files.len() {
        let list = scratch.join("list");
        let names: Vec<&str> = files[reads.len()..].iter().filter_map(|path| path.to_str()).collect();
        assert_eq!(names.len(), files.len() - reads.len(), "a path is no text");
        fs::write(&list, names.join("\n")).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "corpora::reads_a_list", "--nocapture", "--include-ignored"])
            .env(LIST, &list)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            // The name of the test may stand before the first of them.
            let line = line.unwrap();
            reads.extend(line.split_once("read\t").and_then(|(_, read)| Read::parse(read)));
        }
        let ended = child.wait().unwrap();
        if reads.len() < files.len() {
            reads.push(Read { wrong: format!("ends the process: {ended}"), ..Read::default() });
        }
    }
    reads
}

/// A line of `/proc/self/status`, in KiB; nothing where there is none.
fn status(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The other process: no test where it is not told what to read.
#[test]
fn reads_a_list() {
    static PLACE: Mutex<String> = Mutex::new(String::new());
    let Some(list) = std::env::var_os(LIST) else { return };
    let list = fs::read_to_string(list).unwrap();
    #[cfg(target_os = "linux")]
    {
        use nix::sys::resource::{Resource, setrlimit};
        let most = status("VmData") * 1024 + MEMORY;
        setrlimit(Resource::RLIMIT_DATA, most, most).unwrap();
        setrlimit(Resource::RLIMIT_CPU, PATIENCE, PATIENCE).unwrap();
    }
    std::panic::set_hook(Box::new(|panic| {
        *PLACE.lock().unwrap() = panic.to_string().replace(['\n', '\t'], " ");
    }));
    for path in list.lines() {
        let bytes = fs::read(path).unwrap();
        // Sets the peak back to what is in use (proc(5)).
        let _ = fs::write("/proc/self/clear_refs", "5");
        let before = status("VmRSS");
        let caught = catch_unwind(AssertUnwindSafe(|| read_one(&bytes)));
        let mut read =
            caught.unwrap_or_else(|_| Read { wrong: format!("panics: {}", PLACE.lock().unwrap()), ..Read::default() });
        read.peak_kib = status("VmHWM").saturating_sub(before);
        let Read { format, outcome, microseconds, slowest, peak_kib, wrong } = read;
        println!("read\t{format}\t{outcome}\t{microseconds}\t{slowest}\t{peak_kib}\t{wrong}");
        std::io::stdout().flush().unwrap();
    }
}

fn read_one(bytes: &[u8]) -> Read {
    let timed = |read: &dyn Fn() -> castore::format::Decoding| {
        let started = processor_time();
        let found = read();
        let took = processor_time().saturating_sub(started).as_micros() as u64;
        hold(bytes, &found);
        (found, took)
    };
    let (found, microseconds) = timed(&|| decode_with(bytes, &means()));
    let mut slowest = (microseconds, "decode");
    for (name, read) in READERS {
        slowest = slowest.max((timed(&|| read(bytes, &means())).1, name));
    }
    // A reader that no file of this look would come to may take as long for each MiB: some of these
    // have sixteen, and what must not be is more than that.
    let longest = LONGEST * (bytes.len() >> 20).max(1) as u32;
    let slow = Duration::from_micros(microseconds) > LONGEST || Duration::from_micros(slowest.0) > longest;
    Read {
        format: found.format.name().to_owned(),
        outcome: outcome(&found).to_owned(),
        microseconds,
        slowest: slowest.0,
        peak_kib: 0,
        wrong: if slow { format!("{} takes {} ms", slowest.1, slowest.0 / 1000) } else { String::new() },
    }
}

/// The columns of the table beside the number of files, in the words of [`outcome`].
const OUTCOMES: [&str; 7] = ["certificates", "malformed", "broken", "gap", "only others", "unread format", "nothing"];

fn print_table<'a>(title: &str, rows: impl Iterator<Item = (String, &'a Read)>) {
    let mut table: BTreeMap<String, Vec<&Read>> = BTreeMap::new();
    for (row, read) in rows {
        table.entry(row).or_default().push(read);
    }
    print!("\n{title:28} {:>6}", "files");
    for outcome in OUTCOMES {
        print!(" {outcome:>13}");
    }
    println!(" {:>6} {:>9} {:>9} {:>9}", "wrong", "most ms", "any ms", "peak MiB");
    for (row, reads) in table {
        print!("{row:28} {:>6}", reads.len());
        for outcome in OUTCOMES {
            print!(" {:>13}", reads.iter().filter(|read| read.outcome == outcome).count());
        }
        let most = |part: fn(&Read) -> u64| reads.iter().map(|read| part(read)).max().unwrap_or(0) as f64;
        println!(
            " {:>6} {:>9.2} {:>9.2} {:>9.1}",
            reads.iter().filter(|read| !read.wrong.is_empty()).count(),
            most(|read| read.microseconds) / 1e3,
            most(|read| read.slowest) / 1e3,
            most(|read| read.peak_kib) / 1024.0,
        );
    }
}

#[test]
fn every_file_of_the_corpora_is_read_to_an_end() {
    if !long() {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let cache = std::env::var_os("CASTORE_CORPORA").map_or_else(|| scratch.path().join("cache"), PathBuf::from);
    let mut corpora: VecDeque<(String, PathBuf)> =
        pyca(&cache).into_iter().map(|directory| ("cryptography_vectors".to_owned(), directory)).collect();
    let has_pyca = !corpora.is_empty();
    let others = std::env::var_os("CASTORE_CORPORA_DIRS");
    let has_others = others.is_some();
    if let Some(others) = others {
        corpora.extend(std::env::split_paths(&others).map(|directory| {
            let name = directory.display().to_string();
            let from = name.char_indices().rev().nth(27).map_or(0, |(at, _)| at);
            (name[from..].to_owned(), directory)
        }));
    }
    let (mut files, mut names) = (Vec::new(), Vec::new());
    for (name, directory) in corpora {
        files_below(&directory, &mut files);
        names.resize(files.len(), name);
    }
    let of_pyca = names.iter().filter(|name| *name == "cryptography_vectors").count();
    assert!(of_pyca == 0 && !has_pyca || of_pyca >= PYCA, "expected {PYCA} files of pyca's at least, found {of_pyca}");
    assert!(!has_others || files.len() >= ALL, "expected {ALL} files at least, found {}", files.len());
    if files.is_empty() {
        return skip("no corpus is here");
    }
    let reads = read_apart(&files, scratch.path());
    assert_eq!(reads.len(), files.len());
    print_table("corpus", names.iter().cloned().zip(&reads));
    print_table("format", reads.iter().map(|read| (read.format.clone(), read)));
    print_table("all", reads.iter().map(|read| (String::new(), read)));
    // Files in a format that is read, of which nothing is said: for a person to look at.
    let mut silent: BTreeMap<&str, Vec<&Path>> = BTreeMap::new();
    for (file, read) in files.iter().zip(&reads) {
        if read.outcome == "nothing" && read.format != "empty" {
            silent.entry(&read.format).or_default().push(file);
        }
    }
    for (format, files) in silent {
        println!("\n{format}: nothing in {}, such as", files.len());
        files.iter().step_by(files.len().div_ceil(5)).for_each(|file| println!("  {}", file.display()));
    }
    let wrong: Vec<String> = files
        .iter()
        .zip(&reads)
        .filter(|(_, read)| !read.wrong.is_empty())
        .map(|(file, read)| format!("{}: {}", file.display(), read.wrong))
        .collect();
    let shown = &wrong[..wrong.len().min(50)];
    assert!(shown.is_empty(), "{} of {}:\n{}", wrong.len(), reads.len(), shown.join("\n"));
}
