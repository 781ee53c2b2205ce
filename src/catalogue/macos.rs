//! macOS: the keychains with the user's and the administrator's trust settings, and the bundle of its LibreSSL.

use super::client::{Client, Edit, Leaf, Look, Rule};
use crate::host::System::MacOs;
use crate::policy;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[KEYCHAINS, BUNDLE];

const APPLE: &str = "https://developer.apple.com/documentation/security/trust-settings";
const LIBRESSL: &str = "https://gitlab.com/gnutls/gnutls/-/commit/c0eb46d3463cd21b3f822ac377ff37f067f66b8d";

/// `keychain`: what the Security framework trusts.
const KEYCHAINS: Client = Client::new(
    "keychain",
    "the macOS keychains",
    "Apple's roots and the keychains, as the trust settings of user and administrator amend them.",
    Rule::All(&[Leaf::native("macOS keychains").look(Look::Keystore).says(APPLE)]),
)
.judged_by(&policy::platform::APPLE)
.judges_nothing()
.on(&[MacOs])
.edit(Edit::Via("security add-trusted-cert"))
.system();

/// `macos-bundle`: what programs read that were built for other systems' paths; no keychain changes it.
const BUNDLE: Client = Client::new(
    "macos-bundle",
    "the macOS bundle",
    "The file of Apple's roots that /usr/bin/openssl and programs built against LibreSSL read; roots of the keychains \
     are not in it.",
    Rule::First(&[Leaf::path("/etc/ssl/cert.pem").look(Look::Blocks).says(LIBRESSL)]),
)
.judges_nothing()
.on(&[MacOs])
.edit(Edit::Never("updates of the system replace it: add the root to the keychain"))
.platform();

#[cfg(test)]
mod tests {
    use crate::catalogue::clients;
    use crate::catalogue::survey::{Searched, Survey};
    use crate::discover::discover;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    #[test]
    fn the_bundle_is_there_where_the_keychains_cannot_be_asked() {
        let files = || Memory::new().file("/private/etc/ssl/cert.pem", "").link("/etc", "/private/etc");
        let found = |system| {
            let host = Host::new(Box::new(files()), system);
            let survey = Survey::new(&host, Searched::default());
            let uses = discover(&survey, clients().filter(|row| matches!(row.id, "keychain" | "macos-bundle")));
            uses.iter().map(|found| found.client.id).collect::<Vec<_>>()
        };
        assert_eq!(found(System::MacOs), ["macos-bundle"]);
        assert!(found(System::Linux).is_empty());
    }
}
