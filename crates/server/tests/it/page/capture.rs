//! Frames under a challenge, as the page's script sends them.

use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{Reply, TestServer};

use super::person::{Person, begun, jpeg};
use super::place;

const NUMBER: &str = "11000019900307001X";

/// Status, code, whether the same may be sent again, whether the page is out of date.
fn refusal(reply: &Reply) -> (u16, String, bool, bool) {
    let body = reply.json();
    assert!(body["message"].as_str().is_some_and(|text| !text.is_ascii()), "{body}");
    let code = body["code"].as_str().unwrap().to_owned();
    (reply.status, code, body["retry"] == json!(true), body["reload"] == json!(true))
}

fn refused(status: u16, code: &str, retry: bool, reload: bool) -> (u16, String, bool, bool) {
    (status, code.to_owned(), retry, reload)
}

#[tokio::test]
async fn a_challenge_is_answered_frame_by_frame() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::agreed(&server, &link).await;
    let reply = person.send(person.request("POST", "/challenge")).await;
    let asked = reply.json();
    let mut actions: Vec<&str> = asked["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| action.as_str().unwrap())
        .collect();
    actions.sort_unstable();
    assert_eq!(actions, ["come_closer", "turn_left", "turn_right"]);
    assert_eq!((&asked["frames_each"], &asked["ends_in"]), (&json!(3), &json!(180)));
    let challenge = asked["challenge"].as_str().unwrap();
    assert_eq!(challenge.len(), 32);
    for index in 0..9 {
        assert_eq!(place(&person.open().await), ("step", "face"));
        let path = format!("/frames/{challenge}/{index}");
        // The last one may come again, as after a lost answer.
        for _ in 0..2 {
            assert_eq!(person.put(&path, jpeg(320, 240)).await.status, 204);
        }
    }
    assert_eq!(place(&person.open().await), ("step", "submit"));
}

#[tokio::test]
async fn frames_out_of_order_under_another_challenge_and_too_late_are_refused() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::agreed(&server, &link).await;
    let challenge = person.challenge().await;
    for index in ["1", "9", "256", "-1", "x"] {
        let reply = person.put(&format!("/frames/{challenge}/{index}"), jpeg(320, 240)).await;
        assert_eq!(refusal(&reply), refused(409, "NOT_THIS_STEP", false, true), "{index}");
    }
    let over = refused(409, "CHALLENGE_OVER", true, false);
    for other in ["0".repeat(32), "x".to_owned()] {
        let reply = person.put(&format!("/frames/{other}/0"), jpeg(320, 240)).await;
        assert_eq!(refusal(&reply), over);
    }
    let second = person.challenge().await;
    let reply = person.put(&format!("/frames/{challenge}/0"), jpeg(320, 240)).await;
    assert_eq!(refusal(&reply), over, "an earlier challenge is over");
    server.clock.advance(SignedDuration::from_secs(179));
    assert_eq!(person.put(&format!("/frames/{second}/0"), jpeg(320, 240)).await.status, 204);
    server.clock.advance(SignedDuration::from_secs(1));
    let reply = person.put(&format!("/frames/{second}/1"), jpeg(320, 240)).await;
    assert_eq!(refusal(&reply), over);
    assert_eq!(place(&person.form("/submit", &[]).await), ("step", "face"));
}

#[tokio::test]
async fn challenges_end_and_a_photo_may_still_be_uploaded() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "FACE", NUMBER).await;
    let person = Person::agreed(&server, &link).await;
    for _ in 0..12 {
        person.challenge().await;
    }
    let reply = person.send(person.request("POST", "/challenge")).await;
    assert_eq!(refusal(&reply), refused(429, "TOO_MANY_TRIES", false, false));
    assert_eq!(place(&person.upload("selfie", &jpeg(320, 320)).await), ("step", "submit"));
}

#[tokio::test]
async fn what_is_no_picture_is_refused_by_its_content() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "CERT_PHOTO", NUMBER).await;
    let person = Person::agreed(&server, &link).await;
    let mut cut = jpeg(400, 300);
    cut.truncate(400);
    for (bytes, status, code) in [
        (Vec::new(), 422, "PICTURE_EMPTY"),
        (b"this is text, whatever it is called".to_vec(), 422, "PICTURE_KIND"),
        (b"GIF89a\x01\x00\x01\x00\x00\x00\x00;".to_vec(), 422, "PICTURE_KIND"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), 422, "PICTURE_KIND"),
        (jpeg(3, 3), 422, "PICTURE_TOO_FEW_PIXELS"),
        (jpeg(1000, 239), 422, "PICTURE_TOO_FEW_PIXELS"),
        (jpeg(8200, 240), 422, "PICTURE_TOO_MANY_PIXELS"),
        (cut, 422, "PICTURE_DAMAGED"),
        (vec![0xff; 5 * 1024 * 1024], 413, "PICTURE_TOO_LARGE"),
        (vec![0xff; 17 * 1024 * 1024], 413, "PICTURE_TOO_LARGE"),
    ] {
        let length = bytes.len();
        let request = person.request("PUT", "/photos/cert_front").body(bytes);
        // A client may see the connection end while it still sends what is far too much.
        let Ok(response) = request.send().await else {
            assert!(length > 16 * 1024 * 1024, "{code}");
            continue;
        };
        assert_eq!(response.status().as_u16(), status, "{code}");
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!((&body["code"], &body["reload"]), (&json!(code), &json!(false)));
    }
    assert_eq!(place(&person.open().await), ("step", "cert_front"));
    assert!(server.is_serving());
}

#[tokio::test]
async fn only_pictures_that_are_asked_for_are_taken() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "CERT_PHOTO", NUMBER).await;
    let person = Person::agreed(&server, &link).await;
    for part in ["selfie", "reference", "frame_0", "passport", "%00"] {
        let reply = person.put(&format!("/photos/{part}"), jpeg(400, 300)).await;
        assert_eq!(refusal(&reply), refused(409, "NOT_THIS_STEP", false, true), "{part}");
    }
    let path = "/photos/cert_back?source=camera";
    assert_eq!(person.put(path, jpeg(400, 300)).await.status, 204);
    assert_eq!(person.put(path, jpeg(400, 300)).await.status, 204, "taken again");
    assert_eq!(place(&person.open().await), ("step", "cert_front"));
}

#[tokio::test]
async fn after_handing_in_nothing_is_taken_any_more() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "CERT_PHOTO", "110000199003070052").await;
    let person = Person::agreed(&server, &link).await;
    person.upload("cert_front", &jpeg(400, 300)).await;
    person.upload("cert_back", &jpeg(400, 300)).await;
    assert_eq!(place(&person.form("/submit", &[]).await).0, "choosing");
    let reply = person.put("/photos/cert_back", jpeg(400, 300)).await;
    assert_eq!(refusal(&reply), refused(409, "NOT_THIS_STEP", false, true));
    assert_eq!(place(&person.form("/submit", &[]).await).0, "choosing");
}

#[tokio::test]
async fn a_picture_is_taken_again_and_then_the_page_goes_on_by_itself() {
    let server = TestServer::start().await;
    let (_, link) = begun(&server, "CERT_PHOTO", NUMBER).await;
    let person = Person::agreed(&server, &link).await;
    person.upload("cert_front", &jpeg(400, 300)).await;
    let page = person.upload("cert_back", &jpeg(400, 300)).await;
    let (_, again) = page.body.split_once("?take=cert_front.").unwrap();
    let again = format!("?take=cert_front.{}", again.split('"').next().unwrap());
    let open_again = || person.send(person.request("GET", &again));
    let page = open_again().await;
    assert_eq!(place(&page), ("step", "cert_front"));
    assert!(page.body.contains("重新拍摄") && !page.body.contains("id=\"handover\""));
    server.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(person.put("/photos/cert_front", jpeg(500, 300)).await.status, 204);
    assert_eq!(place(&open_again().await), ("step", "submit"), "reloading does not ask again");
    for nonsense in ["?take=submit.1", "?take=cert_front", "?take=cert_front.x", "?take=consent.0"]
    {
        let page = person.send(person.request("GET", nonsense)).await;
        assert_eq!(place(&page), ("step", "submit"), "{nonsense}");
    }
}
