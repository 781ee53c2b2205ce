//! Java: every runtime, and the keystore each reads; and what runs on it.
//!
//! One store counts: the one that `javax.net.ssl.trustStore` names, else `jssecacerts`, else `cacerts`. A
//! property that names nothing goes straight to `cacerts`. A password matters to what is encrypted, and
//! one that does not fit is an error.

mod gradle;
mod maven;
mod options;
mod verification;

use super::client::{
    Client, Edit, Installation, JCEKS, JSSE, Leaf, Look, PASSWORD_CHANGEIT, PASSWORD_GIVEN, Roots, Rule, Setting, Then,
};
use super::survey::Survey;
use crate::host::System::{Linux, MacOs, Windows};
use crate::model::{Password, WhichPassword};
use crate::policy;
use options::{Named, Options, which};
use std::path::Path;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[JAVA, MAVEN, GRADLE, ANDROID];

const MANAGER: &str = "https://github.com/openjdk/jdk/blob/jdk-25%2B36/src/java.base/share/classes/sun/security/ssl/TrustStoreManager.java";
const TOOL: &str = "https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html#using-the-jdk_java_options-launcher-environment-variable";
const PROVIDERS: &str = "https://docs.oracle.com/en/java/javase/21/security/oracle-providers.html";

/// The marks of a Java that a property names a store to, and that takes the system's.
const NAMED: &str = "trust-store-named";
const SYSTEMS: &str = "trust-store-of-the-system";
const PASSED_OVER: &str = "passed over, because javax.net.ssl.trustStore is set";

/// `java`: every runtime found.
const JAVA: Client = Client::new(
    "java",
    "Java",
    "What javax.net.ssl.trustStore names, else lib/security/jssecacerts, else lib/security/cacerts.",
    Rule::Each(javas, &TRUST_STORE),
)
.judged_by(&policy::java::JAVA)
.set_by(verification::settings)
.reads(&["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"])
.edit(Edit::Via("keytool -importcert -cacerts"))
.lost_by("the next upgrade of this Java", "javax.net.ssl.trustStore in JAVA_TOOL_OPTIONS")
.roots(Roots::Own);

/// `maven`: every `mvn` on PATH, with the Java it starts.
const MAVEN: Client = Client::new(
    "maven",
    "Maven",
    "The trust store of the Java it starts, after .mvn/maven.config, MAVEN_OPTS and .mvn/jvm.config had their say.",
    Rule::Each(maven::mavens, &TRUST_STORE),
)
.judged_by(&policy::java::JAVA)
.set_by(verification::settings)
.reads(&["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "MAVEN_OPTS", "MAVEN_SKIP_RC", "_JAVA_OPTIONS"])
.edit(Edit::Elsewhere("it reads the store of the Java it starts: change that, or name another in MAVEN_OPTS"));

/// `gradle`: every `gradle` on PATH and the wrapper of the project, with the Java that it builds with.
const GRADLE: Client = Client::new(
    "gradle",
    "Gradle",
    "The trust store of the Java it builds with, after systemProp and org.gradle.jvmargs in gradle.properties, \
     GRADLE_OPTS and JAVA_OPTS had their say.",
    Rule::Each(gradle::gradles, &TRUST_STORE),
)
.judged_by(&policy::java::JAVA)
.set_by(verification::settings)
.reads(&["GRADLE_OPTS", "GRADLE_USER_HOME", "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"])
.edit(Edit::Elsewhere(
    "it reads the store of the Java it builds with: change that, or name another in gradle.properties",
));

/// `android`: the roots of an Android, and those its first user added. Files are named by OpenSSL's old
/// hash, and a chain may end with any of them.
const ANDROID: Client = Client::new(
    "android",
    "Android",
    "The roots of the Conscrypt module, or of the system image before Android 14, without those the user removed; with \
     those the user added, for programs that ask for them.",
    Rule::Each(
        androids,
        &Rule::All(&[
            Rule::First(&[
                Leaf::path("/apex/com.android.conscrypt/cacerts")
                    .look(OF_ANDROID)
                    .except(&(OF_THE_IMAGE, "not looked at before Android 14, nor where it is empty"))
                    .says(CONSCRYPT),
                Leaf::path("/system/etc/security/cacerts").look(OF_ANDROID).says(CONSCRYPT),
            ]),
            Leaf::path("/data/misc/user/0/cacerts-added").look(OF_ANDROID).says(USER_DIRECTORY),
            Leaf::path("/data/misc/user/0/cacerts-removed").look(Look::Blocklist).says(CONSCRYPT),
        ]),
    ),
)
.on(&[Linux])
.edit(Edit::Never("the system image is read-only: add the root in the settings of the device"));

const CONSCRYPT: &str =
    "https://github.com/google/conscrypt/blob/master/platform/src/main/java/org/conscrypt/TrustedCertificateStore.java";
const USER_DIRECTORY: &str = "https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/core/java/android/security/net/config/UserCertificateSource.java";
/// The hash has an index behind it, from 0.
const OF_ANDROID: Look = Look::Extensions(&["0", "1", "2", "3", "4"]);

/// The mark of an Android that has its roots in the image of the system.
const OF_THE_IMAGE: &str = "roots-of-the-image";

/// The Android that a root belongs to, which the module holds the roots of since its interface 34
/// (`shouldUseApex`); a module that was brought up to date on an older one has them as well.
fn androids(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let host = survey.host;
    let (image, module) = (Path::new("/system/etc/security/cacerts"), Path::new("/apex/com.android.conscrypt/cacerts"));
    if !host.is_directory(image) && !host.is_directory(module) {
        return Vec::new();
    }
    let properties = host.settings(Path::new("/system/build.prop")).unwrap_or_default();
    let interface = properties.lines().find_map(|line| line.strip_prefix("ro.build.version.sdk=")?.trim().parse().ok());
    let is_old = interface.is_some_and(|interface: u32| interface < 34);
    let mut found = Installation { because: "usual place".to_owned(), ..Installation::default() };
    found.marks.extend((is_old || survey.names(module).is_empty()).then_some(OF_THE_IMAGE));
    vec![Arc::new(found)]
}

/// The one store that counts.
const TRUST_STORE: Rule = Rule::First(&[
    Leaf::refusal("options it refuses", |survey, i| given(survey, i).refused()).says(TOOL),
    Leaf::native("Windows ROOT store").look(Look::Keystore).on(&[Windows]).given(&SYSTEMS).says(PROVIDERS),
    Leaf::native("macOS keychains").look(Look::Keystore).on(&[MacOs]).given(&SYSTEMS).says(PROVIDERS),
    Leaf::setting("javax.net.ssl.trustStore=NONE", none).look(Look::Keystore).empty(Then::Bind).says(MANAGER),
    Leaf::setting("javax.net.ssl.trustStore", store).look(Look::Keystore).missing(Then::Pass).says(MANAGER),
    Leaf::path("{security}/jssecacerts").look(Look::Keystore).except(&(NAMED, PASSED_OVER)).says(MANAGER),
    Leaf::path("{security}/cacerts").look(Look::Keystore).says(MANAGER),
]);

fn javas(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.javas();
    found.iter_mut().for_each(|java| mark(survey, Arc::make_mut(java)));
    found
}

/// Marks a Java with what its options say, and keeps the password among those that are tried.
fn mark(survey: &Survey<'_>, installation: &mut Installation) {
    installation.marks.push(JSSE);
    let options = given(survey, installation);
    if options.store(survey) != Named::Nothing {
        installation.marks.push(NAMED);
    }
    let of_the_system = |kind: String| kind.starts_with("WINDOWS-ROOT") || kind.starts_with("KEYCHAINSTORE");
    if options.kind().is_some_and(of_the_system) {
        installation.marks.push(SYSTEMS);
    }
    installation.marks.extend((options.kind().as_deref() == Some("JCEKS")).then_some(JCEKS));
    if let Some(password) = options.password() {
        survey.host.learn(Password::new(password));
        installation.marks.push(match which(password) {
            WhichPassword::Changeit => PASSWORD_CHANGEIT,
            _ => PASSWORD_GIVEN,
        });
    }
}

/// The options that what is installed there is started with.
fn given(survey: &Survey<'_>, installation: &Installation) -> Options {
    match installation.place("maven") {
        Some(program) => maven::options(survey, installation, program),
        None if installation.place("gradle").is_some() => gradle::options(survey, installation),
        None => Options::new(survey, installation, Vec::new()),
    }
}

fn store(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    match given(survey, installation).store(survey) {
        Named::Path(setting) => vec![setting],
        _ => Vec::new(),
    }
}

/// A setting without a value where the store is to be none.
fn none(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    match given(survey, installation).store(survey) {
        Named::None(setting) => vec![setting],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
