//! How the program is linked, where that depends on the system it is built on.
//!
//! A program that may be loaded anywhere brings a table of every address in it, which the loader goes through at
//! each start. castore's rows are full of texts, so that its table has 16,000 entries of 24 octets: a twentieth of
//! the time in which a bundle is listed. Packed (DT_RELR of the generic ABI) it has 7,000 octets. glibc reads
//! that since 2.36 (its NEWS: "Support for DT_RELR relative relocation format"), and says of such a program that it
//! cannot be started before: so it is done where what is linked with is no older, and for the system it is built on.
//! Who builds for older systems sets `CASTORE_PORTABLE`.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "cargo speaks to a build script by the environment, and listens to what it prints"
)]

use std::env::var;
use std::process::Command;

/// The first glibc that reads packed relocations.
const GLIBC: (u32, u32) = (2, 36);

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs\ncargo:rerun-if-env-changed=CASTORE_PORTABLE");
    let is = |name: &str, value: &str| var(name).is_ok_and(|found| found == value);
    let here = var("HOST").is_ok_and(|host| is("TARGET", &host));
    let gnu = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if here && gnu && var("CASTORE_PORTABLE").is_err() && glibc().is_some_and(|version| version >= GLIBC) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of this system's glibc, as `getconf` says it: `glibc 2.36`.
fn glibc() -> Option<(u32, u32)> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
