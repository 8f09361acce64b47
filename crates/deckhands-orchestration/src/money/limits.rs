//! What a process knows of money, and what is refused because of it.

use std::fmt;
use std::sync::{Arc, LazyLock};

use deckhands_gateway::{Price, PriceTable, Rate, RouteError};
use deckhands_model::{Cause, ModelId, ModelWay, Usd};
use deckhands_store::{Money, MoneyCaps};

use crate::failure::RunFailure;
use crate::request::TaskRequest;

/// What a price for a million tokens is for one, in nanodollars to picodollars.
const NANOS_PER_PICO: u64 = 1000;

/// What a process knows of money: the cap that holds for all tasks of its home, and prices.
#[derive(Clone)]
pub struct MoneyLimits {
    /// Most that everything of the home may cost on one day, in UTC.
    pub per_day: Option<Usd>,
    /// What a million tokens, of input and of output alike, are taken to cost of a model that has no
    /// known price.
    pub unknown_price: Option<Usd>,
    /// What models cost.
    pub prices: Arc<PriceTable>,
    /// Where a task that is not stored books what it spends, for the day's cap to count it.
    pub book: Option<Arc<dyn Money>>,
}

impl Default for MoneyLimits {
    /// No cap, and the built-in prices alone.
    fn default() -> Self {
        // Invariant: the crate of the table tests that it can be read.
        static BUILT_IN: LazyLock<Arc<PriceTable>> =
            LazyLock::new(|| Arc::new(PriceTable::built_in().unwrap_or_default()));
        Self {
            per_day: None,
            unknown_price: None,
            prices: BUILT_IN.clone(),
            book: None,
        }
    }
}

impl fmt::Debug for MoneyLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoneyLimits")
            .field("per_day", &self.per_day)
            .field("unknown_price", &self.unknown_price)
            .finish_non_exhaustive()
    }
}

impl MoneyLimits {
    /// What a model costs at an address, or is taken to cost; no address is its provider's own.
    #[must_use]
    pub fn price(&self, model: &ModelId, base_url: Option<&str>) -> Option<Price> {
        let assumed = || {
            let nanos = self.unknown_price?.as_nanos();
            let rate = Rate::picodollars(nanos.div_ceil(NANOS_PER_PICO));
            Some(Price::of(rate, rate))
        };
        self.prices.at(model, base_url).or_else(assumed)
    }
}

impl TaskRequest {
    /// What its model costs, or is taken to cost.
    #[must_use]
    pub fn price(&self) -> Option<Price> {
        self.money.price(&self.model, self.base_url.as_deref())
    }

    /// Whether any cap holds for its money.
    #[must_use]
    pub fn is_capped(&self) -> bool {
        let caps = [self.max_cost, self.max_batch_cost, self.money.per_day];
        caps.iter().any(Option::is_some)
    }

    /// Whether an attempt at it may call a model at an address, as [`MoneyLimits::price`] has it: under a
    /// cap only one whose price is known, or taken to be.
    pub(crate) fn affords(&self, model: &ModelId, base_url: Option<&str>) -> bool {
        !self.is_capped() || self.money.price(model, base_url).is_some()
    }

    /// The caps that hold for an attempt at it.
    pub(crate) fn money_caps(&self) -> MoneyCaps {
        MoneyCaps {
            attempt: None,
            task: self.max_cost.map(Usd::as_nanos),
            batch: self.max_batch_cost.map(Usd::as_nanos),
            day: self.money.per_day.map(Usd::as_nanos),
        }
    }
}

/// Whether the caps of a request can be held; asks nobody.
///
/// # Errors
/// [`RunFailure`] with [`Cause::BadInput`].
pub(crate) fn check(request: &TaskRequest) -> Result<(), RunFailure> {
    if !request.is_capped() {
        return Ok(());
    }
    if request.way == ModelWay::Direct {
        let text = "money cannot be bounded where the agent calls its model itself";
        let hint = "leave `model.way` out, or leave out `--max-cost` and the caps of `money`";
        return Err(RunFailure::new(Cause::BadInput, text).with_hint(hint));
    }
    match request.price() {
        Some(_) => Ok(()),
        None => Err(unpriced(&request.model)),
    }
}

/// A cap that nobody counts for is not promised.
///
/// # Errors
/// [`RunFailure`] with [`Cause::BadInput`] for a capped request without a ledger.
pub(crate) fn check_ledger(request: &TaskRequest, has_ledger: bool) -> Result<(), RunFailure> {
    if has_ledger || !request.is_capped() {
        return Ok(());
    }
    let text = "the cap on money cannot be held: nothing says where it is counted";
    let hint = "give the order a ledger, or for a day's cap the limits a book";
    Err(RunFailure::new(Cause::BadInput, text).with_hint(hint))
}

/// Why the gateway has no session for a request.
pub(crate) fn not_opened(error: &RouteError) -> RunFailure {
    match error {
        RouteError::NoPrice { model } => unpriced(model),
        other => RunFailure::of_error(Cause::BadInput, other),
    }
}

/// Nothing can be promised of a model that may cost anything.
fn unpriced(model: &ModelId) -> RunFailure {
    let text = format!("the price of `{model}` is not known, so no cap on money can be held");
    RunFailure::new(Cause::BadInput, text).with_hint(
        "say what it costs: in `models.toml` (usd_per_mtok_input, usd_per_mtok_output), or for all \
         unknown models with `money.unknown_price`",
    )
}
