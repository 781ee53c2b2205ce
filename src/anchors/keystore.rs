//! What Java takes of a keystore, and whether it opens it at all.

use crate::catalogue::client::{Installation, PASSWORD_CHANGEIT, PASSWORD_GIVEN};
use crate::discover::Use;
use crate::model::{Entry, Format, Integrity, Note, Reading, Store, WhichPassword};

/// The password that Java opens the trust store of an installation with.
pub(super) fn password(installation: &Installation) -> Option<WhichPassword> {
    let given = installation.has(PASSWORD_GIVEN).then_some(WhichPassword::Given);
    given.or_else(|| installation.has(PASSWORD_CHANGEIT).then_some(WhichPassword::Changeit))
}

/// Whether Java fails to open a keystore: it is none, or the password it is given is not the one.
pub(super) fn not_opened(found: &Use, store: &Store) -> bool {
    let container = &store.container;
    match (&store.reading, password(&found.installation)) {
        (Reading::Unreadable(_), _) => false,
        _ if !matches!(store.format, Format::Jks | Format::Pkcs12 | Format::Native) => true,
        (_, Some(password)) if container.integrity != Integrity::Unsealed => {
            container.integrity == Integrity::Mismatch || container.password.is_some_and(|fits| fits != password)
        }
        _ => false,
    }
}

/// Why a program that has a keystore or database of its own does not take an entry of it.
///
/// Java takes every certificate that is an entry, and of every private key the first certificate of
/// its chain (`getTrustedCerts`, sun.security.validator.TrustStoreUtil), of JKS and PKCS#12 alone
/// (`KeyStoreDelegator`), which it opens with the password that a
/// property gives, else without any (`TrustStoreManager`).
pub(super) fn not_in_keystore(store: &Store, entry: &Entry, password: Option<WhichPassword>) -> Option<&'static str> {
    let is_java = matches!(store.format, Format::Jks | Format::Pkcs12);
    let has = |note: &Note| entry.notes.contains(note);
    let is_open = password.is_some() && store.container.password == password;
    match store.format {
        Format::Jceks | Format::Bks => return Some("Java does not open a trust store in this format"),
        Format::Pem | Format::Der | Format::Pkcs7 => return Some("it is no keystore"),
        _ => {}
    }
    if let Some(owner) = store.container.owner.filter(|owner| is_java && owner.lists == 0) {
        return Some(owner.because);
    }
    let unlisted = entry.notes.iter().find_map(|note| match note {
        Note::NotListed(because) => Some(*because),
        _ => None,
    });
    let of_key = is_java && has(&Note::ChainOfKey(0));
    match unlisted {
        Some(because) => Some(because),
        None if is_java && has(&Note::Encrypted) && !is_open => {
            Some("it is encrypted, and Java opens its trust store without a password")
        }
        None if of_key => None,
        None if is_java && has(&Note::SameAlias) => Some("a later entry has the same alias"),
        None if entry.trust.allows_server() => None,
        None if is_java && entry.notes.iter().any(|note| matches!(note, Note::ChainOfKey(_))) => {
            Some("it stands in the chain of a private key, behind the first")
        }
        None => Some(super::NOT_FOR_SERVERS),
    }
}
