//! AES content encryption: CBC with PKCS#7 padding, Base64 on the wire.
//!
//! The protocol fixes the initialisation vector to zeros, so equal contents give equal
//! ciphertexts, and nothing but the request's signature guards the ciphertext. It hides content
//! from a proxy's log, no more; transport security is TLS.

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

const BLOCK: usize = 16;

/// How the initialisation vector travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncryptType {
    /// `AES`: sixteen zero bytes, not sent.
    Aes,
    /// `AES_V2`: random, in front of the ciphertext. Only the Java SDK has it.
    AesV2,
}

impl EncryptType {
    /// Reads the `encrypt_type` parameter.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "AES" => Some(Self::Aes),
            "AES_V2" => Some(Self::AesV2),
            _ => None,
        }
    }
}

/// Why content could not be decrypted, or a key not be used. Tells nothing of either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CipherError {
    /// The key is not Base64 of 16, 24 or 32 bytes.
    #[error("an AES key is one line of Base64 of 16, 24 or 32 bytes")]
    Key,
    /// The ciphertext is not Base64, not whole blocks, not of this key, or not UTF-8 inside.
    #[error("the content does not decrypt under this key")]
    Content,
}

/// An application's AES key.
pub struct ContentKey(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContentKey(…)")
    }
}

impl ContentKey {
    /// Reads the Base64 line that Alipay's console gives.
    ///
    /// # Errors
    /// [`CipherError::Key`].
    pub fn parse(text: &str) -> Result<Self, CipherError> {
        let key = STANDARD.decode(text.trim()).map(Zeroizing::new).map_err(|_| CipherError::Key)?;
        if [16, 24, 32].contains(&key.len()) { Ok(Self(key)) } else { Err(CipherError::Key) }
    }

    /// Encrypts to Base64. `iv` is used by [`EncryptType::AesV2`] and must be random.
    ///
    /// # Errors
    /// [`CipherError::Key`] if the library refuses the key.
    pub fn encrypt(
        &self,
        clear: &[u8],
        encrypt_type: EncryptType,
        iv: [u8; BLOCK],
    ) -> Result<String, CipherError> {
        let (iv, head) = match encrypt_type {
            EncryptType::Aes => ([0; BLOCK], &[] as &[u8]),
            EncryptType::AesV2 => (iv, iv.as_slice()),
        };
        let key = self.unbound().and_then(|key| {
            PaddedBlockEncryptingKey::cbc_pkcs7(key).map_err(|_| CipherError::Key)
        })?;
        let mut text = clear.to_vec();
        key.less_safe_encrypt(&mut text, EncryptionContext::Iv128(FixedLength::from(&iv)))
            .map_err(|_| CipherError::Key)?;
        Ok(STANDARD.encode([head, &text].concat()))
    }

    /// Decrypts Base64 to the bytes that were encrypted.
    ///
    /// # Errors
    /// [`CipherError::Content`].
    pub fn decrypt(&self, text: &str, encrypt_type: EncryptType) -> Result<Vec<u8>, CipherError> {
        let mut bytes = STANDARD.decode(text.trim()).map_err(|_| CipherError::Content)?;
        let iv = match encrypt_type {
            EncryptType::Aes => [0; BLOCK],
            EncryptType::AesV2 => {
                let iv = *bytes.first_chunk::<BLOCK>().ok_or(CipherError::Content)?;
                bytes.drain(..BLOCK);
                iv
            }
        };
        if bytes.is_empty() || bytes.len() % BLOCK != 0 {
            return Err(CipherError::Content);
        }
        let key = self.unbound().and_then(|key| {
            PaddedBlockDecryptingKey::cbc_pkcs7(key).map_err(|_| CipherError::Key)
        })?;
        key.decrypt(&mut bytes, DecryptionContext::Iv128(FixedLength::from(&iv)))
            .map(|clear| clear.to_vec())
            .map_err(|_| CipherError::Content)
    }

    fn unbound(&self) -> Result<UnboundCipherKey, CipherError> {
        let algorithm = match self.0.len() {
            16 => &AES_128,
            24 => &AES_192,
            _ => &AES_256,
        };
        UnboundCipherKey::new(algorithm, &self.0).map_err(|_| CipherError::Key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> ContentKey {
        ContentKey::parse("+svhtaK3tFXbTYYrHw/KAQ==\n").unwrap()
    }

    #[test]
    fn keys_of_other_lengths_are_refused() {
        for text in ["", "AAAA", "not base64", &STANDARD.encode([0; 17])] {
            assert!(ContentKey::parse(text).is_err(), "{text}");
        }
        for length in [16, 24, 32] {
            assert!(ContentKey::parse(&STANDARD.encode(vec![1; length])).is_ok());
        }
    }

    proptest! {
        #[test]
        fn what_is_encrypted_decrypts(clear in any::<Vec<u8>>(), iv in any::<[u8; 16]>()) {
            for kind in [EncryptType::Aes, EncryptType::AesV2] {
                let text = key().encrypt(&clear, kind, iv).unwrap();
                prop_assert_eq!(&key().decrypt(&text, kind).unwrap(), &clear);
            }
        }

        #[test]
        fn no_text_panics(text in any::<String>(), bytes in any::<Vec<u8>>()) {
            for kind in [EncryptType::Aes, EncryptType::AesV2] {
                let _ = key().decrypt(&text, kind);
                let _ = key().decrypt(&STANDARD.encode(&bytes), kind);
            }
        }
    }
}
