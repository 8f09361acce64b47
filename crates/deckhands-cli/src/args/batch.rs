//! Arguments of `engine` and `batch`.

use std::path::PathBuf;

/// Arguments of `engine`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  deckhands engine\n  deckhands engine --workers 10 --drain\n  deckhands engine --duration 60s --json"
)]
pub(crate) struct EngineArgs {
    /// Attempts at the same time (default: 5)
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<String>,
    /// Pool of routes to use: tasks go on with them where their own model cannot be called
    #[arg(long, value_name = "POOL")]
    pub(crate) routes: Option<String>,
    /// Stop after this time, e.g. `60s`
    #[arg(long, value_name = "TIME")]
    pub(crate) duration: Option<String>,
    /// Stop once nothing is left to do
    #[arg(long)]
    pub(crate) drain: bool,
    /// Time for running attempts to end when the engine stops; then they are paused (default: 30s)
    #[arg(long, value_name = "TIME")]
    pub(crate) grace: Option<String>,
}

/// Arguments of `batch`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  deckhands batch tasks.toml --report out\n  deckhands batch tasks.jsonl --workers 10 --fail-fast\n  deckhands batch tasks.toml --resume"
)]
pub(crate) struct BatchArgs {
    /// File of tasks: `.toml` with `[[task]]`, `.json` with an array, `.jsonl` with one a line
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Attempts at the same time (default: 5)
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<String>,
    /// Pool of routes to use: the first one is the model of tasks that name none
    #[arg(long, value_name = "POOL")]
    pub(crate) routes: Option<String>,
    /// Most money that a task may cost in US dollars, unless its own `max_cost` says otherwise
    #[arg(long, value_name = "USD")]
    pub(crate) max_cost: Option<String>,
    /// Most money that all tasks together may cost in US dollars, e.g. `5`
    #[arg(long, value_name = "USD")]
    pub(crate) max_batch_cost: Option<String>,
    /// Cancel the rest at the first failure
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Write `summary.json`, `junit.xml` and `summary.md` into this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
    /// Go on with the last batch of this very file
    #[arg(long)]
    pub(crate) resume: bool,
    /// Time for running attempts to end after Ctrl-C; then they are paused (default: 30s)
    #[arg(long, value_name = "TIME")]
    pub(crate) grace: Option<String>,
    /// Yes to `/`, the home directory and workspaces over the size bound
    #[arg(long)]
    pub(crate) yes: bool,
}
