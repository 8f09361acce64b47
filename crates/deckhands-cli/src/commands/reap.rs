//! `reap`: removes what dead attempts left.

use std::sync::Arc;
use std::time::Duration;

use deckhands_orchestration::{
    Adoptable, Clock as _, Home, SweepOptions, SweepReport, SystemClock, sweep_beside,
};
use deckhands_store::Queries;

use super::recovery::{complete, tell_failed};
use crate::args::{Global, ReapArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::wiring::{self, Wired};
use crate::{exit_code, shown};

/// Longest time for the containers of one attempt.
const DEADLINE: Duration = Duration::from_secs(30);

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &ReapArgs, console: &Console) -> Result<u8, CliError> {
    let settings = wiring::settings(global, wiring::no_flags())?;
    let home = wiring::home(&settings)?;
    // What cannot be completed is named at the end; the containers must go all the same.
    let unfinished = if args.dry_run {
        Vec::new()
    } else {
        complete(&home, console)
    };
    let options = SweepOptions {
        all_homes: args.all_homes,
        dry_run: args.dry_run,
        deadline: DEADLINE,
        adoptable: adoptable(args),
        now: SystemClock.now(),
    };
    let (record, unasked) = record(&home, args.dry_run);
    if let Some(note) = &unasked {
        console.note(note);
    }
    let swept = wiring::block_on(async {
        let Wired { ports, .. } = wiring::connect(&settings)
            .await
            .map_err(|error| wiring::no_docker(&error))?;
        Ok::<_, CliError>(sweep_beside(&ports, &home, record.as_deref(), options).await?)
    })?;
    let mut report = swept.inspect_err(|_| tell_failed(&unfinished, console))?;
    report.failed.extend(unfinished);
    report.notes.extend(unasked);
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

/// The home's stored tasks, or a note on why they are not asked: what is dead has to go all the same.
fn record(home: &Home, dry_run: bool) -> (Option<Arc<dyn Queries>>, Option<String>) {
    match wiring::queries_if_any(home, dry_run) {
        Ok(record) => (record, None),
        Err(why) => {
            let note = format!(
                "the stored tasks were not asked ({}); their attempts are judged by what is in the directory of each",
                shown::line(&why)
            );
            (None, Some(note))
        }
    }
}

/// What happens to attempts that an engine may still go on with.
const fn adoptable(args: &ReapArgs) -> Adoptable {
    if args.adoptable {
        Adoptable::Take
    } else {
        Adoptable::Leave
    }
}

fn tell(report: &SweepReport, dry_run: bool, console: &Console) {
    let rows = [
        (&report.removed, "removed", "would remove"),
        (&report.cancelled, "cancelled", "would cancel"),
        (&report.cleared, "cleared", "would clear"),
    ];
    for (names, done, planned) in rows {
        let word = if dry_run { planned } else { done };
        names
            .iter()
            .for_each(|name| console.data(&format!("{word} {}\n", shown::line(name))));
    }
    report
        .live
        .iter()
        .for_each(|name| console.note(&format!("left alone (alive) {}", shown::line(name))));
    for name in &report.adoptable {
        console.note(&format!(
            "left alone (may be gone on with) {}",
            shown::line(name)
        ));
    }
    tell_failed(&report.failed, console);
    if rows.iter().all(|(names, ..)| names.is_empty()) && report.failed.is_empty() {
        console.note("nothing to remove");
    }
}
