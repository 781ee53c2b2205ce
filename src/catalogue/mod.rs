//! Where trust lives: one row per client, one file per family.
//!
//! To add a client, write its row in the file of its family (why, row, function, tests) and name
//! it in that file's `CLIENTS`. A new family is a file, a `mod` line and a line in [`FAMILIES`].
//! Every leaf cites its source; a test holds that.

pub mod client;
pub mod survey;

mod applications;
mod bsd;
mod chromium;
mod cloud;
mod containers;
mod curl;
mod dart;
mod databases;
mod dotnet;
mod erlang;
mod git;
mod gnutls;
mod go;
mod haskell;
mod java;
mod javascript;
mod julia;
mod linux;
mod lua;
mod macos;
mod mozilla;
mod nim;
mod node;
mod openssl;
mod package_managers;
mod perl;
mod php;
mod python;
mod python_packages;
mod r;
mod ruby;
mod rust;
mod tcl;
mod wget;
mod windows;

use client::{Client, Origin};

/// Every family, in the order users see them: the system first, then libraries, programs,
/// languages.
pub const FAMILIES: &[&[Client]] = &[
    linux::CLIENTS,
    bsd::CLIENTS,
    macos::CLIENTS,
    windows::CLIENTS,
    package_managers::CLIENTS,
    openssl::CLIENTS,
    gnutls::CLIENTS,
    curl::CLIENTS,
    git::CLIENTS,
    wget::CLIENTS,
    python::CLIENTS,
    python_packages::CLIENTS,
    cloud::CLIENTS,
    node::CLIENTS,
    javascript::CLIENTS,
    java::CLIENTS,
    go::CLIENTS,
    rust::CLIENTS,
    ruby::CLIENTS,
    php::CLIENTS,
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
    mozilla::CLIENTS,
    chromium::CLIENTS,
    containers::CLIENTS,
    databases::CLIENTS,
    applications::CLIENTS,
];

/// Every client, in order.
pub fn clients() -> impl Iterator<Item = &'static Client> {
    FAMILIES.iter().copied().flatten()
}

/// Every variable that some client looks at, each once, in byte order.
#[must_use]
pub fn variables() -> Vec<&'static str> {
    let mut names = Vec::new();
    for client in clients() {
        client.rule.leaves(&mut |leaf| match leaf.origin {
            Origin::Variable(name) | Origin::VariableList(name) | Origin::Switch(name) => names.push(name),
            _ => {}
        });
    }
    names.sort_unstable();
    names.dedup();
    names
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
        assert!(variables().contains(&"SSL_CERT_FILE"));
    }
}
