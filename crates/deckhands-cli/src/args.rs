//! The command line's shape. What it means is elsewhere.

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};

mod batch;
mod gateway;
mod kept;
mod models;
mod run;
mod stored;
mod submit;
mod task;

pub(crate) use batch::{BatchArgs, EngineArgs};
pub(crate) use gateway::GatewayArgs;
pub(crate) use kept::{ApplyArgs, DiffArgs};
pub(crate) use models::{ModelsArgs, ModelsCommand, RoutesArgs, SelectArgs};
pub(crate) use run::RunArgs;
pub(crate) use stored::{
    IdArgs, IdsArgs, ListArgs, LogsArgs, MetricsArgs, MetricsFormat, ResultArgs, StatusArgs,
    WatchArgs,
};
pub(crate) use submit::SubmitArgs;
pub(crate) use task::TaskArgs;

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
    /// Run a file of tasks to their end
    Batch(BatchArgs),
    /// Run stored tasks until stopped
    #[command(visible_alias = "run-engine")]
    Engine(EngineArgs),
    /// Store a task for `engine`, and print its id
    #[command(visible_alias = "submit-task")]
    Submit(Box<SubmitArgs>),
    /// Show where a task stands, or what is under way
    #[command(visible_alias = "get-status")]
    Status(StatusArgs),
    /// List stored tasks
    List(ListArgs),
    /// Follow a task, or all of them, to the end
    Watch(WatchArgs),
    /// Show what happened to a task
    #[command(after_help = "Example:\n  deckhands events last")]
    Events(IdArgs),
    /// Show the result of a task that has ended
    Result(ResultArgs),
    /// Show what the agent of a task printed
    Logs(LogsArgs),
    /// Cancel tasks
    #[command(after_help = "Example:\n  deckhands cancel 3fa9 b2")]
    Cancel(IdsArgs),
    /// Store ended tasks anew
    #[command(after_help = "Example:\n  deckhands retry last")]
    Retry(IdsArgs),
    /// Keep tasks from being started
    #[command(after_help = "Example:\n  deckhands hold 3fa9")]
    Hold(IdsArgs),
    /// Let tasks start that are held, or wait for their time
    #[command(after_help = "Example:\n  deckhands release 3fa9")]
    Release(IdsArgs),
    /// Count the stored tasks
    #[command(
        visible_alias = "queue-stats",
        after_help = "Example:\n  deckhands stats"
    )]
    Stats,
    /// Sum up what the stored tasks took and came to
    Metrics(MetricsArgs),
    /// Show what a task changed, as a unified diff
    Diff(DiffArgs),
    /// Apply a task's change that was not applied
    Apply(ApplyArgs),
    /// Serve models to any OpenAI client on this machine, without agents
    Gateway(GatewayArgs),
    /// Check Docker, images, permissions, disk, key and model
    Doctor(DoctorArgs),
    /// Remove what dead attempts left
    Reap(ReapArgs),
    /// Show, explain or make configuration
    Config(ConfigArgs),
    /// Show the known models, and which one a task would get
    Models(ModelsArgs),
    /// The prototype's name for `models select`
    #[command(hide = true)]
    SelectModel(SelectArgs),
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
    /// Also attempts that an engine could still go on with
    #[arg(long)]
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
