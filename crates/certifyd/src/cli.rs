//! What can be asked for on the command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use wire::AppAuthToken;

use crate::commands::{self, CommandError};

/// Identity certification for Alipay's certify API, self-hosted.
#[derive(Debug, Parser)]
#[command(name = "certifyd", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a project for development; needs no configuration
    Dev(Dev),
    /// Serve from a configuration file
    Serve(Serve),
    /// Run a cloud function once and print its result
    Invoke(Invoke),
    /// Write a commented configuration, keys and an example project
    Init(Init),
    /// Check a configuration, its keys and its functions
    Check(Check),
    /// Make keys and certificates in every form SDKs ask for; rotate those a server seals with
    Keys(Keys),
    /// Look at notices of a running server, and send them again
    Notices {
        #[command(subcommand)]
        action: NoticesAction,
    },
    /// Let an application act for a merchant, on a running server
    Authorize(Authorize),
    /// Decide about what people have handed in, on a running server
    Review {
        #[command(subcommand)]
        action: ReviewAction,
    },
    /// Erase the personal data of a certification, on a running server and for ever
    Erase(Erase),
    /// Copy the database, also of a running server, with a manifest beside the copy
    Backup(Backup),
    /// Put a copy in the place of a database that is not there
    Restore(Restore),
    /// Check who did what, or print it; needs the database and its master key, and no server
    Audit {
        #[command(subcommand)]
        action: AuditAction,
    },
    /// Steer the test world of a running server: outcomes, clock, snapshots
    Test {
        #[command(subcommand)]
        action: TestAction,
    },
    /// Find the usual mistakes in an SDK's configuration
    Doctor(Doctor),
    /// Bring the database up to date without serving, e.g. before an upgrade of several nodes
    Migrate(Migrate),
    /// Carry everything from one database to another, e.g. from a file to PostgreSQL
    Move(Move),
}

/// Serves a project for development.
#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// The project: cloud functions in DIR/functions, everything made in DIR/.certifyd
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3636")]
    pub(crate) listen: String,
    /// Print one JSON line when ready, for scripts
    #[arg(long)]
    pub(crate) json: bool,
}

/// Serves from a configuration file.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "certifyd.toml")]
    pub(crate) config: PathBuf,
    /// Overrides `listen` of the configuration
    #[arg(long, value_name = "ADDR", env = "CERTIFYD_LISTEN")]
    pub(crate) listen: Option<String>,
}

/// Runs a function once.
#[derive(Debug, Args)]
pub(crate) struct Invoke {
    /// The function's name
    pub(crate) name: String,
    /// Its arguments, one JSON object
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub(crate) args: String,
    /// The project of `certifyd dev`
    #[arg(long, value_name = "DIR", default_value = ".", conflicts_with = "config")]
    pub(crate) dir: PathBuf,
    /// A configuration, instead of a project
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The space, where the configuration has several
    #[arg(long, value_name = "ID")]
    pub(crate) space: Option<String>,
}

/// Writes a project.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to write; existing files are kept and make it stop
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

/// Checks a configuration.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "certifyd.toml")]
    pub(crate) config: PathBuf,
}

/// Brings the database up to date.
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "certifyd.toml")]
    pub(crate) config: PathBuf,
}

/// Carries everything from one database to another. No server may run on either. Interrupted, it
/// goes on where it was when called again.
#[derive(Debug, Args)]
pub(crate) struct Move {
    /// Where everything is: `sqlite://PATH`, `postgres://…`, or `env:NAME` or `file:PATH` that says so
    #[arg(long, value_name = "URL")]
    pub(crate) from: String,
    /// Where it goes: an empty database, named alike
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
}

/// Makes keys and certificates; or looks after the keys a running server seals with.
#[derive(Debug, Args)]
#[command(after_help = KEYS_HELP)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Keys {
    #[command(subcommand)]
    pub(crate) action: Option<KeysAction>,
    #[command(flatten)]
    pub(crate) set: Option<KeySet>,
}

/// What to do about the keys a running server seals with.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysAction {
    /// Make the next key; what is sealed under older ones is sealed again, which takes its time
    Rotate {
        /// Who you are, for the record
        #[arg(long, value_name = "NAME", env = "USER")]
        by: Option<String>,
        #[command(flatten)]
        running: Running,
    },
    /// Show the keys, and how much is still sealed under each
    Status {
        /// Print the server's answer as it is
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        running: Running,
    },
}

/// Keys and certificates to make.
#[derive(Debug, Args)]
pub(crate) struct KeySet {
    /// The folder to write; a new one, or empty
    #[arg(value_name = "DIR", required = true)]
    pub(crate) dir: PathBuf,
    /// The application's name, for its certificate and its configuration
    #[arg(long, value_name = "APPNAME", conflicts_with = "next_of")]
    pub(crate) name: Option<String>,
    /// Make the certificates that follow those in OLDDIR: same root, same keys, a new term
    #[arg(long, value_name = "OLDDIR")]
    pub(crate) next_of: Option<PathBuf>,
    /// Where `ca_keep_offline` is now, if not in OLDDIR
    #[arg(long, value_name = "CADIR", requires = "next_of")]
    pub(crate) ca: Option<PathBuf>,
    /// Give the gateway a new key too; callers in key mode must then change theirs with it
    #[arg(long, requires = "next_of")]
    pub(crate) new_gateway_key: bool,
}

const KEYS_HELP: &str = "\
A first set:          certifyd keys DIR
When it is to end:    certifyd keys NEWDIR --next-of DIR --ca CADIR
A running server's:   certifyd keys rotate, certifyd keys status

DIR/ca_keep_offline issues what follows under the same root, so that SDKs keep their root
certificate. Serving does not need it: keep it offline.";

const DOCTOR_HELP: &str = "\
Without --gateway only files are looked at. With it, signed queries for a certification that does
not exist are sent to the gateway, and to /v3/ beside it: they change nothing. Only --scene opens
something. Exit code: 1 if there is a problem, else 0.";

/// What to do about notices.
#[derive(Debug, Subcommand)]
pub(crate) enum NoticesAction {
    /// List notices, the newest first
    List(NoticesList),
    /// Send notices again that were given up, or one that was taken
    Redeliver(NoticesRedeliver),
}

/// Authorises, as the merchant would on the page; or lists and withdraws.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Authorize {
    #[command(subcommand)]
    pub(crate) action: Option<AuthorizeAction>,
    #[command(flatten)]
    pub(crate) pair: Option<Pair>,
    /// Print the code alone, for the application to exchange
    #[arg(long)]
    pub(crate) code: bool,
    /// Print the server's answer as it is
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) running: Running,
}

/// Two applications.
#[derive(Debug, Args)]
pub(crate) struct Pair {
    /// The application that will act
    #[arg(long, value_name = "ID", required = true)]
    pub(crate) isv: String,
    /// The merchant's application
    #[arg(long, value_name = "ID", required = true)]
    pub(crate) app: String,
}

/// What else to do about authorisations.
#[derive(Debug, Subcommand)]
pub(crate) enum AuthorizeAction {
    /// List who acts for whom, the newest first
    List {
        /// Print the server's answer as it is
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        running: Running,
    },
    /// End an authorisation, with effect at once
    Revoke {
        #[command(flatten)]
        pair: Pair,
        #[command(flatten)]
        running: Running,
    },
}

/// What to do about what waits.
#[derive(Debug, Subcommand)]
pub(crate) enum ReviewAction {
    /// List what waits, the longest waiting first
    List {
        #[command(flatten)]
        running: Running,
        /// Print the server's answer as it is
        #[arg(long)]
        json: bool,
    },
    /// Show one: who, which pictures, what happened. That you looked is recorded
    Show(ReviewShow),
    /// It is the person
    Approve(ReviewDecide),
    /// It is not the person, or cannot be found out
    Reject {
        #[command(flatten)]
        decide: ReviewDecide,
        /// The code the merchant gets, e.g. `FACE_NOT_MATCH`, `CERT_PHOTO_UNREADABLE`
        #[arg(long, value_name = "CODE")]
        reason: String,
    },
    /// The person shall try again
    AskAgain {
        #[command(flatten)]
        decide: ReviewDecide,
        /// What they shall do; it is shown to them
        #[arg(long, value_name = "TEXT")]
        text: String,
    },
    /// Delete the pictures of one now
    DeletePictures(ReviewDecide),
}

/// Which certification, and who decides.
#[derive(Debug, Args)]
pub(crate) struct ReviewDecide {
    /// The certification
    pub(crate) certify_id: String,
    /// Who you are, for the record
    #[arg(long, value_name = "NAME", env = "USER")]
    by: Option<String>,
    /// The attempt you looked at; refused if it is not the one that waits
    #[arg(long, value_name = "N")]
    pub(crate) attempt: Option<i64>,
    #[command(flatten)]
    pub(crate) running: Running,
}

impl ReviewDecide {
    pub(crate) fn by(&self) -> String {
        self.by.clone().unwrap_or_else(|| "operator".to_owned())
    }
}

/// Shows one.
#[derive(Debug, Args)]
pub(crate) struct ReviewShow {
    #[command(flatten)]
    pub(crate) decide: ReviewDecide,
    /// Write its pictures to this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) pictures: Option<PathBuf>,
}

/// Erases.
#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// The certification
    #[arg(required_unless_present = "order")]
    pub(crate) certify_id: Option<String>,
    /// Or the application whose order it is
    #[arg(long, value_name = "ID", requires = "order", conflicts_with = "certify_id")]
    pub(crate) app: Option<String>,
    /// And the order's number (`outer_order_no`)
    #[arg(long, value_name = "NO", requires = "app")]
    pub(crate) order: Option<String>,
    /// Who you are, for the record
    #[arg(long, value_name = "NAME", env = "USER")]
    pub(crate) by: String,
    /// Why, for the record: nothing personal, it is kept
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    #[command(flatten)]
    pub(crate) running: Running,
}

/// Copies the database.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The copy; it must not exist
    pub(crate) file: PathBuf,
    /// The project of `certifyd dev`
    #[arg(long, value_name = "DIR", default_value = ".", conflicts_with = "config")]
    pub(crate) dir: PathBuf,
    /// A configuration, instead of a project
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Puts a copy back.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The copy, its manifest beside it
    pub(crate) file: PathBuf,
    /// The project of `certifyd dev`
    #[arg(long, value_name = "DIR", default_value = ".", conflicts_with = "config")]
    pub(crate) dir: PathBuf,
    /// A configuration, instead of a project
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What to do with the audit.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditAction {
    /// Find every row that was changed, moved, added or taken away; exit code 1 if there is one
    Verify {
        #[command(flatten)]
        database: AuditDatabase,
        /// The end of a chain as an earlier run printed it, kept elsewhere since
        #[arg(long, value_name = "CHAIN:SEQ:HASH")]
        head: Vec<engine::AuditHead>,
    },
    /// Print all rows as JSON lines; nothing personal is in them but the names of operators
    Export {
        #[command(flatten)]
        database: AuditDatabase,
    },
}

/// Which database.
#[derive(Debug, Args)]
pub(crate) struct AuditDatabase {
    /// The project of `certifyd dev`
    #[arg(long, value_name = "DIR", default_value = ".", conflicts_with = "config")]
    pub(crate) dir: PathBuf,
    /// A configuration, instead of a project
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A copy of the database, instead of the one the configuration names
    #[arg(long, value_name = "FILE")]
    pub(crate) database: Option<PathBuf>,
}

/// What to do with the test world.
#[derive(Debug, Subcommand)]
pub(crate) enum TestAction {
    /// Choose the outcome of a certification now
    Choose {
        /// The certification
        certify_id: String,
        /// passed, failed or left
        #[arg(value_parser = ["passed", "failed", "left"])]
        outcome: String,
        /// Why it failed
        #[arg(long, value_name = "CODE")]
        reason: Option<String>,
        #[command(flatten)]
        running: Running,
    },
    /// Choose what an order will end with when the person hands in, also before init
    Ahead {
        /// Whose order
        #[arg(long, value_name = "ID")]
        app_id: String,
        /// The order
        #[arg(long, value_name = "NO")]
        outer_order_no: String,
        /// passed or failed; nothing takes the choice back
        #[arg(value_parser = ["passed", "failed", "nothing"])]
        outcome: String,
        /// Why it will fail
        #[arg(long, value_name = "CODE")]
        reason: Option<String>,
        #[command(flatten)]
        running: Running,
    },
    /// Move the clock forward
    Clock {
        /// By so many seconds
        seconds: u32,
        #[command(flatten)]
        running: Running,
    },
    /// Show where a certification is
    Show {
        /// The certification
        certify_id: String,
        #[command(flatten)]
        running: Running,
    },
    /// List what happened
    Events {
        /// To this certification only
        certify_id: Option<String>,
        #[command(flatten)]
        running: Running,
    },
    /// Put the whole state aside under a name
    Snapshot {
        /// Letters, digits, - or _
        name: String,
        #[command(flatten)]
        running: Running,
    },
    /// Take the state back that was put aside, clock included
    Restore {
        /// Its name
        name: String,
        #[command(flatten)]
        running: Running,
    },
    /// Begin anew: nothing has happened
    Reset {
        #[command(flatten)]
        running: Running,
    },
}

impl TestAction {
    pub(crate) fn running(&self) -> &Running {
        match self {
            Self::Choose { running, .. }
            | Self::Ahead { running, .. }
            | Self::Clock { running, .. }
            | Self::Show { running, .. }
            | Self::Events { running, .. }
            | Self::Snapshot { running, .. }
            | Self::Restore { running, .. }
            | Self::Reset { running } => running,
        }
    }
}

/// Which running server is meant; its configuration has the token of the operator's door.
#[derive(Debug, Args)]
pub(crate) struct Running {
    /// The project of `certifyd dev`
    #[arg(long, value_name = "DIR", default_value = ".", conflicts_with = "config")]
    pub(crate) dir: PathBuf,
    /// A configuration, instead of a project
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the server is, if not where the configuration has it listen
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
}

/// Lists notices.
#[derive(Debug, Args)]
pub(crate) struct NoticesList {
    /// Those in this state
    #[arg(long, default_value = "dead", value_parser = ["dead", "pending", "delivered"])]
    pub(crate) state: String,
    /// At most this many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    /// Print the server's answer as it is
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) running: Running,
}

/// Sends notices again.
#[derive(Debug, Args)]
pub(crate) struct NoticesRedeliver {
    /// The notice's `notify_id`
    #[arg(required_unless_present = "all_dead")]
    pub(crate) notify_id: Option<String>,
    /// All that were given up
    #[arg(long, conflicts_with = "notify_id")]
    pub(crate) all_dead: bool,
    #[command(flatten)]
    pub(crate) running: Running,
}

/// Finds the usual mistakes in an SDK's configuration. Prints one line per finding.
#[derive(Debug, Args)]
#[command(after_help = DOCTOR_HELP)]
pub(crate) struct Doctor {
    /// The application's id
    #[arg(long, value_name = "ID")]
    pub(crate) app_id: String,
    /// The application's private key
    #[arg(long, value_name = "FILE")]
    pub(crate) private_key: PathBuf,
    /// The gateway to send a harmless signed query to, e.g. `http://127.0.0.1:3636/gateway.do`
    #[arg(long, value_name = "URL")]
    pub(crate) gateway: Option<String>,
    /// Key mode: the gateway's public key
    #[arg(long, value_name = "FILE")]
    pub(crate) alipay_public_key: Option<PathBuf>,
    /// Certificate mode: the application's certificate
    #[arg(long, value_name = "FILE")]
    pub(crate) app_cert: Option<PathBuf>,
    /// Certificate mode: the gateway's certificate; if its chain follows in the file, it is
    /// checked to lead to a root
    #[arg(long, value_name = "FILE")]
    pub(crate) alipay_cert: Option<PathBuf>,
    /// Certificate mode: the root certificates
    #[arg(long, value_name = "FILE")]
    pub(crate) root_certs: Option<PathBuf>,
    /// The application's public key as uploaded, to compare
    #[arg(long, value_name = "FILE")]
    pub(crate) app_public_key: Option<PathBuf>,
    /// The AES key, where contents are encrypted
    #[arg(long, value_name = "FILE")]
    pub(crate) encrypt_key: Option<PathBuf>,
    /// The token to act for a merchant
    #[arg(
        long, value_name = "TOKEN", value_parser = token,
        env = "CERTIFYD_APP_AUTH_TOKEN", hide_env_values = true
    )]
    pub(crate) app_auth_token: Option<AppAuthToken>,
    /// Ask whether the contract covers these scenes, e.g. `FACE,CERT_PHOTO`. With --gateway, each
    /// opens ONE certification for Alipay's published sample person, which nobody will finish; not
    /// billed, for nothing passes
    #[arg(long, value_name = "BIZ_CODE", value_delimiter = ',')]
    pub(crate) scene: Vec<String>,
}

fn token(text: &str) -> Result<AppAuthToken, &'static str> {
    AppAuthToken::new(text.trim()).ok_or("it is empty")
}

/// Parses, runs, reports. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration,
/// 3 address not available.
pub(crate) fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Dev(args) => commands::dev::run(&args),
        Command::Serve(args) => commands::serve::run(&args),
        Command::Invoke(args) => commands::invoke::run(&args),
        Command::Init(args) => commands::init::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Keys(args) => commands::keys::run(&args),
        Command::Notices { action } => commands::notices::run(&action),
        Command::Authorize(args) => commands::authorize::run(&args),
        Command::Review { action } => commands::review::run(&action),
        Command::Erase(args) => commands::erase::run(&args),
        Command::Backup(args) => commands::backup::back_up(&args),
        Command::Restore(args) => commands::backup::restore(&args),
        Command::Audit { action } => commands::audit::run(&action),
        Command::Test { action } => commands::test::run(&action),
        Command::Migrate(args) => commands::migrate::run(&args),
        Command::Move(args) => commands::migrate::carry(&args),
        Command::Doctor(args) => commands::doctor::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            commands::complain(&error);
            ExitCode::from(match error {
                CommandError::Failed(_) | CommandError::Invocation(_) => 1,
                CommandError::Configuration(_) | CommandError::Usage(_) => 2,
                CommandError::Address { .. } => 3,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        super::Cli::command().debug_assert();
    }
}
