//! One place a client looks: what names it, how it is read, and what the client does without it.

use super::{Installation, Rule};
use crate::catalogue::survey::Survey;
use crate::host::System;
use crate::settings::server::Names;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// One place a client looks.
///
/// There are 700, and the loader puts an address into each text of each at every start of the program: what few
/// of them have is behind one address, or in an octet.
#[derive(Debug, Clone, Copy)]
pub struct Leaf {
    /// What names the place.
    pub origin: Origin,
    /// How the client reads what is there.
    pub look: Look,
    /// What it does when nothing is there.
    pub missing: Then,
    /// What it does when the variable or setting that names the place is set and empty.
    pub empty: Then,
    /// Holds on these systems.
    pub on: Systems,
    /// Holds for these versions of a component: name, first, first not any more.
    pub between: &'static [(&'static str, &'static str, &'static str)],
    /// Holds only where the installation has this mark.
    pub given: Option<&'static &'static str>,
    /// Not looked at when this variable is set and not empty.
    pub unless: Option<&'static &'static str>,
    /// Not looked at where the installation has this mark, and why not.
    pub except: Option<&'static (&'static str, &'static str)>,
    /// OpenSSL reads the variable, which ignores it in a process with raised rights (since 1.1.1).
    pub secure: bool,
    /// The variable has an effect only with such a value; `None` means with any.
    pub when: Option<fn(&OsStr) -> bool>,
    /// Whether the client takes `~/` in the value for the home directory.
    pub expands: bool,
    /// Which values of the setting count.
    pub values: Values,
    /// How what it holds for alone is named, where it does not hold for every server.
    pub names: Names,
    /// Whether it counts too where the client takes no certificate from the place that is looked at before it.
    pub if_empty: bool,
    /// Where this is documented or written.
    pub says: &'static str,
}

/// The systems that something holds on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Systems(u8);

impl Systems {
    /// Every one.
    pub const EVERY: Self = Self(0);

    /// These; of none, every one.
    #[must_use]
    pub const fn of(systems: &[System]) -> Self {
        let mut set = 0;
        let mut rest = systems;
        while let [first, others @ ..] = rest {
            set |= Self::bit(*first);
            rest = others;
        }
        Self(set)
    }

    const fn bit(system: System) -> u8 {
        1 << system as u8
    }

    /// Whether it is among them.
    #[must_use]
    pub const fn contains(self, system: System) -> bool {
        self.0 == 0 || self.0 & Self::bit(system) != 0
    }

    /// Those that are named; none where it is every one.
    pub fn named(self) -> impl Iterator<Item = System> {
        [System::Linux, System::Bsd, System::MacOs, System::Windows]
            .into_iter()
            .filter(move |system| self.0 & Self::bit(*system) != 0)
    }
}

/// What names a place.
#[derive(Debug, Clone, Copy)]
pub enum Origin {
    /// A path; `{name}` stands for a place of the installation, `~` for the home directory.
    Path(&'static str),
    /// Every directory at or below a path, written as [`Origin::Path`] is, that holds files; links to directories are
    /// not followed.
    Tree(&'static str),
    /// The same, and those that links below it lead to: `find -L`.
    LinkedTree(&'static str),
    /// A variable that holds one path.
    Variable(&'static str),
    /// A variable that holds a list of paths, separated as `PATH` is.
    VariableList(&'static str),
    /// A variable that turns verification off by being set.
    Switch(&'static str),
    /// A setting in a file of the client's own.
    Setting(&'static str, ReadSetting),
    /// Certificates built into a file of the installation: the place, and what they are.
    Section(&'static (&'static str, &'static str)),
    /// Roots built into a file of the installation in a form that holds no certificates, such as
    /// names and keys alone: the place, and what they are. Nothing is read.
    Opaque(&'static (&'static str, &'static str)),
    /// The same, which are those of a public programme, and no others.
    OpaqueOfProgramme(&'static (&'static str, &'static str)),
    /// The operating system's own store, by the name it is listed under.
    Native(&'static str),
}

/// Reads the values of a setting, the one that counts first.
pub type ReadSetting = fn(&Survey<'_>, &Installation) -> Vec<Setting>;

/// A setting as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its value.
    pub value: OsString,
    /// What holds it.
    pub source: Source,
}

/// What holds a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nothing: it is what the client does by itself.
    BuiltIn,
    /// A file, and the line in it from 1.
    File(PathBuf, u64),
    /// A file and the line in it, and what alone the setting holds for: the servers below a URL. What
    /// is trusted otherwise stays as it is.
    Scoped(PathBuf, u64, String),
    /// A variable, among other things: `javax.net.ssl.trustStore` in `JAVA_TOOL_OPTIONS`.
    Variable(String),
}

/// How a client reads a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A file of PEM blocks, read by OpenSSL: one bad block and nothing is loaded.
    Bundle,
    /// A file of PEM blocks, bad ones skipped; the label `CERTIFICATE` alone counts.
    Blocks,
    /// A file of PEM blocks, read one after another up to the first that is bad.
    UntilBad,
    /// The same, but nothing at all where one is bad.
    UnlessBad,
    /// The first certificate of a file of PEM blocks, and none of the others.
    FirstBlock,
    /// A directory whose names are subject hashes, asked for one issuer at a time.
    HashLazy,
    /// The same, and every file named so in any case and with any number besides, through the
    /// store lookup of OpenSSL 3.0 to 3.3, which also takes one file of PEM for a directory.
    HashStore,
    /// The directory of OpenSSL's default paths: as [`Look::HashStore`] in the versions that have that lookup, else as
    /// [`Look::HashLazy`] (`X509_STORE_set_default_paths_ex`, crypto/x509/x509_d2.c of 3.0 to 3.3).
    HashDefault,
    /// A directory of which the files named as by hash are read at once, whatever is in them.
    HashNames,
    /// A directory of which every file is read as PEM.
    EveryFile,
    /// A file of PEM blocks or of DER: of blocks, those that say `CERTIFICATE`.
    EitherEncoding,
    /// A directory of which every file is read so.
    EveryFileEitherEncoding,
    /// A file of PEM blocks, or a directory of which every file is read that is not named as a
    /// subject hash is.
    UnlessHashName,
    /// A directory of which the files with these extensions are read.
    Extensions(&'static [&'static str]),
    /// A directory of which the files, or a document of which the values, that a list of the installation's
    /// names are read as PEM; see [`Installation::listed`].
    Listed,
    /// A directory of which every file is read, in any form, as p11-kit reads its anchors: authorities
    /// alone, unless the file itself distrusts them.
    Authorities,
    /// The same, of which only what a file itself says is trusted for servers counts.
    Stated,
    /// A directory of which every file is read, in any form: what it holds counts nowhere.
    Blocklist,
    /// A file as [`Look::Bundle`], or a directory as [`Look::HashLazy`].
    BundleOrHash,
    /// A file of which every certificate counts, whatever its form.
    AnyForm,
    /// A file or directory of p11-kit's trust module, which the place says how to take.
    TrustModule(Stands),
    /// A keystore.
    Keystore,
    /// Certificates built into a program that trusts every one of them.
    CompiledIn,
    /// Nothing is read: a switch.
    Nothing,
}

impl Look {
    /// Whether a directory is asked for one issuer at a time, by the hash of its name.
    #[must_use]
    pub const fn asks_by_hash(self) -> bool {
        matches!(self, Self::HashLazy | Self::HashStore | Self::HashDefault | Self::BundleOrHash)
    }
}

/// What p11-kit's trust module makes of a certificate by where its file stands (trust/token.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// At the top of a directory: only what the file itself says of it counts.
    Alone,
    /// In `anchors`, or in a file named instead of a directory: trusted if nothing is said.
    Anchors,
    /// In `blocklist`: distrusted, wherever else it stands.
    Blocklist,
}

/// Which values of a setting count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// The first.
    First,
    /// The first, which is a list of paths, separated as `PATH` is.
    List,
    /// Every one.
    Every,
}

/// What a client does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It stays with this place and has no certificates from it.
    Bind,
    /// It goes on to the next place.
    Pass,
    /// It stops with an error.
    Refuse,
    /// It verifies nothing any more. Where something is there that it cannot load, it stops.
    TurnOff,
}

impl Leaf {
    /// Whether it reads a file of PEM blocks.
    #[must_use]
    pub const fn reads_a_bundle(&self) -> bool {
        matches!(
            self.look,
            Look::Bundle | Look::Blocks | Look::UntilBad | Look::UnlessBad | Look::EitherEncoding | Look::BundleOrHash
        )
    }

    /// The variable that names a bundle, where this is one.
    #[must_use]
    pub fn variable_for_a_bundle(&self) -> Option<&'static str> {
        match self.origin {
            Origin::Variable(name) if self.reads_a_bundle() => Some(name),
            _ => None,
        }
    }

    const fn new(origin: Origin, missing: Then, empty: Then) -> Self {
        Self {
            origin,
            look: Look::Bundle,
            missing,
            empty,
            on: Systems::EVERY,
            between: &[],
            given: None,
            unless: None,
            except: None,
            secure: false,
            when: None,
            expands: false,
            values: Values::First,
            if_empty: false,
            names: Names::None,
            says: "",
        }
    }

    /// A fixed path; when nothing is there the client goes on.
    #[must_use]
    pub const fn path(template: &'static str) -> Self {
        Self::new(Origin::Path(template), Then::Pass, Then::Pass)
    }

    /// Every directory at or below a path.
    #[must_use]
    pub const fn tree(template: &'static str) -> Self {
        Self::new(Origin::Tree(template), Then::Pass, Then::Pass)
    }

    /// The same, links to directories followed.
    #[must_use]
    pub const fn linked_tree(template: &'static str) -> Self {
        Self::new(Origin::LinkedTree(template), Then::Pass, Then::Pass)
    }

    /// A variable with a path; when set it decides, empty it is as if unset.
    #[must_use]
    pub const fn variable(name: &'static str) -> Self {
        Self::new(Origin::Variable(name), Then::Bind, Then::Pass)
    }

    /// A variable with a list of directories; when set it decides, empty it is as if unset.
    #[must_use]
    pub const fn list(name: &'static str) -> Self {
        Self::new(Origin::VariableList(name), Then::Bind, Then::Pass)
    }

    /// A variable that turns verification off.
    #[must_use]
    pub const fn switch(name: &'static str) -> Self {
        Self::new(Origin::Switch(name), Then::Pass, Then::Pass).look(Look::Nothing)
    }

    /// The same variable, read by OpenSSL: `ossl_safe_getenv` gives nothing where the process has rights
    /// that its caller did not have (crypto/getenv.c, since 1.1.1).
    #[must_use]
    pub const fn secure(mut self) -> Self {
        self.secure = true;
        self
    }

    /// The same place, which counts too where the client takes nothing from the one before it.
    #[must_use]
    pub const fn if_empty(mut self) -> Self {
        self.if_empty = true;
        self
    }

    /// The same variable or setting, in whose value `~/` is the home directory.
    #[must_use]
    pub const fn expands(mut self) -> Self {
        self.expands = true;
        self
    }

    /// The same variable, which has an effect only with such a value.
    #[must_use]
    pub const fn when(mut self, has_effect: fn(&OsStr) -> bool) -> Self {
        self.when = Some(has_effect);
        self
    }

    /// A setting that turns verification off; its reader returns it where it does.
    #[must_use]
    pub const fn switch_setting(key: &'static str, read: ReadSetting) -> Self {
        Self::new(Origin::Setting(key, read), Then::Pass, Then::Pass).look(Look::Nothing)
    }

    /// A setting that turns verification off for what its value names alone: hosts, repositories.
    #[must_use]
    pub const fn switch_for(key: &'static str, read: ReadSetting, names: Names) -> Self {
        Self::switch_setting(key, read).names(names)
    }

    /// The same setting, which may hold for some servers alone, named so.
    #[must_use]
    pub const fn names(mut self, names: Names) -> Self {
        self.names = names;
        self
    }

    /// A setting; when set it decides, and a missing file is an error.
    #[must_use]
    pub const fn setting(key: &'static str, read: ReadSetting) -> Self {
        Self::new(Origin::Setting(key, read), Then::Refuse, Then::Pass)
    }

    /// A setting with which the client does not start; its reader returns why.
    #[must_use]
    pub const fn refusal(key: &'static str, read: ReadSetting) -> Self {
        Self::new(Origin::Setting(key, read), Then::Refuse, Then::Refuse).look(Look::Nothing)
    }

    /// Certificates built into a file: the file, and what they are.
    #[must_use]
    pub const fn section(place: &'static (&'static str, &'static str)) -> Self {
        Self::new(Origin::Section(place), Then::Pass, Then::Pass)
    }

    /// Roots built into a file in a form that holds no certificates: the file, and what they are.
    #[must_use]
    pub const fn opaque(place: &'static (&'static str, &'static str)) -> Self {
        Self::new(Origin::Opaque(place), Then::Pass, Then::Pass).look(Look::Nothing)
    }

    /// The same roots that are not read, which are those of a public programme.
    #[must_use]
    pub const fn public(mut self) -> Self {
        if let Origin::Opaque(place) = self.origin {
            self.origin = Origin::OpaqueOfProgramme(place);
        }
        self
    }

    /// The operating system's own store.
    #[must_use]
    pub const fn native(name: &'static str) -> Self {
        Self::new(Origin::Native(name), Then::Bind, Then::Bind)
    }

    /// The same place, read so.
    #[must_use]
    pub const fn look(mut self, look: Look) -> Self {
        self.look = look;
        self
    }

    /// The same place, with what happens when nothing is there.
    #[must_use]
    pub const fn missing(mut self, then: Then) -> Self {
        self.missing = then;
        self
    }

    /// The same place, with what happens when its name is set and empty.
    #[must_use]
    pub const fn empty(mut self, then: Then) -> Self {
        self.empty = then;
        self
    }

    /// The same place, on these systems only.
    #[must_use]
    pub const fn on(mut self, systems: &[System]) -> Self {
        self.on = Systems::of(systems);
        self
    }

    /// The same place, for these versions only.
    #[must_use]
    pub const fn between(mut self, ranges: &'static [(&'static str, &'static str, &'static str)]) -> Self {
        self.between = ranges;
        self
    }

    /// The same place, where the installation has this mark.
    #[must_use]
    pub const fn given(mut self, mark: &'static &'static str) -> Self {
        self.given = Some(mark);
        self
    }

    /// The same place, not looked at when this variable is set and not empty.
    #[must_use]
    pub const fn unless(mut self, variable: &'static &'static str) -> Self {
        self.unless = Some(variable);
        self
    }

    /// The same place, not looked at where the installation has this mark; why not is told.
    #[must_use]
    pub const fn except(mut self, mark_and_why: &'static (&'static str, &'static str)) -> Self {
        self.except = Some(mark_and_why);
        self
    }

    /// The same setting, whose value is a list of paths: OpenSSL takes one wherever it takes a directory
    /// (`add_cert_dir`, crypto/x509/by_dir.c).
    #[must_use]
    pub const fn lists(mut self) -> Self {
        self.values = Values::List;
        self
    }

    /// The same setting, of which every value counts.
    #[must_use]
    pub const fn every(mut self) -> Self {
        self.values = Values::Every;
        self
    }

    /// The finished leaf, with its source: documentation, or a file of the client's own code.
    #[must_use]
    pub const fn says(mut self, source: &'static str) -> Rule {
        self.says = source;
        Rule::Leaf(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Leaf, Systems};
    use crate::host::System;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_leaf_is_no_larger_than_two_lines_of_cache() {
        assert!(size_of::<Leaf>() <= 128, "{} octets, 700 times: see Leaf", size_of::<Leaf>());
    }

    #[test]
    fn of_no_system_is_of_every_one() {
        assert!(Systems::of(&[]).contains(System::Windows));
        assert_eq!(Systems::of(&[]).named().count(), 0);
        let two = Systems::of(&[System::Linux, System::MacOs]);
        assert!(two.contains(System::Linux) && two.contains(System::MacOs) && !two.contains(System::Bsd));
        assert_eq!(two.named().collect::<Vec<_>>(), [System::Linux, System::MacOs]);
    }
}
