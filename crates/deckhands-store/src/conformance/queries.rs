//! Cases of queries.

use deckhands_model::{TaskId, TaskState};

use super::desk::{ALL, Desk, id};
use super::fault::{Fault, Verdict, holds, same, unknown};
use super::written::progress;
use crate::task::{Page, Stats, TaskFilter};

pub(super) async fn finds_by_prefix(desk: &mut Desk) -> Verdict {
    same("nothing yet", desk.store.find("").await?, Vec::new())?;
    let text = |head: &str| format!("{head}{}", "0".repeat(32 - head.len()));
    let ids: Result<Vec<TaskId>, _> = ["abc1", "abc2", "abc3", "ab9", "f"]
        .map(|head| text(head).parse())
        .into_iter()
        .collect();
    let ids = ids.map_err(Fault::new)?;
    for id in &ids {
        desk.submit(|task| task.id = *id).await?;
    }
    for (prefix, wanted) in [
        ("f", &ids[4..]),
        ("F", &ids[4..]),
        ("ab9", &ids[3..4]),
        ("abc2", &ids[1..2]),
        ("AbC2", &ids[1..2]),
        (&text("abc2"), &ids[1..2]),
        (&(text("abc2") + "0"), &[]),
        ("0", &[]),
        ("g", &[]),
        ("%", &[]),
        ("_", &[]),
        ("f*", &[]),
        ("'", &[]),
    ] {
        same(prefix, desk.store.find(prefix).await?.as_slice(), wanted)?;
    }
    for many in ["", "a", "ab", "abc"] {
        let found = desk.store.find(many).await?;
        same(many, found.len(), 2)?;
        holds("they are two", found[0] != found[1])?;
        let fits = found.iter().all(|id| id.to_string().starts_with(many));
        holds("they fit", fits)?;
    }
    Ok(())
}

pub(super) async fn finds_the_last(desk: &mut Desk) -> Verdict {
    same("nothing yet", desk.store.find("last").await?, Vec::new())?;
    for _ in 0..5 {
        let newest = desk.usual().await?;
        same("the newest", desk.store.find("last").await?, vec![newest])?;
    }
    // Not the one that was changed last.
    let newest = desk.store.find("last").await?;
    desk.claim().await?;
    same("the newest", desk.store.find("last").await?, newest)
}

async fn ids(desk: &Desk, filter: &TaskFilter, page: Page) -> Result<Vec<TaskId>, Fault> {
    let found = desk.store.list(filter, page, desk.now).await?;
    Ok(found.into_iter().map(|record| record.id).collect())
}

pub(super) async fn lists_in_the_order_of_hand_in(desk: &mut Desk) -> Verdict {
    let mut all = Vec::new();
    for _ in 0..7 {
        all.push(desk.usual().await?);
    }
    desk.claim().await?;
    let filter = TaskFilter::default();
    for (offset, limit) in [(0, 3), (3, 3), (6, 3), (7, 3), (0, 0), (0, 100), (2, 1)] {
        let page = Page { offset, limit };
        let skipped = all.iter().skip(usize::try_from(offset).unwrap_or(0));
        let wanted = skipped.take(usize::try_from(limit).unwrap_or(0));
        let wanted: Vec<_> = wanted.copied().collect();
        same("the page", ids(desk, &filter, page).await?, wanted)?;
    }
    let (offset, limit) = (u64::MAX, u64::MAX);
    let page = Page { offset, limit };
    same("far away", ids(desk, &filter, page).await?, Vec::new())?;
    let page = Page { offset: 0, limit };
    same("no limit", ids(desk, &filter, page).await?, all)
}

pub(super) async fn lists_by_state_and_batch(desk: &mut Desk) -> Verdict {
    let batch = |name: &str| Some(name.to_owned());
    let later = desk.after(60);
    let running = desk.submit(|task| task.batch = batch("a")).await?;
    desk.claim().await?;
    let early = desk
        .submit(|task| {
            task.batch = batch("a");
            task.not_before = Some(later);
        })
        .await?;
    let held = desk.submit(|task| task.held = true).await?;
    let queued = desk.submit(|task| task.batch = batch("b")).await?;
    let gone = desk.submit(|task| task.batch = batch("a")).await?;
    desk.store.cancel(gone, desk.now).await?;
    let (pending, cancelled) = (TaskState::Pending, TaskState::Cancelled);
    let completed = TaskState::Completed;
    let rows: &[(&[TaskState], Option<&str>, &[TaskId])] = &[
        (&[], None, &[running, early, held, queued, gone]),
        (&[pending], None, &[early, held]),
        (&[TaskState::Queued], None, &[queued]),
        (&[TaskState::Running], None, &[running]),
        (&[cancelled, TaskState::Running], None, &[running, gone]),
        (&[completed], None, &[]),
        (&[], Some("a"), &[running, early, gone]),
        (&[pending, cancelled], Some("a"), &[early, gone]),
        (&[], Some("c"), &[]),
    ];
    for (states, batch, wanted) in rows {
        let filter = TaskFilter {
            states: states.to_vec(),
            batch: batch.map(str::to_owned),
        };
        let found = ids(desk, &filter, ALL).await?;
        same("the list", found.as_slice(), *wanted)?;
    }
    desk.wait(60);
    let states = vec![TaskState::Queued];
    let filter = TaskFilter {
        states,
        batch: None,
    };
    let (offset, limit) = (0, 1);
    let page = Page { offset, limit };
    same("in time", ids(desk, &filter, page).await?, vec![early])
}

pub(super) async fn events_follow_a_position(desk: &mut Desk) -> Verdict {
    let first = desk.claimed().await?;
    let second = desk.claimed().await?;
    desk.finish(&first, TaskState::Completed).await?;
    desk.finish(&second, TaskState::Completed).await?;
    let all = desk.store.events(None, 0, ALL.limit).await?;
    same("all", all.len(), 8)?;
    let mut after = 0;
    for wanted in all.chunks(3) {
        let found = desk.store.events(None, after, 3).await?;
        same("a piece", found.as_slice(), wanted)?;
        after = wanted.last().map_or(after, |last| last.seq);
    }
    same(
        "the end",
        desk.store.events(None, after, 3).await?,
        Vec::new(),
    )?;
    let end = desk.store.events(None, u64::MAX, 3).await?;
    same("beyond the end", end, Vec::new())?;
    let task = second.task.id;
    let own: Vec<_> = all.into_iter().filter(|one| one.task == task).collect();
    same("one task's", own.len(), 4)?;
    for (index, event) in own.iter().enumerate() {
        let found = desk.store.events(Some(task), event.seq, 99).await?;
        same("one task's later ones", found.as_slice(), &own[index + 1..])?;
    }
    let none = desk.store.events(Some(id(999)), 0, 99).await?;
    same("those of no task", none, Vec::new())?;
    let none = desk.store.events(None, 0, 0).await?;
    same("no limit is no event", none, Vec::new())
}

pub(super) async fn next_start_is_the_earliest_that_only_waits(desk: &mut Desk) -> Verdict {
    let next = desk.store.next_start(desk.now).await?;
    same("nothing waits", next, None)?;
    desk.usual().await?;
    let [soon, later, last] = [10, 20, 30].map(|seconds| desk.after(seconds));
    desk.submit(|task| task.not_before = Some(last)).await?;
    desk.submit(|task| task.not_before = Some(later)).await?;
    desk.submit(|task| {
        task.not_before = Some(soon);
        task.held = true;
    })
    .await?;
    for (wait, wanted) in [
        (0, Some(later)),
        (19, Some(later)),
        (1, Some(last)),
        (10, None),
    ] {
        desk.wait(wait);
        let next = desk.store.next_start(desk.now).await?;
        same("the next", next, wanted)?;
    }
    Ok(())
}

pub(super) async fn stats_follow_every_state(desk: &mut Desk) -> Verdict {
    let empty = desk.store.stats(desk.now).await?;
    holds("nothing", empty.states.values().all(|count| *count == 0))?;
    same("no oldest one", empty.oldest_queued, None)?;
    let later = desk.after(60);
    desk.submit(|task| task.not_before = Some(later)).await?;
    let handed_in = desk.now;
    desk.wait(5);
    for state in [TaskState::Completed, TaskState::Failed, TaskState::Degraded] {
        let claim = desk.claimed().await?;
        desk.finish(&claim, state).await?;
    }
    let claim = desk.claimed().await?;
    desk.store
        .pause(claim.fence, &progress(1), desk.now)
        .await?;
    desk.claimed().await?;
    desk.submit(|task| task.held = true).await?;
    desk.submit(|task| task.priority = deckhands_model::Priority::Low)
        .await?;
    let gone = desk.usual().await?;
    desk.store.cancel(gone, desk.now).await?;
    let stats = desk.store.stats(desk.now).await?;
    for (word, wanted) in [
        ("pending", 2),
        ("queued", 1),
        ("running", 2),
        ("completed", 1),
        ("failed", 1),
        ("degraded", 1),
        ("cancelled", 1),
    ] {
        same(word, stats.states.get(word).copied(), Some(wanted))?;
    }
    let waiting = |stats: &Stats, word| stats.waiting.get(word).copied();
    same("normal", waiting(&stats, "normal"), Some(2))?;
    same("low", waiting(&stats, "low"), Some(1))?;
    same("held", stats.held, 1)?;
    same("live attempts", stats.live_attempts, 2)?;
    same("the oldest", stats.oldest_queued, Some(desk.now))?;
    desk.wait(55);
    let stats = desk.store.stats(desk.now).await?;
    same("in time", stats.states.get("queued").copied(), Some(2))?;
    same("the oldest", stats.oldest_queued, Some(handed_in))
}

pub(super) async fn unknown_tasks_are_told(desk: &mut Desk) -> Verdict {
    desk.usual().await?;
    let nobody = id(999);
    unknown("task", desk.record(nobody).await)?;
    unknown("spec", desk.store.spec(nobody).await)?;
    unknown("attempts", desk.store.attempts(nobody).await)?;
    unknown("result", desk.store.result(nobody).await)?;
    unknown("money", desk.store.money(nobody).await)
}
