//! `castore clients`: the catalogue for people, programs and the documentation.

use crate::harness::Castore;
use std::path::Path;

/// `CASTORE_MAKE_CLIENTS=1` writes the page anew.
#[test]
fn the_page_of_all_clients_is_current() {
    let page = Castore::here().run(["clients", "--format", "markdown"]).exits(0).stdout();
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/clients.md");
    if std::env::var_os("CASTORE_MAKE_CLIENTS").is_some() {
        std::fs::write(&place, &page).expect("the page is written");
    }
    let kept = std::fs::read_to_string(&place).unwrap_or_default();
    assert!(kept == page, "data/clients.md is not what the catalogue says: run this test with CASTORE_MAKE_CLIENTS=1");
}

#[test]
fn every_variable_has_its_readers() {
    let text = Castore::here().run(["clients", "--variables"]).exits(0).stdout();
    let line =
        |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {text}"));
    assert!(line("VARIABLE").ends_with("READ BY"));
    assert!(line("GIT_SSL_NO_VERIFY").contains("switch") && line("GIT_SSL_NO_VERIFY").ends_with("git"));
    assert!(line("SSL_CERT_DIR").contains("list of directories") && line("SSL_CERT_DIR").contains("openssl"));
    assert!(line("PIP_CONFIG_FILE").contains("settings"));
    let of_curl = Castore::here().run(["clients", "curl", "--variables"]).exits(0).stdout();
    assert!(of_curl.contains("CURL_CA_BUNDLE") && !of_curl.contains("GIT_SSL_CAINFO"), "{of_curl}");
}

#[test]
fn the_page_in_json_has_every_client_and_place() {
    let json = Castore::here().run(["clients", "--format", "json"]).exits(0).json();
    let clients = json["clients"].as_array().expect("a list");
    assert_eq!(clients.len(), castore::catalogue::clients().count());
    let one = Castore::here().run(["clients", "go", "--format", "json"]).exits(0).json();
    assert_eq!(one["clients"][0]["rule"]["kind"], "all");
    assert_eq!(one["clients"][0]["rule"]["rules"][0]["rules"][0]["place"]["name"], "SSL_CERT_FILE");
    let names: Vec<_> = one["variables"].as_array().expect("a list").iter().map(|v| v["name"].clone()).collect();
    assert_eq!(names, ["GODEBUG", "SSL_CERT_DIR", "SSL_CERT_FILE"]);
}

/// A pattern lists clients; the name of a program shows those whose programs are called so.
#[test]
fn patterns_and_names_of_programs() {
    let list = Castore::here().run(["clients", "wget*"]).exits(0).stdout();
    assert_eq!(list.lines().count(), 2, "{list}");
    let shown = Castore::here().run(["clients", "terraform"]).exits(0).stdout();
    assert!(shown.starts_with("go-programs: "), "{shown}");
    let slip = Castore::here().run(["clients", "CURL"]).exits(2).stderr();
    assert!(slip.contains("did you mean curl?"), "{slip}");
}
