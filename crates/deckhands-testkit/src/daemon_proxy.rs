//! A unix socket before the Docker daemon that hangs, cuts, delays or answers by script.
//!
//! It is a byte tunnel: only the heads and lengths of requests are read, answers pass as they come, and so do
//! hijacked connections. Every connection of a client has one of its own to the daemon.

mod body;
mod desk;
mod head;
mod rule;
mod tunnel;

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use desk::{Desk, Mode};
pub use head::ProxiedRequest;
pub use rule::{ProxyAct, ProxyRule};

/// Connections carried at once; more wait in the listener's backlog. An agent and its caller have about ten.
const MAX_CONNECTIONS: usize = 256;

/// Pause after a failed accept, so that a lasting failure does not keep the processor busy.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// A stand-in before a daemon's socket; whoever is given its path talks to the daemon through it.
///
/// [Rules](ProxyRule) change what becomes of single requests; [`hang`](Self::hang) and [`cut`](Self::cut) change everything
/// until [`restore`](Self::restore). Dropping it stops it without waiting; the daemon is never touched.
#[derive(Debug)]
pub struct DaemonProxy {
    path: PathBuf,
    desk: Arc<Desk>,
    stop: oneshot::Sender<()>,
    tasks: JoinSet<()>,
}

impl DaemonProxy {
    /// Listens on a new socket at `path`, open to every user, for the daemon behind the socket `daemon`.
    ///
    /// # Errors
    /// The path is taken or cannot be bound.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(path: &Path, daemon: &Path) -> io::Result<Self> {
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o666))?;
        let desk = Arc::new(Desk::new(daemon.to_owned()));
        let (stop, stopped) = oneshot::channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&desk), stopped));
        let path = path.to_owned();
        Ok(Self {
            path,
            desk,
            stop,
            tasks,
        })
    }

    /// The socket.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same for `DOCKER_HOST`.
    #[must_use]
    pub fn docker_host(&self) -> String {
        format!("unix://{}", self.path.display())
    }

    /// Adds a rule. Of several that match a request the first one that still acts decides.
    pub fn add(&self, rule: ProxyRule) {
        self.desk.add(rule);
    }

    /// Takes all rules away. What they hold already stays held.
    pub fn clear_rules(&self) {
        self.desk.clear_rules();
    }

    /// No byte passes any more, in either direction. Connections are accepted and requests are still recorded.
    pub fn hang(&self) {
        self.desk.set(Mode::Hanging);
    }

    /// Closes every connection, and every new one at once.
    pub fn cut(&self) {
        self.desk.set(Mode::Cut);
        self.desk.close_all();
    }

    /// Closes every connection once; new ones are served.
    pub fn cut_once(&self) {
        self.desk.close_all();
    }

    /// Everything passes again, what [hangs by a rule](ProxyAct::Hang) included. Requests whose client has gone meanwhile
    /// do not reach the daemon any more. Rules stay.
    pub fn restore(&self) {
        self.desk.set(Mode::Open);
        self.desk.release();
    }

    /// The latest requests in order of arrival, at most 10,000, whatever became of them.
    #[must_use]
    pub fn requests(&self) -> Vec<ProxiedRequest> {
        self.desk.requests()
    }

    /// Waits until as many requests as `at_least` of this method and path pattern (see [`ProxyRule::on`]) have arrived.
    ///
    /// It has no deadline of its own; it may be dropped at any point.
    pub async fn wait_for(&self, method: &str, pattern: &str, at_least: usize) {
        self.desk.wait_for(method, pattern, at_least).await;
    }

    /// Closes the socket and all connections, also those that hang, and waits for their tasks.
    pub async fn shutdown(mut self) {
        // The receiver is gone only when the task has already ended, and then there is nothing to stop.
        let _ = self.stop.send(());
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn accept(listener: UnixListener, desk: Arc<Desk>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(tunnel::carry(stream, Arc::clone(&desk)));
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
