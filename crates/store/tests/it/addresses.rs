//! Addresses of PostgreSQL: what they say, and what is never shown of them.

use store::{Location, Store, StoreError};

fn parsed(url: &str) -> Location {
    Location::parse(url).unwrap()
}

#[test]
fn user_and_password_are_never_shown() {
    for url in [
        "postgres://canary:canary@db.example.com:5433/certifyd",
        "postgresql://canary:can%61ry@db.example.com:5433/certifyd?sslmode=verify-full",
        "postgres://db.example.com:5433/certifyd?user=canary&password=canary&sslmode=disable",
    ] {
        let location = parsed(url);
        for shown in [location.to_string(), format!("{location:?}")] {
            assert!(shown.contains("postgres://db.example.com:5433/certifyd"), "{shown}");
            assert!(!shown.contains("canary"), "{shown}");
        }
    }
    let several = parsed("postgres://canary:canary@a:1,b:2/c");
    assert_eq!(several.to_string(), "postgres://a:1,b:2/c");
}

#[test]
fn what_protects_nothing_is_refused_with_what_does() {
    for mode in ["prefer", "allow", "verify-ca", "", "nonsense"] {
        let url = format!("postgres://canary:canary@host/database?sslmode={mode}");
        let refused = Location::parse(&url).unwrap_err().to_string();
        assert!(refused.contains("verify-full"), "{mode}: {refused}");
        assert!(!refused.contains("canary"), "{refused}");
    }
    for url in ["postgres://", "postgres://canary:canary@host/d?unknown=1", "postgres://u@h:port/d"]
    {
        let refused = Location::parse(url).unwrap_err();
        assert!(matches!(refused, StoreError::Url(_)), "{url}: {refused:?}");
        assert!(!refused.to_string().contains("canary"), "{refused}");
    }
}

#[test]
fn a_server_that_is_not_there_is_told() {
    // Nobody listens on the first port.
    let refused = Store::open("postgres://user:canary@127.0.0.1:1/database").unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    assert!(refused.to_string().contains("connecting"), "{refused}");
    assert!(!refused.to_string().contains("canary"), "{refused}");
}

#[test]
fn certificates_to_trust_are_read_before_anything_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("roots.pem");
    let url = format!("postgres://u@db.example.com/d?sslrootcert={}", file.display());
    let refused = Store::open(&url).unwrap_err().to_string();
    assert!(refused.contains("sslrootcert"), "{refused}");
    std::fs::write(&file, "no certificate").unwrap();
    let refused = Store::open(&url).unwrap_err().to_string();
    assert!(refused.contains("holds no certificate"), "{refused}");
}

/// A server without TLS, which is what tests have, is not spoken to in clear.
#[test]
fn a_server_that_speaks_in_clear_is_refused_where_tls_is_asked_for() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut connection, _) = listener.accept().unwrap();
        let mut asked = [0; 8];
        connection.read_exact(&mut asked).unwrap();
        connection.write_all(b"N").unwrap();
        let mut rest = Vec::new();
        connection.read_to_end(&mut rest).unwrap();
        (asked, rest)
    });
    let url = format!("postgres://u:canary@127.0.0.1:{port}/d?sslmode=require");
    let refused = Store::open(&url).unwrap_err().to_string();
    assert!(refused.contains("does not support TLS"), "{refused}");
    let (asked, rest) = server.join().unwrap();
    assert_eq!(asked[4..], 80_877_103_u32.to_be_bytes(), "the request for TLS");
    assert_eq!(rest, b"", "and nothing after it");
}
