//! What `castore why` says of chains for programs of this machine, held against the programs: each reaches a
//! server on the loopback that sends a chain of the lab, with the lab's roots for its store.
//!
//! The chains are judged as of now, by the programs and by castore. Of the lab those are taken that tell one
//! verifier from another; a chain whose dates have run out would tell nothing of what it was made for.

use crate::environments::Venv;
use crate::matrix;
use crate::witness::{Environment, Predicted, bare, which, with};
use crate::{optional, require};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// The chains that tell verifiers apart.
const CHAINS: &[&str] = &[
    "good",
    "root-missing",
    "missing-int",
    "host-mismatch",
    "cn-only",
    "san-ip-only",
    "anchor-int",
    "anchor-leaf",
    "sha1-leaf",
    "rsa1024-leaf",
    "eku-client-leaf",
    "eku-client-root",
    "bc-notcrit-root",
    "nc-violation",
    "unknown-crit-leaf",
    "ku-nocertsign-int",
    "selfsigned-notca",
    "v1-root",
    "mldsa-root",
    "samename-noaki-wrong-last",
];

/// A program, and how it is asked to reach a server.
struct Asked {
    /// The client of the catalogue.
    client: &'static str,
    /// What is run.
    program: Program,
    /// Its arguments, in which `@port@`, `@roots@` and `@home@` are filled in.
    arguments: &'static [&'static str],
    /// Variables that castore and the program see.
    variables: &'static [(&'static str, &'static str)],
    /// Files below the home directory, by name and text, which both see.
    files: &'static [(&'static str, &'static str)],
    /// The virtual environment that it is in, by its name in `environments.txt`; empty where it is in none.
    environment: &'static str,
    /// Whether it is told of the roots by arguments alone, so that castore is told of them by `--store`.
    by_arguments: bool,
    /// Whether what it says means that it refused.
    refused: fn(&Output) -> bool,
}

/// What is run of a client.
enum Program {
    /// What castore found.
    Found,
    /// The Python that the package belongs to.
    Python,
    /// A program by its name or path.
    Named(&'static str),
}

const PLAIN: Asked = Asked {
    client: "",
    program: Program::Found,
    arguments: &[],
    variables: &[],
    files: &[],
    environment: "",
    by_arguments: false,
    refused: |output| !output.status.success(),
};

/// Refused by any of these words.
fn says(output: &Output, words: &[&str]) -> bool {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    words.iter().any(|word| text.contains(word))
}

const FILE_ALONE: &[(&str, &str)] = &[("SSL_CERT_FILE", "@roots@"), ("SSL_CERT_DIR", "/nonexistent")];

const WGET2: Asked = Asked {
    client: "wget2",
    arguments: &[
        "--tries=1",
        "--timeout=9",
        "--no-hsts",
        "--no-ocsp",
        "-q",
        "-O",
        "/dev/null",
        "https://localhost:@port@/",
    ],
    files: &[(".wget2rc", "ca-certificate = @roots@\n")],
    ..PLAIN
};

const APT: Asked = Asked {
    client: "apt",
    program: Program::Named("/usr/lib/apt/apt-helper"),
    arguments: &["download-file", "https://localhost:@port@/x", "@home@/out"],
    variables: &[("APT_CONFIG", "@home@/apt.conf")],
    files: &[(
        "apt.conf",
        "Acquire::https::CaInfo \"@roots@\";\nAPT::Sandbox::User \"root\";\nAcquire::Retries \"0\";\n\
         Acquire::https::Timeout \"9\";\n",
    )],
    ..PLAIN
};

const PERL: Asked = Asked {
    client: "perl",
    program: Program::Named("perl"),
    arguments: &[
        "-MIO::Socket::SSL",
        "-e",
        "IO::Socket::SSL->new(PeerHost => 'localhost', PeerPort => shift, Timeout => 9) or die $SSL_ERROR",
        "@port@",
    ],
    variables: FILE_ALONE,
    ..PLAIN
};

const LWP: Asked = Asked {
    client: "perl-lwp",
    program: Program::Named("perl"),
    arguments: &[
        "-MLWP::UserAgent",
        "-e",
        "my $r = LWP::UserAgent->new(timeout => 9)->get('https://localhost:' . shift . '/'); die $r->status_line \
         unless $r->is_success",
        "@port@",
    ],
    variables: &[("PERL_LWP_SSL_CA_FILE", "@roots@")],
    ..PLAIN
};

const LIBPQ_FULL: Asked = Asked {
    client: "libpq",
    program: Program::Named("psql"),
    arguments: &["host=localhost port=@port@ connect_timeout=8"],
    variables: &[("PGSSLROOTCERT", "@roots@"), ("PGSSLMODE", "verify-full")],
    refused: |output| says(output, &["SSL error", "does not match host", "could not get server's host name"]),
    ..PLAIN
};

const LIBPQ_CHAIN: Asked =
    Asked { variables: &[("PGSSLROOTCERT", "@roots@"), ("PGSSLMODE", "verify-ca")], ..LIBPQ_FULL };

const R: Asked = Asked {
    client: "r",
    program: Program::Named("Rscript"),
    arguments: &[
        "-e",
        "f <- function(e) 1; q(status = tryCatch({ download.file(paste0('https://localhost:', commandArgs(TRUE)[1], '/'), \
         tempfile(), quiet = TRUE, method = 'libcurl'); 0 }, error = f, warning = f))",
        "@port@",
    ],
    variables: &[("CURL_CA_BUNDLE", "@roots@")],
    ..PLAIN
};

const TCL: Asked = Asked {
    client: "tcl",
    program: Program::Named("tclsh"),
    arguments: &["@home@/get.tcl", "@port@", "@roots@"],
    variables: FILE_ALONE,
    files: &[(
        "get.tcl",
        "package require tls\nlassign $argv port roots\n\
         set s [tls::socket -require 1 -cafile $roots -servername localhost localhost $port]\n\
         fconfigure $s -blocking 1\ntls::handshake $s\n",
    )],
    ..PLAIN
};

/// As Emacs verifies where it asks nobody (`gnutls-verify-error`).
const EMACS: Asked = Asked {
    client: "emacs",
    arguments: &["-Q", "--batch", "-l", "@home@/get.el", "@port@", "@roots@"],
    files: &[(
        "get.el",
        "(require 'gnutls) (require 'network-stream) (require 'nsm)\n\
         (setq gnutls-verify-error t gnutls-trustfiles (list (cadr command-line-args-left)))\n\
         (condition-case e\n\
         (let ((p (open-gnutls-stream \"x\" (generate-new-buffer \"x\") \"localhost\" (string-to-number (car command-line-args-left)))))\n\
         (kill-emacs (if (eq (process-status p) 'open) 0 1)))\n\
         (error (princ e) (kill-emacs 1)))\n",
    )],
    by_arguments: true,
    ..PLAIN
};

const NIM_SOURCE: &str = "import std/[net, httpclient, os]\n\
    let context = newContext(verifyMode = CVerifyPeer, caFile = paramStr(2))\n\
    let client = newHttpClient(sslContext = context, timeout = 9000)\n\
    try: echo client.getContent(\"https://localhost:\" & paramStr(1) & \"/\")\n\
    except CatchableError: quit(1)\n";

const NIM: Asked = Asked {
    client: "nim",
    program: Program::Named("@nim@"),
    arguments: &["@port@", "@roots@"],
    by_arguments: true,
    ..PLAIN
};

const PYOPENSSL: Asked = Asked {
    client: "pyopenssl",
    program: Program::Python,
    arguments: &[
        "-c",
        "import sys, socket\nfrom OpenSSL import SSL\n\
         context = SSL.Context(SSL.TLS_CLIENT_METHOD)\ncontext.set_default_verify_paths()\n\
         context.set_verify(SSL.VERIFY_PEER)\n\
         connection = SSL.Connection(context, socket.create_connection(('127.0.0.1', int(sys.argv[1]))))\n\
         connection.set_connect_state()\nconnection.do_handshake()",
        "@port@",
    ],
    variables: FILE_ALONE,
    ..PLAIN
};

const HTTPLIB2: Asked = Asked {
    client: "httplib2",
    program: Program::Python,
    arguments: &[
        "-c",
        "import sys, httplib2\nhttplib2.Http(timeout=9).request('https://localhost:%s/' % sys.argv[1])",
        "@port@",
    ],
    variables: &[("HTTPLIB2_CA_CERTS", "@roots@")],
    ..PLAIN
};

const BOTOCORE: Asked = Asked {
    client: "botocore",
    program: Program::Python,
    arguments: &[
        "-c",
        "import sys, botocore.session\nfrom botocore.config import Config\nimport botocore.exceptions as faults\n\
         client = botocore.session.get_session().create_client('sts', region_name='us-east-1',\n\
         endpoint_url='https://localhost:' + sys.argv[1], aws_access_key_id='a', aws_secret_access_key='b',\n\
         config=Config(retries={'max_attempts': 0}, connect_timeout=8, read_timeout=8))\n\
         try: client.get_caller_identity()\nexcept (faults.SSLError, faults.HTTPClientError): sys.exit(1)\nexcept Exception: pass",
        "@port@",
    ],
    variables: &[("AWS_CA_BUNDLE", "@roots@")],
    ..PLAIN
};

const PIP: Asked = Asked {
    client: "pip",
    program: Program::Python,
    arguments: &[
        "-m",
        "pip",
        "download",
        "--disable-pip-version-check",
        "--no-cache-dir",
        "--retries=0",
        "--timeout=9",
        "-d",
        "@home@",
        "-i",
        "https://localhost:@port@/",
        "nothing",
    ],
    variables: &[("PIP_CERT", "@roots@")],
    refused: |output| says(output, &["SSLError", "SSLCertVerificationError", "CertificateError", "SSL: CERTIFICATE"]),
    ..PLAIN
};

const GRPC: Asked = Asked {
    client: "grpc",
    program: Program::Python,
    arguments: &[
        "-c",
        "import sys, grpc\n\
         channel = grpc.secure_channel('localhost:' + sys.argv[1], grpc.ssl_channel_credentials())\n\
         try: channel.unary_unary('/a/b')(b'', timeout=4)\nexcept grpc.RpcError as fault: print(fault.details())",
        "@port@",
    ],
    variables: &[("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "@roots@")],
    refused: |output| says(output, &["Ssl handshake failed", "is not in peer certificate"]),
    ..PLAIN
};

const HTTPX2: Asked = Asked {
    client: "httpx2",
    program: Program::Python,
    arguments: &[
        "-c",
        "import sys, httpcore2._ssl, httpx2\n\
         context = httpcore2._ssl.default_ssl_context()\n\
         context.load_verify_locations(sys.argv[2])\n\
         httpx2.get('https://localhost:' + sys.argv[1], verify=context)",
        "@port@",
        "@roots@",
    ],
    environment: "httpx2",
    by_arguments: true,
    ..PLAIN
};

const HTTPX2_NAMED: Asked = Asked {
    arguments: &["-c", "import sys, httpx2; httpx2.get('https://localhost:' + sys.argv[1])", "@port@"],
    variables: &[("SSL_CERT_FILE", "@roots@")],
    by_arguments: false,
    ..HTTPX2
};

const PDM: Asked = Asked {
    client: "pdm",
    program: Program::Python,
    arguments: &[
        "-c",
        "import sys\n\
         from pdm.core import Core\n\
         core = Core()\n\
         project = core.create_project()\n\
         project.environment.session.get('https://localhost:' + sys.argv[1])",
        "@port@",
    ],
    variables: FILE_ALONE,
    environment: "pdm",
    ..PLAIN
};

const PDM_NAMED: Asked = Asked { variables: &[("REQUESTS_CA_BUNDLE", "@roots@")], ..PDM };

const CARGO: Asked = Asked {
    client: "cargo",
    arguments: &["search", "x", "--index", "sparse+https://localhost:@port@/"],
    variables: &[("CARGO_HTTP_CAINFO", "@roots@"), ("CARGO_NET_RETRY", "0")],
    refused: |output| says(output, &["[60]", "[35]"]),
    ..PLAIN
};

const RUSTUP: Asked = Asked {
    client: "rustup",
    arguments: &["toolchain", "install", "9.9.9", "--profile", "minimal"],
    variables: &[
        ("SSL_CERT_FILE", "@roots@"),
        ("RUSTUP_HOME", "@home@/rustup"),
        ("RUSTUP_DIST_SERVER", "https://localhost:@port@"),
        ("RUSTUP_MAX_RETRIES", "0"),
    ],
    refused: |output| says(output, &["invalid peer certificate"]),
    ..PLAIN
};

/// A server of the lab's chains, one port each, stopped when it goes out of use.
pub struct Lab {
    server: Child,
    pub ports: BTreeMap<String, u16>,
    directory: tempfile::TempDir,
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

fn lab() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lab/certs")
}

/// A file of a chain.
pub fn chain(name: &str, file: &str) -> PathBuf {
    lab().join(name).join(file)
}

impl Lab {
    /// A server of these chains.
    pub fn start(chains: &[&str]) -> Self {
        let mut python = Command::new("python3");
        python.arg("-c").arg(include_str!("lab_server.py")).arg(lab()).args(chains);
        let mut server = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
        let lines = lines.take_while(|line| line != "all 0");
        let pairs = lines.map(|line| {
            let (name, port) = line.split_once(' ').unwrap();
            (name.to_owned(), port.parse().unwrap())
        });
        let ports: BTreeMap<String, u16> = pairs.collect();
        assert_eq!(ports.len(), chains.len());
        Self { server, ports, directory: tempfile::tempdir().unwrap() }
    }
}

/// One client before every chain.
fn hold(asked: &Asked) {
    if !require("python3") {
        return;
    }
    hold_at(&Lab::start(CHAINS), asked, "");
}

fn hold_at(lab: &Lab, asked: &Asked, variant: &str) {
    let venv = if asked.environment.is_empty() { None } else { Some(Venv::new(asked.environment)) };
    if matches!(venv, Some(None)) {
        return;
    }
    for name in CHAINS {
        let home = tempfile::tempdir_in(lab.directory.path()).unwrap();
        let roots = chain(name, "roots.pem").display().to_string();
        let port = lab.ports[*name].to_string();
        let filled = |text: &str| {
            let text = text.replace("@port@", &port).replace("@roots@", &roots);
            let text = text.replace("@nim@", &lab.directory.path().join("get").display().to_string());
            text.replace("@home@", &home.path().display().to_string())
        };
        for (file, text) in asked.files {
            fs::write(home.path().join(file), filled(text)).unwrap();
        }
        let values: Vec<(&str, String)> =
            asked.variables.iter().map(|(variable, value)| (*variable, filled(value))).collect();
        let mut environment = with(&bare_at_home(), &[("HOME", &home.path().display().to_string())]);
        environment = with(&environment, &values.iter().map(|(n, v)| (*n, v.as_str())).collect::<Vec<_>>());
        if let Some(Some(venv)) = &venv {
            environment = with(&environment, &[("VIRTUAL_ENV", venv.at.to_str().unwrap())]);
        }
        for found in which(asked.client, &environment, home.path()) {
            if venv.as_ref().is_some_and(|venv| venv.as_ref().is_some_and(|venv| !found.at.starts_with(&venv.at))) {
                continue;
            }
            let Some(program) = program(asked, &found, &filled) else { continue };
            let arguments: Vec<String> = asked.arguments.iter().map(|argument| filled(argument)).collect();
            let said = verdict(asked, &found, name, &environment, home.path());
            if said == "not-predicted" {
                // No program is missing: what this machine has of it is one that castore says nothing certain of.
                let why = format!("{} at {} is not predicted", asked.client, found.at.display());
                if crate::long() {
                    crate::skip(&why)
                } else {
                    eprintln!("SKIPPED: {why}")
                }
                continue;
            }
            let mut command = Command::new(&program);
            command.args(&arguments).env_clear().envs(environment.iter().cloned()).current_dir(home.path());
            let output = command.stdin(Stdio::null()).output().unwrap();
            let does = if (asked.refused)(&output) { "refuses" } else { "accepts" };
            let outcome = (said == does || said == "depends").then_some(()).ok_or_else(|| {
                let told = String::from_utf8_lossy(&output.stderr).into_owned();
                let told: String = told.chars().rev().take(800).collect::<Vec<_>>().into_iter().rev().collect();
                format!("castore says that it {said}, it {does}: {told}")
            });
            let at = found.at.display();
            matrix::agree(asked.client, &format!("why: {name} at {at}{variant}"), outcome);
        }
    }
}

/// `PATH`, and where rustup and pyenv keep what `PATH` names, without the home directory.
fn bare_at_home() -> Environment {
    let mut environment = bare();
    let home = std::env::var("HOME").unwrap_or_default();
    for (name, directory) in [("RUSTUP_HOME", ".rustup"), ("PYENV_ROOT", ".pyenv")] {
        if environment.iter().all(|(known, _)| known != name) && Path::new(&home).join(directory).is_dir() {
            environment.push((name.to_owned(), format!("{home}/{directory}")));
        }
    }
    environment
}

fn program(asked: &Asked, found: &Predicted, filled: &dyn Fn(&str) -> String) -> Option<PathBuf> {
    match asked.program {
        Program::Found => Some(found.at.clone()),
        Program::Python => found.place("python"),
        Program::Named(name) => Some(PathBuf::from(filled(name))),
    }
}

/// What castore says of a chain for one installation.
fn verdict(asked: &Asked, found: &Predicted, name: &str, environment: &Environment, directory: &Path) -> String {
    let at = found.at.display().to_string();
    let selector = if at.is_empty() { asked.client.to_owned() } else { format!("{}:{at}", asked.client) };
    let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
    castore.arg("why").arg(chain(name, "server.pem")).args(["--name", "localhost", "--format", "json"]);
    castore.args(["--client", &selector]).current_dir(directory);
    if asked.by_arguments {
        castore.arg("--store").arg(chain(name, "roots.pem"));
    }
    let output = castore.env_clear().envs(environment.iter().cloned()).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(&output.stderr)));
    let clients = report["clients"].as_array().unwrap();
    let one = clients.iter().find(|one| one["at"]["path"].as_str().unwrap_or("") == at);
    one.unwrap_or_else(|| panic!("{selector} is not in {report}"))["verdict"].as_str().unwrap().to_owned()
}

#[test]
fn programs_on_gnutls() {
    for asked in [&WGET2, &APT] {
        hold(asked);
    }
    if optional("emacs") {
        hold(&EMACS);
    }
}

#[test]
fn perl_and_tcl() {
    for (asked, program) in [(&PERL, "perl"), (&LWP, "perl")] {
        if require(program) {
            hold(asked);
        }
    }
    if Path::new("/usr/bin/tclsh").exists() {
        hold(&TCL);
    }
}

#[test]
fn libpq_in_both_modes() {
    if !optional("psql") || !require("python3") {
        return;
    }
    let lab = Lab::start(CHAINS);
    hold_at(&lab, &LIBPQ_FULL, "");
    hold_at(&lab, &LIBPQ_CHAIN, " with verify-ca");
}

#[test]
fn r_on_libcurl() {
    if optional("Rscript") {
        hold(&R);
    }
}

#[test]
fn nim_on_openssl() {
    if !optional("nim") || !require("python3") {
        return;
    }
    let lab = Lab::start(CHAINS);
    let source = lab.directory.path().join("get.nim");
    fs::write(&source, NIM_SOURCE).unwrap();
    let mut nim = Command::new("nim");
    nim.args(["c", "-d:ssl", "--hints:off"])
        .arg(format!("--nimcache:{}", lab.directory.path().join("cache").display()));
    let made = nim.arg(format!("-o:{}", lab.directory.path().join("get").display())).arg(&source).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    hold_at(&lab, &NIM, "");
}

#[test]
fn packages_of_python() {
    if !require("python3") {
        return;
    }
    let lab = Lab::start(CHAINS);
    for asked in [&PYOPENSSL, &HTTPLIB2, &BOTOCORE, &GRPC] {
        hold_at(&lab, asked, "");
    }
}

/// What a variable names is verified by another context than what is not.
#[test]
fn httpx2_and_pdm() {
    if !require("python3") {
        return;
    }
    let lab = Lab::start(CHAINS);
    for (asked, variant) in [(&HTTPX2, ""), (&HTTPX2_NAMED, " by SSL_CERT_FILE")] {
        hold_at(&lab, asked, variant);
    }
    if crate::long() {
        hold_at(&lab, &PDM, "");
        hold_at(&lab, &PDM_NAMED, " by REQUESTS_CA_BUNDLE");
    }
}

/// One pip of each make: with its own matching of names, and with truststore.
#[test]
fn pips() {
    // Each takes seconds for each chain.
    if crate::long() && require("python3") {
        hold(&PIP);
    }
}

#[test]
fn cargo_and_rustup() {
    if require("cargo") {
        hold(&CARGO);
    }
    if optional("rustup") {
        hold(&RUSTUP);
    }
}
