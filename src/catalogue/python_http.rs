//! Python's other HTTP clients: each has an opinion of its own on variables, certifi and the system.

use super::client::{Client, Edit, Ends, Installation, Interpreter, Leaf, Look, Roots, Rule, Then};
use super::python::{INHERITS, SSL_DEFAULTS, TRUSTSTORE_PATHS, ends};
use super::survey::Survey;
use crate::policy;
use std::ffi::OsString;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[HTTPX, HTTPX2, AIOHTTP, HTTPLIB2, NIQUESTS, CURL_CFFI, PYCURL];

const HTTPX_DOC: &str = "https://www.python-httpx.org/advanced/ssl/";
const HTTPX_OLD: &str = "https://github.com/encode/httpx/blob/0.27.2/httpx/_config.py";
const HTTPX2_SOURCE: &str = "https://github.com/pydantic/httpx2/blob/main/src/httpcore2/httpcore2/_ssl.py";
const HTTPLIB2_SOURCE: &str = "https://github.com/httplib2/httplib2/blob/master/python3/httplib2/certs.py";
const NIQUESTS_SOURCE: &str = "https://github.com/jawah/niquests/blob/main/src/niquests/sessions.py";
const WASSIMA: &str = "https://github.com/jawah/wassima/blob/main/wassima/_os/_linux.py";
const WASSIMA_EMBEDDED: &str = "https://github.com/jawah/wassima/blob/main/wassima/_os/_embed.py";
const CURL_CFFI_SOURCE: &str = "https://github.com/lexiforest/curl_cffi/blob/main/curl_cffi/curl.py";
const CURL_CFFI_SESSION: &str = "https://github.com/lexiforest/curl_cffi/blob/main/curl_cffi/requests/session.py";
const PYCURL_SOURCE: &str = "https://github.com/pycurl/pycurl/blob/master/src/module.c";
const LIBCURL: &str = "https://curl.se/libcurl/c/CURLOPT_CAINFO.html";

/// `httpx`: before 0.28 it passed over a variable that names nothing; since then it fails.
const HTTPX: Client = Client::new(
    "httpx",
    "httpx",
    "SSL_CERT_FILE, else SSL_CERT_DIR, else certifi; each replaces the others.",
    Rule::Each(
        |survey| survey.packages("httpx"),
        &Rule::All(&[
            Rule::First(&[
                Leaf::variable("SSL_CERT_FILE").missing(Then::Refuse).between(&[("httpx", "0.28", "")]).says(HTTPX_DOC),
                Leaf::variable("SSL_CERT_FILE").missing(Then::Pass).between(&[("httpx", "", "0.28")]).says(HTTPX_OLD),
                Leaf::list("SSL_CERT_DIR").look(Look::HashLazy).between(&[("httpx", "0.28", "")]).says(HTTPX_DOC),
                // Of an empty name it makes the working directory, in which no certificate has a hash for a name.
                Leaf::variable("SSL_CERT_DIR")
                    .look(Look::HashLazy)
                    .missing(Then::Pass)
                    .empty(Then::Bind)
                    .between(&[("httpx", "", "0.28")])
                    .says(HTTPX_OLD),
                Leaf::path("{certifi}").missing(Then::Refuse).says(HTTPX_DOC),
            ]),
            TRUSTSTORE_PATHS,
        ]),
    ),
)
.judged_by(&policy::python::SSL)
.ends(ends_httpx)
.edit(INHERITS)
.roots(Roots::Public)
.runs_in(Interpreter::Python)
.stops_with(policy::refused::HTTPX);

/// `create_default_context` since 0.28, a bare `SSLContext` before.
fn ends_httpx(installation: &Installation) -> Ends {
    match installation.version("httpx") {
        Some(version) if !version.is_between("0.28", "") => Ends::SelfIssued,
        _ => ends(installation),
    }
}

/// The mark of an httpx2 that goes to its own list of files, and of one that a variable points elsewhere.
const NO_PATHS: &str = "httpx2-no-paths";
const NAMED: &str = "httpx2-named";

/// `httpx2`: the system's roots in the place of certifi's.
const HTTPX2: Client = Client::new(
    "httpx2",
    "httpx2",
    "SSL_CERT_FILE, else SSL_CERT_DIR, else the paths compiled into the interpreter's OpenSSL, else the first of a list; each replaces the others.",
    Rule::Each(
        httpx2s,
        &Rule::First(&[
            Leaf::variable("SSL_CERT_FILE").missing(Then::Refuse).says(HTTPX2_SOURCE),
            Leaf::list("SSL_CERT_DIR").look(Look::HashLazy).says(HTTPX2_SOURCE),
            Rule::All(&[
                Leaf::path("{openssldir}/cert.pem").says(HTTPX2_SOURCE),
                Leaf::path("{openssldir}/certs").look(Look::HashLazy).says(HTTPX2_SOURCE),
                Rule::First(&[
                    of_the_list("/etc/ssl/cert.pem"),
                    of_the_list("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
                    of_the_list("/etc/pki/tls/cert.pem"),
                    of_the_list("/etc/ssl/certs/ca-certificates.crt"),
                    of_the_list("/etc/ssl/ca-bundle.pem"),
                ]),
            ]),
        ]),
    ),
)
.judged_by(&policy::python::HTTPX2)
.ends(|installation| if installation.has(NAMED) { ends(installation) } else { Ends::SelfIssued })
.edit(INHERITS);

const fn of_the_list(path: &'static str) -> Rule {
    Leaf::path(path).given(&NO_PATHS).says(HTTPX2_SOURCE)
}

fn httpx2s(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let is_set = |name: &str| survey.set(name).is_some();
    let mut found = survey.packages("httpx2");
    for one in &mut found {
        let one = Arc::make_mut(one);
        let directory = one.place("openssldir").cloned().unwrap_or_default();
        if ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| is_set(name)) {
            one.marks.push(NAMED);
        }
        if !survey.host.is_file(&directory.join("cert.pem")) && !survey.has_hash_name(&directory.join("certs")) {
            one.marks.push(NO_PATHS);
        }
    }
    found
}

/// `aiohttp`: `ssl.create_default_context()`, never certifi.
const AIOHTTP: Client = Client::new(
    "aiohttp",
    "aiohttp",
    "The defaults of the interpreter's ssl module; certifi is not used.",
    Rule::Each(aiohttps, &SSL_DEFAULTS),
)
.judged_by(&policy::python::SSL)
.ends(ends)
.edit(INHERITS)
.runs_in(Interpreter::Python);

/// Every aiohttp, with when it asks (<https://github.com/aio-libs/aiohttp/pull/9296>).
fn aiohttps(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let at_import =
        "since 3.10.6 it reads the variables when it is imported: one that a program sets after that does not count";
    let at_first_use = "before 3.10.6 it reads the variables at its first request, and keeps what it found";
    let mut found = survey.packages("aiohttp");
    for one in &mut found {
        let one = Arc::make_mut(one);
        let is_old = one.version("aiohttp").is_some_and(|version| version.is_between("", "3.10.6"));
        one.remarks.push(if is_old { at_first_use } else { at_import }.to_owned());
    }
    found
}

/// `httplib2`: its variable must name a file, else it cannot even be imported.
const HTTPLIB2: Client = Client::new(
    "httplib2",
    "httplib2",
    "HTTPLIB2_CA_CERTS, else certifi if it is installed, else its own cacerts.txt, which Debian's package replaces by the system's bundle.",
    Rule::Each(
        httplib2s,
        &Rule::All(&[
            Rule::First(&[
                Leaf::variable("HTTPLIB2_CA_CERTS").missing(Then::Refuse).empty(Then::Refuse).says(HTTPLIB2_SOURCE),
                Leaf::path("{certifi}").missing(Then::Refuse).says(HTTPLIB2_SOURCE),
                Leaf::path("{cacerts}").missing(Then::Refuse).says(HTTPLIB2_SOURCE),
            ]),
            TRUSTSTORE_PATHS,
        ]),
    ),
)
.judged_by(&policy::python::HTTPLIB2)
// A bare SSLContext, and no flag (`_build_ssl_context`).
.ends(|_| Ends::SelfIssued)
.edit(INHERITS)
.roots(Roots::Own);

fn httplib2s(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.packages("httplib2");
    for one in &mut found {
        let one = Arc::make_mut(one);
        let text = survey.host.settings(&one.at.join("certs.py")).unwrap_or_default();
        let literal = text.lines().find_map(|line| line.strip_prefix("BUILTIN_CA_CERTS = ")?.split(['"', '\'']).nth(1));
        let named = literal.filter(|path| path.starts_with('/')).map(Into::into);
        one.places.push(("cacerts", named.unwrap_or_else(|| one.at.join("cacerts.txt"))));
        if survey.beside(one, "ca_certs_locater").is_some() {
            one.unknown.push("ca_certs_locater is installed and names a bundle of its own before certifi".to_owned());
        }
    }
    found
}

/// `niquests`: every file that wassima finds below the system's directories.
const NIQUESTS: Client = Client::new(
    "niquests",
    "niquests",
    "REQUESTS_CA_BUNDLE, else CURL_CA_BUNDLE, else every file of certificates below the directories that wassima knows, else the roots in wassima.",
    Rule::Each(
        niquests,
        &Rule::First(&[
            Leaf::variable("REQUESTS_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(NIQUESTS_SOURCE),
            Leaf::variable("CURL_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(NIQUESTS_SOURCE),
            // What wassima reads below /etc/pki/ca-trust it throws away: "trust" is in the path.
            Rule::All(&[
                below("/var/ssl"),
                below("/usr/share/ssl"),
                below("/usr/local/ssl"),
                below("/usr/local/openssl"),
                below("/usr/local/etc/openssl"),
                below("/usr/local/share/certs"),
                below("/usr/lib/ssl"),
                below("/usr/ssl"),
                below("/etc/openssl"),
                below("/etc/pki/tls"),
                below("/etc/ssl"),
                below("/etc/certs"),
                below("/opt/etc/ssl"),
            ]),
            Leaf::path("{embedded}").look(Look::Blocks).says(WASSIMA_EMBEDDED),
        ]),
    ),
)
.ends(ends)
.edit(INHERITS);

const fn below(directory: &'static str) -> Rule {
    Leaf::tree(directory).look(Look::Extensions(NAMES)).says(WASSIMA)
}

/// The extensions that wassima takes: two, and numbers, as of hash names.
const NAMES: &[&str] = &["pem", "crt", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

fn niquests(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.packages("niquests");
    for one in &mut found {
        let one = Arc::make_mut(one);
        survey.add_version(one, "wassima");
        let embedded = survey.beside(one, "wassima").map(|package| package.join("_os/_embed.py"));
        one.places.extend(embedded.map(|file| ("embedded", file)));
        one.remarks.push("wassima leaves out files with trust, email, ocsp and the like in their path".to_owned());
    }
    found
}

/// The mark of a curl_cffi whose `ssl` looks at a variable and not at the path compiled in.
const FILE_IS_SET: &str = "cert-file-is-set";

/// The mark of a curl_cffi whose libcurl was configured with a directory.
const CURL_DIRECTORY: &str = "curl-directory";

/// `curl-cffi`: BoringSSL inside, and a file whose name it asks Python for.
const CURL_CFFI: Client = Client::new(
    "curl-cffi",
    "curl_cffi",
    "REQUESTS_CA_BUNDLE, else CURL_CA_BUNDLE, else SSL_CERT_FILE if it is there, else the file of the interpreter's OpenSSL, else certifi; and the directory that its libcurl was built with.",
    Rule::Each(
        |survey| {
            let mut found = survey.packages("curl_cffi");
            for one in &mut found {
                let names = survey.names(&one.at);
                let is_wrapper = |name: &&OsString| name.to_string_lossy().starts_with("_wrapper.");
                let wrapper = names.iter().find(is_wrapper).map(|name| one.at.join(name));
                if wrapper.is_some_and(|wrapper| survey.holds_text(&wrapper, b"\0/etc/ssl/certs\0")) {
                    Arc::make_mut(one).marks.push(CURL_DIRECTORY);
                }
            }
            if survey.host.variable("SSL_CERT_FILE").is_some() {
                found.iter_mut().for_each(|one| Arc::make_mut(one).marks.push(FILE_IS_SET));
            }
            found
        },
        &Rule::All(&[
            Rule::First(&[
                Leaf::variable("REQUESTS_CA_BUNDLE").missing(Then::Refuse).says(CURL_CFFI_SESSION),
                Leaf::variable("CURL_CA_BUNDLE").missing(Then::Refuse).says(CURL_CFFI_SESSION),
                Leaf::variable("SSL_CERT_FILE").missing(Then::Pass).says(CURL_CFFI_SOURCE),
                Leaf::path("{openssldir}/cert.pem")
                    .except(&(FILE_IS_SET, "not looked at, because SSL_CERT_FILE is set"))
                    .says(CURL_CFFI_SOURCE),
                Leaf::path("{certifi}").missing(Then::Refuse).says(CURL_CFFI_SOURCE),
            ]),
            Leaf::path("/etc/ssl/certs").look(Look::HashLazy).given(&CURL_DIRECTORY).says(LIBCURL),
        ]),
    ),
)
.judged_by(&policy::boringssl::CURL)
.edit(INHERITS);

/// `pycurl`: what its libcurl was built for; the variables of curl(1) are the tool's.
const PYCURL: Client = Client::new(
    "pycurl",
    "PycURL",
    "Of wheels the first of a list of files, else a directory; of others the file and directory that its libcurl was built with. No variable is read.",
    Rule::Each(
        pycurls,
        &Rule::All(&[
            Rule::First(&[
                detected("/etc/ssl/certs/ca-certificates.crt"),
                detected("/etc/pki/tls/certs/ca-bundle.crt"),
                detected("/usr/share/ssl/certs/ca-bundle.crt"),
                detected("/usr/local/share/certs/ca-root-nss.crt"),
                detected("/etc/ssl/cert.pem"),
                Leaf::path("/etc/ssl/certs").look(Look::HashLazy).given(&DETECTS).says(PYCURL_SOURCE),
                Leaf::path("{cafile}").missing(Then::Refuse).says(LIBCURL),
            ]),
            Leaf::path("{capath}").look(Look::HashLazy).says(LIBCURL),
        ]),
    ),
)
.judged_by(&policy::curl::CURL)
.edit(Edit::Elsewhere("the path is compiled into its libcurl: name a bundle by CURLOPT_CAINFO in the program"));

/// The mark of a pycurl that looks for authorities itself when it is imported.
const DETECTS: &str = "pycurl-detects";

const fn detected(path: &'static str) -> Rule {
    Leaf::path(path).given(&DETECTS).says(PYCURL_SOURCE)
}

fn pycurls(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let of_site = |python: &super::survey::Python, site: &std::path::PathBuf| {
        let at = [site.join("pycurl"), site.clone()].into_iter().find_map(|directory| {
            let names = survey.names(&directory);
            let name = names.iter().find(|name| {
                let name = name.to_string_lossy();
                name.trim_start_matches('_').starts_with("pycurl.") && name.ends_with(".so")
            });
            name.map(|name| directory.join(name))
        })?;
        let because = format!("package of {}", python.executable.display());
        let mut found = survey.libcurl_user(&at, &at, &because);
        let version = survey.package_version(site, "pycurl").map(|version| ("pycurl", version));
        found.components.splice(0..0, version);
        // The file that only the list names (`pycurl_autodetect_ca`).
        let detects = survey.holds_text(&at, b"/usr/local/share/certs/ca-root-nss.crt");
        found.marks.extend(detects.then_some(DETECTS));
        Some(Arc::new(found))
    };
    let pythons = survey.pythons().iter();
    let mut found: Vec<Arc<Installation>> =
        pythons.flat_map(|python| python.packages.iter().filter_map(move |site| of_site(python, site))).collect();
    found.dedup_by(|a, b| a.at == b.at);
    found
}

#[cfg(test)]
mod tests;
