//! Arguments of the commands over the kept change of a task.

use std::path::PathBuf;

/// Arguments of `diff`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  deckhands diff last\n  deckhands diff 3fa9 > change.patch")]
pub(crate) struct DiffArgs {
    /// Task: any prefix of its id, or `last`
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

/// Arguments of `apply`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  deckhands apply last\n  deckhands apply 3fa9 --workspace ./other-checkout"
)]
pub(crate) struct ApplyArgs {
    /// Task: any prefix of its id, or `last`
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Directory to apply it to (default: the one the task worked on)
    #[arg(long, value_name = "DIR")]
    pub(crate) workspace: Option<PathBuf>,
    /// Yes to a change that no check accepted, and to `/` or the home directory
    #[arg(long)]
    pub(crate) yes: bool,
}
