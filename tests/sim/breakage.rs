//! Deliberate faults of the simulated surroundings: each must be caught, under the right name.

#[cfg(test)]
use crate::invariant::Invariant;

/// One thing that is done wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Breakage {
    /// A store that forgets what has ended when an engine starts.
    ForgetsOnRestart,
    /// A store that acknowledges a hand-in before it keeps it.
    AcknowledgesEarly,
    /// A store that writes an end down twice.
    FinishesTwice,
    /// An agent's runner that never lets its slot go.
    NeverReturns,
    /// A store that gives a lease away before its end.
    AdoptsEarly,
    /// A worker that makes containers without asking for its lease.
    MakesUnasked,
    /// A worker that promotes without asking for its lease.
    PromotesUnasked,
    /// A worker that forgets that it promoted.
    PromotesTwice,
    /// A worker that tells a success without having promoted it.
    ClaimsSuccess,
    /// A worker that leaves a container without a label behind.
    LeaksContainer,
    /// A worker that announces no container.
    AnnouncesNothing,
    /// A store that takes writes of whoever held a lease once.
    IgnoresFence,
    /// A store that gives an epoch out again together with the number of an attempt.
    ReusesEpochs,
    /// A store that keeps attempts that were not begun.
    KeepsNotBegun,
    /// A store that forgets what recovery remembers.
    ForgetsBudget,
    /// A worker that draws without a cap.
    DrawsAboveCap,
    /// A store that lets the unimportant wait for ever.
    Starves,
    /// An engine with one slot more than it was given.
    OneSlotMore,
    /// A store that tells no worker of a cancellation.
    HidesCancel,
    /// A store that does not keep a hold.
    SwallowsHold,
    /// A store that does not know a key again.
    IgnoresKeys,
    /// A store that loses count.
    Miscounts,
    /// A worker that panics.
    Panics,
    /// Ids that do not come from the seed.
    IdsOfItsOwn,
}

#[cfg(test)]
impl Breakage {
    pub(crate) const ALL: [Self; 24] = [
        Self::ForgetsOnRestart,
        Self::AcknowledgesEarly,
        Self::FinishesTwice,
        Self::NeverReturns,
        Self::AdoptsEarly,
        Self::MakesUnasked,
        Self::PromotesUnasked,
        Self::PromotesTwice,
        Self::ClaimsSuccess,
        Self::LeaksContainer,
        Self::AnnouncesNothing,
        Self::IgnoresFence,
        Self::ReusesEpochs,
        Self::KeepsNotBegun,
        Self::ForgetsBudget,
        Self::DrawsAboveCap,
        Self::Starves,
        Self::OneSlotMore,
        Self::HidesCancel,
        Self::SwallowsHold,
        Self::IgnoresKeys,
        Self::Miscounts,
        Self::Panics,
        Self::IdsOfItsOwn,
    ];

    /// What does not hold because of it.
    pub(crate) fn caught_by(self) -> Invariant {
        match self {
            Self::ForgetsOnRestart | Self::AcknowledgesEarly => Invariant::NoTaskLost,
            Self::FinishesTwice => Invariant::OneResult,
            Self::NeverReturns => Invariant::AllDone,
            Self::AdoptsEarly => Invariant::OneAtWork,
            Self::MakesUnasked => Invariant::NoStaleWork,
            Self::PromotesUnasked => Invariant::NoStalePromotion,
            Self::PromotesTwice => Invariant::OnePromotion,
            Self::ClaimsSuccess => Invariant::Evidence,
            Self::LeaksContainer => Invariant::NothingLeft,
            Self::AnnouncesNothing => Invariant::Announced,
            Self::IgnoresFence | Self::ReusesEpochs => Invariant::NoStaleWrite,
            Self::ForgetsBudget => Invariant::AttemptsBounded,
            Self::DrawsAboveCap => Invariant::MoneyBounded,
            Self::Starves => Invariant::Ageing,
            Self::OneSlotMore => Invariant::Slots,
            Self::HidesCancel => Invariant::CancelHeeded,
            Self::SwallowsHold => Invariant::HoldHeeded,
            Self::IgnoresKeys => Invariant::KeysUnique,
            Self::Miscounts | Self::KeepsNotBegun => Invariant::RecordSound,
            Self::Panics => Invariant::NoPanic,
            Self::IdsOfItsOwn => Invariant::Replays,
        }
    }
}
