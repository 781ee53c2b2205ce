//! Applications with a store of their own: JetBrains' IDEs, Visual Studio Code, GitLab and its runner.

use super::client::{Client, Edit, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::containers::SYSTEM_POOL;
use super::survey::Survey;
use crate::host::System::Linux;
use crate::settings::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::{Table, Value};

/// The rows of this family.
pub const CLIENTS: &[Client] = &[JETBRAINS, VSCODE, GITLAB, GITLAB_RUNNER];

const JETBRAINS_CODE: &str = "https://github.com/JetBrains/intellij-community/blob/master/platform/platform-api/src/com/intellij/util/net/ssl/CertificateManager.kt";
const PROXY_AGENT: &str = "https://github.com/microsoft/vscode-proxy-agent/blob/main/src/index.ts";
const VSCODE_DOC: &str = "https://code.visualstudio.com/docs/setup/network#_ssl-certificates";
const CACERTS: &str = "https://gitlab.com/gitlab-org/omnibus-gitlab/-/blob/master/config/software/cacerts.rb";
const HELPER: &str = "https://gitlab.com/gitlab-org/omnibus-gitlab/-/blob/master/files/gitlab-cookbooks/package/libraries/certificate_helper.rb";
const RUNNER: &str = "https://gitlab.com/gitlab-org/gitlab-runner/-/blob/main/network/client.go";

/// `jetbrains`: the keystore of accepted certificates in the configuration of each IDE.
const JETBRAINS: Client = Client::new(
    "jetbrains",
    "JetBrains IDEs",
    "ssl/cacerts in the directory of each IDE's configuration, beside the roots of its own Java and the system's.",
    Rule::Each(ides, &Rule::All(&[Leaf::path("{config}/ssl/cacerts").look(Look::Keystore).says(JETBRAINS_CODE)])),
)
.reads(&["XDG_CONFIG_HOME"])
.edit(Edit::Via("Settings, Tools, Server Certificates; or keytool -importcert with the password changeit"));

/// `vscode`: extensions and the editor's own requests.
const VSCODE: Client = Client::new(
    "vscode",
    "Visual Studio Code",
    "The roots of its Electron, and the first bundle of the system where http.systemCertificates is on; \
     http.proxyStrictSSL turns verification off.",
    Rule::Each(
        editors,
        &Rule::All(&[
            Leaf::switch_setting("http.proxyStrictSSL", |survey, i| set_to_false(survey, i, "http.proxyStrictSSL"))
                .says(VSCODE_DOC),
            Rule::First(&[
                bundle("/etc/ssl/certs/ca-certificates.crt"),
                bundle("/etc/ssl/certs/ca-bundle.crt"),
                bundle("/etc/ssl/ca-bundle.pem"),
                bundle("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
            ]),
        ]),
    ),
)
.reads(&["XDG_CONFIG_HOME"])
.edit(Edit::SYSTEM);

/// `gitlab`: GitLab as its package installs it.
const GITLAB: Client = Client::new(
    "gitlab",
    "GitLab (package)",
    "The bundle that the package brings, and the certificates of /etc/gitlab/trusted-certs that reconfigure linked \
     beside it.",
    Rule::All(&[
        Leaf::path("/opt/gitlab/embedded/ssl/cert.pem").says(CACERTS),
        Leaf::path("/opt/gitlab/embedded/ssl/certs").look(Look::HashLazy).says(HELPER),
    ]),
)
.on(&[Linux])
.edit(Edit::DropIn { directory: "/etc/gitlab/trusted-certs", extension: "crt", refresh: "gitlab-ctl reconfigure" });

/// `gitlab-runner`: each runner of the configuration.
const GITLAB_RUNNER: Client = Client::new(
    "gitlab-runner",
    "GitLab Runner",
    "The system's roots as Go reads them, and for each runner tls-ca-file, else certs/HOST.crt beside config.toml.",
    Rule::Each(
        runners,
        &Rule::All(&[
            SYSTEM_POOL,
            Rule::First(&[
                // One that is not there is passed over, and so is the file of the host.
                Leaf::setting("tls-ca-file", authority_of_runner).look(Look::Blocks).missing(Then::Bind).says(RUNNER),
                Leaf::path("{certificate}").look(Look::Blocks).says(RUNNER),
            ]),
        ]),
    ),
)
.edit(Edit::Via("tls-ca-file in config.toml, or certs/HOST.crt beside it"));

const fn bundle(path: &'static str) -> Rule {
    Leaf::path(path)
        .look(Look::Blocks)
        .on(&[Linux])
        .except(&(OWN_ROOTS, "not looked at, because of http.systemCertificates or http.systemCertificatesNode"))
        .says(PROXY_AGENT)
}

/// The mark of an editor that is not to read the system's bundle.
const OWN_ROOTS: &str = "own-roots";

/// Every IDE that has a keystore in its configuration.
fn ides(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let vendors = ["JetBrains", "Google"];
    let places = homes(survey).into_iter().flat_map(|home| vendors.map(|vendor| home.join(vendor)));
    let configurations = places.flat_map(|place| survey.host.children(&place));
    let one = |config: PathBuf| Installation {
        at: config.clone(),
        places: vec![("config", config)],
        because: "configuration".to_owned(),
        unknown: vec!["the roots of its own Java and of the system".to_owned()],
        ..Installation::default()
    };
    let used = configurations.filter(|config| survey.host.is_file(&config.join("ssl/cacerts")));
    used.map(one).map(Arc::new).collect()
}

/// Where programs of a desktop have their directories.
fn homes(survey: &Survey<'_>) -> Vec<PathBuf> {
    let own = ["Library/Application Support", "AppData/Roaming"].iter().filter_map(|home| survey.in_home(home));
    survey.config_home().into_iter().chain(own).collect()
}

/// Editors of this make, by the directory of their settings.
const EDITORS: &[&str] = &["Code", "Code - Insiders", "VSCodium", "Cursor"];

fn editors(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let files = homes(survey).into_iter();
    let files = files.flat_map(|home| EDITORS.iter().map(move |name| home.join(name).join("User/settings.json")));
    let files = files.filter(|file| survey.host.is_file(file));
    let one = |file: PathBuf| {
        let mut found = Installation {
            at: file,
            because: "settings".to_owned(),
            unknown: vec!["the roots compiled into its Electron".to_owned()],
            ..Installation::default()
        };
        let own = set_to_false(survey, &found, "http.systemCertificates");
        let by_node = set_to(survey, &found, "http.systemCertificatesNode", true);
        if own.is_empty() && !by_node.is_empty() {
            found.unknown.push("the roots of the system as its Node.js reads them".to_owned());
        }
        found.marks.extend((!own.is_empty() || !by_node.is_empty()).then_some(OWN_ROOTS));
        Arc::new(found)
    };
    files.map(one).collect()
}

/// A setting that is false, where the editor's settings say so.
fn set_to_false(survey: &Survey<'_>, installation: &Installation, key: &str) -> Vec<Setting> {
    set_to(survey, installation, key, false)
}

fn set_to(survey: &Survey<'_>, installation: &Installation, key: &str, wanted: bool) -> Vec<Setting> {
    let text = survey.host.settings(&installation.at).unwrap_or_default();
    let is_so = json::read(&text).is_some_and(|settings| settings[key] == wanted);
    let named = format!("\"{key}\"");
    let line = text.lines().position(|line| line.contains(&named)).map_or(1, |at| at as u64 + 1);
    let source = Source::File(installation.at.clone(), line);
    is_so.then(|| Setting { value: wanted.to_string().into(), source }).into_iter().collect()
}

/// Each runner of the configuration of root or of the user.
fn runners(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let own = survey.in_home(".gitlab-runner/config.toml");
    let files = std::iter::once(PathBuf::from("/etc/gitlab-runner/config.toml")).chain(own);
    let mut found = Vec::new();
    for file in files {
        let Some(table) = survey.host.settings(&file).and_then(|text| text.parse::<Table>().ok()) else { continue };
        for runner in table.get("runners").and_then(Value::as_array).into_iter().flatten() {
            let Some(url) = runner.get("url").and_then(Value::as_str) else { continue };
            let mut one = Installation {
                at: PathBuf::from(url),
                places: vec![("config", file.clone())],
                because: file.display().to_string(),
                ..Installation::default()
            };
            let beside = host_of(url).map(|host| file.with_file_name("certs").join(format!("{host}.crt")));
            one.places.extend(beside.map(|certificate| ("certificate", certificate)));
            found.push(Arc::new(one));
        }
    }
    found
}

/// The host of a URL, without its port.
fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Some(host.split(':').next().unwrap_or(host)).filter(|host| !host.is_empty())
}

fn authority_of_runner(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let Some(file) = installation.place("config") else { return Vec::new() };
    let text = survey.host.settings(file).unwrap_or_default();
    let Ok(table) = text.parse::<Table>() else { return Vec::new() };
    let runners = table.get("runners").and_then(Value::as_array).into_iter().flatten();
    let own =
        runners.filter(|runner| runner.get("url").and_then(Value::as_str).map(Path::new) == Some(&*installation.at));
    let named = own.filter_map(|runner| runner.get("tls-ca-file").and_then(Value::as_str));
    let line = |name: &str| text.lines().position(|line| line.contains(name)).map_or(1, |at| at as u64 + 1);
    named.map(|name| Setting { value: name.into(), source: Source::File(file.clone(), line(name)) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::{Use, discover};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    fn used(client: &'static Client, files: Memory) -> Vec<(String, bool)> {
        let variables = [("HOME".into(), "/h".into())].into_iter().collect();
        let host = Host::new(Box::new(files), System::Linux).with_environment(variables);
        let uses = discover(&Survey::new(&host, Default::default()), [client]);
        let paths = |found: &Use| {
            found.effective().map(|one| one.path.as_ref().unwrap().display().to_string()).collect::<Vec<_>>().join(" ")
        };
        uses.iter().map(|found| (paths(found), !found.is_off())).collect()
    }

    #[test]
    fn every_ide_with_a_keystore_is_found() {
        let (idea, studio) = ("/h/.config/JetBrains/IdeaIC2025.2", "/h/.config/Google/AndroidStudio2025.1");
        let files = Memory::new()
            .file(format!("{idea}/ssl/cacerts"), "")
            .file(format!("{studio}/ssl/cacerts"), "")
            .file("/h/.config/JetBrains/acp/x", "");
        let expected = [idea, studio].map(|config| (format!("{config}/ssl/cacerts"), true));
        assert_eq!(used(&JETBRAINS, files), expected);
    }

    #[test]
    fn the_settings_of_an_editor_turn_two_things_off() {
        let bundle = "/etc/ssl/certs/ca-certificates.crt";
        let with = |text: &str| {
            let files = Memory::new().file(bundle, "").file("/h/.config/Code/User/settings.json", text);
            used(&VSCODE, files)
        };
        assert_eq!(with("{}"), [(bundle.to_owned(), true)]);
        assert_eq!(with("// x\n{ \"http.proxyStrictSSL\": false, }"), [(bundle.to_owned(), false)]);
        assert_eq!(with("{ \"http.systemCertificates\": false }"), [(String::new(), true)]);
        assert_eq!(with("{ \"http.systemCertificatesNode\": true }"), [(String::new(), true)]);
        assert_eq!(with("{ \"http.systemCertificatesNode\": false }"), [(bundle.to_owned(), true)]);
        assert!(used(&VSCODE, Memory::new().file(bundle, "")).is_empty());
    }

    #[test]
    fn gitlab_brings_a_file_and_a_directory() {
        let files =
            Memory::new().file("/opt/gitlab/embedded/ssl/cert.pem", "").file("/opt/gitlab/embedded/ssl/certs/x", "");
        let expected = "/opt/gitlab/embedded/ssl/cert.pem /opt/gitlab/embedded/ssl/certs";
        assert_eq!(used(&GITLAB, files), [(expected.to_owned(), true)]);
        assert!(used(&GITLAB, Memory::new()).is_empty());
    }

    #[test]
    fn a_runner_has_a_file_named_or_by_its_host() {
        let text = "[[runners]]\n  url = \"https://a.corp:8443/\"\n[[runners]]\n  url = \"https://b.corp/\"\n  tls-ca-file = \"/b.pem\"\n";
        let files = Memory::new()
            .file("/etc/gitlab-runner/config.toml", text)
            .file("/etc/gitlab-runner/certs/a.corp.crt", "")
            .file("/etc/gitlab-runner/certs/b.corp.crt", "")
            .file("/b.pem", "");
        let expected = ["/etc/gitlab-runner/certs/a.corp.crt", "/b.pem"].map(|file| (file.to_owned(), true));
        assert_eq!(used(&GITLAB_RUNNER, files), expected);
        let gone = "[[runners]]\n  url = \"https://b.corp/\"\n  tls-ca-file = \"/gone.pem\"\n";
        let files = Memory::new()
            .file("/etc/gitlab-runner/config.toml", gone)
            .file("/etc/gitlab-runner/certs/b.corp.crt", "")
            .file("/etc/ssl/certs/ca-certificates.crt", "");
        let system = "/etc/ssl/certs/ca-certificates.crt /etc/ssl/certs";
        assert_eq!(used(&GITLAB_RUNNER, files), [(system.to_owned(), true)]);
    }
}
