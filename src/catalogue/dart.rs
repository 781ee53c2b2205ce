//! Dart: a list of places, else the roots compiled in.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
