//! What can go wrong on the page, in one table: the code scripts read, the words people read, and
//! what to do.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use engine::{EngineError, PictureError};

use super::words::Words;

/// Something that went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    NotThisStep,
    Elsewhere,
    Expired,
    NoSuchLink,
    ChallengeOver,
    TooManyTries,
    PictureEmpty,
    PictureTooLarge,
    PictureKind,
    PictureDamaged,
    PictureTooManyPixels,
    PictureTooFewPixels,
    Busy,
    Fault,
    ForeignOrigin,
    AgreeMissing,
    GuardianMissing,
    TextChanged,
    OutcomeUnknown,
    CodeUsed,
}

impl Problem {
    const ALL: [Problem; 20] = [
        Problem::NotThisStep,
        Problem::Elsewhere,
        Problem::Expired,
        Problem::NoSuchLink,
        Problem::ChallengeOver,
        Problem::TooManyTries,
        Problem::PictureEmpty,
        Problem::PictureTooLarge,
        Problem::PictureKind,
        Problem::PictureDamaged,
        Problem::PictureTooManyPixels,
        Problem::PictureTooFewPixels,
        Problem::Busy,
        Problem::Fault,
        Problem::ForeignOrigin,
        Problem::AgreeMissing,
        Problem::GuardianMissing,
        Problem::TextChanged,
        Problem::OutcomeUnknown,
        Problem::CodeUsed,
    ];

    /// Every refusal of the engine, as this door tells it.
    pub(crate) fn of(error: &EngineError) -> Problem {
        match error {
            EngineError::NotThisStep | EngineError::WrongState(_) => Problem::NotThisStep,
            EngineError::Elsewhere => Problem::Elsewhere,
            EngineError::Expired | EngineError::Erased => Problem::Expired,
            EngineError::NoSuchLink | EngineError::NoSuchCertification => Problem::NoSuchLink,
            EngineError::ChallengeOver => Problem::ChallengeOver,
            EngineError::TooManyTries => Problem::TooManyTries,
            EngineError::GuardianNeeded => Problem::GuardianMissing,
            EngineError::Picture(picture) => of_picture(*picture),
            EngineError::Busy(_) => Problem::Busy,
            EngineError::NoSuchApp
            | EngineError::InvalidAppAuthToken
            | EngineError::AppAuthTokenTimeOut
            | EngineError::SelfInvokeForbidden
            | EngineError::Authorization(_)
            | EngineError::TokenFromPage
            | EngineError::NotContracted(_)
            | EngineError::Rejected(_)
            | EngineError::OrderReused
            | EngineError::Undecidable(_)
            | EngineError::TestModeOnly
            | EngineError::InvalidToken
            | EngineError::SignInUnavailable(_)
            | EngineError::NoSuchNotice
            | EngineError::NoticePending
            | EngineError::NoSuchSnapshot
            | EngineError::Upstream(_)
            | EngineError::OutcomeUnknown(_)
            | EngineError::Internal(_) => {
                tracing::error!(%error, "internal fault");
                Problem::Fault
            }
        }
    }

    /// As scripts read it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Problem::NotThisStep => "NOT_THIS_STEP",
            Problem::Elsewhere => "ELSEWHERE",
            Problem::Expired => "EXPIRED",
            Problem::NoSuchLink => "NO_SUCH_LINK",
            Problem::ChallengeOver => "CHALLENGE_OVER",
            Problem::TooManyTries => "TOO_MANY_TRIES",
            Problem::PictureEmpty => "PICTURE_EMPTY",
            Problem::PictureTooLarge => "PICTURE_TOO_LARGE",
            Problem::PictureKind => "PICTURE_KIND",
            Problem::PictureDamaged => "PICTURE_DAMAGED",
            Problem::PictureTooManyPixels => "PICTURE_TOO_MANY_PIXELS",
            Problem::PictureTooFewPixels => "PICTURE_TOO_FEW_PIXELS",
            Problem::Busy => "BUSY",
            Problem::Fault => "FAULT",
            Problem::ForeignOrigin => "FOREIGN_ORIGIN",
            Problem::AgreeMissing => "AGREE_MISSING",
            Problem::GuardianMissing => "GUARDIAN_MISSING",
            Problem::TextChanged => "TEXT_CHANGED",
            Problem::OutcomeUnknown => "OUTCOME_UNKNOWN",
            Problem::CodeUsed => "CODE_USED",
        }
    }

    /// Reads a code back.
    pub(crate) fn parse(code: &str) -> Option<Problem> {
        Problem::ALL.into_iter().find(|problem| problem.code() == code)
    }

    /// As people read it.
    pub(crate) fn text(self, words: &Words) -> &'static str {
        match self {
            Problem::NotThisStep => words.problem_not_this_step,
            Problem::Elsewhere => words.elsewhere_text,
            Problem::Expired => words.expired_text,
            Problem::NoSuchLink => words.unknown_text,
            Problem::ChallengeOver => words.problem_challenge_over,
            Problem::TooManyTries => words.problem_too_many_tries,
            Problem::PictureEmpty => words.problem_picture_empty,
            Problem::PictureTooLarge => words.problem_picture_too_large,
            Problem::PictureKind => words.problem_picture_kind,
            Problem::PictureDamaged => words.problem_picture_damaged,
            Problem::PictureTooManyPixels => words.problem_picture_too_many_pixels,
            Problem::PictureTooFewPixels => words.problem_picture_too_few_pixels,
            Problem::Busy => words.busy_text,
            Problem::Fault => words.fault_text,
            Problem::ForeignOrigin => words.foreign_text,
            Problem::AgreeMissing => words.problem_agree_missing,
            Problem::GuardianMissing => words.problem_guardian_missing,
            Problem::TextChanged => words.problem_text_changed,
            Problem::OutcomeUnknown => words.problem_outcome_unknown,
            Problem::CodeUsed => words.problem_code_used,
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Problem::NotThisStep | Problem::Elsewhere | Problem::ChallengeOver => {
                StatusCode::CONFLICT
            }
            Problem::Expired => StatusCode::GONE,
            Problem::NoSuchLink => StatusCode::NOT_FOUND,
            Problem::TooManyTries => StatusCode::TOO_MANY_REQUESTS,
            Problem::PictureTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Problem::PictureEmpty
            | Problem::PictureKind
            | Problem::PictureDamaged
            | Problem::PictureTooManyPixels
            | Problem::PictureTooFewPixels
            | Problem::AgreeMissing
            | Problem::GuardianMissing
            | Problem::TextChanged
            | Problem::OutcomeUnknown
            | Problem::CodeUsed => StatusCode::UNPROCESSABLE_ENTITY,
            Problem::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Problem::Fault => StatusCode::INTERNAL_SERVER_ERROR,
            Problem::ForeignOrigin => StatusCode::FORBIDDEN,
        }
    }

    /// Whether sending the same again may help.
    fn may_retry(self) -> bool {
        match self {
            Problem::ChallengeOver
            | Problem::Busy
            | Problem::Fault
            | Problem::PictureEmpty
            | Problem::PictureDamaged => true,
            Problem::NotThisStep
            | Problem::Elsewhere
            | Problem::Expired
            | Problem::NoSuchLink
            | Problem::TooManyTries
            | Problem::PictureTooLarge
            | Problem::PictureKind
            | Problem::PictureTooManyPixels
            | Problem::PictureTooFewPixels
            | Problem::ForeignOrigin
            | Problem::AgreeMissing
            | Problem::GuardianMissing
            | Problem::TextChanged
            | Problem::OutcomeUnknown
            | Problem::CodeUsed => false,
        }
    }

    /// Whether the page is out of date: it belongs to another step or to nothing any more.
    pub(crate) fn wants_reload(self) -> bool {
        match self {
            Problem::NotThisStep | Problem::Elsewhere | Problem::Expired | Problem::NoSuchLink => {
                true
            }
            Problem::ChallengeOver
            | Problem::TooManyTries
            | Problem::PictureEmpty
            | Problem::PictureTooLarge
            | Problem::PictureKind
            | Problem::PictureDamaged
            | Problem::PictureTooManyPixels
            | Problem::PictureTooFewPixels
            | Problem::Busy
            | Problem::Fault
            | Problem::ForeignOrigin
            | Problem::AgreeMissing
            | Problem::GuardianMissing
            | Problem::TextChanged
            | Problem::OutcomeUnknown
            | Problem::CodeUsed => false,
        }
    }

    /// The answer to a script.
    pub(crate) fn json(self, words: &Words) -> Response {
        let body = serde_json::json!({
            "code": self.code(),
            "message": self.text(words),
            "retry": self.may_retry(),
            "reload": self.wants_reload(),
        });
        (self.status(), Json(body)).into_response()
    }
}

fn of_picture(error: PictureError) -> Problem {
    match error {
        PictureError::Empty => Problem::PictureEmpty,
        PictureError::TooLarge => Problem::PictureTooLarge,
        PictureError::Kind => Problem::PictureKind,
        PictureError::Damaged => Problem::PictureDamaged,
        PictureError::TooManyPixels => Problem::PictureTooManyPixels,
        PictureError::TooFewPixels(_) => Problem::PictureTooFewPixels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_back_and_are_plain_in_addresses() {
        for problem in Problem::ALL {
            let code = problem.code();
            assert_eq!(Problem::parse(code), Some(problem));
            assert!(code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'), "{code}");
        }
        assert_eq!(Problem::parse("<script>"), None);
    }
}
