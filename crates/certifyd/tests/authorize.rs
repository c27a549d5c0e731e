//! `certifyd authorize` against the program itself, in live mode.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_certifyd");
const CONFIG: &str = r#"
listen = "127.0.0.1:0"
mode = "live"
[operator]
token = "operator.token"
[[apps]]
id = "agency"
isv = true
authorize_redirects = ["https://isv.example.com/callback"]
[[apps]]
id = "merchant"
authorize_secret = "merchant.secret"
"#;

/// A server that ends with the test.
struct Server(Child);

impl Server {
    /// Starts it and finds out where it listens.
    fn start(file: &Path) -> (Self, String) {
        let mut process = Command::new(PROGRAM)
            .args(["serve", "--config"])
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let (_, rest) =
                line.unwrap().split_once("http://").map(|(a, b)| (a.to_owned(), b.to_owned()))?;
            let host: String = rest
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || ".:".contains(*c))
                .collect();
            Some(format!("http://{host}"))
        });
        // What it says later must find a reader.
        std::thread::spawn(move || lines.for_each(drop));
        (Self(process), address.unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn an_operator_authorises_lists_and_revokes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certifyd.toml");
    std::fs::write(&file, CONFIG).unwrap();
    std::fs::write(folder.path().join("operator.token"), "operator-token-0123456789").unwrap();
    std::fs::write(folder.path().join("merchant.secret"), "merchant-secret-0123456789").unwrap();
    let (_server, address) = Server::start(&file);
    let run = |args: &[&str]| -> Output {
        let mut command = Command::new(PROGRAM);
        command.arg("authorize").args(args).arg("--config").arg(&file);
        command.args(["--server", &address]).output().unwrap()
    };
    let said = |args: &[&str]| {
        let output = run(args);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).trim().to_owned()
    };
    let pair = ["--isv", "agency", "--app", "merchant"];

    assert_eq!(said(&["list"]), "no merchant has authorised an application");
    let tokens = said(&pair);
    let token = tokens.lines().next().unwrap().strip_prefix("app_auth_token ").unwrap();
    assert_eq!(token.len(), 40, "{tokens}");
    assert!(tokens.lines().nth(1).unwrap().starts_with("app_refresh_token 20"), "{tokens}");
    let listed = said(&["list"]);
    assert!(listed.starts_with("agency  for merchant  since 20"), "{listed}");
    assert!(!said(&["list", "--json"]).contains(token));

    let code = said(&[pair.as_slice(), &["--code"]].concat());
    assert_eq!(code.strip_prefix("app_auth_code ").unwrap().len(), 32);
    let json = said(&[pair.as_slice(), &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json.get("auth_app_id").unwrap(), "merchant");

    let revoke = [&["revoke"], pair.as_slice()].concat();
    assert_eq!(said(&revoke), "agency no longer acts for merchant");
    let again = run(&revoke);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("has not authorised"), "{}", text(&again.stderr));
    let turned = run(&["--isv", "merchant", "--app", "agency"]);
    assert!(text(&turned.stderr).contains("does not act for merchants"));
    let half = run(&["--isv", "agency"]);
    assert_eq!(half.status.code(), Some(2));
}
