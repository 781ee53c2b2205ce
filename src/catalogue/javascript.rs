//! Deno, Bun, and the package managers of JavaScript.
//!
//! A package manager that runs on Node.js trusts what that does, unless its own configuration names a
//! file, which then stands for everything.

mod deno;
mod npm;

use super::client::{Client, Edit, Ends, Leaf, Look, Rule, Then};
use super::node::{DEFAULTS, NOT_VERIFIED, REFUSED};
use super::openssl::{BY_DIR, BY_FILE};
use crate::host::System::{Bsd, Linux};

/// The rows of this family.
pub const CLIENTS: &[Client] = &[NPM, DENO, BUN];

const NPM_CAFILE: &str = "https://docs.npmjs.com/cli/v11/using-npm/config#cafile";
const NPM_CA: &str = "https://docs.npmjs.com/cli/v11/using-npm/config#ca";
const NPM_STRICT: &str = "https://docs.npmjs.com/cli/v11/using-npm/config#strict-ssl";
const DENO_DOC: &str = "https://docs.deno.com/runtime/reference/env_variables/#special-environment-variables";
const DENO_SOURCE: &str = "https://github.com/denoland/deno/blob/main/cli/lib/args.rs";
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
                Leaf::opaque("{inline}", "certificates written out in ca").says(NPM_CA),
                Leaf::setting("cafile", npm::cafile).look(Look::Blocks).missing(Then::Pass).says(NPM_CAFILE),
                DEFAULTS,
            ]),
        ]),
    ),
)
.reads(&[
    "NODE_OPTIONS",
    "NODE_USE_SYSTEM_CA",
    "npm_config_ca",
    "npm_config_cafile",
    "npm_config_globalconfig",
    "npm_config_strict_ssl",
    "npm_config_userconfig",
])
.ends(|_| Ends::SelfIssued)
.edit(Edit::Never("its roots are those of Node.js: name a file with cafile or NODE_EXTRA_CA_CERTS"));

/// `deno`: every Deno on PATH.
const DENO: Client = Client::new(
    "deno",
    "Deno",
    "Mozilla's roots as compiled in, or the system's file, as DENO_TLS_CA_STORE says; with the files of DENO_CERT and, \
     since 2.8, NODE_EXTRA_CA_CERTS.",
    Rule::Each(
        deno::denos,
        &Rule::All(&[
            Leaf::setting("stores it does not know", deno::refused).empty(Then::Refuse).says(DENO_SOURCE),
            Leaf::section("{binary}", "roots compiled into deno")
                .look(Look::CompiledIn)
                .except(deno::NO_MOZILLA, "not in the list of DENO_TLS_CA_STORE")
                .says(DENO_DOC),
            Rule::First(&[
                Leaf::variable("SSL_CERT_FILE")
                    .look(Look::Blocks)
                    .missing(Then::Refuse)
                    .empty(Then::Refuse)
                    .on(&[Linux, Bsd])
                    .given(deno::SYSTEM)
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
.reads(&["DENO_TLS_CA_STORE"])
.edit(Edit::Never("its roots are compiled in: name a file with DENO_CERT"));

/// `bun`: every Bun on PATH. 1.2 did not look at OpenSSL's variables.
const BUN: Client = Client::new(
    "bun",
    "Bun",
    "Mozilla's roots as compiled in, OpenSSL's file and directory, and the file of NODE_EXTRA_CA_CERTS.",
    Rule::Each(
        deno::buns,
        &Rule::All(&[
            NOT_VERIFIED,
            Leaf::section("{binary}", "roots compiled into bun").look(Look::CompiledIn).says(BUN_ROOTS),
            Rule::First(&[
                Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).between(BEFORE_1_2).says(BY_FILE),
                Leaf::variable("SSL_CERT_FILE").empty(Then::Bind).between(SINCE_1_3).says(BY_FILE),
                Leaf::path("/etc/ssl/cert.pem").between(BEFORE_1_2).says(BUN_ROOTS),
                Leaf::path("/etc/ssl/cert.pem").between(SINCE_1_3).says(BUN_ROOTS),
            ]),
            Rule::First(&[
                Leaf::list("SSL_CERT_DIR").empty(Then::Bind).look(Look::HashLazy).between(BEFORE_1_2).says(BY_DIR),
                Leaf::list("SSL_CERT_DIR").empty(Then::Bind).look(Look::HashLazy).between(SINCE_1_3).says(BY_DIR),
                Leaf::path("/etc/ssl/certs").look(Look::HashLazy).between(BEFORE_1_2).says(BUN_ROOTS),
                Leaf::path("/etc/ssl/certs").look(Look::HashLazy).between(SINCE_1_3).says(BUN_ROOTS),
            ]),
            Leaf::variable("NODE_EXTRA_CA_CERTS")
                .look(Look::UntilBad)
                .between(&[("bun", "1.1", "1.2")])
                .says(BUN_ROOTS),
            Leaf::variable("NODE_EXTRA_CA_CERTS").look(Look::UnlessBad).between(&[("bun", "1.2", "")]).says(BUN_ROOTS),
        ]),
    ),
)
.ends(|_| Ends::SelfIssued)
.edit(Edit::Never("its roots are compiled in: name a file with NODE_EXTRA_CA_CERTS"));

const BEFORE_1_2: &[(&str, &str, &str)] = &[("bun", "", "1.2")];
const SINCE_1_3: &[(&str, &str, &str)] = &[("bun", "1.3", "")];

#[cfg(test)]
mod tests;
