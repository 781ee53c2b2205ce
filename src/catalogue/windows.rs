//! Windows: the ROOT system store of the current user, which includes the machine's.

use super::client::{Client, Edit, Leaf, Look, Rule};
use crate::host::System::Windows;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[ROOT];

const STORES: &str = "https://learn.microsoft.com/windows/win32/seccrypto/system-store-locations";

/// `windows-root`: what CryptoAPI trusts.
const ROOT: Client = Client::new(
    "windows-root",
    "the Windows ROOT store",
    "The roots of the current user and the machine, as rustls-native-certs lists them: without expired and not yet \
     valid ones, and those not for TLS servers.",
    Rule::All(&[Leaf::native("Windows ROOT store").look(Look::Keystore).says(STORES)]),
)
.on(&[Windows])
.edit(Edit::Via("certutil -addstore"));
