//! The host a command inspects: the live machine, or a tree given by `--root`.

use super::error::Failure;
use super::{Context, Process};
use castore::host::accounts::{PasswdEntry, passwd_homes};
use castore::host::files::Tree;
use castore::host::{Environment, Host, System, native};
use castore::limits;
use castore::model::{Password, Timestamp, Unreadable};
use castore::render::escape;
use clap::Args;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The host.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Host")]
pub(crate) struct HostArguments {
    /// Inspect the tree at DIR, as after a chroot into it.
    ///
    /// Links stay inside it, and the environment is empty but for --env.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Set a variable as the clients would see it; may be repeated.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = clap::builder::OsStringValueParser::new())]
    variables: Vec<OsString>,
    /// Read for the account NAME of the host: its home directory, none of the present variables.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Judge times as of TIME instead of now: 2026-11-21, 2026-11-21T20:15:00Z or @SECONDS.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Read at most SIZE of one file: bytes, or with KiB, MiB, GiB.
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    file_size: u64,
    /// Try the passwords in FILE, one a line, on keystores; may be repeated.
    ///
    /// The empty password and changeit are tried without it. FILE is one of this machine, also with
    /// --root.
    #[arg(long = "password-file", value_name = "FILE")]
    password_files: Vec<PathBuf>,
    /// Spend at most N rounds of key derivation on one file.
    #[arg(long, value_name = "N", default_value_t = limits::KDF_ITERATIONS, value_parser = rounds)]
    kdf_iterations: u64,
    /// Spend at most SIZE of memory on one key derivation by scrypt: bytes, or with KiB, MiB, GiB.
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = size)]
    kdf_memory: u64,
    /// Take at most N entries from one store.
    #[arg(long, value_name = "N", default_value_t = limits::ENTRIES, value_parser = entries)]
    max_entries: usize,
}

fn size(text: &str) -> Result<u64, String> {
    let units =
        [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000)];
    let found = units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)));
    let (number, unit) = found.unwrap_or((text, 1));
    let number: u64 =
        number.trim().parse().map_err(|_| "expected a number of bytes such as 67108864 or 64MiB".to_owned())?;
    number.checked_mul(unit).ok_or_else(|| "expected less than 16 EiB".to_owned())
}

fn rounds(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "expected a number of rounds such as 10000000".to_owned())
}

fn entries(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "expected a number of entries such as 1000000".to_owned())
}

impl HostArguments {
    /// The moment that counts as now.
    pub(crate) fn at(&self, process: &Process) -> Timestamp {
        self.at.unwrap_or(process.now)
    }

    /// The host.
    pub(crate) fn host(&self, context: &mut Context<'_>) -> Result<Host, Failure> {
        let process = context.process;
        let host = match &self.root {
            None => self.live(process)?,
            Some(root) => self.tree(&process.directory.join(root))?,
        };
        let mut host = self.for_user(host)?;
        host.file_size = self.file_size;
        host.bounds.kdf_iterations = self.kdf_iterations;
        host.bounds.kdf_memory = self.kdf_memory;
        host.bounds.entries = self.max_entries;
        if !self.password_files.is_empty() {
            host.passwords = self.passwords(context)?;
        }
        Ok(host)
    }

    /// The passwords of all files, each once and in their order.
    fn passwords(&self, context: &mut Context<'_>) -> Result<Vec<Password>, Failure> {
        let tree = Tree::live().map_err(|why| Failure::unreadable(Path::new("/"), &why))?;
        let mut machine = Host::new(Box::new(tree), native::system());
        machine.cwd.clone_from(&context.process.directory);
        let mut passwords = Vec::new();
        for file in &self.password_files {
            let resolved = machine.resolve(file).map_err(|why| no_passwords(file, &why.to_string()))?;
            let bytes = machine.read_resolved(&resolved, limits::SETTINGS_SIZE);
            let bytes = bytes.map_err(|why| no_passwords(file, &why.to_string()))?;
            // S_IROTH.
            if resolved.mode.is_some_and(|mode| mode & 0o004 != 0) {
                let file = escape::path(file);
                context.note(&format!("{file}: every account of this machine can read the passwords in it"));
            }
            let found = lines(&bytes).ok_or_else(|| no_passwords(file, "expected UTF-8, found other bytes"))?;
            if found.is_empty() {
                return Err(no_passwords(file, "no password in it"));
            }
            for password in found {
                if !passwords.contains(&password) {
                    passwords.push(password);
                }
            }
        }
        Ok(passwords)
    }

    fn live(&self, process: &Process) -> Result<Host, Failure> {
        let tree = Tree::live().map_err(|why| Failure::unreadable(Path::new("/"), &why))?;
        let mut environment = if self.user.is_none() { process.environment.clone() } else { Environment::new() };
        environment.extend(self.added()?);
        let mut host = Host::new(Box::new(tree), native::system()).with_environment(environment);
        host.cwd.clone_from(&process.directory);
        host.live = true;
        let is_set = |name: &str| process.environment.contains_key(OsStr::new(name));
        host.overridden = is_set("SSL_CERT_FILE") || is_set("SSL_CERT_DIR");
        if host.home.is_none() {
            let own = native::live_user();
            host.home =
                accounts(&host).into_iter().find(|account| Some(account.uid) == own).map(|account| account.home);
        }
        Ok(host)
    }

    fn tree(&self, root: &Path) -> Result<Host, Failure> {
        let tree = Tree::at(root).map_err(|why| Failure::unreadable(root, &why))?;
        let mut host = Host::new(Box::new(tree), System::Linux).with_environment(self.added()?);
        host.system = system_of(&host);
        if host.home.is_none() {
            host.home = accounts(&host).into_iter().find(|account| account.uid == 0).map(|account| account.home);
        }
        Ok(host)
    }

    fn for_user(&self, mut host: Host) -> Result<Host, Failure> {
        let Some(name) = &self.user else { return Ok(host) };
        let account = accounts(&host).into_iter().find(|account| account.name == *name).ok_or_else(|| {
            Failure::with_hint(
                format!("no account is called {name:?} in /etc/passwd of the host"),
                "for an account kept elsewhere, name its home: --env HOME=DIR",
            )
        })?;
        // What that account uses is not known where its home is closed: a look at any name in it tells.
        if host.resolve(&account.home.join(".config")) == Err(Unreadable::Denied) {
            return Err(Failure::unreadable(&account.home, &Unreadable::Denied));
        }
        host.cwd.clone_from(&account.home);
        host.home = Some(account.home);
        Ok(host)
    }

    fn added(&self) -> Result<Environment, Failure> {
        let parse = |text: &OsString| {
            let bytes = text.as_encoded_bytes();
            let at = bytes.iter().position(|&byte| byte == b'=').filter(|at| *at > 0);
            at.map(|at| (native::part(text, 0..at), native::part(text, at + 1..bytes.len()))).ok_or_else(|| {
                Failure::new(format!("--env: expected NAME=VALUE, found {:?}", OsStr::new(text).to_string_lossy()))
            })
        };
        self.variables.iter().map(parse).collect()
    }
}

/// A file of passwords that gives none. What is in it is not said.
fn no_passwords(file: &Path, why: &str) -> Failure {
    let message = format!("--password-file: {}: {why}", escape::path(file));
    Failure::with_hint(message, "name a file of this machine with one password on each line")
}

/// The lines of a file of passwords that are not empty, without their ends; nothing where it is no text.
fn lines(bytes: &[u8]) -> Option<Vec<Password>> {
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).ok()?;
    Some(text.lines().filter(|line| !line.is_empty()).map(Password::new).collect())
}

fn accounts(host: &Host) -> Vec<PasswdEntry> {
    host.settings(Path::new("/etc/passwd")).map(|text| passwd_homes(&text)).unwrap_or_default()
}

/// What kind of system a tree is of, by a place that only that system has.
fn system_of(host: &Host) -> System {
    let is = |path: &str| host.resolve(Path::new(path)).is_ok();
    if is("/System/Library") {
        System::MacOs
    } else if is("/bin/freebsd-version") || is("/usr/libexec/ld.elf_so") || is("/bsd") {
        System::Bsd
    } else if is("/Windows/System32") {
        System::Windows
    } else {
        System::Linux
    }
}
