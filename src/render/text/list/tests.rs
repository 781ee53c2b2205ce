//! The stores of a made-up host, wide and narrow.

use super::list;
use crate::catalogue::clients;
use crate::catalogue::survey::{Searched, Survey};
use crate::discover::discover;
use crate::format::pem;
use crate::format::tests::vectors::{one, two};
use crate::host::memory::Memory;
use crate::host::{Host, System};
use crate::load::{load, wanted};
use crate::model::StoreId;
use crate::render::report::list::{Certificates, ListReport};
use crate::render::text::Colour;
use std::path::PathBuf;

/// What is shown of a host with a bundle, another that nobody uses, and one that cannot be read.
fn shown(width: Option<usize>) -> String {
    let other = "/srv/keys/of/the/proxy/of/the/house.pem";
    let host = Memory::new()
        .file("/etc/ssl/certs/ca-certificates.crt", pem::write(&one(), &[]) + &pem::write(&one(), &[]))
        .file(other, pem::write(&two(), &[]));
    let host = Host::new(Box::new(host), System::Linux);
    let shown = ["system", "wget", "nim", "emacs", "rust-native-certs", "rust-native-tls"];
    let uses = discover(&Survey::new(&host, Searched::default()), clients().filter(|c| shown.contains(&c.id)));
    let mut stores = wanted(&uses);
    stores.extend([other, "/gone.pem"].map(|path| StoreId::Path(PathBuf::from(path))));
    let snapshot = load(&host, &stores);
    list(&ListReport::new(&snapshot, Some(&uses), None, Certificates::Counted), width, Colour::Never)
}

#[test]
fn a_table_where_there_is_room() {
    insta::assert_snapshot!(shown(Some(200)), @r"
    STORE                                    FORMAT     ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /etc/ssl/certs                           directory        2         1  4096-01-01       rust-native-certs, rust-native-tls
    /etc/ssl/certs/ca-certificates.crt       pem              2         1  4096-01-01       system, rust-native-certs, rust-native-tls
    /gone.pem                                -                -         -  -                (not in use) [nothing is there]
    /srv/keys/of/the/proxy/of/the/house.pem  pem              1         1  4096-01-01       (not in use)
    ");
    assert_eq!(shown(None), shown(Some(200)));
}

#[test]
fn lines_below_a_name_where_there_is_little() {
    let narrow = shown(Some(50));
    assert!(narrow.lines().all(|line| line.chars().count() <= 50), "{narrow}");
    insta::assert_snapshot!(narrow, @r"
    /etc/ssl/certs
        directory, 2 entries, 1 distinct, earliest
        expiry 4096-01-01: rust-native-certs,
        rust-native-tls
    /etc/ssl/certs/ca-certificates.crt
        pem, 2 entries, 1 distinct, earliest expiry
        4096-01-01: system, rust-native-certs,
        rust-native-tls
    /gone.pem
        (not in use) [nothing is there]
    /srv/keys/of/the/proxy/of/the/house.pem
        pem, 1 certificate, earliest expiry
        4096-01-01: (not in use)
    ");
}
