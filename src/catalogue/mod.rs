//! Where trust lives: one row per client, one file per family.
//!
//! To add a client, write its row in the file of its family (why, row, function, tests) and name
//! it in that file's `CLIENTS`. A new family is a file, a `mod` line and a line in [`FAMILIES`].
//! Every leaf cites its source; a test holds that. What checks, plans and reports have to know of a client is a field of
//! its row: no other code tells clients apart by their ids.

pub mod client;
pub mod survey;

mod ansible;
mod applications;
mod bsd;
mod chromium;
mod cloud;
mod composer;
mod containers;
mod curl;
mod dart;
mod databases;
mod dotnet;
mod electron;
mod emacs;
mod erlang;
mod fetchers;
mod firefox;
mod git;
mod gnutls;
mod go;
mod haskell;
mod java;
mod javascript;
mod julia;
mod kubernetes;
mod ldap;
mod linux;
mod linux_sources;
mod lua;
mod macos;
mod mail;
mod mozilla;
mod nim;
mod node;
mod openssl;
mod package_managers;
mod perl;
mod php;
mod python;
mod python_http;
mod python_packages;
mod r;
mod redis;
mod ruby;
mod rust;
mod stunnel;
mod subversion;
mod tcl;
mod transfer;
mod uv;
mod verification;
mod wget;
mod windows;

pub(crate) use linux_sources::{DEBIAN_JAVA, DEBIAN_LIST, DEBIAN_SHIPPED, deselected};

use client::{Client, Leaf, Look, Origin};
use std::collections::BTreeMap;

/// Every family, in the order users see them: the system first, then libraries, programs,
/// languages.
///
/// In one place of the program: of a constant, each crate that names it would have a copy, to be
/// relocated at every start.
pub static FAMILIES: &[&[Client]] = &[
    linux::CLIENTS,
    linux_sources::CLIENTS,
    bsd::CLIENTS,
    macos::CLIENTS,
    windows::CLIENTS,
    package_managers::CLIENTS,
    fetchers::CLIENTS,
    openssl::CLIENTS,
    gnutls::CLIENTS,
    curl::CLIENTS,
    git::CLIENTS,
    wget::CLIENTS,
    transfer::CLIENTS,
    subversion::CLIENTS,
    mail::CLIENTS,
    python::CLIENTS,
    python_http::CLIENTS,
    python_packages::CLIENTS,
    uv::CLIENTS,
    ansible::CLIENTS,
    cloud::CLIENTS,
    node::CLIENTS,
    javascript::CLIENTS,
    java::CLIENTS,
    go::CLIENTS,
    rust::CLIENTS,
    ruby::CLIENTS,
    php::CLIENTS,
    composer::CLIENTS,
    perl::CLIENTS,
    r::CLIENTS,
    julia::CLIENTS,
    erlang::CLIENTS,
    dotnet::CLIENTS,
    lua::CLIENTS,
    tcl::CLIENTS,
    haskell::CLIENTS,
    dart::CLIENTS,
    nim::CLIENTS,
    emacs::CLIENTS,
    mozilla::CLIENTS,
    firefox::CLIENTS,
    chromium::CLIENTS,
    electron::CLIENTS,
    containers::CLIENTS,
    kubernetes::CLIENTS,
    databases::CLIENTS,
    redis::CLIENTS,
    stunnel::CLIENTS,
    ldap::CLIENTS,
    applications::CLIENTS,
];

/// Every client, in order.
pub fn clients() -> impl Iterator<Item = &'static Client> {
    FAMILIES.iter().copied().flatten()
}

/// Whether a client, by its id, is an operating system's own store: no program, and nothing that a
/// refresh would make the store from.
#[must_use]
pub fn is_platform(id: &str) -> bool {
    clients().any(|client| client.id == id && client.is_platform)
}

/// A variable that some client looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What its value is, for one client or another, in order.
    pub holds: Vec<Holds>,
    /// The clients that look at it, in order.
    pub clients: Vec<&'static str>,
}

impl Variable {
    /// Whether it says where a store is, and nothing else.
    #[must_use]
    pub fn is_place(&self) -> bool {
        let is_path = |holds: &Holds| {
            matches!(holds, Holds::File | Holds::Directory | Holds::FileOrDirectory | Holds::Directories)
        };
        !self.holds.is_empty() && self.holds.iter().all(is_path)
    }
}

/// What the value of a variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// The path of a file.
    File,
    /// The path of a directory.
    Directory,
    /// The path of either.
    FileOrDirectory,
    /// Paths of directories.
    Directories,
    /// Something that turns verification off or on.
    Switch,
    /// Settings among other things, or where they stand; it may hold secrets.
    Settings,
}

impl Holds {
    /// What it is called.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::FileOrDirectory => "file or directory",
            Self::Directories => "list of directories",
            Self::Switch => "switch",
            Self::Settings => "settings",
        }
    }

    fn of(leaf: &Leaf) -> Option<(&'static str, Self)> {
        Some(match (leaf.origin, leaf.look) {
            (Origin::Variable(name), Look::HashLazy | Look::EveryFile | Look::Extensions(_)) => (name, Self::Directory),
            (Origin::Variable(name), Look::BundleOrHash) => (name, Self::FileOrDirectory),
            (Origin::Variable(name), Look::Nothing) | (Origin::Switch(name), _) => (name, Self::Switch),
            (Origin::Variable(name), _) => (name, Self::File),
            (Origin::VariableList(name), _) => (name, Self::Directories),
            _ => return None,
        })
    }
}

impl Variable {
    /// Whether its value is a path, which may be shown.
    #[must_use]
    pub fn is_path(&self) -> bool {
        !self.holds.iter().any(|holds| matches!(holds, Holds::Switch | Holds::Settings))
    }
}

/// Every variable that some client looks at, each once, in byte order.
#[must_use]
pub fn variables() -> Vec<Variable> {
    let mut found: BTreeMap<&'static str, Variable> = BTreeMap::new();
    for client in clients() {
        let mut read = Vec::new();
        client.rule.leaves(&mut |leaf| read.extend(Holds::of(leaf)));
        read.extend(client.reads.iter().map(|name| (*name, Holds::Settings)));
        for (name, holds) in read {
            let variable = found.entry(name).or_insert(Variable { name, holds: Vec::new(), clients: Vec::new() });
            if !variable.holds.contains(&holds) {
                variable.holds.push(holds);
                variable.holds.sort_unstable();
            }
            if variable.clients.last() != Some(&client.id) {
                variable.clients.push(client.id);
            }
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_cites_a_source() {
        for client in clients() {
            client.rule.leaves(&mut |leaf| {
                assert!(leaf.says.starts_with("https://"), "{}: a leaf says {:?}", client.id, leaf.says);
            });
        }
    }

    #[test]
    fn rows_of_the_system_say_what_they_are() {
        let families =
            [linux::CLIENTS, linux_sources::CLIENTS, bsd::CLIENTS, macos::CLIENTS, windows::CLIENTS].concat();
        for client in clients() {
            let is_of_system = families.iter().any(|row| row.id == client.id);
            assert_eq!(is_of_system, client.is_platform || client.is_source, "{}", client.id);
            assert!(!(client.is_platform && client.is_source), "{}", client.id);
            // What castore can add to it can take out of.
            let is_added_to = client.is_source && matches!(client.edit, client::Edit::DropIn { .. });
            assert_eq!(is_added_to, client.family.is_some(), "{}", client.id);
        }
    }

    /// Variables that rows find installations by, or that say who the user is: none of trust.
    const OF_PLACES: &[&str] = &["DOTNET_ROOT", "HOME", "JAVA_HOME", "JULIAUP_DEPOT_PATH", "PATH", "USER"];

    /// A row that reads a variable says so, in a leaf or by [`Client::reads`].
    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test reads the sources")]
    fn every_variable_that_is_read_is_listed() {
        let known: Vec<&str> = variables().iter().map(|variable| variable.name).collect();
        let mut unlisted = Vec::new();
        let mut directories = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalogue")];
        while let Some(directory) = directories.pop() {
            for file in std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
                if file.is_dir() && !file.ends_with("survey") {
                    directories.push(file);
                    continue;
                }
                if file.is_dir() || ["mod.rs", "client.rs", "tests.rs"].iter().any(|name| file.ends_with(name)) {
                    continue;
                }
                let text = std::fs::read_to_string(&file).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap();
                for call in [".variable(\"", ".set(\"", " set(\"", " variable(\""] {
                    let names = code.split(call).skip(1).map(|found| found.split('"').next().unwrap());
                    let names = names.filter(|name| !known.contains(name) && !OF_PLACES.contains(name));
                    unlisted.extend(names.map(|name| format!("{}: ${name}", file.display())));
                }
            }
        }
        assert!(
            unlisted.is_empty(),
            "read, and named by no row: put them into its .reads(&[…])\n{}",
            unlisted.join("\n")
        );
    }

    #[test]
    fn ids_are_unique_and_typable() {
        let mut ids: Vec<_> = clients().map(|client| client.id).collect();
        assert!(ids.iter().all(|id| id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')));
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn variables_are_found_in_the_rows() {
        let all = variables();
        let named = |name: &str| all.iter().find(|variable| variable.name == name).unwrap();
        assert!(named("SSL_CERT_FILE").clients.contains(&"openssl") && named("SSL_CERT_FILE").is_path());
        assert!(named("SSL_CERT_DIR").holds.contains(&Holds::Directories));
        assert_eq!(named("GIT_SSL_NO_VERIFY").holds, [Holds::Switch]);
        assert_eq!(named("PIP_CONFIG_FILE").clients, ["pip", "pipenv"]);
        assert!(!named("PIP_CONFIG_FILE").is_path());
    }
}
