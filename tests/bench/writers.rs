//! What faults do to stores: castore beside the programs that write them today.
//!
//! All of it in an overlay that is gone with it, by root, else not measured. Each writer adds a certificate to a store
//! of forty, and is
//! - killed (SIGKILL to it and all that it started) at a random moment of its run, half of them about the moment at
//!   which the store changes, and then run again, undisturbed;
//! - run on a disk that has room for less than it writes, and then again with room;
//! - run twice at once.
//!
//! Counted is what someone is left with: a store that cannot be read whole or lacks certificates of before (*torn*,
//! until the next run), a store that the next run does not put right (*wrong*), and a run that said that all is well
//! while the store does not hold what it added (*lied*). castore's are to be 0. Where two run at once, wrong is a store
//! without what was there before, without what a run that ended well added, or with anything twice.

use crate::certificates::{NOW, root};
use crate::numbers::Numbers;
use crate::{Goal, castore};
use castore::format::decode;
use castore::model::Body;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Certificates in the old store.
const MANY: usize = 40;
/// Runs that are killed, disks that are full, pairs.
const TURNS: usize = 30;
/// Where the stores are: a small disk.
const DISK: &str = "/var/tmp/castore-disk";
/// Room on it, of which all but some is then filled up.
const ROOM: u64 = 8 << 20;

/// Octets of a comment in each certificate that is added, and the extension that it is (an IA5String).
const COMMENT: usize = 24 << 10;
const NETSCAPE_COMMENT: &[u64] = &[2, 16, 840, 1, 113_730, 1, 13];

/// Certificates of a store by their fingerprints, each as often as it is there.
type Held = Vec<String>;

/// Enters the overlay and measures there.
pub fn contest(directory: &Path) -> Vec<Goal> {
    if !rustix::process::geteuid().is_root() {
        println!("  not measured: this needs root, for a mount namespace of its own");
        return Vec::new();
    }
    let place = directory.join("overlay");
    fs::create_dir(&place).expect("a directory");
    let own = std::env::current_exe().expect("the path of this program");
    let mut command = crate::namespace::enter(&place, &own);
    command.arg("writers-inside").arg(castore()).stdin(Stdio::null()).stderr(Stdio::inherit());
    command.envs(std::env::var_os("CASTORE_BENCH_MKCERT").map(|mkcert| ("CASTORE_BENCH_MKCERT", mkcert)));
    let mut child = command.stdout(Stdio::piped()).spawn().expect("unshare runs");
    let mut wrong = None;
    for line in BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok) {
        match line.strip_prefix("castore ") {
            Some(number) => wrong = number.parse().ok(),
            None => println!("  {line}"),
        }
    }
    let measured = wrong.filter(|_| child.wait().is_ok_and(|status| status.success())).unwrap_or(f64::INFINITY);
    vec![Goal { what: "castore: torn, wrong and lied", measured, by_turn: None, at_most: 0.0 }]
}

/// A program that writes a store.
struct Writer {
    name: &'static str,
    /// What must be there for it.
    needs: &'static str,
    /// Makes the old store in a directory.
    make: fn(&Inside, &Path),
    /// Adds the certificate of this number, 0 or 1.
    add: fn(&Inside, &Path, usize) -> Command,
    held: fn(&Path) -> Option<Held>,
    says: Says,
    /// Status with which it ends well.
    well: i32,
}

/// What a run says of the store.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    /// That a certificate is in it.
    Adds,
    /// All of its content.
    Whole,
    /// That it holds everything that it is made from, whichever certificate was asked for.
    Makes,
}

const WRITERS: [Writer; 5] = [
    Writer {
        name: "castore export",
        needs: "true",
        make: |inside, place| fs::write(place.join("ca.pem"), inside.bundle()).expect("a file"),
        add: |inside, place, which| {
            let source = inside.place.join(format!("with-{which}.pem"));
            let mut command = Command::new(&inside.castore);
            command.args(["export", "--at", NOW, "--from"]).arg(source).arg("--out").arg(place.join("ca.pem"));
            command
        },
        held: |place| pem(&place.join("ca.pem")),
        says: Says::Whole,
        well: 0,
    },
    Writer {
        name: "update-ca-certificates",
        needs: "update-ca-certificates",
        make: |inside, place| {
            for name in ["certs", "shipped", "local", "hooks"] {
                fs::create_dir(place.join(name)).expect("a directory");
            }
            let names = inside.base.iter().enumerate().map(|(number, pem)| {
                let name = format!("{number}.crt");
                fs::write(place.join("shipped").join(&name), pem).expect("a file");
                name + "\n"
            });
            fs::write(place.join("list"), names.collect::<String>()).expect("a file");
            assert!(debian(place).output().expect("it runs").status.success());
            for (number, pem) in inside.added.iter().enumerate() {
                fs::write(place.join(format!("local/{number}.crt")), pem).expect("a file");
            }
        },
        add: |_, place, _| debian(place),
        held: |place| pem(&place.join("certs/ca-certificates.crt")),
        says: Says::Makes,
        well: 0,
    },
    Writer {
        name: "keytool -importcert",
        needs: "keytool",
        make: |inside, place| {
            let ders: Vec<Vec<u8>> = inside.base.iter().map(|pem| der(pem)).collect();
            let names: Vec<String> = (0..ders.len()).map(|number| format!("base{number}")).collect();
            let entries = names.iter().map(String::as_str).zip(ders.iter().map(Vec::as_slice));
            let password = castore::model::Password::new("changeit");
            fs::write(place.join("cacerts"), castore::format::jks::write(entries, &password)).expect("a file");
        },
        add: |inside, place, which| {
            let mut command = Command::new("keytool");
            command.args(["-importcert", "-noprompt", "-storepass", "changeit", "-alias", &format!("added{which}")]);
            command.arg("-keystore").arg(place.join("cacerts"));
            command.arg("-file").arg(inside.place.join(format!("{which}.pem")));
            command
        },
        held: |place| read(&place.join("cacerts")),
        says: Says::Adds,
        well: 0,
    },
    Writer {
        name: "trust anchor",
        needs: "trust",
        make: |inside, place| {
            // Its only store is this directory; what its configuration names is of the overlay.
            for name in ["anchors", "blocklist"] {
                fs::create_dir(place.join(name)).expect("a directory");
            }
            let module = format!(
                "module: p11-kit-trust.so\npriority: 1\ntrust-policy: yes\nx-init-reserved: paths={}\n",
                place.display()
            );
            fs::create_dir_all("/etc/pkcs11/modules").expect("a directory");
            fs::write("/etc/pkcs11/modules/p11-kit-trust.module", module).expect("a file");
            for compat in ["/usr/libexec/p11-kit", "/usr/lib/p11-kit"] {
                // Debian has none, and it fails for that.
                fs::create_dir_all(compat).expect("a directory");
                let _ = fs::remove_file(Path::new(compat).join("trust-extract-compat"));
                std::os::unix::fs::symlink("/bin/true", Path::new(compat).join("trust-extract-compat"))
                    .expect("a link");
            }
            for (number, pem) in inside.base.iter().enumerate() {
                fs::write(place.join(format!("anchors/{number}.pem")), pem).expect("a file");
            }
        },
        add: |inside, _, which| {
            let mut command = Command::new("trust");
            command.args(["anchor", "--store"]).arg(inside.place.join(format!("{which}.pem")));
            command
        },
        held: |place| {
            let out = place.with_extension("extracted");
            let mut command = Command::new("trust");
            command
                .args(["extract", "--overwrite", "--format=pem-bundle", "--filter=ca-anchors", "--purpose=server-auth"])
                .arg(&out);
            let said = command.output().expect("trust runs");
            let held = said.status.success().then(|| pem(&out)).flatten();
            // It writes what it can read and says what it cannot.
            held.filter(|_| said.stderr.is_empty())
        },
        says: Says::Adds,
        well: 0,
    },
    Writer {
        name: "mkcert -install",
        needs: "mkcert",
        make: |inside, place| {
            for name in ["etc", "local", "root"] {
                fs::create_dir(place.join(name)).expect("a directory");
            }
            for (name, over) in [("etc", "/etc/ssl/certs"), ("local", "/usr/local/share/ca-certificates")] {
                assert!(mount(&["--bind"], &place.join(name), Path::new(over)), "{over}");
            }
            fs::create_dir_all("/usr/share/ca-certificates/bench").expect("a directory");
            let names = inside.base.iter().enumerate().map(|(number, pem)| {
                let name = format!("bench/{number}.crt");
                fs::write(Path::new("/usr/share/ca-certificates").join(&name), pem).expect("a file");
                name + "\n"
            });
            fs::write("/etc/ca-certificates.conf", names.collect::<String>()).expect("a file");
            assert!(Command::new("update-ca-certificates").output().expect("it runs").status.success());
            // The root that it adds is ours, so that it is known.
            fs::write(place.join("root/rootCA.pem"), &inside.added[0]).expect("a file");
        },
        add: |_, place, _| {
            let mut command = Command::new(mkcert());
            command.arg("-install").env("CAROOT", place.join("root")).env("TRUST_STORES", "system");
            command
        },
        held: |place| pem(&place.join("etc/ca-certificates.crt")),
        says: Says::Makes,
        well: 0,
    },
];

fn mkcert() -> PathBuf {
    std::env::var_os("CASTORE_BENCH_MKCERT").map_or_else(|| "mkcert".into(), PathBuf::from)
}

fn debian(place: &Path) -> Command {
    let mut command = Command::new("update-ca-certificates");
    for (option, name) in [
        ("--certsconf", "list"),
        ("--certsdir", "shipped"),
        ("--localcertsdir", "local"),
        ("--etccertsdir", "certs"),
        ("--hooksdir", "hooks"),
    ] {
        command.arg(option).arg(place.join(name));
    }
    command
}

/// Certificates and programs, as they are found inside.
struct Inside {
    castore: PathBuf,
    place: PathBuf,
    base: Vec<String>,
    added: [String; 2],
}

impl Inside {
    fn bundle(&self) -> String {
        self.base.concat()
    }
}

/// `writers-inside CASTORE`: prints the table, and how often castore was at fault.
pub fn inside(arguments: &[OsString]) {
    let place = PathBuf::from("/var/tmp/castore-inside");
    fs::create_dir_all(&place).expect("a directory");
    fs::create_dir_all(DISK).expect("a directory");
    let make = |name: String| root(&name).make().pem();
    let base: Vec<String> = (0..MANY).map(|number| make(format!("Base {number}"))).collect();
    // Large, so that a store that is written anew needs more room than what it is given back of the old one.
    let comment = [&[0x16, 0x82, (COMMENT >> 8) as u8, COMMENT as u8][..], &vec![b'.'; COMMENT]].concat();
    let added = [0, 1].map(|number| {
        root(&format!("Added {number}")).extension(NETSCAPE_COMMENT, false, comment.clone()).make().pem()
    });
    for (number, pem) in added.iter().enumerate() {
        fs::write(place.join(format!("{number}.pem")), pem).expect("a file");
        fs::write(place.join(format!("with-{number}.pem")), base.concat() + pem).expect("a file");
    }
    let inside = Inside { castore: arguments[0].clone().into(), place, base, added };
    println!(
        "| writer | killed: torn | then run again: wrong | disk full: torn | lied | with room again: wrong | two at once: wrong |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut of_castore = 0;
    for writer in &WRITERS {
        let found = if writer.needs == "mkcert" { mkcert().into() } else { OsString::from(writer.needs) };
        if Command::new(found).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            println!("| {} | not here |", writer.name);
            continue;
        }
        let counts = Counts::of(&inside, writer);
        println!(
            "| {} | {}/{TURNS} | {}/{TURNS} | {}/{TURNS} | {}/{TURNS} | {}/{TURNS} | {}/{TURNS} |",
            writer.name, counts.torn, counts.wrong, counts.full_torn, counts.lied, counts.full_wrong, counts.pairs
        );
        if writer.name.starts_with("castore") {
            of_castore +=
                counts.torn + counts.wrong + counts.full_torn + counts.lied + counts.full_wrong + counts.pairs;
        }
    }
    println!("castore {of_castore}");
}

#[derive(Default)]
struct Counts {
    torn: usize,
    wrong: usize,
    full_torn: usize,
    full_wrong: usize,
    lied: usize,
    pairs: usize,
}

/// A store on a disk of its own, gone when dropped.
struct Disk(PathBuf);

impl Disk {
    fn new(inside: &Inside, writer: &Writer) -> Self {
        let disk = Path::new(DISK);
        assert!(mount(&["-t", "tmpfs", "-o", &format!("size={ROOM},mode=0755")], Path::new("disk"), disk));
        let store = disk.join("store");
        fs::create_dir(&store).expect("a directory");
        (writer.make)(inside, &store);
        Self(store)
    }

    /// Leaves so much room.
    fn fill(&self, room: u64) {
        let stat = rustix::fs::statvfs(DISK).expect("a disk");
        let free = stat.f_bavail * stat.f_bsize;
        fs::write(Path::new(DISK).join("full"), vec![0; free.saturating_sub(room) as usize]).expect("a file");
    }

    fn make_room(&self) {
        fs::remove_file(Path::new(DISK).join("full")).expect("a file");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        for over in ["/etc/ssl/certs", "/usr/local/share/ca-certificates", DISK] {
            // Those over which something is mounted; lazily, since a killed program's child may still be in it.
            while Command::new("umount")
                .args(["--lazy", over])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|s| s.success())
            {}
        }
    }
}

fn mount(options: &[&str], what: &Path, over: &Path) -> bool {
    Command::new("mount").args(options).args([what, over]).status().is_ok_and(|status| status.success())
}

impl Counts {
    fn of(inside: &Inside, writer: &Writer) -> Self {
        let mut counts = Self::default();
        let base = sorted(inside.base.iter().map(|pem| fingerprint(&der(pem))).collect());
        let added = inside.added.each_ref().map(|pem| fingerprint(&der(pem)));
        let with =
            |some: &[usize]| sorted(base.iter().chain(some.iter().map(|number| &added[*number])).cloned().collect());
        let new = match writer.name {
            "update-ca-certificates" => with(&[0, 1]),
            _ => with(&[0]),
        };
        let held = |disk: &Disk| (writer.held)(&disk.0);
        let run = |disk: &Disk, which| start((writer.add)(inside, &disk.0, which)).wait().expect("a child");
        let whole = {
            let disk = Disk::new(inside, writer);
            let started = Instant::now();
            let status = run(&disk, 0);
            let took = started.elapsed();
            assert!(
                status.code() == Some(writer.well) && held(&disk).as_ref() == Some(&new),
                "{}: {status}",
                writer.name
            );
            took
        };
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
        let mut random = |below: Duration| Duration::from_nanos(numbers.next() % below.as_nanos().max(1) as u64);
        let (mut around, step) = (whole / 2, whole / 32);
        for turn in 0..TURNS {
            // Killed: every second time about when the store changes, which is found by looking.
            let is_aimed = turn % 2 == 1;
            let after = if is_aimed { around.saturating_sub(step) + random(step * 2) } else { random(whole) };
            let disk = Disk::new(inside, writer);
            let mut child = start((writer.add)(inside, &disk.0, 0));
            std::thread::sleep(after);
            kill(&mut child);
            let left = held(&disk);
            if is_aimed {
                around = if left.as_ref() == Some(&base) { around + step } else { around.saturating_sub(step) };
            }
            counts.torn += usize::from(left.as_ref() != Some(&base) && left.as_ref() != Some(&new));
            run(&disk, 0);
            counts.wrong += usize::from(held(&disk).as_ref() != Some(&new));
            drop(disk);
            // A disk with room for less and less, from twice the store to nothing.
            let disk = Disk::new(inside, writer);
            disk.fill((TURNS - 1 - turn) as u64 * (64 << 10) / TURNS as u64);
            let said = run(&disk, 0);
            let left = held(&disk);
            counts.full_torn += usize::from(left.as_ref() != Some(&base) && left.as_ref() != Some(&new));
            counts.lied += usize::from(said.code() == Some(writer.well) && left.as_ref() != Some(&new));
            disk.make_room();
            run(&disk, 0);
            counts.full_wrong += usize::from(held(&disk).as_ref() != Some(&new));
            drop(disk);
            // Two at once.
            let disk = Disk::new(inside, writer);
            let mut both = [0, 1].map(|which| start((writer.add)(inside, &disk.0, which)));
            let well = both.each_mut().map(|child| child.wait().expect("a child").code() == Some(writer.well));
            let left = held(&disk);
            let right = match (writer.says, well) {
                (Says::Makes, _) => vec![new.clone()],
                (Says::Whole, [true, true]) => vec![with(&[0]), with(&[1])],
                (_, [false, false]) => vec![with(&[]), with(&[0]), with(&[1])],
                (Says::Adds, [true, true]) => vec![with(&[0, 1])],
                (_, [true, false]) => vec![with(&[0])],
                (_, [false, true]) => vec![with(&[1])],
            };
            counts.pairs += usize::from(!left.is_some_and(|left| right.contains(&left)));
        }
        counts
    }
}

fn start(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command.spawn().expect("it starts")
}

/// Kills it and all that it started.
fn kill(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let group = Pid::from_raw(child.id() as i32).expect("a process id");
    let _ = kill_process_group(group, Signal::KILL);
    child.wait().expect("a child");
}

fn sorted(mut held: Held) -> Held {
    held.sort();
    held
}

fn der(text: &str) -> Vec<u8> {
    ::pem::parse(text).expect("a certificate").into_contents()
}

fn fingerprint(der: &[u8]) -> String {
    castore::format::x509::read(der.into()).fingerprint().to_string()
}

/// A bundle, by a reader that takes nothing that is cut.
fn pem(path: &Path) -> Option<Held> {
    let octets = fs::read(path).ok()?;
    let blocks = ::pem::parse_many(&octets).ok()?;
    let begun = octets.windows(11).filter(|window| window == b"-----BEGIN ").count();
    let held = sorted(blocks.iter().map(|block| fingerprint(block.contents())).collect());
    (begun == held.len()).then_some(held)
}

/// A keystore, whose seal must fit.
fn read(path: &Path) -> Option<Held> {
    let decoded = decode(&fs::read(path).ok()?);
    let certificate = |body: &Body<Box<[u8]>>| match body {
        Body::Certificate(der) => Some(fingerprint(der)),
        _ => None,
    };
    let held: Option<Held> = decoded.entries.iter().map(|entry| certificate(&entry.body)).collect();
    held.filter(|_| decoded.gaps.is_empty()).map(sorted)
}
