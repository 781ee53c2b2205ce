//! PHP: streams by OpenSSL, curl by its own settings, Composer by a list.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
