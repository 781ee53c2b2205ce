//! Ansible's modules that fetch (`uri`, `get_url` and all on `module_utils/urls.py`): the `ssl` module of the Python that
//! runs them, and every file of a few directories besides.
//!
//! A module runs on the host that it is for, with a Python of that host, where no package of Ansible's is: what is said
//! here holds for the hosts that Ansible runs its modules on with this Python, this machine among them. A task may name
//! another file (`ca_path`) or no verification (`validate_certs`). Read in ansible-core 2.19.14 and held against its
//! `open_url` before servers of two authorities.

use super::client::{Client, Interpreter, Leaf, Look, Rule};
use super::python::{INHERITS, SSL_DEFAULTS, ends};
use crate::host::System::{Bsd, Linux, MacOs};
use crate::policy;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[ANSIBLE];

const URLS: &str = "https://github.com/ansible/ansible/blob/v2.19.0/lib/ansible/module_utils/urls.py";

/// `ansible`: every copy of ansible-core, for this machine.
const ANSIBLE: Client = Client::new(
    "ansible",
    "Ansible's modules that fetch",
    "The defaults of the interpreter's ssl module, and every .pem, .cer and .crt file of the directories of Red Hat's \
     bundles and of /etc/ansible. A task may name another file (ca_path), and variables of requests do not count.",
    Rule::Each(
        |survey| survey.packages_at("ansible", "ansible-core"),
        &Rule::All(&[
            SSL_DEFAULTS,
            every("/etc/pki/ca-trust/extracted/pem").on(&[Linux]).says(URLS),
            every("/etc/pki/tls/certs").on(&[Linux]).says(URLS),
            every("/usr/share/ca-certificates/cacert.org").on(&[Linux]).says(URLS),
            every("/usr/local/share/certs").on(&[Bsd]).says(URLS),
            every("/usr/local/etc/openssl").on(&[MacOs]).says(URLS),
            every("/etc/ansible").says(URLS),
        ]),
    ),
)
.judged_by(&policy::python::SSL)
.ends(ends)
.edit(INHERITS)
.runs_in(Interpreter::Python);

/// Every file of a directory with one of the extensions that it looks for (`get_ca_certs`).
const fn every(directory: &'static str) -> Leaf {
    Leaf::path(directory).look(Look::Extensions(&["pem", "cer", "crt"]))
}

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::testing::says;
    use crate::host::memory::Memory;

    #[test]
    fn it_takes_the_files_of_a_few_directories_besides() {
        let library = "/usr/lib/python3.11";
        let files = Memory::new()
            .file("/usr/bin/python3.11", "")
            .file(format!("{library}/os.py"), "")
            .file("/usr/lib/python3/dist-packages/ansible/release.py", "")
            .file("/etc/ansible/corp.pem", "");
        let found = says(&files, &[], "ansible");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with(" /etc/ansible"), "{found:?}");
    }
}
