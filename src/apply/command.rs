//! The only place that runs programs: those that a plan showed, and the readers of stores.
//!
//! A program runs with root's rights or reads what others wrote, so nothing is left to chance. It is found in a fixed
//! list of directories, and only root (or the user) may be able to exchange it; there is no shell, nothing of
//! castore's own environment, no input and no terminal. It has a process group of its own, which is ended as a whole
//! when the time is over, and of what it prints no more is kept than a bound. Nothing waits for a child of it that
//! keeps its output open.

#![expect(clippy::disallowed_methods, reason = "the only place that runs programs, and looks at a clock to end them")]

mod program;
pub mod scratch;
#[cfg(all(test, unix))]
mod tests;

pub use program::{CannotRun, DIRECTORIES};

use super::sys;
use crate::limits::{COMMAND_LINE, COMMAND_TICK, COMMAND_UNHEARD};
use program::find;
use std::ffi::OsString;
use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// What `PATH` says to programs that call others.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// As whom a program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// As castore does.
    Own,
    /// As this user and group and in no other, where castore is root; else as castore does.
    Other(u32, u32),
    /// The same, and where castore is root and cannot become it, not at all.
    NeverRoot(u32, u32),
}

impl Account {
    /// As nobody.
    pub const NOBODY: Self = Self::Other(sys::NOBODY, sys::NOBODY);
    /// As nobody, and never as root.
    pub const NOBODY_OR_NONE: Self = Self::NeverRoot(sys::NOBODY, sys::NOBODY);

    /// Who to become, if anyone.
    pub(super) fn other(self) -> Option<(u32, u32)> {
        match self {
            Self::Other(user, group) | Self::NeverRoot(user, group)
                if sys::is_superuser() && (user, group) != (0, 0) =>
            {
                Some((user, group))
            }
            _ => None,
        }
    }
}

/// A program to run.
#[derive(Debug, Clone)]
pub struct Job<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it is looked for, in this order.
    pub directories: &'a [PathBuf],
    /// What it is given.
    pub arguments: Vec<OsString>,
    /// Variables beside `PATH`, `LC_ALL`, `HOME` and `TMPDIR`.
    pub environment: Vec<(&'static str, OsString)>,
    /// Its `HOME` and `TMPDIR`; without one it has a home that is not there.
    pub home: Option<PathBuf>,
    /// As whom.
    pub account: Account,
    /// How long it may take.
    pub time: Duration,
    /// Whether nothing that it starts outlives it: then the system bounds its processor time too. A hook of a refresh
    /// may start a service, which would inherit that.
    pub starts_nothing: bool,
    /// How many octets of each output are kept; what is beyond is read and forgotten.
    pub octets: usize,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    With(i32),
    /// By a signal, or another way that has no code.
    Killed,
    /// It took too long, and was ended with all it started.
    TimeOver,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::With(code) => write!(f, "it ended with {code}"),
            Self::Killed => f.write_str("it was killed"),
            Self::TimeOver => f.write_str("it took too long and was ended"),
        }
    }
}

/// A program that has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// How it ended.
    pub ended: Ended,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained.
    pub stderr: Vec<u8>,
    /// Whether it printed more than was kept.
    pub is_cut: bool,
    /// Whether it ran as root, since there is no other user here.
    pub is_own_account: bool,
}

impl Ran {
    /// Whether it ended well.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.ended == Ended::With(0)
    }
}

/// Runs a program to its end, telling each line that it prints as it comes.
pub fn run(job: &Job<'_>, watch: &mut dyn FnMut(&str)) -> Result<Ran, CannotRun> {
    let program = find(job.name, job.directories)?;
    let failed = |source| CannotRun::Failed { path: program.clone(), source };
    let other = job.account.other();
    let bound = job.starts_nothing.then_some(job.time);
    let mut is_own_account = false;
    let mut child = match (sys::start(&mut command(&program, job), other, bound), other) {
        // A container may have no user but root.
        (Err(error), Some(_)) if sys::is_no_such_user(&error) && !matches!(job.account, Account::NeverRoot(..)) => {
            is_own_account = true;
            sys::start(&mut command(&program, job), None, bound).map_err(failed)?
        }
        (started, _) => started.map_err(failed)?,
    };
    let pieces = listen(&mut child).map_err(|error| {
        // Nobody would hear it; the error is what is told.
        drop(child.kill());
        drop(child.wait());
        failed(error)
    })?;
    let mut heard = Heard { job, watch, outputs: [Output::default(), Output::default()] };
    let ended = heard.until_it_ends(&mut child, &pieces).map_err(failed)?;
    let is_cut = heard.outputs.iter().any(|output| output.is_cut);
    let [stdout, stderr] = heard.outputs.map(|output| output.octets);
    Ok(Ran { ended, stdout, stderr, is_cut, is_own_account })
}

fn command(program: &std::path::Path, job: &Job<'_>) -> Command {
    let mut command = Command::new(program);
    command.args(&job.arguments).env_clear().env("PATH", PATH).env("LC_ALL", "C");
    match &job.home {
        Some(home) => command.env("HOME", home).env("TMPDIR", home),
        None => command.env("HOME", "/nonexistent"),
    };
    command.envs(job.environment.iter().map(|(name, value)| (name, value)));
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A piece of one output: which, and what; nothing at its end.
type Piece = (usize, Vec<u8>);

/// Reads both outputs. A thread ends with its output; one that a process outside the group keeps open ends with
/// that process, or with castore.
fn listen(child: &mut Child) -> std::io::Result<Receiver<Piece>> {
    let (send, pieces) = sync_channel(16);
    if let Some(stdout) = child.stdout.take() {
        let send = send.clone();
        std::thread::Builder::new().spawn(move || forward(0, stdout, &send))?;
    }
    if let Some(stderr) = child.stderr.take() {
        std::thread::Builder::new().spawn(move || forward(1, stderr, &send))?;
    }
    Ok(pieces)
}

fn forward(which: usize, mut output: impl Read, send: &SyncSender<Piece>) {
    let mut room = vec![0; 16 * 1024];
    loop {
        match output.read(&mut room) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => break,
            Ok(read) if send.send((which, room[..read].to_vec())).is_err() => break,
            Ok(_) => {}
        }
    }
}

/// One output, as far as it was heard.
#[derive(Default)]
struct Output {
    octets: Vec<u8>,
    /// Where the line begins that has not ended.
    line: usize,
    is_cut: bool,
}

impl Output {
    fn take(&mut self, piece: &[u8], bound: usize, watch: &mut dyn FnMut(&str)) {
        let room = bound.saturating_sub(self.octets.len());
        self.is_cut |= piece.len() > room;
        self.octets.extend_from_slice(&piece[..piece.len().min(room)]);
        while let Some(end) = memchr::memchr(b'\n', &self.octets[self.line..]) {
            tell(&self.octets[self.line..self.line + end], watch);
            self.line += end + 1;
        }
    }

    fn end(&mut self, watch: &mut dyn FnMut(&str)) {
        if self.line < self.octets.len() {
            tell(&self.octets[self.line..], watch);
            self.line = self.octets.len();
        }
    }
}

fn tell(line: &[u8], watch: &mut dyn FnMut(&str)) {
    let line = &line[..line.len().min(COMMAND_LINE)];
    watch(String::from_utf8_lossy(line).trim_end_matches('\r'));
}

/// What is heard of a program.
struct Heard<'a, 'w> {
    job: &'a Job<'a>,
    watch: &'w mut dyn FnMut(&str),
    outputs: [Output; 2],
}

impl Heard<'_, '_> {
    fn until_it_ends(&mut self, child: &mut Child, pieces: &Receiver<Piece>) -> std::io::Result<Ended> {
        let start = Instant::now();
        let mut is_open = true;
        let in_time = loop {
            // What cannot be asked is ended, and waited for below.
            match sys::has_ended(child) {
                Ok(true) => break true,
                Ok(false) => {}
                Err(_) => break false,
            }
            if start.elapsed() >= self.job.time {
                break false;
            }
            is_open = self.hear(pieces, is_open, COMMAND_TICK);
        };
        if !in_time {
            sys::end(child);
        }
        if is_open && !self.rest(pieces) {
            // A child of it holds the output and says nothing.
            sys::end(child);
            self.rest(pieces);
        }
        let status = child.wait()?;
        for output in &mut self.outputs {
            output.end(self.watch);
        }
        Ok(if in_time { Ended::from(status) } else { Ended::TimeOver })
    }

    /// Takes what comes within a time; whether more may come.
    fn hear(&mut self, pieces: &Receiver<Piece>, is_open: bool, time: Duration) -> bool {
        if !is_open {
            std::thread::sleep(time);
            return false;
        }
        match pieces.recv_timeout(time) {
            Ok((which, piece)) => {
                self.outputs[which].take(&piece, self.job.octets, self.watch);
                true
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => false,
        }
    }

    /// Takes what is left to come; whether it was all.
    fn rest(&mut self, pieces: &Receiver<Piece>) -> bool {
        let start = Instant::now();
        loop {
            match self.hear(pieces, true, COMMAND_TICK) {
                false => return true,
                true if start.elapsed() >= COMMAND_UNHEARD => return false,
                true => {}
            }
        }
    }
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Self {
        status.code().map_or(Self::Killed, Self::With)
    }
}
