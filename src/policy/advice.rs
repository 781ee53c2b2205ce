//! *castore says accepted, my program fails*: what a program of a client may have done to differ.
//!
//! A policy is that of a client's default. Programs make contexts of their own, and make them early; each
//! line says what to look for and what to write instead, never with verification off.

use super::Row;

// Each line is held against real Pythons (tests/oracles/why_advice.rs).
const PYTHON: &[&str] = &[
    "a context made by ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) trusts nothing until context.load_default_certs(); \
     write ssl.create_default_context()",
    "Purpose.CLIENT_AUTH is for verifying clients; write ssl.create_default_context(ssl.Purpose.SERVER_AUTH)",
    "create_default_context(cafile=...) replaces the default stores; write context.load_verify_locations(cafile) after \
     create_default_context() to add to them",
    "a context made when a module is imported (aiohttp from 3.10.6 on) ignores variables that the program sets later; \
     set SSL_CERT_FILE before the interpreter starts",
    "on 3.13 and later create_default_context() is strict where a bare SSLContext is not; until the authority is issued anew \
     write context.verify_flags &= ~ssl.VERIFY_X509_STRICT",
];

const REQUESTS: &[&str] = &[
    "Session.verify = PATH loses to REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE; write requests.get(url, verify=PATH), or unset \
     the variable",
    "verify = PATH replaces certifi and does not add to it; name a bundle that holds both (castore export)",
    "an adapter with an SSLContext of its own verifies as that context does; give it ssl.create_default_context(), and add \
     to that with context.load_verify_locations(PATH)",
];

const NODE: &[&str] = &[
    "the option ca of a request or agent replaces the built-in roots; write ca: [...tls.rootCertificates, corporate], or set \
     NODE_EXTRA_CA_CERTS",
    "NODE_EXTRA_CA_CERTS is read once, when the process starts; setting process.env later does nothing",
];

const JAVA: &[&str] = &[
    "a TrustManagerFactory given a KeyStore trusts that store alone; init((KeyStore) null) takes the default one",
    "javax.net.ssl.trustStore set by the program after the first connection is not read again",
];

const GO: &[&str] = &[
    "a tls.Config with RootCAs trusts that pool alone; begin with x509.SystemCertPool() and append to it",
    "the system's roots are read once, when they are first needed",
];

const OPENSSL: &[&str] =
    &["a context trusts nothing until SSL_CTX_set_default_verify_paths(), and matches no name until SSL_set1_host()"];

/// Where programs judged by this row may differ from it.
#[must_use]
pub fn advice(row: &Row) -> &'static [&'static str] {
    match row.id {
        "python" | "python-context" => PYTHON,
        "urllib3" => REQUESTS,
        "node" => NODE,
        "java" => JAVA,
        "go" => GO,
        "openssl" => OPENSSL,
        _ => &[],
    }
}
