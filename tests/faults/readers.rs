//! What the programs that read a store then trust is what was planned, by their own word.
//!
//! Random sets of roots are made random others. Before anyone is asked, another run that would add a root of nobody is
//! killed with its new files written and none of them named, so that what it leaves beside the store is there: a
//! stray file must never become a root.

mod p11_kit;

use crate::numbers::Numbers;
use crate::place::Place;
use crate::trace::traced;
use crate::world::World;
use crate::{count, is_asked, require, words};
use castore::format::pkcs12::Protection;
use castore::model::Password;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

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
    /// Whether what was there stays.
    adds: bool,
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

const KINDS: &[Kind] = &[
    Kind {
        name: "export",
        store: "store/ca.pem",
        make: |world, place, old| place.put("store/ca.pem", world.bundle(old)),
        arguments: |place| {
            words!["export", "--from", place.path("source/new.pem"), "--out", place.path("store/ca.pem")]
        },
        adds: false,
        readers: &[OPENSSL, PYTHON, NODE, CURL, GIT],
    },
    Kind {
        name: "sync to a bundle",
        store: "store/ca.pem",
        make: |world, place, old| place.put("store/ca.pem", world.bundle(old)),
        arguments: |place| sync(place, "file:/store/ca.pem"),
        adds: true,
        readers: &[OPENSSL, PYTHON, CURL],
    },
    Kind {
        name: "sync to a hash directory",
        store: "store",
        make: |world, place, old| {
            for root in old {
                let der = ::pem::parse(&world.roots[*root].pem).expect("a root").into_contents();
                let (_, parsed) = x509_parser::parse_x509_certificate(&der).expect("a certificate");
                let hash = castore::format::hash_dir::subject_hash(parsed.subject().as_raw()).expect("a subject");
                place.put(&format!("store/{hash:08x}.0"), &world.roots[*root].pem);
            }
        },
        arguments: |place| sync(place, "file:/store"),
        adds: true,
        readers: &[OPENSSL_DIRECTORY, CURL_DIRECTORY],
    },
    Kind {
        name: "sync to a JKS",
        store: "store/cacerts",
        make: |world, place, old| {
            let named = named(world, old);
            let entries = named.iter().map(|(name, der)| (name.as_str(), der.as_slice()));
            place.put("store/cacerts", castore::format::jks::write(entries, &Password::new("changeit")));
        },
        arguments: |place| sync(place, "file:/store/cacerts"),
        adds: true,
        readers: &[JAVA, KEYTOOL],
    },
    Kind {
        name: "sync to a PKCS#12 file",
        store: "store/trust.p12",
        make: |world, place, old| {
            let named = named(world, old);
            let entries: Vec<_> = named.iter().map(|(name, der)| (name.as_str(), der.as_slice())).collect();
            // As the JDK's own, which its trust manager opens without a password.
            place.put("store/trust.p12", castore::format::pkcs12::write(&entries, Protection::Plain));
        },
        arguments: |place| sync(place, "file:/store/trust.p12"),
        adds: true,
        readers: &[JAVA, KEYTOOL],
    },
    Kind {
        name: "sync to an NSS database",
        store: "store",
        make: |world, place, old| {
            certutil(&place.path("store"), &["-N", "--empty-password"]);
            for root in old {
                let file = world.roots[*root].file.display().to_string();
                certutil(&place.path("store"), &["-A", "-n", &format!("root {root}"), "-t", "C,,", "-i", &file]);
            }
        },
        arguments: |place| sync(place, "file:/store/cert9.db"),
        adds: true,
        readers: &[CERTUTIL],
    },
    p11_kit::ANCHORS,
];

fn sync(place: &Place, to: &str) -> Vec<OsString> {
    let (root, state) = (place.path(""), place.path("state"));
    words!["sync", "--root", root, "--from", "file:/source/new.pem", "--to", to, "--write", "--yes", "--state", state]
}

fn named(world: &World, roots: &Chosen) -> Vec<(String, Vec<u8>)> {
    let der = |root: &usize| ::pem::parse(&world.roots[*root].pem).expect("a root").into_contents();
    roots.iter().map(|root| (format!("root {root}"), der(root))).collect()
}

fn certutil(database: &Path, arguments: &[&str]) -> String {
    let mut command = program("certutil");
    let output = command.args(arguments).arg("-d").arg(format!("sql:{}", database.display())).output();
    let output = output.expect("certutil runs");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const OPENSSL_DIRECTORY: Reader = Reader {
    name: "openssl verify -CApath",
    program: "openssl",
    ask: |world, all| each(all, |planned| openssl(world, &["-no-CAfile", "-CApath"], planned)),
};

const CURL_DIRECTORY: Reader = Reader {
    name: "curl --capath",
    program: "curl",
    ask: |world, all| {
        reach(world, all, usize::MAX, |planned, root| {
            let mut curl = program("curl");
            // The machine's own file counts too, and knows none of these.
            curl.args(["-sS", "-o", "/dev/null", "--capath"]);
            curl.arg(&planned.store).arg(world.address(root));
            curl
        })
    },
};

/// Java's own classes, asked of all stores by one machine of theirs.
const JAVA: Reader = Reader {
    name: "Java's trust manager",
    program: "java",
    ask: |world, all| {
        // `changeit` in UTF-16, as the program takes passwords.
        let password: String = "changeit".encode_utf16().map(|unit| format!("{unit:04x}")).collect();
        let questions = all.iter().map(|planned| format!("TRUST\t{password}\t{}\n", planned.store.display()));
        let input = tempfile::NamedTempFile::new().expect("a temporary file");
        fs::write(input.path(), questions.collect::<String>()).expect("a file");
        let mut java = program("java");
        java.arg("-XX:TieredStopAtLevel=1");
        java.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/Keystores.java"));
        let output = java.stdin(fs::File::open(input.path()).expect("a file")).output().expect("java runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines: Vec<String> = said.lines().skip(1).map(|line| line.replacen("is\t", "", 1)).collect();
        compare(world, all, &lines, &String::from_utf8_lossy(&output.stderr))
    },
};

const KEYTOOL: Reader = Reader {
    name: "keytool -list",
    program: "keytool",
    ask: |world, all| {
        let some = &all[..all.len().min(count(3, 50))];
        each(some, |planned| {
            let mut keytool = program("keytool");
            keytool.args(["-list", "-rfc", "-storepass", "changeit", "-keystore"]).arg(&planned.store);
            let output = keytool.output().expect("keytool runs");
            let blocks = ::pem::parse_many(&output.stdout).unwrap_or_default();
            let sha256 = blocks.iter().map(|block| fingerprint(block.contents()));
            sha256.map(|sha256| world.number(&sha256).unwrap_or(usize::MAX)).collect()
        })
    },
};

const CERTUTIL: Reader = Reader {
    name: "certutil -L",
    program: "certutil",
    ask: |world, all| {
        each(all, |planned| {
            let listed = certutil(&planned.store, &["-L"]);
            // `nickname   C,,`: an authority for TLS servers.
            let trusted = listed.lines().filter_map(|line| line.trim_end().strip_suffix(" C,,"));
            let found = trusted.map(|nickname| {
                let text = certutil(&planned.store, &["-L", "-n", nickname.trim_end(), "-a"]);
                let sha256 = fingerprint(::pem::parse(text).expect("a certificate").contents());
                world.number(&sha256).unwrap_or(usize::MAX)
            });
            found.collect()
        })
    },
};

fn fingerprint(der: &[u8]) -> String {
    castore::format::x509::read(der.into()).fingerprint().to_string()
}

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
    let lines: Vec<String> = said.lines().map(str::to_owned).collect();
    let wrong = compare(world, all, &lines, &String::from_utf8_lossy(&output.stderr));
    wrong.into_iter().map(|why| format!("{}: {why}", interpreter.display())).collect()
}

/// Holds lines of fingerprints against what was planned.
fn compare(world: &World, all: &[Planned], lines: &[String], error: &str) -> Vec<String> {
    if lines.len() != all.len() {
        return vec![format!("{} answers to {} questions: {error}", lines.len(), all.len())];
    }
    let compared = all.iter().zip(lines).filter_map(|(planned, line)| {
        let trusted: Option<Chosen> = line.split_whitespace().map(|sha256| world.number(sha256)).collect();
        let wrong = trusted.as_ref() != Some(&planned.roots);
        wrong.then(|| format!("{:?} are planned, {trusted:?} are trusted ({line})", planned.roots))
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
    let is_temporary = |path: &Path| path.iter().any(|part| part.to_string_lossy().ends_with(".tmp"));
    // What is replaced is renamed by one call and what is new by the other, those of the state directory too.
    for (call, number) in ["renameat", "renameat2"].iter().flat_map(|call| (1..=8).map(move |number| (call, number))) {
        let (only, inject) = (format!("trace={call}"), format!("inject={call}:signal=KILL:when={number}"));
        traced(place, &["-e", &only, "-e", &inject], &(kind.arguments)(place));
        let left = place.tree();
        let (left, was) = (left.under("store"), before.under("store"));
        let is_littered = left.keys().any(|path| is_temporary(path));
        if is_littered && left.iter().filter(|(path, _)| !is_temporary(path)).eq(was.iter()) {
            return true;
        }
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
        let planned: Chosen = if kind.adds { old.union(&new).copied().collect() } else { new.clone() };
        let place = Place::new();
        (kind.make)(world, &place, &old);
        place.put("source/new.pem", world.bundle(&new));
        let output = place.run(&(kind.arguments)(&place));
        assert!(output.status.success(), "{}: plan {number}, {old:?} to {new:?}: {output:?}", kind.name);
        assert!(litter(kind, world, &place, &planned), "{}: a killed run leaves nothing", kind.name);
        all.push(Planned { store: place.path(kind.store), place, roots: planned });
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
    let world = &world;
    let hold = |kind: &'static Kind| {
        let all = plans(kind, world, count(50, 500));
        let mut complaints = Vec::new();
        for reader in kind.readers.iter().filter(|reader| require(reader.program)) {
            let wrong = (reader.ask)(world, &all);
            println!("{}: {}: {} plans, {} wrong", kind.name, reader.name, all.len(), wrong.len());
            complaints.extend(wrong.into_iter().map(|why| format!("{}: {}: {why}", kind.name, reader.name)));
        }
        drop(all.into_iter().map(|planned| planned.place).collect::<Vec<_>>());
        complaints
    };
    let kinds = KINDS.iter().filter(|kind| is_asked(kind.name));
    let kinds = kinds.filter(|kind| !kind.name.contains("NSS") || require("certutil"));
    let kinds = kinds.filter(|kind| !kind.name.contains("Fedora") || require("trust"));
    thread::scope(|scope| {
        let all: Vec<_> = kinds.map(|kind| scope.spawn(move || hold(kind))).collect();
        let wrong: Vec<String> = all.into_iter().flat_map(|one| one.join().expect("a thread")).collect();
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    });
}
