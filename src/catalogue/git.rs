//! git, by the libcurl its HTTPS helper is linked to.
//!
//! Several gits can stand on one machine, each with a libcurl of its own TLS library. The
//! environment beats the configuration, and each half is replaced alone. A setting below the URL of
//! some servers, or for proxies, holds for those and leaves the rest as it is.

use super::client::{Client, Edit, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::curl::COMPILED_DIRECTORY;
use super::survey::{HASHED_DIRECTORY, Survey, WHOLE_DIRECTORY};
use crate::policy;
use crate::settings::{Value, git, wildmatch, without_user};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[GIT];

const CONFIG: &str = "https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpsslCAInfo";
const PROXY: &str = "https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpproxySSLCAInfo";
const HTTP: &str = "https://github.com/git/git/blob/v2.39.5/http.c";

/// Files git reads one after another at most, `include.path` followed: git's own depth is 10
/// (`MAX_INCLUDE_DEPTH`, config.c).
const INCLUDES: usize = 10;

/// Files of one configuration that are read at most, so that one which includes itself twice comes to an
/// end: a hundred times those of any user.
const FILES: usize = 1000;

/// Pairs taken from `GIT_CONFIG_COUNT`: more than anybody sets by hand or script.
const VARIABLES: usize = 1000;

/// `git`: every git on PATH.
const GIT: Client = Client::new(
    "git",
    "git",
    "GIT_SSL_CAINFO, else http.sslCAInfo, else what its libcurl was built with; the directory likewise.",
    Rule::Each(
        gits,
        &Rule::All(&[
            Leaf::switch("GIT_SSL_NO_VERIFY").says(HTTP),
            Leaf::switch_setting("http.sslVerify", unverified).says(CONFIG),
            Leaf::setting("http.proxySSLCAInfo", |survey, i| paths(survey, i, "proxysslcainfo")).says(PROXY),
            Rule::First(&[
                Leaf::variable("GIT_SSL_CAINFO").missing(Then::Refuse).empty(Then::Refuse).says(HTTP),
                Leaf::setting("http.sslCAInfo", |survey, i| paths(survey, i, "sslcainfo"))
                    .empty(Then::Refuse)
                    .says(CONFIG),
                Leaf::path("{cafile}").missing(Then::Refuse).says(HTTP),
            ]),
            Rule::First(&[
                // OpenSSL refuses a directory without a name; GnuTLS finds nothing there.
                Leaf::variable("GIT_SSL_CAPATH")
                    .look(Look::HashLazy)
                    .empty(Then::Refuse)
                    .given(HASHED_DIRECTORY)
                    .says(HTTP),
                Leaf::variable("GIT_SSL_CAPATH")
                    .look(Look::EveryFile)
                    .empty(Then::Bind)
                    .given(WHOLE_DIRECTORY)
                    .says(HTTP),
                Leaf::setting("http.sslCAPath", |survey, i| paths(survey, i, "sslcapath"))
                    .look(Look::HashLazy)
                    .missing(Then::Bind)
                    .empty(Then::Refuse)
                    .given(HASHED_DIRECTORY)
                    .says(CONFIG),
                Leaf::setting("http.sslCAPath", |survey, i| paths(survey, i, "sslcapath"))
                    .look(Look::EveryFile)
                    .missing(Then::Bind)
                    .empty(Then::Bind)
                    .given(WHOLE_DIRECTORY)
                    .says(CONFIG),
                COMPILED_DIRECTORY,
            ]),
        ]),
    ),
)
.judged_by(&policy::curl::CURL)
.reads(&[
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_KEY_<n>",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_VALUE_<n>",
    "GIT_DIR",
    "XDG_CONFIG_HOME",
])
.edit(Edit::Never("it reads the system's store: add the root there, or set http.sslCAInfo"));

/// Every git on PATH, with what of its configuration castore cannot follow.
fn gits(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.gits();
    for installation in &mut found {
        let read = configuration(survey, installation);
        let backend = read.values.iter().find(|(key, scope, _)| key == "sslbackend" && scope.is_none());
        let installation = Arc::make_mut(installation);
        installation.unknown.extend(read.unknown);
        installation.unknown.extend(backend.map(|(.., setting)| {
            format!("http.sslBackend is {}, which counts where its libcurl has several", setting.value.display())
        }));
    }
    found
}

/// The paths of `http.KEY`, `~` expanded; one without a name stays without. What holds for proxies or for
/// some servers says so.
fn paths(survey: &Survey<'_>, installation: &Installation, key: &str) -> Vec<Setting> {
    let mut found = config(survey, installation, key);
    for setting in found.iter_mut().filter(|setting| !setting.value.is_empty()) {
        setting.value = survey.host.absolute(Path::new(&setting.value)).into_os_string();
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

/// `http.sslVerify`, where the value that counts is one of git's words for no.
fn unverified(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let (scoped, general): (Vec<_>, Vec<_>) =
        config(survey, installation, "sslverify").into_iter().partition(|s| matches!(s.source, Source::Scoped(..)));
    let counts = general.into_iter().take(1).chain(scoped);
    counts.filter(|setting| is_no(&setting.value)).collect()
}

/// git's words for no (`git_parse_maybe_bool`, parse.c).
fn is_no(value: &std::ffi::OsStr) -> bool {
    ["", "false", "no", "off", "0"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// A repository: its own directory, and the one it shares with other working trees.
struct Repository {
    own: PathBuf,
    shared: PathBuf,
}

/// The repository that git finds: `GIT_DIR`, else upwards from the current directory.
fn repository(survey: &Survey<'_>) -> Option<Repository> {
    let host = survey.host;
    let own = match host.variable("GIT_DIR").filter(|value| !value.is_empty()) {
        Some(named) => host.absolute(Path::new(named)),
        None => host.cwd.ancestors().find_map(|top| git_directory(survey, top))?,
    };
    let shared = host.settings(&own.join("commondir")).map(|text| own.join(line(&text)));
    Some(Repository { shared: shared.unwrap_or_else(|| own.clone()), own })
}

/// The directory of the repository whose working tree begins at `top`, or which `top` is, being bare.
/// In a linked working tree or a submodule `.git` is a file that names the directory
/// (gitrepository-layout(5)).
fn git_directory(survey: &Survey<'_>, top: &Path) -> Option<PathBuf> {
    let host = survey.host;
    let git = top.join(".git");
    if host.is_file(&git) {
        return Some(top.join(line(host.settings(&git)?.strip_prefix("gitdir: ")?)));
    }
    let is_repository =
        |directory: &Path| host.is_file(&directory.join("HEAD")) && host.is_directory(&directory.join("objects"));
    if host.is_file(&git.join("config")) {
        return Some(git);
    }
    is_repository(top).then(|| top.to_path_buf())
}

fn line(text: &str) -> &str {
    text.trim_end_matches(['\r', '\n'])
}

/// What of `http.*` is set: key, URL if it is for some servers alone, and the setting.
#[derive(Default)]
struct Configuration {
    /// The value that counts first.
    values: Vec<(String, Option<String>, Setting)>,
    unknown: Vec<String>,
}

/// The values of `http.KEY`, the one that counts first.
fn config(survey: &Survey<'_>, installation: &Installation, key: &str) -> Vec<Setting> {
    let found = configuration(survey, installation).values.into_iter();
    found.filter(|(known, ..)| known == key).map(|(.., setting)| setting).collect()
}

/// Every level: what the environment says, working tree, repository, user, system (git-config(1),
/// "FILES" and "ENVIRONMENT").
fn configuration(survey: &Survey<'_>, installation: &Installation) -> Configuration {
    let host = survey.host;
    let set = |name: &str| host.variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let repository = repository(survey);
    let mut files = Vec::new();
    if let Some(repository) = &repository {
        if has_worktree_config(survey, &repository.shared) {
            files.push(repository.own.join("config.worktree"));
        }
        files.push(repository.shared.join("config"));
    }
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
    let git = repository.map(|found| found.own);
    let mut reader = Reader { survey, git, left: FILES, found: Configuration::default() };
    reader.found.values = in_environment(survey);
    for file in files {
        reader.file(&file);
    }
    reader.found
}

/// Whether `extensions.worktreeConfig` is on in a repository.
fn has_worktree_config(survey: &Survey<'_>, shared: &Path) -> bool {
    let text = survey.host.settings(&shared.join("config")).unwrap_or_default();
    let variables = git::parse(&text).variables;
    let last = variables.iter().rfind(|one| one.section == "extensions" && one.key == "worktreeconfig");
    last.is_some_and(|one| !is_no(std::ffi::OsStr::new(&one.value.text)))
}

/// The values that `GIT_CONFIG_COUNT` announces, which come after every file: the last first.
fn in_environment(survey: &Survey<'_>) -> Vec<(String, Option<String>, Setting)> {
    let variable = |name: &str| survey.host.variable(name);
    let count = variable("GIT_CONFIG_COUNT").and_then(|count| count.to_str()?.parse().ok()).unwrap_or(0);
    let found = (0..usize::min(count, VARIABLES)).rev().filter_map(|index| {
        let name = variable(&format!("GIT_CONFIG_KEY_{index}"))?.to_str()?;
        let named = format!("GIT_CONFIG_VALUE_{index}");
        let value = variable(&named)?.to_os_string();
        let (section, key) = name.split_once('.')?;
        let is_general = section.eq_ignore_ascii_case("http") && !key.contains('.');
        is_general.then(|| (key.to_ascii_lowercase(), None, Setting { value, source: Source::Variable(named) }))
    });
    found.collect()
}

struct Reader<'r, 'h> {
    survey: &'r Survey<'h>,
    /// The directory of the repository, for conditions on it.
    git: Option<PathBuf>,
    /// Files that may still be read.
    left: usize,
    found: Configuration,
}

impl Reader<'_, '_> {
    /// One file of the configuration with what it includes, the last value first.
    fn file(&mut self, file: &Path) {
        let mut values = Vec::new();
        self.read(file, INCLUDES, &mut values);
        self.found.values.extend(values.into_iter().rev());
    }

    fn read(&mut self, file: &Path, depth: usize, values: &mut Vec<(String, Option<String>, Setting)>) {
        let Some(text) = self.survey.host.settings(file) else { return };
        let Some(left) = self.left.checked_sub(1) else {
            self.unknown(format!("its configuration has more than {FILES} files"));
            return;
        };
        self.left = left;
        let parsed = git::parse(&text);
        if let Some(line) = parsed.refused {
            self.unknown(format!("git refuses its configuration: {}:{line}", file.display()));
        }
        for variable in parsed.variables {
            let (key, line) = (variable.key, variable.value.line);
            match (variable.section.as_str(), variable.subsection) {
                ("http", scope) => {
                    let source = match &scope {
                        Some(url) => Source::Scoped(file.to_path_buf(), line, without_user(url)),
                        None => Source::File(file.to_path_buf(), line),
                    };
                    values.push((key, scope, Setting { value: variable.value.text.into(), source }));
                }
                ("include", None) if key == "path" => {
                    self.include(file, &variable.value, depth, values);
                }
                ("includeif", Some(condition)) if key == "path" && self.holds(&condition, file) => {
                    self.include(file, &variable.value, depth, values);
                }
                _ => {}
            }
        }
    }

    /// A file that another includes, where it is there: one too deep is where git stops.
    fn include(
        &mut self,
        file: &Path,
        named: &Value,
        depth: usize,
        values: &mut Vec<(String, Option<String>, Setting)>,
    ) {
        let below = self.beside(file, &named.text);
        match depth.checked_sub(1) {
            Some(depth) => self.read(&below, depth, values),
            None if self.survey.host.is_file(&below) => {
                self.unknown(format!("git refuses its configuration: {}:{}", file.display(), named.line));
            }
            None => {}
        }
    }

    /// Notes what is not known, once.
    fn unknown(&mut self, why: String) {
        if !self.found.unknown.contains(&why) {
            self.found.unknown.push(why);
        }
    }

    /// A path in a file: from the home directory, or from where the file is.
    fn beside(&self, file: &Path, named: &str) -> PathBuf {
        let named = Path::new(named);
        match named.starts_with("~") {
            true => self.survey.host.absolute(named),
            false => file.parent().unwrap_or(file).join(named),
        }
    }

    /// Whether a condition of `includeIf` holds (`include_condition_is_true`, config.c).
    fn holds(&mut self, condition: &str, file: &Path) -> bool {
        let (pattern, ignore_case) = match condition.split_once(':') {
            Some(("gitdir", pattern)) => (pattern, false),
            Some(("gitdir/i", pattern)) => (pattern, true),
            Some(("onbranch" | "hasconfig", _)) => {
                let why =
                    format!("whether {} includes a file depends on {:?}", file.display(), without_user(condition));
                self.unknown(why);
                return false;
            }
            _ => return false,
        };
        let Some(git) = &self.git else { return false };
        let pattern = self.pattern(pattern, file);
        // The path behind its links is tried first, then the path as it is.
        let real = self.survey.host.resolve(git).map(|found| found.path);
        let texts = real.into_iter().chain([git.clone()]);
        texts.into_iter().any(|text| wildmatch::matches(&pattern, &text.to_string_lossy(), ignore_case))
    }

    /// A pattern in full (`prepare_include_condition_pattern`, config.c).
    fn pattern(&self, pattern: &str, file: &Path) -> String {
        let directory =
            || self.survey.host.resolve(file).ok().and_then(|found| Some(found.path.parent()?.to_path_buf()));
        let mut full = match pattern.strip_prefix("./") {
            Some(rest) => directory().unwrap_or_default().join(rest).to_string_lossy().into_owned(),
            None if pattern.starts_with("~/") => {
                self.survey.host.absolute(Path::new(pattern)).to_string_lossy().into_owned()
            }
            None if pattern.starts_with('/') => pattern.to_owned(),
            None => format!("**/{pattern}"),
        };
        if pattern.ends_with('/') {
            full.truncate(full.trim_end_matches('/').len());
            full.push_str("/**");
        }
        full
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::Searched;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    /// `fatal: exceeded maximum include depth (10) while including …`
    #[test]
    fn configurations_that_include_themselves_come_to_an_end() {
        let text = "[http]\nsslCAInfo = /a.pem\n".to_owned() + &"[include]\npath = .gitconfig\n".repeat(50);
        let host = host(Memory::new().file("/home/.gitconfig", text), &[]);
        let found = configuration(&Survey::new(&host, Searched::default()), &Installation::default());
        let refused = "git refuses its configuration: /home/.gitconfig:4";
        assert_eq!(found.unknown[0], refused);
        assert!(found.unknown.iter().any(|why| why.ends_with("more than 1000 files")), "{:?}", found.unknown);
        assert!(found.values.len() <= 1000);
    }

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

    fn host(files: Memory, environment: &[(&str, &str)]) -> Host {
        let environment = environment.iter().chain(&[("HOME", "/home")]).map(|(k, v)| (k.into(), v.into())).collect();
        Host::new(Box::new(files), System::Linux).with_environment(environment)
    }

    fn values(host: &Host, key: &str) -> Vec<String> {
        let found = paths(&Survey::new(host, Searched::default()), &Installation::default(), key);
        let scope = |setting: &Setting| match &setting.source {
            Source::Scoped(_, _, scope) => format!(" for {scope}"),
            _ => String::new(),
        };
        found.iter().map(|setting| setting.value.to_string_lossy().into_owned() + &scope(setting)).collect()
    }

    #[test]
    fn a_working_tree_has_a_file_of_its_own_where_the_repository_says_so() {
        let files = |extension: &str| {
            Memory::new()
                .file("/repo/.git/config", format!("[extensions]\n{extension}\n[http]\nsslCAInfo = /repo.pem\n"))
                .file("/repo/.git/config.worktree", "[http]\nsslCAInfo = /own.pem\n")
        };
        let of = |extension: &str| {
            let mut host = host(files(extension), &[]);
            host.cwd = "/repo".into();
            values(&host, "sslcainfo")
        };
        assert_eq!(of("worktreeConfig = true"), ["/own.pem", "/repo.pem"]);
        assert_eq!(of("worktreeConfig = false"), ["/repo.pem"]);
        let named = host(files("worktreeConfig"), &[("GIT_DIR", "/repo/.git")]);
        assert_eq!(values(&named, "sslcainfo"), ["/own.pem", "/repo.pem"]);
    }

    #[test]
    fn conditions_on_the_repository_are_followed_and_others_told() {
        let of = |condition: &str| {
            let text = format!("[includeIf \"{condition}\"]\npath = more\n");
            let files = Memory::new()
                .file("/home/.gitconfig", text)
                .file("/home/more", "[http]\nsslCAInfo = /more.pem\n")
                .file("/home/work/a/.git/config", "");
            let mut host = host(files, &[("PATH", "/bin")]);
            host.cwd = "/home/work/a".into();
            let survey = Survey::new(&host, Searched::default());
            let read = configuration(&survey, &Installation::default());
            (read.values.len(), read.unknown.len())
        };
        for condition in
            ["gitdir:~/work/", "gitdir:/home/work/**", "gitdir:work/", "gitdir:./work/*/.git", "gitdir/i:~/WORK/"]
        {
            assert_eq!(of(condition), (1, 0), "{condition}");
        }
        for condition in ["gitdir:~/other/", "gitdir:/home/work/*", "gitdir:~/WORK/", "never:x", "gitdir"] {
            assert_eq!(of(condition), (0, 0), "{condition}");
        }
        for condition in ["onbranch:main", "hasconfig:remote.*.url:https://example.org/**"] {
            assert_eq!(of(condition), (0, 1), "{condition}");
        }
    }

    #[test]
    fn what_is_set_for_some_servers_or_for_proxies_changes_nothing_else() {
        let text = "[http \"https://user:secret@corp.example/x\"]\nsslCAInfo = /corp.pem\nsslVerify = no\n\
                    [http]\nproxySSLCAInfo = /proxy.pem\nsslVerify = yes\n";
        let host = host(Memory::new().file("/home/.gitconfig", text), &[]);
        assert_eq!(values(&host, "sslcainfo"), ["/corp.pem for https://corp.example/x"]);
        assert_eq!(values(&host, "proxysslcainfo"), ["/proxy.pem for proxies reached by HTTPS"]);
        let off = unverified(&Survey::new(&host, Searched::default()), &Installation::default());
        assert!(off.len() == 1 && matches!(off[0].source, Source::Scoped(..)), "{off:?}");
    }
}
