//! Arguments of `run`.

use std::path::PathBuf;

use super::task::TaskArgs;

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
        required_unless_present = "file"
    )]
    pub(crate) text: Option<String>,
    /// Read the task from a file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) task: TaskArgs,
    /// Pool of routes to use: the first one is the model, unless one is named, too
    #[arg(long, value_name = "POOL")]
    pub(crate) routes: Option<String>,
    /// Print what would be done and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// No agent: a stand-in result, state `degraded`, exit code 1
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) simulate: bool,
    /// Play a recorded run: the model's answers come from its `model.jsonl`, and no provider is called
    #[arg(long, value_name = "FILE", conflicts_with_all = ["simulate", "dry_run"])]
    pub(crate) replay: Option<PathBuf>,
}
