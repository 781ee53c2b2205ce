//! Host names as programs match them themselves, before castore's rules for each: one table of names, asked of the
//! functions that decide.

use crate::{require, skip};
use castore::chain::member::Member;
use castore::chain::name::ServerName;
use castore::format::{pem, x509};
use castore::policy::names::{self, Dot, Matching, Pattern};
use rcgen::string::Ia5String;
use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair, SanType};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// A certificate: its common names, and alternative names by kind.
type Named = (&'static [&'static str], &'static [(&'static str, &'static str)]);

const CERTIFICATES: &[Named] = &[
    (&["a.test"], &[]),
    (&["A.TEST"], &[]),
    (&["a.test."], &[]),
    (&["*.test"], &[]),
    (&["127.0.0.1"], &[]),
    (&["a.test", "b.test"], &[]),
    (&["b.test", "a.test"], &[]),
    (&[], &[]),
    (&["bmp:a.test"], &[]),
    (&["a.test"], &[("dns", "b.test")]),
    (&["a.test"], &[("ip", "192.0.2.1")]),
    (&["a.test"], &[("uri", "https://b.test/")]),
    (&["a.test"], &[("email", "x@b.test")]),
    (&["127.0.0.1"], &[("dns", "a.test")]),
    (&["127.0.0.1"], &[("email", "x@b.test")]),
    (&["z.test"], &[("dns", "a.test")]),
    (&["z.test"], &[("dns", "A.Test")]),
    (&["z.test"], &[("dns", "a.test.")]),
    (&["z.test"], &[("dns", "a.test ")]),
    (&["z.test"], &[("dns", "127.0.0.1")]),
    (&["z.test"], &[("ip", "127.0.0.1")]),
    (&["z.test"], &[("ip", "::ffff:127.0.0.1")]),
    (&["z.test"], &[("ip", "::1")]),
    (&["z.test"], &[("dns", "*")]),
    (&["z.test"], &[("dns", "*.test")]),
    (&["z.test"], &[("dns", "*.w.test")]),
    (&["z.test"], &[("dns", "*.w.test.")]),
    (&["z.test"], &[("dns", "f*.w.test")]),
    (&["z.test"], &[("dns", "foo*.w.test")]),
    (&["z.test"], &[("dns", "f*o.w.test")]),
    (&["z.test"], &[("dns", "*o.w.test")]),
    (&["z.test"], &[("dns", "b*.w.test")]),
    (&["z.test"], &[("dns", "x.*.test")]),
    (&["z.test"], &[("dns", "xn--*.w.test")]),
    (&["z.test"], &[("dns", "xn--bcher-kva.w.test")]),
    (&["z.test"], &[("dns", "*f*.w.test"), ("dns", "foo.w.test")]),
    (&["z.test"], &[("dns", "b.test"), ("dns", "a.test")]),
];

const ASKED: &[&str] = &[
    "a.test",
    "a.test.",
    "b.test",
    "single",
    "x.w.test",
    "x.y.w.test",
    "foo.w.test",
    "my_host.w.test",
    "xn--bcher-kva.w.test",
];
const ADDRESSES: &[&str] = &["127.0.0.1", "::1"];

fn made((commons, alternatives): &Named) -> Vec<u8> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    // rcgen keeps one attribute of a kind.
    let value = |common: &str| match common.strip_prefix("bmp:") {
        Some(text) => DnValue::BmpString(text.try_into().unwrap()),
        None => DnValue::Utf8String(common.to_owned()),
    };
    if let [only] = commons {
        parameters.distinguished_name.push(DnType::CommonName, value(only));
    }
    if let [first, second] = commons {
        parameters.distinguished_name.push(DnType::CommonName, value(first));
        // Another kind, of the same length: it becomes a common name below.
        parameters.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 127]), value(second));
    }
    let name = |(kind, text): &(&str, &str)| match *kind {
        "dns" => SanType::DnsName(Ia5String::try_from(*text).unwrap()),
        "uri" => SanType::URI(Ia5String::try_from(*text).unwrap()),
        "email" => SanType::Rfc822Name(Ia5String::try_from(*text).unwrap()),
        _ => SanType::IpAddress(text.parse().unwrap()),
    };
    parameters.subject_alt_names = alternatives.iter().map(name).collect();
    let key = KeyPair::generate().unwrap();
    let mut der = parameters.self_signed(&key).unwrap().der().to_vec();
    // No matcher looks at the signature.
    let stand_in: Vec<usize> = (0..der.len() - 5).filter(|&at| der[at..at + 5] == [6, 3, 0x55, 4, 127]).collect();
    for at in stand_in {
        der[at + 4] = 3;
    }
    der
}

/// The table in files, and what castore says of each.
struct Table {
    _directory: tempfile::TempDir,
    list: PathBuf,
    cases: Vec<(usize, Arc<Member>, &'static str)>,
}

impl Table {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let list = directory.path().join("cases");
        let (mut lines, mut cases) = (String::new(), Vec::new());
        for (index, named) in CERTIFICATES.iter().enumerate() {
            let der = made(named);
            let file = directory.path().join(format!("{index}.pem"));
            fs::write(&file, pem::write(&der, &[])).unwrap();
            let member = Arc::new(Member::new(Arc::new(x509::read(der.into()))).unwrap());
            for asked in ASKED.iter().chain(ADDRESSES) {
                lines += &format!("{}\t{asked}\n", file.display());
                cases.push((index, Arc::clone(&member), *asked));
            }
        }
        fs::write(&list, lines).unwrap();
        Self { _directory: directory, list, cases }
    }

    /// Holds what a program says, `ok` or anything else in a line for each, against rules.
    fn hold(&self, what: &str, program: &Path, arguments: &[&str], matching: Matching) {
        let output = Command::new(program).args(arguments).arg(&self.list).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let said: Vec<&str> = said.lines().collect();
        assert_eq!(said.len(), self.cases.len(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
        let mut differ = Vec::new();
        for ((index, member, asked), said) in self.cases.iter().zip(said) {
            let told = matching.matches(member, &asked.parse::<ServerName>().unwrap());
            if told != (said == "ok") {
                differ.push(format!("{asked} of {:?}: told {told}, said {said:?}", CERTIFICATES[*index]));
            }
        }
        assert!(differ.is_empty(), "{what}:\n{}", differ.join("\n"));
    }
}

const RUBY: &str = r#"
require "openssl"
File.foreach(ARGV[0], chomp: true) do |line|
  file, host = line.split("\t")
  certificate = OpenSSL::X509::Certificate.new(File.read(file))
  puts((OpenSSL::SSL.verify_certificate_identity(certificate, host) rescue $!.class) == true ? "ok" : "no")
end
"#;

#[test]
fn ruby_matches_names_as_castore_says() {
    if require("ruby") {
        Table::new().hold("Ruby", Path::new("ruby"), &["-e", RUBY], names::RUBY);
    }
}

const PERL: &str = r#"
use IO::Socket::SSL; use Net::SSLeay;
my ($scheme, $list) = @ARGV;
open my $in, '<', $list or die;
while (<$in>) {
    chomp; my ($file, $host) = split /\t/;
    my $bio = Net::SSLeay::BIO_new_file($file, 'r') or die;
    my $certificate = Net::SSLeay::PEM_read_bio_X509($bio) or die;
    print IO::Socket::SSL::verify_hostname_of_cert($host, $certificate, $scheme) ? "ok\n" : "no\n";
}
"#;

#[test]
fn perl_matches_names_as_castore_says() {
    let has = Command::new("perl").args(["-MIO::Socket::SSL", "-e", "1"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        skip("there is no Perl with IO::Socket::SSL");
        return;
    }
    let table = Table::new();
    table.hold("IO::Socket::SSL", Path::new("perl"), &["-e", PERL, "default"], names::PERL);
    table.hold("IO::Socket::SSL for www", Path::new("perl"), &["-e", PERL, "www"], names::PERL_HTTPS);
    table.hold("IO::Socket::SSL for http", Path::new("perl"), &["-e", PERL, "http"], names::PERL_HTTPS);
}

const NODE: &str = r#"
const fs = require("fs"), tls = require("tls"), { X509Certificate } = require("crypto");
for (const line of fs.readFileSync(process.argv[1], "utf8").trimEnd().split("\n")) {
  const [file, host] = line.split("\t");
  const certificate = new X509Certificate(fs.readFileSync(file)).toLegacyObject();
  console.log(tls.checkServerIdentity(host, certificate) ? "no" : "ok");
}
"#;

#[test]
fn node_matches_names_as_castore_says() {
    if require("node") {
        Table::new().hold("Node", Path::new("node"), &["-e", NODE], names::NODE);
    }
}

const PYTHON: &str = "
import ssl, sys
for line in open(sys.argv[1]):
    file, host = line.rstrip('\\n').split('\\t')
    try:
        ssl.match_hostname(ssl._ssl._test_decode_cert(file), host)
        print('ok')
    except (ssl.CertificateError, ValueError):
        print('no')
";

/// The function alone, which is given the name as it is in the DNS: a connection of 3.5 and 3.6 gives it the letters.
#[test]
fn python_before_3_7_matches_names_as_castore_says() {
    let directory = tempfile::tempdir().unwrap();
    let found = crate::witness::which("python", &crate::witness::bare(), directory.path());
    let mut asked = 0;
    for python in found {
        let Some(version) = python.version("python") else { continue };
        let matching = match version.as_str() {
            version if version.starts_with("2.7.") => Matching { dot: Dot::Compared, ..names::PYTHON_2 },
            version if version.starts_with("3.6.") || version.starts_with("3.5.") => {
                Matching { dot: Dot::Compared, ..names::PYTHON }
            }
            _ => continue,
        };
        assert_eq!(matching.pattern, Pattern::Python { decoded: false });
        Table::new().hold(&format!("Python {version}"), &python.at, &["-c", PYTHON], matching);
        asked += 1;
    }
    if asked == 0 {
        eprintln!("SKIPPED: there is no Python before 3.7");
    }
}
