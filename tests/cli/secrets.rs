//! Passwords and tokens in the settings and variables that castore reads on the way reach no output:
//! planted wherever people keep them, in sound files and in broken ones.

use crate::certificates::NOW;
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, debian, roots, with_environment, with_programs};

/// Every secret here contains this.
const SECRET: &str = "s3cretT0ken";

/// Settings with secrets, by their place in a home.
const SETTINGS: &[(&str, &str)] = &[
    (
        ".config/pip/pip.conf",
        "[global]\nindex-url = https://user:s3cretT0ken@pypi.example/simple\ncert = /srv/corp.pem\nproxy = http://u:s3cretT0ken@proxy\n",
    ),
    (".npmrc", "//registry.example/:_authToken=s3cretT0ken\n_auth=s3cretT0ken\ncafile=/srv/corp.pem\n"),
    (".yarnrc.yml", "npmAuthToken: s3cretT0ken\nhttpsCaFilePath: /srv/corp.pem\n"),
    (".netrc", "machine example login me password s3cretT0ken\n"),
    (
        ".curlrc",
        "user = me:s3cretT0ken\nproxy-user = me:s3cretT0ken\ncacert = /srv/corp.pem\nheader = \"X: s3cretT0ken\"\n",
    ),
    (
        ".gitconfig",
        "[http]\n\tsslCAInfo = /srv/corp.pem\n\textraHeader = Authorization: Basic s3cretT0ken\n[http \"https://me:s3cretT0ken@git.example\"]\n\tsslVerify = false\n[url \"https://s3cretT0ken@x\"]\n\tinsteadOf = y\n",
    ),
    (".wgetrc", "http_password = s3cretT0ken\nca_certificate = /srv/corp.pem\n"),
    (".aws/credentials", "[default]\naws_secret_access_key = s3cretT0ken\n"),
    (".aws/config", "[default]\nca_bundle = /srv/corp.pem\naws_session_token = s3cretT0ken\n"),
    (".condarc", "ssl_verify: /srv/corp.pem\nchannels:\n  - https://conda.example/t/s3cretT0ken/main\n"),
    (
        ".kube/config",
        "apiVersion: v1\nkind: Config\nusers:\n- name: me\n  user:\n    token: s3cretT0ken\n    password: s3cretT0ken\nclusters:\n- name: c\n  cluster:\n    server: https://me:s3cretT0ken@k8s.example\n",
    ),
    (".cargo/config.toml", "[http]\ncainfo = \"/srv/corp.pem\"\n[registries.x]\ntoken = \"s3cretT0ken\"\n"),
    (".cargo/credentials.toml", "[registry]\ntoken = \"s3cretT0ken\"\n"),
    (".m2/settings.xml", "<settings><servers><server><password>s3cretT0ken</password></server></servers></settings>\n"),
    (
        ".gradle/gradle.properties",
        "systemProp.javax.net.ssl.trustStorePassword=s3cretT0ken\nsystemProp.javax.net.ssl.trustStore=/srv/cacerts\n",
    ),
    (".docker/config.json", "{\"auths\": {\"x\": {\"auth\": \"s3cretT0ken\"}}}\n"),
    (".config/uv/uv.toml", "native-tls = true\n[[index]]\nurl = \"https://me:s3cretT0ken@pypi.example\"\n"),
    (".pgpass", "host:5432:db:me:s3cretT0ken\n"),
    (".pypirc", "[pypi]\npassword = s3cretT0ken\n"),
];

/// Variables with secrets.
const VARIABLES: &[(&str, &str)] = &[
    ("JAVA_TOOL_OPTIONS", "-Djavax.net.ssl.trustStore=/srv/cacerts -Djavax.net.ssl.trustStorePassword=s3cretT0ken"),
    ("_JAVA_OPTIONS", "-Djavax.net.ssl.trustStorePassword=s3cretT0ken"),
    ("JDK_JAVA_OPTIONS", "-Dhttp.proxyPassword=s3cretT0ken"),
    ("MAVEN_OPTS", "-Djavax.net.ssl.trustStorePassword=s3cretT0ken"),
    ("NODE_OPTIONS", "--use-openssl-ca --title=s3cretT0ken"),
    ("GIT_CONFIG_COUNT", "2"),
    ("GIT_CONFIG_KEY_0", "http.extraHeader"),
    ("GIT_CONFIG_VALUE_0", "Authorization: s3cretT0ken"),
    ("GIT_CONFIG_KEY_1", "http.sslCAInfo"),
    ("GIT_CONFIG_VALUE_1", "/srv/corp.pem"),
    ("GIT_SSL_NO_VERIFY", "s3cretT0ken"),
    ("PIP_INDEX_URL", "https://me:s3cretT0ken@pypi.example"),
    ("HTTPS_PROXY", "http://me:s3cretT0ken@proxy"),
    ("AWS_SECRET_ACCESS_KEY", "s3cretT0ken"),
    ("NPM_TOKEN", "s3cretT0ken"),
];

/// A file as an editor that died left it: cut, with an open quote, a bracket and an octet that is none of UTF-8.
fn broken(text: &str) -> Vec<u8> {
    let kept = text.rfind(SECRET).map_or(text.len(), |at| at + SECRET.len());
    [b"\xff\"[<{ s3cretT0ken: = \"".as_slice(), &text.as_bytes()[..kept], b"\"'[{\\"].concat()
}

fn machine(home: &str, make: &dyn Fn(&str) -> Vec<u8>) -> Tree {
    let unit = "[Service]\nExecStart=/usr/bin/curl -u me:s3cretT0ken x\nEnvironment=TOKEN=s3cretT0ken \"JAVA_TOOL_OPTIONS=-Dx=s3cretT0ken\"\nEnvironment=\"OPEN=s3cretT0ken\nEnvironment=UNKNOWN=%bs3cretT0ken\nEnvironmentFile=/etc/app.env\n";
    let tree = with_environment(with_programs(debian()))
        .file("srv/corp.pem", bundle(&roots()[2..]))
        .file("opt/venv/lib/python3.11/site-packages/pip/__init__.py", "")
        .file("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
        .file("etc/pip.conf", make(SETTINGS[0].1))
        .file("etc/app.env", make("TOKEN='s3cretT0ken'\nNODE_OPTIONS=s3cretT0ken\n"))
        .file("etc/environment", make("TOKEN=s3cretT0ken\nNODE_OPTIONS=s3cretT0ken\n"))
        .file("etc/systemd/system/app.service", unit);
    SETTINGS.iter().fold(tree, |tree, (path, text)| tree.file(format!("{home}{path}"), make(text)))
}

#[track_caller]
fn assert_silent(output: &Output) {
    for stream in [output.raw_stdout(), output.raw_stderr()] {
        let text = String::from_utf8_lossy(stream);
        let line = text.lines().find(|line| line.contains(SECRET));
        assert!(line.is_none(), "a secret is told: {line:?}");
    }
}

const COMMANDS: &[&[&str]] = &[
    &["list", "--certs"],
    &["list", "--all"],
    &["which"],
    &["which", "--explain"],
    &["which", "curl", "git", "pip", "requests"],
    &["which", "--service", "app"],
    &["which", "--login-environment"],
    &["which", "--all-users"],
    &["show", "Root"],
    &["diff"],
    &["check"],
    &["scan", "/"],
    &["export", "--from", "system", "--out", "-"],
    &["snapshot", "--out", "-"],
];

#[test]
fn secrets_of_a_tree_are_not_told() {
    for make in [(&|text: &str| text.as_bytes().to_vec()) as &dyn Fn(&str) -> Vec<u8>, &broken] {
        let tree = machine("root/", make);
        let variables: Vec<String> = VARIABLES.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let variables = variables.iter().flat_map(|variable| ["--env", variable]);
        let file = tree.path().join("etc/app.env").to_str().expect("UTF-8").to_owned();
        let castore = Castore::at(&tree).with(variables).with(["--at", NOW, "--env-file", &file]);
        for command in COMMANDS {
            assert_silent(&castore.run(*command));
            if !["export", "snapshot"].contains(&command[0]) {
                assert_silent(&castore.run([*command, &["--format", "json"]].concat()));
            }
        }
        for (path, _) in SETTINGS {
            assert_silent(&castore.run(["list", "--certs", &format!("/root/{path}")]));
            assert_silent(&castore.run(["show", &format!("/root/{path}")]));
        }
    }
}

/// What was planted is read at all: the stores named beside the secrets are found.
#[test]
fn the_settings_that_hold_them_are_read() {
    let tree = machine("root/", &|text| text.as_bytes().to_vec());
    let text = Castore::at(&tree).run(["which", "curl", "pip"]);
    assert!(text.stdout().contains("cacert in /root/.curlrc:3"), "{text}");
    assert!(text.stdout().contains("cert in /root/.config/pip/pip.conf:3"), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn secrets_of_a_process_and_of_this_shell_are_not_told() {
    use std::process::{Command, Stdio};
    for make in [(&|text: &str| text.as_bytes().to_vec()) as &dyn Fn(&str) -> Vec<u8>, &broken] {
        let home = machine("", make);
        let mut command = Command::new("/bin/cat");
        let arguments = ["-", "s3cretT0ken"];
        command.args(arguments).env_clear().env("HOME", home.path()).envs(VARIABLES.iter().copied());
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process");
        let pid = process.id().to_string();
        let castore = VARIABLES.iter().fold(Castore::here(), |castore, (name, value)| castore.env(name, value));
        let castore = castore.home(machine("", make));
        for command in [&["which"][..], &["which", "--explain"], &["check"], &["diff"], &["list"]] {
            for format in ["text", "json"] {
                assert_silent(&castore.run([command, &["--format", format]].concat()));
                assert_silent(&castore.run([command, &["--pid", &pid, "--format", format]].concat()));
            }
        }
        process.kill().expect("an end");
        process.wait().expect("an end");
    }
}
