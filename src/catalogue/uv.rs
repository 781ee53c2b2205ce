//! uv: rustls with Mozilla's roots inside, which variables replace and an option exchanges for the
//! system's. What a variable does has changed twice.

use super::client::{Client, Edit, Installation, Leaf, Look, Roots, Rule, Setting, Source, Then};
use super::python_packages::{above, setting};
use super::survey::Survey;
use crate::model::Version;
use crate::policy;
use crate::settings::Value;
use crate::settings::server::Names;
use crate::settings::toml::Document;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[UV];

const DOC: &str = "https://docs.astral.sh/uv/concepts/authentication/certificates/";
const CLIENT: &str = "https://github.com/astral-sh/uv/blob/0.12.5/crates/uv-client/src/tls.rs";
const CLIENT_0_11: &str = "https://github.com/astral-sh/uv/blob/0.11.0/crates/uv-client/src/base_client.rs";
const CLIENT_0_9: &str = "https://github.com/astral-sh/uv/blob/0.9.9/crates/uv-client/src/base_client.rs";
const PROBE: &str = "https://github.com/rustls/openssl-probe/blob/main/src/lib.rs";
const HOSTS: &str = "https://docs.astral.sh/uv/reference/settings/#allow-insecure-host";

/// The mark of a uv that is told to take the system's roots.
const SYSTEM: &str = "uv-system-certs";

/// `uv`: every uv on PATH and in an environment.
const UV: Client = Client::new(
    "uv",
    "uv",
    "SSL_CERT_FILE and SSL_CERT_DIR (since 0.9.10), else the roots inside, or the system's with system-certs (before 0.11 native-tls, beside those inside). Before 0.12 a variable that names nothing is passed over.",
    Rule::Each(
        uvs,
        &Rule::All(&[
            Leaf::switch_for("allow-insecure-host", insecure_hosts, Names::Uv).says(HOSTS),
            Rule::First(&[
                Rule::All(&[
                    named(Leaf::variable("SSL_CERT_FILE").look(Look::Blocks), &[("uv", "0.12", "")], CLIENT),
                    named(Leaf::list("SSL_CERT_DIR").look(Look::EveryFile), &[("uv", "0.12", "")], CLIENT),
                ]),
                Rule::All(&[
                    passed(Leaf::variable("SSL_CERT_FILE").look(Look::Blocks), &[("uv", "0.9.10", "0.12")], CLIENT_0_11),
                    passed(Leaf::list("SSL_CERT_DIR").look(Look::EveryFile), &[("uv", "0.9.10", "0.12")], CLIENT_0_11),
                ]),
                passed(Leaf::variable("SSL_CERT_FILE").look(Look::Blocks), &[("uv", "0.1.19", "0.9.10")], CLIENT_0_9),
                Rule::All(&[
                    Rule::First(&[
                        file("/etc/ssl/certs/ca-certificates.crt"),
                        file("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
                        file("/etc/pki/tls/certs/ca-bundle.crt"),
                        file("/etc/ssl/ca-bundle.pem"),
                        file("/etc/pki/tls/cacert.pem"),
                        file("/etc/ssl/cert.pem"),
                    ]),
                    directory("/etc/ssl/certs"),
                    directory("/etc/pki/tls/certs"),
                    Leaf::opaque(&("{program}", ROOTS)).public().given(&SYSTEM).between(&[("uv", "", "0.11")]).says(CLIENT_0_9),
                ]),
                Leaf::opaque(&("{program}", ROOTS)).public().says(DOC),
            ]),
        ]),
    ),
)
.judged_by(&policy::rustls::RUSTLS)
.reads(&["UV_CONFIG_FILE", "UV_INSECURE_HOST", "UV_NATIVE_TLS", "UV_NO_CONFIG", "UV_SYSTEM_CERTS", "XDG_CONFIG_DIRS", "XDG_CONFIG_HOME"])
.edit(Edit::Never("its roots are compiled in: set SSL_CERT_FILE, or system-certs in uv.toml"))
.roots(Roots::Public);

/// webpki-roots keeps the name and the key of a root, and no certificate.
const ROOTS: &str = "Mozilla's roots as webpki-roots";

type Ranges = &'static [(&'static str, &'static str, &'static str)];

const fn named(leaf: Leaf, versions: Ranges, source: &'static str) -> Rule {
    leaf.between(versions).says(source)
}

const fn passed(leaf: Leaf, versions: Ranges, source: &'static str) -> Rule {
    leaf.missing(Then::Pass).between(versions).says(source)
}

const fn file(path: &'static str) -> Rule {
    Leaf::path(path).look(Look::Blocks).given(&SYSTEM).says(PROBE)
}

const fn directory(path: &'static str) -> Rule {
    Leaf::path(path).look(Look::EveryFile).given(&SYSTEM).says(PROBE)
}

/// Every uv on PATH, and in the environment of a Python that has it as a package.
fn uvs(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found: Vec<Installation> = Vec::new();
    for package in survey.packages("uv") {
        let Some(prefix) = package.place("environment").or_else(|| package.place("prefix")) else { continue };
        let program = prefix.join("bin/uv");
        if survey.host.is_file(&program) {
            let version = package.version("uv").cloned();
            found.push(of(program, version, package.because.clone()));
        }
    }
    for program in survey.programs("uv") {
        if !found.iter().any(|known| survey.host.resolve(&known.at) == survey.host.resolve(&program)) {
            let version = receipt(survey, &program);
            found.push(of(program, version, "PATH".to_owned()));
        }
    }
    for one in &mut found {
        if takes_the_systems(survey) {
            one.marks.push(SYSTEM);
        }
        if one.version("uv").is_none() {
            one.unknown.push("its version, which decides what variables do: it is taken for a recent one".to_owned());
        }
    }
    found.into_iter().map(Arc::new).collect()
}

fn of(program: PathBuf, version: Option<Version>, because: String) -> Installation {
    Installation {
        components: version.map(|version| ("uv", version)).into_iter().collect(),
        places: vec![("program", program.clone())],
        at: program,
        because,
        ..Installation::default()
    }
}

/// The version that uv's own installer wrote down, for the directory it installed into.
fn receipt(survey: &Survey<'_>, program: &Path) -> Option<Version> {
    let text = survey.host.settings(&survey.config_home()?.join("uv/uv-receipt.json"))?;
    let receipt: serde_json::Value = serde_json::from_str(&text).ok()?;
    let prefix = Path::new(receipt.get("install_prefix")?.as_str()?);
    program.starts_with(prefix).then(|| Version::parse(receipt.get("version")?.as_str()?)).flatten()
}

/// Whether an option has uv take the system's roots: a variable before a file, the new name or the old.
fn takes_the_systems(survey: &Survey<'_>) -> bool {
    let yes = |text: &str| ["true", "1", "yes", "y", "on", "t"].iter().any(|yes| text.eq_ignore_ascii_case(yes));
    let variable = ["UV_SYSTEM_CERTS", "UV_NATIVE_TLS"]
        .iter()
        .filter_map(|name| survey.host.variable(name))
        .find(|value| !value.is_empty());
    if let Some(value) = variable {
        return yes(&value.to_string_lossy());
    }
    let read = |document: &Document<'_>, table: &[&str]| {
        let key = |name| document.value(&[table, &[name]].concat());
        key("system-certs").or_else(|| key("native-tls")).into_iter().collect::<Vec<_>>()
    };
    in_files(survey, read).first().is_some_and(|setting| setting.value == "true")
}

/// The hosts whose certificates are not verified: those of the variable and of the files together (held against
/// 0.13).
fn insecure_hosts(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    let variable = survey.set("UV_INSECURE_HOST");
    let source = || Source::Variable("UV_INSECURE_HOST".to_owned());
    let mut found: Vec<Setting> =
        variable.map(|value| Setting { value: value.into(), source: source() }).into_iter().collect();
    found.extend(in_files(survey, |document, table| document.values(&[table, &["allow-insecure-host"]].concat())));
    found
}

/// What uv's files say of a setting: the nearest project's, the user's, the machine's
/// (docs.astral.sh/uv, "Configuration files").
fn in_files(survey: &Survey<'_>, read: impl Fn(&Document<'_>, &[&str]) -> Vec<Value>) -> Vec<Setting> {
    let host = survey.host;
    if survey.set("UV_NO_CONFIG").is_some() {
        return Vec::new();
    }
    let mut files: Vec<(PathBuf, &[&str])> = Vec::new();
    if let Some(file) = survey.set("UV_CONFIG_FILE") {
        files.push((host.absolute(&file), &[]));
    } else {
        files.extend(above(survey, "uv.toml").map(|file| (file, &[] as &[&str])));
        files.extend(above(survey, "pyproject.toml").map(|file| (file, &["tool", "uv"] as &[&str])));
        files.extend(survey.config_home().map(|directory| (directory.join("uv/uv.toml"), &[] as &[&str])));
        let machine = survey.config_directories();
        files.extend(machine.iter().map(|directory| (directory.join("uv/uv.toml"), &[] as &[&str])));
        files.push(("/etc/uv/uv.toml".into(), &[]));
    }
    let found = files.iter().filter_map(|(file, table)| {
        let text = host.settings(file)?;
        let values = read(&Document::parse(&text)?, table);
        Some(values.into_iter().map(|value| setting(file, value)).collect::<Vec<_>>())
    });
    found.flatten().collect()
}

#[cfg(test)]
mod tests;
