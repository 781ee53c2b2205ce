//! From the file to a plan, and what a plan may not say.

use super::shape::{
    AfterShape, ChangeShape, DeclinedShape, LeftOutShape, MovedShape, NamedShape, PathShape, RefreshShape, StepShape,
    StoreShape, SweptShape, TargetShape, WasShape, Whole,
};
use super::{BadPlan, Places, allowed, repeated};
use crate::catalogue::client::Origin;
use crate::catalogue::clients;
use crate::format::x509;
use crate::model::{Certificate, Fingerprint, Format, StoreId};
use crate::plan::goals::{is_known_command, is_known_directory};
use crate::plan::{
    After, Declined, FileFacts, Moved, Need, NotAdded, Plan, Reader, Refresh, Step, StoreChange, Sweep, Swept, Target,
    Was,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

pub(super) type Read<T> = Result<T, BadPlan>;

/// The certificates of a file, by fingerprint.
struct Known(BTreeMap<Fingerprint, Arc<Certificate>>);

impl Whole {
    pub(super) fn plan(self, places: &Places) -> Read<Plan> {
        let known = Known::read(&self.certificates)?;
        let at = self.at.parse().map_err(|_| BadPlan::value("at", "a time", &self.at))?;
        let each = |name: &str, index: usize| format!("{name}[{index}]");
        let stores =
            self.stores.into_iter().enumerate().map(|(n, shape)| change((&known, places), &each("stores", n), shape));
        let refreshes = self.refreshes.into_iter().enumerate().map(|(n, shape)| refresh(&each("refreshes", n), shape));
        let unchanged = self.unchanged.into_iter().enumerate().map(|(n, shape)| target(&each("unchanged", n), shape));
        let declined = self.declined.into_iter().enumerate().map(|(n, shape)| {
            let DeclinedShape { target: of, because, instead } = shape;
            Ok(Declined { target: target(&each("declined", n), of)?, because, instead })
        });
        let left_out = self.left_out.into_iter().enumerate().map(|(n, shape)| {
            let (at, LeftOutShape { sha256, from, to, because }) = (each("left_out", n), shape);
            let (certificate, from) = (known.certificate(&at, &sha256)?, stores_of(&at, from)?);
            Ok(NotAdded { certificate, from, to: to.map(|to| store(&at, to)).transpose()?, because })
        });
        Ok(Plan {
            at,
            stores: stores.collect::<Read<_>>()?,
            refreshes: refreshes.collect::<Read<_>>()?,
            unchanged: unchanged.collect::<Read<_>>()?,
            declined: declined.collect::<Read<_>>()?,
            left_out: left_out.collect::<Read<_>>()?,
        })
    }
}

impl Known {
    fn read(texts: &BTreeMap<String, String>) -> Read<Self> {
        let mut known = BTreeMap::new();
        for (sha256, base64) in texts {
            let at = format!("certificates[{}]", repeated(sha256));
            let certificate = x509::read(octets(&at, base64)?.into());
            let found = certificate.fingerprint();
            if found != fingerprint(&at, sha256)? || certificate.outline().is_err() {
                return Err(BadPlan::value(at, "a certificate of this SHA-256", &found.to_string()));
            }
            known.insert(found, Arc::new(certificate));
        }
        Ok(Self(known))
    }

    fn certificate(&self, at: &str, sha256: &str) -> Read<Arc<Certificate>> {
        let found = self.0.get(&fingerprint(at, sha256)?).map(Arc::clone);
        found.ok_or_else(|| BadPlan::value(format!("{at}.sha256"), "one of the certificates of the file", sha256))
    }

    fn moved(&self, at: &str, shape: MovedShape) -> Read<Moved> {
        let need = |need: super::shape::NeedShape| {
            Ok(Need { certificate: self.certificate(at, &need.sha256)?, store: store(at, need.store)? })
        };
        Ok(Moved {
            certificate: self.certificate(at, &shape.sha256)?,
            from: stores_of(at, shape.from)?,
            needed_by: shape.needed_by.into_iter().map(need).collect::<Read<_>>()?,
        })
    }

    fn swept(&self, at: &str, shape: SweptShape) -> Read<Swept> {
        let does = Sweep::ALL.into_iter().find(|does| does.name() == shape.does);
        Ok(Swept {
            does: does.ok_or_else(|| BadPlan::value(format!("{at}.does"), "what a refresh does", &shape.does))?,
            certificate: self.certificate(at, &shape.sha256)?,
            store: store(at, shape.store)?,
            because: shape.because,
        })
    }

    fn named(&self, at: &str, shapes: Vec<NamedShape>) -> Read<Vec<(String, Arc<Certificate>)>> {
        let named = |shape: NamedShape| {
            let certificate = self.certificate(at, &shape.sha256)?;
            if shape.nickname.is_empty() || shape.nickname.chars().any(char::is_control) {
                return Err(BadPlan::value(format!("{at}.nickname"), "printable characters", &shape.nickname));
            }
            Ok((shape.nickname, certificate))
        };
        shapes.into_iter().map(named).collect()
    }
}

fn change((known, places): (&Known, &Places), at: &str, shape: ChangeShape) -> Read<StoreChange> {
    let target = target(at, shape.target)?;
    let moved = |name: &str, shapes: Vec<MovedShape>| -> Read<Vec<Moved>> {
        let each = shapes.into_iter().enumerate().map(|(n, shape)| known.moved(&format!("{at}.{name}[{n}]"), shape));
        each.collect()
    };
    let swept = shape.swept.into_iter().enumerate();
    let swept = swept.map(|(n, shape)| known.swept(&format!("{at}.swept[{n}]"), shape));
    let set = |texts: Vec<String>| -> Read<BTreeSet<Fingerprint>> {
        texts.iter().map(|text| fingerprint(&format!("{at}.after"), text)).collect()
    };
    let after = match shape.after {
        AfterShape::Exactly(all) => After::Exactly(set(all)?),
        AfterShape::AtLeast { with, without } => After::AtLeast { with: set(with)?, without: set(without)? },
    };
    let steps =
        shape.steps.into_iter().enumerate().map(|(n, step)| read_step(known, &format!("{at}.steps[{n}]"), step));
    let steps: Vec<Step> = steps.collect::<Read<_>>()?;
    let reader = |word: &String| {
        let known = Reader::ALL.into_iter().find(|known| known.name() == word);
        known.ok_or_else(|| BadPlan::value(format!("{at}.asks"), "a reader that castore asks", word))
    };
    let change = StoreChange {
        added: moved("added", shape.added)?,
        removed: moved("removed", shape.removed)?,
        swept: swept.collect::<Read<_>>()?,
        kept: shape.kept,
        notes: shape.notes,
        how: shape.how,
        lost_by: shape.lost_by,
        asks: shape.asks.iter().map(reader).collect::<Read<_>>()?,
        target,
        steps,
        after,
    };
    allowed::change(places, at, &change)?;
    Ok(change)
}

fn read_step(known: &Known, at: &str, shape: StepShape) -> Read<Step> {
    Ok(match shape {
        StepShape::Write { path, sha256, base64, was, mode } => {
            let bytes = octets(at, &base64)?;
            let found = Fingerprint::of(&bytes);
            if found != fingerprint(at, &sha256)? {
                return Err(BadPlan::value(format!("{at}.base64"), "octets of its SHA-256", &found.to_string()));
            }
            // No one but the owner writes a store, and nobody runs one.
            let bits = u32::from_str_radix(&mode, 8).ok().filter(|bits| bits & !0o644 == 0);
            let mode = bits.ok_or_else(|| BadPlan::value(format!("{at}.mode"), "no more than 0644", &mode))?;
            Step::Write { path: path_of(at, path)?, bytes, was: was_of(at, was)?, mode }
        }
        StepShape::Link { path, to, was } => {
            let to = text_of(at, to)?;
            let parts: Vec<Component<'_>> = Path::new(&to).components().collect();
            if !matches!(parts.as_slice(), [Component::Normal(name)] if *name == to) || has_nul(&to) {
                let expected = "a name beside the link";
                return Err(BadPlan::value(format!("{at}.to"), expected, &to.to_string_lossy()));
            }
            Step::Link { path: path_of(at, path)?, to, was: was_of(at, was)? }
        }
        StepShape::Remove { path, was } => Step::Remove { path: path_of(at, path)?, was: was_of(at, was)? },
        StepShape::Nss { directory, was, add, remove } => Step::Nss {
            directory: path_of(at, directory)?,
            was: was_of(at, was)?,
            add: known.named(at, add)?,
            remove: known.named(at, remove)?,
        },
    })
}

fn was_of(at: &str, shape: WasShape) -> Read<Was> {
    Ok(match shape {
        WasShape::Absent {} => Was::Absent,
        WasShape::Link { to } => Was::Link(text_of(at, to)?),
        WasShape::File { sha256, size, identity, changed } => {
            let sha256 = *fingerprint(&format!("{at}.was"), &sha256)?.as_bytes();
            Was::File(FileFacts { sha256, size, identity, changed })
        }
    })
}

fn refresh(at: &str, shape: RefreshShape) -> Read<Refresh> {
    let RefreshShape { command, directories, makes, because } = shape;
    if !is_known_command(&command) {
        let expected = "a refresh command that castore knows";
        return Err(BadPlan::value(format!("{at}.command"), expected, &command.join(" ")));
    }
    let directories = directories.into_iter().map(|path| path_of(at, path)).collect::<Read<Vec<_>>>()?;
    if let Some(other) = directories.iter().find(|path| !is_known_directory(path)) {
        let expected = "a directory of the system's programs";
        return Err(BadPlan::value(format!("{at}.directories"), expected, &other.to_string_lossy()));
    }
    Ok(Refresh { command, directories, makes: stores_of(at, makes)?, because })
}

fn target(at: &str, shape: TargetShape) -> Read<Target> {
    let links = shape.links.into_iter().map(|path| path_of(at, path)).collect::<Read<_>>()?;
    let format = Format::ALL.into_iter().find(|format| format.name() == shape.format);
    let format = format.ok_or_else(|| BadPlan::value(format!("{at}.format"), "a format", &shape.format))?;
    Ok(Target { store: store(at, shape.store)?, links, readers: shape.readers, format })
}

fn stores_of(at: &str, shapes: Vec<StoreShape>) -> Read<Vec<StoreId>> {
    shapes.into_iter().map(|shape| store(at, shape)).collect()
}

fn store(at: &str, shape: StoreShape) -> Read<StoreId> {
    let unknown = |text: &str| BadPlan::value(format!("{at}.store"), "a store that castore knows", text);
    match (shape.path, shape.native, shape.section) {
        (Some(path), None, None) => Ok(StoreId::Path(path_of(at, path)?)),
        (None, Some(native), None) => Ok(StoreId::Native(known_name(&native).ok_or_else(|| unknown(&native))?)),
        (Some(path), None, Some(section)) => {
            let what = known_name(&section).ok_or_else(|| unknown(&section))?;
            Ok(StoreId::Section(path_of(at, path)?, what))
        }
        _ => Err(unknown("none, or two at once")),
    }
}

/// The name of what is no file, as a row has it.
fn known_name(text: &str) -> Option<&'static str> {
    let mut found = (text == crate::facts::MOZILLA).then_some(crate::facts::MOZILLA);
    for client in clients() {
        client.rule.leaves(&mut |leaf| match leaf.origin {
            Origin::Native(name)
            | Origin::Section(&(_, name))
            | Origin::Opaque(&(_, name))
            | Origin::OpaqueOfProgramme(&(_, name))
                if name == text =>
            {
                found = Some(name);
            }
            _ => {}
        });
    }
    found
}

/// A path that leads where it says: from the root, name by name.
fn path_of(at: &str, shape: PathShape) -> Read<PathBuf> {
    let path = PathBuf::from(text_of(at, shape)?);
    let is_plain = |part: Component<'_>| !matches!(part, Component::CurDir | Component::ParentDir);
    let is_whole = path.components().collect::<PathBuf>().as_os_str() == path.as_os_str();
    if path.has_root() && path.components().all(is_plain) && is_whole && !has_nul(path.as_os_str()) {
        return Ok(path);
    }
    Err(BadPlan::value(format!("{at}.path"), "an absolute path without . and ..", &path.to_string_lossy()))
}

fn has_nul(text: &OsStr) -> bool {
    text.as_encoded_bytes().contains(&0)
}

fn text_of(at: &str, shape: PathShape) -> Read<OsString> {
    match shape {
        PathShape::Text(text) => Ok(text.into()),
        PathShape::Octets(shape) => Ok(crate::host::native::text(&octets(at, &shape.base64)?)),
    }
}

fn fingerprint(at: &str, text: &str) -> Read<Fingerprint> {
    let found = text.parse().ok().filter(|found: &Fingerprint| found.to_string() == text);
    found.ok_or_else(|| BadPlan::value(format!("{at}.sha256"), "64 hexadecimal digits", text))
}

fn octets(at: &str, text: &str) -> Read<Vec<u8>> {
    let read = base64_simd::STANDARD.decode_to_vec(text);
    read.map_err(|_| BadPlan::value(format!("{at}.base64"), "base64", text))
}
