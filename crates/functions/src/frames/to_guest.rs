//! Frames from parent to guest.

use super::codec::{BadFrame, Reader, Writer};
use super::{FRAME_MARGIN, Id};
use crate::HostFailure;

/// What a worker is for. The first frame it gets, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) memory_bytes: usize,
    pub(crate) stack_bytes: usize,
    pub(crate) result_bytes: usize,
    /// The folder of all functions, as the bytes of a path.
    pub(crate) root: Vec<u8>,
    pub(crate) function: String,
    /// Source of a function expression that adds to `ctx`.
    pub(crate) extension: String,
}

/// How far a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The handler is called.
    Run,
    /// The module is loaded and its entry looked at, nothing more.
    Load,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) id: Id,
    pub(crate) purpose: Purpose,
    pub(crate) time_left_ms: u64,
    pub(crate) request_id: String,
    pub(crate) args: String,
    pub(crate) env: Vec<(String, String)>,
}

/// A frame from parent to guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ToGuest {
    Setup(Setup),
    Call(Call),
    /// The answer to the host call `id`.
    Reply {
        id: Id,
        outcome: Result<String, HostFailure>,
    },
}

const SETUP: u8 = 1;
const CALL: u8 = 2;
const REPLY: u8 = 3;

impl ToGuest {
    pub(crate) fn encode(&self) -> Result<Vec<u8>, BadFrame> {
        match self {
            Self::Setup(setup) => write_setup(setup),
            Self::Call(call) => write_call(call),
            Self::Reply { id, outcome } => write_reply(*id, outcome),
        }
    }

    pub(crate) fn decode(kind: u8, fields: &[u8]) -> Result<Self, BadFrame> {
        let mut fields = Reader::new(fields);
        let frame = match kind {
            SETUP => Self::Setup(read_setup(&mut fields)?),
            CALL => Self::Call(read_call(&mut fields)?),
            REPLY => Self::Reply { id: fields.u32()?, outcome: read_outcome(&mut fields)? },
            _ => return Err(BadFrame),
        };
        fields.end()?;
        Ok(frame)
    }
}

fn write_setup(setup: &Setup) -> Result<Vec<u8>, BadFrame> {
    Writer::new(SETUP, setup.extension.len() + FRAME_MARGIN)
        .size(setup.memory_bytes)
        .size(setup.stack_bytes)
        .size(setup.result_bytes)
        .bytes(&setup.root)
        .text(&setup.function)
        .text(&setup.extension)
        .finish()
}

fn read_setup(fields: &mut Reader<'_>) -> Result<Setup, BadFrame> {
    Ok(Setup {
        memory_bytes: fields.size()?,
        stack_bytes: fields.size()?,
        result_bytes: fields.size()?,
        root: fields.bytes()?.to_vec(),
        function: fields.text()?,
        extension: fields.text()?,
    })
}

fn write_call(call: &Call) -> Result<Vec<u8>, BadFrame> {
    let frame = Writer::new(CALL, call.args.len() + 256)
        .u32(call.id)
        .byte(u8::from(call.purpose == Purpose::Load))
        .u64(call.time_left_ms)
        .text(&call.request_id)
        .text(&call.args)
        .size(call.env.len());
    call.env.iter().fold(frame, |frame, (name, value)| frame.text(name).text(value)).finish()
}

fn read_call(fields: &mut Reader<'_>) -> Result<Call, BadFrame> {
    let id = fields.u32()?;
    let purpose = if fields.flag()? { Purpose::Load } else { Purpose::Run };
    let time_left_ms = fields.u64()?;
    let (request_id, args) = (fields.text()?, fields.text()?);
    let count = fields.size()?;
    let env = (0..count).map(|_| Ok((fields.text()?, fields.text()?))).collect::<Result<_, _>>()?;
    Ok(Call { id, purpose, time_left_ms, request_id, args, env })
}

fn write_reply(id: Id, outcome: &Result<String, HostFailure>) -> Result<Vec<u8>, BadFrame> {
    match outcome {
        Ok(text) => Writer::new(REPLY, text.len() + 16).u32(id).byte(1).text(text).finish(),
        Err(failure) => {
            let frame = Writer::new(REPLY, 256).u32(id).byte(0);
            frame.text(&failure.code).text(&failure.message).finish()
        }
    }
}

fn read_outcome(fields: &mut Reader<'_>) -> Result<Result<String, HostFailure>, BadFrame> {
    Ok(if fields.flag()? {
        Ok(fields.text()?)
    } else {
        Err(HostFailure { code: fields.text()?, message: fields.text()? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::Inbox;

    fn round_trip(frame: &ToGuest) {
        let mut inbox = Inbox::default();
        inbox.buffer().extend(frame.encode().unwrap());
        assert_eq!(inbox.take(ToGuest::decode).unwrap().as_ref(), Some(frame));
        assert!(inbox.is_empty());
    }

    #[test]
    fn frames_survive_the_trip() {
        round_trip(&ToGuest::Setup(Setup {
            memory_bytes: 1,
            stack_bytes: 2,
            result_bytes: 3,
            root: vec![0xff, 0],
            function: "f".to_owned(),
            extension: "() => {}".to_owned(),
        }));
        round_trip(&ToGuest::Call(Call {
            id: 9,
            purpose: Purpose::Load,
            time_left_ms: 5000,
            request_id: "r".to_owned(),
            args: "{}".to_owned(),
            env: vec![("A".to_owned(), "b".to_owned()), (String::new(), "é".to_owned())],
        }));
        round_trip(&ToGuest::Reply { id: 1, outcome: Ok("null".to_owned()) });
        round_trip(&ToGuest::Reply { id: 2, outcome: Err(HostFailure::new("C", "m")) });
    }

    #[test]
    fn a_text_longer_than_a_frame_is_not_sent() {
        let reply = ToGuest::Reply { id: 1, outcome: Ok("x".repeat(crate::frames::MAX_FRAME)) };
        assert_eq!(reply.encode(), Err(BadFrame));
    }
}
