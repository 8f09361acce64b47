//! The lines of a tape. What stands here is a file format: fields may be added, but not change.

use bytes::Bytes;
use deckhands_model::Usage;
use serde::{Deserialize, Serialize};

use super::mark::Mark;
use super::{TapedAnswer, TapedCall};
use crate::secret::Veil;

/// Version of the form.
pub(super) const VERSION: u32 = 1;

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// The first one.
    Tape { version: u32 },
    /// A call.
    Call(Box<CallLine>),
    /// The last one of a recorder that has reached its bound.
    Full { bytes: u64 },
}

/// A call.
#[derive(Serialize, Deserialize)]
pub(super) struct CallLine {
    pub(super) number: u64,
    pub(super) asked: Mark,
    answer: AnswerLine,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) served: Option<String>,
    #[serde(default)]
    usage: UsageLine,
}

#[derive(Serialize, Deserialize)]
struct AnswerLine {
    status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost: Option<String>,
    body: String,
}

/// The model's own words for it may change; these stay.
#[derive(Default, Serialize, Deserialize)]
struct UsageLine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output_tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost_usd: Option<f64>,
}

impl Line {
    /// The line as it is written, with its end.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec(self).expect("invariant: texts and numbers can be written as JSON");
        bytes.push(b'\n');
        bytes
    }
}

impl CallLine {
    /// The line of a call, the veil over all that came from outside.
    pub(super) fn of(number: u64, call: TapedCall, veil: &Veil) -> Self {
        let mut asked = Mark::of_request(&call.request);
        asked.model = asked.model.map(|model| veil.text(model));
        let text = |text: Option<String>| text.map(|text| veil.text(text));
        let body = String::from_utf8_lossy(&call.answer.body).into_owned();
        Self {
            number,
            asked,
            answer: AnswerLine {
                status: call.answer.status,
                content_type: text(call.answer.content_type),
                cost: text(call.answer.cost),
                body: veil.text(body),
            },
            served: text(call.served),
            usage: UsageLine {
                input_tokens: call.usage.input_tokens,
                output_tokens: call.usage.output_tokens,
                cost_usd: call.usage.cost_usd,
            },
        }
    }

    /// What the call spent.
    pub(super) fn usage(&self) -> Usage {
        Usage {
            input_tokens: self.usage.input_tokens,
            output_tokens: self.usage.output_tokens,
            cost_usd: self.usage.cost_usd,
        }
    }

    /// The answer as the agent got it.
    pub(super) fn into_answer(self) -> TapedAnswer {
        TapedAnswer {
            status: self.answer.status,
            content_type: self.answer.content_type,
            cost: self.answer.cost,
            body: Bytes::from(self.answer.body),
        }
    }
}
