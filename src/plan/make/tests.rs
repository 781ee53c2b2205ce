//! Plans over hosts in memory: every family of systems, copies in environments, links, what is declined.

mod copies;
mod disk;
mod kept;
mod others;
mod removals;
mod systems;

use super::*;
use crate::catalogue::clients;
use crate::catalogue::survey::{Searched, Survey};
use crate::discover::discover;
use crate::facts::Facts;
use crate::format::tests::{authority, of_no_date, undecodable};
use crate::format::{pem, x509};
use crate::host::memory::{Memory, Node};
use crate::host::{Host, System};
use crate::load::{load, wanted};
use crate::model::{Slot, Trust};
use crate::plan::limits::recheck;
use crate::plan::{Target, Was, saved};
use crate::select::Held;
use std::fmt::Write;

/// Of 2026-11-26.
pub(in crate::plan) const NOW: Timestamp = Timestamp::from_unix(1_795_651_200);

pub(in crate::plan) fn root(name: &str) -> Arc<Certificate> {
    Arc::new(x509::read(authority(name).into()))
}

pub(in crate::plan) fn text(certificates: &[&Arc<Certificate>]) -> String {
    certificates.iter().map(|certificate| pem::write(certificate.der(), &[])).collect()
}

/// What a source has.
pub(in crate::plan) fn column(certificates: &[&Arc<Certificate>]) -> Column {
    let held = |certificate: &&Arc<Certificate>| Held {
        certificate: Arc::clone(certificate),
        store: StoreId::Path("/source.pem".into()),
        slot: Slot::Whole,
        trust: Trust::Unstated,
    };
    Column {
        names: vec!["source".to_owned()],
        certificates: certificates.iter().map(|found| (found.fingerprint(), held(found))).collect(),
        left_out: Vec::new(),
        distrusted: Vec::new(),
        gaps: Vec::new(),
        open: None,
        absent: std::collections::BTreeMap::new(),
    }
}

/// What is asked in a test.
#[derive(Default)]
pub(in crate::plan) struct Asked<'a> {
    pub to: &'a [&'a str],
    pub from: &'a [&'a Arc<Certificate>],
    pub add: &'a [&'a Arc<Certificate>],
    pub remove: &'a [&'a Arc<Certificate>],
    pub only: Only,
    pub allow: Allow,
    pub writer: Writer<'a>,
}

/// The plan that is made over a host.
pub(in crate::plan) fn plan_on(host: &Host, asked: &Asked<'_>) -> Result<Plan, Refused> {
    plan_with(host, &Facts::built_in(), asked)
}

/// The same, where the world says this.
pub(super) fn plan_with(host: &Host, facts: &Facts, asked: &Asked<'_>) -> Result<Plan, Refused> {
    let uses = discover(&Survey::new(host, Searched::default()), clients());
    let to: Vec<Selector> = asked.to.iter().map(|word| word.parse().unwrap()).collect();
    let mut stores = wanted(&uses);
    stores.extend(to.iter().filter_map(|selector| selector.store(host)));
    let snapshot = load(host, &stores);
    let inspected = Inspected { host, uses: &uses, snapshot: &snapshot, facts };
    let remove: Vec<Arc<Certificate>> = asked.remove.iter().map(|found| Arc::clone(found)).collect();
    let (from, add) = ([column(asked.from)], [column(asked.add)]);
    let request = Request {
        to: &to,
        from: &from,
        add: &add,
        remove: &remove,
        only: asked.only,
        include: Include::default(),
        allow: asked.allow,
        writer: asked.writer,
        at: NOW,
    };
    let made = make(inspected, &request);
    // Every plan of these tests can be saved and carried out later.
    if let Ok(plan) = &made {
        assert_eq!(saved::read(saved::write(plan).as_bytes(), &saved::Places::of(host)).as_ref(), Ok(plan));
        recheck(inspected, plan, request.allow).unwrap();
    }
    made
}

pub(in crate::plan) fn plan(files: Memory, asked: &Asked<'_>) -> Result<Plan, Refused> {
    plan_on(&Host::new(Box::new(files), System::Linux), asked)
}

/// A plan in lines, with what differs from run to run left out.
fn said(plan: &Plan) -> String {
    let mut text = String::new();
    for change in &plan.stores {
        target(&mut text, &change.target);
        for (sign, all) in [('+', &change.added), ('-', &change.removed)] {
            for moved in all {
                let needs: Vec<String> = moved.needed_by.iter().map(|need| name(&need.certificate)).collect();
                let needs = if needs.is_empty() { String::new() } else { format!(" (needed by {})", needs.join(", ")) };
                writeln!(text, "  {sign} {}{needs}", name(&moved.certificate)).unwrap();
            }
        }
        for swept in &change.swept {
            writeln!(text, "  {} {}: {}", swept.does.name(), name(&swept.certificate), plain(&swept.because, plan))
                .unwrap();
        }
        writeln!(text, "  kept {}; {}; asks {:?}", change.kept, change.how, change.asks).unwrap();
        change.lost_by.iter().for_each(|what| writeln!(text, "  lost by: {what}").unwrap());
        change.notes.iter().for_each(|note| writeln!(text, "  note: {}", plain(note, plan)).unwrap());
        change.steps.iter().for_each(|step| writeln!(text, "  {}", plain(&step_in_words(step), plan)).unwrap());
    }
    for refresh in &plan.refreshes {
        let makes: Vec<String> = refresh.makes.iter().filter_map(|id| Some(id.path()?.display().to_string())).collect();
        writeln!(text, "run {} -> {}", refresh.command.join(" "), makes.join(" ")).unwrap();
    }
    for found in &plan.unchanged {
        writeln!(text, "unchanged {}", shown(&found.store)).unwrap();
    }
    for declined in &plan.declined {
        let path = shown(&declined.target.store);
        writeln!(text, "declined {path}: {}; {}", declined.because, declined.instead.as_deref().unwrap_or("-"))
            .unwrap();
    }
    for left in &plan.left_out {
        let to = left.to.as_ref().map(|to| format!(" to {}", shown(to))).unwrap_or_default();
        writeln!(text, "not added{to}: {}, {}", name(&left.certificate), left.because).unwrap();
    }
    text.replace('"', "'")
}

fn shown(id: &StoreId) -> String {
    match id {
        StoreId::Path(path) => path.display().to_string(),
        StoreId::Native(name) => (*name).to_owned(),
        StoreId::Section(path, what) => format!("{} ({what})", path.display()),
    }
}

fn target(text: &mut String, target: &Target) {
    let path = shown(&target.store);
    let links: Vec<String> = target.links.iter().map(|link| link.display().to_string()).collect();
    let links = if links.is_empty() { String::new() } else { format!(" <- {}", links.join(" ")) };
    writeln!(text, "{path} ({}){links}: {}", target.format, target.readers.join(" ")).unwrap();
}

fn step_in_words(step: &Step) -> String {
    let was = |was: &Was| match was {
        Was::Absent => "new".to_owned(),
        Was::File(facts) => format!("was {} bytes", facts.size),
        Was::Link(to) => format!("was a link to {}", to.display()),
    };
    match step {
        Step::Write { path, bytes, was: before, .. } if path.ends_with("ca-certificates.conf") => {
            let list = String::from_utf8_lossy(bytes).replace('\n', "|");
            format!("write {} ({}): {list}", path.display(), was(before))
        }
        Step::Write { path, was: before @ Was::Absent, .. } => format!("write {} ({})", path.display(), was(before)),
        Step::Write { path, .. } => format!("write {}", path.display()),
        Step::Link { path, to, .. } => format!("link {} -> {}", path.display(), to.display()),
        Step::Remove { path, was: Was::File(_) } => format!("remove {}", path.display()),
        Step::Remove { path, was: before } => format!("remove {} ({})", path.display(), was(before)),
        Step::Nss { directory, add, remove, .. } => {
            let names = |all: &[(String, Arc<Certificate>)]| {
                all.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
            };
            format!("certutil in {}: + {} - {}", directory.display(), names(add), names(remove))
        }
    }
}

pub(in crate::plan) fn name(certificate: &Certificate) -> String {
    x509::subject(certificate).unwrap().short().raw().to_owned()
}

/// The same text without fingerprints.
fn plain(text: &str, plan: &Plan) -> String {
    let moved = plan.stores.iter().flat_map(|change| change.added.iter().chain(&change.removed));
    moved.fold(text.to_owned(), |text, moved| {
        let digits = moved.certificate.fingerprint().to_string();
        text.replace(&digits[..16], "HASH").replace(&digits[..8], "HASH")
    })
}
