//! Python's `ssl` and what stands on it: the same OpenSSL, asked in different ways.
//!
//! What decides is the pair of interpreter and library: `create_default_context` became strict in 3.13,
//! the security level is Python's own from 3.10 on, and before 3.7 the host name was matched by Python.
//! A library that makes its own context (urllib3, and pip with its copy) does not get what
//! `create_default_context` sets.

use super::names::{self, Against, CommonName, Dot, Pattern};
use super::openssl::{HostCheck, Library, OpenSsl, printed};
use super::{Fault, NotPredicted, Oracle, Parts, Policy, Printed, Row};

/// `ssl.create_default_context()`: `urllib`, `http.client`, aiohttp, httpx and most else.
pub const SSL: Row = Row {
    id: "python",
    about: "OpenSSL as ssl.create_default_context sets it: strict from Python 3.13 on",
    oracle: Oracle::Programs,
    sources: &[
        "https://docs.python.org/3/library/ssl.html#ssl.create_default_context",
        "https://github.com/python/cpython/pull/25778",
        "https://github.com/python/cpython/issues/107361",
    ],
    policy: |parts| {
        let mut policy = default_context(parts)?;
        // aiohttp takes the dot from the name that it gives to ssl (`_wrap_create_connection`, aiohttp/connector.py
        // of 3.14.5).
        if parts.version("aiohttp").is_none() {
            policy.names.dot = Dot::Compared;
        }
        Ok(Policy::OpenSsl(policy))
    },
};

/// urllib3 2 and requests on it: no common name; strict from urllib3 2.4 on Python 3.13.
pub const URLLIB3: Row = Row {
    id: "urllib3",
    about: "OpenSSL as urllib3 sets it: never the common name from 2.0 on, strict from 2.4 on Python 3.13 and later",
    oracle: Oracle::Programs,
    sources: &[
        "https://github.com/urllib3/urllib3/issues/3571",
        "https://urllib3.readthedocs.io/en/stable/v2-migration-guide.html",
    ],
    policy: |parts| {
        let urllib3 = parts.needs("urllib3")?;
        let mut policy = context(parts)?;
        if urllib3.is_between("2.4", "") && parts.needs("python")?.is_between("3.13", "") {
            policy.strict = true;
            policy.partial_chain = true;
        }
        if urllib3.is_between("2.0", "") {
            policy.names.common_name = CommonName::Never;
        } else if !has_truststore(parts)? {
            by_program(&mut policy);
        }
        Ok(Policy::OpenSsl(policy))
    },
};

/// pip: its own copy of urllib3 1.26, which matches the name itself, or truststore.
pub const PIP: Row = Row {
    id: "pip",
    about: "OpenSSL as Python sets it, never strict; pip's urllib3 matches the name until truststore does from 24.2 on",
    oracle: Oracle::Programs,
    sources: &[
        "https://github.com/pypa/pip/blob/24.2/src/pip/_internal/cli/index_command.py",
        "https://github.com/pypa/pip/blob/24.2/src/pip/_vendor/urllib3/util/ssl_.py",
    ],
    policy: |parts| {
        let mut policy = context(parts)?;
        if !parts.has("truststore") {
            by_program(&mut policy);
        }
        Ok(Policy::OpenSsl(policy))
    },
};

/// httplib2: a context of its own, in which `ssl` matches the name.
pub const HTTPLIB2: Row = Row {
    id: "httplib2",
    about: "OpenSSL as a context of ssl.SSLContext has it: never strict, and any name that ssl takes",
    oracle: Oracle::Programs,
    sources: &["https://github.com/httplib2/httplib2/blob/v0.20.4/python3/httplib2/__init__.py"],
    policy: |parts| {
        if !parts.needs("httplib2")?.is_between("0.11", "") {
            return Err(NotPredicted("castore has no rules for httplib2 before 0.11".to_owned()));
        }
        let mut policy = context(parts)?;
        policy.names.dot = Dot::Compared;
        Ok(Policy::OpenSsl(policy))
    },
};

/// botocore: a context of its own making for urllib3, which matches the name itself.
pub const BOTOCORE: Row = Row {
    id: "botocore",
    about: "OpenSSL as botocore sets it: never strict, whatever Python; urllib3 matches the name",
    oracle: Oracle::Programs,
    sources: &["https://github.com/boto/botocore/blob/1.43.11/botocore/httpsession.py"],
    policy: |parts| {
        let mut policy = context(parts)?;
        // A context that urllib3 did not make keeps the common name with urllib3 2 too
        // (`_ssl_wrap_socket_and_match_hostname`, src/urllib3/connection.py).
        by_program(&mut policy);
        Ok(Policy::OpenSsl(policy))
    },
};

/// A context made by `ssl.SSLContext(PROTOCOL_TLS_CLIENT)`: pip's copy of urllib3 1.26, truststore.
pub const CONTEXT: Row = Row {
    id: "python-context",
    about: "OpenSSL as a context of ssl.SSLContext(PROTOCOL_TLS_CLIENT) has it: not strict in any version",
    oracle: Oracle::Programs,
    sources: &["https://docs.python.org/3/library/ssl.html#ssl.SSLContext"],
    policy: |parts| Ok(Policy::OpenSsl(context(parts)?)),
};

/// httpx2: what a variable names is loaded into a default context, OpenSSL's paths into a bare one.
pub const HTTPX2: Row = Row {
    id: "httpx2",
    about: "OpenSSL as ssl.create_default_context sets it where SSL_CERT_FILE or SSL_CERT_DIR names the roots, else as a \
            context of ssl.SSLContext has it: never strict",
    oracle: Oracle::Programs,
    sources: &["https://github.com/pydantic/httpx2/blob/2.16.2/src/httpcore2/httpcore2/_ssl.py"],
    policy: |parts| {
        let is_named = parts.has("httpx2-named");
        Ok(Policy::OpenSsl(if is_named { default_context(parts)? } else { context(parts)? }))
    },
};

/// PDM: truststore, or the default context with what a setting or a variable names.
pub const PDM: Row = Row {
    id: "pdm",
    about: "OpenSSL as truststore has it, never strict; as ssl.create_default_context sets it where pypi.ca_certs, \
            REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names the roots",
    oracle: Oracle::Programs,
    sources: &["https://github.com/pdm-project/pdm/blob/2.29.4/src/pdm/models/session.py"],
    policy: |parts| {
        let is_named = !parts.has("truststore");
        Ok(Policy::OpenSsl(if is_named { default_context(parts)? } else { context(parts)? }))
    },
};

/// What every context of Python has.
fn context(parts: &Parts<'_>) -> Result<OpenSsl, NotPredicted> {
    let python = parts.needs("python")?;
    let mut policy = OpenSsl::of(parts)?;
    // Modules/_ssl.c sets X509_V_FLAG_TRUSTED_FIRST since 2.7.10 and 3.4.4.
    policy.trusted_first = true;
    // Modules/_ssl.c since 3.10: "@SECLEVEL=2:…" is the default cipher string, whatever the library's level.
    if python.is_between("3.10", "") && policy.library >= Library::V1_1_1 && !parts.settings.ciphers_of_library {
        policy.level = Some(2);
    }
    if python.is_between("3.7", "") {
        // X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS (Modules/_ssl.c, _ssl__SSLContext_impl).
        policy.names = names::WHOLE_LABELS;
        policy.prints = |policy, fault, asked| {
            let name = asked.name;
            let mut printed = printed(&policy.version, fault);
            match fault {
                // Modules/_ssl.c, fill_and_set_sslerror.
                Fault::HostMismatch => {
                    printed.text = format!("Hostname mismatch, certificate is not valid for '{name}'.");
                }
                Fault::AddressMismatch => {
                    printed.text = format!("IP address mismatch, certificate is not valid for '{name}'.");
                }
                _ => {}
            }
            printed
        };
    } else {
        by_program(&mut policy);
        if python.is_between("", "3.5") {
            // Lib/ssl.py of 2.7 and 3.4 does not look at addresses among the alternative names.
            policy.names = names::PYTHON_2;
        } else {
            // `SSLObject.server_hostname` is decoded (`PyUnicode_Decode(…, "idna", …)`, Modules/_ssl.c).
            policy.names.pattern = Pattern::Python { decoded: true };
        }
        policy.prints = |_, fault, asked| match fault {
            Fault::HostMismatch | Fault::AddressMismatch => {
                let text = match asked.against {
                    Some(Against::Nothing) => {
                        "no appropriate commonName or subjectAltName fields were found".to_owned()
                    }
                    Some(Against::Pattern(pattern)) => {
                        format!("too many wildcards in certificate DNS name: '{pattern}'")
                    }
                    _ => format!("hostname '{}' doesn't match", asked.name),
                };
                Printed { text, ..Printed::default() }
            }
            _ => Printed { text: "certificate verify failed".to_owned(), ..Printed::default() },
        };
    }
    Ok(policy)
}

/// Whether it is a pip that verifies through truststore, so that OpenSSL matches the name: since 24.2, on Python
/// 3.10 and later (`_create_truststore_ssl_context`, src/pip/_internal/cli/index_command.py).
fn has_truststore(parts: &Parts<'_>) -> Result<bool, NotPredicted> {
    let pip = parts.version("pip").is_some_and(|pip| pip.is_between("24.2", ""));
    Ok(pip && parts.needs("python")?.is_between("3.10", ""))
}

/// The host name is matched by Python code once OpenSSL has accepted (`ssl.match_hostname`, and urllib3's copy
/// of it): the common name counts only without any name or address beside it.
fn by_program(policy: &mut OpenSsl) {
    policy.host = HostCheck::Afterwards;
    policy.names = names::PYTHON;
}

fn default_context(parts: &Parts<'_>) -> Result<OpenSsl, NotPredicted> {
    let mut policy = context(parts)?;
    // Lib/ssl.py since 3.13: VERIFY_X509_PARTIAL_CHAIN | VERIFY_X509_STRICT.
    if parts.needs("python")?.is_between("3.13", "") {
        policy.strict = true;
        policy.partial_chain = true;
    }
    Ok(policy)
}
