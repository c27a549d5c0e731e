//! What may stand where.

use std::path::{Path, PathBuf};

use super::{ROOMS, files, none, read, room, root};

/// Words of statements; a sentence in a comment may say "select", hence the capitals.
const SQL: [&str; 7] = [
    "SELECT ",
    "INSERT INTO",
    "DELETE FROM",
    "CREATE TABLE",
    "ALTER TABLE",
    "PRAGMA ",
    "ON CONFLICT",
];
/// Talking to the terminal, to the environment, or to the process.
const PROCESS: [&str; 6] =
    ["println!", "print!(", "std::env::", "env::var", "process::exit", "anyhow"];
/// Where everything ends up that nobody found a name for.
const NAMELESS: [&str; 8] =
    ["utils", "util", "helpers", "helper", "common", "manager", "misc", "types"];

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let is_rust = |path: &PathBuf| path.extension().is_some_and(|end| end == "rs");
    files(folder).into_iter().filter(is_rust).collect()
}

/// The shipped sources of a room.
fn sources(name: &str) -> Vec<PathBuf> {
    rust_files(&room(name).join("src"))
}

/// Lines of code that contain one of `words`. Comments do not count.
fn lines_with(path: &Path, words: &[&str]) -> Vec<String> {
    let text = read(path);
    let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.filter(|(_, line)| words.iter().any(|word| line.contains(word)))
        .map(|(index, line)| format!("{}:{}: {}", path.display(), index + 1, line.trim()))
        .collect()
}

/// Lines with one of `words` in rooms other than `home`.
fn strays(words: &[&str], home: &[&str]) -> Vec<String> {
    let others = ROOMS.iter().filter(|room| !home.contains(room));
    others.flat_map(|room| sources(room)).flat_map(|path| lines_with(&path, words)).collect()
}

#[test]
fn sql_stands_in_the_store_only() {
    assert!(sources("store").iter().any(|path| !lines_with(path, &SQL).is_empty()));
    none(&strays(&SQL, &["store"]));
}

#[test]
fn the_javascript_engine_stands_in_functions_only() {
    none(&strays(&["rquickjs"], &["functions"]));
}

#[test]
fn terminal_environment_and_exit_codes_stand_in_the_program_only() {
    none(&strays(&PROCESS, &["certifyd"]));
}

/// The one file with unsafe code, and the one that lets it.
const UNSAFE: [&str; 2] = ["crates/wire/src/key/sha1.rs", "crates/wire/src/key.rs"];

#[test]
fn unsafe_code_stands_in_one_file_and_every_other_room_forbids_it() {
    for room_name in ROOMS.iter().filter(|name| **name != "wire") {
        let roots = ["lib.rs", "main.rs"].map(|file| room(room_name).join("src").join(file));
        for crate_root in roots.iter().filter(|path| path.exists()) {
            let forbids = read(crate_root).lines().any(|line| line == "#![forbid(unsafe_code)]");
            assert!(forbids, "{}", crate_root.display());
        }
    }
    let place = |path: &PathBuf| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    // Put together here, so that this file does not find itself.
    let words = [concat!("unsafe", " {"), concat!("unsafe", " impl"), concat!("unsafe", " fn")];
    let lets = [concat!("expect(", "unsafe"), concat!("allow(", "unsafe")];
    let [home, parent] = UNSAFE;
    for path in rust_files(&root()) {
        let (at, found) = (place(&path), lines_with(&path, &words));
        assert!(found.is_empty() || at == home, "{found:?}");
        let found = lines_with(&path, &lets);
        assert!(found.len() == usize::from(at == parent), "{at} {found:?}");
    }
    let justified = read(&root().join(home)).matches("// SAFETY: ").count();
    assert_eq!(lines_with(&root().join(home), &words).len(), justified);
}

#[test]
fn nothing_is_left_to_do_later() {
    let words = ["todo!(", "unimplemented!(", "dbg!("];
    let found = ROOMS.iter().flat_map(|room| sources(room));
    none(&found.flat_map(|path| lines_with(&path, &words)).collect::<Vec<_>>());
}

#[test]
fn every_file_is_named_after_what_it_holds() {
    let nameless = |path: &PathBuf| {
        let mut parts = path.iter().filter_map(|part| part.to_str());
        parts.any(|part| NAMELESS.contains(&part.strip_suffix(".rs").unwrap_or(part)))
    };
    let root = root();
    let found = ROOMS.iter().flat_map(|room| rust_files(&root.join("crates").join(room)));
    let found = found.map(|path| path.strip_prefix(&root).unwrap().to_owned()).filter(nameless);
    none(&found.map(|path| path.display().to_string()).collect::<Vec<_>>());
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    // Put together here, so that this file does not find itself.
    let places = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    let text = ["rs", "toml", "md", "js", "mjs", "ts", "json", "sh", "html", "css", "sql", "yml"];
    let is_text = |path: &PathBuf| {
        path.extension().is_none_or(|end| end.to_str().is_some_and(|end| text.contains(&end)))
    };
    let mut faults = Vec::new();
    for path in files(&root()).into_iter().filter(is_text) {
        // What is no text has no extension and is no text of ours.
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for (index, line) in text.lines().enumerate() {
            if places.iter().any(|place| line.contains(place)) {
                faults.push(format!("{}:{}", path.display(), index + 1));
            }
        }
    }
    none(&faults);
}
