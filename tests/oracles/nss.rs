//! certutil and pk12util: NSS databases. Python's sqlite3: databases of Chromium's make, and what a
//! program leaves that is killed while it writes.

use crate::{authority, fingerprint, long, skip};
use castore::catalogue::client::{Leaf, Look};
use castore::discover::{Candidate, Named, Outcome, Use};
use castore::format::{self, Decoding, Journal, Means};
use castore::host::Host;
use castore::host::files::Tree;
use castore::load;
use castore::model::trust::SERVER_AUTH;
use castore::model::{Body, Decoded, Fingerprint, Format, Note, Oid, Reading, Ruling, Slot, StoreId, Trust};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const CLIENT: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.2");
const CODE: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.3");
const EMAIL: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.4");

/// Runs a program of NSS with a home of its own.
fn run(home: &Path, program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(home).env("HOME", home).env_remove("NSS_DEFAULT_DB_TYPE").stdin(Stdio::null());
    command.output().unwrap()
}

fn must(home: &Path, program: &str, arguments: &[&str]) -> String {
    let output = run(home, program, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {}: {said}", arguments.join(" "));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn here(program: &str) -> bool {
    let found = Command::new(program).arg("-H").stdin(Stdio::null()).output().is_ok();
    if !found {
        skip(&format!("{program} is not here"));
    }
    found
}

/// An empty database of this kind.
fn new(kind: &str) -> Option<tempfile::TempDir> {
    if !here("certutil") {
        return None;
    }
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("db")).unwrap();
    must(home.path(), "certutil", &["-N", "-d", &format!("{kind}:db"), "--empty-password"]);
    Some(home)
}

fn add(home: &Path, nickname: &str, flags: &str, der: &[u8]) {
    fs::write(home.join("add.der"), der).unwrap();
    must(home, "certutil", &["-A", "-d", "sql:db", "-n", nickname, "-t", flags, "-i", "add.der"]);
}

/// What certutil lists: every nickname and its flags, in its order.
fn listed(home: &Path) -> Vec<(String, String)> {
    let text = must(home, "certutil", &["-L", "-d", "sql:db"]);
    let rows = text.lines().skip_while(|line| !line.contains("SSL,S/MIME")).skip(1);
    rows.filter(|line| !line.trim().is_empty())
        .map(|line| line.trim_end().rsplit_once(' ').unwrap())
        .map(|(nickname, flags)| (nickname.trim_end().to_owned(), flags.to_owned()))
        .collect()
}

/// The certificates that certutil lists, by fingerprint.
fn owned(home: &Path) -> BTreeSet<Fingerprint> {
    let nicknames: BTreeSet<String> = listed(home).into_iter().map(|(nickname, _)| nickname).collect();
    let mut found = BTreeSet::new();
    for nickname in nicknames {
        let text = must(home, "certutil", &["-L", "-d", "sql:db", "-n", &nickname, "-a"]);
        found.extend(ders(&format::decode(text.as_bytes())).iter().map(|der| fingerprint(der)));
    }
    found
}

fn ders(read: &Decoding) -> Vec<Box<[u8]>> {
    let certificate = |entry: &Decoded| match &entry.body {
        Body::Certificate(der) => Some(der.clone()),
        _ => None,
    };
    read.entries.iter().filter_map(certificate).collect()
}

fn set(read: &Decoding) -> BTreeSet<Fingerprint> {
    ders(read).iter().map(|der| fingerprint(der)).collect()
}

/// What castore reads of the database, with what stands beside it.
fn read(database: &Path) -> Decoding {
    let beside = |suffix: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(suffix);
        fs::read(PathBuf::from(name)).ok().filter(|octets| !octets.is_empty())
    };
    let (rollback, log) = (beside("-journal"), beside("-wal"));
    let journal = rollback.as_deref().map(Journal::Rollback).or(log.as_deref().map(Journal::WriteAhead));
    format::decode_with(&fs::read(database).unwrap(), &Means { journal, ..Means::default() })
}

fn ruling(trust: &Trust, purpose: Oid) -> Ruling {
    match trust {
        Trust::Present => Ruling::Present,
        Trust::Distrusted => Ruling::Distrusted,
        Trust::Limited(limited) => limited.ruling(purpose),
        other => panic!("{other:?}"),
    }
}

/// What certutil's letters say of one purpose.
fn letters(flags: &str) -> Ruling {
    match flags {
        flags if flags.contains('C') => Ruling::Trusted,
        flags if flags.contains('p') => Ruling::Distrusted,
        _ => Ruling::Present,
    }
}

/// Holds castore's reading of `db` against certutil's list: the same certificates, under the same
/// nicknames, with the same trust.
fn hold(home: &Path) -> Decoding {
    let read = read(&home.join("db/cert9.db"));
    assert_eq!((read.format, &read.gaps[..]), (Format::Nss, &[][..]));
    assert_eq!(set(&read), owned(home));
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (nickname, flags) in listed(home) {
        said.entry(nickname).or_default().push(flags);
    }
    let certificates = || read.entries.iter().filter(|entry| matches!(entry.body, Body::Certificate(_)));
    assert_eq!(said.values().map(Vec::len).sum::<usize>(), certificates().count());
    for entry in certificates() {
        let Slot::Alias(nickname) = &entry.slot else { panic!("{entry:?}") };
        let flags = &said[nickname.raw()];
        let fits = |flags: &String| {
            let parts: Vec<&str> = flags.split(',').collect();
            let client = if parts[0].contains('T') { Ruling::Trusted } else { Ruling::Present };
            let server = ruling(&entry.trust, SERVER_AUTH);
            server == letters(parts[0])
                && ruling(&entry.trust, EMAIL) == letters(parts[1])
                && ruling(&entry.trust, CODE) == letters(parts[2])
                && (server == Ruling::Distrusted || (ruling(&entry.trust, CLIENT) == client))
        };
        assert!(flags.iter().any(fits), "{nickname:?}: certutil {flags:?}, castore {:?}", entry.trust);
        assert_eq!(entry.trust.allows_server(), ruling(&entry.trust, SERVER_AUTH) == Ruling::Trusted);
    }
    read
}

#[test]
fn lists_what_certutil_lists_with_every_flag() {
    let Some(home) = new("sql") else { return };
    let home = home.path();
    const FLAGS: [&str; 10] = ["", "c", "C", "T", "CT", "P", "p", "cT", "CP", "Tp"];
    let mut count = 0;
    for (n, ssl) in FLAGS.iter().enumerate() {
        let others: Vec<usize> = if long() { (0..FLAGS.len()).collect() } else { vec![n, (n * 7 + 2) % 10] };
        for other in others {
            // T is of clients, and so of the first part alone.
            let (email, code) = (FLAGS[other].replace('T', ""), FLAGS[(other + 3) % 10].replace('T', ""));
            let der = authority(&format!("castore oracle {count}"));
            add(home, &format!("nick {count}"), &format!("{ssl},{email},{code}"), &der);
            count += 1;
        }
    }
    let read = hold(home);
    assert_eq!(ders(&read).len(), count);
    // And after changes and deletions.
    for n in 0..6 {
        let (nickname, flags) = (format!("nick {n}"), ["C,,", ",,", "p,p,p", "CT,C,C", "c,,", "P,,"][n]);
        must(home, "certutil", &["-M", "-d", "sql:db", "-n", &nickname, "-t", flags]);
    }
    must(home, "certutil", &["-D", "-d", "sql:db", "-n", "nick 7"]);
    assert_eq!(ders(&hold(home)).len(), count - 1);
}

#[test]
fn certificates_of_one_subject_share_a_nickname() {
    let Some(home) = new("sql") else { return };
    let home = home.path();
    add(home, "renewed", "C,,", &authority("castore renewed"));
    add(home, "renewed", ",,", &authority("castore renewed"));
    add(home, "ünïcode näme", "p,,C", &authority("castore ünïcode"));
    assert_eq!(ders(&hold(home)).len(), 3);
}

#[test]
fn keys_and_chains_imported_with_pk12util_are_read() {
    let Some(home) = new("sql") else { return };
    let home = home.path();
    if !here("pk12util") || !crate::require("openssl") {
        return;
    }
    fs::write(home.join("ca.pem"), format::pem::write(&authority("castore in a chain"), &[])).unwrap();
    let subject = ["-subj", "/CN=castore leaf", "-days", "3", "-keyout", "key.pem", "-out", "leaf.pem"];
    must(home, "openssl", &[&["req", "-x509", "-newkey", "rsa:2048", "-nodes"][..], &subject].concat());
    let files = ["-inkey", "key.pem", "-in", "leaf.pem", "-certfile", "ca.pem", "-out", "both.p12"];
    must(home, "openssl", &[&["pkcs12", "-export", "-passout", "pass:x"][..], &files].concat());
    must(home, "pk12util", &["-i", "both.p12", "-d", "sql:db", "-W", "x"]);
    let read = read(&home.join("db/cert9.db"));
    assert_eq!((set(&read), ders(&read).len()), (owned(home), 2));
    assert!(read.entries.iter().any(|entry| matches!(&entry.body, Body::Other(what) if what.raw() == "public key")));
    assert_eq!(format::sniff(&fs::read(home.join("db/key4.db")).unwrap()), Format::Sqlite);
}

fn python(home: &Path, script: &str) -> bool {
    if !crate::require("python3") {
        return false;
    }
    fs::write(home.join("script.py"), script).unwrap();
    // The script may kill itself.
    let output = run(home, "python3", &["script.py"]);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    true
}

#[test]
fn trust_that_names_another_hash_does_not_count() {
    let Some(home) = new("sql") else { return };
    let home = home.path();
    add(home, "one", "CT,C,C", &authority("castore one"));
    add(home, "two", "CT,C,C", &authority("castore two"));
    let script = "import sqlite3\nc = sqlite3.connect('db/cert9.db')\n\
                  c.execute(\"update nssPublic set ace5363b4 = zeroblob(20) where a0 = x'ce534353' and a82 = \
                  (select a82 from nssPublic where a3 = cast('one' as blob))\")\nassert c.total_changes == 1\nc.commit()\n";
    if python(home, script) {
        let read = hold(home);
        let notes: Vec<_> = read.entries.iter().map(|entry| entry.notes.clone()).collect();
        assert_eq!(notes.concat(), [Note::HashDiffers]);
    }
}

/// A program that is killed while it changes every row: in a journal, before and after it wrote to the
/// file itself; in a log, with one change that ended and one that did not.
#[test]
fn a_database_whose_writer_was_killed_is_as_certutil_finds_it() {
    for (mode, spill) in
        [("delete", 1), ("delete", 10_000), ("persist", 1), ("truncate", 1), ("wal", 1), ("wal", 10_000)]
    {
        let Some(home) = new("sql") else { return };
        let home = home.path();
        for n in 0..4 {
            add(home, &format!("nick {n}"), "C,,", &authority(&format!("castore killed {n}")));
        }
        let script = format!(
            "import os, signal, sqlite3\nc = sqlite3.connect('db/cert9.db', isolation_level=None)\n\
             c.execute('pragma journal_mode = {mode}')\nc.execute('pragma cache_size = {spill}')\n\
             c.execute('begin')\nc.execute(\"delete from nssPublic where a3 = cast('nick 3' as blob)\")\nc.execute('commit')\n\
             c.execute('begin')\nc.execute('update nssPublic set a3 = randomblob(40), a11 = randomblob(3000)')\n\
             c.execute('delete from nssPublic where rowid % 2')\nos.kill(os.getpid(), signal.SIGKILL)\n"
        );
        if !python(home, &script) {
            return;
        }
        let found = read(&home.join("db/cert9.db"));
        assert_eq!((ders(&found).len(), &found.gaps[..]), (3, &[][..]), "{mode} {spill}");
        // certutil then opens it to write, which puts the pages back or takes the log in. Where it only
        // reads, it says that the database is bad.
        must(home, "certutil", &["-M", "-d", "sql:db", "-n", "nick 0", "-t", "C,,"]);
        assert_eq!((set(&found), 3), (owned(home), listed(home).len()), "{mode} {spill}");
        assert_eq!(set(&hold(home)), set(&found));
    }
}

#[test]
fn a_database_is_read_while_certutil_writes_it() {
    let Some(home) = new("sql") else { return };
    let home = home.path();
    let always = authority("castore always");
    add(home, "always", "C,,", &always);
    fs::write(home.join("now.der"), authority("castore now and then")).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let path = fs::canonicalize(home.join("db/cert9.db")).unwrap();
    let (mut whole, mut both, mut quiet) = (0, 0, true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                must(home, "certutil", &["-A", "-d", "sql:db", "-n", "now", "-t", "C,,", "-i", "now.der"]);
                must(home, "certutil", &["-D", "-d", "sql:db", "-n", "now"]);
            }
        });
        let host = Host::new(Box::new(Tree::at("/").unwrap()), castore::host::System::Linux);
        let id = StoreId::Path(path);
        for _ in 0..if long() { 20_000 } else { 1000 } {
            let snapshot = load::load(&host, &BTreeSet::from([id.clone()]));
            let store = snapshot.store(&id).unwrap();
            if store.reading != Reading::Whole {
                continue;
            }
            whole += 1;
            let found: BTreeSet<Fingerprint> =
                store.entries.iter().filter_map(|entry| Some(entry.certificate()?.fingerprint())).collect();
            quiet &= found.contains(&fingerprint(&always)) && found.len() <= 2;
            both += usize::from(found.len() == 2);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(quiet && whole > 900 && both > 0, "{whole} whole, {both} with both");
}

/// A bundle stands for the module of built-in roots: what the database thinks of them comes first,
/// also of those it does not hold.
#[test]
fn a_user_s_database_stands_before_built_in_roots() {
    static DATABASE: Leaf = Leaf::path("{database}/cert9.db").look(Look::Keystore);
    static ROOTS: Leaf = Leaf::path("{module}").look(Look::Blocks);
    let Some(home) = new("sql") else { return };
    let home = home.path();
    let roots: Vec<Vec<u8>> = (0..5).map(|n| authority(&format!("castore built in {n}"))).collect();
    for (n, flags) in ["p,p,p", "c,,", "C,,", "p,,"].iter().enumerate() {
        add(home, &format!("root {n}"), flags, &roots[n]);
    }
    // What Firefox leaves where a user changes its mind about a built-in root: no certificate.
    let script = "import sqlite3\nc = sqlite3.connect('db/cert9.db')\n\
                  c.execute(\"delete from nssPublic where a0 = x'00000001' and a3 = cast('root 3' as blob)\")\n\
                  assert c.total_changes == 1\nc.commit()\n";
    if !python(home, script) {
        return;
    }
    let bundle: String = roots.iter().map(|root| format::pem::write(root, &[])).collect();
    fs::write(home.join("roots.pem"), bundle).unwrap();
    let place = |name: &str| fs::canonicalize(home.join(name)).unwrap();
    let candidate = |leaf, name| Candidate {
        leaf,
        named: Named::BuiltIn,
        path: Some(place(name)),
        store: Some(StoreId::Path(place(name))),
        outcome: Outcome::Used,
    };
    let found = Use {
        client: castore::catalogue::clients().find(|client| client.id == "nss").unwrap(),
        installation: Default::default(),
        candidates: vec![candidate(&DATABASE, "db/cert9.db"), candidate(&ROOTS, "roots.pem")],
        account: None,
    };
    let uses = [found];
    let host = Host::new(Box::new(Tree::at("/").unwrap()), castore::host::System::Linux);
    let snapshot = load::load(&host, &load::wanted(&uses));
    let anchors = castore::anchors::anchors(&uses[0], &snapshot);
    let expected = [2, 4].map(|n: usize| fingerprint(&roots[n]));
    assert_eq!(anchors.certificates.keys().copied().collect::<BTreeSet<_>>(), BTreeSet::from(expected));
}

#[test]
fn older_databases_are_told_apart() {
    let Some(home) = new("dbm") else { return };
    let home = home.path();
    let format = |name: &str| format::sniff(&fs::read(home.join("db").join(name)).unwrap());
    let all = || (format("cert8.db"), format("key3.db"), format("secmod.db"));
    assert_eq!(all(), (Format::Cert8, Format::BerkeleyDb, Format::BerkeleyDb));
    for n in 0..20 {
        fs::write(home.join("add.der"), authority(&format!("castore old {n}"))).unwrap();
        let nickname = format!("Version {n}");
        must(home, "certutil", &["-A", "-d", "dbm:db", "-n", &nickname, "-t", "C,,", "-i", "add.der"]);
    }
    must(home, "certutil", &["-S", "-d", "dbm:db", "-n", "Version", "-s", "CN=v", "-x", "-t", "u,,", "-z", "add.der"]);
    assert_eq!(all(), (Format::Cert8, Format::BerkeleyDb, Format::BerkeleyDb));
}

#[test]
fn a_database_of_chromium_s_make_is_read() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let made: Vec<Vec<u8>> = (0..4).map(|n| authority(&format!("castore chromium {n}"))).collect();
    for (n, der) in made.iter().enumerate() {
        fs::write(home.join(format!("{n}.der")), der).unwrap();
    }
    let script = "import hashlib, os, signal, sqlite3\nc = sqlite3.connect('ServerCertificate', isolation_level=None)\n\
        c.execute('pragma journal_mode = wal')\n\
        c.execute('CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR)')\n\
        c.execute(\"insert into meta values ('version', 1), ('last_compatible_version', 1), ('mmap_status', -1)\")\n\
        c.execute('CREATE TABLE IF NOT EXISTS certificates(sha256hash_hex TEXT PRIMARY KEY, der_cert BLOB NOT NULL, trust_settings BLOB NOT NULL)')\n\
        for n, wanted in enumerate([b'\\x0a\\x02\\x08\\x03', b'\\x0a\\x02\\x08\\x02', b'\\x0a\\x02\\x08\\x01', b'\\x0a\\x02\\x08\\x03\\x12\\x05\\x0a\\x03a.b']):\n\
        \x20   der = open(f'{n}.der', 'rb').read()\n\
        \x20   c.execute('insert or replace into certificates values (?, ?, ?)', (hashlib.sha256(der).hexdigest(), der, wanted))\n\
        os.kill(os.getpid(), signal.SIGKILL)\n";
    if !python(home, script) {
        return;
    }
    let read = read(&home.join("ServerCertificate"));
    assert_eq!((read.format, read.container.version, &read.gaps[..]), (Format::Chromium, Some(1), &[][..]));
    assert_eq!(set(&read), made.iter().map(|der| fingerprint(der)).collect());
    let trusts: Vec<_> = read.entries.iter().map(|entry| ruling(&entry.trust, SERVER_AUTH)).collect();
    assert_eq!(trusts, [Ruling::Trusted, Ruling::Distrusted, Ruling::Present, Ruling::Trusted]);
    assert!(read.entries.iter().all(|entry| entry.notes.is_empty()));
}
