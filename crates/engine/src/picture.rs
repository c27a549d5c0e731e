//! Pictures: taken in only if they are what they say, within limits, and kept upright and bare.
//!
//! What is kept is written anew from the pixels: nothing else of the file survives, neither the
//! place where it was taken nor whatever was hidden in it.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};

/// Largest file.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Largest edge: 40 megapixels of a phone are 7,296 by 5,472.
const MAX_EDGE: u32 = 8192;
/// Memory that decoding may take: 48 megapixels of three bytes, with room.
const MAX_MEMORY: u64 = 160 * 1024 * 1024;
/// Shorter edge from which on a card can be read and a face compared.
const MIN_EDGE: u32 = 240;
/// Longer edge of what is kept: a card's print stays readable.
const KEPT_EDGE: u32 = 1600;
const QUALITY: u8 = 88;

/// Why a picture was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Nothing came.
    #[error("the picture is empty")]
    Empty,
    /// Too many bytes.
    #[error("the picture is larger than {} MiB", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    /// Not one of the kinds that are read, whatever its name says.
    #[error("the file is neither JPEG nor PNG nor WebP")]
    Kind,
    /// It begins like one and cannot be read.
    #[error("the picture is damaged")]
    Damaged,
    /// Too many pixels.
    #[error("the picture has more than {MAX_EDGE} pixels along an edge")]
    TooManyPixels,
    /// Too few pixels.
    #[error("the picture's shorter edge has {0} pixels; at least {MIN_EDGE} are needed")]
    TooFewPixels(u32),
}

/// Decoded and upright.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Three bytes a pixel, row by row from the top left.
    pub rgb: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    // A person's face or document.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {})", self.width, self.height)
    }
}

/// A picture as it is kept.
pub(crate) struct Kept {
    pub(crate) jpeg: Vec<u8>,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Judges a file and writes it anew. Takes tens of milliseconds for a large one.
pub(crate) fn take(bytes: &[u8]) -> Result<Kept, PictureError> {
    if bytes.is_empty() {
        return Err(PictureError::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(PictureError::TooLarge);
    }
    let upright = decode(bytes)?;
    let shorter = upright.width().min(upright.height());
    if shorter < MIN_EDGE {
        return Err(PictureError::TooFewPixels(shorter));
    }
    let kept = if upright.width().max(upright.height()) > KEPT_EDGE {
        upright.thumbnail(KEPT_EDGE, KEPT_EDGE)
    } else {
        upright
    };
    let rgb = kept.into_rgb8();
    let (width, height) = rgb.dimensions();
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(&rgb)
        .map_err(|_| PictureError::Damaged)?;
    Ok(Kept { jpeg, width, height })
}

/// The pixels of a picture that was kept.
pub(crate) fn read(bytes: &[u8]) -> Result<Picture, PictureError> {
    let rgb = decode(bytes)?.into_rgb8();
    Ok(Picture { width: rgb.width(), height: rgb.height(), rgb: rgb.into_raw() })
}

fn decode(bytes: &[u8]) -> Result<DynamicImage, PictureError> {
    let format = image::guess_format(bytes).map_err(|_| PictureError::Kind)?;
    if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) {
        return Err(PictureError::Kind);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_EDGE);
    limits.max_image_height = Some(MAX_EDGE);
    limits.max_alloc = Some(MAX_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let explain = |error: image::ImageError| match error {
        image::ImageError::Limits(_) => PictureError::TooManyPixels,
        _ => PictureError::Damaged,
    };
    let mut decoder = reader.into_decoder().map_err(explain)?;
    // The decoder itself looks at the edges only.
    if decoder.total_bytes() > MAX_MEMORY {
        return Err(PictureError::TooManyPixels);
    }
    // A file without an orientation stands upright; one with a broken one is read as it lies.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(explain)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}
