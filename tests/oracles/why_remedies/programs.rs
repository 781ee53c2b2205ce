//! Real clients that reach a server on the loopback, or do not.

use crate::witness::Environment;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const PYTHON: &str = "
import socket, ssl, sys
context = ssl.create_default_context()
context.wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[2]))), server_hostname=sys.argv[1])";
const REQUESTS: &str = "import sys, requests; requests.get('https://%s:%s/' % tuple(sys.argv[1:]))";
const URLLIB3: &str =
    "import sys, urllib3; urllib3.PoolManager().request('GET', 'https://%s:%s/' % tuple(sys.argv[1:]), retries=False)";
const NODE: &str = "
const [name, port] = process.argv.slice(1);
require('https').get({host: name, port, agent: false}, () => process.exit(0))
  .on('error', error => { console.error(error.code); process.exit(1) })";
const RUBY: &str = "require 'net/http'; Net::HTTP.get(URI('https://%s:%s/' % ARGV))";
const PHP: &str = "exit(file_get_contents('https://' . $argv[1] . ':' . $argv[2] . '/') === false ? 1 : 0);";

/// The clients that can be asked here.
pub const CLIENTS: &[&str] =
    &["python", "requests", "urllib3", "curl", "openssl", "node", "ruby", "php", "gnutls-cli", "wget"];

/// `openssl s_server` with a chain, at a port of its choice; it ends with the test.
pub struct Server {
    child: Child,
    pub port: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    /// Sends these certificates, whatever their strength, and holds the key of the first.
    pub fn new(sent: &[String], key: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
        write("leaf.pem", &sent[0]);
        write("above.pem", &sent[1..].concat());
        write("leaf.key", key);
        let mut openssl = Command::new("openssl");
        openssl.args(["s_server", "-www", "-accept", "127.0.0.1:0", "-cipher", "DEFAULT:@SECLEVEL=0"]);
        openssl.args(["-no-CAfile", "-no-CApath", "-no-CAstore", "-cert", "leaf.pem", "-key", "leaf.key"]);
        if sent.len() > 1 {
            openssl.args(["-cert_chain", "above.pem"]);
        }
        openssl.current_dir(directory.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = openssl.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "openssl s_server: {:?}", child.wait());
            if let Some(port) = line.trim().strip_prefix("ACCEPT 127.0.0.1:") {
                break port.to_owned();
            }
        };
        // Nobody may wait for room in a pipe.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self { child, port }
    }
}

/// The interpreter that imports what lies in a directory of packages.
fn interpreter(package: &Path) -> PathBuf {
    let version = package.ancestors().find_map(|above| {
        let name = above.file_name()?.to_str()?;
        name.strip_prefix("python").filter(|rest| rest.contains('.')).map(|_| (above.to_path_buf(), name.to_owned()))
    });
    let (library, name) = version.unwrap_or_else(|| panic!("{}", package.display()));
    library.ancestors().nth(2).unwrap().join("bin").join(name)
}

/// How the client at `at` is asked whether it takes the server at `port` for `name`.
pub fn words(client: &str, at: &Path, name: &str, port: &str) -> Vec<String> {
    let own = |arguments: &[&str]| -> Vec<String> {
        let program = at.display().to_string();
        [program].into_iter().chain(arguments.iter().map(|&word| word.to_owned())).collect()
    };
    let by = |program: String, arguments: &[&str]| -> Vec<String> {
        [program].into_iter().chain(arguments.iter().map(|&word| word.to_owned())).collect()
    };
    let url = format!("https://{name}:{port}/");
    let python = |script: &str| by(interpreter(at).display().to_string(), &["-c", script, name, port]);
    match client {
        "python" => own(&["-c", PYTHON, name, port]),
        "requests" => python(REQUESTS),
        "urllib3" => python(URLLIB3),
        "curl" => own(&["-sS", "-o", "/dev/null", &url]),
        "openssl" => {
            let server = format!("127.0.0.1:{port}");
            let check = if name.parse::<std::net::IpAddr>().is_ok() { "-verify_ip" } else { "-verify_hostname" };
            by("openssl".to_owned(), &["s_client", "-connect", &server, "-verify_return_error", check, name])
        }
        "node" => own(&["-e", NODE, name, port]),
        "ruby" => own(&["-e", RUBY, name, port]),
        "php" => own(&["-r", PHP, name, port]),
        "gnutls-cli" => own(&["-p", port, name]),
        "wget" => own(&["-q", "-t1", "-O", "/dev/null", &url]),
        other => panic!("{other}"),
    }
}

/// Whether it takes it, and what it said.
pub fn accepts(words: &[String], environment: &Environment, directory: &Path) -> (bool, String) {
    // None takes a hundredth of that; one that waits for ever shall not.
    let mut command = Command::new("timeout");
    command.arg("30").args(words).current_dir(directory).stdin(Stdio::null());
    let output = command.env_clear().envs(environment.iter().cloned()).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), said)
}
