//! What each row says of a made-up Python.

use super::*;
use crate::catalogue::survey::layouts::{SITE, elf, host, linked, packaged, system, used, uses};
use crate::host::memory::Memory;
use crate::model::Version;

fn ends_of(client: &Client, versions: &[(&'static str, &str)]) -> Ends {
    let components = versions.iter().map(|(name, version)| (*name, Version::parse(version).unwrap())).collect();
    (client.ends)(&Installation { components, ..Installation::default() })
}

#[test]
fn a_partial_chain_is_enough_since_3_13() {
    assert_eq!(ends_of(&PYTHON, &[("python", "3.12.1")]), Ends::SelfIssued);
    assert_eq!(ends_of(&PYTHON, &[("python", "3.13.0")]), Ends::AnyCertificate);
    assert_eq!(ends_of(&TRUSTSTORE_ROW, &[("python", "3.13.0")]), Ends::SelfIssued);
}

#[test]
fn requests_rides_on_its_urllib3() {
    let ends = |version: &str| {
        let files = packaged(&[("requests", "2.32.5"), ("urllib3", version)]);
        let found = uses(&host(files, &[]), "requests");
        let versions: Vec<(&str, String)> =
            found[0].installation.components.iter().map(|(name, version)| (*name, version.to_string())).collect();
        assert!(versions.contains(&("urllib3", version.to_owned())), "{versions:?}");
        ends_of(&REQUESTS, &[("python", "3.13.0"), ("urllib3", version)])
    };
    assert_eq!(ends("2.3.0"), Ends::SelfIssued);
    assert_eq!(ends("2.4.0"), Ends::AnyCertificate);
}

#[test]
fn one_variable_turns_python_2_off_and_no_other() {
    let off = |minor: &str, exact: &str, value: &str| {
        let files = linked(system(), &format!("/home/u/.pyenv/versions/{exact}"), minor);
        uses(&host(files, &[("PYTHONHTTPSVERIFY", value)]), "python")[0].is_off()
    };
    assert!(off("2.7", "2.7.18", "0"));
    assert!(!off("2.7", "2.7.18", "1"));
    assert!(!off("3.12", "3.12.1", "0"));
}

#[test]
fn certifi_is_read_block_by_block_from_where_it_says() {
    assert_eq!(used(&host(packaged(&[("certifi", "2026.1")]), &[]), "certifi"), [format!("{SITE}/certifi/cacert.pem")]);
}

#[test]
fn urllib3_asks_ssl_unless_debian_named_a_bundle() {
    assert_eq!(used(&host(packaged(&[("urllib3", "2.4.0")]), &[]), "urllib3"), ["/usr/lib/ssl/cert.pem"]);
    let site = "/usr/lib/python3/dist-packages";
    let pool = "        ca_certs: str | None = '/etc/ssl/certs/ca-certificates.crt',\n";
    let debian = linked(system(), "/usr", "3.12")
        .file(format!("{site}/urllib3/connectionpool.py"), pool)
        .file("/usr/lib/ssl/cert.pem", "")
        .file("/etc/ssl/certs/ca-certificates.crt", "");
    let set = [("PATH", "/usr/bin"), ("SSL_CERT_FILE", "/usr/lib/ssl/cert.pem")];
    assert_eq!(used(&host(debian, &set), "urllib3"), ["/etc/ssl/certs/ca-certificates.crt"]);
}

#[test]
fn urllib3_future_goes_by_its_own_version() {
    let files = packaged(&[("urllib3", "2.4.0"), ("urllib3_future", "2.25.904")]);
    let found = uses(&host(files, &[]), "urllib3");
    assert!(found[0].installation.version("urllib3").is_none());
    assert_eq!(found[0].installation.version("urllib3-future").unwrap().to_string(), "2.25.904");
}

#[test]
fn truststore_has_openssls_paths_or_the_first_of_its_list() {
    let files = packaged(&[("truststore", "0.10.5")]);
    assert_eq!(used(&host(files.clone(), &[]), "truststore"), ["/usr/lib/ssl/cert.pem"]);
    assert_eq!(used(&host(files.clone(), &[("SSL_CERT_FILE", "/corp.pem")]), "truststore"), ["/corp.pem"]);
    let gone = host(files, &[("SSL_CERT_FILE", "/gone.pem")]);
    assert_eq!(used(&gone, "truststore"), ["/etc/ssl/certs/ca-certificates.crt"]);
}

#[test]
fn pyopenssl_goes_to_a_list_for_the_wheels_of_cryptography() {
    let bundled = |directory: &str| {
        let text = format!("\0OpenSSL 3.5.4 1 Jan 2026\0OPENSSLDIR: \"{directory}\"\0\0");
        let mut module = elf(&[], "");
        module.extend(text.into_bytes());
        // The first segment is the whole file: p_filesz, p_memsz.
        let size = (module.len() as u64).to_le_bytes();
        module[64 + 32..64 + 48].copy_from_slice(&[size, size].concat());
        packaged(&[("OpenSSL", "26.4.0"), ("cryptography", "46.0.0")])
            .file(format!("{SITE}/cryptography/hazmat/bindings/_rust.abi3.so"), module)
            .with("/etc/ssl/certs", crate::host::memory::Node::Directory)
    };
    let wheel = bundled("/opt/pyca/cryptography/openssl");
    let list = ["/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs"];
    assert_eq!(used(&host(wheel.clone(), &[]), "pyopenssl"), list);
    // Either variable, set to anything, puts the list out of use.
    assert!(used(&host(wheel.clone(), &[("SSL_CERT_FILE", "/gone.pem")]), "pyopenssl").is_empty());
    assert_eq!(used(&host(wheel, &[("SSL_CERT_FILE", "/corp.pem")]), "pyopenssl"), ["/corp.pem"]);
    assert_eq!(used(&host(bundled("/usr/lib/ssl"), &[]), "pyopenssl"), ["/usr/lib/ssl/cert.pem"]);
    let without: Memory = packaged(&[("OpenSSL", "26.4.0")]);
    assert_eq!(uses(&host(without, &[]), "pyopenssl")[0].installation.unknown.len(), 1);
}
