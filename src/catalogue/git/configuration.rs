//! Every level of git's configuration: what the environment says, working tree, repository, user, system
//! (git-config(1), "FILES" and "ENVIRONMENT"), with the files that they include.

use super::repository::repository;
use crate::catalogue::client::{Installation, Setting, Source};
use crate::catalogue::survey::Survey;
use crate::host::accounts::passwd_homes;
use crate::limits::{GIT_FILES, GIT_SETTINGS, GIT_VARIABLES};
use crate::settings::number::leading;
use crate::settings::{Value, git, wildmatch, without_user};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files git reads one after another at most, `include.path` followed: git's own depth is 10
/// (`MAX_INCLUDE_DEPTH`, config.c).
const INCLUDES: usize = 10;

/// Notes of what is not known of a configuration.
const UNKNOWN: usize = 10;

/// What git takes a value for: a word, or an integer, which may have a unit behind it; nothing where it ends with `bad
/// boolean config value` (`git_parse_maybe_bool`, parse.c).
pub(super) fn boolean(value: &OsStr) -> Option<bool> {
    let is_one_of = |words: &[&str]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    if is_one_of(&["", "false", "no", "off"]) {
        return Some(false);
    }
    if is_one_of(&["true", "yes", "on"]) {
        return Some(true);
    }
    let (number, unit) = leading(value.to_str()?)?;
    let factor = match &*unit.to_ascii_lowercase() {
        "" => 1,
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        _ => return None,
    };
    i32::try_from(number.checked_mul(factor)?).ok().map(|number| number != 0)
}

/// git's words for no.
pub(super) fn is_no(value: &OsStr) -> bool {
    boolean(value) == Some(false)
}

/// A setting of `http`.
pub(super) struct HttpSetting {
    /// Its key in lower case.
    pub(super) key: String,
    /// The URL, if it is for some servers alone.
    pub(super) url: Option<String>,
    /// Its value.
    pub(super) setting: Setting,
    /// Whether it stands in a file of which it is not known whether git includes it. Its source is scoped.
    pub(super) is_open: bool,
}

/// What of `http.*` is set.
#[derive(Default)]
pub(super) struct Configuration {
    /// The value that counts first.
    pub(super) values: Vec<HttpSetting>,
    pub(super) unknown: Vec<String>,
    /// What a user needs to know of it.
    pub(super) remarks: Vec<String>,
    /// Why git does not start with it.
    pub(super) refused: Option<Setting>,
    /// `safe.directory`, in the order in which git reads it.
    safe: Vec<String>,
}

/// Every level, read once for every git with the same file of the system.
pub(super) fn configuration(survey: &Survey<'_>, installation: &Installation) -> Arc<Configuration> {
    let system = installation.place("gitconfig").map_or_else(|| Path::new(""), PathBuf::as_path);
    survey.once(system, || Some(read(survey, installation, system))).unwrap_or_default()
}

fn read(survey: &Survey<'_>, installation: &Installation, system: &Path) -> Configuration {
    let mut protected = Vec::new();
    let host = survey.host;
    // Set to nothing, the variable stands for no file at all.
    match host.variable("GIT_CONFIG_GLOBAL") {
        Some(file) => protected.push(PathBuf::from(file)),
        None => {
            protected.extend(survey.in_home(".gitconfig"));
            protected.extend(survey.config_home().map(|directory| directory.join("git/config")));
        }
    }
    if host.variable("GIT_CONFIG_NOSYSTEM").is_none_or(is_no) {
        protected.extend(
            survey
                .set("GIT_CONFIG_SYSTEM")
                .or_else(|| Some(system.to_path_buf()).filter(|file| !file.as_os_str().is_empty())),
        );
    }
    let reader = |git: Option<PathBuf>| Reader {
        survey,
        installation,
        git,
        open: None,
        left: GIT_FILES,
        takes: GIT_SETTINGS,
        is_over: false,
        found: in_environment(survey),
    };
    let mut remarks = Vec::new();
    let repository = repository(survey).filter(|repository| {
        let is_safe = repository.is_own(survey) || {
            // What the repository itself says does not count here (`git_protected_config`, config.c).
            let mut reader = reader(None);
            let last = std::mem::take(&mut reader.found.safe);
            protected.iter().rev().for_each(|file| reader.file(file));
            let listed = reader.found.safe.iter().chain(&last);
            let in_full = |value: &String| (value.clone(), pathname(survey, installation, value));
            repository.is_listed(survey, listed.map(in_full))
        };
        if !is_safe {
            remarks.push(format!(
                "{} belongs to another account, and safe.directory does not name it: what it sets counts for nothing",
                repository.named().display()
            ));
        }
        is_safe
    });
    let mut files = Vec::new();
    if let Some(repository) = &repository {
        if has_worktree_config(survey, &repository.shared) {
            files.push(repository.own.join("config.worktree"));
        }
        files.push(repository.shared.join("config"));
    }
    let mut reader = reader(repository.map(|found| found.own));
    files.iter().chain(&protected).for_each(|file| reader.file(file));
    let mut found = reader.found;
    found.remarks = remarks;
    if found.refused.is_none() {
        found.refused = not_a_boolean(&found.values);
    }
    found
}

/// What git ends with of the values that hold for every server.
fn not_a_boolean(values: &[HttpSetting]) -> Option<Setting> {
    let is_bad = |one: &&HttpSetting| {
        one.key == "sslverify" && one.url.is_none() && !one.is_open && boolean(&one.setting.value).is_none()
    };
    let bad = &values.iter().find(is_bad)?.setting;
    let why = format!("git ends with \"bad boolean config value '{}' for 'http.sslverify'\"", bad.value.display());
    Some(Setting { value: why.into(), source: bad.source.clone() })
}

/// A path of git's configuration in full: `~/`, `~NAME/` and `%(prefix)/` (`interpolate_path`, path.c).
pub(super) fn pathname(survey: &Survey<'_>, installation: &Installation, value: &str) -> PathBuf {
    let host = survey.host;
    if let Some(rest) = value.strip_prefix("%(prefix)/") {
        let prefix = installation.at.parent().and_then(Path::parent).filter(|prefix| *prefix != Path::new("/"));
        return prefix.unwrap_or(Path::new("/usr")).join(rest);
    }
    let named = value.strip_prefix('~').map(|rest| rest.split_once('/').unwrap_or((rest, "")));
    if let Some((name, rest)) = named.filter(|(name, _)| !name.is_empty()) {
        let accounts = passwd_homes(&host.settings(Path::new("/etc/passwd")).unwrap_or_default());
        if let Some(account) = accounts.into_iter().find(|account| account.name == name) {
            return account.home.join(rest);
        }
    }
    host.expanded(Path::new(value))
}

/// Whether `extensions.worktreeConfig` is on in a repository.
fn has_worktree_config(survey: &Survey<'_>, shared: &Path) -> bool {
    let text = survey.host.settings(&shared.join("config")).unwrap_or_default();
    let variables = git::parse(&text).variables;
    let last = variables.iter().rfind(|one| one.section == "extensions" && one.key == "worktreeconfig");
    last.is_some_and(|one| !is_no(OsStr::new(&one.value.text)))
}

/// What stands after every file, the last first: the pairs that `GIT_CONFIG_COUNT` announces, and after
/// them those of `GIT_CONFIG_PARAMETERS`, in which `git -c` hands on what it was told
/// (`git_config_from_parameters`, config.c).
fn in_environment(survey: &Survey<'_>) -> Configuration {
    let variable = |name: &str| survey.host.variable(name);
    let count = variable("GIT_CONFIG_COUNT").and_then(|count| count.to_str()?.parse().ok()).unwrap_or(0);
    let counted = (0..usize::min(count, GIT_VARIABLES)).filter_map(|index| {
        let name = variable(&format!("GIT_CONFIG_KEY_{index}"))?.to_str()?.to_owned();
        let named = format!("GIT_CONFIG_VALUE_{index}");
        Some((name, variable(&named)?.to_os_string(), named))
    });
    let mut found = Configuration::default();
    let mut pairs: Vec<(String, OsString, String)> = counted.collect();
    if let Some(text) = variable(PARAMETERS) {
        let yes = || "true".to_owned();
        let whole =
            |(name, value): (String, Option<String>)| (name, value.unwrap_or_else(yes).into(), PARAMETERS.to_owned());
        match git::parameters(&text.to_string_lossy()) {
            Some(given) => pairs.extend(given.into_iter().map(whole)),
            None => {
                let why = format!("git ends with \"bogus format in {PARAMETERS}\"");
                let source = Source::Variable(PARAMETERS.to_owned());
                found.refused = Some(Setting { value: why.into(), source });
            }
        }
    }
    for (name, value, variable) in pairs {
        if name.eq_ignore_ascii_case(SAFE) {
            found.safe.push(value.to_string_lossy().into_owned());
        }
        found.values.extend(in_variable(&name, value, variable));
    }
    found.values.reverse();
    found
}

/// The setting that names repositories of others in which git works.
const SAFE: &str = "safe.directory";

/// The variable in which `git -c` hands on its options.
const PARAMETERS: &str = "GIT_CONFIG_PARAMETERS";

/// A setting by its full name, `http.sslCAInfo` or `http.URL.sslCAInfo`, of a variable.
fn in_variable(name: &str, value: OsString, variable: String) -> Option<HttpSetting> {
    let (section, rest) = name.split_once('.')?;
    let (scope, key) = rest.rsplit_once('.').map_or((None, rest), |(scope, key)| (Some(scope.to_owned()), key));
    let source = match &scope {
        Some(url) => Source::Scoped(format!("${variable}").into(), 1, without_user(url)),
        None => Source::Variable(variable),
    };
    let setting = Setting { value, source };
    let one = || HttpSetting { key: key.to_ascii_lowercase(), url: scope, setting, is_open: false };
    section.eq_ignore_ascii_case("http").then(one)
}

struct Reader<'r, 'h> {
    survey: &'r Survey<'h>,
    installation: &'r Installation,
    /// The directory of the repository, for conditions on it.
    git: Option<PathBuf>,
    /// The condition on which a file is read, where it is not known whether it holds.
    open: Option<String>,
    /// Files that may still be read.
    left: usize,
    /// Settings that may still be taken.
    takes: usize,
    /// Whether there were more of either, or git stops: what includes itself a thousand times has a thousand more for each.
    is_over: bool,
    found: Configuration,
}

impl Reader<'_, '_> {
    /// One file of the configuration with what it includes, the last value first.
    fn file(&mut self, file: &Path) {
        let mut values = Vec::new();
        self.read(file, INCLUDES, &mut values);
        self.found.values.extend(values.into_iter().rev());
    }

    fn read(&mut self, file: &Path, depth: usize, values: &mut Vec<HttpSetting>) {
        let Some(parsed) = self.survey.parsed(file, git::parse) else { return };
        let Some(left) = self.left.checked_sub(1) else {
            self.unknown(format!("its configuration has more than {GIT_FILES} files"));
            self.is_over = true;
            return;
        };
        self.left = left;
        if let Some(line) = parsed.refused {
            self.refuse(file, line, format!("git ends with \"bad config line {line}\""));
        }
        for variable in &parsed.variables {
            if self.is_over {
                return;
            }
            let (key, line) = (variable.key.as_str(), variable.value.line);
            match (variable.section.as_str(), &variable.subsection) {
                ("http", scope) => {
                    let Some(takes) = self.takes.checked_sub(1) else {
                        self.unknown(format!("its configuration has more than {GIT_SETTINGS} settings of http"));
                        self.is_over = true;
                        return;
                    };
                    self.takes = takes;
                    let scoped = |scope: String| Source::Scoped(file.to_path_buf(), line, scope);
                    let source = match (scope.as_deref().map(without_user), &self.open) {
                        (Some(url), Some(condition)) => scoped(format!("{url} where {condition}")),
                        (Some(url), None) => scoped(url),
                        (None, Some(condition)) => scoped(format!("repositories where {condition}")),
                        (None, None) => Source::File(file.to_path_buf(), line),
                    };
                    let setting = Setting { value: variable.value.text.clone().into(), source };
                    let is_open = self.open.is_some();
                    values.push(HttpSetting { key: key.to_owned(), url: scope.clone(), setting, is_open });
                }
                ("safe", None) if key == "directory" && self.open.is_none() && self.found.safe.len() < GIT_SETTINGS => {
                    self.found.safe.push(variable.value.text.clone());
                }
                ("include", None) if key == "path" => {
                    self.include(file, &variable.value, depth, values);
                }
                ("includeif", Some(condition)) if key == "path" => match self.holds(condition, file) {
                    Some(true) => self.include(file, &variable.value, depth, values),
                    Some(false) => {}
                    None => {
                        let condition = format!("{:?} holds", without_user(condition));
                        let before = self.open.clone();
                        self.open = Some(before.clone().unwrap_or(condition));
                        self.include(file, &variable.value, depth, values);
                        self.open = before;
                    }
                },
                _ => {}
            }
        }
    }

    /// A file that another includes, where it is there: one too deep is where git stops.
    fn include(&mut self, file: &Path, named: &Value, depth: usize, values: &mut Vec<HttpSetting>) {
        let below = self.beside(file, &named.text);
        match depth.checked_sub(1) {
            Some(depth) => self.read(&below, depth, values),
            None if self.survey.host.is_file(&below) => {
                self.is_over = true;
                self.refuse(file, named.line, format!("git ends with \"exceeded maximum include depth ({INCLUDES})\""));
            }
            None => {}
        }
    }

    /// Notes why git does not start, unless it may not read the file at all.
    fn refuse(&mut self, file: &Path, line: u64, why: String) {
        if self.open.is_some() {
            self.unknown(format!("git may refuse its configuration: {}:{line}", file.display()));
        } else if self.found.refused.is_none() {
            let source = Source::File(file.to_path_buf(), line);
            self.found.refused = Some(Setting { value: why.into(), source });
        }
    }

    /// Notes what is not known, once, and no more of it than anybody reads.
    fn unknown(&mut self, why: String) {
        if self.found.unknown.len() < UNKNOWN && !self.found.unknown.contains(&why) {
            self.found.unknown.push(why);
        }
    }

    /// A path in a file: from the home directory, or from where the file is.
    fn beside(&self, file: &Path, named: &str) -> PathBuf {
        match named.starts_with('~') || named.starts_with("%(prefix)/") {
            true => pathname(self.survey, self.installation, named),
            false => file.parent().unwrap_or(file).join(named),
        }
    }

    /// Whether a condition of `includeIf` holds (`include_condition_is_true`, config.c); nothing where that is not known.
    fn holds(&mut self, condition: &str, file: &Path) -> Option<bool> {
        let (pattern, ignore_case) = match condition.split_once(':') {
            Some(("gitdir", pattern)) => (pattern, false),
            Some(("gitdir/i", pattern)) => (pattern, true),
            Some(("onbranch", _)) if self.git.is_none() => return Some(false),
            Some(("onbranch", pattern)) if self.branch().is_some() => {
                let directory = if pattern.ends_with('/') { "**" } else { "" };
                let fits = |branch: String| wildmatch::matches(&format!("{pattern}{directory}"), &branch, false);
                return self.branch().map(|branch| branch.is_some_and(fits));
            }
            Some(("onbranch" | "hasconfig", _)) => {
                let why =
                    format!("whether {} includes a file depends on {:?}", file.display(), without_user(condition));
                self.unknown(why);
                return None;
            }
            _ => return Some(false),
        };
        let Some(git) = &self.git else { return Some(false) };
        let pattern = self.pattern(pattern, file);
        // The path behind its links is tried first, then the path as it is.
        let real = self.survey.host.resolve(git).map(|found| found.path);
        let texts = real.into_iter().chain([git.clone()]);
        Some(texts.into_iter().any(|text| wildmatch::matches(&pattern, &text.to_string_lossy(), ignore_case)))
    }

    /// The branch that is checked out, or that none is; nothing where `HEAD` does not say so, as in a repository of
    /// reftables.
    fn branch(&self) -> Option<Option<String>> {
        let head = self.survey.host.settings(&self.git.as_ref()?.join("HEAD"))?;
        match head.trim_end().strip_prefix("ref: refs/heads/") {
            Some(".invalid") => None,
            Some(branch) => Some(Some(branch.to_owned())),
            None => head.trim_end().bytes().all(|octet| octet.is_ascii_hexdigit()).then_some(None),
        }
    }

    /// A pattern in full (`prepare_include_condition_pattern`, config.c).
    fn pattern(&self, pattern: &str, file: &Path) -> String {
        let directory =
            || self.survey.host.resolve(file).ok().and_then(|found| Some(found.path.parent()?.to_path_buf()));
        let mut full = match pattern.strip_prefix("./") {
            Some(rest) => directory().unwrap_or_default().join(rest).to_string_lossy().into_owned(),
            None if pattern.starts_with("~/") => {
                self.survey.host.expanded(Path::new(pattern)).to_string_lossy().into_owned()
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
