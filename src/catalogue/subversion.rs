//! Subversion: OpenSSL's default paths, and the files that its configuration of servers names.
//!
//! `ssl-authority-files` is a list, separated by semicolons, of files of which the first certificate alone is taken
//! (`serf_ssl_load_cert_file`), beside the default paths, which `ssl-trust-default-ca` turns off. A group of servers has
//! settings that stand before the global ones, and the user's file stands before the machine's, option by option. All of
//! it was seen of svn 1.14.2 on serf 1.3 before servers of two authorities; no `~` is expanded, a group has no ports.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::openssl::{BY_FILE, DIRECTORIES, after_store, before_store, default_directory, with_store};
use super::survey::Survey;
use crate::limits::SUBVERSION_AUTHORITIES;
use crate::policy;
use crate::settings::Value;
use crate::settings::ini;
use crate::settings::server::Names;
use crate::settings::wildmatch::matches;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[SVN];

const SERVERS: &str =
    "https://svnbook.red-bean.com/en/1.8/svn.advanced.confarea.html#svn.advanced.confarea.opts.servers";
const SERF: &str = "https://github.com/apache/subversion/blob/1.14.2/subversion/libsvn_ra_serf/util.c";
/// The section in which groups of servers are named, and the options that are asked of a section.
const GROUPS: &str = "groups";
const OPTIONS: &[&str] = &["ssl-authority-files", "ssl-trust-default-ca"];
/// The mark of one that has the default paths.
const DEFAULTS: &str = "default-paths";

/// `svn`: every svn on `PATH`.
const SVN: Client = Client::new(
    "svn",
    "Subversion",
    "The first certificate of each file of ssl-authority-files in the configuration of servers, and OpenSSL's default \
     paths unless ssl-trust-default-ca is off.",
    Rule::Each(
        svns,
        &Rule::All(&[
            Leaf::refusal("ssl-trust-default-ca", not_understood).says(SERF),
            Leaf::setting("ssl-authority-files", authorities)
                .look(Look::FirstBlock)
                .every()
                .names(Names::Urls)
                .says(SERVERS),
            Rule::First(&[
                Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).given(&DEFAULTS).secure().says(BY_FILE),
                Leaf::path("{openssldir}/cert.pem").given(&DEFAULTS).says(BY_FILE),
            ]),
            Rule::First(&[
                with_store(DIRECTORIES.given(&DEFAULTS).secure()),
                before_store(DIRECTORIES.given(&DEFAULTS).secure()),
                after_store(DIRECTORIES.given(&DEFAULTS).secure()),
                default_directory(Leaf::path("{openssldir}/certs").given(&DEFAULTS)),
            ]),
        ]),
    ),
)
.judged_by(&policy::openssl_clients::SVN)
.ends(|_| Ends::SelfIssued)
.edit(Edit::Via("ssl-authority-files below [global] in ~/.subversion/servers or /etc/subversion/servers"));

fn svns(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let one = |at: PathBuf| {
        let mut found = Installation { because: "PATH".to_owned(), ..Installation::default() };
        survey.add_tls(&mut found, &survey.behind(&at, &["libsvn_ra-", "libsvn_ra_serf-", "libserf-"]));
        let (counts, others) = values(survey, "ssl-trust-default-ca");
        if counts.is_none_or(|setting| truth(&setting.value.to_string_lossy()) != Some(false)) {
            found.marks.push(DEFAULTS);
        }
        found.unknown.extend(others.iter().map(|(_, servers)| {
            format!("whether it has the default paths: ssl-trust-default-ca is set for {servers}")
        }));
        let named = values(survey, "ssl-authority-files").0;
        if named.is_some_and(|named| list(&named).nth(SUBVERSION_AUTHORITIES).is_some()) {
            let what = format!("of the files of ssl-authority-files the first {SUBVERSION_AUTHORITIES} are looked at");
            found.unknown.push(what);
        }
        let accepted = survey.in_home(".subversion/auth/svn.ssl.server");
        if accepted.is_some_and(|directory| !survey.names(&directory).is_empty()) {
            let what = "~/.subversion/auth/svn.ssl.server has certificates of servers that its user accepted for good";
            found.remarks.push(what.to_owned());
        }
        found.at = at;
        Arc::new(found)
    };
    survey.programs("svn").into_iter().map(one).collect()
}

/// What the files of configuration say, the machine's and then the user's: of each option of a section the last that
/// says it counts (`svn_config_read3`). No name has a case.
struct Configuration {
    options: HashMap<(String, String), (PathBuf, Value)>,
    /// The groups of servers, in order.
    groups: Vec<String>,
}

impl Configuration {
    fn of(survey: &Survey<'_>) -> Self {
        let (mut options, mut groups) = (HashMap::new(), Vec::new());
        let own = survey.in_home(".subversion/servers");
        for file in std::iter::once(PathBuf::from("/etc/subversion/servers")).chain(own) {
            let Some(entries) = survey.parsed(&file, ini::entries) else { continue };
            let mut section: (Arc<str>, Option<String>) = Default::default();
            for entry in entries.iter() {
                if section.1.is_none() || !Arc::ptr_eq(&section.0, &entry.section) {
                    // What no option is asked of may be many: a name of it for each would be their product.
                    section = (Arc::clone(&entry.section), Some(entry.section.to_ascii_lowercase()));
                }
                let name = section.1.as_deref().unwrap_or_default();
                let is_group = name == GROUPS;
                if !is_group && !OPTIONS.contains(&entry.key.as_str()) {
                    continue;
                }
                let key = (name.to_owned(), entry.key.clone());
                if options.insert(key, (file.clone(), entry.value.clone())).is_none() && is_group {
                    groups.push(entry.key.clone());
                }
            }
        }
        Self { options, groups }
    }

    fn option(&self, section: &str, key: &str) -> Option<&(PathBuf, Value)> {
        self.options.get(&(section.to_ascii_lowercase(), key.to_owned()))
    }

    /// The groups with their patterns, in order (`svn_config_find_group`).
    fn groups(&self) -> impl Iterator<Item = (&str, &str)> {
        let patterns = |name: &String| self.option(GROUPS, name).map(|(_, value)| value.text.as_str());
        self.groups.iter().map(move |name| (name.as_str(), patterns(name).unwrap_or_default()))
    }
}

/// A setting, and the servers that it is for where that is not every one.
type ForServers = (Setting, String);

/// The value of an option that counts, and where it is not known which server is meant those of groups of them.
fn values(survey: &Survey<'_>, key: &str) -> (Option<Setting>, Vec<ForServers>) {
    let configuration = Configuration::of(survey);
    let of = |section: &str| {
        let (file, value) = configuration.option(section, key)?;
        Some(Setting { value: (&value.text).into(), source: Source::File(file.clone(), value.line) })
    };
    let server = survey.server().and_then(|server| server.host.clone());
    let is_in = |patterns: &str, host: &str| patterns.split(',').any(|pattern| matches(pattern.trim(), host, true));
    let own = server.as_ref().and_then(|host| configuration.groups().find(|(_, patterns)| is_in(patterns, host)));
    let counts = own.and_then(|(group, _)| of(group)).or_else(|| of("global"));
    let others = configuration.groups().filter(|_| server.is_none());
    let others = others.filter_map(|(group, patterns)| Some((of(group)?, shown(patterns)))).collect();
    (counts, others)
}

/// Patterns as they are told: each file of a group is told with them.
fn shown(patterns: &str) -> String {
    const LETTERS: usize = 200;
    match patterns.char_indices().nth(LETTERS) {
        Some((at, _)) => format!("{}…", &patterns[..at]),
        None => patterns.to_owned(),
    }
}

/// The files that a value names.
fn list(setting: &Setting) -> impl Iterator<Item = String> {
    let list = setting.value.to_string_lossy().into_owned();
    let files: Vec<String> = list.split(';').map(|file| file.trim().to_owned()).collect();
    files.into_iter().filter(|file| !file.is_empty())
}

/// The files of the option, one by one.
fn authorities(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    let (counts, others) = values(survey, "ssl-authority-files");
    let each = |setting: &Setting, source: &Source| {
        let one = |file: String| Setting { value: file.into(), source: source.clone() };
        list(setting).take(SUBVERSION_AUTHORITIES).map(one).collect::<Vec<_>>()
    };
    let mut found = counts.map(|setting| each(&setting, &setting.source)).unwrap_or_default();
    for (setting, servers) in others {
        if let Source::File(file, line) = &setting.source {
            found.extend(each(&setting, &Source::Scoped(file.clone(), *line, servers)));
        }
    }
    found
}

/// Its words for yes and no (`svn_tristate__from_word`).
fn truth(word: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
    match () {
        () if is(&["true", "yes", "on", "1"]) => Some(true),
        () if is(&["false", "no", "off", "0"]) => Some(false),
        () => None,
    }
}

/// A word that is neither, with which svn stops.
fn not_understood(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    let (counts, _) = values(survey, "ssl-trust-default-ca");
    let bad = counts.filter(|setting| truth(&setting.value.to_string_lossy()).is_none());
    let bad = bad.filter(|setting| !setting.value.is_empty());
    let why = |setting: Setting| {
        let value = format!("invalid boolean value '{}'", setting.value.to_string_lossy());
        Setting { value: value.into(), source: setting.source }
    };
    bad.map(why).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anchors::{anchors, stops};
    use crate::catalogue::survey::Searched;
    use crate::catalogue::survey::linked;
    use crate::catalogue::survey::testing::openssl;
    use crate::discover::discover;
    use crate::format::pem;
    use crate::format::tests::vectors::{one, two};
    use crate::host::memory::{Memory, linux as host};
    use crate::load::{load, wanted};
    use crate::settings::server::Server;

    const LIBRARIES: &str = "/usr/lib/x86_64-linux-gnu";

    /// svn, linked by three libraries to an OpenSSL with a root.
    fn svn() -> Memory {
        let library = |name: &str| format!("{LIBRARIES}/{name}");
        Memory::new()
            .file("/usr/bin/svn", linked(0, &[(1, "libsvn_ra-1.so.1")]))
            .file(library("libsvn_ra-1.so.1"), linked(0, &[(1, "libsvn_ra_serf-1.so.1")]))
            .file(library("libsvn_ra_serf-1.so.1"), linked(0, &[(1, "libserf-1.so.1")]))
            .file(library("libserf-1.so.1"), linked(0, &[(1, "libssl.so.3"), (1, "libcrypto.so.3")]))
            .file(library("libcrypto.so.3"), openssl("/usr/lib/ssl"))
            .file("/usr/lib/ssl/cert.pem", "")
            .file("/a.pem", pem::write(&one(), &[]))
            .file("/b.pem", pem::write(&two(), &[]))
            .file("/ab.pem", pem::write(&one(), &[]) + &pem::write(&two(), &[]))
            .file(
                "/bad.pem",
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned() + &pem::write(&one(), &[]),
            )
    }

    /// The places in effect, the number of anchors, and whether it stops.
    fn found(files: Memory, server: Option<&str>) -> (String, usize, bool) {
        let host = host(files, &[]);
        let server = server.map(|host| Server { host: Some(host.to_owned()), port: Some(443) });
        let survey = Survey::new(&host, Searched { server, ..Searched::default() });
        let uses = discover(&survey, [&SVN]);
        let snapshot = load(&host, &wanted(&uses));
        let paths = uses[0].effective().map(|one| one.path.as_ref().unwrap().display().to_string());
        let paths = paths.collect::<Vec<_>>().join(" ");
        (paths, anchors(&uses[0], &snapshot).certificates.len(), stops(&uses[0], &snapshot).is_some())
    }

    fn with(own: &str) -> Memory {
        svn().file("/h/.subversion/servers", own)
    }

    #[test]
    fn the_first_certificate_of_each_file_counts_beside_the_default_paths() {
        let cert = "/usr/lib/ssl/cert.pem";
        assert_eq!(found(svn(), None), (cert.to_owned(), 0, false));
        let both = "[global]\nssl-authority-files = /a.pem;/b.pem\n";
        assert_eq!(found(with(both), None), (format!("/a.pem /b.pem {cert}"), 2, false));
        assert_eq!(found(with("[global]\nssl-authority-files = /ab.pem\n"), None).1, 1);
        assert!(found(with("[global]\nssl-authority-files = /gone;/a.pem\n"), None).2);
        assert!(found(with("[global]\nssl-authority-files = /bad.pem\n"), None).2);
        let alone = "[global]\nssl-authority-files = /a.pem\nssl-trust-default-ca = No\n";
        assert_eq!(found(with(alone), None), ("/a.pem".to_owned(), 1, false));
        assert!(found(with("[global]\nssl-trust-default-ca = bogus\n"), None).2);
    }

    #[test]
    fn the_users_file_stands_before_the_machines_option_by_option() {
        let files = |own: &str| with(own).file("/etc/subversion/servers", "[global]\nssl-authority-files = /a.pem\n");
        let of = |own: &str| found(files(own), None).0;
        assert!(of("[global]\nhttp-timeout = 3\n").starts_with("/a.pem "));
        assert!(of("[global]\nssl-authority-files = /b.pem\n").starts_with("/b.pem "));
        assert!(of("[global]\nssl-authority-files =\n").starts_with("/usr/"));
    }

    /// A user's file is read for root, too: what it costs is no product of what it holds.
    #[test]
    fn many_groups_and_files_come_to_an_end() {
        let groups: String = (0..60_000).map(|number| format!("{number:x}=b\n")).collect();
        let of = |own: &str| found(with(own), None).0;
        assert!(of(&format!("[groups]\n{groups}[global]\nssl-authority-files = /b.pem\n")).starts_with("/b.pem "));
        let files = "/a.pem;".repeat(10_000);
        let paths = of(&format!("[groups]\nx = {}\n[x]\nssl-authority-files = {files}\n", "h,".repeat(10_000)));
        assert!(paths.len() < 10_000, "{}", paths.len());
    }

    #[test]
    fn a_group_of_servers_stands_before_what_is_global() {
        let own =
            "[groups]\nlab = *.LAB, x\n[lab]\nssl-authority-files = /a.pem\n[global]\nssl-authority-files = /b.pem\n";
        let of = |server| found(with(own), server).0;
        assert!(of(Some("svn.lab")).starts_with("/a.pem "));
        assert!(of(Some("other")).starts_with("/b.pem "));
        assert!(of(None).starts_with("/b.pem "));
    }
}
