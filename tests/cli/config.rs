//! `castore config`, and how settings reach `castore check`.

use crate::certificates::{NOW, expiring};
use crate::harness::{Castore, Tree};
use crate::roots::{debian, roots, with_environment, with_programs};
use crate::validator;
use insta::assert_snapshot;
use serde_json::Value;
use std::path::Path;

/// A file that sets everything but what names other files that have to be there.
pub const EXAMPLE: &str = r#"expires-within = 60
min-severity = "info"
fail-on = "warning"
only = ["expir*", "duplicate", "allow-*"]
skip = ["empty-store"]
format = "text"
out = "/srv/report.txt"
hosts = []
host-expires-within = 7
host-timeout = 5

[[store]]
match = "certifi*"
expires-within = 400

[[store]]
match = "/etc/ssl/**"
expires-within = 10

[[allow]]
check = "duplicate"
certificate = "00112233445566778899aabbccddeeff"
store = "certifi"
client = "pip"
host = "example.com"
reason = "waits for the vendor, OPS-12"
until = 2027-01-31

[[allow]]
check = "expired"
reason = "it was meant for last year"
until = "2025-12-31"

[[allow]]
check = "expir*"
store = "/mixed.pem"
reason = "a file of tests"
until = 2026-06-30
"#;

/// A home with a file of settings.
fn home(settings: &str) -> Tree {
    Tree::new().file("castore.toml", settings)
}

#[test]
fn each_value_with_its_origin() {
    let castore = Castore::here().home(home(EXAMPLE)).env("CASTORE_FAIL_ON", "error").env("CASTORE_EXPIRE_WITHIN", "3");
    assert_snapshot!(castore.run(["config", "--config", "castore.toml", "--only", "expired"]), @r"
    $ castore config --config castore.toml --only expired
    KEY                  VALUE            FROM
    expires-within       60               @HOME@/castore.toml:1
    min-severity         info             @HOME@/castore.toml:2
    fail-on              error            $CASTORE_FAIL_ON
    only                 expired          --only
    skip                 empty-store      @HOME@/castore.toml:5
    format               text             @HOME@/castore.toml:6
    out                  /srv/report.txt  @HOME@/castore.toml:7
    baseline             -                default
    facts                -                default
    hosts                (none)           @HOME@/castore.toml:8
    host-expires-within  7                @HOME@/castore.toml:9
    host-timeout         5                @HOME@/castore.toml:10

    [[store]] certifi*: expires-within 400  (@HOME@/castore.toml:12)
    [[store]] /etc/ssl/**: expires-within 10  (@HOME@/castore.toml:16)
    [[allow]] duplicate, certificate 00112233445566778899aabbccddeeff, store certifi, client pip, host example.com, until 2027-01-31: waits for the vendor, OPS-12  (@HOME@/castore.toml:20)
    [[allow]] expired, until 2025-12-31: it was meant for last year  (@HOME@/castore.toml:29)
    [[allow]] expir*, store /mixed.pem, until 2026-06-30: a file of tests  (@HOME@/castore.toml:34)

    named  @HOME@/castore.toml  used
    stderr: castore: $CASTORE_EXPIRE_WITHIN is no setting; after CASTORE_, did you mean EXPIRES_WITHIN?
    exit: 0
    ");
    assert_snapshot!(castore.run(["config", "fail-on", "--no-config"]), @r"
    $ castore config fail-on --no-config
    KEY      VALUE  FROM
    fail-on  error  $CASTORE_FAIL_ON
    stderr: castore: $CASTORE_EXPIRE_WITHIN is no setting; after CASTORE_, did you mean EXPIRES_WITHIN?
    exit: 0
    ");
    assert_snapshot!(castore.run(["config", "allow", "--config", "castore.toml"]), @r"
    $ castore config allow --config castore.toml
    [[allow]] duplicate, certificate 00112233445566778899aabbccddeeff, store certifi, client pip, host example.com, until 2027-01-31: waits for the vendor, OPS-12  (@HOME@/castore.toml:20)
    [[allow]] expired, until 2025-12-31: it was meant for last year  (@HOME@/castore.toml:29)
    [[allow]] expir*, store /mixed.pem, until 2026-06-30: a file of tests  (@HOME@/castore.toml:34)
    stderr: castore: $CASTORE_EXPIRE_WITHIN is no setting; after CASTORE_, did you mean EXPIRES_WITHIN?
    exit: 0
    ");
    assert_snapshot!(castore.run(["config", "allow", "--no-config"]), @r"
    $ castore config allow --no-config
    none
    stderr: castore: $CASTORE_EXPIRE_WITHIN is no setting; after CASTORE_, did you mean EXPIRES_WITHIN?
    exit: 0
    ");
    assert_snapshot!(castore.run(["config", "expire-within"]), @r#"
    $ castore config expire-within
    stderr: castore: error: no setting is called "expire-within"
    stderr: hint: did you mean expires-within? castore config lists them
    exit: 2
    "#);
    let json = castore.run(["config", "out", "--config", "castore.toml", "--format", "json"]).exits(0).json();
    assert_eq!(json["settings"].as_array().map(Vec::len), Some(1));
    assert_eq!(json["settings"][0]["origin"]["line"], 7);
    assert!(json["settings"][0]["value"].as_str().is_some_and(|path| path.ends_with("/report.txt")), "{json:#}");
}

#[test]
fn nothing_is_set() {
    assert_snapshot!(Castore::here().run(["config", "--no-config"]), @r"
    $ castore config --no-config
    KEY                  VALUE  FROM
    expires-within       90     default
    min-severity         info   default
    fail-on              info   default
    only                 -      default
    skip                 -      default
    format               text   default
    out                  -      default
    baseline             -      default
    facts                -      default
    hosts                -      default
    host-expires-within  -      default
    host-timeout         20     default
    exit: 0
    ");
}

#[test]
fn a_file_with_faults() {
    let faulty =
        "expires_within = 3\nskip = [\"expird\"]\nhosts = [\"http://example.com\"]\n[[allow]]\ncheck = \"expierd\"\n";
    let castore = Castore::here().home(home(faulty).file("well.toml", EXAMPLE).file(
        "strange.toml",
        "skip = [\"expird\"]\nhosts = [\"http://example.com\", { host = \"a.example\", starttls = \"gopher\" }]\n",
    ));
    assert_snapshot!(castore.run(["config", "--check", "castore.toml"]), @r#"
    $ castore config --check castore.toml
    castore.toml:1:1: expected a key of castore.toml, found "expires_within"; did you mean expires-within?
    castore.toml:2:9: no check is called "expird"; did you mean expired? castore checks lists them
    castore.toml:3:10: http:// does not speak TLS; write https:// or another scheme that does; write example.com, example.com:8443 or smtp://mx.example
    castore.toml:4:1: expected reason = "why", found none
    castore.toml:4:1: expected until = YYYY-MM-DD, found none
    castore.toml:5:9: no check is called "expierd"; did you mean expired? castore checks lists them
    exit: 2
    "#);
    assert_snapshot!(castore.run(["config", "--check", "strange.toml"]), @r#"
    $ castore config --check strange.toml
    strange.toml:1:9: no check is called "expird"; did you mean expired? castore checks lists them
    strange.toml:2:10: http:// does not speak TLS; write https:// or another scheme that does; write example.com, example.com:8443 or smtp://mx.example
    strange.toml:2:65: expected smtp, imap, pop3, ftp, ldap, postgres, mysql, xmpp, xmpp-server, none or auto, found "gopher"; write example.com, example.com:8443 or smtp://mx.example
    exit: 2
    "#);
    assert_snapshot!(castore.run(["config", "--check", "well.toml"]), @r"
    $ castore config --check well.toml
    well.toml: no faults
    exit: 0
    ");
    assert_snapshot!(castore.run(["config", "--check", "gone.toml"]), @r"
    $ castore config --check gone.toml
    stderr: castore: error: gone.toml: nothing is there
    stderr: hint: check the path; castore config shows where settings are looked for
    exit: 2
    ");
    // The same file where settings are needed.
    assert_snapshot!(castore.run(["check", "--config", "castore.toml"]), @r#"
    $ castore check --config castore.toml
    stderr: castore: error: @HOME@/castore.toml:1:1: expected a key of castore.toml, found "expires_within"
    stderr: hint: castore config --check @HOME@/castore.toml shows all faults
    exit: 2
    "#);
    assert_snapshot!(castore.run(["check", "--config", "strange.toml"]), @r#"
    $ castore check --config strange.toml
    stderr: castore: error: @HOME@/strange.toml:1:9: no check is called "expird"
    stderr: hint: did you mean expired? castore checks lists them
    exit: 2
    "#);
    assert_snapshot!(castore.env("CASTORE_EXPIRES_WITHIN", "soon").run(["check", "--no-config"]), @r#"
    $ castore check --no-config
    stderr: castore: error: $CASTORE_EXPIRES_WITHIN: expected a number of days from 0 to 36500, found "soon"
    stderr: hint: castore config shows every setting
    exit: 2
    "#);
}

/// What `castore check` says of a root that ends 31 days after the moment.
fn expiring_with(settings: &str, more: &[&str], variable: Option<&str>) -> String {
    let tree = with_environment(with_programs(debian()))
        .file("opt/venv/lib/python3.11/site-packages/certifi/cacert.pem", expiring().make().pem());
    let castore = Castore::at(&tree).home(home(settings)).with(["--at", NOW, "--config", "castore.toml"]);
    let castore = variable.into_iter().fold(castore, |castore, value| castore.env("CASTORE_EXPIRES_WITHIN", value));
    let text = castore.run([&["check", "--only", "expiring", "certifi"], more].concat()).stdout();
    text.lines().find(|line| line.starts_with("  expected")).unwrap_or("nothing").trim().to_owned()
}

#[test]
fn thresholds_come_from_the_first_place_that_has_one() {
    const RULE: &str = "[[store]]\nmatch = \"certifi\"\nexpires-within = 40\n";
    let until = "found valid until 2026-02-01, 31 days from now";
    for (settings, more, variable, expected) in [
        ("", &[][..], None, "2026-04-01"),
        ("expires-within = 35", &[], None, "2026-02-05"),
        ("expires-within = 30", &[], None, "nothing"),
        (RULE, &[], None, "2026-02-10"),
        ("[[store]]\nmatch = \"java\"\nexpires-within = 400\n", &[], None, "2026-04-01"),
        ("[[store]]\nmatch = \"/opt/**/cacert.pem\"\nexpires-within = 20\n", &[], None, "nothing"),
        ("[[store]]\nmatch = \"/opt/*\"\nexpires-within = 20\n", &[], None, "2026-04-01"),
        (RULE, &[], Some("32"), "2026-02-02"),
        (RULE, &["--expires-within", "33"], Some("32"), "2026-02-03"),
    ] {
        let found = expiring_with(settings, more, variable);
        let wanted =
            if expected == "nothing" { expected.to_owned() } else { format!("expected valid on {expected}, {until}") };
        assert_eq!(found, wanted, "{settings} {more:?} {variable:?}");
    }
}

#[test]
fn what_fails_and_what_is_reported() {
    let tree = with_programs(debian()).file("opt/x.pem", roots()[0].pem() + &roots()[0].pem());
    let run = |settings: &str, more: &[&str]| {
        let castore = Castore::at(&tree).home(home(settings)).with(["--at", NOW, "--config", "castore.toml"]);
        castore.run([&["check", "/opt/x.pem", "--only", "dup*"], more].concat())
    };
    assert!(run("", &[]).exits(1).stdout().contains("[duplicate]"));
    assert!(run("fail-on = \"error\"", &[]).exits(0).stdout().contains("[duplicate]"));
    assert_eq!(run("min-severity = \"error\"", &[]).exits(0).stdout(), "no findings\n");
    assert!(run("min-severity = \"error\"", &["--min-severity", "info"]).exits(1).stdout().contains("[duplicate]"));
    assert_eq!(run("skip = [\"d*\"]", &[]).exits(0).stdout(), "no findings\n");
}

/// How the answer is written is a setting, too.
#[test]
fn the_format_and_the_file_of_the_answer() {
    let tree = with_programs(debian());
    let castore = Castore::at(&tree).home(home("format = \"json\"\nout = \"report.json\"\n")).with(["--at", NOW]);
    let run = |more: &[&str]| castore.run([&["check", "--only", "duplicate"], more].concat()).exits(0).stdout();
    assert_eq!(run(&["--config", "castore.toml"]), "");
    let written = std::fs::read(castore.own_directories()[0].join("report.json")).expect("a report");
    let json: Value = serde_json::from_slice(&written).expect("JSON");
    assert_eq!(json["schema"], "castore.check/1");
    assert_eq!(run(&["--config", "castore.toml", "--out", "-", "--format", "text"]), "no findings\n");
    assert_eq!(run(&["--no-config"]), "no findings\n");
    let castore = Castore::at(&tree).env("CASTORE_FORMAT", "ndjson").with(["--no-config"]);
    assert_eq!(castore.run(["check", "--only", "duplicate"]).exits(0).stdout(), "");
}

/// A directory of facts is looked for from the file that names it.
#[test]
fn the_directory_of_facts() {
    let castore = Castore::at(&debian()).home(home("facts = \"tables\"\n")).with(["--config", "castore.toml"]);
    let said = castore.run(["check"]).exits(2).stderr();
    assert!(said.contains("@HOME@/tables: nothing is there"), "{said}");
}

/// A baseline is looked for from the file that names it, and a flag outranks it.
#[test]
fn the_baseline() {
    let tree = debian();
    let castore = Castore::at(&tree).home(home("baseline = \"accepted.json\"\n"));
    let check = |more: &[&str]| castore.run([&["check", "--at", NOW, "--config", "castore.toml"], more].concat());
    let said = check(&[]).exits(2).stderr();
    assert!(said.contains("@HOME@/accepted.json: nothing is there"), "{said}");
    _ = castore.run(["snapshot", "--out", "accepted.json"]).exits(0);
    std::fs::write(tree.path().join("etc/ssl/certs/ca-certificates.crt"), roots()[0].pem()).expect("a file");
    let text = check(&["--only", "root-removed"]).exits(1).stdout();
    assert!(text.contains("[root-removed]"), "{text}");
    let said = check(&["--baseline", "other.json"]).exits(2).stderr();
    assert!(said.contains("other.json: nothing is there"), "{said}");
}

/// Files that lie where they are looked for, to somebody who is not root.
#[cfg(unix)]
#[test]
fn a_project_and_a_user_have_their_files() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let open = |tree: &Tree, path: &str, mode: u32| {
        set_permissions(tree.path().join(path), Permissions::from_mode(mode)).expect("a mode");
    };
    let home = Tree::new().file(".config/castore/castore.toml", "expires-within = 11\nskip = [\"expired\"]\n");
    let project = Tree::new().file(".git/config", "").file("castore.toml", "expires-within = 12\n").directory("src");
    open(&home, "", 0o755);
    open(&project, "", 0o755);
    let Some(castore) = Castore::here().home(home).directory(project.path().join("src")).without_rights() else {
        return;
    };
    let origin = |key: &str| {
        let output = castore.run(["config", key, "--format", "json"]).exits(0);
        (output.json()["settings"][0]["value"].clone(), output.stderr())
    };
    assert_eq!(origin("expires-within"), (12.into(), String::new()));
    assert_eq!(origin("skip").0, serde_json::json!(["expired"]));
    // Everybody may write it, so nobody believes it.
    open(&project, "castore.toml", 0o666);
    let (value, said) = origin("expires-within");
    assert_eq!(value, 11);
    assert!(said.contains("castore.toml is not used: every account may write it; --config "), "{said}");
    // Named, it is used.
    let named = castore.run(["config", "expires-within", "--config", "../castore.toml", "--format", "json"]).exits(0);
    assert_eq!(named.json()["settings"][0]["value"], 12);
    // A file that a directory brings along says nothing of what is written where.
    open(&project, "castore.toml", 0o644);
    std::fs::write(project.path().join("castore.toml"), "out = \"/tmp/x\"\n").expect("a file");
    let (value, said) = origin("out");
    assert_eq!(value, Value::Null);
    assert!(said.contains("castore.toml:1: out is passed over"), "{said}");
}

/// Root, who works in other people's directories, does not take their files.
#[cfg(target_os = "linux")]
#[test]
fn root_takes_no_file_of_a_directory() {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata("/proc/self").map_or(true, |own| own.uid() != 0) {
        eprintln!("skipped: not root");
        return;
    }
    let home = home("expires-within = 3\n").file(".config/castore/castore.toml", "expires-within = 4\n");
    let output = Castore::here().home(home).run(["config", "expires-within"]);
    assert_snapshot!(output, @r"
    $ castore config expires-within
    KEY             VALUE  FROM
    expires-within  90     default
    stderr: castore: @HOME@/castore.toml is not used: root takes the system's file alone; --config @HOME@/castore.toml uses it all the same
    stderr: castore: @HOME@/.config/castore/castore.toml is not used: root takes the system's file alone; --config @HOME@/.config/castore/castore.toml uses it all the same
    exit: 0
    ");
}

/// A document of TOML as JSON, dates as texts.
fn as_json(text: &str) -> Value {
    fn json(value: &toml::Value) -> Value {
        match value {
            toml::Value::String(text) => text.clone().into(),
            toml::Value::Integer(number) => (*number).into(),
            toml::Value::Float(number) => (*number).into(),
            toml::Value::Boolean(flag) => (*flag).into(),
            toml::Value::Datetime(date) => date.to_string().into(),
            toml::Value::Array(list) => list.iter().map(json).collect(),
            toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
        }
    }
    json(&toml::Value::Table(text.parse::<toml::Table>().expect("TOML")))
}

/// The published schema says the same of a file as castore does.
#[test]
fn the_schema_is_of_what_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/schema/castore.toml.v1.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(path).expect("the schema")).expect("JSON");
    for key in castore::settings::castore_toml::KEYS {
        let of = &schema["properties"][key.name];
        assert_eq!(of["description"], key.about, "{}", key.name);
        let default = match &of["default"] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        assert_eq!(default.as_deref(), key.default, "{}", key.name);
        if let castore::settings::castore_toml::Kind::Word(words) = key.kind {
            assert_eq!(of["enum"], serde_json::json!(words), "{}", key.name);
        }
    }
    let formats = castore::render::FORMATS.iter().map(|format| format.name);
    assert_eq!(formats.collect::<Vec<_>>(), castore::settings::castore_toml::FORMATS);
    let allow = |more: &str| format!("[[allow]]\ncheck = \"expired\"\nreason = \"x\"\nuntil = 2027-01-01\n{more}");
    let without = |key: &str| {
        let lines = EXAMPLE.lines().filter(|line| !line.starts_with(key)).collect::<Vec<_>>();
        lines.join("\n")
    };
    for text in [
        "".to_owned(),
        EXAMPLE.to_owned(),
        "surplus = 1".to_owned(),
        "expires-within = \"3\"".to_owned(),
        "expires-within = -1".to_owned(),
        "expires-within = 36500".to_owned(),
        "expires-within = 36501".to_owned(),
        "expires-within = 1.5".to_owned(),
        "host-timeout = 0".to_owned(),
        "host-timeout = 3601".to_owned(),
        "fail-on = \"never\"".to_owned(),
        "fail-on = \"always\"".to_owned(),
        "format = \"xml\"".to_owned(),
        "only = \"expired\"".to_owned(),
        "only = [\"\"]".to_owned(),
        "only = [3]".to_owned(),
        "out = \"~/x\"".to_owned(),
        "out = \"\"".to_owned(),
        "hosts = [\"a\", { host = \"b\", timeout = 3 }]".to_owned(),
        "hosts = [{ timeout = 3 }]".to_owned(),
        "hosts = [{ host = \"b\", port = 3 }]".to_owned(),
        "hosts = [{ host = \"b\", expires-within = \"3\" }]".to_owned(),
        "hosts = \"a\"".to_owned(),
        "[store]\nmatch = \"x\"\nexpires-within = 1".to_owned(),
        "[[store]]\nmatch = \"x\"".to_owned(),
        "[[store]]\nexpires-within = 1".to_owned(),
        "[[store]]\nmatch = \"x\"\nexpires-within = 1\nother = 1".to_owned(),
        allow(""),
        allow("certificate = \"00112233445566778899aabbccddeeff\""),
        allow("certificate = \"AA:BB:CC:DD:EE:FF:00:11:22\""),
        allow("certificate = \"0011\""),
        allow("certificate = \"zz112233445566778899aabbccddeeff\""),
        allow("store = 3"),
        allow("severity = \"x\""),
        without("reason"),
        without("until"),
        without("check"),
        "[[allow]]\ncheck = \"expired\"\nreason = \" \"\nuntil = 2027-01-01".to_owned(),
        "[[allow]]\ncheck = \"expired\"\nreason = \"x\"\nuntil = \"soon\"".to_owned(),
        "[[allow]]\ncheck = \"expired\"\nreason = \"x\"\nuntil = 2027-01-01T00:00:00Z".to_owned(),
    ] {
        let read = castore::settings::castore_toml::read(text.as_bytes());
        let fault = validator::fault(&schema, &as_json(&text));
        assert_eq!(read.is_ok(), fault.is_none(), "{text}\n{read:?}\n{fault:?}");
    }
}
