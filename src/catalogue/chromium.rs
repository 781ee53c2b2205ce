//! The Chromium family on Linux: a root store of its own, with what the user and the administrator add.
//!
//! Since version 114 nothing of the system's counts. Roots are built in, and a component replaces them by
//! newer ones. Beside them stand the user's NSS database, the database `ServerCertificate` of a profile
//! and certificates within policies; one policy turns the NSS database off. Which directory NSS is given
//! is decided by whether `~/.pki/nssdb` is there: if so it is that one, even empty, and no other.

use super::client::{Client, Edit, Find, Installation, Leaf, Look, Rule};
use super::survey::Survey;
use crate::host::System::Linux;
use crate::model::Version;
use crate::policy;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[CHROME, CHROMIUM, EDGE, BRAVE, VIVALDI, OPERA];

pub(super) const ROOTS: &str =
    "https://chromium.googlesource.com/chromium/src/+/main/net/data/ssl/chrome_root_store/faq.md";
const COMPONENT: &str = "https://chromium.googlesource.com/chromium/src/+/main/chrome/browser/component_updater/pki_metadata_component_installer.cc";
pub(super) const NSS: &str = "https://chromium.googlesource.com/chromium/src/+/main/crypto/nss_util.cc";
const DATABASE: &str = "https://chromium.googlesource.com/chromium/src/+/main/components/server_certificate_database/server_certificate_database.cc";
const POLICY: &str = "https://chromeenterprise.google/policies/#CACertificates";

/// The mark of a browser whose policy turns the user's NSS database off.
const NO_PLATFORM: &str = "no-platform";
const TURNED_OFF: &str = "not looked at: the policy CAPlatformIntegrationEnabled is false";

/// What a browser of Chromium's make trusts, in one profile.
const PROFILE: Rule = Rule::All(&[
    Rule::First(&[
        Leaf::opaque(&("{component}", "the root store that the browser fetched")).public().says(COMPONENT),
        Leaf::opaque(&("{binary}", "the root store compiled into the browser")).public().says(ROOTS),
    ]),
    Leaf::path("{nss}/cert9.db").look(Look::Keystore).except(&(NO_PLATFORM, TURNED_OFF)).says(NSS),
    Leaf::path("{profile}/ServerCertificate").look(Look::Keystore).says(DATABASE),
    Leaf::opaque(&("{policy}", "certificates within a policy")).says(POLICY),
]);

const ABOUT: &str = "Roots of its own; the user's NSS database, the certificates of each profile and those of policies \
                     beside them. The system's store counts for nothing.";

const fn row(id: &'static str, title: &'static str, find: Find) -> Client {
    Client::new(id, title, ABOUT, Rule::Each(find, &PROFILE))
        .judged_by(&policy::unread::CHROMIUM)
        .refuses_strangers()
        .on(&[Linux])
        .reads(&["CHROME_CONFIG_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"])
        .edit(Edit::Via("certutil on the NSS database, chrome://certificate-manager, or the policy CACertificates"))
}

/// `chrome`: Google Chrome, every channel.
const CHROME: Client = row("chrome", "Google Chrome", |survey| browsers(survey, &OF_CHROME));
/// `chromium`: Chromium as distributions build it.
const CHROMIUM: Client = row("chromium", "Chromium", |survey| browsers(survey, &OF_CHROMIUM));
/// `edge`: Microsoft Edge.
const EDGE: Client = row("edge", "Microsoft Edge", |survey| browsers(survey, &OF_EDGE));
/// `brave`: Brave.
const BRAVE: Client = row("brave", "Brave", |survey| browsers(survey, &OF_BRAVE));
/// `vivaldi`: Vivaldi.
const VIVALDI: Client = row("vivaldi", "Vivaldi", |survey| browsers(survey, &OF_VIVALDI));
/// `opera`: Opera.
const OPERA: Client = row("opera", "Opera", |survey| browsers(survey, &OF_OPERA));

/// Where a browser keeps what.
struct Browser {
    /// Directories of user data, below the directory of configurations.
    data: &'static [&'static str],
    /// The same, below a home directory, of browsers in a sandbox with a home of its own.
    boxed: &'static [(&'static str, &'static str)],
    /// The program itself.
    binaries: &'static [&'static str],
    /// The directory of policies; none where none is documented.
    policies: &'static str,
}

const OF_CHROME: Browser = Browser {
    data: &["google-chrome", "google-chrome-beta", "google-chrome-unstable"],
    boxed: &[(".var/app/com.google.Chrome/config/google-chrome", ".var/app/com.google.Chrome/data")],
    binaries: &["/opt/google/chrome/chrome", "/opt/google/chrome-beta/chrome", "/opt/google/chrome-unstable/chrome"],
    policies: "/etc/opt/chrome/policies",
};
const OF_CHROMIUM: Browser = Browser {
    data: &["chromium"],
    boxed: &[
        ("snap/chromium/common/chromium", "snap/chromium/current/.local/share"),
        (".var/app/org.chromium.Chromium/config/chromium", ".var/app/org.chromium.Chromium/data"),
    ],
    binaries: &[
        "/usr/lib/chromium/chromium",
        "/usr/lib64/chromium-browser/chromium-browser",
        "/usr/lib/chromium-browser/chromium-browser",
        "/snap/chromium/current/usr/lib/chromium-browser/chrome",
    ],
    policies: "/etc/chromium/policies",
};
const OF_EDGE: Browser = Browser {
    data: &["microsoft-edge", "microsoft-edge-beta", "microsoft-edge-dev"],
    // The Flatpak is made of the channel beta, before of dev.
    boxed: &[
        (".var/app/com.microsoft.Edge/config/microsoft-edge", ".var/app/com.microsoft.Edge/data"),
        (".var/app/com.microsoft.Edge/config/microsoft-edge-beta", ".var/app/com.microsoft.Edge/data"),
        (".var/app/com.microsoft.Edge/config/microsoft-edge-dev", ".var/app/com.microsoft.Edge/data"),
    ],
    binaries: &[
        "/opt/microsoft/msedge/msedge",
        "/opt/microsoft/msedge-beta/msedge",
        "/opt/microsoft/msedge-dev/msedge",
    ],
    policies: "/etc/opt/edge/policies",
};
const OF_BRAVE: Browser = Browser {
    data: &["BraveSoftware/Brave-Browser", "BraveSoftware/Brave-Browser-Beta", "BraveSoftware/Brave-Browser-Nightly"],
    boxed: &[
        (".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser", ".var/app/com.brave.Browser/data"),
        ("snap/brave/current/.config/BraveSoftware/Brave-Browser", "snap/brave/current/.local/share"),
    ],
    binaries: &[
        "/opt/brave.com/brave/brave",
        "/opt/brave.com/brave-beta/brave",
        "/opt/brave.com/brave-nightly/brave",
        "/snap/brave/current/opt/brave.com/brave/brave",
    ],
    // app/brave_main_delegate.cc of brave-core.
    policies: "/etc/brave/policies",
};
const OF_VIVALDI: Browser = Browser {
    data: &["vivaldi", "vivaldi-snapshot"],
    boxed: &[(".var/app/com.vivaldi.Vivaldi/config/vivaldi", ".var/app/com.vivaldi.Vivaldi/data")],
    binaries: &["/opt/vivaldi/vivaldi-bin", "/opt/vivaldi-snapshot/vivaldi-bin"],
    policies: "",
};
const OF_OPERA: Browser = Browser {
    data: &["opera"],
    boxed: &[
        ("snap/opera/current/.config/opera", "snap/opera/current/.local/share"),
        (".var/app/com.opera.Opera/config/opera", ".var/app/com.opera.Opera/data"),
    ],
    binaries: &["/usr/lib/x86_64-linux-gnu/opera/opera", "/usr/lib64/opera/opera"],
    policies: "",
};

/// Every profile of a browser, or the browser alone where it has none yet.
fn browsers(survey: &Survey<'_>, browser: &Browser) -> Vec<Arc<Installation>> {
    let host = survey.host;
    let binary = browser.binaries.iter().map(PathBuf::from).find(|path| host.is_file(path));
    let mut found = Vec::new();
    for (data, shared) in user_data(survey, browser) {
        let version = host.settings(&data.join("Last Version")).and_then(|text| Version::parse(text.trim()));
        let mut common = Installation { because: "user data".to_owned(), ..Installation::default() };
        common.places.extend(component(survey, &data).map(|file| ("component", file)));
        common.places.extend(binary.clone().map(|path| ("binary", path)));
        common.places.extend(nss(survey, shared, version.as_ref()).map(|directory| ("nss", directory)));
        common.components.extend(version.map(|version| ("chromium", version)));
        add_policies(survey, browser, &mut common);
        for profile in profiles(survey, &data) {
            let mut one = Installation { at: profile.clone(), ..common.clone() };
            one.places.push(("profile", profile));
            found.push(Arc::new(one));
        }
    }
    if let Some(path) = binary.filter(|_| found.is_empty()) {
        let mut alone = Installation { at: path.clone(), because: "usual place".to_owned(), ..Installation::default() };
        alone.places.push(("binary", path));
        alone.places.extend(nss(survey, None, None).map(|directory| ("nss", directory)));
        add_policies(survey, browser, &mut alone);
        found.push(Arc::new(alone));
    }
    found
}

/// The directories of user data that there are, with the directory of shared data of a sandbox
/// (chrome/common/chrome_paths_linux.cc).
fn user_data(survey: &Survey<'_>, browser: &Browser) -> Vec<(PathBuf, Option<PathBuf>)> {
    let host = survey.host;
    let config = survey.set("CHROME_CONFIG_HOME").or_else(|| survey.config_home());
    let usual = config.iter().flat_map(|config| browser.data.iter().map(|name| (config.join(name), None)));
    let boxed = browser.boxed.iter();
    let boxed = boxed.filter_map(|(data, shared)| Some((survey.in_home(data)?, Some(survey.in_home(shared)?))));
    usual.chain(boxed).filter(|(data, _)| host.is_directory(data)).collect()
}

/// The profiles below a directory of user data.
fn profiles(survey: &Survey<'_>, data: &Path) -> Vec<PathBuf> {
    let names = survey.names(data);
    let is_profile = |name: &str| name == "Default" || name.starts_with("Profile ");
    let profiles = names.iter().filter(|name| name.to_str().is_some_and(is_profile)).map(|name| data.join(name));
    profiles.filter(|profile| survey.host.is_directory(profile)).collect()
}

/// The newest root store that a component brought: `PKIMetadata/VERSION/crs.pb`.
fn component(survey: &Survey<'_>, data: &Path) -> Option<PathBuf> {
    let versions = survey.host.children(&data.join("PKIMetadata")).into_iter().filter_map(|directory| {
        let version = Version::parse(directory.file_name()?.to_str()?)?;
        Some((version, directory.join("crs.pb")))
    });
    let mut found: Vec<_> = versions.filter(|(_, file)| survey.host.is_file(file)).collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found.pop().map(|(_, file)| file)
}

/// The directory that NSS is given: the old one where it is there, else the one for data, before
/// version 146 the old one alone.
pub(super) fn nss(survey: &Survey<'_>, shared: Option<PathBuf>, version: Option<&Version>) -> Option<PathBuf> {
    let host = survey.host;
    let old = match &shared {
        None => survey.in_home(".pki/nssdb")?,
        Some(shared) => home_of_sandbox(shared).join(".pki/nssdb"),
    };
    let is_old = version.is_some_and(|version| version.is_between("", "146"));
    if is_old || host.is_directory(&old) {
        return Some(old);
    }
    let set = survey.set("XDG_DATA_HOME");
    shared.or(set).or_else(|| survey.in_home(".local/share")).map(|data| data.join("pki/nssdb"))
}

/// What a sandbox keeps of a home directory: a Snap's own, and that of a Flatpak beside its data, where
/// the manifests of browsers have `--persist=.pki`.
fn home_of_sandbox(shared: &Path) -> &Path {
    let is_home = |path: &&Path| path.ends_with("current") || path.parent().is_some_and(|up| up.ends_with(".var/app"));
    shared.ancestors().find(is_home).unwrap_or(shared)
}

/// What policies say of certificates: files of JSON in two directories, of which `managed` binds.
fn add_policies(survey: &Survey<'_>, browser: &Browser, found: &mut Installation) {
    if browser.policies.is_empty() {
        found.unknown.push("where its policies stand, which may add certificates or turn NSS off".to_owned());
        return;
    }
    for level in ["managed", "recommended"] {
        for file in survey.host.children(&Path::new(browser.policies).join(level)) {
            let text = survey.host.settings(&file).unwrap_or_default();
            let Ok(policies) = serde_json::from_str::<Value>(&text) else { continue };
            if policies["CAPlatformIntegrationEnabled"] == false {
                found.marks.push(NO_PLATFORM);
            }
            let names = ["CACertificates", "CACertificatesWithConstraints", "CADistrustedCertificates"];
            let holds = |name: &str| policies[name].as_array().is_some_and(|list| !list.is_empty());
            if names.iter().any(|name| holds(name)) && found.place("policy").is_none() {
                found.places.push(("policy", file));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::{Outcome, Use, discover};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    fn uses(files: Memory, variables: &[(&str, &str)]) -> Vec<Use> {
        let variables = variables.iter().chain(&[("HOME", "/h")]).map(|(k, v)| (k.into(), v.into())).collect();
        let host = Host::new(Box::new(files), System::Linux).with_environment(variables);
        discover(&Survey::new(&host, Default::default()), CLIENTS.iter())
    }

    fn used(found: &Use) -> Vec<String> {
        found.effective().map(|one| one.path.as_ref().unwrap().display().to_string()).collect()
    }

    #[test]
    fn every_browser_has_its_directories() {
        for (browser, client) in [
            (&OF_CHROME, "chrome"),
            (&OF_CHROMIUM, "chromium"),
            (&OF_EDGE, "edge"),
            (&OF_BRAVE, "brave"),
            (&OF_VIVALDI, "vivaldi"),
            (&OF_OPERA, "opera"),
        ] {
            let homes = browser.data.iter().map(|name| format!("/h/.config/{name}"));
            for home in homes.chain(browser.boxed.iter().map(|(data, _)| format!("/h/{data}"))) {
                let files = Memory::new().file(format!("{home}/Profile 1/ServerCertificate"), "");
                let found = uses(files, &[]);
                assert_eq!(found.iter().map(|one| one.client.id).collect::<Vec<_>>(), [client], "{home}");
                assert_eq!(used(&found[0]), [format!("{home}/Profile 1/ServerCertificate")]);
            }
            for binary in browser.binaries {
                let found = uses(Memory::new().file(*binary, ""), &[]);
                assert_eq!(found.iter().map(|one| one.client.id).collect::<Vec<_>>(), [client], "{binary}");
            }
        }
        assert!(uses(Memory::new(), &[]).is_empty());
    }

    #[test]
    fn one_directory_of_nss_counts() {
        let profile = Memory::new().file("/h/.config/chromium/Default/Preferences", "");
        let (old, new) = ("/h/.pki/nssdb/cert9.db", "/h/.local/share/pki/nssdb/cert9.db");
        assert_eq!(used(&uses(profile.clone().file(new, ""), &[])[0]), [new]);
        assert_eq!(used(&uses(profile.clone().file(new, "").file(old, ""), &[])[0]), [old]);
        let empty = profile.clone().file(new, "").with("/h/.pki/nssdb", crate::host::memory::Node::Directory);
        assert!(used(&uses(empty, &[])[0]).is_empty());
        let moved = profile.clone().file(new, "").file("/data/pki/nssdb/cert9.db", "");
        assert_eq!(used(&uses(moved, &[("XDG_DATA_HOME", "/data")])[0]), ["/data/pki/nssdb/cert9.db"]);
        let boxed = "/h/.var/app/com.brave.Browser";
        let profile_in_box = format!("{boxed}/config/BraveSoftware/Brave-Browser/Default/Preferences");
        let (persisted, data) = (format!("{boxed}/.pki/nssdb/cert9.db"), format!("{boxed}/data/pki/nssdb/cert9.db"));
        let files = Memory::new().file(profile_in_box, "").file(&*data, "").file(old, "");
        assert_eq!(used(&uses(files.clone(), &[])[0]), [data]);
        assert_eq!(used(&uses(files.file(&*persisted, ""), &[])[0]), [persisted]);
        let before = profile.file(new, "").file("/h/.config/chromium/Last Version", "145.0.7632.5");
        assert!(used(&uses(before, &[])[0]).is_empty());
    }

    #[test]
    fn a_component_replaces_the_roots_compiled_in() {
        let files = Memory::new()
            .file("/opt/google/chrome/chrome", "")
            .file("/h/.config/google-chrome/Default/Preferences", "")
            .file("/h/.config/google-chrome/PKIMetadata/901/crs.pb", "")
            .file("/h/.config/google-chrome/PKIMetadata/1100/crs.pb", "")
            .file("/h/.config/google-chrome/PKIMetadata/1200/kp_pinslist.pb", "");
        let found = uses(files, &[]);
        assert_eq!(used(&found[0]), ["/h/.config/google-chrome/PKIMetadata/1100/crs.pb"]);
        assert!(found[0].candidates.iter().any(|one| one.outcome == Outcome::Shadowed));
    }

    #[test]
    fn policies_add_certificates_and_turn_the_platform_off() {
        let files = Memory::new()
            .file("/h/.config/chromium/Default/Preferences", "")
            .file("/h/.local/share/pki/nssdb/cert9.db", "")
            .file("/etc/chromium/policies/managed/a.json", "{\"CAPlatformIntegrationEnabled\": false}")
            .file("/etc/chromium/policies/managed/b.json", "{\"CACertificates\": [\"MIIB\"]}");
        assert_eq!(used(&uses(files, &[])[0]), ["/etc/chromium/policies/managed/b.json"]);
    }
}
