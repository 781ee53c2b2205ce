//! Command lines and libraries of clouds, and gRPC: most bring a bundle of their own.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
