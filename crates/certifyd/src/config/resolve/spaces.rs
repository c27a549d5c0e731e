//! `[[spaces]]`.

use std::collections::BTreeSet;

use domain::AppId;
use wire::PublicKey;
use wire::serverless::ClientSecret;

use super::Judge;
use crate::config::SpaceConfig;
use crate::config::raw::RawSpace;

impl Judge<'_> {
    pub(super) fn space(&mut self, raw: &RawSpace, known: &BTreeSet<AppId>) -> Option<SpaceConfig> {
        let app = self.known_app(&raw.app, "spaces.app", known);
        if raw.id.get_ref().is_empty() {
            self.fault(raw.id.span(), "spaces.id is empty".to_owned());
        }
        let secrets = raw.client_secret.iter();
        let client_secrets = secrets
            .filter_map(|secret| self.secret(secret, "spaces.client_secret"))
            .map(|mut secret| ClientSecret::new(std::mem::take(&mut *secret)))
            .collect();
        let server_keys =
            self.keys(raw.server_public_key.as_ref(), "spaces.server_public_key", PublicKey::parse);
        let functions = raw.functions.as_ref().map(|dir| self.folder.join(dir.get_ref()));
        if let (Some(dir), Some(value)) = (&functions, &raw.functions)
            && !dir.is_dir()
        {
            let text = format!("spaces.functions: {} is not a folder", dir.display());
            self.fault(value.span(), text);
        }
        Some(SpaceConfig {
            id: raw.id.get_ref().clone(),
            app: app?,
            client_secrets,
            server_keys,
            functions,
        })
    }
}
