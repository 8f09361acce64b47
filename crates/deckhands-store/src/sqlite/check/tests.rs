//! Every rule finds what it is for, and nothing in a good record.

use rusqlite::Connection;

use super::findings;
use crate::sqlite::schema;

/// One task waits, one runs, one has ended.
const GOOD: &str = "
    INSERT INTO tasks (id, title, priority, state, held, timed, ready_since, submitted_at,
            attempts, epoch, ended_at)
        VALUES (printf('%032d', 1), 'waits', 2, 'waiting', 0, 0, 0, 0, 0, 0, NULL),
            (printf('%032d', 2), 'runs', 2, 'running', 0, 0, 0, 0, 1, 1, NULL),
            (printf('%032d', 3), 'ended', 2, 'completed', 0, 0, 0, 0, 1, 1, 5);
    INSERT INTO specs SELECT seq, '{}' FROM tasks;
    INSERT INTO attempts (task, number, state, epoch, worker, lease_until, started_at, ended_at,
            progress, report, term)
        VALUES (2, 1, 'running', 1, '', 9, 1, NULL, '{}', NULL, 0),
            (3, 1, 'ended', 1, '', 2, 1, 2, '{}', '{}', 0);
    INSERT INTO results VALUES (3, '{}');
    UPDATE tasks SET batch = 'b' WHERE seq = 3;
    INSERT INTO purses (id, attempt, payer, at)
        VALUES (1, 1, NULL, NULL), (2, 2, NULL, NULL), (3, NULL, 'run', 5);
    INSERT INTO slices (purse, day)
        VALUES (1, '2026-01-01'), (2, '2026-01-01'), (2, '2026-01-02'), (3, '2026-01-02');
    UPDATE slices SET open = 4 WHERE purse = 1;
    UPDATE slices SET spent = 10 WHERE purse = 2 AND day = '2026-01-01';
    UPDATE slices SET open = 2, spent = 20 WHERE purse = 2 AND day = '2026-01-02';
    UPDATE slices SET spent = 100 WHERE purse = 3;";

fn check(damage: &str, finding: &str) {
    let mut db = Connection::open_in_memory().unwrap();
    schema::migrate(&mut db).unwrap();
    db.execute_batch(GOOD).unwrap();
    assert_eq!(findings(&mut db).unwrap(), Vec::<String>::new());
    db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    db.execute_batch(damage).unwrap();
    let found = findings(&mut db).unwrap();
    assert!(
        found.iter().any(|text| text.contains(finding)),
        "{damage}: {found:?}"
    );
}

#[test]
fn each_damage_is_found() {
    let rows = [
        (
            "DELETE FROM attempts WHERE task = 2",
            "2 is running without exactly one live attempt",
        ),
        (
            "UPDATE tasks SET state = 'waiting' WHERE seq = 2",
            "2 is not running but has a live",
        ),
        ("DELETE FROM results", "3 has ended without a result"),
        (
            "INSERT INTO results VALUES (1, '{}')",
            "1 has a result but has not ended",
        ),
        (
            "DELETE FROM specs WHERE task = 1",
            "1 lacks what was handed in",
        ),
        (
            "UPDATE tasks SET attempts = 2 WHERE seq = 3",
            "3 has a wrong number of attempts",
        ),
        (
            "UPDATE attempts SET epoch = 7 WHERE task = 2",
            "2 has an attempt of a later epoch",
        ),
        (
            "UPDATE attempts SET session = '{}' WHERE task = 3",
            "3 has an ended attempt that still",
        ),
        (
            "UPDATE specs SET spec = '{' WHERE task = 1",
            "1 has a document that cannot be read",
        ),
        (
            "UPDATE task_counts SET n = 7",
            "the counter of waiting of priority 2 is 7, there are 1",
        ),
        (
            "DELETE FROM task_counts",
            "the counter of running of priority 2 is 0, there are 1",
        ),
        (
            "UPDATE live_attempts SET n = 3",
            "the counter of live attempts is 3, there are 1",
        ),
        (
            "DELETE FROM tasks WHERE seq = 3",
            "attempts row 2 belongs to no row of tasks",
        ),
    ];
    for (damage, finding) in rows {
        check(damage, finding);
    }
}

#[test]
fn each_sum_of_money_that_is_wrong_is_found() {
    let rows = [
        (
            "UPDATE tasks SET money_open = 3 WHERE seq = 2",
            "2 is 3 open and 0 spent, there are 4 and 0",
        ),
        (
            "UPDATE tasks SET money_spent = 31 WHERE seq = 3",
            "3 is 2 open and 31 spent, there are 2 and 30",
        ),
        (
            "UPDATE batch_money SET open = 3",
            "the money of batch b is 3 open and 30 spent, there are 2 and 30",
        ),
        (
            "DELETE FROM batch_money",
            "the money of batch b is 0 open and 0 spent, there are 2 and 30",
        ),
        (
            "UPDATE day_money SET gone_spent = 1 WHERE day = '2026-01-01'",
            "the money of day 2026-01-01 is 4 open and 10 spent, there are 4 and 11",
        ),
        (
            "DELETE FROM day_money WHERE day = '2026-01-02'",
            "the money of day 2026-01-02 is 0 open and 0 spent, there are 2 and 120",
        ),
    ];
    for (damage, finding) in rows {
        check(damage, finding);
    }
}
