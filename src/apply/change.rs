//! One change of one path, in the steps of the protocol, so that many can be made whole before the first is seen.
//!
//! [`Change::following`] or [`Change::at`] looks at what is there; [`Change::stage`] makes what is new beside it;
//! [`Change::rename`] gives it the name; [`Change::sync`] brings the name to the disk; [`Change::read_back`] asks anew.

use super::error::{Refusal, Step};
use super::nss;
use super::place::Place;
use super::sys::{Attributes, Directory, Found, Seen, Stage, give_attributes, set_mode};
use super::write::Stop;
use crate::host::files::Tree;
use crate::model::Unreadable;
use sha2::{Digest, Sha256};
use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What is to stand at a path.
#[derive(Clone, Copy)]
pub(super) enum New<'a> {
    /// A file.
    File {
        /// Its octets.
        bytes: &'a [u8],
        /// The permission bits of a file that is new; without them the umask decides.
        mode: Option<u32>,
        /// What it is given, times too; else what the old file has, but its times.
        like: Option<&'a Attributes>,
    },
    /// A symbolic link.
    Link {
        /// Where it leads.
        to: &'a OsStr,
        /// What it is given, times too; else the owner of an old link.
        like: Option<&'a Attributes>,
    },
    /// Nothing.
    Nothing,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Is {
    Nothing,
    File { seen: Seen, sha256: [u8; 32], attributes: Attributes },
    Link { seen: Seen, to: OsString, attributes: Attributes },
}

impl Is {
    fn of(found: &Found) -> io::Result<Self> {
        Ok(match found {
            Found::Nothing => Self::Nothing,
            Found::File(old) => Self::File { seen: old.seen(), attributes: old.attributes()?, sha256: old.sha256()? },
            Found::Link(old) => Self::Link { seen: old.seen, to: old.to.clone(), attributes: old.attributes.clone() },
        })
    }

    /// Whether both are one state of one thing. The times of access do not count.
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => true,
            (Self::File { seen, sha256, .. }, Self::File { seen: now, sha256: octets, .. }) => {
                (seen, sha256) == (now, octets)
            }
            (Self::Link { seen, to, .. }, Self::Link { seen: now, to: leads, .. }) => (seen, to) == (now, leads),
            _ => false,
        }
    }
}

/// How far a change is, and who is told; tests change the disk there, or make the step fail.
pub(super) struct Watch<'w> {
    pub(super) path: PathBuf,
    pub(super) step: Step,
    before: &'w mut dyn FnMut(Step) -> io::Result<()>,
}

impl<'w> Watch<'w> {
    pub(super) fn new(path: &Path, before: &'w mut dyn FnMut(Step) -> io::Result<()>) -> Self {
        Self { path: path.to_path_buf(), step: Step::Resolve, before }
    }

    pub(super) fn at(&mut self, step: Step) -> io::Result<()> {
        self.step = step;
        (self.before)(step)
    }
}

/// A directory in which something changes, held open, with a place for what is not whole yet.
pub(super) struct Site {
    pub(super) directory: Directory,
    /// Where it is on this machine.
    on_disk: PathBuf,
    stage: OnceCell<Stage>,
    staged: Cell<usize>,
}

impl Site {
    fn stage(&self) -> io::Result<&Stage> {
        if let Some(stage) = self.stage.get() {
            return Ok(stage);
        }
        let made = Stage::make(&self.directory)?;
        Ok(self.stage.get_or_init(|| made))
    }
}

/// The directories of a run, each opened once.
pub(super) struct Sites<'t> {
    pub(super) tree: &'t Tree,
    open: BTreeMap<PathBuf, Rc<Site>>,
}

impl<'t> Sites<'t> {
    pub(super) fn new(tree: &'t Tree) -> Self {
        Self { tree, open: BTreeMap::new() }
    }

    fn open(&mut self, path: &Path) -> io::Result<Rc<Site>> {
        if let Some(site) = self.open.get(path) {
            return Ok(Rc::clone(site));
        }
        let directory = Directory::within(self.tree, path)?;
        let on_disk = self.tree.on_disk(path);
        let site = Site { directory, on_disk, stage: OnceCell::new(), staged: Cell::new(0) };
        let site = Rc::new(site);
        self.open.insert(path.to_path_buf(), Rc::clone(&site));
        Ok(site)
    }
}

/// A change of one path, and what is there.
pub(super) struct Change<'a> {
    /// Behind all links.
    pub(super) path: PathBuf,
    /// Those that led to it.
    pub(super) links: Vec<PathBuf>,
    name: OsString,
    site: Rc<Site>,
    pub(super) new: New<'a>,
    pub(super) is: Is,
    staged: Option<OsString>,
}

impl<'a> Change<'a> {
    /// A change of the file that `target` leads to.
    pub(super) fn following(
        sites: &mut Sites<'_>,
        target: &Path,
        new: New<'a>,
        watch: &mut Watch<'_>,
    ) -> Result<Self, Stop> {
        watch.at(Step::Resolve)?;
        let place = Place::find(sites.tree, target)?;
        Self::open(sites, place, new, watch)
    }

    /// A change of `target` itself, which is behind all links; it may be one.
    pub(super) fn at(sites: &mut Sites<'_>, target: &Path, new: New<'a>, watch: &mut Watch<'_>) -> Result<Self, Stop> {
        watch.at(Step::Resolve)?;
        let place = Place::itself(sites.tree, target)?;
        Self::open(sites, place, new, watch)
    }

    fn open(sites: &mut Sites<'_>, place: Place, new: New<'a>, watch: &mut Watch<'_>) -> Result<Self, Stop> {
        let Place { directory, name, links } = place;
        watch.path = directory.join(&name);
        watch.at(Step::OpenDirectory)?;
        let site = sites.open(&directory)?;
        watch.at(Step::CheckDirectory)?;
        site.directory.check_within(sites.tree, &directory, &links, &name)?;
        site.directory.may_change(&directory, &name)?;
        watch.at(Step::OpenOld)?;
        let is = Is::of(&site.directory.find(&name)?)?;
        if let (New::File { .. }, Is::Link { .. }) = (&new, &is) {
            return Err(Refusal::NotRegular("symbolic link").into());
        }
        Ok(Self { path: watch.path.clone(), links, name, site, new, is, staged: None })
    }

    /// The octets of the file that is there.
    pub(super) fn old(&self) -> Result<Option<Vec<u8>>, Stop> {
        let Is::File { sha256, .. } = &self.is else { return Ok(None) };
        match self.site.directory.find(&self.name)? {
            Found::File(old) => {
                let bytes = old.content()?;
                match *sha256 == <[u8; 32]>::from(Sha256::digest(&bytes)) {
                    true => Ok(Some(bytes)),
                    false => Err(Refusal::Changed.into()),
                }
            }
            Found::Nothing | Found::Link(_) => Err(Refusal::Changed.into()),
        }
    }

    /// Whether what is there is what shall be.
    pub(super) fn is_done(&self) -> bool {
        match (&self.new, &self.is) {
            (New::Nothing, Is::Nothing) => true,
            (New::Link { to, like: None }, Is::Link { to: leads, .. }) => leads == to,
            (New::File { bytes, like: None, .. }, Is::File { sha256, .. }) => {
                *sha256 == <[u8; 32]>::from(Sha256::digest(bytes))
            }
            _ => false,
        }
    }

    /// Makes what is new, whole and with all attributes, where nobody looks.
    pub(super) fn stage(&mut self, watch: &mut Watch<'_>) -> Result<(), Stop> {
        watch.path.clone_from(&self.path);
        watch.at(Step::CreateTemporary)?;
        if matches!(self.new, New::Nothing) {
            return Ok(self.site.directory.is_writable()?);
        }
        let stage = &self.site.stage()?.directory;
        let number = self.site.staged.replace(self.site.staged.get() + 1);
        let name = OsString::from(number.to_string());
        match self.new {
            New::File { bytes, mode, like } => {
                let is_new = matches!(self.is, Is::Nothing) && like.is_none();
                let mut file = stage.create(&name, is_new)?;
                self.staged = Some(name);
                watch.at(Step::Write)?;
                file.write_all(bytes)?;
                watch.at(Step::KeepAttributes)?;
                match (like, &self.is, mode) {
                    (Some(wanted), ..) => give_attributes(wanted, &file, true)?,
                    (None, Is::File { attributes, .. }, _) => give_attributes(attributes, &file, false)?,
                    (None, _, Some(mode)) => set_mode(&file, mode)?,
                    (None, _, None) => {}
                }
                watch.at(Step::SyncFile)?;
                file.sync_all()?;
            }
            New::Link { to, like } => {
                let like = match (like, &self.is) {
                    (Some(wanted), _) => Some((wanted, true)),
                    (None, Is::Link { attributes, .. }) => Some((attributes, false)),
                    (None, _) => None,
                };
                stage.link(to, &name, like)?;
                self.staged = Some(name);
            }
            New::Nothing => {}
        }
        Ok(())
    }

    /// Where a new file stands as long as it has no name.
    pub(super) fn staged(&self) -> Option<PathBuf> {
        let stage = self.site.stage.get()?;
        let is_file = matches!(self.new, New::File { .. });
        Some(self.path.parent()?.join(&stage.name).join(self.staged.as_ref().filter(|_| is_file)?))
    }

    /// Gives what is new the name, if what has it now is still what it was.
    pub(super) fn rename(&mut self, watch: &mut Watch<'_>) -> Result<(), Stop> {
        watch.path.clone_from(&self.path);
        watch.at(Step::Recheck)?;
        let now = match self.site.directory.find(&self.name) {
            Ok(found) => Is::of(&found)?,
            // It has become what is never written.
            Err(Stop::Refused(_)) => return Err(Refusal::Changed.into()),
            Err(stop) => return Err(stop),
        };
        if !self.is.same(&now) {
            return Err(Refusal::Changed.into());
        }
        watch.at(Step::Rename)?;
        nss::may_be_replaced(&self.site.directory, &self.site.on_disk, &self.name)?;
        let is_new = matches!(self.is, Is::Nothing);
        match self.staged.take() {
            Some(staged) => {
                let stage = &self.site.stage()?.directory;
                match self.site.directory.take(stage, &staged, &self.name, is_new) {
                    Err(error) if is_new && error.kind() == io::ErrorKind::AlreadyExists => {
                        Err(Refusal::Changed.into())
                    }
                    answer => Ok(answer?),
                }
            }
            None if is_new => Ok(()),
            None => Ok(self.site.directory.remove(&self.name)?),
        }
    }

    /// Brings the name to the disk.
    pub(super) fn sync(&self, watch: &mut Watch<'_>) -> Result<(), Stop> {
        watch.path.clone_from(&self.path);
        watch.at(Step::SyncDirectory)?;
        Ok(self.site.directory.sync()?)
    }

    /// What stands at the path now, asked anew, is what was written.
    pub(super) fn read_back(&self, tree: &Tree, watch: &mut Watch<'_>) -> Result<(), Stop> {
        watch.path.clone_from(&self.path);
        watch.at(Step::ReadBack)?;
        let found = look(tree, &self.path)?;
        let unexpected = |expected: String| {
            let found = match &found {
                Is::Nothing => "nothing",
                Is::File { .. } => "other bytes",
                Is::Link { .. } => "another link",
            };
            Err(Refusal::Unexpected { expected, found: found.to_owned() }.into())
        };
        match (&self.new, &found) {
            (New::Nothing, Is::Nothing) => Ok(()),
            (New::File { bytes, .. }, Is::File { sha256, .. })
                if *sha256 == <[u8; 32]>::from(Sha256::digest(bytes)) =>
            {
                Ok(())
            }
            (New::Link { to, .. }, Is::Link { to: leads, .. }) if leads == to => Ok(()),
            (New::Nothing, _) => unexpected("nothing".to_owned()),
            (New::File { bytes, .. }, _) => unexpected(format!("the {} bytes that were written", bytes.len())),
            (New::Link { to, .. }, _) => unexpected(format!("a link to {}", to.to_string_lossy())),
        }
    }
}

/// What stands at a path that is behind all links, itself perhaps one.
pub(super) fn look(tree: &Tree, path: &Path) -> Result<Is, Stop> {
    let place = match Place::itself(tree, path) {
        Err(Stop::Refused(Refusal::Unreadable(Unreadable::Absent))) => return Ok(Is::Nothing),
        place => place?,
    };
    Ok(Is::of(&Directory::within(tree, &place.directory)?.find(&place.name)?)?)
}
