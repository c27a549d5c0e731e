//! From what `require` was asked for to a file, by Node's rules for CommonJS.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::package::Package;
use super::tree::Tree;
use crate::frames::Stamp;

/// Endings that `require` adds by itself.
const ENDINGS: [&str; 3] = [".js", ".json", ".node"];
const PACKAGES: &str = "node_modules";

/// There is no such module.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::guest) struct NotFound {
    pub(in crate::guest) code: &'static str,
    pub(in crate::guest) message: String,
}

#[derive(Debug)]
pub(in crate::guest) struct Resolver {
    tree: Tree,
    packages: RefCell<BTreeMap<PathBuf, Option<Rc<Package>>>>,
    /// Files read on the way.
    read: RefCell<Vec<Stamp>>,
}

impl Resolver {
    pub(in crate::guest) fn new(tree: Tree) -> Self {
        Self { tree, packages: RefCell::default(), read: RefCell::default() }
    }

    pub(in crate::guest) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The `package.json` files read since the last time.
    pub(in crate::guest) fn take_read(&self) -> Vec<Stamp> {
        self.read.take()
    }

    /// The path of the module that `request` names for a module in the folder `from`.
    pub(in crate::guest) fn resolve(&self, from: &str, request: &str) -> Result<String, NotFound> {
        let is_path = ["./", "../", "/"].iter().any(|start| request.starts_with(start))
            || request == "."
            || request == "..";
        let found = if is_path {
            Tree::join(from, request).and_then(|place| self.file_or_folder(&place, request))
        } else {
            self.package(from, request)?
        };
        found.ok_or_else(|| NotFound {
            code: "MODULE_NOT_FOUND",
            message: format!("Cannot find module '{request}'"),
        })
    }

    /// The folders in which packages are looked for, nearest first.
    pub(in crate::guest) fn package_folders(from: &str) -> Vec<PathBuf> {
        Path::new(from)
            .ancestors()
            .filter(|folder| !folder.ends_with(PACKAGES))
            .map(|folder| folder.join(PACKAGES))
            .collect()
    }

    fn file_or_folder(&self, place: &Path, request: &str) -> Option<String> {
        let as_folder_only = request.ends_with('/') || request.ends_with("..") || request == ".";
        let file = if as_folder_only { None } else { self.file(place) };
        file.or_else(|| self.folder(place))
    }

    fn file(&self, place: &Path) -> Option<String> {
        self.tree.file(place).or_else(|| {
            ENDINGS.iter().find_map(|ending| {
                let mut longer = place.as_os_str().to_owned();
                longer.push(ending);
                self.tree.file(Path::new(&longer))
            })
        })
    }

    fn folder(&self, place: &Path) -> Option<String> {
        if !self.tree.is_folder(place) {
            return None;
        }
        let package = self.read_package(place);
        let main = package.as_ref().and_then(|package| package.main.as_ref()?.as_path());
        let main = main.and_then(|main| Tree::join(place.to_str()?, main));
        main.and_then(|main| self.file(&main).or_else(|| self.file(&main.join("index"))))
            .or_else(|| self.file(&place.join("index")))
    }

    fn package(&self, from: &str, request: &str) -> Result<Option<String>, NotFound> {
        let Some((name, rest)) = split_name(request) else { return Ok(None) };
        for folder in Self::package_folders(from) {
            let home = folder.join(name);
            if let Some(exports) =
                self.read_package(&home).and_then(|package| package.exports.clone())
            {
                let subpath = format!(".{rest}");
                return match exports.exported(&subpath) {
                    Some(path) => Ok(self.tree.file(&home.join(path))),
                    None => Err(not_exported(name, &subpath)),
                };
            }
            let inside = rest.trim_start_matches('/');
            let place = Tree::join(home.to_str().unwrap_or_default(), inside);
            let found = place.and_then(|place| self.file_or_folder(&place, request));
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn read_package(&self, folder: &Path) -> Option<Rc<Package>> {
        if let Some(known) = self.packages.borrow().get(folder) {
            return known.clone();
        }
        let package = self.tree.read(&folder.join("package.json")).ok().map(|(text, stamp)| {
            self.read.borrow_mut().push(stamp);
            Rc::new(serde_json::from_str(&text).unwrap_or_default())
        });
        self.packages.borrow_mut().insert(folder.to_owned(), package.clone());
        package
    }
}

/// A package's name, with its scope, and the rest from the slash on.
fn split_name(request: &str) -> Option<(&str, &str)> {
    let scope = if request.starts_with('@') { request.find('/')? + 1 } else { 0 };
    let end = request.get(scope..)?.find('/').map_or(request.len(), |slash| scope + slash);
    let (name, rest) = request.split_at_checked(end)?;
    let fits = end > scope && !name.starts_with(['.', '#']) && !name.contains('\\');
    fits.then_some((name, rest))
}

fn not_exported(name: &str, subpath: &str) -> NotFound {
    let message = if subpath == "." {
        format!("No \"exports\" main defined in the package '{name}' for require")
    } else {
        format!("Package subpath '{subpath}' is not defined by \"exports\" of the package '{name}'")
    };
    NotFound { code: "ERR_PACKAGE_PATH_NOT_EXPORTED", message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;

    fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Resolver) {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let tree = Tree::new(dir.path().as_os_str().as_bytes(), "f").unwrap();
        (dir, Resolver::new(tree))
    }

    fn found(resolver: &Resolver, from: &str, request: &str) -> String {
        resolver.resolve(from, request).unwrap_or_else(|missing| missing.code.to_owned())
    }

    #[test]
    fn files_folders_and_endings() {
        let (_dir, resolver) = tree(&[
            ("f/index.js", ""),
            ("f/a.js", ""),
            ("f/a/index.js", ""),
            ("f/d.json", "{}"),
            ("f/p/package.json", r#"{"main":"./lib/main"}"#),
            ("f/p/lib/main.js", ""),
        ]);
        for (request, path) in [
            ("./a", "/f/a.js"),
            ("./a/", "/f/a/index.js"),
            ("./a.js", "/f/a.js"),
            ("./d", "/f/d.json"),
            ("./p", "/f/p/lib/main.js"),
            (".", "/f/index.js"),
            ("/f/a", "/f/a.js"),
            ("./none", "MODULE_NOT_FOUND"),
            ("../../../etc/passwd", "MODULE_NOT_FOUND"),
        ] {
            assert_eq!(found(&resolver, "/f", request), path, "{request}");
        }
        assert_eq!(found(&resolver, "/f/p/lib", ".."), "/f/p/lib/main.js");
    }

    #[test]
    fn packages_are_looked_for_upwards() {
        let (_dir, resolver) = tree(&[
            ("f/node_modules/near/index.js", ""),
            ("f/node_modules/near/sub/x.js", ""),
            ("node_modules/far/package.json", r#"{"main":"go.js"}"#),
            ("node_modules/far/go.js", ""),
            ("f/node_modules/@s/n/index.js", ""),
            ("f/node_modules/e/package.json", r#"{"main":"./no.js","exports":{".":"./i.js"}}"#),
            ("f/node_modules/e/i.js", ""),
            ("f/node_modules/e/no.js", ""),
        ]);
        for (request, path) in [
            ("near", "/f/node_modules/near/index.js"),
            ("near/sub/x", "/f/node_modules/near/sub/x.js"),
            ("far", "/node_modules/far/go.js"),
            ("@s/n", "/f/node_modules/@s/n/index.js"),
            ("@s", "MODULE_NOT_FOUND"),
            ("e", "/f/node_modules/e/i.js"),
            ("e/no.js", "ERR_PACKAGE_PATH_NOT_EXPORTED"),
            ("none", "MODULE_NOT_FOUND"),
            ("#x", "MODULE_NOT_FOUND"),
        ] {
            assert_eq!(found(&resolver, "/f/lib", request), path, "{request}");
        }
    }
}
