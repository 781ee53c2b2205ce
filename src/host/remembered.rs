//! Files whose paths are resolved once: a hundred rows of the catalogue ask for the same few files and
//! directories, each time from the root down. What is read is opened anew and checked as ever.

use super::layer::Layer;
use super::{Files, Resolved};
use crate::limits::RESOLUTIONS_REMEMBERED;
use crate::model::Unreadable;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Files that remember where paths lead.
pub(super) struct Remembered {
    pub files: Arc<dyn Files>,
    pub known: Mutex<HashMap<PathBuf, Result<Resolved, Unreadable>>>,
}

impl Layer for Remembered {
    fn under(&self) -> &dyn Files {
        &*self.files
    }

    fn look(&self, path: &Path) -> Result<Resolved, Unreadable> {
        if let Some(known) = self.known.lock().ok().and_then(|known| known.get(path).cloned()) {
            return known;
        }
        let found = self.files.resolve(path);
        if let Ok(mut known) = self.known.lock()
            && known.len() < RESOLUTIONS_REMEMBERED
        {
            known.insert(path.to_path_buf(), found.clone());
        }
        found
    }
}
