//! Directories: names by hash in order, files of others left alone.

use super::super::*;
use super::{block, certificate};
use crate::format::hash_dir::{self, Hashes, examine, subject_hash};
use crate::host::memory::Memory;
use crate::host::{Host, System};
use crate::load::load;
use crate::model::{Store, StoreId};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::slice::from_ref;

/// What a name in a directory is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Is {
    File(Vec<u8>),
    Link(String),
}

type Tree = BTreeMap<String, Is>;

fn store(tree: &Tree) -> Store {
    let memory = tree.iter().fold(Memory::new().file("/elsewhere/x.crt", ""), |memory, (name, is)| match is {
        Is::File(bytes) => memory.file(format!("/d/{name}"), bytes.clone()),
        Is::Link(to) => memory.link(format!("/d/{name}"), to.clone()),
    });
    let id = StoreId::Path("/d".into());
    let snapshot = load(&Host::new(Box::new(memory), System::Linux), &BTreeSet::from([id.clone()]));
    Store::clone(snapshot.store(&id).unwrap())
}

fn found(tree: &Tree) -> BTreeSet<Fingerprint> {
    let store = store(tree);
    let reachable = examine(&store).reachable;
    reachable.iter().filter_map(|entry| Some(store.entries[*entry].certificate()?.fingerprint())).collect()
}

/// Carries operations out one after the other; what is in `always` is found after each.
fn carried_out(tree: &Tree, operations: &[Operation], always: &BTreeSet<Fingerprint>) -> Tree {
    let mut tree = tree.clone();
    for operation in operations {
        let name = operation.name().to_str().unwrap().to_owned();
        match operation {
            Operation::Write { bytes, .. } => {
                let was = tree.insert(name, Is::File(bytes.clone()));
                assert!(!matches!(was, Some(Is::Link(_))), "a file in the place of a link");
            }
            Operation::Link { to, .. } => {
                let was = tree.insert(name, Is::Link(to.to_str().unwrap().to_owned()));
                assert!(!matches!(was, Some(Is::File(_))), "a link in the place of a file");
            }
            Operation::Remove { .. } => assert!(tree.remove(&name).is_some(), "{name} is not there"),
        }
        assert!(always.is_subset(&found(&tree)), "missed after {operation:?}");
    }
    tree
}

fn planned(tree: &Tree, add: &[Arc<Certificate>], remove: &[&Certificate]) -> Result<Tree, CannotEdit> {
    let remove: BTreeSet<Fingerprint> = remove.iter().map(|certificate| certificate.fingerprint()).collect();
    let wanted = Wanted { add, remove: &remove, passwords: &[], at: Timestamp::from_unix(0) };
    let octets = |name: &OsStr| match tree.get(name.to_str()?)? {
        Is::File(bytes) => Some(bytes.clone()),
        Is::Link(_) => None,
    };
    let before = found(tree);
    let after = wanted.applied_to(before.clone());
    let operations = hash_directory(&store(tree), &octets, &wanted)?;
    let names: BTreeSet<_> = operations.iter().map(Operation::name).collect();
    assert_eq!(names.len(), operations.len(), "a name twice in {operations:?}");
    let tree = carried_out(tree, &operations, &before.intersection(&after).copied().collect());
    assert_eq!(found(&tree), after);
    Ok(tree)
}

fn hash(certificate: &Certificate) -> String {
    format!("{:08x}", subject_hash(certificate.subject_der().unwrap()).unwrap())
}

fn linked(certificates: &[&Certificate], hashes: Hashes) -> Tree {
    let layout = hash_dir::layout(certificates, hashes);
    let files = layout.files.into_iter().map(|(name, bytes)| (name, Is::File(bytes)));
    files.chain(layout.links.into_iter().map(|(name, to)| (name, Is::Link(to)))).collect()
}

/// Plain files under the names of their hashes.
fn plain(certificates: &[&Certificate]) -> Tree {
    let names = hash_dir::names_for(certificates);
    let files = names.into_iter().zip(certificates);
    files.map(|(name, one)| (name.unwrap(), Is::File(block(one).into_bytes()))).collect()
}

#[test]
fn names_stay_without_a_gap_and_no_lookup_misses() {
    let same: Vec<Arc<Certificate>> = (0..3).map(|_| certificate("same")).collect();
    let [other, new] = ["other", "new"].map(certificate);
    let all: Vec<&Certificate> = same.iter().chain([&other]).map(|one| &**one).collect();
    for tree in [linked(&all, Hashes::New), linked(&all, Hashes::Both), plain(&all)] {
        for removed in 0..8u32 {
            let removed: Vec<&Certificate> =
                (0..3).filter(|bit| removed & (1 << bit) != 0).map(|bit| &*same[bit]).collect();
            let less = planned(&tree, &[], &removed).unwrap();
            assert!(hash_dir::examine(&store(&less)).faults.is_empty(), "{less:?}");
            let one_more = [certificate("same"), new.clone()];
            let more = planned(&tree, &one_more, &removed).unwrap();
            assert!(hash_dir::examine(&store(&more)).faults.is_empty(), "{more:?}");
            assert_eq!(planned(&more, &one_more, &removed).unwrap(), more, "again");
            let back = planned(&planned(&tree, &one_more, &[]).unwrap(), &[], &[&*one_more[0], &*new]).unwrap();
            assert_eq!(back, tree);
        }
    }
}

#[test]
fn an_empty_directory_gets_files_and_links_and_a_plain_one_files() {
    let [a, b] = ["a", "b"].map(certificate);
    let readme = ("README".to_owned(), Is::File(b"text".to_vec()));
    let one = planned(&Tree::from([readme.clone()]), from_ref(&a), &[]).unwrap();
    assert_eq!(one, linked(&[&*a], Hashes::New).into_iter().chain([readme]).collect());
    assert_eq!(planned(&plain(&[&*a]), from_ref(&b), &[]).unwrap(), plain(&[&*a, &*b]));
    let both = planned(&linked(&[&*a], Hashes::Both), from_ref(&b), &[]).unwrap();
    assert_eq!(both, linked(&[&*a, &*b], Hashes::Both));
    // A file that is there and has no name by hash gets one.
    let unlinked = Tree::from([("corp.crt".to_owned(), Is::File(block(&b).into_bytes()))]);
    let mut expected = unlinked.clone();
    expected.insert(format!("{}.0", hash(&b)), Is::Link("corp.crt".to_owned()));
    assert_eq!(planned(&unlinked, from_ref(&b), &[]).unwrap(), expected);
    assert_eq!(planned(&expected, &[], &[&b]).unwrap(), Tree::new());
    assert!(matches!(planned(&Tree::new(), from_ref(&b), &[]), Err(CannotEdit::Unread(_))), "no directory is there");
}

#[test]
fn what_is_anothers_stays() {
    let [a, b, c] = ["a", "b", "c"].map(certificate);
    let mut tree = linked(&[&*a, &*b], Hashes::New);
    let bundle = Is::File((block(&a) + &block(&c)).into_bytes());
    tree.insert("bundle.crt".to_owned(), bundle.clone());
    tree.insert("README".to_owned(), Is::File(b"text".to_vec()));
    tree.insert(format!("{}.r0", hash(&a)), Is::File(b"a list".to_vec()));
    let less = planned(&tree, &[], &[&a]).unwrap();
    for kept in ["bundle.crt".to_owned(), "README".to_owned(), format!("{}.r0", hash(&a))] {
        assert_eq!(less.get(&kept), tree.get(&kept));
    }
    assert_eq!(less.len(), tree.len() - 2);
    let shared = Tree::from([(format!("{}.0", hash(&a)), bundle)]);
    assert!(matches!(planned(&shared, &[], &[&a]), Err(CannotEdit::Shared(_))));
}

#[test]
fn what_a_lookup_misses_now_is_not_made_to_be_found() {
    let same: Vec<Arc<Certificate>> = (0..3).map(|_| certificate("same")).collect();
    let name = |index: u32| format!("{}.{index}", hash(&same[0]));
    let file = |one: &Certificate| Is::File(block(one).into_bytes());
    let gap = Tree::from([(name(0), file(&same[0])), (name(2), file(&same[1]))]);
    assert_eq!(planned(&gap, from_ref(&same[2]), &[]), Err(CannotEdit::Gap(name(1))));
    assert_eq!(planned(&gap, &[], &[&same[0]]).unwrap(), Tree::from([(name(2), file(&same[1]))]));
    assert_eq!(planned(&gap, &[], &[&same[1]]).unwrap(), Tree::from([(name(0), file(&same[0]))]));
    let both = planned(&gap, from_ref(&same[2]), &[&same[1]]).unwrap();
    assert_eq!(both, Tree::from([(name(0), file(&same[0])), (name(1), file(&same[2]))]));
    let dangling = Tree::from([(name(0), Is::Link("gone".to_owned())), (name(1), file(&same[1]))]);
    let stops = planned(&dangling, from_ref(&same[2]), &[]);
    assert_eq!(stops, Err(CannotEdit::Stops(name(0).into())));
    let mixed = Tree::from([
        (name(0), Is::Link("x.pem".to_owned())),
        (name(1), file(&same[1])),
        ("x.pem".to_owned(), file(&same[0])),
    ]);
    assert!(matches!(planned(&mixed, &[], &[&same[0]]), Err(CannotEdit::Mixed(_))));
    let alias =
        Tree::from([(name(0), file(&same[0])), (name(1), file(&same[1])), ("other.pem".to_owned(), Is::Link(name(1)))]);
    assert!(matches!(planned(&alias, &[], &[&same[0]]), Err(CannotEdit::Layout(_))));
}

/// Whoever carries it out moves no name that holds no certificate; and nothing behind it is found before or after.
#[test]
fn a_name_without_certificates_stays_where_it_is() {
    let same: Vec<Arc<Certificate>> = (0..3).map(|_| certificate("same")).collect();
    let name = |index: u32| format!("{}.{index}", hash(&same[0]));
    let file = |one: &Certificate| Is::File(block(one).into_bytes());
    for hollow in [Is::Link("gone".to_owned()), Is::File(b"text".to_vec()), Is::File(same[1].der().to_vec())] {
        let link = |index: u32, to: &str| (name(index), Is::Link(to.to_owned()));
        let tree = Tree::from([
            link(0, "x.pem"),
            ("x.pem".to_owned(), file(&same[0])),
            (name(1), hollow),
            link(2, "z.pem"),
            ("z.pem".to_owned(), file(&same[2])),
        ]);
        let mut less = tree.clone();
        [name(0), "x.pem".to_owned()].iter().for_each(|name| assert!(less.remove(name).is_some()));
        assert_eq!(planned(&tree, &[], &[&same[0]]), Ok(less));
        assert_eq!(planned(&tree, &[certificate("same")], &[]), Err(CannotEdit::Stops(name(1).into())));
    }
    // What it hides is not brought to light where it goes.
    let hides = Tree::from([(name(0), Is::File(same[0].der().to_vec())), (name(1), file(&same[1]))]);
    assert_eq!(planned(&hides, &[], &[&same[0]]), Ok(Tree::from([(name(1), file(&same[1]))])));
    // A file with a key is not copied to another name.
    let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+D\n-----END PRIVATE KEY-----\n";
    let with_key = Is::File((block(&same[1]) + key).into_bytes());
    let tree = Tree::from([(name(0), file(&same[0])), (name(1), with_key)]);
    assert_eq!(planned(&tree, &[], &[&same[0]]), Err(CannotEdit::Shared(name(1).into())));
}

#[test]
fn a_directory_read_whole_gets_a_file_for_each() {
    let [a, b, c] = ["a", "b", "c"].map(certificate);
    let is_cer = |name: &OsStr| name.to_str().is_some_and(|name| name.ends_with(".cer"));
    let tree = Tree::from([
        ("a.cer".to_owned(), Is::File(a.der().to_vec())),
        ("link.cer".to_owned(), Is::Link("a.cer".to_owned())),
        ("b.txt".to_owned(), Is::File(block(&b).into_bytes())),
        ("two.cer".to_owned(), Is::File((block(&b) + &block(&c)).into_bytes())),
    ]);
    let wanted = |tree: &Tree, kind: Kind, add: &[Arc<Certificate>], remove: &[&Certificate]| {
        let remove = remove.iter().map(|certificate| certificate.fingerprint()).collect();
        let wanted = Wanted { add, remove: &remove, passwords: &[], at: Timestamp::from_unix(0) };
        directory(&store(tree), kind, "cer", &is_cer, &wanted)
    };
    let removed = wanted(&tree, Kind::Der, &[], &[&a]).unwrap();
    let names: Vec<_> = removed.iter().map(|operation| operation.name().to_str().unwrap()).collect();
    assert_eq!(names, ["link.cer", "a.cer"]);
    assert_eq!(wanted(&tree, Kind::Der, &[], &[&b]), Err(CannotEdit::Shared("two.cer".into())));
    assert_eq!(wanted(&tree, Kind::Der, &[a.clone(), b.clone()], &[]), Ok(Vec::new()));
    for kind in [Kind::Der, Kind::Pem, Kind::P11Kit] {
        let d = certificate("d");
        let added = wanted(&tree, kind, from_ref(&d), &[]).unwrap();
        let [Operation::Write { name, .. }] = &added[..] else { panic!("{added:?}") };
        assert!(name.to_str().unwrap().starts_with("d-") && is_cer(name));
        let more = carried_out(&tree, &added, &BTreeSet::new());
        assert_eq!(wanted(&more, kind, from_ref(&d), &[]), Ok(Vec::new()));
        assert_eq!(wanted(&more, kind, &[], &[&d]).unwrap(), [Operation::Remove { name: name.clone() }]);
    }
}
