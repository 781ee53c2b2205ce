//! Certificates already read, so that none is hashed and parsed twice.

use crate::format;
use crate::model::{Certificate, Decoded, Entry};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Certificates already read, by a few octets of their signature and their length; the whole
/// DER is compared before one is taken for another.
pub(super) struct Interner {
    pub(super) files: Files,
    known: Mutex<HashMap<Key, Alike>>,
}

/// How many files are read together: of one alone no other will ask what it held.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Files {
    One,
    Several,
}

/// The length and the last octets, which belong to the signature and so look random.
type Key = (usize, [u8; 16]);

/// Of the certificates with one length and last octets, the first. Only a forged file has
/// another, which is not remembered and hashed again.
pub(super) struct Alike {
    certificate: Arc<Certificate>,
    /// Whether OpenSSL loads it.
    pub(super) loads: bool,
}

fn key(der: &[u8]) -> Key {
    let mut tail = [0; 16];
    let from = der.len().saturating_sub(16);
    tail[..der.len() - from].copy_from_slice(&der[from..]);
    (der.len(), tail)
}

impl Default for Interner {
    fn default() -> Self {
        Self::new(Files::Several)
    }
}

impl Interner {
    pub(super) fn new(files: Files) -> Self {
        Self { files, known: Mutex::default() }
    }

    pub(super) fn entry(&self, entry: Decoded) -> Entry {
        entry.with(|der| self.certificate(der))
    }

    /// What `take` makes of the certificate with exactly these octets, if it is known.
    pub(super) fn find<T>(&self, der: &[u8], take: impl FnOnce(&mut Alike) -> T) -> Option<T> {
        let mut known = self.known.lock().ok()?;
        // Whoever asks with what was found here before need not wait for a kilobyte to be compared with itself.
        let is_it = |known: &[u8]| std::ptr::eq(known, der) || known == der;
        known.get_mut(&key(der)).filter(|alike| is_it(alike.certificate.der())).map(take)
    }

    fn certificate(&self, der: Box<[u8]>) -> Arc<Certificate> {
        if self.files == Files::One {
            return Arc::new(format::x509::read(der));
        }
        if let Some(known) = self.find(&der, |alike| Arc::clone(&alike.certificate)) {
            return known;
        }
        let certificate = Arc::new(format::x509::read(der));
        if let Ok(mut known) = self.known.lock() {
            known
                .entry(key(certificate.der()))
                .or_insert(Alike { certificate: Arc::clone(&certificate), loads: false });
        }
        certificate
    }
}
