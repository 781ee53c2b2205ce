//! DER to a certificate.
