//! What a store says of a certificate, in one form for all formats.
//!
//! A keystore that is written anew in another format, or entries in another order, say the same and are to
//! compare equal. So what every format can say is brought into one order, and what only means "trusted for
//! everything" (a PEM block, a trusted entry of a keystore) is not said at all.

use crate::model::trust::{ANY_PURPOSE, SERVER_AUTH};
use crate::model::{Limited, Names, Oid, Purposes, Ruling, Trust, words};
use std::collections::BTreeSet;
use std::fmt;

/// What a store says of one certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// As an anchor for TLS servers.
    pub servers: Servers,
    /// In full, in the words of this file; nothing where it is trusted for everything.
    pub says: BTreeSet<String>,
}

/// What is said of a certificate as an anchor for TLS servers, from least to most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Servers {
    /// It is refused wherever it stands.
    Refused,
    /// It may stand in a chain and is no anchor.
    NoAnchor,
    /// It is an anchor for some names, or for what was issued before a date.
    Limited,
    /// It is an anchor.
    #[default]
    Trusted,
}

impl Servers {
    /// Every one, with the word for it.
    pub const WORDS: [(Self, &'static str); 4] = [
        (Self::Refused, "refused"),
        (Self::NoAnchor, "no-anchor"),
        (Self::Limited, "limited"),
        (Self::Trusted, "trusted"),
    ];

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(servers, _)| *servers == self).map_or("trusted", |(_, word)| word)
    }

    fn of(trust: &Trust) -> Self {
        let is_limited = |limited: &Limited| limited.names.is_some() || limited.server_distrusted_after().is_some();
        match trust {
            _ if trust.distrusts_server() => Self::Refused,
            _ if !trust.allows_server() => Self::NoAnchor,
            Trust::Limited(limited) if is_limited(limited) => Self::Limited,
            _ => Self::Trusted,
        }
    }
}

impl Said {
    /// What one entry says.
    #[must_use]
    pub fn new(trust: &Trust) -> Self {
        let says = match trust {
            Trust::Unstated | Trust::Trusted => BTreeSet::new(),
            Trust::Present => ["present".to_owned()].into(),
            Trust::Distrusted => ["distrusted".to_owned()].into(),
            Trust::Purposes(purposes) => of_purposes(purposes),
            Trust::Limited(limited) => of_limited(limited),
        };
        Self { servers: Servers::of(trust), says }
    }

    /// Takes in what another entry for the same certificate says: a refusal counts most, then what allows
    /// most, in any order of the two.
    pub fn add(&mut self, other: Self) {
        let refused = self.servers == Servers::Refused || other.servers == Servers::Refused;
        self.servers = if refused { Servers::Refused } else { self.servers.max(other.servers) };
        self.says.extend(other.says);
    }

    /// Whether nothing limits it.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// What a store says, in words for people: of servers, then what else there is to it. `in_full` has the words of
/// every rule.
#[must_use]
pub fn words(servers: Servers, says: &BTreeSet<String>, in_full: bool) -> String {
    let first = match servers {
        Servers::Refused => "refused for TLS servers",
        Servers::NoAnchor => "no anchor for TLS servers",
        Servers::Limited => "trusted for TLS servers within limits",
        Servers::Trusted => "trusted for TLS servers",
    };
    let own = match servers {
        Servers::Refused => format!("refused for {SERVER_AUTH}"),
        Servers::NoAnchor => format!("no anchor for {SERVER_AUTH}"),
        Servers::Limited | Servers::Trusted => format!("trusted for {SERVER_AUTH}"),
    };
    // That it is trusted for these purposes and no others is said by naming them.
    let is_said = |text: &&String| !in_full && (**text == own || *text == "no anchor for other purposes");
    let named = |text: &String| {
        let words: Vec<&str> = text.split(' ').map(words::identifier).collect();
        words.join(" ")
    };
    let rest: Vec<String> = says.iter().filter(|text| !is_said(text)).map(named).collect();
    if rest.is_empty() { first.to_owned() } else { format!("{first} ({})", rest.join("; ")) }
}

/// Two things that are said, in words that tell them apart.
#[must_use]
pub fn words_of_both(then: &Said, now: &Said) -> (String, String) {
    let both = |in_full| (words(then.servers, &then.says, in_full), words(now.servers, &now.says, in_full));
    let short = both(false);
    if short.0 == short.1 { both(true) } else { short }
}

/// `trusted`, `refused: distrusted`.
impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.servers.word())?;
        for (place, text) in self.says.iter().enumerate() {
            write!(f, "{} {text}", if place == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

fn of_purposes(purposes: &Purposes) -> BTreeSet<String> {
    let list = |word: &str, list: &Option<Vec<Oid>>| {
        let list = list.as_ref()?;
        let mut names: Vec<String> = list.iter().map(ToString::to_string).collect();
        names.sort();
        names.dedup();
        Some(format!("{word} {}", if names.is_empty() { "nothing".to_owned() } else { names.join(" ") }))
    };
    [list("trusted for", &purposes.trust), list("refused for", &purposes.reject)].into_iter().flatten().collect()
}

fn of_limited(limited: &Limited) -> BTreeSet<String> {
    // The first purpose that fits counts, and what fits every purpose decides for the rest.
    let any = limited.purposes.iter().find(|(oid, _)| *oid == ANY_PURPOSE);
    let rest = any.map_or(limited.otherwise, |(_, ruling)| *ruling);
    let named = limited.purposes.iter().map(|(oid, _)| *oid).filter(|oid| *oid != ANY_PURPOSE);
    let named: BTreeSet<Oid> = named.filter(|oid| limited.ruling(*oid) != rest).collect();
    let mut says: BTreeSet<String> =
        named.into_iter().map(|oid| format!("{} {oid}", ruled(limited.ruling(oid)))).collect();
    if rest != Ruling::Trusted || !says.is_empty() {
        says.insert(format!("{} other purposes", ruled(rest)));
    }
    says.extend(limited.distrusted_after.iter().map(|(oid, when)| format!("refused if issued after {when} for {oid}")));
    match &limited.names {
        None => {}
        Some(Names::Constraints(der)) => {
            let hex: String = der.iter().map(|octet| format!("{octet:02x}")).collect();
            says.insert(format!("name constraints {hex}"));
        }
        Some(Names::Permitted { dns, networks }) => {
            says.extend(dns.iter().map(|name| format!("only for {}", name.raw())));
            says.extend(networks.iter().map(|network| format!("only for {network}")));
        }
    }
    says
}

const fn ruled(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Trusted => "trusted for",
        Ruling::Present => "no anchor for",
        Ruling::Distrusted => "refused for",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::model::trust::EMAIL_PROTECTION;

    fn limited(purposes: &[(Oid, Ruling)], otherwise: Ruling) -> Limited {
        Limited { purposes: purposes.to_vec(), otherwise, ..Limited::default() }
    }

    fn said(limited: Limited) -> String {
        Said::new(&Trust::Limited(Box::new(limited))).to_string()
    }

    #[test]
    fn formats_that_mean_the_same_say_the_same() {
        assert_eq!(Said::new(&Trust::Unstated), Said::new(&Trust::Trusted));
        assert!(Said::new(&Trust::Unstated).is_plain());
        let everything = limited(&[(ANY_PURPOSE, Ruling::Trusted)], Ruling::Present);
        assert_eq!(said(everything), "trusted");
        let (server, email) = ((SERVER_AUTH, Ruling::Trusted), (EMAIL_PROTECTION, Ruling::Trusted));
        let one = limited(&[server, email], Ruling::Present);
        let other = limited(&[email, server, (SERVER_AUTH, Ruling::Distrusted)], Ruling::Present);
        assert_eq!(said(one.clone()), said(other));
        assert_eq!(
            said(one),
            "trusted: no anchor for other purposes; trusted for 1.3.6.1.5.5.7.3.1; trusted for 1.3.6.1.5.5.7.3.4"
        );
    }

    #[test]
    fn what_limits_it_is_told() {
        assert_eq!(Said::new(&Trust::Distrusted).to_string(), "refused: distrusted");
        assert_eq!(Said::new(&Trust::Present).to_string(), "no-anchor: present");
        let purposes = Purposes { trust: Some(vec![]), reject: Some(vec![SERVER_AUTH]), alias: None };
        let said_purposes = Said::new(&Trust::Purposes(Box::new(purposes))).to_string();
        assert_eq!(said_purposes, "refused: refused for 1.3.6.1.5.5.7.3.1; trusted for nothing");
        let dated = Limited {
            distrusted_after: vec![(SERVER_AUTH, Timestamp::from_unix(0))],
            ..limited(&[(ANY_PURPOSE, Ruling::Trusted)], Ruling::Present)
        };
        assert_eq!(said(dated), "limited: refused if issued after 1970-01-01T00:00:00Z for 1.3.6.1.5.5.7.3.1");
    }

    #[test]
    fn people_read_names_of_purposes() {
        let (server, email) = ((SERVER_AUTH, Ruling::Trusted), (EMAIL_PROTECTION, Ruling::Trusted));
        let of = |purposes: &[(Oid, Ruling)]| Said::new(&Trust::Limited(Box::new(limited(purposes, Ruling::Present))));
        let told = words_of_both(&of(&[server]), &of(&[email]));
        let told = (told.0.as_str(), told.1.as_str());
        assert_eq!(told, ("trusted for TLS servers", "no anchor for TLS servers (trusted for emailProtection)"));
        // What differs in what is mostly left out is told.
        let told = words_of_both(&Said::new(&Trust::Trusted), &of(&[server]));
        let all = "trusted for TLS servers (no anchor for other purposes; trusted for serverAuth)";
        assert_eq!((told.0.as_str(), told.1.as_str()), ("trusted for TLS servers", all));
    }

    #[test]
    fn two_entries_say_the_same_in_any_order() {
        let all = [Trust::Unstated, Trust::Present, Trust::Distrusted, Trust::Trusted];
        for one in &all {
            for other in &all {
                let (mut there, mut back) = (Said::new(one), Said::new(other));
                there.add(Said::new(other));
                back.add(Said::new(one));
                assert_eq!(there, back);
            }
        }
        let mut said = Said::new(&Trust::Unstated);
        said.add(Said::new(&Trust::Distrusted));
        assert_eq!(said.servers, Servers::Refused);
    }
}
