//! Names of attributes and their numbers (common/constants.c).

/// Attributes that castore looks at, and those that an object may have, by number
/// (common/pkcs11.h and pkcs11x.h of p11-kit).
pub(super) mod kind {
    pub(crate) const CLASS: u64 = 0x00;
    pub(crate) const TOKEN: u64 = 0x01;
    pub(crate) const PRIVATE: u64 = 0x02;
    pub(crate) const LABEL: u64 = 0x03;
    pub(crate) const APPLICATION: u64 = 0x10;
    pub(crate) const VALUE: u64 = 0x11;
    pub(crate) const OBJECT_ID: u64 = 0x12;
    pub(crate) const CERTIFICATE_TYPE: u64 = 0x80;
    pub(crate) const ISSUER: u64 = 0x81;
    pub(crate) const SERIAL_NUMBER: u64 = 0x82;
    pub(crate) const TRUSTED: u64 = 0x86;
    pub(crate) const CATEGORY: u64 = 0x87;
    pub(crate) const JAVA_DOMAIN: u64 = 0x88;
    pub(crate) const URL: u64 = 0x89;
    pub(crate) const HASH_OF_SUBJECT_KEY: u64 = 0x8a;
    pub(crate) const HASH_OF_ISSUER_KEY: u64 = 0x8b;
    pub(crate) const CHECK_VALUE: u64 = 0x90;
    pub(crate) const SUBJECT: u64 = 0x101;
    pub(crate) const ID: u64 = 0x102;
    pub(crate) const START_DATE: u64 = 0x110;
    pub(crate) const END_DATE: u64 = 0x111;
    pub(crate) const PUBLIC_KEY_INFO: u64 = 0x129;
    pub(crate) const MODIFIABLE: u64 = 0x170;
    pub(crate) const X_DISTRUSTED: u64 = 0xd844_4764;
    pub(crate) const MOZILLA_POLICY: u64 = 0xce53_4372;
    pub(crate) const SERVER_DISTRUST_AFTER: u64 = 0xce53_4373;
    pub(crate) const EMAIL_DISTRUST_AFTER: u64 = 0xce53_4374;
    pub(crate) const TRUST_SERVER: u64 = 0xce53_6358;
    pub(crate) const TRUST_CLIENT: u64 = 0xce53_6359;
    pub(crate) const TRUST_CODE: u64 = 0xce53_635a;
    pub(crate) const TRUST_EMAIL: u64 = 0xce53_635b;
    pub(crate) const TRUST_TIME: u64 = 0xce53_635f;
    pub(crate) const CERT_SHA1: u64 = 0xce53_63b4;
    /// Stands for every other attribute that has a name.
    pub(crate) const OTHER: u64 = u64::MAX - 1;
    /// What bars an attribute's number from meaning one (`CKA_INVALID`).
    pub(crate) const INVALID: u64 = u64::MAX;
}

/// Classes of objects.
pub(super) mod class {
    pub(crate) const DATA: u64 = 0;
    pub(crate) const CERTIFICATE: u64 = 1;
    pub(crate) const PRIVATE_KEY: u64 = 3;
    pub(crate) const SECRET_KEY: u64 = 4;
    pub(crate) const NSS_TRUST: u64 = 0xce53_4353;
    pub(crate) const NSS_ROOT_LIST: u64 = 0xce53_4354;
    pub(crate) const X_ASSERTION: u64 = 0xd844_4764;
    pub(crate) const X_EXTENSION: u64 = 0xd844_47c8;
}

/// CKC_X_509.
pub(super) const X_509: u64 = 0;

/// Names of attributes with a meaning here.
const NAMED: &[(&str, u64)] = &[
    ("class", kind::CLASS),
    ("token", kind::TOKEN),
    ("private", kind::PRIVATE),
    ("label", kind::LABEL),
    ("application", kind::APPLICATION),
    ("value", kind::VALUE),
    ("object-id", kind::OBJECT_ID),
    ("certificate-type", kind::CERTIFICATE_TYPE),
    ("issuer", kind::ISSUER),
    ("serial-number", kind::SERIAL_NUMBER),
    ("trusted", kind::TRUSTED),
    ("certificate-category", kind::CATEGORY),
    ("java-midp-security-domain", kind::JAVA_DOMAIN),
    ("url", kind::URL),
    ("hash-of-subject-public-key", kind::HASH_OF_SUBJECT_KEY),
    ("hash-of-issuer-public-key", kind::HASH_OF_ISSUER_KEY),
    ("check-value", kind::CHECK_VALUE),
    ("subject", kind::SUBJECT),
    ("id", kind::ID),
    ("start-date", kind::START_DATE),
    ("end-date", kind::END_DATE),
    ("public-key-info", kind::PUBLIC_KEY_INFO),
    ("modifiable", kind::MODIFIABLE),
    ("x-distrusted", kind::X_DISTRUSTED),
    ("nss-mozilla-ca-policy", kind::MOZILLA_POLICY),
    ("nss-server-distrust-after", kind::SERVER_DISTRUST_AFTER),
    ("nss-email-distrust-after", kind::EMAIL_DISTRUST_AFTER),
    // Version 0.25 named PKCS#11's own trust attributes as 0.24 named those of NSS.
    ("trust-server-auth", kind::TRUST_SERVER),
    ("nss-trust-server-auth", kind::TRUST_SERVER),
    ("trust-client-auth", kind::TRUST_CLIENT),
    ("nss-trust-client-auth", kind::TRUST_CLIENT),
    ("trust-code-signing", kind::TRUST_CODE),
    ("nss-trust-code-signing", kind::TRUST_CODE),
    ("trust-email-protection", kind::TRUST_EMAIL),
    ("nss-trust-email-protection", kind::TRUST_EMAIL),
    ("trust-time-stamping", kind::TRUST_TIME),
    ("nss-trust-time-stamping", kind::TRUST_TIME),
    ("cert-sha1-hash", kind::CERT_SHA1),
    ("nss-cert-sha1-hash", kind::CERT_SHA1),
];

/// Every other name that p11-kit 0.24 or 0.26 knows: no mistake, and nothing about trust.
const OTHER: &str = "
    ac-issuer allowed-mechanisms always-authenticate always-sensitive attr-types auth-pin-flags base
    bits-per-pixel cert-md5-hash char-columns char-rows char-sets coefficient color copyable decapsulate
    decapsulate_template decrypt default-cms-attributes derive derive-template destroyable ec-point
    ecdsa-params encapsulate encapsulate-template encoding-methods encrypt exponent-1 exponent-2 extractable
    gost28147-params gostr3410-params gostr3411-params has-reset hash-of-certificate hss-keys-remaining
    hss-levels hss-lmots-type hss-lmots-types hss-lms-type hss-lms-types hw-feature-type ibm-attrbound
    ibm-cca-aes-key-mode ibm-cv ibm-dilithium-keyform ibm-dilithium-mode ibm-dilithium-rho ibm-dilithium-s1
    ibm-dilithium-s2 ibm-dilithium-seed ibm-dilithium-t0 ibm-dilithium-t1 ibm-dilithium-tr ibm-keytype
    ibm-kyber-keyform ibm-kyber-mode ibm-kyber-pk ibm-kyber-sk ibm-mackey ibm-never-modifiable ibm-opaque
    ibm-opaque-old ibm-opaque-pkey ibm-opaque-reenc ibm-protkey-extractable ibm-protkey-never-extractable
    ibm-restrictable ibm-retainkey ibm-std_compliance1 ibm-struct-params ibm-use-as-data key-gen-mechanism
    key-type local mechanism-type mime-types modulus modulus-bits name-hash-algorithm never-extractable
    nss-cert-md5-hash nss-email nss-expires nss-krl nss-module-spec nss-password-check nss-pkcs8-salt
    nss-pqg-counter nss-pqg-h nss-pqg-seed nss-pqg-seed-bits nss-smime-constant nss-smime-timestamp
    nss-trust-crl-sign nss-trust-data-encipherment nss-trust-digital-signature nss-trust-ipsec-end-system
    nss-trust-ipsec-tunnel nss-trust-ipsec-user nss-trust-key-agreement nss-trust-key-cert-sign
    nss-trust-key-encipherment nss-trust-non-repudiation nss-trust-step-up-approved nss-url
    object-validation-flag otp-challenge-requirement otp-counter otp-counter-requirement otp-format
    otp-length otp-pin-requirement otp-service-identifier otp-service-logo otp-service-logo-type otp-time
    otp-time-interval otp-time-requirement otp-user-friendly-mode otp-user-identifier owner parameter-set
    pixel-x pixel-y prime prime-1 prime-2 prime-bits private-exponent profile-id public-crc64-value
    public-exponent recover required-cms-attributes reset-on-init resolution secondary-auth seed sensitive
    sign sign-recover subprime subprime-bits supported-cms-attributes trust-crl-sign trust-data-encipherment
    trust-digital-signature trust-ipsec-end-system trust-ipsec-ike trust-ipsec-tunnel trust-ipsec-user
    trust-key-agreement trust-key-cert-sign trust-key-encipherment trust-non-repudiation trust-ocsp-signing
    trust-step-up-approved unique-id unwrap unwrap-template validation-authority-type
    validation-certificate-identifier validation-certificate-uri validation-country validation-flag
    validation-level validation-module-id validation-profile validation-type validation-vendor-uri
    validation-version value-bits value-len verify wrap wrap-template wrap-with-trusted x-assertion-type
    x-certificate-value x-critical x-peer x-purpose x2ratchet-bag x2ratchet-bagsize x2ratchet-bobs1stmsg
    x2ratchet-ckr x2ratchet-cks x2ratchet-dhp x2ratchet-dhr x2ratchet-dhs x2ratchet-hkr x2ratchet-hks
    x2ratchet-isalice x2ratchet-nhkr x2ratchet-nhks x2ratchet-nr x2ratchet-ns x2ratchet-pns x2ratchet-rk";

/// The number of an attribute, by its name or number; nothing where p11-kit knows none.
pub(super) fn number(name: &[u8]) -> Option<u64> {
    if let Some(number) = decimal(name) {
        return Some(number).filter(|number| *number != kind::INVALID);
    }
    named(std::str::from_utf8(name).ok()?)
}

pub(super) fn named(name: &str) -> Option<u64> {
    let found = NAMED.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
    found.or_else(|| OTHER.split_ascii_whitespace().any(|known| known == name).then_some(kind::OTHER))
}

/// What `strtoul` makes of a whole text: nothing is 0, too much is the largest number.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.len() != text.len() && digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |value: u64, digit: &u8| value.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
    match digits.iter().try_fold(0, add) {
        Some(value) if negative => Some(value.wrapping_neg()),
        Some(value) => Some(value),
        None => Some(u64::MAX),
    }
}
