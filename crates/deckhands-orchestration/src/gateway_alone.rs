//! The gateway without agents of ours: for any client that speaks the OpenAI form.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use deckhands_gateway::{
    Gateway, LoopPolicy, PursePolicy, Route, Session, SessionLimits, SessionMoney, SessionSpec,
};
use deckhands_model::{GatewayFact, SecretHash};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::failure::RunFailure;
use crate::money::{self, TaskLedger};
use crate::request::TaskRequest;
use crate::worker::upstream;

/// A thousand open streams and as many connections that wait beside them.
const BOUNDS: Bounds = Bounds {
    connections: 2048,
    patience: Duration::from_secs(30),
};

/// Calls at once of one client program.
const MAX_CALLS: usize = 1024;

/// Pause after a failed accept, so that a lasting failure does not keep the processor busy.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// What clients can take of the listener.
#[derive(Clone, Copy)]
struct Bounds {
    /// Connections served at once; more wait in the listener's backlog.
    connections: usize,
    /// Longest wait for the whole head of a request, from the connection's beginning or the answer before
    /// on. Then the connection is closed: so no silent client keeps its place.
    patience: Duration,
}

/// Opens a session to the model of these settings and to those that can take its place. How its
/// clients call tools is theirs to choose, so none is left out for that; and what they ask again and
/// again is their own affair. What they may spend is drawn from the ledger.
///
/// # Errors
/// [`RunFailure`] where the model's provider cannot be called in the OpenAI form, or nobody knows what it costs
/// although money is bounded; also where it is and there is no ledger.
pub fn open_alone(
    gateway: &Gateway,
    settings: &TaskRequest,
    token: SecretHash,
    ledger: Option<Arc<dyn TaskLedger>>,
) -> Result<(Session, mpsc::Receiver<GatewayFact>), RunFailure> {
    money::check_ledger(settings, ledger.is_some())?;
    let others = settings.other_models.iter().map(|other| TaskRequest {
        model: other.model.clone(),
        base_url: other.base_url.clone(),
        api_key: other.api_key.clone(),
        native_tools: other.native_tools,
        ..settings.clone()
    });
    let all = std::iter::once(settings.clone()).chain(others);
    let routes = all.map(|request| {
        Ok(Route {
            upstream: upstream(&request)?,
            price: request.price(),
            model: request.model,
            max_output_tokens: request.relay.max_output_tokens,
        })
    });
    let spec = SessionSpec {
        token,
        expires: None,
        routes: routes.collect::<Result<_, RunFailure>>()?,
        limits: SessionLimits {
            answer: settings.relay.answer,
            whole: settings.relay.answer * 2,
            concurrent: MAX_CALLS,
            give_up_after: u32::MAX,
            remembers: false,
            ..SessionLimits::default()
        },
        money: ledger.map(|ledger| SessionMoney {
            ledger,
            purse: PursePolicy::default(),
        }),
        loops: LoopPolicy::NEVER,
        recorder: None,
        replay: None,
    };
    let opened = gateway.open(spec);
    opened.map_err(|error| money::not_opened(&error))
}

/// Serves the gateway's sessions to whoever connects and has a token, until it is to stop; then open
/// connections are closed.
pub async fn serve_alone(listener: TcpListener, gateway: Gateway, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    let accepting = accept(listener, &gateway, BOUNDS, &mut connections);
    let _stopped: Option<Infallible> = stop.run_until_cancelled(accepting).await;
    connections.shutdown().await;
}

async fn accept(
    listener: TcpListener,
    gateway: &Gateway,
    bounds: Bounds,
    connections: &mut JoinSet<()>,
) -> Infallible {
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < bounds.connections => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, gateway.clone(), bounds.patience));
                }
                // It concerns the client that is gone, or a limit of the process that may pass.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}

async fn serve(stream: TcpStream, gateway: Gateway, patience: Duration) {
    // Small parts of streams must not wait for each other.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let gateway = gateway.clone();
        async move { Ok::<_, Infallible>(gateway.handle(request).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a client's connection broke off");
    }
}

#[cfg(test)]
mod tests;
