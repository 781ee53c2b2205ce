//! `castore why`: one verdict a client, the cause of each, and what mends it.

use super::which::VersionReport;
use super::{CertificateReport, PathReport, PlaceReport};
use crate::catalogue::client::Edit;
use crate::chain::cause::{Cause, Everywhere};
use crate::chain::clients::{Asked, Opinion};
use crate::chain::member::Member;
use crate::chain::remedy::{Remedy, To, remedies};
use crate::chain::{From, Hop, Outcome, Verdict};
use crate::model::{Slot, Store};
use crate::policy::advice::advice;
use crate::policy::{Fault, Oracle};
use crate::render::escape;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

/// The answer of `castore why`.
#[derive(Debug, Clone, Serialize)]
pub struct WhyReport {
    /// `castore.why/1`.
    pub schema: &'static str,
    /// Where the chain is from.
    pub source: SourceReport,
    /// The name that was asked for; none leaves the host check out.
    pub name: Option<String>,
    /// The moment it was judged at.
    pub at: String,
    /// What was sent, in its order.
    pub chain: Vec<SentReport>,
    /// What is to be said of the chain itself, whoever verifies it.
    pub remarks: Vec<String>,
    /// The sentence that answers the question.
    pub answer: String,
    /// How many clients say what.
    pub counts: CountsReport,
    /// One for each installation.
    pub clients: Vec<OpinionReport>,
}

/// Where a chain is from.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SourceReport {
    /// `server`, `file` or `stdin`.
    pub kind: &'static str,
    /// The server or the file, as it was named.
    pub named: String,
    /// The address that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The proxy that was gone through, without what it was told to log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The version of TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<String>,
    /// The cipher suite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cipher: Option<String>,
}

/// One certificate as it was sent.
#[derive(Debug, Clone, Serialize)]
pub struct SentReport {
    /// Its place from 0.
    pub position: usize,
    /// The certificate.
    #[serde(flatten)]
    pub certificate: CertificateReport,
}

/// How many clients say what.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct CountsReport {
    /// They accept.
    pub accepts: usize,
    /// They refuse.
    pub refuses: usize,
    /// It depends.
    pub depends: usize,
    /// It is not predicted.
    pub not_predicted: usize,
}

/// What one installation of a client says.
#[derive(Debug, Clone, Serialize)]
pub struct OpinionReport {
    /// The client's id.
    pub client: &'static str,
    /// Where the installation is; absent for rules that hold for any program of a kind.
    pub at: Option<PathReport>,
    /// The account whose own it is, where all accounts were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Versions of its parts, its own first.
    pub versions: Vec<VersionReport>,
    /// The policy it was judged by.
    pub policy: Option<PolicyReport>,
    /// `accepts`, `refuses`, `depends`, `not-predicted`.
    pub verdict: &'static str,
    /// On what it depends, or why it is not predicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Whether it accepts anything, because something turned verification off.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub verification_off: bool,
    /// Why it refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<CauseReport>,
    /// What the program prints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub printed: Option<PrintedReport>,
    /// The path it takes, from the server's certificate on, as far as it gets.
    pub path: Vec<HopReport>,
    /// Every candidate that it looks at, in order.
    pub steps: Vec<StepReport>,
    /// The faults that show once the first is mended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<FaultReport>,
    /// What makes it accept, each tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<RemedyReport>,
    /// How many anchors it has.
    pub anchors: usize,
    /// Where a program of this client may differ although the client itself accepts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub programs_differ: Vec<&'static str>,
}

/// How a client decides.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyReport {
    /// The row.
    pub id: &'static str,
    /// How it decides, in a sentence.
    pub about: &'static str,
    /// `programs` where its predictions were compared with them, `documents` where they were not.
    pub compared_with: &'static str,
}

/// Why a client refuses.
#[derive(Debug, Clone, Serialize)]
pub struct CauseReport {
    /// Its word in the catalogue of causes.
    pub id: &'static str,
    /// The cause in plain words.
    pub says: String,
    /// The certificate that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateReport>,
    /// Where that certificate is on this host.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlaceReport>,
    /// The end of a sentence that begins with the clients, where the cause is that they lack a root.
    #[serde(skip)]
    pub lacks: Option<String>,
}

/// What a program prints.
#[derive(Debug, Clone, Serialize)]
pub struct PrintedReport {
    /// The number that its library gives the fault, by its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// The name that the program or library has for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
    /// The text.
    pub text: String,
}

/// One certificate of a path.
#[derive(Debug, Clone, Serialize)]
pub struct HopReport {
    /// `sent` or `anchor`.
    pub from: &'static str,
    /// The position in what was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// Where the anchor is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceReport>,
    /// The certificate.
    #[serde(flatten)]
    pub certificate: CertificateReport,
}

/// One candidate that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct StepReport {
    /// The depth of the certificate whose issuer was looked for.
    pub depth: usize,
    /// The candidate.
    #[serde(flatten)]
    pub candidate: HopReport,
    /// Whether it was taken.
    pub taken: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// A fault at a depth.
#[derive(Debug, Clone, Serialize)]
pub struct FaultReport {
    /// Its depth: 0 is the server's certificate.
    pub depth: usize,
    /// In words.
    pub says: String,
}

/// What makes a client accept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemedyReport {
    /// `add-root`, `set-variable`, `unset-variable`, `send-intermediate`, `stop-sending`, `remove`, `rehash`,
    /// `rewrite`, `renew`, `wait`, `reissue`, `use-name`.
    pub kind: &'static str,
    /// What to do.
    pub says: String,
    /// The commands that do it, where castore knows them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// What is to be done as well, in this order: the first change alone uncovers another fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<RemedyReport>,
}

impl WhyReport {
    /// The report of what the clients say.
    #[must_use]
    pub fn new(
        asked: &Asked<'_>,
        (opinions, everywhere): (&[Opinion<'_>], &Everywhere),
        source: SourceReport,
        remarks: Vec<String>,
    ) -> Self {
        let clients: Vec<_> = opinions.iter().map(|opinion| OpinionReport::new(asked, everywhere, opinion)).collect();
        let counts = counts(&clients);
        let sent = asked.question.sent.iter().enumerate();
        Self {
            schema: "castore.why/1",
            source,
            name: asked.question.name.as_ref().map(ToString::to_string),
            at: asked.question.at.to_string(),
            chain: sent
                .map(|(position, member)| SentReport {
                    position,
                    certificate: CertificateReport::new(member.certificate()),
                })
                .collect(),
            remarks,
            answer: answer(&clients, counts),
            counts,
            clients,
        }
    }
}

fn counts(clients: &[OpinionReport]) -> CountsReport {
    let number = |verdict: &str| clients.iter().filter(|client| client.verdict == verdict).count();
    CountsReport {
        accepts: number("accepts"),
        refuses: number("refuses"),
        depends: number("depends"),
        not_predicted: number("not-predicted"),
    }
}

/// The sentence that answers: how many refuse, and the cause that most of them have.
fn answer(clients: &[OpinionReport], counts: CountsReport) -> String {
    let predicted = counts.accepts + counts.refuses + counts.depends;
    let all = |number: usize| if number == 1 { "the one client".to_owned() } else { format!("all {number} clients") };
    if predicted == 0 {
        return "no client that was found here is one that castore can predict".to_owned();
    }
    if counts.refuses == 0 && counts.depends == 0 {
        return format!("{} would accept this chain", all(predicted));
    }
    if counts.refuses == 0 {
        return format!(
            "{} of {} would accept this chain; of {} it depends",
            counts.accepts, predicted, counts.depends
        );
    }
    let mut causes: Vec<(&CauseReport, Vec<&str>, usize)> = Vec::new();
    for (client, cause) in clients.iter().filter_map(|client| Some((client.client, client.cause.as_ref()?))) {
        match causes.iter_mut().find(|(known, _, _)| known.says == cause.says) {
            Some((_, names, number)) => {
                *number += 1;
                if !names.contains(&client) {
                    names.push(client);
                }
            }
            None => causes.push((cause, vec![client], 1)),
        }
    }
    causes.sort_by_key(|(_, _, number)| std::cmp::Reverse(*number));
    let who = if counts.refuses == predicted {
        format!("{} would refuse", all(predicted))
    } else {
        format!("{} of {predicted} clients would refuse", counts.refuses)
    };
    let Some(((cause, names, number), rest)) = causes.split_first() else { return who };
    let says = match (&cause.lacks, names.as_slice()) {
        (Some(lacks), [one]) => format!("{one} lacks {lacks}"),
        (Some(lacks), names) => format!("{} lack {lacks}", listed(names)),
        (None, _) => cause.says.clone(),
    };
    match rest.len() {
        0 => format!("{who}: {says}"),
        1 => format!("{who}: {says} ({number}), and one other cause"),
        others => format!("{who}: {says} ({number}), and {others} other causes"),
    }
}

/// Names that one sentence has room for.
const NAMED: usize = 4;

/// `curl, git and python`, or `curl, git, python and 7 more`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [some @ .., last] if names.len() <= NAMED => format!("{} and {last}", some.join(", ")),
        _ => format!("{} and {} more", names[..NAMED - 1].join(", "), names.len() - (NAMED - 1)),
    }
}

impl OpinionReport {
    fn new(asked: &Asked<'_>, everywhere: &Everywhere, opinion: &Opinion<'_>) -> Self {
        let installation = &opinion.found.installation;
        let judged = &opinion.judged;
        let (verdict, because, printed) = match &judged.verdict {
            Verdict::Accepts => ("accepts", None, None),
            Verdict::Refuses { printed, .. } => {
                let printed = PrintedReport { code: printed.code, name: printed.name, text: printed.text.clone() };
                ("refuses", None, Some(printed))
            }
            Verdict::Depends(on) => ("depends", Some(on.clone()), None),
            Verdict::NotPredicted(why) => ("not-predicted", Some(why.clone()), None),
        };
        let hop = |hop: &Hop| HopReport::new(opinion, hop.from, &hop.member);
        let steps = judged.steps.iter().filter_map(|step| {
            let member = match step.candidate {
                From::Sent(position) => asked.question.sent.get(position)?,
                From::Pool(index) => &opinion.pool.anchors.get(index)?.member,
            };
            Some(StepReport {
                depth: step.depth,
                candidate: HopReport::new(opinion, step.candidate, member),
                taken: step.outcome == Outcome::Taken,
                because: match &step.outcome {
                    Outcome::Taken => None,
                    Outcome::PassedOver(why) => Some(why.clone()),
                },
            })
        });
        Self {
            client: opinion.found.client.id,
            at: (!installation.at.as_os_str().is_empty()).then(|| PathReport::new(&installation.at)),
            account: opinion.found.account.clone(),
            versions: installation
                .components
                .iter()
                .map(|(component, version)| VersionReport { component, version: version.to_string() })
                .collect(),
            policy: opinion.row.map(|row| PolicyReport {
                id: row.id,
                about: row.about,
                compared_with: match row.oracle {
                    Oracle::Programs => "programs",
                    Oracle::Documents => "documents",
                },
            }),
            verdict,
            because,
            verification_off: opinion.is_off,
            cause: opinion.cause.as_ref().map(|cause| CauseReport::new(asked, cause)),
            printed,
            path: judged.path.iter().map(hop).collect(),
            steps: steps.collect(),
            behind: judged
                .behind
                .iter()
                .map(|behind| FaultReport { depth: behind.depth, says: words(behind.fault).to_owned() })
                .collect(),
            remedies: remedies(asked, everywhere, opinion)
                .iter()
                .filter_map(|together| RemedyReport::of(opinion, together))
                .collect(),
            anchors: opinion.anchors.certificates.values().filter(|anchor| anchor.ends_chain).count(),
            programs_differ: match judged.verdict {
                Verdict::Accepts if !opinion.is_off => opinion.row.map(advice).unwrap_or_default().to_vec(),
                _ => Vec::new(),
            },
        }
    }
}

impl HopReport {
    fn new(opinion: &Opinion<'_>, from: From, member: &Member) -> Self {
        let (word, position, place) = match from {
            From::Sent(position) => ("sent", Some(position), None),
            From::Pool(index) => {
                let held = opinion.pool.anchors.get(index).and_then(|held| held.place.as_ref());
                ("anchor", None, held.map(|(store, slot)| place(store, slot)))
            }
        };
        Self { from: word, position, place, certificate: CertificateReport::line(member.certificate()) }
    }
}

fn place(store: &Arc<Store>, slot: &Slot) -> PlaceReport {
    PlaceReport::new(&store.id, Some(slot))
}

/// What people call a store that holds a certificate: the system's before that of a package, and a path where it
/// is neither.
fn known_as(asked: &Asked<'_>, places: &[(Arc<Store>, Slot)]) -> String {
    let is_system = |store: &Arc<Store>| asked.system.is_some_and(|system| system.stores.contains(&store.id));
    if places.iter().any(|(store, _)| is_system(store)) {
        return "the system's store".to_owned();
    }
    let ends = |store: &Arc<Store>, end: &str| store.id.path().is_some_and(|path| path.ends_with(end));
    for (end, name) in [
        ("pip/_vendor/certifi/cacert.pem", "pip's copy of certifi"),
        ("certifi/cacert.pem", "certifi"),
        ("lib/security/cacerts", "Java's cacerts"),
    ] {
        if places.iter().all(|(store, _)| ends(store, end)) && !places.is_empty() {
            return name.to_owned();
        }
    }
    places.first().map(|(store, _)| super::store_name(&store.id)).unwrap_or_default()
}

/// What people call a certificate.
fn label(member: &Member) -> String {
    let report = CertificateReport::line(member.certificate());
    format!("{} ({})", report.label(), report.short())
}

fn quoted(member: &Member) -> String {
    CertificateReport::line(member.certificate()).label().to_owned()
}

fn issuer_of(member: &Member) -> String {
    let report = CertificateReport::new(member.certificate());
    report.issuer.unwrap_or_else(|| "(cannot be read)".to_owned())
}

impl CauseReport {
    /// The report of a cause.
    #[must_use]
    pub fn new(asked: &Asked<'_>, cause: &Cause) -> Self {
        let all = |places: &[(Arc<Store>, Slot)]| places.iter().map(|(store, slot)| place(store, slot)).collect();
        let mut lacks = None;
        let (says, certificate, places): (String, Option<&Arc<Member>>, Vec<PlaceReport>) = match cause {
            Cause::IssuerAbsent { of, likely_intermediate: true } => (
                format!(
                    "the server sends its own certificate alone, and its issuer {} is in no store here: most likely an \
                     intermediate that the server ought to send",
                    issuer_of(of)
                ),
                Some(of),
                Vec::new(),
            ),
            Cause::IssuerAbsent { of, .. } => {
                (format!("the issuer {} is neither sent nor in any store here", issuer_of(of)), Some(of), Vec::new())
            }
            Cause::RootElsewhere { root, places, local, .. } => {
                let kind =
                    if *local { "; no public root program here has it, as with a proxy that inspects TLS" } else { "" };
                let (root_name, has) = (quoted(root), known_as(asked, places));
                lacks = Some(format!("the root {root_name}, which {has} has"));
                (
                    format!("the client's stores lack the root {root_name}, which {has} has{kind}"),
                    Some(root),
                    all(places),
                )
            }
            Cause::RootUnknown { root } if asked.question.sent.first().is_some_and(|leaf| leaf.is(root)) => (
                format!("the server's certificate {} is self-signed and in no store here", quoted(root)),
                Some(root),
                Vec::new(),
            ),
            Cause::RootUnknown { root } => {
                (format!("the root {} that the server sends is in no store here", quoted(root)), Some(root), Vec::new())
            }
            Cause::IntermediateNotSent { of, intermediate, places } => (
                format!(
                    "the server does not send the intermediate {}, which issued {}",
                    quoted(intermediate),
                    quoted(of)
                ),
                Some(intermediate),
                all(places),
            ),
            Cause::LeftOut { certificate, place: (store, slot), because } => (
                format!("{} is in the client's store and does not count: {because}", quoted(certificate)),
                Some(certificate),
                vec![place(store, slot)],
            ),
            Cause::ExpiredTwin { expired, .. } => (
                format!("an expired {} is chosen although a valid one of the same key is there", quoted(expired)),
                Some(expired),
                Vec::new(),
            ),
            Cause::CrossSign { cross, root } => (
                format!(
                    "the cross-signed {} leads to a root that is missing or has expired, although {} of the same key is an anchor",
                    label(cross),
                    label(root)
                ),
                Some(cross),
                Vec::new(),
            ),
            Cause::IntermediateOnly { anchor } => (
                format!(
                    "its stores hold {} and not the root above it, at which this client wants the path to end",
                    quoted(anchor)
                ),
                Some(anchor),
                Vec::new(),
            ),
            Cause::MalformedExtension { certificate } => (
                format!(
                    "an extension of {} cannot be read, so that the client finds no issuer for it",
                    quoted(certificate)
                ),
                Some(certificate),
                Vec::new(),
            ),
            Cause::StoreRefused { place, variable, because } => {
                let place = place.as_deref().map(escape::path).unwrap_or_default();
                let by = variable.map(|name| format!(", which {name} names,")).unwrap_or_default();
                (format!("the client ends with an error when it loads {place}{by}: {because}"), None, Vec::new())
            }
            Cause::Certificate { fault, certificate, level, fips } => {
                let of = certificate.as_ref().map(|member| format!("{}: ", quoted(member))).unwrap_or_default();
                let level = match (fault, level) {
                    (Fault::AlgorithmUnsupported, _) if *fips => " in FIPS mode".to_owned(),
                    (Fault::LeafKeyWeak | Fault::CaKeyWeak | Fault::DigestWeak, Some(level)) => {
                        format!(", at security level {level}")
                    }
                    _ => String::new(),
                };
                (format!("{of}{}{level}", words(*fault)), certificate.as_ref(), Vec::new())
            }
        };
        let certificate = certificate.map(|member| CertificateReport::new(member.certificate()));
        Self { id: cause.id(), says, certificate, places, lacks }
    }
}

/// A fault in words, as the end of `NAME: …`.
#[must_use]
pub const fn words(fault: Fault) -> &'static str {
    match fault {
        Fault::StoreRefused => "the client cannot load its store",
        Fault::IssuerNotFound => "its issuer is not found",
        Fault::AnchorIncomplete => "the issuer of this anchor is not in the stores",
        Fault::LeafUnverifiable => "nothing is there to verify it with",
        Fault::SelfSignedLeaf => "it is self-signed and no anchor",
        Fault::SelfSignedSent => "the path ends with a self-signed certificate that is no anchor",
        Fault::AnchorUntrusted => "its store does not say that it is trusted",
        Fault::AnchorRejected => "its store rejects it for TLS servers",
        Fault::AnchorDistrusted => "the program distrusts it",
        Fault::AnchorNotCa => "this anchor is not a certification authority",
        Fault::PathTooLong => "the path is longer than the client follows",
        Fault::LimitReached => "the client gives up, its limits used up",
        Fault::SignatureBad => "the signature is not its issuer's",
        Fault::AlgorithmUnsupported => "the client does not know or permit the algorithm",
        Fault::SignatureAlgorithmUnknown => "the client does not know the signature algorithm",
        Fault::KeyAlgorithmMismatch => "the signature algorithm is not one for the issuer's key",
        Fault::KeyUndecodable | Fault::LeafKeyUndecodable => "the client cannot decode the key",
        Fault::KeyExplicitCurve => "the curve of the key is given by explicit parameters",
        Fault::LeafKeyWeak | Fault::CaKeyWeak => "the key is too short",
        Fault::DigestWeak => "the digest of the signature is too weak",
        Fault::NotYetValid => "it is not valid yet",
        Fault::Expired => "it has expired",
        Fault::NotBeforeMalformed => "the beginning of its validity cannot be read",
        Fault::NotAfterMalformed => "the end of its validity cannot be read",
        Fault::Undecodable => "the client cannot decode it",
        Fault::Malformed => "the client cannot read it",
        Fault::CriticalUnknown => "it has a critical extension that the client does not know",
        Fault::ProxyNotAllowed => "it is a proxy certificate, which the client does not take",
        Fault::NotCa => "it issued a certificate and is not a certification authority",
        Fault::KeyUsageNoCertSign => "it issued a certificate and its key usage does not permit that",
        Fault::PurposeUnsuitable => "its key usage or extended key usage is not for a TLS server",
        Fault::PathLength => "more certificates follow it than its path length constraint permits",
        Fault::LeafIsCa => "the server's certificate is a certification authority",
        Fault::PolicyMalformed => "a policy extension cannot be read",
        Fault::PolicyUnmet => "certificate policies are required and not met",
        Fault::PathLengthOnNonCa => "it has a path length constraint and is not a certification authority",
        Fault::PathLengthWithoutCertSign => "it has a path length constraint without keyCertSign",
        Fault::BasicConstraintsNotCritical => "its basic constraints are not critical (strict)",
        Fault::CaKeyUsageMissing => "a certification authority without key usage (strict)",
        Fault::CertSignOnNonCa => "keyCertSign is set and it is not a certification authority (strict)",
        Fault::IssuerEmpty => "the name of its issuer is empty (strict)",
        Fault::SubjectEmpty => "its subject is empty (strict)",
        Fault::AltNameNotCritical => "its subject is empty and the alternative name not critical (strict)",
        Fault::AltNameEmpty => "its subject alternative name is empty (strict)",
        Fault::AlgorithmMismatch => "the signature algorithms inside and outside differ",
        Fault::AuthorityKeyIdCritical => "its authority key identifier is critical",
        Fault::SubjectKeyIdCritical => "its subject key identifier is critical",
        Fault::AuthorityKeyIdMissing => "its authority key identifier is missing (strict)",
        Fault::AuthorityKeyIdEmpty => "its authority key identifier is empty (strict)",
        Fault::AuthorityKeyIdUnpaired => "its authority key identifier has an issuer or a serial number alone (strict)",
        Fault::SubjectKeyIdMissing => "a certification authority without subject key identifier (strict)",
        Fault::ExtensionsNeedVersion3 => "it has extensions and is not of version 3 (strict)",
        Fault::VersionUnsupported => "the client does not take its version",
        Fault::SerialUnacceptable => "the client does not take its serial number",
        Fault::ValidityTooLong => "it is valid for longer than the client permits",
        Fault::NameNotPermitted => "a name is outside of what an issuer is limited to",
        Fault::NameExcluded => "a name is among those that an issuer is excluded from",
        Fault::ConstraintMinMax => "a name constraint has a minimum or maximum",
        Fault::ConstraintUnsupported => "a name constraint is of a kind that the client does not know",
        Fault::ConstraintMalformed => "a name constraint cannot be read",
        Fault::ConstrainedNameMalformed => "a name that constraints speak of cannot be read",
        Fault::HostMismatch => "it is not for the name that was asked for",
        Fault::AddressMismatch => "it is not for the address that was asked for",
    }
}

impl RemedyReport {
    /// The report of changes that are needed together.
    fn of(opinion: &Opinion<'_>, together: &[Remedy]) -> Option<Self> {
        let (first, rest) = together.split_first()?;
        let then = rest.iter().map(|remedy| Self::new(opinion, remedy)).collect();
        Some(Self { then, ..Self::new(opinion, first) })
    }

    fn new(opinion: &Opinion<'_>, remedy: &Remedy) -> Self {
        let named = |place: &(Arc<Store>, Slot)| self::place(&place.0, &place.1).text();
        let (kind, says, commands) = match remedy {
            Remedy::AddRoot { root, from, to } => add_root(opinion, root, from.as_ref(), to),
            Remedy::SetVariable { name, value } => {
                let value = escape::path(value);
                (
                    "set-variable",
                    format!("set {name} to {value} for this client"),
                    vec![format!("export {name}={}", escape::shell(&value))],
                )
            }
            Remedy::UnsetVariable { name, reads } => (
                "unset-variable",
                format!("unset {name}: the client then reads {}", escape::path(reads)),
                vec![format!("unset {name}")],
            ),
            Remedy::SendIntermediates(sent) => {
                let names: Vec<_> = sent.iter().map(|(member, _)| label(member)).collect();
                let places: Vec<_> = sent.iter().filter_map(|(_, place)| place.as_ref()).map(named).collect();
                let places = if places.is_empty() {
                    String::new()
                } else {
                    format!("; castore has it from {}", places.join(", "))
                };
                (
                    "send-intermediate",
                    format!("have the server send {} after its own certificate{places}", names.join(", then ")),
                    Vec::new(),
                )
            }
            Remedy::StopSending(member) => {
                ("stop-sending", format!("have the server no longer send {}", label(member)), Vec::new())
            }
            Remedy::Remove { certificate, place } => {
                ("remove", format!("remove {} at {}", label(certificate), named(place)), Vec::new())
            }
            Remedy::Renew(member) => ("renew", format!("renew {}: it has expired", label(member)), Vec::new()),
            Remedy::NotBefore(member, at) => (
                "wait",
                format!("set the clock right, or wait until {at}, when {} becomes valid", label(member)),
                Vec::new(),
            ),
            Remedy::Reissue(member, faults) => {
                let mut with: Vec<_> = faults.iter().map(|fault| anew(*fault)).collect();
                with.dedup();
                ("reissue", format!("issue {} anew {}", label(member), with.join(", ")), Vec::new())
            }
            Remedy::Rehash { directory, file } => rehash(directory, file),
            Remedy::Rewrite { path } => {
                let path = escape::path(path);
                let file = escape::shell(&path);
                (
                    "rewrite",
                    format!("write {path} anew with the certificates in it that can be read"),
                    // All of it, and not what castore would choose.
                    vec![format!(
                        "castore export --include-expired --include-not-ca --include-untrusted --from {file} --out {file}"
                    )],
                )
            }
            Remedy::UseName(name) => {
                ("use-name", format!("connect by {name}, which the certificate is for"), Vec::new())
            }
        };
        Self { kind, says, commands, then: Vec::new() }
    }
}

/// How hash names come to lead to a file: `openssl rehash` links what ends in `.pem`, `.crt`, `.cer` or `.crl`
/// (apps/rehash.c), and no other file.
fn rehash(directory: &Path, file: &Path) -> (&'static str, String, Vec<String>) {
    let is_linked = file.extension().is_some_and(|end| ["pem", "crt", "cer", "crl"].iter().any(|known| end == *known));
    let shown = escape::path(directory);
    let file = escape::path(file);
    let (directory, from) = (escape::shell(&shown), escape::shell(&file));
    let mut commands = vec![format!("openssl rehash {directory}")];
    if !is_linked {
        commands.insert(0, format!("cp {from} {from}.pem"));
    }
    ("rehash", format!("link the certificates of {shown} by their hashes, counted from .0 without a gap"), commands)
}

/// How a root comes into a store, and from where.
fn add_root(
    opinion: &Opinion<'_>,
    root: &Member,
    from: Option<&(Arc<Store>, Slot)>,
    to: &To,
) -> (&'static str, String, Vec<String>) {
    let name = label(root);
    let hash = CertificateReport::line(root.certificate()).sha256;
    // What castore leaves out unless asked.
    let more = if root.is_ca() { "" } else { " --include-not-ca" };
    let (says, mut commands) = match to {
        To::System(edit) | To::Store(_, edit @ Edit::DropIn { .. }) => drop_in(&name, &hash, *edit),
        To::Store(path, Edit::Rewrite) => {
            let path = path.as_deref().map(escape::path).unwrap_or_default();
            let file = escape::shell(&path);
            (
                format!("add {name} to {path}"),
                vec![format!("castore export{more} --from {file} --from root.pem --out {file}")],
            )
        }
        To::Store(path, Edit::Via(tool)) => {
            let path = path.as_deref().map(escape::path).unwrap_or_default();
            let commands = match tool.starts_with("keytool ") {
                // The password that Java's own store has, and most others.
                true => vec![format!(
                    "keytool -importcert -noprompt -keystore {} -storepass changeit -alias {} -file root.pem",
                    escape::shell(&path),
                    &hash[..8]
                )],
                false => Vec::new(),
            };
            (format!("add {name} to {path} by {tool}"), commands)
        }
        To::Store(_, edit) => drop_in(&name, &hash, *edit),
        To::Bundle { variable, adds: true } => (
            format!("name {name} by {variable}, which adds to what the client has"),
            vec![format!("export {variable}=\"$PWD\"/root.pem")],
        ),
        To::Bundle { variable, adds: false } => (
            format!("write a bundle with {name} beside what the client has, and name it by {variable}"),
            vec![
                format!("castore export{more} --from {} --from root.pem --out bundle.pem", selector(opinion)),
                format!("export {variable}=\"$PWD\"/bundle.pem"),
            ],
        ),
    };
    let says = match from {
        Some(_) => {
            if !commands.is_empty() {
                commands.insert(0, format!("castore show --pem {} > root.pem", &hash[..16]));
            }
            says
        }
        // What only the server says of itself is not to be trusted.
        None if commands.is_empty() => {
            format!("{says}; get it from its owner, not from the server, and compare its SHA-256 {hash}")
        }
        None => format!("{says}; get root.pem from its owner, not from the server, and compare its SHA-256 {hash}"),
    };
    ("add-root", says, commands)
}

/// This one installation, as commands take it.
fn selector(opinion: &Opinion<'_>) -> String {
    let at = &opinion.found.installation.at;
    let id = opinion.found.client.id;
    if at.as_os_str().is_empty() {
        id.to_owned()
    } else {
        escape::shell(&format!("{id}:{}", escape::path(at))).into_owned()
    }
}

/// The ways that need no file of the client's own.
fn drop_in(name: &str, hash: &str, edit: Edit) -> (String, Vec<String>) {
    match edit {
        Edit::DropIn { directory, extension, refresh } => (
            format!("put {name} into {directory} and run {refresh}"),
            vec![format!("cp root.pem {directory}/{}.{extension}", &hash[..8]), refresh.to_owned()],
        ),
        Edit::Via(tool) => (format!("add {name} by {tool}"), Vec::new()),
        Edit::Rewrite => (format!("add {name} to its store"), Vec::new()),
        Edit::Never(why) => (format!("trust {name}: {why}"), Vec::new()),
    }
}

/// What a certificate is to have when it is issued anew.
const fn anew(fault: Fault) -> &'static str {
    match fault {
        Fault::BasicConstraintsNotCritical => "with critical basic constraints",
        Fault::CaKeyUsageMissing => "with a key usage of keyCertSign and cRLSign",
        Fault::KeyUsageNoCertSign => "with keyCertSign in its key usage",
        Fault::CertSignOnNonCa => "without keyCertSign in its key usage",
        Fault::AuthorityKeyIdMissing | Fault::AuthorityKeyIdEmpty | Fault::AuthorityKeyIdUnpaired => {
            "with an authority key identifier that has a key identifier"
        }
        Fault::SubjectKeyIdMissing => "with a subject key identifier",
        Fault::AuthorityKeyIdCritical | Fault::SubjectKeyIdCritical => "with its key identifiers not critical",
        Fault::NotCa | Fault::AnchorNotCa => "with basic constraints CA:TRUE, critical",
        Fault::LeafKeyWeak | Fault::CaKeyWeak => "with a longer key: RSA 2048, P-256 or more",
        Fault::DigestWeak => "signed with SHA-256 or stronger",
        Fault::PurposeUnsuitable => "with serverAuth in its extended key usage, or without that extension",
        Fault::AltNameNotCritical | Fault::SubjectEmpty => {
            "with a subject, or with a critical subject alternative name"
        }
        Fault::PathLength => "with a longer path length constraint, or without one",
        Fault::CriticalUnknown => "without the critical extension that the client does not know",
        Fault::NameNotPermitted | Fault::NameExcluded => "with name constraints that permit the name",
        Fault::AlgorithmUnsupported | Fault::SignatureAlgorithmUnknown => "with an algorithm that the client knows",
        Fault::SerialUnacceptable => "with a positive serial number of at most 20 octets",
        Fault::ExtensionsNeedVersion3 | Fault::VersionUnsupported => "as version 3",
        _ => "without this fault",
    }
}
