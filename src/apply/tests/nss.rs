//! An NSS database changed by a plan: certutil works on a copy, and the writer replaces the files.

use super::world::{World, change, exactly, leftovers, pem, plan};
use crate::apply::carry::{Point, apply_watched};
use crate::apply::command::scratch::Scratch;
use crate::apply::nss::{NssError, Request, change as change_database};
use crate::apply::{ApplyError, Step as Writing, recover};
use crate::format::tests::authority;
use crate::format::x509;
use crate::model::Format;
use crate::plan::{Plan, Reader, Step, Was};
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

#[test]
fn certutil_works_on_a_copy_and_the_files_are_replaced() {
    let world = World::new();
    let directory = world.on_disk("/etc/drop");
    let database = format!("sql:{}", directory.display());
    let certutil = |arguments: &[&str]| Command::new("certutil").args(arguments).args(["-d", &database]).output();
    if !certutil(&["-N", "--empty-password"]).is_ok_and(|ran| ran.status.success()) {
        eprintln!("skipped: certutil is not here");
        return;
    }
    let before = exactly(&world.root);
    let root = authority("castore nss root");
    let certificate = Arc::new(x509::read(root.clone().into_boxed_slice()));
    let step = Step::Nss {
        directory: "/etc/drop".into(),
        was: world.was("/etc/drop/cert9.db"),
        add: vec![("castore nss root".to_owned(), certificate)],
        remove: vec![],
    };
    let mut store = change("/etc/drop/cert9.db", vec![step], &[&root]);
    store.target.format = Format::Nss;
    store.asks = vec![Reader::Certutil];
    let applied = world.apply(&plan(vec![store])).unwrap();
    assert_eq!(applied.wrong, []);
    assert!(matches!(&applied.asked[..], [(_, Reader::Certutil, crate::apply::Outcome::Well)]), "{applied:?}");
    let listed = String::from_utf8(certutil(&["-L"]).unwrap().stdout).unwrap();
    assert!(listed.contains("castore nss root"), "{listed}");
    world.undo().unwrap();
    let listed = String::from_utf8(certutil(&["-L"]).unwrap().stdout).unwrap();
    assert!(!listed.contains("castore nss root"), "{listed}");
    let at_any_time = |world: &World| -> Vec<_> { exactly(&world.root).into_keys().collect() };
    assert_eq!(at_any_time(&world), before.into_keys().collect::<Vec<_>>());
    assert_eq!(leftovers(&world.base), [] as [std::path::PathBuf; 0]);
}

/// Another process that has a file open, until it is ended.
struct Holder(Child);

impl Holder {
    fn of(world: &World, inside: &str) -> Self {
        let open = fs::File::open(world.on_disk(inside)).unwrap();
        Self(Command::new("sleep").arg("600").stdin(open).spawn().unwrap())
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

const DATABASE: &str = "/etc/drop/cert9.db";

/// A plan that writes what has the name of a database: what is in it is not asked here.
fn of_database(world: &World) -> Plan {
    let (one, two) = (authority("One"), authority("Two"));
    world.write(DATABASE, pem(&[&one]));
    let steps = vec![world.rewrite(DATABASE, &pem(&[&one, &two]))];
    plan(vec![change(DATABASE, steps, &[&one, &two])])
}

#[cfg(target_os = "linux")]
#[test]
fn a_database_that_a_program_has_open_is_not_replaced() {
    let in_use = |error: ApplyError| assert!(error.hint().is_some_and(|hint| hint.starts_with("close")), "{error}");
    let world = World::new();
    let plan = of_database(&world);
    let before = world.picture();
    // It is opened at the last moment.
    let mut holder = None;
    let mut hook = |point| {
        if point == Point::Change(0, Writing::Rename) {
            holder = Some(Holder::of(&world, DATABASE));
        }
        Ok(())
    };
    in_use(apply_watched(&plan, &world.options(), &mut |_| {}, &mut hook).unwrap_err());
    assert_eq!(world.picture(), before);
    drop(holder);
    world.write("/etc/drop/cert9.db-journal", "\u{d9}half");
    in_use(world.apply(&plan).unwrap_err());
    fs::remove_file(world.on_disk("/etc/drop/cert9.db-journal")).unwrap();
    world.apply(&plan).unwrap();
    // Nor by undoing.
    let after = world.picture();
    let holder = Holder::of(&world, DATABASE);
    in_use(world.undo().unwrap_err());
    assert_eq!(world.picture(), after);
    drop(holder);
    world.undo().unwrap();
    assert_eq!(world.picture(), before);
}

/// Who made another root may have put there what is waited for, or a link that leads out of it.
#[cfg(unix)]
#[test]
fn a_lock_of_a_profile_that_is_no_file_is_none() {
    fn fifo(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }
    let kinds: [fn(&Path, &World); 3] = [
        |lock, _| fifo(lock),
        |lock, world| {
            fifo(&world.base.join("outside"));
            super::world::symlink("../../../outside", lock);
        },
        |lock, _| fs::create_dir(lock).unwrap(),
    ];
    for (number, make) in kinds.into_iter().enumerate() {
        let (tell, told) = channel();
        std::thread::spawn(move || {
            let world = World::new();
            let plan = of_database(&world);
            make(&world.on_disk("/etc/drop/.parentlock"), &world);
            let applied = world.apply(&plan).map(|applied| applied.changed.len());
            tell.send(applied.map_err(|error| error.to_string())).unwrap();
        });
        assert_eq!(told.recv_timeout(Duration::from_secs(60)), Ok(Ok(1)), "kind {number}");
    }
}

/// A lock of this process is not seen by it, so another takes it.
#[cfg(target_os = "linux")]
#[test]
fn a_profile_that_is_locked_is_in_use_and_no_lock_elsewhere_counts() {
    let world = World::new();
    let plan = of_database(&world);
    let (lock, outside) = (world.on_disk("/etc/drop/.parentlock"), world.base.join("outside"));
    fs::write(&lock, "").unwrap();
    let script = "import fcntl,sys; f=open(sys.argv[1],'r+'); fcntl.lockf(f,fcntl.LOCK_EX); print(flush=True); input()";
    let mut python = Command::new("python3");
    let piped = std::process::Stdio::piped;
    let Ok(mut holder) = python.args(["-c", script]).arg(&lock).stdin(piped()).stdout(piped()).spawn() else { return };
    assert_eq!(std::io::Read::read(holder.stdout.as_mut().unwrap(), &mut [0]).unwrap(), 1);
    let holder = Holder(holder);
    let error = world.apply(&plan).unwrap_err();
    assert!(error.to_string().contains(&format!("process {} has the database open", holder.0.id())), "{error}");
    fs::rename(&lock, &outside).unwrap();
    super::world::symlink("../../../outside", &lock);
    world.apply(&plan).unwrap();
}

/// What a run that was interrupted changed is put back when the program is closed.
#[cfg(target_os = "linux")]
#[test]
fn a_database_that_a_program_has_open_is_not_put_back() {
    let world = World::new();
    let mut plan = of_database(&world);
    let two = authority("Two");
    let step = Step::Write { path: "/etc/drop/x.pem".into(), bytes: pem(&[&two]), was: Was::Absent, mode: 0o644 };
    plan.stores.push(change("/etc/drop/x.pem", vec![step], &[&two]));
    let before = world.picture();
    let mut holder = None;
    let mut hook = |point| match point {
        Point::Change(1, Writing::Rename) => {
            holder = Some(Holder::of(&world, DATABASE));
            Err(std::io::ErrorKind::Other.into())
        }
        _ => Ok(()),
    };
    let error = apply_watched(&plan, &world.options(), &mut |_| {}, &mut hook).unwrap_err();
    assert!(matches!(error, ApplyError::Stuck { .. }), "{error}");
    let half = world.picture();
    let error = recover(&world.options(), &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("has the database open"), "{error}");
    assert_eq!(world.picture(), half);
    drop(holder);
    recover(&world.options(), &mut |_| {}).unwrap();
    assert_eq!(world.picture(), before);
}

/// Who made another root may have made the database, too.
#[cfg(unix)]
#[test]
fn certutil_is_never_root_over_a_database_of_another_root() {
    if !crate::apply::sys::is_superuser() {
        return;
    }
    let world = World::new();
    world.write(DATABASE, "");
    let directory = &world.on_disk("/etc/drop");
    // Nobody can pass through what is above it.
    fs::set_permissions(&world.base, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let scratch = Scratch::open(world.base.join("scratch")).unwrap();
    let request = Request { directory, add: &[], remove: &[], passwords: &[], is_foreign: true };
    assert!(matches!(change_database(&request, &scratch), Err(NssError::Foreign(_))));
}
