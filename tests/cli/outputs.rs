//! `castore check`: its formats, where they are written to, and what they end with.

use crate::certificates::{NOW, expired, leaf, numbered_bundle, root};
use crate::check::file;
use crate::harness::{Castore, Output, Tree};
use crate::readers::{csv, prometheus};
use crate::roots::{bundle, debian, roots};
use insta::assert_snapshot;
use serde_json::Value;

/// A bundle with one of each severity but error: expired, no authority, twice.
fn mixed() -> Tree {
    let gone = expired().make();
    file(
        roots()[0].pem()
            + &gone.pem()
            + &gone.pem()
            + &leaf("www.example").dates((2025, 1, 1), (2030, 1, 1)).make().pem(),
    )
    .file("etc/hostname", "# the name\nweb-1.example\n")
}

const BROKEN: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

fn run(tree: &Tree, arguments: &[&str]) -> Output {
    Castore::at(tree).with(["--at", NOW]).run(["check", "/x.pem"].iter().chain(arguments))
}

fn stdout(tree: &Tree, format: &str, more: &[&str]) -> String {
    run(tree, &[&["--format", format], more].concat()).stdout()
}

#[test]
fn rows_of_json() {
    let text = stdout(&mixed(), "ndjson", &["--only", "expired,not-a-ca"]);
    assert_snapshot!(text.replace(env!("CARGO_PKG_VERSION"), "VERSION"), @r#"
    {"schema":"castore.row/1","kind":"finding","host":"web-1.example","at":"2026-01-01T00:00:00Z","castore":"VERSION","store":"/x.pem","store_format":"pem","clients":null,"slot":"line 10","sha256":"eac26c5ab9fc0543118069b84f907b646dd1c12cd11ae40acfcdae2d2faeb06d","spki_sha256":"fd110d301d2f077de1414b8f99f441b1403fab207b2052fbd2c065e4ee8e7dc2","subject":"CN=Expired Root, O=Example","issuer":"CN=Expired Root, O=Example","serial":"5e4c90101189c0e8","not_before":"2015-01-01T00:00:00Z","not_after":"2025-07-01T00:00:00Z","trust":null,"check":"expired","severity":"warning","title":"a certificate has expired","expected":"valid on 2026-01-01","found":"valid until 2025-07-01, 184 days ago","remedy":"remove it where the store is kept by hand; else update the package the store comes from"}
    {"schema":"castore.row/1","kind":"finding","host":"web-1.example","at":"2026-01-01T00:00:00Z","castore":"VERSION","store":"/x.pem","store_format":"pem","clients":null,"slot":"line 19","sha256":"eac26c5ab9fc0543118069b84f907b646dd1c12cd11ae40acfcdae2d2faeb06d","spki_sha256":"fd110d301d2f077de1414b8f99f441b1403fab207b2052fbd2c065e4ee8e7dc2","subject":"CN=Expired Root, O=Example","issuer":"CN=Expired Root, O=Example","serial":"5e4c90101189c0e8","not_before":"2015-01-01T00:00:00Z","not_after":"2025-07-01T00:00:00Z","trust":null,"check":"expired","severity":"warning","title":"a certificate has expired","expected":"valid on 2026-01-01","found":"valid until 2025-07-01, 184 days ago","remedy":"remove it where the store is kept by hand; else update the package the store comes from"}
    {"schema":"castore.row/1","kind":"finding","host":"web-1.example","at":"2026-01-01T00:00:00Z","castore":"VERSION","store":"/x.pem","store_format":"pem","clients":null,"slot":"line 28","sha256":"1a9c47fb13c2a69ad9f2fc53eb7fb0fced68ea5ac8f94b21be698ba4e36c1940","spki_sha256":"8cef065b7af83669150b7d32704d3d3e75c3e9aee0d4f6740544c68e81b377aa","subject":"CN=www.example, O=Example","issuer":"CN=www.example, O=Example","serial":"6aa56712b29687c8","not_before":"2025-01-01T00:00:00Z","not_after":"2030-01-01T00:00:00Z","trust":null,"check":"not-a-ca","severity":"warning","title":"a certificate is no certification authority","expected":"basic constraints with CA:TRUE","found":"CA:FALSE","remedy":"if a server's own certificate is meant to be trusted, keep it; else remove it"}
    "#);
    let wild: Value =
        serde_json::from_str(stdout(&mixed(), "ndjson", &["--host-name", "db 2"]).lines().next().unwrap()).unwrap();
    assert_eq!((&wild["host"], &wild["kind"]), (&"db 2".into(), &"finding".into()));
}

#[test]
fn tests_of_a_build_server() {
    let text = stdout(&mixed(), "junit", &["--only", "expired,not-a-ca,duplicate,empty-store", "--fail-on", "warning"]);
    assert_snapshot!(text, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="castore check" tests="6" failures="3" errors="0">
      <testsuite name="empty-store" tests="1" failures="0" errors="0" timestamp="2026-01-01T00:00:00" hostname="web-1.example">
        <testcase classname="empty-store" name="a file in use holds no certificate"/>
      </testsuite>
      <testsuite name="expired" tests="2" failures="2" errors="0" timestamp="2026-01-01T00:00:00" hostname="web-1.example">
        <testcase classname="expired" name="Expired Root (eac26c5a) at /x.pem"><failure type="warning" message="a certificate has expired: expected valid on 2026-01-01, found valid until 2025-07-01, 184 days ago">expected valid on 2026-01-01, found valid until 2025-07-01, 184 days ago
    at /x.pem:10
    hint: remove it where the store is kept by hand; else update the package the store comes from</failure></testcase>
        <testcase classname="expired" name="Expired Root (eac26c5a) at /x.pem (2)"><failure type="warning" message="a certificate has expired: expected valid on 2026-01-01, found valid until 2025-07-01, 184 days ago">expected valid on 2026-01-01, found valid until 2025-07-01, 184 days ago
    at /x.pem:19
    hint: remove it where the store is kept by hand; else update the package the store comes from</failure></testcase>
      </testsuite>
      <testsuite name="not-a-ca" tests="1" failures="1" errors="0" timestamp="2026-01-01T00:00:00" hostname="web-1.example">
        <testcase classname="not-a-ca" name="www.example (1a9c47fb) at /x.pem"><failure type="warning" message="a certificate is no certification authority: expected basic constraints with CA:TRUE, found CA:FALSE">expected basic constraints with CA:TRUE, found CA:FALSE
    at /x.pem:28
    hint: if a server&#39;s own certificate is meant to be trusted, keep it; else remove it</failure></testcase>
      </testsuite>
      <testsuite name="duplicate" tests="1" failures="0" errors="0" timestamp="2026-01-01T00:00:00" hostname="web-1.example">
        <testcase classname="duplicate" name="Expired Root (eac26c5a) at /x.pem"><system-out>info: expected each certificate once, found the same at line 10
    at /x.pem:19
    hint: delete the later copy</system-out></testcase>
      </testsuite>
      <testsuite name="reading" tests="1" failures="0" errors="0" timestamp="2026-01-01T00:00:00" hostname="web-1.example">
        <testcase classname="reading" name="every store was read in full"/>
      </testsuite>
    </testsuites>
    "#);
    let broken = file(roots()[0].pem() + BROKEN);
    let text = stdout(&broken, "junit", &["--only", "expired"]);
    assert!(text.contains("<testcase classname=\"reading\" name=\"/x.pem\"><error type=\"unread\""), "{text}");
}

#[test]
fn a_table_for_a_spreadsheet() {
    let text = run(&mixed(), &["--format", "csv", "--only", "expired,not-a-ca"]).raw_stdout().to_vec();
    let text = String::from_utf8(text).expect("UTF-8");
    let records = csv(&text).expect("CSV");
    assert_eq!(records.len(), 4);
    assert_eq!(records[1][..5], ["warning", "expired", "a certificate has expired", "/x.pem", "line 10"]);
    assert_eq!(records[1][9], "valid until 2025-07-01, 184 days ago");
}

#[test]
fn a_comment_on_a_change() {
    assert_snapshot!(stdout(&mixed(), "markdown", &["--only", "expired,duplicate"]).replace(env!("CARGO_PKG_VERSION"), "VERSION"), @r"
    ### castore check: 1 warning, 1 info (3 places)

    1 store looked at on `web-1.example`, 2026-01-01T00:00:00Z, by castore VERSION.

    #### warning: a certificate has expired `expired`

    - `Expired Root (eac26c5a)`: expected `valid on 2026-01-01`, found `valid until 2025-07-01, 184 days ago`
      - at `/x.pem:10`
      - at `/x.pem:19`

    What to do: `remove it where the store is kept by hand; else update the package the store comes from`

    #### info: a certificate stands twice in a store `duplicate`

    - `Expired Root (eac26c5a)`: expected `each certificate once`, found `the same at line 10`
      - at `/x.pem:19`

    What to do: `delete the later copy`
    ");
}

#[test]
fn the_answer_of_a_plugin() {
    assert_snapshot!(run(&mixed(), &["--format", "nagios"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z /x.pem --format nagios
    CASTORE WARNING - 2 warnings, 1 info (4 places): a certificate has expired: Expired Root (eac26c5a) | errors=0;;0;0 warnings=3;0;;0 info=1;;;0 stores=1;;;0 unread=0;;;0
    warning[expired]: Expired Root (eac26c5a) at /x.pem:10 and 1 more place: found valid until 2025-07-01, 184 days ago; remove it where the store is kept by hand; else update the package the store comes from
    warning[not-a-ca]: www.example (1a9c47fb) at /x.pem:28: found CA:FALSE; if a server's own certificate is meant to be trusted, keep it; else remove it
    info[duplicate]: Expired Root (eac26c5a) at /x.pem:19: found the same at line 10; delete the later copy
    exit: 1
    ");
    let status = |tree: &Tree, arguments: &[&str], code: i32, word: &str| {
        let output = run(tree, &[&["--format", "nagios"], arguments].concat()).exits(code);
        assert!(output.stdout().starts_with(&format!("CASTORE {word} - ")), "{output}");
        let has_numbers = output.stdout().contains("stores=");
        assert_eq!(output.stdout().matches('|').count(), usize::from(has_numbers), "{output}");
    };
    let sound = file(bundle(&roots()));
    status(&sound, &[], 0, "OK");
    status(&mixed(), &["--fail-on", "error"], 0, "OK");
    status(&mixed(), &["--only", "duplicate"], 0, "OK");
    status(&mixed(), &["--fail-on", "never"], 0, "OK");
    status(&file(""), &[], 2, "CRITICAL");
    // What was not seen is unknown, and hides no error.
    let part = file(roots()[0].pem() + BROKEN);
    status(&part, &["--only", "expired"], 3, "UNKNOWN");
    status(&part, &[], 2, "CRITICAL");
    // Nor may a mistake look like a critical finding.
    status(&sound, &["--only", "unheard-of"], 3, "UNKNOWN");
    status(&sound, &["--exit-zero"], 3, "UNKNOWN");
    status(&sound, &["--unheard-of"], 3, "UNKNOWN");
    status(&sound, &["/gone.pem"], 3, "UNKNOWN");
}

#[test]
fn metrics_by_store() {
    let text = stdout(&mixed(), "prometheus", &[]).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    assert_snapshot!(text, @r#"
    # HELP castore_build_info The version of castore that wrote this file; always 1.
    # TYPE castore_build_info gauge
    castore_build_info{version="VERSION"} 1
    # HELP castore_last_run_timestamp_seconds When the stores were looked at, in seconds since 1970.
    # TYPE castore_last_run_timestamp_seconds gauge
    castore_last_run_timestamp_seconds 1767225600
    # HELP castore_store_up 1 where the store was read, in full or in part; 0 where nothing of it was.
    # TYPE castore_store_up gauge
    castore_store_up{store="/x.pem"} 1
    # HELP castore_store_certificates Distinct certificates in the store.
    # TYPE castore_store_certificates gauge
    castore_store_certificates{store="/x.pem"} 3
    # HELP castore_store_partial 1 where a part of the store could not be read, else 0.
    # TYPE castore_store_partial gauge
    castore_store_partial{store="/x.pem"} 0
    # HELP castore_store_earliest_not_after_timestamp_seconds The earliest end of validity in the store, in seconds since 1970; it may have passed.
    # TYPE castore_store_earliest_not_after_timestamp_seconds gauge
    castore_store_earliest_not_after_timestamp_seconds{store="/x.pem"} 1751328000
    # HELP castore_findings Findings of a check in a store; without a store where a finding is in none.
    # TYPE castore_findings gauge
    castore_findings{check="duplicate",severity="info",store="/x.pem"} 1
    castore_findings{check="expired",severity="warning",store="/x.pem"} 2
    castore_findings{check="not-a-ca",severity="warning",store="/x.pem"} 1
    # HELP castore_errors Stores in use that were not read in full, and directories that were closed while clients were looked for.
    # TYPE castore_errors gauge
    castore_errors{reason="closed_directory"} 0
    castore_errors{reason="partial"} 0
    castore_errors{reason="unread_format"} 0
    castore_errors{reason="unreadable"} 0
    "#);
    assert!(prometheus(&text).is_ok());
    // The same run gives the same file, octet for octet.
    assert_eq!(text, stdout(&mixed(), "prometheus", &[]).replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    let broken = file(roots()[0].pem() + BROKEN).directory("d");
    let samples = prometheus(&stdout(&broken, "prometheus", &[])).expect("metrics");
    let value = |name: &str, label: (&str, &str)| {
        let found = |sample: &&crate::readers::Sample| {
            sample.name == name && sample.labels.get(label.0).is_some_and(|value| value == label.1)
        };
        samples.iter().find(found).map(|sample| sample.value)
    };
    assert_eq!(value("castore_store_partial", ("store", "/x.pem")), Some(1.0));
    assert_eq!(value("castore_errors", ("reason", "partial")), Some(1.0));
    assert_eq!(value("castore_errors", ("reason", "unreadable")), Some(0.0));
}

#[test]
fn metrics_by_certificate_have_the_names_of_x509_certificate_exporter() {
    let text = stdout(&mixed(), "prometheus", &["--per-certificate"]);
    let samples = prometheus(&text).expect("metrics");
    let ends: Vec<_> = samples.iter().filter(|sample| sample.name == "x509_cert_not_after").collect();
    assert_eq!(ends.len(), 3, "each certificate of a file once");
    let gone = ends.iter().find(|sample| sample.labels["subject_CN"] == "Expired Root").expect("the one that expired");
    let label = |name: &str| gone.labels[name].as_str();
    assert_eq!((label("filename"), label("filepath"), label("subject_O")), ("x.pem", "/x.pem", "Example"));
    assert_eq!((label("issuer_CN"), label("issuer_C")), ("Expired Root", ""));
    assert_eq!(label("discriminator"), expired().make().fingerprint());
    assert!(label("serial_number").parse::<u64>().is_ok(), "decimal, as Go prints it");
    assert_eq!(gone.value, 1_751_328_000.0);
    let has_expired: Vec<f64> =
        samples.iter().filter(|sample| sample.name == "x509_cert_expired").map(|sample| sample.value).collect();
    assert_eq!(has_expired.iter().sum::<f64>(), 1.0);
}

#[test]
fn a_log_of_code_scanning() {
    let log: Value =
        serde_json::from_str(&stdout(&mixed(), "sarif", &["--only", "expired,duplicate,not-a-ca"])).unwrap();
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"].as_array().map(Vec::len), Some(3));
    for result in run["results"].as_array().expect("results") {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
    let first = &run["results"][0];
    // A tree is a repository or an image: its paths are relative.
    let location = &first["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"], serde_json::json!({ "uri": "x.pem", "uriBaseId": "ROOT" }));
    assert_eq!((&location["region"]["startLine"], &first["level"]), (&10.into(), &"warning".into()));
    assert_eq!(run["properties"]["host"], "web-1.example");
}

/// Of every result the first location is a file, as GitHub wants it; and a remedy ends with one full stop.
#[test]
fn every_result_of_code_scanning_has_a_place() {
    let tree = debian();
    let home = Tree::new().file("base.json", "");
    let castore = Castore::at(&tree).directory(home.path()).with(["--at", NOW]);
    std::fs::remove_file(home.path().join("base.json")).expect("a file to remove");
    _ = castore.run(["snapshot", "--out", "base.json"]).exits(0);
    _ = castore.run([
        "snapshot",
        "accept",
        "--baseline",
        "base.json",
        "--all",
        "--until",
        "2025-01-01",
        "--reason",
        "x",
    ]);
    std::fs::write(tree.path().join("etc/ssl/certs/ca-certificates.crt"), roots()[0].pem()).expect("a bundle");
    let log = Castore::at(&tree)
        .directory(home.path())
        .with(["--at", "2040-01-01", "--env", "NODE_TLS_REJECT_UNAUTHORIZED=0"])
        .run(["check", "--baseline", "base.json", "--format", "sarif"])
        .json();
    let results = log["runs"][0]["results"].as_array().expect("results").clone();
    let of = |id: &str| results.iter().find(|result| result["ruleId"] == id);
    for result in &results {
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap_or_default();
        assert!(!uri.is_empty() && place["region"]["startLine"].as_u64().is_some_and(|line| line > 0), "{result}");
        let has_scheme = uri.split('/').next().is_some_and(|first| first.contains(':'));
        assert!(!has_scheme || uri.starts_with("file:///"), "GitHub takes no other: {uri}");
        assert!(!result["message"]["text"].as_str().is_some_and(|text| text.contains("..")), "{result}");
    }
    let facts = of("old-facts").expect("tables of long ago");
    assert_eq!(facts["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "castore/old-facts");
    for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules") {
        let help = rule["help"]["text"].as_str().expect("help");
        assert!(help.ends_with('.') && !help.ends_with(".."), "{help}");
    }
}

/// Tests of a build server have a history by their names: a certificate that is put before others is no new test.
#[test]
fn names_of_tests_stay_when_lines_move() {
    let gone = expired().make().pem();
    let before = Tree::new().file("d/x.crt", gone.clone()).file("d/y.crt", gone.clone() + &gone);
    let after = Tree::new().file("d/x.crt", roots()[0].pem() + &gone).file("d/y.crt", roots()[0].pem() + &gone + &gone);
    let names = |tree: &Tree| {
        let arguments = ["check", "/d", "/d/x.crt", "/d/y.crt", "--only", "expired", "--at", NOW, "--format", "junit"];
        let text = Castore::at(tree).run(arguments).stdout();
        let mut names: Vec<String> =
            text.split("<testcase ").skip(1).filter_map(|case| Some(case.split_once('>')?.0.to_owned())).collect();
        names.sort();
        names
    };
    let first = names(&before);
    assert_eq!(first, names(&after));
    let mut distinct = first.clone();
    distinct.dedup();
    assert_eq!(distinct, first, "no name twice");
    assert!(first.iter().any(|name| name.contains("at /d/x.crt")) && first.iter().any(|name| name.contains(" in /d")));
}

/// A file that is looked at by its name and in its directory is one place.
#[test]
fn a_place_is_told_once() {
    let tree = Tree::new().file("d/x.crt", expired().make().pem());
    let run = |format: &str| {
        let arguments = ["check", "/d", "/d/x.crt", "--only", "expired", "--at", NOW, "--format", format];
        Castore::at(&tree).run(arguments).exits(1).stdout()
    };
    for format in ["text", "markdown", "html"] {
        let text = run(format);
        assert_eq!(text.matches("/d/x.crt:1").count(), 1, "{format}: {text}");
        assert!(!text.contains("places"), "{format}: {text}");
    }
    let rows = run("ndjson");
    assert_eq!(rows.lines().count(), 2, "data has both: {rows}");
}

/// That nothing is wrong where nothing was found is not known: the root of an image, a disk that is not mounted.
#[test]
fn nothing_found_is_not_well() {
    let tree = Tree::new();
    assert_snapshot!(Castore::at(&tree).with(["--at", NOW]).run(["check"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z
    nothing was looked at
    stderr: castore: no store of certificates was found, so nothing is known of this host
    exit: 2
    ");
    // An empty directory that was named is no more; one among others is as empty as it may be.
    let bare = file(bundle(&roots())).directory("anchors").file("anchors.txt/README", "none yet");
    assert_snapshot!(Castore::at(&bare).with(["--at", NOW]).run(["check", "/anchors"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z /anchors
    nothing was looked at
    stderr: castore: no store of certificates was found in what was named, so nothing was looked at
    exit: 2
    ");
    _ = Castore::at(&bare).with(["--at", NOW]).run(["check", "/anchors.txt"]).exits(2);
    _ = Castore::at(&bare).with(["--at", NOW]).run(["check", "/anchors", "/x.pem"]).exits(0);
    let run = |format: &str, status: i32| {
        Castore::at(&tree).with(["--at", NOW]).run(["check", "--format", format, "--exit-zero"]).exits(status).stdout()
    };
    let plugin = Castore::at(&tree).with(["--at", NOW]).run(["check", "--format", "nagios"]).exits(3).stdout();
    assert!(
        plugin.starts_with("CASTORE UNKNOWN - nothing was looked at, no store of certificates was found | "),
        "{plugin}"
    );
    let junit = run("junit", 2);
    assert!(junit.contains("name=\"this host: no store of certificates was found\"><error"), "{junit}");
    assert!(run("json", 2).contains("this host: no store of certificates was found"));
    assert!(run("sarif", 2).contains("\"executionSuccessful\": false"));
    // A question that was answered.
    _ = Castore::at(&tree).run(["list"]).exits(0);
}

/// A bundle in another order, under another umbrella of comments, is the same alarm.
#[test]
fn fingerprints_stay_when_lines_move() {
    let gone = expired().make();
    let before = file(gone.pem() + &roots()[0].pem() + BROKEN + BROKEN);
    let after = file("# moved\n\n".to_owned() + BROKEN + &roots()[0].pem() + BROKEN + &gone.pem());
    let fingerprints = |tree: &Tree, at: &str| {
        let output = Castore::at(tree).run(["check", "/x.pem", "--format", "sarif", "--at", at]);
        let results = output.json()["runs"][0]["results"].clone();
        let results = results.as_array().expect("results").clone();
        let mut found: Vec<String> =
            results.iter().map(|result| result["partialFingerprints"]["castoreFinding/v1"].to_string()).collect();
        found.sort();
        (found, results.iter().map(|result| result["locations"].to_string()).collect::<Vec<_>>())
    };
    let (first, places) = fingerprints(&before, NOW);
    let (second, moved) = fingerprints(&after, "2026-02-02");
    assert_eq!(first, second);
    assert_ne!(places, moved);
    let mut distinct = first.clone();
    distinct.dedup();
    assert_eq!(distinct, first, "two of one kind are told apart");
    let other = file(roots()[0].pem() + &expired().key(7).make().pem() + BROKEN + BROKEN);
    assert_ne!(fingerprints(&other, NOW).0, first);
}

#[test]
fn github_gets_no_more_results_than_it_takes() {
    let tree = file(root("Worst").not_a_ca().make().pem() + &numbered_bundle(25_001));
    let output = Castore::at(&tree).run([
        "check",
        "/x.pem",
        "--format",
        "sarif",
        "--at",
        "2050-01-01",
        "--only",
        "expired,not-a-ca",
    ]);
    let log = output.json();
    assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(25_000));
    let notice = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert!(notice.as_str().is_some_and(|text| text.starts_with("3 more findings are left out")), "{notice}");
}

#[test]
fn a_page_names_what_was_found_and_every_store() {
    let page = stdout(&debian().file("x.pem", expired().make().pem()), "html", &["system"]);
    for text in ["Expired Root", "/etc/ssl/certs/ca-certificates.crt", "1 warning", "What to do: remove it"] {
        assert!(page.contains(text), "{text}\n{page}");
    }
    let whole = stdout(&file(bundle(&roots())), "html", &[]);
    assert!(whole.contains("no findings") && whole.contains("<p>None.</p>"), "{whole}");
}

#[test]
fn json_names_stores_and_counts() {
    let report = run(&mixed(), &["--format", "json"]).json();
    assert_eq!(report["host"], "web-1.example");
    assert_eq!(report["counts"], serde_json::json!({ "error": 0, "warning": 3, "info": 1 }));
    assert_eq!(report["stores"][0]["store"], "/x.pem");
    assert_eq!((&report["stores"][0]["certificates"], &report["stores"][0]["reading"]), (&3.into(), &"whole".into()));
    let named = run(&mixed(), &["--format", "json", "--host-name", "other"]).json();
    assert_eq!(named["host"], "other");
}

#[test]
fn a_report_is_written_whole() {
    let out = Tree::new().file("old.html", "before");
    let tree = mixed();
    let castore = Castore::at(&tree).with(["--at", NOW]).directory(out.path());
    let write = |arguments: &[&str]| castore.run(["check", "/x.pem"].iter().chain(arguments));
    let output = write(&["--format", "html", "--out", "old.html"]).exits(1);
    assert_eq!((output.stdout(), output.stderr()), (String::new(), String::new()));
    assert!(out.read("old.html").starts_with(b"<!DOCTYPE html>"));
    let same = write(&["--format", "csv", "--out", "-"]).exits(1);
    _ = write(&["--format", "csv", "--out", "new.csv"]).exits(1);
    assert_eq!(out.read("new.csv"), same.raw_stdout());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(out.path().join("new.csv")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o644);
    }
    // Colour is for a terminal, which a file is not.
    _ = write(&["--out", "new.txt"]).exits(1);
    assert!(!out.read("new.txt").contains(&0x1b));
    let nowhere = write(&["--out", "no/such/directory"]).exits(2);
    assert!(nowhere.stderr().starts_with("castore: error: ") && nowhere.stdout().is_empty(), "{nowhere}");
    let names: Vec<_> = std::fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn what_fails_is_chosen() {
    let ends = |arguments: &[&str], code: i32| drop(run(&mixed(), arguments).exits(code));
    ends(&[], 1);
    ends(&["--fail-on", "warning"], 1);
    ends(&["--fail-on", "error"], 0);
    ends(&["--fail-on", "never"], 0);
    ends(&["--only", "duplicate", "--fail-on", "warning"], 0);
    ends(&["--exit-zero"], 0);
    // All is told all the same.
    assert_eq!(run(&mixed(), &["--exit-zero"]).stdout(), run(&mixed(), &[]).stdout());
    // What could not be looked at is no finding.
    let part = file(roots()[0].pem() + BROKEN);
    _ = run(&part, &["--exit-zero"]).exits(2);
    _ = run(&part, &["--fail-on", "never"]).exits(2);
    _ = run(&mixed(), &["--exit-zero", "/gone.pem"]).exits(2);
    _ = run(&mixed(), &["--fail-on", "fatal"]).exits(2);
}

#[test]
fn checks_are_chosen_by_lists_and_globs() {
    let rules = |arguments: &[&str]| -> Vec<String> {
        let log: Value = serde_json::from_str(&stdout(&mixed(), "sarif", arguments)).unwrap();
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules").clone();
        rules.iter().filter_map(|rule| rule["id"].as_str().map(str::to_owned)).collect()
    };
    let acceptance = rules(&["--only", "acceptance/*"]);
    assert!(acceptance.len() > 2 && acceptance.iter().all(|id| id.starts_with("acceptance/")), "{acceptance:?}");
    assert_eq!(rules(&["--only", "expired,duplicate"]), ["expired", "duplicate"]);
    assert_eq!(rules(&["--only", "expir*", "--skip", "expiring,expired-*"]), ["expired"]);
    let all = rules(&[]);
    assert_eq!(all.len(), castore::check::CHECKS.len());
    assert!(!rules(&["--skip", "acceptance/*,private-key"]).iter().any(|id| id.starts_with("acceptance")));
    assert_snapshot!(run(&mixed(), &["--only", "expired,accept/*"]), @r#"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z /x.pem --only 'expired,accept/*'
    stderr: castore: error: --only: no check is called "accept/*"
    stderr: hint: castore checks lists them
    exit: 2
    "#);
}

#[test]
fn what_has_one_cause_is_one_list() {
    let many: String = (0..9)
        .map(|number| root(&format!("Old Root {number}")).dates((2010, 1, 1), (2011, 1, 1)).make().pem())
        .collect();
    let tree = Tree::new()
        .file("etc/ssl/certs/ca-certificates.crt", roots()[0].pem() + &many)
        .file("x.pem", many)
        .file("empty.pem", "");
    let check = |more: &[&str]| {
        let arguments = ["check", "system", "/x.pem", "/empty.pem", "--only", "expired,empty-store"];
        Castore::at(&tree).with(["--at", NOW]).run(arguments.iter().chain(more)).exits(1)
    };
    let text = check(&[]).stdout();
    let shown: String =
        text.lines().map(|line| line.split("  (used by ").next().unwrap_or_default().to_owned() + "\n").collect();
    assert_snapshot!(shown, @r"
    error[empty-store]: a file in use holds no certificate
      at /empty.pem
      expected at least one certificate, found none
      hint: fill it again: with the system's refresh command, by installing its package anew, or by what made it
    warning[expired]: a certificate has expired: 9 certificates in 2 stores
      expected valid on 2026-01-01, found valid until 2011-01-01, 5479 days ago
      - Old Root 0 (cb3029c6) (2 places)
      - Old Root 1 (471f67f6) (2 places)
      - Old Root 2 (2d67d6cd) (2 places)
      - Old Root 3 (359c8275) (2 places)
      - Old Root 4 (608db658) (2 places)
      - Old Root 5 (3c322f9b) (2 places)
      - and 3 more
      in /etc/ssl/certs/ca-certificates.crt (9), /x.pem (9)
      hint: remove it where the store is kept by hand; else update the package the store comes from
    1 error, 9 warnings (19 places); --explain names every place
    ");
    let explained = check(&["--explain"]).stdout();
    assert_eq!(explained.matches("warning[expired]").count(), 9, "{explained}");
    assert_eq!(explained.matches("\n  at ").count(), 19, "{explained}");
    assert!(explained.contains("  why: The end of validity has passed,"), "{explained}");
    assert!(explained.ends_with("1 error, 9 warnings (19 places)\n"), "{explained}");
}
