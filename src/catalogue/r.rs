//! R: libcurl with a variable that R itself reads.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
