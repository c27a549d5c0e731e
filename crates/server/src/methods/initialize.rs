//! `alipay.user.certify.open.initialize`: content to domain values. All judging of meaning ends
//! here; the engine gets values that are valid.

use domain::{
    BizCode, CertNo, CertType, Field, Identity, IdentityType, NotifyUrl, OrderNo, PersonName,
    Profile, Rejected, ReturnUrl, Rule, Warning,
};
use engine::{Acting, MerchantChoice, Order};
use jiff::civil::Date;
use wire::methods::{IdentityParam, Initialize, MerchantConfig};
use wire::{Content, Failure, Outcome, SubCode};

use crate::refusal;
use crate::state::AppState;

pub(super) async fn run(
    state: &AppState,
    acting: Acting,
    content: &Content,
    notify_url: Option<&str>,
) -> Result<Outcome, Failure> {
    let notify_url = judge_notify_url(content, notify_url)?;
    let content = Initialize::read(content).map_err(|error| refusal::unreadable(&error))?;
    let profile = acting.owner.profile;
    let order =
        judge(content, profile, today(state)).map_err(|rejected| refusal::rejected(&rejected))?;
    let order = Order { notify_url, ..order };
    let person = || state.engine.person_digest(&order.identity);
    let limited = state.bounds.person(&acting.owner.id, person, state.engine.now());
    limited.map_err(|_| too_many_for_one())?;
    let id =
        state.engine.initialize(acting, order).await.map_err(|error| refusal::failure(&error))?;
    Ok(Outcome::Success(vec![("certify_id", id.to_string())]))
}

/// Said to the application; nothing of the person is in it.
fn too_many_for_one() -> Failure {
    Failure::precise(
        SubCode::AppCallLimited,
        "同一人的认证发起次数过多（same_person_per_hour）；请稍后用相同参数重试",
        "too many certifications of the same person were opened within an hour (same_person_per_hour); repeat the same call later",
    )
}

/// The common parameter, or a member of the content: the newer dialect has no common ones.
pub(super) fn judge_notify_url(
    content: &Content,
    common: Option<&str>,
) -> Result<Option<NotifyUrl>, Failure> {
    let path = Field::NotifyUrl.path();
    let member = content.text(path, path).map_err(|error| refusal::unreadable(&error))?;
    common
        .or(member.as_deref())
        .filter(|text| !text.is_empty())
        .map(NotifyUrl::parse)
        .transpose()
        .map_err(|rejected| refusal::rejected(&rejected))
}

/// The date where the certificates are issued.
fn today(state: &AppState) -> Date {
    jiff::tz::offset(8).to_datetime(state.engine.now()).date()
}

fn judge(content: Initialize, profile: Profile, today: Date) -> Result<Order, Rejected> {
    let mut warnings = Vec::new();
    let order_no = required(content.outer_order_no.as_deref(), Field::OuterOrderNo)?;
    let order_no = keep(OrderNo::parse(order_no, profile)?, &mut warnings);
    let biz_code = BizCode::parse(required(content.biz_code.as_deref(), Field::BizCode)?)?;
    let identity_param = content.identity_param.ok_or(missing(Field::IdentityParam))?;
    let identity = judge_identity(&identity_param, profile, today, &mut warnings)?;
    let merchant = content.merchant_config.ok_or(missing(Field::MerchantConfig))?;
    let merchant = judge_merchant(merchant, profile, &mut warnings)?;
    Ok(Order {
        order_no,
        biz_code,
        identity,
        other_identity: identity_param.others,
        merchant,
        face_contrast_picture: content.face_contrast_picture,
        notify_url: None,
        warnings,
    })
}

fn judge_identity(
    param: &IdentityParam,
    profile: Profile,
    today: Date,
    warnings: &mut Vec<Warning>,
) -> Result<Identity, Rejected> {
    let identity_type =
        IdentityType::parse(required(param.identity_type.as_deref(), Field::IdentityType)?)?;
    let cert_type = CertType::parse(required(param.cert_type.as_deref(), Field::CertType)?)?;
    let name = required(param.cert_name.as_deref(), Field::CertName)?;
    let cert_name = keep(PersonName::parse(name, profile)?, warnings);
    let number = required(param.cert_no.as_deref(), Field::CertNo)?;
    let cert_no = keep(CertNo::parse(number, cert_type, profile, today)?, warnings);
    Ok(Identity { identity_type, cert_type, cert_name, cert_no })
}

fn judge_merchant(
    config: MerchantConfig,
    profile: Profile,
    warnings: &mut Vec<Warning>,
) -> Result<MerchantChoice, Rejected> {
    let return_url = config.return_url.as_deref().ok_or(missing(Field::ReturnUrl))?;
    let return_url = keep(ReturnUrl::parse(return_url, profile)?, warnings);
    Ok(MerchantChoice { return_url, text: config.text })
}

fn required(value: Option<&str>, field: Field) -> Result<&str, Rejected> {
    value.ok_or(missing(field))
}

fn missing(field: Field) -> Rejected {
    Rejected { field, rule: Rule::Missing }
}

fn keep<T>(checked: domain::Checked<T>, warnings: &mut Vec<Warning>) -> T {
    warnings.extend(checked.warnings);
    checked.value
}
