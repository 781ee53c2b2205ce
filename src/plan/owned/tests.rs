//! Records as managers write them.

use super::*;
use crate::host::System;
use crate::host::memory::Memory;

fn owners(files: Memory, paths: &[&str]) -> Vec<Owned> {
    let host = Host::new(Box::new(files), System::Linux);
    let owners = Owners::look_up(&host, paths.iter().map(Path::new));
    paths.iter().map(|path| owners.of(Path::new(path))).collect()
}

fn by(manager: &'static str, package: &str, is_configuration: bool) -> Owned {
    Owned::By(Owner { manager, package: package.to_owned(), is_configuration })
}

#[test]
fn dpkg_has_a_list_for_each_package_and_diversions() {
    let files = Memory::new()
        .file("/var/lib/dpkg/info/libc6:amd64.list", "/.\n/lib\n/lib/libc.so\n/etc/libc.conf\n")
        .file("/var/lib/dpkg/info/libc6:amd64.conffiles", "/etc/libc.conf\n")
        .file("/var/lib/dpkg/info/one.list", "/usr/share/one/ca.pem\n/usr/share/both.pem\n")
        .file("/var/lib/dpkg/info/two.list", "/usr/share/both.pem\n")
        .file("/var/lib/dpkg/diversions", "/usr/share/both.pem\n/usr/share/both.moved.pem\ntwo\n")
        .file("/usr/lib/libc.so", "")
        .link("/lib", "usr/lib");
    let paths = [
        "/usr/lib/libc.so",
        "/etc/libc.conf",
        "/usr/share/one/ca.pem",
        "/usr/share/both.pem",
        "/usr/share/both.moved.pem",
        "/opt/x",
    ];
    let expected = [
        by("dpkg", "libc6", false),
        by("dpkg", "libc6", true),
        by("dpkg", "one", false),
        by("dpkg", "two", false),
        by("dpkg", "one", false),
        Owned::Nobody,
    ];
    assert_eq!(owners(files, &paths), expected);
    let distroless = Memory::new().file(
        "/var/lib/dpkg/status.d/ca-certificates.md5sums",
        "d41d8cd98f00b204e9800998ecf8427e  ./usr/share/x.crt\nd41d8cd98f00b204e9800998ecf8427e  etc/y\n",
    );
    let expected = [by("dpkg", "ca-certificates", false), by("dpkg", "ca-certificates", false), Owned::Nobody];
    assert_eq!(owners(distroless, &["/usr/share/x.crt", "/etc/y", "/etc/z"]), expected);
}

#[test]
fn apk_has_one_text() {
    let files = Memory::new().file(
        "/lib/apk/db/installed",
        "C:Q1x=\nP:ca-certificates-bundle\nV:1\nF:etc\nF:etc/ssl\nR:cert.pem\na:0:0:777\nF:etc/ssl/certs\nR:ca-certificates.crt\n\n\
         P:other\nF:\nR:root-file\nF:usr/share\nR:x\n",
    );
    let expected = [
        by("apk", "ca-certificates-bundle", false),
        by("apk", "ca-certificates-bundle", true),
        by("apk", "other", false),
        by("apk", "other", false),
        Owned::Nobody,
    ];
    let paths =
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem", "/usr/share/x", "/root-file", "/usr/share/y"];
    assert_eq!(owners(files, &paths), expected);
}

#[test]
fn pacman_has_a_directory_for_each_package() {
    let files = Memory::new().file(
        "/var/lib/pacman/local/ca-certificates-utils-20240618-1/files",
        "%FILES%\netc/\netc/x.conf\nusr/share/x.pem\n\n%BACKUP%\netc/x.conf\t0123\n",
    );
    let expected =
        [by("pacman", "ca-certificates-utils", true), by("pacman", "ca-certificates-utils", false), Owned::Nobody];
    assert_eq!(owners(files, &["/etc/x.conf", "/usr/share/x.pem", "/usr/share/y.pem"]), expected);
}

#[test]
fn what_rpm_has_is_not_known() {
    let files = Memory::new().file("/usr/lib/sysimage/rpm/rpmdb.sqlite", "");
    let found = owners(files, &["/usr/share/x.pem", "/usr/local/x.pem", "/opt/venv/x.pem"]);
    assert!(matches!(&found[0], Owned::Unknown(why) if why.contains("rpm -qf")), "{found:?}");
    assert_eq!(found[1..], [Owned::Nobody, Owned::Nobody]);
}

#[test]
fn what_other_managers_have_is_not_known() {
    let paths = ["/usr/share/x.pem", "/usr/local/x.pem", "/usr/local/etc/x.pem", "/usr/home/u/x.pem", "/etc/x.pem"];
    let unknown = |system: System, files: Memory| {
        let host = Host::new(Box::new(files), system);
        let owners = Owners::look_up(&host, paths.iter().map(Path::new));
        paths.map(|path| matches!(owners.of(Path::new(path)), Owned::Unknown(_)))
    };
    assert_eq!(unknown(System::Bsd, Memory::new()), [true, true, false, false, false]);
    let all = ["/var/db/xbps/pkgdb-0.38.plist", "/var/log/packages/x-1", "/var/db/pkg/app-misc/x-1/CONTENTS"];
    for records in all.into_iter().chain(["/var/lib/pkg/db", "/var/db/kiss/installed/x/manifest"]) {
        let files = Memory::new().file(records, "");
        assert_eq!(unknown(System::Linux, files), [true, false, false, true, false], "{records}");
    }
    assert_eq!(unknown(System::Linux, Memory::new()), [false; 5]);
}

#[test]
fn opkg_has_lists_like_those_of_dpkg() {
    let bundle = "/etc/ssl/certs/ca-certificates.crt";
    for info in ["/usr/lib/opkg/info", "/var/lib/opkg/info"] {
        let files = Memory::new().file(format!("{info}/ca-bundle.list"), format!("{bundle}\n"));
        let host = Host::new(Box::new(files), System::Linux);
        let found = Owners::look_up(&host, [Path::new(bundle)]).of(Path::new(bundle));
        assert!(
            matches!(&found, Owned::By(owner) if owner.manager == "opkg" && owner.package == "ca-bundle"),
            "{found:?}"
        );
    }
}
