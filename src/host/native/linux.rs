//! Linux: `openat2`, `getdents64`, and which file systems are no storage.

use super::unix::step_by_step;
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags, RawDir, ResolveFlags};
use rustix::io::Errno;
use std::ffi::CStr;
use std::fs::File;
use std::path::Path;

/// Opens `relative` beneath `root` with no link followed anywhere on the way, in one call.
///
/// openat2 is in Linux 5.6. Older kernels say ENOSYS; so do container filters that do not know
/// it, or EPERM (the default filter of Docker before 20.10). Then each directory is opened in turn;
/// so it is after EAGAIN, which says that something on the machine was renamed while `..` was
/// followed.
pub(super) fn open_beneath(root: BorrowedFd<'_>, relative: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(root, relative, flags, Mode::empty(), how) {
        Err(Errno::NOSYS | Errno::PERM | Errno::AGAIN) => step_by_step(root, relative, flags),
        answer => answer,
    }
}

/// Octets of names that are asked for together, as C libraries do: 32 KiB, some thousand names.
const NAMES: usize = 32 * 1024;

/// Passes every name in a directory to `visit`, with what it is, until it returns false.
pub(super) fn each_entry(directory: &File, visit: &mut dyn FnMut(&CStr, FileType) -> bool) -> Result<(), Errno> {
    let mut room = Vec::with_capacity(NAMES);
    let mut entries = RawDir::new(directory, room.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry?;
        if !visit(entry.file_name(), entry.file_type()) {
            break;
        }
    }
    Ok(())
}

/// The file systems that show the kernel instead of storage, by `f_type` (linux/magic.h, and the
/// source of those it leaves out). Autofs is not among them, since stores are mounted on it, nor
/// efivarfs, which does hold certificates.
const PSEUDO: &[u32] = &[
    0x0000_9fa0, // proc
    0x6265_6572, // sysfs
    0x0027_e0eb, // cgroup
    0x6367_7270, // cgroup2
    0x7472_6163, // tracefs
    0x6462_6720, // debugfs
    0x7363_6673, // securityfs
    0xcafe_4a11, // bpf
    0x0000_1cd1, // devpts
    0x6265_6570, // configfs
    0x6165_676c, // pstore
    0xf97c_ff8c, // selinuxfs
    0x4341_5d53, // smackfs
    0x1980_0202, // mqueue
    0x6573_5543, // fusectl
    0x4249_4e4d, // binfmt_misc
    0x6e73_6673, // nsfs
    0x6759_6969, // rpc_pipefs
    0x6e66_7364, // nfsd
    0x9584_58f6, // hugetlbfs
    0x0765_5821, // resctrl
    0x6c6f_6f70, // binder
    0xabba_1974, // xenfs
    0x5a3c_69f0, // apparmorfs
];

/// Whether `path` is on a file system that shows the kernel instead of storage.
pub(in super::super) fn is_pseudo_filesystem(path: &Path) -> bool {
    rustix::fs::statfs(path).is_ok_and(|found| PSEUDO.iter().any(|magic| is(found.f_type, *magic)))
}

/// `f_type` is a signed word on some machines and an unsigned one on others (statfs(2)); the
/// numbers have 32 bits.
fn is(found: impl TryInto<i64>, magic: u32) -> bool {
    found.try_into().is_ok_and(|found| found & i64::from(u32::MAX) == i64::from(magic))
}
