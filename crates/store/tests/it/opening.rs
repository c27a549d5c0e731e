//! Opening, reopening, and what cannot be opened.

use store::{Inserted, Location, Store, StoreError};

use crate::folder::{Folder, id, record};

#[tokio::test]
async fn reopening_keeps_everything_and_migrates_nothing_twice() {
    let folder = Folder::new();
    for n in 0..3 {
        let store = folder.open();
        assert_eq!(store.insert_certification(record(n)).await, Ok(Inserted::New));
    }
    let store = folder.open();
    for n in 0..3 {
        assert_eq!(store.certification(id(n)).await, Ok(Some(record(n))));
    }
    let versions = folder.number("SELECT COUNT(*) - MAX(version) FROM schema_migrations");
    assert_eq!(versions, 0, "each migration once");
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_others_writes() {
    let folder = Folder::new();
    let (one, two) = (folder.open(), folder.open());
    assert_eq!(one.insert_certification(record(1)).await, Ok(Inserted::New));
    let again = two.insert_certification(record(1)).await;
    assert!(matches!(again, Ok(Inserted::Existing(_))), "{again:?}");
    assert_eq!(two.certification(id(1)).await, Ok(Some(record(1))));
}

#[test]
fn a_database_of_a_newer_schema_is_refused_and_left_alone() {
    let folder = Folder::new();
    drop(folder.open());
    folder.poke("INSERT INTO schema_migrations (version) VALUES (99)");
    let before = std::fs::read(folder.file()).ok();
    let refused = folder.try_open().unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 99, .. }), "{refused:?}");
    assert!(refused.to_string().contains("99"));
    assert_eq!(std::fs::read(folder.file()).ok(), before);
}

#[test]
fn addresses_of_nothing_we_know_are_refused_with_the_form_that_is_needed() {
    for url in ["", "some.db", "sqlite", "mysql:x", "sqlite://"] {
        let refused = Store::open(url).unwrap_err();
        assert!(matches!(refused, StoreError::Url(_)), "{url}: {refused:?}");
        assert!(refused.to_string().contains("sqlite://PATH or postgres://"), "{refused}");
    }
}

#[test]
fn addresses_are_read() {
    assert_eq!(Location::parse("sqlite::memory:"), Ok(Location::Memory));
    assert_eq!(Location::parse("sqlite://:memory:"), Ok(Location::Memory));
    assert_eq!(Location::parse("sqlite://a/b.db"), Ok(Location::File("a/b.db".into())));
    assert_eq!(Location::parse("sqlite:b.db"), Ok(Location::File("b.db".into())));
}

#[test]
fn missing_folders_are_made() {
    let folder = Folder::new();
    let file = folder.dir.path().join("a/b/c.db");
    drop(Store::open(&format!("sqlite://{}", file.display())).unwrap());
    assert!(file.is_file());
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let folder = Folder::new();
    std::fs::write(folder.dir.path().join("file"), "not a folder").unwrap();
    let below = folder.dir.path().join("file/some.db");
    let refused = Store::open(&format!("sqlite://{}", below.display())).unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    assert!(refused.to_string().len() > "the store is unavailable: ".len(), "{refused}");
}

#[test]
fn a_folder_in_the_place_of_the_file_is_told() {
    let folder = Folder::with_file();
    std::fs::create_dir(folder.file()).unwrap();
    let refused = folder.try_open().unwrap_err();
    assert!(refused.to_string().contains("unable to open database file"), "{refused}");
}

#[test]
fn a_file_that_is_no_database_is_told() {
    let folder = Folder::with_file();
    std::fs::write(folder.file(), "certainly no database, and longer than a header".repeat(90))
        .unwrap();
    let refused = folder.try_open().unwrap_err();
    assert!(refused.to_string().contains("not a database"), "{refused}");
}

/// An administrator may write wherever permissions say no, so the promise is: a clear error, or
/// a store that works.
#[cfg(unix)]
#[tokio::test]
async fn a_read_only_file_is_told_when_it_is_opened() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::with_file();
    drop(folder.open());
    let only_read = |mode| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(folder.file(), only_read(0o444)).unwrap();
    std::fs::set_permissions(folder.dir.path(), only_read(0o555)).unwrap();
    let opened = folder.try_open();
    std::fs::set_permissions(folder.dir.path(), only_read(0o755)).unwrap();
    match opened {
        Ok(store) => assert_eq!(store.insert_certification(record(1)).await, Ok(Inserted::New)),
        Err(refused) => assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}"),
    }
}

#[tokio::test]
async fn a_store_that_can_commit_says_so_and_one_that_cannot_says_so() {
    let folder = Folder::new();
    let store = folder.open();
    assert_eq!(store.check().await, Ok(()));
    folder.poke("DROP TABLE settings");
    let refused = store.check().await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
}

#[tokio::test]
async fn a_store_in_memory_works_and_is_nobody_elses() {
    let (one, two) =
        (Store::open("sqlite::memory:").unwrap(), Store::open("sqlite::memory:").unwrap());
    assert_eq!(one.insert_certification(record(1)).await, Ok(Inserted::New));
    assert_eq!(one.certification(id(1)).await, Ok(Some(record(1))));
    assert_eq!(two.certification(id(1)).await, Ok(None));
    assert_eq!(one.check().await, Ok(()));
}

#[test]
fn commits_reach_the_disk_before_they_are_answered() {
    let folder = Folder::with_file();
    let store = folder.open();
    let connection = rusqlite::Connection::open(folder.file()).unwrap();
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    drop(store);
}

/// The names of an engine's migrations.
fn migrations(engine: &str) -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
    let names = files.map(|name| name.into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != "README.md").collect();
    names.sort_unstable();
    names
}

#[test]
fn both_engines_have_the_same_migrations_and_all_are_applied() {
    assert_eq!(migrations("sqlite"), migrations("postgres"));
    let folder = Folder::new();
    let all = i64::try_from(migrations("sqlite").len()).unwrap();
    for from in [0, all] {
        assert_eq!(folder.open().migrated(), store::Migrated { from, to: all });
    }
}

#[test]
fn of_many_that_open_a_new_database_at_once_each_succeeds() {
    let folder = Folder::new();
    std::thread::scope(|scope| {
        let opening: Vec<_> = (0..6).map(|_| scope.spawn(|| folder.try_open().map(drop))).collect();
        for opened in opening {
            assert_eq!(opened.join().unwrap(), Ok(()));
        }
    });
    let applied = folder.number("SELECT COUNT(*) FROM schema_migrations");
    assert_eq!(usize::try_from(applied).unwrap(), migrations("sqlite").len(), "each once");
}
