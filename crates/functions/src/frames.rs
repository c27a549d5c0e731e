//! What parent and guest say to each other.
//!
//! A frame is four bytes of length (little endian), one byte of kind, and fields. The guest's end
//! is not trusted: every frame is bounded, and one that cannot be read ends the worker.

mod codec;
mod from_guest;
mod inbox;
mod to_guest;

pub(crate) use codec::BadFrame;
pub(crate) use from_guest::{Failure, FromGuest, Stamp};
pub(crate) use inbox::Inbox;
pub(crate) use to_guest::{Call, Purpose, Setup, ToGuest};

/// Longest frame either side accepts.
pub(crate) const MAX_FRAME: usize = 16 * 1024 * 1024;
/// What a frame may spend on anything but its one large text.
pub(crate) const FRAME_MARGIN: usize = 64 * 1024;

/// Identifies a call on a worker, and a host call within it.
pub(crate) type Id = u32;
