//! `castore export` as text: what was written, what was not. It goes to standard error.

use super::show::purpose;
use super::{Colour, Page, Style, count};
use crate::render::report::export::{ExportReport, ExportedReport, MinimalReport};

/// One line for what was written, one for each certificate that was left out or loses a limit or is not to be had; with
/// `explain` one for each that was written, too.
#[must_use]
pub fn export(report: &ExportReport, explain: bool, colour: Colour) -> String {
    let mut page = Page::new(colour);
    for left in report.left_out.iter().filter(|left| !left.is_rest || explain) {
        let exported = &left.exported;
        page.put("castore: ").styled(Style::Warn, "left out").put(&format!(" {}: {}", named(exported), left.because));
        page.styled(Style::Dim, &format!("  {}", exported.from.join(", "))).end();
    }
    let rest = report.left_out.iter().filter(|left| left.is_rest).count();
    if rest > 0 && !explain {
        page.put("castore: ").styled(Style::Warn, "left out").put(&format!(
            " {} that {} not asked for",
            count(rest, "certificate"),
            if rest == 1 { "was" } else { "were" }
        ));
        page.end();
    }
    lost(report, &mut page);
    for absent in &report.absent {
        page.put("castore: ").styled(Style::Warn, "not on this host").put(&format!(
            " {} ({}): no store here holds it",
            absent.name,
            &absent.sha256[..8]
        ));
        page.end();
    }
    for gap in &report.gaps {
        page.put("castore: ")
            .styled(Style::Warn, "not read in full")
            .put(&format!(" {gap}: certificates may be missing"))
            .end();
    }
    for exported in report.certificates.iter().filter(|_| explain) {
        page.put(&format!("castore: took {}", named(exported)));
        page.styled(Style::Dim, &format!("  {}", exported.from.join(", "))).end();
    }
    if let Some(minimal) = &report.minimal {
        needs(minimal, report, &mut page);
    }
    written(report, &mut page);
    page.finish()
}

fn named(exported: &ExportedReport) -> String {
    format!("{} ({})", exported.certificate.label(), exported.certificate.short())
}

/// Which limits the format does not say. Purposes are limited in every store of some kinds: those are counted.
fn lost(report: &ExportReport, page: &mut Page) {
    for exported in &report.certificates {
        let widening: Vec<&str> = exported.lost.iter().filter(|lost| lost.widens).map(|lost| lost.what).collect();
        if widening.is_empty() {
            continue;
        }
        let limits: Vec<String> = exported.limits_lost.iter().map(|limits| limits.words(&purpose)).collect();
        let limits = if limits.is_empty() { widening.join("; ") } else { limits.join("; ") };
        page.put("castore: ").styled(Style::Warn, "limits are lost").put(&format!(" {}: {limits}", named(exported)));
        page.end();
    }
    let only_purposes = |exported: &&ExportedReport| exported.lost.iter().any(|lost| !lost.widens);
    let number = report.certificates.iter().filter(only_purposes).count();
    if number > 0 {
        page.put("castore: ").styled(Style::Warn, "purposes are lost").put(&format!(
            ": {} cannot say which purposes {} limited to",
            report.format,
            if number == 1 { "one certificate is".to_owned() } else { format!("{number} certificates are") }
        ));
        page.end();
    }
}

fn needs(minimal: &MinimalReport, report: &ExportReport, page: &mut Page) {
    for need in &minimal.chains {
        let of = |sha256: &String| {
            let found = report.certificates.iter().find(|exported| exported.certificate.sha256 == *sha256);
            found.map_or_else(|| sha256.clone(), named)
        };
        let roots: Vec<String> = need.roots.iter().map(of).collect();
        page.put(&format!("castore: {} needs {}", need.chain, roots.join(", "))).end();
    }
    if !minimal.is_proven {
        page.put("castore: a smaller set may be possible: not every choice was tried").end();
    }
}

fn written(report: &ExportReport, page: &mut Page) {
    let out = report.out.as_ref().map_or("standard output", |out| out.path.as_str());
    page.put(&format!("castore: wrote {} to {out}", count(report.certificates.len(), "certificate")));
    let mut more = Vec::new();
    if report.format != "pem" {
        more.push(report.format.to_owned());
    }
    if let Some(files) = &report.files {
        more.push(count(files.written, "new file"));
        more.extend((files.unchanged > 0).then(|| format!("{} unchanged", files.unchanged)));
        more.extend((files.removed > 0).then(|| format!("{} removed", files.removed)));
    }
    match report.password {
        Some("changeit") => more.push("sealed with changeit, as no password was given".to_owned()),
        Some(_) => more.push("sealed with the password that was given".to_owned()),
        None => {}
    }
    if !more.is_empty() {
        page.put(&format!(" ({})", more.join("; ")));
    }
    page.end();
}
