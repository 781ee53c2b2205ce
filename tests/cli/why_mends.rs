//! What `castore why` tells to do: that it mends, and what else it changes.

use crate::certificates::{Certificate, NOW, intermediate, leaf, root};
use crate::harness::{Castore, Tree};
use crate::roots::{bundle, corporate, debian, elf, machine, roots, with_programs};
use castore::format::jks;
use castore::model::Password;
use serde_json::Value;

/// What one client is told of a chain: its cause, and what each mend says and runs.
fn told(tree: &Tree, chain: &[&Certificate], more: &[&str]) -> (String, Vec<String>) {
    let chain: String = chain.iter().map(|certificate| certificate.pem()).collect();
    let arguments = ["why", "-", "--name", "intranet.example", "--at", NOW, "--format", "json"];
    let report = Castore::at(tree).input(chain).run([&arguments[..], more].concat()).json();
    let client = &report["clients"][0];
    let each = |remedy: &Value| {
        let parts = std::iter::once(&remedy["says"]).chain(remedy["commands"].as_array().into_iter().flatten());
        let text: Vec<_> = parts.map(|part| part.as_str().unwrap_or_default().to_owned()).collect();
        text.join(" $ ")
    };
    let mut mends = Vec::new();
    for remedy in client["remedies"].as_array().into_iter().flatten() {
        let then = remedy["then"].as_array().into_iter().flatten().map(each);
        mends.push(std::iter::once(each(remedy)).chain(then).collect::<Vec<_>>().join(" THEN "));
    }
    (format!("{}: {}", client["cause"]["id"], client["cause"]["says"]).replace('"', ""), mends)
}

/// As when DST Root CA X3 had expired: the path that is sent leads past the root that the client could have.
#[test]
fn a_cross_signed_root_that_has_expired() {
    let old = root("Old Root").key(9).dates((2010, 1, 1), (2025, 6, 1)).make();
    let [.., corp] = roots();
    let cross = root("Corp Root").key(5).dates((2015, 1, 1), (2025, 6, 1)).issued_by(&old);
    let (between, server) = corporate();
    let requests = ["--client", "requests", "--env", "PATH=/usr/bin:/opt/venv/bin"];
    for chain in [&[&server, &between, &cross][..], &[&server, &between, &cross, &old]] {
        let (cause, mends) = told(&machine(), chain, &requests);
        assert!(cause.starts_with("private-root: the client's stores lack the root Corp Root"), "{cause}");
        assert!(
            mends[0].starts_with(&format!("write a bundle with Corp Root ({})", &corp.fingerprint()[..8])),
            "{mends:?}"
        );
        assert!(mends[1].starts_with("set REQUESTS_CA_BUNDLE to /etc/ssl/certs/ca-certificates.crt"), "{mends:?}");
        assert!(!mends.concat().contains("Old Root"), "{mends:?}");
    }
    // The client has the root that has expired.
    let site = "opt/venv/lib/python3.11/site-packages/certifi/cacert.pem";
    let tree = machine().file(site, bundle(&roots()[..2]) + &old.pem());
    let (_, mends) = told(&tree, &[&server, &between, &cross], &requests);
    assert!(mends[0].starts_with("write a bundle with Corp Root"), "{mends:?}");
    // Nobody has the root: what nobody has is told with what would still be wrong.
    let tree = machine().file("etc/ssl/certs/ca-certificates.crt", bundle(&roots()[..2]));
    let alone = told(
        &tree,
        &[&server, &between, &cross],
        &["--client", "curl", "--store", "/etc/ssl/certs/ca-certificates.crt"],
    );
    assert!(
        alone.1.iter().all(|mend| !mend.starts_with("get ") || mend.contains(" THEN renew Corp Root")),
        "{alone:?}"
    );
}

/// A variable names one file: what it named stays in it.
#[test]
fn what_a_variable_named_is_kept() {
    let (between, server) = corporate();
    let [alpha, _, corp] = roots();
    let other = root("Other Root").key(7).make();
    let pinned = leaf("pinned.example").make();
    let text = format!("\0node.js/v20.20.2\0OpenSSL 3.0.16+quic 11 Feb 2025\0{}\0", alpha.pem());
    let tree = || debian().file("usr/bin/node", elf(&[], &text)).file("srv/other.pem", other.pem() + &pinned.pem());
    let clients = ["--client", "node", "--env", "PATH=/usr/bin"];
    let (_, mends) = told(&tree(), &[&server, &between], &clients);
    let name = format!("castore-{}.pem", &corp.fingerprint()[..8]);
    assert!(mends[0].contains(&format!("by NODE_EXTRA_CA_CERTS=/{name}")), "{mends:?}");
    let set = [&clients[..], &["--env", "NODE_EXTRA_CA_CERTS=/srv/other.pem"]].concat();
    let (_, mends) = told(&tree(), &[&server, &between], &set);
    assert!(mends[0].contains("beside what NODE_EXTRA_CA_CERTS names, /srv/other.pem"), "{mends:?}");
    assert!(
        mends[0].contains("--include-not-ca") && mends[0].contains(&format!("--from /srv/other.pem --from /{name}")),
        "{mends:?}"
    );
    assert!(mends[1].contains("it then trusts Other Root ("), "{mends:?}");
    // An issuer that nobody has is added to it as well.
    let nobody = intermediate("Acme").issued_by(&root("Acme Root").key(8).make());
    let end = leaf("intranet.example").issued_by(&nobody);
    let (_, mends) = told(&tree(), &[&end, &nobody], &set);
    assert!(mends[0].contains("--from /srv/other.pem --from FILE --out "), "{mends:?}");
}

/// What another bundle has not is said where it comes in the place of the one that is read.
#[test]
fn what_is_given_up_for_another_bundle_is_said() {
    let (between, server) = corporate();
    let other = root("Other Root").key(7).make();
    let pinned = leaf("pinned.example").make();
    let tree = machine().file("etc/other.pem", other.pem() + &pinned.pem());
    let set =
        ["--client", "requests", "--env", "PATH=/usr/bin:/opt/venv/bin", "--env", "REQUESTS_CA_BUNDLE=/etc/other.pem"];
    let (_, mends) = told(&tree, &[&server, &between], &set);
    // What is no authority is among what is kept.
    assert!(mends[0].contains("castore export") && mends[0].contains("--include-not-ca"), "{mends:?}");
    let lost = format!(
        "; it then trusts Other Root ({}) and pinned.example ({}) no longer",
        &other.fingerprint()[..8],
        &pinned.fingerprint()[..8]
    );
    assert!(mends[1].contains(&lost), "{mends:?}");
}

/// keytool asks for a password that is not the one of Java's own stores; no password of settings is told.
#[test]
fn a_keystore_with_a_password_of_its_own() {
    let (between, server) = corporate();
    let [alpha, ..] = roots();
    let at = |password: &str, given: &str| {
        let store = jks::write([("alpha", alpha.der())], &Password::new(password));
        let tree = debian()
            .file(
                "usr/lib/jvm/x/lib/security/cacerts",
                jks::write([("alpha", alpha.der())], &Password::new("changeit")),
            )
            .file("usr/lib/jvm/x/release", "JAVA_VERSION=\"17.0.15\"\n")
            .file("o.jks", store);
        let options = format!("JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/o.jks{given}");
        told(&tree, &[&server, &between], &["--client", "java", "--env", &options]).1.remove(0)
    };
    let given = at("s3cret77", " -Djavax.net.ssl.trustStorePassword=s3cret77");
    assert!(
        given.starts_with("add Corp Root") && given.contains("by keytool -importcert, which asks for its password"),
        "{given}"
    );
    assert!(given.contains("keytool -importcert -noprompt -keystore ") && !given.contains("-storepass"), "{given}");
    assert!(!given.contains("s3cret77") && !given.contains("changeit"), "{given}");
    let known = at("changeit", "");
    assert!(known.contains(" -storepass changeit ") && !known.contains("asks"), "{known}");
}

/// GnuTLS tells a path length of the certificate that there is no room for: the one that limits is what is at fault.
#[test]
fn a_path_length_that_is_exceeded() {
    let [.., corp] = roots();
    let first = intermediate("First Issuing").key(6).issued_by(&corp);
    let second = intermediate("Second Issuing").key(8).issued_by(&first);
    let server = leaf("intranet.example").issued_by(&second);
    let tree = machine()
        .file("usr/lib/x86_64-linux-gnu/libgnutls.so.30", "\0/etc/ssl/certs/ca-certificates.crt\0")
        .file("usr/lib/jvm/x/lib/security/cacerts", jks::write([("corp", corp.der())], &Password::new("changeit")))
        .file("usr/lib/jvm/x/release", "JAVA_VERSION=\"17.0.15\"\n");
    for client in ["gnutls", "openssl", "java"] {
        let (cause, mends) = told(&tree, &[&server, &second, &first], &["--client", client]);
        assert!(cause.starts_with("not-an-issuer: First Issuing: more certificates follow it"), "{client} {cause}");
        let reissue = format!("issue First Issuing ({}) anew with a longer path length", &first.fingerprint()[..8]);
        assert!(mends.len() == 1 && mends[0].starts_with(&reissue), "{client} {mends:?}");
    }
}

/// The intermediate is an anchor, and the root of a client that wants one is with its owner.
#[test]
fn an_intermediate_alone_whose_root_nobody_has() {
    let between = intermediate("Acme Issuing").issued_by(&root("Acme Root").key(8).make());
    let server = leaf("intranet.example").issued_by(&between);
    let tree = machine().file("etc/ssl/certs/ca-certificates.crt", bundle(&roots()) + &between.pem());
    let (cause, mends) =
        told(&tree, &[&server, &between], &["--client", "openssl", "--store", "/etc/ssl/certs/ca-certificates.crt"]);
    assert!(cause.starts_with("intermediate-only"), "{cause}");
    assert!(mends[0].starts_with("get the certificate of CN=Acme Root, O=Example"), "{mends:?}");
}

/// A root that waits where the system looks for them needs the refresh alone.
#[test]
fn a_root_that_was_not_taken_up() {
    let (between, server) = corporate();
    let [.., corp] = roots();
    let late = Tree::new()
        .file("etc/ssl/certs/ca-certificates.crt", bundle(&roots()[..2]))
        .file("usr/local/share/ca-certificates/corp.crt", corp.pem());
    let late = with_programs(late);
    let (cause, mends) = told(&late, &[&server, &between], &["--client", "curl"]);
    assert!(cause.contains("/usr/local/share/ca-certificates has"), "{cause}");
    assert!(mends[0].starts_with("run chroot "), "{mends:?}");
    assert!(
        mends[0].contains("update-ca-certificates; Corp Root (892f1c6d) is in /usr/local/share/ca-certificates"),
        "{mends:?}"
    );
    assert!(mends[0].ends_with(" update-ca-certificates") && !mends[0].contains("cp "), "{mends:?}");
}

/// What is read once variables are gone is what was not read before.
#[test]
fn a_variable_that_hides_the_directory() {
    let (between, server) = corporate();
    let tree = machine().file("etc/other.pem", root("Other Root").key(7).make().pem());
    let set = ["--client", "python", "--env", "SSL_CERT_FILE=/etc/other.pem", "--env", "SSL_CERT_DIR=/nonexistent"];
    let (_, mends) = told(&tree, &[&server, &between], &set);
    assert!(
        mends.iter().any(|mend| mend == "unset SSL_CERT_DIR: the client then reads /usr/lib/ssl/certs"),
        "{mends:?}"
    );
}
