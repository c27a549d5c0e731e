//! How a refusal of the engine is spoken in the codes of the identity API.

use domain::{Field, Rejected, Rule};
use engine::{AuthorizationFault, EngineError, NotSent, Unknown, UpstreamFault};
use wire::methods::Problem;
use wire::{ContentError, Failure, SubCode};

use crate::state::AppState;

/// The refusal with the address that explains, as the hosted gateway writes it.
pub(crate) fn explained(state: &AppState, failure: &Failure) -> Failure {
    Failure { sub_code: failure.sub_code, sub_msg: state.explained(&failure.sub_msg) }
}

/// A field that breaks its rule.
pub(crate) fn rejected(rejected: &Rejected) -> Failure {
    Failure::precise(SubCode::IllegalArgumentFormat, &rejected.zh(), &rejected.en())
}

/// Content that could not be read. The hosted service answers `UNKNOWN_ERROR` when a nested
/// parameter does not parse, and existing callers look for it.
pub(crate) fn unreadable(error: &ContentError) -> Failure {
    let field = Field::ALL.iter().find(|field| field.path() == error.field);
    let field = field.copied().unwrap_or(Field::BizContent);
    let rule = match error.problem {
        Problem::NotText => Rule::NotText,
        Problem::NotAnObject => Rule::NotAnObject,
        Problem::NotJson { position } => Rule::NotJson { position },
        Problem::OverEscaped => Rule::OverEscaped,
        Problem::Conflict => Rule::Conflict,
        Problem::TooLong { length, max } => Rule::TooLong { length, max },
    };
    let sub_code = match error.problem {
        _ if field == Field::BizContent => SubCode::IllegalJson,
        Problem::NotJson { .. } | Problem::OverEscaped => SubCode::UnknownError,
        Problem::NotText | Problem::NotAnObject | Problem::Conflict | Problem::TooLong { .. } => {
            SubCode::IllegalArgumentFormat
        }
    };
    let rejected = Rejected { field, rule };
    Failure::precise(sub_code, &rejected.zh(), &rejected.en())
}

/// Every answer of the engine that is not the one asked for.
pub(crate) fn failure(error: &EngineError) -> Failure {
    match error {
        EngineError::NoSuchApp => Failure::plain(SubCode::InvalidAppId),
        EngineError::InvalidAppAuthToken => Failure::plain(SubCode::InvalidAppAuthToken),
        EngineError::AppAuthTokenTimeOut => Failure::plain(SubCode::AppAuthTokenTimeOut),
        EngineError::SelfInvokeForbidden => Failure::plain(SubCode::SelfInvokeForbidden),
        EngineError::Authorization(fault) => Failure::plain(of_authorization(*fault)),
        EngineError::TokenFromPage => Failure::precise(
            SubCode::InvalidAppAuthToken,
            "appAuthToken 目前仅在云函数中支持；请改在云函数里调用并作为第二个参数传入",
            "appAuthToken is accepted from cloud functions only; call from a function and pass it as the second argument",
        ),
        EngineError::NotContracted(biz_code) => {
            let scene = biz_code.as_str();
            Failure::precise(
                SubCode::ArrangementStatusError,
                &format!(
                    "应用未签约场景 {scene}（biz_code）；请在该应用的 scenes 中加入它，或换用已签约的场景"
                ),
                &format!(
                    "the application has not contracted biz_code {scene}; add it to the app's scenes or use a contracted one"
                ),
            )
        }
        EngineError::Rejected(rejected) => self::rejected(rejected),
        EngineError::OrderReused => Failure::precise(
            SubCode::IllegalArgumentFormat,
            "outer_order_no（outerOrderNo）已用于另一笔内容不同的认证；重试请保持内容完全一致，新认证请换新的单号",
            "outer_order_no (outerOrderNo) was used before for a certification with other content; repeat the same content, or use a new number for a new certification",
        ),
        EngineError::NoSuchCertification | EngineError::NoSuchLink => {
            Failure::plain(SubCode::BillNotExist)
        }
        EngineError::Expired | EngineError::Erased => Failure::plain(SubCode::CertifyIdExpired),
        EngineError::Busy(_) => Failure::plain(SubCode::ServiceUnavailable),
        EngineError::Upstream(fault) => upstream(*fault),
        EngineError::OutcomeUnknown(fault) => outcome_unknown(*fault),
        // No identity call changes a state; whoever does has an answer of its own for this.
        EngineError::WrongState(_)
        | EngineError::NoSuchSnapshot
        | EngineError::Elsewhere
        | EngineError::NotThisStep
        | EngineError::ChallengeOver
        | EngineError::TooManyTries
        | EngineError::GuardianNeeded
        | EngineError::Picture(_)
        | EngineError::Undecidable(_)
        | EngineError::TestModeOnly
        | EngineError::InvalidToken
        | EngineError::SignInUnavailable(_)
        | EngineError::NoSuchNotice
        | EngineError::NoticePending
        | EngineError::Internal(_) => {
            tracing::error!(%error, "internal fault");
            Failure::plain(SubCode::SystemError)
        }
    }
}

fn upstream(fault: UpstreamFault) -> Failure {
    let (zh, en) = match fault {
        UpstreamFault::NotSent(NotSent::Unsigned) => (
            "无法用 [apps.upstream] 的密钥签名；请核对其 private_key",
            "the call could not be signed with private_key of [apps.upstream]; check that key",
        ),
        UpstreamFault::NotSent(_) => (
            "未能连接支付宝网关，请求未发出；请稍后用相同参数重试",
            "nothing reached the hosted gateway; repeat the same call in a moment",
        ),
        UpstreamFault::Unknown(Unknown::NotTheirs | Unknown::Certificate) => (
            "支付宝网关的应答验签失败，已丢弃；请核对 [apps.upstream] 的支付宝公钥或证书",
            "the answer does not bear the hosted gateway's signature and was not believed; check the gateway's key or certificates in [apps.upstream]",
        ),
        UpstreamFault::Unknown(_) => (
            "支付宝网关未给出可用的应答，请求可能已被执行；查询类请求可直接重试，其他请求请先查询结果，一次性的 code 请重新获取",
            "the hosted gateway gave no usable answer, and may have carried the call out; a query can be repeated in a moment, of anything else ask first what has become of it, and get a new code in place of one that can be used once",
        ),
    };
    Failure::precise(SubCode::ServiceUnavailable, zh, &format!("{en} ({fault})"))
}

fn outcome_unknown(fault: Option<UpstreamFault>) -> Failure {
    let reason = fault.map(|fault| format!(" ({fault})")).unwrap_or_default();
    Failure::precise(
        SubCode::ServiceUnavailable,
        "支付宝网关是否已受理该单号尚未可知；请用完全相同的参数（同一 outer_order_no）重试以核对结果；certifyd 不会为同一单号重复创建，若支付宝答复该单号已被使用，请换用新单号",
        &format!(
            "whether the hosted gateway has opened this order is not known yet{reason}; repeat the same call with the same outer_order_no to find out: no second certification is opened under it; should the gateway then refuse the number as used, take a new one"
        ),
    )
}

fn of_authorization(fault: AuthorizationFault) -> SubCode {
    match fault {
        AuthorizationFault::NotIsv => SubCode::AppNotIsv,
        AuthorizationFault::NoSuchCode => SubCode::AuthCodeNotExist,
        AuthorizationFault::CodeOver => SubCode::AuthCodeNotValid,
        AuthorizationFault::AnotherApps => SubCode::AppIdNotConsistent,
        AuthorizationFault::NoSuchRefreshToken => SubCode::RefreshTokenNotExist,
        AuthorizationFault::RefreshTokenUsed => SubCode::RefreshTokenNotValid,
        AuthorizationFault::RefreshTokenOver => SubCode::RefreshTokenTimeOut,
        AuthorizationFault::Withdrawn => SubCode::AuthTokenNotFound,
        AuthorizationFault::NoSuchToken => SubCode::AuthTokenNotExisted,
        AuthorizationFault::AnotherAppsToken => SubCode::AuthTokenNotConsistent,
        // Of the page and of operators, who have answers of their own.
        AuthorizationFault::NotAMerchant | AuthorizationFault::NothingAuthorised => {
            SubCode::SystemError
        }
    }
}
