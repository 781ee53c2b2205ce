//! What a client takes of a store by the way it looks at it, and why not the rest.

use super::Reason;
use super::keystore::{behind_key, is_opened, not_in_keystore};
use super::overlooked::is_gnutls;
use crate::catalogue::client::{Look, Stands};
use crate::discover::Use;
use crate::format::hash_dir::parse_name;
use crate::format::pem::labels;
use crate::format::x509;
use crate::load::Snapshot;
use crate::model::{Body, Entry, Format, Note, Slot, Store, StoreId, Trust, WhichPassword};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

/// Whether a reader that stops at what is bad stops here.
pub(super) fn is_bad(entry: &Entry) -> bool {
    matches!(entry.body, Body::Malformed(_))
}

/// The entries of a directory that its names lead to, where names count.
pub(super) fn reachable(snapshot: &Snapshot, store: &Arc<Store>, look: Look) -> Option<HashSet<usize>> {
    let by_name = || snapshot.hash_directory(store).reachable.clone();
    match look {
        _ if store.format != Format::Directory => None,
        Look::HashLazy => Some(by_name().into_iter().collect()),
        Look::HashStore => Some(by_name().into_iter().chain(snapshot.listed_by_hash(store).iter().copied()).collect()),
        _ => None,
    }
}

/// Whether the list of the installation names the file or the value that an entry stands in.
pub(super) fn is_listed(found: &Use, store: &Store, entry: &Entry) -> bool {
    let Some(path) = store.id.path() else { return false };
    let inside = match &entry.slot {
        Slot::File(name, _) => path.join(name),
        Slot::Inside(name, _) => path.join(name.raw()),
        _ => return false,
    };
    found.installation.listed.contains(&inside)
}

/// Why a client with this look does not take an entry, its own ways with a format among it.
pub(super) fn refusal_for(
    found: &Use,
    store: &Store,
    entry: &Entry,
    look: Look,
    password: Option<WhichPassword>,
) -> Option<Reason> {
    let refused = refusal(store, entry, look, password);
    match refused {
        Some(Reason::NotOfJava) if is_opened(&found.installation, store.format) => behind_key(entry),
        // GnuTLS reads a directory file by file, each as it reads any.
        Some(Reason::Label(label)) if label == labels::LEGACY && look == Look::EveryFile && is_gnutls(found, look) => {
            None
        }
        refused => refused,
    }
}

/// Why clients with this look do not take an entry.
pub(super) fn refusal(store: &Store, entry: &Entry, look: Look, password: Option<WhichPassword>) -> Option<Reason> {
    if entry.trust == Trust::Present && matches!(store.id, StoreId::Section(..)) {
        return (look != Look::CompiledIn).then_some(Reason::NotStated);
    }
    if look == Look::Keystore {
        return not_in_keystore(store, entry, password);
    }
    // Where p11-kit keeps anchors, a file that says nothing for one says nothing against it.
    let is_anchor = look == Look::Authorities && entry.trust == Trust::Present && !is_unlisted(entry);
    if !is_anchor && look != Look::Blocklist && !entry.trust.allows_server() {
        return Some(Reason::NotForServers);
    }
    let label = entry.notes.iter().find_map(|note| match note {
        Note::Label(label) => Some(label.as_str()),
        _ => None,
    });
    match look {
        Look::Bundle | Look::HashLazy | Look::HashStore | Look::HashDefault => skipped(label),
        Look::HashNames if !file_name(&entry.slot).is_some_and(is_hash_name) => Some(Reason::NotNamedByHash),
        Look::TrustModule(stands) => not_by_module(entry, label, stands),
        Look::Extensions(wanted) => {
            let name = file_name(&entry.slot)?;
            let extension = Path::new(name).extension().and_then(OsStr::to_str);
            let counts = extension.is_some_and(|extension| wanted.contains(&extension));
            if counts { not_plain_pem(entry, label) } else { Some(Reason::Extension(wanted)) }
        }
        Look::UnlessHashName if file_name(&entry.slot).is_some_and(is_hash_name) => Some(Reason::NamedByHash),
        Look::UnlessHashName if entry.slot == Slot::Whole || is_der_file(&entry.slot) => Some(Reason::Der),
        Look::EitherEncoding | Look::EveryFileEitherEncoding => label.map(|label| Reason::Label(label.to_owned())),
        // OpenSSL's own reader of one certificate after another (`check_pem`, crypto/pem/pem_lib.c).
        Look::UntilBad | Look::UnlessBad | Look::FirstBlock if label == Some(labels::LEGACY) => None,
        Look::Blocks
        | Look::UntilBad
        | Look::UnlessBad
        | Look::FirstBlock
        | Look::EveryFile
        | Look::HashNames
        | Look::Listed => not_plain_pem(entry, label),
        Look::Authorities => not_of_p11_kit(label).or_else(|| no_authority(entry)),
        Look::Stated if entry.trust == Trust::Unstated => Some(Reason::NotSaidTrusted),
        Look::Stated => not_of_p11_kit(label).or_else(|| no_authority(entry)),
        Look::Blocklist => Some(Reason::Blocked),
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
pub(super) fn is_unlisted(entry: &Entry) -> bool {
    entry.notes.iter().any(|note| matches!(note, Note::NotListed(_)))
}

/// Why readers of plain PEM do not take an entry.
fn not_plain_pem(entry: &Entry, label: Option<&str>) -> Option<Reason> {
    match label {
        Some(label) => Some(Reason::Label(label.to_owned())),
        None if entry.slot == Slot::Whole || is_der_file(&entry.slot) => Some(Reason::Der),
        None => None,
    }
}

/// The labels that p11-kit passes over: all but two (`on_pem_block`, trust/parser.c).
fn not_of_p11_kit(label: Option<&str>) -> Option<Reason> {
    let other = label.filter(|label| *label != labels::TRUSTED)?;
    Some(Reason::Label(other.to_owned()))
}

/// What is no authority is in none of the bundles that p11-kit extracts (`ca-anchors`, trust/enumerate.c).
fn no_authority(entry: &Entry) -> Option<Reason> {
    let certificate = entry.certificate()?;
    let is_ca = x509::details(certificate).is_ok_and(|details| details.is_ca(certificate.is_self_issued()));
    (!is_ca).then_some(Reason::NotAuthority)
}

/// Why p11-kit's trust module does not take a certificate for an anchor.
fn not_by_module(entry: &Entry, label: Option<&str>, stands: Stands) -> Option<Reason> {
    match stands {
        _ if label.is_some_and(|label| label != labels::TRUSTED) => Some(Reason::LabelOfModule),
        Stands::Blocklist => Some(Reason::InBlocklist),
        Stands::Alone if entry.trust == Trust::Unstated => Some(Reason::BesideAnchors),
        Stands::Alone | Stands::Anchors => None,
    }
}

/// Certificates in a PKCS#7: OpenSSL and GnuTLS go past the block (`PEM_X509_INFO_read_bio`,
/// crypto/pem/pem_info.c).
fn skipped(label: Option<&str>) -> Option<Reason> {
    labels::is_signed_data(label?).then_some(Reason::Pkcs7)
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
