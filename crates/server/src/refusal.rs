//! How a refusal of the engine is spoken in the codes of the identity API.

use domain::{Field, Rejected, Rule};
use engine::{AuthorizationFault, EngineError};
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
        EngineError::Expired => Failure::plain(SubCode::CertifyIdExpired),
        EngineError::Busy(_) => Failure::plain(SubCode::ServiceUnavailable),
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
