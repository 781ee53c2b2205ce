//! A root programme, or a bundle made from one, through its releases: which root it held for which purpose from
//! when until when.

use super::BadFacts;
use super::table::{Row, Table};
use crate::model::{Fingerprint, Timestamp};
use std::collections::HashMap;

/// A programme, as one file of facts tells it.
#[derive(Debug, Clone)]
pub struct Program {
    /// What users and files call it: `mozilla`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whether it decides by itself.
    pub sort: Sort,
    /// Its releases, oldest first; never none.
    releases: Vec<Release>,
    roots: HashMap<Fingerprint, Root>,
    /// The roots in the order of the file.
    order: Vec<Fingerprint>,
}

/// Whether a programme decides by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// It does, and says for which purposes: Mozilla, Microsoft.
    Program,
    /// It passes on what a programme decides, for TLS servers, in one flat list: certifi, Debian.
    Bundle,
    /// Builds of several vendors, each with a list of its own: that one lacks what an earlier one had is no removal.
    Builds,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its version.
    pub version: String,
    /// Its day, where that is known.
    pub day: Option<Timestamp>,
    /// The package that it was read from.
    pub carrier: String,
}

/// What a root is trusted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// TLS servers.
    Server,
    /// Electronic mail.
    Email,
    /// Something else.
    Other,
}

impl Purpose {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "server" => Self::Server,
            "email" => Self::Email,
            "other" => Self::Other,
            _ => return None,
        })
    }

    /// The words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Server => "TLS servers",
            Self::Email => "e-mail",
            Self::Other => "other purposes",
        }
    }
}

/// A root in a programme.
#[derive(Debug, Clone)]
struct Root {
    name: String,
    /// The releases, first to last, that hold it for a purpose.
    spans: Vec<(Purpose, usize, usize)>,
    /// Days after which what it issues is not trusted for a purpose.
    after: Vec<(Purpose, Timestamp)>,
}

/// What a programme says of one root.
#[derive(Debug, Clone)]
pub struct Standing<'f> {
    /// The programme.
    pub program: &'f Program,
    /// What it calls the root.
    pub name: &'f str,
    /// Whether it is in for TLS servers.
    pub servers: Held<'f>,
    /// Purposes other than servers for which the newest release holds it.
    pub others: Vec<Purpose>,
    /// The day after which certificates for TLS servers that it issues are not trusted.
    pub after: Option<Timestamp>,
}

/// Whether a programme holds a root for TLS servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held<'f> {
    /// The newest release does.
    Yes,
    /// Earlier ones did.
    Removed {
        /// The last that did.
        last: &'f Release,
        /// The first after it.
        gone: &'f Release,
    },
    /// A build did, and the newest, of whichever vendor, does not.
    Earlier {
        /// The last that did.
        last: &'f Release,
    },
    /// None ever did.
    Never,
}

impl Program {
    pub(super) fn read(table: &Table<'_>) -> Result<Self, BadFacts> {
        let sort = match table.sort()? {
            "program" => Sort::Program,
            "bundle" => Sort::Bundle,
            "builds" => Sort::Builds,
            _ => return Err(table.bad("sort", "`program`, `bundle` or `builds`")),
        };
        let (id, name) = (table.value("id")?.to_owned(), table.value("name")?.to_owned());
        let mut program = Self { id, name, sort, releases: Vec::new(), roots: HashMap::new(), order: Vec::new() };
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        for row in &table.rows {
            match row.kind() {
                "release" if program.roots.is_empty() => {
                    let [version, day, carrier] = row.fields()?;
                    if numbers.insert(version, program.releases.len()).is_some() {
                        return Err(row.bad("each release once", version));
                    }
                    let (version, carrier) = (version.to_owned(), carrier.to_owned());
                    program.releases.push(Release { version, day: row.day(day)?, carrier });
                }
                "release" => return Err(row.bad("releases before roots", "a release after a root")),
                "root" => {
                    let [sha256, spans, after, name] = row.fields()?;
                    let fingerprint = row.sha256(sha256)?;
                    let root = Root {
                        name: name.to_owned(),
                        spans: spans_of(row, spans, &numbers)?,
                        after: days_of(row, after)?,
                    };
                    if program.roots.insert(fingerprint, root).is_some() {
                        return Err(row.bad("each root once", sha256));
                    }
                    program.order.push(fingerprint);
                }
                other => return Err(row.bad("a row of `release` or `root`", other)),
            }
        }
        if program.releases.is_empty() {
            return Err(table.bad("id", "at least one release of the programme"));
        }
        Ok(program)
    }

    /// The newest release.
    #[must_use]
    pub fn newest(&self) -> Option<&Release> {
        self.releases.last()
    }

    /// Every release, oldest first.
    #[must_use]
    pub fn releases(&self) -> &[Release] {
        &self.releases
    }

    /// What it says of a root; nothing where it never held it.
    #[must_use]
    pub fn standing(&self, fingerprint: &Fingerprint) -> Option<Standing<'_>> {
        let root = self.roots.get(fingerprint)?;
        let newest = self.releases.len().saturating_sub(1);
        let last = |purpose: Purpose| root.spans.iter().filter(|span| span.0 == purpose).map(|span| span.2).max();
        let servers = match last(Purpose::Server) {
            None => Held::Never,
            Some(last) if last == newest => Held::Yes,
            Some(last) if self.sort == Sort::Builds => Held::Earlier { last: self.releases.get(last)? },
            Some(last) => Held::Removed { last: self.releases.get(last)?, gone: self.releases.get(last + 1)? },
        };
        let others = [Purpose::Email, Purpose::Other].into_iter().filter(|purpose| last(*purpose) == Some(newest));
        let after = root.after.iter().find(|(purpose, _)| *purpose == Purpose::Server).map(|(_, day)| *day);
        Some(Standing { program: self, name: &root.name, servers, others: others.collect(), after })
    }

    /// The roots that its newest release holds for TLS servers, in the order of the file, with their names.
    pub fn servers(&self) -> impl Iterator<Item = (Fingerprint, &str)> {
        let newest = self.releases.len().saturating_sub(1);
        self.order.iter().filter_map(move |fingerprint| {
            let root = self.roots.get(fingerprint)?;
            let is_in = root.spans.iter().any(|span| span.0 == Purpose::Server && span.2 == newest);
            is_in.then_some((*fingerprint, root.name.as_str()))
        })
    }

    /// The roots that a release held for TLS servers; nothing where there is no such release.
    #[must_use]
    pub fn held_in(&self, version: &str) -> Option<Vec<Fingerprint>> {
        let number = self.releases.iter().position(|release| release.version == version)?;
        let held = |root: &Root| {
            root.spans.iter().any(|span| span.0 == Purpose::Server && (span.1..=span.2).contains(&number))
        };
        Some(self.order.iter().filter(|fingerprint| self.roots.get(fingerprint).is_some_and(held)).copied().collect())
    }

    /// What it calls every root that it ever held.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.roots.values().map(|root| root.name.as_str())
    }

    /// Every root it ever held.
    pub fn roots(&self) -> impl Iterator<Item = &Fingerprint> {
        self.order.iter()
    }
}

/// `server=FIRST..LAST,FIRST.. email=…`.
fn spans_of(
    row: &Row<'_>,
    text: &str,
    numbers: &HashMap<&str, usize>,
) -> Result<Vec<(Purpose, usize, usize)>, BadFacts> {
    let mut spans: Vec<(Purpose, usize, usize)> = Vec::new();
    let newest = numbers.len().saturating_sub(1);
    let number = |version: &str| numbers.get(version).copied().ok_or_else(|| row.bad("a release named above", version));
    for part in text.split(' ') {
        let pair = part.split_once('=').and_then(|(purpose, spans)| Some((Purpose::parse(purpose)?, spans)));
        let Some((purpose, parts)) = pair else { return Err(row.bad("`server=`, `email=` or `other=`", part)) };
        if spans.iter().any(|span| span.0 == purpose) {
            return Err(row.bad("each purpose once", part));
        }
        for span in parts.split(',') {
            let Some((first, last)) = span.split_once("..") else { return Err(row.bad("`FIRST..LAST`", span)) };
            let first = number(first)?;
            let last = if last.is_empty() { newest } else { number(last)? };
            let is_after = spans.last().is_none_or(|before| before.0 != purpose || before.2 + 1 < first);
            if first > last || !is_after {
                return Err(row.bad("releases in their order", span));
            }
            spans.push((purpose, first, last));
        }
    }
    Ok(spans)
}

/// `server=DAY email=DAY`, or `-`.
fn days_of(row: &Row<'_>, text: &str) -> Result<Vec<(Purpose, Timestamp)>, BadFacts> {
    let mut days: Vec<(Purpose, Timestamp)> = Vec::new();
    for part in text.split(' ').filter(|part| *part != "-") {
        let pair = part.split_once('=').and_then(|(purpose, day)| Some((Purpose::parse(purpose)?, day)));
        let Some((purpose, day)) = pair else { return Err(row.bad("`server=DAY`, or -", part)) };
        let Some(day) = row.day(day)? else { return Err(row.bad("a day as 2026-11-25", day)) };
        if days.iter().any(|(known, _)| *known == purpose) {
            return Err(row.bad("each purpose once", part));
        }
        days.push((purpose, day));
    }
    Ok(days)
}
