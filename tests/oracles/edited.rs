//! Stores that were changed, read by the programs that own them: keytool lists exactly what was wanted and still has
//! its keys, Python and Node load exactly the set, `openssl` finds every certificate of a directory.

use crate::java::has_java;
use crate::pkcs::Bench;
use crate::written::{NODE, PYTHON, asked, fingerprints, sets};
use crate::{authority, long, numbers::Numbers, require, skip};
use castore::format::{pem, x509};
use castore::host::files::Tree;
use castore::host::{Host, System};
use castore::load::load;
use castore::model::{Certificate, Fingerprint, Format, Password, StoreId, Timestamp};
use castore::plan::edit::{Edited, Operation, Wanted, file, hash_directory};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::slice::from_ref;
use std::sync::Arc;

fn made(name: &str) -> Arc<Certificate> {
    Arc::new(x509::read(authority(name).into()))
}

fn with<R>(
    add: &[Arc<Certificate>],
    remove: &[&Certificate],
    passwords: &[&str],
    edit: impl Fn(&Wanted<'_>) -> R,
) -> R {
    let remove: BTreeSet<Fingerprint> = remove.iter().map(|certificate| certificate.fingerprint()).collect();
    let passwords: Vec<Password> = passwords.iter().map(|text| Password::new(*text)).collect();
    edit(&Wanted { add, remove: &remove, passwords: &passwords, at: Timestamp::from_unix(1_790_000_000) })
}

fn edited(format: Format, old: &[u8], add: &[Arc<Certificate>], remove: &[&Certificate], password: &str) -> Vec<u8> {
    with(add, remove, &[password], |wanted| match file(format, old, wanted) {
        Ok(Edited::Bytes(bytes)) => bytes,
        other => panic!("{other:?}"),
    })
}

fn set<'c>(certificates: impl IntoIterator<Item = &'c Arc<Certificate>>) -> BTreeSet<String> {
    certificates.into_iter().map(|certificate| certificate.fingerprint().to_string().to_uppercase()).collect()
}

/// What is added, what is removed, what is then there.
type Step<'c> = (&'c [Arc<Certificate>], &'c [&'c Certificate], Vec<&'c Arc<Certificate>>);

/// Keystores with a key, a secret where the type has any, and two certificates, as keytool makes them: its name,
/// castore's, options.
const STORES: &[(&str, Format, &str)] = &[
    ("JKS", Format::Jks, ""),
    ("JCEKS", Format::Jceks, ""),
    ("PKCS12", Format::Pkcs12, ""),
    ("PKCS12", Format::Pkcs12, "-J-Dkeystore.pkcs12.legacy"),
];

#[test]
fn keytool_lists_what_was_wanted_and_has_its_keys() {
    if !require("openssl") || !has_java() {
        return;
    }
    let [first, second, third, fourth] = ["First", "Second", "Third", "Fourth"].map(made);
    for (kind, format, options) in STORES {
        let bench = Bench::new();
        let keytool = |what: &str| {
            let store = format!("-keystore store -storetype {kind} -storepass secret-1 {options}");
            bench.must("keytool", &format!("{what} {store}"))
        };
        keytool("-genkeypair -alias server -keyalg EC -dname CN=server -validity 30 -keypass secret-1");
        if *kind == "JCEKS" {
            keytool("-genseckey -alias sealed -keyalg AES -keysize 128 -keypass secret-1");
        }
        for (name, certificate) in [("first", &first), ("second", &second)] {
            bench.write(name, pem::write(certificate.der(), &[]));
            keytool(&format!("-importcert -noprompt -alias {name} -file {name}"));
        }
        // The key, taken out with its certificate.
        let key = || {
            let _ = fs::remove_file(bench.path("taken"));
            bench.must(
                "keytool",
                &format!(
                    "-importkeystore -noprompt -srckeystore store -srcstoretype {kind} -srcstorepass secret-1 \
                     -srcalias server -srckeypass secret-1 -destkeystore taken -deststoretype PKCS12 \
                     -deststorepass secret-1 -destkeypass secret-1"
                ),
            );
            bench.must("openssl", "pkcs12 -in taken -nodes -nocerts -passin pass:secret-1 -out key.pem");
            bench.must("openssl", "pkey -in key.pem -outform PEM")
        };
        let keys_before = key();
        let listed = || {
            let text = keytool("-list -rfc");
            let entries = |what: &str| text.matches(what).count();
            let keys = entries("Entry type: PrivateKeyEntry");
            let others = entries("Entry type: trustedCertEntry");
            let secrets = entries("Entry type: SecretKeyEntry");
            (Bench::printed(&text), keys, others, secrets)
        };
        let (before, ..) = listed();
        let own: BTreeSet<String> = before.difference(&set([&first, &second])).cloned().collect();
        assert_eq!(own.len(), 1);
        let secrets = usize::from(*kind == "JCEKS");

        let steps: [Step<'_>; 3] = [
            (&[third.clone(), fourth.clone()], &[&*first], vec![&second, &third, &fourth]),
            (&[], &[&*third, &*second], vec![&fourth]),
            (&[], &[&*fourth], vec![]),
        ];
        for (add, remove, held) in steps {
            let new = edited(*format, &bench.read("store"), add, remove, "secret-1");
            bench.write("store", &new);
            let count = held.len();
            let expected: BTreeSet<String> = set(held).union(&own).cloned().collect();
            assert_eq!(listed(), (expected, 1, count, secrets), "{kind} {options}");
            assert_eq!(key(), keys_before, "{kind} {options}");
        }
        // keytool goes on with what castore wrote.
        keytool("-importcert -noprompt -alias first -file first");
        assert_eq!(listed().2, 1);
    }
}

#[test]
fn the_chain_of_a_key_outlives_the_trust_in_its_root() {
    if !has_java() {
        return;
    }
    for (kind, format) in [("JKS", Format::Jks), ("PKCS12", Format::Pkcs12)] {
        let bench = Bench::new();
        let with = |store: &str, what: &str| {
            bench.must("keytool", &format!("{what} -keystore {store} -storetype {kind} -storepass secret-1"))
        };
        with("ca", "-genkeypair -alias ca -keyalg EC -dname CN=ca -ext bc:c -validity 30 -keypass secret-1");
        with("ca", "-exportcert -rfc -alias ca -file ca.pem");
        with("store", "-genkeypair -alias server -keyalg EC -dname CN=server -validity 30 -keypass secret-1");
        with("store", "-certreq -alias server -file request -keypass secret-1");
        with("ca", "-gencert -rfc -alias ca -infile request -outfile reply.pem -keypass secret-1");
        bench.write("chain.pem", [bench.read("reply.pem"), bench.read("ca.pem")].concat());
        with("store", "-importcert -noprompt -alias server -file chain.pem -keypass secret-1");
        let entry = pem::read(&bench.read("ca.pem")).entries.remove(0);
        let castore::model::Body::Certificate(der) = entry.body else { panic!("no certificate") };
        let ca = Arc::new(x509::read(der));
        // Entries of trust, and the length of the key's chain.
        let listed = || {
            let text = with("store", "-list -v");
            let chain = text.lines().find_map(|line| line.strip_prefix("Certificate chain length: "));
            (text.matches("trustedCertEntry").count(), chain.map(str::to_owned))
        };
        let two = Some("2".to_owned());
        assert_eq!(listed(), (0, two.clone()), "{kind}");
        let remove: BTreeSet<Fingerprint> = [ca.fingerprint()].into();
        let passwords = [Password::new("secret-1")];
        let wanted = Wanted { add: &[], remove: &remove, passwords: &passwords, at: Timestamp::from_unix(0) };
        assert_eq!(file(format, &bench.read("store"), &wanted), Ok(Edited::Same), "{kind}: it is no anchor there");
        for by_keytool in [false, true] {
            if by_keytool {
                with("store", "-importcert -noprompt -alias root -file ca.pem");
            } else {
                bench.write("store", edited(format, &bench.read("store"), from_ref(&ca), &[], "secret-1"));
            }
            assert_eq!(listed(), (1, two.clone()), "{kind} {by_keytool}");
            bench.write("store", edited(format, &bench.read("store"), &[], &[&ca], "secret-1"));
            assert_eq!(listed(), (0, two.clone()), "{kind} {by_keytool}");
        }
    }
}

/// Ways in which `openssl pkcs12 -export` protects a file.
const PROTECTIONS: &[&str] = &[
    "",
    "-certpbe NONE",
    "-legacy -certpbe PBE-SHA1-RC2-40",
    "-legacy -certpbe PBE-SHA1-RC2-128",
    "-legacy -certpbe PBE-SHA1-RC4-40",
    "-legacy -certpbe PBE-SHA1-RC4-128",
    "-certpbe PBE-SHA1-3DES -macalg sha1",
    "-certpbe PBE-SHA1-2DES",
    "-certpbe AES-128-CBC -macalg sha512",
    "-certpbe AES-192-CBC -iter 3000",
    "-certpbe DES-EDE3-CBC",
    "-nomac",
];

#[test]
fn openssl_opens_changed_pkcs12_of_every_protection() {
    if !require("openssl") {
        return;
    }
    let bench = Bench::new();
    let [first, second, third] = ["First", "Second", "Third"].map(made);
    bench.write("two.pem", pem::write(first.der(), &[]) + &pem::write(second.der(), &[]));
    bench.must(
        "openssl",
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out own.pem -subj /CN=own",
    );
    let own = Bench::printed(&String::from_utf8(bench.read("own.pem")).unwrap());
    let private = bench.must("openssl", "pkey -in key.pem");
    for protection in PROTECTIONS {
        let export = "pkcs12 -export -in own.pem -inkey key.pem -certfile two.pem -passout pass:secret-1 -out x";
        bench.must("openssl", &format!("{export} {protection}"));
        let old = bench.read("x");
        bench.write("x", edited(Format::Pkcs12, &old, from_ref(&third), &[&first], "secret-1"));
        let legacy = if protection.contains("legacy") { "-legacy" } else { "" };
        let said = bench.must("openssl", &format!("pkcs12 -in x -nodes -passin pass:secret-1 {legacy}"));
        let expected: BTreeSet<String> = set([&second, &third]).union(&own).cloned().collect();
        assert_eq!(Bench::printed(&said), expected, "{protection}");
        let key = |text: &str| -> String {
            let from = text.find("-----BEGIN PRIVATE KEY").expect("a key");
            text[from..].split_inclusive('\n').take_while(|line| !line.starts_with("-----END")).collect()
        };
        assert_eq!(key(&said), key(&private), "{protection}");
        let info = |file: &str| {
            let text = bench.must("openssl", &format!("pkcs12 -in {file} -info -noout -passin pass:secret-1 {legacy}"));
            text.lines().filter(|line| line.contains("teration")).map(str::to_owned).collect::<BTreeSet<String>>()
        };
        bench.write("before", &old);
        assert_eq!(info("x"), info("before"), "{protection}");
    }
}

/// A bundle of these, in one of the ways in which they are written.
fn bundle(certificates: &[Certificate], numbers: &mut Numbers) -> String {
    let mut text = String::from(numbers.of(&["", "# all of them\n", "\u{feff}", "\n"]));
    for certificate in certificates {
        text += &match numbers.below(4) {
            0 => pem::write(certificate.der(), &["a comment", "Ünïcode -----"]),
            1 => format!("\n{}", pem::write(certificate.der(), &[])),
            _ => pem::write(certificate.der(), &[]),
        };
    }
    if numbers.below(3) == 0 {
        text = text.replace('\n', "\r\n");
    }
    if numbers.below(3) == 0 { text.trim_end().to_owned() } else { text }
}

#[test]
fn python_and_node_load_changed_bundles() {
    if !require("python3") || !require("node") {
        return;
    }
    let all = sets(if long() { 1000 } else { 100 });
    let directory = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(0x3c6e_f372_fe94_f82b);
    let (mut paths, mut expected) = (Vec::new(), Vec::new());
    for (n, pair) in all.chunks_exact(2).enumerate() {
        let [held, more] = pair else { continue };
        let old = bundle(held, &mut numbers);
        let add: Vec<Arc<Certificate>> = more.iter().map(|one| Arc::new(x509::read(one.der().into()))).collect();
        let remove: Vec<&Certificate> = held.iter().chain(more).filter(|_| numbers.below(3) == 0).collect();
        let removed: BTreeSet<String> = remove.iter().map(|one| one.fingerprint().to_string()).collect();
        let wanted: BTreeSet<String> =
            fingerprints(held).union(&fingerprints(more)).filter(|one| !removed.contains(*one)).cloned().collect();
        if wanted.is_empty() {
            continue;
        }
        let new = with(&add, &remove, &[], |wanted| file(Format::Pem, old.as_bytes(), wanted));
        let new = match new.unwrap() {
            Edited::Bytes(bytes) => bytes,
            Edited::Same => old.into_bytes(),
        };
        let path = directory.path().join(format!("{n}.pem"));
        fs::write(&path, new).unwrap();
        paths.push(path);
        expected.push(wanted);
    }
    assert_eq!(asked("python3", &["-c", PYTHON], &paths), expected);
    assert_eq!(asked("node", &["-e", NODE], &paths), expected);
}

/// certifi's file, in which every block has comments of its own.
fn certifi() -> Option<String> {
    let script = "import pip._vendor.certifi as c; print(c.where())";
    let output = std::process::Command::new("python3").args(["-c", script]).output().ok()?;
    fs::read_to_string(String::from_utf8(output.stdout).ok()?.trim()).ok()
}

#[test]
fn a_certificate_leaves_certifi_with_its_comments_and_nothing_else() {
    let Some(old) = certifi() else { return skip("pip brings no certifi") };
    let held: Vec<Certificate> = pem::read(old.as_bytes())
        .entries
        .into_iter()
        .filter_map(|entry| match entry.body {
            castore::model::Body::Certificate(der) => Some(x509::read(der)),
            _ => None,
        })
        .collect();
    assert!(held.len() > 50, "{} certificates", held.len());
    let sections = |text: &str| {
        text.split("\n\n").filter(|part| !part.trim().is_empty()).map(|part| part.trim().to_owned()).collect::<Vec<_>>()
    };
    let all = sections(&old);
    // What somebody appended has no comments of its own.
    let of_certifi = all.iter().take_while(|part| part.matches("-----BEGIN ").count() == 1).count();
    for (at, certificate) in held.iter().enumerate().take(of_certifi).step_by(if long() { 1 } else { 9 }) {
        let new = edited(Format::Pem, old.as_bytes(), &[], &[certificate], "");
        let mut expected = all.clone();
        expected.remove(at);
        assert_eq!(sections(std::str::from_utf8(&new).unwrap()), expected);
    }
    let own = made("of a company");
    let more = edited(Format::Pem, old.as_bytes(), from_ref(&own), &[], "");
    assert!(more.starts_with(old.as_bytes()));
    assert_eq!(edited(Format::Pem, &more, &[], &[&own], ""), old.as_bytes());
}

/// A root that says which key signed it: OpenSSL tells it from others of its name.
fn told_apart(name: &str) -> Vec<u8> {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    parameters.use_authority_key_identifier_extension = true;
    parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

/// Carries operations out in a directory.
#[cfg(unix)]
fn carry_out(directory: &Path, operations: &[Operation]) {
    for operation in operations {
        let path = directory.join(operation.name());
        match operation {
            Operation::Write { bytes, .. } => fs::write(path, bytes).unwrap(),
            Operation::Link { to, .. } => {
                let _ = fs::remove_file(&path);
                std::os::unix::fs::symlink(to, path).unwrap();
            }
            Operation::Remove { .. } => fs::remove_file(path).unwrap(),
        }
    }
}

#[cfg(unix)]
#[test]
fn openssl_finds_every_certificate_of_a_changed_directory() {
    if !require("openssl") {
        return;
    }
    let bench = Bench::new();
    // Of one subject there are many.
    let all: Vec<Vec<u8>> = (0..12).map(|n| told_apart(["Same", "Same", "Other", "Third"][n % 4])).collect();
    let all: Vec<Arc<Certificate>> = all.into_iter().map(|der| Arc::new(x509::read(der.into()))).collect();
    let files: Vec<String> = (0..all.len()).map(|n| format!("{n}.crt")).collect();
    for (certificate, file) in all.iter().zip(&files) {
        bench.write(file, pem::write(certificate.der(), &[]));
    }
    let hashed = bench.path("hashed");
    let mut numbers = Numbers(0xa54f_f53a_5f1d_36f1);
    for round in 0..if long() { 40 } else { 6 } {
        let _ = fs::remove_dir_all(&hashed);
        fs::create_dir(&hashed).unwrap();
        let mut held: BTreeSet<usize> = (0..all.len()).filter(|_| numbers.below(2) == 0).collect();
        for n in &held {
            fs::write(hashed.join(format!("file-{n}.pem")), pem::write(all[*n].der(), &[])).unwrap();
        }
        bench.must("openssl", if round % 2 == 0 { "rehash hashed" } else { "rehash -compat hashed" });
        for _ in 0..2 {
            let add: BTreeSet<usize> = (0..all.len()).filter(|_| numbers.below(3) == 0).collect();
            let remove: BTreeSet<usize> = (0..all.len()).filter(|_| numbers.below(3) == 0).collect();
            let added: Vec<Arc<Certificate>> = add.iter().map(|n| all[*n].clone()).collect();
            let removed: Vec<&Certificate> = remove.iter().map(|n| &*all[*n]).collect();
            let id = StoreId::Path("/hashed".into());
            let host = Host::new(Box::new(Tree::at(bench.path("")).unwrap()), System::Linux);
            let snapshot = load(&host, &BTreeSet::from([id.clone()]));
            let octets = |name: &std::ffi::OsStr| fs::read(hashed.join(name)).ok();
            let operations = with(&added, &removed, &[], |wanted| {
                hash_directory(snapshot.store(&id).unwrap(), &octets, wanted).unwrap()
            });
            carry_out(&hashed, &operations);
            held = held.union(&add).copied().filter(|n| !remove.contains(n)).collect();
            let mut found = BTreeSet::new();
            for (n, file) in files.iter().enumerate() {
                let said = bench.run("openssl", &["verify", "-CApath", "hashed", file]);
                if said.ok {
                    found.insert(n);
                }
            }
            assert_eq!(found, held, "round {round}: {operations:?}");
            // What `openssl rehash` makes of the same files has the same names; whether it makes those of before
            // OpenSSL 1.0.0 is not to be seen in an empty directory.
            let names = || -> BTreeSet<String> {
                let entries = fs::read_dir(&hashed).unwrap();
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
            };
            if round % 2 == 0 {
                let before = names();
                bench.must("openssl", "rehash hashed");
                assert_eq!(names(), before);
            }
        }
    }
}
