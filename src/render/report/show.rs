//! `castore show`: certificates in full, and who holds them.

mod names;

use super::facts::{FactsReport, KnownReport};
use super::trust::{TrustReport, notes};
use super::{CertificateReport, PlaceReport, hex};
use crate::anchors::{Anchors, anchors};
use crate::discover::Use;
use crate::facts::Facts;
use crate::format::x509;
use crate::load::Snapshot;
use crate::model::{Certificate, Details, Fingerprint, KeyUsage, Timestamp};
use crate::select::open_stores;
use serde::Serialize;
use sha1::{Digest, Sha1};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use names::NamesReport;

/// The answer of `castore show`.
#[derive(Debug, Clone, Serialize)]
pub struct ShowReport {
    /// `castore.show/1`.
    pub schema: &'static str,
    /// Every certificate that matched.
    pub certificates: Vec<FullCertificate>,
    /// The tables of facts that were asked.
    pub facts: Vec<FactsReport>,
}

/// A certificate in full.
#[derive(Debug, Clone, Serialize)]
pub struct FullCertificate {
    /// In brief.
    #[serde(flatten)]
    pub certificate: CertificateReport,
    /// What else was read of it; absent where it could not be parsed.
    pub details: Option<DetailsReport>,
    /// SHA-1 over its DER in hexadecimal: the thumbprint of Windows, and what older programs print. It tells certificates
    /// apart and proves nothing.
    pub sha1: String,
    /// Octets of its DER.
    pub size: usize,
    /// Every place it stands at.
    pub held_in: Vec<HeldReport>,
    /// Every installation that takes it as an anchor.
    pub trusted_by: Vec<String>,
    /// Each client that takes it, with how many of its installations do and how many there are.
    #[serde(skip)]
    pub trusting: Vec<Trusting>,
    /// Installations that have it in a store and do not take it, with the reason.
    pub left_out_by: Vec<String>,
    /// Installations that verify, and have it in no store that they read. One that reads a store of which not all is
    /// known is not among them.
    pub lacked_by: Vec<String>,
    /// What the tables of facts say of it.
    pub known: KnownReport,
}

/// A client that takes a certificate as an anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusting {
    /// Its id.
    pub client: &'static str,
    /// The installations that do.
    pub installations: Vec<String>,
    /// How many there are.
    pub all: usize,
}

impl Trusting {
    /// The clients of installations in their order; of each, whether it takes the certificate.
    fn of<'u>(installations: impl Iterator<Item = (&'u Use, &'u str, bool)>) -> Vec<Self> {
        let mut clients: Vec<Self> = Vec::new();
        for (found, name, takes) in installations {
            let client = found.client.id;
            let at = clients.iter().position(|known| known.client == client).unwrap_or_else(|| {
                clients.push(Self { client, installations: Vec::new(), all: 0 });
                clients.len() - 1
            });
            clients[at].all += 1;
            clients[at].installations.extend(takes.then(|| name.to_owned()));
        }
        clients.retain(|client| !client.installations.is_empty());
        clients
    }
}

/// A place that holds a certificate.
#[derive(Debug, Clone, Serialize)]
pub struct HeldReport {
    /// The place.
    #[serde(flatten)]
    pub place: PlaceReport,
    /// What the store says of it there; absent where its format has no way to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustReport>,
    /// What is odd about how it is written there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl HeldReport {
    /// A place in a set of which no entries are known.
    #[must_use]
    pub fn of_set(store: &crate::model::StoreId) -> Self {
        Self { place: PlaceReport::new(store, None), trust: None, notes: Vec::new() }
    }
}

/// The fields of a certificate.
#[derive(Debug, Clone, Serialize)]
pub struct DetailsReport {
    /// 1, 2 or 3.
    pub version: u32,
    /// Content octets of the serial number in hexadecimal, as encoded.
    pub serial: String,
    /// The public key.
    pub key: String,
    /// The signature algorithm.
    pub signature: String,
    /// Subject key identifier in hexadecimal.
    pub subject_key_id: Option<String>,
    /// Authority key identifier in hexadecimal.
    pub authority_key_id: Option<String>,
    /// Basic constraints, as text: `CA:TRUE, pathlen:0, critical`.
    pub basic_constraints: Option<String>,
    /// The bits of key usage that are set.
    pub key_usage: Option<Vec<&'static str>>,
    /// Extended key usages, as object identifiers.
    pub extended_key_usage: Option<Vec<String>>,
    /// Other names, and URLs.
    #[serde(flatten)]
    pub names: NamesReport,
    /// Object identifiers of critical extensions.
    pub critical_extensions: Vec<String>,
    /// Extensions whose value could not be read, with the reason.
    pub malformed_extensions: Vec<String>,
}

impl ShowReport {
    /// The report of `certificates`, as `snapshot` holds them, `uses` trust them and facts know them at a moment.
    #[must_use]
    pub fn new(
        certificates: &[Arc<Certificate>],
        snapshot: &Snapshot,
        uses: &[Use],
        facts: (&Facts, Timestamp),
    ) -> Self {
        let trusted: Vec<_> = uses.iter().map(|found| (found, found.name(), anchors(found, snapshot))).collect();
        let shown: HashSet<Fingerprint> = certificates.iter().map(|certificate| certificate.fingerprint()).collect();
        let mut places: HashMap<Fingerprint, Vec<HeldReport>> = HashMap::new();
        for (store, entry) in snapshot.stores().flat_map(|store| store.entries.iter().map(move |entry| (store, entry)))
        {
            let fingerprint = entry.certificate().map(|certificate| certificate.fingerprint());
            if let Some(fingerprint) = fingerprint.filter(|fingerprint| shown.contains(fingerprint)) {
                places.entry(fingerprint).or_default().push(HeldReport {
                    place: PlaceReport::new(&store.id, Some(&entry.slot)),
                    trust: TrustReport::new(&entry.trust),
                    notes: notes(entry),
                });
            }
        }
        let mut left_out: HashMap<Fingerprint, Vec<String>> = HashMap::new();
        let mut lacked: HashMap<Fingerprint, Vec<String>> = HashMap::new();
        for (found, name, anchors) in &trusted {
            let mut told = HashSet::new();
            for left in &anchors.left_out {
                let fingerprint = left.certificate.map(|certificate| certificate.fingerprint());
                if let Some(fingerprint) = fingerprint.filter(|one| shown.contains(one) && told.insert(*one)) {
                    left_out.entry(fingerprint).or_default().push(format!("{name}: {}", left.because));
                }
            }
            if is_known(found, snapshot) {
                for one in shown.iter().filter(|one| !anchors.certificates.contains_key(one) && !told.contains(one)) {
                    lacked.entry(*one).or_default().push(name.clone());
                }
            }
        }
        let mut report = |certificate: &Arc<Certificate>| {
            let fingerprint = certificate.fingerprint();
            let takes = |anchors: &Anchors<'_>| anchors.certificates.contains_key(&fingerprint);
            let by = trusted.iter().filter(|(_, _, anchors)| takes(anchors));
            FullCertificate {
                certificate: CertificateReport::new(certificate),
                details: x509::details(certificate).ok().map(|details| DetailsReport::new(details, certificate)),
                sha1: sha1(certificate),
                size: certificate.der().len(),
                held_in: places.remove(&fingerprint).unwrap_or_default(),
                trusted_by: by.map(|(_, name, _)| name.clone()).collect(),
                trusting: Trusting::of(
                    trusted.iter().map(|(found, name, anchors)| (*found, name.as_str(), takes(anchors))),
                ),
                left_out_by: left_out.remove(&fingerprint).unwrap_or_default(),
                lacked_by: lacked.remove(&fingerprint).unwrap_or_default(),
                known: KnownReport::new(facts.0, certificate),
            }
        };
        Self {
            schema: "castore.show/1",
            certificates: certificates.iter().map(&mut report).collect(),
            facts: FactsReport::all(facts.0, facts.1),
        }
    }
}

/// The SHA-1 of a certificate in hexadecimal.
#[must_use]
pub fn sha1(certificate: &Certificate) -> String {
    hex(&Sha1::digest(certificate.der()))
}

/// Whether what an installation trusts is known in full, and counts.
fn is_known(found: &Use, snapshot: &Snapshot) -> bool {
    let is_said = found.installation.unknown.is_empty() && found.opaque().next().is_none();
    is_said && !found.is_off() && open_stores(found, snapshot).next().is_none()
}

impl DetailsReport {
    fn new(details: &Details, certificate: &Arc<Certificate>) -> Self {
        let constraints = details.basic_constraints.map(|constraints| {
            let mut text = format!("CA:{}", if constraints.ca { "TRUE" } else { "FALSE" });
            if let Some(length) = constraints.path_len {
                text.push_str(&format!(", pathlen:{length}"));
            }
            text + if constraints.critical { ", critical" } else { "" }
        });
        let critical = details.extensions.iter().filter(|extension| extension.critical);
        let malformed = details.extensions.iter().filter_map(|extension| {
            Some(format!("{}: {}", extension.oid, super::malformation(extension.malformed.as_ref()?)))
        });
        Self {
            version: details.version,
            serial: hex(&details.serial),
            key: details.key.to_string(),
            signature: details.signature.to_string(),
            subject_key_id: details.subject_key_id.as_deref().map(hex),
            authority_key_id: details.authority_key_id.as_deref().map(hex),
            basic_constraints: constraints,
            key_usage: details.key_usage.map(|usage| KeyUsage::names(usage).collect()),
            extended_key_usage: details
                .extended_key_usage
                .as_ref()
                .map(|list| list.iter().map(ToString::to_string).collect()),
            names: NamesReport::new(certificate),
            critical_extensions: critical.map(|extension| extension.oid.to_string()).collect(),
            malformed_extensions: malformed.collect(),
        }
    }
}
