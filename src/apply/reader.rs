//! The real readers of a store, asked what they read there: what was planned is what they see, or the plan failed.
//!
//! Each gets a copy in a private directory, as a user who may read the store and nothing else, and answers with
//! certificates, which are compared by the SHA-256 of their DER. A hash directory is looked at in its place, since its
//! links are what matters, and there a reader can only be asked for certificates one by one. What a program complains
//! of is no answer: the store may be right and the program broken, and the outcome says which of the two is known.

mod directory;
mod keystore;
mod node;
mod nss;
mod openssl;
mod python;
mod trust;

use super::command::scratch::{Room, Scratch};
use super::command::{Account, CannotRun, Job, Ran, run};
use super::run::Outcome;
use super::sys::Directory;
use super::write::Stop;
use crate::format::{self, fingerprints};
use crate::limits::{FILE_SIZE, READER_OUTPUT, READER_TIME};
use crate::model::{Fingerprint, Password};
use crate::plan::{After, Reader, StoreChange};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How many certificates are named where a reader sees others than planned: five, as in a plan's summary; the rest is
/// counted.
const NAMED: usize = 5;

/// A question to a reader.
pub struct Question<'a> {
    /// The change that was made.
    pub change: &'a StoreChange,
    /// Where the store is on this machine, behind all links.
    pub at: &'a Path,
    /// Passwords to try on a keystore or database, after the empty one and `changeit`.
    pub passwords: &'a [Password],
    /// Where copies are made.
    pub scratch: &'a Scratch,
}

/// Asks a reader of a store whether it reads what the plan says.
pub fn ask(question: &Question<'_>, reader: Reader, watch: &mut dyn FnMut(&str)) -> Outcome {
    let said = Asking::begin(question, watch).and_then(|mut asking| match reader {
        Reader::Openssl if asking.is_directory => directory::ask(&mut asking),
        Reader::Openssl => openssl::ask(&mut asking),
        Reader::Python => python::ask(&mut asking),
        Reader::Keytool => keystore::ask(&mut asking),
        Reader::Node => node::ask(&mut asking),
        Reader::Certutil => nss::ask(&mut asking),
        Reader::Trust => trust::ask(&mut asking),
    });
    match said {
        Ok(said) => compare(&question.change.after, &said),
        Err(outcome) => outcome,
    }
}

/// What a reader said.
enum Said {
    /// It reads exactly these.
    Holds(BTreeSet<Fingerprint>),
    /// It was asked for those that were added and removed, and finds these.
    Finds(BTreeSet<Fingerprint>, Vec<Fingerprint>),
}

fn compare(after: &After, said: &Said) -> Outcome {
    let (holds, asked) = match said {
        Said::Holds(holds) => (holds, None),
        Said::Finds(finds, asked) => (finds, Some(asked)),
    };
    let (mut missing, unwanted) = after.differs(holds);
    missing.retain(|wanted| asked.is_none_or(|asked| asked.contains(wanted)));
    let list = |which: &[&Fingerprint]| {
        let named = which.iter().take(NAMED).map(|found| found.short()).collect::<Vec<_>>().join(", ");
        if which.len() > NAMED { format!("{named} and {} more", which.len() - NAMED) } else { named }
    };
    match (missing.is_empty(), unwanted.is_empty()) {
        (true, true) => Outcome::Well,
        (false, true) => Outcome::Failed(format!("it does not read {}", list(&missing))),
        (true, false) => Outcome::Failed(format!("it reads {}, which should not be there", list(&unwanted))),
        (false, false) => Outcome::Failed(format!(
            "it does not read {}, and reads {}, which should not be there",
            list(&missing),
            list(&unwanted)
        )),
    }
}

/// A reader being asked.
struct Asking<'a, 'w> {
    question: &'a Question<'a>,
    is_directory: bool,
    /// The octets of a store that is a file.
    bytes: Vec<u8>,
    room: Room,
    account: Account,
    watch: &'w mut dyn FnMut(&str),
}

/// What is said instead of an answer.
type NoAnswer = Outcome;

fn not_run(why: impl std::fmt::Display) -> NoAnswer {
    Outcome::NotRun(why.to_string())
}

impl<'a, 'w> Asking<'a, 'w> {
    fn begin(question: &'a Question<'a>, watch: &'w mut dyn FnMut(&str)) -> Result<Self, NoAnswer> {
        let room = question.scratch.room().map_err(|error| not_run(format!("no private directory: {error}")))?;
        let is_directory = question.change.target.format == crate::model::Format::Directory;
        let (bytes, account) = match is_directory {
            true => (Vec::new(), Account::NOBODY),
            false => read(question.at).map_err(|why| not_run(format!("cannot be read: {why}")))?,
        };
        Ok(Self { question, is_directory, bytes, room, account, watch })
    }

    /// Puts a copy of the store into the private directory.
    fn copy(&mut self, name: &str) -> Result<PathBuf, NoAnswer> {
        if self.is_directory {
            return Err(not_run("it reads no directory as a whole"));
        }
        let bytes = std::mem::take(&mut self.bytes);
        let put = self.put(name, &bytes);
        self.bytes = bytes;
        put
    }

    /// Puts a file into the private directory.
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<PathBuf, NoAnswer> {
        self.room.put(name, bytes).map_err(|error| not_run(format!("no copy: {error}")))
    }

    /// Gives the private directory to who is to read in it; once all files are there.
    fn ready(&mut self) -> Result<(), NoAnswer> {
        let wanted = self.account;
        self.account = self.room.give(wanted).map_err(|error| not_run(format!("no copy: {error}")))?;
        if self.account != wanted && wanted.other().is_some() {
            (self.watch)("run as root, since no other user can reach the copy");
        }
        Ok(())
    }

    /// Runs a program, whatever comes of it.
    fn try_run(
        &mut self,
        name: &str,
        arguments: Vec<OsString>,
        environment: Vec<(&'static str, OsString)>,
    ) -> Result<Ran, NoAnswer> {
        let job = Job {
            name,
            directories: &[],
            arguments,
            environment,
            home: Some(self.room.path().to_path_buf()),
            starts_nothing: true,
            account: self.account,
            time: READER_TIME,
            octets: READER_OUTPUT,
        };
        let ran = run(&job, &mut |_| {}).map_err(|why| match why {
            CannotRun::Absent(_) | CannotRun::Unsafe { .. } => not_run(why),
            CannotRun::Failed { .. } => Outcome::Failed(why.to_string()),
        })?;
        if ran.is_own_account {
            (self.watch)("run as root, since there is no other user here");
        }
        match ran.is_cut {
            true => Err(Outcome::Failed(format!("{name} printed more than {READER_OUTPUT} octets"))),
            false => Ok(ran),
        }
    }

    /// Runs a program that has to end well; what it printed.
    fn run(
        &mut self,
        name: &str,
        arguments: Vec<OsString>,
        environment: Vec<(&'static str, OsString)>,
    ) -> Result<Ran, NoAnswer> {
        let ran = self.try_run(name, arguments, environment)?;
        match ran.is_well() {
            true => Ok(ran),
            false => Err(Outcome::Failed(complaint(name, &ran))),
        }
    }

    /// The certificates of the store as castore reads them.
    fn own_reading(&self) -> BTreeSet<Fingerprint> {
        let means = format::Means { passwords: self.question.passwords, ..format::Means::default() };
        fingerprints(&format::decode_with(&self.bytes, &means).entries)
    }
}

/// What a program said that did not end well, in one line.
fn complaint(name: &str, ran: &Ran) -> String {
    let text = |octets: &[u8]| {
        let text = String::from_utf8_lossy(octets);
        text.lines().rev().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
    };
    match text(&ran.stderr).or_else(|| text(&ran.stdout)) {
        Some(said) => format!("{name}: {}: {said}", ran.ended),
        None => format!("{name}: {}", ran.ended),
    }
}

/// Fingerprints that a program printed, one a line.
fn printed(octets: &[u8]) -> Option<BTreeSet<Fingerprint>> {
    String::from_utf8_lossy(octets).lines().map(|line| line.trim().parse().ok()).collect()
}

/// The octets of a file, and who is to read them: nobody in particular, or who alone may.
fn read(path: &Path) -> Result<(Vec<u8>, Account), String> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Err("no file".to_owned()) };
    let old = Directory::open(parent).map_err(Stop::from).and_then(|directory| directory.old(name));
    let old = match old {
        Ok(Some(old)) => old,
        Ok(None) => return Err("it is not there".to_owned()),
        Err(Stop::Failed(error)) => return Err(error.to_string()),
        Err(Stop::Refused(refusal)) => return Err(refusal.to_string()),
    };
    let account = old.only_reader().map_or(Account::NOBODY, |(user, group)| Account::Other(user, group));
    let mut bytes = Vec::new();
    let read = old.into_file().and_then(|file| file.take(FILE_SIZE + 1).read_to_end(&mut bytes));
    match read {
        Err(error) => Err(error.to_string()),
        Ok(_) if bytes.len() as u64 > FILE_SIZE => Err(format!("it has more than {FILE_SIZE} octets")),
        Ok(_) => Ok((bytes, account)),
    }
}
