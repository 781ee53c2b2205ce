//! Stores that another program makes or replaces, and files that are another's.

use super::*;
use crate::plan::{Unwritable, WrittenBy};
use std::path::Path;

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

fn without(files: Memory, remove: &Arc<Certificate>) -> String {
    said(&plan_over(System::Linux, files, &Asked { to: &["system"], remove: &[remove], ..Asked::default() }))
}

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+D\n-----END PRIVATE KEY-----\n";

/// A link to a file with a key takes nothing with it; the file itself would take the key.
#[test]
fn a_private_key_among_the_anchors_is_not_lost() {
    let [a, corp] = ["A", "Corp"].map(root);
    let local = "/usr/local/share/ca-certificates";
    let files = systems::debian(&[&a]).file("/etc/ssl/certs/ca-certificates.crt", text(&[&a, &corp]));
    let with_key = text(&[&corp]) + KEY;
    let mut all = without(files.clone().file(format!("{local}/x.crt"), with_key.clone()), &corp);
    all += &without(files.clone().file(format!("{local}/x.crt"), text(&[&corp, &a]) + KEY), &corp);
    let linked = files.link(format!("{local}/x.crt"), "/srv/x.pem").file("/srv/x.pem", with_key.clone());
    all += &without(linked, &corp);
    // Where what is distrusted beats an anchor, the file need not be touched.
    let source = "/etc/pki/ca-trust/source";
    let bundle = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem";
    let fedora = systems::p11_kit(source, "/usr/share/pki/ca-trust-source", bundle, &[&a]);
    all += &without(fedora.file(format!("{source}/anchors/x.pem"), with_key), &corp);
    insta::assert_snapshot!(all, @r"
    declined /etc/ssl/certs/ca-certificates.crt: /usr/local/share/ca-certificates/x.crt holds a private key or other things too; move what is no certificate into a file of its own, and again
    /etc/ssl/certs/ca-certificates.crt (pem): system system-directory boringssl go rust-native-certs rust-native-tls
      - Corp
      kept 1; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /usr/local/share/ca-certificates/x.crt
    run update-ca-certificates --fresh -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    /etc/ssl/certs/ca-certificates.crt (pem): system system-directory boringssl go rust-native-certs rust-native-tls
      - Corp
      kept 1; files in /usr/local/share/ca-certificates; asks [Openssl]
      remove /usr/local/share/ca-certificates/x.crt (was a link to /srv/x.pem)
    run update-ca-certificates --fresh -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem (pem): system go rust-native-certs rust-native-tls
      - Corp
      kept 1; files in /etc/pki/ca-trust/source/anchors; asks [Openssl, Trust]
      write /etc/pki/ca-trust/source/blocklist/castore-corp-HASH.pem (new)
    run update-ca-trust -> /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
    ");
}

#[test]
fn a_file_of_a_package_among_the_anchors_is_left_to_it() {
    let [a, b, corp] = ["A", "B", "Corp"].map(root);
    let local = "/usr/local/share/ca-certificates";
    let debian = systems::debian(&[&a]).file("/etc/ssl/certs/ca-certificates.crt", text(&[&a, &corp]));
    let owned = debian
        .clone()
        .file(format!("{local}/x.crt"), text(&[&corp]))
        .file("/var/lib/dpkg/info/corp-roots.list", format!("{local}/x.crt\n"));
    let mut all = without(owned, &corp);
    // A link out of the anchors leads to what others read.
    let linked = debian.link(format!("{local}/x.crt"), "/srv/all.pem").file("/srv/all.pem", text(&[&corp, &b]));
    all += &without(linked, &corp);
    let source = "/etc/pki/ca-trust/source";
    let bundle = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem";
    let legacy = "/usr/share/pki/ca-trust-legacy/ca-bundle.legacy.crt";
    let fedora = systems::p11_kit(source, "/usr/share/pki/ca-trust-source", bundle, &[&a])
        .link(format!("{source}/anchors/ca-bundle.legacy.crt"), legacy);
    all += &without(fedora.clone().file(legacy, text(&[&corp])), &corp);
    all += &without(fedora.file(legacy, text(&[&corp, &b])), &corp);
    insta::assert_snapshot!(all, @r"
    declined /etc/ssl/certs/ca-certificates.crt: /usr/local/share/ca-certificates/x.crt belongs to the package corp-roots (dpkg); remove the package, where the root is not wanted
    declined /etc/ssl/certs/ca-certificates.crt: /usr/local/share/ca-certificates/x.crt leads to /srv/all.pem, which holds other certificates too; make it a file of its own first
    /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem (pem): system go rust-native-certs rust-native-tls
      - Corp
      kept 1; files in /etc/pki/ca-trust/source/anchors; asks [Openssl, Trust]
      write /etc/pki/ca-trust/source/blocklist/castore-corp-HASH.pem (new)
    run update-ca-trust -> /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
    /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem (pem): system go rust-native-certs rust-native-tls
      - Corp
      takes-up B: waits in /etc/pki/ca-trust/source/anchors/ca-bundle.legacy.crt: the refresh takes it up
      kept 1; files in /etc/pki/ca-trust/source/anchors; asks [Openssl, Trust]
      write /etc/pki/ca-trust/source/blocklist/castore-corp-HASH.pem (new)
    run update-ca-trust -> /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
    ");
}

/// Debian's tool looks for files with `find -L`.
#[test]
fn what_a_link_among_the_anchors_leads_to_is_left_and_what_is_shipped_behind_one_is_deselected() {
    let [a, b, corp] = ["A", "B", "Corp"].map(root);
    let local = "/usr/local/share/ca-certificates";
    let held = text(&[&a, &corp]);
    let debian = systems::debian(&[&a]).file("/etc/ssl/certs/ca-certificates.crt", held.clone());
    let linked = debian.link(format!("{local}/corp"), "/srv/corp").file("/srv/corp/below/x.crt", text(&[&corp]));
    // It is there already.
    let added = Asked { to: &["system"], add: &[&corp], ..Asked::default() };
    let mut all = said(&plan(linked.clone(), &added).unwrap());
    all += &without(linked, &corp);
    let moved = Memory::new()
        .with(local, Node::Directory)
        .file("/etc/ssl/certs/ca-certificates.crt", text(&[&a, &b, &corp]))
        .file("/etc/ca-certificates.conf", "mozilla/a.crt\ncorp/below/x.crt\nb.crt\n")
        .link("/usr/share/ca-certificates", "/opt/shipped")
        .file("/opt/shipped/mozilla/a.crt", text(&[&a]))
        .file("/opt/shipped/b.crt", text(&[&b]))
        .link("/opt/shipped/corp", "/srv/corp")
        .file("/srv/corp/below/x.crt", text(&[&corp]));
    all += &without(moved.clone(), &corp);
    all += &without(moved, &b);
    insta::assert_snapshot!(all, @r"
    unchanged /etc/ssl/certs/ca-certificates.crt
    declined /etc/ssl/certs/ca-certificates.crt: /usr/local/share/ca-certificates/corp/below leads to /srv/corp/below, outside of the anchors; take the file out there, or the link away, and refresh
    /etc/ssl/certs/ca-certificates.crt (pem) <- /usr/share/ca-certificates /usr/share/ca-certificates/corp/below /usr/share/ca-certificates/mozilla: system system-directory boringssl go rust-native-certs rust-native-tls
      - Corp
      kept 2; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /etc/ca-certificates.conf (was 37 bytes): mozilla/a.crt|!corp/below/x.crt|b.crt|
    run update-ca-certificates --fresh -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    /etc/ssl/certs/ca-certificates.crt (pem) <- /usr/share/ca-certificates /usr/share/ca-certificates/corp/below /usr/share/ca-certificates/mozilla: system system-directory boringssl go rust-native-certs rust-native-tls
      - B
      kept 2; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /etc/ca-certificates.conf (was 37 bytes): mozilla/a.crt|corp/below/x.crt|!b.crt|
    run update-ca-certificates --fresh -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    ");
}

/// Before FreeBSD 15 certctl makes links by hashes, and the file is one of ca_root_nss; both are read.
#[test]
fn freebsd_makes_no_file_of_a_package() {
    let [a, b, corp] = ["A", "B", "Corp"].map(root);
    let hashed = |certificate: &Certificate| {
        let hash = crate::format::hash_dir::subject_hash(certificate.subject_der().unwrap()).unwrap();
        format!("/etc/ssl/certs/{hash:08x}.0")
    };
    let none = Memory::new()
        .with("/etc/ssl/untrusted", Node::Directory)
        .with("/usr/local/share/certs", Node::Directory)
        .file("/usr/share/certs/trusted/A.pem", text(&[&a]));
    let base = none.clone().link(hashed(&a), "../../../usr/share/certs/trusted/A.pem");
    let nss = base
        .clone()
        .file("/usr/local/share/certs/ca-root-nss.crt", text(&[&a, &b]))
        .link("/etc/ssl/cert.pem", "/usr/local/share/certs/ca-root-nss.crt");
    let on_bsd = |files: Memory, asked: &Asked<'_>| said(&plan_over(System::Bsd, files, asked));
    let add = Asked { to: &["system"], add: &[&corp], ..Asked::default() };
    let mut all = on_bsd(base.clone(), &add) + &on_bsd(nss.clone(), &add);
    all += &on_bsd(nss, &Asked { to: &["system"], remove: &[&a], ..Asked::default() });
    // Since FreeBSD 15 what was made before counts, and so does the file.
    let own = none
        .clone()
        .file("/usr/local/share/certs/castore-corp.crt", text(&[&corp]))
        .file("/etc/ssl/cert.pem", text(&[&a, &corp]))
        .file(hashed(&corp), text(&[&corp]));
    all += &on_bsd(own, &Asked { to: &["system"], remove: &[&corp], ..Asked::default() });
    // What an administrator took out by a link comes back by its name.
    let untrusted = none
        .link("/etc/ssl/untrusted/0.0", "../../../usr/share/certs/trusted/A.pem")
        .file("/usr/local/share/certs/corp.crt", text(&[&corp]))
        .link(hashed(&corp), "../../../usr/local/share/certs/corp.crt");
    all += &on_bsd(untrusted, &Asked { to: &["system"], add: &[&a], ..Asked::default() });
    insta::assert_snapshot!(all, @r"
    /etc/ssl/certs (directory): bsd-system boringssl go rust-native-certs
      + Corp
      kept 1; files in /usr/local/share/certs; asks [Openssl]
      write /usr/local/share/certs/castore-corp-HASH.crt (new)
    run certctl rehash -> /etc/ssl/certs
    /etc/ssl/certs (directory): boringssl go rust-native-certs rust-native-tls
      + Corp
      kept 1; files in /usr/local/share/certs; asks [Openssl]
      write /usr/local/share/certs/castore-corp-HASH.crt (new)
    run certctl rehash -> /etc/ssl/certs
    /etc/ssl/certs (directory): boringssl go rust-native-certs rust-native-tls
      - A
      kept 0; files in /usr/local/share/certs; asks [Openssl]
      write /etc/ssl/untrusted/20b69a40.0 (new)
    run certctl rehash -> /etc/ssl/certs
    declined /usr/local/share/certs/ca-root-nss.crt: it stands where the system and its packages have their files, and which one has it castore cannot read (pkg which says it); name a bundle of your own by SSL_CERT_FILE
    /etc/ssl/cert.pem (pem): bsd-system boringssl go rust-native-certs rust-native-tls
      - Corp
      kept 1; files in /usr/local/share/certs; asks [Openssl]
      write /etc/ssl/untrusted/a6580597.0 (new)
    run certctl rehash -> /etc/ssl/cert.pem /etc/ssl/certs
    /etc/ssl/certs (directory): bsd-system boringssl go rust-native-certs rust-native-tls
      + A
      kept 1; files in /usr/local/share/certs; asks [Openssl]
      remove /etc/ssl/untrusted/0.0 (was a link to ../../../usr/share/certs/trusted/A.pem)
    run certctl rehash -> /etc/ssl/certs
    ");
}

/// A file that says of a root that it is distrusted is no anchor, and stays.
#[test]
fn p11_kit_keeps_what_it_distrusts() {
    let [a, corp] = ["A", "Corp"].map(root);
    let source = "/etc/pki/ca-trust/source";
    let bundle = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem";
    let distrust = crate::format::p11kit::write(&[(corp.der(), &Trust::Distrusted)]).text;
    let fedora = systems::p11_kit(source, "/usr/share/pki/ca-trust-source", bundle, &[&a])
        .file(bundle, text(&[&a, &corp]))
        .file(format!("{source}/corp.p11-kit"), distrust);
    let mut all = without(fedora.clone(), &corp);
    all += &without(fedora.file(format!("{source}/anchors/corp.pem"), text(&[&corp])), &corp);
    insta::assert_snapshot!(all, @r"
    /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem (pem): system go rust-native-certs rust-native-tls
      - Corp
      kept 1; files in /etc/pki/ca-trust/source/anchors; asks [Openssl, Trust]
      note: certificate HASH is in nothing that the stores are made from, and goes with the next refresh
    run update-ca-trust -> /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
    /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem (pem): system go rust-native-certs rust-native-tls
      - Corp
      kept 1; files in /etc/pki/ca-trust/source/anchors; asks [Openssl, Trust]
      remove /etc/pki/ca-trust/source/anchors/corp.pem
    run update-ca-trust -> /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
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

/// The others change all the same.
#[test]
fn what_the_writer_would_refuse_is_told_and_left_alone() {
    let [a, corp] = ["A", "Corp"].map(root);
    let files = super::systems::debian(&[&a])
        .file("/srv/own.pem", text(&[&a]))
        .file("/srv/shared/theirs.pem", text(&[&a]))
        .link("/srv/shared/link.pem", "/srv/own.pem")
        .link("/srv/shared/system.pem", "/etc/ssl/certs/ca-certificates.crt");
    let may_write = |path: &Path, _: WrittenBy| match path.starts_with("/srv/shared") {
        false => Ok(Some(path.to_path_buf())),
        true => Err(Unwritable { because: "others can write there".to_owned(), instead: None }),
    };
    let said_of = |to: &[&str]| {
        let asked = Asked { to, add: &[&corp], writer: Writer(Some(&may_write)), ..Asked::default() };
        said(&plan(files.clone(), &asked).unwrap())
    };
    insta::assert_snapshot!(said_of(&["/srv/own.pem", "/srv/shared/theirs.pem"]), @r"
    /srv/own.pem (pem): 
      + Corp
      kept 1; the file is written anew; asks [Openssl]
      write /srv/own.pem
    declined /srv/shared/theirs.pem: others can write there; -
    ");
    insta::assert_snapshot!(said_of(&["/srv/shared/link.pem"]), @r"
    declined /srv/own.pem: others can write there; -
    ");
    insta::assert_snapshot!(said_of(&["/srv/shared/link.pem", "/srv/own.pem"]), @r"
    /srv/own.pem (pem): 
      + Corp
      kept 1; the file is written anew; asks [Openssl]
      write /srv/own.pem
    ");
    insta::assert_snapshot!(said_of(&["/srv/shared/system.pem"]), @r"
    declined /etc/ssl/certs/ca-certificates.crt: others can write there; -
    ");
    let system = |to: &[&str]| said_of(to).lines().count();
    assert!(system(&["system"]) > 1 && system(&["/srv/shared/system.pem", "system"]) > 1);
    let elsewhere = |_: &Path, _: WrittenBy| Ok(Some("/srv/another.pem".into()));
    let asked = Asked { to: &["/srv/own.pem"], add: &[&corp], writer: Writer(Some(&elsewhere)), ..Asked::default() };
    insta::assert_snapshot!(said(&plan(files.clone(), &asked).unwrap()), @r"
    declined /srv/own.pem: /srv/own.pem leads elsewhere than when it was read; -
    ");
    // A link that is gone for a moment may lead elsewhere the next.
    let gone = |_: &Path, _: WrittenBy| Ok(None);
    let stores = |to: &[&str]| {
        let asked = Asked { to, add: &[&corp], writer: Writer(Some(&gone)), ..Asked::default() };
        plan(files.clone(), &asked).unwrap().stores.len()
    };
    assert_eq!([stores(&["/srv/shared/link.pem"]), stores(&["/srv/own.pem"])], [0, 1]);
}
