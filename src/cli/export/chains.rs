//! The smallest set for some chains: where they are from, and by whose rules they are verified.

use super::super::error::Failure;
use super::super::{Context, why};
use super::{Arguments, Looked};
use castore::chain::pool::Members;
use castore::chain::{Held, Question, Trusted};
use castore::format::x509;
use castore::model::{Certificate, Version};
use castore::plan::{LeftOut, Merge, smallest};
use castore::policy::openssl_programs::DEFAULTS;
use castore::policy::{Parts, Policy};
use castore::render::escape;
use castore::render::report::export::{MinimalReport, NeedReport};
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

/// By whose rules chains are verified where nobody was named.
const OPENSSL: &str = "3.5";

/// Leaves out what none of the chains needs.
pub(super) fn reduce(
    targets: &[OsString],
    merged: &mut Merge,
    judges: &[(String, Policy)],
    arguments: &Arguments,
    looked: &Looked<'_>,
    context: &mut Context<'_>,
) -> Result<MinimalReport, Failure> {
    #[cfg(feature = "network")]
    if targets.len() > 1 && arguments.network.connects_elsewhere() {
        return Err(Failure::with_hint(
            "--connect: expected one server of --minimal, found several",
            "save each chain with openssl s_client -showcerts, and name the files",
        ));
    }
    let mut members = Members::default();
    let mut chains = Vec::new();
    for target in targets {
        chains.push(question(target, &mut members, arguments, looked, context)?);
    }
    let anchors: Vec<Held> = merged
        .kept
        .iter()
        .filter_map(|kept| members.get(&kept.certificate))
        .map(|member| Held { member, place: None, ends_chain: true, trust: Trusted::Unstated })
        .collect();
    let own;
    let judges = if judges.is_empty() {
        own = [default()?];
        &own[..]
    } else {
        judges
    };
    let found = smallest(&chains, &anchors, judges).map_err(|why| {
        let target = targets.get(why.chain()).map(|target| escape::path(target.as_ref())).unwrap_or_default();
        Failure::with_hint(
            format!("--minimal {target}: {why}"),
            "nothing was written; castore why tells what is wrong with the chain, --at TIME judges at another time",
        )
    })?;
    merged.leave_out(|kept| (!found.roots.contains(&kept.certificate.fingerprint())).then_some(LeftOut::NotNeeded));
    let needs = targets.iter().zip(&found.of);
    Ok(MinimalReport {
        chains: needs.map(|(target, roots)| NeedReport::new(&escape::path(target.as_ref()), roots)).collect(),
        verified_by: judges.iter().map(|(name, _)| name.clone()).collect(),
        is_proven: found.is_proven,
    })
}

fn default() -> Result<(String, Policy), Failure> {
    let components = [("openssl", Version::parse(OPENSSL).unwrap_or_default())];
    let policy = (DEFAULTS.policy)(&Parts { components: &components, ..Parts::default() });
    policy.map(|policy| (format!("OpenSSL {OPENSSL}"), policy)).map_err(|why| Failure::new(why.0))
}

/// What is asked of a chain: whether it can be verified at all. Whether it is for the name that somebody asks for is
/// nothing that a root could mend.
fn question(
    target: &OsStr,
    members: &mut Members,
    arguments: &Arguments,
    looked: &Looked<'_>,
    context: &mut Context<'_>,
) -> Result<Question, Failure> {
    let fetched = why::chain(target, &arguments.network, looked.host, context)?;
    let mut sent = Vec::new();
    for (position, der) in fetched.chain.into_iter().enumerate() {
        let certificate: Arc<Certificate> = Arc::new(x509::read(der.into()));
        match members.get(&certificate) {
            Some(member) => sent.push(member),
            None if position == 0 => {
                let target = escape::path(target.as_ref());
                return Err(Failure::new(format!("--minimal {target}: the first certificate cannot be read")));
            }
            None => context.note(&format!(
                "{}: what was sent at position {position} cannot be read as a certificate",
                escape::path(target.as_ref())
            )),
        }
    }
    Ok(Question { sent, name: None, at: looked.at, stapled: None })
}
