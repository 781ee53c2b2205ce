//! What commands that write end with: the plan shown, a person asked, the plan carried out, and what became of it.

use super::error::Failure;
use super::host::HostArguments;
use super::progress::Progress;
use super::{Context, Exit, Format, FormatName, Process, state};
use castore::apply::{ApplyError, Event, Options, Outcome, Recovered, WriteOptions, apply, recover, replace};
use castore::host::Host;
use castore::limits;
use castore::plan::{Plan, saved};
use castore::render::commands::Commands;
use castore::render::escape;
use castore::render::report::advice::AdviceReport;
use castore::render::report::plan::{AppliedReport, PlanReport};
use castore::render::text;
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Whether and how a plan is carried out.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Writing")]
pub(crate) struct Writing {
    /// Carry the plan out; without it the plan is only shown.
    #[arg(long)]
    write: bool,
    /// Also write the plan to FILE, for castore sync --plan FILE.
    ///
    /// The new content of every store is in it, so that it is for its owner alone.
    #[arg(long, value_name = "FILE")]
    save_plan: Option<PathBuf>,
    #[command(flatten)]
    pub carrying: Carrying,
}

/// How what is decided is carried out.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Writing")]
pub(crate) struct Carrying {
    /// Do not ask; needed to write where nobody can be asked.
    #[arg(long)]
    yes: bool,
    /// Run no refresh command (update-ca-certificates and its like), and print them.
    #[arg(long)]
    no_refresh: bool,
    /// Keep what undo needs in DIR.
    ///
    /// Without it in /var/lib/castore for root, else in $XDG_STATE_HOME/castore or ~/.local/state/castore; of another
    /// --root below roots/ there, never in the tree.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Wait up to SECONDS for another castore that is writing.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
}

/// What is carried out where.
pub(crate) struct Place {
    /// The root of the host: `/`, or a tree.
    pub root: PathBuf,
    /// Where undo finds what it needs.
    pub state: PathBuf,
}

/// A plan, and what is to be said beside it.
pub(crate) struct Proposal<'a> {
    pub plan: &'a Plan,
    pub advice: Option<AdviceReport>,
    /// Whether what was asked for by name is among what the plan leaves alone, or was not read in full.
    pub falls_short: bool,
    /// What was to be taken and was not read in full.
    pub gaps: Vec<String>,
}

impl Carrying {
    /// Where undo was told to find what it needs.
    pub(crate) fn state(&self, process: &Process) -> Option<PathBuf> {
        self.state.as_ref().map(|state| process.directory.join(state))
    }

    /// Commands about what was written in a tree.
    pub(crate) fn commands(&self, root: Option<&Path>, process: &Process) -> Commands {
        let root = root.map(|root| process.directory.join(root));
        Commands::at(root.as_deref()).keeping(self.state(process).as_deref())
    }

    pub(crate) fn place(&self, root: Option<&Path>, context: &Context<'_>) -> Result<Place, Failure> {
        let state = state::directory(self.state.as_deref(), root, context.process)?;
        let root = root.map_or_else(|| Ok(PathBuf::from("/")), |root| state::real(root, context.process))?;
        Ok(Place { root, state })
    }

    /// The command that takes a run back, as a line of a shell.
    pub(crate) fn undo(&self, place: &Place, id: &str) -> String {
        let mut words = vec!["castore".to_owned(), "undo".to_owned(), id.to_owned()];
        let root = Some(&place.root).filter(|root| root.as_path() != Path::new("/"));
        let state = self.state.as_ref().map(|_| &place.state);
        for (option, path) in [("--root", root), ("--state", state)] {
            if let Some(path) = path {
                words.extend([option.to_owned(), escape::shell_path(path)]);
            }
        }
        words.join(" ")
    }

    /// Whether refresh commands are run: they would change this machine, not a tree.
    pub(crate) fn refreshes(&self, place: &Place) -> bool {
        !self.no_refresh && place.root == Path::new("/")
    }

    /// Asks whether to go on; an error where nobody can be asked.
    pub(crate) fn confirm(&self, question: &str, context: &mut Context<'_>) -> Result<bool, Failure> {
        if self.yes {
            return Ok(true);
        }
        if !context.process.person {
            return Err(Failure::with_hint(
                "expected --yes, since nobody can be asked: this is no terminal",
                "nothing was written; look at the plan, then add --yes",
            ));
        }
        context.output.message(&format!("{question} [y/N] "));
        let answer = context.output.answer().map_err(|error| Failure::new(format!("standard input: {error}")))?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// Shows what is to be carried out. Where nobody reads it any more it is carried out with `--yes` alone: an answer
    /// to what was not seen is none.
    pub(crate) fn show(&self, text: &str, context: &mut Context<'_>) -> Result<(), Failure> {
        match context.data(text.as_bytes()) {
            Err(Failure::BrokenPipe) if self.yes => Ok(()),
            Err(Failure::BrokenPipe) => Err(Failure::with_hint(
                "standard output was closed before the plan was shown",
                "nothing was written; with --yes it is carried out unseen",
            )),
            shown => shown,
        }
    }

    /// Mends what an interrupted run left, so that a plan is made of stores as they stay; gives the runs of which what was
    /// done was taken back.
    pub(crate) fn recover(&self, root: Option<&Path>, context: &mut Context<'_>) -> Result<Vec<String>, Failure> {
        let place = self.place(root, context)?;
        let mut taken_back = Vec::new();
        self.run(&place, None, context, |options, watch| {
            recover(options, &mut |event| {
                if let Event::Recovered(recovered) = &event
                    && !recovered.finished
                {
                    taken_back.push(recovered.id.clone());
                }
                watch(event);
            })
        })?;
        Ok(taken_back)
    }

    /// Carries something out, telling how far it is.
    pub(crate) fn run<T>(
        &self,
        place: &Place,
        host: Option<&Host>,
        context: &mut Context<'_>,
        work: impl FnOnce(&Options<'_>, &mut dyn FnMut(Event<'_>)) -> Result<T, ApplyError>,
    ) -> Result<T, Failure> {
        let request = request(context);
        let passwords = host.map(Host::passwords_to_try).unwrap_or_default();
        let options = Options {
            root: &place.root,
            state: &place.state,
            now: context.process.now,
            wait: Duration::from_secs(self.wait),
            refresh: self.refreshes(place),
            asks_readers: place.root == Path::new("/"),
            request: &request,
            passwords: &passwords,
        };
        let mut progress = Progress::new(context.output, context.process.bars);
        let mut mended = context.mended;
        let applied = work(&options, &mut |event| {
            if let Event::Recovered(recovered) = &event {
                mended = mended.max(found(recovered, options.refresh));
            }
            progress.tell(&event);
        });
        progress.end();
        context.mended = mended;
        applied.map_err(Failure::from_apply)
    }
}

impl Writing {
    /// Whether something of a plan is asked for.
    pub(crate) const fn is_given(&self) -> bool {
        self.write || self.save_plan.is_some()
    }

    /// Whether the plan is to be carried out.
    pub(crate) const fn is_write(&self) -> bool {
        self.write
    }

    /// Shows a plan, and carries it out where that is asked for.
    pub(crate) fn finish(
        &self,
        proposal: Proposal<'_>,
        (host, arguments): (&Host, &HostArguments),
        format: &Format,
        context: &mut Context<'_>,
    ) -> Result<Exit, Failure> {
        let Proposal { plan, advice, falls_short, gaps } = proposal;
        if let Some(file) = &self.save_plan {
            self.save(plan, file, context)?;
        }
        let mut report = PlanReport { advice, gaps, ..PlanReport::new(plan).typed(&context.commands) };
        let short = |exit| if falls_short { Exit::Trouble } else { exit };
        if !self.write || plan.stores.is_empty() {
            context.report(format, &report, text::plan)?;
            let is_pending = !plan.stores.is_empty();
            return Ok(short(if is_pending { Exit::Findings } else { Exit::Clean }));
        }
        let place = self.carrying.place(arguments.written_root()?, context)?;
        // A person sees the plan before the question, whatever format the answer has.
        let is_text = format.format == FormatName::Text;
        let is_asked = !self.carrying.yes && context.process.person;
        let shown = text::plan(&report, context.colour(format.color));
        match (is_text, is_asked) {
            (true, _) => self.carrying.show(&shown, context)?,
            (false, true) => context.output.message(&shown),
            (false, false) => {}
        }
        if !self.carrying.confirm("carry this out?", context)? {
            context.note("nothing was written");
            return Ok(short(Exit::Findings));
        }
        let applied = self.carrying.run(&place, Some(host), context, |options, watch| apply(plan, options, watch))?;
        let applied =
            AppliedReport::new(&applied, self.carrying.refreshes(&place), |id| self.carrying.undo(&place, id))
                .typed(&context.commands);
        let exit = carried_out(&applied);
        let text = if is_text {
            text::applied_text(&applied, context.colour(format.color))
        } else {
            report.applied = Some(applied);
            castore::render::json(&report)
        };
        told(&text, context)?;
        Ok(short(exit))
    }

    fn save(&self, plan: &Plan, file: &Path, context: &mut Context<'_>) -> Result<(), Failure> {
        let target = context.process.directory.join(file);
        may_be_replaced(file, &target, context)?;
        // The new octets of a store are in it, and with them a private key that stands there.
        let options = WriteOptions { mode: Some(0o600), ..WriteOptions::default() };
        replace(&target, saved::write(plan).as_bytes(), options).map_err(Failure::from_write)?;
        context.note(&format!("the plan is in {}", escape::path(file)));
        Ok(())
    }
}

/// What a run that was carried out ends with: well where every store that was written holds what it should. A command that
/// was not to be run here, and that takes up what was written, is told: whoever names a tree or says `--no-refresh` goes
/// on with it, behind `&&`.
pub(crate) fn carried_out(applied: &AppliedReport) -> Exit {
    if applied.verified { Exit::Clean } else { Exit::Trouble }
}

/// The same of an interrupted run that was mended: whether its commands were to be run.
fn found(recovered: &Recovered, refreshes: bool) -> Exit {
    let failed = |outcome: &Outcome| match outcome {
        Outcome::Failed(_) => true,
        Outcome::NotRun(_) => refreshes,
        Outcome::Well => false,
    };
    let is_wrong = !recovered.left.is_empty() || !recovered.wrong.is_empty();
    match is_wrong || recovered.unfinished.iter().any(|(_, outcome)| failed(outcome)) {
        true => Exit::Trouble,
        false => Exit::Clean,
    }
}

/// Tells what became of something that was carried out: whether somebody reads it changes nothing of that.
pub(crate) fn told(text: &str, context: &mut Context<'_>) -> Result<(), Failure> {
    match context.data(text.as_bytes()) {
        Err(Failure::BrokenPipe) => Ok(()),
        told => told,
    }
}

/// Whether a plan may stand where a file is: not over a store that was named by mistake.
fn may_be_replaced(file: &Path, target: &Path, context: &Context<'_>) -> Result<(), Failure> {
    let machine = super::baseline::machine(context.process)?;
    let Ok(resolved) = machine.resolve(target) else { return Ok(()) };
    // What cannot be read is for the writer to judge.
    match machine.read_resolved(&resolved, limits::PLAN_SIZE as u64) {
        Ok(bytes) if !bytes.is_empty() && !saved::is_plan(&bytes) => Err(Failure::with_hint(
            format!("{}: expected a plan of castore or no file, found another file", escape::path(file)),
            "nothing was written; name another file, or remove this one",
        )),
        _ => Ok(()),
    }
}

/// What was asked for, as a line of a shell. A variable is named without its value, which may be a secret.
fn request(context: &Context<'_>) -> String {
    let mut words = vec!["castore".to_owned()];
    let mut is_variable = false;
    for argument in context.process.arguments.iter().skip(1) {
        let text = escape::path(argument.as_ref());
        let hidden = |text: &str| text.split_once('=').map_or_else(|| text.to_owned(), |(name, _)| format!("{name}=…"));
        let word = match text.strip_prefix("--env=") {
            Some(rest) => format!("--env={}", hidden(rest)),
            None if is_variable => hidden(&text),
            None => text,
        };
        is_variable = argument == "--env";
        words.push(escape::shell(&word).into_owned());
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use castore::apply::Left;
    use castore::plan::Refresh;

    /// What is wrong after an interrupted run was mended is told once: the program does not end well then.
    #[test]
    fn what_was_mended_ends_well_where_all_is_well() {
        let refresh = Refresh { command: vec![], directories: vec![], makes: vec![], because: String::new() };
        let of = |outcomes: &[Outcome], wrong: bool, left: bool, refreshes: bool| {
            let recovered = Recovered {
                id: "7".to_owned(),
                finished: true,
                left: if left { vec![Left { path: "/a".into(), backup: None }] } else { vec![] },
                unfinished: outcomes.iter().map(|outcome| (refresh.clone(), outcome.clone())).collect(),
                wrong: if wrong { vec![("/a".into(), "it lacks 01234567".to_owned())] } else { vec![] },
            };
            found(&recovered, refreshes)
        };
        let (failed, not_run) = ([Outcome::Failed(String::new())], [Outcome::NotRun(String::new())]);
        assert_eq!(of(&[], false, false, true), Exit::Clean);
        assert_eq!(of(&[], true, false, true), Exit::Trouble);
        assert_eq!(of(&[], false, true, true), Exit::Trouble);
        assert_eq!(of(&failed, false, false, true), Exit::Trouble);
        assert_eq!(of(&not_run, false, false, true), Exit::Trouble);
        assert_eq!(of(&not_run, false, false, false), Exit::Clean);
    }
}
