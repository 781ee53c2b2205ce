//! Subversion, lftp, aria2, redis-cli, msmtp and fetchmail: which authorities each trusts, asked of servers on the
//! loopback.

use crate::optional;
use crate::witness::{Bench, Environment, which};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a program says that is given a few seconds, and whether it ended well.
fn run(bench: &Bench, program: &str, arguments: &[&str], environment: &Environment) -> (String, bool) {
    let mut command = Command::new("timeout");
    command.arg("5").arg(program).args(arguments).current_dir(&bench.directory);
    let output = command.env_clear().envs(environment.iter().cloned()).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (text, output.status.success())
}

/// A bench with a directory `by-hash` in which OpenSSL finds c, and bundles of two.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.hash("c");
    let read = |name: &str| fs::read_to_string(bench.directory.join(name)).unwrap();
    fs::write(bench.directory.join("ab.pem"), read("a.pem") + &read("b.pem")).unwrap();
    bench
}

fn the(client: &str, bench: &Bench) -> PathBuf {
    which(client, &bench.environment, &bench.directory).remove(0).at
}

const NAMES: &[&str] = &["a", "b", "c"];

#[test]
fn svn_trusts_what_castore_says() {
    if !optional("svn") {
        return;
    }
    let bench = bench();
    let at = the("svn", &bench);
    let hold = |name: &str, case: &str| {
        bench.hold_trust_named("svn", &format!("{name} {case}"), case, &at, NAMES, |url, environment| {
            let (said, _) = run(&bench, "svn", &["ls", "--non-interactive", url], environment);
            !["E230001", "E125009"].iter().any(|refused| said.contains(refused))
        });
    };
    let cases = ["", "SSL_CERT_FILE=a.pem", "SSL_CERT_DIR=by-hash", "SSL_CERT_FILE=missing.pem"];
    cases.iter().for_each(|case| hold("", case));
    fs::create_dir_all(bench.directory.join("home/.subversion")).unwrap();
    let below = |name: &str| bench.directory.join(name).display().to_string();
    let settings = [
        format!("ssl-authority-files = {}", below("a.pem")),
        format!("ssl-authority-files = {};{}", below("a.pem"), below("c.pem")),
        format!("ssl-authority-files = {}", below("ab.pem")),
        format!("ssl-authority-files = {};{}", below("missing.pem"), below("a.pem")),
        format!("ssl-authority-files = {}\nssl-trust-default-ca = no", below("a.pem")),
        "ssl-trust-default-ca = off".to_owned(),
        "ssl-trust-default-ca = perhaps".to_owned(),
    ];
    for setting in &settings {
        fs::write(bench.directory.join("home/.subversion/servers"), format!("[global]\n{setting}\n")).unwrap();
        ["", "SSL_CERT_FILE=b.pem"].iter().for_each(|case| hold(setting, case));
    }
}

#[test]
fn lftp_and_aria2_trust_what_castore_says() {
    let bench = bench();
    let below = |name: &str| bench.directory.join(name).display().to_string();
    let hold = |client: &str, name: &str, fetch: &dyn Fn(&str, &Environment) -> bool| {
        let at = the(client, &bench);
        for case in ["", "SSL_CERT_FILE=b.pem"] {
            bench.hold_trust_named(client, &format!("{name} {case}"), case, &at, NAMES, fetch);
        }
    };
    if optional("lftp") {
        let fetch = |url: &str, environment: &Environment| {
            let commands = format!("set net:max-retries 1; set net:timeout 3; cat {url}");
            run(&bench, "lftp", &["-c", &commands], environment).1
        };
        let settings = [
            String::new(),
            format!("set ssl:ca-file {}\n", below("a.pem")),
            format!("set net:timeout 2; set ca-file \"{}\"\n", below("ab.pem")),
            format!("set ssl:ca-file {}\n", below("missing.pem")),
            format!("set ssl:ca-file/localhost {}\n", below("a.pem")),
            "set ssl:verify-certificate no\n".to_owned(),
        ];
        for setting in &settings {
            fs::write(bench.directory.join("home/.lftprc"), setting).unwrap();
            hold("lftp", setting, &fetch);
        }
    }
    if optional("aria2c") {
        let fetch = |url: &str, environment: &Environment| {
            run(&bench, "aria2c", &["-d", "empty", "-o", "x", "--allow-overwrite=true", url], environment).1
        };
        fs::create_dir(bench.directory.join("home/.aria2")).unwrap();
        let settings = [
            String::new(),
            format!("ca-certificate={}\n", below("a.pem")),
            format!("ca-certificate={}\n", below("ab.pem")),
            format!("ca-certificate={}\n", below("missing.pem")),
            "check-certificate=false\n".to_owned(),
        ];
        for setting in &settings {
            fs::write(bench.directory.join("home/.aria2/aria2.conf"), setting).unwrap();
            hold("aria2", setting, &fetch);
        }
    }
}

#[test]
fn redis_cli_trusts_what_castore_says() {
    if !optional("redis-cli") {
        return;
    }
    let bench = bench();
    let at = the("redis-cli", &bench);
    let cases = [
        "",
        "SSL_CERT_FILE=a.pem",
        "SSL_CERT_FILE=",
        "SSL_CERT_DIR=by-hash",
        "SSL_CERT_FILE=b.pem SSL_CERT_DIR=by-hash",
        "SSL_CERT_FILE=missing.pem",
    ];
    for case in cases {
        bench.hold_trust("redis-cli", case, &at, NAMES, |url, environment| {
            let port = url.trim_end_matches('/').rsplit(':').next().unwrap();
            let arguments = ["--tls", "-h", "localhost", "-p", port, "ping"];
            !run(&bench, "redis-cli", &arguments, environment).0.contains("certificate verify failed")
        });
    }
}

/// Writes a file of settings that no other account can read, which programs of mail ask for.
fn secret(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn programs_of_mail_trust_what_castore_says() {
    let bench = bench();
    let below = |name: &str| bench.directory.join(name).display().to_string();
    let port = |url: &str| url.trim_end_matches('/').rsplit(':').next().unwrap().to_owned();
    if optional("msmtp") {
        let at = the("msmtp", &bench);
        let settings = [
            String::new(),
            "tls_trust_file system".to_owned(),
            format!("tls_trust_file {}", below("a.pem")),
            format!("tls_trust_file \"{}\"", below("ab.pem")),
            format!("tls_trust_file {}", below("missing.pem")),
            "tls_trust_file".to_owned(),
            "tls_certcheck off".to_owned(),
        ];
        let file = bench.directory.join("home/.msmtprc");
        let text = |setting: &str, port: &str| {
            format!(
                "account default\nhost localhost\nport {port}\nfrom x@y\ntls on\ntls_starttls off\ntimeout 2\n{setting}\n"
            )
        };
        for setting in &settings {
            secret(&file, &text(setting, "1"));
            for case in ["", "SSL_CERT_FILE=b.pem"] {
                let name = format!("{setting} {case}");
                bench.hold_trust_named("msmtp", &name, case, &at, NAMES, |url, environment| {
                    secret(&file, &text(setting, &port(url)));
                    let (said, _) = run(&bench, "msmtp", &["x@y"], environment);
                    !["verification failed", "trust file", "tls requires"].iter().any(|refused| said.contains(refused))
                });
            }
        }
    }
    if Path::new("/usr/bin/fetchmail").exists() {
        let at = the("fetchmail", &bench);
        let settings = [
            String::new(),
            format!("sslcertfile {}", below("a.pem")),
            format!("sslcertpath \"{}\"", below("by-hash")),
            format!("sslcertfile {} sslcertpath {}", below("ab.pem"), below("by-hash")),
            format!("sslcertfile {}", below("missing.pem")),
            "no sslcertck".to_owned(),
        ];
        let file = bench.directory.join("home/.fetchmailrc");
        let text = |setting: &str, port: &str| {
            format!("poll localhost service {port} protocol pop3 timeout 2 user x password y ssl {setting}\n")
        };
        for setting in &settings {
            secret(&file, &text(setting, "1"));
            for case in ["", "SSL_CERT_FILE=b.pem", "SSL_CERT_FILE=b.pem FETCHMAIL_INCLUDE_DEFAULT_X509_CA_CERTS==1"] {
                let name = format!("{setting} {case}");
                bench.hold_trust_named("fetchmail", &name, case, &at, NAMES, |url, environment| {
                    secret(&file, &text(setting, &port(url)));
                    let pid = below("fetchmail.pid");
                    let (said, _) = run(&bench, "fetchmail", &["-N", "--nosyslog", "--pidfile", &pid], environment);
                    !said.contains("SSL connection failed")
                });
            }
        }
    }
}
