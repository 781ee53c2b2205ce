//! Roots that real programs put into stores, take out and trust otherwise, held against a baseline; and stores
//! that they write anew, which are no change. certutil, keytool, openssl, update-ca-certificates.

use crate::{authority, fingerprint, long, skip};
use castore::baseline::{Baseline, Comparison, Limits, Servers, Taken, compare, read, take, write};
use castore::format::pem;
use castore::host::Host;
use castore::host::files::Tree;
use castore::load::load;
use castore::model::{Fingerprint, Reading, StoreId};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

/// What stands at these paths.
fn taken(paths: &[&Path]) -> Taken {
    let host = Host::new(Box::new(Tree::live().unwrap()), castore::host::native::system());
    let stores: BTreeSet<StoreId> = paths.iter().map(|path| StoreId::Path(path.to_path_buf())).collect();
    let snapshot = load(&host, &stores);
    assert!(snapshot.stores().all(|store| store.reading == Reading::Whole));
    take(&host, &[], &snapshot, Limits { stores: &stores, scope: &[], redact: false })
}

/// Through its file, as a later run has it.
fn baseline(paths: &[&Path]) -> Baseline {
    let text = write(&Baseline { inventory: taken(paths).inventory, accepted: Vec::new() });
    read(text.as_bytes()).unwrap()
}

fn since(baseline: &Baseline, paths: &[&Path]) -> Comparison {
    compare(&baseline.inventory, &taken(paths).inventory)
}

fn added(found: &Comparison) -> Vec<Fingerprint> {
    found.stores.iter().flat_map(|change| &change.added).map(|added| added.certificate).collect()
}

fn removed(found: &Comparison) -> Vec<Fingerprint> {
    found.stores.iter().flat_map(|change| &change.removed).map(|removed| removed.certificate).collect()
}

/// A directory for one test, behind its links.
fn place() -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let path = fs::canonicalize(place.path()).unwrap();
    (place, path)
}

fn must(place: &Path, program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(place).env("HOME", place).stdin(Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&said));
}

fn is_here(program: &str, argument: &str) -> bool {
    let found = Command::new(program).arg(argument).stdin(Stdio::null()).output().is_ok();
    if !found {
        skip(&format!("{program} is not here"));
    }
    found
}

/// Makes a file seem to be of another time.
fn touch(path: &Path, days: u64) {
    let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400);
    fs::File::options().write(true).open(path).unwrap().set_modified(moment).unwrap();
}

#[test]
fn what_certutil_does_to_a_database() {
    if !is_here("certutil", "-H") {
        return;
    }
    let (_kept, place) = place();
    must(&place, "certutil", &["-N", "-d", "sql:.", "--empty-password"]);
    let put = |name: &str, flags: &str, der: &[u8]| {
        fs::write(place.join("add.der"), der).unwrap();
        must(&place, "certutil", &["-A", "-d", "sql:.", "-n", name, "-t", flags, "-i", "add.der"]);
    };
    let database = place.join("cert9.db");
    let store = [database.as_path()];
    put("first", "C,C,", &authority("First"));
    for round in 0..if long() { 40 } else { 4 } {
        let before = baseline(&store);
        let name = format!("root {round}");
        let der = authority(&name);
        put(&name, "C,,", &der);
        let found = since(&before, &store);
        assert_eq!((added(&found), found.stores.len()), (vec![fingerprint(&der)], 1));
        assert_eq!(found.stores[0].added[0].said.servers, Servers::Trusted);
        // Written anew, nothing changed.
        let before = baseline(&store);
        must(&place, "certutil", &["-M", "-d", "sql:.", "-n", &name, "-t", "C,,"]);
        touch(&database, 1000 + round);
        assert_eq!(since(&before, &store), Comparison::default());
        // Distrusted, and gone.
        must(&place, "certutil", &["-M", "-d", "sql:.", "-n", &name, "-t", "p,p,p"]);
        let found = since(&before, &store);
        let change = &found.stores[0].trust[0];
        assert_eq!((change.then.servers, change.now.servers), (Servers::Trusted, Servers::Refused));
        assert!(added(&found).is_empty() && removed(&found).is_empty());
        must(&place, "certutil", &["-D", "-d", "sql:.", "-n", &name]);
        assert_eq!(removed(&since(&before, &store)), [fingerprint(&der)]);
    }
}

#[test]
fn what_keytool_does_to_a_keystore() {
    if !is_here("keytool", "-help") {
        return;
    }
    let (_kept, place) = place();
    let import = |name: &str, der: &[u8]| {
        fs::write(place.join("add.der"), der).unwrap();
        let common = ["-importcert", "-noprompt", "-storetype", "JKS", "-keystore", "cacerts"];
        let more = ["-storepass", "changeit", "-alias", name, "-file", "add.der"];
        must(&place, "keytool", &[&common[..], &more].concat());
    };
    let keystore = place.join("cacerts");
    let store = [keystore.as_path()];
    import("first", &authority("First"));
    for round in 0..if long() { 5 } else { 1 } {
        let before = baseline(&store);
        let (name, der) = (format!("root{round}"), authority("Another"));
        import(&name, &der);
        assert_eq!(added(&since(&before, &store)), [fingerprint(&der)]);
        // Another alias, and the other kind of keystore at the same place.
        let before = baseline(&store);
        let common = ["-keystore", "cacerts", "-storepass", "changeit"];
        let other = format!("other{round}");
        let rename = ["-changealias", "-alias", &name, "-destalias", &other];
        must(&place, "keytool", &[&rename[..], &common].concat());
        assert_eq!(since(&before, &store), Comparison::default());
        let from = ["-importkeystore", "-noprompt", "-srckeystore", "cacerts", "-srcstorepass", "changeit"];
        let to = ["-destkeystore", "new", "-deststoretype", "PKCS12", "-deststorepass", "changeit"];
        must(&place, "keytool", &[&from[..], &to].concat());
        fs::copy(&keystore, place.join("jks")).unwrap();
        fs::rename(place.join("new"), &keystore).unwrap();
        assert_eq!(since(&before, &store), Comparison::default());
        fs::rename(place.join("jks"), &keystore).unwrap();
        must(&place, "keytool", &[&["-delete", "-alias", &other][..], &common].concat());
        assert_eq!(removed(&since(&before, &store)), [fingerprint(&der)]);
    }
}

#[test]
fn what_openssl_and_update_ca_certificates_do_to_bundles() {
    if !is_here("openssl", "version") || !is_here("update-ca-certificates", "--help") {
        return;
    }
    let (_kept, place) = place();
    for directory in ["shipped/mozilla", "local", "certs", "hooks"] {
        fs::create_dir_all(place.join(directory)).unwrap();
    }
    let roots: Vec<Vec<u8>> = (0..5).map(|number| authority(&format!("Root {number}"))).collect();
    let mut chosen = String::new();
    for (number, der) in roots.iter().enumerate() {
        fs::write(place.join(format!("shipped/mozilla/r{number}.crt")), pem::write(der, &[])).unwrap();
        chosen += &format!("mozilla/r{number}.crt\n");
    }
    fs::write(place.join("list"), chosen).unwrap();
    let text = |name: &str| place.join(name).to_str().unwrap().to_owned();
    let [list, shipped, local, certs, hooks] = ["list", "shipped", "local", "certs", "hooks"].map(text);
    let update = |more: &[&str]| {
        let places = [
            ["--certsconf", &list],
            ["--certsdir", &shipped],
            ["--localcertsdir", &local],
            ["--etccertsdir", &certs],
            ["--hooksdir", &hooks],
        ];
        must(&place, "update-ca-certificates", &[&places.concat()[..], more].concat());
    };
    update(&[]);
    let bundle = place.join("certs/ca-certificates.crt");
    let directory = place.join("certs");
    let stores = [bundle.as_path(), directory.as_path()];
    let before = baseline(&stores);
    assert_eq!(before.inventory.certificates.len(), roots.len());
    // Links and bundle made anew.
    update(&["--fresh"]);
    touch(&bundle, 1);
    assert_eq!(since(&before, &stores), Comparison::default());
    // One more of the administrator's: in the bundle and in the directory.
    let own = authority("Own");
    fs::write(place.join("local/own.crt"), pem::write(&own, &[])).unwrap();
    update(&[]);
    let found = since(&before, &stores);
    assert_eq!((added(&found), removed(&found)), (vec![fingerprint(&own); 2], Vec::new()));
    assert!(found.stores.iter().all(|change| change.added[0].was_in.is_empty()));
    // As openssl writes it: text before each, then TRUSTED CERTIFICATE, which says more.
    let before = baseline(&stores[..1]);
    let converted = |arguments: &[&str]| {
        let mut all = Vec::new();
        for der in roots.iter().chain([&own]) {
            fs::write(place.join("one.der"), der).unwrap();
            let common = ["x509", "-inform", "DER", "-in", "one.der", "-out", "one.pem"];
            must(&place, "openssl", &[&common[..], arguments].concat());
            all.extend(fs::read(place.join("one.pem")).unwrap());
        }
        fs::write(&bundle, all).unwrap();
    };
    converted(&["-text"]);
    assert_eq!(since(&before, &stores[..1]), Comparison::default());
    converted(&["-addreject", "serverAuth"]);
    let found = since(&before, &stores[..1]);
    assert_eq!(found.stores[0].trust.len(), roots.len() + 1);
    assert!(found.stores[0].trust.iter().all(|change| change.now.servers == Servers::Refused));
    // And the same in PKCS#7.
    fs::write(place.join("all.pem"), roots.iter().chain([&own]).map(|der| pem::write(der, &[])).collect::<String>())
        .unwrap();
    must(&place, "openssl", &["crl2pkcs7", "-nocrl", "-certfile", "all.pem", "-out", bundle.to_str().unwrap()]);
    assert_eq!(since(&before, &stores[..1]), Comparison::default());
}
