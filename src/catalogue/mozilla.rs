//! NSS databases and the module of built-in roots: Firefox, Thunderbird, Chromium's old store.

use super::client::{Client, Edit, Installation, Leaf, Look, Rule};
use super::survey::Survey;
use std::path::PathBuf;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[NSS];

const DATABASE: &str =
    "https://firefox-source-docs.mozilla.org/security/nss/legacy/reference/nss_tools_certutil/index.html";
const BUILTINS: &str = "https://searchfox.org/mozilla-central/source/security/nss/lib/ckfw/builtins/README";

/// `nss`: every database directory, and the built-in module.
const NSS: Client = Client::new(
    "nss",
    "NSS databases",
    "A database of the user's, over the roots of the built-in module libnssckbi.",
    Rule::Each(
        databases,
        &Rule::All(&[
            Leaf::path("{database}/cert9.db").look(Look::Keystore).says(DATABASE),
            Leaf::path("{database}/cert8.db").look(Look::Keystore).says(DATABASE),
            Leaf::section("{module}", "roots compiled into libnssckbi").look(Look::Keystore).says(BUILTINS),
        ]),
    ),
)
.edit(Edit::Via("certutil"));

fn databases(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let host = survey.host;
    let profiles =
        [".mozilla/firefox", "snap/firefox/common/.mozilla/firefox", ".thunderbird", ".config/mozilla/firefox"];
    let profiles = profiles.iter().filter_map(|place| survey.in_home(place)).flat_map(|parent| host.children(&parent));
    let shared =
        [survey.in_home(".pki/nssdb"), survey.in_home(".local/share/pki/nssdb"), Some("/etc/pki/nssdb".into())];
    let is_database =
        |directory: &PathBuf| ["cert9.db", "cert8.db"].iter().any(|name| host.is_file(&directory.join(name)));
    let databases = shared.into_iter().flatten().chain(profiles).filter(is_database);
    let describe = |places: Vec<(&'static str, PathBuf)>, at: PathBuf| {
        Arc::new(Installation { at, places, because: "usual place".to_owned(), ..Installation::default() })
    };
    let mut found: Vec<_> =
        databases.map(|directory| describe(vec![("database", directory.clone())], directory)).collect();
    let libraries = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let module = libraries
        .iter()
        .flat_map(|d| [PathBuf::from(d).join("nss/libnssckbi.so"), PathBuf::from(d).join("libnssckbi.so")]);
    found.extend(module.filter(|path| host.is_file(path)).take(1).map(|path| {
        let behind = host.resolve(&path).map_or_else(|_| path.clone(), |found| found.path);
        if behind.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"p11-kit-trust")) {
            return Arc::new(Installation { unknown: vec![P11_KIT.to_owned()], at: path, ..Installation::default() });
        }
        describe(vec![("module", path.clone())], path)
    }));
    found
}

/// Fedora, Arch and others put p11-kit's module in the place of NSS' own (update-alternatives).
const P11_KIT: &str = "the roots of its module, which is p11-kit's: it gives the anchors of the system";
