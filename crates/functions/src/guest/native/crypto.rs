//! Digests, message authentication, key derivation, random bytes.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac as aws_hmac, pbkdf2 as aws_pbkdf2, rand};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use rquickjs::{ArrayBuffer, Ctx, Exception, Object, Result, Value};

use super::{buffer, bytes, or_null, put};

/// Most random bytes at once.
const MOST_RANDOM: usize = 16 * 1024 * 1024;

pub(super) fn install(raw: &Object<'_>) -> Result<()> {
    put(raw, "hash", hash)?;
    put(raw, "hmac", hmac)?;
    put(raw, "pbkdf2", pbkdf2)?;
    put(raw, "random", random)
}

fn hash(ctx: Ctx<'_>, algorithm: String, data: String) -> Result<Value<'_>> {
    let data = bytes(&ctx, &data)?;
    let digest = match algorithm.as_str() {
        "md5" => Some(Md5::digest(&data).to_vec()),
        name => digest_named(name).map(|name| digest::digest(name, &data).as_ref().to_vec()),
    };
    or_null(&ctx, digest.map(|digest| buffer(&ctx, &digest)).transpose()?)
}

fn hmac(ctx: Ctx<'_>, algorithm: String, key: String, data: String) -> Result<Value<'_>> {
    let (key, data) = (bytes(&ctx, &key)?, bytes(&ctx, &data)?);
    let tag = match algorithm.as_str() {
        "md5" => hmac_md5(&key, &data),
        name => hmac_named(name)
            .map(|name| aws_hmac::sign(&aws_hmac::Key::new(name, &key), &data).as_ref().to_vec()),
    };
    or_null(&ctx, tag.map(|tag| buffer(&ctx, &tag)).transpose()?)
}

fn hmac_md5(key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Md5>::new_from_slice(key).ok()?;
    mac.update(data);
    Some(mac.finalize().into_bytes().to_vec())
}

fn digest_named(name: &str) -> Option<&'static digest::Algorithm> {
    Some(match name {
        "sha1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "sha224" => &digest::SHA224,
        "sha256" => &digest::SHA256,
        "sha384" => &digest::SHA384,
        "sha512" => &digest::SHA512,
        _ => return None,
    })
}

fn hmac_named(name: &str) -> Option<aws_hmac::Algorithm> {
    Some(match name {
        "sha1" => aws_hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha224" => aws_hmac::HMAC_SHA224,
        "sha256" => aws_hmac::HMAC_SHA256,
        "sha384" => aws_hmac::HMAC_SHA384,
        "sha512" => aws_hmac::HMAC_SHA512,
        _ => return None,
    })
}

/// `null` for an algorithm that is not offered.
fn pbkdf2(
    ctx: Ctx<'_>,
    algorithm: String,
    password: String,
    salt: String,
    rounds: u32,
    length: usize,
) -> Result<Value<'_>> {
    let (password, salt) = (bytes(&ctx, &password)?, bytes(&ctx, &salt)?);
    let rounds = NonZeroU32::new(rounds).filter(|_| length <= MOST_RANDOM);
    let rounds = rounds.ok_or_else(|| Exception::throw_range(&ctx, "out of range"))?;
    let derived = pbkdf2_named(&algorithm).map(|algorithm| {
        let mut derived = vec![0; length];
        aws_pbkdf2::derive(algorithm, rounds, &salt, &password, &mut derived);
        derived
    });
    or_null(&ctx, derived.map(|derived| buffer(&ctx, &derived)).transpose()?)
}

fn pbkdf2_named(name: &str) -> Option<aws_pbkdf2::Algorithm> {
    Some(match name {
        "sha1" => aws_pbkdf2::PBKDF2_HMAC_SHA1,
        "sha256" => aws_pbkdf2::PBKDF2_HMAC_SHA256,
        "sha384" => aws_pbkdf2::PBKDF2_HMAC_SHA384,
        "sha512" => aws_pbkdf2::PBKDF2_HMAC_SHA512,
        _ => return None,
    })
}

fn random(ctx: Ctx<'_>, count: usize) -> Result<ArrayBuffer<'_>> {
    if count > MOST_RANDOM {
        return Err(Exception::throw_range(&ctx, "too many random bytes at once"));
    }
    let mut bytes = vec![0; count];
    rand::fill(&mut bytes).map_err(|_| Exception::throw_internal(&ctx, "no randomness"))?;
    buffer(&ctx, &bytes)
}
