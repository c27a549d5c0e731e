//! Bytes that arrived, cut into frames.

use super::{BadFrame, MAX_FRAME};

/// Room made before reading.
const ROOM: usize = 16 * 1024;
/// Above this the buffer is given back once it is empty.
const KEEP: usize = 256 * 1024;

/// Collects bytes until a frame is whole. Holding the rest here makes reading safe to abandon.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    bytes: Vec<u8>,
    taken: usize,
}

impl Inbox {
    /// Where to put arriving bytes: at the end.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        self.tidy();
        self.bytes.reserve(ROOM);
        &mut self.bytes
    }

    /// Nothing is waiting, not even a part of a frame.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.len() == self.taken
    }

    /// Reads the next whole frame with `read`, which gets its kind and fields.
    pub(crate) fn take<T>(
        &mut self,
        read: impl FnOnce(u8, &[u8]) -> Result<T, BadFrame>,
    ) -> Result<Option<T>, BadFrame> {
        let waiting = self.bytes.get(self.taken..).unwrap_or_default();
        let Some((length, rest)) = waiting.split_first_chunk::<4>() else { return Ok(None) };
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| BadFrame)?;
        if length == 0 || length > MAX_FRAME {
            return Err(BadFrame);
        }
        let Some((kind, fields)) = rest.get(..length).and_then(<[u8]>::split_first) else {
            return Ok(None);
        };
        let frame = read(*kind, fields)?;
        self.taken += 4 + length;
        Ok(Some(frame))
    }

    fn tidy(&mut self) {
        if self.is_empty() {
            self.bytes.clear();
            self.bytes.shrink_to(KEEP);
        } else {
            self.bytes.drain(..self.taken);
        }
        self.taken = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(inbox: &mut Inbox) -> Result<Option<(u8, Vec<u8>)>, BadFrame> {
        inbox.take(|kind, fields| Ok((kind, fields.to_vec())))
    }

    #[test]
    fn frames_come_out_whole_however_they_arrive() {
        let stream = [2, 0, 0, 0, 7, 1, 1, 0, 0, 0, 8];
        let mut inbox = Inbox::default();
        let mut seen = Vec::new();
        for byte in stream {
            inbox.buffer().push(byte);
            seen.extend(next(&mut inbox).unwrap());
        }
        assert_eq!(seen, [(7, vec![1]), (8, vec![])]);
        assert!(inbox.is_empty());
    }

    #[test]
    fn impossible_lengths_are_refused() {
        for length in [0_u32, u32::MAX] {
            let mut inbox = Inbox::default();
            inbox.buffer().extend(length.to_le_bytes());
            assert_eq!(next(&mut inbox), Err(BadFrame));
        }
    }
}
