//! `trust` of p11-kit, which makes the bundles of Fedora's family from every file of a directory of anchors.

use super::{Kind, Planned, Reader, each, fingerprint};
use crate::{is_root, words};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// A file for `update-ca-trust`, which is not run in a tree.
pub(super) const ANCHORS: Kind = Kind {
    name: "sync to Fedora's anchors",
    store: "store/etc/pki/ca-trust/source",
    make: |world, place, old| {
        let directories = [
            "etc/pki/ca-trust/source/anchors",
            "etc/pki/ca-trust/extracted/pem",
            "usr/share/pki/ca-trust-source",
            "usr/bin",
        ];
        for directory in directories {
            fs::create_dir_all(place.path("store").join(directory)).expect("a directory");
        }
        place.put("store/etc/os-release", "ID=fedora\n");
        place.put("store/etc/fedora-release", "Fedora release 42\n");
        place.put("store/usr/bin/update-ca-trust", "#!/bin/sh\n");
        place.put("store/etc/pki/ca-trust/source/anchors/old.pem", world.bundle(old));
        place.put("store/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", world.bundle(old));
    },
    arguments: |place| {
        let (root, state) = (place.path("store"), place.path("state"));
        words!["add", place.path("source/new.pem"), "--root", root, "--write", "--yes", "--state", state]
    },
    adds: true,
    readers: &[TRUST],
};

const TRUST: Reader = Reader {
    name: "trust extract",
    program: "trust",
    ask: |world, all| {
        each(all, |planned| {
            let text = extracted(planned);
            let blocks = ::pem::parse_many(text).unwrap_or_default();
            let sha256 = blocks.iter().map(|block| fingerprint(block.contents()));
            sha256.map(|sha256| world.number(&sha256).unwrap_or(usize::MAX)).collect()
        })
    },
};

/// A bundle of what p11-kit takes for authorities, by a configuration of our own that names this store alone. Root's
/// p11-kit reads none of a user's.
fn extracted(planned: &Planned) -> Vec<u8> {
    let place = &planned.place;
    let modules = place.path("home/pkcs11/modules");
    fs::create_dir_all(&modules).expect("a directory");
    fs::write(place.path("home/pkcs11/pkcs11.conf"), "user-config: only\n").expect("a file");
    let paths = planned.store.display();
    let module = format!("module: p11-kit-trust.so\npriority: 1\ntrust-policy: yes\nx-init-reserved: paths={paths}\n");
    fs::write(modules.join("p11-kit-trust.module"), module).expect("a file");
    for (name, mode) in [("", 0o755), ("home", 0o755), ("tmp", 0o777)] {
        fs::set_permissions(place.path(name), fs::Permissions::from_mode(mode)).expect("a mode");
    }
    let bundle = place.path("tmp/bundle.pem");
    let mut trust = Command::new(if is_root() { "setpriv" } else { "trust" });
    if is_root() {
        trust.args(["--reuid=65534", "--regid=65534", "--clear-groups", "trust"]);
    }
    trust.args(["extract", "--overwrite", "--format=pem-bundle", "--filter=ca-anchors"]).arg(&bundle);
    trust.env("HOME", place.path("home")).env("XDG_CONFIG_HOME", place.path("home"));
    let output = trust.env_remove("P11_KIT_NO_USER_CONFIG").output().expect("trust runs");
    assert!(output.status.success(), "{output:?}");
    fs::read(bundle).expect("a bundle")
}
