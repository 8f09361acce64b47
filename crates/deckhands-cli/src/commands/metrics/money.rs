//! Bounded money by the level of its cap.

use std::collections::{BTreeMap, BTreeSet};

use deckhands_model::Usd;
use deckhands_orchestration::MoneyFigures;
use deckhands_store::{MoneySum, Store, StoreError, StoreResult, money_day};
use jiff::Timestamp;
use serde_json::Value;

use crate::error::CliError;

/// What is told of a level while it is added up.
#[derive(Clone, Copy, Default)]
struct Level {
    sum: MoneySum,
    cap: Option<Usd>,
}

impl Level {
    /// Adds what has this cap.
    fn add(&mut self, sum: MoneySum, cap: Usd) {
        self.sum.open = self.sum.open.saturating_add(sum.open);
        self.sum.spent = self.sum.spent.saturating_add(sum.spent);
        self.sum.uncertain = self.sum.uncertain.saturating_add(sum.uncertain);
        self.cap = Some(self.cap.unwrap_or_default().saturating_add(cap));
    }

    fn figures(self) -> MoneyFigures {
        let usd = |nanos| Usd::nanos(nanos).as_f64();
        MoneyFigures {
            spent_usd: usd(self.sum.spent),
            open_usd: usd(self.sum.open),
            uncertain_usd: usd(self.sum.uncertain),
            cap_usd: self.cap.map(Usd::as_f64),
        }
    }
}

/// Of today, where anything is booked or may be, and of the batches and tasks that are under way and have a
/// cap. There are no more of those than attempts are carried out at once.
pub(super) async fn by_level(
    store: &dyn Store,
    per_day: Option<Usd>,
    now: Timestamp,
) -> Result<BTreeMap<&'static str, MoneyFigures>, CliError> {
    let mut levels = BTreeMap::<_, Level>::new();
    let today = money_day(now);
    let days = store.money_of_days(today).await?;
    let sum = days.iter().find(|day| day.day == today).map(|day| day.sum);
    if sum.is_some() || per_day.is_some() {
        let day = Level {
            sum: sum.unwrap_or_default(),
            cap: per_day,
        };
        levels.insert("day", day);
    }
    let mut batches = BTreeSet::new();
    for attempt in store.live_attempts().await? {
        let Some(spec) = known(store.spec(attempt.task).await)? else {
            // It ended and was removed meanwhile.
            continue;
        };
        if let Some(cap) = cap(&spec, "max_cost") {
            let sum = known(store.money(attempt.task).await)?;
            let sum = sum.unwrap_or_default().sum();
            levels.entry("task").or_default().add(sum, cap);
        }
        let Some(cap) = cap(&spec, "max_batch_cost") else {
            continue;
        };
        let task = known(store.task(attempt.task, now).await)?;
        let batch = task.and_then(|task| task.batch);
        if let Some(batch) = batch.filter(|batch| batches.insert(batch.clone())) {
            let sum = store.money_of_batch(&batch).await?;
            levels.entry("batch").or_default().add(sum, cap);
        }
    }
    let figures = levels.into_iter();
    Ok(figures.map(|(name, of)| (name, of.figures())).collect())
}

fn cap(spec: &Value, name: &str) -> Option<Usd> {
    spec[name].as_u64().map(Usd::nanos)
}

fn known<T>(answer: StoreResult<T>) -> Result<Option<T>, CliError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(StoreError::UnknownTask(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
