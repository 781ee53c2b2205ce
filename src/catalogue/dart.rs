//! Dart: a list of places, else the roots compiled in. No variable counts.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Rule};
use super::survey::Survey;
use crate::host::System::Linux;
use std::path::PathBuf;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[DART];

const CONTEXT: &str = "https://github.com/dart-lang/sdk/blob/main/runtime/bin/security_context_linux.cc";

/// `dart`: the virtual machine, alone and in Flutter's SDK; programs compiled with it look there too.
const DART: Client = Client::new(
    "dart",
    "Dart",
    "The first file of a list, else the first directory of another, else Mozilla's roots compiled in.",
    Rule::Each(
        darts,
        &Rule::First(&[
            file("/etc/ssl/certs/ca-certificates.crt"),
            file("/etc/pki/tls/certs/ca-bundle.crt"),
            file("/etc/ssl/ca-bundle.pem"),
            file("/etc/pki/tls/cacert.pem"),
            file("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
            directory("/etc/ssl/certs"),
            directory("/system/etc/security/cacerts"),
            directory("/usr/local/share/certs"),
            directory("/etc/pki/tls/certs"),
            directory("/etc/openssl/certs"),
            Leaf::section(&("{binary}", "roots compiled into Dart")).look(Look::CompiledIn).says(CONTEXT),
        ]),
    ),
)
.on(&[Linux])
.ends(|_| Ends::SelfIssued)
.edit(Edit::SYSTEM);

const fn file(path: &'static str) -> Rule {
    Leaf::path(path).says(CONTEXT)
}

const fn directory(path: &'static str) -> Rule {
    Leaf::path(path).look(Look::HashLazy).says(CONTEXT)
}

/// Every Dart on PATH, where Debian's package puts it, and within a Flutter on PATH or in the home.
fn darts(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let beside = |flutter: PathBuf| Some(survey.prefix_of(&flutter)?.join("bin/cache/dart-sdk/bin/dart"));
    let flutters = survey.programs("flutter").into_iter().chain(survey.in_home("flutter/bin/flutter"));
    let usual = PathBuf::from("/usr/lib/dart/bin/dart");
    let candidates = survey.programs("dart").into_iter().chain([usual]).chain(flutters.filter_map(beside));
    let mut found: Vec<Arc<Installation>> = Vec::new();
    for program in candidates {
        let Ok(resolved) = survey.host.resolve(&program) else { continue };
        // In Flutter's directory `dart` is a script.
        if resolved.size < SMALL || found.iter().any(|known| known.place("binary") == Some(&resolved.path)) {
            continue;
        }
        found.push(Arc::new(Installation {
            at: program,
            places: vec![("binary", resolved.path)],
            because: "dart".to_owned(),
            ..Installation::default()
        }));
    }
    found
}

/// Octets that no script has and any virtual machine does.
const SMALL: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::testing::says;
    use crate::host::memory::Memory;

    #[test]
    fn the_first_place_counts_and_no_variable() {
        let files = Memory::new()
            .file("/home/u/flutter/bin/flutter", "#!/bin/sh")
            .file("/home/u/flutter/bin/cache/dart-sdk/bin/dart", vec![0; 70_000])
            .file("/a.pem", "");
        let at = "/home/u/flutter/bin/cache/dart-sdk/bin/dart:";
        let variable = [("SSL_CERT_FILE", "/a.pem")];
        assert_eq!(says(&files, &variable, "dart"), [format!("{at} /home/u/flutter/bin/cache/dart-sdk/bin/dart")]);
        let files = files.file("/etc/ssl/certs/x", "");
        assert_eq!(says(&files, &variable, "dart"), [format!("{at} /etc/ssl/certs")]);
        let files = files.file("/etc/ssl/ca-bundle.pem", "");
        assert_eq!(says(&files, &variable, "dart"), [format!("{at} /etc/ssl/ca-bundle.pem")]);
    }
}
