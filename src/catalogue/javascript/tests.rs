//! What the runtimes and package managers of JavaScript take, by their variables and files.

use super::*;
use crate::catalogue::survey::Searched;
use crate::catalogue::survey::Survey;
use crate::discover::{Outcome, discover};
use crate::host::memory::Memory;
use crate::host::{Host, System};

fn machine() -> Memory {
    Memory::new()
        .file("/usr/bin/node", "node.js/v22.15.0\0\"node_shared_openssl\"")
        .file("/usr/lib/node_modules/npm/package.json", r#"{"name": "npm", "version": "11.6.0"}"#)
        .file("/usr/lib/node_modules/npm/bin/npm-cli.js", "")
        .link("/usr/bin/npm", "../lib/node_modules/npm/bin/npm-cli.js")
        .file("/work/package.json", "{}")
        .file("/work/deep/file", "")
        .file("/one.pem", "1")
        .file("/two.pem", "2")
        .file("/empty.pem", "")
        .file("/etc/ssl/cert.pem", "")
        .file("/etc/ssl/certs/a.pem", "")
}

/// The places in use, or `off` or `refuses`.
fn used(client: &'static Client, files: Memory, variables: &[(&str, &str)]) -> String {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let mut host = Host::new(Box::new(files), System::Linux).with_environment(variables);
    host.cwd = "/work/deep".into();
    let uses = discover(&Survey::new(&host, Searched::default()), [client]);
    assert_eq!(uses.len(), 1);
    match () {
        () if uses[0].is_off() => return "off".to_owned(),
        () if uses[0].refuses().is_some() => return "refuses".to_owned(),
        () => {}
    }
    let used = uses[0].candidates.iter().filter(|c| c.outcome == Outcome::Used);
    used.map(|c| c.path.as_ref().unwrap().display().to_string()).collect::<Vec<_>>().join(" ")
}

const HOME: (&str, &str) = ("HOME", "/u");

#[test]
fn npm_takes_its_own_file_instead_of_nodes_roots() {
    let npm = |files: Memory, variables: &[(&str, &str)]| used(&NPM, files, variables);
    assert_eq!(npm(machine(), &[]), "/usr/bin/node");
    assert_eq!(npm(machine(), &[("NODE_EXTRA_CA_CERTS", "/one.pem")]), "/usr/bin/node /one.pem");
    let project = || machine().file("/work/.npmrc", "cafile=/one.pem\n");
    assert_eq!(npm(project(), &[("NODE_EXTRA_CA_CERTS", "/two.pem")]), "/one.pem");
    assert_eq!(npm(project(), &[("NPM_CONFIG_CAFILE", "/two.pem")]), "/two.pem");
    assert_eq!(npm(project(), &[("npm_config_cafile", "")]), "/one.pem");
    assert_eq!(npm(project(), &[("npm_config_cafile", "/empty.pem")]), "/one.pem");
    assert_eq!(npm(project().file("/u/.npmrc", "cafile=/two.pem"), &[HOME]), "/one.pem");
    assert_eq!(npm(machine().file("/u/.npmrc", "cafile=${DIR}/two.pem"), &[HOME, ("DIR", "")]), "/two.pem");
    assert_eq!(npm(machine().file("/usr/etc/npmrc", "cafile=/two.pem"), &[]), "/two.pem");
    assert_eq!(npm(machine().file("/usr/lib/node_modules/npm/npmrc", "cafile=/two.pem"), &[]), "/two.pem");
    assert_eq!(npm(machine().file("/work/.npmrc", "cafile=/missing.pem"), &[]), "/usr/bin/node");
    // npm expands what its own settings name, and Node.js nothing.
    let at_home = machine().file("/u/c.pem", "1");
    assert_eq!(npm(at_home.clone().file("/work/.npmrc", "cafile=~/c.pem"), &[HOME]), "/u/c.pem");
    assert_eq!(npm(at_home.clone(), &[HOME, ("npm_config_cafile", "~/c.pem")]), "/u/c.pem");
    assert_eq!(npm(at_home, &[HOME, ("NODE_EXTRA_CA_CERTS", "~/c.pem")]), "/usr/bin/node");
}

#[test]
fn npm_has_certificates_written_out_and_a_switch() {
    let npm = |text: &str, variables: &[(&str, &str)]| used(&NPM, machine().file("/work/.npmrc", text), variables);
    let written = "ca=\"-----BEGIN CERTIFICATE-----\\nAA\\n-----END CERTIFICATE-----\"\n";
    assert_eq!(npm(written, &[]), "/work/.npmrc");
    assert_eq!(npm(written, &[("npm_config_cafile", "/one.pem")]), "/one.pem");
    // npm 11.19: a variable counts before the files, and the later of two variables.
    let variable = ("npm_config_ca", "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----");
    assert_eq!(npm("cafile=/one.pem", &[variable]), "$npm_config_ca");
    assert_eq!(npm("", &[variable, ("npm_config_cafile", "/one.pem")]), "/one.pem");
    // What is none leaves npm without any; in one file the later counts.
    assert_eq!(npm("cafile=/one.pem\nca=foo", &[]), "");
    assert_eq!(npm("ca=foo\ncafile=/one.pem", &[]), "/one.pem");
    assert_eq!(npm(&format!("{written}cafile=/one.pem"), &[]), "/one.pem");
    assert_eq!(npm("strict-ssl=false", &[]), "off");
    assert_eq!(npm("strict-ssl=\"false\"", &[]), "off");
    assert_eq!(npm("strict-ssl=false", &[("npm_config_strict_ssl", "true")]), "/usr/bin/node");
    for word in ["0", "no", "False", "null"] {
        assert_eq!(npm(&format!("strict-ssl={word}"), &[]), "/usr/bin/node", "{word}");
    }
}

/// As npm 11.19.1 does.
#[test]
fn files_of_npm_say_where_others_are() {
    let npm = |text: &str, variables: &[(&str, &str)]| {
        let files = machine()
            .file("/work/.npmrc", text)
            .file("/u/.npmrc", "x=y")
            .file("/p/etc/npmrc", "cafile=/one.pem")
            .file("/q/etc/x", "");
        used(&NPM, files, &[variables, &[HOME]].concat())
    };
    assert_eq!(npm("", &[("PREFIX", "/p")]), "/one.pem");
    assert_eq!(npm("prefix=/p", &[("PREFIX", "/q")]), "/one.pem");
    assert_eq!(npm("prefix=/q", &[("PREFIX", "/p")]), "/usr/bin/node");
    assert_eq!(npm("", &[("PREFIX", "/p"), ("npm_config_prefix", "/q")]), "/usr/bin/node");
    assert_eq!(npm("userconfig=/p/etc/npmrc", &[]), "/one.pem");
    assert_eq!(npm("globalconfig=/p/etc/npmrc", &[]), "/one.pem");
}

#[test]
fn deno_takes_the_stores_of_its_list() {
    let deno = |version: &str, variables: &[(&str, &str)]| {
        used(&DENO, machine().file("/usr/bin/deno", format!("Deno/0.80.0\0Deno/{version}")), variables)
    };
    assert_eq!(deno("2.9.6", &[]), "/usr/bin/deno");
    assert_eq!(deno("2.9.6", &[("SSL_CERT_FILE", "/one.pem")]), "/usr/bin/deno");
    let system = ("DENO_TLS_CA_STORE", "system");
    assert_eq!(deno("2.9.6", &[system]), "/etc/ssl/cert.pem");
    assert_eq!(deno("2.9.6", &[system, ("SSL_CERT_FILE", "/one.pem")]), "/one.pem");
    assert_eq!(deno("2.9.6", &[system, ("SSL_CERT_FILE", "/missing")]), "refuses");
    assert_eq!(deno("2.9.6", &[("DENO_TLS_CA_STORE", "mozilla, system")]), "/usr/bin/deno /etc/ssl/cert.pem");
    assert_eq!(deno("2.9.6", &[("DENO_TLS_CA_STORE", "other")]), "refuses");
    assert_eq!(deno("2.9.6", &[("DENO_CERT", "/one.pem")]), "/usr/bin/deno /one.pem");
    assert_eq!(deno("2.9.6", &[("DENO_CERT", "")]), "refuses");
    assert_eq!(deno("2.9.6", &[("NODE_EXTRA_CA_CERTS", "/one.pem")]), "/usr/bin/deno /one.pem");
    assert_eq!(deno("2.7.14", &[("NODE_EXTRA_CA_CERTS", "/one.pem")]), "/usr/bin/deno");
}

#[test]
fn bun_adds_openssls_paths_but_for_1_2() {
    let bun = |version: &str, variables: &[(&str, &str)]| {
        used(&BUN, machine().file("/usr/bin/bun", format!("Bun/1.2.\0Bun/{version}")), variables)
    };
    assert_eq!(bun("1.4.5", &[]), "/usr/bin/bun /etc/ssl/cert.pem /etc/ssl/certs");
    assert_eq!(bun("1.4.5", &[("SSL_CERT_FILE", "/one.pem")]), "/usr/bin/bun /one.pem /etc/ssl/certs");
    assert_eq!(bun("1.4.5", &[("SSL_CERT_DIR", "")]), "/usr/bin/bun /etc/ssl/cert.pem");
    assert_eq!(bun("1.2.23", &[("SSL_CERT_FILE", "/one.pem")]), "/usr/bin/bun");
    let asked = |value| bun("1.2.23", &[("NODE_USE_SYSTEM_CA", value), ("SSL_CERT_FILE", "/one.pem")]);
    assert_eq!(asked("1"), "/usr/bin/bun /one.pem /etc/ssl/certs /one.pem");
    assert_eq!(asked("true"), "/usr/bin/bun");
    assert_eq!(bun("1.2.22", &[("NODE_USE_SYSTEM_CA", "1"), ("SSL_CERT_FILE", "/one.pem")]), "/usr/bin/bun");
    assert_eq!(bun("1.2.23", &[("NODE_EXTRA_CA_CERTS", "/one.pem")]), "/usr/bin/bun /one.pem");
    assert_eq!(bun("1.0.36", &[("NODE_EXTRA_CA_CERTS", "/one.pem")]), "/usr/bin/bun /etc/ssl/cert.pem /etc/ssl/certs");
    assert_eq!(bun("1.4.5", &[("NODE_TLS_REJECT_UNAUTHORIZED", "0")]), "off");
}

/// A package manager of a version, as a script of its package.
fn manager(name: &str, package: &str, version: &str) -> Memory {
    let about = format!(r#"{{"name": "{package}", "version": "{version}"}}"#);
    machine()
        .file(format!("/usr/lib/node_modules/{package}/package.json"), about)
        .file(format!("/usr/lib/node_modules/{package}/bin/{name}.js"), "")
        .link(format!("/usr/bin/{name}"), format!("../lib/node_modules/{package}/bin/{name}.js"))
}

#[test]
fn pnpm_reads_npms_variables_until_10() {
    let old = |files: Memory, variables: &[(&str, &str)]| used(&PNPM, files, variables);
    let pnpm = || manager("pnpm", "pnpm", "10.34.9");
    assert_eq!(old(pnpm(), &[("NODE_EXTRA_CA_CERTS", "/one.pem")]), "/usr/bin/node /one.pem");
    assert_eq!(old(pnpm(), &[("npm_config_cafile", "/one.pem"), ("NODE_EXTRA_CA_CERTS", "/two.pem")]), "/one.pem");
    assert_eq!(old(pnpm(), &[("pnpm_config_cafile", "/one.pem")]), "/usr/bin/node");
    // The first file that is named counts alone, be it there or not.
    let below = pnpm().file("/work/.npmrc", "cafile=/missing.pem").file("/u/.npmrc", "cafile=/one.pem");
    assert_eq!(old(below, &[HOME]), "/usr/bin/node");
    assert_eq!(old(pnpm(), &[("npm_config_strict_ssl", "false")]), "off");
    assert_eq!(old(pnpm(), &[("NODE_TLS_REJECT_UNAUTHORIZED", "0")]), "/usr/bin/node");
}

#[test]
fn pnpm_11_reads_variables_of_its_own() {
    let new = |files: Memory, variables: &[(&str, &str)]| used(&PNPM, files, variables);
    let pnpm = || manager("pnpm", "pnpm", "11.28.11");
    assert_eq!(new(pnpm(), &[("npm_config_cafile", "/one.pem")]), "/usr/bin/node");
    assert_eq!(new(pnpm(), &[("pnpm_config_cafile", "/one.pem")]), "/one.pem");
    assert_eq!(new(pnpm(), &[("npm_config_strict_ssl", "false")]), "/usr/bin/node");
    assert_eq!(new(pnpm(), &[("pnpm_config_strict_ssl", "false")]), "off");
    let users = || pnpm().file("/u/.npmrc", "cafile=../two.pem");
    assert_eq!(new(users(), &[HOME]), "/u/../two.pem");
    assert_eq!(new(users(), &[HOME, ("pnpm_config_cafile", "/one.pem")]), "/u/../two.pem");
}

#[test]
fn pnpm_12_reads_the_systems_store() {
    let native = |files: Memory, variables: &[(&str, &str)]| used(&PNPM_NATIVE, files, variables);
    let pnpm = || manager("pnpm", "pnpm", "12.21.0");
    assert_eq!(native(pnpm(), &[]), "/etc/ssl/cert.pem /etc/ssl/certs");
    assert_eq!(
        native(pnpm(), &[("SSL_CERT_FILE", "/one.pem"), ("NODE_EXTRA_CA_CERTS", "/two.pem")]),
        "/one.pem /two.pem"
    );
    let project = pnpm().file("/work/.npmrc", "cafile=../one.pem");
    assert_eq!(native(project, &[("SSL_CERT_FILE", "/two.pem")]), "/work/../one.pem");
    assert_eq!(native(pnpm(), &[("pnpm_config_strict_ssl", "false")]), "off");
    let uses = |files: Memory| {
        let host = Host::new(Box::new(files), System::Linux);
        discover(&Survey::new(&host, Searched::default()), [&PNPM]).len()
    };
    assert_eq!((uses(pnpm()), uses(manager("pnpm", "pnpm", "9.15.9"))), (0, 1));
}

#[test]
fn yarn_1_reads_its_own_files_before_npms() {
    let yarn = |files: Memory, variables: &[(&str, &str)]| used(&YARN, files, variables);
    let old = || manager("yarn", "yarn", "1.22.22");
    assert_eq!(yarn(old(), &[("NODE_EXTRA_CA_CERTS", "/one.pem")]), "/usr/bin/node /one.pem");
    assert_eq!(yarn(old(), &[("YARN_CAFILE", "/one.pem"), ("npm_config_cafile", "/two.pem")]), "/one.pem");
    let own = || old().file("/work/.yarnrc", "# why\nlastUpdateCheck 1\ncafile \"/one.pem\"\n");
    assert_eq!(yarn(own(), &[("npm_config_cafile", "/two.pem")]), "/one.pem");
    assert_eq!(yarn(own(), &[("yarn_cafile", "/two.pem")]), "/two.pem");
    assert_eq!(yarn(old().file("/u/.npmrc", "cafile=/two.pem"), &[HOME]), "/two.pem");
    let at_home = old().file("/u/c.pem", "1").file("/usr/local/share/c.pem", "1");
    assert_eq!(yarn(at_home.clone(), &[HOME, ("yarn_cafile", "~/c.pem")]), "/u/c.pem");
    assert_eq!(yarn(at_home, &[("HOME", "/root"), ("npm_config_cafile", "~/c.pem")]), "/usr/local/share/c.pem");
    // Between the home of root that is Yarn's and the one that is not stands the file of the machine.
    let global = || old().file("/usr/etc/npmrc", "cafile=/one.pem").file("/root/.npmrc", "cafile=/two.pem");
    assert_eq!(yarn(global(), &[("HOME", "/root")]), "/one.pem");
    assert_eq!(yarn(global().file("/usr/local/share/.npmrc", "cafile=/two.pem"), &[("HOME", "/root")]), "/two.pem");
    assert_eq!(yarn(global().file("/u/.npmrc", "cafile=/two.pem"), &[HOME]), "/two.pem");
    assert_eq!(yarn(old().file("/u/.npmrc", "strict-ssl=false"), &[HOME]), "/usr/bin/node");
    assert_eq!(yarn(old().file("/u/.yarnrc", "strict-ssl false"), &[HOME]), "off");
    assert_eq!(yarn(old(), &[("yarn_strict_ssl", "false")]), "off");
}

#[cfg(feature = "yaml")]
#[test]
fn yarn_since_2_reads_yaml() {
    let yarn = |files: Memory, variables: &[(&str, &str)]| used(&YARN_BERRY, files, variables);
    let new = || manager("yarn", "@yarnpkg/cli-dist", "4.18.1");
    assert_eq!(yarn(new(), &[("NODE_EXTRA_CA_CERTS", "/one.pem")]), "/usr/bin/node /one.pem");
    let project = || new().file("/work/.yarnrc.yml", "httpsCaFilePath: ../one.pem\n");
    assert_eq!(yarn(project(), &[("NODE_EXTRA_CA_CERTS", "/two.pem")]), "/work/../one.pem");
    assert_eq!(yarn(project(), &[("YARN_HTTPS_CA_FILE_PATH", "/two.pem")]), "/two.pem");
    assert_eq!(yarn(new(), &[("YARN_HTTPS_CA_FILE_PATH", "/missing.pem")]), "refuses");
    assert_eq!(yarn(new().file("/u/.yarnrc.yml", "enableStrictSsl: false"), &[HOME]), "off");
    assert_eq!(yarn(new(), &[("YARN_CA_FILE_PATH", "/one.pem")]), "/usr/bin/node");
    let old = manager("yarn", "@yarnpkg/cli-dist", "3.8.7");
    assert_eq!(yarn(old, &[("YARN_CA_FILE_PATH", "/one.pem")]), "/one.pem");
    // A project that brings its own, and what Corepack keeps.
    let release = machine()
        .file("/work/.yarnrc.yml", "yarnPath: .yarn/releases/yarn-4.9.1.cjs\n")
        .file("/work/.yarn/releases/yarn-4.9.1.cjs", "");
    assert_eq!(yarn(release, &[("YARN_HTTPS_CA_FILE_PATH", "/one.pem")]), "/one.pem");
    let kept = machine().file("/u/.cache/node/corepack/v1/yarn/4.9.1/yarn.js", "");
    assert_eq!(yarn(kept, &[HOME]), "/usr/bin/node");
}

/// As pnpm 12.21.0 does.
#[test]
fn a_native_pnpm_has_a_file_for_one_registry() {
    use crate::settings::server::Server;
    let files = |npmrc: &str| {
        machine()
            .file("/usr/lib/node_modules/pnpm/package.json", r#"{"name": "pnpm", "version": "12.21.0"}"#)
            .file("/usr/lib/node_modules/pnpm/bin/pnpm", "")
            .link("/usr/bin/pnpm", "../lib/node_modules/pnpm/bin/pnpm")
            .file("/h/.npmrc", npmrc)
    };
    let of = |npmrc: &str, server: Option<(&str, u16)>| {
        let variables = [("HOME", "/h"), ("PATH", "/usr/bin")].map(|(k, v)| (k.into(), v.into())).into();
        let host = Host::new(Box::new(files(npmrc)), System::Linux).with_environment(variables);
        let server = server.map(|(host, port)| Server { host: Some(host.to_owned()), port: Some(port) });
        let uses = discover(&Survey::new(&host, Searched { server, ..Searched::default() }), [&PNPM_NATIVE]);
        uses[0].effective().next().map(|one| one.path.as_ref().unwrap().display().to_string()).unwrap_or_default()
    };
    let own = "//r.lab:444/:cafile=/one.pem\ncafile=/two.pem\n";
    assert_eq!(of(own, Some(("r.lab", 444))), "/one.pem");
    assert_eq!(of(own, Some(("r.lab", 443))), "/two.pem");
    assert_eq!(of(own, Some(("R.lab", 444))), "/two.pem");
    assert_eq!(of(own, None), "/two.pem");
    assert_eq!(of("//r.lab/:cafile=/one.pem\ncafile=/two.pem\n", Some(("r.lab", 444))), "/one.pem");
    assert_eq!(of("//r.lab:444/:cafile=/gone.pem\ncafile=/two.pem\n", Some(("r.lab", 444))), "/two.pem");
    let both = "//r.lab/:cafile=/two.pem\n//r.lab:444/:cafile=/one.pem\n";
    assert_eq!(of(both, Some(("r.lab", 444))), "/one.pem");
}
