//! The code catalogue: every `code` and `sub_code` this product answers, in one place.
//!
//! Source: the OpenAPI error documents; see `docs/errors.md` for the reader's version.

/// The outer family of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The call did what it says.
    Success,
    /// The service cannot answer now; the same call may succeed later.
    ServiceUnavailable,
    /// A token is missing, unknown, expired or not good for this call.
    InsufficientTokenPermissions,
    /// A required public parameter is absent.
    MissingArguments,
    /// A public parameter or the signature is wrong.
    InvalidArguments,
    /// A condition outside the request is not met.
    InsufficientConditions,
    /// The request was understood and refused by a business rule.
    BusinessFailed,
    /// Too many calls.
    CallLimited,
    /// The application may not do this.
    InsufficientPermissions,
}

impl Code {
    /// The number on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "10000",
            Self::ServiceUnavailable => "20000",
            Self::InsufficientTokenPermissions => "20001",
            Self::MissingArguments => "40001",
            Self::InvalidArguments => "40002",
            Self::InsufficientConditions => "40003",
            Self::BusinessFailed => "40004",
            Self::CallLimited => "40005",
            Self::InsufficientPermissions => "40006",
        }
    }

    /// The `msg` that always accompanies the number.
    pub fn msg(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::ServiceUnavailable => "Service Currently Unavailable",
            Self::InsufficientTokenPermissions => "Insufficient Token Permissions",
            Self::MissingArguments => "Missing Required Arguments",
            Self::InvalidArguments => "Invalid Arguments",
            Self::InsufficientConditions => "Insufficient Conditions",
            Self::BusinessFailed => "Business Failed",
            Self::CallLimited => "Call Limited",
            Self::InsufficientPermissions => "Insufficient Permissions",
        }
    }
}

macro_rules! catalogue {
    ($($(#[$doc:meta])* $name:ident, $code:ident, $text:literal, $zh:literal, $en:literal;)*) => {
        /// What exactly went wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum SubCode { $($(#[$doc])* $name,)* }

        impl SubCode {
            /// Every sub code, for the tests and the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Finds a sub code by its exact spelling.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == text)
            }

            /// The spelling on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The outer family.
            pub fn code(self) -> Code {
                match self { $(Self::$name => Code::$code,)* }
            }

            /// The hosted gateway's wording where it is known, else ours, in Chinese.
            pub fn zh(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }

            /// What it means and what to do, in English.
            pub fn en(self) -> &'static str {
                match self { $(Self::$name => $en,)* }
            }
        }
    };
}

catalogue! {
    /// Nothing is wrong with the call; try again later.
    ServiceUnavailable, ServiceUnavailable, "isp.unknow-error",
        "服务暂不可用（业务系统不可用），请稍后用相同参数重试",
        "the service cannot answer now; repeat the same call later";
    /// `app_auth_token` is unknown, revoked or another application's.
    InvalidAppAuthToken, InsufficientTokenPermissions, "aop.invalid-app-auth-token",
        "无效的应用授权令牌",
        "app_auth_token is not one this application was given; check the token and the app it was issued to";
    /// `app_auth_token` has lived its days.
    AppAuthTokenTimeOut, InsufficientTokenPermissions, "aop.app-auth-token-time-out",
        "应用授权令牌已过期", "app_auth_token has lived its days; refresh it with app_refresh_token, or have the merchant authorise again";
    /// An application that acts for merchants only called for itself.
    SelfInvokeForbidden, InsufficientPermissions, "isv.self-invoke-forbidden",
        "此用户不允许自调用", "this application acts for merchants only; send the app_auth_token of the merchant it acts for";
    /// The application calls more often than it may, or for the same person.
    AppCallLimited, CallLimited, "isv.app-call-limited",
        "应用调用次数超限，请降低调用频率后重试", "too many calls of this application; slow down and repeat the same call in a moment";
    /// `app_id` is absent.
    MissingAppId, MissingArguments, "isv.missing-app-id",
        "缺少AppID参数", "app_id is absent; send the application's id";
    /// `method` is absent.
    MissingMethod, MissingArguments, "isv.missing-method",
        "缺少方法名参数", "method is absent; send e.g. alipay.user.certify.open.initialize";
    /// `sign` is absent.
    MissingSignature, MissingArguments, "isv.missing-signature",
        "缺少签名参数", "sign is absent; sign the request with the application's private key";
    /// `sign_type` is absent.
    MissingSignatureType, MissingArguments, "isv.missing-signature-type",
        "缺少签名类型参数", "sign_type is absent; send RSA2";
    /// The application has no public key here.
    MissingSignatureKey, MissingArguments, "isv.missing-signature-key",
        "缺少签名配置", "no public key is configured for this application; set public_key of its [[apps]] entry";
    /// An application in certificate mode called without its certificate's SN.
    MissingAppCertSn, MissingArguments, "isv.missing-app-cert-sn",
        "缺少应用公钥证书序列号", "app_cert_sn is absent; this application is in certificate mode, set the SDK's certificate paths";
    /// An application in certificate mode called without the roots' SN.
    MissingRootCertSn, MissingArguments, "isv.missing-alipay-root-cert-sn",
        "缺少支付宝根证书序列号", "alipay_root_cert_sn is absent; set the SDK's root certificate path to this gateway's bundle";
    /// Encrypted content for an application without a key here.
    MissingEncryptKey, MissingArguments, "isv.missing-encrypt-key",
        "缺少加密密钥配置", "no AES key is configured for this application; set encrypt_key of its [[apps]] entry, or send biz_content in clear";
    /// `timestamp` is absent.
    MissingTimestamp, MissingArguments, "isv.missing-timestamp",
        "缺少时间戳参数", "timestamp is absent; send yyyy-MM-dd HH:mm:ss in UTC+8";
    /// `version` is absent.
    MissingVersion, MissingArguments, "isv.missing-version",
        "缺少版本参数", "version is absent; send 1.0";
    /// A public parameter is malformed.
    InvalidParameter, InvalidArguments, "isv.invalid-parameter",
        "参数无效", "a parameter is malformed";
    /// `biz_content` is not a JSON object.
    IllegalJson, InvalidArguments, "isv.illegal-json",
        "biz_content不是合法的JSON对象", "biz_content must be one JSON object";
    /// The method is not served here.
    InvalidMethod, InvalidArguments, "isv.invalid-method",
        "不存在的方法名",
        "this method is not served here; certifyd serves alipay.user.certify.open.initialize, .certify and .query, alipay.open.auth.token.app and .query";
    /// `format` is not JSON.
    InvalidFormat, InvalidArguments, "isv.invalid-format",
        "无效的数据格式参数", "format must be JSON or absent";
    /// `version` is not 1.0.
    InvalidVersion, InvalidArguments, "isv.invalid-version",
        "无效的版本参数", "version must be 1.0";
    /// `charset` is not one we speak.
    InvalidCharset, InvalidArguments, "isv.invalid-charset",
        "无效的字符集参数", "charset must be utf-8, GBK or GB18030";
    /// Bytes are not text in the declared charset.
    InvalidEncoding, InvalidArguments, "isv.invalid-encoding",
        "编码错误", "the parameters are not valid text in the declared charset; encode them in it, or declare the charset they are in";
    /// `sign_type` is not one we accept.
    InvalidSignatureType, InvalidArguments, "isv.invalid-signature-type",
        "无效的签名类型参数", "sign_type must be RSA2 (SHA256withRSA); SM2 is not accepted";
    /// The signature does not verify.
    InvalidSignature, InvalidArguments, "isv.invalid-signature",
        "验签出错",
        "the signature does not match the parameters under the application's configured public key";
    /// No application has this id.
    InvalidAppId, InvalidArguments, "isv.invalid-app-id",
        "无效的AppID参数", "no application with this app_id is configured here; compare it with the [[apps]] entries";
    /// `timestamp` is not in the documented form.
    InvalidTimestamp, InvalidArguments, "isv.invalid-timestamp",
        "非法的时间戳参数", "timestamp must be yyyy-MM-dd HH:mm:ss in UTC+8";
    /// `timestamp` is too far from now.
    IllegalTimestamp, InvalidArguments, "isv.illegal-timestamp",
        "非法的时间戳参数", "timestamp is too far from the gateway's time; set the caller's clock, and send UTC+8";
    /// The SN is not the configured certificate's.
    AppCertNotExist, InvalidArguments, "isv.app-cert-not-exist",
        "应用公钥证书不存在", "app_cert_sn is not that of the certificate configured for this application; compare the SDK's appCertPath with certificate of its [[apps]] entry";
    /// The application's certificate is past its validity.
    AppCertExpired, InvalidArguments, "isv.app-cert-expired",
        "应用公钥证书已过期", "the application's certificate is not valid at this time; issue a new one";
    /// The SN is not the gateway's roots'.
    InvalidRootCertSn, InvalidArguments, "isv.invalid-alipay-root-cert-sn",
        "无效支付宝根证书序列号", "alipay_root_cert_sn is not that of this gateway's roots; give the SDK this gateway's root bundle";
    /// No certificate of the gateway has this SN.
    AlipayCertNotExist, InvalidArguments, "isv.alipay-cert-not-exist",
        "支付宝公钥证书不存在", "this gateway has no certificate with this alipay_cert_sn; use one that an answer carried";
    /// Content that does not decrypt.
    DecryptionErrorUnknown, InsufficientConditions, "isv.decryption-error-unknown",
        "解密出错, 未知错误", "biz_content does not decrypt under this application's AES key; compare the SDK's key with encrypt_key of its [[apps]] entry";
    /// An auth code of a user that is none, or was used.
    CodeInvalid, InvalidArguments, "isv.code-invalid",
        "授权码code无效", "code is absent, unknown or was used; get a new one by my.getAuthCode";
    /// `grant_type` is none of the documented.
    UserGrantTypeInvalid, InvalidArguments, "isv.grant-type-invalid",
        "grant_type参数不正确", "grant_type must be authorization_code or refresh_token";
    /// A user's refresh token that is none.
    RefreshTokenInvalid, InvalidArguments, "isv.refresh-token-invalid",
        "刷新令牌refresh_token无效", "refresh_token is absent or is not one this gateway gave; sign the user in again";
    /// `encrypt_type` names a scheme we do not have.
    InvalidEncryptType, InvalidArguments, "isv.invalid-encrypt-type",
        "无效的加密类型", "encrypt_type must be AES or AES_V2";
    /// A business field breaks its rule.
    IllegalArgumentFormat, BusinessFailed, "ILLEGAL_ARGUMENT_FORMAT",
        "参数异常", "a business field breaks its rule";
    /// The contract does not cover the scene.
    ArrangementStatusError, BusinessFailed, "ARRANGEMENT_STATUS_ERROR",
        "签约状态异常", "the application has no contract for this scene";
    /// Something in the identity parameter could not be read.
    UnknownError, BusinessFailed, "UNKNOWN_ERROR",
        "未知错误", "the parameter could not be read";
    /// The call cannot be carried out now.
    SystemError, BusinessFailed, "SYSTEM_ERROR",
        "系统错误，请稍后重试", "the call failed on our side; repeat it later";
    /// The certification is past its clock.
    CertifyIdExpired, BusinessFailed, "CERTIFY_ID_EXPIRED",
        "认证已失效", "the certification is past its time (23 hours to start, 3 months to query); initialize a new one";
    /// No certification of this caller has this id.
    BillNotExist, BusinessFailed, "OPEN_CERTIFY_BILL_NOT_EXIST",
        "无效的certify_id", "no certification of this application has this certify_id; use the one initialize answered";
    /// The caller does not act for merchants.
    AppNotIsv, BusinessFailed, "APP_NOT_ISV",
        "应用不是第三方应用", "this application does not act for merchants; set isv of its [[apps]] entry, or call as the one that does";
    /// `grant_type` is none of the two.
    GrantTypeInvalid, BusinessFailed, "GRANT_TYPE_INVALID",
        "授权类型无效", "grant_type must be authorization_code or refresh_token";
    /// No merchant's agreement gave this code.
    AuthCodeNotExist, BusinessFailed, "AUTH_CODE_NOT_EXIST",
        "授权码不存在", "code is absent or unknown; send the app_auth_code that the merchant's browser brought";
    /// The code is spent or too old.
    AuthCodeNotValid, BusinessFailed, "AUTH_CODE_NOT_VALID",
        "授权码无效", "the code was exchanged, withdrawn or overtaken by a newer one, or is older than 24 hours; have the merchant authorise again";
    /// The authorisation of the refresh token is over.
    AuthTokenNotFound, BusinessFailed, "AUTH_TOKEN_NOT_FOUND",
        "授权令牌未找到", "the merchant has withdrawn or renewed the authorisation of this refresh_token; use the newest token, or have the merchant authorise again";
    /// The code or refresh token is another application's.
    AppIdNotConsistent, BusinessFailed, "APP_ID_NOT_CONSISTENT",
        "应用ID不一致", "the code or refresh_token was given to another application; call as that one";
    /// The refresh token is unknown.
    RefreshTokenNotExist, BusinessFailed, "REFRESH_TOKEN_NOT_EXIST",
        "刷新令牌不存在", "refresh_token is absent or unknown; send the app_refresh_token that came with the token";
    /// The refresh token was used.
    RefreshTokenNotValid, BusinessFailed, "REFRESH_TOKEN_NOT_VALID",
        "刷新令牌无效", "refresh_token was used before; use the one that came with the newest token";
    /// The refresh token is too old.
    RefreshTokenTimeOut, BusinessFailed, "REFRESH_TOKEN_TIME_OUT",
        "刷新令牌已过期", "refresh_token has lived its days; have the merchant authorise again";
    /// `app_auth_token` of the query is absent or no text.
    IllegalParam, BusinessFailed, "ILLEGAL_PARAM",
        "参数不合法", "app_auth_token is absent or no text; send it in the business content";
    /// The token asked about is unknown.
    AuthTokenNotExisted, BusinessFailed, "AUTH_TOKEN_NOT_EXISTED",
        "授权令牌不存在", "no such app_auth_token was given out here; compare it with the one the exchange answered";
    /// The token asked about is another application's.
    AuthTokenNotConsistent, BusinessFailed, "AUTH_TOKEN_NOT_CONSISTENT",
        "授权令牌与应用不一致", "this app_auth_token was given to another application; call as that one";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_sub_code_is_spelled_once_and_says_something_in_both_languages() {
        let spelled: BTreeSet<_> = SubCode::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(spelled.len(), SubCode::ALL.len());
        for code in SubCode::ALL {
            assert!(!code.zh().is_ascii(), "{code:?} lacks its Chinese text");
            assert!(code.en().is_ascii() && !code.en().is_empty(), "{code:?}");
            assert_ne!(code.code(), Code::Success);
        }
    }

    #[test]
    fn every_sub_code_is_documented_under_its_code() {
        let document = include_str!("../../../docs/errors.md");
        for sub_code in SubCode::ALL {
            let row = format!("| {} | `{}` |", sub_code.code().as_str(), sub_code.as_str());
            assert!(document.contains(&row), "docs/errors.md lacks {row}");
        }
    }
}
