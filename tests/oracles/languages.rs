//! Ruby, PHP, Perl, Tcl, R, Erlang, Nim, Haskell and Emacs: which authorities each trusts, asked of
//! servers on the loopback, or which files it opens.

use crate::witness::{Bench, Environment, Stopped, server, which};
use crate::{long, optional, require};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a program in exactly this environment; whether it ended well.
fn succeeds(bench: &Bench, program: &Path, arguments: &[&str], environment: &Environment) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&bench.directory).env_clear().envs(environment.iter().cloned());
    command.output().unwrap().status.success()
}

/// Holds the authorities a, b and c in a case: `before` and the address are the arguments.
fn hold_script(bench: &Bench, client: &str, case: &str, at: &Path, program: &Path, before: &[&str]) {
    bench.hold_trust(client, case, at, &["a", "b", "c"], |url, environment| {
        succeeds(bench, program, &[before, &[url]].concat(), environment)
    });
}

/// The one installation of a client on this machine.
fn the(client: &str, bench: &Bench) -> PathBuf {
    let mut found = which(client, &bench.environment, &bench.directory);
    found.remove(0).at
}

/// A bench with a directory `by-hash` in which OpenSSL finds c, and a file `broken.pem` that begins
/// with a sound certificate.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.hash("c");
    let sound = fs::read_to_string(bench.directory.join("a.pem")).unwrap();
    let broken = sound + "-----BEGIN CERTIFICATE-----\nMAMBAf8=\n-----END CERTIFICATE-----\n";
    fs::write(bench.directory.join("broken.pem"), broken).unwrap();
    bench
}

/// Cases of a client that has OpenSSL's default paths.
const DEFAULT_PATHS: &[&str] = &[
    "",
    "SSL_CERT_FILE=a.pem",
    "SSL_CERT_FILE=",
    "SSL_CERT_FILE=missing.pem",
    "SSL_CERT_FILE=broken.pem",
    "SSL_CERT_DIR=by-hash",
    "SSL_CERT_DIR=hashed",
    "SSL_CERT_DIR=hashed:by-hash",
    "SSL_CERT_DIR=",
    "SSL_CERT_FILE=b.pem SSL_CERT_DIR=by-hash",
];

#[test]
fn ruby_trusts_what_castore_says() {
    if !require("ruby") || !require("openssl") {
        return;
    }
    let bench = bench();
    let ruby = the("ruby", &bench);
    for case in DEFAULT_PATHS {
        hold_script(&bench, "ruby", case, &ruby, &ruby, &["-rnet/http", "-e", "Net::HTTP.get(URI(ARGV[0]))"]);
    }
}

/// Fetches a page as `gem` does.
const GEM: &str = "Gem::RemoteFetcher.fetcher.fetch_path(ARGV[0])";
/// Reaches a source of gems as Bundler does.
const BUNDLER: &str = "remote = Bundler::Source::Rubygems::Remote.new(Bundler::URI(ARGV[0]))
Bundler::Fetcher.new(remote).send(:connection).request(Bundler::URI(ARGV[0]))";

#[test]
fn gem_trusts_what_castore_says() {
    if !require("ruby") || !require("openssl") {
        return;
    }
    let bench = bench();
    let ruby = the("ruby", &bench);
    let below = |name: &str| bench.directory.join(name).display().to_string();
    let hold = |case: &str| {
        hold_script(&bench, "gem", case, &ruby, &ruby, &["-rrubygems/remote_fetcher", "-e", GEM]);
    };
    ["", "SSL_CERT_FILE=a.pem", "SSL_CERT_FILE= SSL_CERT_DIR=", "SSL_CERT_DIR=by-hash"]
        .iter()
        .for_each(|case| hold(case));
    fs::write(bench.directory.join("gemrc"), format!(":ssl_ca_cert: {}\n", below("b.pem"))).unwrap();
    let settings = [
        format!("---\n:ssl_ca_cert: {}\n", below("a.pem")),
        format!(":ssl_ca_cert: \"{}\" # why\n", below("by-hash")),
        format!(":ssl_ca_cert: {}\n", below("missing.pem")),
        format!(":ssl_ca_cert: {}\n", below("broken.pem")),
        ":ssl_ca_cert:\n".to_owned(),
        ":ssl_verify_mode: 0\n".to_owned(),
        ":ssl_verify_mode: 1\n".to_owned(),
    ];
    for setting in settings {
        fs::write(bench.directory.join("home/.gemrc"), setting).unwrap();
        hold("");
        hold("GEMRC=gemrc");
    }
}

#[test]
fn bundler_trusts_what_castore_says() {
    if !require("ruby") || !require("openssl") {
        return;
    }
    let bench = bench();
    let ruby = the("ruby", &bench);
    let below = |name: &str| bench.directory.join(name).display().to_string();
    let hold = |case: &str| {
        hold_script(&bench, "bundler", case, &ruby, &ruby, &["-rbundler", "-rbundler/fetcher", "-e", BUNDLER]);
    };
    let cases = [
        "",
        "SSL_CERT_FILE=a.pem",
        "BUNDLE_SSL_CA_CERT=a.pem",
        "BUNDLE_SSL_CA_CERT=by-hash",
        "BUNDLE_SSL_CA_CERT=missing.pem",
        "BUNDLE_SSL_CA_CERT=",
        "BUNDLE_SSL_VERIFY_MODE==0",
        "BUNDLE_SSL_VERIFY_MODE==1 BUNDLE_SSL_CA_CERT=b.pem",
        "GEMRC=gemrc",
    ];
    fs::write(bench.directory.join("gemrc"), format!(":ssl_ca_cert: {}\n", below("b.pem"))).unwrap();
    cases.iter().for_each(|case| hold(case));
    let config = |name: &str| format!("---\nBUNDLE_SSL_CA_CERT: \"{}\"\n", below(name));
    fs::create_dir(bench.directory.join("home/.bundle")).unwrap();
    fs::write(bench.directory.join("home/.bundle/config"), config("c.pem")).unwrap();
    ["", "BUNDLE_SSL_CA_CERT=a.pem", "GEMRC=gemrc"].iter().for_each(|case| hold(case));
    fs::create_dir(bench.directory.join(".bundle")).unwrap();
    fs::write(bench.directory.join("Gemfile"), "").unwrap();
    fs::write(bench.directory.join(".bundle/config"), config("b.pem")).unwrap();
    ["", "BUNDLE_SSL_CA_CERT=a.pem", "BUNDLE_APP_CONFIG=empty"].iter().for_each(|case| hold(case));
}

const STREAM: &str = "exit(@file_get_contents($argv[1]) === false ? 1 : 0);";
const PHP_CURL: &str = "$c = curl_init($argv[1]); curl_setopt($c, CURLOPT_RETURNTRANSFER, true);
exit(curl_exec($c) === false ? 1 : 0);";

#[test]
fn php_trusts_what_castore_says() {
    if !require("php") || !require("openssl") {
        return;
    }
    let bench = bench();
    let below = |name: &str| bench.directory.join(name).display().to_string();
    let php = the("php", &bench);
    let hold = |case: &str| {
        hold_script(&bench, "php", case, &php, &php, &["-r", STREAM, "--"]);
        hold_script(&bench, "php-curl", case, &php, &php, &["-r", PHP_CURL, "--"]);
    };
    DEFAULT_PATHS.iter().for_each(|case| hold(case));
    fs::create_dir(bench.directory.join("rc")).unwrap();
    fs::create_dir(bench.directory.join("scan")).unwrap();
    let curl = fs::canonicalize("/etc/php").ok().and_then(|_| {
        let mut versions: Vec<_> = fs::read_dir("/etc/php").unwrap().map(|entry| entry.unwrap().path()).collect();
        versions.sort();
        fs::read_to_string(versions.pop()?.join("mods-available/curl.ini")).ok()
    });
    // A case without the usual directory has to load the extension itself.
    let extension = curl.unwrap_or_default();
    let settings = [
        format!("openssl.cafile = {}\n", below("a.pem")),
        format!("openssl.cafile = \"{}\" ; why\n", below("missing.pem")),
        format!("openssl.cafile = {}\n", below("broken.pem")),
        format!("openssl.capath = '{}'\n", below("by-hash")),
        format!("openssl.capath = {}\n", below("missing")),
        format!("openssl.cafile = {}\nopenssl.capath = {}\n", below("b.pem"), below("by-hash")),
        format!("curl.cainfo = {}\n", below("b.pem")),
        format!("curl.cainfo = {}\nopenssl.cafile = {}\n", below("b.pem"), below("a.pem")),
        format!("curl.cainfo = {}\n", below("missing.pem")),
        "openssl.cafile = none\n".to_owned(),
        format!("[PATH=/x]\nopenssl.cafile = {0}\n[PHP]\nopenssl.cafile = {0}\n", below("a.pem")),
        format!("openssl.cafile = ${{HOME}}/../{}\n", "a.pem"),
    ];
    for setting in &settings {
        fs::write(bench.directory.join("rc/php.ini"), setting).unwrap();
        fs::write(bench.directory.join("scan/x.ini"), format!("{extension}\n{setting}")).unwrap();
        hold("PHPRC=rc");
        if long() {
            hold("PHP_INI_SCAN_DIR=scan SSL_CERT_FILE=c.pem");
        }
    }
    fs::write(bench.directory.join("rc/php-cli.ini"), format!("openssl.cafile = {}\n", below("c.pem"))).unwrap();
    hold("PHPRC=rc");
    hold("PHPRC=rc/php.ini");
    hold("PHPRC=rc PHP_INI_SCAN_DIR=:scan");
}

/// Fetches a page as Composer does, with what its own code says of certificates.
const COMPOSER: &str = r#"require "/usr/share/php/Composer/autoload.php";
$io = new Composer\IO\NullIO;
$downloader = Composer\Factory::createHttpDownloader($io, Composer\Factory::createConfig($io));
try { $downloader->get($argv[1]); } catch (Exception $error) { exit(1); }"#;

#[test]
fn composer_trusts_what_castore_says() {
    if !optional("composer") || !require("php") {
        return;
    }
    let bench = bench();
    let below = |name: &str| bench.directory.join(name).display().to_string();
    let (composer, php) = (the("composer", &bench), the("php", &bench));
    let hold = |case: &str| hold_script(&bench, "composer", case, &composer, &php, &["-r", COMPOSER, "--"]);
    let cases = [
        "",
        "COMPOSER_CAFILE=a.pem",
        "COMPOSER_CAFILE=",
        "COMPOSER_CAFILE=missing.pem",
        "COMPOSER_CAPATH=by-hash",
        "COMPOSER_CAPATH=missing",
        "COMPOSER_CAFILE=a.pem COMPOSER_CAPATH=by-hash",
        "SSL_CERT_FILE=a.pem",
        "SSL_CERT_FILE=",
        "SSL_CERT_FILE=missing.pem",
        "SSL_CERT_FILE=missing.pem SSL_CERT_DIR=by-hash",
        "SSL_CERT_DIR=by-hash",
        "COMPOSER_CAFILE=b.pem SSL_CERT_FILE=a.pem",
    ];
    cases.iter().for_each(|case| hold(case));
    fs::create_dir(bench.directory.join("home/.composer")).unwrap();
    let file = bench.directory.join("home/.composer/config.json");
    for (key, value) in [("cafile", "b.pem"), ("cafile", "missing.pem"), ("capath", "by-hash")] {
        fs::write(&file, format!(r#"{{"config": {{"{key}": "{}"}}}}"#, below(value))).unwrap();
        ["", "COMPOSER_CAFILE=a.pem", "COMPOSER_CAFILE=", "SSL_CERT_FILE=a.pem"].iter().for_each(|case| hold(case));
    }
}

const SOCKET: &str = r#"use IO::Socket::SSL; my ($at) = $ARGV[0] =~ m{//(.*)/};
exit(IO::Socket::SSL->new(PeerAddr => $at) ? 0 : 1);"#;
const LWP: &str = "use LWP::UserAgent; exit(LWP::UserAgent->new->get($ARGV[0])->is_success ? 0 : 1);";
/// The server keeps the connection, which it waits for in vain: what counts is why it stops.
const TINY: &str = "use HTTP::Tiny; my $found = HTTP::Tiny->new(timeout => 0.5)->get($ARGV[0]);
exit($found->{content} =~ /SSL|certificate|CA/ ? 1 : 0);";

#[test]
fn perl_trusts_what_castore_says() {
    let modules = ["-MIO::Socket::SSL", "-MLWP::Protocol::https", "-e", "1"];
    if !require("perl") || !require("openssl") {
        return;
    }
    if !Command::new("perl").args(modules).output().unwrap().status.success() {
        return crate::skip("IO::Socket::SSL and LWP::Protocol::https are not here");
    }
    let bench = bench();
    let perl = PathBuf::from("perl");
    let clients = [("perl", SOCKET), ("perl-lwp", LWP), ("perl-http-tiny", TINY)];
    let at = clients.map(|(client, _)| the(client, &bench));
    for ((client, script), at) in clients.iter().zip(&at) {
        // That HTTP::Tiny of this age verifies nothing takes one case to see; each waits for a while.
        let few = *client == "perl-http-tiny" && !long();
        for case in DEFAULT_PATHS.iter().take(if few { 2 } else { usize::MAX }) {
            hold_script(&bench, client, case, at, &perl, &["-e", script]);
        }
    }
    let cases = [
        "PERL_LWP_SSL_CA_FILE=a.pem",
        "PERL_LWP_SSL_CA_FILE=",
        "PERL_LWP_SSL_CA_FILE=missing.pem",
        "PERL_LWP_SSL_CA_FILE=broken.pem",
        "PERL_LWP_SSL_CA_PATH=by-hash",
        "PERL_LWP_SSL_CA_PATH=missing",
        "PERL_LWP_SSL_CA_FILE=a.pem PERL_LWP_SSL_CA_PATH=by-hash",
        "HTTPS_CA_FILE=b.pem",
        "HTTPS_CA_DIR=by-hash",
        "HTTPS_CA_FILE=b.pem PERL_LWP_SSL_CA_FILE=a.pem",
        "PERL_LWP_SSL_VERIFY_HOSTNAME==0",
        "PERL_LWP_SSL_VERIFY_HOSTNAME==0 SSL_CERT_FILE=a.pem",
        "PERL_LWP_SSL_VERIFY_HOSTNAME= SSL_CERT_DIR=by-hash",
        "PERL_LWP_SSL_VERIFY_HOSTNAME==0 PERL_LWP_SSL_CA_FILE=b.pem",
        "PERL_LWP_SSL_VERIFY_HOSTNAME==1 SSL_CERT_FILE=a.pem",
    ];
    for case in cases {
        hold_script(&bench, "perl-lwp", case, &at[1], &perl, &["-e", LWP]);
    }
}

/// Names a file, without which the package trusts nothing.
const TCL: &str = r#"package require tls
regexp {//(.*):(.*)/} [lindex $argv 0] - host port
set socket [tls::socket -require 1 -cafile [lindex $argv 1] $host $port]
exit [catch {tls::handshake $socket}]"#;

#[test]
fn tcl_trusts_what_castore_says() {
    if !require("openssl") {
        return;
    }
    let bench = bench();
    if which("tcl", &bench.environment, &bench.directory).is_empty() {
        return crate::skip("Tcl's tls is not here");
    }
    let at = the("tcl", &bench);
    let script = bench.directory.join("client.tcl");
    fs::write(&script, TCL).unwrap();
    let (script, other) = (script.display().to_string(), bench.directory.join("other.pem"));
    crate::witness::bundle(&other, "other");
    for case in DEFAULT_PATHS {
        bench.hold_trust("tcl", case, &at, &["a", "b", "c"], |url, environment| {
            succeeds(&bench, Path::new("tclsh"), &[&script, url, &other.display().to_string()], environment)
        });
    }
}

/// What lua-http does to make a context, and a handshake with it.
const LUA: &str = r#"local tls, cs = require "http.tls", require "cqueues.socket"
local host, port = arg[1]:match("//(.*):(%d+)/")
local socket = assert(cs.connect(host, tonumber(port)))
local ok = socket:starttls(tls.new_client_context(), 5)
os.exit(ok and true or false)"#;

#[test]
fn lua_http_trusts_what_castore_says() {
    // It has no option that prints its version and ends well.
    let is_here = Path::new("/usr/bin/lua5.3").exists() && Path::new("/usr/share/lua/5.3/http/tls.lua").exists();
    if !is_here && !crate::long() {
        return eprintln!("SKIPPED: lua-http for Lua 5.3 is not here");
    }
    if !is_here {
        return crate::skip("lua-http for Lua 5.3 is not here");
    }
    if !require("openssl") {
        return;
    }
    let bench = bench();
    let at = Path::new("/usr/share/lua/5.3/http/tls.lua");
    let script = bench.directory.join("client.lua");
    fs::write(&script, LUA).unwrap();
    for case in DEFAULT_PATHS {
        hold_script(&bench, "lua-http", case, at, Path::new("lua5.3"), &[&script.display().to_string()]);
    }
}

#[test]
fn r_trusts_what_castore_says() {
    if !optional("R") || !require("openssl") {
        return;
    }
    let bench = bench();
    let at = the("r", &bench);
    let base = r#"download.file(commandArgs(TRUE)[1], tempfile(), method = "libcurl", quiet = TRUE)"#;
    let package = "invisible(curl::curl_fetch_memory(commandArgs(TRUE)[1]))";
    let cases = [
        "",
        "CURL_CA_BUNDLE=a.pem",
        "CURL_CA_BUNDLE=",
        "CURL_CA_BUNDLE=missing.pem",
        "CURL_CA_BUNDLE=broken.pem",
        "SSL_CERT_FILE=a.pem SSL_CERT_DIR=by-hash",
    ];
    let packages = which("r-curl", &bench.environment, &bench.directory);
    for case in cases {
        hold_script(&bench, "r", case, &at, Path::new("Rscript"), &["--vanilla", "-e", base]);
        for found in &packages {
            hold_script(&bench, "r-curl", case, &found.at, Path::new("Rscript"), &["--vanilla", "-e", package]);
        }
    }
}

/// None of these stops because of a store.
const NEVER: Stopped = |_| false;

#[test]
fn erlang_opens_what_castore_says() {
    if !optional("erl") || !require("strace") {
        return;
    }
    let bench = bench();
    let at = the("erlang", &bench);
    let get = "public_key:cacerts_get(), halt().";
    for case in ["", "SSL_CERT_FILE=a.pem SSL_CERT_DIR=by-hash", "ERL_AFLAGS==-noinput"] {
        bench.hold("erlang", case, &at, &at, &["-noshell", "-eval", get], NEVER);
    }
}

#[test]
fn emacs_opens_what_castore_says() {
    if !optional("emacs") || !require("strace") {
        return;
    }
    let bench = bench();
    let at = the("emacs", &bench);
    let fetch = format!("(ignore-errors (url-retrieve-synchronously \"{}\" t t 3))", server());
    for case in ["", "SSL_CERT_FILE=a.pem SSL_CERT_DIR=by-hash"] {
        bench.hold("emacs", case, &at, &at, &["-Q", "--batch", "--eval", &fetch], NEVER);
    }
}

#[test]
fn nim_opens_what_castore_says() {
    if !optional("nim") || !require("strace") {
        return;
    }
    let bench = bench();
    let source = bench.directory.join("client.nim");
    let text =
        "import httpclient, os\ntry: discard newHttpClient().getContent(paramStr(1))\nexcept CatchableError: discard\n";
    fs::write(&source, text).unwrap();
    let cache = format!("--nimcache:{}", bench.directory.join("cache").display());
    let arguments = ["c", "-d:ssl", "--hints:off", &cache, "client.nim"];
    assert!(succeeds(&bench, Path::new("nim"), &arguments, &bench.environment));
    let url = server();
    for case in ["", "SSL_CERT_FILE=a.pem", "SSL_CERT_DIR=by-hash"] {
        bench.hold("nim", case, Path::new(""), &bench.directory.join("client"), &[&url], NEVER);
    }
}

#[test]
fn haskell_opens_what_castore_says() {
    if !optional("ghc") || !require("strace") {
        return;
    }
    let bench = bench();
    let text = "import System.X509\nimport Data.X509.CertificateStore\nmain = getSystemCertificateStore >>= print . length . listCertificates\n";
    fs::write(bench.directory.join("client.hs"), text).unwrap();
    if !succeeds(&bench, Path::new("ghc"), &["-v0", "client.hs", "-o", "client"], &bench.environment) {
        eprintln!("SKIPPED: x509-system is not here");
        return;
    }
    let cases = [
        "",
        "SSL_CERT_FILE=a.pem",
        "SYSTEM_CERTIFICATE_PATH=a.pem",
        "SYSTEM_CERTIFICATE_PATH=by-hash",
        "SYSTEM_CERTIFICATE_PATH=hashed",
        "SYSTEM_CERTIFICATE_PATH=empty",
        "SYSTEM_CERTIFICATE_PATH=missing",
        "SYSTEM_CERTIFICATE_PATH=",
    ];
    for case in cases {
        bench.hold("haskell", case, Path::new(""), &bench.directory.join("client"), &[], NEVER);
    }
}
