//! What one certificate spoils: programs that read a file of certificates as a whole or not at all.

use crate::chain::acceptance::is_read_by_java;
use crate::chain::member::Member;
use crate::format::gnutls::unread;
use crate::format::openssl;
use crate::model::{Fingerprint, Timestamp};
use crate::plan::Kept;
use std::sync::Arc;

/// Why OpenSSL loads nothing of a file with a certificate, where that is so (`X509_load_cert_crl_file_ex`,
/// crypto/x509/by_file.c; `PKCS12_parse`).
pub(super) fn openssl(kept: &Kept, _: Timestamp) -> Option<&'static str> {
    let is_read = openssl::decodes(kept.certificate.der());
    (!is_read).then_some("OpenSSL cannot decode it, and would load none of the others either")
}

/// Why Java opens no keystore with a certificate, where that is so (`JavaKeyStore.engineLoad`).
pub(super) fn java(kept: &Kept, _: Timestamp) -> Option<&'static str> {
    let is_read = Member::new(Arc::clone(&kept.certificate)).is_ok_and(|member| is_read_by_java(&member));
    (!is_read).then_some("Java cannot read it, and would not open the keystore")
}

/// The certificates for each of which GnuTLS takes nothing of a file of blocks, and what it says. They are written all
/// the same: other programs do read them.
#[must_use]
pub fn unread_by_gnutls(kept: &[Kept]) -> Vec<(Fingerprint, &'static str)> {
    let unread = |kept: &Kept| Some((kept.certificate.fingerprint(), unread(&kept.certificate)?.says()));
    kept.iter().filter_map(unread).collect()
}
