//! Container engines, Kubernetes and what they keep for each registry or cluster.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
