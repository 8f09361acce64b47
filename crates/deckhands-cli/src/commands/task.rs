//! A task as the command line gives it: its text, its settings, and what is refused before anything
//! is done. Shared by the commands that take one.

mod input;

use deckhands_config::{Flags, Key, Profile, Settings};
use deckhands_model::TaskText;
use deckhands_orchestration::{Policy, is_delicate};

use crate::args::{Global, TaskArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::{shown, wiring};

pub(super) use input::Source;

/// Loads the settings, reads the text and refuses what cannot be done.
pub(super) fn read(
    global: &Global,
    args: &TaskArgs,
    routes: Option<&str>,
    source: &Source<'_>,
) -> Result<(Settings, TaskText), CliError> {
    let mut flags = flags(args);
    if let Some(pool) = routes {
        flags = flags.with(Key::Routes, "--routes", pool);
    }
    let settings = wiring::settings(global, flags)?;
    refuse_unenforceable(args, settings.profile.value)?;
    let text = source.text()?;
    guard_workspace(args, &settings)?;
    Ok((settings, text))
}

/// Tells what the user should hear once.
pub(super) fn tell_notes(settings: &Settings, console: &Console) {
    let notes = settings.notes.iter();
    notes.for_each(|note| console.note(&format!("note: {}", shown::indented(note))));
}

/// The flags as settings.
pub(super) fn flags(args: &TaskArgs) -> Flags {
    let workspace = args
        .workspace
        .as_ref()
        .map(|w| w.to_string_lossy().into_owned());
    let given = [
        (Key::Model, "--model", &args.model),
        (Key::Workspace, "--workspace", &workspace),
        (Key::Work, "--timeout", &args.timeout),
        (Key::Iterations, "--max-iterations", &args.max_iterations),
        (Key::MaxCost, "--max-cost", &args.max_cost),
        (Key::Memory, "--memory", &args.memory),
        (Key::Cpus, "--cpus", &args.cpus),
        (Key::Disk, "--max-disk", &args.max_disk),
        (Key::Profile, "--profile", &args.profile),
        (Key::Network, "--network", &args.network),
    ];
    let mut flags = Flags::new();
    for (key, name, value) in given {
        if let Some(value) = value {
            flags = flags.with(key, name, value.as_str());
        }
    }
    if args.include_ignored {
        flags = flags.with(Key::IncludeIgnored, "--include-ignored", "true");
    }
    if !args.check.is_empty() {
        flags = flags.with_list(Key::Checks, "--check", args.check.clone());
    }
    flags
}

pub(super) fn policy(args: &TaskArgs, settings: &Settings) -> Policy {
    Policy {
        allow_no_change: args.allow_no_change,
        include_ignored: settings.include_ignored.value,
        apply: !args.no_apply,
        keep: args.keep,
        any_size: args.yes,
        unproved_version: args.unproved_version,
    }
}

/// Bounds that nothing in this profile can hold are refused, not ignored.
fn refuse_unenforceable(args: &TaskArgs, profile: Profile) -> Result<(), CliError> {
    if args.max_disk.is_none() || profile != Profile::Socket {
        return Ok(());
    }
    Err(CliError::usage(
        format!("`--max-disk` cannot be held in profile `{profile}`"),
        "leave `--max-disk` out; bound the work with --timeout and --max-iterations",
    ))
}

/// `/` and the home directory need the user's word.
pub(super) fn guard_workspace(args: &TaskArgs, settings: &Settings) -> Result<(), CliError> {
    let workspace = &settings.workspace.value;
    if !workspace.is_dir() {
        return Err(CliError::usage(
            format!("the workspace `{}` is not a directory", workspace.display()),
            "name an existing directory with --workspace DIR",
        ));
    }
    let home = wiring::directories_home();
    if !args.yes && is_delicate(workspace, home.as_deref()) {
        return Err(CliError::usage(
            format!(
                "the workspace `{}` is the root or your home directory",
                workspace.display()
            ),
            "name a project with --workspace DIR, or say --yes",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
