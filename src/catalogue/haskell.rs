//! Haskell, through crypton-x509-system (before 2023 x509-system).

use super::client::{Client, Edit, Leaf, Look, Rule, Then};
use super::survey::{Survey, any_program};
use crate::catalogue::client::Installation;
use crate::host::System::{Bsd, Linux};
use crate::policy;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[HASKELL];

const UNIX: &str = "https://github.com/kazu-yamamoto/crypton-certificate/blob/master/x509-system/System/X509/Unix.hs";

/// `haskell`: any program that calls `getSystemCertificateStore`, told of where a toolchain is.
const HASKELL: Client = Client::new(
    "haskell",
    "programs built with Haskell's tls",
    "SYSTEM_CERTIFICATE_PATH, else every file of four directories, hash names left out, and OpenBSD's bundle.",
    Rule::Each(
        programs,
        &Rule::First(&[
            Leaf::variable("SYSTEM_CERTIFICATE_PATH").look(Look::UnlessHashName).empty(Then::Bind).says(UNIX),
            Rule::All(&[
                place("/etc/ssl/certs"),
                place("/system/etc/security/cacerts"),
                place("/usr/local/share/certs"),
                place("/etc/openssl/certs"),
                place("/etc/ssl/cert.pem"),
            ]),
        ]),
    ),
)
.judged_by(&policy::unread::HASKELL)
.refuses_strangers()
.on(&[Linux, Bsd])
.edit(Edit::Elsewhere("it reads the system's store: add the root there, or set SYSTEM_CERTIFICATE_PATH"));

const fn place(path: &'static str) -> Rule {
    Leaf::path(path).look(Look::UnlessHashName).says(UNIX)
}

/// Programs do not tell what they are built with, but who has a compiler has such programs.
fn programs(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let toolchain = ["ghc", "cabal", "stack"].iter().any(|name| !survey.programs(name).is_empty());
    let has = toolchain || survey.in_home(".ghcup/bin").is_some_and(|directory| survey.host.is_directory(&directory));
    if has { any_program("any program built with Haskell's tls") } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use crate::anchors::anchors;
    use crate::catalogue::clients;
    use crate::catalogue::survey::testing::says;
    use crate::catalogue::survey::{Searched, Survey};
    use crate::discover::discover;
    use crate::format::tests::vectors::{one, two};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};
    use crate::load::{load, wanted};

    fn pem(der: Vec<u8>) -> String {
        pem::encode(&pem::Pem::new("CERTIFICATE", der))
    }

    fn files() -> Memory {
        Memory::new()
            .file("/usr/bin/ghc", "")
            .file("/etc/ssl/certs/01234567.0", pem(one()))
            .file("/etc/ssl/certs/any name", pem(two()))
            .file("/etc/ssl/cert.pem", "")
            .file("/a.pem", "")
    }

    #[test]
    fn everything_is_joined_unless_the_variable_is_set() {
        assert_eq!(says(&files(), &[], "haskell"), [": /etc/ssl/certs /etc/ssl/cert.pem"]);
        assert_eq!(says(&files(), &[("SYSTEM_CERTIFICATE_PATH", "/a.pem")], "haskell"), [": /a.pem"]);
        assert_eq!(says(&files(), &[("SYSTEM_CERTIFICATE_PATH", "")], "haskell"), [":"]);
        assert!(says(&Memory::new().file("/etc/ssl/cert.pem", ""), &[], "haskell").is_empty());
    }

    #[test]
    fn a_hash_name_is_passed_over() {
        let host = Host::new(Box::new(files()), System::Linux);
        let survey = Survey::new(&host, Searched::default());
        let uses = discover(&survey, clients().filter(|client| client.id == "haskell"));
        let snapshot = load(&host, &wanted(&uses));
        let found = anchors(&uses[0], &snapshot);
        assert!(found.certificates.values().all(|anchor| anchor.certificate.der() == two()), "{found:?}");
        assert_eq!(found.certificates.len(), 1);
    }
}
