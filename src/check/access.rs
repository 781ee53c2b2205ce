//! Who can change what a client trusts, beside root and the account that runs the client.
//!
//! What opens the way to a path [`rights`](crate::host::rights) tells; here it is said of stores, of those who use
//! them, and without the accounts whose matter it is.

use super::{Detail, Scope, Users, counted, with_count};
use crate::discover::Use;
use crate::host::accounts::passwd_homes;
use crate::host::rights::{Opening, Ways, Who};
use crate::model::{Format, StoreId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::rc::Rc;

/// Places that can be changed, each with the stores that it opens and the clients that use them.
pub(super) fn openings(
    scope: &Scope<'_>,
    is_wanted: fn(&Who) -> bool,
    words: fn(&Scope<'_>, &Opening, &str) -> Words,
) -> Vec<Detail> {
    let mut ways = Ways::of(scope.host);
    let rulers = rulers(scope);
    let mut found: BTreeMap<Opening, (BTreeSet<&StoreId>, Vec<&Use>)> = BTreeMap::new();
    let mut of_stores: HashMap<(&Path, &StoreId), Rc<Vec<Opening>>> = HashMap::new();
    for used in scope.uses {
        let own = own(scope, used);
        let places =
            used.effective().filter_map(|candidate| Some((candidate.path.as_deref()?, candidate.store.as_ref()?)));
        for (path, store) in places {
            let opened =
                of_stores.entry((path, store)).or_insert_with(|| Rc::new(of_store(scope, &mut ways, path, store)));
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
    let used = Users::new(scope.uses);
    for store in scope.stores.iter().filter(|id| !used.has(id)) {
        let Some(path) = store.path() else { continue };
        let opened = of_store(scope, &mut ways, path, store).into_iter().filter(|opening| is_wanted(&opening.who));
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

/// What opens a store that was named by a path, with the files that a directory leads to.
fn of_store(scope: &Scope<'_>, ways: &mut Ways<'_>, named: &Path, id: &StoreId) -> Vec<Opening> {
    let mut found: BTreeSet<Opening> = of_path(scope, ways, named).into_iter().collect();
    if let Some(store) = scope.snapshot.store(id).filter(|store| store.format == Format::Directory)
        && let Some(path) = store.id.path()
    {
        let files = store.listed.iter().filter(|listed| !listed.entries.is_empty());
        for listed in files {
            found.extend(of_path(scope, ways, &path.join(&listed.name)));
        }
    }
    found.into_iter().collect()
}

fn of_path(scope: &Scope<'_>, ways: &mut Ways<'_>, named: &Path) -> Vec<Opening> {
    scope.host.resolve(named).map(|found| ways.to(&found)).unwrap_or_default()
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
            used: Users::new(&uses),
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
                Who::Group(_) | Who::Unknown => format!("{} {:?}", opening.place.display(), opening.who),
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
