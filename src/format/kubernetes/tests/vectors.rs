//! Documents with one defect each.

use super::{base64, indent, pem_of};
use crate::format::tests::vectors::{Vector, hold, one, two, vector};

fn config(key: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  {key}: {value}")
}

fn secret(key: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\ndata:\n  {key}: {value}\n")
}

fn block(der: Vec<u8>) -> String {
    format!("|\n{}", indent(&pem_of(&[der]), 4))
}

fn coded(der: Vec<u8>) -> String {
    base64(pem_of(&[der]).as_bytes())
}

/// All of them.
pub(super) fn made() -> Vec<Vector> {
    let good = config("two.pem", &block(two()));
    let text = |name, why, text: String| vector(name, why, text.into_bytes());
    let with_good = |first: String| format!("{first}\n---\n{good}");
    let mut all = vec![
        text(
            "tab-indent",
            "the first document is indented with a tab",
            with_good(format!("apiVersion: v1\nkind: ConfigMap\ndata:\n\tone.pem: {}", coded(one()))),
        ),
        text(
            "unclosed-quote",
            "a quoted value of the first document has no end",
            with_good(config("one.pem", "\"-----BEGIN")),
        ),
        text(
            "unclosed-bracket",
            "a list in brackets has no end",
            with_good(format!("apiVersion: v1\nkind: X\nmetadata: {{}}\nspec: {{caBundle: {}", coded(one()))),
        ),
        text(
            "base64-bad",
            "a character of the base64 is none",
            secret("ca.crt", &coded(one()).replacen("CRUd", "C!Ud", 1)) + &format!("  b.crt: {}\n", coded(two())),
        ),
        text("base64-cut", "the base64 ends in the middle of four characters", secret("ca.crt", &coded(one())[..101])),
        text("pem-for-base64", "PEM stands where its base64 should", secret("ca.crt", &block(one()))),
        text("base64-twice", "the base64 is coded in base64 again", secret("ca.crt", &base64(coded(one()).as_bytes()))),
        text("empty-value", "a value is empty", secret("ca.crt", "\"\"") + &format!("  b.crt: {}\n", coded(two()))),
        text(
            "not-a-certificate",
            "a value under the name of a certificate is other text",
            config("ca.crt", "placeholder\n"),
        ),
        text("block-cut", "the file ends in the middle of a block", {
            let text = config("ca.crt", &block(one()));
            text[..text.len() - 120].to_owned()
        }),
        text(
            "wrong-type",
            "a list stands where the text of a bundle should",
            format!(
                "apiVersion: certificates.k8s.io/v1beta1\nkind: ClusterTrustBundle\nspec:\n  trustBundle:\n  - {}",
                block(one()).replace("\n    ", "\n      ")
            ),
        ),
        text(
            "headers",
            "a block of a ClusterTrustBundle has headers",
            format!(
                "apiVersion: certificates.k8s.io/v1beta1\nkind: ClusterTrustBundle\nspec:\n  trustBundle: {}",
                block(one()).replacen("-----\n", "-----\n    a: b\n\n", 1)
            ),
        ),
        text(
            "duplicate-key",
            "a key stands twice",
            config("ca.crt", &block(one())) + &format!("  ca.crt: {}", block(two())),
        ),
        text(
            "alias-unknown",
            "an alias names nothing",
            config("ca.crt", "*nothing\n") + &format!("  b.crt: {}", block(two())),
        ),
        text(
            "alias-of-itself",
            "an alias names the list it stands in",
            format!("apiVersion: v1\nkind: X\na: &a\n- *a\n- caBundle: {}\n", coded(one())),
        ),
        text(
            "template",
            "a value is filled in by Helm",
            secret("ca.crt", "{{ .Values.ca | b64enc }}") + &format!("  b.crt: {}\n", coded(two())),
        ),
        text(
            "template-control",
            "lines are there for Helm alone",
            format!("{{{{- if .Values.ca }}}}\n{}{{{{- end }}}}\n", config("ca.crt", &block(one()))),
        ),
        text("tls-key-first", "a certificate stands under the name of a key", secret("tls.key", &coded(one()))),
        text(
            "json-cut",
            "JSON ends in the middle of an object",
            format!(
                "{{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"data\": {{\"ca.crt\": \"{}\", \"b.crt\": \"",
                coded(one())
            ),
        ),
        text(
            "json-trailing",
            "a second object follows the first without a list around them",
            format!(
                "{{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"data\": {{\"ca.crt\": \"{}\"}}}}\n{{\"apiVersion\": \"v1\"}}\n",
                coded(one())
            ),
        ),
        text(
            "list-with-null",
            "an item of a list is null",
            format!(
                "apiVersion: v1\nkind: List\nitems:\n- null\n- {{apiVersion: v1, kind: Secret, data: {{ca.crt: {}}}}}\n",
                coded(one())
            ),
        ),
        text(
            "data-is-text",
            "data is a text",
            format!("apiVersion: v1\nkind: Secret\ndata: {}\n---\n{good}", coded(one())),
        ),
        text(
            "insecure-with-ca",
            "a cluster has an authority and is not verified",
            format!(
                "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    certificate-authority-data: {}\n    insecure-skip-tls-verify: true\n",
                coded(one())
            ),
        ),
        text(
            "too-deep",
            "lists stand 70 deep in each other",
            format!("{good}---\napiVersion: v1\nkind: X\na: {}{}\n", "[".repeat(70), "]".repeat(70)),
        ),
    ];
    let mut latin = config("ca.crt", &block(one())).into_bytes();
    latin.extend_from_slice(b"  note: \"caf\xe9\"\n  b.crt: ");
    latin.extend_from_slice(block(two()).as_bytes());
    all.push(vector("latin-1", "a value is Latin-1", latin));
    all
}

#[test]
fn are_read_as_they_should_be() {
    hold("kubernetes", &made());
}
