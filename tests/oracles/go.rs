//! Programs built with Go.

use crate::rust::{predicted, variable_cases};
use crate::skip;
use crate::witness::{Bench, which, with};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn go_loads_what_castore_says() {
    for go in toolchains() {
        loads_what_castore_says(&go);
    }
}

/// `go` of the system, and those that `CASTORE_ORACLES_GO` names, a list as `PATH` is one.
pub fn toolchains() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::env::var_os("CASTORE_ORACLES_GO").map(|list| std::env::split_paths(&list).collect()).unwrap_or_default();
    if crate::optional("go") {
        found.push("go".into());
    }
    found
}

fn loads_what_castore_says(go: &Path) {
    let bench = Bench::new();
    let module = bench.directory.join("roots");
    fs::create_dir(&module).unwrap();
    fs::write(module.join("go.mod"), "module roots\n\ngo 1.19\n").unwrap();
    fs::write(module.join("main.go"), GO_PROGRAM).unwrap();
    fs::create_dir(bench.directory.join("bin")).unwrap();
    // The name is one that castore knows for a Go program.
    let program = bench.directory.join("bin/kubectl");
    let mut build = Command::new(go);
    build.args(["build", "-o"]).arg(&program).arg(".").current_dir(&module);
    let cache = bench.directory.join("cache");
    build
        .env("HOME", bench.directory.join("home"))
        .env("GOCACHE", &cache)
        .env("GOPATH", &cache)
        .env("GOFLAGS", "-mod=mod")
        .env("GOTOOLCHAIN", "local");
    let output = build.output().unwrap();
    if !output.status.success() {
        skip(&format!("go cannot build: {}", String::from_utf8_lossy(&output.stderr)));
        return;
    }
    for environment in variable_cases(&bench) {
        let output = Command::new(&program).env_clear().envs(environment.iter().cloned()).output().unwrap();
        let said: usize = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        let own = environment.iter().filter(|(name, _)| name.starts_with("SSL_")).collect::<Vec<_>>();
        assert_eq!(predicted("go", &environment).len(), said, "{own:?}");
        let path = with(&environment, &[("PATH", &bench.directory.join("bin").display().to_string())]);
        assert_eq!(predicted("go-programs", &path).len(), said, "{own:?}");
        crate::matrix::agree("go", &format!("{own:?}").replace(&bench.directory.display().to_string(), ""), Ok(()));
    }
    let path = with(&bench.environment, &[("PATH", &bench.directory.join("bin").display().to_string())]);
    let version = String::from_utf8(Command::new(go).arg("version").output().unwrap().stdout).unwrap();
    let known = which("go-programs", &path, &bench.directory)[0].version("go").unwrap();
    assert!(version.contains(&format!("go{known}")), "{version}: {known}");
}

/// Says how many certificates the system's pool has; `Subjects` lists each, however it was found.
const GO_PROGRAM: &str = r#"package main

import (
	"crypto/x509"
	"fmt"
)

func main() {
	pool, err := x509.SystemCertPool()
	if err != nil {
		fmt.Println(0)
		return
	}
	fmt.Println(len(pool.Subjects()))
}
"#;
