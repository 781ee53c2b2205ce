//! The system's store in each family.

use super::*;

/// A Debian with these roots shipped and selected, and a bundle of them.
pub(super) fn debian(shipped: &[&Arc<Certificate>]) -> Memory {
    let mut files = Memory::new()
        .with("/usr/local/share/ca-certificates", Node::Directory)
        .file("/etc/ssl/certs/ca-certificates.crt", text(shipped));
    let mut list = "# all\n".to_owned();
    for certificate in shipped {
        let file = format!("mozilla/{}.crt", name(certificate));
        files = files.file(format!("/usr/share/ca-certificates/{file}"), text(&[certificate]));
        list += &format!("{file}\n");
    }
    files.file("/etc/ca-certificates.conf", list)
}

#[test]
fn debian_takes_a_file_and_deselects_what_it_ships() {
    let [a, b, corp] = ["A", "B", "Corp Root"].map(root);
    let files = debian(&[&a, &b])
        .link("/usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt")
        .file("/etc/ssl/certs/java/cacerts", crate::format::jks::write([], &crate::model::Password::new("changeit")))
        .file("/etc/ca-certificates/update.d/jks-keystore", "");
    let added = plan(files.clone(), &Asked { to: &["system"], add: &[&corp], ..Asked::default() }).unwrap();
    insta::assert_snapshot!(said(&added), @r"
    /etc/ssl/certs/ca-certificates.crt (pem) <- /usr/lib/ssl/cert.pem: system system-directory system-java boringssl go rust-native-certs rust-native-tls
      + Corp Root
      kept 2; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /usr/local/share/ca-certificates/castore-corp-root-HASH.crt (new)
    run update-ca-certificates -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs /etc/ssl/certs/java/cacerts
    ");
    // What a curl or an openssl reads is the same store.
    let removed = plan(files, &Asked { to: &["system"], remove: &[&b], ..Asked::default() }).unwrap();
    insta::assert_snapshot!(said(&removed), @r"
    /etc/ssl/certs/ca-certificates.crt (pem) <- /usr/lib/ssl/cert.pem: system system-directory system-java boringssl go rust-native-certs rust-native-tls
      - B
      kept 1; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /etc/ca-certificates.conf (was 34 bytes): # all|mozilla/A.crt|!mozilla/B.crt|
    run update-ca-certificates --fresh -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs /etc/ssl/certs/java/cacerts
    run dpkg-trigger --no-await update-ca-certificates-java-fresh -> 
    run dpkg --triggers-only --pending -> /etc/ssl/certs/java/cacerts
    ");
}

/// One certificate that OpenSSL or GnuTLS does not read is the end of all others in the bundle.
#[test]
fn what_would_spoil_the_bundle_of_a_system_is_not_added() {
    let a = root("A");
    for (der, reader) in [(undecodable("Corp"), "OpenSSL"), (of_no_date("Corp"), "GnuTLS")] {
        let odd = Arc::new(x509::read(der.into()));
        let files = debian(&[&a]).file("/etc/mine.pem", text(&[&a]));
        let spoilt = plan(files.clone(), &Asked { to: &["system"], add: &[&odd], ..Asked::default() }).unwrap();
        let said = said(&spoilt);
        assert!(spoilt.stores.is_empty() && said.contains(reader), "{said}");
    }
}

#[test]
fn what_gnutls_does_not_read_is_noted_in_a_file() {
    let odd = Arc::new(x509::read(of_no_date("Corp").into()));
    let files = Memory::new().file("/mine.pem", text(&[&root("A")]));
    let plan = plan(files, &Asked { to: &["/mine.pem"], add: &[&odd], ..Asked::default() }).unwrap();
    assert!(said(&plan).contains("note: programs on GnuTLS will take nothing of it"), "{}", said(&plan));
}

#[test]
fn a_system_without_anchors_takes_its_first() {
    let [a, corp] = ["A", "Corp"].map(root);
    let files = debian(&[]).file("/etc/ssl/certs/ca-certificates.crt", text(&[&a]));
    let added = plan(files, &Asked { to: &["system"], add: &[&corp], ..Asked::default() }).unwrap();
    insta::assert_snapshot!(said(&added), @r"
    /etc/ssl/certs/ca-certificates.crt (pem): system system-directory boringssl go rust-native-certs rust-native-tls
      + Corp
      kept 1; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /usr/local/share/ca-certificates/castore-corp-HASH.crt (new)
    run update-ca-certificates -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    ");
}

#[test]
fn a_local_anchor_goes_with_its_file() {
    let [a, corp, more] = ["A", "Corp", "More"].map(root);
    let files = debian(&[&a])
        .file("/etc/ssl/certs/ca-certificates.crt", text(&[&a, &corp, &more]))
        .file("/usr/local/share/ca-certificates/corp.crt", text(&[&corp]))
        .file("/usr/local/share/ca-certificates/both.crt", text(&[&corp, &more]))
        .link("/usr/local/share/ca-certificates/linked.crt", "/etc/corp.pem")
        .file("/etc/corp.pem", text(&[&corp]));
    let removed = plan(files, &Asked { to: &["system"], remove: &[&corp], ..Asked::default() }).unwrap();
    insta::assert_snapshot!(said(&removed), @r"
    /etc/ssl/certs/ca-certificates.crt (pem): system system-directory boringssl go rust-native-certs rust-native-tls
      - Corp
      kept 2; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /usr/local/share/ca-certificates/both.crt
      remove /usr/local/share/ca-certificates/corp.crt
      remove /usr/local/share/ca-certificates/linked.crt (was a link to /etc/corp.pem)
    run update-ca-certificates --fresh -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    ");
}

#[test]
fn what_the_administrator_deselected_comes_back_by_its_name_alone() {
    let [a, b] = ["A", "B"].map(root);
    let files = debian(&[&a, &b])
        .file("/etc/ca-certificates.conf", "mozilla/A.crt\n!mozilla/B.crt")
        .file("/etc/ssl/certs/ca-certificates.crt", text(&[&a]));
    let synced = plan(files.clone(), &Asked { to: &["system"], from: &[&b], ..Asked::default() }).unwrap();
    insta::assert_snapshot!(said(&synced), @r"
    unchanged /etc/ssl/certs/ca-certificates.crt
    not added to /etc/ssl/certs/ca-certificates.crt: B, /etc/ca-certificates.conf does not select it
    ");
    let added = plan(files, &Asked { to: &["system"], add: &[&b], ..Asked::default() }).unwrap();
    insta::assert_snapshot!(said(&added), @r"
    /etc/ssl/certs/ca-certificates.crt (pem): system system-directory boringssl go rust-native-certs rust-native-tls
      + B
      kept 1; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /etc/ca-certificates.conf (was 28 bytes): mozilla/A.crt|mozilla/B.crt
    run update-ca-certificates -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    ");
}

#[test]
fn an_anchor_that_was_not_taken_up_needs_the_command_alone() {
    let [a, corp] = ["A", "Corp"].map(root);
    let files = debian(&[&a]).file("/usr/local/share/ca-certificates/corp.crt", text(&[&corp]));
    let added = plan(files, &Asked { to: &["system"], from: &[&corp], ..Asked::default() }).unwrap();
    insta::assert_snapshot!(said(&added), @r"
    /etc/ssl/certs/ca-certificates.crt (pem): system system-directory boringssl go rust-native-certs rust-native-tls
      + Corp
      kept 1; files in /usr/local/share/ca-certificates; asks [Openssl]
    run update-ca-certificates --fresh -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    ");
}

/// A system of p11-kit: where the anchors are, the bundle that is made of them, and the places before which theirs
/// are.
pub(super) fn p11_kit(own: &str, shipped: &str, bundle: &str, roots: &[&Arc<Certificate>]) -> Memory {
    let mut files = Memory::new()
        .with(format!("{own}/anchors"), Node::Directory)
        .with(format!("{own}/blocklist"), Node::Directory)
        .file(bundle, text(roots));
    for certificate in roots {
        files = files.file(format!("{shipped}/anchors/{}.pem", name(certificate)), text(&[certificate]));
    }
    files
}

#[test]
fn p11_kit_has_anchors_and_a_blocklist() {
    let [a, b, corp] = ["A", "B", "Corp"].map(root);
    let mut all = String::new();
    for (own, shipped, bundle) in [
        (
            "/etc/pki/ca-trust/source",
            "/usr/share/pki/ca-trust-source",
            "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        ),
        ("/etc/pki/trust", "/usr/share/pki/trust", "/var/lib/ca-certificates/ca-bundle.pem"),
        (
            "/etc/ca-certificates/trust-source",
            "/usr/share/ca-certificates/trust-source",
            "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
        ),
    ] {
        let files = p11_kit(own, shipped, bundle, &[&a, &b]);
        let asked = Asked { to: &["system"], add: &[&corp], remove: &[&b], ..Asked::default() };
        all += &said(&plan(files.clone(), &asked).unwrap());
        // What is blocked stays so for a sync, and comes back where it is named.
        let blocked = files.file(bundle, text(&[&a])).file(format!("{own}/blocklist/b.pem"), text(&[&b]));
        all += &said(&plan(blocked.clone(), &Asked { to: &["system"], from: &[&b], ..Asked::default() }).unwrap());
        all += &said(&plan(blocked, &Asked { to: &["system"], add: &[&b], ..Asked::default() }).unwrap());
        all += "\n";
    }
    insta::assert_snapshot!(all, @r"
    /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem (pem): system go rust-native-certs rust-native-tls
      + Corp
      - B
      kept 1; files in /etc/pki/ca-trust/source/anchors; asks [Openssl, Trust]
      write /etc/pki/ca-trust/source/anchors/castore-corp-HASH.pem (new)
      write /etc/pki/ca-trust/source/blocklist/castore-b-HASH.pem (new)
    run update-ca-trust -> /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
    unchanged /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
    not added to /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem: B, /etc/pki/ca-trust/source/blocklist/b.pem distrusts it
    /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem (pem): system go rust-native-certs rust-native-tls
      + B
      kept 1; files in /etc/pki/ca-trust/source/anchors; asks [Openssl, Trust]
      remove /etc/pki/ca-trust/source/blocklist/b.pem
    run update-ca-trust -> /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem

    /var/lib/ca-certificates/ca-bundle.pem (pem): system
      + Corp
      - B
      kept 1; files in /etc/pki/trust/anchors; asks [Openssl, Trust]
      write /etc/pki/trust/anchors/castore-corp-HASH.pem (new)
      write /etc/pki/trust/blocklist/castore-b-HASH.pem (new)
    run update-ca-certificates -f -> /var/lib/ca-certificates/ca-bundle.pem
    unchanged /var/lib/ca-certificates/ca-bundle.pem
    not added to /var/lib/ca-certificates/ca-bundle.pem: B, /etc/pki/trust/blocklist/b.pem distrusts it
    /var/lib/ca-certificates/ca-bundle.pem (pem): system
      + B
      kept 1; files in /etc/pki/trust/anchors; asks [Openssl, Trust]
      remove /etc/pki/trust/blocklist/b.pem
    run update-ca-certificates -f -> /var/lib/ca-certificates/ca-bundle.pem

    /etc/ca-certificates/extracted/tls-ca-bundle.pem (pem): system
      + Corp
      - B
      kept 1; files in /etc/ca-certificates/trust-source/anchors; asks [Openssl, Trust]
      write /etc/ca-certificates/trust-source/anchors/castore-corp-HASH.crt (new)
      write /etc/ca-certificates/trust-source/blocklist/castore-b-HASH.pem (new)
    run update-ca-trust -> /etc/ca-certificates/extracted/tls-ca-bundle.pem
    unchanged /etc/ca-certificates/extracted/tls-ca-bundle.pem
    not added to /etc/ca-certificates/extracted/tls-ca-bundle.pem: B, /etc/ca-certificates/trust-source/blocklist/b.pem distrusts it
    /etc/ca-certificates/extracted/tls-ca-bundle.pem (pem): system
      + B
      kept 1; files in /etc/ca-certificates/trust-source/anchors; asks [Openssl, Trust]
      remove /etc/ca-certificates/trust-source/blocklist/b.pem
    run update-ca-trust -> /etc/ca-certificates/extracted/tls-ca-bundle.pem
    ");
}

#[test]
fn alpine_has_debians_list_and_a_program_of_its_own() {
    let [a, b, corp] = ["A", "B", "Corp"].map(root);
    let files = debian(&[&a, &b])
        .file("/etc/os-release", "ID=alpine\n")
        .file("/lib/apk/db/installed", "P:ca-certificates-bundle\nF:etc/ssl/certs\nR:ca-certificates.crt\n");
    let asked = Asked { to: &["system"], add: &[&corp], remove: &[&a], ..Asked::default() };
    insta::assert_snapshot!(said(&plan(files, &asked).unwrap()), @r"
    /etc/ssl/certs/ca-certificates.crt (pem): system system-directory boringssl go rust-native-certs rust-native-tls
      + Corp
      - A
      kept 1; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /usr/local/share/ca-certificates/castore-corp-HASH.crt (new)
      write /etc/ca-certificates.conf (was 34 bytes): # all|!mozilla/A.crt|mozilla/B.crt|
    run update-ca-certificates -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    ");
    // With the bundle alone nothing makes it anew but the next upgrade.
    let bundle = Memory::new()
        .file("/etc/ssl/certs/ca-certificates.crt", text(&[&a]))
        .file("/lib/apk/db/installed", "P:ca-certificates-bundle\nF:etc/ssl/certs\nR:ca-certificates.crt\n");
    let alone = plan(bundle, &Asked { to: &["system"], add: &[&corp], ..Asked::default() }).unwrap();
    insta::assert_snapshot!(said(&alone), @r"
    declined /etc/ssl/certs/ca-certificates.crt: it belongs to the package ca-certificates-bundle (apk), whose next upgrade replaces it; name a bundle of your own by SSL_CERT_FILE
    ");
}

#[test]
fn systems_made_from_images_are_told_apart() {
    let [a, corp] = ["A", "Corp"].map(root);
    let to = |files: Memory, live: bool, path: &str| {
        let mut host = Host::new(Box::new(files), System::Linux);
        host.live = live;
        said(&plan_on(&host, &Asked { to: &[path], add: &[&corp], ..Asked::default() }).unwrap())
    };
    let nix = Memory::new()
        .file("/nix/store/x-cacert/ca-bundle.crt", text(&[&a]))
        .link("/etc/ssl/certs/ca-certificates.crt", "/nix/store/x-cacert/ca-bundle.crt");
    let mut all = to(nix.clone(), false, "system");
    all += &to(nix.file("/etc/NIXOS", ""), false, "system");
    let ostree = Memory::new().file("/run/ostree-booted", "").file("/usr/share/x.pem", text(&[&a]));
    all += &to(ostree, false, "/usr/share/x.pem");
    let mounts = "22 1 0:1 / / rw - ext4 /dev/a rw\n23 22 0:2 / /mnt/a\\040b ro - ext4 /dev/b rw\n\
                  24 22 0:3 / /img rw - squashfs /dev/c ro\n";
    let mounted = Memory::new()
        .file("/proc/self/mountinfo", mounts)
        .file("/mnt/a b/x.pem", text(&[&a]))
        .file("/img/x.pem", text(&[&a]))
        .file("/x.pem", text(&[&a]));
    all += &to(mounted.clone(), true, "/mnt/a b/x.pem");
    all += &to(mounted.clone(), true, "/img/x.pem");
    all += &to(mounted, true, "/x.pem");
    all += &to(Memory::new().file("/snap/x/1/ca.pem", text(&[&a])), false, "/snap/x/1/ca.pem");
    let flatpak = "/home/u/.local/share/flatpak/app/x/ca.pem";
    all += &to(Memory::new().file(flatpak, text(&[&a])), false, flatpak);
    insta::assert_snapshot!(all, @r"
    declined /nix/store/x-cacert/ca-bundle.crt: it is in the Nix store; name a bundle of your own by NIX_SSL_CERT_FILE
    declined /nix/store/x-cacert/ca-bundle.crt: it is in the Nix store, and NixOS makes it anew; security.pki.certificateFiles in configuration.nix, then nixos-rebuild switch
    declined /usr/share/x.pem: the system is made from an image (ostree), and /usr is part of it; put the root into the image, or into the anchors in /etc
    declined /mnt/a b/x.pem: the file system at /mnt/a b is mounted read-only; mount it to be written, or change what is mounted at /mnt/a b where it comes from
    declined /img/x.pem: it is in an image (squashfs, mounted at /img); change what the image is made from
    /x.pem (pem): 
      + Corp
      kept 1; the file is written anew; asks [Openssl]
      write /x.pem
    declined /snap/x/1/ca.pem: it is inside a snap, which is an image; snap set system store-certs.NAME='$(cat FILE)'
    declined /home/u/.local/share/flatpak/app/x/ca.pem: it is inside a Flatpak, which updates replace as a whole; add the root to the system's store, which Flatpak's p11-kit shows to what runs inside
    ");
}

/// Directories that are links: `/usr/local` of ostree, `/etc/pki` on another disk, the list of Debian.
#[test]
fn places_behind_links_are_the_same_places() {
    let [a, b, corp] = ["A", "B", "Corp"].map(root);
    let asked = Asked { to: &["system"], add: &[&corp], remove: &[&b], ..Asked::default() };
    let debian = Memory::new()
        .link("/usr/local", "/var/usrlocal")
        .with("/var/usrlocal/share/ca-certificates", Node::Directory)
        .file("/etc/ssl/certs/ca-certificates.crt", text(&[&a, &b]))
        .file("/usr/share/ca-certificates/mozilla/A.crt", text(&[&a]))
        .file("/usr/share/ca-certificates/mozilla/B.crt", text(&[&b]))
        .link("/etc/ca-certificates.conf", "/srv/ca.conf")
        .file("/srv/ca.conf", "mozilla/A.crt\nmozilla/B.crt\n");
    let fedora = Memory::new()
        .link("/etc/pki", "/pki2")
        .with("/pki2/ca-trust/source/anchors", Node::Directory)
        .with("/pki2/ca-trust/source/blocklist", Node::Directory)
        .file("/pki2/ca-trust/extracted/pem/tls-ca-bundle.pem", text(&[&a, &b]))
        .file("/usr/share/pki/ca-trust-source/anchors/a.pem", text(&[&a]))
        .file("/usr/share/pki/ca-trust-source/anchors/b.pem", text(&[&b]));
    let all: String = [debian, fedora].into_iter().map(|files| said(&plan(files, &asked).unwrap())).collect();
    insta::assert_snapshot!(all, @r"
    /etc/ssl/certs/ca-certificates.crt (pem): system system-directory boringssl go rust-native-certs rust-native-tls
      + Corp
      - B
      kept 1; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /var/usrlocal/share/ca-certificates/castore-corp-HASH.crt (new)
      write /srv/ca.conf
    run update-ca-certificates --fresh -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    /pki2/ca-trust/extracted/pem/tls-ca-bundle.pem (pem) <- /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/pki/ca-trust/source /etc/pki/ca-trust/source/anchors /etc/pki/ca-trust/source/blocklist: system go rust-native-certs rust-native-tls
      + Corp
      - B
      kept 1; files in /etc/pki/ca-trust/source/anchors; asks [Openssl, Trust]
      write /pki2/ca-trust/source/anchors/castore-corp-HASH.pem (new)
      write /pki2/ca-trust/source/blocklist/castore-b-HASH.pem (new)
    run update-ca-trust -> /pki2/ca-trust/extracted/pem/tls-ca-bundle.pem
    ");
}

/// A removal that no refresh followed, as with `--root`: the bundle has the root until the next one.
#[test]
fn what_the_next_refresh_would_drop_is_lacking() {
    let [a, b, corp] = ["A", "B", "Corp"].map(root);
    let files = debian(&[&a, &b])
        .file("/etc/ca-certificates.conf", "mozilla/A.crt\n!mozilla/B.crt\n")
        .file("/etc/ssl/certs/ca-certificates.crt", text(&[&a, &b, &corp]));
    let added = plan(files, &Asked { to: &["system"], add: &[&a, &b, &corp], ..Asked::default() }).unwrap();
    let place = "/etc/pki/ca-trust/source";
    let bundle = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem";
    let fedora = p11_kit(place, "/usr/share/pki/ca-trust-source", bundle, &[&a, &b])
        .file(format!("{place}/blocklist/b.pem"), text(&[&b]));
    let again = plan(fedora, &Asked { to: &["system"], add: &[&a, &b], ..Asked::default() }).unwrap();
    insta::assert_snapshot!(said(&added) + &said(&again), @r"
    /etc/ssl/certs/ca-certificates.crt (pem): system system-directory boringssl go rust-native-certs rust-native-tls
      + B
      + Corp
      kept 3; files in /usr/local/share/ca-certificates; asks [Openssl]
      note: certificate HASH is there, and would go with the next refresh
      note: certificate HASH is there, and would go with the next refresh
      write /usr/local/share/ca-certificates/castore-corp-HASH.crt (new)
      write /etc/ca-certificates.conf (was 29 bytes): mozilla/A.crt|mozilla/B.crt|
    run update-ca-certificates -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem (pem): system go rust-native-certs rust-native-tls
      + B
      kept 2; files in /etc/pki/ca-trust/source/anchors; asks [Openssl, Trust]
      note: certificate HASH is there, and would go with the next refresh
      remove /etc/pki/ca-trust/source/blocklist/b.pem
    run update-ca-trust -> /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
    ");
}

/// The list chooses files: one of several certificates is chosen or not as a whole.
#[test]
fn a_listed_file_of_several_goes_and_comes_whole() {
    let [a, b, c] = ["A", "B", "C"].map(root);
    let with = |list: &str, held: &[&Arc<Certificate>]| {
        debian(&[&a])
            .file("/usr/share/ca-certificates/own/two.crt", text(&[&b, &c]))
            .file("/etc/ca-certificates.conf", list)
            .file("/etc/ssl/certs/ca-certificates.crt", text(held))
    };
    let on = || with("mozilla/A.crt\nown/two.crt\n", &[&a, &b, &c]);
    let off = || with("mozilla/A.crt\n!own/two.crt\n", &[&a]);
    let mut all = said(&plan(on(), &Asked { to: &["system"], remove: &[&b], ..Asked::default() }).unwrap());
    all += &said(&plan(on(), &Asked { to: &["system"], remove: &[&b, &c], ..Asked::default() }).unwrap());
    all += &said(&plan(off(), &Asked { to: &["system"], add: &[&b], ..Asked::default() }).unwrap());
    all += &said(&plan(off(), &Asked { to: &["system"], add: &[&b, &c], ..Asked::default() }).unwrap());
    // What goes is in the order of fingerprints, which are others each time.
    let all = all.replace(&c.fingerprint().short(), "OF_C").replace("  - C\n  - B\n", "  - B\n  - C\n");
    insta::assert_snapshot!(all, @r"
    declined /etc/ssl/certs/ca-certificates.crt: /usr/share/ca-certificates/own/two.crt holds certificate OF_C too, and is selected as a whole; put them in files of their own first
    /etc/ssl/certs/ca-certificates.crt (pem): system system-directory boringssl go rust-native-certs rust-native-tls
      - B
      - C
      kept 1; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /etc/ca-certificates.conf (was 26 bytes): mozilla/A.crt|!own/two.crt|
    run update-ca-certificates --fresh -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    unchanged /etc/ssl/certs/ca-certificates.crt
    not added to /etc/ssl/certs/ca-certificates.crt: B, /usr/share/ca-certificates/own/two.crt holds certificate OF_C too, and is selected as a whole
    /etc/ssl/certs/ca-certificates.crt (pem): system system-directory boringssl go rust-native-certs rust-native-tls
      + B
      + C
      kept 1; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /etc/ca-certificates.conf (was 27 bytes): mozilla/A.crt|own/two.crt|
    run update-ca-certificates -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    ");
}

/// What is made is no place for anything: it goes with the next refresh, and is asked for first.
#[test]
fn what_was_written_into_the_bundle_by_hand_needs_leave() {
    let [a, corp, hand, off] = ["A", "Corp", "By Hand", "Off"].map(root);
    let files = debian(&[&a, &off])
        .file("/etc/ca-certificates.conf", "mozilla/A.crt\n!mozilla/Off.crt\n")
        .file("/etc/ssl/certs/ca-certificates.crt", text(&[&a, &hand, &off]));
    let asked = Asked { to: &["system"], add: &[&corp], ..Asked::default() };
    let Err(Refused::Objected { plan: shown, objections }) = plan(files.clone(), &asked) else { panic!() };
    let hint = objections[0].hint();
    assert_eq!(
        hint,
        format!(
            "castore add {} puts among the anchors what is to stay; --allow 1 lets it go",
            hand.fingerprint().short()
        )
    );
    let objection = Objection::Dropped {
        store: StoreId::Path("/etc/ssl/certs/ca-certificates.crt".into()),
        certificates: vec![hand.fingerprint()],
        removed: 1,
    };
    assert_eq!(objections, [objection]);
    insta::assert_snapshot!(said(&shown), @r"
    /etc/ssl/certs/ca-certificates.crt (pem): system system-directory boringssl go rust-native-certs rust-native-tls
      + Corp
      drops By Hand: in /etc/ssl/certs/ca-certificates.crt alone: update-ca-certificates drops it
      takes-out Off: a line with ! in /etc/ca-certificates.conf deselects it: the refresh takes it out of /etc/ssl/certs/ca-certificates.crt
      kept 1; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /usr/local/share/ca-certificates/castore-corp-HASH.crt (new)
    run update-ca-certificates -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    ");
    let allowed = Asked { allow: Allow { removals: 1 }, ..asked };
    assert_eq!(plan(files.clone(), &allowed).unwrap(), *shown);
    // Among the anchors it stays; named to be removed it goes.
    let kept = Asked { add: &[&corp, &hand], ..asked };
    let kept = plan(files.clone(), &kept).unwrap();
    assert!(kept.stores[0].swept.iter().all(|swept| swept.does == Sweep::TakesOut));
    let removed = Asked { add: &[], remove: &[&hand], ..asked };
    assert!(plan(files, &removed).unwrap().stores[0].swept.iter().all(|swept| swept.does == Sweep::TakesOut));
}

/// Where nothing that a system ships is there, what makes its stores decides whether the bundle is made by it.
#[test]
fn a_bundle_that_nothing_makes_is_not_swept() {
    let [a, corp] = ["A", "Corp"].map(root);
    let files = debian(&[]).file("/etc/ssl/certs/ca-certificates.crt", text(&[&a]));
    let asked = Asked { to: &["system"], add: &[&corp], ..Asked::default() };
    assert_eq!(plan(files.clone(), &asked).unwrap().stores[0].swept, []);
    let refused = plan(files.file("/usr/sbin/update-ca-certificates", "#!/bin/sh\n"), &asked);
    assert!(matches!(refused, Err(Refused::Objected { .. })), "{refused:?}");
}

#[test]
fn an_anchor_that_waits_is_told_with_what_is_asked_for() {
    let [a, corp, rogue] = ["A", "Corp", "Rogue"].map(root);
    let files = debian(&[&a]).file("/usr/local/share/ca-certificates/rogue.crt", text(&[&rogue]));
    let added = plan(files.clone(), &Asked { to: &["system"], add: &[&corp], ..Asked::default() }).unwrap();
    insta::assert_snapshot!(said(&added), @r"
    /etc/ssl/certs/ca-certificates.crt (pem): system system-directory boringssl go rust-native-certs rust-native-tls
      + Corp
      takes-up Rogue: waits in /usr/local/share/ca-certificates/rogue.crt: the refresh takes it up
      kept 1; files in /usr/local/share/ca-certificates; asks [Openssl]
      write /usr/local/share/ca-certificates/castore-corp-HASH.crt (new)
    run update-ca-certificates -> /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs
    ");
    let both = plan(files, &Asked { to: &["system"], add: &[&corp, &rogue], ..Asked::default() }).unwrap();
    assert_eq!(both.stores[0].swept, []);
}

/// Debian's trigger takes out of Java's keystore what it made itself; what a person put there stays.
#[test]
fn what_the_trigger_takes_out_of_java_is_told() {
    let [a, b, gone, hand] = ["A", "B", "Gone", "By Hand"].map(root);
    let entries = [("debian:a.pem", a.der()), ("debian:gone.pem", gone.der()), ("hand", hand.der())];
    let keystore = crate::format::jks::write(entries, &crate::model::Password::new("changeit"));
    let files = debian(&[&a, &b])
        .file("/etc/ssl/certs/java/cacerts", keystore)
        .file("/etc/ca-certificates/update.d/jks-keystore", "");
    let corp = root("Corp");
    let added = plan(files.clone(), &Asked { to: &["system"], add: &[&corp], ..Asked::default() }).unwrap();
    assert_eq!(added.stores[0].swept, []);
    let removed = plan(files, &Asked { to: &["system"], remove: &[&b], ..Asked::default() }).unwrap();
    let swept: Vec<_> = removed.stores[0].swept.iter().map(|one| (one.does, name(&one.certificate))).collect();
    assert_eq!(swept, [(Sweep::TakesOut, "Gone".to_owned())]);
}
