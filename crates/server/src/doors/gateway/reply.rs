//! The answer, in the manner of the request: charset, certificate, encryption.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use domain::AppId;
use wire::charset::Charset;
use wire::cipher::EncryptType;
use wire::gateway::{Answer, envelope};
use wire::{Failure, Outcome, SignatureType, SubCode, json};

use super::arrival::Arrival;
use crate::refusal::explained;
use crate::state::{AppState, Gateway};

/// How a request wants to be answered.
#[derive(Debug)]
pub(super) struct Manner {
    method: String,
    charset: Charset,
    names_certificate: bool,
    sign_type: SignatureType,
    encrypt: Option<(AppId, EncryptType)>,
}

impl Manner {
    pub(super) fn of(arrival: &Arrival) -> Self {
        Self {
            method: arrival.method.clone(),
            charset: arrival.charset,
            names_certificate: arrival.names_certificate,
            sign_type: SignatureType::Rsa2,
            encrypt: None,
        }
    }

    pub(super) fn sign_as(&mut self, sign_type: SignatureType) {
        self.sign_type = sign_type;
    }

    /// A success is to be encrypted under the application's key.
    pub(super) fn encrypt_for(&mut self, app: AppId, encrypt_type: Option<EncryptType>) {
        self.encrypt = encrypt_type.map(|encrypt_type| (app, encrypt_type));
    }
}

pub(super) fn send(
    state: &AppState,
    gateway: &Gateway,
    manner: &Manner,
    outcome: &Outcome,
) -> Response {
    let node = node(state, gateway, manner, outcome);
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
fn node(state: &AppState, gateway: &Gateway, manner: &Manner, outcome: &Outcome) -> String {
    let clear = match outcome {
        Outcome::Success(_) | Outcome::Node(_) => outcome.node(),
        Outcome::Failure(failure) => Outcome::Failure(explained(state, failure)).node(),
    };
    let (Some((app, encrypt_type)), true) = (&manner.encrypt, outcome.is_success()) else {
        return clear;
    };
    let key = gateway.apps.get(app).and_then(|keys| keys.encrypt_key.as_ref());
    let sealed = key.map(|key| key.encrypt(clear.as_bytes(), *encrypt_type, state.engine.random()));
    match sealed {
        Some(Ok(sealed)) => {
            let mut node = String::with_capacity(sealed.len() + 2);
            json::push_string(&mut node, &sealed);
            node
        }
        // In clear it must not go out, for the caller asked for more.
        _ => Outcome::Failure(explained(state, &Failure::plain(SubCode::SystemError))).node(),
    }
}
