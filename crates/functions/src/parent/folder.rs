//! Functions as they lie on disk.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::FunctionName;
use crate::frames::Stamp;

/// The file that makes a folder a function.
const ENTRY: &str = "index.js";

/// Whether `root` holds the function `name`.
///
/// One look at the disk, too short to be worth another thread.
pub(super) fn holds(root: &Path, name: &FunctionName) -> bool {
    root.join(name.as_str()).join(ENTRY).is_file()
}

/// The functions in `root`, in order.
pub(super) fn list(root: &Path) -> io::Result<Vec<FunctionName>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root)? {
        let name = entry?.file_name();
        let name = name.to_str().and_then(|name| FunctionName::parse(name).ok());
        names.extend(name.filter(|name| holds(root, name)));
    }
    names.sort();
    Ok(names)
}

/// Whether every one of `files` is still as it was when it was read.
pub(super) fn unchanged(files: &[Stamp]) -> bool {
    files.iter().all(|stamp| {
        let path = Path::new(OsStr::from_bytes(&stamp.path));
        fs::metadata(path).is_ok_and(|metadata| Stamp::of(path, &metadata) == *stamp)
    })
}

impl Stamp {
    /// The stamp of the file at `path`.
    pub(crate) fn of(path: &Path, metadata: &fs::Metadata) -> Self {
        Self {
            path: path.as_os_str().as_bytes().to_vec(),
            len: metadata.len(),
            modified: (metadata.mtime().cast_unsigned(), metadata.mtime_nsec().cast_unsigned()),
            inode: metadata.ino(),
        }
    }
}
