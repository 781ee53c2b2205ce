//! Python: the `ssl` module of every interpreter, certifi, and the packages that choose between.
//!
//! One machine has many: each interpreter's OpenSSL has a directory compiled in, each
//! environment a certifi, pip its own copy. requests reads certifi unless a variable says
//! otherwise; aiohttp and urllib3 ask `ssl`; pip, since 24.2, trusts both together.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::openssl::{BY_DIR, BY_FILE};
use super::survey::{Survey, TRUSTSTORE_LIST};
use crate::host::split_list;
use crate::settings::ini;
use std::path::{Path, PathBuf};

/// The rows of this family.
pub const CLIENTS: &[Client] = &[PYTHON, CERTIFI, REQUESTS, URLLIB3, HTTPX, AIOHTTP, PIP];

const STANDALONE: &str =
    "https://github.com/astral-sh/python-build-standalone/blob/main/cpython-unix/patch-cpython-redhat-cert-file.patch";
const CERTIFI_DOC: &str = "https://github.com/certifi/python-certifi";
const REQUESTS_DOC: &str = "https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification";
const HTTPX_DOC: &str = "https://www.python-httpx.org/advanced/ssl/";
const HTTPX_OLD: &str = "https://github.com/encode/httpx/blob/0.27.2/httpx/_config.py";
const PIP_DOC: &str = "https://pip.pypa.io/en/stable/topics/https-certificates/";
const PIP_CONFIG: &str = "https://pip.pypa.io/en/stable/topics/configuration/";
const PIP_SOURCE: &str = "https://github.com/pypa/pip/blob/24.2/src/pip/_internal/cli/index_command.py";
const LIST_INSTEAD: &str =
    "not looked at, because OpenSSL's file is missing and its directory has no certificates by hash";
const TRUSTSTORE: &str = "https://github.com/sethmlarson/truststore/blob/main/src/truststore/_openssl.py";
const INHERITS: Edit = Edit::Never("it reads the store of another client: change it there");

/// `python`: the `ssl` module's default context in every interpreter and environment.
const PYTHON: Client = Client::new(
    "python",
    "Python's ssl module",
    "The default paths of the OpenSSL that the interpreter's ssl module is built on.",
    Rule::Each(|survey| survey.python_installations(), &SSL_DEFAULTS),
)
.ends(ends)
.edit(INHERITS);

/// OpenSSL's paths; relocatable builds have a fallback for each half that is not there.
const SSL_DEFAULTS: Rule = Rule::All(&[
    Rule::First(&[
        Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).secure().says(BY_FILE),
        Leaf::path("{openssldir}/cert.pem").says(BY_FILE),
        Leaf::path("/etc/pki/tls/cert.pem").given("standalone-fallback").says(STANDALONE),
    ]),
    Rule::First(&[
        Leaf::list("SSL_CERT_DIR").look(Look::HashLazy).empty(Then::Bind).secure().says(BY_DIR),
        Leaf::path("{openssldir}/certs").look(Look::HashLazy).says(BY_DIR),
        Leaf::path("/etc/pki/tls/certs").look(Look::HashLazy).given("standalone-fallback").says(STANDALONE),
    ]),
]);

/// Python 3.13 sets X509_V_FLAG_PARTIAL_CHAIN in `create_default_context`; before, only a
/// self-issued certificate ends a chain.
fn ends(installation: &Installation) -> Ends {
    match installation.version("python") {
        Some(version) if version.is_between("3.13", "") => Ends::AnyCertificate,
        _ => Ends::SelfIssued,
    }
}

/// urllib3 sets the flag itself, since 2.4 and on Python 3.13; requests rides on it.
fn ends_urllib3(installation: &Installation) -> Ends {
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
.edit(Edit::Never(
    "it belongs to the package and the next upgrade replaces it: set REQUESTS_CA_BUNDLE or SSL_CERT_FILE",
));

/// `requests`: a variable, else certifi. Its variable even beats `Session.verify`.
const REQUESTS: Client = Client::new(
    "requests",
    "requests",
    "REQUESTS_CA_BUNDLE, else CURL_CA_BUNDLE, else certifi; each replaces the others.",
    Rule::Each(
        |survey| survey.packages("requests"),
        &Rule::First(&[
            Leaf::variable("REQUESTS_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(REQUESTS_DOC),
            Leaf::variable("CURL_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(REQUESTS_DOC),
            Leaf::path("{certifi}").missing(Then::Refuse).says(REQUESTS_DOC),
        ]),
    ),
)
.ends(ends_urllib3)
.edit(INHERITS);

/// `urllib3`: without a bundle it loads the interpreter's defaults.
const URLLIB3: Client = Client::new(
    "urllib3",
    "urllib3",
    "The defaults of the interpreter's ssl module.",
    Rule::Each(|survey| survey.packages("urllib3"), &SSL_DEFAULTS),
)
.ends(ends_urllib3)
.edit(INHERITS);

/// `httpx`: before 0.28 it passed over a variable that names nothing; since then it fails.
const HTTPX: Client = Client::new(
    "httpx",
    "httpx",
    "SSL_CERT_FILE, else SSL_CERT_DIR, else certifi; each replaces the others.",
    Rule::Each(
        |survey| survey.packages("httpx"),
        &Rule::First(&[
            Leaf::variable("SSL_CERT_FILE").missing(Then::Refuse).between(&[("httpx", "0.28", "")]).says(HTTPX_DOC),
            Leaf::variable("SSL_CERT_FILE").missing(Then::Pass).between(&[("httpx", "", "0.28")]).says(HTTPX_OLD),
            Leaf::list("SSL_CERT_DIR").look(Look::HashLazy).between(&[("httpx", "0.28", "")]).says(HTTPX_DOC),
            Leaf::variable("SSL_CERT_DIR")
                .look(Look::HashLazy)
                .missing(Then::Pass)
                .between(&[("httpx", "", "0.28")])
                .says(HTTPX_OLD),
            Leaf::path("{certifi}").missing(Then::Refuse).says(HTTPX_DOC),
        ]),
    ),
)
.ends(ends)
.edit(INHERITS);

/// `aiohttp`: `ssl.create_default_context()`, never certifi.
const AIOHTTP: Client = Client::new(
    "aiohttp",
    "aiohttp",
    "The defaults of the interpreter's ssl module; certifi is not used.",
    Rule::Each(|survey| survey.packages("aiohttp"), &SSL_DEFAULTS),
)
.ends(ends)
.edit(INHERITS);

/// `pip`: until 24.1 one file; since 24.2 on Python 3.10 the system's paths, its own certifi and
/// what was named, all three.
const PIP: Client = Client::new(
    "pip",
    "pip",
    "A variable, --cert, PIP_CERT or pip.conf, else its vendored certifi; since 24.2 (Python 3.10) that certifi and OpenSSL's paths in any case.",
    Rule::Each(
        |survey| survey.packages("pip"),
        &Rule::All(&[
            Rule::First(&[
                Leaf::variable("REQUESTS_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(REQUESTS_DOC),
                Leaf::variable("CURL_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(REQUESTS_DOC),
                Leaf::variable("PIP_CERT").look(Look::BundleOrHash).missing(Then::Refuse).says(PIP_DOC),
                Leaf::setting("cert", pip_conf).look(Look::BundleOrHash).says(PIP_CONFIG),
                Leaf::path("{certifi}").missing(Then::Refuse).between(&[("pip", "", "24.2")]).says(PIP_DOC),
                Leaf::path("{certifi}")
                    .missing(Then::Refuse)
                    .between(&[("pip", "24.2", ""), ("python", "", "3.10")])
                    .says(PIP_DOC),
            ]),
            Leaf::path("{certifi}").missing(Then::Refuse).between(SYSTEM_TOO).says(PIP_SOURCE),
            Rule::First(&[
                Leaf::variable("SSL_CERT_FILE")
                    .empty(Then::Bind)
                    .between(SYSTEM_TOO)
                    .except(TRUSTSTORE_LIST, LIST_INSTEAD)
                    .says(TRUSTSTORE),
                Leaf::path("{openssldir}/cert.pem")
                    .between(SYSTEM_TOO)
                    .except(TRUSTSTORE_LIST, LIST_INSTEAD)
                    .says(TRUSTSTORE),
                candidate("/etc/ssl/cert.pem"),
                candidate("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
                candidate("/etc/pki/tls/cert.pem"),
                candidate("/etc/ssl/certs/ca-certificates.crt"),
                candidate("/etc/ssl/ca-bundle.pem"),
            ]),
            Rule::First(&[
                Leaf::list("SSL_CERT_DIR")
                    .look(Look::HashLazy)
                    .empty(Then::Bind)
                    .between(SYSTEM_TOO)
                    .except(TRUSTSTORE_LIST, LIST_INSTEAD)
                    .says(TRUSTSTORE),
                Leaf::path("{openssldir}/certs")
                    .look(Look::HashLazy)
                    .between(SYSTEM_TOO)
                    .except(TRUSTSTORE_LIST, LIST_INSTEAD)
                    .says(TRUSTSTORE),
            ]),
        ]),
    ),
)
.reads(&["PIP_CONFIG_FILE", "XDG_CONFIG_DIRS", "XDG_CONFIG_HOME"])
// It vendors urllib3 1.26, and truststore makes a plain SSLContext: neither sets the flag.
.ends(|_| Ends::SelfIssued)
.edit(INHERITS);

/// The versions whose default is truststore.
const SYSTEM_TOO: &[(&str, &str, &str)] = &[("pip", "24.2", ""), ("python", "3.10", "")];

/// A place of truststore's own list, which it goes to where OpenSSL's are not there.
const fn candidate(path: &'static str) -> Rule {
    Leaf::path(path).between(SYSTEM_TOO).given(TRUSTSTORE_LIST).says(TRUSTSTORE)
}

/// `cert` in pip's configuration files, the one that counts first: `[install]` of any file before
/// `[global]` of any, and within a section the later file.
fn pip_conf(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let files = pip_files(survey, installation);
    let texts: Vec<_> = files.iter().filter_map(|file| Some((file, survey.host.settings(file)?))).collect();
    let found = ["install", "global"].into_iter().flat_map(|section| {
        texts.iter().filter_map(move |(file, text)| {
            let value = ini::value(text, section, "cert")?;
            Some(Setting { value: value.text.into(), source: Source::File(file.to_path_buf(), value.line) })
        })
    });
    found.collect()
}

/// pip's configuration files, the one that counts first: the file a variable names, which puts
/// the user's out of use, the environment's, the user's, the machine's. The null device in the
/// variable means none of them.
fn pip_files(survey: &Survey<'_>, installation: &Installation) -> Vec<PathBuf> {
    let host = survey.host;
    let set = |name: &str| host.variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let named = set("PIP_CONFIG_FILE").map(|file| host.absolute(&file));
    if named.as_deref() == Some(Path::new("/dev/null")) {
        return Vec::new();
    }
    let users_count = named.as_ref().is_none_or(|file| host.resolve(file).is_err());
    let mut files: Vec<PathBuf> = named.into_iter().collect();
    let site = installation.place("environment").or_else(|| installation.place("prefix"));
    files.extend(site.map(|prefix| prefix.join("pip.conf")));
    if users_count {
        let xdg = set("XDG_CONFIG_HOME").or_else(|| survey.in_home(".config"));
        files.extend(xdg.map(|directory| directory.join("pip/pip.conf")));
        files.extend(survey.in_home(".pip/pip.conf"));
    }
    files.push("/etc/pip.conf".into());
    let machine = host.variable("XDG_CONFIG_DIRS").filter(|value| !value.is_empty());
    let machine = machine.map_or_else(|| vec!["/etc/xdg".into()], split_list);
    files.extend(machine.iter().rev().map(|directory| directory.join("pip/pip.conf")));
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::Searched;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};
    use crate::model::Version;

    #[test]
    fn a_partial_chain_is_enough_since_3_13() {
        let python = |version| Installation {
            components: vec![("python", Version::parse(version).unwrap())],
            ..Installation::default()
        };
        assert_eq!(ends(&python("3.12.1")), Ends::SelfIssued);
        assert_eq!(ends(&python("3.13.0")), Ends::AnyCertificate);
        assert_eq!((PIP.ends)(&python("3.13.0")), Ends::SelfIssued);
    }

    #[test]
    fn requests_rides_on_its_urllib3() {
        let site = "/opt/venv/lib/python3.13/site-packages";
        let ends = |version: &str| {
            let files = Memory::new()
                .file("/usr/bin/python3.13", "")
                .file("/usr/lib/python3.13/os.py", "")
                .file("/opt/venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.13.0\n")
                .link("/opt/venv/bin/python", "/usr/bin/python3.13")
                .file(format!("{site}/requests/__init__.py"), "")
                .file(format!("{site}/urllib3-{version}.dist-info/METADATA"), "");
            let host = Host::new(Box::new(files), System::Linux);
            let found = Survey::new(&host, Searched::default()).packages("requests");
            (REQUESTS.ends)(&found[0])
        };
        assert_eq!(ends("2.3.0"), Ends::SelfIssued);
        assert_eq!(ends("2.4.0"), Ends::AnyCertificate);
    }
}
