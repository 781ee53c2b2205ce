//! A root with stores, a state directory beside it, and plans for them.

use crate::apply::sys::{Attributes, Directory, Found};
use crate::apply::{Applied, ApplyError, Options, apply, undo};
use crate::format::tests::authority;
use crate::model::{Fingerprint, Format, StoreId, Timestamp};
use crate::plan::{After, FileFacts, Moved, Plan, Refresh, Step, StoreChange, Target, Was};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A machine of our own.
pub(super) struct World {
    _directory: TempDir,
    pub(super) base: PathBuf,
    pub(super) root: PathBuf,
    pub(super) state: PathBuf,
}

/// What stands at a path: everything that undoing puts back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Thing {
    Directory,
    File(Vec<u8>, Attributes),
    Link(PathBuf, Attributes),
}

impl World {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let base = directory.path().canonicalize().unwrap();
        let world = Self { _directory: directory, root: base.join("root"), state: base.join("state"), base };
        for below in ["etc/ssl/certs", "etc/drop"] {
            fs::create_dir_all(world.root.join(below)).unwrap();
        }
        world
    }

    pub(super) fn on_disk(&self, inside: &str) -> PathBuf {
        self.root.join(inside.trim_start_matches('/'))
    }

    pub(super) fn write(&self, inside: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.on_disk(inside), bytes).unwrap();
    }

    pub(super) fn read(&self, inside: &str) -> Vec<u8> {
        fs::read(self.on_disk(inside)).unwrap()
    }

    pub(super) fn options(&self) -> Options<'_> {
        Options {
            root: &self.root,
            state: &self.state,
            now: Timestamp::from_unix(1_795_292_100),
            // A program that another test starts has what is locked, too, until it has begun.
            wait: Duration::from_secs(20),
            refresh: true,
            asks_readers: true,
            request: "a test",
            passwords: &[],
        }
    }

    pub(super) fn apply(&self, plan: &Plan) -> Result<Applied, ApplyError> {
        apply(plan, &self.options(), &mut |_| {})
    }

    pub(super) fn undo(&self) -> Result<Applied, ApplyError> {
        undo(None, &self.options(), &mut |_| {})
    }

    /// What is there, as a plan notes it.
    pub(super) fn was(&self, inside: &str) -> Was {
        was(&self.on_disk(inside))
    }

    /// Everything below the root, with octets, owners, modes and times.
    pub(super) fn picture(&self) -> BTreeMap<PathBuf, Thing> {
        picture(&self.root)
    }

    /// A bundle that gets one certificate more; a directory with a file that is made and one that goes, and links.
    pub(super) fn all_kinds(&self) -> Plan {
        let (one, two) = (authority("One"), authority("Two"));
        self.write("/etc/ssl/bundle.pem", pem(&[&one]));
        self.write("/etc/drop/old.pem", pem(&[&one]));
        symlink("old.pem", &self.on_disk("/etc/drop/12345678.0"));
        let new = pem(&[&one, &two]);
        let bundle = vec![self.rewrite("/etc/ssl/bundle.pem", &new)];
        let steps = vec![
            Step::Write { path: "/etc/drop/new.pem".into(), bytes: pem(&[&two]), was: Was::Absent, mode: 0o644 },
            Step::Link {
                path: "/etc/drop/12345678.0".into(),
                to: "new.pem".into(),
                was: self.was("/etc/drop/12345678.0"),
            },
            Step::Link { path: "/etc/drop/12345678.1".into(), to: "new.pem".into(), was: Was::Absent },
            Step::Remove { path: "/etc/drop/old.pem".into(), was: self.was("/etc/drop/old.pem") },
        ];
        let mut directory = change("/etc/drop", steps, &[&two]);
        directory.target.format = Format::Directory;
        directory.removed = change("/etc/drop", vec![], &[&one]).added;
        plan(vec![change("/etc/ssl/bundle.pem", bundle, &[&one, &two]), directory])
    }

    pub(super) fn rewrite(&self, inside: &str, bytes: &[u8]) -> Step {
        Step::Write { path: inside.into(), bytes: bytes.to_vec(), was: self.was(inside), mode: 0o644 }
    }
}

#[cfg(unix)]
pub(super) fn symlink(to: &str, link: &Path) {
    std::os::unix::fs::symlink(to, link).unwrap();
}

pub(super) fn was(path: &Path) -> Was {
    let Ok(metadata) = fs::symlink_metadata(path) else { return Was::Absent };
    if metadata.is_symlink() {
        return Was::Link(fs::read_link(path).unwrap().into_os_string());
    }
    let bytes = fs::read(path).unwrap();
    let facts =
        FileFacts { sha256: Sha256::digest(&bytes).into(), size: bytes.len() as u64, identity: None, changed: None };
    #[cfg(unix)]
    let facts = {
        use std::os::unix::fs::MetadataExt;
        let changed = Some((metadata.ctime(), u32::try_from(metadata.ctime_nsec()).unwrap()));
        FileFacts { identity: Some((metadata.dev(), metadata.ino())), changed, ..facts }
    };
    Was::File(facts)
}

pub(super) fn picture(root: &Path) -> BTreeMap<PathBuf, Thing> {
    taken(root, false)
}

/// With the times of the last access of files, which whoever looks in the usual way changes.
pub(super) fn exactly(root: &Path) -> BTreeMap<PathBuf, Thing> {
    taken(root, true)
}

fn taken(root: &Path, accesses: bool) -> BTreeMap<PathBuf, Thing> {
    let mut found = BTreeMap::new();
    for entry in walkdir::WalkDir::new(root).min_depth(1) {
        let path = entry.unwrap().into_path();
        let thing = if fs::symlink_metadata(&path).unwrap().is_dir() {
            Thing::Directory
        } else {
            let directory = Directory::open(path.parent().unwrap()).unwrap();
            let seen = |attributes: Attributes, accesses| {
                let accessed = if accesses { attributes.accessed } else { (0, 0) };
                Attributes { accessed, ..attributes }
            };
            match directory.find(path.file_name().unwrap()).unwrap() {
                Found::File(old) => Thing::File(old.content().unwrap(), seen(old.attributes().unwrap(), accesses)),
                Found::Link(old) => Thing::Link(old.to.clone().into(), seen(old.attributes, false)),
                Found::Nothing => panic!("{} is gone", path.display()),
            }
        };
        found.insert(path.strip_prefix(root).unwrap().to_path_buf(), thing);
    }
    found
}

pub(super) fn pem(certificates: &[&Vec<u8>]) -> Vec<u8> {
    certificates.iter().map(|der| crate::format::pem::write(der, &[])).collect::<String>().into_bytes()
}

pub(super) fn prints(certificates: &[&Vec<u8>]) -> BTreeSet<Fingerprint> {
    certificates.iter().map(|der| Fingerprint::from_bytes(Sha256::digest(der).into())).collect()
}

pub(super) fn plan(stores: Vec<StoreChange>) -> Plan {
    Plan {
        at: Timestamp::from_unix(0),
        stores,
        refreshes: vec![],
        unchanged: vec![],
        declined: vec![],
        left_out: vec![],
    }
}

pub(super) fn change(store: &str, steps: Vec<Step>, after: &[&Vec<u8>]) -> StoreChange {
    let moved = |der: &&Vec<u8>| Moved {
        certificate: Arc::new(crate::format::x509::read(der.to_vec().into_boxed_slice())),
        from: vec![],
        needed_by: vec![],
    };
    StoreChange {
        target: Target { store: StoreId::Path(store.into()), links: vec![], readers: vec![], format: Format::Pem },
        added: after.iter().map(moved).collect(),
        removed: vec![],
        swept: vec![],
        kept: 0,
        notes: vec![],
        how: "rewrite the file".to_owned(),
        lost_by: None,
        steps,
        after: After::Exactly(prints(after)),
        asks: vec![],
    }
}

pub(super) fn refresh() -> Refresh {
    Refresh { command: vec!["refresh".to_owned()], directories: vec![], makes: vec![], because: "a test".to_owned() }
}

/// The names below a directory that castore gives to what is not whole yet.
pub(super) fn leftovers(root: &Path) -> Vec<PathBuf> {
    let is_ours = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".castore-"));
    walkdir::WalkDir::new(root).into_iter().map(|entry| entry.unwrap().into_path()).filter(is_ours).collect()
}
