//! Arguments of `submit`.

use std::path::PathBuf;

use deckhands_model::{Category, Complexity, Priority};

use super::task::TaskArgs;

/// Arguments of `submit`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  deckhands submit \"fix the failing test\" --workspace ./project --check \"make test\"\n  deckhands submit -f task.md --priority high --idempotency-key nightly-7\n  deckhands submit \"update the docs\" --not-before 2h"
)]
pub(crate) struct SubmitArgs {
    /// What the agent is asked to do; `-` reads it from stdin
    #[arg(
        value_name = "TEXT",
        conflicts_with_all = ["file", "description"],
        required_unless_present_any = ["file", "description"]
    )]
    pub(crate) text: Option<String>,
    /// Read the task from a file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The task's text (the prototype's name for TEXT)
    #[arg(long, value_name = "TEXT", conflicts_with = "file", hide = true)]
    pub(crate) description: Option<String>,
    #[command(flatten)]
    pub(crate) task: TaskArgs,
    /// How urgent: `critical`, `high`, `normal` or `low`
    #[arg(long, value_name = "PRIORITY", default_value_t = Priority::Normal)]
    pub(crate) priority: Priority,
    /// Kind of work, which chooses the model where none is set: `unit_test`, `refactoring`,
    /// `documentation`, `code_generation`, `analysis` or `build_script`
    #[arg(long, value_name = "CATEGORY", alias = "task-type")]
    pub(crate) category: Option<Category>,
    /// How hard it is thought to be: `simple`, `moderate` or `complex`
    #[arg(long, value_name = "COMPLEXITY", requires = "category")]
    pub(crate) complexity: Option<Complexity>,
    /// Least quality of a model that is chosen, from 0 to 1
    #[arg(long, value_name = "SHARE", requires = "category")]
    pub(crate) quality_threshold: Option<f64>,
    /// File that the task must write, within the workspace
    #[arg(long, value_name = "FILE")]
    pub(crate) target_file: Option<PathBuf>,
    /// The same key with the same task again stores nothing and prints the first one's id
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// Do not start before this time (RFC 3339), or before this long has passed, e.g. `2h`
    #[arg(long, value_name = "WHEN")]
    pub(crate) not_before: Option<String>,
    /// Do not start before `deckhands release`
    #[arg(long)]
    pub(crate) hold: bool,
}
