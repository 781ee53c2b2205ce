//! Programs built with Go: the first file of a list, and every file of two directories as well.
//!
//! `SSL_CERT_FILE` replaces the file alone, so the directory's roots stay trusted; and the
//! directory is read whole, so a certificate that no hash leads to is an anchor here. The variables
//! are read without regard to privileges: a setuid program obeys its caller's.

use super::client::{Client, Edit, Installation, Leaf, Look, Rule, Then};
use super::survey::{Survey, any_program};
use crate::host::System::{Bsd, Linux};
use crate::policy;
use std::path::Path;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[GO, GO_PROGRAMS];

const UNIX: &str = "https://github.com/golang/go/blob/master/src/crypto/x509/root_unix.go";
const ON_LINUX: &str = "https://github.com/golang/go/blob/master/src/crypto/x509/root_linux.go";
const ON_BSD: &str = "https://github.com/golang/go/blob/master/src/crypto/x509/root_bsd.go";
const BEFORE_1_21: &str = "https://github.com/golang/go/blob/go1.20/src/crypto/x509/root_linux.go";
const FALLBACK: &str = "https://pkg.go.dev/golang.org/x/crypto/x509roots/fallback";
const GODEBUG: &str = "https://pkg.go.dev/crypto/x509#SetFallbackRoots";
/// `go`: any program built with Go that uses the system's roots.
const GO: Client = Client::new(
    "go",
    "programs built with Go",
    "The first readable file of crypto/x509's list, and every file of its directories too.",
    Rule::Each(|_| any_program("any program built with Go"), &SYSTEM),
)
.judged_by(&policy::go::GO)
.reads(&["GODEBUG"])
.on(&[Linux, Bsd])
.edit(Edit::SYSTEM)
// `buildInfoMagic`, src/debug/buildinfo/buildinfo.go.
.left_in_programs(b"\xff Go buildinf:");

/// `go-programs`: those known to be built with Go, by the toolchain that built each.
const GO_PROGRAMS: Client = Client::new(
    "go-programs",
    "known programs built with Go",
    "As any program built with Go, by its version; roots that it carries count when the system has none.",
    Rule::Each(
        programs,
        &Rule::First(&[
            Leaf::section(&("{program}", "roots of x509roots/fallback"))
                .look(Look::CompiledIn)
                .given(&FORCED)
                .says(GODEBUG),
            SYSTEM,
            Leaf::section(&("{program}", "roots of x509roots/fallback"))
                .look(Look::CompiledIn)
                .given(&CARRIED)
                .says(FALLBACK),
        ]),
    ),
)
.programs(NAMES)
.judged_by(&policy::go::GO)
.reads(&["GODEBUG"])
.on(&[Linux, Bsd])
.edit(Edit::SYSTEM);

/// `loadSystemRoots`.
const SYSTEM: Rule = Rule::All(&[
    Rule::First(&[
        Leaf::variable("SSL_CERT_FILE").look(Look::Blocks).says(UNIX),
        file("/etc/ssl/certs/ca-certificates.crt"),
        file("/etc/pki/tls/certs/ca-bundle.crt"),
        file("/etc/ssl/ca-bundle.pem"),
        file("/etc/pki/tls/cacert.pem"),
        file("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
        file("/etc/ssl/cert.pem"),
        Leaf::path("/usr/local/etc/ssl/cert.pem").look(Look::Blocks).on(&[Bsd]).says(ON_BSD),
    ]),
    Rule::First(&[
        Leaf::list("SSL_CERT_DIR").look(Look::EveryFile).missing(Then::Bind).says(UNIX),
        Rule::All(&[
            Leaf::path("/etc/ssl/certs").look(Look::EveryFile).says(ON_LINUX),
            Leaf::path("/etc/pki/tls/certs").look(Look::EveryFile).on(&[Linux]).says(ON_LINUX),
            // Android's, which every Linux was asked for until 1.21.
            Leaf::path("/system/etc/security/cacerts")
                .look(Look::EveryFile)
                .on(&[Linux])
                .between(&[("go", "", "1.21")])
                .says(BEFORE_1_21),
            Leaf::path("/usr/local/share/certs").look(Look::EveryFile).on(&[Bsd]).says(ON_BSD),
            Leaf::path("/etc/openssl/certs").look(Look::EveryFile).on(&[Bsd]).says(ON_BSD),
        ]),
    ]),
]);

const fn file(path: &'static str) -> Rule {
    Leaf::path(path).look(Look::Blocks).on(&[Linux]).says(ON_LINUX)
}

/// The mark of a program that carries `x509roots/fallback`.
const CARRIED: &str = "fallback-roots";
/// The mark of one that takes them whatever the system has.
const FORCED: &str = "fallback-roots-forced";

/// Programs that are built with Go wherever they come from.
const NAMES: &[&str] = &[
    "go",
    "docker",
    "dockerd",
    "containerd",
    "podman",
    "buildah",
    "skopeo",
    "kubectl",
    "kubelet",
    "helm",
    "k3s",
    "k9s",
    "terraform",
    "tofu",
    "packer",
    "vault",
    "consul",
    "nomad",
    "boundary",
    "gh",
    "glab",
    "hub",
    "git-lfs",
    "tea",
    "gitea",
    "hugo",
    "caddy",
    "traefik",
    "rclone",
    "restic",
    "syncthing",
    "minio",
    "mc",
    "etcd",
    "etcdctl",
    "prometheus",
    "node_exporter",
    "grafana",
    "telegraf",
    "influx",
    "cosign",
    "trivy",
    "syft",
    "grype",
    "crane",
    "oras",
    "cloudflared",
    "tailscale",
    "tailscaled",
    "mkcert",
    "step",
    "lego",
    "sops",
    "age",
    "flux",
    "argocd",
    "istioctl",
    "kind",
    "minikube",
    "pulumi",
    "aws-vault",
    "doctl",
    "flyctl",
    "golangci-lint",
    "gopls",
    "dlv",
    "ollama",
    "fzf",
    "chezmoi",
];

/// Those of [`NAMES`] that stand on `PATH` and that Go did build.
fn programs(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let found = survey.programs_among(NAMES).into_iter();
    found.filter_map(|program| installation(survey, &program)).map(Arc::new).collect()
}

fn installation(survey: &Survey<'_>, program: &Path) -> Option<Installation> {
    let build = survey.go_build(program)?;
    let mut marks = Vec::new();
    if build.modules.iter().any(|module| module == "golang.org/x/crypto/x509roots/fallback") {
        marks.push(CARRIED);
        if uses_fallback(survey, &build.settings) {
            marks.push(FORCED);
        }
    }
    // Roots that such modules carry are trusted where the program's own code says so.
    let own = ["github.com/certifi/gocertifi", "github.com/breml/rootcerts", "github.com/gwatts/rootcerts"];
    let carried = build.modules.iter().filter(|module| own.contains(&module.as_str()));
    let unknown = carried.map(|module| format!("it carries the roots of {module}, and may use them")).collect();
    let mut installation = Installation {
        at: program.to_path_buf(),
        places: vec![("program", program.to_path_buf())],
        marks,
        because: "PATH".to_owned(),
        unknown,
        ..Installation::default()
    };
    survey.add_go_build(&mut installation, build);
    Some(installation)
}

/// Whether `x509usefallbackroots=1` holds: the last word of GODEBUG counts, else what was built in.
fn uses_fallback(survey: &Survey<'_>, built_in: &[String]) -> bool {
    let value = |text: &str| text.strip_prefix("x509usefallbackroots=").map(|value| value == "1");
    let variable = survey.host.variable("GODEBUG").and_then(|text| text.to_str()).unwrap_or_default();
    let last = variable.split(',').filter_map(value).next_back();
    last.or_else(|| built_in.iter().find_map(|text| value(text))).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::golang_tests::program;
    use crate::discover::{Outcome, discover};
    use crate::host::Host;
    use crate::host::memory::Memory;

    const MODULES: &str = "dep\tgolang.org/x/crypto/x509roots/fallback\tv0.0.0\t\n";

    fn used(files: Memory, godebug: &str) -> Vec<(String, Vec<String>)> {
        let environment = [("PATH", "/bin"), ("GODEBUG", godebug)].map(|(k, v)| (k.into(), v.into())).into();
        let host = Host::new(Box::new(files), Linux).with_environment(environment);
        let survey = Survey::new(&host, crate::catalogue::survey::Searched::default());
        let uses = discover(&survey, CLIENTS.iter().filter(|client| client.id == "go-programs"));
        let paths = |found: &crate::discover::Use| {
            let used = found.candidates.iter().filter(|candidate| candidate.outcome == Outcome::Used);
            used.map(|candidate| candidate.path.as_ref().unwrap().display().to_string()).collect()
        };
        uses.iter().map(|found| (found.name(), paths(found))).collect()
    }

    #[test]
    fn programs_are_known_by_their_build_information() {
        let android = "/system/etc/security/cacerts";
        let files = Memory::new()
            .file("/bin/kubectl", program("go1.19.8", ""))
            .file("/bin/helm", program("go1.22.1", ""))
            .file("/bin/docker", "#!/bin/sh\n")
            .file("/etc/ssl/certs/ca-certificates.crt", "")
            .file(format!("{android}/00673b5b.0"), "");
        let bundle = ["/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs"].map(str::to_owned).to_vec();
        let old = [bundle.clone(), vec![android.to_owned()]].concat();
        let found = used(files, "");
        assert_eq!(found, [("go-programs:/bin/kubectl".to_owned(), old), ("go-programs:/bin/helm".to_owned(), bundle)]);
    }

    #[test]
    fn settings_that_decide_are_those_built_in_and_the_last_of_the_variable() {
        let marks = |built: &str, godebug: &str| {
            let list = format!("build\tDefaultGODEBUG={built}\n");
            let files = Memory::new().file("/bin/gh", program("go1.27.3", &list));
            let environment = [("PATH", "/bin"), ("GODEBUG", godebug)].map(|(k, v)| (k.into(), v.into())).into();
            let host = Host::new(Box::new(files), Linux).with_environment(environment);
            programs(&Survey::new(&host, crate::catalogue::survey::Searched::default()))[0].marks.clone()
        };
        assert!(marks("", "").is_empty());
        assert_eq!(marks("asynctimerchan=1,x509negativeserial=1", ""), ["x509negativeserial=1"]);
        assert_eq!(
            marks("x509negativeserial=1", "x509negativeserial=0,rsa1024min=0"),
            ["rsa1024min=0", "x509negativeserial=0"]
        );
        assert_eq!(marks("", "rsa1024min=0,rsa1024min=1"), ["rsa1024min=1"]);
    }

    #[test]
    fn carried_roots_count_where_the_system_has_none_or_where_godebug_says_so() {
        let of = |files: Memory, godebug: &str| {
            used(files.file("/bin/gh", program("go1.27.3", MODULES)), godebug).remove(0).1
        };
        let system = || Memory::new().file("/etc/ssl/cert.pem", "");
        assert_eq!(of(system(), ""), ["/etc/ssl/cert.pem"]);
        assert_eq!(of(Memory::new(), ""), ["/bin/gh"]);
        assert_eq!(of(system(), "http2client=0,x509usefallbackroots=1"), ["/bin/gh"]);
        assert_eq!(of(system(), "x509usefallbackroots=1,x509usefallbackroots=0"), ["/etc/ssl/cert.pem"]);
    }
}
