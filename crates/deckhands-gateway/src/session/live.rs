//! Hands a stream on whose first content is there; its end is told by whoever holds its body.

use std::sync::Arc;

use deckhands_model::GatewayFact;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response};
use tokio::sync::OwnedSemaphorePermit;

use super::Inner;
use super::call::Call;
use super::door::Visit;
use super::ends::log;
use super::tried::Trying;
use crate::body::AnswerBody;
use crate::secret::StreamVeil;
use crate::stream::{Begun, Bounds, Live, StreamEnd};
use crate::tape::{TapedAnswer, TapedCall};
use crate::verdict;

/// What a stream keeps until its end.
pub(super) struct Streamed {
    pub(super) trying: Trying,
    pub(super) slot: OwnedSemaphorePermit,
    pub(super) headers: HeaderMap,
}

impl Inner {
    /// Hands a stream on.
    pub(super) async fn live(
        self: &Arc<Self>,
        call: Call,
        begun: Begun,
        streamed: Streamed,
        visit: &Visit,
    ) -> Response<AnswerBody> {
        // Reserved now: at the end of a stream nobody can wait for a reader.
        let place_for_fact = visit.reserve().await;
        let bounds = Bounds {
            patience: self.limits.answer,
            whole: self
                .limits
                .stream
                .saturating_sub(streamed.trying.started.elapsed()),
            bytes: self.limits.answer_bytes,
            copied: self.recorder.is_some(),
            usage_asked: call.request.usage_asked(),
            shut: visit.shut(),
        };
        let kind = streamed.headers.get(CONTENT_TYPE).cloned();
        let (inner, veil) = (self.clone(), self.veil(visit));
        let secrets: Vec<String> = self.secrets(visit).map(str::to_owned).collect();
        let told_kind = kind
            .as_ref()
            .and_then(|kind| kind.to_str().ok())
            .map(str::to_owned);
        let on_end = move |end: StreamEnd| {
            let mut verdict = verdict::judge_stream(&end, &veil)?;
            let Streamed {
                trying,
                slot: _until_now,
                ..
            } = streamed;
            let place = trying.place;
            let done = inner.conclude(trying, &mut verdict);
            let mut call = call;
            call.paid(done.cost, verdict.may_cost);
            let cause = done.failed.map(|(tried, _then)| tried.cause);
            inner.note_end(&call, cause);
            let mut fact = call.fact(Some(&inner.ways[place]), &verdict, cause);
            fact.gave_up = done.too_late;
            fact.account.began = inner.began(&call);
            log(&fact, 200);
            let taped = end.copy.map(|body| taped(&call, &fact, told_kind, body));
            if let Some(reader) = place_for_fact {
                reader.send(fact);
            }
            inner.taping(taped?, secrets)
        };
        let veil = StreamVeil::new(self.veil(visit));
        let live = Live::new(begun, veil, bounds, Box::new(on_end));
        let mut response = Response::new(AnswerBody::live(live));
        let headers = kind.map(|kind| (CONTENT_TYPE, kind));
        *response.headers_mut() = HeaderMap::from_iter(headers);
        response
    }

    /// Records a stream, where there is a recorder.
    fn taping(&self, call: TapedCall, secrets: Vec<String>) -> Option<BoxFuture<'static, ()>> {
        let recorder = self.recorder.clone()?;
        let taping = async move {
            let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
            recorder.record(call, &secrets).await;
        };
        Some(taping.boxed())
    }
}

fn taped(
    call: &Call,
    fact: &GatewayFact,
    content_type: Option<String>,
    body: bytes::Bytes,
) -> TapedCall {
    TapedCall {
        request: call.body.clone(),
        answer: TapedAnswer {
            status: 200,
            content_type,
            cost: None,
            body,
        },
        served: fact.model.clone(),
        usage: fact.usage,
    }
}
