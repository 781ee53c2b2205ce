//! trust: p11-kit files and what it extracts.
//!
//! p11-kit reads a configuration of its own and nothing of the machine's. It does so for users only, so
//! that root becomes nobody first.

use crate::{certificates, fingerprint, long, numbers::Numbers, skip};
use castore::format::{Decoding, decode, edk2, hash_dir, openssl_trusted, p11kit, pem, x509};
use castore::model::trust::SERVER_AUTH;
use castore::model::{
    Body, Decoded, Fingerprint, Format, Integrity, Limited, Names, Note, Oid, Ruling, Timestamp, Trust,
};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const EMAIL: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.4");
pub(crate) const CODE: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.3");
/// A purpose with the digit 8 in it.
const TIME: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.8");

pub(crate) type Set = BTreeSet<Fingerprint>;

/// A p11-kit of our own, whose store is one directory.
pub(crate) struct Kit {
    place: tempfile::TempDir,
}

impl Kit {
    /// Nothing where there is no p11-kit, or it cannot be kept from the machine's.
    pub(crate) fn new() -> Option<Self> {
        if Command::new("trust").arg("--help").output().is_err() {
            skip("trust is not here");
            return None;
        }
        let kit = Self { place: tempfile::tempdir().unwrap() };
        for name in ["", "store", "store/anchors", "store/blocklist", "pkcs11", "pkcs11/modules", "out"] {
            fs::create_dir_all(kit.path(name)).unwrap();
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                fs::set_permissions(kit.path(name), fs::Permissions::from_mode(0o777)).unwrap();
            }
        }
        fs::write(kit.path("pkcs11/pkcs11.conf"), "user-config: only\n").unwrap();
        let module = format!(
            "module: p11-kit-trust.so\npriority: 1\ntrust-policy: yes\nx-init-reserved: paths={}\n",
            kit.path("store").display()
        );
        fs::write(kit.path("pkcs11/modules/p11-kit-trust.module"), module).unwrap();
        // Reads what is here and nothing else, or cannot be used.
        let der = certificates::root("canary").make().der().to_vec();
        fs::write(kit.path("store/anchors/canary"), &der).unwrap();
        let listed = kit.bundle("certificates", None);
        fs::remove_file(kit.path("store/anchors/canary")).unwrap();
        if listed != set([der.as_slice()]) {
            skip("p11-kit does not read a configuration of our own");
            return None;
        }
        Some(kit)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, octets: &[u8]) {
        fs::write(self.path("store").join(name), octets).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path("store").join(name)).unwrap();
    }

    fn trust(&self, arguments: &[&str]) -> Vec<u8> {
        let root = Path::new("/proc/self").exists() && is_root();
        let mut command = Command::new(if root { "setpriv" } else { "trust" });
        if root {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "trust"]);
        }
        command.args(arguments).current_dir(self.place.path());
        command.env("HOME", self.place.path()).env("XDG_CONFIG_HOME", self.place.path());
        command.env_remove("P11_KIT_NO_USER_CONFIG");
        let output = command.output().unwrap();
        output.stdout
    }

    /// What is extracted into a file.
    pub(crate) fn extract(&self, format: &str, filter: &str, purpose: Option<&str>) -> Vec<u8> {
        let out = self.path("out/file");
        drop(fs::remove_file(&out));
        self.extract_to(&out, format, filter, purpose);
        fs::read(&out).unwrap_or_default()
    }

    fn extract_to(&self, out: &Path, format: &str, filter: &str, purpose: Option<&str>) {
        let (format, filter) = (format!("--format={format}"), format!("--filter={filter}"));
        let mut arguments = vec!["extract", "--overwrite", &format, &filter];
        let purpose = purpose.map(|purpose| format!("--purpose={purpose}"));
        arguments.extend(purpose.as_deref());
        arguments.extend(out.to_str());
        self.trust(&arguments);
    }

    /// The certificates that a filter leaves.
    pub(crate) fn bundle(&self, filter: &str, purpose: Option<&str>) -> Set {
        let text = self.extract("pem-bundle", filter, purpose);
        // Not castore's own reader.
        ::pem::parse_many(text).unwrap().iter().map(|block| fingerprint(block.contents())).collect()
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.starts_with("Uid:\t0\t"))
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

pub(crate) fn set<'a>(ders: impl IntoIterator<Item = &'a [u8]>) -> Set {
    ders.into_iter().map(fingerprint).collect()
}

/// The certificates that a reading gives, chosen by their entries.
pub(crate) fn chosen(read: &Decoding, choose: impl Fn(&Decoded) -> bool) -> Set {
    let der = |entry: &Decoded| match &entry.body {
        Body::Certificate(der) if choose(entry) => Some(fingerprint(der)),
        _ => None,
    };
    read.entries.iter().filter_map(der).collect()
}

/// Those that castore says p11-kit lists.
fn listed(read: &Decoding) -> Set {
    chosen(read, |entry| !entry.notes.iter().any(|note| matches!(note, Note::NotListed(_))))
}

const HEAD: &str = "[p11-kit-object-v1]\n";

fn quoted(octets: &[u8]) -> String {
    format!("\"{}\"", octets.iter().map(|octet| format!("%{octet:02x}")).collect::<String>())
}

/// Files with everything that p11-kit is particular about.
pub(crate) fn zoo() -> Vec<(&'static str, String)> {
    let (a, b) = (certificates::root("a").key(1).make(), certificates::root("b").key(2).make());
    let other = certificates::root("other").key(1).make();
    let (pa, pb) = (a.pem(), b.pem());
    let object = |lines: &str, block: &str| format!("{HEAD}{lines}{block}\n");
    let plain = object("trusted: true\n", &pa) + &object("trusted: true\n", &pb);
    let key = |certificate: &certificates::Certificate| {
        let read = x509::read(certificate.der().into());
        certificates::pem("PUBLIC KEY", read.spki_der().unwrap())
    };
    let between = |middle: &str| object("trusted: true\n", &pa) + middle + &object("trusted: true\n", &pb);
    let serial = |certificate: &certificates::Certificate| {
        let read = x509::read(certificate.der().into());
        let serial = read.slice(&read.outline().unwrap().serial).to_vec();
        [vec![2, serial.len() as u8], serial].concat()
    };
    let issuer =
        |certificate: &certificates::Certificate| quoted(x509::read(certificate.der().into()).issuer_der().unwrap());
    let extension = |oid: &str, value: &[u8], key: &str| {
        let value = quoted(value);
        format!("{HEAD}class: x-certificate-extension\nobject-id: {oid}\nvalue: {value}\n{key}\n")
    };
    let server = [0x30, 0x13, 6, 3, 0x55, 0x1d, 0x25, 4, 0x0c, 0x30, 0x0a, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
    vec![
        ("plain", plain.clone()),
        ("unstated", object("", &pa) + &object("", &pb)),
        ("present", object("trusted: false\n", &pa) + &object("trusted: true\n", &pb)),
        ("numbers for names", object("134: true\n", &pa) + &object("0: 1\n128: 0\ntrusted: true\n", &pb)),
        ("octets for truth", object("trusted: \"%01\"\n", &pa) + &object("trusted: \"%00\"\n", &pb)),
        ("a number for truth", object("trusted: 1\n", &pa) + &object("trusted: true\n", &pb)),
        ("unknown attribute", between(&format!("{HEAD}class: certificate\nlabl: \"x\"\n"))),
        ("unknown attribute last", format!("{plain}labl: \"x\"\n")),
        ("no value", object("label: yes\ntrusted: true\n", &pa)),
        ("empty value", object("label:\ntrusted: true\n", &pa)),
        ("empty name", object(": 1\ntrusted: true\n", &pa)),
        ("no colon", object("trusted true\n", &pa)),
        ("bad percent", object("label: \"%4\"\n", &pa)),
        ("bad percent digits", object("label: \"%zz\"\n", &pa)),
        ("quote not closed", object("label: \"x\n", &pa)),
        ("oid with 8", between(&format!("{HEAD}class: data\nobject-id: 1.3.6.1.5.5.7.3.8\n"))),
        ("oid without 8", between(&format!("{HEAD}class: data\nobject-id: 1.3.6.1.5.5.7.3.1\n"))),
        ("oid of two arcs", between(&format!("{HEAD}class: data\nobject-id: 2.5\n"))),
        ("oid of zero", between(&format!("{HEAD}class: data\nobject-id: 0.9.2342\n"))),
        ("oid beyond", between(&format!("{HEAD}class: data\nobject-id: 1.77.3\n"))),
        ("header not closed", between("[p11-kit-object-v1\n")),
        ("another header", between("[other]\nnonsense: x\n") + &format!("[other]\n{}", other.pem())),
        ("attribute first", format!("trusted: true\n{plain}")),
        ("block first", format!("{}{plain}", other.pem())),
        ("comment first", format!("# text: x\n\n{plain}")),
        ("crlf", plain.replace('\n', "\r\n")),
        ("blanks", plain.replace("trusted: true", "  trusted :\t true  ")),
        ("indented block", plain.replace("-----BEGIN", " -----BEGIN")),
        ("no end", object("trusted: true\n", pa.split("-----END").next().unwrap()) + &object("trusted: true\n", &pb)),
        ("end cut", plain.trim_end().trim_end_matches('-').to_owned()),
        ("end of another label", plain.replacen("-----END CERTIFICATE", "-----END X509 CRL", 1)),
        ("trusted certificate", plain.replacen("CERTIFICATE-----", "TRUSTED CERTIFICATE-----", 2)),
        ("crl", between(&format!("{HEAD}-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"))),
        ("bad base64", plain.replacen("MII", "!!!", 1)),
        ("no padding", plain.replacen('=', "", 1)),
        ("text in base64", plain.replacen("MII", "MII\n\n", 1)),
        ("not der", object("trusted: true\n", &certificates::pem("CERTIFICATE", b"no")) + &object("", &pb)),
        (
            "trailing",
            object("trusted: true\n", &certificates::pem("CERTIFICATE", &[a.der(), &[5, 0]].concat()))
                + &object("trusted: true\n", &pb),
        ),
        ("two blocks", object("trusted: true\n", &format!("{pa}{pb}"))),
        ("value wins", format!("{HEAD}trusted: true\nvalue: {}\n{pa}", quoted(b.der()))),
        ("value wins after", format!("{HEAD}trusted: true\n{pa}value: {}\n", quoted(b.der()))),
        ("value without type", between(&format!("{HEAD}class: certificate\nvalue: {}\n", quoted(other.der())))),
        (
            "value with type",
            format!("{HEAD}class: certificate\ncertificate-type: x-509\nvalue: {}\n", quoted(other.der())),
        ),
        ("no class", between(HEAD)),
        ("class data", between(&format!("{HEAD}class: data\nvalue: \"x\"\n"))),
        ("class data with a block", between(&object("class: data\n", &other.pem()))),
        ("class unknown", between(&format!("{HEAD}class: 77\n"))),
        ("private key", between(&format!("{HEAD}class: private-key\nvalue: \"x\"\n"))),
        ("attribute of another class", between(&object("modulus: \"x\"\n", &other.pem()))),
        ("not on the token", between(&object("token: false\n", &other.pem()))),
        ("on the token", between(&object("token: true\n", &other.pem()))),
        ("dates", object("trusted: true\nnss-server-distrust-after: \"241130235959Z\"\n", &pa)),
        ("no date", object("trusted: true\nnss-server-distrust-after: \"%00\"\n", &pa)),
        ("bad date", object("trusted: true\nnss-server-distrust-after: \"x\"\n", &pa)),
        ("distrusted", object("x-distrusted: true\n", &pa) + &object("trusted: true\n", &pb)),
        ("both", object("trusted: true\nx-distrusted: true\n", &pa)),
        ("distrusted twice", object("trusted: true\n", &pa) + &object("x-distrusted: true\n", &pa)),
        ("distrusted key of another", object("trusted: true\n", &pa) + &object("x-distrusted: true\n", &other.pem())),
        (
            "distrusted key",
            between(&object("class: certificate\ncertificate-type: x-509\nx-distrusted: true\n", &key(&a))),
        ),
        (
            "distrusted serial",
            between(&format!(
                "{HEAD}class: certificate\ncertificate-type: x-509\nx-distrusted: true\nissuer: {}\nserial-number: {}\n",
                issuer(&a),
                quoted(&serial(&a))
            )),
        ),
        ("stapled", plain.clone() + &extension("2.5.29.37", &server, &key(&a))),
        ("stapled first", extension("2.5.29.37", &server, &key(&a)) + &plain),
        (
            "stapled to none",
            plain.clone() + &extension("2.5.29.37", &server, &key(&certificates::root("c").key(9).make())),
        ),
        ("stapled broken", plain.clone() + &extension("2.5.29.37", b"x", &key(&a))),
        ("stapled trailing", plain.clone() + &extension("2.5.29.37", &[&server[..], b"x"].concat(), &key(&a))),
        ("stapled without key", between(&extension("2.5.29.37", &server, ""))),
        ("stapled unknown", plain.clone() + &extension("1.2.3.4", &[0x30, 7, 6, 3, 0x2a, 3, 4, 4, 0], &key(&a))),
        ("unlike label", object("label: \"%ff\"\ntrusted: true\n", &pa)),
        ("nul", object("label: \"x\0y\"\ntrusted: true\n", &pa)),
        ("mark", format!("\u{feff}{plain}")),
        ("equal", object("trusted: true\n", &pa) + &object("trusted: true\n", &pa)),
        ("java-midp", object("java-midp-security-domain: 0\ntrusted: true\n", &pa)),
        (
            "distrusted behind the stop",
            object("trusted: true\n", &pa)
                + HEAD
                + &object("x-distrusted: true\n", &pa)
                + &object("trusted: true\n", &pb),
        ),
        ("stapled behind the stop", plain.clone() + HEAD + &extension("2.5.29.37", b"x", &key(&a))),
        ("array attribute", object("trusted: true\n1073742353: \"x\"\n", &pa)),
    ]
}

#[test]
fn every_kind_of_file_is_read_as_p11_kit_reads_it() {
    let Some(kit) = Kit::new() else { return };
    let mut wrong = Vec::new();
    for (name, text) in zoo() {
        let read = p11kit::read(text.as_bytes(), &Default::default());
        let mut hold = |what: &str, ours: Set, theirs: Set| {
            if ours != theirs {
                wrong.push(format!("{name}: {what}: castore {}, p11-kit {}", ours.len(), theirs.len()));
            }
        };
        kit.put("file", text.as_bytes());
        hold("listed", listed(&read), kit.bundle("certificates", None));
        let all = chosen(&read, |_| true);
        assert!(read.container.owner.is_some() || listed(&read) == all, "{name}");
        if let Some(owner) = read.container.owner {
            assert_eq!((owner.program, owner.lists), ("p11-kit", listed(&read).len()), "{name}");
        }
        {
            let server = |entry: &Decoded| entry.trust != Trust::Unstated && entry.trust.allows_server();
            let ours = &chosen(&read, server) & &listed(&read);
            hold("server anchors", ours, kit.bundle("ca-anchors", Some("server-auth")));
        }
        let distrusted = chosen(&read, |entry| entry.trust == Trust::Distrusted);
        // p11-kit's own list has what is distrusted itself, and not what is by another object.
        let theirs = kit.bundle("blocklist", None);
        hold("blocklist", &theirs & &(&distrusted & &listed(&read)), theirs.clone());
        kit.remove("file");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Authorities with their own keys, some with equal subjects, some with hostile ones.
pub(crate) fn authorities() -> Vec<Vec<u8>> {
    let names = ["Root", "Root", "Größe", "a/b:c", "../x", "ROOT", "", "  root  "];
    let named = names.iter().zip(1..).map(|(name, key)| certificates::root(name).key(key));
    let hostile = certificates::HOSTILE_NAMES.iter().zip(20..).map(|(name, key)| certificates::root(name).key(key));
    let mut all: Vec<Vec<u8>> = named.chain(hostile).map(|recipe| recipe.make().der().to_vec()).collect();
    all.push(certificates::expired().key(60).make().der().to_vec());
    all
}

/// Those with issuers of their own.
pub(crate) fn distinct(all: &mut Vec<Vec<u8>>) {
    let issuer = |der: &Vec<u8>| x509::read(der.as_slice().into()).issuer_der().map(Box::<[u8]>::from);
    let mut issuers = BTreeSet::new();
    all.retain(|der| issuers.insert(issuer(der)));
}

pub(crate) fn some(numbers: &mut Numbers, all: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut some: Vec<Vec<u8>> = all.iter().filter(|_| numbers.below(2) == 0).cloned().collect();
    let by = numbers.below(some.len());
    some.rotate_left(by);
    some
}

/// A trust that p11-kit can say.
fn a_trust(numbers: &mut Numbers) -> Trust {
    let constraints = [0x30, 0x0d, 0xa0, 0x0b, 0x30, 0x09, 0x82, 7, b'e', b'x', b'a', b'm', b'p', b'l', b'e'];
    let after = Timestamp::from_civil(2024, 11, 30, 23, 59, 59).unwrap();
    let later = Timestamp::from_civil(2051, 1, 1, 0, 0, 0).unwrap();
    let limited = |limited: Limited| Trust::Limited(Box::new(limited));
    let trusted = Limited { otherwise: Ruling::Trusted, ..Limited::default() };
    match numbers.below(9) {
        0 => Trust::Distrusted,
        1 => Trust::Present,
        2 => limited(Limited { purposes: vec![(SERVER_AUTH, Ruling::Trusted)], ..Limited::default() }),
        3 => {
            limited(Limited { purposes: vec![(EMAIL, Ruling::Trusted), (TIME, Ruling::Trusted)], ..Limited::default() })
        }
        4 => limited(Limited {
            purposes: vec![(CODE, Ruling::Distrusted), (SERVER_AUTH, Ruling::Trusted)],
            distrusted_after: vec![(SERVER_AUTH, after), (EMAIL, later)],
            ..Limited::default()
        }),
        5 => limited(Limited { names: Some(Names::Constraints(constraints.into())), ..trusted }),
        6 => limited(Limited { distrusted_after: vec![(SERVER_AUTH, after)], ..trusted }),
        _ => Trust::Trusted,
    }
}

/// The row of the trust module, in a root whose module has the store of the kit compiled in.
#[test]
fn the_catalogue_says_of_the_trust_module_what_trust_does() {
    use castore::catalogue::survey::{Searched, Survey};
    use castore::host::{Host, System, files::Tree};
    let Some(kit) = Kit::new() else { return };
    fs::create_dir_all(kit.path("usr/lib64/pkcs11")).unwrap();
    fs::write(kit.path("usr/lib64/pkcs11/p11-kit-trust.so"), "p11-kit\0/store/../store/:/pki/trust\0").unwrap();
    // With keys of their own: what trust extracts leaves out whatever has a distrusted key.
    let root = |name: &str, key| certificates::root(name).key(key).make().der().to_vec();
    let (one, two) = (root("one", 1), root("two", 2));
    let text = |der: &[u8], label: &str| ::pem::encode(&::pem::Pem::new(label, der)).into_bytes();
    let distrusted = p11kit::write(&[(one.as_slice(), &Trust::Distrusted)]).text.into_bytes();
    let trusted = p11kit::write(&[(two.as_slice(), &Trust::Trusted)]).text.into_bytes();
    type Laid = (&'static str, Vec<u8>);
    let cases: [(&str, Vec<Laid>); 8] = [
        ("nothing", vec![]),
        ("DER in anchors", vec![("anchors/a", one.clone())]),
        ("PEM in anchors", vec![("anchors/a.crt", [text(&one, "CERTIFICATE"), text(&two, "CERTIFICATE")].concat())]),
        ("another label", vec![("anchors/a", text(&one, "X509 CERTIFICATE"))]),
        ("beside anchors", vec![("a.pem", text(&one, "CERTIFICATE")), ("anchors/b", two.clone())]),
        (
            "in the blocklist",
            vec![("anchors/a", one.clone()), ("blocklist/a", one.clone()), ("anchors/b", two.clone())],
        ),
        ("distrusted by its own words", vec![("anchors/a", one.clone()), ("a.p11-kit", distrusted)]),
        ("trusted by its own words", vec![("b.p11-kit", trusted)]),
    ];
    for (case, files) in cases {
        for (name, bytes) in &files {
            fs::write(kit.path(&format!("store/{name}")), bytes).unwrap();
        }
        let mut host = Host::new(Box::new(Tree::at(kit.place.path()).unwrap()), System::Linux);
        host.home = None;
        let survey = Survey::new(&host, Searched::default());
        let rows = castore::catalogue::clients().filter(|row| row.id == "p11-kit");
        let uses = castore::discover::discover(&survey, rows);
        let snapshot = castore::load::load(&host, &castore::load::wanted(&uses));
        let predicted: Set = castore::anchors::anchors(&uses[0], &snapshot).certificates.into_keys().collect();
        let found = kit.bundle("ca-anchors", Some("server-auth"));
        let outcome = (predicted == found).then_some(()).ok_or_else(|| format!("{predicted:?}, {found:?}"));
        crate::matrix::agree("p11-kit", case, outcome);
        files.iter().for_each(|(name, _)| fs::remove_file(kit.path(&format!("store/{name}"))).unwrap());
    }
}

#[test]
fn trust_reads_what_castore_writes() {
    let Some(kit) = Kit::new() else { return };
    let (mut all, mut numbers) = (authorities(), Numbers(9));
    // Distrust of one would be distrust of the others.
    distinct(&mut all);
    for _ in 0..if long() { 500 } else { 50 } {
        let some: Vec<(Vec<u8>, Trust)> =
            some(&mut numbers, &all).into_iter().map(|der| (der, a_trust(&mut numbers))).collect();
        let items: Vec<(&[u8], &Trust)> = some.iter().map(|(der, trust)| (der.as_slice(), trust)).collect();
        let written = p11kit::write(&items);
        assert_eq!(written.unsaid, []);
        let read = p11kit::read(written.text.as_bytes(), &Default::default());
        let again: Vec<(&[u8], &Trust)> =
            read.entries.iter().filter_map(|entry| Some((der(entry)?, &entry.trust))).collect();
        assert_eq!(again, items);
        assert_eq!((read.container.owner, read.entries.len()), (None, items.len()));
        kit.put("file", written.text.as_bytes());
        let with =
            |choose: &dyn Fn(&Trust) -> bool| set(items.iter().filter(|(_, trust)| choose(trust)).map(|(der, _)| *der));
        assert_eq!(kit.bundle("certificates", None), with(&|_| true));
        assert_eq!(kit.bundle("blocklist", None), with(&|trust| *trust == Trust::Distrusted));
        for (purpose, oid) in [("server-auth", SERVER_AUTH), ("email", EMAIL), ("time-stamping", TIME)] {
            let rules = |trust: &Trust| match trust {
                Trust::Limited(limited) => limited.ruling(oid) == Ruling::Trusted,
                trust => *trust == Trust::Trusted,
            };
            assert_eq!(kit.bundle("ca-anchors", Some(purpose)), with(&rules), "{purpose}");
        }
        // What `trust dump` writes of it says the same, except that distrust of a certificate is then also
        // trust of NSS's class.
        let dump = kit.trust(&["dump", "--filter=all"]);
        let dumped = p11kit::read(&dump, &Default::default());
        assert_eq!(chosen(&dumped, |_| true), with(&|_| true));
        let trust_of = |wanted: &[u8]| dumped.entries.iter().find(|entry| der(entry) == Some(wanted)).map(|e| &e.trust);
        assert!(items.iter().all(|(der, trust)| trust_of(der) == Some(trust)), "{}", String::from_utf8_lossy(&dump));
        kit.remove("file");
    }
}

fn der(entry: &Decoded) -> Option<&[u8]> {
    match &entry.body {
        Body::Certificate(der) => Some(der),
        _ => None,
    }
}

#[test]
fn castore_reads_what_trust_extracts() {
    let Some(kit) = Kit::new() else { return };
    let (mut all, mut numbers) = (authorities(), Numbers(3));
    // p11-kit 0.24 takes a subject for its hash to the first NUL only; OpenSSL and castore take all of it.
    all.retain(|der| !x509::read(der.as_slice().into()).subject_der().unwrap().contains(&0));
    for _ in 0..if long() { 100 } else { 3 } {
        let some: Vec<(Vec<u8>, Trust)> =
            some(&mut numbers, &all).into_iter().map(|der| (der, a_trust(&mut numbers))).collect();
        let items: Vec<(&[u8], &Trust)> = some.iter().map(|(der, trust)| (der.as_slice(), trust)).collect();
        kit.put("file", p11kit::write(&items).text.as_bytes());
        let anchors = kit.bundle("ca-anchors", Some("server-auth"));

        let list = kit.extract("edk2-cacerts", "ca-anchors", Some("server-auth"));
        let read = edk2::read(&list, &Default::default());
        assert_eq!((chosen(&read, |_| true), read.gaps.clone(), read.container.owner), (anchors.clone(), vec![], None));
        let ders: Vec<&[u8]> = read.entries.iter().filter_map(der).collect();
        assert_eq!(edk2::write(&ders), Some(list));

        let text = kit.extract("pem-bundle", "ca-anchors", Some("server-auth"));
        assert_eq!(chosen(&decode(&text), |_| true), anchors);

        let text = kit.extract("openssl-bundle", "certificates", None);
        bundle(&text, &items);

        let directory = kit.path("out/der");
        kit.extract_to(&directory, "x509-directory", "ca-anchors", Some("server-auth"));
        let found = files(&directory);
        assert_eq!(set(found.iter().map(Vec::as_slice)), anchors);
        assert!(found.iter().all(|file| decode(file).format == Format::Der));

        let directory = kit.path("out/hash");
        kit.extract_to(&directory, "pem-directory-hash", "ca-anchors", Some("server-auth"));
        hold_links(&directory, &anchors, &items);

        let keystore = kit.extract("java-cacerts", "ca-anchors", Some("server-auth"));
        let read = decode(&keystore);
        assert_eq!((read.format, &read.gaps[..]), (Format::Jks, &[][..]));
        assert_eq!((chosen(&read, |_| true), read.container.integrity), (anchors.clone(), Integrity::Verified));

        let directory = kit.path("out/pem");
        kit.extract_to(&directory, "pem-directory", "ca-anchors", Some("server-auth"));
        let read: Vec<Decoding> = files(&directory).iter().map(|file| decode(file)).collect();
        assert!(read.iter().all(|read| read.format == Format::Pem && read.entries.len() == 1));
        assert_eq!(read.iter().flat_map(|read| chosen(read, |_| true)).collect::<Set>(), anchors);

        let directory = kit.path("out/openssl");
        kit.extract_to(&directory, "openssl-directory", "certificates", None);
        bundle(&files(&directory).concat(), &items);
        hold_links(&directory, &set(items.iter().map(|(der, _)| *der)), &items);

        // One certificate, or p11-kit writes none.
        let (one, _) = items[0];
        kit.put("file", p11kit::write(&[(one, &Trust::Trusted)]).text.as_bytes());
        let file = kit.extract("x509-file", "ca-anchors", Some("server-auth"));
        let read = decode(&file);
        assert_eq!((file.as_slice(), read.format, read.entries.len()), (one, Format::Der, 1));
        assert_eq!(chosen(&read, |_| true), set([one]));
        for name in ["out/der", "out/hash", "out/pem", "out/openssl"] {
            fs::remove_dir_all(kit.path(name)).unwrap();
        }
        kit.remove("file");
    }
}

/// The files of a directory, without the links.
fn files(directory: &Path) -> Vec<Vec<u8>> {
    let paths = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    paths.filter(|path| !path.is_symlink()).map(|path| fs::read(path).unwrap()).collect()
}

/// Each block of an openssl-bundle is what castore writes of the trust that it reads in it, and says of
/// its certificate what p11-kit was told.
fn bundle(text: &[u8], items: &[(&[u8], &Trust)]) {
    let read = pem::read(text);
    assert_eq!(read.entries.len(), items.len());
    let mut blocks = ::pem::parse_many(text).unwrap().into_iter();
    for entry in &read.entries {
        let (der, Trust::Purposes(purposes)) = (der(entry).unwrap(), &entry.trust) else { panic!("{entry:?}") };
        let block = blocks.next().unwrap();
        assert_eq!(block.contents(), [der, &openssl_trusted::encode(purposes)].concat());
        let written = openssl_trusted::write(der, purposes, &[]);
        assert!(String::from_utf8_lossy(text).contains(&written));
        let told = items.iter().find(|(known, _)| *known == der).unwrap().1;
        let server = !matches!(purposes.trust.as_deref(), Some([])) && purposes.allows_server();
        assert_eq!(server, told.allows_server(), "{purposes:?} {told:?}");
        if let Trust::Limited(limited) = told
            && limited.otherwise == Ruling::Present
        {
            let trusted = |(oid, ruling): &(Oid, Ruling)| (*ruling == Ruling::Trusted).then_some(*oid);
            assert_eq!(purposes.trust, Some(limited.purposes.iter().filter_map(trusted).collect()));
        }
    }
}

/// The links of p11-kit's directory have the hashes that castore computes, and as many of each.
fn hold_links(directory: &Path, anchors: &Set, items: &[(&[u8], &Trust)]) {
    let mut names: Vec<String> = links(directory).into_keys().collect();
    let certificates: Vec<_> = items.iter().map(|(der, _)| x509::read((*der).into())).collect();
    let chosen: Vec<_> = certificates.iter().filter(|found| anchors.contains(&found.fingerprint())).collect();
    let mut ours: Vec<String> =
        hash_dir::layout(&chosen, hash_dir::Hashes::Both).links.into_iter().map(|(name, _)| name).collect();
    names.sort();
    ours.sort();
    assert_eq!(names, ours);
}

pub(crate) type Links = std::collections::BTreeMap<String, String>;

/// The links of a directory: their names, and what they lead to.
pub(crate) fn links(directory: &Path) -> Links {
    let names = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let text = |path: &std::ffi::OsStr| path.to_str().unwrap().to_owned();
    names.filter_map(|path| Some((text(path.file_name()?), text(fs::read_link(&path).ok()?.as_os_str())))).collect()
}

#[test]
fn a_file_of_each_kind_is_sniffed() {
    let der = certificates::root("one").make().der().to_vec();
    let text = p11kit::write(&[(der.as_slice(), &Trust::Trusted)]).text;
    assert_eq!(decode(text.as_bytes()).format, Format::P11Kit);
    assert_eq!(decode(&edk2::write(&[der.as_slice()]).unwrap()).format, Format::Edk2);
}
