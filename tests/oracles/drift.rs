//! Checks of drift and of health held against the programs that make the stores: update-ca-certificates, keytool,
//! pip, openssl, and the kernel's permissions.
//!
//! The real tool runs with the real paths, over directories that this test put there in a mount namespace of its
//! own; castore looks at the same from within. Each remedy that castore prints is carried out, and the finding must go.

use crate::certificates::{intermediate, leaf, pem, root};
use crate::p11_kit::Kit;
use crate::{fingerprint, require, skip};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Directories that stand in the place of a Debian's, seen by the shells of this test alone.
struct Machine {
    temporary: tempfile::TempDir,
}

const PLACES: [(&str, &str); 4] = [
    ("certs", "/etc/ssl/certs"),
    ("shipped", "/usr/share/ca-certificates"),
    ("local", "/usr/local/share/ca-certificates"),
    ("hooks", "/etc/ca-certificates/update.d"),
];

impl Machine {
    /// Nothing where there is no such tool, or no namespace to hide its stores in.
    fn new() -> Option<Self> {
        let is_there = PLACES.iter().all(|(_, place)| Path::new(place).is_dir());
        if !is_there || !Path::new("/usr/sbin/update-ca-certificates").exists() {
            skip("update-ca-certificates is not here");
            return None;
        }
        let machine = Self { temporary: tempfile::Builder::new().prefix("castore-").tempdir().unwrap() };
        for name in ["certs", "shipped/mozilla", "local", "hooks", "certs/java"] {
            fs::create_dir_all(machine.path(name)).unwrap();
        }
        let list: String = ["One", "Two", "My (Root), Three"]
            .iter()
            .zip(4..)
            .map(|(name, key)| {
                machine.put(&format!("shipped/mozilla/{name}.crt"), root(name).key(key).make().pem());
                format!("mozilla/{name}.crt\n")
            })
            .collect();
        machine.put("list", list);
        if !machine.shell("true").status.success() {
            skip("no mount namespace of its own");
            return None;
        }
        machine.refresh("");
        Some(machine)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.temporary.path().join(name)
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs a script that sees these directories in the place of the machine's.
    fn shell(&self, script: &str) -> Output {
        let mounts = PLACES.iter().map(|(name, place)| format!("mount --bind {} {place}\n", self.path(name).display()));
        let list = format!("mount --bind {} /etc/ca-certificates.conf\n", self.path("list").display());
        let script = format!("set -e\n{}{list}{script}\n", mounts.collect::<String>());
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--propagation", "private", "sh", "-c", &script]);
        unshare.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", self.temporary.path());
        unshare.output().unwrap()
    }

    fn refresh(&self, option: &str) {
        let output = self.shell(&format!("update-ca-certificates {option}"));
        assert!(output.status.success(), "{output:?}");
    }

    /// What one check finds.
    fn check(&self, id: &str) -> Vec<Value> {
        let castore = env!("CARGO_BIN_EXE_castore");
        findings(&self.shell(&format!("{castore} check --format json --only {id} 'system*' debian-anchors || true")))
    }

    /// What several checks find, in brief.
    fn brief(&self, ids: &[&str]) -> Vec<String> {
        ids.iter().flat_map(|id| self.check(id)).map(|finding| brief(&finding)).collect()
    }

    /// Does what a finding says, where it is a command: `run COMMAND`.
    fn carry_out(&self, finding: &Value) {
        let remedy = finding["remedy"].as_str().unwrap();
        let command = remedy.split("run ").last().unwrap();
        let output = self.shell(command);
        assert!(output.status.success(), "{remedy}: {output:?}");
    }
}

fn findings(output: &Output) -> Vec<Value> {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    report["findings"].as_array().unwrap().clone()
}

fn brief(finding: &Value) -> String {
    let name = finding["certificate"]["name"].as_str().unwrap_or_default();
    format!("{} {name}", finding["check"].as_str().unwrap())
}

const DRIFT: &[&str] = &[
    "anchor-not-in-bundle",
    "bundle-without-source",
    "deselected-but-active",
    "ignored-source-file",
    "bundle-directory-drift",
];

#[test]
fn what_update_ca_certificates_leaves_behind() {
    let Some(machine) = Machine::new() else { return };
    assert!(machine.brief(DRIFT).is_empty(), "{:?}", machine.brief(DRIFT));
    assert!(machine.brief(&["hash-directory"]).is_empty());

    // Added and not taken up; the remedy is the command.
    machine.put("local/deep/added.crt", root("Added").key(7).make().pem());
    assert_eq!(machine.brief(DRIFT), ["anchor-not-in-bundle Added"]);
    machine.carry_out(&machine.check("anchor-not-in-bundle")[0]);
    assert!(machine.brief(DRIFT).is_empty(), "{:?}", machine.brief(DRIFT));

    // Taken away: the bundle has it until the tool runs, and then the links of the hash directory dangle.
    fs::remove_file(machine.path("local/deep/added.crt")).unwrap();
    assert_eq!(machine.brief(&DRIFT[..4]), ["bundle-without-source Added"]);
    machine.refresh("");
    assert!(machine.brief(DRIFT).is_empty(), "{:?}", machine.brief(DRIFT));
    let dangling = machine.check("hash-directory");
    assert!(dangling.iter().any(|one| one["found"].as_str().unwrap().starts_with("a link to")), "{dangling:#?}");
    machine.refresh("--fresh");
    assert!(machine.check("hash-directory").is_empty(), "{:#?}", machine.check("hash-directory"));

    // Files that the tool passes over. A .pem does nothing; of a .crt in DER the octets are copied, and no reader has them.
    machine.put("local/other.pem", root("Other").key(8).make().pem());
    machine.put("local/binary.crt", root("Binary").key(9).make().der());
    machine.refresh("");
    let mut passed = machine.brief(DRIFT);
    passed.sort();
    assert_eq!(passed, ["ignored-source-file Binary", "ignored-source-file Other"]);
    fs::rename(machine.path("local/other.pem"), machine.path("local/other.crt")).unwrap();
    machine.put("local/binary.crt", root("Binary").key(9).make().pem());
    machine.refresh("");
    assert!(machine.brief(DRIFT).is_empty(), "{:?}", machine.brief(DRIFT));

    // Two certificates in one file are in the bundle, and openssl rehash passes over the file.
    machine.put("local/both.crt", root("Left").key(10).make().pem() + &root("Right").key(11).make().pem());
    machine.refresh("");
    let mut apart = machine.brief(DRIFT);
    apart.sort();
    assert_eq!(apart, ["bundle-directory-drift Left", "bundle-directory-drift Right"]);
}

/// The tool finds no link for a name that it wrote otherwise, so the root stays in the hash directory.
#[test]
fn a_root_that_was_deselected() {
    let Some(machine) = Machine::new() else { return };
    machine.put("list", "!mozilla/One.crt\nmozilla/Two.crt\n!mozilla/My (Root), Three.crt\n");
    let mut before = machine.brief(&["deselected-but-active"]);
    before.sort();
    let of = |name: &str| format!("deselected-but-active {name}");
    assert_eq!(before, [of("My (Root), Three"), of("My (Root), Three"), of("One"), of("One")]);
    machine.refresh("");
    let after = machine.check("deselected-but-active");
    assert_eq!(after.iter().map(brief).collect::<Vec<_>>(), [of("My (Root), Three")]);
    assert_eq!(after[0]["found"], "trusted in the hash directory");
    // OpenSSL agrees: the directory vouches for it.
    let file = "/usr/share/ca-certificates/mozilla/'My (Root), Three.crt'";
    let verify = format!("openssl verify -no-CAfile -CApath /etc/ssl/certs {file}");
    assert!(machine.shell(&verify).status.success());
    machine.carry_out(&after[0]);
    assert!(machine.brief(DRIFT).is_empty(), "{:?}", machine.brief(DRIFT));
    assert!(!machine.shell(&verify).status.success());
}

#[test]
fn a_java_keystore_that_was_left_behind() {
    let Some(machine) = Machine::new() else { return };
    if !require("java") {
        return;
    }
    let import = |alias: &str, file: &Path| {
        let store = machine.path("certs/java/cacerts");
        let mut keytool = Command::new("keytool");
        keytool.args(["-importcert", "-noprompt", "-trustcacerts", "-storetype", "JKS", "-storepass", "changeit"]);
        let output = keytool.arg("-keystore").arg(store).args(["-alias", alias, "-file"]).arg(file).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    for (alias, name) in [("debian:one.pem", "One"), ("debian:my_=root=__three.pem", "My (Root), Three")] {
        import(alias, &machine.path(&format!("shipped/mozilla/{name}.crt")));
    }
    machine.put("removed.crt", root("Removed").key(7).make().pem());
    machine.put("mine.crt", root("Mine").key(8).make().pem());
    import("debian:removed.pem", &machine.path("removed.crt"));
    import("mine", &machine.path("mine.crt"));
    let found = machine.check("java-store-drift");
    let mut names: Vec<String> = found.iter().map(brief).collect();
    names.sort();
    assert_eq!(names, ["java-store-drift Mine", "java-store-drift Removed", "java-store-drift Two"]);
    // What was imported by hand, keytool takes out of the keystore that this machine's Java has for its own.
    let is_linked = fs::canonicalize("/etc/alternatives/java")
        .ok()
        .and_then(|java| fs::canonicalize(java.parent()?.parent()?.join("lib/security/cacerts")).ok());
    if is_linked.as_deref() != Some(Path::new("/etc/ssl/certs/java/cacerts")) {
        return eprintln!("SKIPPED: this machine's Java has a keystore of its own");
    }
    let mine = found.iter().find(|finding| brief(finding).ends_with("Mine")).unwrap();
    let command = mine["remedy"].as_str().unwrap().strip_prefix("run ").unwrap();
    assert!(machine.shell(&format!("{command} -storepass changeit")).status.success(), "{command}");
    let names: Vec<String> = machine.check("java-store-drift").iter().map(brief).collect();
    assert!(names.len() == 2 && !names.contains(&"java-store-drift Mine".to_owned()), "{names:?}");
}

/// What `update-ca-trust` of Fedora makes: `trust extract` over directories as they are laid out there.
#[test]
fn what_trust_extract_takes() {
    let Some(kit) = Kit::new() else { return };
    let tree = tempfile::Builder::new().prefix("castore-").tempdir().unwrap();
    let place = |path: &str| {
        let place = tree.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        place
    };
    const SOURCE: &str = "etc/pki/ca-trust/source";
    let put = |name: &str, octets: &[u8]| {
        fs::create_dir_all(kit.path("store").join(name).parent().unwrap()).unwrap();
        kit.put(name, octets);
        fs::write(place(&format!("{SOURCE}/{name}")), octets).unwrap();
    };
    let remove = |name: &str| {
        kit.remove(name);
        fs::remove_file(place(&format!("{SOURCE}/{name}"))).unwrap();
    };
    let extract = || {
        let bundle = kit.extract("pem-bundle", "ca-anchors", Some("server-auth"));
        fs::write(place("etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"), bundle).unwrap();
    };
    let check = || -> Vec<String> {
        let of = |id: &&str| {
            let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
            castore.env_clear().args([
                "check",
                "--format",
                "json",
                "--only",
                id,
                "system*",
                "fedora-anchors",
                "--root",
            ]);
            findings(&castore.arg(tree.path()).output().unwrap())
        };
        DRIFT.iter().flat_map(of).map(|finding| brief(&finding)).collect()
    };
    let made = |name: &str, key: u8| root(name).key(key).make();
    // What the distribution ships: the same root is there and here.
    fs::write(place("usr/share/pki/ca-trust-source/anchors/one.pem"), made("One", 4).pem()).unwrap();
    put("anchors/one.pem", made("One", 4).pem().as_bytes());
    put("anchors/two", made("Two", 5).der());
    put("anchors/blocked.pem", made("Blocked", 6).pem().as_bytes());
    put("blocklist/blocked.pem", made("Blocked", 6).pem().as_bytes());
    put("anchors/leaf.pem", leaf("leaf.example").make().pem().as_bytes());
    put("anchors/deep/deep.pem", made("Deep", 7).pem().as_bytes());
    put("beside.pem", made("Beside", 8).pem().as_bytes());
    extract();
    let passed = ["ignored-source-file leaf.example", "ignored-source-file Beside", "ignored-source-file "];
    let mut found = check();
    found.sort();
    let mut expected = passed.map(str::to_owned);
    expected.sort();
    assert_eq!(found, expected);
    for name in ["anchors/leaf.pem", "anchors/deep/deep.pem", "beside.pem"] {
        remove(name);
    }
    assert!(check().is_empty(), "{:?}", check());
    put("anchors/added.pem", made("Added", 9).pem().as_bytes());
    assert_eq!(check(), ["anchor-not-in-bundle Added"]);
    extract();
    assert!(check().is_empty(), "{:?}", check());
    put("blocklist/two", made("Two", 5).der());
    assert_eq!(check(), ["deselected-but-active Two"]);
    remove("anchors/added.pem");
    assert_eq!(check(), ["bundle-without-source Added", "deselected-but-active Two"]);
    extract();
    assert!(check().is_empty(), "{:?}", check());
}

/// pip's own copy of certifi, as `python3 -m venv` installs it with its RECORD.
#[test]
fn a_certifi_that_was_edited_by_hand() {
    if !require("python3") {
        return;
    }
    let temporary = tempfile::Builder::new().prefix("castore-").tempdir().unwrap();
    let environment = temporary.path().join("venv");
    let made = Command::new("python3").args(["-m", "venv"]).arg(&environment).output().unwrap();
    let sites =
        fs::read_dir(environment.join("lib")).map(|names| names.flatten().map(|name| name.path()).collect::<Vec<_>>());
    let site = sites.unwrap_or_default().first().map(|python| python.join("site-packages"));
    let bundle = site.map(|site| site.join("pip/_vendor/certifi/cacert.pem")).filter(|bundle| bundle.exists());
    let Some(bundle) = bundle.filter(|_| made.status.success()) else {
        return skip("python3 -m venv makes no environment with a pip that has its certifi");
    };
    let check = || {
        let path = format!("{}:/usr/bin:/bin", environment.join("bin").display());
        let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
        // What the machine's pip.conf names would stand in the place of pip's own copy.
        castore.env_clear().env("PATH", path).env("HOME", temporary.path()).env("PIP_CONFIG_FILE", "/dev/null");
        let selector = format!("pip:{}", environment.display());
        findings(&castore.args(["check", "--format", "json", "--only", "certifi-edited", &selector]).output().unwrap())
    };
    assert!(check().is_empty(), "{:#?}", check());
    let own = root("Company").key(7).make();
    let before = fs::read_to_string(&bundle).unwrap();
    fs::write(&bundle, format!("{before}\n{}", own.pem())).unwrap();
    let found = check();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["certificate"]["sha256"], fingerprint(own.der()).to_string());
    assert!(found[0]["found"].as_str().unwrap().contains("appended: Company ("), "{found:#?}");
    // One octet of a comment is an edit as well, and a renewed copy is none.
    fs::write(&bundle, before.replacen('#', "%", 1)).unwrap();
    assert_eq!(check().len(), 1);
    fs::write(&bundle, &before).unwrap();
    assert!(check().is_empty());
}

/// A directory that `openssl rehash` made, and what is done to it since.
#[cfg(unix)]
#[test]
fn a_hash_directory_that_was_changed_by_hand() {
    if !require("openssl") {
        return;
    }
    let temporary = tempfile::Builder::new().prefix("castore-").tempdir().unwrap();
    let directory = temporary.path().join("certs");
    fs::create_dir(&directory).unwrap();
    // Two roots of one name, told apart by their keys.
    let (one, two) = (root("Same").key(4).make(), root("Same").key(5).make());
    fs::write(directory.join("one.pem"), one.pem()).unwrap();
    fs::write(directory.join("two.pem"), two.pem()).unwrap();
    let rehash = || assert!(Command::new("openssl").arg("rehash").arg(&directory).output().unwrap().status.success());
    let links = || -> Vec<PathBuf> {
        let names = fs::read_dir(&directory).unwrap().flatten().map(|name| name.path());
        let mut links: Vec<PathBuf> = names.filter(|path| path.is_symlink()).collect();
        links.sort();
        links
    };
    // Whether OpenSSL finds both, and castore nothing to say.
    let is_sound = || {
        let finds = |root: &crate::certificates::Certificate| {
            let below = temporary.path().join("below.pem");
            fs::write(&below, intermediate("Below").issued_by(root).pem()).unwrap();
            let mut verify = Command::new("openssl");
            verify.args(["verify", "-no-CAfile", "-no-CAstore", "-CApath"]).arg(&directory).arg(below);
            verify.output().unwrap().status.success()
        };
        let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
        castore.env_clear().env("SSL_CERT_DIR", &directory).env("HOME", temporary.path()).env("PATH", "/usr/bin");
        castore.args(["check", "--format", "json", "--only", "hash-directory", "openssl"]);
        let found = findings(&castore.output().unwrap());
        (finds(&one) && finds(&two), found.is_empty())
    };
    rehash();
    assert_eq!(links().len(), 2);
    assert_eq!(is_sound(), (true, true));
    // A gap, a wrong name, upper case, a link that dangles; each mended by the command of the remedy.
    let renames: [fn(&Path) -> PathBuf; 3] = [
        |link| link.with_extension("2"),
        |link| link.with_file_name("0123abcd.0"),
        |link| link.with_file_name(link.file_name().unwrap().to_string_lossy().to_ascii_uppercase()),
    ];
    for rename in renames {
        let first = links()[0].clone();
        fs::rename(&first, rename(&first)).unwrap();
        if links().contains(&first) {
            continue; // no letter among its digits
        }
        assert_eq!(is_sound(), (false, false), "{:?}", links());
        for link in links() {
            fs::remove_file(link).unwrap();
        }
        rehash();
        assert_eq!(is_sound(), (true, true), "{:?}", links());
    }
    fs::remove_file(directory.join("one.pem")).unwrap();
    assert_eq!(is_sound(), (false, false));
}

/// What castore says of one file.
fn of_file(file: &Path, id: &str) -> Vec<Value> {
    let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
    castore.env_clear().args(["check", "--format", "json", "--only", id]).arg(file);
    findings(&castore.output().unwrap())
}

/// How many entries keytool lists without a password.
fn listed(store: &Path) -> usize {
    let output = Command::new("keytool").arg("-list").arg("-keystore").arg(store).output().unwrap();
    String::from_utf8_lossy(&output.stdout).matches("trustedCertEntry").count()
}

#[test]
fn keystores_that_others_read_otherwise() {
    if !require("openssl") || !require("java") {
        return;
    }
    let temporary = tempfile::Builder::new().prefix("castore-").tempdir().unwrap();
    let path = |name: &str| temporary.path().join(name);
    fs::write(path("one.pem"), root("One").make().pem()).unwrap();
    let run = |program: &str, words: &[&str]| {
        let output = Command::new(program).args(words).current_dir(temporary.path()).output().unwrap();
        assert!(output.status.success(), "{program} {words:?}: {output:?}");
    };
    // Without the attribute that Java asks for, and with it.
    let export = ["pkcs12", "-export", "-nokeys", "-in", "one.pem", "-passout", "pass:"];
    run("openssl", &[&export[..], &["-certpbe", "NONE", "-nomac", "-out", "bare.p12"]].concat());
    let import =
        ["-importcert", "-noprompt", "-alias", "one", "-file", "one.pem", "-storepass", "changeit", "-storetype"];
    let plain = ["-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE"];
    run("keytool", &[&plain[..], &import, &["PKCS12", "-keystore", "java.p12"]].concat());
    for (name, lists) in [("bare.p12", 0), ("java.p12", 1)] {
        assert_eq!(listed(&path(name)), lists, "{name}");
        assert_eq!(of_file(&path(name), "pkcs12-lists-empty").len(), 1 - lists, "{name}");
    }
    // RC2, which OpenSSL keeps in a provider that it does not load.
    run("keytool", &[&["-J-Dkeystore.pkcs12.legacy"][..], &import, &["PKCS12", "-keystore", "old.p12"]].concat());
    run("keytool", &[&import[..], &["PKCS12", "-keystore", "new.p12"]].concat());
    let version = Command::new("openssl").arg("version").output().unwrap();
    let is_three = String::from_utf8_lossy(&version.stdout).starts_with("OpenSSL 3");
    for (name, is_weak) in [("old.p12", true), ("new.p12", false)] {
        let words = ["pkcs12", "-in", name, "-nokeys", "-passin", "pass:changeit"];
        let opens =
            Command::new("openssl").args(words).current_dir(temporary.path()).output().unwrap().status.success();
        assert!(!is_three || opens != is_weak, "{name}");
        assert_eq!(!of_file(&path(name), "weak-container").is_empty(), is_weak, "{name}");
    }
    // The remedy: written anew, OpenSSL opens it.
    let remedy = of_file(&path("old.p12"), "weak-container")[0]["remedy"].as_str().unwrap().to_owned();
    let command = remedy.strip_prefix("run ").and_then(|rest| rest.split(", and name").next()).unwrap();
    let command = format!("{command} -srcstorepass changeit -deststorepass changeit -noprompt");
    run("sh", &["-c", &command]);
    run("openssl", &["pkcs12", "-in", "NEW", "-nokeys", "-passin", "pass:changeit"]);
    assert!(of_file(&path("NEW"), "weak-container").is_empty());
}

/// A PEM file put before another by cat, as OpenSSL reads it.
#[test]
fn files_put_together_without_an_end_of_line() {
    if !require("openssl") {
        return;
    }
    let temporary = tempfile::Builder::new().prefix("castore-").tempdir().unwrap();
    let (one, two) = (root("One").make(), root("Two").key(4).make());
    let leaf = intermediate("Below").issued_by(&one);
    let below = temporary.path().join("below.pem");
    fs::write(&below, leaf.pem()).unwrap();
    for (end, is_sound) in [("\n", true), ("", false)] {
        let bundle = temporary.path().join("bundle.pem");
        fs::write(&bundle, format!("{}{end}{}", pem("CERTIFICATE", one.der()).trim_end(), two.pem())).unwrap();
        let mut verify = Command::new("openssl");
        let verify = verify.args(["verify", "-no-CApath", "-no-CAstore", "-CAfile"]).arg(&bundle).arg(&below);
        assert_eq!(verify.output().unwrap().status.success(), is_sound);
        assert_eq!(of_file(&bundle, "joined-blocks").is_empty(), is_sound);
    }
}

/// The kernel lets another account replace exactly what castore says it can.
#[cfg(unix)]
#[test]
fn who_can_change_a_store() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    const NOBODY: u32 = 65534;
    if fs::metadata("/proc/self").map_or(true, |own| own.uid() != 0) || !require("setpriv") {
        return skip("only root becomes another account");
    }
    let temporary = tempfile::Builder::new().prefix("castore-").tempdir().unwrap();
    fs::set_permissions(temporary.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (place, store) = (temporary.path().join("place"), temporary.path().join("place/store.pem"));
    let text = root("One").make().pem();
    // Mode and owner of the directory and of the file.
    for (directory, file) in [
        ((0o755, 0), (0o644, 0)),
        ((0o777, 0), (0o644, 0)),
        ((0o1777, 0), (0o644, 0)),
        ((0o1777, 0), (0o666, 0)),
        ((0o755, NOBODY), (0o644, 0)),
        ((0o755, 0), (0o644, NOBODY)),
        ((0o1777, 0), (0o644, NOBODY)),
        ((0o700, 0), (0o644, 0)),
    ] {
        drop(fs::remove_dir_all(&place));
        fs::create_dir(&place).unwrap();
        fs::write(&store, &text).unwrap();
        for (path, (mode, owner)) in [(&store, file), (&place, directory)] {
            chown(path, Some(owner), Some(owner)).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let says = !of_file(&store, "world-writable").is_empty() || !of_file(&store, "foreign-owned").is_empty();
        // By writing into it, or by putting another in its place.
        let script = format!("echo x >> {0} || {{ echo y > {0}.new && mv -f {0}.new {0}; }}", store.display());
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", &script]);
        drop(setpriv.output().unwrap());
        assert_eq!(
            fs::read_to_string(&store).unwrap() != text,
            says,
            "{:o} {} and {:o} {}",
            directory.0,
            directory.1,
            file.0,
            file.1
        );
    }
}
