//! PHP: streams by OpenSSL, curl by its own settings.
//!
//! Each server API reads a php.ini of its own, so the shell and the web server can trust different
//! things. The extension for curl takes `openssl.cafile` before `curl.cainfo`, and sees no variable.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::openssl::{BY_FILE, DIRECTORIES, after_store, before_store, default_directory, with_store};
use super::survey::Survey;
use crate::model::Version;
use crate::policy;
use crate::settings::php;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[PHP, PHP_CURL];

const STREAMS: &str = "https://github.com/php/php-src/blob/PHP-8.2/ext/openssl/xp_ssl.c";
/// Where the extension hands libcurl its file.
pub const CURL: &str = "https://github.com/php/php-src/blob/PHP-8.2/ext/curl/interface.c";

/// The directives of the rows, and the places of the files that have one: most of two dozen have none.
const KEYS: &[&str] = &["openssl.cafile", "openssl.capath", "curl.cainfo"];
const SETTINGS: &str = "settings";

/// The mark of a PHP whose settings name a file or a directory for streams.
const SET: &str = "set";
/// Why streams do not go to OpenSSL's paths then.
const SET_INSTEAD: &str = "not looked at, because php.ini names a file or a directory";
/// `php`: streams such as `file_get_contents`, of every PHP and server API.
const PHP: Client = Client::new(
    "php",
    "PHP's streams",
    "openssl.cafile and openssl.capath of php.ini, else OpenSSL's default paths.",
    Rule::Each(
        phps,
        &Rule::All(&[
            // A file with a bad block is read again, block by block.
            Leaf::setting("openssl.cafile", |survey, i| ini(survey, i, "openssl.cafile"))
                .look(Look::Blocks)
                .says(STREAMS),
            Leaf::setting("openssl.capath", |survey, i| ini(survey, i, "openssl.capath"))
                .look(Look::HashLazy)
                .lists()
                .missing(Then::Bind)
                .says(STREAMS),
            Rule::First(&[
                Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).except(&(SET, SET_INSTEAD)).says(BY_FILE),
                Leaf::path("{openssldir}/cert.pem").except(&(SET, SET_INSTEAD)).says(BY_FILE),
            ]),
            Rule::First(&[
                with_store(DIRECTORIES.except(&(SET, SET_INSTEAD))),
                before_store(DIRECTORIES.except(&(SET, SET_INSTEAD))),
                after_store(DIRECTORIES.except(&(SET, SET_INSTEAD))),
                default_directory(Leaf::path("{openssldir}/certs").except(&(SET, SET_INSTEAD))),
            ]),
        ]),
    ),
)
.judged_by(&policy::openssl_programs::PHP)
.reads(&["PHPRC", "PHP_INI_SCAN_DIR"])
.ends(|_| Ends::SelfIssued)
.edit(Edit::Elsewhere("it reads the system's store: add the root there, or set openssl.cafile"));

/// `php-curl`: the extension, which hands libcurl a file and leaves it its directory.
const PHP_CURL: Client = Client::new(
    "php-curl",
    "PHP's curl extension",
    "openssl.cafile, else curl.cainfo of php.ini, else the file libcurl was built with; and libcurl's directory.",
    Rule::Each(
        php_curls,
        &Rule::All(&[
            Rule::First(&[
                Leaf::setting("openssl.cafile", |survey, i| ini(survey, i, "openssl.cafile")).says(CURL),
                Leaf::setting("curl.cainfo", |survey, i| ini(survey, i, "curl.cainfo")).says(CURL),
                Leaf::path("{cafile}").missing(Then::Refuse).says(CURL),
            ]),
            Leaf::path("{capath}").look(Look::HashLazy).given(&"openssl").says(CURL),
            Leaf::path("{capath}").look(Look::EveryFile).given(&"gnutls").says(CURL),
        ]),
    ),
)
.judged_by(&policy::curl::CURL)
.reads(&["PHPRC", "PHP_INI_SCAN_DIR"])
.edit(Edit::Elsewhere("it reads the system's store: add the root there, or set curl.cainfo"))
.stops_with(policy::refused::CURL);

/// Where version managers keep PHPs.
const MANAGERS: &[(&str, &str, &str)] = &[
    ("PHPENV_ROOT", ".phpenv", "versions"),
    ("ASDF_DATA_DIR", ".asdf", "installs/php"),
    ("MISE_DATA_DIR", ".local/share/mise", "installs/php"),
];

/// Every PHP: on PATH, of version managers, and the server APIs that Debian has beside it.
pub fn phps(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let kept = survey.kept_prefixes(MANAGERS).into_iter().map(|prefix| prefix.join("bin/php"));
    let kept = kept.filter(|program| survey.host.is_file(program));
    let on_path = survey.programs("php");
    let mut found: Vec<_> = on_path.iter().cloned().chain(kept).map(|php| php_at(survey, &php, "cli", &php)).collect();
    for version in survey.numbered(Path::new("/etc/php")) {
        let number = version.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let cli = PathBuf::from(format!("/usr/bin/php{number}"));
        for sapi in ["fpm", "apache2", "cgi"]
            .into_iter()
            .filter(|sapi| survey.host.is_file(&version.join(sapi).join("php.ini")))
        {
            let fpm = PathBuf::from(format!("/usr/sbin/php-fpm{number}"));
            let at = if sapi == "fpm" { fpm } else { version.join(sapi).join("php.ini") };
            found.push(php_at(survey, &at, sapi, if sapi == "fpm" { &at } else { &cli }));
        }
    }
    let named = |installation: &Installation| {
        ["openssl.cafile", "openssl.capath"]
            .iter()
            .any(|key| !ini(survey, installation, key).iter().all(|setting| setting.value.is_empty()))
    };
    for installation in &mut found {
        let mut files = ini_files(survey, installation);
        files.retain(|file| survey.host.settings(file).is_some_and(|text| KEYS.iter().any(|key| text.contains(key))));
        installation.places.extend(files.into_iter().map(|file| (SETTINGS, file)));
        installation.marks.extend(named(installation).then_some(SET));
    }
    found.into_iter().map(Arc::new).collect()
}

/// One PHP of a server API: `binary` is what is linked to OpenSSL, unless an extension is.
fn php_at(survey: &Survey<'_>, at: &Path, sapi: &'static str, binary: &Path) -> Installation {
    let real = survey.host.resolve(binary).map_or_else(|_| binary.to_path_buf(), |found| found.path);
    let prefix = survey.prefix_of(binary).unwrap_or_default();
    let name = real.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let number: String =
        name.chars().skip_while(|c| !c.is_ascii_digit()).take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let mut installation = Installation { at: at.to_path_buf(), because: sapi.to_owned(), ..Installation::default() };
    // What it calls itself to clients (`SAPI_PHP_VERSION_HEADER`, main/SAPI.h); the name of a file ends before the last
    // number.
    let version = survey.version_behind(&real, b"X-Powered-By: PHP/").or_else(|| Version::parse(&number));
    installation.components.extend(version.map(|version| ("php", version)));
    // Debian's default is a script that starts the newest.
    let debian = PathBuf::from("/etc/php");
    let number = if number.is_empty() && prefix == Path::new("/usr") {
        survey
            .numbered(&debian)
            .first()
            .and_then(|d| Some(d.file_name()?.to_string_lossy().into_owned()))
            .unwrap_or_default()
    } else {
        number
    };
    let packed = number.replace('.', "");
    let pairs = [
        (debian.join(&number).join(sapi), "conf.d"),
        (prefix.join("etc/php"), "conf.d"),
        (prefix.join("etc"), "conf.d"),
        (PathBuf::from("/etc").join(format!("php{packed}")), "conf.d"),
        (PathBuf::from("/etc/php"), "conf.d"),
        (PathBuf::from("/etc"), "php.d"),
        (prefix.join("lib"), "conf.d"),
    ];
    let holds = |directory: &Path, scan: &str| {
        survey.host.is_file(&directory.join("php.ini")) || survey.host.is_directory(&directory.join(scan))
    };
    let home = pairs.into_iter().find(|(directory, scan)| holds(directory, scan));
    if let Some((directory, scan)) = home {
        installation.places.extend([("scan", directory.join(scan)), ("ini", directory)]);
    }
    let own = debian_binary(survey, &real, &number);
    survey.add_openssl_of(&mut installation, &own);
    installation.places.push(("binary", own));
    installation
}

/// The program itself where `php` is a script.
fn debian_binary(survey: &Survey<'_>, real: &Path, number: &str) -> PathBuf {
    let numbered = PathBuf::from(format!("/usr/bin/php{number}"));
    if survey.linkage(real).is_none() && survey.host.is_file(&numbered) { numbered } else { real.to_path_buf() }
}

/// The files of settings of a PHP, the one that counts first: those of the directories to scan, the
/// last first, then php.ini (main/php_ini.c).
fn ini_files(survey: &Survey<'_>, installation: &Installation) -> Vec<PathBuf> {
    let host = survey.host;
    let (own, scan) = (installation.place("ini"), installation.place("scan"));
    // An empty part of the list stands for the directory compiled in.
    let directories: Vec<PathBuf> =
        match host.variable("PHP_INI_SCAN_DIR").map(|list| list.to_string_lossy().into_owned()) {
            None => scan.into_iter().cloned().collect(),
            Some(list) if list.is_empty() => Vec::new(),
            Some(list) => {
                let parts = list.split(':').map(|part| if part.is_empty() { scan.cloned() } else { Some(part.into()) });
                parts.flatten().collect()
            }
        };
    let inis = |directory: &PathBuf| {
        let mut files = host.children(&host.absolute(directory));
        files.retain(|file| file.extension().is_some_and(|extension| extension == "ini"));
        files
    };
    let mut files: Vec<PathBuf> = directories.iter().flat_map(inis).collect();
    files.reverse();
    let named = survey.set("PHPRC").map(|path| host.absolute(&path));
    let is_file = |path: &PathBuf| host.is_file(path);
    let main = named.clone().filter(is_file).or_else(|| {
        let directories = || named.iter().chain(own);
        let of_sapi = directories().map(|directory| directory.join(format!("php-{}.ini", installation.because)));
        of_sapi.chain(directories().map(|directory| directory.join("php.ini"))).find(is_file)
    });
    files.extend(main);
    files
}

/// A directive of the settings, where one of the files has it.
pub fn ini(survey: &Survey<'_>, installation: &Installation, key: &str) -> Vec<Setting> {
    let variable = |name: &str| survey.host.variable(name).map(|value| value.to_string_lossy().into_owned());
    let read = |file: PathBuf| {
        let value = php::value(&survey.host.settings(&file)?, key, &variable)?;
        Some(Setting { value: value.text.into(), source: Source::File(file, value.line) })
    };
    let files = installation.places.iter().filter(|(name, _)| *name == SETTINGS).map(|(_, file)| file.clone());
    let mut found = files.filter_map(read);
    found.next().into_iter().collect()
}

/// Every PHP that has the curl extension, with its libcurl.
fn php_curls(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    phps(survey).iter().filter_map(|installation| with_curl(survey, installation)).collect()
}

/// The curl extension of one PHP.
pub fn with_curl(survey: &Survey<'_>, installation: &Installation) -> Option<Arc<Installation>> {
    let binary = installation.place("binary")?;
    let found = survey.libcurl_user(&installation.at, &curl_extension(survey, binary)?, &installation.because);
    let ini = installation.places.iter().filter(|(name, _)| *name == SETTINGS).cloned();
    // Its OpenSSL is libcurl's, which need not be the interpreter's.
    let php = installation.components.iter().filter(|(name, _)| *name == "php").cloned();
    let mut found = Installation { components: php.chain(found.components.iter().cloned()).collect(), ..found };
    found.places.extend(ini);
    Some(Arc::new(found))
}

/// `curl.so` of a PHP, in the directory of its API, or the program itself where it is built in.
fn curl_extension(survey: &Survey<'_>, binary: &Path) -> Option<PathBuf> {
    if survey.linkage(binary).is_some_and(|linkage| linkage.needs("libcurl").is_some()) {
        return Some(binary.to_path_buf());
    }
    let prefix = survey.prefix_of(binary)?;
    let numbered = survey.numbered(&prefix.join("lib/php"));
    let below = survey.names(&prefix.join("lib/php/extensions"));
    let built = below.iter().map(|name| prefix.join("lib/php/extensions").join(name));
    let others = [prefix.join("lib64/php/modules"), prefix.join("lib/php/modules")];
    let mut places = numbered.into_iter().chain(built).chain(others).map(|directory| directory.join("curl.so"));
    places.find(|file| survey.host.is_file(file))
}

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::testing::{openssl, says};
    use crate::host::memory::Memory;

    fn debian() -> Memory {
        Memory::new()
            .file("/usr/bin/php8.2", openssl("/usr/lib/ssl"))
            .file("/usr/sbin/php-fpm8.2", openssl("/usr/lib/ssl"))
            .link("/usr/bin/php", "php8.2")
            .file("/etc/php/8.2/cli/php.ini", "")
            .file("/etc/php/8.2/fpm/php.ini", "openssl.cafile = /fpm.pem\n")
            .file("/usr/lib/ssl/cert.pem", "")
            .file("/etc/ssl/certs/ca-certificates.crt", "")
            .file("/fpm.pem", "")
            .file("/a.pem", "")
            .file("/b.pem", "")
            .file("/hashed/01234567.0", "")
    }

    #[test]
    fn each_server_api_has_settings_of_its_own() {
        let found = says(&debian(), &[], "php");
        assert_eq!(found, ["/usr/bin/php: /usr/lib/ssl/cert.pem", "/usr/sbin/php-fpm8.2: /fpm.pem"]);
    }

    /// As Python, Ruby and Node.js too: OpenSSL 3.0 took a file for a directory, and 3.5 does not.
    #[test]
    fn a_file_in_the_place_of_a_directory_counts_from_3_0_to_3_3() {
        let set = [("SSL_CERT_FILE", "/gone.pem"), ("SSL_CERT_DIR", "/a.pem")];
        assert_eq!(cli(&debian(), &set), "/a.pem");
        let newer = debian().file("/usr/bin/php8.2", "\0OpenSSL 3.5.1 1 Jul 2025\0OPENSSLDIR: \"/usr/lib/ssl\"\0");
        assert_eq!(cli(&newer, &set), "");
    }

    fn cli(files: &Memory, environment: &[(&str, &str)]) -> String {
        says(files, environment, "php").remove(0).strip_prefix("/usr/bin/php:").unwrap().trim().to_owned()
    }

    #[test]
    fn the_last_file_scanned_counts_before_php_ini() {
        let files = debian()
            .file("/etc/php/8.2/cli/php.ini", "openssl.cafile=/gone.pem")
            .file("/etc/php/8.2/cli/conf.d/10-x.ini", "openssl.cafile=/b.pem")
            .file("/etc/php/8.2/cli/conf.d/20-x.ini", "openssl.cafile=/a.pem")
            .file("/rc/php.ini", "openssl.capath=/hashed")
            .file("/two/php.ini", "openssl.capath=\"/etc:/hashed\"")
            .file("/rc.ini", "openssl.cafile=/fpm.pem");
        assert_eq!(cli(&files, &[]), "/a.pem");
        assert_eq!(cli(&files, &[("PHP_INI_SCAN_DIR", "")]), "stops");
        assert_eq!(cli(&files, &[("PHP_INI_SCAN_DIR", ""), ("PHPRC", "/rc")]), "/hashed");
        // OpenSSL splits a list of directories (held against 8.2).
        assert_eq!(cli(&files, &[("PHP_INI_SCAN_DIR", ""), ("PHPRC", "/two")]), "/etc /hashed");
        assert_eq!(cli(&files, &[("PHP_INI_SCAN_DIR", ""), ("PHPRC", "/rc.ini")]), "/fpm.pem");
        assert_eq!(cli(&files, &[("PHP_INI_SCAN_DIR", "/rc:"), ("SSL_CERT_FILE", "/b.pem")]), "/a.pem /hashed");
        assert_eq!(cli(&debian(), &[("SSL_CERT_FILE", "/b.pem")]), "/b.pem");
    }

    #[test]
    fn the_curl_extension_takes_a_file_and_sees_no_variable() {
        // A library that is its own libcurl, since nothing here is an ELF file.
        let library = "\0libcurl/7.88.1\0/etc/ssl/certs/ca-certificates.crt\0";
        let files = debian().file("/usr/lib/php/20220829/curl.so", library);
        let cli = |files: &Memory| says(files, &[("SSL_CERT_FILE", "/a.pem")], "php-curl").remove(0);
        assert_eq!(cli(&files), "/usr/bin/php: /etc/ssl/certs/ca-certificates.crt");
        let both = files.file("/etc/php/8.2/cli/php.ini", "curl.cainfo=/b.pem\nopenssl.cafile=/a.pem\n");
        assert_eq!(cli(&both), "/usr/bin/php: /a.pem");
        let one = both.file("/etc/php/8.2/cli/php.ini", "curl.cainfo=/b.pem\nopenssl.cafile=\n");
        assert_eq!(cli(&one), "/usr/bin/php: /b.pem");
        let gone = one.file("/etc/php/8.2/cli/php.ini", "curl.cainfo=/gone.pem\n");
        assert_eq!(cli(&gone), "/usr/bin/php: stops");
    }
}
