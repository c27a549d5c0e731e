//! Frames from guest to parent.

use super::Id;
use super::codec::{BadFrame, Reader, Writer};
use crate::LogLevel;

/// A file that a worker loaded, as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The bytes of its path.
    pub(crate) path: Vec<u8>,
    pub(crate) len: u64,
    /// Seconds and nanoseconds of its last change, as bits.
    pub(crate) modified: (u64, u64),
    /// A file put in another's place is another file.
    pub(crate) inode: u64,
}

/// How a call failed, as the guest saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    BadEntry { message: String },
    Threw { message: String, code: Option<String> },
    TimedOut,
    OutOfMemory,
    ResultTooLarge { size: usize },
}

/// A frame from guest to parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FromGuest {
    /// The call was read and its code is about to run: it must never be repeated.
    Started {
        call: Id,
    },
    Log {
        level: LogLevel,
        text: String,
    },
    HostCall {
        id: Id,
        op: String,
        payload: String,
    },
    /// Files read since the last such frame.
    Loaded(Vec<Stamp>),
    /// The call's end. `retire`: this worker is not fit for another call.
    Done {
        call: Id,
        retire: bool,
        outcome: Result<String, Failure>,
    },
}

const STARTED: u8 = 1;
const LOG: u8 = 2;
const HOST_CALL: u8 = 3;
const LOADED: u8 = 4;
const RESULT: u8 = 5;
const FAILED: u8 = 6;

const BAD_ENTRY: u8 = 1;
const THREW: u8 = 2;
const THREW_WITH_CODE: u8 = 3;
const TIMED_OUT: u8 = 4;
const OUT_OF_MEMORY: u8 = 5;
const RESULT_TOO_LARGE: u8 = 6;

impl FromGuest {
    pub(crate) fn encode(&self) -> Result<Vec<u8>, BadFrame> {
        match self {
            Self::Started { call } => Writer::new(STARTED, 4).u32(*call).finish(),
            Self::Log { level, text } => {
                Writer::new(LOG, text.len() + 16).byte(level_byte(*level)).text(text).finish()
            }
            Self::HostCall { id, op, payload } => {
                let room = op.len() + payload.len() + 32;
                Writer::new(HOST_CALL, room).u32(*id).text(op).text(payload).finish()
            }
            Self::Loaded(stamps) => {
                let frame = Writer::new(LOADED, 1024).size(stamps.len());
                stamps.iter().fold(frame, write_stamp).finish()
            }
            Self::Done { call, retire, outcome } => write_done(*call, *retire, outcome),
        }
    }

    pub(crate) fn decode(kind: u8, fields: &[u8]) -> Result<Self, BadFrame> {
        let mut fields = Reader::new(fields);
        let frame = match kind {
            STARTED => Self::Started { call: fields.u32()? },
            LOG => Self::Log { level: byte_level(fields.byte()?)?, text: fields.text()? },
            HOST_CALL => {
                Self::HostCall { id: fields.u32()?, op: fields.text()?, payload: fields.text()? }
            }
            LOADED => {
                let count = fields.size()?;
                let stamps = (0..count).map(|_| read_stamp(&mut fields));
                Self::Loaded(stamps.collect::<Result<_, _>>()?)
            }
            RESULT => Self::Done {
                call: fields.u32()?,
                retire: fields.flag()?,
                outcome: Ok(fields.text()?),
            },
            FAILED => Self::Done {
                call: fields.u32()?,
                retire: fields.flag()?,
                outcome: Err(read_failure(&mut fields)?),
            },
            _ => return Err(BadFrame),
        };
        fields.end()?;
        Ok(frame)
    }
}

fn level_byte(level: LogLevel) -> u8 {
    match level {
        LogLevel::Debug => 0,
        LogLevel::Info => 1,
        LogLevel::Warn => 2,
        LogLevel::Error => 3,
    }
}

fn byte_level(byte: u8) -> Result<LogLevel, BadFrame> {
    match byte {
        0 => Ok(LogLevel::Debug),
        1 => Ok(LogLevel::Info),
        2 => Ok(LogLevel::Warn),
        3 => Ok(LogLevel::Error),
        _ => Err(BadFrame),
    }
}

fn write_stamp(frame: Writer, stamp: &Stamp) -> Writer {
    let (seconds, nanoseconds) = stamp.modified;
    frame.bytes(&stamp.path).u64(stamp.len).u64(seconds).u64(nanoseconds).u64(stamp.inode)
}

fn read_stamp(fields: &mut Reader<'_>) -> Result<Stamp, BadFrame> {
    Ok(Stamp {
        path: fields.bytes()?.to_vec(),
        len: fields.u64()?,
        modified: (fields.u64()?, fields.u64()?),
        inode: fields.u64()?,
    })
}

fn write_done(
    call: Id,
    retire: bool,
    outcome: &Result<String, Failure>,
) -> Result<Vec<u8>, BadFrame> {
    match outcome {
        Ok(text) => {
            let frame = Writer::new(RESULT, text.len() + 16);
            frame.u32(call).byte(retire.into()).text(text).finish()
        }
        Err(failure) => {
            let frame = Writer::new(FAILED, 256).u32(call).byte(retire.into());
            write_failure(frame, failure).finish()
        }
    }
}

fn write_failure(frame: Writer, failure: &Failure) -> Writer {
    match failure {
        Failure::BadEntry { message } => frame.byte(BAD_ENTRY).text(message),
        Failure::Threw { message, code: None } => frame.byte(THREW).text(message),
        Failure::Threw { message, code: Some(code) } => {
            frame.byte(THREW_WITH_CODE).text(message).text(code)
        }
        Failure::TimedOut => frame.byte(TIMED_OUT),
        Failure::OutOfMemory => frame.byte(OUT_OF_MEMORY),
        Failure::ResultTooLarge { size } => frame.byte(RESULT_TOO_LARGE).size(*size),
    }
}

fn read_failure(fields: &mut Reader<'_>) -> Result<Failure, BadFrame> {
    Ok(match fields.byte()? {
        BAD_ENTRY => Failure::BadEntry { message: fields.text()? },
        THREW => Failure::Threw { message: fields.text()?, code: None },
        THREW_WITH_CODE => Failure::Threw { message: fields.text()?, code: Some(fields.text()?) },
        TIMED_OUT => Failure::TimedOut,
        OUT_OF_MEMORY => Failure::OutOfMemory,
        RESULT_TOO_LARGE => Failure::ResultTooLarge { size: fields.size()? },
        _ => return Err(BadFrame),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::Inbox;

    fn round_trip(frame: &FromGuest) {
        let mut inbox = Inbox::default();
        inbox.buffer().extend(frame.encode().unwrap());
        assert_eq!(inbox.take(FromGuest::decode).unwrap().as_ref(), Some(frame));
        assert!(inbox.is_empty());
    }

    #[test]
    fn frames_survive_the_trip() {
        let text = "é".to_owned();
        round_trip(&FromGuest::Started { call: 7 });
        round_trip(&FromGuest::Log { level: LogLevel::Warn, text: text.clone() });
        round_trip(&FromGuest::HostCall { id: 1, op: "x".to_owned(), payload: text.clone() });
        let stamp = Stamp { path: vec![47], len: 1, modified: (2, 3), inode: 4 };
        round_trip(&FromGuest::Loaded(vec![stamp.clone(), stamp]));
        round_trip(&FromGuest::Done { call: 1, retire: true, outcome: Ok(text.clone()) });
        let failures = [
            Failure::BadEntry { message: text.clone() },
            Failure::Threw { message: text.clone(), code: None },
            Failure::Threw { message: text, code: Some("4001".to_owned()) },
            Failure::TimedOut,
            Failure::OutOfMemory,
            Failure::ResultTooLarge { size: 9 },
        ];
        for failure in failures {
            round_trip(&FromGuest::Done { call: 1, retire: false, outcome: Err(failure) });
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(FromGuest::decode(99, &[]), Err(BadFrame));
        assert_eq!(FromGuest::decode(STARTED, &[1]), Err(BadFrame));
        assert_eq!(FromGuest::decode(STARTED, &[1, 0, 0, 0, 0]), Err(BadFrame));
        assert_eq!(FromGuest::decode(LOG, &[9]), Err(BadFrame));
        assert_eq!(FromGuest::decode(LOADED, &[0xff; 8]), Err(BadFrame));
    }
}
