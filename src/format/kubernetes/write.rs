//! Writes a ClusterTrustBundle, a ConfigMap and a Bundle of trust-manager, the same for the same certificates.
//!
//! What the API server refuses is refused here (pkg/apis/certificates/validation and
//! apimachinery's util/validation of Kubernetes 1.33; pkg/apis/trust/v1alpha1 of trust-manager 0.20), so that what is
//! written can be applied.

use crate::format::{pem, x509};
use crate::model::Fingerprint;
use std::collections::BTreeSet;

/// Octets of a trust bundle and of all data of a ConfigMap at most: 1 MiB (`MaxTrustBundleSize` and
/// `MaxSecretSize`, pkg/apis/core/validation).
const SIZE: usize = 1024 * 1024;

/// What the object is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names<'a> {
    /// Its name.
    pub name: &'a str,
    /// The namespace of a ConfigMap, where it is to be stated.
    pub namespace: Option<&'a str>,
    /// The key of a ConfigMap under which the bundle stands: `ca.crt` in most.
    pub key: &'a str,
    /// The signer of a ClusterTrustBundle, where it is of one.
    pub signer: Option<&'a str>,
}

/// Why an object cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBundle {
    /// Not the form that Kubernetes wants for a name.
    #[error("expected {expected}, found {found:?}")]
    Name {
        /// What it should be.
        expected: &'static str,
        /// The name.
        found: String,
    },
    /// A certificate that is no certification authority.
    #[error("expected basic constraints with CA:TRUE, found a certificate without: {0}")]
    NotAnAuthority(Fingerprint),
    /// No certificate at all.
    #[error("expected certificates, found none")]
    Empty,
    /// More than the API server takes.
    #[error("expected at most {SIZE} bytes of PEM, found {0}")]
    TooLarge(usize),
}

/// Writes a ClusterTrustBundle (certificates.k8s.io/v1beta1). Each certificate stands once, where it
/// stood first.
pub fn cluster_trust_bundle(certificates: &[&[u8]], names: &Names<'_>) -> Result<String, BadBundle> {
    bundle_name(names)?;
    let certificates = distinct(certificates)?;
    for der in &certificates {
        let certificate = x509::read(Box::from(*der));
        if x509::brief(&certificate).ok().and_then(|brief| brief.ca) != Some(true) {
            return Err(BadBundle::NotAnAuthority(certificate.fingerprint()));
        }
    }
    let mut out = String::from("apiVersion: certificates.k8s.io/v1beta1\nkind: ClusterTrustBundle\nmetadata:\n");
    out += &format!("  name: \"{}\"\nspec:\n", names.name);
    if let Some(signer) = names.signer {
        out += &format!("  signerName: \"{signer}\"\n");
    }
    out += "  trustBundle: |\n";
    blocks(&mut out, &certificates, 4)?;
    Ok(out)
}

/// Writes a ConfigMap with the certificates as PEM under one key. Each stands once, where it stood
/// first.
pub fn config_map(certificates: &[&[u8]], names: &Names<'_>) -> Result<String, BadBundle> {
    if !is_subdomain(names.name) {
        return Err(bad("a lower-case DNS name", names.name));
    }
    check_key(names.key)?;
    let certificates = distinct(certificates)?;
    let mut out = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"{}\"\n", names.name);
    if let Some(namespace) = names.namespace {
        if !is_label(namespace) {
            return Err(bad("a lower-case DNS label", namespace));
        }
        out += &format!("  namespace: \"{namespace}\"\n");
    }
    out += &format!("data:\n  \"{}\": |\n", names.key);
    blocks(&mut out, &certificates, 4)?;
    Ok(out)
}

/// Writes a Bundle of trust-manager (trust.cert-manager.io/v1alpha1), which puts the certificates into a ConfigMap of
/// its name, under the key, in every namespace. Each stands once, where it stood first.
pub fn trust_manager_bundle(certificates: &[&[u8]], names: &Names<'_>) -> Result<String, BadBundle> {
    if !is_subdomain(names.name) {
        return Err(bad("a lower-case DNS name", names.name));
    }
    check_key(names.key)?;
    let certificates = distinct(certificates)?;
    let mut out = String::from("apiVersion: trust.cert-manager.io/v1alpha1\nkind: Bundle\nmetadata:\n");
    out += &format!("  name: \"{}\"\nspec:\n  target:\n    configMap:\n      key: \"{}\"\n", names.name, names.key);
    out += "  sources:\n  - inLine: |\n";
    blocks(&mut out, &certificates, 6)?;
    Ok(out)
}

/// A key of the data of a ConfigMap (IsConfigMapKey).
fn check_key(key: &str) -> Result<(), BadBundle> {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_key =
        !key.is_empty() && key.len() <= 253 && key.chars().all(is_of_key) && !key.starts_with("..") && key != ".";
    if is_key { Ok(()) } else { Err(bad("a key of letters, digits, '-', '_' and '.'", key)) }
}

/// The name of a bundle of a signer begins with the signer's, `/` as `:`; any other has no colon.
fn bundle_name(names: &Names<'_>) -> Result<(), BadBundle> {
    let Some(signer) = names.signer else {
        return if is_subdomain(names.name) { Ok(()) } else { Err(bad("a lower-case DNS name", names.name)) };
    };
    // domain/path: a DNS name and one of its kind (ValidateSignerName).
    let is_signer = signer.split_once('/').is_some_and(|(domain, path)| is_subdomain(domain) && is_subdomain(path));
    if !is_signer {
        return Err(bad("a signer such as example.com/signer", signer));
    }
    match names.name.strip_prefix(&signer_prefix(signer)) {
        Some(rest) if is_subdomain(rest) => Ok(()),
        _ => Err(bad("the name of the signer with ':' for '/', ':' and a lower-case DNS name", names.name)),
    }
}

/// What the name of a signer's bundle begins with (`ValidateClusterTrustBundleName`, pkg/apis/certificates/validation).
pub(crate) fn signer_prefix(signer: &str) -> String {
    signer.replace('/', ":") + ":"
}

fn bad(expected: &'static str, found: &str) -> BadBundle {
    BadBundle::Name { expected, found: found.to_owned() }
}

/// IsDNS1123Label.
fn is_label(text: &str) -> bool {
    let inside = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-');
    !text.is_empty() && text.len() <= 63 && text.chars().all(inside) && !text.starts_with('-') && !text.ends_with('-')
}

/// IsDNS1123Subdomain, whose labels may be longer.
fn is_subdomain(text: &str) -> bool {
    let inside = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-');
    let label =
        |part: &str| !part.is_empty() && part.chars().all(inside) && !part.starts_with('-') && !part.ends_with('-');
    text.len() <= 253 && text.split('.').all(label)
}

fn distinct<'c>(certificates: &[&'c [u8]]) -> Result<Vec<&'c [u8]>, BadBundle> {
    let mut seen = BTreeSet::new();
    let distinct: Vec<&[u8]> = certificates.iter().copied().filter(|der| seen.insert(*der)).collect();
    if distinct.is_empty() { Err(BadBundle::Empty) } else { Ok(distinct) }
}

/// The blocks without comments, as lines of a block of text that many columns in.
fn blocks(out: &mut String, certificates: &[&[u8]], columns: usize) -> Result<(), BadBundle> {
    let text: String = certificates.iter().map(|der| pem::write(der, &[])).collect();
    if text.len() > SIZE {
        return Err(BadBundle::TooLarge(text.len()));
    }
    for line in text.lines() {
        out.extend(std::iter::repeat_n(' ', columns));
        *out += line;
        out.push('\n');
    }
    Ok(())
}
