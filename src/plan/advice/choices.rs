//! What can be set for a client, the best first: what adds to its roots, a switch of its own, a variable of its own, and
//! last the variable that half of all programs read.

use super::{Effect, Ground, Setting};
use crate::catalogue::client::{Client, Origin};
use crate::discover::{Outcome, Use};

/// One way to have a client read the system's store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// The variable.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Whether other values of the variable stay.
    pub is_appended: bool,
}

/// Variables that turn the system's store on, and their value: rows name them among what they read.
const SWITCHES: &[Switch] = &[
    // https://docs.astral.sh/uv/reference/environment/#uv_system_certs
    Switch { name: "UV_SYSTEM_CERTS", value: "true", adds: false },
    // https://docs.astral.sh/uv/reference/environment/#uv_native_tls
    Switch { name: "UV_NATIVE_TLS", value: "true", adds: false },
    // https://docs.deno.com/runtime/reference/env_variables/#special-environment-variables
    Switch { name: "DENO_TLS_CA_STORE", value: "mozilla,system", adds: true },
    // https://nodejs.org/api/cli.html#node_use_system_ca1
    Switch { name: "NODE_USE_SYSTEM_CA", value: "1", adds: true },
];

/// A variable that has a client use the system's store.
struct Switch {
    name: &'static str,
    value: &'static str,
    /// Whether it keeps the roots that it has anyway.
    adds: bool,
}

/// The key of the leaf, and the variable with options of every Java.
const TRUST_STORE: &str = "javax.net.ssl.trustStore";
const JAVA_OPTIONS: &str = "JAVA_TOOL_OPTIONS";

/// The variable that OpenSSL and all that follow it read: who sets it changes many programs.
const OF_MANY: &str = "SSL_CERT_FILE";

impl Ground<'_> {
    /// What can be set for an installation and is not.
    pub(super) fn choices(&self, found: &Use) -> Vec<Choice> {
        let bundle = || self.bundle.display().to_string();
        let open = found.candidates.iter().filter(|candidate| candidate.outcome == Outcome::NotSet);
        let variables = open.filter_map(|candidate| candidate.leaf.variable_for_a_bundle());
        let variables: Vec<Choice> =
            variables.map(|name| Choice { name, value: bundle(), is_appended: false }).collect();
        let (adding, replacing): (Vec<Choice>, Vec<Choice>) =
            variables.into_iter().partition(|choice| found.client.adds_by(choice.name));
        let (of_many, own): (Vec<Choice>, Vec<Choice>) =
            replacing.into_iter().partition(|choice| choice.name == OF_MANY);
        let is_read = |name: &str| found.client.reads.contains(&name) && self.host.variable(name).is_none();
        let switches = SWITCHES.iter().filter(|switch| is_read(switch.name));
        let chosen = |switch: &Switch| Choice { name: switch.name, value: switch.value.to_owned(), is_appended: false };
        let switches = switches.map(chosen).collect();
        let keystore = self.keystore.as_ref().filter(|_| has_key(found.client, TRUST_STORE));
        let options = keystore.map(|path| Choice {
            name: JAVA_OPTIONS,
            value: format!("-D{TRUST_STORE}={}", path.display()),
            is_appended: true,
        });
        [adding, switches, own, options.into_iter().collect(), of_many].concat()
    }
}

impl Choice {
    /// As a setting with these effects.
    pub(super) fn setting(&self, by: &[&&Use], effects: Vec<Effect>) -> Option<Setting> {
        let switch_adds = SWITCHES.iter().any(|switch| switch.adds && switch.name == self.name);
        let adds = switch_adds || by.first()?.client.adds_by(self.name);
        let Self { name, value, is_appended } = self.clone();
        Some(Setting { name, value, is_appended, adds, effects })
    }
}

/// Whether a row has a leaf for a setting of this name.
pub(super) fn has_key(client: &Client, key: &str) -> bool {
    let mut found = false;
    client.rule.leaves(&mut |leaf| found |= matches!(leaf.origin, Origin::Setting(name, _) if name == key));
    found
}
