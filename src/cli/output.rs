//! How `castore check` answers: in which format, and where to.

use super::error::Failure;
use super::{Context, When};
use castore::apply::{WriteOptions, replace, write_report};
use castore::check::Severity;
use castore::host::Host;
use castore::render::FORMATS;
use castore::render::checked::{Checked, Format, Options};
use castore::render::{csv, nagios, ndjson, prometheus};
use castore::settings::castore_toml::Value;
use castore::settings::castore_toml::effective::Effective;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// How the answer is written.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArguments {
    /// Write the answer in this format [default: text].
    #[arg(long, value_name = "FORMAT", value_parser = format())]
    format: Option<&'static str>,
    /// Write to FILE, whole or not at all; - is standard output.
    ///
    /// A new file has mode 0644; one that is there keeps its owner and mode. Where another account owns a directory on
    /// the way, as above node_exporter's on Debian, it is a new file of your own each time.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// text: name every place of every finding, and say why each check is.
    #[arg(long)]
    explain: bool,
    /// prometheus: also write metrics of each certificate, as x509-certificate-exporter names them.
    #[arg(long)]
    per_certificate: bool,
    /// csv: leave cells as they are that a spreadsheet would run as formulas.
    #[arg(long)]
    csv_raw: bool,
    #[command(flatten)]
    name: HostName,
    /// Colour text output.
    ///
    /// auto: on a terminal, unless NO_COLOR is set or CLICOLOR is 0; CLICOLOR_FORCE turns it on
    /// everywhere.
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    color: When,
}

/// What rows and reports that leave the machine call it.
#[derive(Debug, Clone, Args)]
pub(crate) struct HostName {
    /// Call the host NAME in rows and reports, not what it calls itself.
    #[arg(long, value_name = "NAME")]
    host_name: Option<String>,
}

/// The names of the formats, with what `--help` says of each.
fn format() -> impl TypedValueParser<Value = &'static str> {
    let names = FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.about));
    let row = |name: String| FORMATS.iter().map(|format| format.name).find(|known| *known == name).unwrap_or("text");
    PossibleValuesParser::new(names).map(row)
}

/// Whether the arguments, though there is a mistake in them, ask for an answer as a plugin gives it.
pub(crate) fn asks_for_plugin(arguments: &[OsString]) -> bool {
    let is_check = arguments.get(1).is_some_and(|command| command == "check");
    let asks = |pair: &[OsString]| pair[0] == "--format" && pair[1] == nagios::FORMAT.name;
    let joined = format!("--format={}", nagios::FORMAT.name);
    is_check && (arguments.windows(2).any(asks) || arguments.iter().any(|argument| *argument == *joined))
}

impl HostName {
    /// What the user calls it.
    pub(crate) fn given(&self) -> Option<&str> {
        self.host_name.as_deref()
    }

    /// What the user calls it, else what it calls itself: the live machine by uname(2), another host in its
    /// `/etc/hostname` (hostname(5): the first line that is no remark).
    pub(crate) fn of(&self, host: &Host, context: &Context<'_>) -> Option<String> {
        if self.host_name.is_some() {
            return self.host_name.clone();
        }
        if host.live {
            return context.process.name.clone();
        }
        let text = host.settings(Path::new("/etc/hostname"))?;
        let mut lines = text.lines().map(str::trim);
        lines.find(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned)
    }
}

impl OutputArguments {
    /// What of these was given, as settings.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, Value)> + use<> {
        let format = self.format.map(|name| ("format", Value::Word(name.to_owned())));
        format.into_iter().chain(self.out.clone().map(|out| ("out", Value::Path(out))))
    }

    /// The same with what settings say.
    pub(crate) fn settled(&self, effective: &Effective) -> Self {
        let named = |format: &&Format| effective.word("format") == Some(format.name);
        let format = FORMATS.iter().find(named).map(|format| format.name);
        Self { format, out: effective.path("out").map(Path::to_path_buf), ..self.clone() }
    }

    fn row(&self) -> &'static Format {
        FORMATS.iter().find(|format| Some(format.name) == self.format).unwrap_or(&FORMATS[0])
    }

    /// Whether the answer is that of a plugin, whose exit status has a meaning of its own.
    pub(crate) fn is_plugin(&self) -> bool {
        self.format == Some(nagios::FORMAT.name)
    }

    /// Whether the format has no place for what castore.toml allows.
    pub(crate) fn hides_allowed(&self) -> bool {
        [csv::FORMAT.name, ndjson::FORMAT.name, prometheus::FORMAT.name].contains(&self.row().name)
    }

    /// What the host is called.
    pub(crate) fn host_name(&self, host: &Host, context: &Context<'_>) -> Option<String> {
        self.name.of(host, context)
    }

    /// What a renderer is told of the user's choice.
    pub(crate) fn options(&self, fail_on: Option<Severity>, show_allowed: bool, context: &Context<'_>) -> Options {
        let is_shown = self.to_file().is_none();
        let colour = if is_shown || self.color != When::Auto { self.color } else { When::Never };
        Options {
            colour: context.colour(colour),
            width: context.process.width.filter(|_| is_shown),
            explain: self.explain,
            csv_raw: self.csv_raw,
            per_certificate: self.per_certificate,
            fail_on,
            show_allowed,
        }
    }

    fn to_file(&self) -> Option<&Path> {
        self.out.as_deref().filter(|out| *out != Path::new("-"))
    }

    /// Writes the answer.
    pub(crate) fn write(
        &self,
        checked: &Checked<'_>,
        options: &Options,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let text = (self.row().render)(checked, options);
        match self.to_file() {
            None => context.data(text.as_bytes()),
            Some(out) => {
                let target = context.process.directory.join(out);
                write_report(&target, text.as_bytes(), MODE).map(drop).map_err(Failure::from_write)
            }
        }
    }
}

/// Mode of a report: whoever collects it, as node_exporter does, is another account.
const MODE: u32 = 0o644;

/// Writes a file that a scheduler runs, whole or not at all, and only where nobody else can interfere.
pub(crate) fn write(out: &Path, bytes: &[u8], context: &Context<'_>) -> Result<(), Failure> {
    let target = context.process.directory.join(out);
    let options = WriteOptions { mode: Some(MODE), ..WriteOptions::default() };
    replace(&target, bytes, options).map(drop).map_err(Failure::from_write)
}
