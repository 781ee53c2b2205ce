//! From what was asked for to a [`Plan`]: what each store gains and loses, and every step.
//!
//! A store gains what the sources have and it lacks, and loses only what was named to be removed: that a source lacks
//! a root is no reason to take it from anybody. What a source has is filtered as an export is ([`super::merge()`]);
//! what the administrator of a system deselected stays so, unless it was named itself.

mod directory;
mod file;
mod held;
mod nss;
mod roots;
mod sources;
mod swept;
mod system;
#[cfg(test)]
mod tests;
mod was;

use super::goals::{Goal, Targets, Way, targets};
use super::limits::{Allow, Objection, objections};
use super::needed::Needs;
use super::{
    After, Declined, Include, Inspected, Moved, NotAdded, Plan, Reader, Refresh, Step, StoreChange, Sweep, Swept,
    Writer, held,
};
use crate::anchors::{anchors, stops};
use crate::catalogue::client::Interpreter;
use crate::catalogue::clients;
use crate::discover::Use;
use crate::model::{Certificate, Fingerprint, Format, Store, StoreId, Timestamp};
use crate::select::{Column, Selector};
use roots::{Root, Roots};
use std::collections::BTreeSet;
use std::sync::Arc;
pub(super) use swept::{Asked as SweptFor, swept};
#[cfg(test)]
pub(super) use tests::{Asked, plan, root, text};

/// What is asked of a plan.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The stores that are to change: clients, or files and directories. None means those of every client.
    pub to: &'a [Selector],
    /// What they shall hold as well.
    pub from: &'a [Column],
    /// What they shall hold as well, named for itself: what was deselected is selected again for it.
    pub add: &'a [Column],
    /// What they shall not hold.
    pub remove: &'a [Arc<Certificate>],
    /// Which of the roots of `from` count.
    pub only: Only,
    /// What is added beyond authorities that are valid now.
    pub include: Include,
    /// How much may be removed.
    pub allow: Allow,
    /// What says where nothing could be written.
    pub writer: Writer<'a>,
    /// Now.
    pub at: Timestamp,
}

/// Which roots of the sources count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Only {
    /// All.
    #[default]
    All,
    /// Those that no public programme ever held: one's own.
    Local,
}

/// No plan was made, or one that removes more than it may.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refused {
    /// A selector names no store of this host.
    #[error("it names no store of this host")]
    NoStore(Selector),
    /// A certificate is to be added and to be removed.
    #[error("certificate {} is to be added and to be removed", .0.short())]
    Both(Fingerprint),
    /// It removes more than is allowed; or it was read, and the stores as they are now do not become what it shows.
    #[error("{}", .objections.first().map(ToString::to_string).unwrap_or_default())]
    Objected {
        /// What it would be, for the eye.
        plan: Box<Plan>,
        /// All that speaks against it; never none.
        objections: Vec<Objection>,
    },
}

impl Refused {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoStore(_) => "castore list shows the stores that there are".to_owned(),
            Self::Both(_) => "leave out one of both".to_owned(),
            Self::Objected { objections, .. } => objections.first().map(|first| first.hint()).unwrap_or_default(),
        }
    }
}

/// Makes a plan. Reads the host again, and writes nothing.
///
/// # Errors
/// Where a selector names nothing, or more is to be removed than may be.
pub fn make(inspected: Inspected<'_>, request: &Request<'_>) -> Result<Plan, Refused> {
    let Targets { goals, declined } = targets(inspected, request.to, request.writer).map_err(Refused::NoStore)?;
    let roots = Roots::of(inspected, request);
    let remove: BTreeSet<Fingerprint> = request.remove.iter().map(|certificate| certificate.fingerprint()).collect();
    if let Some(both) = roots.wanted.iter().find(|root| root.is_named && remove.contains(&root.fingerprint())) {
        return Err(Refused::Both(both.fingerprint()));
    }
    let mut plan = Plan {
        at: request.at,
        stores: Vec::new(),
        refreshes: Vec::new(),
        unchanged: Vec::new(),
        declined: Vec::new(),
        left_out: roots.left_out.clone(),
    };
    let work = Work { inspected, request, roots: &roots, remove: &remove, needs: Needs::of(inspected, request.remove) };
    for goal in goals {
        work.goal(&goal, &mut plan);
    }
    for (declined, is_needed) in declined {
        let store = inspected.snapshot.store(&declined.target.store);
        let loses = store.is_some_and(|store| !held(store).is_disjoint(&remove));
        let gains = is_needed && !roots.wanted.is_empty() && !work.has_all(&declined.target.store);
        if loses || gains {
            plan.declined.push(declined);
        } else if is_needed {
            plan.unchanged.push(declined.target);
        }
    }
    plan.stores.sort_by(|a, b| a.target.store.cmp(&b.target.store));
    plan.unchanged.sort_by(|a, b| a.store.cmp(&b.store));
    plan.declined.sort_by(|a, b| a.target.store.cmp(&b.target.store));
    let objections = objections(inspected, &plan, request.allow);
    if objections.is_empty() { Ok(plan) } else { Err(Refused::Objected { plan: Box::new(plan), objections }) }
}

/// What every goal is worked on with.
struct Work<'a> {
    inspected: Inspected<'a>,
    request: &'a Request<'a>,
    roots: &'a Roots,
    remove: &'a BTreeSet<Fingerprint>,
    needs: Needs,
}

/// What becomes of one store.
#[derive(Default)]
struct Made {
    steps: Vec<Step>,
    notes: Vec<String>,
    refreshes: Vec<Refresh>,
    /// Roots that are not added after all, and why.
    skipped: Vec<(Arc<Certificate>, String)>,
    /// Certificates that are not removed after all, and why.
    stays: Vec<(Fingerprint, String)>,
    /// What a refresh does beside.
    swept: Vec<Swept>,
}

/// Why a store is not changed, and what to do.
type Refusal = (String, Option<String>);

impl<'a> Work<'a> {
    fn goal(&self, goal: &Goal<'a>, plan: &mut Plan) {
        let lacking = self.lacking(goal);
        let mut losing = self.losing(goal);
        if lacking.is_empty() && losing.is_empty() {
            if !goal.adds_for.is_empty() || goal.is_named {
                plan.unchanged.push(goal.target.clone());
            }
            return;
        }
        let made = match &goal.way {
            Way::System(of_system) => self.system(of_system, &lacking, &losing),
            Way::File => self.file(goal, &lacking, &losing),
            Way::HashDirectory | Way::Directory { .. } => self.directory(goal, &lacking, &losing),
            Way::Nss => self.nss(goal, &lacking, &losing),
        };
        let (made, after) = match made {
            Ok(made) => made,
            Err((because, instead)) => {
                plan.declined.push(Declined { target: goal.target.clone(), because, instead });
                return;
            }
        };
        let is_skipped =
            |root: &&Root| made.skipped.iter().any(|(skipped, _)| skipped.fingerprint() == root.fingerprint());
        let added: Vec<Moved> = lacking.iter().filter(|root| !is_skipped(root)).map(|root| root.moved()).collect();
        plan.left_out.extend(made.skipped.iter().map(|(certificate, because)| NotAdded {
            certificate: Arc::clone(certificate),
            from: self.roots.from(certificate),
            to: Some(goal.target.store.clone()),
            because: because.clone(),
        }));
        losing.retain(|certificate| !made.stays.iter().any(|(stays, _)| *stays == certificate.fingerprint()));
        let stays: Vec<String> = made.stays.into_iter().map(|(_, why)| why).collect();
        if added.is_empty() && losing.is_empty() {
            match stays.is_empty() {
                true => plan.unchanged.push(goal.target.clone()),
                false => {
                    let target = goal.target.clone();
                    plan.declined.push(Declined { target, because: stays.join("; "), instead: None });
                }
            }
            return;
        }
        let removed = losing.iter().map(|certificate| Moved {
            certificate: Arc::clone(certificate),
            from: Vec::new(),
            needed_by: self.needs.of_root(certificate),
        });
        let removed: Vec<Moved> = removed.collect();
        let before = goal.store.map(|store| held(store)).unwrap_or_default();
        let is_gone = |held: &&Fingerprint| match &after {
            After::Exactly(all) => !all.contains(held),
            After::AtLeast { without, .. } => without.contains(held),
        };
        let is_dropped = |held: &Fingerprint| {
            let of_it = |swept: &&Swept| swept.store == goal.target.store && swept.does != Sweep::TakesUp;
            made.swept.iter().filter(of_it).any(|swept| swept.certificate.fingerprint() == *held)
        };
        let gone = before.iter().filter(|held| is_gone(held) || is_dropped(held)).count();
        for refresh in made.refreshes {
            if !plan.refreshes.contains(&refresh) {
                plan.refreshes.push(refresh);
            }
        }
        plan.stores.push(StoreChange {
            target: goal.target.clone(),
            added,
            removed,
            kept: before.len() - gone,
            swept: made.swept,
            notes: [goal.notes.clone(), made.notes, stays].concat(),
            how: how(&goal.way),
            lost_by: goal.lost_by.clone(),
            steps: made.steps,
            after,
            asks: readers(goal),
        });
    }

    /// The roots that some chosen reader of a store does not have.
    fn lacking(&self, goal: &Goal<'a>) -> Vec<&'a Root> {
        let have: Vec<BTreeSet<Fingerprint>> = match &goal.way {
            Way::System(system) => {
                // All of them are made of the same anchors: one that a command passed over lacks what the others have.
                let made = system.made(self.inspected.host).map(|made| &made.id);
                let made = made.filter_map(|id| self.inspected.snapshot.store(id)).map(|store| held(store));
                // What the sources lack goes with the next refresh, which nobody may have run since a removal.
                made.chain([self.trusted(system.source)]).collect()
            }
            _ => {
                let by_readers = goal.adds_for.iter().map(|user| match stops(user, self.inspected.snapshot) {
                    // It trusts nothing while it stops; what counts is the store.
                    Some(_) => goal.store.map(|store| held(store)).unwrap_or_default(),
                    None => self.trusted(user),
                });
                // A block that no reader sees is not there.
                let seen = |store: &Store| {
                    let entries = store.entries.iter().enumerate().filter(|(index, _)| !store.misses(*index));
                    entries.filter_map(|(_, entry)| Some(entry.certificate()?.fingerprint())).collect()
                };
                let by_itself = goal.store.filter(|_| goal.is_named).map(|store| seen(store));
                by_readers.chain(by_itself).collect()
            }
        };
        let is_lacking = |root: &&Root| {
            !self.remove.contains(&root.fingerprint()) && have.iter().any(|have| !have.contains(&root.fingerprint()))
        };
        self.roots.wanted.iter().filter(is_lacking).collect()
    }

    fn trusted(&self, user: &Use) -> BTreeSet<Fingerprint> {
        anchors(user, self.inspected.snapshot).certificates.into_keys().collect()
    }

    /// What a store holds and shall not.
    fn losing(&self, goal: &Goal<'a>) -> Vec<Arc<Certificate>> {
        let mut there: BTreeSet<Fingerprint> = goal.store.map(|store| held(store)).unwrap_or_default();
        if let Way::System(system) = &goal.way {
            let made = system.outputs.iter().filter_map(|made| self.inspected.snapshot.store(&made.id));
            there.extend(made.flat_map(|store| held(store)));
            there.extend(self.trusted(system.source));
        }
        let is_there = |certificate: &&Arc<Certificate>| there.contains(&certificate.fingerprint());
        let mut losing: Vec<Arc<Certificate>> = self.request.remove.iter().filter(is_there).cloned().collect();
        losing.sort_by_key(|certificate| certificate.fingerprint());
        losing.dedup_by_key(|certificate| certificate.fingerprint());
        losing
    }

    /// Whether a store holds every root that is wanted.
    fn has_all(&self, id: &StoreId) -> bool {
        let Some(store) = self.inspected.snapshot.store(id) else { return false };
        let there = held(store);
        self.roots.wanted.iter().all(|root| there.contains(&root.fingerprint()))
    }
}

fn how(way: &Way<'_>) -> String {
    match way {
        Way::System(system) => format!("files in {}", system.directory),
        Way::File => "the file is written anew".to_owned(),
        Way::HashDirectory => "files in the directory, and links by their hashes".to_owned(),
        Way::Directory { .. } => "files in the directory".to_owned(),
        Way::Nss => "certutil, on a copy that then replaces the database".to_owned(),
    }
}

/// The readers that can be asked whether they see the same.
fn readers(goal: &Goal<'_>) -> Vec<Reader> {
    let runs_in = |interpreter: Interpreter| {
        let ids = || goal.target.readers.iter().filter_map(|reader| reader.split(':').next());
        clients().any(|client| client.runs_in == Some(interpreter) && ids().any(|id| id == client.id))
    };
    let mut readers = match (&goal.way, goal.target.format) {
        (Way::Nss, _) => return vec![Reader::Certutil],
        (_, Format::Jks | Format::Jceks | Format::Pkcs12) => return vec![Reader::Keytool],
        (Way::Directory { .. }, _) => return Vec::new(),
        _ => vec![Reader::Openssl],
    };
    if runs_in(Interpreter::Python) {
        readers.push(Reader::Python);
    }
    if runs_in(Interpreter::Node) {
        readers.push(Reader::Node);
    }
    if let Way::System(system) = &goal.way
        && matches!(system.family, super::goals::Family::P11Kit | super::goals::Family::Suse)
    {
        readers.push(Reader::Trust);
    }
    readers
}
