//! The life of a stand-in server: it binds, accepts, serves each connection and stops; what is said on one is not its matter.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Connections served at once; more wait in the listener's backlog. A client opens a handful.
const MAX_CONNECTIONS: usize = 256;

/// Pause after a failed accept, so that a lasting failure does not keep the processor busy.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// A listening server that owns all its tasks. Dropping it stops it without waiting.
#[derive(Debug)]
pub(crate) struct Server {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    tasks: JoinSet<()>,
}

impl Server {
    /// Binds the address and hands each connection to `serve`.
    pub(crate) async fn start<S, F>(bind: SocketAddr, serve: S) -> io::Result<Self>
    where
        S: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start_for(MAX_CONNECTIONS, bind, serve).await
    }

    /// The same for so many connections at once.
    pub(crate) async fn start_for<S, F>(most: usize, bind: SocketAddr, serve: S) -> io::Result<Self>
    where
        S: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(bind).await?;
        let addr = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(most, listener, serve, stopped));
        Ok(Self { addr, stop, tasks })
    }

    /// The bound address.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Closes the port and all connections and waits for their tasks.
    pub(crate) async fn shutdown(mut self) {
        // The receiver is gone only when the task has already ended, and then there is nothing to stop.
        let _ = self.stop.send(());
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn accept<S, F>(
    most: usize,
    listener: TcpListener,
    serve: S,
    mut stopped: oneshot::Receiver<()>,
) where
    S: Fn(TcpStream) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < most => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream));
                }
                // It concerns the client that is gone, or a limit of the process that may pass.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}
