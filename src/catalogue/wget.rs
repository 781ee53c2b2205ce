//! wget and wget2, by the TLS library they are linked to.
//!
//! With GnuTLS the system's trust and `ca_certificate` are both used, a `ca_directory` replaces
//! the system's, and no variable is read. With OpenSSL the default paths hold.

use super::client::{Client, Edit, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::openssl::{BY_DIR, BY_FILE};
use super::survey::Survey;
use crate::settings::lines;
use std::path::PathBuf;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[WGET, WGET2];

const WGETRC: &str = "https://www.gnu.org/software/wget/manual/html_node/Wgetrc-Commands.html";
const GNUTLS: &str = "https://www.gnutls.org/manual/html_node/Using-a-PKCS11-token-with-TLS.html";
const WGET_GNUTLS: &str = "https://gitlab.com/gnuwget/wget/-/blob/v1.21.3/src/gnutls.c";
const WGET_OPENSSL: &str = "https://gitlab.com/gnuwget/wget/-/blob/v1.21.3/src/openssl.c";
const WGET2_DOC: &str = "https://gitlab.com/gnuwget/wget2/-/blob/master/docs/wget2.md";
const EDIT: Edit = Edit::Never("it reads the system's store: add the root there");

/// `wget`: every wget on PATH.
const WGET: Client = Client::new(
    "wget",
    "wget",
    "The system's trust with ca_certificate of wgetrc beside it; ca_directory replaces the system's.",
    Rule::Each(
        |survey| survey.wgets("wget"),
        &Rule::All(&[
            Leaf::switch_setting("check_certificate", unchecked).says(WGETRC),
            // wget says that it cannot open it, and goes on.
            Leaf::setting("ca_certificate", |survey, i| wgetrc(survey, i, "ca_certificate"))
                .missing(Then::Bind)
                .says(WGETRC),
            Rule::First(&[
                Leaf::setting("ca_directory", |survey, i| wgetrc(survey, i, "ca_directory"))
                    .look(Look::EveryFile)
                    .missing(Then::Bind)
                    .given("gnutls")
                    .says(WGETRC),
                Leaf::path("{gnutls-trust}").look(Look::Blocks).given("gnutls").says(GNUTLS),
                // Where the system's trust is not there, the directory of old is read whole.
                Leaf::path("/etc/ssl/certs").look(Look::EveryFile).given("gnutls-trust-file").says(WGET_GNUTLS),
            ]),
            Leaf::setting("ca_directory", |survey, i| wgetrc(survey, i, "ca_directory"))
                .look(Look::HashLazy)
                .missing(Then::Bind)
                .given("openssl")
                .says(WGET_OPENSSL),
            Rule::First(&[
                Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).given("openssl").says(BY_FILE),
                Leaf::path("{openssldir}/cert.pem").given("openssl").says(BY_FILE),
            ]),
            Rule::First(&[
                Leaf::list("SSL_CERT_DIR").look(Look::HashLazy).empty(Then::Bind).given("openssl").says(BY_DIR),
                Leaf::path("{openssldir}/certs").look(Look::HashLazy).given("openssl").says(BY_DIR),
            ]),
        ]),
    ),
)
.reads(&["WGETRC"])
.edit(EDIT);

/// `wget2`: every wget2 on PATH.
const WGET2: Client = Client::new(
    "wget2",
    "wget2",
    "The system's trust, through the TLS library it is linked to.",
    Rule::Each(
        |survey| survey.wgets("wget2"),
        &Rule::All(&[
            Leaf::path("{gnutls-trust}").look(Look::Blocks).given("gnutls").says(WGET2_DOC),
            Leaf::path("{openssldir}/cert.pem").given("openssl").says(WGET2_DOC),
            Leaf::path("{openssldir}/certs").look(Look::HashLazy).given("openssl").says(WGET2_DOC),
        ]),
    ),
)
.edit(EDIT);

/// `check_certificate`, where the value that counts is one of wget's words for no.
fn unchecked(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let counts = wgetrc(survey, installation, "check_certificate").into_iter().next();
    let is_no =
        |value: &std::ffi::OsStr| ["off", "no", "0", "quiet"].iter().any(|word| value.eq_ignore_ascii_case(word));
    counts.filter(|setting| is_no(&setting.value)).into_iter().collect()
}

/// A setting of the user's wgetrc, else of the system's.
fn wgetrc(survey: &Survey<'_>, _: &Installation, name: &str) -> Vec<Setting> {
    let named = survey.host.variable("WGETRC").filter(|value| !value.is_empty()).map(PathBuf::from);
    let files =
        [named.or_else(|| survey.in_home(".wgetrc")), Some("/etc/wgetrc".into()), Some("/usr/local/etc/wgetrc".into())];
    let found = files.into_iter().flatten().filter_map(|file| {
        let value = lines::value(&survey.host.settings(&file)?, name)?;
        Some(Setting { value: value.text.into(), source: Source::File(file, value.line) })
    });
    found.collect()
}
