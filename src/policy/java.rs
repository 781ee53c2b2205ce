//! Java's default trust manager: `sun.security.validator.PKIXValidator` on `certpath`, by release.
//!
//! A trust anchor is a name and a key: its dates, its name constraints, its extended key usage and its
//! critical extensions do not count, its basic constraints and key usage do. What algorithms serve is
//! data of the release (`jdk.certpath.disabledAlgorithms`), and some of it holds only below the roots that
//! came with the JDK (`jdkCA`). Read in OpenJDK 25.0.3 and compared with 17.0.15; the property files of both.

pub mod constraints;
pub mod lists;

use super::{Fault, NotPredicted, Oracle, Parts, Policy, Row};
use crate::model::Version;
use constraints::Constraint;
pub use lists::{BLOCKED, Distrust};
use std::sync::Arc;

/// Java programs with the default trust manager.
pub const JAVA: Row = Row {
    id: "java",
    about: "PKIXValidator follows the list that was sent, and searches where it does not chain",
    oracle: Oracle::Programs,
    sources: &[
        "https://github.com/openjdk/jdk/blob/jdk-25+36/src/java.base/share/classes/sun/security/validator/PKIXValidator.java",
        "https://github.com/openjdk/jdk/blob/jdk-25+36/src/java.base/share/classes/sun/security/provider/certpath/PKIXCertPathValidator.java",
        "https://github.com/openjdk/jdk/blob/jdk-25+36/src/java.base/share/classes/sun/security/provider/certpath/SunCertPathBuilder.java",
        "https://github.com/openjdk/jdk/blob/jdk-25+36/src/java.base/share/conf/security/java.security",
    ],
    policy: |parts| Ok(Policy::Java(policy(parts)?)),
};

/// How a Java release decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Java {
    /// The release: 8, 11, 17, 21, 25.
    pub release: u32,
    /// What it does not take for certificates (`jdk.certpath.disabledAlgorithms`).
    pub certpath: Arc<[Constraint]>,
    /// What it does not take for TLS (`jdk.tls.disabledAlgorithms`), as far as certificates have it.
    pub tls: Arc<[Constraint]>,
    /// Whether the release knows Ed25519 and Ed448 (15).
    pub eddsa: bool,
    /// Whether it knows RSASSA-PSS (11, 8u251).
    pub pss: bool,
    /// Whether it knows ML-DSA, which TLS then does not take (24).
    pub ml_dsa: bool,
    /// Whether an anchor must be a certification authority by its own extensions (15, 11.0.7, 8u251).
    pub anchor_must_be_ca: bool,
    /// Whether a constraint of host names may begin with a dot (JDK-8311546: 22, and by openjdk/jdk21u-dev#1268 and
    /// openjdk/jdk17u-dev#3149 of December 2024 21.0.7 and 17.0.15; 21.0.4 and 17.0.9 take none).
    pub leading_dot: bool,
    /// Whether a path that was built is checked as one that was sent: before, each candidate's own name constraints had to
    /// hold the names below it, an anchor's too. 17.0.7 does so, 17.0.9 and 21.0.2 do not any more; of 18 to 20 it is not
    /// known.
    pub checks_built: bool,
    /// Whether TLS 1.3 takes SHA-224 and DSA for no certificate: 25.0.2 does so, 21.0.8 did not.
    pub few_signatures: bool,
    /// Whether messages begin with the alert that is sent: 25.0.2 does so, 21.0.8 does not (24 at the
    /// latest).
    pub names_alert: bool,
    /// The lists that its property names.
    pub distrust: [bool; 4],
}

fn policy(parts: &Parts<'_>) -> Result<Java, NotPredicted> {
    if let Some(why) = &parts.settings.unread {
        return Err(NotPredicted(why.clone()));
    }
    let version = plain(parts.needs("java")?);
    let mut java = Java::of(&version);
    if let Some(properties) = &parts.settings.java {
        let list = |parts: &[String]| {
            let parse = |part: &String| {
                let why = || NotPredicted(format!("java.security has a part that Java does not take: {part}"));
                Constraint::parse(part).ok_or_else(why)
            };
            parts.iter().map(parse).collect::<Result<Arc<[Constraint]>, _>>()
        };
        (java.certpath, java.tls) = (list(&properties.certpath)?, list(&properties.tls)?);
        for (on, known) in java.distrust.iter_mut().zip(lists::DISTRUST) {
            *on = properties.distrust.iter().any(|name| name == known.name);
        }
    }
    Ok(java)
}

/// What releases are delivered with, as far as certificates of TLS servers have it.
const CERTPATH: [&str; 5] = ["MD2", "MD5", "RSA keySize < 1024", "DSA keySize < 1024", "EC keySize < 224"];
/// The curves that are disabled by name (JDK-8233228), until they were removed (JDK-8235540): `jdk.disabled.namedCurves`
/// of 11.0.13.
const CURVES: [&str; 46] = [
    "secp112r1",
    "secp112r2",
    "secp128r1",
    "secp128r2",
    "secp160k1",
    "secp160r1",
    "secp160r2",
    "secp192k1",
    "secp192r1",
    "secp224k1",
    "secp224r1",
    "secp256k1",
    "sect113r1",
    "sect113r2",
    "sect131r1",
    "sect131r2",
    "sect163k1",
    "sect163r1",
    "sect163r2",
    "sect193r1",
    "sect193r2",
    "sect233k1",
    "sect233r1",
    "sect239k1",
    "sect283k1",
    "sect283r1",
    "sect409k1",
    "sect409r1",
    "sect571k1",
    "sect571r1",
    "X9.62 c2tnb191v1",
    "X9.62 c2tnb191v2",
    "X9.62 c2tnb191v3",
    "X9.62 c2tnb239v1",
    "X9.62 c2tnb239v2",
    "X9.62 c2tnb239v3",
    "X9.62 c2tnb359v1",
    "X9.62 c2tnb431r1",
    "X9.62 prime192v2",
    "X9.62 prime192v3",
    "X9.62 prime239v1",
    "X9.62 prime239v2",
    "X9.62 prime239v3",
    "brainpoolP256r1",
    "brainpoolP384r1",
    "brainpoolP512r1",
];
/// The part that came with 8u141 and 9.
const SHA1: &str = "SHA1 jdkCA & usage TLSServer";
const TLS: [&str; 2] = ["MD5withRSA", "EC keySize < 224"];

fn delivered(parts: impl Iterator<Item = &'static str>) -> Arc<[Constraint]> {
    parts.filter_map(Constraint::parse).collect()
}

/// 1.8.0 is 8.
fn plain(version: &Version) -> Version {
    if version.is_between("1.8", "1.9") {
        Version::parse("8").unwrap_or_else(|| version.clone())
    } else {
        version.clone()
    }
}

impl Java {
    /// The policy of a release, as its `java.security` is delivered.
    #[must_use]
    pub fn of(version: &Version) -> Self {
        let at_least = |from: &str| version.is_between(from, "");
        let release = (1..200).rev().find(|release| at_least(&release.to_string())).unwrap_or_default();
        // An update of 8 that is not known is taken for a recent one.
        let recent = |from: &[&str]| (release == 8 && !at_least("8.0.1")) || version.is_since(from);
        let mut distrust = [false; 4];
        for (on, list) in distrust.iter_mut().zip(lists::DISTRUST) {
            *on = recent(list.since);
        }
        let curves = if release < 16 && recent(&["8.0.272", "11.0.9", "14.0.2", "15"]) { &CURVES[..] } else { &[] };
        let sha1 = recent(&["8.0.141", "9"]).then_some(SHA1);
        Self {
            release,
            certpath: delivered(CERTPATH.into_iter().chain(sha1).chain(curves.iter().copied())),
            tls: delivered(TLS.into_iter().chain(curves.iter().copied())),
            eddsa: release >= 15,
            pss: recent(&["8.0.251", "11"]),
            ml_dsa: release >= 24,
            anchor_must_be_ca: recent(&["8.0.251", "11.0.7", "14.0.1", "15"]),
            leading_dot: version.is_since(&["17.0.15", "21.0.7", "22"]),
            checks_built: version.is_since(&["17.0.9", "21"]),
            few_signatures: release >= 25,
            names_alert: release >= 24,
            distrust,
        }
    }

    /// The lists that count.
    pub fn lists(&self) -> impl Iterator<Item = &'static Distrust> {
        lists::DISTRUST.iter().zip(self.distrust).filter(|(_, on)| *on).map(|(list, _)| list)
    }
}

/// What a program says that has no default context, because its trust store cannot be opened: the message of its
/// SocketException. Compared with 17.0.15 and 25.0.3.
pub const NOT_OPENED: &str = "java.security.NoSuchAlgorithmException: Error constructing implementation (algorithm: \
    Default, provider: SunJSSE, class: sun.security.ssl.SSLContextImpl$DefaultSSLContext)";

/// What a Java program says: the message of its SSLHandshakeException.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The builder found nothing.
    NotBuilt,
    /// The validator refused: the message of its CertPathValidatorException.
    NotValidated(String),
    /// There are no anchors (`PKIXParameters`).
    NoAnchors,
    /// The anchor serves for nothing, and whether the builder or the validator came to it.
    Anchor(bool, String),
    /// What the reader of messages throws, without an alert.
    Protocol(String),
    /// A message of its own, with the alert it goes with.
    Own(&'static str, String),
}

impl Java {
    /// A message of an alert.
    #[must_use]
    pub fn of_alert(&self, alert: &str, text: &str) -> String {
        if self.names_alert { format!("({alert}) {text}") } else { text.to_owned() }
    }
}

/// Certificates that a server may send (`jdk.tls.maxCertificateChainLength`, since 22 and updates of 2024
/// `jdk.tls.client.maxInboundCertificateChainLength`): 10 where nothing is set.
pub const CHAIN: usize = 10;
/// Octets of a message of the handshake (`jdk.tls.maxHandshakeMessageSize`): 32 KiB where nothing is set.
pub const MESSAGE: usize = 32_768;

impl Told {
    /// The message.
    #[must_use]
    pub fn text(&self, java: &Java, fault: Fault) -> String {
        let (alert, text) = match self {
            Self::Protocol(text) => return text.clone(),
            Self::NotBuilt => (
                "certificate_unknown",
                "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find \
                 valid certification path to requested target"
                    .to_owned(),
            ),
            Self::NotValidated(why) => (
                alert(why, fault),
                format!("PKIX path validation failed: java.security.cert.CertPathValidatorException: {why}"),
            ),
            Self::NoAnchors => (
                "internal_error",
                "Unexpected error: java.security.InvalidAlgorithmParameterException: the trustAnchors parameter must be \
                 non-empty"
                    .to_owned(),
            ),
            Self::Anchor(built, why) => {
                let doing = if *built { "building" } else { "validation" };
                (
                    "certificate_unknown",
                    format!("PKIX path {doing} failed: sun.security.validator.ValidatorException: {why}"),
                )
            }
            Self::Own(alert, text) => (*alert, text.clone()),
        };
        java.of_alert(alert, &text)
    }
}

/// The alert that goes with a reason (`getCertificateAlert`, sun.security.ssl.CertificateMessage).
fn alert(why: &str, fault: Fault) -> &'static str {
    match fault {
        Fault::Expired => "certificate_expired",
        Fault::NotYetValid | Fault::SignatureBad => "bad_certificate",
        // What `jdk.tls.disabledAlgorithms` has is told by the socket (`SSLAlgorithmConstraints`).
        _ if ["Algorithm constraints", "Usage constraint", "denyAfter constraint"]
            .iter()
            .any(|of| why.starts_with(of)) =>
        {
            "unsupported_certificate"
        }
        _ => "certificate_unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn java(text: &str) -> Java {
        Java::of(&plain(&Version::parse(text).unwrap()))
    }

    #[test]
    fn lists_come_with_updates_of_each_release() {
        let names = |text: &str| java(text).lists().map(|list| list.name).collect::<Vec<_>>();
        assert_eq!(names("17.0.15"), ["SYMANTEC_TLS", "ENTRUST_TLS", "CAMERFIRMA_TLS"]);
        assert_eq!(names("25.0.3"), ["SYMANTEC_TLS", "ENTRUST_TLS", "CAMERFIRMA_TLS", "CHUNGHWA_TLS"]);
        assert_eq!(names("17.0.9"), ["SYMANTEC_TLS"]);
        assert_eq!(names("11.0.2"), [""; 0]);
        assert_eq!(names("22.0.1"), ["SYMANTEC_TLS"]);
    }

    #[test]
    fn a_day_counts_to_its_end() {
        let entrust = &lists::DISTRUST[1];
        let at = |day, hour| Timestamp::from_civil(2024, 11, day, hour, 0, 0).unwrap();
        assert_eq!(entrust.refuses(at(11, 23), None), None);
        assert_eq!(entrust.refuses(at(12, 0), None).as_deref(), Some("2024-11-11"));
    }

    use crate::model::Timestamp;

    #[test]
    fn releases_know_what_they_know() {
        assert!(!java("11.0.20").eddsa && java("17").eddsa);
        assert!(java("25").ml_dsa && !java("21").ml_dsa);
        assert_eq!(java("1.8.0").release, 8);
    }
}
