//! `castore sync`, `add`, `remove`, `undo` and `history`, on trees: there no command is run.

use crate::certificates::{NOW, root};
use crate::harness::{Castore, Tree};
use crate::roots::{debian, roots, with_environment, with_programs};
use insta::assert_snapshot;
use std::path::PathBuf;

/// A Debian with an environment that lacks the corporate root, and another root in a file.
pub(crate) fn machine() -> Tree {
    with_environment(with_programs(debian())).file("srv/all.pem", crate::roots::bundle(&roots()))
}

pub(crate) fn castore(tree: &Tree) -> Castore {
    plain(tree).with(["--at", NOW])
}

/// A home with a root that no store has.
fn with_new() -> Tree {
    Tree::new().file("new.pem", root("New Root").key(9).make().pem())
}

/// Without `--at`: what was written is of the moment at which it was.
fn plain(tree: &Tree) -> Castore {
    Castore::at(tree).with([std::ffi::OsStr::new("--state"), state(tree).as_os_str()])
}

/// A test that root runs leaves nothing where root's own is.
pub(crate) fn state(tree: &Tree) -> PathBuf {
    tree.path().join("var/lib/castore")
}

pub(crate) const CERTIFI: &str = "opt/venv/lib/python3.11/site-packages/certifi/cacert.pem";
pub(crate) const OF_CERTIFI: &str = "certifi:/opt/venv";

/// Everything in a tree but what castore keeps: paths, and what stands there.
pub(crate) fn everything(tree: &Tree) -> Vec<(String, Vec<u8>)> {
    let mut found = everything_in(tree.path());
    found.retain(|(name, _)| !name.contains("/var/lib/castore/"));
    found
}

pub(crate) fn everything_in(directory: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    fn below(directory: &std::path::Path, found: &mut Vec<(String, Vec<u8>)>) {
        for entry in std::fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("a name").path()) {
            let name = entry.display().to_string();
            if entry.is_symlink() {
                found.push((name, std::fs::read_link(&entry).expect("a link").into_os_string().into_encoded_bytes()));
            } else if entry.is_dir() {
                below(&entry, found);
            } else {
                found.push((name, std::fs::read(&entry).expect("a file")));
            }
        }
    }
    let mut found = Vec::new();
    below(directory, &mut found);
    found.sort();
    found
}

#[test]
fn a_plan_is_shown_and_nothing_is_written() {
    let tree = machine();
    let before = everything(&tree);
    assert_snapshot!(castore(&tree).run(["sync", "--from", "system", "--to", OF_CERTIFI]), @r"
    $ castore sync --root @ROOT@ --state @ROOT@/var/lib/castore --at 2026-01-01T00:00:00Z --from system --to certifi:/opt/venv
    /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  pem, read by certifi:/opt/venv/lib/python3.11/site-packages/certifi, requests:/opt/venv/lib/python3.11/site-packages/requests
      + Corp Root  892f1c6d  until 2040-01-01  from /etc/ssl/certs/ca-certificates.crt
      2 certificates unchanged; the file is written anew
      note: the next upgrade of certifi replaces it, and not what REQUESTS_CA_BUNDLE or SSL_CERT_FILE names

    1 store changes: 1 added
    exit: 1
    ");
    assert_eq!(everything(&tree), before);
}

#[test]
fn what_is_carried_out_is_undone_to_the_octet() {
    let tree = machine();
    let before = everything(&tree);
    let write = ["sync", "--from", "system", "--to", OF_CERTIFI, "--write", "--yes"];
    assert_snapshot!(castore(&tree).run(write), @r"
    $ castore sync --root @ROOT@ --state @ROOT@/var/lib/castore --at 2026-01-01T00:00:00Z --from system --to certifi:/opt/venv --write --yes
    /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  pem, read by certifi:/opt/venv/lib/python3.11/site-packages/certifi, requests:/opt/venv/lib/python3.11/site-packages/requests
      + Corp Root  892f1c6d  until 2040-01-01  from /etc/ssl/certs/ca-certificates.crt
      2 certificates unchanged; the file is written anew
      note: the next upgrade of certifi replaces it, and not what REQUESTS_CA_BUNDLE or SSL_CERT_FILE names

    1 store changes: 1 added
    done: 1 file changed and read again; castore undo 1 --root @ROOT@ --state @ROOT@/var/lib/castore takes it back
    exit: 0
    ");
    let written = String::from_utf8(tree.read(CERTIFI)).expect("PEM");
    assert_eq!(written.matches("BEGIN CERTIFICATE").count(), 3);
    assert_snapshot!(castore(&tree).run(write), @r"
    $ castore sync --root @ROOT@ --state @ROOT@/var/lib/castore --at 2026-01-01T00:00:00Z --from system --to certifi:/opt/venv --write --yes
    nothing to change; 1 store is as it should be
    exit: 0
    ");
    let history = plain(&tree).run(["history"]).exits(0).stdout();
    assert!(history.contains("can be undone") && history.contains("castore sync --root"), "{history}");
    let undone = plain(&tree).run(["undo", "--yes"]).exits(0);
    assert!(undone.stdout().contains("done"), "{undone}");
    assert_eq!(everything(&tree), before);
    let history = plain(&tree).run(["history"]).exits(0).stdout();
    assert!(history.contains("undone "), "{history}");
    assert_snapshot!(plain(&tree).run(["undo", "--yes"]), @r"
    $ castore undo --root @ROOT@ --state @ROOT@/var/lib/castore --yes
    stderr: castore: error: there is nothing to undo
    stderr: hint: castore history --root @ROOT@ --state @ROOT@/var/lib/castore lists the runs
    exit: 2
    ");
}

#[test]
fn nobody_is_asked_where_nobody_is() {
    let tree = machine();
    let before = everything(&tree);
    let output = castore(&tree).run(["sync", "--from", "system", "--to", OF_CERTIFI, "--write"]).exits(2);
    assert_snapshot!(output.stderr(), @r"
    castore: error: expected --yes, since nobody can be asked: this is no terminal
    hint: nothing was written; look at the plan, then add --yes
    ");
    assert_snapshot!(plain(&tree).run(["undo"]), @r"
    $ castore undo --root @ROOT@ --state @ROOT@/var/lib/castore
    stderr: castore: error: there is nothing to undo
    stderr: hint: castore history --root @ROOT@ --state @ROOT@/var/lib/castore lists the runs
    exit: 2
    ");
    assert_eq!(everything(&tree), before);
}

#[test]
fn a_root_is_added_in_the_systems_way() {
    let tree = machine();
    let castore = castore(&tree).home(with_new());
    assert_snapshot!(castore.run(["add", "./new.pem"]), @r"
    $ castore add --root @ROOT@ --state @ROOT@/var/lib/castore --at 2026-01-01T00:00:00Z ./new.pem
    /etc/ssl/certs/ca-certificates.crt  pem, read by system, system-directory, openssl:/usr/lib/x86_64-linux-gnu/libcrypto.so.3, boringssl, curl:/usr/bin/curl and 7 more
      also read through the link /usr/lib/ssl/certs
      also read through the link /usr/lib/ssl/certs/ca-certificates.crt
      + New Root  00ae04df  until 2040-01-01  from @HOME@/new.pem
      3 certificates unchanged; files in /usr/local/share/ca-certificates
      write /usr/local/share/ca-certificates/castore-new-root-00ae04dfb66901f0.crt

    run chroot @ROOT@ update-ca-certificates  it makes the system's stores of /usr/local/share/ca-certificates and what the system ships

    1 store changes: 1 added
    exit: 1
    ");
    // What would make the system's store of it is this machine's command, and told.
    assert_snapshot!(castore.run(["add", "./new.pem", "--write", "--yes"]), @r"
    $ castore add --root @ROOT@ --state @ROOT@/var/lib/castore --at 2026-01-01T00:00:00Z ./new.pem --write --yes
    /etc/ssl/certs/ca-certificates.crt  pem, read by system, system-directory, openssl:/usr/lib/x86_64-linux-gnu/libcrypto.so.3, boringssl, curl:/usr/bin/curl and 7 more
      also read through the link /usr/lib/ssl/certs
      also read through the link /usr/lib/ssl/certs/ca-certificates.crt
      + New Root  00ae04df  until 2040-01-01  from @HOME@/new.pem
      3 certificates unchanged; files in /usr/local/share/ca-certificates
      write /usr/local/share/ca-certificates/castore-new-root-00ae04dfb66901f0.crt

    run chroot @ROOT@ update-ca-certificates  it makes the system's stores of /usr/local/share/ca-certificates and what the system ships

    1 store changes: 1 added
    not run: chroot @ROOT@ update-ca-certificates: no command is run for another root
    until then: /etc/ssl/certs/ca-certificates.crt: it lacks 00ae04df
    written, and not yet taken up: 1 file changed and read again; castore undo 1 --root @ROOT@ --state @ROOT@/var/lib/castore takes it back
    exit: 0
    ");
}

#[test]
fn everywhere_is_every_store_and_a_setting_for_the_rest() {
    let tree = machine().file("usr/bin/deno", "Deno/0.80.0\0Deno/2.9.6");
    assert_snapshot!(castore(&tree).home(with_new()).run(["add", "./new.pem", "--everywhere"]), @r"
    $ castore add --root @ROOT@ --state @ROOT@/var/lib/castore --at 2026-01-01T00:00:00Z ./new.pem --everywhere
    /etc/ssl/certs/ca-certificates.crt  pem, read by system, system-directory, openssl:/usr/lib/x86_64-linux-gnu/libcrypto.so.3, boringssl, curl:/usr/bin/curl and 7 more
      also read through the link /usr/lib/ssl/certs
      also read through the link /usr/lib/ssl/certs/ca-certificates.crt
      + New Root  00ae04df  until 2040-01-01  from @HOME@/new.pem
      3 certificates unchanged; files in /usr/local/share/ca-certificates
      write /usr/local/share/ca-certificates/castore-new-root-00ae04dfb66901f0.crt

    /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  pem, read by certifi:/opt/venv/lib/python3.11/site-packages/certifi, requests:/opt/venv/lib/python3.11/site-packages/requests
      + New Root  00ae04df  until 2040-01-01  from @HOME@/new.pem
      2 certificates unchanged; the file is written anew
      note: the next upgrade of certifi replaces it, and not what REQUESTS_CA_BUNDLE or SSL_CERT_FILE names

    run chroot @ROOT@ update-ca-certificates  it makes the system's stores of /usr/local/share/ca-certificates and what the system ships

    not changed here:
      /usr/bin/deno (roots compiled into deno), read by deno:/usr/bin/deno: castore changes no program: roots compiled into deno
        name a bundle of your own by DENO_CERT or NODE_EXTRA_CA_CERTS

    to be set in the tree, for clients that no store reaches (castore sync --root @ROOT@ --state @ROOT@/var/lib/castore --env tells more):
      export DENO_CERT=/etc/ssl/certs/ca-certificates.crt

    2 stores change: 2 added
    exit: 1
    ");
}

/// uv links a package of many environments to one file: it stays one, and keeps nobody from the rest.
#[cfg(unix)]
#[test]
fn a_file_of_several_names_is_told_and_the_rest_is_written() {
    let tree = machine();
    std::fs::hard_link(tree.path().join(CERTIFI), tree.path().join("srv/cache.pem")).expect("a link");
    let before = std::fs::read(tree.path().join(CERTIFI)).expect("a file");
    let castore = castore(&tree).home(with_new());
    assert_snapshot!(castore.run(["add", "./new.pem", "--everywhere", "--write", "--yes"]), @r"
    $ castore add --root @ROOT@ --state @ROOT@/var/lib/castore --at 2026-01-01T00:00:00Z ./new.pem --everywhere --write --yes
    /etc/ssl/certs/ca-certificates.crt  pem, read by system, system-directory, openssl:/usr/lib/x86_64-linux-gnu/libcrypto.so.3, boringssl, curl:/usr/bin/curl and 7 more
      also read through the link /usr/lib/ssl/certs
      also read through the link /usr/lib/ssl/certs/ca-certificates.crt
      + New Root  00ae04df  until 2040-01-01  from @HOME@/new.pem
      3 certificates unchanged; files in /usr/local/share/ca-certificates
      write /usr/local/share/ca-certificates/castore-new-root-00ae04dfb66901f0.crt

    run chroot @ROOT@ update-ca-certificates  it makes the system's stores of /usr/local/share/ca-certificates and what the system ships

    not changed here:
      /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem, read by certifi:/opt/venv/lib/python3.11/site-packages/certifi, requests:/opt/venv/lib/python3.11/site-packages/requests: expected one name for the file, found 2 hard links
        give the file a copy of its own; the other names would keep the old one

    to be set in the tree, for clients that no store reaches (castore sync --root @ROOT@ --state @ROOT@/var/lib/castore --env tells more):
      export REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt

    1 store changes: 1 added
    not run: chroot @ROOT@ update-ca-certificates: no command is run for another root
    until then: /etc/ssl/certs/ca-certificates.crt: it lacks 00ae04df
    written, and not yet taken up: 1 file changed and read again; castore undo 1 --root @ROOT@ --state @ROOT@/var/lib/castore takes it back
    exit: 0
    ");
    assert_snapshot!(castore.run(["add", "./new.pem", "--to", OF_CERTIFI, "--write", "--yes"]), @r"
    $ castore add --root @ROOT@ --state @ROOT@/var/lib/castore --at 2026-01-01T00:00:00Z ./new.pem --to certifi:/opt/venv --write --yes
    not changed here:
      /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem, read by certifi:/opt/venv/lib/python3.11/site-packages/certifi, requests:/opt/venv/lib/python3.11/site-packages/requests: expected one name for the file, found 2 hard links
        give the file a copy of its own; the other names would keep the old one

    nothing is changed
    exit: 2
    ");
    assert_eq!(std::fs::read(tree.path().join(CERTIFI)).expect("a file"), before);
}

#[test]
fn a_root_is_removed_where_it_is_named() {
    let tree = machine();
    assert_snapshot!(castore(&tree).run(["remove", "Alpha Root", "--from", OF_CERTIFI]), @r"
    $ castore remove --root @ROOT@ --state @ROOT@/var/lib/castore --at 2026-01-01T00:00:00Z 'Alpha Root' --from certifi:/opt/venv
    /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  pem, read by certifi:/opt/venv/lib/python3.11/site-packages/certifi, requests:/opt/venv/lib/python3.11/site-packages/requests
      - Alpha Root  5cc62d47  until 2040-01-01
      1 certificate unchanged; the file is written anew
      note: the next upgrade of certifi replaces it, and not what REQUESTS_CA_BUNDLE or SSL_CERT_FILE names

    1 store changes: 1 removed
    exit: 1
    ");
    _ = castore(&tree).run(["remove", "Alpha Root", "--from", OF_CERTIFI, "--write", "--yes"]).exits(0);
    assert_eq!(String::from_utf8(tree.read(CERTIFI)).expect("PEM").matches("BEGIN CERTIFICATE").count(), 1);
    assert_snapshot!(castore(&tree).run(["remove", "Beta Root", "--from", OF_CERTIFI]).exits(2).stderr(), @r"
    /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem  pem, read by certifi:/opt/venv/lib/python3.11/site-packages/certifi, requests:/opt/venv/lib/python3.11/site-packages/requests
      - Beta Root  90783156  until 2040-01-01
      0 certificates unchanged; the file is written anew
      note: the next upgrade of certifi replaces it, and not what REQUESTS_CA_BUNDLE or SSL_CERT_FILE names

    1 store changes: 1 removed
    castore: error: /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem: expected at least one certificate to stay, found none
    hint: nothing allows that: remove what names the store, or export another in its place
    ");
}

#[test]
fn what_cannot_be_meant_is_said() {
    let tree = machine();
    for (arguments, message) in [
        (&["sync", "--to", OF_CERTIFI][..], "expected --from, --add or --remove, found none of them"),
        (&["sync", "--from", "system"], "--to <SELECTOR>"),
        (&["sync", "--from", "system", "--env", "A=b"], "expected --to SELECTOR, found none"),
        (&["sync", "--from", "system", "--to", "mozilla"], "mozilla is no store of this host"),
        (&["sync", "--from", "system", "--to", "/gone.pem"], "/gone.pem: nothing is there"),
        (&["add", ""], "expected a fingerprint, a name or a file, found nothing"),
        (&["add", "Root"], "3 certificates match \"Root\": "),
        (&["add", "/gone/x.pem"], "/gone/x.pem: nothing is there"),
        (&["remove", "Omega"], "no certificate in the stores castore read matches \"Omega\""),
        // A part of a word may be of another's name: IdenTrust is not Entrust.
        (&["remove", "lpha"], "no certificate in the stores castore read matches \"lpha\""),
        (&["sync", "--add", "Alpha", "--remove", "Alpha", "--to", OF_CERTIFI], "is to be added and to be removed"),
        (&["undo", "17", "--yes"], "no run is called \"17\""),
        (&["undo", "--yes"], "there is nothing to undo"),
        (&["sync", "--plan", "/gone.plan"], "/gone.plan: nothing is there"),
    ] {
        let castore = if arguments[0] == "undo" { plain(&tree) } else { castore(&tree) };
        let output = castore.run(arguments).exits(2);
        assert!(output.stderr().contains(message), "{output}");
    }
    let output = Castore::here().run(["add", "Root", "--pid", "1", "--write"]).exits(2);
    assert!(output.stderr().contains("--pid and --service show a host, and nothing is written there"), "{output}");
}

#[test]
fn a_plan_that_was_saved_is_carried_out_later_or_refused() {
    let (tree, home) = (machine(), Tree::new());
    let castore = castore(&tree).directory(home.path());
    let output = castore.run(["sync", "--from", "system", "--to", OF_CERTIFI, "--save-plan", "plan.json"]).exits(1);
    assert_eq!(output.stderr(), "castore: the plan is in plan.json\n");
    _ = castore.run(["sync", "--plan", "plan.json"]).exits(1);
    _ = castore.run(["sync", "--plan", "plan.json", "--write", "--yes"]).exits(0);
    assert_eq!(String::from_utf8(tree.read(CERTIFI)).expect("PEM").matches("BEGIN CERTIFICATE").count(), 3);
    // The store is no longer what the plan was made from.
    let output = castore.run(["sync", "--plan", "plan.json", "--write", "--yes"]).exits(2);
    assert!(output.stderr().contains("changed since the plan was made"), "{output}");
}

/// What `--write --yes` says does not decide whether it is done, nor with which exit status it ends.
#[test]
#[cfg(unix)]
fn it_is_carried_out_where_nobody_reads_what_it_says() {
    let tree = machine();
    let unread = |arguments: &[&str]| {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut castore = std::process::Command::new(env!("CARGO_BIN_EXE_castore"));
        castore.args(arguments).arg("--root").arg(tree.path()).arg("--state").arg(state(&tree));
        castore.env_clear().stdout(writer);
        castore.stderr(std::process::Stdio::null()).stdin(std::process::Stdio::null());
        castore.status().expect("castore").code()
    };
    let write = ["sync", "--from", "system", "--to", OF_CERTIFI, "--write", "--yes"];
    let blocks = || String::from_utf8(tree.read(CERTIFI)).expect("PEM").matches("BEGIN CERTIFICATE").count();
    assert_eq!(unread(&write[..6]), Some(2), "without --yes nobody saw what was to be done");
    assert_eq!(blocks(), 2);
    assert_eq!(unread(&write), Some(0));
    assert_eq!(blocks(), 3);
    assert_eq!(unread(&["undo", "--yes"]), Some(0));
    assert_eq!(blocks(), 2);
}

#[test]
fn a_plan_is_for_its_owner_and_stands_over_no_store() {
    let (tree, home) = (machine(), Tree::new().file("bundle.pem", "a bundle"));
    let castore = castore(&tree).directory(home.path());
    let save = |file: &str| castore.run(["sync", "--from", "system", "--to", OF_CERTIFI, "--save-plan", file]);
    let output = save("bundle.pem").exits(2);
    assert!(output.stderr().contains("bundle.pem: expected a plan of castore or no file"), "{output}");
    assert_eq!(home.read("bundle.pem"), b"a bundle");
    _ = save("plan.json").exits(1);
    _ = save("plan.json").exits(1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(home.path().join("plan.json")).expect("a plan").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "the content of stores is in it");
    }
}

#[test]
fn what_was_named_and_is_not_added_is_no_success() {
    let leaf = root("Leaf").key(8).not_a_ca().make().pem();
    let tree = machine();
    let castore = castore(&tree).home(with_new().file("leaf.pem", leaf));
    let output = castore.run(["add", "./new.pem", "./leaf.pem", "--to", OF_CERTIFI, "--write", "--yes"]).exits(2);
    assert!(output.stdout().contains("not added: Leaf") && output.stdout().contains("done"), "{output}");
}

/// A block that cannot be read may have been what was meant.
#[test]
fn what_was_named_and_is_not_read_in_full_is_said() {
    let whole = root("New Root").key(9).make().pem();
    let part = format!("{whole}-----BEGIN CERTIFICATE-----\nMIIB\n");
    let home = || Tree::new().file("part.pem", &part);
    let says = "not read in full, so certificates may be missing: ";
    for arguments in [
        vec!["add", "./part.pem", "--to", OF_CERTIFI],
        vec!["sync", "--add", "./part.pem", "--to", OF_CERTIFI],
        vec!["sync", "--from", "file:/srv/part.pem", "--to", OF_CERTIFI],
    ] {
        let tree = machine().file("srv/part.pem", &part);
        let shown = plain(&tree).home(home()).run(&arguments).exits(2);
        assert!(
            shown.stderr().contains(says) && shown.stderr().contains("part.pem: 1 entry cannot be read"),
            "{shown}"
        );
        let json = plain(&tree).home(home()).run([&arguments[..], &["--format", "json"]].concat()).exits(2).json();
        assert!(json["gaps"][0].as_str().is_some_and(|gap| gap.ends_with("part.pem")), "{json:#}");
        let before = everything(&tree);
        let asked = plain(&tree).home(home()).run([&arguments[..], &["--write"]].concat()).exits(2);
        assert!(asked.stderr().contains(says), "{asked}");
        assert_eq!(everything(&tree), before, "nobody was asked");
        let done = plain(&tree).home(home()).run([&arguments[..], &["--write", "--yes"]].concat()).exits(2);
        assert!(done.stderr().contains(says) && done.stdout().contains("1 store changes: 1 added"), "{done}");
        // What is there already and what cannot be read are two things.
        let again = plain(&tree).home(home()).run(&arguments).exits(2);
        assert!(again.stderr().contains(says), "{again}");
    }
    let whole = Tree::new().file("whole.pem", &whole);
    let json = plain(&machine()).home(whole).run(["add", "./whole.pem", "--to", OF_CERTIFI, "--format", "json"]);
    assert_eq!(json.exits(1).json()["gaps"], serde_json::json!([]));
}

#[test]
fn options_that_would_do_nothing_are_refused() {
    let tree = machine();
    for arguments in [
        &["sync", "--env", "--write", "--yes"][..],
        &["sync", "--env", "docker", "--from", "system"],
        &["sync", "--env", "--to", OF_CERTIFI],
        &["sync", "--plan", "plan.json", "--include-expired"],
        &["sync", "--only", "local", "--add", "Alpha", "--to", OF_CERTIFI],
    ] {
        let output = castore(&tree).run(arguments).exits(2);
        assert!(output.stdout().is_empty(), "{output}");
    }
}

#[test]
fn a_variable_in_the_history_has_no_value() {
    let tree = machine();
    let secret = ["--env", "HTTPS_PROXY=http://ann:secret@proxy.example"];
    let arguments = ["sync", "--from", "system", "--to", OF_CERTIFI, "--write", "--yes"];
    _ = castore(&tree).run(arguments.iter().chain(&secret)).exits(0);
    let history = plain(&tree).run(["history"]).exits(0);
    assert!(history.stdout().contains("HTTPS_PROXY=") && !history.stdout().contains("secret"), "{history}");
    let kept = std::fs::read_dir(state(&tree)).expect("a directory").count();
    assert!(kept > 0);
}

/// A terminal with somebody at it, who answers with the first argument.
#[cfg(unix)]
const PERSON: &str = "\
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execve(sys.argv[2], sys.argv[2:], {'NO_COLOR': '1', 'TERM': 'xterm'})
said, is_asked = b'', False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    said += part
    if b'[y/N]' in said and not is_asked:
        is_asked = os.write(terminal, sys.argv[1].encode() + b'\\n')
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

#[test]
#[cfg(unix)]
fn a_person_is_asked() {
    let Some(python) = crate::harness::oracle("python3") else { return };
    let tree = machine();
    let before = everything(&tree);
    let run = |answer: &str, arguments: &[&str]| {
        let said = std::process::Command::new(&python)
            .args(["-I", "-c", PERSON, answer, env!("CARGO_BIN_EXE_castore")])
            .args(arguments)
            .arg("--root")
            .arg(tree.path())
            .arg("--state")
            .arg(state(&tree))
            .output()
            .expect("a terminal");
        (said.status.code(), String::from_utf8_lossy(&said.stdout).into_owned())
    };
    let sync = ["sync", "--from", "system", "--to", OF_CERTIFI, "--write"];
    let (code, said) = run("n", &sync);
    assert!(
        code == Some(1) && said.contains("carry this out? [y/N] n") && said.contains("nothing was written"),
        "{said}"
    );
    assert_eq!(everything(&tree), before);
    let (code, said) = run("y", &sync);
    assert!(code == Some(0) && said.contains("1 store changes: 1 added") && said.contains("done: 1 file"), "{said}");
    let (code, said) = run("yes", &["undo"]);
    assert!(code == Some(0) && said.contains("take this back? [y/N] yes"), "{said}");
    assert_eq!(everything(&tree), before);
}

/// Copies inside packages that have nothing but a file: each is written, and what replaces it is said.
#[test]
fn the_copies_that_pythons_packages_bring_are_written() {
    let two = || crate::roots::bundle(&roots()[..2]);
    let packages = |place: &str, name: &str| format!("opt/{place}/lib/python3.11/site-packages/{name}");
    let tree = machine()
        .file(packages("venv", "pip/_vendor/certifi/cacert.pem"), two())
        .file(packages("venv", "pip-24.0.dist-info/METADATA"), "Name: pip\nVersion: 24.0\n")
        .file("opt/aws/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n")
        .link("opt/aws/bin/python", "/usr/bin/python3.11")
        .file(packages("aws", "botocore/cacert.pem"), two())
        .file(packages("aws", "botocore-1.34.0.dist-info/METADATA"), "Name: botocore\nVersion: 1.34.0\n")
        .file("opt/conda/conda-meta/history", "")
        .file("opt/conda/bin/python3.11", crate::roots::elf(&[], ""))
        .file("opt/conda/lib/python3.11/os.py", "")
        .file(packages("conda", "conda/__init__.py"), "")
        .file(packages("conda", "conda-24.1.0.dist-info/METADATA"), "Name: conda\nVersion: 24.1.0\n")
        .file(packages("conda", "certifi/cacert.pem"), two())
        .file(packages("conda", "certifi-2024.2.2.dist-info/METADATA"), "Name: certifi\nVersion: 2024.2.2\n");
    let before = everything(&tree);
    let arguments = ["add", "Corp Root", "--to", "pip", "--to", "botocore", "--to", "conda", "--write", "--yes"];
    assert_snapshot!(plain(&tree).run(arguments), @r"
    $ castore add --root @ROOT@ --state @ROOT@/var/lib/castore 'Corp Root' --to pip --to botocore --to conda --write --yes
    /opt/aws/lib/python3.11/site-packages/botocore/cacert.pem  pem, read by botocore:/opt/aws/lib/python3.11/site-packages/botocore
      + Corp Root  892f1c6d  until 2040-01-01  from /etc/ssl/certs
      2 certificates unchanged; the file is written anew
      note: the next upgrade of botocore replaces it, and not what AWS_CA_BUNDLE names

    /opt/conda/lib/python3.11/site-packages/certifi/cacert.pem  pem, read by certifi:/opt/conda/lib/python3.11/site-packages/certifi, conda:/opt/conda/lib/python3.11/site-packages/conda
      + Corp Root  892f1c6d  until 2040-01-01  from /etc/ssl/certs
      2 certificates unchanged; the file is written anew
      note: the next upgrade of certifi replaces it, and not what REQUESTS_CA_BUNDLE or SSL_CERT_FILE names

    /opt/venv/lib/python3.11/site-packages/pip/_vendor/certifi/cacert.pem  pem, read by pip:/opt/venv/lib/python3.11/site-packages/pip
      + Corp Root  892f1c6d  until 2040-01-01  from /etc/ssl/certs
      2 certificates unchanged; the file is written anew
      note: the next upgrade of pip replaces it, and not what PIP_CERT names

    3 stores change: 3 added
    done: 3 files changed and read again; castore undo 1 --root @ROOT@ --state @ROOT@/var/lib/castore takes it back
    exit: 0
    ");
    let corp = roots()[2].der().to_vec();
    for place in [
        packages("venv", "pip/_vendor/certifi/cacert.pem"),
        packages("aws", "botocore/cacert.pem"),
        packages("conda", "certifi/cacert.pem"),
    ] {
        let blocks = ::pem::parse_many(std::fs::read(tree.path().join(&place)).expect("a file")).expect("blocks");
        assert!(blocks.len() == 3 && blocks.iter().any(|block| block.contents() == corp), "{place}");
    }
    let undone = plain(&tree).run(["undo", "--yes"]).exits(0);
    assert!(undone.stdout().contains("done"), "{undone}");
    assert_eq!(everything(&tree), before);
}

/// What the refresh does beside is in the plan, and loses nothing without leave.
#[test]
fn what_the_refresh_does_beside_is_told_and_needs_leave() {
    let [by_hand, waits] = [("By Hand", 10), ("Waits", 11)].map(|(name, key)| root(name).key(key).make());
    let tree = debian()
        .file("etc/ca-certificates.conf", "mozilla/Alpha_Root.crt\nmozilla/Beta_Root.crt\n")
        .file("etc/ssl/certs/ca-certificates.crt", crate::roots::bundle(&roots()) + &by_hand.pem())
        .file("usr/local/share/ca-certificates/waits.crt", waits.pem());
    let castore = castore(&tree).home(with_new());
    let before = everything(&tree);
    let refused = castore.run(["add", "./new.pem", "--write", "--yes"]).exits(2);
    assert_snapshot!(refused.stderr(), @r"
    /etc/ssl/certs/ca-certificates.crt  pem, read by system, system-directory, boringssl, go, rust-native-certs and 1 more
      + New Root  00ae04df  until 2040-01-01  from @HOME@/new.pem
      + Waits  f5cf06e8  not asked for: waits in /usr/local/share/ca-certificates/waits.crt: the refresh takes it up
      - By Hand  bfaa55e9  not asked for: in /etc/ssl/certs/ca-certificates.crt alone: update-ca-certificates drops it
      3 certificates unchanged; files in /usr/local/share/ca-certificates
      write /usr/local/share/ca-certificates/castore-new-root-00ae04dfb66901f0.crt
    
    run chroot @ROOT@ update-ca-certificates  it makes the system's stores of /usr/local/share/ca-certificates and what the system ships
    
    1 store changes: 1 added, 1 taken up by the refresh, not asked for, 1 dropped by the refresh, not asked for
    castore: error: /etc/ssl/certs/ca-certificates.crt: expected all of it to be made from the system's anchors, found certificate bfaa55e9 in it alone, which the refresh drops
    hint: castore add --root @ROOT@ --state @ROOT@/var/lib/castore bfaa55e9 puts among the anchors what is to stay; --allow 1 lets it go
    ");
    assert_eq!(everything(&tree), before);
    _ = castore.run(["add", "./new.pem", "By Hand"]).exits(1);
    let allowed = castore.run(["add", "./new.pem", "--allow", "1", "--format", "json"]).exits(1);
    let allowed = allowed.json();
    let swept = allowed["stores"][0]["swept"].as_array().unwrap();
    let does: Vec<_> = swept.iter().map(|one| one["does"].as_str().unwrap()).collect();
    assert_eq!(does, ["takes-up", "drops"]);
}
