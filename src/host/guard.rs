//! Who could put another file, directory or link in the place of one that is on the way to a store.
//!
//! Root can, and so can the account that castore acts as: neither is kept from anything by a check. Everybody else must
//! own nothing on the way, and write in no directory of it (rename(2), unlink(2)); a sticky directory lets everyone add
//! names and nobody but its owner exchange one (unlink(2), `EPERM`).

/// Writable by the group or by anyone. An access control list that lets others write shows here too: its mask stands in
/// the place of the group's bits (acl(5)).
pub const OTHERS_WRITE: u32 = 0o022;
/// Writable by anyone. Where each user has a group of their own (umask 002, the default of Debian, Fedora and others for
/// login shells) every directory of theirs is writable by that group; what a user does with files of their own is theirs
/// to risk, what root does is not.
const ANYONE_WRITES: u32 = 0o002;
/// Only the owner of a file may rename or remove it in such a directory.
pub const STICKY: u32 = 0o1000;

/// Whether what this account owns is root's or of `user`, who asks.
#[must_use]
pub const fn is_own(owner: u32, user: u32) -> bool {
    owner == 0 || owner == user
}

/// Whether nobody but its owner can exchange what is in a directory with these permission bits.
#[must_use]
pub const fn is_closed(mode: u32, owner: u32, user: u32) -> bool {
    let writers = if user == 0 || owner == 0 { OTHERS_WRITE } else { ANYONE_WRITES };
    mode & writers == 0 || mode & STICKY != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_of_a_user_may_be_open_to_their_group_and_to_nobody_else() {
        let is_closed_for = |user, owner, modes: [u32; 5]| modes.map(|mode| is_closed(mode, owner, user));
        let modes = [0o755, 0o775, 0o777, 0o1777, 0o1775];
        assert_eq!(is_closed_for(7, 7, modes), [true, true, false, true, true]);
        assert_eq!(is_closed_for(7, 0, modes), [true, false, false, true, true]);
        assert_eq!(is_closed_for(0, 0, modes), [true, false, false, true, true]);
    }

    #[test]
    fn what_is_roots_or_ones_own_is_of_no_other() {
        assert_eq!([is_own(0, 7), is_own(7, 7), is_own(8, 7), is_own(7, 0)], [true, true, false, false]);
    }
}
