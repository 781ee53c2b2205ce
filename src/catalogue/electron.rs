//! Programs made with Electron, which have two TLS stacks: Chromium's, for pages and the module `net`,
//! and that of Node.js, for what their main process fetches with `https`, `tls` or `fetch`.
//!
//! On Linux the first has Chromium's roots, compiled in and never replaced by a component, and the user's
//! NSS database; policies of browsers are not read. The second has the roots of Node.js compiled in, and
//! is built on BoringSSL without a directory of its own, so that options that ask for OpenSSL's paths are
//! refused. What a program decides for itself in code (`setCertificateVerifyProc`, `ca`) does not show.

use super::chromium::{NSS, ROOTS, nss};
use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Rule};
use super::node::NOT_VERIFIED;
use super::survey::{NODE_VARIABLES_OFF, Survey};
use crate::host::System::Linux;
use crate::model::Version;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[ELECTRON, ELECTRON_NODE];

const BUNDLED: &str = "https://nodejs.org/api/tls.html#tlsrootcertificates";
const EXTRA: &str = "https://github.com/electron/electron/pull/41689";
/// Why the variable counts for nothing.
const FUSE: &str = "not looked at: the fuse nodeOptions of the program is off";

/// `electron`: pages and `net`.
const ELECTRON: Client = Client::new(
    "electron",
    "Electron (pages, net)",
    "Chromium's roots as compiled in, and the user's NSS database beside them. The system's store counts for nothing.",
    Rule::Each(
        electrons,
        &Rule::All(&[
            Leaf::opaque(&("{binary}", "the root store compiled into its Chromium")).public().says(ROOTS),
            Leaf::path("{nss}/cert9.db").look(Look::Keystore).says(NSS),
        ]),
    ),
)
.on(&[Linux])
.reads(&["XDG_DATA_HOME"])
.edit(Edit::Via("certutil on the NSS database of the user"));

/// `electron-node`: the main process.
const ELECTRON_NODE: Client = Client::new(
    "electron-node",
    "Electron (main process)",
    "The roots of Node.js as compiled in, and beside them the file of NODE_EXTRA_CA_CERTS unless a fuse turns it off.",
    Rule::Each(
        main_processes,
        &Rule::All(&[
            NOT_VERIFIED,
            Leaf::section(&("{binary}", "roots compiled into node")).look(Look::CompiledIn).says(BUNDLED),
            Leaf::variable("NODE_EXTRA_CA_CERTS")
                .look(Look::UntilBad)
                .between(&[("electron", "28", "")])
                .except(&(NODE_VARIABLES_OFF, FUSE))
                .says(EXTRA),
        ]),
    ),
)
.ends(|_| Ends::SelfIssued)
.edit(Edit::Never("its roots are compiled in: name a file with NODE_EXTRA_CA_CERTS"));

/// The Chromium in an Electron: each has one of every second milestone, the 41st the 146th.
fn chromium_of(electron: &Version) -> Option<Version> {
    Version::parse(if electron.is_between("41", "") { "146" } else { "145" })
}

/// Every program, with the directory that its NSS is given.
fn electrons(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.electrons();
    for one in &mut found {
        let version = one.version("electron").and_then(chromium_of);
        let database = nss(survey, one.place("data").cloned(), version.as_ref());
        Arc::make_mut(one).places.extend(database.map(|directory| ("nss", directory)));
    }
    found
}

/// Every program, with what is not known of its variables.
fn main_processes(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.electrons();
    let is_set = survey.set("NODE_EXTRA_CA_CERTS").is_some();
    for one in found.iter_mut().filter(|one| is_set && !one.has(NODE_VARIABLES_OFF)) {
        if one.version("electron").is_none_or(|version| version.is_between("28", "31")) {
            let unknown = "whether its Electron reads NODE_EXTRA_CA_CERTS, as 31 and late versions of 28 to 30 do";
            Arc::make_mut(one).unknown.push(unknown.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::{Use, discover};
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    fn uses(files: Memory, variables: &[(&str, &str)]) -> Vec<Use> {
        let files = files.file("/opt/x/x", "the largest file beside it").file("/opt/x/resources/app.asar", "");
        let variables = variables.iter().chain(&[("HOME", "/h")]).map(|(k, v)| (k.into(), v.into())).collect();
        let host = Host::new(Box::new(files), System::Linux).with_environment(variables);
        discover(&Survey::new(&host, Default::default()), CLIENTS.iter())
    }

    fn used(found: &Use) -> String {
        let paths = found.effective().map(|one| one.path.as_ref().unwrap().display().to_string());
        paths.filter(|path| path != "/opt/x/x").collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn pages_have_the_database_of_the_user() {
        let (old, new) = ("/h/.pki/nssdb/cert9.db", "/h/.local/share/pki/nssdb/cert9.db");
        assert_eq!(used(&uses(Memory::new().file(old, ""), &[])[0]), old);
        assert_eq!(used(&uses(Memory::new().file(new, ""), &[])[0]), new);
        for (version, database) in [("40.1.0", ""), ("v41.0.0", new)] {
            assert_eq!(used(&uses(Memory::new().file(new, "").file("/opt/x/version", version), &[])[0]), database);
        }
        let bare = uses(Memory::new(), &[]);
        assert_eq!(bare[0].opaque().count(), 1);
        assert_eq!(bare[1].effective().next().unwrap().path, Some("/opt/x/x".into()));
    }

    #[test]
    fn the_main_process_has_the_roots_of_node() {
        let variable = [("NODE_EXTRA_CA_CERTS", "/a.pem")];
        let with = |version: &str| {
            let files = Memory::new().file("/a.pem", "").file("/opt/x/version", version);
            let found = uses(files, &variable).remove(1);
            (used(&found), found.installation.unknown.len())
        };
        assert_eq!(with("27.3.11"), (String::new(), 0));
        assert_eq!(with("29.0.0"), ("/a.pem".to_owned(), 1));
        assert_eq!(with("31.0.0"), ("/a.pem".to_owned(), 0));
        assert_eq!(with(""), ("/a.pem".to_owned(), 1));
        assert!(uses(Memory::new(), &[("NODE_TLS_REJECT_UNAUTHORIZED", "0")])[1].is_off());
    }
}
