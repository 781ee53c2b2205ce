//! The host a command inspects: the live machine, or a tree given by `--root`.

use super::error::Failure;
use super::subject::{self, Subject, View};
use super::{Context, Process};
use castore::catalogue::variables as variables_of_clients;
use castore::host::accounts::{PasswdEntry, passwd_homes};
use castore::host::files::Tree;
use castore::host::{Environment, Host, System, native};
use castore::limits;
use castore::model::{Password, Timestamp, Unreadable};
use castore::render::commands::Commands;
use castore::render::escape;
use castore::select::STANDARD_INPUT;
use castore::settings::environment_file;
use castore::settings::systemd::service::variables;
use clap::Args;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

/// The host.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Host")]
pub(crate) struct HostArguments {
    /// Inspect the tree at DIR, as after a chroot into it.
    ///
    /// Links stay inside it, and the environment is empty but for --env. A file that is named to be looked at is one
    /// of the tree, too.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Inspect the host as the running process N sees it: its variables, its root, its user.
    ///
    /// The variables are those it was started with; what a program sets for itself later does not show.
    #[arg(long, value_name = "N", conflicts_with_all = ["root", "user", "service", "all_users", "login_environment"])]
    pid: Option<u32>,
    /// Inspect the host as the systemd service UNIT sees it: the variables of its unit and of the files
    /// that name, its user, its directory.
    ///
    /// Read from the files of the host; no manager is asked. A unit of the system comes first, then one of
    /// the user at this shell; with --user those of that account alone.
    #[arg(long, value_name = "UNIT", conflicts_with_all = ["all_users", "login_environment"])]
    service: Option<String>,
    /// Add the variables of FILE, written as in systemd's EnvironmentFile=; may be repeated.
    ///
    /// Quotes are those of a shell, and nothing is expanded. FILE is one of this machine, also with --root.
    #[arg(long = "env-file", value_name = "FILE")]
    variable_files: Vec<PathBuf>,
    /// Begin with the variables that a login gets from /etc/environment, and none of the present ones.
    #[arg(long)]
    login_environment: bool,
    /// Set a variable as the clients would see it; may be repeated.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = clap::builder::OsStringValueParser::new())]
    variables: Vec<OsString>,
    /// Read for the account NAME of the host: its home directory, none of the present variables.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Read for every account of the host whose home can be read, with none of the present variables.
    ///
    /// Of castore check a home that is closed ends it with 2, as a store does that is not read.
    #[arg(long, conflicts_with = "user")]
    all_users: bool,
    /// Judge times as of TIME instead of now: 2026-11-21, 2026-11-21T20:15:00Z or @SECONDS.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Read at most SIZE of one file: bytes, or with KiB, MiB, GiB.
    ///
    /// Of programs and libraries 512 MiB are searched, or SIZE where that is more.
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
    /// Spend at most N rounds of key derivation on all files together, in the order in which they are found.
    #[arg(long, value_name = "N", default_value_t = limits::KDF_ITERATIONS_TOTAL, value_parser = rounds)]
    kdf_total: u64,
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
    /// Takes what `--env` was given that is no variable.
    pub(crate) fn take_variables(&mut self, is_none: impl Fn(&OsString) -> bool) -> Vec<OsString> {
        let (taken, kept) = std::mem::take(&mut self.variables).into_iter().partition(is_none);
        self.variables = kept;
        taken
    }

    /// The tree that is written in, where it is not this machine; an error where the host is only looked at: what a
    /// process or a service sees may be another tree.
    pub(crate) fn written_root(&self) -> Result<Option<&Path>, Failure> {
        if self.pid.is_some() || self.service.is_some() {
            let hint = "name the tree with --root DIR, or leave out --pid and --service";
            return Err(Failure::with_hint("--pid and --service show a host, and nothing is written there", hint));
        }
        Ok(self.root.as_deref())
    }

    /// The moment that counts as now.
    pub(crate) fn at(&self, process: &Process) -> Timestamp {
        self.at.unwrap_or(process.now)
    }

    /// The moment that was asked for.
    pub(crate) const fn given_at(&self) -> Option<Timestamp> {
        self.at
    }

    /// The host. It is never taken down: the process ends with the command, and what thousands of paths led to
    /// would be given back one by one.
    pub(crate) fn host(&self, context: &mut Context<'_>) -> Result<ManuallyDrop<Host>, Failure> {
        let View { host, subject } = self.view(context)?;
        for remark in subject.iter().flat_map(|subject| &subject.remarks) {
            context.note(remark);
        }
        Ok(ManuallyDrop::new(host))
    }

    /// The host for a command that looks at what these words name: see [`with_input`].
    pub(crate) fn host_and_input(
        &self,
        words: &[OsString],
        context: &mut Context<'_>,
    ) -> Result<ManuallyDrop<Host>, Failure> {
        let host = ManuallyDrop::into_inner(self.host(context)?);
        Ok(ManuallyDrop::new(with_input(host, words, context)?))
    }

    /// The host, and who sees it where that is not the user at this shell.
    pub(crate) fn view(&self, context: &mut Context<'_>) -> Result<View, Failure> {
        let mut view = match (self.pid, &self.service) {
            (Some(pid), _) => subject::of_process(pid)?,
            (None, Some(unit)) => {
                let host = self.unseen(context.process)?;
                let account = self.account(&host)?;
                subject::of_service(host, unit, self.root.as_deref(), account.as_ref(), self.user.is_some())?
            }
            (None, None) => View { host: self.for_user(self.unseen(context.process)?)?, subject: None },
        };
        let added = self.added(context, &view.host)?;
        if view.subject.is_none() && !self.variable_files.is_empty() {
            view.subject = Some(Subject::of_variables(&self.variable_files));
        }
        let mut environment = view.host.environment().clone();
        environment.extend(added);
        view.host.set_environment(environment);
        let host = &mut view.host;
        host.remember();
        host.file_size = self.file_size;
        host.bounds.kdf_iterations = self.kdf_iterations;
        host.bounds.kdf_total = self.kdf_total;
        host.bounds.kdf_memory = self.kdf_memory;
        host.bounds.entries = self.max_entries;
        if !self.password_files.is_empty() {
            host.passwords = passwords(&self.password_files, "--password-file", context)?;
        }
        host.view = castore::host::View { every_account: self.all_users, login: self.login_environment };
        if self.all_users {
            (host.accounts, host.closed_homes) = homes(host, context);
            host.home = None;
        }
        context.commands = self.commands(context, view.subject.as_ref());
        Ok(view)
    }

    /// Commands for this host: with what of these options decides which it is, and whose eyes see it.
    fn commands(&self, context: &Context<'_>, subject: Option<&Subject>) -> Commands {
        let of_process = self.pid.filter(|_| subject.is_some_and(|subject| subject.has_other_root));
        let of_process = of_process.map(|pid| PathBuf::from(format!("/proc/{pid}/root")));
        let root = self.root.as_ref().map(|root| context.process.directory.join(root)).or(of_process);
        let mut commands = Commands::at(root.as_deref());
        if let Some(pid) = self.pid {
            commands = commands.seen_alone_by("--pid", &pid.to_string());
        }
        if let Some(unit) = &self.service {
            commands = commands.seen_by("--service", unit);
        }
        for (name, is_given) in [("--all-users", self.all_users), ("--login-environment", self.login_environment)] {
            if is_given {
                commands = commands.with(name, None);
            }
        }
        if let Some(user) = &self.user {
            commands = commands.with("--user", Some(user));
        }
        for (name, files) in [("--env-file", &self.variable_files), ("--password-file", &self.password_files)] {
            for file in files {
                commands = commands.with(name, Some(&escape::path(file)));
            }
        }
        let known = if self.variables.is_empty() { Vec::new() } else { variables_of_clients() };
        for variable in self.variables.iter().map(|variable| escape::path(variable.as_ref())) {
            // What may be a secret is not repeated in what others read.
            let name = variable.split('=').next().unwrap_or_default();
            let is_place = PLACES.contains(&name) || known.iter().any(|known| known.name == name && known.is_place());
            if is_place && !variable.contains("://") {
                commands = commands.with("--env", Some(&variable));
            }
        }
        commands
    }

    /// What a subject is compared with: the host as the user at this shell sees it, or, of a tree, as
    /// root without variables does.
    pub(crate) fn shell(&self, context: &Context<'_>) -> Result<(Host, &'static str), Failure> {
        let process = context.process;
        let (mut host, name) = match &self.root {
            None => (live(process, process.environment.clone())?, "shell"),
            Some(root) => (tree(&process.directory.join(root))?, "no-variables"),
        };
        host.remember();
        host.file_size = self.file_size;
        Ok((host, name))
    }

    /// The live machine or the tree, with the variables of this shell or none.
    fn unseen(&self, process: &Process) -> Result<Host, Failure> {
        let is_other = self.user.is_some() || self.service.is_some() || self.all_users || self.login_environment;
        match &self.root {
            None if is_other => live(process, Environment::new()),
            None => live(process, process.environment.clone()),
            Some(root) => tree(&process.directory.join(root)),
        }
    }

    fn for_user(&self, mut host: Host) -> Result<Host, Failure> {
        if self.user.is_none() {
            return Ok(host);
        }
        let Some(account) = self.account(&host)? else { return Ok(host) };
        // What that account uses is not known where its home is closed: a look at any name in it tells.
        if host.resolve(&account.home.join(".config")) == Err(Unreadable::Denied) {
            return Err(Failure::unreadable(&account.home, &Unreadable::Denied));
        }
        host.cwd.clone_from(&account.home);
        host.home = Some(account.home);
        Ok(host)
    }

    /// The account that was named, or the one at this shell, where the host has it.
    fn account(&self, host: &Host) -> Result<Option<PasswdEntry>, Failure> {
        let known = accounts(host).into_iter();
        let Some(name) = &self.user else {
            let own = if host.live { native::live_user() } else { Some(0) };
            return Ok(known.into_iter().find(|account| Some(account.uid) == own));
        };
        let found = known.into_iter().find(|account| account.name == *name);
        found.map(Some).ok_or_else(|| {
            Failure::with_hint(
                format!("no account is called {name:?} in /etc/passwd of the host"),
                "for an account kept elsewhere, name its home: --env HOME=DIR",
            )
        })
    }

    /// The variables that were asked for: of the login, of files, one by one.
    fn added(&self, context: &mut Context<'_>, host: &Host) -> Result<Environment, Failure> {
        let mut found = Environment::new();
        if self.login_environment {
            let text = host.read(Path::new("/etc/environment")).unwrap_or_default();
            found.extend(variables(&environment_file::login(&text)));
        }
        if !self.variable_files.is_empty() {
            let machine = live(context.process, Environment::new())?;
            for file in &self.variable_files {
                found.extend(variables_of(&machine, file, context)?);
            }
        }
        let parse = |text: &OsString| {
            let bytes = text.as_encoded_bytes();
            let at = bytes.iter().position(|&byte| byte == b'=').filter(|at| *at > 0);
            at.map(|at| (native::part(text, 0..at), native::part(text, at + 1..bytes.len()))).ok_or_else(|| {
                Failure::new(format!("--env: expected NAME=VALUE, found {:?}", OsStr::new(text).to_string_lossy()))
            })
        };
        for text in &self.variables {
            let (name, value) = parse(text)?;
            found.insert(name, value);
        }
        Ok(found)
    }
}

/// Lines of a file of variables that are named one by one where systemd would pass over them.
const TOLD: usize = 3;

/// The variables of a file that the user named. What systemd would pass over in silence is said, and a
/// file without a single variable is a mistake.
fn variables_of(machine: &Host, file: &Path, context: &mut Context<'_>) -> Result<Environment, Failure> {
    let text = machine.read(file).map_err(|why| Failure::unreadable_file(file, &why))?;
    let failure = |what: &str| {
        let message = format!("--env-file: {}: expected lines of NAME=VALUE, found {what}", escape::path(file));
        Failure::with_hint(message, "it is read as systemd reads EnvironmentFile=")
    };
    if text.contains(&0) {
        return Err(failure("binary data"));
    }
    let (found, passed_over) = environment_file::systemd_telling(&text);
    if found.is_empty() && !passed_over.is_empty() {
        return Err(failure(&format!("none; line {}: {}", passed_over[0].line, passed_over[0].why)));
    }
    for one in passed_over.iter().take(TOLD) {
        context.note(&format!("{}:{}: passed over: {}", escape::path(file), one.line, one.why));
    }
    if let Some(more) = passed_over.len().checked_sub(TOLD).filter(|more| *more > 0) {
        context.note(&format!("{}: {more} more lines passed over", escape::path(file)));
    }
    Ok(variables(&found))
}

/// Variables that say where clients and their stores are, beside those of the catalogue.
const PLACES: &[&str] = &["PATH", "HOME"];

/// Whether a file that is not in the tree is on this machine.
pub(crate) fn is_here(path: &Path, process: &Process) -> bool {
    live(process, Environment::new()).is_ok_and(|machine| machine.resolve(path).is_ok())
}

/// What to do where a file of this machine was named and one of the tree is meant.
pub(crate) fn of_tree(path: &Path, takes_input: bool) -> String {
    let named = escape::shell_path(path);
    match takes_input {
        true => format!("with --root a file is one of the tree; for that of this machine: castore why - <{named}"),
        false => {
            "with --root a file is one of the tree, and this one is of this machine: copy it into the tree, or look \
                  at it without --root"
                .to_owned()
        }
    }
}

/// The machine castore runs on, in this environment.
pub(crate) fn live(process: &Process, environment: Environment) -> Result<Host, Failure> {
    let tree = Tree::live().map_err(|why| Failure::unreadable(Path::new("/"), &why))?;
    let mut host = Host::new(Box::new(tree), native::system()).with_environment(environment);
    host.cwd.clone_from(&process.directory);
    host.live = true;
    let is_set = |name: &str| process.environment.contains_key(OsStr::new(name));
    host.overridden = is_set("SSL_CERT_FILE") || is_set("SSL_CERT_DIR");
    if host.home.is_none() {
        let own = native::live_user();
        host.home = accounts(&host).into_iter().find(|account| Some(account.uid) == own).map(|account| account.home);
    }
    Ok(host)
}

/// The machine castore runs on, for files that are named beside a host: with the same passwords and bounds.
pub(crate) fn files(process: &Process, host: &Host) -> Result<Host, Failure> {
    let mut files = live(process, process.environment.clone())?;
    files.passwords.clone_from(&host.passwords);
    (files.bounds, files.file_size) = (host.bounds, host.file_size);
    Ok(files)
}

/// The host on which standard input can be read as a file, where one of the words is `-`. It is read once, to its end.
pub(crate) fn with_input(host: Host, words: &[OsString], context: &mut Context<'_>) -> Result<Host, Failure> {
    if !words.iter().any(|word| word == "-") {
        return Ok(host);
    }
    let read = context.output.input(host.file_size.saturating_add(1));
    let bytes = read.map_err(|error| Failure::new(format!("standard input: {error}")))?;
    if bytes.len() as u64 > host.file_size {
        return Err(Failure::not_read(Path::new("standard input"), &Unreadable::TooLarge(host.file_size), ""));
    }
    Ok(host.changed(host.environment().clone(), BTreeMap::from([(STANDARD_INPUT.into(), bytes)])))
}

/// The tree at `root`, of which root is the user in question.
fn tree(root: &Path) -> Result<Host, Failure> {
    let tree = Tree::at(root).map_err(|why| Failure::unreadable_file(root, &why))?;
    let mut host = Host::new(Box::new(tree), System::Linux);
    host.system = system_of(&host);
    host.home = accounts(&host).into_iter().find(|account| account.uid == 0).map(|account| account.home);
    Ok(host)
}

/// The accounts whose homes are there and open, each home once, and the homes that are closed, which are said.
fn homes(host: &Host, context: &mut Context<'_>) -> (Vec<PasswdEntry>, Vec<PathBuf>) {
    let mut homes = Vec::new();
    let mut closed: Vec<PasswdEntry> = Vec::new();
    let mut found = Vec::new();
    for account in accounts(host) {
        if account.home == Path::new("/") || homes.contains(&account.home) || !host.is_directory(&account.home) {
            if host.resolve(&account.home) == Err(Unreadable::Denied) {
                closed.push(account);
            }
            continue;
        }
        homes.push(account.home.clone());
        match host.resolve(&account.home.join(".config")) {
            Err(Unreadable::Denied) => closed.push(account),
            _ => found.push(account),
        }
    }
    if !closed.is_empty() {
        let names: Vec<&str> = closed.iter().map(|account| account.name.as_str()).collect();
        context.note(&format!("permission denied, so not known what these accounts use: {}", names.join(", ")));
    }
    let mut closed: Vec<PathBuf> = closed.into_iter().map(|account| account.home).collect();
    closed.dedup();
    (found, closed)
}

/// The passwords of all files, each once and in their order.
pub(crate) fn passwords(files: &[PathBuf], option: &str, context: &mut Context<'_>) -> Result<Vec<Password>, Failure> {
    let tree = Tree::live().map_err(|why| Failure::unreadable(Path::new("/"), &why))?;
    let mut machine = Host::new(Box::new(tree), native::system());
    machine.cwd.clone_from(&context.process.directory);
    let mut passwords = Vec::new();
    for file in files {
        let resolved = machine.resolve(file).map_err(|why| no_passwords(option, file, &why.to_string()))?;
        let bytes = machine.read_resolved(&resolved, limits::SETTINGS_SIZE);
        let bytes = bytes.map_err(|why| no_passwords(option, file, &why.to_string()))?;
        // S_IROTH.
        if resolved.mode.is_some_and(|mode| mode & 0o004 != 0) {
            let file = escape::path(file);
            context.note(&format!("{file}: every account of this machine can read the passwords in it"));
        }
        let found = lines(&bytes).ok_or_else(|| no_passwords(option, file, "expected UTF-8, found other bytes"))?;
        if found.is_empty() {
            return Err(no_passwords(option, file, "no password in it"));
        }
        for password in found {
            if !passwords.contains(&password) {
                passwords.push(password);
            }
        }
    }
    Ok(passwords)
}

/// A file of passwords that gives none. What is in it is not said.
fn no_passwords(option: &str, file: &Path, why: &str) -> Failure {
    let message = format!("{option}: {}: {why}", escape::path(file));
    Failure::with_hint(message, "name a file of this machine with one password on each line")
}

/// The lines of a file of passwords that are not empty, without their ends; nothing where it is no text.
fn lines(bytes: &[u8]) -> Option<Vec<Password>> {
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).ok()?;
    Some(text.lines().filter(|line| !line.is_empty()).map(Password::new).collect())
}

pub(crate) fn accounts(host: &Host) -> Vec<PasswdEntry> {
    host.settings(Path::new("/etc/passwd")).map(|text| passwd_homes(&text)).unwrap_or_default()
}

/// What of a tree can be looked at only elsewhere, or when something else was done first.
pub(crate) fn elsewhere(host: &Host) -> Option<&'static str> {
    // https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
    let is_image = || ["/oci-layout", "/index.json", "/blobs"].iter().all(|path| host.resolve(Path::new(path)).is_ok());
    match host.system {
        _ if host.live => None,
        System::Windows if native::system() != System::Windows => Some(
            "this is a tree of Windows, whose own store and paths are looked at on Windows alone: castore list --all \
             finds the files in it",
        ),
        System::MacOs if native::system() != System::MacOs => {
            Some("this is a tree of macOS: its keychains are looked at on macOS alone")
        }
        System::Linux if is_image() => Some(
            "this is an image in the layout of OCI, whose files are in archives: unpack it, and name the directory that \
             it becomes",
        ),
        _ => None,
    }
}

/// What kind of system a tree is of, by a place that only that system has, or what it says of itself (os-release(5)).
fn system_of(host: &Host) -> System {
    let is = |path: &str| host.resolve(Path::new(path)).is_ok();
    let release = host.settings(Path::new("/etc/os-release")).unwrap_or_default();
    let id = release.lines().find_map(|line| line.strip_prefix("ID=")).unwrap_or_default();
    let is_bsd = ["freebsd", "openbsd", "netbsd", "dragonfly"].contains(&id.trim_matches(['"', '\'']));
    if is("/System/Library") {
        System::MacOs
    } else if is_bsd || is("/bin/freebsd-version") || is("/usr/libexec/ld.elf_so") || is("/bsd") {
        System::Bsd
    } else if is("/Windows/System32") {
        System::Windows
    } else {
        System::Linux
    }
}
