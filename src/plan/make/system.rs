//! The system's store: files among its anchors, what deselects those that it ships, and the commands.

use super::file::{MODE, cannot, unread};
use super::sources::{Sources, TakenOut, place};
use super::{After, Made, Refusal, Root, SweptFor, Work, held, swept, was};
use crate::anchors::{LeftOut, Reason, anchors};
use crate::catalogue::client::Look;
use crate::catalogue::{DEBIAN_LIST, DEBIAN_SHIPPED};
use crate::discover::Candidate;
use crate::format::hash_dir::{self, parse_name};
use crate::format::{gnutls, openssl, pem, x509};
use crate::host::Kind;
use crate::limits;
use crate::model::{Certificate, Entry, Fingerprint, Listed, Slot, Store, StoreId, Target, Unreadable};
use crate::plan::edit::{self, CannotEdit, Edited, Wanted};
use crate::plan::goals::{Family, Output, System};
use crate::plan::{Step, Was};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where systems have what they ship.
pub(super) const SHIPPED: &str = "/usr/share";

/// Refuses what would leave programs without any of the system's roots: OpenSSL and GnuTLS take all of a bundle or
/// nothing, and what refreshes one looks at no more than its blocks.
fn spoils(certificate: &Certificate) -> Result<(), String> {
    if !openssl::decodes(certificate.der()) {
        return Err("OpenSSL cannot decode it, and would load none of the system's others either".to_owned());
    }
    match gnutls::unread(certificate) {
        Some(why) => Err(format!("GnuTLS would load none of the system's others either: {}", why.says())),
        None => Ok(()),
    }
}

/// The changes to the sources, before they are steps: each file once.
#[derive(Default)]
struct Changes {
    /// Files that are made, by their directory and name.
    new: Vec<(PathBuf, OsString, Vec<u8>)>,
    /// Files or links that go.
    gone: BTreeSet<PathBuf>,
    /// Files, behind their links, that lose some of what they hold.
    cut: BTreeSet<PathBuf>,
    /// Names in the list that are deselected, and selected again.
    off: BTreeSet<String>,
    on: BTreeSet<String>,
}

impl<'a> Work<'a> {
    pub(super) fn system(
        &self,
        system: &System<'a>,
        lacking: &[&'a Root],
        losing: &[Arc<Certificate>],
    ) -> Result<(Made, After), Refusal> {
        let (mut made, mut changes) = (Made::default(), Changes::default());
        let meant: Vec<&Arc<Certificate>> = lacking.iter().map(|root| &root.certificate).chain(losing).collect();
        let sources = Sources::of(self, system, &meant);
        let made_of = self.trusted(system.source);
        let now = system.outputs.first().and_then(|made| self.inspected.snapshot.store(&made.id));
        let now = now.map(|store| held(store)).unwrap_or_default();
        for root in lacking {
            if let Err(why) = self.take_in((system, &sources), (root, lacking), &mut changes) {
                made.skipped.push((Arc::clone(&root.certificate), why));
            } else if now.contains(&root.fingerprint()) && !made_of.contains(&root.fingerprint()) {
                let short = root.fingerprint().short();
                made.notes.push(format!("certificate {short} is there, and would go with the next refresh"));
            }
        }
        for certificate in losing {
            self.take_out((system, &sources), (certificate, losing), &mut changes, &mut made.notes)?;
        }
        let is_skipped = |root: &&&Root| made.skipped.iter().any(|(skipped, _)| *skipped == root.certificate);
        let with: BTreeSet<Fingerprint> =
            lacking.iter().filter(|root| !is_skipped(root)).map(|root| root.fingerprint()).collect();
        let without: BTreeSet<Fingerprint> = losing.iter().map(|gone| gone.fingerprint()).collect();
        if !with.is_empty() || !without.is_empty() {
            made.steps = self.steps_of(changes)?;
            // Where nothing is written what is there was not taken up: all is made anew.
            let takes_out = !without.is_empty() || made.steps.is_empty();
            made.refreshes = system.refreshes(self.inspected.host, takes_out);
            let (swept, note) = swept(self.inspected, system, &SweptFor { adds: &with, removes: &without, takes_out });
            made.swept = swept;
            made.notes.extend(note);
        }
        Ok((made, After::AtLeast { with, without }))
    }

    /// Makes the system hold a root: by a file, unless it has one already, or the administrator took it out.
    fn take_in(
        &self,
        (system, files): (&System<'a>, &Sources<'_, 'a>),
        (root, lacking): (&Root, &[&'a Root]),
        changes: &mut Changes,
    ) -> Result<(), String> {
        let sources = anchors(system.source, self.inspected.snapshot);
        let fingerprint = root.fingerprint();
        if sources.certificates.contains_key(&fingerprint) {
            return Ok(());
        }
        let is_it = |left: &&LeftOut<'_>| left.certificate.is_some_and(|found| found.fingerprint() == fingerprint);
        let left: Vec<_> = sources.left_out.iter().filter(is_it).collect();
        let blocked: Vec<_> = left.iter().filter(|left| left.because == Reason::Blocked).collect();
        for left in &blocked {
            let path = place(left.store, left.slot).unwrap_or_default();
            let goes = || files.take_out(left.store, &path, &root.certificate, &[fingerprint].into());
            let is_own = || !is_shipped(system, &path) && matches!(goes(), Ok(TakenOut::Remove));
            if !root.is_named || !is_own() {
                return Err(format!("{} distrusts it", path.display()));
            }
            changes.gone.insert(path);
        }
        if let Some(left) = left.iter().find(|left| left.because == Reason::NotChosen) {
            if !root.is_named {
                return Err(format!("{DEBIAN_LIST} does not select it"));
            }
            let path = place(left.store, left.slot).unwrap_or_default();
            let is_meant = |found: Fingerprint| lacking.iter().any(|one| one.is_named && one.fingerprint() == found);
            if let Some(why) = shared(left.store, &path, &is_meant) {
                return Err(why);
            }
            let name = name_in_list(system, &path);
            changes.on.insert(name.ok_or_else(|| format!("it has no name in {DEBIAN_LIST}"))?);
            return Ok(());
        }
        if let Some(left) = left.iter().find(|_| blocked.is_empty()) {
            // A file says of itself what the certificate is not for.
            return Err(left.because.to_string());
        }
        // What stands beside the blocklist counts once more when its word is gone.
        let is_there = |entry: &Entry| entry.certificate() == Some(&root.certificate) && entry.trust.allows_server();
        if !blocked.is_empty() && anchored(self, system).any(|store| store.entries.iter().any(is_there)) {
            return Ok(());
        }
        let is_authority =
            x509::details(&root.certificate).is_ok_and(|found| found.is_ca(root.certificate.is_self_issued()));
        if !is_authority && matches!(system.family, Family::P11Kit | Family::Suse) {
            return Err("p11-kit passes over what is no certification authority".to_owned());
        }
        spoils(&root.certificate)?;
        let name = file_name(&root.certificate, system.extension);
        let text = pem::write(root.certificate.der(), &[]);
        changes.new.push((PathBuf::from(system.directory), name, text.into_bytes()));
        Ok(())
    }

    /// Makes the system no longer hold a root: files of the administrator's go, what is shipped is deselected.
    fn take_out(
        &self,
        (system, files): (&System<'a>, &Sources<'_, 'a>),
        (certificate, losing): (&Arc<Certificate>, &[Arc<Certificate>]),
        changes: &mut Changes,
        notes: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        let fingerprint = certificate.fingerprint();
        let mut found = false;
        for store in anchored(self, system) {
            let is_p11_kit = matches!(system.family, Family::P11Kit | Family::Suse);
            // Where p11-kit heeds it, distrust is what keeps the root out.
            let is_for_it = |entry: &&Entry| !(is_p11_kit && entry.trust.distrusts_server());
            let entries = store.entries.iter().filter(|entry| entry.certificate() == Some(certificate));
            for path in entries.filter(is_for_it).filter_map(|entry| place(store, &entry.slot)) {
                found = true;
                if is_shipped(system, &path) {
                    let is_meant = |found: Fingerprint| losing.iter().any(|one| one.fingerprint() == found);
                    let is_by_list = matches!(system.family, Family::Debian | Family::Alpine);
                    let other = shared(store, &path, &is_meant).filter(|_| is_by_list);
                    match other {
                        None => self.deselect(system, &path, certificate, changes)?,
                        Some(why) if system.source.installation.listed.contains(&path) => {
                            return Err((why, Some("put them in files of their own first".to_owned())));
                        }
                        Some(_) => {}
                    }
                    continue;
                }
                match files.take_out(store, &path, certificate, self.remove) {
                    Ok(TakenOut::Remove) => _ = changes.gone.insert(path),
                    Ok(TakenOut::Cut(behind)) => _ = changes.cut.insert(behind),
                    Err(refusal) if matches!(system.family, Family::Debian | Family::Alpine) => return Err(refusal),
                    // What is distrusted beats it where it stands.
                    Err(_) => self.deselect(system, &path, certificate, changes)?,
                }
            }
        }
        let short = fingerprint.short();
        if system.family == Family::FreeBsd {
            // Since FreeBSD 15 certctl counts what it made before among the anchors.
            self.deselect(system, Path::new(system.directory), certificate, changes)?;
        } else if !found {
            notes.push(format!(
                "certificate {short} is in nothing that the stores are made from, and goes with the next refresh"
            ));
        }
        self.tell_what_stays(system, certificate, notes);
        Ok(())
    }

    /// Tells where a certificate stays though the stores are made anew: where somebody put it by hand.
    fn tell_what_stays(&self, system: &System<'a>, certificate: &Arc<Certificate>, notes: &mut Vec<String>) {
        let short = certificate.fingerprint().short();
        for made in &system.outputs {
            let Some(store) = self.inspected.snapshot.store(&made.id) else { continue };
            let entries = store.entries.iter().filter(|entry| entry.certificate() == Some(certificate));
            for slot in entries.map(|entry| &entry.slot) {
                match slot {
                    Slot::Alias(alias) if made.output == Output::Java && is_by_hand(system, alias.raw()) => {
                        notes.push(format!(
                            "certificate {short} stays in the Java keystore, where it has an alias of its own: \
                             keytool -delete -cacerts takes it out"
                        ));
                    }
                    Slot::File(name, _) if made.output == Output::Directory => {
                        let path = made.id.path().map(|path| path.join(name)).unwrap_or_default();
                        let is_made = system.outputs.iter().any(|made| made.id.path() == Some(&path));
                        let is_file = |listed: &Listed| {
                            listed.name == *name && listed.target == Target::File && system.family == Family::Debian
                        };
                        if !is_made && store.listed.iter().any(is_file) {
                            notes.push(format!(
                                "certificate {short} stays in {}, a file that nothing made from the anchors",
                                path.display()
                            ));
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// Takes out what the distribution ships, in its way.
    fn deselect(
        &self,
        system: &System<'a>,
        path: &Path,
        certificate: &Certificate,
        changes: &mut Changes,
    ) -> Result<(), Refusal> {
        match system.family {
            Family::Debian | Family::Alpine => match name_in_list(system, path) {
                Some(name) => _ = changes.off.insert(name),
                None => return Err((format!("{} has no name in {DEBIAN_LIST}", path.display()), None)),
            },
            Family::P11Kit | Family::Suse | Family::FreeBsd => {
                let Some(list) = system.blocklist() else {
                    return Err(("it has no directory for what is distrusted".to_owned(), None));
                };
                let bytes = pem::write(certificate.der(), &[]).into_bytes();
                if changes.new.iter().any(|(directory, _, known)| *directory == list && *known == bytes) {
                    return Ok(());
                }
                let name = match system.family {
                    Family::FreeBsd => self.hash_name(&list, certificate, changes)?,
                    _ => Some(file_name(certificate, "pem")),
                };
                changes.new.extend(name.map(|name| (list, name, bytes)));
            }
        }
        Ok(())
    }

    /// The name by hash of a file that distrusts a certificate; none where there is one. Before FreeBSD 15 certctl
    /// looks for no other name, and removes the links and no file when it makes them anew.
    fn hash_name(
        &self,
        list: &Path,
        certificate: &Certificate,
        changes: &Changes,
    ) -> Result<Option<OsString>, Refusal> {
        let hash = certificate.subject_der().and_then(hash_dir::subject_hash);
        let hash = hash.ok_or_else(|| cannot(&CannotEdit::NoSubject(certificate.fingerprint())))?;
        let behind = self.inspected.host.resolve(list).map_or_else(|_| list.to_path_buf(), |found| found.path);
        let store = self.inspected.snapshot.store(&StoreId::Path(behind));
        let listed = || store.iter().flat_map(|store| &store.listed);
        let has_it = |listed: &Listed| {
            let entries = store.and_then(|store| store.entries.get(listed.entries.clone())).unwrap_or_default();
            entries.iter().any(|entry| entry.certificate().is_some_and(|found| **found == *certificate))
        };
        if listed().any(|file| file.target == Target::File && parse_name(&file.name).is_some() && has_it(file)) {
            return Ok(None);
        }
        let is_free = |name: &OsString| {
            let is_new = changes.new.iter().any(|(directory, new, _)| directory == list && new == name);
            !is_new && !listed().any(|file| file.name == *name)
        };
        let mut names = (0..limits::HASH_COLLISIONS).map(|index| OsString::from(format!("{hash:08x}.{index}")));
        names.find(is_free).map(Some).ok_or_else(|| cannot(&CannotEdit::Full(hash)))
    }

    fn steps_of(&self, changes: Changes) -> Result<Vec<Step>, Refusal> {
        let host = self.inspected.host;
        let mut steps = Vec::new();
        for (directory, name, bytes) in changes.new {
            let behind = host.resolve(&directory).ok().filter(|found| found.kind == Kind::Directory);
            let Some(behind) = behind.map(|found| found.path) else {
                let why = format!("{} is not there", directory.display());
                return Err((why, Some(format!("mkdir -p {}, and again", directory.display()))));
            };
            match was::name(host, &behind, &name).map_err(|why| unread(&why))? {
                Was::Absent => {
                    steps.push(Step::Write { path: behind.join(name), bytes, was: Was::Absent, mode: MODE });
                }
                // It is there, and is what it should be, or somebody else's.
                was => match host.read(&behind.join(&name)) {
                    Ok(there) if there == bytes => {}
                    _ => steps.push(Step::Write { path: behind.join(name), bytes, was, mode: MODE }),
                },
            }
        }
        if !changes.on.is_empty() || !changes.off.is_empty() {
            let old = was::file(host, Path::new(DEBIAN_LIST)).map_err(|why| unread(&why))?;
            let bytes = list(&old.bytes, &changes.on, &changes.off);
            if bytes != old.bytes {
                steps.push(Step::Write { path: old.path, bytes, was: old.was, mode: MODE });
            }
        }
        for path in changes.cut.difference(&changes.gone) {
            let old = was::file(host, path).map_err(|why| unread(&why))?;
            let wanted = Wanted { add: &[], remove: self.remove, passwords: &[], at: self.request.at };
            let format = crate::format::sniff(&old.bytes);
            match edit::file(format, &old.bytes, &wanted).map_err(|why| cannot(&why))? {
                Edited::Same => {}
                Edited::Bytes(bytes) => steps.push(Step::Write { path: old.path, bytes, was: old.was, mode: MODE }),
            }
        }
        for path in changes.gone {
            let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { continue };
            let behind = host.resolve(directory).map_err(|why| unread(&why))?.path;
            match was::name(host, &behind, name).map_err(|why| unread(&why))? {
                Was::Absent => return Err(unread(&Unreadable::Changed)),
                was => steps.push(Step::Remove { path: behind.join(name), was }),
            }
        }
        Ok(steps)
    }
}

/// The directory, as it was walked to, of a file that a list chooses or not.
fn chosen_from<'s>(system: &'s System<'_>, path: &Path) -> Option<&'s Path> {
    let directory = path.parent()?;
    let is_it = |found: &&Candidate| {
        found.leaf.look == Look::Listed && found.store.as_ref().and_then(StoreId::path) == Some(directory)
    };
    system.source.effective().find(is_it)?.path.as_deref()
}

/// Whether a file is one that the distribution ships, also where a link leads to those.
fn is_shipped(system: &System<'_>, path: &Path) -> bool {
    path.starts_with(SHIPPED) || chosen_from(system, path).is_some()
}

/// What a file of those that the distribution ships is called in the list.
fn name_in_list(system: &System<'_>, path: &Path) -> Option<String> {
    let below = chosen_from(system, path)?.strip_prefix(DEBIAN_SHIPPED).ok()?;
    below.join(path.file_name()?).to_str().map(str::to_owned)
}

/// The stores that the system's are made from, without what is distrusted.
fn anchored<'w>(work: &'w Work<'_>, system: &System<'_>) -> impl Iterator<Item = &'w Arc<Store>> {
    let read = system.source.effective().filter(|candidate| candidate.leaf.look != Look::Blocklist);
    let ids: BTreeSet<StoreId> = read.filter_map(|candidate| candidate.store.clone()).collect();
    ids.into_iter().filter_map(|id| work.inspected.snapshot.store(&id))
}

/// Whether an alias of Debian's Java keystore is none that the package made, and so none that it takes out.
pub(super) fn is_by_hand(system: &System<'_>, alias: &str) -> bool {
    system.family == Family::Debian && !alias.starts_with("debian:")
}

/// What keeps a file from being selected or deselected for what is meant: the list chooses it as a whole.
fn shared(store: &Store, path: &Path, is_meant: &dyn Fn(Fingerprint) -> bool) -> Option<String> {
    let here = store.entries.iter().filter(|entry| place(store, &entry.slot).as_deref() == Some(path));
    let other = here.filter_map(Entry::certificate).map(|found| found.fingerprint()).find(|found| !is_meant(*found))?;
    Some(format!("{} holds certificate {} too, and is selected as a whole", path.display(), other.short()))
}

/// A name that says whose the file is and which certificate it holds, of octets that every script of the systems
/// takes as they are: small letters, digits and dashes.
pub(super) fn file_name(certificate: &Certificate, extension: &str) -> OsString {
    /// Characters of the subject that are repeated.
    const NAMED: usize = 40;
    let subject =
        x509::subject(certificate).map(|subject| subject.short().raw().to_ascii_lowercase()).unwrap_or_default();
    let mut name = String::from("castore-");
    for c in subject.chars().take(NAMED) {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    format!("{}-{}.{extension}", name.trim_end_matches('-'), certificate.fingerprint().in_a_name()).into()
}

/// The list with some names deselected and some selected, all else as it is.
fn list(text: &[u8], on: &BTreeSet<String>, off: &BTreeSet<String>) -> Vec<u8> {
    let mut left: BTreeMap<&str, bool> = off.iter().map(|name| (name.as_str(), false)).collect();
    left.extend(on.iter().map(|name| (name.as_str(), true)));
    let known = left.clone();
    let mut lines = Vec::new();
    for line in text.split_inclusive(|octet| *octet == b'\n') {
        let trimmed = line.trim_ascii_end();
        let (is_on, name) = match trimmed.strip_prefix(b"!") {
            Some(name) => (false, name),
            None => (true, trimmed),
        };
        let name = std::str::from_utf8(name.trim_ascii_start()).unwrap_or_default();
        match known.get(name) {
            Some(wanted) => {
                left.remove(name);
                if *wanted != is_on || !*wanted {
                    lines.extend(if *wanted { b"".as_slice() } else { b"!" });
                    lines.extend(name.as_bytes());
                    lines.extend(line.get(trimmed.len()..).unwrap_or_default());
                } else {
                    lines.extend(line);
                }
            }
            None => lines.extend(line),
        }
    }
    for (name, wanted) in left {
        if !lines.is_empty() && !lines.ends_with(b"\n") {
            lines.push(b'\n');
        }
        lines.extend(if wanted { b"".as_slice() } else { b"!" });
        lines.extend(name.as_bytes());
        lines.push(b'\n');
    }
    lines
}
