//! What Java asks of a server once its path is validated: its purpose, the lists of authorities that are distrusted
//! from a day on, the name.

use super::super::usages;
use super::{Checked, Manager, Path, Told, names, parse};
use crate::chain::Hop;
use crate::chain::member::Member;
use crate::chain::name::ServerName;
use crate::model::Oid;
use crate::model::trust::{ANY_PURPOSE, SERVER_AUTH};
use crate::policy::Fault;
use std::sync::Arc;

impl Manager<'_> {
    /// `EndEntityChecker.checkTLSServer`.
    pub(super) fn end_entity(&self, path: &Path) -> Checked<()> {
        let leaf = &path.hops[0].member;
        let refuse = |why: &str| {
            let told = Told::Own("certificate_unknown", why.to_owned());
            self.refuse(Fault::PurposeUnsuitable, 0, leaf, told, &path.hops)
        };
        // In TLS 1.3 and with ECDHE the server signs.
        if leaf.key_usage.value().is_some_and(|usage| usage.0 & 1 == 0) {
            refuse("KeyUsage does not allow digital signatures")?;
        }
        const STEP_UP: [Oid; 2] = [Oid::new_unwrap("1.3.6.1.4.1.311.10.3.3"), Oid::new_unwrap("2.16.840.1.113730.4.1")];
        let serves = |usage: &Oid| *usage == SERVER_AUTH || *usage == ANY_PURPOSE || STEP_UP.contains(usage);
        if usages(leaf).is_some_and(|usages| !usages.iter().any(serves)) {
            refuse("Extended key usage does not permit use for TLS server authentication")?;
        }
        if leaf.netscape_type.value().is_some_and(|kind| kind & 0x40 == 0) {
            refuse("Netscape cert type does not permit use for SSL server")?;
        }
        Ok(())
    }

    /// `CADistrustPolicy`.
    pub(super) fn distrusted(&self, path: &Path) -> Checked<()> {
        let (Some(first), Some(last)) = (path.hops.first(), path.hops.last()) else { return Ok(()) };
        let root = last.member.fingerprint().to_string().replace(':', "").to_ascii_uppercase();
        let below = path.hops.len().checked_sub(2).filter(|_| path.hops.len() > 2).map(|at| &path.hops[at].member);
        let below = below.map(|member| member.fingerprint().to_string().replace(':', "").to_ascii_uppercase());
        let Some(begins) = first.member.not_before.at else { return Ok(()) };
        for list in self.java.lists().filter(|list| list.roots.contains(&root.as_str())) {
            let Some(day) = list.refuses(begins, below.as_deref()) else { continue };
            let name = parse::name_text(&last.member);
            let owner = list.owner;
            let why = format!(
                "TLS Server certificate issued after {day} and anchored by a distrusted legacy {owner} root CA: {name}"
            );
            let told = Told::Own("certificate_unknown", why);
            self.refuse(Fault::AnchorDistrusted, path.hops.len() - 1, &last.member, told, &path.hops)?;
        }
        Ok(())
    }

    /// `X509TrustManagerImpl.checkIdentity`.
    pub(super) fn identity(&self, leaf: &Arc<Member>, name: &ServerName, path: &Path) -> Checked<()> {
        // `NameConstraintsExtension.verify` adds the common name to the alternative names that the certificate keeps.
        let between = path.hops.get(1..path.hops.len().saturating_sub(1)).unwrap_or_default();
        let constrains =
            |hop: &Hop| hop.member.name_constraints.value().is_some() && parse::constraints_are_read(&hop.member);
        let adopted = names::adopted(leaf).filter(|_| between.iter().any(constrains));
        let Err(why) = names::matches(leaf, adopted.as_ref(), name, self.java) else { return Ok(()) };
        let fault = if matches!(name, ServerName::Ip(_)) { Fault::AddressMismatch } else { Fault::HostMismatch };
        self.refuse(fault, 0, leaf, Told::Own("certificate_unknown", why), &path.hops)
    }
}
