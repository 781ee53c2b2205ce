//! Node.js: roots compiled into the binary, with what variables and options add to them.
//!
//! Options change the whole: `--use-openssl-ca` puts OpenSSL's paths into the place of the roots, as some
//! distributions build it to do by default; `--use-system-ca` reads the same paths beside the roots, but
//! every file of the directory. Both come in `NODE_OPTIONS`. A `node.config.json` may say the same, but counts
//! only with an option on the command line: up to 26 no version reads it by itself, or lets `NODE_OPTIONS` ask.

mod verification;

use super::client::{Client, Edit, Ends, Installation, Interpreter, Leaf, Look, Roots, Rule, Setting, Source, Then};
use super::openssl::{BY_FILE, DIRECTORIES, after_store, before_store, default_directory, with_store};
use super::survey::{BUILT_FOR_OPENSSL, Survey};
use crate::host::System::{Bsd, Linux, MacOs, Windows};
use crate::model::Version;
use crate::policy;
use crate::settings::options;
use std::sync::Arc;
pub(super) use verification::settings;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[NODE];

const ROOTS: &str = "https://nodejs.org/api/tls.html#tlsrootcertificates";
const EXTRA: &str = "https://nodejs.org/api/cli.html#node_extra_ca_certsfile";
const UNVERIFIED: &str = "https://nodejs.org/api/cli.html#node_tls_reject_unauthorizedvalue";
const OPTIONS: &str = "https://nodejs.org/api/cli.html#node_optionsoptions";
const OPENSSL: &str = "https://nodejs.org/api/cli.html#--use-bundled-ca---use-openssl-ca";
const SYSTEM: &str = "https://nodejs.org/api/cli.html#--use-system-ca";
const STORE: &str = "https://github.com/nodejs/node/blob/main/src/crypto/crypto_context.cc";

/// The marks of a Node.js that takes OpenSSL's paths instead of its roots, and of one that takes the
/// system's store beside them.
const OPENSSL_STORE: &str = "openssl-store";
const SYSTEM_STORE: &str = "system-store";
/// The mark of one whose build takes OpenSSL's paths, and no option.
const BY_BUILD: &str = "openssl-store-by-build";
const NOT_LOADED: &str = "not loaded, because OpenSSL's paths stand in their place";

/// `node`: every node on PATH and of the version managers.
const NODE: Client = Client::new(
    "node",
    "Node.js",
    "Mozilla's roots as compiled into the binary, or OpenSSL's paths instead of them; beside these the file of \
     NODE_EXTRA_CA_CERTS, and the system's store if asked.",
    Rule::Each(nodes, &Rule::All(&[NOT_VERIFIED, REFUSED, DEFAULTS])),
)
.judged_by(&policy::node::NODE)
.set_by(settings)
.reads(&["NODE_OPTIONS", "NODE_USE_SYSTEM_CA", "OPENSSL_CONF"])
.ends(|_| Ends::SelfIssued)
.edit(Edit::Never("its roots are compiled in: name a file with NODE_EXTRA_CA_CERTS"))
.roots(Roots::Own)
.runs_in(Interpreter::Node);

/// Only the very text `0` turns verification off.
pub(super) const NOT_VERIFIED: Rule =
    Leaf::switch("NODE_TLS_REJECT_UNAUTHORIZED").when(|value| value == "0").says(UNVERIFIED);

/// Options with which it does not start.
pub(super) const REFUSED: Rule = Leaf::refusal("options it refuses", refused).says(OPTIONS);

/// What a program that runs on Node.js trusts if it says nothing else.
pub(super) const DEFAULTS: Rule = Rule::All(&[
    Leaf::section(&("{binary}", "roots compiled into node"))
        .look(Look::CompiledIn)
        .except(&(OPENSSL_STORE, NOT_LOADED))
        .says(ROOTS),
    Leaf::variable("NODE_EXTRA_CA_CERTS").look(Look::UntilBad).says(EXTRA),
    Rule::First(&[
        Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).given(&OPENSSL_STORE).says(BY_FILE),
        Leaf::setting("--use-openssl-ca", |s, i| asked_openssl(s, i, "cert.pem")).missing(Then::Bind).says(OPENSSL),
        Leaf::path("{openssldir}/cert.pem").given(&BY_BUILD).says(BY_FILE),
    ]),
    Rule::First(&[
        with_store(DIRECTORIES.given(&OPENSSL_STORE)),
        before_store(DIRECTORIES.given(&OPENSSL_STORE)),
        after_store(DIRECTORIES.given(&OPENSSL_STORE)),
        Leaf::setting("--use-openssl-ca", |s, i| asked_openssl(s, i, "certs"))
            .look(Look::HashLazy)
            .missing(Then::Bind)
            .says(OPENSSL),
        default_directory(Leaf::path("{openssldir}/certs").given(&BY_BUILD)),
    ]),
    Rule::First(&[
        Leaf::variable("SSL_CERT_FILE").look(Look::UntilBad).on(UNIX).given(&SYSTEM_STORE).says(STORE),
        Leaf::setting("--use-system-ca", |s, i| asked_system(s, i, "cert.pem"))
            .look(Look::UntilBad)
            .missing(Then::Bind)
            .on(UNIX)
            .says(SYSTEM),
    ]),
    // One directory: a list of several names none.
    Rule::First(&[
        Leaf::variable("SSL_CERT_DIR").look(Look::EveryFile).on(UNIX).given(&SYSTEM_STORE).says(STORE),
        Leaf::setting("--use-system-ca", |s, i| asked_system(s, i, "certs"))
            .look(Look::EveryFile)
            .missing(Then::Bind)
            .on(UNIX)
            .says(SYSTEM),
    ]),
    Leaf::native("macOS keychains").look(Look::Keystore).on(&[MacOs]).given(&SYSTEM_STORE).says(SYSTEM),
    Leaf::native("Windows ROOT store").look(Look::Keystore).on(&[Windows]).given(&SYSTEM_STORE).says(SYSTEM),
]);

const UNIX: &[crate::host::System] = &[Linux, Bsd];

/// Every Node.js, marked by the store that its build and the variables choose.
pub(super) fn nodes(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.nodes();
    for installation in &mut found {
        let choice = Choice::of(survey, installation);
        if choice.openssl.is_none() && choice.system.is_none() {
            continue;
        }
        let installation = Arc::make_mut(installation);
        installation.marks.push(if choice.openssl.is_some() { OPENSSL_STORE } else { SYSTEM_STORE });
        if choice.openssl == Some(By::Build) {
            installation.marks.push(BY_BUILD);
        }
    }
    found
}

/// What the build, `NODE_OPTIONS` and `NODE_USE_SYSTEM_CA` choose together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Choice {
    /// OpenSSL's paths instead of the roots.
    openssl: Option<By>,
    /// The system's store beside them, by this variable.
    system: Option<&'static str>,
    /// Why it does not start, where it does not.
    refused: Option<String>,
}

/// What chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Build,
    Variable(&'static str),
}

/// The variable with options.
const NODE_OPTIONS: &str = "NODE_OPTIONS";
/// The variable that asks for the system's store, with the very text `1`.
const NODE_USE_SYSTEM_CA: &str = "NODE_USE_SYSTEM_CA";

impl Choice {
    fn of(survey: &Survey<'_>, installation: &Installation) -> Self {
        let host = survey.host;
        let system = host.variable(NODE_USE_SYSTEM_CA).is_some_and(|value| value == "1")
            && among(installation, &[("22.19", "23"), ("24.6", "")]);
        let chosen = Self {
            openssl: installation.has(BUILT_FOR_OPENSSL).then_some(By::Build),
            system: system.then_some(NODE_USE_SYSTEM_CA),
            refused: None,
        };
        let words = host.variable(NODE_OPTIONS).map(|value| options::node(&value.to_string_lossy()));
        match words {
            None => chosen.with(&[], installation),
            Some(Some(words)) => chosen.with(&words, installation),
            Some(None) => Self { refused: Some("a quotation mark is not closed".to_owned()), ..chosen },
        }
    }

    /// What the words of `NODE_OPTIONS` make of it: the last of `--use-openssl-ca` and `--use-bundled-ca`
    /// counts, and their opposites take nothing back (`Implies`, src/node_options-inl.h).
    fn with(mut self, words: &[String], installation: &Installation) -> Self {
        let (mut openssl, mut bundled, mut unknown) = (false, false, None);
        for word in words {
            match name(word).as_str() {
                "--use-openssl-ca" => (openssl, self.openssl) = (true, Some(By::Variable(NODE_OPTIONS))),
                "--no-use-openssl-ca" => openssl = false,
                "--use-bundled-ca" => (bundled, self.openssl) = (true, None),
                "--no-use-bundled-ca" => bundled = false,
                name @ ("--use-system-ca" | "--no-use-system-ca") => {
                    if !among(installation, &[("22.15", "23"), ("23.8", "")]) {
                        unknown = Some(not_known(name, installation));
                    }
                    self.system = (name == "--use-system-ca").then_some(NODE_OPTIONS);
                }
                _ => {}
            }
        }
        let both = openssl && self.system.is_some() && among(installation, NOT_BOTH);
        let not_both = |other: &str| format!("--use-openssl-ca and {other} cannot be used together");
        // Of `--openssl-config=` and `--tls-cipher-list=` without a value it says that they require an argument.
        let lacks_value = verification::Options::of(words).lacks_value;
        self.refused = unknown
            .or_else(|| lacks_value.then(|| "--openssl-config and --tls-cipher-list want a value".to_owned()))
            .or_else(|| both.then(|| not_both("--use-system-ca")))
            .or_else(|| (openssl && bundled).then(|| not_both("--use-bundled-ca")));
        // Before 23.9 it was there for other systems alone.
        let is_read = self.openssl.is_none() && among(installation, &[("22.15", "23"), ("23.9", "")]);
        self.system = self.system.filter(|_| is_read);
        self
    }
}

/// The name of an option, in which underscores are as good as hyphens.
fn name(word: &str) -> String {
    word.split('=').next().unwrap_or_default().replace('_', "-")
}

/// The versions that refuse `--use-openssl-ca` together with `--use-system-ca`.
const NOT_BOTH: &[(&str, &str)] = &[("24.20", "25"), ("25.8", "")];

/// Whether the version is in one of these ranges; one that is not known is.
fn among(installation: &Installation, ranges: &[(&str, &str)]) -> bool {
    let is_in = |version: &Version| ranges.iter().any(|(from, until)| version.is_between(from, until));
    installation.version("node").is_none_or(is_in)
}

/// What a version says of an option that came after it (`--use-system-ca is not allowed in NODE_OPTIONS`; on its
/// command line it is a bad option too), and what does the same there.
fn not_known(option: &str, installation: &Installation) -> String {
    let version = installation.version("node").map(|version| format!(" {version}")).unwrap_or_default();
    format!(
        "{option} is not allowed in NODE_OPTIONS by Node.js{version}, but from 22.15 and 23.8 on; NODE_EXTRA_CA_CERTS \
         names a file of roots in every version"
    )
}

/// Why it does not start, where it does not.
fn refused(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let source = Source::Variable(NODE_OPTIONS.to_owned());
    let refused = Choice::of(survey, installation).refused;
    refused.map(|why| Setting { value: why.into(), source }).into_iter().collect()
}

fn asked_openssl(survey: &Survey<'_>, installation: &Installation, name: &str) -> Vec<Setting> {
    match Choice::of(survey, installation).openssl {
        Some(By::Variable(variable)) => asked(installation, variable, name),
        _ => Vec::new(),
    }
}

fn asked_system(survey: &Survey<'_>, installation: &Installation, name: &str) -> Vec<Setting> {
    let variable = Choice::of(survey, installation).system;
    variable.map(|variable| asked(installation, variable, name)).unwrap_or_default()
}

/// The path below OpenSSL's directory that an option in a variable makes it read.
fn asked(installation: &Installation, variable: &str, name: &str) -> Vec<Setting> {
    let path = installation.place("openssldir").map(|directory| directory.join(name));
    let source = Source::Variable(variable.to_owned());
    path.map(|path| Setting { value: path.into_os_string(), source }).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::Searched;
    use crate::discover::{Outcome, discover};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    /// The places in use with a Node.js of this version, and whether it starts.
    fn used(version: &str, environment: &[(&str, &str)]) -> String {
        let build = format!("\0node.js/v{version}\0OPENSSLDIR: \"/etc/ssl\"\0\"node_shared_openssl\"");
        let build = build.replace("-openssl-store", "\0NODE_OPENSSL_CERT_STORE");
        let files = Memory::new()
            .file("/usr/bin/node", build)
            .file("/etc/ssl/cert.pem", "")
            .file("/etc/ssl/certs/a.pem", "")
            .file("/extra.pem", "")
            .file("/other/b.pem", "");
        let environment = environment.iter().map(|(k, v)| (k.into(), v.into())).collect();
        let host = Host::new(Box::new(files), System::Linux).with_environment(environment);
        let uses = discover(&Survey::new(&host, Searched::default()), [&NODE]);
        if uses[0].refuses().is_some() || uses[0].is_off() {
            return if uses[0].is_off() { "off" } else { "refuses" }.to_owned();
        }
        let used = uses[0].candidates.iter().filter(|c| c.outcome == Outcome::Used);
        let path = |c: &crate::discover::Candidate| c.path.as_ref().unwrap().display().to_string();
        used.map(path).collect::<Vec<_>>().join(" ")
    }

    const DEFAULT: &str = "/etc/ssl/cert.pem /etc/ssl/certs";

    #[test]
    fn extra_certificates_stand_beside_the_roots() {
        assert_eq!(used("22.15.0", &[]), "/usr/bin/node");
        assert_eq!(used("22.15.0", &[("SSL_CERT_FILE", "/extra.pem")]), "/usr/bin/node");
        assert_eq!(used("22.15.0", &[("NODE_EXTRA_CA_CERTS", "/extra.pem")]), "/usr/bin/node /extra.pem");
        assert_eq!(used("22.15.0", &[("NODE_EXTRA_CA_CERTS", "")]), "/usr/bin/node");
        assert_eq!(used("22.15.0", &[("NODE_TLS_REJECT_UNAUTHORIZED", "0")]), "off");
        assert_eq!(used("22.15.0", &[("NODE_TLS_REJECT_UNAUTHORIZED", "false")]), "/usr/bin/node");
    }

    #[test]
    fn the_systems_store_is_added_since_22_15_and_23_9() {
        let system = |version: &str| used(version, &[("NODE_OPTIONS", "--use-system-ca")]);
        for version in ["20.20.0", "22.14.9", "23.7.0"] {
            assert_eq!(system(version), "refuses", "{version}");
        }
        assert_eq!(system("23.8.0"), "/usr/bin/node");
        for version in ["22.15.0", "23.9.0", "24.0.0"] {
            assert_eq!(system(version), format!("/usr/bin/node {DEFAULT}"), "{version}");
        }
        let variable = |version: &str, value: &str| used(version, &[("NODE_USE_SYSTEM_CA", value)]);
        assert_eq!(variable("22.18.0", "1"), "/usr/bin/node");
        assert_eq!(variable("24.5.0", "1"), "/usr/bin/node");
        assert_eq!(variable("24.6.0", "true"), "/usr/bin/node");
        assert_eq!(variable("22.19.0", "1"), format!("/usr/bin/node {DEFAULT}"));
        let both = [("NODE_USE_SYSTEM_CA", "1"), ("NODE_OPTIONS", "--no-use-system-ca")];
        assert_eq!(used("24.6.0", &both), "/usr/bin/node");
        let named = [("NODE_OPTIONS", "--use_system_ca"), ("SSL_CERT_FILE", "/extra.pem"), ("SSL_CERT_DIR", "/other")];
        assert_eq!(used("24.6.0", &named), "/usr/bin/node /extra.pem /other");
        let list = [("NODE_OPTIONS", "--use-system-ca"), ("SSL_CERT_DIR", "/other:/etc/ssl/certs")];
        assert_eq!(used("24.6.0", &list), "/usr/bin/node /etc/ssl/cert.pem");
    }

    #[test]
    fn what_a_version_does_not_allow_is_told_by_name() {
        let files = Memory::new().file("/usr/bin/node", "\0node.js/v20.20.2\0");
        let environment = [("NODE_OPTIONS".into(), "--use-system-ca".into())].into();
        let host = Host::new(Box::new(files), System::Linux).with_environment(environment);
        let uses = discover(&Survey::new(&host, Searched::default()), [&NODE]);
        let Some(Outcome::Refused(why)) = uses[0].refuses().map(|candidate| &candidate.outcome) else {
            panic!("it starts: {uses:?}");
        };
        assert!(why.starts_with("--use-system-ca is not allowed in NODE_OPTIONS by Node.js 20.20.2, but"), "{why}");
        assert!(why.contains("NODE_EXTRA_CA_CERTS"), "{why}");
    }

    #[test]
    fn openssls_paths_take_the_place_of_the_roots() {
        let openssl = |options: &str| used("22.15.0", &[("NODE_OPTIONS", options)]);
        assert_eq!(openssl("--use-openssl-ca"), DEFAULT);
        assert_eq!(openssl("--use-openssl-ca --use-system-ca"), DEFAULT);
        assert_eq!(openssl("--use-openssl-ca --no-use-openssl-ca"), DEFAULT);
        assert_eq!(openssl("--no-use-bundled-ca"), "/usr/bin/node");
        assert_eq!(openssl("--use-openssl-ca --use-bundled-ca"), "refuses");
        assert_eq!(openssl("\"--use-openssl-ca"), "refuses");
        assert_eq!(openssl("--tls-cipher-list="), "refuses");
        let file = [("NODE_OPTIONS", "--use-openssl-ca"), ("SSL_CERT_FILE", ""), ("NODE_EXTRA_CA_CERTS", "/extra.pem")];
        assert_eq!(used("22.15.0", &file), "/extra.pem /etc/ssl/certs");
        assert_eq!(used("26.0.0", &[("NODE_OPTIONS", "--use-openssl-ca --use-system-ca")]), "refuses");
    }

    #[test]
    fn a_build_may_prefer_openssls_paths() {
        assert_eq!(used("18.20.4-openssl-store", &[]), DEFAULT);
        assert_eq!(used("18.20.4-openssl-store", &[("NODE_OPTIONS", "--use-bundled-ca")]), "/usr/bin/node");
        assert_eq!(used("18.20.4-openssl-store", &[("SSL_CERT_FILE", "/extra.pem")]), "/extra.pem /etc/ssl/certs");
    }
}
