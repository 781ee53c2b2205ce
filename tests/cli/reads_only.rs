//! Commands that only read change nothing, start nothing and ask no network. `strace` is the witness.

use crate::certificates::NOW;
use crate::harness::{Castore, Tree};
use crate::roots::{debian, roots, with_environment, with_programs};
use crate::trace::assert_reads_only;

#[test]
fn on_a_root_and_on_this_machine() {
    let tree = with_environment(with_programs(debian()))
        .file("corp.pem", roots()[2].pem())
        .file("etc/systemd/system/app.service", "[Service]\nExecStart=/usr/bin/python3\n");
    let hostile = [("SSL_CERT_FILE", "/proc/self/mem"), ("HTTPS_PROXY", "http://192.0.2.1"), ("EDITOR", "/bin/false")];
    let with = |castore: Castore| hostile.iter().fold(castore, |castore, (name, value)| castore.env(name, value));
    for arguments in [
        &["list", "--certs"][..],
        &["list", "--all"],
        &["which", "--explain"],
        &["which", "--service", "app"],
        &["show", "Root"],
        &["diff"],
        &["check"],
        &["scan", "/etc"],
        &["export", "--from", "system", "--out", "-"],
        &["snapshot", "--out", "-"],
    ] {
        let castore = with(Castore::at(&tree)).with(["--at", NOW]);
        let Some((_, trace)) = castore.traced(arguments) else { return };
        assert_reads_only(&trace, &castore.own_directories());
    }
    let pid = std::process::id().to_string();
    for arguments in [
        &["list"][..],
        &["which"],
        &["which", "--explain"],
        &["which", "--pid", &pid],
        &["which", "--all-users"],
        &["which", "--login-environment", "--env-file", "/etc/environment"],
        &["check"],
        &["diff"],
        &["man"],
        &["clients", "--format", "markdown"],
        &["config"],
        &["schedule", "--print", "systemd"],
        &["completions", "bash"],
    ] {
        let castore = with(Castore::here());
        let Some((_, trace)) = castore.traced(arguments) else { return };
        assert_reads_only(&trace, &castore.own_directories());
    }
}

/// A snapshot too, and comparing with it writes nothing.
#[test]
fn a_snapshot_writes_its_target_alone() {
    let (tree, home) = (debian(), Tree::new());
    let castore = Castore::at(&tree).directory(home.path());
    let Some((output, trace)) = castore.traced(["snapshot", "--out", "baseline.json"]) else { return };
    _ = output.exits(0);
    assert_reads_only(&trace, &[home.path()]);
    for arguments in [&["diff", "snapshot:baseline.json"][..], &["check", "--baseline", "baseline.json"]] {
        let Some((_, trace)) = castore.traced(arguments) else { return };
        assert_reads_only(&trace, &castore.own_directories());
    }
}

/// An export writes its target, the file beside it that becomes the target, and nothing else.
#[test]
fn an_export_writes_its_target_alone() {
    let (tree, home) = (debian(), Tree::new());
    let castore = Castore::at(&tree).directory(home.path());
    for format in ["pem", "jks", "hash-dir"] {
        let arguments = ["export", "--from", "system", "--out", format, "--format", format];
        let Some((output, trace)) = castore.traced(arguments) else { return };
        _ = output.exits(0);
        assert_reads_only(&trace, &[home.path()]);
    }
}
