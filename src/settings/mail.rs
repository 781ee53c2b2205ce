//! What programs of mail are told: msmtp's accounts, Mutt's `set`, fetchmail's servers, Postfix's main.cf.

use super::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The options of msmtp that are told: accounts inherit them, and a file of many accounts below many options would be
/// the product of both.
const OF_MSMTP: &[&str] = &["tls_trust_file", "tls_certcheck"];

/// Options with their values, which accounts share that inherit them.
type Options = BTreeMap<&'static str, Arc<Value>>;

/// An account of msmtp: its options, those of the accounts it builds on and the defaults among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its options with their values: `tls_trust_file` and `tls_certcheck`.
    pub options: Options,
}

/// The accounts of a configuration of msmtp, in order (msmtp(1), "CONFIGURATION FILES"; seen of 1.8.23: a value may stand
/// in double quotes, and no comment stands behind one).
#[must_use]
pub fn msmtp(text: &str) -> Vec<Account> {
    let mut defaults = Options::new();
    let mut accounts: Vec<Account> = Vec::new();
    // The first of a name.
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut is_defaults = false;
    for (line, text) in numbered(text) {
        let (command, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        match command {
            "defaults" => {
                is_defaults = true;
                defaults.clear();
            }
            "account" => {
                is_defaults = false;
                let (name, bases) = rest.split_once(':').unwrap_or((rest, ""));
                let mut options = defaults.clone();
                for base in bases.split(',').map(str::trim) {
                    let base = known.get(base).and_then(|at| accounts.get(*at));
                    options.extend(base.map(|account| account.options.clone()).unwrap_or_default());
                }
                let name = name.trim().to_owned();
                known.entry(name.clone()).or_insert(accounts.len());
                accounts.push(Account { name, options });
            }
            _ => {
                let value = rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(rest);
                let Some(option) = OF_MSMTP.iter().find(|option| **option == command) else { continue };
                let value = Arc::new(Value { text: value.to_owned(), line });
                match accounts.last_mut().filter(|_| !is_defaults) {
                    Some(account) => _ = account.options.insert(option, value),
                    // There an empty value is what holds anyway; in an account it is one.
                    None if value.text.is_empty() => _ = defaults.remove(option),
                    None => _ = defaults.insert(option, value),
                }
            }
        }
    }
    accounts
}

/// One command of a muttrc that is of use here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mutt {
    /// A variable that is set.
    Set(String, Value),
    /// A file that is read where it is named; one whose name ends in `|` is a program.
    Source(String),
}

/// The commands `set` and `source` of a muttrc, in order (mutt(1), "MUTTRC"). `unset NAME` sets it to nothing.
#[must_use]
pub fn mutt(text: &str) -> Vec<Mutt> {
    let mut found = Vec::new();
    for (line, text) in numbered(text) {
        for words in commands(text) {
            let [command, rest @ ..] = words.as_slice() else { continue };
            match command.as_str() {
                "source" => found.extend(rest.first().map(|file| Mutt::Source(file.clone()))),
                "unset" | "reset" => {
                    let nothing = |name: &String| Mutt::Set(name.clone(), Value { text: String::new(), line });
                    found.extend(rest.iter().map(nothing));
                }
                "set" => found.extend(rest.iter().map(|word| {
                    let (name, value) = match (word.split_once('='), word.strip_prefix("no")) {
                        (Some((name, value)), _) => (name, value),
                        (None, Some(name)) => (name, "no"),
                        (None, None) => (word.as_str(), "yes"),
                    };
                    Mutt::Set(name.to_owned(), Value { text: value.to_owned(), line })
                })),
                _ => {}
            }
        }
    }
    found
}

/// The words of each command of a line of a muttrc, those on both sides of `=` as one.
fn commands(line: &str) -> Vec<Vec<String>> {
    let (mut commands, mut words, mut word): (Vec<Vec<String>>, Vec<String>, Option<String>) = Default::default();
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(letters.next()),
            (letter, Some(open)) if letter == open => quote = None,
            (letter, Some(_)) => word.get_or_insert_default().push(letter),
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (';', None) => {
                words.extend(word.take());
                commands.push(std::mem::take(&mut words));
            }
            ('#', None) if word.is_none() => break,
            ('=', None) if word.is_none() => word = words.pop().map(|name| name + "="),
            (letter, None) if letter.is_whitespace() => {
                // A value may stand apart from its `=`.
                if word.as_ref().is_none_or(|word| !word.ends_with('=')) {
                    words.extend(word.take());
                }
            }
            (letter, None) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    commands.push(words);
    commands
}

/// A server that fetchmail polls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Polled {
    /// The host that it reaches: that of `via`, else its name.
    pub host: String,
    /// The file of authorities, if one is named; servers share that of the defaults.
    pub certificates: Option<Arc<Value>>,
    /// The directory, likewise.
    pub directory: Option<Arc<Value>>,
    /// Whether the server's certificate is checked; it is unless something is said (since 6.4).
    pub checks: Option<(bool, u64)>,
}

/// The servers of a fetchmailrc, each with what `defaults` before it say (fetchmail(1), "THE RUN CONTROL FILE"; seen of
/// 6.4.37). Of several users of a server what is said last counts here.
#[must_use]
pub fn fetchmail(text: &str) -> Vec<Polled> {
    let (mut defaults, mut servers): (Polled, Vec<Polled>) = Default::default();
    let mut words = words(text).into_iter();
    let (mut is_defaults, mut is_no) = (false, false);
    while let Some((word, line)) = words.next() {
        let lower = word.to_ascii_lowercase();
        let mut value = || words.next().map(|(text, line)| Value { text, line });
        let of = if is_defaults { Some(&mut defaults) } else { servers.last_mut() };
        match (lower.as_str(), of) {
            ("defaults", _) => is_defaults = true,
            ("poll" | "server" | "skip", _) => {
                is_defaults = false;
                let host = value().map(|value| value.text).unwrap_or_default();
                servers.push(Polled { host, ..defaults.clone() });
            }
            ("via", Some(of)) => of.host = value().map(|value| value.text).unwrap_or_default(),
            ("sslcertfile", Some(of)) => of.certificates = value().map(Arc::new),
            ("sslcertpath", Some(of)) => of.directory = value().map(Arc::new),
            ("sslcertck", Some(of)) => of.checks = Some((!is_no, line)),
            // What takes a word that may be one of these.
            ("user" | "username" | "password" | "pass" | "is" | "to" | "folder" | "sslfingerprint", Some(_)) => {
                _ = value();
            }
            _ => {}
        }
        is_no = lower == "no";
    }
    servers
}

/// The words of a fetchmailrc with their lines: quotes keep what they hold, `#` begins a comment, and `,;:` part words.
fn words(text: &str) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    for (line, text) in numbered(text) {
        let mut word: Option<String> = None;
        let mut quote = None;
        for letter in text.chars() {
            match (letter, quote) {
                (letter, Some(open)) if letter == open => quote = None,
                (letter, Some(_)) => word.get_or_insert_default().push(letter),
                ('"' | '\'', None) => {
                    quote = Some(letter);
                    word.get_or_insert_default();
                }
                ('#', None) => break,
                (',' | ';' | ':', None) => found.extend(word.take().map(|word| (word, line))),
                (letter, None) if letter.is_whitespace() => found.extend(word.take().map(|word| (word, line))),
                (letter, None) => word.get_or_insert_default().push(letter),
            }
        }
        found.extend(word.map(|word| (word, line)));
    }
    found
}

/// The parameters of a main.cf: a line that begins with white space goes on with the one before it, the last of a name
/// counts (postconf(5)).
#[must_use]
pub fn postfix(text: &str) -> BTreeMap<String, Value> {
    let mut found: BTreeMap<String, Value> = BTreeMap::new();
    let mut last: Option<String> = None;
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        if line.starts_with(char::is_whitespace) {
            if let Some(value) = last.as_ref().and_then(|name| found.get_mut(name)) {
                if !value.text.is_empty() {
                    value.text.push(' ');
                }
                value.text.push_str(line.trim());
            }
            continue;
        }
        let Some((name, value)) = line.split_once('=') else { continue };
        let name = name.trim().to_owned();
        found.insert(name.clone(), Value { text: value.trim().to_owned(), line: index as u64 + 1 });
        last = Some(name);
    }
    found
}

/// `text` with `$NAME`, `${NAME}` and `$(NAME)` filled in with other parameters, as far as they are set.
#[must_use]
pub fn postfix_filled(parameters: &BTreeMap<String, Value>, text: &str) -> String {
    /// Parameters that are filled in at most, those within others among them: a path has one or two.
    const FILLED: usize = 10;
    let mut filled = text.to_owned();
    for _ in 0..FILLED {
        let Some((before, rest)) = filled.split_once('$') else { break };
        let (name, behind) = match rest.chars().next() {
            Some('{') => rest[1..].split_once('}').unwrap_or((&rest[1..], "")),
            Some('(') => rest[1..].split_once(')').unwrap_or((&rest[1..], "")),
            _ => rest.split_at(rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())),
        };
        let value = parameters.get(name).map(|value| value.text.as_str()).unwrap_or_default();
        filled = format!("{before}{value}{behind}");
    }
    filled
}

/// The lines that are neither empty nor a comment, from 1.
fn numbered(text: &str) -> impl Iterator<Item = (u64, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index as u64 + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_msmtp_build_on_others_and_on_defaults() {
        let text = "defaults\ntls on\ntls_trust_file /d.pem\naccount a\nhost a\naccount b\ntls_trust_file \"/b c.pem\"\n\
                    account default : b\n# tls_trust_file /no\ndefaults\naccount e : b\nhost e\n";
        let accounts = msmtp(text);
        let file = |name: &str| {
            let account = accounts.iter().find(|account| account.name == name).unwrap();
            account.options.get("tls_trust_file").map(|value| (value.text.as_str(), value.line))
        };
        assert_eq!((file("a"), file("b")), (Some(("/d.pem", 3)), Some(("/b c.pem", 7))));
        assert_eq!((file("default"), file("e")), (file("b"), file("b")));
    }

    #[test]
    fn a_muttrc_sets_and_sources() {
        let text =
            "set ssl_force_tls certificate_file = '~/c s' # why\nset a=1;source ~/x\nunset ssl_verify_host\nset noy\n";
        let set = |name: &str, text: &str, line| Mutt::Set(name.into(), Value { text: text.into(), line });
        let expected = [
            set("ssl_force_tls", "yes", 1),
            set("certificate_file", "~/c s", 1),
            set("a", "1", 2),
            Mutt::Source("~/x".into()),
            set("ssl_verify_host", "", 3),
            set("y", "no", 4),
        ];
        assert_eq!(mutt(text), expected);
    }

    #[test]
    fn servers_of_fetchmail_have_what_the_defaults_before_them_say() {
        let text = "defaults\n ssl sslcertfile \"/d.pem\" # c\npoll a via b, user \"sslcertck\" no sslcertck\n\
                    poll c sslcertpath /p;\n";
        let found = fetchmail(text);
        let one = |host: &str| found.iter().find(|server| server.host == host).unwrap();
        assert_eq!(one("b").certificates.as_ref().map(|value| value.line), Some(2));
        assert_eq!((one("b").checks, one("c").checks), (Some((false, 3)), None));
        assert_eq!(one("c").directory.as_ref().map(|value| value.text.as_str()), Some("/p"));
    }

    #[test]
    fn parameters_of_postfix_go_on_and_name_each_other() {
        let found = postfix("a = 1\n# x\n  2\nb=$c/${d}/$(a)x\nc = /c\nc = /e\nr = $r$r\n");
        assert_eq!(found["a"].text, "1 2");
        assert_eq!((found["c"].text.as_str(), found["c"].line), ("/e", 6));
        assert_eq!(postfix_filled(&found, "$b"), "/e//1 2x");
        assert!(postfix_filled(&found, "$r").len() < 100);
    }
}
