//! Java: every JDK and JRE in the usual places, and the keystore each reads.

use super::client::{Client, Edit, Installation, Leaf, Look, Rule};
use super::survey::Survey;
use crate::model::Version;
use std::path::PathBuf;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[JAVA];

const JSSE: &str =
    "https://docs.oracle.com/en/java/javase/21/security/java-secure-socket-extension-jsse-reference-guide.html";

/// `java`: every runtime found.
const JAVA: Client = Client::new(
    "java",
    "Java",
    "lib/security/jssecacerts if it is there, else lib/security/cacerts.",
    Rule::Each(
        javas,
        &Rule::First(&[
            Leaf::path("{security}/jssecacerts").look(Look::Keystore).says(JSSE),
            Leaf::path("{security}/cacerts").look(Look::Keystore).says(JSSE),
        ]),
    ),
)
.edit(Edit::Via("keytool -importcert -cacerts"));

/// Every runtime with `lib/security`, its own or below `jre`.
fn javas(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let host = survey.host;
    let set = host.variable("JAVA_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    let parents = [
        Some("/usr/lib/jvm".into()),
        Some("/opt".into()),
        survey.in_home(".sdkman/candidates/java"),
        survey.in_home(".jdks"),
    ];
    let below = parents
        .into_iter()
        .flatten()
        .flat_map(|parent: PathBuf| host.children(&parent))
        .map(|home| (home, "usual place"));
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for (home, because) in set.map(|home| (home, "$JAVA_HOME")).into_iter().chain(below) {
        let security = [home.join("lib/security"), home.join("jre/lib/security")]
            .into_iter()
            .find(|d| host.is_file(&d.join("cacerts")));
        let Some(security) = security else { continue };
        let Ok(resolved) = host.resolve(&home) else { continue };
        if seen.contains(&resolved.path) {
            continue;
        }
        seen.push(resolved.path);
        let version = host.settings(&home.join("release")).and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("JAVA_VERSION="))?;
            Version::parse(line.trim_matches('"'))
        });
        found.push(Arc::new(Installation {
            at: home,
            components: version.map(|version| ("java", version)).into_iter().collect(),
            places: vec![("security", security)],
            because: because.to_owned(),
            ..Installation::default()
        }));
    }
    found
}
