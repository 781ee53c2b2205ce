//! curl and libcurl on OpenSSL.
//!
//! curl ends a path at any anchor since 7.68 and matches the host name itself (`Curl_ossl_verifyhost`,
//! lib/vtls/openssl.c; lib/vtls/hostcheck.c): the last common name counts, where the certificate has neither a name
//! nor an address beside it.

use super::names::{self, Against};
use super::openssl::{HostCheck, OpenSsl, printed};
use super::openssl_programs::PHP;
use super::{Fault, NotPredicted, Oracle, Policy, Printed, Row, gnutls};

/// Composer: PHP's curl where it is there, else PHP's streams.
pub const COMPOSER: Row = Row {
    id: "composer",
    about: "as curl where PHP has its extension, else as PHP's streams",
    oracle: Oracle::Documents,
    sources: &["https://github.com/composer/composer/blob/2.5.5/src/Composer/Util/Http/CurlDownloader.php"],
    policy: |parts| if parts.version("curl").is_some() { (CURL.policy)(parts) } else { (PHP.policy)(parts) },
};

/// curl on OpenSSL.
pub const CURL: Row = Row {
    id: "curl",
    about: "by its TLS library; with OpenSSL a path may end at any anchor from 7.68 on, and curl matches the name itself",
    oracle: Oracle::Programs,
    sources: &[
        "https://github.com/curl/curl/commit/94f1f771586913addf5c68f9219e176036c50115",
        "https://github.com/curl/curl/blob/master/lib/vtls/openssl.c",
    ],
    policy: |parts| {
        if parts.has("gnutls") {
            return (gnutls::CURL.policy)(parts);
        }
        if let Some(library) = ["nss", "mbedtls", "wolfssl"].into_iter().find(|library| parts.has(library)) {
            return Err(NotPredicted(format!("castore has no rules for curl on {library}")));
        }
        let curl = parts.needs("curl")?;
        let mut policy = OpenSsl::of(parts)?;
        policy.partial_chain = curl.is_between("7.68", "");
        // TRUSTED_FIRST is set by curl itself since 7.42 (lib/vtls/openssl.c).
        policy.trusted_first = true;
        policy.host = HostCheck::Afterwards;
        policy.names = names::CURL;
        policy.prints = |policy, fault, asked| match fault {
            Fault::HostMismatch | Fault::AddressMismatch => Printed {
                code: Some(60),
                name: None,
                text: mismatch(asked.against, &format!("host name '{}'", asked.name)),
            },
            _ => {
                let text = format!("SSL certificate problem: {}", printed(&policy.version, fault).text);
                Printed { text, code: Some(60), ..Printed::default() }
            }
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// What `ossl_verifyhost` says where a certificate is not for a target.
pub(super) fn mismatch(against: Option<&Against>, target: &str) -> String {
    match against {
        Some(Against::CommonName(name)) => {
            format!("SSL: certificate subject name '{name}' does not match target {target}")
        }
        Some(Against::Malformed(_)) => "SSL: illegal cert name field".to_owned(),
        Some(Against::Nothing) => "SSL: unable to obtain common name from peer certificate".to_owned(),
        _ => format!("SSL: no alternative certificate subject name matches target {target}"),
    }
}
