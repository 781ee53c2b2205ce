//! An NSS database: what `certutil` is to add and delete. It signs what it says of trust, so nothing else writes it.

use super::file::unread;
use super::{After, Made, Refusal, Root, Work, was};
use crate::format::x509;
use crate::model::{Certificate, Entry, Slot, StoreId, Unreadable};
use crate::plan::Step;
use crate::plan::target::Goal;
use std::sync::Arc;

impl<'a> Work<'a> {
    pub(super) fn nss(
        &self,
        goal: &Goal<'a>,
        lacking: &[&'a Root],
        losing: &[Arc<Certificate>],
    ) -> Result<(Made, After), Refusal> {
        let (StoreId::Path(path), Some(store)) = (&goal.target.store, goal.store) else {
            return Err(unread(&Unreadable::Absent));
        };
        let old = was::file(self.inspected.host, path).map_err(|why| unread(&why))?;
        let Some(directory) = old.path.parent() else { return Err(unread(&Unreadable::Absent)) };
        let mut made = Made::default();
        let mut add = Vec::new();
        for root in lacking {
            let fingerprint = root.fingerprint();
            let of_it = |entry: &&Entry| {
                entry.certificate().is_some_and(|certificate| certificate.fingerprint() == fingerprint)
            };
            if store.entries.iter().filter(of_it).any(|entry| entry.trust.distrusts_server()) {
                made.skipped.push((Arc::clone(&root.certificate), "the database distrusts it".to_owned()));
            } else {
                add.push((nickname(&root.certificate), Arc::clone(&root.certificate)));
            }
        }
        let mut remove = Vec::new();
        for certificate in losing {
            let entries = store.entries.iter().filter(|entry| entry.certificate() == Some(certificate));
            let alias = entries.map(|entry| &entry.slot).find_map(|slot| match slot {
                Slot::Alias(alias) => Some(alias.raw().to_owned()),
                _ => None,
            });
            let alias = alias.ok_or_else(|| {
                let short = certificate.fingerprint().short();
                (format!("certificate {short} has no nickname in it, and certutil deletes by nickname"), None)
            })?;
            remove.push((alias, Arc::clone(certificate)));
        }
        let mut after = super::held(store);
        after.extend(add.iter().map(|(_, certificate)| certificate.fingerprint()));
        after.retain(|held| !self.remove.contains(held));
        let lock = directory.join("lock");
        if self.inspected.host.list(directory).is_ok_and(|names| names.iter().any(|entry| lock.ends_with(&entry.name)))
        {
            made.notes.push("its program may be running: close it first".to_owned());
        }
        made.steps.push(Step::Nss { directory: directory.to_path_buf(), was: old.was, add, remove });
        Ok((made, After::Exactly(after)))
    }
}

/// Characters of a name that a nickname repeats.
const NAMED: usize = 48;

/// A nickname of its own: NSS gives one nickname one subject, and `certutil -D` takes the first that has it.
fn nickname(certificate: &Certificate) -> String {
    let short = certificate.fingerprint().short();
    let subject = x509::subject(certificate).map(|subject| subject.short().raw().to_owned()).unwrap_or_default();
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
    let name: String = subject.chars().filter(plain).take(NAMED).collect();
    format!("{} {short}", name.trim()).trim().to_owned()
}
