//! Snapshots as files, and hosts held against them: what `snapshot`, `diff` and `check` share.

use super::error::Failure;
use super::inspect::{Inspection, is_taken, selectors, stores};
use super::{Context, Process};
use castore::baseline::{self, Against, Baseline, Limits, Taken, take};
use castore::host::files::Tree;
use castore::host::rights::open_to_others;
use castore::host::{Host, View, native};
use castore::limits;
use castore::model::{Timestamp, Unreadable};
use castore::render::escape;
use castore::select::Selector;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A snapshot that was read, with its octets.
pub(crate) struct Read {
    pub bytes: Vec<u8>,
    pub baseline: Baseline,
}

/// The machine castore runs on, whatever host is inspected.
pub(crate) fn machine(process: &Process) -> Result<Host, Failure> {
    let tree = Tree::live().map_err(|why| Failure::unreadable(Path::new("/"), &why))?;
    let mut machine = Host::new(Box::new(tree), native::system());
    machine.cwd.clone_from(&process.directory);
    Ok(machine)
}

/// Reads the snapshot of this machine's files that is to be judged by. Whoever can write it says what was accepted,
/// so that it is for root and the account at this shell alone, as castore.toml is.
pub(crate) fn open(context: &Context<'_>, file: &Path) -> Result<Read, Failure> {
    let machine = machine(context.process)?;
    let own = native::live_user();
    // What is not there, or cannot be read, is told below.
    let open = machine.resolve(file).ok().and_then(|found| open_to_others(&machine, own, &found));
    if let Some(why) = open {
        let hint = "let none but root and this account write it, or copy it to where that is so";
        let message = format!("{}: expected a baseline that no other account can change: {why}", escape::path(file));
        return Err(Failure::with_hint(message, hint));
    }
    open_on(&machine, file)
}

/// Reads a snapshot of a host's files.
pub(crate) fn open_on(host: &Host, file: &Path) -> Result<Read, Failure> {
    let unreadable = |why: &Unreadable| {
        let message = format!("{}: {why}", escape::path(file));
        match why {
            Unreadable::Absent | Unreadable::Dangling => {
                Failure::with_hint(message, "castore snapshot --out FILE writes one")
            }
            Unreadable::Denied => Failure::with_hint(message, "run castore as a user who can read it"),
            _ => Failure::new(message),
        }
    };
    let resolved = host.resolve(file).map_err(|why| unreadable(&why))?;
    let bytes = host.read_resolved(&resolved, limits::SNAPSHOT_SIZE).map_err(|why| unreadable(&why))?;
    let baseline = baseline::read(&bytes)
        .map_err(|error| Failure::with_hint(format!("{}: {error}", escape::path(file)), error.hint()))?;
    Ok(Read { bytes, baseline })
}

/// Refuses to judge by a baseline that was taken for others: of what one side did not look at nothing is new and
/// nothing gone. `file` is what it is of.
pub(crate) fn same_view(
    context: &mut Context<'_>,
    host: &Host,
    (file, baseline): (&Path, &Baseline),
) -> Result<(), Failure> {
    let Some(then) = baseline.inventory.view else { return Ok(()) };
    if super::inspect::only_files(&scope(file, baseline)?) {
        // What accounts use is not asked.
        return Ok(());
    }
    let (shown, now) = (escape::path(file), host.view);
    let of = |every_account: bool| if every_account { "every account" } else { "one account" };
    if then.every_account != now.every_account {
        let message = format!(
            "{shown}: expected a baseline of {}, found one of {}",
            of(now.every_account),
            of(then.every_account)
        );
        let hint = match then {
            View { every_account: false, .. } => {
                "take it for those who are looked at here: castore snapshot --out FILE"
            }
            View { login: false, .. } => {
                "look with --all-users as it did, or take another: castore snapshot --out FILE"
            }
            View { login: true, .. } => {
                "look with --all-users --login-environment as it did, or take another: castore snapshot --out FILE"
            }
        };
        return Err(Failure::with_hint(message, hint));
    }
    note_variables(context, file, then, now);
    Ok(())
}

/// Says that other variables may be what makes a difference.
fn note_variables(context: &mut Context<'_>, file: &Path, then: View, now: View) {
    let option = |view: View| if view.login { "with" } else { "without" };
    if then.login != now.login {
        let (shown, then, now) = (escape::path(file), option(then), option(now));
        context.note(&format!(
            "{shown} was taken {then} --login-environment, and this looks {now} it, so clients may look elsewhere"
        ));
    }
}

/// The selectors that a snapshot was limited to.
pub(crate) fn scope(file: &Path, baseline: &Baseline) -> Result<Vec<Selector>, Failure> {
    let words: Vec<OsString> = baseline.inventory.scope.iter().map(OsString::from).collect();
    selectors(&words).map_err(|failure| match failure {
        Failure::Error { message, hint, absent } => {
            Failure::Error { message: format!("{}: scope: {message}", escape::path(file)), hint, absent }
        }
        Failure::BrokenPipe => Failure::BrokenPipe,
    })
}

/// The inventory of a host that was inspected, within these selectors.
pub(crate) fn taken(host: &Host, inspection: &Inspection, selectors: &[Selector], redact: bool) -> Taken {
    let words: Vec<String> = selectors.iter().map(|selector| word(host, selector)).collect();
    let uses: Vec<_> = inspection.uses.iter().filter(|found| is_taken(selectors, found, host)).cloned().collect();
    let stores = stores(host, selectors, &uses);
    take(host, &uses, &inspection.snapshot, Limits { stores: &stores, scope: &words, redact })
}

/// A selector as it means the same from another directory.
pub(crate) fn word(host: &Host, selector: &Selector) -> String {
    match selector {
        Selector::Path(path) => format!("file:{}", host.expanded(path).display()),
        Selector::Clients { pattern, at: Some(at) } if is_path(at) => {
            format!("{pattern}:{}", host.expanded(at).display())
        }
        other => super::inspect::text(other),
    }
}

/// Whether what stands behind a client is a path, and no version.
fn is_path(at: &Path) -> bool {
    at.starts_with("~") || at.starts_with(".") || at.components().count() > 1
}

/// A host that was inspected, against a baseline. `selectors` limit what is told of it.
pub(crate) fn against(
    context: &mut Context<'_>,
    host: &Host,
    inspection: &Inspection,
    (file, baseline): (&Path, &Baseline),
    selectors: &[Selector],
    at: Timestamp,
) -> Result<Against, Failure> {
    let now = taken(host, inspection, &scope(file, baseline)?, baseline.inventory.redacted);
    let against = limited(host, Against::new(baseline, now, at), selectors);
    if against.is_of_another_host() {
        let name = |name: &Option<String>| name.clone().unwrap_or_default();
        let (then, now) = (name(&against.then.host.name), name(&against.now.inventory.host.name));
        context.note(&format!("{} is of the host {then:?}, and this is {now:?}", escape::path(file)));
    }
    Ok(against)
}

/// Without the differences that selectors do not name.
pub(crate) fn limited(host: &Host, mut against: Against, selectors: &[Selector]) -> Against {
    let ids: BTreeSet<_> = selectors.iter().filter_map(|selector| selector.store(host)).collect();
    let mut named: BTreeSet<String> =
        against.now.stores.iter().filter(|(_, id)| ids.contains(id)).map(|(name, _)| name.clone()).collect();
    // One that is gone has only its path.
    named.extend(ids.iter().filter_map(|id| id.path()?.to_str().map(str::to_owned)));
    against.limit(selectors, &named);
    against
}

/// The first selector of a path that neither side tells of: no store of the snapshot, and none that a client uses
/// now. That nothing of it differs would say nothing.
pub(crate) fn unknown<'s>(host: &Host, against: &Against, selectors: &'s [Selector]) -> Option<&'s Selector> {
    let now = &against.now;
    let is_used = |name: &str| now.inventory.clients.values().any(|client| client.stores.contains(name));
    let is_known = |selector: &&Selector| {
        let Some(id) = selector.store(host) else { return true };
        let name = now.stores.iter().find(|(_, known)| **known == id).map(|(name, _)| name.as_str());
        let Some(name) = name.or_else(|| id.path()?.to_str()) else { return true };
        against.then.stores.contains_key(name) || is_used(name)
    };
    selectors.iter().find(|selector| !is_known(selector))
}

/// The file of a snapshot that a word names: `snapshot:FILE`, or a file that is one by its first octets: of the host,
/// else, where nothing of that name is there, of this machine.
pub(crate) fn named<'h>(host: &'h Host, machine: &'h Host, word: &OsString) -> Option<(&'h Host, PathBuf)> {
    match Selector::from_os(word) {
        Some(Ok(Selector::Snapshot(file))) => Some((machine, file)),
        Some(Ok(Selector::Path(path))) => {
            let is_absent = host.resolve(&path) == Err(Unreadable::Absent);
            let holder = if is_absent { machine } else { host };
            is_snapshot(holder, &path).then_some((holder, path))
        }
        _ => None,
    }
}

fn is_snapshot(host: &Host, file: &Path) -> bool {
    /// Octets that tell what a file is meant to be.
    const BEGINNING: u64 = 256;
    let beginning = host.resolve(file).and_then(|resolved| host.read_range(&resolved, u64::MAX, 0..BEGINNING));
    beginning.is_ok_and(|octets| baseline::is_snapshot(&octets))
}
