//! OpenSSL itself and its relatives: the default paths that half of all programs inherit.
//!
//! A file that is read at once, and a directory that is asked for one issuer at a time; each has
//! a variable that replaces that half alone. A variable that is set and empty still replaces:
//! `by_file.c` tests the pointer. Nothing here ever fails aloud: what is missing contributes
//! nothing, and one bad block empties the whole file. A program with more privileges than who
//! starts it sees no variable (`ossl_safe_getenv`, crypto/getenv.c).
//!
//! `openssl.cnf` names no trust: the commands for certificates, `VerifyCAFile` among them, are not
//! heeded in the system's section (`ssl_do_config`, ssl/ssl_mcnf.c).

use super::client::{Client, Edit, Ends, Leaf, Look, Rule, Then};
use super::survey::any_program;
use crate::host::System::{Bsd, Linux};
use crate::policy;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[OPENSSL, LIBRESSL, BORINGSSL];

/// Where the file loader is written; SSL_CERT_FILE and cert.pem.
pub const BY_FILE: &str = "https://github.com/openssl/openssl/blob/openssl-3.0/crypto/x509/by_file.c";
/// Where the directory loader is written; SSL_CERT_DIR and certs.
pub const BY_DIR: &str = "https://github.com/openssl/openssl/blob/openssl-3.0/crypto/x509/by_dir.c";
const BY_STORE: &str = "https://github.com/openssl/openssl/blob/openssl-3.0/crypto/x509/by_store.c";
const LIBRESSL_FILE: &str = "https://github.com/openbsd/src/blob/master/lib/libcrypto/x509/by_file.c";
const LIBRESSL_DIR: &str = "https://github.com/openbsd/src/blob/master/lib/libcrypto/x509/by_dir.c";
const AWS_FILE: &str = "https://github.com/aws/aws-lc/blob/main/crypto/x509/by_file.c";
const AWS_DIR: &str = "https://github.com/aws/aws-lc/blob/main/crypto/x509/by_dir.c";
const AWS_PATHS: &str = "https://github.com/aws/aws-lc/blob/main/crypto/x509/x509_def.c";
/// The versions with a lookup by store, which asks the default directory in its own way.
const WITH_STORE: &[(&str, &str, &str)] = &[("openssl", "3.0.0", "3.4.0")];
const BEFORE_STORE: &[(&str, &str, &str)] = &[("openssl", "", "3.0.0")];
const AFTER_STORE: &[(&str, &str, &str)] = &[("openssl", "3.4.0", "")];

/// `SSL_CERT_DIR` where OpenSSL has the lookup by store, which takes a file of PEM for a directory. This and the
/// next two stand together: of three one holds.
pub const fn with_store(leaf: Leaf) -> Rule {
    leaf.look(Look::HashStore).empty(Then::Bind).between(WITH_STORE).says(BY_STORE)
}

/// The same variable before there was that lookup.
pub const fn before_store(leaf: Leaf) -> Rule {
    leaf.look(Look::HashLazy).empty(Then::Bind).between(BEFORE_STORE).says(BY_DIR)
}

/// The same variable since directories are no business of it any more.
pub const fn after_store(leaf: Leaf) -> Rule {
    leaf.look(Look::HashLazy).empty(Then::Bind).between(AFTER_STORE).says(BY_DIR)
}

/// The directory for hash names of the default paths, which versions with the lookup by store ask through that too.
pub const fn default_directory(leaf: Leaf) -> Rule {
    leaf.look(Look::HashDefault).says(BY_DIR)
}

/// The variable, for those that look at it in a process with raised rights too.
pub const DIRECTORIES: Leaf = Leaf::list("SSL_CERT_DIR");

/// `X509_STORE_set_default_paths`, inside any installation with the place `openssldir`.
pub const DEFAULT_PATHS: Rule = Rule::All(&[
    Rule::First(&[
        Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).secure().says(BY_FILE),
        Leaf::path("{openssldir}/cert.pem").says(BY_FILE),
    ]),
    Rule::First(&[
        with_store(DIRECTORIES.secure()),
        before_store(DIRECTORIES.secure()),
        after_store(DIRECTORIES.secure()),
        Leaf::path("{openssldir}/certs").look(Look::HashStore).between(WITH_STORE).says(BY_STORE),
        Leaf::path("{openssldir}/certs").look(Look::HashLazy).between(BEFORE_STORE).says(BY_DIR),
        Leaf::path("{openssldir}/certs").look(Look::HashLazy).between(AFTER_STORE).says(BY_DIR),
    ]),
]);

/// `openssl`: every libcrypto on the host, and `openssl` where it has one linked in.
const OPENSSL: Client = Client::new(
    "openssl",
    "OpenSSL",
    "The default file and directory of a libcrypto, each replaced by its own variable.",
    Rule::Each(|survey| survey.openssl_installations(), &DEFAULT_PATHS),
)
.judged_by(&policy::openssl_programs::DEFAULTS)
.reads(&[
    "OPENSSL_CONF",
    "OPENSSL_CONF_INCLUDE",
    "OPENSSL_ENABLE_SHA1_SIGNATURES",
    "OPENSSL_FORCE_FIPS_MODE",
    "OPENSSL_MODULES",
])
.ends(|_| Ends::SelfIssued)
.edit(Edit::SYSTEM);

/// `libressl`: every libcrypto that is LibreSSL's, which reads no variables.
const LIBRESSL: Client = Client::new(
    "libressl",
    "LibreSSL",
    "The default file and directory of a libcrypto; no variable replaces them.",
    Rule::Each(
        |survey| survey.libressl_installations(),
        &Rule::All(&[
            Leaf::path("{openssldir}/cert.pem").says(LIBRESSL_FILE),
            Leaf::path("{openssldir}/certs").look(Look::HashLazy).says(LIBRESSL_DIR),
        ]),
    ),
)
.ends(|_| Ends::SelfIssued)
.edit(Edit::SYSTEM);

/// `boringssl`: any program with BoringSSL or AWS-LC in it that asks for the default paths.
const BORINGSSL: Client = Client::new(
    "boringssl",
    "programs with BoringSSL or AWS-LC",
    "SSL_CERT_FILE else /etc/ssl/cert.pem, and SSL_CERT_DIR else /etc/ssl/certs, where a program asks for them.",
    Rule::Each(
        |_| any_program("any program with BoringSSL or AWS-LC that asks for its default paths"),
        &Rule::All(&[
            Rule::First(&[
                Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).says(AWS_FILE),
                Leaf::path("/etc/ssl/cert.pem").says(AWS_PATHS),
            ]),
            Rule::First(&[
                Leaf::list("SSL_CERT_DIR").look(Look::HashLazy).empty(Then::Bind).says(AWS_DIR),
                Leaf::path("/etc/ssl/certs").look(Look::HashLazy).says(AWS_PATHS),
            ]),
        ]),
    ),
)
.judged_by(&policy::unread::BORINGSSL)
.on(&[Linux, Bsd])
.ends(|_| Ends::SelfIssued)
.edit(Edit::SYSTEM);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::{Searched, Survey};
    use crate::discover::{Outcome, discover};
    use crate::host::Host;
    use crate::host::memory::Memory;

    fn used(files: Memory, environment: &[(&str, &str)], id: &str) -> Vec<(String, Vec<String>)> {
        let environment = environment.iter().map(|(k, v)| (k.into(), v.into())).collect();
        let host = Host::new(Box::new(files), Linux).with_environment(environment);
        let survey = Survey::new(&host, Searched::default());
        let uses = discover(&survey, CLIENTS.iter().filter(|client| client.id == id));
        let paths = |found: &crate::discover::Use| {
            let used = found.candidates.iter().filter(|candidate| candidate.outcome == Outcome::Used);
            used.map(|candidate| candidate.path.as_ref().unwrap().display().to_string()).collect()
        };
        uses.iter().map(|found| (found.installation.at.display().to_string(), paths(found))).collect()
    }

    fn library(version: &str, directory: &str) -> String {
        format!("\0{version} 1 Jan 2026\0OPENSSLDIR: \"{directory}\"\0")
    }

    fn host() -> Memory {
        Memory::new()
            .file("/usr/lib64/libcrypto.so.3", library("OpenSSL 3.0.19", "/a"))
            .file("/opt/app/embedded/lib/libcrypto.so.3", library("OpenSSL 3.5.1", "/b"))
            .file("/usr/local/lib64/libcrypto.so.55", library("LibreSSL 4.0.0", "/c"))
            .file("/a/cert.pem", "")
            .file("/a/certs/x", "")
            .file("/b/certs/x", "")
            .file("/c/cert.pem", "")
            .file("/bundle.pem", "")
    }

    #[test]
    fn every_libcrypto_has_its_own_directory() {
        let found = used(host(), &[], "openssl");
        let list = |paths: &[&str]| paths.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            found,
            [
                ("/usr/lib64/libcrypto.so.3".to_owned(), list(&["/a/cert.pem", "/a/certs"])),
                ("/opt/app/embedded/lib/libcrypto.so.3".to_owned(), list(&["/b/certs"])),
            ]
        );
    }

    #[test]
    fn a_file_named_as_the_directory_counts_where_there_is_a_store() {
        let found = used(host(), &[("SSL_CERT_DIR", "/bundle.pem"), ("SSL_CERT_FILE", "")], "openssl");
        assert_eq!(found[0].1, ["/bundle.pem"], "3.0");
        assert!(found[1].1.is_empty(), "3.5");
    }

    #[test]
    fn libressl_reads_no_variables() {
        let found = used(host(), &[("SSL_CERT_FILE", "/bundle.pem")], "libressl");
        assert_eq!(found, [("/usr/local/lib64/libcrypto.so.55".to_owned(), vec!["/c/cert.pem".to_owned()])]);
    }

    #[test]
    fn boringssl_is_compiled_for_one_place() {
        let files = || Memory::new().file("/etc/ssl/cert.pem", "").file("/etc/ssl/certs/x", "").file("/own.pem", "");
        assert_eq!(used(files(), &[], "boringssl")[0].1, ["/etc/ssl/cert.pem", "/etc/ssl/certs"]);
        assert_eq!(used(files(), &[("SSL_CERT_FILE", "/own.pem")], "boringssl")[0].1, ["/own.pem", "/etc/ssl/certs"]);
    }
}
