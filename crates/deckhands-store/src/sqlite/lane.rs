//! Threads that own the connections: SQLite blocks, and what it began is ended even where nobody
//! waits for the answer any more.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rusqlite::{Connection, Transaction};
use tokio::sync::{mpsc, oneshot};

use super::classify::{Done, of_file};
use super::group::{self, How, Member};
use crate::error::{StoreError, StoreResult};

/// Most jobs that wait for one lane; whoever comes then waits to hand in.
const WAITING: usize = 64;

type Queue = Mutex<mpsc::Receiver<Box<dyn Member>>>;

/// A queue of jobs, done by one thread for each connection. The threads end with the lane.
#[derive(Debug)]
pub(super) struct Lane {
    jobs: mpsc::Sender<Box<dyn Member>>,
}

impl Lane {
    /// Starts a thread for each connection.
    pub(super) fn start(name: &str, how: How, connections: Vec<Connection>) -> StoreResult<Self> {
        let (jobs, queue) = mpsc::channel(WAITING);
        let queue = Arc::new(Mutex::new(queue));
        for mut connection in connections {
            let queue = Arc::clone(&queue);
            spawn(name, move || {
                while let Some(jobs) = next(&queue, how.most) {
                    group::carry_out(&mut connection, how.begin, jobs);
                }
            })?;
        }
        Ok(Self { jobs })
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
        match self.jobs.send(group::member(work, answer)).await {
            Ok(()) => answered.await.unwrap_or_else(|_| Err(ended())),
            Err(_) => Err(ended()),
        }
    }
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

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> StoreResult<()> {
    let thread = thread::Builder::new().name(name.to_owned());
    let spawned: io::Result<_> = thread.spawn(work);
    spawned.map(drop).map_err(|error| of_file(&error))
}

fn ended() -> StoreError {
    StoreError::Other("its thread has ended".to_owned())
}
