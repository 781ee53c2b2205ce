//! Certificates for tests, made on the spot and the same on every run.
//!
//! Keys are Ed25519 ones numbered 1, 2, 3 …, whose signatures are a function of key and message,
//! so that fingerprints can stand in snapshots. Dates are fixed around [`NOW`]: a test passes it
//! as `--at`. Tens of thousands of certificates come from [`numbered`], which writes other digits
//! into one template and signs nothing.

#![allow(dead_code, reason = "each crate of tests uses a part")]

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SerialNumber, SigningKey, date_time_ymd,
};
use sha2::{Digest, Sha256};

/// The moment that the dates of [`expired`], [`expiring`] and [`not_yet_valid`] are about.
pub const NOW: &str = "2026-01-01T00:00:00Z";

/// A made certificate, able to issue others.
pub struct Certificate {
    der: Vec<u8>,
    parameters: CertificateParams,
    key: u8,
}

impl Certificate {
    /// The certificate's bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// One PEM block, lines ended by LF.
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }

    /// Its private key, as a PEM block that has no business in a store.
    pub fn private_key_pem(&self) -> String {
        pem("PRIVATE KEY", &private_key(self.key))
    }

    /// SHA-256 of the bytes, in lower-case hexadecimal.
    pub fn fingerprint(&self) -> String {
        Sha256::digest(&self.der).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What a certificate is to be; [`Recipe::make`] makes it.
#[must_use = "a recipe is not yet a certificate"]
pub struct Recipe {
    parameters: CertificateParams,
    key: u8,
}

/// A root for ten years around [`NOW`], named `CN=name, O=Example`, with key 1.
pub fn root(name: &str) -> Recipe {
    let mut parameters = CertificateParams::default();
    parameters.not_before = date_time_ymd(2020, 1, 1);
    parameters.not_after = date_time_ymd(2040, 1, 1);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Recipe { parameters, key: 1 }.organization("Example").named(name)
}

/// An intermediate with key 2, to be made [`Recipe::issued_by`] a root.
pub fn intermediate(name: &str) -> Recipe {
    let mut recipe = root(name).key(2).dates((2022, 1, 1), (2035, 1, 1));
    recipe.parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    recipe
}

/// A server's certificate with key 3 for the name given.
pub fn leaf(host: &str) -> Recipe {
    let mut recipe = root(host).key(3).dates((2025, 12, 1), (2026, 3, 1)).not_a_ca();
    recipe.parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    recipe.parameters.subject_alt_names = vec![rcgen::SanType::DnsName(host.try_into().expect("an ASCII name"))];
    recipe
}

/// A root that ended half a year before [`NOW`].
pub fn expired() -> Recipe {
    root("Expired Root").dates((2015, 1, 1), (2025, 7, 1))
}

/// A root that ends 31 days after [`NOW`].
pub fn expiring() -> Recipe {
    root("Expiring Root").dates((2016, 1, 1), (2026, 2, 1))
}

/// A root that begins a year after [`NOW`].
pub fn not_yet_valid() -> Recipe {
    root("Future Root").dates((2027, 1, 1), (2040, 1, 1))
}

/// A self-signed server certificate: end entity, no CA.
pub fn self_signed_leaf() -> Recipe {
    leaf("localhost")
}

/// Names meant to take over a terminal, a line or a reader.
pub const HOSTILE_NAMES: &[&str] = &[
    "Clear\u{1b}[2J\u{1b}[H\u{1b}]0;owned\u{7}Root",
    "Good Root\nsystem: 0 certificates",
    "Right\u{202e}tooR\u{202c} to left",
    "Bell\u{7} NUL\u{0} DEL\u{7f} CSI\u{9b}31m",
    "=cmd|' /C calc'!A0,\"quoted\"</script><img src=x>",
];

impl Recipe {
    /// Replaces the common name; the serial number follows from it.
    pub fn named(mut self, name: &str) -> Self {
        self.parameters.distinguished_name.push(DnType::CommonName, DnValue::Utf8String(name.to_owned()));
        let mut serial = Sha256::digest(name.as_bytes())[..8].to_vec();
        serial[0] = serial[0] & 0x7f | 0x40; // positive, and always eight bytes
        self.serial(&serial)
    }

    /// Replaces the organization.
    pub fn organization(mut self, name: &str) -> Self {
        self.parameters.distinguished_name.push(DnType::OrganizationName, DnValue::Utf8String(name.to_owned()));
        self
    }

    /// Uses no name at all.
    pub fn nameless(mut self) -> Self {
        self.parameters.distinguished_name = DistinguishedName::new();
        self
    }

    /// Uses the key of this number.
    pub fn key(mut self, number: u8) -> Self {
        self.key = number;
        self
    }

    /// Uses these bytes, big-endian, as a positive serial number.
    pub fn serial(mut self, bytes: &[u8]) -> Self {
        self.parameters.serial_number = Some(SerialNumber::from_slice(bytes));
        self
    }

    /// Valid from midnight to midnight UTC, as (year, month, day).
    pub fn dates(mut self, from: (i32, u8, u8), until: (i32, u8, u8)) -> Self {
        self.parameters.not_before = date_time_ymd(from.0, from.1, from.2);
        self.parameters.not_after = date_time_ymd(until.0, until.1, until.2);
        self
    }

    /// Says `CA:FALSE`.
    pub fn not_a_ca(mut self) -> Self {
        self.parameters.is_ca = IsCa::ExplicitNoCa;
        self.parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        self
    }

    /// Says nothing of being a CA and nothing of its uses: what version 1 roots look like to a reader.
    pub fn silent(mut self) -> Self {
        self.parameters.is_ca = IsCa::NoCa;
        self.parameters.key_usages.clear();
        self
    }

    /// Adds an extension by its identifier and DER value.
    pub fn extension(mut self, identifier: &[u64], critical: bool, value: Vec<u8>) -> Self {
        let mut extension = CustomExtension::from_oid_content(identifier, value);
        extension.set_criticality(critical);
        self.parameters.custom_extensions.push(extension);
        self
    }

    /// Makes it, signed with its own key.
    pub fn make(self) -> Certificate {
        let key = key_pair(self.key);
        let der = self.parameters.self_signed(&key).expect("a self-signed certificate").der().to_vec();
        Certificate { der, parameters: self.parameters, key: self.key }
    }

    /// Makes it, signed by another.
    pub fn issued_by(mut self, issuer: &Certificate) -> Certificate {
        self.parameters.use_authority_key_identifier_extension = true;
        let issuer = Issuer::from_params(&issuer.parameters, key_pair(issuer.key));
        let made = self.parameters.signed_by(&key_pair(self.key), &issuer).expect("a certificate");
        Certificate { der: made.der().to_vec(), parameters: self.parameters, key: self.key }
    }
}

/// `count` distinct self-issued P-256 certificates of some 470 bytes, as PEM.
///
/// They share one key and one signature that fits none of them: for readers that verify nothing.
pub fn numbered_bundle(count: u32) -> String {
    let mut text = String::with_capacity(count as usize * 700);
    for der in numbered(count) {
        text += &pem("CERTIFICATE", &der);
    }
    text
}

/// The certificates of [`numbered_bundle`] as DER.
pub fn numbered(count: u32) -> impl Iterator<Item = Vec<u8>> {
    const DIGITS: &[u8] = b"00000000";
    const SERIAL: &[u8] = b"Serial##";
    let recipe = root("Numbered Root 00000000").serial(SERIAL);
    let template = recipe.parameters.self_signed(&UnsignedP256).expect("a self-signed certificate").der().to_vec();
    let places = |pattern: &'static [u8]| -> Vec<usize> {
        (0..template.len() - pattern.len()).filter(|at| template[*at..].starts_with(pattern)).collect()
    };
    let (digits, serial) = (places(DIGITS), places(SERIAL));
    assert!(digits.len() == 2 && serial.len() == 1, "the template's places are not its own");
    (0..count).map(move |number| {
        let mut der = template.clone();
        for at in &digits {
            der[*at..at + DIGITS.len()].copy_from_slice(format!("{number:08}").as_bytes());
        }
        der[serial[0] + 4..serial[0] + 8].copy_from_slice(&number.to_be_bytes());
        der
    })
}

/// One PEM block in lines of 64, ended by LF.
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = base64_simd::STANDARD.encode_to_string(der);
    let mut block = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        block += std::str::from_utf8(line).expect("base64 is ASCII");
        block.push('\n');
    }
    block + "-----END " + label + "-----\n"
}

/// PKCS #8 around an Ed25519 seed made of the key's number (RFC 8410, section 7).
fn private_key(number: u8) -> Vec<u8> {
    const BEFORE_SEED: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    [&BEFORE_SEED[..], &[number; 32]].concat()
}

fn key_pair(number: u8) -> KeyPair {
    KeyPair::try_from(private_key(number)).expect("an Ed25519 key")
}

/// A P-256 key that signs everything alike.
struct UnsignedP256;

/// The base point of P-256 (FIPS 186-4, D.1.2.3), uncompressed: the public key of the private key 1.
const P256_BASE_POINT: [u8; 65] = [
    4, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03,
    0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe,
    0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce,
    0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];

impl PublicKeyData for UnsignedP256 {
    fn der_bytes(&self) -> &[u8] {
        &P256_BASE_POINT
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for UnsignedP256 {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        // Ecdsa-Sig-Value with two numbers of 32 bytes.
        let number = [&[2, 32][..], &[0x55; 32]].concat();
        Ok([&[0x30, 68][..], &number, &number].concat())
    }
}
