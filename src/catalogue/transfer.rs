//! lftp and aria2: programs that fetch with a TLS library and settings of their own.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::gnutls::SYSTEM_TRUST;
use super::survey::Survey;
use super::wget::OPENSSL_PATHS;
use crate::policy;
use crate::settings::server::Names;
use crate::settings::wildmatch::matches;
use crate::settings::{Value, lines};
use std::path::PathBuf;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[LFTP, ARIA2];

const LFTP_DOC: &str = "https://lftp.yar.ru/lftp-man.html";
const LFTP_SSL: &str = "https://github.com/lavv17/lftp/blob/v4.9.2/src/lftp_ssl.cc";
const ARIA2_DOC: &str = "https://aria2.github.io/manual/en/html/aria2c.html#cmdoption-ca-certificate";
const ARIA2_GNUTLS: &str = "https://github.com/aria2/aria2/blob/release-1.36.0/src/LibgnutlsTLSContext.cc";
const ARIA2_OPENSSL: &str = "https://github.com/aria2/aria2/blob/release-1.36.0/src/LibsslTLSContext.cc";

/// `lftp`: every lftp on `PATH`. Seen of 4.9.2 on GnuTLS 3.7.9, before servers of two authorities and under strace.
const LFTP: Client = Client::new(
    "lftp",
    "lftp",
    "ssl:ca-file of its configurations, of which the last counts; without one the first bundle there is of a list of its \
     own with GnuTLS, OpenSSL's default paths with that. ssl:verify-certificate turns verification off.",
    Rule::Each(
        |survey| survey.with_tls("lftp"),
        &Rule::All(&[
            Leaf::switch_setting("ssl:verify-certificate", unverified).names(Names::Urls).says(LFTP_DOC),
            Rule::First(&[
                Leaf::setting("ssl:ca-file", authority).expands().missing(Then::Bind).says(LFTP_DOC),
                bundle("/etc/pki/tls/certs/ca-bundle.crt"),
                bundle("/etc/certs/ca-bundle.crt"),
                bundle("/usr/share/ssl/certs/ca-bundle.crt"),
                bundle("/etc/ssl/certs/ca-certificates.crt"),
                bundle("/usr/local/ssl/certs/ca-bundle.crt"),
                bundle("/etc/apache/ssl.crt/ca-bundle.crt"),
                bundle("/usr/share/curl/curl-ca-bundle.crt"),
                Leaf::path("{openssldir}/cert.pem").given(&"openssl").says(LFTP_SSL),
            ]),
            Rule::First(&[
                Leaf::setting("ssl:ca-path", path).expands().look(Look::HashLazy).missing(Then::Bind).given(&"openssl").says(LFTP_DOC),
                Leaf::path("{openssldir}/certs").look(Look::HashLazy).given(&"openssl").says(LFTP_SSL),
            ]),
        ]),
    ),
)
.judged_by(&policy::unread::LFTP)
.refuses_strangers()
.reads(&["LFTP_HOME", "XDG_CONFIG_HOME"])
.edit(Edit::Via("set ssl:ca-file in ~/.lftprc or ~/.lftp/rc"));

/// A bundle of the list that lftp on GnuTLS goes through (`lftp_ssl_gnutls_instance`).
const fn bundle(path: &'static str) -> Rule {
    Leaf::path(path).given(&"gnutls").says(LFTP_SSL)
}

/// `aria2`: every aria2c on `PATH`. Seen of 1.36.0 on GnuTLS, likewise.
const ARIA2: Client = Client::new(
    "aria2",
    "aria2",
    "ca-certificate of aria2.conf in the place of the system's trust of its TLS library; check-certificate turns \
     verification off.",
    Rule::Each(
        |survey| survey.with_tls("aria2c"),
        &Rule::All(&[
            Leaf::switch_setting("check-certificate", unchecked).says(ARIA2_DOC),
            // It says that it cannot load what is not there, and has no roots then.
            Rule::First(&[
                Leaf::setting("ca-certificate", |survey, i| aria2(survey, i, "ca-certificate"))
                    .missing(Then::Bind)
                    .given(&"gnutls")
                    .says(ARIA2_GNUTLS),
                Leaf::setting("ca-certificate", |survey, i| aria2(survey, i, "ca-certificate"))
                    .missing(Then::Bind)
                    .given(&"openssl")
                    .says(ARIA2_OPENSSL),
                SYSTEM_TRUST,
                OPENSSL_PATHS,
            ]),
        ]),
    ),
)
.programs(&["aria2c"])
.judged_by(&policy::gnutls::ARIA2)
.ends(|installation| if installation.has("openssl") { Ends::SelfIssued } else { Ends::AnyCertificate })
.reads(&["XDG_CONFIG_HOME"])
.edit(Edit::Via("ca-certificate in aria2.conf"));

/// The configurations of lftp in the order in which it reads them: the machine's, `~/.lftprc`, and `rc` in `LFTP_HOME`,
/// else in `~/.lftp` where that is there, else below the user's settings (`get_lftp_config_dir`, src/configmake.h).
fn lftp_files(survey: &Survey<'_>, installation: &Installation) -> Vec<PathBuf> {
    let prefix = installation.at.parent().and_then(|directory| directory.parent());
    let etc = match prefix {
        Some(prefix) if prefix.to_str().is_some_and(|prefix| !matches!(prefix, "" | "/" | "/usr")) => {
            prefix.join("etc")
        }
        _ => PathBuf::from("/etc"),
    };
    let old = survey.in_home(".lftp").filter(|directory| survey.host.is_directory(directory));
    let home = survey.set("LFTP_HOME").or(old).or_else(|| survey.config_home().map(|home| home.join("lftp")));
    let files = [Some(etc.join("lftp.conf")), survey.in_home(".lftprc"), home.map(|home| home.join("rc"))];
    files.into_iter().flatten().collect()
}

/// Every value of a setting of lftp, the last first, with its closure: the host that it is for.
fn lftp(survey: &Survey<'_>, installation: &Installation, name: &str) -> Vec<(Setting, Option<String>)> {
    let files = lftp_files(survey, installation).into_iter();
    let found = files.flat_map(|file| {
        let values = lines::lftp(&survey.host.settings(&file).unwrap_or_default(), name);
        let one = |(closure, Value { text, line }): (Option<String>, Value)| {
            let source = Source::File(file.clone(), line);
            (Setting { value: text.into(), source }, closure)
        };
        values.into_iter().map(one).collect::<Vec<_>>()
    });
    let mut found: Vec<_> = found.collect();
    found.reverse();
    found
}

/// What counts of a setting that is for every host: with a closure lftp does not take it.
fn for_all(survey: &Survey<'_>, installation: &Installation, name: &str) -> Vec<Setting> {
    let found = lftp(survey, installation, name).into_iter();
    found.filter(|(_, closure)| closure.is_none()).map(|(setting, _)| setting).take(1).collect()
}

fn authority(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    for_all(survey, installation, "ca-file")
}

fn path(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    for_all(survey, installation, "ca-path")
}

/// `ssl:verify-certificate`, where it says no: the last value for every host, and those for the hosts of a pattern,
/// which stand before it.
fn unverified(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let all = lftp(survey, installation, "verify-certificate");
    let server = survey.server().and_then(|server| server.host.clone());
    let is_off = |setting: &Setting| {
        let value = setting.value.to_string_lossy().to_ascii_lowercase();
        ["no", "false", "off", "0", "n", "f", "-"].contains(&value.as_str())
    };
    let fits = |closure: &str| server.as_ref().map(|host| matches(closure, host, true));
    let own = all.iter().find(|(_, closure)| closure.as_deref().and_then(fits) == Some(true));
    let counts = own.or_else(|| all.iter().find(|(_, closure)| closure.is_none()));
    let counts = counts.filter(|(setting, _)| is_off(setting)).map(|(setting, _)| setting.clone());
    let open = all.iter().filter_map(|(setting, closure)| {
        let closure = closure.as_ref().filter(|closure| fits(closure).is_none() && is_off(setting))?;
        let Source::File(file, line) = &setting.source else { return None };
        let source = Source::Scoped(file.clone(), *line, closure.clone());
        Some(Setting { source, ..setting.clone() })
    });
    counts.into_iter().chain(open).collect()
}

/// A setting of aria2.conf: `~/.aria2/aria2.conf` where it is there, else below the user's settings. The last counts.
fn aria2(survey: &Survey<'_>, _: &Installation, name: &str) -> Vec<Setting> {
    let old = survey.in_home(".aria2/aria2.conf").filter(|file| survey.host.is_file(file));
    let file = old.or_else(|| survey.config_home().map(|home| home.join("aria2/aria2.conf")));
    let Some(file) = file else { return Vec::new() };
    let text = survey.host.settings(&file).unwrap_or_default();
    let values = text.lines().enumerate().filter_map(|(index, line)| {
        let (key, value) = line.trim().split_once('=')?;
        (key.trim() == name && !line.trim_start().starts_with('#')).then(|| (value.trim().to_owned(), index as u64 + 1))
    });
    let last = values.last().map(|(value, line)| Setting { value: value.into(), source: Source::File(file, line) });
    last.into_iter().collect()
}

fn unchecked(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    aria2(survey, installation, "check-certificate").into_iter().filter(|setting| setting.value == "false").collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::Searched;
    use crate::catalogue::survey::linked;
    use crate::catalogue::survey::testing::says;
    use crate::host::memory::{Memory, linux};
    use crate::settings::server::Server;

    const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

    fn host() -> Memory {
        Memory::new()
            .file("/usr/bin/lftp", linked(0, &[(1, "libgnutls.so.30")]))
            // Debian's has a library of its own between.
            .file("/usr/bin/aria2c", linked(0, &[(1, "libaria2.so.0")]))
            .file("/usr/lib/x86_64-linux-gnu/libaria2.so.0", linked(0, &[(1, "libgnutls.so.30")]))
            .file("/usr/lib/x86_64-linux-gnu/libgnutls.so.30", format!("\0{BUNDLE}\0"))
            .file(BUNDLE, "")
            .file("/a.pem", "")
            .file("/b.pem", "")
    }

    /// As lftp 4.9.2 does.
    #[test]
    fn of_the_configurations_of_lftp_the_last_counts() {
        let of = |files: &Memory| {
            says(files, &[("SSL_CERT_FILE", "/b.pem")], "lftp")
                .remove(0)
                .replace("/usr/bin/lftp:", "")
                .trim()
                .to_owned()
        };
        assert_eq!(of(&host()), BUNDLE);
        let rc = |path: &str, text: &str| host().file(format!("/home/u/{path}"), text);
        assert_eq!(of(&rc(".lftprc", "set ssl:ca-file /a.pem")), "/a.pem");
        assert_eq!(of(&rc(".config/lftp/rc", "set net:timeout 3; set ca-file \"/a.pem\"\n")), "/a.pem");
        let old = rc(".config/lftp/rc", "set ssl:ca-file /a.pem\n").file("/home/u/.lftp/x", "");
        assert_eq!(of(&old), BUNDLE);
        let both = rc(".lftp/rc", "set ssl:ca-file /a.pem\n").file("/home/u/.lftprc", "set ssl:ca-file /b.pem\n");
        assert_eq!(of(&both), "/a.pem");
        assert_eq!(of(&rc(".lftprc", "set ssl:ca-file \"\"\n")), BUNDLE);
        assert_eq!(of(&rc(".lftprc", "set ssl:ca-file/localhost /a.pem\n")), BUNDLE);
        assert_eq!(of(&rc(".lftprc", "# set ssl:ca-file /a.pem\n")), BUNDLE);
        assert_eq!(of(&rc(".lftprc", "set ssl:ca-file /gone\n")), "");
        assert_eq!(of(&rc(".lftprc", "set ssl:verify-certificate no\n")), format!("{BUNDLE} off"));
    }

    #[test]
    fn verification_may_be_off_for_some_hosts() {
        let files = host().file("/h/.lftprc", "set ssl:verify-certificate/*.lab off\n");
        let of = |server: Option<&str>| {
            let host = linux(files.clone(), &[]);
            let server = server.map(|host| Server { host: Some(host.to_owned()), port: None });
            let survey = Survey::new(&host, Searched { server, ..Searched::default() });
            let found = unverified(&survey, &Installation::default());
            found.iter().map(|one| matches!(one.source, Source::Scoped(..))).collect::<Vec<_>>()
        };
        assert_eq!(of(Some("a.lab")), [false]);
        assert!(of(Some("a.other")).is_empty());
        assert_eq!(of(None), [true]);
    }

    /// As aria2 1.36.0 does.
    #[test]
    fn aria2_has_one_file_in_the_place_of_the_systems_trust() {
        let of = |files: &Memory| {
            says(files, &[("SSL_CERT_FILE", "/b.pem")], "aria2")
                .remove(0)
                .replace("/usr/bin/aria2c:", "")
                .trim()
                .to_owned()
        };
        assert_eq!(of(&host()), BUNDLE);
        let conf = |path: &str, text: &str| host().file(format!("/home/u/{path}"), text);
        assert_eq!(of(&conf(".config/aria2/aria2.conf", "ca-certificate=/a.pem\n")), "/a.pem");
        let both =
            conf(".aria2/aria2.conf", "#x\n").file("/home/u/.config/aria2/aria2.conf", "ca-certificate=/a.pem\n");
        assert_eq!(of(&both), BUNDLE);
        assert_eq!(of(&conf(".aria2/aria2.conf", "check-certificate=false\n")), format!("{BUNDLE} off"));
        assert_eq!(of(&conf(".aria2/aria2.conf", "ca-certificate=/gone\n")), "");
    }
}
