//! Tcl, through the tls package.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
