//! Arguments that say how a task is carried out, whichever command takes it.

use std::path::PathBuf;

/// What every command that takes a task lets the user choose.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct TaskArgs {
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
    /// Most money that the task may cost in US dollars, all its attempts together, e.g. `0.50`
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
    /// Also run versions of OpenHands that nobody proved
    #[arg(long)]
    pub(crate) unproved_version: bool,
    /// Yes to `/`, the home directory and workspaces over the size bound
    #[arg(long)]
    pub(crate) yes: bool,
}
