//! Python's HTTP clients in the versions whose trust differs, each in an environment of its own.

use crate::environments::Venv;
use crate::python;
use crate::witness::{Bench, server, which, which_at};
use crate::{matrix, require};
use std::collections::BTreeSet;
use std::path::Path;

const GET_REQUESTS: &str = "import sys, requests; requests.get(sys.argv[1])";
const GET_HTTPX: &str = "import sys, httpx; httpx.get(sys.argv[1])";
const GET_URLLIB: &str = "import sys\ntry: from urllib.request import urlopen\nexcept ImportError: from urllib2 import urlopen\nurlopen(sys.argv[1])";
const GET_URLLIB3: &str = "import sys, urllib3; urllib3.PoolManager().request('GET', sys.argv[1], retries=False)";
const GET_HTTPLIB2: &str = "import sys, httplib2; httplib2.Http(timeout=9).request(sys.argv[1])";
const GET_TRUSTSTORE: &str = "
import sys, ssl, truststore, urllib.request as request
request.urlopen(sys.argv[1], context=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT))";
const LOAD_PYOPENSSL: &str =
    "from OpenSSL import SSL\ncontext = SSL.Context(SSL.TLS_CLIENT_METHOD)\ncontext.set_default_verify_paths()";
const GET_AIOHTTP: &str = "
import sys, asyncio, aiohttp
async def main():
    async with aiohttp.ClientSession() as session:
        async with session.get(sys.argv[1]): pass
asyncio.run(main())";

/// What OpenSSL's two variables can be.
const OPENSSL: &[&str] = &[
    "",
    "SSL_CERT_FILE=a.pem",
    "SSL_CERT_FILE=",
    "SSL_CERT_FILE=missing.pem",
    "SSL_CERT_DIR=hashed",
    "SSL_CERT_FILE=b.pem SSL_CERT_DIR=hashed",
    "SSL_CERT_FILE= SSL_CERT_DIR=",
];

/// What the variables of requests can be.
const REQUESTS: &[&str] = &[
    "",
    "REQUESTS_CA_BUNDLE=a.pem",
    "CURL_CA_BUNDLE=b.pem",
    "REQUESTS_CA_BUNDLE=a.pem CURL_CA_BUNDLE=b.pem",
    "REQUESTS_CA_BUNDLE= CURL_CA_BUNDLE=b.pem",
    "SSL_CERT_FILE=a.pem",
];

/// aio-libs/aiohttp#9296: the variable that a program sets itself counts if the context is made later.
#[test]
fn aiohttp_3_10_5_against_3_10_6() {
    for (name, counts) in [("aiohttp-3.10.5", true), ("aiohttp-3.10.6", false)] {
        let Some(venv) = Venv::new(name) else { continue };
        venv.script_trusts("aiohttp", OPENSSL, GET_AIOHTTP);
        let late = format!("import os, aiohttp\nos.environ['SSL_CERT_FILE'] = '{}'{GET_AIOHTTP}", venv.path("a.pem"));
        let environment = venv.bench.case("");
        let told = which_at("aiohttp", &venv.at, &environment, &venv.bench.directory);
        let remark = told.report["remarks"][0].as_str().unwrap().to_owned();
        let says = remark.contains("at its first request");
        let served = venv.bench.serve("a");
        let does = venv.run(&venv.python(), &["-c", &late, &served.url], &environment).is_ok();
        assert_eq!(does, counts, "{name}");
        let outcome = (says == does).then_some(()).ok_or_else(|| format!("castore: {remark}; it counts: {does}"));
        matrix::agree("aiohttp", &format!("{name}: SSL_CERT_FILE set after the import"), outcome);
    }
}

/// requests and httpx go to certifi, aiohttp to the system, beside one another.
#[test]
fn certifi_against_the_system_in_one_environment() {
    for name in ["requests-3.8", "requests-3.13"] {
        let Some(venv) = Venv::new(name) else { continue };
        let cases =
            ["", "SSL_CERT_FILE=a.pem", "REQUESTS_CA_BUNDLE=a.pem", "SSL_CERT_FILE=a.pem REQUESTS_CA_BUNDLE=b.pem"];
        venv.script_trusts("requests", &cases, GET_REQUESTS);
        venv.script_trusts("httpx", &cases, GET_HTTPX);
        venv.script_trusts("aiohttp", &cases, GET_AIOHTTP);
        let url = server();
        let caught =
            |import: &str, get: &str| format!("import {import}\ntry: {get}\nexcept {import}.TransportError: pass");
        venv.script_opens("httpx", &[""], &caught("httpx", &format!("httpx.get('{url}')")));
        venv.script_opens("aiohttp", &[""], "import aiohttp");
    }
}

/// One machine, three interpreters, and the same variable.
#[test]
fn python_3_8_against_3_11_against_3_13() {
    if !require("python3") {
        return;
    }
    let bench = Bench::new();
    let mut environment = bench.environment.clone();
    environment.retain(|(name, _)| name != "HOME");
    environment.extend(std::env::var("HOME").map(|home| ("HOME".to_owned(), home)));
    for python in which("python", &environment, &bench.directory) {
        let version = python.version("python").unwrap();
        let wanted: &[&'static str] = &["2.7", "3.6", "3.8", "3.11", "3.13", "3.14"];
        let Some(name) = wanted.iter().find(|minor| version.starts_with(&format!("{minor}."))) else { continue };
        // A prefix holds one environment or several versions; those of version managers hold one.
        let prefix = python.at.ancestors().nth(2).unwrap();
        if prefix == Path::new("/usr") || prefix == Path::new("/usr/local") || prefix == Path::new("/") {
            continue;
        }
        let mut venv = Venv::of(name, prefix.to_path_buf());
        venv.bench.environment.retain(|(name, _)| name != "VIRTUAL_ENV");
        venv.bench.environment.push(("CONDA_PREFIX".to_owned(), prefix.display().to_string()));
        venv.trusts("python", OPENSSL, |url, environment| {
            venv.run(&python.at, &["-S", "-c", GET_URLLIB, url], environment).is_ok()
        });
        if *name == "2.7" {
            venv.trusts("python", &["PYTHONHTTPSVERIFY==0", "PYTHONHTTPSVERIFY==1"], |url, environment| {
                venv.run(&python.at, &["-S", "-c", GET_URLLIB, url], environment).is_ok()
            });
        }
    }
}

/// 2024.7.4 dropped GLOBALTRUST 2020.
#[test]
fn an_upgrade_of_certifi_dropped_a_root() {
    let (Some(old), Some(new)) = (Venv::new("certifi-2024.6.2"), Venv::new("certifi-2024.7.4")) else { return };
    let anchors =
        |venv: &Venv, client| crate::witness::anchors_at(client, &venv.at, &venv.bench.case(""), &venv.bench.directory);
    let fingerprints = "
import ssl, hashlib, certifi
context = ssl.create_default_context(cafile=certifi.where())
print('\\n'.join(hashlib.sha256(der).hexdigest() for der in context.get_ca_certs(True)))";
    for venv in [&old, &new] {
        let text = venv.run(&venv.python(), &["-c", fingerprints], &venv.bench.case("")).unwrap();
        let loaded: BTreeSet<String> = text.lines().map(str::to_owned).collect();
        let said = anchors(venv, "certifi").iter().map(|print| print.replace(':', "").to_lowercase()).collect();
        let outcome = (loaded == said).then_some(()).ok_or_else(|| format!("{} and {}", loaded.len(), said.len()));
        matrix::agree("certifi", &format!("the roots of {}", venv.at.file_name().unwrap().display()), outcome);
    }
    let dropped: Vec<String> = anchors(&old, "requests").difference(&anchors(&new, "requests")).cloned().collect();
    let one = (dropped.len() == 1).then_some(()).ok_or_else(|| format!("{dropped:?}"));
    matrix::agree("requests", "an upgrade of certifi that dropped a root", one);
}

#[test]
fn httpx_0_27_against_0_28() {
    let mut cases = OPENSSL.to_vec();
    cases.extend([
        "SSL_CERT_FILE=empty",
        "SSL_CERT_DIR=empty:hashed",
        "SSL_CERT_DIR=missing",
        "REQUESTS_CA_BUNDLE=a.pem",
    ]);
    for name in ["httpx-0.27", "httpx-0.28"] {
        let Some(venv) = Venv::new(name) else { continue };
        venv.script_opens("httpx", &cases, "import httpx\nhttpx.Client()");
        venv.script_trusts("httpx", &cases, GET_HTTPX);
    }
}

#[test]
fn urllib3_2_3_against_2_4() {
    for name in ["urllib3-2.3", "urllib3-2.4"] {
        let Some(venv) = Venv::new(name) else { continue };
        venv.script_trusts("urllib3", OPENSSL, GET_URLLIB3);
        venv.script_trusts("requests", REQUESTS, GET_REQUESTS);
    }
}

#[test]
fn truststore_trusts_what_castore_says() {
    let Some(venv) = Venv::new("truststore") else { return };
    venv.script_trusts("truststore", OPENSSL, GET_TRUSTSTORE);
    venv.script_trusts("truststore", &["SSL_CERT_FILE=missing.pem SSL_CERT_DIR=empty"], GET_TRUSTSTORE);
}

/// Beneath `ssl` it counts for everybody, beside what each loads.
#[test]
fn pip_system_certs_is_beneath_everything() {
    let Some(venv) = Venv::new("system-certs") else { return };
    let mut cases = REQUESTS.to_vec();
    cases.extend(["SSL_CERT_FILE=a.pem REQUESTS_CA_BUNDLE=b.pem", "SSL_CERT_FILE=missing.pem SSL_CERT_DIR=empty"]);
    venv.script_trusts("requests", &cases, GET_REQUESTS);
    venv.script_trusts("httpx", OPENSSL, GET_HTTPX);
    venv.script_trusts("aiohttp", OPENSSL, GET_AIOHTTP);
    venv.script_trusts("python", OPENSSL, GET_URLLIB);
}

#[test]
fn pyopenssl_opens_what_castore_says() {
    let Some(venv) = Venv::new("pyopenssl") else { return };
    venv.script_opens("pyopenssl", OPENSSL, LOAD_PYOPENSSL);
    let get = format!(
        "{LOAD_PYOPENSSL}
import sys, socket
context.set_verify(SSL.VERIFY_PEER)
host, port = sys.argv[1].split('/')[2].split(':')
connection = SSL.Connection(context, socket.create_connection((host, int(port))))
connection.set_connect_state()
connection.do_handshake()"
    );
    venv.script_trusts("pyopenssl", OPENSSL, &get);
}

#[test]
fn httplib2_opens_what_castore_says() {
    let cases =
        ["", "HTTPLIB2_CA_CERTS=a.pem", "HTTPLIB2_CA_CERTS=", "HTTPLIB2_CA_CERTS=missing.pem", "SSL_CERT_FILE=b.pem"];
    for name in ["httplib2", "httplib2-certifi"] {
        let Some(venv) = Venv::new(name) else { continue };
        venv.script_trusts("httplib2", &cases, GET_HTTPLIB2);
        let quiet =
            format!("import httplib2\ntry: httplib2.Http(timeout=9).request('{}')\nexcept OSError: pass", server());
        venv.script_opens("httplib2", &cases, &quiet);
    }
}

#[test]
fn niquests_trusts_what_castore_says() {
    let Some(venv) = Venv::new("niquests") else { return };
    let mut cases = REQUESTS.to_vec();
    cases.extend(["REQUESTS_CA_BUNDLE=missing.pem", "SSL_CERT_DIR=hashed"]);
    venv.script_trusts("niquests", &cases, "import sys, niquests; niquests.get(sys.argv[1])");
}

#[test]
fn httpx2_trusts_what_castore_says() {
    let Some(venv) = Venv::new("httpx2") else { return };
    venv.script_opens("httpx2", OPENSSL, "import httpx2\nhttpx2.Client()");
    venv.script_trusts("httpx2", OPENSSL, "import sys, httpx2; httpx2.get(sys.argv[1])");
}

#[test]
fn curl_cffi_trusts_what_castore_says() {
    let Some(venv) = Venv::new("curl-cffi") else { return };
    let mut cases = OPENSSL.to_vec();
    cases.extend(REQUESTS);
    cases.extend(["REQUESTS_CA_BUNDLE=missing.pem", "SSL_CERT_FILE=a.pem CURL_CA_BUNDLE=b.pem"]);
    venv.script_trusts("curl-cffi", &cases, "import sys; from curl_cffi import requests; requests.get(sys.argv[1])");
}

#[test]
fn pycurl_trusts_what_castore_says() {
    let Some(venv) = Venv::new("pycurl") else { return };
    let get = "
import sys, io, pycurl
curl = pycurl.Curl()
curl.setopt(curl.URL, sys.argv[1])
curl.setopt(curl.WRITEDATA, io.BytesIO())
curl.perform()";
    venv.script_trusts("pycurl", &["", "CURL_CA_BUNDLE=a.pem", "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed"], get);
}

#[test]
fn pypy_trusts_what_castore_says() {
    let program = Path::new("/usr/bin/pypy3");
    if !program.exists() {
        eprintln!("SKIPPED: pypy3 is not here");
        return;
    }
    let real = std::fs::canonicalize(program).unwrap();
    let mut venv = Venv::of("pypy3", real.ancestors().nth(2).unwrap().to_path_buf());
    venv.bench.environment.retain(|(name, _)| name != "VIRTUAL_ENV");
    let found = which("python", &venv.bench.environment, &venv.bench.directory);
    let pypy = found.iter().find(|python| python.at.to_string_lossy().contains("pypy"));
    venv.at = pypy.unwrap_or_else(|| panic!("pypy3 is not found: {found:#?}")).at.clone();
    venv.trusts("python", OPENSSL, |url, environment| venv.run(program, &["-c", GET_URLLIB, url], environment).is_ok());
}

/// What is cheap to have, in the environment of `.ci/run`.
#[test]
fn packages_beside_one_another_trust_what_castore_says() {
    let Some(venv) = python::venv() else { return };
    let venv = Venv::of("venv", venv);
    venv.script_trusts("python", OPENSSL, GET_URLLIB);
    let one = ["SSL_CERT_FILE=a.pem"];
    venv.script_trusts("urllib3", &one, GET_URLLIB3);
    venv.script_trusts("truststore", &one, GET_TRUSTSTORE);
    venv.script_trusts("httplib2", &["HTTPLIB2_CA_CERTS=a.pem", "SSL_CERT_FILE=b.pem"], GET_HTTPLIB2);
    venv.script_opens("pyopenssl", OPENSSL, LOAD_PYOPENSSL);
}
