//! The Chromium family: a root store of its own, with the user's database beside it.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
