//! Runs the program with nothing ambient: no environment, its own home, directory and temporary
//! directory, a fixed width, no terminal, no standard input unless given, and a time limit.
//!
//! ```text
//! let tree = Tree::new().file("etc/ssl/certs/ca-certificates.crt", root("A").make().pem());
//! assert_snapshot!(Castore::at(&tree).run(["list"]), @"");
//! ```
//!
//! An [`Output`] shows command, both streams and status as one text, so that one inline snapshot
//! holds the whole behaviour.

#![allow(dead_code, reason = "what a test of a command needs next")]

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No command of a test takes a hundredth of this.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A directory made for one test, to be a root, a home or a place for output.
pub struct Tree {
    directory: TempDir,
}

impl Tree {
    /// An empty one.
    pub fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("castore-").tempdir().expect("a temporary directory");
        Self { directory }
    }

    /// Adds a file, and the directories that lead to it.
    #[must_use]
    pub fn file(self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.place(path.as_ref()), content).expect("a file is written");
        self
    }

    /// Adds a symbolic link; an absolute target is meant inside the root.
    #[must_use]
    pub fn link(self, path: impl AsRef<Path>, target: impl AsRef<Path>) -> Self {
        let place = self.place(path.as_ref());
        #[cfg(unix)]
        std::os::unix::fs::symlink(target, place).expect("a link is made");
        #[cfg(windows)]
        std::os::windows::fs::symlink_file(target, place).expect("a link is made");
        self
    }

    /// Adds a directory.
    #[must_use]
    pub fn directory(self, path: impl AsRef<Path>) -> Self {
        fs::create_dir_all(self.place(path.as_ref())).expect("a directory is made");
        self
    }

    /// Adds many: `(path, content)`, where content `-> target` is a link.
    #[must_use]
    pub fn with<P: AsRef<Path>, C: AsRef<[u8]>>(self, entries: impl IntoIterator<Item = (P, C)>) -> Self {
        entries.into_iter().fold(self, |tree, (path, content)| {
            match std::str::from_utf8(content.as_ref()).ok().and_then(|text| text.strip_prefix("-> ")) {
                Some(target) => tree.link(path, target),
                None => tree.file(path, content),
            }
        })
    }

    /// Where it stands.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// What a file in it holds.
    pub fn read(&self, path: impl AsRef<Path>) -> Vec<u8> {
        fs::read(self.path().join(path)).expect("a file of the tree")
    }

    /// The path inside the tree, `/etc` and `etc` alike, with its directory made.
    fn place(&self, path: &Path) -> PathBuf {
        let place = self.path().join(path.strip_prefix("/").unwrap_or(path));
        fs::create_dir_all(place.parent().expect("a directory above")).expect("a directory is made");
        place
    }
}

/// The program in its own surroundings.
pub struct Castore {
    home: Tree,
    temporary: Tree,
    root: Option<PathBuf>,
    always: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    directory: Option<PathBuf>,
    input: Option<Vec<u8>>,
    reader: Reader,
    before: Option<(Tree, Vec<OsString>)>,
}

/// What takes the program's output.
#[derive(Clone, Copy)]
enum Reader {
    Whole,
    FirstLine,
}

impl Castore {
    /// On the machine the test runs on, by an account with an empty home.
    pub fn here() -> Self {
        Self {
            home: Tree::new(),
            temporary: Tree::new(),
            root: None,
            always: Vec::new(),
            environment: vec![("COLUMNS".into(), "100".into())],
            directory: None,
            input: None,
            reader: Reader::Whole,
            before: None,
        }
    }

    /// On the machine whose files stand in a tree: adds `--root` after the command's name.
    pub fn at(tree: &Tree) -> Self {
        Self { root: Some(tree.path().to_owned()), ..Self::here() }
    }

    /// Adds arguments to every run, such as `["--at", certificates::NOW]`.
    #[must_use]
    pub fn with<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.always.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the process.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Uses this home instead of an empty one.
    #[must_use]
    pub fn home(mut self, home: Tree) -> Self {
        self.home = home;
        self
    }

    /// Runs there instead of in the home.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Gives this on standard input.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// Takes the first line of output and goes away, as `head -1` does.
    #[must_use]
    pub fn read_only_the_first_line(mut self) -> Self {
        self.reader = Reader::FirstLine;
        self
    }

    /// As an account for which permissions hold: root reads everything, so root starts a copy of the
    /// program as another. `None` where that cannot be done.
    #[must_use]
    #[cfg(unix)]
    pub fn without_rights(mut self) -> Option<Self> {
        use std::os::unix::fs::PermissionsExt;
        const NOBODY: &str = "65534";
        let own = Tree::new().file("castore", "");
        if fs::metadata("/proc/self").map_or(true, |own| std::os::unix::fs::MetadataExt::uid(&own) != 0) {
            return Some(self);
        }
        let setpriv = oracle("setpriv")?;
        let copy = own.path().join("castore");
        // By another process: a descriptor open for writing here would be inherited by what other tests
        // start meanwhile, and the copy be "busy" until that runs.
        let made = Command::new("cp").arg(env!("CARGO_BIN_EXE_castore")).arg(&copy).status();
        assert!(made.is_ok_and(|status| status.success()), "a copy");
        for path in [own.path(), &copy] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
        let identity = ["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"].map(OsString::from);
        let program = [setpriv.into_os_string()].into_iter().chain(identity).chain([copy.into_os_string()]);
        self.before = Some((own, program.collect()));
        Some(self)
    }

    /// Runs a command to its end. What writes to stores must be told by `--state` where to remember it: root's own
    /// memory is no test's.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Output {
        let arguments = self.arguments(arguments);
        let has = |option: &str| arguments.iter().any(|word| word == option);
        assert!(self.before.is_some() || has("--state") || !has("--yes"), "{arguments:?}: expected --state");
        match self.before.as_ref().and_then(|(_, before)| before.split_first()) {
            Some((program, before)) => self.run_program(Path::new(program), before, &arguments),
            None => self.run_program(Path::new(env!("CARGO_BIN_EXE_castore")), &[], &arguments),
        }
    }

    /// Runs a command under `strace` and gives what it did to files, network and processes beside its
    /// output; `None` where there is no strace.
    pub fn traced<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Option<(Output, String)> {
        let strace = oracle("strace")?;
        let log = Tree::new();
        let file = log.path().join("trace");
        let mut before: Vec<OsString> =
            ["-f", "-y", "-qq", "-s", "4096", "-e", "trace=%file,%network,%process", "-o"].map(OsString::from).to_vec();
        before.extend([file.clone().into(), "--".into(), env!("CARGO_BIN_EXE_castore").into()]);
        let output = self.run_program(&strace, &before, &self.arguments(arguments));
        let trace = fs::read(file).expect("strace wrote what it saw");
        Some((output, String::from_utf8_lossy(&trace).into_owned()))
    }

    /// Directories the program may write in during a test.
    pub fn own_directories(&self) -> [&Path; 2] {
        [self.home.path(), self.temporary.path()]
    }

    fn arguments<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Vec<OsString> {
        let mut all: Vec<OsString> = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
        let mut added = self.always.clone();
        if let Some(root) = &self.root {
            added.splice(0..0, ["--root".into(), root.into()]);
        }
        let is_inner = all.get(1).is_some_and(|word| word == "accept");
        let after_command = all.len().min(if is_inner { 2 } else { 1 });
        all.splice(after_command..after_command, added);
        all
    }

    fn run_program(&self, program: &Path, before: &[OsString], arguments: &[OsString]) -> Output {
        let mut command = Command::new(program);
        command
            .args(before)
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .env("TMPDIR", self.temporary.path())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.directory.as_deref().unwrap_or(self.home.path()))
            .stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if cfg!(windows) {
            // Windows finds its own libraries by these.
            for name in ["SystemRoot", "USERPROFILE"] {
                command.envs(std::env::var_os(name).map(|value| (name, value)));
            }
        }
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let input = child.stdin.take().zip(self.input.clone());
        // Writing fails when the program ends without reading: no fault of its own.
        let writer = input.map(|(mut stdin, input)| thread::spawn(move || _ = stdin.write_all(&input)));
        let stdout = collect(child.stdout.take().expect("a piped stdout"), self.reader);
        let stderr = collect(child.stderr.take().expect("a piped stderr"), Reader::Whole);
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child to wait for") {
                break status;
            }
            if started.elapsed() > TIME_LIMIT {
                child.kill().expect("a child to end");
                child.wait().expect("a child to wait for");
                panic!("not done after {TIME_LIMIT:?}: {arguments:?}");
            }
            thread::sleep(Duration::from_millis(1));
        };
        if let Some(writer) = writer {
            writer.join().expect("the writer of stdin");
        }
        let command = arguments.iter().fold("castore".to_owned(), |command, argument| {
            let argument = argument.to_string_lossy();
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=:,+@%".contains(&byte);
            let bare = !argument.is_empty() && argument.bytes().all(plain);
            if bare { command + " " + &argument } else { format!("{command} '{argument}'") }
        });
        Output {
            command,
            stdout: stdout.join().expect("the reader of stdout"),
            stderr: stderr.join().expect("the reader of stderr"),
            status,
            redactions: Redactions::new([
                ("@ROOT@", self.root.as_deref()),
                ("@HOME@", Some(self.home.path())),
                ("@TMP@", Some(self.temporary.path())),
            ]),
        }
    }
}

fn collect(stream: impl Read + Send + 'static, reader: Reader) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut stream = BufReader::with_capacity(512, stream);
        let read = match reader {
            Reader::Whole => stream.read_to_end(&mut bytes),
            Reader::FirstLine => stream.read_until(b'\n', &mut bytes),
        };
        read.expect("a pipe to read");
        bytes
    })
}

/// A program of this machine that tests lean on; `None`, and a line that says so, where it is not
/// installed. `CASTORE_ORACLES=required` makes that a failure.
pub fn oracle(program: &str) -> Option<PathBuf> {
    let found = installed(program);
    let required = std::env::var_os("CASTORE_ORACLES").is_some_and(|value| value == "required");
    assert!(found.is_some() || !required, "CASTORE_ORACLES=required, and there is no {program}");
    found
}

/// A program that is asked where it happens to be installed.
pub fn installed(program: &str) -> Option<PathBuf> {
    let usual = ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"];
    let found = usual.iter().map(|directory| Path::new(directory).join(program)).find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: there is no {program}");
    }
    found
}

/// What a run gave. Its `Display` is the transcript.
#[must_use = "either snapshot the output or assert its status"]
pub struct Output {
    command: String,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    status: ExitStatus,
    redactions: Redactions,
}

impl Output {
    /// Standard output, byte for byte.
    pub fn raw_stdout(&self) -> &[u8] {
        &self.stdout
    }

    /// Standard error, byte for byte.
    pub fn raw_stderr(&self) -> &[u8] {
        &self.stderr
    }

    /// Standard output, with temporary paths by name.
    pub fn stdout(&self) -> String {
        self.redactions.apply(&self.stdout)
    }

    /// Standard error, with temporary paths by name.
    pub fn stderr(&self) -> String {
        self.redactions.apply(&self.stderr)
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error} in\n{self}"))
    }

    /// Fails unless it ended with this code.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "\n{self}");
        self
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ {}", self.redactions.apply(self.command.as_bytes()))?;
        let stdout = self.stdout();
        f.write_str(&stdout)?;
        if !stdout.is_empty() && !stdout.ends_with('\n') {
            writeln!(f, "(no end of line)")?;
        }
        for line in self.stderr().lines() {
            writeln!(f, "{}", format!("stderr: {line}").trim_end())?;
        }
        match self.status.code() {
            Some(code) => write!(f, "exit: {code}"),
            None => write!(f, "ended by {}", self.status),
        }
    }
}

/// Paths that differ from run to run, and what to call them.
struct Redactions(Vec<(String, &'static str)>);

impl Redactions {
    fn new<'a>(paths: impl IntoIterator<Item = (&'static str, Option<&'a Path>)>) -> Self {
        let mut pairs = Vec::new();
        for (name, path) in paths {
            let Some(path) = path else { continue };
            // Also by the name without links, as on macOS, where /var is one.
            for path in [Some(path.to_owned()), path.canonicalize().ok()].into_iter().flatten() {
                pairs.push((path.to_string_lossy().into_owned(), name));
            }
        }
        pairs.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Self(pairs)
    }

    /// Names the paths, and writes what a terminal would act on or hide as `\u{…}`.
    fn apply(&self, bytes: &[u8]) -> String {
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        for (path, name) in &self.0 {
            text = text.replace(path, name);
        }
        let mut shown = String::with_capacity(text.len());
        for character in text.chars() {
            let hidden = matches!(character,
                '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
            if hidden || (character.is_control() && character != '\n') {
                shown.extend(character.escape_unicode());
            } else {
                shown.push(character);
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    fn shell(castore: &Castore, script: &str) -> Output {
        castore.run_program(Path::new("/bin/sh"), &["-c".into(), script.into()], &["x".into(), "a b".into()])
    }

    #[test]
    #[cfg(unix)]
    fn a_transcript_shows_everything_and_names_no_temporary_path() {
        let tree = Tree::new();
        let castore = Castore::at(&tree);
        let script = format!(
            "echo $HOME in $PWD; printf 'a\\033[2Jb\\tc'; echo {}/etc >&2; echo >&2; exit 3",
            tree.path().display()
        );
        assert_snapshot!(shell(&castore, &script), @r"
        $ castore x 'a b'
        @HOME@ in @HOME@
        a\u{1b}[2Jb\u{9}c(no end of line)
        stderr: @ROOT@/etc
        stderr:
        exit: 3
        ");
    }

    #[test]
    #[cfg(unix)]
    fn nothing_ambient_reaches_the_program() {
        let names = |castore: &Castore| {
            let output = shell(castore, "/usr/bin/env").exits(0).stdout();
            let mut names: Vec<String> =
                output.lines().filter_map(|line| Some(line.split_once('=')?.0.into())).collect();
            // What a shell sets by itself.
            names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(&name.as_str()));
            names.sort();
            names
        };
        assert_eq!(names(&Castore::here()), ["COLUMNS", "HOME", "TMPDIR"]);
        assert_eq!(names(&Castore::here().env("SSL_CERT_FILE", "x")), ["COLUMNS", "HOME", "SSL_CERT_FILE", "TMPDIR"]);
    }

    #[test]
    #[cfg(unix)]
    fn standard_input_is_given_or_empty() {
        assert_eq!(shell(&Castore::here().input("hello"), "cat").stdout(), "hello");
        assert_eq!(shell(&Castore::here(), "cat").stdout(), "");
        // More than a pipe holds, into a program that reads nothing.
        _ = shell(&Castore::here().input(vec![b'x'; 1 << 20]), "exit 0").exits(0);
    }

    #[test]
    fn arguments_of_the_harness_follow_the_command() {
        let tree = Tree::new();
        let castore = Castore::at(&tree).with(["--at", "2026-01-01T00:00:00Z"]);
        let root = tree.path().to_str().expect("a UTF-8 path");
        assert_eq!(
            castore.arguments(["list", "--certs"]),
            ["list", "--root", root, "--at", "2026-01-01T00:00:00Z", "--certs"]
        );
        assert_eq!(Castore::here().arguments(["list"]), ["list"]);
    }

    #[test]
    fn a_tree_holds_files_links_and_directories() {
        let tree =
            Tree::new().with([("/etc/a/b.pem", "content"), ("etc/c.pem", "-> /etc/a/b.pem")]).directory("var/empty");
        assert_eq!(tree.read("etc/a/b.pem"), b"content");
        assert_eq!(fs::read_link(tree.path().join("etc/c.pem")).expect("a link"), Path::new("/etc/a/b.pem"));
        assert!(tree.path().join("var/empty").is_dir());
    }

    #[test]
    fn the_program_starts_and_ends() {
        let output = Castore::here().run(["--version"]).exits(0);
        assert!(output.stderr().is_empty(), "{output}");
    }
}
