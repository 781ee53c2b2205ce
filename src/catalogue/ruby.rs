//! Ruby: OpenSSL through its extension, RubyGems and Bundler beside it.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
