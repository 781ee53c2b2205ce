//! `castore export` as text: what was written, what was not. It goes to standard error.

use super::show::purpose;
use super::{Colour, Page, Style, count};
use crate::render::report::export::ExportReport;

/// One line for what was written, one for each certificate that was left out or is not to be had.
#[must_use]
pub fn export(report: &ExportReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    for left in &report.left_out {
        let certificate = &left.exported.certificate;
        page.put("castore: ").styled(Style::Warn, "left out").put(&format!(
            " {} ({}): {}",
            certificate.label(),
            certificate.short(),
            left.because
        ));
        page.styled(Style::Dim, &format!("  {}", left.exported.from.join(", "))).end();
    }
    for exported in report.certificates.iter().filter(|exported| !exported.limits_lost.is_empty()) {
        let limits: Vec<String> = exported.limits_lost.iter().map(|limits| limits.words(&purpose)).collect();
        let certificate = &exported.certificate;
        page.put("castore: ").styled(Style::Warn, "limits are lost").put(&format!(
            " {} ({}): {}",
            certificate.label(),
            certificate.short(),
            limits.join("; ")
        ));
        page.end();
    }
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
    let out = report.out.as_ref().map_or("standard output", |out| out.path.as_str());
    page.put(&format!("castore: wrote {} to {out}", count(report.certificates.len(), "certificate"))).end();
    page.finish()
}
