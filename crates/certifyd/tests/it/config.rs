//! `certifyd check`: a configuration is judged before anything is served from it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

use std::process::{Command, Output};

use crate::program::PROGRAM;

/// RSA of 1024 bits: too short for any signature here.
const SHORT_KEY: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDjEl7dA5ACpc3LpKpI+awetkTi
xswIhVdLSfq29qrp65actoSvFeambq9eyzg3nYSk6QN/wA1WEp2abHwyFp6enUNp
RCMNIt2Er0/AA9jMgaUOSJY2NgQFKK+um1UbUwM9KCMQnkoXkLYqEEcnwkCZ7M44
R2AY6LeGeUZ2rbZ3UwIDAQAB
-----END PUBLIC KEY-----
";

/// What `check` makes of one application with these lines.
fn check(lines: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certifyd.toml");
    std::fs::write(folder.path().join("short.pem"), SHORT_KEY).unwrap();
    std::fs::write(&file, format!("[[apps]]\nid = \"2021\"\n{lines}\n")).unwrap();
    Command::new(PROGRAM).args(["check", "--config"]).arg(&file).output().unwrap()
}

fn accepted(lines: &str) -> String {
    let output = check(lines);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(lines: &str) -> String {
    let output = check(lines);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn sha1_is_off_unless_it_is_said_and_then_it_is_reported() {
    for off in ["", "allow_sha1 = false"] {
        assert!(!accepted(off).contains("SHA-1"), "{off}");
    }
    assert!(accepted("allow_sha1 = true").contains("with SHA-1 signatures too (allow_sha1)"));
}

#[test]
fn a_wrong_value_or_name_is_refused_with_line_and_remedy() {
    let wrong = refused("allow_sha1 = \"yes\"");
    assert!(wrong.contains("certifyd.toml:3:") && wrong.contains("boolean"), "{wrong}");
    let misspelt = refused("alow_sha1 = true");
    assert!(misspelt.contains("did you mean `allow_sha1`?"), "{misspelt}");
}

#[test]
fn a_key_that_is_too_short_is_refused_before_a_caller_finds_out() {
    let short = refused("public_key = \"short.pem\"");
    assert!(short.contains("apps.public_key: not an RSA key of at least 2048 bits"), "{short}");
}

#[test]
fn who_decides_fits_the_mode() {
    for (mode, verifier, says) in [
        ("live", "simulated", "for mode = \"test\" only; use \"review\""),
        ("test", "nobody", "verification.verifier must be \"simulated\" or \"review\""),
    ] {
        let lines = format!("[verification]\nverifier = \"{verifier}\"");
        let refused = refused_in(mode, &lines);
        assert!(refused.contains(says), "{refused}");
    }
    for (mode, verifier) in [("live", "review"), ("test", "review"), ("test", "simulated")] {
        let output = check_in(mode, &format!("[verification]\nverifier = \"{verifier}\""));
        assert!(output.status.success(), "{mode} {verifier}");
    }
}

#[test]
fn schemes_of_apps_are_names_of_schemes() {
    for bad in ["javascript", "https", "my app", "", "1st", "a:b"] {
        let refused = refused(&format!("return_schemes = [\"{bad}\"]"));
        assert!(refused.contains("apps.return_schemes"), "{bad} {refused}");
    }
    accepted("return_schemes = [\"MyShop\", \"com.example.shop\"]");
}

#[test]
fn days_are_bounded() {
    let refused = refused("[verification]\nevidence_days = 4000");
    assert!(refused.contains("verification.evidence_days"), "{refused}");
}

fn check_in(mode: &str, lines: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certifyd.toml");
    let text = format!("mode = \"{mode}\"\n[[apps]]\nid = \"2021\"\n{lines}\n");
    std::fs::write(&file, text).unwrap();
    Command::new(PROGRAM).args(["check", "--config"]).arg(&file).output().unwrap()
}

fn refused_in(mode: &str, lines: &str) -> String {
    let output = check_in(mode, lines);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn who_acts_for_merchants_and_who_is_one_is_told_apart() {
    accepted("isv = true\nauthorize_redirects = [\"https://isv.example.com/cb\"]");
    accepted("[authorization]\ntoken_days = 30");
    for (lines, says) in [
        ("authorize_redirects = [\"https://isv.example.com/cb\"]", "set isv = true"),
        ("isv = true\nauthorize_redirects = [\"https://a@b.example/\"]", "without user name"),
        ("isv = true\nauthorize_secret = \"short.pem\"", "authorises nobody"),
        ("authorize_secret = \"no-such-file-but-a-secret\"", "the file cannot be read"),
        ("authorize_secret = \"short.pem\"", "at least 20 ASCII characters and no blanks"),
        ("[authorization]\ntoken_days = -1", "authorization.token_days must be from 0 to 3650"),
        ("[authorization]\ntokens_days = 1", "did you mean `token_days`?"),
    ] {
        let refused = refused(lines);
        assert!(refused.contains(says), "{refused}");
        assert!(!refused.contains("but-a-secret"), "{refused}");
    }
}

#[test]
fn limits_and_proxies_are_judged_with_line_and_remedy() {
    accepted(
        "[limits]\nconnections = 50\napp_calls_per_second = 0\n[metrics]\nlisten = \"[::1]:9464\"",
    );
    for (lines, says) in [
        ("[limits]\nconnections = 0", "limits.connections must be from 1 to 1000000"),
        ("[limits]\nheader_seconds = 0", "limits.header_seconds must be from 1 to 3600"),
        ("[limits]\nbody_memory_mb = 9000", "limits.body_memory_mb must be from 8 to 4095"),
        ("[limits]\nsign_ins_per_hour = 1", "did you mean `sign_ins_per_minute`?"),
        ("[metrics]\nlisten = \"9464\"", "metrics.listen must be HOST:PORT"),
    ] {
        let refused = refused(lines);
        assert!(refused.contains(":4: ") && refused.contains(says), "{refused}");
    }
}

#[test]
fn traces_go_to_an_address_where_they_are_built_in_and_are_refused_where_they_are_not() {
    let otlp = "[telemetry]\notlp = \"http://127.0.0.1:4318\"";
    if cfg!(feature = "otel") {
        accepted(&format!("{otlp}\nsample_ratio = 0.25"));
        for address in ["127.0.0.1:4318", "grpc://h:4317", "http://u@h", "http://h/v1/traces"] {
            let refused = refused(&format!("[telemetry]\notlp = \"{address}\""));
            assert!(refused.contains(":4: telemetry.otlp must be http://HOST:PORT"), "{refused}");
        }
        let refused = refused("[telemetry]\nsample_ratio = 1.5");
        assert!(
            refused.contains(":4: telemetry.sample_ratio must be from 0.0 to 1.0"),
            "{refused}"
        );
    } else {
        let refused = refused(otlp);
        assert!(refused.contains(":4: telemetry.otlp: this program was built without traces"));
        assert!(refused.contains("--features otel"), "{refused}");
    }
}

#[test]
fn a_proxy_is_an_address_or_a_network_and_is_missed_where_there_must_be_one() {
    let top = |lines: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("certifyd.toml");
        let text = format!("mode = \"test\"\n{lines}\n[[apps]]\nid = \"2021\"\n");
        std::fs::write(&file, text).unwrap();
        let output = Command::new(PROGRAM).args(["check", "--config"]).arg(&file).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let wrong = top("trusted_proxies = [\"::1\",\n\"10.0.0.1/8\"]");
    assert!(wrong.contains("certifyd.toml:3: trusted_proxies must be"), "{wrong}");
    let public = "public_url = \"https://id.example\"";
    assert!(top(public).contains("warning: trusted_proxies is empty"));
    assert!(!top(&format!("{public}\ntrusted_proxies = [\"::1\"]")).contains("trusted_proxies"));
}
