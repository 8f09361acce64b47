//! Answers whose status is 200: good ones, broken ones, and errors in the place of one.

use bytes::Bytes;
use deckhands_model::{CallFault, Usage};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::{Verdict, Weight, failed, refused, veil_text};
use crate::answer::Answer;
use crate::complaint::Complaint;
use crate::money::Told;
use crate::outline::Outline;
use crate::reply::{Broke, Reply};
use crate::route::Scope;
use crate::secret::Veil;
use crate::text;

/// Judges an answer whose status is 200; `streamed` tells that it was wanted as events.
pub(super) fn judge(reply: &Reply, streamed: bool, veil: &Veil) -> Verdict {
    if let Some(broke) = &reply.broke {
        return broken(reply.body.len(), broke, veil);
    }
    let events = reply.event_stream().filter(|_| streamed);
    let outline = match events {
        Some(_) => Some(Outline::of_events(&reply.body)),
        None => Outline::of_document(&reply.body),
    };
    let Some(outline) = outline else {
        let words = text::words(&reply.body, veil);
        return unusable(reply, format!("the answer is no JSON: {words}"), veil);
    };
    let verdict = match &outline.error {
        Some(error) => {
            let complaint = Complaint::of_error(error);
            let verdict = refused(reply, complaint.code.unwrap_or(200), &complaint, veil);
            let in_its_place = events.is_none() && !outline.has_choice;
            match complaint.code {
                Some(_) if in_its_place => verdict,
                _ => bad(verdict),
            }
        }
        None if events.is_some() && !outline.is_whole => {
            broken(reply.body.len(), &Broke::early(), veil)
        }
        None if outline.has_choice => good(reply, events, &outline.usage, veil),
        None => unusable(reply, "the answer has no choice".to_owned(), veil),
    };
    told(verdict, &outline, veil)
}

/// The verdict with what the answer tells of itself.
pub(super) fn told(verdict: Verdict, outline: &Outline, veil: &Veil) -> Verdict {
    let model = outline.model.as_ref();
    Verdict {
        model: model.map(|model| veil_text(model, veil)),
        usage: outline.usage,
        told: outline.told,
        ..verdict
    }
}

/// A stream that ended with an error after it had begun.
pub(super) fn ended_by_error(error: &Value, veil: &Veil) -> Verdict {
    let complaint = Complaint::of_error(error);
    let reply = Reply {
        status: 200,
        headers: HeaderMap::new(),
        body: Bytes::from(json!({ "error": error }).to_string()),
        broke: None,
    };
    bad(refused(
        &reply,
        complaint.code.unwrap_or(200),
        &complaint,
        veil,
    ))
}

/// A usable answer passes as it came.
fn good(reply: &Reply, events: Option<&HeaderValue>, usage: &Usage, veil: &Veil) -> Verdict {
    let body = veil.bytes(reply.body.clone());
    let answer = match events {
        Some(kind) => Answer::new(200, kind.clone(), body),
        None => Answer::json(200, body),
    };
    Verdict {
        answer: answer.with_cost(usage.cost_usd),
        ..served()
    }
}

/// A usable answer that the agent has, or will have.
pub(super) fn served() -> Verdict {
    Verdict {
        answer: Answer::json(200, Bytes::new()),
        weight: Weight::Good,
        status: Some(200),
        fault: None,
        detail: String::new(),
        words: String::new(),
        retry_after: None,
        busy: false,
        scope: Scope::Model,
        told: Told::default(),
        may_cost: true,
        model: None,
        usage: Usage::default(),
    }
}

/// Not all of an answer came.
pub(super) fn broken(came: usize, broke: &Broke, veil: &Veil) -> Verdict {
    let (as_status, fault, why) = match broke {
        Broke::Late => (
            504,
            CallFault::TimedOut,
            format!("only {came} bytes of an answer came in time"),
        ),
        Broke::TooLarge => (
            503,
            CallFault::BadAnswer,
            format!("the answer has more than {came} bytes"),
        ),
        Broke::Off(why) => (
            503,
            CallFault::Unreachable,
            format!(
                "the answer broke off after {came} bytes: {}",
                veil_text(why, veil)
            ),
        ),
    };
    failed(as_status, fault, Some(200), why)
}

/// All of an answer came, and nothing can be made of it.
fn unusable(reply: &Reply, why: String, veil: &Veil) -> Verdict {
    Verdict {
        detail: text::detail(&reply.body, veil),
        ..failed(503, CallFault::BadAnswer, Some(200), why)
    }
}

/// An error that ended an answer, or one that names no status.
fn bad(verdict: Verdict) -> Verdict {
    Verdict {
        fault: Some(CallFault::BadAnswer),
        ..verdict
    }
}
