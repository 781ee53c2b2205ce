//! Which of the installations found a program is: its interpreter, its environment, its libraries.

use super::Use;
use crate::catalogue::client::Installation;
use crate::catalogue::clients;
use crate::catalogue::survey::{Searched, Survey};
use crate::host::Host;
use memchr::memmem;
use std::path::{Path, PathBuf};

/// A program as it is started, or runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program {
    /// The file that is executed, its links followed.
    pub file: PathBuf,
    /// What it was started as: of an interpreter this tells the environment.
    pub started_as: Option<PathBuf>,
    /// The libraries mapped into it; empty where it does not run.
    pub libraries: Vec<PathBuf>,
}

/// How it was told what a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognised {
    /// It is an installation of a client, or runs the interpreter of one.
    Program,
    /// By the libraries it has loaded, or needs.
    Libraries,
    /// By what its compiler left in it.
    Content,
    /// It was not: clients are shown that it could be.
    Not,
}

/// Libraries by which it shows how a program verifies.
const LIBRARIES: &[&str] = &["libcrypto.so", "libssl.so", "libgnutls.so", "libcurl", "libnss3.so"];

/// What begins the names of libraries that speak TLS, or fetch with one that does.
const TLS: &[&str] =
    &["libcurl", "libgnutls", "libmbedtls", "libnss3", "libs2n", "libsoup", "libssl", "libwolfssl", "libcrypto"];

/// Programs that start others.
const SHELLS: &[&str] = &["sh", "ash", "bash", "busybox", "dash", "fish", "ksh", "mksh", "zsh"];

impl Program {
    /// The program that a command starts: where it is a script, its interpreter. `None` where nothing is
    /// there.
    #[must_use]
    pub fn of_command(host: &Host, command: &Path) -> Option<Self> {
        let mut started_as = on_path(host, command)?;
        // The kernel goes as far as four interpreters deep (`exec_binprm`, fs/exec.c).
        for _ in 0..4 {
            match interpreter(host, &started_as) {
                Some(interpreter) => started_as = on_path(host, &interpreter)?,
                None => break,
            }
        }
        let file = host.resolve(&started_as).ok()?.path;
        Some(Self { file, started_as: Some(started_as), libraries: Vec::new() })
    }

    /// The program of a process, from the file it executes and what it was called.
    #[must_use]
    pub fn of_process(host: &Host, file: &Path, called: Option<&Path>, libraries: Vec<PathBuf>) -> Self {
        let file = host.resolve(file).map_or_else(|_| file.to_path_buf(), |found| found.path);
        // A program may call itself anything: only a name that leads to it counts.
        let leads_here = |path: &PathBuf| host.resolve(path).is_ok_and(|found| found.path == file);
        let started_as = called.and_then(|called| on_path(host, called)).filter(leads_here);
        Self { file, started_as, libraries }
    }

    /// The virtual environment of a Python: where `pyvenv.cfg` stands beside the name it was started
    /// by, or above (Modules/getpath.py).
    #[must_use]
    pub fn environment(&self, host: &Host) -> Option<PathBuf> {
        let directory = self.started_as.as_ref()?.parent()?;
        let places = [Some(directory), directory.parent()];
        places.into_iter().flatten().find(|place| host.is_file(&place.join("pyvenv.cfg"))).map(Path::to_path_buf)
    }

    /// Where it stands, for a survey that would not come by there.
    #[must_use]
    pub fn searched(&self, host: &Host) -> Searched {
        let directories = [self.file.parent(), self.started_as.as_deref().and_then(Path::parent)];
        Searched {
            pythons: self.environment(host).into_iter().collect(),
            programs: directories.into_iter().flatten().map(Path::to_path_buf).collect(),
            ..Searched::default()
        }
    }

    /// Those of `uses` that this program is, and how that was told. Where that is none, those are kept
    /// that it could be.
    #[must_use]
    pub fn own(&self, survey: &Survey<'_>, uses: Vec<Use>) -> (Vec<Use>, Recognised) {
        let host = survey.host;
        let environment = self.environment(host).and_then(|prefix| host.resolve(&prefix).ok()).map(|found| found.path);
        let is_own = |found: &&Use| self.is_of(host, &found.installation, environment.as_deref());
        let own: Vec<Use> = uses.iter().filter(is_own).cloned().collect();
        if !own.is_empty() {
            return (own, Recognised::Program);
        }
        let libraries = self.libraries(survey);
        let is_library = |found: &&Use| {
            host.resolve(&found.installation.at)
                .is_ok_and(|at| libraries.contains(&at.path) && !at.path.as_os_str().is_empty())
        };
        let own: Vec<Use> = uses.iter().filter(is_library).cloned().collect();
        if !own.is_empty() {
            return (own, Recognised::Libraries);
        }
        let contents = self.contents(host);
        let own: Vec<Use> = uses.iter().filter(|found| contents.contains(&found.client.id)).cloned().collect();
        if !own.is_empty() {
            return (own, Recognised::Content);
        }
        let could_be = uses.into_iter().filter(|found| self.could_be(found));
        (could_be.collect(), Recognised::Not)
    }

    /// Whether a program that was not recognised could be a user of an installation: a rule for any
    /// program of a kind, or, where it does not run, a library that it may load later. A shell starts
    /// others, which can be anything. What is no program's, such as the store of the system, it is not.
    fn could_be(&self, found: &Use) -> bool {
        let at = &found.installation.at;
        if found.client.is_platform || found.client.is_source {
            return false;
        }
        self.is_shell() || at.as_os_str().is_empty() || (self.libraries.is_empty() && name(at).contains(".so"))
    }

    /// Whether it starts others.
    fn is_shell(&self) -> bool {
        SHELLS.contains(&name(&self.file).as_str())
    }

    /// What is to be said of a program that was not recognised: whether it starts others, and the libraries
    /// for TLS that it has loaded or needs.
    #[must_use]
    pub fn not_recognised(&self, survey: &Survey<'_>) -> String {
        if self.is_shell() {
            return "a shell: what it starts can be any of these".to_owned();
        }
        let does = if self.libraries.is_empty() { "needs" } else { "has loaded" };
        let of_tls = |path: &PathBuf| TLS.iter().any(|prefix| name(path).starts_with(prefix));
        let found = self.libraries(survey).into_iter().filter(of_tls);
        let found: Vec<String> = found.map(|path| path.display().to_string()).collect();
        match found.is_empty() {
            true => format!(
                "no program that castore knows, and it {does} no library for TLS: only with one built into it \
                 would it be among these"
            ),
            false => format!("no program that castore knows; it {does} {}", found.join(", ")),
        }
    }

    /// Whether an installation is this program, or belongs to the interpreter and environment it runs.
    fn is_of(&self, host: &Host, installation: &Installation, environment: Option<&Path>) -> bool {
        let is = |path: &Path, other: &Path| host.resolve(path).is_ok_and(|found| found.path == other);
        let runs = |path: &PathBuf| is(path, &self.file);
        let at = &installation.at;
        if at.as_os_str().is_empty() {
            return false;
        }
        // A runtime is a directory with its program below.
        let holds =
            || host.resolve(at).is_ok_and(|found| found.path != Path::new("/") && self.file.starts_with(&found.path));
        let is_python = installation.version("python").is_some() || installation.place("python").is_some();
        match (installation.place("environment"), environment) {
            (Some(own), Some(environment)) if is_python => is(own, environment),
            (None, None) if is_python => runs(at) || installation.place("python").is_some_and(runs),
            _ if is_python => false,
            _ => runs(at) || holds() || installation.places.iter().any(|(_, path)| runs(path)),
        }
    }

    /// The libraries it verifies with: those it has loaded, or those it names.
    fn libraries(&self, survey: &Survey<'_>) -> Vec<PathBuf> {
        let host = survey.host;
        if !self.libraries.is_empty() {
            let real = self.libraries.iter().filter_map(|path| host.resolve(path).ok());
            return real.map(|found| found.path).collect();
        }
        let Some(linkage) = survey.linkage(&self.file) else { return Vec::new() };
        let named = LIBRARIES.iter().filter_map(|prefix| linkage.needs(prefix));
        let found = named.filter_map(|name| survey.find_library(name, &self.file, &linkage));
        found.filter_map(|path| host.resolve(&path).ok()).map(|found| found.path).collect()
    }

    /// The clients whose marks it holds: what a compiler leaves in a program tells where such programs look.
    fn contents(&self, host: &Host) -> Vec<&'static str> {
        let marks: Vec<(&[u8], &'static str)> =
            clients().filter_map(|client| Some((client.left_in_programs?, client.id))).collect();
        let Ok(resolved) = host.resolve(&self.file) else { return Vec::new() };
        let mut found = Vec::new();
        // What cannot be read shows nothing.
        _ = host.read_parts(&resolved, host.program_size(), &mut |part| {
            for (mark, client) in &marks {
                if !found.contains(client) && memmem::find(part, mark).is_some() {
                    found.push(*client);
                }
            }
            found.len() < marks.len()
        });
        found
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A command as the shell finds it: a name on `PATH`, or a path.
fn on_path(host: &Host, command: &Path) -> Option<PathBuf> {
    if command.as_os_str().as_encoded_bytes().contains(&b'/') {
        return Some(host.absolute(command)).filter(|path| host.is_file(path));
    }
    let path = crate::host::split_list(host.variable("PATH")?);
    path.into_iter().map(|directory| directory.join(command)).find(|path| host.is_file(path))
}

/// What `#!` at the beginning of a script names; behind `env` it is the first word that is no option
/// and no variable.
fn interpreter(host: &Host, script: &Path) -> Option<PathBuf> {
    let resolved = host.resolve(script).ok()?;
    let head = host.read_range(&resolved, host.program_size(), 0..256).ok()?;
    let line = head.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line).into_owned();
    let mut words = line.split_whitespace();
    let first = words.next()?;
    match Path::new(first).file_name().is_some_and(|name| name == "env") {
        true => words.find(|word| !word.starts_with('-') && !word.contains('=')).map(PathBuf::from),
        false => Some(PathBuf::from(first)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::clients;
    use crate::discover::discover;
    use crate::host::System;
    use crate::host::memory::Memory;

    fn host(files: Memory) -> Host {
        let environment = [("PATH".into(), "/usr/bin".into())].into();
        Host::new(Box::new(files), System::Linux).with_environment(environment)
    }

    fn python() -> Memory {
        Memory::new()
            .file("/usr/bin/python3.11", "")
            .link("/usr/bin/python3", "python3.11")
            .file("/usr/lib/python3.11/os.py", "")
            .file("/usr/lib/python3/dist-packages/requests/__init__.py", "")
            .file("/opt/app/.env/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n")
            .link("/opt/app/.env/bin/python", "/usr/bin/python3.11")
            .file("/opt/app/.env/bin/serve", "#!/opt/app/.env/bin/python\n")
            .file("/opt/app/.env/lib/python3.11/site-packages/requests/__init__.py", "")
            .file("/usr/local/bin/tool", "#! /usr/bin/env -S python3 -u\n")
    }

    /// What a program is on a host: clients with their places, and how that was told.
    fn told(host: &Host, program: &Program) -> (Vec<String>, Recognised) {
        let survey = Survey::new(host, program.searched(host));
        let (own, how) = program.own(&survey, discover(&survey, clients()));
        (own.iter().map(Use::name).filter(|name| !name.starts_with("urllib3")).collect(), how)
    }

    #[test]
    fn a_script_runs_the_python_of_its_environment() {
        let host = host(python());
        let program = Program::of_command(&host, Path::new("/opt/app/.env/bin/serve")).unwrap();
        let site = "/opt/app/.env/lib/python3.11/site-packages";
        let expected = vec!["python:/opt/app/.env/bin/python".to_owned(), format!("requests:{site}/requests")];
        assert_eq!(told(&host, &program), (expected, Recognised::Program));
    }

    #[test]
    fn a_base_python_has_no_package_of_an_environment() {
        let host = host(python());
        for command in ["/usr/local/bin/tool", "python3"] {
            let program = Program::of_command(&host, Path::new(command)).unwrap();
            let expected = ["python:/usr/bin/python3.11", "requests:/usr/lib/python3/dist-packages/requests"];
            assert_eq!(told(&host, &program), (expected.map(str::to_owned).to_vec(), Recognised::Program));
        }
    }

    #[test]
    fn a_process_may_call_itself_what_it_likes() {
        let host = host(python());
        let called = |name: &str| {
            let file = Path::new("/usr/bin/python3.11");
            Program::of_process(&host, file, Some(Path::new(name)), Vec::new()).environment(&host)
        };
        assert_eq!(called("/opt/app/.env/bin/python"), Some("/opt/app/.env".into()));
        assert_eq!(called("/opt/app/.env/bin/serve"), None);
        assert_eq!(called("gunicorn: master [app]"), None);
        assert_eq!(called("python3"), None);
    }

    #[test]
    fn a_program_shows_itself_by_its_content() {
        let host = host(python().file("/srv/server", *b"\x7fELF...\xff Go buildinf:..."));
        let program = Program::of_command(&host, Path::new("/srv/server")).unwrap();
        assert_eq!(told(&host, &program), (vec!["go".to_owned()], Recognised::Content));
    }

    /// What speaks HTTPS for git is another program than git.
    #[test]
    fn a_helper_is_its_program() {
        let files = Memory::new().file("/usr/bin/git", "").file("/usr/lib/git-core/git-remote-http", "");
        let host = host(files.link("/usr/lib/git-core/git-remote-https", "git-remote-http"));
        let program = Program::of_command(&host, Path::new("/usr/lib/git-core/git-remote-https")).unwrap();
        assert_eq!(told(&host, &program), (vec!["git:/usr/bin/git".to_owned()], Recognised::Program));
    }

    #[test]
    fn what_is_not_recognised_could_be_anything() {
        let host = host(python().file("/srv/server", *b"\x7fELF"));
        let program = Program::of_command(&host, Path::new("/srv/server")).unwrap();
        let (clients, how) = told(&host, &program);
        assert_eq!(how, Recognised::Not);
        assert!(clients.contains(&"go".to_owned()), "{clients:?}");
        assert!(!clients.iter().any(|client| client.starts_with("python")), "{clients:?}");
        let shell = Program { file: "/usr/bin/dash".into(), ..Program::default() };
        let (clients, _) = told(&host, &shell);
        assert!(clients.iter().any(|client| client.starts_with("python")), "{clients:?}");
        let survey = Survey::new(&host, program.searched(&host));
        assert!(program.not_recognised(&survey).contains("needs no library for TLS"));
        assert!(shell.not_recognised(&survey).starts_with("a shell"));
        let running = Program { libraries: vec!["/usr/bin/python3.11".into()], ..program };
        assert!(running.not_recognised(&survey).contains("has loaded no library for TLS"));
        assert_eq!(Program::of_command(&host, Path::new("gone")), None);
    }
}
