//! One call of the agent on its way: its tries so far, and what is told of it in the end.

use std::time::Duration;

use bytes::Bytes;
use deckhands_model::{CallAccount, CallCost, Cause, GatewayFact, Try, Usage, Usd};
use tokio::time::Instant;

use super::Way;
use crate::loops::Sighting;
use crate::request::ChatRequest;
use crate::text;
use crate::verdict::Verdict;

/// A call on its way.
pub(super) struct Call {
    number: u64,
    pub(super) arrived: Instant,
    /// The request as it came.
    pub(super) body: Bytes,
    pub(super) request: ChatRequest,
    /// How the request looks beside those before it.
    pub(super) seen: Sighting,
    /// How long it was held so far.
    pub(super) held: Duration,
    earlier: Vec<Try>,
    /// What each of its tries cost.
    paid: Vec<Paid>,
    /// The last try, which failed.
    pub(super) last: Option<(Try, Verdict)>,
    /// Routes that it tried in vain, and from when on it may try each again.
    tried: Vec<(usize, Instant)>,
    /// Routes that cannot serve it, whatever time passes.
    closed: Vec<usize>,
    /// Routes that had too much to do, and named no time.
    busy: Vec<usize>,
}

/// What a try cost, and whether it may have cost something where that is not known.
#[derive(Clone, Copy)]
struct Paid {
    cost: Option<CallCost>,
    may_cost: bool,
}

impl Paid {
    fn known(&self) -> Option<Usd> {
        self.cost.and_then(|cost| cost.known())
    }
}

impl Call {
    pub(super) fn new(
        number: u64,
        arrived: Instant,
        (body, request): (Bytes, ChatRequest),
        seen: Sighting,
    ) -> Self {
        Self {
            number,
            arrived,
            body,
            request,
            seen,
            held: Duration::ZERO,
            earlier: Vec::new(),
            paid: Vec::new(),
            last: None,
            tried: Vec::new(),
            closed: Vec::new(),
            busy: Vec::new(),
        }
    }

    /// How long it still leaves a route alone.
    pub(super) fn pause_before(&self, place: usize) -> Duration {
        let paused = self.tried.iter().rfind(|(paused, _)| *paused == place);
        let until = paused.map(|(_, until)| until.saturating_duration_since(Instant::now()));
        until.unwrap_or_default()
    }

    /// Whether it tried a route, or was held for one.
    pub(super) fn has_begun(&self) -> bool {
        self.last.is_some() || !self.held.is_zero()
    }

    /// Leaves these routes alone to its end.
    pub(super) fn close(&mut self, places: impl IntoIterator<Item = usize>) {
        self.closed.extend(places);
    }

    /// Whether it may still try a route.
    pub(super) fn may_try(&self, place: usize) -> bool {
        !self.closed.contains(&place)
    }

    /// How often it tried a route in vain.
    pub(super) fn tries_at(&self, place: usize) -> usize {
        let tried = self.tried.iter();
        tried.filter(|(tried, _)| *tried == place).count()
    }

    /// It met a route that had too much to do, and named no time.
    pub(super) fn met_busy(&mut self, place: usize) {
        if !self.busy.contains(&place) {
            self.busy.push(place);
        }
    }

    /// The routes that had too much to do.
    pub(super) fn busy(&self) -> &[usize] {
        &self.busy
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn pause(&mut self, place: usize, pause: Duration) {
        self.tried.push((place, Instant::now() + pause));
    }

    pub(super) fn failed(&mut self, tried: Try, verdict: Verdict) {
        let before = self.last.replace((tried, verdict));
        self.earlier.extend(before.map(|(tried, _)| tried));
    }

    /// Notes what the try that ended now cost.
    pub(super) fn paid(&mut self, cost: Option<CallCost>, may_cost: bool) {
        self.paid.push(Paid { cost, may_cost });
    }

    /// Its account, where the last try ended it; where none did, all tries were in vain.
    fn account(&self, ended_by_last: bool) -> CallAccount {
        let last = self.paid.len() - usize::from(ended_by_last && !self.paid.is_empty());
        let (lost, own) = self.paid.split_at(last);
        let untold = |paid: &&Paid| paid.may_cost && paid.known().is_none();
        let unknown = self.paid.iter().filter(untold).count();
        CallAccount {
            streamed: self.request.streamed,
            cost: own.first().and_then(|paid| paid.cost),
            lost: lost.iter().filter_map(Paid::known).sum(),
            unknown: u32::try_from(unknown).unwrap_or(u32::MAX),
            ..CallAccount::default()
        }
    }

    /// All failed tries before the one that a fact is about.
    fn all_earlier(&self) -> Vec<Try> {
        let last = self.last.iter().map(|(tried, _)| tried);
        self.earlier.iter().chain(last).cloned().collect()
    }

    /// The fact of a call that ended with this verdict.
    pub(super) fn fact(
        &self,
        way: Option<&Way>,
        verdict: &Verdict,
        cause: Option<Cause>,
    ) -> GatewayFact {
        let account = self.account(true);
        let cached = verdict.told.tokens.map(|tokens| tokens.cached);
        let known = account.cost.and_then(|cost| cost.known());
        GatewayFact {
            call: self.number,
            route: way.map(|way| way.route.model.clone()),
            earlier: self.all_earlier(),
            cause,
            status: verdict.status,
            fault: verdict.fault,
            detail: verdict.detail.clone(),
            retry_after: verdict.retry_after,
            model: verdict.model.clone(),
            usage: Usage {
                cost_usd: verdict.usage.cost_usd.or(known.map(Usd::as_f64)),
                ..verdict.usage
            },
            took: self.arrived.elapsed(),
            held: self.held,
            gave_up: false,
            account: CallAccount {
                cached_tokens: cached.filter(|tokens| *tokens > 0),
                ..account
            },
        }
    }

    /// The fact of a call whose last try failed.
    pub(super) fn fact_of_last(&self, tried: &Try, verdict: &Verdict) -> GatewayFact {
        GatewayFact {
            route: Some(tried.route.clone()),
            earlier: self.earlier.clone(),
            ..self.fact(None, verdict, Some(tried.cause))
        }
    }

    /// The fact of a call that we ended ourselves.
    pub(super) fn own_fact(&self, cause: Cause, words: &str) -> GatewayFact {
        GatewayFact {
            call: self.number,
            route: None,
            earlier: self.all_earlier(),
            cause: Some(cause),
            status: None,
            fault: None,
            detail: text::beginning(words, GatewayFact::MAX_DETAIL).to_owned(),
            retry_after: None,
            model: None,
            usage: Usage::default(),
            took: self.arrived.elapsed(),
            held: self.held,
            gave_up: false,
            account: self.account(false),
        }
    }
}
