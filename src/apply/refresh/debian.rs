//! What Debian's `update-ca-certificates` needs to be right.
//!
//! It appends to `ca-certificates.crt.new`, a fixed name, without emptying it, and takes no lock: what a killed run
//! left is doubled into the bundle by the next, and two at once write into one file (`TEMPBUNDLE`, the script of
//! 20230311 and 20250419; measured: wrong in 27 of 30 and in 60 of 60 tries). So nothing of it may be running, and
//! what is left of it goes first. dpkg runs it in triggers, so it is not run while dpkg is at work.
//!
//! What is left goes by the protocol of every write. It is in no journal, and nothing puts it back: no reader of a store
//! opens it, it is part of what the command makes next, and put back it would be doubled into that.

#![expect(clippy::disallowed_methods, reason = "looks for processes, and waits for them")]

use super::super::change::{Change, New, Sites, Watch};
use super::super::error::{Step, WriteError};
use super::super::sys::{self, Directory};
use super::super::write::Stop;
use crate::catalogue::DEBIAN_JAVA;
use crate::host::Files;
use crate::host::files::Tree;
use crate::limits::REFRESH_TIME;
use crate::model::{StoreId, Unreadable};
use crate::plan::Refresh;
use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PROGRAM: &str = "update-ca-certificates";
/// Hooks, one of which makes the keystore of Java through dpkg's triggers.
const HOOKS: &str = "/etc/ca-certificates/update.d";
/// The one that makes Java's keystore.
const JAVA_HOOK: &str = "jks-keystore";
/// What a front end of dpkg holds while it works (apt-get(8), lib/dpkg/dbmodify.c).
const DPKG_LOCK: &str = "/var/lib/dpkg/lock-frontend";
/// How often is looked whether another run has ended.
const TICK: Duration = Duration::from_millis(200);

/// Whether dpkg is at work, which may run the command at any moment, or be run by it.
fn package_manager(refresh: &Refresh) -> Option<String> {
    let is_dpkg = DEBIAN_JAVA.iter().any(|command| refresh.command == *command);
    let is_hook = || refresh.directories.iter().any(|directory| directory == Path::new(HOOKS));
    let concerns = is_program(refresh) || is_dpkg || is_hook();
    match File::open(DPKG_LOCK).and_then(|lock| sys::lock_holder(&lock)) {
        Ok(Some(process)) if concerns => {
            Some(format!("process {process} holds {DPKG_LOCK}: packages are being installed, which may refresh it too"))
        }
        // Without the file, or the right to look at it, dpkg is not what runs here.
        _ => None,
    }
}

/// Waits for other runs, and removes what a killed one left.
pub(super) fn prepare(refresh: &Refresh, watch: &mut dyn FnMut(&str)) -> Result<(), String> {
    if let Some(why) = package_manager(refresh) {
        return Err(why);
    }
    if !is_program(refresh) {
        return Ok(());
    }
    let start = Instant::now();
    while let Some(process) = another(Path::new("/proc")) {
        if start.elapsed() >= REFRESH_TIME {
            return Err(format!("process {process} runs {PROGRAM} too, and does not end"));
        }
        std::thread::sleep(TICK);
    }
    remove_temporary(refresh, watch)
}

/// Removes what a run left that was ended, or failed.
pub(super) fn clean(refresh: &Refresh, watch: &mut dyn FnMut(&str)) {
    let may = is_program(refresh) && another(Path::new("/proc")).is_none();
    if let Some(why) = may.then(|| remove_temporary(refresh, watch).err()).flatten() {
        watch(&why);
    }
}

/// What takes out what a refresh took in: without `--fresh` links to what is gone stay, and the hook of Java's keystore
/// is told of additions alone; a trigger makes that anew (as a plan that removes has it, `plan::goals::System::refreshes`).
pub(super) fn to_take_back(refresh: &Refresh) -> Vec<Refresh> {
    take_back(refresh, Path::new(HOOKS).join(JAVA_HOOK).is_file())
}

fn take_back(refresh: &Refresh, has_hook: bool) -> Vec<Refresh> {
    if !is_program(refresh) || refresh.command.iter().any(|word| word == "--fresh" || word == "-f") {
        return vec![refresh.clone()];
    }
    let mut fresh = refresh.clone();
    fresh.command.insert(1, "--fresh".to_owned());
    let is_java = |id: &&StoreId| id.path().is_some_and(|path| path.ends_with("java/cacerts"));
    let Some(java) = refresh.makes.iter().find(is_java).filter(|_| has_hook) else {
        return vec![fresh];
    };
    let trigger = |words: &[&str], makes: Vec<StoreId>| Refresh {
        command: words.iter().map(|&word| word.to_owned()).collect(),
        directories: refresh.directories.clone(),
        makes,
        because: "Debian's hook takes nothing out of the Java keystore; this trigger does".to_owned(),
    };
    let [ask, pending] = DEBIAN_JAVA;
    vec![fresh, trigger(ask, Vec::new()), trigger(pending, vec![java.clone()])]
}

fn is_program(refresh: &Refresh) -> bool {
    refresh.command.first().is_some_and(|name| name == PROGRAM)
}

/// Where the temporary bundle is.
fn temporary(refresh: &Refresh) -> PathBuf {
    let after = |option: &str| {
        let found = refresh.command.iter().position(|argument| argument == option)?;
        refresh.command.get(found + 1)
    };
    let directory = after("--etccertsdir").map_or("/etc/ssl/certs", String::as_str);
    let bundle = after("--certbundle").map_or("ca-certificates.crt", String::as_str);
    Path::new(directory).join(format!("{bundle}.new"))
}

fn remove_temporary(refresh: &Refresh, watch: &mut dyn FnMut(&str)) -> Result<(), String> {
    let path = temporary(refresh);
    match remove(&path) {
        Ok(true) => watch(&format!("removed {}, which a killed {PROGRAM} left", path.display())),
        Ok(false) => {}
        Err(error) => {
            let because = error.source().map(|because| format!(": {because}")).unwrap_or_default();
            return Err(format!("left by a killed {PROGRAM}, and not removed: {error}{because}"));
        }
    }
    Ok(())
}

/// Removes a file of this machine that no link leads to, where only root and this user could have put it; whether there
/// was one.
fn remove(target: &Path) -> Result<bool, WriteError> {
    let mut nothing = |_: Step| Ok(());
    let watch = &mut Watch::new(target, &mut nothing);
    let mut work = || {
        let tree = Tree::live()?;
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else { return Ok(false) };
        // Behind its links: `/etc/ssl/certs` is one on some systems.
        let found = match tree.resolve(parent) {
            Err(Unreadable::Absent) => return Ok(false),
            found => found?,
        };
        let path = found.path.join(name);
        watch.at(Step::CheckDirectory)?;
        Directory::within(&tree, &found.path)?.check_within(&tree, &found.path, &found.links, name)?;
        let mut sites = Sites::new(&tree);
        let mut change = Change::at(&mut sites, &path, New::Nothing, watch)?;
        if change.is_done() {
            return Ok(false);
        }
        change.stage(watch)?;
        change.rename(watch)?;
        change.sync(watch)?;
        change.read_back(&tree.again()?, watch)?;
        Ok(true)
    };
    work().map_err(|stop: Stop| stop.at(&watch.path, watch.step))
}

/// A process of root that runs the command on this machine: any user can call a process so, and only root's writes
/// there. Those of containers are in another mount namespace.
fn another(processes: &Path) -> Option<u32> {
    let here = std::fs::read_link(processes.join("self/ns/mnt")).ok()?;
    let numbers = std::fs::read_dir(processes).ok()?.flatten();
    let mut numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.find(|number| {
        let process = processes.join(number.to_string());
        let runs = std::fs::read(process.join("cmdline")).is_ok_and(|line| runs_it(&line))
            && std::fs::read_to_string(process.join("status")).is_ok_and(|status| is_of_root(&status));
        runs && std::fs::read_link(process.join("ns/mnt")).is_ok_and(|found| found == here)
    })
}

/// Whether root started the process and it acts as root (proc(5), `Uid`: real, effective, saved, of the file system).
fn is_of_root(status: &str) -> bool {
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    users.is_some_and(|users| users.split_whitespace().take(2).eq(["0", "0"]))
}

/// Whether arguments are of the command: itself, or its interpreter and then its path.
fn runs_it(line: &[u8]) -> bool {
    let words = line.split(|&octet| octet == 0).take(3);
    let mut names = words.map(|word| word.rsplit(|&octet| octet == b'/').next().unwrap_or(word));
    names.any(|name| name == PROGRAM.as_bytes())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Read;
    use std::process::Stdio;

    fn refresh(command: &[&str]) -> Refresh {
        let command = command.iter().map(|&word| word.to_owned()).collect();
        Refresh { command, directories: Vec::new(), makes: Vec::new(), because: String::new() }
    }

    #[test]
    fn the_temporary_bundle_is_where_the_options_say() {
        assert_eq!(temporary(&refresh(&[PROGRAM])), Path::new("/etc/ssl/certs/ca-certificates.crt.new"));
        let elsewhere = [PROGRAM, "--fresh", "--etccertsdir", "/c", "--certbundle", "b.crt"];
        assert_eq!(temporary(&refresh(&elsewhere)), Path::new("/c/b.crt.new"));
    }

    /// It goes as everything that is written: whole, its own name and no other, and only where it can be nobody else's.
    #[test]
    fn what_a_killed_run_left_goes_by_the_protocol() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let base = tempfile::tempdir().unwrap();
        let base = base.path().canonicalize().unwrap();
        let certs = base.join("certs");
        std::fs::create_dir(&certs).unwrap();
        symlink("certs", base.join("link")).unwrap();
        let left = certs.join("ca-certificates.crt.new");
        let directory = base.join("link").display().to_string();
        let refresh = refresh(&[PROGRAM, "--etccertsdir", &directory]);
        let removed = || {
            let mut said = Vec::new();
            remove_temporary(&refresh, &mut |line| said.push(line.to_owned())).map(|()| said)
        };
        assert_eq!(removed(), Ok(vec![]));
        std::fs::write(&left, "half").unwrap();
        let told = format!("removed {directory}/ca-certificates.crt.new, which a killed {PROGRAM} left");
        assert_eq!(removed(), Ok(vec![told.clone()]));
        assert!(!left.exists());
        // Of a link the link goes.
        std::fs::write(base.join("other"), "other").unwrap();
        symlink("../other", &left).unwrap();
        assert_eq!(removed(), Ok(vec![told]));
        assert!(std::fs::symlink_metadata(&left).is_err() && base.join("other").exists());
        std::fs::write(&left, "half").unwrap();
        std::fs::set_permissions(&certs, PermissionsExt::from_mode(0o777)).unwrap();
        let refused = removed().unwrap_err();
        assert!(refused.contains("not removed") && refused.contains("writable by its owner only"), "{refused}");
        assert!(left.exists());
    }

    /// A lock of this process is not seen by it, so another takes it.
    #[test]
    fn whoever_holds_a_lock_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let script =
            "import fcntl,sys; f=open(sys.argv[1],'r+'); fcntl.lockf(f,fcntl.LOCK_EX); print(flush=True); input()";
        let mut python = std::process::Command::new("python3");
        python.args(["-c", script]).arg(file.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(mut holder) = python.spawn() else { return };
        assert_eq!(holder.stdout.as_mut().unwrap().read(&mut [0]).unwrap(), 1);
        assert_eq!(sys::lock_holder(file.as_file()).unwrap(), Some(holder.id()));
        drop(holder.stdin.take());
        holder.wait().unwrap();
        assert_eq!(sys::lock_holder(file.as_file()).unwrap(), None);
    }

    #[test]
    fn what_came_is_taken_out_by_making_all_anew() {
        let commands = |refresh: &Refresh, has_hook: bool| {
            let back = take_back(refresh, has_hook).into_iter().map(|refresh| refresh.command.join(" "));
            back.collect::<Vec<_>>()
        };
        for has_hook in [false, true] {
            assert_eq!(commands(&refresh(&[PROGRAM]), has_hook), ["update-ca-certificates --fresh"]);
            assert_eq!(commands(&refresh(&[PROGRAM, "-f"]), has_hook), ["update-ca-certificates -f"]);
            assert_eq!(commands(&refresh(&["update-ca-trust"]), has_hook), ["update-ca-trust"]);
        }
        let keystore = StoreId::Path("/etc/ssl/certs/java/cacerts".into());
        let java = Refresh { makes: vec![keystore.clone()], ..refresh(&[PROGRAM]) };
        assert_eq!(commands(&java, false), ["update-ca-certificates --fresh"]);
        let fresh = "dpkg-trigger --no-await update-ca-certificates-java-fresh";
        let all = ["update-ca-certificates --fresh", fresh, "dpkg --triggers-only --pending"];
        assert_eq!(commands(&java, true), all);
        assert_eq!(take_back(&java, true)[2].makes, [keystore]);
    }

    /// A user who calls a process like it, or runs a program of root's under its name, holds nothing up.
    #[test]
    fn only_the_command_of_root_counts() {
        let processes = tempfile::tempdir().unwrap();
        let add = |name: &str, users: &str| {
            let process = processes.path().join(name);
            std::fs::create_dir_all(process.join("ns")).unwrap();
            std::os::unix::fs::symlink("mnt:[1]", process.join("ns/mnt")).unwrap();
            std::fs::write(process.join("cmdline"), "/bin/sh\0/usr/sbin/update-ca-certificates\0").unwrap();
            std::fs::write(process.join("status"), format!("Name:\tsh\nUid:\t{users}\nGid:\t0\t0\t0\t0\n")).unwrap();
        };
        add("self", "0\t0\t0\t0");
        add("11", "1000\t1000\t1000\t1000");
        add("12", "1000\t0\t0\t0");
        assert_eq!(another(processes.path()), None);
        add("13", "0\t0\t0\t0");
        assert_eq!(another(processes.path()), Some(13));
    }

    #[test]
    fn it_is_known_by_itself_and_behind_its_interpreter() {
        assert!(runs_it(b"/bin/sh\0-e\0/usr/sbin/update-ca-certificates\0--fresh\0"));
        assert!(runs_it(b"/bin/sh\0/usr/sbin/update-ca-certificates\0"));
        assert!(runs_it(b"update-ca-certificates\0"));
        assert!(!runs_it(b"vi\0/usr/share/doc/update-ca-certificates.txt\0"));
        assert!(!runs_it(b"man\0-a\0-b\0update-ca-certificates\0"));
        assert!(!runs_it(b""));
    }
}
