//! What systemd gives a service: its variables, its account, its directory, its program.
//!
//! From the files of the host alone (systemd.unit(5), systemd.exec(5)): the unit and its drop-ins, the
//! variables of its manager, the files it names. What only the running manager knows is told as not known.

mod manager;
mod name;

use super::{Assignment, assignments, expand, words};
use crate::host::accounts::{PasswdEntry, passwd_homes};
use crate::host::{Environment, Host, native};
use crate::model::{Target, Unreadable};
use crate::settings::environment_file;
use crate::settings::glob::matching;
pub use manager::comments;
use manager::{Manager, in_order};
use name::{Name, is_unit_name};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

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

/// The service called `word` of the system, with `.service` at its end or without.
pub fn service(host: &Host, word: &str) -> Result<Service, NoService> {
    of_manager(host, word, &Manager::of_the_system())
}

/// The service called `word` of the manager of a user.
pub fn user_service(host: &Host, word: &str, account: &PasswdEntry) -> Result<Service, NoService> {
    of_manager(host, word, &Manager::of_a_user(account))
}

fn of_manager(host: &Host, word: &str, manager: &Manager) -> Result<Service, NoService> {
    if !is_unit_name(word) {
        return Err(NoService::BadName);
    }
    let name = Name::new(word);
    if name.is_template {
        return Err(NoService::Template);
    }
    let unit = find(host, &name, manager)?;
    let mut files = vec![unit];
    files.extend(drop_ins(host, &name, manager));
    let texts = files.iter().map(|file| host.settings(file).unwrap_or_default());
    let all: Vec<Assignment> = texts.flat_map(|text| assignments(&text)).filter(|a| a.section == "Service").collect();
    let specifier = |letter| manager.specifier(letter).or_else(|| name.specifier(host, letter));
    let reading = Reading { host, all: &all, specifier: &specifier, manager, remarks: manager.remarks() };
    Ok(reading.service(name.full.clone(), files))
}

/// The unit of a name, or of its template.
fn find(host: &Host, name: &Name, manager: &Manager) -> Result<PathBuf, NoService> {
    let names = [Some(name.full.clone()), name.template()];
    let paths =
        names.iter().flatten().flat_map(|name| manager.directories.iter().map(move |directory| directory.join(name)));
    for path in paths {
        match host.resolve(&path) {
            Ok(found) if found.path == Path::new("/dev/null") || found.size == 0 => {
                return Err(NoService::Masked(path));
            }
            Ok(_) if host.settings(&path).is_none() => return Err(NoService::Unreadable),
            Ok(_) => return Ok(path),
            Err(Unreadable::Denied) => return Err(NoService::Unreadable),
            // An image has no devices.
            Err(Unreadable::Dangling) if names_the_null_device(host, &path) => {
                return Err(NoService::Masked(path));
            }
            Err(_) => {}
        }
    }
    Err(NoService::Absent)
}

/// Whether a path is a link to the null device, be there one or not.
fn names_the_null_device(host: &Host, path: &Path) -> bool {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return false };
    let entries = host.list(directory).unwrap_or_default();
    let named = entries.iter().find(|entry| entry.name == name).map(|entry| &entry.target);
    matches!(named, Some(Target::Link(to)) if directory.join(to) == Path::new("/dev/null"))
}

/// The drop-ins of a unit, in the order they are read: by file name, and of one name the one in the
/// directory that comes first; a link to /dev/null takes it away.
fn drop_ins(host: &Host, name: &Name, manager: &Manager) -> Vec<PathBuf> {
    let directories = &manager.directories;
    let own = directories.iter().flat_map(|d| name.of_drop_ins().into_iter().map(move |n| d.join(n)));
    let of_all = directories.iter().map(|directory| directory.join("service.d"));
    in_order(host, own.chain(of_all))
}

/// A unit being read.
struct Reading<'r> {
    host: &'r Host,
    all: &'r [Assignment],
    specifier: &'r dyn Fn(char) -> Option<String>,
    manager: &'r Manager,
    remarks: Vec<String>,
}

impl Reading<'_> {
    fn service(mut self, name: String, files: Vec<PathBuf>) -> Service {
        // A user's manager has no right to make a service another's.
        let own = self.manager.account.clone();
        let user = own.as_ref().map(|own| own.name.clone()).or_else(|| self.last("User"));
        let account = own.or_else(|| user.as_deref().and_then(|user| self.account(user)));
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
            // systemd.exec(5), "WorkingDirectory=": the home directory for a user's manager.
            _ => self.manager.account.as_ref().map_or_else(|| "/".into(), |own| own.home.clone()),
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
        found.extend(self.manager.environment(self.host));
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
        let comments = comments(self.host);
        let mut is_there = false;
        for file in matching(self.host, &path) {
            match self.host.read(&file) {
                Ok(bytes) => found.extend(variables(&environment_file::systemd(&bytes, comments))),
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

/// systemd's words for no (`parse_boolean`, src/basic/parse-util.c).
fn is_no(value: &str) -> bool {
    ["0", "no", "n", "false", "f", "off"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests;
