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
    let most = answer.get("counted_up_to").and_then(Value::as_i64).unwrap_or(i64::MAX);
    for key in answer.get("generations").and_then(Value::as_array).into_iter().flatten() {
        print(&line(key, newest, most))?;
    }
    print(&left(answer))
}

/// What there is to do. It was counted in several places, and may be more also when it is more than
/// is counted in one.
fn left(answer: &Value) -> String {
    let capped = answer.get("capped").and_then(Value::as_bool).unwrap_or_default();
    match number(answer, "to_be_sealed_again") {
        0 => "nothing is to be sealed again".to_owned(),
        left if capped => format!("{left} or more are to be sealed again"),
        left => format!("{left} are to be sealed again"),
    }
}

/// What there is to say of one key.
fn line(key: &Value, newest: i64, most: i64) -> String {
    let text = |name| key.get(name).and_then(Value::as_str);
    let made = text("made_at").unwrap_or_default();
    let generation = number(key, "generation");
    let begin = format!("generation {generation}  made {made}");
    if let Some(retired) = text("retired_at") {
        return format!("{begin}  destroyed {retired}");
    }
    let counted = |name| match number(key, name) {
        count if count >= most => format!("{count} or more"),
        count => count.to_string(),
    };
    let [keys, notices, without] = ["data_keys", "notices", "without_key"].map(counted);
    let mut line =
        format!("{begin}  keys of certifications {keys}, addresses of notices {notices}");
    if number(key, "without_key") > 0 {
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
        assert_eq!(line(&counted, 2, 9), said);
        assert_eq!(line(&counted, 1, 9), format!("{said}  seals"));
        let unkeyed = key(json!({ "data_keys": 3, "notices": 2, "without_key": 4 }));
        let more = ", certifications without a key of their own 4";
        assert_eq!(line(&unkeyed, 2, 9), format!("{said}{more}"));
        let many = "generation 1  made A  keys of certifications 3 or more, addresses of notices 2";
        assert_eq!(line(&counted, 2, 3), many);
        let gone = key(json!({ "retired_at": "B", "data_keys": 0 }));
        assert_eq!(line(&gone, 2, 9), "generation 1  made A  destroyed B");
    }

    #[test]
    fn what_is_left_says_when_it_may_be_more() {
        let said =
            |count: i64, capped| left(&json!({ "to_be_sealed_again": count, "capped": capped }));
        assert_eq!(said(0, false), "nothing is to be sealed again");
        assert_eq!(said(7, false), "7 are to be sealed again");
        assert_eq!(said(100_007, true), "100007 or more are to be sealed again");
    }
}
