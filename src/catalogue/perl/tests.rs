//! Perl's modules, by their versions and those who package them.

use super::*;
use crate::catalogue::survey::testing::{openssl, says};
use crate::host::memory::Memory;

const SHARE: &str = "/usr/share/perl5";

fn debian() -> Memory {
    Memory::new()
        .file("/usr/bin/perl", "")
        .file(format!("{SHARE}/IO/Socket/SSL.pm"), "")
        .file(format!("{SHARE}/LWP/Protocol/https.pm"), "our $VERSION = '6.10';\n'/etc/ssl/certs/ca-certificates.crt'")
        .file("/usr/share/perl/5.36/HTTP/Tiny.pm", "our $VERSION = '0.080';\n0, # no verification by default")
        .file("/usr/lib/x86_64-linux-gnu/perl5/5.36/auto/Net/SSLeay/SSLeay.so", openssl("/usr/lib/ssl"))
        .file("/usr/lib/ssl/cert.pem", "-----BEGIN CERTIFICATE-----")
        .file("/usr/lib/ssl/certs/x", "")
        .file("/etc/ssl/certs/ca-certificates.crt", "")
        .file("/a.pem", "")
}

#[test]
fn a_partial_chain_is_enough_since_2_062() {
    let perl = |socket: &str, openssl: &str| {
        let parts = [("io-socket-ssl", socket), ("openssl", openssl)];
        let components = parts.map(|(name, version)| (name, Version::parse(version).unwrap())).to_vec();
        ends(&Installation { components, ..Installation::default() })
    };
    assert_eq!(perl("2.081", "3.0.19"), Ends::AnyCertificate);
    assert_eq!(perl("2.061", "3.0.19"), Ends::SelfIssued);
    assert_eq!(perl("2.081", "1.0.2"), Ends::SelfIssued);
}

#[test]
fn io_socket_ssl_joins_openssls_halves() {
    let at = format!("{SHARE}/IO/Socket/SSL.pm");
    assert_eq!(says(&debian(), &[], "perl"), [format!("{at}: /usr/lib/ssl/cert.pem /usr/lib/ssl/certs")]);
    let found = says(&debian(), &[("SSL_CERT_FILE", "/a.pem"), ("SSL_CERT_DIR", "")], "perl");
    assert_eq!(found, [format!("{at}: /a.pem /usr/lib/ssl/certs")]);
}

#[test]
fn mozilla_ca_is_for_a_perl_whose_openssl_has_nothing() {
    let mozilla = |files: Memory| {
        let bundle = format!("{SHARE}/Mozilla/CA/cacert.pem");
        files.file(format!("{SHARE}/Mozilla/CA.pm"), "").file(bundle, "")
    };
    let found = says(&mozilla(debian()), &[], "perl");
    assert!(!found[0].contains("Mozilla"), "{found:?}");
    let found = says(&mozilla(debian()).file("/usr/lib/ssl/cert.pem", "nothing"), &[], "perl");
    assert!(found[0].ends_with("/Mozilla/CA/cacert.pem"), "{found:?}");
    let found = says(&mozilla(debian()), &[], "perl-mozilla-ca");
    assert_eq!(found, ["/usr/share/perl5/Mozilla/CA.pm: /usr/share/perl5/Mozilla/CA/cacert.pem"]);
}

fn lwp(files: &Memory, environment: &[(&str, &str)]) -> String {
    let found = says(files, environment, "perl-lwp").remove(0);
    found.strip_prefix("/usr/share/perl5/LWP/Protocol/https.pm:").unwrap().trim().to_owned()
}

#[test]
fn debians_lwp_goes_to_one_file_and_is_not_turned_off() {
    let bundle = "/etc/ssl/certs/ca-certificates.crt";
    assert_eq!(lwp(&debian(), &[("SSL_CERT_FILE", "/a.pem")]), bundle);
    assert_eq!(lwp(&debian(), &[("PERL_LWP_SSL_CA_FILE", "/a.pem")]), "/a.pem");
    assert_eq!(lwp(&debian(), &[("PERL_LWP_SSL_CA_FILE", "0")]), bundle);
    assert_eq!(lwp(&debian(), &[("PERL_LWP_SSL_CA_FILE", ""), ("HTTPS_CA_FILE", "/gone")]), "stops");
    let socket = "/usr/lib/ssl/cert.pem /usr/lib/ssl/certs";
    assert_eq!(lwp(&debian(), &[("PERL_LWP_SSL_VERIFY_HOSTNAME", "0")]), socket);
}

#[test]
fn upstreams_lwp_changed_in_6_11() {
    let with =
        |version: &str| debian().file(format!("{SHARE}/LWP/Protocol/https.pm"), format!("our $VERSION = '{version}';"));
    let off = [("PERL_LWP_SSL_VERIFY_HOSTNAME", "0")];
    assert_eq!(lwp(&with("6.10"), &off), "off");
    assert_eq!(lwp(&with("6.11"), &off), "/usr/lib/ssl/cert.pem /usr/lib/ssl/certs");
    assert_eq!(lwp(&with("6.11"), &[]), "/usr/lib/ssl/cert.pem /usr/lib/ssl/certs");
    assert_eq!(lwp(&with("6.10"), &[("HTTPS_CA_FILE", "/a.pem")]), "/a.pem off");
}

#[test]
fn http_tiny_verifies_since_0_083() {
    let tiny = |version: &str, environment: &[(&str, &str)]| {
        let file = "/usr/share/perl/5.36/HTTP/Tiny.pm";
        let files = debian().file(file, format!("our $VERSION = '{version}';"));
        says(&files, environment, "perl-http-tiny").remove(0).strip_prefix(file).unwrap().to_owned()
    };
    assert_eq!(tiny("0.080", &[]), ": off");
    assert_eq!(tiny("0.083", &[]), ": /etc/ssl/certs/ca-certificates.crt");
    assert_eq!(tiny("0.083", &[("SSL_CERT_FILE", "/a.pem")]), ": /a.pem");
    assert_eq!(tiny("0.083", &[("SSL_CERT_FILE", "/gone.pem")]), ": stops");
    assert_eq!(tiny("0.090", &[]), ": /usr/lib/ssl/cert.pem /usr/lib/ssl/certs");
    let insecure = |value| [("PERL_HTTP_TINY_SSL_INSECURE_BY_DEFAULT", value)];
    assert!(tiny("0.090", &insecure("1")).ends_with(" off"));
    assert!(!tiny("0.090", &insecure("yes")).ends_with(" off"));
}

#[test]
fn a_perl_of_perlbrew_has_its_modules_below_its_prefix() {
    let home = "/home/u/perl5/perlbrew/perls/perl-5.40.0";
    let files = Memory::new()
        .file(format!("{home}/bin/perl"), "")
        .file(format!("{home}/lib/site_perl/5.40.0/IO/Socket/SSL.pm"), "")
        .file(format!("{home}/lib/site_perl/5.40.0/x86_64-linux/auto/Net/SSLeay/SSLeay.so"), openssl("/opt/ssl"))
        .file("/opt/ssl/cert.pem", "");
    let found = says(&files, &[("PATH", &format!("{home}/bin"))], "perl");
    assert_eq!(found, [format!("{home}/lib/site_perl/5.40.0/IO/Socket/SSL.pm: /opt/ssl/cert.pem")]);
}
