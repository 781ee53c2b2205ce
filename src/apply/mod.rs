//! The only writer: one protocol for one file, many files as one run, and no other way to a disk.
//!
//! A trust store half written is a machine that trusts nobody, and one written to the wrong
//! place by root is a machine that somebody else owns. So every writer uses the same protocol
//! ([`replace`] for one file): old or new and never between, only where nobody else can interfere,
//! and no success before the disk has it. [`apply`] carries a whole plan out by it, with a lock,
//! a journal and backups, so that one which is interrupted is finished or taken back by the next,
//! and [`undo`] puts everything back as it was.
//!
//! | file | what it does |
//! |---|---|
//! | `run`, `error` | the words: what is asked, what became of it |
//! | `write`, `change` | the protocol, for one file and in steps for many |
//! | `directory` | the same for files that belong together |
//! | `report` | a report, which is no store: also where another account owns the directory |
//! | `place` | where a write goes, and what it would refuse there |
//! | `state`, `journal`, `lock`, `text` | what is kept between runs, and how |
//! | `carry`, `job` | the order in which a run goes; what is done in it |
//! | `check`, `verify`, `made` | new octets before they are written; stores after, those that commands make too |
//! | `recover`, `undo` | what was interrupted; what is taken back |
//! | `programs`, [`command`], [`refresh`], [`reader`], [`nss`] | programs: what takes changes up, reads stores, changes NSS' |
//! | `sys` | what differs by operating system |

mod carry;
mod change;
mod check;
pub mod command;
pub mod reader;
mod directory;
mod error;
mod job;
mod journal;
mod lock;
mod made;
pub mod nss;
mod place;
mod programs;
mod recover;
pub mod refresh;
mod report;
mod run;
mod state;
mod sys;
#[cfg(test)]
mod tests;
mod text;
mod undo;
mod verify;
mod write;

pub use carry::apply;
pub use directory::{DirectoryError, WrittenDirectory, write_directory};
pub use error::{Refusal, Step, WriteError};
pub use place::may_write;
pub use recover::recover;
pub use report::write_report;
pub use run::{Applied, ApplyError, Damaged, Event, History, Known, Left, Options, OtherTree, Outcome, Recovered, Run};
pub use undo::{chosen, history, undo};
pub use write::{Expect, WriteOptions, Written, replace};
