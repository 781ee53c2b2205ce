//! `castore why` held against real clients, and what it tells to do done.
//!
//! For every kind of cause a chain is made with its keys and served on the loopback. A client must refuse it
//! exactly where castore says so; then each remedy that castore prints is carried out in a copy of the directory
//! of the case: its commands by a shell, what a server's or an authority's owner does by those who have the keys
//! here; and the client must accept.

mod cases;
mod programs;

use crate::witness::{Environment, bare, with};
use crate::{long, require, skip};
use cases::Case;
use programs::{CLIENTS, Server, accepts, words};
use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn clients_refuse_and_then_accept_as_castore_says() {
    if !require("openssl") || !require("curl") || !require("git") {
        return;
    }
    let mut wrong = Vec::new();
    let mut tally = Tally::default();
    let only = std::env::var("CASTORE_ORACLES_CASE").ok();
    for case in cases::all() {
        if only.as_ref().is_some_and(|only| !case.name.contains(only.as_str())) {
            continue;
        }
        hold(&case, &mut tally, &mut wrong);
    }
    println!("{tally:?}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(only.is_some() || (tally.refused > 0 && tally.mended > 0 && tally.together > 0), "{tally:?}");
}

/// What was held.
#[derive(Debug, Default)]
struct Tally {
    accepted: usize,
    refused: usize,
    mended: usize,
    /// Of those, by several changes.
    together: usize,
}

/// A case in a directory of its own.
struct Bench {
    _temporary: tempfile::TempDir,
    directory: PathBuf,
}

impl Bench {
    fn new(case: &Case) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let directory = fs::canonicalize(temporary.path()).unwrap();
        let write = |name: &str, text: &str| {
            let path = directory.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        };
        write("home/.keep", "");
        write("chain.pem", &case.sent.concat());
        for (name, text) in &case.files {
            match name.split_once("HASH") {
                Some((before, after)) => {
                    write("hashed.pem", text);
                    let mut openssl = Command::new("openssl");
                    openssl.args(["x509", "-noout", "-hash", "-in", "hashed.pem"]).current_dir(&directory);
                    let hash = String::from_utf8(openssl.output().unwrap().stdout).unwrap();
                    fs::remove_file(directory.join("hashed.pem")).unwrap();
                    write(&format!("{before}{}{after}", hash.trim()), text);
                }
                None => write(name, text),
            }
        }
        Self { _temporary: temporary, directory }
    }

    /// Variables, with the freshly built castore as the first of the path.
    fn environment(&self, case: &Case) -> Environment {
        let path = |name: &str| self.directory.join(name).display().to_string();
        let built = Path::new(env!("CARGO_BIN_EXE_castore")).parent().unwrap().display().to_string();
        let all = format!("{built}:{}", std::env::var("PATH").unwrap_or_default());
        let mut environment = with(&bare(), &[("PATH", &all), ("HOME", &path("home"))]);
        for (name, value) in case.variables {
            environment = with(&environment, &[(name, &path(value))]);
        }
        environment
    }

    fn why(&self, case: &Case, environment: &Environment) -> Value {
        let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
        castore.args(["why", "./chain.pem", "--name", case.asked, "--format", "json"]);
        for client in CLIENTS {
            if environment_has(client) {
                castore.args(["--client", client]);
            }
        }
        castore.current_dir(&self.directory).env_clear().envs(environment.iter().cloned());
        let output = castore.output().unwrap();
        assert!(output.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// Whether a client is here: castore refuses to speak of one by name that is not.
fn environment_has(client: &str) -> bool {
    static KNOWN: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
        castore.args(["which", "--format", "json"]).env_clear().envs(bare());
        let report: Value = serde_json::from_slice(&castore.output().unwrap().stdout).unwrap();
        let clients = report["clients"].as_array().unwrap();
        clients.iter().map(|client| client["client"].as_str().unwrap_or_default().to_owned()).collect()
    });
    known.iter().any(|known| known == client)
}

/// Clients that no variable of the cases reaches: they read the system's store, which has no root of a case.
const OF_THE_SYSTEM: &[&str] = &["gnutls-cli", "wget"];

/// What they lack then.
const LACKING: &[&str] = &["issuer-absent", "private-root", "intermediate-not-sent"];

/// Pythons of which a short run leaves out: those that decide as their neighbours.
const ALIKE: &[&str] = &["2.7.", "3.6.", "3.7.", "3.8.", "3.9.", "3.10.", "3.11.7", "3.12."];

/// Whether an installation is one that this run asks.
fn is_asked(client: &Value) -> bool {
    let version = client["versions"][0]["version"].as_str().unwrap_or_default();
    let at = client["at"]["path"].as_str().unwrap_or_default();
    // One that is part of a program of its own is asked by nobody.
    let is_python = client["client"] == "python";
    !at.contains("google-cloud-sdk") && (long() || !is_python || !ALIKE.iter().any(|start| version.starts_with(start)))
}

fn hold(case: &Case, tally: &mut Tally, wrong: &mut Vec<String>) {
    let bench = Bench::new(case);
    let environment = bench.environment(case);
    let report = bench.why(case, &environment);
    let mut servers = Servers::default();
    let mut done: HashMap<String, Result<Applied, Failed>> = HashMap::new();
    let mut refreshed = Vec::new();
    let before = wrong.len();
    let started = std::time::Instant::now();
    for client in report["clients"].as_array().unwrap().iter().filter(|client| is_asked(client)) {
        let says = match client["verdict"].as_str().unwrap() {
            "accepts" => true,
            "refuses" => false,
            _ => continue,
        };
        let (id, at) = (client["client"].as_str().unwrap(), client["at"]["path"].as_str().unwrap_or_default());
        let told = format!("{}: {id} {at}", case.name);
        let port = servers.port(&case.sent, &case.key);
        let (does, said) = accepts(&words(id, Path::new(at), case.asked, &port), &environment, &bench.directory);
        if says != does {
            wrong.push(format!("{told}: castore says that it accepts: {says}; it does: {does}\n{said}\n{client:#}"));
            continue;
        }
        if says {
            tally.accepted += 1;
            continue;
        }
        tally.refused += 1;
        let cause = client["cause"]["id"].as_str().unwrap_or("none");
        let of_the_system = OF_THE_SYSTEM.contains(&id) && LACKING.contains(&cause);
        if !case.causes.contains(&cause) && !of_the_system {
            wrong.push(format!("{told}: expected a cause of {:?}, found {cause}\n{:#}", case.causes, client["cause"]));
        }
        // A root that nobody has is got by nobody.
        let remedies = client["remedies"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_of_owners = |remedy: &&Value| {
            let then = remedy["then"].as_array().map(Vec::as_slice).unwrap_or_default();
            let mut kinds = std::iter::once(*remedy).chain(then).filter_map(|change| change["kind"].as_str());
            kinds.any(|kind| ["send-issuer", "get-issuer"].contains(&kind))
        };
        let (owners, remedies): (Vec<&Value>, Vec<&Value>) = remedies.iter().partition(is_of_owners);
        if remedies.is_empty() && owners.is_empty() {
            wrong.push(format!("{told}: nothing is told\n{:#}", client["cause"]));
        }
        if remedies.is_empty() != case.hopeless && !(of_the_system && remedies.is_empty() && LACKING[0] == cause) {
            wrong.push(format!("{told}: expected no remedy: {}, found {remedies:#?}\n{cause}", case.hopeless));
        }
        for remedy in &remedies {
            let known = done.entry(remedy.to_string()).or_insert_with(|| carried_out(case, remedy, &bench.directory));
            let taken = known.as_ref().map_err(Failed::clone);
            // A refresh of the system's store takes seconds: of those that are told the same, one is enough.
            if taken.as_ref().is_ok_and(|applied| is_of_the_system(&applied.after.script)) && !long() {
                if refreshed.contains(&remedy.to_string()) {
                    continue;
                }
                refreshed.push(remedy.to_string());
            }
            match taken.and_then(|applied| take_again(applied, &mut servers, id, Path::new(at))) {
                Ok(()) => tally.mended += 1,
                // A right of this account is missing and no program.
                Err(Failed::Cannot(why)) if !long() => eprintln!("SKIPPED: {told}: {why}"),
                Err(Failed::Cannot(why)) => skip(&format!("{told}: {why}")),
                Err(Failed::Refuses(said)) => {
                    wrong.push(format!("{told}: refuses after this remedy\n{said}\n{remedy:#}"));
                }
            }
            tally.together += usize::from(remedy["then"].is_array());
        }
    }
    println!("{}: {:.1} s", case.name, started.elapsed().as_secs_f64());
    wrong[before..].iter().for_each(|wrong| println!("{wrong}"));
}

/// Servers by what they send.
#[derive(Default)]
struct Servers(HashMap<Vec<String>, Server>);

impl Servers {
    fn port(&mut self, sent: &[String], key: &str) -> String {
        self.0.entry(sent.to_vec()).or_insert_with(|| Server::new(sent, key)).port.clone()
    }
}

/// Why a remedy did not end in a client that accepts.
#[derive(Debug, Clone)]
enum Failed {
    Refuses(String),
    Cannot(String),
}

/// The world after changes: what the server sends, the name asked for, and what a shell did before.
struct After {
    sent: Vec<String>,
    key: String,
    asked: String,
    script: String,
}

/// What the changes of one remedy made: installations that are told the same share it.
struct Applied {
    bench: Bench,
    environment: Environment,
    after: After,
}

fn carried_out(case: &Case, remedy: &Value, told_in: &Path) -> Result<Applied, Failed> {
    let bench = Bench::new(case);
    let mut environment = bench.environment(case);
    let mut after =
        After { sent: case.sent.clone(), key: case.key.clone(), asked: case.asked.to_owned(), script: String::new() };
    // Names that a mend might think of, and a user thought of first.
    let own = ["root.pem", "bundle.pem"].map(|name| bench.directory.join(name));
    own.iter().for_each(|path| fs::write(path, "a user's own").unwrap());
    let then = remedy["then"].as_array().map(Vec::as_slice).unwrap_or_default();
    for change in std::iter::once(remedy).chain(then) {
        carry_out(case, change, &bench, &mut after).map_err(Failed::Refuses)?;
    }
    // What was told names the directory that castore looked at.
    let (told_in, here) = (told_in.display().to_string(), bench.directory.display().to_string());
    after.script = after.script.replace(&told_in, &here);
    if !after.script.is_empty() && !is_of_the_system(&after.script) {
        let script = format!("set -e\n{}env -0 > variables\n", after.script);
        let (does, said) = accepts(&["sh".into(), "-c".into(), script], &environment, &bench.directory);
        if !does {
            return Err(Failed::Refuses(format!("{said}\n{}", after.script)));
        }
        assert!(own.iter().all(|path| fs::read(path).unwrap() == b"a user's own"), "{}", after.script);
        let variables = fs::read_to_string(bench.directory.join("variables")).unwrap();
        let pairs = variables.split('\0').filter_map(|pair| pair.split_once('='));
        environment = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    }
    Ok(Applied { bench, environment, after })
}

fn is_of_the_system(script: &str) -> bool {
    script.contains("/usr/local/share/ca-certificates")
}

fn take_again(applied: &Applied, servers: &mut Servers, id: &str, at: &Path) -> Result<(), Failed> {
    let Applied { bench, environment, after } = applied;
    let port = servers.port(&after.sent, &after.key);
    let mut client = words(id, at, &after.asked, &port);
    if is_of_the_system(&after.script) {
        if !can_hide_the_system() {
            return Err(Failed::Cannot("the system's store cannot be hidden behind a copy".to_owned()));
        }
        let quoted: Vec<String> = client.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
        let script = format!("{HIDDEN}{}\n{}\n", after.script, quoted.join(" "));
        client = ["unshare", "--mount", "--propagation", "private", "sh", "-c", &script].map(str::to_owned).to_vec();
    }
    let (does, said) = accepts(&client, environment, &bench.directory);
    if does { Ok(()) } else { Err(Failed::Refuses(format!("{said}\n{}", after.script))) }
}

/// Copies in the place of what a refresh of the system's store writes, seen by this shell and its children alone.
const HIDDEN: &str = "
set -e
rm -rf hidden
mkdir -p hidden/added
cp -a /etc/ssl/certs hidden/certs
mount --bind hidden/certs /etc/ssl/certs
mount --bind hidden/added /usr/local/share/ca-certificates
";

fn can_hide_the_system() -> bool {
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--propagation", "private", "sh", "-c", "mount --bind /tmp /tmp"]);
    let is_there = Path::new("/usr/local/share/ca-certificates").is_dir() && Path::new("/etc/ssl/certs").is_dir();
    is_there && unshare.output().is_ok_and(|output| output.status.success())
}

/// Does what one change says.
fn carry_out(case: &Case, change: &Value, bench: &Bench, after: &mut After) -> Result<(), String> {
    let (kind, says) = (change["kind"].as_str().unwrap(), change["says"].as_str().unwrap());
    let named: Vec<&String> = case.all.iter().filter(|pem| says.contains(&format!("({})", &hash(pem)[..8]))).collect();
    match kind {
        "send-intermediate" => {
            let mut order: Vec<_> = named.iter().map(|pem| (says.find(&hash(pem)[..8]), (*pem).clone())).collect();
            order.sort();
            order.dedup();
            after.sent.extend(order.into_iter().map(|(_, pem)| pem));
        }
        "stop-sending" => after.sent.retain(|pem| !named.contains(&pem)),
        "use-name" => {
            let name = says.strip_prefix("connect by ").and_then(|rest| rest.split(',').next());
            after.asked = name.ok_or("no name is told")?.to_owned();
        }
        "renew" | "wait" | "reissue" => {
            let (sent, key, words) = case.mended.as_ref().ok_or("nobody can do that here")?;
            if !says.contains(words) {
                return Err(format!("expected {words:?}, found {says:?}"));
            }
            (after.sent, after.key) = (sent.clone(), key.clone());
            let roots = bench.directory.join("mended/roots.pem");
            if roots.exists() {
                fs::copy(roots, bench.directory.join("roots.pem")).unwrap();
            }
        }
        _ => {
            if let Some((_, owner)) = says.split_once("SHA-256 ") {
                let root = case.all.iter().find(|pem| hash(pem) == owner).ok_or("the owner is not known")?;
                fs::write(bench.directory.join(format!("castore-{}.pem", &owner[..8])), root).unwrap();
            }
            let commands = change["commands"].as_array().ok_or("expected commands, found none")?;
            for command in commands {
                after.script += &format!("{}\n", command.as_str().unwrap());
            }
        }
    }
    Ok(())
}

fn hash(pem: &str) -> String {
    let read = castore::format::pem::read(pem.as_bytes());
    let Some(castore::model::Body::Certificate(der)) = read.entries.into_iter().next().map(|entry| entry.body) else {
        panic!("{pem}");
    };
    crate::fingerprint(&der).to_string()
}
