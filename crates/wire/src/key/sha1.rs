//! SHA1withRSA, for `sign_type=RSA`: what the Java SDK signs with when it is told nothing.
//!
//! `aws-lc-rs` verifies such signatures and has no name for making them, so this calls the function
//! of the C library below it. It is the only unsafe code of ours. Each signature reads the key anew
//! and so takes 0.7 ms in place of 0.24; for that, the object lives for one call on one thread, and
//! nothing has to be promised about threads.

use std::ffi::c_uint;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use aws_lc_rs::digest::{Digest, SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::RsaKeyPair;
use aws_lc_sys::{
    CBS, CBS_init, EVP_PKEY, EVP_PKEY_free, EVP_PKEY_get0_RSA, EVP_parse_private_key, NID_sha1,
    RSA_sign, RSA_size,
};

use super::KeyError;

/// Signs `message` with SHA1withRSA, RSASSA-PKCS1-v1_5.
pub(super) fn sign(pair: &RsaKeyPair, message: &[u8]) -> Result<Vec<u8>, KeyError> {
    // The buffer wipes itself.
    let pkcs8 = pair.as_der().map_err(|_| KeyError::SigningFailed)?;
    let key = Key::parse(pkcs8.as_ref()).ok_or(KeyError::SigningFailed)?;
    let signature = key.sign(&digest(&SHA1_FOR_LEGACY_USE_ONLY, message));
    signature.filter(|made| made.len() == pair.public_modulus_len()).ok_or(KeyError::SigningFailed)
}

/// A private key of the C library; the library wipes it when it is freed.
struct Key(NonNull<EVP_PKEY>);

impl Key {
    fn parse(pkcs8: &[u8]) -> Option<Self> {
        let mut reader = MaybeUninit::<CBS>::uninit();
        // SAFETY: CBS_init writes the whole reader, which then points into `pkcs8`; the slice
        // outlives both calls and is only read. The result is null or a key that is ours.
        let key = unsafe {
            CBS_init(reader.as_mut_ptr(), pkcs8.as_ptr(), pkcs8.len());
            EVP_parse_private_key(reader.as_mut_ptr())
        };
        NonNull::new(key).map(Self)
    }

    fn sign(&self, digest: &Digest) -> Option<Vec<u8>> {
        // SAFETY: the key is alive. The result is null for a key of another kind, and otherwise
        // lives in the key, so that it is not freed by itself.
        let rsa = NonNull::new(unsafe { EVP_PKEY_get0_RSA(self.0.as_ptr()) })?;
        // SAFETY: `rsa` is alive as long as `self`; the function reads the key's length.
        let room = unsafe { RSA_size(rsa.as_ptr()) };
        let mut signature = vec![0; usize::try_from(room).ok()?];
        let mut length: c_uint = 0;
        let bytes = digest.as_ref();
        // SAFETY: `rsa` is alive, and no other thread knows it. `bytes` is read for the length
        // given, `signature` has the room that the function asks for, RSA_size, and `length` is
        // written; all three outlive the call.
        let done = unsafe {
            RSA_sign(
                NID_sha1,
                bytes.as_ptr(),
                bytes.len(),
                signature.as_mut_ptr(),
                &raw mut length,
                rsa.as_ptr(),
            )
        };
        signature.truncate(usize::try_from(length).ok()?);
        (done == 1).then_some(signature)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the key is ours and is not used after this.
        unsafe { EVP_PKEY_free(self.0.as_ptr()) }
    }
}
