//! Lua, through LuaSec.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
