//! From a plan to the file.

use super::SCHEMA;
use super::shape::{
    AfterShape, ChangeShape, DeclinedShape, LeftOutShape, MovedShape, NamedShape, NeedShape, OctetsShape, PathShape,
    RefreshShape, StepShape, StoreShape, SweptShape, TargetShape, WasShape, Whole,
};
use crate::model::{Certificate, Fingerprint, StoreId};
use crate::plan::{After, Moved, Plan, Step, StoreChange, Swept, Target, Was};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::sync::Arc;

impl Whole {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut certificates = BTreeMap::new();
        let mut take = |certificate: &Arc<Certificate>| {
            let der = base64_simd::STANDARD.encode_to_string(certificate.der());
            certificates.insert(certificate.fingerprint().to_string(), der);
        };
        for change in &plan.stores {
            for moved in change.added.iter().chain(&change.removed) {
                take(&moved.certificate);
                moved.needed_by.iter().for_each(|need| take(&need.certificate));
            }
            change.swept.iter().for_each(|swept| take(&swept.certificate));
            for step in &change.steps {
                if let Step::Nss { add, remove, .. } = step {
                    add.iter().chain(remove).for_each(|(_, certificate)| take(certificate));
                }
            }
        }
        plan.left_out.iter().for_each(|left| take(&left.certificate));
        Self {
            schema: SCHEMA.to_owned(),
            castore: env!("CARGO_PKG_VERSION").to_owned(),
            at: plan.at.to_string(),
            certificates,
            stores: plan.stores.iter().map(change).collect(),
            refreshes: plan
                .refreshes
                .iter()
                .map(|refresh| RefreshShape {
                    command: refresh.command.clone(),
                    directories: refresh.directories.iter().map(|path| PathShape::of(path.as_os_str())).collect(),
                    makes: refresh.makes.iter().map(StoreShape::of).collect(),
                    because: refresh.because.clone(),
                })
                .collect(),
            unchanged: plan.unchanged.iter().map(target).collect(),
            declined: plan
                .declined
                .iter()
                .map(|declined| DeclinedShape {
                    target: target(&declined.target),
                    because: declined.because.clone(),
                    instead: declined.instead.clone(),
                })
                .collect(),
            left_out: plan
                .left_out
                .iter()
                .map(|left| LeftOutShape {
                    sha256: left.certificate.fingerprint().to_string(),
                    from: left.from.iter().map(StoreShape::of).collect(),
                    to: left.to.as_ref().map(StoreShape::of),
                    because: left.because.clone(),
                })
                .collect(),
        }
    }
}

impl PathShape {
    pub(super) fn of(path: &OsStr) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => {
                let base64 = base64_simd::STANDARD.encode_to_string(path.as_encoded_bytes());
                Self::Octets(OctetsShape { base64 })
            }
        }
    }
}

impl StoreShape {
    fn of(id: &StoreId) -> Self {
        let none = Self { path: None, native: None, section: None };
        match id {
            StoreId::Path(path) => Self { path: Some(PathShape::of(path.as_os_str())), ..none },
            StoreId::Native(name) => Self { native: Some((*name).to_owned()), ..none },
            StoreId::Section(path, what) => {
                Self { path: Some(PathShape::of(path.as_os_str())), section: Some((*what).to_owned()), ..none }
            }
        }
    }
}

fn target(target: &Target) -> TargetShape {
    TargetShape {
        store: StoreShape::of(&target.store),
        links: target.links.iter().map(|path| PathShape::of(path.as_os_str())).collect(),
        readers: target.readers.clone(),
        format: target.format.name().to_owned(),
    }
}

fn change(change: &StoreChange) -> ChangeShape {
    let texts = |all: &std::collections::BTreeSet<Fingerprint>| all.iter().map(ToString::to_string).collect();
    ChangeShape {
        target: target(&change.target),
        added: change.added.iter().map(moved).collect(),
        removed: change.removed.iter().map(moved).collect(),
        swept: change.swept.iter().map(swept).collect(),
        kept: change.kept,
        notes: change.notes.clone(),
        how: change.how.clone(),
        lost_by: change.lost_by.clone(),
        steps: change.steps.iter().map(step).collect(),
        after: match &change.after {
            After::Exactly(all) => AfterShape::Exactly(texts(all)),
            After::AtLeast { with, without } => AfterShape::AtLeast { with: texts(with), without: texts(without) },
        },
        asks: change.asks.iter().map(|reader| reader.name().to_owned()).collect(),
    }
}

fn swept(swept: &Swept) -> SweptShape {
    SweptShape {
        does: swept.does.name().to_owned(),
        sha256: swept.certificate.fingerprint().to_string(),
        store: StoreShape::of(&swept.store),
        because: swept.because.clone(),
    }
}

fn moved(moved: &Moved) -> MovedShape {
    let need = |need: &crate::plan::Need| NeedShape {
        sha256: need.certificate.fingerprint().to_string(),
        store: StoreShape::of(&need.store),
    };
    MovedShape {
        sha256: moved.certificate.fingerprint().to_string(),
        from: moved.from.iter().map(StoreShape::of).collect(),
        needed_by: moved.needed_by.iter().map(need).collect(),
    }
}

fn step(step: &Step) -> StepShape {
    let path_of = |path: &std::path::Path| PathShape::of(path.as_os_str());
    let named = |(nickname, certificate): &(String, Arc<Certificate>)| NamedShape {
        nickname: nickname.clone(),
        sha256: certificate.fingerprint().to_string(),
    };
    match step {
        Step::Write { path, bytes, was, mode } => StepShape::Write {
            path: path_of(path),
            sha256: hex(&Sha256::digest(bytes).into()),
            base64: base64_simd::STANDARD.encode_to_string(bytes),
            was: was_of(was),
            mode: format!("{mode:04o}"),
        },
        Step::Link { path, to, was } => {
            StepShape::Link { path: path_of(path), to: PathShape::of(to), was: was_of(was) }
        }
        Step::Remove { path, was } => StepShape::Remove { path: path_of(path), was: was_of(was) },
        Step::Nss { directory, was, add, remove } => StepShape::Nss {
            directory: path_of(directory),
            was: was_of(was),
            add: add.iter().map(named).collect(),
            remove: remove.iter().map(named).collect(),
        },
    }
}

fn was_of(was: &Was) -> WasShape {
    match was {
        Was::Absent => WasShape::Absent {},
        Was::Link(to) => WasShape::Link { to: PathShape::of(to) },
        Was::File(facts) => WasShape::File {
            sha256: hex(&facts.sha256),
            size: facts.size,
            identity: facts.identity,
            changed: facts.changed,
        },
    }
}

/// A digest in the form in which fingerprints are written.
fn hex(digest: &[u8; 32]) -> String {
    Fingerprint::from_bytes(*digest).to_string()
}
