//! `castore show` as text.

use super::{Colour, Page, Style};
use crate::render::report::show::{FullCertificate, ShowReport};

/// Each certificate with its fields, its places and who trusts it.
#[must_use]
pub fn show(report: &ShowReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    for (index, certificate) in report.certificates.iter().enumerate() {
        if index > 0 {
            page.end();
        }
        one(&mut page, certificate);
    }
    page.finish()
}

fn one(page: &mut Page, full: &FullCertificate) {
    let certificate = &full.certificate;
    page.styled(Style::Strong, certificate.label()).end();
    let mut field = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            page.styled(Style::Dim, &format!("  {name:<16}")).put(value).end();
        }
    };
    field("sha256", Some(&certificate.sha256));
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
        field("purposes", details.extended_key_usage.as_ref().map(|list| list.join(", ")).as_deref());
        field("subject key id", details.subject_key_id.as_deref());
        field("issuer key id", details.authority_key_id.as_deref());
        field("critical", Some(&details.critical_extensions.join(", ")));
        details.malformed_extensions.iter().for_each(|text| field("malformed", Some(text)));
    }
    list(page, "held in", &full.held_in.iter().map(super::super::report::PlaceReport::text).collect::<Vec<_>>());
    list(page, "trusted by", &full.trusted_by);
    list(page, "left out by", &full.left_out_by);
}

fn list(page: &mut Page, title: &str, lines: &[String]) {
    if lines.is_empty() {
        page.put(&format!("  {title}: nothing castore read")).end();
        return;
    }
    page.put(&format!("  {title}:")).end();
    for line in lines {
        page.put("    ").put(line).end();
    }
}
