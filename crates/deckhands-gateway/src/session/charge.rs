//! The money of one try: reserved before it goes out, booked when it is over.

use std::time::Duration;

use deckhands_model::{CallCost, CostBy, MoneyLevel, Usd};
use tokio::time::{sleep, timeout};

use super::Inner;
use super::call::Call;
use super::choose::Held;
use crate::money::{
    Booked, BookedBy, LedgerError, Price, Refused, Reservation, bounded, worst_case,
};
use crate::request::ONLINE;
use crate::verdict::Verdict;

/// Between two wishes for money that others have drawn.
const AGAIN: Duration = Duration::from_secs(1);

/// What a try may cost. Dropped, it is booked with its worst case.
pub(super) struct Charge {
    reservation: Option<Reservation>,
    price: Option<Price>,
}

impl Inner {
    /// Why a request is not made, whichever route there is.
    pub(super) fn not_allowed(&self, call: &Call) -> Option<String> {
        self.unwanted(call).or_else(|| self.unbounded(call))
    }

    /// What of the provider's own a request wants that it may not have. A route that is one of those is the
    /// choice of whoever opened the session.
    fn unwanted(&self, call: &Call) -> Option<String> {
        if self.limits.provider_tools {
            return None;
        }
        let mut models = self.ways.iter().map(|way| &way.route.upstream.model);
        let is_route = models.any(|model| model.ends_with(ONLINE));
        let online = call.request.is_online() && !is_route;
        let tool = call.request.provider_tool();
        let tool = tool.or_else(|| online.then(|| ONLINE.to_owned()))?;
        Some(format!(
            "it wants the provider's own `{tool}`, which acts and costs by itself: it is not allowed"
        ))
    }

    /// Why the cost of a request cannot be bounded, where it has to be.
    fn unbounded(&self, call: &Call) -> Option<String> {
        self.purse.as_ref()?;
        let unbounded = bounded(&call.body).err()?;
        Some(format!("what it costs cannot be bounded: {unbounded}"))
    }

    /// Reserves what a try needs. A cap that others share may be used up by what they have drawn and do not
    /// spend: that is waited for as long as a call may be held.
    pub(super) async fn pay(
        &self,
        place: usize,
        call: &mut Call,
        bytes: usize,
    ) -> Result<Charge, Refused> {
        loop {
            let whole = self.limits.whole.saturating_sub(call.arrived.elapsed());
            let reserved = timeout(whole, self.reserve(place, call, bytes)).await;
            let refused = match reserved {
                Ok(Ok(charge)) => return Ok(charge),
                Ok(Err(refused)) => refused,
                Err(late) => return Err(Refused::Ledger(LedgerError::new(late))),
            };
            let shared = matches!(&refused, Refused::Cap(cap)
                if matches!(cap.level, MoneyLevel::Batch | MoneyLevel::Day));
            let left = self.limits.hold.saturating_sub(call.held).min(whole);
            if !shared || left < AGAIN {
                return Err(refused);
            }
            self.pressure.raise();
            let held = Held::one_of(&self.held);
            sleep(AGAIN).await;
            drop(held);
            call.held += AGAIN;
        }
    }

    /// Reserves the most that a try at a route, of a body of so many bytes, can cost.
    async fn reserve(&self, place: usize, call: &Call, bytes: usize) -> Result<Charge, Refused> {
        let route = &self.ways[place].route;
        let price = route.price;
        let reservation = match (&self.purse, &price) {
            (Some(purse), Some(price)) => {
                let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
                let worst = worst_case(price, bytes, call.request.output_tokens(route));
                Some(purse.reserve(worst).await?)
            }
            _ => None,
        };
        Ok(Charge { reservation, price })
    }
}

impl Charge {
    /// Books what came of the try. What it cost, unless that is nothing, or nobody knows.
    pub(super) fn settle(self, verdict: &Verdict) -> Option<CallCost> {
        let told = verdict.told;
        let reserved = self.reservation.as_ref().map(Reservation::worst);
        let booked = Booked::of(told, self.price.as_ref(), reserved.unwrap_or_default());
        tell_differences(&booked);
        let nothing = booked.by == BookedBy::Worst && !verdict.may_cost;
        let free = self.price.as_ref().is_some_and(Price::is_free);
        match self.reservation {
            Some(reservation) if nothing => reservation.unused(),
            Some(reservation) => reservation.settle(booked),
            None => {}
        }
        cost(&booked, reserved.filter(|_| !nothing), free)
    }
}

/// What is told of the cost; `worst` is what was reserved, if the provider may want it.
fn cost(booked: &Booked, worst: Option<Usd>, free: bool) -> Option<CallCost> {
    let (usd, by) = match booked.by {
        BookedBy::Provider => (booked.spent, CostBy::Provider),
        BookedBy::Table => (booked.spent, CostBy::Table),
        BookedBy::Worst if free => (Usd::ZERO, CostBy::Table),
        BookedBy::Worst => (worst?, CostBy::Worst),
    };
    let other = booked.differing().map(|(_, table)| table);
    Some(CallCost { usd, by, other })
}

fn tell_differences(booked: &Booked) {
    if let Some((provider, table)) = booked.differing() {
        tracing::debug!(%provider, %table, "the provider's cost is not the price table's");
    }
    if let Some(over) = booked.over_reserved {
        tracing::warn!(%over, "a call cost more than the most that was thought possible");
    }
}
