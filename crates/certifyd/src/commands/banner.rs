//! What `certifyd dev` tells: to people as text to copy, to scripts as one JSON line.

use anyhow::Context as _;
use wire::PublicKey;
use wire::serverless::ClientSecret;

use super::dev::Project;

/// Everything needed to set a client up.
pub(crate) struct Setup {
    endpoint: String,
    pub(crate) space_id: String,
    app_id: String,
    merchant_app_id: String,
    client_secret: String,
    app_auth_token: String,
    app_private_key: String,
    app_private_key_pkcs8: String,
    gateway_public_key: String,
    server_private_key: String,
    operator_token: String,
    config: String,
    functions: String,
    shipped: bool,
    gateway_public_line: String,
    program: String,
    project: String,
}

impl Setup {
    /// Reads the set-up of a project back from its configuration.
    pub(crate) fn of(project: &Project, endpoint: &str) -> anyhow::Result<Self> {
        let space = project.config.spaces.first().context("the project has no space")?;
        let grant = project.config.grants.iter().find(|grant| grant.isv_app == space.app);
        let public = std::fs::read_to_string(&project.paths.gateway_public_key)?;
        let show = |path: &std::path::Path| path.display().to_string();
        Ok(Self {
            endpoint: endpoint.to_owned(),
            space_id: space.id.clone(),
            app_id: space.app.to_string(),
            merchant_app_id: grant.map(|grant| grant.app.to_string()).unwrap_or_default(),
            client_secret: space
                .client_secrets
                .first()
                .map(ClientSecret::expose)
                .unwrap_or_default()
                .to_owned(),
            app_auth_token: grant.map(|grant| grant.token.to_string()).unwrap_or_default(),
            app_private_key: show(&project.paths.app_private_key),
            app_private_key_pkcs8: show(&project.paths.app_private_key_pkcs8),
            gateway_public_key: show(&project.paths.gateway_public_key),
            server_private_key: show(&project.paths.server_private_key),
            operator_token: show(&project.operator_token),
            config: show(&project.paths.config),
            functions: show(&project.functions),
            shipped: project.shipped,
            gateway_public_line: one_line(&PublicKey::parse(&public)?.pem()),
            program: std::env::args().next().unwrap_or_else(|| "certifyd".to_owned()),
            project: project.named.clone(),
        })
    }

    /// One line for scripts.
    pub(crate) fn json(&self) -> String {
        serde_json::json!({
            "endpoint": self.endpoint,
            "gateway": self.gateway(),
            "app_id": self.app_id,
            "merchant_app_id": self.merchant_app_id,
            "space_id": self.space_id,
            "client_secret": self.client_secret,
            "app_auth_token": self.app_auth_token,
            "app_private_key": self.app_private_key,
            "app_private_key_pkcs8": self.app_private_key_pkcs8,
            "gateway_public_key": self.gateway_public_key,
            "server_private_key": self.server_private_key,
            "operator_token": self.operator_token,
            "config": self.config,
            "functions": self.functions,
            "mode": "test",
        })
        .to_string()
    }

    fn gateway(&self) -> String {
        format!("{}/gateway.do", self.endpoint)
    }

    /// Text for people.
    pub(crate) fn banner(&self) -> String {
        let Self {
            endpoint,
            space_id,
            app_id,
            client_secret,
            app_auth_token,
            app_private_key,
            gateway_public_key,
            server_private_key,
            operator_token,
            functions,
            program,
            project,
            ..
        } = self;
        let gateway = self.gateway();
        let shipped = if self.shipped {
            "  (the shipped example; make a functions folder for your own)"
        } else {
            ""
        };
        format!(
            r#"certifyd {version}, TEST mode: outcomes are chosen, nobody is verified

  Serverless  {endpoint}        (/client, /server)
  Gateway     {gateway}
  Functions   {functions}{shipped}

  appId        {app_id}
  spaceId      {space_id}
  clientSecret {client_secret}
  appAuthToken {app_auth_token}   (acts for test merchant {merchant})

Mini-program (@alicloud/mpserverless-sdk and alipay-serverless-sdk):

  const mpServerless = new MPServerless(my, {{
    appId: '{app_id}',
    spaceId: '{space_id}',
    clientSecret: '{client_secret}',
    endpoint: '{endpoint}',
  }});
  await mpServerless.init();
  cloud.init(mpServerless);

Official SDK (npm alipay-sdk; others take the same values):

  const alipay = new AlipaySdk({{
    appId: '{app_id}',
    gateway: '{gateway}',
    privateKey: fs.readFileSync('{app_private_key}', 'ascii'),
    alipayPublicKey: '{public_line}',
  }});

  application key  {app_private_key}  (PKCS#1; PKCS#8 beside it)
  gateway key      {gateway_public_key}
  server key       {server_private_key}  (serverSecret of the back-end SDK)
  operator token   {operator_token}  (/operator/…, certifyd review and notices)

Test identities (certNo; with any other, and any name, you choose the outcome on the page):

{identities}
Try it in another terminal:

  {program} invoke init --dir {project}
  curl -X POST {endpoint}/test/certifications/CERTIFY_ID -d '{{"outcome":"passed"}}'
  {program} invoke query --dir {project} --args '{{"certifyId":"CERTIFY_ID"}}'
"#,
            version = env!("CARGO_PKG_VERSION"),
            merchant = self.merchant_app_id,
            identities = identities(),
            public_line = self.gateway_public_line,
        )
    }
}

/// One line for each number that decides by itself.
fn identities() -> String {
    let line = |(number, reason): &(&str, Option<&str>)| {
        let end = reason.map_or("passes".to_owned(), |reason| format!("fails, {reason}"));
        format!("  {number}  {end}\n")
    };
    domain::test_identity::OUTCOMES.iter().map(line).collect()
}

/// The last line before the waiting.
pub(crate) const READY: &str = "Ready. Press Ctrl-C to stop.\n";

/// The answer of the project's first call.
pub(crate) fn first_call(function: &str, answer: &str, link: Option<&str>) -> String {
    let mut text = format!("{function} answered:\n\n  {answer}\n");
    if let Some(link) = link {
        text.push_str("\nOpen this link as the person: consent, camera or upload, result. Nobody is verified:\n\n  ");
        text.push_str(link);
        text.push('\n');
    }
    text.push('\n');
    text.push_str(READY);
    text
}

fn one_line(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}
