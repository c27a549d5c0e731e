//! Dependencies point downwards.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::{ROOMS, none, read, room, root};

/// What each room may use of ours.
const EDGES: [(&str, &[&str]); 9] = [
    ("domain", &[]),
    ("wire", &[]),
    ("store", &["domain"]),
    ("engine", &["domain", "store"]),
    ("functions", &[]),
    ("server", &["domain", "engine", "functions", "wire"]),
    ("upstream", &["domain", "engine", "wire"]),
    ("certifyd", &["domain", "engine", "functions", "server", "store", "upstream", "wire"]),
    ("testkit", &["domain", "engine", "functions", "server", "store", "wire"]),
];

const HTTP_SERVERS: [&str; 5] = ["axum", "hyper", "hyper-util", "tower", "tower-http"];
const HTTP_CLIENTS: [&str; 2] = ["reqwest", "ureq"];
const SQL: [&str; 3] = ["rusqlite", "sqlx", "tokio-postgres"];
const JAVASCRIPT: [&str; 2] = ["rquickjs", "boa_engine"];
const CRYPTOGRAPHY: [&str; 7] = ["aws-lc-rs", "aws-lc-sys", "ring", "rsa", "md-5", "hmac", "sha2"];
const CHANCE: [&str; 3] = ["rand", "getrandom", "uuid"];
const SERDE: [&str; 2] = ["serde", "serde_json"];
const LOGGING: [&str; 3] = ["tracing", "tracing-subscriber", "log"];
const ASYNC: [&str; 3] = ["tokio", "async-trait", "futures"];
const TERMINAL: [&str; 4] = ["anyhow", "clap", "toml", "tracing-subscriber"];

/// What each room must never use of others.
fn forbidden(room: &str) -> Vec<&'static str> {
    let lists: &[&[&'static str]] = match room {
        "domain" => &[
            &HTTP_SERVERS,
            &HTTP_CLIENTS,
            &SQL,
            &JAVASCRIPT,
            &CRYPTOGRAPHY,
            &CHANCE,
            &SERDE,
            &LOGGING,
            &ASYNC,
            &TERMINAL,
        ],
        "wire" => {
            &[&HTTP_SERVERS, &HTTP_CLIENTS, &SQL, &JAVASCRIPT, &CHANCE, &LOGGING, &ASYNC, &TERMINAL]
        }
        "store" => {
            &[&HTTP_SERVERS, &HTTP_CLIENTS, &JAVASCRIPT, &CRYPTOGRAPHY, &CHANCE, &SERDE, &TERMINAL]
        }
        "engine" => &[&HTTP_SERVERS, &SQL, &JAVASCRIPT, &CHANCE, &TERMINAL, &["rsa", "md-5"]],
        "functions" => &[&HTTP_SERVERS, &HTTP_CLIENTS, &SQL, &CHANCE, &TERMINAL],
        "server" => &[&HTTP_CLIENTS, &SQL, &JAVASCRIPT, &CRYPTOGRAPHY, &CHANCE, &TERMINAL],
        "upstream" => {
            &[&HTTP_SERVERS, &HTTP_CLIENTS, &SQL, &JAVASCRIPT, &CRYPTOGRAPHY, &CHANCE, &TERMINAL]
        }
        "certifyd" => &[&HTTP_SERVERS, &HTTP_CLIENTS, &SQL, &JAVASCRIPT, &["rsa"]],
        _ => &[],
    };
    lists.concat()
}

fn manifest(name: &str) -> Table {
    read(&room(name).join("Cargo.toml")).parse().unwrap()
}

/// The tables of dependencies a shipped program is built from, those of targets included.
fn shipped(manifest: &Table) -> BTreeSet<String> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flatten();
    let targets = targets.filter_map(|(_, target)| target.as_table());
    let mut names = BTreeSet::new();
    for table in std::iter::once(manifest).chain(targets) {
        for section in ["dependencies", "build-dependencies"] {
            names.extend(packages(table, section));
        }
    }
    names
}

/// The packages of one section, under their own names if they were renamed.
fn packages(table: &Table, section: &str) -> BTreeSet<String> {
    let section = table.get(section).and_then(Value::as_table).into_iter().flatten();
    let package = |(name, value): (&String, &Value)| {
        value.get("package").and_then(Value::as_str).unwrap_or(name).to_owned()
    };
    section.map(package).collect()
}

#[test]
fn the_rooms_are_the_nine_of_the_plan() {
    let mut found: Vec<String> = std::fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, ROOMS);
}

#[test]
fn a_room_uses_only_the_rooms_below_it() {
    let mut faults = Vec::new();
    for (name, allowed) in EDGES {
        for used in shipped(&manifest(name)) {
            if ROOMS.contains(&used.as_str()) && !allowed.contains(&used.as_str()) {
                faults.push(format!("{name} must not use {used}"));
            }
        }
    }
    none(&faults);
}

#[test]
fn tests_of_a_room_use_no_other_room_but_the_testkit() {
    let mut faults = Vec::new();
    for (name, allowed) in EDGES {
        for used in packages(&manifest(name), "dev-dependencies") {
            let ours = ROOMS.contains(&used.as_str());
            if ours && used != "testkit" && !allowed.contains(&used.as_str()) {
                faults.push(format!("tests of {name} must not use {used}"));
            }
        }
    }
    none(&faults);
}

#[test]
fn no_room_uses_what_belongs_in_another() {
    let mut faults = Vec::new();
    for (name, _) in EDGES {
        let used = shipped(&manifest(name));
        for package in forbidden(name).into_iter().filter(|package| used.contains(*package)) {
            faults.push(format!("{name} must not use {package}"));
        }
    }
    none(&faults);
}

#[test]
fn the_forbidden_table_names_no_package_by_a_wrong_name() {
    // Each of these is used somewhere, so a rule against it can be seen to work.
    let used: BTreeSet<String> = ROOMS.iter().flat_map(|name| shipped(&manifest(name))).collect();
    for package in ["axum", "rusqlite", "rquickjs", "aws-lc-rs", "rsa", "serde_json", "tokio"] {
        assert!(used.contains(package), "{package}");
    }
}

#[test]
fn every_room_is_linted_alike_and_never_published() {
    for name in ROOMS {
        let manifest = manifest(name);
        let inherited = |section: &str, key: &str| {
            manifest.get(section).and_then(|section| section.get(key)).cloned()
        };
        assert_eq!(inherited("lints", "workspace"), Some(Value::Boolean(true)), "{name}");
        let publish = inherited("package", "publish").unwrap();
        assert_eq!(publish.get("workspace"), Some(&Value::Boolean(true)), "{name}");
    }
}

#[test]
fn the_workspace_denies_unsafe_code_and_publishing() {
    let root: Table = read(&root().join("Cargo.toml")).parse().unwrap();
    let workspace = root.get("workspace").unwrap();
    let lint = workspace.get("lints").and_then(|lints| lints.get("rust"));
    assert_eq!(lint.unwrap().get("unsafe_code").and_then(Value::as_str), Some("deny"));
    assert_eq!(workspace.get("package").unwrap().get("publish"), Some(&Value::Boolean(false)));
}
