//! An NSS database changed by a plan: certutil works on a copy, and the writer replaces the files.

use super::world::{World, change, exactly, leftovers, plan};
use crate::format::tests::authority;
use crate::format::x509;
use crate::model::Format;
use crate::plan::{Consumer, Step};
use std::process::Command;
use std::sync::Arc;

#[test]
fn certutil_works_on_a_copy_and_the_files_are_replaced() {
    let world = World::new();
    let directory = world.on_disk("/etc/drop");
    let database = format!("sql:{}", directory.display());
    let certutil = |arguments: &[&str]| Command::new("certutil").args(arguments).args(["-d", &database]).output();
    if !certutil(&["-N", "--empty-password"]).is_ok_and(|ran| ran.status.success()) {
        eprintln!("skipped: certutil is not here");
        return;
    }
    let before = exactly(&world.root);
    let root = authority("castore nss root");
    let certificate = Arc::new(x509::read(root.clone().into_boxed_slice()));
    let step = Step::Nss {
        directory: "/etc/drop".into(),
        was: world.was("/etc/drop/cert9.db"),
        add: vec![("castore nss root".to_owned(), certificate)],
        remove: vec![],
    };
    let mut store = change("/etc/drop/cert9.db", vec![step], &[&root]);
    store.target.format = Format::Nss;
    store.consumers = vec![Consumer::Certutil];
    let applied = world.apply(&plan(vec![store])).unwrap();
    assert_eq!(applied.wrong, []);
    assert!(matches!(&applied.asked[..], [(_, Consumer::Certutil, crate::apply::Outcome::Well)]), "{applied:?}");
    let listed = String::from_utf8(certutil(&["-L"]).unwrap().stdout).unwrap();
    assert!(listed.contains("castore nss root"), "{listed}");
    world.undo().unwrap();
    let listed = String::from_utf8(certutil(&["-L"]).unwrap().stdout).unwrap();
    assert!(!listed.contains("castore nss root"), "{listed}");
    let at_any_time = |world: &World| -> Vec<_> { exactly(&world.root).into_keys().collect() };
    assert_eq!(at_any_time(&world), before.into_keys().collect::<Vec<_>>());
    assert_eq!(leftovers(&world.base), [] as [std::path::PathBuf; 0]);
}
