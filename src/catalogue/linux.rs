//! Linux distributions: the bundle that programs read, the hash directory and the Java keystore beside it.
//!
//! Every family of distributions generates these from anchors, and every program that speaks of "the
//! system store" means one of them. They are rows of their own because they drift apart: an anchor not
//! yet generated, a directory that keeps a link, a keystore that a hook forgot. What they are generated
//! from is in `linux_sources`.

use super::client::{Client, Edit, Leaf, Look, Output, Roots, Rule};
use super::linux_sources::{ARCH, DEBIAN, FEDORA};
use crate::host::System::Linux;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[BUNDLE, DIRECTORY, JAVA, TERMUX];

const SUSE_BUNDLE: &str = "https://github.com/openSUSE/ca-certificates/blob/master/certbundle.run";
const SUSE_DIRECTORY: &str = "https://github.com/openSUSE/ca-certificates/blob/master/etc_ssl.run";
const SUSE_JAVA: &str = "https://github.com/openSUSE/ca-certificates/blob/master/java.run";
const ALPINE: &str = "https://gitlab.alpinelinux.org/alpine/aports/-/blob/master/main/ca-certificates/APKBUILD";
const NIX: &str = "https://github.com/NixOS/nixpkgs/blob/master/nixos/modules/security/ca.nix";
const DEBIAN_JAVA: &str =
    "https://sources.debian.org/src/ca-certificates-java/20230710~deb12u1/debian/jks-keystore.hook.in/";
const CLEAR: &str = "https://github.com/clearlinux/clrtrust/blob/main/clrtrust.in";
const TERMUX_PACKAGE: &str = "https://github.com/termux/termux-packages/blob/master/packages/ca-certificates/build.sh";

const REFRESH: Edit = Edit::Via(
    "the distribution's own tool: a .crt file in /usr/local/share/ca-certificates and update-ca-certificates (Debian, \
     Alpine), a file in /etc/pki/ca-trust/source/anchors and update-ca-trust (Fedora, RHEL), in /etc/pki/trust/anchors \
     and update-ca-certificates (SUSE), trust anchor FILE (Arch)",
);

/// `system`: the bundle that the distribution generates.
const BUNDLE: Client = Client::new(
    "system",
    "the system bundle",
    "The bundle of TLS roots that the distribution generates from its anchors.",
    Rule::First(&[
        Leaf::path("/etc/ssl/certs/ca-certificates.crt").look(Look::Blocks).says(DEBIAN),
        Leaf::path("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem").look(Look::Blocks).says(FEDORA),
        Leaf::path("/etc/pki/tls/certs/ca-bundle.crt").look(Look::Blocks).says(FEDORA),
        Leaf::path("/var/lib/ca-certificates/ca-bundle.pem").look(Look::Blocks).says(SUSE_BUNDLE),
        Leaf::path("/etc/ssl/ca-bundle.pem").look(Look::Blocks).says(SUSE_BUNDLE),
        Leaf::path("/etc/ca-certificates/extracted/tls-ca-bundle.pem").look(Look::Blocks).says(ARCH),
        Leaf::path("/etc/ssl/certs/ca-bundle.crt").look(Look::Blocks).says(NIX),
        Leaf::path("/etc/ssl/cert.pem").look(Look::Blocks).says(ALPINE),
    ]),
)
.judges_nothing()
.on(&[Linux])
.edit(REFRESH)
.made(Output::Bundle)
.system()
.roots(Roots::Public);

/// `system-directory`: the directory of subject hashes beside the bundle.
const DIRECTORY: Client = Client::new(
    "system-directory",
    "the system hash directory",
    "The directory in which OpenSSL looks up an issuer by the hash of its name.",
    Rule::First(&[
        // Before the links to it or beside it: on Fedora /etc/ssl/certs leads to a directory without hashes.
        Leaf::path("/etc/pki/ca-trust/extracted/pem/directory-hash").look(Look::HashLazy).says(FEDORA),
        Leaf::path("/etc/ssl/certs").look(Look::HashLazy).says(DEBIAN),
        Leaf::path("/etc/pki/tls/certs").look(Look::HashLazy).says(FEDORA),
        Leaf::path("/var/lib/ca-certificates/pem").look(Look::HashLazy).says(SUSE_DIRECTORY),
        Leaf::path("/etc/ca-certificates/extracted/cadir").look(Look::HashLazy).says(ARCH),
        Leaf::path("/var/cache/ca-certs/anchors").look(Look::HashLazy).says(CLEAR),
    ]),
)
.judges_nothing()
.on(&[Linux])
.edit(REFRESH)
.made(Output::Directory);

/// `system-java`: the keystore that the distribution generates for every Java of its own.
const JAVA: Client = Client::new(
    "system-java",
    "the system Java keystore",
    "The keystore that the distribution generates from its anchors, to which the cacerts of its Javas lead.",
    Rule::First(&[
        Leaf::path("/etc/ssl/certs/java/cacerts").look(Look::Keystore).says(DEBIAN_JAVA),
        Leaf::path("/etc/pki/ca-trust/extracted/java/cacerts").look(Look::Keystore).says(FEDORA),
        Leaf::path("/var/lib/ca-certificates/java-cacerts").look(Look::Keystore).says(SUSE_JAVA),
    ]),
)
.judges_nothing()
.on(&[Linux])
.edit(REFRESH)
.made(Output::Java)
.roots(Roots::Public);

/// `termux`: the bundle of Termux on Android, at its one prefix.
const TERMUX: Client = Client::new(
    "termux",
    "the Termux bundle",
    "The bundle that Termux' ca-certificates brings; Android's own store is read by none of its programs.",
    Rule::First(&[Leaf::path("/data/data/com.termux/files/usr/etc/tls/cert.pem")
        .look(Look::Blocks)
        .says(TERMUX_PACKAGE)]),
)
.judges_nothing()
.on(&[Linux])
.edit(Edit::Never("its package replaces the file"))
.platform()
.roots(Roots::Public);

#[cfg(test)]
mod tests {
    use crate::catalogue::clients;
    use crate::catalogue::survey::{Searched, Survey};
    use crate::discover::discover;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    /// What a row uses of these files.
    fn used(client: &str, files: &[&str]) -> Vec<String> {
        let memory = files.iter().fold(Memory::new(), |memory, path| memory.file(*path, ""));
        let host = Host::new(Box::new(memory), System::Linux);
        let survey = Survey::new(&host, Searched::default());
        let uses = discover(&survey, clients().filter(|row| row.id == client));
        let used = uses.iter().flat_map(crate::discover::Use::effective);
        used.map(|candidate| candidate.path.as_ref().unwrap().display().to_string()).collect()
    }

    #[test]
    fn each_family_generates_a_bundle_a_directory_and_a_keystore() {
        let fedora = [
            "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
            "/etc/pki/ca-trust/extracted/pem/directory-hash/0123abcd.0",
            "/etc/pki/ca-trust/extracted/java/cacerts",
            "/etc/ssl/certs/service.pem",
        ];
        assert_eq!(used("system", &fedora), [fedora[0]]);
        assert_eq!(used("system-directory", &fedora), ["/etc/pki/ca-trust/extracted/pem/directory-hash"]);
        assert_eq!(used("system-java", &fedora), [fedora[2]]);
        let suse = ["/var/lib/ca-certificates/ca-bundle.pem", "/var/lib/ca-certificates/java-cacerts"];
        assert_eq!(
            (used("system", &suse), used("system-java", &suse)),
            (vec![suse[0].to_owned()], vec![suse[1].to_owned()])
        );
        let alpine = ["/etc/ssl/cert.pem"];
        assert_eq!(used("system", &alpine), alpine);
        assert!(used("system-java", &alpine).is_empty() && used("termux", &alpine).is_empty());
    }

    #[test]
    fn termux_has_one_prefix() {
        let bundle = ["/data/data/com.termux/files/usr/etc/tls/cert.pem"];
        assert_eq!(used("termux", &bundle), bundle);
        assert!(used("system", &bundle).is_empty());
    }
}
