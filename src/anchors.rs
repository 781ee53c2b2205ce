//! From stores to anchors: the certificates one installation would accept as the end of a chain.
//!
//! This is the one answer that `list`, `which`, `diff` and `check` share. The same directory
//! means different sets to different clients, and one bad block empties a file for one reader
//! and not for another; so every certificate that does not count carries the reason.

use crate::catalogue::client::{Ends, Installation, JSSE, Look, PASSWORD_CHANGEIT, PASSWORD_GIVEN, Stands, Then};
use crate::discover::{Candidate, Use};
use crate::format::hash_dir::{listed_by_hash, parse_name};
use crate::format::x509;
use crate::load::Snapshot;
use crate::model::trust::SERVER_AUTH;
use crate::model::{
    Body, Certificate, Entry, Fingerprint, Format, Integrity, Note, OpensslLoad, Reading, Reference, Slot, Store,
    StoreId, Trust, WhichPassword,
};
use sha1::{Digest, Sha1};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

/// What one installation trusts.
#[derive(Debug, Clone, Default)]
pub struct Anchors<'s> {
    /// Every certificate that counts, once, by fingerprint.
    pub certificates: BTreeMap<Fingerprint, Anchor<'s>>,
    /// What is in its stores and does not count, with the reason.
    pub left_out: Vec<LeftOut<'s>>,
}

/// A certificate that counts.
#[derive(Debug, Clone, Copy)]
pub struct Anchor<'s> {
    /// The certificate.
    pub certificate: &'s Arc<Certificate>,
    /// The first store it was found in.
    pub store: &'s Arc<Store>,
    /// Where in it.
    pub slot: &'s Slot,
    /// What the store says of it.
    pub trust: &'s Trust,
    /// Whether a chain may end with it, or it only helps to reach another.
    pub ends_chain: bool,
}

/// A certificate or block that does not count.
#[derive(Debug, Clone)]
pub struct LeftOut<'s> {
    /// The store.
    pub store: &'s Arc<Store>,
    /// Where in it.
    pub slot: &'s Slot,
    /// The certificate, where it is one.
    pub certificate: Option<&'s Arc<Certificate>>,
    /// Why it does not count.
    pub because: String,
}

/// Why a certificate found in a binary does not count for a client that does not trust all of them:
/// NSS' module has roots that it distrusts among the others.
pub const NOT_STATED: &str = "whether it is trusted is not stated by the binary";

/// The password that Java opens the trust store of an installation with.
fn password(installation: &Installation) -> Option<WhichPassword> {
    let given = installation.has(PASSWORD_GIVEN).then_some(WhichPassword::Given);
    given.or_else(|| installation.has(PASSWORD_CHANGEIT).then_some(WhichPassword::Changeit))
}

/// What the installation of `found` trusts, of the stores in `snapshot`.
#[must_use]
pub fn anchors<'s>(found: &Use, snapshot: &'s Snapshot) -> Anchors<'s> {
    let ends = (found.client.ends)(&found.installation);
    let password = password(&found.installation);
    let mut anchors = Anchors::default();
    for candidate in found.effective() {
        let Some(store) = candidate.store.as_ref().and_then(|id| snapshot.store(id)) else { continue };
        take(&mut anchors, found, snapshot, (store, candidate.leaf.look), ends, password);
    }
    overrule(&mut anchors, found, snapshot);
    block(&mut anchors, found, snapshot);
    let counted: HashSet<Fingerprint> = anchors.certificates.keys().copied().collect();
    anchors.left_out.retain(|left| left.certificate.is_none_or(|c| !counted.contains(&c.fingerprint())));
    if stops(found, snapshot).is_some() {
        let unused = std::mem::take(&mut anchors.certificates).into_values().map(|anchor| LeftOut {
            store: anchor.store,
            slot: anchor.slot,
            certificate: Some(anchor.certificate),
            because: "the client stops with an error before it uses it".to_owned(),
        });
        anchors.left_out.extend(unused);
    }
    anchors
}

/// Whether a store in effect leaves open what the client trusts: it was not read in full, or it is a
/// binary in which nothing was found, or which does not state what counts of what was.
#[must_use]
pub fn leaves_open(candidate: &Candidate, store: &Store) -> bool {
    let counts =
        |entry: &Entry| entry.certificate().is_some() && refusal(store, entry, candidate.leaf.look, None).is_none();
    let is_silent = || matches!(store.id, StoreId::Section(..)) && !store.entries.iter().any(counts);
    store.reading != Reading::Whole || is_silent()
}

/// The place at which the client stops with an error before it verifies anything: nothing is
/// there, or a file that its TLS library does not load.
#[must_use]
pub fn stops<'u>(found: &'u Use, snapshot: &Snapshot) -> Option<&'u Candidate> {
    let is_fatal = |candidate: &&Candidate| {
        let leaf = candidate.leaf;
        let Some(store) = candidate.store.as_ref().and_then(|id| snapshot.store(id)) else { return false };
        match leaf.look {
            Look::Bundle | Look::BundleOrHash => leaf.missing == Then::Refuse && not_loaded(found, store),
            Look::Keystore => found.installation.has(JSSE) && not_opened(found, store),
            _ => false,
        }
    };
    found.refuses().or_else(|| found.effective().find(is_fatal))
}

/// Whether loading a file fails: OpenSSL wants a certificate in it and every block sound; GnuTLS
/// takes one without certificates for an empty list.
fn not_loaded(found: &Use, store: &Store) -> bool {
    match (&store.openssl, &store.reading) {
        _ if store.format == Format::Directory => false,
        // What castore could not read the client may.
        (_, Reading::Unreadable(_)) => false,
        (Some(OpensslLoad::Refuses { .. }), _) => true,
        (Some(OpensslLoad::Loads(0)) | None, _) => !found.installation.has("gnutls"),
        (Some(OpensslLoad::Loads(_)), _) => false,
    }
}

/// Whether Java fails to open a keystore: it is none, or the password it is given is not the one.
fn not_opened(found: &Use, store: &Store) -> bool {
    let container = &store.container;
    match (&store.reading, password(&found.installation)) {
        (Reading::Unreadable(_), _) => false,
        _ if !matches!(store.format, Format::Jks | Format::Pkcs12 | Format::Native) => true,
        (_, Some(password)) if container.integrity != Integrity::Unsealed => {
            container.integrity == Integrity::Mismatch || container.password.is_some_and(|fits| fits != password)
        }
        _ => false,
    }
}

/// Adds what a client with this look takes from one store.
fn take<'s>(
    anchors: &mut Anchors<'s>,
    found: &Use,
    snapshot: &Snapshot,
    (store, look): (&'s Arc<Store>, Look),
    ends: Ends,
    password: Option<WhichPassword>,
) {
    let look = match look {
        Look::BundleOrHash if store.format == Format::Directory => Look::HashLazy,
        Look::BundleOrHash => Look::Bundle,
        // The store's file loader goes past what is no certificate.
        Look::HashStore if store.format != Format::Directory => Look::HashStore,
        other => other,
    };
    let reachable = reachable(snapshot, store, look);
    let bad = matches!(look, Look::UntilBad | Look::UnlessBad).then(|| store.entries.iter().position(is_bad)).flatten();
    for (index, entry) in store.entries.iter().enumerate() {
        let refused = match &reachable {
            _ if bad.is_some() && look == Look::UnlessBad => Some("a block of the file cannot be read".to_owned()),
            _ if bad.is_some_and(|bad| bad < index) => Some("it stands behind a block that cannot be read".to_owned()),
            Some(reachable) if !reachable.contains(&index) => Some("no hash name leads to it".to_owned()),
            _ if look == Look::Listed && !is_listed(found, store, entry) => {
                Some("the list of its client does not choose it".to_owned())
            }
            _ => refusal(store, entry, look, password),
        };
        match (&entry.body, refused) {
            (Body::Certificate(certificate), None) => {
                let ends_chain = ends == Ends::AnyCertificate || certificate.is_self_issued();
                let anchor = Anchor { certificate, store, slot: &entry.slot, trust: &entry.trust, ends_chain };
                anchors.certificates.entry(certificate.fingerprint()).or_insert(anchor);
            }
            (Body::Certificate(certificate), Some(because)) => {
                anchors.left_out.push(LeftOut { store, slot: &entry.slot, certificate: Some(certificate), because });
            }
            (Body::Malformed(why), _) => {
                let because = format!("expected {}", why.expected);
                anchors.left_out.push(LeftOut { store, slot: &entry.slot, certificate: None, because });
            }
            _ => {}
        }
    }
}

/// Whether a reader that stops at what is bad stops here.
fn is_bad(entry: &Entry) -> bool {
    matches!(entry.body, Body::Malformed(_))
}

/// The entries of a directory that its names lead to, where names count.
fn reachable(snapshot: &Snapshot, store: &Arc<Store>, look: Look) -> Option<HashSet<usize>> {
    let by_name = || snapshot.hash_directory(store).reachable.clone();
    match look {
        _ if store.format != Format::Directory => None,
        Look::HashLazy => Some(by_name().into_iter().collect()),
        Look::HashStore => Some(by_name().into_iter().chain(listed_by_hash(store)).collect()),
        _ => None,
    }
}

/// Leaves out what a user's NSS database thinks otherwise of than the built-in roots beside it: its
/// word stands before theirs (`nssTrust_Create`, lib/pki/certificate.c), also about a certificate that
/// it does not hold.
fn overrule<'s>(anchors: &mut Anchors<'s>, found: &Use, snapshot: &'s Snapshot) {
    let stores = found.effective().filter_map(|candidate| snapshot.store(candidate.store.as_ref()?));
    let entries = stores.filter(|store| store.format == Format::Nss).flat_map(|store| &store.entries);
    let mut named: Option<HashMap<Named<'s>, Vec<Fingerprint>>> = None;
    for entry in entries.filter(|entry| !entry.trust.allows_server() && speaks_of_servers(&entry.trust)) {
        let meant = match &entry.body {
            Body::Certificate(certificate) => vec![certificate.fingerprint()],
            Body::Reference(reference) => {
                let named = named.get_or_insert_with(|| by_name(anchors));
                let alike = name(reference).and_then(|name| named.get(&name)).into_iter().flatten();
                alike
                    .filter(|key| anchors.certificates.get(key).is_some_and(|one| is_meant(reference, one)))
                    .copied()
                    .collect()
            }
            _ => continue,
        };
        for anchor in meant.iter().filter_map(|key| anchors.certificates.remove(key)) {
            anchors.left_out.push(LeftOut {
                store: anchor.store,
                slot: anchor.slot,
                certificate: Some(anchor.certificate),
                because: "the user's database does not trust it for TLS servers".to_owned(),
            });
        }
    }
}

/// Whether the list of the installation names the file or the value that an entry stands in.
fn is_listed(found: &Use, store: &Store, entry: &Entry) -> bool {
    let Some(path) = store.id.path() else { return false };
    let inside = match &entry.slot {
        Slot::File(name, _) => path.join(name),
        Slot::Inside(name, _) => path.join(name.raw()),
        _ => return false,
    };
    found.installation.listed.contains(&inside)
}

/// Leaves out what a blocklist holds, and what a file of a client whose files state trust distrusts,
/// wherever else it stands.
fn block<'s>(anchors: &mut Anchors<'s>, found: &Use, snapshot: &'s Snapshot) {
    let stores = found.effective().filter_map(|c| Some((c.leaf.look, snapshot.store(c.store.as_ref()?)?)));
    for (look, store) in stores {
        let blocks = |entry: &&Entry| match look {
            Look::Blocklist | Look::TrustModule(Stands::Blocklist) => true,
            Look::Authorities | Look::Stated | Look::TrustModule(_) => {
                entry.trust == Trust::Distrusted && !is_unlisted(entry)
            }
            _ => false,
        };
        for certificate in store.entries.iter().filter(blocks).filter_map(Entry::certificate) {
            if let Some(anchor) = anchors.certificates.remove(&certificate.fingerprint()) {
                let StoreId::Path(path) = &store.id else { continue };
                anchors.left_out.push(LeftOut {
                    store: anchor.store,
                    slot: anchor.slot,
                    certificate: Some(anchor.certificate),
                    because: format!("{} distrusts it", path.display()),
                });
            }
        }
    }
}

/// An issuer, DER, and the content octets of a serial number.
type Named<'s> = (&'s [u8], &'s [u8]);

fn by_name<'s>(anchors: &Anchors<'s>) -> HashMap<Named<'s>, Vec<Fingerprint>> {
    let mut named: HashMap<Named<'s>, Vec<Fingerprint>> = HashMap::new();
    for (key, anchor) in &anchors.certificates {
        let (Ok(outline), der) = (anchor.certificate.outline(), anchor.certificate.der()) else { continue };
        if let (Some(issuer), Some(serial)) = (der.get(outline.issuer.clone()), der.get(outline.serial.clone())) {
            named.entry((issuer, serial)).or_default().push(*key);
        }
    }
    named
}

/// The certificate that a store speaks of without holding it, by its name. The tag and length of a
/// serial number are one octet each (RFC 5280, 4.1.2.2).
fn name(reference: &Reference) -> Option<Named<'_>> {
    Some((reference.issuer.as_deref()?, reference.serial.as_deref()?.get(2..)?))
}

/// Whether no hash of the reference is that of another certificate.
fn is_meant(reference: &Reference, anchor: &Anchor<'_>) -> bool {
    reference.sha256.is_none_or(|hash| hash == anchor.certificate.fingerprint())
        && reference.sha1.is_none_or(|hash| hash[..] == Sha1::digest(anchor.certificate.der())[..])
}

/// Whether a store says something of TLS servers, and not only that the certificate is there.
fn speaks_of_servers(trust: &Trust) -> bool {
    match trust {
        Trust::Limited(limited) => limited.purposes.iter().any(|(purpose, _)| *purpose == SERVER_AUTH),
        Trust::Distrusted => true,
        _ => false,
    }
}

/// Why a client with this look does not take an entry.
fn refusal(store: &Store, entry: &Entry, look: Look, password: Option<WhichPassword>) -> Option<String> {
    if entry.trust == Trust::Present && matches!(store.id, StoreId::Section(..)) {
        return (look != Look::CompiledIn).then(|| NOT_STATED.to_owned());
    }
    if look == Look::Keystore {
        return not_in_keystore(store, entry, password).map(str::to_owned);
    }
    // Where p11-kit keeps anchors, a file that says nothing for one says nothing against it.
    let is_anchor = look == Look::Authorities && entry.trust == Trust::Present && !is_unlisted(entry);
    if !is_anchor && look != Look::Blocklist && !entry.trust.allows_server() {
        return Some("the store does not trust it for TLS servers".to_owned());
    }
    let label = entry.notes.iter().find_map(|note| match note {
        Note::Label(label) => Some(label.as_str()),
        _ => None,
    });
    match look {
        Look::Bundle => whole_file_refused(store.openssl.as_ref()).or_else(|| skipped(label)),
        Look::HashLazy | Look::HashStore => skipped(label),
        Look::HashNames if !file_name(&entry.slot).is_some_and(is_hash_name) => {
            Some("its file is not named as by hash".to_owned())
        }
        Look::TrustModule(stands) => not_by_module(entry, label, stands).map(str::to_owned),
        Look::Extensions(wanted) => {
            let name = file_name(&entry.slot)?;
            let extension = Path::new(name).extension().and_then(OsStr::to_str);
            let counts = extension.is_some_and(|extension| wanted.contains(&extension));
            let other = || format!("its file name does not end in .{}", wanted.join(" or ."));
            if counts { not_plain_pem(entry, label) } else { Some(other()) }
        }
        Look::UnlessHashName if file_name(&entry.slot).is_some_and(is_hash_name) => {
            Some("its file is named as a subject hash is".to_owned())
        }
        Look::UnlessHashName if entry.slot == Slot::Whole || is_der_file(&entry.slot) => {
            Some("it is DER, not PEM".to_owned())
        }
        Look::EitherEncoding | Look::EveryFileEitherEncoding => label.map(|label| format!("its label is {label}")),
        // OpenSSL's own reader of one certificate after another (`check_pem`, crypto/pem/pem_lib.c).
        Look::UntilBad | Look::UnlessBad if label == Some("X509 CERTIFICATE") => None,
        Look::Blocks | Look::UntilBad | Look::UnlessBad | Look::EveryFile | Look::HashNames | Look::Listed => {
            not_plain_pem(entry, label)
        }
        Look::Authorities => not_of_p11_kit(label).or_else(|| no_authority(entry)),
        Look::Stated if entry.trust == Trust::Unstated => Some("its file does not say that it is trusted".to_owned()),
        Look::Stated => not_of_p11_kit(label).or_else(|| no_authority(entry)),
        Look::Blocklist => Some("it is in a list of what is distrusted".to_owned()),
        Look::BundleOrHash
        | Look::AnyForm
        | Look::UnlessHashName
        | Look::Keystore
        | Look::CompiledIn
        | Look::Nothing => None,
    }
}

/// Eight hexadecimal digits, a dot and one more digit (`is_hash_file_name`, rustls-native-certs 0.8.1;
/// `listDirectoryCerts`, x509-store's Data/X509/CertificateStore.hs).
fn is_hash_name(name: &OsStr) -> bool {
    name.len() == 10 && parse_name(name).is_some_and(|name| !name.crl)
}

/// Whether the program that an entry's file is for does not list it.
fn is_unlisted(entry: &Entry) -> bool {
    entry.notes.iter().any(|note| matches!(note, Note::NotListed(_)))
}

/// Why readers of plain PEM do not take an entry.
fn not_plain_pem(entry: &Entry, label: Option<&str>) -> Option<String> {
    match label {
        Some(label) => Some(format!("its label is {label}")),
        None if entry.slot == Slot::Whole || is_der_file(&entry.slot) => Some("it is DER, not PEM".to_owned()),
        None => None,
    }
}

/// The labels that p11-kit passes over: all but two (`on_pem_block`, trust/parser.c).
fn not_of_p11_kit(label: Option<&str>) -> Option<String> {
    let other = label.filter(|label| *label != "TRUSTED CERTIFICATE")?;
    Some(format!("its label is {other}"))
}

/// What is no authority is in none of the bundles that p11-kit extracts (`ca-anchors`, trust/enumerate.c).
fn no_authority(entry: &Entry) -> Option<String> {
    let certificate = entry.certificate()?;
    let is_ca = x509::details(certificate).is_ok_and(|details| details.is_ca(certificate.is_self_issued()));
    (!is_ca).then(|| "it is no certification authority".to_owned())
}

/// Why p11-kit's trust module does not take a certificate for an anchor.
fn not_by_module(entry: &Entry, label: Option<&str>, stands: Stands) -> Option<&'static str> {
    match stands {
        _ if label.is_some_and(|label| label != "TRUSTED CERTIFICATE") => Some("p11-kit does not know its label"),
        Stands::Blocklist => Some("it stands in a blocklist"),
        Stands::Alone if entry.trust == Trust::Unstated => {
            Some("it stands beside anchors, and nothing says that it is one")
        }
        Stands::Alone | Stands::Anchors => None,
    }
}

/// Certificates in a PKCS#7: OpenSSL and GnuTLS go past the block (`PEM_X509_INFO_read_bio`,
/// crypto/pem/pem_info.c).
fn skipped(label: Option<&str>) -> Option<String> {
    let is_signed_data = matches!(label?.to_ascii_uppercase().as_str(), "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA");
    is_signed_data.then(|| "it is in a block of PKCS#7, which the client skips".to_owned())
}

/// Why a program that has a keystore or database of its own does not take an entry of it.
///
/// Java takes every certificate that is an entry, and of every private key the first certificate of
/// its chain (`getTrustedCerts`, sun.security.validator.TrustStoreUtil), of JKS and PKCS#12 alone
/// (`KeyStoreDelegator`), which it opens with the password that a
/// property gives, else without any (`TrustStoreManager`).
fn not_in_keystore(store: &Store, entry: &Entry, password: Option<WhichPassword>) -> Option<&'static str> {
    let is_java = matches!(store.format, Format::Jks | Format::Pkcs12);
    let has = |note: &Note| entry.notes.contains(note);
    let is_open = password.is_some() && store.container.password == password;
    match store.format {
        Format::Jceks | Format::Bks => return Some("Java does not open a trust store in this format"),
        Format::Pem | Format::Der | Format::Pkcs7 => return Some("it is no keystore"),
        _ => {}
    }
    if let Some(owner) = store.container.owner.filter(|owner| is_java && owner.lists == 0) {
        return Some(owner.because);
    }
    let unlisted = entry.notes.iter().find_map(|note| match note {
        Note::NotListed(because) => Some(*because),
        _ => None,
    });
    let of_key = is_java && has(&Note::ChainOfKey(0));
    match unlisted {
        Some(because) => Some(because),
        None if is_java && has(&Note::Encrypted) && !is_open => {
            Some("it is encrypted, and Java opens its trust store without a password")
        }
        None if of_key => None,
        None if is_java && has(&Note::SameAlias) => Some("a later entry has the same alias"),
        None if entry.trust.allows_server() => None,
        None if is_java && entry.notes.iter().any(|note| matches!(note, Note::ChainOfKey(_))) => {
            Some("it stands in the chain of a private key, behind the first")
        }
        None => Some("the store does not trust it for TLS servers"),
    }
}

fn whole_file_refused(openssl: Option<&OpensslLoad>) -> Option<String> {
    match openssl {
        Some(OpensslLoad::Refuses { because, line }) => {
            Some(format!("OpenSSL refuses the whole file: line {line}: {because}"))
        }
        Some(OpensslLoad::Loads(_)) => None,
        None => Some("it is not PEM".to_owned()),
    }
}

fn file_name(slot: &Slot) -> Option<&OsStr> {
    match slot {
        Slot::File(name, _) => Some(name),
        _ => None,
    }
}

fn is_der_file(slot: &Slot) -> bool {
    matches!(slot, Slot::File(_, inner) if **inner == Slot::Whole)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "a test reads its data")]

    use super::*;
    use crate::catalogue::clients;
    use crate::catalogue::survey::{Searched, Survey};
    use crate::discover::discover;
    use crate::format::tests::vectors::{one, two};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};
    use crate::load::{load, wanted};
    use crate::model::Trust;

    /// What Java takes of a file as its `cacerts`, and why not the rest.
    fn java(cacerts: Vec<u8>) -> (String, Vec<String>) {
        let files = Memory::new().file("/usr/lib/jvm/x/lib/security/cacerts", cacerts);
        let host = Host::new(Box::new(files), System::Linux);
        let survey = Survey::new(&host, Searched::default());
        let uses = discover(&survey, clients().filter(|client| client.id == "java"));
        let snapshot = load(&host, &wanted(&uses));
        let found = anchors(&uses[0], &snapshot);
        let names = [("one", one()), ("two", two())];
        let has = |der: &[u8]| found.certificates.values().any(|anchor| anchor.certificate.der() == der);
        let taken: Vec<&str> = names.iter().filter(|(_, der)| has(der)).map(|(name, _)| *name).collect();
        assert_eq!(taken.len(), found.certificates.len());
        let left = found.left_out.iter().map(|left| left.because.clone()).collect();
        (taken.join(" "), left)
    }

    /// A file of the vectors, by format and name.
    fn vector(name: &str) -> Vec<u8> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/malformed");
        let file = std::fs::read(directory.join(name)).unwrap();
        let body = memchr::memmem::find(&file, b"\n\n").unwrap() + 2;
        file[body..].to_vec()
    }

    /// Held against Java itself by `tests/oracles/java.rs`.
    #[test]
    fn java_trusts_entries_and_the_first_certificate_of_each_key() {
        let jks = |name: &str| java(vector(&format!("jks/{name}")));
        assert_eq!(jks("version-1").0, "one two");
        assert_eq!(jks("password-other").0, "one");
        assert_eq!(jks("alias-repeated"), ("two".to_owned(), vec!["a later entry has the same alias".to_owned()]));
        assert_eq!(jks("alias-upper-case").0, "two");
        assert_eq!(jks("key-chain").0, "one two");
        assert_eq!(jks("key-chain-only").0, "one");
        assert_eq!(jks("key-repeated").0, "two");
        assert_eq!(jks("type-other").0, "");
        assert_eq!(jks("count-less").0, "one");
        assert_eq!(jks("count-more").0, "");
    }

    #[test]
    fn java_opens_no_trust_store_of_another_format() {
        let refused = |name: &str| {
            let (taken, left) = java(vector(name));
            assert_eq!((taken.as_str(), left[0].as_str()), ("", "Java does not open a trust store in this format"));
        };
        refused("jceks/secret");
        refused("bks/version-1");
        assert_eq!(java(one()), (String::new(), vec!["it is no keystore".to_owned()]));
    }

    /// Without the attribute, hidden by encryption, or part of a chain alone.
    #[test]
    fn java_asks_for_what_pkcs12_says_of_an_entry() {
        let certificate = Arc::new(crate::format::x509::read(one().into()));
        let takes = |trust: Trust, notes: &[Note]| {
            let body = Body::Certificate(Arc::clone(&certificate));
            let entry = Entry { trust, notes: notes.to_vec(), ..Entry::new(Slot::Index(0), body) };
            let store = Store {
                id: crate::model::StoreId::Path("/cacerts".into()),
                format: Format::Pkcs12,
                reading: Reading::Whole,
                size: None,
                entries: vec![entry.clone()],
                openssl: None,
                listed: Vec::new(),
                container: crate::model::Container::default(),
                gaps: Vec::new(),
            };
            not_in_keystore(&store, &entry, None).is_none()
        };
        assert!(takes(Trust::Trusted, &[]));
        assert!(takes(Trust::Trusted, &[Note::ChainOfKey(1)]));
        assert!(takes(Trust::Present, &[Note::ChainOfKey(0)]));
        assert!(!takes(Trust::Present, &[Note::ChainOfKey(1)]));
        assert!(!takes(Trust::Present, &[]));
        assert!(!takes(Trust::Trusted, &[Note::Encrypted]));
        assert!(!takes(Trust::Present, &[Note::ChainOfKey(0), Note::Encrypted]));
        assert!(!takes(Trust::Trusted, &[Note::SameAlias]));
    }

    /// How many of one, something bad and two a client takes of the file of `NODE_EXTRA_CA_CERTS`, when
    /// `between` stands in the middle.
    fn extra(client: &str, program: &str, between: &str) -> usize {
        let block = |der: Vec<u8>| ::pem::encode(&::pem::Pem::new("CERTIFICATE", der));
        let file = block(one()) + between + &block(two());
        let name = format!("/usr/bin/{client}");
        let files = Memory::new().file(name, program.to_owned()).file("/extra.pem", file);
        let variables = [("NODE_EXTRA_CA_CERTS".into(), "/extra.pem".into())].into();
        let host = Host::new(Box::new(files), System::Linux).with_environment(variables);
        let survey = Survey::new(&host, Searched::default());
        let uses = discover(&survey, clients().filter(|row| row.id == client));
        let snapshot = load(&host, &wanted(&uses));
        anchors(&uses[0], &snapshot).certificates.len()
    }

    #[test]
    fn a_bad_block_ends_the_file_for_one_and_empties_it_for_another() {
        let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(extra("node", "node.js/v22.15.0", ""), 2);
        assert_eq!(extra("node", "node.js/v22.15.0", bad), 1);
        assert_eq!(extra("bun", "Bun/1.1.45", bad), 1);
        assert_eq!(extra("bun", "Bun/1.4.5", bad), 0);
        assert_eq!(extra("bun", "Bun/1.4.5", ""), 2);
    }

    #[test]
    fn java_opens_what_is_encrypted_with_the_password_that_fits() {
        let opened = |name: &str, property: &str| {
            let options = format!("-Djavax.net.ssl.trustStorePassword={property}");
            let files = Memory::new().file(
                "/usr/lib/jvm/x/lib/security/cacerts",
                std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap(),
            );
            let host = Host::new(Box::new(files), System::Linux)
                .with_environment([("JAVA_TOOL_OPTIONS".into(), options.into())].into());
            let survey = Survey::new(&host, Searched::default());
            let uses = discover(&survey, clients().filter(|client| client.id == "java"));
            let snapshot = load(&host, &wanted(&uses));
            (anchors(&uses[0], &snapshot).certificates.len(), stops(&uses[0], &snapshot).is_some())
        };
        let (encrypted, clear) = ("tests/fuzz/seeds/pkcs12/keytool.p12", "tests/fuzz/seeds/jks/keytool.jks");
        assert_eq!([opened(encrypted, ""), opened(clear, "")], [(0, false), (2, false)]);
        assert_eq!([opened(encrypted, "changeit"), opened(clear, "changeit")], [(2, false), (2, false)]);
        assert_eq!([opened(encrypted, "other"), opened(clear, "other")], [(0, true), (0, true)]);
    }
}
