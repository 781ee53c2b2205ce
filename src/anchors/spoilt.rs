//! Files of which a client takes nothing, because of one block or one certificate in them: OpenSSL's file loader and
//! GnuTLS's are lost by one, each by its own.

use super::Reason;
use super::overlooked::is_gnutls;
use crate::catalogue::client::Look;
use crate::discover::Use;
use crate::format::gnutls::unread;
use crate::format::openssl::load::is_of_certificates;
use crate::load::Snapshot;
use crate::model::{Certificate, Entry, Format, GnutlsLoad, OpensslLoad, Store};
use std::ops::Range;
use std::sync::Arc;

/// A file of which a client on GnuTLS takes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost<'s> {
    /// The store that the file is, or is in.
    pub store: &'s Arc<Store>,
    /// Its entries there.
    pub entries: Range<usize>,
    /// The certificates in it that GnuTLS does not import.
    pub certificates: Vec<&'s Arc<Certificate>>,
    /// The line of the block, where it is known.
    pub line: Option<u64>,
    /// What GnuTLS says.
    pub says: &'static str,
}

/// The files that a client on GnuTLS is given and takes nothing of.
#[must_use]
pub fn lost_by_gnutls<'s>(found: &Use, snapshot: &'s Snapshot) -> Vec<Lost<'s>> {
    let looked_at = found.effective().filter(|candidate| is_gnutls(found, candidate.leaf.look));
    let stores = looked_at.filter_map(|candidate| snapshot.store(candidate.store.as_ref()?));
    let lost = stores.filter(|store| store.openssl.is_some() || store.format == Format::Directory).flat_map(|store| {
        let of = move |(entries, load)| {
            let found = store.entries.get(Range::clone(&entries))?;
            let (line, says) = stumble(found, load)?;
            let certificates =
                found.iter().filter(|entry| not_imported(entry).is_some()).filter_map(Entry::certificate);
            Some(Lost { store, entries, certificates: certificates.collect(), line, says })
        };
        files(store).into_iter().filter_map(of)
    });
    lost.collect()
}

/// The files of a store, by their entries.
fn files(store: &Store) -> Vec<(Range<usize>, Option<&GnutlsLoad>)> {
    match store.format {
        Format::Directory => {
            let pem = store.listed.iter().filter(|listed| listed.format == Format::Pem);
            pem.map(|listed| (listed.entries.clone(), listed.gnutls.as_ref())).collect()
        }
        _ => vec![(0..store.entries.len(), store.gnutls.as_ref())],
    }
}

/// The files of a store that a client cannot read, and why.
pub(super) struct Spoilt(Vec<(Range<usize>, Reason)>);

impl Spoilt {
    /// Those of a store that a client looks at in this way.
    pub(super) fn of(found: &Use, store: &Store, look: Look) -> Self {
        if is_gnutls(found, look) {
            return Self::for_gnutls(store, look);
        }
        if matches!(look, Look::UntilBad | Look::HashLazy)
            || (look == Look::HashStore && store.format == Format::Directory)
        {
            return Self(parts(store).collect());
        }
        let whole = (look == Look::Bundle).then(|| by_openssl(store.openssl.as_ref())).flatten();
        Self(whole.map(|because| (0..store.entries.len(), because)).into_iter().collect())
    }

    fn for_gnutls(store: &Store, look: Look) -> Self {
        if look == Look::Bundle && store.openssl.is_none() {
            return Self(vec![(0..store.entries.len(), Reason::NotPem)]);
        }
        let spoilt = files(store).into_iter().filter_map(|(entries, load)| {
            let (line, says) = stumble(store.entries.get(entries.clone())?, load)?;
            Some((entries, Reason::RefusedByGnutls { line, says }))
        });
        Self(spoilt.collect())
    }

    /// Why the client does not take the entry of this number.
    pub(super) fn because(&self, index: usize) -> Option<&Reason> {
        // The files follow each other.
        let before = self.0.partition_point(|(entries, _)| entries.end <= index);
        self.0.get(before).filter(|(entries, _)| entries.contains(&index)).map(|(_, because)| because)
    }

    /// Whether there is one, be it without an entry.
    pub(super) fn is_any(&self) -> bool {
        !self.0.is_empty()
    }
}

/// What OpenSSL does not come to in the files of a store, each of which it reads one certificate after another, up to
/// what it cannot read (`X509_load_cert_file_ex`, crypto/x509/by_file.c; `PEM_read_bio_X509` in a loop, Node.js's
/// src/crypto/crypto_context.cc). Those before are taken.
fn parts(store: &Store) -> impl Iterator<Item = (Range<usize>, Reason)> {
    let of = |(entries, load): (Range<usize>, Option<&OpensslLoad>)| {
        let Some(OpensslLoad::Refuses { because, line }) = load else { return None };
        let is_behind = |entry: &Entry| entry.slot.line().is_some_and(|begin| begin >= *line);
        let first = store.entries.get(entries.clone())?.iter().position(is_behind)?;
        let because = is_of_certificates(because).then_some(Reason::BehindBroken { line: *line, because })?;
        Some((entries.start + first..entries.end, because))
    };
    let loads: Vec<_> = match store.format {
        Format::Directory => {
            store.listed.iter().map(|listed| (listed.entries.clone(), listed.openssl.as_ref())).collect()
        }
        _ => vec![(0..store.entries.len(), store.openssl.as_ref())],
    };
    loads.into_iter().filter_map(of)
}

/// Why OpenSSL's file loader takes nothing of a file.
fn by_openssl(load: Option<&OpensslLoad>) -> Option<Reason> {
    match load {
        Some(OpensslLoad::Refuses { because, line }) => Some(Reason::RefusedByOpenssl { line: *line, because }),
        Some(_) => None,
        None => Some(Reason::NotPem),
    }
}

/// The block for which GnuTLS takes nothing of a file, and what it says.
fn stumble(entries: &[Entry], load: Option<&GnutlsLoad>) -> Option<(Option<u64>, &'static str)> {
    match load {
        Some(GnutlsLoad::Refuses { line, because }) => Some((Some(*line), *because)),
        // It went through all blocks that it sees.
        Some(GnutlsLoad::Misses(_)) => None,
        None => entries.iter().find_map(not_imported),
    }
}

/// What GnuTLS says of a certificate that it does not import.
fn not_imported(entry: &Entry) -> Option<(Option<u64>, &'static str)> {
    let why = entry.certificate().and_then(|certificate| unread(certificate))?;
    Some((entry.slot.line(), why.says()))
}
