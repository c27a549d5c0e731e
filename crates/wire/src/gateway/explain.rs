//! Why a signature does not match: the text that was checked, and the usual mistake that fits.

use std::fmt::Write as _;

use super::parameters::is_plain_name;
use super::{Parameters, canonical};
use crate::charset::Charset;
use crate::{Failure, PublicKey, SignatureType, SubCode};

/// Parameters whose values are shown: what the protocol fixes or the application is known by.
/// All others may hold what is personal or secret, and only their length is shown.
const SHOWN: [&str; 11] = [
    "app_id",
    "method",
    "format",
    "charset",
    "sign_type",
    "timestamp",
    "version",
    "encrypt_type",
    "app_cert_sn",
    "alipay_root_cert_sn",
    "alipay_sdk",
];
/// Longest value that is shown.
const LONGEST: usize = 128;

/// A mistake in Chinese and English.
type Mistake = (&'static str, &'static str);

/// The refusal of a signature that does not match.
pub(super) fn invalid_signature(
    sign_type: SignatureType,
    parameters: &Parameters,
    sign: &str,
    key: &PublicKey,
) -> Failure {
    let text = masked(parameters);
    let (zh, en) = mistake(sign_type, parameters, sign, key);
    Failure::precise(
        SubCode::InvalidSignature,
        &format!("{zh}。网关生成的验签字符串（个人信息已隐去）为：{text}"),
        &format!("{en}. The text the gateway checked (personal values masked): {text}"),
    )
}

/// The canonical text with masked values; `&` as the hosted gateway shows it.
fn masked(parameters: &Parameters) -> String {
    let mut out = String::new();
    for (name, value) in parameters.signed(false) {
        if !out.is_empty() {
            out.push_str("&amp;");
        }
        // A value that was not percent-encoded falls apart at its `&`, and its pieces become names.
        out.push_str(if is_plain_name(name) { name } else { "?" });
        let shown = SHOWN.contains(&name)
            && value.len() <= LONGEST
            && value.chars().all(|c| c == ' ' || c.is_ascii_graphic());
        // Writing to a String cannot fail.
        let _ = if shown {
            write!(out, "={value}")
        } else {
            write!(out, "=…({} chars)", value.chars().count())
        };
    }
    out
}

/// Tries what callers usually do wrong.
fn mistake(
    sign_type: SignatureType,
    parameters: &Parameters,
    sign: &str,
    key: &PublicKey,
) -> Mistake {
    let text = canonical(parameters, false);
    let matches = |bytes: &[u8]| key.verifies_as(sign_type, bytes, sign);
    let gbk = Charset::parse("GBK").unwrap_or(Charset::UTF_8);
    let found = if matches(text.replace(' ', "+").as_bytes()) {
        Some((
            "加号在传输中变成了空格：请对参数值做URL编码（+ 应编码为 %2B）",
            "a plus sign became a space on the way: percent-encode the values (+ as %2B)",
        ))
    } else if matches(&gbk.encode(&text)) {
        Some((
            "签名时使用了GBK，与声明的charset不一致：请统一字符集",
            "it was signed over GBK bytes although charset says otherwise: use one charset",
        ))
    } else if matches(without(&text, "sign_type").as_bytes()) {
        Some((
            "签名时去掉了sign_type：请求签名必须包含sign_type",
            "sign_type was left out of the signed text: requests keep it",
        ))
    } else if key.verifies_as(other(sign_type), text.as_bytes(), sign) {
        Some(match sign_type {
            SignatureType::Rsa2 => (
                "实际使用SHA1签名：sign_type为RSA2时必须使用SHA256",
                "it was signed with SHA-1: RSA2 means SHA-256",
            ),
            SignatureType::Rsa => (
                "实际使用SHA256签名：请把sign_type改为RSA2",
                "it was signed with SHA-256: send sign_type RSA2",
            ),
        })
    } else if sign.contains(' ') {
        Some((
            "sign中有空格，加号在传输中丢失：请对sign做URL编码",
            "sign holds spaces, its plus signs were lost on the way: percent-encode it",
        ))
    } else {
        None
    };
    found.unwrap_or((
        "请检查：应用私钥是否与此处配置的应用公钥成对；签名后是否又重新序列化了biz_content；\
         PKCS#1/PKCS#8格式是否选对",
        "check that the application's private key belongs to the public key configured here, that \
         biz_content was not serialised again after signing, and that PKCS#1 and PKCS#8 were not \
         mixed up",
    ))
}

fn other(sign_type: SignatureType) -> SignatureType {
    match sign_type {
        SignatureType::Rsa2 => SignatureType::Rsa,
        SignatureType::Rsa => SignatureType::Rsa2,
    }
}

fn without(text: &str, name: &str) -> String {
    let is_it = |pair: &&str| pair.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
    text.split('&').filter(|pair| !is_it(pair)).collect::<Vec<_>>().join("&")
}
