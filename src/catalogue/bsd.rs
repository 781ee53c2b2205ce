//! BSD systems: the `certctl` directories of FreeBSD and NetBSD, OpenBSD's one file.

use super::client::{Client, Edit, Family, Installation, Leaf, Look, Output, Roots, Rule};
use super::survey::Survey;
use crate::host::System::Bsd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[SYSTEM, OF_FREEBSD, OF_NETBSD];

const CERTCTL: &str = "https://github.com/freebsd/freebsd-src/blob/main/usr.sbin/certctl/certctl.c";
const OPENBSD: &str = "https://man.openbsd.org/openssl.1#FILES";
const NETBSD: &str = "https://github.com/NetBSD/src/blob/trunk/usr.sbin/certctl/certctl.sh";

/// `bsd-system`: what programs read.
const SYSTEM: Client = Client::new(
    "bsd-system",
    "the system store",
    "The file or directory of TLS roots that the base system provides.",
    Rule::First(&[
        Leaf::path("/etc/ssl/cert.pem").look(Look::Blocks).says(OPENBSD),
        Leaf::path("/usr/local/etc/ssl/cert.pem").look(Look::Blocks).says(CERTCTL),
        Leaf::path("/etc/ssl/certs").look(Look::HashLazy).says(CERTCTL),
        Leaf::path("/etc/openssl/certs").look(Look::HashLazy).says(NETBSD),
    ]),
)
.judges_nothing()
.on(&[Bsd])
.edit(Edit::Via("certctl trust FILE and certctl rehash; on OpenBSD, append to /etc/ssl/cert.pem"))
.made(Output::Bundle)
.system()
.roots(Roots::Public);

/// `freebsd-anchors`: what FreeBSD's `certctl rehash` fills the store from; what is untrusted beats it.
const OF_FREEBSD: Client = Client::new(
    "freebsd-anchors",
    "the certctl anchors",
    "Every file at or below the directories of what is trusted, the base system's and the administrator's, without \
     the certificates in those of what is not.",
    Rule::Each(
        certctl,
        &Rule::All(&[
            // Links to directories are followed (`FTS_LOGICAL`).
            Leaf::linked_tree("/usr/share/certs/trusted").look(Look::EveryFile).says(CERTCTL),
            // The directory of the trusted ones is in it.
            Leaf::linked_tree("/usr/local/share/certs").look(Look::EveryFile).says(CERTCTL),
            Leaf::path("/usr/share/certs/untrusted").look(Look::Blocklist).says(CERTCTL),
            Leaf::path("/usr/local/share/certs/untrusted").look(Look::Blocklist).says(CERTCTL),
            Leaf::path("/etc/ssl/untrusted").look(Look::Blocklist).says(CERTCTL),
            Leaf::path("/etc/ssl/blacklisted").look(Look::Blocklist).says(CERTCTL),
        ]),
    ),
)
.on(&[Bsd])
.edit(Edit::DropIn { directory: "/usr/local/share/certs", extension: "crt", refresh: "certctl rehash" })
.source()
.of_family(Family::FreeBsd);

/// `netbsd-anchors`: the directories that NetBSD's `certs.conf` names.
const OF_NETBSD: Client = Client::new(
    "netbsd-anchors",
    "the certctl anchors of NetBSD",
    "The .pem, .cer and .crt files of each directory that /etc/openssl/certs.conf names, without those to which \
     /etc/openssl/untrusted links.",
    Rule::Each(
        configured,
        &Rule::All(&[
            Leaf::path("{directory}").look(Look::Extensions(&["pem", "cer", "crt"])).says(NETBSD),
            Leaf::path("/etc/openssl/untrusted").look(Look::Blocklist).says(NETBSD),
        ]),
    ),
)
.on(&[Bsd])
.edit(Edit::Via("a path line in /etc/openssl/certs.conf and certctl rehash"))
.source();

/// FreeBSD's, which is there where its directory is.
fn certctl(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let places = ["/usr/share/certs", "/usr/local/share/certs"];
    let is_there = places.iter().any(|place| survey.host.is_directory(Path::new(place)));
    let is_netbsd = survey.host.is_file(Path::new(CONFIGURATION));
    (is_there && !is_netbsd)
        .then(|| Installation { because: "usual place".to_owned(), ..Installation::default() })
        .map(Arc::new)
        .into_iter()
        .collect()
}

const CONFIGURATION: &str = "/etc/openssl/certs.conf";

/// Each directory of a `path` line of the configuration.
fn configured(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let text = survey.host.settings(Path::new(CONFIGURATION)).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("path"));
    let paths = lines.filter(|rest| rest.starts_with([' ', '\t'])).map(|rest| PathBuf::from(rest.trim()));
    let one = |path: PathBuf| Installation {
        at: path.clone(),
        places: vec![("directory", path)],
        because: CONFIGURATION.to_owned(),
        ..Installation::default()
    };
    paths.filter(|path| path.is_absolute()).map(one).map(Arc::new).collect()
}

#[cfg(test)]
mod tests {
    use crate::anchors::anchors;
    use crate::catalogue::clients;
    use crate::catalogue::survey::{Searched, Survey};
    use crate::discover::discover;
    use crate::format::pem;
    use crate::format::tests::vectors::{one, two};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};
    use crate::load::{load, wanted};

    /// How many certificates each installation of a row takes.
    fn counts(client: &str, files: Memory) -> Vec<usize> {
        let host = Host::new(Box::new(files), System::Bsd);
        let survey = Survey::new(&host, Searched::default());
        let uses = discover(&survey, clients().filter(|row| row.id == client));
        let snapshot = load(&host, &wanted(&uses));
        uses.iter().map(|found| anchors(found, &snapshot).certificates.len()).collect()
    }

    #[test]
    fn what_freebsd_does_not_trust_beats_what_it_does() {
        let text = |der: &[u8]| pem::write(der, &[]);
        let files = Memory::new()
            .file("/usr/share/certs/trusted/one.pem", text(&one()))
            .file("/usr/local/share/certs/trusted/two", text(&two()));
        assert_eq!(counts("freebsd-anchors", files.clone()), [2]);
        let linked = Memory::new()
            .file("/usr/share/certs/trusted/one.pem", text(&one()))
            .link("/usr/local/share/certs/corp", "/srv/corp")
            .file("/srv/corp/below/two.pem", text(&two()));
        assert_eq!(counts("freebsd-anchors", linked), [2]);
        for place in ["/usr/share/certs/untrusted", "/usr/local/share/certs/untrusted", "/etc/ssl/untrusted"] {
            assert_eq!(
                counts("freebsd-anchors", files.clone().file(format!("{place}/x"), text(&one()))),
                [1],
                "{place}"
            );
        }
        assert!(counts("freebsd-anchors", Memory::new().file("/etc/ssl/cert.pem", "")).is_empty());
    }

    #[test]
    fn netbsd_reads_the_directories_of_its_configuration() {
        let text = |der: &[u8]| pem::write(der, &[]);
        let files = Memory::new()
            .file("/etc/openssl/certs.conf", "netbsd-certctl 20230816\n# more\npath /usr/share/certs/mozilla/server\n")
            .file("/usr/share/certs/mozilla/server/one.pem", text(&one()))
            .file("/usr/share/certs/mozilla/server/README", text(&two()));
        assert_eq!(counts("netbsd-anchors", files.clone()), [1]);
        assert!(counts("freebsd-anchors", files.clone()).is_empty());
        let untrusted = files.link("/etc/openssl/untrusted/one.pem", "/usr/share/certs/mozilla/server/one.pem");
        assert_eq!(counts("netbsd-anchors", untrusted), [0]);
    }

    #[test]
    fn the_store_is_a_file_or_a_directory() {
        let text = pem::write(&one(), &[]);
        assert_eq!(counts("bsd-system", Memory::new().file("/etc/ssl/cert.pem", text)), [1]);
        assert_eq!(counts("bsd-system", Memory::new().file("/etc/openssl/certs/x", "")), [0]);
    }
}
