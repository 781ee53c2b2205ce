//! What Mutt and NeoMutt are told: the machine's muttrc, then the user's, with the files that they source.

use super::{Installation, Leaf, Look, Rule, Setting, Source, Survey, Then};
use crate::catalogue::openssl::{BY_DIR, BY_FILE};
use crate::limits::MUTT_FILES;
use crate::settings::mail::{Mutt, mutt};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that source each other at most (`MAX_SOURCE_DEPTH` of init.c is 10).
const DEEPEST: usize = 10;
/// The mark of one on OpenSSL that takes the system's certificates.
const SYSTEM: &str = "mutt-system-certificates";

/// The default paths of OpenSSL (`ssl_load_certificates`, mutt_ssl.c), read of the source alone.
pub(super) const DEFAULTS: Rule = Rule::All(&[
    Rule::First(&[
        Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).given(&SYSTEM).says(BY_FILE),
        Leaf::path("{openssldir}/cert.pem").given(&SYSTEM).says(BY_FILE),
    ]),
    Rule::First(&[
        Leaf::list("SSL_CERT_DIR").look(Look::HashLazy).empty(Then::Bind).given(&SYSTEM).says(BY_DIR),
        Leaf::path("{openssldir}/certs").look(Look::HashLazy).given(&SYSTEM).says(BY_DIR),
    ]),
]);

pub(super) fn mutts(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let own = [".muttrc", ".mutt/muttrc"].iter().filter_map(|name| survey.in_home(name));
    let own = own.chain(survey.config_home().map(|home| home.join("mutt/muttrc")));
    found(survey, "mutt", &["/etc/Muttrc"], own.collect(), "ssl_usesystemcerts")
}

pub(super) fn neomutts(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let configured = survey.config_home().into_iter();
    let configured = configured.flat_map(|home| {
        ["neomutt/neomuttrc", "neomutt/muttrc", "mutt/neomuttrc", "mutt/muttrc"].map(|name| home.join(name))
    });
    let names = [".neomutt/neomuttrc", ".neomutt/muttrc", ".mutt/neomuttrc", ".mutt/muttrc", ".neomuttrc", ".muttrc"];
    let own = configured.chain(names.iter().filter_map(|name| survey.in_home(name)));
    let system = ["/etc/xdg/neomutt/neomuttrc", "/etc/xdg/neomutt/Muttrc", "/etc/neomuttrc"];
    found(survey, "neomutt", &system, own.collect(), "ssl_use_system_certs")
}

/// Every program of a name with the first file of each list, in the order in which they are read.
fn found(survey: &Survey<'_>, name: &str, system: &[&str], own: Vec<PathBuf>, switch: &str) -> Vec<Arc<Installation>> {
    let is_file = |file: &PathBuf| survey.host.is_file(file);
    let files = [system.iter().map(PathBuf::from).find(is_file), own.into_iter().find(is_file)];
    let mut programs = survey.with_tls(name);
    for one in &mut programs {
        let one = Arc::make_mut(one);
        one.places.extend(files.iter().flatten().map(|file| ("muttrc", file.clone())));
        let (is_off, unread) = {
            let read = read(survey, one);
            let off = read.values.get(switch);
            (off.is_some_and(|setting| setting.value == "no" || setting.value.is_empty()), read.unread)
        };
        one.marks.extend((one.has("openssl") && !is_off).then_some(SYSTEM));
        one.unknown.extend(unread);
    }
    programs
}

/// What is asked of a muttrc.
const ASKED: &[&str] = &["certificate_file", "ssl_ca_certificates_file", "ssl_usesystemcerts", "ssl_use_system_certs"];

/// What the files set last, and what could not be read of them.
struct Read {
    values: BTreeMap<&'static str, Setting>,
    unread: Vec<String>,
    /// Files that may be read yet: each may source others again and again.
    left: usize,
}

fn read(survey: &Survey<'_>, installation: &Installation) -> Read {
    let mut read = Read { values: BTreeMap::new(), unread: Vec::new(), left: MUTT_FILES };
    let files = installation.places.iter().filter(|(name, _)| *name == "muttrc");
    files.for_each(|(_, file)| in_file(survey, file, DEEPEST, &mut read));
    read
}

fn in_file(survey: &Survey<'_>, file: &Path, depth: usize, read: &mut Read) {
    let Some(left) = read.left.checked_sub(1) else { return };
    read.left = left;
    let Some(commands) = survey.parsed(file, mutt) else { return };
    let mut is_told = false;
    for command in commands.iter() {
        match command {
            Mutt::Set(name, value) => {
                let Some(name) = ASKED.iter().find(|asked| *asked == name) else { continue };
                let source = Source::File(file.to_path_buf(), value.line);
                let value = value.text.strip_prefix('$').map_or(value.text.as_str(), |_| "");
                read.values.insert(name, Setting { value: value.into(), source });
            }
            Mutt::Source(named) => match named.strip_suffix('|') {
                // Debian's command that names every file of a directory with this extension.
                Some(program) if program.ends_with("/source-muttrc.d") || program.ends_with("/source-neomuttrc.d") => {
                    let directory = program.rsplit("/source-").next().unwrap_or_default();
                    let files = survey.host.children(&Path::new("/etc").join(capital(directory)));
                    let files = files.into_iter().filter(|file| file.extension().is_some_and(|e| e == "rc"));
                    files.filter(|_| depth > 0).for_each(|file| in_file(survey, &file, depth - 1, read));
                }
                // One of a file says that not all is known.
                Some(program) if !std::mem::replace(&mut is_told, true) => {
                    read.unread.push(format!("what {program} prints, which {} sources", file.display()));
                }
                Some(_) => {}
                None if depth > 0 => {
                    let path = survey.host.expanded(Path::new(named));
                    in_file(survey, &path, depth - 1, read);
                }
                None => {}
            },
        }
    }
}

/// `Muttrc.d`, as Debian's directory of Mutt is called; that of NeoMutt has no capital.
fn capital(directory: &str) -> String {
    if directory == "muttrc.d" { "Muttrc.d".to_owned() } else { directory.to_owned() }
}

/// The last value of a variable.
fn last(survey: &Survey<'_>, installation: &Installation, name: &str) -> Option<Setting> {
    read(survey, installation).values.remove(name)
}

/// `certificate_file`, which is `~/.mutt_certificates` unless something is said.
pub(super) fn certificates(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let own = last(survey, installation, "certificate_file");
    let usual = || {
        let file = survey.in_home(".mutt_certificates").filter(|file| survey.host.is_file(file))?;
        Some(Setting { value: file.into_os_string(), source: Source::BuiltIn })
    };
    own.or_else(usual).into_iter().collect()
}

pub(super) fn authorities(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    last(survey, installation, "ssl_ca_certificates_file").into_iter().collect()
}
