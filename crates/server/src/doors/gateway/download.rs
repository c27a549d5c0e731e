//! `alipay.open.app.alipaycert.download`: the certificate behind the SN an answer carried.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wire::{Content, Failure, Outcome, SubCode};

use crate::keyring::Gateway;
use crate::refusal;

pub(super) const METHOD: &str = "alipay.open.app.alipaycert.download";

/// The current certificate and the next one can both be had, so that clients survive the change.
pub(super) fn run(gateway: &Gateway, content: &Content) -> Result<Outcome, Failure> {
    let wanted = content
        .text("alipay_cert_sn", "biz_content")
        .map_err(|error| refusal::unreadable(&error))?
        .unwrap_or_default();
    [&gateway.certificate, &gateway.next_certificate]
        .into_iter()
        .flatten()
        .find(|certificate| certificate.sn() == wanted)
        .map(|certificate| {
            let text = STANDARD.encode(certificate.pem());
            Outcome::Success(vec![("alipay_cert_content", text)])
        })
        .ok_or_else(|| Failure::plain(SubCode::AlipayCertNotExist))
}
