//! What stores say of certificates, and of themselves, as reports.

use super::{PlaceReport, hex};
use crate::model::{
    Body, Container, Entry, Integrity, Names, Note, Oid, Purposes, Reference, Ruling, Store, Trust, WhichPassword,
};
use serde::Serialize;

/// What a store says of an entry, in the words of its format.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TrustReport {
    /// `trusted`, `present`, `distrusted`, `purposes` (OpenSSL's lists) or `limited`.
    pub says: &'static str,
    /// Purposes it is trusted for, as object identifiers; for `purposes`, absent where no list is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_for: Option<Vec<String>>,
    /// Purposes it is refused for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_for: Option<Vec<String>>,
    /// Purposes for which it may stand in a chain and is no anchor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present_for: Option<Vec<String>>,
    /// Moments after which certificates it issued are refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distrusted_after: Vec<DistrustReport>,
    /// DNS names and networks for which a chain to it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    /// A NameConstraints extension value beside the certificate's own, DER in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_constraints: Option<String>,
}

/// A moment after which certificates are refused for a purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DistrustReport {
    /// The purpose, an object identifier.
    pub purpose: String,
    /// The moment.
    pub after: String,
}

fn texts<'o>(identifiers: impl IntoIterator<Item = &'o Oid>) -> Vec<String> {
    identifiers.into_iter().map(ToString::to_string).collect()
}

impl TrustReport {
    /// The report of what a store says; none where its format has no way to say.
    #[must_use]
    pub fn new(trust: &Trust) -> Option<Self> {
        let only = |says| Some(Self { says, ..Self::default() });
        match trust {
            Trust::Unstated => None,
            Trust::Trusted => only("trusted"),
            Trust::Present => only("present"),
            Trust::Distrusted => only("distrusted"),
            Trust::Purposes(purposes) => Some(Self::of_purposes(purposes)),
            Trust::Limited(limited) => {
                let ruled = |wanted: Ruling| {
                    let mut found = texts(limited.purposes.iter().filter(|(_, r)| *r == wanted).map(|(oid, _)| oid));
                    if limited.otherwise == wanted && wanted != Ruling::Present {
                        found.push("other".to_owned());
                    }
                    (!found.is_empty()).then_some(found)
                };
                let after = limited.distrusted_after.iter();
                let (names, name_constraints) = names(limited.names.as_ref());
                Some(Self {
                    says: "limited",
                    trusted_for: ruled(Ruling::Trusted),
                    refused_for: ruled(Ruling::Distrusted),
                    present_for: ruled(Ruling::Present),
                    distrusted_after: after
                        .map(|(oid, when)| DistrustReport { purpose: oid.to_string(), after: when.to_string() })
                        .collect(),
                    names,
                    name_constraints,
                })
            }
        }
    }

    fn of_purposes(purposes: &Purposes) -> Self {
        Self {
            says: "purposes",
            trusted_for: purposes.trust.as_ref().map(texts),
            refused_for: purposes.reject.as_ref().map(texts),
            ..Self::default()
        }
    }

    /// In a few words, for a line of text; `name` gives the name of an object identifier.
    #[must_use]
    pub fn words(&self, name: &dyn Fn(&str) -> String) -> String {
        let list = |word: &str, list: &Option<Vec<String>>| {
            let list = list.as_ref()?;
            let names: Vec<String> = list.iter().map(|identifier| name(identifier)).collect();
            Some(format!("{word} {}", if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }))
        };
        if !matches!(self.says, "purposes" | "limited") {
            return self.says.to_owned();
        }
        let after = self.distrusted_after.iter().map(|distrust| {
            let day = distrust.after.split('T').next().unwrap_or(&distrust.after);
            format!("not if issued after {day} for {}", name(&distrust.purpose))
        });
        let names = self.names.as_ref().map(|names| format!("only for {}", names.join(", ")));
        let constrained = self.name_constraints.as_ref().map(|_| "name constraints beside its own".to_owned());
        let lists = [
            list("trusted for", &self.trusted_for),
            list("refused for", &self.refused_for),
            // What it is no anchor for is of interest only where it is an anchor for nothing.
            list("no anchor for", &self.present_for).filter(|_| self.trusted_for.is_none()),
        ];
        let words: Vec<String> = lists.into_iter().flatten().chain(after).chain(names).chain(constrained).collect();
        if words.is_empty() { "trusted".to_owned() } else { words.join("; ") }
    }
}

fn names(names: Option<&Names>) -> (Option<Vec<String>>, Option<String>) {
    match names {
        None => (None, None),
        Some(Names::Constraints(der)) => (None, Some(hex(der))),
        Some(Names::Permitted { dns, networks }) => {
            let dns = dns.iter().map(|name| name.raw().to_owned());
            (Some(dns.chain(networks.iter().cloned()).collect()), None)
        }
    }
}

/// What is to be said of a keystore or database as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContainerReport {
    /// The version of the format that it states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// `unsealed`, `verified`, `unverified` (not computed) or `mismatch` (fits no password tried).
    pub integrity: &'static str,
    /// How its parts are sealed and encrypted.
    pub protection: Vec<String>,
    /// Which password opened it: `empty`, `changeit` or `given`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<&'static str>,
    /// What its own program lists, where that is not all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerReport>,
    /// Private keys in it, which are counted and never opened.
    pub keys: usize,
}

/// What the program that owns a format lists of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnerReport {
    /// The program.
    pub program: &'static str,
    /// How many certificates it lists.
    pub lists: usize,
    /// Why not all that are there.
    pub because: &'static str,
}

impl ContainerReport {
    /// The report of a store; none where nothing is to be said.
    #[must_use]
    pub fn new(store: &Store) -> Option<Self> {
        let container = &store.container;
        let keys = store.entries.iter().filter(|entry| matches!(entry.body, Body::PrivateKey)).count();
        (*container != Container::default()).then(|| Self {
            version: container.version,
            integrity: match container.integrity {
                Integrity::Unsealed => "unsealed",
                Integrity::Verified => "verified",
                Integrity::Unverified => "unverified",
                Integrity::Mismatch => "mismatch",
            },
            protection: container.protection.clone(),
            password: container.password.map(|password| match password {
                WhichPassword::Empty => "empty",
                WhichPassword::Changeit => "changeit",
                WhichPassword::Given => "given",
            }),
            owner: container.owner.map(|owner| OwnerReport {
                program: owner.program,
                lists: owner.lists,
                because: owner.because,
            }),
            keys,
        })
    }
}

/// What a store says of a certificate that is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReferenceReport {
    /// Where it is said.
    pub place: PlaceReport,
    /// What is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustReport>,
    /// The name the store gives the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// SHA-256 of its DER.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// SHA-1 of its DER.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha1: Option<String>,
    /// Its issuer, a DER Name in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_der: Option<String>,
    /// Its serial number, a DER INTEGER in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial_der: Option<String>,
    /// Its SubjectPublicKeyInfo, DER in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key_der: Option<String>,
}

impl ReferenceReport {
    /// Every reference in a store.
    #[must_use]
    pub fn all(store: &Store) -> Vec<Self> {
        let found = store.entries.iter().filter_map(|entry| match &entry.body {
            Body::Reference(reference) => Some(Self::new(store, entry, reference)),
            _ => None,
        });
        found.collect()
    }

    fn new(store: &Store, entry: &Entry, reference: &Reference) -> Self {
        Self {
            place: PlaceReport::new(&store.id, Some(&entry.slot)),
            trust: TrustReport::new(&entry.trust),
            label: reference.label.as_ref().map(|label| label.raw().to_owned()),
            sha256: reference.sha256.map(|fingerprint| fingerprint.to_string()),
            sha1: reference.sha1.map(|digest| hex(&digest)),
            issuer_der: reference.issuer.as_deref().map(hex),
            serial_der: reference.serial.as_deref().map(hex),
            public_key_der: reference.public_key.as_deref().map(hex),
        }
    }

    /// What a line of text calls the certificate.
    #[must_use]
    pub fn name(&self) -> String {
        let by_digest = || self.sha256.as_ref().map(|digest| format!("sha256 {}", &digest[..16]));
        let by_sha1 = || self.sha1.as_ref().map(|digest| format!("sha1 {}", &digest[..16]));
        let named = self.label.clone().filter(|label| !label.is_empty()).or_else(by_digest).or_else(by_sha1);
        named.unwrap_or_else(|| "a certificate by its issuer and serial number, or by its key".to_owned())
    }
}

/// What is odd about an entry, in words; nothing for what other fields say.
#[must_use]
pub fn notes(entry: &Entry) -> Vec<String> {
    // Of what was encrypted the container says how.
    entry.notes.iter().filter(|found| **found != Note::Encrypted).map(note).collect()
}

fn note(note: &Note) -> String {
    match note {
        Note::Label(label) => format!("label {label}"),
        Note::ByteOrderMark => "a byte order mark before it".to_owned(),
        Note::Utf16 => "UTF-16".to_owned(),
        Note::Joined => "BEGIN on the line of the END before".to_owned(),
        Note::CarriageReturns => "lines end in CR alone".to_owned(),
        Note::Headers => "headers in the block".to_owned(),
        Note::Indented => "indented".to_owned(),
        Note::TextBeforeBegin => "text before BEGIN on its line".to_owned(),
        Note::BlankLines => "blank lines in the block".to_owned(),
        Note::Armour => "unusual BEGIN or END".to_owned(),
        Note::Nul => "NUL octets".to_owned(),
        Note::LongLine => "a line longer than OpenSSL reads".to_owned(),
        Note::Trailing(octets) => format!("{octets} more bytes after the certificate"),
        Note::NoEnd => "no END".to_owned(),
        Note::EndLabel(label) => format!("END says {label}"),
        Note::NotBase64 => "no base64 after the certificate".to_owned(),
        Note::ChainOfKey(0) => "the certificate of a private key".to_owned(),
        Note::ChainOfKey(_) => "in the chain of a private key".to_owned(),
        Note::NotListed(because) => format!("its own program does not list it: {because}"),
        Note::TypeName(name) => format!("its type is called {name}"),
        Note::HashDiffers => "what is said of it names another hash, and does not count".to_owned(),
        Note::SameAlias => "another entry has the same alias".to_owned(),
        Note::Ber => "BER, not DER".to_owned(),
        Note::Encrypted => "encrypted".to_owned(),
    }
}
