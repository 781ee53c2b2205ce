//! Rules over a host: what each client looks at, what it uses, what is shadowed, and why.
//!
//! Every place a rule names becomes a [`Candidate`], used or not: a person who set a variable
//! that is ignored needs to see that it was looked at and lost.

mod accounts;
#[cfg(test)]
mod hostile;
pub mod program;
mod walk;

pub use accounts::discover_for_accounts;

use crate::catalogue::client::{Client, Installation, Leaf, Origin, Rule, Source, Then};
use crate::catalogue::survey::Survey;
use crate::model::{StoreId, Unreadable};
use crate::settings::server::Names;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One installation of a client, with every place it looks at.
#[derive(Debug, Clone)]
pub struct Use {
    /// The row.
    pub client: &'static Client,
    /// The copy.
    pub installation: Arc<Installation>,
    /// Every place, in the order of the rule.
    pub candidates: Vec<Candidate>,
    /// The account for which it was found, where all accounts were asked for.
    pub account: Option<String>,
}

/// A place that a rule named.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The leaf that named it.
    pub leaf: &'static Leaf,
    /// What named it, as a user knows it.
    pub named: Named,
    /// The path as it was named, absolute, where it is a path.
    pub path: Option<PathBuf>,
    /// The store there, where there is one.
    pub store: Option<StoreId>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What named a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// The client itself: a path compiled in or written in its code.
    BuiltIn,
    /// A variable, with its value.
    Variable(&'static str, Arc<OsStr>),
    /// A setting, with what holds it.
    Setting(&'static str, Source),
    /// The operating system.
    System,
}

/// What became of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The client reads it.
    Used,
    /// Something before it decided.
    Shadowed,
    /// The variable or setting is not set.
    NotSet,
    /// It is set and empty; what the client does then.
    Empty(Then),
    /// Nothing usable is there; why, and what the client does then.
    Unusable(Unreadable, Then),
    /// The rule does not hold here; why.
    NotLooked(String),
    /// The client does not start with it; why.
    Refused(String),
    /// It turns verification off.
    TurnsOff,
    /// It turns verification off for these hosts or repositories, and for nothing else.
    TurnsOffFor(String),
}

impl Use {
    /// The candidates that the client reads, in order.
    pub fn effective(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().filter(|candidate| candidate.outcome == Outcome::Used)
    }

    /// The roots in effect that no store holds: where they are, and what they are.
    pub fn opaque(&self) -> impl Iterator<Item = (&Path, &'static str)> {
        self.effective().filter_map(|candidate| match candidate.leaf.origin {
            Origin::Opaque(&(_, what)) | Origin::OpaqueOfProgramme(&(_, what)) => {
                Some((candidate.path.as_deref()?, what))
            }
            _ => None,
        })
    }

    /// Whether something turned verification off.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.candidates.iter().any(|candidate| {
            matches!(
                candidate.outcome,
                Outcome::TurnsOff | Outcome::Empty(Then::TurnOff) | Outcome::Unusable(_, Then::TurnOff)
            )
        })
    }

    /// The settings that hold for some servers alone, of which it is not known whether they hold for the one that
    /// was asked about: what each is, and what it holds for. Beside switches that is a place named so.
    pub fn undecided(&self) -> impl Iterator<Item = (String, String)> {
        self.candidates.iter().filter_map(|candidate| match (&candidate.outcome, &candidate.named) {
            (Outcome::TurnsOffFor(names), Named::Setting(key, _)) => Some(((*key).to_owned(), names.clone())),
            (Outcome::NotLooked(_), Named::Setting(key, Source::Scoped(_, _, scope)))
                if candidate.leaf.names != Names::None =>
            {
                Some(((*key).to_owned(), scope.clone()))
            }
            _ => None,
        })
    }

    /// The candidate on which the client stops with an error, if there is one.
    #[must_use]
    pub fn refuses(&self) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| {
            matches!(
                candidate.outcome,
                Outcome::Refused(_) | Outcome::Empty(Then::Refuse) | Outcome::Unusable(_, Then::Refuse)
            )
        })
    }

    /// What users call it: `curl`, or `python:/usr/bin/python3` where there can be several.
    #[must_use]
    pub fn name(&self) -> String {
        if self.installation.at.as_os_str().is_empty() {
            self.client.id.to_owned()
        } else {
            format!("{}:{}", self.client.id, self.installation.at.display())
        }
    }
}

/// Every installation of `clients` on the surveyed host, in the order of the rows.
#[must_use]
pub fn discover<'c>(survey: &Survey<'_>, clients: impl IntoIterator<Item = &'static Client> + 'c) -> Vec<Use> {
    let system = survey.host.system;
    let here = clients.into_iter().filter(|client| client.on.is_empty() || client.on.contains(&system));
    here.flat_map(|client| uses(survey, client)).collect()
}

/// The installations of one client. Rows without one of their own are in use where they find
/// anything.
fn uses(survey: &Survey<'_>, client: &'static Client) -> Vec<Use> {
    let Rule::Each(find, inner) = &client.rule else {
        let installation = Arc::new(Installation::default());
        let found = apply(survey, client, &client.rule, installation);
        return found.candidates.iter().any(|c| c.outcome == Outcome::Used).then_some(found).into_iter().collect();
    };
    find(survey).into_iter().map(|installation| apply(survey, client, inner, installation)).collect()
}

fn apply(survey: &Survey<'_>, client: &'static Client, rule: &'static Rule, installation: Arc<Installation>) -> Use {
    let candidates = walk::candidates(survey, &installation, rule);
    Use { client, candidates, installation, account: None }
}

#[cfg(test)]
mod tests {
    use super::walk::RAISED;
    use super::*;
    use crate::catalogue::clients;
    use crate::catalogue::survey::Searched;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    fn used(files: Memory, environment: &[(&str, &str)], client: &str) -> Vec<(String, Outcome)> {
        let environment = environment.iter().map(|(k, v)| (k.into(), v.into())).collect();
        let host = Host::new(Box::new(files), System::Linux).with_environment(environment);
        let survey = Survey::new(&host, Searched::default());
        let uses = discover(&survey, clients().filter(|row| row.id == client));
        uses.iter()
            .flat_map(|found| &found.candidates)
            .filter(|c| !matches!(c.outcome, Outcome::NotSet) && !matches!(c.outcome, Outcome::Unusable(_, Then::Pass)))
            .map(|c| (c.path.as_ref().map(|p| p.display().to_string()).unwrap_or_default(), c.outcome.clone()))
            .collect()
    }

    fn debian() -> Memory {
        Memory::new()
            .file("/etc/ssl/certs/ca-certificates.crt", "")
            .file("/corp.pem", "")
            .with("/empty", crate::host::memory::Node::Directory)
    }

    /// A variable has room for 60,000, each of which had a copy of it: 5 GB.
    #[test]
    fn of_a_list_a_thousand_places_are_looked_at() {
        let list = (0..1500).map(|n| format!("/d{n}")).collect::<Vec<_>>().join(":");
        let environment = [("SSL_CERT_DIR".into(), list.into())].into();
        let host = Host::new(Box::new(debian()), System::Linux).with_environment(environment);
        let uses = discover(&Survey::new(&host, Searched::default()), clients().filter(|row| row.id == "go"));
        let is_listed =
            |c: &&Candidate| matches!(&c.named, Named::Variable("SSL_CERT_DIR", value) if !value.is_empty());
        let listed: Vec<_> = uses.iter().flat_map(|found| &found.candidates).filter(is_listed).collect();
        assert_eq!(listed.len(), 1001);
        let (last, path) = (&listed[1000].outcome, listed[1000].path.as_deref());
        assert_eq!(path, Some(Path::new("/d1000")));
        assert!(matches!(last, Outcome::NotLooked(why) if why.contains("first 1000 places")), "{last:?}");
    }

    #[test]
    fn go_replaces_the_file_and_keeps_the_directory() {
        let found = used(debian(), &[("SSL_CERT_FILE", "/corp.pem")], "go");
        assert_eq!(
            found,
            [
                ("/corp.pem".to_owned(), Outcome::Used),
                ("/etc/ssl/certs/ca-certificates.crt".to_owned(), Outcome::Shadowed),
                ("/etc/ssl/certs".to_owned(), Outcome::Used),
            ]
        );
    }

    #[test]
    fn a_variable_that_points_nowhere_still_binds() {
        let found = used(debian(), &[("SSL_CERT_FILE", "/gone.pem"), ("SSL_CERT_DIR", "/empty")], "go");
        assert_eq!(found[0], ("/gone.pem".to_owned(), Outcome::Unusable(Unreadable::Absent, Then::Bind)));
        assert_eq!(found[1].1, Outcome::Shadowed);
        assert_eq!(found[2], ("/empty".to_owned(), Outcome::Used));
        assert_eq!(found[3].1, Outcome::Shadowed);
    }

    #[test]
    fn an_empty_variable_is_a_decision_that_differs_by_client() {
        let found = used(debian(), &[("SSL_CERT_FILE", "")], "rust-native-certs");
        assert_eq!(found[0].1, Outcome::Empty(Then::Bind));
        assert!(found[1..].iter().all(|(_, outcome)| *outcome == Outcome::Shadowed), "{found:?}");
        let found = used(debian(), &[("SSL_CERT_FILE", "")], "go");
        assert_eq!(found[0].1, Outcome::Empty(Then::Pass));
        assert_eq!(found[1], ("/etc/ssl/certs/ca-certificates.crt".to_owned(), Outcome::Used));
    }

    #[test]
    fn openssl_ignores_variables_in_a_process_with_raised_rights() {
        const PATHS: Rule = Rule::All(&[Leaf::variable("SSL_CERT_FILE").secure().says("https://x")]);
        const ROW: Client = Client::new("x", "x", "x", PATHS);
        static CLIENT: Client = ROW;
        let outcome = |privileged: bool, openssl: &str| {
            let environment = [("SSL_CERT_FILE".into(), "/corp.pem".into())].into();
            let mut host = Host::new(Box::new(debian()), System::Linux).with_environment(environment);
            host.privileged = privileged;
            let version = crate::model::Version::parse(openssl).unwrap();
            let installation = Installation { components: vec![("openssl", version)], ..Installation::default() };
            let survey = Survey::new(&host, Searched::default());
            apply(&survey, &CLIENT, &CLIENT.rule, Arc::new(installation)).candidates[0].outcome.clone()
        };
        assert_eq!(outcome(false, "3.0.19"), Outcome::Used);
        assert_eq!(outcome(true, "3.0.19"), Outcome::NotLooked(RAISED.to_owned()));
        assert_eq!(outcome(true, "1.0.2"), Outcome::Used);
    }

    #[test]
    fn the_first_bundle_there_is_the_systems() {
        let fedora = Memory::new()
            .file("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "")
            .link("/etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem");
        let found = used(fedora, &[], "system");
        assert_eq!(found[0], ("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem".to_owned(), Outcome::Used));
        assert_eq!(found[1].1, Outcome::Shadowed);
        assert!(used(Memory::new(), &[], "system").is_empty());
    }
}
