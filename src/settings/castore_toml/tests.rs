//! What files say and what is wrong in them; which files are taken; which place wins.

use super::effective::{Effective, File, Origin, Threshold};
use super::places::{Layer, Outcome, look};
use super::*;
use crate::host::memory::Memory;
use crate::host::{Environment, Files, Host, Resolved, System, Walked};
use crate::model::Unreadable;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

const DIGITS: &str = "0687260331a72403d909f105e69bcf0d";

fn whole() -> String {
    format!(
        r#"
expires-within = 60
min-severity = "warning"
fail-on = "error"
only = ["expir*", "duplicate"]
skip = []
format = "json"
out = "report.json"
baseline = "/var/lib/castore/accepted.json"
facts = "facts"
host-expires-within = 7
host-timeout = 5
hosts = [
    "example.com",
    {{ host = "mx.example.com:25", connect = "192.0.2.1", name = "mx", starttls = "smtp", expires-within = 10, timeout = 3 }},
]

[[store]]
match = "certifi*"
expires-within = 30

[[allow]]
check = "expired"
certificate = "{DIGITS}"
store = "/etc/ssl/**"
client = "curl"
host = "example.com:443"
reason = "waits for the vendor, OPS-12"
until = 2027-01-31

[[allow]]
check = "*"
store = "java"
reason = "an appliance"
until = "2027-02-28"
"#
    )
}

/// Everything that is wrong in a text.
fn faults(text: &str) -> Vec<String> {
    let faults = read(text.as_bytes()).unwrap_err();
    faults
        .iter()
        .map(|fault| fault.to_string() + &fault.hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})")))
        .collect()
}

#[test]
fn everything_that_a_file_may_say() {
    let settings = read(whole().as_bytes()).unwrap();
    let names: Vec<&str> = settings.values.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, KEYS.iter().map(|key| key.name).collect::<Vec<_>>());
    assert_eq!(settings.get("expires-within").unwrap().value, Value::Number(60));
    assert_eq!(settings.get("expires-within").unwrap().at, Position { line: 2, column: 18 });
    let Value::Servers(servers) = &settings.get("hosts").unwrap().value else { panic!() };
    assert_eq!((servers[0].host.as_str(), servers[0].at), ("example.com", Position { line: 14, column: 5 }));
    assert_eq!(servers[1].connect.as_ref().unwrap().value, "192.0.2.1");
    assert_eq!((servers[1].expires_within, servers[1].timeout), (Some(10), Some(3)));
    assert_eq!((settings.stores[0].pattern.as_str(), settings.stores[0].expires_within), ("certifi*", 30));
    let [first, second] = settings.allow.as_slice() else { panic!() };
    assert_eq!(first.certificate.as_ref().unwrap().digits(), DIGITS);
    assert_eq!(first.at.line, 22);
    assert_eq!((first.until, second.until.date()), ("2027-01-31".parse().unwrap(), "2027-02-28".to_owned()));
    assert!(!first.is_over("2027-01-31T23:59:59Z".parse().unwrap()));
    assert!(first.is_over("2027-02-01T00:00:00Z".parse().unwrap()));
    assert_eq!(read(b"").unwrap(), Settings::default());
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, said) in [
        (
            "expires-within = ",
            "1:18: expected TOML, found an error: string values must be quoted, expected literal string",
        ),
        (
            "expires_within = 3",
            "1:1: expected a key of castore.toml, found \"expires_within\" (did you mean expires-within?)",
        ),
        (
            "expire-within = 3",
            "1:1: expected a key of castore.toml, found \"expire-within\" (did you mean expires-within?)",
        ),
        ("  expires-within = \"30\"", "1:20: expected a number of days from 0 to 36500, found the text \"30\""),
        ("expires-within = -1", "1:18: expected a number of days from 0 to 36500, found the number -1"),
        ("expires-within = 1.5", "1:18: expected a number of days from 0 to 36500, found the number 1.5"),
        ("host-timeout = 0", "1:16: expected a number of seconds from 1 to 3600, found the number 0"),
        (
            "fail-on = \"warn\"",
            "1:11: expected \"info\", \"warning\", \"error\", \"never\", found the text \"warn\" (did you mean warning?)",
        ),
        ("only = \"expired\"", "1:8: expected a list of checks, found the text \"expired\""),
        ("only = [\"a\", 3]", "1:14: expected a check or a pattern of checks, found the number 3"),
        (
            "out = \"~/x\"",
            "1:7: expected a path, absolute or from the directory of this file (~ stands for nothing here), found the text \"~/x\"",
        ),
        ("hosts = \"example.com\"", "1:9: expected a list of servers, found the text \"example.com\""),
        ("hosts = [{ port = 1 }]", "1:10: expected host = \"HOST[:PORT]\", found none"),
        (
            "hosts = [\"https://u:secret@h/\", 3]",
            "1:33: expected a server, \"HOST[:PORT]\" or { host = \"HOST[:PORT]\", … }, found the number 3",
        ),
        ("[store]\nmatch = \"x\"", "1:1: expected tables that begin with [[store]], found a table"),
        ("[[store]]\nmatch = \"x\"", "1:1: expected expires-within = DAYS, found none"),
        (
            "[[store]]\nmatch = \"ssl/x\"\nexpires-within = 3",
            "2:9: expected a pattern of clients (certifi*) or of whole paths (/opt/*/cacert.pem, **/cacerts), found the text \"ssl/x\"",
        ),
        ("[[allow]]\ncheck = \"expired\"\nuntil = 2027-01-01", "1:1: expected reason = \"why\", found none"),
        (
            "[[allow]]\ncheck = \"expired\"\nreason = \" \"\nuntil = 2027-01-01",
            "3:10: expected a reason, found the text \" \"",
        ),
        ("[[allow]]\ncheck = \"expired\"\nreason = \"x\"", "1:1: expected until = YYYY-MM-DD, found none"),
        (
            "[[allow]]\ncheck = \"expired\"\nreason = \"x\"\nuntil = \"2027-02-30\"",
            "4:9: expected a day that there is, YYYY-MM-DD, found the text \"2027-02-30\"",
        ),
        (
            "[[allow]]\ncheck = \"expired\"\nreason = \"x\"\nuntil = 2027-01-01T00:00:00Z",
            "4:9: expected a day that there is, YYYY-MM-DD, found the date 2027-01-01T00:00:00Z",
        ),
        (
            "[[allow]]\ncheck = \"*\"\nreason = \"x\"\nuntil = 2027-01-01",
            "1:1: expected a certificate, store, client or host beside a check of all, found none: nothing would be reported any more",
        ),
        (
            "[[allow]]\ncheck = \"expired\"\ncertificate = \"0687260331a724\"\nreason = \"x\"\nuntil = 2027-01-01",
            "3:15: expected 16 to 64 hexadecimal digits of a certificate's SHA-256, found the text \"0687260331a724\"",
        ),
    ] {
        assert_eq!(faults(text).first().map(String::as_str), Some(said), "{text}");
    }
    let doubled = faults("expires-within = 1\nexpires-within = 2");
    assert!(
        doubled.len() == 1 && doubled[0].starts_with("2:1: expected TOML, found an error: duplicate key"),
        "{doubled:?}"
    );
    assert!(faults("[[allow]]\ncheck = \"x\"\nreason = \"x\"\nuntil = 2027-02-30")[0].starts_with("4:"));
    let not_text = read(b"a\n\xff").unwrap_err();
    assert_eq!(not_text[0].to_string(), "2:1: expected UTF-8, found the octet 0xff");
    let several = faults("skip = 1\nonly = 2\nsurplus = 3");
    assert_eq!(several.iter().map(|fault| &fault[..1]).collect::<Vec<_>>(), ["1", "2", "3"]);
    let hidden = faults("facts = \"x\"\nformat = \"https://u:secret@h/\"\nfail-on = \"\u{1b}[2J\"");
    assert!(!hidden.concat().contains("secret") && !hidden.concat().contains('\u{1b}'), "{hidden:?}");
}

proptest! {
    #[test]
    fn no_octets_end_in_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn no_change_of_a_file_ends_in_a_panic(at in 0_usize..900, octet: u8) {
        let mut bytes = whole().into_bytes();
        let length = bytes.len();
        bytes[at % length] = octet;
        if let Err(faults) = read(&bytes) {
            prop_assert!(!faults.is_empty());
            prop_assert!(faults.iter().all(|fault| fault.at.line >= 1 && fault.at.column >= 1));
        }
    }
}

/// Files with owners and modes.
struct Owned(Memory, BTreeMap<&'static str, (u32, u32, u32)>);

impl Files for Owned {
    fn resolve(&self, path: &Path) -> Result<Resolved, Unreadable> {
        let found = self.0.resolve(path)?;
        let usual = if found.kind == crate::host::Kind::Directory { 0o755 } else { 0o644 };
        let known = found.path.to_str().and_then(|path| self.1.get(path)).copied();
        let (owner, group, mode) = known.unwrap_or((0, 0, usual));
        Ok(Resolved { mode: Some(mode), owner: Some(owner), group: Some(group), ..found })
    }

    fn owner(&self, path: &Path) -> Option<u32> {
        path.to_str().and_then(|path| self.1.get(path)).map(|(owner, ..)| *owner)
    }

    fn read_into(&self, resolved: &Resolved, limit: u64, bytes: &mut Vec<u8>) -> Result<(), Unreadable> {
        self.0.read_into(resolved, limit, bytes)
    }

    fn list(&self, resolved: &Resolved) -> Result<Vec<crate::host::DirectoryEntry>, Unreadable> {
        self.0.list(resolved)
    }

    fn walk(&self, path: &Path, visit: &mut dyn FnMut(Result<Walked, (PathBuf, Unreadable)>) -> bool) {
        self.0.walk(path, visit);
    }
}

const ANN: u32 = 1000;
const PASSWD: &str =
    "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n";
const GROUP: &str = "root:x:0:\nann:x:1000:\nstaff:x:50:ann,bob\nown:x:60:ann\n";

/// Ann at work in a project of hers, with every file.
fn machine(owners: &[(&'static str, (u32, u32, u32))]) -> Host {
    let files = Memory::new()
        .file("/etc/passwd", PASSWD)
        .file("/etc/group", GROUP)
        .file("/etc/castore/castore.toml", "expires-within = 1")
        .file("/home/ann/.config/castore/castore.toml", "expires-within = 2")
        .file("/home/ann/work/.git/config", "")
        .file("/home/ann/work/castore.toml", "expires-within = 3")
        .file("/home/ann/work/src/deep/x", "");
    let mut all: BTreeMap<_, _> = [
        ("/home/ann", (ANN, ANN, 0o755)),
        ("/home/ann/.config/castore", (ANN, ANN, 0o755)),
        ("/home/ann/.config/castore/castore.toml", (ANN, ANN, 0o644)),
        ("/home/ann/work", (ANN, ANN, 0o775)),
        ("/home/ann/work/castore.toml", (ANN, ANN, 0o664)),
    ]
    .into();
    all.extend(owners.iter().copied());
    let mut host = Host::new(Box::new(Owned(files, all)), System::Linux);
    host.cwd = "/home/ann/work/src/deep".into();
    host.home = Some("/home/ann".into());
    host
}

/// The places as one line each.
fn places(machine: &Host, own: u32) -> Vec<String> {
    let said = |place: super::places::Place| {
        let outcome = match place.outcome {
            Outcome::Read(_) => "read".to_owned(),
            Outcome::Absent => "absent".to_owned(),
            Outcome::LeftOut(why) => why,
        };
        format!("{} {}: {outcome}", place.layer.name(), place.path.display())
    };
    look(machine, Some(own)).into_iter().map(said).collect()
}

#[test]
fn files_lie_in_three_places() {
    assert_eq!(
        places(&machine(&[]), ANN),
        [
            "project /home/ann/work/castore.toml: read",
            "user /home/ann/.config/castore/castore.toml: read",
            "system /etc/castore/castore.toml: read",
        ]
    );
    let mut elsewhere = machine(&[]);
    elsewhere.cwd = "/srv/app".into();
    elsewhere.set_environment([("XDG_CONFIG_HOME".into(), "/conf".into())].into());
    assert_eq!(
        places(&elsewhere, ANN),
        [
            "project /srv/app/castore.toml: absent",
            "user /conf/castore/castore.toml: absent",
            "system /etc/castore/castore.toml: read",
        ]
    );
    // A relative one is to be ignored.
    elsewhere.set_environment([("XDG_CONFIG_HOME".into(), "conf".into())].into());
    assert!(places(&elsewhere, ANN)[1].starts_with("user /home/ann/.config/"));
    let windows = Host::new(Box::new(Memory::new()), System::Windows);
    assert_eq!(places(&windows, ANN).len(), 1);
}

/// The search for a project's file ends at the repository, and at the home directory.
#[test]
fn a_project_is_no_larger_than_its_repository() {
    let mut host = machine(&[]);
    host.cwd = "/home/ann".into();
    assert!(places(&host, ANN)[0].starts_with("project /home/ann/castore.toml: absent"));
    let files =
        Memory::new().file("/home/castore.toml", "").file("/home/ann/w/x", "").file("/home/ann/w/.git", "gitdir: x");
    let mut host = Host::new(Box::new(files), System::Linux);
    host.cwd = "/home/ann/w".into();
    assert!(places(&host, ANN)[0].starts_with("project /home/ann/w/castore.toml: absent"));
    host.cwd = "/home/ann".into();
    assert!(places(&host, ANN)[0].starts_with("project /home/castore.toml: read"));
}

#[test]
fn root_takes_the_systems_file_alone() {
    assert_eq!(
        places(&machine(&[]), 0),
        [
            "project /home/ann/work/castore.toml: root takes the system's file alone",
            "user /home/ann/.config/castore/castore.toml: root takes the system's file alone",
            "system /etc/castore/castore.toml: read",
        ]
    );
    let open = machine(&[("/etc/castore", (0, 0, 0o777))]);
    assert_eq!(
        places(&open, 0)[2],
        "system /etc/castore/castore.toml: of its directory /etc/castore, every account may write it"
    );
}

#[test]
fn what_another_account_may_write_is_left_out() {
    const FILE: &str = "/home/ann/work/castore.toml";
    const DIRECTORY: &str = "/home/ann/work";
    for (changes, said) in [
        (&[(FILE, (1001, 1001, 0o644))][..], "the owner is another account (1001)"),
        (&[(FILE, (ANN, ANN, 0o646))], "every account may write it"),
        (&[(FILE, (ANN, 50, 0o664))], "the group 50 may write it"),
        (&[(FILE, (ANN, 99, 0o664))], "the group 99 may write it"),
        (&[(FILE, (ANN, 60, 0o664))], "read"),
        (&[(FILE, (ANN, 50, 0o644))], "read"),
        (&[(FILE, (0, 0, 0o644))], "read"),
        (&[(FILE, (ANN, 1001, 0o664))], "the group 1001 may write it"),
        (&[(DIRECTORY, (ANN, 50, 0o775))], "of its directory /home/ann/work, the group 50 may write it"),
        (&[(DIRECTORY, (1001, 1001, 0o755))], "of its directory /home/ann/work, the owner is another account (1001)"),
        (&[(DIRECTORY, (0, 0, 0o1777))], "read"),
        // Who may exchange a directory above it says what is in it too.
        (&[("/home/ann", (1001, 1001, 0o755))], "of its directory /home/ann, the owner is another account (1001)"),
        (&[("/home", (0, 0, 0o777))], "of its directory /home, every account may write it"),
        (&[(DIRECTORY, (0, 0, 0o1777)), (FILE, (1001, 1001, 0o644))], "the owner is another account (1001)"),
        // The owner of a sticky directory replaces what others put there.
        (&[(DIRECTORY, (1001, 0, 0o1777))], "of its directory /home/ann/work, the owner is another account (1001)"),
    ] {
        let found = &places(&machine(changes), ANN)[0];
        assert_eq!(found.split_once(": ").unwrap().1, said, "{changes:?}");
    }
    // A link counts with the directory that it is in.
    let files = Memory::new().file("/home/ann/x.toml", "").link("/shared/castore.toml", "/home/ann/x.toml");
    let owners = [("/shared", (ANN, 50, 0o775)), ("/home/ann/x.toml", (ANN, ANN, 0o644))];
    let mut host = Host::new(Box::new(Owned(files, owners.into())), System::Linux);
    host.cwd = "/shared".into();
    assert_eq!(
        places(&host, ANN)[0],
        "project /shared/castore.toml: of its directory /shared, the group 50 may write it"
    );
    // So does its owner, where everyone adds names: who made it says what is read.
    let files = Memory::new().file("/home/ann/x.toml", "").link("/tmp/castore.toml", "/home/ann/x.toml");
    let owners =
        [("/tmp", (0, 0, 0o1777)), ("/tmp/castore.toml", (1001, 1001, 0o777)), ("/home/ann/x.toml", (ANN, ANN, 0o644))];
    let mut host = Host::new(Box::new(Owned(files, owners.into())), System::Linux);
    host.cwd = "/tmp".into();
    assert_eq!(
        places(&host, ANN)[0],
        "project /tmp/castore.toml: of the link /tmp/castore.toml, the owner is another account (1001)"
    );
}

fn file(layer: Layer, path: &str, text: &str) -> File {
    File { layer, path: path.into(), settings: read(text.as_bytes()).unwrap() }
}

fn origins(effective: &Effective, name: &str) -> String {
    let setting = effective.settings.iter().find(|setting| setting.key.name == name).unwrap();
    format!("{:?} from {}", setting.value, setting.origin)
}

#[test]
fn a_flag_outranks_a_variable_and_that_the_files() {
    let files = || {
        vec![
            file(Layer::Project, "/p/castore.toml", "\nexpires-within = 3\nbaseline = \"b.json\"\nout = \"../x\"\n"),
            file(Layer::User, "/u/castore.toml", "expires-within = 2\nout = \"o.json\"\nonly = [\"expired\"]\n"),
        ]
    };
    let variables: Environment = [("CASTORE_EXPIRES_WITHIN".into(), "4".into())].into();
    let of =
        |flags: &[(&'static str, Value)], variables: &Environment| Effective::new(flags, variables, files()).unwrap();
    let name = "expires-within";
    let flag = of(&[(name, Value::Number(5))], &variables);
    assert_eq!(origins(&flag, name), "Some(Number(5)) from --expires-within");
    assert_eq!(origins(&of(&[], &variables), name), "Some(Number(4)) from $CASTORE_EXPIRES_WITHIN");
    let bare = of(&[], &Environment::new());
    assert_eq!(origins(&bare, name), "Some(Number(3)) from /p/castore.toml:2:18");
    assert_eq!(origins(&bare, "format"), "Some(Word(\"text\")) from default");
    assert_eq!(origins(&bare, "skip"), "None from default");
    assert_eq!(bare.path("baseline"), Some(Path::new("/p/b.json")));
    // Whoever enters a directory does not write what a file in it says.
    assert_eq!(bare.path("out"), Some(Path::new("/u/o.json")));
    assert_eq!(bare.remarks.len(), 1);
    assert!(bare.remarks[0].starts_with("/p/castore.toml:4: out is passed over"), "{:?}", bare.remarks);
    assert_eq!(bare.checks("only").unwrap()[0].1.to_string(), "/u/castore.toml:3:9");
    let empty: Environment = [("CASTORE_EXPIRES_WITHIN".into(), "".into())].into();
    assert_eq!(of(&[], &empty).number(name), Some(3));
}

#[test]
fn variables_are_read_as_strictly() {
    let of = |name: &str, text: &str| Effective::new(&[], &[(name.into(), text.into())].into(), Vec::new());
    let said = |name: &str, text: &str| of(name, text).unwrap_err().to_string();
    assert_eq!(
        said("CASTORE_EXPIRES_WITHIN", "soon"),
        "$CASTORE_EXPIRES_WITHIN: expected a number of days from 0 to 36500, found \"soon\""
    );
    assert_eq!(
        said("CASTORE_FAIL_ON", "bad"),
        "$CASTORE_FAIL_ON: expected info, warning, error or never, found \"bad\""
    );
    assert_eq!(
        of("CASTORE_EXPIRE_WITHIN", "3").unwrap().remarks,
        ["$CASTORE_EXPIRE_WITHIN is no setting; after CASTORE_, did you mean EXPIRES_WITHIN?"]
    );
    assert!(of("CASTORE_ORACLES", "required").unwrap().remarks.is_empty());
    let checks = of("CASTORE_ONLY", "expired, expiring,").unwrap();
    assert_eq!(
        checks.checks("only").unwrap().iter().map(|(check, _)| *check).collect::<Vec<_>>(),
        ["expired", "expiring"]
    );
    assert_eq!(of("CASTORE_HOSTS", "a.example,b.example:8443").unwrap().servers().len(), 2);
}

#[test]
fn a_store_has_the_threshold_of_the_first_that_fits() {
    let rule = "[[store]]\nmatch = \"certifi\"\nexpires-within = 30\n";
    let files = vec![
        file(Layer::Project, "/p", rule),
        file(Layer::User, "/u", "expires-within = 10\n[[store]]\nmatch = \"java\"\nexpires-within = 20\n"),
        file(Layer::System, "/s", rule),
    ];
    let of = |flags: &[(&'static str, Value)]| {
        Effective::new(flags, &Environment::new(), files.clone()).unwrap().thresholds()
    };
    let threshold = |stores: Option<&str>, days| Threshold { stores: stores.map(str::to_owned), days };
    assert_eq!(
        of(&[]),
        [
            threshold(Some("certifi"), 30),
            threshold(Some("java"), 20),
            threshold(None, 10),
            threshold(Some("certifi"), 30),
            threshold(None, 10),
        ]
    );
    assert_eq!(of(&[("expires-within", Value::Number(5))]), [threshold(None, 5)]);
    assert_eq!(Effective::new(&[], &Environment::new(), Vec::new()).unwrap().thresholds(), [threshold(None, 90)]);
}

#[test]
fn settings_have_names_variables_and_sentences() {
    for key in KEYS {
        assert!(key.about.ends_with('.') && key.flag.starts_with("--"), "{}", key.name);
        assert!(key.default.is_none_or(|text| from_text(key, text).is_ok()), "{}", key.name);
    }
    assert_eq!(Key::named("expires-within").unwrap().variable(), "CASTORE_EXPIRES_WITHIN");
    assert!(Origin::Default.to_string() == "default");
}
