//! Every JSON report is what `data/schema` publishes.

use crate::certificates::{NOW, expired, intermediate, leaf, root};
use crate::harness::{Castore, Tree};
use crate::roots::{bundle, debian, roots, uber, with_environment, with_programs};
use crate::validator;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

/// Those of which a run gives the whole.
const NAMES: [&str; 18] = [
    "list", "which", "why", "show", "diff", "changes", "check", "checks", "config", "export", "scan", "clients",
    "snapshot", "sync", "plan", "advice", "undo", "history",
];
/// Those of a file that is read and of a line of NDJSON, which other tests hold (`config.rs`, `outputs_hostile.rs`).
const OTHERS: [&str; 2] = ["castore.toml", "row"];

pub fn published(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("data/schema/{name}.v1.json"));
    serde_json::from_slice(&std::fs::read(path).expect("the schema")).expect("JSON")
}

/// What a report does not hold to, if it does not.
pub fn fault(name: &str, report: &Value) -> Option<String> {
    static PUBLISHED: OnceLock<Vec<Value>> = OnceLock::new();
    let index = NAMES.iter().position(|known| *known == name).expect("a published report");
    validator::fault(&PUBLISHED.get_or_init(|| NAMES.map(published).to_vec())[index], report)
}

/// A machine with something of everything.
fn machine() -> Tree {
    let top = root("Top").key(9).make();
    let odd = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let unparsed = crate::certificates::pem("CERTIFICATE", &[0x30, 3, 2, 1, 1]);
    let mixed = expired().make().pem()
        + &intermediate("Between").issued_by(&top).pem()
        + &leaf("www.example").issued_by(&top).pem()
        + &root("x").nameless().make().pem()
        + odd
        + &unparsed
        + &top.private_key_pem();
    with_environment(with_programs(debian()))
        .file("mixed.pem", mixed)
        .file("turned.pem", root("Corp Root").key(8).make().pem() + &root("New Root").make().pem())
        .file("castore.toml", crate::config::EXAMPLE)
        .file("app.env", "SSL_CERT_FILE=/mixed.pem\n")
        .file("etc/systemd/system/app.service", "[Service]\nEnvironmentFile=/app.env\nExecStart=/opt/venv/bin/python\n")
        .file("d/one.der", roots()[0].der())
        .file("empty.pem", "")
        .file("corp.pem", leaf("corp.example").issued_by(&roots()[2]).pem())
        .file("limited", limited())
        .file("srv/cacerts", uber())
        .file("usr/lib/jvm/x/lib/security/cacerts", b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01")
        .link("etc/ssl/certs/0123abcd.0", "gone.pem")
}

fn reports() -> Vec<(&'static str, Value)> {
    let (tree, home) = (machine(), Tree::new());
    let variables = tree.path().join("app.env").to_str().expect("UTF-8").to_owned();
    let settings = tree.path().join("castore.toml").to_str().expect("UTF-8").to_owned();
    let mixed = tree.path().join("mixed.pem").to_str().expect("UTF-8").to_owned();
    let broken = ["--env", "CURL_CA_BUNDLE=/mixed.pem", "--env", "SSL_CERT_FILE=", "--env", "REQUESTS_CA_BUNDLE=/gone"];
    let castore = Castore::at(&tree).with(["--at", NOW, "--format", "json"]).directory(home.path());
    let run = |arguments: &[&str]| castore.run(arguments).json();
    let run_snapshot = |arguments: &[&str]| Castore::at(&tree).directory(home.path()).run(arguments).json();
    let without = Castore::at(&Tree::new()).directory(home.path()).run(["snapshot", "--out", "empty.json"]);
    _ = without.exits(0);
    _ = Castore::at(&tree).directory(home.path()).run(["snapshot", "--out", "whole.json"]).exits(0);
    vec![
        ("list", run(&["list"])),
        ("list", run(&["list", "--certs", "--all"])),
        ("list", run(&["list", "--certs", "/mixed.pem", "/d", "/empty.pem", "/srv/cacerts"])),
        ("list", Castore::at(&Tree::new()).run(["list", "--format", "json"]).json()),
        ("list", Castore::here().run(["list", "--certs", "--format", "json"]).json()),
        ("which", run(&["which"])),
        ("which", run(&[&["which"], &broken[..]].concat())),
        ("which", Castore::here().run(["which", "--format", "json"]).json()),
        ("which", run(&[&["which", "--explain", "--env-file", &variables], &broken[..]].concat())),
        ("which", run(&["which", "--service", "app"])),
        #[cfg(target_os = "linux")]
        ("which", Castore::here().run(["which", "--pid", &std::process::id().to_string(), "--format", "json"]).json()),
        ("why", run(&["why", "/mixed.pem", "--name", "www.example"])),
        ("why", run(&["why", "/turned.pem"])),
        ("clients", Castore::here().run(["clients", "--format", "json"]).json()),
        ("checks", Castore::here().run(["checks", "--format", "json"]).json()),
        ("checks", Castore::here().run(["checks", "expired", "--format", "json"]).json()),
        ("show", run(&["show", "Root"])),
        ("show", run(&["show", "/mixed.pem"])),
        ("diff", run(&["diff"])),
        ("diff", run(&["diff", "system", "/mixed.pem", "/turned.pem"])),
        ("diff", run(&["diff", "/empty.pem", "/turned.pem"])),
        ("snapshot", run_snapshot(&["snapshot", "--out", "-"])),
        ("snapshot", run_snapshot(&["snapshot", "/mixed.pem", "/d", "/srv/cacerts", "--redact", "--out", "-"])),
        ("snapshot", accepted(&tree, &home)),
        ("changes", run(&["diff", "snapshot:empty.json"])),
        ("changes", run(&[&["diff", "snapshot:whole.json"], &broken[..]].concat())),
        ("check", run(&[&["check"], &broken[..]].concat())),
        ("check", run(&["check", "/mixed.pem", "/d"])),
        ("check", run(&["check", "--config", &settings, "--out", "-", "--env", "SSL_CERT_FILE=/mixed.pem"])),
        (
            "config",
            Castore::here().run(["config", "--config", &settings, "--only", "expired", "--format", "json"]).json(),
        ),
        ("config", Castore::here().run(["config", "--format", "json"]).json()),
        ("export", exported(&tree, &home, &["--from", "/mixed.pem", "--out", "bundle.pem"])),
        ("export", exported(&tree, &home, &["--out", "some.jks", "--format", "jks", "--minimal", "/corp.pem"])),
        ("export", exported(&tree, &home, &["--from", "/limited", "--out", "some", "--format", "hash-dir"])),
        ("scan", run(&["scan", "/"])),
        ("advice", run(&["sync", "--env"])),
        ("advice", run(&["sync", "--env", "--add", &mixed])),
        ("sync", run(&["add", &mixed, "--everywhere"])),
        ("sync", run(&["sync", "--from", "/mixed.pem", "--remove", "Alpha", "--to", "certifi:/opt/venv"])),
        ("plan", saved(&tree, &home, &["add", &mixed, "--everywhere"])),
        (
            "plan",
            saved(&tree, &home, &["sync", "--from", "/mixed.pem", "--remove", "Alpha", "--to", "certifi:/opt/venv"]),
        ),
    ]
    .into_iter()
    .chain(written())
    .collect()
}

/// What is said where something is written: on a machine of its own, which it changes.
fn written() -> Vec<(&'static str, Value)> {
    let (tree, home) = (with_environment(with_programs(debian())), Tree::new());
    let plain = Castore::at(&tree).with(["--state", "state"]).directory(home.path());
    let run = |arguments: &[&str]| plain.run(arguments.iter().copied().chain(["--format", "json"])).json();
    vec![
        ("history", run(&["history"])),
        ("sync", run(&["sync", "--from", "system", "--to", "certifi:/opt/venv", "--write", "--yes"])),
        ("sync", run(&["remove", "Corp", "--write", "--yes"])),
        ("history", run(&["history"])),
        ("undo", run(&["undo", "--yes"])),
        ("history", run(&["history"])),
    ]
}

/// What a plan is kept as, to be carried out later.
fn saved(tree: &Tree, home: &Tree, arguments: &[&str]) -> Value {
    let castore = Castore::at(tree).with(["--at", NOW]).directory(home.path());
    _ = castore.run([arguments, &["--save-plan", "plan.json"]].concat());
    let plan = serde_json::from_slice(&home.read("plan.json")).expect("JSON");
    std::fs::remove_file(home.path().join("plan.json")).expect("gone");
    plan
}

/// A store that distrusts a root for what it issues after a day.
fn limited() -> String {
    let date = "[p11-kit-object-v1]\ntrusted: true\nnss-server-distrust-after: \"250101000000Z\"\n";
    date.to_owned() + &root("Limited Root").key(10).make().pem()
}

fn exported(tree: &Tree, home: &Tree, arguments: &[&str]) -> Value {
    let always = ["export", "--from", "system", "--report", "json"];
    let castore = Castore::at(tree).with(["--at", NOW]).directory(home.path());
    // What was not read in full ends with 2, and is written and reported all the same.
    castore.run(always.iter().chain(arguments)).json()
}

/// A baseline of an empty machine, in which everything of this one was accepted.
fn accepted(tree: &Tree, home: &Tree) -> Value {
    let accept = ["snapshot", "accept", "--baseline", "empty.json", "--by", "ann", "--until", "2027-01-01"];
    _ = Castore::at(tree).with(["--at", NOW]).directory(home.path()).run(accept).exits(0);
    let found = serde_json::from_slice(&home.read("empty.json")).expect("JSON");
    _ = Castore::at(&Tree::new()).directory(home.path()).run(["snapshot", "--out", "other.json"]).exits(0);
    std::fs::copy(home.path().join("other.json"), home.path().join("empty.json")).expect("a copy");
    found
}

/// A schema that nothing is held against could say anything.
#[test]
fn every_schema_that_is_published_is_held() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/schema");
    let files = std::fs::read_dir(place).expect("a directory").map(|file| file.expect("a file").file_name());
    let found: BTreeSet<String> = files.map(|name| name.into_string().expect("ASCII")).collect();
    let held = NAMES.into_iter().chain(OTHERS).map(|name| format!("{name}.v1.json"));
    assert_eq!(found, held.collect());
}

#[test]
fn reports_hold_to_what_is_published() {
    let reports = reports();
    for name in NAMES {
        assert!(reports.iter().any(|(of, _)| *of == name), "no report of {name}");
    }
    let has_allowed = |report: &Value| report["allowed"].as_array().is_some_and(|allowed| !allowed.is_empty());
    assert!(reports.iter().any(|(_, report)| has_allowed(report)), "no finding that is allowed");
    for (name, report) in &reports {
        assert_eq!(report["schema"], format!("castore.{name}/1"));
        assert_eq!(fault(name, report), None, "{name}\n{report:#}");
    }
}

/// A schema that accepts everything would pass the test above.
#[test]
fn a_changed_report_does_not() {
    for (name, report) in reports() {
        let mut renamed = report.clone();
        renamed["schema"] = json!(format!("castore.{name}/2"));
        assert!(fault(name, &renamed).is_some(), "{name}: another version");
        let mut more = report.clone();
        more["unheard_of"] = json!(1);
        assert!(fault(name, &more).is_some(), "{name}: one field more");
        for field in report.as_object().expect("an object").keys() {
            let mut less = report.clone();
            less.as_object_mut().expect("an object").remove(field);
            assert!(fault(name, &less).is_some(), "{name}: without {field}");
        }
        // Inside lists too.
        for (field, value) in report.as_object().expect("an object") {
            let Some(first) = value.as_array().and_then(|list| list.first()).filter(|first| first.is_object()) else {
                continue;
            };
            let mut changed = report.clone();
            changed[field][0]["unheard_of"] = json!(true);
            assert!(fault(name, &changed).is_some(), "{name}: one more in {field}");
            let key = first.as_object().and_then(|object| object.keys().next()).expect("a field").clone();
            let mut changed = report.clone();
            changed[field][0][key] = json!({ "of": "another kind" });
            assert!(fault(name, &changed).is_some(), "{name}: another kind in {field}");
        }
    }
}

/// Whoever reads a schema finds out what each field means.
#[test]
fn every_field_is_described_and_every_object_closed() {
    for name in NAMES.into_iter().chain(OTHERS) {
        let schema = published(name);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let mut todo = vec![(name.to_owned(), &schema)];
        while let Some((at, value)) = todo.pop() {
            if value["type"] == "object" && value["additionalProperties"].is_object() {
                // A map: what is under each key, which nothing names.
                assert_eq!(value.get("properties"), None, "{at}");
                todo.push((format!("{at}.*"), &value["additionalProperties"]));
            } else if value["type"] == "object" {
                assert_eq!(value["additionalProperties"], false, "{at}");
                for (field, of) in value["properties"].as_object().expect("properties") {
                    let is_said =
                        of["description"].as_str().is_some_and(|text| text.ends_with('.')) || of.get("$ref").is_some();
                    assert!(is_said, "{at}.{field} has no description");
                    todo.push((format!("{at}.{field}"), of));
                }
            }
            for (id, of) in value["$defs"].as_object().into_iter().flatten() {
                todo.push((format!("{at}#{id}"), of));
            }
        }
    }
}

/// The DER of what is listed, and only it, is behind each fingerprint.
#[test]
fn fingerprints_are_of_the_bytes() {
    let tree = Tree::new().file("x.pem", bundle(&roots()));
    let json = Castore::at(&tree).run(["list", "--certs", "/x.pem", "--format", "json"]).exits(0).json();
    let listed: Vec<&str> = json["stores"][0]["certificates"]
        .as_array()
        .expect("certificates")
        .iter()
        .filter_map(|certificate| certificate["sha256"].as_str())
        .collect();
    assert_eq!(listed, roots().map(|root| root.fingerprint()));
}
