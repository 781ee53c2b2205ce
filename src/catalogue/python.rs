//! Python: the `ssl` module of every interpreter, certifi, and the packages that choose between.
//!
//! One machine has many: each interpreter's OpenSSL has a directory compiled in, each
//! environment a certifi, pip its own copy. requests reads certifi unless a variable says
//! otherwise; urllib3 asks `ssl`; truststore trusts the system and what is loaded together.

use super::client::{Client, Edit, Ends, Installation, Interpreter, Leaf, Look, Roots, Rule, Then};
use super::openssl::{BY_FILE, DIRECTORIES, after_store, before_store, default_directory, with_store};
use super::survey::{Survey, TRUSTSTORE, TRUSTSTORE_LIST};
use crate::policy;
use std::path::Path;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[PYTHON, CERTIFI, REQUESTS, URLLIB3, TRUSTSTORE_ROW, PYOPENSSL];

const STANDALONE: &str =
    "https://github.com/astral-sh/python-build-standalone/blob/main/cpython-unix/patch-cpython-redhat-cert-file.patch";
const CERTIFI_DOC: &str = "https://github.com/certifi/python-certifi/blob/master/certifi/core.py";
/// How requests chooses.
pub const REQUESTS_DOC: &str = "https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification";
const URLLIB3_DEBIAN: &str = "https://sources.debian.org/src/python-urllib3/1.26.12-1/debian/patches/";
const TRUSTSTORE_SOURCE: &str = "https://github.com/sethmlarson/truststore/blob/main/src/truststore/_openssl.py";
const PYOPENSSL_SOURCE: &str = "https://github.com/pyca/pyopenssl/blob/main/src/OpenSSL/SSL.py";
const PEP_493: &str = "https://peps.python.org/pep-0493/#feature-configuration-environment-variable";
const LIST_INSTEAD: &str =
    "not looked at, because OpenSSL's file is missing and its directory has no certificates by hash";
/// For rows that read the store of another.
pub const INHERITS: Edit = Edit::Elsewhere("it reads the store of another client: change it there");

/// `python`: the `ssl` module's default context in every interpreter and environment, PyPy's too.
const PYTHON: Client = Client::new(
    "python",
    "Python's ssl module",
    "The default paths of the OpenSSL that the interpreter's ssl module is built on.",
    Rule::Each(
        |survey| survey.python_installations(),
        &Rule::All(&[
            // urllib2 and httplib of 2.7: Python 3 does not know the variable.
            Leaf::switch("PYTHONHTTPSVERIFY")
                .when(|value| value == "0")
                .between(&[("python", "2.7.9", "3")])
                .says(PEP_493),
            SSL_DEFAULTS,
        ]),
    ),
)
.judged_by(&policy::python::SSL)
.ends(ends)
.reads(&["PYTHONPATH"])
.edit(INHERITS)
.runs_in(Interpreter::Python);

/// OpenSSL's paths; relocatable builds have a fallback for each half that is not there.
pub const SSL_DEFAULTS: Rule = Rule::All(&[
    Rule::First(&[
        Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).secure().says(BY_FILE),
        Leaf::path("{openssldir}/cert.pem").says(BY_FILE),
        Leaf::path("/etc/pki/tls/cert.pem").given(&"standalone-fallback").says(STANDALONE),
    ]),
    Rule::First(&[
        with_store(DIRECTORIES.secure()),
        before_store(DIRECTORIES.secure()),
        after_store(DIRECTORIES.secure()),
        default_directory(Leaf::path("{openssldir}/certs")),
        Leaf::path("/etc/pki/tls/certs").look(Look::HashLazy).given(&"standalone-fallback").says(STANDALONE),
    ]),
    CANDIDATES,
]);

/// What truststore adds to a context: OpenSSL's paths if there is anything, else its own list. Where
/// pip-system-certs puts it beneath `ssl` at every start, every package has this beside its own.
pub const TRUSTSTORE_PATHS: Rule = Rule::All(&[
    Rule::First(&[
        through_truststore(Leaf::variable("SSL_CERT_FILE").empty(Then::Bind)),
        through_truststore(Leaf::path("{openssldir}/cert.pem")),
    ]),
    Rule::First(&[
        with_store(beneath_truststore(DIRECTORIES)),
        before_store(beneath_truststore(DIRECTORIES)),
        after_store(beneath_truststore(DIRECTORIES)),
        through_truststore(Leaf::path("{openssldir}/certs").look(Look::HashLazy)),
    ]),
    CANDIDATES,
]);

const fn beneath_truststore(leaf: Leaf) -> Leaf {
    leaf.given(&TRUSTSTORE).except(&(TRUSTSTORE_LIST, LIST_INSTEAD))
}

const fn through_truststore(leaf: Leaf) -> Rule {
    beneath_truststore(leaf).says(TRUSTSTORE_SOURCE)
}

/// truststore's own list.
const CANDIDATES: Rule = Rule::First(&[
    candidate("/etc/ssl/cert.pem"),
    candidate("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
    candidate("/etc/pki/tls/cert.pem"),
    candidate("/etc/ssl/certs/ca-certificates.crt"),
    candidate("/etc/ssl/ca-bundle.pem"),
]);

const fn candidate(path: &'static str) -> Rule {
    Leaf::path(path).given(&TRUSTSTORE_LIST).says(TRUSTSTORE_SOURCE)
}

/// Python 3.13 sets X509_V_FLAG_PARTIAL_CHAIN in `create_default_context`; before, only a
/// self-issued certificate ends a chain.
pub fn ends(installation: &Installation) -> Ends {
    match installation.version("python") {
        Some(version) if version.is_between("3.13", "") => Ends::AnyCertificate,
        _ => Ends::SelfIssued,
    }
}

/// urllib3 sets the flag itself, since 2.4 and on Python 3.13; requests rides on it.
pub fn ends_urllib3(installation: &Installation) -> Ends {
    match installation.version("urllib3") {
        Some(version) if !version.is_between("2.4", "") => Ends::SelfIssued,
        _ => ends(installation),
    }
}

/// `certifi`: every copy, as `certifi.where()` returns it.
const CERTIFI: Client = Client::new(
    "certifi",
    "certifi",
    "The bundle that certifi.where() returns: its own, or the system's where a distribution patched it.",
    Rule::Each(
        |survey| survey.packages("certifi"),
        &Rule::First(&[
            Leaf::path("{certifi}").look(Look::Blocks).missing(Then::Refuse).says(CERTIFI_DOC),
            Leaf::path("{package}/cacert.pem").look(Look::Blocks).says(CERTIFI_DOC),
        ]),
    ),
)
.judges_nothing()
.edit(Edit::Rewrite)
.lost_by("the next upgrade of certifi", "REQUESTS_CA_BUNDLE or SSL_CERT_FILE")
.roots(Roots::Own)
.runs_in(Interpreter::Python);

/// `requests`: a variable, else certifi. Its variable even beats `Session.verify`.
const REQUESTS: Client = Client::new(
    "requests",
    "requests",
    "REQUESTS_CA_BUNDLE, else CURL_CA_BUNDLE, else certifi; each replaces the others.",
    Rule::Each(|survey| riders(survey, "requests", "requests"), &REQUESTS_RULE),
)
.judged_by(&policy::python::URLLIB3)
.ends(ends_urllib3)
.edit(INHERITS)
.roots(Roots::Public)
.runs_in(Interpreter::Python)
.stops_with(policy::refused::REQUESTS);

/// What a session of requests takes, with what truststore adds to it where it is beneath `ssl`.
pub const REQUESTS_RULE: Rule = Rule::All(&[
    Rule::First(&[
        Leaf::variable("REQUESTS_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(REQUESTS_DOC),
        Leaf::variable("CURL_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(REQUESTS_DOC),
        Leaf::path("{certifi}").missing(Then::Refuse).says(REQUESTS_DOC),
    ]),
    TRUSTSTORE_PATHS,
]);

/// Packages that verify through urllib3, whose version decides what may end a chain.
pub fn riders(survey: &Survey<'_>, directory: &str, distribution: &'static str) -> Vec<Arc<Installation>> {
    let mut found = survey.packages_at(directory, distribution);
    found.iter_mut().for_each(|one| survey.add_version(Arc::make_mut(one), "urllib3"));
    found
}

/// `urllib3`: without a bundle it loads the interpreter's defaults. Debian's names the system's
/// bundle, and only that is loaded then.
const URLLIB3: Client = Client::new(
    "urllib3",
    "urllib3",
    "The defaults of the interpreter's ssl module; Debian's package the system's bundle instead.",
    Rule::Each(
        urllib3s,
        &Rule::All(&[
            Rule::First(&[Leaf::path("{ca-certs}").missing(Then::Refuse).says(URLLIB3_DEBIAN), SSL_DEFAULTS]),
            TRUSTSTORE_PATHS,
        ]),
    ),
)
.judged_by(&policy::python::URLLIB3)
.ends(ends_urllib3)
.edit(INHERITS)
.runs_in(Interpreter::Python);

/// Every urllib3, with the bundle that a distribution wrote into `connectionpool.py`; and
/// urllib3-future, which installs itself under the same name.
fn urllib3s(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.packages("urllib3");
    for one in &mut found {
        let one = Arc::make_mut(one);
        if one.at.starts_with("/usr/lib") {
            let text = survey.host.settings(&one.at.join("connectionpool.py")).unwrap_or_default();
            let parameter = text.lines().find_map(|line| line.trim().strip_prefix("ca_certs")?.split_once("'/"));
            let named = parameter.and_then(|(_, rest)| Some(format!("/{}", rest.split_once('\'')?.0)));
            one.places.extend(named.map(|path| ("ca-certs", path.into())));
        }
        let site = one.place("site").cloned().unwrap_or_default();
        if let Some(version) = survey.package_version(&site, "urllib3_future") {
            one.components.retain(|(name, _)| *name != "urllib3");
            one.components.insert(0, ("urllib3-future", version));
        }
    }
    found
}

/// `truststore`: the context it makes, which a program asks for, or puts beneath `ssl`.
const TRUSTSTORE_ROW: Client = Client::new(
    "truststore",
    "truststore",
    "A context of truststore's: OpenSSL's default paths, or the first of its own list where those hold nothing; what the program loads comes beside it.",
    Rule::Each(
        |survey| {
            let mut found = survey.packages("truststore");
            found.iter_mut().for_each(|one| survey.mark_truststore(Arc::make_mut(one)));
            found
        },
        &TRUSTSTORE_PATHS,
    ),
)
.judged_by(&policy::python::CONTEXT)
.ends(|_| Ends::SelfIssued)
.edit(INHERITS);

/// The mark of a pyOpenSSL that goes to its own list of places.
const FALLBACK: &str = "pyopenssl-fallback";

/// `pyopenssl`: the OpenSSL of cryptography, whose wheels are built for a directory that no machine has.
const PYOPENSSL: Client = Client::new(
    "pyopenssl",
    "pyOpenSSL",
    "set_default_verify_paths: the paths of cryptography's OpenSSL; for its wheels, with neither variable set, the first file and directory of pyOpenSSL's lists.",
    Rule::Each(
        pyopenssls,
        &Rule::All(&[
            Rule::First(&[
                Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).says(BY_FILE),
                Leaf::path("{openssldir}/cert.pem").says(BY_FILE),
                fallback("/etc/ssl/certs/ca-certificates.crt"),
                fallback("/etc/pki/tls/certs/ca-bundle.crt"),
                fallback("/etc/ssl/ca-bundle.pem"),
                fallback("/etc/pki/tls/cacert.pem"),
                fallback("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
            ]),
            Rule::First(&[
with_store(DIRECTORIES),
before_store(DIRECTORIES),
after_store(DIRECTORIES),
                default_directory(Leaf::path("{openssldir}/certs")),
                Leaf::path("/etc/ssl/certs").look(Look::HashLazy).given(&FALLBACK).says(PYOPENSSL_SOURCE),
            ]),
        ]),
    ),
)
.judged_by(&policy::openssl_clients::PYOPENSSL)
.ends(|_| Ends::SelfIssued)
.edit(INHERITS);

const fn fallback(path: &'static str) -> Rule {
    Leaf::path(path).given(&FALLBACK).says(PYOPENSSL_SOURCE)
}

/// Every pyOpenSSL, with the OpenSSL of the cryptography beside it in the place of the interpreter's.
fn pyopenssls(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.packages_at("OpenSSL", "pyopenssl");
    for one in &mut found {
        let one = Arc::make_mut(one);
        one.places.retain(|(name, _)| !["openssldir", "libcrypto"].contains(name));
        one.components.retain(|(name, _)| *name != "openssl");
        let directory = survey.beside(one, "cryptography").map(|package| package.join("hazmat/bindings"));
        let names = directory.iter().flat_map(|directory| survey.names(directory).to_vec());
        let module = names.into_iter().find(|name| {
            let name = name.to_string_lossy();
            (name.starts_with("_rust.") || name.starts_with("_openssl.")) && name.ends_with(".so")
        });
        let module = directory.zip(module).map(|(directory, name)| directory.join(name));
        match module.and_then(|module| survey.openssl_of(&module)) {
            Some(library) => survey.add_openssl(one, &library),
            None => one.unknown.push("the OpenSSL of cryptography is not beside it".to_owned()),
        }
        let is_wheel = one.place("openssldir").is_some_and(|d| d == Path::new("/opt/pyca/cryptography/openssl"));
        let is_set = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| survey.host.variable(name).is_some());
        if is_wheel && !is_set {
            one.marks.push(FALLBACK);
        }
    }
    found
}

#[cfg(test)]
mod tests;
