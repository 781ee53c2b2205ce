//! Which certificates: what is left out by name, by what the world says of it, by whose verifier refuses it.

use super::super::Context;
use super::super::certificate::is_named;
use super::super::error::Failure;
use super::super::inspect::{selectors_of_sets, text as selector_text};
use super::Looked;
use castore::catalogue::survey::{Searched, Survey};
use castore::chain::Trusted;
use castore::chain::acceptance::{Place, faults};
use castore::chain::clients::{policy, settings};
use castore::chain::pool::Members;
use castore::check::{requirement, withdrawn};
use castore::host::Host;
use castore::model::trust::{CLIENT_AUTH, CODE_SIGNING, EMAIL_PROTECTION, SERVER_AUTH};
use castore::model::{Certificate, Fingerprint, FingerprintPrefix, Oid, Version};
use castore::plan::{Kept, LeftOut, Merge};
use castore::policy::{POLICIES, Parts, Policy};
use castore::render::escape;
use castore::select::Selector;
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};

/// Which certificates.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Certificates")]
pub(super) struct ChoiceArguments {
    /// Include expired certificates.
    #[arg(long)]
    include_expired: bool,
    /// Include certificates that are no certification authority.
    #[arg(long)]
    include_not_ca: bool,
    /// Include certificates that their store does not trust for the purpose, or distrusts.
    #[arg(long)]
    include_untrusted: bool,
    /// Take what stores trust for this.
    #[arg(long, value_enum, default_value = "server", value_name = "PURPOSE")]
    purpose: Purpose,
    /// Take only this: the beginning of a fingerprint, words of a subject, what a selector holds; may be repeated.
    #[arg(long, value_name = "WHAT")]
    only: Vec<OsString>,
    /// Leave this out: the beginning of a fingerprint, words of a subject, what a selector holds; may be repeated.
    #[arg(long, value_name = "WHAT")]
    exclude: Vec<OsString>,
    /// Leave out what a root programme removed for a reason, or removed where none keeps it, and what verifiers block.
    #[arg(long)]
    no_removed_upstream: bool,
    /// Leave out what this client's verifier refuses, whoever trusts it; may be repeated.
    ///
    /// A client of this host (python:3.13, java), or a policy with the versions that decide:
    /// policy:python,python=3.13,openssl=3.5.
    #[arg(long, value_name = "CLIENT")]
    accepted_by: Vec<OsString>,
    /// Take the smallest set that verifies these chains: servers, or files of certificates, the server's own first.
    ///
    /// As OpenSSL 3.5 verifies them, or all that --accepted-by names; names are not compared. Their chains are fetched
    /// as castore why fetches them.
    #[arg(long, value_name = "TARGET", num_args = 1..)]
    minimal: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Purpose {
    /// TLS servers.
    Server,
    /// TLS clients.
    Client,
    /// Signed mail.
    Email,
    /// Signed code.
    Code,
}

impl Purpose {
    /// The key purpose (RFC 5280, 4.2.1.12).
    const fn oid(self) -> Oid {
        match self {
            Self::Server => SERVER_AUTH,
            Self::Client => CLIENT_AUTH,
            Self::Code => CODE_SIGNING,
            Self::Email => EMAIL_PROTECTION,
        }
    }
}

/// What a word names.
enum What {
    /// What is in stores.
    Set(Selector),
    /// What begins so, or else is called so.
    Fingerprint(FingerprintPrefix),
    /// What is called so.
    Name,
}

/// A word, and what it names.
struct Named {
    word: String,
    what: What,
}

/// Whose verifier.
enum Verifier {
    Clients(Selector),
    Policy(String, Box<Policy>),
}

/// What was chosen, understood.
pub(super) struct Choice {
    pub(super) expired: bool,
    pub(super) not_ca: bool,
    pub(super) untrusted: bool,
    purpose: Oid,
    only: Vec<Named>,
    exclude: Vec<Named>,
    no_removed: bool,
    accepted_by: Vec<Verifier>,
    targets: Vec<OsString>,
}

impl ChoiceArguments {
    /// Understands what was chosen.
    pub(super) fn read(&self, host: &Host) -> Result<Choice, Failure> {
        let named = |words: &[OsString], option: &str| -> Result<Vec<Named>, Failure> {
            words.iter().map(|word| what(word, option, host)).collect()
        };
        Ok(Choice {
            expired: self.include_expired,
            not_ca: self.include_not_ca,
            untrusted: self.include_untrusted,
            purpose: self.purpose.oid(),
            only: named(&self.only, "--only")?,
            exclude: named(&self.exclude, "--exclude")?,
            no_removed: self.no_removed_upstream,
            accepted_by: self.accepted_by.iter().map(|word| verifier(word)).collect::<Result<_, _>>()?,
            targets: self.minimal.clone(),
        })
    }
}

/// Reads a word: a client, a file, a fingerprint, else a name.
fn what(word: &OsStr, option: &str, host: &Host) -> Result<Named, Failure> {
    let shown = escape::path(word.as_ref());
    if word.is_empty() {
        return Err(Failure::with_hint(
            format!("{option}: expected a fingerprint, a name or a selector, found nothing"),
            "castore list --certs shows every certificate",
        ));
    }
    let named = |what| Ok(Named { word: shown.clone(), what });
    let text = word.to_str().unwrap_or_default();
    let is_path =
        text.is_empty() || text.starts_with("file:") || text.contains('/') || host.resolve(word.as_ref()).is_ok();
    if let (false, Ok(prefix)) = (is_path, text.parse()) {
        return named(What::Fingerprint(prefix));
    }
    match selectors_of_sets(&[word.to_owned()]) {
        // No name is a path by its dot alone.
        Ok(found) if is_path || !matches!(found.first(), Some(Selector::Path(_))) => {
            found.into_iter().next().map_or_else(|| named(What::Name), |selector| named(What::Set(selector)))
        }
        Err(failure) if is_path || text.starts_with("snapshot:") => Err(failure),
        _ => named(What::Name),
    }
}

/// Reads `python:3.13`, or `policy:python,python=3.13,openssl=3.5`.
fn verifier(word: &OsStr) -> Result<Verifier, Failure> {
    const HINT: &str = "castore clients lists clients; policy:python,python=3.13,openssl=3.5 is one of none";
    let bad = |why: String| Failure::with_hint(format!("--accepted-by: {why}"), HINT);
    let text = word.to_str().unwrap_or_default();
    let Some(rest) = text.strip_prefix("policy:") else {
        return match selectors_of_sets(&[word.to_owned()])?.into_iter().next() {
            Some(selector @ Selector::Clients { .. }) => Ok(Verifier::Clients(selector)),
            _ => Err(bad(format!("expected a client or a policy, found {}", escape::path(word.as_ref())))),
        };
    };
    let mut words = rest.split(',');
    let id = words.next().unwrap_or_default();
    let row = POLICIES.iter().find(|row| row.id == id).ok_or_else(|| {
        let known: Vec<&str> = POLICIES.iter().map(|row| row.id).collect();
        bad(format!("no policy is called {id:?}; there are {}", known.join(", ")))
    })?;
    let mut components = Vec::new();
    for word in words {
        let (name, version) = word.split_once('=').unwrap_or((word, ""));
        let known = COMPONENTS.iter().find(|known| **known == name);
        let known = known.ok_or_else(|| bad(format!("expected one of {}, found {name:?}", COMPONENTS.join(", "))))?;
        let version =
            Version::parse(version).ok_or_else(|| bad(format!("{name}: expected a version, found {version:?}")))?;
        components.push((*known, version));
    }
    let parts = Parts { components: &components, ..Parts::default() };
    let policy = (row.policy)(&parts).map_err(|why| bad(format!("policy:{id}: {}", why.0)))?;
    Ok(Verifier::Policy(text.to_owned(), Box::new(policy)))
}

/// The parts whose versions decide for some policy.
const COMPONENTS: [&str; 17] = [
    "cryptography",
    "curl",
    "gnutls",
    "go",
    "go-language",
    "grpcio",
    "httplib2",
    "io-socket-ssl",
    "java",
    "node",
    "nss",
    "openssl",
    "pip",
    "python",
    "rustls",
    "tcltls",
    "urllib3",
];

impl Choice {
    pub(super) const fn purpose(&self) -> Oid {
        self.purpose
    }

    pub(super) fn targets(&self) -> &[OsString] {
        &self.targets
    }

    /// The stores and clients that are asked.
    pub(super) fn selectors(&self) -> impl Iterator<Item = Selector> {
        let sets = self.only.iter().chain(&self.exclude).filter_map(|named| match &named.what {
            What::Set(selector) => Some(selector.clone()),
            _ => None,
        });
        sets.chain(self.accepted_by.iter().filter_map(|verifier| match verifier {
            Verifier::Clients(selector) => Some(selector.clone()),
            Verifier::Policy(..) => None,
        }))
    }

    /// Leaves out what was not chosen.
    pub(super) fn apply(
        &self,
        merged: &mut Merge,
        looked: &Looked<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        if !self.only.is_empty() {
            let mut taken = BTreeSet::new();
            for named in &self.only {
                taken.extend(self.matching(named, "--only", merged, looked, context)?);
            }
            merged.leave_out(|kept| (!taken.contains(&kept.certificate.fingerprint())).then_some(LeftOut::NotAsked));
        }
        for named in &self.exclude {
            let out = self.matching(named, "--exclude", merged, looked, context)?;
            let because = || LeftOut::Excluded(named.word.clone());
            merged.leave_out(|kept| out.contains(&kept.certificate.fingerprint()).then(because));
        }
        if self.no_removed {
            merged.leave_out(|kept| withdrawn(looked.facts, &kept.certificate).map(LeftOut::Withdrawn));
        }
        if !self.accepted_by.is_empty() {
            let judges = self.judges(looked, context)?;
            let mut members = Members::default();
            merged.leave_out(|kept| judges.iter().find_map(|judge| refused(kept, judge, &mut members, looked)));
        }
        Ok(())
    }

    /// The certificates that a word names. One that names none is a slip of the hand, which must not let through what
    /// was to be left out; but a whole fingerprint and a store are no slip.
    fn matching(
        &self,
        named: &Named,
        option: &str,
        merged: &Merge,
        looked: &Looked<'_>,
        context: &mut Context<'_>,
    ) -> Result<BTreeSet<Fingerprint>, Failure> {
        let all = || merged.kept.iter().chain(merged.left_out.iter().map(|(kept, _)| kept));
        let those = |is_meant: &dyn Fn(&Certificate) -> bool| -> BTreeSet<Fingerprint> {
            let meant = all().filter(|kept| is_meant(&kept.certificate));
            meant.map(|kept| kept.certificate.fingerprint()).collect()
        };
        let lower_case = named.word.to_lowercase();
        let by_name = || those(&|certificate| is_named(certificate, &lower_case));
        let found = match &named.what {
            What::Set(selector) => {
                let columns = looked.columns(selector, self.purpose, context)?;
                return Ok(columns.iter().flat_map(|column| column.certificates.keys().copied()).collect());
            }
            What::Fingerprint(prefix) => {
                let found = those(&|certificate| prefix.matches(&certificate.fingerprint()));
                if found.is_empty() && prefix.digits().len() == 64 {
                    context.note(&format!("{option} {}: it is not among them", named.word));
                    return Ok(found);
                }
                // "Decade" reads as hexadecimal too.
                if found.is_empty() { by_name() } else { found }
            }
            What::Name => by_name(),
        };
        if found.is_empty() {
            return Err(Failure::with_hint(
                format!("{option}: no certificate of them matches {:?}", named.word),
                "nothing was written; castore list --certs shows fingerprints and names",
            ));
        }
        Ok(found)
    }

    /// Whose verifiers are asked: each with the name that it has in reports. None where none was named.
    pub(super) fn judges(
        &self,
        looked: &Looked<'_>,
        context: &mut Context<'_>,
    ) -> Result<Vec<(String, Policy)>, Failure> {
        let survey = Survey::new(looked.host, Searched::default());
        let mut judges: Vec<(String, Policy)> = Vec::new();
        for verifier in &self.accepted_by {
            let selector = match verifier {
                Verifier::Policy(name, policy) => {
                    judges.push((name.clone(), (**policy).clone()));
                    continue;
                }
                Verifier::Clients(selector) => selector,
            };
            looked.inspection.verify(looked.host, std::slice::from_ref(selector))?;
            let before = judges.len();
            let mut unknown = BTreeSet::new();
            for found in looked.inspection.uses.iter().filter(|found| selector.takes(found, looked.host)) {
                match policy(found, settings(&survey, found)) {
                    Ok(policy) => judges.push((found.name(), policy)),
                    Err(why) => _ = unknown.insert(format!("{}: {}", found.name(), why.0)),
                }
            }
            if judges.len() == before {
                let why = unknown.into_iter().next().unwrap_or_default();
                return Err(Failure::new(format!("--accepted-by {}: not predicted: {why}", selector_text(selector))));
            }
            for why in unknown {
                context.note(&format!("--accepted-by {}: not predicted, so not asked: {why}", selector_text(selector)));
            }
        }
        // Clients by the dozen have one policy.
        let mut seen = BTreeSet::new();
        judges.retain(|(_, policy)| seen.insert(format!("{policy:?}")));
        Ok(judges)
    }
}

/// Why a verifier takes a certificate for no anchor, where it does not.
fn refused(
    kept: &Kept,
    (by, policy): &(String, Policy),
    members: &mut Members,
    looked: &Looked<'_>,
) -> Option<LeftOut> {
    let refused = |expected, found| Some(LeftOut::Refused { by: by.clone(), expected, found });
    let Some(member) = members.get(&kept.certificate) else {
        return refused("a certificate that the verifier can read", "a field or extension that it cannot decode");
    };
    let ends = match policy {
        Policy::OpenSsl(policy) => policy.partial_chain || member.is_self_issued(),
        _ => true,
    };
    let place = if ends { Place::Anchor } else { Place::Between };
    // The store is a new one, which says of it what the format can.
    let found = faults(&member, place, Trusted::Unstated, looked.at, policy);
    let (expected, found) = requirement(*found.first()?);
    refused(expected, found)
}
