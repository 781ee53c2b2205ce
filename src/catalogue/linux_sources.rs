//! What Linux distributions generate their bundles from: where an administrator adds an anchor, what the
//! distribution brings, and how either is deselected.
//!
//! Debian and those after it (Ubuntu, Gentoo, Void, Slackware) copy files that a list chooses; Alpine does
//! so in a program of its own. Fedora, SUSE and Arch ask p11-kit, which reads one layout of directories at
//! two places each. No program reads these directories for TLS: what is in one counts after the tool ran.

use super::client::{Client, Edit, Family, Installation, Leaf, Look, Rule};
use super::survey::Survey;
use crate::host::Host;
use crate::host::System::Linux;
use crate::settings::shell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[OF_DEBIAN, OF_ALPINE, OF_FEDORA, OF_SUSE, OF_ARCH, OF_CLEAR, OF_LFS];

/// The manual of Debian's tool.
pub const DEBIAN: &str = "https://manpages.debian.org/bookworm/ca-certificates/update-ca-certificates.8.en.html";
/// How Fedora shares its store.
pub const FEDORA: &str = "https://docs.fedoraproject.org/en-US/quick-docs/using-shared-system-certificates/";
/// Arch's tool.
pub const ARCH: &str = "https://github.com/archlinux/svntogit-packages/blob/b921212be09ffd4fe5d978a05f0215ebf013fbf8/ca-certificates/trunk/update-ca-trust";
const DEBIAN_SCRIPT: &str =
    "https://salsa.debian.org/debian/ca-certificates/-/blob/debian/20230311/sbin/update-ca-certificates";
const ALPINE: &str = "https://gitlab.alpinelinux.org/alpine/ca-certificates/-/blob/master/update-ca.c";
const TOKEN: &str = "https://github.com/p11-glue/p11-kit/blob/0.25.5/trust/token.c";
const CLRTRUST: &str = "https://github.com/clearlinux/clrtrust/blob/main/clrtrust.in";
const MAKE_CA: &str = "https://github.com/lfs-book/make-ca/blob/master/make-ca";

/// `debian-anchors`: what `update-ca-certificates` copies into the bundle.
const OF_DEBIAN: Client = Client::new(
    "debian-anchors",
    "the anchors of update-ca-certificates",
    "The files of /usr/share/ca-certificates that /etc/ca-certificates.conf lists without a `!`, and every .crt file at \
     or below /usr/local/share/ca-certificates, behind links too.",
    Rule::Each(
        |survey| listing(survey, false),
        &Rule::All(&[
            Leaf::linked_tree(DEBIAN_SHIPPED).look(Look::Listed).says(DEBIAN_SCRIPT),
            Leaf::linked_tree("/usr/local/share/ca-certificates").look(Look::Extensions(&["crt"])).says(DEBIAN_SCRIPT),
        ]),
    ),
)
.on(&[Linux])
.edit(Edit::DropIn {
    directory: "/usr/local/share/ca-certificates",
    extension: "crt",
    refresh: "update-ca-certificates",
})
.source()
.of_family(Family::Debian);

/// `alpine-anchors`: the same list, and every file beside it whatever its name.
const OF_ALPINE: Client = Client::new(
    "alpine-anchors",
    "the anchors of Alpine's update-ca-certificates",
    "The files of /usr/share/ca-certificates that /etc/ca-certificates.conf lists, and every file in \
     /usr/local/share/ca-certificates.",
    Rule::Each(
        |survey| listing(survey, true),
        &Rule::All(&[
            Leaf::linked_tree(DEBIAN_SHIPPED).look(Look::Listed).says(ALPINE),
            Leaf::path("/usr/local/share/ca-certificates").look(Look::EveryFile).says(ALPINE),
        ]),
    ),
)
.on(&[Linux])
.edit(Edit::DropIn {
    directory: "/usr/local/share/ca-certificates",
    extension: "crt",
    refresh: "update-ca-certificates",
})
.source()
.of_family(Family::Alpine);

/// `fedora-anchors`: Fedora, RHEL and its rebuilds, Amazon Linux, Azure Linux, Photon.
const OF_FEDORA: Client = Client::new(
    "fedora-anchors",
    "the anchors of update-ca-trust",
    "What p11-kit finds in /etc/pki/ca-trust/source before /usr/share/pki/ca-trust-source: anchors, what files say of \
     themselves, without what is in a blocklist.",
    Rule::All(&[
        anchors("/etc/pki/ca-trust/source/anchors"),
        stated("/etc/pki/ca-trust/source"),
        anchors("/usr/share/pki/ca-trust-source/anchors"),
        stated("/usr/share/pki/ca-trust-source"),
        // The directory had another name before p11-kit 0.23.21.
        Rule::First(&[
            blocklist("/etc/pki/ca-trust/source/blocklist"),
            blocklist("/etc/pki/ca-trust/source/blacklist"),
        ]),
        Rule::First(&[
            blocklist("/usr/share/pki/ca-trust-source/blocklist"),
            blocklist("/usr/share/pki/ca-trust-source/blacklist"),
        ]),
    ]),
)
.on(&[Linux])
.edit(Edit::DropIn { directory: "/etc/pki/ca-trust/source/anchors", extension: "pem", refresh: "update-ca-trust" })
.source()
.of_family(Family::P11Kit);

/// `suse-anchors`: openSUSE and SLES.
const OF_SUSE: Client = Client::new(
    "suse-anchors",
    "the anchors of SUSE's update-ca-certificates",
    "What p11-kit finds in /etc/pki/trust before /usr/share/pki/trust.",
    Rule::All(&[
        anchors("/etc/pki/trust/anchors"),
        stated("/etc/pki/trust"),
        anchors("/usr/share/pki/trust/anchors"),
        stated("/usr/share/pki/trust"),
        Rule::First(&[blocklist("/etc/pki/trust/blocklist"), blocklist("/etc/pki/trust/blacklist")]),
        Rule::First(&[blocklist("/usr/share/pki/trust/blocklist"), blocklist("/usr/share/pki/trust/blacklist")]),
    ]),
)
.on(&[Linux])
.edit(Edit::DropIn { directory: "/etc/pki/trust/anchors", extension: "pem", refresh: "update-ca-certificates" })
.source()
.of_family(Family::Suse);

/// `arch-anchors`: Arch Linux and those after it.
const OF_ARCH: Client = Client::new(
    "arch-anchors",
    "the anchors of Arch's update-ca-trust",
    "What p11-kit finds in /etc/ca-certificates/trust-source before /usr/share/ca-certificates/trust-source.",
    Rule::All(&[
        anchors("/etc/ca-certificates/trust-source/anchors"),
        stated("/etc/ca-certificates/trust-source"),
        anchors("/usr/share/ca-certificates/trust-source/anchors"),
        stated("/usr/share/ca-certificates/trust-source"),
        Rule::First(&[
            blocklist("/etc/ca-certificates/trust-source/blocklist"),
            blocklist("/etc/ca-certificates/trust-source/blacklist"),
        ]),
        blocklist("/usr/share/ca-certificates/trust-source/blocklist"),
    ]),
)
.on(&[Linux])
.edit(Edit::DropIn {
    directory: "/etc/ca-certificates/trust-source/anchors",
    extension: "crt",
    refresh: "update-ca-trust",
})
.source()
.of_family(Family::P11Kit);

/// `clear-anchors`: Clear Linux.
const OF_CLEAR: Client = Client::new(
    "clear-anchors",
    "the anchors of clrtrust",
    "The files of /usr/share/ca-certs/trusted and /etc/ca-certs/trusted, without those in /etc/ca-certs/distrusted.",
    Rule::All(&[
        Leaf::path("/usr/share/ca-certs/trusted").look(Look::EveryFile).says(CLRTRUST),
        Leaf::path("/etc/ca-certs/trusted").look(Look::EveryFile).says(CLRTRUST),
        Leaf::path("/etc/ca-certs/distrusted").look(Look::Blocklist).says(CLRTRUST),
    ]),
)
.on(&[Linux])
.edit(Edit::Via("clrtrust add FILE"))
.source();

/// `lfs-anchors`: Linux From Scratch and others that use make-ca.
const OF_LFS: Client = Client::new(
    "lfs-anchors",
    "the local anchors of make-ca",
    "The TRUSTED CERTIFICATE files at or below /etc/ssl/local, which make-ca puts beside Mozilla's roots.",
    Rule::All(&[Leaf::tree("/etc/ssl/local").look(Look::Stated).says(MAKE_CA)]),
)
.on(&[Linux])
.edit(Edit::Via("make-ca -r, after openssl x509 -addtrust serverAuth wrote a file into /etc/ssl/local"))
.source();

const fn anchors(path: &'static str) -> Rule {
    Leaf::path(path).look(Look::Authorities).says(TOKEN)
}

/// A directory of p11-kit itself: what is only present there is not trusted.
const fn stated(path: &'static str) -> Rule {
    Leaf::path(path).look(Look::Stated).says(TOKEN)
}

const fn blocklist(path: &'static str) -> Rule {
    Leaf::path(path).look(Look::Blocklist).says(TOKEN)
}

/// What brings the Java keystore of Debian's ca-certificates-java up to date, with what was taken out, in this order.
pub const DEBIAN_JAVA: [&[&str]; 2] =
    [&["dpkg-trigger", "--no-await", "update-ca-certificates-java-fresh"], &["dpkg", "--triggers-only", "--pending"]];
/// What chooses among the roots that Debian and Alpine ship.
pub const DEBIAN_LIST: &str = "/etc/ca-certificates.conf";
/// Where the files are that it names.
pub const DEBIAN_SHIPPED: &str = "/usr/share/ca-certificates";
const LOCAL: &str = "/usr/local/share/ca-certificates";
/// Files below [`DEBIAN_SHIPPED`] that a list may choose: some 150 are usual.
const CHOSEN: usize = 10_000;

/// The one installation of `update-ca-certificates` of a system: Alpine's or Debian's. A system of
/// another family may have a directory of a name they use and no list.
fn listing(survey: &Survey<'_>, of_alpine: bool) -> Vec<Arc<Installation>> {
    let host = survey.host;
    let list = host.settings(Path::new(DEBIAN_LIST));
    let local = || host.is_directory(Path::new(LOCAL)) && !host.names(Path::new(LOCAL)).is_empty();
    if (list.is_none() && !local()) || is_alpine(survey) != of_alpine {
        return Vec::new();
    }
    let listed: BTreeSet<PathBuf> =
        chosen(list.as_deref().unwrap_or_default()).map(|name| of_list(host, name)).collect();
    vec![Arc::new(Installation { listed, because: "usual place".to_owned(), ..Installation::default() })]
}

/// The file that a line of the list names, behind the links of its directory.
fn of_list(host: &Host, name: &str) -> PathBuf {
    let path = Path::new(DEBIAN_SHIPPED).join(name);
    let behind = path.parent().and_then(|directory| host.resolve(directory).ok());
    match (behind, path.file_name()) {
        (Some(directory), Some(file)) => directory.path.join(file),
        _ => path,
    }
}

/// The names that a list chooses: `#` begins a comment, `!` deselects.
fn chosen(list: &str) -> impl Iterator<Item = &str> {
    list.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '!'])).map(str::trim).take(CHOSEN)
}

/// The files that a line of the list deselects, behind the links of their directory.
pub(crate) fn deselected(host: &Host) -> BTreeSet<PathBuf> {
    let list = host.settings(Path::new(DEBIAN_LIST)).unwrap_or_default();
    let names = list.lines().filter_map(|line| line.strip_prefix('!')).map(str::trim).take(CHOSEN);
    names.map(|name| of_list(host, name)).collect()
}

/// Whether the system has Alpine's tool: Alpine, and those built from its packages.
fn is_alpine(survey: &Survey<'_>) -> bool {
    let text = survey.host.settings(Path::new("/etc/os-release")).unwrap_or_default();
    let values = ["ID", "ID_LIKE"].into_iter().flat_map(|name| shell::assignments(&text, name));
    values
        .flat_map(|value| value.text.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .any(|word| matches!(&*word, "alpine" | "wolfi" | "chainguard" | "postmarketos"))
}

#[cfg(test)]
mod tests {
    use crate::anchors::anchors;
    use crate::catalogue::client::Edit;
    use crate::catalogue::clients;
    use crate::catalogue::survey::{Searched, Survey};
    use crate::discover::discover;
    use crate::format::tests::vectors::{one, two};
    use crate::format::{openssl_trusted, pem};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};
    use crate::load::{load, wanted};

    fn text(der: &[u8]) -> String {
        pem::write(der, &[])
    }

    /// Which of the certificates `one` and `two` a row takes, and why not the rest.
    fn taken(client: &str, files: Memory) -> (String, Vec<String>) {
        let host = Host::new(Box::new(files), System::Linux);
        let survey = Survey::new(&host, Searched::default());
        let uses = discover(&survey, clients().filter(|row| row.id == client));
        let snapshot = load(&host, &wanted(&uses));
        let found: Vec<_> = uses.iter().map(|found| anchors(found, &snapshot)).collect();
        let has = |der: &[u8]| found.iter().flat_map(|f| f.certificates.values()).any(|a| a.certificate.der() == der);
        let names = [("one", one()), ("two", two())];
        let names: Vec<&str> = names.iter().filter(|(_, der)| has(der)).map(|(name, _)| *name).collect();
        let left = found.iter().flat_map(|found| &found.left_out).map(|left| left.because.to_string()).collect();
        (names.join(" "), left)
    }

    #[test]
    fn debian_copies_what_its_list_chooses_and_every_crt_beside_it() {
        let files = Memory::new()
            .file("/usr/share/ca-certificates/mozilla/one.crt", text(&one()))
            .file("/usr/share/ca-certificates/mozilla/two.crt", text(&two()));
        let with = |list: &str| files.clone().file("/etc/ca-certificates.conf", list);
        assert_eq!(taken("debian-anchors", with("# all\nmozilla/one.crt\n!mozilla/two.crt\n")).0, "one");
        assert_eq!(taken("debian-anchors", with("mozilla/one.crt\n")).1, ["the list of its client does not choose it"]);
        let local = with("mozilla/one.crt\n").file("/usr/local/share/ca-certificates/deep/two.crt", text(&two()));
        assert_eq!(taken("debian-anchors", local).0, "one two");
        let other = with("").file("/usr/local/share/ca-certificates/two.pem", text(&two()));
        assert_eq!(taken("debian-anchors", other.clone()).0, "");
        assert!(taken("alpine-anchors", other).0.is_empty());
        assert!(taken("debian-anchors", Memory::new().file("/etc/pki/ca-trust/source/README", "")).1.is_empty());
    }

    #[test]
    fn a_line_of_the_list_deselects() {
        let files = Memory::new()
            .file("/etc/ca-certificates.conf", "# all\n!mozilla/My (Root), One.crt \nmozilla/two.crt\n")
            .file("/usr/share/ca-certificates/mozilla/two.crt", text(&two()));
        let host = Host::new(Box::new(files), System::Linux);
        let expected = std::path::PathBuf::from("/usr/share/ca-certificates/mozilla/My (Root), One.crt");
        assert_eq!(super::deselected(&host).into_iter().collect::<Vec<_>>(), [expected]);
    }

    #[test]
    fn alpine_takes_files_of_any_name() {
        let files = Memory::new()
            .file("/etc/os-release", "NAME=\"Alpine Linux\"\nID=alpine\n")
            .file("/etc/ca-certificates.conf", "mozilla/one.crt\n")
            .file("/usr/share/ca-certificates/mozilla/one.crt", text(&one()))
            .file("/usr/local/share/ca-certificates/two.pem~", text(&two()));
        assert_eq!(taken("alpine-anchors", files.clone()).0, "one two");
        assert_eq!(taken("debian-anchors", files).0, "");
    }

    #[test]
    fn p11_kit_tells_anchors_from_what_is_present_and_a_blocklist_beats_both() {
        for (client, place) in [
            ("fedora-anchors", "/etc/pki/ca-trust/source"),
            ("fedora-anchors", "/usr/share/pki/ca-trust-source"),
            ("suse-anchors", "/etc/pki/trust"),
            ("suse-anchors", "/usr/share/pki/trust"),
            ("arch-anchors", "/etc/ca-certificates/trust-source"),
            ("arch-anchors", "/usr/share/ca-certificates/trust-source"),
        ] {
            let der = Memory::new().file(format!("{place}/anchors/one.der"), one());
            assert_eq!(taken(client, der.clone()).0, "one", "{place}");
            let present = der.file(format!("{place}/two.pem"), text(&two()));
            assert_eq!(taken(client, present.clone()).0, "one", "{place}");
            let blocked = present.file(format!("{place}/blocklist/x"), text(&one()));
            let (names, left) = taken(client, blocked);
            assert_eq!(names, "", "{place}");
            assert!(left.contains(&format!("{place}/blocklist distrusts it")), "{left:?}");
        }
    }

    #[test]
    fn what_a_file_says_of_itself_counts_beside_the_anchors() {
        let purposes = crate::model::Purposes {
            trust: Some(vec![crate::model::trust::SERVER_AUTH]),
            ..crate::model::Purposes::default()
        };
        let trusted = openssl_trusted::write(&one(), &purposes, &[]);
        for (client, place) in
            [("fedora-anchors", "/etc/pki/ca-trust/source/x"), ("lfs-anchors", "/etc/ssl/local/deep/x.pem")]
        {
            assert_eq!(taken(client, Memory::new().file(place, trusted.clone())).0, "one", "{place}");
            assert_eq!(taken(client, Memory::new().file(place, text(&one()))).0, "", "{place}");
        }
    }

    #[test]
    fn clear_linux_has_a_directory_of_what_is_distrusted() {
        let files = Memory::new()
            .file("/usr/share/ca-certs/trusted/one.pem", text(&one()))
            .file("/etc/ca-certs/trusted/two.pem", text(&two()));
        assert_eq!(taken("clear-anchors", files.clone()).0, "one two");
        assert_eq!(taken("clear-anchors", files.file("/etc/ca-certs/distrusted/x", text(&one()))).0, "two");
    }

    #[test]
    fn a_file_is_dropped_where_the_row_looks() {
        for client in super::CLIENTS {
            let Edit::DropIn { directory, extension, .. } = client.edit else { continue };
            let files = Memory::new().file("/etc/ca-certificates.conf", "");
            let files = if client.id == "alpine-anchors" { files.file("/etc/os-release", "ID=alpine") } else { files };
            let files = files.file(format!("{directory}/x.{extension}"), text(&one()));
            assert_eq!(taken(client.id, files).0, "one", "{}", client.id);
        }
    }
}
