//! `castore clients`.

use super::error::Failure;
use super::{Context, Exit, When};
use castore::catalogue::clients;
use castore::render::report::clients::ClientsReport;
use castore::render::{json, markdown, text};
use castore::settings::words::fits;
use clap::{Args, ValueEnum};

/// List the clients castore knows, or one client's rules with their sources.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The client: an id, a pattern such as 'py*', or the name of a program.
    #[arg(value_name = "CLIENT")]
    client: Option<String>,
    /// List the environment variables that any client reads, and which.
    #[arg(long)]
    variables: bool,
    /// Write the answer in this format.
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: ClientsFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ClientsFormat {
    /// For people.
    Text,
    /// Versioned JSON, as published in data/schema.
    Json,
    /// A page for the documentation: clients and variables.
    Markdown,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let chosen: Vec<_> = match &arguments.client {
        None => clients().collect(),
        Some(id) => clients().filter(|client| fits(id, client.id) || client.programs.contains(&id.as_str())).collect(),
    };
    if let (true, Some(id)) = (chosen.is_empty(), &arguments.client) {
        let programs = clients().flat_map(|client| client.programs).copied();
        return Err(Failure::unknown("client", id, clients().map(|client| client.id).chain(programs)));
    }
    let report = ClientsReport::new(&chosen);
    let colour = context.colour(When::Auto);
    let text = match arguments.format {
        ClientsFormat::Json => json(&report),
        ClientsFormat::Markdown => markdown::clients(&report),
        ClientsFormat::Text if arguments.variables => text::variables(&report, colour),
        ClientsFormat::Text if arguments.client.as_ref().is_some_and(|id| !id.contains(['*', '?'])) => {
            text::client(&report, colour)
        }
        ClientsFormat::Text => text::clients(&report, colour),
    };
    context.data(text.as_bytes())?;
    Ok(Exit::Clean)
}
