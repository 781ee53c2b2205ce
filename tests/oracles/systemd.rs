//! What a service is given, held against systemd itself: `systemd --test` reads units, says what it
//! read and starts nothing.

use castore::host::files::Tree;
use castore::host::{Host, System};
use castore::settings::environment_file::{self, Comments};
use castore::settings::systemd::service::{comments, service};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const SYSTEMD: &str = "/lib/systemd/systemd";

/// Directories of units, the first that counts first.
const DIRECTORIES: [&str; 3] = ["etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system"];

/// What stands behind `[Service]` in units, each a case.
const CASES: &[(&str, &str)] = &[
    ("plain", "Environment=A=1 B=2"),
    ("quotes", r#"Environment=A=a "B=b c" 'C=d e' D="f g"h I='"'"#),
    ("escapes", r"Environment=A=\x41\u00e9\101\s\\ B=1\n2"),
    ("escape-unknown", r"Environment=A=1 B=\q C=3"),
    ("escape-nul", r"Environment=A=1 B=\x00 C=3"),
    ("escape-short", r"Environment=A=1 B=\x4 C=3"),
    ("quote-open", "Environment=A=1 \"B=2 C=3\nEnvironment=D=4"),
    ("names", "Environment=1A=1 A-B=2 =3 A.B=4 C\nEnvironment=_D=5"),
    ("taken-back", "Environment=A=1\nEnvironment=\nEnvironment=B=2"),
    ("replaced", "Environment=A=1 A=2\nEnvironment=A=3"),
    ("continued", "Environment=A=1 \\\n  B=2 \\\n# a remark\n; another\n  C=3"),
    ("blanks", "  Environment  =   A=1\t\tB=2   "),
    ("specifiers", "Environment=A=%n B=%N C=%p D=%i E=%% F=%t G=%S H=%E I=%j J=%P K=x%"),
    ("dash-ed-name", "Environment=A=%p B=%P C=%j D=%J E=%f"),
    ("section", "Environment=A=1\n[Install]\nEnvironment=A=2\n[Service]\nEnvironment=B=3"),
    ("inst@srv-a\\x2db", "Environment=A=%i B=%I C=%p D=%f E=%n"),
    ("empty-value", "Environment=A= B=\"\" \"C=\""),
    ("unicode", "Environment=A=é B=\"日 本\""),
    ("dollar", "Environment=A=$HOME B=${B}"),
    ("equal", "Environment=A=b=c"),
];

fn write(root: &Path, path: &str, text: &str) {
    let place = root.join(path);
    std::fs::create_dir_all(place.parent().expect("a directory")).expect("a directory is made");
    std::fs::write(place, text).expect("a file is written");
}

/// The variables of each unit, as systemd read them.
fn asked(root: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    let path = DIRECTORIES.map(|directory| root.join(directory).display().to_string()).join(":");
    // It does not test as root.
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", SYSTEMD]);
    if castore::host::native::live_user() != Some(0) {
        command = Command::new(SYSTEMD);
    }
    command.args(["--test", "--system", "--unit=all.target", "--log-level=emerg", "--log-target=console"]);
    let output = command.env_clear().env("SYSTEMD_UNIT_PATH", path).env("HOME", "/root").output().expect("systemd");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut found: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut unit = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("-> Unit ") {
            name.trim_end_matches(':').clone_into(&mut unit);
            found.entry(unit.clone()).or_default();
        } else if let Some((name, value)) = line.strip_prefix("Environment: ").and_then(|word| word.split_once('=')) {
            found.entry(unit.clone()).or_default().insert(name.to_owned(), value.to_owned());
        }
    }
    found
}

#[test]
fn services_have_the_variables_that_systemd_gives_them() {
    if !crate::optional(SYSTEMD) {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path();
    std::fs::set_permissions(root, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    let head = "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/true\n";
    let mut names: Vec<String> = CASES.iter().map(|(name, _)| format!("{name}.service")).collect();
    for ((name, text), unit) in CASES.iter().zip(&names) {
        let file = name.split_once('@').map_or_else(|| unit.clone(), |(prefix, _)| format!("{prefix}@.service"));
        write(root, &format!("usr/lib/systemd/system/{file}"), &format!("{head}{text}\n"));
    }
    // Drop-ins over each other, in every kind of directory.
    let drop_in = |path: &str, text: &str| write(root, path, &format!("[Service]\nEnvironment={text}\n"));
    for name in ["a-b-c.service", "a-b@.service"] {
        write(root, &format!("usr/lib/systemd/system/{name}"), &format!("{head}Environment=A=unit B=unit\n"));
    }
    for (index, directory) in DIRECTORIES.iter().enumerate() {
        for of in ["a-b-c", "a-b-", "a-", "a-b@i", "a-b@", "a-@i", "a-@", ""] {
            let of = if of.is_empty() { "service.d".to_owned() } else { format!("{of}.service.d") };
            let same = format!("\"A={index} {of}\"");
            drop_in(&format!("{directory}/{of}/10-same.conf"), &same);
            let name = of.replace(['-', '@', '.'], "_");
            drop_in(
                &format!("{directory}/{of}/20-{name}-{index}.conf"),
                &format!("\"B={index} {of}\" C_{name}_{index}=1"),
            );
        }
    }
    names.extend(["a-b-c.service", "a-b@i.service"].map(str::to_owned));
    let wants: String = names.iter().map(|name| format!("Wants={name}\n")).collect();
    write(root, "etc/systemd/system/all.target", &format!("[Unit]\nDefaultDependencies=no\n{wants}"));

    let asked = asked(root);
    let host = Host::new(Box::new(Tree::at(root).expect("a tree")), System::Linux);
    for name in &names {
        let Some(expected) = asked.get(name) else { panic!("systemd did not read {name}: {:?}", asked.keys()) };
        let found = service(&host, name).expect("a service");
        let text = |text: &std::ffi::OsString| text.to_string_lossy().into_owned();
        let mut found: BTreeMap<String, String> =
            found.environment.iter().map(|(name, value)| (text(name), text(value))).collect();
        found.remove("PATH");
        // It shows values as they are, a line each.
        let shown: BTreeMap<String, String> = found
            .iter()
            .map(|(name, value)| (name.clone(), value.lines().next().unwrap_or_default().trim_end().to_owned()))
            .collect();
        assert_eq!(&shown, expected, "{name}");
    }
    println!("systemd: {} units agree", names.len());
}

/// What stands behind `BUILD_ID=`, each a case of the grammar of environment files.
const VALUES: &[&str] = &[
    "plain",
    "two words  ",
    "  \t after blanks",
    "'a b'\"c d\"e",
    "'x y'z  ",
    "\"a\\\"b\\$c\\`d\\\\e\\f\\n\"",
    "\"a\\\nb\"",
    "'a\\b\nc'",
    "a\\ \\\n b  ",
    "a\\tb\\'c\\\"d",
    "a'b'c",
    "a # no remark",
    "\"open\nBUILD_ID=next",
    "'open",
    "a\\",
    "$HOME ${X} `x` %h",
    "\"\"",
    "'a' 'b'",
    "a\r\nX=b",
    "é 日本",
    "=b",
];

/// The value that systemd reads: its files of variables and os-release have one reader
/// (`parse_env_file_internal`), and `systemd-tmpfiles` writes what it read, below a root.
fn read_by_systemd(root: &Path, text: &str) -> Option<String> {
    write(root, "etc/os-release", text);
    write(root, "usr/lib/tmpfiles.d/x.conf", "f+ /out - - - - <%B>\n");
    drop(std::fs::remove_file(root.join("out")));
    let mut command = Command::new(TMPFILES);
    let output = command.env_clear().arg(format!("--root={}", root.display())).arg("--create").output();
    output.expect("systemd-tmpfiles");
    let found = std::fs::read_to_string(root.join("out")).ok()?;
    Some(found.strip_prefix('<')?.strip_suffix('>')?.to_owned())
}

/// How the systemd of this machine reads comments.
fn comments_here() -> Comments {
    comments(&Host::new(Box::new(Tree::live().expect("this machine")), System::Linux))
}

const TMPFILES: &str = "/bin/systemd-tmpfiles";

#[test]
fn files_of_variables_are_read_as_systemd_reads_them() {
    if !crate::optional(TMPFILES) {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let mut told = 0;
    let comments = comments_here();
    let mut hold = |text: &str| {
        let found = environment_file::systemd(text.as_bytes(), comments);
        let found = found.get(&b"BUILD_ID"[..]).map(|value| String::from_utf8_lossy(value).into_owned());
        let expected = read_by_systemd(directory.path(), text);
        told += usize::from(expected.is_some());
        assert_eq!(found.unwrap_or_default(), expected.unwrap_or_default(), "{text:?}");
    };
    for value in VALUES {
        hold(&format!("BUILD_ID={value}\n"));
        hold(&format!("# remark \\\n ; other\nX=1\n BUILD_ID = {value}"));
        hold(&format!("BUILD_ID=before\n# remark \\\nBUILD_ID=behind\nX={value}\n; \\x\n#\\\n\nBUILD_ID={value}"));
    }
    let mut random = 7_u64;
    for _ in 0..if crate::long() { 2000 } else { 100 } {
        let mut value = String::from("BUILD_ID=");
        for _ in 0..12 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let alphabet: Vec<char> = "ab =\t\n\r'\"\\#;$`é".chars().collect();
            value.push(alphabet[(random >> 33) as usize % alphabet.len()]);
        }
        hold(&value);
    }
    assert!(told > VALUES.len(), "only {told} values were told");
    println!("systemd: {told} values agree");
}

const GENERATOR: &str = "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator";

/// The variables that a user's manager takes from environment.d(5), as its generator prints them, with and
/// without those of this machine's own files.
#[test]
fn values_of_environment_d_are_filled_in_as_systemd_does() {
    // It takes no arguments, so that it cannot be asked for its version.
    if !Path::new(GENERATOR).exists() {
        return eprintln!("SKIPPED: {GENERATOR} is not here");
    }
    let home = tempfile::tempdir().expect("a directory");
    let generated = || {
        let output = Command::new(GENERATOR).env_clear().env("HOME", home.path()).output().expect("the generator");
        environment_file::systemd(&output.stdout, Comments::default())
    };
    let common = generated();
    let values = [
        "$A/x",
        "${A}${NONE}/y",
        "${NONE:-other$A}",
        "${A:+instead}",
        "${NONE:+x}z",
        "'$A' \"q\"",
        "$-$",
        "a\\$A",
        "${A",
        "$1",
        "$HOME/x",
        "${}",
        "${A:-x}",
        "$A$A",
        "${A}}",
        "$é",
        "${A:x}",
        "${A-x}",
        "$",
        "\"$A\"",
        "${NONE:-${A}}",
    ];
    for value in values {
        let text = format!("A=one\nX=\n# remark \\\nX=comment\n#\nX={value}\n");
        write(home.path(), ".config/environment.d/50-x.conf", &text);
        let mut found = common.clone();
        found.insert(b"HOME".to_vec(), home.path().to_str().expect("UTF-8").into());
        environment_file::add_expanded(&mut found, text.as_bytes(), comments_here());
        found.remove(&b"HOME"[..]);
        let mut expected = generated();
        expected.remove(&b"HOME"[..]);
        assert_eq!(found.get(&b"X"[..]), expected.get(&b"X"[..]), "{value:?}");
    }
    println!("systemd: {} values of environment.d agree", values.len());
}
