//! `certifyd backup` of a running server, and `certifyd restore` of what it wrote.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

use std::path::Path;
use std::process::{Command, Output};

use crate::program::{PROGRAM, Program};

fn run(dir: &Path, args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).arg("--dir").arg(dir).output().unwrap()
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

fn fails(output: &Output, with: &str) {
    assert!(!output.status.success() && said(output).contains(with), "{}", said(output));
}

fn succeeds(output: &Output, with: &str) {
    assert!(output.status.success() && said(output).contains(with), "{}", said(output));
}

#[test]
fn a_copy_of_a_running_server_is_put_back_whole_or_not_at_all() {
    let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let copy = outside.path().join("copy.db");
    let file = copy.to_str().unwrap();
    fails(&run(dir.path(), &["backup", file]), "there is no database at");
    let server = Program::dev(dir.path());
    let app = server.get("app_id").to_owned();
    let ahead = |order: &str| {
        let of = ["--app-id", &app, "--outer-order-no", order, "passed"];
        run(dir.path(), &[&["test", "ahead"], &of[..]].concat())
    };
    succeeds(&ahead("before"), "");
    let made = run(dir.path(), &["backup", file]);
    succeeds(&made, "holds 0 certifications");
    let head = said(&made).lines().find_map(|line| line.strip_prefix("head ").map(str::to_owned));
    let head = head.unwrap();
    assert!(head.starts_with("main:1:"), "{head}");
    fails(&run(dir.path(), &["backup", file]), "exists already");
    let text = std::fs::read_to_string(outside.path().join("copy.db.manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest["audit_heads"], serde_json::json!([head]));
    succeeds(&ahead("after"), "");
    fails(&run(dir.path(), &["restore", file]), "move it away");
    drop(server);

    let data = crate::audit::find(dir.path(), "certifyd.db");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", data.display()));
    }
    let whole = std::fs::read(&copy).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    std::fs::write(&copy, damaged).unwrap();
    fails(&run(dir.path(), &["restore", file]), "is not the file its manifest tells of");
    assert!(!data.exists());
    std::fs::write(&copy, whole).unwrap();
    succeeds(&run(dir.path(), &["restore", file]), "holds 0 certifications");
    // What came after the copy is not there; what was before is, and is intact.
    succeeds(&run(dir.path(), &["audit", "verify", "--head", &head]), "1 rows looked at");
    let _server = Program::dev(dir.path());
    succeeds(&run(dir.path(), &["test", "events"]), r#""events":[]"#);
}
