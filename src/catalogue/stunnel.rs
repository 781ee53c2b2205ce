//! stunnel where it is a client: each service of its configurations.
//!
//! It verifies nothing unless `verifyChain`, `verifyPeer` or `verify` says so, and then by CAfile and CApath alone: no
//! default path of OpenSSL counts, and without either it does not start. Options before the first service are defaults.
//! Seen of 5.68 before servers of two authorities.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::survey::Survey;
use crate::limits::STUNNEL_SERVICES;
use crate::policy;
use crate::settings::{Value, ini};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[STUNNEL];

const DOC: &str = "https://www.stunnel.org/static/stunnel.html";
/// The marks of a service that castore does not judge: what it is told says more than by which authorities.
const NAMES: &str = "check-names";
const PEER: &str = "peer-alone";

/// `stunnel`: every service with `client = yes`.
const STUNNEL: Client = Client::new(
    "stunnel",
    "stunnel as a client",
    "CAfile and CApath of each service, where verifyChain is on; else nothing is verified.",
    Rule::Each(
        services,
        &Rule::All(&[
            Leaf::refusal("verifyChain", without_authority).says(DOC),
            Leaf::switch_setting("verifyChain", unverified).says(DOC),
            Leaf::setting("CAfile", |survey, i| option(survey, i, "cafile").into_iter().collect()).says(DOC),
            Leaf::setting("CApath", |survey, i| option(survey, i, "capath").into_iter().collect())
                .look(Look::HashLazy)
                .missing(Then::Refuse)
                .says(DOC),
        ]),
    ),
)
.judged_by(&policy::openssl_clients::STUNNEL)
.refuses_strangers()
.ends(|_| Ends::SelfIssued)
.edit(Edit::Via("CAfile of the service"));

/// The configurations: those of a directory of which distributions start each, and that of its own build.
fn files(survey: &Survey<'_>) -> Vec<PathBuf> {
    let all = survey.host.children(Path::new("/etc/stunnel"));
    let all = all.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "conf"));
    all.chain([PathBuf::from("/usr/local/etc/stunnel/stunnel.conf")]).collect()
}

/// Every service that is a client, by its file and its name.
fn services(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let programs = ["stunnel4", "stunnel"].into_iter().flat_map(|name| survey.programs(name));
    let Some(program) = programs.into_iter().find(|program| survey.linkage(program).is_some()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for file in files(survey) {
        let Some(configuration) = survey.parsed(&file, Configuration::of) else { continue };
        for (service, _) in &configuration.services {
            let at = PathBuf::from(format!("{}[{service}]", file.display()));
            let mut one = Installation { because: file.display().to_string(), ..Installation::default() };
            one.places.extend([("config", file.clone()), ("service", PathBuf::from(service))]);
            let value = |name: &str| option(survey, &one, name).map(|setting| setting.value);
            if !value("client").is_some_and(|value| value.eq_ignore_ascii_case("yes")) {
                continue;
            }
            let names = ["checkhost", "checkip", "checkemail"].iter().any(|name| value(name).is_some());
            let is_peer = verification(survey, &one) == Verification::Peer;
            let connect = value("connect").map(|value| format!("it connects to {}", value.to_string_lossy()));
            one.marks.extend(names.then_some(NAMES).into_iter().chain(is_peer.then_some(PEER)));
            one.remarks.extend(connect);
            survey.add_tls(&mut one, &program);
            one.at = at;
            if configuration.has_more {
                one.remarks
                    .push(format!("of the services of {} the first {STUNNEL_SERVICES} are looked at", file.display()));
            }
            found.push(Arc::new(one));
        }
    }
    found
}

/// The options of a section, the last of each name, whose case does not count.
type Options = HashMap<String, Value>;

/// A file of stunnel's.
struct Configuration {
    /// What stands before the first service.
    global: Options,
    /// The services that are looked at.
    services: Vec<(String, Options)>,
    has_more: bool,
}

impl Configuration {
    fn of(text: &str) -> Self {
        let mut sections = ini::sections(text).into_iter();
        let options = |section: ini::Section| -> Options {
            section.values.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect()
        };
        let global = sections.next().map(options).unwrap_or_default();
        let services =
            sections.by_ref().take(STUNNEL_SERVICES).map(|section| (section.name.clone(), options(section))).collect();
        Self { global, services, has_more: sections.next().is_some() }
    }
}

/// What is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verification {
    Nothing,
    Chain,
    /// The server's certificate has to be in the file.
    Peer,
}

fn verification(survey: &Survey<'_>, installation: &Installation) -> Verification {
    let value =
        |name: &str| option(survey, installation, name).map(|setting| setting.value.to_string_lossy().into_owned());
    let is_on = |name: &str| value(name).is_some_and(|value| value.eq_ignore_ascii_case("yes"));
    match value("verify").as_deref() {
        _ if is_on("verifypeer") => Verification::Peer,
        Some("3" | "4") => Verification::Peer,
        Some("1" | "2") => Verification::Chain,
        _ if is_on("verifychain") => Verification::Chain,
        _ => Verification::Nothing,
    }
}

/// An option of a service, whose name has no case: its own, else that before the first service.
fn option(survey: &Survey<'_>, installation: &Installation, name: &str) -> Option<Setting> {
    let (file, service) = installation.place("config").zip(installation.place("service"))?;
    let configuration = survey.parsed(file, Configuration::of)?;
    let (_, own) = configuration.services.iter().find(|(name, _)| Path::new(name) == service)?;
    let Value { text, line } = own.get(name).or_else(|| configuration.global.get(name))?.clone();
    Some(Setting { value: text.into(), source: Source::File(file.clone(), line) })
}

fn unverified(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let is_off = verification(survey, installation) == Verification::Nothing;
    is_off.then(|| Setting { value: "".into(), source: Source::BuiltIn }).into_iter().collect()
}

/// With verification and without an authority it does not start.
fn without_authority(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let has = |name: &str| option(survey, installation, name).is_some_and(|setting| !setting.value.is_empty());
    let is_bare = verification(survey, installation) != Verification::Nothing && !has("cafile") && !has("capath");
    let why = "either CAfile or CApath has to be configured";
    is_bare.then(|| Setting { value: why.into(), source: Source::BuiltIn }).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::linked;
    use crate::catalogue::survey::testing::{openssl, says};
    use crate::host::memory::Memory;

    /// As stunnel 5.68 does.
    #[test]
    fn a_service_verifies_by_its_own_authorities_where_it_is_told_to() {
        let of = |text: &str| {
            let files = Memory::new()
                .file("/usr/bin/stunnel4", linked(0, &[(1, "libcrypto.so.3")]))
                .file("/usr/lib/x86_64-linux-gnu/libcrypto.so.3", openssl("/usr/lib/ssl"))
                .file("/usr/lib/ssl/cert.pem", "")
                .file("/a.pem", "")
                .file("/etc/stunnel/x.conf", text);
            says(&files, &[("SSL_CERT_FILE", "/a.pem")], "stunnel").join("|").replace("/etc/stunnel/x.conf", "")
        };
        assert_eq!(of("client = yes\n[x]\nconnect = a:1\n"), "[x]: off");
        assert_eq!(of("client = yes\nCAfile=/a.pem\n[x]\n"), "[x]: /a.pem off");
        assert_eq!(of("client = yes\nverifyChain = yes\n[x]\nCAfile=/a.pem\n[y]\nclient = no\n"), "[x]: /a.pem");
        assert_eq!(of("[x]\nclient=yes\nverify = 2\ncafile=/a.pem\n"), "[x]: /a.pem");
        assert_eq!(of("client = yes\nverifyChain = yes\n[x]\n"), "[x]: stops");
        assert_eq!(of("client = yes\nverifyChain = yes\nCAfile = /gone\n[x]\n"), "[x]: stops");
        assert_eq!(of("[x]\naccept = 1\n"), "");
    }

    /// A configuration in a tree may be anybody's: services past a bound are none.
    #[test]
    fn many_services_come_to_an_end() {
        let services: String = (0..30_000).map(|number| format!("[{number}]\n")).collect();
        let files = Memory::new()
            .file("/usr/bin/stunnel4", linked(0, &[(1, "libcrypto.so.3")]))
            .file("/etc/stunnel/x.conf", format!("client = yes\n{services}"));
        assert_eq!(says(&files, &[], "stunnel").len(), crate::limits::STUNNEL_SERVICES);
    }
}
