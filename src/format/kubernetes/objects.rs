//! Where certificates stand in an object, and what it means that they stand there.

use super::trail::Trail;
use super::tree::{Id, Tree, Value};
use super::value::{Coding, Expected, Reader};
use crate::format::{Decoding, Means};
use crate::limits;
use crate::model::trust::SERVER_AUTH;
use crate::model::{Gap, Limited, Ruling, Trust};

/// Goes through the objects of a file.
pub(super) struct Objects<'a, 'm> {
    reader: Reader<'a, 'm>,
    /// Values that may still be looked at: aliases can make a document longer than its file.
    left: usize,
    /// Some were not.
    spent: bool,
}

/// A value in its document: its number, the way to it and how deep it stands.
#[derive(Clone, Copy)]
struct Spot<'p> {
    id: Id,
    trail: Trail<'p>,
    depth: usize,
}

/// The trust of what verifies one server: an anchor for TLS servers and nothing else.
fn for_servers() -> Trust {
    Trust::Limited(Box::new(Limited { purposes: vec![(SERVER_AUTH, Ruling::Trusted)], ..Limited::default() }))
}

impl<'a, 'm> Objects<'a, 'm> {
    pub(super) fn new(source: &'a str, means: &'m Means<'m>, level: usize) -> Self {
        Self { reader: Reader::new(source, means, level), left: 0, spent: false }
    }

    pub(super) fn source(&self) -> &'a str {
        self.reader.source
    }

    pub(super) fn means(&self) -> &'m Means<'m> {
        self.reader.means
    }

    /// Says which bounds were reached.
    pub(super) fn finish(self, read: &mut Decoding) {
        if self.spent {
            read.gaps.push(Gap::Bound { what: "values through aliases", bound: limits::ALIASED_VALUES as u64 });
        }
        self.reader.finish(read);
    }

    /// Reads one document.
    pub(super) fn document(&mut self, tree: &Tree<'_>, read: &mut Decoding) {
        if let Some(id) = tree.root {
            self.left = tree.len().saturating_add(limits::ALIASED_VALUES);
            self.any(tree, Spot { id, trail: Trail::ROOT, depth: 0 }, read);
        }
    }

    /// Whether another value may be looked at.
    fn step(&mut self, spot: Spot<'_>) -> bool {
        self.spent |= self.left == 0;
        self.left = self.left.saturating_sub(1);
        !self.spent && spot.depth <= limits::DOCUMENT_DEPTH
    }

    /// A value of which nothing is known but what it is.
    fn any(&mut self, tree: &Tree<'_>, spot: Spot<'_>, read: &mut Decoding) {
        if !self.step(spot) {
            return;
        }
        match tree.get(spot.id).map(|node| &node.value) {
            Some(Value::List(list)) => self.list(tree, spot, list, read),
            Some(Value::Map(_)) => self.object(tree, spot, read),
            Some(Value::Text(..)) => self.loose(tree, spot, read),
            _ => {}
        }
    }

    fn list(&mut self, tree: &Tree<'_>, spot: Spot<'_>, list: &[Id], read: &mut Decoding) {
        for (n, id) in list.iter().enumerate() {
            self.any(tree, Spot { id: *id, trail: spot.trail.index(n), depth: spot.depth + 1 }, read);
        }
    }

    fn object(&mut self, tree: &Tree<'_>, spot: Spot<'_>, read: &mut Decoding) {
        let named = |key| tree.find(spot.id, key).and_then(|id| tree.text(id));
        let api = named("apiVersion").is_some();
        match named("kind") {
            Some("Secret") if api => self.secret(tree, spot, read),
            Some("ConfigMap") if api => self.config_map(tree, spot, read),
            kind if kind.is_none_or(|kind| kind == "Config") && is_kubeconfig(tree, spot.id) => {
                self.kubeconfig(tree, spot, read);
            }
            kind => self.map(tree, spot, if api { kind } else { None }, read),
        }
    }

    /// The values of a map in a map, with their keys.
    fn each(
        &mut self,
        tree: &Tree<'_>,
        spot: Spot<'_>,
        under: &str,
        read: &mut Decoding,
        mut take: impl FnMut(&mut Self, Spot<'_>, &str, &mut Decoding),
    ) {
        let Some(found) = tree.find(spot.id, under) else { return };
        let pairs = match tree.get(found).map(|node| &node.value) {
            Some(Value::Map(pairs)) => pairs,
            Some(Value::Text(text, _)) if !matches!(&**text, "" | "~" | "null") => {
                self.reader.wrong(tree, found, &spot.trail.key(under), "a map of values", read);
                return;
            }
            _ => return,
        };
        for (key, id) in pairs {
            let under = spot.trail.key(under);
            let spot = Spot { id: *id, trail: under.key(key), depth: spot.depth + 2 };
            if !self.step(spot) {
                return;
            }
            take(self, spot, key, read);
        }
    }

    /// A Secret: base64 in `data`, text in `stringData`. The certificate of a key is no anchor.
    fn secret(&mut self, tree: &Tree<'_>, spot: Spot<'_>, read: &mut Decoding) {
        for (under, coding) in [("data", Coding::Base64), ("stringData", Coding::Text)] {
            self.each(tree, spot, under, read, |own, spot, key, read| {
                let trust = if key == "tls.crt" { Trust::Present } else { Trust::Unstated };
                let expected = Expected { coding, trust, certificates: holds_by_name(key), key: is_key(key) };
                own.reader.value(tree, spot.id, &spot.trail, &expected, read);
            });
        }
    }

    /// A ConfigMap: text in `data`, base64 in `binaryData`.
    fn config_map(&mut self, tree: &Tree<'_>, spot: Spot<'_>, read: &mut Decoding) {
        for (under, coding) in [("data", Coding::Text), ("binaryData", Coding::Base64)] {
            self.each(tree, spot, under, read, |own, spot, key, read| {
                let certificates = holds_by_name(key);
                let expected = Expected { coding, trust: Trust::Unstated, certificates, key: false };
                own.reader.value(tree, spot.id, &spot.trail, &expected, read);
            });
        }
    }

    /// A kubeconfig: what verifies each cluster's server, and what each user shows it.
    fn kubeconfig(&mut self, tree: &Tree<'_>, spot: Spot<'_>, read: &mut Decoding) {
        let cluster = [("certificate-authority-data", for_servers(), false)];
        let user = [("client-certificate-data", Trust::Present, false), ("client-key-data", Trust::Unstated, true)];
        for (list, item, values) in [("clusters", "cluster", &cluster[..]), ("users", "user", &user[..])] {
            let Some(Value::List(ids)) = tree.find(spot.id, list).and_then(|id| tree.get(id)).map(|node| &node.value)
            else {
                continue;
            };
            let list = spot.trail.key(list);
            for (n, id) in ids.iter().enumerate() {
                let trail = list.index(n);
                if !self.step(Spot { id: *id, trail, depth: spot.depth + 3 }) {
                    return;
                }
                let Some(inner) = tree.find(*id, item) else { continue };
                self.member(tree, Spot { id: inner, trail: trail.key(item), depth: spot.depth + 3 }, values, read);
            }
        }
    }

    /// One cluster or user of a kubeconfig.
    fn member(&mut self, tree: &Tree<'_>, spot: Spot<'_>, values: &[(&str, Trust, bool)], read: &mut Decoding) {
        for (key, trust, is_key) in values {
            let Some(id) = tree.find(spot.id, key) else { continue };
            let expected = Expected { coding: Coding::Base64, trust: trust.clone(), certificates: true, key: *is_key };
            self.reader.value(tree, id, &spot.trail.key(key), &expected, read);
        }
        self.insecure(tree, spot, read);
    }

    /// A cluster whose server is not verified at all.
    fn insecure(&mut self, tree: &Tree<'_>, cluster: Spot<'_>, read: &mut Decoding) {
        const KEY: &str = "insecure-skip-tls-verify";
        if let Some(id) = tree.find(cluster.id, KEY).filter(|id| tree.text(*id) == Some("true")) {
            self.reader.remark(tree, id, &cluster.trail.key(KEY), KEY, read);
        }
    }

    /// Any other map: `caBundle` wherever it stands, the bundle of a ClusterTrustBundle, and PEM or a
    /// `data:` URL in any text.
    fn map(&mut self, tree: &Tree<'_>, spot: Spot<'_>, kind: Option<&str>, read: &mut Decoding) {
        let Some(Value::Map(pairs)) = tree.get(spot.id).map(|node| &node.value) else { return };
        for (key, id) in pairs {
            // Annotations repeat the object in which they stand.
            if kind.is_some() && key == "metadata" {
                continue;
            }
            let inner = Spot { id: *id, trail: spot.trail.key(key), depth: spot.depth + 1 };
            let known = match (kind, &**key) {
                (_, "caBundle") => Some((Coding::Base64, for_servers())),
                (_, "trustBundle") => Some((Coding::Text, Trust::Trusted)),
                _ => None,
            };
            match known.filter(|_| tree.text(*id).is_some()) {
                Some((coding, trust)) if self.step(inner) => {
                    let expected = Expected { coding, trust, certificates: true, key: false };
                    self.reader.value(tree, *id, &inner.trail, &expected, read);
                }
                Some(_) => return,
                None => self.any(tree, inner, read),
            }
        }
    }

    /// A text of which nothing is known: PEM, a `data:` URL (RFC 2397) as Ignition has it, or nothing.
    fn loose(&mut self, tree: &Tree<'_>, spot: Spot<'_>, read: &mut Decoding) {
        let Some(text) = tree.text(spot.id) else { return };
        let coding = if text.starts_with("data:") {
            Coding::Url
        } else if text.contains("-----BEGIN ") {
            Coding::Text
        } else {
            return;
        };
        let path = spot.trail.text();
        let trust = if is_cloud_init(&path) { Trust::Trusted } else { Trust::Unstated };
        let trust = if path.contains("certificateAuthorities[") { for_servers() } else { trust };
        let expected = Expected { coding, trust, certificates: false, key: false };
        self.reader.value(tree, spot.id, &spot.trail, &expected, read);
    }
}

/// What cloud-init adds to the system's anchors (cc_ca_certs: `ca_certs`, `ca-certs` until 22.1).
fn is_cloud_init(path: &str) -> bool {
    path.starts_with("ca_certs.trusted[") || path.starts_with("ca-certs.trusted[")
}

/// Whether a map has the lists of a kubeconfig (k8s.io/client-go, tools/clientcmd/api/v1, Config);
/// its kind and version may be missing.
fn is_kubeconfig(tree: &Tree<'_>, id: Id) -> bool {
    let has = |key| tree.find(id, key).and_then(|id| tree.get(id)).is_some_and(|n| matches!(n.value, Value::List(_)));
    has("clusters") || (has("users") && has("contexts"))
}

/// Whether a document began as something that is read here. What did not, a manual or a program with an
/// object in its middle, is text.
pub(super) fn is_object(tree: &Tree<'_>) -> bool {
    let Some(root) = tree.root else {
        return matches!(&tree.fault, Some(fault) if !matches!(fault.gap, Gap::Broken(_)));
    };
    ["apiVersion", "kind", "clusters", "items", "ignition", "ca_certs", "ca-certs"]
        .iter()
        .any(|key| tree.find(root, key).is_some())
}

/// Whether a key of a Secret or ConfigMap is named as what holds certificates.
fn holds_by_name(key: &str) -> bool {
    [".crt", ".pem", ".cer", ".der", ".jks", ".p12", ".pfx", ".p7b"].iter().any(|end| key.ends_with(end))
}

/// Keys of a Secret that are private keys by their name (k8s.io/api/core/v1: `TLSPrivateKeyKey`,
/// `SSHAuthPrivateKey`).
fn is_key(key: &str) -> bool {
    matches!(key, "tls.key" | "ca.key" | "ssh-privatekey")
}
