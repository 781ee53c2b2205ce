//! What rows ask of variables and of files of settings: the same few questions everywhere.

use super::Survey;
use crate::catalogue::client::{Setting, Source};
use crate::host::split_list;
use crate::model::Unreadable;
use crate::settings::ini;
use std::any::{Any, TypeId};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Survey<'_> {
    /// A variable of the environment that is set and not empty.
    #[must_use]
    pub fn set(&self, variable: &str) -> Option<PathBuf> {
        self.host.variable(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// Where programs of a desktop keep the user's settings: `XDG_CONFIG_HOME`, or `.config` in the home
    /// directory (XDG Base Directory Specification).
    #[must_use]
    pub fn config_home(&self) -> Option<PathBuf> {
        self.set("XDG_CONFIG_HOME").or_else(|| self.in_home(".config"))
    }

    /// Where they keep those of the machine: `XDG_CONFIG_DIRS`, or `/etc/xdg`, the most important first.
    #[must_use]
    pub fn config_directories(&self) -> Vec<PathBuf> {
        self.set("XDG_CONFIG_DIRS").map_or_else(|| vec!["/etc/xdg".into()], |list| split_list(list.as_os_str()))
    }

    /// What a reader makes of a file of settings, which is taken apart once however many rows and
    /// installations ask; `None` where [`settings`](crate::host::Host::settings) has nothing. Files are told
    /// apart by what is made of them: each type has one reader.
    pub fn parsed<T: Any + Send + Sync>(&self, file: &Path, reader: impl FnOnce(&str) -> T) -> Option<Arc<T>> {
        self.once(file, || Some(reader(&self.host.settings(file)?)))
    }

    /// What is made of a place, once for each type; what comes to nothing is tried again.
    pub fn once<T: Any + Send + Sync>(&self, place: &Path, make: impl FnOnce() -> Option<T>) -> Option<Arc<T>> {
        let key = (place.to_path_buf(), TypeId::of::<T>());
        let known = self.made.lock().ok().and_then(|made| made.get(&key).cloned());
        if let Some(known) = known.and_then(|known| known.downcast::<T>().ok()) {
            return Some(known);
        }
        let found = Arc::new(make()?);
        if let Ok(mut made) = self.made.lock() {
            made.insert(key, Arc::clone(&found) as Arc<dyn Any + Send + Sync>);
        }
        Some(found)
    }

    /// Why a client does not go on with a setting that names a file, where nothing is there.
    #[must_use]
    pub fn not_there(&self, named: &Setting, why: &str) -> Option<Setting> {
        let path = self.host.absolute(Path::new(&named.value));
        let is_gone = !named.value.is_empty() && self.host.resolve(&path) == Err(Unreadable::Absent);
        let why = || format!("{why}: {}", named.value.display());
        is_gone.then(|| Setting { value: why().into(), source: named.source.clone() })
    }

    /// The last value of a key in a section of an INI file.
    #[must_use]
    pub fn ini(&self, file: &Path, section: &str, key: &str) -> Option<Setting> {
        let value = ini::last(&self.parsed(file, ini::entries)?, section, key)?;
        Some(Setting { value: value.text.into(), source: Source::File(file.to_path_buf(), value.line) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::Searched;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    #[test]
    fn a_file_is_taken_apart_once_for_each_of_its_readers() {
        let host = Host::new(Box::new(Memory::new().file("/x.ini", "[a]\nb = 1\nb = 2\n")), System::Linux);
        let survey = Survey::new(&host, Searched::default());
        let mut times = 0;
        let mut length = || {
            survey.parsed(Path::new("/x.ini"), |text| {
                times += 1;
                text.len()
            })
        };
        assert_eq!((length().as_deref(), length().as_deref()), (Some(&16), Some(&16)));
        assert_eq!(times, 1);
        let value = survey.ini(Path::new("/x.ini"), "a", "B").unwrap();
        assert_eq!((value.value.to_str(), value.source), (Some("2"), Source::File("/x.ini".into(), 3)));
        assert_eq!(survey.ini(Path::new("/gone"), "a", "b"), None);
    }
}
