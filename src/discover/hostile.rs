//! Settings that somebody wrote to make castore work for hours.
//!
//! Root reads what every account keeps in its home and what a process of another's has in its environment, and a tree may
//! be anybody's. So every reader of settings meets every shape here, whatever it expects: the paths that the rows ask for
//! are found out by asking, and each is filled. What is quadratic in a file, or includes itself without end, takes
//! seconds where the rest takes milliseconds; what goes down a step for each octet ends the stack of the test.

#![allow(clippy::disallowed_methods, reason = "what a row takes is what is asked")]

use super::discover;
use crate::catalogue::client::Origin;
use crate::catalogue::survey::testing::openssl;
use crate::catalogue::survey::{Searched, Survey, linked};
use crate::catalogue::{clients, variables};
use crate::host::memory::Memory;
use crate::host::{Files, Host, System};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const HOME: &str = "/home/u";
/// Octets of each file, and of each variable, of which a kernel takes 128 KiB.
const SIZE: usize = 64 * 1024;
/// What one client may take: the slowest takes a second here, git that includes itself took 19.
const AT_MOST: Duration = Duration::from_secs(10);

/// A machine with a program by every name of the catalogue, linked to every library of TLS.
fn machine() -> Memory {
    let needed = ["libssl.so.3", "libcrypto.so.3", "libgnutls.so.30", "libcurl.so.4"].map(|name| (1, name));
    let programs: BTreeSet<&str> = clients().flat_map(|row| row.programs.iter().copied().chain([row.id])).collect();
    let files = programs.into_iter().map(|name| format!("/usr/bin/{name}"));
    let files = files.fold(Memory::new(), |files, path| files.file(path, linked(0, &needed)));
    let (bundle, libraries) = ("/etc/ssl/certs/ca-certificates.crt", "/usr/lib/x86_64-linux-gnu");
    files
        .file(format!("{libraries}/libgnutls.so.30"), format!("\0{bundle}\0"))
        .file(format!("{libraries}/libcrypto.so.3"), openssl("/usr/lib/ssl"))
        .file(format!("{libraries}/libssl.so.3"), "")
        .file(format!("{libraries}/libcurl.so.4"), linked(0, &needed[..2]))
        .file(bundle, "")
        .file(format!("{HOME}/w/.git/HEAD"), "ref: refs/heads/main\n")
        .file("/etc/passwd", format!("u:x:1000:1000::{HOME}:/bin/sh\n"))
}

/// Asks every row, each within what it may take, and says what was looked at.
fn ask(files: Memory, values: &[(&str, &str)], shape: &str) -> BTreeSet<PathBuf> {
    let usual = [("HOME", HOME), ("PATH", "/usr/bin")];
    let environment = values.iter().chain(&usual).map(|(name, value)| (name.into(), value.into())).collect();
    let mut host = Host::new(Box::new(files), System::Linux).with_environment(environment);
    host.cwd = PathBuf::from(HOME).join("w");
    let record = host.record();
    host.remember();
    let survey = Survey::new(&host, Searched::default());
    for row in clients() {
        let started = Instant::now();
        for one in discover(&survey, [row]) {
            drop((row.settings)(&survey, &one.installation));
        }
        let took = started.elapsed();
        assert!(took < AT_MOST, "{} took {took:?} of settings like {shape:?}", row.id);
    }
    record.take().into_iter().map(|(path, _)| path).collect()
}

/// The files that are asked for, with those that are asked for where others are, besides what the machine has.
fn asked_for(below: &str) -> Vec<PathBuf> {
    let own = machine();
    let is_wanted = |path: &PathBuf| path.starts_with(below) && own.resolve(path).is_err();
    let mut known = BTreeSet::new();
    for _ in 0..4 {
        let files = leaves(&known).into_iter().fold(machine(), |files, path| files.file(path, ""));
        known.extend(ask(files, &[], "").into_iter().filter(is_wanted));
    }
    leaves(&known)
}

/// The paths below which no other is.
fn leaves(known: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let is_leaf = |path: &&PathBuf| !known.iter().any(|other| other != *path && other.starts_with(path));
    known.iter().filter(is_leaf).cloned().collect()
}

/// A line that is written again and again, `{n}` its number and `{m}` the next, `{path}` the file itself.
const LINES: &[&str] = &[
    "[s{n}]\na=b\n",
    "[s]\na{n}=b\n",
    "[s \"{n}\"]\na=b\n",
    "[a.b{n}.c]\nd=1\n",
    "[[a]]\n",
    "a b\n",
    "a=b;",
    "a: &a{n} [*a{m}, *a{m}]\n",
    "a{n}=${a{m}}${a{m}}\n",
    "v{m}=$v{n}$v{n}\n",
    "a=${a}${a}\n",
    "a=$a$a\n",
    "a = b\\\n",
    "export a{n}=$a{m}\n",
    "set my_{m}=$my_{n}$my_{n}\n",
    "<!ENTITY a{n} \"&a{m};&a{m};\">",
    // What includes itself.
    "[include]\npath={path}\n",
    "[includeIf \"gitdir:**/*a*b*c*d/{n}\"]\npath={path}\n",
    "[includeIf \"hasconfig:remote.*.url:{n}\"]\npath={path}\n",
    "include {path}\n",
    "!include {path}\n",
    "!includedir /usr/bin\n",
    ".include {path}\n",
    "source {path}\n",
    "source {path}*\n",
    "@{path}\n",
    "path: {path}\n",
    "--config {path}\n",
    // What counts time and again.
    "[http \"https://*.h{n}\"]\nsslCAInfo=/x{n}\n",
    "[url \"https://h{n}\"]\n sslcainfo=/x\n",
    "[Profile{n}]\nPath=p{n}\nIsRelative=1\n",
    "[Install{n}]\nDefault=p{n}\n",
    "[[registry]]\nlocation=\"h{n}\"\n",
    "//registry{n}/:cafile=/x\n",
    "ca[]=x{n}\n",
    "account a{n} : a{m}\n",
    "account a{n}\ntls_trust_file /x\n",
    "client=yes\n[s{n}]\nconnect=x\n",
    "host h{n}\n  tls on\n",
    "poll h{n} user u\n",
    "user_pref(\"security.a{n}\", true);\n",
    "- cluster: {certificate-authority: /x}\n  name: c{n}\n---\n",
    "Acquire::https::h{n}::CAInfo \"/x\";\n",
    "-D{n}=x ",
    "-javaagent:{n}\n",
    "/a/b{n}:",
];

/// What a file begins with, what then comes again and again, and what it ends with.
const RUNS: &[(&str, &str, &str)] = &[
    ("", "[", ""),
    ("", "{", ""),
    ("", "{\"a\":", ""),
    ("{\"a\":", "[", ""),
    ("{", "\"a\":{},", "\"b\":0}"),
    ("{\"policies\":{\"Certificates\":{\"Install\":[", "\"c\",", "\"d\"]}}}"),
    ("a = ", "[", ""),
    ("a = ", "{a=", ""),
    ("", "a.", "a = 1"),
    ("[", "a.", "a]\na = 1"),
    ("", "- ", "a"),
    ("", "? ", "a"),
    ("a: ", "{a: ", ""),
    ("a: ", "*a ", ""),
    ("", "-\n ", ""),
    ("", "<a>", ""),
    ("", "((", ""),
    ("", "$(", ""),
    ("", "${", ""),
    ("", "%", ""),
    ("a = \"", "\\\"", ""),
    ("[a \"", "x", ""),
    ("", "\"", ""),
    ("", "'", ""),
    ("", "`", ""),
    ("", "\\", ""),
    ("", "\\\n", ""),
    ("", "/*", ""),
    ("", "/a", ""),
    ("/home/u/", "../u/", ".x"),
    ("~/", "./", "a"),
    ("", "*", ""),
    ("", "**/", ""),
    ("", ":", ""),
    ("", "::", ""),
    ("", ",", ""),
    ("", "=", ""),
    ("", "#", ""),
    ("", "\0", ""),
    ("", " ", ""),
    (" ", " ", "a"),
    ("", "\t", ""),
    ("", "\r", ""),
    ("", "\n", ""),
    ("", "\u{1f600}", ""),
];

/// The settings that rows read, by name.
fn settings() -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    for row in clients() {
        row.rule.leaves(&mut |leaf| {
            if let Origin::Setting(name, _) = leaf.origin {
                names.insert(name);
            }
        });
    }
    names
}

/// Lines by number, as many as there is room for.
fn lines(size: usize, line: impl Fn(usize) -> String) -> String {
    let mut text = String::with_capacity(size + 1024);
    for line in (0..).map(line) {
        if text.len() + line.len() > size {
            break;
        }
        text += &line;
    }
    text
}

fn numbered(line: &str, path: &str) -> String {
    let line = line.replace("{path}", path);
    lines(SIZE, |n| line.replace("{n}", &n.to_string()).replace("{m}", &(n + 1).to_string()))
}

/// Every file filled by its path, then every variable.
fn meet(paths: &[PathBuf], shape: &str, text: &dyn Fn(&str) -> String) {
    let files = paths.iter().fold(machine(), |files, path| files.file(path, text(&path.to_string_lossy())));
    ask(files, &[], shape);
    let value = text("/a");
    let names = variables();
    let values: Vec<(&str, &str)> =
        names.iter().map(|variable| variable.name).filter(|name| *name != "HOME").map(|name| (name, &*value)).collect();
    ask(machine(), &values, shape);
}

fn meet_lines(paths: &[PathBuf]) {
    for line in LINES {
        let same = numbered(line, "/a");
        let has_path = line.contains("{path}");
        meet(paths, line, &|path| if has_path { numbered(line, path) } else { same.clone() });
    }
}

fn meet_runs(paths: &[PathBuf]) {
    for (start, run, end) in RUNS {
        let text = format!("{start}{}{end}", run.repeat(SIZE / run.len()));
        meet(paths, run, &|_| text.clone());
    }
}

fn meet_settings(paths: &[PathBuf]) {
    let names: Vec<&str> = settings().into_iter().collect();
    assert!(names.len() > 50, "{names:?}");
    for (before, between, after) in
        [("", "=", ""), ("", ": ", ""), ("", " ", ""), ("", " = \"", "\""), ("set ", "=", "")]
    {
        let text = lines(SIZE, |n| format!("{before}{}{between}/x{n}{after}\n", names[n % names.len()]));
        meet(paths, &format!("{before}NAME{between}VALUE{after}"), &|_| text.clone());
    }
}

#[test]
fn what_lines_of_settings_cost_is_bounded() {
    meet_lines(&asked_for(HOME));
}

#[test]
fn what_runs_of_settings_cost_is_bounded() {
    meet_runs(&asked_for(HOME));
}

#[test]
fn what_every_setting_costs_is_bounded() {
    let paths = asked_for(HOME);
    assert!(paths.len() > 100, "{paths:?}");
    meet_settings(&paths);
}

/// The tree beside the home may be an image of a stranger's.
#[test]
#[ignore = "takes a minute"]
fn what_a_tree_costs_is_bounded() {
    let paths: Vec<PathBuf> = asked_for("/").into_iter().filter(|path| !path.starts_with(HOME)).collect();
    assert!(paths.len() > 300, "{paths:?}");
    meet_lines(&paths);
    meet_runs(&paths);
    meet_settings(&paths);
}
