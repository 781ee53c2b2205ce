//! wget and wget2, by the TLS library they are linked to.
//!
//! With GnuTLS the system's trust and `ca_certificate` are both used, a `ca_directory` replaces
//! the system's, and no variable names certificates. With OpenSSL the default paths hold.

use super::client::{Client, Edit, Installation, Leaf, Look, Roots, Rule, Setting, Source, Then};
use super::gnutls::SYSTEM_TRUST;
use super::openssl::{BY_FILE, DIRECTORIES, after_store, before_store, default_directory, with_store};
use super::survey::Survey;
use crate::policy;
use crate::settings::{Value, lines};
use std::ffi::OsStr;
use std::path::PathBuf;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[WGET, WGET2];

const WGETRC: &str = "https://www.gnu.org/software/wget/manual/html_node/Wgetrc-Commands.html";
const WGET_GNUTLS: &str = "https://gitlab.com/gnuwget/wget/-/blob/v1.21.3/src/gnutls.c";
const WGET_OPENSSL: &str = "https://gitlab.com/gnuwget/wget/-/blob/v1.21.3/src/openssl.c";
const WGET2_DOC: &str = "https://gitlab.com/gnuwget/wget2/-/blob/master/docs/wget2.md";
const WGET2_GNUTLS: &str = "https://gitlab.com/gnuwget/wget2/-/blob/v2.2.0/libwget/ssl_gnutls.c";
const WGET2_OPENSSL: &str = "https://gitlab.com/gnuwget/wget2/-/blob/v2.2.0/libwget/ssl_openssl.c";
/// `wget`: every wget on PATH.
const WGET: Client = Client::new(
    "wget",
    "wget",
    "The system's trust with ca_certificate of wgetrc beside it; ca_directory replaces the system's.",
    Rule::Each(
        |survey| survey.with_tls("wget"),
        &Rule::All(&[
            Leaf::refusal("wgetrc", refused).says(WGETRC),
            Leaf::refusal("crl_file", without_crls).given(&"gnutls").says(WGET_GNUTLS),
            Leaf::switch_setting("check_certificate", unchecked).says(WGETRC),
            // wget says that it cannot open it, and goes on.
            Leaf::setting("ca_certificate", |survey, i| wgetrc(survey, i, "ca_certificate"))
                .expands()
                .missing(Then::Bind)
                .says(WGETRC),
            Rule::First(&[
                Leaf::setting("ca_directory", |survey, i| wgetrc(survey, i, "ca_directory"))
                    .expands()
                    .look(Look::EveryFile)
                    .missing(Then::Bind)
                    .given(&"gnutls")
                    .says(WGETRC),
                SYSTEM_TRUST,
                // Where the system's trust is not there, or gives nothing, the directory of old is read whole.
                Leaf::path("/etc/ssl/certs")
                    .look(Look::EveryFile)
                    .given(&"gnutls-trust-file")
                    .if_empty()
                    .says(WGET_GNUTLS),
            ]),
            Leaf::setting("ca_directory", |survey, i| wgetrc(survey, i, "ca_directory"))
                .expands()
                .look(Look::HashLazy)
                .missing(Then::Bind)
                .given(&"openssl")
                .says(WGET_OPENSSL),
            OPENSSL_PATHS,
        ]),
    ),
)
.judged_by(&policy::wget::WGET)
.reads(&["WGETRC"])
.edit(Edit::SYSTEM)
.roots(Roots::Public);

/// `wget2`: every wget2 on PATH.
const WGET2: Client = Client::new(
    "wget2",
    "wget2",
    "The system's trust with ca-certificate of wget2rc beside it; ca-directory replaces the system's.",
    Rule::Each(
        |survey| survey.with_tls("wget2"),
        &Rule::All(&[
            Leaf::switch_setting("check-certificate", unchecked_2).says(WGET2_DOC),
            Leaf::setting("ca-certificate", |survey, i| wget2rc(survey, i, "ca-certificate"))
                .missing(Then::Bind)
                .says(WGET2_DOC),
            Rule::First(&[
                Leaf::setting("ca-directory", |survey, i| wget2rc(survey, i, "ca-directory"))
                    .look(Look::Extensions(&["pem"]))
                    .missing(Then::Bind)
                    .empty(Then::Bind)
                    .given(&"gnutls")
                    .says(WGET2_GNUTLS),
                Leaf::setting("ca-directory", |survey, i| wget2rc(survey, i, "ca-directory"))
                    .look(Look::Extensions(&["pem"]))
                    .missing(Then::Bind)
                    .empty(Then::Bind)
                    .given(&"openssl")
                    .says(WGET2_OPENSSL),
                SYSTEM_TRUST,
                OPENSSL_PATHS,
            ]),
        ]),
    ),
)
.judged_by(&policy::gnutls::WGET2)
.edit(Edit::SYSTEM);

/// `SSL_CTX_set_default_verify_paths`, where the program is linked to OpenSSL.
pub const OPENSSL_PATHS: Rule = Rule::All(&[
    Rule::First(&[
        Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).given(&"openssl").secure().says(BY_FILE),
        Leaf::path("{openssldir}/cert.pem").given(&"openssl").says(BY_FILE),
    ]),
    Rule::First(&[
        with_store(DIRECTORIES.given(&"openssl").secure()),
        before_store(DIRECTORIES.given(&"openssl").secure()),
        after_store(DIRECTORIES.given(&"openssl").secure()),
        default_directory(Leaf::path("{openssldir}/certs").given(&"openssl")),
    ]),
]);

/// `check_certificate`, where the value that counts is one of wget's words for no.
fn unchecked(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let counts = wgetrc(survey, installation, "check_certificate").into_iter().next();
    counts.filter(|setting| is_no(&setting.value, &["off", "no", "0", "quiet"])).into_iter().collect()
}

/// The same of wget2, whose words are more.
fn unchecked_2(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let counts = wget2rc(survey, installation, "check-certificate").into_iter().next();
    counts.filter(|setting| is_no(&setting.value, &["", "off", "no", "n", "0", "quiet"])).into_iter().collect()
}

fn is_no(value: &OsStr, words: &[&str]) -> bool {
    words.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// A setting of the user's wgetrc, else of the system's, which lies in the `etc` of wget's prefix
/// (`initialize`, src/init.c). In the values of files and directories `~/` is the home directory
/// (`setval_internal_tilde`, the same; seen with 1.21.3, not with wget2 1.99.1).
fn wgetrc(survey: &Survey<'_>, installation: &Installation, name: &str) -> Vec<Setting> {
    let mut found = settings(survey, wgetrcs(survey, installation).into_iter(), |text| lines::wgetrc(text, name));
    found.truncate(1);
    found
}

/// The files, the one that counts first.
fn wgetrcs(survey: &Survey<'_>, installation: &Installation) -> Vec<PathBuf> {
    let user = named(survey, "WGETRC").or_else(|| survey.in_home(".wgetrc"));
    let preset = named(survey, "SYSTEM_WGETRC").filter(|file| survey.host.is_file(file));
    let system = preset.unwrap_or_else(|| etc(installation).join("wgetrc"));
    user.into_iter().chain([system]).collect()
}

/// What wget ends with where `crl_file` names what is not there.
fn without_crls(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let gone = wgetrc(survey, installation, "crl_file").into_iter().next().and_then(|named| {
        let value = survey.host.expanded(named.value.as_ref()).into_os_string();
        survey.not_there(&Setting { value, ..named }, "wget ends with \"Failed to load CRL file\"")
    });
    gone.into_iter().collect()
}

/// What wget ends with in its files: a line that is no setting, and what is none of its words for `check_certificate`
/// (`run_wgetrc`, src/init.c; seen with 1.21.3). Which commands a version has is not known here.
fn refused(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let files = wgetrcs(survey, installation);
    let broken = settings(survey, files.iter().cloned(), |text| {
        let line = lines::wgetrc_refused(text)?;
        Some(Value { text: format!("wget ends with \"Syntax error\" at line {line}"), line })
    });
    let words = ["on", "off", "yes", "no", "1", "0", "quiet"];
    let invalid = settings(survey, files.into_iter(), |text| {
        let is_none = |value: &&Value| !words.iter().any(|word| value.text.eq_ignore_ascii_case(word));
        let value = lines::wgetrc_each(text, "check_certificate").iter().find(is_none)?.clone();
        Some(Value { text: format!("wget ends with \"check_certificate: Invalid '{}'\"", value.text), ..value })
    });
    broken.into_iter().chain(invalid).take(1).collect()
}

/// A setting of the user's wget2rc, then of the system's (`init`, src/options.c). `system`, the
/// default, is as if nothing was said.
fn wget2rc(survey: &Survey<'_>, installation: &Installation, name: &str) -> Vec<Setting> {
    let is_file = |file: &PathBuf| survey.host.is_file(file);
    // 1.99.1 looks at no directory of settings; one that does holds the variable's name.
    let looks = survey.holds_text(&installation.at, b"XDG_CONFIG_HOME");
    let config = survey.config_home().filter(|_| looks);
    let user = named(survey, "WGET2RC")
        .or_else(|| config.map(|directory| directory.join("wget/wget2rc")).filter(is_file))
        .or_else(|| survey.in_home(".wget2rc"));
    let system = named(survey, "SYSTEM_WGET2RC").unwrap_or_else(|| etc(installation).join("wget2rc"));
    let mut found = settings(survey, user.into_iter().chain([system]), |text| lines::wget2rc(text, name));
    found.truncate(1);
    found.retain(|setting| setting.value != "system");
    found
}

/// A variable that is set and not empty.
fn named(survey: &Survey<'_>, variable: &str) -> Option<PathBuf> {
    survey.set(variable)
}

/// The directory of settings of a program's prefix.
fn etc(installation: &Installation) -> PathBuf {
    match installation.at.parent().and_then(|directory| directory.parent()) {
        Some(prefix) if !["", "/", "/usr"].iter().any(|usual| prefix == *usual) => prefix.join("etc"),
        _ => PathBuf::from("/etc"),
    }
}

fn settings(
    survey: &Survey<'_>,
    files: impl Iterator<Item = PathBuf>,
    read: impl Fn(&str) -> Option<Value>,
) -> Vec<Setting> {
    let found = files.filter_map(|file| {
        let value = read(&survey.host.settings(&file)?)?;
        Some(Setting { value: value.text.into(), source: Source::File(file, value.line) })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::testing::says;
    use crate::catalogue::survey::{Searched, linked};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    fn values(
        files: &[(&str, &str)],
        environment: &[(&str, &str)],
        read: impl Fn(&Survey<'_>, &Installation) -> Vec<Setting>,
    ) -> Vec<String> {
        let files = files.iter().fold(Memory::new(), |files, (path, text)| files.file(*path, *text));
        let environment = environment.iter().chain(&[("HOME", "/home")]).map(|(k, v)| (k.into(), v.into())).collect();
        let host = Host::new(Box::new(files), System::Linux).with_environment(environment);
        let installation = Installation { at: "/opt/x/bin/wget".into(), ..Installation::default() };
        let found = read(&Survey::new(&host, Searched::default()), &installation);
        found.iter().map(|setting| setting.value.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_users_wgetrc_stands_before_the_systems() {
        let files = [
            ("/home/.wgetrc", "ca_certificate = /user.pem\n"),
            ("/opt/x/etc/wgetrc", "ca_certificate = /system.pem\n"),
            ("/etc/wgetrc", "ca_certificate = /other-prefix.pem\n"),
            ("/named", "ca_certificate = ~/named.pem\n"),
        ];
        let of = |environment: &[(&str, &str)]| values(&files, environment, |s, i| wgetrc(s, i, "ca_certificate"));
        assert_eq!(of(&[]), ["/user.pem"]);
        assert_eq!(of(&[("WGETRC", "/gone"), ("SYSTEM_WGETRC", "/gone")]), ["/system.pem"]);
        assert_eq!(of(&[("WGETRC", "/named")]), ["~/named.pem"]);
        assert_eq!(of(&[("SYSTEM_WGETRC", "/named")]), ["/user.pem"]);
    }

    /// As wget 1.21.3 does, and wget2 1.99.1.
    #[test]
    fn wget_knows_the_home_directory_and_wget2_does_not() {
        let of = |program: &str, text: &str| {
            let files = Memory::new()
                .file(format!("/usr/bin/{program}"), linked(0, &[(1, "libgnutls.so.30")]))
                .file("/usr/lib/x86_64-linux-gnu/libgnutls.so.30", "")
                .file(format!("/home/u/.{program}rc"), text)
                .file("/home/u/a.pem", "")
                .file("/home/u/d/a.pem", "");
            says(&files, &[], program).remove(0)
        };
        assert_eq!(of("wget", "ca_certificate = ~/a.pem\n"), "/usr/bin/wget: /home/u/a.pem");
        assert_eq!(of("wget", "ca_directory = ~/d\n"), "/usr/bin/wget: /home/u/d");
        assert_eq!(of("wget2", "ca_certificate = ~/a.pem\n").trim(), "/usr/bin/wget2:");
    }

    /// As wget 1.21.3 does.
    #[test]
    fn what_wget_cannot_read_ends_it() {
        let ends = |text: &str| !values(&[("/home/.wgetrc", text)], &[], refused).is_empty();
        for text in
            ["a b = c\n", "tries 3\n", "check_certificate = true\n", "check_certificate =\ncheck-certificate = on\n"]
        {
            assert!(ends(text), "{text}");
        }
        for text in ["", "# a\n\n  tries = 3\n", "check_certificate = QUIET\n", "tries=\n"] {
            assert!(!ends(text), "{text}");
        }
    }

    #[test]
    fn the_last_word_of_wget2rc_counts() {
        let files = [
            ("/home/.config/wget/wget2rc", "ca-directory = system\n"),
            ("/home/.wget2rc", "ca-directory = /old\n"),
            ("/opt/x/etc/wget2rc", "ca-directory = /system\nno-check-certificate\n"),
            ("/opt/x/bin/wget", "\0XDG_CONFIG_HOME\0"),
        ];
        // 1.99.1 has no such name in it.
        assert_eq!(values(&files[..3], &[], |s, i| wget2rc(s, i, "ca-directory")), ["/old"]);
        assert!(values(&files, &[], |s, i| wget2rc(s, i, "ca-directory")).is_empty());
        assert_eq!(values(&files[1..], &[], |s, i| wget2rc(s, i, "ca-directory")), ["/old"]);
        assert_eq!(values(&files, &[], unchecked_2).len(), 1);
        let twice = [files[2], ("/home/.wget2rc", "check-certificate = yes\n")];
        assert!(values(&twice, &[], unchecked_2).is_empty());
    }
}
