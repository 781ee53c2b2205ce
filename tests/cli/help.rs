//! `castore --help`, `clients`, `checks`, `completions`, `man`: what the program says of itself.

use crate::harness::{Castore, Tree, installed};
use insta::assert_snapshot;
use std::io::Write;
use std::process::{Command, Stdio};

fn help(arguments: &[&str]) -> String {
    let text = Castore::here().run(arguments.iter().copied().chain(["--help"])).exits(0).stdout();
    // clap pads the lines between paragraphs.
    text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// The help of one command without the options that most share.
fn own_help(command: &str) -> String {
    let text = help(&[command]);
    let end = text.find("\nHost:\n").or_else(|| text.find("\nOutput:\n")).unwrap_or(text.len());
    text[..end].to_owned()
}

#[test]
fn the_program() {
    assert_snapshot!(help(&[]), @r"
    Which certificates does each program on this machine trust, why, and what is wrong with them.

    castore reads trust stores where they lie and runs nothing that it finds: the system's bundle, hash
    directory and anchors, those of every Python, Java, Node.js, Go, Ruby, PHP, Perl, .NET and Rust
    here, of browsers, curl, git and wget, databases and containers, and the settings and variables that
    override them.

    Usage: castore <COMMAND>

    Commands:
      list         List the stores on this host: what they hold, and who uses them
      which        Say which stores each client uses, the rule that won, and what it shadowed
      why          Say for every client whether it would accept a chain, why not, and what mends it
      show         Show certificates in full, every store that holds them and who trusts them
      diff         Compare stores and clients by fingerprint
      check        Find what is wrong with the stores in use, and say what to do
      checks       List the checks, or explain one
      snapshot     Write which certificates every store holds and who uses it, to compare with later
      config       Show castore's own settings, each with where it is from, or validate a castore.toml
      schedule     Print the files that make a machine run castore check by itself
      export       Write one store merged from others, in any format
      sync         Make stores hold the same roots: show the plan, and carry it out with --write
      add          Add certificates to stores: the short form of castore sync --add
      remove       Remove certificates from stores: the short form of castore sync --remove
      undo         Take back what castore wrote: every file as it was, with owner, mode and times
      history      List what castore wrote, the newest first, and what of it can be undone
      scan         Find certificates in a tree, by content
      clients      List the clients castore knows, or one client's rules with their sources
      completions  Write the completion script of a shell
      man          Write the manual page, or that of one command
      help         Print this message or the help of the given subcommand(s)

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Exit status:
      0  answered; diff: the same; check: no findings, or none that --fail-on names; why: all accept;
         sync, add, remove: nothing to change, or (--write) done and verified; undo: taken back
      1  diff: differences; check: findings; why: some refuse, or it depends;
         sync, add, remove: changes are pending; undo: no was the answer to its question
      2  an error, or (diff, check, export) a store that was named or is in effect was not read in
         full; check --all-users: the home of an account is closed; check: no store is there at all;
         why: nobody's answer is predicted; sync, add, remove: not done, not verified, or a store that
         was named is not changed here, or what an interrupted run left is wrong; undo: refused, failed,
         or not verified
    check --format nagios: 0 well, 1 warnings, 2 errors, 3 not everything could be looked at

    Selectors name stores: a client (system, python, certifi, py*), one installation of it
    (certifi:/opt/venv, python:3.13), or a file or directory (./corp.pem, file:corp.pem); in diff also
    what castore snapshot wrote (snapshot:FILE).
    ");
}

#[test]
fn options_that_commands_share() {
    let text = help(&["list"]);
    assert_snapshot!(text[text.find("\nHost:\n").expect("the heading")..], @r"
    Host:
          --root <DIR>
              Inspect the tree at DIR, as after a chroot into it.

              Links stay inside it, and the environment is empty but for --env. A file that is named to
              be looked at is one of the tree, too.

          --pid <N>
              Inspect the host as the running process N sees it: its variables, its root, its user.

              The variables are those it was started with; what a program sets for itself later does not
              show.

          --service <UNIT>
              Inspect the host as the systemd service UNIT sees it: the variables of its unit and of the
              files that name, its user, its directory.

              Read from the files of the host; no manager is asked. A unit of the system comes first,
              then one of the user at this shell; with --user those of that account alone.

          --env-file <FILE>
              Add the variables of FILE, written as in systemd's EnvironmentFile=; may be repeated.

              Quotes are those of a shell, and nothing is expanded. FILE is one of this machine, also
              with --root.

          --login-environment
              Begin with the variables that a login gets from /etc/environment, and none of the present
              ones

          --env <NAME=VALUE>
              Set a variable as the clients would see it; may be repeated

          --user <NAME>
              Read for the account NAME of the host: its home directory, none of the present variables

          --all-users
              Read for every account of the host whose home can be read, with none of the present
              variables.

              Of castore check a home that is closed ends it with 2, as a store does that is not read.

          --at <TIME>
              Judge times as of TIME instead of now: 2026-11-21, 2026-11-21T20:15:00Z or @SECONDS

          --file-size <SIZE>
              Read at most SIZE of one file: bytes, or with KiB, MiB, GiB.

              Of programs and libraries 512 MiB are searched, or SIZE where that is more.

              [default: 64MiB]

          --password-file <FILE>
              Try the passwords in FILE, one a line, on keystores; may be repeated.

              The empty password and changeit are tried without it. FILE is one of this machine, also
              with --root.

          --kdf-iterations <N>
              Spend at most N rounds of key derivation on one file

              [default: 10000000]

          --kdf-total <N>
              Spend at most N rounds of key derivation on all files together, in the order in which they
              are found

              [default: 100000000]

          --kdf-memory <SIZE>
              Spend at most SIZE of memory on one key derivation by scrypt: bytes, or with KiB, MiB, GiB

              [default: 256MiB]

          --max-entries <N>
              Take at most N entries from one store

              [default: 1000000]

    Output:
          --format <FORMAT>
              Write the answer in this format

              Possible values:
              - text: For people
              - json: Versioned JSON, as published in data/schema

              [default: text]

          --color <WHEN>
              Colour text output.

              auto: on a terminal, unless NO_COLOR is set or CLICOLOR is 0; CLICOLOR_FORCE turns it on
              everywhere.

              Possible values:
              - auto:   On a terminal
              - always: Always
              - never:  Never

              [default: auto]
    ");
}

#[test]
fn commands() {
    assert_snapshot!(own_help("list"), @r"
    List the stores on this host: what they hold, and who uses them

    Usage: castore list [OPTIONS] [SELECTOR]...

    Arguments:
      [SELECTOR]...
              Only these: clients, files and directories; - is standard input

    Options:
          --certs
              List the certificates of each store

          --all
              Search the whole disk as well, for stores that no known client uses

      -h, --help
              Print help (see a summary with '-h')
    ");
    assert_snapshot!(own_help("which"), @r"
    Say which stores each client uses, the rule that won, and what it shadowed.

    Without CLIENT, the clients with one answer together: how many certificates they trust and what
    decided that; first what differs from the system's store. Of a process (--pid) or a service
    (--service) those clients are shown that its program is, with what differs from this shell.

    Usage: castore which [OPTIONS] [CLIENT]...

    Arguments:
      [CLIENT]...
              The clients to show in full: curl, python, python:3.13, certifi:/opt/venv

    Options:
          --explain
              Show every place looked at, with the source of each rule

      -h, --help
              Print help (see a summary with '-h')
    ");
    assert_snapshot!(own_help("show"), @r"
    Show certificates in full, every store that holds them and who trusts them

    Usage: castore show [OPTIONS] <CERT>

    Arguments:
      <CERT>
              The beginning of a SHA-256 fingerprint, a whole SHA-1, a part of the subject, or a file; -
              is standard input

    Options:
          --pem
              Write the certificates themselves, as PEM, and nothing about them

      -h, --help
              Print help (see a summary with '-h')

    Facts:
          --facts <DIR>
              Ask the tables (*.tsv) in DIR, instead of those built in, who holds and removed which
              root.

              They are in the form of data/facts, which the scripts of data/harvest write. DIR is one of
              this machine, also with --root.
    ");
    assert_snapshot!(own_help("diff"), @r"
    Compare stores and clients by fingerprint.

    With one selector, it is compared with the system's store; without any, everything in use is
    compared, with the system's store first where there is one. A selector can name many installations:
    those with the same certificates are one column. The selector mozilla is what Mozilla trusts for TLS
    servers, by the fingerprints in castore's facts.

    OLD and NEW may be snapshots that castore snapshot wrote, by their files or as snapshot:FILE; one
    alone, or with other selectors, is compared with this host. With --root a file of the tree comes
    before one of this machine that is called the same. Then what changed is told: roots added, removed,
    moved and trusted otherwise, stores that moved, came and went, and clients that use others.

    Usage: castore diff [OPTIONS] [SELECTOR]...

    Arguments:
      [SELECTOR]...
              What to compare; the first is what the others are compared with; - is standard input

    Options:
      -h, --help
              Print help (see a summary with '-h')

    Facts:
          --facts <DIR>
              Ask the tables (*.tsv) in DIR, instead of those built in, who holds and removed which
              root.

              They are in the form of data/facts, which the scripts of data/harvest write. DIR is one of
              this machine, also with --root.
    ");
    assert_snapshot!(own_help("check"), @r"
    Find what is wrong with the stores in use, and say what to do

    Usage: castore check [OPTIONS] [SELECTOR]...

    Arguments:
      [SELECTOR]...
              Only these: clients, files and directories; - is standard input

    Options:
          --baseline <FILE>
              Also tell what changed since FILE, which castore snapshot wrote on this host.

              FILE is one of this machine, also with --root.

          --expires-within <DAYS>
              Days before an expiry that count as soon [default: 90]

      -h, --help
              Print help (see a summary with '-h')

    Findings:
          --only <CHECK>
              Run only these checks: ids or globs such as acceptance/*, separated by commas; may be
              repeated

          --skip <CHECK>
              Leave these checks out; may be repeated

          --min-severity <SEVERITY>
              Report only findings this bad or worse [default: info]

              [possible values: info, warning, error]

          --fail-on <SEVERITY>
              End with 1 only for findings this bad or worse; never: for none [default: info]

              [possible values: info, warning, error, never]

          --exit-zero
              End with 0 whatever is found; what could not be looked at still ends with 2

          --show-allowed
              Show what castore.toml allows as well, with the reason; csv, ndjson and prometheus do not,
              which is said

    Servers:
          --host <HOST[:PORT]>
              Fetch the chain of this server and check it, too; may be repeated.

              A URL such as smtp://mx.example names another protocol. Without it the servers of `hosts`
              in castore.toml are looked at, where no SELECTOR is given. Nothing is trusted on the way,
              and a server that does not answer holds up nothing else.

          --host-expires-within <DAYS>
              Days before the end of a server's certificate that count as soon [default: 14, or a
              quarter of its validity]

          --host-timeout <SECONDS>
              Give up a server after SECONDS [default: 20]

    Settings:
          --config <FILE>
              Read the settings in FILE and in no other file.

              Without it those of castore.toml in the working directory or the nearest above it (up to
              the root of the repository or the home directory), then of ~/.config/castore/castore.toml,
              then of /etc/castore/castore.toml. Root reads the last alone, and a file that another
              account may write is not read. Flags outrank variables (CASTORE_EXPIRES_WITHIN) and those
              outrank files; castore config shows each value with its origin.

          --no-config
              Read no file of settings

    Facts:
          --facts <DIR>
              Ask the tables (*.tsv) in DIR, instead of those built in, who holds and removed which
              root.

              They are in the form of data/facts, which the scripts of data/harvest write. DIR is one of
              this machine, also with --root.
    ");
    assert_snapshot!(own_help("export"), @r"
    Write one store merged from others, in any format.

    It holds each certificate once. Expired certificates, ones that are no certification authority and
    ones that a store does not trust for TLS servers are left out unless asked for; private keys always
    are. What was left out, which limits the format cannot say and where each certificate is from is
    told on standard error, as data with --report json. The same certificates give the same octets;
    where SOURCE_DATE_EPOCH is set it is the time of what a format dates, and that at which what has
    expired is judged. From mozilla are those certificates of this host's stores that Mozilla trusts for
    TLS servers; which of its roots no store here holds is said too.

    Usage: castore export [OPTIONS] --out <PATH>

    Options:
          --from <SELECTOR>
              Take certificates from here; may be repeated; - is standard input

              [default: system]

          --out <PATH>
              Write to PATH, whole or not at all; - is standard output.

              der-dir and hash-dir make a new directory.

      -h, --help
              Print help (see a summary with '-h')

    Form:
          --format <FORMAT>
              Write the store in this format

              Possible values:
              - pem:                one file of PEM blocks, with subject and source before each
              - der-dir:            a directory of one .cer of DER for each certificate
              - hash-dir:           a directory as OpenSSL looks things up in it, without links
              - pkcs7:              a bag of certificates (.p7b) as PEM
              - pkcs7-der:          the same as DER
              - jks:                a Java keystore of the old kind, which every Java reads
              - pkcs12:             a PKCS#12 that Java lists
              - p11-kit:            p11-kit's own, with purposes, dates and names of each certificate
              - openssl-trusted:    PEM blocks of OpenSSL's TRUSTED CERTIFICATE, with the purposes of
                each
              - edk2:               signature lists of UEFI firmware (cacerts.bin)
              - clustertrustbundle: a ClusterTrustBundle of Kubernetes (certificates.k8s.io/v1beta1)
              - configmap:          a ConfigMap of Kubernetes with the certificates as PEM under one key
              - trust-bundle:       a Bundle of cert-manager's trust-manager
                (trust.cert-manager.io/v1alpha1)

              [default: pem]

          --no-comments
              Leave out the comments with subject and source

          --replace
              der-dir, hash-dir: renew a directory that castore export wrote; one with anything else in
              it is left alone

          --hashes <HASHES>
              hash-dir: by which hashes of their subjects certificates are found [default: new]

              Possible values:
              - new:  That of OpenSSL 1.0.0 and later, as openssl rehash
              - old:  That of before OpenSSL 1.0.0, as openssl rehash -old
              - both: Both, as openssl rehash -compat and c_rehash

          --out-password-file <FILE>
              jks, pkcs12: seal it with the first password in FILE.

              Without it the first of --password-file does, which is also tried on keystores that are
              read; without either changeit, which Java's programs expect.

          --profile <PROFILE>
              pkcs12: how it is encrypted and sealed [default: modern]

              Possible values:
              - modern: AES-256 and SHA-256, as FIPS 140 has it: Java 8u301, 11.0.12 and later
              - legacy: 3DES and SHA-1: older Java, too
              - plain:  In clear and without a seal, as the JDK's own since 18

          --name <NAME>
              clustertrustbundle, configmap, trust-bundle: the name of the object [default: castore].

              Of a signer's bundle it begins with the signer's, with : for /, and another : [default:
              example.com:signer:castore].

          --namespace <NAMESPACE>
              configmap: the namespace of the object

          --key <KEY>
              configmap, trust-bundle: the key under which the certificates stand [default: ca.crt]

          --signer <SIGNER>
              clustertrustbundle: the signer it is of, as example.com/signer

          --no-limits-lost
              Leave out what stores limit in a way that the format cannot say: names, dates

    Certificates:
          --include-expired
              Include expired certificates

          --include-not-ca
              Include certificates that are no certification authority

          --include-untrusted
              Include certificates that their store does not trust for the purpose, or distrusts

          --purpose <PURPOSE>
              Take what stores trust for this

              Possible values:
              - server: TLS servers
              - client: TLS clients
              - email:  Signed mail
              - code:   Signed code

              [default: server]

          --only <WHAT>
              Take only this: the beginning of a fingerprint, words of a subject, what a selector holds;
              may be repeated

          --exclude <WHAT>
              Leave this out: the beginning of a fingerprint, words of a subject, what a selector holds;
              may be repeated

          --no-removed-upstream
              Leave out what a root programme removed for a reason, or removed where none keeps it, and
              what verifiers block

          --accepted-by <CLIENT>
              Leave out what this client's verifier refuses, whoever trusts it; may be repeated.

              A client of this host (python:3.13, java), or a policy with the versions that decide:
              policy:python,python=3.13,openssl=3.5.

          --minimal <TARGET>...
              Take the smallest set that verifies these chains: servers, or files of certificates, the
              server's own first.

              As OpenSSL 3.5 verifies them, or all that --accepted-by names; names are not compared.
              Their chains are fetched as castore why fetches them.

    Output:
          --explain
              Tell where each certificate is from, and what was not asked for

          --report <FORMAT>
              Write what was done in this format: on standard output where the store goes into a file

              Possible values:
              - text: For people
              - json: Versioned JSON, as published in data/schema

              [default: text]

          --color <WHEN>
              Colour text output.

              auto: on a terminal, unless NO_COLOR is set or CLICOLOR is 0; CLICOLOR_FORCE turns it on
              everywhere.

              Possible values:
              - auto:   On a terminal
              - always: Always
              - never:  Never

              [default: auto]

    Server:
          --connect <HOST[:PORT]>
              Connect to HOST[:PORT] instead, and ask it for the certificate of TARGET

          --starttls <PROTOCOL>
              Ask for TLS in PROTOCOL first: smtp, imap, pop3, ftp, ldap, postgres, mysql, xmpp; none;
              auto goes by the port

              [default: auto]

          --proxy <URL|none>
              Go through the HTTP proxy at URL, or through none; without this as the environment says

          --no-sni
              Do not send the name of the server (SNI)

          --tls <VERSION>
              Offer this version of TLS alone: 1.2 or 1.3

          --timeout <SECONDS>
              Give up after SECONDS

              [default: 20]

    Facts:
          --facts <DIR>
              Ask the tables (*.tsv) in DIR, instead of those built in, who holds and removed which
              root.

              They are in the form of data/facts, which the scripts of data/harvest write. DIR is one of
              this machine, also with --root.
    ");
    assert_snapshot!(own_help("scan"), @r"
    Find certificates in a tree, by content.

    Every regular file is read, whatever its name; links and pseudo file systems are passed over. A file
    whose blocks of certificates are all broken is no store and is said. PEM within the texts of JSON is
    found in objects of Kubernetes and the like alone.

    Usage: castore scan [OPTIONS] <PATH>...

    Arguments:
      <PATH>...
              Where to look: directories or files

    Options:
      -h, --help
              Print help (see a summary with '-h')
    ");
    assert_snapshot!(own_help("checks"), @r"
    List the checks, or explain one

    Usage: castore checks [OPTIONS] [CHECK]

    Arguments:
      [CHECK]
              The check to explain

    Options:
      -h, --help
              Print help (see a summary with '-h')
    ");
    assert_snapshot!(own_help("clients"), @r"
    List the clients castore knows, or one client's rules with their sources

    Usage: castore clients [OPTIONS] [CLIENT]

    Arguments:
      [CLIENT]
              The client: an id, a pattern such as 'py*', or the name of a program

    Options:
          --variables
              List the environment variables that any client reads, and which

          --format <FORMAT>
              Write the answer in this format

              Possible values:
              - text:     For people
              - json:     Versioned JSON, as published in data/schema
              - markdown: A page for the documentation: clients and variables

              [default: text]

      -h, --help
              Print help (see a summary with '-h')
    ");
    assert_snapshot!(own_help("completions"), @r"
    Write the completion script of a shell

    Usage: castore completions <SHELL>

    Arguments:
      <SHELL>  The shell [possible values: bash, elvish, fish, powershell, zsh]

    Options:
      -h, --help  Print help
    ");
    assert_snapshot!(own_help("man"), @r"
    Write the manual page, or that of one command

    Usage: castore man [COMMAND]...

    Arguments:
      [COMMAND]...  The command, with the one below it where it has such: snapshot accept

    Options:
      -h, --help  Print help
    ");
}

#[test]
fn one_check_is_explained() {
    assert_snapshot!(Castore::here().run(["checks", "duplicate"]), @r"
    $ castore checks duplicate
    duplicate (info): a certificate stands twice in a store

    The same certificate, octet for octet, stands more than once in one file. No reader minds but Python, whose ssl module needs time with the square of their number; it is a sign of a script that appends at every run.

    Remedy: Delete the later copy, and look for the script that appends at every run.

    See https://github.com/openssl/openssl/blob/openssl-3.0/crypto/x509/x509_lu.c
    exit: 0
    ");
    assert_snapshot!(Castore::here().run(["checks", "dupliacte"]), @r#"
    $ castore checks dupliacte
    stderr: castore: error: no check is called "dupliacte"
    stderr: hint: did you mean duplicate? castore checks lists them
    exit: 2
    "#);
    let strict = Castore::here().run(["checks", "acceptance/strict"]).exits(0).stdout();
    assert!(strict.contains("\nSince 2024-10-07.\nSee https://docs.python.org/"), "{strict}");
    let all = Castore::here().run(["checks"]).exits(0).stdout();
    for line in all.lines() {
        let id = line.split_whitespace().next().expect("an id");
        _ = Castore::here().run(["checks", id]).exits(0);
    }
    assert!(all.contains("duplicate                 info     a certificate stands twice in a store\n"), "{all}");
}

#[test]
fn one_client_is_explained() {
    assert_snapshot!(Castore::here().run(["clients", "certifi"]), @r"
    $ castore clients certifi
    certifi: certifi
    The bundle that certifi.where() returns: its own, or the system's where a distribution patched it.

      the first of
        {certifi}  blocks
            missing: stops with an error
            https://github.com/certifi/python-certifi/blob/master/certifi/core.py
        {package}/cacert.pem  blocks
            missing: goes on
            https://github.com/certifi/python-certifi/blob/master/certifi/core.py

    to change its stores: write the file anew; the next upgrade of certifi replaces it, and not what REQUESTS_CA_BUNDLE or SSL_CERT_FILE names
    judges no chains: others read its stores
    exit: 0
    ");
    assert_snapshot!(Castore::here().run(["clients", "certify"]), @r#"
    $ castore clients certify
    stderr: castore: error: no client is called "certify"
    stderr: hint: did you mean certifi? castore clients lists them
    exit: 2
    "#);
    let all = Castore::here().run(["clients"]).exits(0).stdout();
    assert!(all.lines().any(|line| line.starts_with("curl ")), "{all}");
    assert!(all.lines().all(|line| line.ends_with('.')), "{all}");
}

/// What a program says of a text it is given.
fn feed(program: &str, arguments: &[&str], text: &[u8]) -> Option<(bool, String)> {
    let mut command = Command::new(installed(program)?);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a program that starts");
    child.stdin.take().expect("a pipe").write_all(text).expect("a reader");
    let output = child.wait_with_output().expect("a program that ends");
    Some((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[test]
fn completions_parse_and_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = Castore::here().run(["completions", shell]).exits(0);
        for word in ["list", "which", "export", "include-expired"] {
            assert!(script.stdout().contains(word), "{shell}: {word}");
        }
        if let Some((is_good, message)) = feed(shell, &["-n"], script.raw_stdout()) {
            assert!(is_good && message.is_empty(), "{shell}: {message}");
        }
    }
    _ = Castore::here().run(["completions", "tcsh"]).exits(2);
}

/// A shell offers the clients and checks there are, and leaves files to itself.
#[test]
fn completions_name_clients_and_checks() {
    let script = Castore::here().run(["completions", "bash"]).exits(0).stdout();
    let offered = |words: &str| {
        let ask = format!(
            "\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _castore castore \
             \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; echo \"${{COMPREPLY[*]}}\" >&2\n"
        );
        feed("bash", &[], (script.clone() + &ask).as_bytes()).map(|(_, offered)| offered)
    };
    for (words, known) in [
        ("castore which cur", "curl curl-cffi\n"),
        ("castore why --client rust-native", "rust-native-tls rust-native-certs\n"),
        ("castore checks expired-t", "expired-twin\n"),
        ("castore check --only expired-t", "expired-twin\n"),
        ("castore list ./", "\n"),
    ] {
        if let Some(offered) = offered(words) {
            let sorted =
                |text: &str| text.split_whitespace().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
            assert_eq!(sorted(&offered), sorted(known), "{words}");
        }
    }
    // What is typed may be more than that.
    _ = Castore::at(&Tree::new().file("x.pem", "")).run(["list", "/x.pem"]).exits(0);
}

#[test]
fn manual_pages_are_sound() {
    let commands = ["", "list", "which", "show", "diff", "check", "export", "scan", "checks", "schedule", "clients"];
    for command in commands {
        let arguments: Vec<&str> = ["man", command].into_iter().filter(|word| !word.is_empty()).collect();
        let page = Castore::here().run(&arguments).exits(0);
        assert!(page.stdout().contains(".SH NAME"), "{page}");
        if let Some((is_good, message)) = feed("groff", &["-man", "-ww", "-Tutf8"], page.raw_stdout()) {
            assert!(is_good && message.is_empty(), "{command}: {message}");
        }
        if let Some((_, message)) = feed("mandoc", &["-Tlint", "-Werror"], page.raw_stdout()) {
            assert!(!message.contains("ERROR"), "{command}: {message}");
        }
    }
    // What a page refers to is a page.
    let first = Castore::here().run(["man", "snapshot", "accept"]).exits(0);
    for words in [&["snapshot-accept"][..], &["castore-snapshot-accept"], &["snapshot accept"]] {
        let page = Castore::here().run(["man"].iter().chain(words)).exits(0);
        assert_eq!(page.stdout(), first.stdout());
    }
    assert!(first.stdout().contains("castore\\-snapshot\\-accept"), "{first}");
    assert_snapshot!(Castore::here().run(["man", "lsit"]), @r#"
    $ castore man lsit
    stderr: castore: error: no command is called "lsit"
    stderr: hint: did you mean list? castore help lists them
    exit: 2
    "#);
}
