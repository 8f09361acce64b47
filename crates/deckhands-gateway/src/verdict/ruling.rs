//! The table of statuses: what the agent is told for each.

use super::Weight;
use crate::complaint::Complaint;

/// How a refusal goes on to the agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ruling {
    /// As the error by which it knows to shorten its history.
    TooLong,
    /// With this status, which ends the agent.
    Pass(u16, Weight),
    /// With this status, after which it tries again.
    TryAgain(u16),
}

/// What a status with these words means for the agent.
pub(super) fn rule(status: u16, complaint: &Complaint) -> Ruling {
    match status {
        400 | 422 if complaint.is_too_long() => Ruling::TooLong,
        413 => Ruling::TooLong,
        429 if complaint.is_out_of_quota() => Ruling::Pass(402, Weight::Final),
        429 if complaint.is_more_than_a_minute() => Ruling::TooLong,
        400 | 422 => Ruling::Pass(400, Weight::Refused),
        401 | 402 | 404 => Ruling::Pass(status, Weight::Final),
        403 => Ruling::Pass(403, Weight::Refused),
        408 | 504 => Ruling::TryAgain(504),
        _ => Ruling::TryAgain(503),
    }
}
