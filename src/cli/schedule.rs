//! `castore schedule`.

use super::check;
use super::error::Failure;
use super::settings::known_check;
use super::{Context, Exit, asks_for_help, output};
use castore::render::schedule::{Every, Job, SCHEDULERS, Scheduler};
use castore::settings::castore_toml::effective::Origin;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, ValueEnum};
use std::any::TypeId;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// When to run where nobody says.
const TIME: &str = "04:17";

/// Where the last report is kept where nobody says.
const STATE: &str = "/var/lib/castore";

/// Print the files that make a machine run castore check by itself.
///
/// With systemd, cron and kubernetes the run looks at every account and at the variables of logins unless the options
/// behind -- say what to look at; with launchd and windows at what root and SYSTEM see, whose logins castore does not
/// read there. With systemd and kubernetes it has few rights. For alerts by Prometheus, on Debian:
///
/// castore schedule --print systemd -- --exit-zero --format prometheus --out /var/lib/prometheus/node-exporter/castore.prom
///
/// A baseline for it (-- --baseline FILE) is one of every account and of logins, too:
///
/// castore snapshot --all-users --login-environment --out FILE
///
/// data/prometheus has their rules.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The scheduler to print for.
    #[arg(long, value_name = "SCHEDULER", value_parser = scheduler())]
    print: String,
    /// Write the files into DIR, each whole or not at all, instead of printing them.
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    /// How often to run; by the week on Mondays.
    #[arg(long, value_enum, value_name = "PERIOD", default_value = "day")]
    every: Period,
    /// When to run, by the machine's clock; systemd and Windows add a delay that differs by machine.
    #[arg(long, value_name = "HH:MM", default_value = TIME, value_parser = time)]
    time: (u8, u8),
    /// Let the run use the network, for the servers that it is to check.
    #[arg(long)]
    with_hosts: bool,
    /// Where castore is; by default where packages put it.
    #[arg(long, value_name = "PATH")]
    program: Option<String>,
    /// cron: the directory in which the last report is kept.
    #[arg(long, value_name = "DIR", default_value = STATE)]
    state: String,
    /// kubernetes: the image to run, which holds castore.
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// Options and selectors for castore check.
    #[arg(last = true, value_name = "CHECK OPTIONS")]
    check: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Period {
    Hour,
    Day,
    Week,
}

fn scheduler() -> PossibleValuesParser {
    SCHEDULERS.iter().map(|row| PossibleValue::new(row.name).help(row.about)).into()
}

fn time(text: &str) -> Result<(u8, u8), String> {
    let number = |text: &str, below: u8| {
        let is_plain = matches!(text.len(), 1 | 2) && text.bytes().all(|octet| octet.is_ascii_digit());
        text.parse().ok().filter(|number| is_plain && *number < below)
    };
    let found = text.split_once(':').and_then(|(hour, minute)| Some((number(hour, 24)?, number(minute, 60)?)));
    found.ok_or_else(|| "expected a time from 00:00 to 23:59".to_owned())
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let Some(row) = SCHEDULERS.iter().find(|row| row.name == arguments.print) else {
        return Err(Failure::unknown("scheduler", &arguments.print, SCHEDULERS.iter().map(|row| row.name)));
    };
    let job = job(arguments, row)?;
    let units = row.units(&job).map_err(|refused| {
        Failure::with_hint(format!("{}: {refused}", row.name), "castore schedule --help tells what each needs")
    })?;
    if let Some(directory) = &arguments.out_dir {
        for unit in &units {
            let file = directory.join(unit.name);
            output::write(&file, unit.text.as_bytes(), context)?;
            context.note(&format!("wrote {}", castore::render::escape::path(&file)));
        }
        return Ok(Exit::Clean);
    }
    let is_one = units.len() == 1;
    for (number, unit) in units.iter().enumerate() {
        // Files of more than one have remarks that begin like this; XML has not.
        let gap = if number == 0 { "" } else { "\n" };
        let text = if is_one { unit.text.clone() } else { format!("{gap}# {}\n{}", unit.name, unit.text) };
        context.data(text.as_bytes())?;
    }
    Ok(Exit::Clean)
}

/// The job, with the options of `castore check` read as that command reads them: a mistake is found now and not by
/// the first run.
fn job(arguments: &Arguments, row: &Scheduler) -> Result<Job, Failure> {
    let mut command = check::Arguments::augment_args(clap::Command::new("castore check").no_binary_name(true));
    command.build();
    let found = command.try_get_matches_from_mut(&arguments.check).map_err(|error| mistake(&error))?;
    for (option, name) in [("only", "--only"), ("skip", "--skip")] {
        for pattern in found.get_many::<String>(option).into_iter().flatten() {
            known_check(pattern, &Origin::Flag(name))?;
        }
    }
    let text = |word: &std::ffi::OsStr| match word.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(Failure::new(format!("expected UTF-8 in a file, found {word:?}"))),
    };
    let is_set = |argument: &&clap::Arg| {
        let id = argument.get_id().as_str();
        found.try_contains_id(id).unwrap_or(false) && found.value_source(id) == Some(ValueSource::CommandLine)
    };
    let set: Vec<&clap::Arg> = command.get_arguments().filter(is_set).collect();
    let is_path = |argument: &&&clap::Arg| argument.get_value_parser().type_id() == TypeId::of::<PathBuf>();
    let values = set.iter().filter(is_path).filter_map(|argument| found.get_raw(argument.get_id().as_str()));
    let mut paths = values.flatten().map(text).collect::<Result<Vec<String>, Failure>>()?;
    let selectors = found.get_raw("selectors").into_iter().flatten().map(text).collect::<Result<Vec<_>, Failure>>()?;
    paths.extend(selectors.iter().filter_map(|word| path_of(word)));
    let (hour, minute) = arguments.time;
    let set: BTreeSet<String> = set.iter().filter_map(|argument| argument.get_long().map(str::to_owned)).collect();
    Ok(Job {
        program: arguments.program.clone().unwrap_or_else(|| row.program.to_owned()),
        given: given(arguments),
        arguments: arguments.check.iter().map(|word| text(word)).collect::<Result<_, _>>()?,
        paths,
        format: found.try_get_one::<&'static str>("format").ok().flatten().map(|format| (*format).to_owned()),
        out: directory_of_output(&found),
        every: match arguments.every {
            Period::Hour => Every::Hour,
            Period::Day => Every::Day,
            Period::Week => Every::Week,
        },
        hour,
        minute,
        with_hosts: arguments.with_hosts || set.contains("host"),
        set,
        state: arguments.state.clone(),
        image: arguments.image.clone(),
    })
}

/// The options that were given and say what is written, as they are given again.
fn given(arguments: &Arguments) -> Vec<String> {
    let every = arguments.every.to_possible_value().map(|value| value.get_name().to_owned());
    let (hour, minute) = arguments.time;
    let options = [
        ("--every", every.filter(|_| arguments.every != Period::Day)),
        ("--time", Some(format!("{hour:02}:{minute:02}")).filter(|time| time != TIME)),
        ("--program", arguments.program.clone()),
        ("--state", Some(arguments.state.clone()).filter(|state| state != STATE)),
        ("--image", arguments.image.clone()),
    ];
    let words = options.into_iter().filter_map(|(option, value)| Some([option.to_owned(), value?])).flatten();
    words.chain(arguments.with_hosts.then(|| "--with-hosts".to_owned())).collect()
}

/// The path that a selector names, `PATH`, `file:PATH` or `certifi:PATH`, where it cannot be anything else.
fn path_of(word: &str) -> Option<String> {
    let is_path = |text: &str| ["/", "./", "../", "~"].iter().any(|start| text.starts_with(start));
    let behind = word.split_once(':').map(|(_, behind)| behind);
    [Some(word), behind].into_iter().flatten().find(|text| is_path(text)).map(str::to_owned)
}

/// The directory of `--out`, by the separators of either system: the file may be for another.
fn directory_of_output(found: &ArgMatches) -> Option<String> {
    let out = found.try_get_one::<PathBuf>("out").ok()??;
    let text = out.to_str().filter(|_| out != Path::new("-"))?;
    let at = text.rfind(['/', '\\'])?;
    Some(if at == 0 { "/".to_owned() } else { text[..at].to_owned() })
}

/// A mistake in the options of `castore check`.
fn mistake(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let line = text.lines().find(|line| !line.is_empty()).unwrap_or_default();
    let line = match asks_for_help(error.kind()) {
        true => "expected options of a run, found --help",
        false => line.strip_prefix("error: ").unwrap_or(line),
    };
    Failure::with_hint(format!("check: {line}"), "castore check --help lists its options")
}
