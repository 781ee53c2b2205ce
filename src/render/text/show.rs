//! `castore show` as text.

use super::{Colour, Page, Style};
use crate::model::passing;
use crate::render::report::facts::{FactsReport, KnownReport};
use crate::render::report::show::{FullCertificate, HeldReport, ShowReport, Trusting};

/// Each certificate with its fields, its places and who trusts it.
#[must_use]
pub fn show(report: &ShowReport, width: Option<usize>, colour: Colour) -> String {
    let mut page = Page::new(colour);
    for (index, certificate) in report.certificates.iter().enumerate() {
        if index > 0 {
            page.end();
        }
        one(&mut page, certificate, &report.facts, width);
    }
    page.finish()
}

fn one(page: &mut Page, full: &FullCertificate, tables: &[FactsReport], width: Option<usize>) {
    let certificate = &full.certificate;
    page.styled(Style::Strong, certificate.label()).end();
    let mut field = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            page.styled(Style::Dim, &format!("  {name:<16}")).put(value).end();
        }
    };
    field("sha256", Some(&certificate.sha256));
    field("sha1", Some(&full.sha1));
    field("subject", certificate.subject.as_deref());
    field("issuer", certificate.issuer.as_deref().filter(|_| !certificate.self_issued));
    field("self-issued", certificate.self_issued.then_some("yes (its signature is not checked)"));
    field("valid from", certificate.not_before.as_deref());
    field("valid until", certificate.not_after.as_deref());
    field("unparsed", certificate.unparsed.as_deref());
    if let Some(details) = &full.details {
        field("version", Some(&details.version.to_string()));
        field("serial", Some(&details.serial));
        field("key", Some(&details.key));
        field("signature", Some(&details.signature));
        field("constraints", Some(details.basic_constraints.as_deref().unwrap_or("none")));
        field("key usage", details.key_usage.as_ref().map(|usage| usage.join(", ")).as_deref());
        field("purposes", details.extended_key_usage.as_deref().map(names).as_deref());
        let other = &details.names;
        field("other names", Some(&other.subject_alt_names.join(", ")));
        field("permitted names", Some(&other.permitted_names.join(", ")));
        field("excluded names", Some(&other.excluded_names.join(", ")));
        field("issuer at", Some(&other.ca_issuers.join(", ")));
        field("ocsp", Some(&other.ocsp.join(", ")));
        field("revocations", Some(&other.crls.join(", ")));
        field("subject key id", details.subject_key_id.as_deref());
        field("issuer key id", details.authority_key_id.as_deref());
        field("critical", Some(&names(&details.critical_extensions)));
        details.malformed_extensions.iter().for_each(|text| field("malformed", Some(text)));
    }
    // A file in a directory that is a store, and itself one, is one place to a reader.
    let mut places: Vec<String> = Vec::new();
    for place in full.held_in.iter().map(held) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    list(page, "held in", &places);
    if full.trusted_by.is_empty() {
        page.line("  trusted by no client that castore found");
    } else {
        trusting(page, &full.trusting, width);
        // Of one that nobody trusts, these would be all.
        list(page, "lacked by", &full.lacked_by);
    }
    list(page, "left out by", &full.left_out_by);
    known(page, &full.known, tables);
}

/// Who takes it: a client by its name where all of its installations do, else each that does.
fn trusting(page: &mut Page, clients: &[Trusting], width: Option<usize>) {
    let (whole, partly): (Vec<_>, Vec<_>) = clients.iter().partition(|client| client.installations.len() == client.all);
    let name = |client: &&Trusting| match client.all {
        1 => client.client.to_owned(),
        several => format!("{} ({several})", client.client),
    };
    page.line("  trusted by:");
    if !whole.is_empty() {
        let names = whole.iter().map(name).collect::<Vec<_>>().join(", ");
        page.put("    ").flow(Style::Plain, 4, &names, width).end();
    }
    for client in partly {
        let head = format!("{} ({} of {}): ", client.client, client.installations.len(), client.all);
        page.put("    ").flow(Style::Plain, 4, &(head + &client.installations.join(", ")), width).end();
    }
}

/// What the tables of facts say, with their age.
fn known(page: &mut Page, known: &KnownReport, tables: &[FactsReport]) {
    let mut lines: Vec<String> = known.programs.iter().map(|one| format!("{}: {}", one.name, one.line())).collect();
    if let Some(reason) = &known.reason {
        let id = reason.id.as_ref().map_or_else(String::new, |id| format!("{id}: "));
        lines.push(format!("removed because of this: {id}{} ({})", reason.why, reason.says));
    }
    lines.extend(known.blocked_by.iter().map(|by| format!("blocked by {by}")));
    if let Some(interceptor) = &known.interceptor {
        let hint = interceptor.by_name.as_ref().map_or_else(String::new, |by| format!(", by its name {by}: a hint"));
        lines.push(format!("intercepts TLS: {}, {}{hint} ({})", interceptor.what, interceptor.note, interceptor.says));
    }
    if known.programs.is_empty() {
        lines.insert(0, "in no root programme that castore has a table of".to_owned());
    }
    if let Some(oldest) = tables.iter().max_by_key(|table| table.age_days).filter(|_| lines.len() > 1) {
        lines.push(format!("(tables of {}, {})", oldest.date, passing::old(oldest.age_days)));
    }
    list(page, "known", &lines);
}

/// A place, with what the store says there.
pub(super) fn held(held: &HeldReport) -> String {
    let says = held.trust.as_ref().map(|trust| trust.words(&purpose)).filter(|words| words != "trusted");
    let remarks: Vec<String> = says.into_iter().chain(held.notes.iter().cloned()).collect();
    let place = held.place.text();
    if remarks.is_empty() { place } else { format!("{place} [{}]", remarks.join("; ")) }
}

/// Identifiers by the names that RFC 5280 gives them, where it does.
fn names(identifiers: &[String]) -> String {
    identifiers.iter().map(|identifier| purpose(identifier)).collect::<Vec<_>>().join(", ")
}

/// An identifier by its name, if it has one.
pub(in crate::render) fn purpose(identifier: &str) -> String {
    crate::model::words::identifier(identifier).to_owned()
}

fn list(page: &mut Page, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    page.put(&format!("  {title}:")).end();
    for line in lines {
        page.put("    ").put(line).end();
    }
}
