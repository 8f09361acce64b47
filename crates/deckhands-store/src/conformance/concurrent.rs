//! Cases of several callers at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::desk::{Desk, TERM, worker};
use super::fault::{Fault, Verdict, holds, same};
use crate::error::{StoreError, StoreResult};
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

pub(super) async fn the_cap_holds(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    let (fence, now) = (claim.fence, desk.now);
    let answers = all(desk, move |store, _| async move {
        let mut drawn = 0_u64;
        for _ in 0..5 {
            drawn += u64::from(store.draw(fence, 10, 155, now).await?);
        }
        StoreResult::Ok(drawn)
    });
    let mut drawn = 0;
    for answer in answers.await? {
        drawn += answer?;
    }
    same("draws", drawn, 15)?;
    let open = desk.store.money(claim.task.id).await?.open;
    holds("what is open", open == 150)
}
