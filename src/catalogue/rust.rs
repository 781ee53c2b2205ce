//! Programs built with Rust: what `rustls-native-certs` of each version loads, what is compiled in,
//! and cargo and rustup themselves.
//!
//! A variable that is set, the file's even to nothing, turns the probing off: then only what the
//! variables name is read. Until 0.7.0 `SSL_CERT_DIR` counts for nothing, until 0.8.1 only files named
//! as by hash count in a directory, and until 0.8.2 what is probed is what openssl-probe 0.1 finds.

use super::client::{Client, Edit, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::curl::COMPILED_DIRECTORY;
use super::survey::Survey;
use crate::host::System::{Bsd, Linux};
use crate::limits::CARGO_INCLUDES;
use crate::model::Version;
use crate::policy;
use crate::settings::cargo;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[NATIVE_CERTS, NATIVE_TLS, PROGRAMS, RUSTUP, CARGO];

const CRATE: &str = "https://github.com/rustls/rustls-native-certs/blob/v/0.8.4/src/lib.rs";
const BEFORE_0_8_4: &str = "https://github.com/rustls/rustls-native-certs/blob/v/0.8.3/src/lib.rs";
const BEFORE_0_8_3: &str = "https://github.com/rustls/rustls-native-certs/blob/v/0.8.2/src/unix.rs";
const BEFORE_0_8_2: &str = "https://github.com/rustls/rustls-native-certs/blob/v/0.8.1/src/lib.rs";
const BEFORE_0_8_1: &str = "https://github.com/rustls/rustls-native-certs/blob/v/0.8.0/src/lib.rs";
const BEFORE_0_8: &str = "https://github.com/rustls/rustls-native-certs/blob/v/0.7.3/src/lib.rs";
const BEFORE_0_7_1: &str = "https://github.com/rustls/rustls-native-certs/blob/v/0.7.0/src/lib.rs";
const PROBE: &str = "https://github.com/rustls/openssl-probe/blob/main/src/lib.rs";
const WEBPKI: &str = "https://docs.rs/webpki-roots/latest/webpki_roots/constant.TLS_SERVER_ROOTS.html";
const TLS: &str = "https://docs.rs/crate/native-tls/0.2.14/source/src/imp/openssl.rs";
const CONFIG: &str = "https://doc.rust-lang.org/cargo/reference/config.html#httpcainfo";
const HTTP: &str = "https://github.com/rust-lang/cargo/blob/master/src/cargo/util/network/http.rs";
const CURL: &str = "https://github.com/alexcrichton/curl-rust/blob/main/src/easy/handler.rs";
/// `rust-native-certs`: any program that uses the crate, 0.8.4 or later, or rustls-platform-verifier,
/// which on Linux and BSD asks it. Programs with other versions are among [`PROGRAMS`].
const NATIVE_CERTS: Client = Client::new(
    "rust-native-certs",
    "programs using rustls-native-certs or rustls-platform-verifier",
    "SSL_CERT_FILE and SSL_CERT_DIR if either is set, else the first bundle and every directory of openssl-probe's lists.",
    Rule::Each(|survey| pinned(survey, "any program using rustls-native-certs 0.8.4 or later", "0.8.4"), &LOADED),
)
.judged_by(&policy::unread::RUSTLS)
.on(&[Linux, Bsd])
.edit(Edit::SYSTEM)
// The paths of sources in the messages of panics.
.left_in_programs(b"/rustls-native-certs-");

/// One that stands for every program with such a version of the crate.
fn pinned(survey: &Survey<'_>, because: &str, version: &str) -> Vec<Arc<Installation>> {
    let version = Version::parse(version).map(|version| (NATIVE, version));
    vec![Arc::new(Installation {
        components: version.into_iter().collect(),
        places: survey.openssl_probe(),
        because: because.to_owned(),
        ..Installation::default()
    })]
}

/// The component that the ranges below are of.
pub(super) const NATIVE: &str = "rustls-native-certs";
const WITH_LISTS: &[(&str, &str, &str)] = &[(NATIVE, "0.8.3", "")];
const WITH_PROBE: &[(&str, &str, &str)] = &[(NATIVE, "", "0.8.3")];

/// `load_native_certs`, in every version.
pub(super) const LOADED: Rule = Rule::First(&[
    Rule::All(&[
        env_file().empty(Then::Bind).between(&[(NATIVE, "0.8.1", "")]).says(CRATE),
        // 0.8.0 goes on to the system's when the variables gave nothing.
        env_file().missing(Then::Pass).between(&[(NATIVE, "0.8.0", "0.8.1")]).says(BEFORE_0_8_1),
        env_file().missing(Then::Refuse).empty(Then::Refuse).between(&[(NATIVE, "0.7.1", "0.8.0")]).says(BEFORE_0_8),
        env_file().missing(Then::Refuse).empty(Then::Refuse).between(&[(NATIVE, "", "0.7.1")]).says(BEFORE_0_7_1),
        // A list without a directory in it is as if unset, since 0.8.4; a file without a name is not.
        Leaf::list("SSL_CERT_DIR").look(Look::EveryFile).between(&[(NATIVE, "0.8.4", "")]).says(CRATE),
        Leaf::list("SSL_CERT_DIR")
            .look(Look::EveryFile)
            .empty(Then::Bind)
            .between(&[(NATIVE, "0.8.2", "0.8.4")])
            .says(BEFORE_0_8_4),
        env_directory().empty(Then::Bind).between(&[(NATIVE, "0.8.1", "0.8.2")]).says(BEFORE_0_8_2),
        env_directory().missing(Then::Pass).between(&[(NATIVE, "0.8.0", "0.8.1")]).says(BEFORE_0_8_1),
        env_directory()
            .missing(Then::Refuse)
            .empty(Then::Refuse)
            .between(&[(NATIVE, "0.7.1", "0.8.0")])
            .says(BEFORE_0_8),
    ]),
    Rule::All(&[
        Rule::First(&[
            file("/etc/ssl/certs/ca-certificates.crt"),
            file("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
            file("/etc/pki/tls/certs/ca-bundle.crt"),
            file("/etc/ssl/ca-bundle.pem"),
            file("/etc/pki/tls/cacert.pem"),
            file("/etc/ssl/cert.pem"),
            file("/opt/etc/ssl/certs/ca-certificates.crt"),
            file("/etc/ssl/certs/cacert.pem"),
            Leaf::path("/usr/local/etc/ssl/cert.pem").look(Look::Blocks).on(&[Bsd]).between(WITH_LISTS).says(PROBE),
        ]),
        directory("/etc/ssl/certs").says(PROBE),
        directory("/etc/pki/tls/certs").on(&[Linux]).says(PROBE),
        directory("/etc/security/certificates").on(&[Linux]).says(PROBE),
        directory("/usr/local/share/certs").on(&[Bsd]).says(PROBE),
        Leaf::path("{probed-file}").look(Look::Blocks).between(WITH_PROBE).says(BEFORE_0_8_3),
        Leaf::path("{probed-directory}")
            .look(Look::EveryFile)
            .between(&[(NATIVE, "0.8.2", "0.8.3")])
            .says(BEFORE_0_8_3),
        Leaf::path("{probed-directory}")
            .look(Look::HashNames)
            .between(&[(NATIVE, "0.7.1", "0.8.2")])
            .says(BEFORE_0_8_2),
    ]),
]);

const fn env_file() -> Leaf {
    Leaf::variable("SSL_CERT_FILE").look(Look::Blocks)
}

const fn env_directory() -> Leaf {
    Leaf::variable("SSL_CERT_DIR").look(Look::HashNames)
}

const fn file(path: &'static str) -> Rule {
    Leaf::path(path).look(Look::Blocks).between(WITH_LISTS).says(PROBE)
}

const fn directory(path: &'static str) -> Leaf {
    Leaf::path(path).look(Look::EveryFile).between(WITH_LISTS)
}

/// `rust-native-tls`: any program that uses the crate, which on Linux goes to OpenSSL.
const NATIVE_TLS: Client = Client::new(
    "rust-native-tls",
    "programs using native-tls",
    "SSL_CERT_FILE and SSL_CERT_DIR where they lead somewhere, else one file and one directory that openssl-probe 0.1 finds.",
    Rule::Each(|survey| pinned(survey, "any program using native-tls 0.2 and openssl-probe 0.1", ""), &PROBED),
)
.judged_by(&policy::openssl_clients::NATIVE_TLS)
.on(&[Linux, Bsd])
.edit(Edit::SYSTEM);

/// What openssl-probe 0.1 makes of the variables and the system, read by OpenSSL.
const PROBED: Rule = Rule::All(&[
    Rule::First(&[
        Leaf::variable("SSL_CERT_FILE").missing(Then::Pass).says(TLS),
        Leaf::path("{probed-file}").says(TLS),
    ]),
    PROBED_DIRECTORY,
]);

const PROBED_DIRECTORY: Rule = Rule::First(&[
    Leaf::variable("SSL_CERT_DIR").look(Look::HashLazy).missing(Then::Pass).says(CURL),
    Leaf::path("{probed-directory}").look(Look::HashLazy).says(CURL),
]);

/// `rust-programs`: those known to be built with Rust, by the crates in them.
const PROGRAMS: Client = Client::new(
    "rust-programs",
    "known programs built with Rust",
    "What the crates in them load: roots compiled in, or what rustls-native-certs of that version finds.",
    Rule::Each(
        |survey| programs(survey, NAMES),
        &Rule::First(&[
            Leaf::opaque(&("{program}", OPAQUE)).public().given(&ALONE).says(WEBPKI),
            Rule::All(&[Leaf::opaque(&("{program}", OPAQUE)).public().given(&BESIDE).says(WEBPKI), LOADED]),
        ]),
    ),
)
.judged_by(&policy::rustls::RUSTLS)
.on(&[Linux, Bsd])
.edit(Edit::SYSTEM);

/// `rustup`: with rustls-platform-verifier in it.
const RUSTUP: Client = Client::new(
    "rustup",
    "rustup",
    "What rustls-native-certs loads; curl's way with RUSTUP_USE_CURL is not followed.",
    Rule::Each(|survey| programs(survey, &["rustup"]), &LOADED),
)
.judged_by(&policy::rustls::RUSTLS)
.on(&[Linux, Bsd])
.edit(Edit::SYSTEM);

/// What webpki-roots compiles in.
const OPAQUE: &str = "webpki-roots: names and keys of Mozilla's roots";
/// The mark of a program with those roots and nothing that loads others, and with both.
const ALONE: &str = "webpki-roots-alone";
const BESIDE: &str = "webpki-roots-beside";

/// Programs built with Rust that speak TLS, wherever they come from.
const NAMES: &[&str] = &[
    "sccache",
    "cargo-binstall",
    "cargo-audit",
    "cargo-deny",
    "xh",
    "oha",
    "lychee",
    "pixi",
    "rattler-build",
    "nu",
    "atuin",
    "wasm-pack",
    "trunk",
    "zola",
    "vector",
    "monolith",
    "websocat",
    "feroxbuster",
    "rustscan",
    "miniserve",
    "dufs",
    "topgrade",
];

/// The crates that decide on trust.
const CRATES: &[&str] = &[NATIVE, "webpki-roots", "rustls-platform-verifier", PROVIDER, RUSTLS];
/// rustls itself, and not a crate whose name ends so.
const RUSTLS: &str = "/rustls";
/// The provider of algorithms that rustls has by default since 0.23.
const PROVIDER: &str = "aws-lc-rs";
/// The mark of a program with the other provider.
const RING: &str = "ring";

/// Those of `names` on `PATH` in which one of [`CRATES`] is found.
fn programs(survey: &Survey<'_>, names: &[&str]) -> Vec<Arc<Installation>> {
    let found = survey.programs_among(names).into_iter();
    found.filter_map(|program| installation(survey, &program)).map(Arc::new).collect()
}

fn installation(survey: &Survey<'_>, program: &Path) -> Option<Installation> {
    let mut components = survey.crates(program, CRATES);
    let is_default = components.iter().any(|(known, _)| *known == PROVIDER);
    let rustls = components.iter().find(|(known, _)| *known == RUSTLS).map(|(_, version)| version.clone());
    components.retain(|(known, _)| ![PROVIDER, RUSTLS].contains(known));
    if components.is_empty() {
        return None;
    }
    components.extend(rustls.map(|version| ("rustls", version)));
    let has = |name: &str| components.iter().any(|(known, _)| *known == name);
    let (is_opaque, loads) = (has("webpki-roots"), has(NATIVE) || has("rustls-platform-verifier"));
    let mark = is_opaque.then_some(if loads { BESIDE } else { ALONE });
    let mut unknown = Vec::new();
    if loads && !has(NATIVE) {
        // The verifier has no word of the other crate's version.
        unknown.push(format!("the version of {NATIVE} in it is not known; 0.8.4 is taken"));
        components.extend(Version::parse("0.8.4").map(|version| (NATIVE, version)));
    }
    Some(Installation {
        at: program.to_path_buf(),
        marks: mark.into_iter().chain((!is_default).then_some(RING)).collect(),
        places: survey.openssl_probe().into_iter().chain([("program", program.to_path_buf())]).collect(),
        components,
        because: "PATH".to_owned(),
        unknown,
        ..Installation::default()
    })
}

/// The mark of a cargo that is linked to a shared libcurl, whose own paths count: its crate asks openssl-probe only
/// where OpenSSL is linked in (`ssl_configure`, curl-rust's src/easy/handler.rs; held against 1.96.0 of a distribution).
const SHARED: &str = "libcurl-shared";
const UNASKED: &str = "a cargo with a shared libcurl does not look at it";

/// `cargo`: every cargo on PATH; libcurl with OpenSSL linked in, and openssl-probe 0.1 before it; or the system's.
const CARGO: Client = Client::new(
    "cargo",
    "cargo",
    "CARGO_HTTP_CAINFO, else http.cainfo, else SSL_CERT_FILE, else one file that openssl-probe 0.1 finds; a directory besides. One with a shared libcurl takes what that was built with, and neither variable of OpenSSL.",
    Rule::Each(
        cargos,
        &Rule::All(&[
            Rule::First(&[
                Leaf::variable("CARGO_HTTP_CAINFO").missing(Then::Refuse).empty(Then::Refuse).says(CONFIG),
                Leaf::setting("http.cainfo", cainfo).empty(Then::Refuse).says(HTTP),
                Leaf::variable("SSL_CERT_FILE").missing(Then::Pass).except(&(SHARED, UNASKED)).says(CURL),
                Leaf::path("{probed-file}").missing(Then::Refuse).says(CURL),
                Leaf::path("{cafile}").missing(Then::Refuse).says(CURL),
            ]),
            Rule::First(&[
                Leaf::variable("SSL_CERT_DIR")
                    .look(Look::HashLazy)
                    .missing(Then::Pass)
                    .except(&(SHARED, UNASKED))
                    .says(CURL),
                Leaf::path("{probed-directory}").look(Look::HashLazy).says(CURL),
                COMPILED_DIRECTORY,
            ]),
        ]),
    ),
)
.judged_by(&policy::curl::CURL)
.reads(&["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"])
.on(&[Linux, Bsd])
.edit(Edit::SYSTEM);

fn cargos(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    survey.programs("cargo").into_iter().map(|program| Arc::new(cargo_at(survey, program))).collect()
}

/// A cargo with its libcurl and OpenSSL, which those of Rust's makers have within them.
fn cargo_at(survey: &Survey<'_>, program: PathBuf) -> Installation {
    let started = of_toolchain(survey, &program);
    let binary = started.as_ref().unwrap_or(&program);
    let is_shared = survey.linkage(binary).is_some_and(|linkage| linkage.needs("libcurl").is_some());
    if is_shared {
        let mut found = survey.libcurl_user(&program, binary, "PATH");
        found.marks.push(SHARED);
        return found;
    }
    let mut found = {
        let mut found = Installation { marks: vec!["openssl"], because: "PATH".to_owned(), ..Installation::default() };
        // A libcurl of a crate is named after the release that its makers work at.
        let curl = survey.host.resolve(binary).ok().and_then(|file| survey.version_before(&file, b"-DEV"));
        found.components.extend(curl.map(|version| ("curl", version)));
        if found.version("curl").is_some() {
            survey.add_openssl(&mut found, binary);
        }
        found.at = program;
        found
    };
    found.places.splice(0..0, survey.openssl_probe());
    found
}

/// The cargo that rustup's starts where nothing below a project says otherwise
/// (<https://rust-lang.github.io/rustup/overrides.html>).
fn of_toolchain(survey: &Survey<'_>, program: &Path) -> Option<PathBuf> {
    if !survey.host.is_file(&program.with_file_name("rustup")) {
        return None;
    }
    let home = survey.set("RUSTUP_HOME").or_else(|| survey.in_home(".rustup"))?;
    let name = survey.set("RUSTUP_TOOLCHAIN").or_else(|| {
        let text = survey.host.settings(&home.join("settings.toml"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("default_toolchain = \""))?;
        Some(PathBuf::from(line.split('"').next()?))
    })?;
    Some(home.join("toolchains").join(name).join("bin/cargo")).filter(|file| survey.host.is_file(file))
}

/// `http.cainfo` of the files from the current directory upwards, then of `CARGO_HOME`; relative to
/// the directory that holds the one of the file (<https://doc.rust-lang.org/cargo/reference/config.html>).
fn cainfo(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let host = survey.host;
    let home = survey.set("CARGO_HOME").map(|home| host.absolute(&home)).or_else(|| survey.in_home(".cargo"));
    let mut directories: Vec<PathBuf> = host.cwd.ancestors().map(|directory| directory.join(".cargo")).collect();
    directories.extend(home.filter(|home| !directories.contains(home)));
    let takes_includes = || {
        let started = of_toolchain(survey, &installation.at);
        survey.holds_text(started.as_ref().unwrap_or(&installation.at), INCLUDES)
    };
    let mut left = CARGO_INCLUDES;
    let read = |directory: PathBuf| {
        // The name without an extension stands before the other.
        let file =
            ["config", "config.toml"].map(|name| directory.join(name)).into_iter().find(|file| host.is_file(file))?;
        cainfo_in(survey, &file, &takes_includes, &mut left)
    };
    directories.into_iter().filter_map(read).collect()
}

/// What is left in a cargo that takes `include` without being asked to, which it does since 1.94
/// (`STABILIZED_CONFIG_INCLUDE`, src/cargo/core/features.rs).
const INCLUDES: &[u8] = b"`include` config key is now always available";

/// `http.cainfo` of a file, else of what it includes, of which the last counts (`load_includes`,
/// src/cargo/util/context/mod.rs of 1.94).
fn cainfo_in(survey: &Survey<'_>, file: &Path, takes_includes: &dyn Fn() -> bool, left: &mut usize) -> Option<Setting> {
    let text = survey.host.settings(file)?;
    let directory = file.parent().unwrap_or(file);
    if let Some(value) = cargo::text(&text, "http", "cainfo") {
        let path = directory.parent().unwrap_or(directory).join(&value.text);
        return Some(Setting { value: path.into(), source: Source::File(file.to_path_buf(), value.line) });
    }
    let includes = cargo::includes(&text);
    if includes.is_empty() || !takes_includes() {
        return None;
    }
    includes.iter().rev().find_map(|include| {
        *left = left.checked_sub(1)?;
        cainfo_in(survey, &directory.join(include), takes_includes, left)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::{Searched, linked};
    use crate::discover::{Outcome, Use, discover};
    use crate::host::Host;
    use crate::host::memory::Memory;

    fn uses(files: Memory, environment: &[(&str, &str)], id: &str) -> Vec<Use> {
        let usual = [("PATH", "/bin"), ("HOME", "/home")];
        let environment = environment.iter().chain(&usual).map(|(k, v)| (k.into(), v.into())).collect();
        let mut host = Host::new(Box::new(files), Linux).with_environment(environment);
        host.cwd = "/work/a".into();
        let survey = Survey::new(&host, Searched::default());
        discover(&survey, CLIENTS.iter().filter(|client| client.id == id))
    }

    fn used(files: Memory, environment: &[(&str, &str)], id: &str) -> Vec<String> {
        let found = uses(files, environment, id).remove(0);
        let used = found.candidates.iter().filter(|candidate| candidate.outcome == Outcome::Used);
        used.map(|candidate| candidate.path.as_ref().unwrap().display().to_string()).collect()
    }

    fn debian() -> Memory {
        Memory::new()
            .file("/usr/lib/ssl/cert.pem", "")
            .file("/usr/lib/ssl/certs/0123abcd.0", "")
            .file("/etc/ssl/certs/ca-certificates.crt", "")
            .file("/own.pem", "")
            .file("/own/a", "")
    }

    /// What a program with these crates uses.
    fn with_crates(crates: &str, environment: &[(&str, &str)]) -> Use {
        let mut program = crate::catalogue::survey::golang_tests::program("", "");
        for name in crates.split_whitespace() {
            program.extend(format!("/registry/src/{name}/src/lib.rs").bytes());
        }
        uses(debian().file("/bin/xh", program), environment, "rust-programs").remove(0)
    }

    fn paths(found: &Use) -> String {
        let used = found.candidates.iter().filter(|candidate| candidate.outcome == Outcome::Used);
        used.map(|candidate| candidate.path.as_ref().unwrap().display().to_string()).collect::<Vec<_>>().join(" ")
    }

    /// Held against each version by `tests/oracles/rust.rs`, as what follows.
    #[test]
    fn each_version_probes_in_its_own_way() {
        let of = |crates: &str| paths(&with_crates(crates, &[]));
        let lists = "/etc/ssl/certs/ca-certificates.crt /etc/ssl/certs";
        assert_eq!(of("rustls-native-certs-0.8.4"), lists);
        assert_eq!(of("rustls-native-certs-0.8.3"), lists);
        assert_eq!(of("rustls-native-certs-0.8.2"), "/usr/lib/ssl/cert.pem /usr/lib/ssl/certs");
        assert_eq!(of("rustls-native-certs-0.7.3"), "/usr/lib/ssl/cert.pem /usr/lib/ssl/certs");
        assert_eq!(of("rustls-native-certs-0.7.0"), "/usr/lib/ssl/cert.pem");
        assert_eq!(of("rustls-platform-verifier-0.6.2"), lists);
        assert_eq!(of("webpki-roots-1.0.6"), "/bin/xh");
        assert_eq!(of("webpki-roots-1.0.6 rustls-native-certs-0.8.4"), format!("/bin/xh {lists}"));
        assert_eq!(used(debian(), &[], "rust-native-certs").join(" "), lists);
        assert_eq!(used(debian(), &[], "rust-native-tls").join(" "), "/usr/lib/ssl/cert.pem /usr/lib/ssl/certs");
        let rustup = crate::catalogue::survey::golang_tests::program("", "rustls-platform-verifier-0.6.2/src");
        assert_eq!(used(debian().file("/bin/rustup", rustup), &[], "rustup").join(" "), lists);
    }

    #[test]
    fn each_version_takes_the_variables_in_its_own_way() {
        let both = [("SSL_CERT_FILE", "/own.pem"), ("SSL_CERT_DIR", "/own")];
        let of = |version: &str, environment: &[(&str, &str)]| {
            with_crates(&format!("rustls-native-certs-{version}"), environment)
        };
        for version in ["0.8.4", "0.8.2", "0.8.1", "0.8.0", "0.7.3"] {
            assert_eq!(paths(&of(version, &both)), "/own.pem /own", "{version}");
        }
        assert_eq!(paths(&of("0.6.3", &both)), "/own.pem");
        assert_eq!(paths(&of("0.6.3", &both[1..])), "/usr/lib/ssl/cert.pem");
        let missing = [("SSL_CERT_FILE", "/gone")];
        assert_eq!(paths(&of("0.8.1", &missing)), "");
        assert_eq!(paths(&of("0.8.0", &missing)), "/usr/lib/ssl/cert.pem /usr/lib/ssl/certs");
        assert!(of("0.7.3", &missing).refuses().is_some() && of("0.8.1", &missing).refuses().is_none());
        let empty = [("SSL_CERT_DIR", "")];
        assert_eq!(paths(&of("0.8.3", &empty)), "");
        assert_eq!(paths(&of("0.8.4", &empty)), paths(&of("0.8.4", &[])));
        assert_eq!(used(debian(), &both, "rust-native-tls"), ["/own.pem", "/own"]);
        assert_eq!(used(debian(), &missing, "rust-native-tls"), ["/usr/lib/ssl/cert.pem", "/usr/lib/ssl/certs"]);
    }

    /// As cargo 1.95.0 does.
    #[test]
    fn a_new_cargo_reads_what_its_files_include() {
        let with = |binary: &str, text: &str| {
            let files = debian()
                .file("/bin/cargo", binary)
                .file("/home/.cargo/config.toml", text)
                .file("/home/.cargo/one.toml", "include = ['config.toml', 'two.toml']\n")
                .file("/home/.cargo/two.toml", "http.cainfo = '/own.pem'\n")
                .file("/home/.cargo/three.toml", "http.cainfo = '/gone.pem'\n");
            used(files, &[], "cargo").remove(0)
        };
        let new = "\0The `include` config key is now always available\0";
        assert_eq!(with(new, "include = ['three.toml', 'one.toml']\n"), "/own.pem");
        assert_eq!(with(new, "include = ['three.toml']\n[http]\ncainfo = '/own.pem'\n"), "/own.pem");
        let twice = "include = ['one.toml', 'one.toml', { path = 'no.toml', optional = true }]\n";
        assert_eq!(with(new, twice), "/own.pem");
        assert_eq!(with(new, "include = ['config.toml', 'config.toml']\n"), "/usr/lib/ssl/cert.pem");
        assert_eq!(with("", "include = ['two.toml']\n"), "/usr/lib/ssl/cert.pem");
    }

    #[test]
    fn cargo_looks_upwards_and_then_into_its_home() {
        let files = || {
            debian()
                .file("/bin/cargo", "")
                .file("/work/.cargo/config.toml", "[http]\ncainfo = \"../own.pem\"\n")
                .file("/home/.cargo/config", "http.cainfo = '/own.pem'\n")
        };
        assert_eq!(used(files(), &[], "cargo"), ["/work/../own.pem", "/usr/lib/ssl/certs"]);
        assert_eq!(
            used(debian().file("/bin/cargo", ""), &[], "cargo"),
            ["/usr/lib/ssl/cert.pem", "/usr/lib/ssl/certs"]
        );
        let set = [("CARGO_HTTP_CAINFO", "/own.pem"), ("SSL_CERT_DIR", "/own")];
        assert_eq!(used(files(), &set, "cargo"), ["/own.pem", "/own"]);
        assert!(uses(files(), &[("CARGO_HTTP_CAINFO", "")], "cargo")[0].refuses().is_some());
    }

    /// As the one of a distribution does: `SSL_CERT_FILE=root.pem cargo fetch` asks libcurl's own file alone (1.96.0).
    #[test]
    fn a_cargo_with_a_shared_libcurl_takes_what_that_was_built_with() {
        let library = "/usr/lib/x86_64-linux-gnu/libcurl.so.4";
        // The text stands among its constants, as the library's own name (DT_SONAME).
        let text = "\0libcurl/7.88.1\0/etc/ssl/certs/ca-certificates.crt\0/etc/ssl/certs\0";
        let curl = linked(0, &[(1, "libcrypto.so.3"), (14, text)]);
        let files = debian()
            .file("/etc/ssl/certs/0123abcd.0", "")
            .file("/bin/cargo", linked(0, &[(1, "libcurl.so.4")]))
            .file("/usr/lib/x86_64-linux-gnu/libcrypto.so.3", "OPENSSLDIR: \"/usr/lib/ssl\"")
            .file(library, curl);
        let own = ["/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs"];
        assert_eq!(used(files.clone(), &[], "cargo"), own);
        let set = [("SSL_CERT_FILE", "/own.pem"), ("SSL_CERT_DIR", "/own")];
        assert_eq!(used(files.clone(), &set, "cargo"), own);
        assert_eq!(used(files, &[("CARGO_HTTP_CAINFO", "/own.pem")], "cargo"), ["/own.pem", "/etc/ssl/certs"]);
    }

    #[test]
    fn a_program_without_the_crates_is_none() {
        assert!(uses(debian().file("/bin/xh", "webpki-roots-1.0.6/src"), &[], "rust-programs").is_empty());
        assert!(uses(debian(), &[], "rustup").is_empty());
    }
}
