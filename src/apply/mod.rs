//! The only writer: one protocol for one file, and no other way to a disk.
//!
//! A trust store half written is a machine that trusts nobody, and one written to the wrong
//! place by root is a machine that somebody else owns. So every writer uses [`replace`]: old or
//! new and never between, only where nobody else can interfere, and no success before the disk
//! has it.

mod directory;
mod error;
mod run;
mod sys;
#[cfg(test)]
mod tests;
mod write;

pub use directory::{DirectoryError, WrittenDirectory, write_directory};
pub use error::{Refusal, Step, WriteError};
pub use run::{Applied, ApplyError, Event, Options, Outcome, Recovered, Run};
pub use write::{Expect, WriteOptions, Written, replace};
