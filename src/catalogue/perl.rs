//! Perl: IO::Socket::SSL, LWP, HTTP::Tiny and Mozilla::CA.
//!
//! The layers do not agree. IO::Socket::SSL looks at OpenSSL's places itself and goes to Mozilla::CA
//! where they hold nothing; LWP as Debian has it names one file and never asks for `SSL_CERT_FILE`;
//! HTTP::Tiny verified nothing until 0.083.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Roots, Rule, Setting, Source, Then};
use super::survey::{MULTIARCH, Survey};
use crate::model::Version;
use crate::policy;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[IO_SOCKET_SSL, LWP, HTTP_TINY, MOZILLA_CA];

const SOCKET: &str = "https://metacpan.org/release/SULLR/IO-Socket-SSL-2.081/source/lib/IO/Socket/SSL.pm#L491";
const USER_AGENT: &str = "https://metacpan.org/pod/LWP::UserAgent#ENVIRONMENT";
const HTTPS: &str = "https://github.com/libwww-perl/LWP-Protocol-https/blob/v6.17/lib/LWP/Protocol/https.pm";
const HTTPS_OLD: &str = "https://github.com/libwww-perl/LWP-Protocol-https/blob/v6.10/lib/LWP/Protocol/https.pm";
const HTTPS_DEBIAN: &str =
    "https://sources.debian.org/src/liblwp-protocol-https-perl/6.10-1/debian/patches/cert.patch/";
const TINY: &str = "https://github.com/Perl-Toolchain-Gang/HTTP-Tiny/blob/release-0.090/lib/HTTP/Tiny.pm";
const TINY_OLD: &str = "https://github.com/Perl-Toolchain-Gang/HTTP-Tiny/blob/release-0.080/lib/HTTP/Tiny.pm";
const MOZILLA: &str = "https://metacpan.org/pod/Mozilla::CA";

/// The mark of a Perl whose OpenSSL has no certificates where IO::Socket::SSL looks for them.
const NO_DEFAULT: &str = "no-default-ca";
/// The mark of Debian's LWP, which has a file written in and does not turn verification off.
const DEBIAN: &str = "debian-lwp";
/// The mark of an LWP that leaves the place to IO::Socket::SSL.
const TO_SOCKET: &str = "to-io-socket-ssl";
/// The mark of an LWP with a file or directory from a variable.
const NAMED: &str = "named";
/// The mark of Debian's LWP where it goes to that file.
const DEBIAN_FILE: &str = "debian-lwp-file";
/// Why an LWP does not look there.
const NAMED_INSTEAD: &str = "not looked at, because a variable names a file or a directory";

/// `perl`: IO::Socket::SSL of every Perl on PATH.
const IO_SOCKET_SSL: Client = Client::new(
    "perl",
    "Perl's IO::Socket::SSL",
    "The file and the directory of OpenSSL, each replaced by its variable, else Mozilla::CA.",
    Rule::Each(|survey| modules(survey, "IO/Socket/SSL.pm"), &DEFAULT_CA),
)
.judged_by(&policy::perl::SOCKET)
.reads(&["PERL5LIB"])
.ends(ends)
.edit(Edit::SYSTEM);

/// `IO::Socket::SSL::default_ca`, which reads the places itself and passes over those without PEM.
const DEFAULT_CA: Rule = Rule::All(&[
    Rule::First(&[Leaf::variable("SSL_CERT_FILE").says(SOCKET), Leaf::path("{openssldir}/cert.pem").says(SOCKET)]),
    Rule::First(&[
        // One directory: a list is the name of none.
        Leaf::variable("SSL_CERT_DIR").look(Look::HashLazy).says(SOCKET),
        Leaf::path("{openssldir}/certs").look(Look::HashLazy).says(SOCKET),
    ]),
    Leaf::path("{mozilla-ca}").given(&NO_DEFAULT).says(SOCKET),
]);

/// `perl-lwp`: LWP::UserAgent, through LWP::Protocol::https.
const LWP: Client = Client::new(
    "perl-lwp",
    "Perl's LWP",
    "PERL_LWP_SSL_CA_FILE and PERL_LWP_SSL_CA_PATH; else the system's bundle as Debian has it, IO::Socket::SSL's default since 6.11, Mozilla::CA before.",
    Rule::Each(
        lwps,
        &Rule::All(&[
            old_switch("PERL_LWP_SSL_VERIFY_HOSTNAME").when(is_false).says(HTTPS_OLD),
            // Compatible with Crypt::SSLeay, they stand for chains without names.
            old_switch("HTTPS_CA_FILE").when(is_true).unless(&"PERL_LWP_SSL_VERIFY_HOSTNAME").says(HTTPS_OLD),
            old_switch("HTTPS_CA_DIR").when(is_true).unless(&"PERL_LWP_SSL_VERIFY_HOSTNAME").says(HTTPS_OLD),
            Rule::First(&[
                Leaf::variable("PERL_LWP_SSL_CA_FILE").when(is_true).missing(Then::Refuse).says(USER_AGENT),
                Leaf::variable("HTTPS_CA_FILE").when(is_true).missing(Then::Refuse).says(USER_AGENT),
            ]),
            Rule::First(&[
                Leaf::list("PERL_LWP_SSL_CA_PATH")
                    .when(is_true)
                    .look(Look::HashLazy)
                    .missing(Then::Refuse)
                    .says(USER_AGENT),
                Leaf::list("HTTPS_CA_DIR").when(is_true).look(Look::HashLazy).missing(Then::Refuse).says(USER_AGENT),
            ]),
            Leaf::path("/etc/ssl/certs/ca-certificates.crt")
                .missing(Then::Refuse)
                .given(&DEBIAN_FILE)
                .except(&(NAMED, NAMED_INSTEAD))
                .says(HTTPS_DEBIAN),
            Leaf::path("{mozilla-ca}")
                .missing(Then::Refuse)
                .given(&"mozilla-only")
                .except(&(NAMED, NAMED_INSTEAD))
                .says(HTTPS_OLD),
            Rule::First(&[
                Leaf::variable("SSL_CERT_FILE").given(&TO_SOCKET).says(HTTPS),
                Leaf::path("{openssldir}/cert.pem").given(&TO_SOCKET).says(HTTPS),
            ]),
            Rule::First(&[
                Leaf::variable("SSL_CERT_DIR").look(Look::HashLazy).given(&TO_SOCKET).says(HTTPS),
                Leaf::path("{openssldir}/certs").look(Look::HashLazy).given(&TO_SOCKET).says(HTTPS),
            ]),
            Leaf::path("{mozilla-ca}").given(&"socket-mozilla").says(HTTPS),
        ]),
    ),
)
.judged_by(&policy::perl::HTTPS)
.reads(&["PERL5LIB"])
.ends(ends)
.edit(Edit::Elsewhere("it reads the store of another client: change it there"))
.roots(Roots::Public)
.stops_with(policy::refused::LWP);

/// A variable for names not to be verified, by which upstream before 6.11 verifies nothing
/// (CVE-2014-3230).
const fn old_switch(variable: &'static str) -> Leaf {
    Leaf::switch(variable)
        .between(&[("lwp-https", "", "6.11")])
        .except(&(DEBIAN, "names of hosts are not verified, chains are"))
}

/// `perl-http-tiny`: HTTP::Tiny, which verifies by itself since 0.083.
const HTTP_TINY: Client = Client::new(
    "perl-http-tiny",
    "Perl's HTTP::Tiny",
    "Before 0.083 nothing is verified unless asked; then SSL_CERT_FILE, else Mozilla::CA or the first bundle of a list, and since 0.089 IO::Socket::SSL's default.",
    Rule::Each(
        tinies,
        &Rule::All(&[
            Leaf::switch_setting("verify_SSL", unverified).between(&[("http-tiny", "", "0.083")]).says(TINY_OLD),
            Leaf::switch("PERL_HTTP_TINY_SSL_INSECURE_BY_DEFAULT")
                .when(|value| value == "1")
                .between(&[("http-tiny", "0.083", "")])
                .says(TINY),
            Rule::First(&[
                // It is read before it is known that nothing is verified.
                Leaf::variable("SSL_CERT_FILE")
                    .missing(Then::Refuse)
                    .empty(Then::Refuse)
                    .between(&[("http-tiny", "0.083", "0.089")])
                    .says(TINY_OLD),
                Leaf::path("{mozilla-ca}").between(&[("http-tiny", "0.083", "0.089")]).says(TINY_OLD),
                Rule::All(&[
                    Rule::First(&[
                        Leaf::variable("SSL_CERT_FILE").between(BY_SOCKET).says(TINY),
                        Leaf::path("{openssldir}/cert.pem").between(BY_SOCKET).says(TINY),
                    ]),
                    Rule::First(&[
                        Leaf::variable("SSL_CERT_DIR").look(Look::HashLazy).between(BY_SOCKET).says(TINY),
                        Leaf::path("{openssldir}/certs").look(Look::HashLazy).between(BY_SOCKET).says(TINY),
                    ]),
                    Leaf::path("{mozilla-ca}").given(&NO_DEFAULT).between(BY_SOCKET).says(TINY),
                ]),
                listed("/etc/ssl/certs/ca-certificates.crt"),
                listed("/etc/pki/tls/certs/ca-bundle.crt"),
                listed("/etc/ssl/ca-bundle.pem"),
                listed("/etc/openssl/certs/ca-certificates.crt"),
                listed("/etc/ssl/cert.pem"),
                listed("/usr/local/share/certs/ca-root-nss.crt"),
                listed("/etc/pki/tls/cacert.pem"),
                listed("/etc/certs/ca-certificates.crt"),
            ]),
        ]),
    ),
)
.judged_by(&policy::perl::TINY)
.reads(&["PERL5LIB"])
.ends(ends)
.edit(Edit::Elsewhere("it reads the store of another client: change it there"))
.roots(Roots::Public);

/// The versions that ask IO::Socket::SSL where to look.
const BY_SOCKET: &[(&str, &str, &str)] = &[("http-tiny", "0.089", "")];

const fn listed(path: &'static str) -> Rule {
    Leaf::path(path).between(&[("http-tiny", "0.083", "")]).says(TINY)
}

/// `perl-mozilla-ca`: the bundle of the distribution Mozilla-CA, which the others go to.
const MOZILLA_CA: Client = Client::new(
    "perl-mozilla-ca",
    "Perl's Mozilla::CA",
    "The bundle that Mozilla::CA::SSL_ca_file() names: the one beside the module.",
    Rule::Each(
        |survey| modules(survey, "Mozilla/CA.pm"),
        &Leaf::path("{mozilla-ca}").missing(Then::Refuse).says(MOZILLA),
    ),
)
.judges_nothing()
.reads(&["PERL5LIB"])
.ends(ends)
.edit(Edit::Rewrite)
.lost_by("the next upgrade of Mozilla::CA", "SSL_CERT_FILE");

/// IO::Socket::SSL sets X509_V_FLAG_PARTIAL_CHAIN since 2.062, where OpenSSL has it (1.1.0).
fn ends(installation: &Installation) -> Ends {
    let is_before = |component: &str, until: &str| {
        installation.version(component).is_some_and(|version| version.is_between("", until))
    };
    let is_old = is_before("io-socket-ssl", "2.062") || is_before("openssl", "1.1");
    if is_old { Ends::SelfIssued } else { Ends::AnyCertificate }
}

/// What Perl takes for false: the empty text and `0`.
fn is_false(value: &OsStr) -> bool {
    value.is_empty() || value == "0"
}

/// What Perl takes for true; an alternative is asked for a value that is not (`||`).
fn is_true(value: &OsStr) -> bool {
    !is_false(value)
}

/// The default of HTTP::Tiny, where its own text says it.
fn unverified(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let text = survey.host.settings(&installation.at).unwrap_or_default();
    let line = text.lines().position(|line| line.contains("# no verification by default")).unwrap_or(0);
    vec![Setting { value: "0".into(), source: Source::File(installation.at.clone(), line as u64 + 1) }]
}

/// The module of each Perl on PATH, with the OpenSSL of its Net::SSLeay and with Mozilla::CA.
fn modules(survey: &Survey<'_>, module: &str) -> Vec<Arc<Installation>> {
    let mut found: Vec<Arc<Installation>> = Vec::new();
    for perl in survey.programs("perl") {
        let directories = inc(survey, &perl);
        let find = |file: &str| in_inc(survey, &directories, file);
        let Some(at) = find(module) else { continue };
        if found.iter().any(|known| known.at == at) {
            continue;
        }
        let mut installation =
            Installation { because: format!("module of {}", perl.display()), at, ..Installation::default() };
        installation.places.extend(find("Mozilla/CA/cacert.pem").map(|path| ("mozilla-ca", path)));
        let socket = find("IO/Socket/SSL.pm").and_then(|file| version(&survey.host.settings(&file)?));
        installation.components.extend(socket.map(|version| ("io-socket-ssl", version)));
        if let Some(library) = find("auto/Net/SSLeay/SSLeay.so") {
            survey.add_openssl_of(&mut installation, &library);
        }
        if !has_default(survey, &installation) {
            installation.marks.push(NO_DEFAULT);
        }
        found.push(Arc::new(installation));
    }
    found
}

/// `@INC` as Perls are built: by distributions, and below one prefix.
fn inc(survey: &Survey<'_>, perl: &Path) -> Vec<PathBuf> {
    let host = survey.host;
    let mut directories = host.variable("PERL5LIB").map(crate::host::split_list).unwrap_or_default();
    let Some(prefix) = survey.prefix_of(perl) else { return directories };
    let local = if prefix == Path::new("/usr") { PathBuf::from("/usr/local") } else { prefix.clone() };
    let below = |top: &Path, parts: &[&str]| parts.iter().map(|part| top.join(part)).collect::<Vec<_>>();
    // Debian's, and what was installed beside it by hand.
    for triple in MULTIARCH {
        directories.extend(survey.numbered(&local.join("lib").join(triple).join("perl")));
        directories.extend(survey.numbered(&prefix.join("lib").join(triple).join("perl5")));
        directories.extend(survey.numbered(&prefix.join("lib").join(triple).join("perl")));
    }
    directories.extend(survey.numbered(&local.join("share/perl")));
    // Fedora's and SUSE's, Alpine's and Arch's.
    directories.extend(below(&local, &["lib64/perl5", "share/perl5"]));
    directories.extend(below(
        &prefix,
        &["share/perl5", "lib64/perl5/vendor_perl", "share/perl5/vendor_perl", "lib64/perl5", "lib/perl5/vendor_perl"],
    ));
    directories.extend(below(&prefix, &["share/perl5/core_perl", "lib/perl5/core_perl"]));
    directories.extend(survey.numbered(&prefix.join("share/perl")));
    // As built from source, by perlbrew or plenv.
    for parent in ["lib/site_perl", "lib/perl5/site_perl", "lib", "lib/perl5"] {
        for directory in survey.numbered(&prefix.join(parent)) {
            directories.extend(MACHINES.iter().map(|machine| directory.join(machine)));
            directories.push(directory);
        }
    }
    directories
}

/// What Perl's own build calls the machines.
const MACHINES: &[&str] = &["x86_64-linux", "x86_64-linux-thread-multi", "aarch64-linux", "aarch64-linux-thread-multi"];

/// The first file of this name below `@INC`; a directory is looked into where it has the first part.
fn in_inc(survey: &Survey<'_>, directories: &[PathBuf], file: &str) -> Option<PathBuf> {
    let first = file.split('/').next()?;
    let holds = |directory: &&PathBuf| survey.names(directory).iter().any(|name| name == first);
    directories.iter().filter(holds).map(|directory| directory.join(file)).find(|path| survey.host.is_file(path))
}

/// Whether IO::Socket::SSL finds certificates at OpenSSL's places. Only where Mozilla::CA is there to
/// go to instead is that a question, so only there they are read.
fn has_default(survey: &Survey<'_>, installation: &Installation) -> bool {
    let Some(directory) = installation.place("openssldir").filter(|_| installation.place("mozilla-ca").is_some())
    else {
        return true;
    };
    let has_pem = |path: &Path| {
        let bytes = survey.host.read(path).unwrap_or_default();
        memchr::memmem::find(&bytes, b"CERTIFICATE-").is_some()
    };
    let is_hash = |name: &OsStr| {
        let (hash, number) = name.to_str().unwrap_or("").split_once('.').unwrap_or((name.to_str().unwrap_or(""), "0"));
        let is_lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        hash.len() == 8 && hash.bytes().all(is_lower) && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let file = survey.set("SSL_CERT_FILE").unwrap_or_else(|| directory.join("cert.pem"));
    let directory = survey.set("SSL_CERT_DIR").unwrap_or_else(|| directory.join("certs"));
    has_pem(&file) || survey.host.names(&directory).iter().any(|name| is_hash(name) && has_pem(&directory.join(name)))
}

/// Every LWP::Protocol::https, marked by where it goes without a variable.
fn lwps(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = modules(survey, "LWP/Protocol/https.pm");
    let is_set = |name: &str| survey.host.variable(name).is_some_and(is_true);
    let named = ["PERL_LWP_SSL_CA_FILE", "HTTPS_CA_FILE", "PERL_LWP_SSL_CA_PATH", "HTTPS_CA_DIR"];
    let is_named = named.iter().any(|name| is_set(name));
    let unverified = survey.host.variable("PERL_LWP_SSL_VERIFY_HOSTNAME").is_some_and(is_false);
    for installation in &mut found {
        let installation = Arc::make_mut(installation);
        let text = survey.host.settings(&installation.at).unwrap_or_default();
        let version = version(&text).map(|version| ("lwp-https", version));
        installation.components.splice(0..0, version);
        let is_old = installation.version("lwp-https").is_some_and(|version| version.is_between("", "6.11"));
        let is_debian = text.contains("'/etc/ssl/certs/ca-certificates.crt'");
        let has_default = !installation.has(NO_DEFAULT);
        installation.marks.extend(is_named.then_some(NAMED));
        // Where names are not verified, the module has no word on the place: the socket's default counts.
        let to_socket = if unverified { is_debian || !is_old } else { !is_debian && !is_old };
        installation.marks.extend(is_debian.then_some(DEBIAN));
        if !unverified {
            installation.marks.extend(is_debian.then_some(DEBIAN_FILE));
            installation.marks.extend((is_old && !is_debian).then_some("mozilla-only"));
        }
        if to_socket && !is_named {
            installation.marks.push(TO_SOCKET);
            installation.marks.extend((!has_default).then_some("socket-mozilla"));
        }
    }
    found
}

/// Every HTTP::Tiny, with its version.
fn tinies(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = modules(survey, "HTTP/Tiny.pm");
    for installation in &mut found {
        let installation = Arc::make_mut(installation);
        let text = survey.host.settings(&installation.at).unwrap_or_default();
        let version = version(&text).map(|version| ("http-tiny", version));
        installation.components.splice(0..0, version);
    }
    found
}

/// `our $VERSION = '6.10';`, in which 0.080 is less than 0.083.
fn version(text: &str) -> Option<Version> {
    let line = text.lines().find(|line| line.contains("$VERSION") && line.contains('='))?;
    Version::parse(line.split_once('=')?.1.trim().trim_matches(['\'', '"', ';']))
}

#[cfg(test)]
mod tests;
