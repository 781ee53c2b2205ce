//! Programs of mail: msmtp, Mutt and NeoMutt, fetchmail, and Postfix where it is the client.
//!
//! Each has a setting that names authorities, and each its own idea of what holds beside it. What is said here was seen
//! of msmtp 1.8.23, Mutt 2.2.12, NeoMutt 20220429, fetchmail 6.4.37 and Postfix 3.7.11 before servers of two
//! authorities, and under strace.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::gnutls::SYSTEM_TRUST;
use super::openssl::{BY_DIR, BY_FILE, DIRECTORIES, after_store, before_store, default_directory, with_store};
use super::survey::Survey;
use super::wget::OPENSSL_PATHS;
use crate::policy;
use crate::settings::Value;
use crate::settings::mail::{Account, Polled, fetchmail, msmtp};
use crate::settings::server::Names;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

mod mutt;
mod postfix;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[MSMTP, MUTT, NEOMUTT, FETCHMAIL, POSTFIX];

const MSMTP_DOC: &str = "https://marlam.de/msmtp/msmtp.html#TLS-commands";
const MUTT_DOC: &str = "https://www.mutt.org/doc/manual/#ssl-ca-certificates-file";
const MUTT_CERTIFICATES: &str = "https://www.mutt.org/doc/manual/#certificate-file";
const NEOMUTT_DOC: &str = "https://neomutt.org/guide/reference#ssl-ca-certificates-file";
const FETCHMAIL_DOC: &str = "https://www.fetchmail.info/fetchmail-man.html";
const FETCHMAIL_CODE: &str = "https://gitlab.com/fetchmail/fetchmail/-/blob/RELEASE_6-4-37/socket.c";
const POSTFIX_DOC: &str = "https://www.postfix.org/postconf.5.html#smtp_tls_CAfile";
const POSTFIX_LEVEL: &str = "https://www.postfix.org/postconf.5.html#smtp_tls_security_level";
const POSTFIX_DEFAULT: &str = "https://www.postfix.org/postconf.5.html#tls_append_default_CA";

/// `msmtp`: the account that is called `default`.
const MSMTP: Client = Client::new(
    "msmtp",
    "msmtp",
    "tls_trust_file of the account that is called default, which may be `system`, as it is without one: the system's \
     trust of its TLS library. tls_certcheck turns verification off.",
    Rule::Each(
        msmtps,
        &Rule::All(&[
            Leaf::switch_setting("tls_certcheck", uncertain).says(MSMTP_DOC),
            Rule::First(&[
                Leaf::setting("tls_trust_file", trust_file).expands().empty(Then::Refuse).says(MSMTP_DOC),
                SYSTEM_TRUST,
                OPENSSL_PATHS,
            ]),
        ]),
    ),
)
.judged_by(&policy::gnutls::MSMTP)
.ends(by_library)
.reads(&["XDG_CONFIG_HOME"])
.edit(Edit::Via("tls_trust_file in ~/.msmtprc"));

/// `mutt`: every mutt on `PATH`.
const MUTT: Client = Client::new(
    "mutt",
    "Mutt",
    "certificate_file, to which certificates go that its user accepts, and on GnuTLS ssl_ca_certificates_file, which \
     Debian sets to the system's bundle; on OpenSSL its default paths, unless ssl_usesystemcerts is off.",
    Rule::Each(
        mutt::mutts,
        &Rule::All(&[
            Leaf::setting("certificate_file", mutt::certificates).expands().missing(Then::Bind).says(MUTT_CERTIFICATES),
            Leaf::setting("ssl_ca_certificates_file", mutt::authorities)
                .expands()
                .missing(Then::Bind)
                .given(&"gnutls")
                .says(MUTT_DOC),
            mutt::DEFAULTS,
        ]),
    ),
)
.judged_by(&policy::unread::MUTT)
.refuses_strangers()
.reads(&["XDG_CONFIG_HOME"])
.edit(Edit::Via("set ssl_ca_certificates_file in ~/.muttrc"));

/// `neomutt`: every neomutt on `PATH`.
const NEOMUTT: Client = Client::new(
    "neomutt",
    "NeoMutt",
    "certificate_file, to which certificates go that its user accepts, and on GnuTLS ssl_ca_certificates_file, which \
     Debian sets to the system's bundle; on OpenSSL its default paths, unless ssl_use_system_certs is off.",
    Rule::Each(
        mutt::neomutts,
        &Rule::All(&[
            Leaf::setting("certificate_file", mutt::certificates).expands().missing(Then::Bind).says(NEOMUTT_DOC),
            Leaf::setting("ssl_ca_certificates_file", mutt::authorities)
                .expands()
                .missing(Then::Bind)
                .given(&"gnutls")
                .says(NEOMUTT_DOC),
            mutt::DEFAULTS,
        ]),
    ),
)
.judged_by(&policy::unread::MUTT)
.refuses_strangers()
.reads(&["XDG_CONFIG_HOME"])
.edit(Edit::Via("set ssl_ca_certificates_file in ~/.neomuttrc"));

/// The mark of a fetchmail that is told of a file or a directory, and of nothing besides.
const NAMED: &str = "fetchmail-named";
const WHY_NAMED: &str = "not looked at, because sslcertfile or sslcertpath is set";
const INCLUDES: &str = "FETCHMAIL_INCLUDE_DEFAULT_X509_CA_CERTS";

/// `fetchmail`: the servers that the user's fetchmailrc polls.
const FETCHMAIL: Client = Client::new(
    "fetchmail",
    "fetchmail",
    "sslcertfile and sslcertpath of a server in fetchmailrc; OpenSSL's default paths where there is neither, or \
     FETCHMAIL_INCLUDE_DEFAULT_X509_CA_CERTS is set. `no sslcertck` turns verification off.",
    Rule::Each(
        fetchmails,
        &Rule::All(&[
            Leaf::switch_setting("sslcertck", unchecked).names(Names::Urls).says(FETCHMAIL_DOC),
            Leaf::setting("sslcertfile", |survey, _| of_servers(survey, |server| server.certificates.clone()))
                .names(Names::Urls)
                .says(FETCHMAIL_DOC),
            Leaf::setting("sslcertpath", |survey, _| of_servers(survey, |server| server.directory.clone()))
                .look(Look::HashLazy)
                .missing(Then::Bind)
                .names(Names::Urls)
                .says(FETCHMAIL_DOC),
            Rule::First(&[
                of_fetchmail(Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).secure()).says(BY_FILE),
                of_fetchmail(Leaf::path("{openssldir}/cert.pem")).says(FETCHMAIL_CODE),
            ]),
            Rule::First(&[
                with_store(of_fetchmail(DIRECTORIES.secure())),
                before_store(of_fetchmail(DIRECTORIES.secure())),
                after_store(of_fetchmail(DIRECTORIES.secure())),
                default_directory(of_fetchmail(Leaf::path("{openssldir}/certs"))),
            ]),
        ]),
    ),
)
.judged_by(&policy::openssl_clients::FETCHMAIL)
.ends(|_| Ends::SelfIssued)
.reads(&["FETCHMAILHOME", INCLUDES])
.edit(Edit::Via("sslcertfile in ~/.fetchmailrc"));

const fn of_fetchmail(leaf: Leaf) -> Leaf {
    leaf.except(&(NAMED, WHY_NAMED))
}

/// `postfix`: its client of SMTP.
const POSTFIX: Client = Client::new(
    "postfix",
    "Postfix's client of SMTP",
    "smtp_tls_CAfile and smtp_tls_CApath of main.cf, and OpenSSL's default paths where tls_append_default_CA is on. \
     Nothing is verified unless smtp_tls_security_level is verify or secure.",
    Rule::Each(
        postfix::clients,
        &Rule::All(&[
            Leaf::switch_setting("smtp_tls_security_level", postfix::unverified).says(POSTFIX_LEVEL),
            Leaf::setting("smtp_tls_CAfile", |survey, _| postfix::parameter(survey, "smtp_tls_CAfile"))
                .says(POSTFIX_DOC),
            Leaf::setting("smtp_tls_CApath", postfix::directory)
                .look(Look::HashLazy)
                .missing(Then::Bind)
                .says(POSTFIX_DOC),
            Leaf::path("{openssldir}/cert.pem").given(&postfix::DEFAULTS).says(POSTFIX_DEFAULT),
            // Below the jail where it runs in one, as the other directory is.
            Leaf::path("{certs}").look(Look::HashDefault).given(&postfix::DEFAULTS).says(BY_DIR),
        ]),
    ),
)
.judged_by(&policy::openssl_clients::POSTFIX)
.refuses_strangers()
.ends(|_| Ends::SelfIssued)
.on(&[crate::host::System::Linux, crate::host::System::Bsd, crate::host::System::MacOs])
.edit(Edit::Via("postconf -e smtp_tls_CAfile=FILE"));

fn by_library(installation: &Installation) -> Ends {
    if installation.has("openssl") { Ends::SelfIssued } else { Ends::AnyCertificate }
}

/// The configurations of msmtp, the user's first: `~/.msmtprc`, else `msmtp/config` of the user's settings; and the
/// machine's, in which an account is looked for that the user's does not have.
fn msmtp_accounts(survey: &Survey<'_>) -> Vec<(PathBuf, Arc<Vec<Account>>)> {
    let old = survey.in_home(".msmtprc").filter(|file| survey.host.is_file(file));
    let own = old.or_else(|| survey.config_home().map(|home| home.join("msmtp/config")));
    let files = own.into_iter().chain([PathBuf::from("/etc/msmtprc")]);
    files.filter_map(|file| Some((file.clone(), survey.parsed(&file, msmtp)?))).collect()
}

/// An option of the account `default`.
fn of_default(survey: &Survey<'_>, name: &str) -> Option<Setting> {
    let configurations = msmtp_accounts(survey);
    let mut accounts = configurations
        .iter()
        .filter_map(|(file, accounts)| Some((file, accounts.iter().rfind(|account| account.name == "default")?)));
    let (file, account) = accounts.next()?;
    let value = account.options.get(name)?;
    let (text, line) = (&value.text, value.line);
    Some(Setting { value: text.into(), source: Source::File(file.clone(), line) })
}

fn trust_file(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    of_default(survey, "tls_trust_file").filter(|setting| setting.value != "system").into_iter().collect()
}

fn uncertain(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    of_default(survey, "tls_certcheck").filter(|setting| setting.value == "off").into_iter().collect()
}

fn msmtps(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.with_tls("msmtp");
    let configurations = msmtp_accounts(survey);
    let accounts = || configurations.iter().flat_map(|(_, accounts)| accounts.iter());
    let default = accounts().rfind(|account| account.name == "default");
    let differs = |account: &&Account| {
        let same = |name: &str| {
            let same = |default: &&Account| match (default.options.get(name), account.options.get(name)) {
                (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one.text == other.text,
                (one, other) => one.is_none() && other.is_none(),
            };
            default.as_ref().is_some_and(same)
        };
        !["tls_trust_file", "tls_certcheck"].iter().all(|name| same(name))
    };
    let others: Vec<&str> = accounts().filter(differs).map(|account| account.name.as_str()).collect();
    for one in &mut found {
        let one = Arc::make_mut(one);
        match default {
            Some(_) if !others.is_empty() => {
                one.remarks.push(format!("other accounts have settings of their own: {}", others.join(", ")));
            }
            None if !others.is_empty() => {
                one.unknown.push("which account is meant: none is called default".to_owned());
            }
            _ => {}
        }
    }
    found
}

/// The servers of the user's fetchmailrc, with the file.
fn polled(survey: &Survey<'_>) -> Option<(PathBuf, Arc<Vec<Polled>>)> {
    let named = survey.set("FETCHMAILHOME").map(|home| home.join("fetchmailrc"));
    let file = named.or_else(|| survey.in_home(".fetchmailrc"))?;
    let servers = survey.parsed(&file, fetchmail)?;
    Some((file, servers))
}

/// A setting of the server that is asked about; where none is, of all servers as one where they have it alike, else of
/// each that says it, for the servers that have it of there.
fn of_servers(survey: &Survey<'_>, value: impl Fn(&Polled) -> Option<Arc<Value>>) -> Vec<Setting> {
    let Some((file, servers)) = polled(survey) else { return Vec::new() };
    let own = survey.server().and_then(|server| server.host.as_deref());
    let setting = |value: &Value, source| Setting { value: (&value.text).into(), source };
    let of = |value: Arc<Value>| setting(&value, Source::File(file.clone(), value.line));
    if let Some(own) = own {
        let one = servers.iter().find(|server| server.host.eq_ignore_ascii_case(own));
        return one.and_then(&value).map(of).into_iter().collect();
    }
    let is_one = servers.windows(2).all(|two| match (value(&two[0]), value(&two[1])) {
        (Some(one), Some(other)) => Arc::ptr_eq(&one, &other) || one.text == other.text,
        (one, other) => one.is_none() && other.is_none(),
    });
    if is_one {
        return servers.first().and_then(&value).map(of).into_iter().collect();
    }
    let mut said: Vec<(Arc<Value>, String)> = Vec::new();
    let mut known: HashMap<u64, usize> = HashMap::new();
    for (server, value) in servers.iter().filter_map(|server| Some((server, value(server)?))) {
        match known.entry(value.line).or_insert(said.len()) {
            at if *at < said.len() => said[*at].1.push_str(&format!(", {}", server.host)),
            _ => said.push((value, server.host.clone())),
        }
    }
    said.into_iter().map(|(value, hosts)| setting(&value, Source::Scoped(file.clone(), value.line, hosts))).collect()
}

/// `no sslcertck`.
fn unchecked(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    let off = |server: &Polled| {
        let (checks, line) = server.checks?;
        (!checks).then(|| Arc::new(Value { text: "no".to_owned(), line }))
    };
    of_servers(survey, off)
}

fn fetchmails(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.with_tls("fetchmail");
    let named = of_servers(survey, |server| server.certificates.clone().or_else(|| server.directory.clone()));
    let includes = survey.host.variable(INCLUDES).is_some();
    let is_of_some = named.iter().any(|setting| matches!(setting.source, Source::Scoped(..)));
    for one in &mut found {
        let one = Arc::make_mut(one);
        one.marks.extend((!named.is_empty() && !is_of_some && !includes).then_some(NAMED));
    }
    found
}

#[cfg(test)]
mod tests;
