//! The sixty configurations: a row of policies, and the versions of the parts that each was recorded with.
//!
//! The Pythons, PHP and Ruby of the recording stand on Debian 12's OpenSSL, which is built with security level 2;
//! the `openssl` programs of other versions were asked for level 2; Node.js brings its own library.

use castore::model::Version;
use castore::policy::{self, Parts, Policy, Row, Settings};

/// One client as it was recorded.
pub struct Configuration {
    /// Its name in the recording.
    pub client: &'static str,
    pub row: &'static Row,
    pub components: &'static [(&'static str, &'static str)],
    pub marks: &'static [&'static str],
    /// The security level that the library is built with, or that the program was asked for.
    pub level: Option<u8>,
    /// Options of the command line.
    pub options: fn(&mut Policy),
    /// Whether the issue that this answers demands 98 of 100.
    pub is_named: bool,
    /// What of a refusal is compared beside it.
    pub told: Told,
}

/// What a client prints that is compared.
#[derive(Clone, Copy, PartialEq)]
pub enum Told {
    /// Nothing that is comparable.
    Nothing,
    /// The number or the name.
    Code,
    /// The number and the text, word for word.
    CodeAndText,
    /// The beginning of a text, where the recording has a text at all.
    Text,
}

impl Configuration {
    /// The policy of these parts.
    pub fn policy(&self) -> Result<Policy, String> {
        let components: Vec<(&'static str, Version)> =
            self.components.iter().map(|(name, version)| (*name, Version::parse(version).unwrap())).collect();
        let settings = Settings::of_level(self.level);
        let parts = Parts { components: &components, marks: self.marks, settings };
        let mut policy = (self.row.policy)(&parts).map_err(|why| why.0)?;
        (self.options)(&mut policy);
        Ok(policy)
    }
}

const PLAIN: Configuration = Configuration {
    client: "",
    row: &policy::openssl_programs::DEFAULTS,
    components: &[],
    marks: &[],
    level: None,
    options: |_| {},
    is_named: true,
    told: Told::Nothing,
};

/// `-x509_strict -partial_chain`.
fn strict_partial(policy: &mut Policy) {
    if let Policy::OpenSsl(policy) = policy {
        policy.strict = true;
        policy.partial_chain = true;
    }
}

macro_rules! python {
    ($client:literal, $python:literal, $told:expr) => {
        Configuration {
            client: $client,
            row: &policy::python::SSL,
            components: &[("python", $python), ("openssl", "3.0.19")],
            level: Some(2),
            told: $told,
            ..PLAIN
        }
    };
}

macro_rules! urllib3 {
    ($client:literal, $python:literal, $urllib3:literal) => {
        Configuration {
            client: $client,
            row: &policy::python::URLLIB3,
            components: &[("python", $python), ("urllib3", $urllib3), ("openssl", "3.0.19")],
            level: Some(2),
            ..PLAIN
        }
    };
}

macro_rules! node {
    ($client:literal, $node:literal, $openssl:literal) => {
        Configuration {
            client: $client,
            row: &policy::node::NODE,
            components: &[("node", $node), ("openssl", $openssl)],
            told: Told::Code,
            ..PLAIN
        }
    };
}

macro_rules! s_client {
    ($client:literal, $openssl:literal) => {
        Configuration {
            client: $client,
            components: &[("openssl", $openssl)],
            level: Some(2),
            told: Told::CodeAndText,
            ..PLAIN
        }
    };
}

macro_rules! verify {
    ($plain:literal, $tls:literal, $strict:literal, $openssl:literal) => {
        [
            Configuration {
                client: $plain,
                row: &policy::openssl_programs::VERIFY,
                level: None,
                ..s_client!("", $openssl)
            },
            Configuration { client: $tls, ..s_client!("", $openssl) },
            Configuration { client: $strict, options: strict_partial, ..s_client!("", $openssl) },
        ]
    };
}

const V1_1_1: [Configuration; 3] =
    verify!("verify-1.1.1w-plain", "verify-1.1.1w-tls2", "verify-1.1.1w-tls2-strict-partial", "1.1.1");
const V3_0: [Configuration; 3] =
    verify!("verify-3.0-plain", "verify-3.0-tls2", "verify-3.0-tls2-strict-partial", "3.0.22");
const V3_2: [Configuration; 3] =
    verify!("verify-3.2.1-plain", "verify-3.2.1-tls2", "verify-3.2.1-tls2-strict-partial", "3.2.1");
const V3_5: [Configuration; 3] =
    verify!("verify-3.5.5-plain", "verify-3.5.5-tls2", "verify-3.5.5-tls2-strict-partial", "3.5.5");
const V4_0: [Configuration; 3] =
    verify!("verify-4.0.3-plain", "verify-4.0.3-tls2", "verify-4.0.3-tls2-strict-partial", "4.0.3");

/// Every configuration.
pub const CONFIGURATIONS: &[&Configuration] = &[
    &python!("python-2.7.18", "2.7.18", Told::Nothing),
    &python!("python-3.6.15", "3.6.15", Told::Nothing),
    &python!("python-3.7.16", "3.7.16", Told::CodeAndText),
    &python!("python-3.8.18", "3.8.18", Told::CodeAndText),
    &python!("python-3.9.18", "3.9.18", Told::CodeAndText),
    &python!("python-3.10.13", "3.10.13", Told::CodeAndText),
    &python!("python-3.11.7", "3.11.7", Told::CodeAndText),
    &python!("python-3.12.1", "3.12.1", Told::CodeAndText),
    &python!("python-3.13.0", "3.13.0", Told::CodeAndText),
    &urllib3!("requests-py3.11", "3.11.7", "2.7.0"),
    &urllib3!("requests-py3.13", "3.13.0", "2.8.0"),
    // pip brings urllib3 1.26.
    &urllib3!("pip-py3.9", "3.9.18", "1.26.12"),
    &Configuration {
        client: "pip-py3.13",
        row: &policy::python::URLLIB3,
        components: &[("pip", "24.2"), ("urllib3", "1.26.18"), ("python", "3.13.0"), ("openssl", "3.0.19")],
        level: Some(2),
        ..PLAIN
    },
    &Configuration {
        client: "pyca-verifier",
        row: &policy::pyca::PYCA,
        components: &[("cryptography", "50.0.2")],
        is_named: false,
        told: Told::Text,
        ..PLAIN
    },
    &node!("node-8.17.0", "8.17.0", "1.0.2"),
    &node!("node-16.20.2", "16.20.2", "1.1.1"),
    &node!("node-18.20.8", "18.20.8", "3.0.16"),
    &node!("node-20-sys", "20.20.2", "3.0.19"),
    &node!("node-22.23.3", "22.23.3", "3.5.8"),
    &node!("node-24.21.0", "24.21.0", "3.5.8"),
    &node!("node-26.10.0", "26.10.0", "3.5.8"),
    &Configuration {
        client: "curl-openssl",
        row: &policy::curl::CURL,
        components: &[("curl", "7.88.1"), ("openssl", "3.0.22")],
        level: Some(2),
        ..PLAIN
    },
    &Configuration {
        client: "php-8.2",
        row: &policy::openssl_programs::PHP,
        components: &[("php", "8.2.36"), ("openssl", "3.0.22")],
        level: Some(2),
        ..PLAIN
    },
    &Configuration {
        client: "ruby-3.1",
        row: &policy::openssl_programs::RUBY,
        components: &[("ruby", "3.1.2"), ("openssl", "3.0.22")],
        level: Some(2),
        ..PLAIN
    },
    &s_client!("s_client-1.1.1w", "1.1.1"),
    &s_client!("s_client-3.0", "3.0.22"),
    &s_client!("s_client-3.2.1", "3.2.1"),
    &s_client!("s_client-3.5.5", "3.5.5"),
    &s_client!("s_client-4.0.3", "4.0.3"),
    &V1_1_1[0],
    &V1_1_1[1],
    &V1_1_1[2],
    &V3_0[0],
    &V3_0[1],
    &V3_0[2],
    &V3_2[0],
    &V3_2[1],
    &V3_2[2],
    &V3_5[0],
    &V3_5[1],
    &V3_5[2],
    &V4_0[0],
    &V4_0[1],
    &V4_0[2],
    &Configuration {
        client: "curl_cffi-boringssl",
        row: &policy::boringssl::CURL,
        is_named: false,
        told: Told::Code,
        ..PLAIN
    },
    &Configuration { client: "bun", row: &policy::boringssl::BUN, is_named: false, told: Told::Code, ..PLAIN },
    &Configuration {
        client: "go-1.19",
        row: &policy::go::GO,
        components: &[("go", "1.19.8"), ("go-language", "1.19")],
        told: Told::Text,
        ..PLAIN
    },
    &Configuration {
        client: "go-1.27",
        row: &policy::go::GO,
        components: &[("go", "1.27.3"), ("go-language", "1.27")],
        told: Told::Text,
        ..PLAIN
    },
    &Configuration {
        client: "java-17",
        row: &policy::java::JAVA,
        components: &[("java", "17.0.15")],
        told: Told::Text,
        ..PLAIN
    },
    &Configuration {
        client: "java-25",
        row: &policy::java::JAVA,
        components: &[("java", "25.0.3")],
        told: Told::Text,
        ..PLAIN
    },
    &Configuration { client: "rustls-aws", row: &policy::rustls::RUSTLS, told: Told::Text, ..PLAIN },
    &Configuration { client: "rustls-ring", row: &policy::rustls::RUSTLS, marks: &["ring"], told: Told::Text, ..PLAIN },
    &Configuration { client: "uv", row: &policy::rustls::RUSTLS, told: Told::Text, ..PLAIN },
    &Configuration { client: "deno", row: &policy::rustls::DENO, ..PLAIN },
    &Configuration {
        client: "gnutls-cli",
        row: &policy::gnutls::CLI,
        components: &[("gnutls", "3.7.9")],
        told: Told::Text,
        ..PLAIN
    },
    &Configuration {
        client: "certtool",
        row: &policy::gnutls::CERTTOOL,
        components: &[("gnutls", "3.7.9")],
        told: Told::Text,
        ..PLAIN
    },
    &Configuration { client: "wget-gnutls", row: &policy::gnutls::WGET, components: &[("gnutls", "3.7.9")], ..PLAIN },
    &Configuration {
        client: "git-gnutls",
        row: &policy::gnutls::CURL,
        components: &[("gnutls", "3.7.9")],
        told: Told::Text,
        ..PLAIN
    },
    &Configuration {
        client: "nss-vfychain",
        row: &policy::nss::CLASSIC,
        components: &[("nss", "3.87.1")],
        marks: &["vfychain"],
        told: Told::Code,
        ..PLAIN
    },
    &Configuration {
        client: "nss-vfychain-pkix",
        row: &policy::nss::PKIX,
        components: &[("nss", "3.87.1")],
        marks: &["vfychain"],
        told: Told::Code,
        ..PLAIN
    },
];
