//! Money: what a call may cost, what it did cost, and that nothing is forwarded that no drawn money
//! covers.
//!
//! Prices are data ([`PriceTable`]); a call's greatest cost is known before it ([`worst_case`]) and
//! reserved in a [`Purse`], what it really cost is [`Booked`] after it. The purse draws slices from
//! a [`Ledger`], which is a port: whoever has a store implements it, [`MemoryLedger`] is for
//! programs without one. Amounts are [`Usd`](deckhands_model::Usd), nanodollars.

mod cost;
mod price;
mod table;

mod booked;
mod bounded;
mod told;

mod ledger;
mod memory;
mod pressure;
mod purse;

pub use booked::{Booked, BookedBy};
pub use bounded::{Unbounded, bounded};
pub use cost::{MARGIN_TOKENS, Tokens, cost, worst_case};
pub use ledger::{Draw, Ledger, LedgerError, Refusal};
pub use memory::{Account, MemoryLedger};
pub use pressure::Pressure;
pub use price::{LongPrice, Price, PriceError, Rate};
pub use purse::{Purse, PursePolicy, PurseState, Refused, Reservation};
pub use table::{Origin, PriceTable, PriceTableError};
pub use told::Told;
pub(crate) use told::cost as told_cost;
