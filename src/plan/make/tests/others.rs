//! Stores that another program makes or replaces, and files that are another's.

use super::*;

fn plan_over(system: System, files: Memory, asked: &Asked<'_>) -> Plan {
    let mut host = Host::new(Box::new(files), system);
    host.set_environment([("PATH".into(), "/usr/bin".into())].into());
    plan_on(&host, asked).unwrap()
}

/// Programs that read a store for want of one of their own have no say in who changes it.
#[test]
fn what_a_store_is_made_by_says_who_changes_it() {
    let [a, corp] = ["A", "Corp"].map(root);
    let asked = Asked { add: &[&corp], ..Asked::default() };
    let hash = crate::format::hash_dir::subject_hash(a.subject_der().unwrap()).unwrap();
    let named = |directory: &str| format!("{directory}/{hash:08x}.0");
    let macos = Memory::new()
        .file("/private/etc/ssl/cert.pem", text(&[&a]))
        .link("/etc", "private/etc")
        .file("/usr/bin/composer", "");
    let netbsd = Memory::new()
        .file("/etc/openssl/certs.conf", "netbsd-certctl 20230816\n")
        .file(named("/etc/openssl/certs"), text(&[&a]));
    let clear = Memory::new()
        .file("/usr/share/ca-certs/trusted/a.pem", text(&[&a]))
        .file(named("/var/cache/ca-certs/anchors"), text(&[&a]))
        .link("/etc/ssl/certs", "/var/cache/ca-certs/anchors");
    let all = [(System::MacOs, macos), (System::Bsd, netbsd), (System::Linux, clear)];
    let all: Vec<Plan> = all.into_iter().map(|(system, files)| plan_over(system, files, &asked)).collect();
    assert!(all.iter().all(|plan| plan.declined[0].target.readers.len() > 1), "{all:?}");
    let all: String = all.iter().map(said).collect();
    insta::assert_snapshot!(all, @r"
    declined /private/etc/ssl/cert.pem: updates of the system replace it; add the root to the keychain
    declined /etc/openssl/certs: its owner changes it; certctl trust FILE and certctl rehash; on OpenBSD, append to /etc/ssl/cert.pem
    declined /var/cache/ca-certs/anchors: its owner changes it; the distribution's own tool: a .crt file in /usr/local/share/ca-certificates and update-ca-certificates (Debian, Alpine), a file in /etc/pki/ca-trust/source/anchors and update-ca-trust (Fedora, RHEL), in /etc/pki/trust/anchors and update-ca-certificates (SUSE), trust anchor FILE (Arch)
    ");
}

/// `/etc` is no store, and a file of castore's among its files would be read by nobody.
#[test]
fn a_directory_of_other_things_is_no_store() {
    let corp = root("Corp");
    let files = Memory::new().file("/etc/passwd", "root:x:0:0::/root:/bin/sh\n").with("/new", Node::Directory);
    let asked = Asked { to: &["/etc", "/new"], add: &[&corp], ..Asked::default() };
    insta::assert_snapshot!(said(&plan(files, &asked).unwrap()), @r"
    /new (directory): 
      + Corp
      kept 0; files in the directory; asks []
      write /new/corp-HASH.pem (new)
    declined /etc: no file in it holds a certificate, so it is no store; name a bundle, a directory of certificates or an empty one
    ");
}
