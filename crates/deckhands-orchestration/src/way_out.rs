//! The one thing of ours that an attempt reaches: a unix socket, whose requests go by their path to the
//! remote-runtime API or to the gateway.
//!
//! Both know their callers by keys; nothing is let through here for coming from the right place. The
//! socket can be opened again at the same place: whoever calls next finds it.

use std::convert::Infallible;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use deckhands_gateway::{AnswerBody, Session};
use deckhands_sandbox::SandboxApi;
use http::uri::PathAndQuery;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Name of the socket in its directory; the launcher in the app looks for it.
const SOCKET: &str = "host.sock";

/// Begins the path of a request to the remote-runtime API.
const API: &str = "/api";

/// Begins the path of a request to the model.
const LLM: &str = "/llm";

/// An app has a handful of connections.
const BOUNDS: Bounds = Bounds {
    connections: 64,
    patience: Duration::from_secs(30),
};

/// Pause after a failed accept, so that a lasting failure does not keep the processor busy.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// What an app can take of the socket.
#[derive(Clone, Copy)]
struct Bounds {
    /// Connections served at once; more wait in the listener's backlog.
    connections: usize,
    /// Longest wait for the whole head of a request, and for a whole call of the API: a connection whose
    /// other end says nothing, or never comes to an end, is given up. The gateway bounds its calls itself.
    patience: Duration,
}

/// What answers behind the socket.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    /// The remote-runtime API, in profile `managed`.
    pub(crate) api: Option<SandboxApi>,
    /// The way to the model.
    pub(crate) model: Session,
}

/// The open socket. Dropping it closes all connections.
#[derive(Debug)]
pub(crate) struct WayOut {
    dir: PathBuf,
    services: Services,
    tasks: JoinSet<()>,
}

impl WayOut {
    /// Opens the socket in a directory, in place of one that a dead process left there.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub(crate) fn open(dir: &Path, services: Services) -> io::Result<Self> {
        let listener = bind(dir)?;
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, services.clone(), BOUNDS));
        Ok(Self {
            dir: dir.to_owned(),
            services,
            tasks,
        })
    }

    /// Opens the socket again where somebody removed it. Calls under way break off; whoever made them
    /// makes them again.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub(crate) fn mend(&mut self) -> io::Result<()> {
        if !self.dir.join(SOCKET).exists() {
            tracing::warn!("the attempt's socket was gone and is made again");
            *self = Self::open(&self.dir, self.services.clone())?;
        }
        Ok(())
    }

    /// Closes the socket and every connection.
    pub(crate) async fn close(mut self) {
        self.tasks.shutdown().await;
    }
}

/// The kernel takes paths of at most 107 bytes for a socket; through the open directory it does not
/// matter how long the home's path is.
fn bind(dir: &Path) -> io::Result<UnixListener> {
    let path = dir.join(SOCKET);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let open = File::open(dir)?;
    let short = format!("/proc/self/fd/{}/{SOCKET}", open.as_raw_fd());
    let listener = std::os::unix::net::UnixListener::bind(short)?;
    listener.set_nonblocking(true)?;
    // Whoever may connect is decided by who sees the directory: its owner, and the app.
    fs::set_permissions(path, Permissions::from_mode(0o666))?;
    UnixListener::from_std(listener)
}

async fn accept(listener: UnixListener, services: Services, bounds: Bounds) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < bounds.connections => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, services.clone(), bounds.patience));
                }
                // It concerns the client that is gone, or a limit of the process that may pass.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}

async fn serve(stream: UnixStream, services: Services, patience: Duration) {
    let service = service_fn(|request| {
        let services = services.clone();
        async move { Ok::<_, Infallible>(dispatch(request, &services, patience).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection of the app broke off");
    }
}

async fn dispatch(
    mut request: Request<Incoming>,
    services: &Services,
    patience: Duration,
) -> Response<Either<Full<Bytes>, AnswerBody>> {
    if let (Some(api), Some(uri)) = (&services.api, below(request.uri(), API)) {
        *request.uri_mut() = uri;
        let answer = timeout(patience, api.handle(request)).await;
        let answer =
            answer.unwrap_or_else(|_late| refusal(StatusCode::REQUEST_TIMEOUT, "too slow"));
        return answer.map(Either::Left);
    }
    if let Some(uri) = below(request.uri(), LLM) {
        *request.uri_mut() = uri;
        return services.model.handle(request).await.map(Either::Right);
    }
    refusal(StatusCode::NOT_FOUND, "not found").map(Either::Left)
}

/// The request's address without the prefix; nothing where it does not begin with it.
fn below(uri: &Uri, prefix: &str) -> Option<Uri> {
    let whole = uri.path_and_query().map(PathAndQuery::as_str)?;
    let rest = whole.strip_prefix(prefix)?;
    rest.starts_with('/').then(|| rest.parse().ok()).flatten()
}

fn refusal(status: StatusCode, reason: &str) -> Response<Full<Bytes>> {
    let body = format!("{{\"detail\":\"{reason}\"}}");
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests;
