//! Plans written and read back, and plans that nobody should carry out.

use super::{BadPlan, read, write};
use crate::host::memory::{Memory, Node};
use crate::model::StoreId;
use crate::plan::make_tests::{Asked, plan, root, text};
use crate::plan::{After, Consumer, Declined, FileFacts, Need, NotAdded, Plan, Refresh, Step, Target, Was};
use proptest::prelude::*;
use std::ffi::OsString;
use std::path::PathBuf;

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
        format: crate::model::Format::Elf,
    };
    let file = FileFacts { sha256: [7; 32], size: u64::MAX, identity: Some((1, u64::MAX)), changed: Some((-1, 999)) };
    let change = &mut plan.stores[0];
    change.steps.push(Step::Link { path: "/d/12345678.0".into(), to: "x.pem".into(), was: Was::Link("y.pem".into()) });
    change.steps.push(Step::Remove { path: odd("/d/y.pem"), was: Was::File(file.clone()) });
    change.steps.push(Step::Nss {
        directory: "/home/u/.pki/nssdb".into(),
        was: Was::File(file),
        add: vec![("Corp 1".into(), corp.clone())],
        remove: vec![("B".into(), b.clone())],
    });
    change.consumers = super::show::CONSUMERS.iter().map(|(_, consumer)| *consumer).collect::<Vec<Consumer>>();
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
    prop_oneof![
        Just(Was::Absent),
        facts.prop_map(|(sha256, size, identity, changed)| Was::File(FileFacts { sha256, size, identity, changed })),
    ]
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
        change.after = After::AtLeast { with: [].into(), without: [].into() };
        change.steps.push(Step::Write { path: path.clone(), bytes: text(&[&root("X")]).into(), was, mode });
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
    assert!(matches!(read(b"not json"), Err(BadPlan::Syntax { line: 1, .. })));
}

#[test]
fn a_plan_writes_certificates_alone() {
    let with = |bytes: &[u8], was: Was, path: &str| {
        let mut plan = full();
        plan.stores[0].steps.push(Step::Write { path: path.into(), bytes: bytes.to_vec(), was, mode: 0o644 });
        read(write(&plan).as_bytes()).map(|_| ()).map_err(|why| why.to_string())
    };
    let pem = text(&[&root("X")]);
    assert_eq!(with(pem.as_bytes(), Was::Absent, "/x.pem"), Ok(()));
    assert_eq!(with(format!("# x\n\n{pem}").as_bytes(), Was::Absent, "/x.pem"), Ok(()));
    let job = format!("* * * * * root sh\n{pem}");
    assert!(with(job.as_bytes(), Was::Absent, "/etc/cron.d/x").unwrap_err().contains("nothing but PEM blocks"));
    assert!(
        with(b"root::0:0::/:/bin/sh\n", Was::Absent, "/etc/passwd").unwrap_err().contains("a store of certificates")
    );
    assert_eq!(with(b"!mozilla/A.crt\n", Was::Absent, "/etc/ca-certificates.conf"), Ok(()));
    let link = Was::Link(OsString::from("y"));
    assert!(with(pem.as_bytes(), link, "/x.pem").unwrap_err().contains("found \"link\""));
    // What a file is to hold is what is written into it.
    let mut plan = full();
    let own = plan.stores.iter_mut().find(|change| matches!(change.after, After::Exactly(_))).unwrap();
    own.after = After::Exactly([root("Y").fingerprint()].into());
    assert!(
        read(write(&plan).as_bytes()).unwrap_err().to_string().contains("the certificates that the store is to hold")
    );
}
