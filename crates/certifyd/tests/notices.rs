//! `certifyd notices` against the program itself.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_certifyd");

/// A server that ends with the test.
struct Server(Child);

impl Server {
    fn start(dir: &Path) -> (Self, serde_json::Value) {
        let mut process = Command::new(PROGRAM)
            .args(["dev", "--listen", "127.0.0.1:0", "--json"])
            .arg(dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (Self(process), serde_json::from_str(&line).unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

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
    let (_server, setup) = Server::start(dir.path());
    let token = setup.get("operator_token").and_then(serde_json::Value::as_str).unwrap();
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
    drop(Server::start(dir.path()));
    let listed = notices(dir.path(), &["list"]);
    assert_eq!(listed.status.code(), Some(1));
    assert!(text(&listed.stderr).contains("is the server running?"), "{}", text(&listed.stderr));
}
