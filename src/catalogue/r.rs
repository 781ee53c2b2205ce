//! R: libcurl with a variable that R itself reads.

use super::client::{Client, Edit, Installation, Leaf, Look, Roots, Rule, Then};
use super::survey::Survey;
use crate::host::split_list;
use crate::policy;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[R, R_CURL];

const LIBCURL: &str = "https://github.com/wch/r-source/blob/R-4-2-branch/src/modules/internet/libcurl.c";
const DOWNLOAD: &str = "https://stat.ethz.ch/R-manual/R-devel/library/utils/html/download.file.html";
const PACKAGE: &str = "https://github.com/jeroen/curl/blob/v5.0.0/src/handle.c";

/// `r`: `download.file`, `url` and what packages are installed with.
const R: Client = Client::new(
    "r",
    "R",
    "CURL_CA_BUNDLE, which R reads itself, else the file its libcurl was built with; and libcurl's directory.",
    Rule::Each(
        rs,
        &Rule::All(&[
            Rule::First(&[
                Leaf::variable("CURL_CA_BUNDLE").missing(Then::Refuse).says(DOWNLOAD),
                Leaf::path("{cafile}").missing(Then::Refuse).says(LIBCURL),
            ]),
            Leaf::path("{capath}").look(Look::HashLazy).given(&"openssl").says(LIBCURL),
            Leaf::path("{capath}").look(Look::EveryFile).given(&"gnutls").says(LIBCURL),
        ]),
    ),
)
.judged_by(&policy::curl::CURL)
.edit(Edit::SYSTEM)
.roots(Roots::Public);

/// `r-curl`: the package curl, which httr and others stand on, and which reads no variable.
const R_CURL: Client = Client::new(
    "r-curl",
    "R's package curl",
    "What its libcurl was built with; no variable counts.",
    Rule::Each(
        curls,
        &Rule::All(&[
            Leaf::path("{cafile}").missing(Then::Refuse).says(PACKAGE),
            Leaf::path("{capath}").look(Look::HashLazy).given(&"openssl").says(PACKAGE),
            Leaf::path("{capath}").look(Look::EveryFile).given(&"gnutls").says(PACKAGE),
        ]),
    ),
)
.judged_by(&policy::curl::CURL)
.edit(Edit::SYSTEM)
.roots(Roots::Public);

/// The home of every R on PATH, by its program: `R` is a script beside or above it.
fn homes(survey: &Survey<'_>) -> Vec<(PathBuf, PathBuf)> {
    let one = |program: PathBuf| {
        let prefix = survey.prefix_of(&program)?;
        let mut homes = [prefix.join("lib/R"), prefix.join("lib64/R"), prefix.clone()].into_iter();
        let home = homes.find(|home| survey.host.is_file(&home.join("modules/internet.so")))?;
        Some((program, home))
    };
    survey.programs("R").into_iter().filter_map(one).collect()
}

fn rs(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let module = |home: PathBuf| home.join("modules/internet.so");
    let found = homes(survey).into_iter();
    found.map(|(program, home)| Arc::new(survey.libcurl_user(&program, &module(home), "PATH"))).collect()
}

/// The package curl in every library of the Rs on PATH: named by variables, R's own and the site's.
fn curls(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let homes = homes(survey);
    if homes.is_empty() {
        return Vec::new();
    }
    let named = ["R_LIBS", "R_LIBS_USER", "R_LIBS_SITE"].into_iter().filter_map(|name| survey.host.variable(name));
    let mut libraries: Vec<PathBuf> = named.flat_map(split_list).collect();
    libraries.push(PathBuf::from("/usr/local/lib/R/site-library"));
    libraries.extend(homes.iter().flat_map(|(_, home)| [home.join("site-library"), home.join("library")]));
    let mut found: Vec<Arc<Installation>> = Vec::new();
    for library in libraries {
        let at = library.join("curl");
        let extension = at.join("libs/curl.so");
        if survey.host.is_file(&extension) && !found.iter().any(|known| known.at == at) {
            found.push(Arc::new(survey.libcurl_user(&at, &extension, &because(&library))));
        }
    }
    found
}

fn because(library: &Path) -> String {
    format!("package in {}", library.display())
}

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::testing::says;
    use crate::host::memory::Memory;

    /// A library that is its own libcurl, since nothing here is an ELF file.
    const CURL: &str = "\0libcurl/7.88.1\0/etc/ssl/certs/ca-certificates.crt\0x\0/etc/ssl/certs\0";

    fn files() -> Memory {
        Memory::new()
            .file("/usr/bin/R", "")
            .file("/usr/lib/R/modules/internet.so", CURL)
            .file("/usr/lib/R/site-library/curl/libs/curl.so", CURL)
            .file("/etc/ssl/certs/ca-certificates.crt", "")
            .file("/a.pem", "")
    }

    #[test]
    fn r_reads_curls_variable_itself_and_the_package_does_not() {
        let variable = [("CURL_CA_BUNDLE", "/a.pem"), ("SSL_CERT_FILE", "/gone.pem")];
        assert_eq!(says(&files(), &variable, "r"), ["/usr/bin/R: /a.pem"]);
        assert_eq!(says(&files(), &[("CURL_CA_BUNDLE", "")], "r"), ["/usr/bin/R: /etc/ssl/certs/ca-certificates.crt"]);
        assert_eq!(says(&files(), &[("CURL_CA_BUNDLE", "/gone.pem")], "r"), ["/usr/bin/R: stops"]);
        let package = "/usr/lib/R/site-library/curl";
        assert_eq!(says(&files(), &variable, "r-curl"), [format!("{package}: /etc/ssl/certs/ca-certificates.crt")]);
    }
}
