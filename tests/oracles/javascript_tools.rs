//! pnpm and Yarn of many versions, as `.ci/full` installs them from the registry of npm.

use crate::fetched;
use crate::node::{bench_of_managers, distrusts};
use crate::witness::{Bench, Environment, which, with};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A case: a file, what stands in it with `@` for the bench's directory, the variables.
type Case = (&'static str, &'static str, &'static str);

/// A program of this version below the directory.
fn program(directory: &Path, version: &str, name: &str) -> PathBuf {
    directory.join(version).join("node_modules/.bin").join(name)
}

/// Runs a command for some seconds in caches of its own; what it says.
fn says(program: &Path, arguments: &[&str], environment: &Environment, directory: &Path) -> String {
    let kept = tempfile::tempdir().unwrap();
    let kept = kept.path().display().to_string();
    let mut command = Command::new("timeout");
    command.arg("10").arg(program).args(arguments).current_dir(directory).env_clear();
    command.envs(environment.iter().cloned());
    for name in ["npm_config_cache", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "YARN_GLOBAL_FOLDER"] {
        command.env(name, &kept);
    }
    command.envs([("npm_config_fetch_retries", "0"), ("pnpm_config_fetch_retries", "0"), ("CI", "1")]);
    let output = command.output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A bench with a project, and with this program first on `PATH`.
fn bench(program: &Path) -> Bench {
    let mut bench = bench_of_managers();
    let package = r#"{"name": "x", "version": "1.0.0", "license": "MIT", "dependencies": {"c": "4"}}"#;
    fs::write(bench.directory.join("package.json"), package).unwrap();
    fs::write(bench.directory.join("yarn.lock"), "").unwrap();
    // A Node.js that newer ones of them take.
    let nodes = fetched("CASTORE_ORACLES_NODES").map(|nodes| nodes.join("24.20/node_modules/node/bin"));
    let node = nodes.unwrap_or_else(|| "/usr/bin".into());
    let path = format!("{}:{}:/usr/bin:/bin", program.parent().unwrap().display(), node.display());
    bench.environment = with(&bench.environment, &[("PATH", &path)]);
    bench
}

/// Holds every case; `reaches` judges what the program says to a server of this address.
fn hold(client: &str, cases: &[Case], at: &Path, reaches: impl Fn(&Bench, &str, &Environment) -> bool) {
    let bench = bench(at);
    let here = bench.directory.display().to_string();
    let found = which(client, &bench.environment, &bench.directory);
    assert!(found.iter().any(|found| found.at == at), "{client} at {}: {found:#?}", at.display());
    for (file, text, case) in cases {
        let path = bench.directory.join(file);
        if !file.is_empty() {
            fs::write(&path, text.replace('@', &here) + "\n").unwrap();
        }
        let version = at.ancestors().nth(3).unwrap().file_name().unwrap().to_string_lossy();
        let name = format!("{version} {case} {file} {}", text.replace('\n', " "));
        eprintln!("{client}: {name}");
        let is_about_both = [case, text].iter().any(|part| part.contains("b."));
        let names: &[&str] = if is_about_both { &["a", "b"] } else { &["a"] };
        bench.hold_trust_named(client, &name, case, at, names, |url, environment| reaches(&bench, url, environment));
        if !file.is_empty() {
            fs::remove_file(&path).unwrap();
        }
        drop(fs::remove_dir_all(bench.directory.join("node_modules")));
    }
}

const PNPM_AS_NPM: [Case; 14] = [
    ("", "", ""),
    ("", "", "NODE_EXTRA_CA_CERTS=a.pem"),
    ("", "", "npm_config_cafile=a.pem NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "NPM_CONFIG_CAFILE=a.pem"),
    ("", "", "pnpm_config_cafile=a.pem NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "npm_config_cafile=missing.pem NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "npm_config_strict_ssl==false"),
    ("", "", "pnpm_config_strict_ssl==false"),
    ("", "", "NODE_TLS_REJECT_UNAUTHORIZED==0"),
    (".npmrc", "cafile=@/a.pem", "NODE_EXTRA_CA_CERTS=b.pem"),
    ("home/.npmrc", "cafile=@/a.pem", "npm_config_cafile=b.pem"),
    ("home/.npmrc", "cafile=a.pem", ""),
    ("home/.npmrc", "cafile=@/missing.pem", "NODE_EXTRA_CA_CERTS=b.pem"),
    ("home/.npmrc", "strict-ssl=false", ""),
];

const PNPM_11: [Case; 12] = [
    ("", "", ""),
    ("", "", "NODE_EXTRA_CA_CERTS=a.pem"),
    ("", "", "npm_config_cafile=a.pem NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "pnpm_config_cafile=a.pem NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "PNPM_CONFIG_CAFILE=a.pem"),
    ("", "", "npm_config_strict_ssl==false"),
    ("", "", "pnpm_config_strict_ssl==false"),
    (".npmrc", "cafile=a.pem", "NODE_EXTRA_CA_CERTS=b.pem"),
    ("home/.npmrc", "cafile=../a.pem", ""),
    ("home/.npmrc", "cafile=@/a.pem", "pnpm_config_cafile=b.pem"),
    ("home/.npmrc", "cafile=@/missing.pem", "pnpm_config_cafile=b.pem"),
    ("userconfig", "cafile=@/a.pem", "pnpm_config_npmrc_auth_file=userconfig"),
];

const PNPM_12: [Case; 14] = [
    ("", "", ""),
    ("", "", "NODE_EXTRA_CA_CERTS=a.pem"),
    ("", "", "NODE_EXTRA_CA_CERTS=bad-between.pem"),
    ("", "", "SSL_CERT_FILE=a.pem NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "SSL_CERT_FILE=bad-between.pem"),
    ("", "", "SSL_CERT_DIR=directory"),
    ("", "", "SSL_CERT_FILE=missing.pem NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "pnpm_config_cafile=a.pem"),
    ("", "", "pnpm_config_strict_ssl==false"),
    ("", "", "NODE_TLS_REJECT_UNAUTHORIZED==0"),
    (".npmrc", "cafile=a.pem", "SSL_CERT_FILE=b.pem"),
    ("home/.npmrc", "cafile=../a.pem", "NODE_EXTRA_CA_CERTS=b.pem"),
    ("home/.npmrc", "cafile=@/missing.pem", "SSL_CERT_FILE=b.pem"),
    ("home/.npmrc", "cafile=@/bad-between.pem", "SSL_CERT_FILE=b.pem"),
];

#[test]
fn pnpm_trusts_what_castore_says() {
    let Some(directory) = fetched("CASTORE_ORACLES_MANAGERS") else { return };
    for (version, cases) in [("pnpm9", &PNPM_AS_NPM[..]), ("pnpm10", &PNPM_AS_NPM), ("pnpm11", &PNPM_11)] {
        let at = program(&directory, version, "pnpm");
        hold("pnpm", cases, &at, |bench, url, environment| installs(&at, bench, url, environment));
    }
    let at = program(&directory, "pnpm12", "pnpm");
    hold("pnpm-native", &PNPM_12, &at, |bench, url, environment| installs(&at, bench, url, environment));
}

/// Whether pnpm comes as far as to ask for a package.
fn installs(pnpm: &Path, bench: &Bench, url: &str, environment: &Environment) -> bool {
    !distrusts(&says(pnpm, &["install", &format!("--registry={url}")], environment, &bench.directory))
}

const YARN_CASES: [Case; 16] = [
    ("", "", ""),
    ("", "", "NODE_EXTRA_CA_CERTS=a.pem"),
    ("", "", "yarn_cafile=a.pem NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "YARN_CAFILE=a.pem npm_config_cafile=b.pem"),
    ("", "", "npm_config_cafile=a.pem"),
    ("", "", "yarn_cafile=missing.pem NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "yarn_strict_ssl==false"),
    ("", "", "npm_config_strict_ssl==false"),
    ("", "", "NODE_TLS_REJECT_UNAUTHORIZED==0"),
    (".npmrc", "cafile=@/a.pem", ""),
    (".npmrc", "strict-ssl=false", ""),
    ("home/.npmrc", "cafile=@/a.pem", "NODE_EXTRA_CA_CERTS=b.pem"),
    (".yarnrc", "cafile \"@/a.pem\"", "npm_config_cafile=b.pem"),
    (".yarnrc", "# why\ncafile @/a.pem", "yarn_cafile=b.pem"),
    ("home/.yarnrc", "cafile \"@/a.pem\"", ""),
    (".yarnrc", "strict-ssl false", ""),
];

#[test]
fn yarn_1_trusts_what_castore_says() {
    let Some(directory) = fetched("CASTORE_ORACLES_MANAGERS") else { return };
    let at = program(&directory, "yarn1", "yarn");
    hold("yarn", &YARN_CASES, &at, |bench, url, environment| {
        let arguments = ["install", "--registry", url, "--non-interactive", "--no-lockfile"];
        !distrusts(&says(&at, &arguments, environment, &bench.directory))
    });
}

const BERRY_CASES: [Case; 14] = [
    ("", "", ""),
    ("", "", "NODE_EXTRA_CA_CERTS=a.pem"),
    ("", "", "YARN_HTTPS_CA_FILE_PATH=a.pem NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "yarn_https_ca_file_path=a.pem"),
    ("", "", "YARN_HTTPS_CA_FILE_PATH=missing.pem NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "YARN_HTTPS_CA_FILE_PATH= NODE_EXTRA_CA_CERTS=b.pem"),
    ("", "", "YARN_ENABLE_STRICT_SSL==false"),
    ("", "", "YARN_ENABLE_STRICT_SSL==0"),
    ("", "", "NODE_TLS_REJECT_UNAUTHORIZED==0"),
    (".yarnrc.yml", "httpsCaFilePath: a.pem", "NODE_EXTRA_CA_CERTS=b.pem"),
    (".yarnrc.yml", "httpsCaFilePath: \"${PLACE}/a.pem\"", "PLACE==@ YARN_HTTPS_CA_FILE_PATH=b.pem"),
    ("home/.yarnrc.yml", "httpsCaFilePath: ../a.pem", ""),
    ("home/.yarnrc.yml", "enableStrictSsl: false", ""),
    (".other", "httpsCaFilePath: a.pem", "YARN_RC_FILENAME==.other"),
];

#[test]
fn yarn_since_2_trusts_what_castore_says() {
    let Some(directory) = fetched("CASTORE_ORACLES_MANAGERS") else { return };
    for version in ["yarn3", "yarn4"] {
        let at = program(&directory, version, "yarn");
        let old = |text: &str| text.replace("httpsCa", "ca").replace("HTTPS_CA", "CA").replace("https_ca", "ca");
        let cases = BERRY_CASES.map(|(file, text, case)| match version {
            "yarn3" => (file, &*old(text).leak(), &*old(case).leak()),
            _ => (file, text, case),
        });
        hold("yarn-berry", &cases, &at, |bench, url, environment| {
            let environment = with(environment, &[("YARN_NPM_REGISTRY_SERVER", url), ("YARN_HTTP_RETRY", "0")]);
            let said = says(&at, &["npm", "info", "c"], &environment, &bench.directory);
            !distrusts(&said) && !["ENOENT", "EISDIR", "Usage Error"].iter().any(|word| said.contains(word))
        });
    }
}
