//! What the user can do about each thing that can go wrong, in the words of the options there are.

use super::alert;
use super::error::Reason;
use super::options::Versions;
use super::said::Said;
use super::sniff::Speaks;
use super::wire::Stage;

const WANTS_A_NAME: &str = "the server may want a name: leave out --no-sni, or name it and its address by --connect";

impl Reason {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Resolve { .. } => "look for a typing error, or name an address with --connect",
            Self::ResolveLate { .. } => "see resolv.conf(5), or name an address with --connect",
            Self::Refused { .. } => "look whether the server runs and whether this is its port",
            Self::ConnectLate { .. } => {
                "a firewall may drop what is sent there; if others get there by a proxy, name it with --proxy"
            }
            Self::Connect { .. } | Self::Failed { .. } => return None,
            Self::Silent { stage: Stage::StartTls(_), received: 0, .. } => {
                "if the server expects TLS from the first octet, say --starttls none"
            }
            Self::Silent { stage: Stage::Tls, received: 0, .. } | Self::Closed { stage: Stage::Tls, received: 0 } => {
                "if the server speaks another protocol before TLS, name it with --starttls; it may also want a name, or none (--no-sni)"
            }
            Self::Closed { stage: Stage::Proxy, .. } | Self::Silent { stage: Stage::Proxy, .. } => {
                "look whether that is a proxy, and one for HTTPS"
            }
            Self::Silent { .. } | Self::Late { .. } => "try again later, or with more time",
            Self::Closed { .. } => return None,
            Self::TooMuch { .. } | Self::LongLine { .. } => "look whether that is the server you mean",
            Self::Unexpected { stage: Stage::StartTls(_), said, .. } if said.is_tls() => {
                "the server speaks TLS from the first octet: say --starttls none"
            }
            Self::Unexpected { stage: Stage::StartTls(_), .. } => {
                "name the protocol that this port speaks with --starttls, or say --starttls none"
            }
            Self::Unexpected { .. } => "look whether that is a proxy, and one for HTTPS",
            Self::NotTls { speaks: Some(Speaks::Http), .. } => "that is plain HTTP; name the port of HTTPS, mostly 443",
            Self::NotTls { .. } => {
                "look whether that is the port you mean; if it begins TLS when asked to, name its protocol with --starttls"
            }
            Self::WantsStartTls { dialect, .. } => return Some(format!("say --starttls {}", dialect.name())),
            Self::StartTlsNotOffered { .. } => "the server has TLS turned off, or offers it at another port",
            Self::StartTlsRefused { .. } => "the server says why; its log may say more",
            Self::ProxyRefused { status: 407, schemes, logged_in, .. } => return Some(log_in(schemes, *logged_in)),
            Self::ProxyRefused { .. } => {
                "the proxy's administrator decides where it leads; NO_PROXY or --proxy none goes there directly"
            }
            Self::Version { offered: Versions::Both, .. } => {
                "TLS 1.1 and older cannot be spoken here; save the chain with `openssl s_client -showcerts -tls1_1 -cipher ALL:@SECLEVEL=0` and name that file"
            }
            Self::Version { .. } => "leave out the option that allows one version only",
            Self::NothingInCommon { server_name: None, .. } => WANTS_A_NAME,
            Self::NothingInCommon { .. } => {
                "the server may have RSA key exchange only, which is not done here, or no certificate that it can use; if `openssl s_client -showcerts` gets the chain, save it and name that file"
            }
            Self::Alert { alert: alert::UNRECOGNIZED_NAME, server_name: Some(_), .. } => {
                "the server has nothing for that name; --no-sni asks for what it presents without one"
            }
            Self::Alert { server_name: None, .. } => WANTS_A_NAME,
            Self::Alert { .. } | Self::Tls { .. } => return None,
            Self::NoCertificate => "TLS without certificates is nothing that a client here would accept",
            Self::TooManyCertificates { .. } => "look at what the server is configured to send",
            // OpenSSL takes 100 KiB (SSL_MAX_CERT_LIST_DEFAULT, ssl.h).
            Self::TooLarge => {
                "look at what the server is configured to send; to see it, save it with `openssl s_client -showcerts` and name that file"
            }
            Self::ServerName { .. } => "--no-sni connects without sending a name",
        };
        Some(hint.to_owned())
    }
}

/// Schemes of a login that are named. Proxies offer three at most; a hostile one fills its answer with them.
const NAMED: usize = 4;

/// How to log in at a proxy that wants it.
fn log_in(schemes: &[Said], logged_in: bool) -> String {
    let is_basic = |said: &Said| said.octets().to_ascii_lowercase().starts_with(b"basic");
    if !schemes.is_empty() && !schemes.iter().any(is_basic) {
        let names: Vec<String> = schemes.iter().take(NAMED).map(ToString::to_string).collect();
        let more = match schemes.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        return format!(
            "this proxy wants {}{more}, of which none can be done here; save the chain and name that file",
            names.join(", ")
        );
    }
    match logged_in {
        true => "the proxy does not accept this user and password; write % and other signs in them as %25 …".to_owned(),
        false => "write user and password into the proxy's URL: http://USER:PASSWORD@HOST:PORT".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_that_wants_more_is_told_apart() {
        let schemes = |names: &[&str]| names.iter().map(|name| Said::new(name.as_bytes())).collect::<Vec<_>>();
        assert!(log_in(&schemes(&["Negotiate", "NTLM"]), true).contains("\"NTLM\""));
        assert!(log_in(&schemes(&["NTLM", "Basic realm=x"]), true).contains("does not accept"));
        assert!(log_in(&[], false).contains("USER:PASSWORD"));
        let flood = log_in(&schemes(&["NTLM"; 3000]), false);
        assert!(flood.len() < 200 && flood.contains("and 2996 more"), "{flood}");
    }
}
