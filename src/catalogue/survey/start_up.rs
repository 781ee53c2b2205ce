//! Code that a Python runs whenever it starts: what is known of it, and what is not.
//!
//! Lines of `.pth` files that begin with `import`, `sitecustomize` and `usercustomize`
//! (docs.python.org, library/site) may rewrite certifi or put another store beneath `ssl`. Of
//! those that speak of certificates, pip-system-certs is known; what others do is theirs to know.

use super::Survey;
use crate::catalogue::client::Installation;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

const TOLD: &str = "pip-system-certs puts truststore beneath ssl at every start: OpenSSL's default paths count beside what a program loads";

impl Survey<'_> {
    /// Adds what the code that a Python starts with does to its trust, or that it is not known.
    pub(super) fn add_start_up(&self, installation: &mut Installation, packages: &[PathBuf], library: &Path) {
        for file in self.start_up_code(packages, library) {
            let name = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
            match name {
                // It puts urllib3-future in the place of urllib3.
                "urllib3_future.pth" => {}
                "pip_system_certs.pth" if self.injects_truststore(packages) => {
                    self.mark_truststore(installation);
                    installation.remarks.push(TOLD.to_owned());
                }
                _ => installation
                    .unknown
                    .push(format!("{} runs at every start and may change what is trusted", file.display())),
            }
        }
    }

    /// Whether pip-system-certs is one that injects truststore, and finds a copy of it: pip's, or
    /// the package (`inject_truststore` in its `wrapt_requests.py`). Before 5 it wrapped requests.
    fn injects_truststore(&self, packages: &[PathBuf]) -> bool {
        let version = packages.iter().find_map(|site| self.package_version(site, "pip_system_certs"));
        let copies = ["pip/_vendor/truststore", "truststore"];
        let has_copy = packages.iter().any(|site| copies.iter().any(|copy| self.host.is_directory(&site.join(copy))));
        has_copy && version.is_some_and(|version| version.is_between("5", ""))
    }

    fn start_up_code(&self, packages: &[PathBuf], library: &Path) -> Vec<PathBuf> {
        let speaks = |line: &str| {
            let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            let whole = ["ssl", "requests", "urllib3", "OpenSSL"];
            let parts = ["certifi", "truststore", "system_certs"];
            words.into_iter().any(|word| whole.contains(&word) || parts.iter().any(|part| word.contains(part)))
        };
        let mut files = vec![library.join("sitecustomize.py")];
        // Of a directory in PYTHONPATH no `.pth` file is read (docs.python.org, library/site).
        let named = self.python_path();
        files
            .extend(named.iter().flat_map(|path| ["sitecustomize.py", "usercustomize.py"].map(|name| path.join(name))));
        for directory in packages {
            files.extend(["sitecustomize.py", "usercustomize.py"].map(|name| directory.join(name)));
            let is_pth = |path: &PathBuf| path.extension() == Some(OsStr::new("pth"));
            files.extend(self.names(directory).iter().map(|name| directory.join(name)).filter(is_pth));
        }
        let runs = |path: &PathBuf, line: &str| {
            path.extension() != Some(OsStr::new("pth")) || line.starts_with("import ") || line.starts_with("import\t")
        };
        files.retain(|path| {
            self.host.settings(path).is_some_and(|text| text.lines().any(|line| runs(path, line) && speaks(line)))
        });
        files
    }
}
