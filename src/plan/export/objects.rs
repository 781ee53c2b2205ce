//! Kubernetes objects: what the API server and trust-manager take, and nothing that would make them refuse the whole.

use super::{BadExport, Options, Row, Shape, Written, spoils};
use crate::chain::acceptance::{Place, faults};
use crate::chain::member::Member;
use crate::chain::{Trusted, acceptance::is_no_authority};
use crate::format::x509;
use crate::model::{Timestamp, Version};
use crate::plan::Kept;
use crate::policy::go::Go;
use crate::policy::{Fault, Policy};
use std::sync::Arc;

/// Which the API server checks certificate by certificate.
pub(super) const CLUSTER_TRUST_BUNDLE: Row = Row {
    name: "clustertrustbundle",
    about: "a ClusterTrustBundle of Kubernetes (certificates.k8s.io/v1beta1)",
    shape: Shape::Object,
    is_bundle: false,
    holds: |kept, at| {
        // ValidateTrustBundle (pkg/apis/certificates/validation) wants basic constraints, whatever the version.
        let says_ca = x509::brief(&kept.certificate).ok().and_then(|brief| brief.ca) == Some(true);
        if says_ca { unread_by_go(kept, at) } else { Some("Kubernetes takes no certificate without CA:TRUE") }
    },
    write: |kept, options| object(Kind::ClusterTrustBundle, kept, options),
};

/// Which is text to Kubernetes.
pub(super) const CONFIG_MAP: Row = Row {
    name: "configmap",
    about: "a ConfigMap of Kubernetes with the certificates as PEM under one key",
    shape: Shape::Object,
    is_bundle: true,
    holds: spoils::openssl,
    write: |kept, options| object(Kind::ConfigMap, kept, options),
};

/// Which one certificate that Go does not read spoils (trust-manager issue 511).
pub(super) const TRUST_BUNDLE: Row = Row {
    name: "trust-bundle",
    about: "a Bundle of cert-manager's trust-manager (trust.cert-manager.io/v1alpha1)",
    shape: Shape::Object,
    is_bundle: true,
    holds: unread_by_go,
    write: |kept, options| object(Kind::TrustBundle, kept, options),
};

/// The Go that Kubernetes 1.33 and trust-manager are built with, or a later one: 1.24.
fn go() -> Policy {
    Policy::Go(Go::new(&Version::parse("1.24").unwrap_or_default(), None))
}

/// Why the parser of Go refuses a certificate, where it does.
fn unread_by_go(kept: &Kept, at: Timestamp) -> Option<&'static str> {
    const UNREAD: &str = "Kubernetes cannot read it, as it is built with Go: one such certificate spoils the object";
    let Ok(member) = Member::new(Arc::clone(&kept.certificate)) else { return Some(UNREAD) };
    let found = faults(&Arc::new(member), Place::Anchor, Trusted::Unstated, at, &go());
    let is_of_parser = |fault: &Fault| {
        matches!(fault, Fault::SerialUnacceptable | Fault::Malformed | Fault::Undecodable | Fault::KeyUndecodable)
    };
    found.iter().any(|fault| is_of_parser(fault) && !is_no_authority(*fault)).then_some(UNREAD)
}

#[derive(Clone, Copy)]
enum Kind {
    ClusterTrustBundle,
    ConfigMap,
    TrustBundle,
}

#[cfg(feature = "yaml")]
fn object(kind: Kind, kept: &[Kept], options: &Options<'_>) -> Result<Written, BadExport> {
    use super::{Content, bare, ders};
    use crate::format::kubernetes::{Names, cluster_trust_bundle, config_map, signer_prefix, trust_manager_bundle};
    let super::ObjectNames { name, namespace, key, signer } = options.names;
    let default = signer.map(signer_prefix).unwrap_or_default() + "castore";
    let names = Names { name: name.unwrap_or(&default), namespace, key, signer };
    let write = match kind {
        Kind::ClusterTrustBundle => cluster_trust_bundle,
        Kind::ConfigMap => config_map,
        Kind::TrustBundle => trust_manager_bundle,
    };
    let text = write(&ders(kept), &names).map_err(|why| BadExport::Object(why.to_string()))?;
    Ok(bare(kept, Content::File(text.into_bytes()), options.purpose))
}

#[cfg(not(feature = "yaml"))]
fn object(_: Kind, _: &[Kept], _: &Options<'_>) -> Result<Written, BadExport> {
    Err(BadExport::NotBuilt("yaml"))
}
