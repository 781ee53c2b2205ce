//! GnuTLS and p11-kit: the trust that programs linked to GnuTLS share.
//!
//! A build of GnuTLS has a file compiled in, which one bad block empties, or the URL `pkcs11:`, and then
//! asks p11-kit's trust module. The module reads paths of its own: a file is a list of anchors; of a
//! directory, what lies in `anchors` is trusted, what lies in `blocklist` distrusted wherever else
//! it is, and what lies beside them is what its own words make of it. No variable names either.

use super::client::{Client, Edit, Leaf, Look, Rule, Stands};
use crate::policy;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[GNUTLS, GNUTLS_CLI, TRUST_MODULE];

const SYSTEM: &str = "https://gitlab.com/gnutls/gnutls/-/blob/3.7.9/lib/system/certs.c";
const TOKEN: &str = "https://github.com/p11-glue/p11-kit/blob/0.24.1/trust/token.c";
const DOC: &str = "https://p11-glue.github.io/p11-glue/p11-kit/manual/trust-module.html";
/// `gnutls`: every libgnutls of the system, for whoever asks it for the system's trust.
const GNUTLS: Client = Client::new(
    "gnutls",
    "GnuTLS",
    "The file compiled into it, else what p11-kit's trust module has.",
    Rule::Each(|survey| survey.gnutls_installations(), &SYSTEM_TRUST),
)
.judged_by(&policy::gnutls::CLI)
.reads(&["GNUTLS_FORCE_FIPS_MODE", "GNUTLS_SYSTEM_PRIORITY_FILE"])
.edit(Edit::SYSTEM);

/// `gnutls-cli`: the program, which asks for the system's trust where `--x509cafile` names none.
const GNUTLS_CLI: Client = Client::new(
    "gnutls-cli",
    "gnutls-cli",
    "The system's trust of its GnuTLS.",
    Rule::Each(|survey| survey.with_tls("gnutls-cli"), &SYSTEM_TRUST),
)
.judged_by(&policy::gnutls::CLI)
.edit(Edit::SYSTEM);

/// `p11-kit`: the trust module, for whoever asks PKCS#11 for anchors: GnuTLS, NSS, `trust`.
const TRUST_MODULE: Client = Client::new(
    "p11-kit",
    "p11-kit's trust module",
    "Its list of paths: anchors, blocklists, and what the files beside them say of themselves.",
    Rule::Each(|survey| survey.trust_modules(), &MODULE),
)
.judges_nothing()
.edit(Edit::Via("trust anchor"));

/// `gnutls_x509_trust_list_add_system_trust`, in an installation with the mark `gnutls`.
pub const SYSTEM_TRUST: Rule = Rule::All(&[Leaf::path("{gnutls-trust}").given(&"gnutls").says(SYSTEM), MODULE]);

/// What the trust module reads of up to three paths.
const MODULE: Rule = Rule::All(&[
    of_module("{trust-file-0}", Stands::Anchors, DOC),
    of_module("{trust-0}", Stands::Alone, TOKEN),
    of_module("{trust-0}/anchors", Stands::Anchors, TOKEN),
    of_module("{trust-0}/blocklist", Stands::Blocklist, TOKEN),
    of_module("{trust-file-1}", Stands::Anchors, DOC),
    of_module("{trust-1}", Stands::Alone, TOKEN),
    of_module("{trust-1}/anchors", Stands::Anchors, TOKEN),
    of_module("{trust-1}/blocklist", Stands::Blocklist, TOKEN),
    of_module("{trust-file-2}", Stands::Anchors, DOC),
    of_module("{trust-2}", Stands::Alone, TOKEN),
    of_module("{trust-2}/anchors", Stands::Anchors, TOKEN),
    of_module("{trust-2}/blocklist", Stands::Blocklist, TOKEN),
]);

const fn of_module(template: &'static str, stands: Stands, says: &'static str) -> Rule {
    Leaf::path(template).look(Look::TrustModule(stands)).says(says)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anchors::anchors;
    use crate::catalogue::survey::{Searched, Survey};
    use crate::discover::{Use, discover};
    use crate::format::tests::vectors::{one, two};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};
    use crate::load::{load, wanted};

    fn pem(der: &[u8]) -> String {
        let text = base64_simd::STANDARD.encode_to_string(der);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    fn taken(files: Memory, id: &str) -> Vec<(Vec<&'static str>, Vec<String>)> {
        let host = Host::new(Box::new(files), System::Linux);
        let survey = Survey::new(&host, Searched::default());
        let uses = discover(&survey, CLIENTS.iter().filter(|client| client.id == id));
        let snapshot = load(&host, &wanted(&uses));
        let of = |found: &Use| {
            let found = anchors(found, &snapshot);
            let has = |der: &[u8]| found.certificates.values().any(|anchor| anchor.certificate.der() == der);
            let names = [("one", one()), ("two", two())].into_iter().filter(|(_, der)| has(der)).map(|(name, _)| name);
            (names.collect(), found.left_out.iter().map(|left| left.because.to_string()).collect())
        };
        uses.iter().map(of).collect()
    }

    const MODULE_FILE: &str = "/usr/lib64/pkcs11/p11-kit-trust.so";
    const SOURCE: &str = "/etc/pki/ca-trust/source";

    fn fedora() -> Memory {
        let module = "p11-kit\0/etc/pki/ca-trust/source:/usr/share/pki/ca-trust-source\0";
        Memory::new().file(MODULE_FILE, module).file("/usr/share/pki/ca-trust-source/anchors/two.crt", pem(&two()))
    }

    #[test]
    fn the_trust_module_asks_where_a_certificate_stands() {
        assert_eq!(taken(fedora(), "p11-kit")[0].0, ["two"]);
        assert_eq!(taken(fedora().file(format!("{SOURCE}/anchors/one.der"), one()), "p11-kit")[0].0, ["one", "two"]);
        let (names, left) = taken(fedora().file(format!("{SOURCE}/one.pem"), pem(&one())), "p11-kit").remove(0);
        assert_eq!((names, left.len()), (vec!["two"], 1));
        let (names, left) = taken(fedora().file(format!("{SOURCE}/blocklist/two"), pem(&two())), "p11-kit").remove(0);
        assert!(names.is_empty(), "{left:?}");
        assert!(left.iter().any(|why| why.contains("distrusts")), "{left:?}");
    }

    #[test]
    fn a_file_in_the_list_is_one_of_anchors_and_configuration_replaces_the_list() {
        let debian = || Memory::new().file(MODULE_FILE, "p11-kit\0/etc/ssl/certs/ca-certificates.crt\0");
        let files = debian().file("/etc/ssl/certs/ca-certificates.crt", pem(&one()));
        assert_eq!(taken(files, "p11-kit")[0].0, ["one"]);
        let text = "module: p11-kit-trust.so\nx-init-reserved: verbose=no paths='/own'\n";
        let files = fedora().file("/etc/pkcs11/modules/p11-kit-trust.module", text).file("/own/anchors/a", pem(&one()));
        assert_eq!(taken(files, "p11-kit")[0].0, ["one"]);
    }

    #[test]
    fn gnutls_has_a_file_or_asks_the_module() {
        let library = "/usr/lib64/libgnutls.so.30";
        assert_eq!(taken(fedora().file(library, "\0pkcs11:\0"), "gnutls")[0].0, ["two"]);
        let files = fedora()
            .file(library, "\0/etc/ssl/certs/ca-certificates.crt\0")
            .file("/etc/ssl/certs/ca-certificates.crt", pem(&one()));
        assert_eq!(taken(files, "gnutls")[0].0, ["one"]);
        assert!(taken(fedora(), "gnutls-cli").is_empty());
    }
}
