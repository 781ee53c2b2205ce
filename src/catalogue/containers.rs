//! Container engines, by the registry they speak to: Docker, containerd, BuildKit, Podman and its kin.
//!
//! All are programs built with Go that add the files of a directory named after the registry, with its
//! port, to the system's roots. A certificate there counts for that registry alone, so each is an
//! installation of its own; for every other registry the row `go` holds.

use super::client::{Client, Edit, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::go;
use super::survey::Survey;
use crate::host::System::Linux;
use crate::policy;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::{Table, Value};

/// The rows of this family.
pub const CLIENTS: &[Client] = &[DOCKER, DOCKER_CLI, CONTAINERD, BUILDKIT, PODMAN];

/// What `x509.SystemCertPool` reads, inside an installation of any kind.
pub const SYSTEM_POOL: Rule = go::CLIENTS[0].rule;

const DOCKER_CERTIFICATES: &str = "https://docs.docker.com/engine/security/certificates/";
const DOCKER_ENDPOINT: &str = "https://github.com/docker/cli/blob/v28.3.3/cli/context/docker/load.go";
const DOCKER_OPTIONS: &str = "https://github.com/docker/cli/blob/v28.3.3/cli/flags/options.go";
const HOSTS: &str = "https://github.com/containerd/containerd/blob/main/docs/hosts.md";
const HOSTS_CODE: &str = "https://github.com/containerd/containerd/blob/main/core/remotes/docker/config/hosts.go";
const BUILDKITD: &str = "https://github.com/moby/buildkit/blob/master/docs/buildkitd.toml.md";
const BUILDKIT_CODE: &str = "https://github.com/moby/buildkit/blob/master/util/resolver/resolver.go";
const CERTS_D: &str = "https://github.com/containers/image/blob/main/docs/containers-certs.d.5.md";
const REGISTRIES: &str = "https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md";

const CRT: Look = Look::Extensions(&["crt"]);

/// `docker`: the engine, for each registry with a directory.
const DOCKER: Client = Client::new(
    "docker",
    "Docker Engine",
    "The system's roots as Go reads them, and for each registry the .crt files of its directory in certs.d.",
    Rule::Each(
        |survey| registries(survey, &engine_places(survey)),
        &Rule::All(&[SYSTEM_POOL, Leaf::path("{directory}").look(CRT).says(DOCKER_CERTIFICATES)]),
    ),
)
.judged_by(&policy::go::GO)
.on(&[Linux])
.edit(Edit::Via(
    "a .crt file in /etc/docker/certs.d/REGISTRY:PORT; or the system's store, and a restart of the engine",
));

/// `docker-cli`: the command line that reaches an engine over TLS.
const DOCKER_CLI: Client = Client::new(
    "docker-cli",
    "the Docker command line",
    "Where TLS is asked for: ca.pem of DOCKER_CERT_PATH, else of ~/.docker, and nothing of the system's.",
    Rule::Each(
        docker_cli,
        &Rule::All(&[
            // TLS without verification; the other variable asks for both.
            Leaf::switch("DOCKER_TLS")
                .when(|value| !value.is_empty())
                .unless(&"DOCKER_TLS_VERIFY")
                .says(DOCKER_OPTIONS),
            Rule::First(&[
                Leaf::setting("ca.pem of DOCKER_CERT_PATH", authority_of_engine)
                    .look(Look::Blocks)
                    .says(DOCKER_OPTIONS),
                Leaf::path("{config}/ca.pem").look(Look::Blocks).missing(Then::Refuse).says(DOCKER_ENDPOINT),
            ]),
        ]),
    ),
)
.judged_by(&policy::go::GO)
.reads(&["DOCKER_CERT_PATH", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY"])
.edit(Edit::Via("ca.pem in the directory of DOCKER_CERT_PATH"));

/// `containerd`: each registry with a directory.
const CONTAINERD: Client = Client::new(
    "containerd",
    "containerd",
    "The system's roots as Go reads them, and for each registry the files that `ca` of its hosts.toml names, else the \
     .crt files beside it.",
    Rule::Each(
        containerd,
        &Rule::All(&[
            Leaf::switch_setting("skip_verify", unverified).says(HOSTS),
            SYSTEM_POOL,
            Leaf::setting("ca", named).look(Look::Blocks).every().says(HOSTS),
            Leaf::path("{directory}")
                .look(CRT)
                .except(&(HOSTS_TOML, "not looked at, because there is a hosts.toml"))
                .says(HOSTS_CODE),
        ]),
    ),
)
.judged_by(&policy::go::GO)
.on(&[Linux])
.edit(Edit::Via("a file that `ca` in /etc/containerd/certs.d/REGISTRY/hosts.toml names"));

/// `buildkit`: each registry of `buildkitd.toml`.
const BUILDKIT: Client = Client::new(
    "buildkit",
    "BuildKit",
    "The system's roots as Go reads them, and for each registry the files that buildkitd.toml names, and the .crt \
     files of the directories it names.",
    Rule::Each(
        buildkit,
        &Rule::All(&[
            Leaf::switch_setting("insecure", |survey, i| of_buildkit(survey, i, "insecure")).says(BUILDKIT_CODE),
            SYSTEM_POOL,
            Leaf::setting("ca", |survey, i| of_buildkit(survey, i, "ca")).look(Look::Blocks).every().says(BUILDKITD),
            Leaf::setting("tlsconfigdir", |survey, i| of_buildkit(survey, i, "tlsconfigdir"))
                .look(CRT)
                .missing(Then::Pass)
                .every()
                .says(BUILDKIT_CODE),
        ]),
    ),
)
.judged_by(&policy::go::GO)
.reads(&["XDG_CONFIG_HOME"])
.on(&[Linux])
.edit(Edit::Via("`ca` of the registry in buildkitd.toml"));

/// `podman`: Podman, Buildah, Skopeo and CRI-O, for each registry with a directory.
const PODMAN: Client = Client::new(
    "podman",
    "Podman, Buildah, Skopeo and CRI-O",
    "The system's roots as Go reads them, and for each registry the .crt files of the first directory it has: the \
     user's, /etc/containers/certs.d, /etc/docker/certs.d.",
    Rule::Each(
        podman,
        &Rule::All(&[
            Leaf::switch_setting("insecure", insecure_of_podman).says(REGISTRIES),
            SYSTEM_POOL,
            Leaf::path("{directory}").look(CRT).says(CERTS_D),
        ]),
    ),
)
.judged_by(&policy::go::GO)
.on(&[Linux])
.edit(Edit::Via("a .crt file in /etc/containers/certs.d/REGISTRY:PORT, or the system's store"));

/// Where the engine looks, the user's own where it runs without root.
fn engine_places(survey: &Survey<'_>) -> Vec<PathBuf> {
    let own = survey.config_home().map(|config| config.join("docker/certs.d"));
    std::iter::once(PathBuf::from("/etc/docker/certs.d")).chain(own).collect()
}

/// An installation for each directory in these, of which the first with a name counts.
fn registries(survey: &Survey<'_>, places: &[PathBuf]) -> Vec<Arc<Installation>> {
    let mut found: Vec<Arc<Installation>> = Vec::new();
    let directories = places.iter().flat_map(|place| survey.host.children(place));
    for directory in directories.filter(|directory| survey.host.is_directory(directory)) {
        let is_known = found.iter().any(|one| one.at.file_name() == directory.file_name());
        if !is_known {
            found.push(Arc::new(Installation {
                at: directory.clone(),
                places: vec![("directory", directory)],
                because: "certs.d".to_owned(),
                ..Installation::default()
            }));
        }
    }
    found
}

/// The command line, where its variables ask for TLS.
fn docker_cli(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    if survey.set("DOCKER_TLS_VERIFY").is_none() && survey.set("DOCKER_TLS").is_none() {
        return Vec::new();
    }
    let config = survey.set("DOCKER_CONFIG").or_else(|| survey.in_home(".docker"));
    let one = |at: PathBuf| Installation {
        at,
        places: config.clone().map(|directory| ("config", directory)).into_iter().collect(),
        because: "PATH".to_owned(),
        ..Installation::default()
    };
    let of = |at: PathBuf| {
        let mut found = one(at.clone());
        survey.add_go(&mut found, &at);
        Arc::new(found)
    };
    survey.programs("docker").into_iter().map(of).collect()
}

fn authority_of_engine(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    let file = survey.set("DOCKER_CERT_PATH").map(|directory| directory.join("ca.pem").into_os_string());
    file.map(|value| Setting { value, source: Source::Variable("DOCKER_CERT_PATH".to_owned()) }).into_iter().collect()
}

/// The mark of a directory with a `hosts.toml`.
const HOSTS_TOML: &str = "hosts-toml";

/// Where containerd is told to look; it is used where its configuration says so, and by nerdctl always.
fn containerd(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let text = survey.host.settings(Path::new("/etc/containerd/config.toml")).unwrap_or_default();
    let configured = text.parse::<Table>().ok().and_then(|table| find(&table, "config_path"));
    let list = configured.clone().filter(|list| !list.is_empty());
    let places = list.unwrap_or_else(|| "/etc/containerd/certs.d".to_owned());
    let places: Vec<PathBuf> = places.split(':').map(PathBuf::from).collect();
    let mut found = registries(survey, &places);
    for one in &mut found {
        let installation = Arc::make_mut(one);
        if survey.host.is_file(&installation.at.join("hosts.toml")) {
            installation.marks.push(HOSTS_TOML);
        }
        if configured.is_none() {
            installation.because = "usual place".to_owned();
            installation.unknown.push("whether config_path of the engine names its directory".to_owned());
        }
    }
    found
}

/// The text under a key, however deep: the table in which `config_path` stands has another name in each
/// version of the configuration.
fn find(table: &Table, key: &str) -> Option<String> {
    table.iter().find_map(|(name, value)| match value {
        Value::String(text) if name == key => Some(text.clone()),
        Value::Table(inner) => find(inner, key),
        _ => None,
    })
}

/// The tables of a `hosts.toml`: its own, and one for each `[host."URL"]`.
fn hosts(survey: &Survey<'_>, installation: &Installation) -> Option<(PathBuf, Arc<str>, Vec<Table>)> {
    let file = installation.place("directory")?.join("hosts.toml");
    let text = survey.host.settings(&file)?;
    let table: Table = text.parse().ok()?;
    let inner = table.get("host").and_then(Value::as_table).into_iter().flat_map(|hosts| hosts.values());
    let mut tables: Vec<Table> = inner.filter_map(Value::as_table).cloned().collect();
    tables.push(table);
    Some((file, text, tables))
}

fn named(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let Some((file, text, tables)) = hosts(survey, installation) else { return Vec::new() };
    tables.iter().flat_map(|table| paths(table.get("ca"), &file, &text)).collect()
}

fn unverified(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let Some((file, text, tables)) = hosts(survey, installation) else { return Vec::new() };
    let is_off = |table: &Table| table.get("skip_verify").and_then(Value::as_bool) == Some(true);
    let switch = Setting { value: "true".into(), source: Source::File(file, line(&text, "skip_verify")) };
    tables.iter().any(is_off).then_some(switch).into_iter().collect()
}

/// One path or a list of them, relative to the directory of the file that names them.
fn paths(value: Option<&Value>, file: &Path, text: &str) -> Vec<Setting> {
    let list = match value {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    let place = |name: &str| file.parent().unwrap_or(Path::new("/")).join(name).into_os_string();
    let source = |name: &str| Source::File(file.to_path_buf(), line(text, name));
    list.into_iter().map(|name| Setting { value: place(name), source: source(name) }).collect()
}

/// The first line that holds a word.
fn line(text: &str, word: &str) -> u64 {
    text.lines().position(|line| line.contains(word)).map_or(1, |at| at as u64 + 1)
}

/// Each registry of the configuration of a daemon, with that file.
fn buildkit(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let own = survey.config_home().map(|config| config.join("buildkit/buildkitd.toml"));
    let files = std::iter::once(PathBuf::from("/etc/buildkit/buildkitd.toml")).chain(own);
    let mut found = Vec::new();
    for file in files {
        let text = survey.host.settings(&file).unwrap_or_default();
        let Ok(table) = text.parse::<Table>() else { continue };
        for name in table.get("registry").and_then(Value::as_table).into_iter().flat_map(|list| list.keys()) {
            found.push(Arc::new(Installation {
                at: PathBuf::from(name),
                places: vec![("config", file.clone())],
                because: file.display().to_string(),
                ..Installation::default()
            }));
        }
    }
    found
}

/// What the table of a registry says: a switch, or paths. A relative one starts where the daemon did, which
/// no file tells.
fn of_buildkit(survey: &Survey<'_>, installation: &Installation, key: &str) -> Vec<Setting> {
    let Some(file) = installation.place("config") else { return Vec::new() };
    let text = survey.host.settings(file).unwrap_or_default();
    let Ok(table) = text.parse::<Table>() else { return Vec::new() };
    let own = installation.at.to_str().and_then(|name| table.get("registry")?.get(name)?.get(key));
    match own {
        Some(Value::Boolean(true)) => {
            vec![Setting { value: "true".into(), source: Source::File(file.clone(), line(&text, key)) }]
        }
        list @ Some(Value::Array(_)) => {
            let mut found = paths(list, file, &text);
            found.retain(|setting| Path::new(&setting.value).is_absolute());
            found
        }
        _ => Vec::new(),
    }
}

/// Programs of containers/image; where none is, its directories say nothing.
const PROGRAMS: &[&str] = &["podman", "buildah", "skopeo", "crio"];

fn podman(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let own = survey.in_home(".config/containers/certs.d");
    let places = own.into_iter().chain(["/etc/containers/certs.d", "/etc/docker/certs.d"].map(PathBuf::from));
    let found = registries(survey, &places.collect::<Vec<_>>());
    let is_there = !found.is_empty() && PROGRAMS.iter().any(|name| !survey.programs(name).is_empty());
    if is_there { found } else { Vec::new() }
}

/// `insecure = true` of the registry in the user's `registries.conf`, else in the system's.
fn insecure_of_podman(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let Some(name) = installation.at.file_name().and_then(std::ffi::OsStr::to_str) else { return Vec::new() };
    let own = survey.in_home(".config/containers/registries.conf");
    let files = own.into_iter().chain(std::iter::once(PathBuf::from("/etc/containers/registries.conf")));
    let Some((file, text)) = files.into_iter().find_map(|file| Some((file.clone(), survey.host.settings(&file)?)))
    else {
        return Vec::new();
    };
    let Ok(table) = text.parse::<Table>() else { return Vec::new() };
    let list = table.get("registry").and_then(Value::as_array).into_iter().flatten();
    let is_off = |one: &Value| {
        let location = one.get("location").or_else(|| one.get("prefix")).and_then(Value::as_str);
        location == Some(name) && one.get("insecure").and_then(Value::as_bool) == Some(true)
    };
    let switch = Setting { value: "true".into(), source: Source::File(file, line(&text, "insecure")) };
    list.into_iter().any(is_off).then_some(switch).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::{Use, discover};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    fn uses(client: &'static Client, files: Memory, variables: &[(&str, &str)]) -> Vec<Use> {
        let usual = [("HOME", "/h"), ("PATH", "/usr/bin")];
        let variables = variables.iter().chain(&usual).map(|(name, value)| (name.into(), value.into())).collect();
        let host = Host::new(Box::new(files), System::Linux).with_environment(variables);
        discover(&Survey::new(&host, Default::default()), [client])
    }

    /// What each installation reads, and whether it verifies.
    fn used(uses: &[Use]) -> Vec<(String, bool)> {
        let paths = |found: &Use| {
            let paths = found.effective().map(|one| one.path.as_ref().unwrap().display().to_string());
            paths.collect::<Vec<_>>().join(" ")
        };
        uses.iter().map(|found| (paths(found), !found.is_off())).collect()
    }

    #[test]
    fn the_systems_pool_is_the_row_of_go() {
        assert_eq!(go::CLIENTS[0].id, "go");
    }

    #[test]
    fn docker_adds_the_directory_of_a_registry() {
        let files = Memory::new()
            .file("/etc/ssl/certs/ca-certificates.crt", "")
            .file("/etc/docker/certs.d/registry.corp:5000/ca.crt", "")
            .file("/h/.config/docker/certs.d/other/ca.crt", "");
        let system = "/etc/ssl/certs/ca-certificates.crt /etc/ssl/certs";
        let expected = ["/etc/docker/certs.d/registry.corp:5000", "/h/.config/docker/certs.d/other"];
        let expected = expected.map(|directory| (format!("{system} {directory}"), true));
        assert_eq!(used(&uses(&DOCKER, files, &[])), expected);
        assert!(uses(&DOCKER, Memory::new(), &[]).is_empty());
    }

    #[test]
    fn the_command_line_has_a_file_where_tls_is_asked_for() {
        let files = Memory::new().file("/usr/bin/docker", "").file("/h/.docker/ca.pem", "").file("/c/ca.pem", "");
        assert!(uses(&DOCKER_CLI, files.clone(), &[]).is_empty());
        let with = |variables: &[(&str, &str)]| used(&uses(&DOCKER_CLI, files.clone(), variables));
        assert_eq!(with(&[("DOCKER_TLS_VERIFY", "1")]), [("/h/.docker/ca.pem".to_owned(), true)]);
        let named = [("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", "/c")];
        assert_eq!(with(&named), [("/c/ca.pem".to_owned(), true)]);
        assert_eq!(with(&[("DOCKER_TLS", "1")]), [("/h/.docker/ca.pem".to_owned(), false)]);
        let gone = uses(&DOCKER_CLI, files.clone(), &[("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", "/gone")]);
        assert!(gone[0].refuses().is_some());
    }

    #[test]
    fn containerd_reads_hosts_toml_else_the_files_beside_it() {
        let directory = "/etc/containerd/certs.d/registry.corp";
        let files = Memory::new().file(format!("{directory}/ca.crt"), "").file(format!("{directory}/a.pem"), "");
        assert_eq!(used(&uses(&CONTAINERD, files.clone(), &[])), [(directory.to_owned(), true)]);
        let hosts =
            "server = \"https://registry.corp\"\nca = \"/b.pem\"\n[host.\"https://mirror\"]\n  ca = [\"a.pem\"]\n";
        let with = |text: &str| files.clone().file(format!("{directory}/hosts.toml"), text).file("/b.pem", "");
        assert_eq!(used(&uses(&CONTAINERD, with(hosts), &[])), [(format!("{directory}/a.pem /b.pem"), true)]);
        assert_eq!(used(&uses(&CONTAINERD, with("skip_verify = true\n"), &[])), [(String::new(), false)]);
        let configured = "[plugins.\"io.containerd.cri.v1.images\".registry]\n  config_path = \"/etc/x:/etc/y\"\n";
        let files = files.file("/etc/containerd/config.toml", configured).file("/etc/y/r/ca.crt", "");
        let found = uses(&CONTAINERD, files, &[]);
        assert_eq!((used(&found), found[0].installation.unknown.len()), (vec![("/etc/y/r".to_owned(), true)], 0));
    }

    #[test]
    fn buildkit_has_a_table_for_each_registry() {
        let text = "[registry.\"a:5000\"]\n  ca = [\"/a.pem\", \"/b.pem\"]\n[registry.\"c\"]\n  insecure = true\n";
        let files = Memory::new().file("/etc/buildkit/buildkitd.toml", text).file("/a.pem", "").file("/b.pem", "");
        assert_eq!(used(&uses(&BUILDKIT, files, &[])), [("/a.pem /b.pem".to_owned(), true), (String::new(), false)]);
        let text = "[registry.\"a\"]\n  ca = [\"relative.pem\"]\n  tlsconfigdir = [\"/certs\", \"/gone\"]\n";
        let files = Memory::new().file("/x/buildkit/buildkitd.toml", text).file("/certs/corp.crt", "");
        assert_eq!(used(&uses(&BUILDKIT, files, &[("XDG_CONFIG_HOME", "/x")])), [("/certs".to_owned(), true)]);
    }

    #[test]
    fn podman_takes_the_first_directory_of_a_registry() {
        let files = Memory::new()
            .file("/etc/docker/certs.d/r:5000/ca.crt", "")
            .file("/etc/containers/certs.d/r:5000/ca.crt", "")
            .file("/etc/docker/certs.d/other/ca.crt", "");
        assert!(uses(&PODMAN, files.clone(), &[]).is_empty());
        let files = files.file("/usr/bin/skopeo", "");
        let expected = ["/etc/containers/certs.d/r:5000", "/etc/docker/certs.d/other"].map(|d| (d.to_owned(), true));
        assert_eq!(used(&uses(&PODMAN, files.clone(), &[])), expected);
        let insecure = "[[registry]]\nlocation = \"other\"\ninsecure = true\n";
        let found = used(&uses(&PODMAN, files.file("/etc/containers/registries.conf", insecure), &[]));
        assert_eq!(found.iter().map(|(_, verifies)| *verifies).collect::<Vec<_>>(), [true, false]);
    }
}
