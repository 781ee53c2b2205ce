//! The overview of a made-up host, wide and narrow.

use super::overview;
use crate::catalogue::clients;
use crate::catalogue::survey::{Searched, Survey};
use crate::discover::discover;
use crate::format::tests::vectors::{one, two};
use crate::format::{jks, pem};
use crate::host::memory::Memory;
use crate::host::{Host, System};
use crate::load::{load, wanted};
use crate::model::Password;
use crate::render::report::which::WhichReport;
use crate::render::text::{Colour, Page};

/// What is shown of a host with two sets of roots, in so many columns.
fn shown(width: usize) -> String {
    let (system, own) = (pem::write(&one(), &[]), pem::write(&two(), &[]));
    let mut files = Memory::new()
        .file("/etc/ssl/certs/ca-certificates.crt", system.as_str())
        .file("/srv/keys/of/the/proxy/of/the/house.pem", own.as_str());
    for name in ["a", "b", "c"] {
        let held = if name == "c" { one() } else { two() };
        let keystore = jks::write([("root", held.as_slice())], &Password::new("changeit"));
        files = files.file(format!("/usr/lib/jvm/{name}/lib/security/cacerts"), keystore);
    }
    let variables = [("SSL_CERT_FILE".into(), "/srv/keys/of/the/proxy/of/the/house.pem".into())];
    let host = Host::new(Box::new(files), System::Linux).with_environment(variables.into());
    let shown = ["system", "java", "go", "boringssl", "haskell", "nim", "rust-native-certs", "rust-native-tls"];
    let uses = discover(&Survey::new(&host, Searched::default()), clients().filter(|c| shown.contains(&c.id)));
    let snapshot = load(&host, &wanted(&uses));
    let mut page = Page::new(Colour::Never);
    overview(&mut page, &WhichReport::new(&uses, &snapshot), Some(width));
    page.finish()
}

#[test]
fn answers_with_their_clients() {
    insta::assert_snapshot!(shown(100), @r"
    TRUSTS  CLIENTS: DECIDED BY
    other certificates than the system
         1  boringssl, rust-native-tls: $SSL_CERT_FILE /srv/keys/of/the/proxy/of/the/house.pem,
              /etc/ssl/certs
         1  java (a, b): …/security/cacerts
         2  go: $SSL_CERT_FILE /srv/keys/of/the/proxy/of/the/house.pem, /etc/ssl/certs
         1  rust-native-certs: $SSL_CERT_FILE /srv/keys/of/the/proxy/of/the/house.pem
    the certificates of the system
         1  system: /etc/ssl/certs/ca-certificates.crt
         1  java (c): /usr/lib/jvm/c/lib/security/cacerts
    8 installations; castore which CLIENT shows each in full
    ");
}

#[test]
fn nothing_is_squeezed_where_there_is_little_room() {
    let narrow = shown(44);
    assert!(narrow.lines().all(|line| line.chars().count() <= 44), "{narrow}");
    insta::assert_snapshot!(narrow, @r"
    TRUSTS  CLIENTS: DECIDED BY
    other certificates than the system
         1  boringssl, rust-native-tls:
              $SSL_CERT_FILE …/the/house.pem,
              /etc/ssl/certs
         1  java (a, b): …/security/cacerts
         2  go: $SSL_CERT_FILE …/the/house.pem,
              /etc/ssl/certs
         1  rust-native-certs: $SSL_CERT_FILE
              …/the/house.pem
    the certificates of the system
         1  system:
              /etc/ssl/certs/ca-certificates.crt
         1  java (c): …/security/cacerts
    8 installations; castore which CLIENT shows
      each in full
    ");
    assert!(shown(1).contains("rust-native-certs"), "{}", shown(1));
}
