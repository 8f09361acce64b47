//! What must hold, by name.

use std::fmt;

/// One thing that must hold in every run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Invariant {
    /// A task whose hand-in was acknowledged is there, with its result, for good.
    NoTaskLost,
    /// A task ends once; results and events of an end are as many as ended tasks.
    OneResult,
    /// Everything comes to an end once nothing disturbs it any more.
    AllDone,
    /// No two workers that are sure of their lease work on one task, no two attempts of it run.
    OneAtWork,
    /// A worker whose lease is gone makes nothing and takes nothing over.
    NoStaleWork,
    /// A worker whose lease is gone promotes nothing.
    NoStalePromotion,
    /// A task's change is promoted at most once.
    OnePromotion,
    /// Completed is what was promoted, and nothing else.
    Evidence,
    /// No container is left.
    NothingLeft,
    /// A container is announced before it is made.
    Announced,
    /// A stale write changes no row, and a good one is not refused.
    NoStaleWrite,
    /// Attempts are bounded by the task's budget and the free reruns.
    AttemptsBounded,
    /// Money is drawn before it is spent and never above the cap.
    MoneyBounded,
    /// Whoever has waited its bound is not passed over by one that came later.
    Ageing,
    /// No engine has more attempts at work than it has slots.
    Slots,
    /// What was cancelled does not begin.
    CancelHeeded,
    /// What is held does not begin.
    HoldHeeded,
    /// The same key is the same task.
    KeysUnique,
    /// The record agrees with itself: counters, states, reports.
    RecordSound,
    /// Nothing panics.
    NoPanic,
    /// The same seed gives the same run.
    Replays,
}

#[cfg(test)]
impl Invariant {
    pub(crate) const ALL: [Self; 21] = [
        Self::NoTaskLost,
        Self::OneResult,
        Self::AllDone,
        Self::OneAtWork,
        Self::NoStaleWork,
        Self::NoStalePromotion,
        Self::OnePromotion,
        Self::Evidence,
        Self::NothingLeft,
        Self::Announced,
        Self::NoStaleWrite,
        Self::AttemptsBounded,
        Self::MoneyBounded,
        Self::Ageing,
        Self::Slots,
        Self::CancelHeeded,
        Self::HoldHeeded,
        Self::KeysUnique,
        Self::RecordSound,
        Self::NoPanic,
        Self::Replays,
    ];
}

/// Something that did not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Violation {
    pub(crate) invariant: Invariant,
    pub(crate) what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.invariant, self.what)
    }
}
