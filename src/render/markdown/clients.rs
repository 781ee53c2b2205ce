//! The page of all clients.

use super::{line, text};
use crate::render::report::clients::{ClientsReport, RowReport, RuleReport};

/// Every client with its rule and the sources, then every variable.
#[must_use]
pub fn clients(report: &ClientsReport) -> String {
    let mut page = String::from("# The clients castore knows\n\n");
    page += "Made by `castore clients --format markdown` from the rows of `src/catalogue`; a test keeps it current.\n";
    page += "*The first of* takes the first place that decides and shadows the rest, *all of* takes every one.\n\n";
    for client in &report.clients {
        row(&mut page, client);
    }
    page += "# The variables they read\n\n| variable | holds | read by |\n|---|---|---|\n";
    for variable in &report.variables {
        let (holds, clients) = (variable.holds.join(", "), variable.clients.join(", "));
        line(&mut page, format_args!("| `{}` | {holds} | {clients} |", variable.name));
    }
    page
}

fn row(page: &mut String, client: &RowReport) {
    line(page, format_args!("## `{}`: {}\n", client.client, text(client.title)));
    line(page, format_args!("{}\n", text(client.about)));
    if !client.systems.is_empty() {
        line(page, format_args!("On {}.\n", client.systems.join(", ")));
    }
    rule(page, &client.rule, 0);
    if !client.reads.is_empty() {
        let named: Vec<String> = client.reads.iter().map(|name| format!("`{name}`")).collect();
        line(page, format_args!("\nIts settings are found by {}.", named.join(", ")));
    }
    line(page, format_args!("\nTo change its stores: {}.\n", text(&client.edit)));
    match (&client.policy, client.judges) {
        (Some(policy), _) => {
            let sources: Vec<String> = policy.sources.iter().map(|source| format!("[source]({source})")).collect();
            let compared = if policy.compared_with == "programs" { "" } else { "; from documents alone" };
            let (about, sources) = (text(policy.about), sources.join(", "));
            line(page, format_args!("Judges chains by `{}`: {about}{compared} ({sources}).\n", policy.id));
        }
        (None, "nothing") => line(page, format_args!("Judges no chains: others read its stores.\n")),
        (None, _) => line(page, format_args!("Judges chains in a way that castore has no rules for.\n")),
    }
}

fn rule(page: &mut String, of: &RuleReport, depth: usize) {
    let indent = "  ".repeat(depth);
    let Some(place) = &of.place else {
        let word = if of.kind == "all" { "all of" } else { "the first of" };
        line(page, format_args!("{indent}- *{word}*"));
        of.rules.iter().for_each(|inner| rule(page, inner, depth + 1));
        return;
    };
    let details: Vec<String> = place.holds.iter().cloned().chain(place.otherwise()).map(|part| text(&part)).collect();
    let details = if details.is_empty() { String::new() } else { format!("; {}", details.join("; ")) };
    line(page, format_args!("{indent}- `{}` ({}{details}) [source]({})", place.title(), place.look, place.says));
}
