//! `apply`: takes a change over that was kept, as a run does at its end.

use std::fmt::Write as _;
use std::path::Path;

use deckhands_orchestration::{ApplyOptions, ApplyReport, Home, KeptTask, is_delicate};
use owo_colors::OwoColorize;

use super::kept::{self, Meant};
use crate::args::{ApplyArgs, Global};
use crate::console::Console;
use crate::error::CliError;
use crate::signals::Signals;
use crate::{exit_code, shown, summary, wiring};

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &ApplyArgs, console: &Console) -> Result<u8, CliError> {
    guard_workspace(args)?;
    let home = kept::home(global, console)?;
    let meant = Meant::find(&home, &args.id, console)?;
    let report = wiring::block_on(carry_out(home, meant, options(args), console))??;
    if console.json {
        console.document(&report);
    } else {
        console.data(&text(&report));
    }
    Ok(if report.conflict.is_empty() {
        exit_code::OK
    } else {
        exit_code::WORK_FAILED
    })
}

/// Applies the change on a thread of its own. A first signal does not stop what has begun.
async fn carry_out(
    home: Home,
    meant: Meant,
    options: ApplyOptions,
    console: &Console,
) -> Result<ApplyReport, CliError> {
    let signals = Signals::default();
    let watch = signals.watch()?;
    let work = tokio::task::spawn_blocking(move || {
        let task = KeptTask::open(&home, meant.word());
        let applied = task.and_then(|mut task| task.apply(&home, &options));
        applied.map_err(|error| meant.told(&error))
    });
    let first = || console.note("the change is being applied (again to stop at once)");
    tokio::select! {
        biased;
        code = watch.second(first) => {
            let hint = "the next command completes or takes back what was begun".to_owned();
            Err(CliError::new(code, "stopped at once", Some(hint)))
        }
        applied = work => match applied {
            Ok(applied) => applied,
            Err(error) => Err(CliError::new(exit_code::INTERNAL, error.to_string(), None)),
        },
    }
}

fn options(args: &ApplyArgs) -> ApplyOptions {
    ApplyOptions {
        workspace: args.workspace.clone(),
        unproved: args.yes,
    }
}

/// `/` and the home directory need the user's word, where he names them.
fn guard_workspace(args: &ApplyArgs) -> Result<(), CliError> {
    let home = wiring::directories_home();
    let delicate = |dir: &Path| is_delicate(dir, home.as_deref());
    match args.workspace.as_deref() {
        Some(dir) if !args.yes && delicate(dir) => Err(CliError::usage(
            format!(
                "the workspace `{}` is the root or your home directory",
                dir.display()
            ),
            "name a project with --workspace DIR, or say --yes",
        )),
        _ => Ok(()),
    }
}

/// What came of it, for people.
fn text(report: &ApplyReport) -> String {
    let word = match (report.applied, report.already_applied) {
        (true, false) => "applied".green().bold().to_string(),
        (true, true) => "already applied".green().bold().to_string(),
        (false, _) => "not applied".yellow().bold().to_string(),
    };
    let task = format!("(task {})", kept::short(&report.task_id));
    let workspace = shown::line(&report.workspace.to_string_lossy());
    let mut text = format!("{word} {} in {workspace}\n", task.dimmed());
    if report.applied && !report.already_applied {
        text.push_str(&summary::changed(&report.changes));
    }
    text.push_str(&summary::conflicts(&report.conflict));
    if !report.applied {
        let patch = shown::line(&report.patch);
        let _ = writeln!(text, "nothing was changed; the change is kept in {patch}");
    }
    for note in &report.notes {
        let _ = writeln!(text, "{} {}", "note:".yellow(), shown::indented(note));
    }
    text
}

#[cfg(test)]
mod tests;
