//! Clients of databases and directories, which trust what a setting names.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
