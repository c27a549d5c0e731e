//! Who may call whom, what may stand where, and how much may be drawn in.

mod lock;
mod manifests;
mod sources;

use std::path::{Path, PathBuf};

/// The rooms.
const ROOMS: [&str; 9] =
    ["certifyd", "domain", "engine", "functions", "server", "store", "testkit", "upstream", "wire"];

/// The root of the workspace.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn room(name: &str) -> PathBuf {
    root().join("crates").join(name)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// Every file below `folder`, in order, without what is built or fetched.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap();
        if ["target", "node_modules", ".git", ".certifyd"].contains(&name) {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

/// Fails with all of `faults`, not only the first.
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
