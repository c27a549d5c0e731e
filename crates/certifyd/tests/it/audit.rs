//! `certifyd audit` against the database of a running program.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

use std::path::Path;
use std::process::{Command, Output};

use crate::program::{PROGRAM, Program};

fn audit(dir: &Path, args: &[&str]) -> Output {
    Command::new(PROGRAM).arg("audit").args(args).arg("--dir").arg(dir).output().unwrap()
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

/// The line that begins with `head`.
fn head(output: &Output) -> String {
    let said = said(output);
    said.lines().find_map(|line| line.strip_prefix("head ")).unwrap().to_owned()
}

#[test]
fn the_audit_of_a_running_server_is_verified_and_exported() {
    let dir = tempfile::tempdir().unwrap();
    let early = audit(dir.path(), &["verify"]);
    assert!(!early.status.success(), "{}", said(&early));

    let server = Program::dev(dir.path());
    assert!(server.reload().contains("configuration reloaded"));
    let verified = audit(dir.path(), &["verify"]);
    assert!(verified.status.success(), "{}", said(&verified));
    assert!(said(&verified).contains("1 rows looked at\n"), "{}", said(&verified));
    let end = head(&verified);

    let exported = audit(dir.path(), &["export"]);
    let line: serde_json::Value = serde_json::from_str(said(&exported).trim()).unwrap();
    let of = |name: &str| line.get(name).unwrap().clone();
    assert_eq!((of("chain"), of("seq")), ("main".into(), 1.into()));
    assert_eq!((of("who"), of("action")), ("system".into(), "configuration_reloaded".into()));

    // A new beginning is no continuation: whoever has the end from before sees that.
    let run =
        |args: &[&str]| Command::new(PROGRAM).args(args).arg("--dir").arg(dir.path()).output();
    assert!(run(&["test", "reset"]).unwrap().status.success());
    assert!(audit(dir.path(), &["verify"]).status.success());
    let missed = audit(dir.path(), &["verify", "--head", &end]);
    assert_eq!(missed.status.code(), Some(1), "{}", said(&missed));
    assert!(said(&missed).contains("FAULT main: row 1 is not the one the head names"));
    let refused = audit(dir.path(), &["verify", "--head", "main:1"]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
}

/// Promise 16: a server that cannot know what was erased does not start.
#[test]
fn nothing_unknown_is_erased_and_a_damaged_log_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let run =
        |args: &[&str]| Command::new(PROGRAM).args(args).arg("--dir").arg(dir.path()).output();
    let server = Program::dev(dir.path());
    let nobody = run(&["erase", &"0".repeat(32), "--by", "Ann", "--why", "asked for"]).unwrap();
    assert!(said(&nobody).contains("no such certification"), "{}", said(&nobody));
    for args in [&["erase", "--why", "x"][..], &["erase", "--app", "2021", "--why", "x"]] {
        assert_eq!(run(args).unwrap().status.code(), Some(2), "{args:?}");
    }
    drop(server);
    // A line that cannot be read could be anybody's: the start is refused.
    let log = find(dir.path(), "certifyd.db").with_file_name("erasures.log");
    std::fs::write(&log, "{}\n").unwrap();
    let refused = Command::new(PROGRAM)
        .args(["dev", "--listen", "127.0.0.1:0", "--json"])
        .arg(dir.path())
        .output()
        .unwrap();
    assert!(!refused.status.success());
    assert!(said(&refused).contains("erasures.log:1: a damaged line"), "{}", said(&refused));
}

/// The file of this name, somewhere below.
pub(crate) fn find(folder: &Path, name: &str) -> std::path::PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|found| found == name) {
                return path;
            }
        }
    }
    unreachable!("{name} is nowhere")
}
