//! `castore check`: findings, and the stores they were looked for in.

use super::facts::FactsReport;
use super::{CertificateReport, PathReport, PlaceReport, reading, store_name};
use crate::check::{Finding, Severity};
use crate::model::{Reading, StoreId};
use crate::render::checked::{Checked, Format, VERSION};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The row.
pub const FORMAT: Format = Format {
    name: "json",
    about: "versioned JSON, as published in data/schema",
    says: "https://www.rfc-editor.org/rfc/rfc8259",
    render: |checked, _| super::json(&CheckReport::new(checked)),
};

/// The answer of `castore check`.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// `castore.check/1`.
    pub schema: &'static str,
    /// The version of castore.
    pub castore: &'static str,
    /// The host's name, where it is known.
    pub host: Option<String>,
    /// The moment that counted as now.
    pub at: String,
    /// How many findings there are, by severity.
    pub counts: Counts,
    /// The findings, by check, then by place.
    pub findings: Vec<FindingReport>,
    /// Findings that are known and do not count.
    pub allowed: Vec<FindingReport>,
    /// The stores that were looked at.
    pub stores: Vec<CheckedStore>,
    /// Stores in scope that were not read in full, and homes of accounts that were closed.
    pub gaps: Vec<String>,
    /// The tables that findings stand on; none where no finding does.
    pub facts: Vec<FactsReport>,
    /// Whether nothing was there that could have been looked at.
    #[serde(skip)]
    pub is_blind: bool,
}

/// How many findings there are, by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Something fails now, or is dangerous.
    pub error: usize,
    /// Something will fail, or fails for some clients.
    pub warning: usize,
    /// Untidy; nothing fails.
    pub info: usize,
}

impl Counts {
    /// Counts severities.
    #[must_use]
    pub fn of(severities: impl IntoIterator<Item = Severity>) -> Self {
        let mut counts = Self::default();
        for severity in severities {
            *match severity {
                Severity::Error => &mut counts.error,
                Severity::Warning => &mut counts.warning,
                Severity::Info => &mut counts.info,
            } += 1;
        }
        counts
    }

    /// `1 error, 2 warnings, 3 info`; empty where there is none.
    #[must_use]
    pub fn words(self) -> String {
        let several = |number: usize, noun: &str| match (number, noun) {
            (0, _) => None,
            (1, _) | (_, "info") => Some(format!("{number} {noun}")),
            _ => Some(format!("{number} {noun}s")),
        };
        let words = [several(self.error, "error"), several(self.warning, "warning"), several(self.info, "info")];
        words.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// One finding.
#[derive(Debug, Clone, Serialize)]
pub struct FindingReport {
    /// The check's id.
    pub check: &'static str,
    /// `info`, `warning` or `error`.
    pub severity: &'static str,
    /// The same, to be compared.
    #[serde(skip)]
    pub rank: Severity,
    /// What the check says, in a few words.
    pub title: &'static str,
    /// Where it is in a store.
    pub place: Option<PlaceReport>,
    /// A path that is no store.
    pub path: Option<PathReport>,
    /// The line of that path, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The server that it is about, `HOST:PORT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The certificate.
    pub certificate: Option<CertificateReport>,
    /// The clients concerned.
    pub clients: Vec<String>,
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
    /// What to do.
    pub remedy: String,
    /// That it is known and does not count, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<AllowedReport>,
}

/// Why a finding does not count.
#[derive(Debug, Clone, Serialize)]
pub struct AllowedReport {
    /// The reason that somebody gave.
    pub reason: String,
    /// The last day on which that holds, `YYYY-MM-DD`.
    pub until: String,
    /// The file that says so.
    pub file: PathReport,
    /// The line in it, from 1.
    pub line: u64,
}

/// A store that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct CheckedStore {
    /// What it is called: its path behind all links, or a name.
    pub store: String,
    /// What it is written in; absent where nothing of it could be read.
    pub format: Option<&'static str>,
    /// `whole`, `empty`, `partial`, `unread-format` or `unreadable`.
    pub reading: &'static str,
    /// Distinct certificates; absent where it was not read.
    pub certificates: Option<usize>,
    /// The earliest end of validity in it.
    pub earliest_expiry: Option<String>,
    /// The clients that use it, `python (9)` where several installations do.
    pub clients: Vec<String>,
}

impl CheckReport {
    /// The report of a run.
    #[must_use]
    pub fn new(checked: &Checked<'_>) -> Self {
        Self {
            schema: "castore.check/1",
            castore: VERSION,
            host: checked.about.host.clone(),
            at: checked.about.at.to_string(),
            counts: Counts::of(checked.findings.iter().map(Finding::severity)),
            findings: checked.findings.iter().map(FindingReport::new).collect(),
            allowed: checked.allowed.iter().map(FindingReport::new).collect(),
            stores: checked.stores.iter().map(|id| CheckedStore::new(checked, id)).collect(),
            gaps: checked.unread(),
            facts: FactsReport::of(checked.facts, checked.about.at, checked.findings),
            is_blind: checked.is_blind(),
        }
    }
}

impl FindingReport {
    /// The report of a finding.
    #[must_use]
    pub fn new(finding: &Finding) -> Self {
        let detail = &finding.detail;
        Self {
            check: finding.check.id,
            severity: finding.severity().name(),
            rank: finding.severity(),
            title: finding.check.title,
            place: detail.store.as_ref().map(|store| PlaceReport::new(store, detail.slot.as_ref())),
            path: detail.path.as_deref().map(PathReport::new),
            line: detail.line,
            server: detail.server.clone(),
            certificate: detail.certificate.as_deref().map(CertificateReport::new),
            clients: detail.clients.clone(),
            expected: detail.expected.clone(),
            found: detail.found.clone(),
            remedy: detail.remedy.clone(),
            allowed: finding.allowed.as_ref().map(|allowed| AllowedReport {
                reason: allowed.reason.clone(),
                until: allowed.until.date(),
                file: PathReport::new(&allowed.file),
                line: allowed.line,
            }),
        }
    }

    /// Where it is, in one text: the path it is about, else the place in its store, else the server.
    #[must_use]
    pub fn at(&self) -> Option<String> {
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        let path = self.path.as_ref().map(|path| format!("{}{line}", path.path));
        path.or_else(|| self.place.as_ref().map(PlaceReport::text)).or_else(|| self.server.clone())
    }

    /// The same by names alone: a line, an offset or a number is another as soon as something is put before it. A file
    /// in a directory and the same file as a store are two places.
    #[must_use]
    pub fn lasting_place(&self) -> Option<String> {
        let path = self.path.as_ref().map(|path| path.path.clone());
        path.or_else(|| self.place.as_ref().map(PlaceReport::by_name)).or_else(|| self.server.clone())
    }

    /// The store it is in, else the path or the server it is about.
    #[must_use]
    pub fn store(&self) -> Option<&str> {
        let store = self.place.as_ref().map(|place| place.store.as_str());
        store.or_else(|| self.path.as_ref().map(|path| path.path.as_str())).or(self.server.as_deref())
    }

    /// What the clients that it names do with its place: `used by`, of a server's chain `refused by`; without a place
    /// it `concerns` them.
    #[must_use]
    pub fn by(&self) -> &'static str {
        match (&self.server, self.at()) {
            (Some(_), _) => "refused by",
            (None, Some(_)) => "used by",
            (None, None) => "concerns",
        }
    }

    /// The certificate as a line names it: `Corp Root (892f1c6d)`.
    #[must_use]
    pub fn subject(&self) -> Option<String> {
        self.certificate.as_ref().map(|certificate| format!("{} ({})", certificate.label(), certificate.short()))
    }
}

impl AllowedReport {
    /// `allowed until 2026-12-31 by castore.toml:3: the reason`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("allowed until {} by {}:{}: {}", self.until, self.file.path, self.line, self.reason)
    }
}

impl CheckedStore {
    fn new(checked: &Checked<'_>, id: &StoreId) -> Self {
        let store = checked.snapshot.store(id);
        let read = store.filter(|store| matches!(store.reading, Reading::Whole | Reading::Partial));
        let certificates = || read.iter().flat_map(|store| &store.entries).filter_map(|entry| entry.certificate());
        let distinct: HashSet<_> = certificates().map(|certificate| certificate.fingerprint()).collect();
        Self {
            store: store_name(id),
            format: read.map(|store| store.format.name()),
            reading: store.map_or("unreadable", |store| reading(store).0),
            certificates: read.map(|_| distinct.len()),
            earliest_expiry: certificates().filter_map(|c| c.not_after()).min().map(|time| time.to_string()),
            clients: checked.users_of(id),
        }
    }
}

/// Findings that say the same of the same certificate, or of nothing but their places.
#[derive(Debug, Clone)]
pub struct Group<'r> {
    /// What all of them say; only the places differ.
    pub first: &'r FindingReport,
    /// All of them.
    pub findings: Vec<&'r FindingReport>,
    /// Their places, each once, with the clients of all of it: a file in a directory of hash links may be a store that
    /// is named itself, too.
    pub places: Vec<Cow<'r, FindingReport>>,
}

impl<'r> Group<'r> {
    fn new(first: &'r FindingReport) -> Self {
        Self { first, findings: Vec::new(), places: Vec::new() }
    }

    /// Adds a finding, whose place is perhaps that of another; gives which of the places it is.
    fn add(&mut self, finding: &'r FindingReport, known: Option<usize>) -> usize {
        self.findings.push(finding);
        let Some((number, place)) = known.and_then(|known| Some((known, self.places.get_mut(known)?))) else {
            self.places.push(Cow::Borrowed(finding));
            return self.places.len() - 1;
        };
        let more = finding.clients.iter().filter(|client| !place.clients.contains(client));
        let more: Vec<String> = more.cloned().collect();
        if !more.is_empty() {
            place.to_mut().clients.extend(more);
        }
        number
    }
}

/// What one check says with one remedy: what a person does about it is one thing.
#[derive(Debug, Clone)]
pub struct Cause<'r> {
    /// The check, its severity and the remedy are those of all.
    pub first: &'r FindingReport,
    /// What it says, each with its places.
    pub groups: Vec<Group<'r>>,
}

impl<'r> Cause<'r> {
    /// The stores it is in, with how often, most first.
    #[must_use]
    pub fn stores(&self) -> Vec<(&'r str, usize)> {
        let mut stores: Vec<(&str, usize)> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        for store in self.groups.iter().flat_map(|group| &group.findings).filter_map(|finding| finding.store()) {
            let at = *known.entry(store).or_insert(stores.len());
            match stores.get_mut(at) {
                Some((_, count)) => *count += 1,
                None => stores.push((store, 1)),
            }
        }
        stores.sort_by(|(_, a), (_, b)| b.cmp(a));
        stores
    }
}

/// What a person counts: the same of one certificate once, however many places it is in.
#[must_use]
pub fn summary(causes: &[Cause<'_>], report: &CheckReport) -> String {
    if causes.is_empty() {
        // That nothing was found says something only of what was looked at.
        let words = match () {
            () if report.is_blind => "nothing was looked at",
            () if !report.gaps.is_empty() => "no findings in what could be read",
            () => "no findings",
        };
        return words.to_owned();
    }
    let groups = || causes.iter().flat_map(|cause| &cause.groups);
    let places: usize = groups().map(|group| group.places.len()).sum();
    let counted = groups().count();
    let words = Counts::of(groups().map(|group| group.first.rank)).words();
    if places == counted { words } else { format!("{words} ({places} places)") }
}

/// The same with how many findings castore.toml allows.
#[must_use]
pub fn summary_of(causes: &[Cause<'_>], report: &CheckReport) -> String {
    match report.allowed.len() {
        0 => summary(causes, report),
        allowed => format!("{} ({allowed} more allowed by castore.toml)", summary(causes, report)),
    }
}

/// The findings by cause, worst first, else in the order of the checks.
#[must_use]
pub fn causes(findings: &[FindingReport]) -> Vec<Cause<'_>> {
    let mut causes: Vec<Cause<'_>> = Vec::new();
    let mut known = HashMap::new();
    let mut places = HashMap::new();
    let mut stands = HashMap::new();
    for finding in findings {
        let cause = (finding.check, finding.severity, finding.remedy.as_str());
        let cause_at = *known.entry(cause).or_insert_with(|| {
            causes.push(Cause { first: finding, groups: Vec::new() });
            causes.len() - 1
        });
        let groups = &mut causes[cause_at].groups;
        let sha256 = finding.certificate.as_ref().map(|certificate| certificate.sha256.as_str());
        let said = (cause_at, sha256, finding.expected.as_str(), finding.found.as_str());
        let at = *places.entry(said).or_insert_with(|| {
            groups.push(Group::new(finding));
            groups.len() - 1
        });
        let Some(place) = finding.at() else {
            groups[at].add(finding, None);
            continue;
        };
        let place = (cause_at, at, place);
        let number = groups[at].add(finding, stands.get(&place).copied());
        stands.insert(place, number);
    }
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.first.rank));
    causes
}
