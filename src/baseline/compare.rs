//! Two inventories compared: which roots came, went, moved or are trusted otherwise, in which store, and
//! which clients look elsewhere now.
//!
//! What was not read is not compared: a directory that is closed today has not lost its roots. A store that
//! is new has not gained all that is in it: told of it is what stood nowhere before. A store whose content
//! stands at another path now is the same store, moved.

use super::{ClientKey, ClientRecord, HOME, How, Inventory, Said, Servers, StoreRecord, digest_of};
use crate::limits::MOVED_PAIRS;
use crate::model::Fingerprint;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What differs between two inventories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Stores, in the order of their names.
    pub stores: Vec<StoreChange>,
    /// Clients, in the order of their names.
    pub clients: Vec<ClientChange>,
    /// What clients take as anchors otherwise, whatever tells of it, where both inventories know: in the order of
    /// their names.
    pub anchors: Vec<AnchorsChange>,
}

/// What an installation that was there and is takes as anchors otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorsChange {
    /// Which.
    pub client: ClientKey,
    /// What it takes now and did not.
    pub gained: BTreeSet<Fingerprint>,
    /// What it took.
    pub lost: BTreeSet<Fingerprint>,
}

/// What differs of one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreChange {
    /// Its name now; where it is gone, its name then.
    pub store: String,
    /// What became of it.
    pub fate: Fate,
    /// How far it was read then.
    pub then: How,
    /// How far it is read now.
    pub now: How,
    /// How many certificates it holds now; where it is gone, then.
    pub certificates: usize,
    /// What it holds now and did not. Of a store that is new, what no store held.
    pub added: Vec<Added>,
    /// What it held. Of a store that is gone, what no store holds now.
    pub removed: Vec<Removed>,
    /// What it says otherwise of certificates that it held and holds.
    pub trust: Vec<TrustChange>,
    /// What it says otherwise of certificates that it does not hold.
    pub references: Vec<ReferenceChange>,
}

/// What became of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is where it was.
    Stayed,
    /// It was called this.
    Moved(String),
    /// It was not there.
    Appeared,
    /// It is not there any more.
    Vanished,
    /// It was not read then, or is not now: it is not compared.
    NotCompared,
}

/// A certificate that is new in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The certificate.
    pub certificate: Fingerprint,
    /// What the store says of it.
    pub said: Said,
    /// The stores that held it then.
    pub was_in: Vec<String>,
    /// Those of them that do not hold it now: it moved.
    pub left: Vec<String>,
}

/// A certificate that is gone from a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The certificate.
    pub certificate: Fingerprint,
    /// What the store said of it.
    pub said: Said,
    /// The stores that hold it now.
    pub is_in: Vec<String>,
}

/// A certificate of which a store says something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustChange {
    /// The certificate.
    pub certificate: Fingerprint,
    /// What it said.
    pub then: Said,
    /// What it says.
    pub now: Said,
}

/// What a store says otherwise of a certificate that it does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceChange {
    /// What names the certificate.
    pub about: String,
    /// What it said, if it said anything.
    pub then: Option<Said>,
    /// What it says, if it says anything.
    pub now: Option<Said>,
}

/// An installation that came, went, or trusts by other stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientChange {
    /// Which.
    pub client: ClientKey,
    /// What was; none where it is new.
    pub then: Option<ClientRecord>,
    /// What is; none where it is gone.
    pub now: Option<ClientRecord>,
    /// Stores that it uses and did not, other than those that moved.
    pub gained: Vec<String>,
    /// Stores that it used, by their names then, other than those that moved.
    pub lost: Vec<String>,
    /// Certificates that it takes as anchors and did not, other than those that are told with a store. None where
    /// an inventory knows only their digest.
    pub trusts: Vec<Fingerprint>,
    /// Certificates that it took as anchors, other than those that are told with a store.
    pub trusts_no_more: Vec<Fingerprint>,
}

impl Comparison {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.stores.is_empty() && self.clients.is_empty()
    }
}

impl ClientChange {
    /// Whether it is there, then and now, and takes the same certificates.
    #[must_use]
    pub fn has_same_anchors(&self) -> bool {
        match (&self.then, &self.now) {
            (Some(then), Some(now)) => then.anchors_sha256 == now.anchors_sha256,
            _ => false,
        }
    }

    /// Whether it uses the same stores, verifies as it did, and takes other certificates as anchors.
    #[must_use]
    pub fn is_of_anchors_alone(&self) -> bool {
        let (Some(then), Some(now)) = (&self.then, &self.now) else { return false };
        let has_same_places = self.gained.is_empty() && self.lost.is_empty() && then.opaque == now.opaque;
        has_same_places && then.off == now.off && then.trusted.is_some() && now.trusted.is_some()
    }
}

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

/// Of two stores at different places, the parts in a hundred of the larger one that both must hold to be one
/// store that moved: 50, as with files that git takes for renamed (`-M`, git-diff(1)).
const ALIKE: usize = 50;

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

/// A store by its name.
type Named<'i> = (&'i str, &'i StoreRecord);

/// Stores that are at another place: by their old names, the new ones.
fn moved<'i>(then: &'i Inventory, now: &'i Inventory) -> BTreeMap<&'i str, &'i str> {
    let mut gone = only_in(then, now);
    let mut new = only_in(now, then);
    let mut moved = the_same(&mut gone, &mut new);
    if gone.len().saturating_mul(new.len()) <= MOVED_PAIRS {
        let mut taken = BTreeSet::new();
        for (_, _, old, new) in alike(&gone, &new) {
            if !moved.contains_key(old) && taken.insert(new) {
                moved.insert(old, new);
            }
        }
    }
    moved
}

/// The stores with certificates that one inventory has and the other has not.
fn only_in<'i>(one: &'i Inventory, other: &Inventory) -> Vec<Named<'i>> {
    let counts = |record: &StoreRecord| record.reading.is_read() && !record.certificates.is_empty();
    let closed = Closed::of(other);
    let own = one.stores.iter().filter(|(name, record)| counts(record) && !is_there(other.stores.get(*name)));
    let own = own.filter(|(name, _)| !closed.has(name));
    own.map(|(name, record)| (name.as_str(), record)).collect()
}

/// The last part of a path.
fn file(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Takes the pairs out that hold the very same, files of one name first.
fn the_same<'i>(gone: &mut Vec<Named<'i>>, new: &mut Vec<Named<'i>>) -> BTreeMap<&'i str, &'i str> {
    let mut by_content: HashMap<Fingerprint, BTreeSet<&str>> = HashMap::new();
    for (name, record) in gone.iter() {
        by_content.entry(record.digest()).or_default().insert(name);
    }
    let mut moved = BTreeMap::new();
    for same_file in [true, false] {
        new.retain(|(name, record)| {
            let Some(names) = by_content.get_mut(&record.digest()) else { return true };
            let old = names.iter().find(|old| !same_file || file(old) == file(name)).copied();
            let Some(old) = old else { return true };
            names.remove(old);
            moved.insert(old, *name);
            false
        });
    }
    gone.retain(|(name, _)| !moved.contains_key(name));
    moved
}

/// The pairs that hold enough of each other, the most alike first: how much, whether the files have one name, the
/// old name, the new one.
fn alike<'i>(gone: &[Named<'i>], new: &[Named<'i>]) -> Vec<(usize, bool, &'i str, &'i str)> {
    let mut pairs = Vec::new();
    for (name, record) in new {
        for (old, before) in gone {
            let (one, other) = (&record.certificates, &before.certificates);
            let (few, many) = if one.len() < other.len() { (one, other) } else { (other, one) };
            if few.len() * 100 < many.len() * ALIKE {
                continue;
            }
            let common = few.keys().filter(|fingerprint| many.contains_key(fingerprint)).count();
            let alike = common * 100 / many.len();
            if alike >= ALIKE {
                pairs.push((alike, file(old) == file(name), *old, *name));
            }
        }
    }
    pairs.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then((a.2, a.3).cmp(&(b.2, b.3))));
    pairs
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
