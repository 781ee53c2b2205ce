//! Erlang and Elixir: public_key, and the bundles that hex packages bring.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
