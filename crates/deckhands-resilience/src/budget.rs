//! What a task may spend over all its attempts, and what all tasks together may spend on retries.

mod retry_budget;
mod task_budget;

pub use retry_budget::{RetryBudget, RetryBudgetPolicy, RetryRefused};
pub use task_budget::{Exhausted, Spent, TaskBudget};
