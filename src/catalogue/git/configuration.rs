//! Every level of git's configuration: what the environment says, working tree, repository, user, system
//! (git-config(1), "FILES" and "ENVIRONMENT"), with the files that they include.

use super::repository::repository;
use crate::catalogue::client::{Installation, Setting, Source};
use crate::catalogue::survey::Survey;
use crate::limits::{GIT_FILES, GIT_SETTINGS, GIT_VARIABLES};
use crate::settings::{Value, git, wildmatch, without_user};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files git reads one after another at most, `include.path` followed: git's own depth is 10
/// (`MAX_INCLUDE_DEPTH`, config.c).
const INCLUDES: usize = 10;

/// Notes of what is not known of a configuration.
const UNKNOWN: usize = 10;

/// git's words for no (`git_parse_maybe_bool`, parse.c).
pub(super) fn is_no(value: &std::ffi::OsStr) -> bool {
    ["", "false", "no", "off", "0"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// A setting of `http`: its key, the URL if it is for some servers alone, its value.
type HttpSetting = (String, Option<String>, Setting);

/// What of `http.*` is set.
#[derive(Default)]
pub(super) struct Configuration {
    /// The value that counts first.
    pub(super) values: Vec<HttpSetting>,
    pub(super) unknown: Vec<String>,
}

/// Every level, read once for every git with the same file of the system.
pub(super) fn configuration(survey: &Survey<'_>, installation: &Installation) -> Arc<Configuration> {
    let system = installation.place("gitconfig").map_or_else(|| Path::new(""), PathBuf::as_path);
    survey.once(system, || Some(read(survey, system))).unwrap_or_default()
}

fn read(survey: &Survey<'_>, system: &Path) -> Configuration {
    let host = survey.host;
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
            files.extend(survey.config_home().map(|directory| directory.join("git/config")));
        }
    }
    if host.variable("GIT_CONFIG_NOSYSTEM").is_none_or(is_no) {
        files.extend(
            survey
                .set("GIT_CONFIG_SYSTEM")
                .or_else(|| Some(system.to_path_buf()).filter(|file| !file.as_os_str().is_empty())),
        );
    }
    let git = repository.map(|found| found.own);
    let mut reader =
        Reader { survey, git, left: GIT_FILES, takes: GIT_SETTINGS, is_over: false, found: in_environment(survey) };
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
    found.values.extend(counted.filter_map(|(name, value, named)| in_variable(&name, value, named)));
    if let Some(text) = variable(PARAMETERS) {
        match git::parameters(&text.to_string_lossy()) {
            Some(pairs) => found.values.extend(pairs.into_iter().filter_map(|(name, value)| {
                in_variable(&name, value.unwrap_or_else(|| "true".to_owned()).into(), PARAMETERS.to_owned())
            })),
            None => found.unknown.push(format!("git refuses what is in {PARAMETERS}")),
        }
    }
    found.values.reverse();
    found
}

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
    section.eq_ignore_ascii_case("http").then(|| (key.to_ascii_lowercase(), scope, Setting { value, source }))
}

struct Reader<'r, 'h> {
    survey: &'r Survey<'h>,
    /// The directory of the repository, for conditions on it.
    git: Option<PathBuf>,
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
            self.unknown(format!("git refuses its configuration: {}:{line}", file.display()));
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
                    let source = match scope {
                        Some(url) => Source::Scoped(file.to_path_buf(), line, without_user(url)),
                        None => Source::File(file.to_path_buf(), line),
                    };
                    let value = variable.value.text.clone().into();
                    values.push((key.to_owned(), scope.clone(), Setting { value, source }));
                }
                ("include", None) if key == "path" => {
                    self.include(file, &variable.value, depth, values);
                }
                ("includeif", Some(condition)) if key == "path" && self.holds(condition, file) => {
                    self.include(file, &variable.value, depth, values);
                }
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
                self.unknown(format!("git refuses its configuration: {}:{}", file.display(), named.line));
            }
            None => {}
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
        let named = Path::new(named);
        match named.starts_with("~") {
            true => self.survey.host.expanded(named),
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
