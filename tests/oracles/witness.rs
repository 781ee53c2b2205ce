//! Two witnesses of the same fact: what castore says a program uses, and what strace(1) sees the
//! program open.

#![allow(clippy::disallowed_types, reason = "clients load what they trust when they reach a server, so there is one")]

use crate::matrix;
use castore::anchors::anchors;
use castore::catalogue::clients;
use castore::catalogue::survey::{Searched, Survey};
use castore::discover::discover;
use castore::host::files::Tree;
use castore::host::{Host, native};
use castore::load::{load, wanted};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::time::Duration;

/// An environment, in full.
pub type Environment = Vec<(String, String)>;

/// `PATH`, `HOME` and where version managers keep Pythons, from this process.
pub fn bare() -> Environment {
    let kept = ["PATH", "HOME", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "RUNNER_TOOL_CACHE", "AGENT_TOOLSDIRECTORY"];
    kept.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?))).collect()
}

/// `environment` with these variables.
pub fn with(environment: &Environment, more: &[(&str, &str)]) -> Environment {
    let mut environment = environment.clone();
    for (name, value) in more {
        environment.retain(|(known, _)| known != name);
        environment.push(((*name).to_owned(), (*value).to_owned()));
    }
    environment
}

/// One installation as `castore which` tells of it.
#[derive(Debug)]
pub struct Predicted {
    pub at: PathBuf,
    /// The whole report.
    pub report: serde_json::Value,
}

/// Where a place that is used is a file, a directory asked by hash, or one that is read whole.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Used {
    pub files: BTreeSet<PathBuf>,
    pub hashed: BTreeSet<PathBuf>,
}

impl Predicted {
    /// The candidates of an outcome, as path and look.
    pub fn candidates(&self, outcome: &str) -> Vec<(PathBuf, String)> {
        let candidates = self.report["candidates"].as_array().unwrap();
        let wanted = candidates.iter().filter(|candidate| candidate["outcome"] == outcome);
        let path = |candidate: &serde_json::Value| PathBuf::from(candidate["path"]["path"].as_str().unwrap_or(""));
        wanted.map(|candidate| (path(candidate), candidate["look"].as_str().unwrap().to_owned())).collect()
    }

    /// What is used, behind its links; a directory that is read whole as the files in it that
    /// hold certificates.
    pub fn used(&self) -> Used {
        let mut used = Used::default();
        for (path, look) in self.candidates("used") {
            let real = fs::canonicalize(&path).unwrap();
            let whole = ["every-file", "by-extension", "hash-names", "trust-module", "trust-module-anchors"];
            let whole = whole.contains(&look.as_str()) || look == "blocks-unless-hash-name";
            if real.is_dir() && whole {
                let is_hash = |path: &Path| {
                    let name = path.file_name().unwrap().to_string_lossy();
                    let bytes = name.as_bytes();
                    bytes.len() == 10 && bytes[8] == b'.' && bytes[..8].iter().all(u8::is_ascii_hexdigit)
                };
                let paths = fs::read_dir(&real).unwrap().map(|entry| entry.unwrap().path());
                let counts = |path: &PathBuf| match look.as_str() {
                    "by-extension" => path.extension() == Some(OsStr::new("pem")),
                    "blocks-unless-hash-name" => !is_hash(path),
                    _ => true,
                };
                let files = paths.filter(counts).filter_map(|path| fs::canonicalize(path).ok());
                used.files.extend(files.filter(|file| holds_certificates(file)));
            } else if real.is_dir() {
                used.hashed.insert(real);
            } else {
                used.files.insert(real);
            }
        }
        used
    }

    /// A place by its name.
    pub fn place(&self, name: &str) -> Option<PathBuf> {
        let places = self.report["places"].as_array().unwrap();
        let place = places.iter().find(|place| place["name"] == name)?;
        Some(PathBuf::from(place["path"].as_str().unwrap()))
    }

    /// The version of a part.
    pub fn version(&self, component: &str) -> Option<String> {
        let versions = self.report["versions"].as_array().unwrap();
        let version = versions.iter().find(|version| version["component"] == component)?;
        Some(version["version"].as_str().unwrap().to_owned())
    }

    /// Whether it stops with an error.
    pub fn refuses(&self) -> bool {
        self.report["verification"] == "error"
    }
}

/// What castore says of a client under exactly this environment.
pub fn which(client: &str, environment: &Environment, directory: &Path) -> Vec<Predicted> {
    let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
    castore.args(["which", client, "--format", "json"]).current_dir(directory);
    let output = castore.env_clear().envs(environment.iter().cloned()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let clients = report["clients"].as_array().unwrap();
    let one = |report: &serde_json::Value| Predicted {
        at: PathBuf::from(report["at"]["path"].as_str().unwrap_or("")),
        report: report.clone(),
    };
    clients.iter().map(one).collect()
}

/// The one installation of a client that lies at or below `at`.
pub fn which_at(client: &str, at: &Path, environment: &Environment, directory: &Path) -> Predicted {
    // A client that any program can be has no place.
    let selector = if at.as_os_str().is_empty() { client.to_owned() } else { format!("{client}:{}", at.display()) };
    let mut found = which(&selector, environment, directory);
    found.retain(|predicted| predicted.at.starts_with(at));
    assert_eq!(found.len(), 1, "{client} at {}: {found:#?}", at.display());
    found.remove(0)
}

/// A path that a program asked the kernel for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    pub path: PathBuf,
    /// Whether it was to open it.
    pub open: bool,
    /// Whether the kernel gave it.
    pub given: bool,
}

/// What a program did.
#[derive(Debug)]
pub struct Seen {
    pub output: Output,
    /// In order for each process.
    pub accesses: Vec<Access>,
}

impl Seen {
    /// The files that were opened and hold certificates, behind their links.
    pub fn certificate_files(&self) -> BTreeSet<PathBuf> {
        let opened = self.accesses.iter().filter(|access| access.open && access.given);
        let real: BTreeSet<PathBuf> = opened.filter_map(|access| fs::canonicalize(&access.path).ok()).collect();
        real.into_iter().filter(|path| holds_certificates(path)).collect()
    }

    /// Everything it wrote, for people.
    pub fn text(&self) -> String {
        let Output { stdout, stderr, .. } = &self.output;
        format!("{}{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr))
    }
}

/// Runs a program under strace, in `directory`, with exactly this environment and this input.
pub fn watch(program: &Path, arguments: &[&str], environment: &Environment, directory: &Path, input: &str) -> Seen {
    let traces = tempfile::tempdir().unwrap();
    let mut strace = Command::new("strace");
    strace
        .args(["-ff", "--seccomp-bpf", "-qq", "-s", "4096", "-e", "trace=%file", "-o"])
        .arg(traces.path().join("trace"));
    strace.arg("--").arg(program).args(arguments).current_dir(directory);
    strace.env_clear().envs(environment.iter().cloned());
    strace.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = strace.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let mut files: Vec<PathBuf> = fs::read_dir(traces.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "strace: {}", String::from_utf8_lossy(&output.stderr));
    let texts = files.iter().map(|file| String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned());
    let accesses = texts.flat_map(|text| text.lines().filter_map(access).collect::<Vec<_>>()).collect();
    Seen { output, accesses }
}

/// `openat(AT_FDCWD, "/etc/ssl/cert.pem", O_RDONLY) = 3`.
fn access(line: &str) -> Option<Access> {
    let (call, rest) = line.split_once('(')?;
    let (_, rest) = rest.split_once('"')?;
    let (path, rest) = rest.split_once('"')?;
    let (_, result) = rest.rsplit_once(" = ")?;
    Some(Access { path: unescaped(path), open: call.starts_with("open"), given: !result.starts_with('-') })
}

/// A path as strace writes it, where octets that are not ASCII are `\305` in octal.
fn unescaped(text: &str) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    let mut octets = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        octets.extend_from_slice(before.as_bytes());
        let digits = after.bytes().take(3).take_while(|octet| (b'0'..=b'7').contains(octet)).count();
        match u8::from_str_radix(&after[..digits], 8) {
            Ok(octet) => octets.push(octet),
            Err(_) => octets.push(b'\\'),
        }
        rest = &after[digits..];
    }
    octets.extend_from_slice(rest.as_bytes());
    PathBuf::from(std::ffi::OsString::from_vec(octets))
}

/// Whether a file is no code and has PEM of certificates in it; each file is read once.
fn holds_certificates(path: &Path) -> bool {
    static KNOWN: Mutex<BTreeMap<PathBuf, bool>> = Mutex::new(BTreeMap::new());
    if let Some(known) = KNOWN.lock().unwrap().get(path) {
        return *known;
    }
    let code = ["py", "pyc"].iter().any(|extension| path.extension() == Some(OsStr::new(extension)));
    let is_text = |bytes: &Vec<u8>| {
        !bytes.starts_with(b"\x7fELF") && memchr::memmem::find(bytes, b"-----BEGIN CERTIFICATE-----").is_some()
    };
    let holds = !code && path.is_file() && fs::read(path).is_ok_and(|bytes| is_text(&bytes));
    KNOWN.lock().unwrap().insert(path.to_path_buf(), holds);
    holds
}

/// The `https` address of a server that takes connections and hangs up on the first word, so
/// that clients come to load what they trust.
pub fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { continue };
            drop(connection.set_read_timeout(Some(Duration::from_secs(2))));
            drop(connection.read(&mut [0; 512]));
        }
    });
    format!("https://{address}/")
}

/// A root that strict verifiers take, and what it issues with.
fn authority(name: &str) -> (rcgen::Certificate, rcgen::Issuer<'static, rcgen::KeyPair>) {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, format!("{name}.example"));
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    parameters.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::CrlSign];
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    (certificate, rcgen::Issuer::new(parameters, key))
}

/// A bundle with one certificate of this name.
pub fn bundle(path: &Path, name: &str) {
    let mut parameters = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    let made = parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
    fs::write(path, made.pem()).unwrap();
}

/// Whether a program stopped because of a store it could not use.
pub type Stopped = fn(&Seen) -> bool;

/// What differs between castore's word and what a program did.
pub fn compared(predicted: &Predicted, seen: &Seen, stopped: Stopped) -> Result<(), String> {
    let (says, does) = (predicted.refuses(), stopped(seen));
    if says != does {
        return Err(format!("castore says that it stops: {says}; it does: {does}\n{predicted:#?}\n{}", seen.text()));
    }
    let (expected, found) = (predicted.used().files, seen.certificate_files());
    if says || expected == found {
        return Ok(());
    }
    Err(format!("castore says {expected:#?}; it opens {found:#?}\n{predicted:#?}\n{}", seen.text()))
}

/// The certificates that castore says the installation at `at` trusts, as SHA-256.
pub fn anchors_at(client: &str, at: &Path, environment: &Environment, directory: &Path) -> BTreeSet<String> {
    let variables = environment.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let mut host = Host::new(Box::new(Tree::live().unwrap()), native::system()).with_environment(variables);
    host.cwd = directory.to_path_buf();
    host.live = true;
    let survey = Survey::new(&host, Searched::default());
    let mut uses = discover(&survey, clients().filter(|row| row.id == client));
    uses.retain(|found| found.installation.at.starts_with(at));
    assert_eq!(uses.len(), 1, "{client} at {}", at.display());
    let snapshot = load(&host, &wanted(&uses));
    anchors(&uses[0], &snapshot).certificates.keys().map(ToString::to_string).collect()
}

/// A server that `openssl` runs, stopped when it goes out of use.
pub struct Served {
    /// Its address, with the name `localhost`.
    pub url: String,
    child: std::process::Child,
    _directory: tempfile::TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Bundles, directories and a home to name in cases.
pub struct Bench {
    _temporary: tempfile::TempDir,
    pub directory: PathBuf,
    pub environment: Environment,
    authorities: BTreeMap<&'static str, (rcgen::Certificate, rcgen::Issuer<'static, rcgen::KeyPair>)>,
}

impl Bench {
    /// Makes a directory `by-hash` in which OpenSSL finds an authority.
    pub fn hash(&self, authority: &str) {
        let (directory, file) = (self.directory.join("by-hash"), format!("{authority}.pem"));
        fs::create_dir(&directory).unwrap();
        fs::copy(self.directory.join(&file), directory.join(&file)).unwrap();
        assert!(Command::new("openssl").arg("rehash").arg(&directory).output().unwrap().status.success());
    }

    pub fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let directory = fs::canonicalize(temporary.path()).unwrap();
        let authorities: BTreeMap<_, _> = ["a", "b", "c"].map(|name| (name, authority(name))).into();
        for (name, (certificate, _)) in &authorities {
            fs::write(directory.join(format!("{name}.pem")), certificate.pem()).unwrap();
        }
        for name in ["home", "home/.config", "empty", "hashed"] {
            fs::create_dir(directory.join(name)).unwrap();
        }
        std::os::unix::fs::symlink(directory.join("c.pem"), directory.join("hashed/0123abcd.0")).unwrap();
        let home = directory.join("home").display().to_string();
        let environment = with(&bare(), &[("HOME", &home)]);
        Self { _temporary: temporary, directory, environment, authorities }
    }

    /// A variable for each `NAME=file`, the file being one of the bench's; `NAME=` is empty. After
    /// `NAME==` stands a text, in which `+` is a space and `@` the bench's directory.
    pub fn case(&self, case: &str) -> Environment {
        let pairs: Vec<(String, String)> = case
            .split_whitespace()
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap();
                // These hold a word or a number, and no path.
                let words = ["GIT_CONFIG_COUNT", "PGSSLMODE", "PGSERVICE", "LDAPTLS_REQCERT"];
                if words.contains(&name) || name.starts_with("GIT_CONFIG_KEY_") {
                    return (name.to_owned(), value.to_owned());
                }
                if let Some(text) = value.strip_prefix('=') {
                    let text = text.replace('+', " ").replace('@', &self.directory.display().to_string());
                    return (name.to_owned(), text);
                }
                let path = |value: &str| self.directory.join(value).display().to_string();
                let value = value.split(':').map(|part| if part.is_empty() { String::new() } else { path(part) });
                (name.to_owned(), value.collect::<Vec<_>>().join(":"))
            })
            .collect();
        with(&self.environment, &pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>())
    }

    /// Holds what castore says of the client at `at` against what a program opens, and what castore
    /// says of stopping with an error against how the program ended.
    pub fn hold(&self, client: &str, case: &str, at: &Path, program: &Path, arguments: &[&str], stopped: Stopped) {
        self.hold_named(client, case, case, at, program, arguments, stopped);
    }

    /// The same, where files of the bench make the case: it has a name beside its variables.
    #[expect(clippy::too_many_arguments, reason = "a case with its name, its variables and its program")]
    pub fn hold_named(
        &self,
        client: &str,
        case: &str,
        variables: &str,
        at: &Path,
        program: &Path,
        arguments: &[&str],
        stopped: Stopped,
    ) {
        let environment = self.case(variables);
        let predicted = which_at(client, at, &environment, &self.directory);
        let seen = watch(program, arguments, &environment, &self.directory, "");
        matrix::agree(client, case, compared(&predicted, &seen, stopped));
    }

    /// Holds the authorities that castore says the client at `at` trusts against those whose servers
    /// it takes: `reaches` runs the program, with this environment, on the address of one of them.
    pub fn hold_trust(
        &self,
        client: &str,
        case: &str,
        at: &Path,
        names: &[&str],
        reaches: impl Fn(&str, &Environment) -> bool,
    ) {
        self.hold_trust_named(client, case, case, at, names, reaches);
    }

    /// The same, where files of the bench make the case: it has a name beside its variables.
    pub fn hold_trust_named(
        &self,
        client: &str,
        case: &str,
        variables: &str,
        at: &Path,
        names: &[&str],
        reaches: impl Fn(&str, &Environment) -> bool,
    ) {
        let environment = self.case(variables);
        let predicted = which_at(client, at, &environment, &self.directory);
        let anchors = anchors_at(client, at, &environment, &self.directory);
        let outcome = names.iter().try_for_each(|name| {
            let expected = match predicted.report["verification"].as_str() {
                Some("off") => true,
                Some("error") => false,
                _ => anchors.contains(&self.fingerprint(name)),
            };
            let served = self.serve(name);
            // A connection can fail for other reasons on a busy machine: who is refused asks once more. None is accepted by
            // accident.
            let found = reaches(&served.url, &environment) || expected && reaches(&served.url, &environment);
            (expected == found).then_some(()).ok_or_else(|| {
                format!("castore says that {name} is trusted: {expected}; the program: {found}\n{predicted:#?}")
            })
        });
        matrix::agree(client, case, outcome);
    }

    /// The fingerprint of an authority of the bench: `a`, `b` or `c`.
    pub fn fingerprint(&self, name: &str) -> String {
        let (certificate, _) = &self.authorities[name];
        crate::fingerprint(certificate.der()).to_string()
    }

    /// A server of TLS on the loopback whose certificate, for `localhost` and its address, is issued by an
    /// authority of the bench. It answers any request with a page.
    pub fn serve(&self, authority: &str) -> Served {
        let (_, issuer) = &self.authorities[authority];
        let mut parameters = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.subject_alt_names.push(rcgen::SanType::IpAddress([127, 0, 0, 1].into()));
        parameters.use_authority_key_identifier_extension = true;
        parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2027, 2, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let made = parameters.signed_by(&key, issuer).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let pem = directory.path().join("server.pem");
        fs::write(&pem, made.pem() + &key.serialize_pem()).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut openssl = Command::new("openssl");
        openssl.args(["s_server", "-quiet", "-www", "-accept", &port.to_string(), "-cert"]).arg(&pem);
        let child = openssl.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let served = Served { url: format!("https://localhost:{port}/"), child, _directory: directory };
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        served
    }
}
