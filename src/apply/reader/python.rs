//! Python's `ssl`. It counts what OpenSSL loaded and lists those among them that are authorities
//! (`X509_check_ca`, `_ssl__SSLContext_get_ca_certs_impl` of Modules/_ssl.c), so the rest is known by number only.

use super::{Asking, NoAnswer, Outcome, Said, not_run, printed};
use crate::model::Format;

/// Isolated from what the user may have put in its way; `-S`: without `sitecustomize`.
const OPTIONS: [&str; 4] = ["-I", "-S", "-B", "-c"];

const SCRIPT: &str = "
import hashlib, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
print(context.cert_store_stats()['x509'])
for der in context.get_ca_certs(binary_form=True):
    print(hashlib.sha256(der).hexdigest())
";

pub(super) fn ask(asking: &mut Asking<'_, '_>) -> Result<Said, NoAnswer> {
    if asking.question.change.target.format != Format::Pem {
        return Err(not_run("Python reads bundles of PEM"));
    }
    let copy = asking.copy("bundle.pem")?;
    asking.ready()?;
    let arguments = OPTIONS.into_iter().chain([SCRIPT]).map(Into::into).chain([copy.into_os_string()]).collect();
    let ran = asking.run("python3", arguments, Vec::new())?;
    let unclear = || Outcome::Failed(format!("python3: expected fingerprints, found {} octets", ran.stdout.len()));
    let end = memchr::memchr(b'\n', &ran.stdout).ok_or_else(unclear)?;
    let count: usize =
        std::str::from_utf8(&ran.stdout[..end]).ok().and_then(|n| n.trim().parse().ok()).ok_or_else(unclear)?;
    let listed = printed(&ran.stdout[end + 1..]).ok_or_else(unclear)?;
    let own = asking.own_reading();
    // As many as castore reads, and all that are named among them: then they are those.
    Ok(Said::Holds(if count == own.len() && listed.is_subset(&own) { own } else { listed }))
}
