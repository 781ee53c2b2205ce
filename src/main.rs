//! The only reader of the process: arguments, environment, directory, clock, terminal.
//!
//! It takes each of them once, hands them to [`cli`] as values, and turns the answer into an
//! exit status. Everything below works on what it is given.

mod cli;

use castore::model::Timestamp;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

#[expect(clippy::disallowed_methods, reason = "the only reader of the process")]
fn main() -> ExitCode {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let process = cli::Process {
        arguments: std::env::args_os().collect(),
        environment: std::env::vars_os().collect(),
        directory: std::env::current_dir().unwrap_or_else(|_| "/".into()),
        now: Timestamp::from_unix(i64::try_from(now).unwrap_or(i64::MAX)),
        terminal: std::io::stdout().is_terminal(),
    };
    let mut streams = Streams { out: std::io::stdout(), err: std::io::stderr() };
    ExitCode::from(cli::run(process, &mut streams).code())
}

/// Standard output and standard error.
struct Streams {
    out: std::io::Stdout,
    err: std::io::Stderr,
}

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
}
