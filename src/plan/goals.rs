//! Which stores are to change: from what selectors name to the places behind it, each once.
//!
//! A client is no place: curl, wget and git read one bundle, which a command makes from a directory of anchors, so
//! all three are one [`Goal`], and so are the hash directory and the keystore beside the bundle. A goal names every
//! reader and every link that leads to it. What castore does not change is told with the right place in its stead:
//! a file of a distribution's package, what is compiled into a program, a system that is made from an image.

mod places;
mod system;
mod ways;

pub use system::{Family, Made, Output, System};
pub(super) use system::{OF_GITLAB, PROGRAMS, is_known_command, is_known_directory};

use super::edit::CannotEdit;
use super::owned::{Owned, Owners};
use super::{Declined, Inspected, Target, Writer};
use crate::catalogue::client::{Edit, Lost};
use crate::check::wheel_of;
use crate::discover::{Candidate, Named, Outcome, Use};
use crate::load::unread_parts;
use crate::model::{Format, Gap, Reading, Store, StoreId, Unreadable};
use crate::select::Selector;
use places::Places;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A store that is to change, and how that is done.
#[derive(Debug, Clone)]
pub struct Goal<'a> {
    /// The store, and who reads it.
    pub target: Target,
    /// How it is changed.
    pub way: Way<'a>,
    /// Its content; none for what does not stand there yet.
    pub store: Option<&'a Arc<Store>>,
    /// What the change does not outlive.
    pub lost_by: Option<String>,
    /// What a person should know of it.
    pub notes: Vec<String>,
    /// The chosen installations that come to new roots here; one that reads several stores needs them in one.
    pub adds_for: Vec<&'a Use>,
    /// Whether it was named itself, by its path.
    pub is_named: bool,
}

/// How a store is changed.
#[derive(Debug, Clone)]
pub enum Way<'a> {
    /// By files of which a command of the system makes it.
    System(Box<System<'a>>),
    /// The file is written anew.
    File,
    /// Files in the directory, and links to them by their hashes.
    HashDirectory,
    /// Files with this extension in the directory, and what makes its readers take them up.
    Directory {
        /// The extension.
        extension: &'static str,
        /// The command, where there is one.
        refresh: Option<&'static str>,
    },
    /// `certutil` on a copy of the database.
    Nss,
}

/// What selectors come to.
#[derive(Debug, Clone, Default)]
pub struct Targets<'a> {
    /// The stores that can be changed, in the order of their paths.
    pub goals: Vec<Goal<'a>>,
    /// Those that cannot, in the same order, and whether some chosen client reads nothing that can.
    pub declined: Vec<(Declined, bool)>,
}

/// Why not, and what instead.
type Refusal = (String, Option<String>);

/// A store with those that read it.
#[derive(Default)]
struct Group<'a> {
    /// The places by which it is read, of any client.
    read: Vec<(&'a Use, &'a Candidate)>,
    /// The chosen installations among them.
    chosen: Vec<&'a Use>,
    /// The paths by which it was named itself, absolute, and what each led to.
    named: Vec<(PathBuf, PathBuf)>,
}

impl Group<'_> {
    fn is_named(&self) -> bool {
        !self.named.is_empty()
    }

    /// The ways on which it was chosen: paths, and the store that was found at each.
    fn ways(&self) -> impl Iterator<Item = (&Path, &Path)> {
        let is_chosen = |user: &Use| self.chosen.iter().any(|chosen| std::ptr::eq(*chosen, user));
        let read = self.read.iter().filter(move |(user, _)| is_chosen(user));
        let read = read.filter_map(|(_, found)| Some((found.path.as_deref()?, found.store.as_ref()?.path()?)));
        self.named.iter().map(|(named, found)| (named.as_path(), found.as_path())).chain(read)
    }
}

/// The stores that `selectors` name (those of every client, where there is none).
///
/// # Errors
/// A selector that names no store of this host.
pub fn targets<'a>(
    inspected: Inspected<'a>,
    selectors: &[Selector],
    writer: Writer<'_>,
) -> Result<Targets<'a>, Selector> {
    let system = System::of(inspected);
    let key = |id: &StoreId| match &system {
        Some(system) if system.has(id) => system.store(),
        _ => id.clone(),
    };
    let mut groups: BTreeMap<StoreId, Group<'a>> = BTreeMap::new();
    for selector in selectors {
        match selector {
            Selector::Path(_) => {
                let named = selector.named(inspected.host).ok_or_else(|| selector.clone())?;
                let id = selector.store(inspected.host).ok_or_else(|| selector.clone())?;
                let group = groups.entry(key(&id)).or_default();
                group.named.extend(id.path().map(|found| (named, found.to_path_buf())));
            }
            Selector::Clients { .. } if inspected.uses.iter().any(|found| selector.takes(found, inspected.host)) => {}
            other => return Err(other.clone()),
        }
    }
    // Directories of anchors that nothing here makes a store of are none of everybody's.
    let is_ours = |found: &Use| system.as_ref().is_some_and(|system| std::ptr::eq(system.source, found));
    let is_chosen = |found: &&Use| match selectors.is_empty() {
        true => !found.client.is_source || is_ours(found),
        false => selectors.iter().any(|selector| selector.takes(found, inspected.host)),
    };
    // The stores of each chosen installation, in the order in which it looks.
    let mut homes: Vec<(&'a Use, Vec<StoreId>)> = Vec::new();
    for found in inspected.uses.iter().filter(is_chosen) {
        let mut stores = Vec::new();
        for id in system.iter().flat_map(|system| system.made_for(found)).chain(stores_of(found)) {
            let id = key(&id);
            let group = groups.entry(id.clone()).or_default();
            if !group.chosen.iter().any(|known| std::ptr::eq(*known, found)) {
                group.chosen.push(found);
            }
            if !stores.contains(&id) {
                stores.push(id);
            }
        }
        homes.push((found, stores));
    }
    for found in inspected.uses {
        for candidate in found.effective() {
            if let Some(id) = &candidate.store
                && let Some(group) = groups.get_mut(&key(id))
            {
                group.read.push((found, candidate));
            }
        }
    }
    Ok(settle((inspected, writer), system.as_ref(), groups, &homes))
}

/// The stores of an installation: what it reads, where a variable leads it in vain, what is compiled into it.
fn stores_of(found: &Use) -> Vec<StoreId> {
    let read = found.effective().filter_map(|candidate| candidate.store.clone());
    let opaque = found.opaque().map(|(path, what)| StoreId::Section(path.to_path_buf(), what));
    let missing = found
        .candidates
        .iter()
        .filter(|candidate| candidate.named != Named::BuiltIn && matches!(candidate.outcome, Outcome::Unusable(..)));
    let missing = missing.filter_map(|candidate| candidate.path.clone().map(StoreId::Path));
    read.chain(opaque).chain(missing).collect()
}

/// Makes goals of the groups that can be changed, and lets each chosen installation have its roots in one of them:
/// in the system's where it reads that, else in the first.
fn settle<'a>(
    (inspected, writer): (Inspected<'a>, Writer<'_>),
    system: Option<&System<'a>>,
    groups: BTreeMap<StoreId, Group<'a>>,
    homes: &[(&'a Use, Vec<StoreId>)],
) -> Targets<'a> {
    let plain =
        groups.keys().filter(|id| matches!(id, StoreId::Path(_)) && !system.is_some_and(|system| system.has(id)));
    let owners = Owners::look_up(inspected.host, plain.filter_map(StoreId::path));
    let judge = Judge { inspected, places: Places::of(inspected.host), owners };
    let mut found = Targets::default();
    let mut declined: Vec<(Declined, StoreId, bool)> = Vec::new();
    for (id, group) in groups {
        let of_system = system.filter(|system| system.store() == id);
        let (target, store) = (target(inspected, &id, &group, of_system), inspected.snapshot.store(&id));
        let way = match of_system {
            Some(system) => judge.system(system).map(|()| Way::System(Box::new(system.clone()))),
            None => judge.way(&id, &group),
        };
        let way = way.and_then(|way| ways::writable(writer, &way, &id, &group).map(|()| way));
        match way {
            Ok(way) => {
                let mut notes = judge.places.notes(id.path());
                notes.extend(of_system.into_iter().flat_map(|system| system.notes(inspected.host)));
                let lost_by = if of_system.is_some() { None } else { lost_by(inspected, &id, &group) };
                let is_named = group.is_named();
                found.goals.push(Goal { target, way, store, lost_by, notes, adds_for: Vec::new(), is_named });
            }
            Err((because, instead)) => declined.push((Declined { target, because, instead }, id, group.is_named())),
        }
    }
    let mut homeless: Vec<&[StoreId]> = Vec::new();
    for (user, stores) in homes {
        let goal_at = |id: &StoreId| found.goals.iter().position(|goal| goal.target.store == *id);
        let of_system = stores.iter().find(|id| system.is_some_and(|system| system.store() == **id));
        match of_system.and_then(goal_at).or_else(|| stores.iter().find_map(goal_at)) {
            Some(goal) => found.goals[goal].adds_for.push(user),
            None => homeless.push(stores),
        }
    }
    let is_needed = |id: &StoreId| homeless.iter().any(|stores| stores.contains(id));
    found.declined =
        declined.into_iter().map(|(declined, id, is_named)| (declined, is_named || is_needed(&id))).collect();
    found
}

/// Names a store with its readers and the links that lead to it.
fn target(inspected: Inspected<'_>, id: &StoreId, group: &Group<'_>, system: Option<&System<'_>>) -> Target {
    let mut links: Vec<PathBuf> = Vec::new();
    let mut readers: Vec<String> = Vec::new();
    for (user, candidate) in &group.read {
        let name = user.name();
        if !readers.contains(&name) && !user.client.is_source {
            readers.push(name);
        }
        let behind = candidate.store.as_ref().and_then(StoreId::path);
        if let Some(path) = candidate.path.as_ref().filter(|path| Some(path.as_path()) != behind)
            && !links.contains(path)
        {
            links.push(path.clone());
        }
    }
    links.sort();
    let format = inspected.snapshot.store(id).map_or(Format::Unknown, |store| store.format);
    let format = if system.is_some() && format == Format::Unknown { Format::Directory } else { format };
    Target { store: id.clone(), links, readers, format }
}

/// What decides whether a store is changed here.
struct Judge<'a> {
    inspected: Inspected<'a>,
    places: Places,
    owners: Owners,
}

impl Judge<'_> {
    /// Whether the system's own way is open.
    fn system(&self, system: &System<'_>) -> Result<(), Refusal> {
        let written = system.outputs.iter().filter_map(|output| output.id.path());
        let all = std::iter::once(Path::new(system.directory)).chain(written);
        all.filter_map(|path| self.places.closed(path)).next().map_or(Ok(()), Err)
    }

    fn way(&self, id: &StoreId, group: &Group<'_>) -> Result<Way<'static>, Refusal> {
        let path = match id {
            StoreId::Path(path) => path,
            StoreId::Section(_, what) => return Err((format!("castore changes no program: {what}"), instead(group))),
            StoreId::Native(_) => {
                return Err(("the operating system keeps it behind an interface".to_owned(), tool(group)));
            }
        };
        let store = self.inspected.snapshot.store(id);
        let Some(store) = store.filter(|store| store.reading != Reading::Unreadable(Unreadable::Absent)) else {
            let instead = "castore export --out FILE writes a new one";
            return Err(("nothing is there".to_owned(), Some(instead.to_owned())));
        };
        if let Some(refusal) = self.places.closed(path) {
            return Err(refusal);
        }
        // Packages share directories; whose a file in one is, is asked before it goes.
        let owned = if store.format == Format::Directory { Owned::Nobody } else { self.owners.of(path) };
        match owned {
            Owned::By(owner) if !owner.is_configuration => {
                let what = format!("it belongs to the package {} ({})", owner.package, owner.manager);
                return Err((format!("{what}, whose next upgrade replaces it"), instead(group)));
            }
            Owned::Unknown(why) => return Err((why, instead(group))),
            Owned::By(_) | Owned::Nobody => {}
        }
        match &store.reading {
            Reading::Unreadable(why) => return Err((format!("it cannot be read: {why}"), None)),
            Reading::UnreadFormat => {
                return Err((store.format.why_unread().unwrap_or("it is not read").to_owned(), instead(group)));
            }
            Reading::Partial if store.gaps.iter().any(|gap| matches!(gap, Gap::Password { .. })) => {
                return Err(cannot(&CannotEdit::Password));
            }
            Reading::Partial if store.format != Format::Directory => {
                let why = format!("not all of it can be read: {}", unread_parts(store));
                return Err((why, Some("mend it first; castore export writes what can be read".to_owned())));
            }
            Reading::Whole | Reading::Partial => {}
        }
        ways::allowed(group, store.format)?;
        ways::written(store, group)
    }
}

/// A store that castore does not change, or not in this way.
pub(super) fn cannot(why: &CannotEdit) -> Refusal {
    (why.to_string(), why.instead().map(str::to_owned))
}

/// `what: what to do` of a row, apart.
fn split(text: &str) -> Refusal {
    match text.split_once(": ") {
        Some((because, instead)) => (because.to_owned(), Some(instead.to_owned())),
        None => (text.to_owned(), None),
    }
}

/// What the readers of a store can do in place of changing it.
fn instead(group: &Group<'_>) -> Option<String> {
    let by_variable = lasting(group).map(|names| format!("name a bundle of your own by {names}"));
    let rows = group.read.iter().map(|(user, _)| *user).chain(group.chosen.iter().copied());
    by_variable.or_else(|| {
        rows.map(|user| user.client.edit).find_map(|edit| match edit {
            Edit::Never(why) | Edit::Elsewhere(why) => split(why).1,
            Edit::Via(tool) => Some(tool.to_owned()),
            Edit::Rewrite | Edit::DropIn { .. } => None,
        })
    })
}

fn tool(group: &Group<'_>) -> Option<String> {
    group.read.iter().find_map(|(user, _)| match user.client.edit {
        Edit::Via(tool) => Some(tool.to_owned()),
        _ => None,
    })
}

/// Variables that are told; a store may have twenty readers.
const VARIABLES: usize = 2;

/// The variables by which its readers would take another bundle.
fn variables(group: &Group<'_>) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    let candidates = group.read.iter().map(|(user, _)| *user).chain(group.chosen.iter().copied());
    for name in candidates.flat_map(|user| &user.candidates).filter_map(|c| c.leaf.variable_for_a_bundle()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(VARIABLES);
    (!names.is_empty()).then(|| names.join(" or "))
}

/// What replaces a store that a package of a language brought, and what would last.
fn lost_by(inspected: Inspected<'_>, id: &StoreId, group: &Group<'_>) -> Option<String> {
    let built_in = || group.read.iter().filter(|(_, candidate)| candidate.named == Named::BuiltIn);
    let wheel = built_in().find_map(|(user, _)| {
        let (site, path) = (user.installation.place("site")?, id.path()?);
        let wheel = wheel_of(inspected.host, site, path)?;
        Some(format!("the next upgrade of {}", wheel.split(' ').next().unwrap_or(&wheel)))
    });
    let what = wheel.or_else(|| Some(row_lost(group)?.what.to_owned()))?;
    let lasting = lasting(group).map(|names| format!(", and not what {names} names"));
    Some(format!("{what} replaces it{}", lasting.unwrap_or_default()))
}

/// What the row that the store is of says; one whose own it is not, where there is no other.
fn row_lost(group: &Group<'_>) -> Option<Lost> {
    let rows = || group.read.iter().filter(|(_, candidate)| candidate.named == Named::BuiltIn);
    let own = rows().filter(|(user, _)| !matches!(user.client.edit, Edit::Elsewhere(_)));
    own.chain(rows()).find_map(|(user, _)| user.client.lost_by)
}

/// The settings by which the readers of a store would take another.
fn lasting(group: &Group<'_>) -> Option<String> {
    let row = row_lost(group).map(|lost| lost.lasting.to_owned()).filter(|names| !names.is_empty());
    row.or_else(|| variables(group))
}
