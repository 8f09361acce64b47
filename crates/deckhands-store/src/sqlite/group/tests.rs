//! What jobs of one transaction leave, and what they are told.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot::{self, Receiver};

use super::super::classify::Done;
use super::{Member, carry_out, member};
use crate::error::{StoreError, StoreResult};

type Answer = Receiver<StoreResult<()>>;

/// A row that refers to another one only has to find it at the end of its transaction.
fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    let schema = "PRAGMA foreign_keys = ON;
        CREATE TABLE t (n INTEGER PRIMARY KEY,
            beside INTEGER REFERENCES t (n) DEFERRABLE INITIALLY DEFERRED)";
    connection.execute_batch(schema).unwrap();
    connection
}

fn rows(connection: &Connection) -> Vec<i64> {
    let mut statement = connection.prepare("SELECT n FROM t ORDER BY n").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn job(
    work: impl FnOnce(&Transaction<'_>) -> Done<()> + Send + 'static,
) -> (Box<dyn Member>, Answer) {
    let (asker, answer) = oneshot::channel();
    (member(work, asker), answer)
}

fn inserts(n: i64) -> (Box<dyn Member>, Answer) {
    job(move |tx| Ok(tx.execute("INSERT INTO t (n) VALUES (?1)", [n]).map(drop)?))
}

/// Writes first and refuses then.
fn refuses(n: i64) -> (Box<dyn Member>, Answer) {
    job(move |tx| {
        tx.execute("INSERT INTO t (n) VALUES (?1)", [n])?;
        Err(StoreError::Stale.into())
    })
}

fn carried_out(
    connection: &mut Connection,
    jobs: Vec<(Box<dyn Member>, Answer)>,
) -> Vec<StoreResult<()>> {
    let (members, answers): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
    carry_out(connection, TransactionBehavior::Immediate, members);
    let answered = |mut answer: Answer| answer.try_recv().unwrap();
    answers.into_iter().map(answered).collect()
}

#[test]
fn a_job_that_fails_leaves_nothing_and_concerns_no_other() {
    let mut connection = database();
    let jobs = vec![inserts(1), refuses(2), inserts(3), inserts(1)];
    let answers = carried_out(&mut connection, jobs);
    assert_eq!(rows(&connection), [1, 3]);
    assert!(answers[0].is_ok() && answers[2].is_ok());
    assert!(matches!(answers[1], Err(StoreError::Stale)));
    assert!(matches!(answers[3], Err(StoreError::Other(_))));
}

#[test]
fn a_job_alone_that_fails_leaves_nothing() {
    let mut connection = database();
    let answers = carried_out(&mut connection, vec![refuses(2)]);
    assert!(matches!(answers[0], Err(StoreError::Stale)));
    assert!(rows(&connection).is_empty());
    assert!(carried_out(&mut connection, vec![inserts(1)])[0].is_ok());
    assert_eq!(rows(&connection), [1]);
}

#[test]
fn a_commit_that_fails_fails_for_each() {
    let mut connection = database();
    let lonely = job(|tx| {
        let sql = "INSERT INTO t (n, beside) VALUES (4, 5)";
        Ok(tx.execute(sql, []).map(drop)?)
    });
    let answers = carried_out(&mut connection, vec![inserts(1), lonely, refuses(2)]);
    let failed = |answer: &StoreResult<()>| matches!(answer, Err(StoreError::Other(_)));
    assert!(answers.iter().all(failed), "{answers:?}");
    assert!(rows(&connection).is_empty());
}

#[test]
fn where_everything_is_taken_back_nobody_is_told_that_it_was_done() {
    let mut connection = database();
    let breaks = job(|tx| {
        let sql = "INSERT OR ROLLBACK INTO t (n) VALUES (1)";
        Ok(tx.execute(sql, []).map(drop)?)
    });
    let answers = carried_out(&mut connection, vec![inserts(1), breaks, inserts(3)]);
    assert!(answers.iter().all(Result::is_err), "{answers:?}");
    assert!(rows(&connection).is_empty());
    assert!(carried_out(&mut connection, vec![inserts(1), inserts(2)])[1].is_ok());
    assert_eq!(rows(&connection), [1, 2]);
}

#[test]
fn what_nobody_waits_for_is_not_begun() {
    let mut connection = database();
    let (gone, answer) = inserts(1);
    drop(answer);
    let (kept, mut answer) = inserts(2);
    carry_out(
        &mut connection,
        TransactionBehavior::Immediate,
        vec![gone, kept],
    );
    assert!(answer.try_recv().unwrap().is_ok());
    assert_eq!(rows(&connection), [2]);
}
