//! NSS databases, changed by `certutil` on a copy.
//!
//! NSS signs what it thinks of a certificate with a key in `key4.db` (softoken, `sftkdb.c`), so a certificate written
//! into `cert9.db` alone is one that Firefox does not trust, and both files change. castore does not write them
//! itself, and certutil is not let near the live ones: it adds a certificate before it finds out that it cannot sign,
//! and a kill between two transactions leaves half. So the files are copied, certutil works on the copy, castore
//! reads the result with its own reader and holds it against what was asked, and hands the new files back: `key4.db`
//! first, since a signature of what is not there yet means nothing, and trust that is not signed is none.
//!
//! A program that has the database open keeps what it read, and writes over what it finds changed: then nothing is
//! done, which is asked before the copy is made and again before a file gets its name. `pkcs11.txt` is never copied,
//! since it can name libraries to load.

mod held;
mod work;

use super::command::scratch::Scratch;
use super::command::{Account, CannotRun};
use super::error::Shown;
use super::sys::Directory;
use super::write::Stop;
use crate::format::{self, Means};
use crate::limits::FILE_SIZE;
use crate::model::{Body, Certificate, Decoded, Fingerprint, Password, Trust};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) use held::may_be_replaced;
use work::Work;

/// Certificates and what is thought of them.
pub const CERTIFICATES: &str = "cert9.db";
/// Private keys, and signatures of what is thought of certificates.
pub const KEYS: &str = "key4.db";
/// Trusted to issue certificates of servers, and for nothing else (certutil(1)).
const TRUST: &str = "C,,";

/// A database was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NssError {
    /// A file of it is missing, or cannot be read.
    #[error("{}: {because}", Shown(.path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        because: String,
    },
    /// Something wrote it and did not end, or has not yet.
    #[error("{}: expected no journal beside the database, found one", Shown(.0))]
    Journal(PathBuf),
    /// A program has it open.
    #[error("{}: process {process} has the database open", Shown(.path))]
    Held {
        /// The database.
        path: PathBuf,
        /// Which.
        process: u32,
    },
    /// The directory holds a database of before 2018 only.
    #[error("{}: expected cert9.db, found cert8.db, which is only read", Shown(.0))]
    Old(PathBuf),
    /// A password protects it, and none that was given fits.
    #[error("{}: a password protects the database, and none that was given fits", Shown(.0))]
    Password(PathBuf),
    /// It is of another root, and there is nobody but root to run certutil as.
    #[error("{}: certutil is not run as root over a database of another root", Shown(.0))]
    Foreign(PathBuf),
    /// A nickname that cannot be given or is another's already.
    #[error("expected a nickname of its own in printable characters, found {0:?}")]
    Nickname(String),
    /// certutil is not here, or was not run.
    #[error(transparent)]
    CannotRun(#[from] CannotRun),
    /// certutil failed.
    #[error("certutil: {0}")]
    Certutil(String),
    /// What certutil made is not what was asked for.
    #[error("certutil was asked to change {expected}, and changed {found}")]
    Differs {
        /// What should have come of it.
        expected: String,
        /// What came of it.
        found: String,
    },
    /// No private directory could be made, or used.
    #[error("no private copy: {0}")]
    Scratch(#[from] std::io::Error),
}

impl NssError {
    /// What the user can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Held { .. } | Self::Journal(_) => Some("close the program that uses it, and try again"),
            Self::Foreign(_) => Some("run castore as the user that the tree belongs to"),
            Self::Old(_) => Some("certutil -L -d sql:DIRECTORY makes a cert9.db of it"),
            Self::Password(_) => Some("give it with --password-file"),
            Self::CannotRun(CannotRun::Absent(_)) => Some("certutil comes with libnss3-tools or nss-tools"),
            _ => None,
        }
    }
}

/// One file of a database, as it was and as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its name in the directory.
    pub name: &'static str,
    /// Its octets; none where it was not there.
    pub before: Option<Vec<u8>>,
    /// Its new octets.
    pub after: Vec<u8>,
}

/// What is asked of a database.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The directory on this machine, behind all links.
    pub directory: &'a Path,
    /// What is added, each under a nickname that nothing in it has.
    pub add: &'a [(String, Arc<Certificate>)],
    /// What is deleted, by the nickname that it has.
    pub remove: &'a [(String, Arc<Certificate>)],
    /// Passwords to try, after the empty one.
    pub passwords: &'a [Password],
    /// Whether it is of another root, whose maker may have made it to harm: certutil is never run as root over it.
    pub is_foreign: bool,
}

/// What the files of a database become; nothing is written there. In the order in which they are to be written, and
/// none where all is as asked for already.
pub fn change(request: &Request<'_>, scratch: &Scratch) -> Result<Vec<Changed>, NssError> {
    let open = opened(request.directory)?;
    let files = Files::read_in(&open, request.directory)?;
    held::check(&open, request.directory)?;
    let before = Contents::read(&files.certificates);
    nicknames_are_good(request, &before)?;
    let work = Work::begin(request, &files, scratch)?;
    for (nickname, certificate) in request.remove.iter().filter(|(_, gone)| before.has(gone)) {
        work.certutil(&["-D", "-n", nickname], Some(certificate))?;
    }
    for (nickname, certificate) in request.add.iter().filter(|(_, new)| !before.trusts(new)) {
        let file = work.room.path().join(format!("{}.der", certificate.fingerprint()));
        let file = file.to_string_lossy();
        work.certutil(&["-A", "-n", nickname, "-t", TRUST, "-i", &file], Some(certificate))?;
    }
    let certificates = work.room.take(CERTIFICATES, FILE_SIZE)?;
    let keys = work.room.take(KEYS, FILE_SIZE)?;
    before.expect(request, &Contents::read(&certificates))?;
    let new = [(KEYS, files.keys, keys), (CERTIFICATES, Some(files.certificates), certificates)];
    let changed = new.into_iter().map(|(name, before, after)| Changed { name, before, after });
    Ok(changed.filter(|file| file.before.as_ref() != Some(&file.after)).collect())
}

/// The files of a database.
pub(super) struct Files {
    certificates: Vec<u8>,
    keys: Option<Vec<u8>>,
    reader: Account,
}

impl Files {
    pub(super) fn read(directory: &Path) -> Result<Self, NssError> {
        Self::read_in(&opened(directory)?, directory)
    }

    fn read_in(open: &Directory, directory: &Path) -> Result<Self, NssError> {
        held::journals(open, directory)?;
        let Some((certificates, reader)) = file(open, directory, CERTIFICATES)? else {
            return Err(match file(open, directory, "cert8.db")? {
                Some(_) => NssError::Old(directory.to_owned()),
                None => {
                    let because = "it is not there".to_owned();
                    NssError::Unreadable { path: directory.join(CERTIFICATES), because }
                }
            });
        };
        let keys = file(open, directory, KEYS)?;
        // Private keys are for their owner alone, whoever may read the certificates.
        let reader = keys.as_ref().map_or(reader, |(_, reader)| *reader);
        Ok(Self { certificates, keys: keys.map(|(bytes, _)| bytes), reader })
    }

    /// As whom certutil is to read them.
    pub(super) fn reader(&self) -> Account {
        self.reader
    }

    /// Their names and octets.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let keys = self.keys.as_deref().map(|keys| (KEYS, keys));
        std::iter::once((CERTIFICATES, self.certificates.as_slice())).chain(keys)
    }
}

fn opened(directory: &Path) -> Result<Directory, NssError> {
    Directory::open(directory)
        .map_err(|error| NssError::Unreadable { path: directory.to_owned(), because: error.to_string() })
}

/// The octets of a file, and who may read it.
fn file(open: &Directory, directory: &Path, name: &str) -> Result<Option<(Vec<u8>, Account)>, NssError> {
    let failed = |because: String| NssError::Unreadable { path: directory.join(name), because };
    let old = match open.old(OsStr::new(name)) {
        Ok(Some(old)) => old,
        Ok(None) => return Ok(None),
        Err(Stop::Failed(error)) => return Err(failed(error.to_string())),
        Err(Stop::Refused(refusal)) => return Err(failed(refusal.to_string())),
    };
    let reader = old.only_reader().map_or(Account::NOBODY, |(user, group)| Account::Other(user, group));
    let mut bytes = Vec::new();
    let file = old.into_file().map_err(|error| failed(error.to_string()))?;
    file.take(FILE_SIZE + 1).read_to_end(&mut bytes).map_err(|error| failed(error.to_string()))?;
    match bytes.len() as u64 > FILE_SIZE {
        true => Err(failed(format!("it has more than {FILE_SIZE} octets"))),
        false => Ok(Some((bytes, reader))),
    }
}

/// How certutil is told of a database.
pub(super) fn database(directory: &Path) -> OsString {
    let mut name = OsString::from("sql:");
    name.push(directory);
    name
}

/// The nicknames that certutil lists, each once: what stands before the flags, which are the last word of a line.
pub(super) fn nicknames(listing: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(listing).into_owned();
    let rows = text.lines().skip_while(|line| !line.contains("SSL,S/MIME")).skip(1);
    let named = rows.filter_map(|line| line.trim_end().rsplit_once(' '));
    named.map(|(nickname, _)| nickname.trim_end().to_owned()).filter(|nickname| !nickname.is_empty()).collect()
}

/// What a database holds.
struct Contents {
    /// What it says of each certificate.
    certificates: BTreeMap<Fingerprint, Vec<Trust>>,
    /// Everything else in it, as text: what it thinks of built-in roots, keys, lists of revoked certificates.
    rest: Vec<String>,
    nicknames: BTreeSet<String>,
}

impl Contents {
    fn read(bytes: &[u8]) -> Self {
        let decoding = format::decode_with(bytes, &Means::default());
        let mut found = Self { certificates: BTreeMap::new(), rest: Vec::new(), nicknames: BTreeSet::new() };
        for entry in decoding.entries {
            found.take(entry);
        }
        for trusts in found.certificates.values_mut() {
            trusts.sort_by_key(|trust| format!("{trust:?}"));
        }
        found.rest.extend(decoding.gaps.iter().map(ToString::to_string));
        found.rest.sort();
        found
    }

    fn take(&mut self, entry: Decoded) {
        if let crate::model::Slot::Alias(nickname) = &entry.slot {
            self.nicknames.insert(nickname.raw().to_owned());
        }
        match entry.body {
            Body::Certificate(der) => {
                let fingerprint = format::x509::read(der).fingerprint();
                self.certificates.entry(fingerprint).or_default().push(entry.trust);
            }
            body => self.rest.push(format!("{body:?} {:?}", entry.trust)),
        }
    }

    fn has(&self, certificate: &Certificate) -> bool {
        self.certificates.contains_key(&certificate.fingerprint())
    }

    /// Whether it is an authority for servers already.
    fn trusts(&self, certificate: &Certificate) -> bool {
        self.certificates.get(&certificate.fingerprint()).is_some_and(|trusts| trusts.iter().all(Trust::allows_server))
    }

    /// Refuses a result that is not this with what was added and without what was removed, all else being as it was.
    fn expect(&self, request: &Request<'_>, found: &Self) -> Result<(), NssError> {
        let moved: BTreeSet<_> =
            request.add.iter().chain(request.remove).map(|(_, certificate)| certificate.fingerprint()).collect();
        let kept = |contents: &Self| -> BTreeMap<Fingerprint, Vec<Trust>> {
            let all = contents.certificates.iter();
            all.filter(|(fingerprint, _)| !moved.contains(fingerprint)).map(|(f, t)| (*f, t.clone())).collect()
        };
        let (was, is) = (kept(self), kept(found));
        let differs = |expected: String, found: String| Err(NssError::Differs { expected, found });
        if let Some(other) =
            was.iter().find(|(f, t)| is.get(f) != Some(t)).or_else(|| is.iter().find(|(f, t)| was.get(f) != Some(t)))
        {
            return differs("no other certificate".to_owned(), other.0.short());
        }
        if self.rest != found.rest {
            return differs("certificates only".to_owned(), "other objects".to_owned());
        }
        for (_, certificate) in request.add {
            if !found.trusts(certificate) {
                let name = certificate.fingerprint().short();
                return differs(format!("{name} into an authority for servers"), "its trust otherwise".to_owned());
            }
        }
        let removed = request.remove.iter().map(|(_, certificate)| certificate);
        match removed.into_iter().find(|gone| found.has(gone)) {
            Some(kept) => differs(format!("{} into nothing", kept.fingerprint().short()), "another".to_owned()),
            None => Ok(()),
        }
    }
}

/// certutil takes a nickname for two certificates of one subject only, and finds by it.
fn nicknames_are_good(request: &Request<'_>, before: &Contents) -> Result<(), NssError> {
    let mut taken = before.nicknames.clone();
    for (nickname, certificate) in request.add {
        let is_plain = !nickname.trim().is_empty()
            && nickname.trim() == nickname
            && !nickname.starts_with('-')
            // Before a colon stands the name of a token.
            && !nickname.contains(|c: char| c.is_control() || c == ':');
        if !is_plain || !(taken.insert(nickname.clone()) || before.has(certificate)) {
            return Err(NssError::Nickname(nickname.clone()));
        }
    }
    Ok(())
}
