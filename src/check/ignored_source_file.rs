//! A file among the system's anchors that the refresh command passes over, mostly without a word: another
//! extension, a directory too deep, DER where PEM is copied.

use super::generated::{is_shipped, refresh};
use super::{Check, Detail, Run, Scope, Severity};
use crate::anchors::{LeftOut, Reason, anchors};
use crate::catalogue::client::{Client, Edit, Look};
use crate::discover::Use;
use crate::model::{Slot, StoreId, Target, shell};
use std::path::Path;
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "ignored-source-file",
    title: "a file among the system's anchors is passed over",
    severity: Severity::Warning,
    about: "Debian's tool takes .crt files of PEM alone: a .pem or .cer file beside them does nothing, and of a .crt file in \
            DER it copies octets into the bundle that no program reads. p11-kit and Alpine look into no directory below \
            the one for anchors; p11-kit leaves out what is no authority, and what stands beside that directory.",
    says: "https://manpages.debian.org/bookworm/ca-certificates/update-ca-certificates.8.en.html",
    since: None,
    remedy: "Give the file the name, form and place that the tool takes, and run it.",
    run: Run::Use(look),
};

fn look(scope: &Scope<'_>, found: &Use) -> Vec<Detail> {
    if !found.client.is_source {
        return Vec::new();
    }
    let trusted = anchors(found, scope.snapshot);
    let is_passed_over = |left: &&LeftOut<'_>| {
        left.certificate.is_some()
            && !left.because.is_meant()
            && left.store.id.path().is_some_and(|path| !is_shipped(path))
    };
    let files = trusted.left_out.iter().filter(is_passed_over).map(|left| Detail {
        store: Some(left.store.id.clone()),
        slot: Some(left.slot.clone()),
        certificate: left.certificate.map(Arc::clone),
        clients: vec![found.name()],
        expected: format!("a file that {} takes", refresh(found.client)),
        found: left.because.to_string(),
        remedy: remedy(found.client, left),
        ..Detail::default()
    });
    let mut details: Vec<Detail> = files.collect();
    details.extend(directories(scope, found));
    details
}

fn remedy(client: &Client, left: &LeftOut<'_>) -> String {
    let command = refresh(client);
    let (directory, extension) = match client.edit {
        Edit::DropIn { directory, extension, .. } => (directory, extension),
        _ => ("the directory of anchors", "pem"),
    };
    let file = match left.slot {
        Slot::File(name, _) => shell::path(Path::new(name)),
        _ => "it".to_owned(),
    };
    match &left.because {
        Reason::Extension(_) => {
            format!("rename {file} so that it ends in .{extension}, and run {command}")
        }
        Reason::Der => {
            format!("write it as PEM in its place (openssl x509 -inform DER -in {file}), and run {command}")
        }
        Reason::Label(_) => {
            format!("write it under the label CERTIFICATE in its place (openssl x509 -in {file}), and run {command}")
        }
        Reason::NotSaidTrusted => format!("move {file} to {directory}, and run {command}"),
        _ => "name it in the settings of the client that needs it, or remove it".to_owned(),
    }
}

/// Directories with something in them below one that is read without those below it.
fn directories(scope: &Scope<'_>, found: &Use) -> Vec<Detail> {
    let flat = found.effective().filter(|candidate| matches!(candidate.leaf.look, Look::Authorities | Look::EveryFile));
    let stores = flat.filter_map(|candidate| scope.snapshot.store(candidate.store.as_ref()?));
    let mut details = Vec::new();
    for store in stores {
        let StoreId::Path(path) = &store.id else { continue };
        for listed in store.listed.iter().filter(|listed| listed.target == Target::Other("directory")) {
            let below = path.join(&listed.name);
            if found.candidates.iter().any(|candidate| candidate.path.as_deref() == Some(&below))
                || scope.host.names(&below).is_empty()
            {
                continue;
            }
            details.push(Detail {
                path: Some(below),
                store: Some(store.id.clone()),
                clients: vec![found.name()],
                expected: format!("files in {} itself", path.display()),
                found: format!("a directory, into which {} does not look", refresh(found.client)),
                remedy: format!("move what is in it one up, and run {}", refresh(found.client)),
                ..Detail::default()
            });
        }
    }
    details
}
