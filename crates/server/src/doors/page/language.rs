//! Which language the person reads.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

/// The languages of the pages. Chinese, unless the browser asks for English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    #[default]
    Zh,
    En,
}

impl Language {
    /// The word for it, in addresses and records.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Language::Zh => "zh",
            Language::En => "en",
        }
    }

    /// Reads the word back.
    pub(crate) fn parse(text: &str) -> Option<Language> {
        [Language::Zh, Language::En].into_iter().find(|language| language.as_str() == text)
    }

    /// What the browser prefers of what there is.
    pub(crate) fn of(headers: &HeaderMap) -> Language {
        let ranges =
            headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
        let ranges = ranges.flat_map(|value| value.split(','));
        preferred(ranges)
    }
}

/// The first of the heaviest. A range without a weight weighs 1; one of weight 0 is refused.
fn preferred<'a>(ranges: impl Iterator<Item = &'a str>) -> Language {
    let mut best = (0, Language::default());
    for range in ranges {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        if let (Some(language), Some(weight)) = (spoken(tag.trim()), weight(parameters))
            && weight > best.0
        {
            best = (weight, language);
        }
    }
    best.1
}

fn spoken(tag: &str) -> Option<Language> {
    let primary = tag.split('-').next().unwrap_or_default();
    match primary.to_ascii_lowercase().as_str() {
        "zh" | "*" => Some(Language::Zh),
        "en" => Some(Language::En),
        _ => None,
    }
}

/// The weight in thousandths; none if it cannot be read.
fn weight(parameters: &str) -> Option<u32> {
    let mut parameters = parameters.split(';').map(str::trim);
    let Some(text) = parameters.find_map(|p| p.strip_prefix("q=").or(p.strip_prefix("Q="))) else {
        return Some(1000);
    };
    let (whole, rest) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let thousandths: u32 = match rest.len() {
        0..=3 if rest.chars().all(|c| c.is_ascii_digit()) => format!("{rest:0<3}").parse().ok()?,
        _ => return None,
    };
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_known_language_wins() {
        for (header, language) in [
            ("", Language::Zh),
            ("en", Language::En),
            ("en-GB,en;q=0.9", Language::En),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Zh),
            ("en;q=0.8,zh-Hant-TW", Language::Zh),
            ("en;q=0.3, zh;q=0.7", Language::Zh),
            ("EN-us;Q=1.000,zh;q=0.999", Language::En),
            ("fr,de;q=0.9", Language::Zh),
            ("fr,en;q=0.1", Language::En),
            ("zh;q=0,en;q=0.001", Language::En),
            ("en;q=0", Language::Zh),
            ("*,en;q=0.5", Language::Zh),
            ("en;q=2,zh;q=x", Language::Zh),
            ("en;q=0.1234", Language::Zh),
            ("english", Language::Zh),
            (";;;,,,=", Language::Zh),
        ] {
            assert_eq!(preferred(header.split(',')), language, "{header}");
        }
    }
}
