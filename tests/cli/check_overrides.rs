//! What `castore check` says of variables and settings: each check with what it finds and leaves alone.

use crate::certificates::root;
use crate::check::is_clean;
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, debian, hash_name, roots, with_environment, with_programs};
use insta::assert_snapshot;

fn tree() -> Tree {
    with_environment(with_programs(debian()))
        .file("extra.pem", root("Extra Root").make().pem())
        .file("all.pem", bundle(&roots()) + &root("Extra Root").make().pem())
}

fn check(tree: &Tree, id: &str, arguments: &[&str]) -> Output {
    Castore::at(tree).run(["check", "--only", id].iter().chain(arguments))
}

/// A version that verifies nothing by itself was set by nobody, and its text is not to be edited.
#[test]
fn verification_that_was_never_on() {
    let tree = debian()
        .file("usr/bin/perl", "")
        .file("usr/share/perl/5.36/HTTP/Tiny.pm", "our $VERSION = '0.080';\n0, # no verification by default\n");
    assert_snapshot!(check(&tree, "verification-disabled", &["perl-http-tiny"]), @r"
    $ castore check --root @ROOT@ --only verification-disabled perl-http-tiny
    warning[verification-disabled]: verification is turned off
      at /usr/share/perl/5.36/HTTP/Tiny.pm  (used by perl-http-tiny:/usr/share/perl/5.36/HTTP/Tiny.pm)
      expected certificates that are verified, found verify_SSL in /usr/share/perl/5.36/HTTP/Tiny.pm:2: this version verifies nothing unless a program asks for it
      hint: update Perl's HTTP::Tiny; until then have each program that uses it ask for verification
    1 warning
    exit: 1
    ");
}

#[test]
fn verification_that_is_off() {
    let tree = tree()
        .file("usr/bin/git", crate::roots::elf(&[], ""))
        .file("home/u/.curlrc", "# no\ninsecure\n")
        .file("etc/gitconfig", "[http]\n\tsslVerify = false\n");
    assert_snapshot!(check(&tree, "verification-disabled", &["curl", "--env", "HOME=/home/u"]), @r"
    $ castore check --root @ROOT@ --only verification-disabled curl --env HOME=/home/u
    error[verification-disabled]: verification is turned off
      at /home/u/.curlrc  (used by curl:/usr/bin/curl)
      expected certificates that are verified, found insecure in /home/u/.curlrc:2 turns verification off
      hint: remove insecure in /home/u/.curlrc:2, and add the root that is missing where castore which --root @ROOT@ --env 'HOME=/home/u' curl says
    1 error
    exit: 1
    ");
    assert_snapshot!(check(&tree, "verification-disabled", &["git", "--env", "GIT_SSL_NO_VERIFY="]), @r"
    $ castore check --root @ROOT@ --only verification-disabled git --env GIT_SSL_NO_VERIFY=
    error[verification-disabled]: verification is turned off
      concerns git:/usr/bin/git
      expected certificates that are verified, found $GIT_SSL_NO_VERIFY turns verification off
      hint: remove $GIT_SSL_NO_VERIFY, and add the root that is missing where castore which --root @ROOT@ git says
    error[verification-disabled]: verification is turned off
      at /etc/gitconfig  (used by git:/usr/bin/git)
      expected certificates that are verified, found http.sslVerify in /etc/gitconfig:2 turns verification off
      hint: remove http.sslVerify in /etc/gitconfig:2, and add the root that is missing where castore which --root @ROOT@ git says
    2 errors
    exit: 1
    ");
    is_clean(check(&tree, "verification-disabled", &["requests"]));
}

#[test]
fn a_directory_that_was_never_hashed() {
    let tree = tree()
        .file("plain/extra.pem", root("Extra Root").make().pem())
        .file(format!("hashed/{}", hash_name(&root("Extra Root").make(), 0)), root("Extra Root").make().pem());
    let at = |directory: &str| check(&tree, "override-unhashed", &["python:/opt/venv", "--env", directory]);
    assert_snapshot!(at("SSL_CERT_DIR=/plain"), @r"
    $ castore check --root @ROOT@ --only override-unhashed python:/opt/venv --env SSL_CERT_DIR=/plain
    error[override-unhashed]: an override names a directory that was never hashed
      at /plain  (used by python:/opt/venv/bin/python)
      expected names such as 5ed36f99.0 in the directory that $SSL_CERT_DIR names, found one certificate under another name, which the client never finds
      hint: run chroot @ROOT@ openssl rehash /plain, or name a file instead
    1 error
    exit: 1
    ");
    is_clean(at("SSL_CERT_DIR=/hashed"));
    // Go reads every file.
    is_clean(check(&tree, "override-unhashed", &["go", "--env", "SSL_CERT_DIR=/plain"]));
}

#[test]
fn a_bundle_in_the_place_of_all_roots() {
    let many: Vec<_> = (0..25).map(|number| root(&format!("Root {number}")).make()).collect();
    let tree = tree().file("opt/venv/lib/python3.11/site-packages/certifi/cacert.pem", bundle(&many));
    let at = |variable: &str| check(&tree, "override-narrow", &["requests", "--env", variable]);
    assert_snapshot!(at("REQUESTS_CA_BUNDLE=/extra.pem"), @r"
    $ castore check --root @ROOT@ --only override-narrow requests --env REQUESTS_CA_BUNDLE=/extra.pem
    warning[override-narrow]: an override replaces the public roots with a few certificates
      at /extra.pem  (used by requests:/opt/venv/lib/python3.11/site-packages/requests)
      expected the 25 roots that the client would use, and what $REQUESTS_CA_BUNDLE adds, found 1 in all: $REQUESTS_CA_BUNDLE replaces them
      hint: write one bundle of both with castore export --root @ROOT@ --env 'REQUESTS_CA_BUNDLE=/extra.pem' --from system --from FILE --out BUNDLE, and name that
    1 warning
    exit: 1
    ");
    is_clean(at("REQUESTS_CA_BUNDLE=/all.pem"));
    is_clean(at("SSL_CERT_FILE=/extra.pem"));
}

#[test]
fn overrides_that_contradict() {
    let tree = tree();
    let at = |first: &str, second: &str| {
        check(&tree, "override-contradicts", &["requests", "--env", first, "--env", second])
    };
    assert_snapshot!(at("REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt", "CURL_CA_BUNDLE=/extra.pem"), @r"
    $ castore check --root @ROOT@ --only override-contradicts requests --env REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt --env CURL_CA_BUNDLE=/extra.pem
    warning[override-contradicts]: two overrides contradict each other
      at /extra.pem  (used by requests:/opt/venv/lib/python3.11/site-packages/requests)
      expected what $CURL_CA_BUNDLE names, as $REQUESTS_CA_BUNDLE, found $REQUESTS_CA_BUNDLE counts, and lacks 1 of the certificates that $CURL_CA_BUNDLE names
      hint: keep one of the two, or let $REQUESTS_CA_BUNDLE name a bundle of both
    1 warning
    exit: 1
    ");
    is_clean(at("REQUESTS_CA_BUNDLE=/all.pem", "CURL_CA_BUNDLE=/extra.pem"));
    is_clean(at("REQUESTS_CA_BUNDLE=/all.pem", "PIP_CERT=/extra.pem"));
}

#[test]
fn a_variable_that_others_do_not_read() {
    let tree = tree();
    assert_snapshot!(check(&tree, "override-ignored", &["--env", "SSL_CERT_FILE=/all.pem"]), @r"
    $ castore check --root @ROOT@ --only override-ignored --env SSL_CERT_FILE=/all.pem
    warning[override-ignored]: a variable adds a certificate that other clients do not see: Extra Root (038f8c9b)
      at /all.pem  (used by boringssl, curl, go, openssl and 3 more)
      expected a certificate that $SSL_CERT_FILE adds, in every client, found none in libcurl, certifi (2), requests, which do not read it
      hint: set $REQUESTS_CA_BUNDLE for requests; add it to the stores of libcurl, certifi
    1 warning
    exit: 1
    ");
    // One that names what is trusted anyway adds nothing.
    is_clean(check(&tree, "override-ignored", &["--env", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"]));
    let tree = tree.file("home/u/.curlrc", "cacert = /etc/ssl/certs/ca-certificates.crt\n");
    let output =
        check(&tree, "override-ignored", &["curl", "--env", "HOME=/home/u", "--env", "CURL_CA_BUNDLE=/extra.pem"]);
    assert_snapshot!(output, @r"
    $ castore check --root @ROOT@ --only override-ignored curl --env HOME=/home/u --env CURL_CA_BUNDLE=/extra.pem
    warning[override-ignored]: a variable adds a certificate that other clients do not see
      concerns curl:/usr/bin/curl
      expected that $CURL_CA_BUNDLE counts, found not looked at, because a curlrc names a file or a directory
      hint: leave $CURL_CA_BUNDLE, which other clients heed, and add what it names to what counts here
    1 warning
    exit: 1
    ");
}

/// What the variable names is read all the same, or is missed; a variable that others heed is not to be removed.
#[test]
fn a_variable_that_is_passed_over() {
    let system = "/etc/ssl/certs/ca-certificates.crt";
    let at = |curlrc: &str, variable: &str| {
        let tree = tree().file("home/u/.curlrc", format!("cacert = {curlrc}\n"));
        check(&tree, "override-ignored", &["curl", "--env", "HOME=/home/u", "--env", variable])
    };
    is_clean(at(system, &format!("CURL_CA_BUNDLE={system}")));
    is_clean(at("/all.pem", "CURL_CA_BUNDLE=/extra.pem"));
    assert_snapshot!(at(system, "SSL_CERT_FILE=/extra.pem"), @r"
    $ castore check --root @ROOT@ --only override-ignored curl --env HOME=/home/u --env SSL_CERT_FILE=/extra.pem
    warning[override-ignored]: a variable adds a certificate that other clients do not see
      concerns curl:/usr/bin/curl
      expected that $SSL_CERT_FILE counts, found not looked at, because a curlrc names a file or a directory
      hint: leave $SSL_CERT_FILE, which other clients heed, and add what it names to what counts here
    1 warning
    exit: 1
    ");
    // Nothing is there to compare.
    assert_snapshot!(at(system, "CURL_CA_BUNDLE=/gone.pem"), @r"
    $ castore check --root @ROOT@ --only override-ignored curl --env HOME=/home/u --env CURL_CA_BUNDLE=/gone.pem
    warning[override-ignored]: a variable adds a certificate that other clients do not see
      concerns curl:/usr/bin/curl
      expected that $CURL_CA_BUNDLE counts, found not looked at, because a curlrc names a file or a directory
      hint: correct $CURL_CA_BUNDLE, or remove it
    1 warning
    exit: 1
    ");
}

/// Without a place it is the client that tells what a finding is about, in every format that people read.
#[test]
fn a_finding_without_a_place_names_its_clients() {
    let tree = tree().file("home/u/.curlrc", "cacert = /etc/ssl/certs/ca-certificates.crt\n");
    for format in ["markdown", "html", "junit", "sarif", "nagios"] {
        let arguments = ["curl", "--env", "HOME=/home/u", "--env", "CURL_CA_BUNDLE=/extra.pem", "--format", format];
        let told = check(&tree, "override-ignored", &arguments).stdout();
        let named = told.contains("oncerns curl:/usr/bin/curl") || told.contains("oncerns `curl:/usr/bin/curl`");
        assert!(named || told.contains("[override-ignored]: curl:/usr/bin/curl: found"), "{format}: {told}");
    }
}

#[test]
fn verification_that_is_off_for_some_hosts() {
    let tree = tree()
        .directory("opt/venv/lib/python3.11/site-packages/pip-24.0.dist-info")
        .file("opt/venv/lib/python3.11/site-packages/pip/__init__.py", "")
        .file("opt/venv/lib/python3.11/site-packages/pip/_vendor/certifi/cacert.pem", bundle(&roots()))
        .file("etc/pip.conf", "[global]\ntrusted-host =\n    one.example\n    two.example\n");
    assert_snapshot!(check(&tree, "verification-disabled", &["pip"]), @r"
    $ castore check --root @ROOT@ --only verification-disabled pip
    error[verification-disabled]: verification is turned off
      at /etc/pip.conf  (used by pip:/opt/venv/lib/python3.11/site-packages/pip)
      expected certificates that are verified, found trusted-host in /etc/pip.conf:2 turns verification off for one.example, two.example
      hint: remove trusted-host in /etc/pip.conf:2, and add the root that is missing where castore which --root @ROOT@ pip says
    1 error
    exit: 1
    ");
}
