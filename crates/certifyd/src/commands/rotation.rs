//! `certifyd keys rotate` and `certifyd keys status`: the keys a running server seals with, through
//! the operator's door.

use anyhow::Context as _;
use serde_json::{Value, json};

use super::running::Server;
use super::{CommandError, print};
use crate::cli::KeysAction;

pub(crate) fn run(action: &KeysAction) -> Result<(), CommandError> {
    super::runtime()?.block_on(async {
        match action {
            KeysAction::Rotate { by, running } => {
                let by = by.as_deref().unwrap_or("operator");
                let body = json!({ "by": by });
                let server = Server::operator(running)?;
                let answer = read(&server.post("/operator/keys/rotate", Some(body)).await?)?;
                let generation = number(&answer, "generation");
                print(&format!(
                    "generation {generation} seals from now on; what is sealed under older"
                ))?;
                Ok(print(
                    "ones is sealed again meanwhile: certifyd keys status shows how far it is",
                )?)
            }
            KeysAction::Status { json, running } => {
                let answer = Server::operator(running)?.get("/operator/keys").await?;
                if *json {
                    return Ok(print(&answer)?);
                }
                Ok(tell(&read(&answer)?)?)
            }
        }
    })
}

fn read(answer: &str) -> anyhow::Result<Value> {
    serde_json::from_str(answer).context("an answer of another form")
}

fn number(of: &Value, name: &str) -> i64 {
    of.get(name).and_then(Value::as_i64).unwrap_or_default()
}

fn tell(answer: &Value) -> anyhow::Result<()> {
    let newest = number(answer, "newest");
    for key in answer.get("generations").and_then(Value::as_array).into_iter().flatten() {
        print(&line(key, newest))?;
    }
    match number(answer, "to_be_sealed_again") {
        0 => print("nothing is to be sealed again"),
        left => print(&format!("{left} are to be sealed again")),
    }
}

/// What there is to say of one key.
fn line(key: &Value, newest: i64) -> String {
    let text = |name| key.get(name).and_then(Value::as_str);
    let made = text("made_at").unwrap_or_default();
    let generation = number(key, "generation");
    let begin = format!("generation {generation}  made {made}");
    if let Some(retired) = text("retired_at") {
        return format!("{begin}  destroyed {retired}");
    }
    let [keys, notices, without] =
        ["data_keys", "notices", "without_key"].map(|name| number(key, name));
    let mut line =
        format!("{begin}  keys of certifications {keys}, addresses of notices {notices}");
    if without > 0 {
        line = format!("{line}, certifications without a key of their own {without}");
    }
    if generation == newest {
        line.push_str("  seals");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_in_one_line() {
        let key = |more: Value| {
            let mut key = json!({ "generation": 1, "made_at": "A", "retired_at": null });
            key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            key
        };
        let counted = key(json!({ "data_keys": 3, "notices": 2, "without_key": 0 }));
        let said = "generation 1  made A  keys of certifications 3, addresses of notices 2";
        assert_eq!(line(&counted, 2), said);
        assert_eq!(line(&counted, 1), format!("{said}  seals"));
        let unkeyed = key(json!({ "data_keys": 3, "notices": 2, "without_key": 4 }));
        let more = ", certifications without a key of their own 4";
        assert_eq!(line(&unkeyed, 2), format!("{said}{more}"));
        let gone = key(json!({ "retired_at": "B", "data_keys": 0 }));
        assert_eq!(line(&gone, 2), "generation 1  made A  destroyed B");
    }
}
