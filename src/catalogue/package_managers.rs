//! Package managers of systems: Homebrew, Nix, snap.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
