//! Fields of a frame, written and read.

use super::MAX_FRAME;

/// The other side sent something that is no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other side broke the protocol")]
pub(crate) struct BadFrame;

impl From<BadFrame> for std::io::Error {
    fn from(bad: BadFrame) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, bad)
    }
}

/// Bytes before the fields: the length and the kind.
const HEAD: usize = 5;

/// Writes one frame.
#[derive(Debug)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new(kind: u8, room: usize) -> Self {
        let mut bytes = Vec::with_capacity(HEAD + room);
        bytes.extend_from_slice(&[0, 0, 0, 0, kind]);
        Self(bytes)
    }

    pub(super) fn byte(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub(super) fn u32(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub(super) fn u64(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub(super) fn size(self, value: usize) -> Self {
        self.u64(value as u64)
    }

    pub(super) fn bytes(mut self, value: &[u8]) -> Self {
        self = self.size(value.len());
        self.0.extend_from_slice(value);
        self
    }

    pub(super) fn text(self, value: &str) -> Self {
        self.bytes(value.as_bytes())
    }

    /// The frame, or nothing if it is longer than the other side accepts.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, BadFrame> {
        let length = self.0.len() - 4;
        if length > MAX_FRAME {
            return Err(BadFrame);
        }
        let length = u32::try_from(length).map_err(|_| BadFrame)?;
        self.0.get_mut(..4).ok_or(BadFrame)?.copy_from_slice(&length.to_le_bytes());
        Ok(self.0)
    }
}

/// Reads the fields of one frame.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(fields: &'a [u8]) -> Self {
        Self(fields)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadFrame> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(BadFrame)?;
        self.0 = rest;
        Ok(*head)
    }

    pub(super) fn byte(&mut self) -> Result<u8, BadFrame> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn flag(&mut self) -> Result<bool, BadFrame> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(BadFrame),
        }
    }

    pub(super) fn u32(&mut self) -> Result<u32, BadFrame> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, BadFrame> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn size(&mut self) -> Result<usize, BadFrame> {
        usize::try_from(self.u64()?).map_err(|_| BadFrame)
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], BadFrame> {
        let length = self.size()?;
        let (head, rest) = self.0.split_at_checked(length).ok_or(BadFrame)?;
        self.0 = rest;
        Ok(head)
    }

    pub(super) fn text(&mut self) -> Result<String, BadFrame> {
        std::str::from_utf8(self.bytes()?).map(str::to_owned).map_err(|_| BadFrame)
    }

    /// Every field has been read.
    pub(super) fn end(self) -> Result<(), BadFrame> {
        if self.0.is_empty() { Ok(()) } else { Err(BadFrame) }
    }
}
