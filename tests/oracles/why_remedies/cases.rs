//! Chains with their keys, one for each kind of cause.

use crate::certificates::{Certificate, intermediate, leaf, root};
use std::process::Command;

/// The name that clients ask for.
pub const NAME: &str = "localhost";

/// A chain before stores.
pub struct Case {
    pub name: &'static str,
    /// What `why` may call it, for any client that refuses.
    pub causes: &'static [&'static str],
    /// Files of its directory.
    pub files: Vec<(&'static str, String)>,
    /// Variables; a value is a path in the directory.
    pub variables: &'static [(&'static str, &'static str)],
    pub sent: Vec<String>,
    pub key: String,
    pub asked: &'static str,
    /// Every certificate that a remedy may speak of.
    pub all: Vec<String>,
    /// The chain once its owner did as a remedy says, and what that says.
    pub mended: Option<(Vec<String>, String, &'static str)>,
    /// Whether no remedy is known.
    pub hopeless: bool,
}

/// Every client that a variable reaches reads `roots.pem`.
pub const ROOTS: &[(&str, &str)] = &[
    ("SSL_CERT_FILE", "roots.pem"),
    ("SSL_CERT_DIR", "empty"),
    ("REQUESTS_CA_BUNDLE", "roots.pem"),
    ("NODE_EXTRA_CA_CERTS", "roots.pem"),
    ("CURL_CA_BUNDLE", "roots.pem"),
];

/// The same, and git alone has what is in `known.pem`.
const BESIDE_GIT: &[(&str, &str)] = &[
    ("SSL_CERT_FILE", "roots.pem"),
    ("SSL_CERT_DIR", "empty"),
    ("REQUESTS_CA_BUNDLE", "roots.pem"),
    ("NODE_EXTRA_CA_CERTS", "roots.pem"),
    ("CURL_CA_BUNDLE", "roots.pem"),
    ("GIT_SSL_CAINFO", "known.pem"),
];

impl Case {
    fn new(name: &'static str, causes: &'static [&'static str], sent: &[&Certificate]) -> Self {
        Self {
            name,
            causes,
            files: vec![("empty/.keep", String::new())],
            variables: ROOTS,
            sent: sent.iter().map(|certificate| certificate.pem()).collect(),
            key: sent[0].private_key_pem(),
            asked: NAME,
            all: sent.iter().map(|certificate| certificate.pem()).collect(),
            mended: None,
            hopeless: false,
        }
    }

    fn file(mut self, name: &'static str, content: impl Into<String>) -> Self {
        self.files.push((name, content.into()));
        self
    }

    fn roots(self, roots: &[&Certificate]) -> Self {
        let text: String = roots.iter().map(|root| root.pem()).collect();
        self.knows(roots).file("roots.pem", text)
    }

    fn variables(mut self, variables: &'static [(&'static str, &'static str)]) -> Self {
        self.variables = variables;
        self
    }

    fn knows(mut self, certificates: &[&Certificate]) -> Self {
        self.all.extend(certificates.iter().map(|certificate| certificate.pem()));
        self
    }

    fn sending(mut self, sent: &[&Pair]) -> Self {
        self.sent = sent.iter().map(|pair| pair.pem.clone()).collect();
        self.key.clone_from(&sent[0].key);
        self.all.extend(self.sent.clone());
        self
    }

    fn mended(mut self, says: &'static str, sent: &[&Certificate]) -> Self {
        let pems = sent.iter().map(|certificate| certificate.pem()).collect();
        self.mended = Some((pems, sent[0].private_key_pem(), says));
        self
    }

    fn asking(mut self, name: &'static str) -> Self {
        self.asked = name;
        self
    }

    fn hopeless(mut self) -> Self {
        self.hopeless = true;
        self
    }
}

/// A certificate with its key, as `openssl` made them.
pub struct Pair {
    pub pem: String,
    pub key: String,
}

impl From<&Certificate> for Pair {
    fn from(certificate: &Certificate) -> Self {
        Self { pem: certificate.pem(), key: certificate.private_key_pem() }
    }
}

const RSA: &str = "RSA -pkeyopt rsa_keygen_bits:2048";
const SHORT: &str = "RSA -pkeyopt rsa_keygen_bits:1024";
const CURVE: &str = "EC -pkeyopt ec_paramgen_curve:P-256";
const SERVER: &str = "subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n";
const IDS: &str = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";

/// What rcgen does not make: by `openssl x509 -req`, with exactly these extensions; without an issuer a root. A key
/// is an algorithm, or the key of another certificate as PEM.
fn odd(subject: &str, key: &str, issuer: Option<&Pair>, extensions: &str, digest: &str) -> Pair {
    let directory = tempfile::tempdir().unwrap();
    let run = |arguments: &str| {
        let mut openssl = Command::new("openssl");
        openssl.args(arguments.split_whitespace()).current_dir(directory.path());
        let output = openssl.output().unwrap();
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
    write("extensions", extensions);
    match key.starts_with("-----") {
        true => write("own.key", key),
        false => run(&format!("genpkey -algorithm {key} -out own.key")),
    }
    run(&format!("req -new -key own.key -subj /CN={subject} -out own.csr"));
    let signs = match issuer {
        Some(issuer) => {
            write("issuer.pem", &issuer.pem);
            write("issuer.key", &issuer.key);
            "-CA issuer.pem -CAkey issuer.key -CAcreateserial"
        }
        None => "-signkey own.key",
    };
    run(&format!("x509 -req -in own.csr {signs} -days 300 {digest} -extfile extensions -out own.pem"));
    Pair { pem: read("own.pem"), key: read("own.key") }
}

const NOW: ((i32, u8, u8), (i32, u8, u8)) = ((2024, 1, 1), (2034, 1, 1));

fn server(issuer: &Certificate) -> Certificate {
    leaf(NAME).dates(NOW.0, NOW.1).issued_by(issuer)
}

/// A name constraint to hosts below `other.example` (RFC 5280, 4.2.1.10).
fn other_example() -> Vec<u8> {
    [&[0x30, 0x13, 0xa0, 0x11, 0x30, 0x0f, 0x82, 0x0d][..], b"other.example"].concat()
}

pub fn all() -> Vec<Case> {
    let corp = root("Corp Root").make();
    let between = intermediate("Corp Issuing").issued_by(&corp);
    let end = server(&between);
    let unrelated = root("Unrelated").key(9).make();
    [stores(&corp, &between, &end, &unrelated), chains(&corp, &between, &unrelated), strength(&corp)]
        .into_iter()
        .flatten()
        .collect()
}

/// What is wrong in stores.
fn stores(corp: &Certificate, between: &Certificate, end: &Certificate, unrelated: &Certificate) -> Vec<Case> {
    let junk = "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n";
    let upper = root("Upper").key(5).issued_by(corp);
    let lower = root("Lower").key(6).issued_by(&upper);
    let deep = server(&lower);
    vec![
        Case::new("all is well", &[], &[end, between]).roots(&[corp]),
        Case::new("the root is in curl's bundle alone", &["private-root"], &[end, between])
            .knows(&[corp])
            .file("corp.pem", corp.pem())
            .variables(&[
                ("CURL_CA_BUNDLE", "corp.pem"),
                ("REQUESTS_CA_BUNDLE", "narrow.pem"),
                ("SSL_CERT_DIR", "empty"),
            ])
            .file("narrow.pem", unrelated.pem()),
        Case::new("the root is in OpenSSL's file alone", &["private-root"], &[end, between])
            .knows(&[corp])
            .file("both.pem", corp.pem() + &unrelated.pem())
            .variables(&[("SSL_CERT_FILE", "both.pem")]),
        Case::new("the root is in the extra file of node alone", &["private-root"], &[end, between])
            .knows(&[corp])
            .file("corp.pem", corp.pem() + &unrelated.pem())
            .file("roots.pem", unrelated.pem())
            .variables(&[
                ("NODE_EXTRA_CA_CERTS", "corp.pem"),
                ("SSL_CERT_FILE", "roots.pem"),
                ("SSL_CERT_DIR", "empty"),
            ]),
        Case::new("the root is nowhere and sent", &["issuer-absent"], &[end, between, corp]).roots(&[unrelated]),
        Case::new("the root is nowhere", &["issuer-absent"], &[end, between]).roots(&[unrelated]).hopeless(),
        Case::new(
            "self-signed",
            &["issuer-absent", "not-an-issuer", "purpose"],
            &[&leaf(NAME).dates(NOW.0, NOW.1).make()],
        )
        .roots(&[unrelated]),
        Case::new("the intermediate is not sent", &["intermediate-not-sent"], &[end])
            .roots(&[corp])
            .knows(&[between])
            .file("known.pem", between.pem())
            .variables(BESIDE_GIT),
        Case::new("two intermediates are not sent", &["intermediate-not-sent"], &[&deep])
            .roots(&[corp])
            .knows(&[&upper, &lower])
            .file("known.pem", lower.pem() + &upper.pem())
            .variables(BESIDE_GIT),
        Case::new("neither root nor intermediate", &["intermediate-not-sent"], &[end])
            .roots(&[unrelated])
            .knows(&[between, corp])
            .file("known.pem", between.pem() + &corp.pem())
            .variables(BESIDE_GIT),
        Case::new("the intermediate alone is an anchor", &["intermediate-only"], &[end, between])
            .roots(&[between])
            .knows(&[corp])
            .file("known.pem", corp.pem())
            .variables(BESIDE_GIT),
        Case::new("the anchor is not below a hash name", &["issuer-left-out", "private-root"], &[end, between])
            .knows(&[corp])
            .file("roots.pem", unrelated.pem())
            .file("hashed/corp.pem", corp.pem())
            .variables(&[("SSL_CERT_FILE", "roots.pem"), ("SSL_CERT_DIR", "hashed")]),
        Case::new("the hash names have a gap", &["issuer-left-out", "private-root"], &[end, between])
            .knows(&[corp])
            .file("roots.pem", unrelated.pem())
            .file("hashed/HASH.1", corp.pem())
            .variables(&[("SSL_CERT_FILE", "roots.pem"), ("SSL_CERT_DIR", "hashed")]),
        Case::new("a block is junk", &["issuer-left-out", "store-refused"], &[end, between])
            .knows(&[corp])
            .file("roots.pem", unrelated.pem() + junk + &corp.pem()),
        Case::new("a variable names nothing", &["store-refused", "private-root"], &[end, between])
            .knows(&[corp])
            .file("roots.pem", corp.pem())
            .variables(&[("CURL_CA_BUNDLE", "missing.pem"), ("SSL_CERT_FILE", "roots.pem"), ("SSL_CERT_DIR", "empty")]),
        Case::new("a variable names a narrow bundle", &["private-root"], &[end, between])
            .knows(&[corp])
            .file("narrow.pem", unrelated.pem())
            .file("roots.pem", corp.pem())
            .variables(&[("CURL_CA_BUNDLE", "narrow.pem"), ("SSL_CERT_FILE", "roots.pem"), ("SSL_CERT_DIR", "empty")]),
    ]
}

/// What is wrong in chains.
fn chains(corp: &Certificate, between: &Certificate, unrelated: &Certificate) -> Vec<Case> {
    let good = server(between);
    let old = leaf(NAME).dates((2020, 1, 1), (2025, 1, 1)).issued_by(between);
    let young = leaf(NAME).dates((2032, 1, 1), (2033, 1, 1)).issued_by(between);
    let passed = intermediate("Corp Issuing").dates((2020, 1, 1), (2025, 1, 1)).issued_by(corp);
    let limited = intermediate("Corp Limited").extension(&[2, 5, 29, 30], true, other_example()).issued_by(corp);
    let broken = intermediate("Corp Broken").extension(&[2, 5, 29, 30], false, vec![5, 0]).issued_by(corp);
    let (below_limited, below_broken) = (server(&limited), server(&broken));
    let gone = root("Gone Root").key(7).make();
    let past = root("Gone Root").key(7).dates((2015, 1, 1), (2025, 1, 1)).make();
    let cross = root("Corp Root").issued_by(&gone);
    let late = root("Corp Root").dates((2015, 1, 1), (2025, 1, 1)).issued_by(&past);
    let issuer = Pair::from(between);
    let client = odd("localhost", CURVE, Some(&issuer), &(SERVER.replace("serverAuth", "clientAuth") + IDS), "");
    let mail =
        odd("Mail", CURVE, Some(&Pair::from(corp)), &format!("{AUTHORITY}{IDS}extendedKeyUsage=emailProtection\n"), "");
    let below_mail = odd("localhost", CURVE, Some(&mail), &format!("{SERVER}{IDS}"), "");
    let none = &[][..];
    vec![
        Case::new("the leaf has expired", &["time"], &[&old, between])
            .roots(&[corp])
            .mended("renew", &[&good, between]),
        Case::new("the leaf is not yet valid", &["time"], &[&young, between])
            .roots(&[corp])
            .mended("wait until", &[&good, between]),
        Case::new("an intermediate has expired", &["time"], &[&good, &passed])
            .roots(&[corp])
            .mended("renew Corp Issuing", &[&good, between]),
        Case::new("an expired twin is in the store", none, &[&good, between])
            .roots(&[&root("Corp Root").dates((2015, 1, 1), (2025, 1, 1)).make(), corp]),
        Case::new("an expired twin is sent", &["expired-twin"], &[&good, &passed])
            .roots(&[corp, between])
            .mended("renew Corp Issuing", &[&good, between]),
        Case::new("a cross-signed root above a root here", none, &[&good, between, &cross]).roots(&[corp]),
        Case::new("a cross-signed root whose root has expired", none, &[&good, between, &cross]).roots(&[&past, corp]),
        Case::new("a cross-signed root that has expired", &["private-root"], &[&good, between, &late])
            .roots(&[unrelated])
            .knows(&[corp])
            .file("known.pem", corp.pem() + &unrelated.pem())
            .variables(BESIDE_GIT),
        Case::new("another name", &["name"], &[&good, between]).roots(&[corp]).asking("127.0.0.1"),
        Case::new("name constraints", &["name-constraints"], &[&below_limited, &limited])
            .roots(&[corp])
            .mended("name constraints that permit", &[&good, between]),
        Case::new("a malformed extension", &["malformed-extension", "name-constraints"], &[&below_broken, &broken])
            .roots(&[corp])
            .mended("issue Corp Broken", &[&good, between]),
        Case::new("a leaf for clients", &["purpose"], &[&good])
            .roots(&[corp])
            .sending(&[&client, &issuer])
            .mended("with serverAuth", &[&good, between]),
        Case::new("an intermediate for mail", &["purpose"], &[&good])
            .roots(&[corp])
            .sending(&[&below_mail, &mail])
            .mended("with serverAuth", &[&good, between]),
        Case::new("expired, and for another name", &["time", "name"], &[&old, between])
            .roots(&[corp])
            .asking("127.0.0.1")
            .mended("renew", &[&good, between]),
        Case::new("expired, and the root is elsewhere", &["private-root", "time"], &[&old, between])
            .roots(&[unrelated])
            .knows(&[corp])
            .file("known.pem", corp.pem())
            .variables(BESIDE_GIT)
            .mended("renew", &[&good, between]),
    ]
}

/// Keys, digests and strict requirements.
fn strength(corp: &Certificate) -> Vec<Case> {
    let issuer = Pair::from(corp);
    let good = server(corp);
    let plain = format!("{SERVER}{IDS}");
    let short = odd("localhost", SHORT, Some(&issuer), &plain, "");
    let rsa = odd("Old", RSA, Some(&issuer), &format!("{AUTHORITY}{IDS}"), "");
    let sha1 = odd("localhost", CURVE, Some(&rsa), &plain, "-sha1");
    let unnamed = odd("localhost", CURVE, Some(&issuer), SERVER, "");
    let strict = |name: &'static str, says: &'static str, extensions: &str| {
        let authority = odd("Odd", CURVE, None, extensions, "");
        // By a twin that has every identifier.
        let twin = odd("Odd", &authority.key, None, &format!("{AUTHORITY}subjectKeyIdentifier=hash\n"), "");
        let below = odd("localhost", CURVE, Some(&twin), &plain, "");
        let mut case = Case::new(name, &["strict"], &[&good]).sending(&[&below]).file("roots.pem", authority.pem);
        case.variables = ROOTS;
        case.mended(says, &[&good]).file("mended/roots.pem", corp.pem())
    };
    vec![
        Case::new("a key of 1024 bits", &["weak"], &[&good])
            .roots(&[corp])
            .sending(&[&short])
            .mended("a longer key", &[&good]),
        Case::new("a signature with SHA-1", &["weak"], &[&good])
            .roots(&[corp])
            .sending(&[&sha1, &rsa])
            .mended("SHA-256 or stronger", &[&good]),
        Case::new("no authority key identifier", &["strict"], &[&good])
            .roots(&[corp])
            .sending(&[&unnamed])
            .mended("with an authority key identifier", &[&good]),
        strict(
            "a root without subject key identifier",
            "subject key identifier",
            &format!("{AUTHORITY}subjectKeyIdentifier=none\n"),
        ),
        strict(
            "a root without key usage",
            "key usage",
            "basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n",
        ),
        strict(
            "a root whose basic constraints are not critical",
            "critical basic constraints",
            "basicConstraints=CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n",
        ),
        strict(
            "a root with three faults",
            "critical basic constraints",
            "basicConstraints=CA:TRUE\nsubjectKeyIdentifier=none\n",
        ),
    ]
}
