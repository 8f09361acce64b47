//! What jobs of one transaction leave, and what they are told.

use std::sync::atomic::{AtomicU32, Ordering};

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
            beside INTEGER REFERENCES t (n) DEFERRABLE INITIALLY DEFERRED,
            text BLOB)";
    connection.execute_batch(schema).unwrap();
    connection
}

fn rows(connection: &Connection) -> Vec<i64> {
    let mut statement = connection.prepare("SELECT n FROM t ORDER BY n").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn job(work: impl Fn(&Transaction<'_>) -> Done<()> + Send + 'static) -> (Box<dyn Member>, Answer) {
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

/// Refers to a row that never comes: it is found out when everything is to be kept.
fn lonely(n: i64) -> (Box<dyn Member>, Answer) {
    job(move |tx| {
        let sql = "INSERT INTO t (n, beside) VALUES (?1, -1)";
        Ok(tx.execute(sql, [n]).map(drop)?)
    })
}

/// Too large for a database of few pages.
fn large(n: i64) -> (Box<dyn Member>, Answer) {
    job(move |tx| {
        let sql = "INSERT INTO t (n, text) VALUES (?1, zeroblob(1000000))";
        Ok(tx.execute(sql, [n]).map(drop)?)
    })
}

#[test]
fn a_commit_that_fails_fails_only_for_the_job_that_it_fails_for() {
    let mut connection = database();
    let jobs = vec![inserts(1), lonely(4), refuses(2), inserts(3)];
    let answers = carried_out(&mut connection, jobs);
    assert!(answers[0].is_ok() && answers[3].is_ok(), "{answers:?}");
    assert!(matches!(answers[1], Err(StoreError::Other(_))));
    assert!(matches!(answers[2], Err(StoreError::Stale)));
    assert_eq!(rows(&connection), [1, 3]);
}

#[test]
fn where_everything_is_taken_back_it_is_done_again_one_by_one() {
    let mut connection = database();
    let breaks = job(|tx| {
        let sql = "INSERT OR ROLLBACK INTO t (n) VALUES (1)";
        Ok(tx.execute(sql, []).map(drop)?)
    });
    let answers = carried_out(&mut connection, vec![inserts(1), breaks, inserts(3)]);
    assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
    assert!(answers[1].is_err());
    assert_eq!(rows(&connection), [1, 3]);
}

#[test]
fn a_job_for_which_there_is_no_room_takes_it_from_no_other() {
    let mut connection = database();
    connection
        .pragma_update(None, "max_page_count", 20)
        .unwrap();
    let jobs = vec![inserts(1), large(2), inserts(3), large(4), inserts(5)];
    let answers = carried_out(&mut connection, jobs);
    for (n, answer) in (1..).zip(&answers) {
        let refused = matches!(answer, Err(StoreError::DiskFull));
        assert_eq!((answer.is_ok(), refused), (n % 2 == 1, n % 2 == 0), "{n}");
    }
    assert_eq!(rows(&connection), [1, 3, 5]);
}

/// Each would wait for the others as long as the first did.
#[test]
fn jobs_whose_transaction_did_not_begin_are_not_begun_again() {
    static WAITS: AtomicU32 = AtomicU32::new(0);
    let dir = tempfile::tempdir().unwrap();
    let open = || Connection::open(dir.path().join("db")).unwrap();
    let (mut connection, other) = (open(), open());
    connection
        .execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY)")
        .unwrap();
    let gives_up = |_: i32| {
        WAITS.fetch_add(1, Ordering::Relaxed);
        false
    };
    connection.busy_handler(Some(gives_up)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answers = carried_out(&mut connection, (0..30).map(inserts).collect());
    assert_eq!(WAITS.load(Ordering::Relaxed), 1);
    let busy = |answer: &StoreResult<()>| matches!(answer, Err(StoreError::Busy));
    assert!(answers.iter().all(busy), "{answers:?}");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(rows(&connection).is_empty());
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
