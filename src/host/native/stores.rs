//! The root stores of Windows and macOS, asked through rustls-native-certs.
//!
//! It is the door that has no `unsafe` on this side. It is also a filter, and what a store held
//! back is a fact about trust, so each says here what it leaves out.

use super::NativeStore;
use std::panic;

#[cfg(windows)]
const NAME: &str = "windows:ROOT (current user)";
#[cfg(windows)]
const FILTER: &str = "only the ROOT store as the current user sees it; without roots that are expired or not yet valid, \
                      and without those not for server authentication";

#[cfg(target_os = "macos")]
const NAME: &str = "macos:keychains";
#[cfg(target_os = "macos")]
const FILTER: &str = "certificates with trust settings of the user, the administrator or the system; one whose only \
                      setting is for another purpose than TLS counts as a root";

/// Asks the store, past variables of this process that would answer in its place.
pub(super) fn ask(environment_overrides: bool) -> NativeStore {
    let (mut certificates, errors) = if environment_overrides { directly() } else { load() };
    certificates.sort_unstable();
    NativeStore { name: NAME, certificates, errors, filter: FILTER }
}

/// Without rustls-native-certs, which would read what the variables name instead: every root of
/// the store, expired ones too.
#[cfg(windows)]
fn directly() -> (Vec<Vec<u8>>, Vec<String>) {
    match schannel::cert_store::CertStore::open_current_user("ROOT") {
        Ok(store) => (store.certs().map(|found| found.to_der().to_vec()).collect(), Vec::new()),
        Err(error) => (Vec::new(), vec![error.to_string()]),
    }
}

/// There is no other safe way to the trust settings, so the store is not asked.
#[cfg(target_os = "macos")]
fn directly() -> (Vec<Vec<u8>>, Vec<String>) {
    (Vec::new(), vec!["not asked: SSL_CERT_FILE or SSL_CERT_DIR is set, and stands in for it".to_owned()])
}

/// rustls-native-certs 0.8.5 unwraps what Windows says of each certificate's uses and dates
/// (src/windows.rs); one that Windows cannot judge must not end the inspection of the others.
fn load() -> (Vec<Vec<u8>>, Vec<String>) {
    match panic::catch_unwind(rustls_native_certs::load_native_certs) {
        Ok(found) => (
            found.certs.into_iter().map(|der| der.to_vec()).collect(),
            found.errors.iter().map(ToString::to_string).collect(),
        ),
        Err(_) => (Vec::new(), vec!["the system could not judge one of its certificates".to_owned()]),
    }
}
