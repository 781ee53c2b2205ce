//! Firefox, Thunderbird and their kin: a database in every profile, before the roots the program brings.
//!
//! Profiles are those that `profiles.ini` lists and those that an installation has for its default
//! (`installs.ini`), wherever they lie. The roots are in the module `libnssckbi` beside the program, which
//! Fedora makes a link to p11-kit's, and in newer versions in the library of the program itself.
//! Certificates that a policy installs come into the database when the program starts.

use super::client::{Client, Edit, Find, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::mozilla;
use super::survey::Survey;
use super::verification;
use crate::limits::POLICY_CERTIFICATES;
use crate::model::Version;
use crate::policy;
use crate::settings::ini;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[FIREFOX, THUNDERBIRD, LIBREWOLF, WATERFOX, SEAMONKEY];

const DATABASE: &str = "https://firefox-source-docs.mozilla.org/toolkit/profile/index.html";
const BUILTINS: &str = "https://searchfox.org/mozilla-central/source/security/nss/lib/ckfw/builtins/README";
const LIBRARY: &str = "https://searchfox.org/mozilla-central/source/security/manager/ssl/trust_anchors";
const POLICY: &str = "https://mozilla.github.io/policy-templates/#certificates--install";

/// What a program of Mozilla's make trusts, inside any profile.
const PROFILE: Rule = Rule::All(&[
    Rule::First(&[
        Leaf::path("{database}/cert9.db").look(Look::Keystore).says(DATABASE),
        Leaf::path("{database}/cert8.db").look(Look::Keystore).says(DATABASE),
    ]),
    Leaf::section(&("{module}", "roots compiled into libnssckbi")).look(Look::Keystore).says(BUILTINS),
    Leaf::opaque(&("{library}", "roots compiled into libxul")).public().says(LIBRARY),
    Leaf::setting("Certificates.Install", installed).look(Look::AnyForm).missing(Then::Pass).every().says(POLICY),
]);

const ABOUT: &str =
    "The database of each profile, before the roots that the program brings; a policy's certificates come into it.";

const fn row(id: &'static str, title: &'static str, find: Find) -> Client {
    Client::new(id, title, ABOUT, Rule::Each(find, &PROFILE))
        .reads(&["MOZ_SYSTEM_CONFIG_DIR", "NSS_FIPS", "XDG_CONFIG_HOME"])
        .judged_by(&policy::nss::FIREFOX)
        .set_by(verification::of_nss)
        .edit(Edit::Via("certutil, or the policy Certificates.Install"))
}

/// `firefox`: every profile of Firefox, ESR and Nightly too.
const FIREFOX: Client = row("firefox", "Firefox", |survey| profiles(survey, &OF_FIREFOX));
/// `thunderbird`: every profile of Thunderbird.
const THUNDERBIRD: Client = row("thunderbird", "Thunderbird", |survey| profiles(survey, &OF_THUNDERBIRD));
/// `librewolf`: every profile of LibreWolf.
const LIBREWOLF: Client = row("librewolf", "LibreWolf", |survey| profiles(survey, &OF_LIBREWOLF));
/// `waterfox`: every profile of Waterfox.
const WATERFOX: Client = row("waterfox", "Waterfox", |survey| profiles(survey, &OF_WATERFOX));
/// `seamonkey`: every profile of SeaMonkey.
const SEAMONKEY: Client = row("seamonkey", "SeaMonkey", |survey| profiles(survey, &OF_SEAMONKEY));

/// Where a program keeps what.
struct Program {
    /// Its names on `PATH`.
    names: &'static [&'static str],
    /// Directories with `profiles.ini`, below a home directory.
    homes: &'static [&'static str],
    /// Directories in which the program is installed.
    installed: &'static [&'static str],
    /// The directory of its policies below `/etc`; none where it knows no policies.
    policies: &'static str,
}

const OF_FIREFOX: Program = Program {
    names: &["firefox", "firefox-esr"],
    homes: &[
        ".mozilla/firefox",
        // Since version 147, where the directory above is not there.
        ".config/mozilla/firefox",
        "snap/firefox/common/.mozilla/firefox",
        ".var/app/org.mozilla.firefox/.mozilla/firefox",
        ".var/app/org.mozilla.firefox/config/mozilla/firefox",
        "Library/Application Support/Firefox",
        "AppData/Roaming/Mozilla/Firefox",
    ],
    installed: &[
        "/usr/lib/firefox",
        "/usr/lib/firefox-esr",
        "/usr/lib64/firefox",
        "/opt/firefox",
        "/snap/firefox/current/usr/lib/firefox",
        "/var/lib/flatpak/app/org.mozilla.firefox/current/active/files/lib/firefox",
        "/Applications/Firefox.app/Contents/MacOS",
        "C:\\Program Files\\Mozilla Firefox",
    ],
    policies: "firefox",
};
const OF_THUNDERBIRD: Program = Program {
    names: &["thunderbird"],
    homes: &[
        ".thunderbird",
        "snap/thunderbird/common/.thunderbird",
        ".var/app/org.mozilla.Thunderbird/.thunderbird",
        "Library/Thunderbird",
        "AppData/Roaming/Thunderbird",
    ],
    installed: &[
        "/usr/lib/thunderbird",
        "/usr/lib64/thunderbird",
        "/opt/thunderbird",
        "/Applications/Thunderbird.app/Contents/MacOS",
        "C:\\Program Files\\Mozilla Thunderbird",
    ],
    policies: "thunderbird",
};
const OF_LIBREWOLF: Program = Program {
    names: &["librewolf"],
    homes: &[
        ".librewolf",
        ".config/librewolf/librewolf",
        ".var/app/io.gitlab.librewolf-community/.librewolf",
        "Library/Application Support/LibreWolf",
        "AppData/Roaming/librewolf",
    ],
    installed: &["/usr/share/librewolf", "/usr/lib/librewolf", "/Applications/LibreWolf.app/Contents/MacOS"],
    policies: "librewolf",
};
const OF_WATERFOX: Program = Program {
    names: &["waterfox"],
    homes: &[
        ".waterfox",
        ".var/app/net.waterfox.waterfox/.waterfox",
        "Library/Application Support/Waterfox",
        "AppData/Roaming/Waterfox",
    ],
    installed: &["/opt/waterfox", "/usr/lib/waterfox", "/Applications/Waterfox.app/Contents/MacOS"],
    policies: "waterfox",
};
const OF_SEAMONKEY: Program = Program {
    names: &["seamonkey"],
    homes: &[".mozilla/seamonkey", "Library/Application Support/SeaMonkey", "AppData/Roaming/Mozilla/SeaMonkey"],
    installed: &["/usr/lib/seamonkey", "/usr/lib64/seamonkey", "/opt/seamonkey"],
    policies: "",
};

fn profiles(survey: &Survey<'_>, program: &Program) -> Vec<Arc<Installation>> {
    let host = survey.host;
    let below = program.homes.iter().filter_map(|home| home.strip_prefix(".config/"));
    let config = survey.set("XDG_CONFIG_HOME");
    let moved = below.filter_map(|home| Some(config.as_ref()?.join(home)));
    let homes = program.homes.iter().filter_map(|home| survey.in_home(home)).chain(moved);
    let mut listed: Vec<(PathBuf, String)> = Vec::new();
    for home in homes.filter(|home| host.is_directory(home)) {
        for (profile, because) in in_home(survey, &home) {
            if !listed.iter().any(|(known, _)| *known == profile) && mozilla::is_database(host, &profile) {
                listed.push((profile, because));
            }
        }
    }
    let own = installed_at(survey, program);
    let version = own.iter().find_map(|place| {
        let text = host.settings(&place.join("application.ini"))?;
        Version::parse(&ini::value(&text, "App", "Version")?.text)
    });
    // toolkit/xre/nsXREDirProvider.cpp, and EnterprisePoliciesParent.sys.mjs of the component of policies.
    let system = survey.set("MOZ_SYSTEM_CONFIG_DIR").unwrap_or_else(|| "/etc".into());
    let system = system.join(program.policies).join("policies/policies.json");
    let policies = std::iter::once(system).chain(own.iter().map(|place| place.join("distribution/policies.json")));
    let policies = policies.into_iter().find(|file| !program.policies.is_empty() && host.is_file(file));
    // Where there are policies and no profile yet, they are for the one that the first start makes.
    let is_new = listed.is_empty() && policies.is_some();
    if let Some(place) = own.first().filter(|_| is_new) {
        listed.push((place.clone(), "no profile yet".to_owned()));
    }
    let remark = policies.as_ref().and_then(|file| {
        let json = serde_json::from_str::<serde_json::Value>(&host.settings(file)?);
        let many = |json: &serde_json::Value| names(json).nth(POLICY_CERTIFICATES).is_some();
        match json {
            Err(_) => Some(format!("{} is no JSON that can be read: no policy in it counts", file.display())),
            Ok(json) if many(&json) => {
                Some(format!("of the certificates of {} the first {POLICY_CERTIFICATES} are looked at", file.display()))
            }
            Ok(_) => None,
        }
    });
    let one = |(profile, because): (PathBuf, String)| {
        let mut found = mozilla::database(host, profile, Some(&own));
        found.because = because;
        found.components.extend(version.clone().map(|version| ("firefox", version)));
        found.places.extend(policies.clone().map(|file| ("policies", file)));
        found.places.extend(own.first().map(|place| ("program", place.clone())));
        found.remarks.extend(remark.clone());
        Arc::new(found)
    };
    listed.into_iter().map(one).collect()
}

/// The profiles of one `profiles.ini`, those first that an installation has for its default
/// (toolkit/profile/nsToolkitProfileService.cpp).
fn in_home(survey: &Survey<'_>, home: &Path) -> Vec<(PathBuf, String)> {
    let read = |name: &str| survey.host.settings(&home.join(name)).unwrap_or_default();
    let (profiles, installs) = (ini::sections(&read("profiles.ini")), ini::sections(&read("installs.ini")));
    let default = |section: &ini::Section| section.value("Default").map(|value| home.join(&value.text));
    let of_install =
        profiles.iter().filter(|section| section.name.starts_with("Install")).chain(installs.iter().skip(1));
    let defaults = of_install.filter_map(default).map(|path| (path, "installs.ini".to_owned()));
    let all = profiles.iter().filter(|section| section.name.starts_with("Profile")).filter_map(|section| {
        // Relative to the home, else from the root.
        Some((home.join(&section.value("Path")?.text), "profiles.ini".to_owned()))
    });
    defaults.chain(all).collect()
}

/// The directories in which the program is: what `PATH` leads to, and the usual ones.
fn installed_at(survey: &Survey<'_>, program: &Program) -> Vec<PathBuf> {
    let host = survey.host;
    let on_path = program.names.iter().flat_map(|name| survey.programs(name));
    let behind = on_path.filter_map(|path| Some(host.resolve(&path).ok()?.path.parent()?.to_path_buf()));
    let mut found: Vec<PathBuf> = Vec::new();
    for place in behind.chain(program.installed.iter().map(PathBuf::from)) {
        if !found.contains(&place) && host.is_directory(&place) {
            found.push(place);
        }
    }
    found
}

/// Where the machine's certificates are of which a policy says the name alone (`XRESysNativeManifests`).
const CERTIFICATES: &[&str] = &["/usr/lib/mozilla/certificates", "/usr/lib64/mozilla/certificates"];

/// What a policy says of certificates to install.
fn names(json: &serde_json::Value) -> impl Iterator<Item = &str> {
    let list = json["policies"]["Certificates"]["Install"].as_array();
    list.into_iter().flatten().filter_map(serde_json::Value::as_str)
}

/// The files that the policy installs: paths, and names, which are looked for beside the program, in a directory of the
/// user's and in one of the machine's (`Certificates`, browser/components/enterprisepolicies/Policies.sys.mjs). No other
/// directory counts for a name.
fn installed(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let host = survey.host;
    let Some(file) = installation.place("policies") else { return Vec::new() };
    let text = host.settings(file).unwrap_or_default();
    let Ok(json) = serde_json::from_str::<serde_json::Value>(&text) else { return Vec::new() };
    let named = |name: &str| -> OsString {
        if Path::new(name).is_absolute() {
            return name.into();
        }
        let beside = installation.place("program").map(|program| program.join("distribution/certificates"));
        let own = survey.in_home(".mozilla/certificates");
        let places = beside.into_iter().chain(own).chain(CERTIFICATES.iter().map(PathBuf::from));
        let places: Vec<PathBuf> = places.map(|place| place.join(name)).collect();
        let found = places.iter().find(|path| host.is_file(path)).or_else(|| places.first());
        found.map_or_else(|| name.into(), |path| path.clone().into_os_string())
    };
    let line = |name: &str| text.lines().position(|line| line.contains(name)).map_or(1, |at| at as u64 + 1);
    names(&json)
        .take(POLICY_CERTIFICATES)
        .map(|name| Setting { value: named(name), source: Source::File(file.clone(), line(name)) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::{Outcome, discover};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    fn host(files: Memory) -> Host {
        let variables = [("HOME".into(), "/h".into()), ("PATH".into(), "/usr/bin".into())];
        Host::new(Box::new(files), System::Linux).with_environment(variables.into_iter().collect())
    }

    fn at(found: &[Arc<Installation>]) -> Vec<String> {
        found.iter().map(|one| format!("{} ({})", one.at.display(), one.because)).collect()
    }

    #[test]
    fn profiles_are_those_that_the_files_name_wherever_they_lie() {
        let home = "/h/.mozilla/firefox";
        let files = Memory::new()
            .file(
                format!("{home}/profiles.ini"),
                "[Profile1]\nName=x\nIsRelative=1\nPath=a.default\n\n[Profile0]\nIsRelative=0\nPath=/data/p\n",
            )
            .file(format!("{home}/installs.ini"), "[3B6073811A6ABF12]\nDefault=b.esr\nLocked=1\n")
            .file(format!("{home}/a.default/cert9.db"), "")
            .file(format!("{home}/b.esr/cert9.db"), "")
            .file(format!("{home}/left-behind/cert9.db"), "")
            .file("/data/p/cert9.db", "");
        let host = host(files);
        let found = profiles(&Survey::new(&host, Default::default()), &OF_FIREFOX);
        let expected = [
            "/h/.mozilla/firefox/b.esr (installs.ini)",
            "/h/.mozilla/firefox/a.default (profiles.ini)",
            "/data/p (profiles.ini)",
        ];
        assert_eq!(at(&found), expected);
        assert_eq!(found[0].unknown, ["the roots built into its program"]);
    }

    #[test]
    fn every_program_has_its_homes() {
        for (program, client) in [
            (&OF_FIREFOX, &FIREFOX),
            (&OF_THUNDERBIRD, &THUNDERBIRD),
            (&OF_LIBREWOLF, &LIBREWOLF),
            (&OF_WATERFOX, &WATERFOX),
            (&OF_SEAMONKEY, &SEAMONKEY),
        ] {
            for home in program.homes {
                let files = Memory::new()
                    .file(format!("/h/{home}/profiles.ini"), "[Profile0]\nIsRelative=1\nPath=p\n")
                    .file(format!("/h/{home}/p/cert9.db"), "");
                let host = host(files);
                let uses = discover(&Survey::new(&host, Default::default()), CLIENTS.iter());
                let found: Vec<_> = uses.iter().map(|found| (found.client.id, found.installation.at.clone())).collect();
                assert_eq!(found, [(client.id, PathBuf::from(format!("/h/{home}/p")))]);
            }
        }
        let empty = host(Memory::new());
        assert!(discover(&Survey::new(&empty, Default::default()), CLIENTS.iter()).is_empty());
    }

    #[test]
    fn variables_move_profiles_and_policies() {
        let files = Memory::new()
            .file("/x/librewolf/librewolf/profiles.ini", "[Profile0]\nPath=p\n")
            .file("/x/librewolf/librewolf/p/cert9.db", "")
            .file("/etc/librewolf/policies/policies.json", "{}")
            .file("/conf/librewolf/policies/policies.json", "{}");
        let policies = |variables: &[(&str, &str)]| {
            let usual = [("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")];
            let variables = variables.iter().chain(&usual).map(|(name, value)| (name.into(), value.into())).collect();
            let host = Host::new(Box::new(files.clone()), System::Linux).with_environment(variables);
            profiles(&Survey::new(&host, Default::default()), &OF_LIBREWOLF)[0].place("policies").cloned().unwrap()
        };
        assert_eq!(policies(&[]), Path::new("/etc/librewolf/policies/policies.json"));
        assert_eq!(
            policies(&[("MOZ_SYSTEM_CONFIG_DIR", "/conf")]),
            Path::new("/conf/librewolf/policies/policies.json")
        );
    }

    #[test]
    fn roots_are_in_a_module_or_in_the_library() {
        let profile = Memory::new()
            .file("/h/.thunderbird/profiles.ini", "[Profile0]\nPath=p\n")
            .file("/h/.thunderbird/p/cert9.db", "")
            .file("/usr/lib/thunderbird/thunderbird", "")
            .file("/usr/lib/thunderbird/application.ini", "[App]\nVersion=153.7.0\n")
            .link("/usr/bin/thunderbird", "/usr/lib/thunderbird/thunderbird");
        let one = |files: Memory| {
            let host = host(files);
            profiles(&Survey::new(&host, Default::default()), &OF_THUNDERBIRD).remove(0)
        };
        let new = one(profile.clone().file("/usr/lib/thunderbird/libxul.so", ""));
        assert_eq!(new.place("library"), Some(&PathBuf::from("/usr/lib/thunderbird/libxul.so")));
        assert_eq!(new.version("firefox").unwrap().to_string(), "153.7.0");
        let old = one(profile.clone().file("/usr/lib/thunderbird/libnssckbi.so", ""));
        assert_eq!((old.place("library"), old.place("module").is_some()), (None, true));
        let fedora = profile
            .file("/usr/lib64/pkcs11/p11-kit-trust.so", "")
            .link("/usr/lib/thunderbird/libnssckbi.so", "/usr/lib64/pkcs11/p11-kit-trust.so");
        assert_eq!(one(fedora).unknown, ["the roots that p11-kit serves it"]);
    }

    #[test]
    fn a_policy_installs_files_by_path_and_by_name() {
        let policy =
            "{\"policies\": {\"Certificates\":\n {\"Install\": [\"corp.crt\",\n \"/opt/other.pem\", \"gone.crt\"]}}}";
        let files = Memory::new()
            .file("/h/.mozilla/firefox/profiles.ini", "[Profile0]\nPath=p\n")
            .file("/h/.mozilla/firefox/p/cert9.db", "")
            .file("/etc/firefox/policies/policies.json", policy)
            .file("/usr/lib/mozilla/certificates/corp.crt", "")
            .file("/opt/other.pem", "");
        let host = host(files);
        let uses = discover(&Survey::new(&host, Default::default()), [&FIREFOX]);
        let used = uses[0].candidates.iter().filter(|one| one.outcome == Outcome::Used);
        let used: Vec<_> = used.map(|one| one.path.as_ref().unwrap().display().to_string()).collect();
        let expected = ["/h/.mozilla/firefox/p/cert9.db", "/usr/lib/mozilla/certificates/corp.crt", "/opt/other.pem"];
        assert_eq!(used, expected);
    }

    #[test]
    fn a_name_in_a_policy_is_looked_for_beside_the_program_and_not_in_the_working_directory() {
        let policy = "{\"policies\": {\"Certificates\": {\"Install\": [\"corp.pem\"]}}}";
        let of = |certificate: &str, profile: bool, policy: &str| {
            let files = Memory::new()
                .file("/usr/lib/firefox/application.ini", "")
                .file("/usr/lib/firefox/distribution/policies.json", policy)
                .file(certificate, "");
            let files = if profile {
                let files = files.file("/h/.mozilla/firefox/profiles.ini", "[Profile0]\nPath=p\n");
                files.file("/h/.mozilla/firefox/p/cert9.db", "")
            } else {
                files
            };
            let host = host(files);
            let uses = discover(&Survey::new(&host, Default::default()), [&FIREFOX]);
            let policies = uses[0].candidates.iter().filter(|one| one.leaf.says == POLICY);
            let told = |one: &crate::discover::Candidate| {
                (one.path.as_ref().unwrap().display().to_string(), one.outcome == Outcome::Used)
            };
            (policies.map(told).collect::<Vec<_>>(), uses[0].installation.remarks.len())
        };
        let beside = "/usr/lib/firefox/distribution/certificates/corp.pem";
        for profile in [true, false] {
            assert_eq!(of(beside, profile, policy), (vec![(beside.to_owned(), true)], 0));
            assert_eq!(of("/corp.pem", profile, policy), (vec![(beside.to_owned(), false)], 0));
            let own = "/h/.mozilla/certificates/corp.pem";
            assert_eq!(of(own, profile, policy), (vec![(own.to_owned(), true)], 0));
            assert_eq!(of(beside, profile, "{\"policies\": "), (Vec::new(), 1));
        }
    }

    /// A policy in a tree may be anybody's: names past a bound are none, and that is said.
    #[test]
    fn a_policy_of_many_names_comes_to_an_end() {
        let names: Vec<String> = (0..30_000).map(|number| format!("\"{number}\"")).collect();
        let policy = format!("{{\"policies\": {{\"Certificates\": {{\"Install\": [{}]}}}}}}", names.join(","));
        let files = Memory::new()
            .file("/usr/lib/firefox/application.ini", "")
            .file("/usr/lib/firefox/distribution/policies.json", policy);
        let host = host(files);
        let survey = Survey::new(&host, crate::catalogue::survey::Searched::default());
        let uses = discover(&survey, CLIENTS.iter().filter(|client| client.id == "firefox"));
        assert_eq!(installed(&survey, &uses[0].installation).len(), POLICY_CERTIFICATES);
        assert!(uses[0].installation.remarks.iter().any(|remark| remark.contains("the first 1000")));
    }
}
