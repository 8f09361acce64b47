//! Arguments of `run`.

use std::path::PathBuf;

/// Arguments of `run`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  deckhands run \"fix the failing test\" --workspace ./project --check \"make test\"\n  deckhands run -f task.md --no-apply --json\n  git diff | deckhands run - --allow-no-change"
)]
pub(crate) struct RunArgs {
    /// What the agent is asked to do; `-` reads it from stdin
    #[arg(
        value_name = "TEXT",
        conflicts_with = "file",
        required_unless_present_any = ["file", "replay"]
    )]
    pub(crate) text: Option<String>,
    /// Read the task from a file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Directory to work on (default: the current one)
    #[arg(long, value_name = "DIR")]
    pub(crate) workspace: Option<PathBuf>,
    /// Model id or short name, see `deckhands models list`
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Longest time at work, e.g. `300s`
    #[arg(long, value_name = "TIME")]
    pub(crate) timeout: Option<String>,
    /// Most steps the agent may take
    #[arg(long, value_name = "N")]
    pub(crate) max_iterations: Option<String>,
    /// Most money in US dollars
    #[arg(long, value_name = "USD")]
    pub(crate) max_cost: Option<String>,
    /// Memory of the sandbox, e.g. `4g`
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory: Option<String>,
    /// Processors of the sandbox, e.g. `2` or `0.5`
    #[arg(long, value_name = "N")]
    pub(crate) cpus: Option<String>,
    /// Disk space that the attempt may take, e.g. `5g`
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_disk: Option<String>,
    /// How the agent is confined: `managed` or `socket`
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
    /// What the agent's commands can reach: `llm` (nothing) or `open` (any host)
    #[arg(long, value_name = "NETWORK")]
    pub(crate) network: Option<String>,
    /// Command that must exit 0 over the result (repeatable)
    #[arg(long, value_name = "CMD")]
    pub(crate) check: Vec<String>,
    /// Accept an answer without any change
    #[arg(long)]
    pub(crate) allow_no_change: bool,
    /// Also hand over files that git ignores
    #[arg(long)]
    pub(crate) include_ignored: bool,
    /// Leave the workspace as it is; the change is kept as a patch
    #[arg(long)]
    pub(crate) no_apply: bool,
    /// Keep the attempt's working files
    #[arg(long)]
    pub(crate) keep: bool,
    /// Print what would be done and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// No agent: a stand-in result, state `degraded`, exit code 1
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) simulate: bool,
    /// Play a recorded run (a later version)
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) replay: Option<PathBuf>,
    /// Also run versions of OpenHands that nobody proved
    #[arg(long)]
    pub(crate) unproved_version: bool,
    /// Yes to `/`, the home directory and workspaces over the size bound
    #[arg(long)]
    pub(crate) yes: bool,
}
