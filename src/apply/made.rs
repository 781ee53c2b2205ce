//! Stores that refresh commands make, looked at before and after: what was written is their source alone, and a command
//! may end well and make nothing of it.
//!
//! Each of them then holds what the run adds and not what it removes, and has lost nothing else; a run that is taken back
//! gives each what it held before. What they were is kept beside the backups, so that what is lost can be found there.

use super::journal::hexadecimal;
use super::run::Options;
use super::{text, verify};
use crate::host::Files;
use crate::host::files::Tree;
use crate::limits::FILE_SIZE;
use crate::model::{Fingerprint, StoreId};
use crate::plan::{After, Plan, Refresh, Sweep, held};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Held = BTreeSet<Fingerprint>;

/// What a run wants of the stores that its commands make.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// What all of them shall hold.
    pub(super) with: Held,
    /// What none of them shall hold.
    pub(super) without: Held,
    /// What was told to go, and may.
    pub(super) goes: Held,
    /// What is different for one: what it shall hold, and not hold.
    pub(super) of: BTreeMap<PathBuf, (Held, Held)>,
    /// Where what stores were before the run that is taken back is kept.
    pub(super) earlier: BTreeMap<PathBuf, PathBuf>,
}

/// What a run found in a store that its commands make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecordedStore {
    path: String,
    /// Nothing where it could not be read.
    held: Option<Vec<String>>,
    /// What it shall hold, and not hold.
    with: Vec<String>,
    without: Vec<String>,
    /// The number of what is kept of it, and its SHA-256; nothing of a directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) backup: Option<(usize, String)>,
}

/// What a run wants of the stores that its commands make, and what they held before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecordedMade {
    goes: Vec<String>,
    pub(super) stores: Vec<RecordedStore>,
}

/// What a store lost that nobody named, by path, as the journal has it.
pub(super) type Lost = BTreeMap<String, Vec<String>>;

impl Wanted {
    /// Of a plan.
    pub(super) fn of(plan: &Plan) -> Self {
        let mut wanted = Self::default();
        for change in &plan.stores {
            if let After::AtLeast { with, without } = &change.after {
                wanted.with.extend(with);
                wanted.without.extend(without);
            }
            let goes = change.swept.iter().filter(|swept| swept.does != Sweep::TakesUp);
            wanted.goes.extend(goes.map(|swept| swept.certificate.fingerprint()));
        }
        wanted
    }

    /// Of taking a run back: what each store held before, of what the run added and removed; and what it lost.
    pub(super) fn back(made: &RecordedMade, lost: &Lost) -> Self {
        let of = made.stores.iter().filter_map(|store| {
            let held = prints(store.held.as_ref()?);
            let named: Held = prints(&store.with).union(&prints(&store.without)).copied().collect();
            let mut must: Held = named.intersection(&held).copied().collect();
            must.extend(lost.get(&store.path).map(|lost| prints(lost)).unwrap_or_default());
            Some((store.path(), (must, named.difference(&held).copied().collect())))
        });
        Self { of: of.collect(), ..Self::default() }
    }

    /// Of finishing a run.
    pub(super) fn again(made: &RecordedMade) -> Self {
        let of = made.stores.iter().map(|store| (store.path(), (prints(&store.with), prints(&store.without))));
        Self { goes: prints(&made.goes), of: of.collect(), ..Self::default() }
    }

    /// What one store shall hold, and not hold.
    fn of_store(&self, path: &Path) -> (&Held, &Held) {
        self.of.get(path).map_or((&self.with, &self.without), |(with, without)| (with, without))
    }
}

impl RecordedStore {
    pub(super) fn path(&self) -> PathBuf {
        text::name(&self.path).unwrap_or_default().into()
    }
}

impl RecordedMade {
    pub(super) fn new(wanted: &Wanted, before: &Before, first: usize) -> Self {
        let texts = |all: &Held| all.iter().map(ToString::to_string).collect();
        let mut number = first;
        let stores = before.stores.iter().map(|(path, store)| {
            let backup = store.bytes.as_ref().map(|bytes| {
                number += 1;
                (number - 1, hexadecimal(&Sha256::digest(bytes).into()))
            });
            let (with, without) = wanted.of_store(path);
            let (with, without) = (texts(with), texts(without));
            RecordedStore { path: text::of(path), held: store.held.as_ref().map(texts), with, without, backup }
        });
        let stores = stores.collect();
        Self { goes: texts(&wanted.goes), stores }
    }

    /// What the stores held, where that is known.
    pub(super) fn held(&self) -> BTreeMap<PathBuf, Option<Held>> {
        self.stores.iter().map(|store| (store.path(), store.held.as_deref().map(prints))).collect()
    }
}

fn prints(texts: &[String]) -> Held {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// A store before its command is run.
struct Was {
    /// Nothing where it could not be read.
    held: Option<Held>,
    bytes: Option<Vec<u8>>,
}

/// The stores before their commands are run.
#[derive(Default)]
pub(super) struct Before {
    stores: BTreeMap<PathBuf, Was>,
}

impl Before {
    /// Looks at what commands make; at nothing where none is run.
    pub(super) fn look(refreshes: &[Refresh], tree: &Tree, options: &Options<'_>) -> Self {
        if !tree.is_live() || !options.refresh {
            return Self::default();
        }
        let paths = paths(refreshes);
        let now = read(&paths, tree, options);
        let was = |(path, held): (PathBuf, Result<Held, String>)| {
            let found = tree.resolve(&path).ok().filter(|found| found.kind == crate::host::Kind::File);
            let bytes = found.and_then(|found| tree.read(&found, FILE_SIZE).ok());
            (path, Was { held: held.ok(), bytes })
        };
        Self { stores: now.into_iter().map(was).collect() }
    }

    /// What they held, where that is known.
    pub(super) fn held(&self) -> BTreeMap<PathBuf, Option<Held>> {
        self.stores.iter().map(|(path, was)| (path.clone(), was.held.clone())).collect()
    }

    /// What is kept of them, in the order of their numbers.
    pub(super) fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.stores.values().filter_map(|was| was.bytes.as_deref())
    }
}

fn paths(refreshes: &[Refresh]) -> BTreeSet<PathBuf> {
    refreshes.iter().flat_map(|refresh| &refresh.makes).filter_map(StoreId::path).map(Path::to_path_buf).collect()
}

/// What stores hold now, or why that cannot be told.
fn read(paths: &BTreeSet<PathBuf>, tree: &Tree, options: &Options<'_>) -> BTreeMap<PathBuf, Result<Held, String>> {
    let Ok(tree) = tree.again() else { return BTreeMap::new() };
    let snapshot = verify::now(tree, options, &paths.iter().cloned().map(StoreId::Path).collect());
    let one = |path: &PathBuf| {
        verify::read(&snapshot, &StoreId::Path(path.clone())).map(|store| store.map(held).unwrap_or_default())
    };
    paths.iter().map(|path| (path.clone(), one(path))).collect()
}

/// What is wrong with the stores that commands made, and what they lost that nobody named. `kept` says where what a store
/// was is kept.
pub(super) fn judge(
    wanted: &Wanted,
    before: &BTreeMap<PathBuf, Option<Held>>,
    (tree, options): (&Tree, &Options<'_>),
    kept: &dyn Fn(&Path) -> Option<PathBuf>,
) -> (Vec<(PathBuf, String)>, Lost) {
    let now = read(&before.keys().cloned().collect(), tree, options);
    compare(wanted, before, &now, kept)
}

fn compare(
    wanted: &Wanted,
    before: &BTreeMap<PathBuf, Option<Held>>,
    now: &BTreeMap<PathBuf, Result<Held, String>>,
    kept: &dyn Fn(&Path) -> Option<PathBuf>,
) -> (Vec<(PathBuf, String)>, Lost) {
    let (mut wrong, mut all) = (Vec::new(), Lost::new());
    let nothing = Held::new();
    for (path, was) in before {
        let is = match now.get(path) {
            Some(Ok(is)) => is,
            Some(Err(why)) => {
                wrong.push((path.clone(), why.clone()));
                continue;
            }
            None => continue,
        };
        let (must, not) = wanted.of_store(path);
        let unknown = was.is_none().then(|| "what it lost is not known, as it could not be read before".to_owned());
        let was = was.as_ref().unwrap_or(&nothing);
        let gone: Held = was.difference(is).filter(|one| !not.contains(one) && !must.contains(one)).copied().collect();
        let lost: Held = gone.difference(&wanted.goes).copied().collect();
        let lacks: Held = must.difference(is).copied().collect();
        let holds: Held = not.intersection(is).copied().collect();
        let is_less = !lost.is_empty() || lacks.iter().any(|one| was.contains(one));
        let mut said: Vec<String> =
            [("it lacks", &lacks), ("it holds", &holds), ("it lost", &lost)].into_iter().filter_map(count).collect();
        let earlier = || wanted.earlier.get(path).filter(|_| !lacks.is_empty()).cloned();
        if let Some(kept) = kept(path).filter(|_| is_less).or_else(earlier) {
            said.push(format!("as it was: {}", kept.display()));
        }
        said.extend(unknown);
        if !said.is_empty() {
            wrong.push((path.clone(), said.join("; ")));
        }
        if !gone.is_empty() {
            all.insert(text::of(path), gone.iter().map(ToString::to_string).collect());
        }
    }
    (wrong, all)
}

fn count((what, which): (&str, &Held)) -> Option<String> {
    let first = which.first()?.short();
    let more = which.len() - 1;
    Some(format!("{what} {first}{}", if more == 0 { String::new() } else { format!(" and {more} more") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(octet: u8) -> Fingerprint {
        Fingerprint::from_bytes([octet; 32])
    }

    fn all(octets: &[u8]) -> Held {
        octets.iter().map(|&octet| one(octet)).collect()
    }

    fn said(wanted: &Wanted, before: impl Into<Option<&'static [u8]>>, now: &[u8]) -> (Vec<String>, Vec<String>) {
        let path = PathBuf::from("/cacerts");
        let before = [(path.clone(), before.into().map(all))].into();
        let now = [(path, Ok(all(now)))].into();
        let (wrong, lost) = compare(wanted, &before, &now, &|_| Some("/kept".into()));
        let lost = lost.into_values().flatten().map(|text| text[..2].to_owned());
        (wrong.into_iter().map(|(_, says)| says).collect(), lost.collect())
    }

    #[test]
    fn a_made_store_gains_and_loses_what_is_meant_and_nothing_else() {
        let wanted = Wanted { with: all(&[1]), without: all(&[2]), goes: all(&[3]), ..Wanted::default() };
        assert_eq!(said(&wanted, &[2, 3, 4][..], &[1, 4, 5]), (vec![], vec!["03".to_owned()]));
        let wrong = "it lacks 01010101; it holds 02020202; it lost 04040404; as it was: /kept".to_owned();
        assert_eq!(said(&wanted, &[2, 3, 4][..], &[2, 3]), (vec![wrong], vec!["04".to_owned()]));
        let all_lost = "it lacks 01010101; it lost 04040404 and 1 more; as it was: /kept".to_owned();
        assert_eq!(said(&wanted, &[4, 5][..], &[]).0, [all_lost]);
        let unknown = "it holds 02020202; what it lost is not known, as it could not be read before".to_owned();
        assert_eq!(said(&wanted, None, &[1, 2]), (vec![unknown], vec![]));
    }

    /// A root that a store had before the run stays in it when the run is taken back, though the run added it too.
    #[test]
    fn taken_back_a_store_holds_what_it_held() {
        let texts = |octets: &[u8]| all(octets).iter().map(ToString::to_string).collect::<Vec<_>>();
        let (path, with, without) = ("/cacerts".to_owned(), texts(&[1, 3]), texts(&[2]));
        let store = RecordedStore { path, held: Some(texts(&[2, 3, 9])), with, without, backup: None };
        let made = RecordedMade { goes: vec![], stores: vec![store] };
        let back = Wanted::back(&made, &[("/cacerts".to_owned(), texts(&[9]))].into());
        assert_eq!(said(&back, &[1, 3][..], &[2, 3, 9]), (vec![], vec![]));
        let wrong = "it lacks 02020202 and 2 more; it holds 01010101; as it was: /kept".to_owned();
        assert_eq!(said(&back, &[1, 3][..], &[1]).0, [wrong]);
        assert_eq!(said(&Wanted::again(&made), &[2, 3, 9][..], &[1, 3, 9]), (vec![], vec![]));
    }
}
