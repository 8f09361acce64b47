//! Cases of several callers at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::desk::{Desk, TERM, worker};
use super::fault::{Fault, Verdict, holds, same};
use super::money::NO_CAP;
use crate::error::{StoreError, StoreResult};
use crate::money::{Draw, Drawn, MoneyCaps, money_day};
use crate::port::Store;
use crate::task::QueueBounds;

const CALLERS: u8 = 8;

/// Lets all callers do the same at once; their answers.
async fn all<T, F>(desk: &Desk, act: impl Fn(Arc<dyn Store>, u8) -> F) -> Result<Vec<T>, Fault>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut callers = JoinSet::new();
    for number in 1..=CALLERS {
        callers.spawn(act(Arc::clone(&desk.store), number));
    }
    let mut answers = Vec::new();
    while let Some(answer) = callers.join_next().await {
        answers.push(answer.map_err(Fault::new)?);
    }
    Ok(answers)
}

pub(super) async fn each_task_is_claimed_once(desk: &mut Desk) -> Verdict {
    let mut ids = BTreeSet::new();
    for _ in 0..40 {
        ids.insert(desk.usual().await?);
    }
    let now = desk.now;
    let answers = all(desk, move |store, number| async move {
        let mut mine = Vec::new();
        while let Some(claim) = store.claim(worker(number), TERM, now).await? {
            mine.push(claim.task.id);
        }
        StoreResult::Ok(mine)
    });
    let mut claimed = Vec::new();
    for answer in answers.await? {
        claimed.extend(answer?);
    }
    same("claims", claimed.len(), ids.len())?;
    let claimed: BTreeSet<_> = claimed.into_iter().collect();
    same("every task", claimed, ids)
}

pub(super) async fn each_attempt_is_adopted_once(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    desk.wait(60);
    let (attempt, now) = (claim.fence.attempt, desk.now);
    let answers = all(desk, move |store, number| async move {
        store.adopt(attempt, worker(10 + number), TERM, now).await
    });
    let mut adopted = 0;
    for answer in answers.await? {
        match answer {
            Ok(_) => adopted += 1,
            Err(StoreError::Stale) => {}
            Err(error) => return Err(error.into()),
        }
    }
    same("adoptions", adopted, 1)
}

pub(super) async fn one_key_is_one_task(desk: &mut Desk) -> Verdict {
    let template = desk.task();
    let now = desk.now;
    let answers = all(desk, move |store, number| {
        let mut task = template.clone();
        task.id = super::desk::id(100 + u64::from(number));
        task.idempotency_key = Some("key".to_owned());
        async move { store.submit(&task, QueueBounds::default(), now).await }
    });
    let mut ids = BTreeSet::new();
    let mut new = 0;
    for answer in answers.await? {
        let answer = answer?;
        ids.insert(answer.id);
        new += usize::from(!answer.existing);
    }
    same("tasks", ids.len(), 1)?;
    same("new ones", new, 1)
}

/// Lets as many workers as there are callers draw, settle a part and draw again, each for a task of its
/// own in one batch; what was ever granted less what was given back.
async fn workers(desk: &mut Desk, caps: MoneyCaps) -> Result<u64, Fault> {
    let mut fences = Vec::new();
    for _ in 0..CALLERS {
        desk.submit(|task| task.batch = Some("b".to_owned()))
            .await?;
        fences.push(desk.claim().await?.fence);
    }
    let now = desk.now;
    let draw = Draw {
        least: 4,
        wanted: 10,
        caps,
    };
    let answers = all(desk, move |store, number| {
        let fence = fences[usize::from(number) - 1];
        async move {
            let mut kept = 0_u64;
            for round in 0..20 {
                let Drawn::Granted(drawn) = store.draw(fence, draw, now).await? else {
                    continue;
                };
                kept += drawn;
                if round % 2 == 0 {
                    store.settle(fence, 1, 2, now).await?;
                    kept -= 2;
                }
            }
            StoreResult::Ok(kept)
        }
    });
    let mut kept = 0;
    for answer in answers.await? {
        kept += answer?;
    }
    Ok(kept)
}

pub(super) async fn the_cap_of_a_batch_holds(desk: &mut Desk) -> Verdict {
    let caps = MoneyCaps {
        batch: Some(155),
        ..NO_CAP
    };
    let kept = workers(desk, caps).await?;
    let sum = desk.store.money_of_batch("b").await?;
    same("what was granted is booked", sum.used(), kept)?;
    // Less than the least is left, for otherwise the last round had drawn it.
    holds("up to the cap", (152..=155).contains(&kept))
}

pub(super) async fn the_cap_of_a_day_holds(desk: &mut Desk) -> Verdict {
    let caps = MoneyCaps {
        batch: Some(300),
        day: Some(155),
        ..NO_CAP
    };
    let kept = workers(desk, caps).await?;
    let days = desk.store.money_of_days(money_day(desk.now)).await?;
    let used: Vec<u64> = days.iter().map(|day| day.sum.used()).collect();
    same("what was granted is booked", used, vec![kept])?;
    holds("up to the cap", (152..=155).contains(&kept))
}
