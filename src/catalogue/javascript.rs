//! Deno, Bun, and the package managers of JavaScript.
//!
//! A package manager that runs on Node.js trusts what that does, unless its own configuration names a
//! file, which then stands for everything.

mod deno;
mod npm;
mod pnpm;
mod yarn;

use super::client::{Client, Edit, Ends, Interpreter, Leaf, Look, Rule, Then};
use super::node::{DEFAULTS, NOT_VERIFIED, REFUSED, settings};
use super::openssl::{BY_DIR, BY_FILE};
use super::rust::LOADED;
use crate::host::System::{Bsd, Linux};
use crate::policy;
use crate::settings::server::Names;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[NPM, PNPM, PNPM_NATIVE, YARN, YARN_BERRY, DENO, BUN];

const NPM_CAFILE: &str = "https://docs.npmjs.com/cli/v11/using-npm/config#cafile";
const NPM_CA: &str = "https://docs.npmjs.com/cli/v11/using-npm/config#ca";
const NPM_STRICT: &str = "https://docs.npmjs.com/cli/v11/using-npm/config#strict-ssl";
const PNPM_AUTH: &str = "https://pnpm.io/npmrc#urlcafile";
const PNPM_CAFILE: &str = "https://pnpm.io/9.x/npmrc#cafile";
const PNPM_SETTINGS: &str = "https://pnpm.io/settings#strictssl";
const PNPM_SOURCE: &str = "https://github.com/pnpm/pnpm/blob/main/config/reader/src/loadNpmrcFiles.ts";
const EXTRA: &str = "https://nodejs.org/api/cli.html#node_extra_ca_certsfile";
const YARN_MANAGER: &str = "https://github.com/yarnpkg/yarn/blob/v1.22.22/src/util/request-manager.js";
const YARN_REGISTRY: &str = "https://github.com/yarnpkg/yarn/blob/v1.22.22/src/registries/yarn-registry.js";
const BERRY_CAFILE: &str = "https://yarnpkg.com/configuration/yarnrc#httpsCaFilePath";
const BERRY_STRICT: &str = "https://yarnpkg.com/configuration/yarnrc#enableStrictSsl";
const BERRY_3: &str =
    "https://github.com/yarnpkg/berry/blob/%40yarnpkg/cli/3.8.7/packages/yarnpkg-core/sources/Configuration.ts";
const DENO_DOC: &str = "https://docs.deno.com/runtime/reference/env_variables/#special-environment-variables";
const DENO_SOURCE: &str = "https://github.com/denoland/deno/blob/main/cli/lib/args.rs";
const BUN_SYSTEM: &str =
    "https://github.com/oven-sh/bun/blob/bun-v1.2.23/packages/bun-usockets/src/crypto/root_certs_linux.cpp";
const BUN_ROOTS: &str = "https://github.com/oven-sh/bun/blob/main/packages/bun-usockets/src/crypto/root_certs.cpp";

/// The name under which the version of a package is known.
fn component(package: &str) -> &'static str {
    match package {
        "pnpm" => "pnpm",
        "yarn" | "@yarnpkg/cli-dist" => "yarn",
        _ => "npm",
    }
}

/// `npm`: every npm on PATH.
const NPM: Client = Client::new(
    "npm",
    "npm",
    "The file of cafile, or the certificates of ca, in a variable or an npmrc; else what Node.js trusts.",
    Rule::Each(
        |survey| npm::scripts(survey, "npm", "npm"),
        &Rule::All(&[
            Leaf::switch_setting("strict-ssl", npm::unverified).says(NPM_STRICT),
            REFUSED,
            Rule::First(&[
                Leaf::opaque(&("{inline}", "certificates written out in ca")).says(NPM_CA),
                Leaf::setting("ca", npm::without_certificates).empty(Then::Bind).says(NPM_CA),
                Leaf::setting("cafile", npm::cafile).expands().look(Look::Blocks).missing(Then::Pass).says(NPM_CAFILE),
                DEFAULTS,
            ]),
        ]),
    ),
)
.judged_by(&policy::node::NODE)
.set_by(settings)
.reads(&[
    "NODE_OPTIONS",
    "NODE_USE_SYSTEM_CA",
    "PREFIX",
    "npm_config_ca",
    "npm_config_cafile",
    "npm_config_globalconfig",
    "npm_config_strict_ssl",
    "npm_config_userconfig",
])
.ends(|_| Ends::SelfIssued)
.edit(Edit::Never("its roots are those of Node.js: name a file with cafile or NODE_EXTRA_CA_CERTS"))
.runs_in(Interpreter::Node);

/// `pnpm`: every pnpm on PATH that runs on Node.js. It says itself whether certificates are verified, so
/// that `NODE_TLS_REJECT_UNAUTHORIZED` counts for nothing.
const PNPM: Client = Client::new(
    "pnpm",
    "pnpm up to 11",
    "The file of cafile in a variable or an npmrc, or the certificates of ca there; else what Node.js trusts.",
    Rule::Each(
        pnpm::scripts,
        &Rule::All(&[
            Leaf::switch_setting("strict-ssl", pnpm::unverified).says(PNPM_SETTINGS),
            REFUSED,
            Rule::First(&[
                Leaf::setting("cafile", pnpm::cafile)
                    .expands()
                    .look(Look::Blocks)
                    .missing(Then::Pass)
                    .says(PNPM_CAFILE),
                Leaf::opaque(&("{inline}", "certificates written out in ca")).says(NPM_CA),
                DEFAULTS,
            ]),
        ]),
    ),
)
.judged_by(&policy::node::NODE)
.set_by(settings)
.reads(&["NODE_OPTIONS", "npm_config_userconfig"])
.ends(|_| Ends::SelfIssued)
.reads(PNPM_READS)
.edit(Edit::Never("its roots are those of Node.js: name a file with cafile or NODE_EXTRA_CA_CERTS"))
.runs_in(Interpreter::Node);

/// `pnpm-native`: every pnpm on PATH that is a program of its own, written in Rust.
const PNPM_NATIVE: Client = Client::new(
    "pnpm-native",
    "pnpm since 12",
    "The file of //HOST/:cafile for one registry, else that of cafile in an npmrc, else SSL_CERT_FILE and SSL_CERT_DIR if \
     either is set, else the system's store; with the file of NODE_EXTRA_CA_CERTS.",
    Rule::Each(
        pnpm::natives,
        &Rule::All(&[
            Leaf::switch_setting("strict-ssl", pnpm::unverified).says(PNPM_SETTINGS),
            Rule::First(&[
                Leaf::setting("//HOST/:cafile", pnpm::of_host)
                    .look(Look::UnlessBad)
                    .missing(Then::Pass)
                    .names(Names::Urls)
                    .says(PNPM_AUTH),
                Leaf::setting("cafile", pnpm::cafile).look(Look::UnlessBad).missing(Then::Pass).says(PNPM_SOURCE),
                LOADED,
            ]),
            Leaf::variable("NODE_EXTRA_CA_CERTS").look(Look::UnlessBad).says(EXTRA),
        ]),
    ),
)
.judged_by(&policy::rustls::RUSTLS)
.on(&[Linux, Bsd])
.reads(PNPM_READS)
.edit(Edit::Elsewhere("it reads the system's store: add the root there, or name a file with NODE_EXTRA_CA_CERTS"));

const PNPM_READS: &[&str] = &[
    "XDG_CONFIG_HOME",
    "npm_config_cafile",
    "npm_config_strict_ssl",
    "npm_config_userconfig",
    "pnpm_config_cafile",
    "pnpm_config_npmrc_auth_file",
    "pnpm_config_strict_ssl",
    "pnpm_config_userconfig",
];

/// `yarn`: every Yarn 1 on PATH and in Corepack's cache. Its own default of strict-ssl stands before
/// what npm's files say of it.
const YARN: Client = Client::new(
    "yarn",
    "Yarn 1",
    "The file of cafile in a variable, a yarnrc or an npmrc; else what Node.js trusts.",
    Rule::Each(
        yarn::classics,
        &Rule::All(&[
            Leaf::switch_setting("strict-ssl", yarn::unverified).says(YARN_REGISTRY),
            REFUSED,
            Rule::First(&[
                Leaf::setting("cafile", yarn::cafile).look(Look::Blocks).missing(Then::Pass).says(YARN_MANAGER),
                DEFAULTS,
            ]),
        ]),
    ),
)
.judged_by(&policy::node::NODE)
.set_by(settings)
.ends(|_| Ends::SelfIssued)
.reads(&["COREPACK_HOME", "XDG_CACHE_HOME", "npm_config_cafile", "yarn_cafile", "yarn_strict_ssl"])
.edit(Edit::Never("its roots are those of Node.js: name a file with cafile or NODE_EXTRA_CA_CERTS"))
.runs_in(Interpreter::Node);

/// `yarn-berry`: every Yarn since 2: on PATH, in Corepack's cache, and what the project brings.
const YARN_BERRY: Client = Client::new(
    "yarn-berry",
    "Yarn since 2",
    "The file of httpsCaFilePath in a variable or .yarnrc.yml, called caFilePath before 4; else what Node.js trusts.",
    Rule::Each(
        yarn::berries,
        &Rule::All(&[
            Leaf::switch_setting("enableStrictSsl", yarn::not_strict).says(BERRY_STRICT),
            REFUSED,
            Rule::First(&[
                Leaf::setting("httpsCaFilePath", |survey, i| yarn::ca_file(survey, i, "httpsCaFilePath"))
                    .look(Look::Blocks)
                    .empty(Then::Refuse)
                    .between(&[("yarn", "4", "")])
                    .says(BERRY_CAFILE),
                Leaf::setting("caFilePath", |survey, i| yarn::ca_file(survey, i, "caFilePath"))
                    .look(Look::Blocks)
                    .empty(Then::Refuse)
                    .between(&[("yarn", "", "4")])
                    .says(BERRY_3),
                DEFAULTS,
            ]),
        ]),
    ),
)
.judged_by(&policy::node::NODE)
.set_by(settings)
.ends(|_| Ends::SelfIssued)
.reads(&[
    "COREPACK_HOME",
    "XDG_CACHE_HOME",
    "YARN_CA_FILE_PATH",
    "YARN_ENABLE_STRICT_SSL",
    "YARN_HTTPS_CA_FILE_PATH",
    "YARN_RC_FILENAME",
])
.edit(Edit::Never("its roots are those of Node.js: name a file with httpsCaFilePath or NODE_EXTRA_CA_CERTS"));

/// `deno`: every Deno on PATH.
const DENO: Client = Client::new(
    "deno",
    "Deno",
    "Mozilla's roots as compiled in, or the system's file, as DENO_TLS_CA_STORE says; with the files of DENO_CERT and, \
     since 2.8, NODE_EXTRA_CA_CERTS.",
    Rule::Each(
        deno::denos,
        &Rule::All(&[
            Leaf::refusal("stores it does not know", deno::refused).says(DENO_SOURCE),
            Leaf::section(&("{binary}", "roots compiled into deno"))
                .look(Look::CompiledIn)
                .except(&(deno::NO_MOZILLA, "not in the list of DENO_TLS_CA_STORE"))
                .says(DENO_DOC),
            Rule::First(&[
                Leaf::variable("SSL_CERT_FILE")
                    .look(Look::Blocks)
                    .missing(Then::Refuse)
                    .empty(Then::Refuse)
                    .on(&[Linux, Bsd])
                    .given(&deno::SYSTEM)
                    .says(DENO_SOURCE),
                Leaf::setting("the system's store", deno::probed)
                    .look(Look::Blocks)
                    .on(&[Linux, Bsd])
                    .says(DENO_SOURCE),
            ]),
            Leaf::variable("DENO_CERT").look(Look::Blocks).missing(Then::Refuse).empty(Then::Refuse).says(DENO_DOC),
            Leaf::variable("NODE_EXTRA_CA_CERTS").look(Look::Blocks).between(&[("deno", "2.8", "")]).says(DENO_DOC),
        ]),
    ),
)
.judged_by(&policy::rustls::DENO)
.reads(&["DENO_TLS_CA_STORE"])
.edit(Edit::Never("its roots are compiled in: name a file with DENO_CERT"));

/// `bun`: every Bun on PATH. 1.2 did not look at OpenSSL's variables, up to 1.2.23 with `NODE_USE_SYSTEM_CA`.
const BUN: Client = Client::new(
    "bun",
    "Bun",
    "Mozilla's roots as compiled in, OpenSSL's file and directory, the file of NODE_EXTRA_CA_CERTS, and the system's store with NODE_USE_SYSTEM_CA=1.",
    Rule::Each(
        deno::buns,
        &Rule::All(&[
            NOT_VERIFIED,
            Leaf::section(&("{binary}", "roots compiled into bun")).look(Look::CompiledIn).says(BUN_ROOTS),
            Rule::First(&[
                BUN_FILE.between(BEFORE_1_2).says(BY_FILE),
                BUN_FILE.between(WITH_SYSTEM).given(&deno::SYSTEM).says(BUN_SYSTEM),
                BUN_FILE.between(SINCE_1_3).says(BY_FILE),
                Leaf::path("/etc/ssl/cert.pem").between(BEFORE_1_2).says(BUN_ROOTS),
                Leaf::path("/etc/ssl/cert.pem").between(WITH_SYSTEM).given(&deno::SYSTEM).says(BUN_SYSTEM),
                Leaf::path("/etc/ssl/cert.pem").between(SINCE_1_3).says(BUN_ROOTS),
            ]),
            Rule::First(&[
                BUN_DIRECTORY.between(BEFORE_1_2).says(BY_DIR),
                BUN_DIRECTORY.between(WITH_SYSTEM).given(&deno::SYSTEM).says(BUN_SYSTEM),
                BUN_DIRECTORY.between(SINCE_1_3).says(BY_DIR),
                Leaf::path("/etc/ssl/certs").look(Look::HashLazy).between(BEFORE_1_2).says(BUN_ROOTS),
                Leaf::path("/etc/ssl/certs")
                    .look(Look::HashLazy)
                    .between(WITH_SYSTEM)
                    .given(&deno::SYSTEM)
                    .says(BUN_SYSTEM),
                Leaf::path("/etc/ssl/certs").look(Look::HashLazy).between(SINCE_1_3).says(BUN_ROOTS),
            ]),
            // The system's store beside them: what the variables name alone, where one is set.
            Rule::First(&[
                Rule::All(&[
                    in_system(BUN_FILE.look(Look::Blocks)),
                    in_system(BUN_DIRECTORY.look(NAMED_AS_CERTIFICATES)),
                ]),
                Rule::All(&[
                    in_system(Leaf::path("/etc/ssl/certs/ca-certificates.crt").look(Look::Blocks)),
                    in_system(Leaf::path("/etc/pki/tls/certs/ca-bundle.crt").look(Look::Blocks)),
                    in_system(Leaf::path("/etc/ssl/ca-bundle.pem").look(Look::Blocks)),
                    in_system(Leaf::path("/etc/pki/tls/cert.pem").look(Look::Blocks)),
                    in_system(Leaf::path("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem").look(Look::Blocks)),
                    in_system(Leaf::path("/etc/ssl/cert.pem").look(Look::Blocks)),
                    in_system(Leaf::path("/usr/local/etc/openssl/cert.pem").look(Look::Blocks)),
                    in_system(Leaf::path("/usr/local/share/ca-certificates/ca-certificates.crt").look(Look::Blocks)),
                    in_system(Leaf::path("/etc/ssl/certs").look(NAMED_AS_CERTIFICATES)),
                    in_system(Leaf::path("/etc/pki/tls/certs").look(NAMED_AS_CERTIFICATES)),
                    in_system(Leaf::path("/usr/share/ca-certificates").look(NAMED_AS_CERTIFICATES)),
                    in_system(Leaf::path("/usr/local/share/certs").look(NAMED_AS_CERTIFICATES)),
                ]),
            ]),
            Leaf::variable("NODE_EXTRA_CA_CERTS")
                .look(Look::UntilBad)
                .between(&[("bun", "1.1", "1.2")])
                .says(BUN_ROOTS),
            Leaf::variable("NODE_EXTRA_CA_CERTS").look(Look::UnlessBad).between(&[("bun", "1.2", "")]).says(BUN_ROOTS),
        ]),
    ),
)
.judged_by(&policy::boringssl::BUN)
.reads(&["NODE_USE_SYSTEM_CA"])
.ends(|_| Ends::SelfIssued)
.edit(Edit::Never("its roots are compiled in: name a file with NODE_EXTRA_CA_CERTS"));

/// The variables as OpenSSL's defaults have them.
const BUN_FILE: Leaf = Leaf::variable("SSL_CERT_FILE").empty(Then::Bind);
const BUN_DIRECTORY: Leaf = Leaf::list("SSL_CERT_DIR").empty(Then::Bind).look(Look::HashLazy);
/// The files of a directory that Bun's own reader takes.
const NAMED_AS_CERTIFICATES: Look = Look::Extensions(&["pem", "crt", "cer"]);

/// A place of the system's store, which is read if `NODE_USE_SYSTEM_CA` is `1`.
const fn in_system(leaf: Leaf) -> Rule {
    leaf.between(SINCE_1_2_23).given(&deno::SYSTEM).on(&[Linux]).says(BUN_SYSTEM)
}

/// The one 1.2 that knows the variable, with which it takes the default paths too (held against it).
const WITH_SYSTEM: &[(&str, &str, &str)] = &[("bun", "1.2.23", "1.3")];
const SINCE_1_2_23: &[(&str, &str, &str)] = &[("bun", "1.2.23", "")];
const BEFORE_1_2: &[(&str, &str, &str)] = &[("bun", "", "1.2")];
const SINCE_1_3: &[(&str, &str, &str)] = &[("bun", "1.3", "")];

#[cfg(test)]
mod tests;
