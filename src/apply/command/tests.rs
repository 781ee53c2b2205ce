//! Programs that hang, flood, fork, and such as others could have put in their place.

#![allow(clippy::disallowed_methods, reason = "tests make programs, and look at processes")]

use super::program::find;
use super::scratch::Scratch;
use super::*;
use crate::apply::Refusal;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

const SOON: Duration = Duration::from_millis(300);
const LATE: Duration = Duration::from_secs(30);

/// A script that the shell runs.
fn script(text: &str) -> Job<'static> {
    Job {
        name: "sh",
        directories: &[],
        arguments: ["-c", text].map(OsString::from).to_vec(),
        environment: Vec::new(),
        home: None,
        starts_nothing: false,
        account: Account::Own,
        time: LATE,
        octets: 64 * 1024,
    }
}

fn ran(job: &Job<'_>) -> (Ran, Vec<String>) {
    let mut lines = Vec::new();
    let ran = run(job, &mut |line| lines.push(line.to_owned())).unwrap();
    (ran, lines)
}

fn out(job: &Job<'_>) -> String {
    String::from_utf8(ran(job).0.stdout).unwrap()
}

/// Whether a process is there and has not ended.
fn lives(process: &str) -> bool {
    let state = fs::read_to_string(format!("/proc/{process}/stat"));
    state.is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

/// Whether a process that was killed ends, which is some moments later.
fn ends(process: &str) -> bool {
    (0..500).any(|_| {
        std::thread::sleep(COMMAND_TICK);
        !lives(process)
    })
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_killed_castore_leaves_running_ends_by_itself() {
    let processors = std::thread::available_parallelism().unwrap().get() as u64;
    let seconds = (LATE.as_secs() + 1) * processors;
    // It is bounded as soon as it is started, not before.
    let text = "sleep 0.3; ulimit -t; sh -c 'ulimit -t'";
    let said = out(&Job { starts_nothing: true, ..script(text) });
    assert_eq!(said, format!("{seconds}\n{seconds}\n"));
    // What a refresh starts may be a service.
    let own = std::process::Command::new("sh").args(["-c", "ulimit -t"]).output().unwrap().stdout;
    assert_eq!(out(&script("sleep 0.3; ulimit -t")).into_bytes(), own);
}

#[test]
fn a_program_inherits_nothing() {
    let said = out(&script("/usr/bin/env | /usr/bin/sort; pwd; umask; read line || echo no input"));
    let said: Vec<&str> = said.lines().filter(|line| !line.starts_with("OLDPWD=") && !line.starts_with("_=")).collect();
    let path = format!("PATH={PATH}");
    assert_eq!(said, ["HOME=/nonexistent", "LC_ALL=C", path.as_str(), "PWD=/", "/", "0022", "no input"]);
}

/// The umask is one for the whole process: programs that threads start at once have theirs, and the process keeps its own.
#[test]
fn programs_that_are_started_at_once_leave_the_umask_as_it_was() {
    const ALONE: &str = "CASTORE_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        // Other tests make files.
        let name = "apply::command::tests::programs_that_are_started_at_once_leave_the_umask_as_it_was";
        let mut own = Command::new(std::env::current_exe().unwrap());
        let output = own.args(["--exact", name]).env(ALONE, "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{output:?}");
        return;
    }
    let strict = rustix::fs::Mode::from_raw_mode(0o077);
    rustix::process::umask(strict);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..25).for_each(|_| assert_eq!(out(&script("umask")), "0022\n")));
        }
    });
    assert_eq!(rustix::process::umask(strict), strict);
}

#[test]
fn what_it_prints_is_told_line_by_line() {
    let (ran, lines) = ran(&script("printf 'one\\r\\ntwo\\n'; printf 'th\\377ree'; exit 3"));
    assert_eq!(lines, ["one", "two", "th\u{fffd}ree"]);
    assert_eq!((ran.ended, ran.is_cut), (Ended::With(3), false));
    assert_eq!(ran.stdout, b"one\r\ntwo\nth\xffree");
    let (ran, lines) = self::ran(&script("echo error >&2; kill -9 $$"));
    assert_eq!((ran.ended, ran.stderr.as_slice(), lines), (Ended::Killed, &b"error\n"[..], vec!["error".to_owned()]));
    let (_, lines) = self::ran(&script("printf '%10000s' x"));
    assert_eq!(lines[0].len(), COMMAND_LINE);
}

#[test]
fn one_that_hangs_is_ended_with_all_it_started() {
    let job = Job { time: SOON, ..script("echo $$; sleep 1000 & echo $!; sleep 1000") };
    let (ran, lines) = ran(&job);
    assert_eq!(ran.ended, Ended::TimeOver);
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|process| ends(process)), "{lines:?}");
    assert_eq!(ran.ended.to_string(), "it took too long and was ended");
}

#[test]
fn one_that_floods_is_heard_up_to_a_bound() {
    let start = Instant::now();
    let (ran, lines) = ran(&Job { time: SOON, ..script("while :; do echo 0123456789abcdef; done") });
    assert_eq!((ran.ended, ran.is_cut, ran.stdout.len()), (Ended::TimeOver, true, 64 * 1024));
    assert!(lines.len() <= 64 * 1024 / 17 + 1, "{}", lines.len());
    assert!(start.elapsed() < SOON + COMMAND_UNHEARD + Duration::from_secs(5));
    let (ran, _) = self::ran(&script("head -c 1000000 /dev/zero; echo end >&2"));
    assert_eq!((ran.ended, ran.is_cut, ran.stdout.len()), (Ended::With(0), true, 64 * 1024));
    assert_eq!(ran.stderr, b"end\n");
}

#[test]
fn one_that_closes_its_output_is_waited_for() {
    let (ran, _) = ran(&script("exec >&- 2>&-; sleep 0.3; exit 7"));
    assert_eq!(ran.ended, Ended::With(7));
    let (ran, _) = self::ran(&Job { time: SOON, ..script("exec >&- 2>&-; sleep 1000") });
    assert_eq!(ran.ended, Ended::TimeOver);
}

#[test]
fn a_child_that_keeps_the_output_open_is_not_waited_for() {
    let start = Instant::now();
    let (ran, lines) = ran(&script("sleep 1000 & echo $!"));
    assert_eq!(ran.ended, Ended::With(0));
    assert!(ends(&lines[0]));
    // In a session of its own it is another's business, and holds nothing up.
    let (ran, lines) = self::ran(&script("setsid sh -c 'echo $$; exec sleep 5' & sleep 0.2"));
    assert_eq!((ran.ended, lines.len()), (Ended::With(0), 1));
    assert!(start.elapsed() < LATE, "{:?}", start.elapsed());
}

#[test]
fn what_one_leaves_in_the_background_may_stay_if_it_is_silent() {
    let (_, lines) = ran(&script("sleep 2 >/dev/null 2>&1 & echo $!"));
    assert!(lives(&lines[0]));
}

#[test]
fn root_becomes_another_user_without_groups() {
    let (ran, lines) = ran(&Job { account: Account::NOBODY, ..script("id -u; id -g; id -G") });
    assert_eq!(ran.ended, Ended::With(0));
    if !sys::is_superuser() {
        return;
    }
    let nobody = sys::NOBODY.to_string();
    assert_eq!((lines, ran.is_own_account), (vec![nobody.clone(), nobody.clone(), nobody], false));
}

/// A directory with a program in it, and the directory's path.
fn place() -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().canonicalize().unwrap();
    fs::write(path.join("program"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(path.join("program"), PermissionsExt::from_mode(0o755)).unwrap();
    (place, path)
}

fn refused(directory: &Path) -> Refusal {
    match find("program", &[directory.to_path_buf()]) {
        Err(CannotRun::Unsafe { refusal, .. }) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_program_is_found_where_nobody_else_can_write() {
    let (_guard, path) = place();
    let directories = [path.join("none"), path.clone()];
    assert_eq!(find("program", &directories).unwrap(), path.join("program"));
    symlink("program", path.join("link")).unwrap();
    assert_eq!(find("link", &directories).unwrap(), path.join("link"), "what it is called is how it was asked for");
    assert!(find("sh", &[]).is_ok());

    for name in ["nothing", "", ".", "..", "../program", "/bin/sh", "sub/program"] {
        assert!(matches!(find(name, &directories), Err(CannotRun::Absent(_))), "{name}");
    }
    assert!(matches!(find("program", &["relative".into()]), Err(CannotRun::Absent(_))));
}

#[test]
fn a_program_that_others_can_write_is_refused() {
    let (_guard, path) = place();
    let program = path.join("program");
    fs::set_permissions(&program, PermissionsExt::from_mode(0o757)).unwrap();
    assert_eq!(refused(&path), Refusal::WritableByOthers { path: program.clone(), mode: 0o757 });

    // The sticky bit keeps names in a directory; on a file it keeps nothing.
    fs::set_permissions(&program, PermissionsExt::from_mode(0o1757)).unwrap();
    assert_eq!(refused(&path), Refusal::WritableByOthers { path: program.clone(), mode: 0o1757 });

    // And it stays refused where a good one comes after it.
    let (_other, good) = place();
    assert!(matches!(find("program", &[path.clone(), good]), Err(CannotRun::Unsafe { .. })));

    fs::set_permissions(&program, PermissionsExt::from_mode(0o644)).unwrap();
    let found = find("program", std::slice::from_ref(&path));
    assert!(matches!(found, Err(CannotRun::Failed { .. })), "not executable: {found:?}");
}

#[test]
fn a_program_in_a_directory_that_others_can_write_is_refused() {
    let (_guard, path) = place();
    fs::set_permissions(&path, PermissionsExt::from_mode(0o777)).unwrap();
    assert_eq!(refused(&path), Refusal::WritableByOthers { path: path.clone(), mode: 0o777 });
}

#[test]
fn a_link_is_as_safe_as_where_it_leads() {
    let (_guard, elsewhere) = place();
    fs::set_permissions(&elsewhere, PermissionsExt::from_mode(0o777)).unwrap();
    let (_other, path) = place();
    fs::remove_file(path.join("program")).unwrap();
    symlink(elsewhere.join("program"), path.join("program")).unwrap();
    assert_eq!(refused(&path), Refusal::WritableByOthers { path: elsewhere.clone(), mode: 0o777 });

    fs::remove_file(elsewhere.join("program")).unwrap();
    assert!(matches!(refused(&path), Refusal::Unreadable(_)), "a link to nothing is not passed over");
    fs::remove_file(path.join("program")).unwrap();
    fs::create_dir(path.join("program")).unwrap();
    assert!(matches!(refused(&path), Refusal::NotRegular(_)));
}

#[test]
fn a_program_of_another_user_is_refused() {
    if !sys::is_superuser() {
        return;
    }
    let (_guard, path) = place();
    std::os::unix::fs::chown(path.join("program"), Some(sys::NOBODY), None).unwrap();
    assert!(matches!(refused(&path), Refusal::ForeignOwner { owner: sys::NOBODY, .. }));
}

#[test]
fn private_directories_are_gone_afterwards_and_those_of_a_killed_run_at_the_next() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path().join("scratch");
    let scratch = Scratch::open(&at).unwrap();
    let mut room = scratch.room().unwrap();
    let file = room.put("a", b"octets").unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(room.path()).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!((room.take("a", 6).unwrap(), room.take("a", 5).is_err()), (b"octets".to_vec(), true));
    assert!(room.put("a", b"again").is_err());

    // Nobody is let out by what they put there.
    symlink("/etc/passwd", room.path().join("link")).unwrap();
    assert!(room.take("link", 1 << 20).is_err());

    let kept = room.path().to_owned();
    std::mem::forget(room);
    fs::write(at.join("other"), "not castore's").unwrap();
    Scratch::open(&at).unwrap();
    assert!(!kept.exists() && at.join("other").exists() && Path::new("/etc/passwd").exists());

    let room = scratch.room().unwrap();
    let path = room.path().to_owned();
    drop(room);
    assert!(!path.exists());

    // What one that ran there made stays, and keeps nothing else from going.
    let mut room = scratch.room().unwrap();
    let path = room.path().to_owned();
    fs::create_dir(path.join("directory")).unwrap();
    (0..20).for_each(|number| drop(room.put(&number.to_string(), b"a key").unwrap()));
    drop(room);
    assert_eq!(fs::read_dir(&path).unwrap().count(), 1);

    fs::set_permissions(&at, PermissionsExt::from_mode(0o777)).unwrap();
    assert!(Scratch::open(&at).unwrap_err().to_string().contains("0777"));
}

#[test]
fn a_private_directory_is_given_to_who_can_reach_it() {
    if !sys::is_superuser() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), PermissionsExt::from_mode(0o700)).unwrap();
    let scratch = Scratch::open(place.path().join("scratch")).unwrap();
    let mut room = scratch.room().unwrap();
    assert_eq!(room.give(Account::NOBODY).unwrap(), Account::Own, "the place above it is root's alone");

    fs::set_permissions(place.path(), PermissionsExt::from_mode(0o711)).unwrap();
    let mut room = scratch.room().unwrap();
    let file = room.put("a", b"octets").unwrap();
    assert_eq!(room.give(Account::NOBODY).unwrap(), Account::NOBODY);
    let text = format!("cat {0}/a; echo more > {0}/b", room.path().display());
    assert_eq!(out(&Job { account: Account::NOBODY, ..script(&text) }), "octets");
    assert_eq!(room.take("b", 10).unwrap(), b"more\n");
    assert!(file.exists());
}
