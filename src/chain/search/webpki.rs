//! rustls-webpki by itself: its verdict is the library's; what explains it is a walk of our own.
//!
//! The library says that an issuer is unknown and not which. So the same search is walked here beside it
//! (`verify_cert.rs`: anchors first, then what was sent; each certificate checked by itself before its issuer is
//! looked for), and tells the candidates and where the library's fault is. Where both disagree, the library is
//! believed.

pub(in crate::chain) mod acceptance;
#[cfg(feature = "signatures")]
mod library;
mod walk;

use super::{Judged, Pool, Question};
use crate::policy::rustls::Rustls;

/// Would a program on rustls accept this chain.
#[cfg(feature = "signatures")]
pub(crate) fn judge(question: &Question, pool: &Pool, policy: &Rustls) -> Judged {
    let mut explained = walk::judge(question, pool, policy);
    // Past our bound of candidates the library's own, 200,000, is too many.
    if matches!(explained.verdict, super::Verdict::Depends(_)) {
        return explained;
    }
    library::decide(question, pool, policy, &mut explained);
    explained
}

/// Without the library, the walk alone.
#[cfg(not(feature = "signatures"))]
pub(crate) fn judge(question: &Question, pool: &Pool, policy: &Rustls) -> Judged {
    walk::judge(question, pool, policy)
}
