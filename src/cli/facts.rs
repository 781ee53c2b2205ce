//! The tables of facts that a command asks: those built in, or those of a directory.

use super::Process;
use super::error::Failure;
use castore::facts::Facts;
use castore::host::files::Tree;
use castore::host::{Host, native};
use castore::limits;
use castore::render::escape;
use castore::settings::castore_toml::Value;
use castore::settings::castore_toml::effective::Effective;
use clap::Args;
use std::path::{Path, PathBuf};

/// What the world says of certificates.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Facts")]
pub(crate) struct FactsArguments {
    /// Ask the tables (*.tsv) in DIR, instead of those built in, who holds and removed which root.
    ///
    /// They are in the form of data/facts, which the scripts of data/harvest write. DIR is one of this machine, also
    /// with --root.
    #[arg(long, value_name = "DIR")]
    facts: Option<PathBuf>,
}

impl FactsArguments {
    /// What of these was given, as settings.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, Value)> + use<> {
        self.facts.clone().map(|directory| ("facts", Value::Path(directory))).into_iter()
    }

    /// The same with what settings say.
    pub(crate) fn settled(&self, effective: &Effective) -> Self {
        Self { facts: effective.path("facts").map(Path::to_path_buf) }
    }

    /// Their directory, where they are not those built in.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.facts.as_deref()
    }

    /// The tables. Those built in are read when they are first asked.
    pub(crate) fn facts(&self, process: &Process) -> Result<Facts, Failure> {
        match &self.facts {
            None => Ok(Facts::built_in()),
            Some(directory) => read(directory, process),
        }
    }
}

fn read(directory: &Path, process: &Process) -> Result<Facts, Failure> {
    let tree = Tree::live().map_err(|why| Failure::unreadable(Path::new("/"), &why))?;
    let mut machine = Host::new(Box::new(tree), native::system());
    machine.cwd.clone_from(&process.directory);
    let unreadable = |path: &Path, why: String| bad(format!("--facts: {}: {why}", escape::path(path)));
    let found = machine.resolve(directory).map_err(|why| unreadable(directory, why.to_string()))?;
    let names = machine.list(&found.path).map_err(|why| unreadable(directory, why.to_string()))?;
    let is_table = |name: &&str| name.ends_with(".tsv") && !name.starts_with('.');
    let names: Vec<&str> = names.iter().filter_map(|entry| entry.name.to_str()).filter(is_table).collect();
    let mut files = Vec::new();
    for name in names.into_iter().take(limits::FACTS_FILES + 1) {
        let path = found.path.join(name);
        let file = machine.resolve(&path).map_err(|why| unreadable(&path, why.to_string()))?;
        let bytes = machine.read_resolved(&file, limits::FACTS_SIZE as u64);
        let bytes = bytes.map_err(|why| unreadable(&path, why.to_string()))?;
        let text =
            String::from_utf8(bytes).map_err(|_| unreadable(&path, "expected UTF-8, found other bytes".to_owned()))?;
        files.push((name.to_owned(), text));
    }
    let tables = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    Facts::read(tables).map_err(|why| bad(format!("--facts: {}/{why}", escape::path(directory))))
}

fn bad(message: String) -> Failure {
    Failure::with_hint(message, "name a directory of tables in the form of data/facts")
}
