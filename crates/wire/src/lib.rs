//! How the identity API is spoken: bytes to calls, outcomes to bytes.
//!
//! Two dialects meet here: the OpenAPI gateway ([`gateway`]) and mini-program Serverless
//! ([`serverless`]). Both end in the same business content ([`methods`]) and both are answered by
//! the same [`Outcome`]. Nothing in this crate does I/O, reads a clock or keeps state; it can be
//! used alone by a program that wants to speak the protocol from either side.
//!
//! # Both sides of a gateway call
//!
//! ```
//! use wire::charset::Charset;
//! use wire::gateway::{Answer, Parameters, Request, Response, canonical, envelope, verify};
//! use wire::{Content, Outcome, PrivateKey, SignatureType};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/openapi/keys/");
//! # let read = |name| std::fs::read_to_string(format!("{keys}{name}"));
//! let app = PrivateKey::parse(&read("app_private_pkcs1.pem")?)?;
//! let gateway = PrivateKey::parse(&read("alipay_private_pkcs8.pem")?)?;
//!
//! // The client builds and signs.
//! let method = "alipay.user.certify.open.query";
//! let mut parameters = Parameters::default();
//! for (name, value) in [
//!     ("app_id", "2021000000000001"),
//!     ("method", method),
//!     ("charset", "utf-8"),
//!     ("sign_type", "RSA2"),
//!     ("timestamp", "2026-11-24 16:00:00"),
//!     ("version", "1.0"),
//!     ("biz_content", r#"{"certify_id":"2109b5e671aa3ff2eb4851816c65828f"}"#),
//! ] {
//!     parameters.set(name, value);
//! }
//! let sign = app.sign(canonical(&parameters, false).as_bytes())?;
//! parameters.set("sign", &sign);
//! let body = parameters.encode(Charset::UTF_8);
//!
//! // The server verifies, reads and answers.
//! let received = Parameters::parse("", body.as_bytes(), Charset::UTF_8).map_err(|f| f.sub_msg)?;
//! verify(&received, Charset::UTF_8, &app.public_key()?).map_err(|f| f.sub_msg)?;
//! let request = Request::read(&received).map_err(|f| f.sub_msg)?;
//! let content = Content::parse(&request.biz_content)?;
//! assert!(content.text("certify_id", "certify_id")?.is_some());
//! let node = Outcome::Success(vec![("passed", "T".into())]).node();
//! let answer = Answer {
//!     method,
//!     node: &node,
//!     alipay_cert_sn: None,
//!     charset: Charset::UTF_8,
//!     sign_type: SignatureType::Rsa2,
//! };
//! let sent = envelope(&answer, &gateway)?;
//!
//! // The client verifies before it believes.
//! let response = Response::read(std::str::from_utf8(&sent)?, method)?;
//! response.verify(&gateway.public_key()?)?;
//! assert!(response.node.contains(r#""passed":"T""#));
//! # Ok(())
//! # }
//! ```
//!
//! Signatures are checked over the bytes received and made over the bytes sent: nothing that is
//! signed is parsed and written again in between.

pub mod certificate;
pub mod charset;
pub mod cipher;
pub mod code;
pub mod gateway;
pub mod json;
pub mod key;
pub mod methods;
pub mod node;
pub mod notice;
pub mod outcome;
pub mod rest;
pub mod serverless;
pub mod token;

pub use code::{Code, SubCode};
pub use key::{KeyError, PrivateKey, PublicKey, SignatureType};
pub use methods::{Content, ContentError, Method};
pub use node::Node;
pub use outcome::{Failure, Outcome};
pub use token::{AppAuthToken, AuthToken};
