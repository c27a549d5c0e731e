//! How much is drawn in.

use toml::{Table, Value};

use super::{none, read, root};

/// Entries of the lock file. House rule; a review, not a habit, raises it.
const MOST: usize = 500;
/// One TLS library is enough. (`ring` is named in the lock file, as a choice of rustls that is not
/// taken, so it cannot be looked for here.)
const BANNED: [&str; 4] = ["openssl", "openssl-sys", "native-tls", "sqlx-mysql"];

fn locked() -> Vec<String> {
    let lock: Table = read(&root().join("Cargo.lock")).parse().unwrap();
    let packages = lock.get("package").and_then(Value::as_array).unwrap();
    packages.iter().map(|package| package.get("name").unwrap().as_str().unwrap().into()).collect()
}

#[test]
fn the_lock_file_stays_within_its_budget() {
    let count = locked().len();
    assert!((50..=MOST).contains(&count), "{count} entries, {MOST} are allowed");
}

/// Two versions of the C library would be two sets of types for the same key.
#[test]
fn the_c_library_of_cryptography_is_there_once() {
    assert_eq!(locked().iter().filter(|name| *name == "aws-lc-sys").count(), 1);
}

#[test]
fn no_second_tls_library_is_drawn_in() {
    let locked = locked();
    let found = BANNED.iter().filter(|name| locked.iter().any(|locked| locked == *name));
    none(&found.map(|name| format!("{name} is in Cargo.lock")).collect::<Vec<_>>());
}
