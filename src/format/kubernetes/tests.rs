//! Objects, configurations and the faults in them.

mod vectors;

use super::*;
use crate::format::tests::vectors::{one, summary, two};
use crate::format::{decode, sniff};
use crate::model::{Block, Trust, Untrusted};
use proptest::prelude::*;

pub(super) fn base64(octets: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(octets)
}

pub(super) fn pem_of(ders: &[Vec<u8>]) -> String {
    ders.iter().map(|der| pem::write(der, &[])).collect()
}

/// Text indented by so many columns.
pub(super) fn indent(text: &str, columns: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(columns))).collect()
}

fn names(read: &Decoding) -> Vec<(&str, Option<u64>)> {
    let name = |slot: &Slot| match slot {
        Slot::Inside(name, inner) => (Box::leak(name.raw().to_owned().into_boxed_str()) as &str, inner.line()),
        other => panic!("{other:?}"),
    };
    read.entries.iter().map(|entry| name(&entry.slot)).collect()
}

#[test]
fn a_config_map_keeps_names_and_lines() {
    let text = format!(
        "# a comment\napiVersion: v1\ndata:\n  ca.crt: |\n{}  other: text\nkind: ConfigMap\nbinaryData:\n  b.pem: {}\n",
        indent(&pem_of(&[one(), two()]), 4),
        base64(pem_of(&[two()]).as_bytes()),
    );
    let read = decode(text.as_bytes());
    assert_eq!(read.format, Format::Kubernetes);
    let line = |n: usize| {
        let at = text.match_indices("-----BEGIN").nth(n).unwrap().0;
        (text[..at].matches('\n').count() as u64 + 1, at as u64)
    };
    let found = names(&read);
    let coded = text[..text.find("  b.pem").unwrap()].matches('\n').count() as u64 + 1;
    assert_eq!(
        found,
        [("data.ca.crt", Some(line(0).0)), ("data.ca.crt", Some(line(1).0)), ("binaryData.b.pem", Some(coded))]
    );
    let block = Slot::Block(Block { line: line(1).0, offset: line(1).1 });
    assert_eq!(read.entries[1].slot, Slot::Inside(Untrusted::new("data.ca.crt"), Box::new(block)));
    assert!(read.gaps.is_empty() && read.entries.iter().all(|entry| entry.trust == Trust::Unstated));
}

#[test]
fn a_secret_is_decoded_and_its_key_is_not() {
    let text = format!(
        "kind: Secret\napiVersion: v1\ntype: kubernetes.io/tls\ndata:\n  tls.crt: {}\n  tls.key: bm90IGEga2V5\n  \
         one.der: {}\nstringData:\n  more.pem: \"{}\"\n",
        base64(pem_of(&[one()]).as_bytes()),
        base64(&two()),
        pem_of(&[one()]).replace('\n', "\\n"),
    );
    let read = decode(text.as_bytes());
    assert_eq!(
        names(&read),
        [
            ("data.tls.crt", Some(5)),
            ("data.tls.key", Some(6)),
            ("data.one.der", Some(7)),
            ("stringData.more.pem", Some(9))
        ]
    );
    assert_eq!(read.entries[0].trust, Trust::Present);
    assert_eq!(read.entries[1].body, Body::PrivateKey);
    assert_eq!(read.entries[2].body, Body::Certificate(two().into()));
    assert!(!format!("{read:?}").contains("bm90"));
}

#[test]
fn a_kubeconfig_says_what_each_certificate_is_for() {
    let coded = |der: Vec<u8>| base64(pem_of(&[der]).as_bytes());
    let yaml = format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {}\n    server: https://k\n  name: k\n\
         - cluster:\n    insecure-skip-tls-verify: true\n  name: open\nkind: Config\nusers:\n- name: me\n  user:\n    \
         client-certificate-data: {}\n    client-key-data: c2VjcmV0\n    token: secret\n",
        coded(one()),
        coded(two())
    );
    let json = format!(
        "{{\n \"clusters\": [{{\"name\": \"k\", \"cluster\":\n  {{\"certificate-authority-data\": \"{}\"}}}},\n  {{\"cluster\": \
         {{\"insecure-skip-tls-verify\": true}}}}],\n \"kind\": \"Config\", \"apiVersion\": \"v1\",\n \"users\": [{{\"user\": \
         {{\"client-certificate-data\": \"{}\",\n  \"client-key-data\": \"c2VjcmV0\"}}}}]}}",
        coded(one()),
        coded(two())
    );
    for (text, lines) in [(yaml, [4, 8, 14, 15]), (json, [3, 4, 6, 7])] {
        let read = decode(text.as_bytes());
        let wanted = [
            "clusters[0].cluster.certificate-authority-data",
            "clusters[1].cluster.insecure-skip-tls-verify",
            "users[0].user.client-certificate-data",
            "users[0].user.client-key-data",
        ];
        let wanted: Vec<(&str, Option<u64>)> = wanted.into_iter().zip(lines.map(Some)).collect();
        assert_eq!(names(&read), wanted, "{text}");
        let trusts: Vec<bool> = read.entries.iter().map(|entry| entry.trust.allows_server()).collect();
        assert!(matches!(read.entries[0].trust, Trust::Limited(_)) && trusts[0]);
        assert_eq!(read.entries[2].trust, Trust::Present);
        assert!(matches!(read.entries[1].body, Body::Other(_)) && read.entries[3].body == Body::PrivateKey);
    }
}

#[test]
fn bundles_of_the_api_are_found_wherever_they_stand() {
    let coded = base64(pem_of(&[one()]).as_bytes());
    let hook = format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nwebhooks:\n- name: a\n  \
         clientConfig: {{service: {{name: x}}, caBundle: {coded}}}\n- clientConfig:\n    caBundle: {coded}\n---\n\
         apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nspec:\n  caBundle: {coded}\n"
    );
    let read = decode(hook.as_bytes());
    let wanted =
        [("webhooks[0].clientConfig.caBundle", 5), ("webhooks[1].clientConfig.caBundle", 7), ("spec.caBundle", 12)];
    assert_eq!(names(&read), wanted.map(|(name, line)| (name, Some(line))));
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: ConfigMap, data: {{a: b}}}}\n- apiVersion: v1\n  kind: Secret\n  data: {{ca.crt: {coded}}}\n"
    );
    assert_eq!(names(&decode(list.as_bytes())), [("items[1].data.ca.crt", Some(7))]);
    let inline = format!(
        "apiVersion: trust.cert-manager.io/v1alpha1\nkind: Bundle\nspec:\n  sources:\n  - inLine: |\n{}",
        indent(&pem_of(&[two()]), 6)
    );
    assert_eq!(names(&decode(inline.as_bytes())), [("spec.sources[0].inLine", Some(6))]);
}

#[test]
fn a_kubeconfig_in_a_secret_and_a_store_in_a_config_map() {
    let coded = base64(pem_of(&[one()]).as_bytes());
    let inner =
        format!("apiVersion: v1\nkind: Config\nclusters:\n- cluster: {{certificate-authority-data: {coded}}}\n");
    let text = format!("apiVersion: v1\nkind: Secret\ndata:\n  value: {}\n", base64(inner.as_bytes()));
    let read = decode(text.as_bytes());
    let Slot::Inside(name, inner_slot) = &read.entries[0].slot else { panic!() };
    assert_eq!((name.raw(), inner_slot.line()), ("data.value", Some(4)));
    assert!(
        matches!(&**inner_slot, Slot::Inside(name, _) if name.raw() == "clusters[0].cluster.certificate-authority-data")
    );
    // One level and no more.
    let deeper = format!("apiVersion: v1\nkind: Secret\ndata:\n  value: {}\n", base64(text.as_bytes()));
    let read = decode(deeper.as_bytes());
    assert!(read.entries.is_empty());
    assert_eq!(read.gaps, [Gap::Bound { what: "documents inside each other", bound: 2 }]);
}

#[test]
fn cloud_init_and_ignition() {
    let text = format!(
        "#cloud-config\nca_certs:\n  trusted:\n  - |\n{}  - \"{}\"\n",
        indent(&pem_of(&[one()]), 3),
        pem_of(&[two()]).replace('\n', "\\n")
    );
    let read = decode(text.as_bytes());
    assert_eq!(read.format, Format::Kubernetes);
    assert_eq!(
        names(&read).iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["ca_certs.trusted[0]", "ca_certs.trusted[1]"]
    );
    assert!(read.entries.iter().all(|entry| entry.trust == Trust::Trusted));
    let text = format!(
        "{{\"ignition\": {{\"version\": \"3.4.0\", \"security\": {{\"tls\": {{\"certificateAuthorities\": [\n {{\"source\": \
         \"data:text/plain;charset=utf-8;base64,{}\"}},\n {{\"source\": \"data:,{}\"}}, {{\"source\": \"https://x/ca.pem\"}}]}}}}}}}}",
        base64(pem_of(&[one()]).as_bytes()),
        pem_of(&[two()]).replace('\n', "%0A").replace(' ', "%20")
    );
    let read = decode(text.as_bytes());
    assert_eq!(summary(&read).matches("within limits").count(), 2, "{}", summary(&read));
    assert_eq!(names(&read)[1], ("ignition.security.tls.certificateAuthorities[1].source", Some(3)));
}

#[test]
fn aliases_cost_what_they_are_and_no_more() {
    let shared =
        format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  a.pem: &x |\n{}  b.pem: *x\n", indent(&pem_of(&[one()]), 4));
    assert_eq!(decode(shared.as_bytes()).entries.len(), 2);
    // A billion laughs.
    let mut bomb = "apiVersion: v1\nkind: X\na0: &a0 {caBundle: MAA=}\n".to_owned();
    for n in 1..40 {
        bomb += &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", "));
    }
    let read = decode(bomb.as_bytes());
    assert!(read.gaps.iter().any(|gap| matches!(gap, Gap::Bound { .. })), "{:?}", read.gaps);
    let cycle = "apiVersion: v1\nkind: X\na: &a\n  b: *a\n  c: [*a, *nothing]\n";
    assert!(decode(cycle.as_bytes()).entries.is_empty());
}

/// A file with many small keystores is one file.
#[cfg(feature = "pkcs12")]
#[test]
fn rounds_of_key_derivation_and_entries_are_those_of_the_file() {
    use crate::format::{Means, decode_with, pkcs12};
    use crate::limits::Bounds;
    use crate::model::Password;
    let password = Password::new("changeit");
    let store = base64(&pkcs12::write(&[("one", &one())], pkcs12::Protection::Modern(&password)));
    let text = format!("apiVersion: v1\nkind: ConfigMap\nbinaryData:\n  a.p12: {store}\n  b.p12: {store}\n");
    let within = |bounds| decode_with(text.as_bytes(), &Means { bounds, ..Means::default() });
    let whole = within(Bounds::default());
    assert_eq!((whole.entries.len(), &whole.gaps[..]), (2, &[][..]));
    let exact = Bounds { kdf_iterations: whole.rounds, ..Bounds::default() };
    assert_eq!(within(exact), whole);
    let kdf_iterations = whole.rounds - 1;
    let less = within(Bounds { kdf_iterations, ..exact });
    assert_eq!(less.entries.len(), 1);
    assert_eq!(less.gaps, [Gap::Bound { what: "rounds of key derivation", bound: kdf_iterations }]);
    let two_each =
        format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n{0}  b: |\n{0}", indent(&pem_of(&[one(), two()]), 4));
    let bounds = Bounds { entries: 3, ..Bounds::default() };
    let three = decode_with(two_each.as_bytes(), &Means { bounds, ..Means::default() });
    assert_eq!((three.entries.len(), three.gaps), (3, vec![Gap::Bound { what: "entries", bound: 3 }]));
}

#[test]
fn depth_and_marks_are_bounded() {
    let deep = format!("apiVersion: v1\nkind: X\na: {}\n", "[".repeat(100));
    let read = decode(deep.as_bytes());
    assert!(matches!(read.gaps[..], [Gap::Bound { .. }]), "{:?}", read.gaps);
    let deep = format!("{{\"apiVersion\": \"v1\", \"kind\": \"X\", \"a\": {}", "[".repeat(100_000));
    let read = decode(deep.as_bytes());
    assert!(!read.gaps.is_empty());
    let wide = format!("apiVersion: v1\nkind: X\na: [{}]\n", "x,".repeat(1_100_000));
    assert!(matches!(decode(wide.as_bytes()).gaps[..], [Gap::Bound { .. }]));
}

/// A manual with an object in its middle is no object, and its certificates are read.
#[test]
fn what_is_no_object_is_read_as_text() {
    let text = format!("# How to: begin\n\n* a\n\n    apiVersion: v1\n    kind: Secret\n\n{}", pem_of(&[one()]));
    let read = decode(text.as_bytes());
    assert_eq!((certificates(&read), &read.gaps[..]), (1, &[][..]), "{read:?}");
}

fn certificates(read: &Decoding) -> usize {
    read.entries.iter().filter(|entry| matches!(entry.body, Body::Certificate(_))).count()
}

#[test]
fn is_told_from_other_yaml() {
    let not = [
        "kind: x\n",
        "openapi: 3.0.0\ninfo: {description: 'apiVersion: and kind:'}\n",
        "definitions:\n  Pod:\n    properties:\n      apiVersion:\n        type: string\n      kind:\n        type: string\n",
        "# apiVersion: v1\n# kind: Secret\nx: 1\n",
        "#cloud-config\nusers: []\n",
        "x = {'apiVersion': 'v1', 'kind': 'Secret'}\n",
        "x = {\n    \"apiVersion\": \"v1\",\n    \"kind\": \"Secret\",\n}\n",
        "the apiVersion: field\nand the kind: field\n",
    ];
    for text in not {
        assert_eq!(sniff(text.as_bytes()), Format::Unknown, "{text}");
    }
    let are = [
        "apiVersion: v1\nkind: Secret\n",
        "kind: Secret\napiVersion: v1\n",
        "---\n\"apiVersion\": v1\n\"kind\": \"Secret\"\n",
        "items:\n- apiVersion: v1\n  kind: Secret\nkind: List\napiVersion: v1\n",
        "{\"a\": {}, \"kind\":\"Secret\",\r\n\t\"apiVersion\":\"v1\"}",
        "clusters:\n- cluster:\n    certificate-authority-data: x\n",
    ];
    for text in are {
        assert_eq!(sniff(text.as_bytes()), Format::Kubernetes, "{text}");
    }
}

#[test]
fn what_is_written_is_read() {
    let names = Names { name: "roots", namespace: Some("default"), key: "ca.crt", signer: None };
    let (one, two) = (one(), two());
    let certificates: [&[u8]; 3] = [&one, &two, &one];
    for (text, slot, trust) in [
        (cluster_trust_bundle(&certificates, &names).unwrap(), "spec.trustBundle", Trust::Trusted),
        (config_map(&certificates, &names).unwrap(), "data.ca.crt", Trust::Unstated),
        (trust_manager_bundle(&certificates, &names).unwrap(), "spec.sources[0].inLine", Trust::Unstated),
    ] {
        let read = decode(text.as_bytes());
        assert_eq!(super::super::pem::read(text.as_bytes()).entries.len(), 2);
        assert_eq!(names_only(&read), [slot, slot], "{text}");
        assert!(read.entries.iter().all(|entry| entry.trust == trust && entry.notes.is_empty()));
        assert_eq!(read.entries[1].body, Body::Certificate(two.clone().into()));
    }
    let text = config_map(&[&one], &names).unwrap();
    insta::assert_snapshot!(&text[..text.find("    -----").unwrap()], @r#"
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: "roots"
      namespace: "default"
    data:
      "ca.crt": |
    "#);
}

/// The line of a block in a value, however its text begins.
#[test]
fn lines_are_those_of_the_file() {
    let block = indent(&pem_of(&[one()]), 4);
    for head in
        ["|", "|-", "| # c", "|2", "&x |", "!!str |+", "|\n\n", "|\n    text before\n", "|\n\n    a\n\n\n", "\n    |"]
    {
        let head = if head.ends_with('\n') { head.to_owned() } else { format!("{head}\n") };
        let text = format!("---\n# c\napiVersion: v1\nkind: ConfigMap\ndata:\n  a: b\n  ca.crt: {head}{block}  c: d\n");
        let line = text[..text.find("-----BEGIN").unwrap()].matches('\n').count() as u64 + 1;
        assert_eq!(names(&decode(text.as_bytes())), [("data.ca.crt", Some(line))], "{text}");
        let text = text.replace('\n', "\r\n");
        assert_eq!(names(&decode(text.as_bytes())), [("data.ca.crt", Some(line))], "{text}");
    }
}

fn names_only(read: &Decoding) -> Vec<&str> {
    names(read).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn what_the_server_refuses_is_not_written() {
    let one = one();
    let bundle = |name: &str, signer: Option<&str>| {
        cluster_trust_bundle(&[&one], &Names { name, signer, ..Names::default() }).map_err(|error| error.to_string())
    };
    assert!(bundle("example.com:s:v1", Some("example.com/s")).is_ok());
    for (name, signer) in
        [("Roots", None), ("a:b", None), ("roots", Some("example.com/s")), ("x", Some("x")), ("", None), ("a..b", None)]
    {
        assert!(bundle(name, signer).is_err(), "{name} {signer:?}");
    }
    assert_eq!(cluster_trust_bundle(&[], &Names { name: "a", ..Names::default() }), Err(BadBundle::Empty));
    let leaf = {
        let parameters = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        parameters.self_signed(&key).unwrap().der().to_vec()
    };
    let names = Names { name: "a", key: "k", ..Names::default() };
    assert!(matches!(cluster_trust_bundle(&[&leaf], &names), Err(BadBundle::NotAnAuthority(_))));
    assert!(config_map(&[&leaf], &names).is_ok());
    for key in ["", "..", ".", "a/b", "a b"] {
        assert!(config_map(&[&leaf], &Names { key, ..names.clone() }).is_err(), "{key}");
        assert!(trust_manager_bundle(&[&leaf], &Names { key, ..names.clone() }).is_err(), "{key}");
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let names = Names { name: "roots", namespace: None, key: "ca.crt", signer: None };
    let (one, two) = (one(), two());
    let mut seeds: Vec<Vec<u8>> =
        vectors::made().into_iter().map(|vector| vector.bytes).filter(|b| b.len() < 10_000).collect();
    seeds.push(config_map(&[&one, &two], &names).unwrap().into_bytes());
    seeds
}

proptest! {
    #[test]
    fn never_panics_on_text(text in "(apiVersion: v1\nkind: [A-Za-z]{1,9}\n)?([a-z&*\\[\\]{},:'\"|>!-]| |\n){0,200}") {
        let _ = read(text.as_bytes(), &Means::default());
    }

    #[test]
    fn never_panics_on_spoilt_files(which: prop::sample::Index, edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut: prop::sample::Index) {
        let seeds = seeds();
        let mut bytes = which.get(&seeds).clone();
        for (at, octet) in edits {
            let at = at.index(bytes.len());
            bytes[at] = octet;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let _ = read(&bytes, &Means::default());
    }
}
