//! `castore clients`.

use super::error::Failure;
use super::{Context, Exit, When};
use castore::catalogue::client::{Client, Edit, Origin};
use castore::catalogue::clients;
use castore::render::text::{Page, Style};
use clap::Args;

/// List the clients castore knows, or one client's rules with their sources.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The client.
    #[arg(value_name = "CLIENT")]
    client: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let mut page = Page::new(context.colour(When::Auto));
    match &arguments.client {
        None => {
            for client in clients() {
                page.styled(Style::Strong, &format!("{:<20}", client.id)).put(client.about).end();
            }
        }
        Some(id) => {
            let client = clients()
                .find(|client| client.id == id)
                .ok_or_else(|| Failure::unknown("client", id, clients().map(|client| client.id)))?;
            explain(&mut page, client);
        }
    }
    context.data(page.finish().as_bytes())?;
    Ok(Exit::Clean)
}

fn explain(page: &mut Page, client: &Client) {
    page.styled(Style::Strong, client.id).put(&format!(": {}", client.title)).end();
    page.line(client.about).end();
    client.rule.leaves(&mut |leaf| {
        let versions: Vec<String> = leaf.between.iter().map(range_text).collect();
        let versions = if versions.is_empty() { String::new() } else { format!("  ({})", versions.join(", ")) };
        page.put(&format!("  {}{versions}", origin_text(&leaf.origin)));
        page.styled(Style::Dim, &format!("  {}", leaf.says)).end();
    });
    page.end().line(&format!("to change its stores: {}", edit_text(client.edit)));
}

fn range_text((component, from, until): &(&str, &str, &str)) -> String {
    match (from.is_empty(), until.is_empty()) {
        (false, false) => format!("{component} {from} to before {until}"),
        (false, true) => format!("{component} {from} and later"),
        (true, false) => format!("{component} before {until}"),
        (true, true) => (*component).to_owned(),
    }
}

fn origin_text(origin: &Origin) -> String {
    match origin {
        Origin::Path(path) => (*path).to_owned(),
        Origin::Tree(path) => format!("{path} and below"),
        Origin::Variable(name) => format!("${name}"),
        Origin::VariableList(name) => format!("${name} (a list)"),
        Origin::Switch(name) => format!("${name} (turns verification off)"),
        Origin::Setting(key, _) => format!("setting {key}"),
        Origin::Section(place, what) => format!("{place}: {what}"),
        Origin::Opaque(place, what) => format!("{place}: {what}, not as certificates"),
        Origin::Native(name) => format!("{name}, through the operating system"),
    }
}

fn edit_text(edit: Edit) -> String {
    match edit {
        Edit::DropIn { directory, extension, refresh } => {
            format!("put a .{extension} file into {directory} and run {refresh}")
        }
        Edit::Rewrite => "write the file anew".to_owned(),
        Edit::Via(tool) => format!("use {tool}"),
        Edit::Never(why) => format!("not here: {why}"),
    }
}
