//! The scripted provider as a server: it binds, serves, counts and stops; what it answers is the script's matter.

mod answer;
mod body;
mod connection;
mod cursor;
mod desk;
mod record;
mod route;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::script::Script;

use desk::Desk;
pub use record::RecordedRequest;

/// Connections served at once; more wait in the listener's backlog. An agent opens one or two.
const MAX_CONNECTIONS: usize = 256;

/// Pause after a failed accept, so that a lasting failure does not keep the processor busy.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// An OpenAI-compatible provider that answers from a script, on a port of its own.
///
/// It serves `POST …/chat/completions` without streaming and `GET …/models` under any path; anything else is
/// 404. Paths that begin with `/s/<name>/` are answered by the script [added](Self::add_script) under that name.
/// Dropping it stops it without waiting.
#[derive(Debug)]
pub struct ScriptedLlm {
    addr: SocketAddr,
    desk: Arc<Desk>,
    stop: oneshot::Sender<()>,
    tasks: JoinSet<()>,
}

impl ScriptedLlm {
    /// Binds the address (port 0 for a free one) and serves the script to every path without `/s/<name>/`.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn start(script: Script, bind: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(bind).await?;
        let addr = listener.local_addr()?;
        let desk = Arc::new(Desk::new(script));
        let (stop, stopped) = oneshot::channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&desk), stopped));
        Ok(Self {
            addr,
            desk,
            stop,
            tasks,
        })
    }

    /// Serves another script, with its own place in it, to paths that begin with `/s/<name>/`.
    ///
    /// A script of the same name is replaced. The name should be of letters, digits and `-`.
    pub fn add_script(&self, name: impl Into<String>, script: Script) {
        self.desk.add_script(name.into(), script);
    }

    /// The bound address.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Base URL of the default script as seen by a client that knows this machine as `host`.
    #[must_use]
    pub fn base_url(&self, host: &str) -> String {
        format!("http://{host}:{}/v1", self.addr.port())
    }

    /// Base URL of the script added under `name`.
    #[must_use]
    pub fn base_url_of(&self, host: &str, name: &str) -> String {
        format!("http://{host}:{}/s/{name}/v1", self.addr.port())
    }

    /// The latest requests in order of arrival, at most 1000; only the newest keep their body (64 MiB in all).
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.desk.requests()
    }

    /// Whether a request came after the end of a script that makes that an error.
    #[must_use]
    pub fn ran_off_end(&self) -> bool {
        self.desk.ran_off_end()
    }

    /// Waits until at least this many requests have arrived since the start.
    ///
    /// It has no deadline of its own; it may be dropped at any point.
    pub async fn wait_for_requests(&self, at_least: u64) {
        self.desk.wait_for(at_least).await;
    }

    /// Closes the port and all connections, also those in a scripted hang, and waits for their tasks.
    pub async fn shutdown(mut self) {
        // The receiver is gone only when the task has already ended, and then there is nothing to stop.
        let _ = self.stop.send(());
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn accept(listener: TcpListener, desk: Arc<Desk>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection::serve(stream, Arc::clone(&desk)));
                }
                // It concerns the client that is gone, or a limit of the process that may pass.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

#[cfg(test)]
mod tests;
