//! curl, the command-line tool, by the libcurl it is linked to.
//!
//! The tool reads the variables, not the library: programs that use libcurl see none of them.
//! Only the half that is named is replaced; with a compiled-in directory `--cacert` and
//! `CURL_CA_BUNDLE` do not restrict trust to that file.

use super::client::{Client, Edit, Installation, Leaf, Look, Rule, Setting, Then};
use super::survey::Survey;
use crate::settings::lines;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[CURL];

const SSLCERTS: &str = "https://curl.se/docs/sslcerts.html";
const CURLRC: &str = "https://curl.se/docs/manpage.html#-K";
const TOOL: &str = "https://github.com/curl/curl/blob/curl-7_88_1/src/tool_operate.c";

/// `curl`: every curl on PATH.
const CURL: Client = Client::new(
    "curl",
    "curl",
    "The tool: CURL_CA_BUNDLE, else SSL_CERT_FILE and SSL_CERT_DIR, else what its libcurl was built with, half by half.",
    Rule::Each(
        |survey| survey.curls(),
        &Rule::All(&[
            Rule::First(&[
                Leaf::setting("cacert", |survey, i| curlrc(survey, i, "cacert")).says(CURLRC),
                Leaf::variable("CURL_CA_BUNDLE").missing(Then::Refuse).says(SSLCERTS),
                Leaf::variable("SSL_CERT_FILE").missing(Then::Refuse).between(&[("curl", "8.3.0", "")]).says(TOOL),
                // Before 8.3.0 the file is ignored when the directory is set.
                Leaf::variable("SSL_CERT_FILE")
                    .missing(Then::Refuse)
                    .between(&[("curl", "", "8.3.0")])
                    .unless("SSL_CERT_DIR")
                    .says(TOOL),
                Leaf::path("{cafile}").missing(Then::Refuse).says(SSLCERTS),
            ]),
            Rule::First(&[
                Leaf::setting("capath", |survey, i| curlrc(survey, i, "capath")).look(Look::HashLazy).says(CURLRC),
                Leaf::variable("SSL_CERT_DIR").look(Look::HashLazy).unless("CURL_CA_BUNDLE").given("openssl").says(TOOL),
                Leaf::variable("SSL_CERT_DIR").look(Look::EveryFile).unless("CURL_CA_BUNDLE").given("gnutls").says(TOOL),
                Leaf::path("{capath}").look(Look::HashLazy).given("openssl").says(SSLCERTS),
                Leaf::path("{capath}").look(Look::EveryFile).given("gnutls").says(SSLCERTS),
            ]),
        ]),
    ),
)
.edit(Edit::Never("it reads the system's store: add the root there"));

/// A setting of the first curlrc there is (`CURL_HOME`, `XDG_CONFIG_HOME`, `HOME`).
fn curlrc(survey: &Survey<'_>, _: &Installation, name: &str) -> Vec<Setting> {
    let host = survey.host;
    let below = |variable: &str, file: &str| {
        host.variable(variable).filter(|value| !value.is_empty()).map(|value| std::path::Path::new(value).join(file))
    };
    let files = [
        below("CURL_HOME", ".curlrc"),
        below("XDG_CONFIG_HOME", "curlrc"),
        survey.in_home(".config/curlrc"),
        survey.in_home(".curlrc"),
    ];
    let Some((file, text)) = files.into_iter().flatten().find_map(|file| Some((file.clone(), host.settings(&file)?)))
    else {
        return Vec::new();
    };
    lines::value(&text, name)
        .map(|value| Setting { value: value.text.into(), file, line: value.line })
        .into_iter()
        .collect()
}
