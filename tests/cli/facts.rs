//! What castore knows of certificates of the world, on made certificates with tables made for them.

use crate::certificates::{Certificate, NOW, intermediate, root};
use crate::check::{is_clean, only};
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, debian, roots, with_environment, with_programs};
use castore::format::x509;
use insta::assert_snapshot;

/// The header of a table, without its kind.
fn header(id: &str, name: &str) -> String {
    format!(
        "# castore-facts: 1\n# id: {id}\n# name: {name}\n# source: made\n# licence: none\n# date: 2025-12-01\n# script: none\n"
    )
}

/// A programme of three releases with these roots.
fn program(id: &str, name: &str, sort: &str, rows: &[(&Certificate, &str, &str)]) -> String {
    let releases = "release\t1\t2024-01-01\tmade 1\nrelease\t2\t2025-06-01\tmade 2\nrelease\t3\t2025-07-01\tmade 3\n";
    let row = |(root, spans, after): &(&Certificate, &str, &str)| {
        format!("root\t{}\t{spans}\t{after}\tRoot of {name}\n", root.fingerprint())
    };
    let rows: String = rows.iter().map(row).collect();
    format!("{}# kind: program\n# sort: {sort}\n{releases}{rows}", header(id, name))
}

/// A table of another kind.
fn list(kind: &str, rows: &str) -> String {
    format!("{}# kind: {kind}\n{rows}", header(kind, kind))
}

/// The tree with these tables beside what is inspected.
fn with_tables(tree: Tree, tables: &[(&str, String)]) -> Tree {
    tables.iter().fold(tree, |tree, (name, text)| tree.file(format!("facts/{name}.tsv"), text))
}

fn check(tree: &Tree, arguments: &[&str]) -> Output {
    let facts = tree.path().join("facts");
    let facts = ["check", "--facts", facts.to_str().expect("a name")];
    Castore::at(tree).with(["--at", NOW]).run(facts.iter().chain(arguments))
}

/// Tables in which all of these are held by everybody.
pub fn known(tree: Tree, held: &[Certificate]) -> Tree {
    let rows: Vec<_> = held.iter().map(|root| (root, "server=1..", "-")).collect();
    with_tables(tree, &[("m", program("mozilla", "Mozilla", "program", &rows))])
}

#[test]
fn a_root_that_was_removed_is_told_with_who_removed_it_and_who_keeps_it() {
    let [alpha, beta, corp] = roots();
    let tables = [
        (
            "m",
            program(
                "mozilla",
                "Mozilla",
                "program",
                &[(&alpha, "server=1..1 email=1..", "-"), (&beta, "server=1..", "-")],
            ),
        ),
        ("b", program("b", "Bundle", "bundle", &[(&alpha, "server=1..2", "-"), (&beta, "server=1..2", "-")])),
        ("k", program("k", "Keeper", "bundle", &[(&alpha, "server=1..", "-")])),
        // Builds of several vendors remove nothing.
        ("j", program("j", "Builds", "builds", &[(&beta, "server=1..2", "-"), (&corp, "server=1..2", "-")])),
        (
            "r",
            list("reasons", &format!("removed\t{}\tCVE-1\tit lost its key\thttps://x.example/\n", alpha.fingerprint())),
        ),
    ];
    let tree = with_tables(debian(), &tables);
    assert_snapshot!(check(&tree, &["--only", "removed-upstream"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --facts @ROOT@/facts --only removed-upstream
    warning[removed-upstream]: a root that a programme removed: Alpha Root (5cc62d47)
      at /etc/ssl/certs/3383f1ab.0:1  (used by boringssl, go, rust-native-certs, rust-native-tls and 1 more)
      at /etc/ssl/certs/ca-certificates.crt:1  (used by go, rust-native-certs, rust-native-tls, system)
      at /usr/share/ca-certificates/mozilla/Alpha_Root.crt:1  (used by debian-anchors)
      expected a root that no programme removed, found CVE-1: it lost its key; removed by Bundle in 3 (2025-07-01) and Mozilla between 1 (2024-01-01) and 2 (2025-06-01), for servers alone; kept by Keeper (2025-07-01)
      hint: update the package this store comes from; where a server still needs the root, add it for that client alone
    info[removed-upstream]: a root that a programme removed: Beta Root (90783156)
      at /etc/ssl/certs/8a3be2fe.0:1  (used by boringssl, go, rust-native-certs, rust-native-tls and 1 more)
      at /etc/ssl/certs/ca-certificates.crt:10  (used by go, rust-native-certs, rust-native-tls, system)
      at /usr/share/ca-certificates/mozilla/Beta_Root.crt:1  (used by debian-anchors)
      expected a root that no programme removed, found removed by Bundle in 3 (2025-07-01); kept by Mozilla (2025-07-01)
      hint: update the package this store comes from; where a server still needs the root, add it for that client alone
    1 warning, 1 info (6 places)
    facts: 5 tables, the oldest of 2025-12-01 (31 days old); castore checks removed-upstream lists them
    exit: 1
    ");
    // Nothing of it is in a store that holds neither.
    is_clean(check(
        &with_tables(Tree::new().file("x.pem", corp.pem()), &tables),
        &["--only", "removed-upstream", "/x.pem"],
    ));
    // Information is no warning.
    let warnings =
        check(&tree, &["--only", "removed-upstream", "--min-severity", "warning", "--format", "json"]).json();
    let severities: Vec<_> =
        warnings["findings"].as_array().expect("findings").iter().map(|one| &one["severity"]).collect();
    assert!(severities.contains(&&"warning".into()), "{severities:?}");
    assert_eq!(warnings["facts"].as_array().map(Vec::len), Some(5));
    assert_eq!((&warnings["facts"][0]["date"], &warnings["facts"][0]["age_days"]), (&"2025-12-01".into(), &31.into()));
}

#[test]
fn a_removed_root_that_is_added_by_hand_comes_back() {
    let [.., corp] = roots();
    let tables = [("m", program("mozilla", "Mozilla", "program", &[(&corp, "server=1..2", "-")]))];
    let tree = with_tables(debian(), &tables);
    assert_snapshot!(check(&tree, &["--only", "resurrected-root"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --facts @ROOT@/facts --only resurrected-root
    warning[resurrected-root]: a removed root is added by hand: Corp Root (892f1c6d)
      at /usr/local/share/ca-certificates/corp.crt:1  (used by debian-anchors)
      expected only anchors of one's own among the local ones, found removed by Mozilla in 3 (2025-07-01)
      hint: delete this file and run the refresh; where a server still needs the root, add it for that client alone
    1 warning
    facts: 1 table, the oldest of 2025-12-01 (31 days old); castore checks removed-upstream lists them
    exit: 1
    ");
    let [alpha, ..] = roots();
    let shipped = [("m", program("mozilla", "Mozilla", "program", &[(&alpha, "server=1..2", "-")]))];
    is_clean(check(&with_tables(debian(), &shipped), &["--only", "resurrected-root"]));
}

#[test]
fn a_day_after_which_a_programme_distrusts() {
    let [alpha, beta, _] = roots();
    let tables = [(
        "m",
        program(
            "mozilla",
            "Mozilla",
            "program",
            &[(&alpha, "server=1..", "server=2025-11-30"), (&beta, "server=1..", "server=2026-11-30")],
        ),
    )];
    let tree = with_tables(Tree::new().file("x.pem", bundle(&roots())), &tables);
    assert_snapshot!(check(&tree, &["--only", "distrust-after", "/x.pem"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --facts @ROOT@/facts --only distrust-after /x.pem
    warning[distrust-after]: a root whose new certificates a programme distrusts: Alpha Root (5cc62d47)
      at /x.pem:1
      expected a store that can say from when on it distrusts, found what it issues is not trusted by Mozilla after 2025-11-30
      hint: remove it where no server of yours has a certificate of it
    info[distrust-after]: a root whose new certificates a programme distrusts: Beta Root (90783156)
      at /x.pem:10
      expected a store that can say from when on it distrusts, found what it issues is not trusted by Mozilla after 2026-11-30
      hint: nothing before that day
    1 warning, 1 info
    facts: 1 table, the oldest of 2025-12-01 (31 days old); castore checks removed-upstream lists them
    exit: 1
    ");
    // Of a root that was removed the removal is told.
    let tables = [("m", program("mozilla", "Mozilla", "program", &[(&alpha, "server=1..1", "server=2025-11-30")]))];
    let tree = with_tables(Tree::new().file("x.pem", alpha.pem()), &tables);
    is_clean(check(&tree, &["--only", "distrust-after", "/x.pem"]));
}

#[test]
fn a_blocked_key_is_found_in_every_certificate_of_it() {
    let top = root("Top").key(9).make();
    let (one, cross) = (root("Blocked").key(7).make(), intermediate("Blocked").key(7).issued_by(&top));
    let key = castore::facts::key(&x509::read(one.der().into())).expect("a key");
    let named = root("Named").key(8).make();
    let rows =
        format!("key\t{key}\twebpki\twebpki 1.2\tBLOCKED G3\ncertificate\t{}\tjdk\tjdk 25\t-\n", named.fingerprint());
    let tree = Tree::new().file("x.pem", bundle(&[one, cross, named, top]));
    let tree = with_tables(tree, &[("b", list("blocked", &rows))]);
    assert_snapshot!(check(&tree, &["--only", "blocked-key", "/x.pem"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --facts @ROOT@/facts --only blocked-key /x.pem
    error[blocked-key]: a key that verifiers block: 3 certificates in 1 store
      expected a key that no verifier blocks, found
      - Blocked (27785468): its key is blocked by webpki 1.2 (BLOCKED G3)
      - Blocked (3cc56f5d): its key is blocked by webpki 1.2 (BLOCKED G3)
      - Named (65cf17c7): it is blocked by jdk of jdk 25
      in /x.pem (3)
      hint: remove it here
    3 errors; --explain names every place
    facts: 1 table, the oldest of 2025-12-01 (31 days old); castore checks removed-upstream lists them
    exit: 1
    ");
    is_clean(only(&tree, "blocked-key", "/x.pem"));
}

#[test]
fn interceptors_are_named_and_a_name_is_a_hint() {
    let (leaked, product) =
        (root("Evil").key(7).make(), root("Inspector Root 7").organization("Inspector Inc.").make());
    let rows = format!(
        "certificate\t{}\tleaked\tEvilware\tits key is public\thttps://e.example/\n\
         name\tCN=Inspector*\tinspection\tInspector\tinspects connections\thttps://i.example/\n",
        leaked.fingerprint()
    );
    let tree = Tree::new().file("x.pem", roots()[0].pem() + &bundle(&[leaked, product]));
    let tree = with_tables(tree, &[("i", list("interceptors", &rows))]);
    assert_snapshot!(check(&tree, &["--only", "interception-root", "/x.pem"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --facts @ROOT@/facts --only interception-root /x.pem
    error[interception-root]: a root that intercepts TLS: Evil (b562f155)
      at /x.pem:10
      expected no root that reads connections unless its owner is known, found Evilware: its key is public (see https://e.example/)
      hint: remove it, and what installed it
    warning[interception-root]: a root that intercepts TLS: Inspector Root 7 (494d1597)
      at /x.pem:19
      expected no root that reads connections unless its owner is known, found Inspector: inspects connections, by its name (CN=Inspector*), which anybody can give a certificate (see https://i.example/)
      hint: keep it only where whoever owns this machine put it there; else remove it, and what installed it
    1 error, 1 warning
    facts: 1 table, the oldest of 2025-12-01 (31 days old); castore checks removed-upstream lists them
    exit: 1
    ");
    // The names that are built in.
    let own = Tree::new().file("x.pem", root("mitmproxy").organization("mitmproxy").make().pem());
    let found = only(&own, "interception-root", "/x.pem").exits(1).stdout();
    assert!(found.contains("mitmproxy: a proxy for debugging, by its name (CN=mitmproxy)"), "{found}");
    is_clean(only(&Tree::new().file("x.pem", bundle(&roots())), "interception-root", "/x.pem"));
}

#[test]
fn a_local_root_is_listed_once_with_who_trusts_it() {
    let [alpha, beta, corp] = roots();
    let tree = known(with_environment(with_programs(debian())), &[alpha, beta]);
    assert_snapshot!(check(&tree, &["--only", "no-program"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --facts @ROOT@/facts --only no-program
    info[no-program]: a local root: Corp Root (892f1c6d)
      at /etc/ssl/certs/ca-certificates.crt:19  (used by boringssl, certifi, curl, go and 7 more)
      expected a root of a public programme, or one whose owner is known, found a root that is in none (Mozilla), in 2 stores
      hint: know whose it is; remove it where nobody does
    1 info
    facts: 1 table, the oldest of 2025-12-01 (31 days old); castore checks removed-upstream lists them
    exit: 1
    ");
    let tree = known(tree, &roots());
    is_clean(check(&tree, &["--only", "no-program"]));
    // A file that no client uses is no matter of trust.
    is_clean(check(&known(Tree::new().file("x.pem", corp.pem()), &[]), &["--only", "no-program", "/x.pem"]));
}

#[test]
fn old_tables_are_told() {
    let tree = known(debian(), &roots());
    let facts = tree.path().join("facts");
    let facts = facts.to_str().expect("a name");
    let later = ["check", "--only", "old-facts", "--at", "2026-07-01", "--facts", facts];
    assert_snapshot!(Castore::at(&tree).run(later), @r"
    $ castore check --root @ROOT@ --only old-facts --at 2026-07-01 --facts @ROOT@/facts
    info[old-facts]: castore's facts are old
      expected tables of the last 180 days, found mozilla, the oldest made 212 days ago
      hint: update castore, or name newer tables with --facts
    1 info
    facts: 1 table, the oldest of 2025-12-01 (212 days old); castore checks removed-upstream lists them
    exit: 1
    ");
    is_clean(check(&tree, &["--only", "old-facts"]));
}

#[test]
fn a_table_that_is_not_sound_is_trouble() {
    let run = |tree: Tree| {
        let facts = tree.path().join("facts");
        Castore::at(&tree).run(["check", "--facts", facts.to_str().expect("a name")])
    };
    assert_snapshot!(run(Tree::new().file("facts/x.tsv", "# castore-facts: 1\nroot\t1\n")), @r"
    $ castore check --root @ROOT@ --facts @ROOT@/facts
    stderr: castore: error: --facts: @ROOT@/facts/x.tsv:1: expected `# kind: …` in the header, found none
    stderr: hint: name a directory of tables in the form of data/facts
    exit: 2
    ");
    assert_snapshot!(run(Tree::new().file("facts/x.txt", "")), @r"
    $ castore check --root @ROOT@ --facts @ROOT@/facts
    stderr: castore: error: --facts: @ROOT@/facts/*.tsv:1: expected at least one file of facts, found none
    stderr: hint: name a directory of tables in the form of data/facts
    exit: 2
    ");
    assert_snapshot!(run(Tree::new().file("facts/x.tsv", [0xff, 0xfe])), @r"
    $ castore check --root @ROOT@ --facts @ROOT@/facts
    stderr: castore: error: --facts: @ROOT@/facts/x.tsv: expected UTF-8, found other bytes
    stderr: hint: name a directory of tables in the form of data/facts
    exit: 2
    ");
    assert_snapshot!(run(Tree::new()), @r"
    $ castore check --root @ROOT@ --facts @ROOT@/facts
    stderr: castore: error: --facts: @ROOT@/facts: nothing is there
    stderr: hint: name a directory of tables in the form of data/facts
    exit: 2
    ");
}

#[test]
fn show_tells_what_is_known() {
    let [alpha, ..] = roots();
    let tables = [
        ("m", program("mozilla", "Mozilla", "program", &[(&alpha, "server=1..1 email=1..", "server=2025-11-30")])),
        ("r", list("reasons", &format!("removed\t{}\t-\tit lost its key\thttps://x.example/\n", alpha.fingerprint()))),
    ];
    let tree = with_tables(Tree::new().file("x.pem", bundle(&roots())), &tables);
    let facts = tree.path().join("facts");
    let run = |name: &str| {
        let facts = facts.to_str().expect("a name");
        Castore::at(&tree).with(["--at", NOW]).run(["show", "/x.pem", "--facts", facts, "--format", name])
    };
    let text = run("text").exits(0).stdout();
    let known: Vec<&str> = text.lines().skip_while(|line| *line != "  known:").take(4).collect();
    assert_eq!(
        known,
        [
            "  known:",
            "    Mozilla: removed for TLS servers: last in 1, gone in 2 (2025-06-01); in for e-mail; what it issues after \
             2025-11-30 is not trusted",
            "    removed because of this: it lost its key (https://x.example/)",
            "    (tables of 2025-12-01, 31 days old)",
        ],
        "{text}"
    );
    let json = run("json").exits(0).json();
    let first = &json["certificates"].as_array().expect("certificates")[0];
    assert!(
        json["certificates"].as_array().expect("certificates").iter().any(|one| {
            one["known"]["programs"][0]["servers"] == "removed" && one["known"]["programs"][0]["gone"] == "2"
        }),
        "{first:#}"
    );
}

#[test]
fn checks_tell_the_tables_and_their_ages() {
    let said = Castore::here().run(["checks", "removed-upstream"]).exits(0).stdout();
    for table in ["certifi", "debian", "jdk", "microsoft", "mozilla", "blocked", "interceptors", "reasons"] {
        let line =
            said.lines().find(|line| line.trim_start().starts_with(table)).unwrap_or_else(|| panic!("{table}: {said}"));
        assert!(line.contains(" days old)") || line.contains("(1 day old)"), "{line}");
    }
    assert!(!Castore::here().run(["checks", "expired"]).stdout().contains("days old"));
}

/// Mozilla's set is known by fingerprints: what is here is compared and exported, what is not is named.
#[test]
fn the_selector_mozilla() {
    let [alpha, beta, corp] = roots();
    let gone = root("Gone Root").key(6).make();
    let tables = [(
        "m",
        program(
            "mozilla",
            "Mozilla",
            "program",
            &[(&alpha, "server=1..", "server=2025-11-30"), (&gone, "server=2..", "-"), (&beta, "server=1..2", "-")],
        ),
    )];
    let tree = with_tables(debian().file("x.pem", bundle(&[alpha, corp])), &tables);
    let facts = tree.path().join("facts");
    let run = |arguments: &[&str]| {
        let facts = ["--facts", facts.to_str().expect("a name")];
        Castore::at(&tree).with(["--at", NOW]).run(arguments.iter().chain(&facts))
    };
    assert_snapshot!(run(&["diff", "mozilla", "/x.pem"]), @r"
    $ castore diff --root @ROOT@ --at 2026-01-01T00:00:00Z mozilla /x.pem --facts @ROOT@/facts
    A  2 certificates
       mozilla (3 of 2025-07-01)
    B  2 certificates, +1 -1
       /x.pem

       SHA-256   EXPIRES     NAME             WHERE
    -  60a0c50f  -           Root of Mozilla  mozilla
    +  892f1c6d  2040-01-01  Corp Root        /x.pem:10
    exit: 1
    ");
    // Those that no store here holds count as well.
    let same = run(&["diff", "mozilla", "mozilla"]).exits(0);
    assert!(
        same.stdout().starts_with("A  2 certificates\n")
            && same.stdout().ends_with("the same 2 certificates in both\n"),
        "{same}"
    );
    assert_snapshot!(run(&["export", "--from", "mozilla", "--out", "-", "--no-comments"]), @r"
    $ castore export --root @ROOT@ --at 2026-01-01T00:00:00Z --from mozilla --out - --no-comments --facts @ROOT@/facts
    -----BEGIN CERTIFICATE-----
    MIIBRTCB+KADAgECAghUTGASk7S9ejAFBgMrZXAwJzETMBEGA1UEAwwKQWxwaGEg
    Um9vdDEQMA4GA1UECgwHRXhhbXBsZTAeFw0yMDAxMDEwMDAwMDBaFw00MDAxMDEw
    MDAwMDBaMCcxEzARBgNVBAMMCkFscGhhIFJvb3QxEDAOBgNVBAoMB0V4YW1wbGUw
    KjAFBgMrZXADIQCKiOPddAnxlf1S2y08ul1yymcJvx2UEhvzdIgBtA9vXKNCMEAw
    DgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBT9EQ0wHS8HfeFBS4+Z9EGxQD+rIDAP
    BgNVHRMBAf8EBTADAQH/MAUGAytlcANBAMIqbGLEwojbPbxE5Bx+QHIA+XEU8YLL
    +9HcL07UVk1ndnhEokcf8AXkITIHJmbY7sxOPQE7KVWlyHuHROEjcgc=
    -----END CERTIFICATE-----
    stderr: castore: limits are lost Alpha Root (5cc62d47): trusted for serverAuth; not if issued after 2025-11-30 for serverAuth
    stderr: castore: purposes are lost: pem cannot say which purposes one certificate is limited to
    stderr: castore: not on this host Root of Mozilla (60a0c50f): no store here holds it
    stderr: castore: wrote 1 certificate to standard output
    exit: 0
    ");
    let removed = run(&["export", "--from", "system", "--out", "-", "--no-comments", "--no-removed-upstream"]).exits(0);
    assert_snapshot!(removed.stderr(), @r"
    castore: left out Beta Root (90783156): removed by Mozilla in 3 (2025-07-01)  /etc/ssl/certs/ca-certificates.crt
    castore: wrote 2 certificates to standard output
    ");
    // With a table of the very set it is the same.
    let same = known(Tree::new().file("x.pem", bundle(&roots())), &roots());
    let facts = same.path().join("facts");
    let output = Castore::at(&same).run(["diff", "mozilla", "/x.pem", "--facts", facts.to_str().expect("a name")]);
    assert!(output.exits(0).stdout().contains("the same 3 certificates in both"));
    for command in ["list", "which", "check", "scan"] {
        let output = Castore::at(&tree).run([command, "mozilla"]).exits(2);
        assert!(!output.stderr().is_empty(), "{command}");
    }
    assert_snapshot!(Castore::at(&tree).run(["list", "mozilla"]), @r"
    $ castore list --root @ROOT@ mozilla
    stderr: castore: error: mozilla is no store of this host
    stderr: hint: castore diff --root @ROOT@ compares with it, and castore export --root @ROOT@ takes from it
    exit: 2
    ");
}
