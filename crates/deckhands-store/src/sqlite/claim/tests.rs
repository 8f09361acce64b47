//! That a claim looks its task up, whatever the number of those that wait.

use rusqlite::Connection;

use super::FIRST;
use crate::sqlite::schema;

fn plan(sql: &str) -> Vec<String> {
    let mut db = Connection::open_in_memory().unwrap();
    schema::migrate(&mut db).unwrap();
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let steps = statement.query_map([0, 2, 1000], |row| row.get("detail"));
    steps.unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn the_first_of_a_class_is_found_by_the_index_and_never_sorted() {
    let first =
        "SEARCH tasks USING COVERING INDEX ready (timed=? AND priority=? AND ready_since<?)";
    assert_eq!(plan(FIRST), [first]);
}
