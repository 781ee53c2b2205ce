//! An NSS database: what `certutil` is to add and delete. It signs what it says of trust, so nothing else writes it.

use super::file::unread;
use super::{After, Made, Refusal, Root, Work, was};
use crate::format::x509;
use crate::model::{Certificate, Entry, Ruling, Slot, StoreId, Trust, Unreadable};
use crate::plan::Step;
use crate::plan::goals::Goal;
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
            if let Some(why) = entries.clone().find_map(|entry| withholds(certificate, &entry.trust)) {
                made.stays.push((certificate.fingerprint(), why));
                continue;
            }
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
        after.retain(|held| !remove.iter().any(|(_, gone)| gone.fingerprint() == *held));
        let lock = directory.join("lock");
        if self.inspected.host.list(directory).is_ok_and(|names| names.iter().any(|entry| lock.ends_with(&entry.name)))
        {
            made.notes.push("its program may be running: close it first".to_owned());
        }
        made.steps.push(Step::Nss { directory: directory.to_path_buf(), was: old.was, add, remove });
        Ok((made, After::Exactly(after)))
    }
}

/// What would be trusted were its record gone: what the database says stands before what built-in roots say. That the
/// issuer decides, which is how a browser's user takes trust from a built-in root, is said of an authority alone: of a
/// server's own certificate it may be that the certificate is trusted as it is.
fn withholds(certificate: &Certificate, trust: &Trust) -> Option<String> {
    let short = certificate.fingerprint().short();
    let is_authority = || x509::details(certificate).is_ok_and(|found| found.is_ca(certificate.is_self_issued()));
    match trust {
        _ if trust.distrusts_server() => Some(format!("the database distrusts certificate {short} already")),
        Trust::Limited(limited) if limited.purposes.iter().any(|(_, ruling)| *ruling == Ruling::Distrusted) => {
            Some(format!("the database distrusts certificate {short} for other purposes, and would no longer"))
        }
        Trust::Limited(limited) if !trust.allows_server() && !limited.purposes.is_empty() && is_authority() => {
            Some(format!("the database withholds trust from certificate {short}, and would no longer"))
        }
        _ => None,
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
