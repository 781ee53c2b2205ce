//! Who sees the host, where that is not the user at this shell: a process, a service, variables of a
//! file.

use super::error::Failure;
use castore::discover::program::Program;
use castore::host::accounts::PasswdEntry;
use castore::host::files::Tree;
use castore::host::process::{NoProcess, Running, account_name, process};
use castore::host::{Host, System};
use castore::render::escape;
use castore::settings::systemd::service::{NoService, service, user_service};
use std::path::{Path, PathBuf};

/// A host as somebody sees it.
pub(crate) struct View {
    pub host: Host,
    /// Who, where it is not the user at this shell.
    pub subject: Option<Subject>,
}

/// Somebody other than the user at this shell.
pub(crate) struct Subject {
    /// `process`, `service`, `variables`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// The program that it runs.
    pub program: Option<Program>,
    /// The account it runs as.
    pub user: Option<String>,
    /// Whether its files are another tree than the shell's.
    pub has_other_root: bool,
    /// What is to be known of it.
    pub remarks: Vec<String>,
}

impl Subject {
    /// Whoever is started with the variables of these files.
    pub(crate) fn of_variables(files: &[PathBuf]) -> Self {
        let names: Vec<String> = files.iter().map(|file| escape::path(file)).collect();
        Self {
            kind: "variables",
            name: names.join(", "),
            program: None,
            user: None,
            has_other_root: false,
            remarks: Vec::new(),
        }
    }
}

/// The host as a process sees it.
pub(crate) fn of_process(pid: u32) -> Result<View, Failure> {
    let (host, running) = process(pid).map_err(|why| {
        let message = format!("process {pid}: {why}");
        match why {
            NoProcess::Denied => Failure::with_hint(
                message,
                "run castore as the user of that process, or with the right to trace it (CAP_SYS_PTRACE)",
            ),
            _ => Failure::new(message),
        }
    })?;
    let called = running.arguments.first().map(Path::new);
    let program = Program::of_process(&host, &running.program, called, running.mapped.clone());
    let subject = Subject {
        kind: "process",
        name: pid.to_string(),
        program: Some(program),
        user: Some(account_name(&host, running.uid)),
        has_other_root: running.has_other_root,
        remarks: remarks(&running),
    };
    Ok(View { host, subject: Some(subject) })
}

fn remarks(running: &Running) -> Vec<String> {
    let mut remarks = Vec::new();
    if running.is_replaced {
        remarks.push(
            "its program was replaced or removed since it started: restart it to use what is there now".to_owned(),
        );
    }
    if !running.replaced.is_empty() {
        let names = running.replaced.iter().filter_map(|path| path.file_name());
        let names: Vec<String> = names.map(|name| escape::path(Path::new(name))).collect();
        remarks.push(format!(
            "libraries it has loaded were replaced since: restart it to use the new ones: {}",
            names.join(", ")
        ));
    }
    if running.is_privileged {
        remarks.push(
            "it was started with raised rights: OpenSSL 1.1.1 and later ignores its variables then, and others may"
                .to_owned(),
        );
    }
    if running.is_overwritten {
        remarks.push("it wrote over its environment, so its variables are not known".to_owned());
    }
    remarks
}

/// The host as a service sees it.
pub(crate) fn of_service(
    host: Host,
    unit: &str,
    root: Option<&Path>,
    account: Option<&PasswdEntry>,
    named: bool,
) -> Result<View, Failure> {
    let own = |account: &PasswdEntry| user_service(&host, unit, account);
    let found = match (account, named) {
        (Some(account), true) => own(account),
        (account, _) => service(&host, unit).or_else(|why| match (&why, account) {
            (NoService::Absent, Some(account)) => own(account),
            _ => Err(why),
        }),
    };
    let found = found.map_err(|why| {
        let message = format!("--service: {unit:?}: {why}");
        match why {
            NoService::Absent if named => {
                Failure::with_hint(message, "without --user the units of the system are looked at")
            }
            NoService::Absent => Failure::with_hint(
                message,
                "--user NAME looks at the units of a user; those that only a manager knows are not read",
            ),
            _ => Failure::new(message),
        }
    })?;
    let mut host = match &found.root {
        None => host,
        Some(inside) => changed_root(&host, inside, root)?,
    };
    host.set_environment(found.environment);
    host.home = found.home.or_else(|| root_home(&host, found.user.as_deref()));
    host.cwd = found.directory;
    let program = found.program.and_then(|program| Program::of_command(&host, &program));
    let subject = Subject {
        kind: "service",
        name: found.name,
        program,
        user: Some(found.user.unwrap_or_else(|| "root".to_owned())),
        has_other_root: found.root.is_some(),
        remarks: found.remarks,
    };
    Ok(View { host, subject: Some(subject) })
}

/// A service without an account runs as root.
fn root_home(host: &Host, user: Option<&str>) -> Option<PathBuf> {
    let accounts = super::host::accounts(host);
    accounts.into_iter().find(|account| user.is_none() && account.uid == 0).map(|account| account.home)
}

/// The host below `RootDirectory=`.
fn changed_root(host: &Host, inside: &Path, root: Option<&Path>) -> Result<Host, Failure> {
    let resolved = host.resolve(inside).map_err(|why| Failure::unreadable_file(inside, &why))?;
    let below = resolved.path.strip_prefix("/").unwrap_or(&resolved.path);
    let on_disk = root.unwrap_or(Path::new("/")).join(below);
    let tree = Tree::at(&on_disk).map_err(|why| Failure::unreadable_file(&on_disk, &why))?;
    Ok(Host::new(Box::new(tree), System::Linux))
}
