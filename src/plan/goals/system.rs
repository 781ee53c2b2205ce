//! The system's own store: what a command makes of anchors, and where those are.
//!
//! Each family of systems has a directory for an administrator's anchors, a way to take out what the distribution
//! ships, and one command that makes a bundle, a hash directory and a Java keystore of both.

use crate::catalogue::DEBIAN_JAVA;
use crate::catalogue::client::{Edit, Look};
pub use crate::catalogue::client::{Family, Output};
use crate::discover::{Outcome, Use};
use crate::host::Host;
use crate::model::StoreId;
use crate::plan::{Inspected, Refresh};
use std::path::{Path, PathBuf};

/// A store that the command makes.
#[derive(Debug, Clone)]
pub struct Made<'a> {
    /// The row's use.
    pub user: &'a Use,
    /// The store.
    pub id: StoreId,
    /// What it is.
    pub output: Output,
}

/// The system's store.
#[derive(Debug, Clone)]
pub struct System<'a> {
    /// What it is made from.
    pub source: &'a Use,
    /// How it takes out what it ships.
    pub family: Family,
    /// Where an anchor is put.
    pub directory: &'static str,
    /// With which extension.
    pub extension: &'static str,
    /// The stores that are made, the bundle first.
    pub outputs: Vec<Made<'a>>,
}

impl<'a> System<'a> {
    /// That of a host: none where nothing there is made of anchors that castore knows how to add to.
    pub(super) fn of(inspected: Inspected<'a>) -> Option<Self> {
        let place = |found: &Use| match found.client.edit {
            Edit::DropIn { directory, .. } if found.client.is_source => Some(directory),
            _ => None,
        };
        let has_anchors = |found: &&Use| place(found).is_some() && found.effective().next().is_some();
        // One that has none yet has the place for them.
        let takes_anchors = |found: &&Use| place(found).is_some_and(|at| inspected.host.is_directory(Path::new(at)));
        let uses = || inspected.uses.iter();
        let source = uses().find(has_anchors).or_else(|| uses().find(takes_anchors))?;
        let Edit::DropIn { directory, extension, .. } = source.client.edit else { return None };
        let family = source.client.family?;
        let outputs = outputs(inspected, source, family);
        Some(Self { source, family, directory, extension, outputs })
    }

    /// What names it: the bundle, or whatever else is made; the directory of anchors before anything was made.
    #[must_use]
    pub fn store(&self) -> StoreId {
        let made = self.outputs.first().map(|made| made.id.clone());
        made.unwrap_or_else(|| StoreId::Path(PathBuf::from(self.directory)))
    }

    /// Whether a store is made by the command, or is one of those it is made from.
    #[must_use]
    pub fn has(&self, id: &StoreId) -> bool {
        self.outputs.iter().any(|made| made.id == *id)
            || self.source.effective().any(|candidate| candidate.store.as_ref() == Some(id))
    }

    /// What is made for an installation, also where that reads another before.
    pub(super) fn made_for(&self, user: &Use) -> impl Iterator<Item = StoreId> {
        self.outputs.iter().filter(move |made| std::ptr::eq(made.user, user)).map(|made| made.id.clone())
    }

    /// Whether a store is made for Java.
    #[must_use]
    pub fn java(&self) -> Option<&Made<'a>> {
        self.outputs.iter().find(|made| made.output == Output::Java)
    }

    /// The directory in which a file takes out what the distribution ships.
    #[must_use]
    pub fn blocklist(&self) -> Option<PathBuf> {
        // Of FreeBSD's, certctl before 15 reads no other for whole files, and 15 reads it too.
        let is_other = |path: &Path| self.family == Family::FreeBsd && !path.starts_with("/etc/ssl");
        let is_shipped = |path: &Path| path.starts_with("/usr/share") || is_other(path);
        let lists = || {
            let named = self.source.candidates.iter().filter(|candidate| candidate.leaf.look == Look::Blocklist);
            named.filter_map(|c| Some((c, c.path.as_deref()?))).filter(|(_, path)| !is_shipped(path))
        };
        // The older name counts where it alone is there: the p11-kit of that time reads no other.
        let used = lists().find(|(candidate, _)| candidate.outcome == Outcome::Used);
        used.or_else(|| lists().next()).map(|(_, path)| path.to_path_buf())
    }

    /// What makes the stores anew, in order. Debian's hook adds to the Java keystore and takes nothing out; its
    /// package has a trigger that does both, for the aliases that it made.
    #[must_use]
    pub fn refreshes(&self, host: &Host, takes_out: bool) -> Vec<Refresh> {
        let makes: Vec<StoreId> = self.made(host).map(|made| made.id.clone()).collect();
        let refresh = |words: &[&str], makes: &[StoreId], because: String| Refresh {
            command: words.iter().map(|word| (*word).to_owned()).collect(),
            directories: PROGRAMS.iter().map(PathBuf::from).collect(),
            makes: makes.to_vec(),
            because,
        };
        let because = format!("it makes the system's stores of {} and what the system ships", self.directory);
        let words: &[&str] = match self.family {
            // Without it links to what is gone stay, and names with spaces are not taken out.
            Family::Debian if takes_out => &["update-ca-certificates", "--fresh"],
            // Without it a bundle that is newer than the directory stays as it is.
            Family::Suse => &["update-ca-certificates", "-f"],
            Family::Debian | Family::Alpine => &["update-ca-certificates"],
            Family::P11Kit => &["update-ca-trust"],
            Family::FreeBsd => &["certctl", "rehash"],
        };
        let mut all = vec![refresh(words, &makes, because)];
        let java = self.java().filter(|_| takes_out && self.family == Family::Debian && host.is_file(Path::new(HOOK)));
        if let Some(java) = java {
            let because = "Debian's hook takes nothing out of the Java keystore; this trigger does".to_owned();
            let [trigger, pending] = DEBIAN_JAVA;
            all.push(refresh(trigger, &[], because.clone()));
            let makes = if self.keeps_java(host) { &[] } else { std::slice::from_ref(&java.id) };
            all.push(refresh(pending, makes, because));
        }
        all
    }

    /// The stores that the command makes anew: not a keystore that the administrator keeps as it is.
    pub(in crate::plan) fn made(&self, host: &Host) -> impl Iterator<Item = &Made<'a>> {
        let keeps = self.keeps_java(host);
        self.outputs.iter().filter(move |made| made.output != Output::Java || !keeps)
    }

    /// Whether Debian's hook is told to leave the Java keystore alone.
    fn keeps_java(&self, host: &Host) -> bool {
        let is_off = || {
            let text = host.settings(Path::new("/etc/default/cacerts"))?;
            let values = crate::settings::shell::assignments(&text, "cacerts_updates");
            values.last().map(|value| value.text != "yes")
        };
        self.family == Family::Debian && self.java().is_some() && is_off() == Some(true)
    }

    /// What is to be known before.
    pub(super) fn notes(&self, host: &Host) -> Vec<String> {
        match self.keeps_java(host) {
            true => vec!["cacerts_updates in /etc/default/cacerts keeps the Java keystore as it is".to_owned()],
            false => Vec::new(),
        }
    }
}

/// The stores that the command makes, the bundle first.
fn outputs<'a>(inspected: Inspected<'a>, source: &'a Use, family: Family) -> Vec<Made<'a>> {
    let mut outputs = Vec::new();
    for output in [Output::Bundle, Output::Directory, Output::Java] {
        let Some(user) = inspected.uses.iter().find(|found| found.client.made == Some(output)) else { continue };
        // FreeBSD's ca_root_nss links the file to its bundle among the anchors: before FreeBSD 15 certctl makes links
        // by hashes alone, and that bundle it never makes. It makes the directory also where programs read the file.
        let is_of_freebsd = family == Family::FreeBsd;
        let is_source = |id: &StoreId| {
            let is_below = |directory: &Path| id.path().is_some_and(|path| path.starts_with(directory));
            source.effective().filter_map(|found| found.store.as_ref()?.path()).any(is_below)
        };
        let named = user.effective().filter_map(|candidate| candidate.store.as_ref());
        let made = named.filter(|id| !is_of_freebsd || !is_source(id)).map(|id| (id, output));
        let by_hash = user.candidates.iter().filter(|candidate| {
            is_of_freebsd && candidate.outcome == Outcome::Shadowed && candidate.leaf.look == Look::HashLazy
        });
        let by_hash = by_hash.filter_map(|candidate| Some((candidate.store.as_ref()?, Output::Directory)));
        outputs.extend(made.chain(by_hash).map(|(id, output)| Made { user, id: id.clone(), output }));
    }
    outputs
}

/// Every command that a plan may run; what a saved one names is held against this.
const COMMANDS: [&[&str]; 8] = [
    &["update-ca-certificates"],
    &["update-ca-certificates", "--fresh"],
    &["update-ca-certificates", "-f"],
    &["update-ca-trust"],
    &["certctl", "rehash"],
    DEBIAN_JAVA[0],
    DEBIAN_JAVA[1],
    &["gitlab-ctl", "reconfigure"],
];

/// Whether a command is one that a plan may run.
pub(in crate::plan) fn is_known_command(command: &[String]) -> bool {
    COMMANDS.iter().any(|known| *known == command)
}

/// Whether a directory is one in which a plan may look for a command.
pub(in crate::plan) fn is_known_directory(path: &Path) -> bool {
    PROGRAMS.iter().chain([&OF_GITLAB]).any(|known| path == Path::new(known))
}

/// The hook that Debian's ca-certificates-java brings.
const HOOK: &str = "/etc/ca-certificates/update.d/jks-keystore";

/// Where programs of the system are: none of these can be written by anybody but root.
pub(in crate::plan) const PROGRAMS: [&str; 4] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/// Where GitLab's package has its own.
pub(in crate::plan) const OF_GITLAB: &str = "/opt/gitlab/bin";
