//! The name that was asked for, as Go matches it, and what it says of one that does not match.

use super::super::common_name;
use super::{Failed, Link, Search, names, parse};
use crate::chain::member::oids;
use crate::policy::Fault;
use crate::policy::go::Told;

impl Search<'_> {
    /// `VerifyHostname`, and the text of `HostnameError`.
    pub(super) fn host(&self, leaf: &Link) -> Result<(), Failed> {
        let Some(name) = &self.question.name else { return Ok(()) };
        let asked = name.to_string();
        let names = leaf.parsed.names.as_ref();
        if names::host_matches(names, &asked, self.go) {
            return Ok(());
        }
        let address = asked.parse::<std::net::IpAddr>().is_ok();
        let fault = if address { Fault::AddressMismatch } else { Fault::HostMismatch };
        if self.forgiven.lets(fault, &leaf.member) {
            return Ok(());
        }
        let common = common_name(&leaf.member).unwrap_or_default();
        let empty = parse::Names::default();
        let has = names.unwrap_or(&empty);
        let text = if (!leaf.member.has(oids::SUBJECT_ALT_NAME) || names.is_none())
            && names::pattern_matches(&common, &asked)
        {
            "x509: certificate relies on legacy Common Name field, use SANs instead".to_owned()
        } else if address && has.ips.is_empty() {
            format!("x509: cannot validate certificate for {asked} because it doesn't contain any IP SANs")
        } else {
            let valid = if address { has.ips.iter().map(|octets| shown(octets)).collect() } else { has.dns.clone() };
            match (valid.len(), address) {
                _ if valid.iter().all(String::is_empty) && valid.len() < 2 => {
                    format!("x509: certificate is not valid for any names, but wanted to match {asked}")
                }
                (100.., true) if self.go.is(24) => {
                    format!("x509: certificate is valid for {} IP SANs, but none matched {asked}", valid.len())
                }
                (100.., false) if self.go.is(24) => {
                    format!("x509: certificate is valid for {} names, but none matched {asked}", valid.len())
                }
                _ => format!("x509: certificate is valid for {}, not {asked}", valid.join(", ")),
            }
        };
        Err(Failed::of(fault, 0, &leaf.member, Told::Own(text)))
    }
}

fn shown(octets: &[u8]) -> String {
    match *octets {
        [a, b, c, d] => std::net::Ipv4Addr::new(a, b, c, d).to_string(),
        _ => {
            <[u8; 16]>::try_from(octets).map(|octets| std::net::Ipv6Addr::from(octets).to_string()).unwrap_or_default()
        }
    }
}
