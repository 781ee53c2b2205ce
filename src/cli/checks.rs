//! `castore checks`.

use super::error::Failure;
use super::{Context, Exit, When};
use castore::check::{CHECKS, stands_on_facts};
use castore::facts::Facts;
use castore::model::{Timestamp, passing};
use castore::render::report::facts::FactsReport;
use castore::render::text::{Page, Style};
use clap::Args;

/// List the checks, or explain one.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The check to explain.
    #[arg(value_name = "ID")]
    id: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let mut page = Page::new(context.colour(When::Auto));
    match &arguments.id {
        None => {
            for check in CHECKS {
                page.styled(Style::Strong, &format!("{:<26}", check.id));
                page.put(&format!("{:<9}{}", check.severity.name(), check.title)).end();
            }
        }
        Some(id) => {
            let check = CHECKS
                .iter()
                .find(|check| check.id == id)
                .ok_or_else(|| Failure::unknown("check", id, CHECKS.iter().map(|check| check.id)))?;
            page.styled(Style::Strong, check.id).put(&format!(" ({}): {}", check.severity.name(), check.title)).end();
            page.end().line(check.about).end().line(&format!("Remedy: {}", check.remedy)).end();
            if let Some(day) = check.since {
                page.line(&format!("Since {day}."));
            }
            page.line(&format!("See {}", check.says));
            if stands_on_facts(check) {
                tables(&mut page, &Facts::built_in(), context.process.now);
            }
        }
    }
    context.data(page.finish().as_bytes())?;
    Ok(Exit::Clean)
}

/// The tables that are built in, with their sources and ages.
fn tables(page: &mut Page, facts: &Facts, at: Timestamp) {
    page.end().line("Facts built in; --facts DIR asks others:");
    for table in FactsReport::all(facts, at) {
        page.styled(Style::Strong, &format!("  {:<13}", table.id));
        page.put(&format!("{} ({})  {}", table.date, passing::old(table.age_days), table.source)).end();
    }
}
