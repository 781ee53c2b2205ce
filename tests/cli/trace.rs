//! What a command may do to the machine when it only reads: nothing.
//!
//! [`wrongs`] judges a trace of `strace -f -y -e trace=%file,%network,%process`: no file opened
//! for writing, made, moved or removed outside the directories given, no program started after the
//! first, no socket.

use std::path::{Path, PathBuf};

/// Calls that change what a path names.
const CHANGES: &[&str] = &[
    "creat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "chmod",
    "fchmodat",
    "fchmodat2",
    "chown",
    "lchown",
    "fchownat",
    "utime",
    "utimes",
    "utimensat",
    "futimesat",
    "truncate",
    "mknod",
    "mknodat",
    "setxattr",
    "lsetxattr",
    "removexattr",
    "lremovexattr",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "swapon",
    "acct",
];

/// Calls that reach for the network, or for another process by a socket.
const NETWORK: &[&str] = &["socket", "connect", "bind", "listen", "sendto", "sendmsg", "accept", "accept4"];

/// Fails with every call of a trace that does more than read.
#[track_caller]
pub fn assert_reads_only(trace: &str, own_directories: &[&Path]) {
    let wrongs = wrongs(trace, own_directories);
    assert!(wrongs.is_empty(), "does more than read:\n{}", wrongs.join("\n"));
}

/// The lines of a trace that do more than read.
pub fn wrongs<'a>(trace: &'a str, own_directories: &[&Path]) -> Vec<&'a str> {
    let mut started = 0;
    let mut calls = 0;
    let mut wrongs = Vec::new();
    for line in trace.lines() {
        let call = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        // `+++ exited`, `--- SIGCHLD`, and the second half of a call that another thread cut in two.
        let Some((name, arguments)) = call.split_once('(').filter(|(name, _)| is_name(name)) else { continue };
        calls += 1;
        let wrong = match name {
            "execve" | "execveat" => {
                started += 1;
                started > 1
            }
            "open" | "openat" | "openat2" => {
                ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE"]
                    .iter()
                    .any(|flag| flags(arguments).any(|word| word == *flag))
                    && !is_own(arguments, own_directories)
            }
            name if CHANGES.contains(&name) => !is_own(arguments, own_directories),
            name => NETWORK.contains(&name),
        };
        if wrong {
            wrongs.push(line);
        }
    }
    if calls == 0 {
        wrongs.push("an empty trace");
    }
    wrongs
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Words outside texts and descriptors' paths.
fn flags(arguments: &str) -> impl Iterator<Item = &str> {
    let outside = arguments.split('"').step_by(2);
    outside.flat_map(|part| part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
}

/// Whether every path of a call, joined to the descriptor's before it, is in one of the directories.
fn is_own(arguments: &str, own_directories: &[&Path]) -> bool {
    let mut paths = Vec::new();
    let mut base = PathBuf::from("/");
    for (index, part) in arguments.split('"').enumerate() {
        if index % 2 == 0 {
            // `AT_FDCWD</home/x>, ` or `5</etc>, `
            if let Some((_, path)) = part.rsplit_once('<') {
                base = PathBuf::from(path.split('>').next().unwrap_or_default());
            }
        } else {
            paths.push(base.join(part));
        }
    }
    let inside = |path: &PathBuf| {
        !path.components().any(|part| part.as_os_str() == "..")
            && own_directories.iter().any(|directory| path.starts_with(directory))
    };
    !paths.is_empty() && paths.iter().all(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "12 execve(\"/x/castore\", [\"castore\"], 0x7ffd /* 3 vars */) = 0\n";

    fn complains(line: &str) -> bool {
        !wrongs(&format!("{START}{line}"), &[Path::new("/tmp/own")]).is_empty()
    }

    #[test]
    fn reading_is_no_wrong() {
        for line in [
            "12 openat(AT_FDCWD</home>, \"/etc/ssl/cert.pem\", O_RDONLY|O_CLOEXEC) = 3</etc/ssl/cert.pem>",
            "12 openat(5</etc/ssl>, \"O_WRONLY\", O_RDONLY|O_NOFOLLOW|O_PATH) = -1 ENOENT (No such file)",
            "12 readlink(\"/etc/x\", \"y\", 4095) = 1",
            "12 statx(AT_FDCWD</home>, \"/etc\", AT_STATX_SYNC_AS_STAT, STATX_ALL, {stx_mask=STATX_ALL}) = 0",
            "12 clone3({flags=CLONE_VM|CLONE_THREAD}, 88) = 13",
            "12 openat(AT_FDCWD</home>, \"/tmp/own/out.pem\", O_WRONLY|O_CREAT|O_EXCL, 0600) = 3",
            "12 openat(7</tmp/own>, \"out.pem\", O_RDWR|O_CREAT, 0600) = 3",
            "12 renameat(7</tmp/own>, \"a\", 7</tmp/own>, \"b\") = 0",
            "12 unlink(\"/tmp/own/a\") = 0",
            "12 <... openat resumed>) = 3",
            "12 +++ exited with 0 +++",
        ] {
            assert!(!complains(line), "{line}");
        }
    }

    #[test]
    fn anything_else_is() {
        for line in [
            "12 openat(AT_FDCWD</home>, \"/etc/x\", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3",
            "12 openat(AT_FDCWD</home>, \"x\", O_RDWR) = -1 EACCES (Permission denied)",
            "13 openat(5</etc>, \"x\", O_RDONLY|O_CREAT <unfinished ...>",
            "12 open(\"/tmp/own/../x\", O_WRONLY) = 3",
            "12 open(\"/tmp/owner\", O_WRONLY) = 3",
            "openat(AT_FDCWD</home>, \"/etc\", O_RDWR|O_TMPFILE, 0600) = 3",
            "12 mkdir(\"/home/dev/.cache/castore\", 0777) = 0",
            "12 renameat(7</tmp/own>, \"a\", 8</etc>, \"b\") = 0",
            "12 rename(\"/tmp/own/a\", \"/etc/a\") = 0",
            "12 utimensat(3</etc/x>, NULL, NULL, 0) = 0",
            "12 execve(\"/usr/bin/openssl\", [\"openssl\"], 0x1) = 0",
            "12 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3",
            "12 socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3",
        ] {
            assert!(complains(line), "{line}");
        }
        assert_eq!(wrongs("", &[]), ["an empty trace"]);
    }

    #[test]
    fn the_program_is_traced_where_strace_is() {
        let castore = crate::harness::Castore::here();
        let Some((output, trace)) = castore.traced(["--version"]) else { return };
        _ = output.exits(0);
        assert!(trace.contains("execve("), "{trace}");
        assert_reads_only(&trace, &castore.own_directories());
    }
}
