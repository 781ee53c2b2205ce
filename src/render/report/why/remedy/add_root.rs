//! How a root comes into what a client reads, by the place that it is to be in.

use super::super::label;
use super::server::{issuer, offered};
use super::{Said, set_here, set_setting};
use crate::catalogue::client::Edit;
use crate::chain::clients::Opinion;
use crate::chain::member::Member;
use crate::chain::remedy::{To, alone};
use crate::discover::Named;
use crate::model::{Slot, Store};
use crate::render::commands::Commands;
use crate::render::escape;
use crate::render::report::CertificateReport;
use crate::render::report::which::named_by;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a root comes into a store, and from where.
pub(super) fn said(
    opinion: &Opinion<'_>,
    (root, from): (&Member, Option<&(Arc<Store>, Slot)>),
    (to, asks_password): (&To, bool),
    typed: &Commands,
) -> Said {
    let hash = CertificateReport::line(root.certificate()).sha256;
    let is_read_by_castore = typed.is_of_tree() && matches!(to, To::Bundle { .. } | To::Named { .. });
    let is_more = !root.is_ca() || opinion.pool.anchors.iter().any(|held| held.ends_chain && !held.member.is_ca());
    let adding = Adding {
        opinion,
        name: label(root),
        file: RootFile::of(root, from, is_read_by_castore, typed),
        bundle: format!("castore-bundle-{}.pem", &hash[..8]),
        hash,
        // What castore leaves out unless asked.
        more: if is_more { " --include-not-ca" } else { "" },
        typed,
    };
    let (says, mut commands) = match to {
        To::System(edit) => adding.by_edit(*edit),
        To::Store(path, Edit::Rewrite) => adding.to_file(path.as_deref()),
        To::Store(path, Edit::Via(tool)) => adding.by_tool(path.as_deref(), tool, asks_password),
        To::Store(_, edit) => adding.by_edit(*edit),
        To::Bundle { variable, adds: true, keeps: Some(old), .. } => adding.beside_what_is_named(variable, old),
        To::Bundle { variable, adds: true, keeps: None, .. } => adding.by_itself(variable),
        To::Bundle { variable, adds: false, is_alone, .. } => adding.in_bundle(variable, *is_alone),
        To::Named { setting, is_alone } => adding.in_bundle_of_setting(setting, *is_alone),
    };
    let (hash, file) = (adding.hash, adding.file);
    let says = match from {
        Some(_) => says,
        // What only the server says of itself is not to be trusted.
        None if commands.is_empty() && !typed.is_of_tree() => {
            format!("{says}; get it from its owner, not from the server, and compare its SHA-256 {hash}")
        }
        None => {
            format!(
                "{says}; get it from its owner, not from the server, as {}, and compare its SHA-256 {hash}",
                file.name
            )
        }
    };
    if !commands.is_empty() || is_read_by_castore {
        commands = file.made_by.into_iter().chain(commands).collect();
    }
    if from.is_some() && !commands.is_empty() {
        // One line of a shell: what a command that failed leaves goes no further.
        commands = vec![commands.join(" && ")];
    }
    Said::new("add-root", says, commands)
}

/// A root that is added, and the names that commands have for what concerns it.
struct Adding<'a> {
    opinion: &'a Opinion<'a>,
    typed: &'a Commands,
    /// What a person calls it.
    name: String,
    /// Its SHA-256.
    hash: String,
    /// The file that it is taken from.
    file: RootFile,
    /// The name of a bundle that is made for it.
    bundle: String,
    /// What castore has to be told to take it.
    more: &'static str,
}

/// What to do, and the commands.
type How = (String, Vec<String>);

impl Adding<'_> {
    /// To a file that is written anew.
    fn to_file(&self, path: Option<&Path>) -> How {
        let path = path.map(escape::path).unwrap_or_default();
        let store = escape::shell(&path);
        // All of it stays. In a tree castore add does it, without a file in between.
        let here = || {
            vec![format!(
                "castore export --include-expired --include-not-ca --include-untrusted --from {store} --from {} \
                 --out {store}",
                self.file.read
            )]
        };
        (format!("add {} to {path}", self.name), if self.typed.is_of_tree() { Vec::new() } else { here() })
    }

    /// To a store that a tool of its own writes.
    fn by_tool(&self, path: Option<&Path>, tool: &str, asks_password: bool) -> How {
        let store = path.map(|path| self.typed.file(path)).unwrap_or_default();
        let path = path.map(escape::path).unwrap_or_default();
        let commands = match tool.starts_with("keytool ") {
            // The password that Java's own store has, and most others; for any other keytool asks.
            true => vec![format!(
                "keytool -importcert -noprompt -keystore {store}{} -alias {} -file {}",
                if asks_password { "" } else { " -storepass changeit" },
                &self.hash[..8],
                self.file.word
            )],
            false => Vec::new(),
        };
        let asks = if asks_password { ", which asks for its password" } else { "" };
        // The file is named, whichever it is.
        (format!("add {} to {path} by {}{asks}", self.name, tool.trim_end_matches(" -cacerts")), commands)
    }

    /// In the ways that need no file of the client's own.
    fn by_edit(&self, edit: Edit) -> How {
        let (name, file, typed) = (&self.name, &self.file, self.typed);
        match edit {
            Edit::DropIn { directory, extension, refresh } => {
                let place = Path::new(directory).join(format!("{}.{extension}", &self.hash[..8]));
                (
                    format!("put {name} into {directory} and run {refresh}"),
                    vec![format!("cp {} {}", file.word, typed.file(&place)), typed.run(refresh)],
                )
            }
            Edit::Via(tool) => (format!("add {name} by {tool}"), Vec::new()),
            Edit::Rewrite => (format!("add {name} to its store"), Vec::new()),
            Edit::Elsewhere(why) | Edit::Never(why) => (format!("trust {name}: {why}"), Vec::new()),
        }
    }

    /// By a variable that adds to what the client has.
    fn by_itself(&self, variable: &str) -> How {
        let (name, file) = (&self.name, &self.file);
        match self.typed.is_of_tree() {
            true => (format!("put {name} into the tree and name it there by {variable}={}", file.read), Vec::new()),
            false => (
                format!("name {name} by {variable}, which adds to what the client has"),
                vec![format!("export {variable}={}", file.value)],
            ),
        }
    }

    /// In a bundle with what such a variable names already, which would be lost.
    fn beside_what_is_named(&self, variable: &str, old: &Path) -> How {
        let (name, bundle, place) = (&self.name, &self.bundle, root_of(self.typed));
        let mut commands = vec![kept(old, &self.file.read, &format!("{place}{bundle}"))];
        commands.extend(set_here(self.typed, format!("export {variable}=\"$PWD\"/{bundle}")));
        (
            format!(
                "write a bundle with {name} beside what {variable} names, {}, and name it by {variable}, which adds to \
                 what the client has",
                escape::path(old)
            ),
            commands,
        )
    }

    /// In a bundle that a variable names.
    fn in_bundle(&self, variable: &str, is_alone: bool) -> How {
        let (name, bundle, having) = (&self.name, &self.bundle, having(is_alone));
        match self.typed.is_of_tree() {
            true => (
                format!(
                    "write a bundle with {name} beside what {having} into the tree, and name it there by \
                     {variable}=/{bundle}"
                ),
                vec![self.export(is_alone)],
            ),
            false => (
                format!("write a bundle with {name} beside what {having}, and name it by {variable}"),
                vec![self.export(is_alone), format!("export {variable}=\"$PWD\"/{bundle}")],
            ),
        }
    }

    /// In a bundle that a setting names.
    fn in_bundle_of_setting(&self, setting: &Named, is_alone: bool) -> How {
        let mut commands = vec![self.export(is_alone)];
        commands.extend(set_setting(setting, &format!("\"$PWD\"/{}", self.bundle), self.typed));
        (
            format!(
                "write a bundle with {} beside what {}, and change {} to name {}{}",
                self.name,
                having(is_alone),
                named_by(setting),
                root_of(self.typed),
                self.bundle
            ),
            commands,
        )
    }

    /// The command that writes the bundle.
    fn export(&self, is_alone: bool) -> String {
        let (own, place) = (beside(self.opinion, is_alone), root_of(self.typed));
        format!("castore export{} --from {own} --from {} --out {place}{}", self.more, self.file.read, self.bundle)
    }
}

/// Where a new bundle is put: at the top of a tree, or where one is.
fn root_of(typed: &Commands) -> &'static str {
    if typed.is_of_tree() { "/" } else { "" }
}

/// How a root that nobody has here comes to a client.
pub(super) fn get_issuer(
    opinion: &Opinion<'_>,
    of: &Member,
    offered_at: &[String],
    to: Option<&To>,
    typed: &Commands,
) -> String {
    let own = CertificateReport::line(of.certificate()).sha256;
    let bundle = format!("castore-bundle-{}.pem", &own[..8]);
    let into = |is_alone: bool| {
        let (from, place) = (beside(opinion, is_alone), root_of(typed));
        format!("castore export --from {from} --from FILE --out {place}{bundle}")
    };
    let add = match to {
        Some(To::System(_) | To::Store(_, Edit::DropIn { .. })) => ", then castore add FILE --write".to_owned(),
        Some(To::Store(Some(path), Edit::Rewrite | Edit::Via(_))) => {
            format!(", then castore add FILE --to {} --write", escape::shell(&escape::path(path)))
        }
        Some(To::Bundle { variable, adds: true, keeps: None, .. }) => format!(", then name it by {variable}"),
        Some(To::Bundle { variable, adds: true, keeps: Some(old), .. }) => {
            let export = kept(old, "FILE", &format!("{}{bundle}", root_of(typed)));
            format!(", then {export}, and name that by {variable}")
        }
        Some(To::Bundle { variable, is_alone, .. }) => {
            format!(", then {}, and name that by {variable}", into(*is_alone))
        }
        Some(To::Named { setting, is_alone }) => {
            format!(", then {}, and change {} to name that", into(*is_alone), named_by(setting))
        }
        Some(To::Store(..)) | None => " and add it to what the client reads".to_owned(),
    };
    format!("get {} from its owner, not from the server{add}{}", issuer(of), offered(of, offered_at))
}

/// The file that commands take a root from.
///
/// A shell empties what `>` names before castore reads anything, and an export replaces what `--out` names: what is
/// written has a name that begins with castore's and holds the beginning of the fingerprint, which no file of a user
/// has, and the same mend once more writes the same.
struct RootFile {
    /// The command that writes it, where one does.
    made_by: Option<String>,
    /// Its name, for a person.
    name: String,
    /// Its name as a word of a shell.
    word: String,
    /// The same as the value of a variable.
    value: String,
    /// The same as castore reads it of the host that was asked about.
    read: String,
}

impl RootFile {
    /// The file of a root. Where castore reads a tree, what it is to read is in it.
    fn of(root: &Member, from: Option<&(Arc<Store>, Slot)>, is_read_by_castore: bool, typed: &Commands) -> Self {
        let hash = CertificateReport::line(root.certificate()).sha256;
        if let Some(path) = from.and_then(alone) {
            let (name, word) = (escape::path(path), typed.file(path));
            let read = escape::shell(&name).into_owned();
            return Self { made_by: None, value: word.clone(), word, name, read };
        }
        let name = own_name(&hash);
        let is_in_tree = typed.is_of_tree() && is_read_by_castore;
        let inside = PathBuf::from(format!("/{name}"));
        let (word, read) = match is_in_tree {
            true => (typed.file(&inside), escape::path(&inside)),
            false => (name.clone(), name.clone()),
        };
        let made_by = match (from, is_in_tree) {
            (Some(_), _) => Some(format!("castore show --pem {} > {word}", &hash[..16])),
            (None, true) => Some(format!("cp {name} {word}")),
            (None, false) => None,
        };
        Self { made_by, value: format!("\"$PWD\"/{name}"), name, word, read }
    }
}

/// The file that castore has a root written into.
pub(super) fn own_name(hash: &str) -> String {
    format!("castore-{}.pem", &hash[..8])
}

/// The command that writes a root and all of a bundle into another.
fn kept(old: &Path, root: &str, out: &str) -> String {
    format!(
        "castore export --include-expired --include-not-ca --include-untrusted --from {} --from {root} --out {out}",
        escape::shell(&escape::path(old))
    )
}

/// Whose certificates a new bundle has beside a root, in words.
const fn having(is_alone: bool) -> &'static str {
    if is_alone { "the system has" } else { "the client has" }
}

/// The same, as commands take it.
fn beside(opinion: &Opinion<'_>, is_alone: bool) -> String {
    if is_alone { "system".to_owned() } else { selector(opinion) }
}

/// This one installation, as commands take it.
fn selector(opinion: &Opinion<'_>) -> String {
    let at = &opinion.found.installation.at;
    let id = opinion.found.client.id;
    if at.as_os_str().is_empty() {
        id.to_owned()
    } else {
        escape::shell(&format!("{id}:{}", escape::path(at))).into_owned()
    }
}
