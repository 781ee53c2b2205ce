//! Deno, Bun, Electron, and the package managers of JavaScript.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
