//! `certifyd erase`: destroys what is personal of a certification, through the operator's door.

use anyhow::Context as _;
use serde_json::{Value, json};

use super::running::Server;
use super::{CommandError, print};
use crate::cli::Erase;

pub(crate) fn run(args: &Erase) -> Result<(), CommandError> {
    super::runtime()?.block_on(async {
        let mut body = json!({ "by": args.by, "why": args.why });
        let named = [
            ("certify_id", &args.certify_id),
            ("app_id", &args.app),
            ("outer_order_no", &args.order),
        ];
        for (name, value) in named {
            if let (Some(members), Some(value)) = (body.as_object_mut(), value) {
                members.insert(name.to_owned(), value.as_str().into());
            }
        }
        let server = Server::operator(&args.running)?;
        let answer = server.post("/operator/erasures", Some(body)).await?;
        let answer: Value = serde_json::from_str(&answer).context("an answer of another form")?;
        let id = answer.get("certify_id").and_then(Value::as_str).unwrap_or_default();
        print(&format!("the personal data of {id} is erased; its state stays"))?;
        print("Copies of the database from before follow when a server starts on them with the")?;
        Ok(print("erasures.log of this data_dir. Keep that file with your backups, and newer.")?)
    })
}
