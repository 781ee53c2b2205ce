//! GnuTLS and p11-kit: the trust that programs linked to GnuTLS share.

use super::client::Client;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[];
