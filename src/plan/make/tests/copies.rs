//! Copies in environments, keystores, links, and what no copy of castore's touches.

use super::*;

const VENV: &str = "/opt/a/lib/python3.12/site-packages";

/// An environment with a certifi of these roots.
fn environment(files: Memory, at: &str, roots: &[&Arc<Certificate>]) -> Memory {
    let site = format!("{at}/lib/python3.12/site-packages");
    let record = "certifi/cacert.pem,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n";
    files
        .file(format!("{at}/pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.1\n")
        .file(format!("{at}/bin/python3.12"), "")
        .file(format!("{site}/certifi/cacert.pem"), text(roots))
        .file(format!("{site}/certifi/__init__.py"), "__version__ = \"2026.5.20\"\n")
        .file(format!("{site}/certifi/core.py"), "")
        .file(format!("{site}/certifi-2026.5.20.dist-info/RECORD"), record)
        .file(format!("{site}/certifi-2026.5.20.dist-info/METADATA"), "Name: certifi\nVersion: 2026.5.20\n")
}

/// A host with these files on which environments below `/opt` are looked for.
fn with_environments(files: Memory, names: &[&str]) -> Host {
    let mut host = Host::new(Box::new(files), System::Linux);
    let path = names.iter().map(|name| format!("{name}/bin")).collect::<Vec<_>>().join(":");
    host.set_environment([("PATH".into(), path.into())].into());
    host
}

#[test]
fn certifi_in_two_environments_is_two_stores_with_what_replaces_them() {
    let [a, corp] = ["A", "Corp"].map(root);
    let files = environment(environment(Memory::new(), "/opt/a", &[&a]), "/opt/b", &[&a, &corp]);
    let host = with_environments(files, &["/opt/a", "/opt/b"]);
    let both = plan_on(&host, &Asked { to: &["certifi"], from: &[&a, &corp], ..Asked::default() }).unwrap();
    insta::assert_snapshot!(said(&both), @r"
    /opt/a/lib/python3.12/site-packages/certifi/cacert.pem (pem): certifi:/opt/a/lib/python3.12/site-packages/certifi
      + Corp
      kept 1; the file is written anew; asks [Openssl, Python]
      lost by: the next upgrade of certifi replaces it, and not what REQUESTS_CA_BUNDLE or SSL_CERT_FILE names
      write /opt/a/lib/python3.12/site-packages/certifi/cacert.pem
    unchanged /opt/b/lib/python3.12/site-packages/certifi/cacert.pem
    ");
    let Step::Write { path, bytes, .. } = &both.stores[0].steps[0] else { panic!() };
    assert_eq!(path.parent().unwrap(), std::path::Path::new(VENV).join("certifi"));
    assert_eq!(String::from_utf8_lossy(bytes), text(&[&a, &corp]));
    assert_eq!(both.stores[0].after, After::Exactly([a.fingerprint(), corp.fingerprint()].into()));
    let one = plan_on(&host, &Asked { to: &["certifi:/opt/b"], from: &[&a, &corp], ..Asked::default() }).unwrap();
    assert!(one.stores.is_empty() && one.unchanged.len() == 1);
}

#[test]
fn links_lead_to_one_store_that_is_written_once() {
    let [a, corp] = ["A", "Corp"].map(root);
    let files = Memory::new()
        .file("/etc/own.pem", text(&[&a]))
        .link("/etc/ssl/cert.pem", "../own.pem")
        .link("/etc/first.pem", "own.pem")
        .link("/etc/second.pem", "first.pem");
    let host = Host::new(Box::new(files), System::Linux);
    let asked = Asked { to: &["system", "/etc/first.pem", "/etc/second.pem"], add: &[&corp], ..Asked::default() };
    let plan = plan_on(&host, &asked).unwrap();
    insta::assert_snapshot!(said(&plan), @r"
    /etc/own.pem (pem) <- /etc/ssl/cert.pem: system boringssl go rust-native-certs rust-native-tls
      + Corp
      kept 1; the file is written anew; asks [Openssl]
      write /etc/own.pem
    ");
}

#[test]
fn a_file_of_a_package_is_left_to_it() {
    let [a, corp] = ["A", "Corp"].map(root);
    let files = environment(Memory::new(), "/opt/a", &[&a])
        .file("/var/lib/dpkg/info/python3-certifi.list", format!("{VENV}/certifi/cacert.pem\n/etc/own.pem\n"))
        .file("/var/lib/dpkg/info/python3-certifi.conffiles", "/etc/own.pem\n")
        .file("/etc/own.pem", text(&[&a]));
    let host = with_environments(files, &["/opt/a"]);
    let plan = plan_on(&host, &Asked { to: &["certifi", "/etc/own.pem"], add: &[&corp], ..Asked::default() }).unwrap();
    insta::assert_snapshot!(said(&plan), @r"
    /etc/own.pem (pem): 
      + Corp
      kept 1; the file is written anew; asks [Openssl]
      write /etc/own.pem
    declined /opt/a/lib/python3.12/site-packages/certifi/cacert.pem: it belongs to the package python3-certifi (dpkg), whose next upgrade replaces it; name a bundle of your own by REQUESTS_CA_BUNDLE or SSL_CERT_FILE
    ");
}

#[test]
fn what_cannot_be_written_is_told_why() {
    let [a, corp] = ["A", "Corp"].map(root);
    let broken = text(&[&a]).replace("-----END CERTIFICATE-----", "!\n-----END CERTIFICATE-----");
    let files = Memory::new()
        .file("/a.der", a.der())
        .file("/broken.pem", broken + &text(&[&a]))
        .with("/denied.pem", Node::Denied)
        .file("/a.p7b", crate::format::pkcs7::write(&[a.der()]))
        .file("/empty.pem", "");
    let to = ["/a.der", "/broken.pem", "/denied.pem", "/a.p7b", "/empty.pem", "/gone.pem"];
    let plan = plan(files, &Asked { to: &to, add: &[&corp], ..Asked::default() }).unwrap();
    insta::assert_snapshot!(said(&plan), @r"
    /empty.pem (empty): 
      + Corp
      kept 0; the file is written anew; asks [Openssl]
      write /empty.pem
    declined /a.der: it is one certificate in DER, and has no room for another; castore export --out FILE writes a bundle, which a setting can name
    declined /a.p7b: castore does not change files of format pkcs7; castore export --format pkcs7 makes a new one
    declined /broken.pem: line 1: the block holds what is no base64, or its padding is wrong, so OpenSSL loads no certificate of the file at all; mend or remove that block first
    declined /denied.pem: it cannot be read: permission denied; -
    declined /gone.pem: nothing is there; castore export --out FILE writes a new one
    ");
}

#[test]
fn nobody_adds_what_is_expired_or_public_or_no_authority() {
    let [a, corp] = ["A", "Corp"].map(root);
    let leaf = Arc::new(x509::read(leaf().into()));
    let files = Memory::new().file("/x.pem", text(&[&a]));
    let asked = Asked { to: &["/x.pem"], from: &[&corp, &leaf], add: &[&leaf], only: Only::Local, ..Asked::default() };
    insta::assert_snapshot!(said(&plan(files, &asked).unwrap()), @r"
    /x.pem (pem): 
      + Corp
      kept 1; the file is written anew; asks [Openssl]
      write /x.pem
    not added: rcgen self signed cert, not a certification authority
    ");
}

/// A certificate of a server.
fn leaf() -> Vec<u8> {
    let parameters = rcgen::CertificateParams::new(vec!["host.test".to_owned()]).unwrap();
    parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

#[test]
fn a_selector_that_names_nothing_is_an_error() {
    let corp = root("Corp");
    let nothing = plan(Memory::new(), &Asked { to: &["certifi"], add: &[&corp], ..Asked::default() }).unwrap_err();
    assert!(matches!(nothing, Refused::NoStore(Selector::Clients { .. })), "{nothing:?}");
    let both = Asked { to: &["/x.pem"], add: &[&corp], remove: &[&corp], ..Asked::default() };
    let both = plan(Memory::new().file("/x.pem", ""), &both).unwrap_err();
    assert!(matches!(both, Refused::Both(_)));
}

/// Three Javas of a Debian lead to one keystore, which a trigger makes; a Java of its own has its own.
#[test]
fn the_javas_of_a_distribution_share_what_it_makes() {
    let [a, corp] = ["A", "Corp"].map(root);
    let keystore = |alias: &str| {
        let password = crate::model::Password::new("changeit");
        crate::format::jks::write([(alias, a.der())], &password)
    };
    let java = |files: Memory, at: &str| {
        files.file(format!("{at}/bin/java"), "").file(format!("{at}/release"), "JAVA_VERSION=\"17.0.1\"\n")
    };
    let mut files = super::systems::debian(&[&a])
        .file("/etc/ssl/certs/java/cacerts", keystore("debian:a.pem"))
        .file("/etc/ca-certificates/update.d/jks-keystore", "")
        .file("/usr/lib/jvm/own/lib/security/cacerts", keystore("a"));
    for name in ["a", "b", "c"] {
        let at = format!("/usr/lib/jvm/{name}");
        files = java(files, &at).link(format!("{at}/lib/security/cacerts"), "/etc/ssl/certs/java/cacerts");
    }
    let plan = plan(java(files, "/usr/lib/jvm/own"), &Asked { to: &["java"], add: &[&corp], ..Asked::default() });
    insta::assert_snapshot!(said(&plan.unwrap()), @r"
    /etc/ssl/certs/ca-certificates.crt (pem) <- /usr/lib/jvm/a/lib/security/cacerts /usr/lib/jvm/b/lib/security/cacerts /usr/lib/jvm/c/lib/security/cacerts: system system-directory system-java boringssl java:/usr/lib/jvm/a java:/usr/lib/jvm/b java:/usr/lib/jvm/c go rust-native-certs rust-native-tls
      + Corp
      kept 1; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /usr/local/share/ca-certificates/castore-corp-HASH.crt (new)
    /usr/lib/jvm/own/lib/security/cacerts (jks): java:/usr/lib/jvm/own
      + Corp
      kept 1; the file is written anew; asks [Keytool]
      lost by: the next upgrade of this Java replaces it, and not what javax.net.ssl.trustStore in JAVA_TOOL_OPTIONS names
      write /usr/lib/jvm/own/lib/security/cacerts
    run update-ca-certificates -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs /etc/ssl/certs/java/cacerts
    ");
}
