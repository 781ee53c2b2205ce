//! `node`, with the bundle as `NODE_EXTRA_CA_CERTS`. Since 22.15 and 23.10 it lists what it took from there
//! (`tls.getCACertificates`). An older one is asked for each certificate of the file whether its own store has the
//! issuer, which for a root is the root itself, or the first of its name; and it warns where it cannot load the file
//! (`X509_STORE* NewRootCertStore`, src/crypto/crypto_context.cc).

use super::{Asking, NoAnswer, Outcome, Said, not_run, printed};
use crate::model::Format;

const SCRIPT: &str = r"
const tls = require('tls'), crypto = require('crypto'), fs = require('fs');
const print = x => console.log(x.fingerprint256.replaceAll(':', '').toLowerCase());
if (tls.getCACertificates) {
  for (const pem of tls.getCACertificates('extra')) print(new crypto.X509Certificate(pem));
} else {
  tls.createSecureContext();
  const text = fs.readFileSync(process.env.NODE_EXTRA_CA_CERTS, 'latin1');
  for (const pem of text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) || []) {
    const x = new crypto.X509Certificate(pem);
    const issuer = tls.createSecureContext({ cert: pem }).context.getIssuer();
    if (!x.checkIssued(x) || (issuer && new crypto.X509Certificate(issuer).subject === x.subject)) print(x);
  }
}
";

pub(super) fn ask(asking: &mut Asking<'_, '_>) -> Result<Said, NoAnswer> {
    if asking.question.change.target.format != Format::Pem {
        return Err(not_run("node reads bundles of PEM"));
    }
    let copy = asking.copy("bundle.pem")?;
    asking.ready()?;
    let ran =
        asking.run("node", ["-e", SCRIPT].map(Into::into).to_vec(), vec![("NODE_EXTRA_CA_CERTS", copy.into())])?;
    let complains = String::from_utf8_lossy(&ran.stderr);
    if let Some(line) = complains.lines().find(|line| line.contains("extra certs")) {
        return Err(Outcome::Failed(format!("node: {line}")));
    }
    let unclear = || Outcome::Failed(format!("node: expected fingerprints, found {} octets", ran.stdout.len()));
    Ok(Said::Holds(printed(&ran.stdout).ok_or_else(unclear)?))
}
