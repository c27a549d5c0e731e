//! `alipay.user.certify.open.initialize`: who is to be verified, how, and where to return.

use super::{Content, ContentError, Problem};

/// The documented maximum of `identity_param` and `merchant_config`, in characters.
const MAX_NESTED: usize = 4096;
/// The documented maximum of `face_contrast_picture`, in Base64 characters.
const MAX_PICTURE: usize = 1_048_576;

/// The content, read but not judged: presence and meaning are the domain's business.
pub struct Initialize {
    /// The merchant's own number for the request.
    pub outer_order_no: Option<String>,
    /// The scene.
    pub biz_code: Option<String>,
    /// Who is to be verified.
    pub identity_param: Option<IdentityParam>,
    /// Where to return, and what else the merchant chose.
    pub merchant_config: Option<MerchantConfig>,
    /// A reference photo, Base64.
    pub face_contrast_picture: Option<String>,
}

impl std::fmt::Debug for Initialize {
    // A picture is personal, and so may an order number be.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Initialize(…)")
    }
}

/// The members of `identity_param` with a meaning here.
pub struct IdentityParam {
    /// `CERT_INFO` or `AGENT_CERT_INFO`.
    pub identity_type: Option<String>,
    /// The kind of certificate.
    pub cert_type: Option<String>,
    /// The person's name.
    pub cert_name: Option<String>,
    /// The certificate's number.
    pub cert_no: Option<String>,
    /// All other members as JSON text: in snake case and in one order.
    pub others: String,
}

impl std::fmt::Debug for IdentityParam {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdentityParam(…)")
    }
}

/// The members of `merchant_config` with a meaning here, and the whole object as text.
pub struct MerchantConfig {
    /// Where the browser goes afterwards.
    pub return_url: Option<String>,
    /// The object as JSON text: members in snake case and in one order.
    pub text: String,
}

impl std::fmt::Debug for MerchantConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MerchantConfig(…)")
    }
}

impl Initialize {
    /// Reads the members in either spelling.
    ///
    /// # Errors
    /// The first member that cannot be read.
    pub fn read(content: &Content) -> Result<Self, ContentError> {
        Ok(Self {
            outer_order_no: content.text("outer_order_no", "outer_order_no")?,
            biz_code: content.text("biz_code", "biz_code")?,
            identity_param: IdentityParam::read(content)?,
            merchant_config: MerchantConfig::read(content)?,
            face_contrast_picture: content
                .text("face_contrast_picture", "face_contrast_picture")?
                .map(|text| within(text, "face_contrast_picture", MAX_PICTURE))
                .transpose()?,
        })
    }
}

impl IdentityParam {
    fn read(content: &Content) -> Result<Option<Self>, ContentError> {
        let Some((nested, length)) = content.nested("identity_param", "identity_param")? else {
            return Ok(None);
        };
        check_length(length, "identity_param", MAX_NESTED)?;
        Ok(Some(Self {
            identity_type: nested.text("identity_type", "identity_param.identity_type")?,
            cert_type: nested.text("cert_type", "identity_param.cert_type")?,
            cert_name: nested.text("cert_name", "identity_param.cert_name")?,
            cert_no: nested.text("cert_no", "identity_param.cert_no")?,
            others: nested.canonical_text(&["identity_type", "cert_type", "cert_name", "cert_no"]),
        }))
    }
}

impl MerchantConfig {
    fn read(content: &Content) -> Result<Option<Self>, ContentError> {
        let Some((nested, length)) = content.nested("merchant_config", "merchant_config")? else {
            return Ok(None);
        };
        check_length(length, "merchant_config", MAX_NESTED)?;
        let return_url = nested.text("return_url", "merchant_config.return_url")?;
        Ok(Some(Self { return_url, text: nested.canonical_text(&[]) }))
    }
}

fn within(text: String, field: &'static str, max: usize) -> Result<String, ContentError> {
    check_length(text.chars().count(), field, max)?;
    Ok(text)
}

fn check_length(length: usize, field: &'static str, max: usize) -> Result<(), ContentError> {
    if length > max {
        return Err(ContentError { field, problem: Problem::TooLong { length, max } });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repeated call must be known again, also when it writes its parameters another way.
    #[test]
    fn numbers_are_the_same_however_often_they_are_read_and_written() {
        let object = r#"{"beyond":55444444444444444444444444447600705760070,"small":5e-324}"#;
        let once = others(&format!(r#"{{"identity_param":{object}}}"#));
        let nested = serde_json::json!({ "identity_param": object }).to_string();
        assert_eq!(others(&nested), once);
        assert_eq!(others(&format!(r#"{{"identity_param":{once}}}"#)), once);
    }

    fn others(text: &str) -> String {
        let content = Content::parse(text).unwrap();
        Initialize::read(&content).unwrap().identity_param.unwrap().others
    }
}
