//! Two inventories compared: which roots came, went, moved or are trusted otherwise, in which store, and
//! which clients look elsewhere now.
//!
//! What was not read is not compared: a directory that is closed today has not lost its roots. A store that
//! is new has not gained all that is in it: told of it is what stood nowhere before. A store whose content
//! stands at another path now is the same store, moved.

mod change;
mod moved;

use super::{ClientKey, ClientRecord, HOME, How, Inventory, Said, Servers, StoreRecord, digest_of};
use crate::model::Fingerprint;
pub use change::{
    Added, AnchorsChange, ClientChange, Comparison, Fate, ReferenceChange, Removed, StoreChange, TrustChange,
};
use moved::{file, moved};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What the change of one store tells of trust, to look certificates up in: a store has as many as somebody put there.
struct Told<'c> {
    change: &'c StoreChange,
    /// Certificates that are trusted and were not.
    more: HashSet<&'c Fingerprint>,
    /// Certificates that were trusted and are not.
    less: HashSet<&'c Fingerprint>,
}

impl<'c> Told<'c> {
    fn of(change: &'c StoreChange) -> Self {
        let added = change.added.iter().filter(|added| added.said.servers > Servers::Refused);
        let removed = change.removed.iter().map(|removed| &removed.certificate);
        let trust = |is: fn(&TrustChange) -> bool| {
            change.trust.iter().filter(move |trust| is(trust)).map(|trust| &trust.certificate)
        };
        Self {
            change,
            more: added
                .map(|added| &added.certificate)
                .chain(trust(|trust| trust.now.servers > trust.then.servers))
                .collect(),
            less: removed.chain(trust(|trust| trust.now.servers < trust.then.servers)).collect(),
        }
    }

    /// Whether it tells that a certificate is trusted that was not.
    fn tells_of_trust(&self, certificate: &Fingerprint, now: &Inventory) -> bool {
        self.more.contains(certificate) || self.is_not_compared(certificate, now)
    }

    /// Whether it tells that a certificate is not trusted that was.
    fn tells_of_loss(&self, certificate: &Fingerprint, then: &Inventory) -> bool {
        self.less.contains(certificate) || self.is_not_compared(certificate, then)
    }

    /// Whether the store is told as not compared, and holds a certificate on a side.
    fn is_not_compared(&self, certificate: &Fingerprint, side: &Inventory) -> bool {
        let holds = |record: &StoreRecord| record.certificates.contains_key(certificate);
        self.change.fate == Fate::NotCompared && side.stores.get(&self.change.store).is_some_and(holds)
    }
}

impl StoreChange {
    /// The certificates that it tells of.
    fn told(&self) -> impl Iterator<Item = &Fingerprint> {
        let added = self.added.iter().map(|added| &added.certificate);
        let removed = self.removed.iter().map(|removed| &removed.certificate);
        added.chain(removed).chain(self.trust.iter().map(|trust| &trust.certificate))
    }
}

/// Compares two inventories of one host.
#[must_use]
pub fn compare(then: &Inventory, now: &Inventory) -> Comparison {
    let (held_then, held_now) = (places(then), places(now));
    let (closed_then, closed_now) = (Closed::of(then), Closed::of(now));
    let moved = moved(then, now);
    let came_from: BTreeMap<&str, &str> = moved.iter().map(|(from, to)| (*to, *from)).collect();
    let mut stores = Vec::new();
    for (name, record) in &now.stores {
        let from = came_from.get(name.as_str()).copied();
        let before = then.stores.get(from.unwrap_or(name)).filter(|before| before.reading != How::Absent);
        stores.extend(match before {
            Some(before) => both(name, from, before, record, &held_then, &held_now),
            None if closed_then.has(name) => Some(not_compared(name, How::Unreadable, record)),
            None => appeared(name, record, &held_then),
        });
    }
    let is_gone = |name: &str| now.stores.get(name).is_none_or(|record| record.reading == How::Absent);
    for (name, record) in then.stores.iter().filter(|(name, _)| is_gone(name) && !moved.contains_key(name.as_str())) {
        stores.extend(match record.reading {
            How::Absent => None,
            // What is in a home that was closed is told by itself.
            _ if record.format == HOME => None,
            _ if closed_now.has(name) => {
                let change = not_compared(name, record.reading, record);
                Some(StoreChange { then: record.reading, now: How::Unreadable, ..change })
            }
            _ => Some(vanished(name, record, &held_now)),
        });
    }
    stores.sort_by(|a, b| a.store.cmp(&b.store));
    let clients = clients(then, now, &moved, &stores);
    Comparison { stores, clients, anchors: anchors(then, now) }
}

/// What clients take as anchors otherwise.
fn anchors(then: &Inventory, now: &Inventory) -> Vec<AnchorsChange> {
    let both = now.clients.iter().filter_map(|(key, record)| Some((key, then.clients.get(key)?, record)));
    let changes = both.filter_map(|(key, before, after)| {
        let (before, after) = (before.trusted.as_ref()?, after.trusted.as_ref()?);
        let (gained, lost) = (after.difference(before).copied().collect(), before.difference(after).copied().collect());
        (before != after).then(|| AnchorsChange { client: key.clone(), gained, lost })
    });
    changes.collect()
}

type Places<'i> = HashMap<Fingerprint, BTreeSet<&'i str>>;

/// The stores that hold each certificate.
fn places(inventory: &Inventory) -> Places<'_> {
    let mut places = Places::new();
    for (name, record) in &inventory.stores {
        for fingerprint in record.certificates.keys() {
            places.entry(*fingerprint).or_default().insert(name);
        }
    }
    places
}

fn listed(places: Option<&BTreeSet<&str>>) -> Vec<String> {
    places.into_iter().flatten().map(|name| (*name).to_owned()).collect()
}

fn is_there(record: Option<&StoreRecord>) -> bool {
    record.is_some_and(|record| record.reading != How::Absent)
}

fn change(store: &str, fate: Fate, then: How, now: How, certificates: usize) -> StoreChange {
    StoreChange {
        store: store.to_owned(),
        fate,
        then,
        now,
        certificates,
        added: Vec::new(),
        removed: Vec::new(),
        trust: Vec::new(),
        references: Vec::new(),
    }
}

/// A store that was there then and is now.
fn both(
    name: &str,
    from: Option<&str>,
    before: &StoreRecord,
    after: &StoreRecord,
    held_then: &Places<'_>,
    held_now: &Places<'_>,
) -> Option<StoreChange> {
    if after.reading == How::Absent {
        return None;
    }
    let fate = from.map_or(Fate::Stayed, |from| Fate::Moved(from.to_owned()));
    let mut found = change(name, fate, before.reading, after.reading, after.certificates.len());
    match (before.reading.is_read(), after.reading.is_read()) {
        (true, true) => {}
        (false, false) => return None,
        _ => {
            found.fate = Fate::NotCompared;
            return Some(found);
        }
    }
    for (certificate, said) in &after.certificates {
        match before.certificates.get(certificate) {
            None => found.added.push(added(*certificate, said, held_then, held_now)),
            Some(then) if then != said => {
                let (then, now) = (then.clone(), said.clone());
                found.trust.push(TrustChange { certificate: *certificate, then, now });
            }
            Some(_) => {}
        }
    }
    for (certificate, said) in before.certificates.iter().filter(|(one, _)| !after.certificates.contains_key(one)) {
        let is_in = listed(held_now.get(certificate));
        found.removed.push(Removed { certificate: *certificate, said: said.clone(), is_in });
    }
    let about: BTreeSet<&String> = before.references.keys().chain(after.references.keys()).collect();
    for about in about {
        let (then, now) = (before.references.get(about), after.references.get(about));
        if then != now {
            let (then, now) = (then.cloned(), now.cloned());
            found.references.push(ReferenceChange { about: about.clone(), then, now });
        }
    }
    let differs = from.is_some()
        || !(found.added.is_empty() && found.removed.is_empty())
        || !(found.trust.is_empty() && found.references.is_empty());
    differs.then_some(found)
}

fn added(certificate: Fingerprint, said: &Said, held_then: &Places<'_>, held_now: &Places<'_>) -> Added {
    let then = held_then.get(&certificate);
    let is_held = |name: &&str| held_now.get(&certificate).is_some_and(|now| now.contains(name));
    let left = then.into_iter().flatten().filter(|name| !is_held(name)).map(|name| (*name).to_owned());
    Added { certificate, said: said.clone(), was_in: listed(then), left: left.collect() }
}

fn appeared(name: &str, record: &StoreRecord, held_then: &Places<'_>) -> Option<StoreChange> {
    let fate = match record.reading {
        How::Absent => return None,
        reading if reading.is_read() => Fate::Appeared,
        _ => Fate::NotCompared,
    };
    let mut found = change(name, fate, How::Absent, record.reading, record.certificates.len());
    for (certificate, said) in record.certificates.iter().filter(|(one, _)| !held_then.contains_key(one)) {
        let (was_in, left) = (Vec::new(), Vec::new());
        found.added.push(Added { certificate: *certificate, said: said.clone(), was_in, left });
    }
    Some(found)
}

/// The homes that were closed when an inventory was taken.
struct Closed<'i>(BTreeMap<&'i str, &'i BTreeSet<String>>);

impl<'i> Closed<'i> {
    fn of(inventory: &'i Inventory) -> Self {
        let homes = inventory.stores.iter().filter(|(_, record)| record.format == HOME);
        Self(homes.map(|(home, record)| (home.as_str(), &record.accounts)).collect())
    }

    /// Whether something stands in one of them.
    fn has(&self, place: &str) -> bool {
        let mut above = Some(place);
        while let Some(path) = above.filter(|_| !self.0.is_empty()) {
            if self.0.contains_key(path) {
                return true;
            }
            above = path.rfind('/').map(|slash| &path[..slash]);
        }
        false
    }

    /// Whether one is that of an account. An earlier castore kept no names: there it is by that of the directory,
    /// `/home/bob`.
    fn is_of(&self, account: Option<&str>) -> bool {
        let is_own = |account: &str, (home, accounts): (&&str, &&BTreeSet<String>)| match accounts.is_empty() {
            true => file(home) == account,
            false => accounts.contains(account),
        };
        account.is_some_and(|account| self.0.iter().any(|closed| is_own(account, closed)))
    }
}

/// A store that only one of both inventories can tell of.
fn not_compared(name: &str, then: How, record: &StoreRecord) -> StoreChange {
    change(name, Fate::NotCompared, then, record.reading, record.certificates.len())
}

fn vanished(name: &str, record: &StoreRecord, held_now: &Places<'_>) -> StoreChange {
    let mut found = change(name, Fate::Vanished, record.reading, How::Absent, record.certificates.len());
    for (certificate, said) in record.certificates.iter().filter(|(one, _)| !held_now.contains_key(one)) {
        let (said, is_in) = (said.clone(), Vec::new());
        found.removed.push(Removed { certificate: *certificate, said, is_in });
    }
    found
}

/// Certificates of which every combination is tried, to find the set that a digest is of.
const TRIED: usize = 8;

/// Whether the anchors of a client, of which a side knows only the digest, differ by nothing else than what changed
/// in its stores.
fn is_explained(
    changes: &[&Told<'_>],
    unsettled: &BTreeMap<Fingerprint, bool>,
    (then, before): (&Inventory, &ClientRecord),
    (now, after): (&Inventory, &ClientRecord),
) -> bool {
    if before.anchors_sha256 == after.anchors_sha256 || changes.iter().any(|told| told.change.fate == Fate::NotCompared)
    {
        return true;
    }
    let told: BTreeSet<Fingerprint> =
        changes.iter().flat_map(|told| told.change.told()).chain(unsettled.keys()).copied().collect();
    let (known, (inventory, other)) = match (&before.trusted, &after.trusted) {
        (_, Some(after)) => (after, (then, before)),
        (Some(before), None) => (before, (now, after)),
        // Of two digests only the numbers can tell.
        (None, None) => return !told.is_empty() && before.anchors.abs_diff(after.anchors) <= told.len(),
    };
    let rest: BTreeSet<Fingerprint> = known.difference(&told).copied().collect();
    let is_it = |set: &BTreeSet<Fingerprint>| set.len() == other.anchors && digest_of(set) == other.anchors_sha256;
    let is_given = |one: &&Fingerprint| other.is_given(one, inventory);
    let was_given = |one: &&Fingerprint| unsettled.get(one).copied().unwrap_or_else(|| is_given(one));
    let with = |more: BTreeSet<Fingerprint>| rest.union(&more).copied().collect::<BTreeSet<_>>();
    if is_it(&with(told.iter().filter(was_given).copied().collect()))
        || is_it(&with(told.iter().filter(is_given).copied().collect()))
    {
        return true;
    }
    let told: Vec<Fingerprint> = told.into_iter().collect();
    let chosen = |bits: usize| (0..told.len()).filter(move |place| bits >> place & 1 == 1).map(|place| told[place]);
    told.len() <= TRIED && (0..1_usize << told.len()).any(|bits| is_it(&with(chosen(bits).collect())))
}

fn clients(
    then: &Inventory,
    now: &Inventory,
    moved: &BTreeMap<&str, &str>,
    stores: &[StoreChange],
) -> Vec<ClientChange> {
    let (closed_then, closed_now) = (Closed::of(then), Closed::of(now));
    let told: HashMap<&str, Told<'_>> = stores.iter().map(|change| (change.store.as_str(), Told::of(change))).collect();
    let keys: BTreeSet<&ClientKey> = then.clients.keys().chain(now.clients.keys()).collect();
    let mut found = Vec::new();
    for key in keys {
        let (before, after) = (then.clients.get(key), now.clients.get(key));
        let closed = if after.is_none() { &closed_now } else { &closed_then };
        let is_unknown = || closed.has(&key.at) || closed.is_of(key.account.as_deref());
        if (before.is_none() || after.is_none()) && is_unknown() {
            continue;
        }
        let mut change = ClientChange {
            client: key.clone(),
            then: before.cloned(),
            now: after.cloned(),
            gained: Vec::new(),
            lost: Vec::new(),
            trusts: Vec::new(),
            trusts_no_more: Vec::new(),
        };
        if let (Some(before), Some(after)) = (before, after) {
            let name_now = |name: &str| moved.get(name).copied().unwrap_or(name).to_owned();
            let mapped: BTreeSet<String> = before.stores.iter().map(|name| name_now(name)).collect();
            change.gained = after.stores.difference(&mapped).cloned().collect();
            change.lost =
                before.stores.iter().filter(|name| !after.stores.contains(&name_now(name))).cloned().collect();
            let other_places = !change.gained.is_empty() || !change.lost.is_empty();
            // What is told with a store that changed is not told again.
            let changes: Vec<&Told<'_>> = after.stores.iter().filter_map(|name| told.get(name.as_str())).collect();
            let other_anchors = match (&before.trusted, &after.trusted) {
                (Some(before), Some(after)) => {
                    let is_new = |one: &&Fingerprint| !changes.iter().any(|change| change.tells_of_trust(one, now));
                    let is_gone = |one: &&Fingerprint| !changes.iter().any(|change| change.tells_of_loss(one, then));
                    change.trusts = after.difference(before).filter(is_new).copied().collect();
                    change.trusts_no_more = before.difference(after).filter(is_gone).copied().collect();
                    !change.trusts.is_empty() || !change.trusts_no_more.is_empty()
                }
                _ => {
                    let unsettled = [then, now].into_iter().filter_map(|side| side.unsettled.get(key)).flatten();
                    let unsettled = unsettled.map(|(one, was_given)| (*one, *was_given)).collect();
                    !is_explained(&changes, &unsettled, (then, before), (now, after))
                }
            };
            if !other_places && !other_anchors && before.off == after.off && before.opaque == after.opaque {
                continue;
            }
        }
        found.push(change);
    }
    found
}
