//! `ctx.httpclient`: a function's request, out through the engine's one way out.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{Outbound, OutboundRequest};
use functions::HostFailure;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    url: String,
    method: String,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    timeout_ms: u64,
}

#[derive(Serialize)]
struct Reply {
    status: u16,
    headers: std::collections::BTreeMap<String, serde_json::Value>,
    body: String,
}

pub(super) async fn fetch(outbound: &Outbound, payload: &str) -> Result<String, HostFailure> {
    let payload: Payload = super::read(payload)?;
    let body = STANDARD.decode(&payload.body).map_err(|_| HostFailure {
        code: "ParamInvalid".to_owned(),
        message: "the body is not Base64".to_owned(),
    })?;
    let request = OutboundRequest {
        url: payload.url,
        method: payload.method,
        headers: payload.headers.into_iter().collect(),
        body,
        timeout: Duration::from_millis(payload.timeout_ms),
    };
    let fetched = outbound.fetch(request).await.map_err(|error| HostFailure {
        code: error.name().to_owned(),
        message: error.to_string(),
    })?;
    let reply = Reply {
        status: fetched.status,
        headers: joined(fetched.headers),
        body: STANDARD.encode(fetched.body),
    };
    serde_json::to_string(&reply).map_err(|_| HostFailure {
        code: "RequestError".to_owned(),
        message: "the answer cannot be handed over".to_owned(),
    })
}

/// As Node.js shows headers: repeated ones joined, cookies as a list.
fn joined(headers: Vec<(String, String)>) -> std::collections::BTreeMap<String, serde_json::Value> {
    let mut joined = std::collections::BTreeMap::new();
    for (name, value) in headers {
        let entry = joined.entry(name.clone());
        match entry {
            std::collections::btree_map::Entry::Vacant(slot) if name == "set-cookie" => {
                slot.insert(serde_json::json!([value]));
            }
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(value.into());
            }
            std::collections::btree_map::Entry::Occupied(mut slot) => match slot.get_mut() {
                serde_json::Value::Array(list) => list.push(value.into()),
                other => {
                    let text = other.as_str().unwrap_or_default();
                    *other = format!("{text}, {value}").into();
                }
            },
        }
    }
    joined
}
