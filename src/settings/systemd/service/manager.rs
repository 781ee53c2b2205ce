//! Who starts a service: the manager of the system, or that of a user. It decides where units are, what
//! specifiers of directories stand for, and which variables every service has.

use super::assignment;
use crate::host::accounts::PasswdEntry;
use crate::host::{Environment, Host};
use crate::settings::environment_file::{self, Comments, Variables};
use crate::settings::systemd::{assignments, words};
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

/// A manager of services.
pub(super) struct Manager {
    /// Where its units are looked for, the first that has one counts.
    pub(super) directories: Vec<PathBuf>,
    /// The user whose it is.
    pub(super) account: Option<PasswdEntry>,
}

impl Manager {
    /// That of the system.
    pub(super) fn of_the_system() -> Self {
        Self { directories: DIRECTORIES.iter().map(PathBuf::from).collect(), account: None }
    }

    /// That of a user, whose variables `XDG_…` are as they usually are (systemd.unit(5), "User Unit Search
    /// Path"; `systemd-analyze --user unit-paths`).
    pub(super) fn of_a_user(account: &PasswdEntry) -> Self {
        let run = |path: &str| format!("/run/user/{}/systemd/{path}", account.uid).into();
        let home = |path: &str| account.home.join(path);
        let directories = vec![
            home(".config/systemd/user.control"),
            run("user.control"),
            run("transient"),
            run("generator.early"),
            home(".config/systemd/user"),
            "/etc/xdg/systemd/user".into(),
            "/etc/systemd/user".into(),
            run("user"),
            "/run/systemd/user".into(),
            run("generator"),
            home(".local/share/systemd/user"),
            "/usr/local/share/systemd/user".into(),
            "/usr/share/systemd/user".into(),
            "/usr/local/lib/systemd/user".into(),
            "/usr/lib/systemd/user".into(),
            run("generator.late"),
        ];
        Self { directories, account: Some(account.clone()) }
    }

    /// What is not known of its services from the start.
    pub(super) fn remarks(&self) -> Vec<String> {
        let imported = "a service of a user: what a session imported into the user's manager is not known";
        self.account.iter().map(|_| imported.to_owned()).collect()
    }

    /// What a specifier stands for that is about the manager (systemd.unit(5)). `%h` and `%u` are its own,
    /// not those of `User=`.
    pub(super) fn specifier(&self, letter: char) -> Option<String> {
        let Some(account) = &self.account else {
            return Some(match letter {
                'h' => "/root".to_owned(),
                'u' | 'g' => "root".to_owned(),
                'U' | 'G' => "0".to_owned(),
                's' => "/bin/sh".to_owned(),
                't' => "/run".to_owned(),
                'S' => "/var/lib".to_owned(),
                'C' => "/var/cache".to_owned(),
                'L' => "/var/log".to_owned(),
                'E' => "/etc".to_owned(),
                _ => return None,
            });
        };
        let home = |path: &str| account.home.join(path).to_str().map(str::to_owned);
        Some(match letter {
            'h' => account.home.to_str()?.to_owned(),
            'u' => account.name.clone(),
            'U' => account.uid.to_string(),
            't' => format!("/run/user/{}", account.uid),
            'C' => home(".cache")?,
            'E' => home(".config")?,
            _ => return None,
        })
    }

    /// The variables that it gives every service.
    pub(super) fn environment(&self, host: &Host) -> Environment {
        match &self.account {
            None => manager_defaults(host).iter().filter_map(|word| assignment(word)).collect(),
            Some(account) => of_a_users_manager(host, account),
        }
    }
}

/// The variables that a user's manager begins with: those of the login, then environment.d(5), whose files
/// may refer to what is set before them. On Debian one of those is a link to /etc/environment.
fn of_a_users_manager(host: &Host, account: &PasswdEntry) -> Environment {
    let home = account.home.as_os_str().as_encoded_bytes();
    let runtime = format!("/run/user/{}", account.uid);
    let login = [
        (&b"HOME"[..], home),
        (b"USER", account.name.as_bytes()),
        (b"LOGNAME", account.name.as_bytes()),
        (b"XDG_RUNTIME_DIR", runtime.as_bytes()),
    ];
    let mut found: Variables = login.into_iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
    let shared = ["/etc", "/run", "/usr/local/lib", "/usr/lib"];
    let own = account.home.join(".config/environment.d");
    let directories = shared.iter().map(|directory| Path::new(directory).join("environment.d"));
    let comments = comments(host);
    for file in in_order(host, std::iter::once(own).chain(directories)) {
        let Ok(text) = host.read(&file) else { continue };
        environment_file::add_expanded(&mut found, &text, comments);
    }
    super::variables(&found)
}

/// How the host's systemd reads comments, by its version, which its library has in its name (meson.build of systemd);
/// as the newest where none is there.
#[must_use]
pub fn comments(host: &Host) -> Comments {
    let directories = ["/usr/lib/systemd", "/lib/systemd"].map(PathBuf::from).into_iter();
    let directories = directories.chain(host.children(Path::new("/usr/lib")).into_iter().map(|d| d.join("systemd")));
    let version = directories.flat_map(|directory| host.names(&directory).to_vec()).find_map(|name| {
        let rest = name.to_str()?.strip_prefix("libsystemd-shared-")?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok()
    });
    if version.is_some_and(|version| version < 254) { Comments::GoOn } else { Comments::EndWithTheLine }
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

/// The `.conf` files of directories that are laid over each other, in the order they are read.
pub(super) fn in_order(host: &Host, directories: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
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
