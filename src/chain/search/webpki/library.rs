//! The library's own verdict, in the words of `rustls::CertificateError`.

use super::super::{anchors, intermediates, printed};
use crate::chain::name::ServerName;
use crate::chain::{From, Hop, Judged, Located, Pool, Question, Verdict};
use crate::policy::Fault;
use crate::policy::rustls::{Algorithms, Rustls};
use pki_types::{CertificateDer, ServerName as Asked, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use std::sync::Arc;
use std::time::Duration;
use webpki::{EndEntityCert, Error, KeyUsage, aws_lc_rs};

/// Puts the library's verdict into what the walk found.
pub(super) fn decide(question: &Question, pool: &Pool, policy: &Rustls, explained: &mut Judged) {
    let Some(leaf) = question.sent.first() else { return };
    let anchors_der: Vec<(From, CertificateDer<'_>)> =
        anchors(pool).map(|(from, member)| (from, CertificateDer::from(member.certificate().der()))).collect();
    let trusted: Vec<(From, TrustAnchor<'_>)> = anchors_der
        .iter()
        .filter_map(|(from, der)| webpki::anchor_from_trusted_cert(der).ok().map(|anchor| (*from, anchor)))
        .collect();
    let list: Vec<TrustAnchor<'_>> = trusted.iter().map(|(_, anchor)| anchor.clone()).collect();
    let der = CertificateDer::from(leaf.certificate().der());
    let sent: Vec<CertificateDer<'_>> =
        intermediates(question).map(|(_, member)| CertificateDer::from(member.certificate().der())).collect();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(question.at.unix()).unwrap_or_default()));
    let algorithms = algorithms(policy.algorithms);
    let outcome = EndEntityCert::try_from(&der).and_then(|end| {
        let path = end.verify_for_usage(&algorithms, &list, &sent, now, KeyUsage::server_auth(), None, None)?;
        let mut hops = vec![Hop { member: Arc::clone(leaf), from: From::Sent(0) }];
        for certificate in path.intermediate_certificates() {
            let found =
                intermediates(question).find(|(_, member)| member.certificate().der() == certificate.der().as_ref());
            hops.extend(found.map(|(from, member)| Hop { member: Arc::clone(member), from }));
        }
        let end_anchor = path.anchor();
        if let Some((From::Pool(at), _)) = trusted.iter().find(|(_, anchor)| *anchor == *end_anchor) {
            hops.push(Hop { member: Arc::clone(&pool.anchors[*at].member), from: From::Pool(*at) });
        }
        if let Some(name) = &question.name {
            let asked = match name {
                ServerName::Dns(name) => Asked::try_from(name.as_str()).map_err(|_| Error::UnsupportedNameType)?,
                ServerName::Ip(address) => Asked::IpAddress((*address).into()),
            };
            end.verify_is_valid_for_subject_name(&asked)?;
        }
        match super::walk::handshake_fault(leaf, *policy) {
            Some(Fault::SignatureBad) => return Err(Error::InvalidSignatureForPublicKey),
            // Not the library's affair: there is no handshake, and so none of its errors.
            Some(fault) => return Ok(Err(fault)),
            None => {}
        }
        Ok(Ok(hops))
    });
    match outcome {
        Ok(Err(fault)) => {
            let located = Located { fault, depth: 0 };
            explained.behind.retain(|behind| *behind != located);
            let text = "received fatal alert: HandshakeFailure".to_owned();
            explained.verdict = Verdict::Refuses { fault: located, printed: printed(text) };
        }
        Ok(Ok(hops)) => {
            explained.verdict = Verdict::Accepts;
            explained.path = hops;
            explained.behind.clear();
        }
        Err(error) => {
            let is_address = matches!(question.name, Some(ServerName::Ip(_)));
            let fault = fault(&error, is_address);
            // Where the walk met the same fault it knows the place.
            let walked = match &explained.verdict {
                Verdict::Refuses { fault, .. } => Some(*fault),
                _ => None,
            };
            let all = walked.into_iter().chain(explained.behind.iter().copied());
            let located = all.into_iter().find(|located| located.fault == fault);
            let located = located.unwrap_or(Located { fault, depth: 0 });
            explained.behind.retain(|behind| *behind != located);
            if let Some(walked) = walked.filter(|walked| *walked != located) {
                explained.behind.insert(0, walked);
            }
            explained.verdict = Verdict::Refuses { fault: located, printed: printed(text(&error)) };
        }
    }
}

/// What the provider brings (`SUPPORTED_SIG_ALGS`, rustls src/crypto/*/mod.rs).
fn algorithms(list: Algorithms) -> Vec<&'static dyn SignatureVerificationAlgorithm> {
    let mut all = vec![
        aws_lc_rs::ECDSA_P256_SHA256,
        aws_lc_rs::ECDSA_P256_SHA384,
        aws_lc_rs::ECDSA_P384_SHA256,
        aws_lc_rs::ECDSA_P384_SHA384,
        aws_lc_rs::ED25519,
        aws_lc_rs::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        aws_lc_rs::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        aws_lc_rs::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
        aws_lc_rs::RSA_PKCS1_2048_8192_SHA256,
        aws_lc_rs::RSA_PKCS1_2048_8192_SHA384,
        aws_lc_rs::RSA_PKCS1_2048_8192_SHA512,
        aws_lc_rs::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
        aws_lc_rs::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
        aws_lc_rs::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    ];
    if list != Algorithms::Ring {
        all.extend([
            aws_lc_rs::ECDSA_P256_SHA512,
            aws_lc_rs::ECDSA_P384_SHA512,
            aws_lc_rs::ECDSA_P521_SHA256,
            aws_lc_rs::ECDSA_P521_SHA384,
            aws_lc_rs::ECDSA_P521_SHA512,
        ]);
    }
    if list == Algorithms::AwsLc {
        all.extend([aws_lc_rs::ML_DSA_44, aws_lc_rs::ML_DSA_65, aws_lc_rs::ML_DSA_87]);
    }
    all
}

/// The library's error as one of ours.
fn fault(error: &Error, is_address: bool) -> Fault {
    match error {
        Error::UnknownIssuer => Fault::IssuerNotFound,
        Error::CertExpired { .. } | Error::InvalidCertValidity => Fault::Expired,
        Error::CertNotValidYet { .. } => Fault::NotYetValid,
        Error::InvalidSignatureForPublicKey => Fault::SignatureBad,
        Error::UnsupportedSignatureAlgorithmContext(_) | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            Fault::AlgorithmUnsupported
        }
        Error::CaUsedAsEndEntity => Fault::LeafIsCa,
        Error::EndEntityUsedAsCa => Fault::NotCa,
        Error::PathLenConstraintViolated => Fault::PathLength,
        Error::NameConstraintViolation => Fault::NameNotPermitted,
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => Fault::PurposeUnsuitable,
        Error::UnsupportedCriticalExtension => Fault::CriticalUnknown,
        Error::UnsupportedCertVersion => Fault::VersionUnsupported,
        Error::SignatureAlgorithmMismatch => Fault::AlgorithmMismatch,
        Error::InvalidSerialNumber => Fault::SerialUnacceptable,
        Error::BadDerTime => Fault::NotAfterMalformed,
        Error::MalformedNameConstraint | Error::InvalidNetworkMaskConstraint => Fault::ConstraintMalformed,
        Error::MalformedDnsIdentifier => Fault::ConstrainedNameMalformed,
        Error::MaximumPathDepthExceeded => Fault::PathTooLong,
        Error::MaximumSignatureChecksExceeded
        | Error::MaximumPathBuildCallsExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => Fault::LimitReached,
        Error::CertNotValidForName(_) | Error::UnsupportedNameType => {
            if is_address {
                Fault::AddressMismatch
            } else {
                Fault::HostMismatch
            }
        }
        _ => Fault::Malformed,
    }
}

/// The text of rustls' error (`pki_error`, src/webpki/mod.rs; `Display`, src/error.rs).
fn text(error: &Error) -> String {
    let inner = match error {
        Error::BadDer | Error::BadDerTime | Error::TrailingData(_) => "BadEncoding".to_owned(),
        Error::CertExpired { time, not_after } => {
            let (time, after) = (time.as_secs(), not_after.as_secs());
            format!(
                "certificate expired: verification time {time} (UNIX), but certificate is not valid after {after} ({} seconds \
                 ago)",
                time.saturating_sub(after)
            )
        }
        Error::CertNotValidYet { time, not_before } => {
            let (time, before) = (time.as_secs(), not_before.as_secs());
            format!(
                "certificate not valid yet: verification time {time} (UNIX), but certificate is not valid before {before} ({} \
                 seconds in future)",
                before.saturating_sub(time)
            )
        }
        Error::InvalidCertValidity => "Expired".to_owned(),
        Error::UnknownIssuer => "UnknownIssuer".to_owned(),
        Error::CertNotValidForName(context) => {
            let asked = context.expected.to_str();
            let presented = &context.presented;
            let valid = match presented.split_last() {
                None => "is not valid for any names (according to its subjectAltName extension)".to_owned(),
                Some((only, [])) => format!("is only valid for {only}"),
                Some((last, others)) => format!("is only valid for {} or {last}", others.join(", ")),
            };
            format!("certificate not valid for name {asked:?}; certificate {valid}")
        }
        Error::InvalidSignatureForPublicKey => "BadSignature".to_owned(),
        Error::UnsupportedSignatureAlgorithmContext(context) => {
            format!(
                "UnsupportedSignatureAlgorithmContext {{ signature_algorithm_id: {:?} }}",
                context.signature_algorithm_id
            )
        }
        Error::UnsupportedSignatureAlgorithmForPublicKeyContext(context) => format!(
            "UnsupportedSignatureAlgorithmForPublicKeyContext {{ signature_algorithm_id: {:?}, public_key_algorithm_id: {:?} }}",
            context.signature_algorithm_id, context.public_key_algorithm_id
        ),
        Error::RequiredEkuNotFoundContext(context) => {
            let purpose = |arcs: &[usize]| match arcs {
                KeyUsage::SERVER_AUTH_REPR => "server authentication".to_owned(),
                KeyUsage::CLIENT_AUTH_REPR => "client authentication".to_owned(),
                other => other.iter().map(usize::to_string).collect::<Vec<_>>().join(", "),
            };
            let present: Vec<String> = context.present.iter().map(|arcs| purpose(arcs)).collect();
            format!(
                "certificate does not allow extended key usage for server authentication, allows {}",
                present.join(", ")
            )
        }
        other => format!("Other(OtherError({other:?}))"),
    };
    format!("invalid peer certificate: {inner}")
}
