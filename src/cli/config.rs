//! `castore config`.

use super::error::Failure;
use super::settings::{SettingsArguments, known_check, message, unreadable};
use super::{Context, Exit, Format, check, host};
use castore::render::escape;
use castore::render::report::config::ConfigReport;
use castore::render::text;
use castore::settings::castore_toml::effective::Origin;
use castore::settings::castore_toml::places::{Outcome, named};
use castore::settings::castore_toml::{KEYS, Key, Placed, Position, Reading, Value, read_all};
use castore::settings::words::meant;
use clap::Args;
use std::path::{Path, PathBuf};

/// Show castore's own settings, each with where it is from, or validate a castore.toml.
///
/// The flags of castore check that are settings may be given, and show what they would change.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Only this setting; store and allow show what castore.toml says of stores and of known findings.
    #[arg(value_name = "KEY")]
    key: Option<String>,
    /// Tell everything that is wrong in FILE, and use it for nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "config", "no_config"])]
    check: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingsArguments,
    #[command(flatten)]
    flags: check::Flags,
    #[command(flatten)]
    format: Format,
}

/// What adds up over all files.
const TABLES: [&str; 2] = ["store", "allow"];

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    if let Some(file) = &arguments.check {
        return validate(file, context);
    }
    if let Some(key) = &arguments.key
        && Key::named(key).is_none()
        && !TABLES.contains(&key.as_str())
    {
        let known = KEYS.iter().map(|key| key.name).chain(TABLES);
        let meant = meant(key, known).map(|meant| meant + " ").unwrap_or_default();
        return Err(Failure::with_hint(
            format!("no setting is called {key:?}"),
            format!("{meant}castore config lists them"),
        ));
    }
    let found = arguments.settings.find(&arguments.flags.values(), context)?;
    let report = ConfigReport::new(&found.effective, &found.places, arguments.key.as_deref());
    let is_one = arguments.key.is_some();
    context.report(&arguments.format, &report, |report, colour| text::config(report, is_one, colour))?;
    Ok(Exit::Clean)
}

/// Tells every fault of one file.
fn validate(file: &Path, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let machine = host::live(context.process, context.process.environment.clone())?;
    let place = named(&machine, file).map_err(|why| unreadable(file, &why))?;
    let Outcome::Read(bytes) = place.outcome else { return Err(Failure::new("expected a file")) };
    let reading = read_all(&bytes);
    let said = |fault: &castore::settings::castore_toml::Fault| {
        let hint = fault.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        (fault.at, format!("{}{hint}", message(file, fault)))
    };
    let mut faults: Vec<(Position, String)> = reading.faults.iter().map(said).collect();
    faults.extend(strange(file, &reading, &machine));
    faults.sort_by_key(|(at, _)| *at);
    if faults.is_empty() {
        context.data(format!("{}: no faults\n", escape::path(file)).as_bytes())?;
        return Ok(Exit::Clean);
    }
    for (_, fault) in &faults {
        context.data(format!("{}\n", escape::terminal(fault)).as_bytes())?;
    }
    Ok(Exit::Trouble)
}

/// What is wrong although a key and its type are right: checks that there are not, servers that are none. Each with its
/// place.
fn strange(file: &Path, reading: &Reading, machine: &castore::host::Host) -> Vec<(Position, String)> {
    let origin = |at| Origin::File(file.to_path_buf(), at);
    let unknown = |one: &Placed<String>| Some((one.at, known_check(&one.value, &origin(one.at)).err()?));
    let mut failures: Vec<(Position, Failure)> = reading.checks.iter().filter_map(unknown).collect();
    #[cfg(feature = "network")]
    for (_, value) in &reading.settings.values {
        let Value::Servers(servers) = &value.value else { continue };
        let bad = |one: &castore::settings::castore_toml::Server| {
            Some((one.at, check::servers::understood(one, &origin(one.at), machine).err()?))
        };
        failures.extend(servers.iter().filter_map(bad));
    }
    let _ = machine;
    let said = |(at, failure)| match failure {
        Failure::Error { message, hint, .. } => {
            let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            Some((at, format!("{message}{hint}")))
        }
        Failure::BrokenPipe => None,
    };
    failures.into_iter().filter_map(said).collect()
}
