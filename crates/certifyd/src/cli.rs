//! What can be asked for on the command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

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
    /// Make keys and certificates in every form SDKs ask for
    Keys(Keys),
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

/// Makes keys and certificates.
#[derive(Debug, Args)]
pub(crate) struct Keys {
    /// The folder to write; a new one, or empty
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The application's name, for its certificate and its configuration
    #[arg(long, value_name = "APPNAME")]
    pub(crate) name: Option<String>,
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
