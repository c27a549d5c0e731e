//! The English sentences of a rejection. What is wrong comes first, what to do about it second.

use super::Rule;
use crate::Field;

/// What is wrong.
pub(super) fn fault(rule: Rule) -> String {
    let fixed = match rule {
        Rule::Missing => "the field is missing",
        Rule::Empty => "the value is empty",
        Rule::NotText => "the value is not a string",
        Rule::OuterSpace => "there is white space before or after the value",
        Rule::CheckDigit => "the 18th character is not the check digit of the first 17",
        Rule::NoSuchBirthDate => "the birth date in the number is not in the calendar",
        Rule::BirthDateInFuture => "the birth date in the number lies after today",
        Rule::UnlikelyRegion => "the region code at the start is unusual",
        Rule::NotAnObject => "the value is JSON but not an object",
        Rule::OverEscaped => "the value is text that holds the text of an object",
        Rule::NotAPicture => "this is not a picture that can be read",
        Rule::UnregisteredScheme => {
            "the address opens an app whose scheme is not registered; nobody will be sent there"
        }
        Rule::Conflict => "both spellings are present and disagree",
        Rule::ForbiddenScheme => "the scheme of the address runs code or opens local content",
        Rule::Credentials => "the host part of the address holds a user name or password (an @)",
        Rule::BadHost => "the host of the address is missing or malformed",
        Rule::NotAnAddress => "a browser cannot be sent to this address",
        Rule::SchemeAssumed => "the address has no scheme and was taken as https",
        Rule::NotHttp => "the address is neither http nor https",
        Rule::NotInRange { max } => {
            return format!("the value is not a whole number from 0 to {max}");
        }
        Rule::TooLong { length, max } => {
            return format!("the value has {length} characters, {max} are allowed");
        }
        Rule::WrongLength { length, expected } => {
            let expected: Vec<_> = expected.iter().map(usize::to_string).collect();
            return format!("the value has {length} characters, not {}", expected.join(" or "));
        }
        Rule::ControlCharacter { position } => {
            return format!("character {position} is a control character");
        }
        Rule::NotAllowedCharacter { position } => {
            return format!("character {position} is not allowed");
        }
        Rule::FullWidth { position } => return format!("character {position} is full-width"),
        Rule::NotDigit { position } => return format!("character {position} is not a digit"),
        Rule::UnknownChoice { allowed } => {
            return format!("the value is none of {}", allowed.join(", "));
        }
        Rule::BirthDateTooEarly { years } => {
            return format!("the birth date in the number is more than {years} years ago");
        }
        Rule::NotJson { position } => {
            return format!("the value is not JSON, reading stopped at character {position}");
        }
        Rule::Backslash { position } => return format!("character {position} is a backslash"),
    };
    fixed.to_owned()
}

/// What to do about it. Rules that say all by themselves point at the field's form.
pub(super) fn remedy(rule: Rule, field: Field) -> String {
    let fixed = match rule {
        Rule::OuterSpace => "remove it",
        Rule::ControlCharacter { .. } => "remove line breaks, tabs and the like",
        Rule::FullWidth { .. } => "use half-width digits and letters",
        Rule::NotDigit { .. } => {
            "a resident number is all digits except for an X at 18, so check that the fields \
             were not swapped"
        }
        Rule::UnknownChoice { .. } => "use one of these, in this case",
        Rule::CheckDigit => "compare the number with the card and do not complete it yourself",
        Rule::NoSuchBirthDate => {
            "check the eight digits of year, month and day (six in an old number)"
        }
        Rule::BirthDateInFuture | Rule::BirthDateTooEarly { .. } => {
            "check the digits of the birth year"
        }
        Rule::UnlikelyRegion => "check the first digits; if they are right, nothing is to be done",
        Rule::NotJson { .. } => {
            "check quotes and escapes there, and escape nested JSON text exactly once"
        }
        Rule::OverEscaped => "send the object itself, or escape it exactly once",
        Rule::NotAPicture => {
            "send the Base64 of a JPEG, PNG or WebP picture, its shorter edge at least 240 pixels"
        }
        Rule::UnregisteredScheme => {
            "register the scheme in return_schemes of the app, or use an https address"
        }
        Rule::Conflict => "keep either the snake_case or the camelCase spelling",
        Rule::ForbiddenScheme => "use https, or a scheme of your own app such as myapp://done",
        Rule::Credentials => "remove the @ and what stands before it",
        Rule::Backslash { .. } => "write a slash, or encode it as %5C",
        Rule::BadHost => {
            "write the host in ASCII letters, digits, hyphens and dots, and an international \
             domain in its xn-- form"
        }
        Rule::SchemeAssumed => "write the whole address, beginning with https://",
        Rule::Missing
        | Rule::Empty
        | Rule::NotText
        | Rule::TooLong { .. }
        | Rule::WrongLength { .. }
        | Rule::NotAllowedCharacter { .. }
        | Rule::NotAnObject
        | Rule::NotAnAddress
        | Rule::NotHttp
        | Rule::NotInRange { .. } => return format!("it should be {}", form(field)),
    };
    fixed.to_owned()
}

/// What a good value of the field looks like.
fn form(field: Field) -> &'static str {
    match field {
        Field::BizContent => "one JSON object",
        Field::OuterOrderNo => "1 to 32 ASCII letters and digits, unique for the merchant",
        Field::BizCode => "a scene under contract: FACE, CERT_PHOTO, CERT_PHOTO_FACE or SMART_FACE",
        Field::IdentityParam => {
            "the identity as a JSON object, or that object as text escaped once"
        }
        Field::IdentityType => "CERT_INFO (oneself) or AGENT_CERT_INFO (for another person)",
        Field::CertType => "a kind of document, IDENTITY_CARD for a resident identity card",
        Field::CertName => {
            "the name on the document in Chinese characters or letters, with middle dots, spaces \
             and hyphens only inside, 32 characters at most"
        }
        Field::CertNo => "the whole number on a document of the kind given as cert_type",
        Field::MerchantConfig => {
            "the merchant's settings as a JSON object, or that object as text escaped once"
        }
        Field::ReturnUrl => {
            "the whole address to return to, 1024 characters at most, such as \
             https://shop.example/done or myapp://done"
        }
        Field::NotifyUrl => {
            "the whole http or https address that takes notices, 256 characters at most, such as \
             https://shop.example/notify"
        }
        Field::FaceReserveStrategy => "reserve (keep the face) or never",
        Field::FaceContrastPicture => "a photo as Base64 text, 1048576 characters at most",
        Field::CertifyId => "the 32-character identifier that initialize answered, unchanged",
        Field::AppId => "1 to 32 ASCII letters, digits, underscores or hyphens",
        Field::FailReason => "a code or a few words, 64 characters at most",
        Field::WaitSeconds => "how many seconds to hold the answer back, from 0 to 60",
        Field::KnownState => "one of created, in_progress, passed, failed and expired",
    }
}
