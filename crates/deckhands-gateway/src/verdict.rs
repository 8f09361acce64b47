//! From how a call ended to what the agent gets and what the fact says. Pure.
//!
//! OpenHands 0.59 hangs on 429, dies of 500 and 502 with some providers, and takes an error inside
//! of a good answer for one; so none of these leaves here. 503 and 504 let it try again, 401, 402
//! and 404 end it, 400 with `prompt is too long` makes it shorten its history.

use std::time::Duration;

use bytes::Bytes;
use deckhands_model::{CallFault, Usage};

use crate::answer::Answer;
use crate::complaint::Complaint;
use crate::money::Told;
use crate::outline::Outline;
use crate::reply::{Ending, Reply};
use crate::route::Scope;
use crate::secret::Veil;
use crate::stream::{How, StreamEnd};
use crate::{retry, text};

mod accepted;
mod ruling;

use ruling::Ruling;

/// A provider's error body that is passed on is at most this long; a longer one is put in words.
const LONGEST_PASSED: usize = 64 << 10;

/// What follows from a call.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) answer: Answer,
    pub(crate) weight: Weight,
    pub(crate) status: Option<u16>,
    pub(crate) fault: Option<CallFault>,
    /// As the fact has it.
    pub(crate) detail: String,
    /// The same for people, short.
    pub(crate) words: String,
    pub(crate) retry_after: Option<Duration>,
    /// Whether the provider has too much to do, or wants fewer calls.
    pub(crate) busy: bool,
    /// What a refusal is about.
    pub(crate) scope: Scope,
    /// What the provider told of the call's price.
    pub(crate) told: Told,
    /// Whether the provider may have served it, and so want money for it.
    pub(crate) may_cost: bool,
    pub(crate) model: Option<String>,
    pub(crate) usage: Usage,
}

/// What a call means for those after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Weight {
    /// It ends a row of failures.
    Good,
    /// This request was at fault, not the route: it counts for nothing.
    Refused,
    /// It is one of a row of failures.
    Failed,
    /// No call of this route can succeed.
    Final,
}

/// Judges a call; `streamed` tells that its answer was wanted as events.
pub(crate) fn judge(ending: &Ending, streamed: bool, veil: &Veil) -> Verdict {
    match ending {
        Ending::Replied(reply) if reply.status == 200 => accepted::judge(reply, streamed, veil),
        Ending::Replied(reply) => {
            let complaint = Complaint::of_body(&reply.body);
            let verdict = refused(reply, reply.status, &complaint, veil);
            // One that failed after it had begun may tell what it charges all the same.
            match Outline::of_document(&reply.body) {
                Some(outline) => accepted::told(verdict, &outline, veil),
                None => verdict,
            }
        }
        Ending::NotConnected(why) => Verdict {
            may_cost: false,
            ..failed(503, CallFault::Unreachable, None, veil_text(why, veil))
        },
        Ending::Unreachable(why) => failed(503, CallFault::Unreachable, None, veil_text(why, veil)),
        Ending::Garbled(why) => failed(503, CallFault::BadAnswer, None, veil_text(why, veil)),
        Ending::Silent => failed(
            504,
            CallFault::TimedOut,
            None,
            "no answer in time".to_owned(),
        ),
    }
}

/// Judges a stream that had begun; nothing where nobody waited for its end.
pub(crate) fn judge_stream(end: &StreamEnd, veil: &Veil) -> Option<Verdict> {
    let verdict = match (&end.how, &end.outline.error) {
        (How::Left, _) => return None,
        (How::Broke(broke), _) => accepted::broken(end.came, broke, veil),
        (How::Whole, Some(error)) => accepted::ended_by_error(error, veil),
        (How::Whole, None) => accepted::served(),
    };
    Some(accepted::told(verdict, &end.outline, veil))
}

/// The provider refused or failed, and `status` says how.
fn refused(reply: &Reply, status: u16, complaint: &Complaint, veil: &Veil) -> Verdict {
    let retry_after = retry::wait(status, reply, complaint);
    let words = match text::words(complaint.words.as_bytes(), veil) {
        words if words.is_empty() => format!("status {status} without a word"),
        words => words,
    };
    let (answer, weight) = match ruling::rule(status, complaint) {
        Ruling::TooLong => (Answer::too_long(&words), Weight::Refused),
        Ruling::Pass(as_status, weight) => {
            let passed = passed_body(reply, as_status, veil);
            let answer = passed.map(|body| Answer::json(as_status, body));
            (
                answer.unwrap_or_else(|| Answer::error(as_status, &words)),
                weight,
            )
        }
        Ruling::TryAgain(as_status) => {
            let answer = Answer::error(as_status, &words).with_pause(retry_after);
            (answer, Weight::Failed)
        }
    };
    Verdict {
        answer,
        weight,
        status: Some(status),
        fault: Some(CallFault::Refused),
        detail: text::detail(&reply.body, veil),
        words,
        retry_after,
        busy: complaint.is_busy(status),
        scope: complaint.scope(status),
        told: Told::default(),
        // Of an error in the place of an answer, and of one that somebody between us and the provider did
        // not wait for, nobody can say how much of an answer there was. Any other status comes before an
        // answer: providers charge for tokens that they have made, and say so where they do.
        may_cost: matches!(reply.status, 200 | 408 | 504 | 524),
        model: None,
        usage: Usage::default(),
    }
}

/// The provider's own error, where it has the form and the status that the agent is to see.
fn passed_body(reply: &Reply, as_status: u16, veil: &Veil) -> Option<Bytes> {
    let fits = reply.status == as_status && reply.body.len() <= LONGEST_PASSED;
    let body = fits.then_some(&reply.body)?;
    let root: serde_json::Value = serde_json::from_slice(body).ok()?;
    root["error"]["message"].as_str()?;
    // Written anew, so that no secret hides behind escapes.
    Some(Bytes::from(veil.text(root.to_string())))
}

/// No answer, or none that anything can be made of.
fn failed(as_status: u16, fault: CallFault, status: Option<u16>, why: String) -> Verdict {
    Verdict {
        answer: Answer::error(as_status, &why),
        weight: Weight::Failed,
        status,
        fault: Some(fault),
        detail: why.clone(),
        words: why,
        retry_after: None,
        busy: false,
        scope: Scope::Model,
        told: Told::default(),
        may_cost: true,
        model: None,
        usage: Usage::default(),
    }
}

fn veil_text(why: &str, veil: &Veil) -> String {
    text::words(why.as_bytes(), veil)
}

#[cfg(test)]
mod tests;
