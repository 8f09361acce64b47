//! Arguments of `models`.

use clap::Subcommand;
use deckhands_model::{Category, Complexity};

/// Arguments of `models`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  deckhands models list\n  deckhands models select --category unit_test --complexity complex\n  deckhands models routes night"
)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    pub(crate) command: ModelsCommand,
}

/// The commands below `models`.
#[derive(Subcommand, Debug)]
pub(crate) enum ModelsCommand {
    /// Show short names and the ids they stand for, and what is known of each model
    List,
    /// Show which model a task of a category would get, and why
    Select(SelectArgs),
    /// Show the routes that a run would use: the model, its pool and its fallbacks, with addresses and keys
    Routes(RoutesArgs),
}

/// Arguments of `models routes`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  deckhands models routes night")]
pub(crate) struct RoutesArgs {
    /// Pool of routes (default: the one of `model.routes`)
    #[arg(value_name = "POOL")]
    pub(crate) pool: Option<String>,
}

/// Arguments of `models select`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  deckhands models select --category refactoring --quality-threshold 0.9"
)]
pub(crate) struct SelectArgs {
    /// Kind of work: `unit_test`, `refactoring`, `documentation`, `code_generation`, `analysis` or
    /// `build_script`
    #[arg(long, value_name = "CATEGORY", visible_alias = "task-type")]
    pub(crate) category: Category,
    /// How hard it is thought to be: `simple`, `moderate` or `complex`
    #[arg(long, value_name = "COMPLEXITY", default_value_t = Complexity::Moderate)]
    pub(crate) complexity: Complexity,
    /// Least quality of the model, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0.7")]
    pub(crate) quality_threshold: f64,
}
