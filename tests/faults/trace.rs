//! What strace(1) tells of a run: every call with its arguments and its answer.

use crate::place::Place;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

/// One system call, in the order in which calls ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub process: u32,
    pub name: String,
    pub arguments: Vec<String>,
    /// What it answered; nothing for one that did not return or failed.
    pub answer: Option<u64>,
}

/// After which time a run hangs: of those that do not, none takes a tenth of it.
pub const HANGS: Duration = Duration::from_secs(120);

/// Runs castore under strace with these options beside those that the parser needs; one that hangs is killed after a time.
pub fn traced(place: &Place, options: &[&str], arguments: &[OsString]) -> (Output, String) {
    let log = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut all: Vec<OsString> = ["-s", "KILL"].iter().map(OsString::from).collect();
    all.push(HANGS.as_secs().to_string().into());
    all.extend(["strace", "-f", "-qq", "-o"].iter().map(OsString::from));
    all.push(log.path().into());
    all.extend(options.iter().map(OsString::from));
    all.extend(["--".into(), env!("CARGO_BIN_EXE_castore").into()]);
    all.extend(arguments.iter().cloned());
    let output = place.command("timeout", &all).output().expect("strace runs");
    let text = fs::read(log.path()).expect("strace wrote what it saw");
    (output, String::from_utf8_lossy(&text).into_owned())
}

/// Reads what `strace -f` wrote.
pub fn calls(text: &str) -> Vec<Call> {
    let mut begun: BTreeMap<u32, String> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let Some((process, rest)) = line.trim_start().split_once(' ') else { continue };
        let (Ok(process), rest) = (process.parse(), rest.trim_start()) else { continue };
        let whole = if let Some(head) = rest.strip_suffix(" <unfinished ...>") {
            begun.insert(process, head.to_owned());
            continue;
        } else if let Some((_, tail)) = rest.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
            begun.remove(&process).unwrap_or_default() + tail
        } else {
            rest.to_owned()
        };
        calls.extend(call(process, &whole));
    }
    calls
}

fn call(process: u32, text: &str) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let (arguments, answer) = rest.rsplit_once(" = ")?;
    let arguments = split(arguments.trim_end().strip_suffix(')')?);
    let digits: String = answer.chars().take_while(char::is_ascii_digit).collect();
    is_name.then(|| Call { process, name: name.to_owned(), arguments, answer: digits.parse().ok() })
}

/// Arguments, at the commas that stand in no text, structure or path of a descriptor.
fn split(text: &str) -> Vec<String> {
    let (mut arguments, mut depth, mut quoted, mut from) = (Vec::new(), 0_i32, false, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' | b'<' | b'(' => depth += 1,
            b'}' | b']' | b'>' | b')' => depth -= 1,
            b',' if depth == 0 => {
                arguments.push(text[from..at].trim().to_owned());
                from = at + 1;
            }
            _ => {}
        }
    }
    arguments.push(text[from..].trim().to_owned());
    arguments
}

/// The octets of a text that strace wrote under `-xx`.
pub fn octets(argument: &str) -> Option<Vec<u8>> {
    let inside = argument.strip_prefix('"')?.strip_suffix('"')?;
    hexadecimal(inside)
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let parts = text.split("\\x").skip(1);
    parts.map(|part| u8::from_str_radix(part, 16).ok()).collect()
}

/// The number and the path of a descriptor that strace wrote under `-y -xx`.
pub fn descriptor(argument: &str) -> Option<(&str, PathBuf)> {
    let (number, path) = argument.split_once('<')?;
    let path = hexadecimal(path.split('>').next()?)?;
    Some((number, PathBuf::from(OsStr::from_bytes(&path))))
}

/// A path, joined to the directory before it.
pub fn path(directory: &str, name: &str) -> Option<PathBuf> {
    let (_, base) = descriptor(directory)?;
    Some(normal(&base.join(OsStr::from_bytes(&octets(name)?))))
}

/// A path without `.` and `..`, which castore does not use over links.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => _ = normal.pop(),
            part => normal.push(part),
        }
    }
    normal
}

#[test]
fn calls_are_taken_apart() {
    let text = r#"12 openat(5<\x2f\x74>, "\x61\x2c", O_RDONLY|O_CLOEXEC) = 3<\x2f\x74\x2f\x61\x2c>
12 write(3<\x2f\x74>, "\x68\x69", 2 <unfinished ...>
13 fsync(4</x>) = -1 EIO (Input/output error) (INJECTED)
12 <... write resumed>) = 2
12 --- SIGCHLD {si_signo=SIGCHLD} ---
12 +++ exited with 0 +++
"#;
    let calls = calls(text);
    let named: Vec<_> = calls.iter().map(|call| (call.process, call.name.as_str(), call.answer)).collect();
    assert_eq!(named, [(12, "openat", Some(3)), (13, "fsync", None), (12, "write", Some(2))]);
    assert_eq!(path(&calls[0].arguments[0], &calls[0].arguments[1]), Some("/t/a,".into()));
    assert_eq!(octets(&calls[2].arguments[1]), Some(b"hi".to_vec()));
}
