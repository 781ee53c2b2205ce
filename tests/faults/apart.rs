//! A test by itself, in namespaces of its own.

use crate::long;
use std::ffi::OsStr;
use std::process::Command;

/// Set where a test runs apart.
const APART: &str = "CASTORE_FAULTS_APART";

/// Mounts a file system in memory where castore lets programs work for root, and goes on.
const ENTERED: &str = r#"mount -t tmpfs tmpfs /run && exec "$@""#;

/// Runs the test called `name` by itself, where many cases are asked for and the system lets it: among few processes, and
/// with `/run` in memory. Whoever writes an NSS database asks of every process whether it has it open: most calls would be
/// about what else this machine does, and as many as it has processes. And certutil works on a copy in `/run`, which is on
/// a disk on some machines: nine tenths of a run it would wait for that, of which nothing is seen here
/// ([`Place::in_memory`](crate::place::Place::in_memory)).
pub fn apart(name: &str, body: impl FnOnce()) {
    let enter = |program: &OsStr| {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", ENTERED, "sh"]).arg(program);
        command
    };
    let is_there = std::env::var_os(APART).is_some();
    if is_there || !long() || !enter("true".as_ref()).status().is_ok_and(|status| status.success()) {
        return body();
    }
    let own = std::env::current_exe().expect("the path of this program");
    let mut command = enter(own.as_os_str());
    command.args(["--exact", name, "--nocapture", "--include-ignored"]).env(APART, "1");
    let status = command.status().expect("unshare runs");
    assert!(status.success(), "apart: {status}");
}
