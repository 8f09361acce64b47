//! A registry on this machine from which a Docker daemon can pull: the reading half of the Docker Registry HTTP API V2.
//!
//! Docker takes registries on loopback addresses without TLS, so an image that was [added](RegistryStub::add) is
//! pulled by its [reference](RegistryStub::reference). What goes wrong on the way is said by [`RegistryStub::fail`].

mod answer;
mod connection;
mod desk;
mod fault;
mod image;
mod route;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::script::Times;
use crate::server::Server;

use desk::Desk;
pub use fault::{RegistryFault, RegistryPlace};
pub use image::{StubImage, StubLayer};

/// One request that reached the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistryRequest {
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// What it asked for; none if there is no such thing here.
    pub place: Option<RegistryPlace>,
    /// First byte wanted of a download that goes on; 0 of a whole one.
    pub from: usize,
}

/// A registry with the images it was given, on a port of its own. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct RegistryStub {
    server: Server,
    desk: Arc<Desk>,
}

impl RegistryStub {
    /// Binds the address (port 0 for a free one) and serves nothing yet.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn start(bind: SocketAddr) -> io::Result<Self> {
        let desk = Arc::new(Desk::new());
        let shared = Arc::clone(&desk);
        let serve = move |stream| connection::serve(stream, Arc::clone(&shared));
        let server = Server::start(bind, serve).await?;
        Ok(Self { server, desk })
    }

    /// The bound address.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// What a daemon on this machine pulls an image of this name and tag by.
    #[must_use]
    pub fn reference(&self, name: &str, tag: &str) -> String {
        format!("{}/{name}:{tag}", self.addr())
    }

    /// Serves an image under a name (lowercase, may have slashes) and a tag; what had the tag loses it.
    pub fn add(&self, name: impl Into<String>, tag: impl Into<String>, image: StubImage) {
        self.desk.add(name.into(), tag.into(), image);
    }

    /// Lets this go wrong for as many requests as said, in place of what was to go wrong there until now.
    pub fn fail(&self, place: RegistryPlace, fault: RegistryFault, times: Times) {
        self.desk.fail(place, fault, times);
    }

    /// Lets every request get the answer of a registry that knows nobody without a login.
    pub fn require_login(&self) {
        for place in RegistryPlace::ALL {
            self.fail(place, RegistryFault::Status(401), Times::Forever);
        }
    }

    /// Lets everything that is [held](RegistryFault::Hold) go on; what is asked for later is held again.
    pub fn release(&self) {
        self.desk.release();
    }

    /// The latest requests in order of arrival, at most 1000.
    #[must_use]
    pub fn requests(&self) -> Vec<RegistryRequest> {
        self.desk.requests()
    }

    /// How often this has been asked for since the start.
    #[must_use]
    pub fn asked_for(&self, place: RegistryPlace) -> usize {
        let requests = self.requests();
        requests.iter().filter(|r| r.place == Some(place)).count()
    }

    /// Waits until this is asked for, or comes back at once if it was.
    ///
    /// It has no deadline of its own; it may be dropped at any point.
    pub async fn wait_for(&self, place: RegistryPlace) {
        self.desk.wait_for(place).await;
    }

    /// How many answers are being sent at this moment; a client that leaves ends its own.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.desk.under_way()
    }

    /// Closes the port and all connections, also those that are held, and waits for their tasks.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

#[cfg(test)]
mod tests;
