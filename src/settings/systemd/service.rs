//! What systemd gives a service: its variables, its account, its directory, its program.
//!
//! From the files of the host alone (systemd.unit(5), systemd.exec(5)): the unit and its drop-ins, the
//! manager's `DefaultEnvironment=`, the files it names. What only the running manager knows is told as
//! not known.

use super::{Assignment, assignments, expand, unescape, words};
use crate::host::accounts::{PasswdEntry, passwd_homes};
use crate::host::{Environment, Host, native};
use crate::settings::environment_file;
use crate::settings::glob::matching;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where units of the system are looked for, the first that has one counts (systemd.unit(5), "Unit
/// File Load Path").
const DIRECTORIES: &[&str] = &[
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/run/systemd/generator.late",
];

/// Settings that show a service other files than the host has.
const HIDES: &[&str] = &[
    "BindPaths",
    "BindReadOnlyPaths",
    "ExtensionDirectories",
    "ExtensionImages",
    "InaccessiblePaths",
    "MountImages",
    "PrivateTmp",
    "ProtectHome",
    "RootImage",
    "TemporaryFileSystem",
];

/// A service as the files of its host describe it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// The name of its unit.
    pub name: String,
    /// The files its description was read from, the unit first.
    pub files: Vec<PathBuf>,
    /// The variables it is started with.
    pub environment: Environment,
    /// The account it runs as, where the unit names one.
    pub user: Option<String>,
    /// The home directory of its account.
    pub home: Option<PathBuf>,
    /// Its working directory.
    pub directory: PathBuf,
    /// The directory that is its root, where that is not the host's.
    pub root: Option<PathBuf>,
    /// The program it starts.
    pub program: Option<PathBuf>,
    /// What the files do not tell, or what keeps it from starting.
    pub remarks: Vec<String>,
}

/// Why a service cannot be described.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoService {
    /// No unit of the name is on the host.
    #[error("no such service in the directories of systemd")]
    Absent,
    /// It is kept from starting, by a link to /dev/null or an empty file.
    #[error("it is masked by {}", .0.display())]
    Masked(PathBuf),
    /// Its unit could not be read.
    #[error("its unit cannot be read")]
    Unreadable,
    /// What was asked for can be the name of no unit.
    #[error("expected the name of a unit: letters, digits and any of :-_.\\@")]
    BadName,
    /// A template without an instance.
    #[error("it is a template: name an instance of it")]
    Template,
}

/// The parts of a unit's name: `prefix@instance.service`.
struct Name {
    full: String,
    prefix: String,
    instance: String,
    is_template: bool,
}

impl Name {
    fn new(word: &str) -> Self {
        let full = if word.ends_with(".service") { word.to_owned() } else { format!("{word}.service") };
        let stem = full.strip_suffix(".service").unwrap_or(&full);
        let (prefix, instance) = stem.split_once('@').unwrap_or((stem, ""));
        let (prefix, instance) = (prefix.to_owned(), instance.to_owned());
        let is_template = stem.contains('@') && instance.is_empty();
        Self { full, prefix, instance, is_template }
    }

    /// The name of its template, where it is an instance.
    fn template(&self) -> Option<String> {
        (!self.instance.is_empty()).then(|| format!("{}@.service", self.prefix))
    }

    /// The names under which drop-ins stand in one directory, the most particular first.
    fn of_drop_ins(&self) -> Vec<String> {
        let mut names = Vec::new();
        let is_instance = self.full.contains('@');
        drop_in_names(&mut names, &self.prefix, is_instance.then_some(self.instance.as_str()));
        names
    }
}

/// Its own, its template's, and those up to each dash, each of them likewise
/// (`unit_file_process_dir`, src/shared/dropin.c); an empty instance is that of a template.
fn drop_in_names(names: &mut Vec<String>, prefix: &str, instance: Option<&str>) {
    let name = match instance {
        Some(instance) => format!("{prefix}@{instance}.service.d"),
        None => format!("{prefix}.service.d"),
    };
    if !names.contains(&name) {
        names.push(name);
    }
    let instance = instance.filter(|instance| !instance.is_empty());
    if instance.is_some() {
        drop_in_names(names, prefix, Some(""));
    }
    if let Some(at) = prefix.trim_end_matches('-').rfind('-') {
        drop_in_names(names, &prefix[..=at], instance);
    }
}

/// The service called `word`, with `.service` at its end or without.
pub fn service(host: &Host, word: &str) -> Result<Service, NoService> {
    if !is_unit_name(word) {
        return Err(NoService::BadName);
    }
    let name = Name::new(word);
    if name.is_template {
        return Err(NoService::Template);
    }
    let unit = find(host, &name)?;
    let mut files = vec![unit];
    files.extend(drop_ins(host, &name));
    let texts = files.iter().map(|file| host.settings(file).unwrap_or_default());
    let all: Vec<Assignment> = texts.flat_map(|text| assignments(&text)).filter(|a| a.section == "Service").collect();
    let specifier = |letter| specifier(host, &name, letter);
    Ok(Reading { host, all: &all, specifier: &specifier, remarks: Vec::new() }.service(name.full.clone(), files))
}

/// Whether a word can name a unit (`unit_name_is_valid`, src/basic/unit-name.c): letters of units alone,
/// something before the `@` and the suffix, at most 255 octets.
fn is_unit_name(word: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || ":-_.\\@".contains(letter);
    let stem = word.strip_suffix(".service").unwrap_or(word);
    !stem.is_empty() && !stem.starts_with('@') && word.len() <= 255 && word.chars().all(is_letter)
}

/// The unit of a name, or of its template.
fn find(host: &Host, name: &Name) -> Result<PathBuf, NoService> {
    let names = [Some(name.full.clone()), name.template()];
    let paths = names.iter().flatten().flat_map(|name| DIRECTORIES.iter().map(move |d| Path::new(d).join(name)));
    for path in paths {
        match host.resolve(&path) {
            Ok(found) if found.path == Path::new("/dev/null") || found.size == 0 => {
                return Err(NoService::Masked(path));
            }
            Ok(_) if host.settings(&path).is_none() => return Err(NoService::Unreadable),
            Ok(_) => return Ok(path),
            Err(crate::model::Unreadable::Denied) => return Err(NoService::Unreadable),
            Err(_) => {}
        }
    }
    Err(NoService::Absent)
}

/// The drop-ins of a unit, in the order they are read: by file name, and of one name the one in the
/// directory that comes first; a link to /dev/null takes it away.
fn drop_ins(host: &Host, name: &Name) -> Vec<PathBuf> {
    let own = DIRECTORIES.iter().flat_map(|d| name.of_drop_ins().into_iter().map(move |n| Path::new(d).join(n)));
    let of_all = DIRECTORIES.iter().map(|directory| Path::new(directory).join("service.d"));
    in_order(host, own.chain(of_all))
}

/// The `.conf` files of directories that are laid over each other, in the order they are read.
fn in_order(host: &Host, directories: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut found: BTreeMap<OsString, PathBuf> = BTreeMap::new();
    let is_there: Vec<PathBuf> = directories.filter(|directory| host.is_directory(directory)).collect();
    for path in is_there.iter().flat_map(|directory| host.children(directory)) {
        if path.extension().is_some_and(|extension| extension == "conf") {
            let name = path.file_name().unwrap_or_default().to_owned();
            found.entry(name).or_insert(path);
        }
    }
    found.into_values().filter(|path| host.is_file(path)).collect()
}

/// What a specifier stands for, as far as files tell (systemd.unit(5)). `%h` and `%u` are those of
/// the manager, not of `User=`.
fn specifier(host: &Host, name: &Name, letter: char) -> Option<String> {
    let line = |path: &str| host.settings(Path::new(path)).map(|text| text.trim().to_owned());
    let last = name.prefix.rsplit('-').next().unwrap_or_default();
    Some(match letter {
        'n' => name.full.clone(),
        'N' => name.full.strip_suffix(".service")?.to_owned(),
        'p' => name.prefix.clone(),
        'P' => unescape(&name.prefix),
        'i' => name.instance.clone(),
        'I' => unescape(&name.instance),
        'j' => last.to_owned(),
        'J' => unescape(last),
        'f' if name.instance.is_empty() => format!("/{}", unescape(&name.prefix)),
        'f' => format!("/{}", unescape(&name.instance)),
        'h' => "/root".to_owned(),
        'u' | 'g' => "root".to_owned(),
        'U' | 'G' => "0".to_owned(),
        's' => "/bin/sh".to_owned(),
        't' => "/run".to_owned(),
        'S' => "/var/lib".to_owned(),
        'C' => "/var/cache".to_owned(),
        'L' => "/var/log".to_owned(),
        'E' => "/etc".to_owned(),
        'T' => "/tmp".to_owned(),
        'V' => "/var/tmp".to_owned(),
        'm' => line("/etc/machine-id")?,
        'H' => line("/etc/hostname")?,
        'l' => line("/etc/hostname")?.split('.').next()?.to_owned(),
        _ => return None,
    })
}

/// A unit being read.
struct Reading<'r> {
    host: &'r Host,
    all: &'r [Assignment],
    specifier: &'r dyn Fn(char) -> Option<String>,
    remarks: Vec<String>,
}

impl Reading<'_> {
    fn service(mut self, name: String, files: Vec<PathBuf>) -> Service {
        let user = self.last("User");
        let account = user.as_deref().and_then(|user| self.account(user));
        if let (Some(user), None) = (&user, &account) {
            self.remarks.push(format!("the account {user} is not in /etc/passwd, so its home is not known"));
        }
        let home = account.as_ref().map(|account| account.home.clone());
        let environment = self.environment(user.as_deref(), account.as_ref());
        let hides: Vec<_> = HIDES.iter().filter(|key| self.last(key).is_some_and(|value| !is_no(&value))).collect();
        let hides =
            hides.iter().map(|key| format!("{key}= is set: the service may not see all files of the host, or others"));
        self.remarks.extend(hides);
        if self.last("PAMName").is_some() {
            self.remarks.push("PAMName= is set: PAM may set further variables".to_owned());
        }
        let directory = self.last("WorkingDirectory").map(|value| value.trim_start_matches('-').to_owned());
        let directory = match directory.as_deref() {
            Some("~") => home.clone().unwrap_or_else(|| "/".into()),
            Some(path) if path.starts_with('/') => path.into(),
            _ => PathBuf::from("/"),
        };
        let root = self.last("RootDirectory").filter(|root| root.starts_with('/') && root != "/").map(PathBuf::from);
        let program = self.raw("ExecStart").iter().find_map(|value| {
            // systemd.service(5), "Special executable prefixes".
            let path = words(value).into_iter().next()?;
            self.expand("ExecStart", path.trim_start_matches(['@', '-', ':', '+', '!', '|']))
        });
        let program = program.map(PathBuf::from);
        Service { name, files, environment, user, home, directory, root, program, remarks: self.remarks }
    }

    /// The values of a key, those that an empty one took back left out.
    fn raw(&self, key: &str) -> Vec<String> {
        let mut values = Vec::new();
        for assignment in self.all.iter().filter(|assignment| assignment.key == key) {
            match assignment.value.as_str() {
                "" => values.clear(),
                value => values.push(value.to_owned()),
            }
        }
        values
    }

    /// The value of a key that holds one.
    fn last(&self, key: &str) -> Option<String> {
        let value = self.all.iter().rfind(|assignment| assignment.key == key)?.value.clone();
        expand(&value, self.specifier).ok().filter(|value| !value.is_empty())
    }

    /// A text with its specifiers replaced; where one cannot be it is said, without the text.
    fn expand(&mut self, key: &str, text: &str) -> Option<String> {
        let expanded = expand(text, self.specifier);
        if let Err(letter) = &expanded {
            let remark = format!("{key}= holds %{letter}, which the files of the host do not tell");
            if !self.remarks.contains(&remark) {
                self.remarks.push(remark);
            }
        }
        expanded.ok()
    }

    /// The words of all values of a key, expanded.
    fn list(&mut self, key: &str) -> Vec<String> {
        let values = self.raw(key);
        values.iter().flat_map(|value| words(value)).filter_map(|word| self.expand(key, &word)).collect()
    }

    fn account(&self, user: &str) -> Option<PasswdEntry> {
        let text = self.host.settings(Path::new("/etc/passwd"))?;
        passwd_homes(&text).into_iter().find(|known| known.name == user || user.parse() == Ok(known.uid))
    }

    /// The variables, those that replace others last (`build_environment` and `exec_child`,
    /// src/core/exec-invoke.c).
    fn environment(&mut self, user: Option<&str>, account: Option<&PasswdEntry>) -> Environment {
        let mut found = Environment::new();
        found.insert("PATH".into(), self.default_path().into());
        found.extend(manager_defaults(self.host).iter().filter_map(|word| assignment(word)));
        if user.is_some() && self.last("SetLoginEnvironment").is_none_or(|value| !is_no(&value)) {
            let home = account.map(|account| account.home.clone().into_os_string());
            let name = account.map(|account| OsString::from(&account.name));
            found.extend(home.map(|home| ("HOME".into(), home)));
            found.extend(name.iter().flat_map(|name| ["USER", "LOGNAME"].map(|key| (key.into(), name.clone()))));
        }
        for name in self.list("PassEnvironment").iter().filter(|name| environment_file::is_name(name.as_bytes())) {
            self.remarks.push(format!("PassEnvironment={name}: its value in the manager is not known"));
        }
        found.extend(self.list("Environment").iter().filter_map(|word| assignment(word)));
        for value in self.raw("EnvironmentFile") {
            found.extend(self.environment_file(&value));
        }
        for word in self.list("UnsetEnvironment") {
            match assignment(&word) {
                Some((name, value)) => found.retain(|known, held| *known != name || *held != value),
                None => drop(found.remove(std::ffi::OsStr::new(&word))),
            }
        }
        found
    }

    /// The one compiled in, with the directories that are not links to others there
    /// (`DEFAULT_PATH`, src/basic/path-util.h).
    fn default_path(&self) -> &'static str {
        let is_split = self.host.resolve(Path::new("/bin")).is_ok_and(|found| found.path == Path::new("/bin"));
        match is_split {
            true => "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            false => "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
        }
    }

    /// The variables of the files that one value names. A missing one is an error, unless a dash before
    /// it says otherwise.
    fn environment_file(&mut self, value: &str) -> Environment {
        let (is_optional, path) = match value.strip_prefix('-') {
            Some(path) => (true, path),
            None => (false, value),
        };
        let Some(path) = self.expand("EnvironmentFile", path).filter(|path| path.starts_with('/')) else {
            return Environment::new();
        };
        let mut found = Environment::new();
        let mut is_there = false;
        for file in matching(self.host, &path) {
            match self.host.read(&file) {
                Ok(bytes) => found.extend(variables(&environment_file::systemd(&bytes))),
                Err(_) if is_optional => continue,
                Err(why) => {
                    self.remarks.push(format!("EnvironmentFile={}: {why}; the service does not start", file.display()));
                }
            }
            is_there = true;
        }
        if !is_there && !is_optional {
            self.remarks.push(format!("EnvironmentFile={path}: nothing is there; the service does not start"));
        }
        found
    }
}

/// Octets as variables of a host.
#[must_use]
pub fn variables(found: &environment_file::Variables) -> Environment {
    found.iter().map(|(name, value)| (native::text(name), native::text(value))).collect()
}

/// `NAME=VALUE`, where the name is one.
fn assignment(word: &str) -> Option<(OsString, OsString)> {
    let (name, value) = word.split_once('=')?;
    environment_file::is_name(name.as_bytes()).then(|| (name.into(), value.into()))
}

/// The words of `DefaultEnvironment=` of the manager (systemd-system.conf(5)).
fn manager_defaults(host: &Host) -> Vec<String> {
    let below = ["/etc", "/run", "/usr/local/lib", "/usr/lib"];
    let main = below.iter().map(|directory| Path::new(directory).join("systemd/system.conf"));
    let main = main.into_iter().find(|file| host.is_file(file));
    let drop_ins = in_order(host, below.iter().map(|directory| Path::new(directory).join("systemd/system.conf.d")));
    let mut found = Vec::new();
    let texts = main.into_iter().chain(drop_ins).filter_map(|file| host.settings(&file));
    for assignment in texts.flat_map(|text| assignments(&text)).filter(|a| a.key == "DefaultEnvironment") {
        match assignment.value.as_str() {
            "" => found.clear(),
            value => found.extend(words(value)),
        }
    }
    found
}

/// systemd's words for no (`parse_boolean`, src/basic/parse-util.c).
fn is_no(value: &str) -> bool {
    ["0", "no", "n", "false", "f", "off"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests;
