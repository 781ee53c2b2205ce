//! `castore which`: the stores each client uses, and why.

use super::clients::PolicyRow;
use super::subject::SubjectReport;
use super::{CertificateReport, PathReport, PlaceReport, hex, store_name};
use crate::anchors::{Anchors, Reason, anchors, beside_empty, stops};
use crate::catalogue::client::{Ends, Look, Origin, Source, Stands, Then};
use crate::discover::{Candidate, Named, Outcome, Use};
use crate::host::recorded::Seen;
use crate::load::Snapshot;
use crate::model::{Reading, StoreId};
use crate::render::commands::Commands;
use crate::render::escape;
use crate::select::{opaque_stores, open_stores};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// The answer of `castore which`.
#[derive(Debug, Clone, Serialize)]
pub struct WhichReport {
    /// `castore.which/1`.
    pub schema: &'static str,
    /// Who sees the host, where that is not the user at this shell.
    pub subject: Option<SubjectReport>,
    /// One for each installation.
    pub clients: Vec<ClientReport>,
    /// The paths looked at while clients were searched for, where that was asked.
    pub looked_at: Vec<LooksReport>,
    /// Commands of its text, as they are to be typed.
    #[serde(skip)]
    pub commands: Commands,
}

/// The paths looked at for one client that were not looked at for one before it.
#[derive(Debug, Clone, Serialize)]
pub struct LooksReport {
    /// The client.
    pub client: &'static str,
    /// The paths, in the order of the first look at each.
    pub places: Vec<LookReport>,
}

/// One path that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct LookReport {
    /// `file`, `directory`, `other`, `absent`, `closed`.
    pub seen: &'static str,
    /// The path.
    #[serde(flatten)]
    pub path: PathReport,
}

impl LooksReport {
    /// The report of what was looked at for a client.
    #[must_use]
    pub fn new(client: &'static str, looks: &[(PathBuf, Seen)]) -> Self {
        let word = |seen: Seen| match seen {
            Seen::File => "file",
            Seen::Directory => "directory",
            Seen::Other => "other",
            Seen::Absent => "absent",
            Seen::Closed => "closed",
        };
        let look = |(path, seen): &(PathBuf, Seen)| LookReport { seen: word(*seen), path: PathReport::new(path) };
        Self { client, places: looks.iter().map(look).collect() }
    }
}

/// One installation of a client.
#[derive(Debug, Clone, Serialize)]
pub struct ClientReport {
    /// The client's id.
    pub client: &'static str,
    /// How it looks for trust, in a sentence.
    pub about: &'static str,
    /// Where the installation is; absent for rules that hold for any program of a kind.
    pub at: Option<PathReport>,
    /// The account whose own it is, where all accounts were asked for.
    pub account: Option<String>,
    /// How it was found.
    pub found_by: Option<String>,
    /// Versions of its parts, its own first.
    pub versions: Vec<VersionReport>,
    /// Paths that were found out about it, such as `openssldir`.
    pub places: Vec<NamedPath>,
    /// `on`, `off`, or `error` where it stops on a store it cannot use.
    pub verification: &'static str,
    /// The row of the policy by which it judges chains, where castore has one.
    pub policy: Option<&'static str>,
    /// Whether an intermediate in a store can end a chain: `any-certificate` or `self-issued`.
    pub chain_ends_with: &'static str,
    /// Distinct certificates that count.
    pub anchors: usize,
    /// Whether what was not read could hold more that count: what `gaps` and `left_out` say together.
    #[serde(skip)]
    pub is_at_least: bool,
    /// SHA-256 of their fingerprints in ascending order: the same for the same set.
    pub anchors_sha256: String,
    /// The places it looks at, in its order.
    pub candidates: Vec<CandidateReport>,
    /// Certificates in its stores that do not count, by the reason.
    pub left_out: Vec<LeftOutReport>,
    /// Stores in effect that were not read in full, so that the count is a lower bound.
    pub gaps: Vec<String>,
    /// What could not be found out.
    pub unknown: Vec<String>,
    /// What a user of it needs to know beside its stores.
    pub remarks: Vec<String>,
}

/// A part and its version.
#[derive(Debug, Clone, Serialize)]
pub struct VersionReport {
    /// The part.
    pub component: &'static str,
    /// Its version.
    pub version: String,
}

/// A path by its role.
#[derive(Debug, Clone, Serialize)]
pub struct NamedPath {
    /// The role.
    pub name: &'static str,
    /// The path.
    #[serde(flatten)]
    pub path: PathReport,
}

/// One place a client looks at.
#[derive(Debug, Clone, Serialize)]
pub struct CandidateReport {
    /// `used`, `shadowed`, `not-set`, `empty`, `unusable`, `not-looked`, `turns-off`, `turns-off-for`.
    pub outcome: &'static str,
    /// Why, where the word alone does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What the client does then, where the place gives nothing: `bind`, `pass`, `refuse`, `turn-off`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<&'static str>,
    /// What named it: `built in`, `$SSL_CERT_FILE`, `http.sslCAInfo in /etc/gitconfig:3`.
    pub named_by: String,
    /// The path it named.
    pub path: Option<PathReport>,
    /// The store behind the links.
    pub store: Option<String>,
    /// How the client reads it.
    pub look: &'static str,
    /// Distinct certificates in the store.
    pub certificates: Option<usize>,
    /// Where the rule is documented or written.
    pub says: &'static str,
}

/// A certificate that does not count.
#[derive(Debug, Clone, Serialize)]
pub struct LeftOutReport {
    /// Where it is.
    pub place: PlaceReport,
    /// What it is, where it is a certificate.
    pub certificate: Option<CertificateReport>,
    /// Why it does not count.
    pub because: String,
}

impl WhichReport {
    /// The report of every use.
    #[must_use]
    pub fn new(uses: &[Use], snapshot: &Snapshot) -> Self {
        Self {
            schema: "castore.which/1",
            subject: None,
            clients: uses.iter().map(|found| ClientReport::new(found, snapshot)).collect(),
            looked_at: Vec::new(),
            commands: Commands::default(),
        }
    }
}

/// `on`, `off` or `error`.
pub(super) fn verification(found: &Use, snapshot: &Snapshot) -> &'static str {
    match () {
        () if found.is_off() => "off",
        () if stops(found, snapshot).is_some() => "error",
        () => "on",
    }
}

impl ClientReport {
    fn new(found: &Use, snapshot: &Snapshot) -> Self {
        let installation = &found.installation;
        let trusted = anchors(found, snapshot);
        let was_read = |id: &&StoreId| {
            snapshot.store(id).is_some_and(|store| store.reading == Reading::Whole && !store.entries.is_empty())
        };
        let gaps = open_stores(found, snapshot).filter(|id| !was_read(id));
        let gaps: Vec<String> = gaps.map(store_name).chain(opaque_stores(found).map(|id| store_name(&id))).collect();
        let beside = beside_empty(found, &trusted);
        let report = |candidate: &Candidate| match beside.iter().any(|used| std::ptr::eq(*used, candidate)) {
            true => {
                let why = Some("nothing came from the place before".to_owned());
                CandidateReport { outcome: "used", why, ..CandidateReport::new(candidate, snapshot) }
            }
            false => CandidateReport::new(candidate, snapshot),
        };
        let at = (!installation.at.as_os_str().is_empty()).then(|| PathReport::new(&installation.at));
        Self {
            client: found.client.id,
            about: found.client.about,
            at,
            account: found.account.clone(),
            found_by: Some(installation.because.clone()).filter(|because| !because.is_empty()),
            versions: installation
                .components
                .iter()
                .map(|(component, version)| VersionReport { component, version: version.to_string() })
                .collect(),
            places: installation
                .places
                .iter()
                .map(|(name, path)| NamedPath { name, path: PathReport::new(path) })
                .collect(),
            policy: PolicyRow::of(found.client).map(|row| row.id),
            verification: verification(found, snapshot),
            chain_ends_with: match (found.client.ends)(installation) {
                Ends::AnyCertificate => "any-certificate",
                Ends::SelfIssued => "self-issued",
            },
            anchors: trusted.certificates.len(),
            is_at_least: is_at_least(&trusted, &gaps),
            anchors_sha256: digest(&trusted),
            candidates: found.candidates.iter().map(report).collect(),
            left_out: left_out(&trusted),
            gaps,
            unknown: installation.unknown.clone(),
            remarks: installation.remarks.clone(),
        }
    }
}

/// Whether what was not read could hold more that count.
fn is_at_least(trusted: &Anchors<'_>, gaps: &[String]) -> bool {
    let is_any = |fits: fn(&Reason) -> bool| trusted.left_out.iter().any(|left| fits(&left.because));
    // Where OpenSSL refuses a whole file nothing that was not read could count.
    let is_refused = trusted.certificates.is_empty() && is_any(|why| matches!(why, Reason::RefusedByOpenssl { .. }));
    (!gaps.is_empty() || is_any(|why| *why == Reason::NotStated)) && !is_refused
}

fn digest(trusted: &Anchors<'_>) -> String {
    let mut hash = Sha256::new();
    trusted.certificates.keys().for_each(|fingerprint| hash.update(fingerprint.as_bytes()));
    hex(&hash.finalize())
}

fn left_out(trusted: &Anchors<'_>) -> Vec<LeftOutReport> {
    let report = |left: &crate::anchors::LeftOut<'_>| LeftOutReport {
        place: PlaceReport::new(&left.store.id, Some(left.slot)),
        certificate: left.certificate.map(|certificate| CertificateReport::new(certificate)),
        because: left.because.to_string(),
    };
    trusted.left_out.iter().map(report).collect()
}

impl CandidateReport {
    fn new(candidate: &Candidate, snapshot: &Snapshot) -> Self {
        let (outcome, why, then) = match &candidate.outcome {
            Outcome::Used => match candidate.leaf.origin {
                Origin::Opaque(&(_, what)) | Origin::OpaqueOfProgramme(&(_, what)) => {
                    ("used", Some(format!("{what}, which castore does not read")), None)
                }
                _ => ("used", None, None),
            },
            Outcome::Shadowed => ("shadowed", None, None),
            Outcome::NotSet => ("not-set", None, None),
            Outcome::Refused(why) => {
                ("refused", Some(escape::terminal(why).to_string()), Some(then_word(Then::Refuse)))
            }
            Outcome::Empty(then) => ("empty", Some("set and empty".to_owned()), Some(then_word(*then))),
            Outcome::Unusable(why, then) => ("unusable", Some(why.to_string()), Some(then_word(*then))),
            Outcome::NotLooked(why) => ("not-looked", Some(why.clone()), None),
            Outcome::TurnsOff => ("turns-off", Some("verification is off".to_owned()), None),
            Outcome::TurnsOffFor(names) => {
                ("turns-off-for", Some(format!("verification is off for {}", escape::terminal(names))), None)
            }
        };
        let store = candidate.store.as_ref().and_then(|id| snapshot.store(id));
        let certificates = store.filter(|store| store.format.is_read()).map(|store| {
            let found: std::collections::HashSet<_> =
                store.entries.iter().filter_map(|entry| Some(entry.certificate()?.fingerprint())).collect();
            found.len()
        });
        Self {
            outcome,
            why,
            then,
            named_by: named_by(&candidate.named),
            path: candidate.path.as_deref().map(PathReport::new),
            store: candidate.store.as_ref().map(store_name),
            look: look_word(candidate.leaf.look),
            certificates,
            says: candidate.leaf.says,
        }
    }
}

/// What named a place, as a user knows it. The values of variables that are no path are not told.
#[must_use]
pub fn named_by(named: &Named) -> String {
    match named {
        Named::BuiltIn | Named::Setting(_, Source::BuiltIn) => "built in".to_owned(),
        Named::Variable(name, _) => format!("${name}"),
        Named::Setting(key, Source::File(file, line) | Source::Scoped(file, line, _)) => {
            format!("{key} in {}:{line}", escape::path(file))
        }
        Named::Setting(key, Source::Variable(name)) => format!("{key} in ${}", escape::terminal(name)),
        Named::System => "the operating system".to_owned(),
    }
}

pub(super) const fn then_word(then: Then) -> &'static str {
    match then {
        Then::Bind => "bind",
        Then::Pass => "pass",
        Then::Refuse => "refuse",
        Then::TurnOff => "turn-off",
    }
}

pub(super) const fn look_word(look: Look) -> &'static str {
    match look {
        Look::Bundle => "bundle",
        Look::Blocks => "blocks",
        Look::UntilBad => "blocks-until-bad",
        Look::UnlessBad => "blocks-unless-bad",
        Look::FirstBlock => "first-block",
        Look::HashLazy | Look::HashDefault => "hash-lookup",
        Look::HashStore => "hash-store-lookup",
        Look::HashNames => "hash-names",
        Look::EveryFile => "every-file",
        Look::EitherEncoding => "pem-or-der",
        Look::EveryFileEitherEncoding => "every-file-pem-or-der",
        Look::UnlessHashName => "blocks-unless-hash-name",
        Look::Extensions(_) => "by-extension",
        Look::Listed => "listed",
        Look::Authorities => "authorities",
        Look::Stated => "stated",
        Look::Blocklist => "blocklist",
        Look::BundleOrHash => "bundle-or-hash-lookup",
        Look::AnyForm => "any-form",
        Look::TrustModule(Stands::Alone) => "trust-module",
        Look::TrustModule(Stands::Anchors) => "trust-module-anchors",
        Look::TrustModule(Stands::Blocklist) => "trust-module-blocklist",
        Look::Keystore => "keystore",
        Look::CompiledIn => "compiled-in",
        Look::Nothing => "nothing",
    }
}
