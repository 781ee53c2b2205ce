//! Node.js: roots compiled into the binary, and one file that is added to them.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Rule};
use super::survey::Survey;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[NODE];

const CLI: &str = "https://nodejs.org/api/cli.html#node_extra_ca_certsfile";
const ROOTS: &str = "https://nodejs.org/api/tls.html#tlsrootcertificates";

/// `node`: every node on PATH.
const NODE: Client = Client::new(
    "node",
    "Node.js",
    "Mozilla's roots as compiled into the binary, with the file of NODE_EXTRA_CA_CERTS beside them.",
    Rule::Each(
        nodes,
        &Rule::All(&[
            Leaf::section("{binary}", "roots compiled into node").look(Look::CompiledIn).says(ROOTS),
            Leaf::variable("NODE_EXTRA_CA_CERTS").look(Look::Blocks).says(CLI),
        ]),
    ),
)
.ends(|_| Ends::SelfIssued)
.edit(Edit::Never("its roots are compiled in: name a file with NODE_EXTRA_CA_CERTS"));

/// Octets of a `node` that may have everything in a library: Debian's has 50 kB, one with everything
/// in itself 70 MB or more.
const SMALL_PROGRAM: u64 = 4 * 1024 * 1024;

/// The library that holds all of Node.js where distributions build it so (`configure --shared`).
fn libnode(survey: &Survey<'_>, program: &Path) -> Option<PathBuf> {
    let linkage = survey.linkage(program)?;
    survey.find_library(linkage.needs("libnode.so")?, program, &linkage)
}

fn nodes(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let host = survey.host;
    let managed = survey.in_home(".nvm/versions/node").map(|parent| host.children(&parent)).unwrap_or_default();
    let managed = managed.into_iter().map(|home| home.join("bin/node")).filter(|node| host.is_file(node));
    let mut found = Vec::new();
    let mut seen = Vec::new();
    for (at, because) in survey.programs("node").into_iter().map(|at| (at, "PATH")).chain(managed.map(|at| (at, "nvm")))
    {
        let Ok(resolved) = host.resolve(&at) else { continue };
        if seen.contains(&resolved.path) {
            continue;
        }
        seen.push(resolved.path.clone());
        let library = (resolved.size < SMALL_PROGRAM).then(|| libnode(survey, &resolved.path)).flatten();
        found.push(Arc::new(Installation {
            at,
            places: vec![("binary", library.unwrap_or(resolved.path))],
            because: because.to_owned(),
            ..Installation::default()
        }));
    }
    found
}
