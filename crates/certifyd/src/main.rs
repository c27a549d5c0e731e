//! The certifyd binary.
fn main() {}
