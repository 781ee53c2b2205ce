//! Programs with stores or settings of their own: editors, Terraform, runners.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
