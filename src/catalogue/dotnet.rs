//! .NET on Linux: OpenSSL's places read by .NET itself, and a store of its own.
//!
//! It opens the file, and every file of the directories whatever its name, PEM or DER; what is not
//! self-issued only helps to build chains. A variable that is set to nothing takes its half away. The
//! user's own store is a directory of PKCS#12 files without a password, which programs write through
//! `X509Store`.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Rule, Then};
use super::survey::{Linkage, Survey};
use crate::host::System::Linux;
use crate::model::Version;
use std::path::PathBuf;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[DOTNET];

const PROVIDER: &str = "https://github.com/dotnet/runtime/blob/v9.0.0/src/libraries/System.Security.Cryptography/src/System/Security/Cryptography/X509Certificates/OpenSslCachedSystemStoreProvider.cs";
const STORE: &str = "https://github.com/dotnet/runtime/blob/v9.0.0/src/libraries/System.Security.Cryptography/src/System/Security/Cryptography/X509Certificates/OpenSslDirectoryBasedStoreProvider.cs";
const ROOT: &str =
    "https://github.com/dotnet/runtime/blob/v9.0.0/src/native/libs/System.Security.Cryptography.Native/pal_x509_root.c";

/// `dotnet`: every root of .NET that has a runtime in it.
const DOTNET: Client = Client::new(
    "dotnet",
    ".NET",
    "SSL_CERT_FILE or OpenSSL's file, every file of SSL_CERT_DIR or OpenSSL's directory, PEM or DER, and what \
     programs put into the user's own store Root.",
    Rule::Each(
        dotnets,
        &Rule::All(&[
            Rule::First(&[
                Leaf::variable("SSL_CERT_FILE").look(Look::EitherEncoding).empty(Then::Bind).says(ROOT),
                Leaf::path("{openssldir}/cert.pem").look(Look::EitherEncoding).says(ROOT),
            ]),
            Rule::First(&[
                Leaf::list("SSL_CERT_DIR").look(Look::EveryFileEitherEncoding).empty(Then::Bind).says(ROOT),
                Leaf::path("{openssldir}/certs").look(Look::EveryFileEitherEncoding).says(ROOT),
                Leaf::path("/etc/ssl/certs").look(Look::EveryFileEitherEncoding).says(PROVIDER),
            ]),
            Leaf::path("~/.dotnet/corefx/cryptography/x509stores/root").look(Look::Extensions(&["pfx"])).says(STORE),
        ]),
    ),
)
.reads(&["CLR_OPENSSL_VERSION_OVERRIDE"])
.on(&[Linux])
.ends(|_| Ends::SelfIssued)
.edit(Edit::SYSTEM);

/// The roots that the host program and installers use (dotnet/designs, install-locations.md).
fn dotnets(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let named = survey.set("DOTNET_ROOT").map(|root| (root, "$DOTNET_ROOT"));
    let on_path = survey.programs("dotnet").into_iter();
    let on_path = on_path.filter_map(|program| survey.host.resolve(&program).ok()?.path.parent().map(PathBuf::from));
    let usual = ["/usr/share/dotnet", "/usr/lib/dotnet", "/usr/lib64/dotnet"].map(PathBuf::from);
    let usual = usual.into_iter().chain(survey.in_home(".dotnet")).map(|root| (root, "usual place"));
    let roots = named.into_iter().chain(on_path.map(|root| (root, "PATH"))).chain(usual);
    let mut found: Vec<Arc<Installation>> = Vec::new();
    for (root, because) in roots {
        let Ok(resolved) = survey.host.resolve(&root) else { continue };
        let versions = survey.numbered(&resolved.path.join("shared/Microsoft.NETCore.App"));
        let versions = versions.iter().filter_map(|path| Version::parse(path.file_name()?.to_str()?));
        let Some(version) = versions.max() else { continue };
        if found.iter().any(|known| known.place("root") == Some(&resolved.path)) {
            continue;
        }
        let mut installation = Installation {
            at: root,
            components: vec![("dotnet", version)],
            places: vec![("root", resolved.path)],
            because: because.to_owned(),
            ..Installation::default()
        };
        add_openssl(survey, &mut installation);
        found.push(Arc::new(installation));
    }
    found
}

/// The OpenSSL that is loaded at run time, the newest first or what a variable says
/// (`opensslshim.c`); and that the user disallowed something, which is not read.
fn add_openssl(survey: &Survey<'_>, installation: &mut Installation) {
    let asked = survey.set("CLR_OPENSSL_VERSION_OVERRIDE").map(|version| version.to_string_lossy().into_owned());
    let versions = asked.into_iter().chain(["3", "1.1", "1.0.2", "1.0.0", "10"].map(str::to_owned));
    let mut names = versions.map(|version| format!("libcrypto.so.{version}"));
    match names.find_map(|name| survey.find_library(&name, &installation.at, &Linkage::default())) {
        Some(library) => survey.add_openssl(installation, &library),
        None => installation.unknown.push("no libcrypto is where the loader looks".to_owned()),
    }
    let refused = survey.in_home(".dotnet/corefx/cryptography/x509stores/disallowed");
    if let Some(directory) = refused.filter(|directory| !survey.host.names(directory).is_empty()) {
        installation.unknown.push(format!("{}: what the user disallowed is not read", directory.display()));
    }
}

#[cfg(test)]
mod tests {
    use crate::anchors::anchors;
    use crate::catalogue::clients;
    use crate::catalogue::survey::testing::{openssl, says};
    use crate::catalogue::survey::{Searched, Survey};
    use crate::discover::discover;
    use crate::format::pkcs12::{self, Protection};
    use crate::format::tests::vectors::{one, two};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};
    use crate::load::{load, wanted};

    fn files() -> Memory {
        Memory::new()
            .file("/usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.4/x", "")
            .file("/usr/share/dotnet/shared/Microsoft.NETCore.App/9.0.1/x", "")
            .file("/usr/lib/x86_64-linux-gnu/libcrypto.so.3", openssl("/usr/lib/ssl"))
            .file("/usr/lib/ssl/cert.pem", "")
            .file("/usr/lib/ssl/certs/any name", two())
            .file("/a.der", one())
    }

    #[test]
    fn each_half_has_its_variable_and_empty_takes_it_away() {
        let at = "/usr/share/dotnet";
        assert_eq!(says(&files(), &[], "dotnet"), [format!("{at}: /usr/lib/ssl/cert.pem /usr/lib/ssl/certs")]);
        let found = says(&files(), &[("SSL_CERT_FILE", "/a.der"), ("SSL_CERT_DIR", "")], "dotnet");
        assert_eq!(found, [format!("{at}: /a.der")]);
        let found = says(&files(), &[("SSL_CERT_FILE", "/usr/lib/ssl/certs")], "dotnet");
        assert_eq!(found, [format!("{at}: /usr/lib/ssl/certs")], "a directory is no file");
        assert!(says(&Memory::new(), &[], "dotnet").is_empty());
    }

    #[test]
    fn der_counts_under_any_name() {
        let environment = [("SSL_CERT_FILE".into(), "/a.der".into())].into_iter().collect();
        let host = Host::new(Box::new(files()), System::Linux).with_environment(environment);
        let survey = Survey::new(&host, Searched::default());
        let uses = discover(&survey, clients().filter(|client| client.id == "dotnet"));
        let snapshot = load(&host, &wanted(&uses));
        assert_eq!(anchors(&uses[0], &snapshot).certificates.len(), 2);
    }

    #[test]
    fn the_users_own_store_is_a_directory_of_pkcs12() {
        let store = "/home/u/.dotnet/corefx/cryptography/x509stores/root";
        let own = pkcs12::write(&[("", one().as_slice())], Protection::Plain);
        let files = files().file(format!("{store}/0123.pfx"), own).file(format!("{store}/notes.pem"), two());
        let environment = [("HOME".into(), "/home/u".into()), ("SSL_CERT_DIR".into(), "".into())].into();
        let host = Host::new(Box::new(files), System::Linux).with_environment(environment);
        let uses = discover(&Survey::new(&host, Searched::default()), clients().filter(|c| c.id == "dotnet"));
        let snapshot = load(&host, &wanted(&uses));
        let anchors = anchors(&uses[0], &snapshot);
        let held: Vec<_> = anchors.certificates.values().map(|anchor| anchor.certificate.der()).collect();
        assert_eq!(held, [one()]);
    }
}
