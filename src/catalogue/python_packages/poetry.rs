//! Poetry: requests, with settings for the repositories that it knows by name.

use super::{above, setting};
use crate::catalogue::client::{Client, Installation, Leaf, Look, Roots, Rule, Setting, Source, Then};
use crate::catalogue::python::{INHERITS, REQUESTS_RULE, ends_urllib3, riders};
use crate::catalogue::survey::Survey;
use crate::policy;
use crate::settings::server::Names;
use crate::settings::toml::Document;
use std::path::PathBuf;
use std::sync::Arc;

const POETRY_DOC: &str = "https://python-poetry.org/docs/configuration/#certificatesnamecert";

/// `poetry`: requests, and for a repository a bundle of its own.
pub(super) const POETRY: Client = Client::new(
    "poetry",
    "Poetry",
    "certificates.NAME.cert for the repository of that name alone; else REQUESTS_CA_BUNDLE, else CURL_CA_BUNDLE, else certifi.",
    Rule::Each(
        poetries,
        &Rule::All(&[
            Leaf::switch_setting("certificates.NAME.cert", |survey, _| {
                let off = certificates_here(survey, Some(true)).into_iter().filter(|(_, setting)| is_off(setting));
                off.map(|(_, setting)| setting).collect()
            })
            .says(POETRY_DOC),
            Leaf::switch_for(
                "certificates.NAME.cert",
                |survey, _| {
                    let off = certificates_here(survey, None).into_iter().filter(|(_, setting)| is_off(setting));
                    off.map(|(name, setting)| Setting { value: name.into(), ..setting }).collect()
                },
                Names::Repositories,
            )
            .says(POETRY_DOC),
            Leaf::setting("certificates.NAME.cert", |survey, _| {
                let found = certificates_here(survey, None).into_iter().filter(|(_, setting)| is_path(setting));
                match survey.server() {
                    // Whichever repository it is for: it is in use.
                    None => found.map(|(_, setting)| setting).take(1).collect(),
                    Some(_) => found.map(|(name, setting)| scoped(setting, &name)).collect(),
                }
            })
            .look(Look::BundleOrHash)
            .missing(Then::Bind)
            .names(Names::Repositories)
            .says(POETRY_DOC),
            Rule::First(&[
                Leaf::setting("certificates.NAME.cert", |survey, _| {
                    let found = certificates_here(survey, Some(true)).into_iter();
                    found.map(|(_, setting)| setting).filter(is_path).take(1).collect()
                })
                .look(Look::BundleOrHash)
                .says(POETRY_DOC),
                REQUESTS_RULE,
            ]),
        ]),
    ),
)
.judged_by(&policy::python::URLLIB3)
.reads(&["POETRY_CONFIG_DIR", "XDG_CONFIG_HOME"])
.ends(ends_urllib3)
.edit(INHERITS)
.roots(Roots::Public);

fn poetries(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = riders(survey, "poetry", "poetry");
    for one in &mut found {
        let of = |(name, setting): (String, Setting)| {
            (setting.value != "false" && setting.value != "true")
                .then(|| format!("certificates.{name}.cert counts for the repository {name} alone, and alone there"))
        };
        Arc::make_mut(one).remarks.extend(certificates(survey).into_iter().filter_map(of));
    }
    found
}

fn is_off(setting: &Setting) -> bool {
    setting.value == "false"
}

fn is_path(setting: &Setting) -> bool {
    setting.value != "false" && setting.value != "true"
}

/// A setting that holds for one repository alone.
fn scoped(setting: Setting, repository: &str) -> Setting {
    let scope = format!("the repository {repository}");
    let source = match setting.source {
        Source::File(file, line) => Source::Scoped(file, line, scope),
        Source::Variable(name) => Source::Scoped(format!("${name}").into(), 1, scope),
        other => other,
    };
    Setting { source, ..setting }
}

/// Those of [`certificates`] whose repository is at the server that was asked about, or is not known to be at one:
/// without a server, all. The authenticator goes by host and port, and only where several repositories share them by
/// the path (`_get_repository_config_for_url`, poetry/utils/authenticator.py).
fn certificates_here(survey: &Survey<'_>, wanted: Option<bool>) -> Vec<(String, Setting)> {
    let repositories = repositories(survey);
    let is_here = |name: &str| {
        let urls = repositories.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, url)| url);
        let answers: Vec<_> = urls.map(|url| survey.server()?.is_at(url)).collect();
        match answers.as_slice() {
            [] => None,
            [first, others @ ..] if others.iter().all(|other| other == first) => *first,
            _ => None,
        }
    };
    let at_server =
        repositories.iter().filter(|(_, url)| survey.server().and_then(|server| server.is_at(url)) == Some(true));
    let is_shared = at_server.count() > 1;
    let mut found = certificates(survey);
    found.retain(|(name, _)| match is_here(name) {
        Some(true) if is_shared => wanted.is_none(),
        answer => answer == wanted,
    });
    found
}

/// The repositories that poetry knows by name, with their URLs: those of the project, of its settings, of variables.
fn repositories(survey: &Survey<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value) in survey.host.environment() {
        let text = name.to_string_lossy();
        let name = text.strip_prefix("POETRY_REPOSITORIES_").and_then(|rest| rest.strip_suffix("_URL"));
        found.extend(name.map(|name| (name.to_ascii_lowercase(), value.to_string_lossy().into_owned())));
    }
    for file in poetry_files(survey) {
        let Some(text) = survey.host.settings(&file) else { continue };
        let Some(document) = Document::parse(&text) else { continue };
        for name in document.keys(&["repositories"]) {
            let url = document.value(&["repositories", &name, "url"]);
            found.extend(url.map(|url| (name, url.text)));
        }
    }
    if let Some(text) = above(survey, "pyproject.toml").and_then(|file| survey.host.settings(&file))
        && let Some(document) = Document::parse(&text)
    {
        let sources = document.pairs(&["tool", "poetry", "source"], "name", "url");
        found.extend(sources.into_iter().map(|(name, url)| (name.text, url.text)));
    }
    found
}

/// The files of poetry's settings, the one that counts first: the project's, the user's.
fn poetry_files(survey: &Survey<'_>) -> Vec<PathBuf> {
    let own = survey.set("POETRY_CONFIG_DIR");
    let own = own.or_else(|| survey.config_home().map(|directory| directory.join("pypoetry")));
    let project = above(survey, "pyproject.toml").map(|file| file.with_file_name("poetry.toml"));
    project.into_iter().chain(own.map(|directory| directory.join("config.toml"))).collect()
}

/// `certificates.NAME.cert` by name, the value that counts first: a variable, the project's file, the user's.
fn certificates(survey: &Survey<'_>) -> Vec<(String, Setting)> {
    let mut found: Vec<(String, Setting)> = Vec::new();
    for (name, value) in survey.host.environment() {
        let text = name.to_string_lossy();
        let repository = text.strip_prefix("POETRY_CERTIFICATES_").and_then(|rest| rest.strip_suffix("_CERT"));
        if let Some(repository) = repository.filter(|name| !name.is_empty() && !name.ends_with("_CLIENT")) {
            let setting = Setting { value: value.clone(), source: Source::Variable(text.clone().into_owned()) };
            found.push((repository.to_ascii_lowercase(), setting));
        }
    }
    for file in poetry_files(survey) {
        let Some(text) = survey.host.settings(&file) else { continue };
        let Some(document) = Document::parse(&text) else { continue };
        for name in document.keys(&["certificates"]) {
            if let Some(value) = document.value(&["certificates", &name, "cert"])
                && !found.iter().any(|(known, _)| *known == name)
            {
                found.push((name, setting(&file, value)));
            }
        }
    }
    found
}
