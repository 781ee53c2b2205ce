//! What comes before a chain is verified: a server shows one only to a client that offers an algorithm for its key.
//!
//! A server whose key is on a curve that the client does not offer, or makes signatures that it does not, answers with the
//! alert `handshake_failure` (RFC 8446, 4.4.2.2; RFC 8422, 5.3), and the client has no certificate of which it could say
//! anything. GnuTLS then holds the key to its key usage, before it verifies anything. What is offered here is what each library offers by itself: OpenSSL the groups of `ssl/t1_lib.c`
//! (`supported_groups_default`), BoringSSL the schemes of `ssl/ssl_privkey.cc` (`kVerifySignatureAlgorithms`), GnuTLS those
//! of its priority NORMAL (`lib/priority.c`), Go `defaultCurvePreferences` (crypto/tls/defaults.go), Java
//! `jdk.tls.namedGroups`, rustls what its provider brings. Seen with OpenSSL 1.1.1 to 3.5, GnuTLS 3.7.9, Go 1.19 to 1.27,
//! Java 11 to 25, Node 16 to 26, Deno 2.9, bun 1.1.45 and 1.4.5 and curl_cffi 0.17.0 before a server of OpenSSL 3.0.

use super::gnutls;
use super::member::Member;
use super::{From, Hop, Judged, Located, Pool, Question, Verdict, judge};
use crate::model::PublicKey;
use crate::policy::openssl::{Library, OpenSsl};
use crate::policy::rustls::Algorithms;
use crate::policy::{Fault, Policy, Printed};
use std::sync::Arc;

/// The kinds of keys that clients differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    P521,
    /// Brainpool's, which TLS 1.3 has schemes of its own for (RFC 8734).
    Brainpool,
    /// Any other curve but P-256 and P-384.
    OtherCurve,
    Ed25519,
    Ed448,
    /// For which no library but 1.0.2 and Java has a suite among its defaults.
    Dsa,
}

/// Whether a client offers what a key takes.
enum Offer {
    Yes,
    No,
    Depends(&'static str),
}

/// Would this client accept the chain of a server with which it first has to agree on a signature.
#[must_use]
pub fn judge_connection(question: &Question, pool: &Pool, policy: &Policy) -> Judged {
    let judged = judge(question, pool, policy);
    let Some(leaf) = question.sent.first() else { return judged };
    let judged = if let Policy::GnuTls(policy) = policy
        && policy.holds_key_usage
        // A file that begins with an authority is no server's chain.
        && (question.stapled.is_some() || !leaf.is_ca())
        && gnutls::is_readable(leaf)
        && gnutls::must_not_sign(leaf)
    {
        // GNUTLS_E_KEY_USAGE_VIOLATION (lib/errors.c), in TLS 1.3 and wherever the key signs.
        let text = "Key usage violation in certificate has been detected.".to_owned();
        instead(judged, leaf, Fault::PurposeUnsuitable, text, &[Fault::PurposeUnsuitable])
    } else {
        judged
    };
    match kind(leaf).map_or(Offer::Yes, |kind| offers(kind, curve(leaf), policy)) {
        Offer::Yes => judged,
        Offer::Depends(why) => match judged.verdict {
            Verdict::Accepts => Judged { verdict: Verdict::Depends(why.to_owned()), ..judged },
            _ => judged,
        },
        Offer::No => {
            const OF_KEY: &[Fault] =
                &[Fault::LeafKeyNotOffered, Fault::AlgorithmUnsupported, Fault::LeafKeyUndecodable, Fault::LeafKeyWeak];
            instead(judged, leaf, Fault::LeafKeyNotOffered, alert(policy), OF_KEY)
        }
    }
}

/// The handshake's failure, with what the library would say behind it but of the same.
fn instead(judged: Judged, leaf: &Arc<Member>, fault: Fault, text: String, same: &[Fault]) -> Judged {
    let mut behind = judged.behind;
    if let Verdict::Refuses { fault, .. } = judged.verdict {
        behind.insert(0, fault);
    }
    behind.retain(|located| located.depth > 0 || !same.contains(&located.fault));
    let alone = || vec![Hop { member: Arc::clone(leaf), from: From::Sent(0) }];
    let path = if judged.path.is_empty() { alone() } else { judged.path };
    let printed = Printed { text, ..Printed::default() };
    let verdict = Verdict::Refuses { fault: Located { fault, depth: 0 }, printed };
    Judged { verdict, path, steps: judged.steps, behind }
}

/// What kind of key it is, where some client does not offer it.
fn kind(leaf: &Member) -> Option<Kind> {
    match &leaf.key {
        PublicKey::Ec { curve, .. } => match curve.as_str() {
            "P-256" | "P-384" => None,
            "P-521" => Some(Kind::P521),
            other if other.starts_with("brainpool") => Some(Kind::Brainpool),
            _ => Some(Kind::OtherCurve),
        },
        PublicKey::Other { .. } => match leaf.key_algorithm.to_string().as_str() {
            "1.3.101.112" => Some(Kind::Ed25519),
            "1.3.101.113" => Some(Kind::Ed448),
            "1.2.840.10040.4.1" => Some(Kind::Dsa),
            _ => None,
        },
        PublicKey::Rsa { .. } | PublicKey::EcExplicit => None,
    }
}

fn curve(leaf: &Member) -> &str {
    match &leaf.key {
        PublicKey::Ec { curve, .. } => curve,
        _ => "",
    }
}

fn offers(kind: Kind, curve: &str, policy: &Policy) -> Offer {
    let known = |is: bool| if is { Offer::Yes } else { Offer::No };
    match policy {
        Policy::OpenSsl(policy) => openssl(kind, policy),
        Policy::GnuTls(_) => known(!matches!(kind, Kind::Brainpool | Kind::OtherCurve | Kind::Dsa)),
        Policy::Go(_) => known(matches!(kind, Kind::P521 | Kind::Ed25519)),
        Policy::Java(java) => match kind {
            Kind::P521 | Kind::Dsa => Offer::Yes,
            Kind::Ed25519 | Kind::Ed448 => known(java.eddsa),
            // No group of Java's.
            Kind::Brainpool => Offer::No,
            // They went with JDK-8235540 (16), and were disabled by name before (JDK-8233228).
            Kind::OtherCurve => known(java.release < 16 && !java.tls.iter().any(|part| part.name == curve)),
        },
        Policy::Rustls(rustls) => match kind {
            Kind::P521 => known(rustls.algorithms != Algorithms::Ring),
            Kind::Ed25519 => Offer::Yes,
            _ => Offer::No,
        },
        // What they offer was not looked into; pyca/cryptography makes no handshake.
        Policy::Nss(_) | Policy::Pyca(_) => Offer::Yes,
    }
}

fn openssl(kind: Kind, policy: &OpenSsl) -> Offer {
    let is_boring = matches!(policy.library, Library::BoringSsl | Library::Bun);
    match kind {
        Kind::P521 | Kind::Ed25519 if is_boring => match policy.offers_more {
            Some(true) => Offer::Yes,
            Some(false) => Offer::No,
            None => Offer::Depends("on whether this build offers an algorithm for the server's key"),
        },
        _ if is_boring => Offer::No,
        Kind::P521 => Offer::Yes,
        Kind::Ed25519 | Kind::Ed448 if policy.version.is_between("1.1.1", "") => Offer::Yes,
        Kind::Ed25519 | Kind::Ed448 => Offer::No,
        // 1.0.2 offers every curve that it has (`eccurves_auto`, ssl/t1_lib.c).
        Kind::Brainpool | Kind::OtherCurve | Kind::Dsa if policy.library == Library::V1_0_2 => Offer::Yes,
        Kind::Brainpool if policy.version.is_between("3.2", "") => {
            Offer::Depends("on whether the server signs with a Brainpool key in TLS 1.3, as OpenSSL does since 3.2")
        }
        Kind::Brainpool | Kind::OtherCurve | Kind::Dsa => Offer::No,
    }
}

/// What a client prints of the server's alert.
fn alert(policy: &Policy) -> String {
    match policy {
        Policy::OpenSsl(policy) => match policy.library {
            Library::BoringSsl | Library::Bun => "SSLV3_ALERT_HANDSHAKE_FAILURE".to_owned(),
            // The text was changed in 3.2 (crypto/err/openssl.txt).
            _ if policy.version.is_between("3.2", "") => "ssl/tls alert handshake failure".to_owned(),
            _ => "sslv3 alert handshake failure".to_owned(),
        },
        Policy::GnuTls(policy) => policy.alert.to_owned(),
        Policy::Go(_) => "remote error: tls: handshake failure".to_owned(),
        Policy::Java(java) => java.of_alert("handshake_failure", "Received fatal alert: handshake_failure"),
        Policy::Rustls(_) => "received fatal alert: HandshakeFailure".to_owned(),
        Policy::Nss(_) | Policy::Pyca(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Version;
    use crate::policy::java::Java;
    use crate::policy::rustls::Rustls;
    use crate::policy::{Parts, Settings, boringssl, openssl_programs};

    fn is_offered(kind: Kind, policy: &Policy) -> Option<bool> {
        match offers(kind, "secp256k1", policy) {
            Offer::Yes => Some(true),
            Offer::No => Some(false),
            Offer::Depends(_) => None,
        }
    }

    #[test]
    fn libraries_offer_what_they_were_seen_to_offer() {
        const ALL: [Kind; 6] = [Kind::P521, Kind::Ed25519, Kind::Ed448, Kind::OtherCurve, Kind::Brainpool, Kind::Dsa];
        let made = |row: &crate::policy::Row, component: &'static str, version: &str| {
            let versions = [(component, Version::parse(version).unwrap())];
            (row.policy)(&Parts { components: &versions, marks: &[], settings: Settings::default() }).unwrap()
        };
        let yes = Some(true);
        let no = Some(false);
        let openssl = |version| made(&openssl_programs::DEFAULTS, "openssl", version);
        let bun = |version| made(&boringssl::BUN, "bun", version);
        let rustls = |algorithms| Policy::Rustls(Rustls { algorithms });
        let java = |version: &str| Policy::Java(Java::of(&Version::parse(version).unwrap()));
        for (policy, expected) in [
            (openssl("1.0.2u"), [yes, no, no, yes, yes, yes]),
            (openssl("1.1.1w"), [yes, yes, yes, no, no, no]),
            (openssl("3.0.19"), [yes, yes, yes, no, no, no]),
            (openssl("3.5.5"), [yes, yes, yes, no, None, no]),
            (bun("1.1.45"), [no, no, no, no, no, no]),
            (bun("1.3"), [None, None, no, no, no, no]),
            (bun("1.4.5"), [yes, yes, no, no, no, no]),
            (java("11.0.13"), [yes, no, no, no, no, yes]),
            (java("17.0.9"), [yes, yes, yes, no, no, yes]),
            (rustls(Algorithms::AwsLc), [yes, yes, no, no, no, no]),
            (rustls(Algorithms::Ring), [no, yes, no, no, no, no]),
        ] {
            assert_eq!(ALL.map(|kind| is_offered(kind, &policy)), expected, "{policy:?}");
        }
    }
}
