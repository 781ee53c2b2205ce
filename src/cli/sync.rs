//! `castore sync`.

mod env;

use super::carry::{Proposal, Writing};
use super::certificate::{Named, certificates_meant, column, gaps, note_gaps};
use super::error::Failure;
use super::facts::FactsArguments;
use super::host::{HostArguments, files, with_input};
use super::inspect::{Inspection, inspect_everything, nothing_in, selectors, selectors_of_sets, text as selector_text};
use super::{Context, Exit, Format};
use castore::apply::{WriteError, may_write};
use castore::facts::Facts;
use castore::host::files::Tree;
use castore::host::rights::open_to_others;
use castore::host::{Host, native};
use castore::limits;
use castore::model::Certificate;
use castore::plan::advice::{PLACES, advise};
use castore::plan::limits::recheck;
use castore::plan::saved::{self, Places};
use castore::plan::{
    Allow, Include, Inspected, NotAdded, Only, Plan, Refused, Request, Unwritable, Writer, WrittenBy, make,
};
use castore::render::escape;
use castore::render::report::advice::AdviceReport;
use castore::render::report::plan::PlanReport;
use castore::render::report::store_name;
use castore::render::text;
use castore::select::{Column, Selector};
use clap::{Args, ValueEnum};
use env::SyncHost;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Make stores hold the same roots: show the plan, and carry it out with --write.
///
/// Each store that --to names gains what --from has and it lacks, in the way of that store: a file for the system's own
/// tool, a bundle or a keystore written anew, an NSS database through certutil. Nothing is removed but what --remove
/// names. Stores that a package brings are left alone, and the right place is named. castore undo takes everything
/// back.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Take roots from here; may be repeated.
    #[arg(long, value_name = "SELECTOR")]
    from: Vec<OsString>,
    /// The stores that shall have them; may be repeated.
    #[arg(long, value_name = "SELECTOR", required_unless_present_any = ["plan", "variables"])]
    to: Vec<OsString>,
    /// Add this certificate too: a file, the beginning of a fingerprint, a name; may be repeated.
    #[arg(long, value_name = "CERT")]
    add: Vec<OsString>,
    /// Remove this certificate; may be repeated.
    #[arg(long, value_name = "CERT")]
    remove: Vec<OsString>,
    /// Of --from, only these roots.
    #[arg(long, value_enum, value_name = "WHICH", requires = "from")]
    only: Option<OnlyName>,
    /// Remove up to N roots, where that is more than five and five of a hundred.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    allow: usize,
    #[command(flatten)]
    include: IncludeArguments,
    /// Carry out the plan in FILE, which --save-plan wrote, if nothing has changed since.
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "from", "to", "add", "remove", "only", "save_plan", "include_expired", "include_not_ca", "include_untrusted",
    ])]
    plan: Option<PathBuf>,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    facts: FactsArguments,
    #[command(flatten)]
    host: SyncHost,
    #[command(flatten)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnlyName {
    /// Those that no public root programme ever held.
    Local,
}

/// What is added beyond authorities that are valid now.
#[derive(Debug, Clone, Args)]
pub(crate) struct IncludeArguments {
    /// Add expired certificates too.
    #[arg(long)]
    include_expired: bool,
    /// Add certificates that are no certification authority too.
    #[arg(long)]
    include_not_ca: bool,
    /// Add certificates that a store does not trust for TLS servers, or distrusts, too.
    #[arg(long)]
    include_untrusted: bool,
}

impl IncludeArguments {
    pub(crate) const fn include(&self) -> Include {
        Include { expired: self.include_expired, not_ca: self.include_not_ca, untrusted: self.include_untrusted }
    }
}

/// What is asked of a plan, in the words of the user.
#[derive(Default)]
pub(crate) struct Asked<'a> {
    /// None means every store.
    pub to: &'a [OsString],
    pub from: &'a [OsString],
    pub add: &'a [OsString],
    pub remove: &'a [OsString],
    pub only: Only,
    pub include: Include,
    /// How many roots may be removed, where that is more than usual.
    pub allow: usize,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Exit, Failure> {
    let host_arguments = &arguments.host.host;
    if let Some(places) = arguments.host.places()? {
        let is_of_a_plan = !arguments.from.is_empty() || !arguments.to.is_empty() || !arguments.remove.is_empty();
        if is_of_a_plan || arguments.plan.is_some() || arguments.writing.is_given() {
            return Err(Failure::with_hint(
                "expected no plan beside --env PLACE, which only prints what to set",
                "leave out --from, --to, --remove, --plan, --save-plan and --write; --env NAME=VALUE sets a variable",
            ));
        }
        return env::run(&places, (&arguments.add, host_arguments), &arguments.format, context);
    }
    if let Some(file) = &arguments.plan {
        let bytes = read_plan(file, context)?;
        if arguments.writing.is_write() {
            arguments.writing.carrying.recover(host_arguments.written_root()?, context)?;
        }
        let host = host_arguments.host(context)?;
        context.commands =
            context.commands.clone().keeping(arguments.writing.carrying.state(context.process).as_deref());
        let plan = saved::read(&bytes, &Places::of(&host));
        let plan = plan.map_err(|why| Failure::with_hint(format!("{}: {why}", escape::path(file)), why.hint()))?;
        let facts = arguments.facts.facts(context.process)?;
        let stores = plan.stores.iter().filter_map(|change| change.target.store.path());
        let stores: Vec<Selector> = stores.map(|path| Selector::Path(path.to_path_buf())).collect();
        let inspection = inspect_everything(&host, &stores);
        let inspected =
            Inspected { host: &host, uses: &inspection.uses, snapshot: &inspection.snapshot, facts: &facts };
        let allow = Allow { removals: arguments.allow };
        recheck(inspected, &plan, allow).map_err(|refused| refusal(refused, &arguments.format, context))?;
        let proposal = Proposal { plan: &plan, advice: None, falls_short: false, gaps: Vec::new() };
        return arguments.writing.finish(proposal, (&host, host_arguments), &arguments.format, context);
    }
    if arguments.from.is_empty() && arguments.add.is_empty() && arguments.remove.is_empty() {
        let hint = "castore sync --from system --to certifi shows what certifi lacks";
        return Err(Failure::with_hint("expected --from, --add or --remove, found none of them", hint));
    }
    if arguments.to.is_empty() {
        return Err(Failure::with_hint(
            "expected --to SELECTOR, found none",
            "castore add --everywhere is for all stores",
        ));
    }
    let only = arguments.only.map_or(Only::All, |OnlyName::Local| Only::Local);
    let (from, to, add, remove) = (&arguments.from, &arguments.to, &arguments.add, &arguments.remove);
    let (include, allow) = (arguments.include.include(), arguments.allow);
    let asked = Asked { to, from, add, remove, only, include, allow };
    plan_and_finish(&asked, (&arguments.writing, &arguments.facts, host_arguments), &arguments.format, context)
}

/// Makes a plan of what is asked, and shows or carries it out.
pub(crate) fn plan_and_finish(
    asked: &Asked<'_>,
    (writing, facts, arguments): (&Writing, &FactsArguments, &HostArguments),
    format: &Format,
    context: &mut Context<'_>,
) -> Result<Exit, Failure> {
    if writing.is_write() {
        writing.carrying.recover(arguments.written_root()?, context)?;
    }
    let facts = facts.facts(context.process)?;
    let host = arguments.host(context)?;
    context.commands = context.commands.clone().keeping(writing.carrying.state(context.process).as_deref());
    let to = selectors(asked.to)?;
    let from = selectors_of_sets(asked.from)?;
    let inspection = inspect_everything(&host, &[to.clone(), from.clone()].concat());
    inspection.verify(&host, &to)?;
    let sources = sources(&from, &inspection, &host, (&facts, arguments), context)?;
    let mut gaps = gaps(&sources, &inspection.snapshot);
    let files = with_input(files(context.process, &host)?, asked.add, context)?;
    let meant = |word: &OsString| certificates_meant(word, &files, &inspection.snapshot);
    let add: Vec<Named> = asked.add.iter().map(meant).collect::<Result<_, _>>()?;
    let to_remove = asked.remove.iter().map(meant).collect::<Result<Vec<_>, _>>()?;
    gaps.extend(add.iter().chain(&to_remove).flat_map(|named| named.gaps.clone()));
    note_gaps(&gaps, context);
    let remove: Vec<Arc<Certificate>> = to_remove.iter().flat_map(Named::certificates).collect();
    let roots: Vec<Arc<Certificate>> = add.iter().flat_map(Named::certificates).collect();
    let add: Vec<Column> =
        asked.add.iter().zip(add).map(|(word, named)| column(escape::path(word.as_ref()), named)).collect();
    let written = tree(arguments.written_root()?)?;
    let may_write = |named: &Path, by: WrittenBy| {
        let unwritable = |error: WriteError| Unwritable {
            instead: error.hint().map(str::to_owned),
            because: match error {
                WriteError::Refused { refusal, .. } => refusal.to_string(),
                error => error.to_string(),
            },
        };
        may_write(&written, named, by).map_err(unwritable)
    };
    let request = Request {
        to: &to,
        from: &sources,
        add: &add,
        remove: &remove,
        only: asked.only,
        include: asked.include,
        allow: Allow { removals: asked.allow },
        writer: Writer(Some(&may_write)),
        at: arguments.at(context.process),
    };
    let inspected = Inspected { host: &host, uses: &inspection.uses, snapshot: &inspection.snapshot, facts: &facts };
    let plan = make(inspected, &request).map_err(|refused| refusal(refused, format, context))?;
    left_out(&plan, &roots)?;
    let advice = (to.is_empty() && !roots.is_empty()).then(|| advice(&host, &inspection, &plan, &roots)).flatten();
    // What was named is trouble where it is left alone or was not read in full; of every store, some always are.
    let is_named = |left: &NotAdded| roots.iter().any(|root| root.fingerprint() == left.certificate.fingerprint());
    let gaps: Vec<String> = gaps.iter().map(|(store, _)| store_name(store)).collect();
    let falls_short =
        !gaps.is_empty() || !to.is_empty() && !plan.declined.is_empty() || plan.left_out.iter().any(is_named);
    let exit =
        writing.finish(Proposal { plan: &plan, advice, falls_short, gaps }, (&host, arguments), format, context)?;
    context.note_limits(&host);
    Ok(exit)
}

/// The tree that a plan is for.
fn tree(root: Option<&Path>) -> Result<Tree, Failure> {
    let tree = root.map_or_else(Tree::live, Tree::at);
    tree.map_err(|why| Failure::unreadable_file(root.unwrap_or(Path::new("/")), &why))
}

/// The columns that `--from` names; an error where one has nothing.
fn sources(
    from: &[Selector],
    inspection: &Inspection,
    host: &Host,
    (facts, arguments): (&Facts, &HostArguments),
    context: &mut Context<'_>,
) -> Result<Vec<Column>, Failure> {
    let mut columns = Vec::new();
    for selector in from {
        let found = match selector {
            Selector::Mozilla => vec![inspection.mozilla(facts, arguments.at(context.process), context)?],
            _ => inspection.columns(host, selector)?,
        };
        if found.iter().all(|column| column.certificates.is_empty()) {
            let hint = "castore list shows what was read of it";
            return Err(nothing_in(&selector_text(selector), &found, &inspection.snapshot, hint));
        }
        columns.extend(found);
    }
    Ok(columns)
}

/// Says why there is no plan; of one that removes too much, what it would be.
fn refusal(refused: Refused, format: &Format, context: &mut Context<'_>) -> Failure {
    let hint = refused.hint();
    let message = match &refused {
        Refused::NoStore(selector) => format!("{}: {refused}", selector_text(selector)),
        Refused::Objected { plan, .. } => {
            let shown = text::plan(&PlanReport::new(plan).typed(&context.commands), context.colour(format.color));
            context.output.message(&shown);
            refused.to_string()
        }
        Refused::Both(_) => refused.to_string(),
    };
    Failure::with_hint(message, hint)
}

/// An error where nothing that was named itself is added anywhere; what else is left out is in the plan.
fn left_out(plan: &Plan, roots: &[Arc<Certificate>]) -> Result<(), Failure> {
    let why = |root: &Arc<Certificate>| {
        plan.left_out.iter().find(|left| left.to.is_none() && left.certificate.fingerprint() == root.fingerprint())
    };
    let all: Option<Vec<_>> = roots.iter().map(why).collect();
    let Some(first) = all.as_ref().and_then(|all| all.first()) else { return Ok(()) };
    Err(Failure::with_hint(
        format!("{} is not added: {}", first.certificate.fingerprint().short(), first.because),
        "see --include-expired, --include-not-ca and --include-untrusted",
    ))
}

/// What to set for clients that no store of the plan reaches.
fn advice(host: &Host, inspection: &Inspection, plan: &Plan, roots: &[Arc<Certificate>]) -> Option<AdviceReport> {
    let reached: Vec<&str> = plan
        .stores
        .iter()
        .flat_map(|change| &change.target.readers)
        .chain(plan.unchanged.iter().flat_map(|target| &target.readers))
        .map(String::as_str)
        .collect();
    let is_reached = |name: &str| reached.contains(&name);
    let shell = &PLACES[..1];
    let found = advise(host, (&inspection.uses, &inspection.snapshot), roots, shell, &is_reached)?;
    let has_lines = found.places.iter().any(|place| !place.lines.is_empty());
    has_lines.then(|| AdviceReport::new(&found))
}

fn read_plan(file: &Path, context: &Context<'_>) -> Result<Vec<u8>, Failure> {
    let machine = super::baseline::machine(context.process)?;
    let unreadable = |why| Failure::unreadable_file(file, &why);
    let resolved = machine.resolve(file).map_err(unreadable)?;
    // Whoever can write it says what is written: it is for root and the account at this shell alone, as castore.toml is.
    if let Some(why) = open_to_others(&machine, native::live_user(), &resolved) {
        let message = format!("{}: expected a plan that no other account can change: {why}", escape::path(file));
        return Err(Failure::with_hint(
            message,
            "let none but root and this account write it, and read it again first",
        ));
    }
    machine.read_resolved(&resolved, limits::PLAN_SIZE as u64).map_err(unreadable)
}
