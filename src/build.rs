//! How the program is linked, where that depends on the system it is built on.
//!
//! A program that may be loaded anywhere brings a table of every address in it, which the loader goes through at
//! each start. castore's rows are full of texts, so that its table has 16,000 entries of 24 octets: a twentieth of
//! the time in which a bundle is listed. Packed (DT_RELR of the generic ABI) it has 7,000 octets. glibc reads
//! that since 2.36 (its NEWS: "Support for DT_RELR relative relocation format"), and says of such a program that it
//! cannot be started before: so it is done where what is linked with is no older, and for the system it is built on.
//! Who builds for older systems sets `CASTORE_PORTABLE`.
//!
//! The system brings a program to memory in pieces of 64 KiB, as it is run. What castore runs to list a bundle is a
//! twentieth of its code, and lay in 80 pieces; put beside one another, as `data/order.ld` says, it lies in half as many,
//! which is a ninth of that time. The list is one for the linker, in its own language, which GNU ld and LLD know: it is
//! given where the linker is the LLD that Rust brings for 64-bit x86 since 1.90, and nobody chose another. A name in it that
//! no function has any more does nothing.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "cargo speaks to a build script by the environment, and listens to what it prints"
)]

use std::env::var;
use std::path::Path;
use std::process::Command;

/// The first glibc that reads packed relocations.
const GLIBC: (u32, u32) = (2, 36);

/// Which functions are put beside one another.
const ORDER: &str = "data/order.ld";

/// Where LLD is the linker (Rust 1.90, release notes: "Use lld by default on x86_64-unknown-linux-gnu").
const LLD_ON: &str = "x86_64-unknown-linux-gnu";

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs\ncargo:rerun-if-env-changed=CASTORE_PORTABLE");
    println!("cargo:rerun-if-changed={ORDER}");
    let is = |name: &str, value: &str| var(name).is_ok_and(|found| found == value);
    let here = var("HOST").is_ok_and(|host| is("TARGET", &host));
    let gnu = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if here && gnu && var("CASTORE_PORTABLE").is_err() && glibc().is_some_and(|version| version >= GLIBC) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    let order = var("CARGO_MANIFEST_DIR").map(|root| Path::new(&root).join(ORDER)).ok().filter(|order| order.is_file());
    if let Some(order) = order
        && here
        && is("PROFILE", "release")
        && is_linked_by_lld()
    {
        println!("cargo:rustc-link-arg-bins=-T{}", order.display());
    }
}

/// Whether the linker is the one that Rust brings: cargo tells of another that was chosen, and of options for it.
fn is_linked_by_lld() -> bool {
    let chosen =
        var("RUSTC_LINKER").is_ok() || var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("link"));
    !chosen
        && var("TARGET").is_ok_and(|target| target == LLD_ON)
        && compiler(&["--print", "sysroot"]).is_some_and(|root| {
            Path::new(root.trim()).join("lib/rustlib").join(LLD_ON).join("bin/gcc-ld/ld.lld").exists()
        })
}

/// What the compiler prints.
fn compiler(arguments: &[&str]) -> Option<String> {
    let output = Command::new(var("RUSTC").ok()?).args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()
}

/// The version of this system's glibc, as `getconf` says it: `glibc 2.36`.
fn glibc() -> Option<(u32, u32)> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
