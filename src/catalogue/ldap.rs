//! OpenLDAP's library: its own variables, then the configurations, of which the last that says something
//! counts.

use super::client::{Client, Edit, Installation, Leaf, Look, Rule, Setting, Source, Then};
use super::survey::Survey;
use crate::policy;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[LDAP];

const LDAP_CONF: &str = "https://www.openldap.org/software/man.cgi?query=ldap.conf";
const LDAP_INIT: &str = "https://github.com/openldap/openldap/blob/master/libraries/libldap/init.c";
const LDAP_GNUTLS: &str = "https://github.com/openldap/openldap/blob/master/libraries/libldap/tls_g.c";

/// `ldap`: ldapsearch and every other client of OpenLDAP's library.
const LDAP: Client = Client::new(
    "ldap",
    "OpenLDAP's library",
    "LDAPTLS_CACERT and LDAPTLS_CACERTDIR, else TLS_CACERT and TLS_CACERTDIR of the last configuration that has one; \
     with OpenSSL its defaults where there is neither.",
    Rule::Each(
        ldaps,
        &Rule::All(&[
            Leaf::switch("LDAPTLS_REQCERT").when(is_lax).says(LDAP_CONF),
            Leaf::switch_setting("TLS_REQCERT", unverified).says(LDAP_CONF),
            Rule::First(&[
                Leaf::variable("LDAPTLS_CACERT").missing(Then::Refuse).says(LDAP_INIT),
                Leaf::setting("TLS_CACERT", |survey, i| ldap(survey, i, "TLS_CACERT")).says(LDAP_CONF),
                Rule::All(&[
                    Leaf::path("{openssldir}/cert.pem").given(&"openssl").except(&(CONFIGURED, ONLY)).says(LDAP_CONF),
                    Leaf::path("{openssldir}/certs")
                        .look(Look::HashLazy)
                        .given(&"openssl")
                        .except(&(CONFIGURED, ONLY))
                        .says(LDAP_CONF),
                ]),
            ]),
            Rule::First(&[
                Leaf::list("LDAPTLS_CACERTDIR").look(Look::EveryFile).given(&"gnutls").says(LDAP_GNUTLS),
                Leaf::list("LDAPTLS_CACERTDIR").look(Look::HashLazy).given(&"openssl").says(LDAP_INIT),
                Leaf::setting("TLS_CACERTDIR", |survey, i| ldap(survey, i, "TLS_CACERTDIR"))
                    .look(Look::EveryFile)
                    .missing(Then::Bind)
                    .given(&"gnutls")
                    .says(LDAP_GNUTLS),
                Leaf::setting("TLS_CACERTDIR", |survey, i| ldap(survey, i, "TLS_CACERTDIR"))
                    .look(Look::HashLazy)
                    .missing(Then::Bind)
                    .given(&"openssl")
                    .says(LDAP_CONF),
            ]),
        ]),
    ),
)
.judged_by(&policy::gnutls::OPENLDAP)
.refuses_strangers()
.reads(&["LDAPCONF", "LDAPNOINIT", "LDAPRC"])
.edit(Edit::Via("TLS_CACERT in ldap.conf"));

/// The mark of an OpenLDAP that is told of a file or a directory.
const CONFIGURED: &str = "configured";
const ONLY: &str = "not looked at, because a file or a directory is configured";

/// Every libldap that an ldapsearch uses.
fn ldaps(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let library = |program: &PathBuf| {
        let linkage = survey.linkage(program)?;
        survey.find_library(linkage.needs("libldap")?, program, &linkage)
    };
    let found = survey.programs("ldapsearch").into_iter().filter_map(|program| {
        let library = library(&program)?;
        let mut one = Installation { at: program, because: "PATH".to_owned(), ..Installation::default() };
        survey.add_tls(&mut one, &library);
        let variables = ["LDAPTLS_CACERT", "LDAPTLS_CACERTDIR"].iter().any(|name| survey.host.variable(name).is_some());
        let settings = ["TLS_CACERT", "TLS_CACERTDIR"].iter().any(|name| !ldap(survey, &one, name).is_empty());
        one.marks.extend((variables || settings).then_some(CONFIGURED));
        // `ldap_pvt_tls_check_hostname`, libraries/libldap/tls2.c.
        let asked = survey.server().and_then(|server| server.host.as_deref());
        let is_local = asked.is_some_and(|host| host.eq_ignore_ascii_case("localhost"));
        one.marks.extend(is_local.then_some(policy::gnutls::OWN_NAME));
        Some(Arc::new(one))
    });
    found.collect()
}

/// A setting of the configurations, of which the last that has it counts (`ldap_int_initialize`).
fn ldap(survey: &Survey<'_>, _: &Installation, name: &str) -> Vec<Setting> {
    last(survey, name, |_| true)
}

/// The same, where values that OpenLDAP does not know leave what was said before them.
fn last(survey: &Survey<'_>, name: &str, counts: impl Fn(&str) -> bool) -> Vec<Setting> {
    let host = survey.host;
    if host.variable("LDAPNOINIT").is_some() {
        return Vec::new();
    }
    let own = |name: &Path| {
        let dotted = name.to_str().map(|name| format!(".{name}"));
        let home = [survey.home().map(|home| home.join(name)), dotted.and_then(|name| survey.in_home(&name))];
        home.into_iter().flatten().chain(std::iter::once(host.absolute(name))).collect::<Vec<_>>()
    };
    let mut files = vec![PathBuf::from("/etc/openldap/ldap.conf"), PathBuf::from("/etc/ldap/ldap.conf")];
    files.extend(own(Path::new("ldaprc")));
    files.extend(host.variable("LDAPCONF").map(|file| host.absolute(Path::new(file))));
    files.extend(host.variable("LDAPRC").into_iter().flat_map(|name| own(Path::new(name))));
    let mut found = files.into_iter().filter_map(|file| {
        let text = host.settings(&file)?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
        let value = lines.filter_map(|(at, line)| {
            let (key, value) = line.trim().split_once(char::is_whitespace)?;
            let value = value.trim();
            (key.eq_ignore_ascii_case(name) && counts(value)).then(|| (value.to_owned(), at as u64 + 1))
        });
        let (value, line) = value.last()?;
        Some(Setting { value: value.into(), source: Source::File(file, line) })
    });
    found.next_back().into_iter().collect()
}

/// The words with which a server that cannot be verified is taken.
fn is_lax(value: &OsStr) -> bool {
    value.eq_ignore_ascii_case("never") || value.eq_ignore_ascii_case("allow")
}

/// The words for how a server is verified; one that is not among them changes nothing (`ldap_pvt_tls_config`,
/// libraries/libldap/tls2.c; seen of 2.5.13).
fn is_known(value: &str) -> bool {
    ["never", "demand", "allow", "try", "hard"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// `TLS_REQCERT`, where it takes a server that cannot be verified and the variable does not say otherwise.
fn unverified(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    if survey.host.variable("LDAPTLS_REQCERT").is_some_and(|value| is_known(&value.to_string_lossy())) {
        return Vec::new();
    }
    last(survey, "TLS_REQCERT", is_known).into_iter().filter(|setting| is_lax(&setting.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::memory::{Memory, linux as host};

    /// The values of a setting, with the line of each.
    fn values(found: Vec<Setting>) -> Vec<String> {
        found.into_iter().map(|setting| setting.value.into_string().unwrap()).collect()
    }

    #[test]
    fn of_configurations_of_ldap_the_last_counts() {
        let files = Memory::new()
            .file("/etc/ldap/ldap.conf", "# x\nTLS_CACERT\t/etc/a.pem\nTLS_REQCERT never\n")
            .file("/h/.ldaprc", "tls_cacert /h/b.pem\n")
            .file("/conf", "TLS_REQCERT demand\n");
        let at = |variables: &[(&str, &str)]| {
            let host = host(files.clone(), variables);
            let survey = Survey::new(&host, Default::default());
            let nothing = Installation::default();
            (values(ldap(&survey, &nothing, "TLS_CACERT")), unverified(&survey, &nothing).len())
        };
        assert_eq!(at(&[]), (vec!["/h/b.pem".to_owned()], 1));
        assert_eq!(at(&[("LDAPCONF", "/conf")]), (vec!["/h/b.pem".to_owned()], 0));
        assert_eq!(at(&[("LDAPNOINIT", "1")]), (vec![], 0));
    }

    /// As ldapsearch 2.5.13 does with a server that it cannot verify.
    #[test]
    fn a_word_that_is_not_known_changes_nothing() {
        let files =
            Memory::new().file("/h/.ldaprc", "TLS_REQCERT never\nTLS_REQCERT bogus\n").file("/conf", "TLS_REQCERT x\n");
        let is_off = |variables: &[(&str, &str)]| {
            let host = host(files.clone(), variables);
            !unverified(&Survey::new(&host, Default::default()), &Installation::default()).is_empty()
        };
        assert!(is_off(&[]) && is_off(&[("LDAPCONF", "/conf")]));
        assert!(is_off(&[("LDAPTLS_REQCERT", "bogus")]) && is_off(&[("LDAPTLS_REQCERT", "")]));
        assert!(!is_off(&[("LDAPTLS_REQCERT", "Demand")]) && !is_off(&[("LDAPTLS_REQCERT", "try")]));
    }
}
