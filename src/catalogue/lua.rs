//! Lua, through luaossl, which lua-http stands on.
//!
//! LuaSec has no row, since there is no place to look at: `ssl.https` verifies nothing unless a program says
//! `verify = "peer"`, and has no roots but those of the `cafile` or `capath` that comes with it
//! (<https://github.com/lunarmodules/luasec/blob/v1.2.0/src/https.lua>). LuaRocks leaves fetching to that, to
//! curl or to wget, which are rows of their own.

use super::client::{Client, Edit, Ends, Installation, Rule};
use super::openssl::DEFAULT_PATHS;
use super::survey::{MULTIARCH, Survey};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[LUA_HTTP];

/// The versions of Lua that luaossl is released for.
const VERSIONS: &[&str] = &["5.1", "5.2", "5.3", "5.4"];

/// `lua-http`: `store:addDefaults()` of luaossl, as lua-http asks it
/// (<https://github.com/daurnimator/lua-http/blob/v0.4/http/tls.lua#L764>).
const LUA_HTTP: Client = Client::new(
    "lua-http",
    "Lua's lua-http",
    "OpenSSL's default paths, through luaossl; a program that uses luaossl itself gets them where it says addDefaults.",
    Rule::Each(modules, &DEFAULT_PATHS),
)
.ends(|_| Ends::SelfIssued)
.edit(Edit::SYSTEM);

/// `http/tls.lua` beside `_openssl.so` where a Lua looks for modules (`LUA_PATH_DEFAULT` and
/// `LUA_CPATH_DEFAULT`, in which distributions put their triple or `lib64`).
fn modules(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found: Vec<Arc<Installation>> = Vec::new();
    for (prefix, lua) in ["/usr/local", "/usr"].iter().flat_map(|prefix| VERSIONS.iter().map(move |lua| (prefix, lua)))
    {
        let at = Path::new(prefix).join("share/lua").join(lua).join("http/tls.lua");
        if !survey.host.is_file(&at) {
            continue;
        }
        let triples = MULTIARCH.iter().map(|triple| PathBuf::from("lib").join(triple));
        let directories = triples.chain(["lib64", "lib"].map(PathBuf::from));
        let library = |directory: PathBuf| Path::new(prefix).join(directory).join("lua").join(lua).join("_openssl.so");
        let Some(library) = directories.map(library).find(|library| survey.host.is_file(library)) else { continue };
        let because = format!("module of Lua {lua}");
        let mut installation = Installation { because, at, ..Installation::default() };
        survey.add_openssl_of(&mut installation, &library);
        found.push(Arc::new(installation));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::testing::{openssl, says};
    use crate::host::memory::Memory;

    #[test]
    fn lua_http_has_the_paths_of_its_openssl() {
        let at = "/usr/share/lua/5.3/http/tls.lua";
        let files = Memory::new()
            .file(at, "")
            .file("/usr/lib/x86_64-linux-gnu/lua/5.3/_openssl.so", openssl("/usr/lib/ssl"))
            // Without its library it is no client.
            .file("/usr/share/lua/5.4/http/tls.lua", "")
            .file("/usr/lib/ssl/cert.pem", "")
            .file("/a.pem", "");
        assert_eq!(says(&files, &[], "lua-http"), [format!("{at}: /usr/lib/ssl/cert.pem")]);
        assert_eq!(says(&files, &[("SSL_CERT_FILE", "/a.pem")], "lua-http"), [format!("{at}: /a.pem")]);
    }
}
