//! OpenSSL's way: one path, chosen without looking back.

use super::{Judged, Pool, Question};
use crate::policy::NotPredicted;
use crate::policy::openssl::OpenSsl;

/// Would this chain verify with OpenSSL and this policy.
#[must_use]
pub fn judge(_question: &Question, _pool: &Pool, policy: &OpenSsl) -> Judged {
    Judged::not_predicted(NotPredicted(format!("the path of OpenSSL {} is not followed yet", policy.version)))
}
