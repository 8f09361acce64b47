//! The scripted provider as a server: it binds, serves, counts and stops; what it answers is the script's matter.

mod answer;
mod bench;
mod connection;
mod cursor;
mod desk;
mod give;
mod payload;
mod play;
mod record;
mod route;
mod served;
mod stream;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::script::Script;
use crate::server::Server;

pub use bench::{BenchLlm, BenchReply, BenchStream};
use desk::Desk;
pub use record::RecordedRequest;
pub use served::{Charge, Served};

/// An OpenAI-compatible provider that answers from a script, on a port of its own.
///
/// It serves `POST …/chat/completions`, whole or as events, and `GET …/models` under any path; anything else is
/// 404. Paths that begin with `/s/<name>/` are answered by the script [added](Self::add_script) under that name, and
/// within a script the model that a request names may have steps [of its own](Script::model).
/// Dropping it stops it without waiting.
#[derive(Debug)]
pub struct ScriptedLlm {
    server: Server,
    desk: Arc<Desk>,
}

impl ScriptedLlm {
    /// Binds the address (port 0 for a free one) and serves the script to every path without `/s/<name>/`.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn start(script: Script, bind: SocketAddr) -> io::Result<Self> {
        let desk = Arc::new(Desk::new(script));
        let shared = Arc::clone(&desk);
        let serve = move |stream| connection::serve(stream, Arc::clone(&shared));
        let server = Server::start(bind, serve).await?;
        Ok(Self { server, desk })
    }

    /// Serves another script, with its own place in it, to paths that begin with `/s/<name>/`.
    ///
    /// A script of the same name is replaced. The name should be of letters, digits and `-`.
    pub fn add_script(&self, name: impl Into<String>, script: Script) {
        self.desk.add_script(name.into(), script);
    }

    /// Serves another script, with its own place in it, to requests without `/s/<name>/` whose first message of
    /// role `user` has this word in it: a task of its own. Where several words are in it, the first by its letters
    /// counts, so no word should be part of another.
    ///
    /// The script has the word as its name, and one of the same name is replaced.
    pub fn add_task(&self, word: impl Into<String>, script: Script) {
        self.desk.add_task(word.into(), script);
    }

    /// The bound address.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Base URL of the default script as seen by a client that knows this machine as `host`.
    #[must_use]
    pub fn base_url(&self, host: &str) -> String {
        format!("http://{host}:{}/v1", self.addr().port())
    }

    /// Base URL of the script added under `name`.
    #[must_use]
    pub fn base_url_of(&self, host: &str, name: &str) -> String {
        format!("http://{host}:{}/s/{name}/v1", self.addr().port())
    }

    /// The latest requests in order of arrival, at most 1000; only the newest keep their body (64 MiB in all).
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.desk.requests()
    }

    /// Those of [`requests`](Self::requests) that name this model.
    #[must_use]
    pub fn requests_of(&self, model: &str) -> Vec<RecordedRequest> {
        let mut requests = self.desk.requests();
        requests.retain(|request| request.model.as_deref() == Some(model));
        requests
    }

    /// The completions served since the start, of all scripts and models.
    #[must_use]
    pub fn served(&self) -> Served {
        self.desk.served(None)
    }

    /// The completions served to requests that name this model.
    #[must_use]
    pub fn served_of(&self, model: &str) -> Served {
        self.desk.served(Some(model))
    }

    /// How many requests for a completion are being answered: also those in a scripted silence, and none whose client
    /// is seen to have left.
    #[must_use]
    pub fn open_answers(&self) -> u64 {
        self.desk.open_answers()
    }

    /// Waits until no request for a completion is being answered.
    ///
    /// It has no deadline of its own; it may be dropped at any point.
    pub async fn wait_until_idle(&self) {
        self.desk.wait_until_idle().await;
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
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

#[cfg(test)]
mod tests;
