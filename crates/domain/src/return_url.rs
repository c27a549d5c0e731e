//! Where the browser goes afterwards, and what is never allowed there. Which addresses an
//! application has registered is not known here.

pub(crate) mod authority;

use std::fmt;

use crate::{Checked, Field, Profile, Rejected, Rule, Warning, bounds};

/// Longer ones break in browsers and bridges along the way.
const MAX_LENGTH: usize = 1024;

/// Schemes that run code in the page or open what is not on the network.
const FORBIDDEN: [&str; 6] = ["javascript", "data", "vbscript", "file", "blob", "about"];

/// A return address as the merchant gave it. What a browser may be sent to is
/// [`ReturnUrl::target`], never the text itself.
#[derive(Clone, PartialEq, Eq)]
pub struct ReturnUrl(String);

/// How an address is usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// It has a scheme and can be used as it is.
    Absolute,
    /// It begins with a host; https is meant.
    Schemeless,
}

impl ReturnUrl {
    /// Reads an address. An empty one means that there is nowhere to return to: a warning in
    /// compatible, a refusal in strict.
    pub fn parse(text: &str, profile: Profile) -> Result<Checked<ReturnUrl>, Rejected> {
        let reject = |rule| Rejected { field: Field::ReturnUrl, rule };
        never_allowed(text).map_err(reject)?;
        let judgement = strict(text)
            .map(|rules| rules.into_iter().map(reject).collect::<Vec<Warning>>())
            .map_err(reject);
        profile.settle(ReturnUrl(text.trim().to_owned()), judgement)
    }

    /// Takes back an address that was accepted before.
    pub fn restore(text: String) -> ReturnUrl {
        ReturnUrl(text)
    }

    /// The address as it was given. Not for a browser.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The absolute address to send a browser to, in plain ASCII; `None` when there is none that
    /// is safe. Judged anew, because a restored address may be older than a rule.
    pub fn target(&self) -> Option<String> {
        never_allowed(&self.0).ok()?;
        match form(&self.0).ok()? {
            Form::Absolute => Some(encoded(&self.0)),
            Form::Schemeless => Some(format!("https://{}", encoded(&self.0))),
        }
    }
}

impl ReturnUrl {
    /// The scheme of an app, in lower case; `None` for addresses of the web.
    pub fn app_scheme(&self) -> Option<String> {
        let (scheme, _) = self.0.split_once("://").filter(|(scheme, _)| is_scheme(scheme))?;
        Some(scheme.to_ascii_lowercase()).filter(|_| !is_web(scheme))
    }

    /// [`ReturnUrl::target`], unless it opens an app whose scheme is not among `schemes`.
    pub fn target_among(&self, schemes: &[String]) -> Option<String> {
        let allowed = self.app_scheme().is_none_or(|scheme| schemes.contains(&scheme));
        self.target().filter(|_| allowed)
    }
}

/// Without query and fragment: merchants put order and customer data there.
impl fmt::Debug for ReturnUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = self.0.split(['?', '#']).next().unwrap_or_default();
        let more = if bare.len() < self.0.len() { "…" } else { "" };
        write!(f, "ReturnUrl({bare}{more})")
    }
}

/// What no profile accepts, because a browser could be led astray by it.
fn never_allowed(text: &str) -> Result<(), Rule> {
    let length = text.chars().count();
    if length > MAX_LENGTH {
        return Err(Rule::TooLong { length, max: MAX_LENGTH });
    }
    if let Some(position) = bounds::position(text, char::is_control) {
        return Err(Rule::ControlCharacter { position });
    }
    if let Some(position) = bounds::position(text, |c| c == '\\') {
        return Err(Rule::Backslash { position });
    }
    let (before, after) = authority::split_at_colon(text.trim());
    // Characters that cannot stand in a scheme are skipped: some reader on the way may do so.
    let scheme = before.unwrap_or_default().chars().filter(|c| is_scheme_character(*c));
    let scheme = scheme.collect::<String>().to_ascii_lowercase();
    if FORBIDDEN.contains(&scheme.as_str()) {
        return Err(Rule::ForbiddenScheme);
    }
    // Browsers skip any number of slashes before the host, so they are skipped here.
    if authority::of(after.trim_start_matches('/')).contains('@') {
        return Err(Rule::Credentials);
    }
    Ok(())
}

fn strict(text: &str) -> Result<Vec<Rule>, Rule> {
    if text.trim() != text {
        return Err(if text.trim().is_empty() { Rule::Empty } else { Rule::OuterSpace });
    }
    match form(text)? {
        Form::Absolute => Ok(Vec::new()),
        Form::Schemeless => Ok(vec![Rule::SchemeAssumed]),
    }
}

/// Reads an address that holds nothing forbidden.
fn form(text: &str) -> Result<Form, Rule> {
    if text.is_empty() {
        return Err(Rule::Empty);
    }
    if let Some(position) = bounds::position(text, char::is_whitespace) {
        return Err(Rule::NotAllowedCharacter { position });
    }
    match text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        Some((scheme, rest)) if is_web(scheme) => {
            authority::host(rest).ok_or(Rule::BadHost).map(|_| Form::Absolute)
        }
        Some(_) => Ok(Form::Absolute),
        None => {
            let host = authority::host(text).filter(|host| host.contains('.'));
            host.ok_or(Rule::NotAnAddress).map(|_| Form::Schemeless)
        }
    }
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_scheme_character)
}

fn is_scheme_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-')
}

/// Escapes what may not stand in an address or could end an attribute or header around it.
/// Escapes already there are left alone.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_graphic()
            && !matches!(c, '"' | '\'' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
        {
            out.push(c);
            continue;
        }
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            out.push('%');
            out.extend([byte >> 4, byte & 15].into_iter().filter_map(hex_digit));
        }
    }
    out
}

fn hex_digit(nibble: u8) -> Option<char> {
    char::from_digit(u32::from(nibble), 16).map(|c| c.to_ascii_uppercase())
}

#[cfg(test)]
mod tests;
