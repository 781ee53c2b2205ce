//! Package managers that bring roots of their own or name them: Homebrew, Nix, snapd, APT, DNF.

mod apt;

use super::client::{Client, Edit, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::containers::SYSTEM_POOL;
use super::curl::COMPILED_DIRECTORY;
use super::survey::Survey;
use crate::host::System::{Linux, MacOs};
use crate::host::split_list;
use crate::limits::NIX_INCLUDES;
use crate::policy;
use crate::settings::nix;
use crate::settings::server::Names;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[HOMEBREW, NIX, SNAPD, APT, DNF];

const FORMULA: &str = "https://github.com/Homebrew/homebrew-core/blob/HEAD/Formula/c/ca-certificates.rb";
const OPENSSL_FORMULA: &str = "https://github.com/Homebrew/homebrew-core/blob/HEAD/Formula/o/openssl%403.rb";
const NIX_FILE: &str = "https://nix.dev/manual/nix/latest/command-ref/conf-file#conf-ssl-cert-file";
const NIX_CODE: &str = "https://github.com/NixOS/nix/blob/master/src/libstore/filetransfer.cc";
const SNAPD_CLIENT: &str = "https://github.com/canonical/snapd/blob/master/httputil/client.go";
const APT_HTTPS: &str = "https://manpages.debian.org/bookworm/apt/apt-transport-https.1.en.html";
const APT_CONF: &str = "https://manpages.debian.org/bookworm/apt/apt.conf.5.en.html";
const APT_METHOD: &str = "https://salsa.debian.org/apt-team/apt/-/blob/2.6.1/methods/connect.cc";
const LIBREPO: &str = "https://github.com/rpm-software-management/librepo/blob/1.14.5/librepo/handle.c";
const DNF_CONF: &str = "https://dnf.readthedocs.io/en/latest/conf_ref.html#options-for-both-main-and-repo";

/// `homebrew`: the bundle that Homebrew makes for its OpenSSL.
const HOMEBREW: Client = Client::new(
    "homebrew",
    "Homebrew's bundle",
    "The file that the formula ca-certificates wrote when it was installed, for every OpenSSL of Homebrew's: the roots \
     of the keychains or of the system, and Mozilla's.",
    Rule::Each(
        prefixes,
        &Rule::First(&[
            Leaf::path("{prefix}/etc/ca-certificates/cert.pem").look(Look::Blocks).says(FORMULA),
            Leaf::path("{prefix}/etc/openssl@3/cert.pem").look(Look::Blocks).says(OPENSSL_FORMULA),
        ]),
    ),
)
.on(&[Linux, MacOs])
.edit(Edit::Via(
    "brew postinstall ca-certificates, which takes what the keychains or the system have besides Mozilla's roots",
));

/// `nix`: what Nix fetches with.
const NIX: Client = Client::new(
    "nix",
    "Nix",
    "ssl-cert-file of NIX_CONFIG and nix.conf, else NIX_SSL_CERT_FILE, else SSL_CERT_FILE, else the system's bundle, else \
     the one of its own profile.",
    Rule::Each(
        |survey| {
            let is_there = survey.host.is_directory(Path::new("/nix/store"));
            let empty = survey.host.variable("NIX_SSL_CERT_FILE").is_some_and(std::ffi::OsStr::is_empty);
            let one = || Installation {
                because: "/nix/store".to_owned(),
                marks: empty.then_some(OWN_EMPTY).into_iter().collect(),
                ..Installation::default()
            };
            is_there.then(one).map(Arc::new).into_iter().collect()
        },
        &Rule::First(&[
            Leaf::setting("ssl-cert-file", |survey, _| nix_setting(survey)).empty(Then::Bind).says(NIX_FILE),
            Leaf::variable("NIX_SSL_CERT_FILE").missing(Then::Refuse).says(NIX_CODE),
            Leaf::variable("SSL_CERT_FILE")
                .missing(Then::Refuse)
                .except(&(OWN_EMPTY, "not looked at, because NIX_SSL_CERT_FILE is set and empty"))
                .says(NIX_CODE),
            Leaf::path("/etc/ssl/certs/ca-certificates.crt").says(NIX_CODE),
            Leaf::path("/nix/var/nix/profiles/default/etc/ssl/certs/ca-bundle.crt").says(NIX_CODE),
        ]),
    ),
)
.reads(&["NIX_CONFIG", "NIX_CONF_DIR", "NIX_USER_CONF_FILES", "XDG_CONFIG_DIRS", "XDG_CONFIG_HOME"])
.on(&[Linux, MacOs])
.edit(Edit::Via("ssl-cert-file in nix.conf"));

/// `snapd`: the daemon's connections to the store.
const SNAPD: Client = Client::new(
    "snapd",
    "snapd",
    "The system's roots as Go reads them, and every .pem file that snap set system store-certs.NAME wrote.",
    Rule::Each(
        |survey| {
            let is_there = survey.host.is_directory(Path::new("/var/lib/snapd"));
            let one = || Installation { because: "/var/lib/snapd".to_owned(), ..Installation::default() };
            is_there.then(one).map(Arc::new).into_iter().collect()
        },
        &Rule::All(&[
            SYSTEM_POOL,
            Leaf::path("/var/lib/snapd/ssl/store-certs").look(Look::Extensions(&["pem"])).says(SNAPD_CLIENT),
        ]),
    ),
)
.judged_by(&policy::go::GO)
.on(&[Linux])
.edit(Edit::Via("snap set system store-certs.NAME=\"$(cat FILE)\""));

/// `apt`: its method for https.
const APT: Client = Client::new(
    "apt",
    "APT",
    "Acquire::https::CaInfo, else the system's trust, through the TLS library of its method. What is set for a host counts \
     before what is set for all, and what is set for http after what is for https.",
    Rule::Each(
        apt::installations,
        &Rule::All(&[
            Leaf::refusal("apt.conf", apt::refused).says(APT_CONF),
            Leaf::refusal("files of Acquire::https", apt::not_loaded).says(APT_METHOD),
            Leaf::switch_setting("Acquire::https::Verify-Peer", apt::unverified).names(Names::Urls).says(APT_HTTPS),
            Rule::First(&[
                Leaf::setting("Acquire::https::CaInfo", |survey, _| apt::setting(survey, "cainfo"))
                    .names(Names::Urls)
                    .says(APT_HTTPS),
                Leaf::path("{gnutls-trust}").look(Look::Blocks).given(&"gnutls").says(APT_METHOD),
                Rule::All(&[
                    Leaf::path("{openssldir}/cert.pem").given(&"openssl").says(APT_METHOD),
                    Leaf::path("{openssldir}/certs").look(Look::HashLazy).given(&"openssl").says(APT_METHOD),
                ]),
            ]),
        ]),
    ),
)
.judged_by(&policy::gnutls::APT)
.reads(&["APT_CONFIG"])
.on(&[Linux])
.edit(Edit::Via("the system's store, or Acquire::https::CaInfo in /etc/apt/apt.conf.d"));

/// `dnf`: DNF and its successor.
const DNF: Client = Client::new(
    "dnf",
    "DNF",
    "sslcacert of dnf.conf, else the file that the libcurl of its librepo was built with; and the directory of that. A \
     repository may name another.",
    Rule::Each(
        dnfs,
        &Rule::All(&[
            Leaf::switch_setting("sslverify", |survey, _| {
                dnf_setting(survey, "sslverify").into_iter().filter(|setting| is_no(&setting.value)).collect()
            })
            .says(DNF_CONF),
            Rule::First(&[
                Leaf::setting("sslcacert", |survey, _| dnf_setting(survey, "sslcacert")).says(DNF_CONF),
                Leaf::path("{cafile}").missing(Then::Refuse).says(LIBREPO),
                Leaf::path("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem").given(&NO_LIBREPO).says(DNF_CONF),
                Leaf::path("/etc/pki/tls/certs/ca-bundle.crt").given(&NO_LIBREPO).says(DNF_CONF),
            ]),
            COMPILED_DIRECTORY,
        ]),
    ),
)
.on(&[Linux])
.edit(Edit::Via("the system's store, or sslcacert in /etc/dnf/dnf.conf"));

fn prefixes(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let files = ["etc/ca-certificates/cert.pem", "etc/openssl@3/cert.pem"];
    let places = ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"].map(PathBuf::from);
    let used = places.into_iter().filter(|prefix| files.iter().any(|file| survey.host.is_file(&prefix.join(file))));
    let one = |prefix: PathBuf| Installation {
        at: prefix.clone(),
        places: vec![("prefix", prefix)],
        because: "usual place".to_owned(),
        ..Installation::default()
    };
    used.map(one).map(Arc::new).collect()
}

/// The mark of a Nix that was told to look at no variable.
const OWN_EMPTY: &str = "own-variable-empty";

/// `ssl-cert-file`: of `NIX_CONFIG`, else of the last file that has it (`loadConfFile`, src/libstore/globals.cc).
fn nix_setting(survey: &Survey<'_>) -> Vec<Setting> {
    let host = survey.host;
    let own = survey.set("NIX_USER_CONF_FILES").map(|list| split_list(list.as_os_str())).unwrap_or_else(|| {
        let directories = survey.config_home().into_iter().chain(survey.config_directories());
        directories.map(|directory| directory.join("nix/nix.conf")).collect()
    });
    let system = survey.set("NIX_CONF_DIR").unwrap_or_else(|| "/etc/nix".into()).join("nix.conf");
    let files = std::iter::once(system).chain(own.into_iter().rev());
    let mut found: Vec<Setting> = files.flat_map(|file| in_nix(survey, &file, NIX_INCLUDES)).collect();
    let inline = host.variable("NIX_CONFIG").map(|text| nix::values(&text.to_string_lossy())).unwrap_or_default();
    let inline = inline.into_iter().filter(|(name, _)| name == "ssl-cert-file");
    let source = || Source::Variable("NIX_CONFIG".to_owned());
    found.extend(inline.map(|(_, value)| Setting { value: value.text.into(), source: source() }));
    found.pop().into_iter().collect()
}

fn in_nix(survey: &Survey<'_>, file: &Path, depth: usize) -> Vec<Setting> {
    let text = survey.host.settings(file).unwrap_or_default();
    let mut found = Vec::new();
    for (name, value) in nix::values(&text) {
        match &*name {
            nix::INCLUDE if depth > 0 => {
                let included = file.parent().unwrap_or(Path::new("/")).join(&value.text);
                found.extend(in_nix(survey, &included, depth - 1));
            }
            "ssl-cert-file" => {
                let source = Source::File(file.to_path_buf(), value.line);
                found.push(Setting { value: value.text.into(), source });
            }
            _ => {}
        }
    }
    found
}

/// The words of DNF for no.
fn is_no(value: &std::ffi::OsStr) -> bool {
    ["no", "false", "without", "off", "disable", "0"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// The mark of a DNF whose librepo is not found: a host of Red Hat's or Fedora's is taken for granted.
const NO_LIBREPO: &str = "no-librepo";

/// Every dnf on `PATH`: a script, or linked to a library, that fetches with librepo, which names nothing to libcurl that
/// no setting names (held against 4.14.0 on Debian 12, whose librepo 1.14.5 has the libcurl that is built on GnuTLS).
fn dnfs(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let librepo = survey.libraries("librepo.so").into_iter().next();
    let one = |at: PathBuf| {
        let mut found = match &librepo {
            Some(librepo) => survey.libcurl_user(&at, librepo, "PATH"),
            None => Installation { at, because: "PATH".to_owned(), ..Installation::default() },
        };
        found.marks.extend(librepo.is_none().then_some(NO_LIBREPO));
        Arc::new(found)
    };
    survey.programs("dnf").into_iter().map(one).collect()
}

fn dnf_setting(survey: &Survey<'_>, key: &str) -> Vec<Setting> {
    survey.ini(Path::new("/etc/dnf/dnf.conf"), "main", key).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::{Use, discover};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    fn used(client: &'static Client, files: Memory, variables: &[(&str, &str)]) -> Vec<(String, bool)> {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let host = Host::new(Box::new(files), System::Linux).with_environment(variables);
        let uses = discover(&Survey::new(&host, Default::default()), [client]);
        let paths = |found: &Use| {
            found.effective().map(|one| one.path.as_ref().unwrap().display().to_string()).collect::<Vec<_>>().join(" ")
        };
        uses.iter().map(|found| (paths(found), !found.is_off())).collect()
    }

    fn one(path: &str) -> Vec<(String, bool)> {
        vec![(path.to_owned(), true)]
    }

    #[test]
    fn homebrew_has_a_bundle_in_its_prefix() {
        let file = "/home/linuxbrew/.linuxbrew/etc/ca-certificates/cert.pem";
        assert_eq!(used(&HOMEBREW, Memory::new().file(file, ""), &[]), one(file));
        let file = "/opt/homebrew/etc/openssl@3/cert.pem";
        assert_eq!(used(&HOMEBREW, Memory::new().file(file, ""), &[]), one(file));
        assert!(used(&HOMEBREW, Memory::new().file("/usr/local/etc/x", ""), &[]).is_empty());
    }

    #[test]
    fn nix_takes_its_variable_then_openssls_then_the_system() {
        let profile = "/nix/var/nix/profiles/default/etc/ssl/certs/ca-bundle.crt";
        let files = Memory::new().file("/nix/store/x", "").file(profile, "").file("/a.pem", "").file("/b.pem", "");
        assert_eq!(used(&NIX, files.clone(), &[]), one(profile));
        assert_eq!(used(&NIX, files.clone(), &[("SSL_CERT_FILE", "/b.pem")]), one("/b.pem"));
        let both = [("SSL_CERT_FILE", "/b.pem"), ("NIX_SSL_CERT_FILE", "/a.pem")];
        assert_eq!(used(&NIX, files.clone(), &both), one("/a.pem"));
        let empty = [("SSL_CERT_FILE", "/b.pem"), ("NIX_SSL_CERT_FILE", "")];
        assert_eq!(used(&NIX, files.clone(), &empty), one(profile));
        let files = files
            .file("/etc/nix/nix.conf", "!include own.conf\n")
            .file("/etc/nix/own.conf", "ssl-cert-file = /b.pem\n");
        assert_eq!(used(&NIX, files.clone(), &[("NIX_SSL_CERT_FILE", "/a.pem")]), one("/b.pem"));
        assert_eq!(used(&NIX, files.clone(), &[("NIX_CONFIG", "x = 1\nssl-cert-file = /a.pem")]), one("/a.pem"));
        let own = files.file("/x/nix/nix.conf", "ssl-cert-file = /a.pem\n");
        assert_eq!(used(&NIX, own, &[("XDG_CONFIG_HOME", "/x")]), one("/a.pem"));
        assert!(used(&NIX, Memory::new().file("/b.pem", ""), &both).is_empty());
    }

    #[test]
    fn snapd_adds_the_certificates_of_its_store() {
        let files = Memory::new().file("/var/lib/snapd/ssl/store-certs/corp.pem", "");
        assert_eq!(used(&SNAPD, files, &[]), one("/var/lib/snapd/ssl/store-certs"));
        assert!(used(&SNAPD, Memory::new(), &[]).is_empty());
    }

    #[test]
    fn of_the_files_of_apt_the_last_counts() {
        let files = Memory::new()
            .file("/usr/lib/apt/methods/http", "")
            .file("/etc/apt/apt.conf.d/10a", "Acquire::https::CaInfo \"/a.pem\";")
            .file("/etc/apt/apt.conf.d/20b.bak", "Acquire::https::CaInfo \"/gone.pem\";")
            .file("/a.pem", "")
            .file("/b.pem", "");
        assert_eq!(used(&APT, files.clone(), &[]), one("/a.pem"));
        let main =
            files.clone().file("/etc/apt/apt.conf", "acquire { HTTPS { cainfo \"/b.pem\"; verify-peer \"no\"; }; };");
        assert_eq!(used(&APT, main, &[]), [("/b.pem".to_owned(), false)]);
        let first = files.file("/conf", "Acquire::https::CaInfo \"/b.pem\";");
        assert_eq!(used(&APT, first, &[("APT_CONFIG", "/conf")]), one("/a.pem"));
    }

    #[test]
    fn dnf_has_two_settings() {
        let files =
            |text: &str| Memory::new().file("/usr/bin/dnf", "").file("/etc/dnf/dnf.conf", text).file("/a.pem", "");
        assert_eq!(used(&DNF, files("[main]\nsslcacert=/a.pem\n"), &[]), one("/a.pem"));
        assert_eq!(used(&DNF, files("[main]\nsslverify = False\n"), &[]), [(String::new(), false)]);
        let fedora = "/etc/pki/tls/certs/ca-bundle.crt";
        assert_eq!(used(&DNF, files("").file(fedora, ""), &[]), one(fedora));
    }

    /// As DNF 4.14.0 does on Debian 12.
    #[test]
    fn dnf_has_what_the_libcurl_of_its_librepo_was_built_with() {
        use crate::catalogue::survey::linked;
        let (bundle, directory) = ("/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs");
        let curl = format!("\0libcurl/7.88.1\0{bundle}\0x\0{directory}\0");
        // A name of the library's own that is no needed one, so that the text stands among its constants.
        let curl = linked(0, &[(1, "libgnutls.so.30"), (14, &curl)]);
        let files = |text: &str| {
            Memory::new()
                .file("/usr/bin/dnf", "#!/usr/bin/python3\n")
                .file("/etc/dnf/dnf.conf", text)
                .file("/usr/lib/x86_64-linux-gnu/librepo.so.0", linked(0, &[(1, "libcurl-gnutls.so.4")]))
                .file("/usr/lib/x86_64-linux-gnu/libcurl-gnutls.so.4", curl.clone())
                .file("/usr/lib/x86_64-linux-gnu/libgnutls.so.30", "")
                .file(bundle, "")
                .file("/a.pem", "")
        };
        assert_eq!(used(&DNF, files(""), &[("SSL_CERT_FILE", "/a.pem")]), one(&format!("{bundle} {directory}")));
        assert_eq!(used(&DNF, files("[main]\nsslcacert=/a.pem\n"), &[]), one(&format!("/a.pem {directory}")));
    }
}
