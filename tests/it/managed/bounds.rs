//! Bounds that are looked at each second: processes and disk.

use std::fs;
use std::path::Path;
use std::time::Duration;

use deckhands_model::{ByteSize, Cause, TaskState};
use deckhands_runtime::test_util::Script;
use deckhands_runtime::{Operation, RuntimeErrorKind};

use super::{open_machine, working};
use crate::support::{World, millis, secs};

/// Longest time from the breach of a bound to the end of everything.
const SOON: Duration = Duration::from_secs(3);

/// Runs it to its end by a bound that is reached at this time; gives the note on it.
async fn breaks(world: World, at: Duration, cause: Cause) -> String {
    let ran = world.run().await;
    world.assert_no_problems();
    assert_eq!(
        ran.end(),
        (TaskState::Failed, Some(cause)),
        "{:?}",
        ran.report
    );
    assert!(ran.took >= at && ran.took <= at + SOON, "{:?}", ran.took);
    assert!(world.runtime.live().is_empty() && world.runtime.live_networks().is_empty());
    assert!(!ran.report.applied);
    let mut notes = ran.report.notes.into_iter();
    let note = notes.find(|note| note.starts_with("ended by a bound: "));
    note.unwrap()
}

fn with_sandbox(sandbox: Script) -> World {
    World::managed()
        .asking(|request| request.limits.processes = 64)
        .agent(working().after(secs(20)).finishes("done"))
        .sandbox(sandbox)
}

#[tokio::test(start_paused = true)]
async fn all_processes_for_two_looks_are_the_end() {
    for count in [64, 70] {
        let sandbox = Script::new().processes(millis(5500), count).hang();
        let note = breaks(with_sandbox(sandbox), millis(5500), Cause::ProcessLimit).await;
        let expected = "ended by a bound: 64 processes, as many as it may have";
        assert_eq!(note, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn many_processes_for_a_moment_are_work() {
    // Shorter than from one look to the next.
    let short = (0..5).fold(Script::new(), |script, _| {
        script.processes(millis(1700), 64).processes(millis(800), 1)
    });
    let most = Script::new().processes(secs(2), 63);
    for sandbox in [short.hang(), most.hang()] {
        let ran = with_sandbox(sandbox).run().await;
        assert_eq!(ran.end(), (TaskState::Completed, None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_fails_shows_nothing() {
    for kind in [RuntimeErrorKind::Unreachable, RuntimeErrorKind::Denied] {
        let sandbox = Script::new().processes(secs(2), 64).hang();
        let world = with_sandbox(sandbox);
        let world = world.daemon(|daemon| daemon.refuse(Operation::Stats, "-sandbox", kind));
        assert_eq!(world.run().await.end(), (TaskState::Completed, None));
    }
}

/// A task that may take 1 MiB; the agent does this to the workspace after 11.2 s.
fn with_disk(work: impl Fn(&Path) + Send + Sync + 'static) -> World {
    let app = working()
        .runs("make", work)
        .after(secs(20))
        .finishes("done");
    open_machine(app).asking(|request| request.limits.disk = ByteSize::mebibytes(1))
}

#[tokio::test(start_paused = true)]
async fn more_than_it_may_write_is_the_end_and_the_note_says_how_much() {
    let large = |root: &Path| fs::write(root.join("large"), vec![7; 3 << 20]).unwrap();
    let note = breaks(with_disk(large), millis(11_200), Cause::DiskLimit).await;
    assert!(note.contains("written, 1m allowed"), "{note}");
    // Blocks are counted: it is what was written and some for the directories, rounded up.
    assert!(note.contains("bound: 4m written"), "{note}");

    let many = |root: &Path| {
        for number in 0..100 {
            fs::write(root.join(number.to_string()), "").unwrap();
        }
    };
    let note = breaks(with_disk(many), millis(11_200), Cause::DiskLimit).await;
    assert!(note.ends_with("files made, 64 allowed"), "{note}");
}

#[tokio::test(start_paused = true)]
async fn what_its_program_stores_counts_too() {
    let app = working()
        .does(|spec| {
            let home = spec.mounts.iter().find(|m| m.target == "/.openhands");
            let path = home.unwrap().source.join("large");
            fs::write(path, vec![7; 2 << 20]).unwrap();
        })
        .after(secs(20))
        .finishes("done");
    let world = open_machine(app).asking(|request| request.limits.disk = ByteSize::mebibytes(1));
    breaks(world, millis(11_200), Cause::DiskLimit).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_there_before_and_what_is_removed_again_does_not_count() {
    let back = |root: &Path| {
        fs::write(root.join("large"), vec![7; 3 << 20]).unwrap();
        fs::remove_file(root.join("large")).unwrap();
    };
    let world = with_disk(back);
    fs::write(world.workspace().join("before"), vec![7; 4 << 20]).unwrap();
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None), "{:?}", ran.report);
}
