//! A gateway behind a port of this machine, for whoever speaks TCP: in the place of `deckhands gateway`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use deckhands_gateway::{
    Gateway, Health, LoopPolicy, ProviderKey, Route, Session, SessionLimits, SessionSpec,
    SessionToken, Upstream,
};
use deckhands_model::{CallFailure, Cause, ModelId};
use deckhands_resilience::route_health::BreakerPolicy;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A gateway that can be reached. Dropping it closes its port.
pub(super) struct Served {
    gateway: Gateway,
    address: SocketAddr,
    /// Open as long as it is there.
    sessions: Vec<Session>,
    _accepting: JoinSet<()>,
}

/// A session's routes: models that all are at one address.
pub(super) struct Routes<'a> {
    /// Ids with their provider, the preferred one first.
    pub(super) models: &'a [&'a str],
    pub(super) base_url: &'a str,
    pub(super) key: &'a str,
}

impl Served {
    /// Opens a free port of the loopback.
    ///
    /// # Panics
    /// When it cannot be had.
    pub(super) async fn start() -> Self {
        let health = Health::new(BreakerPolicy::default(), Arc::new(Timestamp::now));
        let diagnose = |_: &CallFailure<'_>| Cause::ProviderError;
        let gateway = Gateway::new(health, Arc::new(diagnose));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, gateway.clone()));
        Self {
            gateway,
            address,
            sessions: Vec::new(),
            _accepting: accepting,
        }
    }

    /// What a client is told as the provider's address.
    pub(super) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Opens a session for whoever has the token.
    ///
    /// # Panics
    /// When there is anything wrong with its routes.
    pub(super) fn open(&mut self, token: &str, routes: &Routes<'_>, limits: SessionLimits) {
        let route = |model: &&str| {
            let model = ModelId::resolve(model).expect("a model");
            let key = Some(ProviderKey::new(routes.key));
            let upstream = Upstream::of(&model, Some(routes.base_url), key).expect("an upstream");
            Route {
                model,
                upstream,
                price: None,
                max_output_tokens: 1000,
            }
        };
        let opened = self.gateway.open(SessionSpec {
            token: SessionToken::new(token).hash(),
            expires: None,
            routes: routes.models.iter().map(route).collect(),
            limits,
            money: None,
            loops: LoopPolicy::default(),
            recorder: None,
            replay: None,
        });
        // Nobody reads what is told of calls.
        let (session, _facts) = opened.expect("a session");
        self.sessions.push(session);
    }
}

async fn accept(listener: TcpListener, gateway: Gateway) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                let (stream, _) = accepted.expect("a connection");
                connections.spawn(serve(stream, gateway.clone()));
            }
        }
    }
}

async fn serve(stream: TcpStream, gateway: Gateway) {
    // Else the events of a stream may come joined.
    stream.set_nodelay(true).expect("an option of the socket");
    let service = service_fn(|request| {
        let gateway = gateway.clone();
        async move { Ok::<_, Infallible>(gateway.handle(request).await) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // That a client has left is no fault.
    let _ = connection.await;
}
