//! A store that is one file: its new octets, read again before they are a step.

use super::held::Counts;
use super::{After, Made, Refusal, Root, Work, was};
use crate::format::{Means, decode_with, gnutls};
use crate::model::{Certificate, Fingerprint, Format, StoreId, Unreadable};
use crate::plan::Step;
use crate::plan::edit::{self, Edited, Wanted};
use crate::plan::goals::Goal;
pub(super) use crate::plan::goals::cannot;
use std::sync::Arc;

/// Permission bits of a new file of certificates: everybody reads it.
pub(super) const MODE: u32 = 0o644;

impl<'a> Work<'a> {
    pub(super) fn file(
        &self,
        goal: &Goal<'a>,
        lacking: &[&'a Root],
        losing: &[Arc<Certificate>],
    ) -> Result<(Made, After), Refusal> {
        let (StoreId::Path(path), Some(store)) = (&goal.target.store, goal.store) else {
            return Err(unread(&Unreadable::Absent));
        };
        let host = self.inspected.host;
        let old = was::file(host, path).map_err(|why| unread(&why))?;
        let passwords = host.passwords_to_try();
        let counts = |bytes: &[u8]| {
            let means = Means { passwords: &passwords, bounds: host.bounds, ..Means::default() };
            Counts::decoded(&decode_with(bytes, &means).entries)
        };
        let before = counts(&old.bytes);
        if before.held() != super::held(store) {
            return Err(unread(&Unreadable::Changed));
        }
        let add: Vec<Arc<Certificate>> = lacking.iter().map(|root| Arc::clone(&root.certificate)).collect();
        let wanted = Wanted { add: &add, remove: self.remove, passwords: &passwords, at: self.request.at };
        let mut made = Made::default();
        let after = match edit::file(store.format, &old.bytes, &wanted).map_err(|why| cannot(&why))? {
            Edited::Same => counts(&old.bytes),
            Edited::Bytes(bytes) => {
                let after = counts(&bytes);
                made.notes.extend(lost_by_gnutls(store.format, &add));
                made.steps.push(Step::Write { path: old.path, bytes, was: old.was, mode: MODE });
                after
            }
        };
        let stays = |stays: Fingerprint| format!("certificate {} stays in the chain of a private key", stays.short());
        made.compare((&before, &after), (&store.entries, lacking), losing, &stays);
        Ok((made, After::Exactly(after.held())))
    }
}

/// Programs on GnuTLS take nothing of a bundle with a certificate that it cannot read, which those on OpenSSL may read.
fn lost_by_gnutls(format: Format, added: &[Arc<Certificate>]) -> Option<String> {
    let mut unread =
        added.iter().filter_map(|added| Some((added.fingerprint().short(), gnutls::unread(added)?.says())));
    let (short, says) = unread.next().filter(|_| matches!(format, Format::Pem | Format::Empty))?;
    Some(format!("programs on GnuTLS will take nothing of it, because of certificate {short}: {says}"))
}

/// A file that cannot be read now.
pub(super) fn unread(why: &Unreadable) -> Refusal {
    let instead = match why {
        Unreadable::Changed => "make the plan again",
        Unreadable::Denied => "run castore as a user who may read it",
        _ => return (format!("it cannot be read: {why}"), None),
    };
    (format!("it cannot be read: {why}"), Some(instead.to_owned()))
}
