//! Every Python on the host: its prefix, its version, the OpenSSL its `ssl` module is built on.
//!
//! The interpreter is never started. Its `_ssl` extension names the libcrypto it links to, the
//! loader's rules say which file that is, and that file holds the directory it was compiled for.

use super::Survey;
use crate::catalogue::client::Installation;
use crate::host::{Host, split_list};
use crate::model::Version;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where applications lie, which may be an environment or have one in them, and what is said of where it was found.
const APPLICATIONS: &[(&str, &str)] = &[("/opt", "/opt"), ("/opt/python", "/opt"), ("/srv", "/srv")];

/// One Python: a base installation or a virtual environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// The interpreter, as a user would start it.
    pub executable: PathBuf,
    /// `sys.prefix`.
    pub prefix: PathBuf,
    /// Directories packages are imported from, the first first.
    pub packages: Vec<PathBuf>,
    /// What rows see of it.
    pub installation: Arc<Installation>,
}

impl Survey<'_> {
    /// Every Python on the host, each prefix and version once, in the order they were found.
    pub fn pythons(&self) -> &[Python] {
        self.pythons.get_or_init(|| {
            let mut seen = Vec::new();
            let mut found: Vec<Python> = Vec::new();
            for (prefix, because) in self.prefixes() {
                let Ok(resolved) = self.host.resolve(&prefix) else { continue };
                if seen.contains(&resolved.path) {
                    continue;
                }
                seen.push(resolved.path);
                found.extend(self.at_prefix(&prefix, &because));
            }
            found
        })
    }

    /// The Pythons as installations of the `python` row.
    #[must_use]
    pub fn python_installations(&self) -> Vec<Arc<Installation>> {
        self.pythons().iter().map(|python| Arc::clone(&python.installation)).collect()
    }

    /// Every prefix worth a look, with how it was found.
    fn prefixes(&self) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        for variable in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
            found.extend(self.set(variable).map(|prefix| (prefix, format!("${variable}"))));
        }
        for name in [".venv", "venv"] {
            found.push((self.host.cwd.join(name), "current directory".to_owned()));
        }
        for directory in self.path() {
            found.extend(self.interpreters_in(&directory).into_iter().map(|prefix| (prefix, "PATH".to_owned())));
        }
        found.extend(self.managed());
        found.extend(self.searched.pythons.iter().map(|prefix| (prefix.clone(), "search".to_owned())));
        found
    }

    /// The prefixes of the interpreters in a directory of `PATH`.
    fn interpreters_in(&self, directory: &Path) -> Vec<PathBuf> {
        let is_name = |name: &OsStr| {
            let name = name.to_string_lossy();
            name.strip_prefix("python")
                .or_else(|| name.strip_prefix("pypy"))
                .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
        };
        let mut prefixes = Vec::new();
        let names = self.host.names(directory);
        for name in names.iter().filter(|name| is_name(name)) {
            let parent = directory.parent().unwrap_or(directory);
            let prefix = if self.host.is_file(&parent.join("pyvenv.cfg")) {
                parent.to_path_buf()
            } else {
                let Ok(found) = self.host.resolve(&directory.join(name)) else { continue };
                found.path.ancestors().nth(2).unwrap_or(Path::new("/")).to_path_buf()
            };
            if !prefixes.contains(&prefix) {
                prefixes.push(prefix);
            }
        }
        prefixes
    }

    /// Where version managers, installers and tools keep Pythons and environments.
    fn managed(&self) -> Vec<(PathBuf, String)> {
        let versions = self.directory_of("PYENV_ROOT", ".pyenv", "versions");
        // pyenv-virtualenv keeps the environments of a version below it.
        let envs = versions.iter().flat_map(|parent| self.host.children(parent)).map(|version| version.join("envs"));
        let envs: Vec<PathBuf> = envs.collect();
        let mut parents = vec![
            (versions, "pyenv"),
            (self.directory_of("UV_PYTHON_INSTALL_DIR", ".local/share/uv/python", ""), "uv"),
            (self.directory_of("UV_TOOL_DIR", ".local/share/uv/tools", ""), "uv tool"),
            (self.directory_of("PIPX_HOME", ".local/share/pipx", "venvs"), "pipx"),
            (self.in_home(".local/pipx/venvs"), "pipx"),
            (self.directory_of("WORKON_HOME", ".virtualenvs", ""), "virtualenvwrapper"),
            (self.in_home(".local/share/virtualenvs"), "pipenv"),
            (self.directory_of("POETRY_VIRTUALENVS_PATH", ".cache/pypoetry/virtualenvs", ""), "poetry"),
            (self.directory_of("POETRY_CACHE_DIR", ".cache/pypoetry", "virtualenvs"), "poetry"),
            (self.in_home(".local/share/pdm/venvs"), "pdm"),
            (self.in_home(".rye/py"), "rye"),
            (self.in_home(".asdf/installs/python"), "asdf"),
            (self.in_home(".local/share/mise/installs/python"), "mise"),
            (Some("/opt/pipx/venvs".into()), "pipx"),
        ];
        parents.extend(envs.into_iter().map(|envs| (Some(envs), "pyenv")));
        let roots = self.conda_roots();
        parents.extend(roots.iter().map(|root| (Some(root.join("envs")), "conda")));
        parents.extend(self.hatch().into_iter().map(|parent| (Some(parent), "hatch")));
        let listed = parents.into_iter().filter_map(|(parent, because)| Some((parent?, because)));
        let mut found: Vec<(PathBuf, String)> = roots.into_iter().map(|root| (root, "conda".to_owned())).collect();
        for (parent, because) in listed {
            found.extend(self.host.children(&parent).into_iter().map(|prefix| (prefix, because.to_owned())));
        }
        for (parent, because) in APPLICATIONS {
            for application in self.host.children(Path::new(parent)) {
                let inner = [application.join(".venv"), application.join("venv")];
                found.extend([application].into_iter().chain(inner).map(|prefix| (prefix, (*because).to_owned())));
            }
        }
        if let Some(text) = self.in_home(".conda/environments.txt").and_then(|file| self.host.settings(&file)) {
            found.extend(
                text.lines().filter(|line| line.starts_with('/')).map(|line| (line.into(), "conda".to_owned())),
            );
        }
        found.push(("/usr/lib/google-cloud-sdk/platform/bundledpythonunix".into(), "Google Cloud SDK".to_owned()));
        found.push(("/opt/az".into(), "Azure CLI".to_owned()));
        // Runners of hosted CI keep `Python/3.12.1/x64` (actions/setup-python, docs/advanced-usage.md).
        let tools = ["RUNNER_TOOL_CACHE", "AGENT_TOOLSDIRECTORY"].iter().find_map(|name| self.host.variable(name));
        let tools =
            tools.filter(|value| !value.is_empty()).map_or_else(|| "/opt/hostedtoolcache".into(), PathBuf::from);
        let versions = ["Python", "PyPy"].iter().flat_map(|name| self.host.children(&tools.join(name)));
        found.extend(versions.map(|version| (version.join("x64"), "tool cache".to_owned())));
        found.extend(["/usr", "/usr/local"].map(|prefix| (prefix.into(), "usual place".to_owned())));
        found
    }

    /// Where conda, mamba and their installers put themselves; `envs` is below
    /// (docs.conda.io, "Configuration": `envs_dirs`).
    fn conda_roots(&self) -> Vec<PathBuf> {
        let mut roots: Vec<PathBuf> = self.set("MAMBA_ROOT_PREFIX").into_iter().collect();
        // `conda` sets it to the program that it is: ROOT/bin/conda.
        roots.extend(self.set("CONDA_EXE").and_then(|program| program.ancestors().nth(2).map(Path::to_path_buf)));
        let homes = ["miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba", ".conda"];
        roots.extend(homes.iter().filter_map(|name| self.in_home(name)));
        roots.extend(["/opt/conda", "/opt/miniconda3", "/opt/anaconda3", "/opt/miniforge3"].map(PathBuf::from));
        roots
    }

    /// The directories of hatch's environments: one a project, and in it one a path
    /// (hatch.pypa.io, "Environment plugins", `virtual`).
    fn hatch(&self) -> Vec<PathBuf> {
        let projects = self.directory_of("HATCH_DATA_DIR", ".local/share/hatch", "env/virtual");
        let projects = projects.into_iter().flat_map(|projects| self.host.children(&projects));
        projects.flat_map(|project| self.host.children(&project)).collect()
    }

    /// `$variable` or a directory below home, and a part below that.
    fn directory_of(&self, variable: &str, below_home: &str, part: &str) -> Option<PathBuf> {
        let set = self.set(variable);
        set.or_else(|| self.in_home(below_home)).map(|directory| directory.join(part))
    }

    /// The Pythons whose prefix this is: one for an environment, one a version for a base.
    fn at_prefix(&self, prefix: &Path, because: &str) -> Vec<Python> {
        match self.host.settings(&prefix.join("pyvenv.cfg")) {
            Some(text) => self.environment(prefix, &text, because).into_iter().collect(),
            None => library_directories(self.host, prefix)
                .into_iter()
                .map(|(version, library)| self.base(prefix, &version, &library, because))
                .collect(),
        }
    }

    /// A base installation: the prefix holds the standard library.
    fn base(&self, prefix: &Path, version: &Version, library: &Path, because: &str) -> Python {
        let minor = version.minor();
        let bin = prefix.join("bin");
        let names = [format!("python{minor}"), format!("pypy{minor}"), "python3".to_owned(), "python".to_owned()];
        let executable = names.iter().map(|name| bin.join(name)).find(|path| self.host.is_file(path));
        let executable = executable.unwrap_or_else(|| bin.join(&names[0]));
        let major = minor.split('.').next().unwrap_or("3");
        let user = self.in_home(&format!(".local/lib/python{minor}/site-packages"));
        let packages = user.into_iter().chain([
            prefix.join(format!("local/lib/python{minor}/dist-packages")),
            prefix.join(format!("lib/python{major}/dist-packages")),
            prefix.join(format!("lib/python{minor}/dist-packages")),
            library.join("site-packages"),
            prefix.join(format!("lib64/python{minor}/site-packages")),
        ]);
        let packages: Vec<PathBuf> = packages.filter(|directory| self.host.is_directory(directory)).collect();
        let mut installation = self.describe(&executable, prefix, library, self.exact(prefix, version), because);
        self.add_start_up(&mut installation, &packages, library);
        let packages = self.before(packages);
        Python { executable, prefix: prefix.to_path_buf(), packages, installation: Arc::new(installation) }
    }

    /// The directories of `PYTHONPATH`, from which every Python imports before its own (docs.python.org,
    /// using/cmdline); seen with `pip install --target` and Python 3.11.
    #[must_use]
    pub(super) fn python_path(&self) -> Vec<PathBuf> {
        let listed = self.host.variable("PYTHONPATH").map(split_list).unwrap_or_default();
        let named = listed.into_iter().filter(|directory| !directory.as_os_str().is_empty());
        named.map(|directory| self.host.absolute(&directory)).filter(|path| self.host.is_directory(path)).collect()
    }

    /// These directories, and before them those of `PYTHONPATH`.
    fn before(&self, packages: Vec<PathBuf>) -> Vec<PathBuf> {
        let mut all = self.python_path();
        all.extend(packages);
        let mut seen = Vec::new();
        all.retain(|path| {
            !seen.contains(path) && {
                seen.push(path.clone());
                true
            }
        });
        all
    }

    /// A virtual environment: `pyvenv.cfg` names the directory of the base's interpreter.
    fn environment(&self, prefix: &Path, text: &str, because: &str) -> Option<Python> {
        let value = |key: &str| {
            text.lines()
                .filter_map(|line| line.split_once('='))
                .find(|(k, _)| k.trim() == key)
                .map(|(_, v)| v.trim().to_owned())
        };
        let version = Version::parse(&value("version").or_else(|| value("version_info"))?)?;
        let home = self.host.resolve(Path::new(&value("home")?)).map_or_else(|_| PathBuf::new(), |found| found.path);
        let minor = version.minor();
        let base = home.parent().unwrap_or(Path::new("/"));
        // `home` may be a directory of links (/usr/local/bin/python3.12 -> /opt/…): follow the interpreter.
        let real = self
            .host
            .resolve(&home.join(format!("python{minor}")))
            .or_else(|_| self.host.resolve(&prefix.join("bin/python")));
        let real = real.ok().and_then(|found| found.path.ancestors().nth(2).map(Path::to_path_buf));
        let bases = [Some(base.to_path_buf()), real];
        let (base, library) = bases
            .into_iter()
            .flatten()
            .find_map(|base| {
                library_directories(self.host, &base)
                    .into_iter()
                    .find(|(v, _)| v.minor() == minor)
                    .map(|(_, l)| (base, l))
            })
            .unwrap_or_else(|| (base.to_path_buf(), base.join(format!("lib/python{minor}"))));
        let mut packages: Vec<PathBuf> =
            ["lib", "lib64"].iter().map(|l| prefix.join(format!("{l}/python{minor}/site-packages"))).collect();
        packages.retain(|directory| self.host.is_directory(directory));
        packages.dedup_by_key(|directory| self.host.resolve(directory).ok().map(|found| found.path));
        if value("include-system-site-packages").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            packages.extend(self.base(&base, &version, &library, because).packages);
        }
        let executable = prefix.join("bin/python");
        let mut installation = self.describe(&executable, &base, &library, version, because);
        self.add_start_up(&mut installation, &packages, &library);
        let packages = self.before(packages);
        installation.marks.push("environment");
        installation.places.push(("environment", prefix.to_path_buf()));
        Some(Python { executable, prefix: prefix.to_path_buf(), packages, installation: Arc::new(installation) })
    }

    /// What the `python` row needs to know.
    fn describe(
        &self,
        executable: &Path,
        base: &Path,
        library: &Path,
        version: Version,
        because: &str,
    ) -> Installation {
        let mut installation = Installation {
            at: executable.to_path_buf(),
            components: vec![("python", version)],
            places: vec![("prefix", base.to_path_buf())],
            because: because.to_owned(),
            ..Installation::default()
        };
        let extension = self.ssl_extension(library);
        match self.ssl_library(executable, base, extension.as_deref()) {
            Some(file) => {
                self.add_openssl(&mut installation, &file);
                installation.places.push(("ssl-extension", extension.unwrap_or(file)));
            }
            None => installation
                .unknown
                .push("no _ssl extension and no OpenSSL inside: this Python has no ssl module".to_owned()),
        }
        // python-build-standalone since 2026-03-18 patches Lib/ssl.py to fall back to /etc/pki/tls.
        if installation.place("openssldir").is_some_and(|directory| directory == Path::new("/etc/ssl"))
            && self.host.settings(&library.join("ssl.py")).is_some_and(|text| text.contains("_FALLBACK_CERT_FILE"))
        {
            installation.marks.push("standalone-fallback");
        }
        installation
    }

    /// Adds what the libcrypto in `file` was compiled for.
    pub fn add_openssl(&self, installation: &mut Installation, file: &Path) {
        installation.places.push(("libcrypto", file.to_path_buf()));
        let Some(found) = self.library(file) else {
            installation.unknown.push(format!("{}: cannot be read", file.display()));
            return;
        };
        match &found.openssldir {
            Some(directory) => installation.places.push(("openssldir", directory.clone())),
            None => installation.unknown.push(format!("{}: no OPENSSLDIR inside", file.display())),
        }
        if installation.version("openssl").is_none() {
            installation.components.extend(found.openssl.clone().map(|version| ("openssl", version)));
        }
        installation.security_level = found.level;
    }

    /// The `_ssl` of a Python, where it is a file of its own.
    fn ssl_extension(&self, library: &Path) -> Option<PathBuf> {
        // PyPy's is beside the library's own files (lib_pypy/_cffi_ssl).
        let places = [library.join("lib-dynload"), library.to_path_buf()];
        places.iter().flat_map(|place| self.host.children(place)).find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            ["_ssl.", "_pypy_openssl."].iter().any(|start| name.starts_with(start))
                && (name.ends_with(".so") || name.ends_with(".dylib"))
        })
    }

    /// The file that holds the OpenSSL of a Python: the libcrypto that `_ssl` links to, `_ssl`
    /// itself where it is linked in, or the interpreter or its library.
    fn ssl_library(&self, executable: &Path, base: &Path, extension: Option<&Path>) -> Option<PathBuf> {
        if let Some(extension) = extension {
            return self.openssl_of(extension);
        }
        let within =
            |file: PathBuf| self.library(&file).is_some_and(|found| found.openssldir.is_some()).then_some(file);
        let linked = self.linkage(executable).and_then(|linkage| {
            let name = linkage.needs("libpython")?.to_owned();
            self.find_library(&name, executable, &linkage)
        });
        linked
            .and_then(within)
            .or_else(|| {
                let shared = self.host.children(&base.join("lib")).into_iter();
                shared
                    .filter(|p| p.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"libpython")))
                    .find_map(within)
            })
            .or_else(|| within(executable.to_path_buf()))
    }

    /// The file that holds the OpenSSL of an extension: the libcrypto it links to, or itself.
    #[must_use]
    pub fn openssl_of(&self, extension: &Path) -> Option<PathBuf> {
        let linkage = self.linkage(extension)?;
        match linkage.needs("libcrypto").or_else(|| linkage.needs("libssl")) {
            Some(name) => self.find_library(&name.replace("libssl", "libcrypto"), extension, &linkage),
            None => Some(extension.to_path_buf()),
        }
    }

    /// The version with its third number, where a file or the directory's name says it.
    fn exact(&self, prefix: &Path, version: &Version) -> Version {
        let named = prefix.file_name().and_then(|name| {
            let name = name.to_string_lossy();
            Version::parse(name.trim_start_matches("cpython-").trim_start_matches("pypy"))
        });
        let header = prefix.join(format!("include/python{}/patchlevel.h", version.minor()));
        let defined = self.host.settings(&header).and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("#define PY_VERSION "))?;
            Version::parse(line.split('"').nth(1)?)
        });
        defined.or(named).filter(|exact| exact.minor() == version.minor()).unwrap_or_else(|| version.clone())
    }
}

/// The standard libraries below a prefix, by version: `lib/python3.13` that holds `os.py`.
fn library_directories(host: &Host, prefix: &Path) -> Vec<(Version, PathBuf)> {
    let mut found: Vec<(Version, PathBuf)> = ["lib", "lib64"]
        .iter()
        .flat_map(|name| host.children(&prefix.join(name)))
        .filter_map(|path| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            let version = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"))?;
            let version = version.contains('.').then(|| Version::parse(version)).flatten()?;
            host.is_file(&path.join("os.py")).then_some((version, path))
        })
        .collect();
    found.sort();
    found.dedup_by(|a, b| a.0 == b.0);
    found
}

#[cfg(test)]
pub(in crate::catalogue) mod tests;
