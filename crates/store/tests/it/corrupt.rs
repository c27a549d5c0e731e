//! Values nobody of ours wrote are named by table and column, and never shown.

use store::{Inserted, StoreError};

use crate::folder::{Folder, at, id, record};

/// What reading says after `sql` changed the one stored certification.
async fn reading_after(sql: &str) -> StoreError {
    let folder = Folder::new();
    let store = folder.open();
    assert_eq!(store.insert_certification(record(1)).await, Ok(Inserted::New));
    folder.poke(sql);
    let error = store.certification(id(1)).await.unwrap_err();
    assert!(!error.to_string().contains("canary"), "{error}");
    // Asked for by the order number, the same fault is found.
    assert_eq!(store.insert_certification(record(1)).await, Err(error.clone()));
    error
}

#[tokio::test]
async fn every_column_that_cannot_be_ours_is_named() {
    let set = |what: &str| format!("UPDATE certifications SET {what}");
    for (change, column) in [
        ("state = 'canary'", "state_at"),
        ("state = 'canary', state_at = 1", "state"),
        ("state = ''", "state_at"),
        ("state = 'in_progress'", "state_at"),
        ("state = 'passed', state_at = 1", "state_detail"),
        ("state = 'passed', state_at = 1, state_detail = 'canary'", "state_detail"),
        ("state = 'failed', state_at = 1, state_detail = 'canary\n'", "state_detail"),
        ("state = 'expired', state_at = 9223372036854775807", "state_at"),
        ("biz_code = 'canary'", "biz_code"),
        ("isv_app_id = 'not an app canary'", "isv_app_id"),
        ("created_at = 9223372036854775807", "created_at"),
        ("content_digest = subject", "content_digest"),
    ] {
        let table = "certifications";
        let expected = StoreError::Corrupt { table, column };
        assert_eq!(reading_after(&set(change)).await, expected, "{change}");
    }
}

#[tokio::test]
async fn a_session_whose_end_cannot_be_a_time_is_named() {
    let folder = Folder::new();
    let store = folder.open();
    let user = store::NewUser {
        space_id: "s".to_owned(),
        user_id: "u".to_owned(),
        provider: None,
        at: at("2026-11-24T08:00:00Z"),
    };
    store.open_session(user, [1; 32], at("2026-11-24T08:10:00Z")).await.unwrap();
    folder.poke("UPDATE sessions SET expires_at = 9223372036854775807");
    let error = store.session([1; 32]).await.unwrap_err();
    assert_eq!(error, StoreError::Corrupt { table: "sessions", column: "expires_at" });
    folder.poke(
        "UPDATE sessions SET expires_at = 1; UPDATE users SET created_at = 9223372036854775807",
    );
    let error = store.session([1; 32]).await.unwrap_err();
    assert_eq!(error, StoreError::Corrupt { table: "users", column: "created_at" });
}
