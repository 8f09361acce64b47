//! One client connection: reads requests and gives the answers.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::RANGE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::answer::answer;
use super::desk::Desk;
use crate::body::ServedBody;

/// Serves one connection until the client leaves or a fault breaks it off.
pub(super) async fn serve(stream: TcpStream, desk: Arc<Desk>) {
    let service = service_fn(|request| {
        let answer = handle(&request, &desk);
        std::future::ready(answer)
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A client that leaves, a try with TLS first, and a scripted cut all end here.
    let _ = connection.await;
}

fn handle(
    request: &Request<Incoming>,
    desk: &Desk,
) -> Result<Response<ServedBody>, hyper::http::Error> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Response::builder().status(405).body(ServedBody::whole(""));
    }
    let from = first_byte(request);
    let turn = desk.take(request.method().as_str(), request.uri().path(), from);
    answer(desk, turn, from)
}

/// Where a wanted part begins; only parts up to the end are served, others count as the whole.
fn first_byte(request: &Request<Incoming>) -> usize {
    let range = request.headers().get(RANGE);
    range
        .and_then(|range| range.to_str().ok())
        .and_then(|range| range.strip_prefix("bytes="))
        .and_then(|range| range.strip_suffix('-'))
        .and_then(|first| first.parse().ok())
        .unwrap_or(0)
}
