//! A remedy as what to do, and the commands that do it.

use super::super::CertificateReport;
use super::words::anew;
use super::{RemedyReport, label, place};
use crate::catalogue::client::Edit;
use crate::chain::clients::Opinion;
use crate::chain::member::Member;
use crate::chain::remedy::{Remedy, To};
use crate::model::{Slot, Store, WhichPassword};
use crate::render::commands::Commands;
use crate::render::escape;
use std::path::Path;
use std::sync::Arc;

impl RemedyReport {
    /// The report of changes that are needed together.
    pub(super) fn of(opinion: &Opinion<'_>, together: &[Remedy], typed: &Commands) -> Option<Self> {
        let (first, rest) = together.split_first()?;
        let then = rest.iter().map(|remedy| Self::new(opinion, remedy, typed)).collect();
        Some(Self { then, ..Self::new(opinion, first, typed) })
    }

    fn new(opinion: &Opinion<'_>, remedy: &Remedy, typed: &Commands) -> Self {
        let named = |place: &(Arc<Store>, Slot)| self::place(&place.0, &place.1).text();
        let (kind, says, commands) = match remedy {
            Remedy::AddRoot { root, from, to } => add_root(opinion, root, from.as_ref(), to, typed),
            Remedy::SetVariable { name, value } => {
                let value = escape::path(value);
                (
                    "set-variable",
                    format!("set {name} to {value} for this client"),
                    set_here(typed, format!("export {name}={}", escape::shell(&value))),
                )
            }
            Remedy::GivePassword { path, password, is_given_another } => {
                give_password(path, *password, *is_given_another, typed)
            }
            Remedy::UnsetVariable { name, reads } => (
                "unset-variable",
                format!("unset {name}: the client then reads {}", escape::path(reads)),
                set_here(typed, format!("unset {name}")),
            ),
            Remedy::SendIntermediates(sent) => {
                let names: Vec<_> = sent.iter().map(|(member, _)| label(member)).collect();
                let places: Vec<_> = sent.iter().filter_map(|(_, place)| place.as_ref()).map(named).collect();
                let places = if places.is_empty() {
                    String::new()
                } else {
                    format!("; castore has it from {}", places.join(", "))
                };
                (
                    "send-intermediate",
                    format!("have the server send {} after its own certificate{places}", names.join(", then ")),
                    Vec::new(),
                )
            }
            Remedy::StopSending(member) => {
                ("stop-sending", format!("have the server no longer send {}", label(member)), Vec::new())
            }
            Remedy::Remove { certificate, place } => {
                ("remove", format!("remove {} at {}", label(certificate), named(place)), Vec::new())
            }
            Remedy::Renew(member) => ("renew", format!("renew {}: it has expired", label(member)), Vec::new()),
            Remedy::NotBefore(member, at) => (
                "wait",
                format!("set the clock right, or wait until {at}, when {} becomes valid", label(member)),
                Vec::new(),
            ),
            Remedy::Reissue(member, faults) => {
                let mut with: Vec<_> = faults.iter().map(|fault| anew(*fault)).collect();
                with.dedup();
                ("reissue", format!("issue {} anew {}", label(member), with.join(", ")), Vec::new())
            }
            Remedy::Rehash { directory, file } => rehash(directory, file, typed),
            Remedy::Rewrite { path, without } => {
                let path = escape::path(path);
                let file = escape::shell(&path);
                let without: String = without.iter().map(|certificate| format!(" --exclude {certificate}")).collect();
                (
                    "rewrite",
                    format!("write {path} anew with the certificates in it that can be read"),
                    // All of it, and not what castore would choose.
                    vec![format!(
                        "castore export --include-expired --include-not-ca --include-untrusted{without} --from {file} \
                         --out {file}"
                    )],
                )
            }
            Remedy::Reseal { path, legacy } => {
                let path = escape::path(path);
                let file = escape::shell(&path);
                let profile = if *legacy { " --profile legacy" } else { "" };
                (
                    "reseal",
                    format!("write {path} anew under a seal that this Java knows"),
                    vec![format!(
                        "castore export --include-expired --include-not-ca --from {file} --format pkcs12{profile} --out {file}"
                    )],
                )
            }
            Remedy::UseName(name) => {
                ("use-name", format!("connect by {name}, which the certificate is for"), Vec::new())
            }
        };
        Self {
            kind,
            says: typed.text(&says),
            commands: commands.iter().map(|command| typed.text(command)).collect(),
            castore: by_castore(remedy).map(|command| typed.text(&command)),
            then: Vec::new(),
        }
    }
}

/// A variable that is set at this shell. What is in a tree runs at another one, and here the variable would change the
/// clients of this machine.
fn set_here(typed: &Commands, command: String) -> Vec<String> {
    if typed.is_of_tree() { Vec::new() } else { vec![command] }
}

/// The command of castore that makes a change: it shows a plan first, and can take it back.
fn by_castore(remedy: &Remedy) -> Option<String> {
    let at = |path: &Path| escape::shell_path(path);
    match remedy {
        Remedy::AddRoot { root, from, to } => {
            let hash = CertificateReport::line(root.certificate()).sha256;
            let what = if from.is_some() { &hash[..16] } else { "root.pem" };
            let more = if root.is_ca() { "" } else { " --include-not-ca" };
            match to {
                To::System(_) | To::Store(_, Edit::DropIn { .. }) => Some(format!("castore add {what}{more} --write")),
                To::Store(Some(path), Edit::Rewrite | Edit::Via(_)) => {
                    Some(format!("castore add {what}{more} --to {} --write", at(path)))
                }
                To::Store(..) | To::Bundle { .. } => None,
            }
        }
        Remedy::Remove { certificate, place: (store, _) } => {
            let hash = CertificateReport::line(certificate.certificate()).sha256;
            Some(format!("castore remove {} --from {} --write", &hash[..16], at(store.id.path()?)))
        }
        _ => None,
    }
}

/// How Java is given the password of its trust store. Only the one that everybody knows is told.
fn give_password(
    path: &Path,
    password: WhichPassword,
    is_given_another: bool,
    typed: &Commands,
) -> (&'static str, String, Vec<String>) {
    const PROPERTY: &str = "javax.net.ssl.trustStorePassword";
    let path = escape::path(path);
    let is_known = password == WhichPassword::Changeit;
    let (says, commands) = match (is_given_another, is_known) {
        (true, true) => (format!("correct {PROPERTY}: the password changeit opens {path}"), Vec::new()),
        (true, false) => (format!("correct {PROPERTY}: another password opens {path}"), Vec::new()),
        (false, true) => (
            format!("give {path} its password: -D{PROPERTY}=changeit"),
            set_here(typed, format!("export JAVA_TOOL_OPTIONS=\"$JAVA_TOOL_OPTIONS -D{PROPERTY}=changeit\"")),
        ),
        (false, false) => (format!("give {path} its password, by -D{PROPERTY}=PASSWORD"), Vec::new()),
    };
    ("give-password", says, commands)
}

/// How hash names come to lead to a file: `openssl rehash` links what ends in `.pem`, `.crt`, `.cer` or `.crl`
/// (apps/rehash.c), and no other file.
fn rehash(directory: &Path, file: &Path, typed: &Commands) -> (&'static str, String, Vec<String>) {
    let is_linked = file.extension().is_some_and(|end| ["pem", "crt", "cer", "crl"].iter().any(|known| end == *known));
    let shown = escape::path(directory);
    let (directory, from) = (typed.file(directory), typed.file(file));
    let mut commands = vec![format!("openssl rehash {directory}")];
    if !is_linked {
        commands.insert(0, format!("cp {from} {from}.pem"));
    }
    ("rehash", format!("link the certificates of {shown} by their hashes, counted from .0 without a gap"), commands)
}

/// How a root comes into a store, and from where.
fn add_root(
    opinion: &Opinion<'_>,
    root: &Member,
    from: Option<&(Arc<Store>, Slot)>,
    to: &To,
    typed: &Commands,
) -> (&'static str, String, Vec<String>) {
    let name = label(root);
    let hash = CertificateReport::line(root.certificate()).sha256;
    // What castore leaves out unless asked.
    let more = if root.is_ca() { "" } else { " --include-not-ca" };
    // What castore reads of a tree is in it.
    let file_of_root = if typed.is_of_tree() { typed.file(Path::new("/root.pem")) } else { "root.pem".to_owned() };
    let mut is_read_by_castore = false;
    let (says, mut commands) = match to {
        To::System(edit) | To::Store(_, edit @ Edit::DropIn { .. }) => drop_in(&name, &hash, *edit, typed),
        To::Store(path, Edit::Rewrite) => {
            let path = path.as_deref().map(escape::path).unwrap_or_default();
            let file = escape::shell(&path);
            // In a tree castore add does it, without a file in between.
            let here = || vec![format!("castore export{more} --from {file} --from root.pem --out {file}")];
            (format!("add {name} to {path}"), if typed.is_of_tree() { Vec::new() } else { here() })
        }
        To::Store(path, Edit::Via(tool)) => {
            let file = path.as_deref().map(|path| typed.file(path)).unwrap_or_default();
            let path = path.as_deref().map(escape::path).unwrap_or_default();
            let commands = match tool.starts_with("keytool ") {
                // The password that Java's own store has, and most others.
                true => vec![format!(
                    "keytool -importcert -noprompt -keystore {} -storepass changeit -alias {} -file root.pem",
                    file,
                    &hash[..8]
                )],
                false => Vec::new(),
            };
            // The file is named, whichever it is.
            (format!("add {name} to {path} by {}", tool.trim_end_matches(" -cacerts")), commands)
        }
        To::Store(_, edit) => drop_in(&name, &hash, *edit, typed),
        To::Bundle { variable, adds } if typed.is_of_tree() => {
            is_read_by_castore = true;
            let own = selector(opinion);
            let bundle = format!("castore export{more} --from {own} --from /root.pem --out /bundle.pem");
            match *adds {
                true => (format!("put {name} into the tree and name it there by {variable}=/root.pem"), Vec::new()),
                false => (
                    format!(
                        "write a bundle with {name} beside what the client has into the tree, and name it there by \
                         {variable}=/bundle.pem"
                    ),
                    vec![bundle],
                ),
            }
        }
        To::Bundle { variable, adds: true } => (
            format!("name {name} by {variable}, which adds to what the client has"),
            vec![format!("export {variable}=\"$PWD\"/root.pem")],
        ),
        To::Bundle { variable, adds: false } => (
            format!("write a bundle with {name} beside what the client has, and name it by {variable}"),
            vec![
                format!("castore export{more} --from {} --from root.pem --out bundle.pem", selector(opinion)),
                format!("export {variable}=\"$PWD\"/bundle.pem"),
            ],
        ),
    };
    let says = match from {
        Some(_) => {
            if !commands.is_empty() || is_read_by_castore {
                let file = if is_read_by_castore { &file_of_root } else { "root.pem" };
                let show = format!("castore show --pem {} > {file}", &hash[..16]);
                // One line of a shell: an empty file of a command that failed goes no further.
                commands = vec![std::iter::once(show).chain(commands).collect::<Vec<_>>().join(" && ")];
            }
            says
        }
        // What only the server says of itself is not to be trusted.
        None if commands.is_empty() && !typed.is_of_tree() => {
            format!("{says}; get it from its owner, not from the server, and compare its SHA-256 {hash}")
        }
        None => {
            if is_read_by_castore {
                commands.insert(0, format!("cp root.pem {file_of_root}"));
            }
            format!("{says}; get root.pem from its owner, not from the server, and compare its SHA-256 {hash}")
        }
    };
    ("add-root", says, commands)
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

/// The ways that need no file of the client's own.
fn drop_in(name: &str, hash: &str, edit: Edit, typed: &Commands) -> (String, Vec<String>) {
    match edit {
        Edit::DropIn { directory, extension, refresh } => (
            format!("put {name} into {directory} and run {refresh}"),
            vec![
                format!(
                    "cp root.pem {}",
                    typed.file(&Path::new(directory).join(format!("{}.{extension}", &hash[..8])))
                ),
                typed.run(refresh),
            ],
        ),
        Edit::Via(tool) => (format!("add {name} by {tool}"), Vec::new()),
        Edit::Rewrite => (format!("add {name} to its store"), Vec::new()),
        Edit::Elsewhere(why) | Edit::Never(why) => (format!("trust {name}: {why}"), Vec::new()),
    }
}
