//! What a client takes of the stores that it looks at, one after another.

use super::keystore::password;
use super::looks::{is_bad, is_listed, reachable, refusal_for};
use super::overlooked::{is_gnutls, overlooked};
use super::spoilt::Spoilt;
use super::{Anchor, Anchors, LeftOut, Reason, first_block};
use crate::catalogue::client::{Ends, Look};
use crate::discover::{Candidate, Named, Use};
use crate::host::is_list;
use crate::load::Snapshot;
use crate::model::{Body, Certificate, Fingerprint, Format, WhichPassword};
use std::collections::HashSet;

/// What is taken for one installation, store by store in its order.
pub(super) struct Taking<'a, 's> {
    found: &'a Use,
    snapshot: &'s Snapshot,
    ends: Ends,
    password: Option<WhichPassword>,
    /// Certificates that OpenSSL has, and not for servers: of one that comes again it keeps the first, with what that
    /// says of itself (`X509_STORE_add_cert`, crypto/x509/x509_lu.c).
    kept: HashSet<Fingerprint>,
}

impl<'a, 's> Taking<'a, 's> {
    /// Nothing taken yet.
    pub(super) fn new(found: &'a Use, snapshot: &'s Snapshot) -> Self {
        let installation = &found.installation;
        let (ends, password) = ((found.client.ends)(installation), password(installation));
        Self { found, snapshot, ends, password, kept: HashSet::new() }
    }

    /// Adds what the client takes from one place.
    pub(super) fn take(&mut self, anchors: &mut Anchors<'s>, candidate: &Candidate) {
        let (found, snapshot) = (self.found, self.snapshot);
        let Some(store) = candidate.store.as_ref().and_then(|id| snapshot.store(id)) else { return };
        let is_directory = store.format == Format::Directory;
        let look = match candidate.leaf.look {
            Look::BundleOrHash if is_directory => Look::HashLazy,
            Look::BundleOrHash => Look::Bundle,
            Look::HashDefault if has_store_lookup(found) => Look::HashStore,
            Look::HashDefault => Look::HashLazy,
            // The store's lookup is given the whole value, which is the name of nothing where it is a list
            // (`X509_STORE_set_default_paths_ex`, crypto/x509/x509_d2.c of 3.0 to 3.3).
            Look::HashStore if is_one_of_several(candidate) => Look::HashLazy,
            other => other,
        };
        let reachable = reachable(snapshot, store, look);
        let spoilt = Spoilt::of(found, store, look);
        let bad =
            matches!(look, Look::UntilBad | Look::UnlessBad).then(|| store.entries.iter().position(is_bad)).flatten();
        let first = (look == Look::FirstBlock).then(|| first_block(store)).flatten();
        let is_no_directory = candidate.leaf.look == Look::HashStore && look == Look::HashLazy && !is_directory;
        let keeps_first = matches!(look, Look::Bundle | Look::HashLazy | Look::HashStore) && !is_gnutls(found, look);
        for (index, entry) in store.entries.iter().enumerate() {
            let refused = match &reachable {
                _ if bad.is_some() && look == Look::UnlessBad => Some(Reason::BesideBad),
                _ if bad.is_some_and(|bad| bad < index) => Some(Reason::BehindBad),
                _ if first.is_some_and(|first| first < index) => Some(Reason::BehindFirst),
                _ if is_no_directory => Some(Reason::InList),
                Some(reachable) if !reachable.contains(&index) => Some(Reason::NoHashName),
                _ if look == Look::Listed && !is_listed(found, store, entry) => Some(Reason::NotChosen),
                _ => spoilt
                    .because(index)
                    .cloned()
                    .or_else(|| refusal_for(found, store, entry, look, self.password))
                    .or_else(|| overlooked(found, store, (index, entry), look)),
            };
            let is_kept = |certificate: &Certificate| keeps_first && self.kept.contains(&certificate.fingerprint());
            let refused = match &entry.body {
                Body::Certificate(certificate) if refused.is_none() && is_kept(certificate) => {
                    Some(Reason::KeptAsNotForServers)
                }
                _ => refused,
            };
            match (&entry.body, refused) {
                (Body::Certificate(certificate), None) => {
                    let ends_chain = self.ends == Ends::AnyCertificate || certificate.is_self_issued();
                    let anchor = Anchor { certificate, store, slot: &entry.slot, trust: &entry.trust, ends_chain };
                    anchors.certificates.entry(certificate.fingerprint()).or_insert(anchor);
                }
                (Body::Certificate(certificate), Some(because)) => {
                    if keeps_first
                        && because == Reason::NotForServers
                        && !anchors.certificates.contains_key(&certificate.fingerprint())
                    {
                        self.kept.insert(certificate.fingerprint());
                    }
                    let (slot, certificate) = (&entry.slot, Some(certificate));
                    anchors.left_out.push(LeftOut { store, slot, certificate, because });
                }
                (Body::Malformed(why), _) => {
                    let because = Reason::Malformed(why.expected);
                    anchors.left_out.push(LeftOut { store, slot: &entry.slot, certificate: None, because });
                }
                _ => {}
            }
        }
    }
}

/// Whether a place is one of several that one value lists.
fn is_one_of_several(candidate: &Candidate) -> bool {
    matches!(&candidate.named, Named::Variable(_, value) if is_list(value))
}

/// Whether OpenSSL asks its default directory by the lookup of stores as well, which finds files past a gap in the
/// hash names.
fn has_store_lookup(found: &Use) -> bool {
    found.installation.version("openssl").is_some_and(|version| version.is_between("3.0.0", "3.4.0"))
}
