//! The labels of PEM blocks that concern certificates.

/// `PEM_STRING_X509` (pem.h of OpenSSL; RFC 7468, 5).
pub const CERTIFICATE: &str = "CERTIFICATE";
/// `PEM_STRING_X509_OLD`.
pub const LEGACY: &str = "X509 CERTIFICATE";
/// `PEM_STRING_X509_TRUSTED`: OpenSSL's, with auxiliary trust after the certificate.
pub const TRUSTED: &str = "TRUSTED CERTIFICATE";
/// Those by which OpenSSL's loaders take a block for a certificate (`PEM_X509_INFO_read_bio`, crypto/pem/pem_info.c).
pub const OF_CERTIFICATES: [&str; 3] = [CERTIFICATE, LEGACY, TRUSTED];
/// `PEM_STRING_X509_CRL`.
pub const CRL: &str = "X509 CRL";
/// `PEM_STRING_PKCS7` (RFC 7468, 8).
pub const PKCS7: &str = "PKCS7";

/// Whether a block with this label is signed data of PKCS#7, in which certificates may be: RFC 7468, 8 and 9; the last
/// is Netscape's, which OpenSSL too takes for PKCS7 (`check_pem`, crypto/pem/pem_lib.c).
#[must_use]
pub fn is_signed_data(label: &str) -> bool {
    [PKCS7, "CMS", "PKCS #7 SIGNED DATA"].iter().any(|known| label.eq_ignore_ascii_case(known))
}
