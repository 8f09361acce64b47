//! A question to one of the stores.

use deckhands_model::TaskState;

use super::act::{Side, text};
use super::call::Ask;
use crate::conformance::desk::moved;
use crate::money::money_day;
use crate::task::{Page, TaskFilter};

impl Side<'_> {
    pub(super) async fn ask(&self, ask: Ask) -> String {
        let (store, now) = (self.store, self.now);
        match ask {
            Ask::Task(task) => text(store.task(self.task(task), now).await),
            Ask::Find { task, len } => {
                let whole = self.task(task).to_string();
                let prefix: String = whole.chars().take(len.into()).collect();
                text(store.find(&prefix).await)
            }
            Ask::Last => text(store.find("last").await),
            Ask::List {
                states,
                batch,
                offset,
                limit,
            } => {
                let chosen = TaskState::ALL.into_iter().enumerate();
                let chosen = chosen.filter(|(n, _)| states & (1 << n) != 0);
                let filter = TaskFilter {
                    states: chosen.map(|(_, state)| state).collect(),
                    batch: batch.map(|batch| format!("batch {batch}")),
                };
                let (offset, limit) = (offset.into(), limit.into());
                text(store.list(&filter, Page { offset, limit }, now).await)
            }
            Ask::Spec(task) => text(store.spec(self.task(task)).await),
            Ask::Attempts(task) => text(store.attempts(self.task(task)).await),
            Ask::Reports { after, limit } => {
                text(store.reports(after.into(), limit.into(), now).await)
            }
            Ask::Live => text(store.live_attempts().await),
            Ask::Result(task) => text(store.result(self.task(task)).await),
            Ask::Events { task, after, limit } => {
                let task = task.map(|task| self.task(task));
                text(store.events(task, after.into(), limit.into()).await)
            }
            Ask::Money(task) => text(store.money(self.task(task)).await),
            Ask::Batch(batch) => text(store.money_of_batch(&format!("batch {batch}")).await),
            Ask::Payer(payer) => text(store.money_of_payer(&payer.to_string()).await),
            Ask::OpenPayers => text(store.open_payers().await),
            Ask::Days(seconds) => {
                let since = money_day(moved(now, seconds));
                text(store.money_of_days(since).await)
            }
            Ask::NextStart(seconds) => text(store.next_start(moved(now, seconds)).await),
            Ask::Stats(seconds) => text(store.stats(moved(now, seconds)).await),
            Ask::Calls => text(store.calls().await),
            Ask::Check => text(store.check().await),
        }
    }
}
