//! Node.js: OpenSSL, asked to go on after each fault.
//!
//! Node's verification callback always goes on, so that the last fault is the one it tells
//! (`VerifyCallback`, src/crypto/crypto_common.cc), and the host name is matched in JavaScript when
//! everything else was accepted (`checkServerIdentity`, lib/tls.js).

use super::names::{self, Against, CommonName};
use super::openssl::{HostCheck, Library, OpenSsl, Report, error, printed};
use super::{Fault, Oracle, Policy, Printed, Row};

/// Node.js with the OpenSSL that is built into it.
pub const NODE: Row = Row {
    id: "node",
    about: "OpenSSL at security level 1 until Node 22 and 2 from 24 on; the last fault is the one told",
    oracle: Oracle::Programs,
    sources: &[
        "https://github.com/nodejs/node/blob/main/src/crypto/crypto_context.cc",
        "https://github.com/nodejs/node/pull/54639",
        "https://nodejs.org/api/tls.html#tlscheckserveridentityhostname-cert",
    ],
    policy: |parts| {
        let node = parts.needs("node")?;
        let mut policy = OpenSsl::of(parts)?;
        // What a cipher list or OpenSSL's configuration sets counts before what the build has.
        if !parts.has("shared-openssl") && !parts.settings.level_is_set {
            policy.level = match policy.library {
                Library::V1_0_2 => None,
                _ if node.is_between("", "24") => Some(1),
                _ => Some(2),
            };
        }
        policy.report = Report::Last;
        policy.host = HostCheck::Afterwards;
        policy.names = names::NODE;
        // `checkServerIdentity` was rewritten for CVE-2021-44531 to 44533; before, it took the common name only
        // without any alternative name that it knew, and a subject had to be there ("Cert is empty").
        let rewritten = [("12.22.9", "13"), ("14.18.3", "15"), ("16.13.2", "17"), ("17.3.1", "")];
        if !rewritten.iter().any(|(from, until)| node.is_between(from, until)) {
            policy.names.common_name = CommonName::WithoutDnsNameOrAddress;
            policy.needs_subject = true;
        }
        policy.prints = |policy, fault, asked| match fault {
            Fault::HostMismatch | Fault::AddressMismatch => {
                let name = asked.name;
                let reason = match asked.against {
                    _ if fault == Fault::AddressMismatch => format!("IP: {name} is not in the cert's list: "),
                    Some(Against::CommonName(_)) => format!("Host: {name}. is not cert's CN: "),
                    Some(Against::Nothing) => "Cert does not contain a DNS name".to_owned(),
                    _ => format!("Host: {name}. is not in the cert's altnames: "),
                };
                let text = format!("Hostname/IP does not match certificate's altnames: {}", reason.trim_end());
                Printed { code: None, name: Some("ERR_TLS_CERT_ALTNAME_INVALID"), text }
            }
            _ => {
                let mut printed = printed(&policy.version, fault);
                printed.code = None;
                let other = match policy.library {
                    // Until Node 9 the text itself is the code (`VerifyError`, src/node_crypto.cc).
                    Library::V1_0_2 => error(&policy.version, fault).2,
                    _ => "UNSPECIFIED",
                };
                printed.name = Some(printed.name.filter(|name| NAMED.contains(name)).unwrap_or(other));
                printed
            }
        };
        Ok(Policy::OpenSsl(policy))
    },
};

/// The faults that Node has a code of its own for; others come as `UNSPECIFIED` (`X509ErrorCode`,
/// deps/ncrypto/ncrypto.cc; src/crypto/crypto_common.cc before).
const NAMED: &[&str] = &[
    "UNABLE_TO_GET_ISSUER_CERT",
    "UNABLE_TO_GET_CRL",
    "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
    "UNABLE_TO_DECRYPT_CRL_SIGNATURE",
    "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
    "CERT_SIGNATURE_FAILURE",
    "CRL_SIGNATURE_FAILURE",
    "CERT_NOT_YET_VALID",
    "CERT_HAS_EXPIRED",
    "CRL_NOT_YET_VALID",
    "CRL_HAS_EXPIRED",
    "ERROR_IN_CERT_NOT_BEFORE_FIELD",
    "ERROR_IN_CERT_NOT_AFTER_FIELD",
    "ERROR_IN_CRL_LAST_UPDATE_FIELD",
    "ERROR_IN_CRL_NEXT_UPDATE_FIELD",
    "OUT_OF_MEM",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "CERT_CHAIN_TOO_LONG",
    "CERT_REVOKED",
    "INVALID_CA",
    "PATH_LENGTH_EXCEEDED",
    "INVALID_PURPOSE",
    "CERT_UNTRUSTED",
    "CERT_REJECTED",
    "HOSTNAME_MISMATCH",
];
