//! curl and libcurl on OpenSSL.
//!
//! curl ends a path at any anchor since 7.68 and matches the host name itself (`Curl_ossl_verifyhost`,
//! lib/vtls/openssl.c): the common name counts only where the certificate has no name and no address of the
//! other kind.

use super::openssl::{CommonName, HostCheck, OpenSsl, printed};
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
        policy.common_name = CommonName::WithoutDnsNameOrAddress;
        policy.partial_wildcards = false;
        policy.prints = |policy, fault, name| match fault {
            Fault::HostMismatch | Fault::AddressMismatch => Printed {
                code: Some(60),
                name: None,
                text: format!("SSL: no alternative certificate subject name matches target host name '{name}'"),
            },
            _ => {
                let text = format!("SSL certificate problem: {}", printed(&policy.version, fault).text);
                Printed { text, code: Some(60), ..Printed::default() }
            }
        };
        Ok(Policy::OpenSsl(policy))
    },
};
