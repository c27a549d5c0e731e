//! How the identity API is spoken: bytes to calls, outcomes to bytes.
//!
//! Two dialects meet here: the OpenAPI gateway ([`gateway`]) and mini-program Serverless
//! ([`serverless`]). Both end in the same business content ([`methods`]) and both are answered by
//! the same [`Outcome`]. Nothing in this crate does I/O, reads a clock or keeps state; it can be
//! used alone by a program that wants to speak the protocol from either side.
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
pub mod outcome;
pub mod rest;
pub mod serverless;
pub mod token;

pub use code::{Code, SubCode};
pub use key::{KeyError, PrivateKey, PublicKey};
pub use methods::{Content, ContentError, Method};
pub use outcome::{Failure, Outcome};
pub use token::AppAuthToken;
