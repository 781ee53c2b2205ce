//! Settings that hold for some servers alone, and whether one server is among them: each program has its own way of
//! naming a server and of telling two of them apart.
//!
//! Only HTTPS is asked about. What a server is asked for (the path, the user) is not known here: where that decides,
//! the answer is none.

/// The port of HTTPS.
const HTTPS: u16 = 443;

/// A server that clients are asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Server {
    /// The name or the address, as clients name it; `None` where a chain came without one.
    pub host: Option<String>,
    /// The port; `None` where a chain came from no connection.
    pub port: Option<u16>,
}

/// How the value of a setting names servers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Names {
    /// It names none: the setting holds for all of them.
    #[default]
    None,
    /// By names of repositories, which stand elsewhere.
    Repositories,
    /// By host and port, as URLs have them.
    Authorities,
    /// By hosts, as pip's `--trusted-host` has them.
    Pip,
    /// By hosts, as uv's `allow-insecure-host` has them.
    Uv,
    /// By the beginnings of URLs, as git's `http.<url>.*` has them. Their reader matches them.
    Urls,
}

/// How well a URL of git's configuration names a server: the longer host before the longer path (`cmp_matches`,
/// urlmatch.c). A path longer than `/` is not matched here.
pub type Rank = usize;

/// Whether git's URL is that of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fits {
    /// It is, so well.
    Yes(Rank),
    /// It is not.
    No,
    /// What is asked for decides.
    Depends,
}

impl Server {
    /// Whether a list of names has this server among them; `None` where that is not known.
    #[must_use]
    pub fn is_named(&self, names: Names, list: &str) -> Option<bool> {
        // pip takes a comma for a part of a name.
        let separates = |c: char| c.is_whitespace() || (c == ',' && names != Names::Pip);
        let words = || list.split(separates).filter(|word| !word.is_empty());
        let one: fn(&Self, &str) -> Option<bool> = match names {
            Names::Pip => Self::pip,
            Names::Uv => Self::uv,
            Names::Authorities => |server, word| server.is_at(&format!("https://{word}")),
            Names::None | Names::Repositories | Names::Urls => return None,
        };
        let answers: Vec<_> = words().map(|word| one(self, word)).collect();
        if answers.contains(&Some(true)) {
            return Some(true);
        }
        if answers.contains(&None) { None } else { Some(false) }
    }

    /// pip: `https://HOST/` and `https://HOST:` are prefixes of a URL, or `https://HOST:PORT/` where a port is named
    /// (`PipSession.add_trusted_host`, 23.0 to 26.1, and requests' `get_adapter`, which ignores case). The port of
    /// HTTPS is in a URL or not.
    fn pip(&self, word: &str) -> Option<bool> {
        let is_bare_address = word.matches(':').count() >= 2 && !word.contains(['@', '[']);
        let (host, port) = if is_bare_address { (word, None) } else { split_port(word) };
        if !self.is_host(host, true)? {
            return Some(false);
        }
        let Some(port) = port else { return Some(true) };
        let Ok(port) = port.parse::<u16>() else { return Some(false) };
        match self.port {
            Some(own) if own != port => Some(false),
            Some(HTTPS) | None => None,
            Some(_) => Some(true),
        }
    }

    /// uv: `*`, or a host with a scheme and a port if they are named, in the case it is written in
    /// (`TrustedHost::matches`, crates/uv-configuration/src/trusted_host.rs; held against 0.5 to 0.13). A URL has no
    /// port where it is that of its scheme.
    fn uv(&self, word: &str) -> Option<bool> {
        if word == "*" {
            return Some(true);
        }
        if word.starts_with("http://") {
            return Some(false);
        }
        let rest = word.strip_prefix("https://").unwrap_or(word);
        let rest = rest.split('/').next().unwrap_or(rest);
        let (host, port) = split_port(rest);
        if !self.is_host(host, false)? {
            return Some(false);
        }
        let Some(port) = port else { return Some(true) };
        let Ok(port) = port.parse::<u16>() else { return Some(false) };
        self.port.map(|own| own == port && own != HTTPS)
    }

    /// A repository at a URL: at this server, whatever its path is.
    #[must_use]
    pub fn is_at(&self, url: &str) -> Option<bool> {
        match self.git(url, true) {
            Fits::Yes(_) => Some(true),
            Fits::No => Some(false),
            Fits::Depends => None,
        }
    }

    /// Whether this server is below a URL of git's configuration (`url_normalize` and `match_urls`, urlmatch.c).
    #[must_use]
    pub fn is_below(&self, url: &str) -> Fits {
        self.git(url, false)
    }

    fn git(&self, url: &str, any_path: bool) -> Fits {
        let Some((scheme, rest)) = url.split_once("://") else { return Fits::No };
        if !scheme.eq_ignore_ascii_case("https") {
            return Fits::No;
        }
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, authority) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        if authority.contains('%') {
            return Fits::Depends;
        }
        let (host, port) = split_port(authority);
        let port = match port.filter(|port| !port.is_empty()).map(str::parse::<u16>) {
            None => HTTPS,
            Some(Ok(port)) => port,
            Some(Err(_)) => return Fits::No,
        };
        match self.host.as_deref().map(|own| is_glob_of(host, own)) {
            Some(false) => return Fits::No,
            Some(true) if self.port.is_some_and(|own| own != port) => return Fits::No,
            Some(true) if self.port.is_some() => {}
            _ => return Fits::Depends,
        }
        // Any user may be asked as; without one in the setting, or where it does not matter, all are.
        let is_whole = any_path || (user.is_none() && matches!(path, "" | "/"));
        if is_whole { Fits::Yes(host.len()) } else { Fits::Depends }
    }

    /// Whether a host is this server's; `None` where this one has no name.
    fn is_host(&self, host: &str, ignore_case: bool) -> Option<bool> {
        let own = self.host.as_deref()?;
        let bare = |text: &str| text.trim_start_matches('[').trim_end_matches(']').to_owned();
        let (own, host) = (bare(own), bare(host));
        // A URL is in lower case before uv compares it, the setting is not (the URL Standard, 3.5).
        Some(if ignore_case { own.eq_ignore_ascii_case(&host) } else { own.to_ascii_lowercase() == host })
    }
}

/// A host and what stands behind its colon.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// Whether a host is meant by one in which a label may have wildcards (`match_host`, urlmatch.c), which passes over a dot
/// at the end of either.
fn is_glob_of(pattern: &str, host: &str) -> bool {
    let whole = |name: &'_ str| name.strip_suffix('.').unwrap_or(name).to_owned();
    let (pattern, host) = (whole(pattern), whole(host));
    let labels = |text: &str| text.to_ascii_lowercase().split('.').map(str::to_owned).collect::<Vec<_>>();
    let (pattern, host) = (labels(&pattern), labels(&host));
    // A label is all of a wildcard, or stands for itself.
    pattern.len() == host.len()
        && pattern.iter().zip(&host).all(|(glob, label)| glob == label || (glob == "*" && !label.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str, port: u16) -> Server {
        Server { host: Some(host.to_owned()), port: Some(port) }
    }

    /// Each as pip 23.0.1 does, asked for `https://localhost:4431/simple/`.
    #[test]
    fn pip_compares_the_beginning_of_a_url() {
        let of = |list: &str| server("localhost", 4431).is_named(Names::Pip, list);
        for list in ["localhost", "localhost:4431", "LOCALHOST", "other, localhost"] {
            assert_eq!(of(list), Some(true), "{list}");
        }
        for list in ["other,localhost", "localhost,other", "localhost:443", "https://localhost", "other", "calhost"] {
            assert_eq!(of(list), Some(false), "{list}");
        }
        assert_eq!(server("localhost", 443).is_named(Names::Pip, "localhost:443"), None);
        assert_eq!(server("::1", 4431).is_named(Names::Pip, "::1"), Some(true));
        assert_eq!(server("::1", 4431).is_named(Names::Pip, "[::1]:4431"), Some(true));
        let nameless = Server::default();
        assert_eq!(nameless.is_named(Names::Pip, "localhost"), None);
        let portless = Server { port: None, ..server("localhost", 0) };
        assert_eq!(portless.is_named(Names::Pip, "localhost"), Some(true));
        assert_eq!(portless.is_named(Names::Pip, "localhost:4431"), None);
    }

    /// Each as uv 0.5.31, 0.9.9 and 0.13 do, asked for the same.
    #[test]
    fn uv_compares_host_scheme_and_port() {
        let of = |list: &str| server("localhost", 4431).is_named(Names::Uv, list);
        for list in ["localhost", "localhost:4431", "https://localhost", "*", "other localhost"] {
            assert_eq!(of(list), Some(true), "{list}");
        }
        for list in ["LOCALHOST", "localhost:4432", "http://localhost", "other"] {
            assert_eq!(of(list), Some(false), "{list}");
        }
        assert_eq!(server("localhost", 443).is_named(Names::Uv, "localhost:443"), Some(false));
    }

    /// Each as git 2.39.5 does, asked for `https://localhost:4431/r`.
    #[test]
    fn git_compares_urls() {
        let of = |url: &str| server("localhost", 4431).is_below(url);
        for url in [
            "https://localhost:4431/",
            "https://localhost:4431",
            "HTTPS://LOCALHOST:4431/",
            "https://*:4431/",
            "https://localhost.:4431/",
        ] {
            assert!(matches!(of(url), Fits::Yes(_)), "{url}");
        }
        for url in [
            "https://localhost/",
            "http://localhost:4431/",
            "localhost:4431",
            "https://other:4431/",
            "https://localhost..:4431/",
        ] {
            assert_eq!(of(url), Fits::No, "{url}");
        }
        for url in ["https://localhost:4431/r", "https://me@localhost:4431/"] {
            assert_eq!(of(url), Fits::Depends, "{url}");
        }
        let default = server("git.example.org", 443);
        assert!(matches!(default.is_below("https://git.example.org"), Fits::Yes(_)));
        assert!(matches!(default.is_below("https://*.example.org:443/"), Fits::Yes(_)));
        assert_eq!(default.is_below("https://*.org/"), Fits::No);
        assert!(Server::default().is_below("https://git.example.org") == Fits::Depends);
        assert_eq!(default.is_at("https://git.example.org/simple/"), Some(true));
    }
}
