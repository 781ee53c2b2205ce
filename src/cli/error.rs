//! Why a command could not answer.

use castore::apply::{ApplyError, WriteError};
use castore::model::Unreadable;
use castore::render::escape;
use castore::select::BadSelector;
use castore::settings::words::meant;
use std::io;
use std::path::{Path, PathBuf};

/// Why a command could not answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Whoever read standard output went away.
    BrokenPipe,
    /// Something the user asked for by name failed.
    Error {
        /// What, and why.
        message: String,
        /// What to do.
        hint: Option<String>,
        /// The file that was named and is not on the host.
        absent: Option<PathBuf>,
    },
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Error { message: message.into(), hint: None, absent: None }
    }

    pub(crate) fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Error { message: message.into(), hint: Some(hint.into()), absent: None }
    }

    /// A word that names none of the `kind`s there are.
    pub(crate) fn unknown<'w>(kind: &str, word: &str, known: impl Iterator<Item = &'w str>) -> Self {
        let list = if kind == "command" { "castore help".to_owned() } else { format!("castore {kind}s") };
        let hint = meant(word, known).map_or_else(String::new, |meant| meant + " ");
        Self::with_hint(format!("no {kind} is called {word:?}"), format!("{hint}{list} lists them"))
    }

    pub(crate) fn from_output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::new(format!("standard output: {error}")),
        }
    }

    /// A file that was not written.
    #[expect(clippy::needless_pass_by_value, reason = "as map_err hands it over")]
    pub(crate) fn from_write(error: WriteError) -> Self {
        Self::Error { message: error.to_string(), hint: error.hint().map(str::to_owned), absent: None }
    }

    /// A plan that was not carried out, or not whole.
    #[expect(clippy::needless_pass_by_value, reason = "as map_err hands it over")]
    pub(crate) fn from_apply(error: ApplyError) -> Self {
        Self::Error { message: error.to_string(), hint: error.hint().map(Into::into), absent: None }
    }

    /// A store that the user named and that could not be read.
    pub(crate) fn unreadable(path: &Path, why: &Unreadable) -> Self {
        match (why, Self::not_read(path, why, "check the path; castore list shows the stores there are")) {
            (Unreadable::Absent, Self::Error { message, hint, .. }) => {
                Self::Error { message, hint, absent: Some(path.to_path_buf()) }
            }
            (_, failure) => failure,
        }
    }

    /// Another file or a directory that the user named and that could not be read.
    pub(crate) fn unreadable_file(path: &Path, why: &Unreadable) -> Self {
        Self::not_read(path, why, "check the path")
    }

    /// A path that the user named and that could not be read; what to do where nothing is there.
    pub(crate) fn not_read(path: &Path, why: &Unreadable, absent: &str) -> Self {
        let message = format!("{}: {why}", escape::path(path));
        match why {
            Unreadable::Denied => Self::with_hint(message, "run castore as a user who can read it"),
            Unreadable::TooLarge(_) => Self::with_hint(message, "raise the limit with --file-size"),
            Unreadable::Absent | Unreadable::Dangling => Self::with_hint(message, absent),
            Unreadable::NotRegular("pipe") => Self::with_hint(message, "write - for it, and lead the pipe to castore"),
            _ => Self::new(message),
        }
    }
}

impl From<BadSelector> for Failure {
    fn from(error: BadSelector) -> Self {
        Self::with_hint(error.to_string(), error.hint())
    }
}
