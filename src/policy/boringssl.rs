//! BoringSSL, which kept the shape of OpenSSL 1.0.2, and two programs on it.
//!
//! It has no version; its rules are those of `crypto/x509/x509_vfy.cc` as of the programs that were asked.

use super::curl::Says;
use super::names::{self, CommonName, Matching};
use super::openssl::{DEPTH, HostCheck, Library, OpenSsl, Report, printed};
use super::{Fault, Fips, NotPredicted, Oracle, Policy, Printed, Row, Sha1};
use crate::model::Version;

/// libcurl on BoringSSL: curl-impersonate, curl_cffi.
pub const CURL: Row = Row {
    id: "curl-boringssl",
    about: "BoringSSL as libcurl sets it: a path may end at any anchor",
    oracle: Oracle::Programs,
    sources: &["https://boringssl.googlesource.com/boringssl/+/HEAD/crypto/x509/x509_vfy.cc"],
    policy: |parts| {
        let mut policy = base();
        policy.partial_chain = true;
        // curl_cffi 0.17.0 has it; of the BoringSSL of others it is not known.
        policy.excludes_wildcards = parts.version("curl_cffi").filter(|cffi| cffi.is_between("0.17", "")).map(|_| true);
        // X509_V_FLAG_TRUSTED_FIRST is set by curl itself since 7.42 (lib/vtls/openssl.c).
        policy.trusted_first = true;
        // curl_cffi 0.17 tells a name that does not match of a certificate that is expired too, and every fault of the
        // chain as "verify result", which is asked for when the handshake is over.
        policy.host = HostCheck::Before;
        policy.names = names::CURL;
        policy.prints = |policy, fault, asked| match fault {
            Fault::HostMismatch | Fault::AddressMismatch => Says::Large.text(policy, fault, asked),
            _ => printed(&policy.version, fault),
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// Bun: uSockets on BoringSSL, with Node's host check.
pub const BUN: Row = Row {
    id: "bun",
    about: "BoringSSL as Bun sets it",
    oracle: Oracle::Programs,
    sources: &["https://github.com/oven-sh/bun/blob/main/packages/bun-usockets/src/crypto/openssl.c"],
    policy: |parts| {
        let mut policy = base();
        // 1.3.14 is as BoringSSL is, 1.4.5 looks into anchors; when between that came is not known. No store of Bun's is in
        // the order of its file.
        let is_old = parts.version("bun").is_some_and(|bun| bun.is_between("", "1.4"));
        policy.library = if is_old { Library::BoringSsl } else { Library::Bun };
        policy.unordered = is_old;
        // What 1.1.45 does not and 1.4.5 does; when between it came is not known.
        let is_new = parts.version("bun").and_then(|bun| match () {
            () if bun.is_between("", "1.2") => Some(false),
            () if bun.is_between("1.4.5", "") => Some(true),
            () => None,
        });
        (policy.excludes_wildcards, policy.offers_more) = (is_new, is_new);
        policy.trusted_first = true;
        policy.report = Report::Last;
        policy.host = HostCheck::Afterwards;
        // `fetch` matched names in ways of its own until `checkServerIdentity` was Node's.
        let own = [
            ("", "1.3.6", names::BUN),
            ("1.3.6", "1.3.14", names::BUN_LABELS),
            ("1.3.14", "1.4", names::BUN_COMMON_NAME),
        ];
        let bun = parts.version("bun");
        let of = own.into_iter().find(|(from, until, _)| bun.is_some_and(|bun| bun.is_between(from, until)));
        policy.names = of.map_or(names::NODE, |(_, _, names)| names);
        policy.prints = |policy, fault, _| match fault {
            // The address that was asked for follows, with its port and path.
            Fault::HostMismatch | Fault::AddressMismatch => Printed {
                code: None,
                name: Some("ERR_TLS_CERT_ALTNAME_INVALID"),
                text: "ERR_TLS_CERT_ALTNAME_INVALID fetching".to_owned(),
            },
            _ => printed(&policy.version, fault),
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// gRPC: BoringSSL, and a name that gRPC matches itself.
pub const GRPC: Row = Row {
    id: "grpc",
    about: "BoringSSL as gRPC sets it; the common name counts where there is no other name",
    oracle: Oracle::Programs,
    sources: &["https://github.com/grpc/grpc/blob/v1.71.0/src/core/tsi/ssl_transport_security.cc"],
    policy: |parts| {
        let grpc = parts.needs("grpcio")?;
        if !grpc.is_between("1.40", "") {
            return Err(NotPredicted(format!("castore has no rules for gRPC {grpc}: they were read in 1.71")));
        }
        let mut policy = base();
        // The store is sorted by a heap when it is first asked (`sk_sort`, crypto/stack/stack.cc since 2023).
        policy.unordered = true;
        // Not in the BoringSSL of 1.71; of later releases it is not known.
        policy.ml_dsa = false;
        policy.host = HostCheck::Afterwards;
        // `tsi_ssl_peer_matches_name`: the common name where no alternative name is there.
        policy.names = Matching { common_name: CommonName::WithoutDnsNameOrAddress, ..names::WHOLE_LABELS };
        policy.prints = |policy, fault, asked| match fault {
            Fault::HostMismatch | Fault::AddressMismatch => {
                let name = asked.name;
                Printed { text: format!("Peer name {name} is not in peer certificate"), ..Printed::default() }
            }
            _ => Printed { text: "CERTIFICATE_VERIFY_FAILED".to_owned(), ..printed(&policy.version, fault) },
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// BoringSSL prints as OpenSSL 1.1.1 does, with the numbers that it kept.
fn base() -> OpenSsl {
    OpenSsl {
        library: Library::BoringSsl,
        version: Version::parse("1.1.1").unwrap_or_default(),
        trusted_first: false,
        strict: false,
        partial_chain: false,
        level: None,
        sha1: Sha1::AsLevel,
        fips: Fips::Off,
        purpose: true,
        report: Report::First,
        names: names::WHOLE_LABELS,
        needs_subject: false,
        gated: false,
        excludes_wildcards: None,
        offers_more: Some(false),
        depth: DEPTH,
        ml_dsa: true,
        unordered: false,
        host: HostCheck::Library,
        prints: |policy, fault, _| printed(&policy.version, fault),
    }
}
