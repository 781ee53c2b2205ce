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

/// Asks the store, unless variables of this process would answer in its place.
pub(super) fn ask(environment_overrides: bool) -> NativeStore {
    let (mut certificates, errors) = match environment_overrides {
        true => (Vec::new(), vec!["not asked: SSL_CERT_FILE or SSL_CERT_DIR is set, and stands in for it".to_owned()]),
        false => load(),
    };
    certificates.sort_unstable();
    NativeStore { name: NAME, certificates, errors, filter: FILTER }
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
