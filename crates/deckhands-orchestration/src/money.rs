//! Money of tasks: what may be spent and what models cost, and the accounts that attempts draw from.

mod ledger;
mod limits;
mod report;
mod run;

pub use ledger::{LeaseLedger, TaskLedger};
pub use limits::MoneyLimits;
pub use run::{RunLedger, ledger_of_run};

pub(crate) use limits::{check, check_ledger, not_opened};
pub(crate) use report::report;

#[cfg(test)]
mod tests;
