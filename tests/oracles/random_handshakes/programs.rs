//! Programs that reach a server each chain of which is another (`serve_chains.py`): curl, Node.js and Ruby on OpenSSL,
//! libcurl on BoringSSL.

use super::{Case, Tally, count, made_in, now};
use crate::environments::Venv;
use crate::optional;
use castore::chain::Verdict;
use castore::chain::offered::judge_connection;
use castore::model::Version;
use castore::policy::{Parts, Policy, Row, Settings, boringssl, curl, node, openssl_programs};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles");

/// Chains that are served.
struct Served {
    server: Child,
    cases: Vec<Case>,
    /// What the server says: an identifier, the name, the port and the file of the roots, a line each.
    lines: Vec<String>,
    directory: tempfile::TempDir,
}

impl Served {
    fn new() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("chains.json");
        let cases = made_in(&file, count(250, 3000), now())?;
        let mut python = Command::new("python3");
        python.arg(format!("{HERE}/serve_chains.py")).arg(&file).arg(directory.path());
        let mut server = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
        let lines: Vec<String> = said.take_while(|line| line != "all").collect();
        assert!(lines.len() * 2 > cases.len(), "{} of {} are served", lines.len(), cases.len());
        fs::write(directory.path().join("lines"), lines.join("\n")).unwrap();
        Some(Self { server, cases, lines, directory })
    }

    /// What a program says of every chain that it is told of in a file, by the identifier of each.
    fn ask(&self, program: &Path, script: &str) -> BTreeMap<String, String> {
        let mut command = Command::new(program);
        command.arg(format!("{HERE}/{script}")).arg(self.directory.path().join("lines"));
        for (variable, _) in std::env::vars_os().filter(|(name, _)| is_of_trust(&name.to_string_lossy())) {
            command.env_remove(variable);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = text.lines().map(|line| line.split_once('\t').unwrap());
        said.map(|(id, said)| (id.to_owned(), said.to_owned())).collect()
    }

    /// Holds what was said against what castore says by this policy.
    fn hold(&self, name: &str, policy: &Policy, said: &BTreeMap<String, String>) {
        let mut tally = Tally::of(name);
        for case in &self.cases {
            let Some(said) = said.get(&case.id).filter(|said| !is_elsewhere(said)) else { continue };
            let (mut question, pool) = case.asked();
            question.stapled = Some(false);
            let judged = judge_connection(&question, &pool, policy);
            let told = match &judged.verdict {
                Verdict::Accepts => Some(Ok(())),
                Verdict::Refuses { printed, .. } => Some(Err(printed.text.clone())),
                Verdict::Depends(_) | Verdict::NotPredicted(_) => None,
            };
            // A program puts its words around those of the library.
            let real = match &told {
                _ if said.is_empty() => Ok(()),
                Some(Err(told)) if said.contains(told.as_str()) => Err(told.clone()),
                _ => Err(said.clone()),
            };
            tally.note(case, (told, judged), real);
        }
        tally.hold(1, 2);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}

/// What stops a program before it asks the server: a name that it does not take, roots that it does not read.
fn is_elsewhere(said: &str) -> bool {
    const WORDS: [&str; 6] = [
        "error setting certificate file",
        "error adding trust anchors",
        "SSL_CTX_load_verify_file",
        "Cannot convert name to ASCII",
        "Could not resolve",
        "getaddrinfo",
    ];
    WORDS.iter().any(|word| said.contains(word))
}

/// Whether a variable says what is trusted.
fn is_of_trust(name: &str) -> bool {
    ["CERT", "SSL", "CA_BUNDLE", "PROXY", "proxy"].iter().any(|part| name.contains(part))
}

fn policy(row: &Row, components: &[(&'static str, &str)]) -> Policy {
    let components: Vec<_> = components.iter().map(|(name, text)| (*name, Version::parse(text).unwrap())).collect();
    let settings = Settings::of_level(Some(2));
    (row.policy)(&Parts { components: &components, settings, ..Parts::default() }).unwrap()
}

/// The word of a program's output that stands at a place.
fn word(program: &str, arguments: &[&str], at: usize) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stdout).split_whitespace().nth(at).unwrap_or_default().to_owned()
}

#[test]
fn random_handshakes_have_the_verdict_of_curl() {
    if !optional("curl") {
        return;
    }
    let output = Command::new("curl").arg("--version").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let part = |name: &str| text.split_whitespace().find_map(|word| word.strip_prefix(name)).map(str::to_owned);
    let (Some(own), Some(library)) = (part("libcurl/"), part("OpenSSL/")) else {
        return crate::skip("curl is not on OpenSSL");
    };
    let Some(served) = Served::new() else { return };
    let ask = |line: &String| {
        let [id, name, port, roots] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let host = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
        let mut curl = Command::new("curl");
        curl.args(["-q", "-sS", "--noproxy", "*", "-o", "/dev/null", "--cacert", roots]);
        curl.args(["--connect-to", &format!("::127.0.0.1:{port}")]).arg(format!("https://{host}:{port}/"));
        let output = curl.output().unwrap();
        let said = if output.status.success() { String::new() } else { String::from_utf8_lossy(&output.stderr).into() };
        (id.to_owned(), said)
    };
    let said = served.lines.iter().map(ask).collect();
    served.hold(&format!("curl {own}"), &policy(&curl::CURL, &[("curl", &own), ("openssl", &library)]), &said);
}

#[test]
fn random_handshakes_have_the_verdict_of_node_and_ruby() {
    let Some(served) = Served::new() else { return };
    if optional("node") {
        let of = |part: &str| word("node", &["-p", &format!("process.versions.{part}")], 0);
        let (own, library) = (of("node"), of("openssl"));
        let versions = [("node", own.as_str()), ("openssl", library.split('+').next().unwrap())];
        served.hold(
            &format!("node {own}"),
            &policy_of_node(&versions),
            &served.ask(Path::new("node"), "ask_chains.js"),
        );
    }
    if optional("ruby") {
        let library = word("ruby", &["-ropenssl", "-e", "puts OpenSSL::OPENSSL_LIBRARY_VERSION"], 1);
        let policy = policy(&openssl_programs::RUBY, &[("openssl", &library)]);
        served.hold(&format!("ruby on {library}"), &policy, &served.ask(Path::new("ruby"), "ask_chains.rb"));
    }
}

/// Node.js has a level of its own.
fn policy_of_node(versions: &[(&'static str, &str)]) -> Policy {
    let components: Vec<_> = versions.iter().map(|(name, text)| (*name, Version::parse(text).unwrap())).collect();
    (node::NODE.policy)(&Parts { components: &components, ..Parts::default() }).unwrap()
}

#[test]
fn random_handshakes_have_the_verdict_of_curl_cffi() {
    let Some(venv) = Venv::new("curl-cffi") else { return };
    let Some(served) = Served::new() else { return };
    let python: PathBuf = venv.python();
    let version = word(python.to_str().unwrap(), &["-c", "import curl_cffi; print(curl_cffi.__version__)"], 0);
    let policy = policy(&boringssl::CURL, &[("curl_cffi", &version)]);
    served.hold(&format!("curl_cffi {version}"), &policy, &served.ask(&python, "ask_chains.py"));
}
