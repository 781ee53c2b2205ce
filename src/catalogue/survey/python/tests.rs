//! One layout each: what is found of it, and what its rows then say.

use super::*;
use crate::catalogue::clients;
use crate::catalogue::survey::Searched;
use crate::discover::{Outcome, discover};
use crate::host::System;
use crate::host::memory::Memory;

/// A 64-bit ELF file with nothing in it but a dynamic section.
pub(in crate::catalogue) fn elf(needed: &[&str], runpath: &str) -> Vec<u8> {
    const START: u64 = 64 + 2 * 56;
    let mut strings = vec![0];
    let mut text = |value: &str| {
        let at = strings.len() as u64;
        strings.extend(value.as_bytes());
        strings.push(0);
        at
    };
    let mut entries: Vec<(u64, u64)> = needed.iter().map(|name| (1, text(name))).collect();
    entries.extend((!runpath.is_empty()).then(|| (29, text(runpath))));
    let size = (entries.len() as u64 + 2) * 16;
    entries.extend([(5, START + size), (0, 0)]);
    let total = START + size + strings.len() as u64;
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec();
    file.extend([0, 64, 0].map(u64::to_le_bytes).concat());
    file.extend([0, 0, 0, 0, 64, 0, 56, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    for (kind, offset, size) in [(1_u32, 0, total), (2, START, size)] {
        file.extend([kind.to_le_bytes(), 4_u32.to_le_bytes()].concat());
        file.extend([offset, offset, offset, size, size, 8].map(u64::to_le_bytes).concat());
    }
    file.extend(entries.iter().flat_map(|(tag, value)| [tag.to_le_bytes(), value.to_le_bytes()].concat()));
    file.extend(strings);
    file
}

fn libcrypto(version: &str, directory: &str) -> String {
    format!("\0OpenSSL {version} 1 Jan 2026\0OPENSSLDIR: \"{directory}\"\0\0")
}

const SSL: &str = "lib-dynload/_ssl.cpython-312-x86_64-linux-gnu.so";

/// An installation whose `_ssl` needs the system's libcrypto.
pub(in crate::catalogue) fn linked(files: Memory, prefix: &str, minor: &str) -> Memory {
    files
        .file(format!("{prefix}/bin/python{minor}"), "")
        .file(format!("{prefix}/lib/python{minor}/os.py"), "")
        .file(format!("{prefix}/lib/python{minor}/{SSL}"), elf(&["libssl.so.3", "libcrypto.so.3"], ""))
}

pub(in crate::catalogue) fn system() -> Memory {
    Memory::new().file("/usr/lib/x86_64-linux-gnu/libcrypto.so.3", libcrypto("3.0.15", "/usr/lib/ssl"))
}

pub(in crate::catalogue) fn host(files: Memory, environment: &[(&str, &str)]) -> Host {
    let environment = [("HOME", "/home/u")].iter().chain(environment).map(|(k, v)| (k.into(), v.into())).collect();
    Host::new(Box::new(files), System::Linux).with_environment(environment)
}

/// Where packages of the interpreter of [`packaged`] lie.
pub(in crate::catalogue) const SITE: &str = "/home/u/.pyenv/versions/3.12.1/lib/python3.12/site-packages";

/// CPython 3.12.1 of pyenv with these packages, certifi's bundle and the system's.
pub(in crate::catalogue) fn packaged(packages: &[(&str, &str)]) -> Memory {
    let mut files = linked(system(), "/home/u/.pyenv/versions/3.12.1", "3.12")
        .file(format!("{SITE}/certifi/cacert.pem"), "")
        .file("/usr/lib/ssl/cert.pem", "")
        .file("/etc/ssl/certs/ca-certificates.crt", "")
        .file("/corp.pem", "")
        .file("/other.pem", "");
    for (name, version) in packages {
        let distribution = name.replace('/', "_");
        files = files
            .file(format!("{SITE}/{name}/__init__.py"), "")
            .file(format!("{SITE}/{distribution}-{version}.dist-info/METADATA"), "");
    }
    files
}

/// What becomes of the installations of a client: each use.
pub(in crate::catalogue) fn uses(host: &Host, client: &str) -> Vec<crate::discover::Use> {
    let survey = Survey::new(host, Searched::default());
    discover(&survey, clients().filter(|row| row.id == client))
}

/// The same where clients are asked about a server.
pub(in crate::catalogue) fn uses_for(host: &Host, client: &str, name: &str, port: u16) -> Vec<crate::discover::Use> {
    let server = Some(crate::settings::server::Server { host: Some(name.to_owned()), port: Some(port) });
    let survey = Survey::new(host, Searched { server, ..Searched::default() });
    discover(&survey, clients().filter(|row| row.id == client))
}

/// The Pythons as executable, version, OpenSSL's directory and how each was found.
fn found(host: &Host) -> Vec<[String; 4]> {
    let survey = Survey::new(host, Searched::default());
    let text = |path: Option<&PathBuf>| path.map_or_else(|| "none".to_owned(), |path| path.display().to_string());
    let one = |python: &Python| {
        let installation = &python.installation;
        let version = installation.version("python").unwrap().to_string();
        let directory = text(installation.place("openssldir"));
        [python.executable.display().to_string(), version, directory, installation.because.clone()]
    };
    survey.pythons().iter().map(one).collect()
}

/// What every installation of a client uses.
pub(in crate::catalogue) fn used(host: &Host, client: &str) -> Vec<String> {
    let uses = uses(host, client);
    let candidates = uses.iter().flat_map(|found| &found.candidates).filter(|c| c.outcome == Outcome::Used);
    candidates.map(|candidate| candidate.path.as_ref().unwrap().display().to_string()).collect()
}

#[test]
fn pyenv_links_to_the_systems_openssl() {
    let files = linked(system(), "/home/u/.pyenv/versions/3.12.1", "3.12");
    let expected = ["/home/u/.pyenv/versions/3.12.1/bin/python3.12", "3.12.1", "/usr/lib/ssl", "pyenv"];
    assert_eq!(found(&host(files.clone(), &[])), [expected]);
    let moved = linked(system(), "/opt/pyenv/versions/3.12.1", "3.12");
    assert_eq!(found(&host(moved, &[("PYENV_ROOT", "/opt/pyenv")])).len(), 1);
    // A shim is a script; what it would start is found where it lies.
    let shims = files.file("/home/u/.pyenv/shims/python3.12", "#!/bin/sh\n");
    assert_eq!(found(&host(shims, &[("PATH", "/home/u/.pyenv/shims")])), [expected]);
}

#[test]
fn uv_has_openssl_in_libpython_and_a_fallback() {
    let prefix = "/home/u/.local/share/uv/python/cpython-3.13.1-linux-x86_64-gnu";
    let files = Memory::new()
        .file(format!("{prefix}/bin/python3.13"), elf(&["$ORIGIN/../lib/libpython3.13.so.1.0"], ""))
        .file(format!("{prefix}/lib/libpython3.13.so.1.0"), libcrypto("3.5.4", "/etc/ssl"))
        .file(format!("{prefix}/lib/python3.13/os.py"), "")
        .file(format!("{prefix}/lib/python3.13/ssl.py"), "_FALLBACK_CERT_FILE = '/etc/pki/tls/cert.pem'\n")
        .file("/etc/pki/tls/cert.pem", "");
    let expected = [&format!("{prefix}/bin/python3.13"), "3.13.1", "/etc/ssl", "uv"];
    assert_eq!(found(&host(files.clone(), &[])), [expected]);
    assert_eq!(used(&host(files.clone(), &[]), "python"), ["/etc/pki/tls/cert.pem"]);
    assert!(used(&host(files.clone(), &[("SSL_CERT_FILE", "/gone.pem")]), "python").is_empty());
    let own = files.file("/etc/ssl/cert.pem", "");
    assert_eq!(used(&host(own, &[]), "python"), ["/etc/ssl/cert.pem"]);
}

#[test]
fn conda_environments_have_an_openssl_of_their_own() {
    let ssl = elf(&["libcrypto.so.3"], "$ORIGIN/../../");
    let at = |files: Memory, prefix: &str| {
        files
            .file(format!("{prefix}/bin/python3.12"), "")
            .file(format!("{prefix}/lib/python3.12/os.py"), "")
            .file(format!("{prefix}/lib/python3.12/{SSL}"), ssl.clone())
            // The prefix is written over a longer one, padded with NUL.
            .file(format!("{prefix}/lib/libcrypto.so.3"), libcrypto("3.4.0", &format!("{prefix}/ssl\0\0\0\0")))
            .file(format!("{prefix}/ssl/cert.pem"), "")
    };
    let files = at(at(system(), "/opt/conda"), "/data/env").file("/home/u/.conda/environments.txt", "/data/env\n");
    assert_eq!(used(&host(files.clone(), &[]), "python"), ["/opt/conda/ssl/cert.pem", "/data/env/ssl/cert.pem"]);
    let named = found(&host(files, &[("CONDA_PREFIX", "/data/env")]));
    assert_eq!(named[0], ["/data/env/bin/python3.12", "3.12", "/data/env/ssl", "$CONDA_PREFIX"]);
}

/// A virtual environment whose base is behind links in a directory of programs.
fn environment(files: Memory, system_too: &str) -> Memory {
    let settings = format!("home = /usr/local/bin\ninclude-system-site-packages = {system_too}\nversion = 3.12.4\n");
    linked(files, "/opt/python-3.12", "3.12")
        .link("/usr/local/bin/python3.12", "/opt/python-3.12/bin/python3.12")
        .file("/home/dev/.venv/pyvenv.cfg", settings)
        .link("/home/dev/.venv/bin/python", "/usr/local/bin/python3.12")
        .file("/home/dev/.venv/lib/python3.12/site-packages/requests/__init__.py", "")
        .link("/home/dev/.venv/lib64", "lib")
        .file("/opt/python-3.12/lib/python3.12/site-packages/certifi/cacert.pem", "")
        .file("/opt/python-3.12/lib/python3.12/site-packages/certifi/core.py", "")
}

#[test]
fn an_environment_is_traced_to_its_base_through_links() {
    let host = host(environment(system(), "false"), &[("VIRTUAL_ENV", "/home/dev/.venv"), ("PATH", "/bin")]);
    let expected = ["/home/dev/.venv/bin/python", "3.12.4", "/usr/lib/ssl", "$VIRTUAL_ENV"];
    assert_eq!(found(&host)[0], expected);
    let survey = Survey::new(&host, Searched::default());
    assert_eq!(survey.pythons()[0].packages, [PathBuf::from("/home/dev/.venv/lib/python3.12/site-packages")]);
    assert_eq!(survey.pythons()[0].installation.place("prefix"), Some(&PathBuf::from("/opt/python-3.12")));
}

#[test]
fn an_environment_may_see_the_packages_of_its_base() {
    let set = [("VIRTUAL_ENV", "/home/dev/.venv"), ("PATH", "/bin")];
    let bundle = "/opt/python-3.12/lib/python3.12/site-packages/certifi/cacert.pem";
    assert_eq!(used(&host(environment(system(), "true"), &set), "requests"), [bundle]);
    assert!(used(&host(environment(system(), "false"), &set), "requests").is_empty());
}

#[test]
fn debian_patches_certifi_and_splits_directories() {
    let site = "/usr/lib/python3/dist-packages";
    let core = "import sys\n\nDEBIAN_CA_CERTS_PATH = '/etc/ssl/certs/ca-certificates.crt'\n\ndef where() -> str:\n";
    let files = linked(system(), "/usr", "3.12")
        .file(format!("{site}/certifi/core.py"), core)
        .file(format!("{site}/certifi/cacert.pem"), "")
        .file(format!("{site}/requests/__init__.py"), "")
        .file("/usr/local/lib/python3.12/dist-packages/httpx/__init__.py", "")
        .file("/home/u/.local/lib/python3.12/site-packages/aiohttp/__init__.py", "")
        .file("/etc/ssl/certs/ca-certificates.crt", "");
    let host = host(files, &[("PATH", "/usr/bin")]);
    for client in ["certifi", "requests", "httpx"] {
        assert_eq!(used(&host, client)[0], "/etc/ssl/certs/ca-certificates.crt", "{client}");
    }
    let survey = Survey::new(&host, Searched::default());
    let user = "/home/u/.local/lib/python3.12/site-packages";
    let expected = [user, "/usr/local/lib/python3.12/dist-packages", site].map(PathBuf::from);
    assert_eq!(survey.pythons()[0].packages, expected);
}

#[test]
fn the_cloud_sdk_names_libpython_by_origin() {
    let prefix = "/usr/lib/google-cloud-sdk/platform/bundledpythonunix";
    let files = Memory::new()
        .file(format!("{prefix}/bin/python3.12"), elf(&["$ORIGIN/../lib/libpython3.12.so.1.0"], ""))
        .file(format!("{prefix}/lib/libpython3.12.so.1.0"), libcrypto("3.0.16", "/etc/ssl"))
        .file(format!("{prefix}/lib/python3.12/os.py"), "")
        .file(format!("{prefix}/include/python3.12/patchlevel.h"), "#define PY_VERSION              \"3.12.10\"\n");
    let expected = [&format!("{prefix}/bin/python3.12"), "3.12.10", "/etc/ssl", "Google Cloud SDK"];
    assert_eq!(found(&host(files, &[])), [expected]);
}

#[test]
fn pypy_links_from_a_module_of_its_own() {
    let prefix = "/opt/pypy3.10-v7.3.17-linux64";
    let files = Memory::new()
        .file(format!("{prefix}/bin/pypy3.10"), "")
        .file(format!("{prefix}/lib/pypy3.10/os.py"), "")
        .file(
            format!("{prefix}/lib/pypy3.10/_pypy_openssl.pypy310-pp73-x86_64-linux-gnu.so"),
            elf(&["libssl.so.3", "libcrypto.so.3"], "$ORIGIN/.."),
        )
        .file(format!("{prefix}/lib/libcrypto.so.3"), libcrypto("3.0.11", "/etc/ssl"));
    let host = host(files, &[]);
    assert_eq!(found(&host)[0][0], format!("{prefix}/bin/pypy3.10"));
    assert_eq!(found(&host)[0][2], "/etc/ssl");
}

#[test]
fn code_that_runs_at_every_start_is_told() {
    let files = packaged(&[])
        .file(format!("{SITE}/rewrites.pth"), "import certifi_win32\n")
        .file(format!("{SITE}/distutils-precedence.pth"), "import os; os.environ.get('X')\n")
        .file(format!("{SITE}/urllib3_future.pth"), "import os; why = 'urllib3'\n")
        .file(format!("{SITE}/editable.pth"), "/src/requests\n");
    let unknown = host(files, &[]);
    let survey = Survey::new(&unknown, Searched::default());
    let unknown = &survey.pythons()[0].installation.unknown;
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    assert!(unknown[0].contains("rewrites.pth"), "{unknown:?}");
}

#[test]
fn pip_system_certs_puts_truststore_beneath_ssl_since_5() {
    let files = |version: &str| {
        packaged(&[("requests", "2.32.5"), ("pip_system_certs", version)])
            .file(format!("{SITE}/pip/_vendor/truststore/__init__.py"), "")
            .file(format!("{SITE}/pip_system_certs.pth"), "import os; __import__('pip_system_certs.bootstrap')\n")
    };
    let certifi = format!("{SITE}/certifi/cacert.pem");
    let injected = host(files("5.3"), &[]);
    assert_eq!(used(&injected, "requests"), [certifi.as_str(), "/usr/lib/ssl/cert.pem"]);
    assert_eq!(uses(&injected, "requests")[0].installation.remarks.len(), 1);
    assert!(uses(&injected, "python")[0].installation.unknown.is_empty());
    assert_eq!(
        used(&host(files("5.3"), &[("SSL_CERT_FILE", "/corp.pem")]), "requests"),
        [certifi.as_str(), "/corp.pem"]
    );
    // Before, it wrapped requests in a way of its own, which is not followed.
    let wrapped = host(files("4.0"), &[]);
    assert_eq!(used(&wrapped, "requests"), [certifi]);
    assert_eq!(uses(&wrapped, "requests")[0].installation.unknown.len(), 1);
}

#[test]
fn environments_of_hatch_and_of_moved_roots_are_found() {
    let files = linked(system(), "/home/u/.local/share/hatch/env/virtual/shop/Ab12/shop", "3.12");
    let files = linked(files, "/mamba/envs/work", "3.12");
    let files = linked(files, "/forge/envs/old", "3.12");
    let files = linked(files, "/poetry/shop-py3.12", "3.12");
    let set =
        [("MAMBA_ROOT_PREFIX", "/mamba"), ("CONDA_EXE", "/forge/bin/conda"), ("POETRY_VIRTUALENVS_PATH", "/poetry")];
    let found: Vec<String> = found(&host(files, &set)).into_iter().map(|[_, _, _, because]| because).collect();
    assert_eq!(found, ["poetry", "conda", "conda", "hatch"]);
}

/// pip of this version on Python 3.12.
fn pip(version: &str) -> Memory {
    let site = "/home/u/.pyenv/versions/3.12.1/lib/python3.12/site-packages";
    linked(system(), "/home/u/.pyenv/versions/3.12.1", "3.12")
        .file(format!("{site}/pip-{version}.dist-info/METADATA"), "")
        .file(format!("{site}/pip/_vendor/certifi/cacert.pem"), "")
        .file("/usr/lib/ssl/cert.pem", "")
        .file("/corp.pem", "")
        .file("/etc/ssl/certs/ca-certificates.crt", "")
}

const VENDORED: &str = "/home/u/.pyenv/versions/3.12.1/lib/python3.12/site-packages/pip/_vendor/certifi/cacert.pem";

#[test]
fn pip_adds_to_the_system_since_24_2() {
    let set = [("PIP_CERT", "/corp.pem")];
    assert_eq!(used(&host(pip("24.1"), &[]), "pip"), [VENDORED]);
    assert_eq!(used(&host(pip("24.1"), &set), "pip"), ["/corp.pem"]);
    assert_eq!(used(&host(pip("24.2"), &[]), "pip"), [VENDORED, "/usr/lib/ssl/cert.pem"]);
    assert_eq!(used(&host(pip("24.2"), &set), "pip"), ["/corp.pem", VENDORED, "/usr/lib/ssl/cert.pem"]);
}

#[test]
fn truststore_has_a_list_for_where_openssl_has_nothing() {
    let gone = [("SSL_CERT_FILE", "/gone.pem")];
    let list = [VENDORED, "/etc/ssl/certs/ca-certificates.crt"];
    assert_eq!(used(&host(pip("24.2"), &gone), "pip"), list);
    // One hash name in the directory, and OpenSSL is taken at its word.
    let hashed = pip("24.2").file("/usr/lib/ssl/certs/0123abcd.0", "");
    assert_eq!(used(&host(hashed, &gone), "pip"), [VENDORED, "/usr/lib/ssl/certs"]);
}

#[test]
fn the_section_of_pip_conf_counts_before_the_file() {
    let files = pip("24.1")
        .file("/etc/pip.conf", "[install]\ncert = /corp.pem\n")
        .file("/home/u/.config/pip/pip.conf", "[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n")
        .file("/named.conf", "");
    assert_eq!(used(&host(files.clone(), &[]), "pip"), ["/corp.pem"]);
    assert_eq!(used(&host(files.clone(), &[("PIP_CONFIG_FILE", "/dev/null")]), "pip"), [VENDORED]);
    // A file that is named puts the user's out of use, one that is missing does not.
    let survey_host = host(files, &[("PIP_CONFIG_FILE", "/named.conf")]);
    let survey = Survey::new(&survey_host, Searched::default());
    let uses = discover(&survey, clients().filter(|row| row.id == "pip"));
    let named = uses[0].candidates.iter().filter(|c| matches!(c.named, crate::discover::Named::Setting(..)));
    assert_eq!(named.count(), 1);
}

/// Debian builds its OpenSSL for level 2: so it is for a Python that links to it, and for that Python's packages.
#[test]
fn packages_have_the_security_level_of_their_python() {
    let built = "compiler: gcc -DOPENSSL_TLS_SECURITY_LEVEL=2 -g\0".to_owned() + &libcrypto("3.0.15", "/usr/lib/ssl");
    let files = packaged(&[("pip", "23.0"), ("requests", "2.31.0")]);
    let files = files.file("/usr/lib/x86_64-linux-gnu/libcrypto.so.3", built);
    let host = host(files, &[]);
    let survey = Survey::new(&host, Searched::default());
    let uses = discover(&survey, clients().filter(|row| ["python", "pip", "requests"].contains(&row.id)));
    let found: Vec<_> = uses.iter().map(|found| (found.client.id, found.installation.security_level)).collect();
    assert_eq!(found, [("python", Some(2)), ("requests", Some(2)), ("pip", Some(2))]);
}

/// As `pip install --target` and Python 3.11 with the variable: each interpreter imports from there, an environment's too.
#[test]
fn packages_of_pythonpath_are_those_of_every_python() {
    let files = packaged(&[("requests", "2.31.0")])
        .file("/py/certifi/__init__.py", "")
        .file("/py/certifi/cacert.pem", "")
        .file("/py/requests/__init__.py", "")
        .file("/py/sitecustomize.py", "import ssl\n")
        .file("/py/x.pth", "import certifi\n");
    let found = |value: &str| {
        let host = host(files.clone(), &[("PYTHONPATH", value)]);
        let survey = Survey::new(&host, Searched::default());
        let certifis = discover(&survey, clients().filter(|row| row.id == "certifi"));
        let certifis: Vec<_> = certifis.iter().map(|found| found.installation.at.display().to_string()).collect();
        let first: Vec<_> =
            survey.pythons().iter().map(|python| python.packages.starts_with(&["/py".into()])).collect();
        (certifis.iter().any(|at| at.starts_with("/py/")), first, survey.pythons()[0].installation.unknown.clone())
    };
    let (found_there, first, unknown) = found("/gone:/py");
    assert_eq!((found_there, first), (true, vec![true]));
    // It runs at every start, a `.pth` beside it does not.
    assert!(unknown.iter().any(|text| text.starts_with("/py/sitecustomize.py runs")), "{unknown:?}");
    assert!(!unknown.iter().any(|text| text.contains("x.pth")), "{unknown:?}");
    let (found_there, first, _) = found("");
    assert_eq!((found_there, first), (false, vec![false]));
}

/// Debian builds Python to leave the list of ciphers to OpenSSL, and with it the level (`_ssl` has no list then).
#[test]
fn a_python_without_a_list_of_ciphers_has_the_level_of_its_library() {
    let level = |list: &str| {
        let extension = format!("/home/u/.pyenv/versions/3.12.1/lib/python3.12/{SSL}");
        let host = host(packaged(&[]), &[]);
        let mut linked = host.read(std::path::Path::new(&extension)).unwrap();
        linked.extend(list.bytes());
        let files = packaged(&[]).file(&extension, linked);
        let built =
            "compiler: gcc -DOPENSSL_TLS_SECURITY_LEVEL=1 -g\0".to_owned() + &libcrypto("3.0.15", "/usr/lib/ssl");
        let files = files.file("/usr/lib/x86_64-linux-gnu/libcrypto.so.3", built);
        let host = self::host(files, &[]);
        let survey = Survey::new(&host, Searched::default());
        let uses = discover(&survey, clients().filter(|row| row.id == "python"));
        let of = |found| crate::chain::clients::policy(found, crate::chain::clients::settings(&survey, found));
        uses.iter().map(|found| of(found).unwrap().level()).collect::<Vec<_>>()
    };
    assert_eq!(level("\0@SECLEVEL=2:ECDH+AESGCM\0"), [Some(2)]);
    assert_eq!(level(""), [Some(1)]);
}
