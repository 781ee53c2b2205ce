//! How a store is changed: whether the rows of its readers let castore do it, and what its format and the way in which
//! it is read take.

use super::{Group, Refusal, Way, cannot, instead, split};
use crate::catalogue::client::{Edit, Look};
use crate::discover::{Candidate, Named, Use};
use crate::model::{Entry, Format, Store, StoreId};
use crate::plan::edit::CannotEdit;
use crate::plan::{Unwritable, Writer, WrittenBy};
use std::path::Path;

/// Whether one of the rows of its readers lets it be changed by castore, or somebody named it in a setting. A row
/// without a store of its own says nothing of those that it reads.
pub(super) fn allowed(group: &Group<'_>, format: Format) -> Result<(), Refusal> {
    let is_kept = matches!(format, Format::Jks | Format::Jceks | Format::Pkcs12 | Format::Nss);
    let refusal = |(user, candidate): &(&Use, &Candidate)| match user.client.edit {
        _ if candidate.named != Named::BuiltIn => None,
        Edit::Via(_) if is_kept => None,
        Edit::Via(tool) => Some(("its owner changes it".to_owned(), Some(tool.to_owned()))),
        Edit::Never(why) => Some(split(why)),
        Edit::DropIn { .. } | Edit::Rewrite | Edit::Elsewhere(_) => None,
    };
    let says = |(user, candidate): &&(&Use, &Candidate)| {
        candidate.named != Named::BuiltIn || !matches!(user.client.edit, Edit::Elsewhere(_))
    };
    let refusals: Option<Vec<Refusal>> = group.read.iter().filter(says).map(refusal).collect();
    match refusals.and_then(|refusals| refusals.into_iter().next()) {
        Some(refusal) if !group.is_named() => Err(refusal),
        _ => Ok(()),
    }
}

/// How a store of this format is written, for those that read it.
pub(super) fn written(store: &Store, group: &Group<'_>) -> Result<Way<'static>, Refusal> {
    let looks = || group.read.iter().map(|(_, candidate)| candidate.leaf.look);
    Ok(match store.format {
        Format::Pem | Format::Jks | Format::Jceks | Format::Pkcs12 => Way::File,
        Format::Empty if !looks().any(|look| look == Look::Keystore) => Way::File,
        Format::Nss => Way::Nss,
        Format::Directory => return directory(store, group),
        Format::Der => {
            let instead = "castore export --out FILE writes a bundle, which a setting can name";
            return Err(("it is one certificate in DER, and has no room for another".to_owned(), Some(instead.into())));
        }
        other => {
            let (why, by_tool) = cannot(&CannotEdit::Format(other));
            return Err((why, instead(group).or(by_tool)));
        }
    })
}

fn directory(store: &Store, group: &Group<'_>) -> Result<Way<'static>, Refusal> {
    let is_hashed = |look: Look| look.asks_by_hash() || matches!(look, Look::HashNames | Look::Bundle);
    if let Some((extension, refresh)) = group.read.iter().find_map(|(user, _)| match user.client.edit {
        Edit::DropIn { extension, refresh, .. } => Some((extension, refresh)),
        _ => None,
    }) {
        return Ok(Way::Directory { extension, refresh: Some(refresh) });
    }
    let looks: Vec<Look> = group.read.iter().map(|(_, candidate)| candidate.leaf.look).collect();
    let has_hashes = || store.listed.iter().any(|listed| crate::format::hash_dir::parse_name(&listed.name).is_some());
    if looks.iter().any(|look| is_hashed(*look)) || (looks.is_empty() && has_hashes()) {
        return Ok(Way::HashDirectory);
    }
    let extension = looks.iter().find_map(|look| match look {
        Look::Extensions(extensions) => extensions.iter().find(|word| matches!(**word, "pem" | "crt" | "cer")).copied(),
        Look::EveryFile | Look::EveryFileEitherEncoding => Some("pem"),
        _ => None,
    });
    match extension.or(if looks.is_empty() { Some("pem") } else { None }) {
        Some(_) if looks.is_empty() && is_other(store) => {
            let instead = "name a bundle, a directory of certificates or an empty one";
            Err(("no file in it holds a certificate, so it is no store".to_owned(), Some(instead.to_owned())))
        }
        Some(extension) => Ok(Way::Directory { extension, refresh: None }),
        None => Err(("its files are chosen by a list of its own".to_owned(), instead(group))),
    }
}

/// Whether it would be written: itself, and on one of the ways on which it was chosen. What is planned is what stands
/// behind all links, so that a link which another account can lead elsewhere must not be what chose it.
pub(super) fn writable(writer: Writer<'_>, way: &Way<'_>, id: &StoreId, group: &Group<'_>) -> Result<(), Refusal> {
    let Writer(Some(may_write)) = writer else { return Ok(()) };
    let (itself, by) = match way {
        Way::System(system) => (Some(Path::new(system.directory)), WrittenBy::Command),
        _ => (id.path(), WrittenBy::Castore),
    };
    let refused = |why: Unwritable| (why.because, why.instead);
    let leads = |(named, found): (&Path, &Path)| match may_write(named, by).map_err(refused)? {
        Some(leads) if found.starts_with(&leads) => Ok(()),
        // Nothing that could be looked at is there now. What no link led to is where it was.
        None if named == found => Ok(()),
        _ => Err((format!("{} leads elsewhere than when it was read", named.display()), None)),
    };
    let mut first = Ok(());
    for way in group.ways() {
        first = leads(way);
        if first.is_ok() {
            break;
        }
    }
    first.and_then(|()| itself.map_or(Ok(()), |path| may_write(path, WrittenBy::Castore).map(drop).map_err(refused)))
}

/// Whether a directory that nobody reads is of other things than certificates.
fn is_other(store: &Store) -> bool {
    !store.listed.is_empty() && !store.entries.iter().any(|entry: &Entry| entry.certificate().is_some())
}
