//! GnuTLS and the programs on it.
//!
//! The library sorts what was sent, looks up one issuer by name, takes the last that is valid, and answers
//! with a set of bits, of which a program prints every sentence. What a program asks for decides as much as
//! the library: `gnutls-cli` asks for the purpose of a TLS server, wget and libcurl do not, so that they take
//! a certificate for TLS clients. Read in 3.7.9: `lib/x509/verify.c`, `verify-high.c`, `common.c`,
//! `hostname-verify.c`, `name_constraints.c`, `lib/cert-cred.c`.

use super::names::{self, Addresses, CommonName, Dot, Matching, Which};
use super::{Fault, NotPredicted, Oracle, Parts, Policy, Printed, Row};
use crate::settings::gnutls_config::{Configured, Profile};

const SOURCES: &[&str] = &[
    "https://gitlab.com/gnutls/gnutls/-/blob/3.7.9/lib/x509/verify.c",
    "https://gitlab.com/gnutls/gnutls/-/blob/3.7.9/lib/x509/verify-high.c",
    "https://gitlab.com/gnutls/gnutls/-/blob/3.7.9/lib/x509/name_constraints.c",
];

/// `gnutls-cli`, and programs that verify as the library's documents show it.
pub const CLI: Row = Row {
    id: "gnutls",
    about: "GnuTLS with a host name and the purpose of a TLS server",
    oracle: Oracle::Programs,
    sources: SOURCES,
    policy: |parts| policy(parts, |policy| policy.default_list = true),
};

/// `certtool --verify`: an anchor that was sent is not taken for its own issuer.
///
/// No client of the catalogue has it: it verifies files and reaches no server. The lab and the conformance suite are
/// judged by it.
pub const CERTTOOL: Row = Row {
    id: "certtool",
    about: "GnuTLS's certtool --verify with a purpose and a host name",
    oracle: Oracle::Programs,
    sources: &["https://gitlab.com/gnutls/gnutls/-/blob/3.7.9/src/certtool.c"],
    policy: |parts| {
        policy(parts, |policy| {
            policy.allow_same = false;
            // There is no handshake.
            policy.asks_status = false;
            policy.holds_key_usage = false;
            policy.prints = |_, bits, _| format!("Not verified. {}", sentences(bits));
        })
    },
};

/// wget on GnuTLS.
pub const WGET: Row = Row {
    id: "wget-gnutls",
    about: "GnuTLS without a purpose; wget asks for the host name afterwards",
    oracle: Oracle::Programs,
    sources: &["https://git.savannah.gnu.org/cgit/wget.git/tree/src/gnutls.c"],
    policy: |parts| {
        policy(parts, |policy| {
            policy.default_list = true;
            policy.purpose = false;
            // "NORMAL:%COMPAT" (`ssl_init`, src/gnutls.c).
            policy.fails = |name, _, _| format!("No certificate presented by {name}.");
            policy.holds_key_usage = false;
            policy.host = Host::Afterwards;
            policy.prints = |_, bits, asked| wget(bits, asked.name);
        })
    },
};

/// libcurl on GnuTLS, and git with it.
pub const CURL: Row = Row {
    id: "curl-gnutls",
    about: "GnuTLS without a purpose; libcurl asks for the host name afterwards",
    oracle: Oracle::Programs,
    sources: &["https://github.com/curl/curl/blob/master/lib/vtls/gtls.c"],
    policy: |parts| {
        // `GNUTLS_NO_STATUS_REQUEST` of 3.8, which curl sets since 8.10 unless it is asked to look at the response.
        let is_new = |of: &str, first: &str| parts.version(of).is_some_and(|version| version.is_between(first, ""));
        let asks_status = !(is_new("gnutls", "3.8") && is_new("curl", "8.10"));
        let set = |policy: &mut GnuTls| {
            policy.purpose = false;
            policy.alert = "gnutls_handshake() failed: Handshake failed";
            policy.in_handshake = |text| format!("gnutls_handshake() failed: {text}");
            policy.fails = |_, code, _| format!("server cert verify failed: {code}");
            policy.host = Host::Afterwards;
            policy.dot = Dot::Compared;
            policy.prints = |_, bits, asked| match bits {
                [Fault::HostMismatch | Fault::AddressMismatch] => {
                    let Asked { name, subject } = asked;
                    format!("SSL: certificate subject name ({subject}) does not match target host name '{name}'")
                }
                // CURLE_SSL_CACERT_BADFILE (lib/strerror.c).
                [Fault::StoreRefused] => "Problem with the SSL CA cert (path? access rights?)".to_owned(),
                _ => "server certificate verification failed".to_owned(),
            };
        };
        let mut made = policy(parts, set)?;
        if let Policy::GnuTls(policy) = &mut made {
            policy.asks_status = asks_status;
        }
        Ok(made)
    },
};

/// wget2: one call verifies the chain and the name, without a purpose.
pub const WGET2: Row = Row {
    id: "wget2",
    about: "GnuTLS with a host name, without a purpose",
    oracle: Oracle::Programs,
    sources: &["https://gitlab.com/gnuwget/wget2/-/blob/v1.99.2/libwget/ssl_gnutls.c"],
    policy: |parts| {
        if !parts.has("gnutls") {
            return Err(NotPredicted("castore has rules for wget2 on GnuTLS alone".to_owned()));
        }
        policy(parts, |policy| {
            policy.default_list = true;
            policy.fails = |_, _, _| "Certificate verification error".to_owned();
            policy.purpose = false;
            policy.dot = Dot::Compared;
            // "NORMAL:-VERS-SSL3.0:%COMPAT" (`_wget_ssl_init`, libwget/ssl_gnutls.c).
            policy.holds_key_usage = false;
        })
    },
};

/// The policy of a program that is built on GnuTLS, which is told what it needs, or on OpenSSL, with whose defaults it
/// matches the name itself.
fn by_library(parts: &Parts<'_>, set: fn(&mut GnuTls)) -> Result<Policy, NotPredicted> {
    match () {
        () if parts.has("openssl") => {
            let mut policy = super::openssl::OpenSsl::of(parts)?;
            policy.host = super::openssl::HostCheck::Afterwards;
            Ok(Policy::OpenSsl(policy))
        }
        () if parts.has("gnutls") => policy(parts, set),
        () => Err(NotPredicted("its TLS library is not known".to_owned())),
    }
}

/// aria2 on GnuTLS, and on OpenSSL.
pub const ARIA2: Row = Row {
    id: "aria2",
    about: "its TLS library without a purpose on GnuTLS, with its defaults on OpenSSL; aria2 matches the name itself",
    oracle: Oracle::Documents,
    sources: &["https://github.com/aria2/aria2/blob/release-1.36.0/src/LibgnutlsTLSSession.cc"],
    policy: |parts| {
        by_library(parts, |policy| {
            policy.default_list = true;
            policy.purpose = false;
            policy.host = Host::Afterwards;
            policy.prints = |_, bits, _| match bits {
                [Fault::HostMismatch | Fault::AddressMismatch] => {
                    "SSL/TLS handshake failure: hostname does not match".to_owned()
                }
                _ => "SSL/TLS handshake failure:  `not signed by known authorities or invalid'".to_owned(),
            };
        })
    },
};

/// msmtp on GnuTLS, and on OpenSSL, where it matches the name itself.
pub const MSMTP: Row = Row {
    id: "msmtp",
    about: "GnuTLS with a host name, without a purpose; or OpenSSL with its defaults",
    oracle: Oracle::Documents,
    sources: &["https://git.marlam.de/gitweb/?p=msmtp.git;a=blob;f=src/mtls-gnutls.c"],
    policy: |parts| {
        by_library(parts, |policy| {
            policy.default_list = true;
            policy.purpose = false;
            policy.prints = |_, bits, _| format!("TLS certificate verification failed: {}", sentences(bits));
        })
    },
};

/// The mark of an OpenLDAP that is asked about `localhost`.
pub const OWN_NAME: &str = "asks-for-its-own-name";

/// OpenLDAP's library: without a purpose, with names by rules of its own (`tlsg_session_chkhost`). Seen of 2.5.13: the last
/// common name counts whatever alternative names there are.
pub const OPENLDAP: Row = Row {
    id: "openldap",
    about: "its TLS library, without a purpose on GnuTLS; OpenLDAP matches the name itself, the common name beside all \
            others",
    oracle: Oracle::Documents,
    sources: &["https://github.com/openldap/openldap/blob/OPENLDAP_REL_ENG_2_5_13/libraries/libldap/tls_g.c"],
    policy: |parts| {
        if parts.has(OWN_NAME) {
            let why = "OpenLDAP asks for this machine's own name in the place of localhost";
            return Err(NotPredicted(why.to_owned()));
        }
        let names = Matching {
            common_name: CommonName::Always,
            which: Which::Last,
            addresses: Addresses::OrAnyCommonName { v6: true },
            ..names::WHOLE_LABELS
        };
        if parts.has("openssl") {
            let mut policy = super::openssl::OpenSsl::of(parts)?;
            policy.host = super::openssl::HostCheck::Afterwards;
            policy.names = names;
            policy.prints = |_, _, _| Printed { text: LDAP_SERVER_DOWN.to_owned(), ..Printed::default() };
            return Ok(Policy::OpenSsl(policy));
        }
        if !parts.has("gnutls") {
            return Err(NotPredicted("its TLS library is not known".to_owned()));
        }
        let mut made = policy(parts, |policy| {
            policy.default_list = true;
            policy.purpose = false;
            policy.host = Host::Afterwards;
            policy.prints = |_, _, _| LDAP_SERVER_DOWN.to_owned();
        })?;
        if let Policy::GnuTls(policy) = &mut made {
            policy.own_names = Some(names);
        }
        Ok(made)
    },
};

/// What its programs say of whatever fails (`ldap_err2string`).
const LDAP_SERVER_DOWN: &str = "Can't contact LDAP server";

/// APT's method for https, until it went over to OpenSSL in 3.0.
pub const APT: Row = Row {
    id: "apt",
    about: "GnuTLS with a host name, without a purpose",
    oracle: Oracle::Programs,
    sources: &["https://salsa.debian.org/apt-team/apt/-/blob/2.6.1/methods/connect.cc"],
    policy: |parts| {
        if !parts.has("gnutls") {
            return Err(NotPredicted("castore has rules for APT on GnuTLS alone".to_owned()));
        }
        policy(parts, |policy| {
            policy.default_list = true;
            policy.purpose = false;
            policy.prints = |_, bits, _| format!("Certificate verification failed: {}", sentences(bits));
        })
    },
};

/// Emacs, where the user is asked about what does not verify (`nsm-verify-connection`): refused is what is asked about.
pub const EMACS: Row = Row {
    id: "emacs",
    about: "GnuTLS without a purpose; Emacs asks for the name afterwards, and asks the user about what fails",
    oracle: Oracle::Programs,
    sources: &[
        "https://github.com/emacs-mirror/emacs/blob/emacs-28/src/gnutls.c",
        "https://github.com/emacs-mirror/emacs/blob/emacs-28/lisp/net/nsm.el",
    ],
    policy: |parts| {
        if !parts.has("gnutls") {
            return Err(NotPredicted("its GnuTLS is not known".to_owned()));
        }
        policy(parts, |policy| {
            policy.purpose = false;
            policy.host = Host::Afterwards;
            policy.prints = |_, bits, asked| match bits {
                [Fault::HostMismatch | Fault::AddressMismatch] => {
                    format!("The x509 certificate does not match \"{}\"", asked.name)
                }
                _ => "Certificate validation failed".to_owned(),
            };
        })
    },
};

/// How a program on GnuTLS decides.
#[derive(Debug, Clone)]
pub struct GnuTls {
    /// Whether signatures with SHA-1 are refused in certificates: since 3.6.0 (`SHA1_SECURE_VAL`).
    pub sha1_refused: bool,
    /// Whether the library knows ML-DSA: since 3.8.9, where it was built with it.
    pub ml_dsa: bool,
    /// The bits of security that a key must have at least: the verification profile, Low in `NORMAL`.
    pub profile: Profile,
    /// Whether the program has no list of priorities of its own (`gnutls_set_default_priority`), so that the system's
    /// holds for it.
    pub default_list: bool,
    /// What the system's configuration says of algorithms and curves.
    pub system: Configured,
    /// Whether the program asks for the purpose of a TLS server.
    pub purpose: bool,
    /// Whether the handshake asks for an OCSP response, so that one that a certificate demands must come
    /// (`_gnutls_ocsp_verify_mandatory_stapling`, lib/cert-session.c). Every client does that sets nothing.
    pub asks_status: bool,
    /// Whether the handshake holds the server's key to its key usage (`check_key_usage_for_sig`, lib/tls-sig.c): where the
    /// list of priorities is without `%COMPAT`.
    pub holds_key_usage: bool,
    /// Whether a certificate that was sent may itself be the anchor (`GNUTLS_VERIFY_DO_NOT_ALLOW_SAME` unset).
    pub allow_same: bool,
    /// Who asks for the host name.
    pub host: Host,
    /// How the program matches the name, where it does not leave that to the library.
    pub own_names: Option<Matching>,
    /// What becomes of a dot at the end of that.
    pub dot: Dot,
    /// What the program prints of the server's alert in the handshake.
    pub alert: &'static str,
    /// What the program prints of an error of the library in the handshake.
    pub in_handshake: fn(&str) -> String,
    /// What it prints where the library fails instead of judging (`gnutls_certificate_verify_peers3`), of the name and the
    /// error: [`CONSTRAINT_ERROR`] where more certificates were sent than are verified, and what stops one from being read
    /// that is not the server's own, which is read in the handshake.
    pub fails: fn(&str, i32, &str) -> String,
    /// What the program prints for the faults of a set, in the order of the sentences.
    pub prints: fn(&GnuTls, &[Fault], Asked<'_>) -> String,
}

/// GNUTLS_E_CONSTRAINT_ERROR and its text (lib/errors.c).
pub const CONSTRAINT_ERROR: (i32, &str) = (-101, "Some constraint limits were reached.");

/// What programs put into their sentences.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// The name that was asked for.
    pub name: &'a str,
    /// The common name of the server's certificate.
    pub subject: &'a str,
}

/// Who asks for the host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// The library, whose answer has one bit more.
    Together,
    /// The program, once the library has accepted.
    Afterwards,
}

fn policy(parts: &Parts<'_>, set: fn(&mut GnuTls)) -> Result<Policy, NotPredicted> {
    if let Some(why) = &parts.settings.unread {
        return Err(NotPredicted(why.clone()));
    }
    let version = parts.version("gnutls");
    // Without a version, what every release since 2017 does.
    let since = |first: &str| version.is_none_or(|version| version.is_between(first, ""));
    let system = parts.settings.gnutls.clone();
    let mut policy = GnuTls {
        sha1_refused: since("3.6"),
        ml_dsa: version.is_some_and(|version| version.is_between("3.8.9", "")) && parts.has("ml-dsa"),
        profile: Profile::LOW,
        default_list: false,
        system,
        purpose: true,
        asks_status: true,
        holds_key_usage: true,
        allow_same: true,
        host: Host::Together,
        own_names: None,
        dot: Dot::LeftOut,
        // GNUTLS_E_FATAL_ALERT_RECEIVED (lib/errors.c).
        alert: "A TLS fatal alert has been received.",
        in_handshake: str::to_owned,
        fails: |_, _, text| text.to_owned(),
        prints: |_, bits, _| sentences(bits),
    };
    set(&mut policy);
    if let Some(list) = policy.system.narrow.as_ref().filter(|_| policy.default_list) {
        return Err(NotPredicted(format!(
            "castore has no rules for GnuTLS with the priorities {list:?} for every program"
        )));
    }
    if let Some(profile) = policy.system.default.filter(|_| policy.default_list) {
        policy.profile = profile;
    }
    if let Some(least) = policy.system.least {
        policy.profile = policy.profile.max(least);
    }
    Ok(Policy::GnuTls(policy))
}

/// The faults in the order of their sentences, each with its sentence
/// (`gnutls_certificate_verification_status_print`).
pub const SENTENCES: &[(&[Fault], &str)] = &[
    (&[Fault::AnchorDistrusted], "The certificate chain is revoked."),
    (&[Fault::IssuerNotFound], "The certificate issuer is unknown."),
    (&[Fault::NotCa], "The certificate issuer is not a CA."),
    (&[Fault::DigestWeak, Fault::CaKeyWeak, Fault::LeafKeyWeak], "The certificate chain uses insecure algorithm."),
    (
        &[
            Fault::NameNotPermitted,
            Fault::NameExcluded,
            Fault::ConstraintUnsupported,
            Fault::ConstraintMalformed,
            Fault::KeyUsageNoCertSign,
            Fault::PathLength,
        ],
        "The certificate chain violates the signer's constraints.",
    ),
    (&[Fault::PurposeUnsuitable], "The certificate chain does not match the intended purpose."),
    (&[Fault::NotYetValid], "The certificate chain uses not yet valid certificate."),
    (&[Fault::Expired], "The certificate chain uses expired certificate."),
    (&[Fault::SignatureBad], "The signature in the certificate is invalid."),
    (&[Fault::HostMismatch, Fault::AddressMismatch], "The name in the certificate does not match the expected."),
    (
        &[Fault::StapleMissing],
        "The certificate requires the server to include an OCSP status in its response, but the OCSP status is missing.",
    ),
    (&[Fault::CriticalUnknown], "The certificate contains an unknown critical extension."),
];

/// The place of a fault's sentence; after all others for one that has none.
#[must_use]
pub fn place(fault: Fault) -> usize {
    SENTENCES.iter().position(|(faults, _)| faults.contains(&fault)).unwrap_or(SENTENCES.len())
}

/// What the library says of a set of faults.
#[must_use]
pub fn sentences(bits: &[Fault]) -> String {
    let mut text = "The certificate is NOT trusted.".to_owned();
    for (faults, sentence) in SENTENCES {
        if faults.iter().any(|fault| bits.contains(fault)) {
            text.push(' ');
            text.push_str(sentence);
        }
    }
    text
}

/// wget's sentences (`ssl_check_certificate`, src/gnutls.c).
fn wget(bits: &[Fault], name: &str) -> String {
    let has = |fault: &Fault| bits.contains(fault);
    if has(&Fault::HostMismatch) || has(&Fault::AddressMismatch) {
        return format!("The certificate's owner does not match hostname {name:?}");
    }
    let mut lines = vec![format!("ERROR: The certificate of {name:?} is not trusted.")];
    if has(&Fault::IssuerNotFound) {
        lines.push(format!("ERROR: The certificate of {name:?} doesn't have a known issuer."));
    }
    if has(&Fault::NotCa) {
        lines.push(format!("ERROR: The certificate signer of {name:?} was not a CA."));
    }
    if has(&Fault::DigestWeak) || has(&Fault::CaKeyWeak) || has(&Fault::LeafKeyWeak) {
        lines.push(format!("ERROR: The certificate of {name:?} was signed using an insecure algorithm."));
    }
    if has(&Fault::NotYetValid) {
        lines.push(format!("ERROR: The certificate of {name:?} is not yet activated."));
    }
    if has(&Fault::Expired) {
        lines.push(format!("ERROR: The certificate of {name:?} has expired."));
    }
    lines.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_set_has_its_sentence_in_the_librarys_order() {
        let text = sentences(&[Fault::Expired, Fault::IssuerNotFound]);
        assert_eq!(
            text,
            "The certificate is NOT trusted. The certificate issuer is unknown. The certificate chain uses expired \
             certificate."
        );
        assert_eq!(sentences(&[Fault::AlgorithmUnsupported]), "The certificate is NOT trusted.");
        assert!(place(Fault::IssuerNotFound) < place(Fault::Expired));
    }
}
