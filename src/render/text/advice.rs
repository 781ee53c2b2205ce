//! `castore sync --env` as text: lines to copy, and behind `#` whom they reach.

use super::{Colour, Page, Style, count};
use crate::render::report::advice::{AdviceReport, EffectReport, LinesReport, SettingReport};

/// Clients that are named in one line before the rest is counted.
const NAMED: usize = 4;

/// The lines of each place, then the clients that no setting reaches. All but the lines is a remark.
#[must_use]
pub fn advice(report: &AdviceReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    remark(
        &mut page,
        &format!(
            "{} to {} ({}), each setting tried; {} it already",
            "these lead clients",
            report.bundle.path,
            count(report.certificates, "certificate"),
            match report.already {
                1 => "1 client trusts all of".to_owned(),
                all => format!("{all} clients trust all of"),
            }
        ),
    );
    for root in &report.absent {
        let by = report.commands.text("castore add puts it there");
        let text = format!("{} ({}) is not in it yet: {by}", root.label(), root.short());
        page.styled(Style::Warn, "# ").styled(Style::Warn, &text).end();
    }
    for (index, place) in report.places.iter().enumerate() {
        page.end();
        let names = |place: &LinesReport| place.settings.iter().map(|setting| setting.name).collect::<Vec<_>>();
        let is_known = report.places[..index].iter().any(|known| names(known) == names(place));
        lines(&mut page, place, is_known);
    }
    if !report.without.is_empty() {
        page.end();
        remark(&mut page, "nothing can be set for:");
        for without in &report.without {
            remark(&mut page, &format!("  {}: {}", without.client, without.because));
        }
    }
    page.finish()
}

fn remark(page: &mut Page, text: &str) {
    page.styled(Style::Dim, &format!("# {text}")).end();
}

/// What the same settings do is said once.
fn lines(page: &mut Page, place: &LinesReport, is_known: bool) {
    page.styled(Style::Strong, &format!("# {}", place.place)).styled(Style::Dim, &format!(": {}", place.file)).end();
    if place.lines.is_empty() {
        remark(page, "nothing is to be set here");
        return;
    }
    remark(page, &format!("outlives {}", place.survives));
    if !is_known {
        place.settings.iter().for_each(|setting| effects(page, setting));
        if !place.others.is_empty() {
            page.styled(Style::Warn, &format!("# changes too: {}", names(&place.others))).end();
        }
    }
    for line in &place.lines {
        // A tab begins a line of git's.
        page.line(&line.replace('\t', "    "));
    }
}

/// `NODE_EXTRA_CA_CERTS adds to what these have: node:/usr/bin/node (+1)`.
fn effects(page: &mut Page, setting: &SettingReport) {
    let how = if setting.adds { "adds to what these have" } else { "replaces what these have" };
    remark(page, &format!("{} {how}: {}", setting.name, names(&setting.clients)));
}

fn names(effects: &[EffectReport]) -> String {
    let name = |effect: &EffectReport| {
        let loses = if effect.loses > 0 { format!(" -{}", effect.loses) } else { String::new() };
        format!("{} (+{}{loses})", effect.client, effect.gains)
    };
    let mut text = effects.iter().take(NAMED).map(name).collect::<Vec<_>>().join(", ");
    if effects.len() > NAMED {
        text += &format!(" and {} more", effects.len() - NAMED);
    }
    text
}
