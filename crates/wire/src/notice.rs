//! Notices: a form that the gateway posts to the merchant when a certification has ended.
//!
//! Written and signed in the manner of Alipay's asynchronous notices, so that the verification of
//! published SDKs (`checkNotifySign`, `rsaCheckV1`, `rsaCheckV2`) takes it: RSA2 over all fields but
//! `sign` and `sign_type`, sorted by name, as `name=value` joined with `&`. No field is empty, since
//! SDKs disagree on whether empty ones are signed. Nothing in it is personal.
//!
//! The receiver answers HTTP 200 with the word [`TAKEN`] and nothing else; anything else, a
//! redirect included, has the notice sent again, under the same `notify_id`.
//!
//! ```
//! use wire::PrivateKey;
//! use wire::notice::{Notice, build, verify};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/openapi/keys/");
//! # let gateway = PrivateKey::parse(&std::fs::read_to_string(
//! #     format!("{keys}alipay_private_pkcs8.pem"))?)?;
//! // The server builds and signs.
//! let body = build(
//!     &Notice {
//!         notify_id: "01a20d37d32a3cc3b5da5c0c2e2df3cc",
//!         notify_time: "2026-11-24T08:00:01Z".parse()?,
//!         app_id: "2021000000000001",
//!         auth_app_id: "2021000000000001",
//!         certify_id: "2109b5e671aa3ff2eb4851816c65828f",
//!         outer_order_no: "piwei1764000000000",
//!         biz_code: "FACE",
//!         state: "passed",
//!         fail_reason: None,
//!         assurance: Some("simulated"),
//!         not_checked: Some("face,liveness"),
//!         test: true,
//!         gmt_create: "2026-11-24T07:58:00Z".parse()?,
//!         gmt_finish: "2026-11-24T08:00:00Z".parse()?,
//!     },
//!     &gateway,
//! )?;
//!
//! // The receiver verifies before it believes.
//! let fields = verify(body.as_bytes(), &gateway.public_key()?)?;
//! assert_eq!(fields.get("passed"), Some("T"));
//! assert_eq!(fields.get("notify_time"), Some("2026-11-24 16:00:01"));
//! # Ok(())
//! # }
//! ```

use jiff::Timestamp;

use crate::charset::Charset;
use crate::gateway::Parameters;
use crate::{KeyError, PrivateKey, PublicKey};

/// `notify_type` of every notice.
pub const NOTIFY_TYPE: &str = "alipay.user.certify.open.notify.completed";
/// What a receiver answers.
pub const TAKEN: &str = "success";

/// What a notice tells.
#[derive(Debug, Clone)]
pub struct Notice<'a> {
    /// Its name, the same on every try: receivers tell repeats by it.
    pub notify_id: &'a str,
    /// When it was made, the same on every try.
    pub notify_time: Timestamp,
    /// The application that opened the certification.
    pub app_id: &'a str,
    /// The application it belongs to; another one if an ISV opened it.
    pub auth_app_id: &'a str,
    /// The certification.
    pub certify_id: &'a str,
    /// The merchant's own number.
    pub outer_order_no: &'a str,
    /// The scene.
    pub biz_code: &'a str,
    /// `passed`, `failed` or `expired`; `passed=T` or `F` is said as well.
    pub state: &'a str,
    /// Why it failed.
    pub fail_reason: Option<&'a str>,
    /// How the person was recognised.
    pub assurance: Option<&'a str>,
    /// What a pass does not say: words, with commas between.
    pub not_checked: Option<&'a str>,
    /// Nobody was verified: the outcome was chosen.
    pub test: bool,
    /// When the certification was opened.
    pub gmt_create: Timestamp,
    /// When it ended.
    pub gmt_finish: Timestamp,
}

/// Why a form is not a notice of the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// It cannot be read, or names a field twice.
    #[error("the notice is not a form in UTF-8, or names a field twice")]
    Malformed,
    /// It is not signed by the one scheme there is.
    #[error("the notice has no sign, or its sign_type is not RSA2")]
    Unsigned,
    /// It was not signed by this key, or was changed since.
    #[error("the signature does not verify")]
    WrongSignature,
}

/// The signed form, percent-encoded: the body to post.
///
/// # Errors
/// [`KeyError::SigningFailed`].
pub fn build(notice: &Notice<'_>, key: &PrivateKey) -> Result<String, KeyError> {
    let mut fields = Parameters::default();
    for (name, value) in [
        ("notify_id", notice.notify_id),
        ("notify_type", NOTIFY_TYPE),
        ("notify_time", &china_time(notice.notify_time)),
        ("app_id", notice.app_id),
        ("auth_app_id", notice.auth_app_id),
        ("charset", "utf-8"),
        ("version", "1.0"),
        ("sign_type", "RSA2"),
        ("certify_id", notice.certify_id),
        ("outer_order_no", notice.outer_order_no),
        ("biz_code", notice.biz_code),
        ("state", notice.state),
        ("passed", if notice.state == "passed" { "T" } else { "F" }),
        ("fail_reason", notice.fail_reason.unwrap_or_default()),
        ("assurance", notice.assurance.unwrap_or_default()),
        ("not_checked", notice.not_checked.unwrap_or_default()),
        ("test", if notice.test { "true" } else { "" }),
        ("gmt_create", &china_time(notice.gmt_create)),
        ("gmt_finish", &china_time(notice.gmt_finish)),
    ] {
        if !value.is_empty() {
            fields.set(name, value);
        }
    }
    let sign = key.sign(signed_text(&fields).as_bytes())?;
    fields.set("sign", &sign);
    Ok(fields.encode(Charset::UTF_8))
}

/// The fields of a notice as received, once its signature has been checked under the gateway's
/// public key. Whether it is a repeat and whose it is remains to be looked at.
///
/// # Errors
/// [`NoticeError`].
pub fn verify(body: &[u8], key: &PublicKey) -> Result<Parameters, NoticeError> {
    let fields = Parameters::parse("", body, Charset::UTF_8).map_err(|_| NoticeError::Malformed)?;
    let sign = fields.get("sign").filter(|_| fields.get("sign_type") == Some("RSA2"));
    let sign = sign.ok_or(NoticeError::Unsigned)?;
    if key.verifies(signed_text(&fields).as_bytes(), sign) {
        Ok(fields)
    } else {
        Err(NoticeError::WrongSignature)
    }
}

fn signed_text(fields: &Parameters) -> String {
    let signed = fields.iter().filter(|(name, _)| *name != "sign" && *name != "sign_type");
    signed.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// `yyyy-MM-dd HH:mm:ss` in UTC+8, as all times of the protocol.
fn china_time(instant: Timestamp) -> String {
    jiff::tz::offset(8).to_datetime(instant).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(name: &str) -> PrivateKey {
        let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/openapi/keys/");
        PrivateKey::parse(&std::fs::read_to_string(format!("{keys}{name}")).unwrap()).unwrap()
    }

    fn notice(state: &'static str) -> Notice<'static> {
        Notice {
            notify_id: "01a20d37d32a3cc3b5da5c0c2e2df3cc",
            notify_time: "2026-11-24T08:00:01Z".parse().unwrap(),
            app_id: "2021000000000001",
            auth_app_id: "2021000000000004",
            certify_id: "2109b5e671aa3ff2eb4851816c65828f",
            outer_order_no: "piwei 1&2=3+4%",
            biz_code: "FACE",
            state,
            fail_reason: (state == "failed").then_some("人脸不符"),
            assurance: (state == "passed").then_some("simulated"),
            not_checked: (state == "passed").then_some("face,liveness"),
            test: false,
            gmt_create: "2026-11-24T07:58:00Z".parse().unwrap(),
            gmt_finish: "2026-11-24T08:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_notice_reads_back_and_has_no_empty_field() {
        let gateway = key("alipay_private_pkcs8.pem");
        for (state, passed) in [("passed", "T"), ("failed", "F"), ("expired", "F")] {
            let body = build(&notice(state), &gateway).unwrap();
            let fields = verify(body.as_bytes(), &gateway.public_key().unwrap()).unwrap();
            assert_eq!(fields.get("passed"), Some(passed));
            assert_eq!(fields.get("fail_reason").is_some(), state == "failed");
            assert_eq!(fields.get("assurance").is_some(), state == "passed");
            assert_eq!(fields.get("not_checked").is_some(), state == "passed");
            assert_eq!(fields.get("test"), None);
            assert_eq!(fields.get("outer_order_no"), Some("piwei 1&2=3+4%"));
            assert_eq!(fields.get("gmt_finish"), Some("2026-11-24 16:00:00"));
            assert!(fields.iter().all(|(_, value)| !value.is_empty()));
            assert!(!body.contains("=&"));
        }
        let test = build(&Notice { test: true, ..notice("passed") }, &gateway).unwrap();
        assert!(test.contains("test=true"));
    }

    #[test]
    fn the_same_notice_has_the_same_bytes() {
        let gateway = key("alipay_private_pkcs8.pem");
        let build = || build(&notice("passed"), &gateway).unwrap();
        assert_eq!(build(), build());
    }

    #[test]
    fn what_others_signed_or_changed_is_refused() {
        let gateway = key("alipay_private_pkcs8.pem");
        let public = gateway.public_key().unwrap();
        let forged = build(&notice("passed"), &key("app_private_pkcs1.pem")).unwrap();
        assert_eq!(verify(forged.as_bytes(), &public).unwrap_err(), NoticeError::WrongSignature);
        let body = build(&notice("failed"), &gateway).unwrap();
        let changed = body.replace("passed=F", "passed=T");
        assert_eq!(verify(changed.as_bytes(), &public).unwrap_err(), NoticeError::WrongSignature);
        let added = format!("{body}&assurance=verified");
        assert_eq!(verify(added.as_bytes(), &public).unwrap_err(), NoticeError::WrongSignature);
        let twice = format!("{body}&passed=T");
        assert_eq!(verify(twice.as_bytes(), &public).unwrap_err(), NoticeError::Malformed);
        let weak = body.replace("sign_type=RSA2", "sign_type=RSA");
        assert_eq!(verify(weak.as_bytes(), &public).unwrap_err(), NoticeError::Unsigned);
        assert_eq!(verify(b"", &public).unwrap_err(), NoticeError::Unsigned);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn verification_never_panics(body in any::<Vec<u8>>()) {
            let public = key("alipay_private_pkcs8.pem").public_key().unwrap();
            prop_assert!(verify(&body, &public).is_err());
        }
    }
}
