//! Plans that would take or bring more than they show.

use super::world::{World, change, pem, plan, symlink};
use crate::format::tests::authority;
use crate::model::Format;
use crate::plan::{After, Step, StoreChange, Was};
use std::fs;

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n";

/// A change by which a store gains and loses these.
fn of(store: &str, steps: Vec<Step>, added: &[&Vec<u8>], removed: &[&Vec<u8>]) -> StoreChange {
    let (mut found, gone) = (change(store, steps, added), change(store, vec![], removed));
    found.removed = gone.added;
    found
}

/// A directory that does.
fn directory(steps: Vec<Step>, added: &[&Vec<u8>], removed: &[&Vec<u8>]) -> StoreChange {
    let mut found = of("/etc/drop", steps, added, removed);
    found.target.format = Format::Directory;
    found
}

fn refused(world: &World, change: StoreChange, why: &str) {
    let before = world.picture();
    let said = world.apply(&plan(vec![change])).unwrap_err().to_string();
    assert!(said.contains(why), "{why}: {said}");
    assert_eq!(world.picture(), before);
}

#[test]
fn a_file_keeps_all_that_is_not_shown() {
    let [one, two, three] = ["One", "Two", "Three"].map(authority);
    let world = World::new();
    let path = "/etc/ssl/bundle.pem";
    let old = [b"# ours\n".to_vec(), pem(&[&one])].concat();
    world.write(path, &old);
    let new = |bytes: &[u8], all: &[&Vec<u8>], added: &[&Vec<u8>], removed: &[&Vec<u8>]| {
        let mut found = of(path, vec![world.rewrite(path, bytes)], added, removed);
        found.after = change(path, vec![], all).after;
        found
    };
    let text = [old.clone(), b"* * * * * root sh\n".to_vec(), pem(&[&two])].concat();
    refused(&world, new(&text, &[&one, &two], &[&two], &[]), "found more");
    refused(&world, new(&pem(&[&one, &two]), &[&one, &two], &[&two], &[]), "found more");
    refused(&world, new(&[old.clone(), pem(&[&two])].concat(), &[&one, &two], &[], &[]), "gains");
    refused(&world, new(&pem(&[&two]), &[&two], &[&two], &[]), "loses");
    let both = [old, crate::format::pem::write(&two, &[]).into_bytes()].concat();
    refused(&world, new(&both, &[&one, &two], &[&two, &three], &[]), "found more");
}

#[test]
fn what_goes_holds_what_is_removed_and_nothing_else() {
    let [one, two] = ["One", "Two"].map(authority);
    let cases: [(Vec<u8>, &str); 5] = [
        (b"root:x:0:0\n".to_vec(), "expected certificates in what goes"),
        (pem(&[&one, &two]), "which the plan does not remove"),
        (pem(&[&two]), "which the plan does not remove"),
        ([pem(&[&one]), KEY.into()].concat(), "expected certificates and nothing else"),
        (
            [pem(&[&one]), b"-----BEGIN CERTIFICATE-----\nAAAA".to_vec()].concat(),
            "expected certificates and nothing else",
        ),
    ];
    for (old, why) in cases {
        let world = World::new();
        let path = "/etc/drop/old";
        world.write(path, old);
        refused(&world, directory(vec![Step::Remove { path: path.into(), was: world.was(path) }], &[], &[&one]), why);
    }
    // A link takes nothing with it; what it leads to is no longer found here.
    let world = World::new();
    let link = |to: &str| {
        let path = "/etc/drop/link.pem";
        _ = fs::remove_file(world.on_disk(path));
        symlink(to, &world.on_disk(path));
        directory(vec![Step::Remove { path: path.into(), was: world.was(path) }], &[], &[&one])
    };
    world.write("/etc/ssl/other.pem", pem(&[&two]));
    refused(&world, link("../ssl/other.pem"), "which the plan does not remove");
    world.write("/etc/ssl/other.pem", "nothing");
    refused(&world, link("../ssl/other.pem"), "expected certificates in what goes");
    refused(&world, link("../ssl/gone.pem"), "expected certificates in what goes");
    world.write("/etc/ssl/other.pem", [pem(&[&one]), KEY.into()].concat());
    world.apply(&plan(vec![link("../ssl/other.pem")])).unwrap();
    assert!(!world.on_disk("/etc/drop/link.pem").exists() && world.on_disk("/etc/ssl/other.pem").exists());
}

#[test]
fn a_link_is_named_by_a_hash_and_leads_to_what_is_shown() {
    let [one, two] = ["One", "Two"].map(authority);
    let world = World::new();
    world.write("/etc/drop/two.pem", pem(&[&two]));
    world.write("/etc/drop/text", "text");
    let link = |name: &str, to: &str| {
        let path = format!("/etc/drop/{name}");
        let was = world.was(&path);
        directory(vec![Step::Link { path: path.into(), to: to.into(), was }], &[&one], &[])
    };
    refused(&world, link("link", "two.pem"), "named by a hash");
    refused(&world, link("12345678.r0", "two.pem"), "named by a hash");
    for to in ["two.pem", "text", "gone"] {
        refused(&world, link("12345678.0", to), "expected a link to a certificate that is added");
    }
    // And takes no name from another certificate.
    symlink("two.pem", &world.on_disk("/etc/drop/12345678.0"));
    world.write("/etc/drop/one.pem", pem(&[&one]));
    refused(&world, link("12345678.0", "one.pem"), "which the plan does not remove");
}

#[test]
fn a_file_beside_others_is_not_written_over() {
    let [one, two] = ["One", "Two"].map(authority);
    let write = |world: &World, name: &str, bytes: &[u8]| {
        let path = format!("/etc/drop/{name}");
        directory(vec![world.rewrite(&path, bytes)], &[&one], &[&two])
    };
    let world = World::new();
    world.write("/etc/drop/conf", "a = b\n");
    world.write("/etc/drop/castore-conf", "a = b\n");
    world.write("/etc/drop/two.pem", [pem(&[&two]), KEY.into()].concat());
    world.write("/etc/drop/three.pem", pem(&[&authority("Three")]));
    let text = [pem(&[&one]), b"c = d\n".to_vec()].concat();
    refused(&world, write(&world, "conf", &text), "expected the old file without what is removed");
    for name in ["conf", "two.pem", "three.pem"] {
        refused(&world, write(&world, name, &pem(&[&one])), "goes");
    }
    refused(&world, write(&world, "castore-conf", &pem(&[&two])), "found something else");
    world.write("/etc/drop/two.pem", pem(&[&two]));
    world.apply(&plan(vec![write(&world, "two.pem", &pem(&[&one]))])).unwrap();
}

#[test]
fn a_list_selects_what_is_shown() {
    let [one, two] = ["One", "Two"].map(authority);
    let world = World::new();
    let (list, shipped) = ("/etc/ca-certificates.conf", "/usr/share/ca-certificates/mozilla");
    fs::create_dir_all(world.on_disk(shipped)).unwrap();
    world.write(&format!("{shipped}/one.crt"), pem(&[&one]));
    world.write(&format!("{shipped}/two.crt"), pem(&[&two]));
    let of = |old: &str, new: &str| {
        world.write(list, old);
        let mut found = of("/etc/ssl/all.pem", vec![world.rewrite(list, new.as_bytes())], &[&one], &[&two]);
        let After::Exactly(with) = found.after else { panic!() };
        let without = super::world::prints(&[&two]);
        found.after = After::AtLeast { with, without };
        found
    };
    let old = "# all\n!mozilla/one.crt\nmozilla/two.crt\nmozilla/x.crt";
    for (new, why) in [
        ("# all\n!mozilla/one.crt\nmozilla/two.crt\n!mozilla/x.crt", "deselects \"mozilla/x.crt\""),
        ("# all\nmozilla/one.crt\nmozilla/two.crt\n", "every line of the old list"),
        ("!mozilla/one.crt\nmozilla/two.crt\nmozilla/x.crt", "in their order"),
        ("# all\n!mozilla/one.crt\nmozilla/two.crt \nmozilla/x.crt", "in their order"),
        ("# all\n!mozilla/one.crt\nmozilla/two.crt\nmozilla/x.crt\nmozilla/two.crt\n", "selects \"mozilla/two.crt\""),
        ("# all\n!mozilla/one.crt\nmozilla/two.crt\nmozilla/x.crt\n../ssl/one.crt\n", "selects \"../ssl/one.crt\""),
    ] {
        refused(&world, of(old, new), why);
    }
    for (old, new) in [
        (old, "# all\nmozilla/one.crt\n!mozilla/two.crt\nmozilla/x.crt"),
        ("", "!mozilla/two.crt\n"),
        ("mozilla/x.crt", "mozilla/x.crt\n!mozilla/two.crt\n"),
    ] {
        _ = world.apply(&plan(vec![of(old, new)])).unwrap();
        assert_eq!(world.read(list), new.as_bytes());
    }
    assert!(matches!(world.was(list), Was::File(_)));
}
