//! openssl and keytool: PKCS#7 and PKCS#12.
