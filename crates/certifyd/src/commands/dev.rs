//! `certifyd dev`: no configuration, one folder, everything made once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use engine::Reach;
use server::AppState;

use super::banner::{self, Setup};
use super::{CommandError, print, serve};
use crate::cli::Dev;
use crate::config::{Config, LogConfig, Operator};
use crate::project::{self, Paths};
use crate::reload::Reloader;
use crate::telemetry::{self, Logs};
use crate::{compose, keys};

/// What `certifyd dev` calls once after its banner, if the project says so.
const DEV_FILE: &str = "certifyd.dev.toml";

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct DevFile {
    first_call: Option<FirstCall>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstCall {
    function: String,
    #[serde(default)]
    args: toml::Table,
}

/// A development project, made if need be.
#[derive(Debug)]
pub(crate) struct Project {
    /// The folder as it was named on the command line.
    pub(crate) named: String,
    pub(crate) paths: Paths,
    pub(crate) config: Config,
    /// The folder functions are served from.
    pub(crate) functions: PathBuf,
    /// The functions are the shipped example's.
    pub(crate) shipped: bool,
    /// The file with the token of the operator's door.
    pub(crate) operator_token: PathBuf,
    /// The folder of [`DEV_FILE`].
    root: PathBuf,
}

impl Project {
    /// Where the server of this project was reached last, for commands beside it.
    pub(crate) fn last_endpoint(&self) -> String {
        std::fs::read_to_string(self.endpoint_file()).map_or_else(
            |_| format!("http://{}", self.config.listen),
            |text| text.trim().to_owned(),
        )
    }

    fn keep_endpoint(&self, endpoint: &str) -> anyhow::Result<()> {
        std::fs::write(self.endpoint_file(), format!("{endpoint}\n"))
            .context("cannot write the project's settings")
    }

    fn endpoint_file(&self) -> PathBuf {
        self.paths.config.with_file_name("endpoint")
    }
}

pub(crate) fn run(args: &Dev) -> Result<(), CommandError> {
    let project = open(&args.dir)?;
    let log = LogConfig { level: "info".to_owned(), json: false };
    let runtime = super::runtime()?;
    let telemetry = telemetry::start(&log, project.config.traces.as_ref(), runtime.handle())?;
    let served = runtime.block_on(serve_project(args, project, telemetry.logs.clone()));
    telemetry.end();
    served
}

async fn serve_project(args: &Dev, project: Project, logs: Logs) -> Result<(), CommandError> {
    let (config, functions) = (project.paths.config.clone(), project.functions.clone());
    let read = Box::new(move || configured(&config, &functions));
    let reloader = Reloader::new(read, &project.config, logs)?;
    let (listener, address) = serve::listen(&args.listen).await?;
    let first_call = first_call(&project.root)?;
    let setup = Setup::of(&project, &address)?;
    project.keep_endpoint(&address)?;
    let state = compose::state(project.config, &address).await?;
    if args.json {
        print(&setup.json())?;
    } else {
        print(&setup.banner())?;
        if let Some(call) = first_call {
            let state = Arc::clone(&state);
            let space = setup.space_id.clone();
            tokio::spawn(async move { make_first_call(state, &space, call).await });
        } else {
            print(banner::READY)?;
        }
    }
    serve::until_stopped(state, listener, reloader).await
}

/// Opens the development project in `dir`, making what is missing.
pub(crate) fn open(dir: &Path) -> Result<Project, CommandError> {
    if !dir.is_dir() {
        let text = format!("{} is not a folder; create it or name another", dir.display());
        return Err(CommandError::Usage(text));
    }
    let named = dir.display().to_string();
    let dir = dir.canonicalize().context("the project folder cannot be resolved")?;
    let settings = project::dev_settings_path(&dir);
    let paths = Paths::in_dir(&settings);
    if !paths.config.exists() {
        project::make_settings(&settings)?;
    }
    let own = dir.join("functions");
    let (root, shipped) =
        if own.is_dir() { (dir, false) } else { (shipped_example(&settings)?, true) };
    let functions = root.join("functions");
    let config = configured(&paths.config, &functions)?;
    let operator_token = operator_token(&config);
    Ok(Project { named, paths, config, functions, shipped, operator_token, root })
}

/// The project's configuration, and what `dev` adds to it.
fn configured(path: &Path, functions: &Path) -> Result<Config, CommandError> {
    let mut config = Config::load(path)?;
    for space in &mut config.spaces {
        space.functions = Some(functions.to_owned());
    }
    config.functions.reload = true;
    config.functions.reach = Reach::Any;
    if config.operator.is_empty() {
        config.operator.push(operator(&operator_token(&config))?);
    }
    Ok(config)
}

fn operator_token(config: &Config) -> PathBuf {
    config.data_dir.join("operator.token")
}

/// The token of the operator's door, made once.
fn operator(path: &Path) -> anyhow::Result<Operator> {
    if !path.exists() {
        // Another process may be faster; its token is as good.
        let made = keys::write_new(path, &keys::make_operator_token());
        anyhow::ensure!(made.is_ok() || path.exists(), "cannot create {}", path.display());
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Operator::parse(&text).map_err(|reason| anyhow::anyhow!("{}: {reason}", path.display()))
}

/// Unpacks the example afresh, so that a new version of the program brings its own.
fn shipped_example(settings: &Path) -> anyhow::Result<PathBuf> {
    let dir = settings.join("example");
    if dir.exists() {
        std::fs::remove_dir_all(&dir)
            .with_context(|| format!("cannot replace {}", dir.display()))?;
    }
    project::write_example(&dir)?;
    Ok(dir)
}

fn first_call(root: &Path) -> anyhow::Result<Option<FirstCall>> {
    let path = root.join(DEV_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path)?;
    let file: DevFile = toml::from_str(&text)
        .map_err(|error| anyhow::anyhow!("{}: {}", path.display(), error.message()))?;
    Ok(file.first_call)
}

/// Calls the function, shows its answer, and the person's link if it opened a certification.
async fn make_first_call(state: Arc<AppState>, space: &str, call: FirstCall) {
    let args = serde_json::to_string(&call.args).unwrap_or_else(|_| "{}".to_owned());
    let answer = server::invoke_once(Arc::clone(&state), space, &call.function, &args).await;
    let text = match &answer {
        Ok(answer) => answer.clone(),
        Err(error) => error.to_string(),
    };
    let link = match &answer {
        Ok(answer) => link(state, space, answer).await,
        Err(_) => None,
    };
    // The server goes on without a terminal.
    let _ = print(&banner::first_call(&call.function, &text, link.as_deref()));
}

async fn link(state: Arc<AppState>, space: &str, answer: &str) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_str(answer).ok()?;
    let certify_id = answer.get("certify_id")?.as_str()?;
    let args = serde_json::json!({
        "method": wire::Method::Certify.as_str(),
        "params": { "certify_id": certify_id, "pageExec": "get" },
    });
    let target = wire::serverless::CLOUD_TARGET;
    let link = server::invoke_once(state, space, target, &args.to_string()).await.ok()?;
    serde_json::from_str(&link).ok()
}
