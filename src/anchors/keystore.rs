//! What Java takes of a keystore, whether it opens it at all, and with which password it would.

use super::Reason;
use crate::catalogue::client::{Installation, JCEKS, JSSE, PASSWORD_CHANGEIT, PASSWORD_GIVEN};
use crate::discover::Use;
use crate::format::x509;
use crate::model::{Body, Entry, Fingerprint, Format, Integrity, Note, Reading, Seal, Store, WhichPassword};
use std::collections::HashSet;

/// The password that Java opens the trust store of an installation with.
pub(super) fn password(installation: &Installation) -> Option<WhichPassword> {
    let given = installation.has(PASSWORD_GIVEN).then_some(WhichPassword::Given);
    given.or_else(|| installation.has(PASSWORD_CHANGEIT).then_some(WhichPassword::Changeit))
}

/// Why Java does not open a keystore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is none, or of a kind that Java has not got.
    Format,
    /// It is sealed in a way that this release does not know.
    Seal(Seal),
    /// The password that Java is given is not the one.
    Password,
    /// One certificate that cannot be read, by its place among the store's entries: Java makes all of them before it
    /// lists any (`JavaKeyStore.engineLoad`, `PKCS12KeyStore.loadSafeContents`; 11.0.13 to 25.0.2).
    Certificate(usize),
}

impl Refused {
    /// Why, in words.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            Self::Format => "it is no keystore that Java opens",
            Self::Seal(Seal::Pbmac1) => "it is sealed by PBMAC1, which Java knows since 26",
            Self::Seal(Seal::Pkcs12(_)) => {
                "it is sealed by an HMAC of SHA-2, which Java knows since 8u301, 11.0.12 and 12"
            }
            Self::Password => "the password in javax.net.ssl.trustStorePassword does not open it",
            Self::Certificate(_) => "one of its certificates cannot be read, and Java reads none then",
        }
    }
}

/// A certificate that no Java makes anything of. What is malformed in a PKCS#12 may be a bag of another kind.
///
/// Others that Java alone refuses (a date, a curve) are not foreseen here.
fn unread(store: &Store) -> Option<usize> {
    store.entries.iter().position(|entry| match &entry.body {
        Body::Malformed(_) => matches!(store.format, Format::Jks | Format::Jceks),
        Body::Certificate(certificate) => x509::details(certificate).is_err(),
        _ => false,
    })
}

/// Whether Java fails to open a keystore, and why.
pub(super) fn refused(found: &Use, store: &Store) -> Option<Refused> {
    let container = &store.container;
    match (&store.reading, password(&found.installation)) {
        (Reading::Unreadable(_), _) => None,
        _ if !is_opened(&found.installation, store.format) => Some(Refused::Format),
        // The seal is checked where there is a password alone.
        (_, Some(password)) if container.integrity != Integrity::Unsealed => {
            let unknown = container.seal.filter(|seal| !knows_seal(&found.installation, *seal));
            let is_other =
                container.integrity == Integrity::Mismatch || container.password.is_some_and(|fits| fits != password);
            let refused = unknown.map(Refused::Seal).or_else(|| is_other.then_some(Refused::Password));
            refused.or_else(|| unread(store).map(Refused::Certificate))
        }
        _ => unread(store).map(Refused::Certificate),
    }
}

/// Whether a Java opens keystores of a format: by `javax.net.ssl.trustStoreType`, of which JKS and PKCS12 each stand for both
/// (`KeyStoreDelegator`; `JceKeyStore.engineLoad`; 17.0.17 and 25.0.3 do so).
pub(super) fn is_opened(installation: &Installation, format: Format) -> bool {
    match format {
        Format::Jks | Format::Native => true,
        Format::Pkcs12 => !installation.has(JCEKS),
        Format::Jceks => installation.has(JCEKS),
        _ => false,
    }
}

/// Whether a Java that is given a password knows the seal that it would check with it.
///
/// `HmacPBESHA256` and its kind came with 12, and to the others with 11.0.12 and 8u301
/// (<https://bugs.java.com/bugdatabase/view_bug?bug_id=8267701>; 11.0.10 opens none, 11.0.13 each), PBMAC1 with 26
/// (JDK-8370042; 25.0.3 opens none).
fn knows_seal(installation: &Installation, seal: Seal) -> bool {
    // A version, or an update of 8, that is not known is taken for a recent one.
    let is_since = |firsts: &[&str]| {
        let version = installation.version("java").filter(|version| !version.is_between("8", "8.0.1"));
        version.is_none_or(|version| version.is_since(firsts))
    };
    match seal {
        Seal::Pkcs12("SHA-1") => true,
        Seal::Pkcs12(digest) => digest.starts_with("SHA-") && is_since(SHA2),
        Seal::Pbmac1 => is_since(PBMAC1),
    }
}

/// The first releases that know a seal with a digest of SHA-2.
const SHA2: &[&str] = &["8.0.301", "11.0.12", "12"];
/// The first that knows PBMAC1.
const PBMAC1: &[&str] = &["26"];

/// Whether a Java opens what is sealed by SHA-256, as keytool and castore write it today.
#[must_use]
pub fn knows_sha256(found: &Use) -> bool {
    knows_seal(&found.installation, Seal::Pkcs12("SHA-256"))
}

/// The certificates that Java would take of a keystore which it does not open for its seal, were it sealed otherwise.
#[must_use]
pub fn resealed(found: &Use, store: &Store) -> Option<HashSet<Fingerprint>> {
    let is_it = found.installation.has(JSSE) && matches!(refused(found, store), Some(Refused::Seal(_)));
    let password = store.container.password.filter(|_| is_it)?;
    Some(taken_with(store, password))
}

fn taken_with(store: &Store, password: WhichPassword) -> HashSet<Fingerprint> {
    let taken = store.entries.iter().filter(|entry| not_in_keystore(store, entry, Some(password)).is_none());
    taken.filter_map(|entry| Some(entry.certificate()?.fingerprint())).collect()
}

/// What a password does for a Java that is given none, or another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The password that opens the keystore.
    pub password: WhichPassword,
    /// Whether Java is given another.
    pub is_given_another: bool,
    /// The certificates that Java takes with it.
    pub takes: HashSet<Fingerprint>,
}

/// What the right password does for a keystore that `found` reads; `None` where it has that, or it is not known. An
/// empty one cannot be given.
#[must_use]
pub fn opened(found: &Use, store: &Store) -> Option<Opened> {
    let (given, fits) = (password(&found.installation), store.container.password?);
    let is_known = store.container.seal.is_none_or(|seal| knows_seal(&found.installation, seal));
    if !found.installation.has(JSSE) || fits == WhichPassword::Empty || given == Some(fits) || !is_known {
        return None;
    }
    Some(Opened { password: fits, is_given_another: given.is_some(), takes: taken_with(store, fits) })
}

fn is_behind_key(entry: &Entry) -> bool {
    entry.notes.iter().any(|note| matches!(note, Note::ChainOfKey(_))) && !entry.notes.contains(&Note::ChainOfKey(0))
}

/// Why a Java that opens a JCEKS does not take an entry of it: of the chain of a key it takes the first.
pub(super) fn behind_key(entry: &Entry) -> Option<Reason> {
    is_behind_key(entry).then_some(Reason::BehindKey)
}

/// Why a program that has a keystore or database of its own does not take an entry of it.
///
/// Java takes every certificate that is an entry, and of every private key the first certificate of
/// its chain (`getTrustedCerts`, sun.security.validator.TrustStoreUtil), of JKS and PKCS#12 alone
/// (`KeyStoreDelegator`), which it opens with the password that a
/// property gives, else without any (`TrustStoreManager`).
pub(super) fn not_in_keystore(store: &Store, entry: &Entry, password: Option<WhichPassword>) -> Option<Reason> {
    let is_java = matches!(store.format, Format::Jks | Format::Pkcs12);
    let has = |note: &Note| entry.notes.contains(note);
    let is_open = password.is_some() && store.container.password == password;
    match store.format {
        Format::Jceks | Format::Bks => return Some(Reason::NotOfJava),
        Format::Pem | Format::Der | Format::Pkcs7 => return Some(Reason::NotKeystore),
        _ => {}
    }
    if let Some(owner) = store.container.owner.filter(|owner| is_java && owner.lists == 0) {
        return Some(Reason::Unlisted(owner.because));
    }
    let unlisted = entry.notes.iter().find_map(|note| match note {
        Note::NotListed(because) => Some(*because),
        _ => None,
    });
    let of_key = is_java && has(&Note::ChainOfKey(0));
    match unlisted {
        Some(because) => Some(Reason::Unlisted(because)),
        None if is_java && has(&Note::Encrypted) && !is_open => Some(match password {
            Some(_) => Reason::EncryptedOtherwise,
            None => Reason::Encrypted,
        }),
        None if of_key => None,
        None if is_java && has(&Note::SameAlias) => Some(Reason::SameAlias),
        None if entry.trust.allows_server() => None,
        None if is_java && is_behind_key(entry) => Some(Reason::BehindKey),
        None => Some(Reason::NotForServers),
    }
}
