//! `castore why`: one verdict a client, the cause of each, and what mends it.

mod cause;
mod remedy;
mod words;

use super::which::VersionReport;
use super::{CertificateReport, PathReport, PlaceReport};
use crate::chain::cause::Everywhere;
use crate::chain::clients::{Asked, Opinion};
use crate::chain::member::Member;
use crate::chain::remedy::remedies;
use crate::chain::{From, Hop, Outcome, Verdict};
use crate::model::{Slot, Store};
use crate::policy::Oracle;
use crate::policy::advice::advice;
use crate::render::commands::Commands;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use words::words;

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
    /// What settings say of verification, and what sets each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<String>,
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
    /// `add-root`, `refresh`, `set-variable`, `change-setting`, `unset-variable`, `give-password`, `send-intermediate`, `send-first`, `send-issuer`, `get-issuer`, `stop-sending`, `remove`,
    /// `rehash`, `rewrite`, `renew`, `wait`, `reissue`, `use-name`.
    pub kind: &'static str,
    /// What to do.
    pub says: String,
    /// The commands that do it, where castore knows them, for a shell at this machine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// The command of castore that does it in their place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub castore: Option<String>,
    /// What is to be done as well, in this order: the first change alone uncovers another fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<RemedyReport>,
}

impl WhyReport {
    /// The report of what the clients say, with remedies as commands for the host that was asked about.
    #[must_use]
    pub fn new(
        asked: &Asked<'_>,
        (opinions, everywhere): (&[Opinion<'_>], &Everywhere),
        source: SourceReport,
        remarks: Vec<String>,
        commands: &Commands,
    ) -> Self {
        let report = |opinion| OpinionReport::new(asked, everywhere, opinion, commands);
        let clients: Vec<_> = opinions.iter().map(report).collect();
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
    fn new(asked: &Asked<'_>, everywhere: &Everywhere, opinion: &Opinion<'_>, commands: &Commands) -> Self {
        let installation = &opinion.found.installation;
        let judged = &opinion.judged;
        let (verdict, because, printed) = match &judged.verdict {
            Verdict::Accepts => ("accepts", None, None),
            Verdict::Refuses { printed, .. } => {
                // Where what it prints is not known nothing is told.
                let is_known = !printed.text.is_empty() || printed.code.is_some() || printed.name.is_some();
                let told = || PrintedReport { code: printed.code, name: printed.name, text: printed.text.clone() };
                ("refuses", None, is_known.then(told))
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
            settings: opinion.settings.told.clone(),
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
                .filter_map(|together| RemedyReport::of(opinion, together, commands))
                .collect(),
            anchors: anchors(asked, opinion),
            programs_differ: match judged.verdict {
                Verdict::Accepts if !opinion.is_off => opinion.row.map(advice).unwrap_or_default().to_vec(),
                _ => Vec::new(),
            },
        }
    }
}

/// How many anchors a client has; where another store stands for its own, how many are in that.
fn anchors(asked: &Asked<'_>, opinion: &Opinion<'_>) -> usize {
    if asked.instead.is_none() {
        return opinion.anchors.certificates.values().filter(|anchor| anchor.ends_chain).count();
    }
    let held = opinion.pool.anchors.iter().map(|held| held.member.fingerprint());
    held.collect::<BTreeSet<_>>().len()
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
