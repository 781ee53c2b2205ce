//! Certificate policies, for verifiers that evaluate them and ask for none: Go since 1.24, Java, and
//! BoringSSL.
//!
//! Then a path fails only where one of its certificates demands that some policy hold
//! (`requireExplicitPolicy`) and none does. RFC 5280, 6.1.2 to 6.1.5, as RFC 9618 has it, with the set of
//! valid policies carried from the anchor down instead of a tree: nothing asks which one held.

use crate::chain::member::Member;
use crate::model::Oid;

/// anyPolicy.
pub(in crate::chain) const ANY: Oid = Oid::new_unwrap("2.5.29.32.0");

/// One policy that holds so far, and what the next certificate must say for it.
struct Valid {
    policy: Oid,
    expected: Vec<Oid>,
}

/// Whether policies permit a path, the server's certificate first and the anchor last.
pub(in crate::chain) fn are_valid(path: &[&Member]) -> bool {
    invalid_at(path).is_none()
}

/// The depth at which policies do not permit a path, looked at from the anchor down.
pub(in crate::chain) fn invalid_at(path: &[&Member]) -> Option<usize> {
    let (_, certificates) = path.split_last()?;
    let after_all = certificates.len() + 1;
    let (mut explicit, mut mapping, mut inhibit_any) = (after_all, after_all, after_all);
    let mut valid = Some(vec![Valid { policy: ANY, expected: vec![ANY] }]);
    for (depth, member) in certificates.iter().enumerate().rev() {
        let self_issued = member.is_self_issued();
        let policies = member.policies.value().map_or(&[][..], Vec::as_slice);
        if policies.is_empty() {
            valid = None;
        }
        if explicit == 0 && valid.is_none() {
            return Some(depth);
        }
        if let Some(before) = valid.take() {
            let any_counts = inhibit_any > 0 || (depth > 0 && self_issued);
            let mut now = next(&before, policies, any_counts);
            if depth > 0 && !map(&mut now, member, mapping > 0) {
                return Some(depth);
            }
            valid = Some(now);
        }
        if depth > 0 {
            if !self_issued {
                for count in [&mut explicit, &mut mapping, &mut inhibit_any] {
                    *count = count.saturating_sub(1);
                }
            }
            if let Some(found) = member.policy_constraints.value() {
                lower(&mut explicit, found.require_explicit);
                lower(&mut mapping, found.inhibit_mapping);
            }
            lower(&mut inhibit_any, member.inhibit_any_policy.value().copied());
        }
    }
    let explicit = explicit.saturating_sub(1);
    let demanded = certificates.first().and_then(|leaf| leaf.policy_constraints.value());
    let demanded = demanded.is_some_and(|found| found.require_explicit == Some(0));
    let holds = (explicit > 0 && !demanded) || valid.is_some_and(|valid| !valid.is_empty());
    (!holds).then_some(0)
}

fn lower(count: &mut usize, to: Option<u32>) {
    if let Some(to) = to.and_then(|to| usize::try_from(to).ok()) {
        *count = (*count).min(to);
    }
}

/// 6.1.3 (d): what holds of what the certificate says.
fn next(before: &[Valid], policies: &[Oid], any_counts: bool) -> Vec<Valid> {
    let any_before = before.iter().any(|valid| valid.policy == ANY);
    let mut now: Vec<Valid> = Vec::new();
    for &policy in policies.iter().filter(|policy| **policy != ANY) {
        if any_before || before.iter().any(|valid| valid.expected.contains(&policy)) {
            now.push(Valid { policy, expected: vec![policy] });
        }
    }
    if policies.contains(&ANY) && any_counts {
        for &policy in before.iter().flat_map(|valid| &valid.expected) {
            if now.iter().all(|valid| valid.policy != policy) {
                now.push(Valid { policy, expected: vec![policy] });
            }
        }
    }
    now
}

/// 6.1.4 (a) and (b): what the certificate maps; whether it maps nothing that must not be mapped.
fn map(now: &mut Vec<Valid>, member: &Member, permitted: bool) -> bool {
    let Some(mappings) = member.policy_mappings.value() else { return true };
    if mappings.iter().any(|(from, to)| *from == ANY || *to == ANY) {
        return false;
    }
    let any = now.iter().any(|valid| valid.policy == ANY);
    for (from, _) in mappings {
        if !permitted {
            now.retain(|valid| valid.policy != *from);
            continue;
        }
        let to: Vec<Oid> = mappings.iter().filter(|(other, _)| other == from).map(|(_, to)| *to).collect();
        match now.iter_mut().find(|valid| valid.policy == *from) {
            Some(valid) => valid.expected = to,
            None if any => now.push(Valid { policy: *from, expected: to }),
            None => {}
        }
    }
    true
}
