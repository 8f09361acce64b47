//! One client connection: reads requests, gives the answers, and breaks off where the script wants it.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::answer::{self, Form, Occasion};
use super::cursor::Turn;
use super::desk::{Desk, Missing, Ticket};
use super::give::{Abort, Sheet, Worth, give};
use super::record::RecordedRequest;
use super::route::{Route, route};
use super::served::Charge;
use super::stream::Streaming;
use crate::body::{CutOff, ServedBody};
use crate::script::Step;

/// A longer request is refused with 413: 32 MiB, far above any model's context.
const MAX_REQUEST: usize = 32 << 20;

/// Status of the provider's own complaint that the script has ended; no provider uses it.
const SCRIPT_ENDED: u16 = 599;

/// The name that the list of models has where any name is answered.
const ANY_MODEL: &str = "scripted/model";

type Answer = Result<Response<ServedBody>, Abort>;

/// Serves one connection until the client leaves or the script breaks it off.
pub(super) async fn serve(stream: TcpStream, desk: Arc<Desk>) {
    // Each write goes out by itself; where that cannot be set, small ones may come joined.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| handle(request, &desk));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let end = Pin::new(&mut connection).await;
    if end.is_err_and(|error| wants_reset(&error)) {
        let stream = connection.into_parts().io.into_inner();
        // Without lingering the close is a reset; if that cannot be set, a plain close is what is left.
        let _ = stream.set_zero_linger();
    }
}

fn wants_reset(error: &hyper::Error) -> bool {
    let Some(source) = std::error::Error::source(error) else {
        return false;
    };
    source.downcast_ref::<Abort>() == Some(&Abort::Reset)
        || source.downcast_ref::<CutOff>() == Some(&CutOff::Reset)
}

async fn handle(request: Request<Incoming>, desk: &Arc<Desk>) -> Answer {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST)
        .collect()
        .await
        .map(Collected::to_bytes)
        .ok();
    let bytes = body.clone().unwrap_or_default();
    let path = head.uri.path();
    let mut record = RecordedRequest::new(head.method.as_str(), path, &head.headers, &bytes);
    let script = match route(&head.method, path) {
        Route::Chat(script) => script,
        Route::Models => return plain(desk, record, 200, &answer::models(&models(desk))),
        Route::Unknown => return refuse(desk, record, (404, "not_found", "no such path")),
    };
    match wanted(body.as_ref()) {
        Err(complaint) => refuse(desk, record, complaint),
        Ok(wanted) => {
            record.script = script.map(str::to_owned);
            play(desk, record, wanted).await
        }
    }
}

/// Status, type and message of the provider's own complaint.
type Complaint = (u16, &'static str, &'static str);

/// In what form a request wants its answer, if it can be answered at all.
fn wanted(body: Option<&Bytes>) -> Result<(Form, Streaming), Complaint> {
    let bytes = body.ok_or((413, "too_large", "request not read to its end"))?;
    match serde_json::from_slice::<Value>(bytes) {
        Ok(json) => Ok((Form::of(&json), Streaming::of(&json))),
        Err(_) => Err((400, "invalid_request_error", "request is not JSON")),
    }
}

/// The names that the list of models has; one more stands for all that are answered.
fn models(desk: &Desk) -> Vec<String> {
    let (mut names, any) = desk.models();
    names.extend(any.then(|| ANY_MODEL.to_owned()));
    names
}

/// Takes the script's next step and gives its answer.
async fn play(
    desk: &Arc<Desk>,
    record: RecordedRequest,
    (form, streaming): (Form, Streaming),
) -> Answer {
    let open = desk.open();
    let model = record.model.clone().unwrap_or_default();
    let Ticket { sequence, turn } = desk.take(record, form);
    let answer = match turn {
        Err(Missing::Script) => own_error(404, "not_found", "no script of this name"),
        Err(Missing::Model) => Sheet::json(404, &answer::no_model(&model)).response(&[]),
        Ok(Turn::Ended(steps)) => own_error(
            SCRIPT_ENDED,
            "script_ended",
            &format!("script ended after {steps} steps"),
        ),
        Ok(Turn::Step { step, part, .. }) => {
            let on = Occasion {
                sequence,
                model: &model,
                form,
                part,
            };
            step_answer(desk, on, streaming, &step).await
        }
    };
    answer.map(|answer| answer.map(|body| body.with_guard(open)))
}

/// The answer of a step, noted as served from its beginning on and as whole at its end.
async fn step_answer(
    desk: &Arc<Desk>,
    on: Occasion<'_>,
    streaming: Streaming,
    step: &Step,
) -> Answer {
    let sheet = give(on, streaming, step).await?;
    let worth = sheet.worth;
    let mut answer = sheet.response(&step.headers)?;
    if worth != Worth::Nothing {
        let charge = Charge::of(&step.usage);
        desk.begin(on.model, charge);
        if worth == Worth::WholeAtEnd {
            let (desk, model) = (Arc::clone(desk), on.model.to_owned());
            answer = answer.map(|body| body.when_whole(move || desk.finish(&model, charge)));
        }
    }
    Ok(match step.pace {
        Some(pace) => answer.map(|body| body.paced(pace)),
        None => answer,
    })
}

/// Answers without taking a step.
fn plain(desk: &Desk, record: RecordedRequest, status: u16, body: &Value) -> Answer {
    desk.note(record);
    Sheet::json(status, body).response(&[])
}

fn refuse(desk: &Desk, record: RecordedRequest, (status, kind, message): Complaint) -> Answer {
    plain(
        desk,
        record,
        status,
        &answer::own_error(status, kind, message),
    )
}

fn own_error(status: u16, kind: &str, message: &str) -> Answer {
    Sheet::json(status, &answer::own_error(status, kind, message)).response(&[])
}
