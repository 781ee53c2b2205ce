//! Why nothing more came, and the way of that through code that knows errors of the system only.

use std::fmt;
use std::io;

/// Why nothing more came.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Nothing for as long as one wait may last.
    Silent,
    /// The whole has lasted too long.
    Late,
    /// The other side has ended the connection.
    Closed,
    /// More octets than anything honest needs.
    TooMuch,
    /// What the system says.
    Failed(io::Error),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Trouble {}

impl From<Trouble> for io::Error {
    fn from(trouble: Trouble) -> Self {
        io::Error::other(trouble)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(trouble) => trouble,
            Err(error) => match error.kind() {
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof => Self::Closed,
                _ => Self::Failed(error),
            },
        }
    }
}
