//! Threads that own the connections: SQLite blocks, and what it began is ended even where nobody
//! waits for the answer any more.

use std::convert::Infallible;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use rusqlite::{Connection, Transaction};
use tokio::sync::{mpsc, oneshot};

use super::classify::{Done, of_file};
use super::group::{self, How, Member};
use crate::error::{StoreError, StoreResult};

/// Most jobs that wait for one lane; whoever comes then waits to hand in.
const WAITING: usize = 64;

/// How long the connections of a lane are waited for when it is dropped: the last one of a database
/// brings the log's content into it. A disk that takes longer leaves the log, as a kill does.
const CLOSING: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;

type Jobs = mpsc::Sender<Box<dyn Member>>;
type Queue = Mutex<mpsc::Receiver<Box<dyn Member>>>;

/// A queue of jobs, done by one thread for each connection. The threads end with the lane; whoever drops
/// it waits until their connections are closed, so that a process that ends leaves no log.
#[derive(Debug)]
pub(super) struct Lane {
    /// Gone only while the lane is dropped.
    jobs: Option<Jobs>,
    threads: Vec<ThreadId>,
    /// Nothing is ever sent: it is cut off by the last connection that is closed. In a lock, as a lane
    /// is shared among threads.
    closed: Mutex<Receiver<Infallible>>,
    closing: Duration,
}

impl Lane {
    /// Starts a thread for each connection.
    pub(super) fn start(name: &str, how: How, connections: Vec<Connection>) -> StoreResult<Self> {
        let (jobs, queue) = mpsc::channel(WAITING);
        let queue = Arc::new(Mutex::new(queue));
        let (open, closed) = channel();
        let mut threads = Vec::new();
        for connection in connections {
            let (queue, open) = (Arc::clone(&queue), open.clone());
            let work = move || serve(connection, &queue, how, open);
            threads.push(spawn(name, work)?);
        }
        Ok(Self {
            jobs: Some(jobs),
            threads,
            closed: Mutex::new(closed),
            closing: CLOSING,
        })
    }

    /// Does `work` in a transaction; nothing of it is left when it fails. Jobs that wait at the same time
    /// share a transaction, and so the wait for the disk; each is answered after that. Where the
    /// transaction fails, `work` is done once more in one of its own.
    pub(super) async fn run<T, F>(&self, work: F) -> StoreResult<T>
    where
        F: Fn(&Transaction<'_>) -> Done<T> + Send + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(ended)?;
        match jobs.send(group::member(work, answer)).await {
            Ok(()) => answered.await.unwrap_or_else(|_| Err(ended())),
            Err(_) => Err(ended()),
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.jobs = None;
        // What a job kept, or an answer that nobody took, can be the last that holds the store: a
        // thread of ours would wait for itself.
        if self.threads.contains(&thread::current().id()) {
            return;
        }
        let closed = self.closed.get_mut();
        let closed = closed.unwrap_or_else(PoisonError::into_inner);
        let _cut_off_or_late = closed.recv_timeout(self.closing);
    }
}

/// Does the jobs of a lane until it is dropped, then closes the connection.
fn serve(mut connection: Connection, queue: &Queue, how: How, open: Sender<Infallible>) {
    while let Some(jobs) = next(queue, how.most) {
        group::carry_out(&mut connection, how.begin, jobs);
    }
    drop(connection);
    drop(open);
}

/// Does long work on a thread and a connection of its own.
pub(super) async fn aside<T, F>(name: &str, work: F) -> StoreResult<T>
where
    F: FnOnce() -> Done<T> + Send + 'static,
    T: Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    spawn(name, move || {
        let _gone = answer.send(work().map_err(StoreError::from));
    })?;
    answered.await.unwrap_or_else(|_| Err(ended()))
}

/// Waits for a job, and takes those along that wait behind it.
fn next(queue: &Queue, most: usize) -> Option<Vec<Box<dyn Member>>> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    let mut jobs = vec![queue.blocking_recv()?];
    while jobs.len() < most {
        let Ok(job) = queue.try_recv() else { break };
        jobs.push(job);
    }
    Some(jobs)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> StoreResult<ThreadId> {
    let thread = thread::Builder::new().name(name.to_owned());
    let spawned: io::Result<_> = thread.spawn(work);
    let spawned = spawned.map_err(|error| of_file(&error))?;
    Ok(spawned.thread().id())
}

fn ended() -> StoreError {
    StoreError::Other("its thread has ended".to_owned())
}
