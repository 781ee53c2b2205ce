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
    "The trusted roots of the current user and the machine, as CryptoAPI lists them.",
    Rule::All(&[Leaf::native().look(Look::Keystore).says(STORES)]),
)
.on(&[Windows])
.edit(Edit::Via("certutil -addstore"));
