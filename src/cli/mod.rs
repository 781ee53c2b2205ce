//! The command line: one file per command.
//!
//! Its rules: data goes to standard output and everything else to standard error, with
//! `castore:` before it; messages are lower case without a period, causes after a colon, what to
//! do after `hint:`; help begins with an imperative sentence; a flag that explains takes no
//! value; colour adds and never carries; a reader that goes away ends the program quietly; what
//! could not be looked at is said, and is another exit status than what was found.

mod add;
mod baseline;
mod carry;
mod certificate;
mod check;
mod checks;
mod choice;
mod clients;
mod completions;
mod config;
mod diff;
mod error;
mod exit;
mod export;
mod facts;
mod history;
mod host;
mod inspect;
mod list;
mod man;
mod output;
mod progress;
mod remove;
mod scan;
mod schedule;
mod settings;
mod show;
mod snapshot;
mod state;
mod subject;
mod sync;
mod undo;
mod which;
mod why;

use castore::host::Environment;
use castore::model::Timestamp;
use castore::render::commands::Commands;
use castore::render::text::Colour;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use error::Failure;
pub(crate) use exit::Exit;
use serde::Serialize;
use std::ffi::OsString;
use std::path::PathBuf;

/// What the program was started with.
pub(crate) struct Process {
    /// The arguments, the program's name first.
    pub arguments: Vec<OsString>,
    /// The environment.
    pub environment: Environment,
    /// The working directory.
    pub directory: PathBuf,
    /// What this machine calls itself.
    pub name: Option<String>,
    /// The moment it was started.
    pub now: Timestamp,
    /// Whether standard output is a terminal.
    pub terminal: bool,
    /// Whether a person can be asked: standard input and standard error are a terminal.
    pub person: bool,
    /// Whether progress can be shown: standard error is a terminal.
    pub bars: bool,
    /// Columns of the terminal, where standard output is one.
    pub width: Option<usize>,
}

/// Where a command speaks.
pub(crate) trait Output {
    /// Data, for standard output.
    fn data(&mut self, bytes: &[u8]) -> std::io::Result<()>;
    /// A message, for standard error.
    fn message(&mut self, text: &str);
    /// A line that a person answers.
    fn answer(&mut self) -> std::io::Result<String>;
    /// What is on standard input, up to so many octets.
    fn input(&mut self, most: u64) -> std::io::Result<Vec<u8>>;
    /// How long the program has run.
    fn elapsed(&self) -> std::time::Duration;
}

/// Which certificates does each program on this machine trust, why, and what is wrong with them.
///
/// castore reads trust stores where they lie and runs nothing that it finds: the system's bundle, hash
/// directory and anchors, those of every Python, Java, Node.js, Go, Ruby, PHP, Perl, .NET and Rust here, of
/// browsers, curl, git and wget, databases and containers, and the settings and variables that override them.
#[derive(Debug, Parser)]
#[command(name = "castore", version, after_help = exit::HELP, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

// The arguments of the command that is given alone are made: those of all are half of what a start costs.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum Command {
    List(list::Arguments),
    Which(which::Arguments),
    Why(why::Arguments),
    Show(show::Arguments),
    Diff(diff::Arguments),
    Check(check::Arguments),
    Checks(checks::Arguments),
    Snapshot(snapshot::Arguments),
    Config(config::Arguments),
    Schedule(schedule::Arguments),
    Export(export::Arguments),
    Sync(sync::Arguments),
    Add(add::Arguments),
    Remove(remove::Arguments),
    Undo(undo::Arguments),
    History(history::Arguments),
    Scan(scan::Arguments),
    Clients(clients::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// How the answer is written.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
struct Format {
    /// Write the answer in this format.
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: FormatName,
    /// Colour text output.
    ///
    /// auto: on a terminal, unless NO_COLOR is set or CLICOLOR is 0; CLICOLOR_FORCE turns it on
    /// everywhere.
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    color: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// For people.
    Text,
    /// Versioned JSON, as published in data/schema.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What a command works with.
pub(crate) struct Context<'p> {
    process: &'p Process,
    output: &'p mut dyn Output,
    /// Commands, as they are to be typed for the host that is looked at.
    commands: Commands,
    /// What the program ends with at least, whatever else it did: what was found when an interrupted run was mended is
    /// told once.
    mended: Exit,
}

impl Context<'_> {
    /// Writes a report: as JSON, or as the text that `text` makes of it.
    fn report<R: Serialize>(
        &mut self,
        format: &Format,
        report: &R,
        text: impl FnOnce(&R, Colour) -> String,
    ) -> Result<(), Failure> {
        let text = match format.format {
            FormatName::Json => castore::render::json(report),
            FormatName::Text => text(report, self.colour(format.color)),
        };
        self.data(text.as_bytes())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.output.data(bytes).map_err(Failure::from_output)
    }

    /// Says where castore could not look for clients: a tree of another kind, directories that were closed to it.
    fn note_limits(&mut self, host: &castore::host::Host) {
        if let Some(text) = host::elsewhere(host) {
            self.note(&self.commands.text(text));
        }
        let closed = host.closed();
        let named: Vec<String> = closed.iter().take(3).map(|path| castore::render::escape::path(path)).collect();
        let more = if closed.len() > 3 { format!(" and {} more", closed.len() - 3) } else { String::new() };
        if !closed.is_empty() {
            self.note(&format!("permission denied, so clients there are not known: {}{more}", named.join(", ")));
        }
    }

    /// A note for standard error, escaped.
    fn note(&mut self, text: &str) {
        self.output.message(&format!("castore: {}\n", castore::render::escape::terminal(text)));
    }

    fn colour(&self, when: When) -> Colour {
        let set =
            |name: &str| self.process.environment.get(std::ffi::OsStr::new(name)).filter(|value| !value.is_empty());
        let wanted = match when {
            When::Always => true,
            When::Never => false,
            When::Auto if set("NO_COLOR").is_some() => false,
            When::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
            When::Auto if set("CLICOLOR").is_some_and(|value| value == "0") => false,
            When::Auto => self.process.terminal && set("TERM").is_none_or(|term| term != "dumb"),
        };
        if wanted { Colour::Always } else { Colour::Never }
    }
}

/// Runs the command that the arguments name.
pub(crate) fn run(process: Process, output: &mut dyn Output) -> Exit {
    let command = match parse(&process.arguments) {
        Ok(cli) => cli.command,
        Err(error) => return usage(&error, &process, output),
    };
    let mut context = Context { process: &process, output, commands: Commands::default(), mended: Exit::Clean };
    let is_why = matches!(command, Command::Why(_));
    let result = match command {
        Command::List(arguments) => list::run(&arguments, &mut context),
        Command::Which(arguments) => which::run(&arguments, &mut context),
        Command::Why(arguments) => why::run(&arguments, &mut context),
        Command::Show(arguments) => show::run(&arguments, &mut context),
        Command::Diff(arguments) => diff::run(&arguments, &mut context),
        Command::Check(arguments) => check::run(&arguments, &mut context),
        Command::Checks(arguments) => checks::run(&arguments, &mut context),
        Command::Snapshot(arguments) => snapshot::run(&arguments, &mut context),
        Command::Config(arguments) => config::run(&arguments, &mut context),
        Command::Schedule(arguments) => schedule::run(&arguments, &mut context),
        Command::Export(arguments) => export::run(&arguments, &mut context),
        Command::Sync(arguments) => sync::run(&arguments, &mut context),
        Command::Add(arguments) => add::run(&arguments, &mut context),
        Command::Remove(arguments) => remove::run(&arguments, &mut context),
        Command::Undo(arguments) => undo::run(&arguments, &mut context),
        Command::History(arguments) => history::run(&arguments, &mut context),
        Command::Scan(arguments) => scan::run(&arguments, &mut context),
        Command::Clients(arguments) => clients::run(&arguments, &mut context),
        Command::Completions(arguments) => completions::run(&arguments, &mut context),
        Command::Man(arguments) => man::run(&arguments, &mut context),
    };
    match result {
        Ok(exit) => exit.max(context.mended),
        // `castore list | head` has done its work when head has.
        Err(Failure::BrokenPipe) => context.mended,
        Err(Failure::Error { message, hint, absent }) => {
            context.note(&format!("error: {message}"));
            let elsewhere = absent.filter(|path| context.commands.is_of_tree() && host::is_here(path, &process));
            let hint = elsewhere.map(|path| host::of_tree(&path, is_why)).or(hint);
            if let Some(hint) = hint {
                let hint = context.commands.text(&hint);
                context.output.message(&format!("hint: {}\n", castore::render::escape::terminal(&hint)));
            }
            Exit::Trouble
        }
    }
}

/// Reads the arguments.
fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let with = |command: clap::Command| {
        command.try_get_matches_from(arguments).and_then(|found| Cli::from_arg_matches(&found))
    };
    match with(Cli::command()) {
        // What each command does is told with its arguments.
        Err(error) if asks_for_help(error.kind()) => with(command()),
        parsed => parsed,
    }
}

fn asks_for_help(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand)
}

/// Help and version are data; a mistake in the arguments is trouble.
fn usage(error: &clap::Error, process: &Process, output: &mut dyn Output) -> Exit {
    if error.use_stderr() {
        if output::asks_for_plugin(&process.arguments) {
            // Nagios reads standard output alone, and takes 2 for critical.
            drop(output.data(castore::render::nagios::failure("a mistake in the arguments").as_bytes()));
            output.message(&mistake(&error.render().to_string()));
            return Exit::Plugin(castore::render::nagios::State::Unknown);
        }
        output.message(&mistake(&error.render().to_string()));
        return Exit::Trouble;
    }
    let text = if process.terminal { error.render().ansi().to_string() } else { error.render().to_string() };
    // A reader that went away has seen what it wanted.
    drop(output.data(text.as_bytes()));
    Exit::Clean
}

/// A mistake in the arguments as every other error is told: what clap says, with the arguments it
/// repeats escaped.
fn mistake(text: &str) -> String {
    let Some(rest) = text.strip_prefix("error: ") else { return text.to_owned() };
    let mut message = String::from("castore: error: ");
    for line in rest.lines().filter(|line| !line.is_empty()) {
        let line = line.replace("  tip: ", "hint: ");
        message += &castore::render::escape::terminal(
            &line.replace("For more information, try '--help'.", "hint: see --help"),
        );
        message.push('\n');
    }
    message
}

/// The command line with the arguments of every command, for help, completions and the manual.
fn command() -> clap::Command {
    let mut command = Cli::command();
    command.build();
    command
}
