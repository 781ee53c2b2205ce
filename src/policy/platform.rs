//! Verifiers of systems that castore does not model: Apple's and Microsoft's.
//!
//! They fetch missing intermediates, keep settings of the user's, and change with updates of the system; none
//! of them can be asked without being run. What they publish is told instead of a verdict.

use super::{NotPredicted, Oracle, Row};

/// Security.framework: Safari, URLSession, programs built with Go on macOS, truststore, rustls-platform-verifier.
pub const APPLE: Row = Row {
    id: "apple",
    about: "Apple's verifier: RSA from 2048 bits, SHA-2, names in the alternative name, also below private roots",
    oracle: Oracle::Documents,
    sources: &["https://support.apple.com/en-us/103769", "https://support.apple.com/en-us/102028"],
    policy: |_| Err(NotPredicted(APPLE_RULES.to_owned())),
};

/// CryptoAPI: Schannel, .NET, programs built with Go on Windows, curl with Schannel.
pub const WINDOWS: Row = Row {
    id: "windows",
    about: "Microsoft's verifier: fetches intermediates and roots, and refuses weak keys by its registry",
    oracle: Oracle::Documents,
    sources: &[
        "https://learn.microsoft.com/en-us/windows/win32/seccrypto/certificate-chain-verification-functions",
        "https://learn.microsoft.com/en-us/troubleshoot/windows-server/certificates-and-public-key-infrastructure-pki/valid-root-ca-certificates-untrusted",
    ],
    policy: |_| Err(NotPredicted(WINDOWS_RULES.to_owned())),
};

/// What Apple publishes (support 103769; for certificates issued from 1 July 2019 on).
const APPLE_RULES: &str = "the system's verifier decides; Apple's published rules: RSA keys have 2048 bits or more, \
signatures use SHA-2, the host name is in the subject alternative name; a certificate issued since 2019-07-01 has \
extended key usage serverAuth and is valid for at most 825 days, below private roots too; missing intermediates are \
fetched";

/// What Microsoft publishes.
const WINDOWS_RULES: &str = "the system's verifier decides; Microsoft's published rules: RSA keys have 1024 bits or \
more, MD5 is refused, missing intermediates are fetched from the address in the certificate, and roots of Microsoft's \
programme are fetched when they are first needed";
