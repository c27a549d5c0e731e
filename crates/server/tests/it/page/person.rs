//! Somebody with a browser.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Mutex;

use serde_json::Value;
use testkit::{COMPATIBLE, Reply, TestServer, encoded};

use crate::answer::{INITIALIZE, call, content, link};

/// A browser: keeps what it is given and follows where it is led.
pub(crate) struct Person<'s> {
    server: &'s TestServer,
    /// `/verify/…`
    pub(crate) link: String,
    cookies: Mutex<BTreeMap<String, String>>,
    language: &'static str,
}

/// A certification of `scene` for a person who does not exist.
pub(crate) async fn begun(server: &TestServer, scene: &str, number: &str) -> (String, String) {
    let mut content = content(&format!("order{scene}{number}"));
    content["biz_code"] = scene.into();
    content["identity_param"]["cert_no"] = number.into();
    opened(server, &content).await
}

/// The id and the link of a certification.
pub(crate) async fn opened(server: &TestServer, content: &Value) -> (String, String) {
    let id = call(server, COMPATIBLE, INITIALIZE, content).await.certify_id();
    let link = link(server, &id).await;
    (id, link)
}

impl<'s> Person<'s> {
    /// A browser that has never been here.
    pub(crate) fn new(server: &'s TestServer, link: &str) -> Self {
        let cookies = Mutex::default();
        Self { server, link: link.to_owned(), cookies, language: "zh-CN" }
    }

    /// The same in English.
    pub(crate) fn english(server: &'s TestServer, link: &str) -> Self {
        Self { language: "en-GB,en;q=0.9", ..Self::new(server, link) }
    }

    /// A browser in which `scene` has been agreed to.
    pub(crate) async fn agreed(server: &'s TestServer, link: &str) -> Self {
        let person = Self::new(server, link);
        let reply = person.agree(&[]).await;
        assert_eq!(super::place(&reply).0, "step", "{}", reply.body);
        person
    }

    /// Cookies of this browser, by name.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// A request as this browser makes it.
    pub(crate) fn request(&self, verb: &str, below: &str) -> reqwest::RequestBuilder {
        let cookies = self.cookies.lock().unwrap();
        let line: Vec<String> =
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.server.request(verb, &format!("{}{below}", self.link));
        let request = request.header("accept-language", self.language);
        if line.is_empty() { request } else { request.header("cookie", line.join("; ")) }
    }

    /// Sends it and keeps the cookies.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let reply = self.server.send(request).await;
        let mut cookies = self.cookies.lock().unwrap();
        for set in reply.headers.get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            cookies.insert(name.to_owned(), value.to_owned());
        }
        drop(cookies);
        reply
    }

    /// The page.
    pub(crate) async fn open(&self) -> Reply {
        self.send(self.request("GET", "")).await
    }

    /// A form, and the page it leads to.
    pub(crate) async fn form(&self, below: &str, form: &[(&str, &str)]) -> Reply {
        let reply = self.form_only(below, form).await;
        self.follow(below, reply).await
    }

    /// A form, without following.
    pub(crate) async fn form_only(&self, below: &str, form: &[(&str, &str)]) -> Reply {
        let request = self.request("POST", below).body(encoded(form.iter().copied()));
        self.send(request.header("content-type", "application/x-www-form-urlencoded")).await
    }

    async fn follow(&self, below: &str, reply: Reply) -> Reply {
        if reply.status != 303 {
            return reply;
        }
        let from = reqwest::Url::parse(&self.server.url(&format!("{}{below}", self.link))).unwrap();
        let to = from.join(reply.header("location")).unwrap();
        let query = to.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{}{query}", to.path());
        let below = path.strip_prefix(&self.link).unwrap();
        self.send(self.request("GET", below)).await
    }

    /// Agrees, with more fields.
    pub(crate) async fn agree(&self, more: &[(&str, &str)]) -> Reply {
        let form = [&[("agree", "yes"), ("version", "2026-11")], more].concat();
        self.form("/consent", &form).await
    }

    /// Sends a picture as the page's script does.
    pub(crate) async fn put(&self, below: &str, bytes: Vec<u8>) -> Reply {
        self.send(self.request("PUT", below).header("content-type", "image/jpeg").body(bytes)).await
    }

    /// Sends a picture as a form does, and follows.
    pub(crate) async fn upload(&self, part: &str, bytes: &[u8]) -> Reply {
        let head = "--edge\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"a.jpg\"\
                    \r\ncontent-type: image/jpeg\r\n\r\n";
        let body = [head.as_bytes(), bytes, b"\r\n--edge--\r\n"].concat();
        let below = format!("/photos/{part}");
        let request = self.request("POST", &below).body(body);
        let request = request.header("content-type", "multipart/form-data; boundary=edge");
        let reply = self.send(request).await;
        self.follow(&below, reply).await
    }

    /// Answers a new challenge as it should be.
    pub(crate) async fn show_face(&self) {
        let challenge = self.challenge().await;
        for index in 0..9 {
            let reply = self.put(&format!("/frames/{challenge}/{index}"), jpeg(320, 240)).await;
            assert_eq!(reply.status, 204, "{}", reply.body);
        }
    }

    /// Asks for a challenge.
    pub(crate) async fn challenge(&self) -> String {
        let reply = self.send(self.request("POST", "/challenge")).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()["challenge"].as_str().unwrap().to_owned()
    }
}

/// A picture that can be read.
pub(crate) fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([u8::try_from(x % 256).unwrap(), u8::try_from(y % 256).unwrap(), 90])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}
