//! curl, the command-line tool, by the libcurl it is linked to.
//!
//! The tool reads the variables, not the library: programs that use libcurl see none of them.
//! Only the half that is named is replaced; with a compiled-in directory `--cacert` and
//! `CURL_CA_BUNDLE` do not restrict trust to that file.

use super::client::{Client, Edit, Installation, Leaf, Look, Roots, Rule, Setting, Source, Then};
use super::survey::{HASHED_DIRECTORY, Survey, WHOLE_DIRECTORY};
use crate::limits::SETTINGS_SIZE;
use crate::policy;
use crate::settings::{Value, lines};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[CURL, LIBCURL];

const SSLCERTS: &str = "https://curl.se/docs/sslcerts.html";
const CURLRC: &str = "https://curl.se/docs/manpage.html#-K";
const TOOL: &str = "https://github.com/curl/curl/blob/curl-7_88_1/src/tool_operate.c";
const EMBED: &str = "https://github.com/curl/curl/blob/curl-8_19_0/src/config2setopts.c";
/// The mark of a curl whose curlrc has `cacert` or `capath`.
const CURLRC_STORE: &str = "curlrc-store";
/// The mark of a curl into which a bundle was built, where nothing names another.
const EMBEDDED: &str = "embedded-bundle";

/// `curl`: every curl on PATH.
const CURL: Client = Client::new(
    "curl",
    "curl",
    "The tool: CURL_CA_BUNDLE, else SSL_CERT_FILE and SSL_CERT_DIR, else what its libcurl was built with, half by half.",
    Rule::Each(
        curls,
        &Rule::All(&[
            Leaf::refusal("crlfile", without_crls).says(CURLRC),
            Leaf::switch_setting("insecure", insecure).says(CURLRC),
            Rule::First(&[
                Leaf::setting("cacert", |survey, i| curlrc(survey, i, "cacert")).says(CURLRC),
                named("CURL_CA_BUNDLE").missing(Then::Refuse).says(SSLCERTS),
                named("SSL_CERT_FILE").missing(Then::Refuse).between(&[("curl", "8.3.0", "")]).says(TOOL),
                // Before 8.3.0 the file is ignored when the directory is set.
                named("SSL_CERT_FILE")
                    .missing(Then::Refuse)
                    .between(&[("curl", "", "8.3.0")])
                    .unless(&"SSL_CERT_DIR")
                    .says(TOOL),
                Leaf::section(&("{tool}", "the bundle built into curl")).look(Look::CompiledIn).given(&EMBEDDED).says(EMBED),
                Leaf::path("{cafile}").missing(Then::Refuse).says(SSLCERTS),
            ]),
            Rule::First(&[
                // libcurl asks a directory for names later, or passes over one it cannot list.
                Leaf::setting("capath", |survey, i| curlrc(survey, i, "capath"))
                    .look(Look::HashLazy)
                    .lists()
                    .missing(Then::Bind)
                    .given(&HASHED_DIRECTORY)
                    .says(CURLRC),
                Leaf::setting("capath", |survey, i| curlrc(survey, i, "capath"))
                    .look(Look::EveryFile)
                    .missing(Then::Bind)
                    .given(&WHOLE_DIRECTORY)
                    .says(CURLRC),
                unless_named(Leaf::list("SSL_CERT_DIR")).look(Look::HashLazy).unless(&"CURL_CA_BUNDLE").given(&HASHED_DIRECTORY).says(TOOL),
                named("SSL_CERT_DIR").look(Look::EveryFile).unless(&"CURL_CA_BUNDLE").given(&WHOLE_DIRECTORY).says(TOOL),
                COMPILED_DIRECTORY,
            ]),
        ]),
    ),
)
.judged_by(&policy::curl::CURL)
.reads(&["CURL_HOME", "XDG_CONFIG_HOME"])
.edit(Edit::SYSTEM)
.roots(Roots::Public)
.stops_with(policy::refused::CURL);

/// `libcurl`: every libcurl of the system, for programs that set no certificates of their own.
const LIBCURL: Client = Client::new(
    "libcurl",
    "programs using libcurl",
    "What the library was built with; it reads no variable and no settings, unlike the tool.",
    Rule::Each(
        |survey| survey.libcurl_installations(),
        &Rule::All(&[Leaf::path("{cafile}").missing(Then::Refuse).says(SSLCERTS), COMPILED_DIRECTORY]),
    ),
)
.judged_by(&policy::curl::CURL)
.edit(Edit::SYSTEM)
.called("curl")
.stops_with(policy::refused::CURL);

/// The directory that a libcurl was built with, as its TLS library takes it: by hash, or whole.
pub const COMPILED_DIRECTORY: Rule = Rule::First(&[
    Leaf::path("{capath}").look(Look::HashLazy).given(&HASHED_DIRECTORY).says(SSLCERTS),
    Leaf::path("{capath}").look(Look::EveryFile).given(&WHOLE_DIRECTORY).says(SSLCERTS),
]);

/// A variable: the tool looks at none when its configuration names a file or a directory.
const fn named(variable: &'static str) -> Leaf {
    unless_named(Leaf::variable(variable))
}

const fn unless_named(leaf: Leaf) -> Leaf {
    leaf.except(&(CURLRC_STORE, "not looked at, because a curlrc names a file or a directory"))
}

/// Every curl on PATH, marked where its curlrc names a store, and where a bundle is built in that
/// nothing stands before: no setting, and neither variable of the file (`config2setopts`).
fn curls(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.curls();
    for installation in &mut found {
        let names_store = ["cacert", "capath"].iter().any(|name| !curlrc(survey, installation, name).is_empty());
        let set = |name: &str| survey.set(name).is_some();
        let names_any = names_store || ["CURL_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE"].iter().any(|name| set(name));
        let embeds = installation.version("curl").is_some_and(|version| version.is_between("8.10.0", ""));
        let is_embedded = embeds && !names_any && survey.holds_bundle(&installation.at);
        let installation = Arc::make_mut(installation);
        installation.marks.extend(names_store.then_some(CURLRC_STORE));
        if is_embedded {
            installation.marks.push(EMBEDDED);
            installation.places.push(("tool", installation.at.clone()));
        }
    }
    found
}

/// A setting of the first curlrc there is.
fn curlrc(survey: &Survey<'_>, installation: &Installation, name: &str) -> Vec<Setting> {
    setting(survey, installation, |text| lines::curlrc(text, name, None, least(installation, name)))
}

/// What curl ends with where `crlfile` names what is not there.
fn without_crls(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let named = curlrc(survey, installation, "crlfile").into_iter().next();
    named.and_then(|named| survey.not_there(&named, "curl ends with \"error loading CRL file\"")).into_iter().collect()
}

/// `insecure`, or `-k`, where the curlrc says it.
fn insecure(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    setting(survey, installation, |text| lines::curl_switch(text, "insecure", 'k', least(installation, "insecure")))
}

/// What a reader finds in the first curlrc there is.
fn setting(survey: &Survey<'_>, installation: &Installation, read: impl Fn(&str) -> Option<Value>) -> Vec<Setting> {
    let Some((file, text)) = curlrc_text(survey, installation) else { return Vec::new() };
    let mut all = Lines::default();
    all.read(survey, installation, &file, &text, 0);
    let setting = read(&all.text).and_then(|value| {
        let (file, line) = all.places.get(usize::try_from(value.line).ok()?.checked_sub(1)?)?;
        Some(Setting { value: value.text.into(), source: Source::File(all.files.get(*file)?.clone(), *line) })
    });
    setting.into_iter().collect()
}

/// The fewest letters by which a version takes a long option: until 8.5 as many as no other has (`getparameter`,
/// src/tool_getparam.c; seen with 7.88.1), after that all of them.
fn least(installation: &Installation, name: &str) -> usize {
    let cuts = installation.version("curl").is_some_and(|version| version.is_between("", "8.6.0"));
    match name {
        // Beside them are ca-native, interface, connect-timeout.
        "cacert" | "capath" | "insecure" if cuts => 3,
        "config" if cuts => 4,
        // Beside it is crlf.
        "crlfile" if cuts => 5,
        whole => whole.len(),
    }
}

/// Files that a curlrc reads with `config`, one in another (`CONFIG_MAX_LEVELS`, src/tool_parsecfg.c of 8.13).
const NESTED: usize = 10;

/// The lines of a curlrc with those of the files that it reads by `config` where it does, and where each is from: of
/// which file, and which line of it.
#[derive(Default)]
struct Lines {
    text: String,
    files: Vec<PathBuf>,
    places: Vec<(usize, u64)>,
    is_full: bool,
}

impl Lines {
    fn read(&mut self, survey: &Survey<'_>, installation: &Installation, file: &Path, text: &str, level: usize) {
        let number = self.files.len();
        self.files.push(file.to_owned());
        let configs = lines::curlrc_each(text, "config", Some('K'), least(installation, "config"));
        let mut configs = configs.into_iter().peekable();
        for (line, content) in (1..).zip(text.lines()) {
            // All of them have the octets that one file of settings may have: those that name each other grow.
            self.is_full |= (self.text.len() + content.len()) as u64 > SETTINGS_SIZE;
            if self.is_full {
                return;
            }
            self.text.push_str(content);
            self.text.push('\n');
            self.places.push((number, line));
            let config = configs.next_if(|config| config.line == line);
            let Some(config) = config.filter(|_| level < NESTED) else { continue };
            let other = survey.host.cwd.join(&config.text);
            if let Some(text) = survey.host.settings(&other) {
                self.read(survey, installation, &other, &text, level + 1);
            }
        }
    }
}

/// The first curlrc there is: a dot file in three directories, and `.config/curlrc` only where
/// `XDG_CONFIG_HOME` is not set (src/tool_findfile.c). The file without a dot in
/// `XDG_CONFIG_HOME`, which the manual promises, is read since 8.10.0
/// (<https://github.com/curl/curl/pull/14600>).
fn curlrc_text(survey: &Survey<'_>, installation: &Installation) -> Option<(PathBuf, Arc<str>)> {
    let host = survey.host;
    let (curl, xdg, home) = (survey.set("CURL_HOME"), survey.set("XDG_CONFIG_HOME"), survey.home().map(PathBuf::from));
    let undotted = xdg.clone().filter(|_| installation.version("curl").is_none_or(|v| v.is_between("8.10.0", "")));
    let config = curl.as_ref().or(home.as_ref()).filter(|_| xdg.is_none());
    let files = [
        curl.as_ref().map(|directory| directory.join(".curlrc")),
        undotted.map(|directory| directory.join("curlrc")),
        xdg.map(|directory| directory.join(".curlrc")),
        home.as_ref().map(|directory| directory.join(".curlrc")),
        config.map(|directory| directory.join(".config/curlrc")),
    ];
    files.into_iter().flatten().find_map(|file| Some((file.clone(), host.settings(&file)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::{Searched, linked};
    use crate::discover::{Outcome, discover};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    /// An ELF file without a dynamic section holds no names of libraries: what it is linked to is not
    /// known, and what stands in it is.
    fn used(files: Memory, environment: &[(&str, &str)], id: &str) -> Vec<(String, Vec<String>)> {
        let usual = [("PATH", "/usr/bin"), ("HOME", "/home")];
        let environment = environment.iter().chain(&usual).map(|(k, v)| (k.into(), v.into())).collect();
        let host = Host::new(Box::new(files), System::Linux).with_environment(environment);
        let survey = Survey::new(&host, Searched::default());
        let uses = discover(&survey, CLIENTS.iter().filter(|client| client.id == id));
        let paths = |found: &crate::discover::Use| {
            let used = found.candidates.iter().filter(|candidate| candidate.outcome == Outcome::Used);
            used.map(|candidate| candidate.path.as_ref().unwrap().display().to_string()).collect()
        };
        uses.iter().map(|found| (found.installation.at.display().to_string(), paths(found))).collect()
    }

    const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

    fn library() -> String {
        format!("\0libcurl/8.19.0\0{SYSTEM}\0")
    }

    #[test]
    fn the_library_reads_no_variables() {
        let files = || Memory::new().file("/usr/lib64/libcurl.so.4.8.0", library()).file(SYSTEM, "").file("/own", "");
        let set = [("CURL_CA_BUNDLE", "/own"), ("SSL_CERT_FILE", "/own")];
        assert_eq!(
            used(files(), &set, "libcurl"),
            [("/usr/lib64/libcurl.so.4.8.0".to_owned(), vec![SYSTEM.to_owned()])]
        );
        assert!(used(Memory::new(), &[], "libcurl").is_empty());
    }

    /// The tag of a library's own name (`DT_SONAME`).
    const SONAME: u64 = 14;

    /// As curl 7.88.1 on OpenSSL 3.0.19 takes them, of which one that is not there is passed over.
    #[test]
    fn a_list_of_directories_is_one_where_openssl_reads_it() {
        let of = |tls: &str, files: Memory, environment: &[(&str, &str)]| {
            // A name of the library's own that is no needed one, so that the text stands among its constants.
            let curl = linked(0, &[(1, tls), (SONAME, &library())]);
            let files = files
                .file(format!("/usr/lib/x86_64-linux-gnu/{tls}"), "")
                .file("/usr/lib/x86_64-linux-gnu/libcurl.so.4", curl)
                .file("/usr/bin/curl", linked(0, &[(1, "libcurl.so.4")]))
                .file(SYSTEM, "")
                .file("/one/x.pem", "")
                .file("/two/x.pem", "");
            used(files, environment, "curl").remove(0).1[1..].join(" ")
        };
        let set = [("SSL_CERT_DIR", "/one:/gone:/two")];
        assert_eq!(of("libcrypto.so.3", Memory::new(), &set), "/one /two");
        let rc = || Memory::new().file("/home/.curlrc", "capath = \"/one:/two\"\n");
        assert_eq!(of("libcrypto.so.3", rc(), &[]), "/one /two");
        assert_eq!(of("libgnutls.so.30", Memory::new(), &set), "");
        assert_eq!(of("libgnutls.so.30", rc(), &[]), "");
    }

    #[test]
    fn an_embedded_bundle_stands_before_what_the_library_has() {
        let bundle = "-----BEGIN CERTIFICATE-----\n";
        let files = || Memory::new().file("/usr/bin/curl", library() + bundle).file(SYSTEM, "").file("/own", "");
        let of = |environment: &[(&str, &str)]| used(files(), environment, "curl").remove(0).1;
        assert_eq!(of(&[]), ["/usr/bin/curl"]);
        assert_eq!(of(&[("CURL_CA_BUNDLE", "/own")]), ["/own"]);
        let rc = files().file("/home/.curlrc", "cacert = \"/own\"\n");
        assert_eq!(used(rc, &[("SSL_CERT_FILE", "/gone")], "curl")[0].1, ["/own"]);
    }

    /// 7.88.1 reads what `config` names where it stands, so that what follows counts more, and ends where files go round.
    #[test]
    fn a_curlrc_reads_others_where_it_names_them() {
        let files = |rc: &str| {
            let files = Memory::new().file("/usr/bin/curl", library()).file("/one", "").file("/two", "");
            files.file("/home/.curlrc", rc).file("/more", "cacert=/two\nconfig=/more\n")
        };
        let of = |rc: &str| used(files(rc), &[], "curl").remove(0).1;
        assert_eq!(of("config=/more\n"), ["/two"]);
        assert_eq!(of("cacert=/one\n-K /more\n"), ["/two"]);
        assert_eq!(of("config=/more\ncacert=/one\n"), ["/one"]);
        assert_eq!(of("config=/absent\ncacert=/one\n"), ["/one"]);
        // As 7.88.1 does, which ends with 82.
        let ends = |rc: &str| {
            let variables = [("PATH", "/usr/bin"), ("HOME", "/home")].map(|(k, v)| (k.into(), v.into()));
            let host =
                Host::new(Box::new(files(rc).file(SYSTEM, "")), System::Linux).with_environment(variables.into());
            let uses =
                discover(&Survey::new(&host, Searched::default()), CLIENTS.iter().filter(|row| row.id == "curl"));
            uses[0].refuses().is_some()
        };
        assert!(ends("crlfile=/absent\n") && ends("insecure\nconfig=/more\ncrlfile = absent\n"));
        assert!(!ends("crlfile=/one\n") && !ends("crlf\n") && !ends("crlfile=\n"));
        // Files that are named again and again end where one file of settings does.
        let wide = |rc: &str| files(rc).file("/wide", "#".repeat(600 * 1024));
        assert_eq!(used(wide("cacert=/one\nconfig=/wide\ncacert=/two\n"), &[], "curl").remove(0).1, ["/two"]);
        let rc = "cacert=/one\n".to_owned() + &"config=/wide\n".repeat(1000) + "cacert=/two\n";
        assert_eq!(used(wide(&rc), &[], "curl").remove(0).1, ["/one"]);
    }
}
