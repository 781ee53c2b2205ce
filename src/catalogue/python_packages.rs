//! Python's package managers: each has a store of its own, and settings that replace it.

mod poetry;

use super::client::{Client, Ends, Installation, Interpreter, Leaf, Look, Roots, Rule, Setting, Source, Then};
use super::python::{INHERITS, REQUESTS_DOC, TRUSTSTORE_PATHS, ends, ends_urllib3, riders};
use super::survey::{Survey, TRUSTSTORE};

use crate::model::Version;
use crate::policy;
use crate::settings::expandvars::expandvars;
use crate::settings::server::Names;
use crate::settings::toml::Document;
use crate::settings::{Value, ini, yaml};
use poetry::POETRY;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[PIP, PIPENV, POETRY, PDM, CONDA];

const PIP_DOC: &str = "https://pip.pypa.io/en/stable/topics/https-certificates/";
const PIP_CONFIG: &str = "https://pip.pypa.io/en/stable/topics/configuration/";
const PIP_SOURCE: &str = "https://github.com/pypa/pip/blob/24.2/src/pip/_internal/cli/index_command.py";
const PIP_TRUSTED: &str = "https://pip.pypa.io/en/stable/cli/pip/#cmdoption-trusted-host";
const PIPENV_DOC: &str = "https://pipenv.pypa.io/en/latest/indexes.html";
const PDM_SOURCE: &str = "https://github.com/pdm-project/pdm/blob/2.29.4/src/pdm/models/session.py";
const PDM_DOC: &str = "https://pdm-project.org/latest/reference/configuration/";
const CONDA_WORDS: &str = "https://github.com/conda/conda/blob/26.7.0/conda/auxlib/type_coercion.py";
const CONDA_CONTEXT: &str = "https://github.com/conda/conda/blob/26.7.0/conda/base/context.py";
const CONDA_SESSION: &str = "https://github.com/conda/conda/blob/26.7.0/conda/gateways/connection/session.py";

/// The marks of a pip that loads its certifi whatever else it is told, and of one that falls back on it.
const CERTIFI_TOO: &str = "pip-certifi-too";
const CERTIFI_ELSE: &str = "pip-certifi-else";

/// `pip`: until 24.1 one file; since 24.2 on Python 3.10 the system's paths, its own certifi and
/// what was named, all three.
const PIP: Client = Client::new(
    "pip",
    "pip",
    "A variable, --cert, PIP_CERT or pip.conf, else its vendored certifi; since 24.2 (Python 3.10) that certifi and OpenSSL's paths in any case.",
    Rule::Each(
        |survey| {
            let mut found = survey.packages("pip");
            found.iter_mut().for_each(|one| describe_pip(survey, Arc::make_mut(one), "pip"));
            found
        },
        &PIP_RULE,
    ),
)
.judged_by(&policy::python::PIP)
.reads(&["PIP_CONFIG_FILE", "PIP_TRUSTED_HOST", "PIP_USE_DEPRECATED", "PIP_USE_FEATURE", "XDG_CONFIG_DIRS", "XDG_CONFIG_HOME"])
// It vendors urllib3 1.26, and truststore makes a plain SSLContext: neither sets the flag.
.ends(|_| Ends::SelfIssued)
.edit(INHERITS)
.lost_by("the next upgrade of pip", "PIP_CERT")
.roots(Roots::Own)
.runs_in(Interpreter::Python)
.stops_with(policy::refused::REQUESTS);

const PIP_RULE: Rule = Rule::All(&[
    Leaf::refusal("pip.conf", not_loaded).says(PIP_CONFIG),
    Leaf::switch_for("trusted-host", trusted_hosts, Names::Pip).says(PIP_TRUSTED),
    Rule::First(&[
        Leaf::variable("REQUESTS_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(REQUESTS_DOC),
        Leaf::variable("CURL_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(REQUESTS_DOC),
        Leaf::variable("PIP_CERT").expands().look(Look::BundleOrHash).missing(Then::Refuse).says(PIP_DOC),
        Leaf::setting("cert", |survey, i| in_files(survey, i, "cert"))
            .expands()
            .look(Look::BundleOrHash)
            .says(PIP_CONFIG),
        Leaf::path("{certifi}").missing(Then::Refuse).given(&CERTIFI_ELSE).says(PIP_DOC),
    ]),
    Leaf::path("{certifi}").missing(Then::Refuse).given(&CERTIFI_TOO).says(PIP_SOURCE),
    TRUSTSTORE_PATHS,
]);

/// Marks what a pip trusts by default, which its version and two of its options decide.
fn describe_pip(survey: &Survey<'_>, pip: &mut Installation, component: &'static str) {
    let vendored = pip.at.join("_vendor/certifi");
    survey.set_certifi(pip, &vendored);
    let between = |name, from, until| pip.version(name).is_none_or(|version: &Version| version.is_between(from, until));
    let says =
        |key: &str, word: &str| option(survey, pip, key).is_some_and(|s| s.split_whitespace().any(|w| w == word));
    let is_new =
        between("python", "3.10", "") && between(component, "24.2", "") && !says("use-deprecated", "legacy-certs");
    let asked =
        between("python", "3.10", "") && between(component, "22.2", "24.2") && says("use-feature", "truststore");
    pip.marks.push(if is_new { CERTIFI_TOO } else { CERTIFI_ELSE });
    if is_new || asked {
        survey.mark_truststore(pip);
    }
}

/// What counts of an option of pip: its variable, else its configuration files.
fn option(survey: &Survey<'_>, pip: &Installation, key: &str) -> Option<String> {
    let set = |value: &Setting| value.value.to_string_lossy().into_owned();
    in_variable(survey, key).or_else(|| in_files(survey, pip, key).into_iter().next()).as_ref().map(set)
}

fn in_variable(survey: &Survey<'_>, key: &str) -> Option<Setting> {
    let name = format!("PIP_{}", key.to_ascii_uppercase().replace('-', "_"));
    let value = survey.set(&name)?.into_os_string();
    Some(Setting { value, source: Source::Variable(name) })
}

/// The hosts whose certificates are not verified.
fn trusted_hosts(survey: &Survey<'_>, pip: &Installation) -> Vec<Setting> {
    let counts = in_variable(survey, "trusted-host");
    let mut counts = counts.or_else(|| in_files(survey, pip, "trusted-host").into_iter().next());
    if let Some(setting) = &mut counts {
        let text = setting.value.to_string_lossy().split_whitespace().collect::<Vec<_>>().join(" ");
        setting.value = text.into();
    }
    counts.into_iter().filter(|setting| !setting.value.is_empty()).collect()
}

/// A key of pip's configuration files, the one that counts first: `[install]` of any file before
/// `[global]` of any, and within a section the later file.
fn in_files(survey: &Survey<'_>, installation: &Installation, key: &str) -> Vec<Setting> {
    let files = pip_files(survey, installation);
    let of = |section| files.iter().filter_map(move |file| in_file(survey, file, section, key));
    ["install", "global"].into_iter().flat_map(of).collect()
}

/// A key of a section as pip names it: without the dashes before it, and dashes in the place of underscores
/// (`_normalize_name`, pip/_internal/configuration.py of 23.2). What stands in `[DEFAULT]` stands in every section that
/// there is.
fn in_file(survey: &Survey<'_>, file: &Path, section: &str, key: &str) -> Option<Setting> {
    let entries = survey.parsed(file, ini::entries)?;
    let is_it = |entry: &&ini::Entry| {
        let name = entry.key.replace('_', "-");
        name.strip_prefix("--").unwrap_or(&name) == key
    };
    let last = |section: &str| entries.iter().filter(|entry| *entry.section == *section).rfind(is_it);
    let is_there = entries.iter().any(|entry| *entry.section == *section);
    let found = last(section).or_else(|| last("DEFAULT").filter(|_| is_there))?;
    Some(setting(file, found.value.clone()))
}

/// The first of its configuration files that pip cannot take apart, with which it ends.
fn not_loaded(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let refused = pip_files(survey, installation).into_iter().find_map(|file| {
        let line = ini::refused(&survey.host.settings(&file)?)?;
        let why = "pip ends with \"Configuration file could not be loaded\"";
        Some(Setting { value: why.into(), source: Source::File(file, line) })
    });
    refused.into_iter().collect()
}

pub fn setting(file: &Path, value: Value) -> Setting {
    Setting { value: value.text.into(), source: Source::File(file.to_path_buf(), value.line) }
}

/// pip's configuration files, the one that counts first: the file a variable names, which puts
/// the user's out of use, the environment's, the user's, the machine's. The null device in the
/// variable means none of them.
fn pip_files(survey: &Survey<'_>, installation: &Installation) -> Vec<PathBuf> {
    let host = survey.host;
    let named = survey.set("PIP_CONFIG_FILE").map(|file| host.absolute(&file));
    if named.as_deref() == Some(Path::new("/dev/null")) {
        return Vec::new();
    }
    let users_count = named.as_ref().is_none_or(|file| host.resolve(file).is_err());
    let mut files: Vec<PathBuf> = named.into_iter().collect();
    let site = installation.place("environment").or_else(|| installation.place("prefix"));
    files.extend(site.map(|prefix| prefix.join("pip.conf")));
    if users_count {
        files.extend(survey.config_home().map(|directory| directory.join("pip/pip.conf")));
        files.extend(survey.in_home(".pip/pip.conf"));
    }
    files.push("/etc/pip.conf".into());
    files.extend(survey.config_directories().iter().rev().map(|directory| directory.join("pip/pip.conf")));
    files
}

/// `pipenv`: the pip in it, with pip's own settings.
const PIPENV: Client = Client::new(
    "pipenv",
    "pipenv",
    "As pip, for the copy of it inside; of an index with verify_ssl = false in the Pipfile nothing is verified.",
    Rule::Each(
        |survey| {
            let mut found = survey.packages("pipenv");
            for one in &mut found {
                let one = Arc::make_mut(one);
                let package = std::mem::replace(&mut one.at, PathBuf::new());
                one.at = package.join("patched/pip");
                let text = survey.host.settings(&one.at.join("__init__.py")).unwrap_or_default();
                let version = text.lines().find_map(|line| Version::parse(line.strip_prefix("__version__ = \"")?));
                one.components.extend(version.map(|version| ("pip", version)));
                describe_pip(survey, one, "pip");
                one.at = package;
            }
            found
        },
        &Rule::All(&[
            Leaf::switch_for(
                "source.verify_ssl",
                |survey, _| {
                    let file = above(survey, "Pipfile");
                    file.map_or_else(Vec::new, |file| unverified_sources(survey, &file, &["source"]))
                },
                Names::Pip,
            )
            .says(PIPENV_DOC),
            PIP_RULE,
        ]),
    ),
)
.judged_by(&policy::python::PIP)
.reads(&[
    "PIP_CONFIG_FILE",
    "PIP_TRUSTED_HOST",
    "PIP_USE_DEPRECATED",
    "PIP_USE_FEATURE",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
])
.ends(|_| Ends::SelfIssued)
.edit(INHERITS)
.roots(Roots::Public);

/// The file of this name in the working directory or the nearest one above it.
pub fn above(survey: &Survey<'_>, name: &str) -> Option<PathBuf> {
    survey.host.cwd.ancestors().map(|directory| directory.join(name)).find(|file| survey.host.is_file(file))
}

/// The sources of a list in a TOML file that are not to be verified, by their hosts.
fn unverified_sources(survey: &Survey<'_>, file: &Path, list: &[&str]) -> Vec<Setting> {
    let Some(text) = survey.host.settings(file) else { return Vec::new() };
    let Some(document) = Document::parse(&text) else { return Vec::new() };
    let off = document.pairs(list, "url", "verify_ssl").into_iter().filter(|(_, verify)| verify.text == "false");
    off.map(|(url, verify)| setting(file, Value { text: host_of(&url.text).to_owned(), line: verify.line })).collect()
}

/// The host of a URL, without what may stand before it: a password.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// `pdm`: a bundle for PyPI in its settings, the variables of requests, else certifi and the system together.
const PDM: Client = Client::new(
    "pdm",
    "PDM",
    "pypi.ca_certs, else REQUESTS_CA_BUNDLE, else CURL_CA_BUNDLE, else certifi and OpenSSL's paths together.",
    Rule::Each(
        |survey| {
            let mut found = survey.packages("pdm");
            let is_named = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"].iter().any(|name| survey.set(name).is_some())
                || !pdm(survey, "ca_certs").is_empty();
            if !is_named {
                found.iter_mut().for_each(|one| survey.mark_truststore(Arc::make_mut(one)));
            }
            found
        },
        &Rule::All(&[
            Leaf::switch_for(
                "pypi.verify_ssl",
                |survey, _| {
                    let off = |setting: &Setting| {
                        ["", "false", "no", "0"].iter().any(|no| setting.value.eq_ignore_ascii_case(no))
                    };
                    let variable = survey.host.variable("PDM_PYPI_VERIFY_SSL").map(|value| Setting {
                        value: value.to_os_string(),
                        source: Source::Variable("PDM_PYPI_VERIFY_SSL".to_owned()),
                    });
                    let counts = variable.or_else(|| pdm(survey, "verify_ssl").into_iter().next()).filter(off);
                    counts.into_iter().map(|setting| Setting { value: "pypi".into(), ..setting }).collect()
                },
                Names::Repositories,
            )
            .says(PDM_DOC),
            Leaf::switch_for(
                "source.verify_ssl",
                |survey, _| {
                    let file = above(survey, "pyproject.toml");
                    file.map_or_else(Vec::new, |file| unverified_sources(survey, &file, &["tool", "pdm", "source"]))
                },
                Names::Authorities,
            )
            .says(PDM_DOC),
            Rule::First(&[
                Leaf::setting("pypi.ca_certs", |survey, _| pdm(survey, "ca_certs"))
                    .look(Look::BundleOrHash)
                    .says(PDM_DOC),
                Leaf::variable("REQUESTS_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(PDM_SOURCE),
                Leaf::variable("CURL_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(PDM_SOURCE),
                Leaf::path("{certifi}").missing(Then::Refuse).says(PDM_SOURCE),
            ]),
            TRUSTSTORE_PATHS,
        ]),
    ),
)
.judged_by(&policy::python::PDM)
.reads(&["PDM_CONFIG_FILE", "PDM_PYPI_VERIFY_SSL"])
// What is named goes into a default context, truststore's is a bare one.
.ends(|installation| if installation.has(TRUSTSTORE) { Ends::SelfIssued } else { ends(installation) })
.edit(INHERITS)
.roots(Roots::Public);

/// A key of `pypi` in PDM's settings of the project and of the user.
fn pdm(survey: &Survey<'_>, key: &str) -> Vec<Setting> {
    let named = survey.set("PDM_CONFIG_FILE");
    let own = named.or_else(|| survey.config_home().map(|directory| directory.join("pdm/config.toml")));
    // Bundles are a matter of the user's file alone (`global_only`).
    let project =
        above(survey, "pyproject.toml").filter(|_| key != "ca_certs").map(|file| file.with_file_name("pdm.toml"));
    let read = |file: PathBuf| {
        let text = survey.host.settings(&file)?;
        let value = Document::parse(&text)?.value(&["pypi", key])?;
        Some(setting(&file, value))
    };
    project.into_iter().chain(own).filter_map(read).collect()
}

/// `conda`: requests, with `ssl_verify` as its `Session.verify`, which its variable therefore beats.
const CONDA: Client = Client::new(
    "conda",
    "conda",
    "REQUESTS_CA_BUNDLE, else CURL_CA_BUNDLE, else the file that ssl_verify names, else certifi; with ssl_verify truststore OpenSSL's paths as well.",
    Rule::Each(
        |survey| {
            let mut found = riders(survey, "conda", "conda");
            for one in &mut found {
                let one = Arc::make_mut(one);
                if ssl_verify(survey, one).is_some_and(|setting| setting.value == "truststore") {
                    survey.mark_truststore(one);
                }
            }
            found
        },
        &Rule::All(&[
            Leaf::switch_setting("ssl_verify", |survey, conda| {
                let overruled = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
                    .iter()
                    .any(|name| survey.set(name).is_some());
                let off = |setting: &Setting| as_boolean(setting) == Some(false);
                ssl_verify(survey, conda).filter(off).filter(|_| !overruled).into_iter().collect()
            })
            .says(CONDA_WORDS),
            Rule::First(&[
                Leaf::variable("REQUESTS_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(REQUESTS_DOC),
                Leaf::variable("CURL_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(REQUESTS_DOC),
                Leaf::setting("ssl_verify", |survey, conda| {
                    let is_path = |setting: &Setting| as_boolean(setting).is_none() && setting.value != "truststore";
                    ssl_verify(survey, conda).filter(is_path).into_iter().collect()
                })
                .look(Look::BundleOrHash)
                .says(CONDA_CONTEXT),
                Leaf::path("{certifi}").missing(Then::Refuse).says(CONDA_SESSION),
            ]),
            TRUSTSTORE_PATHS,
        ]),
    ),
)
.judged_by(&policy::python::URLLIB3)
.reads(&["CONDARC", "CONDA_PREFIX", "CONDA_SSL_VERIFY", "XDG_CONFIG_HOME"])
.ends(ends_urllib3)
.edit(INHERITS)
.roots(Roots::Public);

/// The words that conda takes for yes and no, numbers too (`boolify`, conda/auxlib/type_coercion.py).
fn as_boolean(setting: &Setting) -> Option<bool> {
    let text = setting.value.to_string_lossy().trim().to_ascii_lowercase();
    match &*text {
        "true" | "yes" | "on" | "y" => Some(true),
        "false" | "off" | "n" | "no" | "non" | "none" | "" => Some(false),
        number => number.parse::<f64>().ok().filter(|number| !number.is_nan()).map(|number| number != 0.0),
    }
}

fn is_yaml(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "yml" || extension == "yaml")
}

/// What counts of `ssl_verify`, with variables in it filled in (`expandvars`, conda/base/context.py).
fn ssl_verify(survey: &Survey<'_>, conda: &Installation) -> Option<Setting> {
    let mut found = ssl_verify_as_written(survey, conda)?;
    if let Some(text) = found.value.to_str().filter(|text| text.contains('$')) {
        found.value = expandvars(text, |name| survey.host.variable(name)).into();
    }
    Some(found)
}

/// The variable, else the last file of conda's search path that has it.
fn ssl_verify_as_written(survey: &Survey<'_>, conda: &Installation) -> Option<Setting> {
    let host = survey.host;
    if let Some(value) = host.variable("CONDA_SSL_VERIFY") {
        return Some(Setting { value: value.to_os_string(), source: Source::Variable("CONDA_SSL_VERIFY".to_owned()) });
    }
    let directories = [
        Some("/etc/conda".into()),
        Some("/var/lib/conda".into()),
        conda.place("prefix").cloned(),
        survey.set("XDG_CONFIG_HOME").map(|directory| directory.join("conda")),
        survey.in_home(".config/conda"),
        survey.in_home(".conda"),
        survey.home().map(Path::to_path_buf),
        survey.set("CONDA_PREFIX"),
    ];
    let mut files = Vec::new();
    for directory in directories.into_iter().flatten() {
        let in_home = survey.home() == Some(directory.as_path());
        files.push(directory.join(".condarc"));
        if !in_home {
            files.push(directory.join("condarc"));
            files.extend(host.children(&directory.join("condarc.d")));
        }
    }
    files.extend(survey.set("CONDARC").map(|file| host.absolute(&file)));
    // Of other names nothing is read (`_expand_search_path`, conda/common/configuration.py).
    files.retain(|file| file.ends_with(".condarc") || file.ends_with("condarc") || is_yaml(file));
    files.iter().rev().find_map(|file| {
        let text = host.settings(file)?;
        let value = yaml::value(&text, "ssl_verify").or_else(|| yaml::value(&text, "verify_ssl"))?;
        Some(setting(file, value))
    })
}

#[cfg(test)]
mod tests;
