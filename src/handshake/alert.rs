//! The alerts of TLS by their names (the registry "TLS Alerts" of IANA; RFC 8446, 6).

/// No acceptable set of parameters.
pub(super) const HANDSHAKE_FAILURE: u8 = 40;
/// Nothing offered is strong enough.
pub(super) const INSUFFICIENT_SECURITY: u8 = 71;
/// No version in common.
pub(super) const PROTOCOL_VERSION: u8 = 70;
/// No certificate for that name.
pub(super) const UNRECOGNIZED_NAME: u8 = 112;

const NAMES: &[(u8, &str)] = &[
    (0, "close_notify"),
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (21, "decryption_failed"),
    (22, "record_overflow"),
    (30, "decompression_failure"),
    (HANDSHAKE_FAILURE, "handshake_failure"),
    (41, "no_certificate"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (52, "too_many_cids_requested"),
    (60, "export_restriction"),
    (PROTOCOL_VERSION, "protocol_version"),
    (INSUFFICIENT_SECURITY, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (100, "no_renegotiation"),
    (109, "missing_extension"),
    (110, "unsupported_extension"),
    (111, "certificate_unobtainable"),
    (UNRECOGNIZED_NAME, "unrecognized_name"),
    (113, "bad_certificate_status_response"),
    (114, "bad_certificate_hash_value"),
    (115, "unknown_psk_identity"),
    (116, "certificate_required"),
    (117, "general_error"),
    (120, "no_application_protocol"),
    (121, "ech_required"),
];

/// The number, and the name where it has one.
pub(super) fn shown(alert: u8) -> String {
    match NAMES.iter().find(|(number, _)| *number == alert) {
        Some((_, name)) => format!("{alert} {name}"),
        None => alert.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_have_names() {
        assert_eq!(shown(40), "40 handshake_failure");
        assert_eq!(shown(200), "200");
        assert!(NAMES.is_sorted());
    }
}
