//! What APT's configuration says of the servers it fetches from: every file of it, with what they include.

use crate::catalogue::client::{Installation, Setting, Source};
use crate::catalogue::survey::Survey;
use crate::limits::{APT_INCLUDES, APT_OPTIONS};
use crate::settings::Value;
use crate::settings::apt::{Statement, boolean, read};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that include each other at most: a file of the eleventh level may include none (`ReadConfigFile`,
/// apt-pkg/contrib/configuration.cc of 2.6.1).
const DEPTH: usize = 11;

/// What the options for its method for https begin with, the first that counts last (`HttpMethod`, methods/http.cc, and
/// `ConfigFind`, methods/aptmethod.h).
const METHODS: [&str; 2] = ["acquire::http::", "acquire::https::"];

pub(super) fn installations(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let method = PathBuf::from("/usr/lib/apt/methods/http");
    if !survey.host.is_file(&method) {
        return Vec::new();
    }
    let mut one = Installation { at: method.clone(), because: "usual place".to_owned(), ..Installation::default() };
    survey.add_tls(&mut one, &method);
    vec![Arc::new(one)]
}

/// What APT does not start with: a file that it cannot take apart, or cannot find.
pub(super) fn refused(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    configuration(survey).refused.clone().into_iter().collect()
}

/// What its method for https ends with before it verifies: files that are not there, and an option that it had before 2.0
/// (`UnwrapTLS`, methods/connect.cc).
pub(super) fn not_loaded(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    let counts = |key| setting(survey, key).into_iter().find(|setting| !matches!(setting.source, Source::Scoped(..)));
    let is_gone = |key, why| survey.not_there(&counts(key)?, why);
    let gone = is_gone("crlfile", "APT ends with \"Could not load custom certificate revocation list\"");
    let gone = gone.or_else(|| is_gone("sslcert", "APT ends with \"Could not load client certificate\""));
    let old = || {
        let why = "APT ends with \"The option 'IssuerCert' is not supported anymore\"";
        counts("issuercert").map(|setting| Setting { value: why.into(), ..setting })
    };
    gone.or_else(old).into_iter().collect()
}

/// `Verify-Peer`, where the value that counts says no.
pub(super) fn unverified(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    let is_off = |setting: &Setting| setting.value.to_str().and_then(boolean) == Some(false);
    setting(survey, "verify-peer").into_iter().filter(is_off).collect()
}

/// An option for every host, and those for some; where a server was asked about, the one that counts for it. One without
/// a value is as if it were not there (`ConfigFind`).
pub(super) fn setting(survey: &Survey<'_>, key: &str) -> Vec<Setting> {
    let found = configuration(survey);
    let one = |name: &str| found.options.get(name).filter(|(_, value)| !value.text.is_empty());
    let named = |host: &str| METHODS.iter().rev().find_map(|method| one(&format!("{method}{host}{key}")));
    let file = |(file, value): &(Arc<Path>, Value)| Setting {
        value: value.text.clone().into(),
        source: Source::File(file.to_path_buf(), value.line),
    };
    let all = named("").map(file);
    if let Some(host) = survey.server().and_then(|server| server.host.as_deref()) {
        let own = named(&format!("{}::", host.to_ascii_lowercase())).map(file);
        return own.or(all).into_iter().collect();
    }
    let ends = format!("::{key}");
    let scoped = found.options.iter().filter_map(|(name, (file, value))| {
        let host = METHODS.iter().find_map(|method| name.strip_prefix(method))?.strip_suffix(&ends)?;
        let source = Source::Scoped(file.to_path_buf(), value.line, host.to_owned());
        (!value.text.is_empty()).then(|| Setting { value: value.text.clone().into(), source })
    });
    all.into_iter().chain(scoped).collect()
}

/// The options for fetching by HTTP and HTTPS, by their names, and where each stands.
#[derive(Default)]
struct Configuration {
    options: BTreeMap<String, (Arc<Path>, Value)>,
    refused: Option<Setting>,
}

fn configuration(survey: &Survey<'_>) -> Arc<Configuration> {
    survey.once(Path::new("/etc/apt/apt.conf"), || Some(all(survey))).unwrap_or_default()
}

/// `APT_CONFIG`, then the parts in the order of their names, then the main file; the last counts (`pkgInitConfig`,
/// apt-pkg/init.cc).
fn all(survey: &Survey<'_>) -> Configuration {
    let mut reader = Reader { survey, left: APT_INCLUDES, found: Configuration::default() };
    let named = survey.set("APT_CONFIG").map(|file| survey.host.absolute(&file));
    let main = PathBuf::from("/etc/apt/apt.conf");
    let files = named.into_iter().chain(reader.parts(Path::new("/etc/apt/apt.conf.d"))).chain([main]);
    for file in files.filter(|file| survey.host.is_file(file)).collect::<Vec<_>>() {
        reader.file(&file, DEPTH);
    }
    reader.found
}

struct Reader<'r, 'h> {
    survey: &'r Survey<'h>,
    /// Files that may still be included.
    left: usize,
    found: Configuration,
}

impl Reader<'_, '_> {
    /// The files of a directory that count (`GetListOfFilesInDir`, apt-pkg/contrib/fileutl.cc).
    fn parts(&self, directory: &Path) -> Vec<PathBuf> {
        let is_part = |path: &PathBuf| {
            let extension = path.extension().is_none_or(|extension| extension == "conf");
            let name = path.file_name().unwrap_or_default().as_encoded_bytes();
            let is_allowed = |octet: &u8| octet.is_ascii_alphanumeric() || b"_-:.".contains(octet);
            extension && !name.starts_with(b".") && name.iter().all(is_allowed)
        };
        self.survey.host.children(directory).into_iter().filter(is_part).collect()
    }

    /// One file with what it includes; whether APT reads on.
    fn file(&mut self, file: &Path, depth: usize) -> bool {
        // What may be there and cannot be read is read by those who may.
        let Some(text) = self.survey.host.settings(file) else { return true };
        let place: Arc<Path> = file.into();
        let mut reads_on = true;
        let whole = read(&text, &mut |statement| {
            match statement {
                Statement::Set(name, value) => self.set(name, &place, value),
                Statement::Clear(name) => self.clear(&name),
                Statement::Include(value) => reads_on = self.include(file, &value, depth),
            }
            reads_on
        });
        if let Err(line) = whole {
            self.refuse(file, line, "APT ends with a syntax error");
        }
        reads_on && whole.is_ok()
    }

    fn set(&mut self, name: String, file: &Arc<Path>, value: Value) {
        let counts = METHODS.iter().any(|method| name.starts_with(method));
        let options = &mut self.found.options;
        if counts && (options.len() < APT_OPTIONS || options.contains_key(&name)) {
            options.insert(name, (Arc::clone(file), value));
        }
    }

    /// An option and all below it are gone (`Configuration::Clear`).
    fn clear(&mut self, name: &str) {
        let options = &mut self.found.options;
        options.remove(name);
        let start = format!("{name}::");
        let below = options.range::<str, _>((Bound::Included(&*start), Bound::Unbounded));
        let below = below.map(|(name, _)| name).take_while(|name| name.starts_with(&start));
        for gone in below.cloned().collect::<Vec<_>>() {
            options.remove(&gone);
        }
    }

    fn include(&mut self, from: &Path, value: &Value, depth: usize) -> bool {
        if depth == 0 || self.left == 0 {
            self.refuse(from, value.line, "APT ends with \"Too many nested includes\"");
            return false;
        }
        self.left -= 1;
        let named = self.survey.host.absolute(Path::new(&value.text));
        let is_directory = value.text.len() > 2 && value.text.ends_with('/');
        let files = if is_directory { self.parts(&named) } else { vec![named] };
        // One that cannot be read does not keep APT from the others of its directory, and all the same makes it end.
        let answers: Vec<_> = files.iter().map(|file| self.included(from, value, file, depth - 1)).collect();
        !answers.contains(&false)
    }

    fn included(&mut self, from: &Path, value: &Value, file: &Path, depth: usize) -> bool {
        if self.survey.host.resolve(file) == Err(crate::model::Unreadable::Absent) {
            self.refuse(from, value.line, &format!("APT ends, because {} is not there", file.display()));
            return false;
        }
        self.file(file, depth)
    }

    fn refuse(&mut self, file: &Path, line: u64, why: &str) {
        let setting = || Setting { value: why.into(), source: Source::File(file.to_path_buf(), line) };
        self.found.refused.get_or_insert_with(setting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::Searched;
    use crate::host::Host;
    use crate::host::memory::{Memory, linux};
    use crate::settings::server::Server;

    fn of(host: &Host, server: Option<&str>, key: &str) -> String {
        let server = server.map(|host| Server { host: Some(host.to_owned()), port: None });
        let survey = Survey::new(host, Searched { server, ..Searched::default() });
        let found = match key {
            "verify-peer" => unverified(&survey, &Installation::default()),
            "" => refused(&survey, &Installation::default()),
            "files" => not_loaded(&survey, &Installation::default()),
            key => setting(&survey, key),
        };
        let shown = |one: Setting| match one.source {
            Source::Scoped(.., host) => format!("{} for {host}", one.value.display()),
            _ => one.value.display().to_string(),
        };
        found.into_iter().map(shown).collect::<Vec<_>>().join(", ")
    }

    fn conf(text: &str) -> Memory {
        Memory::new().file("/etc/apt/apt.conf", text)
    }

    /// As APT 2.6.1 does, asked for `https://base.lab/`.
    #[test]
    fn options_of_a_host_count_before_those_of_all() {
        let off = |text: &str| of(&linux(conf(text), &[]), Some("base.lab"), "verify-peer");
        assert_eq!(off("Acquire::https::Base.Lab::Verify-Peer \"false\";"), "false");
        assert_eq!(off("Acquire::https::other.lab::Verify-Peer \"false\";"), "");
        assert_eq!(off("Acquire::http::Verify-Peer \"-0\";"), "-0");
        assert_eq!(off("Acquire::http::base.lab::Verify-Peer \"no\"; Acquire::https::Verify-Peer \"yes\";"), "no");
        assert_eq!(off("Acquire::https { Verify-Peer \"no\"; base.lab::Verify-Peer \"true\"; };"), "");
        assert_eq!(off("Acquire::http::Verify-Peer \"no\"; Acquire::https::Verify-Peer \"yes\";"), "");
        assert_eq!(off("Acquire::http::Verify-Peer \"no\"; Acquire::https::Verify-Peer \"\";"), "no");
        let text = "Acquire::https::CaInfo \"/none\"; Acquire::https::base.lab::CaInfo \"/a.pem\";";
        assert_eq!(of(&linux(conf(text), &[]), Some("base.lab"), "cainfo"), "/a.pem");
        assert_eq!(of(&linux(conf(text), &[]), Some("x.lab"), "cainfo"), "/none");
        assert_eq!(of(&linux(conf(text), &[]), None, "cainfo"), "/none, /a.pem for base.lab");
    }

    /// As the same does.
    #[test]
    fn options_are_cleared_and_files_included() {
        let off = |files: Memory| of(&linux(files, &[]), Some("base.lab"), "verify-peer");
        let set = "Acquire::https::Verify-Peer \"false\";\n";
        for cleared in ["Acquire::https", "acquire::https::verify-peer", "Acquire"] {
            assert_eq!(off(conf(&format!("{set}#clear {cleared};"))), "", "{cleared}");
        }
        for kept in ["Acquire::http", "Acquire::https::", "Acquire::https::Verify"] {
            assert_eq!(off(conf(&format!("{set}#clear {kept};"))), "false", "{kept}");
        }
        assert_eq!(off(conf("#include \"/more.conf\";").file("/more.conf", set)), "false");
        let directory = conf("#include \"/more/\";").file("/more/a", set).file("/more/b.x", "x").file("/more/c~", "x");
        assert_eq!(off(directory), "false");
    }

    /// As the same does.
    #[test]
    fn what_its_method_ends_with_is_told() {
        let ends = |text: &str| !of(&linux(conf(text).file("/a", ""), &[]), Some("base.lab"), "files").is_empty();
        for key in ["CrlFile", "SslCert", "base.lab::CrlFile"] {
            assert!(ends(&format!("Acquire::https::{key} \"/none\";")), "{key}");
            assert!(!ends(&format!("Acquire::https::{key} \"/a\";")), "{key}");
        }
        assert!(!ends("Acquire::https::SslKey \"/none\"; Acquire::https::other::CrlFile \"/none\";"));
        assert!(ends("Acquire::https::IssuerCert \"/a\";"));
    }

    #[test]
    fn what_apt_does_not_start_with_is_told() {
        let why = |files: Memory| of(&linux(files, &[]), None, "");
        assert_eq!(why(conf("a b c;")), "APT ends with a syntax error");
        assert_eq!(why(conf("#include \"/gone\";")), "APT ends, because /gone is not there");
        assert_eq!(why(conf("a b;").file("/etc/apt/apt.conf.d/x.bak", "a b c;")), "");
        let circle = "#include \"/etc/apt/apt.conf\";\n".repeat(2);
        assert_eq!(why(conf(&circle)), "APT ends with \"Too many nested includes\"");
        let chain = |last: usize| {
            let file = |files: Memory, n: usize| files.file(format!("/{n}"), format!("#include \"/{}\";", n + 1));
            (1..last).fold(conf("#include \"/1\";"), file).file(format!("/{last}"), "a b;")
        };
        assert_eq!((why(chain(11)), why(chain(12)).is_empty()), (String::new(), false));
    }

    #[test]
    fn a_file_that_includes_many_twice_comes_to_an_end() {
        let file =
            |files: Memory, n: usize| files.file(format!("/{n}"), format!("#include \"/{}\";", n + 1).repeat(1000));
        let files = (1..11).fold(conf("#include \"/1\";"), file).file("/11", "a b;");
        assert!(of(&linux(files, &[]), None, "").starts_with("APT ends"));
    }
}
