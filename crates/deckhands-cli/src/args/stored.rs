//! Arguments of the commands over stored tasks.

use std::num::NonZeroU32;

use clap::ValueEnum;
use deckhands_model::TaskState;

/// Arguments of `status`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  deckhands status\n  deckhands status last --json")]
pub(crate) struct StatusArgs {
    /// Task: any prefix of its id, or `last`; without it all that is under way
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,
    /// The same (the prototype's name)
    #[arg(long, value_name = "ID", conflicts_with = "id", hide = true)]
    pub(crate) task_id: Option<String>,
}

/// Arguments of `list`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  deckhands list\n  deckhands list --state failed --state running --limit 100"
)]
pub(crate) struct ListArgs {
    /// Only tasks in this state (repeatable, or separated by commas)
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    pub(crate) state: Vec<TaskState>,
    /// Only tasks of this batch
    #[arg(long, value_name = "BATCH")]
    pub(crate) batch: Option<String>,
    /// Most tasks that are shown, the newest ones
    #[arg(long, value_name = "N", default_value = "50")]
    pub(crate) limit: NonZeroU32,
}

/// Arguments of `watch`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  deckhands watch last\n  deckhands watch --json")]
pub(crate) struct WatchArgs {
    /// Task: any prefix of its id, or `last`; without it all that have not ended
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,
}

/// One task.
#[derive(clap::Args, Debug)]
pub(crate) struct IdArgs {
    /// Task: any prefix of its id, or `last`
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

/// Arguments of `result`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  deckhands result last --json\n  deckhands result 3fa9 --calls"
)]
pub(crate) struct ResultArgs {
    /// Task: any prefix of its id, or `last`
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Also each call to a model: route, model, tries, tokens, cost, time
    #[arg(long)]
    pub(crate) calls: bool,
}

/// Some tasks.
#[derive(clap::Args, Debug)]
pub(crate) struct IdsArgs {
    /// Tasks: any prefixes of their ids, or `last`
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<String>,
}

/// Arguments of `logs`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  deckhands logs last\n  deckhands logs 3fa9 --attempt 2\n  deckhands logs last -f"
)]
pub(crate) struct LogsArgs {
    /// Task: any prefix of its id, or `last` for the one that began last
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Only this attempt (default: all of them)
    #[arg(long, value_name = "N")]
    pub(crate) attempt: Option<NonZeroU32>,
    /// Go on with what is written, to the end of the task
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// The file as it is: with terminal escapes, and nothing hidden
    #[arg(long, conflicts_with = "json")]
    pub(crate) raw: bool,
}

/// Arguments of `metrics`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  deckhands metrics\n  deckhands metrics --format openmetrics")]
pub(crate) struct MetricsArgs {
    /// Form of the figures
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<MetricsFormat>,
}

/// Forms of figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum MetricsFormat {
    /// For people.
    Table,
    /// One document.
    Json,
    /// For scrapers.
    Openmetrics,
}
