//! Threads that own the connections: SQLite blocks, and what it began is ended even where nobody
//! waits for the answer any more.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::classify::{Done, of_file};
use crate::error::{StoreError, StoreResult};

/// Most jobs that wait for one lane; whoever comes then waits to hand in.
const WAITING: usize = 64;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A queue of jobs, done by one thread for each connection. The threads end with the lane.
#[derive(Debug)]
pub(super) struct Lane {
    jobs: mpsc::Sender<Job>,
}

impl Lane {
    /// Starts a thread for each connection.
    pub(super) fn start(name: &str, connections: Vec<Connection>) -> StoreResult<Self> {
        let (jobs, queue) = mpsc::channel(WAITING);
        let queue = Arc::new(Mutex::new(queue));
        for mut connection in connections {
            let queue = Arc::clone(&queue);
            spawn(name, move || {
                while let Some(job) = next(&queue) {
                    job(&mut connection);
                }
            })?;
        }
        Ok(Self { jobs })
    }

    /// Does `work` in one transaction, of which nothing is left when it fails.
    pub(super) async fn run<T, F>(&self, how: TransactionBehavior, work: F) -> StoreResult<T>
    where
        F: FnOnce(&Transaction<'_>) -> Done<T> + Send + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Whoever asked has gone before it was begun: then it is not done.
            if !answer.is_closed() {
                let _gone = answer.send(within(connection, how, work));
            }
        });
        match self.jobs.send(job).await {
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

fn within<T>(
    connection: &mut Connection,
    how: TransactionBehavior,
    work: impl FnOnce(&Transaction<'_>) -> Done<T>,
) -> StoreResult<T> {
    let tried = || -> Done<T> {
        let tx = connection.transaction_with_behavior(how)?;
        let result = work(&tx)?;
        tx.commit()?;
        Ok(result)
    };
    tried().map_err(StoreError::from)
}

fn next(queue: &Mutex<mpsc::Receiver<Job>>) -> Option<Job> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    queue.blocking_recv()
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> StoreResult<()> {
    let thread = thread::Builder::new().name(name.to_owned());
    let spawned: io::Result<_> = thread.spawn(work);
    spawned.map(drop).map_err(|error| of_file(&error))
}

fn ended() -> StoreError {
    StoreError::Other("its thread has ended".to_owned())
}
