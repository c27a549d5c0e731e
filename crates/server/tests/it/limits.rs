//! Large, compressed and odd bodies.

use std::io::Write as _;

use serde_json::Value;
use testkit::{Reply, TestServer, keys};

use crate::answer::Answer;

const MOST: usize = 4 * 1024 * 1024;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn code(reply: &Reply) -> String {
    assert_eq!(reply.status, 200);
    reply.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
}

async fn post(server: &TestServer, path: &str, body: Vec<u8>) -> Reply {
    server.send(server.request("POST", path).body(body)).await
}

#[tokio::test]
async fn a_body_one_byte_too_large_is_refused_in_each_doors_own_words() {
    let server = TestServer::start().await;
    for path in ["/client", "/server"] {
        let reply = post(&server, path, vec![b' '; MOST + 1]).await;
        assert_eq!(code(&reply), "RequestContentLength.Exceeded", "{path}");
        let reply = post(&server, path, vec![b' '; MOST]).await;
        assert_eq!(code(&reply), "InvalidBody.Format", "{path}");
    }
    let answer = Answer::of(&post(&server, "/gateway.do", vec![b'a'; MOST + 1]).await);
    assert_eq!(answer.codes(), ("40002", "isv.invalid-parameter"));
    assert!(answer.text("sub_msg").contains("4 MiB"));
    assert!(server.is_serving());
}

async fn packed(server: &TestServer, path: &str, sign: &str, body: Vec<u8>) -> Reply {
    let request = server.request("POST", path).header("content-encoding", "gzip");
    server.send(request.header("x-serverless-sign", sign).body(body)).await
}

#[tokio::test]
async fn a_compressed_body_is_read_and_its_signature_is_of_the_plain_text() {
    let server = TestServer::start().await;
    for (file, path) in [("client-anonymous.json", "/client"), ("cloud-calls.json", "/server")] {
        let request = keys::vector(file)["steps"][0]["exchanges"][0]["request"].clone();
        let body = gzip(request["body"].as_str().unwrap().as_bytes());
        let sign = request["headers"]["x-serverless-sign"].as_str().unwrap();
        let reply = packed(&server, path, sign, body).await;
        assert_eq!(reply.json()["success"], Value::Bool(true), "{}", reply.body);
    }
}

#[tokio::test]
async fn a_small_archive_of_a_large_body_is_refused_and_a_broken_one_too() {
    let server = TestServer::start().await;
    let bomb = gzip(&vec![b' '; 64 * 1024 * 1024]);
    assert!(bomb.len() < MOST);
    let mut cut = gzip(b"{\"spaceId\":\"x\"}");
    cut.truncate(12);
    for path in ["/client", "/server"] {
        let reply = packed(&server, path, "", bomb.clone()).await;
        assert_eq!(code(&reply), "RequestContentLength.Exceeded", "{path}");
        for broken in [b"no archive".to_vec(), cut.clone()] {
            let reply = packed(&server, path, "", broken).await;
            assert_eq!(code(&reply), "InvalidBody.Format", "{path}");
        }
    }
}

#[tokio::test]
async fn no_bytes_at_any_door_stop_the_server() {
    let server = TestServer::start().await;
    let chance = testkit::SeededChance::new(1);
    let deep = "[".repeat(200_000).into_bytes();
    let mut bodies = vec![Vec::new(), vec![0xff; 100], b"{\"params\":\"\xf0\x28\"}".to_vec(), deep];
    for _ in 0..60 {
        let mut noise = vec![0; chance.below(300)];
        engine::Chance::fill(&chance, &mut noise);
        bodies.push(noise);
    }
    for body in bodies {
        for path in ["/client", "/server", "/gateway.do"] {
            assert_eq!(post(&server, path, body.clone()).await.status, 200, "{path}");
        }
        let status = post(&server, "/test/certifications/0", body.clone()).await.status;
        assert!((400..500).contains(&status), "{status}");
        assert_eq!(post(&server, "/verify/x", body).await.status, 200);
    }
    assert!(server.is_serving());
}
