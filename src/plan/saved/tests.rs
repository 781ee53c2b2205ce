//! Plans written and read back, and plans that nobody should carry out.

use super::{BadPlan, Places, write};
use crate::format::BadDocument;
use crate::host::memory::{Memory, Node};
use crate::model::{Certificate, Format, StoreId};
use crate::plan::make::{Asked, plan, root, text};
use crate::plan::{
    After, Declined, FileFacts, Moved, Need, NotAdded, Plan, Reader, Refresh, Step, StoreChange, Target, Was,
};
use proptest::prelude::*;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// What is read for a host without links.
fn read(bytes: &[u8]) -> Result<Plan, BadPlan> {
    super::read(bytes, &Places::behind(&|_| None))
}

/// A plan with everything that one can hold.
fn full() -> Plan {
    let [a, b, corp] = ["A", "B", "Corp"].map(root);
    let files = Memory::new()
        .with("/etc/pki/ca-trust/source/anchors", Node::Directory)
        .with("/etc/pki/ca-trust/source/blocklist", Node::Directory)
        .file("/usr/share/pki/ca-trust-source/anchors/a.pem", text(&[&a]))
        .file("/usr/share/pki/ca-trust-source/anchors/b.pem", text(&[&b]))
        .file("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", text(&[&a, &b]))
        .file("/own.pem", text(&[&a, &b]));
    let asked = Asked { to: &["system", "/own.pem", "/gone.pem"], add: &[&corp], remove: &[&b], ..Asked::default() };
    let mut plan = plan(files, &asked).unwrap();
    let target = Target {
        store: StoreId::Section("/usr/bin/node".into(), "roots compiled into libnssckbi"),
        links: vec![odd("/links/x\u{e9}")],
        readers: vec!["node:/usr/bin/node".into()],
        format: Format::Elf,
    };
    let file = FileFacts { sha256: [7; 32], size: u64::MAX, identity: Some((1, u64::MAX)), changed: Some((-1, 999)) };
    let of = |path: &str, format: Format, steps: Vec<Step>| {
        let own = plan.stores.iter().find(|change| change.target.store == StoreId::Path("/own.pem".into())).unwrap();
        let store = StoreId::Path(path.into());
        StoreChange { target: Target { store, format, ..own.target.clone() }, steps, ..own.clone() }
    };
    let hashed = vec![
        Step::Link { path: "/d/12345678.0".into(), to: "x.pem".into(), was: Was::Link("y.pem".into()) },
        Step::Remove { path: odd("/d/y.pem"), was: Was::File(file.clone()) },
    ];
    let database = vec![Step::Nss {
        directory: "/home/u/.pki/nssdb".into(),
        was: Was::File(file),
        add: vec![("Corp 1".into(), corp.clone())],
        remove: vec![("B".into(), b.clone())],
    }];
    let more = [of("/d", Format::Directory, hashed), of("/home/u/.pki/nssdb/cert9.db", Format::Nss, database)];
    plan.stores.extend(more);
    let change = &mut plan.stores[0];
    change.asks = Reader::ALL.to_vec();
    change.removed[0].needed_by.push(Need { certificate: a.clone(), store: target.store.clone() });
    plan.declined.push(Declined { target, because: "why \u{1b}".into(), instead: None });
    plan.left_out.push(NotAdded {
        certificate: a,
        from: vec![StoreId::Native("mozilla")],
        to: Some(StoreId::Path("/own.pem".into())),
        because: "so".into(),
    });
    plan
}

/// A path that is no UTF-8, where there are such.
fn odd(path: &str) -> PathBuf {
    let mut octets = path.as_bytes().to_vec();
    octets.push(if cfg!(windows) { b'x' } else { 0xff });
    PathBuf::from(crate::host::native::text(&octets))
}

#[test]
fn reads_what_it_writes() {
    let plan = full();
    let text = write(&plan);
    assert_eq!(read(text.as_bytes()).unwrap(), plan);
    assert_eq!(write(&read(text.as_bytes()).unwrap()), text);
}

fn was() -> impl Strategy<Value = Was> {
    let facts = (any::<[u8; 32]>(), any::<u64>(), any::<Option<(u64, u64)>>(), any::<Option<(i64, u32)>>());
    facts.prop_map(|(sha256, size, identity, changed)| Was::File(FileFacts { sha256, size, identity, changed }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_plan_comes_back(
        seconds in -62_135_596_800_i64..253_402_300_800,
        was in was(),
        kept in any::<usize>(),
        texts in proptest::collection::vec(any::<String>(), 0..4),
        names in proptest::collection::vec("[^/\0]{1,12}", 1..5),
        mode in proptest::sample::select(vec![0o644_u32, 0o600, 0o444]),
    ) {
        let plain = names.iter().all(|name| name != "." && name != "..");
        prop_assume!(plain);
        let mut plan = full();
        plan.at = crate::model::Timestamp::from_unix(seconds);
        let path = PathBuf::from(format!("/{}", names.join("/")));
        let change = &mut plan.stores[0];
        change.kept = kept;
        change.notes.clone_from(&texts);
        change.lost_by = texts.first().cloned();
        change.target.readers.clone_from(&texts);
        let x = root("X");
        let step = Step::Write { path: path.clone(), bytes: text(&[&x]).into(), was, mode };
        plan.stores.push(store(path.to_str().unwrap(), Format::Pem, vec![step], &[&x]));
        plan.refreshes.push(Refresh {
            command: vec!["update-ca-trust".into()],
            directories: vec!["/usr/bin".into()],
            makes: vec![StoreId::Path(path)],
            because: texts.concat(),
        });
        prop_assert_eq!(read(write(&plan).as_bytes()).unwrap(), plan);
    }
}

/// What is said of the plan whose text is changed so.
fn refused(from: &str, to: &str) -> String {
    let text = write(&full());
    assert!(text.contains(from), "{from}");
    read(text.replacen(from, to, 1).as_bytes()).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn hostile_plans_are_refused() {
    let said = |from: &str, to: &str| {
        let said = refused(from, to);
        said.split_once(": ").map_or(said.clone(), |(_, why)| why.to_owned())
    };
    for (from, to, expected) in [
        (
            r#""path": "/own.pem""#,
            r#""path": "own.pem""#,
            "expected an absolute path without . and .., found \"own.pem\"",
        ),
        (r#""path": "/own.pem""#, r#""path": "/etc/../own.pem""#, "expected an absolute path without . and .."),
        (r#""path": "/own.pem""#, r#""path": "/own.pem/""#, "expected an absolute path without . and .."),
        (r#""path": "/own.pem""#, r#""path": "/own\u0000.pem""#, "expected an absolute path without . and .."),
        (r#""to": "x.pem""#, r#""to": "../x.pem""#, "expected a name beside the link"),
        (r#""to": "x.pem""#, r#""to": "/etc/shadow""#, "expected a name beside the link"),
        (r#""update-ca-trust""#, r#""sh""#, "expected a refresh command that castore knows, found \"sh\""),
        (r#""/usr/sbin""#, r#""/tmp""#, "expected a directory of the system's programs, found \"/tmp\""),
        (r#""mode": "0644""#, r#""mode": "4755""#, "expected no more than 0644, found \"4755\""),
        (r#""nickname": "B""#, r#""nickname": "B\nC""#, "expected printable characters"),
        (r#""openssl""#, r#""sh""#, "expected a reader that castore asks"),
        (r#""format": "elf""#, r#""format": "exe""#, "expected a format"),
        (r#""native": "mozilla""#, r#""native": "x""#, "expected a store that castore knows"),
    ] {
        let found = said(from, to);
        assert!(found.starts_with(expected), "{to}: {found}");
    }
    assert!(refused("castore.plan/1", "castore.plan/2").contains("found version \"2\""));
    assert!(refused("castore.plan/1", "castore.snapshot/1").contains("found schema"));
    assert!(refused(r#""kept""#, r#""more": 1, "kept""#).contains("unknown field"));
    assert_eq!(read(b"{}"), Err(BadPlan::Form("JSON without a schema".into())));
}

/// A change that makes a store hold these, all of them new.
fn store(path: &str, format: Format, steps: Vec<Step>, added: &[&Arc<Certificate>]) -> StoreChange {
    let moved = |certificate: &&Arc<Certificate>| Moved {
        certificate: Arc::clone(certificate),
        from: vec![StoreId::Native("mozilla")],
        needed_by: vec![],
    };
    StoreChange {
        target: Target { store: StoreId::Path(path.into()), links: vec![], readers: vec![], format },
        added: added.iter().map(moved).collect(),
        removed: vec![],
        swept: vec![],
        kept: 0,
        notes: vec![],
        how: "how".into(),
        lost_by: None,
        steps,
        after: After::Exactly(added.iter().map(|certificate| certificate.fingerprint()).collect()),
        asks: vec![],
    }
}

fn file() -> Was {
    Was::File(FileFacts { sha256: [7; 32], size: 1, identity: None, changed: None })
}

/// What is said of a plan with this change alone.
fn of(change: StoreChange) -> Result<(), String> {
    let plan = Plan { stores: vec![change], refreshes: vec![], ..full() };
    read(write(&plan).as_bytes()).map(|_| ()).map_err(|why| why.to_string())
}

#[test]
fn a_plan_writes_certificates_alone() {
    let x = root("X");
    let with = |bytes: &[u8], was: Was, path: &str| {
        let step = Step::Write { path: path.into(), bytes: bytes.to_vec(), was, mode: 0o644 };
        of(store(path, Format::Pem, vec![step], &[&x]))
    };
    let refused = |bytes: &[u8], was: Was, path: &str, why: &str| {
        let said = with(bytes, was, path).unwrap_err();
        assert!(said.contains(why), "{path}: {said}");
    };
    let pem = text(&[&x]);
    for text in [pem.clone(), format!("# x\n\n{pem}")] {
        assert_eq!(with(text.as_bytes(), file(), "/x.pem"), Ok(()));
    }
    refused(b"root::0:0::/:/bin/sh\n", file(), "/etc/passwd", "a store of certificates");
    refused(pem.as_bytes(), Was::Link(OsString::from("y")), "/x.pem", "found \"link\"");
    refused(pem.as_bytes(), Was::Absent, "/x.pem", "the store as a file");
    // What a file is to hold is what is written into it, and is shown.
    for all in [&[&x, &root("Y")][..], &[&root("Y")]] {
        refused(text(all).as_bytes(), file(), "/x.pem", "the certificates that the store is to hold");
    }
    let step = Step::Write { path: "/x.pem".into(), bytes: pem.clone().into(), was: file(), mode: 0o644 };
    let mut other = store("/x.pem", Format::Pem, vec![step], &[&x]);
    other.after = After::Exactly([x.fingerprint(), root("Y").fingerprint()].into());
    assert!(of(other).unwrap_err().contains("the certificates that the store is to hold"));
}

#[test]
fn a_new_file_is_one_certificate_under_its_name() {
    let [x, y] = ["X", "Y"].map(root);
    let name = |extension: &str| format!("x-{}.{extension}", &x.fingerprint().to_string()[..16]);
    let with = |bytes: &str, name: &str| {
        let path = PathBuf::from(format!("/d/{name}"));
        let step = Step::Write { path, bytes: bytes.into(), was: Was::Absent, mode: 0o644 };
        of(store("/d", Format::Directory, vec![step], &[&x]))
    };
    let pem = text(&[&x]);
    for name in [&name("pem"), &name("crt"), "12345678.0"] {
        assert_eq!(with(&pem, name), Ok(()));
    }
    for more in ["# x\n", "* * * * * root sh\n", "-----BEGIN X-----\n* * * * * root sh\n-----END X-----\n"] {
        let said = with(&format!("{more}{pem}"), &name("pem")).unwrap_err();
        assert!(said.contains("one block of a certificate that is shown"), "{said}");
    }
    // What it would run is one line of base64, and its name is one that a shell looks for.
    let long = pem.replace('\n', "").replace("-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\n");
    for other in [&text(&[&y]), &text(&[&x, &x]), &long] {
        assert!(with(other, &name("pem")).is_err(), "{other}");
    }
    for name in [&name("sh"), "x.pem", "x.sh", "12345678.r0", "cron"] {
        let said = with(&pem, name).unwrap_err();
        assert!(said.contains("the first 16 digits"), "{said}");
    }
}

/// A change of what the system is made of.
fn of_system([x, y]: [&Arc<Certificate>; 2], steps: Vec<Step>) -> StoreChange {
    let mut change = store("/etc/ssl/certs/ca-certificates.crt", Format::Pem, steps, &[x]);
    change.removed = store("/x", Format::Pem, vec![], &[y]).added;
    change.after = After::AtLeast { with: [x.fingerprint()].into(), without: [y.fingerprint()].into() };
    change
}

#[test]
fn a_plan_changes_the_store_it_names_or_the_systems_own_places() {
    let [x, y] = ["X", "Y"].map(root);
    let named = |path: &str| {
        let is_of_y = path.ends_with("/y.pem") || path.ends_with("/y.crt");
        let digits = if is_of_y { y.fingerprint() } else { x.fingerprint() }.to_string();
        PathBuf::from(
            path.replace("/x.", &format!("/{}.", &digits[..16])).replace("/y.", &format!("/{}.", &digits[..16])),
        )
    };
    let new = |path: &str, certificate: &Arc<Certificate>, was: Was| Step::Write {
        path: named(path),
        bytes: text(&[certificate]).into(),
        was,
        mode: 0o644,
    };
    let gone = |path: &str| Step::Remove { path: path.into(), was: file() };
    let link = |path: &str| Step::Link { path: path.into(), to: "x.pem".into(), was: Was::Absent };
    let list = |was: Was| Step::Write {
        path: "/etc/ca-certificates.conf".into(),
        bytes: b"!mozilla/A.crt\n".to_vec(),
        was,
        mode: 0o644,
    };
    for step in [
        new("/usr/local/share/ca-certificates/x.crt", &x, Was::Absent),
        new("/etc/pki/ca-trust/source/anchors/x.pem", &x, file()),
        new("/etc/pki/ca-trust/source/blocklist/y.pem", &y, Was::Absent),
        gone("/usr/local/share/ca-certificates/below/y.crt"),
        list(file()),
    ] {
        assert_eq!(of(of_system([&x, &y], vec![step.clone()])), Ok(()), "{step:?}");
    }
    for step in [
        new("/etc/profile", &x, file()),
        new("/usr/local/share/ca-certificates", &x, file()),
        new("/usr/share/ca-certificates/mozilla/x.crt", &x, file()),
        new("/usr/share/pki/ca-trust-source/blocklist/y.pem", &y, Was::Absent),
        gone("/etc/shadow"),
        gone("/etc/ca-certificates.conf"),
        gone("/etc/ssl/certs/ca-certificates.crt"),
        link("/usr/local/share/ca-certificates/12345678.0"),
    ] {
        let said = of(of_system([&x, &y], vec![step.clone()])).unwrap_err();
        assert!(said.contains("expected the store, a file in it"), "{step:?}: {said}");
    }
    // What is distrusted is what is removed, and the other way round.
    for step in [
        new("/usr/local/share/ca-certificates/y.crt", &y, Was::Absent),
        new("/etc/pki/ca-trust/source/blocklist/x.pem", &x, Was::Absent),
    ] {
        let said = of(of_system([&x, &y], vec![step])).unwrap_err();
        assert!(said.contains("expected one block of a certificate that is shown"), "{said}");
    }
    assert!(of(of_system([&x, &y], vec![list(Was::Absent)])).unwrap_err().contains("the list as a file"));
    // A directory that is the store, and nothing below or beside it; names by hash alone are links.
    let directory = |step: Step| of(store("/d", Format::Directory, vec![step], &[&x]));
    for step in [new("/d/x.pem", &x, Was::Absent), gone("/d/y.pem"), link("/d/12345678.0")] {
        assert_eq!(directory(step), Ok(()));
    }
    for step in [new("/d/e/x.pem", &x, Was::Absent), gone("/e/y.pem"), gone("/d"), link("/12345678.0")] {
        assert!(directory(step).unwrap_err().contains("expected the store, a file in it"));
    }
    for name in ["/d/x", "/d/12345678.r0"] {
        assert!(directory(link(name)).unwrap_err().contains("a name by hash"));
    }
    let file_store = |step: Step| of(store("/own.pem", Format::Pem, vec![step], &[&x]));
    for step in [gone("/own.pem"), list(file()), new("/usr/local/share/ca-certificates/x.crt", &x, Was::Absent)] {
        assert!(file_store(step).unwrap_err().contains("expected the store, a file in it"));
    }
}

#[test]
fn a_plan_does_what_it_shows() {
    let [x, y] = ["X", "Y"].map(root);
    let [fx, fy] = [x.fingerprint(), y.fingerprint()];
    let sets: [(&[_], &[_]); 5] = [(&[fx, fy], &[fy]), (&[], &[fy]), (&[fx], &[]), (&[fx], &[fx, fy]), (&[fy], &[fx])];
    for (with, without) in sets {
        let mut change = of_system([&x, &y], vec![]);
        let set = |all: &[crate::model::Fingerprint]| all.iter().copied().collect();
        change.after = After::AtLeast { with: set(with), without: set(without) };
        assert!(of(change).unwrap_err().contains("expected what is added and removed"));
    }
    // What is to be removed stays, or what is to be added does not come.
    let mut change = store("/x.pem", Format::Pem, vec![], &[&x]);
    change.removed = change.added.clone();
    change.added.clear();
    assert!(of(change.clone()).unwrap_err().contains("expected what is added and removed"));
    change.added = std::mem::take(&mut change.removed);
    change.after = After::Exactly([fy].into());
    assert!(of(change).unwrap_err().contains("expected what is added and removed"));
    // What is not looked into may stay in a directory.
    let mut directory = store("/d", Format::Directory, vec![], &[&x]);
    directory.removed = store("/d", Format::Directory, vec![], &[&y]).added;
    directory.after = After::Exactly([fx, fy].into());
    assert_eq!(of(directory), Ok(()));
    // certutil is told of nothing else.
    let database = |directory: &str, add, remove| {
        let step = Step::Nss { directory: directory.into(), was: file(), add, remove };
        of(store("/p/cert9.db", Format::Nss, vec![step], &[&x]))
    };
    assert_eq!(database("/p", vec![("X".into(), x.clone())], vec![]), Ok(()));
    assert!(database("/p", vec![("Y".into(), y.clone())], vec![]).is_err());
    assert!(database("/p", vec![], vec![("X".into(), x.clone())]).is_err());
    assert!(database("/q", vec![("X".into(), x.clone())], vec![]).unwrap_err().contains("expected the store"));
}

#[test]
fn what_never_was_a_plan_is_none() {
    for bytes in
        [text(&[&root("X")]).as_bytes(), b"", b"not json", b"[1]", b"[\"castore.plan/1\"]", b"\x30\x82", b"\xff\xfe"]
    {
        assert_eq!(read(bytes), Err(BadPlan::Form("a file that is no JSON object".into())));
    }
    assert!(matches!(
        read(b"{\"schema\": \"castore.plan/1\""),
        Err(BadPlan::Document(BadDocument::Syntax { line: 1, .. }))
    ));
}
