//! What each row says of a made-up Python and its settings.

use super::*;
use crate::catalogue::survey::layouts::{SITE, host, packaged, used, uses, uses_for};
use crate::discover::{Named, Outcome};
use crate::host::Host;
use crate::host::memory::Memory;

fn certifi() -> String {
    format!("{SITE}/certifi/cacert.pem")
}

fn pip(version: &str) -> Memory {
    packaged(&[("pip", version)]).file(format!("{SITE}/pip/_vendor/certifi/cacert.pem"), "")
}

fn vendored() -> String {
    format!("{SITE}/pip/_vendor/certifi/cacert.pem")
}

/// For whom verification is off, and by what.
fn off_for(host: &Host, client: &str) -> Vec<(String, String)> {
    let found = uses(host, client);
    assert!(!found[0].is_off(), "{client}");
    let one = |candidate: &crate::discover::Candidate| match (&candidate.outcome, &candidate.named) {
        (Outcome::TurnsOffFor(names), Named::Setting(_, Source::File(file, line))) => {
            Some((names.clone(), format!("{}:{line}", file.display())))
        }
        (Outcome::TurnsOffFor(names), Named::Setting(_, Source::Variable(name))) => Some((names.clone(), name.clone())),
        _ => None,
    };
    found[0].candidates.iter().filter_map(one).collect()
}

#[test]
fn pip_takes_to_the_system_by_version_and_option() {
    let at = |version: &str, set: &[(&str, &str)]| used(&host(pip(version), set), "pip");
    assert_eq!(at("24.1", &[]), [vendored()]);
    assert_eq!(at("24.2", &[]), [vendored(), "/usr/lib/ssl/cert.pem".to_owned()]);
    assert_eq!(at("24.1", &[("PIP_USE_FEATURE", "fast-deps truststore")]).len(), 2);
    assert_eq!(at("22.1", &[("PIP_USE_FEATURE", "truststore")]).len(), 1);
    // What is named stands in the place of certifi there, and beside it later.
    let set = [("PIP_USE_FEATURE", "truststore"), ("PIP_CERT", "/corp.pem")];
    assert_eq!(at("24.1", &set), ["/corp.pem", "/usr/lib/ssl/cert.pem"]);
    assert_eq!(at("24.2", &set), ["/corp.pem", &vendored(), "/usr/lib/ssl/cert.pem"]);
    assert_eq!(at("24.2", &[("PIP_USE_DEPRECATED", "legacy-certs")]), [vendored()]);
    // pip expands its own option, and not what requests reads.
    let at_home = |set: &[(&str, &str)]| used(&host(pip("24.1").file("/home/u/c.pem", "1"), set), "pip");
    assert_eq!(at_home(&[("PIP_CERT", "~/c.pem")]), ["/home/u/c.pem"]);
    assert!(at_home(&[("REQUESTS_CA_BUNDLE", "~/c.pem")]).is_empty());
    let file = pip("24.2").file("/etc/pip.conf", "[global]\nuse-deprecated =\n    legacy-resolver\n    legacy-certs\n");
    assert_eq!(used(&host(file, &[]), "pip"), [vendored()]);
}

#[test]
fn pip_trusts_the_hosts_that_it_is_told_to() {
    let text = "[global]\ntimeout = 3\ntrusted-host =\n  one.example\n  two.example:8443\n";
    let files = pip("24.2").file("/home/u/.config/pip/pip.conf", text);
    let expected = ("one.example, two.example:8443".to_owned(), "/home/u/.config/pip/pip.conf:3".to_owned());
    assert_eq!(off_for(&host(files.clone(), &[]), "pip"), [expected]);
    let set = [("PIP_TRUSTED_HOST", "three.example")];
    assert_eq!(off_for(&host(files, &set), "pip"), [("three.example".to_owned(), "PIP_TRUSTED_HOST".to_owned())]);
    assert!(off_for(&host(pip("24.2"), &[]), "pip").is_empty());
}

#[test]
fn pipenv_has_a_pip_inside() {
    let inside = format!("{SITE}/pipenv/patched/pip");
    let pipfile = "[[source]]\nurl = 'https://user:secret@index.example/simple'\nverify_ssl = false\nname = 'x'\n";
    let files = packaged(&[("pipenv", "2026.10.3")])
        .file(format!("{inside}/__init__.py"), "__version__ = \"24.1\"\n")
        .file(format!("{inside}/_vendor/certifi/cacert.pem"), "")
        .file("/src/Pipfile", pipfile)
        .file("/src/inner/file", "");
    let mut here = host(files, &[]);
    here.cwd = "/src/inner".into();
    assert_eq!(used(&here, "pipenv"), [format!("{inside}/_vendor/certifi/cacert.pem")]);
    assert_eq!(off_for(&here, "pipenv"), [("index.example".to_owned(), "/src/Pipfile:3".to_owned())]);
}

#[test]
fn poetry_has_a_bundle_for_each_repository() {
    let project = "[certificates.corp]\ncert = \"/corp.pem\"\n";
    let own = "[certificates.corp]\ncert = \"/other.pem\"\n[certificates.lab]\ncert = false\n";
    let files = packaged(&[("poetry", "2.5.1")])
        .file("/src/pyproject.toml", "")
        .file("/src/poetry.toml", project)
        .file("/home/u/.config/pypoetry/config.toml", own);
    let mut here = host(files.clone(), &[("REQUESTS_CA_BUNDLE", "/other.pem")]);
    here.cwd = "/src".into();
    // The project's file before the user's.
    assert_eq!(used(&here, "poetry"), ["/corp.pem", "/other.pem"]);
    assert!(uses(&here, "poetry")[0].installation.remarks[0].contains("certificates.corp.cert"));
    let expected = ("lab".to_owned(), "/home/u/.config/pypoetry/config.toml:4".to_owned());
    assert_eq!(off_for(&here, "poetry"), [expected]);
    let set = [("POETRY_CERTIFICATES_CORP_CERT", "/other.pem"), ("POETRY_CERTIFICATES_CORP_CLIENT_CERT", "/gone.pem")];
    assert_eq!(used(&host(files, &set), "poetry"), ["/other.pem", &certifi()]);
}

#[test]
fn pdm_is_certifi_and_the_system_unless_told_otherwise() {
    let files = packaged(&[("pdm", "2.29.4")]);
    assert_eq!(used(&host(files.clone(), &[]), "pdm"), [certifi(), "/usr/lib/ssl/cert.pem".to_owned()]);
    assert_eq!(used(&host(files.clone(), &[("REQUESTS_CA_BUNDLE", "/other.pem")]), "pdm"), ["/other.pem"]);
    let own = files.file("/home/u/.config/pdm/config.toml", "[pypi]\nca_certs = \"/corp.pem\"\nverify_ssl = false\n");
    assert_eq!(used(&host(own.clone(), &[("REQUESTS_CA_BUNDLE", "/other.pem")]), "pdm"), ["/corp.pem"]);
    assert_eq!(off_for(&host(own.clone(), &[]), "pdm")[0].0, "pypi");
    assert!(off_for(&host(own, &[("PDM_PYPI_VERIFY_SSL", "1")]), "pdm").is_empty());
}

#[test]
fn conda_reads_ssl_verify_from_the_last_file_that_has_it() {
    let files = |text: &str| packaged(&[("conda", "24.11.0")]).file("/home/u/.condarc", text.to_owned());
    let at = |text: &str, set: &[(&str, &str)]| host(files(text), set);
    assert_eq!(used(&at("channels: [x]\n", &[]), "conda"), [certifi()]);
    assert_eq!(used(&at("ssl_verify: /corp.pem\n", &[]), "conda"), ["/corp.pem"]);
    let both = [certifi(), "/usr/lib/ssl/cert.pem".to_owned()];
    assert_eq!(used(&at("ssl_verify: truststore\n", &[]), "conda"), both);
    assert_eq!(used(&at("ssl_verify: $CORP/corp.pem\n", &[("CORP", "")]), "conda"), ["/corp.pem"]);
    let off = |text: &str, set: &[(&str, &str)]| uses(&at(text, set), "conda")[0].is_off();
    assert!(off("ssl_verify: false\n", &[]));
    // It is `Session.verify`, which the variable of requests beats.
    assert!(!off("ssl_verify: false\n", &[("REQUESTS_CA_BUNDLE", "/corp.pem")]));
    assert!(!off("ssl_verify: false\n", &[("CONDA_SSL_VERIFY", "true")]));
    assert!(off("ssl_verify: /corp.pem\n", &[("CONDA_SSL_VERIFY", "no")]));
    assert!(off("ssl_verify: 0\n", &[]) && !off("ssl_verify: 1\n", &[]));
    // What is no word for yes or no names a place.
    assert!(uses(&at("ssl_verify: gone\n", &[]), "conda")[0].refuses().is_some());
    let system = files("ssl_verify: /corp.pem\n").file("/etc/conda/condarc.d/it.yml", "ssl_verify: /other.pem\n");
    assert_eq!(used(&host(system, &[]), "conda"), ["/corp.pem"]);
    let own = files("x: 1\n").file("/home/u/.config/conda/condarc", "ssl_verify: /other.pem\n");
    let moved = [("XDG_CONFIG_HOME", "/elsewhere")];
    assert_eq!(used(&host(own.clone(), &moved), "conda"), ["/other.pem"]);
    let named = |name: &str| own.clone().file(name, "ssl_verify: /corp.pem\n");
    assert_eq!(used(&host(named("/my.yaml"), &[("CONDARC", "/my.yaml")]), "conda"), ["/corp.pem"]);
    assert_eq!(used(&host(named("/my.conf"), &[("CONDARC", "/my.conf")]), "conda"), ["/other.pem"]);
}

/// As pip 23.2.1 does.
#[test]
fn keys_of_pip_have_several_spellings() {
    let of = |text: &str| {
        let host = host(pip("23.2.1").file("/etc/pip.conf", text), &[]);
        let found = uses(&host, "pip").remove(0);
        if found.refuses().is_some() { vec!["refuses".to_owned()] } else { used(&host, "pip") }
    };
    for text in [
        "[global]\n--cert = /corp.pem\n",
        "[global]\n--CERT = /corp.pem\n",
        "[DEFAULT]\ncert = /corp.pem\n[global]\nx = y\n",
    ] {
        assert_eq!(of(text), ["/corp.pem"], "{text}");
    }
    assert_eq!(of("[global]\ncert = /gone\n--cert = /corp.pem\n"), ["/corp.pem"]);
    assert_ne!(of("[DEFAULT]\ncert = /corp.pem\n"), ["/corp.pem"]);
    assert_ne!(of("[global]\n----cert = /corp.pem\n"), ["/corp.pem"]);
    assert_eq!(of("[global]\ncert = /corp.pem\ncert = /corp.pem\n"), ["refuses"]);
}

#[test]
fn what_holds_for_the_server_that_is_asked_about_counts() {
    let is_off = |host: &Host, client: &str, name: &str, port: u16| {
        let found = uses_for(host, client, name, port).remove(0);
        (found.is_off(), found.undecided().count())
    };
    let trusting = host(pip("24.2"), &[("PIP_TRUSTED_HOST", "one.example two.example:8443")]);
    assert_eq!(is_off(&trusting, "pip", "one.example", 8443), (true, 0));
    assert_eq!(is_off(&trusting, "pip", "two.example", 8443), (true, 0));
    assert_eq!(is_off(&trusting, "pip", "two.example", 443), (false, 0));
    // pip splits at white space alone.
    let joined = host(pip("24.2"), &[("PIP_TRUSTED_HOST", "one.example,two.example")]);
    assert_eq!(is_off(&joined, "pip", "one.example", 443), (false, 0));
    let files = packaged(&[("poetry", "2.5.1")])
        .file(
            "/src/pyproject.toml",
            "[[tool.poetry.source]]\nname = \"corp\"\nurl = \"https://corp.example/simple/\"\n",
        )
        .file("/src/poetry.toml", "[certificates.corp]\ncert = \"/corp.pem\"\n[certificates.lab]\ncert = false\n")
        .file("/home/u/.config/pypoetry/config.toml", "[repositories.lab]\nurl = \"https://lab.example:8443/up/\"\n");
    let here = |files: Memory| {
        let mut here = host(files, &[("REQUESTS_CA_BUNDLE", "/other.pem")]);
        here.cwd = "/src".into();
        here
    };
    let poetry = here(files.clone());
    let places = |name: &str, port: u16| {
        let found = uses_for(&poetry, "poetry", name, port).remove(0);
        found.effective().map(|candidate| candidate.path.clone().unwrap()).collect::<Vec<_>>()
    };
    // The repository's own stands in the place of everything else there, and counts nowhere else.
    assert_eq!(places("corp.example", 443), [Path::new("/corp.pem")]);
    assert_eq!(places("other.example", 443), [Path::new("/other.pem")]);
    assert_eq!(is_off(&poetry, "poetry", "lab.example", 8443), (true, 0));
    assert_eq!(is_off(&poetry, "poetry", "lab.example", 443), (false, 0));
    // Where a repository is, is not known.
    let nowhere = here(files.file("/src/pyproject.toml", "").file("/home/u/.config/pypoetry/config.toml", ""));
    assert_eq!(is_off(&nowhere, "poetry", "corp.example", 443), (false, 2));
}
