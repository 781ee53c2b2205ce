//! What the wheel that a bundle came with says of it: the hash in the RECORD of its distribution.
//!
//! pip writes beside each package which files it installed, with size and SHA-256 (the RECORD file of PyPA's
//! specification). A distribution's own package has none, and a file without one is not judged.

use crate::discover::Use;
use crate::host::Host;
use crate::load::Digests;
use crate::model::StoreId;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What a RECORD says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recorded {
    /// The SHA-256 with which it was installed.
    pub(super) sha256: [u8; 32],
    /// The octets with which it was installed.
    pub(super) size: Option<u64>,
    /// The distribution and its version, `certifi 2026.5.20`.
    pub(super) wheel: String,
}

/// The stores of uses of which a RECORD says with what SHA-256 and how many octets they were installed, so that
/// both are taken while they are read.
#[must_use]
pub fn recorded_stores(host: &Host, uses: &[Use]) -> BTreeMap<StoreId, u64> {
    let mut seen = BTreeSet::new();
    let mut found = BTreeMap::new();
    for used in uses {
        for id in used.candidates.iter().filter_map(|candidate| candidate.store.as_ref()) {
            let site = used.installation.place("site");
            if let (StoreId::Path(path), Some(site)) = (id, site)
                && seen.insert((path, site))
                && let Some(recorded) = recorded(host, site, path)
            {
                found.insert(id.clone(), recorded.size.unwrap_or(u64::MAX));
            }
        }
    }
    found
}

/// A file beside what its wheel installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It is that.
    Installed,
    /// It begins with that, which has so many octets.
    Appended(u64),
    /// It is something else.
    Other,
}

impl Recorded {
    /// How a file with these digests stands to what was installed.
    pub(super) fn state(&self, digests: &Digests) -> State {
        match self.size {
            _ if digests.whole == self.sha256 => State::Installed,
            Some(size) if digests.beginning == Some(self.sha256) => State::Appended(size),
            _ => State::Other,
        }
    }
}

/// What the RECORD in a directory of packages says of a file.
pub(super) fn recorded(host: &Host, site: &Path, file: &Path) -> Option<Recorded> {
    let site = host.resolve(site).ok()?.path;
    let below = file.strip_prefix(&site).ok()?.to_str()?.replace('\\', "/");
    let package = normal(below.split_once('/')?.0);
    let names = host.names(&site);
    let mut names: Vec<&OsString> = names.iter().collect();
    names.sort_unstable();
    let distributions = names.iter().filter_map(|name| name.to_str()?.strip_suffix(".dist-info"));
    // A package is called as its distribution, or begins so: `grpc` of grpcio.
    let fitting = distributions.filter(|name| normal(name).starts_with(&package));
    fitting.into_iter().find_map(|name| {
        let record: PathBuf = site.join(format!("{name}.dist-info")).join("RECORD");
        let text = host.settings(&record)?;
        let rest = text.lines().find_map(|line| line.strip_prefix(&below)?.strip_prefix(",sha256="))?;
        let (digest, size) = rest.split_once(',').unwrap_or((rest, ""));
        let octets = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(digest).ok()?;
        let wheel = name.replacen('-', " ", 1);
        Some(Recorded { sha256: octets.try_into().ok()?, size: size.trim().parse().ok(), wheel })
    })
}

/// The wheel that installed a file, `certifi 2026.5.20`, by the RECORD in a directory of packages.
#[must_use]
pub fn wheel_of(host: &Host, site: &Path, file: &Path) -> Option<String> {
    recorded(host, site, file).map(|recorded| recorded.wheel)
}

/// Names of packages are equal whatever the case, and whichever of `-`, `_` and `.` they have (PEP 503).
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', '.'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::System;
    use crate::host::memory::Memory;

    #[test]
    fn a_record_is_found_by_the_package_and_read() {
        const SITE: &str = "/v/lib/python3.12/site-packages";
        let line = "_credentials/roots.pem,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0";
        let files = Memory::new()
            .file(format!("{SITE}/grpcio-1.70.0.dist-info/RECORD"), format!("grpc/x.py,,\ngrpc/{line}\n"))
            .file(format!("{SITE}/grpcio_tools-1.0.dist-info/RECORD"), "x,,\n")
            .file(format!("{SITE}/certifi-2026.5.20.dist-info/RECORD"), "certifi/cacert.pem,,\n")
            .link("/lib", SITE);
        let host = Host::new(Box::new(files), System::Linux);
        let of = |file: &str| recorded(&host, Path::new("/lib"), &Path::new(SITE).join(file));
        let found = of("grpc/_credentials/roots.pem").unwrap();
        assert_eq!((found.wheel.as_str(), found.size), ("grpcio 1.70.0", Some(0)));
        assert_eq!(found.sha256[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        // Not recorded, without a hash, of another package, elsewhere.
        assert_eq!(of("grpc/other.pem"), None);
        assert_eq!(of("certifi/cacert.pem"), None);
        assert_eq!(of("requests/cacert.pem"), None);
        assert_eq!(recorded(&host, Path::new("/lib"), Path::new("/etc/x.pem")), None);
    }
}
