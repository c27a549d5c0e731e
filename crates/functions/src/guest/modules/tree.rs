//! The functions folder as a guest sees it: its root is `/`, and in it are the guest's own folder
//! and the packages all functions share.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::frames::Stamp;

/// Longest file that is read as a module.
const LONGEST_FILE: u64 = 32 * 1024 * 1024;

/// The folder that holds all functions.
#[derive(Debug)]
pub(in crate::guest) struct Tree {
    root: PathBuf,
    /// The guest's name for its own folder.
    home: String,
}

impl Tree {
    pub(in crate::guest) fn new(root: &[u8], function: &str) -> io::Result<Self> {
        let root = fs::canonicalize(OsStr::from_bytes(root))?;
        Ok(Self { root, home: format!("/{function}/") })
    }

    /// The guest's path of its own folder, with a slash at the end.
    pub(in crate::guest) fn home(&self) -> &str {
        &self.home
    }

    /// The path to show in messages: relative to the function's folder.
    pub(in crate::guest) fn short_name(&self, path: &str) -> String {
        path.strip_prefix(&self.home).map_or_else(|| path.replacen('/', "../", 1), str::to_owned)
    }

    /// The place of `request` seen from the folder `from`, unless that is above the root.
    pub(super) fn join(from: &str, request: &str) -> Option<PathBuf> {
        let mut place = PathBuf::from("/");
        for part in Path::new(from).join(request).components() {
            match part {
                Component::Normal(name) => place.push(name),
                Component::ParentDir if !place.pop() => return None,
                _ => {}
            }
        }
        Some(place)
    }

    /// The guest's path of the file at `place`, links followed, if it is a file of this tree.
    pub(super) fn file(&self, place: &Path) -> Option<String> {
        let real = self.real(place)?;
        let inside = real.is_file().then_some(real)?;
        let inside = inside.strip_prefix(&self.root).ok()?;
        Some(format!("/{}", inside.to_str()?))
    }

    pub(super) fn is_folder(&self, place: &Path) -> bool {
        self.real(place).is_some_and(|real| real.is_dir())
    }

    fn real(&self, place: &Path) -> Option<PathBuf> {
        let inside = place.strip_prefix("/").ok()?;
        let real = fs::canonicalize(self.root.join(inside)).ok()?;
        self.is_open(&real).then_some(real)
    }

    /// A function sees its own folder and the packages all functions share. Others are deployed
    /// apart from it elsewhere, and need not be there.
    fn is_open(&self, real: &Path) -> bool {
        let own = self.root.join(self.home.trim_matches('/'));
        real.starts_with(own) || real.starts_with(self.root.join("node_modules"))
    }

    /// Reads a file, and stamps it with what it was before it was read.
    pub(in crate::guest) fn read(&self, path: &Path) -> io::Result<(String, Stamp)> {
        let real = self.real(path).ok_or(io::ErrorKind::NotFound)?;
        let mut file = File::open(&real)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() > LONGEST_FILE {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut bytes = Vec::new();
        Read::by_ref(&mut file).take(LONGEST_FILE).read_to_end(&mut bytes)?;
        let text = String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        Ok((text, Stamp::of(&real, &metadata)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_never_leaves_the_root() {
        let join = |from, request| Tree::join(from, request);
        assert_eq!(join("/f", "./a/../b"), Some(PathBuf::from("/f/b")));
        assert_eq!(join("/f", "../g/x"), Some(PathBuf::from("/g/x")));
        assert_eq!(join("/f", "/etc"), Some(PathBuf::from("/etc")));
        assert_eq!(join("/f", "../../x"), None);
    }

    #[test]
    fn names_in_messages_are_relative_to_the_function() {
        let tree = Tree { root: PathBuf::new(), home: "/f/".to_owned() };
        assert_eq!(tree.short_name("/f/lib/a.js"), "lib/a.js");
        assert_eq!(tree.short_name("/node_modules/x/index.js"), "../node_modules/x/index.js");
    }

    #[test]
    fn a_link_out_of_the_tree_leads_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("in/f")).unwrap();
        fs::write(dir.path().join("secret.js"), "1").unwrap();
        std::os::unix::fs::symlink("../../secret.js", dir.path().join("in/f/out.js")).unwrap();
        let root = dir.path().join("in");
        let tree = Tree::new(root.as_os_str().as_bytes(), "f").unwrap();
        assert_eq!(tree.file(Path::new("/f/out.js")), None);
        assert!(tree.read(Path::new("/f/out.js")).is_err());
    }
}
