//! What to do about a refusal of the gateway elsewhere, said behind its own words.

use wire::SubCode;

/// The remedy for a sub code; none for one that is not known here.
pub(super) fn of(sub_code: &str, doubted: bool) -> Option<String> {
    let (zh, en) = match sub_code {
        "ILLEGAL_ARGUMENT_FORMAT" if doubted => (
            "此前一次调用的结果未知，支付宝可能已受理该单号；若参数无误，请换用新的 outer_order_no",
            "an earlier attempt may have arrived and used this number up; if the parameters are right, use a new outer_order_no",
        ),
        "isv.invalid-signature" | "isv.missing-signature-key" | "isv.missing-signature-config" => (
            "支付宝拒绝了 certifyd 的签名；请核对 [apps.upstream] 的 private_key 与开放平台上登记的应用公钥",
            "the hosted gateway refused certifyd's own signature: compare private_key of [apps.upstream] with the public key registered for the application, and check that gateway is the right environment",
        ),
        "isv.invalid-app-id" => (
            "支付宝不认识 [apps.upstream] 的 app_id；请核对应用与环境（沙箱、正式不通用）",
            "the hosted gateway does not know app_id of [apps.upstream]; ids of the sandbox and of production are not interchangeable",
        ),
        "isv.missing-app-cert-sn"
        | "isv.missing-alipay-root-cert-sn"
        | "isv.app-cert-not-exist"
        | "isv.app-cert-expired"
        | "isv.invalid-alipay-root-cert-sn"
        | "isv.missing-alipay-cert-sn" => (
            "请核对 [apps.upstream] 的三个证书文件；该应用在开放平台为证书模式",
            "check app_certificate, alipay_certificate and root_certificates of [apps.upstream] against what the open platform shows for this application",
        ),
        "isv.decryption-error-unknown" | "isv.missing-encrypt-key" => (
            "请核对 [apps.upstream] 的 encrypt_key 与开放平台上的接口内容加密密钥",
            "compare encrypt_key of [apps.upstream] with the content key of the application on the open platform",
        ),
        "isv.insufficient-isv-permissions" => (
            "请检查应用是否上线、产品是否绑定并签约、沙箱与正式网关是否混用，以及产品是否在授权之后才绑定",
            "check that the application is online, that the product is bound and signed, that sandbox and production are not mixed up, and that it was bound before the merchant authorised",
        ),
        other => {
            let known = SubCode::parse(other)?;
            (known.zh(), known.en())
        }
    };
    Some(format!("{zh} / {en}"))
}

/// A code as it may be logged: codes are plain, and what is not plain is not shown.
pub(crate) fn plain(code: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if code.len() <= 64 && code.bytes().all(is_plain) { code } else { "?" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_is_known_here_has_a_remedy_in_both_languages() {
        for code in ["isv.invalid-signature", "CERTIFY_ID_EXPIRED", "ARRANGEMENT_STATUS_ERROR"] {
            let remedy = of(code, false).unwrap();
            assert!(!remedy.is_ascii() && remedy.contains(" / "), "{code}: {remedy}");
        }
        assert_ne!(of("ILLEGAL_ARGUMENT_FORMAT", true), of("ILLEGAL_ARGUMENT_FORMAT", false));
        assert_eq!(of("SOMETHING_NEW", false), None);
        assert_eq!((plain("isv.a-b"), plain("张"), plain(&"a".repeat(65))), ("isv.a-b", "?", "?"));
    }
}
