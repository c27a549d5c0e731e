//! The configuration read again while the server runs: all of it or nothing, and nobody is cut off.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like tests"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use wire::charset::Charset;
use wire::gateway::{Parameters, Response, canonical};
use wire::serverless::{Body, ClientSecret, signing_text};
use wire::{PrivateKey, PublicKey};

use crate::program::{PROGRAM, Program, make_keys};

const QUERY: &str = "alipay.user.certify.open.query";
const SECRET: &str = "a secret in the place of the first";

/// A project, its server, and a second set of keys in `.certifyd/next`.
struct World {
    server: Program,
    settings: PathBuf,
    written: String,
    first_secret: String,
    _dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let function = dir.path().join("functions/hold");
        std::fs::create_dir_all(&function).unwrap();
        let source = "module.exports = async ({ args, httpclient }) => \
                      String((await httpclient.request(args.url)).data);";
        std::fs::write(function.join("index.js"), source).unwrap();
        let server = Program::dev(dir.path());
        let settings = dir.path().join(".certifyd");
        make_keys(&settings.join("next"), &[]);
        let written = std::fs::read_to_string(settings.join("certifyd.toml")).unwrap();
        let first_secret = server.get("client_secret").to_owned();
        Self { server, settings, written, first_secret, _dir: dir }
    }

    /// The configuration with `from` written as `to`.
    fn write(&self, from: &str, to: &str) {
        let text = self.written.replacen(from, to, 1);
        assert_ne!(text, self.written, "{from}");
        std::fs::write(self.settings.join("certifyd.toml"), text).unwrap();
    }

    fn reloaded_with(&self, from: &str, to: &str) {
        self.write(from, to);
        let logged = self.server.reload();
        assert!(logged.contains("configuration reloaded"), "{logged}");
    }

    fn refused_with(&self, from: &str, to: &str) -> String {
        self.write(from, to);
        let logged = self.server.reload();
        assert!(logged.contains("everything stays as it was"), "{logged}");
        logged
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.settings.join(name)).unwrap()
    }

    /// The answer to a query signed with the key in `file`.
    fn query(&self, file: &str) -> String {
        let now = Command::new("date").arg("-u").arg("+%Y-%m-%d %H:%M:%S").output().unwrap();
        let now = String::from_utf8(now.stdout).unwrap();
        let mut parameters = Parameters::default();
        for (name, value) in [
            ("app_id", self.server.get("app_id")),
            ("method", QUERY),
            ("charset", "utf-8"),
            ("sign_type", "RSA2"),
            ("timestamp", now.trim()),
            ("version", "1.0"),
            ("biz_content", r#"{"certify_id":"0"}"#),
        ] {
            parameters.set(name, value);
        }
        let key = PrivateKey::parse(&self.read(file)).unwrap();
        parameters.set("sign", &key.sign(canonical(&parameters, false).as_bytes()).unwrap());
        self.server.post_form("/gateway.do", &parameters.encode(Charset::UTF_8))
    }

    /// Of the first and the second application key: which are taken?
    fn app_keys_taken(&self) -> [bool; 2] {
        ["keys/app_private_pkcs8.pem", "next/app_private_pkcs8.pem"].map(|file| {
            let answer = self.query(file);
            let taken = answer.contains("OPEN_CERTIFY_BILL_NOT_EXIST");
            assert!(taken || answer.contains("isv.invalid-signature"), "{answer}");
            taken
        })
    }

    fn client(&self, secret: &str, token: Option<&str>, method: &str, params: &Value) -> Value {
        client(&self.server, secret, token, method, params)
    }

    /// Of the first and the second secret: which are taken?
    fn secrets_taken(&self) -> [bool; 2] {
        [self.first_secret.as_str(), SECRET].map(|secret| {
            let method = "serverless.auth.user.anonymousAuthorize";
            let answer = self.client(secret, None, method, &json!({}));
            let taken = answer["success"] == true;
            assert!(taken || answer.to_string().contains("SignatureNotMatch"), "{answer}");
            taken
        })
    }
}

pub(crate) fn client(
    server: &Program,
    secret: &str,
    token: Option<&str>,
    method: &str,
    params: &Value,
) -> Value {
    let mut body = json!({
        "spaceId": server.get("space_id"),
        "method": method,
        "params": params.to_string(),
        "timestamp": 1_795_509_231_498_u64,
    });
    if let Some(token) = token {
        body["token"] = token.into();
    }
    let text = body.to_string();
    let sign =
        ClientSecret::new(secret).sign(&signing_text(&Body::parse(text.as_bytes()).unwrap()));
    let headers = format!("content-type: application/json\r\nx-serverless-sign: {sign}\r\n");
    serde_json::from_str(&server.post("/client", &headers, &text)).unwrap()
}

#[test]
fn an_applications_key_is_changed_with_both_valid_in_between() {
    let world = World::new();
    let old = "public_key = \"keys/app_public.pem\"";
    assert_eq!(world.app_keys_taken(), [true, false]);
    world.reloaded_with(old, "public_key = [\"next/app_public.pem\", \"keys/app_public.pem\"]");
    assert_eq!(world.app_keys_taken(), [true, true]);
    world.reloaded_with(old, "public_key = \"next/app_public.pem\"");
    assert_eq!(world.app_keys_taken(), [false, true]);
}

#[test]
fn a_spaces_secret_is_changed_with_both_valid_in_between() {
    let world = World::new();
    let old = format!("client_secret = \"{}\"", world.first_secret);
    assert_eq!(world.secrets_taken(), [true, false]);
    let both = format!("client_secret = [\"{SECRET}\", \"{}\"]", world.first_secret);
    world.reloaded_with(&old, &both);
    assert_eq!(world.secrets_taken(), [true, true]);
    // As containers have it: mounted, and ended by a line's end.
    std::fs::write(world.settings.join("mounted"), format!("{SECRET}\n")).unwrap();
    world.reloaded_with(&old, "client_secret = \"file:mounted\"");
    assert_eq!(world.secrets_taken(), [false, true]);
}

#[test]
fn answers_are_signed_with_the_gateways_new_key() {
    let world = World::new();
    let signed_by = |file: &str| {
        let answer = world.query("keys/app_private_pkcs8.pem");
        let answer = Response::read(&answer, QUERY).unwrap();
        let key = PrivateKey::parse(&world.read(file)).unwrap();
        let key: PublicKey = key.public_key().unwrap();
        answer.verify(&key).is_ok()
    };
    let (old, new) = ("keys/gateway_private_pkcs8.pem", "next/gateway_private_pkcs8.pem");
    assert_eq!((signed_by(old), signed_by(new)), (true, false));
    world.reloaded_with(old, new);
    assert_eq!((signed_by(old), signed_by(new)), (false, true));
}

#[test]
fn a_faulty_configuration_is_told_and_changes_nothing() {
    let world = World::new();
    let key = "public_key = \"keys/app_public.pem\"";
    for (to, says) in [
        ("public_key = \"next/absent.pem\"", "absent.pem"),
        ("public_key = []", "name at least one"),
        ("public_key = [\"next/app_public.pem\", 7]", "wrong type of value"),
        ("public_key = [\"next/app_public.pem\", \"keys/gateway_public.pem\"]", "gateway's own"),
        ("publik_key = \"next/app_public.pem\"", "did you mean `public_key`?"),
    ] {
        let logged = world.refused_with(key, to);
        assert!(logged.contains(says), "{to} {logged}");
        assert_eq!(world.app_keys_taken(), [true, false], "{to}");
    }
}

#[test]
fn what_needs_a_restart_is_refused_by_name_together_with_everything_else() {
    let world = World::new();
    let key = "public_key = \"keys/app_public.pem\"";
    let changed = "public_key = \"next/app_public.pem\"";
    for (line, named) in [
        ("listen = \"127.0.0.1:1\"", "listen: "),
        ("data_dir = \"elsewhere\"", "data_dir, store.url: "),
    ] {
        let name = line.split(" =").next().unwrap();
        let rest = without(&world.written, name);
        std::fs::write(
            world.settings.join("certifyd.toml"),
            format!("{line}\n{}", rest.replacen(key, changed, 1)),
        )
        .unwrap();
        let logged = world.server.reload();
        assert!(logged.contains(named) && logged.contains("restart"), "{logged}");
        assert_eq!(world.app_keys_taken(), [true, false], "{line}");
    }
    world.reloaded_with(key, changed);
    assert_eq!(world.app_keys_taken(), [false, true]);
}

/// The text without the line that sets `name`.
fn without(text: &str, name: &str) -> String {
    let sets = |line: &&str| !line.starts_with(&format!("{name} ="));
    text.lines().filter(sets).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_call_in_flight_ends_with_what_it_began_with() {
    let world = World::new();
    let method = "serverless.auth.user.anonymousAuthorize";
    let signed_in = world.client(&world.first_secret, None, method, &json!({}));
    let token = signed_in["data"]["accessToken"].as_str().unwrap();
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", held.local_addr().unwrap());
    let params = json!({ "functionTarget": "hold", "functionArgs": { "url": url } });
    std::thread::scope(|scope| {
        let call = scope.spawn(|| {
            let method = "serverless.function.runtime.invoke";
            world.client(&world.first_secret, Some(token), method, &params)
        });
        let (mut connection, _) = held.accept().unwrap();
        let mut line = String::new();
        BufReader::new(&connection).read_line(&mut line).unwrap();
        assert!(line.starts_with("GET / "), "{line}");
        let old = format!("client_secret = \"{}\"", world.first_secret);
        world.reloaded_with(&old, &format!("client_secret = \"{SECRET}\""));
        assert_eq!(world.secrets_taken(), [false, true]);
        write!(connection, "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nheld").unwrap();
        drop(connection);
        let answer = call.join().unwrap();
        assert!(answer.to_string().contains("held"), "{answer}");
    });
}

#[test]
fn what_is_valid_together_is_seen() {
    let world = World::new();
    let file = world.settings.join("certifyd.toml");
    world.write(
        "public_key = \"keys/app_public.pem\"",
        "public_key = [\"next/app_public.pem\", \"keys/app_public.pem\"]",
    );
    let said = checked(&file);
    assert!(said.contains("may call the gateway, 2 keys valid together"), "{said}");
    let secrets = format!("client_secret = [\"{SECRET}\", \"{}\"]", world.first_secret);
    world.write(&format!("client_secret = \"{}\"", world.first_secret), &secrets);
    let said = checked(&file);
    assert!(said.contains("2 client secrets valid together"), "{said}");
    assert!(!said.contains(SECRET) && !said.contains(&world.first_secret), "{said}");
    assert!(!said.contains("warning"), "{said}");
    open_to_others(&world.settings.join("keys/gateway_private_pkcs8.pem"));
    let said = checked(&file);
    assert!(said.contains("warning: gateway.private_key: others"), "{said}");
}

fn checked(file: &Path) -> String {
    let checked = Command::new(PROGRAM).args(["check", "--config"]).arg(file).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    String::from_utf8(checked.stdout).unwrap()
}

fn open_to_others(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o644)).unwrap();
}
