//! A remedy as what to do, and the commands that do it.

mod add_root;
mod server;

use super::super::CertificateReport;
use super::super::which::named_by;
use super::words::anew;
use super::{RemedyReport, label, place};
use crate::catalogue::client::{Edit, Source};
use crate::chain::clients::Opinion;
use crate::chain::member::Member;
use crate::chain::remedy::{Remedy, To};
use crate::discover::Named;
use crate::model::{Fingerprint, WhichPassword};
use crate::render::commands::Commands;
use crate::render::escape;
use add_root::own_name;
use std::path::Path;
use std::sync::Arc;

/// A remedy in words.
struct Said {
    /// Its kind, as the report names it.
    kind: &'static str,
    /// What to do.
    says: String,
    /// The commands that do it, where there are.
    commands: Vec<String>,
}

impl Said {
    fn new(kind: &'static str, says: String, commands: Vec<String>) -> Self {
        Self { kind, says, commands }
    }

    /// One that no command does.
    fn words(kind: &'static str, says: String) -> Self {
        Self::new(kind, says, Vec::new())
    }
}

impl RemedyReport {
    /// The report of changes that are needed together.
    pub(super) fn of(opinion: &Opinion<'_>, together: &[Remedy], typed: &Commands) -> Option<Self> {
        let (first, rest) = together.split_first()?;
        let then = rest.iter().map(|remedy| Self::new(opinion, remedy, typed)).collect();
        Some(Self { then, ..Self::new(opinion, first, typed) })
    }

    fn new(opinion: &Opinion<'_>, remedy: &Remedy, typed: &Commands) -> Self {
        let Said { kind, says, commands } = said(opinion, remedy, typed);
        Self {
            kind,
            says: typed.text(&says),
            commands: commands.iter().map(|command| typed.text(command)).collect(),
            castore: by_castore(remedy).map(|command| typed.text(&command)),
            then: Vec::new(),
        }
    }
}

fn said(opinion: &Opinion<'_>, remedy: &Remedy, typed: &Commands) -> Said {
    match remedy {
        Remedy::AddRoot { root, from, to, asks_password } => {
            add_root::said(opinion, (root, from.as_ref()), (to, *asks_password), typed)
        }
        Remedy::Refresh { root, place: (store, slot), refresh } => Said::new(
            "refresh",
            format!("run {refresh}; {} is in {} and was not taken up", label(root), place(store, slot).text()),
            vec![typed.run(refresh)],
        ),
        Remedy::GetIssuer { of, offered_at, to, is_unlikely } => {
            let says = add_root::get_issuer(opinion, of, offered_at, to.as_ref(), typed);
            Said::words("get-issuer", if *is_unlikely { format!("where it is a root, {says}") } else { says })
        }
        Remedy::SetVariable { name, value, loses } => set_variable(name, value, loses, typed),
        Remedy::UnsetVariable { names, reads, loses } => unset_variable(names, reads, loses, typed),
        Remedy::ChangeSetting { setting, value, loses } => change_setting(setting, value, loses, typed),
        Remedy::GivePassword { path, password, is_given_another } => {
            give_password(path, *password, *is_given_another, typed)
        }
        Remedy::SendIntermediates(sent) => server::send_intermediates(sent),
        Remedy::SendFirst(member) => server::send_first(member),
        Remedy::SendIssuer { of, offered_at } => server::send_issuer(of, offered_at),
        Remedy::StopSending(member) => {
            Said::words("stop-sending", format!("have the server no longer send {}", label(member)))
        }
        Remedy::Remove { certificate, place: (store, slot) } => {
            Said::words("remove", format!("remove {} at {}", label(certificate), place(store, slot).text()))
        }
        Remedy::Renew(member) => Said::words("renew", format!("renew {}: it has expired", label(member))),
        Remedy::NotBefore(member, at) => Said::words(
            "wait",
            format!("set the clock right, or wait until {at}, when {} becomes valid", label(member)),
        ),
        Remedy::Reissue(member, faults) => {
            let mut with: Vec<_> = faults.iter().map(|fault| anew(*fault)).collect();
            with.dedup();
            Said::words("reissue", format!("issue {} anew {}", label(member), with.join(", ")))
        }
        Remedy::Rehash { directory, file } => rehash(directory, file, typed),
        Remedy::Rewrite { path, without } => rewrite(path, without),
        Remedy::Reseal { path, legacy } => reseal(path, *legacy),
        Remedy::UseName(name) => Said::words("use-name", format!("connect by {name}, which the certificate is for")),
    }
}

fn set_variable(name: &str, value: &Path, loses: &[Arc<Member>], typed: &Commands) -> Said {
    let value = escape::path(value);
    let commands = set_here(typed, format!("export {name}={}", escape::shell(&value)));
    Said::new("set-variable", format!("set {name} to {value} for this client{}", lost(loses)), commands)
}

fn unset_variable(names: &[&'static str], reads: &Path, loses: &[Arc<Member>], typed: &Commands) -> Said {
    let reads = escape::path(reads);
    let says = format!("unset {}: the client then reads {reads}{}", names.join(" and "), lost(loses));
    Said::new("unset-variable", says, set_here(typed, format!("unset {}", names.join(" "))))
}

fn change_setting(setting: &Named, value: &Path, loses: &[Arc<Member>], typed: &Commands) -> Said {
    let value = escape::path(value);
    let commands = set_setting(setting, &escape::shell(&value), typed);
    Said::new("change-setting", format!("change {} to {value}{}", named_by(setting), lost(loses)), commands)
}

/// Roots that are named of those that a client would lose.
const LOST: usize = 2;

/// What a client then trusts no longer, as the end of a sentence.
fn lost(loses: &[Arc<Member>]) -> String {
    let named: Vec<_> = loses.iter().take(LOST).map(|member| label(member)).collect();
    match (loses.len().saturating_sub(LOST), named.as_slice()) {
        (_, []) => String::new(),
        (0, named) => format!("; it then trusts {} no longer", named.join(" and ")),
        (more, named) => format!("; it then trusts {} and {more} more no longer", named.join(", ")),
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
        Remedy::Refresh { root, .. } => {
            let hash = CertificateReport::line(root.certificate()).sha256;
            Some(format!("castore add {} --write", &hash[..16]))
        }
        Remedy::AddRoot { root, from, to, .. } => {
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
fn give_password(path: &Path, password: WhichPassword, is_given_another: bool, typed: &Commands) -> Said {
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
    Said::new("give-password", says, commands)
}

/// How hash names come to lead to a file: `openssl rehash` links what ends in `.pem`, `.crt`, `.cer` or `.crl`
/// (apps/rehash.c), and no other file.
fn rehash(directory: &Path, file: &Path, typed: &Commands) -> Said {
    let is_linked = file.extension().is_some_and(|end| ["pem", "crt", "cer", "crl"].iter().any(|known| end == *known));
    let shown = escape::path(directory);
    let (directory, from) = (typed.file(directory), typed.file(file));
    let mut commands = vec![format!("openssl rehash {directory}")];
    if !is_linked {
        commands.insert(0, format!("cp {from} {from}.pem"));
    }
    let says = format!("link the certificates of {shown} by their hashes, counted from .0 without a gap");
    Said::new("rehash", says, commands)
}

/// A bundle without what keeps a client from reading it.
fn rewrite(path: &Path, without: &[Fingerprint]) -> Said {
    let path = escape::path(path);
    let file = escape::shell(&path);
    let without: String = without.iter().map(|certificate| format!(" --exclude {certificate}")).collect();
    // All of it, and not what castore would choose.
    let command = format!(
        "castore export --include-expired --include-not-ca --include-untrusted{without} --from {file} --out {file}"
    );
    Said::new("rewrite", format!("write {path} anew with the certificates in it that can be read"), vec![command])
}

/// A keystore under another seal.
fn reseal(path: &Path, legacy: bool) -> Said {
    let path = escape::path(path);
    let file = escape::shell(&path);
    let profile = if legacy { " --profile legacy" } else { "" };
    let command = format!(
        "castore export --include-expired --include-not-ca --from {file} --format pkcs12{profile} --out {file}"
    );
    Said::new("reseal", format!("write {path} anew under a seal that this Java knows"), vec![command])
}
