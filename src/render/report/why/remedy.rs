//! A remedy as what to do, and the commands that do it.

use super::super::which::named_by;
use super::super::{CertificateReport, hex};
use super::words::anew;
use super::{RemedyReport, issuer_of, label, place, quoted};
use crate::catalogue::client::{Edit, Source};
use crate::chain::clients::Opinion;
use crate::chain::member::Member;
use crate::chain::remedy::{Remedy, To, alone};
use crate::discover::Named;
use crate::model::{Slot, Store, WhichPassword};
use crate::render::commands::Commands;
use crate::render::escape;
use std::path::{Path, PathBuf};
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
            Remedy::ChangeSetting { setting, value } => {
                let value = escape::path(value);
                (
                    "change-setting",
                    format!("change {} to {value}", named_by(setting)),
                    set_setting(setting, &escape::shell(&value), typed),
                )
            }
            Remedy::UnsetVariable { names, reads } => (
                "unset-variable",
                format!("unset {}: the client then reads {}", names.join(" and "), escape::path(reads)),
                set_here(typed, format!("unset {}", names.join(" "))),
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
            Remedy::SendFirst(member) => (
                "send-first",
                format!("have the server send {}, its own certificate, before all others", label(member)),
                Vec::new(),
            ),
            Remedy::SendIssuer { of, offered_at } => (
                "send-issuer",
                format!(
                    "where it is an intermediate, have the server send {} after its own certificate{}",
                    issuer(of),
                    offered(of, offered_at)
                ),
                Vec::new(),
            ),
            Remedy::GetIssuer { of, offered_at, to, is_unlikely } => {
                let says = get_issuer(opinion, of, offered_at, to.as_ref(), typed);
                ("get-issuer", if *is_unlikely { format!("where it is a root, {says}") } else { says }, Vec::new())
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

/// A setting that is the whole value of a variable.
fn set_setting(setting: &Named, value: &str, typed: &Commands) -> Vec<String> {
    match setting {
        Named::Setting(_, Source::Variable(name)) if name.to_ascii_lowercase().starts_with("npm_config_") => {
            set_here(typed, format!("export {}={value}", escape::shell(name)))
        }
        _ => Vec::new(),
    }
}

/// The command of castore that makes a change: it shows a plan first, and can take it back.
fn by_castore(remedy: &Remedy) -> Option<String> {
    let at = |path: &Path| escape::shell_path(path);
    match remedy {
        Remedy::AddRoot { root, from, to } => {
            let hash = CertificateReport::line(root.certificate()).sha256;
            let what = if from.is_some() { hash[..16].to_owned() } else { own_name(&hash) };
            let more = if root.is_ca() { "" } else { " --include-not-ca" };
            match to {
                To::System(_) | To::Store(_, Edit::DropIn { .. }) => Some(format!("castore add {what}{more} --write")),
                To::Store(Some(path), Edit::Rewrite | Edit::Via(_)) => {
                    Some(format!("castore add {what}{more} --to {} --write", at(path)))
                }
                To::Store(..) | To::Bundle { .. } | To::Named { .. } => None,
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

/// An issuer that is not here, as far as what it issued tells.
fn issuer(of: &Member) -> String {
    let authority = of.authority_key_id.value().and_then(|authority| authority.key_id.as_deref());
    let key = authority.map(|id| format!(" (key identifier {})", hex(id))).unwrap_or_default();
    format!("the certificate of {}{key}", issuer_of(of))
}

/// Where a certificate says that its issuer's is offered.
fn offered(of: &Member, at: &[String]) -> String {
    if at.is_empty() { String::new() } else { format!("; {} says that it is at {}", quoted(of), at.join(" and ")) }
}

/// How a root that nobody has here comes to a client.
fn get_issuer(opinion: &Opinion<'_>, of: &Member, offered_at: &[String], to: Option<&To>, typed: &Commands) -> String {
    let own = CertificateReport::line(of.certificate()).sha256;
    let bundle = format!("castore-bundle-{}.pem", &own[..8]);
    let into = |is_alone: bool| {
        let place = if typed.is_of_tree() { "/" } else { "" };
        let from = beside(opinion, is_alone);
        format!("castore export --from {from} --from FILE --out {place}{bundle}")
    };
    let add = match to {
        Some(To::System(_) | To::Store(_, Edit::DropIn { .. })) => ", then castore add FILE --write".to_owned(),
        Some(To::Store(Some(path), Edit::Rewrite | Edit::Via(_))) => {
            format!(", then castore add FILE --to {} --write", escape::shell(&escape::path(path)))
        }
        Some(To::Bundle { variable, adds: true, .. }) => format!(", then name it by {variable}"),
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
fn own_name(hash: &str) -> String {
    format!("castore-{}.pem", &hash[..8])
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
    let is_read_by_castore = typed.is_of_tree() && matches!(to, To::Bundle { .. } | To::Named { .. });
    let file = RootFile::of(root, from, is_read_by_castore, typed);
    let bundle = format!("castore-bundle-{}.pem", &hash[..8]);
    let (says, mut commands) = match to {
        To::System(edit) | To::Store(_, edit @ Edit::DropIn { .. }) => drop_in(&name, (&hash, &file), *edit, typed),
        To::Store(path, Edit::Rewrite) => {
            let path = path.as_deref().map(escape::path).unwrap_or_default();
            let store = escape::shell(&path);
            // All of it stays. In a tree castore add does it, without a file in between.
            let here = || {
                vec![format!(
                    "castore export --include-expired --include-not-ca --include-untrusted --from {store} --from {} \
                     --out {store}",
                    file.read
                )]
            };
            (format!("add {name} to {path}"), if typed.is_of_tree() { Vec::new() } else { here() })
        }
        To::Store(path, Edit::Via(tool)) => {
            let store = path.as_deref().map(|path| typed.file(path)).unwrap_or_default();
            let path = path.as_deref().map(escape::path).unwrap_or_default();
            let commands = match tool.starts_with("keytool ") {
                // The password that Java's own store has, and most others.
                true => vec![format!(
                    "keytool -importcert -noprompt -keystore {store} -storepass changeit -alias {} -file {}",
                    &hash[..8],
                    file.word
                )],
                false => Vec::new(),
            };
            // The file is named, whichever it is.
            (format!("add {name} to {path} by {}", tool.trim_end_matches(" -cacerts")), commands)
        }
        To::Store(_, edit) => drop_in(&name, (&hash, &file), *edit, typed),
        To::Bundle { variable, adds: true, .. } if typed.is_of_tree() => {
            (format!("put {name} into the tree and name it there by {variable}={}", file.read), Vec::new())
        }
        To::Bundle { variable, adds: false, is_alone } if typed.is_of_tree() => (
            format!(
                "write a bundle with {name} beside what {} into the tree, and name it there by \
                 {variable}=/{bundle}",
                having(*is_alone)
            ),
            vec![format!(
                "castore export{more} --from {} --from {} --out /{bundle}",
                beside(opinion, *is_alone),
                file.read
            )],
        ),
        To::Bundle { variable, adds: true, .. } => (
            format!("name {name} by {variable}, which adds to what the client has"),
            vec![format!("export {variable}={}", file.value)],
        ),
        To::Bundle { variable, adds: false, is_alone } => (
            format!("write a bundle with {name} beside what {}, and name it by {variable}", having(*is_alone)),
            vec![
                format!(
                    "castore export{more} --from {} --from {} --out {bundle}",
                    beside(opinion, *is_alone),
                    file.read
                ),
                format!("export {variable}=\"$PWD\"/{bundle}"),
            ],
        ),
        To::Named { setting, is_alone } => {
            let place = if typed.is_of_tree() { "/" } else { "" };
            let own = beside(opinion, *is_alone);
            let mut commands =
                vec![format!("castore export{more} --from {own} --from {} --out {place}{bundle}", file.read)];
            commands.extend(set_setting(setting, &format!("\"$PWD\"/{bundle}"), typed));
            (
                format!(
                    "write a bundle with {name} beside what {}, and change {} to name {place}{bundle}",
                    having(*is_alone),
                    named_by(setting)
                ),
                commands,
            )
        }
    };
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
    ("add-root", says, commands)
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

/// The ways that need no file of the client's own.
fn drop_in(name: &str, (hash, file): (&str, &RootFile), edit: Edit, typed: &Commands) -> (String, Vec<String>) {
    match edit {
        Edit::DropIn { directory, extension, refresh } => (
            format!("put {name} into {directory} and run {refresh}"),
            vec![
                format!(
                    "cp {} {}",
                    file.word,
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
