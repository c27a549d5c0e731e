//! Memory under a flood, with figures: `cargo test -p server --test it flood -- --ignored --nocapture`.

use std::time::Duration;

use server::Limits;
use testkit::TestServer;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// Resident memory in KiB. The clients are in this process too.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Connections that each send most of a large body and then nothing.
async fn wave(server: &TestServer, connections: usize) {
    let head = "POST /client HTTP/1.1\r\nhost: h\r\ncontent-length: 4000000\r\n\r\n";
    let part = vec![b' '; 1_000_000];
    let mut kept = Vec::new();
    for _ in 0..connections {
        let Ok(mut stream) = TcpStream::connect(server.address()).await else { continue };
        let sent = async {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&part).await
        };
        // Whoever is refused is refused; the others stall.
        let _ = tokio::time::timeout(Duration::from_millis(200), sent).await;
        kept.push(stream);
    }
}

#[tokio::test]
#[ignore = "takes a minute; its figures are for people"]
async fn memory_stays_flat_under_a_flood() {
    let limits = Limits {
        connections: 400,
        body_memory: 32 * 1024 * 1024,
        stall_timeout: Duration::from_secs(2),
        ..Limits::default()
    };
    let server = TestServer::with_limits(limits).await;
    wave(&server, 600).await;
    let after_one = resident();
    println!("after one wave: {after_one} KiB");
    for number in 2..=6 {
        wave(&server, 600).await;
        println!("after {number}: {} KiB", resident());
    }
    assert_eq!(server.get("/healthz").await.status, 200);
    assert!(resident() < after_one + 64 * 1024, "{after_one} KiB became {}", resident());
}
