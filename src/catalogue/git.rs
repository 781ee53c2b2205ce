//! git, by the libcurl its HTTPS helper is linked to.
//!
//! Several gits can stand on one machine, each with a libcurl of its own TLS library. The
//! environment beats the configuration, and each half is replaced alone.

use super::client::{Client, Edit, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::survey::Survey;
use crate::settings::git;
use std::path::PathBuf;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[GIT];

const CONFIG: &str = "https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpsslCAInfo";
const HTTP: &str = "https://github.com/git/git/blob/v2.39.5/http.c";

/// Files git reads one after another at most, `include.path` followed: git's own depth is 10
/// (`MAX_INCLUDE_DEPTH`, config.c).
const INCLUDES: usize = 10;

/// Pairs taken from `GIT_CONFIG_COUNT`: more than anybody sets by hand or script.
const VARIABLES: usize = 1000;

/// `git`: every git on PATH.
const GIT: Client = Client::new(
    "git",
    "git",
    "GIT_SSL_CAINFO, else http.sslCAInfo, else what its libcurl was built with; the directory likewise.",
    Rule::Each(
        |survey| survey.gits(),
        &Rule::All(&[
            Leaf::switch("GIT_SSL_NO_VERIFY").says(HTTP),
            Leaf::switch_setting("http.sslVerify", unverified).says(CONFIG),
            Rule::First(&[
                Leaf::variable("GIT_SSL_CAINFO").missing(Then::Refuse).empty(Then::Refuse).says(HTTP),
                Leaf::setting("http.sslCAInfo", |survey, i| paths(survey, i, "sslcainfo"))
                    .empty(Then::Refuse)
                    .says(CONFIG),
                Leaf::path("{cafile}").missing(Then::Refuse).says(HTTP),
            ]),
            Rule::First(&[
                // OpenSSL refuses a directory without a name; GnuTLS finds nothing there.
                Leaf::variable("GIT_SSL_CAPATH").look(Look::HashLazy).empty(Then::Refuse).given("openssl").says(HTTP),
                Leaf::variable("GIT_SSL_CAPATH").look(Look::EveryFile).empty(Then::Bind).given("gnutls").says(HTTP),
                Leaf::setting("http.sslCAPath", |survey, i| paths(survey, i, "sslcapath"))
                    .look(Look::HashLazy)
                    .missing(Then::Bind)
                    .empty(Then::Refuse)
                    .given("openssl")
                    .says(CONFIG),
                Leaf::setting("http.sslCAPath", |survey, i| paths(survey, i, "sslcapath"))
                    .look(Look::EveryFile)
                    .missing(Then::Bind)
                    .empty(Then::Bind)
                    .given("gnutls")
                    .says(CONFIG),
                Leaf::path("{capath}").look(Look::HashLazy).given("openssl").says(HTTP),
                Leaf::path("{capath}").look(Look::EveryFile).given("gnutls").says(HTTP),
            ]),
        ]),
    ),
)
.reads(&[
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_KEY_<n>",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_VALUE_<n>",
    "XDG_CONFIG_HOME",
])
.edit(Edit::Never("it reads the system's store: add the root there, or set http.sslCAInfo"));

/// The paths of `http.KEY`, `~` expanded; one without a name stays without.
fn paths(survey: &Survey<'_>, installation: &Installation, key: &str) -> Vec<Setting> {
    let mut found = config(survey, installation, key);
    for setting in found.iter_mut().filter(|setting| !setting.value.is_empty()) {
        setting.value = survey.host.absolute(std::path::Path::new(&setting.value)).into_os_string();
    }
    found
}

/// `http.sslVerify`, where the value that counts is one of git's words for no.
fn unverified(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let counts = config(survey, installation, "sslverify").into_iter().next();
    counts.filter(|setting| is_no(&setting.value)).into_iter().collect()
}

/// git's words for no (`git_parse_maybe_bool`, parse.c).
fn is_no(value: &std::ffi::OsStr) -> bool {
    ["", "false", "no", "off", "0"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// The configuration of the repository whose working tree begins at `top`. In a linked working tree
/// or a submodule `.git` is a file that names the directory (gitrepository-layout(5)).
fn repository(survey: &Survey<'_>, top: &std::path::Path) -> Option<PathBuf> {
    let host = survey.host;
    let git = top.join(".git");
    if !host.is_file(&git) {
        return Some(git.join("config")).filter(|file| host.is_file(file));
    }
    let named = |text: &str| PathBuf::from(text.trim_end_matches(['\r', '\n']));
    let own = top.join(named(host.settings(&git)?.strip_prefix("gitdir: ")?));
    let shared = host.settings(&own.join("commondir")).map(|text| own.join(named(&text)));
    Some(shared.unwrap_or(own).join("config"))
}

/// The values of `http.KEY` without a URL, the one that counts first: repository, user, system.
fn config(survey: &Survey<'_>, installation: &Installation, key: &str) -> Vec<Setting> {
    let host = survey.host;
    let set = |name: &str| host.variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let mut files: Vec<PathBuf> = host.cwd.ancestors().find_map(|d| repository(survey, d)).into_iter().collect();
    // Set to nothing, the variable stands for no file at all.
    match host.variable("GIT_CONFIG_GLOBAL") {
        Some(file) => files.push(PathBuf::from(file)),
        None => {
            files.extend(survey.in_home(".gitconfig"));
            let xdg = set("XDG_CONFIG_HOME").or_else(|| survey.in_home(".config"));
            files.extend(xdg.map(|directory| directory.join("git/config")));
        }
    }
    if host.variable("GIT_CONFIG_NOSYSTEM").is_none_or(is_no) {
        files.extend(set("GIT_CONFIG_SYSTEM").or_else(|| installation.place("gitconfig").cloned()));
    }
    let mut found = in_environment(survey, key);
    found.extend(files.iter().flat_map(|file| in_file(survey, file, key, INCLUDES)));
    found
}

/// The values that `GIT_CONFIG_COUNT` announces, which come after every file: the last first.
fn in_environment(survey: &Survey<'_>, key: &str) -> Vec<Setting> {
    let variable = |name: &str| survey.host.variable(name);
    let count = variable("GIT_CONFIG_COUNT").and_then(|count| count.to_str()?.parse().ok()).unwrap_or(0);
    let wanted = format!("http.{key}");
    let found = (0..usize::min(count, VARIABLES)).rev().filter_map(|index| {
        let name = variable(&format!("GIT_CONFIG_KEY_{index}"))?.to_str()?;
        let named = format!("GIT_CONFIG_VALUE_{index}");
        let value = variable(&named)?.to_os_string();
        name.eq_ignore_ascii_case(&wanted).then_some(Setting { value, source: Source::Variable(named) })
    });
    found.collect()
}

/// The values in one file and what it includes, the last first.
fn in_file(survey: &Survey<'_>, file: &std::path::Path, key: &str, depth: usize) -> Vec<Setting> {
    let Some(text) = survey.host.settings(file) else { return Vec::new() };
    let mut found = Vec::new();
    for variable in git::variables(&text) {
        if variable.section == "http" && variable.subsection.is_none() && variable.key == key {
            let value = variable.value.text.clone().into();
            found.push(Setting { value, source: Source::File(file.to_path_buf(), variable.value.line) });
        } else if variable.section == "include" && variable.key == "path" && depth > 0 {
            let named = std::path::Path::new(&variable.value.text);
            let path = if named.starts_with("~") {
                survey.host.absolute(named)
            } else {
                file.parent().unwrap_or(file).join(named)
            };
            found.extend(in_file(survey, &path, key, depth - 1).into_iter().rev());
        }
    }
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::Searched;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    #[test]
    fn working_trees_and_submodules_have_the_configuration_of_their_repository() {
        let text = |name: &str| format!("[http]\nsslCAInfo = /{name}.pem\n");
        let files = Memory::new()
            .file("/repo/.git/config", text("repo"))
            .file("/repo/.git/worktrees/tree/commondir", "../..\n")
            .file("/tree/.git", "gitdir: /repo/.git/worktrees/tree\n")
            .file("/repo/.git/modules/sub/config", text("sub"))
            .file("/repo/sub/.git", "gitdir: ../.git/modules/sub\n")
            .file("/repo/sub/inner/file", "");
        let mut host = Host::new(Box::new(files), System::Linux);
        for (cwd, expected) in [("/repo", "/repo.pem"), ("/tree", "/repo.pem"), ("/repo/sub/inner", "/sub.pem")] {
            host.cwd = cwd.into();
            let found = paths(&Survey::new(&host, Searched::default()), &Installation::default(), "sslcainfo");
            assert_eq!(found.iter().map(|setting| setting.value.clone()).collect::<Vec<_>>(), [expected], "{cwd}");
        }
    }
}
