//! The keys with which requests were recorded. Invented for that; of no worth elsewhere.

use std::path::PathBuf;

use serde_json::Value;

/// The folder of recorded requests.
pub fn vectors() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../wire/tests/vectors")
}

/// One recorded file.
pub fn vector(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(vectors().join(name)).unwrap()).unwrap()
}

/// A key file of the gateway, e.g. `app_private_pkcs1.pem` or `alipay_public.pem`.
pub fn gateway(name: &str) -> String {
    std::fs::read_to_string(vectors().join("openapi/keys").join(name)).unwrap()
}

/// A member of the Serverless keys, e.g. `spaceId`, `clientSecret` or `serverPublicKey`.
pub fn serverless(name: &str) -> String {
    vector("keys.json").get(name).and_then(Value::as_str).unwrap().to_owned()
}
