//! The whole job of a corporate root, live: a server that every program refuses, one command, all accept, one more,
//! all refuse again.
//!
//! It changes the stores of the system, so it runs where they are not this machine's: in a mount namespace of its own
//! below a root whose every change goes into memory, and where `CASTORE_NAMESPACE_TESTS=1` asks for it, as `.ci/full`
//! does. The machine's own stores are compared afterwards, octet by octet.

use crate::handshake::Server;
use crate::why_story::authority;
use crate::{require, skip};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Makes a root of which every change is forgotten, and goes on in it.
const NAMESPACE: &str = r#"
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$SPACE"
mkdir "$SPACE/upper" "$SPACE/work" "$SPACE/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$SPACE/upper,workdir=$SPACE/work" "$SPACE/root"
for directory in proc dev sys; do mount --rbind "/$directory" "$SPACE/root/$directory"; done
exec chroot "$SPACE/root" /bin/bash -c "$STORY"
"#;

/// What happens there. Each line that begins with `=` is looked at.
const STORY: &str = r#"
cd "$HERE"
via_python() { /usr/bin/python3 -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1]).read()' "$URL"; }
via_requests() { "$VENV/bin/python" -c 'import sys, requests; requests.get(sys.argv[1])' "$URL"; }
via_node() {
  node -e 'require("https").get(process.argv[1], r => process.exit(0)).on("error", e => { console.error(e.message); process.exit(1) })' "$URL"
}
via_java() { java -XX:TieredStopAtLevel=1 -cp "$HERE" Reach "$URL"; }
via_curl() { curl -sS -o /dev/null "$URL"; }
via_openssl() { openssl s_client -connect "localhost:$PORT" -verify_return_error </dev/null; }
# It is no server of git's: what counts is what git says of the certificate.
via_git() { ! git ls-remote "$URL" 2>&1 | grep -q certificate; }
all() {
  for client in python requests node java curl openssl git; do
    if "via_$client" >"$client.out" 2>&1; then echo "= $1 $client accepts"; else echo "= $1 $client refuses"; fi
  done
}
# What is generated has the time at which that was done, and Java's store keeps it within.
stores() {
  find /etc/ssl /usr/local/share/ca-certificates "$VENV" -not -path '*/java/*' \( -path '*/certs/*' -o -name '*.crt' -o -name cacert.pem \) \
    -printf '%p %m %u %g %l\n' -type f -exec sha256sum {} + | LC_ALL=C sort | sha256sum | cut -c -64
}
# The machine's stores may not be what they are made from; here they are.
update-ca-certificates --fresh
echo "= stores before $(stores)"
all before
castore add root.pem --everywhere --write --yes
echo "= add exit $?"
if via_node >node.out 2>&1; then echo "= plain node accepts"; else echo "= plain node refuses"; fi
eval "$(castore sync --env shell --add root.pem | grep '^export NODE_EXTRA_CA_CERTS=')"
all after
unset NODE_EXTRA_CA_CERTS
castore history
castore undo --yes
echo "= undo exit $?"
all again
echo "= stores again $(stores)"
"#;

/// Every file of the machine's stores: what it holds, and what is said of it.
fn stores(venv: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32, i64)> {
    let mut found = BTreeMap::new();
    let mut todo = vec![
        PathBuf::from("/etc/ssl"),
        "/usr/local/share/ca-certificates".into(),
        "/usr/share/ca-certificates".into(),
        "/var/lib/castore".into(),
        venv.join("lib"),
    ];
    while let Some(path) = todo.pop() {
        let Ok(about) = path.symlink_metadata() else { continue };
        if about.is_dir() {
            todo.extend(std::fs::read_dir(&path).into_iter().flatten().map(|entry| entry.unwrap().path()));
        } else if about.is_file() && path.extension().is_none_or(|end| end != "pyc") {
            let content = Sha256::digest(std::fs::read(&path).unwrap_or_default()).to_vec();
            found.insert(path, (content, about.mode(), about.mtime()));
        }
    }
    found
}

#[test]
fn one_command_and_one_to_take_it_back() {
    if std::env::var_os("CASTORE_NAMESPACE_TESTS").is_none() {
        eprintln!("SKIPPED: CASTORE_NAMESPACE_TESTS is not set: it changes stores, in a namespace of its own");
        return;
    }
    let Some(venv) = std::env::var_os("CASTORE_ORACLES_VENV") else { return skip("$CASTORE_ORACLES_VENV is not set") };
    let venv = Path::new(&venv);
    for program in ["openssl", "node", "java", "javac", "curl", "git", "unshare"] {
        if !require(program) {
            return;
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let space = tempfile::tempdir().unwrap();
    authority(here);
    std::fs::copy(here.join("ca.pem"), here.join("root.pem")).unwrap();
    std::fs::copy("tests/oracles/Reach.java", here.join("Reach.java")).unwrap();
    let compiled = Command::new("javac").arg("Reach.java").current_dir(here).status().unwrap();
    assert!(compiled.success());
    let server = Server::new(here, &["-www", "-cert", "s.pem", "-key", "s.key", "-cert_chain", "ca.pem"]);
    let castore = Path::new(env!("CARGO_BIN_EXE_castore")).parent().unwrap();
    let before = stores(venv);
    let run = Command::new("unshare")
        .args(["-m", "/bin/bash", "-c", NAMESPACE])
        .env_clear()
        .env("PATH", format!("{}/bin:{}:/usr/sbin:/usr/bin:/sbin:/bin", venv.display(), castore.display()))
        .env("HOME", here)
        .env("SPACE", space.path())
        .env("HERE", here)
        .env("VENV", venv)
        .env("URL", format!("https://localhost:{}/", server.at.port()))
        .env("PORT", server.at.port().to_string())
        .env("STORY", STORY)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = format!("{}\n{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(stores(venv) == before, "the machine's own stores changed\n{said}");
    assert!(run.status.success(), "{said}");
    let lines: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("= ")).collect();
    let has = |line: String| assert!(lines.contains(&line.as_str()), "no {line:?} in\n{said}");
    for client in ["python", "requests", "node", "java", "curl", "openssl", "git"] {
        has(format!("before {client} refuses"));
        has(format!("after {client} accepts"));
        has(format!("again {client} refuses"));
    }
    has("add exit 0".to_owned());
    has("plain node refuses".to_owned());
    has("undo exit 0".to_owned());
    let of = |when: &str| lines.iter().find_map(|line| line.strip_prefix(&format!("stores {when} ")));
    assert!(of("before").is_some() && of("before") == of("again"), "{said}");
}
