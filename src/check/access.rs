//! Who can change what a client trusts, beside root and the account that runs the client.
//!
//! A store is as safe as its way: whoever can write in one directory above it, or in one that a link on the way
//! stands in, puts another store in its place. A sticky directory lets everyone add names and nobody but
//! its owner replace one (unlink(2), EPERM). Modes and owners come with the paths that were resolved anyway.

use super::{Detail, Scope, counted, with_count};
use crate::discover::Use;
use crate::host::accounts::passwd_homes;
use crate::host::{Kind, Resolved};
use crate::model::{Format, StoreId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Who can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Who {
    /// Every account of the machine.
    Everyone,
    /// The account with this id, which owns the place.
    Owner(u32),
}

/// A place on the way to a store that can be changed, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Opening {
    pub(super) place: PathBuf,
    pub(super) who: Who,
    /// Permission bits.
    pub(super) mode: u32,
    pub(super) is_directory: bool,
}

/// Places that can be changed, each with the stores that it opens and the clients that use them.
pub(super) fn openings(
    scope: &Scope<'_>,
    is_wanted: fn(&Who) -> bool,
    words: fn(&Scope<'_>, &Opening, &str) -> Words,
) -> Vec<Detail> {
    let mut ways = Ways { scope, known: HashMap::new() };
    let rulers = rulers(scope);
    let mut found: BTreeMap<Opening, (BTreeSet<&StoreId>, Vec<&Use>)> = BTreeMap::new();
    let mut of_stores: HashMap<(&Path, &StoreId), Rc<Vec<Opening>>> = HashMap::new();
    for used in scope.uses {
        let own = own(scope, used);
        let places =
            used.effective().filter_map(|candidate| Some((candidate.path.as_deref()?, candidate.store.as_ref()?)));
        for (path, store) in places {
            let opened = of_stores.entry((path, store)).or_insert_with(|| Rc::new(ways.of_store(path, store)));
            for opening in opened.iter().filter(|opening| is_wanted(&opening.who)) {
                if matches!(opening.who, Who::Owner(owner) if rulers.contains(&owner) || own.contains(&owner)) {
                    continue;
                }
                let (stores, uses) = found.entry(opening.clone()).or_default();
                stores.insert(store);
                uses.push(used);
            }
        }
    }
    // A file that the user names is nobody's.
    let is_used = |id: &StoreId| scope.uses.iter().flat_map(Use::effective).any(|c| c.store.as_ref() == Some(id));
    for store in scope.stores.iter().filter(|id| !is_used(id)) {
        let Some(path) = store.path() else { continue };
        let opened = ways.of_store(path, store).into_iter().filter(|opening| is_wanted(&opening.who));
        for opening in opened.filter(|o| !matches!(o.who, Who::Owner(owner) if rulers.contains(&owner))) {
            found.entry(opening).or_default().0.insert(store);
        }
    }
    let detail = |(opening, (stores, uses)): (Opening, (BTreeSet<&StoreId>, Vec<&Use>))| {
        let words = words(scope, &opening, &named(&stores));
        Detail {
            store: stores.first().filter(|_| stores.len() == 1).map(|id| (*id).clone()),
            path: Some(opening.place),
            clients: counted(uses).into_iter().map(with_count).collect(),
            expected: words.expected,
            found: words.found,
            remedy: words.remedy,
            ..Detail::default()
        }
    };
    found.into_iter().map(detail).collect()
}

/// What a check says of an opening.
pub(super) struct Words {
    pub(super) expected: String,
    pub(super) found: String,
    pub(super) remedy: String,
}

/// Stores that are named before the rest is counted.
const NAMED: usize = 2;

fn named(stores: &BTreeSet<&StoreId>) -> String {
    let paths = stores.iter().filter_map(|id| id.path()).take(NAMED).map(|path| path.display().to_string());
    let paths: Vec<String> = paths.collect();
    match stores.len().checked_sub(NAMED).filter(|rest| *rest > 0) {
        Some(rest) => format!("{} and {rest} more", paths.join(", ")),
        None => paths.join(" and "),
    }
}

/// Accounts that may change anything, or whose matter it is: root, who owns the root directory (in a tree that
/// an account unpacked, and in a container, that is not 0), and who owns the home of the user in question.
fn rulers(scope: &Scope<'_>) -> BTreeSet<u32> {
    let owner = |path: &Path| scope.host.resolve(path).ok().and_then(|found| found.owner);
    let home = scope.host.home.as_deref().and_then(owner);
    [Some(0), owner(Path::new("/")), home].into_iter().flatten().collect()
}

/// Accounts that decide over one client anyway: the one it was found for, and the owner of its program.
fn own(scope: &Scope<'_>, used: &Use) -> BTreeSet<u32> {
    let at = &used.installation.at;
    let program = Some(at).filter(|at| !at.as_os_str().is_empty()).and_then(|at| scope.host.resolve(at).ok()?.owner);
    let named = |entry: &&crate::host::accounts::PasswdEntry| Some(&entry.name) == used.account.as_ref();
    let account = scope.host.accounts.iter().find(named).map(|entry| entry.uid);
    program.into_iter().chain(account).collect()
}

/// An account by its name, where the host has one.
pub(super) fn account(scope: &Scope<'_>, id: u32) -> String {
    let text = scope.host.settings(Path::new("/etc/passwd")).unwrap_or_default();
    let entry = passwd_homes(&text).into_iter().find(|entry| entry.uid == id);
    entry.map_or_else(|| format!("the account with number {id}"), |entry| format!("{} ({id})", entry.name))
}

/// The ways to stores, each directory looked at once.
struct Ways<'s> {
    scope: &'s Scope<'s>,
    known: HashMap<PathBuf, Rc<Vec<Opening>>>,
}

impl Ways<'_> {
    /// What opens a store that was named by a path, with the files that a directory leads to.
    fn of_store(&mut self, named: &Path, id: &StoreId) -> Vec<Opening> {
        let mut found: BTreeSet<Opening> = self.of_path(named).into_iter().collect();
        if let Some(store) = self.scope.snapshot.store(id).filter(|store| store.format == Format::Directory)
            && let Some(path) = store.id.path()
        {
            let files = store.listed.iter().filter(|listed| !listed.entries.is_empty());
            for listed in files {
                found.extend(self.of_path(&path.join(&listed.name)));
            }
        }
        found.into_iter().collect()
    }

    /// What opens the way to one path.
    fn of_path(&mut self, named: &Path) -> Vec<Opening> {
        let Ok(found) = self.scope.host.resolve(named) else { return Vec::new() };
        let mut openings: Vec<Opening> = Vec::new();
        for link in &found.links {
            let Some(parent) = link.parent() else { continue };
            openings.extend(self.above(parent).iter().cloned());
            openings.extend(self.link_in_sticky(parent, link));
        }
        openings.extend(
            found.path.parent().map(|parent| self.above(parent)).iter().flat_map(|known| known.iter().cloned()),
        );
        openings.extend(of(&found));
        openings
    }

    /// What opens a directory, which is no link: itself and those above it.
    fn above(&mut self, directory: &Path) -> Rc<Vec<Opening>> {
        if let Some(known) = self.known.get(directory) {
            return Rc::clone(known);
        }
        let mut openings = directory.parent().map(|parent| self.above(parent).to_vec()).unwrap_or_default();
        if let Ok(found) = self.scope.host.resolve(directory) {
            openings.extend(of(&found));
        }
        let openings = Rc::new(openings);
        self.known.insert(directory.to_path_buf(), Rc::clone(&openings));
        openings
    }

    /// In a directory where everyone may add names, a link belongs to who made it: its owner can put another
    /// in its place.
    fn link_in_sticky(&self, parent: &Path, link: &Path) -> Option<Opening> {
        let mode = self.scope.host.resolve(parent).ok()?.mode?;
        let owner = self.scope.host.owner(link).filter(|_| is_sticky(mode) && mode & WORLD != 0)?;
        Some(Opening { place: link.to_path_buf(), who: Who::Owner(owner), mode: 0o777, is_directory: false })
    }
}

/// S_IWOTH.
const WORLD: u32 = 0o002;

/// S_ISVTX.
const fn is_sticky(mode: u32) -> bool {
    mode & 0o1000 != 0
}

/// What opens one place by itself.
fn of(found: &Resolved) -> Vec<Opening> {
    let Some(mode) = found.mode else { return Vec::new() };
    let is_directory = found.kind == Kind::Directory;
    let opening = |who| Opening { place: found.path.clone(), who, mode, is_directory };
    let is_open = mode & WORLD != 0 && !(is_directory && is_sticky(mode));
    let everyone = is_open.then_some(Who::Everyone);
    everyone.into_iter().chain(found.owner.map(Who::Owner)).map(opening).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::clients;
    use crate::catalogue::survey::{Searched, Survey};
    use crate::discover::discover;
    use crate::facts::Facts;
    use crate::host::memory::{Memory, Node};
    use crate::host::{Host, System};
    use crate::load::{load, wanted};
    use crate::model::Timestamp;
    use crate::policy::Settings;

    const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

    /// Every opening of the system's bundle, in a tree whose root belongs to root.
    fn found(files: Memory) -> Vec<String> {
        let mut host = Host::new(Box::new(files.owned("/", 0, 0o755)), System::Linux);
        host.home = Some("/root".into());
        let uses = discover(&Survey::new(&host, Searched::default()), clients().filter(|row| row.id == "system"));
        let snapshot = load(&host, &wanted(&uses));
        let settings = |_: &Use| Settings::default();
        let scope = Scope {
            at: Timestamp::from_unix(0),
            within: 0,
            uses: &uses,
            users: &uses,
            snapshot: &snapshot,
            host: &host,
            settings: &settings,
            facts: &Facts::built_in(),
            thresholds: &[],
            allow: &[],
            servers: &[],
            baseline: None,
            baseline_file: None,
            facts_directory: None,
            is_whole: true,
            stores: wanted(&uses),
        };
        let words = |scope: &Scope<'_>, opening: &Opening, _: &str| Words {
            expected: String::new(),
            found: match opening.who {
                Who::Everyone => format!("{} everyone", opening.place.display()),
                Who::Owner(id) => format!("{} {}", opening.place.display(), account(scope, id)),
            },
            remedy: String::new(),
        };
        openings(&scope, |_| true, words).into_iter().map(|detail| detail.found).collect()
    }

    fn bundle() -> Memory {
        Memory::new().file(BUNDLE, "").file("/etc/passwd", "ann:x:7:7::/home/ann:/bin/sh\n")
    }

    #[test]
    fn what_root_alone_writes_is_closed() {
        assert!(found(bundle()).is_empty(), "no modes, no opening");
        assert!(found(bundle().owned(BUNDLE, 0, 0o644).owned("/etc/ssl", 0, 0o755)).is_empty());
        // Its own home: the user in question may do as it likes.
        let home = bundle().with("/root", Node::Directory).owned("/root", 7, 0o700);
        assert!(found(home.owned(BUNDLE, 7, 0o644)).is_empty());
    }

    #[test]
    fn files_and_every_directory_above_are_looked_at() {
        assert_eq!(found(bundle().owned(BUNDLE, 0, 0o646)), [format!("{BUNDLE} everyone")]);
        assert_eq!(found(bundle().owned("/etc", 0, 0o777)), ["/etc everyone"]);
        assert_eq!(found(bundle().owned("/etc", 7, 0o755)), ["/etc ann (7)"]);
        assert_eq!(found(bundle().owned(BUNDLE, 8, 0o644)), [format!("{BUNDLE} the account with number 8")]);
    }

    #[test]
    fn in_a_sticky_directory_a_name_is_its_owners() {
        let linked = |owner: u32| {
            let files = Memory::new().file("/srv/real.pem", "").link("/tmp/store.pem", "/srv/real.pem");
            let files = files.link(BUNDLE, "/tmp/store.pem").file("/etc/passwd", "ann:x:7:7::/home/ann:/bin/sh\n");
            files.owned("/tmp", 0, 0o1777).owned("/tmp/store.pem", owner, 0o777)
        };
        assert!(found(linked(0)).is_empty());
        assert_eq!(found(linked(7)), ["/tmp/store.pem ann (7)"]);
        assert_eq!(found(linked(0).owned("/tmp", 0, 0o777)), ["/tmp everyone"]);
    }
}
