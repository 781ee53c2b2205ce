//! curl and libcurl on OpenSSL.
//!
//! curl ends a path at any anchor since 7.68 and matches the host name itself (`Curl_ossl_verifyhost`,
//! lib/vtls/openssl.c; lib/vtls/hostcheck.c): the last common name counts, where the certificate has neither a name
//! nor an address beside it.

use super::names::{self, Against, Asked};
use super::openssl::{HostCheck, OpenSsl, printed};
use super::openssl_programs::PHP;
use super::{Fault, NotPredicted, Oracle, Policy, Printed, Row, gnutls};
use crate::model::Version;

/// Composer: PHP's curl where it is there, else PHP's streams.
pub const COMPOSER: Row = Row {
    id: "composer",
    about: "as curl where PHP has its extension, else as PHP's streams",
    oracle: Oracle::Documents,
    sources: &["https://github.com/composer/composer/blob/2.5.5/src/Composer/Util/Http/CurlDownloader.php"],
    policy: |parts| if parts.version("curl").is_some() { (CURL.policy)(parts) } else { (PHP.policy)(parts) },
};

/// The mark of a git whose `http.sslBackend` names another library than its libcurl has.
pub const FOREIGN_BACKEND: &str = "foreign-backend";

/// git: its libcurl.
pub const GIT: Row = Row {
    id: "git",
    about: "as curl by the TLS library of its libcurl; with http.sslBackend of another it ends before it connects",
    oracle: Oracle::Programs,
    sources: &["https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpsslBackend"],
    policy: |parts| {
        if parts.has(FOREIGN_BACKEND) {
            let why = "git ends before it connects: http.sslBackend names a library that its libcurl does not have";
            return Err(NotPredicted(why.to_owned()));
        }
        (CURL.policy)(parts)
    },
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
        policy.names = names::CURL;
        let says = Says::of(curl);
        policy.host = if says >= Says::Result { HostCheck::Before } else { HostCheck::Afterwards };
        policy.prints = says.prints();
        Ok(Policy::OpenSsl(policy))
    },
};

/// What curl says, by version (lib/vtls/openssl.c of 7.68 to 8.22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Says {
    /// Until 8.7: every target is a host name.
    HostName,
    /// Until 8.9: an address is told apart.
    Address,
    /// Until 8.17: a host name is one word.
    Hostname,
    /// From 8.17 on the chain is judged when the handshake is over and the name has been looked at, and its fault is told as
    /// the library's result.
    Result,
    /// From 8.21 on an address of IPv6 has the brackets of its URL.
    Brackets,
    /// From 8.22 on "IPv4" and "IPv6" are written large.
    Large,
}

impl Says {
    /// What a version says.
    pub(super) fn of(curl: &Version) -> Self {
        match () {
            () if curl.is_between("8.22", "") => Self::Large,
            () if curl.is_between("8.21", "") => Self::Brackets,
            () if curl.is_between("8.17", "") => Self::Result,
            () if curl.is_between("8.9", "") => Self::Hostname,
            () if curl.is_between("8.7", "") => Self::Address,
            () => Self::HostName,
        }
    }

    fn prints(self) -> fn(&OpenSsl, Fault, &Asked<'_>) -> Printed {
        match self {
            Self::HostName => |policy, fault, asked| Self::HostName.text(policy, fault, asked),
            Self::Address => |policy, fault, asked| Self::Address.text(policy, fault, asked),
            Self::Hostname => |policy, fault, asked| Self::Hostname.text(policy, fault, asked),
            Self::Result => |policy, fault, asked| Self::Result.text(policy, fault, asked),
            Self::Brackets => |policy, fault, asked| Self::Brackets.text(policy, fault, asked),
            Self::Large => |policy, fault, asked| Self::Large.text(policy, fault, asked),
        }
    }

    /// What is said of a fault: the number of curl's own error, and its text.
    pub(super) fn text(self, policy: &OpenSsl, fault: Fault, asked: &Asked<'_>) -> Printed {
        let is_address = fault == Fault::AddressMismatch;
        let (code, text) = match fault {
            Fault::HostMismatch | Fault::AddressMismatch => (60, self.mismatch(asked, is_address)),
            _ => {
                let Printed { code, text, .. } = printed(&policy.version, fault);
                match first_noted(policy, fault, asked) {
                    _ if self >= Self::Result => {
                        let number = code.map(|number| format!(" ({number})")).unwrap_or_default();
                        (60, format!("SSL certificate OpenSSL verify result: {text}{number}"))
                    }
                    // CURLE_SSL_CONNECT_ERROR: what was noted first is not that the chain does not verify.
                    Some((number, error)) => (35, format!("OpenSSL/{}: error:{number}:{error}", policy.version)),
                    None => (60, format!("SSL certificate problem: {text}")),
                }
            }
        };
        Printed { code: Some(code), name: None, text }
    }

    /// What `ossl_verifyhost` says where a certificate is not for a target.
    fn mismatch(self, asked: &Asked<'_>, is_address: bool) -> String {
        let is_v6 = asked.name.contains(':');
        let host = if self < Self::Hostname { "host name" } else { "hostname" };
        let kind = match self {
            Self::HostName => host,
            _ if !is_address => host,
            Self::Large if is_v6 => "IPv6 address",
            Self::Large => "IPv4 address",
            _ if is_v6 => "ipv6 address",
            _ => "ipv4 address",
        };
        let name = if is_v6 && self >= Self::Brackets { format!("[{}]", asked.name) } else { asked.name.to_owned() };
        match asked.against {
            Some(Against::CommonName(common)) => {
                format!("SSL: certificate subject name '{common}' does not match target {host} '{name}'")
            }
            Some(Against::Malformed(_)) => "SSL: illegal cert name field".to_owned(),
            Some(Against::Nothing) => "SSL: unable to obtain common name from peer certificate".to_owned(),
            _ => format!("SSL: no alternative certificate subject name matches target {kind} '{name}'"),
        }
    }
}

/// What OpenSSL noted before the fault that ends the verification, of which programs tell that take the earliest error of
/// its queue (`ERR_get_error`): its number, and its text. Seen in 3.0; 1.1.1 notes other numbers.
pub(super) fn first_noted(policy: &OpenSsl, fault: Fault, asked: &Asked<'_>) -> Option<(&'static str, &'static str)> {
    match fault {
        _ if !policy.version.is_between("3.0", "") => None,
        // `ossl_x509v3_cache_extensions`, crypto/x509/v3_purp.c.
        _ if asked.broken => Some(("1100009E", "X509 V3 routines::invalid certificate")),
        // `ASN1_item_verify_ctx`, crypto/asn1/a_verify.c.
        Fault::SignatureBad => Some(("06880006", "asn1 encoding routines::EVP lib")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Parts, Settings};

    fn says(curl: &str, fault: Fault, asked: Asked<'_>) -> String {
        let components =
            [("curl", curl), ("openssl", "3.0.19")].map(|(name, version)| (name, Version::parse(version).unwrap()));
        let parts = Parts { components: &components, marks: &[], settings: Settings::default() };
        match (CURL.policy)(&parts).unwrap() {
            Policy::OpenSsl(policy) => policy.says(fault, &asked).text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn texts_are_those_of_the_version() {
        let asked = |name: &'static str, against| Asked { name, against, broken: false };
        let names = Against::AltNames;
        let common = Against::CommonName("x".to_owned());
        let v6 = || asked("2001:db8::1", Some(&names));
        for (curl, host, address, text) in [
            (
                "7.88.1",
                "target host name 'a'",
                "target host name '2001:db8::1'",
                "SSL certificate problem: certificate has expired",
            ),
            (
                "8.7.1",
                "target host name 'a'",
                "target ipv6 address '2001:db8::1'",
                "SSL certificate problem: certificate has expired",
            ),
            (
                "8.9.0",
                "target hostname 'a'",
                "target ipv6 address '2001:db8::1'",
                "SSL certificate problem: certificate has expired",
            ),
            (
                "8.17.0",
                "target hostname 'a'",
                "target ipv6 address '2001:db8::1'",
                "SSL certificate OpenSSL verify result: certificate has expired (10)",
            ),
            (
                "8.21.0",
                "target hostname 'a'",
                "target ipv6 address '[2001:db8::1]'",
                "SSL certificate OpenSSL verify result: certificate has expired (10)",
            ),
            (
                "8.22.0",
                "target hostname 'a'",
                "target IPv6 address '[2001:db8::1]'",
                "SSL certificate OpenSSL verify result: certificate has expired (10)",
            ),
        ] {
            assert!(says(curl, Fault::HostMismatch, asked("a", Some(&names))).ends_with(host), "{curl}");
            assert!(says(curl, Fault::HostMismatch, asked("a", Some(&common))).ends_with(host), "{curl}");
            assert!(says(curl, Fault::AddressMismatch, v6()).ends_with(address), "{curl}");
            assert_eq!(says(curl, Fault::Expired, asked("a", None)), text, "{curl}");
        }
    }

    #[test]
    fn the_earliest_error_is_told_until_8_17() {
        let broken = Asked { name: "a", against: None, broken: true };
        assert_eq!(
            says("7.88.1", Fault::IssuerNotFound, broken),
            "OpenSSL/3.0.19: error:1100009E:X509 V3 routines::invalid certificate"
        );
        assert!(says("8.17.0", Fault::IssuerNotFound, broken).contains("unable to get local issuer certificate (20)"));
        let plain = Asked { broken: false, ..broken };
        assert_eq!(
            says("7.88.1", Fault::SignatureBad, plain),
            "OpenSSL/3.0.19: error:06880006:asn1 encoding routines::EVP lib"
        );
    }
}
