//! The only reader of the process: arguments, environment, directory, clock, terminal.
//!
//! It takes each of them once, hands them to [`cli`] as values, and turns the answer into an
//! exit status. Everything below works on what it is given.

mod cli;

use castore::host::native;
use castore::model::Timestamp;
use std::io::{BufRead, IsTerminal, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[expect(clippy::disallowed_methods, reason = "the only reader of the process")]
fn main() -> ExitCode {
    keep_memory();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let process = cli::Process {
        arguments: std::env::args_os().collect(),
        environment: std::env::vars_os().collect(),
        directory: std::env::current_dir().unwrap_or_else(|_| GONE.into()),
        name: native::live_name().or_else(|| std::env::var("COMPUTERNAME").ok()),
        now: Timestamp::from_unix(i64::try_from(now).unwrap_or(i64::MAX)),
        terminal: std::io::stdout().is_terminal(),
        person: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
        bars: std::io::stderr().is_terminal(),
        width: terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0.into()),
    };
    let mut streams = Streams { out: std::io::stdout(), err: std::io::stderr(), started: Instant::now() };
    ExitCode::from(cli::run(process, &mut streams).code())
}

/// The working directory where it was removed: nothing is in it, and nothing can be written there. A relative path
/// must not become one of another directory.
const GONE: &str = "/proc/self/cwd";

/// Octets up to which memory that was given back is used again: most files and what is made of them.
const KEPT: usize = 16 * 1024 * 1024;

/// Has memory of a whole file used again for the next, or for the report, where it would go back to the
/// system and come page by page, cleared: glibc keeps blocks of the size of the largest that was given
/// back (mallopt(3), `M_MMAP_THRESHOLD`). None of this one is ever touched.
fn keep_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(KEPT)));
}

/// Standard output and standard error.
struct Streams {
    out: std::io::Stdout,
    err: std::io::Stderr,
    started: Instant,
}

/// Octets of an answer that are read.
const ANSWER: u64 = 4096;

impl cli::Output for Streams {
    fn data(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let mut out = self.out.lock();
        out.write_all(bytes)?;
        out.flush()
    }

    fn message(&mut self, text: &str) {
        // There is nowhere to say that standard error is gone.
        drop(self.err.lock().write_all(text.as_bytes()));
    }

    #[expect(clippy::disallowed_methods, reason = "the only reader of the process")]
    fn answer(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        std::io::stdin().lock().take(ANSWER).read_line(&mut line)?;
        Ok(line)
    }

    #[expect(clippy::disallowed_methods, reason = "the only reader of the process")]
    fn input(&mut self, most: u64) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
