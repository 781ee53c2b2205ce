//! Where a certificate says that more is to be had: its issuer's certificate, and whether it was revoked.

use super::written::extensions;
use crate::model::{Certificate, Oid, Untrusted};
use x509_parser::extensions::{AuthorityInfoAccess, CRLDistributionPoints, DistributionPointName, GeneralName};
use x509_parser::prelude::FromDer;

/// authorityInfoAccess (RFC 5280, 4.2.2.1).
const ACCESS: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.1.1");

/// cRLDistributionPoints (RFC 5280, 4.2.1.13).
const POINTS: Oid = Oid::new_unwrap("2.5.29.31");

/// id-ad-caIssuers and id-ad-ocsp (RFC 5280, 4.2.2.1).
const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
const OCSP: &str = "1.3.6.1.5.5.7.48.1";

/// URLs in a certificate. Nothing is fetched from them, and whoever made the certificate wrote them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locations {
    /// Certificates of the issuer.
    pub ca_issuers: Vec<Untrusted>,
    /// Responders of OCSP.
    pub ocsp: Vec<Untrusted>,
    /// Revocation lists.
    pub crls: Vec<Untrusted>,
}

/// The URLs of a certificate; an extension that cannot be read gives none, and [`super::details`] says why.
#[must_use]
pub fn locations(certificate: &Certificate) -> Locations {
    let mut found = Locations::default();
    for (oid, _, value) in extensions(certificate) {
        if oid == ACCESS {
            let Ok((_, access)) = AuthorityInfoAccess::from_der(value) else { continue };
            for one in &access.accessdescs {
                match one.access_method.to_id_string().as_str() {
                    CA_ISSUERS => found.ca_issuers.extend(url(&one.access_location)),
                    OCSP => found.ocsp.extend(url(&one.access_location)),
                    _ => {}
                }
            }
        } else if oid == POINTS {
            let Ok((_, points)) = CRLDistributionPoints::from_der(value) else { continue };
            for point in &points.points {
                if let Some(DistributionPointName::FullName(names)) = &point.distribution_point {
                    found.crls.extend(names.iter().filter_map(url));
                }
            }
        }
    }
    found
}

fn url(name: &GeneralName<'_>) -> Option<Untrusted> {
    match name {
        GeneralName::URI(text) => Some(Untrusted::new(*text)),
        _ => None,
    }
}
