//! What is offered to a server: what clients offer, and some that rustls cannot do.
//!
//! A server presents its chain only if something offered suits it, and in TLS 1.2 it does so before any key
//! is in use. So suites with CBC and with DHE can be offered without there being a line of code for them: the
//! handshake ends before one would be needed ([`super::tls`]). The same holds for curves, which a server of
//! TLS 1.2 looks through before it presents a key on one (RFC 8422, 5.3). In TLS 1.3 the certificates come
//! encrypted; the one curve that servers have there and the provider of rustls leaves out, P-521, is done by
//! aws-lc.
//!
//! What cannot be had in this way is RSA key exchange: rustls expects a message there that such a server does
//! not send.

use aws_lc_rs::agreement::{ECDH_P521, EphemeralPrivateKey, PublicKey, UnparsedPublicKey, agree_ephemeral};
use aws_lc_rs::rand::SystemRandom;
use rustls::crypto::{ActiveKeyExchange, CryptoProvider, SharedSecret, SupportedKxGroup, aws_lc_rs as provider};
use rustls::crypto::{CipherSuiteCommon, KeyExchangeAlgorithm};
use rustls::ffdhe_groups::{FFDHE2048, FfdheGroup};
use rustls::{
    CipherSuite, Error, NamedGroup, PeerMisbehaved, ProtocolVersion, SignatureScheme, SupportedCipherSuite,
    Tls12CipherSuite,
};
use std::sync::LazyLock;

/// The schemes that servers may insist on, old ones among them (RFC 8446, 4.2.3); none is ever verified here.
pub(super) const SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ED25519,
    SignatureScheme::ED448,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
    // Keys that are for PSS only: rsa_pss_pss_sha256, 384, 512.
    SignatureScheme::Unknown(0x0809),
    SignatureScheme::Unknown(0x080a),
    SignatureScheme::Unknown(0x080b),
    // Brainpool curves (RFC 8734): P256r1, P384r1, P512r1.
    SignatureScheme::Unknown(0x081a),
    SignatureScheme::Unknown(0x081b),
    SignatureScheme::Unknown(0x081c),
    SignatureScheme::ML_DSA_44,
    SignatureScheme::ML_DSA_65,
    SignatureScheme::ML_DSA_87,
    SignatureScheme::ECDSA_SHA1_Legacy,
    SignatureScheme::RSA_PKCS1_SHA1,
];

/// Suites of TLS 1.2 for show, the better first, after all that can be done.
const FOR_SHOW: &[(CipherSuite, KeyExchangeAlgorithm)] = &[
    (CipherSuite::TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, KeyExchangeAlgorithm::DHE),
    (CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, KeyExchangeAlgorithm::DHE),
    (CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, KeyExchangeAlgorithm::ECDHE),
    (CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, KeyExchangeAlgorithm::ECDHE),
    (CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, KeyExchangeAlgorithm::ECDHE),
    (CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, KeyExchangeAlgorithm::ECDHE),
    (CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, KeyExchangeAlgorithm::ECDHE),
    (CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, KeyExchangeAlgorithm::ECDHE),
    (CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, KeyExchangeAlgorithm::ECDHE),
    (CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, KeyExchangeAlgorithm::ECDHE),
    (CipherSuite::TLS_DHE_RSA_WITH_AES_256_CBC_SHA256, KeyExchangeAlgorithm::DHE),
    (CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA256, KeyExchangeAlgorithm::DHE),
    (CipherSuite::TLS_DHE_RSA_WITH_AES_256_CBC_SHA, KeyExchangeAlgorithm::DHE),
    (CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA, KeyExchangeAlgorithm::DHE),
];

/// [`FOR_SHOW`] for rustls: what belongs to each but its number is another suite's, and never asked for.
static SUITES: LazyLock<Vec<Tls12CipherSuite>> = LazyLock::new(|| {
    let shown = provider::cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
    let SupportedCipherSuite::Tls12(other) = shown else { return Vec::new() };
    let suite = |&(suite, kx): &(CipherSuite, KeyExchangeAlgorithm)| Tls12CipherSuite {
        common: CipherSuiteCommon { suite, ..other.common },
        prf_provider: other.prf_provider,
        kx,
        sign: SCHEMES,
        aead_alg: other.aead_alg,
    };
    FOR_SHOW.iter().map(suite).collect()
});

/// Everything that is offered.
pub(super) fn provider() -> CryptoProvider {
    let mut provider = provider::default_provider();
    provider.cipher_suites.extend(SUITES.iter().map(SupportedCipherSuite::Tls12));
    provider.kx_groups = provider::ALL_KX_GROUPS.to_vec();
    provider.kx_groups.push(&P521);
    provider.kx_groups.extend(GROUPS.iter().map(|group| *group as &dyn SupportedKxGroup));
    provider
}

/// The curve P-521 (FIPS 186-5), which the provider of rustls leaves out.
#[derive(Debug)]
struct P521;

impl SupportedKxGroup for P521 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let private = EphemeralPrivateKey::generate(&ECDH_P521, &SystemRandom::new());
        let private = private.map_err(|_| Error::FailedToGetRandomBytes)?;
        let public = private.compute_public_key().map_err(|_| Error::FailedToGetRandomBytes)?;
        Ok(Box::new(Agreement { private, public }))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

struct Agreement {
    private: EphemeralPrivateKey,
    public: PublicKey,
}

impl ActiveKeyExchange for Agreement {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let bad = || Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare);
        // The uncompressed form is the only one there is in TLS (RFC 8446, 4.2.8.2).
        if peer.first() != Some(&4) {
            return Err(bad());
        }
        let peer = UnparsedPublicKey::new(&ECDH_P521, peer);
        agree_ephemeral(self.private, peer, bad(), |secret| Ok(SharedSecret::from(secret)))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn pub_key(&self) -> &[u8] {
        self.public.as_ref()
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

/// A group of TLS 1.2 for show: it need not be able to agree on anything.
#[derive(Debug)]
struct ForShow(NamedGroup);

/// One of DHE, since rustls wants one where a suite has DHE; and curves that a certificate's key may be on:
/// brainpoolP256r1, P384r1, P512r1 (RFC 7027), secp256k1 (RFC 4492, 5.1.1).
const GROUPS: [&ForShow; 5] = [
    &ForShow(NamedGroup::FFDHE2048),
    &ForShow(NamedGroup::Unknown(26)),
    &ForShow(NamedGroup::Unknown(27)),
    &ForShow(NamedGroup::Unknown(28)),
    &ForShow(NamedGroup::Unknown(22)),
];

impl SupportedKxGroup for ForShow {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        Err(Error::General("this group is offered and cannot be used".to_owned()))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        (self.0 == NamedGroup::FFDHE2048).then_some(FFDHE2048)
    }

    fn name(&self) -> NamedGroup {
        self.0
    }

    fn usable_for_version(&self, version: ProtocolVersion) -> bool {
        version == ProtocolVersion::TLSv1_2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sides_agree_on_p521() {
        let (one, other) = (P521.start().unwrap(), P521.start().unwrap());
        let (public, others) = (one.pub_key().to_vec(), other.pub_key().to_vec());
        assert_eq!((public.len(), public[0]), (133, 4));
        assert_eq!(one.complete(&others).unwrap().secret_bytes(), other.complete(&public).unwrap().secret_bytes());
        for wrong in [&[][..], &[4], &others[1..], &[4; 133]] {
            assert!(P521.start().unwrap().complete(wrong).is_err());
        }
    }

    #[test]
    fn each_suite_is_offered_once() {
        let offered: Vec<u16> = provider().cipher_suites.iter().map(|suite| u16::from(suite.suite())).collect();
        let distinct: std::collections::BTreeSet<u16> = offered.iter().copied().collect();
        assert_eq!(distinct.len(), offered.len());
        assert!(offered.len() > FOR_SHOW.len() + 3);
    }
}
