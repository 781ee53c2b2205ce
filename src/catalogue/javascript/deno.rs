//! Deno and Bun: programs with everything in one file, and what their variables choose.

use crate::catalogue::client::{Installation, Setting, Source};
use crate::catalogue::survey::Survey;
use std::path::PathBuf;
use std::sync::Arc;

/// The mark of a Deno that does not take the roots compiled into it.
pub(super) const NO_MOZILLA: &str = "no-mozilla";
/// The mark of a Deno, or a Bun, that takes the system's store.
pub(super) const SYSTEM: &str = "system-store";

const STORES: &str = "DENO_TLS_CA_STORE";

/// Every Deno, marked by the stores that it is told to take.
pub(super) fn denos(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = programs(survey, "deno", ".deno/bin/deno", b"Deno/");
    let stores = stores(survey);
    for installation in &mut found {
        let marks = &mut Arc::make_mut(installation).marks;
        marks.extend((!stores.iter().any(|store| store == "mozilla")).then_some(NO_MOZILLA));
        marks.extend(stores.iter().any(|store| store == "system").then_some(SYSTEM));
    }
    found
}

/// Every Bun.
pub(super) fn buns(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = programs(survey, "bun", ".bun/bin/bun", b"Bun/");
    if survey.host.variable("NODE_USE_SYSTEM_CA").is_some_and(|value| value == "1") {
        found.iter_mut().for_each(|installation| Arc::make_mut(installation).marks.push(SYSTEM));
    }
    found
}

/// The names of the stores to take, in order.
fn stores(survey: &Survey<'_>) -> Vec<String> {
    let Some(list) = survey.host.variable(STORES) else { return vec!["mozilla".to_owned()] };
    let list = list.to_string_lossy();
    list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// Why it does not start, where it does not: `Unknown certificate store "x" specified (allowed: "system,mozilla")`
/// (2.7).
pub(super) fn refused(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    let unknown = stores(survey).into_iter().find(|store| store != "mozilla" && store != "system");
    let why = |store| format!("it knows no store {store:?}: the list may have mozilla and system");
    unknown.map(|store| setting(why(store).into())).into_iter().collect()
}

fn setting(path: PathBuf) -> Setting {
    Setting { value: path.into_os_string(), source: Source::Variable(STORES.to_owned()) }
}

/// The system's file, as the crate that Deno asks finds it.
pub(super) fn probed(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    if !installation.has(SYSTEM) {
        return Vec::new();
    }
    let found = survey.openssl_probe().into_iter().find(|(place, _)| *place == "probed-file");
    found.map(|(_, path)| setting(path)).into_iter().collect()
}

/// Every program of a name, with the version that it calls itself by to servers.
fn programs(survey: &Survey<'_>, name: &str, in_home: &str, product: &[u8]) -> Vec<Arc<Installation>> {
    let host = survey.host;
    let on_path = survey.programs(name).into_iter().map(|at| (at, "PATH"));
    let own = survey.in_home(in_home).filter(|at| host.is_file(at)).map(|at| (at, "usual place"));
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for (at, because) in on_path.chain(own) {
        let Ok(resolved) = host.resolve(&at) else { continue };
        // A script of npm that starts another file.
        let Some(version) = survey.product(&resolved, product).filter(|_| !seen.contains(&resolved.path)) else {
            continue;
        };
        seen.push(resolved.path.clone());
        found.push(Arc::new(Installation {
            at,
            components: vec![(if product == b"Bun/" { "bun" } else { "deno" }, version)],
            places: vec![("binary", resolved.path)],
            because: because.to_owned(),
            ..Installation::default()
        }));
    }
    found
}
