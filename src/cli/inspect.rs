//! What most commands begin with: the clients that selectors name, and their stores loaded.

use super::error::Failure;
use super::{Context, Exit};
use castore::catalogue::client::Client;
use castore::catalogue::clients;
use castore::catalogue::survey::Searched;
use castore::check::recorded_stores;
use castore::discover::{Use, discover_for_accounts};
use castore::facts::{Facts, MOZILLA};
use castore::host::Host;
use castore::load::{ReadAhead, Snapshot, load, load_searched, load_with_digests, unread_parts, wanted};
use castore::model::{Gap, Reading, Store, StoreId, Timestamp};
use castore::select::{
    BadSelector, Column, Selector, column_of_mozilla, column_of_store, column_of_use, merge_identical, open_stores,
};
use castore::settings::server::Server;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::Arc;

/// Clients and their stores.
pub(crate) struct Inspection {
    pub uses: Vec<Use>,
    /// Never taken down: the program ends when it has answered, and freeing a hundred thousand
    /// certificates one by one would take a tenth of its time.
    pub snapshot: ManuallyDrop<Snapshot>,
}

/// Reads what the user wrote to name stores of this host; a path need not be UTF-8.
pub(crate) fn selectors(words: &[OsString]) -> Result<Vec<Selector>, Failure> {
    let selectors = selectors_of_sets(words)?;
    if selectors.contains(&Selector::Mozilla) {
        return Err(BadSelector::NoStore(MOZILLA).into());
    }
    Ok(selectors)
}

/// The same, where what is in no store of this host may be named too.
pub(crate) fn selectors_of_sets(words: &[OsString]) -> Result<Vec<Selector>, Failure> {
    let parse = |word: &OsString| match Selector::from_os(word) {
        Some(parsed) => match parsed? {
            Selector::Snapshot(_) => Err(no_snapshot(word)),
            parsed => Ok(parsed),
        },
        None => Ok(Selector::Path(word.into())),
    };
    words.iter().map(parse).collect()
}

/// A snapshot says what was found, and does not hold it.
fn no_snapshot(word: &OsString) -> Failure {
    Failure::with_hint(
        format!(
            "{}: a snapshot holds no certificates, only which there were",
            castore::render::escape::path(word.as_ref())
        ),
        "castore diff and castore check --baseline read it",
    )
}

/// The clients that `selectors` name (all, where there is none), and their stores with the files
/// that are named.
pub(crate) fn inspect(host: &Host, selectors: &[Selector], searched: Searched) -> Inspection {
    let mut uses = discover_for_accounts(host, &searched, &mut named(selectors));
    uses.retain(|found| is_taken(selectors, found, host));
    let snapshot = ManuallyDrop::new(load(host, &stores(host, selectors, &uses)));
    Inspection { uses, snapshot }
}

/// The clients that selectors name; all, where there is none.
pub(crate) fn named(selectors: &[Selector]) -> impl Iterator<Item = &'static Client> {
    clients().filter(|client| selectors.is_empty() || selectors.iter().any(|selector| selector.names(client)))
}

/// Every client of the host, and the stores that `selectors` name: who uses a store is a question
/// about all of them. Where only files are named it is not asked: what is in a file is answered
/// without a look around the machine.
///
/// What a search has read is not read again.
pub(crate) fn inspect_with_users(
    host: &Host,
    selectors: &[Selector],
    searched: Searched,
    read: Option<&mut ReadAhead>,
) -> Inspection {
    if only_files(selectors) {
        return inspect(host, selectors, searched);
    }
    let uses = discover_for_accounts(host, &searched, &mut clients());
    let taken: Vec<Use> = uses.iter().filter(|found| is_taken(selectors, found, host)).cloned().collect();
    let stores = stores(host, selectors, &taken);
    let snapshot = match read {
        Some(read) => load_searched(host, &stores, read),
        None => load(host, &stores),
    };
    Inspection { uses, snapshot: ManuallyDrop::new(snapshot) }
}

/// Whether selectors name files and no client.
pub(crate) fn only_files(selectors: &[Selector]) -> bool {
    !selectors.is_empty() && selectors.iter().all(|selector| matches!(selector, Selector::Path(_)))
}

/// Every client of the host with its stores, and the files that `selectors` name: what is missing in
/// one store may stand in any other.
pub(crate) fn inspect_everything(host: &Host, selectors: &[Selector]) -> Inspection {
    inspect_all(host, selectors, &Searched::default())
}

/// The same as the clients are when they go to one server.
pub(crate) fn inspect_for_server(host: &Host, server: Server) -> Inspection {
    inspect_all(host, &[], &Searched { server: Some(server), ..Searched::default() })
}

fn inspect_all(host: &Host, selectors: &[Selector], searched: &Searched) -> Inspection {
    let uses = discover_for_accounts(host, searched, &mut clients());
    let snapshot = ManuallyDrop::new(load(host, &stores(host, selectors, &uses)));
    Inspection { uses, snapshot }
}

/// Whether a client is in the scope of `selectors`: of none, every client is.
pub(crate) fn is_taken(selectors: &[Selector], found: &Use, host: &Host) -> bool {
    selectors.is_empty() || selectors.iter().any(|selector| selector.takes(found, host))
}

/// The same, with the digests of files that a check compares.
pub(crate) fn inspect_to_check(host: &Host, selectors: &[Selector]) -> Inspection {
    let uses = discover_for_accounts(host, &Searched::default(), &mut clients());
    let digested = recorded_stores(host, &uses);
    let snapshot = ManuallyDrop::new(load_with_digests(host, &stores(host, selectors, &uses), &digested));
    Inspection { uses, snapshot }
}

pub(crate) fn stores(host: &Host, selectors: &[Selector], uses: &[Use]) -> BTreeSet<StoreId> {
    let mut stores = wanted(uses);
    stores.extend(selectors.iter().filter_map(|selector| selector.store(host)));
    stores
}

impl Inspection {
    /// An error where a selector names nothing, or a file that cannot be read at all.
    pub(crate) fn verify(&self, host: &Host, selectors: &[Selector]) -> Result<(), Failure> {
        selectors.iter().try_for_each(|selector| self.verify_one(host, selector))
    }

    /// The same where each selector is a question of its own: what one asks in vain is said, and the others are
    /// answered. Where all are in vain, that is an error.
    pub(crate) fn verify_each(
        &self,
        host: &Host,
        selectors: &[Selector],
        context: &mut Context<'_>,
    ) -> Result<Exit, Failure> {
        let mut failed: Vec<Failure> =
            selectors.iter().filter_map(|selector| self.verify_one(host, selector).err()).collect();
        if !failed.is_empty() && failed.len() == selectors.len() {
            return Err(failed.swap_remove(0));
        }
        let exit = if failed.is_empty() { Exit::Clean } else { Exit::Trouble };
        for failure in failed {
            if let Failure::Error { message, .. } = failure {
                context.note(&message);
            }
        }
        Ok(exit)
    }

    fn verify_one(&self, host: &Host, selector: &Selector) -> Result<(), Failure> {
        match selector {
            Selector::Path(path) => self.named_store(host, selector, path).map(drop),
            Selector::Clients { .. } if self.uses.iter().any(|found| selector.takes(found, host)) => Ok(()),
            Selector::Clients { .. } => Err(not_found(selector)),
            Selector::Mozilla | Selector::Snapshot(_) => Ok(()),
        }
    }

    /// The store of a path selector.
    fn named_store(&self, host: &Host, selector: &Selector, path: &Path) -> Result<&Arc<Store>, Failure> {
        let id = selector.store(host).unwrap_or_else(|| StoreId::Path(path.to_path_buf()));
        let store = self.snapshot.store(&id).ok_or_else(|| Failure::new(format!("{}: not read", text(selector))))?;
        match &store.reading {
            Reading::Unreadable(why) => Err(Failure::unreadable(path, why)),
            _ => Ok(store),
        }
    }

    /// One column for each distinct content that a selector names; an error where it names
    /// nothing, or a file that cannot be read at all.
    pub(crate) fn columns(&self, host: &Host, selector: &Selector) -> Result<Vec<Column>, Failure> {
        if let Selector::Path(path) = selector {
            return Ok(vec![column_of_store(text(selector), self.named_store(host, selector, path)?)]);
        }
        let found = self.uses.iter().filter(|found| selector.takes(found, host));
        let columns = merge_identical(found.map(|found| column_of_use(found, &self.snapshot)).collect());
        if columns.is_empty() {
            return Err(not_found(selector));
        }
        Ok(columns)
    }

    /// What Mozilla trusts, with the certificates that this host has of it.
    pub(crate) fn mozilla(&self, facts: &Facts, at: Timestamp, context: &mut Context<'_>) -> Result<Column, Failure> {
        let column = column_of_mozilla(facts, &self.snapshot).ok_or_else(|| {
            Failure::with_hint(
                "mozilla: the facts have no table of it",
                "name a directory with mozilla.tsv with --facts",
            )
        })?;
        if let Some(file) = facts.files().iter().find(|file| file.id == MOZILLA && file.is_old(at)) {
            context.note(&format!("what is known of mozilla is {} days old", file.age(at)));
        }
        Ok(column)
    }

    /// Stores in effect, or named, that were not read in full.
    pub(crate) fn gaps(&self, host: &Host, selectors: &[Selector]) -> BTreeSet<StoreId> {
        let taken = self.uses.iter().filter(|found| is_taken(selectors, found, host));
        let absent = |id: &StoreId| self.snapshot.store(id).is_none();
        let unloaded = taken.clone().flat_map(Use::effective).filter_map(|candidate| candidate.store.clone());
        let effective =
            unloaded.filter(absent).chain(taken.flat_map(|found| open_stores(found, &self.snapshot).cloned()));
        let named = selectors.iter().filter_map(|selector| selector.store(host));
        let is_gap = |id: &StoreId| self.snapshot.store(id).is_none_or(|store| store.reading != Reading::Whole);
        effective.chain(named.filter(is_gap)).collect()
    }
}

/// The names of stores in effect, or named, of which not all was read. What a binary leaves open is no matter
/// of what is in it.
pub(crate) fn unread(inspection: &Inspection, host: &Host, selectors: &[Selector]) -> Vec<String> {
    let store = |id: &StoreId| inspection.snapshot.store(id);
    let was_read = |id: &StoreId| store(id).is_some_and(|store| store.reading == Reading::Whole);
    let gaps = inspection.gaps(host, selectors);
    gaps.iter().filter(|id| !was_read(id)).map(castore::render::report::store_name).collect()
}

/// What opens a keystore that no known password does.
pub(crate) const SEALED: &str = "put its password into a file and name that with --password-file";

/// No certificate in what was named. Where a part of it could not be read, that is said: there may be some in it.
pub(crate) fn nothing_in(named: &str, columns: &[Column], snapshot: &Snapshot, hint: &str) -> Failure {
    let gaps = columns.iter().flat_map(|column| &column.gaps).filter_map(|id| snapshot.store(id));
    let Some(store) = gaps.into_iter().find(|store| store.reading == Reading::Partial) else {
        return Failure::with_hint(format!("{named}: no certificate in it"), hint);
    };
    let parts = store.gaps.iter().chain(store.listed.iter().flat_map(|listed| &listed.gaps));
    let is_sealed = parts.into_iter().any(|gap| matches!(gap, Gap::Password { .. }));
    let hint = if is_sealed { SEALED } else { hint };
    Failure::with_hint(format!("{named}: no certificate could be read in it: {}", unread_parts(store)), hint)
}

fn not_found(selector: &Selector) -> Failure {
    Failure::with_hint(
        format!("{}: no such client or installation was found on this host", text(selector)),
        "castore list shows what was found; castore clients what is known",
    )
}

/// A selector as a user wrote it.
pub(crate) fn text(selector: &Selector) -> String {
    match selector {
        Selector::Clients { pattern, at: None } => pattern.clone(),
        Selector::Clients { pattern, at: Some(at) } => format!("{pattern}:{}", castore::render::escape::path(at)),
        Selector::Path(path) => castore::render::escape::path(path),
        Selector::Mozilla => MOZILLA.to_owned(),
        Selector::Snapshot(path) => format!("snapshot:{}", castore::render::escape::path(path)),
    }
}
