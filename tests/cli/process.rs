//! `castore which --pid`: what a running process would use, and what differs from this shell.

#![cfg(target_os = "linux")]

use crate::harness::{Castore, Tree, installed};
use crate::roots::{bundle, roots};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A process of the test's own, ended with it.
struct Process(Child);

impl Process {
    /// Starts a program and waits until it is that program, and not the test's any more.
    fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = Self(child.expect("a program that starts"));
        let own = std::fs::read_link("/proc/self/exe").expect("a link");
        let exe = format!("/proc/{}/exe", child.0.id());
        let started = Instant::now();
        while std::fs::read_link(&exe).is_ok_and(|found| found == own) {
            assert!(started.elapsed() < Duration::from_secs(10), "it did not start");
            std::thread::sleep(Duration::from_millis(1));
        }
        child
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn cat(variables: &[(&str, &Path)]) -> Process {
    let mut command = Command::new("/bin/cat");
    Process::start(command.env_clear().envs(variables.iter().map(|(name, value)| (name, value))).current_dir("/"))
}

#[test]
fn variables_of_a_process_are_those_it_was_started_with() {
    let tree = Tree::new().file("corp.pem", bundle(&roots()));
    let corp = tree.path().join("corp.pem");
    let process = cat(&[("SSL_CERT_FILE", &corp), ("PIP_CONFIG_FILE", Path::new("s3cret"))]);
    let castore = Castore::here().env("SSL_CERT_DIR", "/tmp");
    let output = castore.run(["which", "--pid", &process.pid(), "--format", "json"]).exits(0);
    assert!(!output.stdout().contains("s3cret"), "{output}");
    let json = output.json();
    let subject = &json["subject"];
    assert_eq!((&subject["kind"], &subject["recognised"]), (&"process".into(), &"not".into()), "{subject}");
    assert_eq!(subject["other_root"], false);
    let names: Vec<_> = subject["variables"].as_array().expect("a list").iter().map(|v| v["name"].clone()).collect();
    assert_eq!(names, ["PIP_CONFIG_FILE", "SSL_CERT_DIR", "SSL_CERT_FILE"]);
    let go = json["clients"].as_array().expect("a list").iter().find(|client| client["client"] == "go");
    let first = &go.expect("go")["candidates"][0];
    assert_eq!((&first["named_by"], &first["outcome"]), (&"$SSL_CERT_FILE".into(), &"used".into()));
    let differs = subject["differs"].as_array().expect("a list");
    assert!(differs.iter().any(|d| d["client"] == "go"), "{subject}");
    let text = castore.run(["which", "--pid", &process.pid()]).exits(0).stdout();
    assert!(
        text.contains(
            "  no program that castore knows, and it has loaded no library for TLS: only with one built into it would"
        ),
        "{text}"
    );
    assert!(text.contains("$PIP_CONFIG_FILE  set (value not shown)"), "{text}");
    assert!(text.contains("$SSL_CERT_DIR     not set"), "{text}");
}

#[test]
fn a_named_client_is_shown_as_the_process_would_have_it() {
    let process = cat(&[("GIT_SSL_NO_VERIFY", Path::new("1"))]);
    let output = Castore::here().run(["which", "go", "--pid", &process.pid()]).exits(0).stdout();
    assert!(output.starts_with(&format!("process {}  ", process.pid())), "{output}");
    assert!(output.contains("\ngo\n") && output.contains("$GIT_SSL_NO_VERIFY  set (value not shown)"), "{output}");
}

#[test]
fn an_interpreter_is_recognised_with_its_environment() {
    let Some(python) = installed("python3") else { return };
    let python = std::fs::canonicalize(python).expect("a path");
    let name = python.file_name().expect("a name").to_str().expect("UTF-8").to_owned();
    let version = name.strip_prefix("python").expect("python3.x").to_owned();
    let home = python.parent().expect("a directory").display();
    let tree = Tree::new()
        .file("venv/pyvenv.cfg", format!("home = {home}\nversion = {version}.0\n"))
        .link("venv/bin/python", &python)
        .file(format!("venv/lib/python{version}/site-packages/certifi/core.py"), "def where(): ...\n")
        .file(format!("venv/lib/python{version}/site-packages/certifi/cacert.pem"), bundle(&roots()));
    let started_as = tree.path().join("venv/bin/python");
    let process = Process::start(Command::new(&started_as).env_clear());
    let json = Castore::here().run(["which", "--pid", &process.pid(), "--format", "json"]).exits(0).json();
    assert_eq!(json["subject"]["recognised"], "program", "{json}");
    let found: Vec<_> = json["clients"].as_array().expect("a list").iter().map(|client| &client["client"]).collect();
    assert_eq!(found, ["python", "certifi"], "{json}");
    assert_eq!(json["clients"][0]["at"]["path"], started_as.to_str().expect("UTF-8"));
    assert_eq!(json["clients"][1]["anchors"], 3);
}

#[test]
fn a_replaced_program_is_to_be_restarted() {
    let own = Tree::new();
    let copy = own.path().join("cat");
    // By another process, see `Castore::without_rights`.
    let made = Command::new("cp").arg("/bin/cat").arg(&copy).status();
    assert!(made.is_ok_and(|status| status.success()));
    let process = Process::start(Command::new(&copy).env_clear());
    let remark = "replaced or removed since it started";
    let run = || Castore::here().run(["which", "go", "--pid", &process.pid()]).exits(0).stdout();
    assert!(!run().contains(remark), "{}", run());
    std::fs::rename(&copy, own.path().join("old")).expect("a move");
    std::fs::copy("/bin/cat", &copy).expect("another file");
    std::fs::remove_file(own.path().join("old")).expect("a file removed");
    assert!(run().contains(remark), "{}", run());
    // Other commands say it beside their answer.
    let list = Castore::here().run(["list", "/etc/hosts", "--pid", &process.pid()]);
    assert!(list.stderr().contains(remark), "{list}");
}

/// A program with the libraries it needs, copied into a tree.
fn with_program(tree: &Tree, program: &str) -> bool {
    let Some(ldd) = installed("ldd") else { return false };
    let output = Command::new(ldd).arg(program).output().expect("ldd runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let needed = text.split_whitespace().filter(|word| word.starts_with('/'));
    needed.chain([program]).all(|path| {
        let place = tree.path().join(path.trim_start_matches('/'));
        std::fs::create_dir_all(place.parent().expect("a directory")).expect("a directory is made");
        // By another process, see `Castore::without_rights`.
        Command::new("cp").arg("-L").arg(path).arg(place).status().is_ok_and(|status| status.success())
    })
}

/// Of a set-user-ID program OpenSSL reads no variable.
#[test]
fn raised_rights_put_variables_out_of_use() {
    if castore::host::native::live_user() != Some(0) {
        eprintln!("skipped: only root makes such a program here");
        return;
    }
    let own = Tree::new();
    let copy = own.path().join("cat");
    let made = Command::new("cp").arg("/bin/cat").arg(&copy).status();
    assert!(made.is_ok_and(|status| status.success()));
    std::os::unix::fs::chown(&copy, Some(65534), None).expect("an owner");
    std::fs::set_permissions(&copy, std::os::unix::fs::PermissionsExt::from_mode(0o4755)).expect("a mode");
    std::fs::set_permissions(own.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    let process = Process::start(Command::new(&copy).env_clear().env("SSL_CERT_FILE", "/etc/hosts"));
    let json =
        Castore::here().run(["which", "openssl", "go", "--pid", &process.pid(), "--format", "json"]).exits(0).json();
    if !json["subject"]["remarks"].to_string().contains("raised rights") {
        eprintln!("skipped: set-user-ID has no effect where temporary files are");
        return;
    }
    let clients = json["clients"].as_array().expect("a list");
    let of = |id: &str| clients.iter().find(|client| client["client"] == id).map(|client| &client["candidates"][0]);
    assert_eq!(of("go").expect("go")["outcome"], "used");
    if let Some(openssl) = of("openssl") {
        assert_eq!(openssl["outcome"], "not-looked", "{openssl}");
        let text = Castore::here().run(["which", "openssl", "--pid", &process.pid()]).exits(0).stdout();
        assert!(text.contains("not-looked  $SSL_CERT_FILE"), "{text}");
    }
}

/// As a container has one.
#[test]
fn another_root_is_looked_into() {
    let Some(unshare) = installed("unshare") else { return };
    let tree = Tree::new()
        .file("etc/ssl/certs/ca-certificates.crt", bundle(&roots()[..2]))
        .file("etc/passwd", "app:x:0:0::/srv/app:/bin/sh\n")
        .link("etc/absolute.pem", "/etc/ssl/certs/ca-certificates.crt")
        .directory("srv/app");
    if !with_program(&tree, "/bin/sleep") {
        return;
    }
    let mut command = Command::new(unshare);
    if castore::host::native::live_user() != Some(0) {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["--mount", "--root"]).arg(tree.path()).args(["/bin/sleep", "60"]);
    let process = Process::start(command.env_clear().env("SSL_CERT_FILE", "/etc/absolute.pem"));
    let exe = format!("/proc/{}/exe", process.pid());
    let started = Instant::now();
    while !std::fs::read_link(&exe).is_ok_and(|found| found.ends_with("sleep")) {
        if started.elapsed() > Duration::from_secs(5) {
            eprintln!("skipped: no namespaces here");
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let json = Castore::here().run(["which", "go", "--pid", &process.pid(), "--format", "json"]).exits(0).json();
    let subject = &json["subject"];
    assert_eq!((&subject["other_root"], &subject["user"]), (&true.into(), &"app".into()), "{subject}");
    assert_eq!(
        (&subject["program"]["path"], &subject["remarks"]),
        (&"/bin/sleep".into(), &serde_json::json!([])),
        "{subject}"
    );
    let go = &json["clients"][0];
    let store = &go["candidates"][0]["store"];
    assert_eq!((&go["anchors"], store), (&2.into(), &"/etc/ssl/certs/ca-certificates.crt".into()));
    let list = Castore::here().run(["list", "/etc/absolute.pem", "--pid", &process.pid(), "--format", "json"]).exits(0);
    assert_eq!(list.json()["stores"][0]["entries"], 2, "{list}");
    let scan = Castore::here().run(["scan", "/etc", "--pid", &process.pid()]).exits(0);
    assert!(scan.stdout().contains("/etc/ssl/certs/ca-certificates.crt"), "{scan}");
}

/// The text of `/proc/PID/root` is `/` there, and another place here.
#[test]
fn the_root_of_a_process_in_a_mount_namespace_is_read_and_not_written() {
    let script = "mount --bind . . && cd . && pivot_root . old && exec /bin/cat";
    let corp = &roots()[2];
    let tree = Tree::new().file("srv/corp.pem", corp.pem()).directory("old").file("etc/os-release", "ID=debian\n");
    let tree = tree.file("etc/ssl/certs/ca-certificates.crt", bundle(&roots()[..2]));
    if !Path::new("/usr/sbin/pivot_root").exists() || !with_program(&tree, "/bin/cat") {
        return;
    }
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--propagation", "private", "true"]);
    if !unshare.status().is_ok_and(|status| status.success()) {
        return;
    }
    let mut command = Command::new("unshare");
    command.args([
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        &format!("cd {} && {script}", tree.path().display()),
    ]);
    let process = Process::start(&mut command);
    let root = format!("/proc/{}/root", process.pid());
    let started = Instant::now();
    while !Path::new(&root).join("srv/corp.pem").exists() {
        assert!(started.elapsed() < Duration::from_secs(10), "it is not in its root");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(std::fs::read_link(&root).expect("a link"), Path::new("/"));
    let castore = Castore::here();
    let list = castore.run(["list", "--root", &root, "system", "/srv/corp.pem", "--format", "json"]).exits(0).json();
    let count = |path: &str| {
        let stores = list["stores"].as_array().expect("a list");
        stores.iter().find(|store| store["path"] == path).map(|store| store["distinct"].clone())
    };
    assert_eq!(count("/etc/ssl/certs/ca-certificates.crt"), Some(2.into()), "{list}");
    assert_eq!(count("/srv/corp.pem"), Some(1.into()), "{list}");
    let home = Tree::new().file("corp.pem", corp.pem());
    let named = home.path().join("corp.pem");
    let named = named.to_str().expect("UTF-8");
    for words in [&["add", named, "--write"][..], &["undo"], &["history"]] {
        let output = castore.run(words.iter().chain(&["--root", &root])).exits(2);
        assert!(output.stderr().contains("found the root of a process in a mount namespace of its own"), "{output}");
    }
}

#[test]
fn what_is_no_process_is_said() {
    let said = |pid: &str| Castore::here().run(["which", "--pid", pid]).exits(2).stderr();
    assert_eq!(said("4294967295"), "castore: error: process 4294967295: no such process\n");
    let is_kernel = std::fs::read_to_string("/proc/2/status").is_ok_and(|text| !text.contains("VmSize"));
    if is_kernel {
        assert_eq!(said("2"), "castore: error: process 2: it is a thread of the kernel and runs no program\n");
    }
    let mut ended = Command::new("/bin/true").spawn().expect("a program");
    let started = Instant::now();
    let status = format!("/proc/{}/status", ended.id());
    while !std::fs::read_to_string(&status).expect("a status").contains("State:\tZ") {
        assert!(started.elapsed() < Duration::from_secs(10), "it did not end");
        std::thread::sleep(Duration::from_millis(1));
    }
    let pid = ended.id().to_string();
    assert!(said(&pid).contains("it has ended, and waits for its parent to notice"), "{}", said(&pid));
    ended.wait().expect("an end");
    assert!(said("x").contains("invalid value"), "{}", said("x"));
    assert!(
        Castore::here().run(["which", "--pid", "1", "--root", "/"]).exits(2).stderr().contains("cannot be used with")
    );
}

#[test]
fn another_users_process_is_not_to_be_looked_at() {
    let Some(castore) = Castore::here().without_rights() else { return };
    let output = castore.run(["which", "--pid", "1"]).exits(2);
    assert!(
        output.stderr().contains("castore: error: process 1: permission denied\nhint: run castore as the user"),
        "{output}"
    );
}
