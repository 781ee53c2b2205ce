//! A running process of this machine: its files, its environment, its program.
//!
//! What a process uses can differ from what a shell beside it uses in everything: its variables are
//! those it was started with, its root may be a container's, its program may have been replaced
//! since it started. All of that stands in `/proc/PID` (proc(5)) and is read there; nothing is
//! attached to, stopped or asked. A variable that a program sets for itself while it runs does not
//! show: `environ` is what execve(2) was given.

#![expect(clippy::disallowed_methods, reason = "the door to processes: /proc/PID, each file up to a bound")]

use super::accounts::passwd_homes;
use super::files::Tree;
use super::{Environment, Host, native};
use crate::limits::PROCESS_TEXT;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A process as `/proc` shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Running {
    /// Its number.
    pub pid: u32,
    /// The file it executes, inside its root.
    pub program: PathBuf,
    /// Whether another file stands there by now, or none.
    pub is_replaced: bool,
    /// What it was called with. It may hold secrets and is not to be shown.
    pub arguments: Vec<OsString>,
    /// Executable files mapped into it, its program and its libraries, each once.
    pub mapped: Vec<PathBuf>,
    /// Libraries mapped into it that were removed or replaced since.
    pub replaced: Vec<PathBuf>,
    /// Its effective user id.
    pub uid: u32,
    /// Whether it sees another tree of files than castore does: a container, a chroot, a service's
    /// own namespace.
    pub has_other_root: bool,
    /// Whether it was started with rights that its caller did not have (`AT_SECURE`, getauxval(3)).
    pub is_privileged: bool,
    /// Whether it wrote over its environment, so that nothing of it can be told.
    pub is_overwritten: bool,
}

/// Why there is no view of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoProcess {
    /// This system shows no processes as files.
    #[error("this system has no /proc to read it from")]
    NoProc,
    /// There is none of this number.
    #[error("no such process")]
    Absent,
    /// It has ended, and its parent did not ask how.
    #[error("it has ended, and waits for its parent to notice")]
    Ended,
    /// A thread of the kernel: it has no program, environment or root of its own.
    #[error("it is a thread of the kernel and runs no program")]
    Kernel,
    /// It may not be looked at.
    #[error("permission denied")]
    Denied,
    /// It could not be read for another reason.
    #[error("it cannot be read")]
    Unreadable,
}

/// The host as the process `pid` sees it, and what is known of it.
pub fn process(pid: u32) -> Result<(Host, Running), NoProcess> {
    process_in(Path::new("/proc"), pid)
}

/// The same, with `/proc` elsewhere.
fn process_in(proc: &Path, pid: u32) -> Result<(Host, Running), NoProcess> {
    if !proc.join("self").is_symlink() && !proc.join("version").exists() {
        return Err(NoProcess::NoProc);
    }
    let own = proc.join(pid.to_string());
    let status = text(&own.join("status"))?;
    match field(&status, "State") {
        Some(state) if state.starts_with(['Z', 'X']) => return Err(NoProcess::Ended),
        // Threads of the kernel have no memory of their own; since 6.8 they say so themselves.
        _ if field(&status, "Kthread") == Some("1") || field(&status, "VmSize").is_none() => {
            return Err(NoProcess::Kernel);
        }
        _ => {}
    }
    let variables = read(&own.join("environ"))?;
    let (environment, is_overwritten) = environment(&variables);
    let root = link(&own.join("root"))?;
    let (program, is_deleted) = without_deleted(link(&own.join("exe"))?);
    let program = inside(&program, &root).unwrap_or(program);
    let has_other_root = has_other_root(proc, &own);
    let tree = if has_other_root { Tree::behind(own.join("root")) } else { Tree::live() };
    let tree = tree.map_err(|_| NoProcess::Unreadable)?;
    let mut host = Host::new(Box::new(tree), native::system()).with_environment(environment);
    host.cwd = link(&own.join("cwd")).ok().and_then(|cwd| inside(&cwd, &root)).unwrap_or_else(|| PathBuf::from("/"));
    let uid = effective_user(&status).unwrap_or(u32::MAX);
    if host.home.is_none() {
        let accounts = host.settings(Path::new("/etc/passwd")).map(|text| passwd_homes(&text)).unwrap_or_default();
        host.home = accounts.into_iter().find(|account| account.uid == uid).map(|account| account.home);
    }
    let maps = read(&own.join("maps")).unwrap_or_default();
    let (mapped, replaced) = mapped(&maps, &root);
    let is_replaced = is_deleted || !is_same_file(&host, &program, &own.join("exe"));
    let is_privileged = read(&own.join("auxv")).is_ok_and(|words| is_secure(&words));
    host.privileged = is_privileged;
    let arguments = read(&own.join("cmdline")).unwrap_or_default();
    let running = Running {
        pid,
        program,
        is_replaced,
        arguments: arguments.split(|byte| *byte == 0).map(os).collect(),
        mapped,
        replaced,
        uid,
        has_other_root,
        is_privileged,
        is_overwritten,
    };
    Ok((host, running))
}

/// What a failure to look at something of a process means: what is there to read and gives nothing
/// belongs to a process that ended meanwhile (ESRCH).
fn meaning(error: &io::Error) -> NoProcess {
    match error.kind() {
        io::ErrorKind::NotFound => NoProcess::Absent,
        io::ErrorKind::PermissionDenied => NoProcess::Denied,
        _ if native::is_no_such_process(error) => NoProcess::Absent,
        _ => NoProcess::Unreadable,
    }
}

fn read(path: &Path) -> Result<Vec<u8>, NoProcess> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| meaning(&error))?;
    file.take(PROCESS_TEXT).read_to_end(&mut bytes).map_err(|error| meaning(&error))?;
    Ok(bytes)
}

fn text(path: &Path) -> Result<String, NoProcess> {
    Ok(String::from_utf8_lossy(&read(path)?).into_owned())
}

fn link(path: &Path) -> Result<PathBuf, NoProcess> {
    std::fs::read_link(path).map_err(|error| meaning(&error))
}

/// The value of a line `NAME:\tVALUE`.
fn field<'t>(status: &'t str, name: &str) -> Option<&'t str> {
    status.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
}

/// The second of the four numbers after `Uid:`.
fn effective_user(status: &str) -> Option<u32> {
    field(status, "Uid")?.split_whitespace().nth(1)?.parse().ok()
}

fn os(bytes: &[u8]) -> OsString {
    native::text(bytes)
}

/// Variables separated by NUL, the first of a name as getenv(3) takes it; and whether there is text
/// without any variable, which programs leave that write their title over it.
fn environment(bytes: &[u8]) -> (Environment, bool) {
    let mut found = Environment::new();
    for variable in bytes.split(|byte| *byte == 0) {
        if let Some(at) = variable.iter().position(|byte| *byte == b'=').filter(|at| *at > 0) {
            found.entry(os(&variable[..at])).or_insert_with(|| os(&variable[at + 1..]));
        }
    }
    let is_overwritten = found.is_empty() && !bytes.is_empty();
    (found, is_overwritten)
}

/// Whether a process sees another tree of files: another mount namespace, or another root in it.
fn has_other_root(proc: &Path, own: &Path) -> bool {
    let namespace = |of: &Path| std::fs::read_link(of.join("ns/mnt")).ok();
    let identity = |path: &Path| std::fs::metadata(path).ok().and_then(|found| native::facts(&found).identity);
    namespace(own) != namespace(&proc.join("self")) || identity(&own.join("root")) != identity(Path::new("/"))
}

/// `path` as the process itself would name it: links in `/proc` are named from castore's root.
fn inside(path: &Path, root: &Path) -> Option<PathBuf> {
    let below = path.strip_prefix(root).ok()?;
    Some(Path::new("/").join(below))
}

/// A path without the mark that its file was removed.
fn without_deleted(path: PathBuf) -> (PathBuf, bool) {
    const MARK: &[u8] = b" (deleted)";
    match path.as_os_str().as_encoded_bytes().strip_suffix(MARK) {
        Some(kept) => (PathBuf::from(os(kept)), true),
        None => (path, false),
    }
}

/// Whether the file at `path` of the host is the one that `link` leads to.
fn is_same_file(host: &Host, path: &Path, link: &Path) -> bool {
    let Ok(open) = std::fs::metadata(link) else { return true };
    host.resolve(path).is_ok_and(|found| found.identity == native::facts(&open).identity)
}

/// The executable files of `/proc/PID/maps`, each once: those that are there, and libraries that were
/// removed since. Memory that only looks like a file (`memfd`, `/dev/zero`, System V) is neither.
fn mapped(maps: &[u8], root: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut there, mut gone) = (Vec::new(), Vec::new());
    for line in maps.split(|byte| *byte == b'\n') {
        // address permissions offset device inode path
        let Some(at) = line.iter().position(|byte| *byte == b'/') else { continue };
        let is_executable = line.split(|byte| *byte == b' ').nth(1).is_some_and(|p| p.contains(&b'x'));
        // Device and inode hold no slash; the offset neither.
        let (path, is_gone) = without_deleted(PathBuf::from(os(&line[at..])));
        let Some(path) = inside(&path, root).filter(|_| is_executable) else { continue };
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let is_library = name.windows(3).any(|three| three == b".so");
        match is_gone {
            false if !there.contains(&path) => there.push(path),
            true if is_library && !gone.contains(&path) => gone.push(path),
            _ => {}
        }
    }
    (there, gone)
}

/// Whether the auxiliary vector has `AT_SECURE` set: pairs of words, of the width of the program
/// (linux/auxvec.h).
fn is_secure(words: &[u8]) -> bool {
    const AT_SECURE: u64 = 23;
    let pairs = |width: usize| -> Vec<(u64, u64)> {
        let word = |bytes: &[u8]| match bytes.try_into() {
            Ok(eight) => u64::from_ne_bytes(eight),
            Err(_) => bytes.try_into().map_or(0, |four| u64::from(u32::from_ne_bytes(four))),
        };
        words.chunks_exact(2 * width).map(|pair| (word(&pair[..width]), word(&pair[width..]))).collect()
    };
    // Types are small numbers; read in the wrong width they are not.
    let is_plausible = |pairs: &[(u64, u64)]| pairs.iter().all(|(kind, _)| *kind < 1024);
    let wide = pairs(8);
    let found = if is_plausible(&wide) { wide } else { pairs(4) };
    found.contains(&(AT_SECURE, 1))
}

/// The name of an account of the host, or its number.
#[must_use]
pub fn account_name(host: &Host, uid: u32) -> String {
    let accounts = host.settings(Path::new("/etc/passwd")).map(|text| passwd_homes(&text)).unwrap_or_default();
    accounts.into_iter().find(|account| account.uid == uid).map_or_else(|| uid.to_string(), |account| account.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_separated_by_nul_and_the_first_of_a_name_counts() {
        let (found, is_overwritten) = environment(b"A=1\0B=x=y\0A=2\0junk\0=z\0C=\0");
        let found: Vec<_> = found.iter().map(|(k, v)| (k.to_str().unwrap(), v.to_str().unwrap())).collect();
        assert_eq!((found.as_slice(), is_overwritten), (&[("A", "1"), ("B", "x=y"), ("C", "")][..], false));
        assert!(environment(b"worker process of postgres\0\0\0").1);
        assert!(!environment(b"").1);
    }

    #[test]
    fn paths_are_those_of_the_process() {
        assert_eq!(inside(Path::new("/srv/jail/bin/x"), Path::new("/srv/jail")), Some("/bin/x".into()));
        assert_eq!(inside(Path::new("/srv/jail"), Path::new("/srv/jail")), Some("/".into()));
        assert_eq!(inside(Path::new("/bin/x"), Path::new("/")), Some("/bin/x".into()));
        assert_eq!(inside(Path::new("/elsewhere"), Path::new("/srv/jail")), None);
        assert_eq!(without_deleted("/usr/bin/x (deleted)".into()), ("/usr/bin/x".into(), true));
        assert_eq!(without_deleted("/usr/bin/(deleted)".into()), ("/usr/bin/(deleted)".into(), false));
    }

    #[test]
    fn libraries_that_are_mapped_and_gone() {
        let maps = b"\
55d0-55d1 r-xp 00000000 fe:00 1 /srv/jail/bin/x\n\
55d1-55d2 r--p 00000000 fe:00 1 /srv/jail/bin/data\n\
7f00-7f01 r-xp 00001000 fe:00 2 /srv/jail/lib/libssl.so.3 (deleted)\n\
7f01-7f02 r-xp 00001000 fe:00 3 /srv/jail/lib/libc.so.6\n\
7f02-7f03 r-xp 00001000 fe:00 3 /srv/jail/lib/libc.so.6\n\
7f03-7f04 rwxp 00000000 00:01 9 /memfd:jit (deleted)\n\
7f05-7f06 rwxp 00000000 00:00 0 [heap]\n";
        let (there, gone) = mapped(maps, Path::new("/srv/jail"));
        assert_eq!(there, ["/bin/x", "/lib/libc.so.6"].map(PathBuf::from));
        assert_eq!(gone, [PathBuf::from("/lib/libssl.so.3")]);
    }

    #[test]
    fn raised_rights_in_either_width() {
        let wide = |secure: u64| [6, 4096, 23, secure, 0, 0].map(u64::to_ne_bytes).concat();
        let narrow = |secure: u32| [6, 4096, 23, secure, 0, 0].map(u32::to_ne_bytes).concat();
        assert!(is_secure(&wide(1)) && is_secure(&narrow(1)));
        assert!(!is_secure(&wide(0)) && !is_secure(&narrow(0)) && !is_secure(b"short"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_very_process() {
        let pid = std::process::id();
        let (host, running) = process(pid).unwrap();
        assert!(!running.has_other_root && !running.is_replaced && !running.is_privileged, "{running:?}");
        assert_eq!(running.program, std::env::current_exe().unwrap());
        assert_eq!(host.cwd, std::env::current_dir().unwrap());
        assert_eq!(host.variable("PATH"), std::env::var_os("PATH").as_deref());
        assert!(running.mapped.contains(&running.program), "{running:?}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_no_process_with_a_program() {
        assert_eq!(process(u32::MAX).map(|_| ()), Err(NoProcess::Absent));
        let nowhere = tempfile::tempdir().unwrap();
        assert_eq!(process_in(nowhere.path(), 1).map(|_| ()), Err(NoProcess::NoProc));
        let own = nowhere.path().join("7");
        std::fs::create_dir_all(&own).unwrap();
        std::fs::write(nowhere.path().join("version"), "").unwrap();
        for (status, expected) in [
            ("State:\tS (sleeping)\nUid:\t0\t0\t0\t0\n", NoProcess::Kernel),
            ("State:\tS (sleeping)\nKthread:\t1\nVmSize:\t1 kB\n", NoProcess::Kernel),
            ("State:\tZ (zombie)\n", NoProcess::Ended),
        ] {
            std::fs::write(own.join("status"), status).unwrap();
            assert_eq!(process_in(nowhere.path(), 7).map(|_| ()), Err(expected));
        }
    }
}
