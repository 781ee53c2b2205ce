//! macOS: the keychains with the user's and the administrator's trust settings.

use super::client::{Client, Edit, Leaf, Look, Rule};
use crate::host::System::MacOs;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[KEYCHAINS];

const APPLE: &str = "https://developer.apple.com/documentation/security/trust-settings";

/// `keychain`: what the Security framework trusts.
const KEYCHAINS: Client = Client::new(
    "keychain",
    "the macOS keychains",
    "Apple's roots and the keychains, as the trust settings of user and administrator amend them.",
    Rule::All(&[Leaf::native("macOS keychains").look(Look::Keystore).says(APPLE)]),
)
.on(&[MacOs])
.edit(Edit::Via("security add-trusted-cert"));
