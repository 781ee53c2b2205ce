//! Julia: one path, from variables or from a list.
//!
//! NetworkOptions gives that path to the package manager, Downloads and LibGit2. An empty
//! `JULIA_SSL_CA_ROOTS_PATH` is how to say that OpenSSL's variables are not meant.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Roots, Rule, Then};
use super::survey::Survey;
use crate::host::System::{Bsd, Linux};
use crate::model::Version;
use std::path::Path;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[JULIA];

const ROOTS: &str = "https://github.com/JuliaLang/NetworkOptions.jl/blob/master/src/ca_roots.jl";
const ROOTS_1_2: &str = "https://github.com/JuliaLang/NetworkOptions.jl/blob/v1.2.0/src/ca_roots.jl";
const VERIFY: &str = "https://github.com/JuliaLang/NetworkOptions.jl/blob/master/src/verify_host.jl";

/// The mark of a Julia that was told to look at no other variable.
const OWN_ONLY: &str = "own-variable-empty";
const NOT_MEANT: &str = "not looked at, because JULIA_SSL_CA_ROOTS_PATH is set and empty";

/// `julia`: NetworkOptions' `ca_roots`.
const JULIA: Client = Client::new(
    "julia",
    "Julia",
    "JULIA_SSL_CA_ROOTS_PATH, SSL_CERT_FILE or SSL_CERT_DIR (that before the file until 1.11), else the first bundle of a list, else Julia's own.",
    Rule::Each(
        julias,
        &Rule::All(&[
            unverified("JULIA_NO_VERIFY_HOSTS"),
            unverified("JULIA_SSL_NO_VERIFY_HOSTS"),
            Rule::First(&[
                Leaf::variable("JULIA_SSL_CA_ROOTS_PATH")
                    .look(Look::BundleOrHash)
                    .missing(Then::Refuse)
                    .between(&[("network-options", "1.2", "")])
                    .says(ROOTS),
                named("SSL_CERT_DIR").between(&[("network-options", "1.2", "1.3")]).says(ROOTS_1_2),
                named("SSL_CERT_FILE").between(&[("network-options", "1.2", "")]).says(ROOTS),
                named("SSL_CERT_DIR").between(&[("network-options", "1.3", "")]).says(ROOTS),
                Leaf::path("/etc/ssl/cert.pem").on(&[Linux, Bsd]).says(ROOTS),
                Leaf::path("/usr/local/share/certs/ca-root-nss.crt").on(&[Bsd]).says(ROOTS),
                Leaf::path("/usr/local/etc/ssl/cert.pem").on(&[Bsd]).says(ROOTS),
                listed("/etc/ssl/ca-bundle.pem"),
                listed("/etc/ssl/ca-certificates.pem"),
                listed("/etc/ssl/certs/ca-bundle.crt"),
                listed("/etc/ssl/certs/ca-certificates.crt"),
                listed("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
                listed("/etc/pki/tls/certs/ca-bundle.crt"),
                listed("/etc/pki/tls/certs/ca-certificates.crt"),
                listed("/etc/pki/tls/cacert.pem"),
                Leaf::path("{prefix}/share/julia/cert.pem").missing(Then::Refuse).says(ROOTS),
            ]),
        ]),
    ),
)
.reads(&["JULIA_ALWAYS_VERIFY_HOSTS"])
.ends(|_| Ends::AnyCertificate)
.edit(Edit::Elsewhere("it reads the system's store: add the root there, or set JULIA_SSL_CA_ROOTS_PATH"))
.roots(Roots::Public);

/// Patterns of hosts that are not verified; only `**` means every one.
const fn unverified(variable: &'static str) -> Rule {
    let every =
        |value: &std::ffi::OsStr| value.to_str().is_some_and(|text| text.split(',').any(|part| part.trim() == "**"));
    Leaf::switch(variable).when(every).unless(&"JULIA_ALWAYS_VERIFY_HOSTS").says(VERIFY)
}

const fn named(variable: &'static str) -> Leaf {
    Leaf::variable(variable).look(Look::BundleOrHash).missing(Then::Refuse).except(&(OWN_ONLY, NOT_MEANT))
}

const fn listed(path: &'static str) -> Rule {
    Leaf::path(path).on(&[Linux]).says(ROOTS)
}

/// Every Julia on PATH and of juliaup.
fn julias(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let depot = survey.set("JULIAUP_DEPOT_PATH").or_else(|| survey.in_home(".julia"));
    let kept = depot.map(|depot| survey.host.children(&depot.join("juliaup"))).unwrap_or_default();
    let kept = kept.into_iter().map(|prefix| prefix.join("bin/julia"));
    let mut found: Vec<Arc<Installation>> = Vec::new();
    for program in survey.programs("julia").into_iter().chain(kept) {
        let Some(prefix) = survey.prefix_of(&program) else { continue };
        // Juliaup's own program stands in for the one it starts.
        let Some(library) = survey.names(&prefix.join("share/julia/stdlib")).first().cloned() else { continue };
        if found.iter().any(|known| known.place("prefix") == Some(&prefix)) {
            continue;
        }
        let project = prefix.join("share/julia/stdlib").join(&library).join("NetworkOptions/Project.toml");
        let julia = Version::parse(&library.to_string_lossy()).map(|version| ("julia", version));
        let options = network_options(survey, &project).map(|version| ("network-options", version));
        let empty = survey.host.variable("JULIA_SSL_CA_ROOTS_PATH").is_some_and(std::ffi::OsStr::is_empty);
        found.push(Arc::new(Installation {
            at: program,
            components: julia.into_iter().chain(options).collect(),
            places: vec![("prefix", prefix)],
            marks: empty.then_some(OWN_ONLY).into_iter().collect(),
            because: "julia".to_owned(),
            ..Installation::default()
        }));
    }
    found
}

fn network_options(survey: &Survey<'_>, project: &Path) -> Option<Version> {
    let project: toml::Table = survey.host.settings(project)?.parse().ok()?;
    Version::parse(project.get("version")?.as_str()?)
}

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::testing::says;
    use crate::host::memory::Memory;

    fn julia(options: &str) -> Memory {
        let home = "/home/u/.julia/juliaup/julia-1.10.4+0.x64.linux.gnu";
        let project = format!("name = \"NetworkOptions\"\nversion = \"{options}\"\n");
        Memory::new()
            .file(format!("{home}/bin/julia"), "")
            .file(format!("{home}/share/julia/stdlib/v1.10/NetworkOptions/Project.toml"), project)
            .file(format!("{home}/share/julia/cert.pem"), "")
            .file("/a.pem", "")
            .file("/b.pem", "")
            .file("/hashed/01234567.0", "")
    }

    fn says_of(files: &Memory, environment: &[(&str, &str)]) -> String {
        says(files, environment, "julia").remove(0).split_once(": ").unwrap().1.to_owned()
    }

    #[test]
    fn the_file_comes_before_the_directory_since_1_3() {
        let both = [("SSL_CERT_FILE", "/a.pem"), ("SSL_CERT_DIR", "/hashed")];
        assert_eq!(says_of(&julia("1.2.0"), &both), "/hashed");
        assert_eq!(says_of(&julia("1.3.0"), &both), "/a.pem");
        let own = [("JULIA_SSL_CA_ROOTS_PATH", "/b.pem"), ("SSL_CERT_FILE", "/a.pem")];
        assert_eq!(says_of(&julia("1.3.0"), &own), "/b.pem");
    }

    #[test]
    fn its_own_variable_empty_puts_the_others_out_of_use() {
        let empty = [("JULIA_SSL_CA_ROOTS_PATH", ""), ("SSL_CERT_FILE", "/a.pem")];
        let system = julia("1.3.0").file("/etc/ssl/certs/ca-certificates.crt", "");
        assert_eq!(says_of(&system, &empty), "/etc/ssl/certs/ca-certificates.crt");
        assert!(says_of(&julia("1.3.0"), &empty).ends_with("/share/julia/cert.pem"));
    }

    #[test]
    fn every_host_unverified_is_verification_off() {
        assert!(says_of(&julia("1.3.0"), &[("JULIA_SSL_NO_VERIFY_HOSTS", "a.example,**")]).ends_with(" off"));
        assert!(!says_of(&julia("1.3.0"), &[("JULIA_SSL_NO_VERIFY_HOSTS", "**.example")]).ends_with(" off"));
    }
}
