//! Package managers that fetch with a library as it is: pacman, zypper and Flatpak with libcurl, apk with
//! OpenSSL; and the bundle of MacPorts, which is what its own libraries are built for.
//!
//! libcurl reads no variable, other than its tool: what it was built with counts, and what a program
//! names beside it. So pacman 6.0.2, zypper 1.14.42 and Flatpak 1.14.10 do under strace.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Rule, Then};
use super::curl::COMPILED_DIRECTORY;
use super::openssl::DEFAULT_PATHS;
use super::survey::{HASHED_DIRECTORY, Survey, WHOLE_DIRECTORY};
use crate::host::System::{Linux, MacOs};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[PACMAN, ZYPPER, FLATPAK, APK, MACPORTS];

const LIBALPM: &str = "https://gitlab.archlinux.org/pacman/pacman/-/blob/v6.0.2/lib/libalpm/dload.c";
const LIBZYPP: &str = "https://github.com/openSUSE/libzypp/blob/master/zypp-logic/zypp-curl/transfersettings.cc";
const FLATPAK_HTTP: &str = "https://github.com/flatpak/flatpak/blob/1.14.10/common/flatpak-utils-http.c";
const LIBFETCH: &str = "https://gitlab.alpinelinux.org/alpine/apk-tools/-/blob/v2.14.4/libfetch/common.c";
const PORTFILE: &str = "https://github.com/macports/macports-ports/blob/master/net/curl-ca-bundle/Portfile";

/// `pacman`: libalpm.
const PACMAN: Client = Client::new(
    "pacman",
    "pacman",
    "What the libcurl of libalpm was built with; XferCommand in pacman.conf has another program fetch.",
    Rule::Each(pacmans, &Rule::All(&[Leaf::path("{cafile}").missing(Then::Refuse).says(LIBALPM), COMPILED_DIRECTORY])),
)
.on(&[Linux])
.edit(Edit::SYSTEM);

/// `zypper`: libzypp, which gives libcurl a directory.
const ZYPPER: Client = Client::new(
    "zypper",
    "zypper",
    "The file that libcurl was built with, and /etc/ssl/certs. The URL of a repository may name another directory \
     (ssl_capath) or turn verification off (ssl_verify).",
    Rule::Each(
        |survey| by_library(survey, "zypper", "libzypp"),
        &Rule::All(&[
            Leaf::path("{cafile}").missing(Then::Refuse).says(LIBZYPP),
            Leaf::path("/etc/ssl/certs").look(Look::HashLazy).given(&HASHED_DIRECTORY).says(LIBZYPP),
            Leaf::path("/etc/ssl/certs").look(Look::EveryFile).given(&WHOLE_DIRECTORY).says(LIBZYPP),
        ]),
    ),
)
.on(&[Linux])
.edit(Edit::SYSTEM);

/// `flatpak`: its own fetcher of summaries, without which it fetches nothing. What libostree knows of a
/// remote besides (`tls-ca-path`, `tls-permissive`) does not count there.
const FLATPAK: Client = Client::new(
    "flatpak",
    "Flatpak",
    "What the libcurl that it is linked to was built with.",
    Rule::Each(
        |survey| by_library(survey, "flatpak", "libostree"),
        &Rule::All(&[Leaf::path("{cafile}").missing(Then::Refuse).says(FLATPAK_HTTP), COMPILED_DIRECTORY]),
    ),
)
.on(&[Linux])
.edit(Edit::SYSTEM);

/// `apk`: libfetch.
const APK: Client = Client::new(
    "apk",
    "apk",
    "/etc/apk/ca.pem where it is there, and nothing besides; else OpenSSL's default paths.",
    Rule::Each(apks, &Rule::First(&[Leaf::path("/etc/apk/ca.pem").says(LIBFETCH), DEFAULT_PATHS])),
)
.on(&[Linux])
.ends(|_| Ends::SelfIssued)
.edit(Edit::Rewrite);

/// `macports`: the port curl-ca-bundle.
const MACPORTS: Client = Client::new(
    "macports",
    "MacPorts' bundle",
    "The file of the port curl-ca-bundle, for the libcurl of MacPorts.",
    Rule::Each(
        |survey| {
            let at = PathBuf::from("/opt/local/share/curl/curl-ca-bundle.crt");
            let is_there = survey.host.is_file(&at);
            let one = || Installation { at, because: "usual place".to_owned(), ..Installation::default() };
            is_there.then(one).map(Arc::new).into_iter().collect()
        },
        &Leaf::path("/opt/local/share/curl/curl-ca-bundle.crt").says(PORTFILE),
    ),
)
.on(&[MacOs])
.edit(Edit::Via("port upgrade curl-ca-bundle; it is made from Mozilla's list"));

/// A program on `PATH`, with the libcurl that it is linked to, or else a library that it needs.
fn by_library(survey: &Survey<'_>, name: &str, library: &str) -> Vec<Arc<Installation>> {
    let one = |program: PathBuf| {
        let linkage = survey.linkage(&program);
        let found = linkage.as_deref().filter(|linkage| linkage.needs("libcurl").is_none());
        let found = found.and_then(|linkage| survey.find_library(linkage.needs(library)?, &program, linkage));
        Arc::new(survey.libcurl_user(&program, found.as_deref().unwrap_or(&program), "PATH"))
    };
    survey.programs(name).into_iter().map(one).collect()
}

fn pacmans(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = by_library(survey, "pacman", "libalpm");
    if let Some(command) = survey.ini(Path::new("/etc/pacman.conf"), "options", "xfercommand") {
        let command = command.value.to_string_lossy();
        let program = command.split_whitespace().next().unwrap_or_default();
        for one in &mut found {
            Arc::make_mut(one).unknown.push(format!("what {program} trusts, which XferCommand has fetch"));
        }
    }
    found
}

/// Every apk on `PATH`, with the OpenSSL that it, or its libapk, is linked to.
fn apks(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let one = |program: PathBuf| {
        let linkage = survey.linkage(&program);
        let library =
            linkage.as_deref().and_then(|linkage| survey.find_library(linkage.needs("libapk")?, &program, linkage));
        let mut found = Installation { at: program.clone(), because: "PATH".to_owned(), ..Installation::default() };
        survey.add_openssl_of(&mut found, library.as_deref().unwrap_or(&program));
        Arc::new(found)
    };
    survey.programs("apk").into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::testing::{openssl, says};
    use crate::host::memory::Memory;

    /// A program that is its own libcurl, since nothing here is an ELF file.
    const CURL: &str = "\0libcurl/7.88.1\0/etc/ssl/certs/ca-certificates.crt\0x\0/etc/ssl/certs\0";
    const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

    fn with(program: &str) -> Memory {
        Memory::new().file(program, CURL).file(BUNDLE, "")
    }

    #[test]
    fn libcurl_reads_no_variable() {
        let set = [("CURL_CA_BUNDLE", "/a.pem"), ("SSL_CERT_FILE", "/a.pem")];
        for name in ["pacman", "zypper", "flatpak"] {
            let program = format!("/usr/bin/{name}");
            assert_eq!(says(&with(&program).file("/a.pem", ""), &set, name), [format!("{program}: {BUNDLE}")]);
            assert_eq!(says(&Memory::new().file(&*program, CURL), &[], name), [format!("{program}: stops")]);
        }
    }

    #[test]
    fn another_program_may_fetch_for_pacman() {
        let files =
            with("/usr/bin/pacman").file("/etc/pacman.conf", "[options]\nXferCommand = /usr/bin/wget -O %o %u\n");
        let host = crate::host::Host::new(Box::new(files), crate::host::System::Linux);
        let survey = crate::catalogue::survey::Survey::new(&host, Default::default());
        let found = super::pacmans(&survey);
        assert!(found[0].unknown.iter().any(|unknown| unknown.contains("/usr/bin/wget")), "{found:?}");
    }

    #[test]
    fn a_file_of_its_own_is_all_that_apk_reads() {
        let files = Memory::new().file("/sbin/apk", openssl("/etc/ssl")).file("/etc/ssl/cert.pem", "");
        assert_eq!(says(&files, &[], "apk"), ["/sbin/apk: /etc/ssl/cert.pem"]);
        let own = files.file("/etc/apk/ca.pem", "").file("/a.pem", "");
        assert_eq!(says(&own, &[("SSL_CERT_FILE", "/a.pem")], "apk"), ["/sbin/apk: /etc/apk/ca.pem"]);
    }
}
