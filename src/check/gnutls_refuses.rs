//! A bundle of which GnuTLS takes nothing, because of one block or certificate in it: apt, wget2 and Emacs on Debian then
//! trust nobody, while what runs on OpenSSL works.

use super::{Check, Detail, Run, Scope, Severity, merge_clients};
use crate::anchors::{Lost, lost_by_gnutls};
use crate::discover::Use;
use crate::model::words::counted;
use crate::model::{Block, Format, Slot};

/// The row.
pub const CHECK: Check = Check {
    id: "gnutls-refuses",
    title: "GnuTLS does not load what is in this file",
    severity: Severity::Error,
    about: "GnuTLS takes all of a file or nothing, as OpenSSL does, and stumbles over other things: text or headers between \
            BEGIN and END, a sentence that mentions a BEGIN, and a certificate that it does not import, such as one with an \
            extension twice or with two signature algorithms that differ. apt, wget2 and Emacs on Debian then have no roots (\
            \"the certificate issuer is unknown\"), git with http.sslCAInfo ends (\"Problem with the SSL CA cert\"), and wget \
            is left with the directory beside the bundle.",
    says: "https://gitlab.com/gnutls/gnutls/-/blob/3.7.9/lib/x509/x509.c",
    since: None,
    remedy: "Take the block that is named out of the file, or write the bundle anew with castore export --from FILE --out BUNDLE, with --exclude SHA256 for each certificate that GnuTLS does not import.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    merge_clients(scope.uses.iter().flat_map(|found| of_use(scope, found)).collect())
}

fn of_use(scope: &Scope<'_>, found: &Use) -> Vec<Detail> {
    // Of a directory the other files count all the same.
    let lost = lost_by_gnutls(found, scope.snapshot).into_iter().filter(|lost| lost.store.format != Format::Directory);
    lost.filter_map(|lost| detail(&lost, found)).collect()
}

fn detail(lost: &Lost<'_>, found: &Use) -> Option<Detail> {
    let entries = &lost.store.entries[lost.entries.clone()];
    let readable = entries.iter().filter(|entry| entry.certificate().is_some()).count();
    // What it takes for a block may be none for castore.
    let slot = |line| {
        let known = entries.iter().map(|entry| &entry.slot).find(|slot| slot.line() == Some(line));
        known.cloned().unwrap_or(Slot::Block(Block { line, offset: 0 }))
    };
    (readable > 0).then(|| Detail {
        store: Some(lost.store.id.clone()),
        slot: lost.line.map(slot),
        clients: vec![found.name()],
        expected: format!("{} loaded", counted(readable, "certificate")),
        found: format!("none: of this block it says \"{}\"", lost.says),
        remedy: remedy(lost),
        ..Detail::default()
    })
}

fn remedy(lost: &Lost<'_>) -> String {
    let file = lost.store.id.path().map_or_else(|| "FILE".to_owned(), |path| path.display().to_string());
    let without: String =
        lost.certificates.iter().map(|one| format!(" --exclude {}", one.fingerprint().short())).collect();
    format!(
        "take that block out of the file; or write it anew with castore export --include-expired --include-not-ca \
         --include-untrusted{without} --from {file} --out {file}"
    )
}
