//! curl, the command-line tool, by the libcurl it is linked to.
//!
//! The tool reads the variables, not the library: programs that use libcurl see none of them.
//! Only the half that is named is replaced; with a compiled-in directory `--cacert` and
//! `CURL_CA_BUNDLE` do not restrict trust to that file.

use super::client::{Client, Edit, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::survey::Survey;
use crate::settings::lines;
use std::path::PathBuf;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[CURL];

const SSLCERTS: &str = "https://curl.se/docs/sslcerts.html";
const CURLRC: &str = "https://curl.se/docs/manpage.html#-K";
const TOOL: &str = "https://github.com/curl/curl/blob/curl-7_88_1/src/tool_operate.c";

/// The mark of a curl whose curlrc has `cacert` or `capath`.
const CURLRC_STORE: &str = "curlrc-store";

/// `curl`: every curl on PATH.
const CURL: Client = Client::new(
    "curl",
    "curl",
    "The tool: CURL_CA_BUNDLE, else SSL_CERT_FILE and SSL_CERT_DIR, else what its libcurl was built with, half by half.",
    Rule::Each(
        curls,
        &Rule::All(&[
            Leaf::switch_setting("insecure", insecure).says(CURLRC),
            Rule::First(&[
                Leaf::setting("cacert", |survey, i| curlrc(survey, i, "cacert")).says(CURLRC),
                named("CURL_CA_BUNDLE").missing(Then::Refuse).says(SSLCERTS),
                named("SSL_CERT_FILE").missing(Then::Refuse).between(&[("curl", "8.3.0", "")]).says(TOOL),
                // Before 8.3.0 the file is ignored when the directory is set.
                named("SSL_CERT_FILE")
                    .missing(Then::Refuse)
                    .between(&[("curl", "", "8.3.0")])
                    .unless("SSL_CERT_DIR")
                    .says(TOOL),
                Leaf::path("{cafile}").missing(Then::Refuse).says(SSLCERTS),
            ]),
            Rule::First(&[
                // libcurl asks a directory for names later, or passes over one it cannot list.
                Leaf::setting("capath", |survey, i| curlrc(survey, i, "capath"))
                    .look(Look::HashLazy)
                    .missing(Then::Bind)
                    .given("openssl")
                    .says(CURLRC),
                Leaf::setting("capath", |survey, i| curlrc(survey, i, "capath"))
                    .look(Look::EveryFile)
                    .missing(Then::Bind)
                    .given("gnutls")
                    .says(CURLRC),
                named("SSL_CERT_DIR").look(Look::HashLazy).unless("CURL_CA_BUNDLE").given("openssl").says(TOOL),
                named("SSL_CERT_DIR").look(Look::EveryFile).unless("CURL_CA_BUNDLE").given("gnutls").says(TOOL),
                Leaf::path("{capath}").look(Look::HashLazy).given("openssl").says(SSLCERTS),
                Leaf::path("{capath}").look(Look::EveryFile).given("gnutls").says(SSLCERTS),
            ]),
        ]),
    ),
)
.reads(&["CURL_HOME", "XDG_CONFIG_HOME"])
.edit(Edit::Never("it reads the system's store: add the root there"));

/// A variable: the tool looks at none when its configuration names a file or a directory.
const fn named(variable: &'static str) -> Leaf {
    Leaf::variable(variable).except(CURLRC_STORE, "not looked at, because a curlrc names a file or a directory")
}

/// Every curl on PATH, marked where its curlrc names a store.
fn curls(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.curls();
    for installation in &mut found {
        let names_store = ["cacert", "capath"].iter().any(|name| !curlrc(survey, installation, name).is_empty());
        if names_store {
            Arc::make_mut(installation).marks.push(CURLRC_STORE);
        }
    }
    found
}

/// A setting of the first curlrc there is.
fn curlrc(survey: &Survey<'_>, installation: &Installation, name: &str) -> Vec<Setting> {
    let Some((file, text)) = curlrc_text(survey, installation) else { return Vec::new() };
    let setting = lines::value(&text, name);
    let setting = setting.map(|value| Setting { value: value.text.into(), source: Source::File(file, value.line) });
    setting.into_iter().collect()
}

/// `insecure`, or `-k`, where the curlrc says it.
fn insecure(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    ["insecure", "k"].iter().flat_map(|name| curlrc(survey, installation, name)).take(1).collect()
}

/// The first curlrc there is: a dot file in three directories, and `.config/curlrc` only where
/// `XDG_CONFIG_HOME` is not set (src/tool_findfile.c). The file without a dot in
/// `XDG_CONFIG_HOME`, which the manual promises, is read since 8.10.0
/// (<https://github.com/curl/curl/pull/14600>).
fn curlrc_text(survey: &Survey<'_>, installation: &Installation) -> Option<(PathBuf, String)> {
    let host = survey.host;
    let set = |name: &str| host.variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let (curl, xdg, home) = (set("CURL_HOME"), set("XDG_CONFIG_HOME"), survey.home().map(PathBuf::from));
    let undotted = xdg.clone().filter(|_| installation.version("curl").is_none_or(|v| v.is_between("8.10.0", "")));
    let config = curl.as_ref().or(home.as_ref()).filter(|_| xdg.is_none());
    let files = [
        curl.as_ref().map(|directory| directory.join(".curlrc")),
        undotted.map(|directory| directory.join("curlrc")),
        xdg.map(|directory| directory.join(".curlrc")),
        home.as_ref().map(|directory| directory.join(".curlrc")),
        config.map(|directory| directory.join(".config/curlrc")),
    ];
    files.into_iter().flatten().find_map(|file| Some((file.clone(), host.settings(&file)?)))
}
