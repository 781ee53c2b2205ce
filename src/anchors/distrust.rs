//! What one store takes away from another: the word of a user's NSS database before that of the built-in
//! roots, blocklists, and files that say of themselves that they are distrusted.

use super::looks::is_unlisted;
use super::{Anchor, Anchors, LeftOut, Reason};
use crate::catalogue::client::{Look, Stands};
use crate::discover::Use;
use crate::load::Snapshot;
use crate::model::trust::SERVER_AUTH;
use crate::model::{Body, Entry, Fingerprint, Format, Reference, Trust};
use sha1::{Digest, Sha1};
use std::collections::HashMap;
use std::path::Path;

/// Leaves out what a user's NSS database thinks otherwise of than the built-in roots beside it: its
/// word stands before theirs (`nssTrust_Create`, lib/pki/certificate.c), also about a certificate that
/// it does not hold.
pub(super) fn overrule<'s>(anchors: &mut Anchors<'s>, found: &Use, snapshot: &'s Snapshot) {
    let stores = found.effective().filter_map(|candidate| snapshot.store(candidate.store.as_ref()?));
    let entries = stores.filter(|store| store.format == Format::Nss).flat_map(|store| &store.entries);
    let mut named: Option<HashMap<Named<'s>, Vec<Fingerprint>>> = None;
    for entry in entries.filter(|entry| !entry.trust.allows_server() && speaks_of_servers(&entry.trust)) {
        let meant = match &entry.body {
            Body::Certificate(certificate) => vec![certificate.fingerprint()],
            Body::Reference(reference) => {
                let named = named.get_or_insert_with(|| by_name(anchors));
                let alike = reference.name().and_then(|name| named.get(&name)).into_iter().flatten();
                alike
                    .filter(|key| anchors.certificates.get(key).is_some_and(|one| is_meant(reference, one)))
                    .copied()
                    .collect()
            }
            _ => continue,
        };
        for anchor in meant.iter().filter_map(|key| anchors.certificates.remove(key)) {
            anchors.left_out.push(LeftOut {
                store: anchor.store,
                slot: anchor.slot,
                certificate: Some(anchor.certificate),
                because: Reason::DistrustedByUser,
            });
        }
    }
}

/// Leaves out what a blocklist holds, and what a file of a client whose files state trust distrusts,
/// wherever else it stands.
pub(super) fn block<'s>(anchors: &mut Anchors<'s>, found: &Use, snapshot: &'s Snapshot) {
    let stores = found.effective().filter_map(|c| Some((c.leaf.look, snapshot.store(c.store.as_ref()?)?)));
    for (look, store) in stores {
        let blocks = |entry: &&Entry| match look {
            Look::Blocklist | Look::TrustModule(Stands::Blocklist) => true,
            Look::Authorities | Look::Stated | Look::TrustModule(_) => {
                entry.trust == Trust::Distrusted && !is_unlisted(entry)
            }
            _ => false,
        };
        for certificate in store.entries.iter().filter(blocks).filter_map(Entry::certificate) {
            if let Some(anchor) = anchors.certificates.remove(&certificate.fingerprint()) {
                anchors.left_out.push(LeftOut {
                    store: anchor.store,
                    slot: anchor.slot,
                    certificate: Some(anchor.certificate),
                    because: Reason::DistrustedBy(store.id.path().map(Path::to_path_buf)),
                });
            }
        }
    }
}

/// An issuer, DER, and the content octets of a serial number.
type Named<'s> = (&'s [u8], &'s [u8]);

fn by_name<'s>(anchors: &Anchors<'s>) -> HashMap<Named<'s>, Vec<Fingerprint>> {
    let mut named: HashMap<Named<'s>, Vec<Fingerprint>> = HashMap::new();
    for (key, anchor) in &anchors.certificates {
        let (Ok(outline), der) = (anchor.certificate.outline(), anchor.certificate.der()) else { continue };
        if let (Some(issuer), Some(serial)) = (der.get(outline.issuer.clone()), der.get(outline.serial.clone())) {
            named.entry((issuer, serial)).or_default().push(*key);
        }
    }
    named
}

/// Whether no hash of the reference is that of another certificate.
fn is_meant(reference: &Reference, anchor: &Anchor<'_>) -> bool {
    reference.sha256.is_none_or(|hash| hash == anchor.certificate.fingerprint())
        && reference.sha1.is_none_or(|hash| hash[..] == Sha1::digest(anchor.certificate.der())[..])
}

/// Whether a store says something of TLS servers, and not only that the certificate is there.
fn speaks_of_servers(trust: &Trust) -> bool {
    match trust {
        Trust::Limited(limited) => limited.purposes.iter().any(|(purpose, _)| *purpose == SERVER_AUTH),
        Trust::Distrusted => true,
        _ => false,
    }
}
