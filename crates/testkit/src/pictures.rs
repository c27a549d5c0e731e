//! Pictures of nobody.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Mutex;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// Made once for each size: without optimisation a large one takes long.
static JPEGS: Mutex<BTreeMap<(u32, u32), Vec<u8>>> = Mutex::new(BTreeMap::new());

/// A JPEG file of this size.
pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut made = JPEGS.lock().unwrap();
    let jpeg = || file(width, height, ImageFormat::Jpeg);
    made.entry((width, height)).or_insert_with(jpeg).clone()
}

/// A PNG file of this size.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    file(width, height, ImageFormat::Png)
}

/// A JPEG file that says it must be turned by a quarter to stand upright, and where it was taken.
pub fn jpeg_lying_down(width: u32, height: u32) -> Vec<u8> {
    let upright = jpeg(width, height);
    let (start, rest) = upright.split_at(2);
    [start, EXIF, rest].concat()
}

/// Marker and Exif block: orientation 6, and a description that nobody should keep.
const EXIF: &[u8] = b"\xff\xe1\x00\x4aExif\0\0II*\0\x08\0\0\0\x02\0\
    \x0e\x01\x02\0\x1c\0\0\0\x26\0\0\0\
    \x12\x01\x03\0\x01\0\0\0\x06\0\0\0\
    \0\0\0\0\
    31.2304 N 121.4737 E, home.\0";

fn file(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let shade = |value: u32| u8::try_from(value % 256).unwrap();
    let picture =
        RgbImage::from_fn(width, height, |x, y| Rgb([shade(x), shade(y), shade(x.max(y) / 2)]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}
