//! Facts: the tables there are, and what they say of one certificate.

use crate::check::Finding;
use crate::check::stands_on_facts;
use crate::facts::{By, Class, Facts, File, Held, Release, Standing};
use crate::model::{Certificate, Timestamp};
use serde::Serialize;

/// A table of facts.
#[derive(Debug, Clone, Serialize)]
pub struct FactsReport {
    /// What it is called by.
    pub id: String,
    /// Its file.
    pub file: String,
    /// What it was made of.
    pub source: String,
    /// The day on which it was made.
    pub date: String,
    /// Days since then.
    pub age_days: i64,
    /// What made it.
    pub script: String,
    /// The terms under which it is given.
    pub licence: String,
}

impl FactsReport {
    /// The tables, at a moment.
    #[must_use]
    pub fn all(facts: &Facts, at: Timestamp) -> Vec<Self> {
        let report = |file: &File| Self {
            id: file.id.clone(),
            file: file.file.clone(),
            source: file.source.clone(),
            date: file.day.date(),
            age_days: file.age(at),
            script: file.script.clone(),
            licence: file.licence.clone(),
        };
        facts.files().iter().map(report).collect()
    }

    /// The tables that findings stand on: all or none.
    #[must_use]
    pub fn of(facts: &Facts, at: Timestamp, findings: &[Finding]) -> Vec<Self> {
        let are_asked = findings.iter().any(|finding| stands_on_facts(finding.check));
        if are_asked { Self::all(facts, at) } else { Vec::new() }
    }
}

/// What the tables say of one certificate.
#[derive(Debug, Clone, Serialize)]
pub struct KnownReport {
    /// What each programme that ever held it says.
    pub programs: Vec<StandingReport>,
    /// Lists that block it or its key.
    pub blocked_by: Vec<String>,
    /// The interceptor it is known as.
    pub interceptor: Option<InterceptorReport>,
    /// Why it was removed, where that is known.
    pub reason: Option<ReasonReport>,
}

/// What a programme says of a root.
#[derive(Debug, Clone, Serialize)]
pub struct StandingReport {
    /// The id of the programme.
    pub program: String,
    /// What it is called.
    pub name: String,
    /// For TLS servers: `held`, `removed`, `earlier` (by builds of several vendors, of which the newest lacks it) or `never`.
    pub servers: &'static str,
    /// The newest release that castore's table knows.
    pub newest: Option<String>,
    /// The day of that release.
    pub newest_date: Option<String>,
    /// The last release that held it for servers, where it was removed.
    pub last: Option<String>,
    /// The first release after it that does not.
    pub gone: Option<String>,
    /// The day of that release.
    pub gone_date: Option<String>,
    /// Other purposes for which it is held.
    pub others: Vec<&'static str>,
    /// The day after which what it issues for servers is not trusted.
    pub distrust_after: Option<String>,
}

/// An interceptor.
#[derive(Debug, Clone, Serialize)]
pub struct InterceptorReport {
    /// Whose it is.
    pub what: String,
    /// `leaked`, `state`, `inspection` or `tool`.
    pub class: &'static str,
    /// What is known of it.
    pub note: String,
    /// The pattern of names by which it was recognised, which is a hint; absent where it is the very certificate.
    pub by_name: Option<String>,
    /// Where that is said.
    pub says: String,
}

/// Why a root was removed.
#[derive(Debug, Clone, Serialize)]
pub struct ReasonReport {
    /// An identifier.
    pub id: Option<String>,
    /// The reason.
    pub why: String,
    /// Where that is said.
    pub says: String,
}

impl KnownReport {
    /// What `facts` say of a certificate.
    #[must_use]
    pub fn new(facts: &Facts, certificate: &Certificate) -> Self {
        let fingerprint = certificate.fingerprint();
        let blocked = facts.blocked(certificate).into_iter().map(|blocked| {
            let what = if blocked.by_key { "its key" } else { "it" };
            let called = blocked.called.as_ref().map_or_else(String::new, |called| format!(" ({called})"));
            format!("{}: {what}, in {}{called}", blocked.by, blocked.carrier)
        });
        Self {
            programs: facts.standings(&fingerprint).iter().map(StandingReport::new).collect(),
            blocked_by: blocked.collect(),
            interceptor: facts.interceptor(certificate).map(|(known, by)| InterceptorReport {
                what: known.what.clone(),
                class: match known.class {
                    Class::Leaked => "leaked",
                    Class::State => "state",
                    Class::Inspection => "inspection",
                    Class::Tool => "tool",
                },
                note: known.note.clone(),
                by_name: match by {
                    By::Certificate => None,
                    By::Name(pattern) => Some(pattern.to_owned()),
                },
                says: known.says.clone(),
            }),
            reason: facts.reason(&fingerprint).map(|reason| ReasonReport {
                id: reason.id.clone(),
                why: reason.why.clone(),
                says: reason.says.clone(),
            }),
        }
    }
}

impl StandingReport {
    fn new(standing: &Standing<'_>) -> Self {
        let newest = standing.program.newest();
        let version = |release: &Release| release.version.clone();
        let day = |release: &Release| release.day.map(Timestamp::date);
        let (servers, last, gone) = match standing.servers {
            Held::Yes => ("held", None, None),
            Held::Removed { last, gone } => ("removed", Some(last), Some(gone)),
            Held::Earlier { last } => ("earlier", Some(last), None),
            Held::Never => ("never", None, None),
        };
        Self {
            program: standing.program.id.clone(),
            name: standing.program.name.clone(),
            servers,
            newest: newest.map(version),
            newest_date: newest.and_then(day),
            last: last.map(version),
            gone: gone.map(version),
            gone_date: gone.and_then(day),
            others: standing.others.iter().map(|purpose| purpose.words()).collect(),
            distrust_after: standing.after.map(Timestamp::date),
        }
    }

    /// One line: `removed: last in 2026.7.22, gone in 2026.10.18 (2026-10-18)`.
    #[must_use]
    pub fn line(&self) -> String {
        let dated = |version: &Option<String>, day: &Option<String>| match (version, day) {
            (Some(version), Some(day)) => format!("{version} ({day})"),
            (Some(version), None) => version.clone(),
            _ => String::new(),
        };
        let mut line = match self.servers {
            "held" => format!("in for TLS servers, as of {}", dated(&self.newest, &self.newest_date)),
            "removed" => {
                let last = self.last.clone().unwrap_or_default();
                format!("removed for TLS servers: last in {last}, gone in {}", dated(&self.gone, &self.gone_date))
            }
            "earlier" => format!(
                "in some builds up to {}, not in {}",
                self.last.clone().unwrap_or_default(),
                dated(&self.newest, &self.newest_date)
            ),
            _ => "not for TLS servers".to_owned(),
        };
        if !self.others.is_empty() {
            line += &format!("; in for {}", self.others.join(", "));
        }
        if let Some(day) = &self.distrust_after {
            line += &format!("; what it issues after {day} is not trusted");
        }
        line
    }
}
