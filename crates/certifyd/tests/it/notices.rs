//! `certifyd notices` against the program itself.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

use std::path::Path;
use std::process::{Command, Output};

use crate::program::{PROGRAM, Program};

fn notices(dir: &Path, args: &[&str]) -> Output {
    Command::new(PROGRAM).arg("notices").args(args).arg("--dir").arg(dir).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_running_server_is_found_by_its_project_and_asked_with_its_token() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let server = Program::dev(dir.path());
    let token = server.get("operator_token");
    let mode = std::fs::metadata(token).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let listed = notices(dir.path(), &["list"]);
    assert_eq!(
        (listed.status.code(), text(&listed.stdout).trim()),
        (Some(0), "no notices are dead")
    );
    let listed = notices(dir.path(), &["list", "--state", "pending", "--json"]);
    assert_eq!(text(&listed.stdout).trim(), r#"{"notices":[]}"#);
    let sent = notices(dir.path(), &["redeliver", "--all-dead"]);
    assert_eq!(text(&sent.stdout).trim(), "0 notices are sent again");
    let unknown = notices(dir.path(), &["redeliver", "01a20d37d32a3cc3b5da5c0c2e2df3cc"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("no such notice"), "{}", text(&unknown.stderr));
    let nothing = notices(dir.path(), &["redeliver"]);
    assert_eq!(nothing.status.code(), Some(2));
}

#[test]
fn without_a_server_it_says_so() {
    let dir = tempfile::tempdir().unwrap();
    drop(Program::dev(dir.path()));
    let listed = notices(dir.path(), &["list"]);
    assert_eq!(listed.status.code(), Some(1));
    assert!(text(&listed.stderr).contains("is the server running?"), "{}", text(&listed.stderr));
}
