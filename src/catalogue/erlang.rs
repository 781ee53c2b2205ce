//! Erlang and Elixir: public_key, and the bundles that hex packages bring.
//!
//! Since OTP 25 `public_key:cacerts_get/0` is the system's set, which httpc and the newer clients of
//! Elixir start from; no `SSL_CERT_FILE` changes it. Older clients carry castore or certifi, and the
//! package manager Hex has roots compiled in.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Roots, Rule, Setting, Source, Then};
use super::survey::Survey;
use crate::host::System::{Bsd, Linux};
use crate::model::Version;
use crate::policy;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[ERLANG, CASTORE, CERTIFI, HEX];

const CACERTS: &str = "https://github.com/erlang/otp/blob/OTP-27.2/lib/public_key/src/pubkey_os_cacerts.erl";
const NOTES: &str = "https://www.erlang.org/doc/apps/public_key/notes.html#public_key-1-17";
const CASTORE_DOC: &str = "https://hexdocs.pm/castore/CAStore.html#file_path/0";
const CERTIFI_DOC: &str = "https://hexdocs.pm/certifi/certifi.html#cacertfile/0";
const HEX_CONFIG: &str = "https://hexdocs.pm/hex/Mix.Tasks.Hex.Config.html#module-config-keys";
const HEX_SSL: &str = "https://github.com/hexpm/hex/blob/v2.1.1/lib/hex/http/ssl.ex";
const HEX_CERTS: &str = "https://github.com/hexpm/hex/blob/v2.1.1/lib/hex/http/certs.ex";

/// `erlang`: `public_key:cacerts_get/0` of every OTP from 25.
const ERLANG: Client = Client::new(
    "erlang",
    "Erlang/OTP's public_key",
    "cacerts_path of the application public_key since OTP 27.2, else the first file of a list.",
    Rule::Each(
        otps,
        &Rule::First(&[
            Leaf::setting("cacerts_path", cacerts_path)
                .look(Look::Blocks)
                .between(&[("public_key", "1.17", "")])
                .says(NOTES),
            listed("/etc/ssl/certs/ca-certificates.crt"),
            listed("/etc/pki/tls/certs/ca-bundle.crt"),
            listed("/etc/ssl/ca-bundle.pem"),
            listed("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
            Leaf::path("/etc/ssl/cert.pem").look(Look::Blocks).on(&[Linux, Bsd]).says(CACERTS),
            Leaf::path("/etc/openssl/certs/cacert.pem").look(Look::Blocks).on(&[Bsd]).says(CACERTS),
            Leaf::path("/etc/openssl/certs/ca-certificates.crt").look(Look::Blocks).on(&[Bsd]).says(CACERTS),
            Leaf::path("/usr/local/share/certs/ca-root-nss.crt").look(Look::Blocks).on(&[Bsd]).says(CACERTS),
        ]),
    ),
)
.judged_by(&policy::unread::ERLANG)
.refuses_strangers()
.reads(&["ERL_AFLAGS", "ERL_FLAGS", "ERL_ZFLAGS"])
.ends(|_| Ends::SelfIssued)
.edit(Edit::SYSTEM)
.roots(Roots::Public);

const fn listed(path: &'static str) -> Rule {
    Leaf::path(path).look(Look::Blocks).on(&[Linux]).says(CACERTS)
}

/// `elixir-castore`: the bundle of the package castore in the project of the current directory.
const CASTORE: Client = Client::new(
    "elixir-castore",
    "Elixir's castore",
    "The bundle that CAStore.file_path() names: the one in the package's priv directory.",
    Rule::Each(
        |survey| packages(survey, "castore"),
        &Leaf::path("{bundle}").look(Look::Blocks).missing(Then::Refuse).says(CASTORE_DOC),
    ),
)
.judged_by(&policy::unread::ERLANG)
.refuses_strangers()
.ends(|_| Ends::SelfIssued)
.edit(Edit::Rewrite)
.lost_by("the next upgrade of castore in the project", "");

/// `erlang-certifi`: that of certifi, which hackney verifies with.
const CERTIFI: Client = Client::new(
    "erlang-certifi",
    "Erlang's certifi",
    "The bundle that certifi:cacertfile() names: the one in the package's priv directory.",
    Rule::Each(
        |survey| packages(survey, "certifi"),
        &Leaf::path("{bundle}").look(Look::Blocks).missing(Then::Refuse).says(CERTIFI_DOC),
    ),
)
.judged_by(&policy::unread::ERLANG)
.refuses_strangers()
.ends(|_| Ends::SelfIssued)
.edit(Edit::Rewrite)
.lost_by("the next upgrade of certifi in the project", "");

/// `hex`: the package manager, which mix runs.
const HEX: Client = Client::new(
    "hex",
    "Hex",
    "HEX_CACERTS_PATH, else cacerts_path of hex.config, else roots compiled in.",
    Rule::Each(
        hexes,
        &Rule::All(&[
            Leaf::switch("HEX_UNSAFE_HTTPS")
                .when(|value| ["1", "true", "TRUE"].iter().any(|word| value == *word))
                .says(HEX_CONFIG),
            Leaf::switch_setting("unsafe_https", |survey, _| {
                let unset = survey.host.variable("HEX_UNSAFE_HTTPS").is_none();
                hex_config(survey, "unsafe_https").into_iter().filter(|found| unset && found.value == "true").collect()
            })
            .says(HEX_CONFIG),
            Rule::First(&[
                Leaf::variable("HEX_CACERTS_PATH")
                    .look(Look::UnlessBad)
                    .missing(Then::Refuse)
                    .empty(Then::Refuse)
                    .says(HEX_CERTS),
                Leaf::setting("cacerts_path", |survey, _| hex_config(survey, "cacerts_path"))
                    .look(Look::UnlessBad)
                    .empty(Then::Refuse)
                    .says(HEX_CERTS),
                Leaf::opaque(&("{compiled}", "Mozilla's roots compiled into Hex")).public().says(HEX_SSL),
            ]),
        ]),
    ),
)
.judged_by(&policy::unread::ERLANG)
.refuses_strangers()
.reads(&["HEX_HOME", "MIX_ARCHIVES", "MIX_HOME", "MIX_XDG", "XDG_CONFIG_HOME", "XDG_DATA_HOME"])
.ends(|_| Ends::SelfIssued)
.edit(Edit::Never("its roots are compiled in: name a file with HEX_CACERTS_PATH"));

/// `partial_chain` of lib/hex/http/ssl.ex is given the roots compiled in, whatever is named.
const NAMED_TOO: &str =
    "a chain that brings a certificate with the key of a root compiled in ends there, whatever is named";

/// Where version managers keep Erlangs.
const MANAGERS: &[(&str, &str, &str)] = &[
    ("ASDF_DATA_DIR", ".asdf", "installs/erlang"),
    ("MISE_DATA_DIR", ".local/share/mise", "installs/erlang"),
    ("", ".kerl/installs", ""),
];

/// Every OTP whose public_key knows the system's certificates.
fn otps(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let on_path = survey.programs("erl");
    let kept = survey.kept_prefixes(MANAGERS).into_iter().map(|prefix| prefix.join("bin/erl"));
    let mut found: Vec<Arc<Installation>> = Vec::new();
    for program in on_path.into_iter().chain(kept) {
        let Some(prefix) = survey.prefix_of(&program) else { continue };
        let Some((application, version)) = public_key(survey, &prefix) else { continue };
        let known = found.iter().any(|known| known.place("application") == Some(&application));
        if known || !version.is_between("1.13", "") {
            continue;
        }
        found.push(Arc::new(Installation {
            at: program,
            components: vec![("public_key", version)],
            places: vec![("application", application)],
            because: "erl".to_owned(),
            ..Installation::default()
        }));
    }
    found
}

/// The newest application public_key below a root, by the version in its name.
fn public_key(survey: &Survey<'_>, prefix: &Path) -> Option<(PathBuf, Version)> {
    let one = |library: PathBuf| {
        let names = survey.names(&library);
        let versions = names.iter().filter_map(|name| {
            let version = Version::parse(name.to_str()?.strip_prefix("public_key-")?)?;
            Some((library.join(name), version))
        });
        versions.max_by(|one, other| one.1.cmp(&other.1))
    };
    [prefix.join("lib"), prefix.join("lib/erlang/lib")].into_iter().find_map(one)
}

/// `-public_key cacerts_path '"/a.pem"'` in the variables whose flags `erl` takes. Those of a release
/// stand in its sys.config, which no convention leads to.
fn cacerts_path(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    let one = |name: &str| {
        let flags = survey.host.variable(name)?.to_str()?;
        let (_, rest) = flags.split_once("-public_key cacerts_path ")?;
        let value = rest.trim_start().trim_start_matches(['\'', '"', '\\']);
        let end = value.find(['"', '\'', '\\', ' ']).unwrap_or(value.len());
        Some(Setting { value: value[..end].into(), source: Source::Variable(name.to_owned()) })
    };
    // What comes last on the line counts: ERL_ZFLAGS, ERL_FLAGS, ERL_AFLAGS.
    ["ERL_ZFLAGS", "ERL_FLAGS", "ERL_AFLAGS"].into_iter().find_map(one).into_iter().collect()
}

/// The bundles of a hex package in the project of the current directory: as a dependency, and as mix
/// and rebar3 build it.
fn packages(survey: &Survey<'_>, package: &'static str) -> Vec<Arc<Installation>> {
    let host = survey.host;
    let built = |name: &str| {
        let directory = host.cwd.join(name);
        host.children(&directory).into_iter().map(|environment| environment.join("lib")).collect::<Vec<_>>()
    };
    let places = [vec![host.cwd.join("deps")], built("_build")].concat();
    let mut seen = Vec::new();
    let one = |place: PathBuf| {
        let at = place.join(package);
        let bundle = host.resolve(&at.join("priv/cacerts.pem")).ok()?.path;
        // mix links the priv directory of what it builds to the dependency's.
        if seen.contains(&bundle) {
            return None;
        }
        seen.push(bundle);
        let bundle = at.join("priv/cacerts.pem");
        let because = "current directory".to_owned();
        Some(Arc::new(Installation { at, places: vec![("bundle", bundle)], because, ..Installation::default() }))
    };
    places.into_iter().filter_map(one).collect()
}

/// Every Hex that mix has as an archive.
fn hexes(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let home = survey.set("MIX_HOME").or_else(|| in_xdg(survey, "XDG_DATA_HOME", ".local/share", "mix"));
    let home = home.or_else(|| survey.in_home(".mix"));
    let Some(archives) = survey.set("MIX_ARCHIVES").or_else(|| home.map(|home| home.join("archives"))) else {
        return Vec::new();
    };
    let names = survey.names(&archives);
    // Elixir since 1.18 has a directory for its own version between.
    let nested = names.iter().filter(|name| name.to_string_lossy().starts_with("elixir-"));
    let mut directories: Vec<PathBuf> = nested.map(|name| archives.join(name)).collect();
    directories.push(archives);
    let mut found = Vec::new();
    for directory in directories {
        for name in survey.names(&directory).iter() {
            let Some(version) = name.to_str().and_then(|name| name.strip_prefix("hex-")) else { continue };
            let at = directory.join(name);
            found.push(Arc::new(Installation {
                components: Version::parse(version).map(|version| ("hex", version)).into_iter().collect(),
                places: vec![("compiled", at.join(name).join("ebin/Elixir.Hex.HTTP.Certs.beam"))],
                because: "archive of mix".to_owned(),
                at,
                remarks: vec![NAMED_TOO.to_owned()],
                ..Installation::default()
            }));
        }
    }
    found
}

/// A directory that is used where `MIX_XDG` says so (`find_config_home`, lib/hex/config.ex).
fn in_xdg(survey: &Survey<'_>, variable: &str, usual: &str, name: &str) -> Option<PathBuf> {
    let asked = survey.host.variable("MIX_XDG").is_some_and(|value| value == "1" || value == "true");
    let home = survey.set(variable).or_else(|| survey.in_home(usual)).filter(|_| asked);
    home.map(|home| home.join(name))
}

/// `{cacerts_path,<<"/a.pem">>}.` in hex.config.
fn hex_config(survey: &Survey<'_>, key: &str) -> Vec<Setting> {
    let home = survey.set("HEX_HOME").or_else(|| in_xdg(survey, "XDG_CONFIG_HOME", ".config", "hex"));
    let home = home.or_else(|| survey.in_home(".hex"));
    let Some(file) = home.map(|home| home.join("hex.config")) else { return Vec::new() };
    let text = survey.host.settings(&file).unwrap_or_default();
    let one = |(index, line): (usize, &str)| {
        let value = line.trim().strip_prefix('{')?.strip_prefix(key)?.trim_start().strip_prefix(',')?.trim_start();
        let value = value.trim_end_matches(['.', '}', ' ']).trim_start_matches("<<").trim_end_matches(">>");
        let value = value.trim_end_matches("/utf8").trim_matches('"').into();
        Some(Setting { value, source: Source::File(file.clone(), index as u64 + 1) })
    };
    text.lines().enumerate().find_map(one).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::testing::says;
    use crate::host::memory::Memory;

    fn otp(version: &str) -> Memory {
        Memory::new()
            .file("/usr/lib/erlang/bin/erl", "")
            .link("/usr/bin/erl", "../lib/erlang/bin/erl")
            .file(format!("/usr/lib/erlang/lib/public_key-{version}/ebin/x"), "")
            .file("/etc/ssl/cert.pem", "")
            .file("/etc/ssl/ca-bundle.pem", "")
            .file("/a.pem", "")
    }

    #[test]
    fn the_first_file_of_the_list_counts_and_no_variable() {
        let found = says(&otp("1.13.2"), &[("SSL_CERT_FILE", "/a.pem")], "erlang");
        assert_eq!(found, ["/usr/bin/erl: /etc/ssl/ca-bundle.pem"]);
        assert!(says(&otp("1.12"), &[], "erlang").is_empty(), "it came with OTP 25");
    }

    #[test]
    fn flags_name_a_file_since_27_2() {
        let flags = [("ERL_AFLAGS", "-kernel x 1 -public_key cacerts_path '\"/a.pem\"' -noshell")];
        assert_eq!(says(&otp("1.17"), &flags, "erlang"), ["/usr/bin/erl: /a.pem"]);
        assert_eq!(says(&otp("1.16.4"), &flags, "erlang"), ["/usr/bin/erl: /etc/ssl/ca-bundle.pem"]);
    }

    #[test]
    fn packages_are_those_of_the_project() {
        let files = Memory::new()
            .file("/deps/castore/priv/cacerts.pem", "")
            .link("/_build/dev/lib/castore/priv", "../../../../deps/castore/priv")
            .file("/_build/default/lib/certifi/priv/cacerts.pem", "");
        let found = says(&files, &[], "elixir-castore");
        assert_eq!(found, ["/deps/castore: /deps/castore/priv/cacerts.pem"]);
        let found = says(&files, &[], "erlang-certifi");
        assert_eq!(found, ["/_build/default/lib/certifi: /_build/default/lib/certifi/priv/cacerts.pem"]);
    }

    #[test]
    fn hex_has_roots_compiled_in() {
        let at = "/home/u/.mix/archives/hex-2.1.1";
        let files =
            Memory::new().file(format!("{at}/hex-2.1.1/ebin/Elixir.Hex.HTTP.Certs.beam"), "").file("/a.pem", "");
        let says = |files: &Memory, environment: &[(&str, &str)]| says(files, environment, "hex").remove(0);
        let compiled = format!("{at}: {at}/hex-2.1.1/ebin/Elixir.Hex.HTTP.Certs.beam");
        assert_eq!(says(&files, &[("HEX_UNSAFE_HTTPS", "0")]), compiled);
        assert_eq!(says(&files, &[("HEX_UNSAFE_HTTPS", "1")]), format!("{compiled} off"));
        assert_eq!(says(&files, &[("HEX_CACERTS_PATH", "/a.pem")]), format!("{at}: /a.pem"));
        let set = files.file("/home/u/.hex/hex.config", "{unsafe_https,true}.\n{cacerts_path,<<\"/a.pem\">>}.\n");
        assert_eq!(says(&set, &[]), format!("{at}: /a.pem off"));
        let moved = set.file("/c/hex/hex.config", "{x,1}.\n").file("/d/mix/archives/hex-2.1.1/x", "");
        let xdg = [("MIX_XDG", "1"), ("XDG_CONFIG_HOME", "/c"), ("XDG_DATA_HOME", "/d")];
        assert!(says(&moved, &xdg).starts_with("/d/mix/archives/hex-2.1.1:") && !says(&moved, &xdg).ends_with(" off"));
    }
}
