//! What a Java, and what runs on it, takes for its trust store.

use super::*;
use crate::catalogue::survey::Searched;
use crate::discover::{Outcome, discover};
use crate::host::memory::Memory;
use crate::host::{Host, System};

const JDK: &str = "/usr/lib/jvm/jdk";

fn machine() -> Memory {
    Memory::new()
        .file("/usr/bin/mvn", "#!/bin/sh\n")
        .link("/usr/bin/java", "/usr/lib/jvm/jdk/bin/java")
        .file(format!("{JDK}/bin/java"), "")
        .file(format!("{JDK}/release"), "JAVA_VERSION=\"17.0.1\"\n")
        .file(format!("{JDK}/lib/security/cacerts"), "")
        .file("/corp.jks", "")
        .file("/work/own.jks", "")
}

/// The place in use, `nothing`, or `refuses`.
fn used(client: &'static Client, files: Memory, variables: &[(&str, &str)]) -> String {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let mut host = Host::new(Box::new(files), System::Linux).with_environment(variables);
    host.cwd = "/work".into();
    let uses = discover(&Survey::new(&host, Searched::default()), [client]);
    assert_eq!(uses.len(), 1);
    if uses[0].refuses().is_some() {
        return "refuses".to_owned();
    }
    let used = uses[0].candidates.iter().filter(|c| c.outcome == Outcome::Used);
    let used: Vec<String> = used.map(|c| c.path.as_ref().unwrap().display().to_string()).collect();
    if used.is_empty() { "nothing".to_owned() } else { used.join(" ") }
}

fn java(files: Memory, options: &str) -> String {
    used(&JAVA, files, &[("JAVA_TOOL_OPTIONS", options)])
}

#[test]
fn a_named_store_that_is_not_there_leads_to_cacerts() {
    let own = || machine().file(format!("{JDK}/lib/security/jssecacerts"), "");
    let (cacerts, jssecacerts) = (format!("{JDK}/lib/security/cacerts"), format!("{JDK}/lib/security/jssecacerts"));
    assert_eq!(java(machine(), ""), cacerts);
    assert_eq!(java(own(), ""), jssecacerts);
    assert_eq!(java(own(), "-Djavax.net.ssl.trustStore=/corp.jks"), "/corp.jks");
    assert_eq!(java(own(), "-Djavax.net.ssl.trustStore=own.jks"), "/work/own.jks");
    for nothing in ["/missing.jks", "", "/work", "~/corp.jks"] {
        assert_eq!(java(own(), &format!("-Djavax.net.ssl.trustStore={nothing}")), cacerts, "{nothing}");
    }
    assert_eq!(java(own(), "-Djavax.net.ssl.trustStore=NONE"), "nothing");
    assert_eq!(java(own(), "-Djavax.net.ssl.trustStore='/corp.jks"), "refuses");
}

#[test]
fn a_password_is_tried_and_never_told() {
    let variables = [("_JAVA_OPTIONS".into(), "-Djavax.net.ssl.trustStorePassword=secret".into())].into();
    let host = Host::new(Box::new(machine()), System::Linux).with_environment(variables);
    let uses = discover(&Survey::new(&host, Searched::default()), [&JAVA]);
    assert!(uses[0].installation.has(PASSWORD_GIVEN));
    assert_eq!(host.passwords_to_try(), [Password::new("secret")]);
    assert!(!format!("{uses:?}").contains("secret"));
}

#[test]
fn maven_listens_to_its_project_before_the_variables() {
    let maven = |files: Memory, variables: &[(&str, &str)]| used(&MAVEN, files, variables);
    let option = |path: &str| format!("-Djavax.net.ssl.trustStore={path}\n");
    let cacerts = format!("{JDK}/lib/security/cacerts");
    let (corp, own) = (option("/corp.jks"), option("/work/own.jks"));
    assert_eq!(maven(machine(), &[]), cacerts);
    assert_eq!(maven(machine(), &[("MAVEN_OPTS", &corp)]), "/corp.jks");
    let config = |name: &str| machine().file(format!("/work/.mvn/{name}"), own.clone());
    assert_eq!(maven(config("jvm.config"), &[]), "/work/own.jks");
    assert_eq!(maven(config("jvm.config"), &[("MAVEN_OPTS", &corp)]), "/corp.jks");
    assert_eq!(maven(config("jvm.config"), &[("JAVA_TOOL_OPTIONS", &corp)]), "/work/own.jks");
    assert_eq!(maven(config("jvm.config"), &[("_JAVA_OPTIONS", &corp)]), "/corp.jks");
    assert_eq!(maven(config("maven.config"), &[("_JAVA_OPTIONS", &corp)]), "/work/own.jks");
    let rc = |text: &str| machine().file("/u/.mavenrc", text.to_owned());
    let sets = format!("MAVEN_OPTS=\"$MAVEN_OPTS {}\"", corp.trim());
    let home = ("HOME", "/u");
    assert_eq!(maven(rc(&sets), &[home, ("MAVEN_OPTS", &own)]), "/corp.jks");
    assert_eq!(maven(rc("MAVEN_OPTS=-Xmx1g"), &[home, ("MAVEN_OPTS", &own)]), cacerts);
    assert_eq!(maven(rc(&sets), &[home, ("MAVEN_SKIP_RC", "1"), ("MAVEN_OPTS", &own)]), "/work/own.jks");
}

#[test]
fn android_has_the_roots_of_its_module_before_those_of_the_image() {
    let (image, module) = ("/system/etc/security/cacerts", "/apex/com.android.conscrypt/cacerts");
    let old = || Memory::new().file(format!("{image}/00673b5b.0"), "");
    assert_eq!(used(&ANDROID, old(), &[]), image);
    let new = old().file(format!("{module}/00673b5b.0"), "").file("/data/misc/user/0/cacerts-added/0123abcd.0", "");
    assert_eq!(used(&ANDROID, new.clone(), &[]), format!("{module} /data/misc/user/0/cacerts-added"));
    let older = new.clone().file("/system/build.prop", "ro.build.version.sdk=33\n");
    assert_eq!(used(&ANDROID, older, &[]), format!("{image} /data/misc/user/0/cacerts-added"));
    let removed = "/data/misc/user/0/cacerts-removed";
    let without = new.file(format!("{removed}/00673b5b.0"), "");
    assert!(used(&ANDROID, without, &[]).ends_with(removed));
}

#[test]
fn gradle_sets_the_users_properties_last() {
    let gradle = |files: Memory, variables: &[(&str, &str)]| used(&GRADLE, files, variables);
    let machine =
        || self::machine().file("/opt/gradle/bin/gradle", "").link("/usr/bin/gradle", "/opt/gradle/bin/gradle");
    let cacerts = format!("{JDK}/lib/security/cacerts");
    assert_eq!(gradle(machine(), &[]), cacerts);
    let (corp, own) = ("-Djavax.net.ssl.trustStore=/corp.jks", "-Djavax.net.ssl.trustStore=/work/own.jks");
    assert_eq!(gradle(machine(), &[("GRADLE_OPTS", corp), ("JAVA_OPTS", own)]), "/corp.jks");
    assert_eq!(gradle(machine(), &[("JAVA_OPTS", own)]), "/work/own.jks");
    let home = ("HOME", "/u");
    let project = || {
        let text = "# ours\nsystemProp.javax.net.ssl.trustStore=/work/own\\\n  .jks\n";
        machine().file("/work/settings.gradle", "").file("/work/gradle.properties", text)
    };
    assert_eq!(gradle(project(), &[home, ("GRADLE_OPTS", corp)]), "/work/own.jks");
    let users = || project().file("/u/.gradle/gradle.properties", "systemProp.javax.net.ssl.trustStore : /corp.jks");
    assert_eq!(gradle(users(), &[home]), "/corp.jks");
    assert_eq!(gradle(users(), &[home, ("GRADLE_USER_HOME", "/elsewhere")]), "/work/own.jks");
    let arguments = machine().file("/u/.gradle/gradle.properties", format!("org.gradle.jvmargs=-Xmx1g {own}\n"));
    assert_eq!(gradle(arguments, &[home]), "/work/own.jks");
    // A wrapper is one without any `gradle` on PATH; a Java that is named is the one that builds.
    let wrapper = self::machine()
        .file("/work/gradlew", "#!/bin/sh\n")
        .file("/work/gradle.properties", "org.gradle.java.home=/nowhere\n");
    assert_eq!(gradle(wrapper, &[]), "nothing");
}
