//! What the world says of particular certificates: which root programmes hold a root or took it out, which
//! keys verifiers block, which roots are there to intercept.
//!
//! Root programmes act by removal, and a removal reaches a machine only with an update of each of its thirty
//! copies. So castore brings tables of who held which root until when, made by the scripts in `data/harvest`
//! from packages of registries, and compares fingerprints. No network is asked at run time; the tables age, and
//! say how old they are ([`File::age`]). Another directory of tables can take their place ([`Facts::read`]).
//!
//! Vendors disagree: one removes a root that another keeps. So a fact always says who, and never that a root is
//! bad. Hashes name things: a certificate by the SHA-256 of its DER, a key by that of its whole
//! SubjectPublicKeyInfo, so that a cross-signed certificate of a blocked key is found too. The tables hold no
//! certificates: 120 roots would be 130 kB in every copy of the program, to be had from any machine that has a
//! store; who wants Mozilla's roots as a bundle takes them from the stores of the host, by fingerprint
//! ([`select`](crate::select)).
//!
//! Chrome's and Apple's programmes are not among the tables: no package of a registry carries them.

mod lists;
mod program;
mod table;

pub use lists::{Blocked, By, Class, Interceptor, Reason};
pub use program::{Held, Program, Purpose, Release, Sort, Standing};

use crate::format::x509;
use crate::limits;
use crate::model::{Certificate, Fingerprint, Timestamp};
use lists::Lists;
use std::sync::OnceLock;

/// The tables that are built in, by their names in `data/facts`.
const BUILT_IN: [(&str, &str); 7] = [
    ("blocked.tsv", include_str!("../../data/facts/blocked.tsv")),
    ("certifi.tsv", include_str!("../../data/facts/certifi.tsv")),
    ("debian.tsv", include_str!("../../data/facts/debian.tsv")),
    ("interceptors.tsv", include_str!("../../data/facts/interceptors.tsv")),
    ("jdk.tsv", include_str!("../../data/facts/jdk.tsv")),
    ("microsoft.tsv", include_str!("../../data/facts/microsoft.tsv")),
    ("mozilla.tsv", include_str!("../../data/facts/mozilla.tsv")),
];
/// The reasons for removals, which are told where there are removals.
const REASONS: (&str, &str) = ("reasons.tsv", include_str!("../../data/facts/reasons.tsv"));

/// The programme that the selector `mozilla` is of.
pub const MOZILLA: &str = "mozilla";

/// Days after which facts count as old: half a year.
///
/// NSS changes its list of roots every two to four months (lists 2.60 to 2.92 in 44 months), and Mozilla asks
/// what ships its roots to follow (<https://wiki.mozilla.org/CA/Additional_Trust_Changes>): after half a year at
/// least one change is missed.
pub const OLD: i64 = 180;

/// Tables of facts. Those that are built in are read when they are first asked.
#[derive(Debug, Default)]
pub struct Facts {
    parsed: OnceLock<Parsed>,
}

#[derive(Debug, Default)]
struct Parsed {
    is_built_in: bool,
    files: Vec<File>,
    programs: Vec<Program>,
    lists: Lists,
}

/// A file of facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name: `certifi.tsv`.
    pub file: String,
    /// What it is called by.
    pub id: String,
    /// What it is of.
    pub name: String,
    /// What it was made of.
    pub source: String,
    /// The day on which it was made.
    pub day: Timestamp,
    /// What made it.
    pub script: String,
    /// The terms under which it is given.
    pub licence: String,
}

impl File {
    /// Days since it was made.
    #[must_use]
    pub fn age(&self, at: Timestamp) -> i64 {
        self.day.days_until(at)
    }

    /// Whether more than [`OLD`] days have passed since it was made.
    #[must_use]
    pub fn is_old(&self, at: Timestamp) -> bool {
        self.age(at) > OLD
    }
}

/// A file of facts that is not sound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: expected {expected}, found {found}")]
pub struct BadFacts {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What should be there.
    pub expected: String,
    /// What is.
    pub found: String,
}

impl BadFacts {
    /// Characters of what was found that are told.
    const TOLD: usize = 80;

    fn new(file: &str, line: usize, expected: &str, found: &str) -> Self {
        let found = found.chars().take(Self::TOLD).collect();
        Self { file: file.to_owned(), line, expected: expected.to_owned(), found }
    }
}

impl Facts {
    /// The tables that castore was built with. Nothing is read before something is asked.
    #[must_use]
    pub fn built_in() -> Self {
        Self::default()
    }

    /// Reads tables, each with its name.
    ///
    /// # Errors
    /// Where one is not in the form, where two are of the same, or where there are none.
    pub fn read<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, BadFacts> {
        let parsed = Parsed::read(files)?;
        if parsed.files.is_empty() {
            return Err(BadFacts::new("*.tsv", 1, "at least one file of facts", "none"));
        }
        Ok(Self { parsed: OnceLock::from(parsed) })
    }

    fn parsed(&self) -> &Parsed {
        // That they are sound is tested; without them there would be nothing to say.
        let built_in = || Parsed::read(BUILT_IN.into_iter().chain([REASONS])).unwrap_or_default();
        self.parsed.get_or_init(|| Parsed { is_built_in: true, ..built_in() })
    }

    /// Whether these are the tables that castore was built with.
    #[must_use]
    pub fn are_built_in(&self) -> bool {
        self.parsed().is_built_in
    }

    /// The files, by name.
    #[must_use]
    pub fn files(&self) -> &[File] {
        &self.parsed().files
    }

    /// Every programme.
    #[must_use]
    pub fn programs(&self) -> &[Program] {
        &self.parsed().programs
    }

    /// A programme by its id.
    #[must_use]
    pub fn program(&self, id: &str) -> Option<&Program> {
        self.programs().iter().find(|program| program.id == id)
    }

    /// What each programme that ever held it says of a certificate.
    #[must_use]
    pub fn standings(&self, fingerprint: &Fingerprint) -> Vec<Standing<'_>> {
        self.programs().iter().filter_map(|program| program.standing(fingerprint)).collect()
    }

    /// The lists that block a certificate or its key.
    #[must_use]
    pub fn blocked(&self, certificate: &Certificate) -> Vec<&Blocked> {
        let lists = &self.parsed().lists;
        let key = lists.has_keys().then(|| key(certificate)).flatten();
        lists.blocked(certificate.fingerprint(), key)
    }

    /// The list that blocks a key, by the SHA-256 of its whole SubjectPublicKeyInfo.
    #[must_use]
    pub fn blocked_key(&self, key: &Fingerprint) -> Option<&Blocked> {
        self.parsed().lists.key(key)
    }

    /// The interceptor that a certificate is known as, and by what.
    #[must_use]
    pub fn interceptor(&self, certificate: &Certificate) -> Option<(&Interceptor, By<'_>)> {
        self.parsed().lists.interceptor(certificate, x509::details(certificate).ok())
    }

    /// Why a root was removed, where that is known.
    #[must_use]
    pub fn reason(&self, fingerprint: &Fingerprint) -> Option<&Reason> {
        self.parsed().lists.reason(fingerprint)
    }
}

/// The SHA-256 of a certificate's whole SubjectPublicKeyInfo.
#[must_use]
pub fn key(certificate: &Certificate) -> Option<Fingerprint> {
    Some(Fingerprint::of(certificate.spki_der()?))
}

impl Parsed {
    fn read<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, BadFacts> {
        let mut parsed = Self::default();
        for (name, text) in files {
            let table = table::read(name, text)?;
            if parsed.files.len() >= limits::FACTS_FILES {
                return Err(BadFacts::new(name, 1, &format!("at most {} files", limits::FACTS_FILES), "more"));
            }
            let file = File {
                file: name.to_owned(),
                id: table.value("id")?.to_owned(),
                name: table.value("name")?.to_owned(),
                source: table.value("source")?.to_owned(),
                day: table.day("date")?,
                script: table.value("script")?.to_owned(),
                licence: table.value("licence")?.to_owned(),
            };
            if let Some(other) = parsed.files.iter().find(|other| other.id == file.id) {
                return Err(table.bad("id", &format!("an id that {} does not have", other.file)));
            }
            match table.value("kind")? {
                "program" => parsed.programs.push(Program::read(&table)?),
                "blocked" => parsed.lists.read_blocked(&table)?,
                "interceptors" => parsed.lists.read_interceptors(&table)?,
                "reasons" => parsed.lists.read_reasons(&table)?,
                _ => return Err(table.bad("kind", "`program`, `blocked`, `interceptors` or `reasons`")),
            }
            parsed.files.push(file);
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests;
