//! Plans that would take or bring more than they show.

use super::world::{World, change, pem, plan, symlink};
use crate::apply::change::New;
use crate::apply::check::Looked;
use crate::format::Means;
use crate::format::der::{element, oid, sequence, tag};
use crate::format::tests::authority;
use crate::format::{jks, x509};
use crate::host::files::Tree;
use crate::model::{Format, Password, Timestamp};
use crate::plan::edit::{self, Edited, Wanted};
use crate::plan::{After, Step, StoreChange, Was};
use sha1::{Digest, Sha1};
use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

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

#[test]
fn a_list_behind_a_link_is_the_list() {
    let [one, two] = ["One", "Two"].map(authority);
    let world = World::new();
    let (list, shipped) = ("/srv/ca.conf", "/usr/share/ca-certificates/mozilla");
    for directory in [shipped, "/srv"] {
        fs::create_dir_all(world.on_disk(directory)).unwrap();
    }
    symlink("../srv/ca.conf", &world.on_disk("/etc/ca-certificates.conf"));
    world.write(&format!("{shipped}/one.crt"), pem(&[&one]));
    world.write(&format!("{shipped}/two.crt"), pem(&[&two]));
    world.write(list, "mozilla/one.crt\nmozilla/two.crt\n");
    let of = |new: &str| {
        let mut found = of("/etc/ssl/all.pem", vec![world.rewrite(list, new.as_bytes())], &[], &[&two]);
        found.after = After::AtLeast { with: BTreeSet::new(), without: super::world::prints(&[&two]) };
        found
    };
    refused(&world, of("!mozilla/one.crt\nmozilla/two.crt\n"), "deselects \"mozilla/one.crt\"");
    world.apply(&plan(vec![of("mozilla/one.crt\n!mozilla/two.crt\n")])).unwrap();
    assert_eq!(world.read(list), b"mozilla/one.crt\n!mozilla/two.crt\n");
}

#[test]
fn what_is_distrusted_is_so_behind_a_link_too() {
    let one = authority("One");
    let world = World::new();
    let place = "/pki2/ca-trust/source/blocklist";
    fs::create_dir_all(world.on_disk(place)).unwrap();
    symlink("../pki2", &world.on_disk("/etc/pki"));
    let path = format!("{place}/one.pem");
    world.write(&path, pem(&[&one]));
    let again = Step::Remove { path: path.clone().into(), was: world.was(&path) };
    let mut again = of("/etc/ssl/all.pem", vec![again], &[&one], &[]);
    again.after = After::AtLeast { with: super::world::prints(&[&one]), without: BTreeSet::new() };
    world.apply(&plan(vec![again])).unwrap();
    assert!(!world.on_disk(&path).exists());
}

/// The octets of a private key in [`keystore`].
const SEALED: &[u8] = b"sealed as it is";

/// A keystore with a private key, which is these octets, and a trusted certificate.
fn keystore(format: Format, key: &[u8], trusted: &[u8]) -> Vec<u8> {
    let utf = |text: &str| [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat();
    let block = |octets: &[u8]| [&(octets.len() as u32).to_be_bytes()[..], octets].concat();
    let magic: u32 = match format {
        Format::Jks => 0xfeed_feed,
        Format::Jceks => 0xcece_cece,
        _ => return pkcs12(key, trusted),
    };
    let number = |number: u32| number.to_be_bytes().to_vec();
    let key = [number(1), utf("server"), vec![0; 8], block(key), number(0)].concat();
    let trusted = [number(2), utf("old"), vec![0; 8], utf("X.509"), block(trusted)].concat();
    let body = [number(magic), number(2), number(2), key, trusted].concat();
    let password: Vec<u8> = "changeit".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let seal = Sha1::digest([&password[..], b"Mighty Aphrodite", &body].concat());
    [body, seal.to_vec()].concat()
}

fn pkcs12(key: &[u8], trusted: &[u8]) -> Vec<u8> {
    let named = |text: &str| oid(text.parse().unwrap());
    let octets = |octets: &[u8]| element(0x04, octets);
    let held = |octets: &[u8]| element(tag::context(0), octets);
    let bag = |kind: &str, value: &[u8], alias: &str| {
        let name: Vec<u8> = alias.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let attribute = |kind: &str, value: &[u8]| sequence(&[named(kind), element(tag::SET, value)]);
        let name = attribute("1.2.840.113549.1.9.20", &element(tag::BMP, &name));
        let usage = attribute("2.16.840.1.113894.746875.1.1", &named("2.5.29.37.0"));
        let attributes = if alias == "server" { name } else { [name, usage].concat() };
        sequence(&[named(kind), held(value), element(tag::SET, &attributes)])
    };
    let shrouded = sequence(&[sequence(&[named("1.2.840.113549.1.5.13"), sequence(&[])]), octets(key)]);
    let certificate = sequence(&[named("1.2.840.113549.1.9.22.1"), held(&octets(trusted))]);
    let bags = sequence(&[
        bag("1.2.840.113549.1.12.10.1.2", &shrouded, "server"),
        bag("1.2.840.113549.1.12.10.1.3", &certificate, "old"),
    ]);
    let data = |content: &[u8]| sequence(&[named("1.2.840.113549.1.7.1"), held(&octets(content))]);
    sequence(&[element(0x02, &[3]), data(&sequence(&[data(&bags)]))])
}

#[test]
fn a_keystore_keeps_its_keys_octet_for_octet() {
    let [old, new] = ["Old", "New"].map(authority);
    let added = [Arc::new(x509::read(new.clone().into()))];
    for format in [Format::Jks, Format::Jceks, Format::Pkcs12] {
        if format == Format::Pkcs12 && !cfg!(feature = "pkcs12") {
            continue;
        }
        let world = World::new();
        let path = "/etc/ssl/store";
        let with = |store: &[u8]| {
            let at = Timestamp::from_unix(0);
            let wanted = Wanted { add: &added, remove: &BTreeSet::new(), passwords: &[], at };
            match edit::file(format, store, &wanted) {
                Ok(Edited::Bytes(bytes)) => bytes,
                other => panic!("{format}: {other:?}"),
            }
        };
        world.write(path, keystore(format, SEALED, &old));
        let of = |bytes: &[u8]| {
            let mut found = of(path, vec![world.rewrite(path, bytes)], &[&new], &[]);
            found.target.format = format;
            found.after = change(path, vec![], &[&old, &new]).after;
            found
        };
        let another = with(&keystore(format, b"sealed anew now", &old));
        refused(&world, of(&another), "found more");
        let honest = with(&keystore(format, SEALED, &old));
        assert_ne!(honest, another);
        world.apply(&plan(vec![of(&honest)])).unwrap();
        assert_eq!(world.read(path), honest);
    }
    // Another password than the one it was sealed with.
    let world = World::new();
    let path = "/etc/ssl/store";
    let sealed = |password: &str, all: &[&Vec<u8>]| {
        let named = ["old", "new"].into_iter().zip(all.iter().map(|der| &der[..]));
        jks::write(named, &Password::new(password))
    };
    world.write(path, sealed("changeit", &[&old]));
    let mut found = of(path, vec![world.rewrite(path, &sealed("", &[&old, &new]))], &[&new], &[]);
    found.target.format = Format::Jks;
    found.after = change(path, vec![], &[&old, &new]).after;
    refused(&world, found.clone(), "found more");
    // One that is not known: nobody can tell what it would become.
    world.write(path, sealed("of its own", &[&old]));
    found.steps = vec![world.rewrite(path, &sealed("of its own", &[&old, &new]))];
    refused(&world, found, "--password-file");
}

/// A directory of many files and links, all of which change: each is compared with what is beside it, and that in less
/// than a lifetime.
#[test]
fn a_plan_of_many_files_is_looked_at_in_time() {
    const MANY: usize = 10_000;
    let world = World::new();
    let roots: Vec<Vec<u8>> = (0..MANY * 2).map(|number| authority(&format!("Root {number}"))).collect();
    let (old, new) = roots.split_at(MANY);
    let path = |name: String| std::path::PathBuf::from("/etc/drop").join(name);
    for (number, root) in old.iter().enumerate() {
        world.write(&format!("/etc/drop/{number}.pem"), pem(&[root]));
    }
    let files: Vec<Vec<u8>> = new.iter().map(|root| pem(&[root])).collect();
    let (news, olds): (Vec<String>, Vec<String>) =
        (0..MANY).map(|number| (format!("castore-{number}.pem"), format!("{number}.pem"))).unzip();
    let change = directory(vec![], &new.iter().collect::<Vec<_>>(), &old.iter().collect::<Vec<_>>());
    let mut paths = Vec::new();
    for number in 0..MANY {
        let hash = |turn: usize| format!("{:08x}.0", number * 2 + turn);
        paths.extend([path(olds[number].clone()), path(hash(0)), path(news[number].clone()), path(hash(1))]);
    }
    let looked: Vec<Looked<'_>> = (0..MANY)
        .flat_map(|number| {
            let [gone, unlinked, made, linked] = [0, 1, 2, 3].map(|which| paths[number * 4 + which].as_path());
            let of = |path, new, old, link| Looked { store: Some(&change), path, new, old, link, is_changed: true };
            let to = std::ffi::OsStr::new(&olds[number]);
            let file = New::File { bytes: &files[number], mode: None, like: None };
            [
                of(gone, New::Nothing, Some(pem(&[&old[number]])), None),
                of(unlinked, New::Nothing, None, Some(to.to_owned())),
                of(made, file, None, None),
                // It led to another before.
                of(linked, New::Link { to: news[number].as_ref(), like: None }, None, Some(to.to_owned())),
            ]
        })
        .collect();
    let (tree, means) = (Tree::at(&world.root).unwrap(), Means::default());
    let all = |looked: &[Looked<'_>]| {
        crate::apply::check::all(looked, &tree, &means, Timestamp::from_unix(0)).map_err(|(path, _)| path.to_owned())
    };
    assert_eq!(all(&looked), Ok(()));
    // And one among them is still found.
    let mut wrong = looked;
    let text = b"root:x:0:0\n".to_vec();
    wrong[4_444].old = Some(text);
    assert_eq!(all(&wrong), Err(paths[4_444].clone()));
}
