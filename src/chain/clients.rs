//! One verdict for each client of a host, and what stands behind it.
//!
//! The stores say what a client trusts, its policy how it decides, and the engine what comes of both. What
//! a person needs beside the verdict is the one cause ([`Cause`]) and what would mend it
//! ([`super::remedy`]): both compare this client with all the others of the host.

use super::cause::{Cause, Everywhere};
use super::offered::judge_connection;
use super::pool::Members;
use super::{Judged, Located, Pool, Question, Verdict, stranger};
use crate::anchors::{Anchors, anchors, stops};
use crate::catalogue::client::{Edit, Judge, Origin};
use crate::catalogue::survey::Survey;
use crate::discover::{Candidate, Named, Outcome, Use};
use crate::host::Host;
use crate::load::Snapshot;
use crate::model::{OpensslLoad, Store, StoreId, Unreadable};
use crate::policy::java::NOT_OPENED;
use crate::policy::refused::{self, At};
use crate::policy::{Fault, NotPredicted, Parts, Policy, Printed, Row, Settings};
use std::sync::Arc;

/// What one installation of a client says of a chain.
#[derive(Debug)]
pub struct Opinion<'u> {
    /// The installation.
    pub found: &'u Use,
    /// What it trusts.
    pub anchors: Anchors<'u>,
    /// The same in its order.
    pub pool: Pool,
    /// The row it is judged by.
    pub row: Option<&'static Row>,
    /// How it decides, where that can be told.
    pub policy: Option<Policy>,
    /// What it says, and how it came to that.
    pub judged: Judged,
    /// Why it refuses, where it does.
    pub cause: Option<Cause>,
    /// What settings say of that.
    pub settings: Settings,
    /// Whether it accepts because something turned verification off.
    pub is_off: bool,
}

/// What a client says that verifies nothing: the handshake can fail nevertheless.
fn without_verification(question: &Question, policy: Option<&Policy>) -> Judged {
    let judged = policy.map(|policy| judge_connection(question, &Pool::default(), policy));
    let fails = |judged: &Judged| matches!(&judged.verdict, Verdict::Refuses { fault, .. } if fault.fault == Fault::LeafKeyNotOffered);
    match judged.filter(fails) {
        Some(judged) => Judged { behind: Vec::new(), ..judged },
        None => Judged::of(Verdict::Accepts),
    }
}

/// The system's own store, and how a root comes into it.
#[derive(Debug, Clone)]
pub struct SystemStore {
    /// The stores that a refresh makes.
    pub stores: Vec<StoreId>,
    /// How roots are added.
    pub edit: Edit,
}

impl SystemStore {
    /// That of a host whose clients are `uses`: the anchors that a refresh reads are in one row, what it writes
    /// in those of the system.
    #[must_use]
    pub fn of(uses: &[Use]) -> Option<Self> {
        let source = uses.iter().find(|found| {
            found.client.is_source
                && matches!(found.client.edit, Edit::DropIn { .. })
                && found.effective().next().is_some()
        })?;
        let written = uses.iter().filter(|found| found.client.made.is_some());
        let stores = written.flat_map(Use::effective).filter_map(|candidate| candidate.store.clone()).collect();
        Some(Self { stores, edit: source.client.edit })
    }
}

/// What is to be asked of the clients of a host.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The clients and their installations.
    pub uses: &'a [Use],
    /// Every client of the host, asked or not: what they have is known.
    pub every: &'a [Use],
    /// Where they are.
    pub host: &'a Host,
    /// Their stores.
    pub snapshot: &'a Snapshot,
    /// The chain, the name and the moment.
    pub question: &'a Question,
    /// The system's own store.
    pub system: Option<&'a SystemStore>,
    /// A store that stands for those of every client, where one is to.
    pub instead: Option<&'a Arc<Store>>,
    /// What settings of the host say of verification, for one installation.
    pub settings: &'a dyn Fn(&Use) -> Settings,
}

/// The opinion of every client, in their order, and what the stores of the host hold.
#[must_use]
pub fn opinions<'a>(asked: &Asked<'a>, members: &mut Members) -> (Vec<Opinion<'a>>, Everywhere) {
    let mut opinions: Vec<Opinion<'a>> = asked.uses.iter().map(|found| opinion(asked, found, members)).collect();
    let everywhere = Everywhere::of(asked, members);
    let causes: Vec<_> = opinions.iter().map(|opinion| everywhere.cause(asked, opinion)).collect();
    for (opinion, cause) in opinions.iter_mut().zip(causes) {
        opinion.cause = cause;
    }
    (opinions, everywhere)
}

fn opinion<'a>(asked: &Asked<'a>, found: &'a Use, members: &mut Members) -> Opinion<'a> {
    let anchors = anchors(found, asked.snapshot);
    let pool = match asked.instead {
        Some(store) => Pool::only(store, members),
        None => Pool::of(found, &anchors, asked.snapshot, members),
    };
    let (row, is_off) = (row(found), found.is_off());
    let mut settings = (asked.settings)(found);
    let policy = policy(found, settings.clone());
    // A program that sets a level of its own has it whatever its library is told (Python from 3.10 on).
    let own =
        policy.as_ref().ok().and_then(Policy::level).filter(|level| settings.level.is_some_and(|set| set != *level));
    if let Some(level) = own {
        settings.told.push(format!("security level {level}, which the program sets itself"));
        settings.strength_by = None;
    }
    let judged = match (&policy, stops(found, asked.snapshot)) {
        (Ok(policy), _) if asked.instead.is_some() => judge_connection(asked.question, &pool, policy),
        (policy, _) if is_off => without_verification(asked.question, policy.as_ref().ok()),
        (policy, Some(place)) => {
            let fault = Located { fault: Fault::StoreRefused, depth: 0 };
            let printed = match policy {
                Ok(Policy::Java(_)) if place.outcome == Outcome::Used => {
                    Printed { text: NOT_OPENED.to_owned(), ..Printed::default() }
                }
                Ok(Policy::OpenSsl(_)) => not_loaded(found, place, asked.snapshot).unwrap_or_default(),
                Ok(policy) => policy.says(fault.fault),
                Err(_) => Printed::default(),
            };
            Judged::of(Verdict::Refuses { fault, printed })
        }
        (Err(why), None) => {
            let is_known = settings.unread.is_none() && found.installation.unknown.is_empty();
            let refused =
                (found.client.refuses_strangers && is_known).then(|| stranger::refused(asked.question, &pool));
            let refused = refused.flatten().filter(|judged| {
                !hides_roots(found, asked.snapshot)
                    || hides_public_roots_alone(found, asked.snapshot)
                        && stranger::is_no_ones(judged, asked.question, true)
            });
            refused.unwrap_or_else(|| Judged::not_predicted(where_else(asked, found, why)))
        }
        (Ok(policy), None) if hides_roots(found, asked.snapshot) => {
            // What leads to no root that is seen, and to none that any public programme ever had, ends nowhere.
            let judged = judge_connection(asked.question, &pool, policy);
            let fetches = !matches!(policy, Policy::Rustls(_));
            if hides_public_roots_alone(found, asked.snapshot) && stranger::is_no_ones(&judged, asked.question, fetches)
            {
                judged
            } else {
                Judged::not_predicted(NotPredicted("what it trusts is not known in full".to_owned()))
            }
        }
        (Ok(policy), None) => judge_connection(asked.question, &pool, policy),
    };
    let judged = if_decided(found, judged);
    if !is_by_settings(asked, found, &settings, &pool, &judged) {
        settings.strength_by = None;
    }
    Opinion { found, anchors, pool, row, policy: policy.ok(), settings, judged, cause: None, is_off }
}

/// Clients of the same rules that are named where one stands for any program.
const ELSEWHERE: usize = 3;

/// Why nothing is predicted; of what stands for any program of a kind, which are judged one by one.
fn where_else(asked: &Asked<'_>, found: &Use, why: &NotPredicted) -> NotPredicted {
    let of = |found: &Use| row(found).map(|row| row.id);
    let is_found = |found: &Use| !found.installation.at.as_os_str().is_empty();
    let same = asked.every.iter().filter(|other| is_found(other) && of(other) == of(found));
    let mut names: Vec<&str> = same.map(|other| other.client.id).collect();
    names.dedup();
    if is_found(found) || names.is_empty() {
        return why.clone();
    }
    let named = names.iter().take(ELSEWHERE).map(|name| format!("--client {name}")).collect::<Vec<_>>().join(", ");
    NotPredicted(format!("{}; programs that are found are judged by theirs: {named}", why.0))
}

/// What is judged, unless a setting that may hold for this server would have another answer: one that names its
/// servers by what castore does not know of this one.
fn if_decided(found: &Use, judged: Judged) -> Judged {
    let is_switch = |key: &str| {
        let is_it = |candidate: &Candidate| matches!(&candidate.named, Named::Setting(known, _) if *known == key);
        let mut switches = found.candidates.iter().filter(|one| matches!(one.outcome, Outcome::TurnsOffFor(_)));
        switches.any(is_it)
    };
    let open = found.undecided().find(|(key, _)| match judged.verdict {
        Verdict::Refuses { .. } => true,
        // Verification that is off changes nothing where it succeeds; another store may.
        Verdict::Accepts => !found.is_off() && !is_switch(key),
        Verdict::Depends(_) | Verdict::NotPredicted(_) => false,
    });
    match open {
        Some((key, names)) => Judged {
            verdict: Verdict::Depends(format!("on whether {key}, which is set for {names}, counts for this server")),
            ..judged
        },
        None => judged,
    }
}

/// What a client prints that ends at a place.
fn not_loaded(found: &Use, place: &Candidate, snapshot: &Snapshot) -> Option<Printed> {
    let store = || snapshot.store(place.store.as_ref()?);
    let at = match &place.outcome {
        Outcome::Unusable(Unreadable::Absent | Unreadable::Dangling, _) => At::Nothing,
        Outcome::Unusable(Unreadable::WrongKind(_), _) => At::Directory,
        Outcome::Used if matches!(store()?.openssl, Some(OpensslLoad::Refuses { .. })) => At::Spoilt,
        Outcome::Used => At::NoCertificate,
        _ => return None,
    };
    let path = place.path.as_ref()?.display().to_string();
    refused::printed(found.client.stops_with, at, &path, |part| found.installation.version(part))
}

/// Whether a client would not complain of a key or digest but for its settings: it is asked again without them.
fn is_by_settings(asked: &Asked<'_>, found: &Use, settings: &Settings, pool: &Pool, judged: &Judged) -> bool {
    let Verdict::Refuses { fault, .. } = &judged.verdict else { return false };
    let ciphers_of_library = settings.ciphers_of_library;
    let plain = Settings { ciphers_of_library, ..Settings::of_level(found.installation.security_level) };
    let Some(policy) = Some(fault.fault).filter(|fault| fault.is_weak()).and_then(|_| policy(found, plain).ok()) else {
        return false;
    };
    !matches!(judge_connection(asked.question, pool, &policy).verdict, Verdict::Refuses { fault: again, .. } if again == *fault)
}

/// What settings of the host and of its client say of verification, for one installation.
#[must_use]
pub fn settings(survey: &Survey<'_>, found: &Use) -> Settings {
    (found.client.settings)(survey, &found.installation)
}

/// How an installation decides.
///
/// # Errors
/// When no row says how its client does, or a part that decides is not known.
pub fn policy(found: &Use, settings: Settings) -> Result<Policy, NotPredicted> {
    let row = row(found).ok_or_else(|| NotPredicted("castore has no rules for how it verifies".to_owned()))?;
    let parts = Parts { components: &found.installation.components, marks: &found.installation.marks, settings };
    (row.policy)(&parts)
}

/// The row that says how a client decides.
fn row(found: &Use) -> Option<&'static Row> {
    match found.client.judge {
        Judge::By(row) => Some(row),
        Judge::Unknown | Judge::Nothing => None,
    }
}

/// Whether roots are in effect that castore does not see, or a store was not read in full.
pub(super) fn hides_roots(found: &Use, snapshot: &Snapshot) -> bool {
    found.opaque().next().is_some() || leaves_open(found, snapshot)
}

/// Whether a store in effect was not read in full.
fn leaves_open(found: &Use, snapshot: &Snapshot) -> bool {
    found.effective().any(|candidate| {
        let store = candidate.store.as_ref().and_then(|id| snapshot.store(id));
        store.is_some_and(|store| crate::anchors::leaves_open(candidate, store))
    })
}

/// Whether the roots that castore does not see are those of public programmes.
fn hides_public_roots_alone(found: &Use, snapshot: &Snapshot) -> bool {
    let is_others = |candidate: &Candidate| matches!(candidate.leaf.origin, Origin::Opaque(_));
    !found.effective().any(is_others) && !leaves_open(found, snapshot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::clients;
    use crate::catalogue::survey::Searched;
    use crate::catalogue::survey::golang_tests::program;
    use crate::discover::discover;
    use crate::format::pem;
    use crate::format::tests::vectors::one;
    use crate::host::System;
    use crate::host::System::Linux;
    use crate::host::memory::Memory;
    use crate::model::Timestamp;

    /// What stands for any program points to those that were found.
    #[test]
    fn programs_of_go_are_judged_one_by_one() {
        let told = |files: Memory| {
            let environment = [("PATH".into(), "/bin".into())].into();
            let host = Host::new(Box::new(files), Linux).with_environment(environment);
            let survey = Survey::new(&host, Searched::default());
            let uses = discover(&survey, clients().filter(|client| client.id.starts_with("go")));
            let snapshot = Snapshot::default();
            let question = Question { sent: Vec::new(), name: None, at: Timestamp::from_unix(0), stapled: None };
            let settings = |_: &Use| Settings::default();
            let asked = Asked {
                uses: &uses,
                every: &uses,
                host: &host,
                snapshot: &snapshot,
                question: &question,
                system: None,
                instead: None,
                settings: &settings,
            };
            let (told, _) = opinions(&asked, &mut Members::default());
            let any = told.into_iter().find(|told| told.found.client.id == "go").unwrap();
            match any.judged.verdict {
                Verdict::NotPredicted(because) => because,
                other => panic!("{other:?}"),
            }
        };
        let unknown = "the version of its go is not known";
        assert_eq!(told(Memory::new().file("/etc/x", "")), unknown);
        assert_eq!(
            told(Memory::new().file("/bin/kubectl", program("go1.22.1", ""))),
            format!("{unknown}; programs that are found are judged by theirs: --client go-programs")
        );
    }

    #[test]
    fn what_a_refresh_makes_is_the_systems_store() {
        let text = pem::write(&one(), &[]);
        let stores = |system: System, anchor: &str, made: &[&str]| {
            let mut files = Memory::new().file(anchor, text.as_bytes());
            for path in made {
                files = files.file(*path, text.as_bytes());
            }
            let host = Host::new(Box::new(files), system);
            let uses = discover(&Survey::new(&host, Searched::default()), clients());
            SystemStore::of(&uses).map(|system| system.stores).unwrap_or_default()
        };
        let path = |path: &str| StoreId::Path(path.into());
        let bundle = "/etc/ssl/certs/ca-certificates.crt";
        assert_eq!(
            stores(System::Linux, "/usr/local/share/ca-certificates/x.crt", &[bundle]),
            [path(bundle), path("/etc/ssl/certs")]
        );
        let bundle = "/etc/ssl/cert.pem";
        assert_eq!(stores(System::Bsd, "/usr/share/certs/trusted/x.pem", &[bundle]), [path(bundle)]);
    }
}
