//! Ruby: OpenSSL through its extension, RubyGems and Bundler beside it.
//!
//! What `Net::HTTP` trusts are OpenSSL's default paths. RubyGems adds certificates of its own and what
//! a gemrc names; Bundler takes what a setting names instead of all that. Debian's RubyGems has such a
//! setting built in, so its Bundler goes to the system's bundle and asks for no variable.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::openssl::{BY_FILE, DEFAULT_PATHS, DIRECTORIES, after_store, before_store, default_directory, with_store};
use super::survey::{MULTIARCH, Survey};
use crate::host::split_list;
use crate::model::Version;
use crate::policy;
use crate::settings::ruby;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[RUBY, GEM, BUNDLER];

const REQUEST: &str = "https://github.com/rubygems/rubygems/blob/v3.3.15/lib/rubygems/request.rb";
const CONFIG_FILE: &str = "https://github.com/rubygems/rubygems/blob/v3.3.15/lib/rubygems/config_file.rb";
const FETCHER: &str = "https://github.com/rubygems/rubygems/blob/bundler-v2.3.15/bundler/lib/bundler/fetcher.rb";
const BUNDLE_CONFIG: &str = "https://bundler.io/man/bundle-config.1.html";

/// The mark of a Bundler for which its own settings say how to verify.
const MODE_IN_FILE: &str = "bundle-verify-mode";
/// The mark of a Bundler that was told where certificates are.
const TOLD: &str = "told";
/// Why such a Bundler does not look elsewhere.
const TOLD_INSTEAD: &str = "not looked at, because a setting names a file or a directory";

/// `ruby`: the `openssl` extension of every Ruby, with which Net::HTTP verifies.
const RUBY: Client = Client::new(
    "ruby",
    "Ruby's openssl",
    "The default paths of the OpenSSL that the interpreter's extension is built on.",
    Rule::Each(rubies, &DEFAULT_PATHS),
)
.judged_by(&policy::openssl_programs::RUBY)
.ends(|_| Ends::SelfIssued)
.edit(Edit::SYSTEM);

/// `gem`: RubyGems, which joins everything.
const GEM: Client = Client::new(
    "gem",
    "RubyGems",
    "OpenSSL's default paths, the certificates that RubyGems brings, and :ssl_ca_cert: of a gemrc, all three.",
    Rule::Each(
        |survey| of_rubies(survey, "rubygems.rb"),
        &Rule::All(&[
            Leaf::switch_setting(":ssl_verify_mode:", gem_unverified).says(CONFIG_FILE),
            DEFAULT_PATHS,
            brought(REQUEST),
            Leaf::setting(":ssl_ca_cert:", |survey, i| gemrc(survey, i, ":ssl_ca_cert"))
                .look(Look::BundleOrHash)
                .empty(Then::Bind)
                .says(REQUEST),
        ]),
    ),
)
.judged_by(&policy::openssl_programs::RUBY)
.reads(&["GEMRC"])
.ends(|_| Ends::SelfIssued)
.edit(Edit::Elsewhere("it reads the system's store: add the root there, or set :ssl_ca_cert: in ~/.gemrc"));

/// `bundler`: a setting replaces everything else.
const BUNDLER: Client = Client::new(
    "bundler",
    "Bundler",
    "BUNDLE_SSL_CA_CERT or ssl_ca_cert of its settings, else of a gemrc; else OpenSSL's default paths and RubyGems' certificates.",
    Rule::Each(
        bundlers,
        &Rule::All(&[
            Leaf::switch_setting("ssl_verify_mode", bundle_unverified).says(FETCHER),
            Leaf::switch("BUNDLE_SSL_VERIFY_MODE")
                .when(is_none)
                .except(&(MODE_IN_FILE, "not looked at, because the settings of the project say how"))
                .says(FETCHER),
            Rule::First(&[
                Leaf::setting("ssl_ca_cert", |survey, i| bundle(survey, i, "local", SSL_CA_CERT))
                    .look(Look::BundleOrHash)
                    .empty(Then::Refuse)
                    .says(BUNDLE_CONFIG),
                Leaf::variable("BUNDLE_SSL_CA_CERT")
                    .look(Look::BundleOrHash)
                    .missing(Then::Refuse)
                    .empty(Then::Refuse)
                    .says(BUNDLE_CONFIG),
                Leaf::setting("ssl_ca_cert", |survey, i| bundle(survey, i, "global", SSL_CA_CERT))
                    .look(Look::BundleOrHash)
                    .empty(Then::Refuse)
                    .says(BUNDLE_CONFIG),
                Leaf::setting(":ssl_ca_cert:", |survey, i| gemrc(survey, i, ":ssl_ca_cert"))
                    .look(Look::BundleOrHash)
                    .says(FETCHER),
            ]),
            Rule::First(&[
                Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).except(&(TOLD, TOLD_INSTEAD)).says(BY_FILE),
                Leaf::path("{openssldir}/cert.pem").except(&(TOLD, TOLD_INSTEAD)).says(BY_FILE),
            ]),
            Rule::First(&[
with_store(DIRECTORIES.except(&(TOLD, TOLD_INSTEAD))),
before_store(DIRECTORIES.except(&(TOLD, TOLD_INSTEAD))),
after_store(DIRECTORIES.except(&(TOLD, TOLD_INSTEAD))),
                default_directory(Leaf::path("{openssldir}/certs").except(&(TOLD, TOLD_INSTEAD))),
            ]),
            Leaf::tree("{brought}").look(Look::Extensions(&["pem"])).except(&(TOLD, TOLD_INSTEAD)).says(FETCHER),
        ]),
    ),
)
.judged_by(&policy::openssl_programs::RUBY)
.reads(&["BUNDLE_APP_CONFIG", "BUNDLE_CONFIG", "BUNDLE_GEMFILE", "BUNDLE_USER_CONFIG", "BUNDLE_USER_HOME", "GEMRC"])
.ends(|_| Ends::SelfIssued)
.edit(Edit::Elsewhere("it reads the store of another client: change it there, or set ssl_ca_cert"));

const SSL_CA_CERT: &str = "BUNDLE_SSL_CA_CERT";

/// The certificates beside RubyGems' own code, for the servers that gems come from.
const fn brought(source: &'static str) -> Rule {
    Leaf::tree("{brought}").look(Look::Extensions(&["pem"])).says(source)
}

/// Where version managers keep Rubies.
const MANAGERS: &[(&str, &str, &str)] = &[
    ("RBENV_ROOT", ".rbenv", "versions"),
    ("ASDF_DATA_DIR", ".asdf", "installs/ruby"),
    ("MISE_DATA_DIR", ".local/share/mise", "installs/ruby"),
    ("rvm_path", ".rvm", "rubies"),
    ("", "/usr/local/rvm", "rubies"),
    ("", ".rubies", ""),
    ("", "/opt/rubies", ""),
];

/// Every Ruby on PATH and of version managers, with the OpenSSL of its extension.
fn rubies(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let on_path = survey.programs("ruby").into_iter().map(|program| (program, "PATH"));
    let kept = survey.kept_prefixes(MANAGERS).into_iter().map(|prefix| (prefix.join("bin/ruby"), "version manager"));
    let mut found: Vec<Arc<Installation>> = Vec::new();
    for (program, because) in on_path.chain(kept) {
        let Some(installation) = ruby_at(survey, &program, because) else { continue };
        if !found.iter().any(|known| known.place("library") == installation.place("library")) {
            found.push(Arc::new(installation));
        }
    }
    found
}

/// One Ruby by its program; a shim of a version manager has no library beside it.
fn ruby_at(survey: &Survey<'_>, program: &Path, because: &str) -> Option<Installation> {
    let real = survey.host.resolve(program).ok()?.path;
    let prefix = survey.prefix_of(program)?;
    // Debian's programs are called `ruby3.1`, and several have one prefix.
    let named = real.file_name()?.to_string_lossy().trim_start_matches("ruby").to_owned();
    let libraries = survey.numbered(&prefix.join("lib/ruby"));
    let is_its_own =
        |library: &&PathBuf| library.file_name().is_some_and(|name| name.to_string_lossy().starts_with(named.as_str()));
    // Fedora's has no directory for a version.
    let alone = Some(prefix.join("share/ruby")).filter(|library| survey.host.is_directory(library));
    let library = libraries.iter().find(is_its_own).cloned().or(alone)?;
    let version = library.file_name()?.to_string_lossy().into_owned();
    let mut installation = Installation {
        at: program.to_path_buf(),
        components: whole_version(survey, &prefix, &real, &version)
            .map(|version| ("ruby", version))
            .into_iter()
            .collect(),
        because: because.to_owned(),
        ..Installation::default()
    };
    let etc = if prefix == Path::new("/usr") { PathBuf::from("/etc") } else { prefix.join("etc") };
    installation.places = vec![("prefix", prefix.clone()), ("library", library.clone()), ("etc", etc)];
    match extension(survey, &prefix, &library, &version) {
        Some(extension) => survey.add_openssl_of(&mut installation, &extension),
        None => installation.unknown.push("it has no openssl extension where Ruby's own build puts it".to_owned()),
    }
    Some(installation)
}

/// The version of a Ruby: the directory of its library has that of its interface alone, 3.1.0 for 3.1.2. A shared
/// library has the whole in its name behind the links, `libruby-3.1.so.3.1.2`; a program of one file says
/// `ruby 3.1.2p20`.
fn whole_version(survey: &Survey<'_>, prefix: &Path, program: &Path, interface: &str) -> Option<Version> {
    let interface = Version::parse(interface);
    let is_its_own = |version: &Version| interface.as_ref().is_none_or(|own| version.minor() == own.minor());
    let multiarch = MULTIARCH.iter().map(|triple| prefix.join("lib").join(triple));
    let directories = [prefix.join("lib"), prefix.join("lib64")].into_iter().chain(multiarch);
    let names = directories.flat_map(|directory| survey.names(&directory).to_vec());
    let shared = names.filter_map(|name| {
        let name = name.to_string_lossy().into_owned();
        let (library, version) = name.split_once(".so.")?;
        let is_ruby = library.starts_with("libruby") && version.matches('.').count() == 2;
        Version::parse(version).filter(|version| is_ruby && is_its_own(version))
    });
    let said = || survey.product(&survey.host.resolve(program).ok()?, b"ruby ").filter(is_its_own);
    shared.max().or_else(said).or(interface)
}

/// `openssl.so` of a Ruby: in the directory for its machine, or where Debian and Fedora put that.
fn extension(survey: &Survey<'_>, prefix: &Path, library: &Path, version: &str) -> Option<PathBuf> {
    let machines = ["x86_64-linux", "aarch64-linux", "x86_64-linux-gnu", "aarch64-linux-gnu", "x86_64-linux-musl"];
    let own = machines.iter().map(|machine| library.join(machine));
    let debian = MULTIARCH.iter().map(|triple| prefix.join("lib").join(triple).join("ruby").join(version));
    let gems = prefix.join("lib64/gems/ruby");
    let fedora = survey.names(&gems).iter().rev().find(|name| name.to_string_lossy().starts_with("openssl-")).cloned();
    let others = [Some(prefix.join("lib64/ruby")), fedora.map(|name| gems.join(name))];
    let mut places = own.chain(debian).chain(others.into_iter().flatten());
    places.find_map(|place| Some(place.join("openssl.so")).filter(|file| survey.host.is_file(file)))
}

/// Every Ruby that can load `file`, with what RubyGems brings and Debian tells it.
fn of_rubies(survey: &Survey<'_>, file: &str) -> Vec<Arc<Installation>> {
    let mut found = rubies(survey);
    found.retain_mut(|installation| {
        let installation = Arc::make_mut(installation);
        let directories = load_path(installation);
        let find = |name: &str| {
            let holds = |directory: &&PathBuf| {
                survey.names(directory).iter().any(|known| Some(known.as_os_str()) == Path::new(name).iter().next())
            };
            directories
                .iter()
                .filter(holds)
                .map(|directory| directory.join(name))
                .find(|path| survey.host.resolve(path).is_ok())
        };
        if find(file).is_none() {
            return false;
        }
        installation.places.extend(find("rubygems/ssl_certs").map(|path| ("brought", path)));
        true
    });
    found
}

/// The directories from which a Ruby loads, of those that hold RubyGems and Bundler, in order.
fn load_path(installation: &Installation) -> Vec<PathBuf> {
    let (Some(library), Some(prefix)) = (installation.place("library"), installation.place("prefix")) else {
        return Vec::new();
    };
    let parent = library.parent().unwrap_or(library);
    let version = library.file_name().unwrap_or_default();
    vec![
        parent.join("site_ruby").join(version),
        parent.join("site_ruby"),
        parent.join("vendor_ruby").join(version),
        parent.join("vendor_ruby"),
        prefix.join("share/rubygems"),
        library.clone(),
    ]
}

/// Every Bundler, marked by what its settings say.
fn bundlers(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = of_rubies(survey, "bundler.rb");
    for installation in &mut found {
        let says = |key| !bundle(survey, installation, "local", key).is_empty();
        let global = !bundle(survey, installation, "global", SSL_CA_CERT).is_empty();
        let in_gemrc = gemrc(survey, installation, ":ssl_ca_cert").into_iter().next();
        let by_gem = in_gemrc.is_some_and(|setting| !setting.value.is_empty());
        let told = says(SSL_CA_CERT) || survey.host.variable(SSL_CA_CERT).is_some() || global || by_gem;
        let marks = [told.then_some(TOLD), says("BUNDLE_SSL_VERIFY_MODE").then_some(MODE_IN_FILE)];
        Arc::make_mut(installation).marks.extend(marks.into_iter().flatten());
    }
    found
}

/// The gemrc files, the one that counts first: those of `GEMRC`, the last first, or else the user's,
/// and the machine's (`Gem::ConfigFile#initialize`, `#set_config_file_name`).
fn gemrc_files(survey: &Survey<'_>, installation: &Installation) -> Vec<PathBuf> {
    let mut files = survey.host.variable("GEMRC").map(split_list).unwrap_or_default();
    files.reverse();
    if survey.host.variable("GEMRC").is_none() {
        let user = survey.in_home(".gemrc").filter(|file| survey.host.is_file(file));
        let config = survey.host.variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| survey.in_home(".config"));
        files.extend(user.or_else(|| config.map(|directory| directory.join("gem/gemrc"))));
    }
    files.extend(installation.place("etc").map(|directory| directory.join("gemrc")));
    files
}

/// A key of the first gemrc that has it.
fn gemrc(survey: &Survey<'_>, installation: &Installation, key: &str) -> Vec<Setting> {
    let files = gemrc_files(survey, installation).into_iter();
    let mut found = files.filter_map(|file| setting(survey, file, key));
    found.next().into_iter().collect()
}

/// `:ssl_verify_mode: 0`, which is `OpenSSL::SSL::VERIFY_NONE`.
fn gem_unverified(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    gemrc(survey, installation, ":ssl_verify_mode").into_iter().filter(|setting| is_none(&setting.value)).collect()
}

/// The same of Bundler, where a file says it: the variable comes between the project's and the user's.
fn bundle_unverified(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let key = "BUNDLE_SSL_VERIFY_MODE";
    let mut found = bundle(survey, installation, "local", key);
    if found.is_empty() && survey.host.variable(key).is_none() {
        found = bundle(survey, installation, "global", key);
    }
    found.into_iter().filter(|setting| is_none(&setting.value)).collect()
}

fn is_none(value: &std::ffi::OsStr) -> bool {
    value.to_str().is_some_and(|text| text.trim().parse::<i64>().unwrap_or(0) == 0)
}

/// A key of the project's settings, `local`, or of the user's, `global` (bundler/settings.rb).
fn bundle(survey: &Survey<'_>, _: &Installation, which: &str, key: &str) -> Vec<Setting> {
    let file = if which == "local" { local_settings(survey) } else { global_settings(survey) };
    file.and_then(|file| setting(survey, file, key)).into_iter().collect()
}

fn global_settings(survey: &Survey<'_>) -> Option<PathBuf> {
    let home = || survey.set("BUNDLE_USER_HOME").or_else(|| survey.in_home(".bundle"));
    let named = survey.set("BUNDLE_CONFIG").or_else(|| survey.set("BUNDLE_USER_CONFIG"));
    named.or_else(|| home().map(|directory| directory.join("config")))
}

/// `.bundle/config` beside the Gemfile that is nearest above the current directory.
fn local_settings(survey: &Survey<'_>) -> Option<PathBuf> {
    let host = survey.host;
    let has_gemfile = |directory: &&Path| ["Gemfile", "gems.rb"].iter().any(|name| host.is_file(&directory.join(name)));
    let has_bundle = |directory: &&Path| host.is_directory(&directory.join(".bundle"));
    let given = survey.set("BUNDLE_GEMFILE").map(|file| host.absolute(&file));
    let above = || host.cwd.ancestors().find(has_gemfile).or_else(|| host.cwd.ancestors().find(has_bundle));
    let root = match &given {
        Some(gemfile) => gemfile.parent(),
        None => above(),
    };
    let directory = match survey.set("BUNDLE_APP_CONFIG") {
        Some(directory) if directory.is_absolute() => directory,
        Some(directory) => root?.join(directory),
        None => root?.join(".bundle"),
    };
    Some(directory.join("config"))
}

fn setting(survey: &Survey<'_>, file: PathBuf, key: &str) -> Option<Setting> {
    let value = ruby::value(&survey.host.settings(&file)?, key)?;
    Some(Setting { value: value.text.into(), source: Source::File(file, value.line) })
}

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::testing::{openssl, says};
    use crate::host::memory::Memory;

    fn plain() -> Memory {
        Memory::new()
            .file("/opt/rubies/3.3/bin/ruby", "")
            .file("/opt/rubies/3.3/lib/ruby/3.3.0/x86_64-linux/openssl.so", openssl("/opt/ssl"))
            .file("/opt/rubies/3.3/lib/ruby/3.3.0/rubygems.rb", "")
            .file("/opt/rubies/3.3/lib/ruby/3.3.0/bundler.rb", "")
            .file("/opt/rubies/3.3/lib/ruby/3.3.0/rubygems/ssl_certs/rubygems.org/a.pem", "")
            .file("/opt/ssl/cert.pem", "")
            .file("/a.pem", "")
            .file("/b.pem", "")
    }

    fn debian() -> Memory {
        Memory::new()
            .file("/usr/bin/ruby3.1", "")
            .link("/usr/bin/ruby", "ruby3.1")
            .file("/usr/lib/x86_64-linux-gnu/ruby/3.1.0/openssl.so", openssl("/usr/lib/ssl"))
            .file("/usr/lib/ruby/3.1.0/bundler.rb", "")
            .file("/usr/lib/ruby/3.3.0/x", "")
            .file("/usr/lib/ruby/vendor_ruby/rubygems.rb", "")
            .file("/usr/lib/ssl/cert.pem", "")
            .file("/etc/ssl/certs/ca-certificates.crt", "")
            .file("/a.pem", "")
    }

    const BIN: &str = "/opt/rubies/3.3/bin/ruby:";
    const BROUGHT: &str = "/opt/rubies/3.3/lib/ruby/3.3.0/rubygems/ssl_certs/rubygems.org";

    #[test]
    fn the_version_of_a_ruby_is_more_than_that_of_its_interface() {
        let of = |files: Memory| {
            let host = crate::host::Host::new(Box::new(files), crate::host::System::Linux)
                .with_environment([("PATH".into(), "/usr/bin:/opt/rubies/3.3/bin".into())].into());
            let survey = super::Survey::new(&host, crate::catalogue::survey::Searched::default());
            super::rubies(&survey)[0].version("ruby").unwrap().to_string()
        };
        assert_eq!(of(debian()), "3.1.0");
        assert_eq!(of(debian().file("/usr/lib/x86_64-linux-gnu/libruby-3.1.so.3.1.2", "")), "3.1.2");
        assert_eq!(of(debian().file("/usr/lib/x86_64-linux-gnu/libruby-3.3.so.3.3.5", "")), "3.1.0");
        assert_eq!(of(plain().file("/opt/rubies/3.3/bin/ruby", "\0ruby 3.3.5 (2024-09-03\0")), "3.3.5");
    }

    #[test]
    fn rubies_have_the_openssl_of_their_extension() {
        assert_eq!(says(&plain(), &[], "ruby"), [format!("{BIN} /opt/ssl/cert.pem")]);
        assert_eq!(says(&debian(), &[], "ruby"), ["/usr/bin/ruby: /usr/lib/ssl/cert.pem"]);
        assert_eq!(says(&debian(), &[("SSL_CERT_FILE", "/a.pem")], "ruby"), ["/usr/bin/ruby: /a.pem"]);
        assert_eq!(says(&debian(), &[("SSL_CERT_FILE", "")], "ruby"), ["/usr/bin/ruby:"]);
    }

    #[test]
    fn gem_joins_what_is_brought_and_what_is_named() {
        let with = |text: &str| says(&plain().file("/home/u/.gemrc", text), &[], "gem").remove(0);
        assert_eq!(with(":ssl_ca_cert: /a.pem\n"), format!("{BIN} /opt/ssl/cert.pem {BROUGHT} /a.pem"));
        assert!(with(":ssl_ca_cert: /gone.pem\n").ends_with(" stops"));
        assert!(with(":ssl_verify_mode: 0\n").ends_with(" off"));
        assert!(!with(":ssl_verify_mode: 1\n").ends_with(" off"));
        let files = plain().file("/home/u/.gemrc", ":ssl_ca_cert: /a.pem").file("/x", ":ssl_ca_cert: /b.pem");
        assert!(says(&files, &[("GEMRC", "/x")], "gem")[0].ends_with(" /b.pem"));
        let found = says(&files.file("/x", ""), &[("GEMRC", "/x")], "gem");
        assert_eq!(found, [format!("{BIN} /opt/ssl/cert.pem {BROUGHT}")], "the user's is out of use");
    }

    #[test]
    fn bundler_takes_one_place_instead_of_all() {
        let with = |environment: &[(&str, &str)]| says(&plain(), environment, "bundler").remove(0);
        assert_eq!(with(&[]), format!("{BIN} /opt/ssl/cert.pem {BROUGHT}"));
        assert_eq!(with(&[("BUNDLE_SSL_CA_CERT", "/a.pem")]), format!("{BIN} /a.pem"));
        assert!(with(&[("BUNDLE_SSL_VERIFY_MODE", "0")]).ends_with(" off"));
        let local = plain().file("/Gemfile", "").file("/.bundle/config", "---\nBUNDLE_SSL_CA_CERT: \"/b.pem\"\n");
        assert_eq!(says(&local, &[("BUNDLE_SSL_CA_CERT", "/a.pem")], "bundler"), [format!("{BIN} /b.pem")]);
        let gemrc = plain().file("/home/u/.gemrc", ":ssl_ca_cert: /a.pem");
        assert_eq!(says(&gemrc, &[], "bundler"), [format!("{BIN} /a.pem")]);
    }
}
