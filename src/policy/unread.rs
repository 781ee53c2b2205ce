//! Verifiers of their own that castore has no rules for: each says so by its name.
//!
//! What a verifier does is read in its source and then compared with it; of these neither has been done. To say
//! why nothing is predicted is better than a guess.

use super::{NotPredicted, Oracle, Row};

/// Erlang's `public_key`.
pub const ERLANG: Row = Row {
    id: "erlang",
    about: "Erlang's own path validation, public_key:pkix_path_validation/3, in the order that the server sent",
    oracle: Oracle::Documents,
    sources: &["https://www.erlang.org/doc/apps/public_key/public_key.html#pkix_path_validation/3"],
    policy: |_| Err(unread("Erlang's public_key, which validates paths itself")),
};

/// Haskell's `x509-validation`.
pub const HASKELL: Row = Row {
    id: "haskell",
    about: "Haskell's own validation, of the package x509-validation",
    oracle: Oracle::Documents,
    sources: &["https://hackage.haskell.org/package/x509-validation/docs/Data-X509-Validation.html"],
    policy: |_| Err(unread("Haskell's x509-validation, which validates chains itself")),
};

/// Chromium's verifier, and with it Chrome, Edge, Electron's windows.
pub const CHROMIUM: Row = Row {
    id: "chromium",
    about: "Chromium's own path builder over its root store and the roots of the user's NSS database",
    oracle: Oracle::Documents,
    sources: &["https://chromium.googlesource.com/chromium/src/+/HEAD/net/data/ssl/chrome_root_store/faq.md"],
    policy: |_| Err(unread("Chromium's certificate verifier, which builds paths itself")),
};

/// lftp, which goes through a chain by itself.
pub const LFTP: Row = Row {
    id: "lftp",
    about: "on GnuTLS each certificate against the next that was sent, and the last against the bundle",
    oracle: Oracle::Documents,
    sources: &["https://github.com/lavv17/lftp/blob/v4.9.2/src/lftp_ssl.cc"],
    policy: |_| Err(unread("lftp, which verifies each certificate of a chain by itself")),
};

/// Mutt and NeoMutt, which ask their user.
pub const MUTT: Row = Row {
    id: "mutt",
    about: "each certificate of the chain by itself; the user is asked about what is not trusted, which is what refused \
            stands for",
    oracle: Oracle::Documents,
    sources: &["https://gitlab.com/muttmua/mutt/-/blob/mutt-2-2-12-rel/mutt_ssl_gnutls.c"],
    policy: |_| Err(unread("Mutt, which verifies each certificate of a chain by itself and asks its user")),
};

/// Programs on NSS, of which each chooses a verifier.
pub const NSS: Row = Row {
    id: "nss-any",
    about: "NSS has three verifiers, and each program chooses one",
    oracle: Oracle::Documents,
    sources: &["https://firefox-source-docs.mozilla.org/security/nss/index.html"],
    policy: |_| {
        let why = "a program on NSS chooses among three verifiers: its own, libpkix and mozilla::pkix, and castore does \
                   not see which";
        Err(NotPredicted(why.to_owned()))
    },
};

/// BoringSSL, of which each program sets other flags.
pub const BORINGSSL: Row = Row {
    id: "boringssl-any",
    about: "BoringSSL has no version, and each program sets its own flags",
    oracle: Oracle::Documents,
    sources: &["https://boringssl.googlesource.com/boringssl/+/HEAD/include/openssl/x509.h"],
    policy: |_| {
        Err(NotPredicted("each program on BoringSSL sets flags of its own, and castore does not see them".to_owned()))
    },
};

/// Any program on rustls, of which neither the release nor the provider of algorithms is known.
pub const RUSTLS: Row = Row {
    id: "rustls-any",
    about: "rustls-webpki, with the algorithms of a provider that each program chooses",
    oracle: Oracle::Documents,
    sources: &["https://docs.rs/rustls/latest/rustls/crypto/struct.CryptoProvider.html"],
    policy: |_| {
        let why = "it stands for any program on rustls, which chooses the provider of its algorithms; programs that are \
                   found are judged by theirs";
        Err(NotPredicted(why.to_owned()))
    },
};

fn unread(whose: &str) -> NotPredicted {
    NotPredicted(format!("castore has no rules for {whose}"))
}
