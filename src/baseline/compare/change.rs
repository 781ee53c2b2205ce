//! What can differ between two inventories.

use crate::baseline::{ClientKey, ClientRecord, How, Said};
use crate::model::Fingerprint;
use std::collections::BTreeSet;

/// What differs between two inventories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Stores, in the order of their names.
    pub stores: Vec<StoreChange>,
    /// Clients, in the order of their names.
    pub clients: Vec<ClientChange>,
    /// What clients take as anchors otherwise, whatever tells of it, where both inventories know: in the order of
    /// their names.
    pub anchors: Vec<AnchorsChange>,
}

/// What an installation that was there and is takes as anchors otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorsChange {
    /// Which.
    pub client: ClientKey,
    /// What it takes now and did not.
    pub gained: BTreeSet<Fingerprint>,
    /// What it took.
    pub lost: BTreeSet<Fingerprint>,
}

/// What differs of one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreChange {
    /// Its name now; where it is gone, its name then.
    pub store: String,
    /// What became of it.
    pub fate: Fate,
    /// How far it was read then.
    pub then: How,
    /// How far it is read now.
    pub now: How,
    /// How many certificates it holds now; where it is gone, then.
    pub certificates: usize,
    /// What it holds now and did not. Of a store that is new, what no store held.
    pub added: Vec<Added>,
    /// What it held. Of a store that is gone, what no store holds now.
    pub removed: Vec<Removed>,
    /// What it says otherwise of certificates that it held and holds.
    pub trust: Vec<TrustChange>,
    /// What it says otherwise of certificates that it does not hold.
    pub references: Vec<ReferenceChange>,
}

/// What became of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is where it was.
    Stayed,
    /// It was called this.
    Moved(String),
    /// It was not there.
    Appeared,
    /// It is not there any more.
    Vanished,
    /// It was not read then, or is not now: it is not compared.
    NotCompared,
}

/// A certificate that is new in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The certificate.
    pub certificate: Fingerprint,
    /// What the store says of it.
    pub said: Said,
    /// The stores that held it then.
    pub was_in: Vec<String>,
    /// Those of them that do not hold it now: it moved.
    pub left: Vec<String>,
}

/// A certificate that is gone from a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The certificate.
    pub certificate: Fingerprint,
    /// What the store said of it.
    pub said: Said,
    /// The stores that hold it now.
    pub is_in: Vec<String>,
}

/// A certificate of which a store says something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustChange {
    /// The certificate.
    pub certificate: Fingerprint,
    /// What it said.
    pub then: Said,
    /// What it says.
    pub now: Said,
}

/// What a store says otherwise of a certificate that it does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceChange {
    /// What names the certificate.
    pub about: String,
    /// What it said, if it said anything.
    pub then: Option<Said>,
    /// What it says, if it says anything.
    pub now: Option<Said>,
}

/// An installation that came, went, or trusts by other stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientChange {
    /// Which.
    pub client: ClientKey,
    /// What was; none where it is new.
    pub then: Option<ClientRecord>,
    /// What is; none where it is gone.
    pub now: Option<ClientRecord>,
    /// Stores that it uses and did not, other than those that moved.
    pub gained: Vec<String>,
    /// Stores that it used, by their names then, other than those that moved.
    pub lost: Vec<String>,
    /// Certificates that it takes as anchors and did not, other than those that are told with a store. None where
    /// an inventory knows only their digest.
    pub trusts: Vec<Fingerprint>,
    /// Certificates that it took as anchors, other than those that are told with a store.
    pub trusts_no_more: Vec<Fingerprint>,
}

impl Comparison {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.stores.is_empty() && self.clients.is_empty()
    }
}

impl ClientChange {
    /// Whether it is there, then and now, and takes the same certificates.
    #[must_use]
    pub fn has_same_anchors(&self) -> bool {
        match (&self.then, &self.now) {
            (Some(then), Some(now)) => then.anchors_sha256 == now.anchors_sha256,
            _ => false,
        }
    }

    /// Whether it uses the same stores, verifies as it did, and takes other certificates as anchors.
    #[must_use]
    pub fn is_of_anchors_alone(&self) -> bool {
        let (Some(then), Some(now)) = (&self.then, &self.now) else { return false };
        let has_same_places = self.gained.is_empty() && self.lost.is_empty() && then.opaque == now.opaque;
        has_same_places && then.off == now.off && then.trusted.is_some() && now.trusted.is_some()
    }
}
