//! Lua, through LuaSec: no row, since there is no place to look at. `ssl.https` verifies nothing
//! unless a program says `verify = "peer"`, and has no roots but those of the `cafile` or `capath` that
//! comes with it (<https://github.com/lunarmodules/luasec/blob/v1.2.0/src/https.lua>); LuaRocks leaves
//! fetching to that, to curl or to wget, which are rows of their own.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
