//! `reap`: removes what dead attempts left.

use std::time::Duration;

use deckhands_orchestration::{SweepOptions, SweepReport, recover, sweep};

use crate::args::{Global, ReapArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::exit_code;
use crate::wiring::{self, Wired};

/// Longest time for the containers of one attempt.
const DEADLINE: Duration = Duration::from_secs(30);

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &ReapArgs, console: &Console) -> Result<u8, CliError> {
    let settings = wiring::settings(global, wiring::no_flags())?;
    let home = wiring::home(&settings)?;
    if !args.dry_run {
        match recover(&home) {
            Ok(done) => done.iter().for_each(|w| {
                console.note(&format!(
                    "completed an interrupted change of {}",
                    w.display()
                ))
            }),
            Err(error) => {
                return Err(CliError::environment(
                    &error,
                    "repair the workspace, then reap again",
                ));
            }
        }
    }
    let options = SweepOptions {
        all_homes: args.all_homes,
        dry_run: args.dry_run,
        deadline: DEADLINE,
    };
    let report = wiring::block_on(async {
        let Wired { ports, .. } = wiring::connect(&settings)
            .await
            .map_err(|error| wiring::no_docker(&error))?;
        Ok::<_, CliError>(sweep(&ports, &home, options).await?)
    })??;
    if console.json {
        console.document(&report);
    } else {
        tell(&report, args.dry_run, console);
    }
    Ok(if report.failed.is_empty() {
        exit_code::OK
    } else {
        exit_code::ENVIRONMENT
    })
}

fn tell(report: &SweepReport, dry_run: bool, console: &Console) {
    let done = if dry_run { "would remove" } else { "removed" };
    let booked = if dry_run { "would cancel" } else { "cancelled" };
    report
        .removed
        .iter()
        .for_each(|name| console.data(&format!("{done} {name}\n")));
    report
        .cancelled
        .iter()
        .for_each(|dir| console.data(&format!("{booked} {dir}\n")));
    report
        .live
        .iter()
        .for_each(|name| console.note(&format!("left alone (alive) {name}")));
    report
        .failed
        .iter()
        .for_each(|what| console.stderr(&format!("error: {what}\n")));
    if report.removed.is_empty() && report.cancelled.is_empty() && report.failed.is_empty() {
        console.note("nothing to remove");
    }
}
