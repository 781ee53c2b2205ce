//! What the programs that read a store then trust is what was planned, by their own word.
//!
//! Random sets of roots are made random others. Before anyone is asked, another run that would add a root of nobody is
//! killed with its new files written and none of them named, so that what it leaves beside the store is there: a
//! stray file must never become a root.

use crate::numbers::Numbers;
use crate::place::Place;
use crate::trace::traced;
use crate::world::World;
use crate::{count, require, words};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Roots by their numbers.
type Chosen = BTreeSet<usize>;

/// Roots that plans choose from. One more is never planned.
const ROOTS: usize = 11;

/// A way to change a store, and who reads it.
struct Kind {
    name: &'static str,
    /// Where it is, below a place.
    store: &'static str,
    /// Makes the old store.
    make: fn(&World, &Place, &Chosen),
    /// Makes it hold what `source/new.pem` holds.
    arguments: fn(&Place) -> Vec<OsString>,
    readers: &'static [Reader],
}

/// A program, asked about many stores at once; it says what is not as planned.
struct Reader {
    name: &'static str,
    program: &'static str,
    ask: fn(&World, &[Planned]) -> Vec<String>,
}

/// A store, and what it should hold.
struct Planned {
    /// Kept, so that the store is.
    place: Place,
    store: PathBuf,
    roots: Chosen,
}

const KINDS: &[Kind] = &[Kind {
    name: "export",
    store: "store/ca.pem",
    make: |world, place, old| place.put("store/ca.pem", world.bundle(old)),
    arguments: |place| words!["export", "--from", place.path("source/new.pem"), "--out", place.path("store/ca.pem")],
    readers: &[OPENSSL, PYTHON, NODE, CURL, GIT],
}];

const OPENSSL: Reader = Reader {
    name: "openssl verify -CAfile",
    program: "openssl",
    ask: |world, all| each(all, |planned| openssl(world, &["-no-CApath", "-CAfile"], planned)),
};

const PYTHON: Reader = Reader {
    name: "every Python",
    program: "python3",
    ask: |world, all| pythons().iter().flat_map(|python| asked(python, &["-c", LOADS], world, all)).collect(),
};

const NODE: Reader = Reader {
    name: "Node.js, NODE_EXTRA_CA_CERTS",
    program: "node",
    ask: |world, all| {
        reach(world, all, count(5, 50), |planned, root| {
            let mut node = program("node");
            node.args(["-e", REACHES, &world.port(root).to_string()]).env("NODE_EXTRA_CA_CERTS", &planned.store);
            node
        })
    },
};

const CURL: Reader = Reader {
    name: "curl --cacert",
    program: "curl",
    ask: |world, all| {
        reach(world, all, usize::MAX, |planned, root| {
            let mut curl = program("curl");
            curl.args(["-sS", "-o", "/dev/null", "--cacert"]).arg(&planned.store).arg(world.address(root));
            curl
        })
    },
};

const GIT: Reader = Reader {
    name: "git, http.sslCAInfo",
    program: "git",
    ask: |world, all| {
        reach(world, all, count(20, usize::MAX), |planned, root| {
            let mut git = program("git");
            git.arg("-c").arg(format!("http.sslCAInfo={}", planned.store.display()));
            git.args(["ls-remote", &world.address(root)]).env("GIT_TERMINAL_PROMPT", "0");
            git
        })
    },
};

/// Prints what a context holds, for each file given.
const LOADS: &str = "
import hashlib, ssl, sys
for path in sys.argv[1:]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=path)
    print(*(hashlib.sha256(der).hexdigest() for der in context.get_ca_certs(binary_form=True)))
";

/// Ends well where it accepts the server at a port, else by saying `certificate`.
const REACHES: &str = "
const socket = require('tls').connect({ host: 'localhost', port: +process.argv[1], servername: 'localhost' });
socket.on('secureConnect', () => { socket.destroy(); process.exit(0); });
socket.on('error', error => { console.error('certificate', error.code); process.exit(1); });
";

/// A program without the variables of this process, many of which name stores.
fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    command.env_clear().env("HOME", "/nonexistent").env("GIT_CONFIG_NOSYSTEM", "1");
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command
}

fn each(all: &[Planned], ask: impl Fn(&Planned) -> Chosen) -> Vec<String> {
    let wrong = all.iter().filter_map(|planned| {
        let trusted = ask(planned);
        (trusted != planned.roots).then(|| format!("{:?} are planned, {trusted:?} are trusted", planned.roots))
    });
    wrong.collect()
}

/// Every root is held against the store; its own root is what each of them is.
fn openssl(world: &World, options: &[&str], planned: &Planned) -> Chosen {
    let mut command = program("openssl");
    command.args(["verify", "-no-CAstore"]).args(options).arg(&planned.store);
    command.args(world.roots.iter().map(|root| &root.file));
    let output = command.output().expect("openssl runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let is_well = |root: &usize| said.lines().any(|line| line == format!("{}: OK", world.roots[*root].file.display()));
    (0..world.roots.len()).filter(is_well).collect()
}

/// Every Python of this machine.
fn pythons() -> Vec<PathBuf> {
    let versions = std::env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv/versions"));
    let entries = versions.into_iter().flat_map(|versions| fs::read_dir(versions).into_iter().flatten().flatten());
    let mut pythons: Vec<PathBuf> = entries.map(|entry| entry.path().join("bin/python3")).collect();
    pythons.extend(["/usr/bin/python3", "/usr/local/bin/python3"].map(PathBuf::from));
    pythons.retain(|python| python.is_file());
    pythons
}

/// A program that prints a line of fingerprints for each store.
fn asked(interpreter: &Path, arguments: &[&str], world: &World, all: &[Planned]) -> Vec<String> {
    let stores = all.iter().map(|planned| &planned.store);
    let output = program(interpreter).args(arguments).args(stores).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = said.lines().collect();
    if lines.len() != all.len() {
        return vec![format!("{}: {}", interpreter.display(), String::from_utf8_lossy(&output.stderr))];
    }
    let compared = all.iter().zip(lines).filter_map(|(planned, line)| {
        let trusted: Option<Chosen> = line.split_whitespace().map(|sha256| world.number(sha256)).collect();
        let wrong = trusted.as_ref() != Some(&planned.roots);
        wrong.then(|| format!("{}: {:?} are planned, {trusted:?} are trusted", interpreter.display(), planned.roots))
    });
    compared.collect()
}

/// Connects to the server of a root that is planned, and of one that is not.
fn reach(world: &World, all: &[Planned], most: usize, command: impl Fn(&Planned, usize) -> Command) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, planned) in all.iter().enumerate().take(most) {
        let turned = (0..world.roots.len()).map(|root| (root + number) % world.roots.len());
        let (inside, outside): (Vec<_>, Vec<_>) = turned.partition(|root| planned.roots.contains(root));
        for (root, is_planned) in
            inside.first().map(|root| (*root, true)).into_iter().chain(outside.first().map(|root| (*root, false)))
        {
            let output = command(planned, root).output().expect("it runs");
            let said = String::from_utf8_lossy(&output.stderr).to_lowercase();
            // git finds no repository there, and says so only once it trusts the server.
            let accepts = !["certificate", "ssl", "issuer"].iter().any(|word| said.contains(word));
            if accepts != is_planned {
                wrong.push(format!("root {root} is planned: {is_planned}, and it says {said:?}"));
            }
        }
    }
    wrong
}

/// Kills another run when its new files are written and none has its name.
fn litter(kind: &Kind, world: &World, place: &Place, planned: &Chosen) -> bool {
    let stranger = world.roots.len() - 1;
    place.put("source/new.pem", world.bundle(planned.iter().chain([&stranger])));
    let before = place.tree();
    for number in 1..=8 {
        let inject = format!("inject=rename,renameat,renameat2:signal=KILL:when={number}");
        let (output, _) =
            traced(place, &["-e", "trace=rename,renameat,renameat2", "-e", &inject], &(kind.arguments)(place));
        let left = place.tree();
        let is_littered = left
            .0
            .keys()
            .any(|path| path.starts_with("store") && path.extension().is_some_and(|extension| extension == "tmp"));
        if is_littered {
            return true;
        }
        assert!(!output.status.success(), "{}: no run was killed before it ended", kind.name);
        place.restore(&before);
    }
    false
}

fn plans(kind: &Kind, world: &World, many: usize) -> Vec<Planned> {
    let mut numbers = Numbers(0x6a09_e667_f3bc_c909);
    let mut some = || loop {
        let some: Chosen = (0..ROOTS).filter(|_| numbers.next().is_multiple_of(2)).collect();
        if !some.is_empty() {
            return some;
        }
    };
    let mut all = Vec::new();
    for number in 0..many {
        let (old, new) = (some(), some());
        let place = Place::new();
        (kind.make)(world, &place, &old);
        place.put("source/new.pem", world.bundle(&new));
        let output = place.run(&(kind.arguments)(&place));
        assert!(output.status.success(), "{}: plan {number}, {old:?} to {new:?}: {output:?}", kind.name);
        assert!(litter(kind, world, &place, &new), "{}: a killed run leaves nothing", kind.name);
        all.push(Planned { store: place.path(kind.store), place, roots: new });
    }
    all
}

#[test]
fn what_programs_trust_is_what_was_planned() {
    if !require("openssl") || !require("strace") {
        return;
    }
    let mut world = World::new(ROOTS + 1);
    world.serve();
    let mut complaints = Vec::new();
    for kind in KINDS {
        let all = plans(kind, &world, count(50, 500));
        for reader in kind.readers.iter().filter(|reader| require(reader.program)) {
            let wrong = (reader.ask)(&world, &all);
            println!("{}: {}: {} plans, {} wrong", kind.name, reader.name, all.len(), wrong.len());
            complaints.extend(wrong.into_iter().map(|why| format!("{}: {}: {why}", kind.name, reader.name)));
        }
        drop(all.into_iter().map(|planned| planned.place).collect::<Vec<_>>());
    }
    assert!(complaints.is_empty(), "{} wrong:\n{}", complaints.len(), complaints.join("\n"));
}
