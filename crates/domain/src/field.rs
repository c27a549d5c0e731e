//! The fields of a request, as developers know them: by path on the classic wire and by the
//! camelCase name of the Serverless client. Not a schema: types and rules stand with the values.

/// One field that can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The whole business content.
    BizContent,
    /// The merchant's order number.
    OuterOrderNo,
    /// The scene.
    BizCode,
    /// The object that says who is to be verified.
    IdentityParam,
    /// For oneself or for another person.
    IdentityType,
    /// The kind of document.
    CertType,
    /// The name on the document.
    CertName,
    /// The number on the document.
    CertNo,
    /// The object with the merchant's wishes.
    MerchantConfig,
    /// Where the browser goes afterwards.
    ReturnUrl,
    /// Where notices are sent.
    NotifyUrl,
    /// Whether a captured face may be kept.
    FaceReserveStrategy,
    /// A reference photo that replaces the authority's.
    FaceContrastPicture,
    /// The name of a certification.
    CertifyId,
    /// The name of an application.
    AppId,
    /// Why a certification failed.
    FailReason,
    /// How long an answer may be held back.
    WaitSeconds,
    /// The state a caller knows already.
    KnownState,
}

impl Field {
    /// Every field.
    pub const ALL: &'static [Field] = &[
        Field::BizContent,
        Field::OuterOrderNo,
        Field::BizCode,
        Field::IdentityParam,
        Field::IdentityType,
        Field::CertType,
        Field::CertName,
        Field::CertNo,
        Field::MerchantConfig,
        Field::ReturnUrl,
        Field::NotifyUrl,
        Field::FaceReserveStrategy,
        Field::FaceContrastPicture,
        Field::CertifyId,
        Field::AppId,
        Field::FailReason,
        Field::WaitSeconds,
        Field::KnownState,
    ];

    /// The path on the classic wire, such as `identity_param.cert_no`.
    pub fn path(self) -> &'static str {
        match self {
            Field::BizContent => "biz_content",
            Field::OuterOrderNo => "outer_order_no",
            Field::BizCode => "biz_code",
            Field::IdentityParam => "identity_param",
            Field::IdentityType => "identity_param.identity_type",
            Field::CertType => "identity_param.cert_type",
            Field::CertName => "identity_param.cert_name",
            Field::CertNo => "identity_param.cert_no",
            Field::MerchantConfig => "merchant_config",
            Field::ReturnUrl => "merchant_config.return_url",
            Field::NotifyUrl => "notify_url",
            Field::FaceReserveStrategy => "merchant_config.face_reserve_strategy",
            Field::FaceContrastPicture => "face_contrast_picture",
            Field::CertifyId => "certify_id",
            Field::AppId => "app_id",
            Field::FailReason => "fail_reason",
            Field::WaitSeconds => "wait_seconds",
            Field::KnownState => "known_state",
        }
    }

    /// The name in the Serverless client, such as `certNo`.
    pub fn camel(self) -> &'static str {
        match self {
            Field::BizContent => "bizContent",
            Field::OuterOrderNo => "outerOrderNo",
            Field::BizCode => "bizCode",
            Field::IdentityParam => "identityParam",
            Field::IdentityType => "identityType",
            Field::CertType => "certType",
            Field::CertName => "certName",
            Field::CertNo => "certNo",
            Field::MerchantConfig => "merchantConfig",
            Field::ReturnUrl => "returnUrl",
            Field::NotifyUrl => "notifyUrl",
            Field::FaceReserveStrategy => "faceReserveStrategy",
            Field::FaceContrastPicture => "faceContrastPicture",
            Field::CertifyId => "certifyId",
            Field::AppId => "appId",
            Field::FailReason => "failReason",
            Field::WaitSeconds => "waitSeconds",
            Field::KnownState => "knownState",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_name_the_same_thing() {
        for field in Field::ALL {
            let leaf = field.path().rsplit('.').next().unwrap();
            let mut camel = String::new();
            for part in leaf.split('_') {
                let (head, tail) = part.split_at(1);
                if camel.is_empty() {
                    camel.push_str(head);
                } else {
                    camel.push_str(&head.to_uppercase());
                }
                camel.push_str(tail);
            }
            assert_eq!(camel, field.camel());
        }
    }
}
