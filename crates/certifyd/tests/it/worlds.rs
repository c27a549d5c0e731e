//! `certifyd test` and `certifyd review` against the program itself; test and live apart.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

use std::path::Path;
use std::process::{Command, Output};

use crate::program::{PROGRAM, Program};

/// In a fresh project nothing has this id.
const NOBODY: &str = "00000000000000000000000000000000";

pub(crate) fn run(dir: &Path, args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).arg("--dir").arg(dir).output().unwrap()
}

pub(crate) fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

#[test]
fn the_world_is_steered_from_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let _server = Program::dev(dir.path());
    for (args, says) in [
        (vec!["test", "snapshot", "empty"], r#"{"snapshot":"empty","test":true}"#),
        (vec!["test", "clock", "60"], r#""test":true"#),
        (vec!["test", "restore", "empty"], r#"{"restored":"empty","test":true}"#),
        (vec!["test", "events"], r#"{"events":[],"test":true}"#),
        (vec!["test", "reset"], r#"{"reset":"everything","test":true}"#),
        (vec!["review", "list"], "nothing waits for a decision"),
    ] {
        let output = run(dir.path(), &args);
        assert!(output.status.success(), "{args:?} {}", said(&output));
        assert!(said(&output).contains(says), "{args:?} {}", said(&output));
    }
    for (args, says) in [
        (vec!["test", "restore", "never"], "nothing is put aside by this name"),
        (vec!["test", "snapshot", "a/b"], "40 letters"),
        (vec!["test", "choose", NOBODY, "passed"], "no such certification"),
        (vec!["review", "show", NOBODY], "no such certification"),
        (vec!["review", "approve", NOBODY], "no such certification"),
        (vec!["review", "reject", NOBODY], "--reason"),
        (vec!["test", "choose", NOBODY, "maybe"], "[possible values: passed, failed, left]"),
    ] {
        let output = run(dir.path(), &args);
        assert!(!output.status.success(), "{args:?}");
        assert!(said(&output).contains(says), "{args:?} {}", said(&output));
    }
}

/// Promise 23: what was chosen and what was found never stand side by side.
#[test]
fn a_database_of_one_mode_is_refused_by_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("certifyd.toml");
    let started_as = |mode: &str| {
        let text = format!(
            "mode = \"{mode}\"\nlisten = \"127.0.0.1:0\"\n[[apps]]\nid = \"2021\"\n\
             [[spaces]]\nid = \"s\"\napp = \"2021\"\nclient_secret = \"secret\"\n\
             functions = \"functions\"\n"
        );
        std::fs::write(&file, text).unwrap();
        std::fs::create_dir_all(dir.path().join("functions/f")).unwrap();
        std::fs::write(dir.path().join("functions/f/index.js"), "module.exports = () => 1;")
            .unwrap();
        Command::new(PROGRAM).args(["invoke", "f", "--config"]).arg(&file).output().unwrap()
    };
    assert!(started_as("test").status.success());
    let refused = started_as("live");
    assert!(!refused.status.success());
    assert!(said(&refused).contains("made with mode = \"test\""), "{}", said(&refused));
    assert!(said(&refused).contains("data_dir"), "{}", said(&refused));
    assert!(started_as("test").status.success());
}
