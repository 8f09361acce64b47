//! The command line's shape. What it means is elsewhere.

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};

mod kept;
mod run;

pub(crate) use kept::{ApplyArgs, DiffArgs};
pub(crate) use run::RunArgs;

/// Run OpenHands by the dozen: agents in containers, and only proved work comes back.
#[derive(Parser, Debug)]
#[command(
    name = "deckhands",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(
    after_help = "Example:\n  deckhands run \"add a README\" --workspace ./project --check \"test -s README.md\""
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(clap::Args, Debug)]
pub(crate) struct Global {
    /// Print one JSON document on stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// State directory (also DECKHANDS_HOME)
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Configuration file instead of the user's own
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Tell more (repeat for more still)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Tell nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Colours and moving progress
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run one task to its end
    Run(Box<RunArgs>),
    /// Show what a task changed, as a unified diff
    Diff(DiffArgs),
    /// Apply a task's change that was not applied
    Apply(ApplyArgs),
    /// Check Docker, images, permissions, disk, key and model
    Doctor(DoctorArgs),
    /// Remove what dead attempts left
    Reap(ReapArgs),
    /// Show, explain or make configuration
    Config(ConfigArgs),
    /// Show the models that have short names
    Models(ModelsArgs),
    /// Print a completion script
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

/// Arguments of `doctor`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  deckhands doctor")]
pub(crate) struct DoctorArgs {
    /// Also tell how the agent is confined
    #[arg(long)]
    pub(crate) explain_sandbox: bool,
    /// Model to check (id or short name)
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
}

/// Arguments of `reap`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  deckhands reap --dry-run")]
pub(crate) struct ReapArgs {
    /// Only tell what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Also what other state directories left
    #[arg(long)]
    pub(crate) all_homes: bool,
    /// Only what a running engine could take over (a later version)
    #[arg(long, hide = true)]
    pub(crate) adoptable: bool,
}

/// Arguments of `config`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  deckhands config show --origin")]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

/// The commands below `config`.
#[derive(Subcommand, Debug)]
pub(crate) enum ConfigCommand {
    /// Show the settings that hold here
    Show {
        /// Also where each one was set
        #[arg(long)]
        origin: bool,
    },
    /// List every key with its unit, default and effect
    Schema,
    /// Write a commented configuration file
    Init {
        /// Where to write it (default: the user's configuration directory)
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Trust the project files in a directory
    Trust {
        /// The directory
        #[arg(value_name = "DIR")]
        dir: PathBuf,
    },
}

/// Arguments of `models`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  deckhands models list")]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    pub(crate) command: ModelsCommand,
}

/// The commands below `models`.
#[derive(Subcommand, Debug)]
pub(crate) enum ModelsCommand {
    /// Show short names and the ids they stand for
    List,
}

/// Arguments of `completions`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  deckhands completions bash > ~/.local/share/bash-completion/completions/deckhands"
)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests;
