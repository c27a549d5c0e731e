//! The answer, in the manner of the request: charset, certificate, encryption.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use wire::charset::Charset;
use wire::cipher::{ContentKey, EncryptType};
use wire::gateway::{Answer, envelope};
use wire::{Failure, Outcome, SignatureType, SubCode, json};

use super::arrival::Arrival;
use crate::keyring::Gateway;
use crate::metrics::AppCalls;
use crate::refusal::explained;
use crate::state::AppState;

/// How a request wants to be answered.
#[derive(Debug)]
pub(super) struct Manner<'k> {
    method: String,
    charset: Charset,
    names_certificate: bool,
    sign_type: SignatureType,
    encrypt: Option<(&'k ContentKey, EncryptType)>,
    calls: Option<&'k AppCalls>,
}

impl<'k> Manner<'k> {
    pub(super) fn of(arrival: &Arrival) -> Self {
        Self {
            method: arrival.method.clone(),
            charset: arrival.charset,
            names_certificate: arrival.names_certificate,
            sign_type: SignatureType::Rsa2,
            encrypt: None,
            calls: None,
        }
    }

    pub(super) fn sign_as(&mut self, sign_type: SignatureType) {
        self.sign_type = sign_type;
    }

    /// A success is to be encrypted under the key that opened the request.
    pub(super) fn encrypt_for(&mut self, key: &'k ContentKey, encrypt_type: EncryptType) {
        self.encrypt = Some((key, encrypt_type));
    }

    /// The request is an application's.
    pub(super) fn count_for(&mut self, calls: &'k AppCalls) {
        self.calls = Some(calls);
    }

    /// Where it is counted, if it is known whose it is.
    pub(super) fn calls(&self) -> Option<&'k AppCalls> {
        self.calls
    }
}

pub(super) fn send(
    state: &AppState,
    gateway: &Gateway,
    manner: &Manner<'_>,
    outcome: &Outcome,
) -> Response {
    let node = node(state, manner, outcome);
    let certificate = gateway.certificate.as_ref().filter(|_| manner.names_certificate);
    let answer = Answer {
        method: &manner.method,
        node: &node,
        alipay_cert_sn: certificate.map(wire::certificate::Certificate::sn),
        charset: manner.charset,
        sign_type: manner.sign_type,
    };
    match envelope(&answer, &gateway.key) {
        Ok(body) => {
            let kind = format!("text/html;charset={}", manner.charset.name());
            ([(CONTENT_TYPE, kind)], body).into_response()
        }
        Err(error) => {
            // An unsigned success would be worse than none.
            tracing::error!(%error, "an answer could not be signed");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The node's value: ciphertext in quotation marks for a success of an encrypted request.
fn node(state: &AppState, manner: &Manner<'_>, outcome: &Outcome) -> String {
    let clear = match outcome {
        Outcome::Success(_) | Outcome::Node(_) => outcome.node(),
        Outcome::Failure(failure) => Outcome::Failure(explained(state, failure)).node(),
    };
    let (Some((key, encrypt_type)), true) = (manner.encrypt, outcome.is_success()) else {
        return clear;
    };
    match key.encrypt(clear.as_bytes(), encrypt_type, state.engine.random()) {
        Ok(sealed) => {
            let mut node = String::with_capacity(sealed.len() + 2);
            json::push_string(&mut node, &sealed);
            node
        }
        // In clear it must not go out, for the caller asked for more.
        Err(_) => Outcome::Failure(explained(state, &Failure::plain(SubCode::SystemError))).node(),
    }
}
