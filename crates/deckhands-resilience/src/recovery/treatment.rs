//! What may be done about each cause at all: one row a cause, before any ladder is walked.

use deckhands_model::{Cause, ErrorType, FailureClass, Strategy};

/// The ladder of strategies for an error type, first step first.
#[must_use]
pub const fn ladder(error_type: ErrorType) -> &'static [Strategy] {
    error_type.strategies()
}

/// What another attempt would have to change for a cause.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Treatment {
    /// Nothing helps without a person: no further attempt, no stand-in.
    Stop,
    /// The same attempt again would end the same way: no further attempt.
    Refuse,
    /// The ladder of the error type is walked.
    Climb,
    /// Another model may do better: once for a task, where there is another route.
    OtherRouteOnce,
    /// More memory.
    MoreMemory,
}

/// The treatment of a cause.
///
/// | treatment | causes | why |
/// |---|---|---|
/// | `Stop` | class permanent: `BadKey` `OutOfCredit` `BadModel` `BadInput` `ImageMissing` `PermissionDenied` `HostDiskFull` | only a person can change it |
/// | `Refuse` | `ContextWindow` `ContentRefused` `AgentRejected` | the same request gets the same answer |
/// | `Refuse` | `WorkTimeout` `PullTimeout` `IterationLimit` `BudgetLimit` `DiskLimit` `ProcessLimit` | a bound that the user set was used up |
/// | `OtherRouteOnce` | `EmptyChange` `CheckFailed` `Stuck` `NoProgress` | the model did badly; another may not |
/// | `MoreMemory` | `OutOfMemory` | a larger bound helps, up to the policy's |
/// | `Climb` | classes transient and rate limited; `Unknown` once | passes by itself, after a wait or elsewhere |
#[must_use]
pub const fn treatment(cause: Cause) -> Treatment {
    match cause {
        Cause::ContextWindow | Cause::ContentRefused | Cause::AgentRejected => Treatment::Refuse,
        Cause::EmptyChange | Cause::CheckFailed | Cause::Stuck | Cause::NoProgress => {
            Treatment::OtherRouteOnce
        }
        Cause::OutOfMemory => Treatment::MoreMemory,
        other => of_class(other.class()),
    }
}

const fn of_class(class: FailureClass) -> Treatment {
    match class {
        FailureClass::Permanent => Treatment::Stop,
        FailureClass::Rejected | FailureClass::Exhausted => Treatment::Refuse,
        FailureClass::Transient | FailureClass::RateLimited => Treatment::Climb,
    }
}

/// Whether the model's route is to blame, so that a breaker may open it. A lost container or a
/// crashed agent says nothing about the provider.
#[must_use]
pub const fn route_to_blame(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::ProviderUnreachable
            | Cause::ProviderError
            | Cause::ProviderTimeout
            | Cause::RateLimited
            | Cause::QuotaUntilReset
    )
}
