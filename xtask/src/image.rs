//! `cargo xtask image`: the front of the recipe that builds the two real OpenHands images.
//!
//! What is stale, and how it is built, is left to `images/openhands-0.59/build.sh`, which works
//! without cargo too. This file hands it the arguments.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{process, workspace};

#[cfg(test)]
mod tests;

/// Where the recipe lies below the workspace root.
const RECIPE: &str = "images/openhands-0.59/build.sh";

/// Arguments of `cargo xtask image`; without any, what is missing or stale is built.
#[derive(clap::Args, Debug)]
pub(crate) struct ImageArgs {
    /// Runs every stage again and replaces images of another origin; downloads are kept
    #[arg(long)]
    force: bool,
    /// Shows what is built and cached, and changes nothing
    #[arg(long, conflicts_with_all = ["force", "clean", "extra_debs"])]
    status: bool,
    /// Removes the cache and the images of this recipe
    #[arg(long, conflicts_with_all = ["force", "extra_debs"])]
    clean: bool,
    /// More Debian packages for both images; remembered until given anew, empty for none
    #[arg(long, value_name = "A,B")]
    extra_debs: Option<String>,
}

/// Hands over to the recipe.
///
/// Returns only when the recipe cannot be started: the recipe takes the place of this process, so
/// signals, output and exit status are its own.
pub(crate) fn run(args: &ImageArgs) -> Result<()> {
    let error = recipe().args(arguments(args)).exec();
    Err(error).with_context(|| format!("start `{RECIPE}`"))
}

/// Builds the images unless both are usable as they are: built from the recipe's present state,
/// or of another origin, such as a registry. Asks the daemon twice when there is nothing to do.
pub(crate) fn ensure() -> Result<()> {
    if process::succeeds(recipe().arg("--check")) {
        return Ok(());
    }
    process::run(&mut recipe()).context("the real OpenHands images are not built")
}

/// The product's default references: the app's, and the sandbox's.
pub(crate) const IMAGES: [&str; 2] = [
    "docker.all-hands.dev/all-hands-ai/openhands:0.59",
    "docker.all-hands.dev/all-hands-ai/runtime:0.59-nikolaik",
];

/// Gets the images where a registry answers, and builds them where none does.
pub(crate) fn pull_or_build() -> Result<()> {
    let docker =
        |verb: &[&str], image| process::succeeds(Command::new("docker").args(verb).arg(image));
    for image in IMAGES {
        if !docker(&["image", "inspect"], image) && !docker(&["pull"], image) {
            println!("no registry has {image}: building both images instead");
            return ensure();
        }
    }
    ensure()
}

fn recipe() -> Command {
    Command::new(workspace::root().join(RECIPE))
}

fn arguments(args: &ImageArgs) -> Vec<String> {
    let flags = [
        (args.force, "--force"),
        (args.status, "--status"),
        (args.clean, "--clean"),
    ];
    let given = flags.into_iter().filter(|(given, _)| *given);
    let extra = args.extra_debs.iter();
    given
        .map(|(_, flag)| flag.to_owned())
        .chain(extra.map(|list| format!("--extra-debs={list}")))
        .collect()
}
