//! A cause in plain words.

use super::super::{CertificateReport, PlaceReport, store_name};
use super::words::words;
use super::{CauseReport, issuer_of, label, place, quoted};
use crate::chain::cause::Cause;
use crate::chain::clients::Asked;
use crate::chain::member::Member;
use crate::model::{Slot, Store};
use crate::policy::Fault;
use crate::render::escape;
use std::sync::Arc;

/// A cause in words: what is said, of which certificate, and where that stands.
type Said<'c> = (String, Option<&'c Arc<Member>>, Vec<PlaceReport>);

impl CauseReport {
    /// The report of a cause.
    #[must_use]
    pub fn new(asked: &Asked<'_>, cause: &Cause) -> Self {
        let lacks = match cause {
            Cause::RootElsewhere { root, places, .. } => {
                Some(format!("the root {}, which {} has", quoted(root), known_as(asked, places)))
            }
            _ => None,
        };
        let (says, certificate, places) = said(asked, cause);
        let certificate = certificate.map(|member| CertificateReport::new(member.certificate()));
        Self { id: cause.id(), says, certificate, places, lacks }
    }
}

fn said<'c>(asked: &Asked<'_>, cause: &'c Cause) -> Said<'c> {
    let all = |places: &[(Arc<Store>, Slot)]| places.iter().map(|(store, slot)| place(store, slot)).collect();
    let of = |certificate: &'c Arc<Member>, says: String| (says, Some(certificate), Vec::new());
    let is_own = |root: &Member| asked.question.sent.first().is_some_and(|leaf| leaf.is(root));
    match cause {
        Cause::IssuerAbsent { of: issued, likely_intermediate } => {
            of(issued, issuer_absent(asked, issued, *likely_intermediate))
        }
        Cause::RootElsewhere { root, places, local, .. } => {
            let kind = match (local, is_own(root)) {
                (_, true) => ": it is the server's own certificate, self-signed",
                (true, _) => "; no public root program here has it, as with a proxy that inspects TLS",
                _ => "",
            };
            let (name, has) = (quoted(root), known_as(asked, places));
            (format!("the client's stores lack the root {name}, which {has} has{kind}"), Some(root), all(places))
        }
        Cause::RootUnknown { root } if is_own(root) => {
            of(root, format!("the server's certificate {} is self-signed and in no store here", quoted(root)))
        }
        Cause::RootUnknown { root } => {
            of(root, format!("the root {} that the server sends is in no store here", quoted(root)))
        }
        Cause::IntermediateNotSent { of: issued, intermediate, places } => {
            let (name, issued) = (quoted(intermediate), quoted(issued));
            let says = format!("the server does not send the intermediate {name}, which issued {issued}");
            (says, Some(intermediate), all(places))
        }
        Cause::LeftOut { certificate, place: (store, slot), because } => (
            format!("{} is in the client's store and does not count: {because}", quoted(certificate)),
            Some(certificate),
            vec![place(store, slot)],
        ),
        Cause::ExpiredTwin { expired, .. } => {
            let name = quoted(expired);
            of(expired, format!("an expired {name} is chosen although a valid one of the same key is there"))
        }
        Cause::CrossSign { cross, root } => of(
            cross,
            format!(
                "the cross-signed {} leads to a root that is missing or has expired, although {} of the same key is an anchor",
                label(cross),
                label(root)
            ),
        ),
        Cause::IntermediateOnly { anchor } => of(
            anchor,
            format!(
                "its stores hold {} and not the root above it, at which this client wants the path to end",
                quoted(anchor)
            ),
        ),
        Cause::MalformedExtension { certificate } => {
            let name = quoted(certificate);
            of(certificate, format!("an extension of {name} cannot be read, so that the client finds no issuer for it"))
        }
        Cause::StoreRefused { place, variable, because } => {
            let at = match (place.as_deref().map(escape::path), variable) {
                (Some(place), Some(name)) => format!("when it loads {place}, which {name} names"),
                (Some(place), None) => format!("when it loads {place}"),
                (None, Some(name)) => format!("at what {name} says"),
                (None, None) => "before it verifies anything".to_owned(),
            };
            (format!("the client ends with an error {at}: {}", escape::terminal(because)), None, Vec::new())
        }
        Cause::Certificate { fault, certificate, level, fips, by } => {
            let of = certificate.as_ref().map(|member| format!("{}: ", quoted(member))).unwrap_or_default();
            let by = by.as_ref().map(|by| format!(", {by}")).unwrap_or_default();
            let says = format!("{of}{}{}{by}", words(*fault), setting(*fault, *level, *fips));
            (says, certificate.as_ref(), Vec::new())
        }
    }
}

/// An issuer that nobody has.
fn issuer_absent(asked: &Asked<'_>, of: &Member, is_likely_intermediate: bool) -> String {
    let issuer = issuer_of(of);
    if !is_likely_intermediate {
        return format!("the issuer {issuer} is neither sent nor in any store here");
    }
    let sends = match asked.question.sent.len() {
        1 => "the server sends its own certificate alone, and ",
        _ => "the server sends its own certificate and not what issued it: ",
    };
    format!("{sends}its issuer {issuer} is in no store here: most likely an intermediate that the server ought to send")
}

/// Under which setting a fault is one.
fn setting(fault: Fault, level: Option<u8>, is_fips: bool) -> String {
    match (fault, level) {
        (Fault::AlgorithmUnsupported, _) if is_fips => " in FIPS mode".to_owned(),
        (Fault::LeafKeyWeak | Fault::CaKeyWeak | Fault::DigestWeak, Some(level)) => {
            format!(", at security level {level}")
        }
        _ => String::new(),
    }
}

/// What people call a store that holds a certificate: the system's before that of a package, and a path where it
/// is neither.
fn known_as(asked: &Asked<'_>, places: &[(Arc<Store>, Slot)]) -> String {
    let is_system = |store: &Arc<Store>| asked.system.is_some_and(|system| system.stores.contains(&store.id));
    if places.iter().any(|(store, _)| is_system(store)) {
        return "the system's store".to_owned();
    }
    let ends = |store: &Arc<Store>, end: &str| store.id.path().is_some_and(|path| path.ends_with(end));
    for (end, name) in [
        ("pip/_vendor/certifi/cacert.pem", "pip's copy of certifi"),
        ("certifi/cacert.pem", "certifi"),
        ("lib/security/cacerts", "Java's cacerts"),
    ] {
        if places.iter().all(|(store, _)| ends(store, end)) && !places.is_empty() {
            return name.to_owned();
        }
    }
    places.first().map(|(store, _)| store_name(&store.id)).unwrap_or_default()
}
