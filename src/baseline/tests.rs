//! What is taken, written and read back, compared and accepted.

use super::accept::changes;
use super::compare::{ClientChange, Fate};
use super::*;
use crate::format::pem;
use crate::format::tests::vectors::{one, two};
use crate::host::memory::Memory;
use crate::host::{Host, System};
use crate::load::load;
use crate::model::{StoreId, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The inventory of some files, each a store that no client uses.
fn of(files: &[(&str, String)]) -> Inventory {
    let memory = files.iter().fold(Memory::new(), |memory, (path, text)| memory.file(path, text.as_str()));
    let host = Host::new(Box::new(memory), System::Linux);
    let stores: BTreeSet<StoreId> = files.iter().map(|(path, _)| StoreId::Path(path.into())).collect();
    let snapshot = load(&host, &stores);
    take(&host, &[], &snapshot, Limits { stores: &stores, scope: &[], redact: false }).inventory
}

fn text(der: &[u8]) -> String {
    pem::write(der, &[])
}

fn fingerprint(der: &[u8]) -> Fingerprint {
    crate::format::x509::read(der.into()).fingerprint()
}

fn baseline(inventory: Inventory) -> Baseline {
    Baseline { inventory, accepted: Vec::new() }
}

const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

#[test]
fn order_comments_and_copies_are_no_change() {
    let (first, second) = (one(), two());
    let plain = of(&[("/a", text(&first) + &text(&second))]);
    let commented = pem::write(&second, &["a comment"]) + "\n\n" + &text(&first) + &text(&first);
    assert_eq!(compare(&plain, &of(&[("/a", commented)])), Comparison::default());
}

#[test]
fn what_is_in_a_closed_home_neither_came_nor_went() {
    let opened =
        [("/home/a/ca.pem", text(&one())), ("/home/bob/ca.pem", text(&two())), ("/home/b/ca.pem", text(&one()))];
    let with = |closed: &str, files: &[(&str, String)]| {
        let memory = files.iter().fold(Memory::new(), |memory, (path, text)| memory.file(path, text.as_str()));
        let mut host = Host::new(Box::new(memory), System::Linux);
        host.closed_homes = vec![closed.into()];
        let stores: BTreeSet<StoreId> = files.iter().map(|(path, _)| StoreId::Path(path.into())).collect();
        let snapshot = load(&host, &stores);
        take(&host, &[], &snapshot, Limits { stores: &stores, scope: &[], redact: false }).inventory
    };
    let (all, closed) = (of(&opened), with("/home/b", &opened[..2]));
    assert_eq!(file::read(file::write(&baseline(closed.clone())).as_bytes()).unwrap().inventory, closed);
    let told = |found: Comparison| -> Vec<_> {
        found
            .stores
            .into_iter()
            .map(|change| (change.store, change.fate, change.added.len(), change.removed.len()))
            .collect()
    };
    let not_compared = |name: &str| (name.to_owned(), Fate::NotCompared, 0, 0);
    assert_eq!(told(compare(&all, &closed)), [not_compared("/home/b"), not_compared("/home/b/ca.pem")]);
    assert_eq!(told(compare(&closed, &all)), [not_compared("/home/b/ca.pem")]);
    assert_eq!(told(compare(&closed, &closed)), []);
}

/// A home is that of the account that has it, whatever its directory is called.
#[test]
fn a_closed_home_is_known_by_its_account() {
    let home = |accounts: &[&str]| {
        let accounts = accounts.iter().map(|name| (*name).to_owned()).collect();
        let record = StoreRecord { format: HOME.to_owned(), reading: How::Unreadable, accounts, ..Default::default() };
        Inventory { stores: [("/srv/data".to_owned(), record)].into(), ..Inventory::default() }
    };
    let own = |account: &str| {
        let key = ClientKey { client: "git".to_owned(), account: Some(account.to_owned()), ..ClientKey::default() };
        Inventory { clients: [(key, client(&[], 1))].into(), ..Inventory::default() }
    };
    assert_eq!(compare(&own("ann"), &home(&["ann"])).clients, []);
    assert_eq!(compare(&own("data"), &home(&["ann"])).clients.len(), 1);
    // An earlier castore kept no names.
    assert_eq!(compare(&own("data"), &home(&[])).clients, []);
    let read_back = read(write(&baseline(home(&["ann"]))).as_bytes()).unwrap();
    assert_eq!(read_back.inventory, home(&["ann"]));
}

#[test]
fn what_came_and_went_is_told_with_where_it_was() {
    let (first, second) = (one(), two());
    let then = of(&[("/a", text(&first)), ("/b", text(&second))]);
    let now = of(&[("/a", text(&first) + &text(&second)), ("/b", text(&first))]);
    let found = compare(&then, &now);
    let told: Vec<_> =
        found.stores.iter().map(|change| (&*change.store, change.added.len(), change.removed.len())).collect();
    assert_eq!(told, [("/a", 1, 0), ("/b", 1, 1)]);
    assert_eq!(found.stores[0].added[0].certificate, fingerprint(&second));
    assert_eq!(
        (&found.stores[0].added[0].was_in[..], &found.stores[0].added[0].left[..]),
        (&["/b".to_owned()][..], &["/b".to_owned()][..])
    );
    assert_eq!(found.stores[1].removed[0].is_in, ["/a"]);
}

#[test]
fn a_store_that_stands_elsewhere_moved() {
    let (first, second) = (one(), two());
    let then = of(&[("/usr/lib/python3.11/cacert.pem", text(&first) + &text(&second))]);
    let now = of(&[("/usr/lib/python3.12/cacert.pem", text(&first))]);
    let found = compare(&then, &now);
    assert_eq!(found.stores.len(), 1);
    assert_eq!(found.stores[0].fate, Fate::Moved("/usr/lib/python3.11/cacert.pem".to_owned()));
    assert_eq!(found.stores[0].removed.len(), 1);
    // Nothing in common is another store.
    let other = compare(&of(&[("/a", text(&first))]), &of(&[("/b", text(&second))]));
    let fates: Vec<_> = other.stores.iter().map(|change| change.fate.clone()).collect();
    assert_eq!(fates, [Fate::Vanished, Fate::Appeared]);
    assert_eq!(other.stores[1].added.len(), 1);
    // Of a new store only what stood nowhere is new.
    let copied = compare(&of(&[("/a", text(&first))]), &of(&[("/a", text(&first)), ("/b", text(&first))]));
    assert_eq!((copied.stores.len(), copied.stores[0].added.len()), (1, 0));
}

#[test]
fn what_is_not_read_is_not_compared() {
    let mut then = of(&[("/a", text(&one()))]);
    let now = of(&[("/a", text(&two()))]);
    let record = then.stores.get_mut("/a").unwrap();
    *record = StoreRecord { reading: How::Unreadable, ..StoreRecord::default() };
    for found in [compare(&then, &now), compare(&now, &then)] {
        assert_eq!(found.stores[0].fate, Fate::NotCompared);
        assert!(found.stores[0].added.is_empty() && found.stores[0].removed.is_empty());
    }
    assert!(compare(&then, &then).is_same());
    // A store that is gone is gone as one.
    let found = compare(&now, &of(&[]));
    assert_eq!((&found.stores[0].fate, found.stores[0].certificates), (&Fate::Vanished, 1));
}

fn client(stores: &[&str], anchors: u8) -> ClientRecord {
    ClientRecord {
        versions: vec!["curl 8.14.1".to_owned()],
        stores: stores.iter().map(|store| (*store).to_owned()).collect(),
        opaque: BTreeSet::new(),
        anchors: usize::from(anchors),
        anchors_sha256: Fingerprint::from_bytes([anchors; 32]),
        trusted: None,
        off: false,
    }
}

fn with_client(mut inventory: Inventory, record: ClientRecord) -> Inventory {
    let key = ClientKey { client: "curl".to_owned(), at: "/usr/bin/curl".to_owned(), ..ClientKey::default() };
    inventory.clients.insert(key, record);
    inventory
}

#[test]
fn a_client_that_looks_elsewhere_is_told() {
    let stores = || of(&[("/a", text(&one())), ("/b", text(&two()))]);
    let changed = |then: ClientRecord, now: ClientRecord| -> Vec<ClientChange> {
        let found = compare(&with_client(stores(), then), &with_client(stores(), now));
        assert!(found.stores.is_empty());
        found.clients
    };
    let found = changed(client(&["/a"], 1), client(&["/b"], 2));
    assert_eq!((&found[0].gained[..], &found[0].lost[..]), (&["/b".to_owned()][..], &["/a".to_owned()][..]));
    assert!(!found[0].has_same_anchors());
    assert!(changed(client(&["/a"], 1), client(&["/a", "/b"], 1))[0].has_same_anchors());
    assert_eq!(changed(client(&["/a"], 1), client(&["/a"], 2)).len(), 1);
    assert_eq!(changed(client(&["/a"], 1), client(&["/a"], 1)), []);
    let off = ClientRecord { off: true, ..client(&["/a"], 1) };
    assert_eq!(changed(client(&["/a"], 1), off).len(), 1);
    // Other anchors of a store that changed are told with the store.
    let then = with_client(of(&[("/a", text(&one()))]), client(&["/a"], 1));
    let now = with_client(of(&[("/a", text(&two()))]), client(&["/a"], 2));
    assert_eq!(compare(&then, &now).clients, []);
    // And a store that moved is the same one.
    let now = with_client(of(&[("/z", text(&one()))]), client(&["/z"], 1));
    assert_eq!(compare(&then, &now).clients, []);
}

/// A client that takes these certificates.
fn trusting(stores: &[&str], certificates: &[&[u8]]) -> ClientRecord {
    let mut record = client(stores, 0);
    record.set_trusted(certificates.iter().map(|der| fingerprint(der)).collect());
    record
}

/// A client of which an older snapshot knows only the digest.
fn digested(record: &ClientRecord) -> ClientRecord {
    ClientRecord { trusted: None, ..record.clone() }
}

/// A third certificate, for what is told beside another change.
fn third() -> Vec<u8> {
    // The fingerprint alone counts.
    let mut der = one();
    let last = der.len() - 1;
    der[last] ^= 1;
    der
}

#[test]
fn what_a_store_held_and_a_client_takes_only_now_is_named_beside_any_other_change() {
    let (first, rogue, other) = (one(), two(), third());
    let held = [("/a", text(&first) + &text(&rogue))];
    let then = with_client(of(&held), trusting(&["/a"], &[&first]));
    let alone = with_client(of(&held), trusting(&["/a"], &[&first, &rogue]));
    let beside = [("/a", text(&first) + &text(&rogue) + &text(&other))];
    let beside = with_client(of(&beside), trusting(&["/a"], &[&first, &rogue, &other]));
    for now in [&alone, &beside] {
        let found = compare(&then, now);
        assert_eq!(found.clients.len(), 1);
        assert!(found.clients[0].is_of_anchors_alone());
        assert_eq!(found.clients[0].trusts, [fingerprint(&rogue)]);
        // The reverse is told as well.
        assert_eq!(compare(now, &then).clients[0].trusts_no_more, [fingerprint(&rogue)]);
    }
    // Also where the other change was accepted before, and not once this one is.
    let mut baseline = baseline(then);
    let accept = |baseline: &mut Baseline, certificate: &[u8]| {
        let found = compare(&baseline.effective(NOW), &beside);
        let prefix = fingerprint(certificate).to_string().parse().unwrap();
        baseline.accept(accepted(changes(&found, &beside, &[prefix]), None), &beside);
    };
    accept(&mut baseline, &other);
    let found = compare(&baseline.effective(NOW), &beside);
    assert!(found.stores.is_empty());
    assert_eq!(found.clients[0].trusts, [fingerprint(&rogue)]);
    accept(&mut baseline, &rogue);
    assert!(compare(&baseline.effective(NOW), &beside).is_same());
    let read_back = read(write(&baseline).as_bytes()).unwrap();
    assert_eq!(read_back, baseline);
    // What was accepted as an anchor and is none any more is told.
    assert_eq!(compare(&read_back.effective(NOW), &alone).stores.len(), 1);
}

/// A block that refuses and a plain one come to "refused" of the store; a reader of the plain one trusts it.
#[test]
fn a_plain_block_beside_one_that_refuses_is_told_of_who_takes_it() {
    let refused = Said { servers: Servers::Refused, says: BTreeSet::new() };
    let mut then = of(&[("/a", text(&one()) + &text(&two()))]);
    then.stores.get_mut("/a").unwrap().certificates.insert(fingerprint(&two()), refused);
    let now = with_client(then.clone(), trusting(&["/a"], &[&one(), &two()]));
    let then = with_client(then, trusting(&["/a"], &[&one()]));
    let found = compare(&then, &now);
    assert!(found.stores.is_empty());
    assert_eq!(found.clients[0].trusts, [fingerprint(&two())]);
}

/// An older snapshot has the digest alone: what is told has to come to it.
#[test]
fn a_digest_that_nothing_told_explains_is_told() {
    let (first, rogue, other) = (one(), two(), third());
    let held = [("/a", text(&first) + &text(&rogue))];
    let more = [("/a", text(&first) + &text(&rogue) + &text(&other))];
    let then = with_client(of(&held), digested(&trusting(&["/a"], &[&first])));
    let clients = |then: &Inventory, certificates: &[&[u8]]| {
        let now = with_client(of(&more), trusting(&["/a"], certificates));
        assert_eq!(compare(then, &now).clients.len(), compare(&now, then).clients.len());
        compare(then, &now).clients.len()
    };
    assert_eq!(clients(&then, &[&first, &other]), 0, "it takes what is new in its store");
    assert_eq!(clients(&then, &[&first]), 0, "or does not");
    assert_eq!(clients(&then, &[&first, &other, &rogue]), 1, "and nothing else");
    let mut baseline = baseline(then);
    let now = with_client(of(&more), trusting(&["/a"], &[&first, &other]));
    let found = compare(&baseline.inventory, &now);
    let prefix = fingerprint(&other).to_string().parse().unwrap();
    baseline.accept(accepted(changes(&found, &now, &[prefix]), None), &now);
    let effective = baseline.effective(NOW);
    assert_eq!((clients(&effective, &[&first, &other]), clients(&effective, &[&first, &other, &rogue])), (0, 1));
}

/// An acceptance until a day lets be what may go before it, and one that was accepted again is of the past.
#[test]
fn what_is_accepted_for_a_time_may_go_before_and_be_accepted_again() {
    let (first, second) = (one(), two());
    let before = with_client(of(&[("/a", text(&first))]), trusting(&["/a"], &[&first]));
    let with = of(&[("/a", text(&first) + &text(&second))]);
    let with = with_client(with, trusting(&["/a"], &[&first, &second]));
    let mut baseline = baseline(before.clone());
    let all = changes(&compare(&before, &with), &with, &[]);
    assert_eq!(all.len(), 2, "{all:?}");
    baseline.accept(accepted(all.clone(), Some("2026-01-31")), &with);
    let later: Timestamp = "2026-02-02".parse().unwrap();
    for now in [&before, &with] {
        assert!(compare(&baseline.effective_beside(NOW, now), now).is_same());
    }
    assert!(!compare(&baseline.effective_beside(later, &with), &with).is_same());
    assert!(compare(&baseline.effective_beside(later, &before), &before).is_same());
    assert_eq!((baseline.overdue(later, &with).len(), baseline.overdue(later, &before).len()), (1, 0));
    assert_eq!((baseline.not_to_be_lost(later, &with), baseline.not_to_be_lost(later, &before)), (1, 0));
    assert_eq!(baseline.not_to_be_lost(NOW, &before), 1);
    baseline.accept(accepted(all, Some("2026-12-31")), &with);
    assert_eq!(baseline.overdue(later, &with), []);
    assert!(compare(&baseline.effective_beside(later, &with), &with).is_same());
    // Past both days the later one is told.
    let last = "2027-02-02".parse().unwrap();
    assert_eq!(baseline.overdue(last, &with).len(), 1);
    // What counts for good and is gone is gone.
    baseline.accept(accepted(changes(&compare(&before, &with), &with, &[]), None), &with);
    assert!(!compare(&baseline.effective_beside(NOW, &before), &before).is_same());
}

fn accepted(changes: Vec<Change>, until: Option<&str>) -> Acceptance {
    let until = until.map(|day| day.parse().unwrap());
    Acceptance { at: NOW, by: Some("ann".to_owned()), reason: None, until, changes }
}

#[test]
fn what_is_accepted_belongs_to_the_baseline_until_its_last_day() {
    let (first, second) = (one(), two());
    let mut baseline = baseline(of(&[("/a", text(&first))]));
    let now = of(&[("/a", text(&first) + &text(&second)), ("/b", text(&first))]);
    let found = compare(&baseline.inventory, &now);
    let all = changes(&found, &now, &[]);
    assert_eq!(all.len(), 2, "{all:?}");
    baseline.accept(accepted(all, Some("2026-01-01")), &now);
    let last = "2026-01-01T23:59:59Z".parse().unwrap();
    assert!(compare(&baseline.effective(last), &now).is_same());
    // What was accepted and is gone again is gone.
    assert_eq!(compare(&baseline.effective(last), &of(&[("/a", text(&first)), ("/b", text(&first))])).stores.len(), 1);
    let later = "2026-01-02".parse().unwrap();
    assert_eq!(compare(&baseline.effective(later), &now).stores.len(), 2);
    assert!(!baseline.accepted[0].is_in_force(later) && baseline.accepted[0].is_in_force(last));
    assert_eq!(baseline.accepted[0].standing(&now), 2);
    assert_eq!(read(write(&baseline).as_bytes()), Ok(baseline));
}

/// The anchors of a client are those of its stores as they were, and say nothing once a change was accepted.
#[test]
fn a_client_of_a_store_whose_change_was_accepted_has_not_changed() {
    let mut baseline = baseline(with_client(of(&[("/a", text(&one()))]), client(&["/a"], 1)));
    let now = with_client(of(&[("/a", text(&one()) + &text(&two()))]), client(&["/a"], 2));
    let found = compare(&baseline.inventory, &now);
    let prefix = fingerprint(&two()).to_string().parse().unwrap();
    baseline.accept(accepted(changes(&found, &now, &[prefix]), None), &now);
    assert_eq!(compare(&baseline.effective(NOW), &now), Comparison::default());
}

#[test]
fn one_certificate_is_accepted_and_no_other() {
    let (first, second) = (one(), two());
    let baseline = baseline(of(&[("/x", String::new())]));
    let now = of(&[("/a", text(&first) + &text(&second)), ("/x", text(&first) + &text(&second))]);
    let found = compare(&baseline.inventory, &now);
    let prefix = fingerprint(&first).to_string()[..8].parse().unwrap();
    let chosen = changes(&found, &now, &[prefix]);
    let mut accepting = baseline;
    accepting.accept(accepted(chosen, None), &now);
    let left = compare(&accepting.effective(NOW), &now);
    let left: Vec<_> = left.stores.iter().flat_map(|change| &change.added).map(|added| added.certificate).collect();
    assert_eq!(left, [fingerprint(&second), fingerprint(&second)]);
}

#[test]
fn mistakes_are_named_with_their_place() {
    let good = write(&baseline(with_client(of(&[("/a", text(&one()))]), client(&["/a"], 1))));
    let sha256 = fingerprint(&one()).to_string();
    let digest = of(&[("/a", text(&one()))]).stores["/a"].digest().to_string();
    let error = |from: &str, to: &str| {
        assert!(good.contains(from), "{good}");
        read(good.replace(from, to).as_bytes()).unwrap_err().to_string()
    };
    let other = "0".repeat(64);
    assert_eq!(
        error("snapshot/1", "snapshot/2"),
        "expected a snapshot of version 1 (castore.snapshot/1), found version 2"
    );
    assert_eq!(
        error("castore.snapshot/1", "castore.list/1"),
        "expected a snapshot (castore.snapshot/1), found schema \"castore.list/1\""
    );
    assert_eq!(
        error("\"whole\"", "\"most\""),
        "stores[0].reading: expected one of whole, partial, unread-format, unreadable, absent, found \"most\""
    );
    assert_eq!(
        error(&digest, &other),
        format!("stores[0].sha256: expected {digest}, the digest of what the store holds, found {other}")
    );
    assert_eq!(
        error(&format!("        \"{sha256}\""), &format!("        \"{other}\"")),
        format!("stores[0].certificates[0]: expected a certificate that stands in certificates, found {other}")
    );
    assert_eq!(
        error("\"id\": \"/a\"", "\"id\": \"/b\""),
        "clients[0].stores: expected stores of this file, found \"/a\""
    );
    assert_eq!(
        error("\"redacted\": false", "\"redacted\": 0"),
        "line 10, column 15: invalid type: integer `0`, expected a boolean"
    );
    assert_eq!(
        error("\"redacted\"", "\"redaction\""),
        "line 10, column 13: unknown field `redaction`, expected one of `schema`, `castore`, `host`, `scope`, `redacted`, `view`, `certificates`, `stores`, `clients`, `anchors`, `accepted`"
    );
    let field = "x".repeat(100_000);
    assert!(error("\"redacted\"", &format!("\"{field}\"")).len() < 400);
    let at = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    assert_eq!(at(b""), "line 1, column 0: EOF while parsing a value");
    assert_eq!(at(b"[]"), "expected a snapshot (castore.snapshot/1), found JSON without a schema");
    assert!(at(&[0xff; 40]).starts_with("line 1"));
    // Neither depth nor length of what is no snapshot costs more than its octets.
    assert!(
        at(format!("{{\"x\": {}", "[".repeat(100_000)).as_bytes()).starts_with("line 1, column 4: unknown field `x`")
    );
    assert!(is_snapshot(good.as_bytes()) && !is_snapshot(b"{\"schema\": \"castore.list/1\"}"));
}

fn said() -> impl Strategy<Value = Said> {
    let servers = (0..Servers::WORDS.len()).prop_map(|index| Servers::WORDS[index].0);
    (servers, proptest::collection::btree_set(".{0,8}", 0..3)).prop_map(|(servers, says)| Said { servers, says })
}

fn trusting_all(stores: &[&str], certificates: &[Fingerprint]) -> ClientRecord {
    let mut record = client(stores, 0);
    record.set_trusted(certificates.iter().copied().collect());
    record
}

fn inventory() -> impl Strategy<Value = Inventory> {
    let certificates = proptest::collection::btree_map(any::<[u8; 32]>(), proptest::option::of(".*"), 0..6);
    let held = proptest::collection::vec((any::<prop::sample::Index>(), said()), 0..8);
    let references = proptest::collection::btree_map(".{0,12}", said(), 0..3);
    let how = (0..How::WORDS.len()).prop_map(|index| How::WORDS[index].0);
    let stores = proptest::collection::btree_map(".{1,12}", (held, references, how), 0..5);
    (certificates, stores, any::<bool>()).prop_map(|(certificates, stores, redacted)| {
        let record = |subject: Option<String>| CertificateRecord { subject, ..CertificateRecord::default() };
        let certificates: BTreeMap<Fingerprint, _> =
            certificates.into_iter().map(|(key, subject)| (Fingerprint::from_bytes(key), record(subject))).collect();
        let all: Vec<Fingerprint> = certificates.keys().copied().collect();
        let stores = stores.into_iter().map(|(name, (held, references, reading))| {
            let held = held.into_iter().filter(|_| !all.is_empty());
            let certificates = held.map(|(index, said)| (all[index.index(all.len())], said)).collect();
            (name, StoreRecord { reading, certificates, references, ..StoreRecord::default() })
        });
        let stores: BTreeMap<String, StoreRecord> = stores.collect();
        let uses: Vec<&str> = stores.keys().take(2).map(String::as_str).collect();
        // Some know their anchors, some the digest alone.
        let record = if redacted { client(&uses, 3) } else { trusting_all(&uses, &all) };
        with_client(Inventory { redacted, certificates, stores, ..Inventory::default() }, record)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(then in inventory(), now in inventory(), until: Option<bool>) {
        let mut baseline = baseline(then);
        let all = changes(&compare(&baseline.inventory, &now), &now, &[]);
        let until = until.map(|past| NOW.plus_days(if past { -400 } else { 400 }).date());
        baseline.accept(accepted(all, until.as_deref()), &now);
        let text = write(&baseline);
        prop_assert_eq!(read(text.as_bytes()), Ok(baseline), "{}", text);
    }

    #[test]
    fn nothing_differs_from_itself_and_what_is_accepted_not_from_the_host(then in inventory(), now in inventory()) {
        prop_assert!(compare(&then, &then).is_same());
        let mut baseline = baseline(then);
        let found = compare(&baseline.inventory, &now);
        baseline.accept(accepted(changes(&found, &now, &[]), None), &now);
        let left = compare(&baseline.effective(NOW), &now);
        // What cannot be read now cannot be accepted.
        prop_assert!(left.stores.iter().all(|change| !change.now.is_read()), "{:?}", left);
    }

    /// Octets changed anywhere are read or refused, and what is read is written and read again.
    #[test]
    fn damage_is_refused_or_harmless(then in inventory(), at: prop::sample::Index, with in any::<Vec<u8>>(), cut in 0..20_usize) {
        let mut bytes = write(&baseline(then)).into_bytes();
        let at = at.index(bytes.len());
        bytes.splice(at..(at + cut).min(bytes.len()), with);
        match read(&bytes) {
            Ok(read_back) => prop_assert_eq!(read(write(&read_back).as_bytes()), Ok(read_back)),
            Err(error) => prop_assert!(error.to_string().chars().count() < 600),
        }
    }
}
