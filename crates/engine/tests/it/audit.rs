//! Promise 18: the audit holds what was done, by whom, and no change to it goes unseen.

use std::path::Path;

use domain::{AppId, FailReason, Part, Source, Way};
use engine::AuditFault::{Changed, Missing};
use engine::{
    AUDIT_CHAIN, Agreement, AuditFault, AuditHead, AuditReport, AuditTrail, Chosen, Policy, Review,
    Ruling, Taken, Vault,
};
use rusqlite::Connection;
use rusqlite::types::Value;
use store::Store;
use testkit::{Blueprint, COMPATIBLE, ISV, MERCHANT, SeededChance, TestEngine, orders, pictures};

/// Rows of the trail that is tampered with.
const ROWS: i64 = 40;

fn database(folder: &Path) -> std::path::PathBuf {
    folder.join("certifyd.db")
}

async fn verify(folder: &Path, known: &[AuditHead]) -> AuditReport {
    verify_under(folder, 7, known).await
}

async fn verify_under(folder: &Path, key: u8, known: &[AuditHead]) -> AuditReport {
    let store = Store::open(&format!("sqlite://{}", database(folder).display())).unwrap();
    let vault = Vault::new(&[key; 32]).unwrap();
    AuditTrail::new(&store, &vault).verify(known).await.unwrap()
}

/// Each action with who did it, in order.
async fn told(world: &TestEngine) -> Vec<String> {
    let lines = world.engine.audit(AUDIT_CHAIN, 1, 1000).await.unwrap();
    lines.iter().map(|line| format!("{} {}", line.who, line.action)).collect()
}

fn id(text: &str) -> AppId {
    AppId::parse(text).unwrap()
}

fn agreement() -> Agreement {
    Agreement { version: "1".into(), language: "zh".into(), guardian: false, way: Way::Scene }
}

fn photo() -> Taken {
    Taken { part: Part::Selfie, source: Source::Camera, bytes: pictures::jpeg(320, 240) }
}

#[tokio::test]
async fn what_a_person_and_an_operator_do_is_told_in_order() {
    let world = TestEngine::made_of(&Blueprint::default().verifier(Review));
    let mut order = orders::order("walk1");
    order.biz_code = domain::BizCode::CertPhotoFace;
    let certification = world.open(order).await;
    let acting = world.acting(COMPATIBLE);
    let link = world.engine.certify(&acting, certification, None).await.unwrap();
    let session = world.engine.agree(&link, agreement(), None).await.unwrap();
    for part in [Part::CertFront, Part::CertBack, Part::Selfie] {
        world.engine.photo(&link, &session, Taken { part, ..photo() }).await.unwrap();
    }
    world.engine.submit(&link, &session).await.unwrap();
    world.engine.docket(certification, "Ann").await.unwrap();
    world.engine.review_picture(certification, Part::Selfie, "Ann").await.unwrap();
    let reason = FailReason::parse("FACE_NOT_MATCH").unwrap();
    world.engine.decide_review(certification, Ruling::Reject(reason), "Ann", None).await.unwrap();
    let opened = format!("app:{COMPATIBLE} opened");
    assert_eq!(
        told(&world).await,
        [
            &*opened,
            "person in_progress",
            "person consented",
            "person picture_taken",
            "person picture_taken",
            "person picture_taken",
            "person submitted",
            "operator:Ann shown",
            "operator:Ann picture_shown",
            "operator:Ann failed",
        ]
    );
    let lines = world.engine.audit(AUDIT_CHAIN, 1, 1000).await.unwrap();
    assert!(lines.iter().all(|line| line.object == certification.to_string()));
    assert_eq!(lines.last().unwrap().detail.as_deref(), Some("FACE_NOT_MATCH"));
    // From somewhere, and no more than asked for.
    assert_eq!(world.engine.audit(AUDIT_CHAIN, 4, 2).await.unwrap(), lines[3..5]);
}

#[tokio::test]
async fn what_did_not_happen_is_not_told() {
    let world = TestEngine::in_memory();
    let first = world.open(orders::order("same1")).await;
    // A repetition opens nothing, an end is reached once, a withdrawn agreement is gone.
    assert_eq!(world.open(orders::order("same1")).await, first);
    world.engine.choose(first, Chosen::Passed).await.unwrap();
    assert!(world.engine.choose(first, Chosen::Passed).await.is_err());
    assert!(world.engine.revoke(&id(ISV), &id(MERCHANT)).await.is_err());
    assert_eq!(told(&world).await, [&*format!("app:{COMPATIBLE} opened"), "test passed"]);
}

#[tokio::test]
async fn agreements_tokens_expiry_and_reloads_are_told() {
    let world = TestEngine::in_memory();
    let (isv, app) = (id(ISV), id(MERCHANT));
    let code = world.engine.grant_code(&isv, &app).await.unwrap();
    let issued = world.engine.exchange_code(&isv, &code).await.unwrap();
    world.engine.refresh(&isv, &issued.refresh_token).await.unwrap();
    world.engine.revoke_as_operator(&isv, &app).await.unwrap();
    world.open(orders::order("late1")).await;
    world.clock.advance(jiff::SignedDuration::from_hours(24));
    assert_eq!(world.engine.sweep().await.unwrap().expired, 1);
    world.engine.record_reload().await.unwrap();
    assert_eq!(
        told(&world).await,
        [
            format!("merchant:{MERCHANT} authorized"),
            format!("app:{ISV} code_exchanged"),
            format!("app:{ISV} token_refreshed"),
            "operator:operator revoked".to_owned(),
            format!("app:{COMPATIBLE} opened"),
            "system expired".to_owned(),
            "system configuration_reloaded".to_owned(),
        ]
    );
    let lines = world.engine.audit(AUDIT_CHAIN, 1, 1).await.unwrap();
    assert_eq!(lines[0].object, format!("{ISV} for {MERCHANT}"));
}

#[tokio::test]
async fn nothing_personal_and_no_token_is_told() {
    let blueprint = Blueprint::default().policy(Policy { evidence_days: 7, ..Policy::default() });
    let world = TestEngine::made_of(&blueprint);
    let certification = world.open(orders::order("quiet1")).await;
    let acting = world.acting(COMPATIBLE);
    let link = world.engine.certify(&acting, certification, None).await.unwrap();
    let session = world.engine.agree(&link, agreement(), Some("device-token")).await.unwrap();
    world.engine.photo(&link, &session, photo()).await.unwrap();
    world.engine.submit(&link, &session).await.unwrap();
    let code = world.engine.grant_code(&id(ISV), &id(MERCHANT)).await.unwrap();
    let issued = world.engine.exchange_code(&id(ISV), &code).await.unwrap();
    let shown = format!("{:?}", world.engine.audit(AUDIT_CHAIN, 1, 1000).await.unwrap());
    let secrets = [orders::CERT_NAME, orders::CERT_NO, orders::RETURN_URL, "device-token"];
    let tokens = [&*session, &*code, &*issued.token, &*issued.refresh_token, &*link];
    for secret in secrets.iter().chain(&tokens) {
        assert!(!shown.contains(secret), "{secret}");
    }
    assert!(shown.contains("submitted"));
}

/// An engine's trail of [`ROWS`] rows in a file, and its end.
async fn trail() -> (tempfile::TempDir, AuditHead) {
    let folder = tempfile::tempdir().unwrap();
    let world = TestEngine::made_of(&Blueprint::default().database_in(folder.path()));
    for number in 0..ROWS / 2 {
        let id = world.open(orders::order(&format!("trail{number}"))).await;
        world.engine.choose(id, Chosen::Passed).await.unwrap();
    }
    drop(world);
    let report = verify(folder.path(), &[]).await;
    assert_eq!((report.rows, report.faults), (ROWS.unsigned_abs(), vec![]));
    let [head] = <[AuditHead; 1]>::try_from(report.heads).unwrap();
    assert_eq!(head.seq, ROWS);
    (folder, head)
}

/// A trail, and somebody else who can write to its database.
struct Tampering {
    folder: tempfile::TempDir,
    store: Store,
    other: Connection,
}

impl Tampering {
    fn with(folder: tempfile::TempDir) -> Self {
        let path = database(folder.path());
        let store = Store::open(&format!("sqlite://{}", path.display())).unwrap();
        let other = Connection::open(path).unwrap();
        other
            .execute_batch(
                "PRAGMA synchronous = OFF; CREATE TEMP TABLE kept AS SELECT * FROM audit; \
                 CREATE TEMP TABLE kept_heads AS SELECT * FROM audit_heads;",
            )
            .unwrap();
        Self { folder, store, other }
    }

    /// What is found now; then all is as before.
    async fn found(&self, known: &[AuditHead]) -> Vec<(String, AuditFault)> {
        assert!(self.folder.path().exists());
        let vault = Vault::new(&[7; 32]).unwrap();
        let found = AuditTrail::new(&self.store, &vault).verify(known).await.unwrap().faults;
        self.other
            .execute_batch(
                "DELETE FROM audit; INSERT INTO audit SELECT * FROM kept; \
                 DELETE FROM audit_heads; INSERT INTO audit_heads SELECT * FROM kept_heads;",
            )
            .unwrap();
        found
    }

    async fn after(&self, tamper: &str, known: &[AuditHead]) -> Vec<AuditFault> {
        self.other.execute_batch(tamper).unwrap();
        self.found(known).await.into_iter().map(|(_, fault)| fault).collect()
    }
}

#[tokio::test]
async fn rows_that_are_deleted_added_or_moved_are_missed_where_they_were() {
    let (folder, head) = trail().await;
    let trail = Tampering::with(folder);
    let again = "INSERT INTO audit SELECT chain, 41, at, who, action, object, detail, prev_hash, \
                 hash FROM audit WHERE seq = 40";
    let swap = "UPDATE audit SET seq = 1000 WHERE seq = 11; UPDATE audit SET seq = 11 WHERE \
                seq = 12; UPDATE audit SET seq = 12 WHERE seq = 1000";
    for (tamper, faults) in [
        ("SELECT 1", vec![]),
        ("DELETE FROM audit WHERE seq = 17", vec![Missing(17, 17)]),
        ("DELETE FROM audit WHERE seq BETWEEN 1 AND 3", vec![Missing(1, 3)]),
        ("DELETE FROM audit WHERE seq > 38", vec![Missing(39, 40)]),
        ("DELETE FROM audit", vec![Missing(1, 40)]),
        (again, vec![Changed(41)]),
        (swap, vec![Changed(11), Changed(12)]),
        ("UPDATE audit SET seq = 0 WHERE seq = 1", vec![Changed(0), Missing(1, 1)]),
        ("UPDATE audit_heads SET seq = 7", vec![AuditFault::NotTheHead(7)]),
        ("UPDATE audit_heads SET seq = 41", vec![Missing(41, 41)]),
        ("UPDATE audit_heads SET hash = zeroblob(32)", vec![AuditFault::NotTheHead(40)]),
        ("UPDATE audit SET hash = x'' WHERE seq = 3", vec![Changed(3)]),
        ("UPDATE audit SET who = CAST(x'ff' AS TEXT) WHERE seq = 3", vec![Changed(3)]),
        ("UPDATE audit SET detail = NULL WHERE seq = 3", vec![Changed(3)]),
    ] {
        assert_eq!(trail.after(tamper, &[]).await, faults, "{tamper}");
    }
    // Whoever also takes the noted end back is caught by one that was kept elsewhere.
    let cut = "DELETE FROM audit WHERE seq > 38; UPDATE audit_heads SET seq = 38, hash = \
               (SELECT hash FROM audit WHERE seq = 38)";
    assert_eq!(trail.after(cut, &[]).await, []);
    let text = head.to_string();
    let known: AuditHead = text.parse().unwrap();
    assert_eq!(trail.after(cut, &[known]).await, [Missing(39, 40)]);
    let gone = "DELETE FROM audit; DELETE FROM audit_heads";
    assert_eq!(trail.after(gone, &[head]).await, [Missing(1, 40)]);
}

#[tokio::test]
async fn another_key_believes_nothing() {
    let (folder, _) = trail().await;
    let report = verify_under(folder.path(), 8, &[]).await;
    assert_eq!(report.faults.len(), usize::try_from(ROWS).unwrap());
    assert_eq!(report.heads, []);
}

/// One bit of one byte of one field of one row, chosen by chance. Gives the row.
fn flip(connection: &Connection, chance: &SeededChance) -> i64 {
    const FIELDS: [&str; 9] =
        ["chain", "seq", "at", "who", "action", "object", "detail", "prev_hash", "hash"];
    let seq = i64::try_from(chance.below(usize::try_from(ROWS).unwrap())).unwrap() + 1;
    let field = FIELDS[chance.below(FIELDS.len())];
    let read = format!("SELECT {field} FROM audit WHERE seq = {seq}");
    let write = format!("UPDATE OR REPLACE audit SET {field} = ?1 WHERE seq = {seq}");
    let bit = 1_u8 << chance.below(8);
    let turn = |bytes: &mut Vec<u8>| {
        let place = chance.below(bytes.len());
        bytes[place] ^= bit;
    };
    let value = match connection.query_row(&read, [], |row| row.get::<_, Value>(0)).unwrap() {
        // The sign is left alone: rows before the first are another test's.
        Value::Integer(number) => Value::Integer(number ^ (1 << chance.below(62))),
        Value::Text(text) => {
            // Texts stay texts; bytes that are none are another test's.
            let mut bytes = text.into_bytes();
            let place = chance.below(bytes.len());
            bytes[place] ^= bit & 0x7f | u8::from(bit == 0x80);
            Value::Text(String::from_utf8(bytes).unwrap())
        }
        Value::Blob(mut bytes) => {
            turn(&mut bytes);
            Value::Blob(bytes)
        }
        // Nothing became something.
        Value::Null | Value::Real(_) => Value::Text("x".to_owned()),
    };
    connection.execute(&write, [value]).unwrap();
    seq
}

#[tokio::test]
async fn of_a_thousand_changed_bytes_each_is_found_where_it_is() {
    let trail = Tampering::with(trail().await.0);
    let chance = SeededChance::new(18);
    for round in 0..1000 {
        let seq = flip(&trail.other, &chance);
        let faults = trail.found(&[]).await;
        let names = |(chain, fault): &(String, AuditFault)| {
            chain == "main"
                && match fault {
                    AuditFault::Changed(at) | AuditFault::OutOfPlace(at) => *at == seq,
                    AuditFault::Missing(from, to) => (*from..=*to).contains(&seq),
                    AuditFault::NotTheHead(_) => false,
                }
        };
        assert!(faults.iter().any(names), "round {round}, row {seq}: {faults:?}");
    }
    assert_eq!(trail.found(&[]).await, []);
}

#[test]
fn heads_are_read_as_they_are_written() {
    for bad in ["", "main", "main:1", "main:x:00", "main:1:zz", "main:1:00"] {
        assert!(bad.parse::<AuditHead>().is_err(), "{bad}");
    }
    let head = AuditHead { chain: "a:b".to_owned(), seq: 7, hash: vec![9; 32] };
    assert_eq!(head.to_string().parse(), Ok(head));
}
