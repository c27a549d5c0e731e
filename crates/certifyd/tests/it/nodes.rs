//! Two nodes on one database: on PostgreSQL if the tests run on it, else on one file.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use wire::PrivateKey;
use wire::charset::Charset;
use wire::gateway::{Parameters, canonical};

use crate::program::{PROGRAM, Program};
use crate::server::Schema;
use crate::{reload, worlds};

/// The database, and a folder for each node and one for the file.
struct Nodes {
    programs: [Program; 2],
    dir: tempfile::TempDir,
    _schema: Option<Schema>,
}

impl Nodes {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let schema = Schema::new();
        let file = dir.path().join("shared.db");
        let url = schema.as_ref().map_or(format!("sqlite://{}", file.display()), Schema::url);
        let folders = ["one", "two"].map(|name| dir.path().join(name));
        let function = folders[0].join("functions/hello");
        std::fs::create_dir_all(&function).unwrap();
        std::fs::write(function.join("index.js"), "module.exports = async () => 'hello';").unwrap();
        // Made once, with keys, secrets and master key; both nodes have the same.
        drop(Program::dev(&folders[0]));
        let written = folders[0].join(".certifyd/certifyd.toml");
        store_at(&written, "file:store.url");
        std::fs::write(folders[0].join(".certifyd/store.url"), &url).unwrap();
        let copied = Command::new("cp").arg("-a").args(&folders).status().unwrap();
        assert!(copied.success());
        let programs = [Program::dev(&folders[0]), Program::dev(&folders[1])];
        Self { programs, dir, _schema: schema }
    }
}

/// Writes `store.url` into a configuration.
fn store_at(config: &Path, url: &str) {
    let text = std::fs::read_to_string(config).unwrap();
    let written = text.replacen("\n[store]\n", &format!("\n[store]\nurl = \"{url}\"\n"), 1);
    assert_ne!(text, written);
    std::fs::write(config, written).unwrap();
}

/// The answer to an `initialize` of this order.
pub(crate) fn initialize(node: &Program, order_no: &str) -> Value {
    let answer = node.post_form("/gateway.do", &order(node, order_no));
    serde_json::from_str(&answer).unwrap()
}

/// The form of an `initialize` of this order.
pub(crate) fn order(node: &Program, order_no: &str) -> String {
    let now = Command::new("date").arg("-u").arg("+%Y-%m-%d %H:%M:%S").output().unwrap();
    let now = String::from_utf8(now.stdout).unwrap();
    let content = json!({
        "outer_order_no": order_no,
        "biz_code": "FACE",
        "identity_param": {
            "identity_type": "CERT_INFO",
            "cert_type": "IDENTITY_CARD",
            "cert_name": "张三",
            "cert_no": "11010519491231002X",
        },
        "merchant_config": { "return_url": "https://merchant.example.com/" },
    });
    let mut parameters = Parameters::default();
    for (name, value) in [
        ("app_id", node.get("app_id")),
        ("method", "alipay.user.certify.open.initialize"),
        ("charset", "utf-8"),
        ("sign_type", "RSA2"),
        ("timestamp", now.trim()),
        ("version", "1.0"),
        ("biz_content", &content.to_string()),
    ] {
        parameters.set(name, value);
    }
    let key = std::fs::read_to_string(node.get("app_private_key")).unwrap();
    let key = PrivateKey::parse(&key).unwrap();
    parameters.set("sign", &key.sign(canonical(&parameters, false).as_bytes()).unwrap());
    parameters.encode(Charset::UTF_8)
}

#[test]
fn what_one_node_was_told_the_other_knows() {
    let world = Nodes::new();
    let [one, two] = &world.programs;
    let secret = one.get("client_secret");
    let method = "serverless.auth.user.anonymousAuthorize";
    let signed_in = reload::client(one, secret, None, method, &json!({}));
    let token = signed_in["data"]["accessToken"].as_str().unwrap();
    let call = json!({ "functionTarget": "hello", "functionArgs": {} });
    for node in [one, two] {
        let method = "serverless.function.runtime.invoke";
        let answer = reload::client(node, secret, Some(token), method, &call);
        assert!(answer.to_string().contains("hello"), "{answer}");
    }
    let ids: BTreeSet<String> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..64)
            .map(|n| scope.spawn(move || initialize([one, two][n % 2], "one order")))
            .collect();
        calls
            .into_iter()
            .map(|call| {
                let answer = call.join().unwrap();
                let response = &answer["alipay_user_certify_open_initialize_response"];
                response["certify_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
            })
            .collect()
    });
    assert_eq!(ids.len(), 1, "{ids:?}");
    let id = ids.first().unwrap();
    for folder in ["one", "two"] {
        let shown = worlds::run(&world.dir.path().join(folder), &["test", "show", id]);
        assert!(worlds::said(&shown).contains(r#""state":"created""#), "{}", worlds::said(&shown));
    }
}

fn certifyd(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).output().unwrap()
}

fn succeeds(args: &[&str]) -> String {
    let output = certifyd(args);
    let said = worlds::said(&output);
    assert!(output.status.success(), "{args:?} {said}");
    said
}

fn fails(args: &[&str]) -> String {
    let output = certifyd(args);
    let said = worlds::said(&output);
    assert!(!output.status.success(), "{args:?} {said}");
    said
}

#[test]
fn a_database_is_migrated_moved_and_served_from_its_new_place() {
    let dir = tempfile::tempdir().unwrap();
    let schema = Schema::new();
    let id = {
        let server = Program::dev(dir.path());
        let answer = initialize(&server, "before");
        let response = &answer["alipay_user_certify_open_initialize_response"];
        response["certify_id"].as_str().unwrap().to_owned()
    };
    let settings = dir.path().join(".certifyd");
    let config = settings.join("certifyd.toml");
    let config_name = config.display().to_string();
    let migrated = succeeds(&["migrate", "--config", &config_name]);
    assert!(migrated.contains("already"), "{migrated}");
    let file = settings.join("data/certifyd.db").display().to_string();
    let from = format!("sqlite://{file}");
    let to = schema.as_ref().map_or(format!("sqlite://{file}.moved"), Schema::url);
    let to_file = format!("file:{}", dir.path().join("to").display());
    std::fs::write(dir.path().join("to"), &to).unwrap();
    let moved = succeeds(&["move", "--from", &from, "--to", &to_file]);
    assert!(moved.contains("compared one by one"), "{moved}");
    let again = fails(&["move", "--from", &from, "--to", &to_file]);
    assert!(again.contains("the target is in use"), "{again}");
    store_at(&config, &to);
    let server = Program::dev(dir.path());
    let shown = worlds::run(dir.path(), &["test", "show", &id]);
    assert!(worlds::said(&shown).contains(r#""state":"created""#), "{}", worlds::said(&shown));
    let answer = initialize(&server, "before");
    assert!(answer.to_string().contains(&id), "{answer}");
}

#[test]
fn what_cannot_be_moved_is_told_and_no_password_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let [from, to] = ["from", "to"].map(|name| format!("sqlite://{}/{name}", dir.path().display()));
    let said = fails(&["move", "--from", &from, "--to", &to]);
    assert!(said.contains("--from: there is no file"), "{said}");
    assert!(!dir.path().join("from").exists());
    let said = fails(&["move", "--from", "mysql://x", "--to", &to]);
    assert!(said.contains("sqlite://PATH or postgres://"), "{said}");
    std::fs::write(dir.path().join("from"), "").unwrap();
    let same = fails(&["move", "--from", &from, "--to", &from]);
    assert!(same.contains("are the same database"), "{same}");
    // Nobody listens there.
    let nowhere = "postgres://user:canary@127.0.0.1:1/database";
    let said = fails(&["move", "--from", &from, "--to", nowhere]);
    assert!(said.contains("cannot open postgres://127.0.0.1:1/database"), "{said}");
    assert!(!said.contains("canary"), "{said}");
    let config = dir.path().join("certifyd.toml");
    std::fs::write(&config, format!("[store]\nurl = \"{nowhere}\"\n[[apps]]\nid = \"2021\"\n"))
        .unwrap();
    for command in ["migrate", "serve"] {
        let said = fails(&[command, "--config", &config.display().to_string()]);
        assert!(said.contains("cannot open postgres://127.0.0.1:1/database"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}
