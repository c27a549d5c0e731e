//! Orders that are right, to be made wrong one field at a time.

use domain::{
    BizCode, CertNo, CertType, Identity, IdentityType, OrderNo, PersonName, Profile, ReturnUrl,
};
use engine::{MerchantChoice, Order};

/// A resident number with a valid check digit and a region nobody was registered in.
pub const CERT_NO: &str = "11000019900307001X";
/// A name for tests.
pub const CERT_NAME: &str = "试用甲";
/// Where the browser goes.
pub const RETURN_URL: &str = "https://merchant.example/done";

/// An order for [`CERT_NAME`] in the scene `FACE`.
pub fn order(order_no: &str) -> Order {
    Order {
        order_no: OrderNo::restore(order_no.to_owned()),
        biz_code: BizCode::Face,
        identity: identity(),
        other_identity: "{}".to_owned(),
        merchant: merchant(RETURN_URL),
        face_contrast_picture: None,
        notify_url: None,
        warnings: Vec::new(),
    }
}

/// [`CERT_NAME`] with [`CERT_NO`].
pub fn identity() -> Identity {
    Identity {
        identity_type: IdentityType::CertInfo,
        cert_type: CertType::IdentityCard,
        cert_name: PersonName::restore(CERT_NAME.to_owned()),
        cert_no: number(CERT_NO),
    }
}

/// A resident number as a door would read it.
pub fn number(text: &str) -> CertNo {
    let today = jiff::civil::date(2026, 11, 24);
    CertNo::parse(text, CertType::IdentityCard, Profile::Compatible, today).unwrap().value
}

/// A merchant's wishes that hold only a return address.
pub fn merchant(return_url: &str) -> MerchantChoice {
    MerchantChoice {
        return_url: ReturnUrl::parse(return_url, Profile::Compatible).unwrap().value,
        text: serde_json::json!({ "return_url": return_url }).to_string(),
    }
}
