//! Clients of databases: libpq, MariaDB's and MySQL's command line.
//!
//! Unlike browsers and fetchers most of them verify nothing until they are told of a file.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::openssl::{BY_FILE, DIRECTORIES, after_store, before_store, default_directory, with_store};
use super::survey::Survey;
use crate::limits::OPTION_FILES_READ;
use crate::model::Version;
use crate::policy;
use crate::policy::openssl_clients::{PASSWORD_VOUCHES, VERIFIES_NAME};
use crate::settings::{Value, ini};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[LIBPQ, MARIADB];

/// What OpenSSL reads by default, where the system's roots are asked for.
const OPENSSL_DEFAULTS: Rule = Rule::All(&[
    Rule::First(&[
        Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).given(&SYSTEM).says(BY_FILE),
        Leaf::path("{openssldir}/cert.pem").given(&SYSTEM).says(BY_FILE),
    ]),
    Rule::First(&[
        with_store(DIRECTORIES.given(&SYSTEM)),
        before_store(DIRECTORIES.given(&SYSTEM)),
        after_store(DIRECTORIES.given(&SYSTEM)),
        default_directory(Leaf::path("{openssldir}/certs").given(&SYSTEM)),
    ]),
]);

const LIBPQ_SSL: &str = "https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-CERTIFICATES";
const LIBPQ_SERVICE: &str = "https://www.postgresql.org/docs/current/libpq-pgservice.html";
const LIBPQ_CONNECT: &str = "https://github.com/postgres/postgres/blob/REL_15_STABLE/src/interfaces/libpq/fe-connect.c";
const LIBPQ_CODE: &str =
    "https://github.com/postgres/postgres/blob/REL_15_STABLE/src/interfaces/libpq/fe-secure-openssl.c";
const CONNECTOR: &str =
    "https://github.com/mariadb-corporation/mariadb-connector-c/blob/3.3/libmariadb/secure/openssl.c";
const CONNECTOR_TLS: &str = "https://github.com/mariadb-corporation/mariadb-connector-c/blob/3.4/libmariadb/ma_tls.c";
const OPTION_FILES: &str = "https://mariadb.com/kb/en/configuring-mariadb-with-option-files/";
/// Marks of a libpq: that its mode of TLS asks for verification, and that it is told to use the system's roots.
const VERIFIES: &str = "verify";
const SYSTEM: &str = "system";
/// The mark of one that verifies where there is a file, and else takes any certificate.
const LOOSE: &str = "verifies where there is a file";
/// The mark of one whose mode asks for the name of the host as well.
const FULL: &str = "verify-full";

/// `libpq`: psql and every other client of PostgreSQL that uses libpq.
const LIBPQ: Client = Client::new(
    "libpq",
    "PostgreSQL's libpq",
    "The file of sslrootcert, else ~/.postgresql/root.crt. Without it nothing is verified unless sslmode asks for it; \
     `system` stands for the roots of OpenSSL since version 16.",
    Rule::Each(
        libpqs,
        &Rule::First(&[
            Leaf::refusal("values it does not know", refused).says(LIBPQ_CONNECT),
            Leaf::setting("sslrootcert", root_of_service).given(&VERIFIES).says(LIBPQ_SERVICE),
            Leaf::setting("sslrootcert", root_of_service).missing(Then::TurnOff).given(&LOOSE).says(LIBPQ_SERVICE),
            Leaf::variable("PGSSLROOTCERT").missing(Then::Refuse).given(&VERIFIES).says(LIBPQ_SSL),
            Leaf::variable("PGSSLROOTCERT").when(|_| false).given(&SYSTEM).says(LIBPQ_SSL),
            Leaf::variable("PGSSLROOTCERT").missing(Then::TurnOff).given(&LOOSE).says(LIBPQ_SSL),
            Leaf::path("{root}").missing(Then::Refuse).given(&VERIFIES).says(LIBPQ_CODE),
            Leaf::path("{root}").missing(Then::TurnOff).given(&LOOSE).says(LIBPQ_CODE),
            OPENSSL_DEFAULTS,
        ]),
    ),
)
.judged_by(&policy::openssl_clients::LIBPQ)
.reads(&["PGSERVICE", "PGSERVICEFILE", "PGSSLMODE", "PGSYSCONFDIR"])
.edit(Edit::Rewrite);

/// The values of `sslmode`, whose case counts.
const MODES: &[&str] = &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// `mariadb`: the command line of MariaDB. Verification became its default in 11.4.
const MARIADB: Client = Client::new(
    "mariadb",
    "the MariaDB command line",
    "ssl-ca and ssl-capath of the option files. Without either the roots of OpenSSL hold where ssl-verify-server-cert is \
     on, as it is by default since MariaDB 11.4; else nothing is verified.",
    Rule::Each(
        mariadbs,
        &Rule::All(&[
            Leaf::setting("ssl-ca", |survey, i| option(survey, i, "ssl-ca")).empty(Then::Refuse).says(OPTION_FILES),
            Leaf::setting("ssl-capath", |survey, i| option(survey, i, "ssl-capath"))
                .look(Look::HashLazy)
                .missing(Then::Bind)
                .says(CONNECTOR),
            Leaf::switch_setting("no ssl-ca", no_authority).between(&[("mariadb", "", "11.4")]).says(CONNECTOR),
            Leaf::switch_setting("ssl-verify-server-cert", unverified_server)
                .between(&[("mariadb", "11.4", "")])
                .says(CONNECTOR_TLS),
            Leaf::switch("MARIADB_TLS_DISABLE_PEER_VERIFICATION")
                .between(&[("mariadb", "11.4", "")])
                .says(CONNECTOR_TLS),
            OPENSSL_DEFAULTS,
        ]),
    ),
)
.judged_by(&policy::openssl_clients::MARIADB)
.ends(|_| Ends::SelfIssued)
.reads(&["MARIADB_HOME", "MYSQL_HOME"])
.edit(Edit::Via("ssl-ca below [client] in an option file"));

/// Every libpq that a psql uses, with the mode it verifies in.
fn libpqs(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let host = survey.host;
    // Debian's psql is a script that starts one of these.
    let versions = host.children(Path::new("/usr/lib/postgresql")).into_iter().map(|home| home.join("bin/psql"));
    let programs = survey.programs("psql").into_iter().chain(versions.filter(|path| host.is_file(path)));
    let mut found: Vec<Arc<Installation>> = Vec::new();
    for program in programs {
        let Some(linkage) = survey.linkage(&program) else { continue };
        let library = linkage.needs("libpq.so").and_then(|name| survey.find_library(name, &program, &linkage));
        let Some(library) = library.filter(|path| !found.iter().any(|one| one.at == *path)) else { continue };
        let mut one = Installation { because: program.display().to_string(), ..Installation::default() };
        survey.add_tls(&mut one, &library);
        // libpq.so.5.15 is that of PostgreSQL 15.
        let real = host.resolve(&library).map_or_else(|_| library.clone(), |found| found.path);
        let minor = real.to_string_lossy().rsplit_once(".so.5.").and_then(|(_, minor)| Version::parse(minor));
        let knows_system = minor.as_ref().is_none_or(|version| version.is_between("16", ""));
        one.components.splice(0..0, minor.map(|version| ("libpq", version)));
        one.at = library;
        one.places.extend(survey.in_home(".postgresql/root.crt").map(|file| ("root", file)));
        // Before it a file is looked for that is called so: libpq 15.18.
        let is_system = knows_system && root(survey).is_some_and(|root| root == "system");
        let verifies = mode(survey).filter(|mode| mode == "verify-ca" || mode == "verify-full");
        one.marks.push(match &verifies {
            _ if is_system => SYSTEM,
            Some(_) => VERIFIES,
            None => LOOSE,
        });
        one.remarks.extend(without_tls(survey).filter(|_| !is_system).map(str::to_owned));
        // The system's roots are used with that mode alone.
        one.marks.extend((is_system || verifies.is_some_and(|mode| mode == "verify-full")).then_some(FULL));
        found.push(Arc::new(one));
    }
    found
}

/// The mode of TLS that is asked for: the service's stands before the variable's.
fn mode(survey: &Survey<'_>) -> Option<OsString> {
    let own = of_service(survey, "sslmode").map(|setting| setting.value);
    own.or_else(|| survey.host.variable("PGSSLMODE").map(OsStr::to_os_string))
}

/// What becomes of a server that is refused, where its mode leaves the way without TLS open (`PQconnectPoll`, fe-connect.c;
/// seen of 15.18).
fn without_tls(survey: &Survey<'_>) -> Option<&'static str> {
    match mode(survey).as_ref().map_or(Some("prefer"), |mode| mode.to_str()) {
        Some("prefer") => Some("sslmode is prefer: a server that is refused is asked again without TLS"),
        Some("allow") => Some("sslmode is allow: a server is asked without TLS first"),
        Some("disable") => Some("sslmode is disable: no server is asked for TLS"),
        _ => None,
    }
}

/// The root certificate that is asked for, likewise.
fn root(survey: &Survey<'_>) -> Option<OsString> {
    let own = of_service(survey, "sslrootcert").map(|setting| setting.value);
    own.or_else(|| survey.host.variable("PGSSLROOTCERT").map(OsStr::to_os_string))
}

/// The service that `PGSERVICE` names, with the file that has it: the user's file, else the system's. Why libpq stops
/// where none has it, and where the file that is named is not there (`parseServiceInfo`; seen of libpq 15.18).
fn service(survey: &Survey<'_>) -> Option<Result<(PathBuf, ini::Section), String>> {
    let name = survey.host.variable("PGSERVICE")?.to_string_lossy().into_owned();
    let named = survey.set("PGSERVICEFILE").map(|file| survey.host.absolute(&file));
    if let Some(file) = named.as_ref().filter(|file| survey.host.resolve(file).is_err()) {
        return Some(Err(format!("service file \"{}\" not found", file.display())));
    }
    let own = named.or_else(|| survey.in_home(".pg_service.conf"));
    let directories =
        survey.set("PGSYSCONFDIR").map_or_else(|| vec!["/etc/postgresql-common".into(), "/etc".into()], |d| vec![d]);
    let files =
        own.into_iter().chain(directories.into_iter().map(|directory: PathBuf| directory.join("pg_service.conf")));
    let mut sections = files.filter_map(|file| {
        let text = survey.host.settings(&file)?;
        let section = ini::sections(&text).into_iter().skip(1).find(|section| section.name == name)?;
        Some((file, section))
    });
    Some(sections.next().ok_or_else(|| format!("definition of service \"{name}\" not found")))
}

/// A setting of the service that is asked for.
fn of_service(survey: &Survey<'_>, key: &str) -> Option<Setting> {
    let (file, section) = service(survey)?.ok()?;
    let Value { text, line } = section.value(key)?.clone();
    Some(Setting { value: text.into(), source: Source::File(file, line) })
}

/// Why libpq stops before it connects: `connectOptions2` knows its modes by their exact names, an empty one among those it
/// does not (fe-connect.c of REL_15_STABLE), and since version 16 takes none weaker than verify-full beside `system` (the
/// same file of REL_16_STABLE).
fn refused(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let why = match (service(survey), mode(survey)) {
        (Some(Err(why)), _) => Some(why),
        (_, Some(mode)) if !MODES.iter().any(|known| mode == *known) => {
            Some(format!("invalid sslmode value: \"{}\"", mode.to_string_lossy()))
        }
        (_, Some(mode)) if installation.has(SYSTEM) && mode != "verify-full" => {
            Some(format!("weak sslmode \"{}\" may not be used with sslrootcert=system", mode.to_string_lossy()))
        }
        _ => None,
    };
    why.into_iter().map(|why| Setting { value: why.into(), source: Source::BuiltIn }).collect()
}

fn root_of_service(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    of_service(survey, "sslrootcert").filter(|_| !installation.has(SYSTEM)).into_iter().collect()
}

/// Every mariadb on `PATH`, with the version it names, and its OpenSSL where that decides.
fn mariadbs(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let one = |at: PathBuf| {
        let mut found = Installation { because: "PATH".to_owned(), ..Installation::default() };
        let file = survey.host.resolve(&at).ok();
        match file.and_then(|file| survey.version_before(&file, b"-MariaDB")) {
            Some(version) => {
                let by_default = version.is_between("11.4", "");
                found.components.push(("mariadb", version));
                let verifies = by_default || is_asked(survey, &found);
                survey.add_tls(&mut found, &at);
                if verifies && no_option(survey, &found) {
                    found.marks.push(SYSTEM);
                }
                found.marks.extend(verifies.then_some(VERIFIES_NAME));
                found.marks.extend(by_default.then_some(PASSWORD_VOUCHES));
                if by_default && found.has(SYSTEM) {
                    found.remarks.push("a server may also prove itself by the password of the user".to_owned());
                }
            }
            None => {
                found.components.extend(Version::parse("11.3").map(|version| ("mariadb", version)));
                found.unknown.push("its version: it is taken for one before 11.4".to_owned());
            }
        }
        found.at = at;
        Arc::new(found)
    };
    survey.programs("mariadb").into_iter().map(one).collect()
}

/// Groups of option files that the command line reads.
const GROUPS: &[&str] = &["mysql", "mariadb-client", "client", "client-server", "client-mariadb"];
/// Option files that include each other at most (`MAX_ALLOWED_INCLUDES` is 10).
const INCLUDES: usize = 10;

/// What the option files say of TLS, by name: the last in the order of the files.
#[derive(Default)]
struct Options(BTreeMap<String, Setting>);

/// The value of an option.
fn option(survey: &Survey<'_>, _: &Installation, name: &str) -> Vec<Setting> {
    // The newer variable hides the older.
    let home = survey.set("MARIADB_HOME").or_else(|| survey.set("MYSQL_HOME")).map(|home| home.join("my.cnf"));
    let files = [Some("/etc/my.cnf".into()), Some("/etc/mysql/my.cnf".into()), home, survey.in_home(".my.cnf")];
    let read = || {
        let (mut found, mut left) = (Options::default(), OPTION_FILES_READ);
        for file in files.into_iter().flatten() {
            read_options(survey, &file, INCLUDES, &mut left, &mut found);
        }
        found
    };
    let found = survey.once(Path::new(""), || Some(read()));
    found.and_then(|found| found.0.get(name).cloned()).into_iter().collect()
}

/// Takes the options of a file and of those it includes. Each line that includes counts, whatever it leads to.
fn read_options(survey: &Survey<'_>, file: &Path, depth: usize, left: &mut usize, found: &mut Options) {
    let Some(rest) = left.checked_sub(1) else { return };
    *left = rest;
    let Some(sections) = survey.parsed(file, ini::sections) else { return };
    for section in &*sections {
        let is_read = GROUPS.contains(&section.name.as_str());
        for (key, value) in &section.values {
            if let Some(named) = key.strip_prefix("!include") {
                let Some(rest) = left.checked_sub(1) else { return };
                *left = rest;
                let mut below = match named.strip_prefix("dir") {
                    Some(directory) => survey.host.children(Path::new(directory.trim())),
                    None => vec![PathBuf::from(named.trim())],
                };
                below.retain(|path| named.strip_prefix("dir").is_none() || path.extension() == Some(OsStr::new("cnf")));
                for file in below.iter().filter(|_| depth > 0) {
                    read_options(survey, file, depth - 1, left, found);
                }
            }
            let name = key.replace('_', "-");
            let name = name.trim_start_matches("loose-");
            if is_read && name.contains("ssl-") {
                let setting = Setting {
                    value: unquoted(&value.text).into(),
                    source: Source::File(file.to_path_buf(), value.line),
                };
                found.0.insert(name.to_owned(), setting);
            }
        }
    }
}

/// A value without the comment behind it and without its quotes: `#` begins one outside of quotes (`remove_end_comment`,
/// mysys/my_default.c).
fn unquoted(value: &str) -> &str {
    let (mut quote, mut escaped) = (None, false);
    let end = value.char_indices().find(|(_, letter)| {
        let is_comment = quote.is_none() && *letter == '#';
        match (letter, quote) {
            _ if escaped => {}
            ('"' | '\'', None) => quote = Some(*letter),
            (letter, Some(open)) if *letter == open => quote = None,
            _ => {}
        }
        escaped = !escaped && quote.is_some() && *letter == '\\';
        is_comment
    });
    let value = end.and_then(|(end, _)| value.get(..end)).unwrap_or(value).trim();
    let inner = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    inner.unwrap_or(value)
}

/// Whether verification is asked for: without an authority OpenSSL's defaults then hold, before 11.4 too
/// (`ma_tls_set_certs` of Connector/C 3.3; seen of 10.11).
fn is_asked(survey: &Survey<'_>, installation: &Installation) -> bool {
    !option(survey, installation, "ssl-verify-server-cert").is_empty()
        && unverified_server(survey, installation).is_empty()
}

/// Whether no option names an authority.
fn no_option(survey: &Survey<'_>, installation: &Installation) -> bool {
    ["ssl-ca", "ssl-capath"].iter().all(|name| option(survey, installation, name).is_empty())
}

/// What turns verification off by being absent.
fn no_authority(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let is_off = no_option(survey, installation) && !is_asked(survey, installation);
    let found = is_off.then(|| Setting { value: "".into(), source: Source::BuiltIn });
    found.into_iter().collect()
}

/// The option of that name where it says no, and the one that begins with `skip-` or `disable-`.
fn unverified_server(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let named = option(survey, installation, "ssl-verify-server-cert");
    let no = |value: &OsStr| ["0", "off", "false"].iter().any(|word| value.eq_ignore_ascii_case(word));
    let off = named.into_iter().filter(|setting| no(&setting.value));
    let prefixed = ["skip-", "disable-"].map(|prefix| format!("{prefix}ssl-verify-server-cert"));
    off.chain(prefixed.iter().flat_map(|name| option(survey, installation, name))).take(1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::{Use, discover};
    use crate::host::memory::{Memory, linux as host};

    /// The values of a setting, with the line of each.
    fn values(found: Vec<Setting>) -> Vec<String> {
        found.into_iter().map(|setting| setting.value.into_string().unwrap()).collect()
    }

    #[test]
    fn a_service_stands_before_the_variables() {
        let text = "[db]\nsslmode=verify-full\nsslrootcert=/corp.pem\n[other]\nsslrootcert=/other.pem\n";
        let files = Memory::new().file("/h/.pg_service.conf", text);
        let found = |variables: &[(&str, &str)]| {
            let host = host(files.clone(), variables);
            values(root_of_service(&Survey::new(&host, Default::default()), &Installation::default()))
        };
        assert!(found(&[]).is_empty());
        assert_eq!(found(&[("PGSERVICE", "db")]), ["/corp.pem"]);
        assert_eq!(found(&[("PGSERVICE", "other")]), ["/other.pem"]);
        assert!(found(&[("PGSERVICE", "db"), ("PGSERVICEFILE", "/gone")]).is_empty());
    }

    /// As psql 15.18 says: the messages are its own.
    #[test]
    fn libpq_stops_at_what_it_does_not_know() {
        let files = Memory::new().file("/h/.pg_service.conf", "[db]\nsslmode=bogus\n[e]\nsslmode=\n[f]\nport=1\n");
        let why = |variables: &[(&str, &str)], marks: &[&'static str]| {
            let host = host(files.clone(), variables);
            let installation = Installation { marks: marks.to_vec(), ..Installation::default() };
            values(refused(&Survey::new(&host, Default::default()), &installation)).join("|")
        };
        let mode = |mode| why(&[("PGSSLMODE", mode)], &[]);
        assert_eq!((why(&[], &[]), mode("require"), mode("verify-full")), Default::default());
        assert_eq!(mode("verify_full"), "invalid sslmode value: \"verify_full\"");
        assert_eq!((mode(""), mode("REQUIRE").is_empty()), ("invalid sslmode value: \"\"".to_owned(), false));
        let service = |name| why(&[("PGSERVICE", name), ("PGSSLMODE", "require")], &[]);
        assert_eq!((service("db"), service("e")), (mode("bogus"), mode("")));
        assert_eq!(service("f"), "");
        assert_eq!(service("other"), "definition of service \"other\" not found");
        assert_eq!(service(""), "definition of service \"\" not found");
        let gone = [("PGSERVICE", "f"), ("PGSERVICEFILE", "/gone")];
        assert_eq!(why(&gone, &[]), "service file \"/gone\" not found");
        let weak = [("PGSSLROOTCERT", "system"), ("PGSSLMODE", "require")];
        assert_eq!(why(&weak, &[LOOSE]), "");
        assert!(why(&weak, &[SYSTEM]).starts_with("weak sslmode \"require\""));
    }

    /// As psql 15.18 does: with `stat` it looks whether anything is there, and what is there it must be able to load.
    #[test]
    fn libpq_verifies_nothing_only_where_nothing_is_there() {
        const ROW: Rule = Rule::First(&[Leaf::variable("PGSSLROOTCERT").missing(Then::TurnOff).says(LIBPQ_SSL)]);
        const CLIENT: Client = Client::new("x", "x", "x", Rule::Each(|_| vec![Default::default()], &ROW));
        static STATIC: Client = CLIENT;
        let files = Memory::new().file("/d/a.pem", "");
        let found = |root: &str| {
            let host = host(files.clone(), &[("PGSSLROOTCERT", root)]);
            let found = discover(&Survey::new(&host, Default::default()), [&STATIC]).remove(0);
            (found.is_off(), found.refuses().is_some())
        };
        assert_eq!(found("/gone"), (true, false));
        assert_eq!(found("/d/a.pem/x"), (true, false));
        assert_eq!(found("/d"), (false, true));
    }

    #[test]
    fn options_are_read_from_their_groups_and_the_last_counts() {
        let files = Memory::new()
            .file("/usr/bin/mariadb", "")
            .file(
                "/etc/mysql/my.cnf",
                "[mysqld]\nssl-ca=/server.pem\n[client]\nssl_ca = /a.pem\n!includedir /etc/mysql/conf.d/\n",
            )
            .file("/etc/mysql/conf.d/b.cnf", "[client-mariadb]\nssl-ca=\"/b.pem\"\n")
            .file("/etc/mysql/conf.d/c.txt", "[client]\nssl-ca=/c.pem\n")
            .file("/b.pem", "");
        let host = host(files, &[]);
        let uses = discover(&Survey::new(&host, Default::default()), [&MARIADB]);
        let used: Vec<_> = uses[0].effective().map(|one| one.path.clone().unwrap()).collect();
        assert_eq!((used, uses[0].is_off()), (vec![PathBuf::from("/b.pem")], false));
    }

    #[test]
    fn option_files_that_include_themselves_come_to_an_end() {
        let text = "[client]\nssl-ca=/a.pem\n".to_owned() + &"!include /h/.my.cnf\n".repeat(50);
        let host = host(Memory::new().file("/usr/bin/mariadb", "").file("/h/.my.cnf", text), &[]);
        let survey = Survey::new(&host, Default::default());
        assert_eq!(values(option(&survey, &Installation::default(), "ssl-ca")), ["/a.pem"]);
    }

    #[test]
    fn option_files_of_a_home_that_a_variable_names_stand_before_the_users() {
        let cnf = |name: &str| format!("[client]\nssl-ca=/{name}.pem\n");
        let files = Memory::new()
            .file("/etc/my.cnf", cnf("system"))
            .file("/new/my.cnf", cnf("new"))
            .file("/old/my.cnf", cnf("old"));
        let found = |files: &Memory, variables: &[(&str, &str)]| {
            let host = host(files.clone(), variables);
            values(option(&Survey::new(&host, Default::default()), &Installation::default(), "ssl-ca")).join(" ")
        };
        let (old, new) = (("MYSQL_HOME", "/old"), ("MARIADB_HOME", "/new"));
        assert_eq!(found(&files, &[]), "/system.pem");
        assert_eq!(found(&files, &[old]), "/old.pem");
        assert_eq!(found(&files, &[old, new]), "/new.pem");
        assert_eq!(found(&files.file("/h/.my.cnf", cnf("own")), &[new]), "/own.pem");
    }

    #[test]
    fn mariadb_verifies_nothing_without_an_authority() {
        let host = host(Memory::new().file("/usr/bin/mariadb", ""), &[]);
        let uses = discover(&Survey::new(&host, Default::default()), [&MARIADB]);
        assert_eq!(uses.iter().map(Use::is_off).collect::<Vec<_>>(), [true]);
    }

    /// As the option files of 10.11 are read.
    #[test]
    fn values_end_at_a_comment_outside_of_quotes() {
        let read = |text| unquoted(text);
        assert_eq!(read("\"/p/caA.pem\"   # hey"), "/p/caA.pem");
        assert_eq!((read("/a.pem#x"), read("'/a#b.pem' # x"), read("# x")), ("/a.pem", "/a#b.pem", ""));
        assert_eq!((read("\"a\\\"#b\""), read("\"/open")), ("a\\\"#b", "\"/open"));
    }

    /// As 10.11 does: it refuses what the system's roots do not verify, and an empty file name.
    #[test]
    fn an_older_mariadb_verifies_where_it_is_asked_to() {
        let found = |text: &str| {
            let program = "\0Distrib 10.11.19-MariaDB\0";
            let host = host(Memory::new().file("/usr/bin/mariadb", program).file("/etc/my.cnf", text), &[]);
            let found = discover(&Survey::new(&host, Default::default()), [&MARIADB]).remove(0);
            (found.is_off(), found.refuses().is_some(), found.installation.has(SYSTEM))
        };
        assert_eq!(found("[client]\nssl-verify-server-cert\n"), (false, false, true));
        assert_eq!(found("[client]\nssl-verify-server-cert=OFF\n"), (true, false, false));
        assert_eq!(found("[client]\nssl-ca=\n"), (false, true, false));
    }

    #[test]
    fn mariadb_verifies_since_11_4() {
        let off = |program: &str, text: &str, variables: &[(&str, &str)]| {
            let files = Memory::new().file("/usr/bin/mariadb", program).file("/etc/my.cnf", text);
            let host = host(files, variables);
            discover(&Survey::new(&host, Default::default()), [&MARIADB])[0].is_off()
        };
        assert!(off("\0Distrib 10.11.19-MariaDB\0", "", &[]));
        let new = "\0mariadb\0from 11.4.2-MariaDB, client\0";
        assert!(!off(new, "", &[]));
        assert!(off(new, "[client]\nssl-verify-server-cert = OFF\n", &[]));
        assert!(off(new, "[client]\nskip-ssl-verify-server-cert\n", &[]));
        assert!(off(new, "", &[("MARIADB_TLS_DISABLE_PEER_VERIFICATION", "1")]));
    }
}
