//! Applications that act for merchants, and merchants that let them.

use engine::{AuthorizeSecret, Authorizing, RedirectAddress};
use toml::Spanned;

use super::Judge;
use crate::config::quiet::Quiet;
use crate::config::raw::{RawApp, RawTokens};
use crate::config::secret;

impl Judge<'_> {
    /// What an application has to do with the page where merchants agree.
    pub(super) fn authorizing(&mut self, raw: &RawApp) -> Authorizing {
        let isv = raw.isv.unwrap_or(false);
        if let (false, Some(value)) = (isv, raw.authorize_redirects.first()) {
            let text = "apps.authorize_redirects is for applications that act for merchants; \
                        set isv = true, or leave it out";
            self.fault(value.span(), text.to_owned());
        }
        if let (true, Some(value)) = (isv, &raw.authorize_secret) {
            let text = "apps.authorize_secret is a merchant's; an application with isv = true \
                        authorises nobody";
            self.fault(value.span(), text.to_owned());
        }
        Authorizing {
            redirects: raw.authorize_redirects.iter().filter_map(|it| self.redirect(it)).collect(),
            secret: raw.authorize_secret.as_ref().and_then(|value| self.authorize_secret(value)),
        }
    }

    fn redirect(&mut self, value: &Spanned<String>) -> Option<RedirectAddress> {
        let parsed = RedirectAddress::parse(value.get_ref());
        if parsed.is_none() {
            let text = "apps.authorize_redirects must hold http:// or https:// addresses without \
                        user name and fragment, e.g. \"https://isv.example.com/callback\"; app_id, \
                        app_auth_code, state and error are added to their query and must not be in it";
            self.fault(value.span(), text.to_owned());
        }
        parsed
    }

    fn authorize_secret(&mut self, value: &Quiet) -> Option<AuthorizeSecret> {
        let key = "apps.authorize_secret";
        self.guard(secret::key_file(&self.folder, value.text()), key);
        // A secret pasted in place of its file must not be shown in a message about the file.
        let read = secret::key_text(&self.folder, value.text()).map_err(|reason| {
            if value.text().starts_with("env:") {
                reason
            } else {
                "the file cannot be read".to_owned()
            }
        });
        let read = read.and_then(|text| {
            AuthorizeSecret::new(text.trim()).ok_or_else(|| {
                let shortest = AuthorizeSecret::SHORTEST;
                format!("it must have at least {shortest} ASCII characters and no blanks")
            })
        });
        self.or_fault(read, value.span(), key)
    }

    pub(super) fn token_days(&mut self, raw: &RawTokens) -> u16 {
        let days = self.number(raw.token_days.as_ref(), "authorization.token_days", 0, 3650, 0);
        u16::try_from(days).unwrap_or(0)
    }
}
