//! Ciphertext: the only form of personal data that leaves the engine for the store.

use std::fmt;

/// Opaque bytes. What is inside, and under which key, is the engine's business; of keys that follow
/// one another they say which.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// First byte of what is sealed under a later key than the first of those that follow one
    /// another. Its number comes next, in four bytes.
    pub const LATER: u8 = 3;

    /// Takes bytes that are already ciphertext.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The ciphertext.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The number of the key, among those that follow one another; 0: nothing is sealed.
    pub fn generation(&self) -> u32 {
        match self.0.split_first() {
            None => 0,
            Some((&Self::LATER, rest)) => {
                rest.first_chunk::<4>().map_or(1, |number| u32::from_be_bytes(*number))
            }
            Some(_) => 1,
        }
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Sealed;

    #[test]
    fn it_says_which_key_it_was() {
        for (bytes, generation) in [
            (&[][..], 0),
            (&[1, 7, 7][..], 1),
            (&[2, 0, 0, 0, 9][..], 1),
            (&[3, 0, 0, 1, 2, 9][..], 258),
            (&[3, 0, 0][..], 1),
        ] {
            assert_eq!(Sealed::new(bytes.to_vec()).generation(), generation, "{bytes:?}");
        }
    }
}
