//! Certificates, files and surroundings made to confuse or to stop a reader.

use crate::certificates::{HOSTILE_NAMES, numbered, numbered_bundle, pem, root};
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, debian, hash_name, roots};
use castore::format::pkcs12;
use castore::render::escape::is_unsafe;
use insta::assert_snapshot;
use std::path::Path;

/// Makes a FIFO, which would block whoever opens it to read.
#[cfg(unix)]
pub fn fifo(path: &Path) {
    nix::unistd::mkfifo(path, nix::sys::stat::Mode::from_bits_truncate(0o644)).expect("a FIFO");
}

/// Nothing that a terminal acts on, in either stream, but line ends and castore's own colours.
#[track_caller]
fn is_harmless(output: &Output) {
    for stream in [output.raw_stdout(), output.raw_stderr()] {
        let text = std::str::from_utf8(stream).expect("UTF-8");
        let found = text.chars().find(|c| *c != '\n' && is_unsafe(*c));
        assert_eq!(found, None, "\n{output}");
    }
}

#[test]
fn names_of_certificates_act_on_nothing() {
    let all: String =
        HOSTILE_NAMES.iter().map(|name| root(name).dates((2010, 1, 1), (2011, 1, 1)).make().pem()).collect();
    let leaves: String = HOSTILE_NAMES.iter().map(|name| root(name).key(2).not_a_ca().make().pem()).collect();
    let tree =
        debian().file("etc/ssl/certs/ca-certificates.crt", all.clone() + &leaves).file("b.pem", roots()[0].pem());
    for arguments in [
        &["list", "--certs"][..],
        &["which", "--explain"],
        &["show", "Root"],
        &["show", "/etc/ssl/certs/ca-certificates.crt"],
        &["diff"],
        &["diff", "/etc/ssl/certs/ca-certificates.crt", "/b.pem", "/etc/ssl/certs"],
        &["check"],
        &["scan", "/"],
        &["export", "--from", "system", "--include-expired", "--include-not-ca", "--out", "-"],
        &["export", "--from", "system", "--from", "/b.pem", "--out", "-"],
    ] {
        is_harmless(&Castore::at(&tree).run(arguments));
        let json = if arguments[0] == "export" { "--report" } else { "--format" };
        is_harmless(&Castore::at(&tree).run(arguments.iter().copied().chain([json, "json"])));
    }
    let output = Castore::at(&tree).run(["show", "Good Root"]).exits(0).stdout();
    assert!(output.contains("Good Root\\u{a}system: 0 certificates"), "{output}");
}

#[test]
#[cfg(target_os = "linux")]
fn names_of_files_and_arguments_act_on_nothing() {
    let name = "a\u{1b}[2J\nb\u{202e}.pem";
    let tree = Tree::new()
        .file(name, roots()[0].pem())
        .file(format!("d/{name}"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let path = format!("/{name}");
    for arguments in [
        &["list", &path][..],
        &["list", "--certs", "/d"],
        &["check", &path, "/d"],
        &["diff", &path, "/d"],
        &["scan", "/"],
        &["show", &path],
        &["list", "\u{1b}[2J"],
        &["list", "/\u{1b}[2J"],
        &["list", "--\u{1b}[2J"],
        &["list", "--format", "\u{1b}[2J"],
        &["list", "--at", "\u{1b}[2J"],
        &["list", "--user", "\u{1b}[2J"],
        &["list", "--env", "\u{1b}[2J"],
        &["which", "curl", "--env", "CURL_CA_BUNDLE=/\u{1b}[2J"],
        &["check", "--only", "\u{1b}[2J"],
        &["checks", "\u{1b}[2J"],
        &["clients", "\u{1b}[2J"],
        &["man", "\u{1b}[2J"],
        &["completions", "\u{1b}[2J"],
        &["export", "--from", &path, "--out", "/no/\u{1b}[2J"],
        &["\u{1b}[2J"],
    ] {
        let castore = if matches!(arguments[0], "checks" | "clients" | "man" | "completions" | "\u{1b}[2J") {
            Castore::here()
        } else {
            Castore::at(&tree)
        };
        is_harmless(&castore.run(arguments));
    }
    for arguments in
        [&["list", "--certs", &path, "/d"][..], &["check", &path, "/d"], &["scan", "/"], &["diff", &path, "/d"]]
    {
        is_harmless(&Castore::at(&tree).run(arguments.iter().copied().chain(["--format", "json"])));
    }
}

#[test]
fn one_broken_block_among_ten_thousand() {
    let mut all: Vec<String> = numbered(10_000).map(|der| pem("CERTIFICATE", &der)).collect();
    let lines_of_one = all[0].lines().count();
    all[5_000] = pem("CERTIFICATE", b"no certificate");
    let tree = Tree::new().file("etc/ssl/certs/ca-certificates.crt", all.concat());
    let line = 5_000 * lines_of_one + 1;

    let list = Castore::at(&tree).run(["list", "system", "--format", "json"]).exits(0).json();
    assert_eq!((&list["stores"][0]["entries"], &list["stores"][0]["distinct"]), (&10_000.into(), &9_999.into()));
    assert_eq!(list["stores"][0]["reading"], "partial");
    let text = Castore::at(&tree).run(["list", "--certs", "system"]).exits(0).stdout();
    assert_eq!(text.matches("Numbered Root").count(), 9_999);
    assert!(text.contains(&format!("line {line} ")), "the broken one is listed with its line");

    let check = Castore::at(&tree).run(["check", "system", "--format", "json"]).exits(2).json();
    let findings = check["findings"].as_array().expect("findings");
    let of = |id: &str| findings.iter().find(|finding| finding["check"] == id).unwrap_or_else(|| panic!("no {id}"));
    assert_eq!(of("malformed")["place"]["line"], line);
    assert_eq!(of("openssl-refuses")["place"]["line"], line);
    assert_eq!(of("openssl-refuses")["expected"], "9999 certificates loaded");

    let whole = Tree::new().file("etc/ssl/certs/ca-certificates.crt", numbered_bundle(10_000));
    let whole = whole.file("broken.pem", all.concat());
    let diff = Castore::at(&whole).run(["diff", "/broken.pem", "--format", "json"]).exits(2).json();
    assert_eq!((&diff["common"], diff["rows"].as_array().map(Vec::len)), (&9_999.into(), Some(1)));
}

#[test]
#[cfg(unix)]
fn what_is_no_file_in_a_directory_blocks_nothing() {
    let [alpha, ..] = roots();
    let tree = debian()
        .link(format!("etc/ssl/certs/{}", hash_name(&alpha, 1)), "/dev/zero")
        .link("etc/ssl/certs/loop.pem", "loop.pem")
        .link("etc/ssl/certs/around", "../certs")
        .file("dev/null", "");
    fifo(&tree.path().join("etc/ssl/certs/fifo.pem"));
    fifo(&tree.path().join("dev/zero"));
    let socket = std::os::unix::net::UnixListener::bind(tree.path().join("etc/ssl/certs/s.pem")).expect("a socket");
    let json = Castore::at(&tree).run(["list", "system*", "--format", "json"]).exits(0).json();
    let directory = json["stores"].as_array().expect("stores").iter().find(|store| store["path"] == "/etc/ssl/certs");
    assert_eq!(directory.expect("the directory")["distinct"], 3);
    let check = Castore::at(&tree).run(["check", "system*"]).exits(1).stdout();
    assert!(check.contains("expected a readable file, found a FIFO\n  hint: replace it with a file"), "{check}");
    _ = Castore::at(&tree).run(["list", "--all"]).exits(0);
    drop(socket);
}

/// The same devices where they really are devices.
#[test]
#[cfg(target_os = "linux")]
fn a_device_named_as_a_store_is_not_read() {
    for path in ["/dev/zero", "/dev/stdin", "/proc/self/fd/0"] {
        let output = Castore::here().input("x").run(["list", path]).exits(2);
        assert!(output.stderr().starts_with(&format!("castore: error: {path}: ")), "{output}");
    }
    assert_snapshot!(Castore::here().run(["list", "/dev/zero"]), @r"
    $ castore list /dev/zero
    stderr: castore: error: /dev/zero: expected a regular file, found a character device
    exit: 2
    ");
}

#[test]
fn a_loop_and_a_dangling_link_are_told_apart() {
    let tree = Tree::new().link("loop.pem", "loop.pem").link("dangling.pem", "gone.pem").directory("d").file("f", "");
    assert_snapshot!(Castore::at(&tree).run(["list", "/loop.pem"]), @r"
    $ castore list --root @ROOT@ /loop.pem
    stderr: castore: error: /loop.pem: too many symbolic links
    exit: 2
    ");
    assert_snapshot!(Castore::at(&tree).run(["list", "/dangling.pem"]), @r"
    $ castore list --root @ROOT@ /dangling.pem
    stderr: castore: error: /dangling.pem: the link leads to nothing
    stderr: hint: check the path; castore list --root @ROOT@ shows the stores there are
    exit: 2
    ");
    assert_snapshot!(Castore::at(&tree).run(["list", "/f/x"]), @r"
    $ castore list --root @ROOT@ /f/x
    stderr: castore: error: /f/x: nothing is there
    stderr: hint: check the path; castore list --root @ROOT@ shows the stores there are
    exit: 2
    ");
    let of_a_file = Castore::here().run(["list".as_ref(), "--root".as_ref(), tree.path().join("f").as_os_str()]);
    assert!(of_a_file.exits(2).stderr().contains("expected a directory, found a file"));
    assert_snapshot!(Castore::at(&Tree::new()).run(["list", "--root", "/no/such/root"]), @r"
    $ castore list --root @ROOT@ --root /no/such/root
    stderr: castore: error: the argument '--root <DIR>' cannot be used multiple times
    stderr: Usage: castore list [OPTIONS] [SELECTOR]...
    stderr: hint: see --help
    exit: 2
    ");
}

#[test]
#[cfg(unix)]
fn what_may_not_be_read_is_a_gap() {
    use std::os::unix::fs::PermissionsExt;
    let [alpha, beta, _] = roots();
    let tree = Tree::new()
        .file("etc/ssl/certs/ca-certificates.crt", alpha.pem())
        .file("d/secret.pem", beta.pem())
        .file("d/open.pem", alpha.pem());
    for (path, mode) in [("", 0o755), ("d/secret.pem", 0o000), ("etc/ssl/certs/ca-certificates.crt", 0o000)] {
        std::fs::set_permissions(tree.path().join(path), std::fs::Permissions::from_mode(mode)).expect("a mode");
    }
    let Some(castore) = Castore::at(&tree).without_rights() else { return };
    assert_snapshot!(castore.run(["list", "system", "/d"]), @r"
    $ castore list --root @ROOT@ system /d
    STORE                               FORMAT     ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /etc/ssl/certs/ca-certificates.crt  -                -         -  -                system, go, rust-native-certs, rust-native-tls [permission denied]
    /d                                  directory        1         1  2040-01-01       (not in use) [read in part: secret.pem: permission denied]
    stderr: castore: 2 stores were not read in full: see the remarks
    exit: 0
    ");
    let closed = tree.path().join("etc/ssl");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).expect("a mode");
    assert_snapshot!(castore.run(["list", "system"]), @r"
    $ castore list --root @ROOT@ system
    STORE                               FORMAT  ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /etc/ssl/certs/ca-certificates.crt  -             -         -  -                system, go, rust-native-certs [permission denied]
    stderr: castore: 1 store was not read in full: see the remarks
    exit: 0
    ");
    _ = castore.run(["check"]).exits(2);
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    assert_snapshot!(castore.run(["diff", "/d", "/d/open.pem"]), @r"
    $ castore diff --root @ROOT@ /d /d/open.pem
    A  1 certificate  [not read in full: /d]
       /d
    B  1 certificate, +0 -0
       /d/open.pem
    no difference in what was read
    stderr: castore: 1 store was not read in full, so there may be more
    exit: 2
    ");
    assert_snapshot!(castore.run(["list", "/d/secret.pem"]), @r"
    $ castore list --root @ROOT@ /d/secret.pem
    stderr: castore: error: /d/secret.pem: permission denied
    stderr: hint: run castore as a user who can read it
    exit: 2
    ");
    assert_snapshot!(castore.run(["check", "/d"]), @r"
    $ castore check --root @ROOT@ /d
    info[unread-store]: a store was not read in full
      at /d
      expected every entry read, found secret.pem: permission denied
      hint: run as a user who can read it, or raise --file-size
    1 info
    stderr: castore: not read in full, so there may be more: /d
    exit: 2
    ");
    assert_snapshot!(castore.run(["scan", "/d"]), @r"
    $ castore scan --root @ROOT@ /d
    STORE        FORMAT  CERTIFICATES   SIZE
    /d/open.pem  pem                1  501 B
    stderr: castore: /d/secret.pem: permission denied
    stderr: castore: 2 files looked at, 1 could not be read; 1 store with 1 certificate
    exit: 0
    ");
}

/// A closed home is not one without settings.
#[test]
#[cfg(unix)]
fn the_home_of_an_account_may_be_closed() {
    use std::os::unix::fs::PermissionsExt;
    let tree = debian().file("etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\n").directory("home/ann");
    for (path, mode) in [("", 0o755), ("home/ann", 0o000)] {
        std::fs::set_permissions(tree.path().join(path), std::fs::Permissions::from_mode(mode)).expect("a mode");
    }
    let Some(castore) = Castore::at(&tree).without_rights() else { return };
    assert_snapshot!(castore.run(["list", "--user", "ann"]), @r"
    $ castore list --root @ROOT@ --user ann
    stderr: castore: error: /home/ann: permission denied
    stderr: hint: run castore as a user who can read it
    exit: 2
    ");
}

#[cfg(unix)]
#[test]
fn clients_behind_a_closed_directory_are_not_known() {
    use std::os::unix::fs::PermissionsExt;
    let tree = debian().directory("home/ann/.pyenv/versions");
    for (path, mode) in [("", 0o755), ("home/ann", 0o000)] {
        std::fs::set_permissions(tree.path().join(path), std::fs::Permissions::from_mode(mode)).expect("a mode");
    }
    let Some(castore) = Castore::at(&tree).without_rights() else { return };
    let output = castore.run(["list", "system", "--env", "PYENV_ROOT=/home/ann/.pyenv"]).exits(0);
    assert_eq!(output.stderr(), "castore: permission denied, so clients there are not known: /home/ann\n");
    assert_eq!(castore.run(["list", "system"]).exits(0).stderr(), "");
}

#[test]
fn entries_beyond_the_bound_are_said_to_be_missing() {
    let tree = Tree::new().file("a.pem", bundle(&roots()));
    let run = |arguments: &[&str]| Castore::at(&tree).run(arguments);
    assert_snapshot!(run(&["list", "/a.pem", "--max-entries", "2"]), @r"
    $ castore list --root @ROOT@ /a.pem --max-entries 2
    STORE   FORMAT  ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /a.pem  pem           2         2  2040-01-01       - [read in part: more than the limit of 2 entries]
    stderr: castore: 1 store was not read in full: see the remarks
    exit: 0
    ");
    let check = run(&["check", "/a.pem", "--max-entries", "2"]).exits(2).stdout();
    assert!(check.contains("hint: raise --max-entries"), "{check}");
    assert_eq!(run(&["list", "/a.pem", "--max-entries", "3"]).exits(0).stderr(), "");
    _ = run(&["diff", "/a.pem", "/a.pem", "--max-entries", "2"]).exits(2);
    assert_snapshot!(run(&["list", "/a.pem", "--max-entries", "all"]), @"
    $ castore list --root @ROOT@ /a.pem --max-entries all
    stderr: castore: error: invalid value 'all' for '--max-entries <N>': expected a number of entries such as 1000000
    stderr: hint: see --help
    exit: 2
    ");
}

#[test]
fn who_fills_a_store_with_what_is_wrong_does_not_decide_what_a_check_takes() {
    let begin = "-----BEGIN CERTIFICATE-----\n";
    let tree = Tree::new().file("many.pem", begin.repeat(50_003)).file("few.pem", begin.repeat(3));
    let output = Castore::at(&tree).run(["check", "--only", "malformed", "/many.pem", "/few.pem"]).exits(2);
    assert_snapshot!(output.stdout(), @"
    error[malformed]: an entry cannot be read
      at /few.pem:1
      at /few.pem:2
      at /few.pem:3
      at /many.pem:1
      at /many.pem:2
      at /many.pem:3
      and 49997 more places
      expected an END line, found none for CERTIFICATE, and no whole certificate
      hint: replace the block with the certificate, or delete it
    error[malformed]: an entry cannot be read
      at /many.pem
      expected at most 50000 findings of one check in one store, found 3 more, which are not told
      hint: mend those that are told, then check again
    2 errors (50004 places); --explain names every place
    ");
}

#[test]
fn a_directory_names_the_keystore_that_stays_closed() {
    let [alpha, ..] = roots();
    let password = castore::model::Password::new("another");
    let sealed = pkcs12::write(&[("alpha", alpha.der())], pkcs12::Protection::Modern(&password));
    let tree = Tree::new().file("d/alpha.pem", alpha.pem()).file("d/beta.p12", sealed);
    assert_snapshot!(Castore::at(&tree).run(["check", "/d", "--only", "unread-store"]), @r"
    $ castore check --root @ROOT@ /d --only unread-store
    info[unread-store]: a store was not read in full
      at /d
      expected every entry read, found beta.p12: 1 part encrypted, and no password that was tried fits
      hint: put its password into a file and name that with --password-file
    1 info
    stderr: castore: not read in full, so there may be more: /d
    exit: 2
    ");
}

#[test]
fn surroundings_change_nothing_unexpected() {
    let tree = debian().file("x.pem", bundle(&roots()));
    let usual = Castore::at(&tree).run(["list", "/x.pem"]);
    let huge = "x/".repeat(50_000);
    let hostile = [
        ("PATH", ""),
        ("HOME", "relative/home"),
        ("XDG_CONFIG_HOME", "\n"),
        ("LANG", "xx_YY"),
        ("LC_ALL", "zz"),
        ("SSL_CERT_FILE", &huge),
        ("SSL_CERT_DIR", ":::"),
        ("JAVA_HOME", "."),
        ("VIRTUAL_ENV", ""),
        ("COLUMNS", "-1"),
        ("RUST_BACKTRACE", "full"),
        ("RUST_LOG", "trace"),
        ("CLICOLOR", "0"),
        ("TERM", "\u{1b}[2J"),
    ];
    let castore = hostile.iter().fold(Castore::at(&tree), |castore, (name, value)| castore.env(name, value));
    assert_eq!(castore.run(["list", "/x.pem"]).to_string(), usual.to_string());
    // The live machine, whose clients see those variables.
    let castore = hostile.iter().fold(Castore::here(), |castore, (name, value)| castore.env(name, value));
    for command in ["list", "diff"] {
        let output = castore.run([command]);
        assert!(!output.stderr().contains("panicked"), "{}", output.stderr());
        is_harmless(&output);
    }
}

#[test]
#[cfg(unix)]
fn variables_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let odd = std::ffi::OsStr::from_bytes(b"/caf\xe9/\xff");
    let castore = ["PATH", "HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "PYENV_ROOT", "NO_COLOR"]
        .iter()
        .fold(Castore::here(), |castore, name| castore.env(name, odd));
    for command in ["which", "check"] {
        let output = castore.run([command]);
        assert!(!output.stderr().contains("panicked"), "{}", output.stderr());
        is_harmless(&output);
    }
    let output = castore.run(["which", "go"]).exits(0).stdout();
    assert!(output.contains(r"$SSL_CERT_FILE  /caf\xe9/\xff"), "{output}");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let tree = Tree::new().file("x.pem", numbered_bundle(3_000));
    for arguments in [
        &["list", "--certs", "/x.pem"][..],
        &["check", "/x.pem", "--at", "2050-01-01", "--explain"],
        &["show", "/x.pem"],
        &["export", "--from", "/x.pem", "--out", "-"],
    ] {
        let output = Castore::at(&tree).read_only_the_first_line().run(arguments).exits(0);
        assert_eq!(output.stderr(), "", "{arguments:?}");
    }
}
