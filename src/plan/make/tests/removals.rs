//! How much a plan takes away, and who misses it.

use super::*;
use crate::plan::limits::Objection;

fn roots(count: usize) -> Vec<Arc<Certificate>> {
    (0..count).map(|index| root(&format!("Root {index}"))).collect()
}

#[test]
fn five_roots_or_five_of_a_hundred_go_by_one_plan() {
    let all = roots(12);
    let all: Vec<&Arc<Certificate>> = all.iter().collect();
    let files = Memory::new().file("/x.pem", text(&all));
    let removed = |count: usize, removals: usize| {
        let allow = Allow { removals };
        plan(files.clone(), &Asked { to: &["/x.pem"], remove: &all[..count], allow, ..Asked::default() })
    };
    assert_eq!(removed(5, 0).unwrap().stores[0].removed.len(), 5);
    let Refused::Objected { plan, objections } = removed(6, 0).unwrap_err() else { panic!() };
    assert_eq!(plan.stores[0].removed.len(), 6);
    assert_eq!(
        objections.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "/x.pem: expected at most 5 removals of 12 certificates, found 6",
            "expected at most 5 different roots to be removed by one plan, found 6"
        ]
    );
    assert!(objections[0].hint().contains("--allow 6"));
    assert_eq!(removed(6, 6).unwrap().stores[0].kept, 6);
    let Refused::Objected { objections, .. } = removed(12, 12).unwrap_err() else { panic!() };
    assert_eq!(objections, [Objection::Empty { store: StoreId::Path("/x.pem".into()) }]);
}

#[test]
fn a_public_store_keeps_twenty() {
    let all = roots(24);
    let rows: String =
        all.iter().take(21).map(|found| format!("root\t{}\tserver=1..\t-\tA root\n", found.fingerprint())).collect();
    let table = format!(
        "# castore-facts: 1\n# id: x\n# name: X\n# source: here\n# licence: none\n# date: 2026-01-01\n# script: none\n\
         # kind: program\n# sort: program\nrelease\t1\t2026-01-01\tX 1\n{rows}"
    );
    let facts = Facts::read([("x.tsv", table.as_str())]).unwrap();
    let all: Vec<&Arc<Certificate>> = all.iter().collect();
    let left_with = |count: usize| {
        let host = Host::new(Box::new(Memory::new().file("/x.pem", text(&all[..count]))), System::Linux);
        let asked = Asked { to: &["/x.pem"], remove: &all[..2], allow: Allow { removals: 99 }, ..Asked::default() };
        plan_with(&host, &facts, &asked)
    };
    let Refused::Objected { objections, .. } = left_with(21).unwrap_err() else { panic!() };
    assert_eq!(objections, [Objection::TooFew { store: StoreId::Path("/x.pem".into()), left: 19 }]);
    assert_eq!(left_with(22).unwrap().stores[0].kept, 20);
    // Below twenty already, and none of it public.
    let host = Host::new(Box::new(Memory::new().file("/x.pem", text(&all[..5]))), System::Linux);
    let asked = Asked { to: &["/x.pem"], remove: &all[..2], ..Asked::default() };
    assert_eq!(plan_with(&host, &facts, &asked).unwrap().stores[0].kept, 3);
    // Nobody takes a public root for one's own.
    let only = Asked { to: &["/x.pem"], from: &[all[20], all[22]], only: Only::Local, ..Asked::default() };
    let plan = plan_with(&host, &facts, &only).unwrap();
    assert_eq!(plan.stores[0].added.iter().map(|moved| name(&moved.certificate)).collect::<Vec<_>>(), ["Root 22"]);
    assert_eq!(plan.left_out[0].because, "X has or had it: it is a public root");
}

#[test]
fn what_chains_to_a_root_is_told() {
    let key = || rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "Top");
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let top_key = key();
    let top = parameters.self_signed(&top_key).unwrap();
    let issuer = rcgen::Issuer::from_params(&parameters, &top_key);
    let mut below = parameters.clone();
    below.distinguished_name = rcgen::DistinguishedName::new();
    below.distinguished_name.push(rcgen::DnType::CommonName, "Middle");
    below.use_authority_key_identifier_extension = true;
    let middle_key = key();
    let middle = below.signed_by(&middle_key, &issuer).unwrap();
    let mut leaf = rcgen::CertificateParams::new(vec!["host.test".to_owned()]).unwrap();
    leaf.distinguished_name.push(rcgen::DnType::CommonName, "host.test");
    leaf.use_authority_key_identifier_extension = true;
    let leaf = leaf.signed_by(&key(), &rcgen::Issuer::from_params(&below, &middle_key)).unwrap();
    let read = |der: &[u8]| Arc::new(x509::read(der.into()));
    let (top, middle, leaf) = (read(top.der()), read(middle.der()), read(leaf.der()));
    let other = root("Other");
    let files = Memory::new()
        .file("/x.pem", text(&[&top, &other]))
        .file("/middle.pem", text(&[&middle]))
        .file("/leaf.pem", text(&[&leaf]));
    let asked = Asked { to: &["/x.pem", "/middle.pem", "/leaf.pem"], remove: &[&top], ..Asked::default() };
    insta::assert_snapshot!(said(&plan(files, &asked).unwrap()), @r"
    /x.pem (pem): 
      - Top (needed by Middle, host.test)
      kept 1; the file is written anew; asks [Openssl]
      write /x.pem
    unchanged /leaf.pem
    unchanged /middle.pem
    ");
}
