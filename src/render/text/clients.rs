//! `castore clients` as text.

use super::{Cell, Colour, Page, Style, table};
use crate::render::report::clients::{ClientsReport, RowReport, RuleReport};

/// Each client in a line.
#[must_use]
pub fn clients(report: &ClientsReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    let row = |client: &RowReport| vec![Cell::left(client.client).style(Style::Strong), Cell::left(client.about)];
    table(&mut page, &report.clients.iter().map(row).collect::<Vec<_>>());
    page.finish()
}

/// One client with every place it looks at.
#[must_use]
pub fn client(report: &ClientsReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    for (number, client) in report.clients.iter().enumerate() {
        if number > 0 {
            page.end();
        }
        page.styled(Style::Strong, client.client).put(&format!(": {}", client.title)).end();
        page.line(client.about);
        if !client.systems.is_empty() {
            page.line(&format!("on {}", client.systems.join(", ")));
        }
        page.end();
        rule(&mut page, &client.rule, 1);
        page.end();
        if !client.reads.is_empty() {
            let named: Vec<String> = client.reads.iter().map(|name| format!("${name}")).collect();
            page.line(&format!("its settings are found by: {}", named.join(", ")));
        }
        page.line(&format!("to change its stores: {}", client.edit));
        judges(&mut page, client);
    }
    page.finish()
}

/// How it judges chains, and where that is from.
fn judges(page: &mut Page, client: &RowReport) {
    match (&client.policy, client.judges) {
        (Some(policy), _) => {
            let compared = match policy.compared_with {
                "programs" => "compared with the programs",
                _ => "from documents alone",
            };
            page.line(&format!("judges chains by {}: {} ({compared})", policy.id, policy.about));
            for source in &policy.sources {
                page.styled(Style::Dim, &format!("    {source}")).end();
            }
        }
        (None, "nothing") => {
            page.line("judges no chains: others read its stores");
        }
        (None, _) => {
            page.line("judges chains in a way that castore has no rules for");
        }
    }
}

fn rule(page: &mut Page, of: &RuleReport, depth: usize) {
    let indent = "  ".repeat(depth);
    let Some(place) = &of.place else {
        let word = if of.kind == "all" { "all of" } else { "the first of" };
        page.line(&format!("{indent}{word}"));
        of.rules.iter().for_each(|inner| rule(page, inner, depth + 1));
        return;
    };
    page.put(&indent).styled(Style::Strong, &place.title()).put(&format!("  {}", place.look)).end();
    let details = place.holds.iter().cloned().chain(place.otherwise()).chain([place.says.to_owned()]);
    for detail in details {
        page.styled(Style::Dim, &format!("{indent}    {detail}")).end();
    }
}

/// Each variable with what it holds and who reads it.
#[must_use]
pub fn variables(report: &ClientsReport, colour: Colour) -> String {
    let mut page = Page::new(colour);
    let head = ["VARIABLE", "HOLDS", "READ BY"].map(|name| Cell::left(name).style(Style::Dim));
    let mut rows = vec![head.to_vec()];
    rows.extend(report.variables.iter().map(|variable| {
        vec![
            Cell::left(variable.name).style(Style::Strong),
            Cell::left(variable.holds.join(", ")),
            Cell::left(variable.clients.join(", ")),
        ]
    }));
    table(&mut page, &rows);
    page.finish()
}
