//! git, by the libcurl its HTTPS helper is linked to.
//!
//! Several gits can stand on one machine, each with a libcurl of its own TLS library. The
//! environment beats the configuration, and each half is replaced alone. A setting below the URL of
//! some servers, or for proxies, holds for those and leaves the rest as it is.

mod configuration;
mod repository;

use super::client::{Client, Edit, Installation, Leaf, Look, Roots, Rule, Setting, Source, Then};
use super::curl::COMPILED_DIRECTORY;
use super::survey::{HASHED_DIRECTORY, Survey, WHOLE_DIRECTORY};
use crate::policy;
use crate::policy::curl::FOREIGN_BACKEND;
use crate::settings::server::{Fits, Names, Rank};
use configuration::{HttpSetting, configuration, is_no, pathname};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[GIT];

const CONFIG: &str = "https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpsslCAInfo";
const SYNTAX: &str = "https://git-scm.com/docs/git-config#_syntax";
const PROXY: &str = "https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpproxySSLCAInfo";
const HTTP: &str = "https://github.com/git/git/blob/v2.39.5/http.c";

/// `git`: every git on PATH.
const GIT: Client = Client::new(
    "git",
    "git",
    "GIT_SSL_CAINFO, else http.sslCAInfo, else what its libcurl was built with; the directory likewise.",
    Rule::Each(
        gits,
        &Rule::All(&[
            Leaf::refusal("gitconfig", |survey, i| configuration(survey, i).refused.clone().into_iter().collect())
                .says(SYNTAX),
            Leaf::refusal("http.sslCert", without_certificate).says(HTTP),
            Leaf::switch("GIT_SSL_NO_VERIFY").says(HTTP),
            Leaf::switch_setting("http.sslVerify", unverified).names(Names::Urls).says(CONFIG),
            Leaf::setting("http.proxySSLCAInfo", |survey, i| paths(survey, i, "proxysslcainfo")).says(PROXY),
            Rule::First(&[
                Leaf::variable("GIT_SSL_CAINFO").missing(Then::Refuse).empty(Then::Refuse).says(HTTP),
                Leaf::setting("http.sslCAInfo", |survey, i| paths(survey, i, "sslcainfo"))
                    .names(Names::Urls)
                    .empty(Then::Refuse)
                    .says(CONFIG),
                Leaf::path("{cafile}").missing(Then::Refuse).says(HTTP),
            ]),
            Rule::First(&[
                // OpenSSL refuses a directory without a name; GnuTLS finds nothing there.
                Leaf::list("GIT_SSL_CAPATH")
                    .look(Look::HashLazy)
                    .empty(Then::Refuse)
                    .given(&HASHED_DIRECTORY)
                    .says(HTTP),
                Leaf::variable("GIT_SSL_CAPATH")
                    .look(Look::EveryFile)
                    .empty(Then::Bind)
                    .given(&WHOLE_DIRECTORY)
                    .says(HTTP),
                Leaf::setting("http.sslCAPath", |survey, i| paths(survey, i, "sslcapath"))
                    .names(Names::Urls)
                    .look(Look::HashLazy)
                    .lists()
                    .missing(Then::Bind)
                    .empty(Then::Refuse)
                    .given(&HASHED_DIRECTORY)
                    .says(CONFIG),
                Leaf::setting("http.sslCAPath", |survey, i| paths(survey, i, "sslcapath"))
                    .names(Names::Urls)
                    .look(Look::EveryFile)
                    .missing(Then::Bind)
                    .empty(Then::Bind)
                    .given(&WHOLE_DIRECTORY)
                    .says(CONFIG),
                COMPILED_DIRECTORY,
            ]),
        ]),
    ),
)
.judged_by(&policy::curl::GIT)
.reads(&[
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_KEY_<n>",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_VALUE_<n>",
    "GIT_DIR",
    "GIT_SSL_CERT",
    "XDG_CONFIG_HOME",
])
.edit(Edit::Elsewhere("it reads the system's store: add the root there, or set http.sslCAInfo"))
.roots(Roots::Public);

/// Every git on PATH, with what of its configuration castore cannot follow.
fn gits(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.gits();
    for installation in &mut found {
        let read = configuration(survey, installation);
        let backend = read.values.iter().find(|one| one.key == "sslbackend" && one.url.is_none() && !one.is_open);
        let installation = Arc::make_mut(installation);
        installation.unknown.extend(read.unknown.iter().cloned());
        installation.remarks.extend(read.remarks.iter().cloned());
        if let Some(HttpSetting { setting, .. }) = backend {
            match has_backend(installation, &setting.value.to_string_lossy()) {
                Some(true) => {}
                Some(false) => {
                    installation.marks.push(FOREIGN_BACKEND);
                    installation.remarks.push(format!(
                        "http.sslBackend is {}, which its libcurl does not have: git ends with \"Unsupported SSL backend\"",
                        setting.value.display()
                    ));
                }
                None => installation.unknown.push(format!(
                    "http.sslBackend is {}, which counts where its libcurl has several",
                    setting.value.display()
                )),
            }
        }
    }
    found
}

/// Whether the one TLS library of its libcurl is what `http.sslBackend` names, in any letters (`curl_global_sslset`; seen
/// with git 2.47.3 on GnuTLS, which ends with `Unsupported SSL backend 'openssl'` otherwise); nothing where it is not known
/// that there is one.
fn has_backend(installation: &Installation, wanted: &str) -> Option<bool> {
    let own = match (installation.has("gnutls"), installation.version("openssl").is_some()) {
        (true, false) => "gnutls",
        (false, true) => "openssl",
        _ => return None,
    };
    Some(own.eq_ignore_ascii_case(wanted))
}

/// The paths of `http.KEY`, `~` expanded; one without a name stays without. What holds for proxies or for
/// some servers says so.
fn paths(survey: &Survey<'_>, installation: &Installation, key: &str) -> Vec<Setting> {
    let mut found = config(survey, installation, key);
    for setting in found.iter_mut().filter(|setting| !setting.value.is_empty()) {
        if let Some(text) = setting.value.to_str() {
            setting.value = pathname(survey, installation, text).into_os_string();
        }
    }
    if key.starts_with("proxy") && survey.server().is_some() {
        // The proxy is not what was asked about.
        return Vec::new();
    }
    if key.starts_with("proxy") {
        found.iter_mut().for_each(|setting| {
            if let Source::File(file, line) = &setting.source {
                setting.source = Source::Scoped(file.clone(), *line, "proxies reached by HTTPS".to_owned());
            }
        });
        found.retain(|setting| matches!(setting.source, Source::Scoped(..)));
    }
    found
}

/// What git ends with where the client's own certificate is not there: that of `GIT_SSL_CERT`, else of `http.sslCert`.
fn without_certificate(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let variable = survey
        .host
        .variable("GIT_SSL_CERT")
        .map(|value| Setting { value: value.to_os_string(), source: Source::Variable("GIT_SSL_CERT".to_owned()) });
    let set =
        || paths(survey, installation, "sslcert").into_iter().find(|one| !matches!(one.source, Source::Scoped(..)));
    let why = "git ends, because the client's own certificate is not there";
    variable.or_else(set).and_then(|named| survey.not_there(&named, why)).into_iter().collect()
}

/// `http.sslVerify`, where the value that counts is one of git's words for no.
fn unverified(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let (scoped, general): (Vec<_>, Vec<_>) =
        config(survey, installation, "sslverify").into_iter().partition(|s| matches!(s.source, Source::Scoped(..)));
    let counts = general.into_iter().take(1).chain(scoped);
    counts.filter(|setting| is_no(&setting.value)).collect()
}

/// The values of `http.KEY`, the one that counts first.
///
/// Where a server was asked about, what holds below its URL stands before what holds everywhere, the URL that names it
/// best first (`urlmatch_config_entry`, urlmatch.c); what holds for others is left out, and what may hold stays scoped.
fn config(survey: &Survey<'_>, installation: &Installation, key: &str) -> Vec<Setting> {
    let found = configuration(survey, installation);
    let values = found.values.iter().filter(|one| one.key == key);
    let Some(server) = survey.server() else { return values.map(|one| one.setting.clone()).collect() };
    let mut ranked: Vec<(Option<Rank>, Setting)> = Vec::new();
    let mut open = Vec::new();
    for HttpSetting { url, setting, is_open, .. } in values {
        match url.as_deref().map(|url| server.is_below(url)) {
            Some(Fits::No) => {}
            _ if *is_open => open.push(setting.clone()),
            None => ranked.push((None, setting.clone())),
            Some(Fits::Yes(rank)) => ranked.push((Some(rank), unscoped(setting.clone()))),
            Some(Fits::Depends) => open.push(setting.clone()),
        }
    }
    // The sort keeps the order of equals: the later value of two that name the server as well.
    ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    // A value that may hold stands before all that do: it names the server by more.
    open.into_iter().chain(ranked.into_iter().map(|(_, setting)| setting)).collect()
}

/// A setting for some servers as one that holds for the server that was asked about.
fn unscoped(setting: Setting) -> Setting {
    let source = match setting.source {
        Source::Scoped(place, line, _) => match place.to_str().and_then(|text| text.strip_prefix('$')) {
            Some(variable) => Source::Variable(variable.to_owned()),
            None => Source::File(place, line),
        },
        other => other,
    };
    Setting { source, ..setting }
}

#[cfg(test)]
mod tests;
