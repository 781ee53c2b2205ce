//! What the settings of one certificate say of it.

use super::items::Item;
use crate::model::trust::{
    ANY_PURPOSE, CLIENT_AUTH, CODE_SIGNING, EAP_OVER_LAN, EMAIL_PROTECTION, IPSEC_IKE, SERVER_AUTH, TIME_STAMPING,
};
use crate::model::{Limited, Malformation, Names, Oid, Ruling, Trust, Untrusted};

/// Purposes for Apple's policies, by their names in the settings and their identifiers
/// (SecPolicy.h and oidsalg.h: 1.2.840.113635.100.1.N).
const POLICIES: &[(&str, u8, Oid)] = &[
    ("sslServer", 3, SERVER_AUTH),
    ("sslClient", 3, CLIENT_AUTH),
    ("basicX509", 2, ANY_PURPOSE),
    ("SMIME", 8, EMAIL_PROTECTION),
    ("eapServer", 9, EAP_OVER_LAN),
    ("EAP", 9, EAP_OVER_LAN),
    ("IPSecServer", 11, IPSEC_IKE),
    ("IPsec", 11, IPSEC_IKE),
    ("CodeSigning", 16, CODE_SIGNING),
    ("TimeStamping", 20, TIME_STAMPING),
];

/// 1.2.840.113635.100.1, in front of the number of a policy.
const APPLE_POLICY: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 0x01];

/// kSecTrustSettingsKeyUseSignCert: what an anchor does (SecTrustSettings.h).
const SIGNS_CERTIFICATES: i64 = 8;

/// What the settings of one certificate say. No settings, or none in their list, make it a trusted
/// root for everything (SecTrustSettings.h, SecTrustSettingsSetTrustSettings).
pub(super) fn trust(settings: &Item) -> Result<Trust, Malformation> {
    let list = match settings.get("trustSettings") {
        None => return Ok(Trust::Trusted),
        Some(Item::Array(list, _)) if list.is_empty() => return Ok(Trust::Trusted),
        Some(Item::Array(list, _)) => list,
        Some(other) => return Err(Malformation::new("an array trustSettings", other.kind())),
    };
    let mut rules = Vec::new();
    for setting in list {
        rules.extend(rule(setting)?);
    }
    if let [Rule { purpose: ANY_PURPOSE, host: None, ruling }] = rules.as_slice() {
        match ruling {
            Ruling::Trusted => return Ok(Trust::Trusted),
            Ruling::Distrusted => return Ok(Trust::Distrusted),
            Ruling::Present => {}
        }
    }
    Ok(Trust::Limited(Box::new(limited(&rules))))
}

/// One setting: for a purpose, and for one host where it names one.
struct Rule {
    purpose: Oid,
    host: Option<Untrusted>,
    ruling: Ruling,
}

/// The rule of one setting; nothing where it decides nothing for an anchor of every program.
fn rule(setting: &Item) -> Result<Option<Rule>, Malformation> {
    if !matches!(setting, Item::Dictionary(..)) {
        return Err(Malformation::new("a dictionary of one setting", setting.kind()));
    }
    // kSecTrustSettingsResult: 1 trustRoot, 2 trustAsRoot, 3 deny, 4 unspecified; trustRoot where it
    // is missing.
    let ruling = match setting.get("kSecTrustSettingsResult") {
        None | Some(Item::Integer(1 | 2)) => Ruling::Trusted,
        Some(Item::Integer(3)) => Ruling::Distrusted,
        Some(Item::Integer(4)) => return Ok(None),
        Some(Item::Integer(value)) => {
            return Err(Malformation::new("a result from 1 to 4", value.to_string()));
        }
        Some(other) => return Err(Malformation::new("a result from 1 to 4", other.kind())),
    };
    // For one program only; for another use of its key.
    let other_use = |usage: i64| usage != -1 && usage != 0xffff_ffff && usage & SIGNS_CERTIFICATES == 0;
    let usage = setting.get("kSecTrustSettingsKeyUsage").and_then(Item::integer);
    if setting.get("kSecTrustSettingsApplication").is_some() || usage.is_some_and(other_use) {
        return Ok(None);
    }
    let host = setting.get("kSecTrustSettingsPolicyString").and_then(Item::text).map(Untrusted::new);
    // A refusal for one host is none of the certificate.
    if ruling == Ruling::Distrusted && host.is_some() {
        return Ok(None);
    }
    Ok(purpose(setting)?.map(|purpose| Rule { purpose, host, ruling }))
}

/// The purpose of a setting: every one where it names no policy, none where castore cannot say which.
fn purpose(setting: &Item) -> Result<Option<Oid>, Malformation> {
    let name = setting.get("kSecTrustSettingsPolicyName").and_then(Item::text);
    let policy = match setting.get("kSecTrustSettingsPolicy") {
        None => None,
        Some(Item::Octets(octets)) => Some(octets),
        Some(other) => return Err(Malformation::new("the identifier of a policy", other.kind())),
    };
    if let Some((.., purpose)) = POLICIES.iter().find(|(known, ..)| Some(*known) == name) {
        return Ok(Some(*purpose));
    }
    let Some(octets) = policy else { return Ok(name.is_none().then_some(ANY_PURPOSE)) };
    let number = octets.strip_prefix(APPLE_POLICY);
    if let Some((.., purpose)) = POLICIES.iter().find(|(_, known, _)| number == Some(&[*known])) {
        return Ok(Some(*purpose));
    }
    Ok(Oid::from_bytes(octets).ok())
}

fn limited(rules: &[Rule]) -> Limited {
    let trusted = || rules.iter().filter(|rule| rule.ruling == Ruling::Trusted);
    let hosts: Vec<Untrusted> = trusted().filter_map(|rule| rule.host.clone()).collect();
    let all_limited = !hosts.is_empty() && trusted().all(|rule| rule.host.is_some());
    // Names hold for all purposes, so trust for one host among others without a host is not said.
    let ruling = |rule: &Rule| if rule.host.is_some() && !all_limited { Ruling::Present } else { rule.ruling };
    Limited {
        purposes: rules.iter().map(|rule| (rule.purpose, ruling(rule))).collect(),
        names: all_limited.then(|| Names::Permitted { dns: hosts, networks: Vec::new() }),
        ..Limited::default()
    }
}
