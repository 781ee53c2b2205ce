//! Programs of mail on hosts in memory, as the programs themselves did.

use crate::catalogue::survey::linked;
use crate::catalogue::survey::testing::{openssl, says};
use crate::host::memory::Memory;

const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
const LIBRARIES: &str = "/usr/lib/x86_64-linux-gnu";

fn host() -> Memory {
    let on_gnutls = ["msmtp", "mutt", "neomutt"].into_iter().fold(Memory::new(), |files, name| {
        files.file(format!("/usr/bin/{name}"), linked(0, &[(1, "libgnutls.so.30")]))
    });
    on_gnutls
        .file("/usr/bin/fetchmail", linked(0, &[(1, "libcrypto.so.3")]))
        .file("/usr/lib/postfix/sbin/smtp", linked(0, &[(1, "libpostfix-tls.so"), (29, "/usr/lib/postfix")]))
        .file("/usr/lib/postfix/libpostfix-tls.so", linked(0, &[(1, "libcrypto.so.3")]))
        .file(format!("{LIBRARIES}/libgnutls.so.30"), format!("\0{BUNDLE}\0"))
        .file(format!("{LIBRARIES}/libcrypto.so.3"), openssl("/usr/lib/ssl"))
        .file("/usr/lib/ssl/cert.pem", "")
        .file(BUNDLE, "")
        .file("/a.pem", "")
        .file("/b.pem", "")
        .file("/hashed/x", "")
        .file("/home/u/own.pem", "")
}

/// What is in effect for the one installation of a client.
fn of(client: &str, files: &Memory, environment: &[(&str, &str)]) -> String {
    let mut found = says(files, environment, client);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0).split_once(':').unwrap().1.trim().to_owned()
}

#[test]
fn msmtp_has_the_file_of_its_default_account() {
    let of = |path: &str, text: &str| of("msmtp", &host().file(path, text), &[("SSL_CERT_FILE", "/b.pem")]);
    assert_eq!(of("/x", ""), BUNDLE);
    let account = |options: &str| format!("defaults\ntls on\n{options}\naccount a\nhost a\naccount default : a\n");
    assert_eq!(of("/home/u/.msmtprc", &account("tls_trust_file ~/own.pem")), "/home/u/own.pem");
    assert_eq!(of("/home/u/.config/msmtp/config", &account("tls_trust_file /a.pem")), "/a.pem");
    assert_eq!(of("/etc/msmtprc", &account("tls_trust_file /a.pem")), "/a.pem");
    assert_eq!(of("/home/u/.msmtprc", &account("tls_trust_file system")), BUNDLE);
    assert_eq!(of("/home/u/.msmtprc", &account("tls_trust_file")), BUNDLE);
    assert_eq!(of("/home/u/.msmtprc", "account default\nhost x\ntls_trust_file\n"), "stops");
    assert_eq!(of("/home/u/.msmtprc", &account("tls_trust_file /gone")), "stops");
    assert_eq!(of("/home/u/.msmtprc", &account("tls_certcheck off")), format!("{BUNDLE} off"));
    assert_eq!(of("/home/u/.msmtprc", "account b\ntls_trust_file /a.pem\naccount default\nhost x\n"), BUNDLE);
}

#[test]
fn mutt_has_what_its_user_accepted_and_a_file_that_a_muttrc_names() {
    let debian =
        "set ssl_ca_certificates_file=\"/etc/ssl/certs/ca-certificates.crt\"\nsource /usr/lib/mutt/source-muttrc.d|\n";
    let of = |files: &Memory| of("mutt", files, &[("SSL_CERT_FILE", "/b.pem")]);
    assert_eq!(of(&host()), "");
    let files = host().file("/etc/Muttrc", debian);
    assert_eq!(of(&files), BUNDLE);
    let part = files.clone().file("/etc/Muttrc.d/x.rc", "set ssl_ca_certificates_file=/a.pem\n");
    assert_eq!(of(&part), "/a.pem");
    let files = files.file("/home/u/.mutt_certificates", "");
    assert_eq!(of(&files), format!("/home/u/.mutt_certificates {BUNDLE}"));
    let own = files.file("/home/u/.muttrc", "source ~/more\n").file("/home/u/more", "set certificate_file=~/own.pem\n");
    assert_eq!(of(&own), format!("/home/u/own.pem {BUNDLE}"));
    assert_eq!(of(&own.file("/home/u/more", "set ssl_ca_certificates_file=/gone\n")), "/home/u/.mutt_certificates");
}

#[test]
fn neomutt_has_files_of_its_own_name() {
    let files = host()
        .file("/etc/neomuttrc", "set ssl_ca_certificates_file=/a.pem\n")
        .file("/home/u/.muttrc", "set ssl_ca_certificates_file=/b.pem\n");
    assert_eq!(of("neomutt", &files, &[]), "/b.pem");
    let own = files.file("/home/u/.config/neomutt/neomuttrc", "set x=1\n");
    assert_eq!(of("neomutt", &own, &[]), "/a.pem");
}

#[test]
fn what_fetchmail_is_told_takes_the_place_of_the_default_paths() {
    let with = |text: &str, environment: &[(&str, &str)]| {
        of("fetchmail", &host().file("/home/u/.fetchmailrc", text), environment)
    };
    let (own, cert) = (("SSL_CERT_FILE", "/b.pem"), "/usr/lib/ssl/cert.pem");
    assert_eq!(with("poll x ssl\n", &[]), cert);
    assert_eq!(with("poll x ssl\n", &[own]), "/b.pem");
    assert_eq!(with("poll x ssl sslcertfile /a.pem\n", &[own]), "/a.pem");
    assert_eq!(with("poll x ssl sslcertpath /hashed\n", &[own]), "/hashed");
    let includes = ("FETCHMAIL_INCLUDE_DEFAULT_X509_CA_CERTS", "1");
    assert_eq!(with("poll x ssl sslcertfile /a.pem\n", &[own, includes]), "/a.pem /b.pem");
    assert_eq!(with("poll x ssl sslcertfile /gone\n", &[own]), "stops");
    assert_eq!(with("poll x ssl no sslcertck\n", &[]), format!("{cert} off"));
    // What differs from server to server is told of each.
    assert_eq!(with("poll x ssl no sslcertck\npoll y ssl sslcertfile /a.pem\n", &[]), cert);
}

#[test]
fn postfix_verifies_where_its_level_says_so() {
    let with = |main: &str| of("postfix", &host().file("/etc/postfix/main.cf", main), &[("SSL_CERT_FILE", "/b.pem")]);
    assert_eq!(with("smtp_tls_CAfile = /a.pem\n"), "/a.pem off");
    assert_eq!(with("smtp_tls_security_level = encrypt\n"), "off");
    assert_eq!(with("smtp_tls_security_level = verify\n"), "");
    assert_eq!(with("d = /\nsmtp_tls_security_level=verify\nsmtp_tls_CAfile = ${d}a.pem\n"), "/a.pem");
    let both = "smtp_tls_security_level=secure\nsmtp_tls_CAfile=/a.pem\ntls_append_default_CA = yes\n";
    assert_eq!(with(both), "/a.pem /usr/lib/ssl/cert.pem");
    assert_eq!(with("smtp_tls_security_level=verify\nsmtp_tls_CAfile=/gone\n"), "stops");
    let jailed = host()
        .file("/etc/postfix/main.cf", "smtp_tls_security_level=verify\nsmtp_tls_CApath=/hashed\n")
        .file("/var/spool/postfix/hashed/x", "");
    assert_eq!(of("postfix", &jailed, &[]), "/hashed");
    let jailed =
        jailed.file("/etc/postfix/master.cf", "smtp      unix  -       -       y       -       -       smtp\n");
    assert_eq!(of("postfix", &jailed, &[]), "/var/spool/postfix/hashed");
    assert!(says(&host(), &[], "postfix").is_empty());
}

/// A user's file is read for root, too: what it costs is no product of what it holds.
#[test]
fn files_that_a_user_made_large_come_to_an_end() {
    let mutt = |files: &Memory| of("mutt", files, &[]);
    let loops = "source ~/.muttrc\n".repeat(30);
    let text = format!("set certificate_file=/b.pem\n{loops}set certificate_file=/a.pem\n");
    assert_eq!(mutt(&host().file("/home/u/.muttrc", text)), "/a.pem");
    let long = "x".repeat(100_000);
    let accounts: String = (0..20_000).map(|number| format!("account {number:x}\n")).collect();
    let text = format!("defaults\ntls_trust_file /{long}\n{accounts}account default\ntls_trust_file /a.pem\n");
    assert_eq!(of("msmtp", &host().file("/home/u/.msmtprc", text), &[]), "/a.pem");
    let polls = "poll a\n".repeat(20_000);
    let text = format!("defaults sslcertfile \"/{long}\"\n{polls}poll b sslcertfile /b.pem\n");
    let found = says(&host().file("/home/u/.fetchmailrc", text), &[], "fetchmail").concat();
    assert!(found.len() < 400_000, "{}", found.len());
}

/// Servers with one value of the defaults are told together.
#[test]
fn servers_of_fetchmail_that_share_a_value_are_told_once() {
    let text = "defaults sslcertfile /a.pem\npoll x\npoll y\npoll z sslcertfile /b.pem\n";
    let host = crate::host::memory::linux(host().file("/h/.fetchmailrc", text), &[]);
    let survey = super::Survey::new(&host, crate::catalogue::survey::Searched::default());
    let found = super::of_servers(&survey, |server| server.certificates.clone());
    let scope = |one: &super::Setting| match &one.source {
        super::Source::Scoped(_, line, hosts) => format!("{line} {hosts}"),
        other => format!("{other:?}"),
    };
    assert_eq!(found.iter().map(scope).collect::<Vec<_>>(), ["1 x, y", "4 z"]);
}
