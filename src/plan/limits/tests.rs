//! Plans that were read, held against the stores as they are.

use super::{Allow, Objection, recheck};
use crate::catalogue::clients;
use crate::catalogue::survey::{Searched, Survey};
use crate::discover::discover;
use crate::facts::Facts;
use crate::host::memory::{Memory, Node};
use crate::host::{Host, System};
use crate::load::{load, wanted};
use crate::model::{Certificate, StoreId};
use crate::plan::make::{Asked, plan, root, text};
use crate::plan::{Inspected, Plan, Refused};
use std::sync::Arc;

/// What the plan is beyond.
fn beyond(files: &Memory, plan: &Plan, removals: usize) -> Vec<Objection> {
    let host = Host::new(Box::new(files.clone()), System::Linux);
    let uses = discover(&Survey::new(&host, Searched::default()), clients());
    let mut stores = wanted(&uses);
    stores.extend(plan.stores.iter().map(|change| change.target.store.clone()));
    let snapshot = load(&host, &stores);
    let inspected = Inspected { host: &host, uses: &uses, snapshot: &snapshot, facts: &Facts::built_in() };
    match recheck(inspected, plan, Allow { removals }) {
        Ok(()) => vec![],
        Err(Refused::Objected { objections, .. }) => objections,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn what_was_allowed_once_is_asked_again() {
    let all: Vec<Arc<Certificate>> = (0..12).map(|index| root(&format!("Root {index}"))).collect();
    let all: Vec<&Arc<Certificate>> = all.iter().collect();
    let files = Memory::new().file("/x.pem", text(&all));
    let asked = Asked { to: &["/x.pem"], remove: &all[..6], allow: Allow { removals: 6 }, ..Asked::default() };
    let mut plan = plan(files.clone(), &asked).unwrap();
    assert_eq!(beyond(&files, &plan, 6), []);
    let found = beyond(&files, &plan, 0);
    assert!(
        matches!(found[..], [Objection::OfStore { removed: 6, limit: 5, .. }, Objection::OfPlan { .. }]),
        "{found:?}"
    );
    // Fewer are shown than go.
    let hidden = plan.stores[0].removed.split_off(1);
    let found = beyond(&files, &plan, 0);
    let [Objection::Unshown { store, certificate, is_gained: false }] = &found[..] else { panic!("{found:?}") };
    assert_eq!(*store, StoreId::Path("/x.pem".into()));
    assert!(hidden.iter().any(|moved| moved.certificate.fingerprint() == *certificate));
    assert!(found[0].to_string().contains("/x.pem: it loses certificate "), "{}", found[0]);
    assert!(found[0].hint().contains("--save-plan"));
}

#[test]
fn what_a_store_gains_is_shown() {
    let [a, corp, more] = ["A", "Corp", "More"].map(root);
    let files = Memory::new().file("/x.pem", text(&[&a]));
    let asked = Asked { to: &["/x.pem"], add: &[&corp, &more], ..Asked::default() };
    let mut plan = plan(files.clone(), &asked).unwrap();
    assert_eq!(beyond(&files, &plan, 0), []);
    let hidden = plan.stores[0].added.pop().unwrap().certificate.fingerprint();
    let store = StoreId::Path("/x.pem".into());
    assert_eq!(beyond(&files, &plan, 0), [Objection::Unshown { store, certificate: hidden, is_gained: true }]);
    // What is not there, or no longer, is for whoever carries the plan out.
    assert_eq!(beyond(&Memory::new(), &plan, 0), []);
}

#[test]
fn the_systems_anchors_change_in_the_name_of_its_store() {
    let [a, corp] = ["A", "Corp"].map(root);
    let source = "/etc/pki/ca-trust/source";
    let files = Memory::new()
        .with(format!("{source}/anchors"), Node::Directory)
        .file("/usr/share/pki/ca-trust-source/anchors/a.pem", text(&[&a]))
        .file("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", text(&[&a]))
        .file("/own.pem", text(&[&a]));
    let asked = Asked { to: &["system"], add: &[&corp], ..Asked::default() };
    let mut plan = plan(files.clone(), &asked).unwrap();
    assert_eq!(beyond(&files, &plan, 0), []);
    let own = StoreId::Path("/own.pem".into());
    plan.stores[0].target.store = own.clone();
    assert_eq!(beyond(&files, &plan, 0), [Objection::NotSystem { store: own }]);
}
