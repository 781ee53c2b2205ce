//! A client that was told to verify nothing. People do it to get past an error, and it stays.

use super::{Check, Detail, Run, Scope, Severity, override_name};
use crate::catalogue::client::{Source, Then};
use crate::discover::{Candidate, Named, Outcome, Use};
use std::path::PathBuf;

/// The row.
pub const CHECK: Check = Check {
    id: "verification-disabled",
    title: "verification is turned off",
    severity: Severity::Error,
    about: "A variable or setting turns verification off, so the client takes any certificate from anybody. Some do it \
            by their name, as GIT_SSL_NO_VERIFY and NODE_TLS_REJECT_UNAUTHORIZED=0; some for single hosts, as pip's \
            trusted-host; some by being empty, as AWS_CA_BUNDLE in botocore before 1.43.54. A version of a client that verifies \
            nothing by itself, as HTTP::Tiny before 0.083, is a warning.",
    says: "https://cwe.mitre.org/data/definitions/295.html",
    since: None,
    remedy: "Remove the variable or setting. If something fails without it, find the root that is missing with \
             castore why HOST and add it to the store that castore which CLIENT names.",
    run: Run::Use(look),
};

fn look(_: &Scope<'_>, found: &Use) -> Vec<Detail> {
    let off = found.candidates.iter().filter_map(|candidate| {
        let how = how(candidate)?;
        let named = override_name(candidate)?;
        let path = file(candidate);
        if path.as_ref() == Some(&found.installation.at) {
            return Some(own_default(found, &named, path));
        }
        Some(Detail {
            path,
            clients: vec![found.name()],
            expected: "certificates that are verified".to_owned(),
            found: format!("{named} {how}"),
            remedy: format!(
                "remove {named}, and add the root that is missing where castore which {} says",
                found.client.id
            ),
            ..Detail::default()
        })
    });
    off.collect()
}

/// What the program's own text says is nobody's setting, and its file is not for anybody to edit.
fn own_default(found: &Use, named: &str, path: Option<PathBuf>) -> Detail {
    Detail {
        path,
        severity: Some(Severity::Warning),
        clients: vec![found.name()],
        expected: "certificates that are verified".to_owned(),
        found: format!("{named}: this version verifies nothing unless a program asks for it"),
        remedy: format!(
            "update {}; until then have each program that uses it ask for verification",
            found.client.title
        ),
        ..Detail::default()
    }
}

fn how(candidate: &Candidate) -> Option<String> {
    match &candidate.outcome {
        Outcome::TurnsOff => Some("turns verification off".to_owned()),
        Outcome::TurnsOffFor(names) => Some(format!("turns verification off for {}", names.trim().replace('\n', ", "))),
        Outcome::Empty(Then::TurnOff) => Some("is empty, which turns verification off".to_owned()),
        Outcome::Unusable(_, Then::TurnOff) => Some("cannot be read, which turns verification off".to_owned()),
        _ => None,
    }
}

fn file(candidate: &Candidate) -> Option<PathBuf> {
    match &candidate.named {
        Named::Setting(_, Source::File(file, _)) => Some(file.clone()),
        _ => None,
    }
}
