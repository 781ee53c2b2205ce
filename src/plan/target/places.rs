//! Places where nothing is written: what is mounted read-only, and systems that are made from an image.
//!
//! They are told apart, since each has another right place: a rebuild, an image, a setting of the sandbox.

use super::Refusal;
use crate::host::{Host, System};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What a host says of where it can be written.
pub(super) struct Places {
    system: System,
    is_nixos: bool,
    is_ostree: bool,
    is_transactional: bool,
    /// Mount points in the order of mounting: whether they are read-only, and their type of file system.
    mounts: Vec<Mount>,
}

struct Mount {
    at: PathBuf,
    is_read_only: bool,
    kind: String,
}

/// File systems that are made whole and never written.
const IMAGES: [&str; 4] = ["squashfs", "erofs", "iso9660", "cramfs"];

impl Places {
    pub(super) fn of(host: &Host) -> Self {
        let is_there = |path: &str| host.resolve(Path::new(path)).is_ok();
        // What is mounted is known of the machine itself alone; of another tree the kernel says it when it is written.
        let mounts =
            if host.live { host.read(Path::new("/proc/self/mountinfo")).unwrap_or_default() } else { Vec::new() };
        Self {
            system: host.system,
            is_nixos: is_there("/etc/NIXOS") || is_there("/run/current-system"),
            is_ostree: is_there("/run/ostree-booted") || is_there("/ostree/repo"),
            is_transactional: is_there("/usr/sbin/transactional-update"),
            mounts: mounts.split(|octet| *octet == b'\n').filter_map(mount).collect(),
        }
    }

    /// Why nothing is written at a path, and what to do.
    pub(super) fn closed(&self, path: &Path) -> Option<Refusal> {
        let is_below = |places: &[&str]| places.iter().any(|place| path.starts_with(place));
        let told = |because: &str, instead: &str| Some((because.to_owned(), Some(instead.to_owned())));
        let has = |name: &str| path.components().any(|part| part.as_os_str() == name);
        if is_below(&["/nix/store"]) {
            return match self.is_nixos {
                true => told(
                    "it is in the Nix store, and NixOS makes it anew",
                    "security.pki.certificateFiles in configuration.nix, then nixos-rebuild switch",
                ),
                false => told("it is in the Nix store", "name a bundle of your own by NIX_SSL_CERT_FILE"),
            };
        }
        if is_below(&["/gnu/store"]) {
            return told("it is in the store of Guix", "name a bundle of your own by SSL_CERT_FILE");
        }
        if self.system == System::Linux && is_below(&["/snap", "/var/lib/snapd/snap"]) {
            return told("it is inside a snap, which is an image", "snap set system store-certs.NAME=\"$(cat FILE)\"");
        }
        if is_below(&["/var/lib/flatpak"]) || (has("flatpak") && has("share") && !is_below(&["/usr"])) {
            return told(
                "it is inside a Flatpak, which updates replace as a whole",
                "add the root to the system's store, which Flatpak's p11-kit shows to what runs inside",
            );
        }
        let is_system = is_below(&["/usr"]) && !is_below(&["/usr/local"]);
        if self.system == System::MacOs && (is_below(&["/System", "/bin", "/sbin"]) || is_system) {
            return told("it is on the sealed volume of macOS", "add the root to the System keychain");
        }
        if self.is_ostree && is_below(&["/usr"]) {
            return told(
                "the system is made from an image (ostree), and /usr is part of it",
                "put the root into the image, or into the anchors in /etc",
            );
        }
        if self.is_transactional && is_system && self.mounted(path).is_some_and(|mount| mount.is_read_only) {
            return told(
                "the system is changed by transactions (transactional-update), and /usr is part of its snapshot",
                "transactional-update shell, and change it there",
            );
        }
        let mount = self.mounted(path).filter(|mount| mount.is_read_only)?;
        let at = mount.at.display();
        if IMAGES.contains(&mount.kind.as_str()) {
            let because = format!("it is in an image ({}, mounted at {at})", mount.kind);
            return Some((because, Some("change what the image is made from".to_owned())));
        }
        let because = format!("the file system at {at} is mounted read-only");
        Some((because, Some(format!("mount it to be written, or change what is mounted at {at} where it comes from"))))
    }

    /// What is to be known of a place that can be written.
    pub(super) fn notes(&self, path: Option<&Path>) -> Vec<String> {
        let is_own = path.is_some_and(|path| path.starts_with("/etc") || path.starts_with("/var"));
        if self.is_ostree && is_own {
            vec![
                "the system is made from an image: what is in /etc stays through updates, on this machine alone".into(),
            ]
        } else {
            Vec::new()
        }
    }

    fn mounted(&self, path: &Path) -> Option<&Mount> {
        // Of those at one place the last covers the others.
        let on_the_way = self.mounts.iter().filter(|mount| path.starts_with(&mount.at));
        on_the_way.max_by_key(|mount| mount.at.components().count())
    }
}

/// One line: `36 35 98:0 /root /mount/point rw,noatime shared:1 - ext3 /dev/root rw` (proc_pid_mountinfo(5)).
fn mount(line: &[u8]) -> Option<Mount> {
    let fields: Vec<&[u8]> = line.split(|octet| *octet == b' ').collect();
    let dash = fields.iter().position(|field| *field == b"-")?;
    let is_read_only = |options: &[u8]| options.split(|octet| *octet == b',').any(|option| option == b"ro");
    Some(Mount {
        at: PathBuf::from(unescaped(fields.get(4)?)),
        is_read_only: is_read_only(fields.get(5)?) || fields.get(dash + 3).is_some_and(|options| is_read_only(options)),
        kind: String::from_utf8_lossy(fields.get(dash + 1)?).into_owned(),
    })
}

/// A path as it is, of which blanks and backslashes are written in octal: `\040`.
fn unescaped(field: &[u8]) -> OsString {
    let mut octets = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|digits| *first == b'\\' && digits.iter().all(|d| matches!(d, b'0'..=b'7')));
        match digits {
            Some(digits) => {
                octets.push(digits.iter().fold(0_u8, |value, digit| (value << 3) | (digit - b'0')));
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                octets.push(*first);
                rest = after;
            }
        }
    }
    crate::host::native::text(&octets)
}
