//! What each row says of a made-up Python.

use super::*;
use crate::catalogue::survey::layouts::{SITE, host, packaged, used, uses};
use crate::model::Version;

fn certifi() -> String {
    format!("{SITE}/certifi/cacert.pem")
}

#[test]
fn httpx_passes_over_what_is_missing_before_0_28() {
    let at = |version: &str, set: &[(&str, &str)]| host(packaged(&[("httpx", version)]), set);
    let gone = [("SSL_CERT_FILE", "/gone.pem")];
    assert_eq!(used(&at("0.27.2", &gone), "httpx"), [certifi()]);
    assert!(used(&at("0.28.1", &gone), "httpx").is_empty());
    assert!(uses(&at("0.28.1", &gone), "httpx")[0].refuses().is_some());
    assert_eq!(used(&at("0.28.1", &[("SSL_CERT_FILE", "/corp.pem")]), "httpx"), ["/corp.pem"]);
    let ends = |version| {
        let components = vec![("httpx", Version::parse(version).unwrap()), ("python", Version::parse("3.13").unwrap())];
        (HTTPX.ends)(&Installation { components, ..Installation::default() })
    };
    assert_eq!((ends("0.27.2"), ends("0.28.0")), (Ends::SelfIssued, Ends::AnyCertificate));
}

#[test]
fn httpx2_goes_to_the_system() {
    let files = packaged(&[("httpx2", "2.16.2")]);
    assert_eq!(used(&host(files.clone(), &[]), "httpx2"), ["/usr/lib/ssl/cert.pem"]);
    assert_eq!(used(&host(files.clone(), &[("SSL_CERT_FILE", "/corp.pem")]), "httpx2"), ["/corp.pem"]);
    // An empty variable is none, and the compiled paths stay.
    assert_eq!(used(&host(files.clone(), &[("SSL_CERT_FILE", "")]), "httpx2"), ["/usr/lib/ssl/cert.pem"]);
    let elsewhere =
        packaged(&[("httpx2", "2.16.2")]).with("/usr/lib/ssl/cert.pem", crate::host::memory::Node::Directory);
    assert_eq!(used(&host(elsewhere, &[]), "httpx2"), ["/etc/ssl/certs/ca-certificates.crt"]);
    let ends = |set: &[(&str, &str)]| (HTTPX2.ends)(&uses(&host(files.clone(), set), "httpx2")[0].installation);
    assert_eq!(ends(&[]), Ends::SelfIssued);
}

/// aio-libs/aiohttp#9296.
#[test]
fn aiohttp_says_when_it_asks() {
    let remark = |version: &str| {
        let found = uses(&host(packaged(&[("aiohttp", version)]), &[]), "aiohttp");
        found[0].installation.remarks.clone()
    };
    assert!(remark("3.10.5")[0].contains("at its first request"));
    assert!(remark("3.10.6")[0].contains("when it is imported"));
    assert_eq!(used(&host(packaged(&[("aiohttp", "3.10.6")]), &[]), "aiohttp"), ["/usr/lib/ssl/cert.pem"]);
}

#[test]
fn httplib2_has_three_bundles() {
    let own = "BUILTIN_CA_CERTS = os.path.join(\n    os.path.dirname(os.path.abspath(__file__)), \"cacerts.txt\"\n)\n";
    let debian = "BUILTIN_CA_CERTS = \"/etc/ssl/certs/ca-certificates.crt\"\n";
    let files = packaged(&[("httplib2", "0.32.1")]).file(format!("{SITE}/httplib2/cacerts.txt"), "");
    let with = |code: &str| files.clone().file(format!("{SITE}/httplib2/certs.py"), code);
    assert_eq!(used(&host(with(own), &[]), "httplib2"), [certifi()]);
    assert_eq!(used(&host(with(own), &[("HTTPLIB2_CA_CERTS", "/corp.pem")]), "httplib2"), ["/corp.pem"]);
    for bad in ["", "/gone.pem"] {
        assert!(uses(&host(with(own), &[("HTTPLIB2_CA_CERTS", bad)]), "httplib2")[0].refuses().is_some(), "{bad}");
    }
    let alone = |code: &str| {
        let site = "/home/u/.pyenv/versions/3.11.1/lib/python3.11";
        let files = crate::host::memory::Memory::new()
            .file(format!("{site}/os.py"), "")
            .file("/etc/ssl/certs/ca-certificates.crt", "")
            .file(format!("{site}/site-packages/httplib2/cacerts.txt"), "")
            .file(format!("{site}/site-packages/httplib2/certs.py"), code);
        used(&host(files, &[]), "httplib2")
    };
    assert_eq!(alone(own), ["/home/u/.pyenv/versions/3.11.1/lib/python3.11/site-packages/httplib2/cacerts.txt"]);
    assert_eq!(alone(debian), ["/etc/ssl/certs/ca-certificates.crt"]);
}

#[test]
fn niquests_reads_whole_trees_or_what_is_in_wassima() {
    let files = packaged(&[("niquests", "3.21.2"), ("wassima", "2.1.5")])
        .file(format!("{SITE}/wassima/_os/_embed.py"), "")
        .file("/etc/ssl/private/deep/corp.pem", "");
    let found = used(&host(files.clone(), &[]), "niquests");
    let trees = ["/usr/lib/ssl", "/etc/ssl/certs", "/etc/ssl/private/deep"];
    assert_eq!(found, trees, "{found:?}");
    assert_eq!(used(&host(files, &[("REQUESTS_CA_BUNDLE", "/corp.pem")]), "niquests"), ["/corp.pem"]);
    let bare = crate::host::memory::Memory::new()
        .file("/home/u/.pyenv/versions/3.11.1/lib/python3.11/os.py", "")
        .file("/home/u/.pyenv/versions/3.11.1/lib/python3.11/site-packages/niquests/__init__.py", "")
        .file("/home/u/.pyenv/versions/3.11.1/lib/python3.11/site-packages/wassima/_os/_embed.py", "");
    assert!(used(&host(bare, &[]), "niquests")[0].ends_with("_embed.py"));
}

#[test]
fn curl_cffi_asks_four_variables_and_python() {
    let at = |set: &[(&str, &str)]| used(&host(packaged(&[("curl_cffi", "0.17.0")]), set), "curl-cffi");
    assert_eq!(at(&[]), ["/usr/lib/ssl/cert.pem"]);
    assert_eq!(at(&[("SSL_CERT_FILE", "/corp.pem")]), ["/corp.pem"]);
    assert_eq!(at(&[("SSL_CERT_FILE", "/corp.pem"), ("CURL_CA_BUNDLE", "/other.pem")]), ["/other.pem"]);
    assert_eq!(at(&[("SSL_CERT_FILE", "/gone.pem")]), [certifi()]);
    assert!(at(&[("REQUESTS_CA_BUNDLE", "/gone.pem"), ("SSL_CERT_FILE", "/corp.pem")]).is_empty());
}

/// A libcurl that was configured with a directory has it beside whatever file it is given.
#[test]
fn curl_cffi_has_the_directory_of_its_libcurl_too() {
    let files = packaged(&[("curl_cffi", "0.17.0")]).file(
        format!("{SITE}/curl_cffi/_wrapper.abi3.so"),
        "ELF\0/etc/ssl/certs\0/etc/ssl/certs/ca-certificates.crt\0",
    );
    let at = |set: &[(&str, &str)]| used(&host(files.clone(), set), "curl-cffi");
    assert_eq!(at(&[("SSL_CERT_FILE", "/corp.pem")]), ["/corp.pem", "/etc/ssl/certs"]);
    assert_eq!(at(&[("SSL_CERT_FILE", "/gone.pem")]), [certifi(), "/etc/ssl/certs".to_owned()]);
}

#[test]
fn a_pycurl_with_a_list_takes_the_first_that_is_there() {
    let at = format!("{SITE}/pycurl/_pycurl.cpython-312-x86_64-linux-gnu.so");
    let files = packaged(&[]).file(at, "ELF\0/usr/local/share/certs/ca-root-nss.crt\0");
    assert_eq!(used(&host(files, &[("SSL_CERT_FILE", "/corp.pem")]), "pycurl"), ["/etc/ssl/certs/ca-certificates.crt"]);
}

#[test]
fn pycurl_has_what_its_libcurl_was_built_for() {
    let files = packaged(&[]).file(format!("{SITE}/pycurl.cpython-312-x86_64-linux-gnu.so"), "no ELF");
    let files = files.file(format!("{SITE}/pycurl-7.45.7.dist-info/METADATA"), "");
    let found = uses(&host(files, &[("CURL_CA_BUNDLE", "/corp.pem")]), "pycurl");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].installation.version("pycurl").unwrap().to_string(), "7.45.7");
    // What is no library of libcurl's has no path inside, and no variable is looked at.
    assert!(!found[0].installation.unknown.is_empty());
    assert_eq!(found[0].effective().count(), 0);
}
