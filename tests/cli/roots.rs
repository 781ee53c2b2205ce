//! Machines as distributions lay them out, small enough to read in a transcript.
//!
//! Programs and libraries are ELF files with what castore reads of them and nothing else: the
//! libraries they need and the texts compiled in.

use crate::certificates::{Certificate, intermediate, leaf, root};
use crate::harness::Tree;
use castore::format::hash_dir::subject_hash;

/// The roots that every machine here has, and the one its administrator added.
pub fn roots() -> [Certificate; 3] {
    [root("Alpha Root").make(), root("Beta Root").key(4).make(), root("Corp Root").key(5).make()]
}

/// One bundle of all of them.
pub fn bundle(certificates: &[Certificate]) -> String {
    certificates.iter().map(Certificate::pem).collect()
}

/// The name under which OpenSSL looks a certificate up in a directory.
pub fn hash_name(certificate: &Certificate, index: u32) -> String {
    let parsed = x509_parser::parse_x509_certificate(certificate.der()).expect("a certificate").1;
    let hash = subject_hash(parsed.subject().as_raw()).expect("a name that can be hashed");
    format!("{hash:08x}.{index}")
}

/// The places where `update-ca-certificates` puts things.
pub fn debian() -> Tree {
    let [alpha, beta, corp] = roots();
    let mut tree = Tree::new()
        .file("etc/ssl/certs/ca-certificates.crt", bundle(&roots()))
        .file("usr/share/ca-certificates/mozilla/Alpha_Root.crt", alpha.pem())
        .file("usr/share/ca-certificates/mozilla/Beta_Root.crt", beta.pem())
        .file("usr/local/share/ca-certificates/corp.crt", corp.pem())
        .link("etc/ssl/certs/Alpha_Root.pem", "/usr/share/ca-certificates/mozilla/Alpha_Root.crt")
        .link("etc/ssl/certs/Beta_Root.pem", "/usr/share/ca-certificates/mozilla/Beta_Root.crt")
        .link("etc/ssl/certs/corp.pem", "/usr/local/share/ca-certificates/corp.crt");
    for (name, certificate) in [("Alpha_Root", &alpha), ("Beta_Root", &beta), ("corp", &corp)] {
        tree = tree.link(format!("etc/ssl/certs/{}", hash_name(certificate, 0)), format!("{name}.pem"));
    }
    tree
}

/// The programs of a Debian: libcrypto, curl, Python with the patched certifi.
pub fn with_programs(tree: Tree) -> Tree {
    tree.link("usr/lib/ssl/certs", "/etc/ssl/certs")
        .file("usr/lib/x86_64-linux-gnu/libcrypto.so.3", libcrypto("/usr/lib/ssl"))
        .file("usr/lib/x86_64-linux-gnu/libcurl.so.4", libcurl())
        .file("usr/bin/curl", elf(&["libcurl.so.4"], ""))
        .file("usr/bin/python3.11", elf(&[], ""))
        .link("usr/bin/python3", "python3.11")
        .file("usr/lib/python3.11/os.py", "")
        .file("usr/lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so", elf(&["libcrypto.so.3"], ""))
        .file(
            "usr/lib/python3/dist-packages/certifi/core.py",
            "DEBIAN_CA_CERTS_PATH = '/etc/ssl/certs/ca-certificates.crt'\n",
        )
        .file("usr/lib/python3/dist-packages/certifi/cacert.pem", roots()[0].pem())
}

/// A virtual environment of that Python, with its own certifi and requests.
pub fn with_environment(tree: Tree) -> Tree {
    tree.file("opt/venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n")
        .link("opt/venv/bin/python", "/usr/bin/python3.11")
        .file("opt/venv/lib/python3.11/site-packages/certifi/core.py", "def where(): ...\n")
        .file("opt/venv/lib/python3.11/site-packages/certifi/cacert.pem", bundle(&roots()[..2]))
        .file("opt/venv/lib/python3.11/site-packages/requests/__init__.py", "")
        .directory("opt/venv/lib/python3.11/site-packages/requests-2.32.5.dist-info")
}

/// The places where `update-ca-trust` puts things.
pub fn fedora() -> Tree {
    let [alpha, _, corp] = roots();
    Tree::new()
        .file("etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", bundle(&roots()))
        .link("etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem")
        .link("etc/pki/tls/cert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem")
        .link("etc/ssl/certs", "../pki/tls/certs")
        .file("etc/pki/ca-trust/source/anchors/corp.pem", corp.pem())
        .file(format!("etc/pki/ca-trust/extracted/pem/directory-hash/{}", hash_name(&alpha, 0)), alpha.pem())
}

/// One bundle, and the link to it that LibreSSL and others look for.
pub fn alpine() -> Tree {
    Tree::new()
        .file("etc/ssl/certs/ca-certificates.crt", bundle(&roots()[..2]))
        .link("etc/ssl/cert.pem", "certs/ca-certificates.crt")
}

/// What `certctl rehash` leaves, and the package's bundle.
pub fn freebsd() -> Tree {
    let [alpha, beta, corp] = roots();
    Tree::new()
        .file("bin/freebsd-version", "#!/bin/sh\n")
        .file("usr/share/certs/trusted/Alpha_Root.pem", alpha.pem())
        .file("usr/share/certs/trusted/Beta_Root.pem", beta.pem())
        .link(format!("etc/ssl/certs/{}", hash_name(&alpha, 0)), "../../../usr/share/certs/trusted/Alpha_Root.pem")
        .link(format!("etc/ssl/certs/{}", hash_name(&beta, 0)), "../../../usr/share/certs/trusted/Beta_Root.pem")
        .file("usr/local/share/certs/corp.crt", corp.pem())
}

/// A libcrypto compiled for a directory.
pub fn libcrypto(directory: &str) -> Vec<u8> {
    elf(&[], &format!("\0OpenSSL 3.0.19 27 Jan 2026\0OPENSSLDIR: \"{directory}\"\0"))
}

/// A libcurl on OpenSSL with the paths Debian compiles in.
fn libcurl() -> Vec<u8> {
    let texts = "\0libcurl/8.14.1\0/etc/ssl/certs/ca-certificates.crt\0/etc/ssl/certs\0";
    elf(&["libcrypto.so.3"], texts)
}

/// An ELF file for x86-64 that needs libraries and holds a text: header, a loadable segment that is
/// the whole file, the dynamic section, its strings (System V ABI, chapters 4 and 5).
pub fn elf(needed: &[&str], text: &str) -> Vec<u8> {
    const HEADERS: u64 = 64 + 2 * 56;
    let mut strings = vec![0];
    let mut dynamic: Vec<u64> = Vec::new();
    for name in needed {
        dynamic.extend([1, strings.len() as u64]); // DT_NEEDED
        strings.extend(name.as_bytes());
        strings.push(0);
    }
    let dynamic_size = (dynamic.len() as u64 + 4) * 8;
    dynamic.extend([5, HEADERS + dynamic_size, 0, 0]); // DT_STRTAB, DT_NULL
    strings.extend(text.as_bytes());
    strings.push(0);
    let size = HEADERS + dynamic_size + strings.len() as u64;

    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend([3, 0, 62, 0, 1, 0, 0, 0]); // ET_DYN, EM_X86_64, EV_CURRENT
    for word in [0u64, 64, 0] {
        file.extend(word.to_le_bytes()); // entry, program headers, section headers
    }
    file.extend([0, 0, 0, 0, 64, 0, 56, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    for (kind, offset, length) in [(1u32, 0, size), (2, HEADERS, dynamic_size)] {
        file.extend(kind.to_le_bytes()); // PT_LOAD, PT_DYNAMIC
        file.extend(4u32.to_le_bytes());
        for word in [offset, offset, offset, length, length, 8] {
            file.extend(word.to_le_bytes());
        }
    }
    dynamic.iter().for_each(|word| file.extend(word.to_le_bytes()));
    file.extend(strings);
    file
}

/// A keystore that is encrypted as a whole (UBER of Bouncy Castle): version, salt, rounds, a block.
pub fn uber() -> Vec<u8> {
    [&[0, 0, 0, 1, 0, 0, 0, 20][..], &[7; 20], &[0, 0, 4, 0], &[0xc9; 16]].concat()
}

/// A machine whose system's store has *Corp Root*, and the certifi of an environment has not.
pub fn machine() -> Tree {
    with_environment(with_programs(debian()))
        .file("opt/venv/lib/python3.11/site-packages/urllib3/__init__.py", "")
        .directory("opt/venv/lib/python3.11/site-packages/urllib3-2.7.0.dist-info")
}

/// An intermediate below *Corp Root*, and the certificate of `intranet.example` below that.
pub fn corporate() -> (Certificate, Certificate) {
    let between = intermediate("Corp Issuing").issued_by(&roots()[2]);
    let server = leaf("intranet.example").issued_by(&between);
    (between, server)
}
