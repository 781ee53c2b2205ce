//! `castore sync --env`: what to set for clients that no edited file serves well.

use crate::harness::{Castore, Tree};
use crate::roots::{bundle, debian, elf, roots, with_environment, with_programs};
use castore::format::jks;
use castore::model::Password;
use insta::assert_snapshot;

/// A Debian with an environment whose requests and pip have bundles of their own, and a Deno.
fn machine() -> Tree {
    with_environment(with_programs(debian()))
        .file("usr/bin/deno", "Deno/0.80.0\0Deno/2.9.6")
        .file("opt/venv/lib/python3.11/site-packages/pip/__init__.py", "__version__ = \"23.0\"\n")
        .directory("opt/venv/lib/python3.11/site-packages/pip-23.0.dist-info")
        .file("opt/venv/lib/python3.11/site-packages/pip/_vendor/certifi/core.py", "def where(): ...\n")
        .file("opt/venv/lib/python3.11/site-packages/pip/_vendor/certifi/cacert.pem", bundle(&roots()[..2]))
}

#[test]
fn variables_lead_to_the_systems_bundle() {
    let tree = machine();
    assert_snapshot!(Castore::at(&tree).run(["sync", "--env", "shell"]), @r"
    $ castore sync --root @ROOT@ --env shell
    # these lead clients to /etc/ssl/certs/ca-certificates.crt (3 certificates), each setting tried; 9 clients trust all of it already

    # shell: a profile: /etc/profile.d/castore.sh for every account, ~/.profile for one
    # outlives upgrades; reaches shells of a login and what they start, not services, cron or what sudo starts
    # REQUESTS_CA_BUNDLE replaces what these have: requests:/opt/venv/lib/python3.11/site-packages/requests (+1), pip:/opt/venv/lib/python3.11/site-packages/pip (+1)
    # DENO_CERT adds to what these have: deno:/usr/bin/deno (+3)
    export REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
    export DENO_CERT=/etc/ssl/certs/ca-certificates.crt
    exit: 0
    ");
}

#[test]
fn a_setting_is_tried_in_the_file_it_stands_in() {
    let tree = machine();
    assert_snapshot!(Castore::at(&tree).run(["sync", "--env", "pip"]), @r"
    $ castore sync --root @ROOT@ --env pip
    # these lead clients to /etc/ssl/certs/ca-certificates.crt (3 certificates), each setting tried; 9 clients trust all of it already

    # pip: pip.conf: /etc/pip.conf for every account (pip config --global set global.cert), ~/.config/pip/pip.conf for one; in the [global] that is there, where one is
    # outlives upgrades of pip; reaches every pip of the account, whatever started it
    # cert replaces what these have: pip:/opt/venv/lib/python3.11/site-packages/pip (+1)
    [global]
    cert = /etc/ssl/certs/ca-certificates.crt
    exit: 0
    ");
    // A file that counts before that one leads elsewhere, and so this one would change nothing.
    let tree =
        tree.file("opt/venv/pip.conf", "[global]\ncert = /opt/other.pem\n").file("opt/other.pem", roots()[0].pem());
    assert_snapshot!(Castore::at(&tree).run(["sync", "--env", "pip"]), @r"
    $ castore sync --root @ROOT@ --env pip
    # these lead clients to /etc/ssl/certs/ca-certificates.crt (3 certificates), each setting tried; 9 clients trust all of it already

    # pip: pip.conf: /etc/pip.conf for every account (pip config --global set global.cert), ~/.config/pip/pip.conf for one; in the [global] that is there, where one is
    # nothing is to be set here
    exit: 0
    ");
}

#[test]
fn a_variable_has_an_equals_sign_and_a_place_has_none() {
    let tree = machine();
    let set = "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt";
    let output = Castore::at(&tree).run(["sync", "--env", set, "--env", "systemd"]).exits(0);
    assert!(!output.stdout().contains("REQUESTS_CA_BUNDLE"), "{output}");
    assert_snapshot!(Castore::at(&tree).run(["sync", "--env", "fish"]), @r#"
    $ castore sync --root @ROOT@ --env fish
    stderr: castore: error: --env: expected NAME=VALUE or a place, found "fish"
    stderr: hint: the places are shell, systemd, docker, pip, npm, git
    exit: 2
    "#);
}

/// A setting that would not lead there is not advised: the machine has no store of the system's.
#[test]
fn without_a_system_store_there_is_nothing_to_lead_to() {
    assert_snapshot!(Castore::at(&Tree::new().file("usr/bin/deno", elf(&[], ""))).run(["sync", "--env"]), @r"
    $ castore sync --root @ROOT@ --env
    stderr: castore: error: this host has no system store to lead clients to
    stderr: hint: castore list --root @ROOT@ shows what was found
    exit: 2
    ");
}

/// Options that stand in a variable stay in it, and are not shown.
#[test]
fn options_of_java_are_added_to_and_not_shown() {
    let keystore = |certificates: &[crate::certificates::Certificate]| {
        let names: Vec<String> = (0..certificates.len()).map(|number| format!("debian:{number}.pem")).collect();
        let entries = names.iter().map(String::as_str).zip(certificates.iter().map(|certificate| certificate.der()));
        jks::write(entries, &Password::new("changeit"))
    };
    let tree = debian()
        .file("etc/ssl/certs/java/cacerts", keystore(&roots()))
        .file("usr/lib/jvm/x/bin/java", elf(&[], ""))
        .file("usr/lib/jvm/x/lib/security/cacerts", keystore(&roots()[..1]));
    let options = "JAVA_TOOL_OPTIONS=-Djavax.net.ssl.keyStorePassword=geheim";
    let output = Castore::at(&tree).run(["sync", "--env", "shell", "--env", options]).exits(0);
    let line = "export JAVA_TOOL_OPTIONS=\"${JAVA_TOOL_OPTIONS:+$JAVA_TOOL_OPTIONS }\"'-Djavax.net.ssl.trustStore=/etc/ssl/certs/java/cacerts'";
    assert!(output.stdout().contains(line) && !output.stdout().contains("geheim"), "{output}");
}
