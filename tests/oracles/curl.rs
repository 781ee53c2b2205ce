//! curl and libcurl.

use crate::require;
use crate::witness::{Bench, Stopped, server, which};
use std::fs;
use std::path::Path;
use std::process::Command;

/// curl's code for a file of certificates that it cannot use (`CURLE_SSL_CACERT_BADFILE`).
const CURL_STOPPED: Stopped = |seen| seen.output.status.code() == Some(77);

#[test]
fn every_curl_opens_what_castore_says() {
    if !require("curl") || !require("strace") {
        return;
    }
    let bench = Bench::new();
    let url = server();
    let hold = |case: &str| {
        for curl in which("curl", &bench.environment, &bench.directory) {
            bench.hold("curl", case, &curl.at, &curl.at, &["-sS", &url], CURL_STOPPED);
        }
    };
    let cases = [
        "",
        "CURL_CA_BUNDLE=a.pem",
        "CURL_CA_BUNDLE=",
        "CURL_CA_BUNDLE=missing.pem",
        "SSL_CERT_FILE=a.pem",
        "SSL_CERT_FILE=",
        "SSL_CERT_FILE=missing.pem",
        "SSL_CERT_DIR=hashed",
        "SSL_CERT_DIR=missing",
        "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed",
        "SSL_CERT_FILE=a.pem SSL_CERT_DIR=",
        "CURL_CA_BUNDLE=b.pem SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed",
    ];
    cases.iter().for_each(|case| hold(case));
    for case in ["CURL_CA_BUNDLE=a.pem", "SSL_CERT_FILE=b.pem", "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed"] {
        for curl in which("curl", &bench.environment, &bench.directory) {
            bench.hold_trust("curl", case, &curl.at, &["a", "b"], |url, environment| {
                Command::new(&curl.at)
                    .args(["-sS", "-o", "/dev/null", url])
                    .current_dir(&bench.directory)
                    .env_clear()
                    .envs(environment.iter().cloned())
                    .output()
                    .unwrap()
                    .status
                    .success()
            });
        }
    }
    // A curlrc that names either half puts every variable out of use.
    let below = |name: &str| bench.directory.join(name).display().to_string();
    for setting in [
        format!("cacert = {}", below("c.pem")),
        format!("--cacert \"{}\"", below("c.pem")),
        format!("cacert = {}", below("missing.pem")),
        format!("capath {}", below("hashed")),
        format!("capath {}", below("missing")),
    ] {
        fs::write(bench.directory.join("home/.curlrc"), setting + "\n").unwrap();
        hold("CURL_CA_BUNDLE=b.pem");
        hold("SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed");
    }
}

#[test]
fn every_curl_reads_the_curlrc_castore_says() {
    if !require("curl") || !require("strace") {
        return;
    }
    let bench = Bench::new();
    let url = server();
    for directory in ["one", "one/.config", "two"] {
        fs::create_dir(bench.directory.join(directory)).unwrap();
    }
    // The last to count first, each put before the others.
    let files =
        ["one/.config/curlrc", "home/.config/curlrc", "home/.curlrc", "two/.curlrc", "two/curlrc", "one/.curlrc"];
    for (index, file) in files.iter().enumerate() {
        let bundle = bench.directory.join(["a.pem", "b.pem", "c.pem"][index % 3]);
        fs::write(bench.directory.join(file), format!("cacert = {}\n", bundle.display())).unwrap();
        for case in
            ["", "CURL_HOME=one", "XDG_CONFIG_HOME=two", "CURL_HOME=one XDG_CONFIG_HOME=two", "XDG_CONFIG_HOME="]
        {
            for curl in which("curl", &bench.environment, &bench.directory) {
                bench.hold("curl", case, &curl.at, &curl.at, &["-sS", &url], CURL_STOPPED);
            }
        }
    }
}

#[test]
fn curlrc_is_taken_apart_as_curl_does() {
    if !require("curl") || !require("strace") {
        return;
    }
    let bench = Bench::new();
    let url = server();
    let below = |name: &str| bench.directory.join(name).display().to_string();
    fs::copy(bench.directory.join("a.pem"), bench.directory.join("with space.pem")).unwrap();
    let (a, b, spaced) = (below("a.pem"), below("b.pem"), below("with space.pem"));
    for setting in [
        format!("cacert: {a}"),
        format!("cacert {a} # why"),
        format!("  cacert={a}\r"),
        format!("--cacert {a}"),
        format!("cacert = \"{spaced}\""),
        format!("cacert = \"{}\"", spaced.replace(' ', "\\ ")),
        format!("cacert = {spaced}"),
        format!("--cacert={a}"),
        format!("cacert = {a}\ncacert = {b}"),
        format!("# cacert = {a}"),
        "cacert = ~/a.pem".to_owned(),
        format!("ca-cert = {a}"),
        format!("capath = {}\nsilent", below("hashed")),
    ] {
        fs::write(bench.directory.join("home/.curlrc"), format!("{setting}\n")).unwrap();
        for curl in which("curl", &bench.environment, &bench.directory) {
            let case = format!("curlrc: {}", setting.replace(&below(""), ""));
            bench.hold_named("curl", &case, "", &curl.at, &curl.at, &["-sS", &url], CURL_STOPPED);
        }
    }
}

/// Fetches the page at its argument with everything as the library has it.
const PROGRAM: &str = r#"
extern void *curl_easy_init(void);
extern int curl_easy_setopt(void *, int, ...);
extern int curl_easy_perform(void *);
int main(int count, char **words) {
    void *curl = curl_easy_init();
    curl_easy_setopt(curl, 10002, words[1]); /* CURLOPT_URL */
    return curl_easy_perform(curl);
}
"#;

#[test]
fn programs_that_use_libcurl_open_what_castore_says() {
    if !require("strace") || !crate::optional("gcc") {
        return;
    }
    let bench = Bench::new();
    let url = server();
    fs::write(bench.directory.join("program.c"), PROGRAM).unwrap();
    let mut held = 0;
    for library in which("libcurl", &bench.environment, &bench.directory) {
        // NSS goes to a database and a module besides.
        if library.at.display().to_string().contains("nss") {
            continue;
        }
        let program = bench.directory.join(format!("program-{held}"));
        let mut gcc = Command::new("gcc");
        gcc.arg("-o").arg(&program).arg(bench.directory.join("program.c")).arg(&library.at);
        assert!(gcc.status().unwrap().success());
        for case in ["", "CURL_CA_BUNDLE=a.pem", "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed"] {
            bench.hold("libcurl", case, &library.at, Path::new(&program), &[&url], CURL_STOPPED);
        }
        held += 1;
    }
    assert!(held > 0 || !Path::new("/usr/lib/x86_64-linux-gnu/libcurl.so.4").exists());
}
