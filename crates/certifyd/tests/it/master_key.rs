//! The master key: from files and programs, changed while the server runs, and never seen.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::nodes::initialize;
use crate::program::{PROGRAM, Program};
use crate::worlds::{run, said};

/// A project, and its configuration as it was written.
struct World {
    dir: tempfile::TempDir,
    written: String,
}

impl World {
    /// With a server that has run already, or without.
    fn new() -> (Self, Program) {
        let dir = tempfile::tempdir().unwrap();
        let server = Program::dev(dir.path());
        let written = std::fs::read_to_string(dir.path().join(".certifyd/certifyd.toml")).unwrap();
        (Self { dir, written }, server)
    }

    fn settings(&self) -> PathBuf {
        self.dir.path().join(".certifyd")
    }

    /// Writes `store.master_key`.
    fn configure(&self, value: &str) {
        let line = format!("\n[store]\nmaster_key = {value}\n");
        let text = self.written.replacen("\n[store]\n", &line, 1);
        assert_ne!(text, self.written);
        std::fs::write(self.settings().join("certifyd.toml"), text).unwrap();
    }

    /// A key of 32 times this byte.
    fn key(&self, name: &str, byte: &str) -> String {
        let path = self.settings().join(name);
        std::fs::write(&path, format!("{}\n", byte.repeat(32))).unwrap();
        path.display().to_string()
    }

    fn refused(&self) -> String {
        let start = ["dev", "--listen", "127.0.0.1:0", "--json"];
        let output = Command::new(PROGRAM).args(start).arg(self.dir.path()).output().unwrap();
        assert!(!output.status.success());
        said(&output)
    }

    fn certifyd(&self, args: &[&str]) -> Output {
        run(self.dir.path(), args)
    }

    fn says(&self, args: &[&str], text: &str) {
        let output = self.certifyd(args);
        assert!(output.status.success() && said(&output).contains(text), "{}", said(&output));
    }
}

fn id_of(server: &Program, order_no: &str) -> String {
    let answer = initialize(server, order_no);
    let id = answer.pointer("/alipay_user_certify_open_initialize_response/certify_id").cloned();
    id.unwrap().as_str().unwrap().to_owned()
}

fn reloaded(server: &Program) -> String {
    let logged = server.reload();
    assert!(logged.contains("configuration reloaded"), "{logged}");
    logged
}

#[test]
fn it_is_changed_while_the_server_runs_and_the_old_one_is_not_needed_any_more() {
    let (world, server) = World::new();
    let id = id_of(&server, "before");
    let old = world.settings().join("data/master.key");
    let old_text = std::fs::read_to_string(&old).unwrap();
    world.key("new.key", "ab");
    world.configure("[\"new.key\", \"data/master.key\"]");
    let file = world.settings().join("certifyd.toml");
    let checked = Command::new(PROGRAM).args(["check", "--config"]).arg(file).output().unwrap();
    let together = "the database opens, 2 master keys valid together";
    assert!(said(&checked).contains(together), "{}", said(&checked));
    let logged = reloaded(&server);
    assert!(logged.contains("the master key is exchanged"), "{logged}");
    assert!(!logged.contains(old_text.trim()) && !logged.contains("abab"), "{logged}");
    assert!(!reloaded(&server).contains("the master key is exchanged"));
    world.says(&["keys", "rotate", "--by", "Ann"], "generation 2 seals from now on");
    world.says(&["keys", "status"], "generation 2  made ");
    world.says(&["audit", "verify"], "intact");
    // Whoever takes the wrong one out is told, and nothing changes.
    for (value, says) in [
        ("\"data/master.key\"", "is not the one this database was written with"),
        ("\"absent.key\"", "absent.key is missing"),
        ("\"cmd:false\"", "store.master_key: false failed (exit status: 1)"),
    ] {
        world.configure(value);
        let logged = server.reload();
        assert!(logged.contains(says) && logged.contains("stays as it was"), "{value} {logged}");
    }
    assert_eq!(id_of(&server, "before"), id);
    drop(server);
    world.configure("\"data/master.key\"");
    assert!(world.refused().contains("is not the one this database was written with"));
    std::fs::remove_file(&old).unwrap();
    world.configure("\"new.key\"");
    let server = Program::dev(world.dir.path());
    assert_eq!(id_of(&server, "before"), id);
    assert_ne!(id_of(&server, "after"), id);
    world.says(&["test", "show", &id], r#""state":"created""#);
    world.says(&["audit", "verify"], "intact");
    let exported = said(&world.certifyd(&["audit", "export"]));
    for action in ["master_key_exchanged", "key_rotation_begun"] {
        assert_eq!(exported.matches(action).count(), 1, "{exported}");
    }
    assert!(exported.contains("operator:Ann"), "{exported}");
}

#[test]
fn a_program_may_print_it_and_is_not_run_to_check_a_configuration() {
    let (world, server) = World::new();
    let id = id_of(&server, "before");
    let key = world.settings().join("data/master.key");
    let marker = world.settings().join("marker");
    drop(server);
    world.configure(&format!("\"cmd:cat {}\"", key.display()));
    let server = Program::dev(world.dir.path());
    assert_eq!(id_of(&server, "before"), id);
    world.says(&["audit", "verify"], "intact");
    drop(server);
    for (command, says) in [
        ("false".to_owned(), "store.master_key: false failed (exit status: 1)"),
        ("echo secret".to_owned(), "echo did not print a master key: 64 hexadecimal digits"),
        ("./absent".to_owned(), "cannot run "),
        (String::new(), "store.master_key: cmd: needs a program"),
    ] {
        world.configure(&format!("\"cmd:{command}\""));
        let told = world.refused();
        assert!(told.contains(says) && !told.contains("secret"), "{command} {told}");
    }
    world.configure(&format!("\"cmd:touch {}\"", marker.display()));
    let file = world.settings().join("certifyd.toml");
    let checked = Command::new(PROGRAM).args(["check", "--config"]).arg(file).output().unwrap();
    assert!(checked.status.success() && !marker.exists(), "{}", said(&checked));
    // A key in the place of its file, whole, mistyped or written otherwise, is not shown, nor the name
    // of a new file.
    for pasted in [
        "ab".repeat(32),
        format!("{}a", "ab".repeat(31)),
        format!("0x{}", "ab".repeat(32)),
        format!("{}+/aba=", "abab".repeat(9)),
    ] {
        world.configure(&format!("\"{pasted}\""));
        let told = world.refused();
        assert!(told.contains("this is a key itself") && !told.contains("abab"), "{told}");
        assert!(!world.settings().join(&pasted).exists());
    }
}

#[test]
fn a_database_from_before_goes_on_under_its_master_key() {
    let (world, server) = World::new();
    let id = id_of(&server, "before");
    drop(server);
    // As an earlier program left it: no secrets, only the fingerprint of the master key.
    let database = crate::audit::find(world.dir.path(), "certifyd.db");
    let taken = take_roots_away(&database, &world.settings().join("data/master.key"));
    assert!(taken, "the database had secrets of its own");
    let server = Program::dev(world.dir.path());
    world.says(&["audit", "verify"], "0 rows looked at");
    let after = id_of(&server, "after");
    assert_ne!(after, id);
    world.says(&["audit", "verify"], "intact");
    drop(server);
    let server = Program::dev(world.dir.path());
    assert_eq!(id_of(&server, "after"), after);
}

/// Makes the database one that was never written to, under the master key itself.
fn take_roots_away(database: &Path, key: &Path) -> bool {
    let text = std::fs::read_to_string(key).unwrap();
    let mut master = [0; 32];
    for (index, byte) in master.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2).unwrap(), 16).unwrap();
    }
    let fingerprint = engine::Vault::new(&master).unwrap().fingerprint();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = store::Store::open(&format!("sqlite://{}", database.display())).unwrap();
        let had = !store.root_keys().await.unwrap().is_empty();
        drop(store);
        for end in ["", "-wal", "-shm"] {
            // The last two are there while the database is open only.
            let _ = std::fs::remove_file(format!("{}{end}", database.display()));
        }
        let store = store::Store::open(&format!("sqlite://{}", database.display())).unwrap();
        store.remember("vault_fingerprint", &fingerprint).await.unwrap();
        had
    })
}
