//! psql and ldapsearch: what they open when they reach a server of TLS on the loopback.

#![allow(clippy::disallowed_types, reason = "clients load what they trust when they reach a server, so there is one")]

use crate::optional;
use crate::witness::{Bench, Stopped, server, which};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

/// A port at which PostgreSQL's request for TLS (SSLRequest, eight octets) is granted, and no more.
fn granting() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { continue };
            drop(connection.set_read_timeout(Some(Duration::from_secs(2))));
            drop(connection.read(&mut [0; 8]).and_then(|_| connection.write_all(b"S")));
            drop(connection.read(&mut [0; 512]));
        }
    });
    port
}

const PSQL_STOPPED: Stopped = |seen| {
    let stops = ["root certificate file", "invalid sslmode value", "definition of service"];
    stops.iter().any(|words| seen.text().contains(words))
};

#[test]
fn psql_opens_what_castore_says() {
    if !optional("psql") || !optional("strace") {
        return;
    }
    let bench = Bench::new();
    let port = granting();
    let connection = format!("host=127.0.0.1 port={port} user=x dbname=x connect_timeout=3");
    let hold = |case: &str| {
        for libpq in which("libpq", &bench.environment, &bench.directory) {
            let program = libpq.report["found_by"].as_str().unwrap().to_owned();
            bench.hold("libpq", case, &libpq.at, Path::new(&program), &["-w", &connection, "-c", "x"], PSQL_STOPPED);
        }
    };
    let cases = [
        "",
        "PGSSLMODE=require",
        "PGSSLMODE=verify-ca",
        "PGSSLMODE=verify-full",
        "PGSSLROOTCERT=a.pem",
        "PGSSLROOTCERT=",
        "PGSSLROOTCERT=missing.pem",
        "PGSSLROOTCERT=missing.pem PGSSLMODE=verify-full",
        "PGSSLROOTCERT=a.pem PGSSLMODE=verify-full",
        "PGSSLROOTCERT=a.pem SSL_CERT_FILE=b.pem SSL_CERT_DIR=hashed",
        "PGSSLROOTCERT=hashed",
        "PGSSLROOTCERT=hashed PGSSLMODE=require",
        "PGSSLROOTCERT=hashed PGSSLMODE=verify-ca",
        "PGSSLROOTCERT=empty.pem PGSSLMODE=require",
        "PGSSLROOTCERT=garbage.pem PGSSLMODE=require",
        "PGSSLROOTCERT=system PGSSLMODE=require",
        "PGSSLROOTCERT=system PGSSLMODE=verify-full",
        "PGSSLMODE=verify_full",
        "PGSERVICE=other",
    ];
    fs::write(bench.directory.join("empty.pem"), "").unwrap();
    fs::write(bench.directory.join("garbage.pem"), "no certificate\n").unwrap();
    cases.iter().for_each(|case| hold(case));
    fs::create_dir(bench.directory.join("home/.postgresql")).unwrap();
    fs::copy(bench.directory.join("c.pem"), bench.directory.join("home/.postgresql/root.crt")).unwrap();
    cases.iter().for_each(|case| hold(case));
    let service = format!("[db]\nsslrootcert={}\n", bench.directory.join("b.pem").display());
    fs::write(bench.directory.join("home/.pg_service.conf"), service).unwrap();
    for case in ["PGSERVICE=db", "PGSERVICE=db PGSSLROOTCERT=a.pem", "PGSERVICE=db PGSSLMODE=verify-ca"] {
        hold(case);
    }
}

const LDAP_STOPPED: Stopped = |_| false;

#[test]
fn ldapsearch_opens_what_castore_says() {
    if !std::path::Path::new("/usr/bin/ldapsearch").exists() || !optional("strace") {
        eprintln!("SKIPPED: ldapsearch is not here");
        return;
    }
    let bench = Bench::new();
    let url = server().replace("https://", "ldaps://");
    let hold = |case: &str| {
        for ldap in which("ldap", &bench.environment, &bench.directory) {
            let arguments = ["-x", "-H", &url, "-o", "nettimeout=3", "-b", "", "-s", "base"];
            bench.hold("ldap", case, &ldap.at, &ldap.at, &arguments, LDAP_STOPPED);
        }
    };
    for case in ["", "LDAPTLS_CACERT=a.pem", "LDAPTLS_CACERT=a.pem LDAPTLS_REQCERT=never", "SSL_CERT_FILE=b.pem"] {
        hold(case);
    }
    let line = |name: &str| format!("TLS_CACERT {}\n", bench.directory.join(name).display());
    fs::write(bench.directory.join("home/.ldaprc"), line("b.pem")).unwrap();
    hold("");
    fs::write(bench.directory.join("ldaprc"), line("c.pem")).unwrap();
    hold("");
    fs::write(bench.directory.join("conf"), line("a.pem")).unwrap();
    for case in ["LDAPCONF=conf", "LDAPCONF=conf LDAPTLS_CACERT=c.pem", "LDAPNOINIT=1"] {
        hold(case);
    }
}
